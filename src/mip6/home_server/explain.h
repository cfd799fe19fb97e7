/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain: what the home server would answer to a MBR, step by step, taking nothing.
 *
 * The same functions decide as for a real MBR; what they take of pools is given back before the
 * call returns, and nothing is stored or sent. What is not here: whether a home agent would agree,
 * as it is not asked.
 */
#ifndef MIP6_EXPLAIN_H
#define MIP6_EXPLAIN_H

#include "decide.h"

/* One home agent as the decision sees it. */
struct mip6_explained_agent {
	struct dm_bytes host, location;
	enum mip6_unfit unfit; /* MIP6_FIT: it could be taken */
	bool local;
	bool last;       /* weight 0, or silent lately: behind all others */
	size_t distance; /* 0: at the NAS's location, or nobody is anywhere */
	uint32_t sessions, weight,
		capacity; /* the least (sessions + 1) / (weight x capacity) wins */
};

/* One try to carry the decision out. */
struct mip6_explained_try {
	struct dm_bytes host; /* of the agent */
	uint32_t result_code; /* 0: it can be carried out */
	const char *why;      /* a sentence; NULL: it can */
};

/* Texts are borrowed from the role until its next verb. */
struct mip6_explanation {
	bool known, enabled, mobility;
	bool local_asked, local_allowed;
	const char *session_state;     /* of the mobility session that is there; NULL: none */
	struct dm_bytes location;      /* empty: the NAS is nowhere in particular */
	const char *rule;              /* what puts it there: "nas-identifier" ...; NULL: none */
	struct mip6_decision decision; /* the one that counts; its agent: see `agent` */
	struct dm_bytes home_agent, home_agent_fqdn;
	struct store_prefix home_agent_address;
	struct store_prefix home_address; /* length 0: the home agent chooses */
	struct store_prefix home_prefix;
	const char *address_from, *prefix_from; /* a sentence each; NULL: no allocation */
	uint64_t feature_vector;
	uint8_t sa_protocols;
	uint32_t authorization_lifetime, session_timeout; /* UINT32_MAX: none */
	uint32_t key_lifetime;
	bool name_allowed;    /* the name that it asks for in DNS */
	uint32_t result_code; /* of the MBA, if the home agent agrees */
	char text[192];       /* refused: why */
};

struct mip6_explain_visitor {
	/* Every home agent, in the order of the configuration. */
	void (*agent)(const struct mip6_explained_agent *agent, void *context);
	/* Every try, in its order. */
	void (*attempt)(const struct mip6_explained_try *attempt, void *context);
	void *context;
};

/* `question` is a MBR in which only what decides need be there: its octets are borrowed, its links
 * are not looked at. */
void mip6_home_server_explain(struct mip6_role *role, const struct mip6_bootstrap *question,
                              const struct mip6_explain_visitor *visitor,
                              struct mip6_explanation *out, struct mip6_now now);

#endif
