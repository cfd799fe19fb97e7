/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buffers: where sockets are read into during one turn of the loop.
 *
 * The node borrows what it is given until the turn's effects are drained, so a buffer is taken for
 * each read and all of them are given back at the end of the turn. An idle connection holds none.
 * When a turn has used all, reading waits for the next turn.
 */
#ifndef HW_IO_BUFFERS_H
#define HW_IO_BUFFERS_H

#include "base/bytes.h"

#define HW_BUFFER_SIZE  ((size_t)65536)
#define HW_BUFFER_COUNT 256

struct hw_buffers {
	uint8_t *at[HW_BUFFER_COUNT];  /* owned; made when first needed */
	size_t sizes[HW_BUFFER_COUNT]; /* octets that were read into it */
	size_t used;                   /* in this turn */
};

void hw_buffers_fini(struct hw_buffers *buffers);

/* HW_BUFFER_SIZE octets, or NULL. */
uint8_t *hw_buffers_take(struct hw_buffers *buffers);

/* Gives the last one taken back: nothing was read into it. */
void hw_buffers_untake(struct hw_buffers *buffers);

/* So much was read into the last one taken. */
void hw_buffers_read(struct hw_buffers *buffers, size_t size);

/* The turn is over: what was read is wiped, for a message may hold a key. */
void hw_buffers_reset(struct hw_buffers *buffers);

#endif
