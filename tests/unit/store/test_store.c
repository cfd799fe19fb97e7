/* SPDX-License-Identifier: Apache-2.0 */
/* Invariants, atomicity, the queue and its completions. */
#include "tests/unit/store/fixture.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>

static int forbid_binding(const struct store_binding *found, void *context)
{
	(void)found;
	(void)context;
	return 1;
}

/* Updating a session must not be deleting it: its access sessions would go. */
static void an_updated_session_keeps_its_access_sessions(void **state)
{
	struct store_change changes[] = { put_session(1, "alice@home.example", 1),
		                          put_access("nas;1;1", 1) };
	struct store *store = open_store(*state);

	assert_int_equal(commit(store, changes, 2), 0);
	changes[0].session.state = 1;
	assert_int_equal(commit(store, changes, 1), 0);
	assert_int_equal(count_access(store), 1);
	store_close(store);
}

static void one_live_session_per_user_and_service(void **state)
{
	struct store_change first = put_session(1, "alice@home.example", 1);
	struct store_change second = put_session(2, "alice@home.example", 2);
	struct store *store = open_store(*state);

	assert_int_equal(commit(store, &first, 1), 0);
	assert_int_equal(commit(store, &second, 1), -EEXIST);
	assert_non_null(strcasestr(store_error_text(store), "unique"));
	second.session.service_selection = DM_BYTES_LITERAL("ims");
	assert_int_equal(commit(store, &second, 1), 0);
	second.session.service_selection = (struct dm_bytes){ 0 };
	assert_int_equal(commit(store, &second, 1), -EEXIST);
	first.session.state = 3;
	assert_int_equal(commit(store, &first, 1), 0);
	assert_int_equal(commit(store, &second, 1), 0);
	first.session.state = 2;
	assert_int_equal(commit(store, &first, 1), -EEXIST);
	assert_int_equal(count_sessions(store), 2);
	store_close(store);
}

static void one_owner_per_home_address(void **state)
{
	struct store_change first = put_session(1, "alice@home.example", 1);
	struct store_change second = put_session(2, "bob@home.example", 1);
	struct store *store = open_store(*state);

	first.session.state = 3; /* an ending session still owns its address */
	assert_int_equal(commit(store, &first, 1), 0);
	second.session.home_address.length = 64; /* the length is no part of who owns it */
	assert_int_equal(commit(store, &second, 1), -EEXIST);
	first.kind = STORE_DELETE_SESSION;
	assert_int_equal(commit(store, &first, 1), 0);
	assert_int_equal(commit(store, &second, 1), 0);
	store_close(store);
}

static void an_address_of_length_0_has_no_owner(void **state)
{
	struct store_change changes[] = { put_session(1, "alice@home.example", 0),
		                          put_session(2, "bob@home.example", 0),
		                          put_binding("aaa;1;1", 0), put_binding("aaa;1;2", 0) };
	struct store *store = open_store(*state);

	assert_int_equal(commit(store, changes, 4), 0);
	changes[0] = put_session(1, "alice@home.example", 7);
	changes[1] = put_session(2, "bob@home.example", 7);
	changes[0].session.home_address.length = 0;
	changes[1].session.home_address.length = 0;
	assert_int_equal(commit(store, changes, 2), 0);
	store_close(store);
}

static void bindings_and_subscribers_own_addresses_too(void **state)
{
	struct store_change bindings[] = { put_binding("aaa;1;1", 5), put_binding("aaa;1;2", 5) };
	struct store_change subscribers[] = { put_subscriber("alice@home.example"),
		                              put_subscriber("bob@home.example") };
	struct store *store = open_store(*state);

	assert_int_equal(commit(store, &bindings[0], 1), 0);
	assert_int_equal(commit(store, &bindings[1], 1), -EEXIST);
	for (size_t i = 0; i < 2; i++) {
		subscribers[i].subscriber.has_home_address = true;
		subscribers[i].subscriber.home_address = address_of(9);
	}
	assert_int_equal(commit(store, &subscribers[0], 1), 0);
	assert_int_equal(commit(store, &subscribers[1], 1), -EEXIST);
	store_close(store);
}

static void an_access_session_needs_its_session(void **state)
{
	struct store_change change = put_access("nas;1;1", 1);
	struct store *store = open_store(*state);

	assert_int_equal(commit(store, &change, 1), -ENOENT);
	assert_int_equal(count_access(store), 0);
	store_close(store);
}

static void a_transaction_is_whole_or_not_at_all(void **state)
{
	struct store_change taken = put_session(1, "alice@home.example", 1);
	struct store_change changes[] = {
		put_session(2, "bob@home.example", 2),
		put_access("nas;1;1", 2),
		put_binding("aaa;1;1", 5),
		put_session(3, "carol@home.example", 1),
	};
	struct store *store = open_store(*state);

	assert_int_equal(commit(store, &taken, 1), 0);
	assert_int_equal(commit(store, changes, 4), -EEXIST);
	assert_int_equal(count_sessions(store), 1);
	assert_int_equal(count_access(store), 0);
	assert_int_equal(store_each_binding(store, forbid_binding, NULL), 0);
	assert_int_equal(commit(store, changes, 3), 0);
	assert_int_equal(count_sessions(store), 2);
	store_close(store);
}

/* A binding is several rows even alone: its keys must not outlive its refusal. */
static void a_refused_binding_leaves_the_old_one(void **state)
{
	struct store_change changes[] = { put_binding("aaa;1;1", 5), put_binding("aaa;1;2", 6) };
	struct store *store = open_store(*state);
	struct raw raw;

	assert_int_equal(commit(store, changes, 2), 0);
	changes[1].binding.home_address = address_of(5);
	changes[1].binding.association_count = 0;
	assert_int_equal(commit(store, &changes[1], 1), -EEXIST);
	raw = open_raw(*state);
	assert_int_equal(number_raw(raw, "SELECT count(*) FROM association"), 4);
	close_raw(raw);
	store_close(store);
}

/* The refusal comes after the binding's row and its first association were written. */
static void a_binding_is_whole_or_not_at_all(void **state)
{
	struct store_change change = put_binding("aaa;1;1", 5);
	struct store *store = open_store(*state);
	struct raw raw = open_raw(*state);

	assert_int_equal(commit(store, &change, 1), 0);
	run_raw(raw, "CREATE TRIGGER second BEFORE INSERT ON association WHEN NEW.place=1"
	             " BEGIN SELECT RAISE(ABORT, 'not this one'); END");
	change.binding.home_address = address_of(6);
	assert_int_equal(commit(store, &change, 1), -EINVAL);
	assert_non_null(strstr(store_error_text(store), "not this one"));
	assert_int_equal(number_raw(raw, "SELECT count(*) FROM association"), 2);
	assert_int_equal(number_raw(raw, "SELECT count(*) FROM binding WHERE home_address="
	                                 "x'20010db8000000000000000000000005'"),
	                 1);
	close_raw(raw);
	store_close(store);
}

/* Hold the writer's lock so that all that is submitted falls into one group; then let go. */
static void one_violation_fails_only_its_own_transaction(void **state)
{
	struct store *store = open_store(*state);
	struct raw raw = open_raw(*state);
	char names[30][24];

	lock_raw(raw);
	for (uint64_t i = 0; i < 30; i++) {
		uint64_t address =
			i % 3 == 2 ? 1 : i + 1; /* each third wants the first's address */
		struct store_change changes[2];

		snprintf(names[i], sizeof(names[i]), "user-%d", (int)i);
		changes[0] = put_session(i + 1, names[i], address);
		changes[1] = put_access(names[i], i + 1);
		assert_int_equal(store_submit(store, changes, 1 + i % 2, 100 + i), 0);
	}
	run_raw(raw, "COMMIT");
	for (uint64_t i = 0; i < 30; i++) {
		struct store_completion completion = wait_completion(store);

		assert_true(completion.tag == 100 + i);
		assert_int_equal(completion.error, i % 3 == 2 ? -EEXIST : 0);
	}
	assert_int_equal(count_sessions(store), 20);
	close_raw(raw);
	store_close(store);
}

static void the_limit_of_the_queue_is_kept(void **state)
{
	struct store_options options = { .directory = *state, .queue_limit = 10 };
	struct store_change changes[4];
	struct store_completion completion;
	struct store *store;

	for (uint64_t i = 0; i < 4; i++)
		changes[i] = put_session(i + 1, i % 2 ? "alice" : "bob", i + 1);
	changes[2].session.state = 3;
	changes[3].session.state = 3;
	store = open_with(options);
	assert_int_equal(store_submit(store, changes, 4, 1), 0);
	assert_int_equal(store_submit(store, changes, 4, 2), 0);
	assert_int_equal(store_submit(store, changes, 4, 3), -EAGAIN);
	assert_int_equal(store_submit(store, changes, 2, 4), 0);
	assert_int_equal(store_submit(store, changes, 1, 5), -EAGAIN);
	assert_int_equal(store_flush(store), 0);
	for (uint64_t tag = 1; tag <= 4; tag += 1 + (tag == 2)) {
		assert_true(store_completed(store, &completion));
		assert_true(completion.tag == tag);
		assert_int_equal(completion.error, 0);
	}
	assert_false(store_completed(store, &completion));
	assert_int_equal(store_submit(store, changes, 4, 6), 0);
	store_close(store);
}

/* An import is one transaction, however large; it is taken when nothing else is held. */
static void a_transaction_larger_than_the_queue_passes_alone(void **state)
{
	struct store_options options = { .directory = *state, .queue_limit = 2, .group_limit = 2 };
	struct store_change changes[] = { put_subscriber("a"), put_subscriber("b"),
		                          put_subscriber("c") };
	struct store *store;

	store = open_with(options);
	assert_int_equal(commit(store, changes, 3), 0);
	assert_int_equal(store_submit(store, changes, 1, 1), 0);
	assert_int_equal(store_submit(store, changes, 3, 2), -EAGAIN);
	store_close(store);
}

static void the_notification_lasts_while_completions_wait(void **state)
{
	struct store_change change = put_subscriber("a");
	struct store *store = open_store(*state);
	struct pollfd wait = { .fd = store_notify_fd(store), .events = POLLIN };
	struct store_completion completion;

	assert_int_equal(poll(&wait, 1, 0), 0);
	assert_int_equal(store_submit(store, &change, 1, 1), 0);
	assert_int_equal(store_submit(store, &change, 1, 2), 0);
	assert_int_equal(store_flush(store), 0);
	assert_int_equal(poll(&wait, 1, 0), 1);
	assert_true(store_completed(store, &completion));
	assert_int_equal(poll(&wait, 1, 0), 1);
	assert_true(store_completed(store, &completion));
	assert_false(store_completed(store, &completion));
	assert_int_equal(poll(&wait, 1, 0), 0);
	store_close(store);
}

static void unsound_changes_are_refused_at_once(void **state)
{
	struct store_change change = { .kind = STORE_CHANGE_KINDS };
	struct store_change binding = put_binding("aaa;1;1", 5);
	struct store_completion completion;
	struct store *store = open_store(*state);

	binding.binding.association_count = STORE_ASSOCIATION_LIMIT + 1;
	assert_int_equal(store_submit(store, &change, 1, 1), -EINVAL);
	assert_int_equal(store_submit(store, &binding, 1, 1), -EINVAL);
	assert_int_equal(commit(store, NULL, 0), 0);
	assert_false(store_completed(store, &completion));
	binding.binding.association_count = 0;
	binding.binding.home_address.length = 129;
	assert_int_equal(commit(store, &binding, 1), -EINVAL);
	store_close(store);
}

static void flush_tells_the_first_error_once(void **state)
{
	struct store_change orphan = put_access("nas;1;1", 1), fine = put_subscriber("a");
	struct store *store = open_store(*state);

	assert_int_equal(store_flush(store), 0);
	assert_int_equal(store_submit(store, &fine, 1, 1), 0);
	assert_int_equal(store_submit(store, &orphan, 1, 2), 0);
	assert_int_equal(store_submit(store, &fine, 1, 3), 0);
	assert_int_equal(store_flush(store), -ENOENT);
	assert_int_equal(store_flush(store), 0);
	store_close(store);
}

static void close_commits_what_waits(void **state)
{
	struct store *store = open_store(*state);
	char names[500][16];

	for (uint64_t i = 0; i < 500; i++) {
		struct store_change change;

		snprintf(names[i], sizeof(names[i]), "user-%d", (int)i);
		change = put_session(i + 1, names[i], i + 1);
		assert_int_equal(store_submit(store, &change, 1, i), 0);
	}
	store_close(store);
	store = open_store(*state);
	assert_int_equal(count_sessions(store), 500);
	store_close(store);
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STORE_TEST(an_updated_session_keeps_its_access_sessions),
		STORE_TEST(one_live_session_per_user_and_service),
		STORE_TEST(one_owner_per_home_address),
		STORE_TEST(an_address_of_length_0_has_no_owner),
		STORE_TEST(bindings_and_subscribers_own_addresses_too),
		STORE_TEST(an_access_session_needs_its_session),
		STORE_TEST(a_transaction_is_whole_or_not_at_all),
		STORE_TEST(a_refused_binding_leaves_the_old_one),
		STORE_TEST(one_violation_fails_only_its_own_transaction),
		STORE_TEST(the_limit_of_the_queue_is_kept),
		STORE_TEST(a_transaction_larger_than_the_queue_passes_alone),
		STORE_TEST(the_notification_lasts_while_completions_wait),
		STORE_TEST(unsound_changes_are_refused_at_once),
		STORE_TEST(flush_tells_the_first_error_once),
		STORE_TEST(close_commits_what_waits),
		STORE_TEST(a_binding_is_whole_or_not_at_all),
	};

	/* On PostgreSQL a trigger speaks another language. */
	return RUN_TESTS(tests, 1);
}
