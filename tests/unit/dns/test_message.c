/* SPDX-License-Identifier: Apache-2.0 */
/* Messages as octets: what is sent is compared with octets that another program made (plain
 * Python: struct, hashlib, hmac), and so are the responses that are read. */
#include "tests/unit/base/check.h"

#include "base/writer.h"
#include "dns/message.h"

#include <errno.h>
#include <stdlib.h>

#define NOW 1700000000
#define ID  0x1234

/* The octets 0 to 31 in Base64. */
static const char key_file[] = "key \"HW\" {\n\talgorithm hmac-sha256;\n"
			       "\tsecret \"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\";\n};\n";

static struct dns_key read_key(void)
{
	struct dns_key key;
	struct dm_text why;
	char room[128];

	dm_text_init(&why, room, sizeof(room));
	assert_int_equal(dns_key_read(dm_bytes_text(key_file), &key, &why), 0);
	return key;
}

static struct dns_change change_of_alice(void)
{
	return (struct dns_change){
		.fqdn = dm_bytes_text("alice.home.example.net"),
		.owner = dm_bytes_text("alice@home.example.net"),
		.address = { 0x20, 1, 0xd, 0xb8, 0, 1, 0, 2, [15] = 5 },
		.has_previous = true,
		.previous = { 0x20, 1, 0xd, 0xb8, 0, 1, 0, 2, [15] = 9 },
	};
}

static struct dm_bytes of_hex(const char *hex, uint8_t *room)
{
	size_t size = strlen(hex) / 2;

	for (size_t i = 0; i < size; i++) {
		char pair[] = { hex[2 * i], hex[2 * i + 1], 0 };

		room[i] = (uint8_t)strtoul(pair, NULL, 16);
	}
	return dm_bytes_of(room, size);
}

static const struct {
	enum dns_step step;
	const char *zone;
	const char *octets;
} expected[] = {
	{ DNS_STEP_CLAIM, "home.example.net",
	  "12342800000100010002000104686f6d65076578616d706c65036e6574000006000105616c696365"
	  "c00c00ff00fe000000000000c022001c00010000012c001020010db8000100020000000000000005"
	  "c022001000010000012c00504f686f6d65776172642d6f776e65723d316361326535373963353064"
	  "38306263643337616462656535366135396664643765396134333761303836663965396333303230"
	  "3139363664356166343365630268770000fa00ff00000000003d0b686d61632d7368613235360000"
	  "006553f100012c0020770440a57ac02fe5d6b94dd6c72e5df156a714be009e12f517278d58491a48"
	  "c8123400000000" },
	{ DNS_STEP_REPLACE, "home.example.net",
	  "12342800000100010002000104686f6d65076578616d706c65036e6574000006000105616c696365"
	  "c00c001000010000000000504f686f6d65776172642d6f776e65723d316361326535373963353064"
	  "38306263643337616462656535366135396664643765396134333761303836663965396333303230"
	  "313936366435616634336563c022001c00ff000000000000c022001c00010000012c001020010db8"
	  "0001000200000000000000050268770000fa00ff00000000003d0b686d61632d7368613235360000"
	  "006553f100012c00200d090c4fbf4d9fa9ca47cb2bffb343d18139f92c298ec765d6b7cb7c0fe569"
	  "c9123400000000" },
	{ DNS_STEP_ADOPT, "home.example.net",
	  "12342800000100020003000104686f6d65076578616d706c65036e6574000006000105616c696365"
	  "c00c001000fe000000000000c022001c000100000000001020010db8000100020000000000000009"
	  "c022001c00ff000000000000c022001c00010000012c001020010db8000100020000000000000005"
	  "c022001000010000012c00504f686f6d65776172642d6f776e65723d316361326535373963353064"
	  "38306263643337616462656535366135396664643765396134333761303836663965396333303230"
	  "3139363664356166343365630268770000fa00ff00000000003d0b686d61632d7368613235360000"
	  "006553f100012c00201e11c13f7c4aa679f25d30350055c99dcce7b85900b01865741407435acd75"
	  "75123400000000" },
	{ DNS_STEP_POINT, "8.b.d.0.1.0.0.2.ip6.arpa",
	  "12342800000100000002000101380162016401300131013001300132036970360461727061000006"
	  "00010135013001300130013001300130013001300130013001300130013001300130013201300130"
	  "01300131013001300130c00c000c00ff000000000000c02a000c00010000012c001805616c696365"
	  "04686f6d65076578616d706c65036e6574000268770000fa00ff00000000003d0b686d61632d7368"
	  "613235360000006553f100012c0020dc2b188711c7b5ac9d61ecd5f1a2b30d4aeefcd10fae91f037"
	  "f9bd077f56404a123400000000" },
	{ DNS_STEP_WITHDRAW, "home.example.net",
	  "12342800000100010001000104686f6d65076578616d706c65036e6574000006000105616c696365"
	  "c00c001000010000000000504f686f6d65776172642d6f776e65723d316361326535373963353064"
	  "38306263643337616462656535366135396664643765396134333761303836663965396333303230"
	  "313936366435616634336563c022001c00fe00000000001020010db8000100020000000000000005"
	  "0268770000fa00ff00000000003d0b686d61632d7368613235360000006553f100012c0020b7c38c"
	  "fd8f03fc67a7f03ee0e78fc0c471411bef7e8281febb2c52a6cc1d109f123400000000" },
	{ DNS_STEP_RELEASE, "home.example.net",
	  "12342800000100030001000104686f6d65076578616d706c65036e6574000006000105616c696365"
	  "c00c001000010000000000504f686f6d65776172642d6f776e65723d316361326535373963353064"
	  "38306263643337616462656535366135396664643765396134333761303836663965396333303230"
	  "313936366435616634336563c022001c00fe000000000000c022000100fe000000000000c0220010"
	  "00fe0000000000504f686f6d65776172642d6f776e65723d31636132653537396335306438306263"
	  "64333761646265653536613539666464376539613433376130383666396539633330323031393636"
	  "64356166343365630268770000fa00ff00000000003d0b686d61632d7368613235360000006553f1"
	  "00012c0020033c9e5add546ad9eac4a6b97b359295a3840d27475cd89707e2d64fbdb7c8ab123400"
	  "000000" },
	{ DNS_STEP_UNPOINT, "8.b.d.0.1.0.0.2.ip6.arpa",
	  "12342800000100000001000101380162016401300131013001300132036970360461727061000006"
	  "00010135013001300130013001300130013001300130013001300130013001300130013201300130"
	  "01300131013001300130c00c000c00fe00000000001805616c69636504686f6d65076578616d706c"
	  "65036e6574000268770000fa00ff00000000003d0b686d61632d7368613235360000006553f10001"
	  "2c002036f0eaaf69f1761aedfd688b88b898e86d69cbf460a4130c0b15f70046b582fa1234000000"
	  "00" },
};

static void MB31_each_update_has_the_octets_of_rfc_2136(void **state)
{
	struct dns_key key = read_key();
	struct dns_change change = change_of_alice();
	uint8_t wire[DNS_MESSAGE_ROOM], wanted[DNS_MESSAGE_ROOM];
	struct dns_mac mac;
	size_t size;

	(void)state;
	for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++) {
		memset(wire, 0xee, sizeof(wire)); /* what was there before does not matter */
		assert_int_equal(dns_message_write(expected[i].step, &change,
		                                   dm_bytes_text(expected[i].zone), 300, ID, &key,
		                                   NOW, wire, &size, &mac),
		                 0);
		assert_bytes_equal(dm_bytes_of(wire, size), of_hex(expected[i].octets, wanted));
	}
}

static void names_that_are_none_make_no_message(void **state)
{
	static const char *const bad[] = { "", "a..b",
		                           "name.with.a.label.that.is.longer.than.any."
		                           "label.may.be.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		                           "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };
	struct dns_key key = read_key();
	struct dns_change change = change_of_alice();
	uint8_t wire[DNS_MESSAGE_ROOM];
	struct dns_mac mac;
	size_t size;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		change.fqdn = dm_bytes_text(bad[i]);
		assert_int_equal(dns_message_write(DNS_STEP_CLAIM, &change,
		                                   dm_bytes_text("example.net"), 300, ID, &key, NOW,
		                                   wire, &size, &mac),
		                 -EINVAL);
	}
	change = change_of_alice();
	change.owner.size = 0;
	assert_int_equal(dns_message_write(DNS_STEP_CLAIM, &change, dm_bytes_text("example.net"),
	                                   300, ID, &key, NOW, wire, &size, &mac),
	                 -EINVAL);
}

/* ---- responses to the CLAIM above ---- */

#define MAC_OF_THE_CLAIM "770440a57ac02fe5d6b94dd6c72e5df156a714be009e12f517278d58491a48c8"

static bool read_at(const char *hex, int64_t now, struct dns_response *out)
{
	struct dns_key key = read_key();
	uint8_t room[DNS_MESSAGE_ROOM];
	struct dns_mac mac;

	of_hex(MAC_OF_THE_CLAIM, mac.octets);
	return dns_message_read(of_hex(hex, room), ID, &key, now, &mac, out);
}

static struct dns_response read_response(const char *hex)
{
	struct dns_response response;

	assert_true(read_at(hex, NOW, &response));
	return response;
}

static const char good[] =
	"1234a80600000000000000010268770000fa00ff00000000003d0b686d61632d7368613235360000"
	"006553f102012c00200ccf2fab196d8d09d28e533ca54aa419a76c297a2f3f1c073a1f3671436ae5"
	"cf123400000000";
static const char late[] =
	"1234a80000000000000000010268770000fa00ff00000000003d0b686d61632d7368613235360000"
	"006553f22d012c00209c7ba96dd5cc1699ba642ad3559512b9e2fa93f8b136bff162f85f28eec2de"
	"a5123400000000";
static const char of_other_secret[] =
	"1234a80000000000000000010268770000fa00ff00000000003d0b686d61632d7368613235360000"
	"006553f100012c002033bd6b9248e780c4d619f22ac16d53358cc381850e7271424955162b223de6"
	"8e123400000000";
static const char to_other_request[] =
	"1234a80000000000000000010268770000fa00ff00000000003d0b686d61632d7368613235360000"
	"006553f100012c00204fc60a34c5423952ec76b07ac1c796b328ffadaf652a3bbae82d0c55a70aa8"
	"ce123400000000";
static const char of_other_name[] =
	"1234a80000000000000000010268780000fa00ff00000000003d0b686d61632d7368613235360000"
	"006553f100012c0020222cd32431b305e94b05ddb99b237a6cad447349307a5411e489a6be535d17"
	"fc123400000000";
static const char bad_sig[] =
	"1234a80900000000000000010268770000fa00ff00000000001d0b686d61632d7368613235360000"
	"006553f100012c0000123400100000";
static const char bad_time[] =
	"1234a80900000000000000010268770000fa00ff0000000000430b686d61632d7368613235360000"
	"006553f100012c0020157ea1ffdd387576680fe06c256cdec70a6a3a70033287e6606c6bda5038f0"
	"d51234001200060000655400a0";
static const char truncated[] =
	"1234aa0000000000000000010268770000fa00ff00000000003d0b686d61632d7368613235360000"
	"006553f100012c0020a11d2b4dcb11a51ceb0071477ce859a32ad592391688d3959d13a4af618c2e"
	"2a123400000000";
static const char unsigned_one[] = "1234a8000000000000000000";

static void a_signed_response_is_believed(void **state)
{
	struct dns_response response = read_response(good);

	(void)state;
	assert_int_equal(response.signature, DNS_SIGNATURE_GOOD);
	assert_int_equal(response.rcode, DNS_RCODE_YXDOMAIN);
	assert_int_equal(response.tsig_error, 0);
	assert_false(response.truncated);
	assert_true(read_response(truncated).truncated);
	assert_int_equal(read_response(truncated).signature, DNS_SIGNATURE_GOOD);
}

static void MB32_a_response_of_anybody_else_is_not_believed(void **state)
{
	(void)state;
	assert_int_equal(read_response(of_other_secret).signature, DNS_SIGNATURE_BAD);
	assert_int_equal(read_response(to_other_request).signature, DNS_SIGNATURE_BAD);
	assert_int_equal(read_response(of_other_name).signature, DNS_SIGNATURE_BAD);
	assert_int_equal(read_response(unsigned_one).signature, DNS_SIGNATURE_MISSING);
}

/* All but the two of Original ID, which are for forwarders (RFC 8945 4.2). */
static void a_changed_octet_breaks_the_signature(void **state)
{
	struct dns_key key = read_key();
	uint8_t room[DNS_MESSAGE_ROOM], copy[DNS_MESSAGE_ROOM];
	struct dm_bytes octets = of_hex(good, room);
	struct dns_response response;
	struct dns_mac mac;

	(void)state;
	of_hex(MAC_OF_THE_CLAIM, mac.octets);
	for (size_t i = 0; i < octets.size; i++) {
		if (i == 81 || i == 82)
			continue;
		memcpy(copy, octets.at, octets.size);
		copy[i] ^= 1;
		if (dns_message_read(dm_bytes_of(copy, octets.size), ID, &key, NOW, &mac,
		                     &response))
			assert_int_not_equal(response.signature, DNS_SIGNATURE_GOOD);
	}
}

static void the_clock_may_be_300_seconds_off(void **state)
{
	struct dns_response response;

	(void)state;
	assert_true(read_at(late, NOW, &response));
	assert_int_equal(response.signature, DNS_SIGNATURE_BAD_TIME);
	assert_true(read_at(late, NOW + 1, &response));
	assert_int_equal(response.signature, DNS_SIGNATURE_GOOD);
}

static void MB32_tsig_errors_are_told_apart(void **state)
{
	struct dns_response response = read_response(bad_sig);

	(void)state;
	assert_int_equal(response.rcode, DNS_RCODE_NOTAUTH);
	assert_int_equal(response.signature, DNS_SIGNATURE_MISSING);
	assert_string_equal(dns_tsig_error_name(response.tsig_error), "BADSIG");
	response = read_response(bad_time);
	assert_int_equal(response.signature, DNS_SIGNATURE_GOOD);
	assert_string_equal(dns_tsig_error_name(response.tsig_error), "BADTIME");
	assert_int_equal(response.tsig_time, NOW + 4000);
}

/* Each prefix of a response, on the heap: the sanitizer sees an octet too many. */
static void half_a_response_is_none(void **state)
{
	struct dns_key key = read_key();
	uint8_t room[DNS_MESSAGE_ROOM];
	struct dm_bytes octets = of_hex(good, room);
	struct dns_mac mac = { { 0 } };
	struct dns_response response;

	(void)state;
	for (size_t size = 0; size < octets.size; size++) {
		uint8_t *copy = malloc(size ? size : 1);

		memcpy(copy, octets.at, size);
		assert_false(
			dns_message_read(dm_bytes_of(copy, size), ID, &key, NOW, &mac, &response));
		free(copy);
	}
	assert_false(dns_message_read(octets, ID + 1, &key, NOW, &mac, &response));
}

/* ---- names ---- */

static void the_reverse_name_is_that_of_rfc_3596(void **state)
{
	static const uint8_t address[16] = { 0x43, 0x21, 0, 0, 0, 1,    0,    2,
		                             0,    3,    0, 4, 5, 0x67, 0x89, 0xab };
	struct dm_text text;
	char room[80];

	(void)state;
	dm_text_init(&text, room, sizeof(room));
	dns_reverse_name(address, &text);
	assert_string_equal(room, "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.0.0.0.0.1.2.3.4."
	                          "ip6.arpa");
}

static void the_marker_is_of_owner_and_name_and_tells_neither(void **state)
{
	char one[DNS_MARKER_ROOM], two[DNS_MARKER_ROOM];
	struct dm_text text;

	(void)state;
	dm_text_init(&text, one, sizeof(one));
	assert_true(dns_marker(dm_bytes_text("alice@home.example.net"),
	                       dm_bytes_text("ALICE.home.example.net"), &text));
	assert_string_equal(
		one,
		"homeward-owner=1ca2e579c50d80bcd37adbee56a59fdd7e9a437a086f9e9c30201966d5af43ec");
	dm_text_init(&text, two, sizeof(two));
	assert_true(dns_marker(dm_bytes_text("bob@home.example.net"),
	                       dm_bytes_text("alice.home.example.net"), &text));
	assert_string_not_equal(one, two);
}

static void the_longest_zone_that_holds_the_name_is_its_own(void **state)
{
	const struct dm_bytes zones[] = { dm_bytes_text("example.net"),
		                          dm_bytes_text("Home.example.net"),
		                          dm_bytes_text("example.org") };

	(void)state;
	assert_int_equal(dns_zone_of(zones, 3, dm_bytes_text("a.home.EXAMPLE.net")), 1);
	assert_int_equal(dns_zone_of(zones, 3, dm_bytes_text("home.example.net")), 1);
	assert_int_equal(dns_zone_of(zones, 3, dm_bytes_text("nohome.example.net")), 0);
	assert_int_equal(dns_zone_of(zones, 3, dm_bytes_text("badexample.org")), -1);
	assert_int_equal(dns_zone_of(zones, 3, dm_bytes_text("net")), -1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(MB31_each_update_has_the_octets_of_rfc_2136),
		cmocka_unit_test(names_that_are_none_make_no_message),
		cmocka_unit_test(a_signed_response_is_believed),
		cmocka_unit_test(MB32_a_response_of_anybody_else_is_not_believed),
		cmocka_unit_test(a_changed_octet_breaks_the_signature),
		cmocka_unit_test(the_clock_may_be_300_seconds_off),
		cmocka_unit_test(MB32_tsig_errors_are_told_apart),
		cmocka_unit_test(half_a_response_is_none),
		cmocka_unit_test(the_reverse_name_is_that_of_rfc_3596),
		cmocka_unit_test(the_marker_is_of_owner_and_name_and_tells_neither),
		cmocka_unit_test(the_longest_zone_that_holds_the_name_is_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
