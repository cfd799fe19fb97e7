/* SPDX-License-Identifier: Apache-2.0 */
#include "diameter/route/realm.h"

#include "base/cursor.h"

#include <errno.h>
#include <stdlib.h>

struct dm_realm {
	struct dm_route *routes; /* owned */
	struct dm_bytes name;    /* owned: behind this struct */
	uint8_t octets[];
};

void dm_realm_table_init(struct dm_realm_table *table, uint64_t seed)
{
	*table = (struct dm_realm_table){ 0 };
	dm_map_init(&table->realms, seed, true);
}

static void realm_free(void *value, void *context)
{
	struct dm_realm *realm = value;

	(void)context;
	while (realm && realm->routes) {
		struct dm_route *route = realm->routes;

		realm->routes = route->next;
		free(route);
	}
	free(realm);
}

void dm_realm_table_fini(struct dm_realm_table *table)
{
	dm_map_each(&table->realms, realm_free, NULL);
	dm_map_fini(&table->realms);
	realm_free(table->default_route, NULL);
	table->default_route = NULL;
}

static struct dm_realm *realm_new(struct dm_bytes name)
{
	struct dm_realm *realm = calloc(1, sizeof(*realm) + name.size);

	if (!realm)
		return NULL;
	if (name.size)
		memcpy(realm->octets, name.at, name.size);
	realm->name = dm_bytes_of(realm->octets, name.size);
	return realm;
}

/* The entry of exactly this name, made when there is none. */
static struct dm_realm *realm_named(struct dm_realm_table *table, struct dm_bytes name)
{
	struct dm_realm *realm =
		name.size ? dm_map_get(&table->realms, name) : table->default_route;

	if (realm)
		return realm;
	realm = realm_new(name);
	if (!realm)
		return NULL;
	if (name.size == 0) {
		table->default_route = realm;
		return realm;
	}
	if (dm_map_put(&table->realms, realm->name, realm) < 0) {
		free(realm);
		return NULL;
	}
	return realm;
}

/* One block: the route, its list of names, their octets. */
static struct dm_route *route_new(const struct dm_route_config *config)
{
	size_t list = config->peer_count * sizeof(struct dm_bytes);
	size_t octets = 0;
	struct dm_writer names;
	struct dm_route *route;

	for (size_t i = 0; i < config->peer_count; i++)
		octets += config->peers[i].size;
	route = calloc(1, sizeof(*route) + list + octets);
	if (!route)
		return NULL;
	route->application_id = config->application_id;
	route->action = config->action;
	route->redirect_usage = config->redirect_usage;
	route->redirect_cache_time = config->redirect_cache_time;
	route->peer_count = config->peer_count;
	dm_writer_init_fixed(&names, &route->peers[config->peer_count], octets);
	for (size_t i = 0; i < config->peer_count; i++) {
		struct dm_bytes name = config->peers[i];
		uint8_t *copy = dm_writer_extend(&names, name.size);

		memcpy(copy, name.at, name.size);
		route->peers[i] = dm_bytes_of(copy, name.size);
	}
	return route;
}

static struct dm_route *route_of(const struct dm_realm *realm, uint32_t application_id)
{
	struct dm_route *route = realm->routes;

	while (route && route->application_id != application_id)
		route = route->next;
	return route;
}

int dm_realm_table_add(struct dm_realm_table *table, const struct dm_route_config *config)
{
	struct dm_realm *realm;
	struct dm_route *route;

	if (config->action != DM_ROUTE_LOCAL && config->peer_count == 0)
		return -EINVAL;
	for (size_t i = 0; i < config->peer_count; i++)
		if (config->peers[i].size == 0)
			return -EINVAL;
	realm = realm_named(table, config->realm);
	if (!realm)
		return -ENOMEM;
	if (route_of(realm, config->application_id))
		return -EEXIST;
	route = route_new(config);
	if (!route)
		return -ENOMEM;
	route->realm = realm->name;
	route->next = realm->routes;
	realm->routes = route;
	return 0;
}

static const struct dm_route *best_of(const struct dm_realm *realm, uint32_t application_id)
{
	const struct dm_route *route = route_of(realm, application_id);

	return route ? route : route_of(realm, DM_ANY_APPLICATION);
}

/* The realm without its first label; nothing when there is none. */
static struct dm_bytes parent_of(struct dm_bytes realm)
{
	struct dm_cursor cursor = dm_cursor_of(realm);

	while (dm_cursor_left(&cursor) > 0)
		if (dm_cursor_u8(&cursor) == '.')
			return dm_cursor_rest(&cursor);
	return (struct dm_bytes){ 0 };
}

const struct dm_route *dm_realm_table_find(const struct dm_realm_table *table,
                                           struct dm_bytes realm, uint32_t application_id,
                                           bool *known)
{
	*known = false;
	for (; realm.size > 0; realm = parent_of(realm)) {
		const struct dm_realm *entry = dm_map_get(&table->realms, realm);
		const struct dm_route *route = entry ? best_of(entry, application_id) : NULL;

		*known |= entry != NULL;
		if (route)
			return route;
	}
	return table->default_route ? best_of(table->default_route, application_id) : NULL;
}
