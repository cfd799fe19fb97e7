/* SPDX-License-Identifier: Apache-2.0 */
/* Home agents that fail, drain, return: where their sessions go. */
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

static size_t asr_count(struct stage *stage)
{
	return play_sent_count(stage->play, &dm_command_asr);
}

static void set_state(struct stage *stage, const char *host, enum mip6_agent_state agent_state)
{
	const struct mip6_agent_setting setting = { .override = { .has_state = true,
		                                                  .state = agent_state } };

	mip6_home_server_set_agent(stage->server->role, dm_bytes_text(host), &setting, 9,
	                           stage->play->now);
	play_pump(stage->play);
	assert_int_equal(stage->play->result.error, 0);
}

/* The RAR that waits is answered with 2001; it must be for `nas`, unless that is NULL. */
static void raa(struct stage *stage, const char *nas)
{
	struct play_request *request = play_sent(stage->play, &dm_command_rar);
	const struct dm_rar *rar = request->message.body;
	const struct dm_raa answer = {
		.session_id = rar->session_id,
		.result_code = 2001,
		.origin_host = rar->destination_host,
		.origin_realm = rar->destination_realm,
	};

	if (nas)
		assert_octets(rar->destination_host, dm_bytes_text(nas));
	play_reply(request, &dm_command_raa, &answer);
}

static void MH05_the_next_mbr_moves_a_session_whose_agent_is_gone(void **state)
{
	struct stage *stage = *state;
	struct mip6_mba before = *stage_bootstrap(stage, NAS1, "s1", ALICE), after;

	stage->unreachable[0] = true;
	after = *stage_bootstrap(stage, NAS1, "s1", ALICE);
	assert_octets(after.mip6_home_agent_fqdn, LITERAL(HA2));
	assert_octets(after.acct_multi_session_id, before.acct_multi_session_id);
	assert_int_equal(stage_counts(stage).sessions, 2); /* the old one waits for its agent */
	assert_int_equal(stage_counts(stage).accesses, 1);
	assert_true(play_had_event(stage->play, "moved"));
	play_lose(play_sent(stage->play, &dm_command_asr));
	/* The old agent returns, and is told to drop. */
	stage->unreachable[0] = false;
	stage_peer(stage, HA1, true, 0);
	play_advance(stage->play, 0);
	stage_abort(stage, 2001);
	assert_int_equal(stage_counts(stage).sessions, 1);
	assert_int_equal(stage_agent(stage, HA1).sessions, 0);
	assert_int_equal(stage_agent(stage, HA2).sessions, 1);
}

/* The other access sessions come along, and their NASes are asked to come again. */
static void the_other_nases_hear_of_the_move(void **state)
{
	struct stage *stage = *state;
	struct mip6_mba after;

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	stage_bootstrap(stage, NAS2, "s2", ALICE);
	stage->unreachable[0] = true;
	after = *stage_bootstrap(stage, NAS1, "s1", ALICE);
	play_advance(stage->play, 0);
	raa(stage, NAS2);
	assert_octets(stage_bootstrap(stage, NAS2, "s2", ALICE)->mip6_home_address,
	              after.mip6_home_address);
	stage->play->sent_count = 0;
	stage_restart(stage);
	assert_int_equal(stage_counts(stage).accesses, 2);
}

static void nothing_moves_when_there_is_no_other_agent(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);
	struct mip6_mba before = *stage_bootstrap(stage, NAS1, "s1", ALICE);

	stage->unreachable[0] = stage->unreachable[1] = true;
	assert_int_equal(stage_refusal(stage, stage_send(stage, &mbr)), 4006);
	assert_int_equal(stage_counts(stage).sessions, 1);
	stage->unreachable[0] = false;
	assert_octets(stage_bootstrap(stage, NAS1, "s1", ALICE)->mip6_home_address,
	              before.mip6_home_address);
	assert_int_equal(asr_count(stage), 0);
}

/* The one that lay in reserve fails as well: the NASes that came along are told. */
static void a_move_that_fails_ends_the_service(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);
	uint64_t transaction;

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	stage_bootstrap(stage, NAS2, "s2", ALICE);
	stage->unreachable[0] = true;
	transaction = stage_send(stage, &mbr);
	play_lose(play_sent(stage->play, &dm_command_asr));
	stage_mhr(stage, HA2);
	stage_reject(stage, 5012);
	stage_refusal(stage, transaction);
	play_advance(stage->play, 0);
	stage_abort(stage, 5002);
	stage_abort(stage, 5002);
	assert_int_equal(stage_counts(stage).accesses, 0);
}

static void a_static_address_moves_only_where_its_link_is(void **state)
{
	struct stage *stage = stage_new();
	const struct mip6_mbr mbr = stage_mbr(NAS1, "s1", CAROL);

	(void)state;
	stage_open(stage);
	stage_bootstrap(stage, NAS1, "s1", CAROL); /* ha2 does not serve 2001:db8:1::/64 */
	stage->unreachable[0] = true;
	assert_int_equal(stage_refusal(stage, stage_send(stage, &mbr)), 4006);
	stage_close(stage);
}

static void a_static_address_moves_along(void **state)
{
	struct stage *stage = stage_new();

	(void)state;
	stage->config.agent_count = 3;
	stage->agents[2] = stage->agents[0];
	stage->agents[2].host = LITERAL("ha3.home.example.net");
	stage->agents[2].fqdn = (struct dm_bytes){ 0 };
	stage->agents[2].weight = 0;
	stage_open(stage);
	stage_bootstrap(stage, NAS1, "s1", CAROL);
	stage->unreachable[0] = true;
	assert_prefix(address_in(stage_bootstrap(stage, NAS1, "s1", CAROL)->mip6_home_address),
	              "2001:db8:1::ca/64");
	assert_int_equal(stage_agent(stage, "ha3.home.example.net").sessions, 1);
	stage_close(stage);
}

static void a_silent_agent_is_left_when_there_is_another(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr bob = stage_mbr(NAS1, "s2", BOB);

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	stage_send(stage, &bob);
	play_lose(play_sent(stage->play, &mip6_command_mhr));
	stage->play->sent_count = 0;
	assert_octets(stage_bootstrap(stage, NAS1, "s1", ALICE)->mip6_home_agent_fqdn,
	              LITERAL(HA2));
}

/* Which is away for a moment: a node keeps its address, and so what it has under way. */
static void a_short_absence_moves_nobody(void **state)
{
	struct stage *stage = stage_new();
	struct mip6_mba before;

	(void)state;
	stage->config.policy.move_after = 30 * DM_SECOND;
	stage_open(stage);
	before = *stage_bootstrap(stage, NAS1, "s1", ALICE);
	stage->unreachable[0] = true;
	stage_peer(stage, HA1, false, 0);
	play_advance(stage->play, 29);
	assert_octets(stage_bootstrap(stage, NAS1, "s1", ALICE)->mip6_home_address,
	              before.mip6_home_address);
	stage->unreachable[0] = false;
	stage_peer(stage, HA1, true, 0);
	stage->unreachable[0] = true; /* behind a relay: it is seen when it is needed */
	play_advance(stage->play, 10);
	assert_octets(stage_bootstrap(stage, NAS1, "s1", ALICE)->mip6_home_address,
	              before.mip6_home_address);
	play_advance(stage->play, 30);
	assert_octets(stage_bootstrap(stage, NAS1, "s1", ALICE)->mip6_home_agent_fqdn,
	              LITERAL(HA2));
	stage_close(stage);
}

/* ---- draining ---- */

static void a_draining_agent_keeps_its_sessions(void **state)
{
	struct stage *stage = *state;

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	set_state(stage, HA1, MIP6_AGENT_DRAINING);
	assert_octets(stage_bootstrap(stage, NAS1, "s1", ALICE)->mip6_home_agent_fqdn,
	              LITERAL(HA1));
	assert_octets(stage_bootstrap(stage, NAS1, "s2", BOB)->mip6_home_agent_fqdn, LITERAL(HA2));
	set_state(stage, HA1, MIP6_AGENT_DOWN);
	assert_octets(stage_bootstrap(stage, NAS1, "s1", ALICE)->mip6_home_agent_fqdn,
	              LITERAL(HA2));
}

static void an_agent_is_emptied_gently(void **state)
{
	struct stage *stage = *state;
	struct mip6_order_counts counts;
	struct mip6_role *role = stage->server->role;

	assert_int_equal(mip6_home_server_move_agent(role, LITERAL("none.example"), &counts,
	                                             stage->play->now),
	                 -ENOENT);
	stage_bootstrap(stage, NAS1, "s1", ALICE);
	stage_bootstrap(stage, NAS1, "s2", CAROL); /* cannot go */
	set_state(stage, HA1, MIP6_AGENT_DRAINING);
	assert_int_equal(mip6_home_server_move_agent(role, LITERAL(HA1), &counts, stage->play->now),
	                 0);
	assert_int_equal(counts.sessions, 2);
	assert_int_equal(counts.accesses, 2);
	play_advance(stage->play, 0);
	raa(stage, NAS1);
	raa(stage, NAS1);
	assert_octets(stage_bootstrap(stage, NAS1, "s1", ALICE)->mip6_home_agent_fqdn,
	              LITERAL(HA2));
	stage_abort(stage, 2001); /* the old agent, at once */
	assert_octets(stage_bootstrap(stage, NAS1, "s2", CAROL)->mip6_home_agent_fqdn,
	              LITERAL(HA1));
	assert_int_equal(stage_agent(stage, HA1).sessions, 1);
}

/* ---- the home agent ends it ---- */

static uint32_t agent_ends(struct stage *stage)
{
	const struct dm_str str = {
		.session_id =
			play_record(stage->server, STORE_PUT_SESSION)->session.home_agent_session,
		.origin_host = LITERAL(HA1),
		.origin_realm = LITERAL(HOME),
		.destination_realm = LITERAL(HOME),
		.auth_application_id = MIP6_APPLICATION_ID,
		.termination_cause = DM_TERMINATION_CAUSE_DIAMETER_ADMINISTRATIVE,
	};

	return play_answer(stage->play, play_request(stage->server, &dm_command_str, &str))
	        ->result_code;
}

static void a_dismissed_session_outlives_a_restart_and_does_not_bar_its_user(void **state)
{
	struct stage *stage = *state;
	struct mip6_mba fresh;

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	assert_int_equal(agent_ends(stage), 2001);
	fresh = *stage_bootstrap(stage, NAS2, "s2", ALICE);
	assert_true(fresh.has.mip6_home_address);
	assert_int_equal(stage_counts(stage).sessions, 2);
	stage->play->sent_count = 0;
	stage_restart(stage);
	play_advance(stage->play, 0);
	play_advance(stage->play, 0);
	stage_abort(stage, 5002); /* the NAS knows nothing of it */
	assert_int_equal(stage_counts(stage).sessions, 1);
	assert_int_equal(stage_counts(stage).accesses, 1);
}

static void an_end_by_the_home_agent_that_cannot_be_stored(void **state)
{
	struct stage *stage = *state;

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	stage->server->store->fail = ENOSPC;
	assert_int_equal(agent_ends(stage), 5012);
	stage->server->store->fail = 0;
	play_advance(stage->play, 0);
	stage_abort(stage, 5002);
	assert_int_equal(stage_counts(stage).sessions, 0);
	assert_int_equal(play_stored(stage->server, STORE_PUT_SESSION), 0);
}

/* ---- crashes between ---- */

static void a_crash_in_the_middle_of_a_move_goes_on_with_it(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	stage_bootstrap(stage, NAS2, "s2", ALICE);
	stage->unreachable[0] = true;
	stage_send(stage, &mbr); /* reserved, MHR is out */
	stage_restart(stage);
	stage->play->sent_count = 0;
	assert_int_equal(stage_counts(stage).accesses, 2);
	play_advance(stage->play, 0);
	raa(stage, NULL);
	raa(stage, NULL);
	stage_mhr(stage, HA2);
	stage_accept(stage);
	stage_abort(stage, 5002); /* the old home agent */
	assert_int_equal(stage_counts(stage).accesses, 2);
	assert_int_equal(stage_counts(stage).sessions, 1);
	assert_int_equal(play_record(stage->server, STORE_PUT_SESSION)->session.state, 1);
	assert_octets(stage_bootstrap(stage, NAS1, "s1", ALICE)->mip6_home_agent_fqdn,
	              LITERAL(HA2));
}

/* An access session whose end is on its way to the store does not come back with the move. */
static void what_ends_during_a_move_stays_ended(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	stage_bootstrap(stage, NAS2, "s2", ALICE);
	stage->unreachable[0] = true;
	stage->server->store->hold = true;
	stage_str(stage, NAS2, "s2");
	stage_send(stage, &mbr);
	stage->server->store->hold = false;
	play_release(stage->play, 0);
	stage_accept(stage);
	assert_int_equal(stage_counts(stage).accesses, 1);
	assert_int_equal(play_stored(stage->server, STORE_PUT_ACCESS), 1);
}

/* ---- Origin-State-Id of a home agent ---- */

static void accept_with_state(struct stage *stage, uint32_t origin_state_id)
{
	const struct mip6_mhr *mhr = stage_mhr(stage, HA1);
	const struct mip6_mha mha = {
		.session_id = mhr->session_id,
		.auth_application_id = MIP6_APPLICATION_ID,
		.origin_host = mhr->destination_host,
		.origin_realm = mhr->destination_realm,
		.result_code = 2001,
		.has.origin_state_id = true,
		.origin_state_id = origin_state_id,
	};

	play_reply(play_sent(stage->play, &mip6_command_mhr), &mip6_command_mha, &mha);
}

static void MH09_an_agent_that_restarted_while_the_server_was_away(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);

	stage_send(stage, &mbr);
	accept_with_state(stage, 7);
	stage_restart(stage);
	stage_peer(stage, HA1, true, 7);
	play_advance(stage->play, 0);
	assert_int_equal(play_sent_count(stage->play, &mip6_command_mhr), 0);
	stage_restart(stage);
	stage_peer(stage, HA1, true, 8);
	play_advance(stage->play, 0);
	accept_with_state(stage, 8);
	assert_int_equal(play_record(stage->server, STORE_PUT_SESSION)->session.home_agent_state_id,
	                 8);
	stage_restart(stage);
	stage_peer(stage, HA1, true, 8);
	play_advance(stage->play, 0);
	assert_int_equal(play_sent_count(stage->play, &mip6_command_mhr), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_stage, close_stage)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(MH05_the_next_mbr_moves_a_session_whose_agent_is_gone),
		TEST(the_other_nases_hear_of_the_move),
		TEST(nothing_moves_when_there_is_no_other_agent),
		TEST(a_move_that_fails_ends_the_service),
		cmocka_unit_test(a_static_address_moves_only_where_its_link_is),
		cmocka_unit_test(a_static_address_moves_along),
		TEST(a_silent_agent_is_left_when_there_is_another),
		cmocka_unit_test(a_short_absence_moves_nobody),
		TEST(a_draining_agent_keeps_its_sessions),
		TEST(an_agent_is_emptied_gently),
		TEST(a_dismissed_session_outlives_a_restart_and_does_not_bar_its_user),
		TEST(an_end_by_the_home_agent_that_cannot_be_stored),
		TEST(a_crash_in_the_middle_of_a_move_goes_on_with_it),
		TEST(what_ends_during_a_move_stays_ended),
		TEST(MH09_an_agent_that_restarted_while_the_server_was_away),
	};

	return cmocka_run_group_tests_name("mip6-move", tests, NULL, NULL);
}
