/* SPDX-License-Identifier: Apache-2.0 */
#include "diameter/route/duplicates.h"

#include "base/writer.h"

#include <errno.h>
#include <stdlib.h>

#define BLOCK_ROOM ((size_t)256 * 1024)

/* One answered request in a block; its names and its answer follow it. */
struct kept {
	struct dm_first first;
	size_t size; /* with everything behind it, aligned */
};

struct dm_kept_block {
	struct dm_kept_block *next;
	size_t used;
	_Alignas(max_align_t) uint8_t octets[];
};

static size_t aligned(size_t size)
{
	return (size + _Alignof(struct kept) - 1) & ~(_Alignof(struct kept) - 1);
}

void dm_duplicates_init(struct dm_duplicates *duplicates, uint64_t seed, dm_time window,
                        size_t limit, size_t largest)
{
	size_t least = aligned(sizeof(struct kept) + 2 * largest);

	*duplicates = (struct dm_duplicates){ .seed = seed, .window = window };
	dm_map_init(&duplicates->firsts, seed, false);
	duplicates->block_room = least > BLOCK_ROOM ? least : BLOCK_ROOM;
	duplicates->block_limit = limit / duplicates->block_room;
}

void dm_duplicates_fini(struct dm_duplicates *duplicates)
{
	while (duplicates->oldest) {
		struct dm_kept_block *block = duplicates->oldest;

		duplicates->oldest = block->next;
		free(block);
	}
	dm_map_fini(&duplicates->firsts);
}

/* ---- keys ---- */

uint64_t dm_duplicates_hash(const struct dm_duplicates *duplicates,
                            const struct dm_request_key *key)
{
	uint64_t numbers = (uint64_t)key->end_to_end_id << 32 | key->command_code;
	uint64_t hash;

	if (key->hash)
		return key->hash;
	hash = dm_bytes_hash_folded(key->origin_host, duplicates->seed);

	return dm_bytes_hash(key->session_id, hash ^ numbers);
}

static bool is_same(const struct dm_request_key *a, const struct dm_request_key *b)
{
	return a->end_to_end_id == b->end_to_end_id && a->command_code == b->command_code &&
	       a->application_id == b->application_id &&
	       dm_bytes_equal_folded(a->origin_host, b->origin_host) &&
	       dm_bytes_equal(a->session_id, b->session_id);
}

const struct dm_first *dm_duplicates_find(const struct dm_duplicates *duplicates,
                                          const struct dm_request_key *key, dm_time now)
{
	const struct dm_first *first =
		dm_map_get_number(&duplicates->firsts, dm_duplicates_hash(duplicates, key));

	if (!first || !is_same(&first->key, key))
		return NULL;
	if (first->answered && now - first->when >= duplicates->window)
		return NULL;
	return first;
}

/* Of two with the same hash the later one counts. */
static void put(struct dm_duplicates *duplicates, struct dm_first *first)
{
	int error = dm_map_put_number(&duplicates->firsts, first->hash, first);
	struct dm_first *other;

	if (error == -EEXIST) {
		other = dm_map_replace_number(&duplicates->firsts, first->hash, first);
		other->known = false;
		error = 0;
	}
	first->known = error == 0;
}

static void take_out(struct dm_duplicates *duplicates, struct dm_first *first)
{
	if (first->known)
		dm_map_remove_number(&duplicates->firsts, first->hash);
	first->known = false;
}

void dm_duplicates_begin(struct dm_duplicates *duplicates, struct dm_first *first,
                         const struct dm_request_key *key)
{
	*first = (struct dm_first){ .key = *key, .hash = dm_duplicates_hash(duplicates, key) };
	if (duplicates->block_limit)
		put(duplicates, first);
}

void dm_duplicates_drop(struct dm_duplicates *duplicates, struct dm_first *first)
{
	take_out(duplicates, first);
}

/* ---- kept answers ---- */

static void block_empty(struct dm_duplicates *duplicates, struct dm_kept_block *block)
{
	size_t at = 0;

	while (at < block->used) {
		struct kept *kept = (struct kept *)(void *)&block->octets[at];

		take_out(duplicates, &kept->first);
		at += kept->size;
	}
	block->used = 0;
}

/* The oldest block, when all in it is older than the window or the limit is reached. */
static struct dm_kept_block *block_reuse(struct dm_duplicates *duplicates)
{
	struct dm_kept_block *block = duplicates->oldest;

	if (!block || duplicates->block_count < duplicates->block_limit)
		return NULL;
	duplicates->oldest = block->next;
	block_empty(duplicates, block);
	return block;
}

static struct dm_kept_block *block_new(struct dm_duplicates *duplicates)
{
	struct dm_kept_block *block = malloc(sizeof(*block) + duplicates->block_room);

	if (!block)
		return NULL;
	block->used = 0;
	duplicates->block_count++;
	return block;
}

/* A block with room for `size` octets at its end; NULL: no memory. */
static struct dm_kept_block *block_for(struct dm_duplicates *duplicates, size_t size)
{
	struct dm_kept_block *block = duplicates->newest;

	if (block && duplicates->block_room - block->used >= size)
		return block;
	block = block_reuse(duplicates);
	if (!block)
		block = block_new(duplicates);
	if (!block)
		return NULL;
	block->next = NULL;
	if (duplicates->oldest)
		duplicates->newest->next = block;
	else
		duplicates->oldest = block;
	duplicates->newest = block;
	return block;
}

static struct dm_bytes copy(struct dm_writer *out, struct dm_bytes bytes)
{
	uint8_t *at = dm_writer_extend(out, bytes.size);

	if (!at)
		return (struct dm_bytes){ 0 };
	memcpy(at, bytes.at, bytes.size);
	return dm_bytes_of(at, bytes.size);
}

static struct kept *keep(struct dm_duplicates *duplicates, const struct dm_first *first,
                         struct dm_bytes answer)
{
	const struct dm_request_key *key = &first->key;
	size_t octets = key->origin_host.size + key->session_id.size + answer.size;
	size_t size = aligned(sizeof(struct kept) + octets);
	struct dm_kept_block *block = NULL;
	struct dm_writer out;
	struct kept *kept;

	if (size <= duplicates->block_room)
		block = block_for(duplicates, size);
	if (!block)
		return NULL;
	kept = (struct kept *)(void *)&block->octets[block->used];
	block->used += size;
	dm_writer_init_fixed(&out, kept + 1, octets);
	kept->size = size;
	kept->first = *first;
	kept->first.key.origin_host = copy(&out, key->origin_host);
	kept->first.key.session_id = copy(&out, key->session_id);
	kept->first.answer = copy(&out, answer);
	return kept;
}

void dm_duplicates_answer(struct dm_duplicates *duplicates, struct dm_first *first,
                          struct dm_bytes answer, dm_time now)
{
	struct kept *kept;

	if (!first->known)
		return;
	kept = keep(duplicates, first, answer);
	if (!kept) {
		take_out(duplicates, first);
		return;
	}
	kept->first.answered = true;
	kept->first.when = now;
	dm_map_replace_number(&duplicates->firsts, first->hash, &kept->first);
	first->known = false;
}
