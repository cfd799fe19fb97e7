/* SPDX-License-Identifier: Apache-2.0 */
/* From SQLite into another store: all of it, sealed anew, once; what broke off is done again. */
#include "tests/unit/store/fixture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define MANY 5000

static void assert_bytes(struct dm_bytes found, struct dm_bytes wanted)
{
	assert_true(wanted.size > 0 && dm_bytes_equal(found, wanted));
}

static const struct store_migration as_first = { .server = "aaa.home.example.net" };

static struct store *open_old(const char *directory)
{
	const struct store_options options = { .directory = file_in(directory, "old") };
	struct store *store;
	char why[512];

	if (store_open(&options, &store, why, sizeof(why)))
		fail_msg("%s", why);
	return store;
}

static void fill(struct store *store)
{
	struct store_change changes[] = {
		put_subscriber("alice"),   put_subscriber("bob"),     put_session(1, "alice", 1),
		put_session(2, "bob", 2),  put_access("nas;1;1", 1),  put_access("nas;1;2", 2),
		put_binding("aaa;1;1", 1), put_binding("aaa;1;2", 2), put_attachment("nas;1;1"),
		put_name(1, 1, 1),
	};
	uint64_t value;

	changes[3].session.state = 2;
	assert_int_equal(commit(store, changes, 10), 0);
	assert_int_equal(store_counter(store, "session-block", 7, &value), 0);
	assert_int_equal(store_counter(store, "origin-state-id", 1795485960, &value), 0);
}

static int migrate(struct store *from, struct store *to, uint64_t *records, const char **why)
{
	static char sentence[512];

	*why = sentence;
	sentence[0] = '\0';
	return store_migrate(from, to, &as_first, records, sentence, sizeof(sentence));
}

static int assert_root_key(const struct store_subscriber *subscriber, void *context)
{
	const struct store_change put = put_subscriber("alice");

	(*(int *)context)++;
	assert_bytes(dm_secret_bytes(&subscriber->root_key),
	             dm_secret_bytes(&put.subscriber.root_key));
	return 0;
}

static int assert_session(const struct store_session *session, void *context)
{
	const struct store_prefix address = address_of(session->id);

	(*(int *)context)++;
	assert_memory_equal(session->home_address.address, address.address, 16);
	assert_int_equal(session->state, session->id == 2 ? 2 : 0);
	return 0;
}

static int assert_binding(const struct store_binding *binding, void *context)
{
	const struct store_change put = put_binding("aaa;1;1", 1);

	(*(int *)context)++;
	assert_int_equal(binding->association_count, put.binding.association_count);
	assert_bytes(dm_secret_bytes(&binding->associations[0].key),
	             dm_secret_bytes(&put.binding.associations[0].key));
	return 0;
}

static void all_is_there_and_sealed_with_the_other_key(void **state)
{
	struct store *old = open_old(*state), *new = open_store(*state);
	int subscribers = 0, sessions = 0, bindings = 0;
	uint64_t records, value;
	const char *why;

	fill(old);
	if (migrate(old, new, &records, &why))
		fail_msg("%s", why);
	assert_int_equal(records, 10);
	store_close(old);
	assert_sound(new);
	assert_int_equal(store_each_subscriber(new, assert_root_key, &subscribers), 0);
	assert_int_equal(store_each_session(new, assert_session, &sessions), 0);
	assert_int_equal(store_each_binding(new, assert_binding, &bindings), 0);
	assert_int_equal(subscribers, 2);
	assert_int_equal(sessions, 2);
	assert_int_equal(bindings, 2);
	assert_int_equal(count_access(new), 2);
	assert_int_equal(store_counter(new, "session-block", 0, &value), 0);
	assert_int_equal(value, 7);
	assert_int_equal(store_counter(new,
	                               on_postgres() ? "origin-state-id;aaa.home.example.net"
	                                             : "origin-state-id",
	                               0, &value),
	                 0);
	assert_int_equal(value, 1795485960);
	store_close(new);
}

static void a_store_with_records_is_refused(void **state)
{
	struct store *old = open_old(*state), *new = open_store(*state);
	const struct store_change other = put_subscriber("carol");
	uint64_t records;
	const char *why;

	fill(old);
	assert_int_equal(commit(new, &other, 1), 0);
	assert_int_equal(migrate(old, new, &records, &why), -EEXIST);
	assert_non_null(strstr(why, "has records already (table subscriber)"));
	assert_int_equal(count_sessions(new), 0);
	store_close(old);
	store_close(new);
}

/* A second time is as good as a record of its own: the first copy may have changed since. */
static void a_copy_that_is_whole_is_not_repeated(void **state)
{
	struct store *old = open_old(*state), *new = open_store(*state);
	uint64_t records;
	const char *why;

	fill(old);
	assert_int_equal(migrate(old, new, &records, &why), 0);
	assert_int_equal(migrate(old, new, &records, &why), -EEXIST);
	store_close(old);
	store_close(new);
}

static void a_copy_that_broke_off_is_found_and_done_again(void **state)
{
	struct store *old = open_old(*state), *new = open_store(*state);
	const struct store_change first = put_subscriber("alice");
	char sentences[512];
	uint64_t records, value;
	const char *why;

	fill(old);
	assert_int_equal(store_counter(new, STORE_MIGRATIONS_BEGUN, 1, &value), 0);
	assert_int_equal(commit(new, &first, 1), 0);
	assert_int_equal(audit(new, sentences, sizeof(sentences)), 1);
	assert_non_null(strstr(sentences, "has not come to its end"));
	if (migrate(old, new, &records, &why))
		fail_msg("%s", why);
	assert_sound(new);
	assert_int_equal(count_sessions(new), 2);
	store_close(old);
	store_close(new);
}

static void count_step(uint64_t records, void *context)
{
	assert_true(records > *(uint64_t *)context);
	*(uint64_t *)context = records;
}

static void many_are_copied_in_groups_and_it_is_told(void **state)
{
	struct store *old = open_old(*state), *new = open_store(*state);
	struct store_change *changes = calloc(MANY, sizeof(*changes));
	char(*names)[32] = calloc(MANY, sizeof(*names));
	uint64_t records, told = 0;
	const struct store_migration wanted = { as_first.server, count_step, &told };
	char why[512];

	assert_non_null(changes);
	assert_non_null(names);
	for (int i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof(names[i]), "user%d", i);
		changes[i] = put_subscriber(names[i]);
	}
	assert_int_equal(commit(old, changes, MANY), 0);
	assert_int_equal(store_migrate(old, new, &wanted, &records, why, sizeof(why)), 0);
	assert_int_equal(records, MANY);
	assert_int_equal(told, MANY);
	assert_sound(new);
	free(changes);
	free(names);
	store_close(old);
	store_close(new);
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STORE_TEST(all_is_there_and_sealed_with_the_other_key),
		STORE_TEST(a_store_with_records_is_refused),
		STORE_TEST(a_copy_that_is_whole_is_not_repeated),
		STORE_TEST(a_copy_that_broke_off_is_found_and_done_again),
		STORE_TEST(many_are_copied_in_groups_and_it_is_told),
	};

	return RUN_TESTS(tests, 0);
}
