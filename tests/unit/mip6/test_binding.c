/* SPDX-License-Identifier: Apache-2.0 */
/* The home agent: how bindings change, end, and come through a restart. */
#include "scene.h"

#include <errno.h>

/* ---- updates ---- */

static void the_same_session_again_is_an_update(void **state)
{
	struct scene *scene = *state;
	struct mip6_key key = scene_key;
	struct mip6_security_association sa = scene_sa[0];
	struct mip6_mhr mhr = scene_mhr("s1", "alice@x.example", NULL);
	struct store_binding binding;

	scene_install(scene, "s1", "alice@x.example", "2001:db8:1::5/64");
	key.keying_material = LITERAL("another key of some length");
	sa.key = &key;
	sa.mip6_key_epoch = 5;
	mhr.mip6_security_association.at = &sa;
	assert_prefix(scene_address_in(scene_mha(scene, scene_give(scene, &mhr))),
	              "2001:db8:1::5/64");
	assert_true(scene_find(scene, "2001:db8:1::5", &binding));
	assert_int_equal(binding.associations[0].key_epoch, 5);
	assert_int_equal(mip6_home_agent_count(scene->agent->role), 1);
	assert_int_equal(play_stored(scene->agent, STORE_PUT_BINDING), 1);
	assert_true(play_had_event(scene->play, "updated"));
}

static void an_update_may_bring_another_address(void **state)
{
	struct scene *scene = *state;
	struct store_binding binding;

	scene_install(scene, "s1", "alice@x.example", "2001:db8:1::5/64");
	scene_install(scene, "s1", "alice@x.example", "2001:db8:1::6/64");
	assert_false(scene_find(scene, "2001:db8:1::5", &binding));
	assert_true(scene_find(scene, "2001:db8:1::6", &binding));
	scene_install(scene, "s2", "bob@x.example", "2001:db8:1::5/64");
}

static void an_update_that_fails_leaves_the_old(void **state)
{
	struct scene *scene = *state;
	const struct mip6_mhr mhr = scene_mhr("s1", "alice@x.example", "2001:db8:1::6/64");
	struct store_binding binding;

	scene_install(scene, "s1", "alice@x.example", "2001:db8:1::5/64");
	scene->agent->store->fail = EIO;
	scene_refused(scene, &mhr, 5012, 0);
	assert_true(scene_find(scene, "2001:db8:1::5", &binding));
	assert_false(scene_find(scene, "2001:db8:1::6", &binding));
	scene->agent->store->fail = 0;
	scene_install(scene, "s1", "alice@x.example", "2001:db8:1::6/64");
	play_advance(scene->play, 2000); /* its keys are over */
	assert_int_equal(mip6_home_agent_count(scene->agent->role), 0);
}

static void an_update_by_another_server_is_refused(void **state)
{
	struct scene *scene = *state;
	struct mip6_mhr mhr = scene_mhr("s1", "alice@x.example", "2001:db8:1::5/64");

	scene_mha(scene, scene_give(scene, &mhr));
	mhr.origin_host = LITERAL("other.example.net");
	mhr.origin_realm = LITERAL("example.net");
	scene_refused(scene, &mhr, 5004, 263);
}

/* Servers of one realm have one store: each of them goes on with what another began. */
static void another_server_of_the_realm_goes_on(void **state)
{
	struct scene *scene = *state;
	struct mip6_mhr mhr = scene_mhr("s1", "alice@x.example", "2001:db8:1::5/64");

	scene_mha(scene, scene_give(scene, &mhr));
	mhr.origin_host = LITERAL("aaa2." HOME);
	scene_mha(scene, scene_give(scene, &mhr));
	assert_int_equal(
		play_answer(scene->play, scene_abort(scene, "s1", "aaa3." HOME))->result_code,
		2001);
	assert_int_equal(mip6_home_agent_count(scene->agent->role), 0);
}

/* The server that the binding is of is gone: any other one of its realm may take the STR. */
static void a_str_that_finds_no_server_goes_to_the_realm(void **state)
{
	struct scene *scene = *state;
	struct play_request *request;
	const struct dm_str *str;

	scene_install(scene, "s1", "alice@x.example", "2001:db8:1::5/64");
	play_advance(scene->play, 2000); /* its keys are over */
	request = play_sent(scene->play, &dm_command_str);
	str = request->message.body;
	assert_octets(str->destination_host, LITERAL(SERVER));
	play_lose(request);
	request = play_sent(scene->play, &dm_command_str);
	str = request->message.body;
	assert_false(str->has.destination_host);
	assert_octets(str->destination_realm, LITERAL(HOME));
	assert_octets(str->session_id, LITERAL("s1"));
	play_lose(request);
	assert_int_equal(play_sent_count(scene->play, &dm_command_str), 0); /* once */
}

/* A relay that forwards by application refuses 0, which the draft says (profile 4). */
static void str_goes_again_with_our_application_id(void **state)
{
	struct scene *scene = *state;
	struct play_request *request;
	const struct dm_str *str;

	scene_install(scene, "s1", "alice@x.example", "2001:db8:1::5/64");
	play_advance(scene->play, 2000); /* its keys are over */
	request = play_sent(scene->play, &dm_command_str);
	assert_int_equal(request->message.header.application_id, 0);
	play_reply_error(scene->play, request, 3007);
	request = play_sent(scene->play, &dm_command_str);
	assert_int_equal(request->message.header.application_id, MIP6_APPLICATION_ID);
	str = request->message.body;
	assert_octets(str->destination_host, LITERAL(SERVER));
	play_reply_error(scene->play, request, 3007);
	assert_int_equal(play_sent_count(scene->play, &dm_command_str), 0);
	/* From now on at once. */
	scene_install(scene, "s2", "alice@x.example", "2001:db8:1::5/64");
	play_advance(scene->play, 2000);
	request = play_sent(scene->play, &dm_command_str);
	assert_int_equal(request->message.header.application_id, MIP6_APPLICATION_ID);
}

/* ---- ends ---- */

static void MH10_asr_removes_association_and_binding(void **state)
{
	struct scene *scene = *state;
	struct store_binding binding;
	const struct dm_str *str;
	uint64_t transaction;

	scene_install(scene, "s1", "alice@x.example", "2001:db8:1::5/64");
	scene->agent->store->hold = true;
	transaction = scene_abort(scene, "s1", SERVER);
	/* The association goes first: at once, the binding with its commit. */
	assert_true(scene_find(scene, "2001:db8:1::5", &binding));
	assert_int_equal(binding.association_count, 0);
	assert_null(play_answered(scene->play, transaction));
	play_release(scene->play, 0);
	assert_int_equal(play_answer(scene->play, transaction)->result_code, 2001);
	assert_false(scene_find(scene, "2001:db8:1::5", &binding));
	assert_int_equal(play_stored(scene->agent, STORE_PUT_BINDING), 0);
	/* RFC 6733 8.1: behind the ASA, STR. */
	str = play_sent(scene->play, &dm_command_str)->message.body;
	assert_octets(str->session_id, LITERAL("s1"));
	assert_octets(str->destination_host, LITERAL(SERVER));
	assert_int_equal(str->termination_cause, DM_TERMINATION_CAUSE_DIAMETER_ADMINISTRATIVE);
}

static void SE08_asr_for_nothing(void **state)
{
	struct scene *scene = *state;

	scene_install(scene, "s1", "alice@x.example", "2001:db8:1::5/64");
	assert_int_equal(play_answer(scene->play, scene_abort(scene, "s9", SERVER))->result_code,
	                 5002);
	assert_int_equal(
		play_answer(scene->play, scene_abort_from(scene, "s1", "evil.example", "example"))
			->result_code,
		5002);
	assert_int_equal(mip6_home_agent_count(scene->agent->role), 1);
}

/* Its node has left, or an operator ends it: STR says which. */
static void MH10_a_binding_that_ends_here_is_told_with_its_cause(void **state)
{
	struct scene *scene = *state;
	struct mip6_role *role = scene->agent->role;
	struct store_binding binding;

	for (int left = 0; left < 2; left++) {
		const struct dm_str *str;

		scene_install(scene, "s1", "alice@x.example", "2001:db8:1::5/64");
		assert_int_equal(mip6_home_agent_end_binding(role, LITERAL("s9"), left != 0,
		                                             scene->play->now),
		                 -ENOENT);
		scene->agent->store->hold = true;
		assert_int_equal(mip6_home_agent_end_binding(role, LITERAL("s1"), left != 0,
		                                             scene->play->now),
		                 0);
		play_pump(scene->play);
		assert_true(scene_find(scene, "2001:db8:1::5", &binding));
		assert_int_equal(binding.association_count, 0); /* the keys went first */
		assert_int_equal(mip6_home_agent_end_binding(role, LITERAL("s1"), left != 0,
		                                             scene->play->now),
		                 -EBUSY);
		assert_int_equal(play_sent_count(scene->play, &dm_command_str), 0);
		scene->agent->store->hold = false;
		play_release(scene->play, 0);
		str = play_sent(scene->play, &dm_command_str)->message.body;
		assert_int_equal(str->termination_cause,
		                 left ? DM_TERMINATION_CAUSE_DIAMETER_LOGOUT
		                      : DM_TERMINATION_CAUSE_DIAMETER_ADMINISTRATIVE);
		assert_octets(str->destination_host, LITERAL(SERVER));
		assert_int_equal(mip6_home_agent_count(role), 0);
		play_reply_error(scene->play, play_sent(scene->play, &dm_command_str), 5002);
	}
}

static uint32_t reauthorize(struct scene *scene, const char *session_id, const char *server)
{
	const struct dm_rar rar = {
		.session_id = dm_bytes_text(session_id),
		.origin_host = dm_bytes_text(server),
		.origin_realm = dm_bytes_text(strchr(server, '.') + 1),
		.destination_realm = LITERAL(HOME),
		.destination_host = LITERAL(HA),
		.auth_application_id = MIP6_APPLICATION_ID,
		.re_auth_request_type = DM_RE_AUTH_REQUEST_TYPE_AUTHORIZE_ONLY,
	};
	uint64_t transaction = play_request(scene->agent, &dm_command_rar, &rar);

	return play_answer(scene->play, transaction)->result_code;
}

static void SE06_rar_says_that_new_keys_may_come(void **state)
{
	struct scene *scene = *state;
	struct mip6_security_association sa = scene_sa[0];
	struct mip6_mhr mhr = scene_mhr("s1", "alice@x.example", "2001:db8:1::5/64");
	struct store_binding binding;

	scene_install(scene, "s1", "alice@x.example", "2001:db8:1::5/64");
	assert_int_equal(reauthorize(scene, "s1", SERVER), 2001);
	sa.has.mip6_key_epoch = true;
	sa.mip6_key_epoch = 2;
	mhr.mip6_security_association = (struct mip6_security_association_list){ &sa, 1 };
	scene_mha(scene, scene_give(scene, &mhr));
	assert_true(scene_find(scene, "2001:db8:1::5", &binding));
	assert_int_equal(binding.associations[0].key_epoch, 2);
}

static void SE05_rar_for_nothing(void **state)
{
	struct scene *scene = *state;

	scene_install(scene, "s1", "alice@x.example", "2001:db8:1::5/64");
	assert_int_equal(reauthorize(scene, "s9", SERVER), 5002);
	assert_int_equal(reauthorize(scene, "s1", "evil.example"), 5002);
	scene->agent->store->hold = true;
	scene_abort(scene, "s1", SERVER);
	assert_int_equal(reauthorize(scene, "s1", SERVER), 5002); /* it is on its way out */
	play_release(scene->play, 0);
}

static void asr_that_overtakes_the_commit_of_its_mhr(void **state)
{
	struct scene *scene = *state;
	const struct mip6_mhr mhr = scene_mhr("s1", "alice@x.example", "2001:db8:1::5/64");
	uint64_t asked, aborted;

	scene->agent->store->hold = true;
	asked = scene_give(scene, &mhr);
	aborted = scene_abort(scene, "s1", SERVER);
	assert_null(play_answered(scene->play, aborted));
	play_release(scene->play, 0);
	scene_mha(scene, asked);
	play_release(scene->play, 0);
	assert_int_equal(play_answer(scene->play, aborted)->result_code, 2001);
	assert_int_equal(mip6_home_agent_count(scene->agent->role), 0);
}

static void an_asr_that_cannot_be_stored_is_tried_again(void **state)
{
	struct scene *scene = *state;
	uint64_t transaction;

	scene_install(scene, "s1", "alice@x.example", "2001:db8:1::5/64");
	scene->agent->store->fail = EIO;
	transaction = scene_abort(scene, "s1", SERVER);
	assert_int_equal(play_answer(scene->play, transaction)->result_code, 5012);
	scene->agent->store->fail = 0;
	play_advance(scene->play, 5);
	assert_int_equal(mip6_home_agent_count(scene->agent->role), 0);
	assert_int_equal(play_sent_count(scene->play, &dm_command_str), 1);
}

static void MH03_a_key_that_is_over(void **state)
{
	struct scene *scene = *state;
	struct mip6_security_association two[2] = { scene_sa[0], scene_sa[1] };
	struct mip6_mhr mhr = scene_mhr("s1", "alice@x.example", "2001:db8:1::5/64");
	struct mip6_key longer = scene_key;
	struct store_binding binding;
	const struct dm_str *str;

	longer.key_lifetime = 2000;
	two[1].key = &longer;
	mhr.mip6_security_association = (struct mip6_security_association_list){ two, 2 };
	scene_mha(scene, scene_give(scene, &mhr));
	play_advance(scene->play, 999);
	assert_true(scene_find(scene, "2001:db8:1::5", &binding));
	assert_int_equal(binding.association_count, 2);
	play_advance(scene->play, 1);
	assert_true(scene_find(scene, "2001:db8:1::5", &binding));
	assert_int_equal(binding.association_count, 1);
	assert_int_equal(binding.associations[0].sa_protocol, 3);
	assert_true(play_had_event(scene->play, "key-expired"));
	play_advance(scene->play, 1000);
	assert_false(scene_find(scene, "2001:db8:1::5", &binding));
	assert_int_equal(play_stored(scene->agent, STORE_PUT_BINDING), 0);
	str = play_sent(scene->play, &dm_command_str)->message.body;
	assert_int_equal(str->termination_cause, DM_TERMINATION_CAUSE_DIAMETER_AUTH_EXPIRED);
}

/* ---- restarts ---- */

static void a_restart_keeps_bindings(void **state)
{
	struct scene *scene = *state;
	const struct mip6_mhr thief = scene_mhr("s2", "bob@x.example", "2001:db8:1::2/64");
	struct store_binding binding;

	scene_install(scene, "s1", "alice@x.example", NULL); /* ::2 */
	play_crash(scene->agent);
	play_restore(scene->agent, scene_agent(scene));
	assert_true(scene_find(scene, "2001:db8:1::2", &binding));
	assert_octets(dm_secret_bytes(&binding.associations[0].key), scene_key.keying_material);
	scene_refused(scene, &thief, 5004, MIP6_AVP_MIP6_HOME_ADDRESS);
	play_advance(scene->play, 1000);
	assert_int_equal(mip6_home_agent_count(scene->agent->role), 0);
}

static int look(const struct store_binding *binding, void *context)
{
	size_t *count = context;

	++*count;
	assert_int_equal(binding->associations[0].key.size, 0); /* MH07: never shown */
	return 0;
}

static void MH07_walking_shows_no_key(void **state)
{
	struct scene *scene = *state;
	size_t count = 0;

	scene_install(scene, "s1", "alice@x.example", NULL);
	scene_install(scene, "s2", "bob@x.example", NULL);
	assert_int_equal(mip6_home_agent_each_binding(scene->agent->role, look, &count), 0);
	assert_int_equal(count, 2);
}

static void configurations_that_cannot_be(void **state)
{
	struct scene *scene = *state;
	struct mip6_common common = play_common(scene->play, HA, HOME);
	struct mip6_link_config bad[] = {
		{ .prefix = prefix_of("2001:db8:1::1/64") },
		{ .prefix = prefix_of("2001:db8:1::/64"), .address = prefix_of("2001:db8:2::1") },
		{ .prefix = prefix_of("2001:db8:1::/64"),
		  .pool = { .prefix = prefix_of("2001:db8::/48"), .item_length = 128 } },
	};
	struct mip6_home_agent_config config = { .link_count = 1 };
	const char *why;

	for (size_t i = 0; i < 3; i++) {
		config.links = &bad[i];
		assert_null(mip6_home_agent_new(&config, &common, &why));
		assert_non_null(why);
	}
	config.link_count = 0;
	assert_null(mip6_home_agent_new(&config, &common, &why));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_open, scene_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_same_session_again_is_an_update),
		TEST(an_update_may_bring_another_address),
		TEST(an_update_that_fails_leaves_the_old),
		TEST(an_update_by_another_server_is_refused),
		TEST(another_server_of_the_realm_goes_on),
		TEST(a_str_that_finds_no_server_goes_to_the_realm),
		TEST(str_goes_again_with_our_application_id),
		TEST(MH10_asr_removes_association_and_binding),
		TEST(SE08_asr_for_nothing),
		TEST(MH10_a_binding_that_ends_here_is_told_with_its_cause),
		TEST(SE06_rar_says_that_new_keys_may_come),
		TEST(SE05_rar_for_nothing),
		TEST(asr_that_overtakes_the_commit_of_its_mhr),
		TEST(an_asr_that_cannot_be_stored_is_tried_again),
		TEST(MH03_a_key_that_is_over),
		TEST(a_restart_keeps_bindings),
		TEST(MH07_walking_shows_no_key),
		TEST(configurations_that_cannot_be),
	};

	return cmocka_run_group_tests_name("mip6-binding", tests, NULL, NULL);
}
