/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node_turn: what waits to be handled and what waits to be told (node.h: dm_node_effect).
 *
 * Order within a turn: events and dials as they came, answers that failed, the effect of the
 * message just handled; then the next message; when no octets are left, one SEND per connection
 * with all it has, followed by its CLOSE. So all that one turn has for a connection leaves in one
 * write.
 *
 * Limits: EVENTs beyond NOTICE_LIMIT are dropped and counted, dials never are.
 */
#ifndef DM_NODE_TURN_H
#define DM_NODE_TURN_H

#include "base/cursor.h"
#include "diameter/node.h"

struct dm_connection;
struct dm_peer;
struct dm_transaction;

enum dm_arrival_kind { DM_ARRIVAL_OCTETS, DM_ARRIVAL_CLOSED };

/* Something the host told and that is handled in its turn. */
struct dm_arrival {
	enum dm_arrival_kind kind;
	dm_conn conn;
	struct dm_bytes octets; /* borrowed from the host */
	char why[96];           /* CLOSED */
};

/* An EVENT or a CONNECT with its own copies of name and sentence. */
struct dm_notice {
	struct dm_effect effect;
	uint8_t peer[255];
	char text[256];
};

struct dm_turn {
	struct dm_arrival *arrivals; /* owned: a row that is emptied before it is filled again */
	size_t arrival_room, arrival_count, arrival_at;
	struct dm_cursor input; /* what is left of arrivals[arrival_at].octets */
	bool input_begun;
	struct dm_notice *notices; /* owned: a ring */
	size_t notice_room, notice_first, notice_count;
	uint64_t notices_lost;
	struct dm_transaction *finished, *finished_last;
	struct dm_connection *dirty, *dirty_last;
	struct dm_effect ready; /* of the message just handled */
	bool has_ready;

	/* Behind the effect given out last. */
	struct dm_notice told;
	struct dm_writer sending;
	struct dm_transaction *over; /* to be freed */
	struct dm_message message;
	struct dm_fault fault;
};

void dm_turn_init(struct dm_node *node);
void dm_turn_fini(struct dm_node *node);
bool dm_turn_is_empty(const struct dm_turn *turn);

/* False: no memory. */
bool dm_turn_arrived(struct dm_turn *turn, enum dm_arrival_kind kind, dm_conn conn,
                     struct dm_bytes octets, const char *why);

void dm_turn_event(struct dm_node *node, enum dm_event_kind kind, struct dm_bytes peer,
                   uint32_t result_code, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
/* The same with an Origin-State-Id. */
void dm_turn_state_event(struct dm_node *node, enum dm_event_kind kind, struct dm_bytes peer,
                         uint32_t origin_state_id, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
void dm_turn_dial(struct dm_node *node, dm_conn conn, const struct dm_peer *peer);

/* Something is to be sent or closed. */
void dm_turn_dirty(struct dm_node *node, struct dm_connection *connection);
/* A request of ours ended without an answer; its fault is set. */
void dm_turn_finished(struct dm_node *node, struct dm_transaction *transaction);
/* The effect of the message being handled: REQUEST, ANSWER or FORWARD; at most one a message. */
void dm_turn_give(struct dm_node *node, const struct dm_effect *effect);

#endif
