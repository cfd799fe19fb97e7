/* SPDX-License-Identifier: Apache-2.0 */
/* cursor, writer and arena: the three that hold what comes from and goes to the wire. */
#include "tests/unit/base/check.h"

#include "base/arena.h"
#include "base/cursor.h"
#include "base/writer.h"

#include <stdlib.h>

static const uint8_t octets[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 };

/* From every place, every size: what is there is taken, what is not fails and stays failed. */
static void a_cursor_takes_what_is_there_and_no_more(void **state)
{
	(void)state;
	for (size_t size = 0; size <= sizeof(octets); size++) {
		for (size_t wanted = 0; wanted <= sizeof(octets) + 1; wanted++) {
			/* On the heap, so that the sanitizer sees an octet too many. */
			uint8_t *copy = malloc(size ? size : 1);
			struct dm_cursor cursor;
			struct dm_bytes taken;

			memcpy(copy, octets, size);
			cursor = dm_cursor_of(dm_bytes_of(copy, size));
			taken = dm_cursor_take(&cursor, wanted);
			assert_int_equal(cursor.failed, wanted > size);
			if (wanted <= size)
				assert_bytes_equal(taken, dm_bytes_of(octets, wanted));
			else
				assert_int_equal(taken.size, 0);
			assert_int_equal(dm_cursor_left(&cursor),
			                 wanted <= size ? size - wanted : size);
			free(copy);
		}
	}
}

static void a_size_that_wraps_is_not_there(void **state)
{
	struct dm_cursor cursor = dm_cursor_of(dm_bytes_of(octets, sizeof(octets)));

	(void)state;
	assert_int_equal(dm_cursor_take(&cursor, SIZE_MAX).size, 0);
	assert_true(cursor.failed);
}

static void numbers_are_in_network_order(void **state)
{
	struct dm_cursor cursor = dm_cursor_of(dm_bytes_of(octets, sizeof(octets)));

	(void)state;
	assert_int_equal(dm_cursor_u8(&cursor), 0x01);
	assert_int_equal(dm_cursor_u16(&cursor), 0x0203);
	assert_int_equal(dm_cursor_u24(&cursor), 0x040506);
	assert_int_equal(dm_cursor_u32(&cursor), 0x0708090a);
	assert_false(cursor.failed);
	assert_int_equal(dm_cursor_left(&cursor), 0);
	cursor = dm_cursor_of(dm_bytes_of(octets, sizeof(octets)));
	assert_true(dm_cursor_u64(&cursor) == 0x0102030405060708ULL);
}

static void each_number_fails_one_octet_short(void **state)
{
	(void)state;
	for (size_t size = 0; size < 8; size++) {
		struct dm_bytes bytes = dm_bytes_of(octets, size);
		struct dm_cursor one = dm_cursor_of(bytes), two = one, three = one, four = one,
				 eight = one;

		dm_cursor_u8(&one);
		dm_cursor_u16(&two);
		dm_cursor_u24(&three);
		dm_cursor_u32(&four);
		assert_true(dm_cursor_u64(&eight) == 0);
		assert_int_equal(one.failed, size < 1);
		assert_int_equal(two.failed, size < 2);
		assert_int_equal(three.failed, size < 3);
		assert_int_equal(four.failed, size < 4);
		assert_true(eight.failed);
	}
}

static void a_failed_cursor_stays_failed(void **state)
{
	struct dm_cursor cursor = dm_cursor_of(dm_bytes_of(octets, 2));
	struct dm_cursor sub;

	(void)state;
	dm_cursor_u32(&cursor);
	assert_int_equal(dm_cursor_u8(&cursor), 0);
	assert_int_equal(dm_cursor_rest(&cursor).size, 0);
	sub = dm_cursor_sub(&cursor, 1);
	assert_true(sub.failed);
	assert_int_equal(dm_cursor_left(&sub), 0);
	assert_true(cursor.failed);
}

static void a_sub_cursor_cannot_leave_its_part(void **state)
{
	struct dm_cursor cursor = dm_cursor_of(dm_bytes_of(octets, sizeof(octets)));
	struct dm_cursor sub = dm_cursor_sub(&cursor, 3);

	(void)state;
	assert_int_equal(dm_cursor_u24(&sub), 0x010203);
	assert_false(sub.failed);
	assert_int_equal(dm_cursor_u8(&sub), 0);
	assert_true(sub.failed);
	assert_false(cursor.failed);
	assert_int_equal(dm_cursor_u8(&cursor), 4);
	assert_bytes_equal(dm_cursor_rest(&cursor), dm_bytes_of(octets + 4, 6));
	assert_int_equal(dm_cursor_rest(&cursor).size, 0);
	assert_false(cursor.failed);
}

static void a_cursor_over_nothing_is_no_trouble(void **state)
{
	struct dm_cursor cursor = dm_cursor_of((struct dm_bytes){ 0 });
	struct dm_cursor sub = dm_cursor_sub(&cursor, 0);

	(void)state;
	assert_int_equal(dm_cursor_left(&sub), 0);
	assert_int_equal(dm_cursor_rest(&cursor).size, 0);
	assert_false(cursor.failed || sub.failed);
}

static void a_fixed_writer_fails_beyond_its_room(void **state)
{
	uint8_t buffer[5];
	struct dm_writer writer;

	(void)state;
	dm_writer_init_fixed(&writer, buffer, sizeof(buffer));
	dm_writer_u8(&writer, 1);
	dm_writer_u32(&writer, 0x02030405);
	assert_false(writer.failed);
	assert_bytes_equal(dm_writer_written(&writer), dm_bytes_of(octets, 5));
	dm_writer_zeros(&writer, 0);
	dm_writer_bytes(&writer, (struct dm_bytes){ 0 });
	assert_false(writer.failed);
	dm_writer_u8(&writer, 6);
	assert_true(writer.failed);
	assert_bytes_equal(dm_writer_written(&writer), dm_bytes_of(octets, 5));
	dm_writer_reset(&writer);
	dm_writer_u64(&writer, 1);
	assert_true(writer.failed);
	assert_int_equal(writer.size, 0);
	dm_writer_u8(&writer, 1);
	assert_int_equal(writer.size, 0);
	dm_writer_fini(&writer);
}

static void a_growing_writer_reaches_its_limit_exactly(void **state)
{
	static const size_t limits[] = { 0, 1, 255, 256, 257, 1000, 4096 };
	struct dm_writer writer;

	(void)state;
	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		dm_writer_init(&writer, limits[i]);
		for (size_t j = 0; j < limits[i]; j++)
			dm_writer_u8(&writer, (uint8_t)j);
		assert_false(writer.failed);
		assert_int_equal(writer.size, limits[i]);
		assert_true(writer.room <= limits[i]);
		for (size_t j = 0; j < limits[i]; j++)
			assert_int_equal(writer.at[j], (uint8_t)j);
		dm_writer_u8(&writer, 0);
		assert_true(writer.failed);
		dm_writer_fini(&writer);
	}
}

static void a_size_that_wraps_does_not_fit(void **state)
{
	struct dm_writer writer;

	(void)state;
	dm_writer_init(&writer, SIZE_MAX);
	dm_writer_u32(&writer, 1);
	assert_null(dm_writer_extend(&writer, SIZE_MAX - 1));
	assert_true(writer.failed);
	dm_writer_fini(&writer);
}

static void a_growing_writer_keeps_its_buffer_over_a_reset(void **state)
{
	struct dm_writer writer;

	(void)state;
	dm_writer_init(&writer, 4096);
	dm_writer_zeros(&writer, 4000);
	dm_writer_reset(&writer);
	assert_int_equal(writer.size, 0);
	assert_int_equal(writer.room, 4096);
	dm_writer_u16(&writer, 0x0102);
	dm_writer_u24(&writer, 0x030405);
	assert_bytes_equal(dm_writer_written(&writer), dm_bytes_of(octets, 5));
	dm_writer_fini(&writer);
	assert_true(writer.failed);
	assert_null(dm_writer_extend(&writer, 1));
}

static void a_length_is_patched_only_where_octets_are(void **state)
{
	uint8_t buffer[8] = { 0 };
	struct dm_writer writer;

	(void)state;
	for (size_t offset = 0; offset <= 6; offset++) {
		for (size_t size = 0; size <= 6; size++) {
			dm_writer_init_fixed(&writer, buffer, sizeof(buffer));
			dm_writer_zeros(&writer, 5);
			dm_writer_patch(&writer, offset, 0x010203040506, size);
			assert_int_equal(writer.failed, offset + size > 5);
			for (size_t i = 0; !writer.failed && i < 5; i++)
				assert_int_equal(buffer[i], i >= offset && i < offset + size
				                                    ? 6 - size + i - offset + 1
				                                    : 0);
		}
	}
	dm_writer_init_fixed(&writer, buffer, sizeof(buffer));
	dm_writer_zeros(&writer, 5);
	dm_writer_patch(&writer, SIZE_MAX, 1, 3);
	assert_true(writer.failed);
}

static void an_arena_gives_aligned_memory_of_its_own(void **state)
{
	struct dm_arena arena;
	uint8_t *last = NULL;

	(void)state;
	dm_arena_init(&arena, 1 << 20);
	for (size_t size = 0; size < 300; size++) {
		uint8_t *taken = dm_arena_take(&arena, size);

		assert_non_null(taken);
		assert_int_equal((uintptr_t)taken % _Alignof(max_align_t), 0);
		memset(taken, (int)size, size);
		if (last)
			assert_int_equal(last[size - 2], (uint8_t)(size - 1));
		last = size ? taken : NULL;
	}
	dm_arena_fini(&arena);
}

static void an_arena_clears_and_copies(void **state)
{
	struct dm_arena arena;
	struct dm_bytes copy;
	uint8_t *cleared;

	(void)state;
	dm_arena_init(&arena, 1 << 20);
	memset(dm_arena_take(&arena, 64), 0xff, 64);
	dm_arena_reset(&arena);
	cleared = dm_arena_zero(&arena, 64);
	for (size_t i = 0; i < 64; i++)
		assert_int_equal(cleared[i], 0);
	copy = dm_arena_copy(&arena, dm_bytes_of(octets, sizeof(octets)));
	assert_ptr_not_equal(copy.at, octets);
	assert_bytes_equal(copy, dm_bytes_of(octets, sizeof(octets)));
	assert_int_equal(dm_arena_copy(&arena, (struct dm_bytes){ 0 }).size, 0);
	dm_arena_fini(&arena);
}

static void a_reset_keeps_the_blocks(void **state)
{
	struct dm_arena arena;
	size_t total;

	(void)state;
	dm_arena_init(&arena, 1 << 20);
	for (int i = 0; i < 100; i++)
		assert_non_null(dm_arena_take(&arena, 1000));
	total = arena.total;
	for (int round = 0; round < 10; round++) {
		dm_arena_reset(&arena);
		for (int i = 0; i < 100; i++)
			assert_non_null(dm_arena_take(&arena, 1000));
		assert_int_equal(arena.total, total);
	}
	dm_arena_fini(&arena);
	assert_int_equal(arena.total, 0);
}

static void an_arena_never_exceeds_its_limit(void **state)
{
	struct dm_arena arena;
	size_t taken = 0;

	(void)state;
	dm_arena_init(&arena, 50000);
	while (dm_arena_take(&arena, 640))
		taken += 640;
	assert_in_range(taken, 40000, 50000);
	assert_true(arena.total <= 50000);
	assert_null(dm_arena_take(&arena, 50001));
	assert_null(dm_arena_take(&arena, SIZE_MAX));
	assert_null(dm_arena_take(&arena, SIZE_MAX - 15));
	assert_null(dm_arena_zero(&arena, 50001));
	assert_null(dm_arena_copy(&arena, dm_bytes_of(octets, 50001)).at);
	dm_arena_fini(&arena);
}

/* What one message was made of must not decide whether the next one fits. */
static void small_blocks_do_not_bar_a_large_one(void **state)
{
	struct dm_arena arena;

	(void)state;
	dm_arena_init(&arena, 64 * 1024);
	while (dm_arena_take(&arena, 512))
		;
	dm_arena_reset(&arena);
	assert_non_null(dm_arena_take(&arena, 100));
	assert_non_null(dm_arena_take(&arena, 40 * 1024));
	assert_true(arena.total <= 64 * 1024);
	dm_arena_reset(&arena);
	assert_non_null(dm_arena_take(&arena, 60 * 1024));
	dm_arena_fini(&arena);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cursor_takes_what_is_there_and_no_more),
		cmocka_unit_test(a_size_that_wraps_is_not_there),
		cmocka_unit_test(numbers_are_in_network_order),
		cmocka_unit_test(each_number_fails_one_octet_short),
		cmocka_unit_test(a_failed_cursor_stays_failed),
		cmocka_unit_test(a_sub_cursor_cannot_leave_its_part),
		cmocka_unit_test(a_cursor_over_nothing_is_no_trouble),
		cmocka_unit_test(a_fixed_writer_fails_beyond_its_room),
		cmocka_unit_test(a_growing_writer_reaches_its_limit_exactly),
		cmocka_unit_test(a_size_that_wraps_does_not_fit),
		cmocka_unit_test(a_growing_writer_keeps_its_buffer_over_a_reset),
		cmocka_unit_test(a_length_is_patched_only_where_octets_are),
		cmocka_unit_test(an_arena_gives_aligned_memory_of_its_own),
		cmocka_unit_test(an_arena_clears_and_copies),
		cmocka_unit_test(a_reset_keeps_the_blocks),
		cmocka_unit_test(an_arena_never_exceeds_its_limit),
		cmocka_unit_test(small_blocks_do_not_bar_a_large_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
