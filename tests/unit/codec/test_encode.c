/* SPDX-License-Identifier: Apache-2.0 */
/* Encoding: what is written, and what is refused. HD14 and HD15 as far as the codec decides. */
#include "codec_test.h"

#include <errno.h>
#include <stdlib.h>

static const struct dm_header answer_to = {
	.flags = DM_FLAG_R | DM_FLAG_P | DM_FLAG_T,
	.command_code = TEST_COMMAND,
	.application_id = TEST_APPLICATION,
	.hop_by_hop_id = 0xa1a2a3a4,
	.end_to_end_id = 0xb1b2b3b4,
};

static struct test_taa taa_of(void)
{
	return (struct test_taa){
		.session_id = DM_BYTES_LITERAL("a;1;2"),
		.result_code = 2001,
		.origin_host = DM_BYTES_LITERAL("s.example"),
		.origin_realm = DM_BYTES_LITERAL("example"),
		.test_kind = 20,
	};
}

static int encode_taa(struct codec *codec, const struct test_taa *taa)
{
	dm_writer_reset(&codec->wire);
	return dm_encode(codec->dictionary, &test_command_taa, &answer_to, taa, &codec->wire);
}

static void answer_octet_by_octet(void **state)
{
	struct codec *codec = *state;
	struct test_taa taa = taa_of();

	assert_int_equal(encode_taa(codec, &taa), 0);
	assert_octets(dm_writer_written(&codec->wire),
	              "01000060 407ffda1 00012cc9 a1a2a3a4 b1b2b3b4"
	              "00000107 4000000d 613b313b 32000000"
	              "0000010c 4000000c 000007d1"
	              "00000108 40000011 732e6578 616d706c 65000000"
	              "00000128 4000000f 6578616d 706c6500"
	              "00015f9b 4000000c 00000014");
}

static void HD14_answer_repeats_P_bit(void **state)
{
	struct codec *codec = *state;
	struct test_taa taa = taa_of();
	struct dm_header header = answer_to;

	assert_int_equal(encode_taa(codec, &taa), 0);
	assert_int_equal(codec->wire.at[4], DM_FLAG_P);
	header.flags = DM_FLAG_R;
	dm_writer_reset(&codec->wire);
	assert_int_equal(
		dm_encode(codec->dictionary, &test_command_taa, &header, &taa, &codec->wire), 0);
	assert_int_equal(codec->wire.at[4], 0);
}

/* A base command answers under the Application-Id it came with. */
static void HD15_answer_repeats_the_header(void **state)
{
	struct codec *codec = *state;
	struct dm_header request = answer_to, answer;
	struct dm_sta sta = {
		.session_id = DM_BYTES_LITERAL("a;1;2"),
		.result_code = 2001,
		.origin_host = DM_BYTES_LITERAL("s.example"),
		.origin_realm = DM_BYTES_LITERAL("example"),
	};
	static const uint32_t applications[] = { 0, TEST_APPLICATION };

	request.command_code = DM_COMMAND_STR;
	for (size_t i = 0; i < 2; i++) {
		request.application_id = applications[i];
		dm_writer_reset(&codec->wire);
		assert_int_equal(
			dm_encode(codec->dictionary, &dm_command_sta, &request, &sta, &codec->wire),
			0);
		answer = dm_header_read(dm_writer_written(&codec->wire));
		assert_int_equal(answer.command_code, DM_COMMAND_STR);
		assert_int_equal(answer.application_id, applications[i]);
		assert_int_equal(answer.hop_by_hop_id, request.hop_by_hop_id);
		assert_int_equal(answer.end_to_end_id, request.end_to_end_id);
		assert_int_equal(answer.flags, DM_FLAG_P);
	}
}

static void answer_message_repeats_the_command(void **state)
{
	struct codec *codec = *state;
	struct dm_answer_message body = {
		.origin_host = DM_BYTES_LITERAL("s.example"),
		.origin_realm = DM_BYTES_LITERAL("example"),
		.result_code = 3002,
	};
	struct dm_header header;

	assert_int_equal(dm_encode(codec->dictionary, &dm_command_answer_message, &answer_to, &body,
	                           &codec->wire),
	                 0);
	header = dm_header_read(dm_writer_written(&codec->wire));
	assert_int_equal(header.command_code, TEST_COMMAND);
	assert_int_equal(header.application_id, TEST_APPLICATION);
	assert_int_equal(header.flags, DM_FLAG_P | DM_FLAG_E);
}

static void request_flags(void **state)
{
	struct codec *codec = *state;
	struct dm_header header = { .flags = DM_FLAG_E | DM_FLAG_T };
	struct dm_dwr dwr = {
		.origin_host = DM_BYTES_LITERAL("c.example"),
		.origin_realm = DM_BYTES_LITERAL("example"),
	};
	struct test_tar tar = {
		.session_id = DM_BYTES_LITERAL("a;1;2"),
		.origin_host = DM_BYTES_LITERAL("c.example"),
		.origin_realm = DM_BYTES_LITERAL("example"),
	};

	assert_int_equal(dm_encode(codec->dictionary, &dm_command_dwr, &header, &dwr, &codec->wire),
	                 0);
	assert_int_equal(codec->wire.at[4], DM_FLAG_R | DM_FLAG_T);
	dm_writer_reset(&codec->wire);
	header.flags = 0;
	assert_int_equal(
		dm_encode(codec->dictionary, &test_command_tar, &header, &tar, &codec->wire), 0);
	assert_int_equal(codec->wire.at[4], DM_FLAG_R | DM_FLAG_P);
}

/* Of an optional member `has` decides; of a group the pointer, of a list the count. */
static void optional_members(void **state)
{
	struct codec *codec = *state;
	static const uint32_t numbers[] = { 5, 6 };
	struct test_leaf leaf = { .test_number = 7 };
	struct test_nest nest = { .test_leaf = &leaf };
	struct test_tar tar = {
		.session_id = DM_BYTES_LITERAL("a;1;2"),
		.origin_host = DM_BYTES_LITERAL("c.example"),
		.origin_realm = DM_BYTES_LITERAL("example"),
		.auth_application_id = TEST_APPLICATION,
		.test_integer32 = -1, /* not there */
		.has.test_integer64 = true,
		.test_integer64 = -2,
		.test_number = { numbers, 2 },
		.test_nest = &nest,
	};
	const struct test_tar *got;

	assert_int_equal(
		dm_encode(codec->dictionary, &test_command_tar, &answer_to, &tar, &codec->wire), 0);
	got = decode_sound(codec);
	assert_false(got->has.test_integer32);
	assert_true(got->test_integer64 == -2);
	assert_int_equal(got->test_number.count, 2);
	assert_int_equal(got->test_number.at[1], 6);
	assert_int_equal(got->test_nest->test_leaf->test_number, 7);
	assert_null(got->test_nest->test_nest);
}

static void others_are_written_last(void **state)
{
	struct codec *codec = *state;
	const struct dm_raw_avp others[] = {
		{ .code = 4711, .data = DM_BYTES_LITERAL("x") },
		{ .code = 4712, .vendor = 42, .data = DM_BYTES_LITERAL("y") },
	};
	struct test_taa taa = taa_of();

	taa.other = (struct dm_raw_avp_list){ others, 2 };
	assert_int_equal(encode_taa(codec, &taa), 0);
	assert_octets(dm_bytes_of(codec->wire.at + codec->wire.size - 28, 28),
	              "00001267 00000009 78000000"
	              "00001268 8000000d 0000002a 79000000");
}

static void what_does_not_fit_its_definition(void **state)
{
	struct codec *codec = *state;
	static const uint32_t numbers[] = { 1, 2, 3 };
	struct test_tar tar = {
		.session_id = DM_BYTES_LITERAL("a;1;2"),
		.origin_host = DM_BYTES_LITERAL("c.example"),
		.origin_realm = DM_BYTES_LITERAL("example"),
		.test_number = { numbers, 3 },
	};
	struct test_nest nest = { .test_leaf = NULL };
	struct dm_cer cer = {
		.origin_host = DM_BYTES_LITERAL("c.example"),
		.origin_realm = DM_BYTES_LITERAL("example"),
		.product_name = DM_BYTES_LITERAL("test"),
	};

	assert_int_equal(
		dm_encode(codec->dictionary, &test_command_tar, &answer_to, &tar, &codec->wire),
		-EINVAL);
	tar.test_number.count = 2;
	tar.test_nest = &nest;
	assert_int_equal(
		dm_encode(codec->dictionary, &test_command_tar, &answer_to, &tar, &codec->wire),
		-EINVAL);
	tar.test_nest = NULL;
	tar.has.test_four = true;
	tar.test_four = DM_BYTES_LITERAL("123");
	assert_int_equal(
		dm_encode(codec->dictionary, &test_command_tar, &answer_to, &tar, &codec->wire),
		-EINVAL);
	tar.has.test_four = false;
	tar.has.test_time = true;
	tar.test_time = INT64_C(4233462144);
	assert_int_equal(
		dm_encode(codec->dictionary, &test_command_tar, &answer_to, &tar, &codec->wire),
		-EINVAL);
	/* A required list: Host-IP-Address. */
	assert_int_equal(
		dm_encode(codec->dictionary, &dm_command_cer, &answer_to, &cer, &codec->wire),
		-EINVAL);
	/* Nothing of all that was left behind. */
	assert_int_equal(codec->wire.size, 0);
}

static void without_its_grammar(void **state)
{
	struct codec *codec = *state;
	struct dm_dictionary *empty = dm_dictionary_new();
	struct test_taa taa = taa_of();

	assert_int_equal(dm_encode(empty, &test_command_taa, &answer_to, &taa, &codec->wire),
	                 -ENOENT);
	dm_dictionary_free(empty);
}

static void writer_at_its_limit(void **state)
{
	struct codec *codec = *state;
	struct test_taa taa = taa_of();
	uint8_t room[96];
	struct dm_writer out;

	for (size_t size = 0; size < sizeof(room); size++) {
		dm_writer_init_fixed(&out, room, size);
		assert_int_equal(
			dm_encode(codec->dictionary, &test_command_taa, &answer_to, &taa, &out),
			-EMSGSIZE);
		assert_int_equal(out.size, 0);
	}
	dm_writer_init_fixed(&out, room, sizeof(room));
	assert_int_equal(dm_encode(codec->dictionary, &test_command_taa, &answer_to, &taa, &out),
	                 0);
}

/* Behind what the writer holds already, and away again when it fails. */
static void appended_to_a_writer(void **state)
{
	struct codec *codec = *state;
	struct test_taa taa = taa_of();
	struct dm_answer_message body = { .result_code = 3002 };

	assert_int_equal(encode_taa(codec, &taa), 0);
	assert_int_equal(
		dm_encode(codec->dictionary, &test_command_taa, &answer_to, &taa, &codec->wire), 0);
	assert_int_equal(codec->wire.size, 192);
	assert_memory_equal(codec->wire.at, codec->wire.at + 96, 96);
	assert_int_equal(dm_encode(codec->dictionary, &dm_command_answer_message, &answer_to, &body,
	                           &codec->wire),
	                 0);
	assert_int_equal(dm_header_read(dm_bytes_of(codec->wire.at + 192, 20)).length,
	                 codec->wire.size - 192);
}

static void group_alone(void **state)
{
	struct codec *codec = *state;
	static const struct dm_bytes texts[] = { { (const uint8_t *)"abc", 3 } };
	struct test_leaf leaf = { .test_number = 7, .test_text = { texts, 1 } };

	assert_int_equal(
		dm_encode_group(codec->dictionary, &test_avp_test_leaf, &leaf, &codec->wire), 0);
	assert_octets(dm_writer_written(&codec->wire), "00015fa5 c0000024 0001869f"
	                                               "00015f9f 4000000c 00000007"
	                                               "00015f9c 4000000b 61626300");
	assert_int_equal(
		dm_encode_group(codec->dictionary, &test_avp_test_number, &leaf, &codec->wire),
		-EINVAL);
	assert_int_equal(
		dm_encode_group(codec->dictionary, &test_avp_test_leaf, NULL, &codec->wire),
		-EINVAL);
}

static void group_at_the_limit(void **state)
{
	struct codec *codec = *state;
	struct test_leaf leaf = { .test_number = 7 };
	uint8_t room[24];
	struct dm_writer out;

	for (size_t size = 0; size <= sizeof(room); size++) {
		dm_writer_init_fixed(&out, room, size);
		assert_int_equal(
			dm_encode_group(codec->dictionary, &test_avp_test_leaf, &leaf, &out),
			size < sizeof(room) ? -EMSGSIZE : 0);
		assert_int_equal(out.size, size < sizeof(room) ? 0 : size);
	}
}

/* AVP Length and Message Length have 24 bits. */
static void longer_than_a_length_can_say(void **state)
{
	struct codec *codec = *state;
	struct test_taa taa = taa_of();
	struct dm_writer out;

	taa.session_id = dm_bytes_of(calloc(1, 0x1000000), 0x1000000 - 8);
	assert_non_null(taa.session_id.at);
	dm_writer_init(&out, 0x8000000);
	assert_int_equal(dm_encode(codec->dictionary, &test_command_taa, &answer_to, &taa, &out),
	                 -EMSGSIZE);
	/* The AVP would fit, the message does not. */
	dm_writer_reset(&out);
	taa.session_id.size = 0xffffff - 8;
	assert_int_equal(dm_encode(codec->dictionary, &test_command_taa, &answer_to, &taa, &out),
	                 -EMSGSIZE);
	dm_writer_reset(&out);
	taa.session_id.size = 0xffffff - 200;
	assert_int_equal(dm_encode(codec->dictionary, &test_command_taa, &answer_to, &taa, &out),
	                 0);
	dm_writer_fini(&out);
	free((void *)(uintptr_t)taa.session_id.at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CODEC_TEST(answer_octet_by_octet),
		CODEC_TEST(HD14_answer_repeats_P_bit),
		CODEC_TEST(HD15_answer_repeats_the_header),
		CODEC_TEST(answer_message_repeats_the_command),
		CODEC_TEST(request_flags),
		CODEC_TEST(optional_members),
		CODEC_TEST(others_are_written_last),
		CODEC_TEST(what_does_not_fit_its_definition),
		CODEC_TEST(without_its_grammar),
		CODEC_TEST(writer_at_its_limit),
		CODEC_TEST(appended_to_a_writer),
		CODEC_TEST(group_alone),
		CODEC_TEST(group_at_the_limit),
		CODEC_TEST(longer_than_a_length_can_say),
	};

	return cmocka_run_group_tests_name("codec-encode", tests, NULL, NULL);
}
