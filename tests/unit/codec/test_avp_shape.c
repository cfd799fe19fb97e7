/* SPDX-License-Identifier: Apache-2.0 */
/* Area F: the shape of AVPs, AV01 to AV05, AV25, AV26. */
#include "codec_test.h"

static void AV01_length_zero(void **state)
{
	struct codec *codec = *state;

	begin_tar(codec);
	put_head(codec, TEST_NUMBER, DM_AVP_FLAG_M, 0);
	decode_faulty(codec, 5014);
	expect_failed(codec, TEST_NUMBER, 0, "00000000");
	assert_string_equal(codec->fault.path, "TAR/Test-Number");
}

static void AV02_length_below_header(void **state)
{
	struct codec *codec = *state;

	for (uint32_t length = 1; length < 8; length++) {
		begin_tar(codec);
		put_head(codec, TEST_NUMBER, DM_AVP_FLAG_M, length);
		dm_writer_u32(&codec->wire, 7);
		decode_faulty(codec, 5014);
		assert_octets(codec->fault.failed_avp, "00015f9f 4000000c 00000000");
	}
}

static void AV02_length_below_header_with_vendor(void **state)
{
	struct codec *codec = *state;

	for (uint32_t length = 8; length < 12; length++) {
		begin_tar(codec);
		put_head(codec, TEST_FOUR, DM_AVP_FLAG_M | DM_AVP_FLAG_V, length);
		dm_writer_u32(&codec->wire, TEST_VENDOR);
		dm_writer_u32(&codec->wire, 7);
		decode_faulty(codec, 5014);
		/* The Vendor-Id lies outside the AVP: the header is padded with zeros. */
		assert_octets(codec->fault.failed_avp, "00015f98 c000000c 00000000");
	}
}

static void AV02_header_cut_at_the_end(void **state)
{
	struct codec *codec = *state;

	begin_tar(codec);
	dm_writer_u32(&codec->wire, TEST_NUMBER);
	decode_faulty(codec, 5014);
	assert_octets(codec->fault.failed_avp, "00015f9f 0000000c 00000000");
}

static void AV03_length_over_the_end(void **state)
{
	struct codec *codec = *state;
	static const uint32_t lengths[] = { 13, 16, 1000, 0xffffff };

	for (size_t i = 0; i < 4; i++) {
		begin_tar(codec);
		put_head(codec, TEST_NUMBER, DM_AVP_FLAG_M, lengths[i]);
		dm_writer_u32(&codec->wire, 7);
		decode_faulty(codec, 5014);
		assert_octets(codec->fault.failed_avp, "00015f9f 4000000c 00000000");
	}
}

static void AV03_least_value_by_type(void **state)
{
	struct codec *codec = *state;
	static const struct {
		uint32_t code;
		size_t least;
	} cases[] = {
		{ TEST_INTEGER32, 4 }, { TEST_INTEGER64, 8 },     { TEST_UNSIGNED64, 8 },
		{ TEST_FLOAT32, 4 },   { TEST_FLOAT64, 8 },       { TEST_ADDRESS, 6 },
		{ TEST_TIME, 4 },      { TEST_KIND, 4 },          { TEST_TEXT, 0 },
		{ TEST_URI, 7 },       { TEST_RULE, 23 },         { DM_AVP_ORIGIN_HOST, 1 },
		{ TEST_NEST, 0 },      { 4711 /* unknown */, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin_tar(codec);
		put_head(codec, cases[i].code, DM_AVP_FLAG_M, 200);
		decode_faulty(codec, 5014);
		assert_int_equal(failed(codec).code, cases[i].code);
		assert_int_equal(failed(codec).flags, DM_AVP_FLAG_M);
		assert_int_equal(failed(codec).data.size, cases[i].least);
		for (size_t j = 0; j < cases[i].least; j++)
			assert_int_equal(failed(codec).data.at[j], 0);
	}
}

static void AV03_fixed_size_with_vendor(void **state)
{
	struct codec *codec = *state;

	begin_tar(codec);
	put_head(codec, TEST_FOUR, DM_AVP_FLAG_M | DM_AVP_FLAG_V, 200);
	dm_writer_u32(&codec->wire, TEST_VENDOR);
	decode_faulty(codec, 5014);
	assert_octets(codec->fault.failed_avp, "00015f98 c0000010 0001869f 00000000");
}

/* In a message, lengths in multiples of 4 leave no way to lack padding: the length is then at
 * fault (HD03). In a group, whose length may be anything, it is the AVP. */
static void AV04_last_AVP_lacks_padding(void **state)
{
	struct codec *codec = *state;
	size_t leaf;

	begin_tar(codec);
	leaf = open_group(codec, TEST_LEAF, TEST_VENDOR);
	put_u32(codec, TEST_NUMBER, 1);
	put_head(codec, TEST_TEXT, DM_AVP_FLAG_M, 11);
	put_octets(codec, "616263");
	close_group(codec, leaf);
	put_octets(codec, "00");
	decode_faulty(codec, 5014);
	assert_int_equal(failed(codec).code, TEST_LEAF);
	assert_text(only_member(failed(codec)).data, "abc");
	assert_string_equal(codec->fault.path, "TAR/Test-Leaf/Test-Text");

	begin_tar(codec);
	put_head(codec, TEST_TEXT, DM_AVP_FLAG_M, 11);
	put_octets(codec, "616263");
	decode_faulty(codec, 5015);
}

static void AV05_padding_not_zero(void **state)
{
	struct codec *codec = *state;
	const struct test_tar *tar;

	begin_tar(codec);
	put_head(codec, TEST_TEXT, DM_AVP_FLAG_M, 9);
	put_octets(codec, "61 ffffff");
	put_head(codec, TEST_TEXT, DM_AVP_FLAG_M, 10);
	put_octets(codec, "6263 ffff");
	tar = decode_sound(codec);
	assert_int_equal(tar->test_text.count, 2);
	assert_text(tar->test_text.at[0], "a");
	assert_text(tar->test_text.at[1], "bc");
}

static void AV25_group_cuts_a_child(void **state)
{
	struct codec *codec = *state;
	size_t leaf;

	begin_tar(codec);
	leaf = open_group(codec, TEST_LEAF, TEST_VENDOR);
	put_u32(codec, TEST_NUMBER, 1);
	dm_writer_patch(&codec->wire, leaf + 5, codec->wire.size - leaf - 4, 3);
	decode_faulty(codec, 5014);
	assert_int_equal(failed(codec).code, TEST_LEAF);
	assert_int_equal(failed(codec).vendor, TEST_VENDOR);
	assert_int_equal(only_member(failed(codec)).code, TEST_NUMBER);
	assert_octets(only_member(failed(codec)).data, "00000000");
}

static void AV25_group_cuts_the_header_of_a_child(void **state)
{
	struct codec *codec = *state;

	begin_tar(codec);
	put(codec, TEST_NEST, DM_AVP_FLAG_M, dm_bytes_of("\0\1\x5f\x9f\x40", 5));
	decode_faulty(codec, 5014);
	assert_octets(codec->fault.failed_avp, "00015fa4 40000014 00015f9f 4000000c 00000000");
}

static void open_nests(struct codec *codec, size_t *opened, size_t depth)
{
	for (size_t i = 0; i < depth; i++)
		opened[i] = open_group(codec, TEST_NEST, 0);
}

static void close_nests(struct codec *codec, const size_t *opened, size_t depth)
{
	while (depth-- > 0)
		close_group(codec, opened[depth]);
}

/* In the grammar's own member, and in `* [ AVP ]` of a message that does not name the group. */
static void AV26_nesting_10000_deep(void **state)
{
	struct codec *codec = *state;
	static size_t opened[10000];

	begin_tar(codec);
	open_nests(codec, opened, 10000);
	close_nests(codec, opened, 10000);
	decode_faulty(codec, 5012);
	assert_int_equal(codec->fault.failed_avp.size, 0);

	begin_cer(codec);
	open_nests(codec, opened, 10000);
	close_nests(codec, opened, 10000);
	decode_faulty(codec, 5012);
}

static void AV26_limit_of_depth_is_exact(void **state)
{
	struct codec *codec = *state;
	size_t opened[8];

	codec->options.depth_limit = 3;
	for (size_t depth = 1; depth < 5; depth++) {
		begin_tar(codec);
		open_nests(codec, opened, depth);
		close_nests(codec, opened, depth);
		/* Within the limit, the empty group inside is the fault. */
		decode_faulty(codec, depth <= 3 ? 5005 : 5012);
	}
}

static void limit_of_count(void **state)
{
	struct codec *codec = *state;
	size_t leaf;

	codec->options.avp_limit = 8;
	begin_tar(codec);
	put_u32(codec, TEST_NUMBER, 1);
	leaf = open_group(codec, TEST_LEAF, TEST_VENDOR);
	put_u32(codec, TEST_NUMBER, 1);
	put_text(codec, TEST_TEXT, "a");
	close_group(codec, leaf);
	decode_sound(codec);
	codec->options.avp_limit = 7;
	decode_faulty(codec, 5012);
}

static void arena_exhausted(void **state)
{
	struct codec *codec = *state;
	struct dm_bytes wire;
	struct dm_arena small;

	begin_tar(codec);
	wire = finish(codec);
	dm_arena_init(&small, 64);
	assert_int_equal(
		dm_decode(codec->dictionary, NULL, wire, &small, &codec->message, &codec->fault),
		-12);
	dm_arena_fini(&small);
}

static void ER01_first_of_two_faults(void **state)
{
	struct codec *codec = *state;

	begin_tar(codec);
	put(codec, TEST_NUMBER, DM_AVP_FLAG_M, dm_bytes_of("\0\0\1", 3));
	put_text(codec, DM_AVP_ROUTE_RECORD, "a.example.org");
	decode_faulty(codec, 5014);
	begin_tar(codec);
	put_text(codec, DM_AVP_ROUTE_RECORD, "a.example.org");
	put(codec, TEST_NUMBER, DM_AVP_FLAG_M, dm_bytes_of("\0\0\1", 3));
	decode_faulty(codec, 5008);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CODEC_TEST(AV01_length_zero),
		CODEC_TEST(AV02_length_below_header),
		CODEC_TEST(AV02_length_below_header_with_vendor),
		CODEC_TEST(AV02_header_cut_at_the_end),
		CODEC_TEST(AV03_length_over_the_end),
		CODEC_TEST(AV03_least_value_by_type),
		CODEC_TEST(AV03_fixed_size_with_vendor),
		CODEC_TEST(AV04_last_AVP_lacks_padding),
		CODEC_TEST(AV05_padding_not_zero),
		CODEC_TEST(AV25_group_cuts_a_child),
		CODEC_TEST(AV25_group_cuts_the_header_of_a_child),
		CODEC_TEST(AV26_nesting_10000_deep),
		CODEC_TEST(AV26_limit_of_depth_is_exact),
		CODEC_TEST(limit_of_count),
		CODEC_TEST(arena_exhausted),
		CODEC_TEST(ER01_first_of_two_faults),
	};

	return cmocka_run_group_tests_name("codec-avp-shape", tests, NULL, NULL);
}
