/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Failover (RFC 6733 5.5.4, RFC 3539 3.4.1): what waits for a peer that went suspect or down goes
 * to another one, with the T flag, another Hop-by-Hop Identifier and the same End-to-End
 * Identifier.
 *
 * A suspect peer may still answer: the request stays with it too, the first answer counts (FO03).
 * Where there is no other peer, a request to a suspect one goes on waiting, one to a lost one ends
 * with 3002.
 */
#include "diameter/node_private.h"

static bool has_leg(const struct dm_transaction *transaction)
{
	for (size_t i = 0; i < DM_LEGS; i++)
		if (transaction->legs[i].peer)
			return true;
	return false;
}

/* The connection is gone. */
static void move(struct dm_node *node, struct dm_peer *peer, struct dm_transaction *transaction)
{
	dm_transaction_drop_leg(transaction, peer);
	if (has_leg(transaction))
		return;
	transaction->retransmitted = true;
	dm_transaction_route(node, transaction);
}

/* The connection is up and silent. */
static void copy(struct dm_node *node, struct dm_transaction *transaction)
{
	struct dm_routing routing;
	struct dm_choice choice;
	struct dm_fault fault;

	if (transaction->tried_count == DM_TRIED)
		return;
	dm_routing_read(&routing, dm_transaction_request(transaction), node->config.origin_host);
	if (!dm_choose(node, &routing, transaction, &choice, &fault))
		return;
	transaction->retransmitted = true;
	(void)dm_transaction_send(node, transaction, choice.peer);
}

void dm_failover(struct dm_node *node, struct dm_peer *peer)
{
	struct dm_transaction *transaction;
	uint32_t position = 0;

	while ((transaction = dm_hop_walk(&peer->pending, &position))) {
		if (dm_peer_connection(peer))
			copy(node, transaction);
		else
			move(node, peer, transaction);
	}
}
