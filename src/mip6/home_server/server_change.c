/* SPDX-License-Identifier: Apache-2.0 */
/* Another configuration while sessions live, and what an operator says of home agents. */
#include "server.h"

#include <errno.h>

static struct mip6_home_server *server_of(struct mip6_role *role)
{
	return (struct mip6_home_server *)role;
}

/* ---- what an operator says of an agent ---- */

static struct store_agent record_of(struct dm_bytes host,
                                    const struct mip6_agent_override *override)
{
	return (struct store_agent){
		.host = host,
		.has_state = override->has_state,
		.has_weight = override->has_weight,
		.has_capacity = override->has_capacity,
		.state = (uint8_t) override->state,
		.weight = override->weight,
		.capacity = override->capacity,
	};
}

static bool says_nothing(const struct mip6_agent_override *override)
{
	return !override->has_state && !override->has_weight && !override->has_capacity;
}

/* The same agent has one record, however its name is written. */
static void lower(struct dm_bytes name, uint8_t *octets)
{
	for (size_t i = 0; i < name.size; i++)
		octets[i] |= octets[i] >= 'A' && octets[i] <= 'Z' ? 0x20 : 0;
}

/* Stores what is said of the host, or that nothing is. */
static int store_setting(struct mip6_home_server *server, struct dm_bytes host,
                         const struct mip6_agent_override *override, uint64_t operator_tag)
{
	struct store_change *change = mip6_outbox_take(&server->outbox, sizeof(*change));
	struct mip6_pending *pending = mip6_pending_new(server, MIP6_PENDING_AGENT, host);

	if (change && pending) {
		lower(pending->name, pending->octets);
		pending->operator_tag = operator_tag;
		pending->override = *override;
		change->kind = says_nothing(override) ? STORE_DELETE_AGENT : STORE_PUT_AGENT;
		change->agent = record_of(pending->name, override);
		if (mip6_outbox_store(&server->outbox, pending->tag, change, 1))
			return 0;
	}
	if (pending)
		mip6_pending_free(mip6_pending_take(server, pending->tag));
	return -ENOMEM;
}

static struct mip6_agent_override merged(const struct mip6_agent_override *before,
                                         const struct mip6_agent_setting *setting)
{
	const struct mip6_agent_override *said = &setting->override;
	struct mip6_agent_override after = { 0 };

	if (!setting->reset)
		after = *before;
	after.state = said->has_state ? said->state : after.state;
	after.weight = said->has_weight ? said->weight : after.weight;
	after.capacity = said->has_capacity ? said->capacity : after.capacity;
	after.has_state |= said->has_state;
	after.has_weight |= said->has_weight;
	after.has_capacity |= said->has_capacity;
	return after;
}

void mip6_home_server_set_agent(struct mip6_role *role, struct dm_bytes host,
                                const struct mip6_agent_setting *setting, uint64_t tag,
                                struct mip6_now now)
{
	struct mip6_home_server *server = server_of(role);
	const struct mip6_agent *agent = mip6_agents_find(&server->agents, host);
	struct mip6_agent_override after;

	server->now = now;
	if (!agent || agent->left || agent->hinted) {
		mip6_outbox_result(&server->outbox, tag, -ENOENT,
		                   "no home agent of this name is configured", NULL);
		return;
	}
	after = merged(&agent->override, setting);
	if (store_setting(server, host, &after, tag))
		mip6_outbox_result(&server->outbox, tag, -ENOMEM, "no memory for the change", NULL);
}

void mip6_server_agent_committed(struct mip6_home_server *server, struct mip6_pending *pending,
                                 int error)
{
	struct mip6_agent *agent = mip6_agents_find(&server->agents, pending->name);

	if (!pending->operator_tag)
		return; /* of one that left: tried again at the next start */
	if (!error && agent)
		mip6_agent_set(agent, &pending->override);
	mip6_outbox_result(&server->outbox, pending->operator_tag, error,
	                   error ? "the store did not take it" : NULL, NULL);
}

static struct mip6_agent_override override_of(const struct store_agent *record)
{
	return (struct mip6_agent_override){
		.has_state = record->has_state && record->state <= MIP6_AGENT_DOWN,
		.has_weight = record->has_weight,
		.has_capacity = record->has_capacity,
		.state = (enum mip6_agent_state)record->state,
		.weight = record->weight,
		.capacity = record->capacity,
	};
}

static bool says_the_same(const struct mip6_agent_override *a, const struct mip6_agent_override *b)
{
	return a->has_state == b->has_state && (!a->has_state || a->state == b->state) &&
	       a->has_weight == b->has_weight && (!a->has_weight || a->weight == b->weight) &&
	       a->has_capacity == b->has_capacity &&
	       (!a->has_capacity || a->capacity == b->capacity);
}

static void hear(struct mip6_home_server *server, struct mip6_agent *agent,
                 const struct store_agent *agents, size_t count)
{
	struct mip6_agent_override said = { 0 };

	for (size_t i = 0; i < count; i++)
		if (dm_bytes_equal_folded(agents[i].host, agent->config.host))
			said = override_of(&agents[i]);
	if (says_the_same(&said, &agent->override))
		return;
	mip6_agent_set(agent, &said);
	mip6_outbox_event(&server->outbox, MIP6_NOTICE, "agent-set", (struct mip6_about){ 0 },
	                  "home agent %.*s is %s, as was said at another server",
	                  (int)agent->config.host.size, (const char *)agent->config.host.at,
	                  mip6_agent_state_name(agent->state));
}

void mip6_home_server_agents_said(struct mip6_role *role, const struct store_agent *agents,
                                  size_t count, struct mip6_now now)
{
	struct mip6_home_server *server = server_of(role);

	server->now = now;
	for (size_t i = 0; i < server->agents.count; i++) {
		struct mip6_agent *agent = server->agents.agents[i];

		if (!agent->left && !agent->hinted)
			hear(server, agent, agents, count);
	}
}

int mip6_home_server_restore_agent(struct mip6_role *role, const struct store_agent *record)
{
	struct mip6_home_server *server = server_of(role);
	struct mip6_agent *agent = mip6_agents_find(&server->agents, record->host);
	const struct mip6_agent_override override = override_of(record);
	bool known = agent && !agent->left && !agent->hinted;

	if (!known && server->shared.on)
		return 0; /* another server's configuration may have it */
	if (!known)
		return store_setting(server, record->host, &(struct mip6_agent_override){ 0 }, 0);
	mip6_agent_set(agent, &override);
	return 0;
}

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
	if (!agent->left)
		mip6_agent_set(agent, &old->override);
	agent->peer_down = old->peer_down;
	agent->origin_state_id = old->origin_state_id;
	agent->application_id = old->application_id;
	agent->silent_until = old->silent_until;
	agent->away_since = old->away_since;
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
		if (!server->shared.on && (!agent || agent->left) &&
		    !says_nothing(&old.agents[i]->override))
			store_setting(server, old.agents[i]->config.host,
			              &(struct mip6_agent_override){ 0 }, 0);
	}
	server->agents = *fresh;
	mip6_agents_fini(&old);
}

int mip6_home_server_reconfigure(struct mip6_role *role,
                                 const struct mip6_home_server_config *config, struct mip6_now now,
                                 const char **why)
{
	struct mip6_home_server *server = server_of(role);
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
