/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/base/check.h"

#include "base/map.h"

#include <errno.h>
#include <stdio.h>

#define MANY 5000

struct entry {
	char name[24];
	int visits;
	bool present;
};

static struct entry entries[MANY];

static struct dm_bytes name_of(const struct entry *entry)
{
	return dm_bytes_text(entry->name);
}

static void name_all(void)
{
	for (size_t i = 0; i < MANY; i++) {
		entries[i] = (struct entry){ 0 };
		snprintf(entries[i].name, sizeof(entries[i].name), "Node-%zu.example", i);
	}
}

static void fill(struct dm_map *map)
{
	name_all();
	for (size_t i = 0; i < MANY; i++)
		assert_int_equal(dm_map_put(map, name_of(&entries[i]), &entries[i]), 0);
}

static void an_empty_map_holds_nothing(void **state)
{
	struct dm_map map;

	(void)state;
	dm_map_init(&map, 7, false);
	assert_null(dm_map_get(&map, DM_BYTES_LITERAL("a")));
	assert_null(dm_map_remove(&map, DM_BYTES_LITERAL("a")));
	assert_null(dm_map_get_number(&map, 0));
	assert_null(dm_map_remove_number(&map, 0));
	dm_map_fini(&map);
}

static void growth_keeps_every_entry(void **state)
{
	struct dm_map map;

	(void)state;
	dm_map_init(&map, 1, false);
	fill(&map);
	assert_int_equal(map.count, MANY);
	for (size_t i = 0; i < MANY; i++)
		assert_ptr_equal(dm_map_get(&map, name_of(&entries[i])), &entries[i]);
	assert_null(dm_map_get(&map, DM_BYTES_LITERAL("node-1.example")));
	assert_null(dm_map_get(&map, DM_BYTES_LITERAL("Node-5000.example")));
	dm_map_fini(&map);
}

static void a_key_is_there_once(void **state)
{
	struct dm_map map;
	int first, second;

	(void)state;
	dm_map_init(&map, 1, false);
	assert_int_equal(dm_map_put(&map, DM_BYTES_LITERAL("a"), &first), 0);
	assert_int_equal(dm_map_put(&map, DM_BYTES_LITERAL("a"), &second), -EEXIST);
	assert_ptr_equal(dm_map_get(&map, DM_BYTES_LITERAL("a")), &first);
	assert_int_equal(map.count, 1);
	dm_map_fini(&map);
}

static void the_empty_key_and_a_key_with_nul_are_keys(void **state)
{
	struct dm_map map;
	int empty, zero, text;

	(void)state;
	dm_map_init(&map, 1, false);
	assert_int_equal(dm_map_put(&map, (struct dm_bytes){ 0 }, &empty), 0);
	assert_int_equal(dm_map_put(&map, dm_bytes_of("a\0b", 3), &zero), 0);
	assert_int_equal(dm_map_put(&map, dm_bytes_of("a", 1), &text), 0);
	assert_ptr_equal(dm_map_get(&map, dm_bytes_of("", 0)), &empty);
	assert_ptr_equal(dm_map_get(&map, dm_bytes_of("a\0b", 3)), &zero);
	assert_ptr_equal(dm_map_get(&map, dm_bytes_of("a", 1)), &text);
	dm_map_fini(&map);
}

static void folded_keys_meet_and_unfolded_do_not(void **state)
{
	struct dm_map folded, exact;
	int value, other;

	(void)state;
	dm_map_init(&folded, 3, true);
	dm_map_init(&exact, 3, false);
	assert_int_equal(dm_map_put(&folded, DM_BYTES_LITERAL("HA1.Home.Example"), &value), 0);
	assert_int_equal(dm_map_put(&folded, DM_BYTES_LITERAL("ha1.home.example"), &other),
	                 -EEXIST);
	assert_ptr_equal(dm_map_get(&folded, DM_BYTES_LITERAL("ha1.HOME.example")), &value);
	assert_ptr_equal(dm_map_remove(&folded, DM_BYTES_LITERAL("ha1.home.EXAMPLE")), &value);
	assert_int_equal(dm_map_put(&exact, DM_BYTES_LITERAL("A"), &value), 0);
	assert_int_equal(dm_map_put(&exact, DM_BYTES_LITERAL("a"), &other), 0);
	assert_ptr_equal(dm_map_get(&exact, DM_BYTES_LITERAL("A")), &value);
	dm_map_fini(&folded);
	dm_map_fini(&exact);
}

static void removal_leaves_the_others(void **state)
{
	struct dm_map map;

	(void)state;
	dm_map_init(&map, 5, false);
	fill(&map);
	for (size_t i = 0; i < MANY; i += 2)
		assert_ptr_equal(dm_map_remove(&map, name_of(&entries[i])), &entries[i]);
	assert_int_equal(map.count, MANY / 2);
	for (size_t i = 0; i < MANY; i++)
		assert_ptr_equal(dm_map_get(&map, name_of(&entries[i])),
		                 i % 2 ? &entries[i] : NULL);
	dm_map_fini(&map);
}

/* Coming and going for ever must not fill the table with removed slots, nor make it grow. */
static void removed_slots_are_used_again(void **state)
{
	struct dm_map map;
	int value;

	(void)state;
	dm_map_init(&map, 5, false);
	for (uint64_t i = 0; i < 100000; i++) {
		assert_int_equal(dm_map_put_number(&map, i, &value), 0);
		if (i >= 5)
			assert_ptr_equal(dm_map_remove_number(&map, i - 5), &value);
	}
	assert_int_equal(map.count, 5);
	assert_in_range(map.room, 16, 32);
	assert_true(map.count + map.removed < map.room);
	dm_map_fini(&map);
}

struct walk {
	struct dm_map *map;
	size_t seen;
};

static void visit_and_remove_each_third(void *value, void *context)
{
	struct entry *entry = value;
	struct walk *walk = context;

	entry->visits++;
	if (walk->seen++ % 3 == 0)
		assert_ptr_equal(dm_map_remove(walk->map, name_of(entry)), entry);
}

static void removal_while_walking_visits_each_once(void **state)
{
	struct dm_map map;
	struct walk walk = { .map = &map };

	(void)state;
	dm_map_init(&map, 9, false);
	fill(&map);
	dm_map_each(&map, visit_and_remove_each_third, &walk);
	assert_int_equal(walk.seen, MANY);
	for (size_t i = 0; i < MANY; i++)
		assert_int_equal(entries[i].visits, 1);
	assert_int_equal(map.count, MANY - (MANY + 2) / 3);
	dm_map_fini(&map);
}

static void numbers_are_keys(void **state)
{
	static const uint64_t keys[] = { 0, 1, UINT32_MAX, 1ULL << 63, UINT64_MAX };
	struct dm_map map;
	int values[5];

	(void)state;
	dm_map_init(&map, 11, false);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(dm_map_put_number(&map, keys[i], &values[i]), 0);
	assert_int_equal(dm_map_put_number(&map, 0, &values[1]), -EEXIST);
	for (size_t i = 0; i < 5; i++)
		assert_ptr_equal(dm_map_get_number(&map, keys[i]), &values[i]);
	assert_null(dm_map_get_number(&map, 2));
	assert_null(dm_map_replace_number(&map, 2, &values[0]));
	assert_null(dm_map_get_number(&map, 2));
	assert_ptr_equal(dm_map_replace_number(&map, keys[0], &values[1]), &values[0]);
	assert_ptr_equal(dm_map_get_number(&map, keys[0]), &values[1]);
	assert_ptr_equal(dm_map_replace_number(&map, keys[0], &values[0]), &values[1]);
	dm_map_fini(&map);
}

/* Against a plain array: 200,000 random steps, the same answer to each. */
static void random_steps_agree_with_an_array(void **state)
{
	struct dm_map map;
	uint64_t random = 42;
	size_t count = 0;

	(void)state;
	dm_map_init(&map, 13, true);
	name_all();
	for (int step = 0; step < 200000; step++) {
		struct entry *entry = &entries[next_random(&random) % 700];

		if (next_random(&random) % 2) {
			assert_int_equal(dm_map_put(&map, name_of(entry), entry),
			                 entry->present ? -EEXIST : 0);
			count += !entry->present;
			entry->present = true;
		} else {
			assert_ptr_equal(dm_map_remove(&map, name_of(entry)),
			                 entry->present ? entry : NULL);
			count -= entry->present;
			entry->present = false;
		}
		assert_int_equal(map.count, count);
	}
	dm_map_fini(&map);
}

static void a_map_can_be_used_again_after_fini(void **state)
{
	struct dm_map map;
	int value;

	(void)state;
	dm_map_init(&map, 1, true);
	assert_int_equal(dm_map_put(&map, DM_BYTES_LITERAL("a"), &value), 0);
	dm_map_fini(&map);
	assert_null(dm_map_get(&map, DM_BYTES_LITERAL("A")));
	assert_int_equal(dm_map_put(&map, DM_BYTES_LITERAL("A"), &value), 0);
	assert_ptr_equal(dm_map_get(&map, DM_BYTES_LITERAL("a")), &value);
	dm_map_fini(&map);
}

/* As in a table of requests in work: removed entries are not passed by searches until a rehash. */
static void entries_that_come_and_go_are_seldom_rehashed(void **state)
{
	const struct dm_map_slot *slots = NULL;
	struct dm_map map;
	size_t moves = 0;
	int value;

	(void)state;
	dm_map_init(&map, 1, false);
	for (uint64_t i = 0; i < 80; i++)
		assert_int_equal(dm_map_put_number(&map, i, &value), 0);
	for (uint64_t i = 0; i < 10000; i++) {
		assert_ptr_equal(dm_map_remove_number(&map, i), &value);
		assert_int_equal(dm_map_put_number(&map, i + 80, &value), 0);
		moves += map.slots != slots;
		slots = map.slots;
	}
	assert_int_equal(map.count, 80);
	assert_true(moves <= 3); /* 20 where each removal leaves a slot behind */
	for (uint64_t i = 0; i < 80; i++)
		assert_ptr_equal(dm_map_remove_number(&map, 10000 + i), &value);
	assert_int_equal(map.removed, 0);
	dm_map_fini(&map);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_map_holds_nothing),
		cmocka_unit_test(growth_keeps_every_entry),
		cmocka_unit_test(a_key_is_there_once),
		cmocka_unit_test(the_empty_key_and_a_key_with_nul_are_keys),
		cmocka_unit_test(folded_keys_meet_and_unfolded_do_not),
		cmocka_unit_test(removal_leaves_the_others),
		cmocka_unit_test(removed_slots_are_used_again),
		cmocka_unit_test(removal_while_walking_visits_each_once),
		cmocka_unit_test(numbers_are_keys),
		cmocka_unit_test(random_steps_agree_with_an_array),
		cmocka_unit_test(a_map_can_be_used_again_after_fini),
		cmocka_unit_test(entries_that_come_and_go_are_seldom_rehashed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
