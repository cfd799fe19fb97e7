/* SPDX-License-Identifier: Apache-2.0 */
/* A home server's store beside those of its home agents: each disagreement is found and named. */
#include "tests/unit/store/fixture.h"

#include <stdio.h>

static char sentences[2048];

static void add_sentence(const char *sentence, void *context)
{
	size_t size = strlen(sentences);

	(void)context;
	snprintf(sentences + size, sizeof(sentences) - size, "%s\n", sentence);
}

struct pair {
	struct store *server, *agents[2];
};

static struct pair open_pair(const char *directory)
{
	return (struct pair){ open_store(file_in(directory, "server")),
		              { open_store(file_in(directory, "ha1")),
		                open_store(file_in(directory, "ha2")) } };
}

static int compare(struct pair pair)
{
	int findings;

	sentences[0] = '\0';
	findings = store_check_agents(pair.server, pair.agents, 2, add_sentence, NULL);
	store_close(pair.server);
	store_close(pair.agents[0]);
	store_close(pair.agents[1]);
	return findings;
}

static void put_one_session(struct store *store, uint64_t id, const char *name, uint8_t state)
{
	struct store_change changes[] = { put_subscriber("alice"), put_session(id, "alice", id) };

	changes[1].session.home_agent_session = dm_bytes_text(name);
	changes[1].session.state = state;
	assert_int_equal(commit(store, changes, 2), 0);
}

static void put_one_binding(struct store *store, const char *name, uint64_t address, bool asked)
{
	struct store_change change = put_binding(name, address);

	change.binding.asked = asked;
	assert_int_equal(commit(store, &change, 1), 0);
}

static void what_agrees_has_no_finding(void **state)
{
	struct pair pair = open_pair(*state);

	put_one_session(pair.server, 1, "aaa;1;1", 1);
	put_one_binding(pair.agents[1], "aaa;1;1", 1, false);
	put_one_binding(pair.agents[0], "ha1;1;9", 9, true); /* split: its own access session */
	assert_int_equal(compare(pair), 0);
	assert_string_equal(sentences, "");
}

static void a_promise_that_no_agent_keeps_is_found(void **state)
{
	for (uint8_t of = 0; of < 4; of++) {
		struct pair pair = open_pair(*state);
		bool promised = of == 1 || of == 2; /* active, lingering */

		put_one_session(pair.server, 1, "aaa;1;1", of);
		assert_int_equal(compare(pair), promised);
		assert_string_equal(sentences, promised ? "no home agent has a binding of aaa;1;1, "
		                                          "which the home server has promised\n"
		                                        : "");
	}
}

static void a_binding_that_nobody_made_is_found(void **state)
{
	struct pair pair = open_pair(*state);

	put_one_binding(pair.agents[0], "aaa;1;7", 7, false);
	assert_int_equal(compare(pair), 1);
	assert_string_equal(sentences, "a home agent has a binding of aaa;1;7, which is no session "
	                               "of the home server\n");
}

static void another_address_is_found(void **state)
{
	struct pair pair = open_pair(*state);

	put_one_session(pair.server, 1, "aaa;1;1", 1);
	put_one_binding(pair.agents[0], "aaa;1;1", 2, false);
	assert_int_equal(compare(pair), 1);
	assert_string_equal(sentences, "aaa;1;1 has another home address at its home agent\n");
}

static void one_session_at_two_agents_is_found(void **state)
{
	struct pair pair = open_pair(*state);

	put_one_session(pair.server, 1, "aaa;1;1", 1);
	put_one_binding(pair.agents[0], "aaa;1;1", 1, false);
	put_one_binding(pair.agents[1], "aaa;1;1", 1, false);
	assert_int_equal(compare(pair), 1);
	assert_string_equal(sentences, "aaa;1;1 is bound at several home agents\n");
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STORE_TEST(what_agrees_has_no_finding),
		STORE_TEST(a_promise_that_no_agent_keeps_is_found),
		STORE_TEST(a_binding_that_nobody_made_is_found),
		STORE_TEST(another_address_is_found),
		STORE_TEST(one_session_at_two_agents_is_found),
	};

	return RUN_TESTS(tests, 0);
}
