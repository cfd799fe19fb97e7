/* SPDX-License-Identifier: Apache-2.0 */
/* Which home agent, prefix and address a node is given. */
#include "stage.h"

#include "mip6/home_server/bootstrap.h"

static int new_stage(void **state)
{
	*state = stage_new();
	return 0;
}

static int close_stage(void **state)
{
	stage_close(*state);
	return 0;
}

/* Bootstraps user number `i` at a NAS; returns the home agent's name. */
static struct dm_bytes nth(struct stage *stage, const char *nas, unsigned i)
{
	char user[64], session[64];
	struct dm_text text;
	struct store_subscriber subscriber;

	dm_text_init(&text, user, sizeof(user));
	dm_text_add(&text, "user%u@home.example.net", i);
	dm_text_init(&text, session, sizeof(session));
	dm_text_add(&text, "session-of-%u", i);
	subscriber = stage_subscriber(user);
	stage_put(stage, &subscriber);
	return stage_bootstrap(stage, nas, session, user)->mip6_home_agent_fqdn;
}

/* ---- where ---- */

static void MB08_the_nearest_by_nas_identifier(void **state)
{
	struct stage *stage = *state;

	stage_open(stage);
	assert_octets(nth(stage, NAS1, 1), LITERAL(HA1));
	assert_octets(nth(stage, NAS2, 2), LITERAL(HA2));
}

static void MB08_the_nearest_by_nas_address(void **state)
{
	static const struct store_prefix paris = { .address = { 0x20, 0x01, 0x0d, 0xb8, 0, 0x75 },
		                                   .length = 48 };
	struct stage *stage = *state;
	struct mip6_mbr mbr = stage_mbr("somewhere.example.org", "s1", ALICE);
	struct store_prefix nas = prefix_of("2001:db8:75::9");

	stage->locations[1].nas_prefixes = &paris;
	stage->locations[1].nas_prefix_count = 1;
	stage_open(stage);
	mbr.has.nas_ipv6_address = true;
	mbr.nas_ipv6_address = dm_bytes_of(nas.address, 16);
	stage_send(stage, &mbr);
	stage_mhr(stage, HA2);
}

static void MB08_the_nearest_by_origin_realm(void **state)
{
	static const struct dm_bytes realms[] = { { (const uint8_t *)"*.example.org", 13 } };
	struct stage *stage = *state;
	const struct mip6_mbr mbr = stage_mbr("somewhere.example.org", "s1", ALICE);

	stage->locations[1].origin_realms = realms;
	stage->locations[1].origin_realm_count = 1;
	stage_open(stage);
	stage_send(stage, &mbr);
	stage_mhr(stage, HA2);
}

static void MB08_the_next_nearest_when_the_nearest_is_down(void **state)
{
	struct stage *stage = *state;

	stage->agents[2] = stage->agents[0];
	stage->agents[2].host = LITERAL("ha3.home.example.net");
	stage->agents[2].location = LITERAL("rome");
	stage->config.agent_count = 3;
	stage_open(stage);
	stage_set_state(stage, HA2, MIP6_AGENT_DOWN);
	/* Paris is near to Berlin, not to Rome. */
	assert_octets(nth(stage, NAS2, 1), LITERAL(HA1));
	stage_set_state(stage, HA1, MIP6_AGENT_DRAINING);
	assert_octets(nth(stage, NAS2, 2), LITERAL("ha3.home.example.net"));
}

/* ---- load ---- */

static void one_location(struct stage *stage)
{
	stage->config.location_count = 0;
}

static void MB09_weights_are_kept(void **state)
{
	struct stage *stage = *state;

	one_location(stage);
	stage->agents[0].weight = 3;
	stage_open(stage);
	for (unsigned i = 0; i < 40; i++)
		nth(stage, NAS1, i);
	assert_int_equal(stage_agent(stage, HA1).sessions, 30);
	assert_int_equal(stage_agent(stage, HA2).sessions, 10);
}

static void MB09_load_is_measured_by_capacity(void **state)
{
	struct stage *stage = *state;

	one_location(stage);
	stage->agents[0].capacity = 10;
	stage->agents[1].capacity = 30;
	stage_open(stage);
	for (unsigned i = 0; i < 20; i++)
		nth(stage, NAS1, i);
	assert_int_equal(stage_agent(stage, HA1).sessions, 5);
	assert_int_equal(stage_agent(stage, HA2).sessions, 15);
}

static void MB09_a_full_agent_is_skipped(void **state)
{
	struct stage *stage = *state;

	stage->agents[0].capacity = 1;
	stage_open(stage);
	assert_octets(nth(stage, NAS1, 1), LITERAL(HA1));
	assert_octets(nth(stage, NAS1, 2), LITERAL(HA2));
	assert_true(stage_agent(stage, HA1).full);
}

static void MB09_weight_nought_comes_last(void **state)
{
	struct stage *stage = *state;

	stage->agents[0].weight = 0;
	stage_open(stage);
	assert_octets(nth(stage, NAS1, 1), LITERAL(HA2)); /* though ha1 is nearer */
	stage->unreachable[1] = true;
	assert_octets(nth(stage, NAS1, 2), LITERAL(HA1));
}

static void MB10_none_left(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);

	stage->agents[0].capacity = stage->agents[1].capacity = 1;
	stage_open(stage);
	stage->unreachable[0] = stage->unreachable[1] = true;
	assert_int_equal(stage_refusal(stage, stage_send(stage, &mbr)), 4006);
	stage->unreachable[0] = stage->unreachable[1] = false;
	nth(stage, NAS1, 1);
	nth(stage, NAS1, 2);
	assert_int_equal(stage_refusal(stage, stage_send(stage, &mbr)), 5006);
	assert_int_equal(play_sent_count(stage->play, &mip6_command_mhr), 0);
	assert_int_equal(stage_counts(stage).sessions, 2);
}

static void a_subscriber_may_be_bound_to_agents(void **state)
{
	struct stage *stage = *state;
	struct store_subscriber alice = stage_subscriber(ALICE);
	const struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);

	stage_open(stage);
	alice.home_agent = LITERAL("other.example,HA2.home.example.net");
	stage_put(stage, &alice);
	stage_send(stage, &mbr);
	stage_mhr(stage, HA2);
}

/* ---- addresses ---- */

static void MB15_an_address_inside_the_link(void **state)
{
	struct stage *stage = *state;
	struct store_prefix link = prefix_of("2001:db8:1::/64"), first, second;

	stage_open(stage);
	first = address_in(stage_bootstrap(stage, NAS1, "s1", ALICE)->mip6_home_address);
	second = address_in(stage_bootstrap(stage, NAS1, "s2", BOB)->mip6_home_address);
	assert_true(mip6_prefix_holds(&link, first.address));
	assert_true(mip6_prefix_holds(&link, second.address));
	assert_int_equal(first.length, 64);
	assert_memory_not_equal(first.address, second.address, 16);
}

static void MB15_the_agents_own_address_is_not_given(void **state)
{
	struct stage *stage = *state;

	stage->agents[0].address_pool.order = MIP6_POOL_COUNTER;
	stage_open(stage);
	assert_prefix(address_in(stage_bootstrap(stage, NAS1, "s1", ALICE)->mip6_home_address),
	              "2001:db8:1::2/64");
}

static void MB15_a_static_address_decides_the_agent(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mba *mba;

	stage_open(stage);
	mba = stage_bootstrap(stage, NAS2, "s1", CAROL); /* at Paris, and ha2 is near */
	assert_octets(mba->mip6_home_agent_fqdn, LITERAL(HA1));
	assert_prefix(address_in(mba->mip6_home_address), "2001:db8:1::ca/64");
}

static void MB15_a_pool_goes_round_a_static_address(void **state)
{
	struct stage *stage = *state;

	stage->agents[0].address_pool =
		(struct mip6_pool_config){ .prefix = prefix_of("2001:db8:1::c8/125"),
		                           .item_length = 128,
		                           .order = MIP6_POOL_COUNTER };
	stage_open(stage);
	stage_bootstrap(stage, NAS1, "s0", CAROL); /* ::ca */
	assert_int_equal(stage_agent(stage, HA1).pool_taken, 1);
	assert_prefix(address_in(stage_bootstrap(stage, NAS1, "s1", ALICE)->mip6_home_address),
	              "2001:db8:1::c9/64");
	assert_prefix(address_in(stage_bootstrap(stage, NAS1, "s2", BOB)->mip6_home_address),
	              "2001:db8:1::cb/64");
}

static void MB16_a_static_address_that_another_session_holds(void **state)
{
	struct stage *stage = *state;
	struct store_subscriber alice = stage_subscriber(ALICE);
	const struct mip6_mbr mbr = stage_mbr(NAS1, "s2", ALICE);

	stage_open(stage);
	stage_bootstrap(stage, NAS1, "s1", CAROL);
	alice.has_home_address = true;
	alice.home_address = prefix_of("2001:db8:1::ca/64");
	stage_put(stage, &alice);
	assert_int_equal(stage_refusal(stage, stage_send(stage, &mbr)), 5012);
	assert_int_equal(stage_counts(stage).sessions, 1);
}

static void MB17_a_pool_of_four(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr mbr = stage_mbr(NAS1, "s", ALICE);
	uint64_t transaction;

	stage->config.agent_count = 1;
	stage->agents[0].address_pool.limit = 4;
	stage->config.policy.linger = 0;
	stage_open(stage);
	for (unsigned i = 0; i < 4; i++)
		nth(stage, NAS1, i);
	assert_int_equal(stage_agent(stage, HA1).pool_taken, 4);
	assert_int_equal(stage_refusal(stage, stage_send(stage, &mbr)), 5006);
	stage_str(stage, NAS1, "session-of-2");
	stage_abort(stage, 2001);
	assert_int_equal(stage_agent(stage, HA1).pool_taken, 3);
	transaction = stage_send(stage, &mbr);
	stage_accept(stage);
	stage_mba(stage, transaction);
}

static void MB15_a_hint_is_taken_when_it_is_free(void **state)
{
	struct stage *stage = *state;
	struct store_prefix wish = prefix_of("2001:db8:1::77/64");
	struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);
	uint8_t octets[MIP6_ADDRESS_SIZE];
	uint64_t transaction;

	stage_open(stage);
	mip6_address_write(&wish, octets);
	mbr.has.mip6_home_address = true;
	mbr.mip6_home_address = dm_bytes_of(octets, sizeof(octets));
	transaction = stage_send(stage, &mbr);
	stage_accept(stage);
	assert_prefix(address_in(stage_mba(stage, transaction)->mip6_home_address),
	              "2001:db8:1::77/64");
	mbr.session_id = LITERAL("s2");
	mbr.user_name = LITERAL(BOB);
	transaction = stage_send(stage, &mbr);
	stage_accept(stage);
	assert_memory_not_equal(stage_mba(stage, transaction)->mip6_home_address.at, octets,
	                        sizeof(octets));
}

/* ---- prefixes ---- */

static void delegating(struct stage *stage)
{
	stage->agents[0].home_prefix = (struct store_prefix){ 0 };
	stage->agents[0].address_pool = (struct mip6_pool_config){ 0 };
	stage->agents[0].prefix_pool =
		(struct mip6_pool_config){ .prefix = prefix_of("2001:db8:100::/48"),
		                           .item_length = 64,
		                           .order = MIP6_POOL_COUNTER };
}

static struct store_prefix prefix_in(struct dm_bytes avp)
{
	struct store_prefix prefix;
	const char *why;

	assert_int_equal(mip6_prefix_read(avp, &prefix, &why), 0);
	return prefix;
}

static void MB12_every_node_its_own_prefix(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mba *alice, *bob;
	struct store_prefix prefix;

	delegating(stage);
	stage_open(stage);
	alice = stage_bootstrap(stage, NAS1, "s1", ALICE);
	bob = stage_bootstrap(stage, NAS1, "s2", BOB);
	prefix = prefix_in(alice->mip6_home_link_prefix);
	assert_prefix(prefix, "2001:db8:100::/64");
	assert_true(mip6_prefix_holds(&prefix, address_in(alice->mip6_home_address).address));
	assert_prefix(prefix_in(bob->mip6_home_link_prefix), "2001:db8:100:1::/64");
	assert_int_equal(stage_agent(stage, HA1).prefix_taken, 2);
}

static void MB13_a_prefix_hint(void **state)
{
	static const uint8_t wish[MIP6_PREFIX_SIZE] = { 64, 0x20, 0x01, 0x0d, 0xb8, 1, 0, 0, 9 };
	struct stage *stage = *state;
	struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);
	uint64_t transaction;

	delegating(stage);
	stage_open(stage);
	mbr.has.mip6_home_link_prefix = true;
	mbr.mip6_home_link_prefix = dm_bytes_of(wish, sizeof(wish));
	transaction = stage_send(stage, &mbr);
	stage_accept(stage);
	assert_prefix(prefix_in(stage_mba(stage, transaction)->mip6_home_link_prefix),
	              "2001:db8:100:9::/64");
	mbr.session_id = LITERAL("s2");
	mbr.user_name = LITERAL(BOB);
	transaction = stage_send(stage, &mbr);
	stage_accept(stage);
	assert_prefix(prefix_in(stage_mba(stage, transaction)->mip6_home_link_prefix),
	              "2001:db8:100::/64");
}

/* ---- local home agents ---- */

#define LHA "ha.visited.example.org"

static void with_local_agent(struct stage *stage)
{
	stage->agents[2] = (struct mip6_agent_config){
		.host = LITERAL(LHA),
		.realm = LITERAL(VISITED),
		.address = prefix_of("2001:db8:99::1/64"),
		.weight = 1,
		.local = true,
	};
	stage->config.agent_count = 3;
}

static struct mip6_mbr with_features(uint64_t features)
{
	struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);

	mbr.has.mip6_feature_vector = true;
	mbr.mip6_feature_vector = features;
	return mbr;
}

static void MB19_without_local_a_home_agent_at_home(void **state)
{
	struct stage *stage = *state;
	struct mip6_mbr mbr = with_features(1);

	with_local_agent(stage);
	stage_open(stage);
	stage_send(stage, &mbr);
	stage_mhr(stage, HA1);
}

static void MB20_without_local_a_hint_is_ignored(void **state)
{
	struct stage *stage = *state;
	struct mip6_mbr mbr = with_features(1);
	uint64_t transaction;

	with_local_agent(stage);
	stage->config.policy.accept_hints = true;
	stage_open(stage);
	mbr.has.mip6_home_agent_fqdn = true;
	mbr.mip6_home_agent_fqdn = LITERAL(LHA);
	transaction = stage_send(stage, &mbr);
	stage_mhr(stage, HA1);
	stage_accept(stage);
	assert_int_equal(stage_mba(stage, transaction)->mip6_feature_vector, 1);
}

/* The local agent allocates; the keys are made again for the address that it chose (MH06). */
static void accept_with(struct stage *stage, const char *address)
{
	const struct mip6_mhr *mhr = stage_mhr(stage, NULL);
	struct store_prefix chosen = prefix_of(address);
	uint8_t octets[MIP6_ADDRESS_SIZE];
	const struct mip6_mha mha = {
		.session_id = mhr->session_id,
		.auth_application_id = MIP6_APPLICATION_ID,
		.origin_host = mhr->destination_host,
		.origin_realm = mhr->destination_realm,
		.result_code = 2001,
		.has.mip6_home_address = true,
		.mip6_home_address = dm_bytes_of(octets, sizeof(octets)),
	};

	mip6_address_write(&chosen, octets);
	play_reply(play_sent(stage->play, &mip6_command_mhr), &mip6_command_mha, &mha);
}

static void MB21_local_allowed_and_hinted(void **state)
{
	struct stage *stage = *state;
	struct mip6_mbr mbr = with_features(3);
	const struct mip6_mba *mba;
	uint64_t transaction;

	with_local_agent(stage);
	stage_open(stage);
	mbr.has.mip6_home_agent_fqdn = true;
	mbr.mip6_home_agent_fqdn = LITERAL("HA.visited.example.org");
	transaction = stage_send(stage, &mbr);
	assert_octets(stage_mhr(stage, LHA)->destination_realm, LITERAL(VISITED));
	assert_true(mip6_address_is_unspecified(
		address_in(stage_mhr(stage, LHA)->mip6_home_address).address));
	accept_with(stage, "2001:db8:99::55/64");
	assert_prefix(address_in(stage_mhr(stage, LHA)->mip6_home_address), "2001:db8:99::55/64");
	accept_with(stage, "2001:db8:99::55/64");
	mba = stage_mba(stage, transaction);
	assert_int_equal(mba->mip6_feature_vector, 3);
	assert_octets(mba->mip6_home_agent_fqdn, LITERAL(LHA));
	assert_prefix(address_in(mba->mip6_home_address), "2001:db8:99::55/64");
}

static void MB21_local_allowed_and_configured_here(void **state)
{
	struct stage *stage = *state;
	struct mip6_mbr mbr = with_features(3);

	with_local_agent(stage);
	stage_open(stage);
	stage_send(stage, &mbr);
	stage_mhr(stage, LHA);
}

static void MB21_an_agent_that_only_the_hint_names(void **state)
{
	struct stage *stage = *state;
	struct mip6_mbr mbr = with_features(3);

	stage->config.policy.accept_hints = true;
	stage_open(stage);
	mbr.has.mip6_home_agent_fqdn = true;
	mbr.mip6_home_agent_fqdn = LITERAL(LHA);
	stage_send(stage, &mbr);
	assert_octets(stage_mhr(stage, LHA)->destination_realm, LITERAL(VISITED));
	assert_true(stage_agent(stage, LHA).hinted);
}

static void MB21_the_policy_may_mistrust_hints(void **state)
{
	struct stage *stage = *state;
	struct mip6_mbr mbr = with_features(3);

	stage_open(stage);
	mbr.has.mip6_home_agent_fqdn = true;
	mbr.mip6_home_agent_fqdn = LITERAL(LHA);
	stage_send(stage, &mbr);
	stage_mhr(stage, HA1);
}

static void MB22_local_refused_by_the_policy(void **state)
{
	struct stage *stage = *state;
	struct mip6_mbr mbr = with_features(3);
	struct store_subscriber alice = stage_subscriber(ALICE);
	uint64_t transaction;

	with_local_agent(stage);
	stage_open(stage);
	alice.local_home_agent = false;
	stage_put(stage, &alice);
	transaction = stage_send(stage, &mbr);
	stage_mhr(stage, HA1);
	stage_accept(stage);
	assert_int_equal(stage_mba(stage, transaction)->mip6_feature_vector, 1);
}

static void MB22_another_visited_network_is_not_local(void **state)
{
	struct stage *stage = *state;
	struct mip6_mbr mbr = with_features(3);

	with_local_agent(stage);
	stage->agents[2].realm = LITERAL("elsewhere.example.org");
	stage_open(stage);
	stage_send(stage, &mbr);
	stage_mhr(stage, HA1);
}

/* ---- split scenario ---- */

static void split_keys_go_to_the_assigned_home_agent_and_to_no_other(void **state)
{
	struct stage *stage = *state;
	struct mip6_mbr mbr = stage_mbr(HA1, "s1", ALICE);
	const struct mip6_mba *mba;
	uint64_t transaction;

	stage_open(stage);
	mbr.has.nas_port_type = false;
	mbr.has.mip6_home_agent_fqdn = true;
	mbr.mip6_home_agent_fqdn = LITERAL(HA1);
	transaction = stage_send(stage, &mbr);
	assert_int_equal(play_sent_count(stage->play, &mip6_command_mhr), 0);
	mba = stage_mba(stage, transaction);
	assert_octets(mba->mip6_home_agent_fqdn, LITERAL(HA1));
	assert_int_equal(mba->mip6_security_association.at[0].key->keying_material.size, 32);
	mba = stage_bootstrap(stage, NAS1, "s2", ALICE);
	assert_false(mba->mip6_security_association.at[0].has.key);
	/* Its end needs no ASR: the asking agent knows. */
	stage_str(stage, NAS1, "s2");
	stage_str(stage, HA1, "s1");
	play_advance(stage->play, 301);
	assert_int_equal(play_sent_count(stage->play, &dm_command_asr), 0);
	assert_int_equal(stage_counts(stage).sessions, 0);
}

static void split_no_keys_over_an_unprotected_path(void **state)
{
	struct stage *stage = *state;
	struct mip6_mbr mbr = stage_mbr(HA1, "s1", ALICE);

	stage_open(stage);
	stage->unprotected[0] = true;
	mbr.has.nas_port_type = false;
	mbr.has.mip6_home_agent_fqdn = true;
	mbr.mip6_home_agent_fqdn = LITERAL(HA1);
	stage_send(stage, &mbr);
	stage_mhr(stage, HA2); /* no split then: an agent that can be told safely */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, new_stage, close_stage)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(MB08_the_nearest_by_nas_identifier),
		TEST(MB08_the_nearest_by_nas_address),
		TEST(MB08_the_nearest_by_origin_realm),
		TEST(MB08_the_next_nearest_when_the_nearest_is_down),
		TEST(MB09_weights_are_kept),
		TEST(MB09_load_is_measured_by_capacity),
		TEST(MB09_a_full_agent_is_skipped),
		TEST(MB09_weight_nought_comes_last),
		TEST(MB10_none_left),
		TEST(a_subscriber_may_be_bound_to_agents),
		TEST(MB15_an_address_inside_the_link),
		TEST(MB15_the_agents_own_address_is_not_given),
		TEST(MB15_a_static_address_decides_the_agent),
		TEST(MB15_a_pool_goes_round_a_static_address),
		TEST(MB16_a_static_address_that_another_session_holds),
		TEST(MB17_a_pool_of_four),
		TEST(MB15_a_hint_is_taken_when_it_is_free),
		TEST(MB12_every_node_its_own_prefix),
		TEST(MB13_a_prefix_hint),
		TEST(MB19_without_local_a_home_agent_at_home),
		TEST(MB20_without_local_a_hint_is_ignored),
		TEST(MB21_local_allowed_and_hinted),
		TEST(MB21_local_allowed_and_configured_here),
		TEST(MB21_an_agent_that_only_the_hint_names),
		TEST(MB21_the_policy_may_mistrust_hints),
		TEST(MB22_local_refused_by_the_policy),
		TEST(MB22_another_visited_network_is_not_local),
		TEST(split_keys_go_to_the_assigned_home_agent_and_to_no_other),
		TEST(split_no_keys_over_an_unprotected_path),
	};

	return cmocka_run_group_tests_name("mip6-selection", tests, NULL, NULL);
}
