/* SPDX-License-Identifier: Apache-2.0 */
/* The home server and its home agents: refusals, silence, restarts. */
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

/* ---- refusals ---- */

static void MH04_the_next_agent_after_a_refusal(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);
	uint64_t transaction = stage_send(stage, &mbr);

	stage_mhr(stage, HA1);
	stage_reject(stage, 5006);
	assert_int_equal(stage_agent(stage, HA1).pool_taken, 0);
	assert_int_equal(stage_agent(stage, HA1).failed, 1);
	stage_mhr(stage, HA2);
	stage_accept(stage);
	assert_octets(stage_mba(stage, transaction)->mip6_home_agent_fqdn, LITERAL(HA2));
	assert_int_equal(play_sent_count(stage->play, &dm_command_asr), 0);
	assert_true(play_had_event(stage->play, "agent-failed"));
}

static void MH04_another_address_when_this_one_is_taken_there(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);
	uint64_t transaction = stage_send(stage, &mbr);
	struct store_prefix first = address_in(stage_mhr(stage, HA1)->mip6_home_address), second;

	stage_reject(stage, 5004);
	second = address_in(stage_mhr(stage, HA1)->mip6_home_address);
	assert_memory_not_equal(first.address, second.address, 16);
	stage_accept(stage);
	assert_octets(stage_mba(stage, transaction)->mip6_home_agent_fqdn, LITERAL(HA1));
	assert_int_equal(stage_agent(stage, HA1).pool_taken, 1);
}

static void MH04_three_candidates_at_most(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);
	uint64_t transaction = stage_send(stage, &mbr);

	for (int i = 0; i < 3; i++)
		stage_reject(stage, 5004);
	assert_int_equal(play_sent_count(stage->play, &mip6_command_mhr), 0);
	assert_int_equal(stage_refusal(stage, transaction), 5012);
	assert_int_equal(stage_counts(stage).sessions, 0);
	assert_int_equal(play_stored(stage->server, STORE_PUT_SESSION), 0);
	assert_int_equal(stage_agent(stage, HA1).pool_taken, 0);
}

static uint32_t refused_by_all_with(struct stage *stage, uint32_t result_code)
{
	const struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);
	uint64_t transaction = stage_send(stage, &mbr);

	while (play_sent_count(stage->play, &mip6_command_mhr) > 0)
		stage_reject(stage, result_code);
	return stage_refusal(stage, transaction);
}

static void MB10_what_the_agents_said_decides_the_code(void **state)
{
	struct stage *stage = *state;

	assert_int_equal(refused_by_all_with(stage, 5006), 5006);
	assert_int_equal(refused_by_all_with(stage, 4006), 4006);
	assert_int_equal(refused_by_all_with(stage, 5005), 5012);
	assert_int_equal(refused_by_all_with(stage, 5012), 5012);
	assert_int_equal(stage_counts(stage).sessions, 0);
}

static void an_error_of_a_relay_is_a_refusal(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);

	stage_send(stage, &mbr);
	play_reply_error(stage->play, play_sent(stage->play, &mip6_command_mhr), 3003);
	stage_mhr(stage, HA2);
	assert_int_equal(play_sent_count(stage->play, &dm_command_asr), 0);
}

/* ---- silence ---- */

static void MH05_the_next_agent_after_silence(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);
	uint64_t transaction = stage_send(stage, &mbr);
	struct dm_bytes lost = stage_mhr(stage, HA1)->session_id;
	const struct dm_asr *asr;

	play_lose(play_sent(stage->play, &mip6_command_mhr));
	assert_false(dm_bytes_equal(stage_mhr(stage, HA2)->session_id, lost));
	stage_accept(stage);
	assert_octets(stage_mba(stage, transaction)->mip6_home_agent_fqdn, LITERAL(HA2));
	/* It may have installed something: it is told to let go, and the address stays taken. */
	asr = play_sent(stage->play, &dm_command_asr)->message.body;
	assert_octets(asr->session_id, lost);
	assert_octets(asr->destination_host, LITERAL(HA1));
	assert_int_equal(stage_agent(stage, HA1).pool_taken, 1);
	stage_abort(stage, 5002); /* it never heard of it */
	assert_int_equal(stage_agent(stage, HA1).pool_taken, 0);
	assert_int_equal(stage_counts(stage).sessions, 1);
	assert_int_equal(play_stored(stage->server, STORE_PUT_SESSION), 1);
}

static void MH05_the_lost_agent_is_told_when_it_returns(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);

	stage_send(stage, &mbr);
	play_lose(play_sent(stage->play, &mip6_command_mhr));
	stage_accept(stage);
	stage_peer(stage, HA1, false, 0);
	play_lose(play_sent(stage->play, &dm_command_asr));
	assert_int_equal(play_sent_count(stage->play, &dm_command_asr), 0);
	stage_peer(stage, HA1, true, 5);
	play_advance(stage->play, 0);
	stage_abort(stage, 2001);
	assert_int_equal(stage_counts(stage).sessions, 1);
	assert_int_equal(stage_agent(stage, HA1).pool_taken, 0);
}

static void MH05_an_agent_that_never_returns_has_forgotten_when_its_keys_are_over(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);
	int asked = 0;

	stage_send(stage, &mbr);
	play_lose(play_sent(stage->play, &mip6_command_mhr));
	stage_accept(stage);
	for (int hour = 0; hour < 25 * 60; hour++) {
		while (play_sent_count(stage->play, &dm_command_asr) > 0) {
			play_lose(play_sent(stage->play, &dm_command_asr));
			asked++;
			stage->play->sent_count = 0;
		}
		play_advance(stage->play, 60);
	}
	assert_in_range(asked, 100, 1000); /* again and again, but not in a rush */
	assert_int_equal(stage_agent(stage, HA1).pool_taken, 0);
	assert_int_equal(stage_counts(stage).sessions, 1);
}

static void MH05_silence_of_all_is_no_home_agent(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);
	uint64_t transaction = stage_send(stage, &mbr);

	play_lose(play_sent(stage->play, &mip6_command_mhr));
	play_lose(play_sent(stage->play, &mip6_command_mhr));
	assert_int_equal(stage_refusal(stage, transaction), 4006);
	stage_abort(stage, 2001);
	stage_abort(stage, 2001);
	assert_int_equal(stage_counts(stage).sessions, 0);
}

static void an_agent_that_kept_silent_comes_last_for_a_while(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr alice = stage_mbr(NAS1, "s1", ALICE);
	const struct mip6_mbr bob = stage_mbr(NAS1, "s2", BOB);
	struct store_subscriber zoe;

	stage_send(stage, &alice);
	play_lose(play_sent(stage->play, &mip6_command_mhr));
	stage_accept(stage);
	stage_send(stage, &bob);
	stage_mhr(stage, HA2); /* though ha1 is nearer */
	stage_accept(stage);
	play_advance(stage->play, 31);
	zoe = stage_subscriber("zoe@home.example.net");
	stage_put(stage, &zoe);
	assert_octets(
		stage_bootstrap(stage, NAS1, "s3", "zoe@home.example.net")->mip6_home_agent_fqdn,
		LITERAL(HA1));
}

static void a_static_address_comes_with_its_user_to_the_next_session(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr mbr = stage_mbr(NAS1, "s1", CAROL);
	uint64_t transaction = stage_send(stage, &mbr);

	/* ha1 alone serves the address, and keeps silent. */
	play_lose(play_sent(stage->play, &mip6_command_mhr));
	assert_int_equal(stage_refusal(stage, transaction), 4006);
	play_lose(play_sent(stage->play, &dm_command_asr));
	transaction = stage_send(stage, &mbr);
	assert_prefix(address_in(stage_mhr(stage, HA1)->mip6_home_address), "2001:db8:1::ca/64");
	stage_accept(stage);
	stage_mba(stage, transaction);
}

/* What was taken before the allocation failed goes back to the agent it came from. */
static void an_allocation_that_fails_half_way(void **state)
{
	struct stage *stage = stage_new();
	struct store_subscriber alice = stage_subscriber(ALICE);
	const struct mip6_mbr mbr = stage_mbr(NAS1, "s2", ALICE);

	(void)state;
	for (int i = 0; i < 2; i++) {
		stage->agents[i].address = (struct store_prefix){ 0 };
		stage->agents[i].home_prefix = (struct store_prefix){ 0 };
		stage->agents[i].address_pool = (struct mip6_pool_config){ 0 };
		stage->agents[i].prefix_pool = (struct mip6_pool_config){
			.prefix = prefix_of(i ? "2001:db8:200::/40" : "2001:db8::/40"),
			.item_length = 64,
		};
	}
	stage_open(stage);
	stage_bootstrap(stage, NAS1, "s1", CAROL);
	assert_int_equal(stage_agent(stage, HA1).prefix_taken, 1);
	alice.has_home_address = true;
	alice.home_address = prefix_of("2001:db8:1::ca/64"); /* Carol's */
	stage_put(stage, &alice);
	assert_int_equal(stage_refusal(stage, stage_send(stage, &mbr)), 5012);
	assert_int_equal(stage_agent(stage, HA1).prefix_taken, 1);
	assert_int_equal(stage_agent(stage, HA2).prefix_taken, 0);
	stage_close(stage);
}

/* ---- what the agent puts in force ---- */

static struct mip6_mha mha_with(const struct mip6_mhr *mhr, uint8_t octets[MIP6_ADDRESS_SIZE],
                                const char *address)
{
	struct store_prefix chosen = prefix_of(address);

	mip6_address_write(&chosen, octets);
	return (struct mip6_mha){
		.session_id = mhr->session_id,
		.auth_application_id = MIP6_APPLICATION_ID,
		.origin_host = mhr->destination_host,
		.origin_realm = mhr->destination_realm,
		.result_code = 2001,
		.has.mip6_home_address = true,
		.mip6_home_address = dm_bytes_of(octets, MIP6_ADDRESS_SIZE),
	};
}

static void MH06_the_agent_proposes_another_address(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);
	uint64_t transaction = stage_send(stage, &mbr);
	uint8_t octets[MIP6_ADDRESS_SIZE];
	struct mip6_mha mha = mha_with(stage_mhr(stage, HA1), octets, "2001:db8:1::abc/64");
	struct dm_bytes session = stage_mhr(stage, HA1)->session_id;

	play_reply(play_sent(stage->play, &mip6_command_mhr), &mip6_command_mha, &mha);
	/* The keys depend on it: the same session once more, with the right ones. */
	assert_octets(stage_mhr(stage, HA1)->session_id, session);
	stage_accept(stage);
	assert_prefix(address_in(stage_mba(stage, transaction)->mip6_home_address),
	              "2001:db8:1::abc/64");
	assert_int_equal(stage_agent(stage, HA1).pool_taken, 1);
}

static void MH06_an_address_that_is_anothers_is_not_believed(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr mbr = stage_mbr(NAS1, "s2", ALICE);
	uint8_t octets[MIP6_ADDRESS_SIZE];
	struct mip6_mha mha;

	stage_bootstrap(stage, NAS1, "s1", CAROL);
	stage_send(stage, &mbr);
	mha = mha_with(stage_mhr(stage, HA1), octets, "2001:db8:1::ca/64");
	play_reply(play_sent(stage->play, &mip6_command_mhr), &mip6_command_mha, &mha);
	stage_mhr(stage, HA2);
	play_sent(stage->play, &dm_command_asr); /* whatever ha1 has installed goes */
	stage_accept(stage);
	stage_abort(stage, 2001);
	assert_int_equal(stage_counts(stage).sessions, 2);
}

static void MH06_multicast_is_not_believed(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);
	uint8_t octets[MIP6_ADDRESS_SIZE];
	struct mip6_mha mha;

	stage_send(stage, &mbr);
	mha = mha_with(stage_mhr(stage, HA1), octets, "ff02::1/64");
	play_reply(play_sent(stage->play, &mip6_command_mhr), &mip6_command_mha, &mha);
	stage_mhr(stage, HA2);
}

static void MH06_an_agent_that_never_settles(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);
	static const char *const addresses[] = { "2001:db8:1::a1", "2001:db8:1::a2",
		                                 "2001:db8:1::a3" };

	stage_send(stage, &mbr);
	for (int i = 0; i < 3; i++) {
		uint8_t octets[MIP6_ADDRESS_SIZE];
		struct mip6_mha mha = mha_with(stage_mhr(stage, HA1), octets, addresses[i]);

		play_reply(play_sent(stage->play, &mip6_command_mhr), &mip6_command_mha, &mha);
	}
	stage_mhr(stage, HA2);
}

/* ---- restarts ---- */

/* The server names no prefix; the agent's MHA brings the link's, for each session the same. */
static void accept_with_link(struct stage *stage)
{
	static const uint8_t link[17] = { 64, 0x20, 0x01, 0x0d, 0xb8, 0, 1 };
	const struct mip6_mhr *mhr = stage_mhr(stage, HA1);
	const struct mip6_mha mha = {
		.has = { .mip6_home_address = true, .mip6_home_link_prefix = true },
		.session_id = mhr->session_id,
		.auth_application_id = MIP6_APPLICATION_ID,
		.origin_host = mhr->destination_host,
		.origin_realm = mhr->destination_realm,
		.result_code = DM_RESULT_DIAMETER_SUCCESS,
		.mip6_home_address = mhr->mip6_home_address,
		.mip6_home_link_prefix = dm_bytes_of(link, sizeof(link)),
	};

	play_reply(play_sent(stage->play, &mip6_command_mhr), &mip6_command_mha, &mha);
}

static void a_restart_knows_a_link_that_sessions_share(void **state)
{
	struct stage *stage = stage_new();
	struct mip6_mbr mbr;

	(void)state;
	memset(&stage->agents[0].home_prefix, 0, sizeof(stage->agents[0].home_prefix));
	stage->config.agent_count = 1;
	stage_open(stage);
	mbr = stage_mbr(NAS1, "s1", ALICE);
	stage_send(stage, &mbr);
	accept_with_link(stage);
	mbr = stage_mbr(NAS1, "s2", BOB);
	stage_send(stage, &mbr);
	accept_with_link(stage);
	stage_restart(stage);
	assert_int_equal(stage_counts(stage).sessions, 2);
	assert_int_equal(stage_agent(stage, HA1).prefix_taken, 0);
	stage_close(stage);
}

/* A relay that forwards by application (freeDiameter) refuses the 0 of the draft. */
static void an_asr_that_a_relay_refuses_goes_with_our_application(void **state)
{
	struct stage *stage = *state;
	struct play_request *asr;

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	stage_str(stage, NAS1, "s1");
	play_advance(stage->play, 300);
	asr = play_sent(stage->play, &dm_command_asr);
	assert_int_equal(asr->message.header.application_id, 0);
	play_reply_error(stage->play, asr, DM_RESULT_DIAMETER_APPLICATION_UNSUPPORTED);
	play_advance(stage->play, 60);
	asr = play_sent(stage->play, &dm_command_asr);
	assert_int_equal(asr->message.header.application_id, MIP6_APPLICATION_ID);
	stage_abort(stage, 2001);
	assert_int_equal(stage_counts(stage).sessions, 0);
}

static void MH09_a_restarted_agent_is_told_again(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mba *alice = stage_bootstrap(stage, NAS1, "s1", ALICE);
	const struct mip6_mhr *mhr;
	size_t commits;

	stage_bootstrap(stage, NAS2, "s2", BOB); /* at ha2 */
	stage_peer(stage, HA1, true, 5);
	play_advance(stage->play, 0);
	assert_int_equal(play_sent_count(stage->play, &mip6_command_mhr), 0); /* first sight */
	stage_peer(stage, HA1, true, 5);
	play_advance(stage->play, 0);
	assert_int_equal(play_sent_count(stage->play, &mip6_command_mhr), 0); /* as before */
	stage_peer(stage, HA1, true, 6);
	play_advance(stage->play, 0);
	assert_int_equal(play_sent_count(stage->play, &mip6_command_mhr), 1);
	assert_true(play_had_event(stage->play, "agent-restarted"));
	mhr = stage_mhr(stage, HA1);
	assert_octets(mhr->mip6_home_address, alice->mip6_home_address);
	assert_int_equal(mhr->mip6_security_association.at[0].mip6_key_epoch, 1);
	commits = stage->server->store->commits;
	stage_accept(stage);
	assert_int_equal(stage->server->store->commits, commits + 1); /* key_expires moved */
	play_advance(stage->play, 1000);
	assert_int_equal(play_sent_count(stage->play, &mip6_command_mhr), 0);
}

static void MH09_pushed_until_the_agent_answers(void **state)
{
	struct stage *stage = *state;

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	stage_peer(stage, HA1, true, 5);
	stage_peer(stage, HA1, true, 6);
	play_advance(stage->play, 0);
	play_lose(play_sent(stage->play, &mip6_command_mhr));
	assert_int_equal(play_sent_count(stage->play, &mip6_command_mhr), 0);
	play_advance(stage->play, 5);
	stage_accept(stage);
	assert_int_equal(stage_counts(stage).sessions, 1);
}

static void MH09_an_agent_that_refuses_the_push_ends_the_session(void **state)
{
	struct stage *stage = *state;

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	stage_peer(stage, HA1, true, 5);
	stage_peer(stage, HA1, true, 6);
	play_advance(stage->play, 0);
	stage_reject(stage, 5004);
	assert_int_equal(stage_agent(stage, HA1).pool_taken, 0);
	play_advance(stage->play, 0);
	stage_abort(stage, 5002); /* the NAS is told */
	assert_int_equal(stage_counts(stage).sessions, 0);
	assert_int_equal(stage_counts(stage).accesses, 0);
}

static void MH09_seen_in_an_answer_that_came_through_a_relay(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr mbr = stage_mbr(NAS1, "s2", BOB);
	uint8_t octets[MIP6_ADDRESS_SIZE];
	struct mip6_mha mha;

	stage_peer(stage, HA1, true, 5);
	stage_bootstrap(stage, NAS1, "s1", ALICE);
	stage_send(stage, &mbr);
	mha = mha_with(stage_mhr(stage, HA1), octets, "2001:db8:1::b0b/64");
	mha.mip6_home_address = stage_mhr(stage, HA1)->mip6_home_address;
	mha.has.origin_state_id = true;
	mha.origin_state_id = 6;
	play_reply(play_sent(stage->play, &mip6_command_mhr), &mip6_command_mha, &mha);
	play_advance(stage->play, 0);
	assert_octets(stage_mhr(stage, HA1)->user_name, LITERAL(ALICE));
	stage_accept(stage);
	assert_int_equal(play_sent_count(stage->play, &mip6_command_mhr), 0);
}

static void agents_come_and_go(void **state)
{
	struct stage *stage = *state;

	stage_peer(stage, HA1, false, 0);
	assert_true(play_had_event(stage->play, "agent-down"));
	stage_peer(stage, HA1, true, 1);
	assert_true(play_had_event(stage->play, "agent-up"));
	stage_peer(stage, "proxy.example.org", true, 1); /* nobody of ours */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_stage, close_stage)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(MH04_the_next_agent_after_a_refusal),
		TEST(MH04_another_address_when_this_one_is_taken_there),
		TEST(MH04_three_candidates_at_most),
		TEST(MB10_what_the_agents_said_decides_the_code),
		TEST(an_error_of_a_relay_is_a_refusal),
		TEST(MH05_the_next_agent_after_silence),
		TEST(MH05_the_lost_agent_is_told_when_it_returns),
		TEST(MH05_an_agent_that_never_returns_has_forgotten_when_its_keys_are_over),
		TEST(MH05_silence_of_all_is_no_home_agent),
		TEST(an_agent_that_kept_silent_comes_last_for_a_while),
		TEST(a_static_address_comes_with_its_user_to_the_next_session),
		cmocka_unit_test(an_allocation_that_fails_half_way),
		TEST(MH06_the_agent_proposes_another_address),
		TEST(MH06_an_address_that_is_anothers_is_not_believed),
		TEST(MH06_multicast_is_not_believed),
		TEST(MH06_an_agent_that_never_settles),
		TEST(MH09_a_restarted_agent_is_told_again),
		TEST(a_restart_knows_a_link_that_sessions_share),
		TEST(an_asr_that_a_relay_refuses_goes_with_our_application),
		TEST(MH09_pushed_until_the_agent_answers),
		TEST(MH09_an_agent_that_refuses_the_push_ends_the_session),
		TEST(MH09_seen_in_an_answer_that_came_through_a_relay),
		TEST(agents_come_and_go),
	};

	return cmocka_run_group_tests_name("mip6-agent-leg", tests, NULL, NULL);
}
