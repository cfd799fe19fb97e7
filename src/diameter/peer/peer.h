/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peer: the peers of one node, and their two machines run.
 *
 * dm_peer_event looks up the row of peer_machine.h, writes the state (in one place, peer.c) and
 * runs the row's actions (peer_actions.c); dm_watchdog_event does the same for watchdog_machine.h
 * (watchdog.c). A peer has at most one I- and one R- connection. One that nobody configured lives
 * as long as it is connected (RFC 6733 5.3, CX09).
 */
#ifndef DM_PEER_PEER_H
#define DM_PEER_PEER_H

#include "base/map.h"
#include "diameter/node.h"
#include "diameter/node_timer.h"
#include "diameter/peer/capabilities.h"
#include "diameter/peer/connection.h"
#include "diameter/peer/peer_machine.h"
#include "diameter/peer/watchdog_machine.h"
#include "diameter/route/hop_by_hop.h"

/* The first retry after a loss comes this soon; then the wait doubles up to Tc. */
#define DM_FIRST_RECONNECT_WAIT DM_SECOND
#define DM_BUSY_FACTOR          5               /* times Tc, after a DPR with BUSY (DP02) */
#define DM_WATCHDOG_LEAST       (6 * DM_SECOND) /* RFC 3539 3.4.1 */
#define DM_PROBE_TIME           (2 * DM_SECOND) /* for a sign of life of the open connection (PS05) */

struct dm_watchdog {
	enum dm_watchdog_state state;
	struct dm_watchdog_variables variables;
	dm_time interval; /* Twinit */
	dm_time deadline; /* when Tw is over; the timer may ring before that and is set again */
	struct dm_node_timer timer;
};

struct dm_peer {
	struct dm_peer *next;        /* in the order of names */
	struct dm_bytes origin_host; /* owned: behind the struct */
	uint64_t serial;             /* never used again */
	bool configured;
	bool dials;
	enum dm_inband inband;
	bool forgotten;     /* to be freed once it is closed */
	bool redirected;    /* a peer because a redirect named it (redirect_follow.c) */
	bool dial_tls;      /* redirected: as its DiameterURI says */
	uint16_t dial_port; /* redirected; 0: the default one */

	enum dm_peer_state state;
	dm_time since;
	char reason[160];           /* of the last change */
	struct dm_node_timer timer; /* of the state, or of the drain before a DPR */
	struct dm_watchdog watchdog;
	dm_time reconnect_wait; /* before the next attempt to open */
	bool on_hold;           /* it does not want to talk to us: wait for traffic (DP03) */
	bool stop_wanted;       /* drain, then DPR */
	uint32_t disconnect_cause;

	struct dm_connection *initiator; /* I- */
	struct dm_connection *responder; /* R- */
	struct dm_connection *candidate; /* waits for the probe of the open one */
	struct dm_capabilities capabilities;

	struct dm_hop_table pending; /* requests sent to it */
	uint64_t requests_in, requests_out, answers_in, answers_out;
	uint64_t requests_seen; /* requests_out at the last look of the sweep for redirects */
	uint8_t octets[];       /* of origin_host */
};

struct dm_peers {
	struct dm_map by_name;
	struct dm_peer *first;
	struct dm_peer *leaving; /* to be freed by dm_peers_sweep */
	uint64_t serial;
};

/* What an event is about. */
struct dm_occasion {
	struct dm_connection *connection; /* the one it happened on; NULL when it is about none */
	const struct dm_message *message; /* decoded, else NULL */
	const struct dm_fault *fault;     /* of the message */
	struct dm_bytes wire;             /* the message as it came */
	const char *why;                  /* for people: the reason of the change */
};

void dm_peers_init(struct dm_node *node);
void dm_peers_fini(struct dm_node *node);
/* Frees peers that were forgotten: when no effect speaks of them any more. */
void dm_peers_sweep(struct dm_node *node);

struct dm_peer *dm_peer_find(const struct dm_node *node, struct dm_bytes origin_host);
/* NULL: no memory. */
struct dm_peer *dm_peer_new(struct dm_node *node, struct dm_bytes origin_host);

void dm_peer_event(struct dm_node *node, struct dm_peer *peer, enum dm_peer_event event,
                   const struct dm_occasion *occasion);

/* Open, and by RFC 3539 fit for new requests. */
bool dm_peer_is_usable(const struct dm_peer *peer);
/* The connection that messages travel on; NULL when the peer is not open or closing. */
struct dm_connection *dm_peer_connection(const struct dm_peer *peer);

/* Drains, then stops: DPR with this Disconnect-Cause. */
void dm_peer_stop(struct dm_node *node, struct dm_peer *peer, uint32_t cause);
/* A request from or to it has ended: perhaps it is drained now. */
void dm_peer_work_ended(struct dm_node *node, struct dm_peer *peer);
/* There is traffic for a peer that is on hold: dial it, but not more often than Tc. */
void dm_peer_wanted(struct dm_node *node, struct dm_peer *peer);

/* ---- actions (peer_actions.c) ---- */

void dm_peer_act(struct dm_node *node, struct dm_peer *peer, enum dm_peer_action action,
                 const struct dm_occasion *occasion);
/* A connection of it has nothing to say any more: PS05. */
void dm_peer_candidate_refuse(struct dm_node *node, struct dm_peer *peer);

/* ---- watchdog (watchdog.c) ---- */

void dm_watchdog_init(struct dm_node *node, struct dm_peer *peer, dm_time interval);
/* The row that was run. */
const struct dm_watchdog_row *dm_watchdog_event(struct dm_node *node, struct dm_peer *peer,
                                                enum dm_watchdog_event event);
/* Tw while there is a connection, else the wait before the next attempt (RFC 6733 2.1). */
void dm_watchdog_set(struct dm_node *node, struct dm_peer *peer);
/* The next attempt to open after this wait. */
void dm_watchdog_attempt_after(struct dm_node *node, struct dm_peer *peer, dm_time wait);
void dm_send_dwr(struct dm_node *node, struct dm_peer *peer);

/* ---- messages in (receive.c, incoming.c) ---- */

void dm_receive(struct dm_node *node, struct dm_connection *connection, struct dm_bytes wire);
/* The stream is broken; `header` has its last 20 octets, or none. */
void dm_receive_broken(struct dm_node *node, struct dm_connection *connection,
                       struct dm_bytes header);
void dm_receive_end(struct dm_node *node, struct dm_connection *connection, const char *why);
/* Closes it; its peer's machine learns of it. */
void dm_end_connection(struct dm_node *node, struct dm_connection *connection, bool reset,
                       const char *why);
/* More waits to be sent than the limit allows. */
void dm_receive_overflow(struct dm_node *node, struct dm_connection *connection);

/* The first message of an accepted connection: a CER, or the end (RFC 6733 5.6.1). */
void dm_incoming_message(struct dm_node *node, struct dm_connection *connection,
                         struct dm_bytes wire);
/* The open connection is gone: the candidate's CER counts now. */
void dm_incoming_promote(struct dm_node *node, struct dm_peer *peer);

/* Sends a CEA; `fault` NULL: 2001. */
void dm_send_cea(struct dm_node *node, struct dm_connection *connection,
                 const struct dm_fault *fault);

/* Answers a request of the connection itself with a fault. */
void dm_send_fault(struct dm_node *node, struct dm_connection *connection, struct dm_bytes request,
                   const struct dm_fault *fault);

#endif
