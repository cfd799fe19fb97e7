/* SPDX-License-Identifier: Apache-2.0 */
/* The NAS over time: what it renews by itself, and what a home server has it do (RFC 6733 8.1). */
#include "gate.h"

#include <errno.h>

/* ---- scenery ---- */

/* Attached with these lifetimes; UINT32_MAX: the AVP is not there. */
static struct mip6_mba attached_for(struct gate *gate, struct mip6_nas_attach attach,
                                    uint32_t lifetime, uint32_t grace, uint32_t timeout)
{
	struct mip6_mba mba = gate_mba(gate_attach(gate, attach));

	mba.has.authorization_lifetime = lifetime != UINT32_MAX;
	mba.authorization_lifetime = lifetime;
	mba.has.auth_grace_period = grace != UINT32_MAX;
	mba.auth_grace_period = grace;
	mba.has.session_timeout = timeout != UINT32_MAX;
	mba.session_timeout = timeout;
	gate_reply(gate, &mba);
	assert_int_equal(gate_result(gate, 5)->outcome, MIP6_BOOTSTRAPPED);
	gate->play->sent_count = 0;
	return mba;
}

static size_t asked(struct gate *gate)
{
	return play_sent_count(gate->play, &mip6_command_mbr);
}

static const struct mip6_mbr *renewal(struct gate *gate)
{
	return play_sent(gate->play, &mip6_command_mbr)->message.body;
}

/* Its cause; fails the test when there is no STR. */
static int32_t left_for(struct gate *gate)
{
	return ((const struct dm_str *)play_sent(gate->play, &dm_command_str)->message.body)
	        ->termination_cause;
}

/* Both ways are tried, nobody answers. */
static void lose_renewal(struct gate *gate)
{
	play_lose(play_sent(gate->play, &mip6_command_mbr));
	play_lose(play_sent(gate->play, &mip6_command_mbr));
}

/* ---- Authorization-Lifetime ---- */

static void SE12_the_nas_asks_again_before_the_lifetime_ends(void **state)
{
	struct gate *gate = *state;
	struct mip6_result before;
	struct mip6_mba mba = attached_for(gate, (struct mip6_nas_attach){ 0 }, 100, 20, 1000);

	before = *gate_result(gate, 5);
	play_advance(gate->play, 89);
	assert_int_equal(asked(gate), 0);
	play_advance(gate->play, 1);
	assert_octets(renewal(gate)->session_id, before.session_id);
	assert_octets(renewal(gate)->destination_host, LITERAL(SERVER));
	assert_int_equal(renewal(gate)->auth_request_type, 2);
	mba.session_timeout = 910; /* what is left (8.13) */
	gate_reply(gate, &mba);
	assert_true(play_had_event(gate->play, "reauthorized"));
	play_advance(gate->play, 89);
	assert_int_equal(asked(gate), 0);
	play_advance(gate->play, 1);
	assert_int_equal(asked(gate), 1);
	assert_int_equal(play_sent_count(gate->play, &dm_command_str), 0);
	assert_int_equal(mip6_nas_count(gate->nas->role), 1);
}

/* The same service, the same place, the same wishes. */
static void a_renewal_asks_what_was_asked(void **state)
{
	struct gate *gate = *state;
	const struct mip6_nas_attach attach = {
		.interface = LITERAL("wlan0"),
		.service_selection = LITERAL("ims"),
		.dns_name = LITERAL("alice.home.example.net"),
		.has_home_address = true,
		.home_address = prefix_of("2001:db8:1::77/64"),
		.home_agent_fqdn = LITERAL("ha.example.org"),
		.calling_station_id = LITERAL("00-23-32-C9-79-38"),
		.called_station_id = LITERAL("ap-1"),
		.destination_realm = LITERAL("via.example.org"),
	};

	attached_for(gate, attach, 100, 20, UINT32_MAX);
	play_advance(gate->play, 90);
	for (int restarted = 0; restarted < 2; restarted++) {
		const struct mip6_mbr *mbr = renewal(gate);

		assert_octets(mbr->user_name, LITERAL(ALICE));
		assert_octets(mbr->destination_realm, LITERAL("via.example.org"));
		assert_octets(mbr->service_selection, LITERAL("ims"));
		assert_octets(mbr->mip6_dns_update, LITERAL("\0\0\x05"
		                                            "alice\x04"
		                                            "home\x07"
		                                            "example\x03"
		                                            "net\0"));
		assert_int_equal(mbr->mip6_home_address.at[17], 0x77);
		assert_octets(mbr->mip6_home_agent_fqdn, LITERAL("ha.example.org"));
		assert_int_equal(mbr->mip6_feature_vector, 3);
		assert_octets(mbr->calling_station_id, LITERAL("00-23-32-C9-79-38"));
		assert_octets(mbr->called_station_id, LITERAL("ap-1"));
		assert_octets(mbr->nas_identifier, LITERAL(NAS));
		play_crash(gate->nas);
		gate->play->sent_count = 0;
		play_restore(gate->nas, gate_nas(gate));
		play_advance(gate->play, 0);
	}
}

static void SE12_nobody_renews_it(void **state)
{
	struct gate *gate = *state;

	attached_for(gate, (struct mip6_nas_attach){ 0 }, 100, 20, UINT32_MAX);
	play_advance(gate->play, 90);
	lose_renewal(gate);
	assert_int_equal(mip6_nas_count(gate->nas->role), 1);
	play_advance(gate->play, 4);
	assert_int_equal(asked(gate), 0);
	play_advance(gate->play, 1);
	assert_true(renewal(gate)->has.destination_host); /* it may be back */
	lose_renewal(gate);
	play_advance(gate->play, 10);
	lose_renewal(gate);
	play_advance(gate->play, 14);
	assert_int_equal(play_sent_count(gate->play, &dm_command_str), 0);
	play_advance(gate->play, 1); /* lifetime and grace */
	assert_int_equal(left_for(gate), DM_TERMINATION_CAUSE_DIAMETER_AUTH_EXPIRED);
	gate_sta(gate, 2001);
	assert_int_equal(mip6_nas_count(gate->nas->role), 0);
	assert_int_equal(play_stored(gate->nas, STORE_PUT_ATTACHMENT), 0);
}

/* A server that is busy, or an agent that is away, is no refusal. */
static void a_transient_failure_is_asked_again(void **state)
{
	static const uint32_t codes[] = { 3004, 4006 };
	struct gate *gate = *state;
	struct mip6_mba mba =
		attached_for(gate, (struct mip6_nas_attach){ 0 }, 100, 20, UINT32_MAX);

	play_advance(gate->play, 90);
	for (size_t i = 0; i < 2; i++)
		play_reply_error(gate->play, play_sent(gate->play, &mip6_command_mbr), codes[i]);
	assert_int_equal(mip6_nas_count(gate->nas->role), 1);
	play_advance(gate->play, 5);
	gate_reply(gate, &mba);
	play_advance(gate->play, 80);
	assert_int_equal(play_sent_count(gate->play, &dm_command_str), 0);
	assert_int_equal(mip6_nas_count(gate->nas->role), 1);
}

static void a_refused_renewal_ends_it(void **state)
{
	static const uint32_t codes[] = { 5003, 4001 };
	struct gate *gate = *state;

	for (size_t i = 0; i < 2; i++) {
		struct mip6_mba mba =
			attached_for(gate, (struct mip6_nas_attach){ 0 }, 100, 20, UINT32_MAX);

		play_advance(gate->play, 90);
		mba = (struct mip6_mba){ .session_id = mba.session_id,
			                 .auth_application_id = MIP6_APPLICATION_ID,
			                 .auth_request_type = 2,
			                 .result_code = codes[i],
			                 .origin_host = LITERAL(SERVER),
			                 .origin_realm = LITERAL(HOME) };
		gate_reply(gate, &mba);
		assert_true(play_had_event(gate->play, "refused"));
		assert_int_equal(mip6_nas_count(gate->nas->role), 0);
		assert_int_equal(play_stored(gate->nas, STORE_PUT_ATTACHMENT), 0);
		/* The server has cleaned up already (8.1). */
		assert_int_equal(play_sent_count(gate->play, &dm_command_str), 0);
	}
}

static void SE10_a_lifetime_of_nought_is_asked_for_at_once_and_not_in_a_loop(void **state)
{
	struct gate *gate = *state;
	struct mip6_mba mba = attached_for(gate, (struct mip6_nas_attach){ 0 }, 0, 30, UINT32_MAX);

	for (int i = 0; i < 3; i++) {
		assert_int_equal(asked(gate), 0);
		play_advance(gate->play, 1);
		assert_int_equal(asked(gate), 1);
		gate_reply(gate, &mba);
	}
	assert_int_equal(mip6_nas_count(gate->nas->role), 1);
}

static void SE10_no_lifetime_and_all_ones_are_never_renewed(void **state)
{
	struct gate *gate = *state;

	attached_for(gate, (struct mip6_nas_attach){ 0 }, UINT32_MAX, UINT32_MAX, UINT32_MAX);
	play_advance(gate->play, 10 * 86400);
	assert_int_equal(gate->play->sent_count, 0);
	assert_int_equal(mip6_nas_count(gate->nas->role), 1);
}

/* A server that breaks 8.9 is borne: the end that comes first counts. */
static void SE14_a_lifetime_beyond_the_timeout(void **state)
{
	struct gate *gate = *state;

	attached_for(gate, (struct mip6_nas_attach){ 0 }, 1000, 0, 100);
	assert_int_equal(gate_result(gate, 5)->expires, PLAY_WALL + 100);
	play_advance(gate->play, 100);
	assert_int_equal(asked(gate), 0);
	assert_int_equal(left_for(gate), DM_TERMINATION_CAUSE_DIAMETER_SESSION_TIMEOUT);
}

static void SE15_without_state_no_str(void **state)
{
	struct gate *gate = *state;
	struct mip6_mba mba = gate_mba(gate_attach(gate, (struct mip6_nas_attach){ 0 }));

	mba.has.auth_session_state = true;
	mba.auth_session_state = DM_AUTH_SESSION_STATE_NO_STATE_MAINTAINED;
	gate_reply(gate, &mba);
	gate_detach(gate, ALICE, "");
	assert_int_equal(play_sent_count(gate->play, &dm_command_str), 0);
	assert_int_equal(gate_result(gate, 6)->outcome, MIP6_DETACHED);
	assert_int_equal(mip6_nas_count(gate->nas->role), 0);
}

/* ---- restarts ---- */

static void restart_after(struct gate *gate, int64_t seconds)
{
	play_crash(gate->nas);
	play_advance(gate->play, seconds);
	play_restore(gate->nas, gate_nas(gate));
	play_advance(gate->play, 0);
}

static void after_a_restart_it_is_renewed_in_time(void **state)
{
	struct gate *gate = *state;
	struct mip6_mba mba =
		attached_for(gate, (struct mip6_nas_attach){ 0 }, 100, 20, UINT32_MAX);

	play_advance(gate->play, 90);
	gate_reply(gate, &mba); /* from here on the lifetime runs anew */
	restart_after(gate, 50);
	assert_int_equal(asked(gate), 0);
	play_advance(gate->play, 40);
	assert_octets(renewal(gate)->session_id, mba.session_id);
}

/* Nobody was authorized meanwhile: that does not begin again by itself. */
static void after_a_restart_that_took_too_long_it_ends(void **state)
{
	struct gate *gate = *state;

	attached_for(gate, (struct mip6_nas_attach){ 0 }, 100, 20, UINT32_MAX);
	restart_after(gate, 120);
	assert_int_equal(asked(gate), 0);
	assert_int_equal(left_for(gate), DM_TERMINATION_CAUSE_DIAMETER_AUTH_EXPIRED);
}

/* The disk is full: the attachment goes on, what is stored ends sooner. */
static void a_renewal_that_cannot_be_stored_holds(void **state)
{
	struct gate *gate = *state;
	struct mip6_mba mba =
		attached_for(gate, (struct mip6_nas_attach){ 0 }, 100, 20, UINT32_MAX);

	gate->nas->store->fail = ENOSPC;
	play_advance(gate->play, 90);
	gate_reply(gate, &mba);
	assert_true(play_had_event(gate->play, "store-failed"));
	play_advance(gate->play, 89);
	assert_int_equal(play_sent_count(gate->play, &dm_command_str), 0);
	play_advance(gate->play, 1);
	assert_int_equal(asked(gate), 1);
}

/* ---- RAR ---- */

static uint64_t rar(struct gate *gate, struct dm_bytes session_id, int32_t type,
                    uint32_t application_id)
{
	const struct dm_rar rar = {
		.session_id = session_id,
		.origin_host = LITERAL("aaa2.home.example.net"),
		.origin_realm = LITERAL("HOME.example.net"),
		.destination_realm = LITERAL(VISITED),
		.destination_host = LITERAL(NAS),
		.auth_application_id = MIP6_APPLICATION_ID,
		.re_auth_request_type = type,
	};

	return play_request_as(gate->nas, &dm_command_rar, application_id, &rar);
}

static uint64_t asr(struct gate *gate, struct dm_bytes session_id, const char *realm,
                    uint32_t application_id)
{
	const struct dm_asr asr = {
		.session_id = session_id,
		.origin_host = LITERAL(SERVER),
		.origin_realm = dm_bytes_text(realm),
		.destination_realm = LITERAL(VISITED),
		.destination_host = LITERAL(NAS),
		.auth_application_id = MIP6_APPLICATION_ID,
	};

	return play_request_as(gate->nas, &dm_command_asr, application_id, &asr);
}

static uint32_t answered(struct gate *gate, uint64_t transaction)
{
	return play_answer(gate->play, transaction)->result_code;
}

static void SE06_rar_is_followed_by_mbr(void **state)
{
	static const int32_t types[][2] = { { DM_RE_AUTH_REQUEST_TYPE_AUTHORIZE_ONLY, 2 },
		                            { DM_RE_AUTH_REQUEST_TYPE_AUTHORIZE_AUTHENTICATE, 3 } };
	struct gate *gate = *state;
	struct mip6_mba mba =
		attached_for(gate, (struct mip6_nas_attach){ 0 }, 100, 20, UINT32_MAX);

	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(answered(gate, rar(gate, mba.session_id, types[i][0], 0)), 2001);
		assert_octets(renewal(gate)->session_id, mba.session_id);
		assert_int_equal(renewal(gate)->auth_request_type, types[i][1]);
		gate_reply(gate, &mba);
	}
	assert_int_equal(mip6_nas_count(gate->nas->role), 1);
}

static void SE05_rar_for_nothing(void **state)
{
	struct gate *gate = *state;

	assert_int_equal(answered(gate, rar(gate, LITERAL("x;1;2"), 0, 0)), 5002);
	assert_int_equal(asked(gate), 0);
}

/* What the server changed may not be in the answer that is under way. */
static void SE06_rar_during_a_renewal(void **state)
{
	struct gate *gate = *state;
	struct mip6_mba mba =
		attached_for(gate, (struct mip6_nas_attach){ 0 }, 100, 20, UINT32_MAX);

	play_advance(gate->play, 90);
	assert_int_equal(answered(gate, rar(gate, mba.session_id, 0, 0)), 2001);
	assert_int_equal(answered(gate, rar(gate, mba.session_id, 0, 0)), 2001);
	assert_int_equal(asked(gate), 1);
	gate_reply(gate, &mba);
	assert_int_equal(asked(gate), 1);
	gate_reply(gate, &mba);
	assert_int_equal(asked(gate), 0);
}

static void SE05_rar_while_it_ends(void **state)
{
	struct gate *gate = *state;
	struct mip6_mba mba =
		attached_for(gate, (struct mip6_nas_attach){ 0 }, 100, 20, UINT32_MAX);

	gate_detach(gate, ALICE, "");
	assert_int_equal(answered(gate, rar(gate, mba.session_id, 0, 0)), 5002);
	assert_int_equal(asked(gate), 0);
}

/* ---- ASR ---- */

/* The attachment is gone for good before ASA says so; STR goes with the id that ASR came with. */
static void SE07_asr_ends_it(void **state)
{
	static const uint32_t applications[] = { 0, MIP6_APPLICATION_ID };
	struct gate *gate = *state;

	for (size_t i = 0; i < 2; i++) {
		struct dm_bytes session = gate_attached(gate)->session_id;
		uint64_t transaction;

		gate->play->sent_count = 0;
		gate->nas->store->hold = true;
		transaction = asr(gate, session, HOME, applications[i]);
		assert_null(play_answered(gate->play, transaction));
		assert_int_equal(play_sent_count(gate->play, &dm_command_str), 0);
		gate->nas->store->hold = false;
		play_release(gate->play, 0);
		assert_int_equal(answered(gate, transaction), 2001);
		assert_int_equal(left_for(gate), DM_TERMINATION_CAUSE_DIAMETER_ADMINISTRATIVE);
		assert_int_equal(
			play_sent(gate->play, &dm_command_str)->message.header.application_id,
			applications[i]);
		assert_int_equal(mip6_nas_count(gate->nas->role), 0);
		assert_int_equal(play_stored(gate->nas, STORE_PUT_ATTACHMENT), 0);
		assert_true(play_had_event(gate->play, "aborted"));
	}
}

static void SE08_asr_for_nothing_and_by_a_stranger(void **state)
{
	struct gate *gate = *state;
	struct dm_bytes session = gate_attached(gate)->session_id;

	assert_int_equal(answered(gate, asr(gate, LITERAL("x;1;2"), HOME, 0)), 5002);
	assert_int_equal(answered(gate, asr(gate, session, "stranger.example", 0)), 5002);
	assert_int_equal(mip6_nas_count(gate->nas->role), 1);
}

static void SE07_asr_that_cannot_be_stored(void **state)
{
	struct gate *gate = *state;
	struct dm_bytes session = gate_attached(gate)->session_id;

	gate->play->sent_count = 0;
	gate->nas->store->fail = ENOSPC;
	assert_int_equal(answered(gate, asr(gate, session, HOME, 0)), 5012);
	assert_int_equal(mip6_nas_count(gate->nas->role), 1);
	assert_int_equal(play_sent_count(gate->play, &dm_command_str), 0);
	gate->nas->store->fail = 0;
	assert_int_equal(answered(gate, asr(gate, session, HOME, 0)), 2001);
	assert_int_equal(mip6_nas_count(gate->nas->role), 0);
}

static void SE07_asr_during_a_renewal_has_the_last_word(void **state)
{
	struct gate *gate = *state;
	struct mip6_mba mba =
		attached_for(gate, (struct mip6_nas_attach){ 0 }, 100, 20, UINT32_MAX);
	uint64_t first, second;

	play_advance(gate->play, 90);
	first = asr(gate, mba.session_id, HOME, 0);
	second = asr(gate, mba.session_id, HOME, 0);
	assert_null(play_answered(gate->play, first));
	assert_int_equal(answered(gate, second), 3004);
	gate_reply(gate, &mba);
	assert_int_equal(answered(gate, first), 2001);
	assert_int_equal(left_for(gate), DM_TERMINATION_CAUSE_DIAMETER_ADMINISTRATIVE);
	assert_int_equal(mip6_nas_count(gate->nas->role), 0);
}

/* The renewal that ASR waits for may itself be refused. */
static void SE07_asr_and_a_refusal(void **state)
{
	struct gate *gate = *state;
	struct mip6_mba mba =
		attached_for(gate, (struct mip6_nas_attach){ 0 }, 100, 20, UINT32_MAX);
	uint64_t transaction;

	play_advance(gate->play, 90);
	transaction = asr(gate, mba.session_id, HOME, 0);
	play_reply_error(gate->play, play_sent(gate->play, &mip6_command_mbr), 5003);
	assert_int_equal(answered(gate, transaction), 2001);
	assert_int_equal(mip6_nas_count(gate->nas->role), 0);
}

static void SE07_asr_while_it_leaves(void **state)
{
	struct gate *gate = *state;
	struct dm_bytes session = gate_attached(gate)->session_id;
	uint64_t transaction;

	gate_detach(gate, ALICE, "");
	transaction = asr(gate, session, HOME, 0);
	gate_sta(gate, 2001);
	assert_int_equal(answered(gate, transaction), 2001);
	assert_int_equal(gate_result(gate, 6)->outcome, MIP6_DETACHED);
	assert_int_equal(mip6_nas_count(gate->nas->role), 0);
}

static void commands_for_what_is_being_aborted(void **state)
{
	struct gate *gate = *state;
	struct dm_bytes session = gate_attached(gate)->session_id;

	gate->nas->store->hold = true;
	asr(gate, session, HOME, 0);
	gate_detach(gate, ALICE, "");
	assert_int_equal(gate->play->result.error, -EBUSY);
	assert_null(gate_attach(gate, (struct mip6_nas_attach){ 0 }));
	assert_int_equal(gate->play->result.error, -EBUSY);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, gate_open, gate_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(SE12_the_nas_asks_again_before_the_lifetime_ends),
		TEST(a_renewal_asks_what_was_asked),
		TEST(SE12_nobody_renews_it),
		TEST(a_transient_failure_is_asked_again),
		TEST(a_refused_renewal_ends_it),
		TEST(SE10_a_lifetime_of_nought_is_asked_for_at_once_and_not_in_a_loop),
		TEST(SE10_no_lifetime_and_all_ones_are_never_renewed),
		TEST(SE14_a_lifetime_beyond_the_timeout),
		TEST(SE15_without_state_no_str),
		TEST(after_a_restart_it_is_renewed_in_time),
		TEST(after_a_restart_that_took_too_long_it_ends),
		TEST(a_renewal_that_cannot_be_stored_holds),
		TEST(SE06_rar_is_followed_by_mbr),
		TEST(SE05_rar_for_nothing),
		TEST(SE06_rar_during_a_renewal),
		TEST(SE05_rar_while_it_ends),
		TEST(SE07_asr_ends_it),
		TEST(SE08_asr_for_nothing_and_by_a_stranger),
		TEST(SE07_asr_that_cannot_be_stored),
		TEST(SE07_asr_during_a_renewal_has_the_last_word),
		TEST(SE07_asr_and_a_refusal),
		TEST(SE07_asr_while_it_leaves),
		TEST(commands_for_what_is_being_aborted),
	};

	return cmocka_run_group_tests_name("mip6-renew", tests, NULL, NULL);
}
