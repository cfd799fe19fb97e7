/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"

#include <errno.h>
#include <stdlib.h>

#define SMALLEST_ROOM ((size_t)16)

/*
 * A slot is empty (value NULL), removed (value REMOVED: a search goes on behind it) or taken. A
 * number has no key octets: its hash is one-to-one, so equal hashes are equal numbers.
 */
struct dm_map_slot {
	struct dm_bytes key; /* borrowed */
	uint64_t hash;
	void *value;
};

static const char removed_mark;
#define REMOVED ((void *)&removed_mark)

void dm_map_init(struct dm_map *map, uint64_t seed, bool folded)
{
	*map = (struct dm_map){ .seed = seed, .folded = folded };
}

void dm_map_fini(struct dm_map *map)
{
	free(map->slots);
	dm_map_init(map, map->seed, map->folded);
}

static uint64_t hash_of(const struct dm_map *map, struct dm_bytes key)
{
	return map->folded ? dm_bytes_hash_folded(key, map->seed) : dm_bytes_hash(key, map->seed);
}

static bool is_key(const struct dm_map *map, const struct dm_map_slot *slot, struct dm_bytes key,
                   uint64_t hash)
{
	if (slot->value == REMOVED || slot->hash != hash)
		return false;
	return map->folded ? dm_bytes_equal_folded(slot->key, key) : dm_bytes_equal(slot->key, key);
}

static struct dm_map_slot *next_slot(const struct dm_map *map, struct dm_map_slot *slot)
{
	size_t place = (size_t)(slot - map->slots);

	return &map->slots[(place + 1) & (map->room - 1)];
}

/* Ends, because place_for keeps a quarter of the slots empty. */
static struct dm_map_slot *find(const struct dm_map *map, struct dm_bytes key, uint64_t hash)
{
	struct dm_map_slot *slot;

	if (!map->room)
		return NULL;
	slot = &map->slots[hash & (map->room - 1)];
	while (slot->value) {
		if (is_key(map, slot, key, hash))
			return slot;
		slot = next_slot(map, slot);
	}
	return NULL;
}

static struct dm_map_slot *first_free(const struct dm_map *map, uint64_t hash)
{
	struct dm_map_slot *slot = &map->slots[hash & (map->room - 1)];

	while (slot->value && slot->value != REMOVED)
		slot = next_slot(map, slot);
	return slot;
}

/* Moves all entries into `room` slots, which also forgets the removed ones. */
static int rehash(struct dm_map *map, size_t room)
{
	struct dm_map bigger = *map;

	if (room > SIZE_MAX / sizeof(*bigger.slots))
		return -ENOMEM;
	bigger.slots = calloc(room, sizeof(*bigger.slots));
	if (!bigger.slots)
		return -ENOMEM;
	bigger.room = room;
	bigger.removed = 0;
	for (size_t i = 0; i < map->room; i++) {
		const struct dm_map_slot *slot = &map->slots[i];

		if (slot->value && slot->value != REMOVED)
			*first_free(&bigger, slot->hash) = *slot;
	}
	free(map->slots);
	*map = bigger;
	return 0;
}

/* One more entry shall fit and still leave a quarter of the slots empty. */
static int make_room(struct dm_map *map)
{
	size_t room = map->room ? map->room : SMALLEST_ROOM;

	if (map->room && (map->count + map->removed + 1) <= map->room / 4 * 3)
		return 0;
	if (map->count + 1 > room / 2)
		room *= 2;
	return rehash(map, room);
}

static int put(struct dm_map *map, struct dm_bytes key, uint64_t hash, void *value)
{
	struct dm_map_slot *slot;
	int error;

	if (find(map, key, hash))
		return -EEXIST;
	error = make_room(map);
	if (error)
		return error;
	slot = first_free(map, hash);
	if (slot->value == REMOVED)
		map->removed--;
	*slot = (struct dm_map_slot){ .key = key, .hash = hash, .value = value };
	map->count++;
	return 0;
}

static struct dm_map_slot *slot_before(const struct dm_map *map, struct dm_map_slot *slot)
{
	size_t place = (size_t)(slot - map->slots);

	return &map->slots[(place - 1) & (map->room - 1)];
}

/* In front of an empty slot removed ones lead nowhere. Where entries come and go all the time, they
 * would soon be most of what a search passes, and a reason to rehash. */
static void forget_removed(struct dm_map *map, struct dm_map_slot *slot)
{
	if (next_slot(map, slot)->value)
		return;
	for (; slot->value == REMOVED; slot = slot_before(map, slot)) {
		slot->value = NULL;
		map->removed--;
	}
}

/* Never moves another entry: a walk may be under way. */
static void *take_out(struct dm_map *map, struct dm_bytes key, uint64_t hash)
{
	struct dm_map_slot *slot = find(map, key, hash);
	void *value;

	if (!slot)
		return NULL;
	value = slot->value;
	slot->key = (struct dm_bytes){ 0 };
	slot->value = REMOVED;
	map->removed++;
	map->count--;
	forget_removed(map, slot);
	return value;
}

static void *get(const struct dm_map *map, struct dm_bytes key, uint64_t hash)
{
	struct dm_map_slot *slot = find(map, key, hash);

	return slot ? slot->value : NULL;
}

void *dm_map_get(const struct dm_map *map, struct dm_bytes key)
{
	return get(map, key, hash_of(map, key));
}

int dm_map_put(struct dm_map *map, struct dm_bytes key, void *value)
{
	return put(map, key, hash_of(map, key), value);
}

void *dm_map_remove(struct dm_map *map, struct dm_bytes key)
{
	return take_out(map, key, hash_of(map, key));
}

void dm_map_each(struct dm_map *map, void (*visit)(void *value, void *context), void *context)
{
	for (size_t i = 0; i < map->room; i++) {
		void *value = map->slots[i].value;

		if (value && value != REMOVED)
			visit(value, context);
	}
}

void *dm_map_get_number(const struct dm_map *map, uint64_t key)
{
	return get(map, (struct dm_bytes){ 0 }, dm_number_hash(key, map->seed));
}

int dm_map_put_number(struct dm_map *map, uint64_t key, void *value)
{
	return put(map, (struct dm_bytes){ 0 }, dm_number_hash(key, map->seed), value);
}

void *dm_map_remove_number(struct dm_map *map, uint64_t key)
{
	return take_out(map, (struct dm_bytes){ 0 }, dm_number_hash(key, map->seed));
}

void *dm_map_replace_number(struct dm_map *map, uint64_t key, void *value)
{
	struct dm_map_slot *slot =
		find(map, (struct dm_bytes){ 0 }, dm_number_hash(key, map->seed));
	void *before;

	if (!slot)
		return NULL;
	before = slot->value;
	slot->value = value;
	return before;
}
