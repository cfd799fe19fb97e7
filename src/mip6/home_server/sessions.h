/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sessions: the home server's working set: mobility sessions, access sessions, clients.
 *
 * A mobility session is made for a user (and service); at most one per user is current, the one
 * that a new MBR finds; others are on their way out. Every way to one is O(1): by user, by the
 * Session-Id of its home-agent session, by home address, by delegated prefix, by number. Strings
 * are packed behind each object (one allocation). What is not here: what happens to them and when
 * (server_*.c).
 */
#ifndef MIP6_SESSIONS_H
#define MIP6_SESSIONS_H

#include "agents.h"
#include "base/timers.h"
#include "bootstrap.h"

/* As stored (store_session.state). */
enum mip6_session_state {
	MIP6_SESSION_ALLOCATED, /* not confirmed by the home agent */
	MIP6_SESSION_ACTIVE,
	MIP6_SESSION_LINGERING, /* no access session left */
	MIP6_SESSION_ENDING,    /* the home agent is to let it go */
};
const char *mip6_session_state_name(uint8_t state);

/* What is in flight; one thing at a time. */
enum mip6_session_step {
	MIP6_STEP_NONE,
	MIP6_STEP_RESERVING,  /* commit of an allocation */
	MIP6_STEP_ASKING,     /* MHR that a MBR waits for */
	MIP6_STEP_GRANTING,   /* commit of access sessions */
	MIP6_STEP_PUSHING,    /* MHR to an agent that lost its state */
	MIP6_STEP_KEEPING,    /* commit of a state that nobody waits for */
	MIP6_STEP_NOTING,     /* commit before a key rollover */
	MIP6_STEP_ROLLING,    /* RAR to the agent; PUSHING follows */
	MIP6_STEP_ENDING,     /* commit before ASR */
	MIP6_STEP_ABORTING,   /* ASR */
	MIP6_STEP_REMOVING,   /* commit of the end */
	MIP6_STEP_CLOSING,    /* commit of the end of an access session (shared mode) */
	MIP6_STEP_DISMISSING, /* commit before the NASes are told of the end */
};

/* What the client of an access session is asked to do; the later one outdoes the one before. */
enum mip6_access_order {
	MIP6_ORDER_NONE,
	MIP6_ORDER_REAUTHORIZE, /* RAR; a MBR is to follow */
	MIP6_ORDER_ABORT,       /* ASR; a STR is to follow */
};

struct mip6_work;
struct mip6_name;

struct mip6_session {
	struct dm_timer timer; /* linger, key rollover, repetition of what failed */
	uint64_t id;
	struct mip6_agent *agent; /* NULL until one is chosen */
	struct mip6_session *agent_next, *agent_previous;
	struct mip6_access *first;
	struct mip6_work *work;       /* owned: the MBR that wait; NULL: none */
	struct mip6_name *name;       /* in DNS; NULL: none */
	struct dm_secret *random_key; /* owned: in the place of the root key; NULL: that it is */
	uint64_t feature_vector;
	uint64_t termination; /* transaction of the agent's STR that waits; 0: none */
	int64_t created;
	int64_t linger_until;
	int64_t key_expires;
	struct store_prefix home_address; /* length 0: none yet */
	struct store_prefix home_prefix;  /* length 0: none */
	uint64_t version; /* of the record, when all commits under way have come back */
	uint32_t key_epoch;
	uint32_t access_count;
	uint32_t agent_state_id; /* Origin-State-Id with which the agent took it; 0: none */
	uint8_t state;
	uint8_t step;
	uint8_t sa_protocols;
	uint8_t failures; /* in a row, of what the timer repeats */
	bool stored : 1;  /* a record exists */
	bool ending_stored : 1;
	bool current : 1;    /* found by its user */
	bool delegated : 1;  /* the prefix is this node's alone */
	bool pooled : 1;     /* counted by the agent's address pool */
	bool push : 1;       /* the agent is to be told again */
	bool agent_gone : 1; /* the agent has let it go: no ASR */
	bool mine : 1;       /* this server runs its timers (shared mode) */
	bool split : 1;      /* the client is the home agent: it asks, nothing is pushed */
	bool rekey : 1;      /* the next MHR brings the next epoch */
	bool move : 1;       /* to another agent, when the node turns up */
	bool dismissed : 1;  /* let go by its agent; its NASes are being told */
	bool aborting : 1;   /* it ends with its last access session, without lingering */
	uint16_t user_size, service_size, agent_session_size, acct_size;
	uint8_t octets[]; /* user NUL service, agent_session, acct */
};

struct mip6_client {
	struct dm_bytes host, realm;
	struct mip6_access *first;
	uint32_t count;
	uint32_t origin_state_id; /* highest seen */
	uint8_t octets[];
};

struct mip6_access {
	struct dm_timer timer;        /* expiry; its end or its order, whatever comes first */
	struct mip6_session *session; /* NULL while it is not linked */
	struct mip6_access *next, *previous; /* of the session */
	struct mip6_client *client;
	struct mip6_access *client_next, *client_previous; /* of the client */
	int64_t opened;
	int64_t expires; /* 0: never */
	uint32_t origin_state_id;
	uint32_t application_id;
	uint16_t session_id_size;
	uint16_t nas_identifier_size;
	uint8_t order;        /* enum mip6_access_order */
	uint8_t attempts;     /* of its order */
	bool sent : 1;        /* the order is on its way, the answer is not here */
	bool obeyed : 1;      /* RAA or ASA said yes: what follows is waited for */
	bool moved : 1;       /* to another mobility session; its client is to be told */
	bool client_lost : 1; /* the timer ends it because its client restarted */
	bool closing : 1;     /* its end is being committed */
	uint8_t octets[];     /* session_id, nas_identifier */
};

struct mip6_sessions {
	struct dm_map by_id;
	struct dm_map by_user;          /* current ones */
	struct dm_map by_agent_session; /* Session-Id of the home-agent session */
	struct dm_map by_address;
	struct dm_map by_prefix; /* delegated ones: address and length */
	struct dm_map accesses;  /* Session-Id */
	struct dm_map clients;   /* Origin-Host */
	struct dm_timers session_timers;
	struct dm_timers access_timers;
	size_t with_service; /* mobility sessions of a named service */
	bool versioned;      /* records are compared at each commit (shared mode) */
};

void mip6_sessions_init(struct mip6_sessions *sessions, uint64_t seed);
void mip6_sessions_fini(struct mip6_sessions *sessions);

/* ---- strings of the objects, borrowed ---- */

static inline struct dm_bytes mip6_session_user(const struct mip6_session *session)
{
	return dm_bytes_of(session->octets, session->user_size);
}

static inline struct dm_bytes mip6_session_service(const struct mip6_session *session)
{
	return dm_bytes_of(session->octets + session->user_size + 1, session->service_size);
}

static inline struct dm_bytes mip6_session_agent_session(const struct mip6_session *session)
{
	return dm_bytes_of(session->octets + session->user_size + 1 + session->service_size,
	                   session->agent_session_size);
}

static inline struct dm_bytes mip6_session_acct(const struct mip6_session *session)
{
	struct dm_bytes before = mip6_session_agent_session(session);

	return dm_bytes_of(before.at + before.size, session->acct_size);
}

static inline struct dm_bytes mip6_access_session_id(const struct mip6_access *access)
{
	return dm_bytes_of(access->octets, access->session_id_size);
}

static inline struct dm_bytes mip6_access_nas_identifier(const struct mip6_access *access)
{
	return dm_bytes_of(access->octets + access->session_id_size, access->nas_identifier_size);
}

/* ---- mobility sessions ---- */

struct mip6_session_names {
	struct dm_bytes user_name;
	struct dm_bytes service_selection;
	struct dm_bytes agent_session;
	struct dm_bytes acct_multi_session_id;
};

/* Indexed by number, by Session-Id, and, when `current`, by user. NULL: -ENOMEM or a clash. */
struct mip6_session *mip6_session_new(struct mip6_sessions *sessions, uint64_t id,
                                      const struct mip6_session_names *names, bool current);
/* Out of every index, its access sessions too; what it held of pools is given back. */
void mip6_session_free(struct mip6_sessions *sessions, struct mip6_session *session);

struct mip6_session *mip6_session_of_user(const struct mip6_sessions *sessions,
                                          struct dm_bytes user_name, struct dm_bytes service);
/* All current ones of a user as it is filed; `service` NULL: of every service. A walk over all
 * sessions where some have a service and none is named. */
void mip6_sessions_of_user(struct mip6_sessions *sessions, struct dm_bytes user_name,
                           const struct dm_bytes *service,
                           void (*visit)(struct mip6_session *, void *), void *context);
/* Size 0: none. -ENOMEM. */
int mip6_session_set_random_key(struct mip6_session *session, const struct dm_secret *secret);
/* The user's next MBR will not find it. */
void mip6_session_retire(struct mip6_sessions *sessions, struct mip6_session *session);

void mip6_session_set_agent(struct mip6_session *session, struct mip6_agent *agent);

/* Who owns an address or delegated prefix; NULL: nobody. */
struct mip6_session *mip6_session_of_address(const struct mip6_sessions *sessions,
                                             const uint8_t address[16]);
struct mip6_session *mip6_session_of_prefix(const struct mip6_sessions *sessions,
                                            const struct store_prefix *prefix);
/* Takes ownership: -EEXIST when it has an owner, -ENOMEM. The pool's count is the caller's. */
int mip6_session_own_address(struct mip6_sessions *sessions, struct mip6_session *session,
                             const struct store_prefix *address);
int mip6_session_own_prefix(struct mip6_sessions *sessions, struct mip6_session *session,
                            const struct store_prefix *prefix, bool delegated);
/* Gives address and prefix back, to the pools of its agent too. */
void mip6_session_disown(struct mip6_sessions *sessions, struct mip6_session *session);

/* ---- access sessions ---- */

/* Not linked to anything yet. */
struct mip6_access *mip6_access_new(struct dm_bytes session_id, struct dm_bytes nas_identifier);
/* Of one that is not linked, or NULL. */
void mip6_access_free(struct mip6_access *access);
/* 0, -EEXIST, -ENOMEM: nothing changed. */
int mip6_access_link(struct mip6_sessions *sessions, struct mip6_access *access,
                     struct mip6_session *session, struct dm_bytes origin_host,
                     struct dm_bytes origin_realm);
/* Of one that is linked. */
void mip6_access_move(struct mip6_access *access, struct mip6_session *to);
/* Unlinks and frees. */
void mip6_access_remove(struct mip6_sessions *sessions, struct mip6_access *access);
struct mip6_access *mip6_access_find(const struct mip6_sessions *sessions,
                                     struct dm_bytes session_id);

struct mip6_client *mip6_client_find(const struct mip6_sessions *sessions, struct dm_bytes host);

#endif
