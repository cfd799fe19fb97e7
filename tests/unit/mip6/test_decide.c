/* SPDX-License-Identifier: Apache-2.0 */
/* The decision on a MBR by itself: facts in, decision and its reason out, nothing changed. */
#include "check.h"

#include "mip6/home_server/decide.h"
#include "mip6/home_server/sessions.h"

static bool all(void *context, const struct mip6_agent *agent)
{
	const bool *yes = context;

	(void)agent;
	return *yes;
}

/* One agent at home, one in the visited network. */
struct case_file {
	struct mip6_agents agents;
	struct store_subscriber subscriber;
	struct mip6_bootstrap request;
	struct mip6_policy policy;
	struct mip6_facts facts;
	bool yes;
};

static void add_at(struct mip6_agents *agents, const char *host, const char *realm, bool local,
                   const char *address)
{
	const struct mip6_agent_config config = { .host = dm_bytes_text(host),
		                                  .realm = dm_bytes_text(realm),
		                                  .weight = 1,
		                                  .location = LITERAL("berlin"),
		                                  .local = local,
		                                  .address = prefix_of(address) };
	const char *why = NULL;

	assert_int_equal(mip6_agents_add(agents, &config, NULL, &why), 0);
}

static void add(struct mip6_agents *agents, const char *host, const char *realm, bool local)
{
	add_at(agents, host, realm, local, local ? "2001:db8:99::1/64" : "2001:db8:1::1/64");
}

static int open_case(void **state)
{
	static const struct dm_bytes nas[] = { { (const uint8_t *)"nas*", 4 } };
	static const struct mip6_location_config berlin = {
		.name = { (const uint8_t *)"berlin", 6 },
		.nas_identifiers = nas,
		.nas_identifier_count = 1,
	};
	static struct case_file file;
	const char *why = NULL;

	file = (struct case_file){ .yes = true };
	assert_int_equal(mip6_agents_init(&file.agents, &berlin, 1, 1, &why), 0);
	add(&file.agents, "ha.home.example.net", "home.example.net", false);
	add(&file.agents, "ha.visited.example.org", "visited.example.org", true);
	file.subscriber = (struct store_subscriber){ .enabled = true,
		                                     .mobility = true,
		                                     .local_home_agent = true };
	file.request = (struct mip6_bootstrap){ .origin_host = LITERAL("nas1.visited.example.org"),
		                                .origin_realm = LITERAL("visited.example.org"),
		                                .nas_identifier = LITERAL("nas1"),
		                                .has_nas_port_type = true };
	file.facts = (struct mip6_facts){ .request = &file.request,
		                          .subscriber = &file.subscriber,
		                          .policy = &file.policy,
		                          .agents = &file.agents,
		                          .reaches = all,
		                          .protected_path = all,
		                          .context = &file.yes };
	*state = &file;
	return 0;
}

static int close_case(void **state)
{
	mip6_agents_fini(&((struct case_file *)*state)->agents);
	return 0;
}

static void decides(struct case_file *file, enum mip6_choice choice, uint32_t result_code,
                    const char *reason)
{
	struct mip6_decision decision = mip6_decide(&file->facts);

	assert_int_equal(decision.choice, choice);
	assert_int_equal(decision.result_code, result_code);
	assert_string_equal(decision.reason, reason);
}

static void MB04_unknown_disabled_and_not_entitled_read_alike(void **state)
{
	struct case_file *file = *state;
	const char *reason = "this user has no mobility service here";

	file->subscriber.enabled = false;
	decides(file, MIP6_REFUSE, 5003, reason);
	file->subscriber.enabled = true;
	file->subscriber.mobility = false;
	decides(file, MIP6_REFUSE, 5003, reason);
	file->facts.subscriber = NULL;
	decides(file, MIP6_REFUSE, 5003, reason);
}

static void an_existing_session_comes_before_any_choice(void **state)
{
	struct case_file *file = *state;
	struct mip6_session session = { .state = MIP6_SESSION_ACTIVE };

	file->facts.session = &session;
	file->yes = false;
	decides(file, MIP6_REUSE, 0, "the node has a mobility session already");
}

static void MB08_the_reason_names_agent_and_rule(void **state)
{
	struct case_file *file = *state;

	decides(file, MIP6_ASSIGN, 0,
	        "ha.home.example.net: nearest to the NAS's location, least loaded");
	assert_octets(mip6_decide(&file->facts).location->name, LITERAL("berlin"));
	file->request.nas_identifier = LITERAL("elsewhere");
	decides(file, MIP6_ASSIGN, 0, "ha.home.example.net: least loaded");
	assert_null(mip6_decide(&file->facts).location);
	assert_false(mip6_decide(&file->facts).local);
}

static void MB21_local_needs_the_bit_and_the_policy(void **state)
{
	struct case_file *file = *state;

	file->request.local = true;
	decides(file, MIP6_ASSIGN, 0,
	        "ha.visited.example.org: a local home agent of the visited network");
	assert_true(mip6_decide(&file->facts).local);
	file->request.home_agent_fqdn = LITERAL("ha.visited.example.org");
	decides(file, MIP6_ASSIGN, 0,
	        "ha.visited.example.org: the local home agent that the NAS named");
	file->request.home_agent_fqdn = LITERAL("other.visited.example.org");
	file->policy.accept_hints = true;
	decides(file, MIP6_ASSIGN_HINTED, 0,
	        "other.visited.example.org: named by the visited network");
	file->subscriber.local_home_agent = false;
	decides(file, MIP6_ASSIGN, 0,
	        "ha.home.example.net: nearest to the NAS's location, least loaded");
}

static void MB10_why_there_is_none(void **state)
{
	struct case_file *file = *state;
	struct mip6_agent *home = file->agents.agents[0];
	const uint64_t tried[] = { home->number };

	home->state = MIP6_AGENT_DRAINING;
	decides(file, MIP6_REFUSE, 4006, "no home agent is available: draining");
	home->state = MIP6_AGENT_UP;
	home->capacity = home->sessions = 1;
	decides(file, MIP6_REFUSE, 5006, "all home agents are full");
	home->sessions = 0;
	file->yes = false;
	decides(file, MIP6_REFUSE, 4006, "no home agent is available: not reachable");
	file->yes = true;
	file->facts.tried = tried;
	file->facts.tried_count = 1;
	decides(file, MIP6_REFUSE, 4006, "no home agent is available: tried already");
	mip6_agents_remove(&file->agents, file->agents.agents[1]);
	mip6_agents_remove(&file->agents, home);
	decides(file, MIP6_REFUSE, 4006, "no home agent is configured");
}

static bool never(void *context, const struct mip6_agent *agent)
{
	(void)context;
	(void)agent;
	return false;
}

static void MH08_no_protected_path(void **state)
{
	struct case_file *file = *state;

	file->facts.protected_path = never;
	decides(file, MIP6_REFUSE, 5012, "no protected path to the home agent");
}

static void split_the_asking_agent_itself(void **state)
{
	struct case_file *file = *state;

	file->request.origin_host = LITERAL("ha.home.example.net");
	file->request.home_agent_fqdn = LITERAL("ha.home.example.net");
	assert_false(mip6_decide(&file->facts).split); /* it has a port: a NAS */
	file->request.has_nas_port_type = false;
	decides(file, MIP6_ASSIGN, 0,
	        "ha.home.example.net: the asking home agent itself (split scenario)");
	assert_true(mip6_decide(&file->facts).split);
}

/* ---- hints: FQDN, address, both (RFC 5447 4.2.1: an address wins) ---- */

static void hint(struct case_file *file, const char *address, const char *fqdn)
{
	file->request.local = true;
	file->request.home_agent_address =
		address ? prefix_of(address) : (struct store_prefix){ 0 };
	file->request.home_agent_fqdn = fqdn ? dm_bytes_text(fqdn) : (struct dm_bytes){ 0 };
}

static void MB11_a_hint_by_name_or_by_address(void **state)
{
	static const char *const named =
		"ha2.visited.example.org: the local home agent that the NAS named";
	struct case_file *file = *state;

	add_at(&file->agents, "ha2.visited.example.org", "visited.example.org", true,
	       "2001:db8:99::2/64");
	hint(file, NULL, "HA2.Visited.example.org");
	decides(file, MIP6_ASSIGN, 0, named);
	hint(file, "2001:db8:99::2/128", NULL);
	decides(file, MIP6_ASSIGN, 0, named);
	hint(file, "2001:db8:99::2/64", "ha2.visited.example.org");
	decides(file, MIP6_ASSIGN, 0, named);
}

static void MB26_of_address_and_name_the_address_wins(void **state)
{
	struct case_file *file = *state;

	add_at(&file->agents, "ha2.visited.example.org", "visited.example.org", true,
	       "2001:db8:99::2/64");
	hint(file, "2001:db8:99::2/64", "ha.visited.example.org");
	decides(file, MIP6_ASSIGN, 0,
	        "ha2.visited.example.org: the local home agent that the NAS named");
	hint(file, "2001:db8:99::1/64", "ha2.visited.example.org");
	decides(file, MIP6_ASSIGN, 0,
	        "ha.visited.example.org: the local home agent that the NAS named");
	/* An address of nobody names nobody, whatever the name beside it. */
	hint(file, "2001:db8:99::9/64", "ha2.visited.example.org");
	decides(file, MIP6_ASSIGN, 0,
	        "ha.visited.example.org: a local home agent of the visited network");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_case, close_case)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(MB04_unknown_disabled_and_not_entitled_read_alike),
		TEST(an_existing_session_comes_before_any_choice),
		TEST(MB08_the_reason_names_agent_and_rule),
		TEST(MB21_local_needs_the_bit_and_the_policy),
		TEST(MB10_why_there_is_none),
		TEST(MH08_no_protected_path),
		TEST(split_the_asking_agent_itself),
		TEST(MB11_a_hint_by_name_or_by_address),
		TEST(MB26_of_address_and_name_the_address_wins),
	};

	return cmocka_run_group_tests_name("mip6-decide", tests, NULL, NULL);
}
