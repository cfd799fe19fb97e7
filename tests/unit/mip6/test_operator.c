/* SPDX-License-Identifier: Apache-2.0 */
/* What an operator asks of the home server: subscribers, agents, tables; and what it takes to make
 * one. */
#include "stage.h"

#include "mip6/home_server/sessions.h"

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

static void put(struct stage *stage, const struct store_subscriber *subscribers, size_t count)
{
	mip6_home_server_put_subscribers(stage->server->role, subscribers, count, 8,
	                                 stage->play->now);
	play_pump(stage->play);
	assert_int_equal(stage->play->result.tag, 8);
}

static void subscribers_are_known_when_they_are_stored(void **state)
{
	struct stage *stage = *state;
	const struct store_subscriber zoe = stage_subscriber("zoe@home.example.net");
	const struct mip6_mbr mbr = stage_mbr(NAS1, "s1", "zoe@home.example.net");

	stage->server->store->hold = true;
	mip6_home_server_put_subscribers(stage->server->role, &zoe, 1, 8, stage->play->now);
	play_pump(stage->play);
	assert_int_not_equal(stage->play->result.tag, 8);
	assert_int_equal(stage_refusal(stage, stage_send(stage, &mbr)), 5003);
	play_release(stage->play, 0);
	assert_int_equal(stage->play->result.tag, 8);
	assert_int_equal(stage->play->result.error, 0);
	assert_int_equal(stage_counts(stage).subscribers, 6);
}

static void a_store_that_refuses_leaves_the_old(void **state)
{
	struct stage *stage = *state;
	struct store_subscriber alice = stage_subscriber(ALICE);

	alice.enabled = false;
	stage->server->store->fail = EIO;
	put(stage, &alice, 1);
	assert_int_equal(stage->play->result.error, -EIO);
	stage->server->store->fail = 0;
	stage_bootstrap(stage, NAS1, "s1", ALICE);
}

static void records_that_cannot_be(void **state)
{
	struct stage *stage = *state;
	struct store_subscriber bad[4];

	for (int i = 0; i < 4; i++)
		bad[i] = stage_subscriber("zoe@home.example.net");
	bad[0].user_name = LITERAL("not a nai");
	bad[1].root_key.size = 15;
	bad[2].has_home_address = true; /* :: */
	bad[3].has_home_prefix = true;
	bad[3].home_prefix = prefix_of("fe80::/64");
	for (int i = 0; i < 4; i++) {
		put(stage, &bad[i], 1);
		assert_int_equal(stage->play->result.error, -EINVAL);
		assert_true(stage->play->result.text[0] != '\0');
	}
	/* All or nothing. */
	bad[0] = stage_subscriber("zoe@home.example.net");
	put(stage, bad, 2);
	assert_int_equal(stage->play->result.error, -EINVAL);
	assert_int_equal(stage_counts(stage).subscribers, 5);
}

static void disable_enable_delete(void **state)
{
	struct stage *stage = *state;
	struct mip6_role *role = stage->server->role;
	const struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);

	mip6_home_server_enable_subscriber(role, LITERAL("alice@HOME.example.net"), false, 8,
	                                   stage->play->now);
	play_pump(stage->play);
	assert_int_equal(stage->play->result.error, 0);
	assert_int_equal(stage_refusal(stage, stage_send(stage, &mbr)), 5003);
	mip6_home_server_enable_subscriber(role, LITERAL(ALICE), true, 9, stage->play->now);
	play_pump(stage->play);
	stage_bootstrap(stage, NAS1, "s1", ALICE);
	mip6_home_server_delete_subscriber(role, LITERAL(ALICE), 10, stage->play->now);
	play_pump(stage->play);
	assert_int_equal(stage->play->result.tag, 10);
	assert_int_equal(stage->play->result.error, 0);
	assert_int_equal(stage_refusal(stage, stage_send(stage, &mbr)), 5003);
	mip6_home_server_delete_subscriber(role, LITERAL(ALICE), 11, stage->play->now);
	play_pump(stage->play);
	assert_int_equal(stage->play->result.error, -ENOENT);
	mip6_home_server_enable_subscriber(role, LITERAL(ALICE), true, 12, stage->play->now);
	play_pump(stage->play);
	assert_int_equal(stage->play->result.error, -ENOENT);
	assert_int_equal(stage_counts(stage).subscribers, 4);
}

static void limits_have_an_answer(void **state)
{
	struct stage *stage = stage_new();
	const struct store_subscriber zoe = stage_subscriber("zoe@home.example.net");
	const struct mip6_mbr bob = stage_mbr(NAS1, "s2", BOB);

	(void)state;
	stage->config.session_limit = 1;
	stage->config.subscriber_limit = 5;
	stage_open(stage);
	put(stage, &zoe, 1);
	assert_int_equal(stage->play->result.error, -ENOSPC);
	stage_bootstrap(stage, NAS1, "s1", ALICE);
	assert_int_equal(play_answer(stage->play, stage_send(stage, &bob))->result_code, 3004);
	stage_close(stage);
}

/* ---- tables ---- */

struct seen {
	size_t count;
	int stop;
};

static int see_session(const struct mip6_session_view *view, void *context)
{
	struct seen *seen = context;

	seen->count++;
	assert_string_equal(view->state, "active");
	assert_int_equal(view->access_count, 2);
	assert_octets(view->session.user_name, LITERAL(ALICE));
	assert_octets(view->session.home_agent, LITERAL(HA1));
	return seen->stop;
}

static int see_access(const struct store_access *access, void *context)
{
	struct seen *seen = context;

	seen->count++;
	assert_octets(access->nas_identifier, access->origin_host);
	return seen->stop;
}

static int see_subscriber(const struct store_subscriber *subscriber, void *context)
{
	static const uint8_t nothing[DM_SECRET_ROOM];
	struct seen *seen = context;

	seen->count++;
	assert_memory_equal(subscriber->root_key.octets, nothing, sizeof(nothing)); /* MH07 */
	return seen->stop;
}

static void tables_for_the_operator(void **state)
{
	struct stage *stage = *state;
	struct mip6_role *role = stage->server->role;
	struct seen seen = { 0 };

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	stage_bootstrap(stage, NAS2, "s2", ALICE);
	mip6_home_server_each_session(role, see_session, &seen);
	assert_int_equal(seen.count, 1);
	seen.count = 0;
	mip6_home_server_each_access(
		role, play_record(stage->server, STORE_PUT_SESSION)->session.id, see_access, &seen);
	assert_int_equal(seen.count, 2);
	seen = (struct seen){ 0 };
	mip6_home_server_each_subscriber(role, see_subscriber, &seen);
	assert_int_equal(seen.count, 5);
	seen = (struct seen){ .stop = 7 };
	assert_int_equal(mip6_home_server_each_subscriber(role, see_subscriber, &seen), 7);
	assert_int_equal(seen.count, 1);
}

static void states_of_agents(void **state)
{
	struct stage *stage = *state;
	enum mip6_agent_state found;

	stage_set_state(stage, "HA1.home.example.net", MIP6_AGENT_DRAINING);
	assert_int_equal(stage->play->result.error, 0);
	assert_int_equal(stage_agent(stage, HA1).state, MIP6_AGENT_DRAINING);
	stage_set_state(stage, "none", MIP6_AGENT_UP);
	assert_int_equal(stage->play->result.error, -ENOENT);
	assert_true(mip6_agent_state_named(LITERAL("down"), &found));
	assert_int_equal(found, MIP6_AGENT_DOWN);
	assert_false(mip6_agent_state_named(LITERAL("upside"), &found));
}

/* ---- making one ---- */

static void configurations_that_cannot_be(void **state)
{
	struct stage *stage = *state;
	struct mip6_common common = play_common(stage->play, SERVER, HOME);
	struct mip6_home_server_config bad[5];
	struct mip6_agent_config twice[2] = { stage->agents[0], stage->agents[0] };
	struct mip6_agent_config nameless = stage->agents[0], poolless = stage->agents[0];
	const char *why;

	for (int i = 0; i < 5; i++)
		bad[i] = stage->config;
	bad[0].policy.authorization_lifetime = 100;
	bad[0].policy.session_timeout = 50; /* SE14 */
	bad[1].policy.sa_protocols = 0x10;
	bad[2].agents = twice;
	nameless.host = LITERAL("no host");
	bad[3].agents = &nameless;
	bad[3].agent_count = 1;
	poolless.address_pool.prefix = prefix_of("ff02::/64");
	bad[4].agents = &poolless;
	bad[4].agent_count = 1;
	for (int i = 0; i < 5; i++) {
		why = NULL;
		assert_null(mip6_home_server_new(&bad[i], &common, &why));
		assert_non_null(why);
	}
}

static void restoring_refuses_what_cannot_be(void **state)
{
	struct stage *stage = *state;
	struct store_session twice;
	struct store_access orphan = { .session_id = LITERAL("s9"), .session = 999 };

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	twice = play_record(stage->server, STORE_PUT_SESSION)->session;
	assert_int_equal(mip6_home_server_restore_session(stage->server->role, &twice), -EEXIST);
	twice.id = 12345;
	assert_int_equal(mip6_home_server_restore_session(stage->server->role, &twice), -EEXIST);
	assert_int_equal(mip6_home_server_restore_access(stage->server->role, &orphan), -ENOENT);
	assert_int_equal(stage_counts(stage).sessions, 1);
}

/* ---- memory ---- */

/* A mobility session with one access session costs at most 1 KiB: the objects with names of usual
 * length, and their slots in tables that are filled as badly as doubling can leave them. */
static void a_session_fits_a_kibibyte(void **state)
{
	const size_t names =
		strlen(ALICE) + 1 + 2 * strlen("aaa.home.example.net;1234567890;12345");
	const size_t access = strlen("nas1.visited.example.org;1234567890;12345") + strlen(NAS1);
	const size_t heap = 16;              /* of malloc, each object */
	const size_t slots = 5 * 32 * 8 / 3; /* by_id, by_user, by_agent_session, by_address,
	                                      * accesses; 3/8 full behind a doubling */
	const size_t timers = 2 * 2 * sizeof(void *);

	(void)state;
	assert_in_range(sizeof(struct mip6_session) + names + heap + sizeof(struct mip6_access) +
	                        access + heap + slots + timers,
	                1, 1024);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_stage, close_stage)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(subscribers_are_known_when_they_are_stored),
		TEST(a_store_that_refuses_leaves_the_old),
		TEST(records_that_cannot_be),
		TEST(disable_enable_delete),
		cmocka_unit_test(limits_have_an_answer),
		TEST(tables_for_the_operator),
		TEST(states_of_agents),
		TEST(configurations_that_cannot_be),
		TEST(restoring_refuses_what_cannot_be),
		cmocka_unit_test(a_session_fits_a_kibibyte),
	};

	return cmocka_run_group_tests_name("mip6-operator", tests, NULL, NULL);
}
