/* SPDX-License-Identifier: Apache-2.0 */
/* The NAS: a node that attaches again, detaches, expires, and comes through a restart. */
#include "gate.h"

#include <errno.h>

/* ---- the same node again ---- */

static void a_second_attach_is_a_reauthorization(void **state)
{
	struct gate *gate = *state;
	struct dm_bytes session = gate_attached(gate)->session_id;
	const struct mip6_mbr *mbr = gate_attach(gate, (struct mip6_nas_attach){ 0 });
	struct mip6_mba mba;

	assert_octets(mbr->session_id, session);
	mba = gate_mba(mbr);
	mba.mip6_feature_vector = 3;
	gate_reply(gate, &mba);
	assert_int_equal(gate_result(gate, 5)->feature_vector, 3);
	assert_int_equal(mip6_nas_count(gate->nas->role), 1);
	assert_int_equal(play_stored(gate->nas, STORE_PUT_ATTACHMENT), 1);
}

/* First it asks the server that granted it, then any (RFC 6733 8.17, 8.18). */
static void an_unanswered_reauthorization_keeps_what_there_is(void **state)
{
	struct gate *gate = *state;
	const struct mip6_mbr *mbr;

	gate_attached(gate);
	mbr = gate_attach(gate, (struct mip6_nas_attach){ 0 });
	assert_octets(mbr->destination_host, LITERAL(SERVER));
	play_lose(play_sent(gate->play, &mip6_command_mbr));
	mbr = play_sent(gate->play, &mip6_command_mbr)->message.body;
	assert_false(mbr->has.destination_host);
	play_lose(play_sent(gate->play, &mip6_command_mbr));
	assert_int_equal(gate_result(gate, 5)->outcome, MIP6_FAILED);
	assert_int_equal(mip6_nas_count(gate->nas->role), 1);
	assert_int_equal(play_sent_count(gate->play, &dm_command_str), 0);
}

static void a_refused_reauthorization_ends_it(void **state)
{
	struct gate *gate = *state;
	struct mip6_mba mba;

	gate_attached(gate);
	mba = gate_mba(gate_attach(gate, (struct mip6_nas_attach){ 0 }));
	mba = (struct mip6_mba){ .session_id = mba.session_id,
		                 .auth_application_id = MIP6_APPLICATION_ID,
		                 .auth_request_type = 2,
		                 .result_code = 5003,
		                 .origin_host = LITERAL(SERVER),
		                 .origin_realm = LITERAL(HOME) };
	gate_reply(gate, &mba);
	assert_int_equal(gate_result(gate, 5)->outcome, MIP6_REFUSED);
	assert_int_equal(mip6_nas_count(gate->nas->role), 0);
	assert_int_equal(play_stored(gate->nas, STORE_PUT_ATTACHMENT), 0);
}

static void one_command_at_a_time(void **state)
{
	struct gate *gate = *state;

	gate_attach(gate, (struct mip6_nas_attach){ 0 });
	assert_null(gate_attach(gate, (struct mip6_nas_attach){ 0 }));
	assert_int_equal(gate->play->result.error, -EBUSY);
	gate_detach(gate, ALICE, "");
	assert_int_equal(gate->play->result.error, -EBUSY);
}

static void as_many_nodes_as_it_may(void **state)
{
	struct gate *gate = *state;

	gate->config.attachment_limit = 1;
	gate_reopen(gate);
	gate_attached(gate);
	assert_null(gate_attach(gate, (struct mip6_nas_attach){ .interface = LITERAL("eth1") }));
	assert_int_equal(gate->play->result.error, -ENOSPC);
}

/* ---- detach ---- */

static void detach_sends_str(void **state)
{
	struct gate *gate = *state;
	const struct dm_str *str;

	gate_attached(gate);
	gate_detach(gate, ALICE, "");
	str = play_sent(gate->play, &dm_command_str)->message.body;
	assert_octets(str->destination_host, LITERAL(SERVER));
	assert_octets(str->destination_realm, LITERAL(HOME));
	assert_int_equal(str->termination_cause, DM_TERMINATION_CAUSE_DIAMETER_LOGOUT);
	assert_int_equal(play_sent(gate->play, &dm_command_str)->message.header.application_id, 0);
	gate_sta(gate, 2001);
	assert_int_equal(gate_result(gate, 6)->outcome, MIP6_DETACHED);
	assert_int_equal(gate_result(gate, 6)->result_code, 2001);
	assert_int_equal(mip6_nas_count(gate->nas->role), 0);
	assert_int_equal(play_stored(gate->nas, STORE_PUT_ATTACHMENT), 0);
}

static void detach_without_the_servers_word(void **state)
{
	struct gate *gate = *state;

	const struct dm_str *str;

	gate_attached(gate);
	gate_detach(gate, ALICE, "");
	play_lose(play_sent(gate->play, &dm_command_str));
	str = play_sent(gate->play, &dm_command_str)->message.body;
	assert_false(str->has.destination_host); /* any server may end it */
	play_lose(play_sent(gate->play, &dm_command_str));
	assert_int_equal(gate_result(gate, 6)->outcome, MIP6_DETACHED);
	assert_int_equal(gate_result(gate, 6)->result_code, 0);
	assert_int_equal(mip6_nas_count(gate->nas->role), 0);
}

/* A decorated name is a way (RFC 4282 2.7), and STR goes it too. */
static void the_end_goes_the_way_of_the_name(void **state)
{
	struct gate *gate = *state;
	const struct mip6_mba mba = gate_mba(gate_attach(
		gate, (struct mip6_nas_attach){
			      .user_name = LITERAL("home.example.net!alice@via.example.org") }));
	const struct dm_str *str;

	gate_reply(gate, &mba);
	gate_detach(gate, "home.example.net!alice@via.example.org", "");
	str = play_sent(gate->play, &dm_command_str)->message.body;
	assert_octets(str->destination_realm, LITERAL("via.example.org"));
	assert_octets(str->destination_host, LITERAL(SERVER));
}

static void SE04_the_cause_of_the_end(void **state)
{
	static const int32_t causes[][2] = { { 0, 1 }, { 4, 4 }, { 5, 5 }, { 7, 7 } };
	struct gate *gate = *state;

	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
		const struct dm_str *str;

		gate_attached(gate);
		mip6_nas_detach(gate->nas->role, (struct dm_bytes){ 0 }, LITERAL(ALICE),
		                (struct dm_bytes){ 0 }, causes[i][0], 6, gate->play->now);
		play_pump(gate->play);
		str = play_sent(gate->play, &dm_command_str)->message.body;
		assert_int_equal(str->termination_cause, causes[i][1]);
		gate_sta(gate, 2001);
	}
}

static void detach_whom(void **state)
{
	struct gate *gate = *state;
	struct mip6_mba mba;

	gate_detach(gate, ALICE, "");
	assert_int_equal(gate->play->result.error, -ENOENT);
	gate_attached(gate);
	mba = gate_mba(
		gate_attach(gate, (struct mip6_nas_attach){ .interface = LITERAL("wlan0") }));
	gate_reply(gate, &mba);
	gate_detach(gate, ALICE, "");
	assert_int_equal(gate->play->result.error, -EEXIST);
	gate_detach(gate, ALICE, "wlan0");
	assert_int_equal(play_sent_count(gate->play, &dm_command_str), 1);
	gate_sta(gate, 5002);
	assert_octets(gate_result(gate, 6)->interface, LITERAL("wlan0"));
	assert_int_equal(mip6_nas_count(gate->nas->role), 1);
}

/* ---- time and restarts ---- */

static void SE13_session_timeout_ends_it(void **state)
{
	struct gate *gate = *state;
	struct mip6_mba mba = gate_mba(gate_attach(gate, (struct mip6_nas_attach){ 0 }));
	const struct dm_str *str;

	mba.has.session_timeout = true;
	mba.session_timeout = 100;
	gate_reply(gate, &mba);
	play_advance(gate->play, 99);
	assert_int_equal(play_sent_count(gate->play, &dm_command_str), 0);
	play_advance(gate->play, 1);
	str = play_sent(gate->play, &dm_command_str)->message.body;
	assert_int_equal(str->termination_cause, DM_TERMINATION_CAUSE_DIAMETER_SESSION_TIMEOUT);
	gate_sta(gate, 2001);
	assert_int_equal(mip6_nas_count(gate->nas->role), 0);
	assert_true(play_had_event(gate->play, "expired"));
}

static int look(const struct mip6_result *found, void *context)
{
	*(struct mip6_result *)context = *found;
	return 0;
}

static void a_restart_finds_its_attachments(void **state)
{
	struct gate *gate = *state;
	struct mip6_result found = { 0 };

	gate_attached(gate);
	play_crash(gate->nas);
	play_restore(gate->nas, gate_nas(gate));
	mip6_nas_each_attachment(gate->nas->role, look, &found);
	assert_octets(found.user_name, LITERAL(ALICE));
	assert_prefix(found.home_address, "2001:db8:1::5/64");
	assert_octets(found.home_agent_fqdn, LITERAL("ha1.home.example.net"));
	gate->play->sent_count = 0;
	gate_detach(gate, ALICE, "");
	gate_sta(gate, 2001);
	assert_int_equal(gate_result(gate, 6)->outcome, MIP6_DETACHED);
}

static void a_deletion_that_fails_is_repeated(void **state)
{
	struct gate *gate = *state;

	gate_attached(gate);
	gate->nas->store->fail = EIO;
	gate_detach(gate, ALICE, "");
	gate_sta(gate, 2001);
	assert_int_equal(gate_result(gate, 6)->outcome, MIP6_DETACHED);
	assert_int_equal(mip6_nas_count(gate->nas->role), 1);
	gate->nas->store->fail = 0;
	play_advance(gate->play, 5);
	assert_int_equal(mip6_nas_count(gate->nas->role), 0);
	assert_int_equal(play_stored(gate->nas, STORE_PUT_ATTACHMENT), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, gate_open, gate_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_second_attach_is_a_reauthorization),
		TEST(an_unanswered_reauthorization_keeps_what_there_is),
		TEST(a_refused_reauthorization_ends_it),
		TEST(one_command_at_a_time),
		TEST(as_many_nodes_as_it_may),
		TEST(detach_sends_str),
		TEST(detach_without_the_servers_word),
		TEST(the_end_goes_the_way_of_the_name),
		TEST(SE04_the_cause_of_the_end),
		TEST(detach_whom),
		TEST(SE13_session_timeout_ends_it),
		TEST(a_restart_finds_its_attachments),
		TEST(a_deletion_that_fails_is_repeated),
	};

	return cmocka_run_group_tests_name("mip6-attachment", tests, NULL, NULL);
}
