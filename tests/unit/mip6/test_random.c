/* SPDX-License-Identifier: Apache-2.0 */
/* Random keys instead of derived ones (profile 6): a session has its own, and keeps it. */
#include "stage.h"

#include "mip6/keys.h"

static const uint8_t randomness[2][32] = { "thirty-two octets of the kernel",
	                                   "as many of its next run" };

static struct stage *with_randomness(int run)
{
	struct stage *stage = stage_new();

	stage->config.randomness = dm_bytes_of(randomness[run], sizeof(randomness[run]));
	stage->config.policy.sa_protocols = 1 << 1 | 1 << 3;
	return stage;
}

static int open_random(void **state)
{
	struct stage *stage = with_randomness(0);

	stage->config.policy.random_keys = true;
	stage_open(stage);
	*state = stage;
	return 0;
}

static int close_stage(void **state)
{
	stage_close(*state);
	return 0;
}

/* The keys that a MHR brings, one behind the other. */
struct keys {
	uint8_t octets[128];
	size_t size;
	uint32_t epoch;
};

static struct keys keys_of(const struct mip6_mhr *mhr)
{
	struct keys keys = { .epoch = mhr->mip6_security_association.at[0].mip6_key_epoch };

	for (size_t i = 0; i < mhr->mip6_security_association.count; i++) {
		const struct mip6_security_association *sa = &mhr->mip6_security_association.at[i];
		struct dm_bytes key = sa->key->keying_material;

		assert_int_equal(key.size, sa->mip6_sa_protocol == 3 ? 16 : 32);
		assert_true(sa->has.mip6_key_epoch);
		memcpy(keys.octets + keys.size, key.at, key.size);
		keys.size += key.size;
	}
	return keys;
}

static bool same(const struct keys *a, const struct keys *b)
{
	return a->size == b->size && memcmp(a->octets, b->octets, a->size) == 0;
}

/* What the node could derive from its root key. */
static struct keys derived(const struct mip6_mhr *mhr)
{
	const struct store_subscriber subscriber = stage_subscriber(ALICE);
	struct mip6_key_context context = { .nai = mhr->user_name,
		                            .home_agent_fqdn = mhr->destination_host,
		                            .epoch = 1 };
	struct keys keys = { .epoch = 1 };

	memcpy(context.home_address, address_in(mhr->mip6_home_address).address, 16);
	for (size_t i = 0; i < mhr->mip6_security_association.count; i++) {
		struct mip6_derived_key key;

		assert_int_equal(
			mip6_key_derive(
				&subscriber.root_key,
				(uint8_t)mhr->mip6_security_association.at[i].mip6_sa_protocol,
				&context, &key),
			0);
		memcpy(keys.octets + keys.size, key.secret.octets, key.secret.size);
		keys.size += key.secret.size;
	}
	return keys;
}

static struct keys bootstrapped(struct stage *stage, const char *session_id, const char *user)
{
	const struct mip6_mbr mbr = stage_mbr(NAS1, session_id, user);
	struct keys keys;

	stage_send(stage, &mbr);
	keys = keys_of(stage_mhr(stage, HA1));
	stage_accept(stage);
	return keys;
}

static const struct dm_secret *stored(struct stage *stage)
{
	return &play_record(stage->server, STORE_PUT_SESSION)->session.random_key;
}

static void MH03_random_keys_are_not_those_of_the_root(void **state)
{
	struct stage *stage = *state;
	const struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);
	uint64_t transaction = stage_send(stage, &mbr);
	struct keys alice = keys_of(stage_mhr(stage, HA1));
	struct keys own = derived(stage_mhr(stage, HA1));
	const struct mip6_mba *mba;
	struct keys bob;

	assert_int_equal(alice.epoch, 1);
	assert_int_equal(alice.size, own.size);
	assert_false(same(&alice, &own));
	stage_accept(stage);
	mba = stage_mba(stage, transaction);
	assert_int_equal(mba->mip6_security_association.count, 2);
	assert_false(mba->mip6_security_association.at[0].has.mip6_key_epoch);
	assert_false(mba->mip6_security_association.at[0].has.key);
	bob = bootstrapped(stage, "s2", BOB);
	assert_false(same(&alice, &bob));
	assert_int_equal(stored(stage)->size, 32);
}

/* The next session of the same node, too. */
static void MH03_two_sessions_of_a_node_have_two_keys(void **state)
{
	struct stage *stage = *state;
	struct keys first = bootstrapped(stage, "s1", CAROL), second; /* the same home address */

	stage_str(stage, NAS1, "s1");
	play_advance(stage->play, 301);
	stage_abort(stage, 2001);
	assert_int_equal(stage_counts(stage).sessions, 0);
	second = bootstrapped(stage, "s2", CAROL);
	assert_false(same(&first, &second));
}

/* The home agent forgets, the server dies and comes back with other randomness, another candidate
 * says no: the session's key stays. */
static void MH09_a_repeated_mhr_brings_the_same_random_key(void **state)
{
	struct stage *stage = *state;
	struct keys first = bootstrapped(stage, "s1", ALICE), again;

	stage_peer(stage, HA1, true, 5);
	stage_peer(stage, HA1, true, 6);
	play_advance(stage->play, 0);
	again = keys_of(stage_mhr(stage, HA1));
	assert_true(same(&first, &again));
	stage_accept(stage);
	stage->config.randomness = dm_bytes_of(randomness[1], sizeof(randomness[1]));
	stage_restart(stage);
	stage_peer(stage, HA1, true, 6);
	stage_peer(stage, HA1, true, 7);
	play_advance(stage->play, 0);
	again = keys_of(stage_mhr(stage, HA1));
	assert_int_equal(again.epoch, 1);
	assert_true(same(&first, &again));
}

static void SE06_a_rollover_makes_other_random_keys(void **state)
{
	struct stage *stage = *state;
	struct keys first = bootstrapped(stage, "s1", ALICE), next, again;
	struct mip6_order_counts counts;
	struct play_request *rar;
	struct dm_raa raa = { .result_code = 2001,
		              .origin_host = LITERAL(HA1),
		              .origin_realm = LITERAL(HOME) };

	mip6_home_server_order(stage->server->role, MIP6_OPERATOR_REKEY, LITERAL(ALICE), NULL,
	                       &counts, stage->play->now);
	play_advance(stage->play, 0);
	rar = play_sent(stage->play, &dm_command_rar);
	raa.session_id = ((const struct dm_rar *)rar->message.body)->session_id;
	play_reply(rar, &dm_command_raa, &raa);
	next = keys_of(stage_mhr(stage, HA1));
	assert_int_equal(next.epoch, 2);
	assert_false(same(&first, &next));
	stage_accept(stage);
	stage_peer(stage, HA1, true, 5);
	stage_peer(stage, HA1, true, 6);
	play_advance(stage->play, 0);
	again = keys_of(stage_mhr(stage, HA1));
	assert_int_equal(again.epoch, 2);
	assert_true(same(&next, &again));
}

static void random_keys_of_one_subscriber(void **state)
{
	struct stage *stage = with_randomness(0);
	struct store_subscriber bob = stage_subscriber(BOB);
	struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);
	struct keys keys, own;

	(void)state;
	stage_open(stage);
	bob.random_keys = true;
	stage_put(stage, &bob);
	stage_send(stage, &mbr);
	keys = keys_of(stage_mhr(stage, HA1));
	own = derived(stage_mhr(stage, HA1));
	assert_true(same(&keys, &own));
	stage_accept(stage);
	assert_int_equal(stored(stage)->size, 0);
	mbr = stage_mbr(NAS1, "s2", BOB);
	stage_send(stage, &mbr);
	keys = keys_of(stage_mhr(stage, HA1));
	own = derived(stage_mhr(stage, HA1));
	assert_false(same(&keys, &own));
	stage_close(stage);
}

static void without_randomness_there_is_no_random_key(void **state)
{
	struct stage *stage = stage_new();
	const struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);

	(void)state;
	stage->config.policy.random_keys = true;
	stage_open(stage);
	assert_int_equal(stage_refusal(stage, stage_send(stage, &mbr)), 5012);
	assert_int_equal(stage_counts(stage).sessions, 0);
	assert_int_equal(stage_agent(stage, HA1).pool_taken, 0);
	assert_int_equal(play_stored(stage->server, STORE_PUT_SESSION), 0);
	stage_close(stage);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_random, close_stage)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(MH03_random_keys_are_not_those_of_the_root),
		TEST(MH03_two_sessions_of_a_node_have_two_keys),
		TEST(MH09_a_repeated_mhr_brings_the_same_random_key),
		TEST(SE06_a_rollover_makes_other_random_keys),
		cmocka_unit_test(random_keys_of_one_subscriber),
		cmocka_unit_test(without_randomness_there_is_no_random_key),
	};

	return cmocka_run_group_tests_name("mip6-random", tests, NULL, NULL);
}
