/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control: the control socket: lines in, JSON objects out (docs/control.md).
 *
 * A Unix stream socket of mode 0600. Each client has one request in work at a time; the next line
 * is given when the last one got its final reply. Bounds: clients (the next one
 * waits until one goes), octets of a line, octets that
 * wait for a client that does not read. What is not here: what a line means.
 */
#ifndef HW_IO_CONTROL_H
#define HW_IO_CONTROL_H

#include "base/bytes.h"

#include <jansson.h>
#include <uv.h>

#define HW_CONTROL_LINE_LIMIT   ((size_t)16 << 20)
#define HW_CONTROL_OUTPUT_LIMIT ((size_t)16 << 20)

struct hw_control;

struct hw_control_config {
	uv_loop_t *loop; /* borrowed */
	const char *path;
	size_t client_limit;
	/* A line without its end. Answered by replies to `client`, now or later; the last one is
	 * final. The octets live for the call and are wiped after it. */
	void (*line)(void *context, uint64_t client, struct dm_bytes line);
	/* The client is gone; replies to it are dropped from now on. */
	void (*gone)(void *context, uint64_t client);
	void *context;
};

/* 0, or a negative errno; *out is NULL then. -EADDRINUSE: somebody answers at this path. */
int hw_control_new(const struct hw_control_config *config, struct hw_control **out);

/* Sends one object, which is taken over. False: the client is gone, or was closed because more
 * than HW_CONTROL_OUTPUT_LIMIT waits for it. */
bool hw_control_reply(struct hw_control *control, uint64_t client, json_t *object, bool final);

/* Octets that wait for this client; SIZE_MAX when it is gone. */
size_t hw_control_waiting(const struct hw_control *control, uint64_t client);

/* Removes the socket and closes the clients as soon as what waits for them is written; afterwards
 * the loop is to be run until it has nothing left, and then the control to be freed. */
void hw_control_stop(struct hw_control *control);
/* The same without waiting for clients that do not read; after hw_control_stop. */
void hw_control_abort(struct hw_control *control);
void hw_control_free(struct hw_control *control);

#endif
