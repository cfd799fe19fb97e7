/* SPDX-License-Identifier: Apache-2.0 */
/* The accounting client: what a NAS tells, and what it owes while nobody hears. */
#include "gate.h"

#include <errno.h>

#define START   DM_ACCOUNTING_RECORD_TYPE_START_RECORD
#define INTERIM DM_ACCOUNTING_RECORD_TYPE_INTERIM_RECORD
#define STOP    DM_ACCOUNTING_RECORD_TYPE_STOP_RECORD
#define MULTI   "aaa.home.example.net;7;7;acct"

static int open_gate(void **state)
{
	int error = gate_open(state);
	struct gate *gate = *state;

	gate->config.accounting.send = true;
	gate_reopen(gate);
	return error;
}

/* A NAS that is told all that an MBA can tell of accounting. */
static void attach_as(struct gate *gate, uint32_t interim, int32_t realtime)
{
	const struct mip6_mbr *mbr = gate_attach(gate, (struct mip6_nas_attach){ 0 });
	struct mip6_mba mba = gate_mba(mbr);

	mba.has.acct_multi_session_id = true;
	mba.acct_multi_session_id = LITERAL(MULTI);
	mba.has.acct_interim_interval = interim > 0;
	mba.acct_interim_interval = interim;
	mba.has.accounting_realtime_required = realtime > 0;
	mba.accounting_realtime_required = realtime;
	gate_reply(gate, &mba);
}

static const struct dm_acr *acr_of(const struct play_request *request)
{
	return request->message.body;
}

static const struct dm_acr *waiting(struct gate *gate)
{
	return acr_of(play_sent(gate->play, &dm_command_acr));
}

static size_t waiting_count(struct gate *gate)
{
	return play_sent_count(gate->play, &dm_command_acr);
}

static struct dm_aca aca_to(const struct dm_acr *acr, uint32_t result_code)
{
	return (struct dm_aca){
		.session_id = acr->session_id,
		.result_code = result_code,
		.origin_host = LITERAL(SERVER),
		.origin_realm = LITERAL(HOME),
		.accounting_record_type = acr->accounting_record_type,
		.accounting_record_number = acr->accounting_record_number,
	};
}

static void take(struct play *play, uint32_t result_code)
{
	struct play_request *request = play_sent(play, &dm_command_acr);
	const struct dm_aca aca = aca_to(acr_of(request), result_code);

	play_reply(request, &dm_command_aca, &aca);
}

static void taken(struct gate *gate, int32_t type, uint32_t number)
{
	assert_int_equal(waiting(gate)->accounting_record_type, type);
	assert_int_equal(waiting(gate)->accounting_record_number, number);
	take(gate->play, 2001);
}

static void lose(struct gate *gate)
{
	play_lose(play_sent(gate->play, &dm_command_acr));
}

static size_t owed(struct gate *gate)
{
	return play_stored(gate->nas, STORE_PUT_OWED);
}

static void restart(struct gate *gate)
{
	play_crash(gate->nas);
	gate->play->sent_count = 0;
	play_restore(gate->nas, gate_nas(gate));
}

/* ---- the life of a session ---- */

static void AC14_start_and_stop_of_an_attachment(void **state)
{
	struct gate *gate = *state;
	const struct dm_acr *acr;

	attach_as(gate, 0, 0);
	assert_int_equal(gate_result(gate, 5)->outcome, MIP6_BOOTSTRAPPED);
	acr = waiting(gate);
	assert_octets(acr->session_id, gate->play->result.nas.session_id);
	assert_octets(acr->user_name, LITERAL(ALICE));
	assert_octets(acr->acct_multi_session_id, LITERAL(MULTI));
	assert_octets(acr->destination_realm, LITERAL(HOME));
	assert_octets(acr->destination_host, LITERAL(SERVER));
	assert_int_equal(acr->acct_application_id, MIP6_APPLICATION_ID);
	assert_int_equal(acr->event_timestamp, PLAY_WALL);
	assert_int_equal(acr->acct_session_time, 0);
	assert_false(acr->has.accounting_input_octets);
	assert_false(acr->has.mip_mobile_node_address);
	assert_false(play_sent(gate->play, &dm_command_acr)->again);
	assert_int_equal(owed(gate), 1);
	taken(gate, START, 0);
	assert_int_equal(owed(gate), 0);
	assert_int_equal(play_stored(gate->nas, STORE_PUT_ACCOUNT), 1);
	play_advance(gate->play, 77);
	gate_detach(gate, ALICE, "");
	assert_int_equal(waiting(gate)->acct_session_time, 77);
	assert_octets(waiting(gate)->acct_multi_session_id, LITERAL(MULTI));
	taken(gate, STOP, 1);
	assert_int_equal(owed(gate), 0);
	assert_int_equal(play_stored(gate->nas, STORE_PUT_ACCOUNT), 0);
	assert_int_equal(waiting_count(gate), 0);
}

static void without_accounting_nothing_is_sent(void **state)
{
	struct gate *gate = *state;

	gate->config.accounting.send = false;
	gate_reopen(gate);
	attach_as(gate, 10, DM_ACCOUNTING_REALTIME_REQUIRED_DELIVER_AND_GRANT);
	assert_int_equal(gate_result(gate, 5)->outcome, MIP6_BOOTSTRAPPED);
	assert_int_equal(waiting_count(gate), 0);
}

static void a_record_is_durable_before_it_leaves(void **state)
{
	struct gate *gate = *state;

	attach_as(gate, 0, 0);
	taken(gate, START, 0);
	gate->nas->store->hold = true;
	gate_detach(gate, ALICE, "");
	assert_int_equal(waiting_count(gate), 0);
	gate->nas->store->hold = false;
	play_release(gate->play, 0);
	taken(gate, STOP, 1);
}

static void records_of_a_session_leave_in_order(void **state)
{
	struct gate *gate = *state;

	attach_as(gate, 0, 0);
	gate_detach(gate, ALICE, "");
	assert_int_equal(waiting_count(gate), 1);
	assert_int_equal(owed(gate), 2);
	taken(gate, START, 0);
	taken(gate, STOP, 1);
	assert_int_equal(owed(gate), 0);
}

static void octets_are_those_that_were_told(void **state)
{
	struct gate *gate = *state;
	struct store_usage usage = { .told = STORE_TOLD_INPUT_OCTETS | STORE_TOLD_OUTPUT_PACKETS,
		                     .input_octets = (uint64_t)5 << 33,
		                     .output_packets = 12 };
	struct mip6_accounting *accounting = mip6_nas_accounting(gate->nas->role);
	struct dm_bytes session_id;

	attach_as(gate, 0, 0);
	taken(gate, START, 0);
	assert_true(mip6_nas_find(gate->nas->role, (struct dm_bytes){ 0 }, LITERAL(ALICE),
	                          (struct dm_bytes){ 0 }, &session_id));
	assert_int_equal(mip6_accounting_use(accounting, session_id, &usage, gate->play->now), 0);
	play_pump(gate->play);
	restart(gate); /* what was told is not forgotten */
	gate_detach(gate, ALICE, "");
	assert_true(waiting(gate)->accounting_input_octets == (uint64_t)5 << 33);
	assert_int_equal(waiting(gate)->accounting_output_packets, 12);
	assert_false(waiting(gate)->has.accounting_output_octets);
	taken(gate, STOP, 1);
	accounting = mip6_nas_accounting(gate->nas->role);
	assert_int_equal(mip6_accounting_use(accounting, LITERAL("none"), &usage, gate->play->now),
	                 -ENOENT);
}

/* ---- interims ---- */

static void AC12_interims_come_a_little_before_their_time(void **state)
{
	struct gate *gate = *state;

	attach_as(gate, 100, 0);
	taken(gate, START, 0);
	play_advance(gate->play, 89);
	assert_int_equal(waiting_count(gate), 0);
	play_advance(gate->play, 11);
	assert_in_range(waiting(gate)->acct_session_time, 90, 100);
	taken(gate, INTERIM, 1);
	play_advance(gate->play, 100);
	taken(gate, INTERIM, 2);
}

/* Two sessions that began together do not speak together for ever. */
static void AC12_the_times_differ(void **state)
{
	struct gate *gate = *state;
	uint32_t times[4];

	attach_as(gate, 1000, 0);
	taken(gate, START, 0);
	for (uint32_t i = 0; i < 4; i++) {
		play_advance(gate->play, 1000);
		times[i] = waiting(gate)->acct_session_time;
		taken(gate, INTERIM, i + 1);
	}
	assert_false(times[1] - times[0] == times[2] - times[1] &&
	             times[2] - times[1] == times[3] - times[2]);
}

static void AC12_zero_is_none_and_the_newest_word_counts(void **state)
{
	struct gate *gate = *state;
	struct dm_aca aca;

	attach_as(gate, 0, 0);
	aca = aca_to(waiting(gate), 2001);
	aca.has.acct_interim_interval = true;
	aca.acct_interim_interval = 10;
	play_reply(play_sent(gate->play, &dm_command_acr), &dm_command_aca, &aca);
	play_advance(gate->play, 10);
	aca = aca_to(waiting(gate), 2001);
	aca.has.acct_interim_interval = true;
	aca.acct_interim_interval = 0;
	play_reply(play_sent(gate->play, &dm_command_acr), &dm_command_aca, &aca);
	play_advance(gate->play, 100000);
	assert_int_equal(waiting_count(gate), 0);
}

static void AC11_a_newer_interim_takes_the_place_of_the_one_that_waits(void **state)
{
	struct gate *gate = *state;

	gate->config.accounting.retry = 3600 * DM_SECOND;
	gate_reopen(gate);
	attach_as(gate, 10, 0);
	taken(gate, START, 0);
	play_advance(gate->play, 10);
	lose(gate); /* number 1 may have arrived */
	for (int i = 0; i < 20; i++)
		play_advance(gate->play, 10);
	assert_int_equal(owed(gate), 1);
	assert_int_equal(play_record(gate->nas, STORE_PUT_OWED)->owed.record_number, 2);
	play_advance(gate->play, 3500);
	assert_int_equal(waiting_count(gate), 1);
	assert_in_range(waiting(gate)->acct_session_time, 3400, 3710);
	taken(gate, INTERIM, 2);
	assert_int_equal(owed(gate), 1); /* made while that one was on its way */
	taken(gate, INTERIM, 3);
	assert_int_equal(owed(gate), 0);
}

/* One that is on its way when the next is made: lost, it is not sent again. */
static void AC11_a_lost_interim_is_forgotten_for_the_newer(void **state)
{
	struct gate *gate = *state;

	attach_as(gate, 10, 0);
	taken(gate, START, 0);
	play_advance(gate->play, 10);
	assert_int_equal(waiting(gate)->accounting_record_number, 1);
	play_advance(gate->play, 10);
	assert_int_equal(owed(gate), 2);
	lose(gate);
	assert_int_equal(owed(gate), 1);
	play_advance(gate->play, 5);
	taken(gate, INTERIM, 2);
	assert_int_equal(owed(gate), 0);
}

/* What a newer one changes has to be durable again before it leaves. */
static void AC11_a_changed_interim_waits_for_its_commit(void **state)
{
	struct gate *gate = *state;

	gate->config.accounting.retry = 15 * DM_SECOND;
	gate_reopen(gate);
	attach_as(gate, 10, 0);
	taken(gate, START, 0);
	play_advance(gate->play, 10);
	lose(gate);
	gate->nas->store->hold = true;
	play_advance(gate->play, 15); /* a newer one, and the time to send again */
	assert_int_equal(waiting_count(gate), 0);
	gate->nas->store->hold = false;
	play_release(gate->play, 0);
	taken(gate, INTERIM, 2);
}

/* ---- the server is away ---- */

static void AC10_what_a_life_owed_is_sent_by_the_next_with_t(void **state)
{
	struct gate *gate = *state;

	attach_as(gate, 0, 0);
	play_advance(gate->play, 5);
	lose(gate);
	restart(gate);
	assert_true(play_sent(gate->play, &dm_command_acr)->again);
	assert_false(waiting(gate)->has.destination_host); /* any server of the realm */
	assert_octets(waiting(gate)->destination_realm, LITERAL(HOME));
	assert_int_equal(waiting(gate)->event_timestamp, PLAY_WALL);
	taken(gate, START, 0);
	gate_detach(gate, ALICE, "");
	assert_false(play_sent(gate->play, &dm_command_acr)->again);
	taken(gate, STOP, 1);
}

/* The end of the session was committed, its STOP was not. */
static void AC10_a_session_that_is_gone_gets_its_stop_at_the_start(void **state)
{
	struct gate *gate = *state;

	attach_as(gate, 0, 0);
	taken(gate, START, 0);
	play_advance(gate->play, 9);
	for (size_t i = 0; i < gate->nas->store->count; i++)
		if (gate->nas->store->records[i].change.kind == STORE_PUT_ATTACHMENT)
			gate->nas->store->records[i].gone = true;
	restart(gate);
	assert_int_equal(waiting(gate)->acct_session_time, 9);
	taken(gate, STOP, 1);
	assert_int_equal(play_stored(gate->nas, STORE_PUT_ACCOUNT), 0);
}

static void AC10_a_session_without_account_gets_its_start(void **state)
{
	struct gate *gate = *state;

	gate->config.accounting.send = false;
	gate_reopen(gate);
	attach_as(gate, 0, 0);
	gate->config.accounting.send = true;
	play_advance(gate->play, 60);
	restart(gate);
	assert_int_equal(waiting(gate)->acct_session_time, 60);
	taken(gate, START, 0);
}

static void retries_come_later_each_time_and_at_once_with_a_peer(void **state)
{
	struct gate *gate = *state;

	attach_as(gate, 0, 0);
	lose(gate);
	play_advance(gate->play, 4);
	assert_int_equal(waiting_count(gate), 0);
	play_advance(gate->play, 1);
	assert_true(play_sent(gate->play, &dm_command_acr)->again);
	lose(gate);
	play_advance(gate->play, 9);
	assert_int_equal(waiting_count(gate), 0);
	gate->nas->role->class->peer_event(gate->nas->role, LITERAL("proxy.example"), true, false,
	                                   0, gate->play->now);
	play_pump(gate->play);
	take(gate->play, 4002); /* its disk is full: later */
	play_advance(gate->play, 5);
	taken(gate, START, 0);
}

static void a_relay_that_wants_the_applications_own_id_gets_it(void **state)
{
	struct gate *gate = *state;
	struct play_request *request;

	attach_as(gate, 0, 0);
	request = play_sent(gate->play, &dm_command_acr);
	assert_int_equal(request->message.header.application_id, 0);
	play_reply_error(gate->play, request, 3007);
	request = play_sent(gate->play, &dm_command_acr);
	assert_int_equal(request->message.header.application_id, MIP6_APPLICATION_ID);
	assert_false(request->again);
	taken(gate, START, 0);
}

/* ---- AC09: Accounting-Realtime-Required ---- */

/* 0: still attached; else the node was let go, and STR says so. */
static bool is_attached(struct gate *gate)
{
	return play_sent_count(gate->play, &dm_command_str) == 0;
}

static void AC09_deliver_and_grant_waits_for_its_start(void **state)
{
	struct gate *gate = *state;
	size_t results = gate->play->result.count;

	attach_as(gate, 0, DM_ACCOUNTING_REALTIME_REQUIRED_DELIVER_AND_GRANT);
	assert_int_equal(gate->play->result.count, results);
	taken(gate, START, 0);
	assert_int_equal(gate->play->result.count, results + 1);
	assert_int_equal(gate_result(gate, 5)->outcome, MIP6_BOOTSTRAPPED);
	assert_true(is_attached(gate));
}

/* What the home server granted is its session already, whether or not its START has come. */
static void SE06_rar_while_the_start_is_waited_for(void **state)
{
	struct gate *gate = *state;
	struct dm_rar rar = {
		.origin_host = LITERAL(SERVER),
		.origin_realm = LITERAL(HOME),
		.destination_realm = LITERAL(VISITED),
		.destination_host = LITERAL(NAS),
		.auth_application_id = MIP6_APPLICATION_ID,
	};
	uint64_t transaction;

	attach_as(gate, 0, DM_ACCOUNTING_REALTIME_REQUIRED_DELIVER_AND_GRANT);
	rar.session_id = waiting(gate)->session_id;
	transaction = play_request_as(gate->nas, &dm_command_rar, 0, &rar);
	assert_int_equal(play_answer(gate->play, transaction)->result_code, 2001);
	assert_int_equal(play_sent_count(gate->play, &mip6_command_mbr), 0);
	taken(gate, START, 0);
	assert_int_equal(gate_result(gate, 5)->outcome, MIP6_BOOTSTRAPPED);
	assert_int_equal(play_sent_count(gate->play, &mip6_command_mbr), 1);
}

static void AC09_deliver_and_grant_without_a_server_is_no_grant(void **state)
{
	struct gate *gate = *state;

	attach_as(gate, 0, DM_ACCOUNTING_REALTIME_REQUIRED_DELIVER_AND_GRANT);
	lose(gate);
	assert_int_equal(gate->play->result.tag, 5);
	assert_int_equal(gate->play->result.error, -EREMOTEIO);
	assert_int_equal(gate->play->result.nas.outcome, MIP6_FAILED);
	assert_false(is_attached(gate));
	assert_true(play_had_event(gate->play, "accounting-failed"));
	gate_sta(gate, 2001);
	assert_int_equal(mip6_nas_count(gate->nas->role), 0);
	assert_int_equal(owed(gate), 2); /* START and STOP, so that the server sees a whole one */
}

static void AC09_deliver_and_grant_ends_when_an_interim_fails(void **state)
{
	struct gate *gate = *state;

	attach_as(gate, 10, DM_ACCOUNTING_REALTIME_REQUIRED_DELIVER_AND_GRANT);
	taken(gate, START, 0);
	play_advance(gate->play, 10);
	assert_true(is_attached(gate));
	lose(gate);
	assert_false(is_attached(gate));
}

static void AC09_grant_and_store_goes_on_while_it_can_store(void **state)
{
	struct gate *gate = *state;

	attach_as(gate, 0, DM_ACCOUNTING_REALTIME_REQUIRED_GRANT_AND_STORE);
	lose(gate);
	assert_int_equal(gate_result(gate, 5)->outcome, MIP6_BOOTSTRAPPED);
	assert_true(is_attached(gate));
	assert_int_equal(owed(gate), 1);
}

/* The disk is full: a record that is delivered does no harm, one that is not ends the session. */
static void AC09_grant_and_store_without_a_disk(void **state)
{
	struct gate *gate = *state;

	attach_as(gate, 10, DM_ACCOUNTING_REALTIME_REQUIRED_GRANT_AND_STORE);
	taken(gate, START, 0);
	gate->nas->store->fail = ENOSPC;
	play_advance(gate->play, 10);
	taken(gate, INTERIM, 1);
	assert_true(is_attached(gate));
	play_advance(gate->play, 10);
	lose(gate);
	assert_false(is_attached(gate));
}

static void AC09_grant_and_store_with_a_full_queue(void **state)
{
	struct gate *gate = *state;

	gate->config.accounting.limit = 1;
	gate_reopen(gate);
	attach_as(gate, 10, DM_ACCOUNTING_REALTIME_REQUIRED_GRANT_AND_STORE);
	assert_true(is_attached(gate));
	lose(gate); /* START is owed, and takes all the room */
	play_advance(gate->play, 10);
	assert_true(play_had_event(gate->play, "record-lost"));
	assert_false(is_attached(gate));
}

static void AC09_grant_and_lose_goes_on_in_any_case(void **state)
{
	struct gate *gate = *state;

	gate->config.accounting.limit = 1;
	gate_reopen(gate);
	attach_as(gate, 10, DM_ACCOUNTING_REALTIME_REQUIRED_GRANT_AND_LOSE);
	gate->nas->store->fail = ENOSPC;
	lose(gate);
	play_advance(gate->play, 100);
	assert_true(play_had_event(gate->play, "record-lost"));
	assert_true(is_attached(gate));
	take(gate->play, 5012); /* a record that is refused is dropped */
	assert_true(is_attached(gate));
	assert_true(play_had_event(gate->play, "record-refused"));
}

static void AC09_a_refused_record_ends_the_session_unless_losing_is_allowed(void **state)
{
	struct gate *gate = *state;

	attach_as(gate, 0, 0);
	take(gate->play, 5012);
	assert_true(play_had_event(gate->play, "record-refused"));
	assert_false(is_attached(gate));
}

/* A server without accounting that demanded none is left alone; one that demanded it is not. */
static void a_server_without_accounting(void **state)
{
	struct gate *gate = *state;

	attach_as(gate, 0, 0);
	play_reply_error(gate->play, play_sent(gate->play, &dm_command_acr), 3001);
	assert_true(is_attached(gate));
	assert_true(play_had_event(gate->play, "no-accounting"));
	assert_int_equal(owed(gate), 0);
	gate_detach(gate, ALICE, "");
	gate_sta(gate, 2001);
	attach_as(gate, 0, DM_ACCOUNTING_REALTIME_REQUIRED_GRANT_AND_STORE);
	play_reply_error(gate->play, play_sent(gate->play, &dm_command_acr), 3001);
	assert_false(is_attached(gate));
}

#define GATE_TEST(name) cmocka_unit_test_setup_teardown(name, open_gate, gate_close)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		GATE_TEST(AC14_start_and_stop_of_an_attachment),
		GATE_TEST(without_accounting_nothing_is_sent),
		GATE_TEST(a_record_is_durable_before_it_leaves),
		GATE_TEST(records_of_a_session_leave_in_order),
		GATE_TEST(octets_are_those_that_were_told),
		GATE_TEST(AC12_interims_come_a_little_before_their_time),
		GATE_TEST(AC12_the_times_differ),
		GATE_TEST(AC12_zero_is_none_and_the_newest_word_counts),
		GATE_TEST(AC11_a_newer_interim_takes_the_place_of_the_one_that_waits),
		GATE_TEST(AC11_a_lost_interim_is_forgotten_for_the_newer),
		GATE_TEST(AC11_a_changed_interim_waits_for_its_commit),
		GATE_TEST(AC10_what_a_life_owed_is_sent_by_the_next_with_t),
		GATE_TEST(AC10_a_session_that_is_gone_gets_its_stop_at_the_start),
		GATE_TEST(AC10_a_session_without_account_gets_its_start),
		GATE_TEST(retries_come_later_each_time_and_at_once_with_a_peer),
		GATE_TEST(a_relay_that_wants_the_applications_own_id_gets_it),
		GATE_TEST(AC09_deliver_and_grant_waits_for_its_start),
		GATE_TEST(SE06_rar_while_the_start_is_waited_for),
		GATE_TEST(AC09_deliver_and_grant_without_a_server_is_no_grant),
		GATE_TEST(AC09_deliver_and_grant_ends_when_an_interim_fails),
		GATE_TEST(AC09_grant_and_store_goes_on_while_it_can_store),
		GATE_TEST(AC09_grant_and_store_without_a_disk),
		GATE_TEST(AC09_grant_and_store_with_a_full_queue),
		GATE_TEST(AC09_grant_and_lose_goes_on_in_any_case),
		GATE_TEST(AC09_a_refused_record_ends_the_session_unless_losing_is_allowed),
		GATE_TEST(a_server_without_accounting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
