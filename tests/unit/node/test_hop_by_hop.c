/* SPDX-License-Identifier: Apache-2.0 */
#include "diameter/route/hop_by_hop.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static int requests[10000];

static void identifiers_count_up_over_the_wrap(void **context)
{
	struct dm_hop_table table;
	uint32_t id;

	(void)context;
	dm_hop_init(&table, 0xfffffffe, 100);
	for (uint32_t i = 0; i < 5; i++) {
		assert_int_equal(dm_hop_put(&table, &requests[i], &id), 0);
		assert_int_equal(id, 0xfffffffe + i);
	}
	for (uint32_t i = 0; i < 5; i++)
		assert_ptr_equal(dm_hop_get(&table, 0xfffffffe + i), &requests[i]);
	dm_hop_fini(&table);
}

/* RT15: 1,000 outstanding, answered in another order; each comes back as itself, and once. */
static void RT15_interleaved(void **context)
{
	struct dm_hop_table table;
	static uint32_t ids[1000];

	(void)context;
	dm_hop_init(&table, 12345, 100000);
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(dm_hop_put(&table, &requests[i], &ids[i]), 0);
	for (size_t i = 0; i < 1000; i++) {
		size_t other = i * 617 % 1000;

		assert_ptr_equal(dm_hop_take(&table, ids[other]), &requests[other]);
		assert_null(dm_hop_take(&table, ids[other]));
	}
	assert_int_equal(table.count, 0);
	dm_hop_fini(&table);
}

static void HD16_unknown_identifier(void **context)
{
	struct dm_hop_table table;
	uint32_t id;

	(void)context;
	dm_hop_init(&table, 7, 10);
	assert_null(dm_hop_get(&table, 7));
	assert_int_equal(dm_hop_put(&table, &requests[0], &id), 0);
	assert_null(dm_hop_get(&table, id + 16)); /* the same place */
	assert_null(dm_hop_take(&table, id - 1));
	dm_hop_fini(&table);
}

static void FO13_limit(void **context)
{
	struct dm_hop_table table;
	uint32_t id;

	(void)context;
	dm_hop_init(&table, 1, 50);
	for (int i = 0; i < 50; i++)
		assert_int_equal(dm_hop_put(&table, &requests[i], &id), 0);
	assert_int_equal(dm_hop_put(&table, &requests[50], &id), -ENOBUFS);
	assert_non_null(dm_hop_take(&table, id));
	assert_int_equal(dm_hop_put(&table, &requests[50], &id), 0);
	dm_hop_fini(&table);
}

/* One request that is never answered must not stop the identifiers, nor be met again. */
static void an_old_request_is_passed_over(void **context)
{
	struct dm_hop_table table;
	uint32_t old;
	uint32_t id;

	(void)context;
	dm_hop_init(&table, 0, 100);
	assert_int_equal(dm_hop_put(&table, &requests[0], &old), 0);
	for (int i = 0; i < 5000; i++) {
		assert_int_equal(dm_hop_put(&table, &requests[1], &id), 0);
		assert_int_not_equal(id & 15, old & 15);
		assert_ptr_equal(dm_hop_take(&table, id), &requests[1]);
	}
	assert_int_not_equal(dm_hop_pass(&table) & 15, old & 15);
	assert_ptr_equal(dm_hop_take(&table, old), &requests[0]);
	dm_hop_fini(&table);
}

static void a_walk_goes_from_old_to_new(void **context)
{
	struct dm_hop_table table;
	uint32_t position = 0;
	uint32_t id;
	int *request;

	(void)context;
	dm_hop_init(&table, 0xfffffff0, 1000);
	for (int i = 0; i < 200; i++)
		assert_int_equal(dm_hop_put(&table, &requests[i], &id), 0);
	for (int i = 0; i < 200; i++) {
		request = dm_hop_walk(&table, &position);
		assert_ptr_equal(request, &requests[i]);
		assert_ptr_equal(dm_hop_take(&table, 0xfffffff0 + (uint32_t)i), request);
	}
	assert_null(dm_hop_walk(&table, &position));
	dm_hop_fini(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(identifiers_count_up_over_the_wrap),
		cmocka_unit_test(RT15_interleaved),
		cmocka_unit_test(HD16_unknown_identifier),
		cmocka_unit_test(FO13_limit),
		cmocka_unit_test(an_old_request_is_passed_over),
		cmocka_unit_test(a_walk_goes_from_old_to_new),
	};

	return cmocka_run_group_tests_name("hop-by-hop", tests, NULL, NULL);
}
