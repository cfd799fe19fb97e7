/* SPDX-License-Identifier: Apache-2.0 */
/* The NAS: attach, what the answer means, detach. */
#include "play.h"

#include "mip6/bootstrap.h"

#include <errno.h>

#define NAS     "nas1.visited.example.org"
#define VISITED "visited.example.org"
#define HOME    "home.example.net"
#define ALICE   "alice@home.example.net"
#define SERVER  "aaa.home.example.net"

struct access {
	struct play *play;
	struct play_role *nas;
	struct mip6_nas_config config;
};

static struct mip6_role *new_nas(struct access *access)
{
	struct mip6_common common = play_common(access->play, NAS, VISITED);
	const char *why = NULL;
	struct mip6_role *role = mip6_nas_new(&access->config, &common, &why);

	if (!role)
		fail_msg("%s", why);
	return role;
}

/* Another configuration: another NAS. */
static void reopen(struct access *access)
{
	play_crash(access->nas);
	access->nas->role = new_nas(access);
}

static int open_access(void **state)
{
	static struct access access;

	access = (struct access){ .play = play_new() };
	access.nas = play_add(access.play, NAS, VISITED, new_nas(&access));
	*state = &access;
	return 0;
}

static int close_access(void **state)
{
	play_free(((struct access *)*state)->play);
	return 0;
}

static const struct mip6_mbr *attach(struct access *access, struct mip6_nas_attach command)
{
	if (!command.user_name.size)
		command.user_name = LITERAL(ALICE);
	access->play->sent_count = 0;
	mip6_nas_attach(access->nas->role, &command, 5, access->play->now);
	play_pump(access->play);
	if (access->play->sent_count == 0)
		return NULL;
	return play_sent(access->play, &mip6_command_mbr)->message.body;
}

static void detach(struct access *access, const char *user, const char *interface)
{
	mip6_nas_detach(access->nas->role, (struct dm_bytes){ 0 }, dm_bytes_text(user),
	                dm_bytes_text(interface), 6, access->play->now);
	play_pump(access->play);
}

static struct mip6_mba mba_for(const struct mip6_mbr *mbr)
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

static void reply(struct access *access, const struct mip6_mba *mba)
{
	play_reply(play_sent(access->play, &mip6_command_mbr), &mip6_command_mba, mba);
}

static const struct mip6_nas_result *result(struct access *access, uint64_t tag)
{
	assert_int_equal(access->play->result.tag, tag);
	assert_int_equal(access->play->result.error, 0);
	assert_true(access->play->result.has_nas);
	return &access->play->result.nas;
}

static const struct mip6_nas_result *attached(struct access *access)
{
	const struct mip6_mbr *mbr = attach(access, (struct mip6_nas_attach){ 0 });
	const struct mip6_mba mba = mba_for(mbr);

	reply(access, &mba);
	assert_int_equal(result(access, 5)->outcome, MIP6_NAS_BOOTSTRAPPED);
	return result(access, 5);
}

/* ---- MBR ---- */

static void a_plain_mbr(void **state)
{
	const struct mip6_mbr *mbr = attach(*state, (struct mip6_nas_attach){ 0 });

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
	struct access *access = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct mip6_mbr *mbr = attach(
			access,
			(struct mip6_nas_attach){ .user_name = dm_bytes_text(cases[i].user) });

		assert_octets(mbr->destination_realm, dm_bytes_text(cases[i].realm));
		assert_octets(mbr->user_name, dm_bytes_text(cases[i].user));
	}
}

static void everything_that_a_command_can_say(void **state)
{
	struct access *access = *state;
	const struct store_prefix nas = prefix_of("2001:db8:9::9");
	const struct mip6_mbr *mbr;

	access->config = (struct mip6_nas_config){
		.nas_identifier = LITERAL("cell-4"),
		.nas_ipv6_address = nas.address,
		.has_nas_port_type = true,
		.nas_port_type = 19,
	};
	reopen(access);
	mbr = attach(access, (struct mip6_nas_attach){
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
}

static void MB21_a_local_home_agent_is_offered(void **state)
{
	struct access *access = *state;
	const struct mip6_mbr *mbr;

	access->config.local_home_agent_fqdn = LITERAL("ha.visited.example.org");
	access->config.local_home_agent_address = prefix_of("2001:db8:99::1/64");
	reopen(access);
	mbr = attach(access, (struct mip6_nas_attach){ 0 });
	assert_int_equal(mbr->mip6_feature_vector, 3);
	assert_octets(mbr->mip6_home_agent_fqdn, LITERAL("ha.visited.example.org"));
	assert_int_equal(mbr->mip6_home_agent_address.at[17], 1);
	mbr = attach(access, (struct mip6_nas_attach){ .user_name = LITERAL("bob@home.example.net"),
	                                               .has_feature_vector = true,
	                                               .feature_vector = 1 });
	assert_int_equal(mbr->mip6_feature_vector, 1);
	assert_false(mbr->has.mip6_home_agent_fqdn);
}

static void commands_that_cannot_be(void **state)
{
	struct access *access = *state;
	const struct mip6_nas_attach bad[] = {
		{ .user_name = LITERAL("no good@") },
		{ .dns_name = LITERAL("a b") },
		{ .home_agent_fqdn = LITERAL("-x") },
		{ .auth_request_type = 4 },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_null(attach(access, bad[i]));
		assert_int_equal(access->play->result.error, -EINVAL);
		assert_true(access->play->result.text[0] != '\0');
	}
	assert_int_equal(mip6_nas_count(access->nas->role), 0);
}

/* ---- answers ---- */

static void the_whole_result(void **state)
{
	struct access *access = *state;
	struct mip6_mba mba =
		mba_for(attach(access, (struct mip6_nas_attach){ .interface = LITERAL("wlan0") }));
	const struct mip6_nas_result *found;

	mba.has.mip6_dns_update = true;
	mba.mip6_dns_update = LITERAL("\x81");
	mba.has.authorization_lifetime = mba.has.auth_grace_period = mba.has.session_timeout = true;
	mba.authorization_lifetime = 600;
	mba.auth_grace_period = 30;
	mba.session_timeout = 3600;
	access->play->now.monotonic += 3 * DM_MILLISECOND;
	reply(access, &mba);
	found = result(access, 5);
	assert_int_equal(found->outcome, MIP6_NAS_BOOTSTRAPPED);
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
	struct access *access = *state;
	const struct mip6_mba mba = mba_for(attach(access, (struct mip6_nas_attach){ 0 }));

	access->nas->store->hold = true;
	reply(access, &mba);
	assert_int_equal(access->play->result.count, 0);
	play_release(access->play, 0);
	assert_int_equal(access->play->result.count, 1);
	assert_int_equal(play_stored(access->nas, STORE_PUT_ATTACHMENT), 1);
}

static void a_full_disk_lets_the_server_know(void **state)
{
	struct access *access = *state;
	const struct mip6_mba mba = mba_for(attach(access, (struct mip6_nas_attach){ 0 }));
	const struct dm_str *str;

	access->nas->store->fail = ENOSPC;
	reply(access, &mba);
	assert_int_equal(access->play->result.error, -ENOSPC);
	str = play_sent(access->play, &dm_command_str)->message.body;
	assert_octets(str->session_id, mba.session_id);
	assert_int_equal(mip6_nas_count(access->nas->role), 0);
}

static void a_refusal_with_all_that_it_says(void **state)
{
	static const struct dm_raw_avp offender = { .code = 1,
		                                    .flags = DM_AVP_FLAG_M,
		                                    .data = { (const uint8_t *)"x", 1 } };
	static const struct dm_failed_avp failed = { .other = { &offender, 1 } };
	struct access *access = *state;
	const struct mip6_mbr *mbr = attach(access, (struct mip6_nas_attach){ 0 });
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

	reply(access, &mba);
	assert_int_equal(result(access, 5)->outcome, MIP6_NAS_REFUSED);
	assert_int_equal(result(access, 5)->result_code, 5003);
	assert_octets(result(access, 5)->error_message, LITERAL("no such user"));
	assert_int_equal(result(access, 5)->failed_avp.size, 12);
	assert_int_equal(mip6_nas_count(access->nas->role), 0);
	assert_int_equal(play_sent_count(access->play, &dm_command_str), 0);
}

static void without_mobility_service_access_goes_on(void **state)
{
	struct access *access = *state;
	static const uint32_t codes[] = { 3007, 3001 };

	for (size_t i = 0; i < 2; i++) {
		attach(access, (struct mip6_nas_attach){ 0 });
		play_reply_error(access->play, play_sent(access->play, &mip6_command_mbr),
		                 codes[i]);
		assert_int_equal(result(access, 5)->outcome, MIP6_NAS_NO_MOBILITY);
		assert_int_equal(play_had_event(access->play, "no-mobility-service"), i == 0);
		play_forget_events(access->play); /* said once */
	}
	attach(access, (struct mip6_nas_attach){ 0 });
	play_reply_error(access->play, play_sent(access->play, &mip6_command_mbr), 3003);
	assert_int_equal(result(access, 5)->outcome, MIP6_NAS_REFUSED);
	assert_int_equal(result(access, 5)->result_code, 3003);
}

static void without_answer_the_server_is_told(void **state)
{
	struct access *access = *state;

	attach(access, (struct mip6_nas_attach){ 0 });
	play_lose(play_sent(access->play, &mip6_command_mbr));
	assert_int_equal(result(access, 5)->outcome, MIP6_NAS_FAILED);
	assert_int_equal(play_sent_count(access->play, &dm_command_str), 1);
	assert_int_equal(mip6_nas_count(access->nas->role), 0);
	play_lose(play_sent(access->play, &dm_command_str)); /* nobody waits for it */
}

static void ER08_answers_that_cannot_be_used(void **state)
{
	struct access *access = *state;
	static const uint8_t multicast[MIP6_ADDRESS_SIZE] = { 0, 64, 0xff, 2 };

	for (int i = 0; i < 3; i++) {
		const struct mip6_mbr *mbr = attach(access, (struct mip6_nas_attach){ 0 });
		struct mip6_mba mba = mba_for(mbr);
		const struct dm_str *str;

		if (i == 0)
			mba.mip6_home_address = dm_bytes_of(multicast, sizeof(multicast));
		else if (i == 1)
			mba.session_id = LITERAL("another;1;2");
		else
			mba.result_code = 0;
		reply(access, &mba);
		assert_int_equal(result(access, 5)->outcome, MIP6_NAS_FAILED);
		str = play_sent(access->play, &dm_command_str)->message.body;
		assert_int_equal(str->termination_cause, DM_TERMINATION_CAUSE_DIAMETER_BAD_ANSWER);
		assert_int_equal(mip6_nas_count(access->nas->role), 0);
	}
}

/* ---- the same node again ---- */

static void a_second_attach_is_a_reauthorization(void **state)
{
	struct access *access = *state;
	struct dm_bytes session = attached(access)->session_id;
	const struct mip6_mbr *mbr = attach(access, (struct mip6_nas_attach){ 0 });
	struct mip6_mba mba;

	assert_octets(mbr->session_id, session);
	mba = mba_for(mbr);
	mba.mip6_feature_vector = 3;
	reply(access, &mba);
	assert_int_equal(result(access, 5)->feature_vector, 3);
	assert_int_equal(mip6_nas_count(access->nas->role), 1);
	assert_int_equal(play_stored(access->nas, STORE_PUT_ATTACHMENT), 1);
}

static void an_unanswered_reauthorization_keeps_what_there_is(void **state)
{
	struct access *access = *state;

	attached(access);
	attach(access, (struct mip6_nas_attach){ 0 });
	play_lose(play_sent(access->play, &mip6_command_mbr));
	assert_int_equal(result(access, 5)->outcome, MIP6_NAS_FAILED);
	assert_int_equal(mip6_nas_count(access->nas->role), 1);
	assert_int_equal(play_sent_count(access->play, &dm_command_str), 0);
}

static void a_refused_reauthorization_ends_it(void **state)
{
	struct access *access = *state;
	struct mip6_mba mba;

	attached(access);
	mba = mba_for(attach(access, (struct mip6_nas_attach){ 0 }));
	mba = (struct mip6_mba){ .session_id = mba.session_id,
		                 .auth_application_id = MIP6_APPLICATION_ID,
		                 .auth_request_type = 2,
		                 .result_code = 5003,
		                 .origin_host = LITERAL(SERVER),
		                 .origin_realm = LITERAL(HOME) };
	reply(access, &mba);
	assert_int_equal(result(access, 5)->outcome, MIP6_NAS_REFUSED);
	assert_int_equal(mip6_nas_count(access->nas->role), 0);
	assert_int_equal(play_stored(access->nas, STORE_PUT_ATTACHMENT), 0);
}

static void one_command_at_a_time(void **state)
{
	struct access *access = *state;

	attach(access, (struct mip6_nas_attach){ 0 });
	assert_null(attach(access, (struct mip6_nas_attach){ 0 }));
	assert_int_equal(access->play->result.error, -EBUSY);
	detach(access, ALICE, "");
	assert_int_equal(access->play->result.error, -EBUSY);
}

static void as_many_nodes_as_it_may(void **state)
{
	struct access *access = *state;

	access->config.attachment_limit = 1;
	reopen(access);
	attached(access);
	assert_null(attach(access, (struct mip6_nas_attach){ .interface = LITERAL("eth1") }));
	assert_int_equal(access->play->result.error, -ENOSPC);
}

/* ---- detach ---- */

static void sta(struct access *access, uint32_t result_code)
{
	struct play_request *request = play_sent(access->play, &dm_command_str);
	const struct dm_sta answer = {
		.session_id = ((const struct dm_str *)request->message.body)->session_id,
		.result_code = result_code,
		.origin_host = LITERAL(SERVER),
		.origin_realm = LITERAL(HOME),
	};

	play_reply(request, &dm_command_sta, &answer);
}

static void detach_sends_str(void **state)
{
	struct access *access = *state;
	const struct dm_str *str;

	attached(access);
	detach(access, ALICE, "");
	str = play_sent(access->play, &dm_command_str)->message.body;
	assert_octets(str->destination_host, LITERAL(SERVER));
	assert_octets(str->destination_realm, LITERAL(HOME));
	assert_int_equal(str->termination_cause, DM_TERMINATION_CAUSE_DIAMETER_LOGOUT);
	assert_int_equal(play_sent(access->play, &dm_command_str)->message.header.application_id,
	                 0);
	sta(access, 2001);
	assert_int_equal(result(access, 6)->outcome, MIP6_NAS_DETACHED);
	assert_int_equal(result(access, 6)->result_code, 2001);
	assert_int_equal(mip6_nas_count(access->nas->role), 0);
	assert_int_equal(play_stored(access->nas, STORE_PUT_ATTACHMENT), 0);
}

static void detach_without_the_servers_word(void **state)
{
	struct access *access = *state;

	attached(access);
	detach(access, ALICE, "");
	play_lose(play_sent(access->play, &dm_command_str));
	assert_int_equal(result(access, 6)->outcome, MIP6_NAS_DETACHED);
	assert_int_equal(result(access, 6)->result_code, 0);
	assert_int_equal(mip6_nas_count(access->nas->role), 0);
}

static void detach_whom(void **state)
{
	struct access *access = *state;
	struct mip6_mba mba;

	detach(access, ALICE, "");
	assert_int_equal(access->play->result.error, -ENOENT);
	attached(access);
	mba = mba_for(attach(access, (struct mip6_nas_attach){ .interface = LITERAL("wlan0") }));
	reply(access, &mba);
	detach(access, ALICE, "");
	assert_int_equal(access->play->result.error, -EEXIST);
	detach(access, ALICE, "wlan0");
	assert_int_equal(play_sent_count(access->play, &dm_command_str), 1);
	sta(access, 5002);
	assert_octets(result(access, 6)->interface, LITERAL("wlan0"));
	assert_int_equal(mip6_nas_count(access->nas->role), 1);
}

/* ---- time and restarts ---- */

static void SE13_session_timeout_ends_it(void **state)
{
	struct access *access = *state;
	struct mip6_mba mba = mba_for(attach(access, (struct mip6_nas_attach){ 0 }));
	const struct dm_str *str;

	mba.has.session_timeout = true;
	mba.session_timeout = 100;
	reply(access, &mba);
	play_advance(access->play, 99);
	assert_int_equal(play_sent_count(access->play, &dm_command_str), 0);
	play_advance(access->play, 1);
	str = play_sent(access->play, &dm_command_str)->message.body;
	assert_int_equal(str->termination_cause, DM_TERMINATION_CAUSE_DIAMETER_SESSION_TIMEOUT);
	sta(access, 2001);
	assert_int_equal(mip6_nas_count(access->nas->role), 0);
	assert_true(play_had_event(access->play, "expired"));
}

static int look(const struct mip6_nas_result *found, void *context)
{
	*(struct mip6_nas_result *)context = *found;
	return 0;
}

static void a_restart_finds_its_attachments(void **state)
{
	struct access *access = *state;
	struct mip6_nas_result found = { 0 };

	attached(access);
	play_crash(access->nas);
	play_restore(access->nas, new_nas(access));
	mip6_nas_each_attachment(access->nas->role, look, &found);
	assert_octets(found.user_name, LITERAL(ALICE));
	assert_prefix(found.home_address, "2001:db8:1::5/64");
	assert_octets(found.home_agent_fqdn, LITERAL("ha1.home.example.net"));
	access->play->sent_count = 0;
	detach(access, ALICE, "");
	sta(access, 2001);
	assert_int_equal(result(access, 6)->outcome, MIP6_NAS_DETACHED);
}

static void a_deletion_that_fails_is_repeated(void **state)
{
	struct access *access = *state;

	attached(access);
	access->nas->store->fail = EIO;
	detach(access, ALICE, "");
	sta(access, 2001);
	assert_int_equal(result(access, 6)->outcome, MIP6_NAS_DETACHED);
	assert_int_equal(mip6_nas_count(access->nas->role), 1);
	access->nas->store->fail = 0;
	play_advance(access->play, 5);
	assert_int_equal(mip6_nas_count(access->nas->role), 0);
	assert_int_equal(play_stored(access->nas, STORE_PUT_ATTACHMENT), 0);
}

static void requests_of_the_server_are_not_served_yet(void **state)
{
	struct access *access = *state;
	const struct dm_asr asr = {
		.session_id = attached(access)->session_id,
		.origin_host = LITERAL(SERVER),
		.origin_realm = LITERAL(HOME),
		.destination_realm = LITERAL(VISITED),
		.destination_host = LITERAL(NAS),
		.auth_application_id = MIP6_APPLICATION_ID,
	};
	uint64_t transaction = play_request(access->nas, &dm_command_asr, &asr);

	assert_int_equal(play_answer(access->play, transaction)->result_code, 3001);
	assert_int_equal(mip6_nas_count(access->nas->role), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_access, close_access)

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
		TEST(without_answer_the_server_is_told),
		TEST(ER08_answers_that_cannot_be_used),
		TEST(a_second_attach_is_a_reauthorization),
		TEST(an_unanswered_reauthorization_keeps_what_there_is),
		TEST(a_refused_reauthorization_ends_it),
		TEST(one_command_at_a_time),
		TEST(as_many_nodes_as_it_may),
		TEST(detach_sends_str),
		TEST(detach_without_the_servers_word),
		TEST(detach_whom),
		TEST(SE13_session_timeout_ends_it),
		TEST(a_restart_finds_its_attachments),
		TEST(a_deletion_that_fails_is_repeated),
		TEST(requests_of_the_server_are_not_served_yet),
	};

	return cmocka_run_group_tests_name("mip6-nas", tests, NULL, NULL);
}
