/* SPDX-License-Identifier: Apache-2.0 */
/* Messages as people read them. */
#include "codec_test.h"

#include "base/text.h"
#include "diameter/codec/walk.h"
#include "dict/mip6.dia.h"

#define BYTES(literal) dm_bytes_of((literal), sizeof(literal) - 1)

static char shown[8192];

static void expect_print(struct codec *codec, struct dm_bytes wire, const char *expected)
{
	struct dm_text out;

	dm_text_init(&out, shown, sizeof(shown));
	dm_print(codec->dictionary, wire, &out);
	assert_false(out.cut);
	assert_string_equal(shown, expected);
}

static void expect_shown(struct codec *codec, const char *name, struct dm_bytes data,
                         const char *expected)
{
	const struct dm_avp *avp = dm_dictionary_avp_named(codec->dictionary, dm_bytes_text(name));
	struct dm_text out;

	dm_text_init(&out, shown, sizeof(shown));
	dm_value_text(codec->dictionary, avp, data, &out);
	assert_string_equal(shown, expected);
}

static void a_message(void **state)
{
	struct codec *codec = *state;
	size_t leaf;

	begin_tar(codec);
	put_u32(codec, TEST_KIND, 10);
	put(codec, TEST_NUMBER, 0, BYTES("\0\0\0\7"));
	leaf = open_group(codec, TEST_LEAF, TEST_VENDOR);
	put_text(codec, TEST_TEXT, "one\ntwo %n");
	close_group(codec, leaf);
	put(codec, 4711, DM_AVP_FLAG_M, BYTES("\1\2"));
	put_vendor(codec, 4712, 42, 0, BYTES(""));
	expect_print(codec, finish(codec),
	             "Test-All-Request (TAR): application 77001, flags RP--, hop-by-hop "
	             "0x11223344, end-to-end 0x55667788, 192 octets\n"
	             "  Session-Id: client.example.org;1;2\n"
	             "  Origin-Host: client.example.org\n"
	             "  Origin-Realm: example.org\n"
	             "  Auth-Application-Id: 77001 Test of the codec\n"
	             "  Test-Kind: 10 TEN\n"
	             "  Test-Number [M clear]: 7\n"
	             "  Test-Leaf:\n"
	             "    Test-Text: one\\x0atwo %n\n"
	             "  AVP 4711 [M]: 0x0102\n"
	             "  AVP 4712 of vendor 42: 0x\n");
}

static void broken_messages(void **state)
{
	struct codec *codec = *state;
	struct dm_bytes wire;

	begin(codec, 4711, DM_FLAG_T, 4712);
	put_head(codec, TEST_NUMBER, DM_AVP_FLAG_M, 99);
	put_octets(codec, "00000001 00000002");
	wire = finish(codec);
	expect_print(codec, wire,
	             "Answer 4711: application 4712, flags ---T, hop-by-hop 0x11223344, "
	             "end-to-end 0x55667788, 36 octets\n"
	             "  broken: the AVP here has a length beyond the end of what holds it: "
	             "0x00015f9f40000063 and 8 octets\n");
	codec->wire.at[0] = 2;
	expect_print(codec, dm_bytes_of(wire.at, 20),
	             "Answer 4711: application 4712, flags ---T, hop-by-hop 0x11223344, "
	             "end-to-end 0x55667788, 36 octets, version 2 (20 are there)\n");
	expect_print(codec, dm_bytes_of(wire.at, 7),
	             "  broken: the AVP here is shorter than a message header: "
	             "0x02000024100012\n");
}

/* Every octet string of a message is printed without a crash and within the room. */
static void any_octets(void **state)
{
	struct codec *codec = *state;
	struct dm_bytes wire;
	struct dm_text out;

	dm_writer_reset(&codec->wire);
	assert_int_equal(dm_example(codec->dictionary, &test_command_tar, true, &codec->wire), 0);
	wire = dm_writer_written(&codec->wire);
	for (size_t size = 0; size <= wire.size; size++) {
		dm_text_init(&out, shown, size);
		dm_print(codec->dictionary, dm_bytes_of(wire.at, size), &out);
		assert_true(out.size < size || size == 0);
	}
}

static void values_by_type(void **state)
{
	struct codec *codec = *state;

	expect_shown(codec, "Test-Integer32", BYTES("\xff\xff\xff\xff"), "-1");
	expect_shown(codec, "Test-Integer64", BYTES("\x80\0\0\0\0\0\0\0"), "-9223372036854775808");
	expect_shown(codec, "Test-Unsigned64", BYTES("\xff\xff\xff\xff\xff\xff\xff\xff"),
	             "18446744073709551615");
	expect_shown(codec, "Test-Float32", BYTES("\x3f\xc0\0\0"), "1.5");
	expect_shown(codec, "Test-Float64", BYTES("\xbf\xf8\0\0\0\0\0\0"), "-1.5");
	expect_shown(codec, "Test-Address", BYTES("\0\1\xc0\0\2\5"), "192.0.2.5");
	expect_shown(codec, "Test-Address", BYTES("\0\2\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1"),
	             "2001:db8::1");
	expect_shown(codec, "Test-Address", BYTES("\0\3\1"),
	             "0x000301 (has an address family other than IPv4 and IPv6)");
	expect_shown(codec, "Test-Number", BYTES("\0\1"),
	             "0x0001 (has a length other than 4 octets)");
	expect_shown(codec, "Test-Kind", BYTES("\0\0\0\x63"),
	             "99 (has a value that its definition does not list)");
	expect_shown(codec, "Result-Code", BYTES("\0\0\x13\x8d"), "5005 DIAMETER_MISSING_AVP");
	expect_shown(codec, "Origin-Host", BYTES("a b"), "a b (is no DiameterIdentity)");
	expect_shown(codec, "User-Name", BYTES("gr\xc3\xbc\xc3\x9f"), "gr\xc3\xbc\xc3\x9f");
	expect_shown(codec, "User-Name", BYTES("\x1b[2J\xff"), "\\x1b[2J\\xff (is not UTF-8)");
	expect_shown(codec, "Class", BYTES("gold\0"), "\"gold\\x00\"");
	expect_shown(codec, "Class", BYTES("\0\1\2a"), "0x00010261");
	expect_shown(codec, "Class", BYTES(""), "0x");
	expect_shown(codec, "no such AVP", BYTES("abc"), "0x616263");
}

static void AV15_times(void **state)
{
	struct codec *codec = *state;

	expect_shown(codec, "Test-Time", BYTES("\x80\0\0\0"), "1968-01-20T03:14:08Z");
	expect_shown(codec, "Test-Time", BYTES("\x83\xaa\x7e\x80"), "1970-01-01T00:00:00Z");
	expect_shown(codec, "Test-Time", BYTES("\xc7\x9d\x1f\x40"), "2006-02-15T03:32:16Z");
	/* 2000-02-29 is a leap day, 951782400. */
	expect_shown(codec, "Test-Time", BYTES("\xbc\x65\x8a\x80"), "2000-02-29T00:00:00Z");
	expect_shown(codec, "Test-Time", BYTES("\xff\xff\xff\xff"), "2036-02-07T06:28:15Z");
	expect_shown(codec, "Test-Time", BYTES("\0\0\0\0"), "2036-02-07T06:28:16Z");
	expect_shown(codec, "Test-Time", BYTES("\x7f\xff\xff\xff"), "2104-02-26T09:42:23Z");
}

static void addresses_and_prefixes(void **state)
{
	struct codec *codec = *state;
	static const char prefix[] = "\x40\x20\1\xd\xb8\0\1\0\2\0\0\0\0\0\0\0";
	static const char address[] = "\0\x40\x20\1\xd\xb8\0\1\0\2\0\0\0\0\0\0\0\5";

	assert_int_equal(dm_dictionary_add(codec->dictionary, &mip6_grammar, NULL, NULL, 0), 0);
	expect_shown(codec, "MIP6-Home-Link-Prefix", dm_bytes_of(prefix, 17), "2001:db8:1:2::/64");
	expect_shown(codec, "MIP6-Home-Address", BYTES(address), "2001:db8:1:2::5/64");
	expect_shown(codec, "MIP6-Home-Address",
	             BYTES("\1\x40\x20\1\xd\xb8\0\1\0\2\0\0\0\0\0\0\0\5"),
	             "0x014020010db8000100020000000000000005");
	expect_shown(codec, "MIP6-Home-Address",
	             BYTES("\0\x81\x20\1\xd\xb8\0\1\0\2\0\0\0\0\0\0\0\5"),
	             "0x008120010db8000100020000000000000005");
	expect_shown(codec, "NAS-IPv6-Address", dm_bytes_of(address + 2, 16), "2001:db8:1:2::5");
	expect_shown(codec, "NAS-IP-Address", BYTES("\xc0\0\2\1"), "192.0.2.1");
	expect_shown(codec, "MIP6-DNS-Update", BYTES("\0\0\5alice\7example\0"),
	             "\"\\x00\\x00\\x05alice\\x07example\\x00\"");
}

/* MH07: key octets are nowhere, in whatever shape the message is. */
static void MH07_secrets_are_not_printed(void **state)
{
	struct codec *codec = *state;
	struct dm_bytes wire;
	size_t association, key;
	struct dm_text out;

	assert_int_equal(dm_dictionary_add(codec->dictionary, &mip6_grammar, NULL, NULL, 0), 0);
	begin(codec, MIP6_COMMAND_MHR, DM_FLAG_R, MIP6_APPLICATION_ID);
	association = open_group(codec, MIP6_AVP_MIP6_SECURITY_ASSOCIATION, 32473);
	key = open_group(codec, MIP6_AVP_KEY, 0);
	put_text(codec, MIP6_AVP_KEYING_MATERIAL, "SECRETSECRETSECRET");
	close_group(codec, key);
	close_group(codec, association);
	wire = finish(codec);
	expect_shown(codec, "Keying-Material", BYTES("SECRET"), "<secret, 6 octets>");
	expect_shown(codec, "Key", BYTES("SECRET"), "<6 octets of AVPs>");
	for (size_t size = 0; size <= wire.size; size++) {
		dm_text_init(&out, shown, sizeof(shown));
		dm_print(codec->dictionary, dm_bytes_of(wire.at, size), &out);
		assert_null(strstr(shown, "SECR"));
		assert_null(strstr(shown, "53454352"));
	}
	assert_non_null(strstr(shown, "      Keying-Material: <secret, 18 octets>\n"));
}

/* ---- the walk itself ---- */

struct seen {
	char text[400];
	struct dm_text out;
};

static void see_avp(const struct dm_walk_avp *item, void *context)
{
	struct seen *seen = context;

	dm_text_add(&seen->out, "%u%s ", item->raw.code, item->members ? "(" : "");
}

static void see_leave(const struct dm_walk_avp *item, void *context)
{
	struct seen *seen = context;

	dm_text_add(&seen->out, ")%u ", item->raw.code);
}

static void walk_enters_and_leaves(void **state)
{
	struct codec *codec = *state;
	static const struct dm_walk_visitor visitor = { .avp = see_avp, .leave = see_leave };
	struct seen seen;
	size_t nest, leaf;

	begin(codec, TEST_COMMAND, DM_FLAG_R, TEST_APPLICATION);
	nest = open_group(codec, TEST_NEST, 0);
	leaf = open_group(codec, TEST_LEAF, TEST_VENDOR);
	put_u32(codec, TEST_NUMBER, 1);
	close_group(codec, leaf);
	put_text(codec, 4711, "x");
	close_group(codec, nest);
	put_u32(codec, TEST_NUMBER, 2);
	dm_text_init(&seen.out, seen.text, sizeof(seen.text));
	dm_walk(codec->dictionary, finish(codec), &visitor, &seen);
	assert_string_equal(seen.text, "90020( 90021( 90015 )90021 4711 )90020 90015 ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CODEC_TEST(a_message),
		CODEC_TEST(broken_messages),
		CODEC_TEST(any_octets),
		CODEC_TEST(values_by_type),
		CODEC_TEST(AV15_times),
		CODEC_TEST(addresses_and_prefixes),
		CODEC_TEST(MH07_secrets_are_not_printed),
		CODEC_TEST(walk_enters_and_leaves),
	};

	return cmocka_run_group_tests_name("codec-print", tests, NULL, NULL);
}
