/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "mip6/pool.h"

/* What the sessions would know: the items that were given. */
struct taken {
	struct store_prefix items[1024];
	size_t count;
	uint64_t random;
};

static bool is_taken(void *context, const struct store_prefix *item)
{
	const struct taken *taken = context;

	for (size_t i = 0; i < taken->count; i++)
		if (memcmp(&taken->items[i], item, sizeof(*item)) == 0)
			return true;
	return false;
}

static bool take(struct mip6_pool *pool, struct taken *taken)
{
	if (!mip6_pool_take(pool, &taken->random, is_taken, taken, &taken->items[taken->count]))
		return false;
	taken->count++;
	return true;
}

static struct mip6_pool pool_of(const char *prefix, uint8_t item_length, uint64_t limit,
                                enum mip6_pool_order order)
{
	struct mip6_pool_config config = { prefix_of(prefix), item_length, limit, order };
	const char *why = NULL;
	struct mip6_pool pool;

	assert_true(mip6_pool_init(&pool, &config, &why));
	assert_null(why);
	return pool;
}

static void MB15_random_identifiers_are_unique_and_inside(void **state)
{
	struct mip6_pool pool = pool_of("2001:db8:1:2::/64", 128, 0, MIP6_POOL_RANDOM);
	static struct taken taken;

	(void)state;
	for (size_t i = 0; i < 1000; i++) {
		assert_true(take(&pool, &taken)); /* is_taken was asked: unique */
		assert_true(mip6_pool_holds(&pool, &taken.items[i]));
	}
	assert_int_equal(pool.taken, 1000);
	assert_memory_not_equal(taken.items[0].address + 8, taken.items[1].address + 8, 8);
}

static void MB15_what_is_never_given(void **state)
{
	static const char *const reserved = "2001:db8:1:2:fdff:ffff:ffff:ff00/120";
	struct mip6_pool pool = pool_of(reserved, 128, 0, MIP6_POOL_COUNTER);
	struct taken taken = { .count = 0 };
	const char *why = NULL;

	(void)state;
	/* 0 is the all-zero host part, 128..255 are anycast identifiers (RFC 2526). */
	while (take(&pool, &taken))
		assert_in_range(taken.items[taken.count - 1].address[15], 1, 127);
	assert_int_equal(taken.count, 127);
	for (size_t i = 0; i < 3; i++) {
		static const char *const bad[] = { "ff02::/64", "fe80::/64", "2001:db8::1/64" };
		struct mip6_pool_config config = { .prefix = prefix_of(bad[i]),
			                           .item_length = 128 };

		assert_false(mip6_pool_init(&pool, &config, &why));
		assert_non_null(why);
	}
}

static void MB17_a_pool_of_four_is_empty_after_four(void **state)
{
	static const enum mip6_pool_order orders[] = { MIP6_POOL_RANDOM, MIP6_POOL_COUNTER };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct mip6_pool pool = pool_of("2001:db8:1:2::/64", 128, 4, orders[i]);
		struct taken taken = { .count = 0 };

		for (size_t n = 0; n < 4; n++)
			assert_true(take(&pool, &taken));
		assert_false(take(&pool, &taken));
		taken.count--;
		mip6_pool_give_back(&pool, &taken.items[taken.count]);
		assert_true(take(&pool, &taken));
		assert_false(take(&pool, &taken));
	}
}

static void MB17_the_last_free_address_is_found(void **state)
{
	static const enum mip6_pool_order orders[] = { MIP6_POOL_RANDOM, MIP6_POOL_COUNTER };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct mip6_pool pool = pool_of("2001:db8:1:2::/123", 128, 0, orders[i]);
		static struct taken taken;
		struct store_prefix freed;

		taken.count = 0;
		while (take(&pool, &taken))
			;
		assert_int_equal(taken.count, 31);
		freed = taken.items[20];
		taken.items[20] = taken.items[--taken.count];
		mip6_pool_give_back(&pool, &freed);
		assert_true(take(&pool, &taken));
		assert_memory_equal(&taken.items[taken.count - 1], &freed, sizeof(freed));
	}
}

static void MB12_one_prefix_a_node(void **state)
{
	struct mip6_pool pool = pool_of("2001:db8:100::/62", 64, 0, MIP6_POOL_COUNTER);
	struct taken taken = { .count = 0 };

	(void)state;
	while (take(&pool, &taken))
		;
	assert_int_equal(taken.count, 4);
	assert_prefix(taken.items[0], "2001:db8:100::/64");
	assert_prefix(taken.items[3], "2001:db8:100:3::/64");
}

static void counting_follows_what_others_take(void **state)
{
	struct mip6_pool pool = pool_of("2001:db8:1:2::/64", 128, 2, MIP6_POOL_COUNTER);
	struct store_prefix inside = prefix_of("2001:db8:1:2::99");
	struct store_prefix outside = prefix_of("2001:db8:1:3::99");
	struct taken taken = { .count = 0 };

	(void)state;
	mip6_pool_note(&pool, &inside);
	mip6_pool_note(&pool, &outside);
	assert_true(take(&pool, &taken));
	assert_false(take(&pool, &taken));
	mip6_pool_give_back(&pool, &outside);
	assert_false(take(&pool, &taken));
	mip6_pool_give_back(&pool, &inside);
	assert_true(take(&pool, &taken));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(MB15_random_identifiers_are_unique_and_inside),
		cmocka_unit_test(MB15_what_is_never_given),
		cmocka_unit_test(MB17_a_pool_of_four_is_empty_after_four),
		cmocka_unit_test(MB17_the_last_free_address_is_found),
		cmocka_unit_test(MB12_one_prefix_a_node),
		cmocka_unit_test(counting_follows_what_others_take),
	};

	return cmocka_run_group_tests_name("mip6-pool", tests, NULL, NULL);
}
