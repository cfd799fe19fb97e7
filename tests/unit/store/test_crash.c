/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A writer dies at a random moment, 50 times in one directory: by SIGKILL, or by a power cut that
 * also loses what was not synced. It tells on a pipe what it tries and what came back, so that
 * what must be there is known exactly: each user is as it was last reported durable, or as the one
 * transaction that was under way leaves it, whole. No address has two owners. The next writer goes
 * on from there.
 */
#include "tests/unit/store/fault_vfs.h"
#include "tests/unit/store/fixture.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS       50
#define USERS        200
#define SLOTS        32
#define ADDRESSES    150 /* fewer than users: some are refused */
#define CLOSE_EACH   300 /* completions; closing moves the journal into the database */
#define MOST_REPORTS 1500
#define MOST_DISK    1500 /* operations before the power goes */

enum told { TRIES, DURABLE, REFUSED };

/* Less than PIPE_BUF, so it is in the pipe whole or not at all. */
struct report {
	enum told told;
	uint32_t user;
	uint32_t epoch; /* of the session; 0: its deletion */
};

struct writer {
	struct store *store;
	int pipe;
	uint64_t random;
	uint32_t epoch;
	uint32_t completions;
	struct report slots[SLOTS]; /* `told` TRIES: under way */
	bool busy[USERS];
};

static void tell(const struct writer *writer, const struct report *report)
{
	if (write(writer->pipe, report, sizeof(*report)) != sizeof(*report))
		abort();
}

/* A session with two access sessions, at anybody's address. */
static int submit_put(struct writer *writer, const struct report *report, uint64_t slot)
{
	char name[24], other[24];
	uint64_t address = next_random(&writer->random) % ADDRESSES + 1;
	struct store_change changes[3];

	snprintf(name, sizeof(name), "user-%u", report->user);
	snprintf(other, sizeof(other), "other-%u", report->user);
	changes[0] = put_session(report->user + 1, name, address);
	changes[0].session.key_epoch = report->epoch;
	changes[1] = put_access(name, report->user + 1);
	changes[1].access.origin_state_id = report->epoch;
	changes[2] = put_access(other, report->user + 1);
	changes[2].access.origin_state_id = report->epoch;
	return store_submit(writer->store, changes, 3, slot);
}

static void try_one(struct writer *writer, uint64_t slot)
{
	uint32_t user = (uint32_t)(next_random(&writer->random) % USERS);
	struct store_change end = { .kind = STORE_DELETE_SESSION, .session.id = user + 1 };
	struct report *report = &writer->slots[slot];
	int error;

	if (writer->busy[user])
		return;
	*report = (struct report){ .told = TRIES, .user = user };
	if (next_random(&writer->random) % 4)
		report->epoch = ++writer->epoch;
	tell(writer, report);
	error = report->epoch ? submit_put(writer, report, slot)
	                      : store_submit(writer->store, &end, 1, slot);
	if (error)
		abort();
	writer->busy[user] = true;
}

static void take_completion(struct writer *writer)
{
	struct store_completion completion = wait_completion(writer->store);
	struct report *report = &writer->slots[completion.tag];

	if (completion.error && completion.error != -EEXIST)
		abort();
	report->told = completion.error ? REFUSED : DURABLE;
	tell(writer, report);
	writer->busy[report->user] = false;
	writer->completions++;
}

static void close_and_open(struct writer *writer, const char *directory)
{
	for (uint64_t slot = 0; slot < SLOTS; slot++) {
		while (writer->slots[slot].told == TRIES)
			take_completion(writer);
	}
	store_close(writer->store);
	writer->store = open_store(directory);
}

static _Noreturn void write_until_death(const char *directory, int pipe, uint32_t round)
{
	static struct writer writer;

	writer = (struct writer){ .pipe = pipe, .random = round + 1, .epoch = round << 20 };
	for (uint64_t slot = 0; slot < SLOTS; slot++)
		writer.slots[slot].told = REFUSED;
	if (round % 2)
		fault_vfs_cut_power_after((int)(next_random(&writer.random) % MOST_DISK), round);
	writer.store = open_store(directory);
	for (;;) {
		for (uint64_t slot = 0; slot < SLOTS; slot++) {
			if (writer.slots[slot].told != TRIES)
				try_one(&writer, slot);
		}
		take_completion(&writer);
		if (writer.completions % CLOSE_EACH == 0)
			close_and_open(&writer, directory);
	}
}

/* What the reports say of one user. */
struct known {
	uint32_t epoch; /* durable; 0: no session */
	uint32_t tried;
	bool under_way;
};

static void learn(struct known *known, const struct report *report)
{
	struct known *one = &known[report->user];

	assert_true(report->user < USERS);
	one->under_way = report->told == TRIES;
	one->tried = report->epoch;
	if (report->told == DURABLE)
		one->epoch = report->epoch;
}

/* Reads until the writer is dead; kills it after `most` reports. */
static size_t follow(pid_t child, int pipe, size_t most, struct known *known)
{
	struct report report;
	size_t count = 0;

	if (!most)
		kill(child, SIGKILL);
	while (read(pipe, &report, sizeof(report)) == sizeof(report)) {
		learn(known, &report);
		if (++count == most)
			kill(child, SIGKILL);
	}
	return count;
}

struct found {
	uint32_t epoch;
	uint32_t access_count;
};

static int find_session(const struct store_session *session, void *context)
{
	struct found *found = context;

	assert_in_range(session->id, 1, USERS);
	found[session->id - 1].epoch = session->key_epoch;
	return 0;
}

/* Runs after find_session: both access sessions are of the transaction that the session is of. */
static int find_access(const struct store_access *access, void *context)
{
	struct found *found = (struct found *)context + (access->session - 1);

	assert_int_equal(access->origin_state_id, found->epoch);
	found->access_count++;
	return 0;
}

static void compare(const struct found *found, struct known *known)
{
	for (uint32_t user = 0; user < USERS; user++) {
		struct known *one = &known[user];
		uint32_t epoch = found[user].epoch;

		if (!one->under_way || epoch != one->tried)
			assert_int_equal(epoch, one->epoch);
		assert_int_equal(found[user].access_count, epoch ? 2 : 0);
		*one = (struct known){ .epoch = epoch };
	}
}

static void look(const char *directory, struct known *known)
{
	static struct found found[USERS];
	struct store *store = open_store(directory);

	memset(found, 0, sizeof(found));
	assert_int_equal(store_each_session(store, find_session, found), 0);
	assert_int_equal(store_each_access(store, find_access, found), 0);
	compare(found, known);
	assert_sound(store);
	store_close(store);
}

/* Returns how many reports the writer lived for. */
static size_t one_life(const char *directory, uint32_t round, size_t most, struct known *known)
{
	int ends[2], status;
	size_t reports;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		close(ends[0]);
		write_until_death(directory, ends[1], round);
	}
	close(ends[1]);
	reports = follow(child, ends[0], most, known);
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFSIGNALED(status))
		assert_int_equal(WTERMSIG(status), SIGKILL);
	else
		assert_int_equal(WEXITSTATUS(status), FAULT_VFS_POWER_CUT);
	return reports;
}

static void a_writer_that_dies_50_times_loses_nothing_it_reported(void **state)
{
	static struct known known[USERS];
	uint64_t random = 2026;
	size_t reports = 0;

	memset(known, 0, sizeof(known));
	for (uint32_t round = 0; round < ROUNDS; round++) {
		size_t most = next_random(&random) % MOST_REPORTS;

		reports += one_life(*state, round, round % 2 ? SIZE_MAX : most, known);
		look(*state, known);
	}
	print_message("# %zu reports in %d lives\n", reports, ROUNDS);
	assert_true(reports > 1000);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_writer_that_dies_50_times_loses_nothing_it_reported, make_directory,
			remove_directory),
	};

	fault_vfs_install();
	return RUN_TESTS(tests, 0);
}
