/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/base/check.h"

static const struct dm_bytes nothing;

static bool is_utf8(const char *octets, size_t size)
{
	return dm_bytes_is_utf8(dm_bytes_of(octets, size));
}

static void equality_is_of_octets_and_size(void **state)
{
	(void)state;
	assert_true(dm_bytes_equal(DM_BYTES_LITERAL("a\0b"), dm_bytes_of("a\0b", 3)));
	assert_false(dm_bytes_equal(DM_BYTES_LITERAL("a\0b"), DM_BYTES_LITERAL("a\0c")));
	assert_false(dm_bytes_equal(DM_BYTES_LITERAL("a"), DM_BYTES_LITERAL("ab")));
	assert_true(dm_bytes_equal(nothing, dm_bytes_of("x", 0)));
	assert_int_equal(dm_bytes_text(NULL).size, 0);
	assert_int_equal(dm_bytes_text("abc").size, 3);
}

static void order_is_of_octets_and_a_prefix_is_first(void **state)
{
	(void)state;
	assert_true(dm_bytes_compare(DM_BYTES_LITERAL("a"), DM_BYTES_LITERAL("b")) < 0);
	assert_true(dm_bytes_compare(DM_BYTES_LITERAL("b"), DM_BYTES_LITERAL("abc")) > 0);
	assert_true(dm_bytes_compare(DM_BYTES_LITERAL("ab"), DM_BYTES_LITERAL("abc")) < 0);
	assert_true(dm_bytes_compare(DM_BYTES_LITERAL("abc"), DM_BYTES_LITERAL("ab")) > 0);
	assert_true(dm_bytes_compare(DM_BYTES_LITERAL("\xff"), DM_BYTES_LITERAL("a")) > 0);
	assert_int_equal(dm_bytes_compare(nothing, nothing), 0);
	assert_true(dm_bytes_compare(nothing, DM_BYTES_LITERAL("a")) < 0);
}

/* RFC 6733 4.3.1: identities compare as ASCII without case; nothing beyond ASCII is folded. */
static void folding_is_of_ascii_letters_alone(void **state)
{
	uint8_t a, b;

	(void)state;
	for (unsigned i = 0; i < 256; i++) {
		for (unsigned j = 0; j < 256; j++) {
			bool letters =
				(i | 0x20) == (j | 0x20) && (i | 0x20) >= 'a' && (i | 0x20) <= 'z';

			a = (uint8_t)i;
			b = (uint8_t)j;
			assert_int_equal(
				dm_bytes_equal_folded(dm_bytes_of(&a, 1), dm_bytes_of(&b, 1)),
				i == j || letters);
		}
	}
	assert_true(dm_bytes_compare_folded(DM_BYTES_LITERAL("A.b"), DM_BYTES_LITERAL("a.C")) < 0);
	assert_true(dm_bytes_compare_folded(DM_BYTES_LITERAL("ab"), DM_BYTES_LITERAL("A")) > 0);
}

/* Words and their tails: what differs in one octet differs, wherever that is. */
static void every_place_of_a_key_counts(void **state)
{
	uint8_t upper[24], lower[24];

	(void)state;
	for (size_t size = 1; size <= sizeof(upper); size++) {
		struct dm_bytes a = dm_bytes_of(upper, size), b = dm_bytes_of(lower, size);

		memset(upper, 'K', size);
		memset(lower, 'k', size);
		assert_true(dm_bytes_equal_folded(a, b));
		assert_int_equal(dm_bytes_compare_folded(a, b), 0);
		assert_true(dm_bytes_hash_folded(a, 1) == dm_bytes_hash_folded(b, 1));
		for (size_t i = 0; i < size; i++) {
			lower[i] = 'l';
			assert_false(dm_bytes_equal_folded(a, b));
			assert_true(dm_bytes_compare_folded(a, b) < 0);
			assert_true(dm_bytes_hash_folded(a, 1) != dm_bytes_hash_folded(b, 1));
			lower[i] = 'k';
		}
	}
	memset(upper, 0, sizeof(upper));
	assert_true(dm_bytes_hash(dm_bytes_of(upper, 7), 1) !=
	            dm_bytes_hash(dm_bytes_of(upper, 8), 1));
}

static void an_end_is_found_folded(void **state)
{
	struct dm_bytes name = DM_BYTES_LITERAL("nas.Visited.Example");

	(void)state;
	assert_true(dm_bytes_ends_with_folded(name, DM_BYTES_LITERAL(".visited.EXAMPLE")));
	assert_true(dm_bytes_ends_with_folded(name, name));
	assert_true(dm_bytes_ends_with_folded(name, nothing));
	assert_true(dm_bytes_ends_with_folded(nothing, nothing));
	assert_false(dm_bytes_ends_with_folded(name, DM_BYTES_LITERAL("x.nas.visited.example")));
	assert_false(dm_bytes_ends_with_folded(name, DM_BYTES_LITERAL("example.")));
}

static void hashes_follow_octets_and_seed(void **state)
{
	struct dm_bytes upper = DM_BYTES_LITERAL("HOME"), lower = DM_BYTES_LITERAL("home");

	(void)state;
	assert_true(dm_bytes_hash(upper, 1) == dm_bytes_hash(DM_BYTES_LITERAL("HOME"), 1));
	assert_true(dm_bytes_hash(upper, 1) != dm_bytes_hash(lower, 1));
	assert_true(dm_bytes_hash(upper, 1) != dm_bytes_hash(upper, 2));
	assert_true(dm_bytes_hash_folded(upper, 1) == dm_bytes_hash_folded(lower, 1));
	assert_true(dm_bytes_hash_folded(upper, 1) == dm_bytes_hash(lower, 1));
	assert_true(dm_number_hash(1, 9) != dm_number_hash(2, 9));
	assert_true(dm_number_hash(1, 9) != dm_number_hash(1, 8));
}

/* RFC 3629: the first and last of each length are well-formed, the neighbours are not. */
static void utf8_has_exact_edges(void **state)
{
	(void)state;
	assert_true(is_utf8("", 0));
	assert_true(dm_bytes_is_utf8(nothing));
	assert_true(is_utf8("\x00", 1));
	assert_true(is_utf8("\x7f", 1));
	assert_true(is_utf8("\xc2\x80", 2));
	assert_true(is_utf8("\xdf\xbf", 2));
	assert_true(is_utf8("\xe0\xa0\x80", 3));
	assert_true(is_utf8("\xed\x9f\xbf", 3));
	assert_true(is_utf8("\xee\x80\x80", 3));
	assert_true(is_utf8("\xef\xbf\xbf", 3));
	assert_true(is_utf8("\xf0\x90\x80\x80", 4));
	assert_true(is_utf8("\xf4\x8f\xbf\xbf", 4));
	assert_false(is_utf8("\xc0\x80", 2));
	assert_false(is_utf8("\xc1\xbf", 2));
	assert_false(is_utf8("\xe0\x9f\xbf", 3));
	assert_false(is_utf8("\xed\xa0\x80", 3));
	assert_false(is_utf8("\xed\xbf\xbf", 3));
	assert_false(is_utf8("\xf0\x8f\xbf\xbf", 4));
	assert_false(is_utf8("\xf4\x90\x80\x80", 4));
	assert_false(is_utf8("\xf8\x88\x80\x80\x80", 5));
}

static void utf8_needs_its_continuation(void **state)
{
	static const char euro[] = "a\xe2\x82\xac";

	(void)state;
	for (size_t size = 0; size <= 4; size++)
		assert_int_equal(is_utf8(euro, size), size < 2 || size == 4);
	for (unsigned octet = 0x80; octet < 0x100; octet++) {
		char alone[2] = { (char)octet, 'a' };

		assert_false(is_utf8(alone, 1));
		assert_false(is_utf8(alone, 2));
	}
	assert_false(is_utf8("\xe2\x28\xac", 3));
	assert_false(is_utf8("\xe2\x82\x28", 3));
	assert_false(is_utf8("\xc2\xc2\x80", 3));
}

/* Every code point, encoded here by hand, is taken whole; every surrogate is refused. */
static void every_code_point_is_read(void **state)
{
	(void)state;
	for (uint32_t point = 0x800; point <= 0x10ffff; point += point < 0x10000 ? 1 : 37) {
		uint8_t three[] = { (uint8_t)(0xe0 | point >> 12),
			            (uint8_t)(0x80 | (point >> 6 & 0x3f)),
			            (uint8_t)(0x80 | (point & 0x3f)) };
		uint8_t four[] = { (uint8_t)(0xf0 | point >> 18),
			           (uint8_t)(0x80 | (point >> 12 & 0x3f)), three[1], three[2] };
		bool wide = point > 0xffff;
		struct dm_bytes octets = wide ? dm_bytes_of(four, 4) : dm_bytes_of(three, 3);
		uint32_t read = 0;
		size_t taken = dm_bytes_utf8_next(octets, &read);

		if (point >= 0xd800 && point <= 0xdfff) {
			assert_int_equal(taken, 0);
			continue;
		}
		assert_int_equal(taken, octets.size);
		assert_int_equal(read, point);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(equality_is_of_octets_and_size),
		cmocka_unit_test(order_is_of_octets_and_a_prefix_is_first),
		cmocka_unit_test(folding_is_of_ascii_letters_alone),
		cmocka_unit_test(every_place_of_a_key_counts),
		cmocka_unit_test(an_end_is_found_folded),
		cmocka_unit_test(hashes_follow_octets_and_seed),
		cmocka_unit_test(utf8_has_exact_edges),
		cmocka_unit_test(utf8_needs_its_continuation),
		cmocka_unit_test(every_code_point_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
