/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transactions on their way out: to a peer, and back to where they came from.
 */
#include "diameter/node_private.h"

#include <errno.h>
#include <stdlib.h>

void dm_write_readdressed(struct dm_node *node, struct dm_connection *connection,
                          struct dm_bytes message, uint32_t hop_by_hop_id, uint8_t flags)
{
	struct dm_writer *out = dm_connection_output(node, connection);
	struct dm_header header = dm_header_read(message);
	struct dm_cursor avps = dm_raw_avps(message);

	header.hop_by_hop_id = hop_by_hop_id;
	header.flags |= flags;
	dm_header_write(out, &header);
	dm_writer_bytes(out, dm_cursor_rest(&avps));
	dm_connection_written(node, connection);
}

/* ---- legs ---- */

void dm_transaction_drop_leg(struct dm_transaction *transaction, const struct dm_peer *peer)
{
	for (size_t i = 0; i < DM_LEGS; i++) {
		struct dm_leg *leg = &transaction->legs[i];

		if (leg->peer && leg->peer == peer) {
			dm_hop_take(&leg->peer->pending, leg->hop_by_hop_id);
			leg->peer = NULL;
		}
	}
}

void dm_transaction_unsend(struct dm_transaction *transaction)
{
	for (size_t i = 0; i < DM_LEGS; i++)
		if (transaction->legs[i].peer)
			dm_transaction_drop_leg(transaction, transaction->legs[i].peer);
}

/* A free leg; the older one is given up when both are taken. */
static struct dm_leg *free_leg(struct dm_transaction *transaction)
{
	if (transaction->legs[0].peer && transaction->legs[1].peer) {
		dm_transaction_drop_leg(transaction, transaction->legs[0].peer);
		transaction->legs[0] = transaction->legs[1];
		transaction->legs[1].peer = NULL;
	}
	return transaction->legs[0].peer ? &transaction->legs[1] : &transaction->legs[0];
}

/* ---- out ---- */

static void on_deadline(struct dm_node *node, struct dm_node_timer *timer)
{
	struct dm_transaction *transaction =
		DM_NODE_TIMER_OWNER(timer, struct dm_transaction, timer);
	struct dm_fault fault;

	dm_fault_set(&fault, DM_RESULT_DIAMETER_UNABLE_TO_DELIVER, "No answer came in time");
	fault.failed_avp = (struct dm_bytes){ 0 };
	dm_transaction_fail(node, transaction, &fault);
}

int dm_transaction_send(struct dm_node *node, struct dm_transaction *transaction,
                        struct dm_peer *peer)
{
	struct dm_leg *leg = free_leg(transaction);
	int error = dm_hop_put(&peer->pending, transaction, &leg->hop_by_hop_id);

	if (error)
		return error;
	leg->peer = peer;
	transaction->state = DM_TRANSACTION_SENT;
	transaction->timer.due = on_deadline;
	if (transaction->tried_count < DM_TRIED)
		transaction->tried[transaction->tried_count++] = peer->serial;
	peer->requests_out++;
	dm_write_readdressed(node, dm_peer_connection(peer), dm_transaction_request(transaction),
	                     leg->hop_by_hop_id, transaction->retransmitted ? DM_FLAG_T : 0);
	return 0;
}

void dm_transaction_route(struct dm_node *node, struct dm_transaction *transaction)
{
	struct dm_fault fault = { 0 };
	struct dm_routing routing;
	struct dm_choice choice = { 0 };

	if (node->redirects.realms.count)
		dm_redirect_realm(node, transaction);
	dm_routing_read(&routing, dm_transaction_request(transaction), node->config.origin_host);
	if (transaction->tried_count == DM_TRIED)
		dm_fault_set(&fault, DM_RESULT_DIAMETER_UNABLE_TO_DELIVER,
		             "%u peers were tried in vain", transaction->tried_count);
	else if (dm_choose(node, &routing, transaction, &choice, &fault) &&
	         dm_transaction_send(node, transaction, choice.peer) < 0)
		dm_fault_set(&fault, DM_RESULT_DIAMETER_TOO_BUSY, "no memory");
	if (!fault.result_code)
		return;
	if (choice.wanted)
		dm_peer_wanted(node, choice.wanted);
	dm_transaction_fail(node, transaction, &fault);
}

/* ---- back ---- */

static void fail_own(struct dm_node *node, struct dm_transaction *transaction,
                     const struct dm_fault *fault)
{
	transaction->fault = malloc(sizeof(*transaction->fault));
	if (transaction->fault)
		*transaction->fault = *fault;
	transaction->state = DM_TRANSACTION_FINISHED;
	dm_turn_finished(node, transaction);
}

static void fail_other(struct dm_node *node, struct dm_transaction *transaction,
                       const struct dm_fault *fault)
{
	struct dm_connection *source = dm_connection_get(node, transaction->source.conn);

	if (source) {
		/* RFC 6733 7.4: not the server but this agent says so. */
		(void)dm_encode_fault(node->dictionary, &node->identity,
		                      dm_transaction_request(transaction), fault,
		                      node->config.origin_host, dm_connection_output(node, source));
		dm_connection_written(node, source);
		if (source->peer)
			source->peer->answers_out++;
	}
	dm_transaction_end(node, transaction);
}

void dm_transaction_fail(struct dm_node *node, struct dm_transaction *transaction,
                         const struct dm_fault *fault)
{
	struct dm_peer *peers[DM_LEGS];

	for (size_t i = 0; i < DM_LEGS; i++)
		peers[i] = transaction->legs[i].peer;
	dm_node_cancel_timer(node, &transaction->timer);
	dm_transaction_unsend(transaction);
	if (transaction->own)
		fail_own(node, transaction, fault);
	else
		fail_other(node, transaction, fault);
	for (size_t i = 0; i < DM_LEGS; i++)
		if (peers[i])
			dm_peer_work_ended(node, peers[i]);
}

void dm_transaction_pass_answer(struct dm_node *node, struct dm_transaction *transaction,
                                struct dm_bytes answer)
{
	struct dm_connection *source = dm_connection_get(node, transaction->source.conn);

	if (source) {
		dm_write_readdressed(node, source, answer, transaction->source.hop_by_hop_id, 0);
		if (source->peer)
			source->peer->answers_out++;
	}
	dm_transaction_end(node, transaction);
}
