/* SPDX-License-Identifier: Apache-2.0 */
#include "gate.h"

struct mip6_role *gate_nas(struct gate *gate)
{
	struct mip6_common common = play_common(gate->play, NAS, VISITED);
	const char *why = NULL;
	struct mip6_role *role = mip6_nas_new(&gate->config, &common, &why);

	if (!role)
		fail_msg("%s", why);
	return role;
}

/* Another configuration: another NAS. */
void gate_reopen(struct gate *gate)
{
	play_crash(gate->nas);
	gate->nas->role = gate_nas(gate);
}

int gate_open(void **state)
{
	static struct gate gate;

	gate = (struct gate){ .play = play_new() };
	gate.nas = play_add(gate.play, NAS, VISITED, gate_nas(&gate));
	*state = &gate;
	return 0;
}

int gate_close(void **state)
{
	play_free(((struct gate *)*state)->play);
	return 0;
}

const struct mip6_mbr *gate_attach(struct gate *gate, struct mip6_nas_attach command)
{
	if (!command.user_name.size)
		command.user_name = LITERAL(ALICE);
	gate->play->sent_count = 0;
	mip6_nas_attach(gate->nas->role, &command, 5, gate->play->now);
	play_pump(gate->play);
	if (gate->play->sent_count == 0)
		return NULL;
	return play_sent(gate->play, &mip6_command_mbr)->message.body;
}

void gate_detach(struct gate *gate, const char *user, const char *interface)
{
	mip6_nas_detach(gate->nas->role, (struct dm_bytes){ 0 }, dm_bytes_text(user),
	                dm_bytes_text(interface), 0, 6, gate->play->now);
	play_pump(gate->play);
}

struct mip6_mba gate_mba(const struct mip6_mbr *mbr)
{
	static uint8_t home[MIP6_ADDRESS_SIZE], agent[MIP6_ADDRESS_SIZE], prefix[MIP6_PREFIX_SIZE];
	static const struct mip6_security_association sa = { .mip6_sa_protocol = 3,
		                                             .has.mip6_key_epoch = true,
		                                             .mip6_key_epoch = 2,
		                                             .has.mip_mn_ha_spi = true,
		                                             .mip_mn_ha_spi = 300 };
	const struct store_prefix home_address = prefix_of("2001:db8:1::5/64");
	const struct store_prefix agent_address = prefix_of("2001:db8:1::1/64");
	const struct store_prefix link = prefix_of("2001:db8:1::/64");

	mip6_address_write(&home_address, home);
	mip6_address_write(&agent_address, agent);
	mip6_prefix_write(&link, prefix);
	return (struct mip6_mba){
		.session_id = mbr->session_id,
		.auth_application_id = MIP6_APPLICATION_ID,
		.auth_request_type = mbr->auth_request_type,
		.result_code = 2001,
		.origin_host = LITERAL(SERVER),
		.origin_realm = LITERAL(HOME),
		.has.mip6_home_address = true,
		.mip6_home_address = dm_bytes_of(home, sizeof(home)),
		.has.mip6_home_link_prefix = true,
		.mip6_home_link_prefix = dm_bytes_of(prefix, sizeof(prefix)),
		.has.mip6_home_agent_address = true,
		.mip6_home_agent_address = dm_bytes_of(agent, sizeof(agent)),
		.has.mip6_home_agent_fqdn = true,
		.mip6_home_agent_fqdn = LITERAL("ha1.home.example.net"),
		.has.mip6_feature_vector = true,
		.mip6_feature_vector = 1,
		.has.mip6_security_association = true,
		.mip6_security_association = { &sa, 1 },
	};
}

void gate_reply(struct gate *gate, const struct mip6_mba *mba)
{
	play_reply(play_sent(gate->play, &mip6_command_mbr), &mip6_command_mba, mba);
}

void gate_sta(struct gate *gate, uint32_t result_code)
{
	struct play_request *request = play_sent(gate->play, &dm_command_str);
	const struct dm_sta answer = {
		.session_id = ((const struct dm_str *)request->message.body)->session_id,
		.result_code = result_code,
		.origin_host = LITERAL(SERVER),
		.origin_realm = LITERAL(HOME),
	};

	play_reply(request, &dm_command_sta, &answer);
}

const struct mip6_result *gate_result(struct gate *gate, uint64_t tag)
{
	assert_int_equal(gate->play->result.tag, tag);
	assert_int_equal(gate->play->result.error, 0);
	assert_true(gate->play->result.has_nas);
	return &gate->play->result.nas;
}

const struct mip6_result *gate_attached(struct gate *gate)
{
	const struct mip6_mbr *mbr = gate_attach(gate, (struct mip6_nas_attach){ 0 });
	const struct mip6_mba mba = gate_mba(mbr);

	gate_reply(gate, &mba);
	assert_int_equal(gate_result(gate, 5)->outcome, MIP6_BOOTSTRAPPED);
	return gate_result(gate, 5);
}
