/* SPDX-License-Identifier: Apache-2.0 */
#include "agents.h"

#include "mip6/pack.h"
#include "mip6/values.h"

#include <errno.h>
#include <stdlib.h>

#define AGENT_LIMIT     ((size_t)65536)
#define LOCATION_OCTETS ((size_t)64 << 20)

static const char *const state_names[] = {
	[MIP6_AGENT_UP] = "up",
	[MIP6_AGENT_DRAINING] = "draining",
	[MIP6_AGENT_DOWN] = "down",
};

const char *mip6_agent_state_name(enum mip6_agent_state state)
{
	return state_names[state];
}

bool mip6_agent_state_named(struct dm_bytes name, enum mip6_agent_state *state)
{
	for (size_t i = 0; i < sizeof(state_names) / sizeof(state_names[0]); i++) {
		if (dm_bytes_equal(name, dm_bytes_text(state_names[i]))) {
			*state = (enum mip6_agent_state)i;
			return true;
		}
	}
	return false;
}

const char *mip6_unfit_text(enum mip6_unfit unfit)
{
	static const char *const texts[] = {
		[MIP6_FIT] = "fits",
		[MIP6_UNFIT_LEFT] = "no longer configured",
		[MIP6_UNFIT_DOWN] = "set down by the operator",
		[MIP6_UNFIT_DRAINING] = "draining",
		[MIP6_UNFIT_FULL] = "full",
		[MIP6_UNFIT_UNREACHABLE] = "not reachable",
		[MIP6_UNFIT_NOT_ALLOWED] = "not allowed for the subscriber",
		[MIP6_UNFIT_LOCAL] = "of a visited network",
		[MIP6_UNFIT_LINK] = "not on the link of the subscriber's address",
		[MIP6_UNFIT_TRIED] = "tried already",
		[MIP6_UNFIT_UNPROTECTED] = "without a protected path",
	};

	return texts[unfit];
}

/* ---- the tables ---- */

static struct dm_bytes *copy_names(struct dm_arena *arena, const struct dm_bytes *names,
                                   size_t count)
{
	struct dm_bytes *copy = dm_arena_take(arena, count * sizeof(*names));

	for (size_t i = 0; copy && i < count; i++) {
		copy[i] = dm_arena_copy(arena, names[i]);
		if (names[i].size && !copy[i].at)
			return NULL;
	}
	return copy;
}

static bool copy_location(struct dm_arena *arena, const struct mip6_location_config *from,
                          struct mip6_location_config *to)
{
	size_t size = from->nas_prefix_count * sizeof(*from->nas_prefixes);
	struct store_prefix *prefixes = dm_arena_take(arena, size);

	*to = *from;
	to->name = dm_arena_copy(arena, from->name);
	to->nas_identifiers = copy_names(arena, from->nas_identifiers, from->nas_identifier_count);
	to->origin_realms = copy_names(arena, from->origin_realms, from->origin_realm_count);
	to->near = copy_names(arena, from->near, from->near_count);
	if (prefixes && size)
		memcpy(prefixes, from->nas_prefixes, size);
	to->nas_prefixes = prefixes;
	return to->name.at && to->nas_identifiers && to->origin_realms && to->near && prefixes;
}

int mip6_agents_init(struct mip6_agents *agents, const struct mip6_location_config *locations,
                     size_t location_count, uint64_t seed, const char **why)
{
	*agents = (struct mip6_agents){ 0 };
	dm_map_init(&agents->by_host, seed, true);
	dm_arena_init(&agents->arena, LOCATION_OCTETS);
	agents->locations =
		dm_arena_take(&agents->arena, location_count * sizeof(*agents->locations));
	if (!agents->locations)
		goto exhausted;
	for (size_t i = 0; i < location_count; i++) {
		if (!copy_location(&agents->arena, &locations[i], &agents->locations[i]))
			goto exhausted;
	}
	agents->location_count = location_count;
	return 0;
exhausted:
	mip6_agents_fini(agents);
	*why = "no memory for the locations";
	return -ENOMEM;
}

void mip6_agents_fini(struct mip6_agents *agents)
{
	for (size_t i = 0; i < agents->count; i++)
		free(agents->agents[i]);
	free(agents->agents);
	dm_map_fini(&agents->by_host);
	dm_arena_fini(&agents->arena);
	*agents = (struct mip6_agents){ 0 };
}

void mip6_agent_set(struct mip6_agent *agent, const struct mip6_agent_override *override)
{
	agent->override = *override;
	agent->state = override->has_state ? override->state : agent->config.state;
	agent->weight = override->has_weight ? override->weight : agent->config.weight;
	agent->capacity = override->has_capacity ? override->capacity : agent->config.capacity;
}

static struct mip6_agent *copy_agent(const struct mip6_agent_config *config)
{
	struct dm_bytes fqdn = config->fqdn.size ? config->fqdn : config->host;
	struct mip6_agent *agent = malloc(sizeof(*agent) + config->host.size + config->realm.size +
	                                  fqdn.size + config->location.size);
	uint8_t *room;

	if (!agent)
		return NULL;
	*agent = (struct mip6_agent){ .config = *config };
	room = agent->octets;
	agent->config.host = mip6_pack(&room, config->host);
	agent->config.realm = mip6_pack(&room, config->realm);
	agent->config.fqdn = mip6_pack(&room, fqdn);
	agent->config.location = mip6_pack(&room, config->location);
	mip6_agent_set(agent, &agent->override);
	return agent;
}

static int check_agent(const struct mip6_agent_config *config, const char **why)
{
	if (!mip6_is_host_name(config->host) || !mip6_is_host_name(config->realm)) {
		*why = "a home agent needs a host name and a realm";
		return -EINVAL;
	}
	if (config->fqdn.size && !mip6_is_host_name(config->fqdn)) {
		*why = "the FQDN of a home agent is no host name";
		return -EINVAL;
	}
	if (config->address.length && !mip6_address_is_assignable(config->address.address)) {
		*why = "the address of a home agent is not one that a node can reach";
		return -EINVAL;
	}
	return 0;
}

static int grow(struct mip6_agents *agents)
{
	size_t room = agents->room ? agents->room * 2 : 16;
	struct mip6_agent **more;

	if (agents->count < agents->room)
		return 0;
	if (room > AGENT_LIMIT)
		return -ENOSPC;
	more = realloc(agents->agents, room * sizeof(struct mip6_agent *));
	if (!more)
		return -ENOMEM;
	agents->agents = more;
	agents->room = room;
	return 0;
}

int mip6_agents_add(struct mip6_agents *agents, const struct mip6_agent_config *config,
                    struct mip6_agent **out, const char **why)
{
	int error = check_agent(config, why);
	struct mip6_agent *agent;

	if (error)
		return error;
	*why = "no room for another home agent";
	error = grow(agents);
	if (error)
		return error;
	agent = copy_agent(config);
	if (!agent)
		return -ENOMEM;
	if (!mip6_pool_init(&agent->addresses, &config->address_pool, why) ||
	    !mip6_pool_init(&agent->prefixes, &config->prefix_pool, why))
		error = -EINVAL;
	if (!error)
		error = dm_map_put(&agents->by_host, agent->config.host, agent);
	if (error) {
		if (error == -EEXIST)
			*why = "two home agents of one name";
		free(agent);
		return error;
	}
	agent->number = agents->next_number++;
	agents->agents[agents->count++] = agent;
	if (out)
		*out = agent;
	return 0;
}

void mip6_agents_remove(struct mip6_agents *agents, struct mip6_agent *agent)
{
	for (size_t i = 0; i < agents->count; i++) {
		if (agents->agents[i] != agent)
			continue;
		memmove(&agents->agents[i], &agents->agents[i + 1],
		        (agents->count - i - 1) * sizeof(struct mip6_agent *));
		agents->count--;
		agents->left -= agent->left;
		dm_map_remove(&agents->by_host, agent->config.host);
		free(agent);
		return;
	}
}

void mip6_agents_leave(struct mip6_agents *agents, struct mip6_agent *agent)
{
	agents->left += !agent->left;
	agent->left = true;
}

void mip6_agents_return(struct mip6_agents *agents, struct mip6_agent *agent)
{
	agents->left -= agent->left;
	agent->left = false;
}

void mip6_agents_forget_left(struct mip6_agents *agents)
{
	for (size_t i = agents->left ? agents->count : 0; i-- > 0;) {
		struct mip6_agent *agent = agents->agents[i];

		if (agent->left && agent->sessions == 0)
			mip6_agents_remove(agents, agent);
	}
}

struct mip6_agent *mip6_agents_find(const struct mip6_agents *agents, struct dm_bytes host)
{
	return dm_map_get(&agents->by_host, host);
}

/* ---- where ---- */

static bool any_matches(const struct dm_bytes *patterns, size_t count, struct dm_bytes name)
{
	for (size_t i = 0; name.size && i < count; i++)
		if (mip6_glob(patterns[i], name))
			return true;
	return false;
}

static bool any_holds(const struct mip6_location_config *location, struct dm_bytes address)
{
	for (size_t i = 0; address.size == 16 && i < location->nas_prefix_count; i++)
		if (mip6_prefix_holds(&location->nas_prefixes[i], address.at))
			return true;
	return false;
}

const char *mip6_location_rule(const struct mip6_location_config *location,
                               const struct mip6_nas_place *place)
{
	if (any_matches(location->nas_identifiers, location->nas_identifier_count,
	                place->nas_identifier))
		return "nas-identifier";
	if (any_holds(location, place->nas_ipv6_address))
		return "nas-prefix";
	if (any_matches(location->origin_realms, location->origin_realm_count, place->origin_realm))
		return "realm";
	return NULL;
}

const struct mip6_location_config *mip6_agents_locate(const struct mip6_agents *agents,
                                                      const struct mip6_nas_place *place)
{
	for (size_t i = 0; i < agents->location_count; i++) {
		if (mip6_location_rule(&agents->locations[i], place))
			return &agents->locations[i];
	}
	return NULL;
}

/* 0 at the NAS's own location, then the order of its `near`, then everything else alike. */
static size_t distance(const struct mip6_agent *agent, const struct mip6_location_config *location)
{
	if (!location)
		return 0;
	if (dm_bytes_equal(agent->config.location, location->name))
		return 0;
	for (size_t i = 0; i < location->near_count; i++)
		if (dm_bytes_equal(agent->config.location, location->near[i]))
			return i + 1;
	return location->near_count + 1;
}

/* ---- which ---- */

bool mip6_agent_is_full(const struct mip6_agent *agent)
{
	return agent->capacity && agent->sessions >= agent->capacity;
}

/* Static addresses and prefixes take nothing from a pool. */
static bool is_exhausted(const struct mip6_agent *agent, const struct mip6_selection *selection)
{
	bool addresses = mip6_pool_exists(&agent->addresses) && !selection->home_address &&
	                 agent->addresses.taken >= agent->addresses.size;
	bool prefixes = mip6_pool_exists(&agent->prefixes) && !selection->home_prefix &&
	                agent->prefixes.taken >= agent->prefixes.size;

	return mip6_agent_is_full(agent) || addresses || prefixes;
}

/* True when the agent's configured links hold the address, or when none is configured: then the
 * agent itself judges. */
static bool serves(const struct mip6_agent *agent, const struct store_prefix *address)
{
	const struct store_prefix *const links[] = {
		&agent->config.home_prefix,
		&agent->config.address_pool.prefix,
		&agent->config.prefix_pool.prefix,
		&agent->config.address,
	};
	bool configured = false;

	for (size_t i = 0; address && i < sizeof(links) / sizeof(links[0]); i++) {
		if (links[i]->length == 0 || links[i]->length == 128)
			continue;
		configured = true;
		if (mip6_prefix_holds(links[i], address->address))
			return true;
	}
	return !configured;
}

static bool is_listed(struct dm_bytes list, struct dm_bytes host)
{
	size_t start = 0;

	for (size_t i = 0; i <= list.size; i++) {
		if (i < list.size && list.at[i] != ',')
			continue;
		if (dm_bytes_equal_folded(dm_bytes_of(list.at + start, i - start), host))
			return true;
		start = i + 1;
	}
	return list.size == 0;
}

static bool was_tried(const struct mip6_agent *agent, const struct mip6_selection *selection)
{
	for (size_t i = 0; i < selection->tried_count; i++)
		if (selection->tried[i] == agent->number)
			return true;
	return false;
}

/* A local agent serves the nodes of its own visited network only. */
static bool is_of_that_side(const struct mip6_agent *agent, const struct mip6_selection *selection)
{
	if (!selection->local)
		return !agent->config.local;
	return agent->config.local &&
	       dm_bytes_equal_folded(agent->config.realm, selection->origin_realm);
}

enum mip6_unfit mip6_agent_fits(const struct mip6_agent *agent,
                                const struct mip6_selection *selection)
{
	if (was_tried(agent, selection))
		return MIP6_UNFIT_TRIED;
	if (agent->left)
		return MIP6_UNFIT_LEFT;
	if (!is_of_that_side(agent, selection))
		return MIP6_UNFIT_LOCAL;
	if (!is_listed(selection->allowed, agent->config.host))
		return MIP6_UNFIT_NOT_ALLOWED;
	if (!serves(agent, selection->home_address) || !serves(agent, selection->home_prefix))
		return MIP6_UNFIT_LINK;
	if (agent->state != MIP6_AGENT_UP)
		return agent->state == MIP6_AGENT_DOWN ? MIP6_UNFIT_DOWN : MIP6_UNFIT_DRAINING;
	if (is_exhausted(agent, selection))
		return MIP6_UNFIT_FULL;
	if (!selection->reaches(selection->context, agent))
		return MIP6_UNFIT_UNREACHABLE;
	if (!selection->protected_path(selection->context, agent))
		return MIP6_UNFIT_UNPROTECTED;
	return MIP6_FIT;
}

struct mip6_rank mip6_agent_rank(const struct mip6_agent *agent,
                                 const struct mip6_selection *selection)
{
	double weight = agent->weight ? agent->weight : 1;
	double capacity = agent->capacity ? agent->capacity : UINT32_MAX;

	return (struct mip6_rank){
		.last = agent->weight == 0 || agent->silent_until > selection->now,
		.distance = distance(agent, selection->location),
		.load = ((double)agent->sessions + 1) / (weight * capacity),
	};
}

static bool is_better(const struct mip6_rank *a, const struct mip6_rank *b)
{
	if (a->last != b->last)
		return !a->last;
	if (a->distance != b->distance)
		return a->distance < b->distance;
	return a->load < b->load;
}

static int telling(enum mip6_unfit unfit)
{
	return unfit == MIP6_UNFIT_FULL ? 2 : unfit == MIP6_UNFIT_UNPROTECTED ? 1 : 0;
}

struct mip6_agent *mip6_agents_select(const struct mip6_agents *agents,
                                      const struct mip6_selection *selection,
                                      enum mip6_unfit *unfit)
{
	struct mip6_agent *best = NULL;
	struct mip6_rank best_rank;

	*unfit = MIP6_FIT;
	for (size_t i = 0; i < agents->count; i++) {
		struct mip6_agent *agent = agents->agents[i];
		enum mip6_unfit found = mip6_agent_fits(agent, selection);
		struct mip6_rank rank = mip6_agent_rank(agent, selection);

		if (found == MIP6_FIT && (!best || is_better(&rank, &best_rank))) {
			best = agent;
			best_rank = rank;
		} else if (*unfit == MIP6_FIT || telling(found) > telling(*unfit)) {
			*unfit = found;
		}
	}
	if (best)
		*unfit = MIP6_FIT;
	return best;
}
