/* SPDX-License-Identifier: Apache-2.0 */
/* MBR at the home server: from the request to the answer. */
#include "stage.h"

#include "mip6/home_server/bootstrap.h"
#include "mip6/keys.h"

static int open_stage(void **state)
{
	struct stage *stage = stage_new();

	stage_open(stage);
	*state = stage;
	return 0;
}

static int close_stage(void **state)
{
	stage_close(*state);
	return 0;
}

/* ---- the good case ---- */

static void MB01_a_permitted_user_is_bootstrapped(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);
	uint64_t transaction = stage_send(stage, &mbr);
	const struct mip6_mhr *mhr = stage_mhr(stage, HA1);
	const struct mip6_mba *mba;

	assert_null(play_answered(stage->play, transaction)); /* MH01: MHA before MBA */
	assert_octets(mhr->user_name, LITERAL(ALICE));
	assert_octets(mhr->destination_realm, LITERAL(HOME));
	assert_false(dm_bytes_equal(mhr->session_id, mbr.session_id));
	stage_accept(stage);
	mba = stage_mba(stage, transaction);
	assert_octets(mba->session_id, LITERAL("s1"));
	assert_int_equal(mba->auth_request_type, mbr.auth_request_type);
	assert_int_equal(mba->auth_application_id, MIP6_APPLICATION_ID);
	assert_octets(mba->user_name, LITERAL(ALICE));
	assert_octets(mba->mip6_home_agent_fqdn, LITERAL(HA1));
	assert_prefix(address_in(mba->mip6_home_agent_address), "2001:db8:1::1/64");
	assert_octets(mba->mip6_home_address, mhr->mip6_home_address);
	assert_int_equal(mba->mip6_home_link_prefix.at[0], 64);
	assert_int_equal(mba->mip6_feature_vector, 1);
	assert_true(dm_bytes_equal(mba->acct_multi_session_id, mhr->acct_multi_session_id));
	assert_true(play_had_event(stage->play, "bootstrapped"));
	assert_int_equal(stage_counts(stage).granted, 1);
}

/* An agent that is configured without address is named by its FQDN alone. */
static void MB11_the_name_instead_of_the_address_or_beside_it(void **state)
{
	struct stage *stage = stage_new();
	const struct mip6_mba *mba;

	stage->agents[1].address = (struct store_prefix){ 0 };
	stage->agents[0].fqdn = LITERAL("mobility.home.example.net");
	stage_open(stage);
	mba = stage_bootstrap(stage, NAS1, "s1", ALICE);
	assert_octets(mba->mip6_home_agent_fqdn, LITERAL("mobility.home.example.net"));
	assert_true(mba->has.mip6_home_agent_address);
	mba = stage_bootstrap(stage, NAS2, "s2", BOB);
	assert_octets(mba->mip6_home_agent_fqdn, LITERAL(HA2));
	assert_false(mba->has.mip6_home_agent_address);
	stage_close(stage);
	(void)state;
}

static void MB05_every_auth_request_type_comes_back(void **state)
{
	struct stage *stage = *state;

	for (int32_t type = 1; type <= 3; type++) {
		struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);
		uint64_t transaction;

		mbr.auth_request_type = type;
		transaction = stage_send(stage, &mbr);
		if (type == 1)
			stage_accept(stage);
		assert_int_equal(stage_mba(stage, transaction)->auth_request_type, type);
	}
}

/* What an answer promises has been committed before. */
static void an_answer_waits_for_its_commit(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);
	uint64_t transaction;

	stage->server->store->hold = true;
	transaction = stage_send(stage, &mbr);
	assert_int_equal(play_sent_count(stage->play, &mip6_command_mhr), 0);
	play_release(stage->play, 0);
	assert_int_equal(play_record(stage->server, STORE_PUT_SESSION)->session.state, 0);
	stage_accept(stage);
	assert_null(play_answered(stage->play, transaction));
	play_release(stage->play, 0);
	stage_mba(stage, transaction);
	assert_int_equal(play_record(stage->server, STORE_PUT_SESSION)->session.state, 1);
	assert_int_equal(play_stored(stage->server, STORE_PUT_ACCESS), 1);
}

/* ---- keys ---- */

static void MH03_the_agent_gets_the_keys_of_the_profile(void **state)
{
	struct stage *stage = *state;
	struct store_subscriber alice = stage_subscriber(ALICE);
	const struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);
	const struct mip6_security_association_list *list;
	struct mip6_key_context context = { .nai = LITERAL(ALICE),
		                            .home_agent_fqdn = LITERAL(HA1),
		                            .epoch = 1 };

	alice.sa_protocols = 0x0e;
	stage_put(stage, &alice);
	stage_send(stage, &mbr);
	list = &stage_mhr(stage, HA1)->mip6_security_association;
	assert_int_equal(list->count, 3);
	memcpy(context.home_address, address_in(stage_mhr(stage, HA1)->mip6_home_address).address,
	       16);
	for (size_t i = 0; i < list->count; i++) {
		const struct mip6_security_association *sa = &list->at[i];
		struct mip6_derived_key key;

		assert_int_equal(mip6_key_derive(&alice.root_key, (uint8_t)sa->mip6_sa_protocol,
		                                 &context, &key),
		                 0);
		assert_octets(sa->key->keying_material, dm_secret_bytes(&key.secret));
		assert_octets(sa->key->key_name, dm_bytes_of(key.name, sizeof(key.name)));
		assert_int_equal(sa->key->key_type, MIP6_KEY_TYPE_IKEV2_SK);
		assert_int_equal(sa->key->key_lifetime, 86400);
		assert_int_equal(sa->mip6_key_epoch, 1);
		assert_int_equal(sa->has.mip_mn_ha_spi, i == 2);
		if (i == 2) {
			assert_int_equal(sa->mip_mn_ha_spi, key.spi);
			assert_int_equal(sa->mip_algorithm_type, 2);
			assert_int_equal(sa->mip_replay_mode, 2);
		}
	}
}

static void MH03_the_node_gets_everything_but_the_key(void **state)
{
	struct stage *stage = *state;
	struct store_subscriber alice = stage_subscriber(ALICE);
	const struct mip6_mba *mba;

	alice.sa_protocols = 1 << 1 | 1 << 3;
	stage_put(stage, &alice);
	mba = stage_bootstrap(stage, NAS1, "s1", ALICE);
	assert_int_equal(mba->mip6_security_association.count, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_false(mba->mip6_security_association.at[i].has.key);
		assert_int_equal(mba->mip6_security_association.at[i].mip6_key_epoch, 1);
	}
	assert_in_range(mba->mip6_security_association.at[1].mip_mn_ha_spi, 256, UINT32_MAX);
}

static void MH03_a_key_does_not_outlive_the_session(void **state)
{
	struct stage *stage = *state;
	struct store_subscriber alice = stage_subscriber(ALICE);
	const struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);

	alice.session_timeout = 600;
	stage_put(stage, &alice);
	stage_send(stage, &mbr);
	assert_int_equal(stage_mhr(stage, HA1)->mip6_security_association.at[0].key->key_lifetime,
	                 600);
}

static uint32_t key_lifetime_of(struct stage *stage, const char *user, const char *session_id,
                                uint32_t key_lifetime, uint32_t session_timeout)
{
	struct store_subscriber subscriber = stage_subscriber(user);
	const struct mip6_mbr mbr = stage_mbr(NAS1, session_id, user);
	uint32_t lifetime;

	subscriber.key_lifetime = key_lifetime;
	subscriber.session_timeout = session_timeout;
	stage_put(stage, &subscriber);
	stage_send(stage, &mbr);
	lifetime = stage_mhr(stage, HA1)->mip6_security_association.at[0].key->key_lifetime;
	stage_accept(stage);
	return lifetime;
}

/* The subscriber's own, else the policy's. */
static void MH03_a_subscribers_keys_live_as_long_as_he_has_it(void **state)
{
	struct stage *stage = *state;

	assert_int_equal(key_lifetime_of(stage, ALICE, "s1", 7200, 0), 7200);
	assert_int_equal(key_lifetime_of(stage, BOB, "s2", 172800, 0), 172800);
	assert_int_equal(key_lifetime_of(stage, CAROL, "s3", 7200, 600), 600);
	assert_int_equal(key_lifetime_of(stage, DAVE, "s4", 0, 0), 86400);
}

/* A node that turns up when its keys are in the second half of their life gets new ones. */
static void MH03_old_keys_are_renewed_when_the_node_turns_up(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr again = stage_mbr(NAS2, "s2", ALICE);
	uint64_t transaction;

	stage_bootstrap(stage, NAS1, "s1", ALICE);
	play_advance(stage->play, 50000);
	transaction = stage_send(stage, &again);
	assert_int_equal(stage_mhr(stage, HA1)->mip6_security_association.at[0].mip6_key_epoch, 2);
	stage_accept(stage);
	assert_int_equal(
		stage_mba(stage, transaction)->mip6_security_association.at[0].mip6_key_epoch, 2);
	assert_int_equal(play_record(stage->server, STORE_PUT_SESSION)->session.key_epoch, 2);
}

static void MH08_keys_only_over_a_protected_path(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);
	const struct mip6_mba *mba;
	uint64_t transaction;

	stage->unprotected[0] = stage->unprotected[1] = true;
	transaction = stage_send(stage, &mbr);
	assert_int_equal(stage_refusal(stage, transaction), 5012);
	mba = play_answer(stage->play, transaction)->message.body;
	assert_octets(mba->error_message, LITERAL("no protected path to the home agent"));
	assert_int_equal(play_sent_count(stage->play, &mip6_command_mhr), 0);
	assert_int_equal(play_stored(stage->server, STORE_PUT_SESSION), 0);
	stage->unprotected[1] = false;
	stage_send(stage, &mbr);
	stage_mhr(stage, HA2);
}

/* The path was protected when the agent was chosen, and is not when the MHR is to leave. */
static void MH08_the_path_is_looked_at_again_before_keys_leave(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);
	uint64_t transaction;

	stage->server->store->hold = true;
	transaction = stage_send(stage, &mbr);
	stage->unprotected[0] = true;
	play_release(stage->play, 0);
	assert_int_equal(play_sent_count(stage->play, &mip6_command_mhr), 0);
	assert_int_equal(stage_refusal(stage, transaction), 5012);
	play_release(stage->play, 0);
	assert_int_equal(play_stored(stage->server, STORE_PUT_SESSION), 0);
	assert_int_equal(stage_agent(stage, HA1).pool_taken, 0);
}

/* ---- who may ---- */

static void MB03_unknown_and_unentitled_users_are_told_the_same(void **state)
{
	static const char *const users[] = { ERIN, DAVE, "mallory@home.example.net", "x" };
	struct stage *stage = *state;
	struct dm_bytes first = { 0 };

	for (size_t i = 0; i < 4; i++) {
		const struct mip6_mbr mbr = stage_mbr(NAS1, "s1", users[i]);
		uint64_t transaction = stage_send(stage, &mbr);
		const struct mip6_mba *mba;

		assert_int_equal(stage_refusal(stage, transaction), 5003);
		mba = play_answer(stage->play, transaction)->message.body;
		if (i == 0)
			first = mba->error_message;
		assert_octets(mba->error_message, first);
		assert_octets(mba->session_id, LITERAL("s1"));
		assert_int_equal(mba->auth_request_type, 2);
	}
	assert_int_equal(stage_counts(stage).sessions, 0);
	assert_int_equal(stage_agent(stage, HA1).pool_taken, 0);
}

static void MB04_the_realm_of_a_user_may_come_in_any_case(void **state)
{
	stage_bootstrap(*state, NAS1, "s1", "alice@HOME.Example.net");
}

static void MB02_without_a_user_name(void **state)
{
	struct stage *stage = *state;
	struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);
	uint64_t transaction;
	const struct mip6_mba *mba;

	mbr.has.user_name = false;
	transaction = stage_send(stage, &mbr);
	assert_int_equal(stage_refusal(stage, transaction), 5005);
	mba = play_answer(stage->play, transaction)->message.body;
	assert_true(mba->has.failed_avp);
	assert_int_equal(mba->failed_avp->other.at[0].code, 1);
}

static void HD12_another_application_inside(void **state)
{
	struct stage *stage = *state;
	struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);

	mbr.auth_application_id = 4;
	assert_int_equal(stage_refusal(stage, stage_send(stage, &mbr)), 5004);
}

/* ---- bad values ---- */

static void refuse_with(struct stage *stage, const struct mip6_mbr *mbr, uint32_t result_code,
                        uint32_t avp_code)
{
	uint64_t transaction = stage_send(stage, mbr);
	const struct mip6_mba *mba;

	assert_int_equal(stage_refusal(stage, transaction), result_code);
	mba = play_answer(stage->play, transaction)->message.body;
	assert_true(mba->has.failed_avp);
	assert_int_equal(mba->failed_avp->other.at[0].code, avp_code);
}

static void MB14_values_outside_the_format(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr good = stage_mbr(NAS1, "s1", ALICE);
	uint8_t prefix[MIP6_PREFIX_SIZE] = { 60, 0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 0x0f };
	uint8_t address[MIP6_ADDRESS_SIZE] = { 0, 64, 0xff, 0x02, [17] = 1 };
	struct mip6_mbr mbr = good;

	mbr.has.mip6_home_link_prefix = true;
	mbr.mip6_home_link_prefix = dm_bytes_of(prefix, sizeof(prefix));
	refuse_with(stage, &mbr, 5004, MIP6_AVP_MIP6_HOME_LINK_PREFIX);
	prefix[0] = 129;
	refuse_with(stage, &mbr, 5004, MIP6_AVP_MIP6_HOME_LINK_PREFIX);
	mbr = good;
	mbr.has.mip6_home_address = true;
	mbr.mip6_home_address = dm_bytes_of(address, sizeof(address));
	refuse_with(stage, &mbr, 5004, MIP6_AVP_MIP6_HOME_ADDRESS);
	mbr = good;
	mbr.has.mip6_home_agent_address = true;
	mbr.mip6_home_agent_address = dm_bytes_of(address, sizeof(address));
	refuse_with(stage, &mbr, 5004, MIP6_AVP_MIP6_HOME_AGENT_ADDRESS);
	mbr = good;
	mbr.has.mip6_dns_update = true;
	mbr.mip6_dns_update = LITERAL("\0\0a b");
	refuse_with(stage, &mbr, 5004, MIP6_AVP_MIP6_DNS_UPDATE);
	assert_int_equal(stage_counts(stage).sessions, 0);
}

static void MB31_a_dns_update_gets_one_back(void **state)
{
	struct stage *stage = *state;
	struct store_subscriber alice = stage_subscriber(ALICE);
	struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);
	uint64_t transaction;

	mbr.has.mip6_dns_update = true;
	mbr.mip6_dns_update = LITERAL("\0\0\x05"
	                              "alice\x04"
	                              "home\x07"
	                              "example\x03"
	                              "net\0");
	transaction = stage_send(stage, &mbr);
	stage_accept(stage);
	/* The name is not his: prohibited. */
	assert_int_equal(stage_mba(stage, transaction)->mip6_dns_update.at[0], 129);
	alice.fqdn = LITERAL(".home.example.net");
	stage_put(stage, &alice);
	/* It may be his, but no name server is told: a failure, said so. */
	transaction = stage_send(stage, &mbr);
	assert_int_equal(stage_mba(stage, transaction)->mip6_dns_update.at[0], 128);
	assert_false(stage_bootstrap(stage, NAS1, "s2", BOB)->has.mip6_dns_update);
}

/* ---- lifetimes ---- */

static void SE10_lifetimes_of_the_policy_and_of_the_subscriber(void **state)
{
	struct stage *stage = *state;
	struct store_subscriber bob = stage_subscriber(BOB);
	const struct mip6_mba *mba = stage_bootstrap(stage, NAS1, "s1", ALICE);

	assert_false(mba->has.authorization_lifetime);
	assert_false(mba->has.session_timeout);
	bob.authorization_lifetime = 600;
	bob.session_timeout = 3600;
	stage_put(stage, &bob);
	mba = stage_bootstrap(stage, NAS1, "s2", BOB);
	assert_int_equal(mba->authorization_lifetime, 600);
	assert_int_equal(mba->re_auth_request_type, DM_RE_AUTH_REQUEST_TYPE_AUTHORIZE_ONLY);
	assert_int_equal(mba->session_timeout, 3600);
}

static void SE11_a_smaller_hint_of_the_client_holds(void **state)
{
	struct stage *stage = *state;
	struct store_subscriber alice = stage_subscriber(ALICE);
	struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);
	const struct mip6_mba *mba;
	uint64_t transaction;

	alice.authorization_lifetime = 600;
	stage_put(stage, &alice);
	mbr.has.authorization_lifetime = true;
	mbr.authorization_lifetime = 60;
	transaction = stage_send(stage, &mbr);
	stage_accept(stage);
	mba = stage_mba(stage, transaction);
	assert_int_equal(mba->authorization_lifetime, 60);
	mbr.authorization_lifetime = 6000;
	assert_int_equal(stage_mba(stage, stage_send(stage, &mbr))->authorization_lifetime, 600);
}

/* ---- features ---- */

static void MB18_without_flags(void **state)
{
	struct stage *stage = *state;
	struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);
	uint64_t transaction;

	mbr.has.mip6_feature_vector = true;
	mbr.mip6_feature_vector = 0;
	transaction = stage_send(stage, &mbr);
	stage_accept(stage);
	assert_int_equal(stage_mba(stage, transaction)->mip6_feature_vector, 1);
}

static void MB24_unknown_bits_come_back_clear(void **state)
{
	struct stage *stage = *state;
	struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);
	uint64_t transaction;

	mbr.has.mip6_feature_vector = true;
	mbr.mip6_feature_vector = UINT64_MAX;
	transaction = stage_send(stage, &mbr);
	stage_accept(stage);
	assert_int_equal(stage_mba(stage, transaction)->mip6_feature_vector, 3);
}

/* ---- what the server does not serve ---- */

static void other_commands_are_not_pretended(void **state)
{
	struct stage *stage = *state;
	const struct dm_rar rar = {
		.session_id = LITERAL("s1"),
		.origin_host = LITERAL(NAS1),
		.origin_realm = LITERAL(VISITED),
		.destination_realm = LITERAL(HOME),
		.destination_host = LITERAL(SERVER),
		.auth_application_id = MIP6_APPLICATION_ID,
		.re_auth_request_type = DM_RE_AUTH_REQUEST_TYPE_AUTHORIZE_ONLY,
	};
	uint64_t transaction = play_request(stage->server, &dm_command_rar, &rar);

	assert_int_equal(play_answer(stage->play, transaction)->result_code, 3001);
}

/* The path goes while the allocation is committed: that is no unprotected path. */
static void MB10_a_path_that_goes_meanwhile(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);
	uint64_t transaction;

	stage->server->store->hold = true;
	transaction = stage_send(stage, &mbr);
	stage->unreachable[0] = stage->unprotected[0] = true;
	stage->server->store->hold = false;
	play_release(stage->play, 0);
	stage_mhr(stage, HA2);
	stage_accept(stage);
	stage_mba(stage, transaction);
	assert_int_equal(stage_agent(stage, HA1).pool_taken, 0);
}

static void MB10_all_paths_go_meanwhile(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);
	uint64_t transaction;

	stage->server->store->hold = true;
	transaction = stage_send(stage, &mbr);
	for (size_t i = 0; i < 2; i++)
		stage->unreachable[i] = stage->unprotected[i] = true;
	stage->server->store->hold = false;
	play_release(stage->play, 0);
	assert_int_equal(stage_refusal(stage, transaction), 4006);
	assert_int_equal(stage_counts(stage).sessions, 0);
	assert_int_equal(play_stored(stage->server, STORE_PUT_SESSION), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_stage, close_stage)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(MB01_a_permitted_user_is_bootstrapped),
		cmocka_unit_test(MB11_the_name_instead_of_the_address_or_beside_it),
		TEST(MB05_every_auth_request_type_comes_back),
		TEST(an_answer_waits_for_its_commit),
		TEST(MH03_the_agent_gets_the_keys_of_the_profile),
		TEST(MH03_the_node_gets_everything_but_the_key),
		TEST(MH03_a_key_does_not_outlive_the_session),
		TEST(MH03_a_subscribers_keys_live_as_long_as_he_has_it),
		TEST(MH03_old_keys_are_renewed_when_the_node_turns_up),
		TEST(MH08_keys_only_over_a_protected_path),
		TEST(MH08_the_path_is_looked_at_again_before_keys_leave),
		TEST(MB03_unknown_and_unentitled_users_are_told_the_same),
		TEST(MB04_the_realm_of_a_user_may_come_in_any_case),
		TEST(MB02_without_a_user_name),
		TEST(HD12_another_application_inside),
		TEST(MB10_a_path_that_goes_meanwhile),
		TEST(MB10_all_paths_go_meanwhile),
		TEST(MB14_values_outside_the_format),
		TEST(MB31_a_dns_update_gets_one_back),
		TEST(SE10_lifetimes_of_the_policy_and_of_the_subscriber),
		TEST(SE11_a_smaller_hint_of_the_client_holds),
		TEST(MB18_without_flags),
		TEST(MB24_unknown_bits_come_back_clear),
		TEST(other_commands_are_not_pretended),
	};

	return cmocka_run_group_tests_name("mip6-bootstrap", tests, NULL, NULL);
}
