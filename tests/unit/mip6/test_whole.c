/* SPDX-License-Identifier: Apache-2.0 */
/* All roles together: the draft's Figure 7 and what follows it, through every codec. */
#include "stage.h"

#include <errno.h>

struct whole {
	struct stage *stage;
	struct play_role *agents[2];
	struct play_role *nas[2];
};

static struct mip6_role *new_agent(struct play *play, const char *host, const char *link,
                                   const char *address)
{
	const struct mip6_link_config config = { .prefix = prefix_of(link),
		                                 .address = prefix_of(address) };
	const struct mip6_home_agent_config agent = { .links = &config, .link_count = 1 };
	struct mip6_common common = play_common(play, host, HOME);
	const char *why = NULL;

	return mip6_home_agent_new(&agent, &common, &why);
}

static struct mip6_role *new_nas(struct play *play, const char *host)
{
	const struct mip6_nas_config config = { .has_nas_port_type = true, .nas_port_type = 19 };
	struct mip6_common common = play_common(play, host, VISITED);
	const char *why = NULL;

	return mip6_nas_new(&config, &common, &why);
}

static int open_whole(void **state)
{
	static struct whole whole;
	struct play *play;

	whole = (struct whole){ .stage = stage_new() };
	play = whole.stage->play;
	stage_open(whole.stage);
	whole.agents[0] =
		play_add(play, HA1, HOME, new_agent(play, HA1, "2001:db8:1::/64", "2001:db8:1::1"));
	whole.agents[1] =
		play_add(play, HA2, HOME, new_agent(play, HA2, "2001:db8:2::/64", "2001:db8:2::1"));
	whole.nas[0] = play_add(play, NAS1, VISITED, new_nas(play, NAS1));
	whole.nas[1] = play_add(play, NAS2, VISITED, new_nas(play, NAS2));
	*state = &whole;
	return 0;
}

static int close_whole(void **state)
{
	stage_close(((struct whole *)*state)->stage);
	return 0;
}

static struct mip6_result attach(struct whole *whole, int nas, const char *user)
{
	const struct mip6_nas_attach command = { .user_name = dm_bytes_text(user) };
	struct play *play = whole->stage->play;

	mip6_nas_attach(whole->nas[nas]->role, &command, 5, play->now);
	play_pump(play);
	assert_int_equal(play->result.tag, 5);
	assert_true(play->result.has_nas);
	return play->result.nas;
}

static void detach(struct whole *whole, int nas, const char *user)
{
	struct play *play = whole->stage->play;

	mip6_nas_detach(whole->nas[nas]->role, (struct dm_bytes){ 0 }, dm_bytes_text(user),
	                (struct dm_bytes){ 0 }, 0, 6, play->now);
	play_pump(play);
	assert_int_equal(play->result.tag, 6);
	assert_int_equal(play->result.nas.outcome, MIP6_DETACHED);
	assert_int_equal(play->result.nas.result_code, 2001);
}

/* (a) of the demo. */
static void a_node_bootstraps(void **state)
{
	struct whole *whole = *state;
	struct mip6_result result = attach(whole, 0, ALICE);
	struct store_binding binding;

	assert_int_equal(result.outcome, MIP6_BOOTSTRAPPED);
	assert_octets(result.home_agent_fqdn, LITERAL(HA1));
	assert_int_equal(result.associations[0].protocol, 1);
	assert_int_equal(result.associations[0].epoch, 1);
	assert_true(mip6_home_agent_find(whole->agents[0]->role, result.home_address.address,
	                                 &binding));
	assert_octets(binding.user_name, LITERAL(ALICE));
	assert_int_equal(binding.associations[0].key.size, 32);
	assert_int_equal(whole->stage->play->sent_count, 0); /* every request found its way */
}

/* (b) */
static void the_same_node_at_the_other_nas(void **state)
{
	struct whole *whole = *state;
	struct mip6_result first = attach(whole, 0, ALICE);
	struct mip6_result second = attach(whole, 1, ALICE);

	assert_octets(second.home_agent_fqdn, first.home_agent_fqdn);
	assert_memory_equal(&second.home_address, &first.home_address, sizeof(first.home_address));
	detach(whole, 0, ALICE);
	play_advance(whole->stage->play, 1000);
	assert_int_equal(mip6_home_agent_count(whole->agents[0]->role), 1);
}

/* (c) */
static void a_node_with_a_static_address(void **state)
{
	assert_prefix(attach(*state, 1, CAROL).home_address, "2001:db8:1::ca/64");
}

/* (d) */
static void an_unknown_user(void **state)
{
	struct mip6_result result = attach(*state, 0, "mallory@home.example.net");

	assert_int_equal(result.outcome, MIP6_REFUSED);
	assert_int_equal(result.result_code, 5003);
	assert_true(result.error_message.size > 0);
}

/* (e) */
static void a_home_agent_dies(void **state)
{
	struct whole *whole = *state;
	struct play *play = whole->stage->play;
	const struct mip6_nas_attach command = { .user_name = LITERAL(BOB) };

	attach(whole, 0, ALICE);
	whole->agents[0]->silent = true;
	mip6_nas_attach(whole->nas[0]->role, &command, 5, play->now);
	play_pump(play);
	play_lose(play_sent(play, &mip6_command_mhr));
	assert_int_equal(play->result.nas.outcome, MIP6_BOOTSTRAPPED);
	assert_octets(play->result.nas.home_agent_fqdn, LITERAL(HA2));
	play_lose(play_sent(play, &dm_command_asr));
	/* It returns, and is told to forget what it may have. */
	whole->agents[0]->silent = false;
	play_advance(play, 10);
	assert_int_equal(stage_counts(whole->stage).sessions, 2);
	assert_int_equal(mip6_home_agent_count(whole->agents[0]->role), 1);
}

/* (f) */
static void detach_linger_asr_and_the_pool_is_full_again(void **state)
{
	struct whole *whole = *state;
	struct play *play = whole->stage->play;

	attach(whole, 0, ALICE);
	detach(whole, 0, ALICE);
	assert_int_equal(stage_agent(whole->stage, HA1).pool_taken, 1);
	play_advance(play, 301);
	assert_int_equal(stage_agent(whole->stage, HA1).pool_taken, 0);
	assert_int_equal(mip6_home_agent_count(whole->agents[0]->role), 0);
	assert_int_equal(stage_counts(whole->stage).sessions, 0);
	assert_int_equal(play_stored(whole->stage->server, STORE_PUT_SESSION), 0);
	assert_int_equal(play_stored(whole->agents[0], STORE_PUT_BINDING), 0);
	assert_int_equal(play_stored(whole->nas[0], STORE_PUT_ATTACHMENT), 0);
	assert_int_equal(play->sent_count, 0);
}

/* Behind its ASA the agent sends STR; the server still knows the session and says so. */
static void MH10_the_agents_str_is_answered_well(void **state)
{
	struct whole *whole = *state;
	struct play *play = whole->stage->play;
	bool seen = false;

	attach(whole, 0, ALICE);
	detach(whole, 0, ALICE);
	play_advance(play, 301);
	for (size_t i = 0; i < play->answer_count; i++) {
		const struct play_answer *answer = &play->answers[i];

		if (answer->command != &dm_command_sta)
			continue;
		assert_int_equal(answer->result_code, 2001);
		seen = true;
	}
	assert_true(seen);
}

/* Keys that nobody could renew in time end the binding, and with it the mobility session. */
static void the_keys_run_out(void **state)
{
	struct whole *whole = *state;

	attach(whole, 0, ALICE);
	whole->agents[0]->silent = true;
	for (int i = 0; i < 101; i++) {
		play_advance(whole->stage->play, 865);
		for (size_t n = 0; n < whole->stage->play->sent_count; n++)
			if (!whole->stage->play->sent[n].done)
				play_lose(&whole->stage->play->sent[n]);
		whole->stage->play->sent_count = 0;
	}
	whole->agents[0]->silent = false;
	assert_int_equal(mip6_home_agent_count(whole->agents[0]->role), 0);
	assert_int_equal(stage_counts(whole->stage).sessions, 0);
	assert_int_equal(stage_agent(whole->stage, HA1).pool_taken, 0);
	assert_int_equal(attach(whole, 1, ALICE).outcome, MIP6_BOOTSTRAPPED);
}

/* RAR, RAA, MHR, MHA, between the roles themselves. */
static void SE06_keys_are_renewed_for_ever(void **state)
{
	struct whole *whole = *state;
	struct store_binding binding;
	struct mip6_result first = attach(whole, 0, ALICE);

	for (int day = 0; day < 10; day++) {
		play_advance(whole->stage->play, 86400);
		whole->stage->play->carried_count = 0;
	}
	assert_true(
		mip6_home_agent_find(whole->agents[0]->role, first.home_address.address, &binding));
	assert_in_range(binding.associations[0].key_epoch, 10, 20);
	assert_true(binding.associations[0].key_expires > whole->stage->play->now.wall);
}

static void all_of_them_crash_and_nothing_promised_is_lost(void **state)
{
	struct whole *whole = *state;
	struct play *play = whole->stage->play;
	struct mip6_result before = attach(whole, 0, ALICE), after;

	play_crash(whole->agents[0]);
	play_crash(whole->nas[0]);
	stage_restart(whole->stage);
	play_restore(whole->agents[0], new_agent(play, HA1, "2001:db8:1::/64", "2001:db8:1::1"));
	play_restore(whole->nas[0], new_nas(play, NAS1));
	after = attach(whole, 1, ALICE);
	assert_memory_equal(&after.home_address, &before.home_address, sizeof(before.home_address));
	detach(whole, 0, ALICE);
	detach(whole, 1, ALICE);
	play_advance(play, 301);
	assert_int_equal(stage_counts(whole->stage).sessions, 0);
	assert_int_equal(mip6_home_agent_count(whole->agents[0]->role), 0);
}

/* A server or agent that dies now and then and finds its store again. */
static void crash_at_random(struct whole *whole, uint64_t *random)
{
	struct play *play = whole->stage->play;

	if (mip6_random(random) % 50 == 0)
		stage_restart(whole->stage);
	if (mip6_random(random) % 50 == 0) {
		play_crash(whole->agents[1]);
		play_restore(whole->agents[1],
		             new_agent(play, HA2, "2001:db8:2::/64", "2001:db8:2::1"));
	}
}

/* Each user once or several times at random; stores and agents fail at random. At the end everyone
 * leaves, and every address must be back. The play's store watches the invariants all along. */
static void a_thousand_random_moves_leave_nothing_behind(void **state)
{
	static const char *const users[] = { ALICE, BOB, CAROL };
	struct whole *whole = *state;
	struct play *play = whole->stage->play;
	uint64_t random = 20;

	for (int move = 0; move < 1000; move++) {
		int nas = (int)(mip6_random(&random) % 2);
		const char *user = users[mip6_random(&random) % 3];
		const struct mip6_nas_attach command = { .user_name = dm_bytes_text(user) };
		uint64_t kind = mip6_random(&random) % 8;

		whole->stage->server->store->fail = mip6_random(&random) % 16 ? 0 : ENOSPC;
		whole->agents[0]->silent = mip6_random(&random) % 8 == 0;
		whole->agents[1]->store->fail = mip6_random(&random) % 16 ? 0 : EIO;
		crash_at_random(whole, &random);
		if (kind < 4)
			mip6_nas_attach(whole->nas[nas]->role, &command, 5, play->now);
		else if (kind < 7)
			mip6_nas_detach(whole->nas[nas]->role, (struct dm_bytes){ 0 },
			                dm_bytes_text(user), (struct dm_bytes){ 0 }, 0, 6,
			                play->now);
		play_pump(play);
		for (size_t i = 0; i < play->sent_count; i++)
			if (!play->sent[i].done)
				play_lose(&play->sent[i]);
		play->sent_count = play->carried_count = play->event_size = 0;
		play_advance(play, (int64_t)(mip6_random(&random) % 120));
	}
	whole->stage->server->store->fail = 0;
	whole->agents[0]->silent = false;
	whole->agents[1]->store->fail = 0;
	for (int i = 0; i < 6; i++) {
		mip6_nas_detach(whole->nas[i % 2]->role, (struct dm_bytes){ 0 },
		                dm_bytes_text(users[i / 2]), (struct dm_bytes){ 0 }, 0, 6,
		                play->now);
		play_pump(play);
	}
	play->carried_count = 0;
	for (int i = 0; i < 3; i++) { /* of what a NAS has ended and could not say */
		struct mip6_order_counts counts;

		mip6_home_server_order(whole->stage->server->role, MIP6_OPERATOR_ABORT,
		                       dm_bytes_text(users[i]), NULL, &counts, play->now);
	}
	play_advance(play, 2 * 86400); /* what a home agent was not told ends with its keys */
	assert_int_equal(stage_counts(whole->stage).sessions, 0);
	assert_int_equal(stage_agent(whole->stage, HA1).pool_taken, 0);
	assert_int_equal(stage_agent(whole->stage, HA2).pool_taken, 0);
	assert_int_equal(mip6_home_agent_count(whole->agents[0]->role), 0);
	assert_int_equal(mip6_home_agent_count(whole->agents[1]->role), 0);
	assert_int_equal(play_stored(whole->stage->server, STORE_PUT_SESSION), 0);
}

/* Each role, each command, at its least and at its most: one answer, whatever it is. */
static void every_example_is_answered_once(void **state)
{
	static const struct dm_command *const commands[] = { &mip6_command_mbr, &mip6_command_mhr,
		                                             &dm_command_str,   &dm_command_asr,
		                                             &dm_command_rar,   &dm_command_acr };
	struct whole *whole = *state;
	struct play *play = whole->stage->play;
	struct play_role *const roles[] = { whole->stage->server, whole->agents[0], whole->nas[0] };

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]) * 3 * 2; i++) {
		struct play_role *role = roles[i % 3];
		const struct dm_command *command = commands[i / 6];
		uint64_t transaction = play_example(role, command, i / 3 % 2 != 0);

		for (size_t n = 0; n < play->sent_count; n++)
			if (!play->sent[n].done)
				play_lose(&play->sent[n]);
		play->sent_count = 0;
		play_answer(play, transaction);
	}
	play_advance(play, 2 * 86400);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_whole, close_whole)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_node_bootstraps),
		TEST(the_same_node_at_the_other_nas),
		TEST(a_node_with_a_static_address),
		TEST(an_unknown_user),
		TEST(a_home_agent_dies),
		TEST(detach_linger_asr_and_the_pool_is_full_again),
		TEST(MH10_the_agents_str_is_answered_well),
		TEST(the_keys_run_out),
		TEST(SE06_keys_are_renewed_for_ever),
		TEST(all_of_them_crash_and_nothing_promised_is_lost),
		TEST(every_example_is_answered_once),
		TEST(a_thousand_random_moves_leave_nothing_behind),
	};

	return cmocka_run_group_tests_name("mip6-whole", tests, NULL, NULL);
}
