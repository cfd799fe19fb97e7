/* SPDX-License-Identifier: Apache-2.0 */
/*
 * link: one TCP connection of the transport.
 *
 * What the node gives in one turn leaves in one write; what the socket does not take waits in order
 * and its size is told to the node, which closes at its limit. An orderly end writes what waits,
 * sends FIN and reads on for a while, so that unread octets do not turn the end into a reset; a
 * reset is SO_LINGER 0. TLS may lie between the socket and the owner (link_tls.h). What is not
 * here: messages; the node frames.
 */
#ifndef HW_IO_LINK_H
#define HW_IO_LINK_H

#include "base/writer.h"
#include "io/address.h"
#include "io/trace.h"

#include <uv.h>

struct hw_link;
struct hw_tls;

/* What the link tells its owner. */
struct hw_link_owner {
	void (*input)(void *context, struct hw_link *link, struct dm_bytes octets);
	/* The other side closed or the transport failed; the link has ended itself. */
	void (*lost)(void *context, struct hw_link *link, const char *why);
	/* The TLS handshake is done. NULL, or why the other side may not stay; `lost` follows. */
	const char *(*secured)(void *context, struct hw_link *link);
	/* Octets that wait have changed. */
	void (*waiting)(void *context, struct hw_link *link, size_t octets);
	uint8_t *(*take_buffer)(void *context); /* HW_BUFFER_SIZE, or NULL: read later */
	void *context;
	size_t output_limit; /* octets that may wait; beyond it the link is lost */
};

enum hw_link_state {
	HW_LINK_NEW,    /* made, not connected */
	HW_LINK_OPEN,   /* carries octets both ways */
	HW_LINK_ENDING, /* what waits is written, then FIN; input is thrown away */
	HW_LINK_GONE,   /* closing its handles */
};

struct hw_link {
	const struct hw_link_owner *owner; /* borrowed */
	enum hw_link_state state;
	uint64_t conn; /* the owner's: of the node; 0: none */
	bool accepted; /* the owner's */
	bool told;     /* the owner's: the node knows that it is up */
	bool loopback; /* both ends */
	char local[HW_ADDRESS_ROOM];
	char remote[HW_ADDRESS_ROOM];
	char peer[256];            /* identity; empty: not known */
	struct hw_link *same_peer; /* the owner's: the next one of this identity */
	uv_tcp_t tcp;
	uv_timer_t patience;
	int handles; /* open ones */
	uv_shutdown_t shutdown;
	uv_write_t write;
	bool writing;
	struct dm_writer flying; /* given to the kernel's queue by uv_write */
	struct dm_writer queued; /* behind it */
	struct hw_tls *tls;      /* owned; NULL: plain */
	struct dm_writer held;   /* until the TLS handshake is done */
	struct hw_trace_stream received, sent;
};

/* NULL: no memory. The owner outlives the link. */
struct hw_link *hw_link_new(uv_loop_t *loop, const struct hw_link_owner *owner);

/* The connection is up: names, TCP_NODELAY, reading. Negative errno: the link is to be ended. */
int hw_link_open(struct hw_link *link);

void hw_link_send(struct hw_link *link, struct dm_bytes octets);

/* Orderly, or by reset. The memory goes later, from the loop; the owner forgets it now. */
void hw_link_end(struct hw_link *link, bool reset);

/* ---- for link_tls.c ---- */

/* Octets as they are on the wire. */
void hw_link_put(struct hw_link *link, struct dm_bytes wire);
/* Orderly, so that what was said last arrives; the owner is told. */
void hw_link_fail(struct hw_link *link, const char *why);

#endif
