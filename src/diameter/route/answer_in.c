/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers that come in (RFC 6733 6.2): to requests of ours, or passed on to where the request came
 * from.
 */
#include "diameter/node_private.h"

/* The transaction that this answers; NULL: nobody waits for it (HD16). */
static struct dm_transaction *find(const struct dm_peer *peer, const struct dm_header *header)
{
	struct dm_transaction *transaction = dm_hop_get(&peer->pending, header->hop_by_hop_id);

	if (!transaction || transaction->header.end_to_end_id != header->end_to_end_id ||
	    transaction->header.command_code != header->command_code)
		return NULL;
	return transaction;
}

/* 3002, 3004 and 3005 are hints to try another way (RFC 6733 6.1.7, 7.1.3; ER12, ER13). */
static bool invites_another_try(struct dm_bytes wire)
{
	uint32_t code = dm_redirect_number(wire, DM_AVP_RESULT_CODE);

	return code == DM_RESULT_DIAMETER_UNABLE_TO_DELIVER ||
	       code == DM_RESULT_DIAMETER_TOO_BUSY || code == DM_RESULT_DIAMETER_LOOP_DETECTED;
}

/* True when another peer has it now. T falls: an error answer was received (FO04). It stays where
 * the request may have left in another life. */
static bool try_another(struct dm_node *node, struct dm_transaction *transaction)
{
	struct dm_routing routing;
	struct dm_choice choice;
	struct dm_fault fault;

	if (transaction->tried_count == DM_TRIED)
		return false;
	dm_routing_read(&routing, dm_transaction_request(transaction), node->config.origin_host);
	if (!dm_choose(node, &routing, transaction, &choice, &fault))
		return false;
	transaction->retransmitted = transaction->again;
	return dm_transaction_send(node, transaction, choice.peer) == 0;
}

/* An answer with the E bit: true when the request goes on, or has ended, because of it. */
static bool has_another_way(struct dm_node *node, struct dm_transaction *transaction,
                            struct dm_bytes wire)
{
	return (invites_another_try(wire) && try_another(node, transaction)) ||
	       dm_redirect_follow(node, transaction, wire);
}

/* An answer to a request of ours. A faulty one is delivered with its fault (RFC 6733 7). */
static void give(struct dm_node *node, const struct dm_peer *peer,
                 struct dm_transaction *transaction, struct dm_bytes wire)
{
	struct dm_turn *turn = &node->turn;
	struct dm_effect effect = { .kind = DM_EFFECT_ANSWER,
		                    .peer = peer->origin_host,
		                    .answer = { .tag = transaction->tag } };

	if (dm_decode(node->dictionary, &node->decode_options, wire, &node->arena, &turn->message,
	              &turn->fault) < 0) {
		dm_fault_set(&turn->fault, DM_RESULT_DIAMETER_UNABLE_TO_COMPLY, "no memory");
		turn->message.body = NULL;
	}
	/* Without a body there is nothing to look at: only the fault. */
	if (turn->message.body)
		effect.answer.message = &turn->message;
	if (turn->fault.result_code) {
		effect.answer.fault = &turn->fault;
		dm_turn_event(node, DM_EVENT_FAULT, peer->origin_host, turn->fault.result_code,
		              "in an answer: %s", turn->fault.sentence);
	}
	dm_transaction_free(node, transaction);
	dm_turn_give(node, &effect);
}

static void show(struct dm_node *node, const struct dm_peer *peer,
                 struct dm_transaction *transaction, struct dm_bytes wire)
{
	struct dm_effect effect = {
		.kind = DM_EFFECT_FORWARD,
		.peer = peer->origin_host,
		.forward = { .transaction = transaction->id,
		             .is_answer = true,
		             .message = wire,
		             .request = dm_transaction_request(transaction) },
	};

	transaction->state = DM_TRANSACTION_PROXIED_ANSWER;
	dm_turn_give(node, &effect);
}

void dm_answer_arrived(struct dm_node *node, struct dm_peer *peer, struct dm_bytes wire)
{
	struct dm_header header = dm_header_read(wire);
	struct dm_transaction *transaction = find(peer, &header);

	peer->answers_in++;
	if (!transaction) {
		dm_turn_event(node, DM_EVENT_DROPPED, peer->origin_host, 0,
		              "an answer of command %u that nobody waits for", header.command_code);
		return;
	}
	dm_transaction_drop_leg(transaction, peer);
	if ((header.flags & DM_FLAG_E) && has_another_way(node, transaction, wire)) {
		dm_peer_work_ended(node, peer);
		return;
	}
	dm_node_cancel_timer(node, &transaction->timer);
	dm_transaction_unsend(transaction);
	if (transaction->own)
		give(node, peer, transaction, wire);
	else if (transaction->proxied)
		show(node, peer, transaction, wire);
	else
		dm_transaction_pass_answer(node, transaction, wire);
	dm_peer_work_ended(node, peer);
}
