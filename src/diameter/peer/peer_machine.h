/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peer_machine: the peer state machine of RFC 6733 5.6 as a constant table.
 *
 * I- is the connection that we opened, R- the one that the peer opened. The table says what follows
 * from (state, event); it does nothing itself: peer.c runs the actions, and one function there
 * writes the state. States, events and actions are spelled as in the RFC.
 *
 * Invariants: at most one row per (state, event); a pair without a row cannot happen, because the
 * state has no such connection. A row that is not the RFC's says why. Incoming connections are
 * outside of the machine until their CER has been found acceptable (incoming.c).
 */
#ifndef DM_PEER_PEER_MACHINE_H
#define DM_PEER_PEER_MACHINE_H

#include "base/bytes.h"

#define DM_PEER_STATES(X)                             \
	X(CLOSED, "Closed")                           \
	X(WAIT_CONN_ACK, "Wait-Conn-Ack")             \
	X(WAIT_I_CEA, "Wait-I-CEA")                   \
	X(WAIT_CONN_ACK_ELECT, "Wait-Conn-Ack/Elect") \
	X(WAIT_RETURNS, "Wait-Returns")               \
	X(R_OPEN, "R-Open")                           \
	X(I_OPEN, "I-Open")                           \
	X(CLOSING, "Closing")

#define DM_PEER_EVENTS(X)                     \
	X(START, "Start")                     \
	X(STOP, "Stop")                       \
	X(TIMEOUT, "Timeout")                 \
	X(WIN_ELECTION, "Win-Election")       \
	X(SEND_MESSAGE, "Send-Message")       \
	X(R_CONN_CER, "R-Conn-CER")           \
	X(I_RCV_CONN_ACK, "I-Rcv-Conn-Ack")   \
	X(I_RCV_CONN_NACK, "I-Rcv-Conn-Nack") \
	X(I_RCV_CEA, "I-Rcv-CEA")             \
	X(I_RCV_NON_CEA, "I-Rcv-Non-CEA")     \
	X(I_PEER_DISC, "I-Peer-Disc")         \
	X(I_RCV_MESSAGE, "I-Rcv-Message")     \
	X(I_RCV_CER, "I-Rcv-CER")             \
	X(I_RCV_DWR, "I-Rcv-DWR")             \
	X(I_RCV_DWA, "I-Rcv-DWA")             \
	X(I_RCV_DPR, "I-Rcv-DPR")             \
	X(I_RCV_DPA, "I-Rcv-DPA")             \
	X(R_PEER_DISC, "R-Peer-Disc")         \
	X(R_RCV_MESSAGE, "R-Rcv-Message")     \
	X(R_RCV_CEA, "R-Rcv-CEA")             \
	X(R_RCV_CER, "R-Rcv-CER")             \
	X(R_RCV_DWR, "R-Rcv-DWR")             \
	X(R_RCV_DWA, "R-Rcv-DWA")             \
	X(R_RCV_DPR, "R-Rcv-DPR")             \
	X(R_RCV_DPA, "R-Rcv-DPA")

/* The two connections of a peer keep their prefix only where the RFC's action is about one of two:
 * the answer to a message leaves on the connection that brought it. */
#define DM_PEER_ACTIONS(X)                  \
	X(NONE, "")                         \
	X(I_SND_CONN_REQ, "I-Snd-Conn-Req") \
	X(I_SND_CER, "I-Snd-CER")           \
	X(I_DISC, "I-Disc")                 \
	X(R_ACCEPT, "R-Accept")             \
	X(R_REJECT, "R-Reject")             \
	X(R_PROBE, "R-Probe")               \
	X(R_DISC, "R-Disc")                 \
	X(R_SND_CEA, "R-Snd-CEA")           \
	X(PROCESS_CER, "Process-CER")       \
	X(PROCESS_CEA, "Process-CEA")       \
	X(ELECT, "Elect")                   \
	X(CLEANUP, "Cleanup")               \
	X(ERROR, "Error")                   \
	X(SND_MESSAGE, "Snd-Message")       \
	X(PROCESS, "Process")               \
	X(PROCESS_DWR, "Process-DWR")       \
	X(SND_DWA, "Snd-DWA")               \
	X(PROCESS_DWA, "Process-DWA")       \
	X(SND_DPR, "Snd-DPR")               \
	X(SND_DPA, "Snd-DPA")               \
	X(SND_REFUSAL, "Snd-Refusal")       \
	X(DROP, "Drop")

enum dm_peer_state {
#define DM_PEER_STATE(symbol, name) DM_PEER_##symbol,
	DM_PEER_STATES(DM_PEER_STATE)
#undef DM_PEER_STATE
		DM_PEER_STATE_COUNT,
};

enum dm_peer_event {
#define DM_PEER_EVENT(symbol, name) DM_PEER_EVENT_##symbol,
	DM_PEER_EVENTS(DM_PEER_EVENT)
#undef DM_PEER_EVENT
		DM_PEER_EVENT_COUNT,
};

enum dm_peer_action {
#define DM_PEER_ACTION(symbol, name) DM_PEER_ACTION_##symbol,
	DM_PEER_ACTIONS(DM_PEER_ACTION)
#undef DM_PEER_ACTION
		DM_PEER_ACTION_COUNT,
};

#define DM_PEER_ROW_ACTIONS 3

struct dm_peer_row {
	enum dm_peer_state state;
	enum dm_peer_event event;
	enum dm_peer_action actions[DM_PEER_ROW_ACTIONS]; /* in this order */
	enum dm_peer_state next;
	const char *reference; /* "RFC 6733 5.6"; NULL: the RFC has no such row */
	const char *why;       /* NULL: exactly the RFC's row */
};

/* The row of (state, event); NULL when the pair cannot happen. */
const struct dm_peer_row *dm_peer_row(enum dm_peer_state state, enum dm_peer_event event);

const char *dm_peer_state_name(enum dm_peer_state state);
const char *dm_peer_event_name(enum dm_peer_event event);
const char *dm_peer_action_name(enum dm_peer_action action);

static inline bool dm_peer_state_is_open(enum dm_peer_state state)
{
	return state == DM_PEER_I_OPEN || state == DM_PEER_R_OPEN;
}

/*
 * RFC 6733 5.6.4: true when the local node wins, that is when its Origin-Host succeeds the peer's,
 * octet by octet, ASCII letters folded. A proper prefix sorts first (the RFC leaves that open).
 */
bool dm_election_is_won(struct dm_bytes local, struct dm_bytes peer);

#endif
