/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decide: what becomes of one MBR (profile 5, "Home server").
 *
 * A pure function of the request and of facts that were fetched before: it changes nothing, asks
 * nobody, and returns with its decision the reason in plain words. Carrying it out (addresses,
 * keys, commits, MHR) is server_*.c.
 */
#ifndef MIP6_DECIDE_H
#define MIP6_DECIDE_H

#include "agents.h"
#include "bootstrap.h"
#include "home_server.h"

struct mip6_session;

struct mip6_facts {
	const struct mip6_bootstrap *request;
	const struct store_subscriber *subscriber; /* NULL: unknown */
	struct mip6_session *session;              /* the user's current one; NULL: none */
	const struct mip6_policy *policy;
	const struct mip6_agents *agents;
	const uint64_t *tried; /* numbers of agents */
	size_t tried_count;
	dm_time now;
	bool (*reaches)(void *context, const struct mip6_agent *agent);
	bool (*protected_path)(void *context, const struct mip6_agent *agent);
	void *context;
};

enum mip6_choice {
	MIP6_REFUSE,
	MIP6_REUSE,         /* what the user's session has */
	MIP6_ASSIGN,        /* `agent` */
	MIP6_ASSIGN_HINTED, /* the home agent that the NAS named and nobody configured */
};

struct mip6_decision {
	enum mip6_choice choice;
	uint32_t result_code;                        /* REFUSE */
	struct mip6_agent *agent;                    /* ASSIGN */
	bool split;                                  /* ASSIGN: the asking client is the agent */
	bool local;                                  /* the agent is the visited network's */
	const struct mip6_location_config *location; /* of the NAS; may be NULL */
	char reason[192];                            /* a sentence; REFUSE: fit for Error-Message */
};

struct mip6_decision mip6_decide(const struct mip6_facts *facts);

struct mip6_nas_place mip6_place_of(const struct mip6_bootstrap *request);

/* What an agent is measured by; the subscriber is known. */
struct mip6_selection mip6_selection_of(const struct mip6_facts *facts,
                                        const struct mip6_location_config *location);

/* True when this request may have a local home agent (MBA feature vector 0x3, else 0x1). */
bool mip6_local_allowed(const struct mip6_bootstrap *request,
                        const struct store_subscriber *subscriber);

#endif
