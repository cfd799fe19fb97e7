/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transport_private: the inside of a transport, for transport.c and transport_listen.c.
 */
#ifndef HW_IO_TRANSPORT_PRIVATE_H
#define HW_IO_TRANSPORT_PRIVATE_H

#include "base/map.h"
#include "io/buffers.h"
#include "io/link.h"
#include "io/transport.h"

struct hw_listener {
	struct hw_listener *next;
	struct hw_transport *transport;
	uv_tcp_t tcp;
	bool tls;
	char address[HW_ADDRESS_ROOM];
};

struct hw_transport {
	struct hw_transport_config config;
	struct hw_link_owner owner;
	struct hw_buffers buffers;
	struct hw_listener *listeners; /* owned; oldest first */
	struct dm_map links;           /* conn -> struct hw_link */
	struct dm_map dials;           /* conn -> struct hw_dial */
	struct dm_map peers;           /* identity -> its first struct hw_link */
	struct dm_map shaking;         /* links whose TLS handshake is under way, by their place */
	struct hw_tls_context *tls;    /* owned; NULL: none */
	size_t accepted_open;
	struct hw_transport_counts counts;
	bool stopped;
};

/* The node may have effects. */
void hw_transport_wake(struct hw_transport *transport);

/* The link is in no list of the transport any more. */
void hw_transport_forget(struct hw_transport *transport, struct hw_link *link);
void hw_transport_turned_away(struct hw_transport *transport, const struct hw_link *link,
                              const char *remote, const char *why);

/* Tells the node of an accepted link. NULL, or why it cannot stay. */
const char *hw_transport_welcome(struct hw_transport *transport, struct hw_link *link);
/* Begins TLS on a link. NULL, or why not; then nothing of it is left. */
const char *hw_transport_shake(struct hw_transport *transport, struct hw_link *link, bool server);

#endif
