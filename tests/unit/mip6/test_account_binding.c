/* SPDX-License-Identifier: Apache-2.0 */
/* The accounting client of a home agent: a binding is a session. */
#include "scene.h"

#define START   DM_ACCOUNTING_RECORD_TYPE_START_RECORD
#define INTERIM DM_ACCOUNTING_RECORD_TYPE_INTERIM_RECORD
#define STOP    DM_ACCOUNTING_RECORD_TYPE_STOP_RECORD
#define MULTI   "aaa.home.example.net;7;7;acct"

static void take(struct play *play, uint32_t result_code)
{
	struct play_request *request = play_sent(play, &dm_command_acr);
	const struct dm_acr *acr = request->message.body;
	const struct dm_aca aca = {
		.session_id = acr->session_id,
		.result_code = result_code,
		.origin_host = LITERAL(SERVER),
		.origin_realm = LITERAL(HOME),
		.accounting_record_type = acr->accounting_record_type,
		.accounting_record_number = acr->accounting_record_number,
	};

	play_reply(request, &dm_command_aca, &aca);
}

static const struct dm_acr *binding_acr(struct scene *scene)
{
	return play_sent(scene->play, &dm_command_acr)->message.body;
}

static int open_agent(void **state)
{
	int error = scene_open(state);
	struct scene *scene = *state;

	scene->config.accounting.send = true;
	play_crash(scene->agent);
	scene->agent->role = scene_agent(scene);
	return error;
}

static uint64_t install(struct scene *scene, int32_t realtime)
{
	struct mip6_mhr mhr = scene_mhr("s1", "alice@home.example.net", "2001:db8:1::5");

	mhr.has.acct_multi_session_id = mhr.has.acct_interim_interval = true;
	mhr.acct_multi_session_id = LITERAL(MULTI);
	mhr.acct_interim_interval = 60;
	mhr.has.accounting_realtime_required = realtime > 0;
	mhr.accounting_realtime_required = realtime;
	return scene_give(scene, &mhr);
}

static void AC16_a_binding_is_accounted_for_with_its_home_address(void **state)
{
	struct scene *scene = *state;
	const struct store_prefix home = prefix_of("2001:db8:1::5");
	const struct dm_acr *acr;

	scene_mha(scene, install(scene, 0));
	acr = binding_acr(scene);
	assert_int_equal(acr->accounting_record_type, START);
	assert_octets(acr->session_id, LITERAL("s1"));
	assert_octets(acr->acct_multi_session_id, LITERAL(MULTI));
	assert_int_equal(acr->mip_mobile_node_address.count, 1);
	assert_memory_equal(acr->mip_mobile_node_address.at[0].octets.at, home.address, 16);
	take(scene->play, 2001);
	play_advance(scene->play, 60);
	assert_int_equal(binding_acr(scene)->accounting_record_type, INTERIM);
	take(scene->play, 2001);
	scene_mha(scene, install(scene, 0)); /* new keys: an INTERIM of its own */
	assert_int_equal(binding_acr(scene)->accounting_record_type, INTERIM);
	assert_int_equal(binding_acr(scene)->accounting_record_number, 2);
	take(scene->play, 2001);
	play_answer(scene->play, scene_abort(scene, "s1", SERVER));
	assert_int_equal(binding_acr(scene)->accounting_record_type, STOP);
	assert_int_equal(binding_acr(scene)->accounting_record_number, 3);
	take(scene->play, 2001);
	assert_int_equal(play_stored(scene->agent, STORE_PUT_ACCOUNT), 0);
	assert_int_equal(play_stored(scene->agent, STORE_PUT_OWED), 0);
}

static void AC09_a_binding_that_must_not_be_unaccounted_goes(void **state)
{
	struct scene *scene = *state;
	struct store_binding binding;

	scene_mha(scene, install(scene, DM_ACCOUNTING_REALTIME_REQUIRED_DELIVER_AND_GRANT));
	assert_true(scene_find(scene, "2001:db8:1::5", &binding));
	play_lose(play_sent(scene->play, &dm_command_acr));
	assert_false(scene_find(scene, "2001:db8:1::5", &binding));
	assert_int_equal(play_sent_count(scene->play, &dm_command_str), 1);
	assert_true(play_had_event(scene->play, "accounting-failed"));
}

static void AC10_a_home_agent_sends_what_it_owed(void **state)
{
	struct scene *scene = *state;

	scene_mha(scene, install(scene, 0));
	play_lose(play_sent(scene->play, &dm_command_acr));
	play_crash(scene->agent);
	scene->play->sent_count = 0;
	play_restore(scene->agent, scene_agent(scene));
	assert_true(play_sent(scene->play, &dm_command_acr)->again);
	assert_int_equal(binding_acr(scene)->accounting_record_type, START);
	take(scene->play, 2001);
	assert_int_equal(play_sent_count(scene->play, &dm_command_acr), 0);
}

#define SCENE_TEST(name) cmocka_unit_test_setup_teardown(name, open_agent, scene_close)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		SCENE_TEST(AC16_a_binding_is_accounted_for_with_its_home_address),
		SCENE_TEST(AC09_a_binding_that_must_not_be_unaccounted_goes),
		SCENE_TEST(AC10_a_home_agent_sends_what_it_owed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
