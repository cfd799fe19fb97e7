/* SPDX-License-Identifier: Apache-2.0 */
/* Faults and the answers made of them: RFC 6733 6.2, 7.1, 7.2, 7.5. */
#include "codec_test.h"

#include "dict/mip6.dia.h"

#define BYTES(literal) dm_bytes_of((literal), sizeof(literal) - 1)

static const struct dm_identity identity = {
	.origin_host = { (const uint8_t *)"server.example.net", 18 },
	.origin_realm = { (const uint8_t *)"example.net", 11 },
	.origin_state_id = 77,
};

/* Answers the request in codec->wire from codec->fault; the answer takes its place. */
static struct dm_bytes answer(struct codec *codec, const char *reporting_host)
{
	struct dm_bytes request = finish(codec);
	size_t size = request.size;

	assert_int_equal(dm_encode_fault(codec->dictionary, &identity,
	                                 dm_arena_copy(&codec->arena, request), &codec->fault,
	                                 dm_bytes_text(reporting_host), &codec->wire),
	                 0);
	memmove(codec->wire.at, codec->wire.at + size, codec->wire.size - size);
	codec->wire.size -= size;
	return dm_writer_written(&codec->wire);
}

/* The header of an answer, checked against a request made by begin(). HD14, HD15. */
static struct dm_header check_header(struct dm_bytes wire, uint32_t code, uint32_t application_id,
                                     uint8_t flags)
{
	struct dm_header header = dm_header_read(wire);

	assert_int_equal(header.version, 1);
	assert_int_equal(header.length, wire.size);
	assert_int_equal(header.flags, flags);
	assert_int_equal(header.command_code, code);
	assert_int_equal(header.application_id, application_id);
	assert_int_equal(header.hop_by_hop_id, 0x11223344);
	assert_int_equal(header.end_to_end_id, 0x55667788);
	return header;
}

static void put_proxy_info(struct codec *codec, const char *host)
{
	size_t group = open_group(codec, DM_AVP_PROXY_INFO, 0);

	put_text(codec, DM_AVP_PROXY_HOST, host);
	put_text(codec, DM_AVP_PROXY_STATE, "state");
	close_group(codec, group);
}

static void ER02_protocol_error(void **state)
{
	struct codec *codec = *state;
	const struct dm_answer_message *body;

	begin_tar(codec);
	put_proxy_info(codec, "one.example.org");
	put_proxy_info(codec, "two.example.org");
	dm_fault_set(&codec->fault, 3002, "No peer serves %s", "example.net");
	codec->fault.failed_avp = (struct dm_bytes){ 0 };
	answer(codec, "");
	check_header(dm_writer_written(&codec->wire), TEST_COMMAND, TEST_APPLICATION,
	             DM_FLAG_P | DM_FLAG_E);
	body = decode_sound(codec);
	assert_text(body->session_id, "client.example.org;1;2");
	assert_text(body->origin_host, "server.example.net");
	assert_text(body->origin_realm, "example.net");
	assert_int_equal(body->result_code, 3002);
	assert_int_equal(body->origin_state_id, 77);
	assert_text(body->error_message, "No peer serves example.net");
	assert_false(body->has.error_reporting_host);
	assert_false(body->has.failed_avp);
	assert_int_equal(body->proxy_info.count, 2);
	assert_text(body->proxy_info.at[0].proxy_host, "one.example.org");
	assert_text(body->proxy_info.at[1].proxy_host, "two.example.org");
	assert_int_equal(body->other.count, 0);
}

static void ER03_transient_error_has_no_E_bit(void **state)
{
	struct codec *codec = *state;
	const struct test_taa *taa;

	begin_tar(codec);
	put_u32(codec, TEST_KIND, 3);
	dm_fault_set(&codec->fault, 4002, "No space");
	answer(codec, "");
	check_header(dm_writer_written(&codec->wire), TEST_COMMAND, TEST_APPLICATION, DM_FLAG_P);
	taa = decode_sound(codec);
	assert_int_equal(taa->result_code, 4002);
	assert_int_equal(taa->test_kind, 3);
}

static void ER04_permanent_error_of_a_known_command(void **state)
{
	struct codec *codec = *state;
	const struct test_taa *taa;

	begin_tar(codec);
	put_u32(codec, TEST_KIND, 3);
	put_proxy_info(codec, "one.example.org");
	put(codec, 4711, DM_AVP_FLAG_M, BYTES("x"));
	decode_faulty(codec, 5001);
	answer(codec, "");
	check_header(dm_writer_written(&codec->wire), TEST_COMMAND, TEST_APPLICATION, DM_FLAG_P);
	taa = decode_sound(codec);
	assert_text(taa->session_id, "client.example.org;1;2");
	assert_int_equal(taa->result_code, 5001);
	assert_int_equal(taa->proxy_info.count, 1);
	assert_int_equal(taa->failed_avp->other.count, 1);
	assert_int_equal(taa->failed_avp->other.at[0].code, 4711);
	assert_int_equal(taa->failed_avp->other.at[0].flags, DM_AVP_FLAG_M);
	assert_text(taa->failed_avp->other.at[0].data, "x");
}

/* What the answer's grammar demands and the request lacks, or has in bad shape: answer-message. */
static void ER04_where_the_grammar_cannot_be_satisfied(void **state)
{
	struct codec *codec = *state;
	const struct dm_answer_message *body;

	for (int i = 0; i < 3; i++) {
		begin_tar(codec);
		if (i == 1)
			put_u32(codec, TEST_KIND, 99);
		if (i == 2)
			put(codec, TEST_KIND, DM_AVP_FLAG_M, BYTES("\0\0"));
		dm_fault_set(&codec->fault, 5012, "Trouble");
		answer(codec, "");
		check_header(dm_writer_written(&codec->wire), TEST_COMMAND, TEST_APPLICATION,
		             DM_FLAG_P | DM_FLAG_E);
		body = decode_sound(codec);
		assert_int_equal(body->result_code, 5012);
	}
}

/* What is missing in the request and stands in its header too can be given. */
static void ER04_application_from_the_header(void **state)
{
	struct codec *codec = *state;
	const struct mip6_mba *mba;

	assert_int_equal(dm_dictionary_add(codec->dictionary, &mip6_grammar, NULL, NULL, 0), 0);
	begin(codec, MIP6_COMMAND_MBR, DM_FLAG_R | DM_FLAG_P, MIP6_APPLICATION_ID);
	put_text(codec, DM_AVP_SESSION_ID, "a;1;2");
	put_text(codec, DM_AVP_ORIGIN_HOST, "client.example.org");
	put_text(codec, DM_AVP_ORIGIN_REALM, "example.org");
	put_text(codec, DM_AVP_DESTINATION_REALM, "example.net");
	put_u32(codec, DM_AVP_AUTH_REQUEST_TYPE, 2);
	decode_faulty(codec, 5005);
	answer(codec, "");
	check_header(dm_writer_written(&codec->wire), MIP6_COMMAND_MBR, MIP6_APPLICATION_ID,
	             DM_FLAG_P);
	mba = decode_sound(codec);
	assert_int_equal(mba->auth_application_id, MIP6_APPLICATION_ID);
	assert_int_equal(mba->auth_request_type, 2);
	assert_int_equal(mba->failed_avp->other.at[0].code, DM_AVP_AUTH_APPLICATION_ID);
}

/* Of two Session-Ids, which is a fault, the first comes back. */
static void ER04_Session_Id_once(void **state)
{
	struct codec *codec = *state;
	const struct test_taa *taa;

	begin_tar(codec);
	put_u32(codec, TEST_KIND, 3);
	put_text(codec, DM_AVP_SESSION_ID, "another");
	decode_faulty(codec, 5009);
	answer(codec, "");
	taa = decode_sound(codec);
	assert_text(taa->session_id, "client.example.org;1;2");
}

static void ER04_without_Session_Id(void **state)
{
	struct codec *codec = *state;
	const struct dm_answer_message *body;

	begin(codec, DM_COMMAND_STR, DM_FLAG_R | DM_FLAG_P, TEST_APPLICATION);
	decode_faulty(codec, 5005);
	answer(codec, "");
	check_header(dm_writer_written(&codec->wire), DM_COMMAND_STR, TEST_APPLICATION,
	             DM_FLAG_P | DM_FLAG_E);
	body = decode_sound(codec);
	assert_false(body->has.session_id);
	assert_int_equal(body->failed_avp->other.at[0].code, DM_AVP_SESSION_ID);
}

/* Between neighbours: DWA can be made, CEA speaks of us and is the node's business. */
static void answers_between_neighbours(void **state)
{
	struct codec *codec = *state;
	const struct dm_dwa *dwa;

	begin(codec, DM_COMMAND_DWR, DM_FLAG_R, 0);
	decode_faulty(codec, 5005);
	answer(codec, "");
	check_header(dm_writer_written(&codec->wire), DM_COMMAND_DWR, 0, 0);
	dwa = decode_sound(codec);
	assert_int_equal(dwa->result_code, 5005);
	assert_int_equal(dwa->failed_avp->other.at[0].code, DM_AVP_ORIGIN_HOST);

	begin_cer(codec);
	put_text(codec, DM_AVP_ORIGIN_HOST, "again.example.org");
	decode_faulty(codec, 5009);
	answer(codec, "");
	check_header(dm_writer_written(&codec->wire), DM_COMMAND_CER, 0, DM_FLAG_E);
	decode_sound(codec);
	assert_ptr_equal(codec->message.entry->command, &dm_command_answer_message);
}

static void ER05_reporting_host(void **state)
{
	struct codec *codec = *state;
	const struct dm_answer_message *body;

	begin_tar(codec);
	dm_fault_set(&codec->fault, 3002, "No route");
	answer(codec, "relay.example.net");
	body = decode_sound(codec);
	assert_text(body->error_reporting_host, "relay.example.net");
}

static void ER06_sentence_is_UTF8_even_when_cut(void **state)
{
	struct codec *codec = *state;
	char long_name[400];
	struct dm_bytes sentence;

	/* Shifted by 0 to 3 octets, so that the cut falls on each octet of the character. */
	for (size_t shift = 0; shift < 4; shift++) {
		memset(long_name, 'a', shift);
		for (size_t i = shift; i + 4 < sizeof(long_name); i += 4)
			memcpy(long_name + i, "\xf0\x9f\x8f\xa0", 5);
		dm_fault_set(&codec->fault, 5012, "%s", long_name);
		sentence = dm_bytes_text(codec->fault.sentence);
		assert_true(dm_bytes_is_utf8(sentence));
		assert_in_range(sentence.size, sizeof(codec->fault.sentence) - 5,
		                sizeof(codec->fault.sentence) - 1);
	}
}

static void RB07_names_of_peers_are_not_formats(void **state)
{
	struct codec *codec = *state;

	begin(codec, TEST_COMMAND, DM_FLAG_R | DM_FLAG_P, TEST_APPLICATION);
	put_text(codec, DM_AVP_SESSION_ID, "%n%n%n");
	put_text(codec, DM_AVP_ORIGIN_HOST, "%n%s.example");
	decode_faulty(codec, 5004);
	assert_null(strchr(codec->fault.sentence, '%'));
}

/* Header faults: the grammar of the command is not to be trusted. */
static void HD01_answer_has_version_1(void **state)
{
	struct codec *codec = *state;
	const struct dm_answer_message *body;

	begin_tar(codec);
	codec->wire.at[0] = 2;
	decode_faulty(codec, 5011);
	answer(codec, "");
	check_header(dm_writer_written(&codec->wire), TEST_COMMAND, TEST_APPLICATION,
	             DM_FLAG_P | DM_FLAG_E);
	body = decode_sound(codec);
	assert_int_equal(body->result_code, 5011);
}

static void HD10_HD11_answers(void **state)
{
	struct codec *codec = *state;
	const struct dm_answer_message *body;

	begin(codec, 8388999, DM_FLAG_R, TEST_APPLICATION);
	put_text(codec, DM_AVP_SESSION_ID, "a;1;2");
	decode_faulty(codec, 3001);
	answer(codec, "");
	check_header(dm_writer_written(&codec->wire), 8388999, TEST_APPLICATION, DM_FLAG_E);
	body = decode_sound(codec);
	assert_int_equal(body->result_code, 3001);
	assert_text(body->session_id, "a;1;2");

	begin(codec, TEST_COMMAND, DM_FLAG_R | DM_FLAG_P, 4711);
	decode_faulty(codec, 3007);
	answer(codec, "");
	check_header(dm_writer_written(&codec->wire), TEST_COMMAND, 4711, DM_FLAG_P | DM_FLAG_E);
}

static void any_octets_can_be_answered(void **state)
{
	struct codec *codec = *state;
	struct dm_bytes request;

	begin_tar(codec);
	put_head(codec, 4711, 0, 3);
	request = dm_arena_copy(&codec->arena, finish(codec));
	for (size_t size = 0; size <= request.size; size++) {
		dm_writer_reset(&codec->wire);
		dm_fault_set(&codec->fault, 5015, "Cut");
		assert_int_equal(dm_encode_fault(codec->dictionary, &identity,
		                                 dm_bytes_of(request.at, size), &codec->fault,
		                                 dm_bytes_text(""), &codec->wire),
		                 0);
		assert_int_equal(codec->wire.at[0], 1);
		assert_int_equal(codec->wire.at[4] & DM_FLAG_E, DM_FLAG_E);
	}
}

static void no_room_for_the_answer(void **state)
{
	struct codec *codec = *state;
	uint8_t room[100];
	struct dm_writer out;
	struct dm_bytes request;

	begin_tar(codec);
	request = finish(codec);
	dm_fault_set(&codec->fault, 5012, "Trouble");
	dm_writer_init_fixed(&out, room, sizeof(room));
	assert_int_equal(dm_encode_fault(codec->dictionary, &identity, request, &codec->fault,
	                                 dm_bytes_text(""), &out),
	                 -90 /* EMSGSIZE */);
	assert_int_equal(out.size, 0);
}

/* ---- dm_fault_about ---- */

static void about_an_AVP_that_is_there(void **state)
{
	struct codec *codec = *state;

	begin_tar(codec);
	put_u32(codec, TEST_NUMBER, 7);
	put_u32(codec, TEST_NUMBER, 8);
	decode_sound(codec);
	dm_fault_about(codec->dictionary, &codec->arena, codec->message.wire, &test_avp_test_number,
	               5004, &codec->fault, "%d is no number", 7);
	assert_int_equal(codec->fault.result_code, 5004);
	assert_string_equal(codec->fault.sentence, "7 is no number");
	assert_string_equal(codec->fault.path, "TAR/Test-Number");
	expect_failed(codec, TEST_NUMBER, 0, "00000007");
}

static void about_an_AVP_that_is_not_there(void **state)
{
	struct codec *codec = *state;

	begin_tar(codec);
	decode_sound(codec);
	dm_fault_about(codec->dictionary, &codec->arena, codec->message.wire, &dm_avp_user_name,
	               5005, &codec->fault, "TAR lacks User-Name");
	assert_octets(codec->fault.failed_avp, "00000001 40000008");
	/* Missing is missing, even when one of that name is there. */
	begin_tar(codec);
	put_u32(codec, TEST_NUMBER, 7);
	decode_sound(codec);
	dm_fault_about(codec->dictionary, &codec->arena, codec->message.wire, &test_avp_test_number,
	               5005, &codec->fault, "one more is needed");
	expect_failed(codec, TEST_NUMBER, 0, "00000000");
}

static void about_a_group(void **state)
{
	struct codec *codec = *state;
	size_t leaf;

	begin_tar(codec);
	leaf = open_group(codec, TEST_LEAF, TEST_VENDOR);
	put_u32(codec, TEST_NUMBER, 7);
	close_group(codec, leaf);
	decode_sound(codec);
	dm_fault_about(codec->dictionary, &codec->arena, codec->message.wire, &test_avp_test_leaf,
	               5007, &codec->fault, "contradicts");
	assert_octets(codec->fault.failed_avp,
	              "00015fa5 c0000018 0001869f 00015f9f 4000000c 00000007");
}

static void names_of_result_codes(void **state)
{
	(void)state;
	assert_string_equal(dm_result_code_name(2001), "DIAMETER_SUCCESS");
	assert_string_equal(dm_result_code_name(4003), "ELECTION_LOST");
	assert_string_equal(dm_result_code_name(5014), "DIAMETER_INVALID_AVP_LENGTH");
	assert_string_equal(dm_result_code_name(1234), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CODEC_TEST(ER02_protocol_error),
		CODEC_TEST(ER03_transient_error_has_no_E_bit),
		CODEC_TEST(ER04_permanent_error_of_a_known_command),
		CODEC_TEST(ER04_where_the_grammar_cannot_be_satisfied),
		CODEC_TEST(ER04_application_from_the_header),
		CODEC_TEST(ER04_Session_Id_once),
		CODEC_TEST(ER04_without_Session_Id),
		CODEC_TEST(answers_between_neighbours),
		CODEC_TEST(ER05_reporting_host),
		CODEC_TEST(ER06_sentence_is_UTF8_even_when_cut),
		CODEC_TEST(RB07_names_of_peers_are_not_formats),
		CODEC_TEST(HD01_answer_has_version_1),
		CODEC_TEST(HD10_HD11_answers),
		CODEC_TEST(any_octets_can_be_answered),
		CODEC_TEST(no_room_for_the_answer),
		CODEC_TEST(about_an_AVP_that_is_there),
		CODEC_TEST(about_an_AVP_that_is_not_there),
		CODEC_TEST(about_a_group),
		cmocka_unit_test(names_of_result_codes),
	};

	return cmocka_run_group_tests_name("codec-fault", tests, NULL, NULL);
}
