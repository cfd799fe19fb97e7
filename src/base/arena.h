/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena: memory with one lifetime, given back all at once.
 *
 * One arena per message (or per loop turn): nothing in it is freed alone. A reset keeps the blocks
 * for the next message, so the steady state allocates nothing. The limit is fixed at init; beyond
 * it, and when the heap is empty, dm_arena_take gives NULL.
 */
#ifndef DM_BASE_ARENA_H
#define DM_BASE_ARENA_H

#include "bytes.h"

struct dm_arena_block;

struct dm_arena {
	struct dm_arena_block *first; /* owned */
	struct dm_arena_block *now;   /* the one being filled */
	size_t used;                  /* octets taken from `now` */
	size_t total;                 /* octets in all blocks */
	size_t limit;
};

void dm_arena_init(struct dm_arena *arena, size_t limit);
void dm_arena_fini(struct dm_arena *arena);
void dm_arena_reset(struct dm_arena *arena);

/* `size` octets, not cleared, aligned for any type; NULL when the limit is reached. */
void *dm_arena_take(struct dm_arena *arena, size_t size);

/* The same, cleared. */
void *dm_arena_zero(struct dm_arena *arena, size_t size);

/* A copy of `bytes` that lives as long as the arena; {NULL, 0} when it does not fit. */
struct dm_bytes dm_arena_copy(struct dm_arena *arena, struct dm_bytes bytes);

#endif
