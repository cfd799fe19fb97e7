/* SPDX-License-Identifier: Apache-2.0 */
/* MBR for what exists already, and MBR that the store cannot keep. */
#include "stage.h"

#include <errno.h>

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

/* ---- duplicates ---- */

static void FO12_a_second_mbr_allocates_nothing(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mba *first = stage_bootstrap(stage, NAS1, "s1", ALICE);
	const struct mip6_mba *second = stage_bootstrap(stage, NAS1, "s1", ALICE);

	assert_octets(second->mip6_home_address, first->mip6_home_address);
	assert_octets(second->mip6_home_agent_fqdn, first->mip6_home_agent_fqdn);
	assert_octets(second->acct_multi_session_id, first->acct_multi_session_id);
	assert_int_equal(stage_agent(stage, HA1).pool_taken, 1);
	assert_int_equal(stage_counts(stage).accesses, 1);
	assert_int_equal(play_sent_count(stage->play, &mip6_command_mhr), 0);
}

static void FO12_a_second_mbr_waits_for_the_first(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);
	uint64_t first = stage_send(stage, &mbr), second = stage_send(stage, &mbr);

	assert_int_equal(play_sent_count(stage->play, &mip6_command_mhr), 1);
	stage_accept(stage);
	assert_octets(stage_mba(stage, first)->mip6_home_address,
	              stage_mba(stage, second)->mip6_home_address);
	assert_int_equal(stage_counts(stage).accesses, 1);
	assert_int_equal(play_stored(stage->server, STORE_PUT_ACCESS), 1);
}

static void a_row_of_waiting_requests_has_an_end(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);
	uint64_t last = 0;

	for (size_t i = 0; i < 65; i++)
		last = stage_send(stage, &mbr);
	assert_int_equal(play_answer(stage->play, last)->result_code, 3004);
	stage_accept(stage);
	assert_int_equal(stage_counts(stage).accesses, 1);
}

static void a_session_id_belongs_to_its_client_and_user(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr thief = stage_mbr(NAS2, "s1", ALICE);
	const struct mip6_mbr other = stage_mbr(NAS1, "s1", BOB);
	const struct mip6_mba *mba;
	uint64_t transaction;

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	assert_int_equal(stage_refusal(stage, stage_send(stage, &other)), 5004);
	transaction = stage_send(stage, &thief);
	assert_int_equal(stage_refusal(stage, transaction), 5004);
	mba = play_answer(stage->play, transaction)->message.body;
	assert_int_equal(mba->failed_avp->other.at[0].code, DM_AVP_SESSION_ID);
	assert_octets(mba->failed_avp->other.at[0].data, LITERAL("s1"));
	assert_int_equal(stage_counts(stage).accesses, 1);
}

static void a_session_id_is_its_clients_also_while_it_is_in_work(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);
	const struct mip6_mbr thief = stage_mbr(NAS2, "s1", ALICE);
	uint64_t first = stage_send(stage, &mbr), second = stage_send(stage, &thief);

	assert_int_equal(stage_refusal(stage, second), 5004);
	stage_accept(stage);
	stage_mba(stage, first);
	assert_int_equal(stage_counts(stage).accesses, 1);
}

/* RFC 6733 8.1: a re-authorization that is refused ends the session. */
static void a_refused_reauthorization_ends_the_access_session(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr again = stage_mbr(NAS1, "s1", ALICE);

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	mip6_home_server_enable_subscriber(stage->server->role, LITERAL(ALICE), false, 9,
	                                   stage->play->now);
	play_pump(stage->play);
	assert_int_equal(stage_refusal(stage, stage_send(stage, &again)), 5003);
	assert_int_equal(stage_counts(stage).accesses, 0);
}

/* ---- one node, several NASes ---- */

static void the_same_node_elsewhere_keeps_what_it_has(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mba *berlin = stage_bootstrap(stage, NAS1, "s1", ALICE);
	const struct mip6_mba *paris = stage_bootstrap(stage, NAS2, "s2", ALICE);

	assert_octets(paris->mip6_home_agent_fqdn, LITERAL(HA1));
	assert_octets(paris->mip6_home_address, berlin->mip6_home_address);
	assert_octets(paris->mip6_home_link_prefix, berlin->mip6_home_link_prefix);
	assert_octets(paris->acct_multi_session_id, berlin->acct_multi_session_id);
	assert_int_equal(stage_counts(stage).sessions, 1);
	assert_int_equal(stage_counts(stage).accesses, 2);
	assert_int_equal(stage_counts(stage).reused, 1);
	assert_true(play_had_event(stage->play, "reused"));
}

static void another_service_is_another_mobility_session(void **state)
{
	struct stage *stage = *state;
	struct mip6_mbr mbr = stage_mbr(NAS1, "s2", ALICE);
	uint64_t transaction;

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	mbr.has.service_selection = true;
	mbr.service_selection = LITERAL("ims");
	transaction = stage_send(stage, &mbr);
	stage_accept(stage);
	stage_mba(stage, transaction);
	assert_int_equal(stage_counts(stage).sessions, 2);
	assert_int_equal(stage_agent(stage, HA1).pool_taken, 2);
}

/* ---- the store fails ---- */

static void a_full_disk_refuses_and_everything_is_given_back(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);
	const struct mip6_mba *mba;
	uint64_t transaction;

	stage->server->store->fail = ENOSPC;
	transaction = stage_send(stage, &mbr);
	assert_int_equal(stage_refusal(stage, transaction), 5012);
	mba = play_answer(stage->play, transaction)->message.body;
	assert_octets(mba->error_message, LITERAL("the server cannot store the allocation"));
	assert_int_equal(stage_counts(stage).sessions, 0);
	assert_int_equal(stage_agent(stage, HA1).pool_taken, 0);
	assert_int_equal(stage_agent(stage, HA1).sessions, 0);
	assert_true(play_had_event(stage->play, "store-failed"));
	stage->server->store->fail = 0;
	stage_bootstrap(stage, NAS1, "s1", ALICE);
	assert_true(play_had_event(stage->play, "store-recovered"));
}

/* The agent has said yes already: it is told to let go, and the user is told no. */
static void a_disk_that_fills_behind_the_mha(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);
	uint64_t transaction = stage_send(stage, &mbr);

	stage->server->store->fail = ENOSPC;
	stage_accept(stage);
	assert_int_equal(stage_refusal(stage, transaction), 5012);
	stage_abort(stage, 2001);
	assert_int_equal(stage_counts(stage).sessions, 1); /* its record is still stored */
	stage->server->store->fail = 0;
	play_advance(stage->play, 10);
	assert_int_equal(stage_counts(stage).sessions, 0);
	assert_int_equal(play_stored(stage->server, STORE_PUT_SESSION), 0);
	assert_int_equal(stage_agent(stage, HA1).pool_taken, 0);
	stage_bootstrap(stage, NAS1, "s1", ALICE);
}

/* The store's queue is full: another server, or later. */
static void a_full_queue_is_too_busy(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);

	stage->server->store->fail = EAGAIN;
	assert_int_equal(play_answer(stage->play, stage_send(stage, &mbr))->result_code, 3004);
	assert_int_equal(stage_counts(stage).sessions, 0);
	stage->server->store->fail = 0;
	stage_bootstrap(stage, NAS1, "s1", ALICE);
}

static void a_full_disk_refuses_a_second_access_and_keeps_the_first(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr second = stage_mbr(NAS2, "s2", ALICE);

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	stage->server->store->fail = ENOSPC;
	assert_int_equal(stage_refusal(stage, stage_send(stage, &second)), 5012);
	assert_int_equal(stage_counts(stage).accesses, 1);
	stage->server->store->fail = 0;
	stage_bootstrap(stage, NAS2, "s2", ALICE);
	assert_int_equal(stage_counts(stage).accesses, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_stage, close_stage)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(FO12_a_second_mbr_allocates_nothing),
		TEST(FO12_a_second_mbr_waits_for_the_first),
		TEST(a_row_of_waiting_requests_has_an_end),
		TEST(a_session_id_belongs_to_its_client_and_user),
		TEST(a_session_id_is_its_clients_also_while_it_is_in_work),
		TEST(a_full_queue_is_too_busy),
		TEST(a_refused_reauthorization_ends_the_access_session),
		TEST(the_same_node_elsewhere_keeps_what_it_has),
		TEST(another_service_is_another_mobility_session),
		TEST(a_full_disk_refuses_and_everything_is_given_back),
		TEST(a_disk_that_fills_behind_the_mha),
		TEST(a_full_disk_refuses_a_second_access_and_keeps_the_first),
	};

	return cmocka_run_group_tests_name("mip6-reuse", tests, NULL, NULL);
}
