/* SPDX-License-Identifier: Apache-2.0 */
/* A new key for a store: nothing is lost, the old key opens nothing, and a crash at any point
 * leaves a store that opens. */
#include "tests/unit/store/fixture.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define USERS 3

static void fill(const char *directory)
{
	static const char *const users[USERS] = { "alice@x.example", "bob@x.example",
		                                  "carol@x.example" };
	struct store *store = open_store(directory);
	struct store_change changes[USERS + 3];

	for (int i = 0; i < USERS; i++)
		changes[i] = put_subscriber(users[i]);
	changes[USERS] = put_binding("aaa;1;1", 1);
	changes[USERS + 1] = put_session(1, users[0], 2);
	changes[USERS + 2] = put_session(2, users[1], 3);
	dm_secret_set(&changes[USERS + 2].session.random_key, DM_BYTES_LITERAL("its own"));
	assert_int_equal(commit(store, changes, USERS + 3), 0);
	store_close(store);
}

static int look_at_session(const struct store_session *session, void *context)
{
	bool random = session->id == 2;

	assert_bytes_equal(dm_secret_bytes(&session->random_key),
	                   random ? DM_BYTES_LITERAL("its own") : (struct dm_bytes){ 0 });
	++*(int *)context;
	return 0;
}

static int look(const struct store_subscriber *subscriber, void *context)
{
	struct store_change expected = put_subscriber("");

	assert_int_equal(subscriber->root_key.size, expected.subscriber.root_key.size);
	assert_memory_equal(subscriber->root_key.octets, expected.subscriber.root_key.octets,
	                    subscriber->root_key.size);
	++*(int *)context;
	return 0;
}

static void assert_all_there(struct store *store)
{
	int users = 0, sessions = 0;

	assert_int_equal(store_each_subscriber(store, look, &users), 0);
	assert_int_equal(users, USERS);
	assert_int_equal(store_each_session(store, look_at_session, &sessions), 0);
	assert_int_equal(sessions, 2);
	assert_sound(store);
	store_close(store);
}

static size_t rekey(const char *directory)
{
	char why[512];
	size_t sealed;

	if (store_rekey(directory, &sealed, why, sizeof(why)))
		fail_msg("%s", why);
	return sealed;
}

static void read_key(const char *directory, const char *name, uint8_t key[32])
{
	FILE *file = fopen(file_in(directory, name), "rb");

	assert_non_null(file);
	assert_int_equal(fread(key, 1, 32, file), 32);
	fclose(file);
}

static void copy_key(const char *directory, const char *from, const char *to)
{
	uint8_t key[32];
	FILE *file;

	read_key(directory, from, key);
	file = fopen(file_in(directory, to), "wb");
	assert_non_null(file);
	assert_int_equal(chmod(file_in(directory, to), 0600), 0);
	assert_int_equal(fwrite(key, 1, 32, file), 32);
	fclose(file);
}

static bool is_there(const char *directory, const char *name)
{
	return access(file_in(directory, name), F_OK) == 0;
}

static void every_secret_opens_with_the_new_key_alone(void **state)
{
	const char *directory = file_in(*state, "store");
	struct store_options options = { .directory = directory };
	struct store_change binding = put_binding("aaa;1;1", 1);
	uint8_t before[32], after[32];
	const char *why;

	fill(directory);
	copy_key(directory, "store.key", "old");
	assert_int_equal(rekey(directory), USERS + 1 + binding.binding.association_count);
	read_key(directory, "old", before);
	read_key(directory, "store.key", after);
	assert_memory_not_equal(before, after, 32);
	assert_false(is_there(directory, "store.key.next"));
	assert_all_there(open_store(directory));
	copy_key(directory, "old", "store.key");
	assert_int_equal(open_error(&options, &why), -EBADMSG);
	assert_non_null(strstr(why, "is not the key"));
}

/* As a crash between the commit and the file's new name leaves it. */
static void a_change_that_was_not_finished_is_finished(void **state)
{
	const char *directory = file_in(*state, "store");
	struct store_options looking = { .directory = directory, .read_only = true };
	uint8_t key[32], found[32];

	fill(directory);
	copy_key(directory, "store.key", "old");
	rekey(directory);
	read_key(directory, "store.key", key);
	copy_key(directory, "store.key", "store.key.next");
	copy_key(directory, "old", "store.key");
	assert_all_there(open_with(looking));
	assert_true(is_there(directory, "store.key.next"));
	assert_all_there(open_store(directory));
	assert_false(is_there(directory, "store.key.next"));
	read_key(directory, "store.key", found);
	assert_memory_equal(found, key, 32);
}

/* As a crash before the commit leaves it. */
static void a_change_that_did_not_happen_is_none(void **state)
{
	const char *directory = file_in(*state, "store");
	uint8_t before[32], after[32];

	fill(directory);
	read_key(directory, "store.key", before);
	copy_key(directory, "store.key", "store.key.next");
	assert_int_equal(truncate(file_in(directory, "store.key.next"), 7), 0);
	assert_all_there(open_store(directory));
	read_key(directory, "store.key", after);
	assert_memory_equal(before, after, 32);
	assert_true(rekey(directory) > 0);
	assert_all_there(open_store(directory));
}

static void one_that_does_not_open_stops_it(void **state)
{
	const char *directory = file_in(*state, "store");
	uint8_t before[32], after[32];
	char why[512];
	struct store *store;
	struct raw raw;
	size_t sealed;

	fill(directory);
	read_key(directory, "store.key", before);
	raw = open_raw(directory);
	run_raw(raw, "UPDATE subscriber SET root_key = zeroblob(57) WHERE user_name = "
	             "CAST('carol@x.example' AS BLOB)");
	close_raw(raw);
	assert_int_equal(store_rekey(directory, &sealed, why, sizeof(why)), -EBADMSG);
	assert_non_null(strstr(why, "subscriber"));
	assert_false(is_there(directory, "store.key.next"));
	read_key(directory, "store.key", after);
	assert_memory_equal(before, after, 32);
	raw = open_raw(directory);
	run_raw(raw, "DELETE FROM subscriber WHERE user_name = CAST('carol@x.example' AS BLOB)");
	close_raw(raw);
	store = open_store(directory);
	assert_sound(store);
	store_close(store);
}

static void who_may_not(void **state)
{
	const char *directory = file_in(*state, "store");
	struct store *store;
	char why[512];
	size_t sealed;

	assert_int_equal(store_rekey(directory, &sealed, why, sizeof(why)), -ENOENT);
	assert_non_null(strstr(why, "there is no store in"));
	assert_false(is_there(*state, "store"));
	fill(directory);
	store = open_store(directory);
	assert_int_equal(store_rekey(directory, &sealed, why, sizeof(why)), -EBUSY);
	assert_all_there(store);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(every_secret_opens_with_the_new_key_alone),
		CASE(a_change_that_was_not_finished_is_finished),
		CASE(a_change_that_did_not_happen_is_none),
		CASE(one_that_does_not_open_stops_it),
		CASE(who_may_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
