/* SPDX-License-Identifier: Apache-2.0 */
/*
 * map: a hash table from octets or a number to a pointer.
 *
 * Open addressing, power-of-two sizes, seeded, grows by doubling. Keys are borrowed: they live in
 * the object that the pointer names. Removal during dm_map_each is allowed for the visited entry.
 */
#ifndef DM_BASE_MAP_H
#define DM_BASE_MAP_H

#include "bytes.h"

struct dm_map_slot;

struct dm_map {
	struct dm_map_slot *slots; /* owned */
	size_t room;
	size_t count;
	size_t removed;
	uint64_t seed;
	bool folded; /* keys compare with ASCII letters folded */
};

void dm_map_init(struct dm_map *map, uint64_t seed, bool folded);
void dm_map_fini(struct dm_map *map);

void *dm_map_get(const struct dm_map *map, struct dm_bytes key);
/* -ENOMEM, -EEXIST (nothing changed). `value` is not NULL. */
int dm_map_put(struct dm_map *map, struct dm_bytes key, void *value);
/* The value that was there, or NULL. */
void *dm_map_remove(struct dm_map *map, struct dm_bytes key);
void dm_map_each(struct dm_map *map, void (*visit)(void *value, void *context), void *context);

/* The same for numbers; one map holds either octet keys or numbers, never both. */
void *dm_map_get_number(const struct dm_map *map, uint64_t key);
int dm_map_put_number(struct dm_map *map, uint64_t key, void *value);
void *dm_map_remove_number(struct dm_map *map, uint64_t key);
/* Puts another value (not NULL) where one is; the one that was there, or NULL and nothing changed.
 */
void *dm_map_replace_number(struct dm_map *map, uint64_t key, void *value);

#endif
