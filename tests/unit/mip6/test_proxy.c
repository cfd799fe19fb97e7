/* SPDX-License-Identifier: Apache-2.0 */
/* The visited proxy: what it changes on the way, and what not. */
#include "play.h"

#include "mip6/home_server/bootstrap.h"

#define HOME    "home.example.net"
#define VISITED "visited.example.org"

struct passage {
	struct play *play;
	struct play_role *proxy;
	struct mip6_agreement agreements[2];
	struct mip6_proxy_config config;
};

static int new_passage(void **state)
{
	static struct passage passage;

	passage = (struct passage){ .play = play_new() };
	passage.agreements[0].realm = LITERAL("home.*");
	passage.config = (struct mip6_proxy_config){ passage.agreements, 1 };
	*state = &passage;
	return 0;
}

static int close_passage(void **state)
{
	play_free(((struct passage *)*state)->play);
	return 0;
}

static void open_passage(struct passage *passage)
{
	struct mip6_common common =
		play_common(passage->play, "proxy.visited.example.org", VISITED);
	const char *why = NULL;
	struct mip6_role *role = mip6_proxy_new(&passage->config, &common, &why);

	if (!role)
		fail_msg("%s", why);
	passage->proxy = play_add(passage->play, "proxy.visited.example.org", VISITED, role);
}

static struct dm_bytes encoded(struct passage *passage, const struct dm_command *command,
                               const void *body)
{
	struct dm_header header = { .hop_by_hop_id = 1, .end_to_end_id = 2 };
	struct dm_writer writer;
	struct dm_bytes wire;

	dm_writer_init(&writer, 65536);
	assert_int_equal(dm_encode(passage->play->dictionary, command, &header, body, &writer), 0);
	wire = dm_arena_copy(&passage->play->arena, dm_writer_written(&writer));
	dm_writer_fini(&writer);
	return wire;
}

static struct dm_bytes pass(struct passage *passage, struct dm_bytes message,
                            struct dm_bytes request)
{
	struct mip6_role *role = passage->proxy->role;

	passage->play->forwarded = (struct dm_bytes){ 0 };
	role->class->forward(role, 7, message, request.size > 0, request, passage->play->now);
	play_pump(passage->play);
	assert_true(passage->play->forwarded.size > 0);
	return passage->play->forwarded;
}

static const void *decoded(struct passage *passage, struct dm_bytes wire,
                           const struct dm_command *command)
{
	struct dm_message message;
	struct dm_fault fault = { 0 };

	assert_int_equal(dm_decode(passage->play->dictionary, NULL, wire, &passage->play->arena,
	                           &message, &fault),
	                 0);
	assert_int_equal(fault.result_code, 0);
	assert_ptr_equal(message.entry->command, command);
	return message.body;
}

static struct mip6_mbr plain_mbr(void)
{
	return (struct mip6_mbr){
		.session_id = LITERAL("nas;1;2"),
		.auth_application_id = MIP6_APPLICATION_ID,
		.origin_host = LITERAL("nas1.visited.example.org"),
		.origin_realm = LITERAL(VISITED),
		.destination_realm = LITERAL(HOME),
		.auth_request_type = 2,
		.has.user_name = true,
		.user_name = LITERAL("alice@home.example.net"),
		.has.calling_station_id = true,
		.calling_station_id = LITERAL("00-23-32-C9-79-38"),
	};
}

static struct mip6_mba plain_mba(uint32_t result_code, uint64_t features)
{
	return (struct mip6_mba){
		.session_id = LITERAL("nas;1;2"),
		.auth_application_id = MIP6_APPLICATION_ID,
		.auth_request_type = 2,
		.result_code = result_code,
		.origin_host = LITERAL("aaa.home.example.net"),
		.origin_realm = LITERAL(HOME),
		.has.mip6_feature_vector = true,
		.mip6_feature_vector = features,
	};
}

static const struct mip6_mbr *pass_mbr(struct passage *passage, const struct mip6_mbr *mbr)
{
	struct dm_bytes wire = encoded(passage, &mip6_command_mbr, mbr);

	return decoded(passage, pass(passage, wire, (struct dm_bytes){ 0 }), &mip6_command_mbr);
}

/* ---- requests ---- */

static void MB21_the_proxy_offers_its_home_agent(void **state)
{
	struct passage *passage = *state;
	struct mip6_mbr mbr = plain_mbr();
	const struct mip6_mbr *out;

	passage->agreements[0].allow_local = true;
	passage->agreements[0].local_home_agent_fqdn = LITERAL("ha.visited.example.org");
	passage->agreements[0].local_home_agent_address = prefix_of("2001:db8:99::1/64");
	open_passage(passage);
	out = pass_mbr(passage, &mbr);
	assert_int_equal(out->mip6_feature_vector, 3);
	assert_octets(out->mip6_home_agent_fqdn, LITERAL("ha.visited.example.org"));
	assert_int_equal(out->mip6_home_agent_address.at[1], 64);
	assert_octets(out->calling_station_id, mbr.calling_station_id);
	assert_true(play_had_event(passage->play, "hint-added"));
	mbr.has.mip6_feature_vector = true;
	mbr.mip6_feature_vector = 0x8000000000000001ULL;
	play_forget_events(passage->play);
	assert_true(pass_mbr(passage, &mbr)->mip6_feature_vector == 0x8000000000000003ULL);
	assert_false(play_had_event(passage->play, "hint-added")); /* said once */
}

static void a_hint_of_the_nas_stays(void **state)
{
	struct passage *passage = *state;
	struct mip6_mbr mbr = plain_mbr();
	struct dm_bytes wire;

	passage->agreements[0].allow_local = true;
	passage->agreements[0].local_home_agent_fqdn = LITERAL("ha.visited.example.org");
	open_passage(passage);
	mbr.has.mip6_home_agent_fqdn = true;
	mbr.mip6_home_agent_fqdn = LITERAL("its-own.visited.example.org");
	wire = encoded(passage, &mip6_command_mbr, &mbr);
	assert_octets(pass(passage, wire, (struct dm_bytes){ 0 }), wire);
}

static void MB22_the_agreement_forbids_local(void **state)
{
	struct passage *passage = *state;
	struct mip6_mbr mbr = plain_mbr();
	const struct mip6_mbr *out;

	open_passage(passage);
	mbr.has.mip6_feature_vector = mbr.has.mip6_home_agent_fqdn = true;
	mbr.mip6_feature_vector = 3;
	mbr.mip6_home_agent_fqdn = LITERAL("ha.visited.example.org");
	out = pass_mbr(passage, &mbr);
	assert_int_equal(out->mip6_feature_vector, 1);
	assert_false(out->has.mip6_home_agent_fqdn);
	assert_true(play_had_event(passage->play, "local-cleared"));
}

static void what_must_not_leave_is_stripped(void **state)
{
	static const struct dm_raw_avp strip[] = { { .code = 31 } };
	struct passage *passage = *state;
	struct mip6_mbr mbr = plain_mbr();
	const struct mip6_mbr *out;

	passage->agreements[0].allow_local = true;
	passage->agreements[0].strip = strip;
	passage->agreements[0].strip_count = 1;
	open_passage(passage);
	out = pass_mbr(passage, &mbr);
	assert_false(out->has.calling_station_id);
	assert_octets(out->user_name, mbr.user_name);
}

static void RT16_without_agreement_byte_for_byte(void **state)
{
	struct passage *passage = *state;
	struct mip6_mbr mbr = plain_mbr();
	struct dm_bytes wire;

	passage->agreements[0].local_home_agent_fqdn = LITERAL("ha.visited.example.org");
	open_passage(passage);
	mbr.destination_realm = LITERAL("elsewhere.example.com");
	mbr.has.mip6_feature_vector = true;
	mbr.mip6_feature_vector = 3;
	wire = encoded(passage, &mip6_command_mbr, &mbr);
	assert_octets(pass(passage, wire, (struct dm_bytes){ 0 }), wire);
}

static void other_commands_pass_untouched(void **state)
{
	struct passage *passage = *state;
	const struct dm_str str = {
		.session_id = LITERAL("nas;1;2"),
		.origin_host = LITERAL("nas1.visited.example.org"),
		.origin_realm = LITERAL(VISITED),
		.destination_realm = LITERAL(HOME),
		.auth_application_id = MIP6_APPLICATION_ID,
		.termination_cause = 1,
	};
	struct dm_bytes wire;

	open_passage(passage);
	wire = encoded(passage, &dm_command_str, &str);
	assert_octets(pass(passage, wire, (struct dm_bytes){ 0 }), wire);
}

/* What must not leave is in every request, not in MBR alone; what comes in is not stripped. */
static void what_must_not_leave_is_in_no_request(void **state)
{
	static const struct dm_raw_avp strip[] = { { .code = 1 } };
	struct passage *passage = *state;
	struct dm_str str = {
		.session_id = LITERAL("nas;1;2"),
		.origin_host = LITERAL("nas1.visited.example.org"),
		.origin_realm = LITERAL(VISITED),
		.destination_realm = LITERAL(HOME),
		.auth_application_id = MIP6_APPLICATION_ID,
		.termination_cause = 1,
		.has.user_name = true,
		.user_name = LITERAL("alice@home.example.net"),
	};
	const struct dm_str *out;
	struct dm_bytes wire;

	passage->agreements[0].realm = LITERAL("*");
	passage->agreements[0].strip = strip;
	passage->agreements[0].strip_count = 1;
	open_passage(passage);
	wire = encoded(passage, &dm_command_str, &str);
	out = decoded(passage, pass(passage, wire, (struct dm_bytes){ 0 }), &dm_command_str);
	assert_false(out->has.user_name);
	assert_octets(out->session_id, str.session_id);
	str.destination_realm = LITERAL(VISITED);
	wire = encoded(passage, &dm_command_str, &str);
	assert_octets(pass(passage, wire, (struct dm_bytes){ 0 }), wire);
}

/* ---- a decorated User-Name ---- */

/* RFC 5729 4.3: one realm of the way at a time, and only where the request has arrived. */
static void a_decorated_name_goes_on_to_its_next_realm(void **state)
{
	static const struct {
		const char *realm, *user, *new_realm, *new_user;
	} cases[] = {
		{ VISITED, "home.example.net!alice@" VISITED, HOME, "alice@" HOME },
		{ "VISITED.example.org", "x.example!h.example!u@visited.EXAMPLE.org", "x.example",
		  "h.example!u@x.example" },
		{ VISITED, "alice@" VISITED, VISITED, "alice@" VISITED },
		{ HOME, "x.example!alice@" HOME, HOME, "x.example!alice@" HOME },
		{ VISITED, "x.example!alice@" HOME, VISITED, "x.example!alice@" HOME },
		{ VISITED, "no-realm!alice@" VISITED, VISITED, "no-realm!alice@" VISITED },
	};
	struct passage *passage = *state;

	passage->agreements[0].allow_local = true;
	open_passage(passage);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct mip6_mbr mbr = plain_mbr();
		const struct mip6_mbr *out;

		mbr.destination_realm = dm_bytes_text(cases[i].realm);
		mbr.user_name = dm_bytes_text(cases[i].user);
		out = pass_mbr(passage, &mbr);
		assert_octets(out->destination_realm, dm_bytes_text(cases[i].new_realm));
		assert_octets(out->user_name, dm_bytes_text(cases[i].new_user));
		assert_octets(out->calling_station_id, mbr.calling_station_id);
	}
}

/* The agreement is that with the realm where it goes on to. */
static void a_decorated_name_and_the_agreement(void **state)
{
	struct passage *passage = *state;
	struct mip6_mbr mbr = plain_mbr();

	open_passage(passage);
	mbr.destination_realm = LITERAL(VISITED);
	mbr.user_name = LITERAL("home.example.net!alice@visited.example.org");
	mbr.has.mip6_feature_vector = true;
	mbr.mip6_feature_vector = 3;
	assert_int_equal(pass_mbr(passage, &mbr)->mip6_feature_vector, 1);
}

/* ---- MHR for a home agent of the visited network ---- */

static struct mip6_mhr plain_mhr(void)
{
	static const struct mip6_key key = {
		.key_type = 3, .keying_material = { (const uint8_t *)"0123456789abcdef", 16 }
	};
	static const struct mip6_security_association sa = { .mip6_sa_protocol = 1, .key = &key };

	return (struct mip6_mhr){
		.session_id = LITERAL("aaa;1;2"),
		.auth_application_id = MIP6_APPLICATION_ID,
		.origin_host = LITERAL("aaa.home.example.net"),
		.origin_realm = LITERAL(HOME),
		.destination_realm = LITERAL(VISITED),
		.has.destination_host = true,
		.destination_host = LITERAL("ha.visited.example.org"),
		.auth_request_type = 2,
		.mip6_security_association = { &sa, 1 },
	};
}

static uint32_t refused_with(struct passage *passage, struct dm_bytes wire)
{
	struct play *play = passage->play;

	play->carried[0].transaction = 7;
	play->carried[0].done = true;
	play->carried[0].request = (struct play_request){ .message.wire = wire };
	play->carried_count = 1;
	play->answer_count = 0;
	play->forwarded = (struct dm_bytes){ 0 };
	passage->proxy->role->class->forward(passage->proxy->role, 7, wire, false,
	                                     (struct dm_bytes){ 0 }, play->now);
	play_pump(play);
	assert_int_equal(play->forwarded.size, 0);
	assert_true(play_had_event(play, "refused"));
	return play_answer(play, 7)->result_code;
}

static void MB22_no_agreement_no_home_agent_here(void **state)
{
	struct passage *passage = *state;
	struct mip6_mhr mhr = plain_mhr();
	struct dm_bytes wire;

	open_passage(passage);
	assert_int_equal(refused_with(passage, encoded(passage, &mip6_command_mhr, &mhr)), 5003);
	mhr.origin_realm = LITERAL("elsewhere.example"); /* no agreement says anything */
	wire = encoded(passage, &mip6_command_mhr, &mhr);
	assert_octets(pass(passage, wire, (struct dm_bytes){ 0 }), wire);
}

static bool is_protected(void *context, struct dm_bytes realm, struct dm_bytes host)
{
	assert_octets(realm, LITERAL(VISITED));
	assert_octets(host, LITERAL("ha.visited.example.org"));
	return *(bool *)context;
}

static void MH08_keys_go_on_over_a_protected_path_only(void **state)
{
	struct passage *passage = *state;
	const struct mip6_mhr mhr = plain_mhr();
	bool protected = false;
	struct dm_bytes wire;

	passage->agreements[0].allow_local = true;
	passage->config.protected_path = is_protected;
	passage->config.protected_context = &protected;
	open_passage(passage);
	wire = encoded(passage, &mip6_command_mhr, &mhr);
	assert_int_equal(refused_with(passage, wire), 5012);
	protected = true;
	assert_octets(pass(passage, wire, (struct dm_bytes){ 0 }), wire);
}

/* ---- answers ---- */

static void RT20_failures_are_untouched(void **state)
{
	struct passage *passage = *state;
	const struct mip6_mbr mbr = plain_mbr();
	const struct mip6_mba mba = plain_mba(5003, 3);
	struct dm_bytes wire;

	open_passage(passage);
	wire = encoded(passage, &mip6_command_mba, &mba);
	assert_octets(pass(passage, wire, encoded(passage, &mip6_command_mbr, &mbr)), wire);
}

static void MB22_local_is_cleared_in_a_success_too(void **state)
{
	struct passage *passage = *state;
	const struct mip6_mbr mbr = plain_mbr();
	const struct mip6_mba mba = plain_mba(2001, 3);
	const struct mip6_mba *out;

	open_passage(passage);
	out = decoded(passage,
	              pass(passage, encoded(passage, &mip6_command_mba, &mba),
	                   encoded(passage, &mip6_command_mbr, &mbr)),
	              &mip6_command_mba);
	assert_int_equal(out->mip6_feature_vector, 1);
	assert_int_equal(out->result_code, 2001);
}

static void an_allowed_success_is_untouched(void **state)
{
	struct passage *passage = *state;
	const struct mip6_mbr mbr = plain_mbr();
	const struct mip6_mba mba = plain_mba(2001, 3);
	struct dm_bytes wire;

	passage->agreements[0].allow_local = true;
	open_passage(passage);
	wire = encoded(passage, &mip6_command_mba, &mba);
	assert_octets(pass(passage, wire, encoded(passage, &mip6_command_mbr, &mbr)), wire);
}

static void broken_avps_are_the_servers_to_refuse(void **state)
{
	struct passage *passage = *state;
	const struct mip6_mbr mbr = plain_mbr();
	struct dm_bytes wire, out;
	uint8_t *octets;

	open_passage(passage);
	wire = encoded(passage, &mip6_command_mbr, &mbr);
	octets = dm_arena_take(&passage->play->arena, wire.size);
	memcpy(octets, wire.at, wire.size);
	octets[wire.size - 24 + 7] = 0xff; /* the length of the last AVP (25 octets, padded) */
	out = pass(passage, dm_bytes_of(octets, wire.size), (struct dm_bytes){ 0 });
	assert_octets(out, dm_bytes_of(octets, wire.size));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, new_passage, close_passage)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(MB21_the_proxy_offers_its_home_agent),
		TEST(a_hint_of_the_nas_stays),
		TEST(MB22_the_agreement_forbids_local),
		TEST(what_must_not_leave_is_stripped),
		TEST(RT16_without_agreement_byte_for_byte),
		TEST(other_commands_pass_untouched),
		TEST(what_must_not_leave_is_in_no_request),
		TEST(a_decorated_name_goes_on_to_its_next_realm),
		TEST(a_decorated_name_and_the_agreement),
		TEST(MB22_no_agreement_no_home_agent_here),
		TEST(MH08_keys_go_on_over_a_protected_path_only),
		TEST(RT20_failures_are_untouched),
		TEST(MB22_local_is_cleared_in_a_success_too),
		TEST(an_allowed_success_is_untouched),
		TEST(broken_avps_are_the_servers_to_refuse),
	};

	return cmocka_run_group_tests_name("mip6-proxy", tests, NULL, NULL);
}
