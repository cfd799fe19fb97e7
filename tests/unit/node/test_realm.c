/* SPDX-License-Identifier: Apache-2.0 */
#include "diameter/route/realm.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static int add(struct dm_realm_table *table, const char *realm, uint32_t application_id,
               const char *peer)
{
	struct dm_bytes name = dm_bytes_text(peer);
	struct dm_route_config config = {
		.realm = dm_bytes_text(realm),
		.application_id = application_id,
		.action = DM_ROUTE_RELAY,
		.peers = &name,
		.peer_count = 1,
	};

	return dm_realm_table_add(table, &config);
}

/* The first peer of the route found, or "3002", "3003". */
static void check(const struct dm_realm_table *table, const char *realm, uint32_t application_id,
                  const char *expected)
{
	bool known;
	const struct dm_route *route =
		dm_realm_table_find(table, dm_bytes_text(realm), application_id, &known);

	if (!route) {
		assert_string_equal(expected, known ? "3002" : "3003");
		return;
	}
	assert_true(dm_bytes_equal(route->peers[0], dm_bytes_text(expected)));
}

static void RT10_longest_suffix_then_default(void **context)
{
	struct dm_realm_table table;

	(void)context;
	dm_realm_table_init(&table, 1);
	assert_int_equal(add(&table, "example.net", DM_ANY_APPLICATION, "short"), 0);
	assert_int_equal(add(&table, "home.example.net", DM_ANY_APPLICATION, "long"), 0);
	check(&table, "a.home.example.net", 1, "long");
	check(&table, "home.example.net", 1, "long");
	check(&table, "visited.example.net", 1, "short");
	check(&table, "xexample.net", 1, "3003");
	check(&table, "net", 1, "3003");
	check(&table, "", 1, "3003");
	assert_int_equal(add(&table, "", DM_ANY_APPLICATION, "default"), 0);
	check(&table, "net", 1, "default");
	check(&table, "visited.example.net", 1, "short");
	dm_realm_table_fini(&table);
}

static void RT08_application_is_the_second_key(void **context)
{
	struct dm_realm_table table;

	(void)context;
	dm_realm_table_init(&table, 1);
	assert_int_equal(add(&table, "example.net", 1, "one"), 0);
	check(&table, "example.net", 1, "one");
	check(&table, "example.net", 2, "3002");
	assert_int_equal(add(&table, "example.net", DM_ANY_APPLICATION, "any"), 0);
	check(&table, "example.net", 2, "any");
	check(&table, "example.net", 1, "one");
	/* The shorter suffix serves what the longer one has no route for. */
	assert_int_equal(add(&table, "home.example.net", 3, "three"), 0);
	check(&table, "home.example.net", 1, "one");
	dm_realm_table_fini(&table);
}

static void RT09_realms_compare_without_case(void **context)
{
	struct dm_realm_table table;

	(void)context;
	dm_realm_table_init(&table, 1);
	assert_int_equal(add(&table, "Example.NET", 1, "peer"), 0);
	check(&table, "EXAMPLE.net", 1, "peer");
	check(&table, "HOME.example.net", 1, "peer");
	dm_realm_table_fini(&table);
}

static void a_route_is_added_once_and_has_peers(void **context)
{
	struct dm_realm_table table;
	struct dm_route_config none = { .action = DM_ROUTE_PROXY };

	(void)context;
	dm_realm_table_init(&table, 1);
	assert_int_equal(add(&table, "example.net", 1, "peer"), 0);
	assert_int_equal(add(&table, "EXAMPLE.net", 1, "other"), -EEXIST);
	assert_int_equal(add(&table, "example.net", 2, ""), -EINVAL);
	assert_int_equal(dm_realm_table_add(&table, &none), -EINVAL);
	none.action = DM_ROUTE_LOCAL;
	assert_int_equal(dm_realm_table_add(&table, &none), 0);
	dm_realm_table_fini(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(RT10_longest_suffix_then_default),
		cmocka_unit_test(RT08_application_is_the_second_key),
		cmocka_unit_test(RT09_realms_compare_without_case),
		cmocka_unit_test(a_route_is_added_once_and_has_peers),
	};

	return cmocka_run_group_tests_name("realm table", tests, NULL, NULL);
}
