/* SPDX-License-Identifier: Apache-2.0 */
/* The home agent as the client of MBR: the split scenario (profile 5). */
#include "scene.h"

#include <errno.h>

static const struct mip6_mbr *ask(struct scene *scene)
{
	scene->play->sent_count = 0;
	mip6_home_agent_bootstrap(scene->agent->role, LITERAL("alice@home.example.net"),
	                          LITERAL("ims"), 5, scene->play->now);
	play_pump(scene->play);
	if (scene->play->sent_count == 0)
		return NULL;
	return play_sent(scene->play, &mip6_command_mbr)->message.body;
}

static struct mip6_mba yes(struct dm_bytes session_id)
{
	return (struct mip6_mba){
		.session_id = session_id,
		.auth_application_id = MIP6_APPLICATION_ID,
		.auth_request_type = 2,
		.result_code = 2001,
		.origin_host = LITERAL(SERVER),
		.origin_realm = LITERAL(HOME),
		.has.mip6_home_agent_fqdn = true,
		.mip6_home_agent_fqdn = LITERAL(HA),
		.has.mip6_home_address = true,
		.mip6_home_address = scene_address("2001:db8:1::5/64"),
		.has.authorization_lifetime = true,
		.authorization_lifetime = 100,
		.has.auth_grace_period = true,
		.auth_grace_period = 20,
		.mip6_security_association = { scene_sa, 1 },
	};
}

static void reply(struct scene *scene, const struct mip6_mba *mba)
{
	play_reply(play_sent(scene->play, &mip6_command_mbr), &mip6_command_mba, mba);
}

static struct mip6_mba installed(struct scene *scene)
{
	struct mip6_mba mba = yes(ask(scene)->session_id);

	reply(scene, &mba);
	assert_int_equal(scene->play->result.nas.outcome, MIP6_BOOTSTRAPPED);
	scene->play->sent_count = 0;
	return mba;
}

static void what_is_asked_and_installed(void **state)
{
	struct scene *scene = *state;
	const struct mip6_mbr *mbr = ask(scene);
	struct store_binding binding;
	struct mip6_mba mba;

	assert_octets(mbr->mip6_home_agent_fqdn, LITERAL(HA));
	assert_octets(mbr->destination_realm, LITERAL(HOME));
	assert_octets(mbr->service_selection, LITERAL("ims"));
	assert_false(mbr->has.nas_port_type);
	mba = yes(mbr->session_id);
	scene->agent->store->hold = true;
	reply(scene, &mba);
	assert_int_equal(scene->play->result.count, 0);
	assert_false(scene_find(scene, "2001:db8:1::5", &binding));
	scene->agent->store->hold = false;
	play_release(scene->play, 0);
	assert_int_equal(scene->play->result.tag, 5);
	assert_int_equal(scene->play->result.nas.outcome, MIP6_BOOTSTRAPPED);
	assert_true(scene_find(scene, "2001:db8:1::5", &binding));
	assert_octets(dm_secret_bytes(&binding.associations[0].key), scene_key.keying_material);
	assert_octets(binding.session_id, mba.session_id);
}

/* Yes, and yet nothing that can be installed: the server is told. */
static void what_cannot_be_used(void **state)
{
	static const struct mip6_security_association without = { .mip6_sa_protocol = 1 };
	struct scene *scene = *state;

	for (int i = 0; i < 4; i++) {
		struct mip6_mba mba = yes(ask(scene)->session_id);
		const struct dm_str *str;

		if (i == 0)
			mba.mip6_home_agent_fqdn = LITERAL("ha2.home.example.net");
		else if (i == 1)
			mba.mip6_security_association.at = &without;
		else if (i == 2)
			mba.has.mip6_home_address = false;
		else
			mba.mip6_home_address = scene_address("2001:db8:999::5/64");
		reply(scene, &mba);
		assert_int_equal(scene->play->result.nas.outcome, MIP6_FAILED);
		assert_true(scene->play->result.nas.error_message.size > 0);
		str = play_sent(scene->play, &dm_command_str)->message.body;
		assert_octets(str->session_id, mba.session_id);
		play_lose(play_sent(scene->play, &dm_command_str));
		assert_int_equal(mip6_home_agent_count(scene->agent->role), 0);
	}
}

static void a_refusal(void **state)
{
	struct scene *scene = *state;

	ask(scene);
	play_reply_error(scene->play, play_sent(scene->play, &mip6_command_mbr), 5003);
	assert_int_equal(scene->play->result.nas.outcome, MIP6_REFUSED);
	assert_int_equal(scene->play->result.nas.result_code, 5003);
	assert_int_equal(play_sent_count(scene->play, &dm_command_str), 0);
}

/* The server may have granted what nobody heard of: it is told, by its realm alone. */
static void without_an_answer_the_server_is_told(void **state)
{
	struct scene *scene = *state;

	for (int i = 0; i < 3; i++) {
		const struct dm_bytes session_id = ask(scene)->session_id;
		struct play_request *mbr = play_sent(scene->play, &mip6_command_mbr);
		const struct dm_str *str;

		if (i == 2) {
			play_reply_error(scene->play, mbr, 3004); /* was not served */
			assert_int_equal(play_sent_count(scene->play, &dm_command_str), 0);
			return;
		}
		if (i == 0)
			play_lose(mbr);
		else
			play_reply_error(scene->play, mbr, 3002);
		str = play_sent(scene->play, &dm_command_str)->message.body;
		assert_octets(str->session_id, session_id);
		assert_octets(str->destination_realm, LITERAL(HOME));
		assert_false(str->has.destination_host);
		assert_int_equal(str->termination_cause, DM_TERMINATION_CAUSE_DIAMETER_BAD_ANSWER);
		play_lose(play_sent(scene->play, &dm_command_str));
		assert_int_equal(play_sent_count(scene->play, &dm_command_str), 0); /* once */
	}
}

static void it_asks_again_in_time_and_after_a_restart(void **state)
{
	struct scene *scene = *state;
	struct mip6_mba mba = installed(scene);
	const struct mip6_mbr *mbr;

	play_advance(scene->play, 89);
	assert_int_equal(play_sent_count(scene->play, &mip6_command_mbr), 0);
	play_crash(scene->agent);
	play_restore(scene->agent, scene_agent(scene));
	play_advance(scene->play, 1);
	mbr = play_sent(scene->play, &mip6_command_mbr)->message.body;
	assert_octets(mbr->session_id, mba.session_id);
	assert_octets(mbr->service_selection, LITERAL("ims"));
	assert_octets(mbr->destination_host, LITERAL(SERVER));
	reply(scene, &mba);
	play_advance(scene->play, 89);
	assert_int_equal(play_sent_count(scene->play, &mip6_command_mbr), 0);
	assert_int_equal(mip6_home_agent_count(scene->agent->role), 1);
}

static void nobody_answers_until_it_is_over(void **state)
{
	struct scene *scene = *state;
	const struct dm_str *str;

	installed(scene);
	play_advance(scene->play, 90);
	play_lose(play_sent(scene->play, &mip6_command_mbr));
	play_advance(scene->play, 5);
	play_lose(play_sent(scene->play, &mip6_command_mbr));
	play_advance(scene->play, 10);
	play_lose(play_sent(scene->play, &mip6_command_mbr));
	play_advance(scene->play, 15);
	str = play_sent(scene->play, &dm_command_str)->message.body;
	assert_int_equal(str->termination_cause, DM_TERMINATION_CAUSE_DIAMETER_AUTH_EXPIRED);
	assert_int_equal(mip6_home_agent_count(scene->agent->role), 0);
}

static void a_renewal_that_cannot_be_stored_is_asked_for_again(void **state)
{
	struct scene *scene = *state;
	struct mip6_mba mba = installed(scene);

	play_advance(scene->play, 90);
	scene->agent->store->fail = ENOSPC;
	reply(scene, &mba);
	scene->agent->store->fail = 0;
	assert_int_equal(mip6_home_agent_count(scene->agent->role), 1);
	play_advance(scene->play, 5);
	reply(scene, &mba);
	play_advance(scene->play, 80);
	assert_int_equal(play_sent_count(scene->play, &dm_command_str), 0);
	assert_int_equal(mip6_home_agent_count(scene->agent->role), 1);
}

static void SE06_rar_brings_new_keys(void **state)
{
	struct scene *scene = *state;
	struct mip6_mba mba = installed(scene);
	struct mip6_security_association next = scene_sa[0];
	const struct dm_rar rar = {
		.session_id = mba.session_id,
		.origin_host = LITERAL(SERVER),
		.origin_realm = LITERAL(HOME),
		.destination_realm = LITERAL(HOME),
		.destination_host = LITERAL(HA),
		.auth_application_id = MIP6_APPLICATION_ID,
	};
	struct store_binding binding;
	uint64_t transaction = play_request(scene->agent, &dm_command_rar, &rar);

	assert_int_equal(play_answer(scene->play, transaction)->result_code, 2001);
	next.mip6_key_epoch = 77;
	mba.mip6_security_association.at = &next;
	reply(scene, &mba);
	assert_true(scene_find(scene, "2001:db8:1::5", &binding));
	assert_int_equal(binding.associations[0].key_epoch, 77);
	assert_int_equal(mip6_home_agent_count(scene->agent->role), 1);
}

/* The answer to a MBR that was under way when the session was ended brings nothing back; the server
 * may have begun anew for it, and is told. */
static void an_answer_after_the_end_installs_nothing(void **state)
{
	struct scene *scene = *state;
	struct mip6_mba mba = installed(scene);
	const struct dm_str *str;
	struct store_binding binding;

	play_advance(scene->play, 90);
	assert_int_equal(play_sent_count(scene->play, &mip6_command_mbr), 1);
	scene_abort(scene, (const char *)mba.session_id.at, SERVER);
	play_lose(play_sent(scene->play, &dm_command_str));
	assert_int_equal(mip6_home_agent_count(scene->agent->role), 0);
	reply(scene, &mba);
	assert_false(scene_find(scene, "2001:db8:1::5", &binding));
	assert_int_equal(mip6_home_agent_count(scene->agent->role), 0);
	str = play_sent(scene->play, &dm_command_str)->message.body;
	assert_octets(str->session_id, mba.session_id);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_open, scene_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_asked_and_installed),
		TEST(what_cannot_be_used),
		TEST(a_refusal),
		TEST(it_asks_again_in_time_and_after_a_restart),
		TEST(without_an_answer_the_server_is_told),
		TEST(nobody_answers_until_it_is_over),
		TEST(a_renewal_that_cannot_be_stored_is_asked_for_again),
		TEST(SE06_rar_brings_new_keys),
		TEST(an_answer_after_the_end_installs_nothing),
	};

	return cmocka_run_group_tests_name("mip6-split", tests, NULL, NULL);
}
