/* SPDX-License-Identifier: Apache-2.0 */
/* A decision that is only told: it is the one that a MBR gets, and it takes nothing. */
#include "stage.h"

#include "mip6/home_server/explain.h"
#include "mip6/home_server/subscribers.h"

#define LHA "lha.visited.example.org"

static int make_stage(void **state)
{
	*state = stage_new();
	return 0;
}

static int open_stage(void **state)
{
	make_stage(state);
	stage_open(*state);
	return 0;
}

static int close_stage(void **state)
{
	stage_close(*state);
	return 0;
}

/* ---- the question ---- */

struct told {
	struct mip6_explained_agent agents[4];
	size_t agent_count;
	struct mip6_explained_try tries[8];
	size_t try_count;
	struct mip6_explanation all;
};

static void keep_agent(const struct mip6_explained_agent *agent, void *context)
{
	struct told *told = context;

	assert_in_range(told->agent_count, 0, 3);
	told->agents[told->agent_count++] = *agent;
}

static void keep_try(const struct mip6_explained_try *attempt, void *context)
{
	struct told *told = context;

	assert_in_range(told->try_count, 0, 7);
	told->tries[told->try_count++] = *attempt;
}

static struct mip6_bootstrap question(const char *user, const char *nas)
{
	return (struct mip6_bootstrap){
		.user_name = dm_bytes_text(user),
		.origin_host = dm_bytes_text(nas),
		.origin_realm = LITERAL(VISITED),
		.nas_identifier = dm_bytes_text(nas),
		.has_nas_port_type = true,
		.authorization_lifetime = UINT32_MAX,
		.session_timeout = UINT32_MAX,
	};
}

/* All that could have been taken. */
struct taken {
	struct mip6_home_server_counts counts;
	struct mip6_agent_view agents[2];
	size_t commits, sent;
};

static struct taken taken(struct stage *stage)
{
	struct taken now;

	memset(&now, 0, sizeof(now));
	now.counts = stage_counts(stage);
	now.commits = stage->server->store->commits;
	now.sent = stage->play->sent_count;
	for (size_t i = 0; i < 2; i++) {
		const struct mip6_agent_view view = stage_agent(stage, i ? HA2 : HA1);

		now.agents[i].sessions = view.sessions;
		now.agents[i].pool_taken = view.pool_taken;
		now.agents[i].prefix_taken = view.prefix_taken;
		now.agents[i].assigned = view.assigned;
		now.agents[i].failed = view.failed;
	}
	return now;
}

static struct told explain(struct stage *stage, const struct mip6_bootstrap *asked)
{
	struct told told = { .agent_count = 0 };
	const struct mip6_explain_visitor visitor = { keep_agent, keep_try, &told };
	const struct taken before = taken(stage);
	struct taken after;

	mip6_home_server_explain(stage->server->role, asked, &visitor, &told.all, stage->play->now);
	play_pump(stage->play);
	after = taken(stage);
	assert_memory_equal(&before, &after, sizeof(before));
	return told;
}

/* ---- it is what a MBR gets ---- */

static void the_answer_is_that_of_the_mbr(void **state)
{
	struct mip6_bootstrap asked = question(ALICE, NAS2);
	struct stage *stage = *state;
	struct told told = explain(stage, &asked);
	const struct mip6_mba *mba;

	assert_int_equal(told.all.result_code, 2001);
	assert_octets(told.all.location, LITERAL("paris"));
	assert_string_equal(told.all.rule, "nas-identifier");
	assert_int_equal(told.agent_count, 2);
	assert_int_equal(told.agents[0].distance, 1); /* near to Paris */
	assert_int_equal(told.agents[1].distance, 0);
	assert_string_equal(told.all.address_from, "the pool");
	/* The same generator stands where it stood: the same address comes out. */
	told = explain(stage, &asked);
	mba = stage_bootstrap(stage, NAS2, "s1", ALICE);
	assert_octets(mba->mip6_home_agent_fqdn, told.all.home_agent_fqdn);
	assert_memory_equal(address_in(mba->mip6_home_address).address,
	                    told.all.home_address.address, 16);
	assert_int_equal(mba->mip6_feature_vector, told.all.feature_vector);
}

static void counters_stay_where_they_are(void **state)
{
	struct mip6_bootstrap asked = question(ALICE, NAS1);
	struct stage *stage = *state;
	struct told told;

	stage->agents[0].address_pool.order = MIP6_POOL_COUNTER;
	stage->agents[0].home_prefix = (struct store_prefix){ 0 };
	stage->agents[0].prefix_pool =
		(struct mip6_pool_config){ .prefix = prefix_of("2001:db8:10::/48"),
		                           .item_length = 64,
		                           .order = MIP6_POOL_COUNTER };
	stage_open(stage);
	for (int i = 0; i < 3; i++)
		told = explain(stage, &asked);
	assert_prefix(told.all.home_prefix, "2001:db8:10::/64");
	assert_string_equal(told.all.prefix_from, "the prefix pool");
	assert_string_equal(told.all.address_from, "a free one of the node's own prefix");
}

static void a_session_is_reused(void **state)
{
	struct mip6_bootstrap asked = question(ALICE, NAS2);
	struct stage *stage = *state;
	const struct mip6_mba *mba = stage_bootstrap(stage, NAS1, "s1", ALICE);
	struct told told = explain(stage, &asked);

	assert_int_equal(told.all.decision.choice, MIP6_REUSE);
	assert_string_equal(told.all.session_state, "active");
	assert_octets(told.all.home_agent_fqdn, LITERAL(HA1));
	assert_memory_equal(told.all.home_address.address,
	                    address_in(mba->mip6_home_address).address, 16);
	/* Another service is another session. */
	asked.service_selection = LITERAL("other");
	told = explain(stage, &asked);
	assert_int_equal(told.all.decision.choice, MIP6_ASSIGN);
	assert_null(told.all.session_state);
}

/* ---- why not ---- */

static void who_is_not_entitled(void **state)
{
	static const struct {
		const char *user;
		bool known, enabled, mobility;
	} rows[] = {
		{ "nobody@home.example.net", false, false, false },
		{ DAVE, true, false, true },
		{ ERIN, true, true, false },
	};
	struct stage *stage = *state;

	for (size_t i = 0; i < 3; i++) {
		struct mip6_bootstrap asked = question(rows[i].user, NAS1);
		struct told told = explain(stage, &asked);

		assert_int_equal(told.all.result_code, 5003);
		assert_int_equal(told.all.known, rows[i].known);
		assert_int_equal(told.all.enabled, rows[i].enabled);
		assert_int_equal(told.all.mobility, rows[i].mobility);
		assert_int_equal(told.agent_count, 0);
	}
}

static void every_candidate_has_its_reason(void **state)
{
	struct mip6_bootstrap asked = question(ALICE, NAS1);
	struct stage *stage = *state;
	struct told told;

	stage->agents[2] = stage->agents[0];
	stage->agents[2].host = LITERAL(LHA);
	stage->agents[2].realm = LITERAL(VISITED);
	stage->agents[2].local = true;
	stage->config.agent_count = 3;
	stage_open(stage);
	stage_set_state(stage, HA1, MIP6_AGENT_DRAINING);
	stage->unreachable[1] = true;
	told = explain(stage, &asked);
	assert_int_equal(told.agents[0].unfit, MIP6_UNFIT_DRAINING);
	assert_int_equal(told.agents[1].unfit, MIP6_UNFIT_UNREACHABLE);
	assert_int_equal(told.agents[2].unfit, MIP6_UNFIT_LOCAL);
	assert_int_equal(told.all.result_code, 4006);
	assert_string_equal(told.all.text, "no home agent is available: draining");
	/* With LOCAL it is one that fits. */
	asked.local = true;
	told = explain(stage, &asked);
	assert_int_equal(told.agents[2].unfit, MIP6_FIT);
	assert_true(told.all.decision.local);
	assert_octets(told.all.home_agent, LITERAL(LHA));
	assert_int_equal(told.all.feature_vector, 3);
	/* A visited network that is not the agent's own. */
	asked.origin_realm = LITERAL("elsewhere.example.org");
	told = explain(stage, &asked);
	assert_int_equal(told.agents[2].unfit, MIP6_UNFIT_LOCAL);
	assert_int_equal(told.all.result_code, 4006);
}

static void hints_are_taken_or_not(void **state)
{
	struct mip6_bootstrap asked = question(ALICE, NAS1);
	struct stage *stage = *state;
	struct told told;

	asked.home_address = prefix_of("2001:db8:1::77/64");
	told = explain(stage, &asked);
	assert_prefix(told.all.home_address, "2001:db8:1::77/64");
	assert_string_equal(told.all.address_from, "the hint, which is free and allowed");
	asked.home_address = prefix_of("2001:db8:9::77/64");
	told = explain(stage, &asked);
	assert_string_equal(told.all.address_from, "the pool; the hint is taken or not allowed");
	asked = question(CAROL, NAS1);
	told = explain(stage, &asked);
	assert_prefix(told.all.home_address, "2001:db8:1::ca/64");
	assert_string_equal(told.all.address_from, "the subscriber's own");
}

/* An agent that fits and cannot give: the next one is tried, and both are told. */
static void a_try_that_fails_is_told(void **state)
{
	struct mip6_bootstrap asked = question(CAROL, NAS1);
	struct stage *stage = *state;
	const struct store_prefix hint = prefix_of("2001:db8:1::ca/64");
	struct mip6_mbr mbr = stage_mbr(NAS1, "s1", ALICE);
	uint8_t octets[MIP6_ADDRESS_SIZE];
	struct told told = explain(stage, &asked);

	assert_int_equal(told.all.result_code, 2001);
	/* Alice asks for Carol's address before she comes. */
	mip6_address_write(&hint, octets);
	mbr.has.mip6_home_address = true;
	mbr.mip6_home_address = dm_bytes_of(octets, sizeof(octets));
	stage_send(stage, &mbr);
	stage_accept(stage);
	told = explain(stage, &asked);
	assert_int_equal(told.all.decision.choice, MIP6_REFUSE);
	assert_int_equal(told.all.result_code, 5012);
	assert_int_equal(told.try_count, 1);
	assert_octets(told.tries[0].host, LITERAL(HA1));
	assert_non_null(told.tries[0].why);
}

static void a_hinted_agent_is_not_admitted_by_the_question(void **state)
{
	struct mip6_bootstrap asked = question(ALICE, NAS1);
	struct stage *stage = *state;
	struct told told;

	stage->config.policy.accept_hints = true;
	stage_open(stage);
	asked.local = true;
	asked.home_agent_fqdn = LITERAL(LHA);
	told = explain(stage, &asked);
	assert_int_equal(told.all.decision.choice, MIP6_ASSIGN_HINTED);
	assert_octets(told.all.home_agent, LITERAL(LHA));
	assert_string_equal(told.all.address_from, "the home agent chooses it");
	/* Unreachable, it is passed over. */
	stage->unreachable[3] = true;
	told = explain(stage, &asked);
	assert_int_equal(told.try_count, 2);
	assert_octets(told.all.home_agent, LITERAL(HA1));
	told.agent_count = 0;
	told = explain(stage, &asked);
	assert_int_equal(told.agent_count, 2);
}

static void names_in_dns(void **state)
{
	static const struct {
		const char *allowed, *name;
		bool yes;
	} rows[] = {
		{ "a.example.net", "A.example.NET", true },
		{ "a.example.net", "b.a.example.net", false },
		{ ".example.net", "b.a.example.net", true },
		{ ".example.net", "example.net", false },
		{ ".example.net", "badexample.net", false },
		{ "x.example.org,.example.net", "x.example.org", true },
		{ "x.example.org,.example.net", "y.example.net", true },
		{ "x.example.org,.example.net", "y.example.org", false },
		{ "", "a.example.net", false },
	};
	struct stage *stage = *state;

	(void)stage;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct store_subscriber subscriber = { .fqdn = dm_bytes_text(
								     rows[i].allowed) };

		assert_int_equal(
			mip6_subscriber_may_be_named(&subscriber, dm_bytes_text(rows[i].name)),
			rows[i].yes);
	}
	assert_false(mip6_subscriber_may_be_named(NULL, LITERAL("a.example.net")));
}

#define FRESH(name) cmocka_unit_test_setup_teardown(name, make_stage, close_stage)
#define TEST(name)  cmocka_unit_test_setup_teardown(name, open_stage, close_stage)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_answer_is_that_of_the_mbr),
		FRESH(counters_stay_where_they_are),
		TEST(a_session_is_reused),
		TEST(who_is_not_entitled),
		FRESH(every_candidate_has_its_reason),
		TEST(hints_are_taken_or_not),
		TEST(a_try_that_fails_is_told),
		FRESH(a_hinted_agent_is_not_admitted_by_the_question),
		TEST(names_in_dns),
	};

	return cmocka_run_group_tests_name("mip6-explain", tests, NULL, NULL);
}
