/* SPDX-License-Identifier: Apache-2.0 */
#include "io/kept_keys.h"

#include "mip6/values.h"

#include <errno.h>

#define ARENA_LIMIT ((size_t)256 << 20)

static struct store_subscriber *record_at(const void *first, size_t number, size_t stride)
{
	return (void *)((uint8_t *)(uintptr_t)first + number * stride);
}

/* The name as it is filed, in the arena; no octets: it is no name, or memory is exhausted. */
static struct dm_bytes filed(struct dm_arena *arena, struct dm_bytes user_name)
{
	uint8_t *room = dm_arena_take(arena, user_name.size);
	struct dm_writer key;

	dm_writer_init_fixed(&key, room, room ? user_name.size : 0);
	if (!room || !mip6_user_key(user_name, &key))
		return (struct dm_bytes){ 0 };
	return dm_writer_written(&key);
}

int hw_kept_keys_init(struct hw_kept_keys *keys, void *first, size_t count, size_t stride)
{
	dm_map_init(&keys->wanted, 0, false);
	dm_arena_init(&keys->arena, ARENA_LIMIT);
	for (size_t i = 0; i < count; i++) {
		struct store_subscriber *record = record_at(first, i, stride);
		struct dm_bytes name;

		if (record->root_key.size > 0)
			continue;
		name = filed(&keys->arena, record->user_name);
		if (name.size == 0 || dm_map_put(&keys->wanted, name, record) != 0)
			return -ENOMEM;
	}
	return 0;
}

void hw_kept_keys_fini(struct hw_kept_keys *keys)
{
	dm_map_fini(&keys->wanted);
	dm_arena_fini(&keys->arena);
}

int hw_kept_keys_visit(const struct store_subscriber *subscriber, void *context)
{
	struct hw_kept_keys *keys = context;
	struct store_subscriber *record;

	if (keys->wanted.count == 0)
		return 1;
	record = dm_map_remove(&keys->wanted, subscriber->user_name);
	if (record)
		record->root_key = subscriber->root_key;
	return 0;
}

size_t hw_first_without_key(const void *first, size_t count, size_t stride)
{
	size_t number = 0;

	while (number < count && record_at(first, number, stride)->root_key.size > 0)
		number++;
	return number;
}
