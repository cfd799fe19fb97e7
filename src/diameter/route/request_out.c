/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests of this node itself (RFC 6733 6.1.1, 6.1.2).
 */
#include "diameter/node_private.h"

#include <errno.h>

int dm_node_request(struct dm_node *node, const struct dm_command *command, const void *body,
                    uint64_t tag, dm_time timeout, dm_time now)
{
	const struct dm_command_entry *entry = dm_dictionary_entry(node->dictionary, command);

	if (!entry)
		return -ENOENT;
	return dm_node_request_as(node, command, entry->application_id, body, tag, timeout, now);
}

static int encode(struct dm_node *node, struct dm_transaction *transaction,
                  const struct dm_command *command, uint32_t application_id, const void *body)
{
	struct dm_header header = { .application_id = application_id,
		                    .end_to_end_id = node->end_to_end_id++ };
	int error = dm_encode(node->dictionary, command, &header, body, &transaction->octets);

	if (!error)
		transaction->header = dm_header_read(dm_transaction_request(transaction));
	return error;
}

static void refuse(struct dm_node *node, struct dm_transaction *transaction, const char *sentence)
{
	struct dm_fault fault;

	dm_fault_set(&fault, DM_RESULT_DIAMETER_UNABLE_TO_DELIVER, "%s", sentence);
	fault.failed_avp = (struct dm_bytes){ 0 };
	dm_transaction_fail(node, transaction, &fault);
}

static int request(struct dm_node *node, const struct dm_command *command, uint32_t application_id,
                   const void *body, uint64_t tag, dm_time timeout, bool again)
{
	struct dm_transaction *transaction = dm_transaction_new(node, DM_TRANSACTION_SENT);
	int error;

	if (!transaction)
		return -ENOMEM;
	transaction->own = true;
	transaction->again = transaction->retransmitted = again;
	transaction->tag = tag;
	error = encode(node, transaction, command, application_id, body);
	if (error) {
		dm_transaction_free(node, transaction);
		return error;
	}
	if (node->stopping) {
		refuse(node, transaction, "This node is being stopped");
		return 0;
	}
	dm_node_set_timer(node, &transaction->timer,
	                  node->now + (timeout ? timeout : node->config.request_timeout));
	dm_transaction_route(node, transaction);
	return 0;
}

int dm_node_request_as(struct dm_node *node, const struct dm_command *command,
                       uint32_t application_id, const void *body, uint64_t tag, dm_time timeout,
                       dm_time now)
{
	node->now = now;
	return request(node, command, application_id, body, tag, timeout, false);
}

int dm_node_request_again(struct dm_node *node, const struct dm_command *command,
                          uint32_t application_id, const void *body, uint64_t tag, dm_time timeout,
                          dm_time now)
{
	node->now = now;
	return request(node, command, application_id, body, tag, timeout, true);
}
