/* SPDX-License-Identifier: Apache-2.0 */
/* Key rollover: RAR to the home agent, a MHR of the next epoch, RAR to the NASes. */
#include "stage.h"

#include "mip6/keys.h"

#include <errno.h>

#define DAY 86400

static int open_stage(void **state)
{
	struct stage *stage = stage_new();

	stage_open(stage);
	*state = stage;
	return 0;
}

static int close_stage(void **state)
{
	stage_close(*state);
	return 0;
}

static size_t rar_count(struct stage *stage)
{
	return play_sent_count(stage->play, &dm_command_rar);
}

/* The RAR that waits; it must be for `host`. */
static const struct dm_rar *rar(struct stage *stage, const char *host)
{
	const struct dm_rar *found = play_sent(stage->play, &dm_command_rar)->message.body;

	assert_octets(found->destination_host, dm_bytes_text(host));
	return found;
}

static void raa(struct stage *stage, uint32_t result_code)
{
	struct play_request *request = play_sent(stage->play, &dm_command_rar);
	const struct dm_rar *asked = request->message.body;
	const struct dm_raa answer = {
		.session_id = asked->session_id,
		.result_code = result_code,
		.origin_host = asked->destination_host,
		.origin_realm = asked->destination_realm,
	};

	play_reply(request, &dm_command_raa, &answer);
}

static uint32_t rekey(struct stage *stage, const char *user)
{
	struct mip6_order_counts counts;

	mip6_home_server_order(stage->server->role, MIP6_OPERATOR_REKEY, dm_bytes_text(user), NULL,
	                       &counts, stage->play->now);
	play_advance(stage->play, 0);
	return counts.sessions;
}

static uint32_t epoch_stored(struct stage *stage)
{
	return play_record(stage->server, STORE_PUT_SESSION)->session.key_epoch;
}

/* The key that the MHR which waits brings must be the one of `epoch`. */
static void assert_key_of_epoch(struct stage *stage, uint32_t epoch)
{
	const struct mip6_mhr *mhr = stage_mhr(stage, HA1);
	const struct mip6_security_association *sa = mhr->mip6_security_association.at;
	const struct store_subscriber alice = stage_subscriber(ALICE);
	struct mip6_key_context context = { .nai = LITERAL(ALICE),
		                            .home_agent_fqdn = LITERAL(HA1),
		                            .epoch = epoch };
	struct mip6_derived_key key;

	assert_int_equal(sa->mip6_key_epoch, epoch);
	memcpy(context.home_address, address_in(mhr->mip6_home_address).address, 16);
	assert_int_equal(mip6_key_derive(&alice.root_key, MIP6_SA_PROTOCOL_IKEV2, &context, &key),
	                 0);
	assert_octets(sa->key->keying_material, dm_secret_bytes(&key.secret));
	mip6_key_wipe(&key);
}

static void keys_are_renewed_in_the_last_quarter_of_their_life(void **state)
{
	struct stage *stage = *state;
	char session_id[300];
	struct dm_text text;

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	dm_text_init(&text, session_id, sizeof(session_id));
	dm_text_octets(&text,
	               play_record(stage->server, STORE_PUT_SESSION)->session.home_agent_session);
	play_advance(stage->play, DAY / 8 * 5 - 1);
	assert_int_equal(rar_count(stage), 0);
	play_advance(stage->play, DAY / 8 + 1);
	assert_octets(rar(stage, HA1)->session_id, dm_bytes_text(session_id));
	raa(stage, 2001);
	assert_octets(stage_mhr(stage, HA1)->session_id, dm_bytes_text(session_id));
	assert_key_of_epoch(stage, 2);
	stage_accept(stage);
	assert_int_equal(epoch_stored(stage), 2);
	assert_true(play_record(stage->server, STORE_PUT_SESSION)->session.key_expires >
	            PLAY_WALL + DAY);
	play_advance(stage->play, 0);
	assert_octets(rar(stage, NAS1)->session_id, LITERAL("s1"));
	raa(stage, 2001);
	assert_int_equal(stage_bootstrap(stage, NAS1, "s1", ALICE)
	                         ->mip6_security_association.at[0]
	                         .mip6_key_epoch,
	                 2);
	play_advance(stage->play, DAY / 2);
	assert_int_equal(rar_count(stage), 0);
}

static void an_operator_orders_new_keys(void **state)
{
	struct stage *stage = *state;

	assert_int_equal(rekey(stage, ALICE), 0);
	stage_bootstrap(stage, NAS1, "s1", ALICE);
	assert_int_equal(rekey(stage, ALICE), 1);
	raa(stage, 2001);
	assert_key_of_epoch(stage, 2);
	stage_accept(stage);
	assert_int_equal(epoch_stored(stage), 2);
	stage_str(stage, NAS1, "s1");
	assert_int_equal(rekey(stage, ALICE), 0); /* lingering */
}

static void another_root_key_makes_new_keys(void **state)
{
	struct stage *stage = *state;
	struct store_subscriber alice = stage_subscriber(ALICE);

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	alice.root_key.octets[0] ^= 1;
	stage_put(stage, &alice);
	play_advance(stage->play, 0);
	while (rar_count(stage))
		raa(stage, 2001);
	assert_int_equal(stage_mhr(stage, HA1)->mip6_security_association.at[0].mip6_key_epoch, 2);
}

/* An agent that knows no RAR, or lost the session: the MHR says it all. */
static void the_mhr_follows_also_where_rar_is_not_known(void **state)
{
	static const uint32_t answers[] = { 3001, 5002 };
	struct stage *stage = *state;

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	for (uint32_t i = 0; i < 2; i++) {
		rekey(stage, ALICE);
		if (answers[i] / 1000 == 3)
			play_reply_error(stage->play, play_sent(stage->play, &dm_command_rar),
			                 answers[i]);
		else
			raa(stage, answers[i]);
		assert_key_of_epoch(stage, i + 2);
		stage_accept(stage);
		play_advance(stage->play, 0); /* RAR to the NAS */
		stage->play->sent_count = 0;
	}
}

static void rar_goes_again_with_our_application_id(void **state)
{
	struct stage *stage = *state;

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	rekey(stage, ALICE);
	assert_int_equal(play_sent(stage->play, &dm_command_rar)->message.header.application_id, 0);
	play_reply_error(stage->play, play_sent(stage->play, &dm_command_rar), 3007);
	assert_int_equal(play_sent(stage->play, &dm_command_rar)->message.header.application_id,
	                 MIP6_APPLICATION_ID);
	raa(stage, 2001);
	assert_key_of_epoch(stage, 2);
}

/* The old keys stay in force, and a node is served with them. */
static void a_silent_agent_is_asked_again(void **state)
{
	struct stage *stage = *state;

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	rekey(stage, ALICE);
	play_lose(play_sent(stage->play, &dm_command_rar));
	play_advance(stage->play, 5);
	raa(stage, 2001);
	play_lose(play_sent(stage->play, &mip6_command_mhr));
	play_advance(stage->play, 10);
	raa(stage, 2001);
	stage_reject(stage, 5012);
	assert_int_equal(stage_counts(stage).sessions, 1);
	play_advance(stage->play, 20);
	raa(stage, 2001);
	assert_key_of_epoch(stage, 2);
	stage_accept(stage);
	assert_int_equal(epoch_stored(stage), 2);
}

static void a_mbr_that_comes_during_a_rollover_gets_the_new_epoch(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr mbr = stage_mbr(NAS2, "s2", ALICE);
	uint64_t transaction;

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	rekey(stage, ALICE);
	transaction = stage_send(stage, &mbr);
	assert_null(play_answered(stage->play, transaction));
	raa(stage, 2001);
	stage_accept(stage);
	assert_int_equal(
		stage_mba(stage, transaction)->mip6_security_association.at[0].mip6_key_epoch, 2);
}

static void a_mbr_does_not_wait_for_a_silent_agent(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr mbr = stage_mbr(NAS2, "s2", ALICE);
	uint64_t transaction;

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	rekey(stage, ALICE);
	transaction = stage_send(stage, &mbr);
	raa(stage, 4006);
	stage_mba(stage, transaction);
}

/* The agent may have the new keys or not: after the restart both sides come to the same ones. */
static void a_restart_begins_the_rollover_again(void **state)
{
	struct stage *stage = *state;

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	rekey(stage, ALICE);
	raa(stage, 2001);
	assert_key_of_epoch(stage, 2);
	stage_restart(stage);
	stage->play->sent_count = 0;
	play_advance(stage->play, 0);
	raa(stage, 2001);
	assert_key_of_epoch(stage, 2);
	stage_accept(stage);
	stage_restart(stage);
	stage->play->sent_count = 0;
	play_advance(stage->play, DAY / 2);
	assert_int_equal(rar_count(stage), 0);
	assert_int_equal(epoch_stored(stage), 2);
}

static void a_store_that_fails_keeps_the_agent_unasked(void **state)
{
	struct stage *stage = *state;

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	stage->server->store->fail = ENOSPC;
	rekey(stage, ALICE);
	assert_int_equal(rar_count(stage), 0);
	stage->server->store->fail = 0;
	play_advance(stage->play, 5);
	assert_int_equal(rar_count(stage), 1);
}

static void an_agent_that_ends_the_session_during_a_rollover(void **state)
{
	struct stage *stage = *state;
	struct dm_str str = {
		.origin_host = LITERAL(HA1),
		.origin_realm = LITERAL(HOME),
		.destination_realm = LITERAL(HOME),
		.auth_application_id = MIP6_APPLICATION_ID,
		.termination_cause = DM_TERMINATION_CAUSE_DIAMETER_AUTH_EXPIRED,
	};

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	str.session_id = play_record(stage->server, STORE_PUT_SESSION)->session.home_agent_session;
	rekey(stage, ALICE);
	play_request(stage->server, &dm_command_str, &str);
	raa(stage, 5002);
	play_advance(stage->play, 0);
	assert_int_equal(play_sent_count(stage->play, &mip6_command_mhr), 0);
}

/* Without a protected path no key leaves; the binding ends with its old ones. */
static void MH08_no_new_key_without_a_protected_path(void **state)
{
	struct stage *stage = *state;

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	stage->unprotected[0] = true;
	rekey(stage, ALICE);
	raa(stage, 2001);
	assert_int_equal(play_sent_count(stage->play, &mip6_command_mhr), 0);
	assert_int_equal(epoch_stored(stage), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_stage, close_stage)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(keys_are_renewed_in_the_last_quarter_of_their_life),
		TEST(an_operator_orders_new_keys),
		TEST(another_root_key_makes_new_keys),
		TEST(the_mhr_follows_also_where_rar_is_not_known),
		TEST(rar_goes_again_with_our_application_id),
		TEST(a_silent_agent_is_asked_again),
		TEST(a_mbr_that_comes_during_a_rollover_gets_the_new_epoch),
		TEST(a_mbr_does_not_wait_for_a_silent_agent),
		TEST(a_restart_begins_the_rollover_again),
		TEST(a_store_that_fails_keeps_the_agent_unasked),
		TEST(an_agent_that_ends_the_session_during_a_rollover),
		TEST(MH08_no_new_key_without_a_protected_path),
	};

	return cmocka_run_group_tests_name("mip6-rollover", tests, NULL, NULL);
}
