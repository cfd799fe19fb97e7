/* SPDX-License-Identifier: Apache-2.0 */
#include "diameter/peer/peer_machine.h"

/* A row of RFC 6733 5.6, as printed there. */
#define RFC(from, on, to, ...)                   \
	[DM_PEER_##from][DM_PEER_EVENT_##on] = { \
		.state = DM_PEER_##from,         \
		.event = DM_PEER_EVENT_##on,     \
		.actions = { __VA_ARGS__ },      \
		.next = DM_PEER_##to,            \
		.reference = "RFC 6733 5.6",     \
	}

/* A row of the RFC that we carry out in another way. */
#define DIFFERS(from, on, to, reason, ...)       \
	[DM_PEER_##from][DM_PEER_EVENT_##on] = { \
		.state = DM_PEER_##from,         \
		.event = DM_PEER_EVENT_##on,     \
		.actions = { __VA_ARGS__ },      \
		.next = DM_PEER_##to,            \
		.reference = "RFC 6733 5.6",     \
		.why = (reason),                 \
	}

/* A pair that can happen and that the RFC does not list. */
#define OURS(from, on, to, reason, ...)          \
	[DM_PEER_##from][DM_PEER_EVENT_##on] = { \
		.state = DM_PEER_##from,         \
		.event = DM_PEER_EVENT_##on,     \
		.actions = { __VA_ARGS__ },      \
		.next = DM_PEER_##to,            \
		.why = (reason),                 \
	}

#define DO(action) DM_PEER_ACTION_##action

static const char probe_first[] =
	"R-Reject only after the open connection has shown life: a peer that lost power "
	"never closed it and must not be locked out until the watchdog notices";
static const char no_cer_here[] =
	"capabilities are exchanged once per connection (RFC 6737 updates them); the CER is "
	"refused, the state stays";
static const char no_cea_here[] = "an answer to nothing is dropped and counted, as any other";
static const char nothing_before_cea[] =
	"the peer may send nothing before our CEA: its connection is closed, ours goes on";
static const char no_connection[] = "Stop asks for what is already so";
static const char abandon[] =
	"no capabilities were exchanged yet, so there is nobody to send a DPR to";
static const char dpa_unasked[] = "a DPA that nobody asked for is dropped and counted";
static const char in_flight[] = "messages in flight while a DPR is answered";
static const char crossing[] = "both sides send DPR at once: each answers the other's";
static const char dwr_in_closing[] =
	"a peer that probes while the connection closes is answered (RFC 6733 5.5)";
static const char second_cer[] =
	"one connection closes, the other must wait until it has: R-Reject";
static const char refused_here[] =
	"the connection that we made is of no use, the one that the peer made is: as I-Peer-Disc";
static const char process_too[] =
	"the RFC leaves Process-CEA unsaid here; without it the peer's applications stay unknown";
static const char already_closing[] = "the DPR is on its way";

static const struct dm_peer_row rows[DM_PEER_STATE_COUNT][DM_PEER_EVENT_COUNT] = {
	RFC(CLOSED, START, WAIT_CONN_ACK, DO(I_SND_CONN_REQ)),
	RFC(CLOSED, R_CONN_CER, R_OPEN, DO(R_ACCEPT), DO(PROCESS_CER), DO(R_SND_CEA)),

	RFC(WAIT_CONN_ACK, I_RCV_CONN_ACK, WAIT_I_CEA, DO(I_SND_CER)),
	RFC(WAIT_CONN_ACK, I_RCV_CONN_NACK, CLOSED, DO(CLEANUP)),
	RFC(WAIT_CONN_ACK, R_CONN_CER, WAIT_CONN_ACK_ELECT, DO(R_ACCEPT), DO(PROCESS_CER)),
	RFC(WAIT_CONN_ACK, TIMEOUT, CLOSED, DO(ERROR)),

	RFC(WAIT_I_CEA, I_RCV_CEA, I_OPEN, DO(PROCESS_CEA)),
	RFC(WAIT_I_CEA, R_CONN_CER, WAIT_RETURNS, DO(R_ACCEPT), DO(PROCESS_CER), DO(ELECT)),
	RFC(WAIT_I_CEA, I_PEER_DISC, CLOSED, DO(I_DISC)),
	RFC(WAIT_I_CEA, I_RCV_NON_CEA, CLOSED, DO(ERROR)),
	RFC(WAIT_I_CEA, TIMEOUT, CLOSED, DO(ERROR)),

	RFC(WAIT_CONN_ACK_ELECT, I_RCV_CONN_ACK, WAIT_RETURNS, DO(I_SND_CER), DO(ELECT)),
	RFC(WAIT_CONN_ACK_ELECT, I_RCV_CONN_NACK, R_OPEN, DO(R_SND_CEA)),
	RFC(WAIT_CONN_ACK_ELECT, R_PEER_DISC, WAIT_CONN_ACK, DO(R_DISC)),
	RFC(WAIT_CONN_ACK_ELECT, R_CONN_CER, WAIT_CONN_ACK_ELECT, DO(R_REJECT)),
	RFC(WAIT_CONN_ACK_ELECT, TIMEOUT, CLOSED, DO(ERROR)),

	RFC(WAIT_RETURNS, WIN_ELECTION, R_OPEN, DO(I_DISC), DO(R_SND_CEA)),
	RFC(WAIT_RETURNS, I_PEER_DISC, R_OPEN, DO(I_DISC), DO(R_SND_CEA)),
	DIFFERS(WAIT_RETURNS, I_RCV_CEA, I_OPEN, process_too, DO(R_DISC), DO(PROCESS_CEA)),
	RFC(WAIT_RETURNS, R_PEER_DISC, WAIT_I_CEA, DO(R_DISC)),
	RFC(WAIT_RETURNS, R_CONN_CER, WAIT_RETURNS, DO(R_REJECT)),
	RFC(WAIT_RETURNS, TIMEOUT, CLOSED, DO(ERROR)),

	RFC(R_OPEN, SEND_MESSAGE, R_OPEN, DO(SND_MESSAGE)),
	RFC(R_OPEN, R_RCV_MESSAGE, R_OPEN, DO(PROCESS)),
	RFC(R_OPEN, R_RCV_DWR, R_OPEN, DO(PROCESS_DWR), DO(SND_DWA)),
	RFC(R_OPEN, R_RCV_DWA, R_OPEN, DO(PROCESS_DWA)),
	DIFFERS(R_OPEN, R_CONN_CER, R_OPEN, probe_first, DO(R_PROBE)),
	RFC(R_OPEN, STOP, CLOSING, DO(SND_DPR)),
	RFC(R_OPEN, R_RCV_DPR, CLOSING, DO(SND_DPA)),
	RFC(R_OPEN, R_PEER_DISC, CLOSED, DO(R_DISC)),

	RFC(I_OPEN, SEND_MESSAGE, I_OPEN, DO(SND_MESSAGE)),
	RFC(I_OPEN, I_RCV_MESSAGE, I_OPEN, DO(PROCESS)),
	RFC(I_OPEN, I_RCV_DWR, I_OPEN, DO(PROCESS_DWR), DO(SND_DWA)),
	RFC(I_OPEN, I_RCV_DWA, I_OPEN, DO(PROCESS_DWA)),
	DIFFERS(I_OPEN, R_CONN_CER, I_OPEN, probe_first, DO(R_PROBE)),
	RFC(I_OPEN, STOP, CLOSING, DO(SND_DPR)),
	RFC(I_OPEN, I_RCV_DPR, CLOSING, DO(SND_DPA)),
	RFC(I_OPEN, I_PEER_DISC, CLOSED, DO(I_DISC)),

	RFC(CLOSING, I_RCV_DPA, CLOSED, DO(I_DISC)),
	RFC(CLOSING, R_RCV_DPA, CLOSED, DO(R_DISC)),
	RFC(CLOSING, TIMEOUT, CLOSED, DO(ERROR)),
	RFC(CLOSING, I_PEER_DISC, CLOSED, DO(I_DISC)),
	RFC(CLOSING, R_PEER_DISC, CLOSED, DO(R_DISC)),

	/* What can happen besides. */
	OURS(CLOSED, STOP, CLOSED, no_connection, DO(NONE)),
	OURS(WAIT_CONN_ACK, STOP, CLOSED, abandon, DO(ERROR)),
	OURS(WAIT_I_CEA, STOP, CLOSED, abandon, DO(ERROR)),
	OURS(WAIT_CONN_ACK_ELECT, STOP, CLOSED, abandon, DO(ERROR)),
	OURS(WAIT_RETURNS, STOP, CLOSED, abandon, DO(ERROR)),
	OURS(CLOSING, STOP, CLOSING, already_closing, DO(NONE)),

	OURS(WAIT_CONN_ACK_ELECT, R_RCV_MESSAGE, WAIT_CONN_ACK, nothing_before_cea, DO(R_DISC)),
	OURS(WAIT_RETURNS, R_RCV_MESSAGE, WAIT_I_CEA, nothing_before_cea, DO(R_DISC)),
	OURS(WAIT_RETURNS, I_RCV_NON_CEA, R_OPEN, refused_here, DO(I_DISC), DO(R_SND_CEA)),

	OURS(R_OPEN, R_RCV_CER, R_OPEN, no_cer_here, DO(SND_REFUSAL)),
	OURS(R_OPEN, R_RCV_CEA, R_OPEN, no_cea_here, DO(DROP)),
	OURS(R_OPEN, R_RCV_DPA, R_OPEN, dpa_unasked, DO(DROP)),
	OURS(I_OPEN, I_RCV_CER, I_OPEN, no_cer_here, DO(SND_REFUSAL)),
	OURS(I_OPEN, I_RCV_CEA, I_OPEN, no_cea_here, DO(DROP)),
	OURS(I_OPEN, I_RCV_DPA, I_OPEN, dpa_unasked, DO(DROP)),

	OURS(CLOSING, R_CONN_CER, CLOSING, second_cer, DO(R_REJECT)),
	OURS(CLOSING, I_RCV_MESSAGE, CLOSING, in_flight, DO(PROCESS)),
	OURS(CLOSING, R_RCV_MESSAGE, CLOSING, in_flight, DO(PROCESS)),
	OURS(CLOSING, I_RCV_DPR, CLOSING, crossing, DO(SND_DPA)),
	OURS(CLOSING, R_RCV_DPR, CLOSING, crossing, DO(SND_DPA)),
	OURS(CLOSING, I_RCV_DWR, CLOSING, dwr_in_closing, DO(PROCESS_DWR), DO(SND_DWA)),
	OURS(CLOSING, R_RCV_DWR, CLOSING, dwr_in_closing, DO(PROCESS_DWR), DO(SND_DWA)),
	OURS(CLOSING, I_RCV_DWA, CLOSING, dwr_in_closing, DO(PROCESS_DWA)),
	OURS(CLOSING, R_RCV_DWA, CLOSING, dwr_in_closing, DO(PROCESS_DWA)),
	OURS(CLOSING, I_RCV_CER, CLOSING, no_cer_here, DO(SND_REFUSAL)),
	OURS(CLOSING, R_RCV_CER, CLOSING, no_cer_here, DO(SND_REFUSAL)),
	OURS(CLOSING, I_RCV_CEA, CLOSING, no_cea_here, DO(DROP)),
	OURS(CLOSING, R_RCV_CEA, CLOSING, no_cea_here, DO(DROP)),
};

const struct dm_peer_row *dm_peer_row(enum dm_peer_state state, enum dm_peer_event event)
{
	const struct dm_peer_row *row = &rows[state][event];

	return row->reference || row->why ? row : NULL;
}

const char *dm_peer_state_name(enum dm_peer_state state)
{
#define DM_PEER_STATE(symbol, name) [DM_PEER_##symbol] = (name),
	static const char *const names[] = { DM_PEER_STATES(DM_PEER_STATE) };
#undef DM_PEER_STATE

	return names[state];
}

const char *dm_peer_event_name(enum dm_peer_event event)
{
#define DM_PEER_EVENT(symbol, name) [DM_PEER_EVENT_##symbol] = (name),
	static const char *const names[] = { DM_PEER_EVENTS(DM_PEER_EVENT) };
#undef DM_PEER_EVENT

	return names[event];
}

const char *dm_peer_action_name(enum dm_peer_action action)
{
#define DM_PEER_ACTION(symbol, name) [DM_PEER_ACTION_##symbol] = (name),
	static const char *const names[] = { DM_PEER_ACTIONS(DM_PEER_ACTION) };
#undef DM_PEER_ACTION

	return names[action];
}

bool dm_election_is_won(struct dm_bytes local, struct dm_bytes peer)
{
	return dm_bytes_compare_folded(local, peer) > 0;
}
