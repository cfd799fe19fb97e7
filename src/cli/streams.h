/* SPDX-License-Identifier: Apache-2.0 */
/*
 * streams: Diameter messages out of TCP segments, each direction of a connection on its own.
 *
 * Segments may come twice, overlap and arrive in any order within HW_STREAM_WAITING octets. What is
 * missing for good is a gap: it is counted, and reading goes on at the next segment that begins
 * like a Diameter header. A direction whose first octets are no Diameter header is left alone.
 */
#ifndef HW_CLI_STREAMS_H
#define HW_CLI_STREAMS_H

#include "cli/packet.h"

#define HW_STREAM_WAITING ((size_t)1024 * 1024)
#define HW_STREAM_LIMIT   ((size_t)65536)

struct hw_captured {
	int64_t time; /* nanoseconds since 1970, of the segment that completed it */
	const struct hw_packet_end *from, *to;
	struct dm_bytes message; /* borrowed for the call */
};

struct hw_streams;

struct hw_streams *hw_streams_new(void (*message)(const struct hw_captured *, void *),
                                  void *context);
void hw_streams_free(struct hw_streams *streams);

/* -ENOMEM, or -ENOSPC at HW_STREAM_LIMIT directions. */
int hw_streams_segment(struct hw_streams *streams, const struct hw_segment *segment, int64_t time);

/* At the end of the capture: gives up waiting. */
void hw_streams_end(struct hw_streams *streams);

struct hw_stream_counts {
	size_t gaps;       /* places where octets are missing */
	size_t unfinished; /* messages that were cut off */
	size_t foreign;    /* directions that are not Diameter */
};

struct hw_stream_counts hw_streams_counts(const struct hw_streams *streams);

/* Do these octets begin like a Diameter message? Version 1, a length that can be, no reserved
 * command flag (RFC 6733 3). `bytes` has at least 20 octets. */
bool hw_looks_like_diameter(struct dm_bytes bytes);

#endif
