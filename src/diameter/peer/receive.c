/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What comes in on a connection, turned into events of the peer's two machines.
 */
#include "diameter/node_private.h"

enum kind { CER, CEA, DWR, DWA, DPR, DPA, OTHER, KIND_COUNT };

/* By the command code alone: these three never are relayed, whatever application they claim to
 * belong to (RT28). */
static enum kind kind_of(const struct dm_header *header)
{
	bool request = header->flags & DM_FLAG_R;

	switch (header->command_code) {
	case DM_COMMAND_CER:
		return request ? CER : CEA;
	case DM_COMMAND_DWR:
		return request ? DWR : DWA;
	case DM_COMMAND_DPR:
		return request ? DPR : DPA;
	default:
		return OTHER;
	}
}

static enum dm_peer_event event_of(enum kind kind, bool initiator)
{
	static const enum dm_peer_event events[KIND_COUNT][2] = {
		[CER] = { DM_PEER_EVENT_R_RCV_CER, DM_PEER_EVENT_I_RCV_CER },
		[CEA] = { DM_PEER_EVENT_R_RCV_CEA, DM_PEER_EVENT_I_RCV_CEA },
		[DWR] = { DM_PEER_EVENT_R_RCV_DWR, DM_PEER_EVENT_I_RCV_DWR },
		[DWA] = { DM_PEER_EVENT_R_RCV_DWA, DM_PEER_EVENT_I_RCV_DWA },
		[DPR] = { DM_PEER_EVENT_R_RCV_DPR, DM_PEER_EVENT_I_RCV_DPR },
		[DPA] = { DM_PEER_EVENT_R_RCV_DPA, DM_PEER_EVENT_I_RCV_DPA },
		[OTHER] = { DM_PEER_EVENT_R_RCV_MESSAGE, DM_PEER_EVENT_I_RCV_MESSAGE },
	};

	return events[kind][initiator];
}

/* ---- the end of a connection ---- */

/* The peer lets go of a connection that is closed or gone; `was` is what it was before. */
static void detach(struct dm_node *node, struct dm_peer *peer,
                   const struct dm_connection *connection, enum dm_connection_state was,
                   const char *why)
{
	struct dm_occasion occasion = { .why = why };

	if (peer->candidate == connection)
		peer->candidate = NULL;
	if (peer->initiator == connection) {
		peer->initiator = NULL;
		dm_peer_event(node, peer,
		              was == DM_CONNECTION_DIALLING ? DM_PEER_EVENT_I_RCV_CONN_NACK
		                                            : DM_PEER_EVENT_I_PEER_DISC,
		              &occasion);
	} else if (peer->responder == connection) {
		peer->responder = NULL;
		dm_peer_event(node, peer, DM_PEER_EVENT_R_PEER_DISC, &occasion);
	}
}

void dm_receive_end(struct dm_node *node, struct dm_connection *connection, const char *why)
{
	enum dm_connection_state was = connection->state;
	struct dm_peer *peer = connection->peer;

	dm_connection_gone(node, connection);
	if (peer)
		detach(node, peer, connection, was, why);
}

void dm_end_connection(struct dm_node *node, struct dm_connection *connection, bool reset,
                       const char *why)
{
	enum dm_connection_state was = connection->state;
	struct dm_peer *peer = connection->peer;

	dm_connection_close(node, connection, reset, why);
	if (peer)
		detach(node, peer, connection, was, why);
}

static struct dm_bytes name_of(const struct dm_connection *connection)
{
	return connection->peer ? connection->peer->origin_host : (struct dm_bytes){ 0 };
}

void dm_receive_overflow(struct dm_node *node, struct dm_connection *connection)
{
	connection->overflown = false;
	if (connection->state >= DM_CONNECTION_CLOSING)
		return;
	dm_writer_reset(&connection->output);
	dm_turn_event(node, DM_EVENT_DROPPED, name_of(connection), 0,
	              "the peer reads too slowly: more than %u octets wait for it",
	              node->config.output_limit);
	dm_end_connection(node, connection, true, "the peer reads too slowly");
}

void dm_receive_broken(struct dm_node *node, struct dm_connection *connection,
                       struct dm_bytes header)
{
	const struct dm_framing *framing = &connection->framing;
	const char *why = framing->why ? framing->why : "no memory";
	struct dm_fault *fault = &node->turn.fault;
	bool answered = header.size && (dm_header_read(header).flags & DM_FLAG_R);

	dm_fault_set(fault, framing->result_code, "%s", why);
	fault->failed_avp = (struct dm_bytes){ 0 };
	if (answered)
		dm_send_fault(node, connection, header, fault);
	dm_turn_event(node, connection->peer ? DM_EVENT_FAULT : DM_EVENT_REFUSED,
	              name_of(connection), fault->result_code, "%s", why);
	/* A reset could overtake the answer. */
	dm_end_connection(node, connection, !answered, why);
}

/* ---- the answer to our CER ---- */

static bool refuses(struct dm_bytes wire, struct dm_text *why)
{
	struct dm_raw_avp avp;
	uint32_t code = 0;

	if (dm_raw_find(wire, DM_AVP_RESULT_CODE, 0, &avp) && avp.data.size == 4)
		code = dm_load_u32(avp.data.at);
	if (code / 1000 == 2)
		return false;
	dm_text_add(why, "the CEA says %u %s", code, dm_result_code_name(code));
	if (dm_raw_find(wire, DM_AVP_ERROR_MESSAGE, 0, &avp)) {
		dm_text_add(why, ": ");
		dm_text_octets(why, avp.data);
	}
	return true;
}

/* Starts TLS where our CER offered it and the CEA agrees. False: there is to be TLS, and is not. */
static bool agree_on_tls(struct dm_node *node, struct dm_connection *connection,
                         const struct dm_cea *cea, struct dm_text *why)
{
	enum dm_inband inband = connection->peer->inband;

	if (inband == DM_INBAND_NONE)
		return true;
	if (dm_capabilities_offer_tls(&cea->inband_security_id)) {
		dm_connection_start_tls(node, connection, DM_START_TLS_CLIENT);
		return true;
	}
	if (inband == DM_INBAND_REQUIRED)
		dm_text_add(why, "the CEA does not agree to TLS");
	return inband != DM_INBAND_REQUIRED;
}

/* Whether this is the CEA that opens the connection; `why` says why not. */
static bool is_good_cea(struct dm_node *node, struct dm_connection *connection,
                        struct dm_bytes wire, struct dm_text *why)
{
	struct dm_fault *fault = &node->turn.fault;
	struct dm_message message;
	const struct dm_cea *cea;

	if (refuses(wire, why))
		return false;
	if (dm_decode(node->dictionary, &node->decode_options, wire, &node->arena, &message,
	              fault) < 0 ||
	    fault->result_code || message.entry->command != &dm_command_cea) {
		dm_text_add(why, "the CEA is faulty: %s", fault->sentence);
		return false;
	}
	cea = message.body;
	if (!dm_bytes_equal_folded(cea->origin_host, connection->peer->origin_host)) {
		dm_text_add(why, "another node answered: ");
		dm_text_octets(why, cea->origin_host);
		return false;
	}
	if (dm_capabilities_of_cea(&connection->capabilities, cea) < 0)
		return false;
	if (dm_capabilities_common(node, &connection->capabilities))
		return agree_on_tls(node, connection, cea, why);
	dm_text_add(why, "the CEA announces no application that is served here");
	return false;
}

static void receive_cea(struct dm_node *node, struct dm_connection *connection,
                        struct dm_bytes wire, const struct dm_header *header)
{
	struct dm_peer *peer = connection->peer;
	char room[160] = "no memory";
	struct dm_occasion occasion = { .connection = connection, .wire = wire, .why = room };
	struct dm_text why;

	dm_text_init(&why, room, sizeof(room));
	if (kind_of(header) != CEA || header->hop_by_hop_id != connection->hop_by_hop_id) {
		dm_text_add(&why, "a message of command %u instead of the CEA",
		            header->command_code);
	} else if (is_good_cea(node, connection, wire, &why)) {
		occasion.why = "capabilities exchanged";
		dm_peer_event(node, peer, DM_PEER_EVENT_I_RCV_CEA, &occasion);
		return;
	}
	dm_turn_event(node, DM_EVENT_REFUSED, peer->origin_host, 0, "%s", room);
	dm_peer_event(node, peer, DM_PEER_EVENT_I_RCV_NON_CEA, &occasion);
}

/* ---- messages of an open connection ---- */

/* A DWA that answers the DWR under way, of the watchdog or of a probe. */
static bool is_asked_for(const struct dm_peer *peer, const struct dm_connection *connection,
                         const struct dm_header *header)
{
	return header->hop_by_hop_id == connection->hop_by_hop_id &&
	       (peer->watchdog.variables.pending || peer->candidate);
}

/* Every message is a sign of life (RFC 3539). False: the message is to be thrown away. */
static bool keep_alive(struct dm_node *node, struct dm_peer *peer,
                       const struct dm_connection *connection, const struct dm_header *header,
                       enum kind kind)
{
	bool answer = kind == DWA && is_asked_for(peer, connection, header);
	const struct dm_watchdog_row *row;

	if (!dm_peer_state_is_open(peer->state))
		return true;
	if (kind == DWA && !answer)
		dm_turn_event(node, DM_EVENT_DROPPED, peer->origin_host, 0,
		              "a DWA that nobody asked for");
	row = dm_watchdog_event(node, peer,
	                        answer ? DM_WATCHDOG_EVENT_RECEIVE_DWA
	                               : DM_WATCHDOG_EVENT_RECEIVE_OTHER);
	if (peer->candidate)
		dm_peer_candidate_refuse(node, peer);
	/* What belongs to the connection is served all the same; RFC 3539 speaks of requests. */
	return kind != OTHER || row->actions[0] != DM_WATCHDOG_ACTION_THROWAWAY;
}

/* DWR, DWA, DPR and DPA are ours to read; false: no memory. */
static bool read_base(struct dm_node *node, struct dm_occasion *occasion,
                      struct dm_message *message)
{
	struct dm_fault *fault = &node->turn.fault;

	if (dm_decode(node->dictionary, &node->decode_options, occasion->wire, &node->arena,
	              message, fault) < 0)
		return false;
	if (!fault->result_code) {
		occasion->message = message;
		return true;
	}
	occasion->fault = fault;
	dm_turn_event(node, DM_EVENT_FAULT, occasion->connection->peer->origin_host,
	              fault->result_code, "%s", fault->sentence);
	return true;
}

static void receive_open(struct dm_node *node, struct dm_connection *connection,
                         struct dm_bytes wire, const struct dm_header *header)
{
	struct dm_peer *peer = connection->peer;
	struct dm_occasion occasion = { .connection = connection,
		                        .wire = wire,
		                        .why = "the peer sent DPR" };
	enum kind kind = kind_of(header);
	struct dm_message message;

	if (!keep_alive(node, peer, connection, header, kind)) {
		dm_turn_event(node, DM_EVENT_DROPPED, peer->origin_host, 0,
		              "a message of command %u before three watchdogs were answered",
		              header->command_code);
		return;
	}
	if ((kind >= DWR && kind <= DPA) && !read_base(node, &occasion, &message))
		return;
	if (kind == DPA)
		occasion.why = "the peer answered our DPR";
	dm_peer_event(node, peer, event_of(kind, connection == peer->initiator), &occasion);
}

void dm_receive(struct dm_node *node, struct dm_connection *connection, struct dm_bytes wire)
{
	struct dm_header header = dm_header_read(wire);
	struct dm_peer *peer = connection->peer;
	struct dm_occasion early = { .connection = connection,
		                     .wire = wire,
		                     .why = "a message before the CEA" };

	dm_arena_reset(&node->arena);
	if (connection->state != DM_CONNECTION_BOUND)
		dm_incoming_message(node, connection, wire);
	else if (peer->state >= DM_PEER_R_OPEN)
		receive_open(node, connection, wire, &header);
	else if (connection == peer->initiator)
		receive_cea(node, connection, wire, &header);
	else
		dm_peer_event(node, peer, DM_PEER_EVENT_R_RCV_MESSAGE, &early);
}
