/* SPDX-License-Identifier: Apache-2.0 */
/*
 * commands: the control socket's commands: which handler, and the reply in every case.
 *
 * A handler ends its call once: hw_call_done, hw_call_fail, or hw_call_later and then a
 * MIP6_EFFECT_RESULT with the number that it gave.
 */
#ifndef HW_COMMANDS_H
#define HW_COMMANDS_H

#include "daemon/daemon.h"
#include "daemon/request.h"

struct hw_call {
	struct hw_daemon *daemon;
	struct mip6_role *role; /* NULL for commands of every node */
	uint64_t client;
	struct hw_request request; /* wiped after the handler */
};

struct hw_command_row {
	enum hw_command command;
	void (*run)(struct hw_call *call); /* NULL: the end of the table */
};

/* Takes `result`; NULL: memory is exhausted. */
void hw_call_done(struct hw_call *call, json_t *result);
/* `code` 2: the request is wrong; 1: it could not be done. */
void hw_call_fail(struct hw_call *call, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* False: the client is gone. */
bool hw_call_progress(struct hw_daemon *daemon, uint64_t client, const json_t *tag,
                      json_t *progress);

/* The tag for a role's command. `result`, taken, is the reply when the role says success; NULL: the
 * role brings it. 0 when memory is exhausted; then the call has failed already. */
uint64_t hw_call_later(struct hw_call *call, json_t *result);

/* ---- for the loop ---- */

void hw_command_line(struct hw_daemon *daemon, uint64_t client, struct dm_bytes line);
void hw_command_client_gone(struct hw_daemon *daemon, uint64_t client);
/* MIP6_EFFECT_RESULT */
void hw_command_result(struct hw_daemon *daemon, const struct mip6_effect *effect);
void hw_commands_fini(struct hw_daemon *daemon);

/* ---- tracing.c ---- */

void hw_tracing_start(struct hw_call *call);
void hw_tracing_client_gone(struct hw_daemon *daemon, uint64_t client);
void hw_tracing_fini(struct hw_daemon *daemon);

/* The file of the option `trace`. 0 or a negative errno. */
int hw_trace_file_open(struct hw_daemon *daemon, const char *path);
void hw_trace_file_close(struct hw_daemon *daemon);

#endif
