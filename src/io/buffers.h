/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buffers: where sockets are read into during one turn of the loop.
 *
 * The node borrows what it is given until the turn's effects are drained, so the reads of a turn
 * lie one behind the other and are given back at its end. An idle connection holds none. When a
 * turn has read enough, reading waits for the next one: what comes later is then read while the
 * store commits and other nodes work at what this turn has sent, and no answer waits for a longer
 * turn.
 */
#ifndef HW_IO_BUFFERS_H
#define HW_IO_BUFFERS_H

#include "base/bytes.h"

#define HW_BUFFER_SIZE ((size_t)65536)                  /* of a read, at most */
#define HW_TURN_SIZE   (HW_BUFFER_SIZE + (size_t)32768) /* of all reads of a turn */

struct hw_buffers {
	uint8_t *octets; /* owned; made when first needed */
	size_t used;     /* in this turn */
};

void hw_buffers_fini(struct hw_buffers *buffers);

/* HW_BUFFER_SIZE octets, or NULL. Before the next is taken hw_buffers_read says how many of them
 * stay taken, if any. */
uint8_t *hw_buffers_take(struct hw_buffers *buffers);

/* So much was read into what was taken last. */
void hw_buffers_read(struct hw_buffers *buffers, size_t size);

/* The turn is over: what was read is wiped, for a message may hold a key. */
void hw_buffers_reset(struct hw_buffers *buffers);

#endif
