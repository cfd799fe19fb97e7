/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transaction: one request under way, and the ways it can take through a node.
 *
 *	ours        dm_node_request .. sent .. ANSWER
 *	for us      arrived .. REQUEST .. dm_node_answer
 *	relayed     arrived .. sent .. answer passed on
 *	proxied     arrived .. FORWARD .. sent .. FORWARD .. answer passed on
 *
 * Each ends exactly once: with an answer, or with a fault that says why not. Transactions and their
 * buffers are kept for the next request; in a steady state nothing is allocated.
 */
#ifndef DM_ROUTE_TRANSACTION_H
#define DM_ROUTE_TRANSACTION_H

#include "diameter/node.h"
#include "diameter/node_timer.h"
#include "diameter/route/duplicates.h"
#include "diameter/route/routing.h"

struct dm_arrived;
struct dm_connection;
struct dm_peer;

enum dm_transaction_state {
	DM_TRANSACTION_FREE,
	DM_TRANSACTION_LOCAL,           /* for us: with the service */
	DM_TRANSACTION_PROXIED_REQUEST, /* passing through: the request is with the service */
	DM_TRANSACTION_PROXIED_ANSWER,  /* passing through: the answer is with the service */
	DM_TRANSACTION_SENT,            /* a peer is to answer */
	DM_TRANSACTION_FINISHED,        /* ours, without an answer: ANSWER is to be told */
};

#define DM_LEGS    2 /* peers that may still answer: one that went suspect, and its alternate */
#define DM_TRIED   4 /* peers that a request is sent to at most */
#define DM_WAITERS 4 /* duplicates that wait for the same answer */

/* Where an answer goes. */
struct dm_waiter {
	dm_conn conn;
	uint32_t hop_by_hop_id;
	uint8_t *request; /* owned: a duplicate that has Proxy-Info to be copied, else NULL */
	size_t request_size;
};

struct dm_leg {
	struct dm_peer *peer; /* NULL: unused */
	uint32_t hop_by_hop_id;
};

struct dm_transaction {
	struct dm_transaction *next; /* of the free or the finished ones */
	uint64_t id;
	enum dm_transaction_state state;
	bool own;                /* by dm_node_request */
	bool proxied;            /* its answer is shown to the service */
	bool again;              /* own: may have left before; T stays */
	bool retransmitted;      /* sent again after a failover: T (RFC 6733 5.5.4) */
	bool has_proxy_info;     /* to be copied into the answer */
	uint64_t tag;            /* own */
	struct dm_header header; /* of the request, as it came */
	struct dm_writer octets; /* the request: as it came, or as it is sent but for the header */
	struct dm_waiter source;
	struct dm_waiter waiters[DM_WAITERS];
	uint8_t waiter_count;
	uint8_t tried_count;
	uint8_t redirects;        /* that were followed */
	uint64_t tried[DM_TRIED]; /* serials of peers */
	struct dm_first first;    /* for us */
	struct dm_leg legs[DM_LEGS];
	struct dm_node_timer timer;
	struct dm_fault *fault; /* owned; FINISHED */
};

struct dm_transactions {
	struct dm_transaction **slots; /* owned, all that were ever made */
	uint32_t room;
	uint32_t count;
	struct dm_transaction *unused;
	uint64_t serial;
};

void dm_transactions_fini(struct dm_node *node);

/* NULL: no memory, or too many. */
struct dm_transaction *dm_transaction_new(struct dm_node *node, enum dm_transaction_state state);
/* NULL: it has ended. */
struct dm_transaction *dm_transaction_get(const struct dm_node *node, uint64_t id);
void dm_transaction_free(struct dm_node *node, struct dm_transaction *transaction);

/* For a request that came in: remembers where the answer goes. NULL: no memory, the request was
 * refused. */
struct dm_transaction *dm_transaction_accept(struct dm_node *node, const struct dm_arrived *arrived,
                                             enum dm_transaction_state state);
/* Done, or given up: who sent it has one request less in work. */
void dm_transaction_end(struct dm_node *node, struct dm_transaction *transaction);

/* False: no memory. */
bool dm_waiter_set(struct dm_waiter *waiter, const struct dm_connection *connection,
                   const struct dm_routing *routing);
struct dm_bytes dm_waiter_request(const struct dm_waiter *waiter);

/* The one that a `first` in work belongs to. */
struct dm_transaction *dm_transaction_of_first(const struct dm_first *first);

struct dm_bytes dm_transaction_request(const struct dm_transaction *transaction);
const struct dm_fault *dm_transaction_fault(const struct dm_transaction *transaction);

/* ---- out (send.c) ---- */

/* Sends it to the peer chosen. Negative: the peer took no more, or no memory. */
int dm_transaction_send(struct dm_node *node, struct dm_transaction *transaction,
                        struct dm_peer *peer);
/* Chooses a peer and sends; what cannot be sent ends with its fault. */
void dm_transaction_route(struct dm_node *node, struct dm_transaction *transaction);
/* No peer is to answer any more. */
void dm_transaction_unsend(struct dm_transaction *transaction);
void dm_transaction_drop_leg(struct dm_transaction *transaction, const struct dm_peer *peer);
/* Ends it without an answer. */
void dm_transaction_fail(struct dm_node *node, struct dm_transaction *transaction,
                         const struct dm_fault *fault);

/* The answer, whole, goes to the source with its Hop-by-Hop Identifier; the transaction ends. */
void dm_transaction_pass_answer(struct dm_node *node, struct dm_transaction *transaction,
                                struct dm_bytes answer);
/* One message with another Hop-by-Hop Identifier and more flags. */
void dm_write_readdressed(struct dm_node *node, struct dm_connection *connection,
                          struct dm_bytes message, uint32_t hop_by_hop_id, uint8_t flags);

#endif
