/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace: every message that a node receives or sends, once, without its secrets.
 *
 * A stream cuts the octets of one direction of one connection into messages, always, so that a
 * listener can come at any time; octets are copied only while somebody listens. Before a message is
 * shown, the data of secret AVPs are overwritten with zeros: those that the dictionary marks and
 * those of the table in trace.c, also inside of groups that no grammar knows; behind a broken AVP
 * everything is (MH07). When the framing is lost the stream is silent; its connection will not live
 * long.
 */
#ifndef HW_IO_TRACE_H
#define HW_IO_TRACE_H

#include "base/writer.h"
#include "diameter/codec/dictionary.h"

#include <jansson.h>

struct hw_trace_message {
	int64_t wall_ns; /* since 1970 */
	bool sent;
	const char *peer; /* identity; empty: not known yet */
	const char *local;
	const char *remote;
	struct dm_bytes octets; /* masked; live for the call */
};

struct hw_trace_listener {
	void (*message)(void *context, const struct hw_trace_message *message);
	void *context;
	struct hw_trace_listener *next; /* the trace's */
};

struct hw_trace {
	const struct dm_dictionary *dictionary; /* borrowed; NULL: the table alone */
	struct hw_trace_listener *listeners;    /* borrowed */
};

/* The listener's memory is the caller's and stays until it is removed. */
void hw_trace_listen(struct hw_trace *trace, struct hw_trace_listener *listener);
void hw_trace_unlisten(struct hw_trace *trace, struct hw_trace_listener *listener);

struct hw_trace_stream {
	struct hw_trace *trace; /* borrowed; NULL: nobody can listen */
	bool sent;
	const char *peer, *local, *remote; /* borrowed */
	uint8_t head[4];
	size_t head_size;         /* octets of the head that are here */
	size_t left;              /* octets of the message that are to come */
	bool lost;                /* no message boundary any more */
	bool kept;                /* `message` holds what came so far */
	struct dm_writer message; /* owned */
};

void hw_trace_stream_init(struct hw_trace_stream *stream, struct hw_trace *trace, bool sent,
                          const char *peer, const char *local, const char *remote);
void hw_trace_stream_fini(struct hw_trace_stream *stream);
void hw_trace_octets(struct hw_trace_stream *stream, struct dm_bytes octets);

/* Overwrites what is secret in a whole message. `dictionary` may be NULL. */
void hw_trace_mask(const struct dm_dictionary *dictionary, uint8_t *message, size_t size);

/* As docs/control.md has it; NULL: no memory. The caller's. */
json_t *hw_trace_json(const struct hw_trace_message *message);

#endif
