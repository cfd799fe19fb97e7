/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/base/check.h"

#include "base/secret.h"
#include "base/text.h"

#include <jansson.h>
#include <stdio.h>

static char room[256];

static const char *octets(struct dm_bytes bytes)
{
	struct dm_text text;

	dm_text_init(&text, room, sizeof(room));
	dm_text_octets(&text, bytes);
	return room;
}

static const char *json(struct dm_bytes bytes)
{
	struct dm_text text;

	dm_text_init(&text, room, sizeof(room));
	dm_text_json(&text, bytes);
	return room;
}

static void what_fits_is_whole(void **state)
{
	struct dm_text text;
	char small[6];

	(void)state;
	dm_text_init(&text, small, sizeof(small));
	assert_string_equal(small, "");
	dm_text_add(&text, "%s", "abcde");
	assert_string_equal(small, "abcde");
	assert_false(text.cut);
	dm_text_add(&text, "%s", "");
	assert_false(text.cut);
}

static void what_does_not_fit_is_cut_and_nothing_follows(void **state)
{
	struct dm_text text;
	char small[6];

	(void)state;
	dm_text_init(&text, small, sizeof(small));
	dm_text_add(&text, "%s", "abcdef");
	assert_string_equal(small, "abcde");
	assert_int_equal(text.size, 5);
	assert_true(text.cut);
	dm_text_add(&text, "x");
	dm_text_octets(&text, DM_BYTES_LITERAL("y"));
	assert_string_equal(small, "abcde");
}

/* What base/format.c knows must say what printf says; the rest is printf's. */
#define SAME(...)                                                                               \
	do {                                                                                    \
		char expected[64];                                                              \
		struct dm_text text;                                                            \
		dm_text_init(&text, room, sizeof(room));                                        \
		dm_text_add(&text, __VA_ARGS__);                                                \
		assert_int_equal(snprintf(expected, sizeof(expected), __VA_ARGS__), text.size); \
		assert_string_equal(room, expected);                                            \
	} while (0)

static void sentences_are_those_of_printf(void **state)
{
	(void)state;
	SAME("plain, %s and %c", "text", 'c');
	SAME("%.*s|%.*s|%.*s", 2, "abc", 9, "abc", 0, "abc");
	SAME("%d %d %i %u", 0, -1, INT32_MIN, UINT32_MAX);
	SAME("%ld %lu %lld", -2l, 3ul, (long long)INT64_MIN);
	SAME("%llu %zu", (unsigned long long)UINT64_MAX, (size_t)7);
	SAME("100 %% of %u%s", 5u, "");
	SAME("%03d %x %#x %-5s| %5u %.2f", 7, 255u, 255u, "ab", 12u, 0.5);
	SAME("%u and %08x", 1u, 2u);
}

static void a_character_is_never_halved(void **state)
{
	struct dm_text text;
	char small[5];

	(void)state;
	dm_text_init(&text, small, sizeof(small));
	dm_text_octets(&text, DM_BYTES_LITERAL("ab\xe2\x82\xac"
	                                       "c"));
	assert_string_equal(small, "ab");
	assert_true(text.cut);
}

static void no_room_at_all_is_only_a_cut(void **state)
{
	struct dm_text text;

	(void)state;
	dm_text_init(&text, NULL, 0);
	dm_text_add(&text, "%d", 1);
	assert_true(text.cut);
	assert_int_equal(text.size, 0);
	dm_text_init(&text, NULL, 0);
	dm_text_hex(&text, DM_BYTES_LITERAL("a"));
	assert_true(text.cut);
}

static void printable_octets_stand_as_they_are(void **state)
{
	(void)state;
	assert_string_equal(octets(DM_BYTES_LITERAL("alice@home.example.net ~!\"")),
	                    "alice@home.example.net ~!\"");
	assert_string_equal(octets(DM_BYTES_LITERAL("J\xc3\xbcrgen \xe2\x82\xac \xf0\x9f\x8f\xa0")),
	                    "J\xc3\xbcrgen \xe2\x82\xac \xf0\x9f\x8f\xa0");
	assert_string_equal(octets((struct dm_bytes){ 0 }), "");
}

/* Every C0 control, DEL and every C1 control is escaped, and the backslash that escapes. */
static void every_control_character_is_escaped(void **state)
{
	char expected[16];

	(void)state;
	for (unsigned point = 0; point < 0xa0; point++) {
		uint8_t one[2] = { (uint8_t)point, 0 };
		uint8_t two[2] = { 0xc2, (uint8_t)point };

		if ((point < 0x20 || point == 0x7f || point == '\\')) {
			snprintf(expected, sizeof(expected), "\\x%02x", point);
			assert_string_equal(octets(dm_bytes_of(one, 1)), expected);
		}
		if (point >= 0x80) {
			snprintf(expected, sizeof(expected), "\\xc2\\x%02x", point);
			assert_string_equal(octets(dm_bytes_of(two, 2)), expected);
		}
	}
}

static void signs_that_turn_or_break_lines_are_escaped(void **state)
{
	(void)state;
	assert_string_equal(octets(DM_BYTES_LITERAL("\xe2\x80\xae")), "\\xe2\\x80\\xae");
	assert_string_equal(octets(DM_BYTES_LITERAL("\xe2\x81\xa6")), "\\xe2\\x81\\xa6");
	assert_string_equal(octets(DM_BYTES_LITERAL("\xe2\x80\xa8")), "\\xe2\\x80\\xa8");
	assert_string_equal(octets(DM_BYTES_LITERAL("\xe2\x80\xa7")), "\xe2\x80\xa7");
}

static void only_malformed_octets_are_escaped(void **state)
{
	(void)state;
	assert_string_equal(octets(DM_BYTES_LITERAL("\xc3\xbc\xff\xc3")), "\xc3\xbc\\xff\\xc3");
	assert_string_equal(octets(DM_BYTES_LITERAL("\xed\xa0\x80")), "\\xed\\xa0\\x80");
}

static void json_escapes_what_json_must(void **state)
{
	(void)state;
	assert_string_equal(json(DM_BYTES_LITERAL("a\"b\\c\n\xc2\x85")),
	                    "\"a\\\"b\\\\c\\u000a\\u0085\"");
	assert_string_equal(json(DM_BYTES_LITERAL("\xc3\xbc\xff")), "\"\xc3\xbc\\\\xff\"");
	assert_string_equal(json(dm_bytes_of("\0", 1)), "\"\\u0000\"");
	assert_string_equal(json((struct dm_bytes){ 0 }), "\"\"");
}

/* An independent reader gives back every character that was written. */
static void json_is_read_back_by_jansson(void **state)
{
	(void)state;
	for (unsigned first = 1; first < 0x100; first++) {
		uint8_t text[3] = { (uint8_t)first, 'x', 0 };
		json_t *value;

		if (first >= 0x80) {
			text[0] = 0xc3;
			text[1] = (uint8_t)(0x80 | (first & 0x3f));
		}
		value = json_loads(json(dm_bytes_of(text, 2)), JSON_DECODE_ANY, NULL);
		assert_non_null(value);
		assert_string_equal(json_string_value(value), (const char *)text);
		json_decref(value);
	}
}

static void hex_is_two_digits_an_octet(void **state)
{
	struct dm_text text;

	(void)state;
	dm_text_init(&text, room, sizeof(room));
	dm_text_hex(&text, dm_bytes_of("\x00\x0f\xa5\xff", 4));
	assert_string_equal(room, "000fa5ff");
}

static void a_secret_is_held_and_wiped(void **state)
{
	static const uint8_t long_key[DM_SECRET_ROOM + 1] = { 1 };
	static const struct dm_secret nothing;
	struct dm_secret secret;

	(void)state;
	memset(&secret, 0xff, sizeof(secret));
	assert_true(dm_secret_set(&secret, DM_BYTES_LITERAL("sesame")));
	assert_bytes_equal(dm_secret_bytes(&secret), DM_BYTES_LITERAL("sesame"));
	assert_true(dm_secret_set(&secret, dm_bytes_of(long_key, DM_SECRET_ROOM)));
	assert_int_equal(dm_secret_bytes(&secret).size, DM_SECRET_ROOM);
	assert_false(dm_secret_set(&secret, dm_bytes_of(long_key, sizeof(long_key))));
	assert_memory_equal(&secret, &nothing, sizeof(secret));
	dm_wipe(NULL, 0); /* no octets: nothing happens */
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_fits_is_whole),
		cmocka_unit_test(what_does_not_fit_is_cut_and_nothing_follows),
		cmocka_unit_test(sentences_are_those_of_printf),
		cmocka_unit_test(a_character_is_never_halved),
		cmocka_unit_test(no_room_at_all_is_only_a_cut),
		cmocka_unit_test(printable_octets_stand_as_they_are),
		cmocka_unit_test(every_control_character_is_escaped),
		cmocka_unit_test(signs_that_turn_or_break_lines_are_escaped),
		cmocka_unit_test(only_malformed_octets_are_escaped),
		cmocka_unit_test(json_escapes_what_json_must),
		cmocka_unit_test(json_is_read_back_by_jansson),
		cmocka_unit_test(hex_is_two_digits_an_octet),
		cmocka_unit_test(a_secret_is_held_and_wiped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
