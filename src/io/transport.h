/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transport: the TCP connections of one Diameter node on a libuv loop.
 *
 * Carries octets and transport events into the node, and SEND, CONNECT and CLOSE effects out of it.
 * It never drains effects itself: after each event it calls `wake`, and the host runs its turn when
 * all events of this round are in. Bounds: accepted connections, octets read in a turn, octets that
 * wait on a connection; a connection beyond the limit is closed at once and counted.
 *
 * A connection that begins with TLS (RFC 6733 2.1) is told to the node when the handshake is done.
 * One that we dialled is told only if the certificate names the peer; of one that we accepted the
 * host asks hw_transport_names when the CER has named it.
 *
 * What is not here: SCTP; which peer may connect (the node decides), what a message means.
 */
#ifndef HW_IO_TRANSPORT_H
#define HW_IO_TRANSPORT_H

#include "base/log.h"
#include "diameter/node.h"
#include "io/address.h"
#include "io/tls.h"
#include "io/trace.h"

#include <uv.h>

struct hw_transport;

/* Where a peer is to be dialled. */
struct hw_target {
	const char *host;
	uint16_t port;
	bool tls; /* before CER */
};

struct hw_transport_config {
	uv_loop_t *loop; /* borrowed, as all here */
	struct dm_node *node;
	struct dm_log *log;
	struct hw_trace *trace;  /* may be NULL */
	size_t connection_limit; /* accepted ones */
	size_t handshake_limit;  /* of them, those whose TLS handshake is under way */
	unsigned handshake_ms;   /* how long one may take */
	size_t output_limit;     /* octets waiting on one */
	uint64_t seed;           /* of a table that peers fill */
	/* May a connection come from there? NULL: from everywhere. */
	bool (*admits)(void *context, const struct sockaddr *from);
	/* Where a peer is to be dialled; false: nowhere. */
	bool (*endpoint)(void *context, struct dm_bytes peer, struct hw_target *target);
	/* The node may have effects. */
	void (*wake)(void *context);
	void *context;
};

/* NULL: no memory. */
struct hw_transport *hw_transport_new(const struct hw_transport_config *config);

/* Listens on a numeric address; port 0: any free one. 0 or a negative errno. IPv6 means IPv6 only,
 * so that both families can have the same port. `tls`: the handshake comes before the CER. */
int hw_transport_listen(struct hw_transport *transport, const char *host, uint16_t port, bool tls);

/* For connections to come; the transport's from here on. NULL: none can have TLS. */
void hw_transport_set_tls(struct hw_transport *transport, struct hw_tls_context *context);

/* The real address and port of each listener, in the order of hw_transport_listen. */
void hw_transport_each_listener(const struct hw_transport *transport,
                                void (*visit)(const char *address, void *context), void *context);
void hw_transport_stop_listening(struct hw_transport *transport);

/* Carries out SEND, CONNECT, CLOSE; ignores other kinds. */
void hw_transport_effect(struct hw_transport *transport, const struct dm_effect *effect);

/* The effects of the turn are drained: what was read is not needed any more. */
void hw_transport_turn_over(struct hw_transport *transport);

struct hw_path {
	size_t connections;         /* with this peer */
	bool loopback;              /* there is one, and all begin and end on this machine */
	bool secured;               /* there is one, and all have TLS: nothing leaves plain */
	const struct hw_tls *tls;   /* of one of them; NULL: it has none */
	const char *local, *remote; /* of one of them; "" when there is none */
};

struct hw_path hw_transport_path(const struct hw_transport *transport, struct dm_bytes peer);

/* Of one connection: has it TLS, and does the certificate of the other side name this identity? */
bool hw_transport_has_tls(const struct hw_transport *transport, dm_conn conn);
bool hw_transport_names(const struct hw_transport *transport, dm_conn conn, struct dm_bytes peer);

struct hw_transport_counts {
	size_t connections;
	uint64_t accepted, not_admitted, over_limit, dialled, dial_failed, tls_failed;
};
struct hw_transport_counts hw_transport_counts(const struct hw_transport *transport);

/* Ends everything at once; afterwards the loop is to be run until it has nothing left, and then
 * the transport to be freed. */
void hw_transport_stop(struct hw_transport *transport);
void hw_transport_free(struct hw_transport *transport);

#endif
