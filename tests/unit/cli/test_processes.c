/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program that is started is this one: as `homewardd` it plays a daemon, good or bad.
 */
#include "tests/unit/base/check.h"

#include "cli/demo/place.h"
#include "cli/demo/processes.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char self[PATH_MAX];
static char directory[64];
static struct hw_processes processes;

/* ---- the daemon's part ---- */

static int play(const char *part)
{
	sigset_t set;
	int caught;

	if (strcmp(part, "dies") == 0)
		return 3;
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)puts("ready"); /* into the log, which is watched */
	(void)fflush(stdout);
	(void)sigwait(&set, &caught);
	return strcmp(part, "ends badly") == 0 ? 4 : 0;
}

/* ---- the tests ---- */

static int setup(void **state)
{
	(void)state;
	(void)snprintf(directory, sizeof(directory), "/tmp/homeward-test-XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	return hw_processes_init(&processes, self) ? 0 : -1;
}

static int teardown(void **state)
{
	static const char *const names[] = { "home-server", "nas1", "ha1" };
	char path[128];

	(void)state;
	(void)hw_processes_stop(&processes);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s/log", directory, names[i]);
		(void)unlink(path);
		(void)snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		(void)rmdir(path);
	}
	return rmdir(directory);
}

static bool log_is_written(void *context)
{
	const struct hw_process *process = context;
	char path[128];
	struct stat about;

	(void)snprintf(path, sizeof(path), "%s/log", process->directory);
	return stat(path, &about) == 0 && about.st_size == 6;
}

static bool never(void *context)
{
	(void)context;
	return false;
}

static struct hw_process *running(const char *name, const char *part)
{
	struct hw_process *process = hw_process_start(&processes, name, directory, part);

	assert_non_null(process);
	assert_true(hw_processes_wait(&processes, "it", 10, log_is_written, process));
	return process;
}

static void a_wait_ends_when_its_condition_holds(void **state)
{
	struct hw_process *process = running("home-server", "good");
	pid_t pid = process->pid;

	(void)state;
	assert_int_equal(kill(pid, 0), 0);
	assert_true(hw_processes_stop(&processes));
	assert_int_equal(kill(pid, 0), -1);
}

static void a_wait_ends_in_time(void **state)
{
	(void)state;
	(void)running("home-server", "good");
	assert_false(hw_processes_wait(&processes, "what never comes", 0, never, NULL));
	assert_string_equal(processes.why,
	                    "waited for what never comes: it did not happen in time");
}

static void a_child_that_ends_by_itself_is_told(void **state)
{
	char wanted[256];

	(void)state;
	(void)running("home-server", "good");
	assert_non_null(hw_process_start(&processes, "nas1", directory, "dies"));
	assert_false(hw_processes_wait(&processes, "nothing", 10, never, NULL));
	(void)snprintf(wanted, sizeof(wanted),
	               "waited for nothing: nas1 ended by itself (exit 3); see %s/nas1/log",
	               directory);
	assert_string_equal(processes.why, wanted);
}

static void a_child_that_is_killed_is_no_surprise(void **state)
{
	struct hw_process *process = running("home-server", "good");

	(void)state;
	hw_process_kill(process);
	assert_int_equal(process->pid, 0);
	assert_false(hw_processes_wait(&processes, "it", 0, never, NULL));
	assert_non_null(strstr(processes.why, "did not happen in time"));
	assert_true(hw_processes_stop(&processes));
}

static void a_signal_ends_a_wait(void **state)
{
	struct timespec at_once = { 0 };
	sigset_t set;

	(void)state;
	(void)running("home-server", "good");
	assert_int_equal(kill(getpid(), SIGTERM), 0);
	assert_false(hw_processes_wait(&processes, "it", 10, never, NULL));
	assert_true(processes.interrupted);
	assert_string_equal(processes.why, "waited for it: interrupted");

	/* It stays pending, so that whatever else waits ends too; the next test wants it gone. */
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	assert_int_equal(sigtimedwait(&set, NULL, &at_once), SIGTERM);
}

static void a_bad_end_is_told_and_all_are_stopped(void **state)
{
	pid_t first = running("home-server", "ends badly")->pid;
	pid_t second = running("ha1", "good")->pid;

	(void)state;
	assert_false(hw_processes_stop(&processes));
	assert_non_null(strstr(processes.why, "home-server did not end well (exit 4)"));
	assert_int_equal(kill(first, 0), -1);
	assert_int_equal(kill(second, 0), -1);
}

static void a_program_that_is_not_there_is_told(void **state)
{
	(void)state;
	processes.program = "/nowhere/homewardd";
	assert_non_null(hw_process_start(&processes, "ha1", directory, "good"));
	assert_false(hw_processes_wait(&processes, "it", 10, never, NULL));
	assert_non_null(strstr(processes.why, "ha1 ended by itself (exit 127)"));
}

static void nobody_answers_where_no_socket_is(void **state)
{
	struct hw_process *process = running("home-server", "good");
	json_t *answer = hw_process_ask(&processes, process, json_object());

	(void)state;
	assert_null(answer);
	assert_non_null(strstr(processes.why, "/home-server/control"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int count, char **words)
{
	const struct CMUnitTest tests[] = {
		TEST(a_wait_ends_when_its_condition_holds),
		TEST(a_wait_ends_in_time),
		TEST(a_child_that_ends_by_itself_is_told),
		TEST(a_child_that_is_killed_is_no_surprise),
		TEST(a_signal_ends_a_wait),
		TEST(a_bad_end_is_told_and_all_are_stopped),
		TEST(a_program_that_is_not_there_is_told),
		TEST(nobody_answers_where_no_socket_is),
	};

	if (count == 2 && strcmp(words[0], "homewardd") == 0)
		return play(words[1]);
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
