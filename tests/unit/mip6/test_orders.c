/* SPDX-License-Identifier: Apache-2.0 */
/* What the home server asks of a NAS: ASR and RAR, what it does with their answers, and without. */
#include "stage.h"

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

/* The order is given, and the tick after it has come. */
static struct mip6_order_counts order(struct stage *stage, enum mip6_operator_order what,
                                      const char *name, int error)
{
	struct mip6_order_counts counts;

	assert_int_equal(mip6_home_server_order(stage->server->role, what, dm_bytes_text(name),
	                                        NULL, &counts, stage->play->now),
	                 error);
	play_advance(stage->play, 0);
	return counts;
}

static void raa(struct stage *stage, uint32_t result_code)
{
	struct play_request *request = play_sent(stage->play, &dm_command_rar);
	const struct dm_rar *rar = request->message.body;
	const struct dm_raa answer = {
		.session_id = rar->session_id,
		.result_code = result_code,
		.origin_host = rar->destination_host,
		.origin_realm = rar->destination_realm,
	};

	play_reply(request, &dm_command_raa, &answer);
}

static size_t asr_count(struct stage *stage)
{
	return play_sent_count(stage->play, &dm_command_asr);
}

static size_t rar_count(struct stage *stage)
{
	return play_sent_count(stage->play, &dm_command_rar);
}

/* ---- ASR ---- */

static void SE07_an_abort_ends_everything_in_order(void **state)
{
	struct stage *stage = *state;
	struct mip6_order_counts counts;
	const struct dm_asr *asr;

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	stage_bootstrap(stage, NAS2, "s2", ALICE);
	stage_bootstrap(stage, NAS1, "s3", BOB);
	counts = order(stage, MIP6_OPERATOR_ABORT, "alice@HOME.example.net", 0);
	assert_int_equal(counts.sessions, 1);
	assert_int_equal(counts.accesses, 2);
	assert_int_equal(asr_count(stage), 2); /* the home agent is told last */
	asr = play_sent(stage->play, &dm_command_asr)->message.body;
	assert_octets(asr->destination_realm, LITERAL(VISITED));
	assert_octets(asr->user_name, LITERAL(ALICE));
	stage_abort(stage, 2001);
	stage_abort(stage, 2001);
	assert_int_equal(stage_counts(stage).accesses, 3);
	stage_str(stage, NAS1, "s1");
	stage_str(stage, NAS2, "s2");
	assert_int_equal(stage_counts(stage).accesses, 1);
	asr = play_sent(stage->play, &dm_command_asr)->message.body;
	assert_octets(asr->destination_host, LITERAL(HA1)); /* no lingering */
	stage_abort(stage, 2001);
	assert_int_equal(stage_counts(stage).sessions, 1);
}

static void an_access_session_is_aborted_alone(void **state)
{
	struct stage *stage = *state;
	struct mip6_order_counts counts;

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	stage_bootstrap(stage, NAS2, "s2", ALICE);
	counts = order(stage, MIP6_OPERATOR_ABORT, "s2", 0);
	assert_int_equal(counts.sessions, 0);
	assert_int_equal(counts.accesses, 1);
	stage_abort(stage, 2001);
	stage_str(stage, NAS2, "s2");
	assert_int_equal(stage_counts(stage).accesses, 1);
	assert_int_equal(stage_counts(stage).sessions, 1);
	assert_int_equal(asr_count(stage), 0);
}

static void a_lingering_session_is_aborted_by_its_home_agent_session(void **state)
{
	struct stage *stage = *state;
	char name[300];
	struct dm_text text;

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	stage_str(stage, NAS1, "s1");
	dm_text_init(&text, name, sizeof(name));
	dm_text_octets(&text,
	               play_record(stage->server, STORE_PUT_SESSION)->session.home_agent_session);
	order(stage, MIP6_OPERATOR_ABORT, name, 0);
	stage_abort(stage, 2001);
	assert_int_equal(stage_counts(stage).sessions, 0);
}

static void one_service_of_two_is_aborted(void **state)
{
	struct stage *stage = *state;
	struct mip6_mbr mbr = stage_mbr(NAS1, "s2", ALICE);
	const struct dm_bytes voice = LITERAL("voice"), none = LITERAL("none");
	struct mip6_role *role = stage->server->role;
	struct mip6_order_counts counts;

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	mbr.has.service_selection = true;
	mbr.service_selection = voice;
	stage_send(stage, &mbr);
	stage_accept(stage);
	assert_int_equal(mip6_home_server_order(role, MIP6_OPERATOR_ABORT, LITERAL(ALICE), &none,
	                                        &counts, stage->play->now),
	                 -ENOENT);
	assert_int_equal(mip6_home_server_order(role, MIP6_OPERATOR_ABORT, LITERAL(ALICE), &voice,
	                                        &counts, stage->play->now),
	                 0);
	play_advance(stage->play, 0);
	assert_int_equal(asr_count(stage), 1);
	assert_octets(((const struct dm_asr *)play_sent(stage->play, &dm_command_asr)->message.body)
	                      ->session_id,
	              LITERAL("s2"));
	counts = order(stage, MIP6_OPERATOR_ABORT, ALICE, 0);
	assert_int_equal(counts.sessions, 2);
}

static void nobody_is_meant(void **state)
{
	struct stage *stage = *state;

	order(stage, MIP6_OPERATOR_ABORT, BOB, -ENOENT);
	order(stage, MIP6_OPERATOR_ABORT, "no nai", -ENOENT);
	order(stage, MIP6_OPERATOR_REAUTHORIZE, "x;1;2", -ENOENT);
}

static void SE08_a_nas_that_knows_nothing_has_ended_it(void **state)
{
	struct stage *stage = *state;

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	order(stage, MIP6_OPERATOR_ABORT, ALICE, 0);
	stage_abort(stage, 5002);
	assert_int_equal(stage_counts(stage).accesses, 0);
	assert_int_equal(play_stored(stage->server, STORE_PUT_ACCESS), 0);
}

static void SE09_asr_to_a_nas_is_repeated_and_then_given_up(void **state)
{
	struct stage *stage = *state;
	static const int waits[] = { 5, 10, 20, 40, 80 };

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	order(stage, MIP6_OPERATOR_ABORT, ALICE, 0);
	for (size_t i = 0; i < 5; i++) {
		play_lose(play_sent(stage->play, &dm_command_asr));
		play_advance(stage->play, waits[i] - 1);
		assert_int_equal(asr_count(stage), 0);
		play_advance(stage->play, 1);
		assert_int_equal(asr_count(stage), 1);
	}
	assert_int_equal(stage_counts(stage).accesses, 1);
	play_lose(play_sent(stage->play, &dm_command_asr));
	assert_int_equal(stage_counts(stage).accesses, 0);
	assert_true(play_had_event(stage->play, "client-silent"));
	stage_abort(stage, 2001);
	assert_int_equal(stage_counts(stage).sessions, 0);
}

static void a_nas_that_sends_no_str_after_asa(void **state)
{
	struct stage *stage = *state;

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	order(stage, MIP6_OPERATOR_ABORT, ALICE, 0);
	stage_abort(stage, 2001);
	play_advance(stage->play, 29);
	assert_int_equal(stage_counts(stage).accesses, 1);
	play_advance(stage->play, 1);
	assert_int_equal(stage_counts(stage).accesses, 0);
}

static void asr_to_a_nas_goes_again_with_our_application_id(void **state)
{
	struct stage *stage = *state;

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	order(stage, MIP6_OPERATOR_ABORT, ALICE, 0);
	assert_int_equal(play_sent(stage->play, &dm_command_asr)->message.header.application_id, 0);
	play_reply_error(stage->play, play_sent(stage->play, &dm_command_asr), 3007);
	assert_int_equal(play_sent(stage->play, &dm_command_asr)->message.header.application_id,
	                 MIP6_APPLICATION_ID);
	stage_abort(stage, 5012); /* RFC 6733 8.1: no is an end, too */
	assert_int_equal(stage_counts(stage).accesses, 0);
}

static void an_asr_that_crosses_a_mbr_is_sent_for_the_renewed_session(void **state)
{
	struct stage *stage = *state;

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	order(stage, MIP6_OPERATOR_ABORT, ALICE, 0);
	stage_bootstrap(stage, NAS1, "s1", ALICE);
	play_advance(stage->play, 0);
	assert_int_equal(asr_count(stage), 2);
	stage_abort(stage, 2001); /* to the first: it says nothing about the second */
	stage_abort(stage, 5002);
	assert_int_equal(stage_counts(stage).accesses, 0);
}

static void a_node_that_comes_back_while_it_is_aborted_is_served(void **state)
{
	struct stage *stage = *state;

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	order(stage, MIP6_OPERATOR_ABORT, ALICE, 0);
	stage_bootstrap(stage, NAS2, "s2", ALICE);
	stage_abort(stage, 5002);
	assert_int_equal(stage_counts(stage).accesses, 1);
	stage_str(stage, NAS2, "s2");
	assert_int_equal(asr_count(stage), 0); /* it lingers */
}

/* ---- RAR ---- */

static void SE06_rar_then_mbr(void **state)
{
	struct stage *stage = *state;
	const struct dm_rar *rar;
	const struct mip6_mba *first = stage_bootstrap(stage, NAS1, "s1", ALICE), *again;

	order(stage, MIP6_OPERATOR_REAUTHORIZE, ALICE, 0);
	rar = play_sent(stage->play, &dm_command_rar)->message.body;
	assert_octets(rar->session_id, LITERAL("s1"));
	assert_octets(rar->destination_host, LITERAL(NAS1));
	assert_int_equal(rar->re_auth_request_type, DM_RE_AUTH_REQUEST_TYPE_AUTHORIZE_ONLY);
	assert_octets(rar->user_name, LITERAL(ALICE));
	raa(stage, 2001);
	again = stage_bootstrap(stage, NAS1, "s1", ALICE);
	assert_octets(again->mip6_home_address, first->mip6_home_address);
	play_advance(stage->play, 10000);
	assert_int_equal(stage_counts(stage).accesses, 1);
	assert_int_equal(rar_count(stage), 0);
}

static void the_mbr_may_come_before_the_raa(void **state)
{
	struct stage *stage = *state;

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	order(stage, MIP6_OPERATOR_REAUTHORIZE, ALICE, 0);
	stage_bootstrap(stage, NAS1, "s1", ALICE);
	raa(stage, 2001);
	play_advance(stage->play, 10000);
	assert_int_equal(stage_counts(stage).accesses, 1);
}

static void SE06_a_rar_without_a_mbr_ends_the_session(void **state)
{
	struct stage *stage = *state;

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	order(stage, MIP6_OPERATOR_REAUTHORIZE, "s1", 0);
	raa(stage, 2001);
	play_advance(stage->play, 29);
	assert_int_equal(stage_counts(stage).accesses, 1);
	play_advance(stage->play, 1);
	assert_int_equal(stage_counts(stage).accesses, 0);
}

static void SE05_a_raa_that_says_no_ends_the_session(void **state)
{
	struct stage *stage = *state;

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	order(stage, MIP6_OPERATOR_REAUTHORIZE, ALICE, 0);
	raa(stage, 5002);
	assert_int_equal(stage_counts(stage).accesses, 0);
	assert_int_equal(stage_counts(stage).sessions, 1); /* it lingers */
}

static void a_nas_that_knows_no_rar_or_is_silent_keeps_its_session(void **state)
{
	struct stage *stage = *state;

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	order(stage, MIP6_OPERATOR_REAUTHORIZE, ALICE, 0);
	play_reply_error(stage->play, play_sent(stage->play, &dm_command_rar), 3001);
	play_advance(stage->play, 1000);
	assert_int_equal(stage_counts(stage).accesses, 1);
	order(stage, MIP6_OPERATOR_REAUTHORIZE, ALICE, 0);
	for (int i = 0; i < 6; i++) {
		play_lose(play_sent(stage->play, &dm_command_rar));
		play_advance(stage->play, 100);
	}
	assert_int_equal(rar_count(stage), 0);
	assert_int_equal(stage_counts(stage).accesses, 1);
}

static void SE12_an_order_does_not_outlive_the_session(void **state)
{
	struct stage *stage = stage_new();

	(void)state;
	stage->config.policy.authorization_lifetime = 100;
	stage_open(stage);
	stage_bootstrap(stage, NAS1, "s1", ALICE);
	play_advance(stage->play, 95);
	order(stage, MIP6_OPERATOR_REAUTHORIZE, ALICE, 0);
	play_advance(stage->play, 5); /* neither RAA nor MBR */
	assert_int_equal(stage_counts(stage).accesses, 0);
	stage_close(stage);
}

/* RFC 6733 8.9: 0 is at once, all ones is none, and no hint is longer than the policy. */
static void SE10_hints_of_nought_and_of_all_ones(void **state)
{
	static const struct {
		uint32_t hint, granted;
	} cases[] = { { 0, 0 }, { 60, 60 }, { UINT32_MAX, 100 } };
	struct stage *stage = stage_new();

	(void)state;
	stage->config.policy.authorization_lifetime = 100;
	stage->config.policy.auth_grace_period = 20;
	stage_open(stage);
	for (size_t i = 0; i < 3; i++) {
		struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);
		uint64_t transaction;

		mbr.has.authorization_lifetime = true;
		mbr.authorization_lifetime = cases[i].hint;
		transaction = stage_send(stage, &mbr);
		if (!play_answered(stage->play, transaction))
			stage_accept(stage);
		assert_int_equal(stage_mba(stage, transaction)->authorization_lifetime,
		                 cases[i].granted);
		play_advance(stage->play, cases[i].granted + 19);
		assert_int_equal(stage_counts(stage).accesses, 1);
		play_advance(stage->play, 1);
		assert_int_equal(stage_counts(stage).accesses, 0);
	}
	stage_close(stage);
}

/* ---- subscribers that change ---- */

static void a_changed_subscriber_is_authorized_again(void **state)
{
	struct stage *stage = *state;
	struct store_subscriber alice = stage_subscriber(ALICE);

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	stage_put(stage, &alice);
	play_advance(stage->play, 0);
	assert_int_equal(rar_count(stage), 0); /* nothing has changed */
	alice.authorization_lifetime = 77;
	stage_put(stage, &alice);
	play_advance(stage->play, 0);
	raa(stage, 2001);
	assert_int_equal(stage_bootstrap(stage, NAS1, "s1", ALICE)->authorization_lifetime, 77);
}

static void a_disabled_subscriber_is_aborted(void **state)
{
	struct stage *stage = *state;

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	mip6_home_server_enable_subscriber(stage->server->role, LITERAL(ALICE), false, 8,
	                                   stage->play->now);
	play_pump(stage->play);
	play_advance(stage->play, 0);
	stage_abort(stage, 5002);
	stage_abort(stage, 2001); /* the home agent's */
	assert_int_equal(stage_counts(stage).sessions, 0);
}

static void a_deleted_subscriber_is_aborted_also_over_a_restart(void **state)
{
	struct stage *stage = *state;

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	stage_bootstrap(stage, NAS1, "s2", BOB);
	stage_str(stage, NAS1, "s2");
	mip6_home_server_delete_subscriber(stage->server->role, LITERAL(ALICE), 8,
	                                   stage->play->now);
	mip6_home_server_delete_subscriber(stage->server->role, LITERAL(BOB), 9, stage->play->now);
	play_pump(stage->play);
	stage_restart(stage);
	stage->play->sent_count = 0;
	play_advance(stage->play, 0);
	assert_int_equal(asr_count(stage), 2); /* alice's NAS, bob's home agent */
	stage_abort(stage, 5002);
	stage_abort(stage, 5002);
	stage_abort(stage, 5002);
	assert_int_equal(stage_counts(stage).sessions, 0);
}

/* Disabled while the home agent was asked: what was granted meanwhile is taken back. */
static void a_subscriber_disabled_during_his_bootstrapping(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);

	stage_send(stage, &mbr);
	mip6_home_server_enable_subscriber(stage->server->role, LITERAL(ALICE), false, 8,
	                                   stage->play->now);
	play_pump(stage->play);
	stage_accept(stage);
	play_advance(stage->play, 0);
	stage_abort(stage, 5002);
	stage_abort(stage, 2001);
	assert_int_equal(stage_counts(stage).sessions, 0);
}

static void many_orders_leave_in_slices(void **state)
{
	struct stage *stage = *state;
	struct mip6_mbr mbr = stage_mbr(NAS1, "s", ALICE);
	struct mip6_order_counts counts;
	char name[16];

	for (int i = 0; i < 300; i++) {
		struct dm_text text;

		dm_text_init(&text, name, sizeof(name));
		dm_text_add(&text, "s%d", i);
		mbr.session_id = dm_bytes_of(text.at, text.size);
		stage_send(stage, &mbr);
		if (i == 0)
			stage_accept(stage);
		stage->play->answer_count = 0;
	}
	stage->play->sent_count = 0;
	mip6_home_server_order(stage->server->role, MIP6_OPERATOR_REAUTHORIZE, LITERAL(ALICE), NULL,
	                       &counts, stage->play->now);
	assert_int_equal(counts.accesses, 300);
	assert_int_equal(rar_count(stage), 0);
	stage->server->role->class->tick(stage->server->role, stage->play->now);
	play_pump(stage->play);
	assert_int_equal(rar_count(stage), 256);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_stage, close_stage)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(SE07_an_abort_ends_everything_in_order),
		TEST(an_access_session_is_aborted_alone),
		TEST(a_lingering_session_is_aborted_by_its_home_agent_session),
		TEST(one_service_of_two_is_aborted),
		TEST(nobody_is_meant),
		TEST(SE08_a_nas_that_knows_nothing_has_ended_it),
		TEST(SE09_asr_to_a_nas_is_repeated_and_then_given_up),
		TEST(a_nas_that_sends_no_str_after_asa),
		TEST(asr_to_a_nas_goes_again_with_our_application_id),
		TEST(an_asr_that_crosses_a_mbr_is_sent_for_the_renewed_session),
		TEST(a_node_that_comes_back_while_it_is_aborted_is_served),
		TEST(SE06_rar_then_mbr),
		TEST(the_mbr_may_come_before_the_raa),
		TEST(SE06_a_rar_without_a_mbr_ends_the_session),
		TEST(SE05_a_raa_that_says_no_ends_the_session),
		TEST(a_nas_that_knows_no_rar_or_is_silent_keeps_its_session),
		cmocka_unit_test(SE10_hints_of_nought_and_of_all_ones),
		cmocka_unit_test(SE12_an_order_does_not_outlive_the_session),
		TEST(a_changed_subscriber_is_authorized_again),
		TEST(a_disabled_subscriber_is_aborted),
		TEST(a_deleted_subscriber_is_aborted_also_over_a_restart),
		TEST(a_subscriber_disabled_during_his_bootstrapping),
		TEST(many_orders_leave_in_slices),
	};

	return cmocka_run_group_tests_name("mip6-orders", tests, NULL, NULL);
}
