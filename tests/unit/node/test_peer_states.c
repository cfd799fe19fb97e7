/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PS01 on a living node: for every (state, event) that can happen, the node is brought into the
 * state, the event is made to happen from outside, and what it does and where it ends is compared
 * with the row of the table. The table itself is compared with the RFC in test_peer_machine.c.
 */
#include "base/cursor.h"
#include "diameter/node.h"
#include "diameter/peer/peer_machine.h"
#include "dict/base.dia.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define ACCOUNTING 3
#define LOSER      "ccc.example.net" /* the node wins no election against it */
#define WINNER     "aaa.example.net" /* the node wins */

static const uint8_t loopback[] = { 127, 0, 0, 1 };
static const struct dm_address address = { DM_ADDRESS_IPV4, { loopback, sizeof(loopback) } };
static const uint32_t applications[] = { ACCOUNTING };

/* What was seen since the last look. */
struct seen {
	bool connect, request, dropped;
	bool closed[4];     /* by number of the connection below */
	uint32_t result[4]; /* of the CEA sent there, 0: none */
	bool cer, dwr, dwa, dpr, dpa;
};

enum { I, R, NEW, CONNS }; /* ours, the peer's, a further one of the peer's */

struct bench {
	struct dm_dictionary *dictionary;
	struct dm_node *node;
	const char *peer;
	dm_time now;
	dm_conn conns[CONNS];
	uint32_t cer_hop, dwr_hop; /* of the node's own requests */
	uint32_t hop;
	struct seen seen;
};

/* ---- the node ---- */

static void bench_new(struct bench *bench, const char *peer, bool connect)
{
	struct dm_node_config config = {
		.origin_host = DM_BYTES_LITERAL("bbb.example.net"),
		.origin_realm = DM_BYTES_LITERAL("example.net"),
		.product_name = DM_BYTES_LITERAL("test"),
		.host_ip_addresses = &address,
		.host_ip_address_count = 1,
		.acct_applications = applications,
		.acct_application_count = 1,
		.wall_clock = 1700000000,
	};
	struct dm_peer_config other = { .origin_host = dm_bytes_text(peer), .connect = connect };
	const char *why;

	*bench = (struct bench){ .peer = peer, .now = DM_SECOND, .hop = 100 };
	bench->dictionary = dm_dictionary_new();
	assert_int_equal(dm_dictionary_add(bench->dictionary, &dm_base_grammar, NULL, NULL, 0), 0);
	bench->node = dm_node_new(&config, bench->dictionary, bench->now, &why);
	assert_non_null(bench->node);
	assert_int_equal(dm_node_peer_add(bench->node, &other, bench->now), 0);
}

static void bench_end(struct bench *bench)
{
	dm_node_free(bench->node);
	dm_dictionary_free(bench->dictionary);
}

static size_t place_of(const struct bench *bench, dm_conn conn)
{
	size_t place = 0;

	while (place < CONNS && bench->conns[place] != conn)
		place++;
	return place;
}

static void note_message(struct bench *bench, size_t place, struct dm_bytes message)
{
	struct dm_header header = dm_header_read(message);
	bool request = header.flags & DM_FLAG_R;
	struct dm_cursor result = dm_cursor_of(message);

	dm_cursor_take(&result, DM_HEADER_SIZE + 8); /* Result-Code comes first in a CEA */
	switch (header.command_code) {
	case DM_COMMAND_CER:
		bench->seen.cer |= request;
		if (request)
			bench->cer_hop = header.hop_by_hop_id;
		else
			bench->seen.result[place] = dm_cursor_u32(&result);
		return;
	case DM_COMMAND_DWR:
		bench->seen.dwr |= request;
		bench->seen.dwa |= !request;
		if (request)
			bench->dwr_hop = header.hop_by_hop_id;
		return;
	case DM_COMMAND_DPR:
		bench->seen.dpr |= request;
		bench->seen.dpa |= !request;
		return;
	default:
		return;
	}
}

static void note_octets(struct bench *bench, size_t place, struct dm_bytes octets)
{
	struct dm_cursor cursor = dm_cursor_of(octets);

	while (dm_cursor_left(&cursor) > 0) {
		struct dm_cursor peek = cursor;
		struct dm_bytes head = dm_cursor_take(&peek, DM_HEADER_SIZE);

		note_message(bench, place, dm_cursor_take(&cursor, dm_header_read(head).length));
	}
}

static void note(struct bench *bench, const struct dm_effect *effect)
{
	size_t place = place_of(bench, effect->conn);

	switch (effect->kind) {
	case DM_EFFECT_CONNECT:
		bench->seen.connect = true;
		bench->conns[I] = effect->conn;
		return;
	case DM_EFFECT_SEND:
		note_octets(bench, place, effect->send.octets);
		return;
	case DM_EFFECT_CLOSE:
		bench->seen.closed[place] = true;
		return;
	case DM_EFFECT_REQUEST:
		bench->seen.request = true;
		return;
	case DM_EFFECT_EVENT:
		bench->seen.dropped |= effect->event.kind == DM_EVENT_DROPPED;
		return;
	default:
		return;
	}
}

static void drain(struct bench *bench)
{
	struct dm_effect effect;

	while (dm_node_effect(bench->node, &effect))
		note(bench, &effect);
}

static void tick(struct bench *bench, dm_time wait)
{
	bench->now += wait;
	dm_node_tick(bench->node, bench->now);
	drain(bench);
}

/* ---- the peer's messages ---- */

static void give(struct bench *bench, size_t place, struct dm_bytes octets)
{
	dm_node_input(bench->node, bench->conns[place], octets, bench->now);
	drain(bench);
}

static void give_as(struct bench *bench, size_t place, const struct dm_command *command,
                    uint32_t hop, uint32_t application_id, const void *body)
{
	struct dm_header header = { .application_id = application_id,
		                    .hop_by_hop_id = hop,
		                    .end_to_end_id = bench->hop };
	uint8_t room[512];
	struct dm_writer out;

	dm_writer_init_fixed(&out, room, sizeof(room));
	assert_int_equal(dm_encode(bench->dictionary, command, &header, body, &out), 0);
	give(bench, place, dm_writer_written(&out));
}

static void give_cer(struct bench *bench, size_t place)
{
	struct dm_cer cer = {
		.origin_host = dm_bytes_text(bench->peer),
		.origin_realm = DM_BYTES_LITERAL("example.net"),
		.host_ip_address = { &address, 1 },
		.product_name = DM_BYTES_LITERAL("peer"),
		.acct_application_id = { applications, 1 },
	};

	give_as(bench, place, &dm_command_cer, bench->hop++, 0, &cer);
}

static void give_cea(struct bench *bench, size_t place)
{
	struct dm_cea cea = {
		.result_code = DM_RESULT_DIAMETER_SUCCESS,
		.origin_host = dm_bytes_text(bench->peer),
		.origin_realm = DM_BYTES_LITERAL("example.net"),
		.host_ip_address = { &address, 1 },
		.product_name = DM_BYTES_LITERAL("peer"),
		.acct_application_id = { applications, 1 },
	};

	give_as(bench, place, &dm_command_cea, bench->cer_hop, 0, &cea);
}

static void give_dwr(struct bench *bench, size_t place)
{
	struct dm_dwr dwr = { .origin_host = dm_bytes_text(bench->peer),
		              .origin_realm = DM_BYTES_LITERAL("example.net") };

	give_as(bench, place, &dm_command_dwr, bench->hop++, 0, &dwr);
}

static void give_dwa(struct bench *bench, size_t place)
{
	struct dm_dwa dwa = { .result_code = DM_RESULT_DIAMETER_SUCCESS,
		              .origin_host = dm_bytes_text(bench->peer),
		              .origin_realm = DM_BYTES_LITERAL("example.net") };

	give_as(bench, place, &dm_command_dwa, bench->dwr_hop, 0, &dwa);
}

static void give_dpr(struct bench *bench, size_t place)
{
	struct dm_dpr dpr = { .origin_host = dm_bytes_text(bench->peer),
		              .origin_realm = DM_BYTES_LITERAL("example.net") };

	give_as(bench, place, &dm_command_dpr, bench->hop++, 0, &dpr);
}

static void give_dpa(struct bench *bench, size_t place)
{
	struct dm_dpa dpa = { .result_code = DM_RESULT_DIAMETER_SUCCESS,
		              .origin_host = dm_bytes_text(bench->peer),
		              .origin_realm = DM_BYTES_LITERAL("example.net") };

	give_as(bench, place, &dm_command_dpa, 1, 0, &dpa);
}

static struct dm_acr an_acr(const struct bench *bench)
{
	return (struct dm_acr){
		.session_id = DM_BYTES_LITERAL("s;1;1"),
		.origin_host = dm_bytes_text(bench->peer),
		.origin_realm = DM_BYTES_LITERAL("example.net"),
		.destination_realm = DM_BYTES_LITERAL("example.net"),
		.accounting_record_type = DM_ACCOUNTING_RECORD_TYPE_EVENT_RECORD,
	};
}

static void give_acr(struct bench *bench, size_t place)
{
	struct dm_acr acr = an_acr(bench);

	give_as(bench, place, &dm_command_acr, bench->hop++, ACCOUNTING, &acr);
}

static void accept_new(struct bench *bench, size_t place)
{
	bench->conns[place] = dm_node_accepted(bench->node, bench->now);
	assert_int_not_equal(bench->conns[place], 0);
	give_cer(bench, place);
}

static void connect_ours(struct bench *bench)
{
	dm_node_connected(bench->node, bench->conns[I], bench->now);
	drain(bench);
}

/* ---- into a state ---- */

static void look(const struct dm_peer_status *status, void *context)
{
	*(const char **)context = status->state;
}

static const char *state_now(const struct bench *bench)
{
	const char *state = "none";

	dm_node_peers(bench->node, look, &state);
	return state;
}

/* `side`: of Closing, which connection it has. */
static void reach(struct bench *bench, enum dm_peer_state state, size_t side, const char *peer)
{
	bool responder = state == DM_PEER_R_OPEN || (state == DM_PEER_CLOSING && side == R);

	bench_new(bench, peer, !responder);
	if (responder)
		accept_new(bench, R);
	else if (state != DM_PEER_CLOSED)
		tick(bench, 0);
	if (state == DM_PEER_WAIT_CONN_ACK_ELECT)
		accept_new(bench, R);
	if (state == DM_PEER_WAIT_I_CEA || state == DM_PEER_WAIT_RETURNS ||
	    state == DM_PEER_I_OPEN || (state == DM_PEER_CLOSING && side == I))
		connect_ours(bench);
	if (state == DM_PEER_WAIT_RETURNS)
		accept_new(bench, R);
	if (state == DM_PEER_I_OPEN || (state == DM_PEER_CLOSING && side == I))
		give_cea(bench, I);
	if (state == DM_PEER_CLOSING)
		give_dpr(bench, side);
	assert_string_equal(state_now(bench), dm_peer_state_name(state));
	bench->seen = (struct seen){ 0 };
}

/* ---- events ---- */

static void happen_of_message(struct bench *bench, enum dm_peer_event event, size_t side)
{
	switch (event) {
	case DM_PEER_EVENT_I_RCV_CEA:
	case DM_PEER_EVENT_R_RCV_CEA:
		give_cea(bench, side);
		return;
	case DM_PEER_EVENT_I_RCV_CER:
	case DM_PEER_EVENT_R_RCV_CER:
		give_cer(bench, side);
		return;
	case DM_PEER_EVENT_I_RCV_DWR:
	case DM_PEER_EVENT_R_RCV_DWR:
	case DM_PEER_EVENT_I_RCV_NON_CEA:
		give_dwr(bench, side);
		return;
	case DM_PEER_EVENT_I_RCV_DWA:
	case DM_PEER_EVENT_R_RCV_DWA:
		give_dwa(bench, side);
		return;
	case DM_PEER_EVENT_I_RCV_DPR:
	case DM_PEER_EVENT_R_RCV_DPR:
		give_dpr(bench, side);
		return;
	case DM_PEER_EVENT_I_RCV_DPA:
	case DM_PEER_EVENT_R_RCV_DPA:
		give_dpa(bench, side);
		return;
	case DM_PEER_EVENT_I_PEER_DISC:
	case DM_PEER_EVENT_R_PEER_DISC:
		dm_node_closed(bench->node, bench->conns[side], "closed", bench->now);
		drain(bench);
		return;
	default:
		give_acr(bench, side);
		return;
	}
}

static void happen(struct bench *bench, enum dm_peer_event event)
{
	struct dm_acr acr = an_acr(bench);

	switch (event) {
	case DM_PEER_EVENT_START:
		tick(bench, 0);
		return;
	case DM_PEER_EVENT_STOP:
		dm_node_stop(bench->node, bench->now);
		drain(bench);
		return;
	case DM_PEER_EVENT_TIMEOUT:
		tick(bench, 10 * DM_SECOND);
		return;
	case DM_PEER_EVENT_R_CONN_CER:
		accept_new(bench, NEW);
		return;
	case DM_PEER_EVENT_I_RCV_CONN_ACK:
		connect_ours(bench);
		return;
	case DM_PEER_EVENT_I_RCV_CONN_NACK:
		dm_node_connect_failed(bench->node, bench->conns[I], "refused", bench->now);
		drain(bench);
		return;
	case DM_PEER_EVENT_SEND_MESSAGE:
		assert_int_equal(dm_node_request_as(bench->node, &dm_command_acr, ACCOUNTING, &acr,
		                                    1, 0, bench->now),
		                 0);
		drain(bench);
		return;
	default:
		happen_of_message(bench, event, event < DM_PEER_EVENT_R_PEER_DISC ? I : R);
		return;
	}
}

/* ---- what it did ---- */

static bool was_done(const struct bench *bench, enum dm_peer_action action,
                     const struct dm_peer_row *row)
{
	const struct seen *seen = &bench->seen;
	bool new_one = row->event == DM_PEER_EVENT_R_CONN_CER;

	switch (action) {
	case DM_PEER_ACTION_I_SND_CONN_REQ:
		return seen->connect;
	case DM_PEER_ACTION_I_SND_CER:
		return seen->cer;
	case DM_PEER_ACTION_R_SND_CEA:
		return seen->result[new_one ? NEW : R] == DM_RESULT_DIAMETER_SUCCESS;
	case DM_PEER_ACTION_I_DISC:
		return seen->closed[I] == (row->event != DM_PEER_EVENT_I_PEER_DISC);
	case DM_PEER_ACTION_R_DISC:
		return seen->closed[R] == (row->event != DM_PEER_EVENT_R_PEER_DISC);
	case DM_PEER_ACTION_R_REJECT:
		return seen->closed[NEW] &&
		       seen->result[NEW] == DM_RESULT_DIAMETER_UNABLE_TO_COMPLY;
	case DM_PEER_ACTION_R_PROBE:
		return seen->dwr && !seen->closed[NEW] && !seen->result[NEW];
	case DM_PEER_ACTION_ERROR:
		return seen->closed[I] || seen->closed[R];
	case DM_PEER_ACTION_PROCESS: /* refused while closing, else given to the service */
		return seen->request == (row->state != DM_PEER_CLOSING);
	case DM_PEER_ACTION_SND_DWA:
		return seen->dwa;
	case DM_PEER_ACTION_SND_DPR:
		return seen->dpr;
	case DM_PEER_ACTION_SND_DPA:
		return seen->dpa;
	case DM_PEER_ACTION_SND_REFUSAL:
		return seen->result[I] == DM_RESULT_DIAMETER_UNABLE_TO_COMPLY ||
		       seen->result[R] == DM_RESULT_DIAMETER_UNABLE_TO_COMPLY;
	case DM_PEER_ACTION_DROP:
		return seen->dropped;
	default: /* nothing that can be seen from outside */
		return true;
	}
}

static void check(const struct bench *bench, const struct dm_peer_row *row)
{
	for (size_t i = 0; i < DM_PEER_ROW_ACTIONS; i++)
		if (!was_done(bench, row->actions[i], row))
			fail_msg("(%s, %s): %s was not done", dm_peer_state_name(row->state),
			         dm_peer_event_name(row->event),
			         dm_peer_action_name(row->actions[i]));
	if (strcmp(state_now(bench), dm_peer_state_name(row->next)))
		fail_msg("(%s, %s) led to %s, not to %s", dm_peer_state_name(row->state),
		         dm_peer_event_name(row->event), state_now(bench),
		         dm_peer_state_name(row->next));
}

static size_t side_of(enum dm_peer_event event)
{
	return event >= DM_PEER_EVENT_R_PEER_DISC ? R : I;
}

static void PS01_every_pair_on_a_living_node(void **context)
{
	size_t pairs = 0;

	(void)context;
	for (int state = 0; state < DM_PEER_STATE_COUNT; state++)
		for (int event = 0; event < DM_PEER_EVENT_COUNT; event++) {
			const struct dm_peer_row *row = dm_peer_row(state, event);
			struct bench bench;

			if (!row || event == DM_PEER_EVENT_WIN_ELECTION)
				continue;
			reach(&bench, state, side_of(event), LOSER);
			happen(&bench, event);
			check(&bench, row);
			bench_end(&bench);
			pairs++;
		}
	assert_true(pairs > 60);
}

/* Elect brings Win-Election with it: two events in one. */
static void PS02_win_election_on_a_living_node(void **context)
{
	static const enum dm_peer_state states[] = { DM_PEER_WAIT_I_CEA,
		                                     DM_PEER_WAIT_CONN_ACK_ELECT };
	static const enum dm_peer_event events[] = { DM_PEER_EVENT_R_CONN_CER,
		                                     DM_PEER_EVENT_I_RCV_CONN_ACK };

	(void)context;
	for (size_t i = 0; i < 2; i++) {
		size_t theirs = events[i] == DM_PEER_EVENT_R_CONN_CER ? NEW : R;
		struct bench bench;

		reach(&bench, states[i], I, WINNER);
		happen(&bench, events[i]);
		assert_string_equal(state_now(&bench), "R-Open");
		assert_true(bench.seen.closed[I]);
		assert_int_equal(bench.seen.result[theirs], DM_RESULT_DIAMETER_SUCCESS);
		bench_end(&bench);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(PS01_every_pair_on_a_living_node),
		cmocka_unit_test(PS02_win_election_on_a_living_node),
	};

	return cmocka_run_group_tests_name("peer states", tests, NULL, NULL);
}
