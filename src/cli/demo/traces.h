/* SPDX-License-Identifier: Apache-2.0 */
/*
 * traces: what several daemons wrote about their messages (docs/control.md, trace), as one story.
 *
 * Each daemon writes every message that it receives or sends; the story is made of what was sent,
 * in the order of time. The ends of a connection are known by the addresses at which the nodes
 * listen. Keys are zeros in a trace, so they are zeros here.
 */
#ifndef HW_CLI_TRACES_H
#define HW_CLI_TRACES_H

#include "base/bytes.h"

#include <jansson.h>

#define HW_TRACE_NODES 8

struct hw_traces;

struct hw_traces *hw_traces_new(void);
void hw_traces_free(struct hw_traces *traces);

/* A node: its name in the story, its identity and the file that it writes. All are copied. */
int hw_traces_add(struct hw_traces *traces, const char *name, const char *identity,
                  const char *path);
/* "[::1]:3869": a node listens there. -ENOENT: no such node. */
int hw_traces_listens(struct hw_traces *traces, const char *name, const char *endpoint);

/*
 * Reads what is new. The messages sent since the last call, by time:
 * [{"time_ns", "from": name, "to": name, "octets": hex}, ...]; the caller's. NULL: no memory.
 * A message to somebody who is no node has no "to".
 */
json_t *hw_traces_read(struct hw_traces *traces);

/* All that was read so far as a capture file. Number of messages, or a negative errno with `why`.
 */
int hw_traces_capture(const struct hw_traces *traces, const char *path, char *why, size_t why_room);

/* The octets of a hex text into `room`; their number, 0 when it is no hex or does not fit. */
size_t hw_traces_octets(const char *hex, uint8_t *room, size_t room_size);

#endif
