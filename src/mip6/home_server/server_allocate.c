/* SPDX-License-Identifier: Apache-2.0 */
/* Giving a mobility session its home agent, prefix and address. */
#include "server.h"

#include <errno.h>

#define HINTED_LIMIT 1024 /* home agents known by hints only */

/* The agent's own address is nobody's home address. */
struct neighbourhood {
	const struct mip6_sessions *sessions;
	const struct mip6_agent *agent;
};

static bool address_used(void *context, const struct store_prefix *item)
{
	const struct neighbourhood *around = context;

	return memcmp(item->address, around->agent->config.address.address, 16) == 0 ||
	       mip6_session_of_address(around->sessions, item->address) != NULL;
}

static bool prefix_used(void *sessions, const struct store_prefix *item)
{
	return mip6_session_of_prefix(sessions, item) != NULL;
}

/* What was chosen before had an owner in the store: a block may be fuller than memory knows. */
static bool has_clashed(const struct mip6_session *session)
{
	return session->work && session->work->first && session->work->first->tries > 0;
}

/* ---- the prefix ---- */

static int own_delegated(struct mip6_home_server *server, struct mip6_session *session,
                         const struct store_prefix *prefix)
{
	struct mip6_pool *pool = &session->agent->prefixes;
	int error = mip6_session_own_prefix(&server->sessions, session, prefix, true);

	if (!error)
		mip6_pool_note(pool, prefix);
	return error;
}

/* The hint is taken when it is one of the pool and free (RFC 5447 4.2.4). */
static bool delegate(struct mip6_home_server *server, struct mip6_session *session,
                     const struct store_prefix *hint)
{
	struct mip6_pool *pool = &session->agent->prefixes;
	struct store_prefix found;

	if (hint->length == pool->config.item_length && mip6_pool_holds(pool, hint) &&
	    pool->taken < pool->size && own_delegated(server, session, hint) == 0)
		return true;
	pool->spread = has_clashed(session);
	if (!mip6_pool_take(pool, &server->random, prefix_used, &server->sessions, &found))
		return false;
	if (mip6_pool_wants_block(pool))
		mip6_server_lease_more(server, session->agent, pool);
	if (mip6_session_own_prefix(&server->sessions, session, &found, true) == 0)
		return true;
	mip6_pool_give_back(pool, &found);
	return false;
}

/* A subscriber's own prefix is his alone, unless it is the link that the agent gives to all. */
static uint32_t allocate_prefix(struct mip6_home_server *server, struct mip6_session *session,
                                const struct mip6_bootstrap *request,
                                const struct store_subscriber *subscriber, const char **why)
{
	const struct mip6_agent *agent = session->agent;
	const struct store_prefix *shared = &agent->config.home_prefix;

	if (subscriber->has_home_prefix &&
	    memcmp(&subscriber->home_prefix, shared, sizeof(*shared)) != 0) {
		*why = "the subscriber's home link prefix is still held by another session";
		return own_delegated(server, session, &subscriber->home_prefix)
		               ? DM_RESULT_DIAMETER_UNABLE_TO_COMPLY
		               : 0;
	}
	if (mip6_pool_exists(&agent->prefixes) && !subscriber->has_home_prefix) {
		*why = "the home agent has no free home link prefix";
		return delegate(server, session, &request->home_prefix)
		               ? 0
		               : DM_RESULT_DIAMETER_RESOURCES_EXCEEDED;
	}
	mip6_session_own_prefix(&server->sessions, session, shared, false);
	return 0;
}

/* ---- the address ---- */

/* The prefix length that goes with an address: of its home link. */
static uint8_t link_length(const struct mip6_session *session)
{
	const struct mip6_agent *agent = session->agent;

	if (session->home_prefix.length)
		return session->home_prefix.length;
	return agent->config.address.length ? agent->config.address.length : 128;
}

static int own_address(struct mip6_home_server *server, struct mip6_session *session,
                       struct store_prefix address)
{
	int error = mip6_session_own_address(&server->sessions, session, &address);

	session->pooled = !error && mip6_pool_holds(&session->agent->addresses, &address);
	if (session->pooled)
		mip6_pool_note(&session->agent->addresses, &address);
	return error;
}

static bool may_have(const struct mip6_session *session, const struct store_prefix *hint)
{
	const struct mip6_pool *pool = &session->agent->addresses;

	if (hint->length == 0 ||
	    memcmp(hint->address, session->agent->config.address.address, 16) == 0)
		return false;
	if (session->delegated)
		return mip6_prefix_holds(&session->home_prefix, hint->address);
	return mip6_pool_holds(pool, hint) && pool->taken < pool->size;
}

/* Inside a prefix of one's own every address is free: one pool of the whole prefix. */
static bool take_address(struct mip6_home_server *server, struct mip6_session *session,
                         struct store_prefix *found)
{
	const struct mip6_pool_config own = { .prefix = session->home_prefix, .item_length = 128 };
	struct neighbourhood around = { &server->sessions, session->agent };
	struct mip6_pool *pool = &session->agent->addresses, inside;
	const char *why;

	if (session->delegated) {
		if (!mip6_pool_init(&inside, &own, &why))
			return false;
		pool = &inside;
	}
	pool->spread = has_clashed(session);
	if (!mip6_pool_take(pool, &server->random, address_used, &around, found))
		return false;
	if (mip6_pool_wants_block(pool) && !session->delegated)
		mip6_server_lease_more(server, session->agent, pool);
	mip6_pool_give_back(pool, found); /* own_address counts it */
	return true;
}

static uint32_t allocate_address(struct mip6_home_server *server, struct mip6_session *session,
                                 const struct mip6_bootstrap *request,
                                 const struct store_subscriber *subscriber, const char **why)
{
	struct store_prefix found = request->home_address;

	*why = "the subscriber's home address is still held by another session";
	if (subscriber->has_home_address)
		return own_address(server, session, subscriber->home_address)
		               ? DM_RESULT_DIAMETER_UNABLE_TO_COMPLY
		               : 0;
	found.length = link_length(session);
	if (may_have(session, &request->home_address) && own_address(server, session, found) == 0)
		return 0;
	if (!session->delegated && !mip6_pool_exists(&session->agent->addresses))
		return 0; /* the agent allocates */
	*why = "the home agent has no free home address";
	if (!take_address(server, session, &found))
		return DM_RESULT_DIAMETER_RESOURCES_EXCEEDED;
	found.length = link_length(session);
	return own_address(server, session, found) ? DM_RESULT_DIAMETER_UNABLE_TO_COMPLY : 0;
}

uint8_t mip6_server_protocols(const struct mip6_home_server *server,
                              const struct store_subscriber *subscriber)
{
	return subscriber->sa_protocols ? subscriber->sa_protocols : server->policy.sa_protocols;
}

uint32_t mip6_server_allocate(struct mip6_home_server *server, struct mip6_session *session,
                              const struct mip6_bootstrap *request,
                              const struct store_subscriber *subscriber,
                              const struct mip6_decision *decision, const char **why)
{
	uint32_t result;

	mip6_session_set_agent(session, decision->agent);
	session->split = decision->split;
	session->key_epoch = 1;
	session->sa_protocols = mip6_server_protocols(server, subscriber);
	session->feature_vector = MIP6_FEATURE_INTEGRATED;
	if (mip6_local_allowed(request, subscriber))
		session->feature_vector |= MIP6_FEATURE_LOCAL;
	*why = "a random key cannot be made";
	if (mip6_server_random_key(server, session, subscriber))
		return DM_RESULT_DIAMETER_UNABLE_TO_COMPLY;
	result = allocate_prefix(server, session, request, subscriber, why);
	if (!result)
		result = allocate_address(server, session, request, subscriber, why);
	if (result)
		mip6_session_disown(&server->sessions, session);
	return result;
}

int mip6_server_adopt(struct mip6_home_server *server, struct mip6_session *session,
                      const struct store_prefix *address, const struct store_prefix *prefix)
{
	bool delegated =
		session->delegated && memcmp(prefix, &session->home_prefix, sizeof(*prefix)) == 0;
	struct store_prefix asked = session->home_address;

	if (!mip6_address_is_assignable(address->address))
		return -EINVAL;
	mip6_session_disown(&server->sessions, session);
	if (prefix->length &&
	    (delegated ? own_delegated(server, session, prefix)
	               : mip6_session_own_prefix(&server->sessions, session, prefix, false)))
		return -EINVAL;
	if (own_address(server, session, *address) == 0)
		return 0;
	mip6_session_disown(&server->sessions, session);
	if (asked.length)
		own_address(server, session, asked);
	return -EINVAL;
}

/* ---- home agents that only a hint names ---- */

static void forget_unused_hints(struct mip6_home_server *server)
{
	size_t hinted = 0;

	for (size_t i = server->agents.count; i-- > 0;)
		hinted += server->agents.agents[i]->hinted;
	for (size_t i = server->agents.count; hinted >= HINTED_LIMIT && i-- > 0;) {
		struct mip6_agent *agent = server->agents.agents[i];

		if (agent->hinted && agent->sessions == 0)
			mip6_agents_remove(&server->agents, agent);
	}
}

struct mip6_agent *mip6_server_hinted_agent(struct mip6_home_server *server,
                                            const struct mip6_bootstrap *request)
{
	struct mip6_agent_config config = {
		.host = request->home_agent_fqdn,
		.realm = request->origin_realm,
		.address = request->home_agent_address,
		.weight = 1,
		.local = true,
	};
	struct mip6_agent *agent = mip6_agents_find(&server->agents, config.host);
	const char *why;

	forget_unused_hints(server);
	if (agent)
		mip6_agents_return(&server->agents, agent);
	else if (mip6_agents_add(&server->agents, &config, &agent, &why) != 0)
		return NULL;
	agent->hinted = true;
	return agent;
}
