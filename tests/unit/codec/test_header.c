/* SPDX-License-Identifier: Apache-2.0 */
/* Area E, the part that needs no connection: headers of messages. */
#include "codec_test.h"

static void HD01_version_other_than_1(void **state)
{
	struct codec *codec = *state;

	begin_tar(codec);
	codec->wire.at[0] = 2;
	decode_faulty(codec, 5011);
	assert_int_equal(codec->message.header.end_to_end_id, 0x55667788);
	assert_false(codec->fault.close);
}

static void HD02_length_below_a_header(void **state)
{
	struct codec *codec = *state;
	struct dm_bytes wire;

	begin_tar(codec);
	wire = finish(codec);
	for (size_t size = 0; size < DM_HEADER_SIZE; size++) {
		dm_writer_patch(&codec->wire, 1, size, 3);
		assert_int_equal(dm_decode(codec->dictionary, NULL, dm_bytes_of(wire.at, size),
		                           &codec->arena, &codec->message, &codec->fault),
		                 0);
		assert_int_equal(codec->fault.result_code, 5015);
		assert_true(codec->fault.close);
	}
}

static void HD03_length_no_multiple_of_4(void **state)
{
	struct codec *codec = *state;

	for (int more = 1; more < 4; more++) {
		begin_tar(codec);
		dm_writer_zeros(&codec->wire, (size_t)more);
		decode_faulty(codec, 5015);
	}
}

static void HD03_length_other_than_what_is_there(void **state)
{
	struct codec *codec = *state;
	struct dm_bytes wire;

	begin_tar(codec);
	wire = finish(codec);
	assert_int_equal(dm_decode(codec->dictionary, NULL, dm_bytes_of(wire.at, wire.size - 4),
	                           &codec->arena, &codec->message, &codec->fault),
	                 0);
	assert_int_equal(codec->fault.result_code, 5015);
}

static void HD07_request_with_E_bit(void **state)
{
	struct codec *codec = *state;

	begin_tar(codec);
	codec->wire.at[4] |= DM_FLAG_E;
	decode_faulty(codec, 3008);
}

static void HD08_answer_with_T_bit(void **state)
{
	struct codec *codec = *state;

	begin(codec, DM_COMMAND_DWR, DM_FLAG_T, 0);
	put_u32(codec, DM_AVP_RESULT_CODE, 2001);
	put_text(codec, DM_AVP_ORIGIN_HOST, "server.example.org");
	put_text(codec, DM_AVP_ORIGIN_REALM, "example.org");
	decode_sound(codec);
	assert_ptr_equal(codec->message.entry->command, &dm_command_dwa);
}

static void HD09_reserved_bits(void **state)
{
	struct codec *codec = *state;

	begin_tar(codec);
	codec->wire.at[4] |= 0x0f;
	decode_sound(codec);
	codec->options.strict = true;
	decode_faulty(codec, 5013);
}

static void HD10_command_unknown(void **state)
{
	struct codec *codec = *state;

	begin(codec, 8388999, DM_FLAG_R, TEST_APPLICATION);
	decode_faulty(codec, 3001);
	begin(codec, 8388999, DM_FLAG_R, 0);
	decode_faulty(codec, 3001);
}

static void HD11_application_unknown(void **state)
{
	struct codec *codec = *state;

	begin(codec, TEST_COMMAND, DM_FLAG_R, 4711);
	decode_faulty(codec, 3007);
	begin(codec, DM_COMMAND_STR, DM_FLAG_R, 4711);
	decode_faulty(codec, 3007);
}

static void HD12_application_of_header_and_avp_differ(void **state)
{
	struct codec *codec = *state;
	const struct test_tar *tar;

	begin(codec, TEST_COMMAND, DM_FLAG_R | DM_FLAG_P, TEST_APPLICATION);
	put_text(codec, DM_AVP_SESSION_ID, "client.example.org;1;2");
	put_text(codec, DM_AVP_ORIGIN_HOST, "client.example.org");
	put_text(codec, DM_AVP_ORIGIN_REALM, "example.org");
	put_u32(codec, DM_AVP_AUTH_APPLICATION_ID, 4);
	put_text(codec, TEST_TEXT, "behind it");
	tar = decode_sound(codec);
	assert_true(codec->message.application_differs);
	assert_int_equal(tar->auth_application_id, 4);
	assert_int_equal(tar->test_text.count, 1);
	codec->options.strict = true;
	decode_faulty(codec, 5004);
	expect_failed(codec, DM_AVP_AUTH_APPLICATION_ID, 0, "00000004");

	begin_tar(codec);
	decode_sound(codec);
	assert_false(codec->message.application_differs);
}

static void put_str(struct codec *codec, uint32_t header_application, uint32_t avp_application)
{
	begin(codec, DM_COMMAND_STR, DM_FLAG_R | DM_FLAG_P, header_application);
	put_text(codec, DM_AVP_SESSION_ID, "client.example.org;1;2");
	put_text(codec, DM_AVP_ORIGIN_HOST, "client.example.org");
	put_text(codec, DM_AVP_ORIGIN_REALM, "example.org");
	put_text(codec, DM_AVP_DESTINATION_REALM, "example.net");
	put_u32(codec, DM_AVP_AUTH_APPLICATION_ID, avp_application);
	put_u32(codec, DM_AVP_TERMINATION_CAUSE, 1);
}

/* Profile 4: base commands come with 0 or with the application's own id. */
static void HD12_base_commands_under_both_ids(void **state)
{
	struct codec *codec = *state;

	codec->options.strict = true;
	put_str(codec, 0, TEST_APPLICATION);
	decode_sound(codec);
	assert_ptr_equal(codec->message.entry->command, &dm_command_str);
	put_str(codec, TEST_APPLICATION, TEST_APPLICATION);
	decode_sound(codec);
	assert_ptr_equal(codec->message.entry->command, &dm_command_str);
	put_str(codec, TEST_APPLICATION, 4);
	decode_faulty(codec, 5004);
}

/* CER names applications that are not the header's. */
static void HD12_not_in_capabilities_exchange(void **state)
{
	struct codec *codec = *state;

	codec->options.strict = true;
	begin_cer(codec);
	put_u32(codec, DM_AVP_AUTH_APPLICATION_ID, TEST_APPLICATION);
	put_u32(codec, DM_AVP_ACCT_APPLICATION_ID, 3);
	decode_sound(codec);
	assert_false(codec->message.application_differs);
}

static void P_bit_where_it_must_not_be(void **state)
{
	struct codec *codec = *state;

	begin_cer(codec);
	codec->wire.at[4] |= DM_FLAG_P;
	decode_sound(codec);
	codec->options.strict = true;
	decode_faulty(codec, 3008);
}

/* ER14 and base.md 14: one fault is reported, and these come in this order. */
static void order_of_header_faults(void **state)
{
	struct codec *codec = *state;

	begin(codec, 8388999, DM_FLAG_R | DM_FLAG_E, 4711);
	dm_writer_zeros(&codec->wire, 2);
	codec->wire.at[0] = 3;
	decode_faulty(codec, 5011);
	codec->wire.at[0] = 1;
	decode_faulty(codec, 5015);
	codec->wire.size -= 2;
	decode_faulty(codec, 3008);
	codec->wire.at[4] = DM_FLAG_R;
	decode_faulty(codec, 3007);
	dm_writer_patch(&codec->wire, 8, TEST_APPLICATION, 4);
	decode_faulty(codec, 3001);
}

static void ER14_E_bit_before_bad_AVP(void **state)
{
	struct codec *codec = *state;

	begin_tar(codec);
	put_octets(codec, "00000001 40000000");
	codec->wire.at[4] |= DM_FLAG_E;
	decode_faulty(codec, 3008);
}

static void header_is_read_and_written(void **state)
{
	struct codec *codec = *state;
	struct dm_header header;

	begin(codec, 0xfffffe, 0xd0, 0x02000006);
	finish(codec);
	header = dm_header_read(dm_writer_written(&codec->wire));
	assert_int_equal(header.version, 1);
	assert_int_equal(header.length, 20);
	assert_int_equal(header.flags, 0xd0);
	assert_int_equal(header.command_code, 0xfffffe);
	assert_int_equal(header.application_id, 0x02000006);
	assert_int_equal(header.hop_by_hop_id, 0x11223344);
	assert_int_equal(header.end_to_end_id, 0x55667788);
	dm_header_write(&codec->wire, &header);
	assert_int_equal(codec->wire.size, 40);
	assert_memory_equal(codec->wire.at, codec->wire.at + 20, 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CODEC_TEST(HD01_version_other_than_1),
		CODEC_TEST(HD02_length_below_a_header),
		CODEC_TEST(HD03_length_no_multiple_of_4),
		CODEC_TEST(HD03_length_other_than_what_is_there),
		CODEC_TEST(HD07_request_with_E_bit),
		CODEC_TEST(HD08_answer_with_T_bit),
		CODEC_TEST(HD09_reserved_bits),
		CODEC_TEST(HD10_command_unknown),
		CODEC_TEST(HD11_application_unknown),
		CODEC_TEST(HD12_application_of_header_and_avp_differ),
		CODEC_TEST(HD12_base_commands_under_both_ids),
		CODEC_TEST(HD12_not_in_capabilities_exchange),
		CODEC_TEST(P_bit_where_it_must_not_be),
		CODEC_TEST(order_of_header_faults),
		CODEC_TEST(ER14_E_bit_before_bad_AVP),
		CODEC_TEST(header_is_read_and_written),
	};

	return cmocka_run_group_tests_name("codec-header", tests, NULL, NULL);
}
