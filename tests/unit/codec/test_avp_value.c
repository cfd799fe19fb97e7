/* SPDX-License-Identifier: Apache-2.0 */
/* Area F: the values of AVPs by type, AV07 to AV17. */
#include "codec_test.h"

#define BYTES(literal) dm_bytes_of((literal), sizeof(literal) - 1)

static void put_sized(struct codec *codec, uint32_t code, size_t size)
{
	static const uint8_t zeros[64];

	put(codec, code, DM_AVP_FLAG_M, dm_bytes_of(zeros, size));
}

static void AV07_wrong_length_of_numbers(void **state)
{
	struct codec *codec = *state;
	static const struct {
		uint32_t code;
		size_t right;
	} cases[] = {
		{ TEST_NUMBER, 4 },  { TEST_INTEGER32, 4 },  { TEST_KIND, 4 },
		{ TEST_TIME, 4 },    { TEST_FLOAT32, 4 },    { TEST_INTEGER64, 8 },
		{ TEST_FLOAT64, 8 }, { TEST_UNSIGNED64, 8 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (size_t size = 0; size <= 12; size++) {
			begin_tar(codec);
			put_sized(codec, cases[i].code, size);
			if (size == cases[i].right)
				continue;
			decode_faulty(codec, 5014);
			/* It lies whole in the message, so it is copied whole. */
			assert_int_equal(failed(codec).code, cases[i].code);
			assert_int_equal(failed(codec).data.size, size);
		}
	}
}

static void AV07_wrong_length_of_fixed_size(void **state)
{
	struct codec *codec = *state;

	for (size_t size = 0; size <= 8; size++) {
		begin_tar(codec);
		put_vendor(codec, TEST_FOUR, TEST_VENDOR, DM_AVP_FLAG_M,
		           dm_bytes_of("12345678", size));
		if (size == 4)
			decode_sound(codec);
		else
			decode_faulty(codec, 5014);
	}
}

static void numbers_are_read(void **state)
{
	struct codec *codec = *state;
	const struct test_tar *tar;

	begin_tar(codec);
	put(codec, TEST_INTEGER32, DM_AVP_FLAG_M, BYTES("\xff\xff\xff\xfe"));
	put(codec, TEST_INTEGER64, DM_AVP_FLAG_M, BYTES("\x80\0\0\0\0\0\0\1"));
	put(codec, TEST_UNSIGNED64, DM_AVP_FLAG_M, BYTES("\xff\xee\xdd\xcc\xbb\xaa\x99\x88"));
	put(codec, TEST_FLOAT32, DM_AVP_FLAG_M, BYTES("\x3f\xc0\0\0"));
	put(codec, TEST_FLOAT64, DM_AVP_FLAG_M, BYTES("\xbf\xf8\0\0\0\0\0\0"));
	put_u32(codec, TEST_NUMBER, 0xfedcba98);
	put_vendor(codec, TEST_FOUR, TEST_VENDOR, DM_AVP_FLAG_M, BYTES("\0\1\2\3"));
	tar = decode_sound(codec);
	assert_true(tar->has.test_integer32 && tar->test_integer32 == -2);
	assert_true(tar->has.test_integer64 && tar->test_integer64 == INT64_MIN + 1);
	assert_true(tar->has.test_unsigned64 && tar->test_unsigned64 == 0xffeeddccbbaa9988ULL);
	assert_true(tar->has.test_float32 && tar->test_float32 == 1.5F);
	assert_true(tar->has.test_float64 && tar->test_float64 == -1.5);
	assert_true(tar->has.test_number && tar->test_number.count == 1);
	assert_int_equal(tar->test_number.at[0], 0xfedcba98);
	assert_octets(tar->test_four, "00010203");
	assert_false(tar->has.test_time || tar->has.test_kind || tar->has.test_nest);
}

static void AV08_enumerated_out_of_range(void **state)
{
	struct codec *codec = *state;
	static const uint32_t wrong[] = { 0, 4, 5, 9, 11, 19, 21 };

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		begin_tar(codec);
		put_u32(codec, TEST_KIND, wrong[i]);
		decode_faulty(codec, 5004);
		assert_int_equal(failed(codec).code, TEST_KIND);
		assert_int_equal(failed(codec).data.at[3], wrong[i]);
	}
}

static void AV08_enumerated_in_range(void **state)
{
	struct codec *codec = *state;
	static const int32_t right[] = { 1, 2, 3, 10, 20 };
	const struct test_tar *tar;

	begin_tar(codec);
	for (size_t i = 0; i < 5; i++)
		put_u32(codec, TEST_KIND, (uint32_t)right[i]);
	tar = decode_sound(codec);
	assert_int_equal(tar->test_kind.count, 5);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(tar->test_kind.at[i], right[i]);
}

static void AV09_enumerated_extremes(void **state)
{
	struct codec *codec = *state;
	static const uint32_t wrong[] = { 0xffffffff, 0x7fffffff, 0x80000000 };

	for (size_t i = 0; i < 3; i++) {
		begin_tar(codec);
		put_u32(codec, TEST_KIND, wrong[i]);
		decode_faulty(codec, 5004);
	}
}

/* RFC 6733 4.1: M clear, by definition and on the wire, is informational only. */
static void AV08_enumerated_informational(void **state)
{
	struct codec *codec = *state;
	const struct test_tar *tar;

	begin_tar(codec);
	put(codec, TEST_HINT, 0, BYTES("\0\0\0\x63"));
	tar = decode_sound(codec);
	assert_false(tar->has.test_hint);
	assert_int_equal(tar->other.count, 1);
	assert_int_equal(tar->other.at[0].code, TEST_HINT);

	codec->options.strict = true;
	decode_faulty(codec, 5004);
	codec->options.strict = false;
	begin_tar(codec);
	put(codec, TEST_HINT, DM_AVP_FLAG_M, BYTES("\0\0\0\x63"));
	decode_faulty(codec, 5004);
}

static const char *const bad_utf8[] = {
	"\x80",             /* lone continuation */
	"a\xc0\xaf",        /* overlong */
	"\xe0\x80\xaf",     /* overlong */
	"\xed\xa0\x80",     /* surrogate */
	"\xfe",             /* impossible octet */
	"\xf4\x90\x80\x80", /* beyond U+10FFFF */
	"ab\xe2\x82",       /* truncated */
};

static void AV10_bad_UTF8(void **state)
{
	struct codec *codec = *state;
	const struct test_tar *tar;

	for (size_t i = 0; i < sizeof(bad_utf8) / sizeof(bad_utf8[0]); i++) {
		begin_tar(codec);
		put_text(codec, TEST_TEXT, bad_utf8[i]);
		decode_faulty(codec, 5004);
		assert_text(failed(codec).data, bad_utf8[i]);
		/* Where it is only for people, the octets are kept. */
		begin_tar(codec);
		put(codec, TEST_NOTE, 0, dm_bytes_text(bad_utf8[i]));
		tar = decode_sound(codec);
		assert_true(tar->has.test_note);
		assert_text(tar->test_note, bad_utf8[i]);
	}
}

static void AV10_good_UTF8(void **state)
{
	struct codec *codec = *state;
	const struct test_tar *tar;

	begin_tar(codec);
	put_text(codec, TEST_TEXT, "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x8f\xa0");
	put_text(codec, TEST_TEXT, "");
	tar = decode_sound(codec);
	assert_int_equal(tar->test_text.count, 2);
	assert_int_equal(tar->test_text.at[1].size, 0);
}

static void put_tar(struct codec *codec, struct dm_bytes session_id, struct dm_bytes origin_host)
{
	begin(codec, TEST_COMMAND, DM_FLAG_R | DM_FLAG_P, TEST_APPLICATION);
	put(codec, DM_AVP_SESSION_ID, DM_AVP_FLAG_M, session_id);
	put(codec, DM_AVP_ORIGIN_HOST, DM_AVP_FLAG_M, origin_host);
	put_text(codec, DM_AVP_ORIGIN_REALM, "example.org");
	put_u32(codec, DM_AVP_AUTH_APPLICATION_ID, TEST_APPLICATION);
}

static void AV11_NUL_inside(void **state)
{
	struct codec *codec = *state;
	const struct test_tar *tar;

	put_tar(codec, BYTES("a;1;\0002"), BYTES("client.example.org"));
	tar = decode_sound(codec);
	assert_octets(tar->session_id, "613b313b0032");

	put_tar(codec, BYTES("a;1;2"), BYTES("client\0.example.org"));
	decode_faulty(codec, 5004);
	assert_octets(failed(codec).data, "636c69656e74002e6578616d706c652e6f7267");
	assert_int_equal(strlen(codec->fault.sentence) > 10, 1);
}

static void AV12_empty_or_endless_identity(void **state)
{
	struct codec *codec = *state;
	char label[300];

	put_tar(codec, BYTES("a;1;2"), BYTES(""));
	decode_faulty(codec, 5004);
	expect_failed(codec, DM_AVP_ORIGIN_HOST, 0, "");
	memset(label, 'a', sizeof(label));
	put_tar(codec, BYTES("a;1;2"), dm_bytes_of(label, 256));
	decode_faulty(codec, 5004);
	put_tar(codec, BYTES("a;1;2"), dm_bytes_of(label, 64));
	decode_faulty(codec, 5004);
	put_tar(codec, BYTES("a;1;2"), dm_bytes_of(label, 63));
	decode_sound(codec);
}

static void AV13_addresses(void **state)
{
	struct codec *codec = *state;
	const struct test_tar *tar;

	begin_tar(codec);
	put(codec, TEST_ADDRESS, DM_AVP_FLAG_M, BYTES("\0\1\xc0\0\2\5"));
	tar = decode_sound(codec);
	assert_int_equal(tar->test_address.family, DM_ADDRESS_IPV4);
	assert_octets(tar->test_address.octets, "c0000205");
	begin_tar(codec);
	put(codec, TEST_ADDRESS, DM_AVP_FLAG_M, BYTES("\0\2\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1"));
	tar = decode_sound(codec);
	assert_int_equal(tar->test_address.family, DM_ADDRESS_IPV6);
	assert_octets(tar->test_address.octets, "20010db8000000000000000000000001");
}

static void AV14_wrong_addresses(void **state)
{
	struct codec *codec = *state;
	static const struct {
		struct dm_bytes data;
		uint32_t result_code;
	} cases[] = {
		{ { (const uint8_t *)"\0\2\xc0\0\2\5", 6 }, 5014 },
		{ { (const uint8_t *)"\0\1\xc0\0\2", 5 }, 5014 },
		{ { (const uint8_t *)"\0\1", 2 }, 5014 },
		{ { (const uint8_t *)"\0\3\xc0\0\2\5", 6 }, 5004 },
		{ { (const uint8_t *)"\1\1\xc0\0\2\5", 6 }, 5004 },
		{ { (const uint8_t *)"", 0 }, 5014 },
		{ { (const uint8_t *)"\0", 1 }, 5014 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin_tar(codec);
		put(codec, TEST_ADDRESS, DM_AVP_FLAG_M, cases[i].data);
		decode_faulty(codec, cases[i].result_code);
		assert_true(dm_bytes_equal(failed(codec).data, cases[i].data));
	}
}

static void AV15_time_on_both_sides_of_2036(void **state)
{
	struct codec *codec = *state;
	static const struct {
		uint32_t wire;
		int64_t seconds;
	} cases[] = {
		{ 0x80000000, -61505152 },           /* 1968-01-20, the first */
		{ 0x83aa7e80, 0 },                   /* 1970-01-01 */
		{ 0xffffffff, INT64_C(2085978495) }, /* 2036-02-07 06:28:15 */
		{ 0x00000000, INT64_C(2085978496) }, /* one second later */
		{ 0x7fffffff, INT64_C(4233462143) }, /* 2104-02-26, the last */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct test_tar *tar;

		begin_tar(codec);
		put_u32(codec, TEST_TIME, cases[i].wire);
		tar = decode_sound(codec);
		assert_true(tar->test_time == cases[i].seconds);
		expect_same_again(codec);
	}
}

static void AV16_DiameterURI(void **state)
{
	struct codec *codec = *state;
	const struct test_tar *tar;

	begin_tar(codec);
	put_text(codec, TEST_URI, "aaa://host.example.com:6666;transport=tcp;protocol=diameter");
	put_text(codec, TEST_URI, "AAAs://Host.Example.COM;Transport=SCTP");
	tar = decode_sound(codec);
	assert_int_equal(tar->test_uri.count, 2);
	begin_tar(codec);
	put_text(codec, TEST_URI, "http://host.example.com");
	decode_faulty(codec, 5004);
}

static void AV17_IPFilterRule(void **state)
{
	struct codec *codec = *state;
	const struct test_tar *tar;

	begin_tar(codec);
	put_text(codec, TEST_RULE, "permit in ip from any to assigned");
	tar = decode_sound(codec);
	assert_int_equal(tar->test_rule.count, 1);
	begin_tar(codec);
	put_text(codec, TEST_RULE, "permit in ip from any");
	decode_faulty(codec, 5004);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CODEC_TEST(AV07_wrong_length_of_numbers),
		CODEC_TEST(AV07_wrong_length_of_fixed_size),
		CODEC_TEST(numbers_are_read),
		CODEC_TEST(AV08_enumerated_out_of_range),
		CODEC_TEST(AV08_enumerated_in_range),
		CODEC_TEST(AV08_enumerated_informational),
		CODEC_TEST(AV09_enumerated_extremes),
		CODEC_TEST(AV10_bad_UTF8),
		CODEC_TEST(AV10_good_UTF8),
		CODEC_TEST(AV11_NUL_inside),
		CODEC_TEST(AV12_empty_or_endless_identity),
		CODEC_TEST(AV13_addresses),
		CODEC_TEST(AV14_wrong_addresses),
		CODEC_TEST(AV15_time_on_both_sides_of_2036),
		CODEC_TEST(AV16_DiameterURI),
		CODEC_TEST(AV17_IPFilterRule),
	};

	return cmocka_run_group_tests_name("codec-avp-value", tests, NULL, NULL);
}
