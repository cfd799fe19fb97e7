/* SPDX-License-Identifier: Apache-2.0 */
/*
 * connection: the transport connections of one node.
 *
 * A connection has a number (never 0, never used again), a framing for what comes in and a writer
 * for what goes out in this turn. Closing is asked for here and carried out when the turn is
 * flushed: what was written before still leaves. From that moment its number is unknown.
 *
 * Not here: which peer a connection belongs to and what follows from its loss (peer.h).
 */
#ifndef DM_PEER_CONNECTION_H
#define DM_PEER_CONNECTION_H

#include "diameter/node.h"
#include "diameter/node_timer.h"
#include "diameter/peer/capabilities.h"
#include "diameter/peer/framing.h"

struct dm_peer;

enum dm_connection_state {
	DM_CONNECTION_DIALLING,     /* CONNECT was given out */
	DM_CONNECTION_UNIDENTIFIED, /* accepted, no CER yet */
	DM_CONNECTION_CANDIDATE,    /* of a peer whose open connection is being probed (PS05) */
	DM_CONNECTION_BOUND,        /* a peer's, up */
	DM_CONNECTION_CLOSING,      /* CLOSE is to be given out */
	DM_CONNECTION_GONE,         /* the host closed it */
};

struct dm_connection {
	dm_conn id;
	enum dm_connection_state state;
	struct dm_peer *peer; /* DIALLING, CANDIDATE, BOUND; else NULL */
	struct dm_framing framing;
	struct dm_writer output; /* of this turn */
	size_t waiting;          /* octets that the host has not written yet */
	bool overflown;          /* more is waiting than allowed: to be closed at the flush */
	bool dirty;              /* in the turn's list */
	struct dm_connection *next_dirty;
	bool reset;
	char why[128];              /* of its close */
	struct dm_node_timer timer; /* waiting for the CER, or for the end of a probe */
	struct dm_capabilities capabilities;
	struct dm_header cer; /* the CER that our CEA has to answer */
	bool cea_starts_tls;  /* a CEA that accepts it is the last plain message */
	enum dm_start_tls start_tls;
	size_t plain;           /* start_tls: so many octets of `output` go before TLS */
	uint32_t hop_by_hop_id; /* of our CER, DWR or DPR that waits for its answer */
	uint32_t in_work;       /* requests from here that are not answered yet */
};

struct dm_connections {
	struct dm_connection **slots; /* owned */
	uint32_t room;
	uint32_t count;
	uint32_t unidentified;
	uint64_t serial; /* makes numbers unique */
};

void dm_connections_fini(struct dm_node *node);

/* NULL: no memory, or too many. */
struct dm_connection *dm_connection_new(struct dm_node *node, enum dm_connection_state state);
/* NULL: no such connection any more. */
struct dm_connection *dm_connection_get(const struct dm_node *node, dm_conn id);
/* Carried out by the flush of the turn. */
void dm_connection_free(struct dm_node *node, struct dm_connection *connection);

/* Where the next message goes; the connection is flushed at the end of the turn. */
struct dm_writer *dm_connection_output(struct dm_node *node, struct dm_connection *connection);
/* After each message written: notices when too much is waiting. */
void dm_connection_written(struct dm_node *node, struct dm_connection *connection);

/* An empty buffer such as connections write into. */
void dm_connection_output_init(const struct dm_node *node, struct dm_writer *output);

/* What is written from here on goes under TLS; nothing more may come in plain. */
void dm_connection_start_tls(struct dm_node *node, struct dm_connection *connection,
                             enum dm_start_tls side);

/* Asks for CLOSE. Whoever holds it (a peer) lets go of it. */
void dm_connection_close(struct dm_node *node, struct dm_connection *connection, bool reset,
                         const char *why);
/* The host closed it: no CLOSE. */
void dm_connection_gone(struct dm_node *node, struct dm_connection *connection);

/* It has a peer now: no longer counted as unidentified. */
void dm_connection_bind(struct dm_node *node, struct dm_connection *connection,
                        struct dm_peer *peer, enum dm_connection_state state);

#endif
