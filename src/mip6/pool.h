/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool: finding a free address or prefix.
 *
 * A pool is a prefix cut into items of one length: addresses (128) or prefixes for one node each
 * (64, say). It keeps a count and a cursor, no list of what is taken: its user asks through `used`
 * (the sessions know their own addresses), so that there is one truth. Never given: the all-zero
 * host part (RFC 4291 2.6.1), the reserved anycast identifiers (RFC 2526), multicast, link-local.
 *
 * Of several servers on one store each leases blocks of a pool and takes from these first, so that
 * they are not in each other's way; outside of them it takes when they are full, and whether an
 * item is free there, only the store knows.
 */
#ifndef MIP6_POOL_H
#define MIP6_POOL_H

#include "store/store.h"

enum mip6_pool_order {
	MIP6_POOL_RANDOM,
	MIP6_POOL_COUNTER,
};

struct mip6_pool_config {
	struct store_prefix prefix; /* length 0: no pool */
	uint8_t item_length;        /* 128 for addresses; more than prefix.length */
	uint64_t limit;             /* items at most; 0: as many as the prefix has */
	enum mip6_pool_order order;
};

#define MIP6_POOL_BLOCKS 64 /* leased at a time */

struct mip6_pool {
	struct mip6_pool_config config;
	uint64_t size;                     /* items that can be given */
	uint64_t taken;                    /* kept by mip6_pool_take and mip6_pool_give_back */
	uint64_t next;                     /* counter order */
	uint64_t blocks[MIP6_POOL_BLOCKS]; /* leased ones, by number */
	size_t block_count;
	bool asked;   /* for another block */
	bool outside; /* the last item taken is in none of them */
	bool spread;  /* by its user: the blocks are passed over, they have disappointed */
};

/* False when the configuration makes no pool; *why is a sentence then. */
bool mip6_pool_init(struct mip6_pool *pool, const struct mip6_pool_config *config,
                    const char **why);
static inline bool mip6_pool_exists(const struct mip6_pool *pool)
{
	return pool->config.prefix.length > 0;
}
bool mip6_pool_holds(const struct mip6_pool *pool, const struct store_prefix *item);

/* A free item into *out and counts it; false when the pool is exhausted. `random` is the state of
 * the role's generator. `used` says whether an item has an owner already. */
bool mip6_pool_take(struct mip6_pool *pool, uint64_t *random,
                    bool (*used)(void *context, const struct store_prefix *item), void *context,
                    struct store_prefix *out);
/* Counts an item taken by other means (static, restored, asked for by a hint). */
void mip6_pool_note(struct mip6_pool *pool, const struct store_prefix *item);
/* Uncounts; ignores what is not of this pool. */
void mip6_pool_give_back(struct mip6_pool *pool, const struct store_prefix *item);

/* Of what a pool is leased in: their number, 1 when it is too small to be cut. At most 65,536. */
uint64_t mip6_pool_block_total(const struct mip6_pool *pool);
/* True when the leased blocks are nearly full, or the last item is in none of them. */
bool mip6_pool_wants_block(const struct mip6_pool *pool);
/* All that are leased now. */
void mip6_pool_set_blocks(struct mip6_pool *pool, const uint64_t *blocks, size_t count);

/* The generator (splitmix64): not for keys. */
uint64_t mip6_random(uint64_t *state);

#endif
