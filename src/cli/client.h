/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client: the daemon's control socket from the other side (docs/control.md).
 *
 * One JSON object a line each way. A request is answered by any number of {"progress": ...} and
 * then one {"ok": true, "result": ...} or {"ok": false, "code": N, "error": "..."}. The client
 * waits; a line longer than HW_CLIENT_LINE is refused.
 */
#ifndef HW_CLI_CLIENT_H
#define HW_CLI_CLIENT_H

#include "cli/command.h"

#define HW_CLIENT_LINE   ((size_t)16 * 1024 * 1024)
#define HW_CLIENT_SOCKET "/run/homeward/control"

struct hw_client {
	int fd;     /* owned; -1: not connected */
	char *path; /* owned */
	char *held; /* owned: octets behind the last line */
	size_t size, room;
	int interrupt_fd; /* borrowed: ends a wait with -ECANCELED when readable; -1: none */
	size_t taken;     /* of `held`, by the line returned last */
};

/* Connects. 0, or a negative errno with a sentence in `why`. */
int hw_client_open(struct hw_client *client, const char *path, char *why, size_t why_room);
void hw_client_close(struct hw_client *client);

/* Sends one object; borrows `request`. */
int hw_client_send(struct hw_client *client, const json_t *request, char *why, size_t why_room);

/*
 * The next object, within `milliseconds` (-1: for ever). 0 and *out owned by the caller;
 * -ETIMEDOUT; -ECANCELED; -EPIPE when the daemon has closed; -EPROTO when it is no JSON object.
 */
int hw_client_receive(struct hw_client *client, int milliseconds, json_t **out, char *why,
                      size_t why_room);

/* For a command: opens the socket that --socket or the environment names, asks, shows progress,
 * leaves the result in call->result. Takes `request`. */
enum hw_exit hw_client_ask(struct hw_call *call, json_t *request);

/* The same on a connection that is open already; the result goes to *result. Takes `request`. */
enum hw_exit hw_client_ask_on(struct hw_call *call, struct hw_client *client, json_t *request,
                              json_t **result);

const char *hw_client_path(const struct hw_call *call);

/* members.c: the same with the command's own options as members: --dns-name is "dns_name", a switch
 * is true. Takes `request`. */
enum hw_exit hw_client_ask_options(struct hw_call *call, json_t *request);

#endif
