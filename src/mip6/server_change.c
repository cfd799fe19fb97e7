/* SPDX-License-Identifier: Apache-2.0 */
/* Another configuration while sessions live (mip6_home_server_reconfigure). */
#include "mip6/server.h"

#include <errno.h>

/* ---- what can fail: a second set of agents beside the one in force ---- */

static int prepare(struct mip6_agents *fresh, const struct mip6_home_server *server,
                   const struct mip6_home_server_config *config, const char **why)
{
	int error = mip6_agents_init(fresh, config->locations, config->location_count,
	                             server->common.seed, why);

	fresh->next_number = server->agents.next_number;
	for (size_t i = 0; !error && i < config->agent_count; i++)
		error = mip6_agents_add(fresh, &config->agents[i], NULL, why);
	return error;
}

/* An agent of its own for what nobody names any more and sessions still hold. */
static int prepare_leaver(struct mip6_agents *fresh, const struct mip6_agent *old,
                          bool accept_hints, const char **why)
{
	struct mip6_agent *agent;
	int error;

	if (old->sessions == 0 || mip6_agents_find(fresh, old->config.host))
		return 0;
	error = mip6_agents_add(fresh, &old->config, &agent, why);
	if (error)
		return error;
	agent->hinted = old->hinted;
	if (old->left || !old->hinted || !accept_hints)
		mip6_agents_leave(fresh, agent);
	return 0;
}

static int prepare_leavers(struct mip6_agents *fresh, const struct mip6_agents *old,
                           bool accept_hints, const char **why)
{
	int error = 0;

	for (size_t i = 0; !error && i < old->count; i++)
		error = prepare_leaver(fresh, old->agents[i], accept_hints, why);
	return error;
}

/* ---- what cannot: the new agent takes the place of the old one ---- */

/* The session comes along with what it has; the new pools count what is theirs. */
static void take_session(struct mip6_agent *agent, struct mip6_session *session)
{
	mip6_session_set_agent(session, agent);
	session->pooled = session->home_address.length > 0 &&
	                  mip6_pool_holds(&agent->addresses, &session->home_address);
	if (session->pooled)
		mip6_pool_note(&agent->addresses, &session->home_address);
	if (session->delegated)
		mip6_pool_note(&agent->prefixes, &session->home_prefix);
}

static void take_over(struct mip6_agent *agent, struct mip6_agent *old)
{
	agent->number = old->number;
	mip6_agent_set(agent, &old->override);
	agent->peer_down = old->peer_down;
	agent->origin_state_id = old->origin_state_id;
	agent->application_id = old->application_id;
	agent->silent_until = old->silent_until;
	agent->assigned = old->assigned;
	agent->failed = old->failed;
	agent->addresses.next = old->addresses.next;
	agent->prefixes.next = old->prefixes.next;
	while (old->first)
		take_session(agent, old->first);
}

static void put_in_force(struct mip6_home_server *server, struct mip6_agents *fresh)
{
	struct mip6_agents old = server->agents;

	for (size_t i = 0; i < old.count; i++) {
		struct mip6_agent *agent = mip6_agents_find(fresh, old.agents[i]->config.host);

		if (agent)
			take_over(agent, old.agents[i]);
	}
	server->agents = *fresh;
	mip6_agents_fini(&old);
}

int mip6_home_server_reconfigure(struct mip6_role *role,
                                 const struct mip6_home_server_config *config, struct mip6_now now,
                                 const char **why)
{
	struct mip6_home_server *server = (struct mip6_home_server *)role;
	const struct mip6_policy policy = mip6_policy_with_defaults(config->policy, why);
	struct mip6_agents fresh;
	int error;

	server->now = now;
	if (*why)
		return -EINVAL;
	error = prepare(&fresh, server, config, why);
	if (!error)
		error = prepare_leavers(&fresh, &server->agents, policy.accept_hints, why);
	if (error) {
		mip6_agents_fini(&fresh);
		return error;
	}
	put_in_force(server, &fresh);
	server->policy = policy;
	mip6_outbox_event(&server->outbox, MIP6_NOTICE, "reconfigured", (struct mip6_about){ 0 },
	                  "%zu home agents, %zu of them only for the sessions they have",
	                  server->agents.count, server->agents.left);
	return 0;
}
