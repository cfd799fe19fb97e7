/* SPDX-License-Identifier: Apache-2.0 */
/*
 * home_agent_binding: the home agent's inside: bindings, and the reading of a MHR into one.
 */
#ifndef MIP6_HOME_AGENT_BINDING_H
#define MIP6_HOME_AGENT_BINDING_H

#include "base/map.h"
#include "base/timers.h"
#include "home_agent.h"
#include "mip6/outbox.h"

struct mip6_link {
	struct store_prefix prefix;
	struct store_prefix address;
	struct mip6_pool pool;
};

/* A binding never changes: an update makes a new one that takes the place of the old. */
struct mip6_binding {
	struct dm_timer timer;         /* the next key's end; repetition of what failed */
	struct store_binding record;   /* octets owned; keys wiped with it */
	struct mip6_link *link;        /* whose pool counts the address; NULL: none */
	uint64_t transaction;          /* MHR whose commit is under way; 0: none */
	uint64_t abort;                /* ASR that waits or whose commit is under way; 0: none */
	uint32_t abort_application;    /* of its header */
	uint32_t acct_interim;         /* Acct-Interim-Interval of the MHR; 0: none */
	int32_t acct_realtime;         /* Accounting-Realtime-Required; 0: not said */
	struct mip6_binding *replaced; /* the one that goes when this one is committed */
	bool busy;                     /* a commit concerns it */
	bool installing;               /* it, by MHR or by the answer to our MBR */
	bool asking;                   /* split: our MBR is under way */
	bool has_tag;                  /* split: an operator waits */
	uint64_t tag;
	dm_time started;
	unsigned int attempts; /* split: MBR without an answer */
	bool aborted;          /* its end was asked for, not the clock's */
	bool unaccounted;      /* it ends for want of accounting */
	bool closed;           /* an operator has ended it */
	bool left;             /* its node has left: deregistered */
	bool delegated;        /* its prefix is this node's alone */
	bool shares_address;   /* `replaced` has the address in the index until then */
	uint8_t octets[];
};

struct mip6_home_agent {
	struct mip6_role role; /* first */
	struct mip6_common common;
	struct dm_arena arena; /* the role's own strings and links */
	struct mip6_link *links;
	size_t link_count;
	struct dm_bytes fqdn;
	const struct dm_bytes *servers;
	size_t server_count;
	size_t capacity;
	struct dm_map by_session;
	struct dm_map by_address; /* claimed ones too */
	struct dm_map by_prefix;  /* delegated ones */
	struct dm_map pending;    /* by tag */
	struct dm_map strs;       /* by tag: those whose answer is to come */
	struct dm_map asks;       /* by tag: MBR of the split scenario */
	/* Of STR: 0, as the draft says, until somebody on the way has refused it. */
	uint32_t base_application;
	struct mip6_accounting accounting;
	struct dm_timers timers;
	struct mip6_outbox outbox;
	uint64_t next_tag;
	uint64_t random;
	struct mip6_now now;
	bool store_failing;
};

/*
 * A MHR, checked against links, other bindings and capacity (profile 5), made into a binding that
 * is in no index yet; `replaced` is set. NULL: *fault says why not.
 */
struct mip6_binding *mip6_binding_read(struct mip6_home_agent *agent,
                                       const struct dm_message *message, struct dm_fault *fault);

/* The same of a MBA, told as a MHR; `asked` brings what only a binding of our own asking has. */
struct mip6_binding *mip6_binding_read_asked(struct mip6_home_agent *agent,
                                             const struct dm_message *message,
                                             const struct store_binding *asked,
                                             struct dm_fault *fault);

/* A copy of a stored record; NULL: -ENOMEM. */
struct mip6_binding *mip6_binding_copy(const struct store_binding *record);
/* Wipes the keys. Out of every index before. */
void mip6_binding_free(struct mip6_binding *binding);

/* The class behind mip6_home_agent_new. */
extern const struct mip6_role_class mip6_home_agent_class;

/* Into the indexes of addresses and prefixes, and counted: -EEXIST, -ENOMEM. */
int mip6_home_agent_index(struct mip6_home_agent *agent, struct mip6_binding *binding);
/* Out of every index, and freed. */
void mip6_home_agent_drop(struct mip6_home_agent *agent, struct mip6_binding *binding);
/* Arms the timer of its next key's end. */
void mip6_home_agent_arm(struct mip6_home_agent *agent, struct mip6_binding *binding);

/* Keys at once, the record with its commit, then STR. The binding is not busy. */
void mip6_home_agent_remove(struct mip6_home_agent *agent, struct mip6_binding *binding);

/* Claims its session and address and submits it. False: no memory, and it is gone. */
bool mip6_home_agent_install(struct mip6_home_agent *agent, struct mip6_binding *binding);

/* ---- home_agent_split.c: the agent as the client (profile 5, split scenario) ---- */

/* True when the tag was that of a MBR. */
bool mip6_home_agent_asked(struct mip6_home_agent *agent, uint64_t tag,
                           const struct dm_message *message, const struct dm_fault *fault);
void mip6_home_agent_forget_asks(struct mip6_home_agent *agent);
/* The commit of what a MBA brought has come back. */
void mip6_home_agent_tell(struct mip6_home_agent *agent, struct mip6_binding *binding, int error);
/* Asks again for what it has. */
void mip6_home_agent_renew(struct mip6_home_agent *agent, struct mip6_binding *binding);
/* Its time has come: true when it is being renewed or its authorization is over. */
bool mip6_home_agent_asked_is_due(struct mip6_home_agent *agent, struct mip6_binding *binding);

/* ---- home_agent_str.c ---- */

/* May this server change what that one's MHR made? Itself, or another one of its realm: they share
 * their store. */
bool mip6_home_agent_obeys(const struct mip6_home_agent *agent, const struct store_binding *record,
                           struct dm_bytes host, struct dm_bytes realm);
void mip6_home_agent_send_str(struct mip6_home_agent *agent, const struct mip6_binding *binding,
                              int32_t termination_cause);
void mip6_home_agent_str_answered(struct mip6_home_agent *agent, uint64_t tag,
                                  const struct dm_message *message, const struct dm_fault *fault);
void mip6_home_agent_forget_strs(struct mip6_home_agent *agent);

/* ---- home_agent_accounting.c ---- */

void mip6_home_agent_init_accounting(struct mip6_home_agent *agent,
                                     const struct mip6_accounting_config *config);
/* Behind all that was restored. */
void mip6_home_agent_start_accounting(struct mip6_home_agent *agent);
/* The binding is installed or updated; it may be on its way out afterwards. */
void mip6_home_agent_account(struct mip6_home_agent *agent, const struct mip6_binding *binding);

/* The link that holds an address; NULL: none. */
struct mip6_link *mip6_home_agent_link(struct mip6_home_agent *agent, const uint8_t address[16]);

static inline struct dm_bytes mip6_binding_address(const struct mip6_binding *binding)
{
	return dm_bytes_of(binding->record.home_address.address, 16);
}

static inline struct dm_bytes mip6_binding_prefix(const struct mip6_binding *binding)
{
	return dm_bytes_of(&binding->record.home_prefix, sizeof(binding->record.home_prefix));
}

#endif
