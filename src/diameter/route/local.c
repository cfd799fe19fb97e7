/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests for this node: decoded, compared with those seen before, given to the service, answered.
 */
#include "diameter/node_private.h"

#include <stdlib.h>

static struct dm_request_key key_of(const struct dm_routing *routing)
{
	return (struct dm_request_key){
		.origin_host = routing->origin_host,
		.session_id = routing->session_id,
		.end_to_end_id = routing->header.end_to_end_id,
		.command_code = routing->header.command_code,
		.application_id = routing->header.application_id,
	};
}

/* ---- duplicates (RFC 6733 3) ---- */

/* Appends the Proxy-Info of a request to its answer, written from `start` on (RFC 6733 6.2). */
static void append_proxy_info(struct dm_writer *out, size_t start, struct dm_bytes request)
{
	struct dm_cursor cursor = dm_raw_avps(request);
	struct dm_raw_avp avp;
	struct dm_bytes whole;

	while (dm_raw_next(&cursor, &avp, &whole))
		if (avp.code == DM_AVP_PROXY_INFO && avp.vendor == 0)
			dm_writer_bytes(out, whole);
	if (!out->failed)
		dm_writer_patch(out, start + 1, out->size - start, 3);
}

/* A copy of an answer for another request of the same key. */
static void write_copy(struct dm_node *node, struct dm_connection *connection,
                       struct dm_bytes answer, uint32_t hop_by_hop_id, struct dm_bytes request)
{
	struct dm_writer *out = dm_connection_output(node, connection);
	size_t start = out->size;

	dm_write_readdressed(node, connection, answer, hop_by_hop_id, 0);
	append_proxy_info(out, start, request);
	if (connection->peer)
		connection->peer->answers_out++;
}

/* A second copy of a request that is still in work: answered when the first is (FO09). */
static void wait_with(struct dm_node *node, const struct dm_arrived *arrived,
                      struct dm_transaction *transaction)
{
	struct dm_waiter *waiter = &transaction->waiters[transaction->waiter_count];

	if (transaction->waiter_count == DM_WAITERS ||
	    !dm_waiter_set(waiter, arrived->connection, &arrived->routing)) {
		dm_turn_event(node, DM_EVENT_DROPPED, arrived->peer->origin_host, 0,
		              "one more copy of a request that is still in work");
		return;
	}
	transaction->waiter_count++;
	arrived->connection->in_work++;
}

/* False: it is a new one. */
static bool is_duplicate(struct dm_node *node, const struct dm_arrived *arrived,
                         const struct dm_request_key *key)
{
	const struct dm_first *first = dm_duplicates_find(&node->duplicates, key, node->now);

	if (!first)
		return false;
	if (first->answered)
		write_copy(node, arrived->connection, first->answer,
		           arrived->routing.header.hop_by_hop_id, arrived->routing.wire);
	else
		wait_with(node, arrived, dm_transaction_of_first(first));
	return true;
}

/* ---- in ---- */

static bool decode(struct dm_node *node, const struct dm_arrived *arrived)
{
	struct dm_turn *turn = &node->turn;

	if (dm_decode(node->dictionary, &node->decode_options, arrived->routing.wire, &node->arena,
	              &turn->message, &turn->fault) < 0) {
		dm_refuse_with(node, arrived, DM_RESULT_DIAMETER_TOO_BUSY, "no memory");
		return false;
	}
	if (turn->fault.result_code) {
		dm_refuse(node, arrived, &turn->fault);
		return false;
	}
	if (turn->message.application_differs)
		dm_turn_event(node, DM_EVENT_FAULT, arrived->peer->origin_host, 0,
		              "the header names application %u, an AVP another (tolerated)",
		              arrived->routing.header.application_id);
	return true;
}

/* The octets of `copy` that `part` is of `original`. */
static struct dm_bytes same_of(struct dm_bytes copy, struct dm_bytes original, struct dm_bytes part)
{
	struct dm_cursor cursor = dm_cursor_of(copy);

	if (part.size == 0)
		return part;
	dm_cursor_take(&cursor, (size_t)(part.at - original.at));
	return dm_cursor_take(&cursor, part.size);
}

static bool remember(struct dm_node *node, const struct dm_arrived *arrived,
                     struct dm_request_key key, struct dm_transaction *transaction)
{
	struct dm_bytes wire = arrived->routing.wire;
	struct dm_bytes copy;

	dm_writer_bytes(&transaction->octets, wire);
	if (transaction->octets.failed)
		return false;
	/* The key points into the copy, which lives as long as the transaction. */
	copy = dm_transaction_request(transaction);
	key.origin_host = same_of(copy, wire, key.origin_host);
	key.session_id = same_of(copy, wire, key.session_id);
	dm_duplicates_begin(&node->duplicates, &transaction->first, &key);
	return true;
}

static void give_to_service(struct dm_node *node, const struct dm_arrived *arrived,
                            struct dm_request_key key)
{
	struct dm_transaction *transaction =
		dm_transaction_accept(node, arrived, DM_TRANSACTION_LOCAL);
	struct dm_effect effect = { .kind = DM_EFFECT_REQUEST, .peer = arrived->peer->origin_host };

	if (!transaction)
		return;
	if (!remember(node, arrived, key, transaction)) {
		dm_transaction_end(node, transaction);
		dm_refuse_with(node, arrived, DM_RESULT_DIAMETER_TOO_BUSY, "no memory");
		return;
	}
	effect.request.transaction = transaction->id;
	effect.request.message = &node->turn.message;
	effect.request.arena = &node->arena;
	dm_turn_give(node, &effect);
}

void dm_deliver(struct dm_node *node, const struct dm_arrived *arrived)
{
	uint32_t application_id = arrived->routing.header.application_id;
	struct dm_request_key key = key_of(&arrived->routing);

	/* Base commands of any session come with 0 (profile 4). */
	if (application_id && !dm_node_serves(node, application_id)) {
		dm_refuse_with(node, arrived, DM_RESULT_DIAMETER_APPLICATION_UNSUPPORTED,
		               DM_NOT_SERVED, application_id);
		return;
	}
	if (!decode(node, arrived))
		return;
	dm_origin_seen(node, arrived->routing.origin_host, arrived->routing.origin_state_id);
	key.hash = dm_duplicates_hash(&node->duplicates, &key);
	if (!is_duplicate(node, arrived, &key))
		give_to_service(node, arrived, key);
}

/* ---- out ---- */

static bool has_proxy_info(struct dm_bytes message)
{
	struct dm_raw_avp avp;

	return dm_raw_find(message, DM_AVP_PROXY_INFO, 0, &avp);
}

/* The answer without Proxy-Info, which belongs to the way and not to the answer. A copy also when
 * it is to be written again: the original lies in an output that may move. */
static struct dm_bytes without_proxy_info(struct dm_node *node,
                                          const struct dm_transaction *transaction,
                                          struct dm_bytes answer)
{
	struct dm_raw_avp proxy_info = { .code = DM_AVP_PROXY_INFO };
	struct dm_raw_edit edit = { .remove = &proxy_info, .remove_count = 1 };

	if (!transaction->has_proxy_info && !transaction->waiter_count)
		return answer;
	dm_writer_reset(&node->scratch);
	if (dm_raw_rewrite(answer, &edit, &node->scratch) < 0)
		return (struct dm_bytes){ 0 };
	return dm_writer_written(&node->scratch);
}

static void answer_waiters(struct dm_node *node, struct dm_transaction *transaction,
                           struct dm_bytes answer)
{
	for (size_t i = 0; i < transaction->waiter_count; i++) {
		struct dm_waiter *waiter = &transaction->waiters[i];
		struct dm_connection *connection = dm_connection_get(node, waiter->conn);

		if (connection)
			write_copy(node, connection, answer, waiter->hop_by_hop_id,
			           dm_waiter_request(waiter));
	}
}

/* Where the answer is written: to the source, or to nowhere when it is gone. */
static struct dm_writer *begin_answer(struct dm_node *node,
                                      const struct dm_transaction *transaction)
{
	struct dm_connection *source = dm_connection_get(node, transaction->source.conn);

	if (source)
		return dm_connection_output(node, source);
	dm_writer_reset(&node->answer);
	return &node->answer;
}

/* The answer is written from `start` on. */
static void finish_answer(struct dm_node *node, struct dm_transaction *transaction,
                          struct dm_writer *out, size_t start)
{
	struct dm_connection *source = dm_connection_get(node, transaction->source.conn);
	struct dm_bytes request = dm_transaction_request(transaction);
	struct dm_bytes answer = dm_bytes_of(out->at + start, out->size - start);
	struct dm_bytes kept = without_proxy_info(node, transaction, answer);
	bool bare = transaction->has_proxy_info && !has_proxy_info(answer);

	if (kept.size)
		dm_duplicates_answer(&node->duplicates, &transaction->first, kept, node->now);
	if (bare)
		append_proxy_info(out, start, request);
	if (kept.size)
		answer_waiters(node, transaction, kept);
	if (source) {
		dm_connection_written(node, source);
		if (source->peer)
			source->peer->answers_out++;
	}
	dm_transaction_end(node, transaction);
}

int dm_node_answer(struct dm_node *node, uint64_t id, const struct dm_command *command,
                   const void *body, dm_time now)
{
	struct dm_transaction *transaction = dm_transaction_get(node, id);
	struct dm_header header;
	struct dm_writer *out;
	size_t start;
	int error;

	node->now = now;
	if (!transaction || transaction->state != DM_TRANSACTION_LOCAL)
		return 0;
	header = transaction->header;
	header.flags &= DM_FLAG_P;
	out = begin_answer(node, transaction);
	start = out->size;
	error = dm_encode(node->dictionary, command, &header, body, out);
	if (!error)
		finish_answer(node, transaction, out, start);
	return error;
}

int dm_node_answer_fault(struct dm_node *node, uint64_t id, const struct dm_fault *fault,
                         dm_time now)
{
	struct dm_transaction *transaction = dm_transaction_get(node, id);
	struct dm_writer *out;
	size_t start;
	int error;

	node->now = now;
	if (!transaction)
		return 0;
	if (transaction->state != DM_TRANSACTION_LOCAL) {
		dm_transaction_fail(node, transaction, fault);
		return 0;
	}
	out = begin_answer(node, transaction);
	start = out->size;
	error = dm_encode_fault(node->dictionary, &node->identity,
	                        dm_transaction_request(transaction), fault, (struct dm_bytes){ 0 },
	                        out);
	if (!error)
		finish_answer(node, transaction, out, start);
	return error;
}
