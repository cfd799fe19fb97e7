/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/demo/processes.h"

#include "cli/client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { STOP_SECONDS = 20, ANSWER_MS = 60 * 1000 };

static bool fail(struct hw_processes *processes, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static bool fail(struct hw_processes *processes, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	(void)vsnprintf(processes->why, sizeof(processes->why), format, list);
	va_end(list);
	return false;
}

static void ending_signals(sigset_t *set)
{
	(void)sigemptyset(set);
	(void)sigaddset(set, SIGINT);
	(void)sigaddset(set, SIGTERM);
	(void)sigaddset(set, SIGHUP);
}

bool hw_processes_init(struct hw_processes *processes, const char *program)
{
	sigset_t set;

	*processes = (struct hw_processes){ .program = program };
	ending_signals(&set);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	processes->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	processes->watch_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (processes->signal_fd < 0 || processes->watch_fd < 0)
		return fail(processes, "cannot watch: %s", strerror(errno));
	return true;
}

/* ---- start ---- */

static char *joined(const char *directory, const char *name)
{
	char *path = NULL;

	return asprintf(&path, "%s/%s", directory, name) < 0 ? NULL : path;
}

/* In the child: never returns. */
static void become(const struct hw_processes *processes, int log, pid_t parent,
                   const char *configuration)
{
	sigset_t none;

	(void)setpgid(0, 0); /* Ctrl-C is for the parent, which ends us in order */
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(1);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)dup2(log, STDOUT_FILENO);
	(void)dup2(log, STDERR_FILENO);
	(void)execl(processes->program, "homewardd", configuration, (char *)NULL);
	_exit(127);
}

static bool prepare(struct hw_processes *processes, struct hw_process *process, const char *name,
                    const char *directory)
{
	*process = (struct hw_process){ .name = name, .pid_fd = -1 };
	process->directory = joined(directory, name);
	process->control = process->directory ? joined(process->directory, "control") : NULL;
	if (!process->control)
		return fail(processes, "out of memory");
	if (mkdir(process->directory, 0700) != 0 && errno != EEXIST)
		return fail(processes, "cannot make %s: %s", process->directory, strerror(errno));
	if (inotify_add_watch(processes->watch_fd, process->directory,
	                      IN_CREATE | IN_MODIFY | IN_MOVED_TO) < 0)
		return fail(processes, "cannot watch %s: %s", process->directory, strerror(errno));
	return true;
}

static int open_log(struct hw_processes *processes, const struct hw_process *process)
{
	char *path = joined(process->directory, "log");
	int log = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;

	if (log < 0)
		(void)fail(processes, "cannot write a log in %s: %s", process->directory,
		           strerror(errno));
	free(path);
	return log;
}

struct hw_process *hw_process_start(struct hw_processes *processes, const char *name,
                                    const char *directory, const char *configuration)
{
	struct hw_process *process = &processes->list[processes->count];
	pid_t parent = getpid();
	int log;

	if (processes->count == HW_PROCESS_LIMIT || !prepare(processes, process, name, directory))
		return NULL;
	processes->count++;
	log = open_log(processes, process);
	if (log < 0)
		return NULL;
	process->pid = fork();
	if (process->pid == 0)
		become(processes, log, parent, configuration);
	close(log);
	if (process->pid < 0) {
		process->pid = 0;
		(void)fail(processes, "cannot start %s: %s", name, strerror(errno));
		return NULL;
	}
	process->pid_fd = pidfd_open(process->pid, 0);
	return process;
}

/* ---- wait ---- */

static int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static size_t fill(const struct hw_processes *processes, struct pollfd *fds)
{
	size_t count = 2;

	fds[0] = (struct pollfd){ .fd = processes->signal_fd, .events = POLLIN };
	fds[1] = (struct pollfd){ .fd = processes->watch_fd, .events = POLLIN };
	for (size_t i = 0; i < processes->count; i++)
		if (processes->list[i].pid)
			fds[count++] = (struct pollfd){ .fd = processes->list[i].pid_fd,
				                        .events = POLLIN };
	return count;
}

static void drain(int fd)
{
	char octets[4096];

	while (read(fd, octets, sizeof(octets)) > 0)
		;
}

static bool reap(struct hw_process *process, int *status)
{
	if (!process->pid || waitpid(process->pid, status, WNOHANG) != process->pid)
		return false;
	process->pid = 0;
	close(process->pid_fd);
	process->pid_fd = -1;
	return true;
}

/* A child that ended without being asked to. */
static bool one_ended(struct hw_processes *processes)
{
	for (size_t i = 0; i < processes->count; i++) {
		struct hw_process *process = &processes->list[i];
		int status;

		if (!reap(process, &status))
			continue;
		(void)fail(processes, "%s ended by itself (%s %d); see %s/log", process->name,
		           WIFEXITED(status) ? "exit" : "signal",
		           WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status),
		           process->directory);
		return true;
	}
	return false;
}

/* Sleeps until something happens. False: a signal, a child's end, or nothing until `deadline`. */
static bool something_happened(struct hw_processes *processes, int64_t deadline)
{
	struct pollfd fds[2 + HW_PROCESS_LIMIT];
	int64_t left = deadline < 0 ? -1 : deadline - now_ms();
	int ready = left < -1 || left == 0 ? 0 : poll(fds, fill(processes, fds), (int)left);

	if (ready == 0)
		return fail(processes, "it did not happen in time");
	if (ready < 0)
		return errno == EINTR ? true : fail(processes, "poll: %s", strerror(errno));
	if (fds[0].revents) {
		processes->interrupted = true;
		return fail(processes, "interrupted");
	}
	drain(processes->watch_fd);
	return !one_ended(processes);
}

bool hw_processes_wait(struct hw_processes *processes, const char *what, int seconds,
                       bool (*holds)(void *context), void *context)
{
	int64_t deadline = now_ms() + (int64_t)seconds * 1000;

	while (!holds(context)) {
		char why[sizeof(processes->why)];

		if (something_happened(processes, deadline))
			continue;
		memcpy(why, processes->why, sizeof(why));
		return fail(processes, "waited for %s: %.400s", what, why);
	}
	return true;
}

void hw_processes_wait_for_signal(struct hw_processes *processes)
{
	while (something_happened(processes, -1))
		;
}

/* ---- stop ---- */

static void wait_for_end(struct hw_process *process, int *status)
{
	while (process->pid && waitpid(process->pid, status, 0) < 0 && errno == EINTR)
		;
	process->pid = 0;
	close(process->pid_fd);
	process->pid_fd = -1;
}

void hw_process_kill(struct hw_process *process)
{
	int status;

	if (!process->pid)
		return;
	(void)kill(process->pid, SIGKILL);
	wait_for_end(process, &status);
}

/* In order, or by force when that takes too long. */
static bool stop_one(struct hw_processes *processes, struct hw_process *process)
{
	struct pollfd fd = { .fd = process->pid_fd, .events = POLLIN };
	int64_t deadline = now_ms() + (int64_t)STOP_SECONDS * 1000;
	int status = 0, ready;

	if (!process->pid)
		return true;
	(void)kill(process->pid, SIGTERM);
	do
		ready = poll(&fd, 1, (int)(deadline - now_ms()));
	while (ready < 0 && errno == EINTR);
	if (ready != 1) {
		hw_process_kill(process);
		return fail(processes, "%s did not stop within %d s and was killed", process->name,
		            STOP_SECONDS);
	}
	wait_for_end(process, &status);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	return fail(processes, "%s did not end well (%s %d); see %s/log", process->name,
	            WIFEXITED(status) ? "exit" : "signal",
	            WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status), process->directory);
}

bool hw_processes_stop(struct hw_processes *processes)
{
	bool good = true;

	for (size_t i = processes->count; i > 0; i--)
		good = stop_one(processes, &processes->list[i - 1]) && good;
	for (size_t i = 0; i < processes->count; i++) {
		free(processes->list[i].directory);
		free(processes->list[i].control);
	}
	processes->count = 0;
	if (processes->signal_fd >= 0)
		close(processes->signal_fd);
	if (processes->watch_fd >= 0)
		close(processes->watch_fd);
	processes->signal_fd = processes->watch_fd = -1;
	return good;
}

/* ---- ask ---- */

static json_t *receive_end(struct hw_processes *processes, struct hw_client *client)
{
	json_t *answer = NULL;

	while (hw_client_receive(client, ANSWER_MS, &answer, processes->why,
	                         sizeof(processes->why)) == 0) {
		if (!json_object_get(answer, "progress"))
			return answer;
		json_decref(answer);
	}
	return NULL;
}

json_t *hw_process_ask(struct hw_processes *processes, const struct hw_process *process,
                       json_t *request)
{
	struct hw_client client;
	json_t *answer = NULL;

	if (hw_client_open(&client, process->control, processes->why, sizeof(processes->why)) ==
	    0) {
		client.interrupt_fd = processes->signal_fd;
		if (request &&
		    hw_client_send(&client, request, processes->why, sizeof(processes->why)) == 0)
			answer = receive_end(processes, &client);
		hw_client_close(&client);
	}
	json_decref(request);
	return answer;
}
