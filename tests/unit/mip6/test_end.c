/* SPDX-License-Identifier: Apache-2.0 */
/* How access sessions and mobility sessions end at the home server, and what a restart finds. */
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

static const struct dm_sta *sta(struct stage *stage, uint64_t transaction, uint32_t result_code)
{
	const struct play_answer *answer = play_answer(stage->play, transaction);

	assert_int_equal(answer->result_code, result_code);
	return answer->message.body;
}

/* ---- STR ---- */

static void SE04_str_ends_the_access_session(void **state)
{
	struct stage *stage = *state;
	uint64_t transaction;

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	transaction = stage_str(stage, NAS1, "s1");
	assert_octets(sta(stage, transaction, 2001)->session_id, LITERAL("s1"));
	assert_int_equal(play_stored(stage->server, STORE_PUT_ACCESS), 0);
	assert_int_equal(stage_counts(stage).accesses, 0);
	assert_int_equal(stage_counts(stage).clients, 0);
	sta(stage, stage_str(stage, NAS1, "s1"), 5002);
	sta(stage, stage_str(stage, NAS1, "never"), 5002);
}

static void SE04_only_the_client_itself_may_end_it(void **state)
{
	struct stage *stage = *state;

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	sta(stage, stage_str(stage, NAS2, "s1"), 5002);
	assert_int_equal(stage_counts(stage).accesses, 1);
}

static void SE04_sta_waits_for_its_commit(void **state)
{
	struct stage *stage = *state;
	uint64_t first, second;

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	stage->server->store->hold = true;
	first = stage_str(stage, NAS1, "s1");
	second = stage_str(stage, NAS1, "s1");
	assert_null(play_answered(stage->play, first));
	play_release(stage->play, 0);
	sta(stage, first, 2001);
	sta(stage, second, 2001);
}

static void SE04_a_full_disk_keeps_the_session(void **state)
{
	struct stage *stage = *state;

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	stage->server->store->fail = ENOSPC;
	sta(stage, stage_str(stage, NAS1, "s1"), 5012);
	assert_int_equal(stage_counts(stage).accesses, 1);
	stage->server->store->fail = 0;
	sta(stage, stage_str(stage, NAS1, "s1"), 2001);
}

/* A node that moved: the late STR of the old NAS ends only its own access session. */
static void a_late_str_of_the_old_nas(void **state)
{
	struct stage *stage = *state;

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	stage_bootstrap(stage, NAS2, "s2", ALICE);
	sta(stage, stage_str(stage, NAS1, "s1"), 2001);
	play_advance(stage->play, 10000);
	assert_int_equal(stage_counts(stage).sessions, 1);
	assert_int_equal(stage_counts(stage).accesses, 1);
	assert_int_equal(play_sent_count(stage->play, &dm_command_asr), 0);
}

/* ---- lingering ---- */

static void a_mobility_session_lingers_and_ends(void **state)
{
	struct stage *stage = *state;
	const struct dm_asr *asr;

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	stage_str(stage, NAS1, "s1");
	assert_int_equal(play_record(stage->server, STORE_PUT_SESSION)->session.state, 2);
	assert_int_equal(play_record(stage->server, STORE_PUT_SESSION)->session.linger_until,
	                 PLAY_WALL + 300);
	play_advance(stage->play, 299);
	assert_int_equal(play_sent_count(stage->play, &dm_command_asr), 0);
	play_advance(stage->play, 1);
	asr = play_sent(stage->play, &dm_command_asr)->message.body;
	assert_octets(asr->destination_host, LITERAL(HA1));
	assert_octets(asr->user_name, LITERAL(ALICE));
	assert_int_equal(play_sent(stage->play, &dm_command_asr)->message.header.application_id, 0);
	assert_int_equal(play_record(stage->server, STORE_PUT_SESSION)->session.state, 3);
	assert_int_equal(stage_agent(stage, HA1).pool_taken, 1);
	stage_abort(stage, 2001);
	assert_int_equal(stage_agent(stage, HA1).pool_taken, 0);
	assert_int_equal(stage_agent(stage, HA1).sessions, 0);
	assert_int_equal(play_stored(stage->server, STORE_PUT_SESSION), 0);
	assert_true(play_had_event(stage->play, "lingering"));
	assert_true(play_had_event(stage->play, "session-ended"));
}

static void a_node_that_returns_while_lingering_keeps_everything(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mba *first = stage_bootstrap(stage, NAS1, "s1", ALICE), *again;

	stage_str(stage, NAS1, "s1");
	play_advance(stage->play, 200);
	again = stage_bootstrap(stage, NAS2, "s2", ALICE);
	assert_octets(again->mip6_home_address, first->mip6_home_address);
	assert_int_equal(play_record(stage->server, STORE_PUT_SESSION)->session.state, 1);
	play_advance(stage->play, 10000);
	assert_int_equal(play_sent_count(stage->play, &dm_command_asr), 0);
	assert_int_equal(stage_counts(stage).sessions, 1);
}

static void lingering_nought_ends_at_once(void **state)
{
	struct stage *stage = stage_new();

	(void)state;
	stage->config.policy.linger = 0;
	stage_open(stage);
	stage_bootstrap(stage, NAS1, "s1", ALICE);
	stage_str(stage, NAS1, "s1");
	stage_abort(stage, 2001);
	assert_int_equal(stage_counts(stage).sessions, 0);
	stage_close(stage);
}

static void SE09_asr_is_repeated_until_asa(void **state)
{
	struct stage *stage = *state;

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	stage_str(stage, NAS1, "s1");
	play_advance(stage->play, 300);
	play_lose(play_sent(stage->play, &dm_command_asr));
	assert_int_equal(play_sent_count(stage->play, &dm_command_asr), 0);
	play_advance(stage->play, 5);
	play_lose(play_sent(stage->play, &dm_command_asr));
	play_advance(stage->play, 9);
	assert_int_equal(play_sent_count(stage->play, &dm_command_asr), 0);
	play_advance(stage->play, 1);
	stage_abort(stage, 2001);
	assert_int_equal(stage_counts(stage).sessions, 0);
	assert_int_equal(stage_agent(stage, HA1).pool_taken, 0);
}

static void a_node_that_returns_while_asr_is_out_gets_a_new_session(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr mbr = stage_mbr(NAS1, "s2", ALICE);
	uint64_t transaction;

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	stage_str(stage, NAS1, "s1");
	play_advance(stage->play, 300);
	transaction = stage_send(stage, &mbr);
	assert_int_equal(play_sent_count(stage->play, &mip6_command_mhr), 0);
	stage_abort(stage, 2001);
	stage_accept(stage);
	stage_mba(stage, transaction);
	assert_int_equal(stage_counts(stage).sessions, 1);
	assert_int_equal(stage_agent(stage, HA1).pool_taken, 1);
}

static void a_silent_agent_does_not_keep_a_returning_node_waiting(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr mbr = stage_mbr(NAS1, "s2", ALICE);
	uint64_t transaction;

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	stage_str(stage, NAS1, "s1");
	play_advance(stage->play, 300);
	transaction = stage_send(stage, &mbr);
	stage->unreachable[0] = true;
	play_lose(play_sent(stage->play, &dm_command_asr));
	stage_mhr(stage, HA2);
	stage_accept(stage);
	stage_mba(stage, transaction);
	assert_int_equal(stage_counts(stage).sessions, 2);
	stage_abort(stage, 2001); /* tried again because the user is back */
	assert_int_equal(stage_counts(stage).sessions, 1);
}

/* The record that the silent agent leaves behind gives the address up in the store as well. */
static void a_static_address_is_not_kept_by_a_silent_agent(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr mbr = stage_mbr(NAS1, "s2", CAROL);
	uint64_t transaction;

	stage_bootstrap(stage, NAS1, "s1", CAROL);
	stage_str(stage, NAS1, "s1");
	play_advance(stage->play, 300);
	play_lose(play_sent(stage->play, &dm_command_asr));
	transaction = stage_send(stage, &mbr);
	stage_accept(stage);
	assert_prefix(address_in(stage_mba(stage, transaction)->mip6_home_address),
	              "2001:db8:1::ca/64");
	stage_abort(stage, 2001);
	assert_int_equal(stage_counts(stage).sessions, 1);
}

/* ---- the home agent ends it ---- */

static uint64_t agent_str(struct stage *stage, const char *host)
{
	const struct dm_str str = {
		.session_id =
			play_record(stage->server, STORE_PUT_SESSION)->session.home_agent_session,
		.origin_host = dm_bytes_text(host),
		.origin_realm = LITERAL(HOME),
		.destination_realm = LITERAL(HOME),
		.auth_application_id = MIP6_APPLICATION_ID,
		.termination_cause = DM_TERMINATION_CAUSE_DIAMETER_AUTH_EXPIRED,
	};

	return play_request(stage->server, &dm_command_str, &str);
}

static void str_of_the_home_agent_ends_the_mobility_session(void **state)
{
	struct stage *stage = *state;
	uint64_t transaction;

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	sta(stage, agent_str(stage, HA2), 5002); /* not its session */
	transaction = agent_str(stage, HA1);
	sta(stage, transaction, 2001); /* it does not wait for the NAS */
	assert_int_equal(stage_agent(stage, HA1).pool_taken, 0);
	sta(stage, agent_str(stage, HA1), 5002);
	play_advance(stage->play, 0);
	assert_octets(((const struct dm_asr *)play_sent(stage->play, &dm_command_asr)->message.body)
	                      ->destination_host,
	              LITERAL(NAS1));
	stage_abort(stage, 2001);
	sta(stage, stage_str(stage, NAS1, "s1"), 2001);
	assert_int_equal(stage_counts(stage).sessions, 0);
	assert_int_equal(stage_counts(stage).accesses, 0);
	assert_int_equal(play_stored(stage->server, STORE_PUT_SESSION), 0);
	assert_int_equal(play_stored(stage->server, STORE_PUT_ACCESS), 0);
	assert_int_equal(play_sent_count(stage->play, &dm_command_asr), 0);
}

static void str_of_the_home_agent_while_a_commit_is_out(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr mbr = stage_mbr(NAS2, "s2", ALICE);
	uint64_t granted, ended;

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	stage->server->store->hold = true;
	granted = stage_send(stage, &mbr);
	ended = agent_str(stage, HA1);
	assert_null(play_answered(stage->play, ended));
	play_release(stage->play, 0);
	stage_mba(stage, granted);
	play_release(stage->play, 0);
	sta(stage, ended, 2001);
	play_advance(stage->play, 0);
	stage_abort(stage, 5002);
	stage_abort(stage, 5002);
	play_release(stage->play, 0);
	play_release(stage->play, 0);
	assert_int_equal(stage_counts(stage).sessions, 0);
}

static void asr_goes_out_with_the_application_id_that_the_agent_used(void **state)
{
	struct stage *stage = *state;
	const struct dm_str unknown = {
		.session_id = LITERAL("none"),
		.origin_host = LITERAL(HA1),
		.origin_realm = LITERAL(HOME),
		.destination_realm = LITERAL(HOME),
		.auth_application_id = MIP6_APPLICATION_ID,
		.termination_cause = 1,
	};
	struct dm_str str = unknown;

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	str.session_id = play_record(stage->server, STORE_PUT_SESSION)->session.home_agent_session;
	play_request_as(stage->server, &dm_command_str, MIP6_APPLICATION_ID, &str);
	play_advance(stage->play, 0);
	stage_abort(stage, 5002);
	stage_bootstrap(stage, NAS1, "s2", BOB);
	stage_str(stage, NAS1, "s2");
	play_advance(stage->play, 300);
	assert_int_equal(play_sent(stage->play, &dm_command_asr)->message.header.application_id,
	                 MIP6_APPLICATION_ID);
}

/* ---- time ---- */

static void SE12_lifetime_and_grace_end_on_the_server(void **state)
{
	struct stage *stage = stage_new();

	(void)state;
	stage->config.policy.authorization_lifetime = 100;
	stage->config.policy.auth_grace_period = 20;
	stage_open(stage);
	stage_bootstrap(stage, NAS1, "s1", ALICE);
	play_advance(stage->play, 119);
	assert_int_equal(stage_counts(stage).accesses, 1);
	play_advance(stage->play, 1);
	assert_int_equal(stage_counts(stage).accesses, 0);
	assert_int_equal(play_stored(stage->server, STORE_PUT_ACCESS), 0);
	play_advance(stage->play, 300);
	stage_abort(stage, 2001);
	assert_int_equal(stage_counts(stage).sessions, 0);
	stage_close(stage);
}

static void SE12_a_reauthorization_in_time_goes_on(void **state)
{
	struct stage *stage = stage_new();

	(void)state;
	stage->config.policy.authorization_lifetime = 100;
	stage_open(stage);
	stage_bootstrap(stage, NAS1, "s1", ALICE);
	play_advance(stage->play, 90);
	stage_bootstrap(stage, NAS1, "s1", ALICE);
	play_advance(stage->play, 90);
	assert_int_equal(stage_counts(stage).accesses, 1);
	play_advance(stage->play, 10);
	assert_int_equal(stage_counts(stage).accesses, 0);
	stage_close(stage);
}

static void SE13_session_timeout_counts_from_the_opening(void **state)
{
	struct stage *stage = stage_new();
	const struct mip6_mba *mba;

	(void)state;
	stage->config.policy.session_timeout = 1000;
	stage_open(stage);
	stage_bootstrap(stage, NAS1, "s1", ALICE);
	play_advance(stage->play, 400);
	mba = stage_bootstrap(stage, NAS1, "s1", ALICE);
	assert_int_equal(mba->session_timeout, 600); /* what is left, RFC 6733 8.13 */
	play_advance(stage->play, 600);
	assert_int_equal(stage_counts(stage).accesses, 0);
	stage_close(stage);
}

static void an_expiry_that_cannot_be_stored_is_tried_again(void **state)
{
	struct stage *stage = stage_new();

	(void)state;
	stage->config.policy.session_timeout = 100;
	stage_open(stage);
	stage_bootstrap(stage, NAS1, "s1", ALICE);
	stage->server->store->fail = ENOSPC;
	play_advance(stage->play, 100);
	assert_int_equal(stage_counts(stage).accesses, 1);
	stage->server->store->fail = 0;
	play_advance(stage->play, 5);
	assert_int_equal(stage_counts(stage).accesses, 0);
	stage_close(stage);
}

/* ---- Origin-State-Id ---- */

static void SE18_a_restarted_nas_has_lost_its_sessions(void **state)
{
	struct stage *stage = *state;

	stage_bootstrap(stage, NAS1, "s1", ALICE); /* state 7 */
	stage_bootstrap(stage, NAS1, "s2", BOB);
	stage_bootstrap(stage, NAS2, "s3", CAROL);
	stage_peer(stage, NAS1, true, 7);
	stage_peer(stage, NAS1, true, 0);
	stage_peer(stage, NAS1, true, 6);
	play_advance(stage->play, 0);
	assert_int_equal(stage_counts(stage).accesses, 3);
	stage_peer(stage, NAS1, true, 8);
	play_advance(stage->play, 0);
	assert_int_equal(stage_counts(stage).accesses, 1);
	assert_int_equal(stage_counts(stage).sessions, 3); /* they linger */
	assert_true(play_had_event(stage->play, "nas-restarted"));
}

static void SE18_seen_in_a_request_that_came_through_a_relay(void **state)
{
	struct stage *stage = *state;
	struct mip6_mbr mbr = stage_mbr(NAS1, "s9", ALICE);
	const struct mip6_mba *first = stage_bootstrap(stage, NAS1, "s1", ALICE);

	mbr.origin_state_id = 8;
	assert_octets(stage_mba(stage, stage_send(stage, &mbr))->mip6_home_address,
	              first->mip6_home_address);
	play_advance(stage->play, 0);
	assert_int_equal(stage_counts(stage).accesses, 1);
	sta(stage, stage_str(stage, NAS1, "s9"), 2001);
}

static void many_lost_sessions_end_in_slices(void **state)
{
	struct stage *stage = *state;
	struct mip6_mbr mbr = stage_mbr(NAS1, "s", ALICE);
	char name[16];

	for (int i = 0; i < 600; i++) {
		struct dm_text text;

		dm_text_init(&text, name, sizeof(name));
		dm_text_add(&text, "s%d", i);
		mbr.session_id = dm_bytes_of(text.at, text.size);
		stage_send(stage, &mbr);
		if (i == 0)
			stage_accept(stage);
	}
	assert_int_equal(stage_counts(stage).accesses, 600);
	stage_peer(stage, NAS1, true, 8);
	stage->server->role->class->tick(stage->server->role, stage->play->now);
	play_pump(stage->play);
	assert_int_equal(stage_counts(stage).accesses, 600 - 256);
	play_advance(stage->play, 0);
	assert_int_equal(stage_counts(stage).accesses, 0);
}

/* ---- restarts of the server ---- */

static void a_restart_finds_active_sessions(void **state)
{
	struct stage *stage = *state;
	struct mip6_mba first = *stage_bootstrap(stage, NAS1, "s1", ALICE);
	const struct mip6_mba *again;

	stage_restart(stage);
	assert_int_equal(stage_counts(stage).subscribers, 5);
	assert_int_equal(stage_agent(stage, HA1).pool_taken, 1);
	assert_int_equal(stage_agent(stage, HA1).sessions, 1);
	again = stage_bootstrap(stage, NAS2, "s2", ALICE);
	assert_octets(again->mip6_home_address, first.mip6_home_address);
	assert_octets(again->acct_multi_session_id, first.acct_multi_session_id);
	sta(stage, stage_str(stage, NAS1, "s1"), 2001);
	play_advance(stage->play, 1000);
	assert_int_equal(stage_counts(stage).sessions, 1);
}

static void a_restart_lets_lingering_go_on(void **state)
{
	struct stage *stage = *state;

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	stage_str(stage, NAS1, "s1");
	play_advance(stage->play, 100);
	stage_restart(stage);
	play_advance(stage->play, 199);
	assert_int_equal(play_sent_count(stage->play, &dm_command_asr), 0);
	play_advance(stage->play, 1);
	stage_abort(stage, 2001);
	assert_int_equal(stage_counts(stage).sessions, 0);
}

/* Crashed between the commit of the allocation and that of the MBA: nothing was promised, the agent
 * may hold something. */
static void a_restart_ends_what_was_never_promised(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);

	stage_send(stage, &mbr);
	stage_mhr(stage, HA1);
	stage_restart(stage);
	play_advance(stage->play, 0);
	stage_abort(stage, 5002);
	assert_int_equal(stage_counts(stage).sessions, 0);
	assert_int_equal(stage_agent(stage, HA1).pool_taken, 0);
	stage->play->sent_count = 0;
	stage_bootstrap(stage, NAS1, "s1", ALICE);
}

static void a_restart_repeats_an_asr(void **state)
{
	struct stage *stage = *state;

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	stage_str(stage, NAS1, "s1");
	play_advance(stage->play, 300);
	stage_restart(stage);
	stage->play->sent_count = 0;
	play_advance(stage->play, 0);
	stage_abort(stage, 2001);
	assert_int_equal(stage_counts(stage).sessions, 0);
	assert_int_equal(play_stored(stage->server, STORE_PUT_SESSION), 0);
}

static void a_restart_knows_the_expiry_of_access_sessions(void **state)
{
	struct stage *stage = stage_new();

	(void)state;
	stage->config.policy.session_timeout = 100;
	stage_open(stage);
	stage_bootstrap(stage, NAS1, "s1", ALICE);
	play_advance(stage->play, 50);
	stage_restart(stage);
	play_advance(stage->play, 49);
	assert_int_equal(stage_counts(stage).accesses, 1);
	play_advance(stage->play, 1);
	assert_int_equal(stage_counts(stage).accesses, 0);
	stage_close(stage);
}

static void a_restart_keeps_an_agent_that_is_configured_no_more(void **state)
{
	struct stage *stage = *state;
	struct mip6_mba first = *stage_bootstrap(stage, NAS2, "s1", BOB); /* at ha2 */
	const struct mip6_mba *again;

	stage->config.agent_count = 1;
	stage_restart(stage);
	again = stage_bootstrap(stage, NAS1, "s2", BOB);
	assert_octets(again->mip6_home_agent_fqdn, LITERAL(HA2));
	assert_octets(again->mip6_home_agent_address, first.mip6_home_agent_address);
	assert_true(stage_agent(stage, HA2).left);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_stage, close_stage)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(SE04_str_ends_the_access_session),
		TEST(SE04_only_the_client_itself_may_end_it),
		TEST(SE04_sta_waits_for_its_commit),
		TEST(SE04_a_full_disk_keeps_the_session),
		TEST(a_late_str_of_the_old_nas),
		TEST(a_mobility_session_lingers_and_ends),
		TEST(a_node_that_returns_while_lingering_keeps_everything),
		cmocka_unit_test(lingering_nought_ends_at_once),
		TEST(SE09_asr_is_repeated_until_asa),
		TEST(a_node_that_returns_while_asr_is_out_gets_a_new_session),
		TEST(a_silent_agent_does_not_keep_a_returning_node_waiting),
		TEST(a_static_address_is_not_kept_by_a_silent_agent),
		TEST(str_of_the_home_agent_ends_the_mobility_session),
		TEST(str_of_the_home_agent_while_a_commit_is_out),
		TEST(asr_goes_out_with_the_application_id_that_the_agent_used),
		cmocka_unit_test(SE12_lifetime_and_grace_end_on_the_server),
		cmocka_unit_test(SE12_a_reauthorization_in_time_goes_on),
		cmocka_unit_test(SE13_session_timeout_counts_from_the_opening),
		cmocka_unit_test(an_expiry_that_cannot_be_stored_is_tried_again),
		TEST(SE18_a_restarted_nas_has_lost_its_sessions),
		TEST(SE18_seen_in_a_request_that_came_through_a_relay),
		TEST(many_lost_sessions_end_in_slices),
		TEST(a_restart_finds_active_sessions),
		TEST(a_restart_lets_lingering_go_on),
		TEST(a_restart_ends_what_was_never_promised),
		TEST(a_restart_repeats_an_asr),
		cmocka_unit_test(a_restart_knows_the_expiry_of_access_sessions),
		TEST(a_restart_keeps_an_agent_that_is_configured_no_more),
	};

	return cmocka_run_group_tests_name("mip6-end", tests, NULL, NULL);
}
