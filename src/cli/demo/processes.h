/* SPDX-License-Identifier: Apache-2.0 */
/*
 * processes: several homewardd as children, watched without polling.
 *
 * Each child has a directory (its data, its log) that is watched: a wait ends when its condition
 * holds, and looks again whenever one of them wrote something. A child that ends by itself, SIGINT
 * and SIGTERM end every wait. Whatever happens, hw_processes_stop leaves no child behind: in order
 * first (SIGTERM), then by force; and should this process die, the kernel ends them.
 */
#ifndef HW_CLI_PROCESSES_H
#define HW_CLI_PROCESSES_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

#define HW_PROCESS_LIMIT 8

struct hw_process {
	const char *name; /* borrowed: "home-server" */
	pid_t pid;        /* 0: not running */
	int pid_fd;
	char *directory; /* owned; has log and control in it */
	char *control;   /* owned: path of the control socket */
};

struct hw_processes {
	struct hw_process list[HW_PROCESS_LIMIT];
	size_t count;
	const char *program; /* homewardd; borrowed */
	int watch_fd;        /* inotify */
	int signal_fd;       /* SIGINT, SIGTERM */
	bool interrupted;
	char why[512]; /* after a failure: one sentence */
};

/* Blocks SIGINT and SIGTERM for the caller. False: `why`. */
bool hw_processes_init(struct hw_processes *processes, const char *program);

/* Makes DIRECTORY/NAME and starts the program in the background with this configuration; its output
 * goes to DIRECTORY/NAME/log. NULL: `why`. */
struct hw_process *hw_process_start(struct hw_processes *processes, const char *name,
                                    const char *directory, const char *configuration);

/*
 * Waits until `holds` is true, at most so many seconds. False: `why` (the child that ended, the
 * signal, or that `what` did not happen in time).
 */
bool hw_processes_wait(struct hw_processes *processes, const char *what, int seconds,
                       bool (*holds)(void *context), void *context);

/* Waits for SIGINT or SIGTERM, or for a child that ends by itself. */
void hw_processes_wait_for_signal(struct hw_processes *processes);

/* kill -9, and waits for the end. */
void hw_process_kill(struct hw_process *process);

/* Stops all that run, last started first, and releases everything. False: one did not end well
 * (`why`); none is left in any case. */
bool hw_processes_stop(struct hw_processes *processes);

/* One request to a child's control socket. NULL: `why`. The caller owns the value. The envelope is
 * returned whole: {"ok": ...}. Takes `request`. */
json_t *hw_process_ask(struct hw_processes *processes, const struct hw_process *process,
                       json_t *request);

#endif
