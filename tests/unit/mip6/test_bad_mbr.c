/* SPDX-License-Identifier: Apache-2.0 */
/* MBR with one thing wrong, at the home server: refused to the point, and nothing is left of it. */
#include "bad.h"
#include "stage.h"

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

/* No session, no address, nothing that is still to be done or to be woken for. */
static void nothing_is_left(const struct bad_row *row, struct stage *stage, size_t commits)
{
	struct mip6_home_server_counts counts = stage_counts(stage);
	struct mip6_role *role = stage->server->role;

	if (counts.sessions || counts.accesses || counts.clients)
		fail_msg("%s: there is a session", row->what);
	if (stage_agent(stage, HA1).pool_taken || stage_agent(stage, HA2).pool_taken)
		fail_msg("%s: an address is taken", row->what);
	if (stage->server->store->commits != commits)
		fail_msg("%s: something was stored", row->what);
	if (stage->play->sent_count || stage->play->held_count || stage->play->name_count)
		fail_msg("%s: something is in work", row->what);
	if (role->class->deadline(role) != DM_TIME_NEVER)
		fail_msg("%s: something is to come", row->what);
}

static void refused(void *context, const struct bad_row *row)
{
	struct stage *stage = context;
	size_t commits = stage->server->store->commits;
	struct bad_given given =
		bad_give(stage->server, bad_message(stage->play, BAD_MBR, LITERAL("s"), row));

	bad_refused(stage->play, given.answer, row);
	nothing_is_left(row, stage, commits);
}

/* The message that all rows spoil is good. */
static void granted(struct stage *stage, const struct bad_row *row)
{
	struct bad_given given =
		bad_give(stage->server, bad_message(stage->play, BAD_MBR, LITERAL("s"), row));

	if (!given.transaction || given.answer.size)
		fail_msg("%s: refused", row->what);
	stage_accept(stage);
	assert_octets(stage_mba(stage, given.transaction)->session_id, LITERAL("s"));
	stage_str(stage, "peer.example.net", "s");
	play_advance(stage->play, 301);
	stage_abort(stage, 2001);
	stage->play->sent_count = 0;
	assert_int_equal(stage_counts(stage).sessions, 0);
}

static void MB02_what_the_grammar_forbids(void **state)
{
	struct stage *stage = *state;

	bad_each(BAD_MBR, refused, stage);
	granted(stage, &(struct bad_row){ "whole" });
}

/* Profile 2: values, each right for its grammar. */
static const struct bad_row values[] = {
#define AN(what, avp)                             \
	{                                         \
		what, NULL, avp, NULL, 5004, NULL \
	}
	AN("Session-Id of no octet", "Session-Id"),
	AN("another application", "Auth-Application-Id=00000004"),
	AN("User-Name of no octet", "User-Name"),
	{ "no User-Name", "User-Name", NULL, NULL, 5005, "User-Name" },

	AN("reserved octet", "MIP6-Home-Address=0140_20010db8000100000000000000000005"),
	AN("prefix length 129", "MIP6-Home-Address=0081_20010db8000100000000000000000005"),
	AN("prefix length 255", "MIP6-Home-Address=00ff_20010db8000100000000000000000005"),
	AN("multicast", "MIP6-Home-Address=0040_ff0e0000000000000000000000000005"),
	AN("link-local", "MIP6-Home-Address=0040_fe800000000000000000000000000005"),
	AN("link-local, its far end", "MIP6-Home-Address=0040_febf0000000000000000000000000005"),
	AN("loopback", "MIP6-Home-Address=0080_00000000000000000000000000000001"),
	AN("IPv4-mapped", "MIP6-Home-Address=0080_00000000000000000000ffffc0000205"),

	AN("prefix length 0", "MIP6-Home-Link-Prefix=00_20010db8000100000000000000000000"),
	AN("prefix length 129", "MIP6-Home-Link-Prefix=81_20010db8000100000000000000000000"),
	AN("a bit behind /64", "MIP6-Home-Link-Prefix=40_20010db8000100008000000000000000"),
	AN("the last bit behind", "MIP6-Home-Link-Prefix=7f_20010db8000100000000000000000001"),
	AN("a bit behind /60", "MIP6-Home-Link-Prefix=3c_20010db8000100010000000000000000"),
	AN("multicast", "MIP6-Home-Link-Prefix=40_ff0e0000000000000000000000000000"),
	AN("link-local", "MIP6-Home-Link-Prefix=40_fe800000000000000000000000000000"),

	AN("reserved octet", "MIP6-Home-Agent-Address=8040_20010db8000100000000000000000001"),
	AN("prefix length 129", "MIP6-Home-Agent-Address=0081_20010db8000100000000000000000001"),
	AN("multicast", "MIP6-Home-Agent-Address=0040_ff020000000000000000000000000001"),
	AN("link-local", "MIP6-Home-Agent-Address=0040_fe800000000000000000000000000001"),
	AN("loopback", "MIP6-Home-Agent-Address=0080_00000000000000000000000000000001"),

	AN("underscore", "MIP6-Home-Agent-FQDN'ha_1.home.example.net'"),
	AN("hyphen first", "MIP6-Home-Agent-FQDN'-ha1.home.example.net'"),
	AN("hyphen last", "MIP6-Home-Agent-FQDN'ha1-.home.example.net'"),
	AN("dot last", "MIP6-Home-Agent-FQDN'ha1.home.example.net.'"),
	AN("a label of 64",
	   "MIP6-Home-Agent-FQDN'"
	   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.net'"),

	AN("no octet", "MIP6-DNS-Update"),
	AN("status alone", "MIP6-DNS-Update=00"),
	AN("no name", "MIP6-DNS-Update=0000"),
	AN("the root", "MIP6-DNS-Update=0000_00"),
	AN("a label cut", "MIP6-DNS-Update=0000_05616c69"),
	AN("compressed", "MIP6-DNS-Update=0000_05616c696365_c00c"),
	AN("behind the root", "MIP6-DNS-Update=0000_05616c696365_00_6161"),
	AN("a blank", "MIP6-DNS-Update=0000_03612062_00"),
	AN("a blank in ASCII", "MIP6-DNS-Update=0000_61206200"),
#undef AN
};

static void MB14_what_the_format_forbids(void **state)
{
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		refused(*state, &values[i]);
}

/* RFC 6733 7.1.5: Failed-AVP holds all that contradict each other. */
static void MB14_hints_that_contradict_each_other(void **state)
{
	static const struct bad_row row = {
		.what = "an address outside of its prefix",
		.instead = "MIP6-Home-Address=0040_20010db8000200000000000000000005",
		.result_code = 5007,
		.failed = "MIP6-Home-Address=0040_20010db8000200000000000000000005 "
			  "MIP6-Home-Link-Prefix=40_20010db8000100000000000000000000",
	};

	refused(*state, &row);
}

/* An own AVP without V is whatever has that code among the IETF's. */
static const struct bad_row flags[] = {
	{ "without V a User-Name", .also = "1!40'x'", .result_code = 5009 },
	{ "without V a User-Password", .also = "2!40'ha1.home.example.net'", .result_code = 5001 },
	{ "without V a CHAP-Password", .also = "3!40=0040", .result_code = 5001 },
	{ "without V a NAS-IP-Address", .also = "4!40=0000", .result_code = 5009 },
	{ "without V a NAS-Port", .also = "5!40=00000001", .result_code = 5001 },
	{ "of an unknown code", .also = "4711=", .result_code = 5001 },
	{ "of an unknown code of ours", .also = "4711/32473'x'", .result_code = 5001 },
	{ "M alone counts", .also = "4711!5f'x'", .result_code = 5001 },
	{ "known, out of place", .also = "Key-Type=000000", .result_code = 5014 },
	{ "known group, out of place", .also = "Key{Key-Type=00000003}", .result_code = 5005,
	  .failed = "Key{Keying-Material}" },
};

static void AV18_flags_and_strangers(void **state)
{
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		refused(*state, &flags[i]);
}

/* RFC 6733 7.1.5: the header, and zeros of the least size of its type. */
static const struct bad_row lengths[] = {
	{ "AVP Length 7", .also = "Class~7", .result_code = 5014, .failed = "Class" },
	{ "AVP Length 0", .also = "Origin-State-Id~0", .result_code = 5014,
	  .failed = "Origin-State-Id=00000000" },
	{ "beyond the message", .also = "4711!00~13=01020304", .result_code = 5014,
	  .failed = "4711!00" },
	{ "far beyond", .also = "Session-Timeout~16777215=00000001", .result_code = 5014,
	  .failed = "Session-Timeout=00000000" },
	{ "inside of a group, beyond it",
	  .also = "Proxy-Info{Proxy-Host~99'p.example' Proxy-State=01}", .result_code = 5014,
	  .failed = "Proxy-Info{Proxy-Host=00}" },
	{ "a group lacks a member", .also = "Proxy-Info{Proxy-Host'p.example'}",
	  .result_code = 5005, .failed = "Proxy-Info{Proxy-State}" },
	{ "a group has it twice",
	  .also = "Proxy-Info{Proxy-Host'p.example' Proxy-State=01 Proxy-State=02}",
	  .result_code = 5009, .failed = "Proxy-Info{Proxy-State=02}" },
};

static void AV03_lengths_that_lie(void **state)
{
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		refused(*state, &lengths[i]);
}

/* What looks odd and is no fault. */
static const struct bad_row harmless[] = {
	{ "whole" },
	{ "M clear", .instead = "MIP6-Home-Address!80=0040_20010db8000100000000000000000005" },
	{ "M clear", .instead = "User-Name!00'alice@home.example.net'" },
	{ "P set", .instead = "MIP6-Feature-Vector!60=0000000000000001" },
	{ "reserved bits", .instead = "MIP6-Feature-Vector!5f=0000000000000001" },
	{ "please assign", .instead = "MIP6-Home-Address=0000_00000000000000000000000000000000" },
	{ "any prefix", .instead = "MIP6-Home-Link-Prefix=40_00000000000000000000000000000000" },
	{ "an AVP of nobody", .also = "4711!00=01" },
	{ "a vendor's", .also = "4711/99999!80=01" },
	{ "a relay's path", .also = "Route-Record'a.example' Route-Record'b.example'" },
	{ "all bits", .instead = "MIP6-Feature-Vector=ffffffffffffffff" },
	{ "an unknown NAS", .instead = "NAS-Identifier=f09f938d" },
};

static void AV19_odd_and_harmless(void **state)
{
	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		granted(*state, &harmless[i]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_stage, close_stage)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(MB02_what_the_grammar_forbids),
		TEST(MB14_what_the_format_forbids),
		TEST(MB14_hints_that_contradict_each_other),
		TEST(AV18_flags_and_strangers),
		TEST(AV03_lengths_that_lie),
		TEST(AV19_odd_and_harmless),
	};

	return cmocka_run_group_tests_name("mip6-bad-mbr", tests, NULL, NULL);
}
