/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agents: the home agents that a home server may assign, where they are, how full, and which one
 * is best for a request.
 *
 * Locations are names that the operator gives to parts of the network. A NAS is at the first
 * location whose rule it meets; an agent is at one location. Nearest first; among equally near ones
 * the one with the least sessions / (weight x capacity). An agent that kept silent lately, or of
 * weight 0, comes after all others.
 */
#ifndef MIP6_AGENTS_H
#define MIP6_AGENTS_H

#include "base/arena.h"
#include "base/dm_time.h"
#include "base/map.h"
#include "mip6/pool.h"

enum mip6_agent_state {
	MIP6_AGENT_UP,
	MIP6_AGENT_DRAINING, /* keeps its sessions, gets no new one */
	MIP6_AGENT_DOWN,     /* by the operator */
};

/* "up", "draining", "down" and back. */
const char *mip6_agent_state_name(enum mip6_agent_state state);
bool mip6_agent_state_named(struct dm_bytes name, enum mip6_agent_state *state);

struct mip6_agent_config {
	struct dm_bytes host;            /* DiameterIdentity */
	struct dm_bytes realm;           /* Destination-Realm of its MHR */
	struct dm_bytes fqdn;            /* empty: as host */
	struct store_prefix address;     /* with the length of its home link; length 0: FQDN only */
	struct dm_bytes location;        /* empty: nowhere in particular */
	uint32_t weight;                 /* 0: only when nothing else is left */
	uint32_t capacity;               /* sessions; 0: no limit */
	struct store_prefix home_prefix; /* the link of all its nodes; length 0: none */
	struct mip6_pool_config address_pool; /* no prefix: the agent allocates itself */
	struct mip6_pool_config prefix_pool;  /* one prefix a node, delegated */
	bool local;          /* in a visited network: given only where LOCAL is allowed */
	bool link_protected; /* the configuration trusts the path to it with keys (profile 6) */
	enum mip6_agent_state state;
};

/* What puts a NAS at a location: any of these. */
struct mip6_location_config {
	struct dm_bytes name;
	const struct dm_bytes *nas_identifiers; /* patterns with * and ? */
	size_t nas_identifier_count;
	const struct store_prefix *nas_prefixes; /* hold NAS-IPv6-Address */
	size_t nas_prefix_count;
	const struct dm_bytes *origin_realms; /* patterns */
	size_t origin_realm_count;
	const struct dm_bytes *near; /* other locations, nearest first */
	size_t near_count;
};

#define MIP6_AGENT_WEIGHT_LIMIT   ((uint32_t)65535)
#define MIP6_AGENT_CAPACITY_LIMIT ((uint32_t)16777216)

/* What an operator says of an agent; it wins over the configuration. */
struct mip6_agent_override {
	bool has_state, has_weight, has_capacity;
	enum mip6_agent_state state;
	uint32_t weight, capacity;
};

struct mip6_agent {
	uint64_t number;                 /* never reused, while pointers are */
	struct mip6_agent_config config; /* octets owned; fqdn never empty */
	struct mip6_pool addresses;
	struct mip6_pool prefixes;
	struct mip6_agent_override override;
	enum mip6_agent_state state; /* in force, as the next two */
	uint32_t weight, capacity;
	bool peer_down;           /* a neighbour whose connection is gone */
	bool hinted;              /* not configured: the word of a visited network (accept-hints) */
	bool left;                /* not configured any more: here for its sessions alone */
	uint32_t sessions;        /* that hold it */
	uint32_t origin_state_id; /* last seen; 0: never */
	uint32_t application_id;  /* of the header of its last base command (profile 4) */
	dm_time silent_until;     /* it did not answer lately; 0: it did */
	dm_time away_since;       /* out of reach or silent; 0: it is not, or nobody looked */
	uint64_t assigned, failed;  /* MHR that granted, and that did not */
	struct mip6_session *first; /* its sessions: sessions.h */
	uint8_t octets[];
};

struct mip6_agents {
	struct mip6_agent **agents; /* owned, in the order of the configuration */
	size_t count, room;
	size_t left; /* of them, those that left the configuration */
	uint64_t next_number;
	struct mip6_location_config *locations; /* arena */
	size_t location_count;
	struct dm_map by_host;
	struct dm_arena arena;
};

/* 0, -ENOMEM or -EINVAL with *why a sentence (static). Octets are copied. */
int mip6_agents_init(struct mip6_agents *agents, const struct mip6_location_config *locations,
                     size_t location_count, uint64_t seed, const char **why);
void mip6_agents_fini(struct mip6_agents *agents);
/* -EEXIST when the host is there. `out` may be NULL. */
int mip6_agents_add(struct mip6_agents *agents, const struct mip6_agent_config *config,
                    struct mip6_agent **out, const char **why);
/* What the operator and, where he says nothing, the configuration want is in force. */
void mip6_agent_set(struct mip6_agent *agent, const struct mip6_agent_override *override);
void mip6_agents_remove(struct mip6_agents *agents, struct mip6_agent *agent);
/* Gives it no new session; it goes when it has none (mip6_agents_forget_left). */
void mip6_agents_leave(struct mip6_agents *agents, struct mip6_agent *agent);
/* A visited network names it anew. */
void mip6_agents_return(struct mip6_agents *agents, struct mip6_agent *agent);
/* Removes those that left and have no session any more. */
void mip6_agents_forget_left(struct mip6_agents *agents);
struct mip6_agent *mip6_agents_find(const struct mip6_agents *agents, struct dm_bytes host);

/* Where a request comes from. */
struct mip6_nas_place {
	struct dm_bytes nas_identifier;   /* may be empty */
	struct dm_bytes nas_ipv6_address; /* 16 octets, or empty */
	struct dm_bytes origin_realm;
};

/* Its location, or NULL. */
const struct mip6_location_config *mip6_agents_locate(const struct mip6_agents *agents,
                                                      const struct mip6_nas_place *place);
/* The option of the location that a NAS meets: "nas-identifier", "nas-prefix", "realm"; NULL: none.
 */
const char *mip6_location_rule(const struct mip6_location_config *location,
                               const struct mip6_nas_place *place);

/* Why an agent was not taken, for `explain` and Error-Message. */
enum mip6_unfit {
	MIP6_FIT,
	MIP6_UNFIT_LEFT, /* no longer configured */
	MIP6_UNFIT_DOWN,
	MIP6_UNFIT_DRAINING,
	MIP6_UNFIT_FULL,        /* capacity, or a pool without a free item */
	MIP6_UNFIT_UNREACHABLE, /* no open peer leads there */
	MIP6_UNFIT_NOT_ALLOWED, /* the subscriber's list */
	MIP6_UNFIT_LOCAL,       /* a visited network's, and not this one's or not allowed */
	MIP6_UNFIT_LINK,        /* the subscriber's own address or prefix is on another link */
	MIP6_UNFIT_TRIED,       /* refused in this bootstrapping already */
	MIP6_UNFIT_UNPROTECTED, /* no protected path for keys */
};
const char *mip6_unfit_text(enum mip6_unfit unfit);

/* The facts of one choice. */
struct mip6_selection {
	const struct mip6_location_config *location; /* of the NAS; may be NULL */
	struct dm_bytes origin_realm;                /* of the NAS */
	bool local;              /* only agents of the visited network, else none of them */
	struct dm_bytes allowed; /* identities with ',' between; empty: any */
	const struct store_prefix *home_address; /* static; NULL: from a pool */
	const struct store_prefix *home_prefix;  /* static; NULL: the agent's */
	const uint64_t *tried;                   /* numbers of agents */
	size_t tried_count;
	dm_time now;
	bool (*reaches)(void *context, const struct mip6_agent *agent);
	bool (*protected_path)(void *context, const struct mip6_agent *agent);
	void *context;
};

enum mip6_unfit mip6_agent_fits(const struct mip6_agent *agent,
                                const struct mip6_selection *selection);

/* How good a fitting agent is; compared member by member, less is better. */
struct mip6_rank {
	bool last;       /* weight 0, or silent lately */
	size_t distance; /* 0: at the NAS's own location, then the order of its `near` */
	double load;
};
struct mip6_rank mip6_agent_rank(const struct mip6_agent *agent,
                                 const struct mip6_selection *selection);

/* The best fitting one, or NULL with the reason in *unfit. Of several reasons the one that tells
 * most wins: FULL, then UNPROTECTED, then what kept out the first agent. */
struct mip6_agent *mip6_agents_select(const struct mip6_agents *agents,
                                      const struct mip6_selection *selection,
                                      enum mip6_unfit *unfit);

bool mip6_agent_is_full(const struct mip6_agent *agent);

#endif
