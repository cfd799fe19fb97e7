/* SPDX-License-Identifier: Apache-2.0 */
/* MHR with one thing wrong, at the home agent: refused to the point, and nothing is left of it. */
#include "bad.h"
#include "scene.h"

#define SA         "MIP6-Security-Association"
#define IKEV2      "MIP6-SA-Protocol=00000001 "
#define AUTH       "MIP6-SA-Protocol=00000003 "
#define TYPE       "Key-Type=00000003 "
#define MATERIAL   "Keying-Material'0123456789abcdef' "
#define KEY        "Key{" TYPE MATERIAL "}"
#define HOME_AVP   "MIP6-Home-Address"
#define PREFIX_AVP "MIP6-Home-Link-Prefix"

/* No binding, no address, nothing that is still to be done or to be woken for. */
static void nothing_is_left(const struct bad_row *row, struct scene *scene, size_t commits)
{
	struct mip6_role *role = scene->agent->role;

	if (mip6_home_agent_count(role))
		fail_msg("%s: there is a binding", row->what);
	if (scene->agent->store->commits != commits)
		fail_msg("%s: something was stored", row->what);
	if (scene->play->sent_count || scene->play->held_count)
		fail_msg("%s: something is in work", row->what);
	if (role->class->deadline(role) != DM_TIME_NEVER)
		fail_msg("%s: something is to come", row->what);
}

static void refused(void *context, const struct bad_row *row)
{
	struct scene *scene = context;
	size_t commits = scene->agent->store->commits;
	struct bad_given given =
		bad_give(scene->agent, bad_message(scene->play, BAD_MHR, LITERAL("s"), row));

	bad_refused(scene->play, given.answer, row);
	nothing_is_left(row, scene, commits);
}

/* The message that all rows spoil is good; the pool's first address is free. */
static void installed(struct scene *scene, const struct bad_row *row)
{
	struct bad_given given =
		bad_give(scene->agent, bad_message(scene->play, BAD_MHR, LITERAL("s"), row));

	if (!given.transaction)
		fail_msg("%s: refused", row->what);
	scene_mha(scene, given.transaction);
	assert_int_equal(mip6_home_agent_count(scene->agent->role), 1);
	scene_abort_from(scene, "s", "peer.example.net", "example.net");
	assert_int_equal(mip6_home_agent_count(scene->agent->role), 0);
	scene->play->sent_count = 0;
}

static void refused_all(struct scene *scene, const struct bad_row *rows, size_t count)
{
	static const struct bad_row none_asked = {
		.what = "the pool is whole",
		.instead = HOME_AVP "=0000_00000000000000000000000000000000",
	};
	struct bad_given given;

	for (size_t i = 0; i < count; i++)
		refused(scene, &rows[i]);
	given = bad_give(scene->agent,
	                 bad_message(scene->play, BAD_MHR, LITERAL("s"), &none_asked));
	assert_prefix(scene_address_in(scene_mha(scene, given.transaction)), "2001:db8:1::2/64");
}

#define ALL(scene, rows) refused_all((scene), (rows), sizeof(rows) / sizeof((rows)[0]))

static void MH02_what_the_grammar_forbids(void **state)
{
	struct scene *scene = *state;

	bad_each(BAD_MHR, refused, scene);
	installed(scene, &(struct bad_row){ "whole" });
}

/* Profile 2 and 5: values, each right for its grammar. */
static const struct bad_row values[] = {
#define AN(what, avp)                             \
	{                                         \
		what, NULL, avp, NULL, 5004, NULL \
	}
	AN("Session-Id of no octet", "Session-Id"),
	AN("another application", "Auth-Application-Id=00000004"),

	AN("reserved octet", HOME_AVP "=0140_20010db8000100000000000000000005"),
	AN("prefix length 129", HOME_AVP "=0081_20010db8000100000000000000000005"),
	AN("multicast", HOME_AVP "=0040_ff0e0000000000000000000000000005"),
	AN("link-local", HOME_AVP "=0040_fe800000000000000000000000000005"),
	AN("loopback", HOME_AVP "=0080_00000000000000000000000000000001"),
	AN("of no link here", HOME_AVP "=0040_20010db8000200000000000000000005"),
	AN("the agent's own", HOME_AVP "=0040_20010db8000100000000000000000001"),

	AN("prefix length 0", PREFIX_AVP "=00_20010db8000100000000000000000000"),
	AN("prefix length 129", PREFIX_AVP "=81_20010db8000100000000000000000000"),
	AN("bits behind", PREFIX_AVP "=40_20010db8000100000000000000000001"),
	AN("multicast", PREFIX_AVP "=40_ff0e0000000000000000000000000000"),
	AN("link-local", PREFIX_AVP "=40_fe800000000000000000000000000000"),
	AN("unspecified", PREFIX_AVP "=40_00000000000000000000000000000000"),
	AN("of no link here", PREFIX_AVP "=40_20010db8000200000000000000000000"),
	AN("larger than the link", PREFIX_AVP "=3f_20010db8000000000000000000000000"),
#undef AN
	{ "outside of its prefix", NULL, PREFIX_AVP "=50_20010db8000100000001000000000000", NULL,
	  5007,
	  HOME_AVP "=0040_20010db8000100000000000000000005 " PREFIX_AVP
	           "=50_20010db8000100000001000000000000" },
};

static void MH04_what_the_format_forbids(void **state)
{
	ALL(*state, values);
}

/* RFC 6733 7.5: an offender inside of groups is shown inside of them, alone. */
static const struct bad_row associations[] = {
#define IN(what, code, group, failed)                                       \
	{                                                                   \
		what, NULL, SA "{" group "}", NULL, code, SA "{" failed "}" \
	}
	IN("no protocol", 5005, KEY, "MIP6-SA-Protocol=00000000"),
	IN("protocol 0", 5004, "MIP6-SA-Protocol=00000000" KEY, "MIP6-SA-Protocol=00000000"),
	IN("protocol 4", 5004, "MIP6-SA-Protocol=00000004" KEY, "MIP6-SA-Protocol=00000004"),
	IN("protocol cut", 5014, "MIP6-SA-Protocol=000001" KEY, "MIP6-SA-Protocol=000001"),
	IN("two protocols", 5009, IKEV2 AUTH KEY, "MIP6-SA-Protocol=00000003"),
	IN("protocol without V", 5001, "6!40=00000001" KEY, "6!40=00000001"),

	IN("no key", 5005, IKEV2, "Key{Key-Type=00000000 Keying-Material}"),
	IN("two keys", 5009, IKEV2 KEY KEY, KEY),
	IN("no key type", 5005, IKEV2 "Key{" MATERIAL "}", "Key{Key-Type=00000000}"),
	IN("an unlisted key type", 5004, IKEV2 "Key{Key-Type=00000009" MATERIAL "}",
	   "Key{Key-Type=00000009}"),
	IN("a key type of others", 5004, IKEV2 "Key{Key-Type=00000002" MATERIAL "}",
	   "Key{Key-Type=00000002}"),
	IN("key type cut", 5014, IKEV2 "Key{Key-Type=0003" MATERIAL "}", "Key{Key-Type=0003}"),
	IN("no material", 5005, IKEV2 "Key{" TYPE "}", "Key{Keying-Material}"),
	IN("no octet of material", 5004, IKEV2 "Key{" TYPE "Keying-Material}",
	   "Key{Keying-Material}"),
	IN("material twice", 5009, IKEV2 "Key{" TYPE MATERIAL "Keying-Material'again'}",
	   "Key{Keying-Material'again'}"),
	IN("65 octets of material", 5004,
	   IKEV2 "Key{" TYPE "Keying-Material'"
	         "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdefX'}",
	   "Key{Keying-Material'"
	   "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdefX'}"),
	IN("Key-Lifetime cut", 5014, IKEV2 "Key{" TYPE MATERIAL "Key-Lifetime=0e10}",
	   "Key{Key-Lifetime=0e10}"),
	IN("Key-Lifetime twice", 5009,
	   IKEV2 "Key{" TYPE MATERIAL "Key-Lifetime=00000e10 Key-Lifetime=00000e11}",
	   "Key{Key-Lifetime=00000e11}"),
	IN("Key-SPI too long", 5014, IKEV2 "Key{" TYPE MATERIAL "Key-SPI=0000000001}",
	   "Key{Key-SPI=0000000001}"),
	IN("a stranger in the key", 5001, IKEV2 "Key{" TYPE MATERIAL "4711=01}", "Key{4711=01}"),
	IN("AVP Length beyond the key", 5014, IKEV2 "Key{" TYPE "Keying-Material~99'x'}",
	   "Key{Keying-Material}"),

	IN("epoch cut", 5014, IKEV2 KEY "MIP6-Key-Epoch=01", "MIP6-Key-Epoch=01"),
	IN("SPI cut", 5014, AUTH KEY "MIP-MN-HA-SPI=000001", "MIP-MN-HA-SPI=000001"),
	IN("an unlisted algorithm", 5004, AUTH KEY "MIP-Algorithm-Type=00000007",
	   "MIP-Algorithm-Type=00000007"),
	IN("replay mode 0", 5004, AUTH KEY "MIP-Replay-Mode=00000000", "MIP-Replay-Mode=00000000"),
	IN("replay mode 4", 5004, AUTH KEY "MIP-Replay-Mode=00000004", "MIP-Replay-Mode=00000004"),
	IN("a stranger", 5001, IKEV2 KEY "4711/32473=01", "4711/32473=01"),
#undef IN
	{ "two SPIs", NULL,
	  SA "{" AUTH "Key{" TYPE MATERIAL "Key-SPI=00000101} MIP-MN-HA-SPI=00000100}", NULL, 5007,
	  SA "{MIP-MN-HA-SPI=00000100} " SA "{Key{Key-SPI=00000101}}" },
	/* the keys are not repeated */
	{ "two of one protocol", NULL, SA "{" AUTH KEY "}",
	  SA "{" IKEV2 KEY "} " SA "{" AUTH KEY "}", 5007, SA "{" AUTH "} " SA "{" AUTH "}" },
	{ "many of one protocol", NULL, SA "{" IKEV2 KEY "}",
	  SA "{" IKEV2 KEY "} " SA "{" IKEV2 KEY "} " SA "{" IKEV2 KEY "} " SA "{" IKEV2 KEY "}",
	  5007, SA "{" IKEV2 "} " SA "{" IKEV2 "}" },
	{ "the second without key", .also = SA "{" AUTH "}", .result_code = 5005,
	  .failed = SA "{Key{Key-Type=00000000 Keying-Material}}" },
	{ "the second with another's key type",
	  .also = SA "{" AUTH "Key{Key-Type=00000001" MATERIAL "}}", .result_code = 5004,
	  .failed = SA "{Key{Key-Type=00000001}}" },
};

static void MH02_faults_inside_of_associations(void **state)
{
	ALL(*state, associations);
}

static const struct bad_row harmless[] = {
	{ "whole" },
	{ "no User-Name", .lack = "User-Name" },
	{ "no prefix", .lack = PREFIX_AVP },
	{ "neither", .lack = HOME_AVP },
	{ "please assign", .instead = HOME_AVP "=0000_00000000000000000000000000000000" },
	{ "one of each protocol",
	  .also = SA "{MIP6-SA-Protocol=00000002" KEY "} " SA "{" AUTH KEY "}" },
	{ "both SPIs the same",
	  .instead = SA "{" AUTH "Key{" TYPE MATERIAL "Key-SPI=00000100} MIP-MN-HA-SPI=00000100}" },
	{ "an AVP of nobody in the key",
	  .instead = SA "{" IKEV2 "Key{" TYPE MATERIAL "4711!00=01}}" },
	{ "M clear in the group", .instead = SA "{MIP6-SA-Protocol!80=00000001" KEY "}" },
	{ "an AVP of nobody", .also = "4711!00=01" },
};

static void AV19_odd_and_harmless(void **state)
{
	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		installed(*state, &harmless[i]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_open, scene_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(MH02_what_the_grammar_forbids),
		TEST(MH04_what_the_format_forbids),
		TEST(MH02_faults_inside_of_associations),
		TEST(AV19_odd_and_harmless),
	};

	return cmocka_run_group_tests_name("mip6-bad-mhr", tests, NULL, NULL);
}
