/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/base/check.h"

#include "cli/csv.h"
#include "cli/hex.h"
#include "cli/subscriber_fields.h"

#include <stdio.h>
#include <string.h>

#define KEY "000102030405060708090a0b0c0d0e0f"

static json_t *read_csv(const char *text, char why[256])
{
	struct dm_text out;
	size_t mistakes;
	json_t *records;

	dm_text_init(&out, why, 256);
	records = hw_csv_read("s.csv", dm_bytes_text(text), &out, &mistakes);
	assert_int_equal(records != NULL, mistakes == 0);
	return records;
}

static void a_table_becomes_records(void **state)
{
	char why[256];
	json_t *records = read_csv("# a comment\r\n"
	                           "user_name, home_agent ,root_key,enabled\r\n"
	                           "\r\n"
	                           "alice@home.example.net,\"ha1.x.net,ha2.x.net\"," KEY ",no\r\n"
	                           "bob@home.example.net,," KEY "\n",
	                           why);
	json_t *alice = json_array_get(records, 0), *bob = json_array_get(records, 1);

	(void)state;
	assert_string_equal(why, "");
	assert_int_equal(json_array_size(records), 2);
	assert_string_equal(json_string_value(json_object_get(alice, "home_agent")),
	                    "ha1.x.net,ha2.x.net");
	assert_true(json_is_false(json_object_get(alice, "enabled")));
	assert_string_equal(json_string_value(json_object_get(bob, "user_name")),
	                    "bob@home.example.net");
	assert_null(json_object_get(bob, "home_agent"));
	json_decref(records);
}

static void quotes_follow_rfc_4180(void **state)
{
	char why[256];
	json_t *records =
		read_csv("user_name,root_key,\"fqdn\"\n\"a@b.c\"," KEY ",\"x.b.c,y.b.c\"\n", why);

	(void)state;
	assert_string_equal(why, "");
	assert_string_equal(json_string_value(json_object_get(json_array_get(records, 0), "fqdn")),
	                    "x.b.c,y.b.c");
	json_decref(records);
	assert_null(read_csv("user_name,\"x\"\"y\"\n", why));
	assert_non_null(strstr(why, "there is no column x\"y;"));
}

static const struct {
	const char *text, *why;
} mistakes[] = {
	{ "", "s.csv:1: the file is empty; its first line names the columns" },
	{ "user_name,key\n", "s.csv:1: there is no column key; homeward(1) lists them" },
	{ "user_name,user_name\n", "s.csv:1: the column user_name is there twice; remove one" },
	{ "user_name,root_key\nalice," KEY "\n",
	  "s.csv:2: user_name is no network access identifier; write user@realm" },
	{ "user_name,root_key\na@b..c," KEY "\n",
	  "s.csv:2: user_name is no network access identifier; write user@realm" },
	{ "root_key\n" KEY "\n", "s.csv:1: the column user_name is missing; add it" },
	{ "user_name,root_key\na@b.c," KEY ",x\n",
	  "s.csv:2: more values than columns; the first line names 2" },
	{ "user_name,root_key\na@b.c,0001\n",
	  "s.csv:2: root_key is no key; write 32 to 128 hexadecimal digits" },
	{ "user_name,root_key\na@b.c," KEY "0\n",
	  "s.csv:2: root_key is no key; write 32 to 128 hexadecimal digits" },
	{ "user_name,root_key\na@b.c,x" KEY "0\n",
	  "s.csv:2: root_key is no key; write 32 to 128 hexadecimal digits" },
	{ "user_name,root_key\na@b.c," KEY "\n\na@B.c," KEY "\n",
	  "s.csv:4: user_name a@B.c is on line 2 already; remove or change one of them" },
	{ "user_name,root_key,home_address\na@b.c," KEY ",2001:db8::1/64\n"
	  "c@d.e," KEY ",2001:db8:0::1/128\n",
	  "s.csv:3: home_address 2001:db8:0::1/128 is on line 2 already; remove or change "
	  "one of them" },
	{ "user_name,root_key,enabled\na@b.c," KEY ",maybe\n",
	  "s.csv:2: enabled is neither; write yes or no" },
	{ "user_name,root_key,home_address\na@b.c," KEY ",2001:db8::1\n",
	  "s.csv:2: home_address is no IPv6 address with prefix length; write one such as "
	  "2001:db8::1/64" },
	{ "user_name,root_key,home_address\na@b.c," KEY ",fe80::1/64\n",
	  "s.csv:2: home_address cannot be a mobile node's; write a global unicast one" },
	{ "user_name,root_key,home_prefix\na@b.c," KEY ",2001:db8::1/64\n",
	  "s.csv:2: home_prefix has bits behind the prefix; set them to zero" },
	{ "user_name,root_key,sa_protocols\na@b.c," KEY ",IKEV3\n",
	  "s.csv:2: sa_protocols is no list of IKEV2, IKEV1, MIPV6_AUTH; write one" },
	{ "user_name,root_key,session_timeout\na@b.c," KEY ",soon\n",
	  "s.csv:2: session_timeout is no number of seconds; write 0 to 4294967295" },
	{ "user_name,root_key,fqdn\na@b.c," KEY ",\"a.b.c, d.b.c\"\n",
	  "s.csv:2: fqdn is no list of names; write such as "
	  "alice.example.net,.alice.example.net" },
	{ "user_name,root_key,fqdn\na@b.c," KEY ",..b.c\n",
	  "s.csv:2: fqdn is no list of names; write such as "
	  "alice.example.net,.alice.example.net" },
	{ "user_name,root_key,home_agent\na@b.c," KEY ",\"ha1.b.c,\"\n",
	  "s.csv:2: home_agent is no list of host names; write such as "
	  "ha1.example.net,ha2.example.net" },
	{ "user_name,root_key,key_lifetime\na@b.c," KEY ",-1\n",
	  "s.csv:2: key_lifetime is no number of seconds; write 0 to 4294967295" },
	{ "user_name,root_key,fqdn\na@b.c," KEY ",\xff\n",
	  "s.csv:2: fqdn is no text in UTF-8; write at most 253 octets" },
	{ "user_name,root_key\n\"a@b.c," KEY "\nc," KEY "\n",
	  "s.csv:2: a quote is not closed on this line; close it\n"
	  "s.csv:3: user_name is no network access identifier; write user@realm" },
	{ "user_name,root_key\n\"a@b.c\"c," KEY "\n",
	  "s.csv:2: text follows a closing quote; write a comma" },
};

static void each_mistake_has_its_place_and_its_sentence(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		char why[256];

		assert_null(read_csv(mistakes[i].text, why));
		assert_string_equal(why, mistakes[i].why);
	}
}

/* Who is there keeps his root key; where a record stands is found again. */
static void a_key_may_be_left_out_and_a_record_has_its_line(void **state)
{
	static const char text[] = "# names\nuser_name,mobility\n\na@b.c,no\n# and\n\nd@e.f,yes\n";
	char why[256];
	json_t *records = read_csv(text, why);

	(void)state;
	assert_string_equal(why, "");
	assert_int_equal(json_array_size(records), 2);
	assert_null(json_object_get(json_array_get(records, 0), "root_key"));
	assert_int_equal(hw_csv_line(dm_bytes_text(text), 0), 4);
	assert_int_equal(hw_csv_line(dm_bytes_text(text), 1), 7);
	json_decref(records);
}

static void MH07_a_wrong_key_is_not_repeated(void **state)
{
	char why[256];

	(void)state;
	assert_null(read_csv("user_name,root_key\na@b.c,c0ffee\n", why));
	assert_null(strstr(why, "c0ffee"));
}

static bool read_record(const json_t *record, struct store_subscriber *out)
{
	char sentence[160];
	struct dm_text why;

	dm_text_init(&why, sentence, sizeof(sentence));
	return hw_subscriber_read(record, out, &why);
}

static void a_record_becomes_the_stores_struct_and_back(void **state)
{
	char why[256];
	json_t *records = read_csv("user_name,root_key,home_address,home_prefix,sa_protocols,"
	                           "local_home_agent,session_timeout,key_lifetime,fqdn\n"
	                           "a@b.c," KEY ",2001:db8::5/64,2001:db8:1::/48,ikev2 mipv6-auth,"
	                           "yes,60,50,\"a.b.c,.a.b.c\"\n",
	                           why);
	struct store_subscriber subscriber;
	json_t *back;

	(void)state;
	assert_string_equal(why, "");
	assert_true(read_record(json_array_get(records, 0), &subscriber));
	assert_int_equal(subscriber.root_key.size, 16);
	assert_int_equal(subscriber.root_key.octets[15], 0x0f);
	assert_true(subscriber.enabled && subscriber.mobility && subscriber.local_home_agent);
	assert_true(subscriber.has_home_address);
	assert_int_equal(subscriber.home_address.address[15], 5);
	assert_int_equal(subscriber.home_prefix.length, 48);
	assert_int_equal(subscriber.sa_protocols, 1 << 1 | 1 << 3);
	assert_int_equal(subscriber.session_timeout, 60);
	assert_int_equal(subscriber.key_lifetime, 50);
	assert_int_equal(subscriber.fqdn.size, strlen("a.b.c,.a.b.c"));

	back = hw_subscriber_json(&subscriber);
	assert_string_equal(json_string_value(json_object_get(back, "home_address")),
	                    "2001:db8::5/64");
	assert_int_equal(json_integer_value(json_object_get(back, "root_key_octets")), 16);
	assert_null(json_object_get(back, "root_key"));
	json_decref(back);
	json_decref(records);
	dm_secret_wipe(&subscriber.root_key);
}

static void what_is_not_said_gets_its_default(void **state)
{
	json_t *record = json_pack("{s:s, s:s}", "user_name", "a@b.c", "root_key", KEY);
	struct store_subscriber subscriber;

	(void)state;
	assert_true(read_record(record, &subscriber));
	assert_true(subscriber.enabled && subscriber.mobility);
	assert_false(subscriber.local_home_agent || subscriber.has_home_address ||
	             subscriber.has_home_prefix);
	assert_int_equal(subscriber.sa_protocols, 0);
	dm_secret_wipe(&subscriber.root_key);
	json_decref(record);
}

/* ---- hex ---- */

static void hex_digits_become_octets(void **state)
{
	uint8_t room[16];
	struct dm_writer out;
	char why[128];

	(void)state;
	dm_writer_init_fixed(&out, room, sizeof(room));
	assert_true(hw_hex_read(dm_bytes_text("0x01 02:aB # comment 99\n\t-ff,00"), &out, why,
	                        sizeof(why)));
	assert_int_equal(out.size, 5);
	assert_memory_equal(room, "\x01\x02\xab\xff\x00", 5);
}

static void a_wrong_digit_has_its_place(void **state)
{
	static const struct {
		const char *text, *why;
	} mistakes[] = {
		{ "01\n 0g", "line 2, column 2: half an octet: digits come in pairs" },
		{ "01\n g0", "line 2, column 2: 'g' is no hexadecimal digit" },
		{ "0102\n\n3", "line 3, column 1: half an octet: digits come in pairs" },
		{ "\x1b", "line 1, column 1: '\\x1b' is no hexadecimal digit" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		uint8_t room[16];
		struct dm_writer out;
		char why[128];

		dm_writer_init_fixed(&out, room, sizeof(room));
		assert_false(hw_hex_read(dm_bytes_text(mistakes[i].text), &out, why, sizeof(why)));
		assert_string_equal(why, mistakes[i].why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_becomes_records),
		cmocka_unit_test(quotes_follow_rfc_4180),
		cmocka_unit_test(each_mistake_has_its_place_and_its_sentence),
		cmocka_unit_test(a_key_may_be_left_out_and_a_record_has_its_line),
		cmocka_unit_test(MH07_a_wrong_key_is_not_repeated),
		cmocka_unit_test(a_record_becomes_the_stores_struct_and_back),
		cmocka_unit_test(what_is_not_said_gets_its_default),
		cmocka_unit_test(hex_digits_become_octets),
		cmocka_unit_test(a_wrong_digit_has_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
