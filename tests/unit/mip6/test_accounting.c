/* SPDX-License-Identifier: Apache-2.0 */
/* The home server as accounting server: ACR in, a record stored, ACA out. */
#include "stage.h"

#include "mip6/home_server/server_accounting.h"

#include <errno.h>

static int open_stage(void **state)
{
	struct stage *stage = stage_new();

	stage_open(stage);
	*state = stage;
	return 0;
}

static int close_stage(void **state)
{
	stage_close(*state);
	return 0;
}

static struct dm_acr acr_of(const char *host, const char *session_id, int32_t type, uint32_t number)
{
	return (struct dm_acr){
		.session_id = dm_bytes_text(session_id),
		.origin_host = dm_bytes_text(host),
		.origin_realm = LITERAL(VISITED),
		.destination_realm = LITERAL(HOME),
		.accounting_record_type = type,
		.accounting_record_number = number,
		.has.acct_application_id = true,
		.acct_application_id = MIP6_APPLICATION_ID,
	};
}

static const struct dm_aca *aca(struct stage *stage, const struct dm_acr *acr, uint32_t result_code)
{
	uint64_t transaction = play_request(stage->server, &dm_command_acr, acr);
	const struct play_answer *answer = play_answer(stage->play, transaction);

	assert_int_equal(answer->result_code, result_code);
	return answer->message.body;
}

static uint32_t give(struct stage *stage, const char *session_id, int32_t type, uint32_t number)
{
	const struct dm_acr acr = acr_of(NAS1, session_id, type, number);
	uint64_t transaction = play_request(stage->server, &dm_command_acr, &acr);

	return play_answer(stage->play, transaction)->result_code;
}

static const struct store_accounting *record(struct stage *stage)
{
	return &play_record(stage->server, STORE_PUT_ACCOUNTING)->accounting;
}

static size_t records(struct stage *stage)
{
	return play_stored(stage->server, STORE_PUT_ACCOUNTING);
}

/* ---- what is stored ---- */

static void AC01_an_event_is_stored(void **state)
{
	struct stage *stage = *state;
	struct dm_acr acr = acr_of(NAS1, "e1", DM_ACCOUNTING_RECORD_TYPE_EVENT_RECORD, 0);
	const struct dm_aca *answer;

	acr.has.user_name = acr.has.event_timestamp = acr.has.acct_session_id = true;
	acr.user_name = LITERAL(ALICE);
	acr.event_timestamp = PLAY_WALL + 3000000000; /* the next era of 4.3.1 */
	acr.acct_session_id = LITERAL("radius-7");
	answer = aca(stage, &acr, 2001);
	assert_octets(answer->session_id, LITERAL("e1"));
	assert_int_equal(answer->accounting_record_type, 1);
	assert_int_equal(answer->accounting_record_number, 0);
	assert_octets(answer->user_name, LITERAL(ALICE));
	assert_octets(answer->acct_session_id, LITERAL("radius-7"));
	assert_true(answer->has.event_timestamp);
	assert_int_equal(answer->event_timestamp, acr.event_timestamp);
	assert_int_equal(answer->acct_application_id, MIP6_APPLICATION_ID);
	assert_octets(answer->origin_host, LITERAL(SERVER));
	assert_false(answer->has.acct_interim_interval);
	assert_int_equal(records(stage), 1);
	assert_octets(record(stage)->session_id, LITERAL("e1"));
	assert_octets(record(stage)->origin_host, LITERAL(NAS1));
	assert_octets(record(stage)->origin_realm, LITERAL(VISITED));
	assert_octets(record(stage)->user_name, LITERAL(ALICE));
	assert_int_equal(record(stage)->record_type, 1);
	assert_int_equal(record(stage)->received, PLAY_WALL);
	assert_int_equal(record(stage)->hour, PLAY_WALL / 3600);
	assert_int_equal(record(stage)->event_time, acr.event_timestamp);
	assert_int_equal(record(stage)->usage.told, 0);
}

static void AC02_start_interims_stop_are_all_there(void **state)
{
	struct stage *stage = *state;

	assert_int_equal(give(stage, "s1", 2, 0), 2001);
	assert_int_equal(give(stage, "s1", 3, 1), 2001);
	assert_int_equal(give(stage, "s1", 3, 2), 2001);
	assert_int_equal(give(stage, "s1", 4, 3), 2001);
	assert_int_equal(records(stage), 4);
	assert_int_equal(stage_counts(stage).records, 4);
}

static void AC03_an_interim_or_stop_without_start_is_stored(void **state)
{
	struct stage *stage = *state;

	assert_int_equal(give(stage, "lost", 3, 5), 2001);
	assert_int_equal(give(stage, "gone", 4, 9), 2001);
	assert_int_equal(records(stage), 2);
}

static void AC05_a_second_one_is_stored_once_and_answered_alike(void **state)
{
	struct stage *stage = *state;

	assert_int_equal(give(stage, "s1", 2, 0), 2001);
	play_advance(stage->play, 86400);
	assert_int_equal(give(stage, "s1", 2, 0), 2001);
	assert_int_equal(records(stage), 1);
	assert_int_equal(record(stage)->received, PLAY_WALL);
}

static void what_was_counted_is_stored_as_it_was_told(void **state)
{
	struct stage *stage = *state;
	struct dm_acr acr = acr_of(NAS1, "s1", 4, 1);

	acr.has.acct_session_time = acr.has.accounting_output_octets = true;
	acr.acct_session_time = 77;
	acr.accounting_output_octets = UINT64_MAX;
	aca(stage, &acr, 2001);
	assert_int_equal(record(stage)->usage.told,
	                 STORE_TOLD_SESSION_TIME | STORE_TOLD_OUTPUT_OCTETS);
	assert_int_equal(record(stage)->usage.session_time, 77);
	assert_true(record(stage)->usage.output_octets == UINT64_MAX);
	acr.accounting_record_number = 2;
	acr.has.accounting_input_octets = acr.has.accounting_input_packets =
		acr.has.accounting_output_packets = true;
	acr.accounting_input_octets = 1;
	acr.accounting_input_packets = 2;
	acr.accounting_output_packets = 3;
	aca(stage, &acr, 2001);
	assert_int_equal(records(stage), 2);
}

static void AC13_a_sub_session_comes_back_in_the_answer(void **state)
{
	struct stage *stage = *state;
	struct dm_acr acr = acr_of(NAS1, "s1", 2, 0);

	acr.has.accounting_sub_session_id = true;
	acr.accounting_sub_session_id = (uint64_t)5 << 40;
	assert_true(aca(stage, &acr, 2001)->has.accounting_sub_session_id);
	assert_true(record(stage)->has_sub_session);
	assert_true(record(stage)->sub_session == (uint64_t)5 << 40);
}

/* ---- whose it is ---- */

static void AC14_a_known_session_is_joined_by_its_mobility_session(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mba *mba = stage_bootstrap(stage, NAS1, "s1", ALICE);

	assert_true(mba->has.acct_multi_session_id);
	assert_int_equal(give(stage, "s1", 2, 0), 2001);
	assert_octets(record(stage)->user_name, LITERAL(ALICE));
	assert_octets(record(stage)->acct_multi_session_id, mba->acct_multi_session_id);
	assert_int_equal(record(stage)->accounted, STORE_ACCOUNTED_ACCESS);
	assert_memory_equal(record(stage)->home_address.address,
	                    address_in(mba->mip6_home_address).address, 16);
}

static void the_home_agents_record_is_joined_too(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);
	struct dm_acr acr;
	struct dm_bytes multi;

	stage_send(stage, &mbr);
	acr = acr_of(HA1, "", 2, 0);
	acr.session_id = stage_mhr(stage, HA1)->session_id;
	multi = stage_mhr(stage, HA1)->acct_multi_session_id;
	stage_accept(stage);
	aca(stage, &acr, 2001);
	assert_int_equal(record(stage)->accounted, STORE_ACCOUNTED_HOME_AGENT);
	assert_octets(record(stage)->acct_multi_session_id, multi);
}

/* A session that is over here, or another server's: the home address tells whose record it is. */
static void a_home_agent_is_known_by_what_it_brings(void **state)
{
	struct stage *stage = *state;
	struct store_prefix home = prefix_of("2001:db8:1:2::77");
	const uint8_t old[4] = { 192, 0, 2, 1 };
	const struct dm_address addresses[] = { { DM_ADDRESS_IPV4, dm_bytes_of(old, 4) },
		                                { DM_ADDRESS_IPV6,
		                                  dm_bytes_of(home.address, 16) } };
	struct dm_acr acr = acr_of(HA1, "over", 4, 1);

	acr.has.mip_mobile_node_address = true;
	acr.mip_mobile_node_address = (struct dm_address_list){ addresses, 2 };
	aca(stage, &acr, 2001);
	assert_int_equal(record(stage)->accounted, STORE_ACCOUNTED_HOME_AGENT);
	assert_prefix(record(stage)->home_address, "2001:db8:1:2::77/128");
}

static void only_the_sessions_own_client_may_account_for_it(void **state)
{
	struct stage *stage = *state;
	const struct dm_acr acr = acr_of(NAS2, "s1", 2, 0);

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	aca(stage, &acr, 5002);
	assert_int_equal(records(stage), 0);
	assert_int_equal(give(stage, "s1", 2, 0), 2001);
}

/* ---- both models ---- */

static void AC15_split_and_coupled_are_accepted(void **state)
{
	static const uint32_t served[] = { 0, MIP6_BASE_ACCOUNTING, MIP6_APPLICATION_ID };
	struct stage *stage = *state;
	struct dm_acr acr = acr_of(NAS1, "s1", 2, 0);

	for (uint32_t i = 0; i < 3; i++) {
		acr.acct_application_id = served[i];
		acr.accounting_record_number = i;
		assert_int_equal(aca(stage, &acr, 2001)->acct_application_id, served[i]);
	}
	acr.accounting_record_number = 4;
	acr.has.acct_application_id = false; /* the draft: 0 in the header says enough */
	assert_false(aca(stage, &acr, 2001)->has.acct_application_id);
	assert_int_equal(records(stage), 4);
}

static void AC15_inside_of_a_vendors_group(void **state)
{
	const struct dm_vendor_specific_application_id group = {
		.vendor_id = 32473,
		.has.acct_application_id = true,
		.acct_application_id = MIP6_APPLICATION_ID,
	};
	const struct dm_vendor_specific_application_id *back;
	struct stage *stage = *state;
	struct dm_acr acr = acr_of(NAS1, "s1", 2, 0);

	acr.has.acct_application_id = false;
	acr.has.vendor_specific_application_id = true;
	acr.vendor_specific_application_id = &group;
	back = aca(stage, &acr, 2001)->vendor_specific_application_id;
	assert_non_null(back);
	assert_int_equal(back->vendor_id, 32473);
	assert_int_equal(back->acct_application_id, MIP6_APPLICATION_ID);
}

static void AC15_another_applications_records_are_not_ours(void **state)
{
	struct stage *stage = *state;
	struct dm_acr acr = acr_of(NAS1, "s1", 2, 0);
	const struct dm_aca *answer;

	acr.acct_application_id = 4;
	answer = aca(stage, &acr, 5004);
	assert_int_equal(answer->failed_avp->other.at[0].code, 259);
	assert_int_equal(records(stage), 0);
}

/* ---- durable before promised ---- */

static void the_answer_waits_for_the_commit(void **state)
{
	struct stage *stage = *state;
	const struct dm_acr acr = acr_of(NAS1, "s1", 2, 0);
	uint64_t transaction;

	stage->server->store->hold = true;
	transaction = play_request(stage->server, &dm_command_acr, &acr);
	assert_null(play_answered(stage->play, transaction));
	play_release(stage->play, 0);
	assert_int_equal(play_answer(stage->play, transaction)->result_code, 2001);
}

static void AC06_a_full_disk_is_4002_and_loses_nothing(void **state)
{
	struct stage *stage = *state;
	struct dm_acr acr = acr_of(NAS1, "s1", 3, 1);
	const struct dm_aca *answer;

	assert_int_equal(give(stage, "s1", 2, 0), 2001);
	stage->server->store->fail = ENOSPC;
	answer = aca(stage, &acr, 4002);
	assert_int_equal(answer->accounting_record_number, 1);
	assert_true(answer->has.error_message);
	assert_int_equal(records(stage), 1);
	stage->server->store->fail = 0;
	aca(stage, &acr, 2001); /* it comes again */
	assert_int_equal(records(stage), 2);
	assert_int_equal(stage_counts(stage).records, 2);
}

static void a_busy_store_is_3004(void **state)
{
	struct stage *stage = *state;

	stage->server->store->fail = EAGAIN;
	assert_int_equal(give(stage, "s1", 2, 0), 3004);
	assert_int_equal(records(stage), 0);
}

/* ---- policy ---- */

static void AC12_interval_and_realtime_are_told_everywhere(void **state)
{
	struct stage *stage = stage_new();
	struct dm_acr acr = acr_of(NAS1, "s1", 2, 0);
	const struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);
	const struct dm_aca *answer;
	uint64_t transaction;

	(void)state;
	stage->config.policy.acct_interim = 600;
	stage->config.policy.acct_realtime = DM_ACCOUNTING_REALTIME_REQUIRED_GRANT_AND_LOSE;
	stage_open(stage);
	transaction = stage_send(stage, &mbr);
	assert_int_equal(stage_mhr(stage, HA1)->acct_interim_interval, 600);
	assert_int_equal(stage_mhr(stage, HA1)->accounting_realtime_required, 3);
	stage_accept(stage);
	assert_int_equal(stage_mba(stage, transaction)->acct_interim_interval, 600);
	assert_int_equal(stage_mba(stage, transaction)->accounting_realtime_required, 3);
	answer = aca(stage, &acr, 2001);
	assert_int_equal(answer->acct_interim_interval, 600);
	assert_int_equal(answer->accounting_realtime_required, 3);
	assert_int_equal(record(stage)->interim_interval, 600);
	stage_close(stage);
}

static void old_records_go_by_the_hour(void **state)
{
	struct stage *stage = stage_new();

	(void)state;
	stage->config.policy.acct_keep = 7200;
	stage_open(stage);
	assert_int_equal(give(stage, "s1", 2, 0), 2001);
	play_advance(stage->play, 3600);
	assert_int_equal(give(stage, "s1", 3, 1), 2001);
	play_advance(stage->play, 3600);
	assert_int_equal(records(stage), 2);
	play_advance(stage->play, 3600);
	assert_int_equal(records(stage), 1);
	assert_int_equal(record(stage)->record_number, 1);
	play_advance(stage->play, 3600);
	assert_int_equal(records(stage), 0);
	stage_close(stage);
}

#define STAGE_TEST(name) cmocka_unit_test_setup_teardown(name, open_stage, close_stage)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STAGE_TEST(AC01_an_event_is_stored),
		STAGE_TEST(AC02_start_interims_stop_are_all_there),
		STAGE_TEST(AC03_an_interim_or_stop_without_start_is_stored),
		STAGE_TEST(AC05_a_second_one_is_stored_once_and_answered_alike),
		STAGE_TEST(what_was_counted_is_stored_as_it_was_told),
		STAGE_TEST(AC13_a_sub_session_comes_back_in_the_answer),
		STAGE_TEST(AC14_a_known_session_is_joined_by_its_mobility_session),
		STAGE_TEST(the_home_agents_record_is_joined_too),
		STAGE_TEST(a_home_agent_is_known_by_what_it_brings),
		STAGE_TEST(only_the_sessions_own_client_may_account_for_it),
		STAGE_TEST(AC15_split_and_coupled_are_accepted),
		STAGE_TEST(AC15_inside_of_a_vendors_group),
		STAGE_TEST(AC15_another_applications_records_are_not_ours),
		STAGE_TEST(the_answer_waits_for_the_commit),
		STAGE_TEST(AC06_a_full_disk_is_4002_and_loses_nothing),
		STAGE_TEST(a_busy_store_is_3004),
		cmocka_unit_test(AC12_interval_and_realtime_are_told_everywhere),
		cmocka_unit_test(old_records_go_by_the_hour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
