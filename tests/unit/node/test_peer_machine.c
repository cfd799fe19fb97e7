/* SPDX-License-Identifier: Apache-2.0 */
/* The table of RFC 6733 5.6 against an own transcription of the RFC's text. */
#include "diameter/peer/peer_machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* RFC 6733 5.6, as printed; the prefix of an action is left out where it repeats the event's. */
static const char *const printed[][4] = {
	{ "Closed", "Start", "I-Snd-Conn-Req", "Wait-Conn-Ack" },
	{ "Closed", "R-Conn-CER", "R-Accept,Process-CER,R-Snd-CEA", "R-Open" },
	{ "Wait-Conn-Ack", "I-Rcv-Conn-Ack", "I-Snd-CER", "Wait-I-CEA" },
	{ "Wait-Conn-Ack", "I-Rcv-Conn-Nack", "Cleanup", "Closed" },
	{ "Wait-Conn-Ack", "R-Conn-CER", "R-Accept,Process-CER", "Wait-Conn-Ack/Elect" },
	{ "Wait-Conn-Ack", "Timeout", "Error", "Closed" },
	{ "Wait-I-CEA", "I-Rcv-CEA", "Process-CEA", "I-Open" },
	{ "Wait-I-CEA", "R-Conn-CER", "R-Accept,Process-CER,Elect", "Wait-Returns" },
	{ "Wait-I-CEA", "I-Peer-Disc", "I-Disc", "Closed" },
	{ "Wait-I-CEA", "I-Rcv-Non-CEA", "Error", "Closed" },
	{ "Wait-I-CEA", "Timeout", "Error", "Closed" },
	{ "Wait-Conn-Ack/Elect", "I-Rcv-Conn-Ack", "I-Snd-CER,Elect", "Wait-Returns" },
	{ "Wait-Conn-Ack/Elect", "I-Rcv-Conn-Nack", "R-Snd-CEA", "R-Open" },
	{ "Wait-Conn-Ack/Elect", "R-Peer-Disc", "R-Disc", "Wait-Conn-Ack" },
	{ "Wait-Conn-Ack/Elect", "R-Conn-CER", "R-Reject", "Wait-Conn-Ack/Elect" },
	{ "Wait-Conn-Ack/Elect", "Timeout", "Error", "Closed" },
	{ "Wait-Returns", "Win-Election", "I-Disc,R-Snd-CEA", "R-Open" },
	{ "Wait-Returns", "I-Peer-Disc", "I-Disc,R-Snd-CEA", "R-Open" },
	{ "Wait-Returns", "I-Rcv-CEA", "R-Disc", "I-Open" },
	{ "Wait-Returns", "R-Peer-Disc", "R-Disc", "Wait-I-CEA" },
	{ "Wait-Returns", "R-Conn-CER", "R-Reject", "Wait-Returns" },
	{ "Wait-Returns", "Timeout", "Error", "Closed" },
	{ "R-Open", "Send-Message", "Snd-Message", "R-Open" },
	{ "R-Open", "R-Rcv-Message", "Process", "R-Open" },
	{ "R-Open", "R-Rcv-DWR", "Process-DWR,Snd-DWA", "R-Open" },
	{ "R-Open", "R-Rcv-DWA", "Process-DWA", "R-Open" },
	{ "R-Open", "R-Conn-CER", "R-Reject", "R-Open" },
	{ "R-Open", "Stop", "Snd-DPR", "Closing" },
	{ "R-Open", "R-Rcv-DPR", "Snd-DPA", "Closing" },
	{ "R-Open", "R-Peer-Disc", "R-Disc", "Closed" },
	{ "I-Open", "Send-Message", "Snd-Message", "I-Open" },
	{ "I-Open", "I-Rcv-Message", "Process", "I-Open" },
	{ "I-Open", "I-Rcv-DWR", "Process-DWR,Snd-DWA", "I-Open" },
	{ "I-Open", "I-Rcv-DWA", "Process-DWA", "I-Open" },
	{ "I-Open", "R-Conn-CER", "R-Reject", "I-Open" },
	{ "I-Open", "Stop", "Snd-DPR", "Closing" },
	{ "I-Open", "I-Rcv-DPR", "Snd-DPA", "Closing" },
	{ "I-Open", "I-Peer-Disc", "I-Disc", "Closed" },
	{ "Closing", "I-Rcv-DPA", "I-Disc", "Closed" },
	{ "Closing", "R-Rcv-DPA", "R-Disc", "Closed" },
	{ "Closing", "Timeout", "Error", "Closed" },
	{ "Closing", "I-Peer-Disc", "I-Disc", "Closed" },
	{ "Closing", "R-Peer-Disc", "R-Disc", "Closed" },
};

#define PRINTED_COUNT (sizeof(printed) / sizeof(printed[0]))

/* The transcribed row of this pair, or NULL. */
static const char *const *find_printed(enum dm_peer_state state, enum dm_peer_event event)
{
	for (size_t i = 0; i < PRINTED_COUNT; i++)
		if (strcmp(printed[i][0], dm_peer_state_name(state)) == 0 &&
		    strcmp(printed[i][1], dm_peer_event_name(event)) == 0)
			return printed[i];
	return NULL;
}

static void actions_text(const struct dm_peer_row *row, char *text, size_t room)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < DM_PEER_ROW_ACTIONS && row->actions[i]; i++)
		used += (size_t)snprintf(text + used, room - used, "%s%s", i ? "," : "",
		                         dm_peer_action_name(row->actions[i]));
}

enum connection { I_CONNECTION, R_CONNECTION, NO_CONNECTION };

/* Whether the state can have this connection up, so that it can bring messages. */
static bool has_connection(enum dm_peer_state state, enum connection connection)
{
	switch (state) {
	case DM_PEER_WAIT_I_CEA:
	case DM_PEER_I_OPEN:
		return connection == I_CONNECTION;
	case DM_PEER_WAIT_CONN_ACK_ELECT:
	case DM_PEER_R_OPEN:
		return connection == R_CONNECTION;
	case DM_PEER_WAIT_RETURNS:
	case DM_PEER_CLOSING:
		return connection != NO_CONNECTION;
	default:
		return false;
	}
}

static bool is_dialling(enum dm_peer_state state)
{
	return state == DM_PEER_WAIT_CONN_ACK || state == DM_PEER_WAIT_CONN_ACK_ELECT;
}

static bool awaits_cea(enum dm_peer_state state)
{
	return state == DM_PEER_WAIT_I_CEA || state == DM_PEER_WAIT_RETURNS;
}

static bool owes_cea(enum dm_peer_state state)
{
	return state == DM_PEER_WAIT_CONN_ACK_ELECT || state == DM_PEER_WAIT_RETURNS;
}

/* What can happen follows from the connections that a state has, not from the table. */
static bool can_happen(enum dm_peer_state state, enum dm_peer_event event)
{
	bool exchanged = dm_peer_state_is_open(state) || state == DM_PEER_CLOSING;

	switch (event) {
	case DM_PEER_EVENT_START:
		return state == DM_PEER_CLOSED;
	case DM_PEER_EVENT_STOP:
	case DM_PEER_EVENT_R_CONN_CER:
		return true;
	case DM_PEER_EVENT_TIMEOUT:
		return state != DM_PEER_CLOSED && !dm_peer_state_is_open(state);
	case DM_PEER_EVENT_WIN_ELECTION:
		return state == DM_PEER_WAIT_RETURNS;
	case DM_PEER_EVENT_SEND_MESSAGE:
		return dm_peer_state_is_open(state);
	case DM_PEER_EVENT_I_RCV_CONN_ACK:
	case DM_PEER_EVENT_I_RCV_CONN_NACK:
		return is_dialling(state);
	case DM_PEER_EVENT_I_RCV_CEA:
		return has_connection(state, I_CONNECTION);
	case DM_PEER_EVENT_I_RCV_NON_CEA:
		return awaits_cea(state);
	case DM_PEER_EVENT_I_PEER_DISC:
		return has_connection(state, I_CONNECTION);
	case DM_PEER_EVENT_R_PEER_DISC:
		return has_connection(state, R_CONNECTION);
	case DM_PEER_EVENT_R_RCV_MESSAGE: /* before our CEA: any message at all */
		return has_connection(state, R_CONNECTION);
	default:
		break;
	}
	if (event > DM_PEER_EVENT_R_PEER_DISC)
		return exchanged && !owes_cea(state) && has_connection(state, R_CONNECTION);
	return exchanged && has_connection(state, I_CONNECTION);
}

static void check_pair(enum dm_peer_state state, enum dm_peer_event event)
{
	const struct dm_peer_row *row = dm_peer_row(state, event);
	const char *const *rfc = find_printed(state, event);
	char actions[128];
	bool same;

	if (can_happen(state, event) != (row != NULL))
		fail_msg("(%s, %s): can%s happen, and there is %s row", dm_peer_state_name(state),
		         dm_peer_event_name(event), row ? " not" : "", row ? "a" : "no");
	if (!row) {
		assert_null(rfc);
		return;
	}
	assert_int_equal(row->state, state);
	assert_int_equal(row->event, event);
	assert_int_equal(rfc != NULL, row->reference != NULL);
	if (!rfc) {
		assert_non_null(row->why);
		return;
	}
	actions_text(row, actions, sizeof(actions));
	same = strcmp(actions, rfc[2]) == 0 && strcmp(dm_peer_state_name(row->next), rfc[3]) == 0;
	if (same != (row->why == NULL))
		fail_msg("(%s, %s): %s -> %s; the RFC says %s -> %s", rfc[0], rfc[1], actions,
		         dm_peer_state_name(row->next), rfc[2], rfc[3]);
}

static void PS01_every_state_and_event(void **context)
{
	size_t rows_of_rfc = 0;

	(void)context;
	for (int state = 0; state < DM_PEER_STATE_COUNT; state++)
		for (int event = 0; event < DM_PEER_EVENT_COUNT; event++) {
			check_pair(state, event);
			rows_of_rfc += find_printed(state, event) != NULL;
		}
	/* No printed row names a state or an event that we do not have. */
	assert_int_equal(rows_of_rfc, PRINTED_COUNT);
}

/* An open state is left only by something that says so; no row leads to a connection it lacks. */
static void PS01_every_state_is_reached_and_left(void **context)
{
	(void)context;
	for (int to = 0; to < DM_PEER_STATE_COUNT; to++) {
		int in = 0;
		int out = 0;

		for (int state = 0; state < DM_PEER_STATE_COUNT; state++)
			for (int event = 0; event < DM_PEER_EVENT_COUNT; event++) {
				const struct dm_peer_row *row = dm_peer_row(state, event);

				in += row && state != to && (int)row->next == to;
				out += row && state == to && (int)row->next != to;
			}
		assert_true(in > 0 && out > 0);
	}
}

static void PS04_election_ignores_case(void **context)
{
	struct dm_bytes a = DM_BYTES_LITERAL("a.example.net");
	struct dm_bytes b = DM_BYTES_LITERAL("B.EXAMPLE.NET");

	(void)context;
	assert_true(dm_election_is_won(b, a));
	assert_false(dm_election_is_won(a, b));
	assert_false(dm_election_is_won(a, DM_BYTES_LITERAL("A.Example.Net")));
	assert_true(dm_election_is_won(DM_BYTES_LITERAL("a.example.net.x"), a));
	assert_false(dm_election_is_won(a, DM_BYTES_LITERAL("a.example.net.x")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(PS01_every_state_and_event),
		cmocka_unit_test(PS01_every_state_is_reached_and_left),
		cmocka_unit_test(PS04_election_ignores_case),
	};

	return cmocka_run_group_tests_name("peer machine", tests, NULL, NULL);
}
