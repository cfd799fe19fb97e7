/* SPDX-License-Identifier: Apache-2.0 */
/* Two home servers on one store: any of them answers any message, and nothing is given twice. */
#include "duo.h"

#include <errno.h>
#include <stdio.h>

#define ALICE "alice@home.example.net"
#define BOB   "bob@home.example.net"

static int open_duo(void **state)
{
	struct duo *duo = duo_new(7);

	duo_start(duo, 0);
	duo_start(duo, 1);
	*state = duo;
	return 0;
}

static int close_duo(void **state)
{
	duo_free(*state);
	return 0;
}

static struct store_prefix granted(const struct duo *duo, uint64_t transaction)
{
	const struct duo_answer *answer = &duo->answers[transaction];

	assert_true(answer->there);
	assert_int_equal(answer->result_code, 2001);
	return answer->address;
}

static struct store_prefix bootstrap(struct duo *duo, size_t server, const char *session_id,
                                     const char *user)
{
	uint64_t transaction = duo_mbr(duo, server, session_id, user, NULL);

	duo_settle(duo);
	return granted(duo, transaction);
}

static void assert_same(struct store_prefix a, struct store_prefix b)
{
	assert_memory_equal(a.address, b.address, sizeof(a.address));
}

/* ---- any server, any message ---- */

static void the_other_server_knows_the_session(void **state)
{
	struct duo *duo = *state;
	struct store_prefix first = bootstrap(duo, 0, "s1", ALICE);

	assert_same(bootstrap(duo, 1, "s2", ALICE), first); /* at another NAS */
	assert_same(bootstrap(duo, 1, "s1", ALICE), first); /* again, with T or without */
	assert_same(bootstrap(duo, 0, "s2", ALICE), first);
	assert_int_equal(duo_count(duo->sessions), 1);
	assert_int_equal(duo_count(duo->bindings), 1);
}

static void the_other_server_ends_the_session(void **state)
{
	struct duo *duo = *state;
	uint64_t str;

	bootstrap(duo, 0, "s1", ALICE);
	str = duo_str(duo, 1, "s1");
	duo_settle(duo);
	assert_int_equal(duo->answers[str].result_code, 2001);
	assert_null(duo_access(duo, "s1"));
	str = duo_str(duo, 0, "s1"); /* the first one still had it in memory */
	duo_settle(duo);
	assert_int_equal(duo->answers[str].result_code, 5002);
	duo_advance(duo, 120);
	assert_int_equal(duo_count(duo->sessions), 0);
	assert_int_equal(duo_count(duo->bindings), 0);
}

/* The user's next session is not the end of the last one's: who keeps it tells the agent until it
 * answers. */
static void a_session_that_ends_is_not_forgotten_for_the_next(void **state)
{
	struct duo *duo = *state;

	bootstrap(duo, 0, "s1", ALICE);
	duo_str(duo, 0, "s1");
	duo_settle(duo);
	duo->asr_lost = 16;
	duo_advance(duo, 61); /* it lingers no more, and its agent is silent */
	assert_int_equal(duo_count(duo->bindings), 1);
	bootstrap(duo, 0, "s2", ALICE);
	duo->asr_lost = 0;
	duo_advance(duo, 30);
	assert_int_equal(duo_count(duo->sessions), 1);
	assert_int_equal(duo_count(duo->bindings), 1);
}

static void an_agent_may_tell_any_server(void **state)
{
	struct duo *duo = *state;
	const struct duo_session *session;
	uint64_t str;

	bootstrap(duo, 0, "s1", ALICE);
	session = duo_session_of(duo, ALICE);
	str = duo_agent_str(duo, 1, duo_binding(duo, session->record.home_agent_session));
	duo_settle(duo);
	assert_int_equal(duo->answers[str].result_code, 2001);
	duo_advance(duo, 1); /* ASR to the NAS */
	assert_int_equal(duo_count(duo->sessions), 0);
	assert_null(duo_access(duo, "s1"));
}

static void an_expiry_that_another_server_has_moved_is_none(void **state)
{
	struct duo *duo = *state;

	bootstrap(duo, 0, "s1", ALICE);
	duo_advance(duo, 500);
	bootstrap(duo, 1, "s1", ALICE); /* re-authorized: 600 s from here */
	duo_advance(duo, 300);
	assert_non_null(duo_access(duo, "s1"));
	duo_advance(duo, 500);
	assert_null(duo_access(duo, "s1"));
	assert_int_equal(duo_count(duo->sessions), 0);
	assert_int_equal(duo_count(duo->bindings), 0);
}

static void a_session_id_is_its_users_on_every_server(void **state)
{
	struct duo *duo = *state;
	uint64_t thief;

	bootstrap(duo, 0, "s1", ALICE);
	thief = duo_mbr(duo, 1, "s1", BOB, NULL);
	duo_settle(duo);
	assert_int_equal(duo->answers[thief].result_code, 5004);
	assert_null(duo_session_of(duo, BOB));
}

/* ---- at the same time ---- */

static void one_user_at_both_servers_at_once(void **state)
{
	struct duo *duo = *state;
	uint64_t first = duo_mbr(duo, 0, "s1", ALICE, NULL);
	uint64_t second = duo_mbr(duo, 1, "s2", ALICE, NULL);

	duo_advance(duo, 3);
	assert_same(granted(duo, first), granted(duo, second));
	assert_int_equal(duo_count(duo->sessions), 1);
	assert_int_equal(duo_count(duo->bindings), 1);
	assert_non_null(duo_access(duo, "s1"));
	assert_non_null(duo_access(duo, "s2"));
}

/* A pool of 256 addresses for 200 users: without blocks the servers would often choose the same. */
static void leased_blocks_keep_servers_apart(void **state)
{
	uint64_t clashes[2];

	(void)state;
	for (int leases = 0; leases < 2; leases++) {
		struct duo *duo = duo_new(3);

		duo->agents[0].address_pool.prefix = prefix_of("2001:db8:1::/120");
		duo->agents[0].address_pool.limit = 0;
		duo->config.agent_count = 1;
		duo->leases = leases;
		duo_start(duo, 0);
		duo_start(duo, 1);
		for (int i = 0; i < 200; i++) {
			char session_id[32], user[40];

			snprintf(session_id, sizeof(session_id), "b%d", i);
			snprintf(user, sizeof(user), "b%d@home.example.net", i);
			duo_mbr(duo, (size_t)i % 2, session_id, user, NULL);
		}
		duo_settle(duo);
		assert_in_range(duo_count(duo->sessions), leases ? 200 : 150, 200);
		clashes[leases] = duo->clashes;
		duo_free(duo);
	}
	assert_in_range(clashes[0], 20, 10000);
	assert_int_equal(clashes[1], 0);
}

static void two_users_want_one_address(void **state)
{
	struct duo *duo = *state;
	uint64_t first = duo_mbr(duo, 0, "s1", ALICE, "2001:db8:1::5");
	uint64_t second = duo_mbr(duo, 1, "s2", BOB, "2001:db8:1::5");
	struct store_prefix a, b;

	duo_advance(duo, 3);
	a = granted(duo, first);
	b = granted(duo, second);
	assert_memory_not_equal(a.address, b.address, 16);
	assert_true(a.address[15] == 5 || b.address[15] == 5);
	assert_in_range(duo->clashes, 1, 8);
}

/* ---- one is gone ---- */

static void a_killed_servers_sessions_are_adopted(void **state)
{
	struct duo *duo = *state;
	struct store_prefix address = bootstrap(duo, 0, "s1", ALICE);

	duo_kill(duo, 0);
	assert_same(bootstrap(duo, 1, "s1", ALICE), address); /* before anybody adopts */
	duo_start(duo, 0);
	bootstrap(duo, 0, "s2", BOB);
	duo_kill(duo, 0);
	duo_adopt(duo, 1);
	duo_advance(duo, 700); /* both expire */
	assert_int_equal(duo_count(duo->sessions), 0);
	assert_int_equal(duo_count(duo->bindings), 0);
}

/* Killed between allocation and answer: the session that nobody was promised goes. */
static void what_was_promised_to_nobody_goes(void **state)
{
	struct duo *duo = *state;

	duo_mbr(duo, 0, "s1", ALICE, NULL);
	for (int i = 0; !duo_session_of(duo, ALICE); i++) {
		assert_true(duo_step(duo));
		assert_in_range(i, 0, 100);
	}
	duo_kill(duo, 0);
	duo_adopt(duo, 1);
	duo_advance(duo, 10);
	assert_int_equal(duo_count(duo->sessions), 0);
	assert_int_equal(duo_count(duo->bindings), 0);
}

/* The NAS asks the other server while the first one's allocation has no answer yet: the same
 * address, the same home-agent session. */
static void a_retry_takes_up_what_a_killed_server_began(void **state)
{
	struct duo *duo = *state;
	struct store_prefix address;
	uint64_t again;

	duo_mbr(duo, 0, "s1", ALICE, NULL);
	for (int i = 0; !duo_session_of(duo, ALICE); i++) {
		assert_true(duo_step(duo));
		assert_in_range(i, 0, 100);
	}
	address = duo_session_of(duo, ALICE)->record.home_address;
	duo_kill(duo, 0);
	again = duo_mbr(duo, 1, "s1", ALICE, NULL);
	duo_advance(duo, 5);
	assert_same(granted(duo, again), address);
	assert_int_equal(duo_count(duo->bindings), 1);
}

static void a_lost_lease_lets_every_session_be_read_again(void **state)
{
	struct duo *duo = *state;

	bootstrap(duo, 0, "s1", ALICE);
	bootstrap(duo, 0, "s2", BOB);
	/* Cut off, and the other has taken over one of the two. */
	bootstrap(duo, 1, "s1", ALICE);
	mip6_home_server_lease_lost(duo->servers[0].role, duo->now);
	duo_advance(duo, 15);
	assert_int_equal(mip6_home_server_counts(duo->servers[0].role).sessions, 1);
	assert_non_null(duo_access(duo, "s1"));
	assert_non_null(duo_access(duo, "s2"));
}

/* ---- the store is away ---- */

static void without_the_store_the_answer_is_3004(void **state)
{
	struct duo *duo = *state;
	uint64_t mbr, str;

	bootstrap(duo, 0, "s1", ALICE);
	duo->trouble = -EAGAIN;
	mbr = duo_mbr(duo, 0, "s2", ALICE, NULL);
	str = duo_str(duo, 1, "s1");
	duo_settle(duo);
	assert_int_equal(duo->answers[mbr].result_code, 3004);
	assert_int_equal(duo->answers[str].result_code, 3004);
	duo->trouble = 0;
	bootstrap(duo, 0, "s2", ALICE);
	assert_int_equal(duo_count(duo->sessions), 1);
}

/* A commit of unknown fate that came through: nobody was promised, nothing is left over. */
static void a_commit_of_unknown_fate_is_looked_at(void **state)
{
	struct duo *duo = *state;

	for (int when = 0; when < 6; when++) {
		uint64_t mbr = duo_mbr(duo, 0, "s1", ALICE, NULL);

		for (int i = 0; i < when; i++)
			duo_step(duo);
		duo->trouble = -EINPROGRESS;
		duo->came_through = true;
		duo_settle(duo);
		duo->trouble = 0;
		duo->came_through = false;
		assert_true(duo->answers[mbr].there);
		if (duo->answers[mbr].result_code != 2001)
			assert_int_equal(duo->answers[mbr].result_code, 3004);
		duo_advance(duo, 700);
		assert_int_equal(duo_count(duo->sessions), 0);
		assert_int_equal(duo_count(duo->bindings), 0);
	}
}

/* ---- any order of everything ---- */

#define USERS  6
#define NASES  2
#define ROUNDS 600

struct story {
	struct duo *duo;
	/* By user and NAS: the transactions, of which the last counts, unless it began while an
	 * older one had no answer (then nobody can say how it ends). */
	uint64_t transactions[USERS][NASES][ROUNDS];
	size_t count[USERS][NASES];
	bool attached[USERS][NASES]; /* the last one was a MBR */
	bool crossed[USERS][NASES];
};

static bool is_open(const struct story *story, int user, int nas)
{
	for (size_t i = 0; i < story->count[user][nas]; i++)
		if (!story->duo->answers[story->transactions[user][nas][i]].there)
			return true;
	return false;
}

static size_t some_server(struct duo *duo)
{
	size_t server = mip6_random(&duo->random) % DUO_SERVERS;

	return duo->servers[server].role ? server : 1 - server;
}

static void name_of(char *session_id, char *user_name, int user, int nas)
{
	snprintf(session_id, 32, "s%d.%d", user, nas);
	snprintf(user_name, 32, "user%d@home.example.net", user);
}

static void begin(struct story *story, int user, int nas, bool attach)
{
	char session_id[32], user_name[32];
	struct duo *duo = story->duo;
	size_t server = some_server(duo);

	name_of(session_id, user_name, user, nas);
	story->crossed[user][nas] = is_open(story, user, nas);
	story->attached[user][nas] = attach;
	story->transactions[user][nas][story->count[user][nas]++] =
		attach ? duo_mbr(duo, server, session_id, user_name, NULL)
		       : duo_str(duo, server, session_id);
}

/* What was promised and not ended since is in the store, with its address and at its agent. */
static void check_promise(const struct story *story, int user, int nas)
{
	size_t count = story->count[user][nas];
	uint64_t last = count ? story->transactions[user][nas][count - 1] : 0;
	const struct duo_answer *answer = &story->duo->answers[last];
	char session_id[32], user_name[32];
	const struct duo_session *session;

	name_of(session_id, user_name, user, nas);
	if (!story->attached[user][nas] || story->crossed[user][nas] || !answer->there ||
	    answer->result_code != 2001)
		return;
	session = duo_session_of(story->duo, user_name);
	assert_non_null(duo_access(story->duo, session_id));
	assert_non_null(session);
	assert_int_equal(duo_access(story->duo, session_id)->record.session, session->record.id);
	assert_same(session->record.home_address, answer->address);
	assert_non_null(duo_binding(story->duo, session->record.home_agent_session));
}

static void check_promises(const struct story *story)
{
	for (int user = 0; user < USERS; user++)
		for (int nas = 0; nas < NASES; nas++)
			check_promise(story, user, nas);
}

static void kill_one(struct story *story)
{
	struct duo *duo = story->duo;
	size_t server = mip6_random(&duo->random) % DUO_SERVERS;

	/* Whose answer will never come, nobody knows how it ended. */
	for (int user = 0; user < USERS; user++)
		for (int nas = 0; nas < NASES; nas++)
			if (is_open(story, user, nas))
				story->attached[user][nas] = false;
	duo_kill(duo, server);
	duo_settle(duo);
	for (uint64_t i = 1; i <= duo->transactions; i++)
		if (duo->answers[i].server == server)
			duo->answers[i].there = true; /* it will not come */
	check_promises(story);
	duo_adopt(duo, 1 - server);
	duo_settle(duo);
	duo_start(duo, server);
}

static void play_one(struct story *story, uint64_t draw)
{
	int user = (int)(draw / 64 % USERS), nas = (int)(draw / 1024 % NASES);

	if (draw % 64 < 12)
		begin(story, user, nas, draw % 3 != 0);
	else if (draw % 64 < 60)
		duo_step(story->duo);
	else if (draw % 64 < 63)
		duo_advance(story->duo, (int64_t)(draw / 4096 % 4));
	else if (draw / 4096 % 4 == 0)
		kill_one(story);
}

static void end_all(struct story *story)
{
	struct duo *duo = story->duo;

	duo_advance(duo, 20);
	check_promises(story);
	/* That another server was faster is nothing that a client has to hear of. */
	for (uint64_t i = 1; i <= duo->transactions; i++)
		if (duo->answers[i].there && duo->answers[i].result_code != 0 &&
		    duo->answers[i].result_code != 5002)
			assert_int_equal(duo->answers[i].result_code, 2001);
	duo->asr_lost = 0;
	duo_advance(duo, 1200); /* all expires */
	assert_int_equal(duo_count(duo->sessions), 0);
	assert_int_equal(duo_count(duo->bindings), 0);
	for (size_t i = 0; i < DUO_SERVERS; i++)
		assert_int_equal(mip6_home_server_counts(duo->servers[i].role).accesses, 0);
}

static void any_order_of_everything(void **state)
{
	uint64_t stale = 0, clashes = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 300; seed++) {
		static struct story story;

		story = (struct story){ .duo = duo_new(seed) };

		story.duo->asr_lost = 4;
		duo_start(story.duo, 0);
		duo_start(story.duo, 1);
		for (int i = 0; i < ROUNDS; i++)
			play_one(&story, mip6_random(&story.duo->random) >> 16);
		end_all(&story);
		stale += story.duo->stale;
		clashes += story.duo->clashes;
		duo_free(story.duo);
	}
	/* They did get into each other's way. */
	assert_in_range(stale, 100, UINT32_MAX);
	assert_in_range(clashes, 50, UINT32_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define ON_A_DUO(test) cmocka_unit_test_setup_teardown(test, open_duo, close_duo)
		ON_A_DUO(the_other_server_knows_the_session),
		ON_A_DUO(the_other_server_ends_the_session),
		ON_A_DUO(a_session_that_ends_is_not_forgotten_for_the_next),
		ON_A_DUO(an_agent_may_tell_any_server),
		ON_A_DUO(an_expiry_that_another_server_has_moved_is_none),
		ON_A_DUO(a_session_id_is_its_users_on_every_server),
		ON_A_DUO(one_user_at_both_servers_at_once),
		ON_A_DUO(two_users_want_one_address),
		cmocka_unit_test(leased_blocks_keep_servers_apart),
		ON_A_DUO(a_killed_servers_sessions_are_adopted),
		ON_A_DUO(what_was_promised_to_nobody_goes),
		ON_A_DUO(a_retry_takes_up_what_a_killed_server_began),
		ON_A_DUO(a_lost_lease_lets_every_session_be_read_again),
		ON_A_DUO(without_the_store_the_answer_is_3004),
		ON_A_DUO(a_commit_of_unknown_fate_is_looked_at),
		cmocka_unit_test(any_order_of_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
