/* SPDX-License-Identifier: Apache-2.0 */
#include "pool.h"

#include "values.h"

#define RANDOM_TRIES 64
/* The highest 128 interface identifiers of a /64: RFC 2526 2. */
#define RESERVED_IDS 128

uint64_t mip6_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

/* Items are numbered 0..2^bits - 1; of more than 64 bits only the low 64 vary. */
static unsigned number_bits(const struct mip6_pool_config *config)
{
	unsigned bits = config->item_length - config->prefix.length;

	return bits < 64 ? bits : 64;
}

static uint64_t highest(const struct mip6_pool_config *config)
{
	return UINT64_MAX >> (64 - number_bits(config));
}

bool mip6_pool_init(struct mip6_pool *pool, const struct mip6_pool_config *config, const char **why)
{
	*pool = (struct mip6_pool){ .config = *config };
	mip6_prefix_mask(&pool->config.prefix);
	if (!mip6_pool_exists(pool))
		return true;
	if (config->item_length > 128 || config->item_length <= config->prefix.length) {
		*why = "the items of a pool are longer than its prefix and at most 128 bits";
		return false;
	}
	if (memcmp(&pool->config.prefix, &config->prefix, sizeof(config->prefix)) != 0) {
		*why = "bits behind the prefix of a pool are not zero";
		return false;
	}
	if (!mip6_address_is_assignable(config->prefix.address)) {
		*why = "a pool is neither multicast nor link-local nor ::";
		return false;
	}
	/* Of addresses the all-zero host part is never given (RFC 4291 2.6.1). */
	pool->size = highest(config);
	if (config->item_length < 128 && pool->size < UINT64_MAX)
		pool->size++;
	if (config->limit && config->limit < pool->size)
		pool->size = config->limit;
	return true;
}

bool mip6_pool_holds(const struct mip6_pool *pool, const struct store_prefix *item)
{
	return mip6_pool_exists(pool) && mip6_prefix_holds(&pool->config.prefix, item->address);
}

/* Item `number`: the prefix with the number in the bits before item_length. */
static struct store_prefix item_of(const struct mip6_pool *pool, uint64_t number)
{
	struct store_prefix item = pool->config.prefix;

	for (unsigned bit = pool->config.item_length; number && bit > 0; bit--, number >>= 1)
		if (number & 1)
			item.address[(bit - 1) / 8] |= (uint8_t)(0x80 >> (bit - 1) % 8);
	item.length = pool->config.item_length;
	return item;
}

static bool is_reserved_anycast(const uint8_t address[16])
{
	static const uint8_t high[7] = { 0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

	return memcmp(address + 8, high, sizeof(high)) == 0 && address[15] >= 0x80;
}

static bool may_be_given(const struct mip6_pool *pool, uint64_t number,
                         const struct store_prefix *item)
{
	if (pool->config.item_length < 128)
		return true;
	return number != 0 && mip6_address_is_assignable(item->address) &&
	       !is_reserved_anycast(item->address);
}

/* ---- blocks ---- */

/* Bits of a number inside of its block: 256 items and more, an eighth of a pool that is small. */
static unsigned block_bits(const struct mip6_pool_config *config)
{
	unsigned bits = number_bits(config);

	if (bits < 4)
		return bits;
	if (bits <= 11)
		return bits - 3;
	return bits > 24 ? bits - 16 : 8;
}

uint64_t mip6_pool_block_total(const struct mip6_pool *pool)
{
	unsigned bits = number_bits(&pool->config), of_block = block_bits(&pool->config);

	return (uint64_t)1 << (bits - of_block);
}

bool mip6_pool_wants_block(const struct mip6_pool *pool)
{
	uint64_t room = (uint64_t)pool->block_count << block_bits(&pool->config);

	return pool->outside || pool->taken >= room - room / 4;
}

void mip6_pool_set_blocks(struct mip6_pool *pool, const uint64_t *blocks, size_t count)
{
	pool->block_count = count < MIP6_POOL_BLOCKS ? count : MIP6_POOL_BLOCKS;
	for (size_t i = 0; i < pool->block_count; i++)
		pool->blocks[i] = blocks[i];
	pool->asked = false;
}

static bool accept(struct mip6_pool *pool, uint64_t number,
                   bool (*used)(void *context, const struct store_prefix *item), void *context,
                   struct store_prefix *out)
{
	*out = item_of(pool, number);
	if (!may_be_given(pool, number, out) || used(context, out))
		return false;
	pool->taken++;
	return true;
}

/* By chance, in any block; then, of a small block, one after the other. */
static bool take_inside(struct mip6_pool *pool, uint64_t *random,
                        bool (*used)(void *context, const struct store_prefix *item), void *context,
                        struct store_prefix *out)
{
	unsigned bits = block_bits(&pool->config);
	uint64_t inside = bits < 64 ? ((uint64_t)1 << bits) - 1 : UINT64_MAX;

	uint64_t start = pool->block_count ? mip6_random(random) : 0;

	for (size_t i = 0; i < pool->block_count && !pool->spread; i++) {
		uint64_t first = pool->blocks[(start + i) % pool->block_count] << bits;

		for (int try = 0; try < RANDOM_TRIES; try++)
			if (accept(pool, first | (mip6_random(random) & inside), used, context,
			           out))
				return true;
		for (uint64_t number = 0; inside < 4096 && number <= inside; number++)
			if (accept(pool, first | number, used, context, out))
				return true;
	}
	return false;
}

bool mip6_pool_take(struct mip6_pool *pool, uint64_t *random,
                    bool (*used)(void *context, const struct store_prefix *item), void *context,
                    struct store_prefix *out)
{
	bool counts = pool->config.order == MIP6_POOL_COUNTER;
	uint64_t number = pool->next;

	if (!mip6_pool_exists(pool) || pool->taken >= pool->size)
		return false;
	pool->outside = !take_inside(pool, random, used, context, out);
	if (!pool->outside)
		return true;
	/* Behind the random tries comes a walk that must meet a free item: it is longer than all
	 * that can be in its way. */
	for (uint64_t try = 0; try <= pool->taken + RANDOM_TRIES + RESERVED_IDS + 4; try++) {
		if (!counts && try < RANDOM_TRIES)
			number = mip6_random(random);
		number &= highest(&pool->config);
		*out = item_of(pool, number);
		if (may_be_given(pool, number, out) && !used(context, out)) {
			pool->next = number + 1;
			pool->taken++;
			return true;
		}
		number++;
	}
	return false;
}

void mip6_pool_note(struct mip6_pool *pool, const struct store_prefix *item)
{
	if (mip6_pool_holds(pool, item))
		pool->taken++;
}

void mip6_pool_give_back(struct mip6_pool *pool, const struct store_prefix *item)
{
	if (mip6_pool_holds(pool, item) && pool->taken > 0)
		pool->taken--;
}
