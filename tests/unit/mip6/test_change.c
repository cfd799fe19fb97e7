/* SPDX-License-Identifier: Apache-2.0 */
/* Home agents, locations and policy that change while sessions live. */
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

/* What the stage's configuration says now is in force. */
static void change(struct stage *stage)
{
	const char *why = NULL;

	assert_int_equal(mip6_home_server_reconfigure(stage->server->role, &stage->config,
	                                              stage->play->now, &why),
	                 0);
	play_pump(stage->play);
	assert_true(play_had_event(stage->play, "reconfigured"));
}

static int count_one(const struct mip6_agent_view *view, void *count)
{
	(void)view;
	++*(size_t *)count;
	return 0;
}

static size_t agent_count(struct stage *stage)
{
	size_t count = 0;

	mip6_home_server_each_agent(stage->server->role, count_one, &count);
	return count;
}

static void an_agent_that_left_keeps_its_sessions_and_gets_no_new_one(void **state)
{
	struct stage *stage = *state;
	struct mip6_mba first = *stage_bootstrap(stage, NAS2, "s1", BOB); /* at ha2 */
	const struct mip6_mba *again;

	stage->config.agent_count = 1;
	change(stage);
	assert_true(stage_agent(stage, HA2).left);
	assert_int_equal(stage_agent(stage, HA2).sessions, 1);
	again = stage_bootstrap(stage, NAS1, "s2", BOB);
	assert_octets(again->mip6_home_agent_fqdn, LITERAL(HA2));
	assert_octets(again->mip6_home_address, first.mip6_home_address);
	again = stage_bootstrap(stage, NAS2, "s3", ALICE);
	assert_octets(again->mip6_home_agent_fqdn, LITERAL(HA1));
}

static void an_agent_that_left_goes_with_its_last_session(void **state)
{
	struct stage *stage = *state;

	stage_bootstrap(stage, NAS2, "s1", BOB); /* at ha2 */
	stage->config.agent_count = 1;
	change(stage);
	assert_int_equal(agent_count(stage), 2);
	stage_str(stage, NAS2, "s1");
	play_advance(stage->play, 300); /* linger */
	stage_abort(stage, 2001);
	assert_int_equal(stage_counts(stage).sessions, 0);
	assert_int_equal(agent_count(stage), 1);
	/* One without sessions goes at once. */
	stage->config.agent_count = 0;
	change(stage);
	assert_int_equal(agent_count(stage), 0);
}

static void an_agent_that_comes_back_is_given_again(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mba *mba;

	stage_bootstrap(stage, NAS2, "s1", BOB);
	stage->config.agent_count = 1;
	change(stage);
	stage->config.agent_count = 2;
	change(stage);
	assert_false(stage_agent(stage, HA2).left);
	assert_int_equal(stage_agent(stage, HA2).sessions, 1);
	assert_int_equal(stage_agent(stage, HA2).pool_taken, 1);
	mba = stage_bootstrap(stage, NAS2, "s2", ALICE);
	assert_octets(mba->mip6_home_agent_fqdn, LITERAL(HA2));
	assert_int_equal(agent_count(stage), 2);
}

static void an_agent_that_comes_is_given(void **state)
{
	struct stage *stage = *state;

	stage->agents[2] = stage->agents[1];
	stage->agents[2].host = LITERAL("ha3.home.example.net");
	stage->agents[2].weight = 100;
	stage->config.agent_count = 3;
	change(stage);
	stage_bootstrap(stage, NAS2, "s1", ALICE);
	assert_int_equal(stage_agent(stage, "ha3.home.example.net").sessions, 1);
}

static void another_pool_counts_what_is_its_own(void **state)
{
	struct stage *stage = *state;
	struct mip6_mba mba = *stage_bootstrap(stage, NAS1, "s1", ALICE);
	struct store_prefix old = address_in(mba.mip6_home_address), fresh;

	assert_int_equal(stage_agent(stage, HA1).pool_taken, 1);
	stage->agents[0].home_prefix = prefix_of("2001:db8:5::/64");
	stage->agents[0].address_pool.prefix = prefix_of("2001:db8:5::/64");
	change(stage);
	assert_int_equal(stage_agent(stage, HA1).pool_taken, 0);
	fresh = address_in(stage_bootstrap(stage, NAS1, "s2", BOB)->mip6_home_address);
	assert_true(mip6_prefix_holds(&stage->agents[0].home_prefix, fresh.address));
	assert_int_equal(stage_agent(stage, HA1).pool_taken, 1);
	/* Who was there before keeps his address, and gives back nothing that is not the pool's. */
	mba = *stage_bootstrap(stage, NAS2, "s3", ALICE);
	assert_memory_equal(address_in(mba.mip6_home_address).address, old.address, 16);
	stage->agents[0].home_prefix = prefix_of("2001:db8:1::/64");
	stage->agents[0].address_pool.prefix = prefix_of("2001:db8:1::/64");
	change(stage);
	assert_int_equal(stage_agent(stage, HA1).pool_taken, 1);
	assert_int_equal(stage_agent(stage, HA1).sessions, 2);
}

static void another_prefix_pool_counts_what_is_its_own(void **state)
{
	struct stage *stage = *state;
	const struct mip6_pool_config pool = { .prefix = prefix_of("2001:db8:10::/48"),
		                               .item_length = 64 };

	stage->agents[0].home_prefix = (struct store_prefix){ 0 };
	stage->agents[0].address_pool = (struct mip6_pool_config){ 0 };
	stage->agents[0].prefix_pool = pool;
	change(stage);
	stage_bootstrap(stage, NAS1, "s1", ALICE);
	assert_int_equal(stage_agent(stage, HA1).prefix_taken, 1);
	stage->agents[0].prefix_pool.prefix = prefix_of("2001:db8:20::/48");
	change(stage);
	assert_int_equal(stage_agent(stage, HA1).prefix_taken, 0);
	stage->agents[0].prefix_pool.prefix = pool.prefix;
	change(stage);
	assert_int_equal(stage_agent(stage, HA1).prefix_taken, 1);
}

static void capacity_and_locations_hold_from_now_on(void **state)
{
	struct stage *stage = *state;

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	stage->agents[0].capacity = 1;
	change(stage);
	assert_true(stage_agent(stage, HA1).full);
	stage_bootstrap(stage, NAS1, "s2", BOB);
	assert_int_equal(stage_agent(stage, HA2).sessions, 1);
	stage->agents[0].capacity = 0;
	stage->locations[0].nas_identifiers = stage->locations[1].nas_identifiers;
	change(stage);
	/* Nas2 is in Berlin now. */
	stage_bootstrap(stage, NAS2, "s3", CAROL);
	assert_int_equal(stage_agent(stage, HA1).sessions, 2);
}

static void a_policy_holds_from_now_on(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mba *mba = stage_bootstrap(stage, NAS1, "s1", ALICE);

	assert_false(mba->has.session_timeout);
	stage->config.policy.session_timeout = 500;
	stage->config.policy.sa_protocols = 1 << MIP6_SA_PROTOCOL_MIPV6_AUTH;
	change(stage);
	mba = stage_bootstrap(stage, NAS1, "s2", BOB);
	assert_true(mba->has.session_timeout);
	assert_int_equal(mba->session_timeout, 500);
	assert_int_equal(mba->mip6_security_association.at[0].mip6_sa_protocol,
	                 MIP6_SA_PROTOCOL_MIPV6_AUTH);
}

static void a_configuration_that_cannot_be_changes_nothing(void **state)
{
	struct stage *stage = *state;
	const char *why = NULL;

	stage->agents[1].host = LITERAL("not a host");
	stage->config.policy.session_timeout = 500;
	assert_int_equal(mip6_home_server_reconfigure(stage->server->role, &stage->config,
	                                              stage->play->now, &why),
	                 -EINVAL);
	assert_non_null(why);
	stage->agents[1].host = LITERAL(HA2);
	stage->config.policy.authorization_lifetime = 501;
	assert_int_equal(mip6_home_server_reconfigure(stage->server->role, &stage->config,
	                                              stage->play->now, &why),
	                 -EINVAL);
	assert_int_equal(agent_count(stage), 2);
	assert_false(stage_bootstrap(stage, NAS2, "s1", BOB)->has.session_timeout);
	assert_int_equal(stage_agent(stage, HA2).sessions, 1);
}

static void what_the_operator_set_stays(void **state)
{
	struct stage *stage = *state;

	stage_set_state(stage, HA2, MIP6_AGENT_DOWN);
	stage->agents[1].weight = 9;
	change(stage);
	assert_int_equal(stage_agent(stage, HA2).state, MIP6_AGENT_DOWN);
	assert_int_equal(stage_agent(stage, HA2).weight, 9);
	/* What the configuration says of others counts. */
	stage->agents[0].state = MIP6_AGENT_DRAINING;
	change(stage);
	assert_int_equal(stage_agent(stage, HA1).state, MIP6_AGENT_DRAINING);
}

static void set(struct stage *stage, const char *host, const struct mip6_agent_setting *setting)
{
	mip6_home_server_set_agent(stage->server->role, dm_bytes_text(host), setting, 79,
	                           stage->play->now);
	play_pump(stage->play);
	assert_int_equal(stage->play->result.tag, 79);
}

static void what_the_operator_set_outlives_a_restart(void **state)
{
	const struct mip6_agent_setting weight = { .override = { .has_weight = true,
		                                                 .weight = 0 } };
	const struct mip6_agent_setting capacity = { .override = { .has_capacity = true,
		                                                   .capacity = 5 } };
	const struct mip6_agent_setting reset = { .reset = true };
	struct stage *stage = *state;

	stage_set_state(stage, HA2, MIP6_AGENT_DOWN);
	set(stage, "HA2.home.example.net", &weight);
	set(stage, HA2, &capacity);
	assert_int_equal(play_stored(stage->server, STORE_PUT_AGENT), 1);
	stage_restart(stage);
	assert_int_equal(stage_agent(stage, HA2).state, MIP6_AGENT_DOWN);
	assert_int_equal(stage_agent(stage, HA2).weight, 0);
	assert_int_equal(stage_agent(stage, HA2).capacity, 5);
	assert_true(stage_agent(stage, HA2).override.has_weight);
	set(stage, HA2, &reset);
	assert_int_equal(stage_agent(stage, HA2).state, MIP6_AGENT_UP);
	assert_int_equal(stage_agent(stage, HA2).weight, 1);
	assert_int_equal(stage_agent(stage, HA2).capacity, 0);
	assert_int_equal(play_stored(stage->server, STORE_PUT_AGENT), 0);
}

static void what_cannot_be_stored_is_not_in_force(void **state)
{
	struct stage *stage = *state;

	stage->server->store->fail = ENOSPC;
	stage_set_state(stage, HA2, MIP6_AGENT_DOWN);
	assert_int_equal(stage->play->result.error, -ENOSPC);
	assert_int_equal(stage_agent(stage, HA2).state, MIP6_AGENT_UP);
}

static void what_was_set_goes_with_the_agent(void **state)
{
	struct stage *stage = *state;

	stage_bootstrap(stage, NAS2, "s1", BOB);
	stage_set_state(stage, HA2, MIP6_AGENT_DOWN);
	stage->config.agent_count = 1;
	change(stage);
	assert_int_equal(play_stored(stage->server, STORE_PUT_AGENT), 0);
	stage_set_state(stage, HA2, MIP6_AGENT_UP);
	assert_int_equal(stage->play->result.error, -ENOENT);
	stage->config.agent_count = 2;
	change(stage);
	assert_int_equal(stage_agent(stage, HA2).state, MIP6_AGENT_UP);
	/* The same over a restart. */
	stage_set_state(stage, HA2, MIP6_AGENT_DOWN);
	stage->config.agent_count = 1;
	stage_restart(stage);
	assert_int_equal(play_stored(stage->server, STORE_PUT_AGENT), 0);
}

static void a_change_while_the_agent_is_asked(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr mbr = stage_mbr(NAS2, "s1", BOB);
	uint64_t transaction = stage_send(stage, &mbr);

	stage_mhr(stage, HA2);
	stage->config.agent_count = 1;
	change(stage);
	stage_accept(stage);
	assert_octets(stage_mba(stage, transaction)->mip6_home_agent_fqdn, LITERAL(HA2));
	assert_int_equal(stage_agent(stage, HA2).assigned, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_stage, close_stage)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_agent_that_left_keeps_its_sessions_and_gets_no_new_one),
		TEST(an_agent_that_left_goes_with_its_last_session),
		TEST(an_agent_that_comes_back_is_given_again),
		TEST(an_agent_that_comes_is_given),
		TEST(another_pool_counts_what_is_its_own),
		TEST(another_prefix_pool_counts_what_is_its_own),
		TEST(capacity_and_locations_hold_from_now_on),
		TEST(a_policy_holds_from_now_on),
		TEST(a_configuration_that_cannot_be_changes_nothing),
		TEST(what_the_operator_set_stays),
		TEST(what_the_operator_set_outlives_a_restart),
		TEST(what_cannot_be_stored_is_not_in_force),
		TEST(what_was_set_goes_with_the_agent),
		TEST(a_change_while_the_agent_is_asked),
	};

	return cmocka_run_group_tests_name("mip6-change", tests, NULL, NULL);
}
