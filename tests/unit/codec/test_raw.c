/* SPDX-License-Identifier: Apache-2.0 */
/* Messages as relays see them. */
#include "codec_test.h"

#include <errno.h>

#define BYTES(literal) dm_bytes_of((literal), sizeof(literal) - 1)

/* Unknown command and application, unknown AVPs, padding that is not zero. */
static struct dm_bytes odd_message(struct codec *codec)
{
	begin(codec, 8388999, DM_FLAG_R | DM_FLAG_P, 4711);
	put_text(codec, DM_AVP_SESSION_ID, "a;1;2");
	put_octets(codec, "00001267 c000000d 0000002a 78 ffffff");
	put_vendor(codec, 1, 0, DM_AVP_FLAG_M, BYTES("alice"));
	put_text(codec, DM_AVP_ROUTE_RECORD, "one.example.org");
	put_text(codec, DM_AVP_ROUTE_RECORD, "two.example.org");
	return finish(codec);
}

static void walk(void **state)
{
	struct codec *codec = *state;
	struct dm_bytes wire = odd_message(codec), whole;
	struct dm_cursor cursor = dm_raw_avps(wire);
	struct dm_raw_avp avp;

	assert_true(dm_raw_next(&cursor, &avp, &whole));
	assert_int_equal(avp.code, DM_AVP_SESSION_ID);
	assert_text(avp.data, "a;1;2");
	assert_int_equal(whole.size, 16);
	assert_true(dm_raw_next(&cursor, &avp, &whole));
	assert_int_equal(avp.code, 4711);
	assert_int_equal(avp.vendor, 42);
	assert_octets(whole, "00001267 c000000d 0000002a 78ffffff");
	assert_true(dm_raw_next(&cursor, &avp, NULL));
	assert_int_equal(avp.vendor, 0);
	assert_true(dm_raw_next(&cursor, &avp, NULL));
	assert_true(dm_raw_next(&cursor, &avp, NULL));
	assert_false(dm_raw_next(&cursor, &avp, NULL));
	assert_false(cursor.failed);
}

static void walk_ends_at_a_broken_AVP(void **state)
{
	struct codec *codec = *state;
	struct dm_cursor cursor;
	struct dm_raw_avp avp;

	begin_tar(codec);
	put_head(codec, 4711, 0, 0);
	put_text(codec, TEST_TEXT, "behind it");
	cursor = dm_raw_avps(finish(codec));
	for (int i = 0; i < 4; i++)
		assert_true(dm_raw_next(&cursor, &avp, NULL));
	assert_false(dm_raw_next(&cursor, &avp, NULL));
	assert_true(cursor.failed);
	assert_false(dm_raw_next(&cursor, &avp, NULL));
}

static void find(void **state)
{
	struct codec *codec = *state;
	struct dm_bytes wire = odd_message(codec);
	struct dm_raw_avp avp;

	assert_true(dm_raw_find(wire, DM_AVP_ROUTE_RECORD, 0, &avp));
	assert_text(avp.data, "one.example.org");
	assert_true(dm_raw_find(wire, 4711, 42, &avp));
	assert_true(dm_raw_find(wire, 1, 0, &avp)); /* AV21 */
	assert_false(dm_raw_find(wire, 4711, 0, &avp));
	assert_false(dm_raw_find(wire, DM_AVP_ROUTE_RECORD, 42, &avp));
	assert_false(dm_raw_find(dm_bytes_of(wire.at, 10), DM_AVP_SESSION_ID, 0, &avp));
}

static void rewrite_of_nothing_keeps_every_octet(void **state)
{
	struct codec *codec = *state;
	struct dm_bytes wire = odd_message(codec);
	struct dm_raw_edit edit = { 0 };
	uint8_t room[200];
	struct dm_writer out;

	dm_writer_init_fixed(&out, room, sizeof(room));
	assert_int_equal(dm_raw_rewrite(wire, &edit, &out), 0);
	assert_true(dm_bytes_equal(dm_writer_written(&out), wire));
}

static void rewrite(void **state)
{
	struct codec *codec = *state;
	struct dm_bytes wire = odd_message(codec);
	const struct dm_raw_avp remove[] = { { .code = 1 } };
	const struct dm_raw_avp replace[] = {
		{ .code = DM_AVP_ROUTE_RECORD, .flags = DM_AVP_FLAG_M, .data = BYTES("new") },
	};
	const struct dm_raw_avp append[] = {
		{ .code = DM_AVP_ROUTE_RECORD, .flags = DM_AVP_FLAG_M, .data = BYTES("last") },
		{ .code = 9, .vendor = 5, .data = BYTES("") },
	};
	const uint32_t hop_by_hop_id = 0xdeadbeef;
	struct dm_raw_edit edit = {
		.remove = remove,
		.remove_count = 1,
		.replace = replace,
		.replace_count = 1,
		.append = append,
		.append_count = 2,
		.hop_by_hop_id = &hop_by_hop_id,
		.set_flags = DM_FLAG_T,
	};
	uint8_t room[200];
	struct dm_writer out;

	dm_writer_init_fixed(&out, room, sizeof(room));
	dm_writer_u32(&out, 0xffffffff); /* something before it */
	assert_int_equal(dm_raw_rewrite(wire, &edit, &out), 0);
	assert_octets(dm_bytes_of(room + 4, out.size - 4),
	              "01000070 d0800187 00001267 deadbeef 55667788"
	              "00000107 4000000d 613b313b 32000000"
	              "00001267 c000000d 0000002a 78ffffff"
	              "0000011a 4000000b 6e657700"
	              "0000011a 40000017 74776f2e 6578616d 706c652e 6f726700"
	              "0000011a 4000000c 6c617374"
	              "00000009 8000000c 00000005");
}

static void rewrite_of_broken_messages(void **state)
{
	struct codec *codec = *state;
	struct dm_raw_edit edit = { 0 };
	uint8_t room[200];
	struct dm_writer out;

	dm_writer_init_fixed(&out, room, sizeof(room));
	begin_tar(codec);
	put_head(codec, 4711, 0, 3);
	assert_int_equal(dm_raw_rewrite(finish(codec), &edit, &out), -EINVAL);
	assert_int_equal(out.size, 0);
	assert_int_equal(dm_raw_rewrite(dm_bytes_of(room, 19), &edit, &out), -EINVAL);
	edit.replace_count = DM_RAW_REPLACE_LIMIT + 1;
	assert_int_equal(dm_raw_rewrite(odd_message(codec), &edit, &out), -EINVAL);
	edit.replace_count = 0;
	dm_writer_init_fixed(&out, room, 50);
	assert_int_equal(dm_raw_rewrite(odd_message(codec), &edit, &out), -EMSGSIZE);
	assert_int_equal(out.size, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CODEC_TEST(walk),    CODEC_TEST(walk_ends_at_a_broken_AVP),
		CODEC_TEST(find),    CODEC_TEST(rewrite_of_nothing_keeps_every_octet),
		CODEC_TEST(rewrite), CODEC_TEST(rewrite_of_broken_messages),
	};

	return cmocka_run_group_tests_name("codec-raw", tests, NULL, NULL);
}
