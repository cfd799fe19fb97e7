/* SPDX-License-Identifier: Apache-2.0 */
/* Area F: AVPs against the grammar, AV06, AV18 to AV24, AV27 to AV30. */
#include "codec_test.h"

#define BYTES(literal) dm_bytes_of((literal), sizeof(literal) - 1)

static void AV06_any_order(void **state)
{
	struct codec *codec = *state;
	const struct test_tar *tar;

	begin(codec, TEST_COMMAND, DM_FLAG_R | DM_FLAG_P, TEST_APPLICATION);
	put_text(codec, TEST_TEXT, "one");
	put_u32(codec, DM_AVP_AUTH_APPLICATION_ID, TEST_APPLICATION);
	put_text(codec, DM_AVP_ORIGIN_REALM, "example.org");
	put_text(codec, TEST_TEXT, "two");
	put_text(codec, DM_AVP_ORIGIN_HOST, "client.example.org");
	put_text(codec, DM_AVP_SESSION_ID, "a;1;2");
	put_text(codec, TEST_TEXT, "three");
	tar = decode_sound(codec);
	assert_text(tar->session_id, "a;1;2");
	assert_int_equal(tar->test_text.count, 3);
	assert_text(tar->test_text.at[2], "three");

	codec->options.strict = true;
	decode_faulty(codec, 5008);
	expect_failed(codec, DM_AVP_SESSION_ID, 0, "613b313b32");
}

/* Strict mode complains about nothing but the AVPs written < >. */
static void AV06_strict_order_of_the_others(void **state)
{
	struct codec *codec = *state;

	codec->options.strict = true;
	begin(codec, TEST_COMMAND, DM_FLAG_R | DM_FLAG_P, TEST_APPLICATION);
	put_text(codec, DM_AVP_SESSION_ID, "a;1;2");
	put_u32(codec, DM_AVP_AUTH_APPLICATION_ID, TEST_APPLICATION);
	put_text(codec, DM_AVP_ORIGIN_REALM, "example.org");
	put_text(codec, DM_AVP_ORIGIN_HOST, "client.example.org");
	decode_sound(codec);
}

static void long_lists_keep_their_order(void **state)
{
	struct codec *codec = *state;
	const struct test_tar *tar;

	begin_tar(codec);
	for (size_t i = 0; i < 300; i++) {
		size_t leaf = open_group(codec, TEST_LEAF, TEST_VENDOR);

		put_u32(codec, TEST_NUMBER, (uint32_t)i);
		put_text(codec, TEST_TEXT, "x");
		close_group(codec, leaf);
		put(codec, 4711, 0, dm_bytes_of(&codec->wire.at[1], 1));
	}
	tar = decode_sound(codec);
	assert_int_equal(tar->test_leaf.count, 300);
	assert_int_equal(tar->other.count, 300);
	for (size_t i = 0; i < 300; i++) {
		assert_int_equal(tar->test_leaf.at[i].test_number, i);
		assert_int_equal(tar->test_leaf.at[i].test_text.count, 1);
		assert_int_equal(tar->other.at[i].code, 4711);
	}
}

static void AV18_unknown_with_M(void **state)
{
	struct codec *codec = *state;

	begin_tar(codec);
	put(codec, 4711, DM_AVP_FLAG_M, BYTES("whole"));
	decode_faulty(codec, 5001);
	expect_failed(codec, 4711, 0, "77686f6c65");
	assert_int_equal(failed(codec).flags, DM_AVP_FLAG_M);
	assert_string_equal(codec->fault.path, "TAR/AVP 4711");
}

static void AV19_unknown_without_M(void **state)
{
	struct codec *codec = *state;
	const struct test_tar *tar;

	begin_tar(codec);
	put(codec, 4711, 0, BYTES("first"));
	put(codec, DM_AVP_CLASS, DM_AVP_FLAG_M, BYTES("known"));
	put_vendor(codec, 4711, 42, 0, BYTES("third"));
	tar = decode_sound(codec);
	assert_int_equal(tar->other.count, 3);
	assert_text(tar->other.at[0].data, "first");
	assert_int_equal(tar->other.at[0].vendor, 0);
	assert_int_equal(tar->other.at[1].code, DM_AVP_CLASS);
	assert_int_equal(tar->other.at[2].vendor, 42);
}

/* A group without `* [ AVP ]`: RFC 6733 4.1 lets unknown AVPs pass, the grammar does not. */
static void AV19_unknown_in_a_closed_group(void **state)
{
	struct codec *codec = *state;
	const struct test_tar *tar;
	size_t leaf;

	begin_tar(codec);
	leaf = open_group(codec, TEST_LEAF, TEST_VENDOR);
	put_u32(codec, TEST_NUMBER, 1);
	put(codec, 4711, 0, BYTES("x"));
	put_text(codec, TEST_TEXT, "behind it");
	close_group(codec, leaf);
	tar = decode_sound(codec);
	assert_int_equal(tar->test_leaf.count, 1);
	assert_int_equal(tar->test_leaf.at[0].test_text.count, 1);
	codec->options.strict = true;
	decode_faulty(codec, 5008);
	assert_int_equal(only_member(failed(codec)).code, 4711);
}

static void AV20_unknown_vendor_with_M(void **state)
{
	struct codec *codec = *state;

	begin_tar(codec);
	/* A code that is known without vendor is another AVP with one. */
	put_vendor(codec, TEST_NUMBER, 42, DM_AVP_FLAG_M, BYTES("\0\0\0\1"));
	decode_faulty(codec, 5001);
	expect_failed(codec, TEST_NUMBER, 42, "00000001");
	assert_int_equal(failed(codec).flags, DM_AVP_FLAG_M | DM_AVP_FLAG_V);
	assert_string_equal(codec->fault.path, "TAR/AVP 90015 of vendor 42");
}

static void AV21_vendor_0_is_no_vendor(void **state)
{
	struct codec *codec = *state;
	const struct test_tar *tar;

	begin_tar(codec);
	put_vendor(codec, TEST_NUMBER, 0, DM_AVP_FLAG_M, BYTES("\0\0\0\7"));
	tar = decode_sound(codec);
	assert_int_equal(tar->test_number.count, 1);
	assert_int_equal(tar->test_number.at[0], 7);
}

static void AV22_M_bit_other_than_defined(void **state)
{
	struct codec *codec = *state;
	const struct test_tar *tar;

	begin_tar(codec);
	put(codec, TEST_NUMBER, 0, BYTES("\0\0\0\7"));
	tar = decode_sound(codec);
	assert_int_equal(tar->test_number.at[0], 7);
	codec->options.strict = true;
	decode_faulty(codec, 3009);
	expect_failed(codec, TEST_NUMBER, 0, "00000007");

	begin_tar(codec);
	put(codec, TEST_NOTE, DM_AVP_FLAG_M, BYTES("x"));
	decode_faulty(codec, 3009);
	codec->options.strict = false;
	decode_sound(codec);
}

static void AV22_reserved_bits(void **state)
{
	struct codec *codec = *state;

	begin_tar(codec);
	put(codec, TEST_NUMBER, DM_AVP_FLAG_M | 0x01, BYTES("\0\0\0\7"));
	decode_sound(codec);
	codec->options.strict = true;
	decode_faulty(codec, 3009);
}

static void AV23_P_bit(void **state)
{
	struct codec *codec = *state;

	codec->options.strict = true;
	begin_tar(codec);
	put(codec, TEST_NUMBER, DM_AVP_FLAG_M | DM_AVP_FLAG_P, BYTES("\0\0\0\7"));
	decode_sound(codec);
}

static void put_leaf(struct codec *codec)
{
	size_t leaf = open_group(codec, TEST_LEAF, TEST_VENDOR);

	put_u32(codec, TEST_NUMBER, 1);
	close_group(codec, leaf);
}

static void AV24_unknown_with_M_inside_groups(void **state)
{
	struct codec *codec = *state;
	static const char *const paths[] = {
		"TAR/Test-Nest/AVP 4711",
		"TAR/Test-Nest/Test-Nest/AVP 4711",
		"TAR/Test-Nest/Test-Nest/Test-Nest/AVP 4711",
	};

	for (size_t depth = 1; depth <= 3; depth++) {
		struct dm_raw_avp shown;
		size_t opened[3];

		begin_tar(codec);
		for (size_t i = 0; i < depth; i++) {
			opened[i] = open_group(codec, TEST_NEST, 0);
			put_leaf(codec);
		}
		put(codec, 4711, DM_AVP_FLAG_M, BYTES("x"));
		for (size_t i = depth; i-- > 0;)
			close_group(codec, opened[i]);
		decode_faulty(codec, 5001);
		assert_string_equal(codec->fault.path, paths[depth - 1]);
		/* The hierarchy and nothing else. */
		shown = failed(codec);
		for (size_t i = 0; i < depth; i++) {
			assert_int_equal(shown.code, TEST_NEST);
			shown = only_member(shown);
		}
		assert_int_equal(shown.code, 4711);
		assert_text(shown.data, "x");
	}
}

/* RFC 6733 4.4: what is inside an unknown group with M clear is nobody's business. */
static void AV24_unknown_with_M_inside_an_unknown_group(void **state)
{
	struct codec *codec = *state;

	begin_tar(codec);
	put(codec, 4711, 0, BYTES("\0\0\x12\x68\x40\0\0\x8"));
	decode_sound(codec);
}

/* A group that the message's grammar does not name is known all the same. */
static void AV24_inside_a_group_among_the_others(void **state)
{
	struct codec *codec = *state;
	size_t nest;

	begin_cer(codec);
	nest = open_group(codec, TEST_NEST, 0);
	put_leaf(codec);
	put(codec, 4711, DM_AVP_FLAG_M, BYTES("x"));
	close_group(codec, nest);
	decode_faulty(codec, 5001);
	assert_string_equal(codec->fault.path, "CER/Test-Nest/AVP 4711");
}

static void known_AVP_among_the_others_has_to_be_sound(void **state)
{
	struct codec *codec = *state;

	begin_cer(codec);
	put(codec, TEST_NUMBER, DM_AVP_FLAG_M, BYTES("\0\0\1"));
	decode_faulty(codec, 5014);
	begin_cer(codec);
	put_text(codec, TEST_TEXT, "\xff");
	decode_faulty(codec, 5004);
}

static void AV27_empty_group(void **state)
{
	struct codec *codec = *state;
	size_t leaf;

	begin_tar(codec);
	leaf = open_group(codec, TEST_LEAF, TEST_VENDOR);
	close_group(codec, leaf);
	decode_faulty(codec, 5005);
	assert_string_equal(codec->fault.path, "TAR/Test-Leaf/Test-Number");
	assert_int_equal(failed(codec).code, TEST_LEAF);
	assert_int_equal(only_member(failed(codec)).code, TEST_NUMBER);
	assert_octets(only_member(failed(codec)).data, "00000000");
}

static void AV28_missing_AVP(void **state)
{
	struct codec *codec = *state;
	static const struct {
		uint32_t missing;
		const char *example;
	} cases[] = {
		{ DM_AVP_SESSION_ID, "00000107 40000008" },
		{ DM_AVP_ORIGIN_HOST, "00000108 40000009 00000000" },
		{ DM_AVP_ORIGIN_REALM, "00000128 40000009 00000000" },
		{ DM_AVP_AUTH_APPLICATION_ID, "00000102 4000000c 00000000" },
	};

	for (size_t i = 0; i < 4; i++) {
		begin(codec, TEST_COMMAND, DM_FLAG_R | DM_FLAG_P, TEST_APPLICATION);
		if (i != 0)
			put_text(codec, DM_AVP_SESSION_ID, "a;1;2");
		if (i != 1)
			put_text(codec, DM_AVP_ORIGIN_HOST, "client.example.org");
		if (i != 2)
			put_text(codec, DM_AVP_ORIGIN_REALM, "example.org");
		if (i != 3)
			put_u32(codec, DM_AVP_AUTH_APPLICATION_ID, TEST_APPLICATION);
		decode_faulty(codec, 5005);
		assert_octets(codec->fault.failed_avp, cases[i].example);
	}
}

/* Of several missing ones the first of the grammar; and an AVP with a fault comes before. */
static void AV28_first_missing_AVP(void **state)
{
	struct codec *codec = *state;

	begin(codec, TEST_COMMAND, DM_FLAG_R | DM_FLAG_P, TEST_APPLICATION);
	put_u32(codec, DM_AVP_AUTH_APPLICATION_ID, TEST_APPLICATION);
	decode_faulty(codec, 5005);
	assert_int_equal(failed(codec).code, DM_AVP_SESSION_ID);
	put(codec, 4711, DM_AVP_FLAG_M, BYTES("x"));
	decode_faulty(codec, 5001);
}

/* A missing group is shown with its own required members. */
static void AV28_missing_group(void **state)
{
	struct codec *codec = *state;
	size_t nest;

	begin_tar(codec);
	nest = open_group(codec, TEST_NEST, 0);
	close_group(codec, nest);
	decode_faulty(codec, 5005);
	assert_octets(codec->fault.failed_avp, "00015fa4 40000020"
	                                       "00015fa5 c0000018 0001869f"
	                                       "00015f9f 4000000c 00000000");
}

static void AV29_twice(void **state)
{
	struct codec *codec = *state;

	begin_tar(codec);
	put_text(codec, DM_AVP_ORIGIN_HOST, "second.example.org");
	put_text(codec, DM_AVP_ORIGIN_HOST, "third.example.org");
	decode_faulty(codec, 5009);
	assert_int_equal(failed(codec).code, DM_AVP_ORIGIN_HOST);
	assert_text(failed(codec).data, "second.example.org");
}

static void AV29_group_twice(void **state)
{
	struct codec *codec = *state;

	begin_tar(codec);
	for (int i = 0; i < 2; i++) {
		size_t nest = open_group(codec, TEST_NEST, 0);

		put_leaf(codec);
		close_group(codec, nest);
	}
	decode_faulty(codec, 5009);
	assert_int_equal(failed(codec).code, TEST_NEST);
}

static void AV29_more_than_two(void **state)
{
	struct codec *codec = *state;

	begin_tar(codec);
	put_u32(codec, TEST_NUMBER, 1);
	put_u32(codec, TEST_NUMBER, 2);
	decode_sound(codec);
	put_u32(codec, TEST_NUMBER, 3);
	put_u32(codec, TEST_NUMBER, 4);
	decode_faulty(codec, 5009);
	expect_failed(codec, TEST_NUMBER, 0, "00000003");
}

/* open5gs#4145 */
static void AV29_64_copies_of_Origin_Host(void **state)
{
	struct codec *codec = *state;

	begin_cer(codec);
	for (int i = 0; i < 64; i++)
		put_text(codec, DM_AVP_ORIGIN_HOST, "client.example.org");
	decode_faulty(codec, 5009);
	assert_int_equal(failed(codec).code, DM_AVP_ORIGIN_HOST);
}

static void AV30_not_allowed_by_the_grammar(void **state)
{
	struct codec *codec = *state;
	size_t leaf;

	begin_tar(codec);
	put_text(codec, DM_AVP_ROUTE_RECORD, "relay.example.org");
	decode_faulty(codec, 5008);
	assert_int_equal(failed(codec).code, DM_AVP_ROUTE_RECORD);
	assert_text(failed(codec).data, "relay.example.org");

	/* Known, and not named by a group without `* [ AVP ]`. */
	begin_tar(codec);
	leaf = open_group(codec, TEST_LEAF, TEST_VENDOR);
	put_u32(codec, TEST_NUMBER, 1);
	put_text(codec, DM_AVP_USER_NAME, "alice");
	close_group(codec, leaf);
	decode_faulty(codec, 5008);
	assert_string_equal(codec->fault.path, "TAR/Test-Leaf/User-Name");
}

/* RFC 6733 10: the occurrence table. */
static void AV30_not_allowed_by_the_table(void **state)
{
	struct codec *codec = *state;

	begin_cer(codec);
	put_text(codec, DM_AVP_DESTINATION_HOST, "server.example.org");
	decode_faulty(codec, 5008);
	assert_int_equal(failed(codec).code, DM_AVP_DESTINATION_HOST);

	begin(codec, DM_COMMAND_DWR, DM_FLAG_R, 0);
	put_text(codec, DM_AVP_ORIGIN_HOST, "client.example.org");
	put_text(codec, DM_AVP_ORIGIN_REALM, "example.org");
	decode_sound(codec);
	put_text(codec, DM_AVP_ROUTE_RECORD, "relay.example.org");
	decode_faulty(codec, 5008);
}

/* freeDiameter, as a relay, adds Route-Record to answers: no reason to throw one away. */
static void answer_with_what_the_table_forbids(void **state)
{
	struct codec *codec = *state;
	const struct dm_dwa *answer;

	begin(codec, DM_COMMAND_DWR, 0, 0);
	put_u32(codec, DM_AVP_RESULT_CODE, 2001);
	put_text(codec, DM_AVP_ORIGIN_HOST, "server.example.org");
	put_text(codec, DM_AVP_ORIGIN_REALM, "example.org");
	put_text(codec, DM_AVP_ROUTE_RECORD, "relay.example.org");
	answer = decode_sound(codec);
	assert_int_equal(answer->other.count, 1);
	assert_int_equal(answer->other.at[0].code, DM_AVP_ROUTE_RECORD);
	codec->options.strict = true;
	decode_faulty(codec, 5008);
	codec->options.strict = false;
	put_text(codec, DM_AVP_ROUTE_RECORD, "no host name");
	decode_faulty(codec, 5004);
}

/* RFC 6733 7.2: the E bit changes the grammar, whatever the command. */
static void answer_with_E_bit(void **state)
{
	struct codec *codec = *state;
	const struct dm_answer_message *answer;

	begin(codec, TEST_COMMAND, DM_FLAG_P | DM_FLAG_E, TEST_APPLICATION);
	put_u32(codec, DM_AVP_RESULT_CODE, 3002);
	put_text(codec, DM_AVP_ORIGIN_HOST, "relay.example.org");
	put_text(codec, DM_AVP_ORIGIN_REALM, "example.org");
	answer = decode_sound(codec);
	assert_ptr_equal(codec->message.entry->command, &dm_command_answer_message);
	assert_int_equal(answer->result_code, 3002);
	assert_false(answer->has.session_id);
	/* Without it, TAA's grammar holds. */
	codec->wire.at[4] = DM_FLAG_P;
	decode_faulty(codec, 5005);
}

static void ER11_broken_AVP_in_Failed_AVP(void **state)
{
	struct codec *codec = *state;
	const struct test_taa *taa;
	size_t group;

	begin(codec, TEST_COMMAND, DM_FLAG_P, TEST_APPLICATION);
	put_text(codec, DM_AVP_SESSION_ID, "a;1;2");
	put_u32(codec, DM_AVP_RESULT_CODE, 5004);
	put_text(codec, DM_AVP_ORIGIN_HOST, "server.example.org");
	put_text(codec, DM_AVP_ORIGIN_REALM, "example.org");
	put_u32(codec, TEST_KIND, 1);
	group = open_group(codec, DM_AVP_FAILED_AVP, 0);
	put(codec, 4711, DM_AVP_FLAG_M, BYTES("unknown"));
	put(codec, TEST_NUMBER, DM_AVP_FLAG_M, BYTES("\0\0\1"));
	put_head(codec, TEST_NUMBER, DM_AVP_FLAG_M, 3);
	close_group(codec, group);
	taa = decode_sound(codec);
	assert_true(taa->has.failed_avp);
	assert_int_equal(taa->failed_avp->other.count, 2);
	assert_int_equal(taa->failed_avp->other.at[0].code, 4711);
	assert_octets(taa->failed_avp->other.at[1].data, "000001");
}

static void what_came_before_the_fault_is_there(void **state)
{
	struct codec *codec = *state;
	const struct test_tar *tar;

	begin_tar(codec);
	put(codec, 4711, DM_AVP_FLAG_M, BYTES("x"));
	decode_faulty(codec, 5001);
	tar = codec->message.body;
	assert_non_null(tar);
	assert_true(tar->has.origin_host);
	assert_text(tar->origin_host, "client.example.org");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CODEC_TEST(AV06_any_order),
		CODEC_TEST(AV06_strict_order_of_the_others),
		CODEC_TEST(long_lists_keep_their_order),
		CODEC_TEST(AV18_unknown_with_M),
		CODEC_TEST(AV19_unknown_without_M),
		CODEC_TEST(AV19_unknown_in_a_closed_group),
		CODEC_TEST(AV20_unknown_vendor_with_M),
		CODEC_TEST(AV21_vendor_0_is_no_vendor),
		CODEC_TEST(AV22_M_bit_other_than_defined),
		CODEC_TEST(AV22_reserved_bits),
		CODEC_TEST(AV23_P_bit),
		CODEC_TEST(AV24_unknown_with_M_inside_groups),
		CODEC_TEST(AV24_unknown_with_M_inside_an_unknown_group),
		CODEC_TEST(AV24_inside_a_group_among_the_others),
		CODEC_TEST(known_AVP_among_the_others_has_to_be_sound),
		CODEC_TEST(AV27_empty_group),
		CODEC_TEST(AV28_missing_AVP),
		CODEC_TEST(AV28_first_missing_AVP),
		CODEC_TEST(AV28_missing_group),
		CODEC_TEST(AV29_twice),
		CODEC_TEST(AV29_group_twice),
		CODEC_TEST(AV29_more_than_two),
		CODEC_TEST(AV29_64_copies_of_Origin_Host),
		CODEC_TEST(AV30_not_allowed_by_the_grammar),
		CODEC_TEST(AV30_not_allowed_by_the_table),
		CODEC_TEST(answer_with_what_the_table_forbids),
		CODEC_TEST(answer_with_E_bit),
		CODEC_TEST(ER11_broken_AVP_in_Failed_AVP),
		CODEC_TEST(what_came_before_the_fault_is_there),
	};

	return cmocka_run_group_tests_name("codec-avp-grammar", tests, NULL, NULL);
}
