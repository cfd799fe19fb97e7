/* SPDX-License-Identifier: Apache-2.0 */
/* Making a home agent, what a store brings back at the start, looking. */
#include "home_agent_binding.h"
#include "mip6/values.h"

#include <errno.h>
#include <stdlib.h>

#define STRING_LIMIT     ((size_t)16 << 20)
#define DEFAULT_CAPACITY 1048576

static struct mip6_home_agent *agent_of(struct mip6_role *role)
{
	return (struct mip6_home_agent *)role;
}

/* ---- making one ---- */

static bool copy_link(struct mip6_link *link, const struct mip6_link_config *config,
                      const char **why)
{
	struct store_prefix masked = config->prefix;

	link->prefix = config->prefix;
	link->address = config->address;
	mip6_prefix_mask(&masked);
	if (config->prefix.length == 0 || memcmp(&masked, &config->prefix, sizeof(masked)) != 0) {
		*why = "a link is a prefix without bits behind it";
		return false;
	}
	if (config->address.length &&
	    !mip6_prefix_holds(&config->prefix, config->address.address)) {
		*why = "the home agent's address is not on its link";
		return false;
	}
	if (config->pool.prefix.length &&
	    (config->pool.prefix.length < config->prefix.length ||
	     !mip6_prefix_holds(&config->prefix, config->pool.prefix.address))) {
		*why = "the pool of a link is not inside the link";
		return false;
	}
	return mip6_pool_init(&link->pool, &config->pool, why);
}

static bool copy_links(struct mip6_home_agent *agent, const struct mip6_home_agent_config *config,
                       const char **why)
{
	if (config->link_count == 0) {
		*why = "a home agent has at least one link";
		return false;
	}
	agent->links = dm_arena_zero(&agent->arena, config->link_count * sizeof(*agent->links));
	for (size_t i = 0; agent->links && i < config->link_count; i++) {
		if (!copy_link(&agent->links[i], &config->links[i], why))
			return false;
		agent->link_count++;
	}
	return agent->links != NULL;
}

static bool copy_names(struct mip6_home_agent *agent, const struct mip6_home_agent_config *config,
                       const struct mip6_common *common)
{
	struct dm_bytes *servers =
		dm_arena_zero(&agent->arena, config->server_count * sizeof(*servers));

	for (size_t i = 0; servers && i < config->server_count; i++)
		servers[i] = dm_arena_copy(&agent->arena, config->servers[i]);
	agent->servers = servers;
	agent->server_count = config->server_count;
	agent->common.origin_host = dm_arena_copy(&agent->arena, common->origin_host);
	agent->fqdn = config->fqdn.size ? dm_arena_copy(&agent->arena, config->fqdn)
	                                : agent->common.origin_host;
	agent->common.origin_realm = dm_arena_copy(&agent->arena, common->origin_realm);
	return servers && agent->common.origin_realm.at;
}

struct mip6_role *mip6_home_agent_new(const struct mip6_home_agent_config *config,
                                      const struct mip6_common *common, const char **why)
{
	struct mip6_home_agent *agent = calloc(1, sizeof(*agent));

	*why = "no memory for the home agent";
	if (!agent)
		return NULL;
	agent->role.class = &mip6_home_agent_class;
	agent->common = *common;
	agent->random = common->seed;
	agent->capacity = config->capacity ? config->capacity : DEFAULT_CAPACITY;
	mip6_outbox_init(&agent->outbox);
	dm_arena_init(&agent->arena, STRING_LIMIT);
	dm_timers_init(&agent->timers);
	dm_map_init(&agent->by_session, common->seed, false);
	dm_map_init(&agent->by_address, common->seed, false);
	dm_map_init(&agent->by_prefix, common->seed, false);
	dm_map_init(&agent->pending, common->seed, false);
	dm_map_init(&agent->strs, common->seed, false);
	dm_map_init(&agent->asks, common->seed, false);
	mip6_home_agent_init_accounting(agent, &config->accounting);
	if (copy_names(agent, config, common) && copy_links(agent, config, why))
		return &agent->role;
	agent->role.class->free(&agent->role);
	return NULL;
}

/* ---- start ---- */

int mip6_home_agent_restore_binding(struct mip6_role *role, const struct store_binding *record)
{
	struct mip6_home_agent *agent = agent_of(role);
	struct mip6_binding *binding = mip6_binding_copy(record);
	int error;

	if (!binding)
		return -ENOMEM;
	binding->link = mip6_home_agent_link(agent, record->home_address.address);
	binding->delegated = binding->link && record->home_prefix.length > 0 &&
	                     record->home_prefix.length > binding->link->prefix.length;
	error = dm_map_put(&agent->by_session, binding->record.session_id, binding);
	if (error) {
		mip6_binding_free(binding);
		return error;
	}
	error = mip6_home_agent_index(agent, binding);
	if (error) {
		dm_map_remove(&agent->by_session, binding->record.session_id);
		mip6_binding_free(binding);
	}
	return error;
}

/* One without a key left (its removal was never committed) goes in the first tick. */
static void arm_visited(void *value, void *context)
{
	struct mip6_home_agent *agent = context;
	struct mip6_binding *binding = value;

	if (binding->busy)
		return; /* on its way out already */
	if (binding->record.association_count > 0)
		mip6_home_agent_arm(agent, binding);
	else
		dm_timers_set(&agent->timers, &binding->timer, agent->now.monotonic);
}

void mip6_home_agent_start(struct mip6_role *role, struct mip6_now now)
{
	struct mip6_home_agent *agent = agent_of(role);

	agent->now = now;
	mip6_home_agent_start_accounting(agent);
	dm_map_each(&agent->by_session, arm_visited, agent);
}

/* ---- run time ---- */

int mip6_home_agent_end_binding(struct mip6_role *role, struct dm_bytes session_id, bool left,
                                struct mip6_now now)
{
	struct mip6_home_agent *agent = agent_of(role);
	struct mip6_binding *binding = dm_map_get(&agent->by_session, session_id);

	agent->now = now;
	if (!binding)
		return -ENOENT;
	if (binding->busy)
		return -EBUSY;
	binding->left = left;
	binding->closed = !left;
	mip6_home_agent_remove(agent, binding);
	return 0;
}

/* ---- looking ---- */

/* A binding that no commit has confirmed yet is not one. */
static bool is_installed(const struct mip6_binding *binding)
{
	return !binding->installing;
}

bool mip6_home_agent_find(struct mip6_role *role, const uint8_t home_address[16],
                          struct store_binding *out)
{
	const struct mip6_binding *binding =
		dm_map_get(&agent_of(role)->by_address, dm_bytes_of(home_address, 16));

	if (!binding || !is_installed(binding))
		return false;
	*out = binding->record;
	return true;
}

struct walk {
	int (*visit)(const struct store_binding *, void *);
	void *context;
	int stop;
};

static void visit_binding(void *value, void *context)
{
	const struct mip6_binding *binding = value;
	struct walk *walk = context;
	struct store_binding record;

	if (walk->stop || !is_installed(binding))
		return;
	record = binding->record;
	for (size_t i = 0; i < record.association_count; i++)
		dm_secret_wipe(&record.associations[i].key);
	walk->stop = walk->visit(&record, walk->context);
}

int mip6_home_agent_each_binding(struct mip6_role *role,
                                 int (*visit)(const struct store_binding *, void *), void *context)
{
	struct walk walk = { .visit = visit, .context = context };

	dm_map_each(&agent_of(role)->by_session, visit_binding, &walk);
	return walk.stop;
}

size_t mip6_home_agent_count(const struct mip6_role *role)
{
	return ((const struct mip6_home_agent *)role)->by_session.count;
}
