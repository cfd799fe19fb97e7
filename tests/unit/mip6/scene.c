/* SPDX-License-Identifier: Apache-2.0 */
#include "scene.h"

struct mip6_role *scene_agent(struct scene *scene)
{
	struct mip6_common common = play_common(scene->play, HA, HOME);
	const char *why = NULL;
	struct mip6_role *role = mip6_home_agent_new(&scene->config, &common, &why);

	if (!role)
		fail_msg("%s", why);
	return role;
}

int scene_open(void **state)
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
	scene.agent = play_add(scene.play, HA, HOME, scene_agent(&scene));
	*state = &scene;
	return 0;
}

int scene_close(void **state)
{
	struct scene *scene = *state;

	play_free(scene->play);
	return 0;
}

/* ---- a MHR to build on ---- */

const struct mip6_key scene_key = {
	.key_type = MIP6_KEY_TYPE_IKEV2_SK,
	.keying_material = { (const uint8_t *)"0123456789abcdef0123456789abcdef", 32 },
	.has.key_lifetime = true,
	.key_lifetime = 1000,
	.has.key_name = true,
	.key_name = { (const uint8_t *)"d733d7bc744b9eb2", 16 },
};

const struct mip6_security_association scene_sa[2] = {
	{ .mip6_sa_protocol = 1,
	  .has.key = true,
	  .key = &scene_key,
	  .has.mip6_key_epoch = true,
	  .mip6_key_epoch = 4 },
	{ .mip6_sa_protocol = 3,
	  .has.key = true,
	  .key = &scene_key,
	  .has.mip_mn_ha_spi = true,
	  .mip_mn_ha_spi = 4711,
	  .has.mip_algorithm_type = true,
	  .mip_algorithm_type = 2,
	  .has.mip_replay_mode = true,
	  .mip_replay_mode = 2 },
};

/* Octets of the values live as long as the test. */
struct dm_bytes scene_address(const char *text)
{
	static uint8_t rooms[16][MIP6_ADDRESS_SIZE];
	static size_t next;
	struct store_prefix address = prefix_of(text);
	uint8_t *room = rooms[next++ % 16];

	mip6_address_write(&address, room);
	return dm_bytes_of(room, MIP6_ADDRESS_SIZE);
}

struct dm_bytes scene_prefix(const char *text)
{
	static uint8_t rooms[16][MIP6_PREFIX_SIZE];
	static size_t next;
	struct store_prefix prefix = prefix_of(text);
	uint8_t *room = rooms[next++ % 16];

	mip6_prefix_write(&prefix, room);
	return dm_bytes_of(room, MIP6_PREFIX_SIZE);
}

struct mip6_mhr scene_mhr(const char *session_id, const char *user_name, const char *address)
{
	struct mip6_mhr mhr = {
		.session_id = dm_bytes_text(session_id),
		.auth_application_id = MIP6_APPLICATION_ID,
		.origin_host = LITERAL(SERVER),
		.origin_realm = LITERAL(HOME),
		.destination_realm = LITERAL(HOME),
		.auth_request_type = 2,
		.has.mip6_security_association = true,
		.mip6_security_association = { scene_sa, 1 },
		.has.user_name = true,
		.user_name = dm_bytes_text(user_name),
	};

	mhr.has.mip6_home_address = address != NULL;
	if (address)
		mhr.mip6_home_address = scene_address(address);
	return mhr;
}

uint64_t scene_give(struct scene *scene, const struct mip6_mhr *mhr)
{
	return play_request(scene->agent, &mip6_command_mhr, mhr);
}

const struct mip6_mha *scene_mha(struct scene *scene, uint64_t transaction)
{
	const struct play_answer *answer = play_answer(scene->play, transaction);

	assert_int_equal(answer->result_code, 2001);
	return answer->message.body;
}

const struct mip6_mha *scene_install(struct scene *scene, const char *session_id,
                                     const char *user_name, const char *address)
{
	const struct mip6_mhr mhr = scene_mhr(session_id, user_name, address);

	return scene_mha(scene, scene_give(scene, &mhr));
}

struct store_prefix scene_address_in(const struct mip6_mha *answer)
{
	struct store_prefix address;
	const char *why;

	assert_int_equal(mip6_address_read(answer->mip6_home_address, &address, &why), 0);
	return address;
}

/* The refusal's Result-Code and the AVP in its Failed-AVP (0: none). */
void scene_refused(struct scene *scene, const struct mip6_mhr *mhr, uint32_t result_code,
                   uint32_t avp_code)
{
	const struct play_answer *answer = play_answer(scene->play, scene_give(scene, mhr));
	const struct mip6_mha *body = answer->message.body;

	assert_int_equal(answer->result_code, result_code);
	if (answer->command == &dm_command_answer_message)
		return;
	assert_true(body->has.error_message);
	assert_int_equal(body->has.failed_avp, avp_code != 0);
	if (avp_code)
		assert_int_equal(body->failed_avp->other.at[0].code, avp_code);
}

uint64_t scene_abort(struct scene *scene, const char *session_id, const char *server)
{
	return scene_abort_from(scene, session_id, server, HOME);
}

uint64_t scene_abort_from(struct scene *scene, const char *session_id, const char *server,
                          const char *realm)
{
	const struct dm_asr asr = {
		.session_id = dm_bytes_text(session_id),
		.origin_host = dm_bytes_text(server),
		.origin_realm = dm_bytes_text(realm),
		.destination_realm = LITERAL(HOME),
		.destination_host = LITERAL(HA),
		.auth_application_id = MIP6_APPLICATION_ID,
	};

	return play_request(scene->agent, &dm_command_asr, &asr);
}

bool scene_find(struct scene *scene, const char *address, struct store_binding *out)
{
	return mip6_home_agent_find(scene->agent->role, prefix_of(address).address, out);
}
