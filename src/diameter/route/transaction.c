/* SPDX-License-Identifier: Apache-2.0 */
#include "diameter/route/transaction.h"

#include "diameter/node_private.h"

#include <stdlib.h>

/* A number is serial << SLOT_BITS | slot. */
#define SLOT_BITS  24
#define SLOT_LIMIT (1u << SLOT_BITS)
#define FIRST_ROOM 64u

/* A buffer that grew beyond this is given back with the transaction. */
#define KEPT_ROOM ((size_t)4096)

static uint32_t slot_of(uint64_t id)
{
	return (uint32_t)(id & (SLOT_LIMIT - 1));
}

static bool slots_grow(struct dm_transactions *transactions)
{
	uint32_t room = transactions->room ? transactions->room * 2 : FIRST_ROOM;
	struct dm_transaction **bigger;

	if (room > SLOT_LIMIT)
		return false;
	bigger = realloc(transactions->slots, room * sizeof(struct dm_transaction *));
	if (!bigger)
		return false;
	transactions->slots = bigger;
	transactions->room = room;
	return true;
}

static void octets_init(const struct dm_node *node, struct dm_transaction *transaction)
{
	/* With a Route-Record of the greatest length. */
	dm_writer_init(&transaction->octets, (size_t)node->config.message_limit + 512);
}

static struct dm_transaction *transaction_make(struct dm_node *node)
{
	struct dm_transactions *transactions = &node->transactions;
	struct dm_transaction *transaction;

	if (transactions->count == transactions->room && !slots_grow(transactions))
		return NULL;
	transaction = calloc(1, sizeof(*transaction));
	if (!transaction || !dm_node_timers_reserve(node, 1)) {
		free(transaction);
		return NULL;
	}
	transaction->id = transactions->count;
	octets_init(node, transaction);
	transactions->slots[transactions->count++] = transaction;
	return transaction;
}

struct dm_transaction *dm_transaction_new(struct dm_node *node, enum dm_transaction_state state)
{
	struct dm_transactions *transactions = &node->transactions;
	struct dm_transaction *transaction = transactions->unused;

	if (transaction)
		transactions->unused = transaction->next;
	else
		transaction = transaction_make(node);
	if (!transaction)
		return NULL;
	transaction->id = ++transactions->serial << SLOT_BITS | slot_of(transaction->id);
	transaction->state = state;
	return transaction;
}

struct dm_transaction *dm_transaction_get(const struct dm_node *node, uint64_t id)
{
	const struct dm_transactions *transactions = &node->transactions;
	struct dm_transaction *transaction;

	if (slot_of(id) >= transactions->count)
		return NULL;
	transaction = transactions->slots[slot_of(id)];
	return transaction->id == id && transaction->state ? transaction : NULL;
}

static void give_back(struct dm_transaction *transaction)
{
	free(transaction->fault);
	for (size_t i = 0; i < transaction->waiter_count; i++)
		free(transaction->waiters[i].request);
}

void dm_transaction_free(struct dm_node *node, struct dm_transaction *transaction)
{
	struct dm_writer octets = transaction->octets;
	uint64_t id = transaction->id;

	dm_node_cancel_timer(node, &transaction->timer);
	dm_transaction_unsend(transaction);
	dm_duplicates_drop(&node->duplicates, &transaction->first);
	give_back(transaction);
	*transaction = (struct dm_transaction){ .id = id, .octets = octets };
	if (octets.room > KEPT_ROOM) {
		dm_writer_fini(&transaction->octets);
		octets_init(node, transaction);
	}
	dm_writer_reset(&transaction->octets);
	transaction->next = node->transactions.unused;
	node->transactions.unused = transaction;
}

void dm_transactions_fini(struct dm_node *node)
{
	struct dm_transactions *transactions = &node->transactions;

	for (uint32_t i = 0; i < transactions->count; i++) {
		dm_writer_fini(&transactions->slots[i]->octets);
		give_back(transactions->slots[i]);
		free(transactions->slots[i]);
	}
	free(transactions->slots);
}

struct dm_transaction *dm_transaction_accept(struct dm_node *node, const struct dm_arrived *arrived,
                                             enum dm_transaction_state state)
{
	struct dm_transaction *transaction = dm_transaction_new(node, state);

	if (!transaction) {
		dm_refuse_with(node, arrived, DM_RESULT_DIAMETER_TOO_BUSY, "no memory");
		return NULL;
	}
	transaction->header = arrived->routing.header;
	transaction->has_proxy_info = arrived->routing.has_proxy_info;
	transaction->source.conn = arrived->connection->id;
	transaction->source.hop_by_hop_id = arrived->routing.header.hop_by_hop_id;
	arrived->connection->in_work++;
	return transaction;
}

static void left(struct dm_node *node, dm_conn conn)
{
	struct dm_connection *connection = dm_connection_get(node, conn);

	if (!connection)
		return;
	connection->in_work--;
	if (connection->peer)
		dm_peer_work_ended(node, connection->peer);
}

void dm_transaction_end(struct dm_node *node, struct dm_transaction *transaction)
{
	dm_conn conns[1 + DM_WAITERS] = { transaction->source.conn };
	size_t count = 1 + transaction->waiter_count;

	for (size_t i = 1; i < count; i++)
		conns[i] = transaction->waiters[i - 1].conn;
	dm_transaction_free(node, transaction);
	for (size_t i = 0; i < count; i++)
		left(node, conns[i]);
}

bool dm_waiter_set(struct dm_waiter *waiter, const struct dm_connection *connection,
                   const struct dm_routing *routing)
{
	*waiter = (struct dm_waiter){
		.conn = connection->id,
		.hop_by_hop_id = routing->header.hop_by_hop_id,
	};
	if (!routing->has_proxy_info)
		return true;
	waiter->request = malloc(routing->wire.size);
	if (!waiter->request)
		return false;
	memcpy(waiter->request, routing->wire.at, routing->wire.size);
	waiter->request_size = routing->wire.size;
	return true;
}

struct dm_bytes dm_waiter_request(const struct dm_waiter *waiter)
{
	return dm_bytes_of(waiter->request, waiter->request_size);
}

struct dm_transaction *dm_transaction_of_first(const struct dm_first *first)
{
	uintptr_t at = (uintptr_t)first - offsetof(struct dm_transaction, first);

	return (struct dm_transaction *)at;
}

struct dm_bytes dm_transaction_request(const struct dm_transaction *transaction)
{
	return dm_writer_written(&transaction->octets);
}

const struct dm_fault *dm_transaction_fault(const struct dm_transaction *transaction)
{
	static const struct dm_fault no_memory = {
		.result_code = DM_RESULT_DIAMETER_UNABLE_TO_DELIVER,
		.sentence = "no memory",
	};

	return transaction->fault ? transaction->fault : &no_memory;
}
