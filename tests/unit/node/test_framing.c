/* SPDX-License-Identifier: Apache-2.0 */
#include "diameter/codec/message.h"
#include "diameter/peer/framing.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define LIMIT 65536u

/* A message of `length` octets that says it has `said`. */
static void put_message(struct dm_writer *out, uint8_t version, uint32_t said, size_t length,
                        uint32_t hop_by_hop)
{
	dm_writer_u8(out, version);
	dm_writer_u24(out, said);
	dm_writer_u32(out, 0x80000118);
	dm_writer_u32(out, 0);
	dm_writer_u32(out, hop_by_hop);
	dm_writer_u32(out, 7);
	dm_writer_zeros(out, length - DM_HEADER_SIZE);
}

static uint32_t hop_by_hop_of(struct dm_bytes message)
{
	struct dm_cursor cursor = dm_cursor_of(message);

	dm_cursor_take(&cursor, 12);
	return dm_cursor_u32(&cursor);
}

/* Messages of several sizes, `count` of them, numbered from 0. */
static void put_row(struct dm_writer *out, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		size_t length = DM_HEADER_SIZE + 4 * (i % 40) + (i == count / 2 ? 8000 : 0);

		put_message(out, 1, (uint32_t)length, length, i);
	}
}

/* Gives `octets` in pieces of `step`; the messages must come out in order. */
static void check_split(struct dm_bytes octets, size_t step, uint32_t count)
{
	struct dm_framing framing;
	struct dm_cursor all = dm_cursor_of(octets);
	uint32_t seen = 0;

	dm_framing_init(&framing, LIMIT);
	while (dm_cursor_left(&all) > 0) {
		size_t left = dm_cursor_left(&all);
		struct dm_cursor piece = dm_cursor_sub(&all, left < step ? left : step);
		struct dm_bytes message;

		while (dm_framing_next(&framing, &piece, &message) == DM_FRAMING_MESSAGE)
			assert_int_equal(hop_by_hop_of(message), seen++);
		assert_int_equal(dm_cursor_left(&piece), 0);
	}
	assert_int_equal(seen, count);
	dm_framing_fini(&framing);
}

static void HD06_any_split_gives_the_same_messages(void **context)
{
	struct dm_writer row;

	(void)context;
	dm_writer_init(&row, 1 << 20);
	put_row(&row, 100);
	for (size_t step = 1; step < 200; step++)
		check_split(dm_writer_written(&row), step, 100);
	check_split(dm_writer_written(&row), 5000, 100);
	check_split(dm_writer_written(&row), row.size, 100);
	dm_writer_fini(&row);
}

static void HD06_whole_messages_are_slices(void **context)
{
	struct dm_framing framing;
	struct dm_writer row;
	struct dm_cursor input;
	struct dm_bytes message;

	(void)context;
	dm_writer_init(&row, 1 << 20);
	put_row(&row, 3);
	dm_framing_init(&framing, LIMIT);
	input = dm_cursor_of(dm_writer_written(&row));
	assert_int_equal(dm_framing_next(&framing, &input, &message), DM_FRAMING_MESSAGE);
	assert_ptr_equal(message.at, row.at);
	assert_int_equal(framing.partial.room, 0);
	dm_framing_fini(&framing);
	dm_writer_fini(&row);
}

/* All of `octets` at once, then one by one: both must break with this code. */
static void check_broken(struct dm_bytes octets, uint32_t result_code, size_t header_size)
{
	for (int by_octet = 0; by_octet < 2; by_octet++) {
		size_t step = by_octet ? 1 : octets.size;
		struct dm_cursor all = dm_cursor_of(octets);
		enum dm_framing_result result = DM_FRAMING_MORE;
		struct dm_framing framing;
		struct dm_bytes message = { 0 };

		dm_framing_init(&framing, LIMIT);
		while (result == DM_FRAMING_MORE && dm_cursor_left(&all) > 0) {
			struct dm_cursor piece = dm_cursor_sub(&all, step);

			result = dm_framing_next(&framing, &piece, &message);
		}
		assert_int_equal(result, DM_FRAMING_BROKEN);
		assert_int_equal(framing.result_code, result_code);
		assert_non_null(framing.why);
		assert_int_equal(message.size, header_size);
		/* Nothing comes out of a broken stream any more. */
		all = dm_cursor_of(octets);
		assert_int_equal(dm_framing_next(&framing, &all, &message), DM_FRAMING_BROKEN);
		dm_framing_fini(&framing);
	}
}

static void check_header(uint8_t version, uint32_t said, uint32_t result_code)
{
	uint8_t room[64];
	struct dm_writer out;

	dm_writer_init_fixed(&out, room, sizeof(room));
	put_message(&out, version, said, DM_HEADER_SIZE, 1);
	check_broken(dm_writer_written(&out), result_code, DM_HEADER_SIZE);
}

static void HD01_version_2(void **context)
{
	(void)context;
	check_header(2, 20, 5011);
	check_header(0, 20, 5011);
}

static void HD02_length_below_header(void **context)
{
	(void)context;
	for (uint32_t said = 0; said < 20; said++)
		check_header(1, said, 5015);
}

static void HD03_length_not_multiple_of_4(void **context)
{
	(void)context;
	check_header(1, 21, 5015);
	check_header(1, 22, 5015);
	check_header(1, 23, 5015);
}

static void HD04_length_above_limit(void **context)
{
	(void)context;
	check_header(1, LIMIT + 4, 5015);
	check_header(1, 0xfffffc, 5015);
}

/* A length that lies costs no more memory than what was sent. */
static void HD05_memory_follows_what_came(void **context)
{
	struct dm_framing framing;
	struct dm_bytes message;
	struct dm_cursor input;
	uint8_t room[64];
	struct dm_writer out;

	(void)context;
	dm_writer_init_fixed(&out, room, sizeof(room));
	put_message(&out, 1, LIMIT, 40, 1);
	dm_framing_init(&framing, LIMIT);
	input = dm_cursor_of(dm_writer_written(&out));
	assert_int_equal(dm_framing_next(&framing, &input, &message), DM_FRAMING_MORE);
	assert_true(framing.partial.room < 1024);
	dm_framing_fini(&framing);
}

static void HD18_other_protocols(void **context)
{
	static const uint8_t tls[] = { 0x16, 0x03, 0x01, 0x02, 0x00, 0x01 };

	(void)context;
	check_broken(dm_bytes_of(tls, sizeof(tls)), 5011, 0);
	check_broken(DM_BYTES_LITERAL("GET / HTTP/1.1\r\n\r\n"), 5011, 0);
	check_broken(DM_BYTES_LITERAL("\xff\xff\xff"), 5011, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(HD06_any_split_gives_the_same_messages),
		cmocka_unit_test(HD06_whole_messages_are_slices),
		cmocka_unit_test(HD01_version_2),
		cmocka_unit_test(HD02_length_below_header),
		cmocka_unit_test(HD03_length_not_multiple_of_4),
		cmocka_unit_test(HD04_length_above_limit),
		cmocka_unit_test(HD05_memory_follows_what_came),
		cmocka_unit_test(HD18_other_protocols),
	};

	return cmocka_run_group_tests_name("framing", tests, NULL, NULL);
}
