/* SPDX-License-Identifier: Apache-2.0 */
#include "stage.h"

#include <stdlib.h>

static const struct dm_bytes berlin_nas[] = { { (const uint8_t *)"nas1.*", 6 } };
static const struct dm_bytes paris_nas[] = { { (const uint8_t *)"nas2.*", 6 } };
static const struct dm_bytes near_paris[] = { { (const uint8_t *)"berlin", 6 } };

static size_t place_of(struct stage *stage, struct dm_bytes host)
{
	for (size_t i = 0; i < stage->config.agent_count; i++)
		if (dm_bytes_equal(stage->agents[i].host, host))
			return i;
	return 3;
}

static bool reaches(void *context, struct dm_bytes realm, struct dm_bytes host)
{
	struct stage *stage = context;

	(void)realm;
	return !stage->unreachable[place_of(stage, host)];
}

static bool protected_path(void *context, struct dm_bytes realm, struct dm_bytes host)
{
	struct stage *stage = context;

	(void)realm;
	return !stage->unprotected[place_of(stage, host)];
}

static struct mip6_agent_config agent_config(const char *host, const char *location,
                                             const char *link, const char *address)
{
	return (struct mip6_agent_config){
		.host = dm_bytes_text(host),
		.realm = LITERAL(HOME),
		.address = prefix_of(address),
		.location = dm_bytes_text(location),
		.weight = 1,
		.home_prefix = prefix_of(link),
		.address_pool = { .prefix = prefix_of(link), .item_length = 128 },
	};
}

struct stage *stage_new(void)
{
	struct stage *stage = calloc(1, sizeof(*stage));

	assert_non_null(stage);
	stage->play = play_new();
	stage->agents[0] = agent_config(HA1, "berlin", "2001:db8:1::/64", "2001:db8:1::1/64");
	stage->agents[1] = agent_config(HA2, "paris", "2001:db8:2::/64", "2001:db8:2::1/64");
	stage->locations[0] = (struct mip6_location_config){ .name = LITERAL("berlin"),
		                                             .nas_identifiers = berlin_nas,
		                                             .nas_identifier_count = 1 };
	stage->locations[1] = (struct mip6_location_config){ .name = LITERAL("paris"),
		                                             .nas_identifiers = paris_nas,
		                                             .nas_identifier_count = 1,
		                                             .near = near_paris,
		                                             .near_count = 1 };
	stage->config = (struct mip6_home_server_config){
		.policy.linger = 300,
		.agents = stage->agents,
		.agent_count = 2,
		.locations = stage->locations,
		.location_count = 2,
		.session_block = 1,
		.reaches = reaches,
		.protected_path = protected_path,
		.context = stage,
	};
	return stage;
}

struct mip6_role *stage_server(struct stage *stage)
{
	struct mip6_common common = play_common(stage->play, SERVER, HOME);
	const char *why = NULL;
	struct mip6_role *role = mip6_home_server_new(&stage->config, &common, &why);

	if (!role)
		fail_msg("%s", why);
	return role;
}

struct store_subscriber stage_subscriber(const char *user_name)
{
	struct store_subscriber subscriber = {
		.user_name = dm_bytes_text(user_name),
		.enabled = true,
		.mobility = true,
		.local_home_agent = true,
		.root_key.size = 16,
	};

	for (uint8_t i = 0; i < 16; i++)
		subscriber.root_key.octets[i] = i;
	return subscriber;
}

void stage_put(struct stage *stage, const struct store_subscriber *subscriber)
{
	mip6_home_server_put_subscribers(stage->server->role, subscriber, 1, 77, stage->play->now);
	play_pump(stage->play);
	assert_int_equal(stage->play->result.tag, 77);
	assert_int_equal(stage->play->result.error, 0);
}

void stage_open(struct stage *stage)
{
	static const char *const names[] = { ALICE, BOB, CAROL, DAVE, ERIN };

	stage->server = play_add(stage->play, SERVER, HOME, stage_server(stage));
	mip6_home_server_start(stage->server->role, stage->play->now);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct store_subscriber subscriber = stage_subscriber(names[i]);

		subscriber.has_home_address = strcmp(names[i], CAROL) == 0;
		subscriber.home_address = prefix_of("2001:db8:1::ca/64");
		subscriber.enabled = strcmp(names[i], DAVE) != 0;
		subscriber.mobility = strcmp(names[i], ERIN) != 0;
		stage_put(stage, &subscriber);
	}
	play_forget_events(stage->play);
}

void stage_close(struct stage *stage)
{
	play_free(stage->play);
	free(stage);
}

void stage_restart(struct stage *stage)
{
	stage->config.session_block++;
	play_crash(stage->server);
	play_restore(stage->server, stage_server(stage));
}

/* ---- NAS ---- */

struct mip6_mbr stage_mbr(const char *nas, const char *session_id, const char *user_name)
{
	return (struct mip6_mbr){
		.session_id = dm_bytes_text(session_id),
		.auth_application_id = MIP6_APPLICATION_ID,
		.origin_host = dm_bytes_text(nas),
		.origin_realm = LITERAL(VISITED),
		.destination_realm = LITERAL(HOME),
		.auth_request_type = DM_AUTH_REQUEST_TYPE_AUTHORIZE_ONLY,
		.has.user_name = true,
		.user_name = dm_bytes_text(user_name),
		.has.nas_identifier = true,
		.nas_identifier = dm_bytes_text(nas),
		.has.nas_port_type = true,
		.nas_port_type = MIP6_NAS_PORT_TYPE_WIRELESS___IEEE_802_11,
		.has.origin_state_id = true,
		.origin_state_id = 7,
	};
}

uint64_t stage_send(struct stage *stage, const struct mip6_mbr *mbr)
{
	return play_request(stage->server, &mip6_command_mbr, mbr);
}

uint64_t stage_str(struct stage *stage, const char *nas, const char *session_id)
{
	const struct dm_str str = {
		.session_id = dm_bytes_text(session_id),
		.origin_host = dm_bytes_text(nas),
		.origin_realm = LITERAL(VISITED),
		.destination_realm = LITERAL(HOME),
		.auth_application_id = MIP6_APPLICATION_ID,
		.termination_cause = DM_TERMINATION_CAUSE_DIAMETER_LOGOUT,
	};

	return play_request(stage->server, &dm_command_str, &str);
}

const struct mip6_mba *stage_mba(struct stage *stage, uint64_t transaction)
{
	const struct play_answer *answer = play_answer(stage->play, transaction);

	assert_int_equal(answer->result_code, DM_RESULT_DIAMETER_SUCCESS);
	assert_ptr_equal(answer->command, &mip6_command_mba);
	return answer->message.body;
}

uint32_t stage_refusal(struct stage *stage, uint64_t transaction)
{
	const struct play_answer *answer = play_answer(stage->play, transaction);

	assert_true(answer->from_fault);
	if (answer->command == &mip6_command_mba) {
		const struct mip6_mba *mba = answer->message.body;

		assert_true(mba->has.error_message); /* profile 5: always in plain words */
		assert_false(mba->has.mip6_home_address);
	}
	return answer->result_code;
}

const struct mip6_mba *stage_bootstrap(struct stage *stage, const char *nas, const char *session_id,
                                       const char *user_name)
{
	const struct mip6_mbr mbr = stage_mbr(nas, session_id, user_name);
	uint64_t transaction = stage_send(stage, &mbr);

	if (!play_answered(stage->play, transaction))
		stage_accept(stage);
	return stage_mba(stage, transaction);
}

/* ---- home agents ---- */

const struct mip6_mhr *stage_mhr(struct stage *stage, const char *host)
{
	const struct play_request *request = play_sent(stage->play, &mip6_command_mhr);
	const struct mip6_mhr *mhr = request->message.body;

	if (host)
		assert_octets(mhr->destination_host, dm_bytes_text(host));
	return mhr;
}

static struct mip6_mha mha_to(const struct mip6_mhr *mhr, uint32_t result_code)
{
	return (struct mip6_mha){
		.session_id = mhr->session_id,
		.auth_application_id = MIP6_APPLICATION_ID,
		.origin_host = mhr->destination_host,
		.origin_realm = mhr->destination_realm,
		.result_code = result_code,
	};
}

void stage_accept(struct stage *stage)
{
	const struct mip6_mhr *mhr = stage_mhr(stage, NULL);
	struct mip6_mha mha = mha_to(mhr, DM_RESULT_DIAMETER_SUCCESS);

	mha.has.mip6_home_address = true;
	mha.mip6_home_address = mhr->mip6_home_address;
	play_reply(play_sent(stage->play, &mip6_command_mhr), &mip6_command_mha, &mha);
}

void stage_reject(struct stage *stage, uint32_t result_code)
{
	struct mip6_mha mha = mha_to(stage_mhr(stage, NULL), result_code);

	play_reply(play_sent(stage->play, &mip6_command_mhr), &mip6_command_mha, &mha);
}

void stage_abort(struct stage *stage, uint32_t result_code)
{
	struct play_request *request = play_sent(stage->play, &dm_command_asr);
	const struct dm_asr *asr = request->message.body;
	const struct dm_asa asa = {
		.session_id = asr->session_id,
		.result_code = result_code,
		.origin_host = asr->destination_host,
		.origin_realm = asr->destination_realm,
	};

	play_reply(request, &dm_command_asa, &asa);
}

void stage_peer(struct stage *stage, const char *host, bool up, uint32_t origin_state_id)
{
	struct mip6_role *role = stage->server->role;

	role->class->peer_event(role, dm_bytes_text(host), up, false, origin_state_id,
	                        stage->play->now);
	play_pump(stage->play);
}

void stage_set_state(struct stage *stage, const char *host, enum mip6_agent_state agent_state)
{
	const struct mip6_agent_setting setting = {
		.override = { .has_state = true, .state = agent_state },
	};

	mip6_home_server_set_agent(stage->server->role, dm_bytes_text(host), &setting, 78,
	                           stage->play->now);
	play_pump(stage->play);
	assert_int_equal(stage->play->result.tag, 78);
}

struct wanted {
	struct dm_bytes host;
	struct mip6_agent_view view;
	bool found;
};

static int look(const struct mip6_agent_view *view, void *context)
{
	struct wanted *wanted = context;

	if (!dm_bytes_equal(view->host, wanted->host))
		return 0;
	wanted->view = *view;
	wanted->found = true;
	return 1;
}

struct mip6_agent_view stage_agent(struct stage *stage, const char *host)
{
	struct wanted wanted = { .host = dm_bytes_text(host) };

	mip6_home_server_each_agent(stage->server->role, look, &wanted);
	assert_true(wanted.found);
	return wanted.view;
}

struct mip6_home_server_counts stage_counts(struct stage *stage)
{
	return mip6_home_server_counts(stage->server->role);
}

struct store_prefix address_in(struct dm_bytes avp)
{
	struct store_prefix address;
	const char *why;

	assert_int_equal(mip6_address_read(avp, &address, &why), 0);
	return address;
}
