/* SPDX-License-Identifier: Apache-2.0 */
/* Versions of sessions, and what a fetch finds. */
#include "tests/unit/store/fixture.h"

#include <errno.h>

static struct store_change of_version(struct store_change change, uint64_t version)
{
	change.session.version = version;
	return change;
}

static struct store_change gone(uint64_t id, uint64_t version)
{
	return (struct store_change){ .kind = STORE_DELETE_SESSION,
		                      .session = { .id = id, .version = version } };
}

static void a_session_is_written_by_who_knows_its_version(void **state)
{
	struct store_change change = put_session(1, "alice@home.example", 1);
	struct store *store = open_store(*state);

	for (uint64_t version = 0; version < 3; version++) {
		change = of_version(change, version);
		assert_int_equal(commit(store, &change, 1), 0);
		assert_int_equal(commit(store, &change, 1), -ESTALE);
	}
	assert_non_null(strstr(store_error_text(store), "another version"));
	change = of_version(change, 4);
	assert_int_equal(commit(store, &change, 1), -ESTALE);
	change = of_version(change, STORE_ANY_VERSION);
	assert_int_equal(commit(store, &change, 1), 0);
	change = of_version(change, 4);
	assert_int_equal(commit(store, &change, 1), 0);
	store_close(store);
}

static void a_session_that_is_gone_has_no_version(void **state)
{
	struct store_change change = put_session(1, "alice@home.example", 1);
	struct store_change end = gone(1, 1);
	struct store *store = open_store(*state);

	change = of_version(change, 1);
	assert_int_equal(commit(store, &change, 1), -ESTALE);
	assert_int_equal(count_sessions(store), 0);
	assert_int_equal(commit(store, &end, 1), -ESTALE);
	change = of_version(change, 0);
	assert_int_equal(commit(store, &change, 1), 0);
	end = gone(1, 2);
	assert_int_equal(commit(store, &end, 1), -ESTALE);
	end = gone(1, 1);
	assert_int_equal(commit(store, &end, 1), 0);
	assert_int_equal(commit(store, &change, 1), 0);
	end = gone(1, 0);
	assert_int_equal(commit(store, &end, 1), 0);
	assert_int_equal(commit(store, &end, 1), 0);
	assert_int_equal(count_sessions(store), 0);
	store_close(store);
}

static void what_is_stale_takes_its_whole_transaction_back(void **state)
{
	struct store_change changes[] = {
		of_version(put_session(1, "alice@home.example", 1), 0),
		put_access("nas;1;1", 1),
		of_version(put_session(2, "bob@home.example", 2), 7),
	};
	struct store *store = open_store(*state);

	assert_int_equal(commit(store, changes, 3), -ESTALE);
	assert_int_equal(count_sessions(store), 0);
	assert_int_equal(commit(store, changes, 2), 0);
	store_close(store);
}

/* A new session whose address has an owner is told so, and not that its id is stale. */
static void an_address_that_has_an_owner_is_no_stale_version(void **state)
{
	struct store_change first = of_version(put_session(1, "alice@home.example", 1), 0);
	struct store_change second = of_version(put_session(2, "bob@home.example", 1), 0);
	struct store *store = open_store(*state);

	assert_int_equal(commit(store, &first, 1), 0);
	assert_int_equal(commit(store, &second, 1), -EEXIST);
	second.session.home_address = address_of(2);
	assert_int_equal(commit(store, &second, 1), 0);
	second = of_version(second, 1);
	second.session.home_address = address_of(1);
	assert_int_equal(commit(store, &second, 1), -EEXIST);
	store_close(store);
}

/* ---- fetches ---- */

static struct store *with_records(const char *directory)
{
	struct store_change changes[] = {
		put_subscriber("alice@home.example"),
		of_version(put_session(7, "alice@home.example", 1), 0),
		put_access("nas;1;2", 7),
		put_access("nas;1;1", 7),
		put_access("nas;1;3", 7),
		of_version(put_session(8, "bob@home.example", 2), 0),
		put_access("nas;2;1", 8),
	};
	struct store *store = open_store(directory);

	changes[1].session.home_agent_session = DM_BYTES_LITERAL("aaa;1;7");
	changes[1].session.service_selection = DM_BYTES_LITERAL("ims");
	changes[5].session.home_agent_session = DM_BYTES_LITERAL("aaa;1;8");
	changes[5].session.state = 3;
	assert_int_equal(commit(store, changes, sizeof(changes) / sizeof(*changes)), 0);
	return store;
}

static const struct store_found *fetch(struct store *store, enum store_fetch_kind kind,
                                       struct dm_bytes key, struct dm_bytes key2)
{
	static struct store_completion completion;

	assert_int_equal(store_fetch(store, kind, key, key2, 77), 0);
	completion = wait_completion(store);
	assert_int_equal(completion.tag, 77);
	assert_int_equal(completion.error, 0);
	assert_int_equal(completion.found_count, 1);
	return completion.found;
}

static void assert_alice(const struct store_found *found)
{
	static const char *const sessions[] = { "nas;1;1", "nas;1;2", "nas;1;3" };

	assert_true(found->has_subscriber);
	assert_bytes_equal(found->subscriber.user_name, DM_BYTES_LITERAL("alice@home.example"));
	assert_bytes_equal(dm_secret_bytes(&found->subscriber.root_key),
	                   DM_BYTES_LITERAL("0123456789abcdef"));
	assert_true(found->has_session);
	assert_true(found->session.id == 7);
	assert_true(found->session.version == 1);
	assert_int_equal(found->session.home_address.length, 128);
	assert_int_equal(found->access_count, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_bytes_equal(found->accesses[i].session_id, dm_bytes_text(sessions[i]));
		assert_bytes_equal(found->accesses[i].nas_identifier, DM_BYTES_LITERAL("nas1"));
	}
}

static void a_session_is_found_by_each_of_its_names(void **state)
{
	struct store_prefix address = address_of(1);
	struct store *store = with_records(*state);
	const struct dm_bytes none = { 0 };

	assert_alice(fetch(store, STORE_FETCH_USER, DM_BYTES_LITERAL("alice@home.example"),
	                   DM_BYTES_LITERAL("ims")));
	assert_alice(fetch(store, STORE_FETCH_ACCESS, DM_BYTES_LITERAL("nas;1;2"), none));
	assert_alice(fetch(store, STORE_FETCH_AGENT_SESSION, DM_BYTES_LITERAL("aaa;1;7"), none));
	assert_alice(fetch(store, STORE_FETCH_ADDRESS, dm_bytes_of(address.address, 16), none));
	store_close(store);
}

static void a_user_without_live_session_is_found_alone(void **state)
{
	struct store *store = with_records(*state);
	const struct dm_bytes none = { 0 };
	const struct store_found *found =
		fetch(store, STORE_FETCH_USER, DM_BYTES_LITERAL("alice@home.example"), none);

	assert_true(found->has_subscriber);
	assert_false(found->has_session);
	assert_int_equal(found->access_count, 0);
	found = fetch(store, STORE_FETCH_USER, DM_BYTES_LITERAL("bob@home.example"), none);
	assert_false(found->has_subscriber);
	assert_false(found->has_session);
	found = fetch(store, STORE_FETCH_ACCESS, DM_BYTES_LITERAL("nas;2;1"), none);
	assert_false(found->has_subscriber);
	assert_true(found->session.id == 8); /* an ending one has its access sessions still */
	assert_int_equal(found->access_count, 1);
	found = fetch(store, STORE_FETCH_ACCESS, DM_BYTES_LITERAL("nas;9;9"), none);
	assert_false(found->has_subscriber || found->has_session);
	store_close(store);
}

/* The answer counts what was submitted before it, and not what came after. */
static void a_fetch_stands_in_the_order_of_submission(void **state)
{
	struct store_change change = of_version(put_session(1, "alice@home.example", 1), 0);
	const struct dm_bytes user = DM_BYTES_LITERAL("alice@home.example");
	struct store *store = open_store(*state);

	for (uint64_t version = 0; version < 20; version++) {
		change = of_version(change, version);
		assert_int_equal(store_submit(store, &change, 1, 2 * version), 0);
		assert_int_equal(store_fetch(store, STORE_FETCH_USER, user, (struct dm_bytes){ 0 },
		                             2 * version + 1),
		                 0);
	}
	for (uint64_t tag = 0; tag < 40; tag++) {
		struct store_completion completion = wait_completion(store);

		assert_true(completion.tag == tag);
		assert_int_equal(completion.error, 0);
		assert_int_equal(completion.found_count, tag % 2);
		if (tag % 2)
			assert_true(completion.found->session.version == tag / 2 + 1);
	}
	store_close(store);
}

static void who_asks_for_no_known_thing_is_refused(void **state)
{
	struct store *store = open_store(*state);

	assert_int_equal(store_fetch(store, STORE_FETCH_KINDS, (struct dm_bytes){ 0 },
	                             (struct dm_bytes){ 0 }, 1),
	                 -EINVAL);
	store_close(store);
}

static void who_is_alone_adopts_and_leases_nothing(void **state)
{
	struct store *store = with_records(*state);
	struct store_completion completion;

	assert_false(store_is_shared(store));
	assert_int_equal(store_adopt(store, 10, 5), 0);
	completion = wait_completion(store);
	assert_int_equal(completion.error, 0);
	assert_int_equal(completion.found_count, 0);
	assert_int_equal(store_lease_block(store, DM_BYTES_LITERAL("ha1"), 10, 1, 6), 0);
	completion = wait_completion(store);
	assert_int_equal(completion.error, -ENOTSUP);
	assert_int_equal(completion.block_count, 0);
	store_close(store);
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STORE_TEST(a_session_is_written_by_who_knows_its_version),
		STORE_TEST(a_session_that_is_gone_has_no_version),
		STORE_TEST(what_is_stale_takes_its_whole_transaction_back),
		STORE_TEST(an_address_that_has_an_owner_is_no_stale_version),
		STORE_TEST(a_session_is_found_by_each_of_its_names),
		STORE_TEST(a_user_without_live_session_is_found_alone),
		STORE_TEST(a_fetch_stands_in_the_order_of_submission),
		STORE_TEST(who_asks_for_no_known_thing_is_refused),
		STORE_TEST(who_is_alone_adopts_and_leases_nothing),
	};

	return RUN_TESTS(tests, 1);
}
