/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdlib.h>

#define ALIGNMENT  _Alignof(max_align_t)
#define BLOCK_SIZE ((size_t)8192)

struct dm_arena_block {
	struct dm_arena_block *next;
	size_t room;
	_Alignas(max_align_t) uint8_t octets[];
};

void dm_arena_init(struct dm_arena *arena, size_t limit)
{
	*arena = (struct dm_arena){ .limit = limit };
}

static void free_blocks(struct dm_arena *arena, struct dm_arena_block **link)
{
	struct dm_arena_block *block = *link;

	*link = NULL;
	while (block) {
		struct dm_arena_block *next = block->next;

		arena->total -= block->room;
		free(block);
		block = next;
	}
}

void dm_arena_fini(struct dm_arena *arena)
{
	free_blocks(arena, &arena->first);
	*arena = (struct dm_arena){ 0 };
}

void dm_arena_reset(struct dm_arena *arena)
{
	arena->now = arena->first;
	arena->used = 0;
}

/* The next block that holds `size` octets: one kept from an earlier use, or a new one. */
static struct dm_arena_block *next_block(struct dm_arena *arena, size_t size)
{
	bool empty = arena->now == arena->first && !arena->used;
	struct dm_arena_block **link = empty ? &arena->first : &arena->now->next;
	size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;
	struct dm_arena_block *block;

	if (*link && (*link)->room >= size)
		return *link;
	if (room > arena->limit - arena->total)
		free_blocks(arena, link); /* too small, and they stand in the way of this one */
	if (room > arena->limit - arena->total)
		room = size;
	if (room > arena->limit - arena->total)
		return NULL;
	block = malloc(sizeof(*block) + room);
	if (!block)
		return NULL;
	block->room = room;
	block->next = *link;
	*link = block;
	arena->total += room;
	return block;
}

void *dm_arena_take(struct dm_arena *arena, size_t size)
{
	void *taken;

	if (size > SIZE_MAX - ALIGNMENT)
		return NULL;
	size = (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
	if (!arena->now || size > arena->now->room - arena->used) {
		struct dm_arena_block *block = next_block(arena, size);

		if (!block)
			return NULL;
		arena->now = block;
		arena->used = 0;
	}
	taken = arena->now->octets + arena->used;
	arena->used += size;
	return taken;
}

void *dm_arena_zero(struct dm_arena *arena, size_t size)
{
	void *taken = dm_arena_take(arena, size);

	if (taken)
		memset(taken, 0, size);
	return taken;
}

struct dm_bytes dm_arena_copy(struct dm_arena *arena, struct dm_bytes bytes)
{
	uint8_t *copy = dm_arena_take(arena, bytes.size);

	if (!copy)
		return (struct dm_bytes){ 0 };
	if (bytes.size)
		memcpy(copy, bytes.at, bytes.size);
	return dm_bytes_of(copy, bytes.size);
}
