/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The actions of RFC 6733 5.6.3, one function each.
 */
#include "diameter/node_private.h"

/* The message that brought the event came on this connection, or it is the open one. */
static struct dm_connection *connection_of(const struct dm_peer *peer,
                                           const struct dm_occasion *occasion)
{
	return occasion->connection ? occasion->connection : dm_peer_connection(peer);
}

void dm_send_fault(struct dm_node *node, struct dm_connection *connection, struct dm_bytes request,
                   const struct dm_fault *fault)
{
	struct dm_writer *out = dm_connection_output(node, connection);

	(void)dm_encode_fault(node->dictionary, &node->identity, request, fault,
	                      (struct dm_bytes){ 0 }, out);
	dm_connection_written(node, connection);
}

/* The header of an answer to the request of this occasion. */
static struct dm_header answer_header(const struct dm_occasion *occasion)
{
	struct dm_header request = dm_header_read(occasion->wire);

	return (struct dm_header){ .hop_by_hop_id = request.hop_by_hop_id,
		                   .end_to_end_id = request.end_to_end_id };
}

/* ---- connections ---- */

static void i_snd_conn_req(struct dm_node *node, struct dm_peer *peer,
                           const struct dm_occasion *occasion)
{
	struct dm_connection *connection = dm_connection_new(node, DM_CONNECTION_DIALLING);

	(void)occasion;
	if (!connection)
		return; /* the connect timer tries again later */
	connection->peer = peer;
	peer->initiator = connection;
	dm_turn_dial(node, connection->id, peer);
}

static void disconnect(struct dm_node *node, struct dm_connection **connection,
                       const struct dm_occasion *occasion)
{
	if (*connection)
		dm_connection_close(node, *connection, false, occasion->why);
	*connection = NULL;
}

static void i_disc(struct dm_node *node, struct dm_peer *peer, const struct dm_occasion *occasion)
{
	disconnect(node, &peer->initiator, occasion);
}

static void r_disc(struct dm_node *node, struct dm_peer *peer, const struct dm_occasion *occasion)
{
	disconnect(node, &peer->responder, occasion);
}

/* "Either politely or abortively": politely, so that what was said last arrives. */
static void error(struct dm_node *node, struct dm_peer *peer, const struct dm_occasion *occasion)
{
	disconnect(node, &peer->initiator, occasion);
	disconnect(node, &peer->responder, occasion);
}

static void r_accept(struct dm_node *node, struct dm_peer *peer, const struct dm_occasion *occasion)
{
	dm_connection_bind(node, occasion->connection, peer, DM_CONNECTION_BOUND);
	peer->responder = occasion->connection;
}

static void reject(struct dm_node *node, struct dm_peer *peer, struct dm_connection *connection)
{
	struct dm_fault fault;

	dm_fault_set(&fault, DM_RESULT_DIAMETER_UNABLE_TO_COMPLY,
	             "There is a connection with this peer already (%s)",
	             dm_peer_state_name(peer->state));
	fault.failed_avp = (struct dm_bytes){ 0 };
	dm_send_cea(node, connection, &fault);
	dm_turn_event(node, DM_EVENT_REFUSED, peer->origin_host, fault.result_code, "%s",
	              fault.sentence);
	dm_connection_close(node, connection, false,
	                    "a connection with this peer is there already");
}

static void r_reject(struct dm_node *node, struct dm_peer *peer, const struct dm_occasion *occasion)
{
	reject(node, peer, occasion->connection);
}

void dm_peer_candidate_refuse(struct dm_node *node, struct dm_peer *peer)
{
	struct dm_connection *candidate = peer->candidate;

	peer->candidate = NULL;
	reject(node, peer, candidate);
}

/* The candidate has waited long enough for a sign of life on the open connection (PS05). */
static void on_probe_over(struct dm_node *node, struct dm_node_timer *timer)
{
	struct dm_connection *candidate = DM_NODE_TIMER_OWNER(timer, struct dm_connection, timer);
	struct dm_peer *peer = candidate->peer;
	struct dm_occasion occasion = {
		.why = "the connection was dead: the peer came back on a new one",
	};

	dm_peer_event(node, peer,
	              peer->initiator ? DM_PEER_EVENT_I_PEER_DISC : DM_PEER_EVENT_R_PEER_DISC,
	              &occasion);
}

/* PS05: a second connection of a peer that is open. */
static void r_probe(struct dm_node *node, struct dm_peer *peer, const struct dm_occasion *occasion)
{
	struct dm_connection *connection = occasion->connection;
	uint32_t now_known = connection->capabilities.origin_state_id;

	if (peer->candidate) {
		reject(node, peer, connection);
		return;
	}
	dm_connection_bind(node, connection, peer, DM_CONNECTION_CANDIDATE);
	peer->candidate = connection;
	connection->timer.due = on_probe_over;
	/* A larger Origin-State-Id says that it restarted: no need to ask (RFC 6733 8.16). */
	if (peer->capabilities.origin_state_id && now_known > peer->capabilities.origin_state_id) {
		dm_node_set_timer(node, &connection->timer, node->now);
		return;
	}
	dm_node_set_timer(node, &connection->timer, node->now + DM_PROBE_TIME);
	dm_send_dwr(node, peer);
}

/* ---- capabilities ---- */

static void i_snd_cer(struct dm_node *node, struct dm_peer *peer,
                      const struct dm_occasion *occasion)
{
	struct dm_connection *connection = peer->initiator;

	(void)occasion;
	dm_connection_bind(node, connection, peer, DM_CONNECTION_BOUND);
	connection->hop_by_hop_id = dm_hop_pass(&peer->pending);
	(void)dm_write_cer(node, connection->hop_by_hop_id, node->end_to_end_id++, peer->inband,
	                   dm_connection_output(node, connection));
	dm_connection_written(node, connection);
}

static void process_capabilities(struct dm_node *node, struct dm_peer *peer,
                                 struct dm_connection *connection)
{
	dm_capabilities_move(&peer->capabilities, &connection->capabilities);
	dm_origin_seen(node, peer->origin_host, peer->capabilities.origin_state_id);
}

static void process_cer(struct dm_node *node, struct dm_peer *peer,
                        const struct dm_occasion *occasion)
{
	process_capabilities(node, peer, occasion->connection);
}

static void process_cea(struct dm_node *node, struct dm_peer *peer,
                        const struct dm_occasion *occasion)
{
	process_capabilities(node, peer, occasion->connection);
}

void dm_send_cea(struct dm_node *node, struct dm_connection *connection,
                 const struct dm_fault *fault)
{
	bool starts_tls = connection->cea_starts_tls && !fault;

	(void)dm_write_cea(node, &connection->cer, fault, starts_tls,
	                   dm_connection_output(node, connection));
	dm_connection_written(node, connection);
	if (starts_tls)
		dm_connection_start_tls(node, connection, DM_START_TLS_SERVER);
}

static void r_snd_cea(struct dm_node *node, struct dm_peer *peer,
                      const struct dm_occasion *occasion)
{
	(void)occasion;
	dm_send_cea(node, peer->responder, NULL);
}

static void elect(struct dm_node *node, struct dm_peer *peer, const struct dm_occasion *occasion)
{
	struct dm_occasion won = { .why = "this node won the election" };

	(void)occasion;
	if (dm_election_is_won(node->config.origin_host, peer->origin_host))
		dm_peer_event(node, peer, DM_PEER_EVENT_WIN_ELECTION, &won);
}

/* A CER where none may be (CX17). */
static void snd_refusal(struct dm_node *node, struct dm_peer *peer,
                        const struct dm_occasion *occasion)
{
	struct dm_fault fault;

	dm_fault_set(&fault, DM_RESULT_DIAMETER_UNABLE_TO_COMPLY,
	             "Capabilities were exchanged on this connection already");
	fault.failed_avp = (struct dm_bytes){ 0 };
	occasion->connection->cer = dm_header_read(occasion->wire);
	dm_send_cea(node, occasion->connection, &fault);
	dm_turn_event(node, DM_EVENT_FAULT, peer->origin_host, fault.result_code, "%s",
	              fault.sentence);
}

/* ---- messages ---- */

static void process(struct dm_node *node, struct dm_peer *peer, const struct dm_occasion *occasion)
{
	dm_message_arrived(node, peer, occasion->connection, occasion->wire);
}

static void process_dwr(struct dm_node *node, struct dm_peer *peer,
                        const struct dm_occasion *occasion)
{
	const struct dm_dwr *dwr = occasion->message ? occasion->message->body : NULL;

	if (dwr && dwr->has.origin_state_id)
		dm_origin_seen(node, peer->origin_host, dwr->origin_state_id);
}

static void snd_dwa(struct dm_node *node, struct dm_peer *peer, const struct dm_occasion *occasion)
{
	struct dm_header header = answer_header(occasion);
	struct dm_dwa dwa = {
		.has.origin_state_id = node->config.origin_state_id != 0,
		.result_code = DM_RESULT_DIAMETER_SUCCESS,
		.origin_host = node->config.origin_host,
		.origin_realm = node->config.origin_realm,
		.origin_state_id = node->config.origin_state_id,
	};

	(void)peer;
	if (occasion->fault) {
		dm_send_fault(node, occasion->connection, occasion->wire, occasion->fault);
		return;
	}
	(void)dm_encode(node->dictionary, &dm_command_dwa, &header, &dwa,
	                dm_connection_output(node, occasion->connection));
	dm_connection_written(node, occasion->connection);
}

static void process_dwa(struct dm_node *node, struct dm_peer *peer,
                        const struct dm_occasion *occasion)
{
	const struct dm_dwa *dwa = occasion->message ? occasion->message->body : NULL;

	if (dwa && dwa->has.origin_state_id)
		dm_origin_seen(node, peer->origin_host, dwa->origin_state_id);
}

static void snd_dpr(struct dm_node *node, struct dm_peer *peer, const struct dm_occasion *occasion)
{
	struct dm_connection *connection = connection_of(peer, occasion);
	struct dm_header header = { .hop_by_hop_id = dm_hop_pass(&peer->pending),
		                    .end_to_end_id = node->end_to_end_id++ };
	struct dm_dpr dpr = {
		.origin_host = node->config.origin_host,
		.origin_realm = node->config.origin_realm,
		.disconnect_cause = (int32_t)peer->disconnect_cause,
	};

	connection->hop_by_hop_id = header.hop_by_hop_id;
	(void)dm_encode(node->dictionary, &dm_command_dpr, &header, &dpr,
	                dm_connection_output(node, connection));
	dm_connection_written(node, connection);
}

/* When to come back is the sender's wish (RFC 6733 5.4.3; DP01, DP02, DP03). */
static void heed_cause(struct dm_node *node, struct dm_peer *peer, int32_t cause)
{
	peer->reconnect_wait = node->config.reconnect;
	if (cause == DM_DISCONNECT_CAUSE_BUSY)
		peer->reconnect_wait = DM_BUSY_FACTOR * node->config.reconnect;
	if (cause == DM_DISCONNECT_CAUSE_DO_NOT_WANT_TO_TALK_TO_YOU)
		peer->on_hold = true;
}

static void snd_dpa(struct dm_node *node, struct dm_peer *peer, const struct dm_occasion *occasion)
{
	struct dm_header header = answer_header(occasion);
	struct dm_dpa dpa = {
		.result_code = DM_RESULT_DIAMETER_SUCCESS,
		.origin_host = node->config.origin_host,
		.origin_realm = node->config.origin_realm,
	};

	if (occasion->fault) {
		dm_send_fault(node, occasion->connection, occasion->wire, occasion->fault);
		return;
	}
	heed_cause(node, peer, ((const struct dm_dpr *)occasion->message->body)->disconnect_cause);
	(void)dm_encode(node->dictionary, &dm_command_dpa, &header, &dpa,
	                dm_connection_output(node, occasion->connection));
	dm_connection_written(node, occasion->connection);
}

static void drop(struct dm_node *node, struct dm_peer *peer, const struct dm_occasion *occasion)
{
	struct dm_header header = dm_header_read(occasion->wire);

	dm_turn_event(node, DM_EVENT_DROPPED, peer->origin_host, 0,
	              "an answer of command %u that nobody asked for", header.command_code);
}

/* Nothing to do here: whoever asked whether a message may be sent sends it. */
static void none(struct dm_node *node, struct dm_peer *peer, const struct dm_occasion *occasion)
{
	(void)node;
	(void)peer;
	(void)occasion;
}

void dm_peer_act(struct dm_node *node, struct dm_peer *peer, enum dm_peer_action action,
                 const struct dm_occasion *occasion)
{
	static void (*const actions[DM_PEER_ACTION_COUNT])(struct dm_node *, struct dm_peer *,
	                                                   const struct dm_occasion *) = {
		[DM_PEER_ACTION_NONE] = none,
		[DM_PEER_ACTION_I_SND_CONN_REQ] = i_snd_conn_req,
		[DM_PEER_ACTION_I_SND_CER] = i_snd_cer,
		[DM_PEER_ACTION_I_DISC] = i_disc,
		[DM_PEER_ACTION_R_ACCEPT] = r_accept,
		[DM_PEER_ACTION_R_REJECT] = r_reject,
		[DM_PEER_ACTION_R_PROBE] = r_probe,
		[DM_PEER_ACTION_R_DISC] = r_disc,
		[DM_PEER_ACTION_R_SND_CEA] = r_snd_cea,
		[DM_PEER_ACTION_PROCESS_CER] = process_cer,
		[DM_PEER_ACTION_PROCESS_CEA] = process_cea,
		[DM_PEER_ACTION_ELECT] = elect,
		[DM_PEER_ACTION_CLEANUP] = error,
		[DM_PEER_ACTION_ERROR] = error,
		[DM_PEER_ACTION_SND_MESSAGE] = none,
		[DM_PEER_ACTION_PROCESS] = process,
		[DM_PEER_ACTION_PROCESS_DWR] = process_dwr,
		[DM_PEER_ACTION_SND_DWA] = snd_dwa,
		[DM_PEER_ACTION_PROCESS_DWA] = process_dwa,
		[DM_PEER_ACTION_SND_DPR] = snd_dpr,
		[DM_PEER_ACTION_SND_DPA] = snd_dpa,
		[DM_PEER_ACTION_SND_REFUSAL] = snd_refusal,
		[DM_PEER_ACTION_DROP] = drop,
	};

	actions[action](node, peer, occasion);
}
