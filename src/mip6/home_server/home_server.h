/* SPDX-License-Identifier: Apache-2.0 */
/*
 * home_server: the AAAH (profile 4 and 5): MBR in, MHR to a home agent, MBA out; access sessions,
 * mobility sessions, their end.
 *
 * Invariants: a mobility session has at most one thing in flight (a commit or a request), so its
 * state is read off one field; nothing is promised before it is committed; an address has one owner
 * until its home agent has let it go. What is not here: keys at rest (store), transport (node),
 * where the path to an agent is protected (the host tells through `protected_path`).
 *
 * Start: _new, then every restore_*, then _start. Events (MIP6_EFFECT_EVENT), by name:
 * reconfigured, bootstrapped, reused, refused, access-ended, lingering, session-ended,
 * agent-failed, agent-silent, agent-up, agent-down, agent-restarted, nas-restarted, client-silent,
 * store-failed, store-recovered, lease-lost.
 */
#ifndef MIP6_HOME_SERVER_H
#define MIP6_HOME_SERVER_H

#include "agents.h"
#include "mip6/service.h"

/* Durations in seconds. */
struct mip6_policy {
	uint32_t linger;                 /* profile 4: 300; 0: at once */
	uint32_t authorization_lifetime; /* 0: none is sent */
	uint32_t auth_grace_period;
	uint32_t session_timeout; /* 0: none is sent; else not below authorization_lifetime */
	uint32_t key_lifetime;    /* 0: 86400 */
	uint8_t sa_protocols;     /* for subscribers without their own set; 0: IKEV2 alone */
	uint8_t candidates;       /* home agents tried for one MBR; 0: 3 */
	bool random_keys;         /* for every subscriber (profile 6) */
	bool accept_hints;        /* local home agents that only the NAS's hint names */
	dm_time agent_timeout;    /* of one MHR, RAR or ASR; 0: 5 s */
	dm_time move_after;    /* an agent away for so long loses its sessions at their next MBR */
	uint32_t acct_interim; /* Acct-Interim-Interval of clients; 0: none is sent */
	int32_t acct_realtime; /* Accounting-Realtime-Required; 0: none is sent */
	uint32_t acct_keep;    /* of accounting records; 0: for ever */
};

/* Which names are ours to change, and how long a MBA waits for that. */
struct mip6_dns_policy {
	const struct dm_bytes *zones; /* dotted, without those of ip6.arpa; 0: no name is changed */
	size_t zone_count;
	dm_time mba_limit;
	size_t places; /* changes under way; 0: 64 */
};

struct mip6_home_server_config {
	struct mip6_policy policy;
	const struct mip6_agent_config *agents;
	size_t agent_count;
	const struct mip6_location_config *locations;
	size_t location_count;
	uint64_t session_block;  /* from a counter that never goes back: high half of session ids */
	size_t session_limit;    /* mobility sessions; 0: 1,048,576; beyond it 3004 */
	size_t subscriber_limit; /* 0: 4,194,304 */
	struct mip6_dns_policy dns; /* at start; copied */
	/* From the kernel, 32 octets, for random keys; none: they cannot be made. Copied. */
	struct dm_bytes randomness;
	/* The name under which the store knows this server as a keeper of sessions. Empty: the
	 * store is its alone; else others write it too, and nothing is done from memory alone. */
	struct dm_bytes keeper;
	/* True when a request could leave now (dm_node_reaches). NULL: an agent is reachable until
	 * peer_event says otherwise. */
	bool (*reaches)(void *context, struct dm_bytes realm, struct dm_bytes host);
	/* True when keys may go that way: TLS, or a link that the configuration trusts. NULL: only
	 * agents with link_protected. */
	bool (*protected_path)(void *context, struct dm_bytes realm, struct dm_bytes host);
	void *context;
};

/* NULL with *why a sentence (static). Octets are copied. */
struct mip6_role *mip6_home_server_new(const struct mip6_home_server_config *config,
                                       const struct mip6_common *common, const char **why);

/* ---- start: what the store holds; 0, -EEXIST, -ENOENT (access without session), -ENOMEM ---- */

int mip6_home_server_restore_subscriber(struct mip6_role *role,
                                        const struct store_subscriber *subscriber);
int mip6_home_server_restore_session(struct mip6_role *role, const struct store_session *session);
int mip6_home_server_restore_agent(struct mip6_role *role, const struct store_agent *agent);
int mip6_home_server_restore_access(struct mip6_role *role, const struct store_access *access);
/* After the sessions. */
int mip6_home_server_restore_name(struct mip6_role *role, const struct store_name *name);
/* Arms the timers and takes up what was left unfinished. */
void mip6_home_server_start(struct mip6_role *role, struct mip6_now now);

/* ---- shared mode ---- */

/* A session whose server is gone: this one keeps it from now on. */
void mip6_home_server_adopt(struct mip6_role *role, const struct store_found *found,
                            struct mip6_now now);
/* All that operators have said of home agents, at whatever server: it holds here too. */
void mip6_home_server_agents_said(struct mip6_role *role, const struct store_agent *agents,
                                  size_t count, struct mip6_now now);
/* This server's lease was lost: others may have its sessions. All that it keeps is read anew. */
void mip6_home_server_lease_lost(struct mip6_role *role, struct mip6_now now);

/* ---- run time, for the operator; each ends in one MIP6_EFFECT_RESULT with `tag` ---- */

/* One transaction for all of them. */
void mip6_home_server_put_subscribers(struct mip6_role *role,
                                      const struct store_subscriber *subscribers, size_t count,
                                      uint64_t tag, struct mip6_now now);
/* -ENOENT in the result when there is none of this name. */
void mip6_home_server_delete_subscriber(struct mip6_role *role, struct dm_bytes user_name,
                                        uint64_t tag, struct mip6_now now);
void mip6_home_server_enable_subscriber(struct mip6_role *role, struct dm_bytes user_name,
                                        bool enabled, uint64_t tag, struct mip6_now now);

/*
 * Another configuration: policy, agents and locations of `config` hold for every decision from now
 * on; its other members are not looked at. No session is lost: an agent that is no longer named
 * keeps its sessions, gets no new one, and goes with the last. What an operator set of an agent
 * stays. To be called when all effects have been taken. 0; or a negative errno with *why, then
 * nothing has changed.
 */
int mip6_home_server_reconfigure(struct mip6_role *role,
                                 const struct mip6_home_server_config *config, struct mip6_now now,
                                 const char **why);

enum mip6_operator_order {
	MIP6_OPERATOR_ABORT, /* ASR to the NASes; at the end of all the mobility session ends */
	MIP6_OPERATOR_REAUTHORIZE, /* RAR to the NASes */
	MIP6_OPERATOR_REKEY,       /* new keys for the home agent; active mobility sessions alone */
};

/*
 * `name` is a user (of all services, unless `service` is given), the Session-Id of a home-agent
 * session, or that of one access session. The order is given at once, the messages follow; it is
 * not kept over a restart. 0, or -ENOENT: nobody is meant.
 */
int mip6_home_server_order(struct mip6_role *role, enum mip6_operator_order order,
                           struct dm_bytes name, const struct dm_bytes *service,
                           struct mip6_order_counts *counts, struct mip6_now now);
/* The same about the sessions of all servers: those that others keep are taken first. Ends in one
 * RESULT with `tag`, which has the counts. */
void mip6_home_server_order_all(struct mip6_role *role, enum mip6_operator_order order,
                                struct dm_bytes name, const struct dm_bytes *service, uint64_t tag,
                                struct mip6_now now);
void mip6_home_server_move_all(struct mip6_role *role, struct dm_bytes host, uint64_t tag,
                               struct mip6_now now);

/* Empties a home agent: RAR to the NASes of all its sessions, and each goes to another agent when
 * its node turns up. Not kept over a restart. 0 or -ENOENT. */
int mip6_home_server_move_agent(struct mip6_role *role, struct dm_bytes host,
                                struct mip6_order_counts *counts, struct mip6_now now);

/*
 * What an operator says of a home agent: what is not given stays as he said before; `reset` takes
 * that back first. It wins over the configuration and is stored, so that an agent that was set down
 * for its maintenance does not come back because this server was restarted meanwhile. It is
 * forgotten when the agent leaves the configuration. -ENOENT in the result: none is configured.
 */
struct mip6_agent_setting {
	struct mip6_agent_override override;
	bool reset;
};
void mip6_home_server_set_agent(struct mip6_role *role, struct dm_bytes host,
                                const struct mip6_agent_setting *setting, uint64_t tag,
                                struct mip6_now now);

/* ---- looking; what is given lives for the visit; a visit that is not 0 ends the walk ---- */

struct mip6_agent_view {
	struct dm_bytes host, realm, fqdn, location;
	struct store_prefix address;
	enum mip6_agent_state state; /* in force, as weight and capacity */
	struct mip6_agent_override override;
	bool reachable;
	bool full;
	bool hinted, left;
	uint32_t weight, capacity, sessions;
	uint64_t pool_size, pool_taken;     /* addresses */
	uint64_t prefix_size, prefix_taken; /* delegated prefixes */
	uint64_t assigned, failed;
};

struct mip6_session_view {
	struct store_session session; /* as it is stored */
	const char *state;            /* "allocated", "active", "lingering", "ending" */
	uint32_t access_count;
};

int mip6_home_server_each_agent(struct mip6_role *role,
                                int (*visit)(const struct mip6_agent_view *, void *),
                                void *context);
int mip6_home_server_each_session(struct mip6_role *role,
                                  int (*visit)(const struct mip6_session_view *, void *),
                                  void *context);
/* The access sessions of one mobility session. */
int mip6_home_server_each_access(struct mip6_role *role, uint64_t session,
                                 int (*visit)(const struct store_access *, void *), void *context);
/* Of their root keys only the size is told. */
/* NULL: nobody of this name, its realm in any case, is in memory. */
const struct store_subscriber *mip6_home_server_subscriber(const struct mip6_role *role,
                                                           struct dm_bytes user_name);
int mip6_home_server_each_subscriber(struct mip6_role *role,
                                     int (*visit)(const struct store_subscriber *, void *),
                                     void *context);

struct mip6_name_view {
	struct store_name name;
	const char *state;             /* "wanted", "made", "owed" */
	const char *forward, *reverse; /* what came of the last try */
	uint8_t failures;              /* in a row */
	bool under_way;
};
int mip6_home_server_each_name(struct mip6_role *role,
                               int (*visit)(const struct mip6_name_view *, void *), void *context);

struct mip6_name_counts {
	size_t names, owed, under_way;
	uint64_t asked, made, removed, failed; /* changes since the start */
};
struct mip6_name_counts mip6_home_server_name_counts(const struct mip6_role *role);

struct mip6_home_server_counts {
	size_t subscribers, sessions, accesses, clients;
	uint64_t granted, reused, refused, failed;
	uint64_t records; /* ACR answered 2001 */
};
struct mip6_home_server_counts mip6_home_server_counts(const struct mip6_role *role);

#endif
