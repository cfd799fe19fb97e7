/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/base/check.h"

#include "base/timers.h"

#define MANY 3000

struct waiting {
	int name;
	struct dm_timer timer;
	bool taken;
};

static struct waiting many[MANY];

static struct waiting *due(struct dm_timers *timers, dm_time now)
{
	struct dm_timer *timer = dm_timers_due(timers, now);

	return timer ? DM_TIMER_OWNER(timer, struct waiting, timer) : NULL;
}

static void an_empty_queue_waits_for_ever(void **state)
{
	struct dm_timers timers;
	struct dm_timer timer = { 0 };

	(void)state;
	dm_timers_init(&timers);
	assert_true(dm_timers_next(&timers) == DM_TIME_NEVER);
	assert_null(dm_timers_due(&timers, DM_TIME_NEVER));
	dm_timers_cancel(&timers, &timer);
	dm_timers_fini(&timers);
}

static void they_come_due_in_order(void **state)
{
	struct waiting a = { .name = 1 }, b = { .name = 2 }, c = { .name = 3 };
	struct dm_timers timers;

	(void)state;
	dm_timers_init(&timers);
	assert_true(dm_timers_set(&timers, &b.timer, 20));
	assert_true(dm_timers_set(&timers, &c.timer, 30));
	assert_true(dm_timers_set(&timers, &a.timer, -10));
	assert_int_equal(dm_timers_next(&timers), -10);
	assert_null(due(&timers, -11));
	assert_ptr_equal(due(&timers, 20), &a);
	assert_ptr_equal(due(&timers, 20), &b);
	assert_null(due(&timers, 29));
	assert_ptr_equal(due(&timers, 30), &c);
	assert_int_equal(timers.count, 0);
	assert_int_equal(a.timer.place, 0);
	dm_timers_fini(&timers);
}

/* Each that is carried out is set again at once: only the limit ends it. */
struct crowd {
	struct dm_timers timers;
	size_t carried_out;
	dm_time again;
};

static void carry_out(struct dm_timer *timer, void *context)
{
	struct crowd *crowd = context;

	crowd->carried_out++;
	assert_false(dm_timer_is_set(timer));
	assert_true(dm_timers_set(&crowd->timers, timer, crowd->again));
}

static void a_crowd_is_carried_out_in_slices(void **state)
{
	struct waiting waiting[5] = { 0 };
	struct crowd crowd = { .again = 100 };

	(void)state;
	dm_timers_init(&crowd.timers);
	for (int i = 0; i < 5; i++)
		assert_true(dm_timers_set(&crowd.timers, &waiting[i].timer, i));
	dm_timers_carry_out(&crowd.timers, 3, 2, carry_out, &crowd);
	assert_int_equal(crowd.carried_out, 2);
	dm_timers_carry_out(&crowd.timers, 3, 3, carry_out, &crowd);
	assert_int_equal(crowd.carried_out, 4); /* the fifth is not due */
	assert_int_equal(dm_timers_next(&crowd.timers), 4);
	crowd.again = 0; /* due at once, again and again */
	dm_timers_carry_out(&crowd.timers, 100, 1000, carry_out, &crowd);
	assert_int_equal(crowd.carried_out, 1004);
	dm_timers_fini(&crowd.timers);
}

static void one_moves_both_ways(void **state)
{
	struct waiting a = { 0 }, b = { 0 };
	struct dm_timers timers;

	(void)state;
	dm_timers_init(&timers);
	assert_true(dm_timers_set(&timers, &a.timer, 10));
	assert_true(dm_timers_set(&timers, &b.timer, 20));
	assert_true(dm_timers_set(&timers, &a.timer, 30));
	assert_int_equal(timers.count, 2);
	assert_int_equal(dm_timers_next(&timers), 20);
	assert_true(dm_timers_set(&timers, &a.timer, 5));
	assert_ptr_equal(due(&timers, 100), &a);
	assert_ptr_equal(due(&timers, 100), &b);
	dm_timers_fini(&timers);
}

static void never_cancels(void **state)
{
	struct waiting a = { 0 };
	struct dm_timers timers;

	(void)state;
	dm_timers_init(&timers);
	assert_true(dm_timers_set(&timers, &a.timer, 10));
	assert_true(dm_timers_set(&timers, &a.timer, DM_TIME_NEVER));
	assert_int_equal(timers.count, 0);
	assert_int_equal(a.timer.place, 0);
	assert_null(due(&timers, 10));
	assert_true(dm_timers_set(&timers, &a.timer, 10));
	assert_ptr_equal(due(&timers, 10), &a);
	dm_timers_fini(&timers);
}

static void fini_unsets_what_waits(void **state)
{
	struct waiting a = { 0 };
	struct dm_timers timers;

	(void)state;
	dm_timers_init(&timers);
	assert_true(dm_timers_set(&timers, &a.timer, 10));
	dm_timers_fini(&timers);
	assert_int_equal(a.timer.place, 0);
	assert_true(dm_timers_next(&timers) == DM_TIME_NEVER);
}

static void assert_heap(const struct dm_timers *timers)
{
	for (size_t i = 1; i <= timers->count; i++) {
		assert_int_equal(timers->heap[i - 1]->place, i);
		if (i > 1)
			assert_true(timers->heap[i / 2 - 1]->deadline <=
			            timers->heap[i - 1]->deadline);
	}
}

/* Sets, moves and cancels many, then takes them out: each one once, in order. */
static void many_keep_their_order(void **state)
{
	struct dm_timers timers;
	struct waiting *one;
	uint64_t random = 1;
	size_t set = 0, taken = 0;
	dm_time last = 0;

	(void)state;
	dm_timers_init(&timers);
	for (int step = 0; step < MANY * 6; step++) {
		one = &many[next_random(&random) % MANY];
		if (next_random(&random) % 4 == 0)
			dm_timers_cancel(&timers, &one->timer);
		else
			assert_true(dm_timers_set(&timers, &one->timer,
			                          (dm_time)(next_random(&random) % 1000)));
		if (step % 1000 == 0)
			assert_heap(&timers);
	}
	assert_heap(&timers);
	for (size_t i = 0; i < MANY; i++)
		set += many[i].timer.place != 0;
	assert_int_equal(timers.count, set);
	while ((one = due(&timers, 1000))) {
		assert_true(one->timer.deadline >= last);
		assert_false(one->taken);
		one->taken = true;
		last = one->timer.deadline;
		taken++;
	}
	assert_int_equal(taken, set);
	dm_timers_fini(&timers);
}

static void reserved_room_is_enough(void **state)
{
	static struct dm_timer many[100];
	struct dm_timers timers;
	struct dm_timer **heap;

	(void)state;
	dm_timers_init(&timers);
	assert_true(dm_timers_reserve(&timers, 100));
	assert_false(dm_timers_reserve(&timers, SIZE_MAX));
	heap = timers.heap;
	for (size_t i = 0; i < 100; i++)
		assert_true(dm_timers_set(&timers, &many[i], (dm_time)i));
	assert_ptr_equal(timers.heap, heap);
	dm_timers_fini(&timers);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_queue_waits_for_ever),
		cmocka_unit_test(they_come_due_in_order),
		cmocka_unit_test(a_crowd_is_carried_out_in_slices),
		cmocka_unit_test(one_moves_both_ways),
		cmocka_unit_test(never_cancels),
		cmocka_unit_test(fini_unsets_what_waits),
		cmocka_unit_test(many_keep_their_order),
		cmocka_unit_test(reserved_room_is_enough),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
