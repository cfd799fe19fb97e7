/* SPDX-License-Identifier: Apache-2.0 */
#include "decide.h"

#include "sessions.h"

/* A sentence for the decision; returns true, so that a step can end with it. */
static bool decided(struct mip6_decision *decision, enum mip6_choice choice, uint32_t result_code,
                    const char *format, ...) __attribute__((format(printf, 4, 5)));

static bool decided(struct mip6_decision *decision, enum mip6_choice choice, uint32_t result_code,
                    const char *format, ...)
{
	struct dm_text text;
	va_list list;

	decision->choice = choice;
	decision->result_code = result_code;
	dm_text_init(&text, decision->reason, sizeof(decision->reason));
	va_start(list, format);
	dm_text_add_list(&text, format, list);
	va_end(list);
	return true;
}

bool mip6_local_allowed(const struct mip6_bootstrap *request,
                        const struct store_subscriber *subscriber)
{
	return request->local && subscriber && subscriber->local_home_agent;
}

/* Step 1. Unknown, disabled and not entitled get the same answer, so that names cannot be probed
 * (profile 5). */
static bool refuse_the_unentitled(const struct mip6_facts *facts, struct mip6_decision *decision)
{
	const struct store_subscriber *subscriber = facts->subscriber;

	if (subscriber && subscriber->enabled && subscriber->mobility)
		return false;
	return decided(decision, MIP6_REFUSE, DM_RESULT_DIAMETER_AUTHORIZATION_REJECTED,
	               "this user has no mobility service here");
}

/* Step 2. A node that turns up again keeps what it has: that is what mobility is for. */
static bool reuse_the_session(const struct mip6_facts *facts, struct mip6_decision *decision)
{
	if (!facts->session)
		return false;
	return decided(decision, MIP6_REUSE, 0, "the node has a mobility session already");
}

struct mip6_selection mip6_selection_of(const struct mip6_facts *facts,
                                        const struct mip6_location_config *location)
{
	const struct store_subscriber *subscriber = facts->subscriber;

	return (struct mip6_selection){
		.location = location,
		.origin_realm = facts->request->origin_realm,
		.allowed = subscriber->home_agent,
		.home_address = subscriber->has_home_address ? &subscriber->home_address : NULL,
		.home_prefix = subscriber->has_home_prefix ? &subscriber->home_prefix : NULL,
		.tried = facts->tried,
		.tried_count = facts->tried_count,
		.now = facts->now,
		.reaches = facts->reaches,
		.protected_path = facts->protected_path,
		.context = facts->context,
	};
}

static bool assign(struct mip6_decision *decision, struct mip6_agent *agent, const char *why)
{
	struct dm_bytes host = agent->config.host;

	decision->agent = agent;
	decision->local = agent->config.local;
	return decided(decision, MIP6_ASSIGN, 0, "%.*s: %s", (int)host.size, (const char *)host.at,
	               why);
}

/* Step 3. The split scenario: a home agent asks for a node of its own (profile 5); it is no NAS, so
 * it names no port, and its hint is itself. */
static bool give_the_asking_agent(const struct mip6_facts *facts, struct mip6_decision *decision)
{
	const struct mip6_bootstrap *request = facts->request;
	struct mip6_selection selection = mip6_selection_of(facts, decision->location);
	struct mip6_agent *agent = mip6_agents_find(facts->agents, request->origin_host);

	if (!agent || request->has_nas_port_type ||
	    !dm_bytes_equal_folded(request->home_agent_fqdn, agent->config.fqdn))
		return false;
	selection.local = agent->config.local;
	if (mip6_agent_fits(agent, &selection) != MIP6_FIT)
		return false;
	decision->split = true;
	return assign(decision, agent, "the asking home agent itself (split scenario)");
}

/* The configured agent that a hint names, by FQDN or, where there is one, by address: an address
 * wins (RFC 5447 4.2.1). */
static struct mip6_agent *hinted_agent(const struct mip6_facts *facts)
{
	const struct mip6_bootstrap *request = facts->request;

	for (size_t i = 0; i < facts->agents->count; i++) {
		struct mip6_agent *agent = facts->agents->agents[i];
		const struct store_prefix *address = &agent->config.address;

		if (agent->left)
			continue;
		if (request->home_agent_address.length && address->length &&
		    memcmp(request->home_agent_address.address, address->address, 16) == 0)
			return agent;
		if (!request->home_agent_address.length && request->home_agent_fqdn.size &&
		    dm_bytes_equal_folded(request->home_agent_fqdn, agent->config.fqdn))
			return agent;
	}
	return NULL;
}

/* A home agent that nobody configured: only where the policy takes the NAS's word for it. */
static bool take_the_word(const struct mip6_facts *facts, struct mip6_decision *decision)
{
	struct dm_bytes fqdn = facts->request->home_agent_fqdn;
	const struct mip6_agent *known = mip6_agents_find(facts->agents, fqdn);

	if (!facts->policy->accept_hints || fqdn.size == 0 || facts->tried_count > 0 ||
	    facts->subscriber->home_agent.size > 0 || (known && !known->left))
		return false;
	decision->local = true;
	return decided(decision, MIP6_ASSIGN_HINTED, 0, "%.*s: named by the visited network",
	               (int)fqdn.size, (const char *)fqdn.at);
}

/* Step 4. A local home agent: asked for, allowed, and there is one. */
static bool give_a_local_agent(const struct mip6_facts *facts, struct mip6_decision *decision)
{
	struct mip6_selection selection = mip6_selection_of(facts, decision->location);
	struct mip6_agent *agent;
	enum mip6_unfit unfit;

	if (!mip6_local_allowed(facts->request, facts->subscriber))
		return false;
	selection.local = true;
	agent = hinted_agent(facts);
	if (agent && mip6_agent_fits(agent, &selection) == MIP6_FIT)
		return assign(decision, agent, "the local home agent that the NAS named");
	if (!agent && take_the_word(facts, decision))
		return true;
	agent = mip6_agents_select(facts->agents, &selection, &unfit);
	return agent && assign(decision, agent, "a local home agent of the visited network");
}

static bool refuse_without_agent(const struct mip6_facts *facts, struct mip6_decision *decision,
                                 enum mip6_unfit unfit)
{
	if (facts->agents->count == 0)
		return decided(decision, MIP6_REFUSE, DM_RESULT_DIAMETER_ERROR_HA_NOT_AVAILABLE,
		               "no home agent is configured");
	if (unfit == MIP6_UNFIT_FULL)
		return decided(decision, MIP6_REFUSE, DM_RESULT_DIAMETER_RESOURCES_EXCEEDED,
		               "all home agents are full");
	if (unfit == MIP6_UNFIT_UNPROTECTED)
		return decided(decision, MIP6_REFUSE, DM_RESULT_DIAMETER_UNABLE_TO_COMPLY,
		               "no protected path to the home agent");
	return decided(decision, MIP6_REFUSE, DM_RESULT_DIAMETER_ERROR_HA_NOT_AVAILABLE,
	               "no home agent is available: %s", mip6_unfit_text(unfit));
}

/* Step 5. The home network's: nearest first, then by weight and load. */
static bool give_the_best_agent(const struct mip6_facts *facts, struct mip6_decision *decision)
{
	struct mip6_selection selection = mip6_selection_of(facts, decision->location);
	struct mip6_agent *agent;
	enum mip6_unfit unfit;

	agent = mip6_agents_select(facts->agents, &selection, &unfit);
	if (!agent)
		return refuse_without_agent(facts, decision, unfit);
	return assign(decision, agent,
	              decision->location ? "nearest to the NAS's location, least loaded"
	                                 : "least loaded");
}

struct mip6_nas_place mip6_place_of(const struct mip6_bootstrap *request)
{
	return (struct mip6_nas_place){
		.nas_identifier = request->nas_identifier,
		.nas_ipv6_address = request->nas_ipv6_address,
		.origin_realm = request->origin_realm,
	};
}

struct mip6_decision mip6_decide(const struct mip6_facts *facts)
{
	struct mip6_decision decision = { 0 };
	const struct mip6_nas_place place = mip6_place_of(facts->request);

	if (refuse_the_unentitled(facts, &decision) || reuse_the_session(facts, &decision))
		return decision;
	decision.location = mip6_agents_locate(facts->agents, &place);
	if (give_the_asking_agent(facts, &decision) || give_a_local_agent(facts, &decision))
		return decision;
	give_the_best_agent(facts, &decision);
	return decision;
}
