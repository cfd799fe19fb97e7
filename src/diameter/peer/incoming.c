/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Incoming connections until a peer's machine takes them (RFC 6733 5.6.1, 5.3): the first message
 * is a CER that can be accepted, or the connection ends. So the machine's R-Conn-CER always is a
 * good one.
 */
#include "diameter/node_private.h"

/* Refused: the CEA says why, then the connection ends. */
static void refuse(struct dm_node *node, struct dm_connection *connection, struct dm_bytes name,
                   const struct dm_fault *fault)
{
	dm_send_cea(node, connection, fault);
	dm_turn_event(node, DM_EVENT_REFUSED, name, fault->result_code, "%s", fault->sentence);
	dm_connection_close(node, connection, false, fault->sentence);
}

static void on_timer(struct dm_node *node, struct dm_node_timer *timer)
{
	struct dm_connection *connection = DM_NODE_TIMER_OWNER(timer, struct dm_connection, timer);

	dm_turn_event(node, DM_EVENT_REFUSED, (struct dm_bytes){ 0 }, 0,
	              "no CER came on a new connection");
	dm_connection_close(node, connection, false, "no CER came in time");
}

dm_conn dm_node_accepted(struct dm_node *node, dm_time now)
{
	struct dm_connection *connection;

	node->now = now;
	if (node->connections.unidentified >= node->config.unidentified_limit || node->stopping)
		return 0;
	connection = dm_connection_new(node, DM_CONNECTION_UNIDENTIFIED);
	if (!connection)
		return 0;
	connection->timer.due = on_timer;
	dm_node_set_timer(node, &connection->timer, now + node->config.cer_timeout);
	return connection->id;
}

/* Who says it is, and may it. False: `fault` says why not. */
static bool is_welcome(struct dm_node *node, const struct dm_cer *cer, struct dm_fault *fault)
{
	const struct dm_peer *peer = dm_peer_find(node, cer->origin_host);

	if (dm_bytes_equal_folded(cer->origin_host, node->config.origin_host)) {
		dm_fault_set(fault, DM_RESULT_DIAMETER_UNABLE_TO_COMPLY,
		             "The Origin-Host is this node's own: two nodes share one identity");
		return false;
	}
	if (node->stopping) {
		dm_fault_set(fault, DM_RESULT_DIAMETER_UNABLE_TO_COMPLY,
		             "This node is being stopped");
		return false;
	}
	if (peer ? peer->forgotten : !node->config.accept_unknown) {
		dm_fault_set(fault, DM_RESULT_DIAMETER_UNKNOWN_PEER,
		             "No peer of this name is configured here");
		return false;
	}
	return true;
}

/* The host knows the transport. False: `fault` says why it is not good enough. */
static bool is_secure(struct dm_node *node, struct dm_connection *connection,
                      const struct dm_cer *cer, struct dm_fault *fault)
{
	const struct dm_node_config *config = &node->config;
	enum dm_security found = DM_SECURITY_ENOUGH;

	if (config->security)
		found = config->security(config->security_context, connection->id, cer->origin_host,
		                         dm_capabilities_offer_tls(&cer->inband_security_id),
		                         fault);
	connection->cea_starts_tls = found == DM_SECURITY_START;
	return found != DM_SECURITY_REFUSED;
}

static void accept_cer(struct dm_node *node, struct dm_connection *connection,
                       const struct dm_cer *cer, struct dm_bytes wire)
{
	struct dm_occasion occasion = { .connection = connection,
		                        .wire = wire,
		                        .why = "capabilities exchanged" };
	struct dm_peer *peer = dm_peer_find(node, cer->origin_host);

	if (!peer)
		peer = dm_peer_new(node, cer->origin_host);
	if (!peer) {
		dm_connection_close(node, connection, true, "no memory");
		return;
	}
	dm_peer_event(node, peer, DM_PEER_EVENT_R_CONN_CER, &occasion);
}

static void judge_cer(struct dm_node *node, struct dm_connection *connection, struct dm_bytes wire)
{
	struct dm_fault *fault = &node->turn.fault;
	struct dm_message message;
	const struct dm_cer *cer;

	if (dm_decode(node->dictionary, &node->decode_options, wire, &node->arena, &message,
	              fault) < 0) {
		dm_connection_close(node, connection, true, "no memory");
		return;
	}
	connection->cer = message.header;
	if (fault->result_code) {
		refuse(node, connection, (struct dm_bytes){ 0 }, fault);
		return;
	}
	cer = message.body;
	if (dm_capabilities_of_cer(&connection->capabilities, cer) < 0) {
		dm_connection_close(node, connection, true, "no memory");
		return;
	}
	if (!is_welcome(node, cer, fault) || !is_secure(node, connection, cer, fault) ||
	    !dm_capabilities_judge(node, cer, &connection->capabilities, connection->cea_starts_tls,
	                           fault)) {
		refuse(node, connection, cer->origin_host, fault);
		return;
	}
	accept_cer(node, connection, cer, wire);
}

void dm_incoming_message(struct dm_node *node, struct dm_connection *connection,
                         struct dm_bytes wire)
{
	struct dm_header header = dm_header_read(wire);

	if (connection->state == DM_CONNECTION_CANDIDATE) {
		connection->peer->candidate = NULL;
		dm_connection_close(node, connection, true, "a message before the CEA");
		return;
	}
	if (header.command_code == DM_COMMAND_CER && (header.flags & DM_FLAG_R)) {
		judge_cer(node, connection, wire);
		return;
	}
	dm_turn_event(node, DM_EVENT_REFUSED, (struct dm_bytes){ 0 }, 0,
	              "the first message on a new connection is no CER but command %u",
	              header.command_code);
	dm_connection_close(node, connection, false, "the first message is no CER");
}

void dm_incoming_promote(struct dm_node *node, struct dm_peer *peer)
{
	struct dm_occasion occasion = { .connection = peer->candidate,
		                        .why = "capabilities exchanged" };

	peer->candidate = NULL;
	dm_peer_event(node, peer, DM_PEER_EVENT_R_CONN_CER, &occasion);
}
