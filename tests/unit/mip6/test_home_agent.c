/* SPDX-License-Identifier: Apache-2.0 */
/* The home agent: what a MHR must be, what it installs, how it goes. */
#include "play.h"

#include <errno.h>

#define SERVER "aaa.home.example.net"
#define HOME   "home.example.net"
#define HA     "ha1.home.example.net"

struct scene {
	struct play *play;
	struct play_role *agent;
	struct mip6_link_config links[2];
	struct mip6_home_agent_config config;
};

static struct mip6_role *new_agent(struct scene *scene)
{
	struct mip6_common common = play_common(scene->play, HA, HOME);
	const char *why = NULL;
	struct mip6_role *role = mip6_home_agent_new(&scene->config, &common, &why);

	if (!role)
		fail_msg("%s", why);
	return role;
}

static int open_scene(void **state)
{
	static struct scene scene;

	scene = (struct scene){ .play = play_new() };
	scene.links[0] = (struct mip6_link_config){
		.prefix = prefix_of("2001:db8:1::/64"),
		.address = prefix_of("2001:db8:1::1"),
		.pool = { .prefix = prefix_of("2001:db8:1::/64"),
		          .item_length = 128,
		          .limit = 3,
		          .order = MIP6_POOL_COUNTER },
	};
	scene.links[1] = (struct mip6_link_config){ .prefix = prefix_of("2001:db8:100::/48") };
	scene.config = (struct mip6_home_agent_config){ .links = scene.links,
		                                        .link_count = 2,
		                                        .capacity = 5 };
	scene.agent = play_add(scene.play, HA, HOME, new_agent(&scene));
	*state = &scene;
	return 0;
}

static int close_scene(void **state)
{
	struct scene *scene = *state;

	play_free(scene->play);
	return 0;
}

/* ---- a MHR to build on ---- */

static const struct mip6_key good_key = {
	.key_type = MIP6_KEY_TYPE_IKEV2_SK,
	.keying_material = { (const uint8_t *)"0123456789abcdef0123456789abcdef", 32 },
	.has.key_lifetime = true,
	.key_lifetime = 1000,
	.has.key_name = true,
	.key_name = { (const uint8_t *)"d733d7bc744b9eb2", 16 },
};

static const struct mip6_security_association good_sa[] = {
	{ .mip6_sa_protocol = 1,
	  .has.key = true,
	  .key = &good_key,
	  .has.mip6_key_epoch = true,
	  .mip6_key_epoch = 4 },
	{ .mip6_sa_protocol = 3,
	  .has.key = true,
	  .key = &good_key,
	  .has.mip_mn_ha_spi = true,
	  .mip_mn_ha_spi = 4711,
	  .has.mip_algorithm_type = true,
	  .mip_algorithm_type = 2,
	  .has.mip_replay_mode = true,
	  .mip_replay_mode = 2 },
};

/* Octets of the values live as long as the test. */
static struct dm_bytes address_avp(const char *text)
{
	static uint8_t rooms[16][MIP6_ADDRESS_SIZE];
	static size_t next;
	struct store_prefix address = prefix_of(text);
	uint8_t *room = rooms[next++ % 16];

	mip6_address_write(&address, room);
	return dm_bytes_of(room, MIP6_ADDRESS_SIZE);
}

static struct dm_bytes prefix_avp(const char *text)
{
	static uint8_t rooms[16][MIP6_PREFIX_SIZE];
	static size_t next;
	struct store_prefix prefix = prefix_of(text);
	uint8_t *room = rooms[next++ % 16];

	mip6_prefix_write(&prefix, room);
	return dm_bytes_of(room, MIP6_PREFIX_SIZE);
}

static struct mip6_mhr mhr_for(const char *session_id, const char *user_name, const char *address)
{
	struct mip6_mhr mhr = {
		.session_id = dm_bytes_text(session_id),
		.auth_application_id = MIP6_APPLICATION_ID,
		.origin_host = LITERAL(SERVER),
		.origin_realm = LITERAL(HOME),
		.destination_realm = LITERAL(HOME),
		.auth_request_type = 2,
		.has.mip6_security_association = true,
		.mip6_security_association = { good_sa, 1 },
		.has.user_name = true,
		.user_name = dm_bytes_text(user_name),
	};

	mhr.has.mip6_home_address = address != NULL;
	if (address)
		mhr.mip6_home_address = address_avp(address);
	return mhr;
}

static uint64_t give(struct scene *scene, const struct mip6_mhr *mhr)
{
	return play_request(scene->agent, &mip6_command_mhr, mhr);
}

static const struct mip6_mha *mha(struct scene *scene, uint64_t transaction)
{
	const struct play_answer *answer = play_answer(scene->play, transaction);

	assert_int_equal(answer->result_code, 2001);
	return answer->message.body;
}

static const struct mip6_mha *install(struct scene *scene, const char *session_id,
                                      const char *user_name, const char *address)
{
	const struct mip6_mhr mhr = mhr_for(session_id, user_name, address);

	return mha(scene, give(scene, &mhr));
}

static struct store_prefix address_in(const struct mip6_mha *answer)
{
	struct store_prefix address;
	const char *why;

	assert_int_equal(mip6_address_read(answer->mip6_home_address, &address, &why), 0);
	return address;
}

/* The refusal's Result-Code and the AVP in its Failed-AVP (0: none). */
static void refused(struct scene *scene, const struct mip6_mhr *mhr, uint32_t result_code,
                    uint32_t avp_code)
{
	const struct play_answer *answer = play_answer(scene->play, give(scene, mhr));
	const struct mip6_mha *body = answer->message.body;

	assert_int_equal(answer->result_code, result_code);
	if (answer->command == &dm_command_answer_message)
		return;
	assert_true(body->has.error_message);
	assert_int_equal(body->has.failed_avp, avp_code != 0);
	if (avp_code)
		assert_int_equal(body->failed_avp->other.at[0].code, avp_code);
}

static uint64_t abort_session(struct scene *scene, const char *session_id, const char *server)
{
	const struct dm_asr asr = {
		.session_id = dm_bytes_text(session_id),
		.origin_host = dm_bytes_text(server),
		.origin_realm = LITERAL(HOME),
		.destination_realm = LITERAL(HOME),
		.destination_host = LITERAL(HA),
		.auth_application_id = MIP6_APPLICATION_ID,
	};

	return play_request(scene->agent, &dm_command_asr, &asr);
}

static bool find(struct scene *scene, const char *address, struct store_binding *out)
{
	return mip6_home_agent_find(scene->agent->role, prefix_of(address).address, out);
}

/* ---- installing ---- */

static void MH03_associations_are_installed(void **state)
{
	struct scene *scene = *state;
	struct mip6_mhr mhr = mhr_for("s1", "alice@x.example", "2001:db8:1::5/64");
	const struct mip6_mha *answer;
	struct store_binding binding;

	mhr.mip6_security_association.count = 2;
	answer = mha(scene, give(scene, &mhr));
	assert_octets(answer->session_id, LITERAL("s1"));
	assert_octets(answer->user_name, LITERAL("alice@x.example"));
	assert_prefix(address_in(answer), "2001:db8:1::5/64");
	assert_octets(answer->mip6_home_link_prefix, prefix_avp("2001:db8:1::/64"));
	assert_true(find(scene, "2001:db8:1::5", &binding));
	assert_int_equal(binding.association_count, 2);
	assert_int_equal(binding.associations[0].sa_protocol, 1);
	assert_int_equal(binding.associations[0].key_epoch, 4);
	assert_octets(dm_secret_bytes(&binding.associations[0].key), good_key.keying_material);
	assert_octets(binding.associations[0].key_name, good_key.key_name);
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
	const struct mip6_mhr mhr = mhr_for("s1", "alice@x.example", "2001:db8:1::5/64");
	const struct mip6_mhr thief = mhr_for("s2", "bob@x.example", "2001:db8:1::5/64");
	struct store_binding binding;
	uint64_t transaction;

	scene->agent->store->hold = true;
	transaction = give(scene, &mhr);
	assert_null(play_answered(scene->play, transaction));
	assert_false(find(scene, "2001:db8:1::5", &binding));
	refused(scene, &thief, 5004, MIP6_AVP_MIP6_HOME_ADDRESS); /* claimed already */
	refused(scene, &mhr, 3004, 0);                            /* its own, in work */
	play_release(scene->play, 0);
	mha(scene, transaction);
	assert_true(find(scene, "2001:db8:1::5", &binding));
}

static void a_full_disk_takes_everything_back(void **state)
{
	struct scene *scene = *state;
	const struct mip6_mhr mhr = mhr_for("s1", "alice@x.example", "2001:db8:1::5/64");

	scene->agent->store->fail = ENOSPC;
	refused(scene, &mhr, 5012, 0);
	assert_int_equal(mip6_home_agent_count(scene->agent->role), 0);
	assert_true(play_had_event(scene->play, "store-failed"));
	scene->agent->store->fail = 0;
	install(scene, "s2", "bob@x.example", "2001:db8:1::5/64");
}

static void MH06_without_address_the_agent_allocates(void **state)
{
	struct scene *scene = *state;

	assert_prefix(address_in(install(scene, "s1", "a@x.example", NULL)), "2001:db8:1::2/64");
	assert_prefix(address_in(install(scene, "s2", "b@x.example", "::/0")), "2001:db8:1::3/64");
}

static void MB17_the_agents_own_pool_is_exhausted(void **state)
{
	struct scene *scene = *state;
	const struct mip6_mhr more = mhr_for("s4", "d@x.example", NULL);

	install(scene, "s1", "a@x.example", NULL);
	install(scene, "s2", "b@x.example", NULL);
	install(scene, "s3", "c@x.example", NULL);
	refused(scene, &more, 5006, 0);
	abort_session(scene, "s2", SERVER);
	assert_prefix(address_in(mha(scene, give(scene, &more))), "2001:db8:1::5/64");
}

static void MB12_a_delegated_prefix(void **state)
{
	struct scene *scene = *state;
	struct mip6_mhr mhr = mhr_for("s1", "alice@x.example", NULL);
	struct mip6_mhr thief = mhr_for("s2", "bob@x.example", NULL);
	struct store_prefix prefix = prefix_of("2001:db8:100:7::/64");
	const struct mip6_mha *answer;

	mhr.has.mip6_home_link_prefix = thief.has.mip6_home_link_prefix = true;
	mhr.mip6_home_link_prefix = thief.mip6_home_link_prefix = prefix_avp("2001:db8:100:7::/64");
	answer = mha(scene, give(scene, &mhr));
	assert_true(mip6_prefix_holds(&prefix, address_in(answer).address));
	assert_octets(answer->mip6_home_link_prefix, mhr.mip6_home_link_prefix);
	refused(scene, &thief, 5004, MIP6_AVP_MIP6_HOME_LINK_PREFIX);
	abort_session(scene, "s1", SERVER);
	mha(scene, give(scene, &thief));
}

/* ---- refusing ---- */

static void MH02_without_security_association(void **state)
{
	struct scene *scene = *state;
	struct dm_message message;
	struct mip6_mhr mhr = mhr_for("s1", "alice@x.example", NULL);
	const struct play_answer *answer;
	uint64_t transaction = give(scene, &mhr);

	/* The codec stops such a MHR (its grammar says 1+); the role does not rely on it. */
	message = scene->play->carried[scene->play->carried_count - 1].request.message;
	mhr = *(const struct mip6_mhr *)message.body;
	mhr.session_id = LITERAL("s2");
	mhr.mip6_security_association.count = 0;
	message.body = &mhr;
	mha(scene, transaction);
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
	struct mip6_mhr mhr = mhr_for("s1", "alice@x.example", "2001:db8:1::5/64");

	mhr.mip6_security_association.at = &keyless;
	refused(scene, &mhr, 5005, MIP6_AVP_KEY);
}

static void MH02_associations_that_cannot_be(void **state)
{
	struct scene *scene = *state;
	struct mip6_security_association five[5];
	struct mip6_mhr mhr = mhr_for("s1", "alice@x.example", "2001:db8:1::5/64");
	struct mip6_key key = good_key;
	static const uint8_t long_key[65];

	for (int i = 0; i < 5; i++)
		five[i] = good_sa[0];
	mhr.mip6_security_association = (struct mip6_security_association_list){ five, 2 };
	refused(scene, &mhr, 5004, MIP6_AVP_MIP6_SECURITY_ASSOCIATION);
	mhr.mip6_security_association.count = 5;
	refused(scene, &mhr, 5009, MIP6_AVP_MIP6_SECURITY_ASSOCIATION);
	mhr.mip6_security_association.count = 1;
	key.keying_material = dm_bytes_of(long_key, sizeof(long_key));
	five[0].key = &key;
	refused(scene, &mhr, 5004, MIP6_AVP_MIP6_SECURITY_ASSOCIATION);
}

static void MH04_addresses_that_are_not_of_its_links(void **state)
{
	static const char *const bad[] = { "2001:db8:2::5/64", "ff02::1/64", "fe80::1/64",
		                           "2001:db8:1::1/64" };
	struct scene *scene = *state;

	for (size_t i = 0; i < 4; i++) {
		const struct mip6_mhr mhr = mhr_for("s1", "alice@x.example", bad[i]);

		refused(scene, &mhr, 5004, MIP6_AVP_MIP6_HOME_ADDRESS);
	}
	assert_int_equal(mip6_home_agent_count(scene->agent->role), 0);
}

static void MH04_prefixes_that_are_not_of_its_links(void **state)
{
	static const char *const bad[] = { "2001:db8:2::/64", "2001:db8::/32" };
	struct scene *scene = *state;
	struct mip6_mhr mhr = mhr_for("s1", "alice@x.example", NULL);

	mhr.has.mip6_home_link_prefix = true;
	for (size_t i = 0; i < 2; i++) {
		mhr.mip6_home_link_prefix = prefix_avp(bad[i]);
		refused(scene, &mhr, 5004, MIP6_AVP_MIP6_HOME_LINK_PREFIX);
	}
	mhr = mhr_for("s1", "alice@x.example", "2001:db8:1::5/64");
	mhr.has.mip6_home_link_prefix = true;
	mhr.mip6_home_link_prefix = prefix_avp("2001:db8:100:1::/64");
	refused(scene, &mhr, 5004, MIP6_AVP_MIP6_HOME_ADDRESS);
}

static void MH04_another_owner(void **state)
{
	struct scene *scene = *state;
	const struct mip6_mhr mhr = mhr_for("s2", "bob@x.example", "2001:db8:1::5/64");

	install(scene, "s1", "alice@x.example", "2001:db8:1::5/64");
	refused(scene, &mhr, 5004, MIP6_AVP_MIP6_HOME_ADDRESS);
}

static void the_same_user_under_another_session_takes_over(void **state)
{
	struct scene *scene = *state;
	struct store_binding binding;

	install(scene, "s1", "alice@x.example", "2001:db8:1::5/64");
	install(scene, "s2", "alice@x.example", "2001:db8:1::5/64");
	assert_int_equal(mip6_home_agent_count(scene->agent->role), 1);
	assert_int_equal(play_stored(scene->agent, STORE_PUT_BINDING), 1);
	assert_true(find(scene, "2001:db8:1::5", &binding));
	assert_octets(binding.session_id, LITERAL("s2"));
	assert_int_equal(play_answer(scene->play, abort_session(scene, "s1", SERVER))->result_code,
	                 5002);
}

static void the_capacity_is_kept(void **state)
{
	static const char *const names[] = { "s1", "s2", "s3", "s4", "s5" };
	static const char *const addresses[] = { "2001:db8:1::11", "2001:db8:1::12",
		                                 "2001:db8:1::13", "2001:db8:1::14",
		                                 "2001:db8:1::15" };
	struct scene *scene = *state;
	const struct mip6_mhr more = mhr_for("s6", "x@x.example", "2001:db8:1::16/64");

	for (size_t i = 0; i < 5; i++)
		install(scene, names[i], names[i], addresses[i]);
	refused(scene, &more, 5006, 0);
	install(scene, "s1", "s1", "2001:db8:1::11"); /* an update needs no room */
	abort_session(scene, "s3", SERVER);
	mha(scene, give(scene, &more));
}

static void a_stranger_gives_no_orders(void **state)
{
	static const struct dm_bytes servers[] = { { (const uint8_t *)"aaa.*", 5 } };
	struct scene *scene = *state;
	struct mip6_mhr mhr = mhr_for("s1", "alice@x.example", "2001:db8:1::5/64");

	scene->config.servers = servers;
	scene->config.server_count = 1;
	scene->agent = play_add(scene->play, "ha2.home.example.net", HOME, new_agent(scene));
	mhr.origin_host = LITERAL("evil.example.org");
	refused(scene, &mhr, 5003, 0);
	mhr.origin_host = LITERAL(SERVER);
	mha(scene, give(scene, &mhr));
}

/* ---- updates ---- */

static void the_same_session_again_is_an_update(void **state)
{
	struct scene *scene = *state;
	struct mip6_key key = good_key;
	struct mip6_security_association sa = good_sa[0];
	struct mip6_mhr mhr = mhr_for("s1", "alice@x.example", NULL);
	struct store_binding binding;

	install(scene, "s1", "alice@x.example", "2001:db8:1::5/64");
	key.keying_material = LITERAL("another key of some length");
	sa.key = &key;
	sa.mip6_key_epoch = 5;
	mhr.mip6_security_association.at = &sa;
	assert_prefix(address_in(mha(scene, give(scene, &mhr))), "2001:db8:1::5/64");
	assert_true(find(scene, "2001:db8:1::5", &binding));
	assert_int_equal(binding.associations[0].key_epoch, 5);
	assert_int_equal(mip6_home_agent_count(scene->agent->role), 1);
	assert_int_equal(play_stored(scene->agent, STORE_PUT_BINDING), 1);
	assert_true(play_had_event(scene->play, "updated"));
}

static void an_update_may_bring_another_address(void **state)
{
	struct scene *scene = *state;
	struct store_binding binding;

	install(scene, "s1", "alice@x.example", "2001:db8:1::5/64");
	install(scene, "s1", "alice@x.example", "2001:db8:1::6/64");
	assert_false(find(scene, "2001:db8:1::5", &binding));
	assert_true(find(scene, "2001:db8:1::6", &binding));
	install(scene, "s2", "bob@x.example", "2001:db8:1::5/64");
}

static void an_update_that_fails_leaves_the_old(void **state)
{
	struct scene *scene = *state;
	const struct mip6_mhr mhr = mhr_for("s1", "alice@x.example", "2001:db8:1::6/64");
	struct store_binding binding;

	install(scene, "s1", "alice@x.example", "2001:db8:1::5/64");
	scene->agent->store->fail = EIO;
	refused(scene, &mhr, 5012, 0);
	assert_true(find(scene, "2001:db8:1::5", &binding));
	assert_false(find(scene, "2001:db8:1::6", &binding));
	scene->agent->store->fail = 0;
	install(scene, "s1", "alice@x.example", "2001:db8:1::6/64");
	play_advance(scene->play, 2000); /* its keys are over */
	assert_int_equal(mip6_home_agent_count(scene->agent->role), 0);
}

static void an_update_by_another_server_is_refused(void **state)
{
	struct scene *scene = *state;
	struct mip6_mhr mhr = mhr_for("s1", "alice@x.example", "2001:db8:1::5/64");

	mha(scene, give(scene, &mhr));
	mhr.origin_host = LITERAL("other.example.net");
	refused(scene, &mhr, 5004, 263);
}

/* ---- ends ---- */

static void MH10_asr_removes_association_and_binding(void **state)
{
	struct scene *scene = *state;
	struct store_binding binding;
	const struct dm_str *str;
	uint64_t transaction;

	install(scene, "s1", "alice@x.example", "2001:db8:1::5/64");
	scene->agent->store->hold = true;
	transaction = abort_session(scene, "s1", SERVER);
	/* The association goes first: at once, the binding with its commit. */
	assert_true(find(scene, "2001:db8:1::5", &binding));
	assert_int_equal(binding.association_count, 0);
	assert_null(play_answered(scene->play, transaction));
	play_release(scene->play, 0);
	assert_int_equal(play_answer(scene->play, transaction)->result_code, 2001);
	assert_false(find(scene, "2001:db8:1::5", &binding));
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

	install(scene, "s1", "alice@x.example", "2001:db8:1::5/64");
	assert_int_equal(play_answer(scene->play, abort_session(scene, "s9", SERVER))->result_code,
	                 5002);
	assert_int_equal(
		play_answer(scene->play, abort_session(scene, "s1", "evil.example"))->result_code,
		5002);
	assert_int_equal(mip6_home_agent_count(scene->agent->role), 1);
}

static void asr_that_overtakes_the_commit_of_its_mhr(void **state)
{
	struct scene *scene = *state;
	const struct mip6_mhr mhr = mhr_for("s1", "alice@x.example", "2001:db8:1::5/64");
	uint64_t asked, aborted;

	scene->agent->store->hold = true;
	asked = give(scene, &mhr);
	aborted = abort_session(scene, "s1", SERVER);
	assert_null(play_answered(scene->play, aborted));
	play_release(scene->play, 0);
	mha(scene, asked);
	play_release(scene->play, 0);
	assert_int_equal(play_answer(scene->play, aborted)->result_code, 2001);
	assert_int_equal(mip6_home_agent_count(scene->agent->role), 0);
}

static void an_asr_that_cannot_be_stored_is_tried_again(void **state)
{
	struct scene *scene = *state;
	uint64_t transaction;

	install(scene, "s1", "alice@x.example", "2001:db8:1::5/64");
	scene->agent->store->fail = EIO;
	transaction = abort_session(scene, "s1", SERVER);
	assert_int_equal(play_answer(scene->play, transaction)->result_code, 5012);
	scene->agent->store->fail = 0;
	play_advance(scene->play, 5);
	assert_int_equal(mip6_home_agent_count(scene->agent->role), 0);
	assert_int_equal(play_sent_count(scene->play, &dm_command_str), 1);
}

static void MH03_a_key_that_is_over(void **state)
{
	struct scene *scene = *state;
	struct mip6_security_association two[2] = { good_sa[0], good_sa[1] };
	struct mip6_mhr mhr = mhr_for("s1", "alice@x.example", "2001:db8:1::5/64");
	struct mip6_key longer = good_key;
	struct store_binding binding;
	const struct dm_str *str;

	longer.key_lifetime = 2000;
	two[1].key = &longer;
	mhr.mip6_security_association = (struct mip6_security_association_list){ two, 2 };
	mha(scene, give(scene, &mhr));
	play_advance(scene->play, 999);
	assert_true(find(scene, "2001:db8:1::5", &binding));
	assert_int_equal(binding.association_count, 2);
	play_advance(scene->play, 1);
	assert_true(find(scene, "2001:db8:1::5", &binding));
	assert_int_equal(binding.association_count, 1);
	assert_int_equal(binding.associations[0].sa_protocol, 3);
	assert_true(play_had_event(scene->play, "key-expired"));
	play_advance(scene->play, 1000);
	assert_false(find(scene, "2001:db8:1::5", &binding));
	assert_int_equal(play_stored(scene->agent, STORE_PUT_BINDING), 0);
	str = play_sent(scene->play, &dm_command_str)->message.body;
	assert_int_equal(str->termination_cause, DM_TERMINATION_CAUSE_DIAMETER_AUTH_EXPIRED);
}

/* ---- restarts ---- */

static void a_restart_keeps_bindings(void **state)
{
	struct scene *scene = *state;
	const struct mip6_mhr thief = mhr_for("s2", "bob@x.example", "2001:db8:1::2/64");
	struct store_binding binding;

	install(scene, "s1", "alice@x.example", NULL); /* ::2 */
	play_crash(scene->agent);
	play_restore(scene->agent, new_agent(scene));
	assert_true(find(scene, "2001:db8:1::2", &binding));
	assert_octets(dm_secret_bytes(&binding.associations[0].key), good_key.keying_material);
	refused(scene, &thief, 5004, MIP6_AVP_MIP6_HOME_ADDRESS);
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

	install(scene, "s1", "alice@x.example", NULL);
	install(scene, "s2", "bob@x.example", NULL);
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)

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
		TEST(MH02_associations_that_cannot_be),
		TEST(MH04_addresses_that_are_not_of_its_links),
		TEST(MH04_prefixes_that_are_not_of_its_links),
		TEST(MH04_another_owner),
		TEST(the_same_user_under_another_session_takes_over),
		TEST(the_capacity_is_kept),
		TEST(a_stranger_gives_no_orders),
		TEST(the_same_session_again_is_an_update),
		TEST(an_update_may_bring_another_address),
		TEST(an_update_that_fails_leaves_the_old),
		TEST(an_update_by_another_server_is_refused),
		TEST(MH10_asr_removes_association_and_binding),
		TEST(SE08_asr_for_nothing),
		TEST(asr_that_overtakes_the_commit_of_its_mhr),
		TEST(an_asr_that_cannot_be_stored_is_tried_again),
		TEST(MH03_a_key_that_is_over),
		TEST(a_restart_keeps_bindings),
		TEST(MH07_walking_shows_no_key),
		TEST(configurations_that_cannot_be),
	};

	return cmocka_run_group_tests_name("mip6-home-agent", tests, NULL, NULL);
}
