/* SPDX-License-Identifier: Apache-2.0 */
/* The NAS: attach, and what the answer means. */
#include "gate.h"

#include <errno.h>

/* ---- MBR ---- */

static void a_plain_mbr(void **state)
{
	const struct mip6_mbr *mbr = gate_attach(*state, (struct mip6_nas_attach){ 0 });

	assert_octets(mbr->user_name, LITERAL(ALICE));
	assert_octets(mbr->destination_realm, LITERAL(HOME));
	assert_false(mbr->has.destination_host);
	assert_int_equal(mbr->auth_request_type, DM_AUTH_REQUEST_TYPE_AUTHORIZE_ONLY);
	assert_octets(mbr->nas_identifier, LITERAL(NAS));
	assert_int_equal(mbr->mip6_feature_vector, 1);
	assert_false(mbr->has.mip6_home_agent_fqdn);
	assert_false(mbr->has.mip6_home_address);
	assert_false(mbr->has.mip6_dns_update);
	assert_int_equal(mbr->origin_state_id, 1);
}

static void where_a_request_goes(void **state)
{
	static const struct {
		const char *user, *realm;
	} cases[] = {
		{ "alice@home.example.net", "home.example.net" },
		{ "home.example.net!alice@via.example.org", "via.example.org" },
		{ "alice", VISITED },
	};
	struct gate *gate = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct mip6_mbr *mbr = gate_attach(
			gate,
			(struct mip6_nas_attach){ .user_name = dm_bytes_text(cases[i].user) });

		assert_octets(mbr->destination_realm, dm_bytes_text(cases[i].realm));
		assert_octets(mbr->user_name, dm_bytes_text(cases[i].user));
	}
}

static void everything_that_a_command_can_say(void **state)
{
	struct gate *gate = *state;
	const struct store_prefix nas = prefix_of("2001:db8:9::9");
	static const uint8_t ipv4[4] = { 192, 0, 2, 9 };
	const struct mip6_mbr *mbr;

	gate->config = (struct mip6_nas_config){
		.nas_identifier = LITERAL("cell-4"),
		.nas_ip_address = ipv4,
		.called_station_id = LITERAL("ap-of-the-configuration"),
		.service_selection = LITERAL("service-of-the-configuration"),
		.nas_ipv6_address = nas.address,
		.has_nas_port_type = true,
		.nas_port_type = 19,
	};
	gate_reopen(gate);
	mbr = gate_attach(gate, (struct mip6_nas_attach){
					.auth_request_type = 3,
					.destination_realm = LITERAL("other.example"),
					.destination_host = LITERAL("aaa.other.example"),
					.dns_name = LITERAL("alice.home.example.net"),
					.dns_remove = true,
					.has_home_address = true,
					.home_address = prefix_of("2001:db8:1::77/64"),
					.has_home_prefix = true,
					.home_prefix = prefix_of("2001:db8:1::/64"),
					.home_agent_fqdn = LITERAL("ha.example.org"),
					.has_feature_vector = true,
					.feature_vector = 0,
					.service_selection = LITERAL("ims"),
					.calling_station_id = LITERAL("00-23-32-C9-79-38"),
					.called_station_id = LITERAL("ap-1"),
				});
	assert_int_equal(mbr->auth_request_type, 3);
	assert_octets(mbr->destination_realm, LITERAL("other.example"));
	assert_octets(mbr->destination_host, LITERAL("aaa.other.example"));
	assert_octets(mbr->nas_identifier, LITERAL("cell-4"));
	assert_octets(mbr->nas_ip_address, dm_bytes_of(ipv4, 4));
	assert_octets(mbr->nas_ipv6_address, dm_bytes_of(nas.address, 16));
	assert_int_equal(mbr->nas_port_type, 19);
	assert_octets(mbr->mip6_dns_update, LITERAL("\0\x80\x05"
	                                            "alice\x04"
	                                            "home\x07"
	                                            "example\x03"
	                                            "net\0"));
	assert_int_equal(mbr->mip6_home_address.at[17], 0x77);
	assert_int_equal(mbr->mip6_home_link_prefix.at[0], 64);
	assert_octets(mbr->mip6_home_agent_fqdn, LITERAL("ha.example.org"));
	assert_int_equal(mbr->mip6_feature_vector, 0);
	assert_octets(mbr->service_selection, LITERAL("ims"));
	assert_octets(mbr->calling_station_id, LITERAL("00-23-32-C9-79-38"));
	assert_octets(mbr->called_station_id, LITERAL("ap-1"));
	mbr = gate_attach(gate, (struct mip6_nas_attach){ .interface = LITERAL("eth1") });
	assert_octets(mbr->called_station_id, LITERAL("ap-of-the-configuration"));
	assert_octets(mbr->service_selection, LITERAL("service-of-the-configuration"));
}

static void MB21_a_local_home_agent_is_offered(void **state)
{
	struct gate *gate = *state;
	const struct mip6_mbr *mbr;

	gate->config.local_home_agent_fqdn = LITERAL("ha.visited.example.org");
	gate->config.local_home_agent_address = prefix_of("2001:db8:99::1/64");
	gate_reopen(gate);
	mbr = gate_attach(gate, (struct mip6_nas_attach){ 0 });
	assert_int_equal(mbr->mip6_feature_vector, 3);
	assert_octets(mbr->mip6_home_agent_fqdn, LITERAL("ha.visited.example.org"));
	assert_int_equal(mbr->mip6_home_agent_address.at[17], 1);
	mbr = gate_attach(gate,
	                  (struct mip6_nas_attach){ .user_name = LITERAL("bob@home.example.net"),
	                                            .has_feature_vector = true,
	                                            .feature_vector = 1 });
	assert_int_equal(mbr->mip6_feature_vector, 1);
	assert_false(mbr->has.mip6_home_agent_fqdn);
}

static void commands_that_cannot_be(void **state)
{
	struct gate *gate = *state;
	const struct mip6_nas_attach bad[] = {
		{ .user_name = LITERAL("no good@") },
		{ .dns_name = LITERAL("a b") },
		{ .home_agent_fqdn = LITERAL("-x") },
		{ .auth_request_type = 4 },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_null(gate_attach(gate, bad[i]));
		assert_int_equal(gate->play->result.error, -EINVAL);
		assert_true(gate->play->result.text[0] != '\0');
	}
	assert_int_equal(mip6_nas_count(gate->nas->role), 0);
}

/* ---- answers ---- */

static void the_whole_result(void **state)
{
	struct gate *gate = *state;
	struct mip6_mba mba = gate_mba(
		gate_attach(gate, (struct mip6_nas_attach){ .interface = LITERAL("wlan0") }));
	const struct mip6_result *found;

	mba.has.mip6_dns_update = true;
	mba.mip6_dns_update = LITERAL("\x81");
	mba.has.authorization_lifetime = mba.has.auth_grace_period = mba.has.session_timeout = true;
	mba.authorization_lifetime = 600;
	mba.auth_grace_period = 30;
	mba.session_timeout = 3600;
	gate->play->now.monotonic += 3 * DM_MILLISECOND;
	gate_reply(gate, &mba);
	found = gate_result(gate, 5);
	assert_int_equal(found->outcome, MIP6_BOOTSTRAPPED);
	assert_octets(found->session_id, mba.session_id);
	assert_octets(found->user_name, LITERAL(ALICE));
	assert_octets(found->interface, LITERAL("wlan0"));
	assert_int_equal(found->result_code, 2001);
	assert_octets(found->home_agent_fqdn, LITERAL("ha1.home.example.net"));
	assert_prefix(found->home_agent_address, "2001:db8:1::1/64");
	assert_prefix(found->home_address, "2001:db8:1::5/64");
	assert_prefix(found->home_prefix, "2001:db8:1::/64");
	assert_int_equal(found->feature_vector, 1);
	assert_int_equal(found->dns_status, 129);
	assert_int_equal(found->association_count, 1);
	assert_int_equal(found->associations[0].protocol, 3);
	assert_int_equal(found->associations[0].epoch, 2);
	assert_int_equal(found->associations[0].spi, 300);
	assert_int_equal(found->authorization_lifetime, 600);
	assert_int_equal(found->session_timeout, 3600);
	assert_int_equal(found->expires, PLAY_WALL + 630);
	assert_true(found->duration == 3 * DM_MILLISECOND);
}

static void a_success_is_committed_before_it_is_reported(void **state)
{
	struct gate *gate = *state;
	const struct mip6_mba mba = gate_mba(gate_attach(gate, (struct mip6_nas_attach){ 0 }));

	gate->nas->store->hold = true;
	gate_reply(gate, &mba);
	assert_int_equal(gate->play->result.count, 0);
	play_release(gate->play, 0);
	assert_int_equal(gate->play->result.count, 1);
	assert_int_equal(play_stored(gate->nas, STORE_PUT_ATTACHMENT), 1);
}

static void a_full_disk_lets_the_server_know(void **state)
{
	struct gate *gate = *state;
	const struct mip6_mba mba = gate_mba(gate_attach(gate, (struct mip6_nas_attach){ 0 }));
	const struct dm_str *str;

	gate->nas->store->fail = ENOSPC;
	gate_reply(gate, &mba);
	assert_int_equal(gate->play->result.error, -ENOSPC);
	str = play_sent(gate->play, &dm_command_str)->message.body;
	assert_octets(str->session_id, mba.session_id);
	assert_int_equal(mip6_nas_count(gate->nas->role), 0);
}

static void a_refusal_with_all_that_it_says(void **state)
{
	static const struct dm_raw_avp offender = { .code = 1,
		                                    .flags = DM_AVP_FLAG_M,
		                                    .data = { (const uint8_t *)"x", 1 } };
	static const struct dm_failed_avp failed = { .other = { &offender, 1 } };
	struct gate *gate = *state;
	const struct mip6_mbr *mbr = gate_attach(gate, (struct mip6_nas_attach){ 0 });
	const struct mip6_mba mba = {
		.session_id = mbr->session_id,
		.auth_application_id = MIP6_APPLICATION_ID,
		.auth_request_type = 2,
		.result_code = 5003,
		.origin_host = LITERAL(SERVER),
		.origin_realm = LITERAL(HOME),
		.has.error_message = true,
		.error_message = LITERAL("no such user"),
		.has.failed_avp = true,
		.failed_avp = &failed,
	};

	gate_reply(gate, &mba);
	assert_int_equal(gate_result(gate, 5)->outcome, MIP6_REFUSED);
	assert_int_equal(gate_result(gate, 5)->result_code, 5003);
	assert_octets(gate_result(gate, 5)->error_message, LITERAL("no such user"));
	assert_int_equal(gate_result(gate, 5)->failed_avp.size, 12);
	assert_int_equal(mip6_nas_count(gate->nas->role), 0);
	assert_int_equal(play_sent_count(gate->play, &dm_command_str), 0);
}

static void without_mobility_service_access_goes_on(void **state)
{
	struct gate *gate = *state;
	static const uint32_t codes[] = { 3007, 3001 };

	for (size_t i = 0; i < 2; i++) {
		gate_attach(gate, (struct mip6_nas_attach){ 0 });
		play_reply_error(gate->play, play_sent(gate->play, &mip6_command_mbr), codes[i]);
		assert_int_equal(gate_result(gate, 5)->outcome, MIP6_NO_MOBILITY);
		assert_int_equal(play_had_event(gate->play, "no-mobility-service"), i == 0);
		play_forget_events(gate->play); /* said once */
	}
	gate_attach(gate, (struct mip6_nas_attach){ 0 });
	play_reply_error(gate->play, play_sent(gate->play, &mip6_command_mbr), 3003);
	assert_int_equal(gate_result(gate, 5)->outcome, MIP6_REFUSED);
	assert_int_equal(gate_result(gate, 5)->result_code, 3003);
}

/* Each server that does not know the application is named once in the log. */
static void every_server_without_the_application_is_told_of(void **state)
{
	static const char *const servers[] = { "a.example", "b.example", "A.example" };
	struct gate *gate = *state;

	for (size_t i = 0; i < 3; i++) {
		struct mip6_mba mba = gate_mba(gate_attach(gate, (struct mip6_nas_attach){ 0 }));

		mba.result_code = 3007;
		mba.origin_host = dm_bytes_text(servers[i]);
		gate_reply(gate, &mba);
		assert_int_equal(gate_result(gate, 5)->outcome, MIP6_NO_MOBILITY);
		assert_int_equal(play_had_event(gate->play, "no-mobility-service"), i < 2);
		play_forget_events(gate->play);
	}
}

static void without_answer_the_server_is_told(void **state)
{
	struct gate *gate = *state;

	gate_attach(gate, (struct mip6_nas_attach){ 0 });
	play_lose(play_sent(gate->play, &mip6_command_mbr));
	assert_int_equal(gate_result(gate, 5)->outcome, MIP6_FAILED);
	assert_int_equal(play_sent_count(gate->play, &dm_command_str), 1);
	assert_int_equal(mip6_nas_count(gate->nas->role), 0);
	play_lose(play_sent(gate->play, &dm_command_str)); /* nobody waits for it */
}

/* A relay's 3002 may follow a MBR that was delivered before the way broke; its 3004 does not. */
static void what_a_relay_could_not_deliver_is_in_doubt(void **state)
{
	struct gate *gate = *state;
	const struct dm_str *str;

	gate_attach(gate, (struct mip6_nas_attach){ 0 });
	play_reply_error(gate->play, play_sent(gate->play, &mip6_command_mbr), 3002);
	assert_int_equal(gate_result(gate, 5)->outcome, MIP6_REFUSED);
	str = play_sent(gate->play, &dm_command_str)->message.body;
	assert_int_equal(str->termination_cause, DM_TERMINATION_CAUSE_DIAMETER_BAD_ANSWER);
	assert_octets(str->destination_realm, LITERAL(HOME));
	gate->play->sent_count = 0;
	gate_attach(gate, (struct mip6_nas_attach){ 0 });
	play_reply_error(gate->play, play_sent(gate->play, &mip6_command_mbr), 3004);
	assert_int_equal(play_sent_count(gate->play, &dm_command_str), 0);
}

static void ER08_answers_that_cannot_be_used(void **state)
{
	struct gate *gate = *state;
	static const uint8_t multicast[MIP6_ADDRESS_SIZE] = { 0, 64, 0xff, 2 };

	for (int i = 0; i < 3; i++) {
		const struct mip6_mbr *mbr = gate_attach(gate, (struct mip6_nas_attach){ 0 });
		struct mip6_mba mba = gate_mba(mbr);
		const struct dm_str *str;

		if (i == 0)
			mba.mip6_home_address = dm_bytes_of(multicast, sizeof(multicast));
		else if (i == 1)
			mba.session_id = LITERAL("another;1;2");
		else
			mba.result_code = 0;
		gate_reply(gate, &mba);
		assert_int_equal(gate_result(gate, 5)->outcome, MIP6_FAILED);
		str = play_sent(gate->play, &dm_command_str)->message.body;
		assert_int_equal(str->termination_cause, DM_TERMINATION_CAUSE_DIAMETER_BAD_ANSWER);
		assert_int_equal(mip6_nas_count(gate->nas->role), 0);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, gate_open, gate_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_plain_mbr),
		TEST(where_a_request_goes),
		TEST(everything_that_a_command_can_say),
		TEST(MB21_a_local_home_agent_is_offered),
		TEST(commands_that_cannot_be),
		TEST(the_whole_result),
		TEST(a_success_is_committed_before_it_is_reported),
		TEST(a_full_disk_lets_the_server_know),
		TEST(a_refusal_with_all_that_it_says),
		TEST(without_mobility_service_access_goes_on),
		TEST(every_server_without_the_application_is_told_of),
		TEST(without_answer_the_server_is_told),
		TEST(what_a_relay_could_not_deliver_is_in_doubt),
		TEST(ER08_answers_that_cannot_be_used),
	};

	return cmocka_run_group_tests_name("mip6-nas", tests, NULL, NULL);
}
