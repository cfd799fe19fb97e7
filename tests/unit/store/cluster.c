/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store/cluster.h"

#include "tests/unit/base/check.h"

#include <fcntl.h>
#include <grp.h>
#include <libpq-fe.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAMS    "/usr/lib/postgresql/15/bin/"
#define START_TRIES 1500 /* of 20 ms */
#define PATH_ROOM   128
#define STRING_ROOM 256

/* PostgreSQL refuses to run as root. */
static void become_somebody(void)
{
	const struct passwd *somebody = getpwnam("postgres");

	if (geteuid() != 0)
		return;
	if (!somebody || initgroups(somebody->pw_name, somebody->pw_gid) ||
	    setgid(somebody->pw_gid) || setuid(somebody->pw_uid))
		_exit(126);
}

static pid_t run(const struct cluster *cluster, const char *const *arguments)
{
	pid_t process = fork();
	int log;

	assert_true(process >= 0);
	if (process)
		return process;
	become_somebody();
	prctl(PR_SET_PDEATHSIG, SIGQUIT);
	if (chdir(cluster->directory))
		_exit(126);
	log = open("log", O_WRONLY | O_CREAT | O_APPEND, 0600);
	dup2(log, STDOUT_FILENO);
	dup2(log, STDERR_FILENO);
	setpgid(0, 0);
	execv(arguments[0], (char *const *)(uintptr_t)arguments);
	_exit(127);
}

static void run_and_wait(const struct cluster *cluster, const char *const *arguments)
{
	pid_t process = run(cluster, arguments);
	int status;

	assert_int_equal(waitpid(process, &status, 0), process);
	if (status)
		fail_msg("%s in %s ends with %d", arguments[0], cluster->directory, status);
}

static PGconn *connect_to(const struct cluster *cluster)
{
	char string[STRING_ROOM];

	snprintf(string, sizeof(string), "host=%s user=homeward dbname=postgres",
	         cluster->directory);
	return PQconnectdb(string);
}

void cluster_make(struct cluster *cluster, const struct cluster *primary)
{
	const char *const new[] = { PROGRAMS "initdb", "-D", "data", "-A",          "trust", "-U",
		                    "homeward",        "-E", "UTF8", "--no-locale", "-N",    NULL };
	char from[STRING_ROOM];
	const char *const copy[] = {
		PROGRAMS "pg_basebackup", "-D", "data", "-R", "-N", "-c", "fast", "-d", from, NULL
	};
	const struct passwd *somebody = getpwnam("postgres");

	snprintf(cluster->directory, sizeof(cluster->directory), "/tmp/homeward-pg-XXXXXX");
	assert_non_null(mkdtemp(cluster->directory));
	if (geteuid() == 0 && somebody)
		assert_int_equal(chown(cluster->directory, somebody->pw_uid, somebody->pw_gid), 0);
	assert_int_equal(chmod(cluster->directory, 0755), 0);
	if (primary)
		snprintf(from, sizeof(from), "host=%s user=homeward", primary->directory);
	run_and_wait(cluster, primary ? copy : new);
}

/* There is no event for "it takes connections" but a connection that is taken. */
static bool is_up(const struct cluster *cluster)
{
	PGconn *handle = connect_to(cluster);
	bool up = PQstatus(handle) == CONNECTION_OK;

	PQfinish(handle);
	return up;
}

void cluster_start(struct cluster *cluster)
{
	const char *const start[] = { PROGRAMS "postgres",
		                      "-D",
		                      "data",
		                      "-k",
		                      cluster->directory,
		                      "-c",
		                      "listen_addresses=",
		                      "-c",
		                      "fsync=on",
		                      "-c",
		                      "max_wal_senders=4",
		                      "-c",
		                      "wal_level=replica",
		                      "-c",
		                      "shared_buffers=32MB",
		                      NULL };

	cluster->process = run(cluster, start);
	for (int i = 0; i < START_TRIES; i++) {
		if (is_up(cluster))
			return;
		assert_int_equal(waitpid(cluster->process, NULL, WNOHANG), 0);
		poll(NULL, 0, 20);
	}
	fail_msg("the database in %s does not start", cluster->directory);
}

void cluster_stop(struct cluster *cluster, int signal)
{
	if (!cluster->process)
		return;
	kill(cluster->process, signal);
	assert_int_equal(waitpid(cluster->process, NULL, 0), cluster->process);
	cluster->process = 0;
}

void cluster_promote(struct cluster *cluster)
{
	cluster_run(cluster, "SELECT pg_promote(true)");
}

void cluster_remove(struct cluster *cluster)
{
	const char *const sweep[] = { "/bin/rm", "-rf", "data", "log", NULL };

	if (!cluster->directory[0])
		return;
	cluster_stop(cluster, SIGQUIT);
	run_and_wait(cluster, sweep);
	rmdir(cluster->directory);
	cluster->directory[0] = '\0';
}

void cluster_run(const struct cluster *cluster, const char *sql)
{
	PGconn *handle = connect_to(cluster);
	PGresult *result = PQexec(handle, sql);

	if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK)
		fail_msg("%s: %s", sql, PQerrorMessage(handle));
	PQclear(result);
	PQfinish(handle);
}

long cluster_number(const struct cluster *cluster, const char *sql)
{
	PGconn *handle = connect_to(cluster);
	PGresult *result = PQexec(handle, sql);
	long number;

	if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) != 1)
		fail_msg("%s: %s", sql, PQerrorMessage(handle));
	number = strtol(PQgetvalue(result, 0, 0), NULL, 10);
	PQclear(result);
	PQfinish(handle);
	return number;
}
