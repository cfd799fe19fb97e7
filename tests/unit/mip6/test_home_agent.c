/* SPDX-License-Identifier: Apache-2.0 */
/* The home agent: what a MHR must be, and what it installs. */
#include "scene.h"

#include <errno.h>

/* ---- installing ---- */

static void MH03_associations_are_installed(void **state)
{
	struct scene *scene = *state;
	struct mip6_mhr mhr = scene_mhr("s1", "alice@x.example", "2001:db8:1::5/64");
	const struct mip6_mha *answer;
	struct store_binding binding;

	mhr.mip6_security_association.count = 2;
	answer = scene_mha(scene, scene_give(scene, &mhr));
	assert_octets(answer->session_id, LITERAL("s1"));
	assert_octets(answer->user_name, LITERAL("alice@x.example"));
	assert_prefix(scene_address_in(answer), "2001:db8:1::5/64");
	assert_octets(answer->mip6_home_link_prefix, scene_prefix("2001:db8:1::/64"));
	assert_true(scene_find(scene, "2001:db8:1::5", &binding));
	assert_int_equal(binding.association_count, 2);
	assert_int_equal(binding.associations[0].sa_protocol, 1);
	assert_int_equal(binding.associations[0].key_epoch, 4);
	assert_octets(dm_secret_bytes(&binding.associations[0].key), scene_key.keying_material);
	assert_octets(binding.associations[0].key_name, scene_key.key_name);
	assert_int_equal(binding.associations[0].key_expires, PLAY_WALL + 1000);
	assert_int_equal(binding.associations[1].sa_protocol, 3);
	assert_int_equal(binding.associations[1].spi, 4711);
	assert_int_equal(binding.associations[1].algorithm_type, 2);
	assert_int_equal(binding.associations[1].replay_mode, 2);
	assert_int_equal(play_stored(scene->agent, STORE_PUT_BINDING), 1);
}

static void the_answer_waits_for_the_commit(void **state)
{
	struct scene *scene = *state;
	const struct mip6_mhr mhr = scene_mhr("s1", "alice@x.example", "2001:db8:1::5/64");
	const struct mip6_mhr thief = scene_mhr("s2", "bob@x.example", "2001:db8:1::5/64");
	struct store_binding binding;
	uint64_t transaction;

	scene->agent->store->hold = true;
	transaction = scene_give(scene, &mhr);
	assert_null(play_answered(scene->play, transaction));
	assert_false(scene_find(scene, "2001:db8:1::5", &binding));
	scene_refused(scene, &thief, 5004, MIP6_AVP_MIP6_HOME_ADDRESS); /* claimed already */
	scene_refused(scene, &mhr, 3004, 0);                            /* its own, in work */
	play_release(scene->play, 0);
	scene_mha(scene, transaction);
	assert_true(scene_find(scene, "2001:db8:1::5", &binding));
}

static void a_full_disk_takes_everything_back(void **state)
{
	struct scene *scene = *state;
	const struct mip6_mhr mhr = scene_mhr("s1", "alice@x.example", "2001:db8:1::5/64");

	scene->agent->store->fail = ENOSPC;
	scene_refused(scene, &mhr, 5012, 0);
	assert_int_equal(mip6_home_agent_count(scene->agent->role), 0);
	assert_true(play_had_event(scene->play, "store-failed"));
	scene->agent->store->fail = 0;
	scene_install(scene, "s2", "bob@x.example", "2001:db8:1::5/64");
}

static void MH06_without_address_the_agent_allocates(void **state)
{
	struct scene *scene = *state;

	assert_prefix(scene_address_in(scene_install(scene, "s1", "a@x.example", NULL)),
	              "2001:db8:1::2/64");
	assert_prefix(scene_address_in(scene_install(scene, "s2", "b@x.example", "::/0")),
	              "2001:db8:1::3/64");
}

static void MB17_the_agents_own_pool_is_exhausted(void **state)
{
	struct scene *scene = *state;
	const struct mip6_mhr more = scene_mhr("s4", "d@x.example", NULL);

	scene_install(scene, "s1", "a@x.example", NULL);
	scene_install(scene, "s2", "b@x.example", NULL);
	scene_install(scene, "s3", "c@x.example", NULL);
	scene_refused(scene, &more, 5006, 0);
	scene_abort(scene, "s2", SERVER);
	assert_prefix(scene_address_in(scene_mha(scene, scene_give(scene, &more))),
	              "2001:db8:1::5/64");
}

static void MB12_a_delegated_prefix(void **state)
{
	struct scene *scene = *state;
	struct mip6_mhr mhr = scene_mhr("s1", "alice@x.example", NULL);
	struct mip6_mhr thief = scene_mhr("s2", "bob@x.example", NULL);
	struct store_prefix prefix = prefix_of("2001:db8:100:7::/64");
	const struct mip6_mha *answer;

	mhr.has.mip6_home_link_prefix = thief.has.mip6_home_link_prefix = true;
	mhr.mip6_home_link_prefix = thief.mip6_home_link_prefix =
		scene_prefix("2001:db8:100:7::/64");
	answer = scene_mha(scene, scene_give(scene, &mhr));
	assert_true(mip6_prefix_holds(&prefix, scene_address_in(answer).address));
	assert_octets(answer->mip6_home_link_prefix, mhr.mip6_home_link_prefix);
	scene_refused(scene, &thief, 5004, MIP6_AVP_MIP6_HOME_LINK_PREFIX);
	scene_abort(scene, "s1", SERVER);
	scene_mha(scene, scene_give(scene, &thief));
}

/* ---- refusing ---- */

static void MH02_without_security_association(void **state)
{
	struct scene *scene = *state;
	struct dm_message message;
	struct mip6_mhr mhr = scene_mhr("s1", "alice@x.example", NULL);
	const struct play_answer *answer;
	uint64_t transaction = scene_give(scene, &mhr);

	/* The codec stops such a MHR (its grammar says 1+); the role does not rely on it. */
	message = scene->play->carried[scene->play->carried_count - 1].request.message;
	mhr = *(const struct mip6_mhr *)message.body;
	mhr.session_id = LITERAL("s2");
	mhr.mip6_security_association.count = 0;
	message.body = &mhr;
	scene_mha(scene, transaction);
	scene->play->carried[scene->play->carried_count - 1].transaction = 9999;
	scene->agent->role->class->request(scene->agent->role, 9999, &message, scene->play->now);
	play_pump(scene->play);
	answer = play_answer(scene->play, 9999);
	assert_int_equal(answer->result_code, 5005);
	assert_int_equal(
		((const struct mip6_mha *)answer->message.body)->failed_avp->other.at[0].code,
		MIP6_AVP_MIP6_SECURITY_ASSOCIATION);
}

static void MH02_without_key(void **state)
{
	struct scene *scene = *state;
	const struct mip6_security_association keyless = { .mip6_sa_protocol = 1 };
	struct mip6_mhr mhr = scene_mhr("s1", "alice@x.example", "2001:db8:1::5/64");

	mhr.mip6_security_association.at = &keyless;
	scene_refused(scene, &mhr, 5005, MIP6_AVP_MIP6_SECURITY_ASSOCIATION); /* around the Key */
}

static void MH04_addresses_that_are_not_of_its_links(void **state)
{
	static const char *const bad[] = { "2001:db8:2::5/64", "ff02::1/64", "fe80::1/64",
		                           "2001:db8:1::1/64" };
	struct scene *scene = *state;

	for (size_t i = 0; i < 4; i++) {
		const struct mip6_mhr mhr = scene_mhr("s1", "alice@x.example", bad[i]);

		scene_refused(scene, &mhr, 5004, MIP6_AVP_MIP6_HOME_ADDRESS);
	}
	assert_int_equal(mip6_home_agent_count(scene->agent->role), 0);
}

static void MH04_prefixes_that_are_not_of_its_links(void **state)
{
	static const char *const bad[] = { "2001:db8:2::/64", "2001:db8::/32" };
	struct scene *scene = *state;
	struct mip6_mhr mhr = scene_mhr("s1", "alice@x.example", NULL);

	mhr.has.mip6_home_link_prefix = true;
	for (size_t i = 0; i < 2; i++) {
		mhr.mip6_home_link_prefix = scene_prefix(bad[i]);
		scene_refused(scene, &mhr, 5004, MIP6_AVP_MIP6_HOME_LINK_PREFIX);
	}
	mhr = scene_mhr("s1", "alice@x.example", "2001:db8:1::5/64");
	mhr.has.mip6_home_link_prefix = true;
	mhr.mip6_home_link_prefix = scene_prefix("2001:db8:100:1::/64");
	scene_refused(scene, &mhr, 5007, MIP6_AVP_MIP6_HOME_ADDRESS);
}

static void MH04_another_owner(void **state)
{
	struct scene *scene = *state;
	const struct mip6_mhr mhr = scene_mhr("s2", "bob@x.example", "2001:db8:1::5/64");

	scene_install(scene, "s1", "alice@x.example", "2001:db8:1::5/64");
	scene_refused(scene, &mhr, 5004, MIP6_AVP_MIP6_HOME_ADDRESS);
}

static void the_same_user_under_another_session_takes_over(void **state)
{
	struct scene *scene = *state;
	struct store_binding binding;

	scene_install(scene, "s1", "alice@x.example", "2001:db8:1::5/64");
	scene_install(scene, "s2", "alice@x.example", "2001:db8:1::5/64");
	assert_int_equal(mip6_home_agent_count(scene->agent->role), 1);
	assert_int_equal(play_stored(scene->agent, STORE_PUT_BINDING), 1);
	assert_true(scene_find(scene, "2001:db8:1::5", &binding));
	assert_octets(binding.session_id, LITERAL("s2"));
	assert_int_equal(play_answer(scene->play, scene_abort(scene, "s1", SERVER))->result_code,
	                 5002);
}

static void the_capacity_is_kept(void **state)
{
	static const char *const names[] = { "s1", "s2", "s3", "s4", "s5" };
	static const char *const addresses[] = { "2001:db8:1::11", "2001:db8:1::12",
		                                 "2001:db8:1::13", "2001:db8:1::14",
		                                 "2001:db8:1::15" };
	struct scene *scene = *state;
	const struct mip6_mhr more = scene_mhr("s6", "x@x.example", "2001:db8:1::16/64");

	for (size_t i = 0; i < 5; i++)
		scene_install(scene, names[i], names[i], addresses[i]);
	scene_refused(scene, &more, 5006, 0);
	scene_install(scene, "s1", "s1", "2001:db8:1::11"); /* an update needs no room */
	scene_abort(scene, "s3", SERVER);
	scene_mha(scene, scene_give(scene, &more));
}

static void a_stranger_gives_no_orders(void **state)
{
	static const struct dm_bytes servers[] = { { (const uint8_t *)"aaa.*", 5 } };
	struct scene *scene = *state;
	struct mip6_mhr mhr = scene_mhr("s1", "alice@x.example", "2001:db8:1::5/64");

	scene->config.servers = servers;
	scene->config.server_count = 1;
	scene->agent = play_add(scene->play, "ha2.home.example.net", HOME, scene_agent(scene));
	mhr.origin_host = LITERAL("evil.example.org");
	scene_refused(scene, &mhr, 5003, 0);
	mhr.origin_host = LITERAL(SERVER);
	scene_mha(scene, scene_give(scene, &mhr));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_open, scene_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(MH03_associations_are_installed),
		TEST(the_answer_waits_for_the_commit),
		TEST(a_full_disk_takes_everything_back),
		TEST(MH06_without_address_the_agent_allocates),
		TEST(MB17_the_agents_own_pool_is_exhausted),
		TEST(MB12_a_delegated_prefix),
		TEST(MH02_without_security_association),
		TEST(MH02_without_key),
		TEST(MH04_addresses_that_are_not_of_its_links),
		TEST(MH04_prefixes_that_are_not_of_its_links),
		TEST(MH04_another_owner),
		TEST(the_same_user_under_another_session_takes_over),
		TEST(the_capacity_is_kept),
		TEST(a_stranger_gives_no_orders),
	};

	return cmocka_run_group_tests_name("mip6-home-agent", tests, NULL, NULL);
}
