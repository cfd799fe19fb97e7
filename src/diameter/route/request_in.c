/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages of applications that come in: what must be refused, what is for us, what goes on.
 */
#include "diameter/node_private.h"

void dm_refuse(struct dm_node *node, const struct dm_arrived *arrived, const struct dm_fault *fault)
{
	/* RFC 6733 7.4: an agent says that it is not the server who speaks (ER05). */
	struct dm_bytes reporting_host =
		node->forwards ? node->config.origin_host : (struct dm_bytes){ 0 };

	(void)dm_encode_fault(node->dictionary, &node->identity, arrived->routing.wire, fault,
	                      reporting_host, dm_connection_output(node, arrived->connection));
	dm_connection_written(node, arrived->connection);
	arrived->peer->answers_out++;
	dm_turn_event(node, DM_EVENT_FAULT, arrived->peer->origin_host, fault->result_code, "%s",
	              fault->sentence);
}

void dm_refuse_with(struct dm_node *node, const struct dm_arrived *arrived, uint32_t result_code,
                    const char *format, ...)
{
	char sentence[sizeof(node->turn.fault.sentence)];
	struct dm_fault *fault = &node->turn.fault;
	struct dm_text text;
	va_list list;

	dm_text_init(&text, sentence, sizeof(sentence));
	va_start(list, format);
	dm_text_add_list(&text, format, list);
	va_end(list);
	dm_fault_set(fault, result_code, "%s", sentence);
	fault->failed_avp = (struct dm_bytes){ 0 };
	dm_refuse(node, arrived, fault);
}

uint32_t dm_why_not_forward(const struct dm_node *node, const struct dm_routing *routing,
                            const char **why)
{
	if (!(routing->header.flags & DM_FLAG_P)) {
		*why = "The request is not for this node and must not be proxied (P bit clear)";
		return DM_RESULT_DIAMETER_UNABLE_TO_DELIVER;
	}
	if (routing->broken) {
		*why = "The AVPs of the request cannot be told apart";
		return DM_RESULT_DIAMETER_INVALID_AVP_LENGTH;
	}
	if (node->forwards)
		return 0;
	if (!routing->has_destination_realm ||
	    dm_bytes_equal_folded(routing->destination_realm, node->config.origin_realm)) {
		*why = "The Destination-Host is another node and this one forwards nothing";
		return DM_RESULT_DIAMETER_UNABLE_TO_DELIVER;
	}
	*why = "The realm is not served here and this node forwards nothing";
	return DM_RESULT_DIAMETER_REALM_NOT_SERVED;
}

uint32_t dm_why_refuse(const struct dm_node *node, const struct dm_routing *routing,
                       const char **why)
{
	if (routing->header.flags & DM_FLAG_E) {
		*why = "A request has the E bit set";
		return DM_RESULT_DIAMETER_INVALID_HDR_BITS;
	}
	if (node->stopping) {
		*why = "This connection is being closed";
		return DM_RESULT_DIAMETER_UNABLE_TO_DELIVER;
	}
	if (!routing->looped)
		return 0;
	*why = "This node is in a Route-Record already";
	return DM_RESULT_DIAMETER_LOOP_DETECTED;
}

/* The same for its connection. */
static uint32_t why_refuse_here(const struct dm_node *node, const struct dm_arrived *arrived,
                                const char **why)
{
	if (!dm_peer_state_is_open(arrived->peer->state)) {
		*why = "This connection is being closed";
		return DM_RESULT_DIAMETER_UNABLE_TO_DELIVER;
	}
	if (arrived->connection->in_work < node->config.pending_limit)
		return 0;
	*why = "Too many requests of this peer are in work";
	return DM_RESULT_DIAMETER_TOO_BUSY;
}

static void request_arrived(struct dm_node *node, const struct dm_arrived *arrived)
{
	const char *why = NULL;
	uint32_t code = dm_why_refuse(node, &arrived->routing, &why);
	bool local = dm_local_rule(node, &arrived->routing) != NULL;

	arrived->peer->requests_in++;
	if (!code)
		code = why_refuse_here(node, arrived, &why);
	if (!code && !local)
		code = dm_why_not_forward(node, &arrived->routing, &why);
	if (code)
		dm_refuse_with(node, arrived, code, "%s", why);
	else if (local)
		dm_deliver(node, arrived);
	else
		dm_forward(node, arrived);
}

void dm_message_arrived(struct dm_node *node, struct dm_peer *peer,
                        struct dm_connection *connection, struct dm_bytes wire)
{
	struct dm_arrived arrived = { .peer = peer, .connection = connection };

	if (!(dm_header_read(wire).flags & DM_FLAG_R)) {
		dm_answer_arrived(node, peer, wire);
		return;
	}
	dm_routing_read(&arrived.routing, wire, node->config.origin_host);
	request_arrived(node, &arrived);
}
