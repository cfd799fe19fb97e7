/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A full disk, a failing one, a locked database: what was in work fails, what was committed stays,
 * and it goes on without a restart.
 */
#include "tests/unit/store/fault_vfs.h"
#include "tests/unit/store/fixture.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

static int put_one(struct store *store, uint64_t id)
{
	char name[24];
	struct store_change changes[2];

	snprintf(name, sizeof(name), "user-%d", (int)id);
	changes[0] = put_session(id, name, id);
	changes[1] = put_access(name, id);
	return commit(store, changes, 2);
}

/* Sound, with exactly so many sessions, as seen now and after a restart. */
static struct store *check_and_restart(struct store *store, const char *directory, size_t sessions)
{
	for (int round = 0; round < 2; round++) {
		assert_int_equal(count_sessions(store), sessions);
		assert_int_equal(count_access(store), sessions);
		assert_sound(store);
		store_close(store);
		store = open_store(directory);
	}
	return store;
}

static void every_commit_is_synced(void **state)
{
	struct store *store = open_store(*state);
	int before = fault_vfs_syncs();

	for (uint64_t id = 1; id <= 10; id++)
		assert_int_equal(put_one(store, id), 0);
	assert_in_range(fault_vfs_syncs() - before, 10, 40);
	store_close(store);
}

/*
 * The fault comes after 0, 1, 2 ... operations, until a commit needs no more than that. Each failed
 * transaction tells `expected`, and the next one after mending succeeds; nothing that was committed
 * is lost, nothing that failed is there.
 */
static void fail_everywhere(const char *directory, int code, int expected)
{
	struct store *store = open_store(directory);
	size_t committed = 0;
	uint64_t id = 0;
	int result = expected;
	int after = 0;

	for (; result; after++) {
		fault_vfs_fail_after(after, code);
		result = put_one(store, ++id);
		fault_vfs_mend();
		committed += !result;
		if (result) {
			assert_int_equal(result, expected);
			assert_true(strlen(store_error_text(store)) > 10);
		}
		assert_int_equal(put_one(store, ++id), 0);
		committed++;
	}
	assert_in_range(after, 5, 60);
	store_close(check_and_restart(store, directory, committed));
}

static void a_full_disk_fails_what_is_in_work_and_nothing_else(void **state)
{
	fail_everywhere(*state, SQLITE_FULL, -ENOSPC);
}

static void an_io_error_fails_what_is_in_work_and_nothing_else(void **state)
{
	fail_everywhere(*state, SQLITE_IOERR_WRITE, -EIO);
}

static void a_failing_sync_fails_what_is_in_work_and_nothing_else(void **state)
{
	fail_everywhere(*state, SQLITE_IOERR_FSYNC, -EIO);
}

/* Closing moves the journal into the database; wherever that breaks off, the journal stays. */
static void a_fault_at_the_close_loses_nothing(void **state)
{
	struct store *store = open_store(*state);
	size_t committed = 0;

	for (int after = 0; after < 20; after++) {
		assert_int_equal(put_one(store, ++committed), 0);
		fault_vfs_fail_after(after, after % 2 ? SQLITE_FULL : SQLITE_IOERR_FSYNC);
		store_close(store);
		fault_vfs_mend();
		store = open_store(*state);
		assert_int_equal(count_sessions(store), committed);
	}
	store_close(check_and_restart(store, *state, committed));
}

/* While the disk is full everything fails, in order; then the same connection goes on. */
static void many_failures_leave_no_trace(void **state)
{
	struct store *store = open_store(*state);

	assert_int_equal(put_one(store, 1), 0);
	fault_vfs_fail_after(0, SQLITE_FULL);
	for (uint64_t id = 2; id < 50; id++)
		assert_int_equal(put_one(store, id), -ENOSPC);
	assert_non_null(strstr(store_error_text(store), "full"));
	fault_vfs_mend();
	for (uint64_t id = 2; id < 50; id++)
		assert_int_equal(put_one(store, id), 0);
	store_close(check_and_restart(store, *state, 49));
}

static void files_that_were_lost_are_opened_again(void **state)
{
	struct store *store = open_store(*state);

	assert_int_equal(put_one(store, 1), 0);
	fault_vfs_lose_open_files();
	assert_int_equal(put_one(store, 2), -EIO);
	assert_int_equal(put_one(store, 2), 0);
	assert_int_equal(put_one(store, 3), 0);
	store_close(check_and_restart(store, *state, 3));
}

static void a_counter_does_not_move_when_the_disk_is_full(void **state)
{
	struct store *store = open_store(*state);
	uint64_t value = 99;

	assert_int_equal(store_counter(store, "origin-state-id", 5, &value), 0);
	fault_vfs_fail_after(0, SQLITE_FULL);
	assert_int_equal(store_counter(store, "origin-state-id", 5, &value), -ENOSPC);
	assert_true(value == 0);
	fault_vfs_mend();
	assert_int_equal(store_counter(store, "origin-state-id", 5, &value), 0);
	assert_true(value == 5);
	store_close(store);
}

static void a_locked_database_is_busy_until_it_is_not(void **state)
{
	struct store *store = open_store(*state);
	struct raw raw = open_raw(*state);

	assert_int_equal(put_one(store, 1), 0);
	run_raw(raw, "BEGIN EXCLUSIVE");
	assert_int_equal(put_one(store, 2), -EBUSY);
	assert_non_null(strstr(store_error_text(store), "locked"));
	assert_int_equal(count_sessions(store), 1);
	run_raw(raw, "ROLLBACK");
	assert_int_equal(put_one(store, 2), 0);
	close_raw(raw);
	store_close(check_and_restart(store, *state, 2));
}

/* A reader that stays in an old snapshot does not hold up commits. */
static void a_long_reader_does_not_hold_up_commits(void **state)
{
	struct store *store = open_store(*state);
	struct raw raw = open_raw(*state);

	assert_int_equal(put_one(store, 1), 0);
	run_raw(raw, "BEGIN");
	assert_int_equal(number_raw(raw, "SELECT count(*) FROM session"), 1);
	for (uint64_t id = 2; id < 20; id++)
		assert_int_equal(put_one(store, id), 0);
	assert_int_equal(number_raw(raw, "SELECT count(*) FROM session"), 1);
	close_raw(raw);
	store_close(check_and_restart(store, *state, 19));
}

/* The child's whole life: the directory is a file system of 1 MiB; fill, free, go on. */
static int on_a_small_file_system(const char *directory)
{
	struct store *store;
	uint64_t id = 0;
	size_t committed = 0;
	FILE *ballast;
	char octets[4096] = { 1 };

	if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", directory, "tmpfs", 0, "size=1m"))
		return 2;
	ballast = fopen(file_in(directory, "ballast"), "w");
	store = open_store(directory);
	while (put_one(store, ++id) == 0 && ++committed < 3)
		;
	while (fwrite(octets, 1, sizeof(octets), ballast) == sizeof(octets) && !fflush(ballast))
		;
	while (put_one(store, ++id) == 0)
		committed++;
	assert_int_equal(put_one(store, id), -ENOSPC);
	fclose(ballast);
	unlink(file_in(directory, "ballast"));
	assert_int_equal(put_one(store, id), 0);
	store_close(check_and_restart(store, directory, committed + 1));
	return 0;
}

static void a_really_full_disk_is_survived(void **state)
{
	int status;
	pid_t child = fork();

	if (child == 0)
		_exit(on_a_small_file_system(*state));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 2) {
		print_message("skipped: a small file system cannot be mounted here\n");
		skip();
	}
	assert_int_equal(WEXITSTATUS(status), 0);
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STORE_TEST(a_really_full_disk_is_survived),
		STORE_TEST(every_commit_is_synced),
		STORE_TEST(a_full_disk_fails_what_is_in_work_and_nothing_else),
		STORE_TEST(an_io_error_fails_what_is_in_work_and_nothing_else),
		STORE_TEST(a_failing_sync_fails_what_is_in_work_and_nothing_else),
		STORE_TEST(a_fault_at_the_close_loses_nothing),
		STORE_TEST(many_failures_leave_no_trace),
		STORE_TEST(files_that_were_lost_are_opened_again),
		STORE_TEST(a_counter_does_not_move_when_the_disk_is_full),
		STORE_TEST(a_locked_database_is_busy_until_it_is_not),
		STORE_TEST(a_long_reader_does_not_hold_up_commits),
	};

	fault_vfs_install();
	return RUN_TESTS(tests, 0);
}
