/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests for another node: relayed byte for byte, or shown to the service on the way (RFC 6733
 * 6.1.9). The only thing that is added is the Route-Record of who sent it.
 */
#include "diameter/node_private.h"

#include <errno.h>

static bool copy_with_route_record(struct dm_transaction *transaction, struct dm_bytes message,
                                   struct dm_bytes previous)
{
	struct dm_raw_avp record = {
		.code = DM_AVP_ROUTE_RECORD,
		.flags = DM_AVP_FLAG_M,
		.data = previous,
	};
	struct dm_raw_edit edit = {
		.append = &record,
		.append_count = 1,
		.hop_by_hop_id = &transaction->header.hop_by_hop_id,
	};

	dm_writer_reset(&transaction->octets);
	return dm_raw_rewrite(message, &edit, &transaction->octets) == 0;
}

bool dm_is_shown(const struct dm_node *node, const struct dm_routing *routing)
{
	const struct dm_route *route;
	bool known;

	route = dm_realm_table_find(&node->realms, routing->destination_realm,
	                            routing->header.application_id, &known);
	if (route)
		return route->action == DM_ROUTE_PROXY;
	return node->proxies &&
	       dm_bytes_equal_folded(routing->destination_realm, node->config.origin_realm);
}

static void show(struct dm_node *node, const struct dm_arrived *arrived,
                 struct dm_transaction *transaction)
{
	struct dm_effect effect = {
		.kind = DM_EFFECT_FORWARD,
		.peer = arrived->peer->origin_host,
		.forward = { .transaction = transaction->id, .message = arrived->routing.wire },
	};

	dm_writer_bytes(&transaction->octets, arrived->routing.wire);
	transaction->state = DM_TRANSACTION_PROXIED_REQUEST;
	transaction->proxied = true;
	dm_turn_give(node, &effect);
}

static void relay(struct dm_node *node, const struct dm_arrived *arrived,
                  struct dm_transaction *transaction)
{
	if (!copy_with_route_record(transaction, arrived->routing.wire,
	                            arrived->peer->origin_host)) {
		dm_transaction_end(node, transaction);
		dm_refuse_with(node, arrived, DM_RESULT_DIAMETER_UNABLE_TO_DELIVER,
		               "The request is too large with its Route-Record");
		return;
	}
	dm_node_set_timer(node, &transaction->timer, node->now + node->config.request_timeout);
	dm_transaction_route(node, transaction);
}

void dm_forward(struct dm_node *node, const struct dm_arrived *arrived)
{
	struct dm_transaction *transaction;

	if (node->diverts && dm_redirect_answer(node, arrived))
		return;
	transaction = dm_transaction_accept(node, arrived, DM_TRANSACTION_SENT);
	if (!transaction)
		return;
	if (dm_is_shown(node, &arrived->routing))
		show(node, arrived, transaction);
	else
		relay(node, arrived, transaction);
}

/* The service sends a request on. */
static int forward_request(struct dm_node *node, struct dm_transaction *transaction,
                           struct dm_bytes message)
{
	struct dm_connection *source = dm_connection_get(node, transaction->source.conn);

	if (!source || !source->peer) { /* nobody waits for it any more */
		dm_transaction_end(node, transaction);
		return 0;
	}
	if (!copy_with_route_record(transaction, message, source->peer->origin_host))
		return -EMSGSIZE;
	dm_node_set_timer(node, &transaction->timer, node->now + node->config.request_timeout);
	dm_transaction_route(node, transaction);
	return 0;
}

int dm_node_forward(struct dm_node *node, uint64_t id, struct dm_bytes message, dm_time now)
{
	struct dm_transaction *transaction = dm_transaction_get(node, id);

	node->now = now;
	if (!transaction)
		return 0;
	if (message.size < DM_HEADER_SIZE)
		return -EINVAL;
	if (transaction->state == DM_TRANSACTION_PROXIED_REQUEST)
		return forward_request(node, transaction, message);
	if (transaction->state != DM_TRANSACTION_PROXIED_ANSWER)
		return -EINVAL;
	dm_transaction_pass_answer(node, transaction, message);
	return 0;
}
