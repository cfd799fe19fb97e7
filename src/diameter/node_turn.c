/* SPDX-License-Identifier: Apache-2.0 */
#include "diameter/node_turn.h"

#include "diameter/node_private.h"

#include <stdlib.h>

#define NOTICE_LIMIT ((size_t)4096)
#define FIRST_ROOM   ((size_t)16)

/* An output buffer that grew beyond this is given back when it has been sent. */
#define KEPT_OUTPUT ((size_t)1 << 20)

void dm_turn_init(struct dm_node *node)
{
	dm_connection_output_init(node, &node->turn.sending);
}

void dm_turn_fini(struct dm_node *node)
{
	struct dm_turn *turn = &node->turn;

	while (turn->dirty) {
		struct dm_connection *connection = turn->dirty;

		turn->dirty = connection->next_dirty;
		if (connection->state >= DM_CONNECTION_CLOSING)
			dm_connection_free(node, connection);
	}
	dm_writer_fini(&turn->sending);
	free(turn->arrivals);
	free(turn->notices);
}

bool dm_turn_is_empty(const struct dm_turn *turn)
{
	return turn->arrival_at == turn->arrival_count && !turn->notice_count && !turn->finished &&
	       !turn->dirty && !turn->has_ready;
}

/* ---- what arrives ---- */

static bool arrivals_grow(struct dm_turn *turn)
{
	size_t room = turn->arrival_room ? turn->arrival_room * 2 : FIRST_ROOM;
	struct dm_arrival *bigger = realloc(turn->arrivals, room * sizeof(*bigger));

	if (!bigger)
		return false;
	turn->arrivals = bigger;
	turn->arrival_room = room;
	return true;
}

bool dm_turn_arrived(struct dm_turn *turn, enum dm_arrival_kind kind, dm_conn conn,
                     struct dm_bytes octets, const char *why)
{
	struct dm_arrival *arrival;
	struct dm_text text;

	if (turn->arrival_count == turn->arrival_room && !arrivals_grow(turn))
		return false;
	arrival = &turn->arrivals[turn->arrival_count++];
	arrival->kind = kind;
	arrival->conn = conn;
	arrival->octets = octets;
	dm_text_init(&text, arrival->why, sizeof(arrival->why));
	dm_text_octets(&text, dm_bytes_text(why));
	return true;
}

static void arrival_over(struct dm_turn *turn)
{
	turn->input_begun = false;
	if (++turn->arrival_at == turn->arrival_count)
		turn->arrival_at = turn->arrival_count = 0;
}

static struct dm_bytes name_of(const struct dm_connection *connection)
{
	return connection->peer ? connection->peer->origin_host : (struct dm_bytes){ 0 };
}

/* What comes in plain once TLS is agreed on may be anybody's: it is not read. */
static bool is_too_late(struct dm_node *node, struct dm_connection *connection)
{
	struct dm_turn *turn = &node->turn;

	if (!connection->start_tls || dm_cursor_left(&turn->input) == 0)
		return false;
	arrival_over(turn);
	dm_turn_event(node, DM_EVENT_FAULT, name_of(connection), 0,
	              "octets came in plain after TLS was agreed on");
	dm_end_connection(node, connection, true, "octets in plain after TLS was agreed on");
	return true;
}

static void handle_octets(struct dm_node *node, struct dm_connection *connection)
{
	struct dm_turn *turn = &node->turn;
	enum dm_framing_result result;
	struct dm_bytes message;

	if (!turn->input_begun)
		turn->input = dm_cursor_of(turn->arrivals[turn->arrival_at].octets);
	turn->input_begun = true;
	if (is_too_late(node, connection))
		return;
	result = dm_framing_next(&connection->framing, &turn->input, &message);
	if (result == DM_FRAMING_MESSAGE) {
		dm_receive(node, connection, message);
		return;
	}
	arrival_over(turn);
	if (result != DM_FRAMING_MORE)
		dm_receive_broken(node, connection, message);
}

/* One message, or one end of a connection. False when nothing is left. */
static bool handle_next(struct dm_node *node)
{
	struct dm_turn *turn = &node->turn;
	struct dm_arrival *arrival;
	struct dm_connection *connection;

	if (turn->arrival_at == turn->arrival_count)
		return false;
	arrival = &turn->arrivals[turn->arrival_at];
	connection = dm_connection_get(node, arrival->conn);
	/* Octets before dm_node_connected would be the host's mistake. */
	if (connection && connection->state == DM_CONNECTION_DIALLING &&
	    arrival->kind == DM_ARRIVAL_OCTETS)
		connection = NULL;
	if (connection && arrival->kind == DM_ARRIVAL_OCTETS) {
		handle_octets(node, connection);
		return true;
	}
	if (connection)
		dm_receive_end(node, connection, arrival->why);
	arrival_over(turn);
	return true;
}

/* ---- notices ---- */

static bool notices_grow(struct dm_turn *turn)
{
	size_t room = turn->notice_room ? turn->notice_room * 2 : FIRST_ROOM;
	struct dm_notice *bigger = malloc(room * sizeof(*bigger));

	if (!bigger)
		return false;
	for (size_t i = 0; i < turn->notice_count; i++)
		bigger[i] = turn->notices[(turn->notice_first + i) % turn->notice_room];
	free(turn->notices);
	turn->notices = bigger;
	turn->notice_room = room;
	turn->notice_first = 0;
	return true;
}

/* A new notice about `peer`, or NULL. Pointers into it are set when it is told. */
static struct dm_notice *notice_add(struct dm_turn *turn, struct dm_bytes peer)
{
	struct dm_notice *notice;

	if (turn->notice_count == turn->notice_room && !notices_grow(turn)) {
		turn->notices_lost++;
		return NULL;
	}
	notice = &turn->notices[(turn->notice_first + turn->notice_count++) % turn->notice_room];
	notice->effect = (struct dm_effect){ 0 };
	notice->effect.peer.size = peer.size < sizeof(notice->peer) ? peer.size : 0;
	if (notice->effect.peer.size)
		memcpy(notice->peer, peer.at, peer.size);
	return notice;
}

static void event_add(struct dm_node *node, const struct dm_effect *event, struct dm_bytes peer,
                      const char *format, va_list list)
{
	struct dm_notice *notice = NULL;
	struct dm_text text;

	if (node->turn.notice_count < NOTICE_LIMIT)
		notice = notice_add(&node->turn, peer);
	else
		node->turn.notices_lost++;
	if (!notice)
		return;
	notice->effect.kind = DM_EFFECT_EVENT;
	notice->effect.event = event->event;
	dm_text_init(&text, notice->text, sizeof(notice->text));
	dm_text_add_list(&text, format, list);
}

void dm_turn_event(struct dm_node *node, enum dm_event_kind kind, struct dm_bytes peer,
                   uint32_t result_code, const char *format, ...)
{
	struct dm_effect event = { .event = { .kind = kind, .result_code = result_code } };
	va_list list;

	va_start(list, format);
	event_add(node, &event, peer, format, list);
	va_end(list);
}

void dm_turn_state_event(struct dm_node *node, enum dm_event_kind kind, struct dm_bytes peer,
                         uint32_t origin_state_id, const char *format, ...)
{
	struct dm_effect event = { .event = { .kind = kind, .origin_state_id = origin_state_id } };
	va_list list;

	va_start(list, format);
	event_add(node, &event, peer, format, list);
	va_end(list);
}

void dm_turn_dial(struct dm_node *node, dm_conn conn, const struct dm_peer *peer)
{
	struct dm_notice *notice = notice_add(&node->turn, peer->origin_host);

	if (!notice)
		return; /* the connect timer gives up on it */
	notice->effect.kind = DM_EFFECT_CONNECT;
	notice->effect.conn = conn;
	notice->effect.connect.by_name = peer->redirected && !peer->configured;
	notice->effect.connect.port = peer->dial_port;
	notice->effect.connect.tls = peer->dial_tls;
}

/* ---- lists ---- */

void dm_turn_dirty(struct dm_node *node, struct dm_connection *connection)
{
	struct dm_turn *turn = &node->turn;

	if (connection->dirty)
		return;
	connection->dirty = true;
	connection->next_dirty = NULL;
	if (turn->dirty)
		turn->dirty_last->next_dirty = connection;
	else
		turn->dirty = connection;
	turn->dirty_last = connection;
}

void dm_turn_finished(struct dm_node *node, struct dm_transaction *transaction)
{
	struct dm_turn *turn = &node->turn;

	transaction->next = NULL;
	if (turn->finished)
		turn->finished_last->next = transaction;
	else
		turn->finished = transaction;
	turn->finished_last = transaction;
}

void dm_turn_give(struct dm_node *node, const struct dm_effect *effect)
{
	node->turn.ready = *effect;
	node->turn.has_ready = true;
}

/* ---- effects ---- */

/* The effect given out last is over. */
static void release(struct dm_node *node)
{
	struct dm_turn *turn = &node->turn;

	if (turn->over)
		dm_transaction_free(node, turn->over);
	turn->over = NULL;
	if (turn->sending.room <= KEPT_OUTPUT) {
		dm_writer_reset(&turn->sending);
	} else {
		dm_writer_fini(&turn->sending);
		dm_connection_output_init(node, &turn->sending);
	}
	dm_peers_sweep(node);
}

static bool tell_notice(struct dm_turn *turn, struct dm_effect *effect)
{
	if (!turn->notice_count)
		return false;
	turn->told = turn->notices[turn->notice_first];
	turn->notice_first = (turn->notice_first + 1) % turn->notice_room;
	turn->notice_count--;
	*effect = turn->told.effect;
	effect->peer.at = turn->told.peer;
	if (effect->kind == DM_EFFECT_EVENT)
		effect->event.text = turn->told.text;
	return true;
}

static bool tell_finished(struct dm_turn *turn, struct dm_effect *effect)
{
	struct dm_transaction *transaction = turn->finished;

	if (!transaction)
		return false;
	turn->finished = transaction->next;
	turn->over = transaction;
	*effect = (struct dm_effect){
		.kind = DM_EFFECT_ANSWER,
		.answer = { .tag = transaction->tag, .fault = dm_transaction_fault(transaction) },
	};
	return true;
}

static bool tell_ready(struct dm_turn *turn, struct dm_effect *effect)
{
	if (!turn->has_ready)
		return false;
	turn->has_ready = false;
	*effect = turn->ready;
	return true;
}

/* Only what was written before TLS was agreed on is plain; the rest is the next SEND's, or nobody's
 * when the connection ends. */
static void give_plain(struct dm_connection *connection, struct dm_effect *effect)
{
	struct dm_bytes all = effect->send.octets;

	effect->send.octets.size = connection->plain;
	if (connection->state < DM_CONNECTION_CLOSING) {
		effect->send.start_tls = connection->start_tls;
		dm_writer_bytes(&connection->output, dm_bytes_of(all.at + connection->plain,
		                                                 all.size - connection->plain));
	}
	connection->start_tls = DM_START_TLS_NOT;
}

/* The full buffer goes out, the empty one takes its place: what is written while the host carries
 * the effect out is neither lost nor moves what it is reading. */
static void give_output(struct dm_turn *turn, struct dm_connection *connection,
                        struct dm_effect *effect)
{
	struct dm_writer full = connection->output;

	connection->output = turn->sending;
	turn->sending = full;
	effect->kind = DM_EFFECT_SEND;
	effect->send.octets = dm_writer_written(&turn->sending);
	if (connection->start_tls)
		give_plain(connection, effect);
}

static void give_close(struct dm_turn *turn, const struct dm_connection *connection,
                       struct dm_effect *effect)
{
	memcpy(turn->told.text, connection->why, sizeof(connection->why));
	effect->kind = DM_EFFECT_CLOSE;
	effect->close.reset = connection->reset;
	effect->close.why = turn->told.text;
}

/* SEND or CLOSE of one connection; false when it needs neither. */
static bool flush(struct dm_node *node, struct dm_connection *connection, struct dm_effect *effect)
{
	bool told;

	*effect = (struct dm_effect){ .conn = connection->id, .peer = name_of(connection) };
	if (connection->state != DM_CONNECTION_GONE &&
	    (connection->output.size || connection->start_tls)) {
		give_output(&node->turn, connection, effect);
		return true;
	}
	node->turn.dirty = connection->next_dirty;
	connection->dirty = false;
	if (connection->state < DM_CONNECTION_CLOSING)
		return false;
	told = connection->state == DM_CONNECTION_CLOSING;
	if (told)
		give_close(&node->turn, connection, effect);
	dm_connection_free(node, connection);
	return told;
}

static bool tell_flush(struct dm_node *node, struct dm_effect *effect)
{
	while (node->turn.dirty) {
		if (node->turn.dirty->overflown) {
			dm_receive_overflow(node, node->turn.dirty);
			if (tell_notice(&node->turn, effect))
				return true;
		}
		if (flush(node, node->turn.dirty, effect))
			return true;
	}
	return false;
}

bool dm_node_effect(struct dm_node *node, struct dm_effect *effect)
{
	struct dm_turn *turn = &node->turn;

	release(node);
	do {
		if (tell_notice(turn, effect) || tell_finished(turn, effect) ||
		    tell_ready(turn, effect))
			return true;
	} while (handle_next(node));
	if (tell_flush(node, effect))
		return true;
	/* Closing a connection that overflowed may have left something to tell. */
	return tell_notice(turn, effect) || tell_finished(turn, effect);
}
