/* SPDX-License-Identifier: Apache-2.0 */
/*
 * framing: the octets of a stream cut into messages by their Message Length (RFC 6733 3).
 *
 * A message that lies whole in the octets given is delivered as a slice of them; only one whose
 * rest has not arrived is collected. The header is judged as soon as its 20 octets are there, so a
 * length that lies never makes us wait or allocate; what is no Diameter at all is recognised by its
 * first octet (HD18). A broken stream stays broken.
 *
 * Not here: anything behind the first four octets.
 */
#ifndef DM_PEER_FRAMING_H
#define DM_PEER_FRAMING_H

#include "base/cursor.h"
#include "base/writer.h"

struct dm_framing {
	struct dm_writer partial; /* owned: the beginning of a message */
	bool delivered;           /* `partial` is a message given out: forget it at the next call */
	bool broken;
	uint32_t message_limit;
	uint32_t result_code; /* broken: 5011 or 5015 */
	const char *why;      /* broken: a sentence (static) */
};

enum dm_framing_result {
	DM_FRAMING_MORE,    /* nothing whole is left */
	DM_FRAMING_MESSAGE, /* one message in *message */
	DM_FRAMING_BROKEN,  /* the 20 octets of the header in *message, or none */
	DM_FRAMING_NO_MEMORY,
};

void dm_framing_init(struct dm_framing *framing, uint32_t message_limit);
void dm_framing_fini(struct dm_framing *framing);

/* The next message of `input`, which is read as far as needed. *message lives until the next call
 * or as long as the octets behind `input`. */
enum dm_framing_result dm_framing_next(struct dm_framing *framing, struct dm_cursor *input,
                                       struct dm_bytes *message);

#endif
