/* SPDX-License-Identifier: Apache-2.0 */
/* Opening: directory, owner, key file, schema; and the sentence of each refusal. */
#include "tests/unit/store/fixture.h"

#include "store/schema.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned mode_of(const char *path)
{
	struct stat status;

	assert_int_equal(stat(path, &status), 0);
	return status.st_mode & 07777;
}

static void write_file(const char *path, size_t size, unsigned mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

/* Refused with this error, and the sentence has each of the two parts. */
static void assert_refused(const struct store_options *options, int error, const char *part,
                           const char *other)
{
	const char *why;

	assert_int_equal(open_error(options, &why), error);
	if (!strstr(why, part) || !strstr(why, other))
		fail_msg("neither '%s' nor '%s' may miss in: %s", part, other, why);
}

static void what_is_made_is_for_the_owner_alone(void **state)
{
	const char *directory = file_in(*state, "store");
	mode_t before = umask(0);
	struct store *store = open_store(directory);

	umask(before);
	assert_int_equal(mode_of(directory), 0700);
	assert_int_equal(mode_of(file_in(directory, "store.db")), 0600);
	assert_int_equal(mode_of(file_in(directory, "store.db-wal")), 0600);
	assert_int_equal(mode_of(file_in(directory, "store.key")), 0600);
	assert_int_equal(mode_of(file_in(directory, "store.lock")), 0600);
	store_close(store);
}

static void a_directory_that_cannot_be_is_refused(void **state)
{
	struct store_options options = { .directory = file_in(*state, "none/store") };

	assert_refused(&options, -ENOENT, "cannot make the directory", "none/store");
	write_file(file_in(*state, "file"), 1, 0600);
	options.directory = file_in(*state, "file");
	assert_refused(&options, -ENOTDIR, "is not a directory", "file");
}

static void a_second_owner_is_refused_and_told_of_the_first(void **state)
{
	struct store_options options = { .directory = *state };
	struct store *store = open_store(*state);
	char process[32];

	snprintf(process, sizeof(process), "process %d;", (int)getpid());
	assert_refused(&options, -EBUSY, *state, process);
	store_close(store);
	store_close(open_store(*state));
}

/* The kernel gives the lock back, however the owner went. */
static void a_dead_owner_is_no_owner(void **state)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		open_store(*state);
		abort();
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) || WEXITSTATUS(status));
	store_close(open_store(*state));
}

static void a_key_file_that_others_can_read_is_refused(void **state)
{
	struct store_options options = { .directory = *state };
	const char *key = file_in(*state, "store.key");
	static const unsigned modes[] = { 0640, 0604, 0620, 0601, 0644, 0666 };

	store_close(open_store(*state));
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		assert_int_equal(chmod(key, modes[i]), 0);
		assert_refused(&options, -EACCES, "is open to others", "chmod 600");
	}
	assert_int_equal(chmod(key, 0400), 0);
	store_close(open_store(*state));
}

static void a_key_file_of_another_size_is_refused(void **state)
{
	struct store_options options = { .directory = *state };
	static const size_t sizes[] = { 0, 1, 31, 33, 64 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		write_file(file_in(*state, "store.key"), sizes[i], 0600);
		assert_refused(&options, -EINVAL, "octets where the key has 32", "store.key");
	}
	assert_int_equal(unlink(file_in(*state, "store.key")), 0);
	assert_int_equal(mkdir(file_in(*state, "store.key"), 0700), 0);
	assert_refused(&options, -EINVAL, "is not a regular file", "store.key");
}

static void a_missing_key_is_not_made_anew_for_a_store_with_values(void **state)
{
	struct store_options options = { .directory = *state };
	const char *key = file_in(*state, "store.key"), *kept = file_in(*state, "kept");

	store_close(open_store(*state));
	assert_int_equal(rename(key, kept), 0);
	assert_refused(&options, -ENOENT, "is missing", "put it back");
	assert_int_not_equal(access(key, F_OK), 0);
	assert_int_equal(rename(kept, key), 0);
	store_close(open_store(*state));
}

static void another_stores_key_is_refused(void **state)
{
	const char *other = file_in(*state, "other");
	struct store_options options = { .directory = *state };

	store_close(open_store(*state));
	store_close(open_store(other));
	assert_int_equal(rename(file_in(other, "store.key"), file_in(*state, "store.key")), 0);
	assert_refused(&options, -EBADMSG, "is not the key", "put the right file back");
}

static void the_key_file_may_be_elsewhere(void **state)
{
	const char *key = file_in(*state, "elsewhere.key");
	struct store_options options = { .directory = file_in(*state, "store"), .key_file = key };
	struct store_change change = put_subscriber("alice");
	struct store *store;
	char why[512];

	for (int round = 0; round < 2; round++) {
		assert_int_equal(store_open(&options, &store, why, sizeof(why)), 0);
		assert_int_equal(commit(store, &change, 1), 0);
		store_close(store);
	}
	assert_int_equal(mode_of(key), 0600);
	assert_int_not_equal(access(file_in(options.directory, "store.key"), F_OK), 0);
	assert_int_not_equal(access(file_in(*state, "elsewhere.key.new"), F_OK), 0);
}

/* What a crash between the two steps of making a key leaves behind is no obstacle. */
static void half_a_key_beside_is_swept_away(void **state)
{
	write_file(file_in(*state, "store.key.new"), 7, 0600);
	store_close(open_store(*state));
	assert_int_not_equal(access(file_in(*state, "store.key.new"), F_OK), 0);
}

static void who_reads_only_makes_nothing(void **state)
{
	struct store_options options = { .directory = *state, .read_only = true };

	assert_refused(&options, -ENOENT, "there is no store", "store.db");
	assert_int_not_equal(access(file_in(*state, "store.db"), F_OK), 0);
	assert_int_not_equal(access(file_in(*state, "store.lock"), F_OK), 0);
}

static void a_file_that_is_no_database_is_refused(void **state)
{
	struct store_options options = { .directory = *state };
	FILE *file = fopen(file_in(*state, "store.db"), "w");

	for (int i = 0; i < 1000; i++)
		fprintf(file, "This is not a database. ");
	fclose(file);
	assert_refused(&options, -EIO, "not a database", "store.db");
}

static void a_database_of_another_program_is_refused(void **state)
{
	struct store_options options = { .directory = *state };
	struct raw raw = open_raw(*state);

	run_raw(raw, "CREATE TABLE bookmarks(address TEXT)");
	close_raw(raw);
	assert_refused(&options, -EINVAL, "of another program", "store.db");
}

static void a_newer_version_is_refused(void **state)
{
	struct store_options options = { .directory = *state };
	struct raw raw;

	store_close(open_store(*state));
	raw = open_raw(*state);
	run_raw(raw, "PRAGMA user_version=99");
	close_raw(raw);
	assert_refused(&options, -EINVAL, "version 99", "use a newer program");
}

/* The upgrade itself, with steps of the test's own. */
static const char *const steps[] = {
	"CREATE TABLE one(a)",
	"CREATE TABLE two(b); INSERT INTO one VALUES(2)",
	"INSERT INTO two VALUES(3); INSERT INTO none VALUES(4)",
};

static void an_upgrade_runs_what_is_missing_and_all_of_it_or_nothing(void **state)
{
	struct store_schema schema = { .steps = steps, .version = 1 };
	struct raw raw = open_raw(*state);
	char room[512];
	struct dm_text why;

	dm_text_init(&why, room, sizeof(room));
	assert_int_equal(store_schema_version(raw.sqlite, &schema, &why), 0);
	assert_int_equal(store_schema_upgrade(raw.sqlite, &schema, 0, &why), 0);
	assert_int_equal(store_schema_version(raw.sqlite, &schema, &why), 1);
	schema.version = 3;
	assert_int_equal(store_schema_upgrade(raw.sqlite, &schema, 1, &why), -EIO);
	assert_non_null(strstr(room, "no such table: none"));
	assert_int_equal(store_schema_version(raw.sqlite, &schema, &why), 1);
	assert_int_equal(number_raw(raw, "SELECT count(*) FROM one"), 0);
	schema.version = 2;
	assert_int_equal(store_schema_upgrade(raw.sqlite, &schema, 1, &why), 0);
	assert_int_equal(store_schema_version(raw.sqlite, &schema, &why), 2);
	assert_int_equal(number_raw(raw, "SELECT a FROM one"), 2);
	assert_int_equal(store_schema_upgrade(raw.sqlite, &schema, 2, &why), 0);
	assert_int_equal(number_raw(raw, "SELECT count(*) FROM one"), 1);
	close_raw(raw);
}

static void empty_file(const char *directory, const char *file)
{
	assert_int_equal(truncate(file_in(directory, file), 0), 0);
}

/* Never on with nothing: what it held was promised. */
static void a_store_that_was_emptied_is_refused(void **state)
{
	const char *directory = file_in(*state, "store");
	const struct store_options options = { .directory = directory };
	const struct store_change put = put_subscriber("alice");
	struct store *store = open_store(directory);

	assert_int_equal(commit(store, &put, 1), 0);
	store_close(store);
	empty_file(directory, "store.db");
	assert_refused(&options, -EIO, "store.db is empty", "put a copy back");
	assert_int_equal(unlink(file_in(directory, "store.db")), 0);
	assert_refused(&options, -EIO, "store.db is empty", "store.made");
	assert_int_equal(unlink(file_in(directory, "store.made")), 0);
	store = open_store(directory);
	store_close(store);
}

/* The first start died before its schema was there. */
static void an_empty_file_of_a_first_start_is_none_that_was_lost(void **state)
{
	const char *directory = file_in(*state, "store");
	struct store *store;

	assert_int_equal(mkdir(directory, 0700), 0);
	write_file(file_in(directory, "store.db"), 0, 0600);
	store = open_store(directory);
	store_close(store);
	assert_int_equal(mode_of(file_in(directory, "store.made")), 0600);
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STORE_TEST(what_is_made_is_for_the_owner_alone),
		STORE_TEST(a_directory_that_cannot_be_is_refused),
		STORE_TEST(a_second_owner_is_refused_and_told_of_the_first),
		STORE_TEST(a_dead_owner_is_no_owner),
		STORE_TEST(a_key_file_that_others_can_read_is_refused),
		STORE_TEST(a_key_file_of_another_size_is_refused),
		STORE_TEST(a_missing_key_is_not_made_anew_for_a_store_with_values),
		STORE_TEST(another_stores_key_is_refused),
		STORE_TEST(the_key_file_may_be_elsewhere),
		STORE_TEST(half_a_key_beside_is_swept_away),
		STORE_TEST(who_reads_only_makes_nothing),
		STORE_TEST(a_file_that_is_no_database_is_refused),
		STORE_TEST(a_database_of_another_program_is_refused),
		STORE_TEST(a_newer_version_is_refused),
		STORE_TEST(a_store_that_was_emptied_is_refused),
		STORE_TEST(an_empty_file_of_a_first_start_is_none_that_was_lost),
		STORE_TEST(an_upgrade_runs_what_is_missing_and_all_of_it_or_nothing),
	};

	return RUN_TESTS(tests, 0);
}
