/* SPDX-License-Identifier: Apache-2.0 */
/* What was put comes back, whole, in order, also after a restart; and its secrets lie sealed. */
#include "tests/unit/store/fixture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static int one_subscriber(const struct store_subscriber *found, void *context)
{
	const struct store_subscriber *expected = context;

	assert_bytes_equal(found->user_name, expected->user_name);
	assert_int_equal(found->enabled, expected->enabled);
	assert_int_equal(found->mobility, expected->mobility);
	assert_int_equal(found->local_home_agent, expected->local_home_agent);
	assert_int_equal(found->has_home_address, expected->has_home_address);
	assert_int_equal(found->has_home_prefix, expected->has_home_prefix);
	if (expected->has_home_address)
		assert_memory_equal(&found->home_address, &expected->home_address, 17);
	if (expected->has_home_prefix)
		assert_memory_equal(&found->home_prefix, &expected->home_prefix, 17);
	assert_bytes_equal(found->home_agent, expected->home_agent);
	assert_bytes_equal(found->fqdn, expected->fqdn);
	assert_int_equal(found->sa_protocols, expected->sa_protocols);
	assert_int_equal(found->authorization_lifetime, expected->authorization_lifetime);
	assert_int_equal(found->session_timeout, expected->session_timeout);
	assert_int_equal(found->key_lifetime, expected->key_lifetime);
	assert_int_equal(found->random_keys, expected->random_keys);
	assert_bytes_equal(dm_secret_bytes(&found->root_key), dm_secret_bytes(&expected->root_key));
	return 0;
}

static void a_subscriber_comes_back_after_a_restart(void **state)
{
	struct store_change change = put_subscriber("alice@home.example");
	struct store_subscriber *subscriber = &change.subscriber;
	struct store *store = open_store(*state);

	subscriber->random_keys = true;
	subscriber->has_home_prefix = true;
	subscriber->home_prefix = address_of(0);
	subscriber->home_prefix.length = 64;
	subscriber->authorization_lifetime = UINT32_MAX;
	subscriber->session_timeout = 1;
	subscriber->key_lifetime = UINT32_MAX - 1;
	subscriber->local_home_agent = true;
	subscriber->fqdn = DM_BYTES_LITERAL(".mobile.example");
	assert_int_equal(commit(store, &change, 1), 0);
	store_close(store);
	store = open_store(*state);
	assert_int_equal(store_each_subscriber(store, one_subscriber, subscriber), 0);
	subscriber->has_home_prefix = false;
	subscriber->has_home_address = true;
	subscriber->home_address = address_of(5);
	subscriber->enabled = false;
	dm_secret_set(&subscriber->root_key, DM_BYTES_LITERAL("another key, longer than the one"));
	assert_int_equal(commit(store, &change, 1), 0);
	assert_int_equal(store_each_subscriber(store, one_subscriber, subscriber), 0);
	store_close(store);
}

static int one_session(const struct store_session *found, void *context)
{
	const struct store_session *expected = context;

	assert_true(found->id == expected->id);
	assert_bytes_equal(found->user_name, expected->user_name);
	assert_bytes_equal(found->service_selection, expected->service_selection);
	assert_bytes_equal(found->home_agent, expected->home_agent);
	assert_bytes_equal(found->home_agent_realm, expected->home_agent_realm);
	assert_bytes_equal(found->home_agent_fqdn, expected->home_agent_fqdn);
	assert_memory_equal(&found->home_agent_address, &expected->home_agent_address, 17);
	assert_bytes_equal(found->home_agent_session, expected->home_agent_session);
	assert_bytes_equal(found->acct_multi_session_id, expected->acct_multi_session_id);
	assert_bytes_equal(found->fqdn, expected->fqdn);
	assert_memory_equal(&found->home_address, &expected->home_address, 17);
	assert_memory_equal(&found->home_prefix, &expected->home_prefix, 17);
	assert_true(found->feature_vector == expected->feature_vector);
	assert_int_equal(found->key_epoch, expected->key_epoch);
	assert_int_equal(found->sa_protocols, expected->sa_protocols);
	assert_int_equal(found->state, expected->state);
	assert_int_equal(found->created, expected->created);
	assert_int_equal(found->linger_until, expected->linger_until);
	assert_int_equal(found->key_expires, expected->key_expires);
	assert_int_equal(found->home_agent_state_id, expected->home_agent_state_id);
	assert_bytes_equal(dm_secret_bytes(&found->random_key),
	                   dm_secret_bytes(&expected->random_key));
	assert_bytes_equal(found->keeper,
	                   on_postgres() ? DM_BYTES_LITERAL("aaa.home.example") : expected->keeper);
	return 0;
}

static void a_session_comes_back_after_a_restart(void **state)
{
	struct store_change change = put_session(1ULL << 40, "alice@home.example", 1);
	struct store_session *session = &change.session;
	struct store *store = open_store(*state);

	session->service_selection = DM_BYTES_LITERAL("a\0b");
	session->home_prefix = address_of(0);
	session->home_prefix.length = 64;
	session->home_agent_fqdn = DM_BYTES_LITERAL("mip.home.example");
	session->home_agent_address = address_of(99);
	session->fqdn = DM_BYTES_LITERAL("alice.mobile.example");
	session->feature_vector = UINT64_MAX;
	session->key_epoch = UINT32_MAX;
	session->sa_protocols = 0xff;
	session->state = 2;
	session->linger_until = INT64_MAX;
	session->key_expires = 1800000000;
	session->home_agent_state_id = UINT32_MAX;
	dm_secret_set(&session->random_key, DM_BYTES_LITERAL("thirty-two octets of its own ..."));
	session->keeper = DM_BYTES_LITERAL("aaa1.home.example");
	assert_int_equal(commit(store, &change, 1), 0);
	store_close(store);
	store = open_store(*state);
	assert_int_equal(store_each_session(store, one_session, session), 0);
	session->home_address.length = 64;
	session->state = 1;
	session->fqdn = (struct dm_bytes){ 0 };
	session->home_agent_address = (struct store_prefix){ 0 };
	assert_int_equal(commit(store, &change, 1), 0);
	assert_int_equal(store_each_session(store, one_session, session), 0);
	assert_int_equal(count_sessions(store), 1);
	store_close(store);
}

static int one_access(const struct store_access *found, void *context)
{
	const struct store_access *expected = context;

	assert_bytes_equal(found->session_id, expected->session_id);
	assert_true(found->session == expected->session);
	assert_bytes_equal(found->origin_host, expected->origin_host);
	assert_bytes_equal(found->origin_realm, expected->origin_realm);
	assert_bytes_equal(found->nas_identifier, expected->nas_identifier);
	assert_int_equal(found->origin_state_id, expected->origin_state_id);
	assert_int_equal(found->application_id, expected->application_id);
	assert_int_equal(found->opened, expected->opened);
	assert_int_equal(found->expires, expected->expires);
	return 0;
}

static void an_access_session_comes_back_after_a_restart(void **state)
{
	struct store_change changes[] = { put_session(1, "alice@home.example", 1),
		                          put_access("nas;1;1", 1) };
	struct store *store = open_store(*state);

	changes[1].access.origin_state_id = UINT32_MAX;
	changes[1].access.expires = 1700003600;
	assert_int_equal(commit(store, changes, 2), 0);
	store_close(store);
	store = open_store(*state);
	assert_int_equal(count_access(store), 1);
	assert_int_equal(store_each_access(store, one_access, &changes[1].access), 0);
	store_close(store);
}

static int one_binding(const struct store_binding *found, void *context)
{
	const struct store_binding *expected = context;

	assert_bytes_equal(found->session_id, expected->session_id);
	assert_bytes_equal(found->user_name, expected->user_name);
	assert_bytes_equal(found->server_host, expected->server_host);
	assert_bytes_equal(found->server_realm, expected->server_realm);
	assert_bytes_equal(found->acct_multi_session_id, expected->acct_multi_session_id);
	assert_memory_equal(&found->home_address, &expected->home_address, 17);
	assert_memory_equal(&found->home_prefix, &expected->home_prefix, 17);
	assert_int_equal(found->asked, expected->asked);
	assert_bytes_equal(found->service_selection, expected->service_selection);
	assert_int_equal(found->renew, expected->renew);
	assert_int_equal(found->authorized, expected->authorized);
	assert_int_equal(found->association_count, expected->association_count);
	for (size_t i = 0; i < expected->association_count; i++) {
		const struct store_association *a = &found->associations[i];
		const struct store_association *b = &expected->associations[i];

		assert_int_equal(a->sa_protocol, b->sa_protocol);
		assert_int_equal(a->key_epoch, b->key_epoch);
		assert_int_equal(a->spi, b->spi);
		assert_int_equal(a->algorithm_type, b->algorithm_type);
		assert_int_equal(a->replay_mode, b->replay_mode);
		assert_bytes_equal(a->key_name, b->key_name);
		assert_bytes_equal(dm_secret_bytes(&a->key), dm_secret_bytes(&b->key));
		assert_int_equal(a->key_expires, b->key_expires);
	}
	return 0;
}

static void a_binding_comes_back_with_its_associations(void **state)
{
	struct store_change change = put_binding("aaa;1;1", 5);
	struct store_binding *binding = &change.binding;
	struct store *store = open_store(*state);

	assert_int_equal(commit(store, &change, 1), 0);
	store_close(store);
	store = open_store(*state);
	assert_int_equal(store_each_binding(store, one_binding, binding), 0);
	binding->association_count = 1;
	binding->associations[0] = binding->associations[1];
	assert_int_equal(commit(store, &change, 1), 0);
	assert_int_equal(store_each_binding(store, one_binding, binding), 0);
	binding->association_count = 0;
	assert_int_equal(commit(store, &change, 1), 0);
	assert_int_equal(store_each_binding(store, one_binding, binding), 0);
	store_close(store);
}

static int one_attachment(const struct store_attachment *found, void *context)
{
	const struct store_attachment *expected = context;

	assert_bytes_equal(found->session_id, expected->session_id);
	assert_bytes_equal(found->user_name, expected->user_name);
	assert_bytes_equal(found->interface, expected->interface);
	assert_bytes_equal(found->server_host, expected->server_host);
	assert_bytes_equal(found->server_realm, expected->server_realm);
	assert_bytes_equal(found->answer, expected->answer);
	assert_bytes_equal(found->request, expected->request);
	assert_int_equal(found->opened, expected->opened);
	assert_int_equal(found->granted, expected->granted);
	assert_int_equal(found->expires, expected->expires);
	return 0;
}

static void an_attachment_comes_back_after_a_restart(void **state)
{
	struct store_change change = put_attachment("nas;1;1");
	struct store *store = open_store(*state);

	assert_int_equal(commit(store, &change, 1), 0);
	store_close(store);
	store = open_store(*state);
	assert_int_equal(store_each_attachment(store, one_attachment, &change.attachment), 0);
	store_close(store);
}

static int one_agent(const struct store_agent *found, void *context)
{
	const struct store_agent *expected = context;

	assert_bytes_equal(found->host, expected->host);
	assert_true(found->has_state == expected->has_state);
	assert_int_equal(found->state, expected->state);
	assert_true(found->has_weight == expected->has_weight);
	assert_int_equal(found->weight, expected->weight);
	assert_true(found->has_capacity == expected->has_capacity);
	assert_int_equal(found->capacity, expected->capacity);
	return 1;
}

static void what_was_said_of_an_agent_comes_back(void **state)
{
	struct store_change change = {
		.kind = STORE_PUT_AGENT,
		.agent = { .host = dm_bytes_text("ha1.home.example"),
		           .has_state = true,
		           .state = 2,
		           .has_capacity = true,
		           .capacity = UINT32_MAX },
	};
	struct store *store = open_store(*state);

	assert_int_equal(commit(store, &change, 1), 0);
	change.agent.has_weight = true;
	change.agent.weight = 7;
	assert_int_equal(commit(store, &change, 1), 0);
	store_close(store);
	store = open_store(*state);
	assert_int_equal(store_each_agent(store, one_agent, &change.agent), 1);
	change.kind = STORE_DELETE_AGENT;
	assert_int_equal(commit(store, &change, 1), 0);
	assert_int_equal(store_each_agent(store, one_agent, &change.agent), 0);
	store_close(store);
}

static int one_name(const struct store_name *found, void *context)
{
	const struct store_name *expected = context;

	assert_true(found->id == expected->id);
	assert_bytes_equal(found->user_name, expected->user_name);
	assert_bytes_equal(found->fqdn, expected->fqdn);
	assert_memory_equal(&found->home_address, &expected->home_address, 17);
	assert_true(found->session == expected->session);
	assert_int_equal(found->state, expected->state);
	assert_int_equal(found->since, expected->since);
	return 1;
}

static void MB33_a_name_and_its_debt_come_back_after_a_restart(void **state)
{
	struct store_change change = put_name(UINT64_C(3) << 32, 1, 0);
	struct store *store = open_store(*state);

	assert_int_equal(commit(store, &change, 1), 0);
	change.name.state = 2;
	change.name.since++;
	assert_int_equal(commit(store, &change, 1), 0);
	store_close(store);
	store = open_store(*state);
	assert_int_equal(store_each_name(store, one_name, &change.name), 1);
	change.kind = STORE_DELETE_NAME;
	assert_int_equal(commit(store, &change, 1), 0);
	assert_int_equal(store_each_name(store, one_name, NULL), 0);
	store_close(store);
}

static void octets_are_copied_when_they_are_handed_over(void **state)
{
	char name[] = "alice@home.example";
	struct store_change change = put_session(1, name, 1);
	struct store_change expected = put_session(1, "alice@home.example", 1);
	struct store *store = open_store(*state);

	assert_int_equal(store_submit(store, &change, 1, 1), 0);
	memset(name, 'x', sizeof(name) - 1);
	assert_int_equal(store_flush(store), 0);
	assert_int_equal(store_each_session(store, one_session, &expected.session), 0);
	store_close(store);
}

static int forbid_subscriber(const struct store_subscriber *found, void *context)
{
	(void)found;
	(void)context;
	return 1;
}

static int forbid_binding(const struct store_binding *found, void *context)
{
	(void)found;
	(void)context;
	return 1;
}

static int forbid_attachment(const struct store_attachment *found, void *context)
{
	(void)found;
	(void)context;
	return 1;
}

static void what_is_deleted_is_gone_and_takes_its_parts_along(void **state)
{
	struct store_change changes[] = {
		put_subscriber("alice@home.example"),
		put_session(1, "alice@home.example", 1),
		put_access("nas;1;1", 1),
		put_access("nas;1;2", 1),
		put_binding("aaa;1;1", 5),
		put_attachment("nas;1;1"),
	};
	struct store *store = open_store(*state);
	struct raw raw;

	assert_int_equal(commit(store, changes, 6), 0);
	for (size_t i = 0; i < 6; i++)
		changes[i].kind++; /* each DELETE follows its PUT */
	assert_int_equal(commit(store, &changes[2], 1), 0);
	assert_int_equal(count_access(store), 1);
	assert_int_equal(commit(store, &changes[1], 1), 0);
	assert_int_equal(count_sessions(store), 0);
	assert_int_equal(count_access(store), 0);
	assert_int_equal(commit(store, changes, 6), 0);
	assert_int_equal(store_each_subscriber(store, forbid_subscriber, NULL), 0);
	assert_int_equal(store_each_binding(store, forbid_binding, NULL), 0);
	assert_int_equal(store_each_attachment(store, forbid_attachment, NULL), 0);
	raw = open_raw(*state);
	assert_int_equal(number_raw(raw, "SELECT count(*) FROM association"), 0);
	close_raw(raw);
	store_close(store);
}

struct names {
	const char *const *expected;
	size_t seen;
};

static int next_name(const struct store_subscriber *found, void *context)
{
	struct names *names = context;

	assert_bytes_equal(found->user_name, dm_bytes_text(names->expected[names->seen++]));
	return names->expected[names->seen] ? 0 : 77;
}

static void a_walk_is_in_order_and_ends_when_the_visitor_says(void **state)
{
	static const char *const order[] = { "Zoe", "a", "aa", "b", NULL };
	struct store_change changes[] = { put_subscriber("b"), put_subscriber("aa"),
		                          put_subscriber("Zoe"), put_subscriber("c"),
		                          put_subscriber("a") };
	struct names names = { .expected = order };
	struct store *store = open_store(*state);

	assert_int_equal(commit(store, changes, 5), 0);
	assert_int_equal(store_each_subscriber(store, next_name, &names), 77);
	assert_int_equal(names.seen, 4);
	store_close(store);
}

static void a_counter_never_goes_back(void **state)
{
	struct store *store = open_store(*state);
	uint64_t value = 99;

	assert_int_equal(store_counter(store, "origin-state-id", 1, &value), 0);
	assert_true(value == 0);
	assert_int_equal(store_counter(store, "origin-state-id", 1, &value), 0);
	assert_true(value == 1);
	assert_int_equal(store_counter(store, "session-block", 1000, &value), 0);
	assert_true(value == 0);
	store_close(store);
	store = open_store(*state);
	assert_int_equal(store_counter(store, "origin-state-id", 0, &value), 0);
	assert_true(value == 2);
	assert_int_equal(store_counter(store, "session-block", INT64_MAX - 1000, &value), 0);
	assert_true(value == 1000);
	value = 5;
	assert_int_equal(store_counter(store, "session-block", 1, &value), -EINVAL);
	assert_int_equal(store_counter(store, "session-block", UINT64_MAX, &value), -EINVAL);
	assert_true(value == 5);
	store_close(store);
}

static void who_reads_only_sees_and_changes_nothing(void **state)
{
	struct store_options options = { .directory = *state, .read_only = true };
	struct store_change change = put_subscriber("a");
	struct store *owner = open_store(*state), *reader;
	uint64_t value;

	assert_int_equal(commit(owner, &change, 1), 0);
	reader = open_with(options);
	assert_int_equal(store_each_subscriber(reader, one_subscriber, &change.subscriber), 0);
	assert_int_equal(store_submit(reader, &change, 1, 1), -EROFS);
	assert_int_equal(store_counter(reader, "x", 1, &value), -EROFS);
	assert_int_equal(store_flush(reader), 0);
	assert_int_equal(store_notify_fd(reader), -1);
	change.kind = STORE_DELETE_SUBSCRIBER;
	assert_int_equal(commit(owner, &change, 1), 0);
	assert_int_equal(store_each_subscriber(reader, forbid_subscriber, NULL), 0);
	store_close(reader);
	store_close(owner);
	reader = open_with(options);
	store_close(reader);
}

/* No secret in the file, in the journal, nowhere in the directory. */
static void secrets_are_nowhere_in_the_files(void **state)
{
	struct store_change changes[] = { put_subscriber("alice@home.example"),
		                          put_binding("aaa;1;1", 5),
		                          put_session(1, "alice@home.example", 1) };
	struct store *store = open_store(*state);
	static const char *const files[] = { "store.db", "store.db-wal" };
	bool name_seen = false;

	dm_secret_set(&changes[0].subscriber.root_key, DM_BYTES_LITERAL("open sesame, please"));
	dm_secret_set(&changes[2].session.random_key, DM_BYTES_LITERAL("a session's own secret"));
	assert_int_equal(commit(store, changes, 3), 0);
	for (size_t i = 0; i < 2; i++) {
		FILE *file = fopen(file_in(*state, files[i]), "r");
		char *octets = malloc(4 << 20);
		size_t size = fread(octets, 1, 4 << 20, file);

		assert_null(memmem(octets, size, "open sesame", 11));
		assert_null(memmem(octets, size, "session's own", 13));
		assert_null(memmem(octets, size, "the first key", 13));
		assert_null(memmem(octets, size, "the second key", 14));
		name_seen = name_seen || memmem(octets, size, "alice@home.example", 18);
		free(octets);
		fclose(file);
	}
	assert_true(name_seen);
	store_close(store);
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STORE_TEST(a_subscriber_comes_back_after_a_restart),
		STORE_TEST(a_session_comes_back_after_a_restart),
		STORE_TEST(an_access_session_comes_back_after_a_restart),
		STORE_TEST(a_binding_comes_back_with_its_associations),
		STORE_TEST(an_attachment_comes_back_after_a_restart),
		STORE_TEST(what_was_said_of_an_agent_comes_back),
		STORE_TEST(MB33_a_name_and_its_debt_come_back_after_a_restart),
		STORE_TEST(octets_are_copied_when_they_are_handed_over),
		STORE_TEST(what_is_deleted_is_gone_and_takes_its_parts_along),
		STORE_TEST(a_walk_is_in_order_and_ends_when_the_visitor_says),
		STORE_TEST(a_counter_never_goes_back),
		STORE_TEST(who_reads_only_sees_and_changes_nothing),
		STORE_TEST(secrets_are_nowhere_in_the_files),
	};

	return RUN_TESTS(tests, 1);
}
