/* SPDX-License-Identifier: Apache-2.0 */
/* Several servers on one database: who may write, who lives, who takes over, and what of trouble.
 */
#include "tests/unit/store/fixture.h"
#include "tests/unit/store/relay.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST  "aaa1.home.example"
#define SECOND "aaa2.home.example"

static struct store *open_as(const char *directory, const char *server)
{
	return open_with((struct store_options){ .directory = directory,
	                                         .server = server,
	                                         .key_file = file_in(directory, "shared.key"),
	                                         .lease = 2 });
}

static struct store_change new_session(uint64_t id, const char *user, uint64_t address)
{
	struct store_change change = put_session(id, user, address);

	change.session.version = 0;
	return change;
}

/* The server lives no more, as after kill -9: its row says so soon. */
static void let_lease_run_out(const char *directory, const char *server)
{
	struct raw raw = open_raw(directory);
	char sql[128];

	snprintf(sql, sizeof(sql),
	         "UPDATE server SET until=1, incarnation=0 WHERE name=convert_to('%s','UTF8')",
	         server);
	run_raw(raw, sql);
	close_raw(raw);
}

static void an_address_is_given_by_one_server(void **state)
{
	struct store *first = open_as(*state, FIRST), *second = open_as(*state, SECOND);
	struct store_change one = new_session(1, "alice", 1), two = new_session(2, "bob", 1);
	struct store_change again = new_session(3, "alice", 3);

	assert_true(store_is_shared(first));
	assert_int_equal(commit(first, &one, 1), 0);
	assert_int_equal(commit(second, &two, 1), -EEXIST);
	assert_int_equal(commit(second, &again, 1), -EEXIST);
	two.session.home_address = address_of(2);
	assert_int_equal(commit(second, &two, 1), 0);
	assert_int_equal(count_sessions(first), 2);
	store_close(first);
	store_close(second);
}

static void what_the_other_has_changed_is_stale(void **state)
{
	struct store *first = open_as(*state, FIRST), *second = open_as(*state, SECOND);
	struct store_change one = new_session(1, "alice", 1);
	struct store_completion completion;

	assert_int_equal(commit(first, &one, 1), 0);
	one.session.version = 1;
	assert_int_equal(commit(second, &one, 1), 0);
	assert_int_equal(commit(first, &one, 1), -ESTALE);
	assert_int_equal(store_fetch(first, STORE_FETCH_USER, DM_BYTES_LITERAL("alice"),
	                             (struct dm_bytes){ 0 }, 9),
	                 0);
	completion = wait_completion(first);
	assert_true(completion.found->session.version == 2);
	assert_bytes_equal(completion.found->session.keeper, DM_BYTES_LITERAL(SECOND));
	one.session.version = 2;
	assert_int_equal(commit(first, &one, 1), 0);
	store_close(first);
	store_close(second);
}

static void another_key_file_is_refused(void **state)
{
	struct store *first = open_as(*state, FIRST);
	struct store_options options = { .directory = *state,
		                         .url = url_of(*state),
		                         .server = SECOND,
		                         .key_file = file_in(*state, "other.key") };
	const char *why;

	assert_int_equal(open_error(&options, &why), -ENOENT);
	assert_non_null(strstr(why, "is missing"));
	options.directory = file_in(*state, "none");
	options.url = NULL;
	options.key_file = NULL;
	assert_int_equal(open_error(&options, &why), 0); /* makes a key of its own */
	options.url = url_of(*state);
	options.key_file = file_in(*state, "other.key");
	rename(file_in(*state, "none/store.key"), file_in(*state, "other.key"));
	assert_int_equal(open_error(&options, &why), -EBADMSG);
	assert_non_null(strstr(why, "all its servers need the same file"));
	store_close(first);
}

static void a_name_is_of_one_process(void **state)
{
	struct store *first = open_as(*state, FIRST), *same = open_as(*state, FIRST);
	struct store_change one = new_session(1, "alice", 1);

	assert_int_equal(commit(same, &one, 1), 0);
	one = new_session(2, "bob", 2);
	assert_int_equal(commit(first, &one, 1), -EBUSY);
	assert_non_null(strstr(store_error_text(first), "an identity of its own"));
	assert_int_equal(commit(same, &one, 1), 0);
	store_close(first);
	store_close(same);
}

/* ---- leases ---- */

static struct store_completion adopt(struct store *store, size_t limit)
{
	struct store_completion completion;

	assert_int_equal(store_adopt(store, limit, 50), 0);
	completion = wait_completion(store);
	assert_int_equal(completion.error, 0);
	return completion;
}

static void sessions_of_a_silent_server_are_adopted(void **state)
{
	const struct store_change down = {
		.kind = STORE_PUT_AGENT,
		.agent = { .host = DM_BYTES_LITERAL("ha1.example"), .has_state = true, .state = 2 }
	};
	struct store *first = open_as(*state, FIRST), *second = open_as(*state, SECOND);
	struct store_change changes[] = { put_subscriber("alice"),  new_session(1, "alice", 1),
		                          put_access("nas;1;1", 1), put_access("nas;1;2", 1),
		                          new_session(2, "bob", 2), new_session(3, "carol", 3) };
	struct store_completion completion;

	assert_int_equal(commit(first, changes, 6), 0);
	completion = adopt(second, 10);
	assert_int_equal(completion.found_count, 0);
	assert_int_equal(completion.agent_count, 0);
	assert_int_equal(commit(first, &down, 1), 0);
	completion = adopt(second, 10);
	assert_int_equal(completion.agent_count, 1);
	assert_bytes_equal(completion.agents[0].host, DM_BYTES_LITERAL("ha1.example"));
	assert_true(completion.agents[0].has_state && completion.agents[0].state == 2);
	let_lease_run_out(*state, FIRST);
	completion = adopt(second, 1);
	assert_int_equal(completion.found_count, 1);
	assert_true(completion.found[0].session.id == 1);
	assert_true(completion.found[0].session.version == 2);
	assert_bytes_equal(completion.found[0].session.keeper, DM_BYTES_LITERAL(SECOND));
	assert_int_equal(completion.found[0].access_count, 2);
	assert_true(completion.found[0].has_subscriber);
	completion = adopt(second, 10);
	assert_int_equal(completion.found_count, 2);
	assert_false(completion.found[1].has_subscriber);
	assert_int_equal(adopt(second, 10).found_count, 0);
	changes[1].session.version = 1; /* what the silent one would write now */
	assert_int_not_equal(commit(first, &changes[1], 1), 0);
	store_close(first);
	store_close(second);
}

static struct store_completion take(struct store *store, enum store_take_kind kind, const char *key,
                                    const char *key2, uint32_t number)
{
	const struct store_taking taking = { kind, dm_bytes_text(key), dm_bytes_text(key2),
		                             number };
	struct store_completion completion;

	assert_int_equal(store_take(store, &taking, 10, 51), 0);
	completion = wait_completion(store);
	assert_int_equal(completion.error, 0);
	return completion;
}

/* Whoever is to do something with a session takes it from a server that lives. */
static void what_is_wanted_is_taken_from_its_keeper(void **state)
{
	struct store *first = open_as(*state, FIRST), *second = open_as(*state, SECOND);
	struct store_change changes[] = { put_subscriber("alice"), new_session(1, "alice", 1),
		                          put_access("nas;1;1", 1), new_session(2, "bob", 2),
		                          put_access("nas;1;2", 2) };
	struct store_completion completion;

	changes[2].access.origin_host = changes[4].access.origin_host = DM_BYTES_LITERAL("nas1");
	changes[2].access.origin_state_id = 7;
	changes[4].access.origin_state_id = 9;
	assert_int_equal(commit(first, changes, 5), 0);
	assert_int_equal(take(second, STORE_TAKE_NAMED, "carol", "carol", 0).found_count, 0);
	completion = take(second, STORE_TAKE_NAMED, "alice", "alice", 0);
	assert_int_equal(completion.found_count, 1);
	assert_true(completion.found[0].session.id == 1);
	assert_true(completion.found[0].session.version == 2);
	assert_true(completion.found[0].has_subscriber);
	assert_int_equal(take(second, STORE_TAKE_NAMED, "alice", "alice", 0).found_count, 0);
	changes[1].session.version = 1;
	assert_int_equal(commit(first, &changes[1], 1), -ESTALE);
	assert_int_equal(take(first, STORE_TAKE_NAMED, "nas;1;1", "", 0).found_count, 1);
	assert_int_equal(take(second, STORE_TAKE_CLIENT, "nas1", "", 7).found_count, 0);
	completion = take(second, STORE_TAKE_CLIENT, "nas1", "", 8);
	assert_int_equal(completion.found_count, 1);
	assert_true(completion.found[0].session.id == 1);
	store_close(first);
	store_close(second);
}

static void who_stops_leaves_its_sessions_to_others(void **state)
{
	struct store *first = open_as(*state, FIRST), *second = open_as(*state, SECOND);
	struct store_change one = new_session(1, "alice", 1);

	assert_int_equal(commit(first, &one, 1), 0);
	store_close(first);
	assert_int_equal(adopt(second, 10).found_count, 1);
	store_close(second);
}

/* A server that was cut off learns it, and goes on as before. */
static void a_lost_lease_is_noticed(void **state)
{
	struct store *first = open_as(*state, FIRST);
	struct store_change one = new_session(1, "alice", 1);
	struct raw raw = open_raw(*state);

	run_raw(raw, "UPDATE server SET until=1");
	for (int i = 0; store_leases_lost(first) == 0 && i < 500; i++)
		poll(NULL, 0, 20);
	assert_true(store_leases_lost(first) == 1);
	assert_int_equal(commit(first, &one, 1), 0);
	close_raw(raw);
	store_close(first);
}

static struct store_completion lease(struct store *store, uint64_t total, size_t count)
{
	struct store_completion completion;

	assert_int_equal(store_lease_block(store, DM_BYTES_LITERAL("ha1"), total, count, 60), 0);
	completion = wait_completion(store);
	assert_int_equal(completion.error, 0);
	return completion;
}

static void a_block_has_one_keeper(void **state)
{
	struct store *first = open_as(*state, FIRST), *second = open_as(*state, SECOND);
	struct store_completion completion = lease(first, 5, 2);

	assert_int_equal(completion.block_count, 2);
	assert_true(completion.blocks[0] == 0 && completion.blocks[1] == 1);
	completion = lease(second, 5, 2);
	assert_int_equal(completion.block_count, 2);
	assert_true(completion.blocks[0] == 2 && completion.blocks[1] == 3);
	completion = lease(first, 5, 4);
	assert_int_equal(completion.block_count, 3);
	assert_true(completion.blocks[2] == 4);
	assert_int_equal(lease(second, 5, 1).block_count, 2);
	let_lease_run_out(*state, FIRST);
	assert_int_equal(lease(second, 5, 2).block_count, 4);
	assert_int_equal(lease(second, 5, 0).block_count, 4);
	store_close(first);
	store_close(second);
}

/* ---- trouble ---- */

struct load {
	struct store *store;
	uint64_t submitted, completed, refused, unknown;
	bool durable[4000];
};

static void submit_some(struct load *load, uint64_t count)
{
	char name[24];

	for (uint64_t i = 0; i < count; i++) {
		uint64_t id = ++load->submitted;
		struct store_change changes[2];

		snprintf(name, sizeof(name), "user-%d", (int)id);
		changes[0] = new_session(id, name, id);
		changes[1] = put_access(name, id);
		assert_int_equal(store_submit(load->store, changes, 2, id), 0);
	}
}

static void collect(struct load *load, uint64_t until)
{
	while (load->completed < until) {
		struct store_completion completion = wait_completion(load->store);

		load->completed++;
		assert_true(completion.tag == load->completed);
		load->durable[completion.tag] = completion.error == 0;
		load->refused += completion.error == -EAGAIN;
		load->unknown += completion.error == -EINPROGRESS;
		if (completion.error && completion.error != -EAGAIN &&
		    completion.error != -EINPROGRESS)
			fail_msg("%d: %s", completion.error, store_error_text(load->store));
	}
}

static int forget_durable(const struct store_session *session, void *context)
{
	struct load *load = context;

	load->completed += load->durable[session->id];
	load->durable[session->id] = false;
	return 0;
}

/* Each that was reported durable is there. */
static void assert_nothing_is_lost(struct load *load)
{
	uint64_t durable = 0;

	for (size_t i = 0; i < sizeof(load->durable); i++)
		durable += load->durable[i];
	load->completed = 0;
	assert_int_equal(store_each_session(load->store, forget_durable, load), 0);
	assert_true(load->completed == durable);
	assert_sound(load->store);
}

static void a_restart_of_the_database_is_survived(void **state)
{
	struct load load = { .store = open_as(*state, FIRST) };
	struct cluster *cluster = shared_cluster();

	for (int round = 0; round < 3; round++) {
		submit_some(&load, 300);
		collect(&load, load.submitted - 200);
		cluster_stop(cluster, round == 1 ? SIGQUIT : SIGINT);
		submit_some(&load, 20);
		cluster_start(cluster);
		collect(&load, load.submitted);
		submit_some(&load, 20);
		collect(&load, load.submitted);
	}
	assert_true(load.durable[load.submitted]);
	assert_nothing_is_lost(&load);
	store_close(load.store);
}

/* While the database is away work is held for its time, and then given back. */
static void what_is_held_too_long_is_given_back(void **state)
{
	struct load load = { .store = open_with((struct store_options){
				     .directory = *state, .server = FIRST, .hold = 300 }) };
	struct cluster *cluster = shared_cluster();

	submit_some(&load, 10);
	collect(&load, 10);
	cluster_stop(cluster, SIGINT);
	submit_some(&load, 50);
	collect(&load, 60);
	assert_true(load.refused + load.unknown == 50);
	cluster_start(cluster);
	submit_some(&load, 10);
	collect(&load, 70);
	assert_true(load.durable[70]);
	assert_nothing_is_lost(&load);
	store_close(load.store);
}

/* The backend dies between two groups and in the middle of one; each user is there once. */
static void a_killed_backend_costs_nothing(void **state)
{
	struct load load = { .store = open_as(*state, FIRST) };

	for (int round = 0; round < 20; round++) {
		submit_some(&load, 150);
		cluster_run(shared_cluster(),
		            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
		            "application_name='homeward' AND state<>'idle'");
		collect(&load, load.submitted);
	}
	assert_true(load.refused == 0 && load.unknown == 0);
	assert_true(count_sessions(load.store) == load.submitted);
	assert_nothing_is_lost(&load);
	store_close(load.store);
}

/* A commit that came through is not made twice, and one that did not is made once. */
static void an_unknown_outcome_is_looked_up(void **state)
{
	struct relay *relay = relay_start(shared_cluster());
	char url[512];
	struct store_options options = { .directory = *state, .server = FIRST, .url = url };
	struct store_change change, access;
	struct store *store;
	char why[256], name[24];
	uint64_t value = 0, before = 0;

	snprintf(url, sizeof(url), "port=" RELAY_PORT " %s", url_of(*state));
	assert_int_equal(store_open(&options, &store, why, sizeof(why)), 0);
	for (uint64_t id = 1; id <= 20; id++) {
		snprintf(name, sizeof(name), "user-%d", (int)id);
		change = new_session(id, name, id);
		access = put_access(name, id);
		relay_cut(relay, id % 2 ? RELAY_CUT_AFTER : RELAY_CUT_BEFORE);
		assert_int_equal(commit(store, &change, 1), 0);
		assert_int_equal(commit(store, &access, 1), 0);
	}
	assert_int_equal(relay_cuts(relay), 20);
	assert_int_equal(count_sessions(store), 20);
	assert_int_equal(count_access(store), 20);
	for (int i = 0; i < 6; i++) {
		relay_cut(relay, i % 2 ? RELAY_CUT_AFTER : RELAY_CUT_BEFORE);
		assert_int_equal(store_counter(store, "session-block", 10, &value), 0);
		assert_true(value == before);
		before += 10;
	}
	relay_cut(relay, RELAY_CUT_AFTER);
	assert_int_equal(lease(store, 9, 2).block_count, 2);
	relay_cut(relay, RELAY_CUT_AFTER);
	assert_int_equal(store_fetch(store, STORE_FETCH_USER, DM_BYTES_LITERAL("user-3"),
	                             (struct dm_bytes){ 0 }, 9),
	                 0);
	assert_true(wait_completion(store).found->session.id == 3);
	assert_int_equal(relay_cuts(relay), 28);
	store_close(store);
	relay_stop(relay);
}

/* The primary dies for good; its replica, which has what was promised, takes its place. */
static void a_fail_over_to_the_replica_is_survived(void **state)
{
	struct cluster primary = { .directory = "" }, replica = { .directory = "" };
	char url[256], why[256];
	struct store_options options = {
		.directory = *state, .url = url, .server = FIRST, .hold = 20000
	};
	struct load load = { 0 };

	cluster_make(&primary, NULL);
	cluster_start(&primary);
	cluster_make(&replica, &primary);
	cluster_start(&replica);
	cluster_run(&primary, "ALTER SYSTEM SET synchronous_standby_names='*'");
	cluster_run(&primary, "SELECT pg_reload_conf()");
	snprintf(url, sizeof(url), "host=%s,%s user=homeward dbname=postgres", primary.directory,
	         replica.directory);
	assert_int_equal(store_open(&options, &load.store, why, sizeof(why)), 0);
	submit_some(&load, 300);
	collect(&load, 150);
	cluster_stop(&primary, SIGQUIT);
	submit_some(&load, 100);
	cluster_promote(&replica);
	collect(&load, load.submitted);
	assert_true(load.refused == 0 && load.unknown == 0);
	assert_nothing_is_lost(&load);
	submit_some(&load, 10);
	load.completed = load.submitted - 10;
	collect(&load, load.submitted);
	assert_true(load.durable[load.submitted]);
	store_close(load.store);
	cluster_remove(&primary);
	cluster_remove(&replica);
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STORE_TEST(an_address_is_given_by_one_server),
		STORE_TEST(what_the_other_has_changed_is_stale),
		STORE_TEST(another_key_file_is_refused),
		STORE_TEST(a_name_is_of_one_process),
		STORE_TEST(sessions_of_a_silent_server_are_adopted),
		STORE_TEST(what_is_wanted_is_taken_from_its_keeper),
		STORE_TEST(who_stops_leaves_its_sessions_to_others),
		STORE_TEST(a_lost_lease_is_noticed),
		STORE_TEST(a_block_has_one_keeper),
		STORE_TEST(a_restart_of_the_database_is_survived),
		STORE_TEST(what_is_held_too_long_is_given_back),
		STORE_TEST(a_killed_backend_costs_nothing),
		STORE_TEST(an_unknown_outcome_is_looked_up),
		STORE_TEST(a_fail_over_to_the_replica_is_survived),
	};

	return RUN_TESTS(tests, 0);
}
