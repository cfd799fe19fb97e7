/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Following redirects to another realm (RFC 7075 3.2.2, 3.2.3): for requests of our own and those a
 * service sees on the way. A relay changes no Destination-Realm and passes the indication on.
 */
#include "diameter/node_private.h"

static bool may_change(const struct dm_node *node, const struct dm_transaction *transaction)
{
	return node->config.redirect_realms && (transaction->own || transaction->proxied);
}

/* The request for another realm, in node->scratch: a host in the old one is none in the new. */
static bool rewrite(struct dm_node *node, const struct dm_transaction *transaction,
                    struct dm_bytes realm)
{
	struct dm_raw_avp host = { .code = DM_AVP_DESTINATION_HOST };
	struct dm_raw_avp destination = {
		.code = DM_AVP_DESTINATION_REALM,
		.flags = DM_AVP_FLAG_M,
		.data = realm,
	};
	struct dm_raw_edit edit = {
		.remove = &host,
		.remove_count = 1,
		.replace = &destination,
		.replace_count = 1,
	};

	dm_writer_reset(&node->scratch);
	return dm_raw_rewrite(dm_transaction_request(transaction), &edit, &node->scratch) == 0;
}

static void take_scratch(struct dm_node *node, struct dm_transaction *transaction)
{
	dm_writer_reset(&transaction->octets);
	dm_writer_bytes(&transaction->octets, dm_writer_written(&node->scratch));
}

static void keep(struct dm_node *node, const struct dm_transaction *transaction,
                 struct dm_bytes answer, struct dm_bytes realm)
{
	struct dm_indication indication = {
		.usage = dm_redirect_number(answer, DM_AVP_REDIRECT_HOST_USAGE),
		.seconds = dm_redirect_number(answer, DM_AVP_REDIRECT_MAX_CACHE_TIME),
		.to = realm,
		.realm = true,
	};
	struct dm_routing asked;

	dm_routing_read(&asked, dm_transaction_request(transaction), node->config.origin_host);
	dm_redirect_keep(node, &asked, &indication);
}

static bool try_realm(struct dm_node *node, struct dm_transaction *transaction,
                      struct dm_bytes answer, struct dm_bytes realm)
{
	struct dm_routing routing;
	struct dm_choice choice;
	struct dm_fault fault;

	if (!rewrite(node, transaction, realm))
		return false;
	dm_routing_read(&routing, dm_writer_written(&node->scratch), node->config.origin_host);
	if (!dm_choose(node, &routing, transaction, &choice, &fault))
		return false;
	keep(node, transaction, answer, realm);
	take_scratch(node, transaction);
	transaction->retransmitted = transaction->again;
	return dm_transaction_send(node, transaction, choice.peer) == 0;
}

bool dm_redirect_follow_realm(struct dm_node *node, struct dm_transaction *transaction,
                              struct dm_bytes answer)
{
	struct dm_cursor cursor = dm_raw_avps(answer);
	struct dm_raw_avp avp;
	size_t realms = 0;

	if (!may_change(node, transaction) || transaction->tried_count == DM_TRIED ||
	    transaction->redirects++ == DM_REDIRECT_HOPS)
		return false;
	while (realms < DM_REDIRECT_LIMIT && dm_raw_next(&cursor, &avp, NULL)) {
		if (avp.code != DM_AVP_REDIRECT_REALM || avp.vendor != 0)
			continue;
		realms++;
		if (try_realm(node, transaction, answer, avp.data))
			return true;
	}
	return false;
}

/* Sessions that have a server already stay with it (RFC 7075 3). */
void dm_redirect_realm(struct dm_node *node, struct dm_transaction *transaction)
{
	struct dm_routing routing;
	struct dm_bytes realm;

	if (!may_change(node, transaction))
		return;
	dm_routing_read(&routing, dm_transaction_request(transaction), node->config.origin_host);
	if (routing.has_destination_host)
		return;
	realm = dm_redirect_find_realm(node, &routing);
	if (realm.size && rewrite(node, transaction, realm))
		take_scratch(node, transaction);
}
