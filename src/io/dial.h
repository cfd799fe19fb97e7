/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dial: from a host name and a port to a connection.
 *
 * The name is resolved anew for every dial, and all addresses are tried: each gets a head start of
 * 250 ms before the next is tried beside it (RFC 8305 5); the first connection wins. What is not
 * here: a deadline; the node has one and asks for the end.
 */
#ifndef HW_IO_DIAL_H
#define HW_IO_DIAL_H

#include "io/link.h"

#define HW_DIAL_ADDRESSES 8

struct hw_dial;

/* `link` is connected and open, or NULL and `why` a sentence. The dial is gone after the call. */
typedef void (*hw_dial_done)(void *context, struct hw_dial *dial, struct hw_link *link,
                             const char *why);

struct hw_dial {
	uint64_t conn;  /* the caller's */
	bool tls;       /* the caller's */
	char peer[256]; /* the caller's */
	uv_loop_t *loop;
	const struct hw_link_owner *owner;
	hw_dial_done done; /* NULL: given up */
	void *context;
	uv_getaddrinfo_t lookup;
	bool looking_up;
	uv_timer_t head_start;
	bool timer_closed;
	struct sockaddr_storage addresses[HW_DIAL_ADDRESSES];
	size_t count, tried, open; /* addresses; attempts under way */
	uint16_t port;
	struct hw_attempt {
		struct hw_dial *dial;
		struct hw_link *link;
		uv_connect_t connect;
	} attempts[HW_DIAL_ADDRESSES];
	int error; /* of the last attempt */
	char last[HW_ADDRESS_ROOM];
};

/* NULL: no memory. `host` is borrowed for the call. */
struct hw_dial *hw_dial_start(uv_loop_t *loop, const struct hw_link_owner *owner, const char *host,
                              uint16_t port, uint64_t conn, hw_dial_done done, void *context);

/* Gives up; `done` will not be called. */
void hw_dial_stop(struct hw_dial *dial);

#endif
