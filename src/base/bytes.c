/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bytes.h"

static uint8_t fold(uint8_t octet)
{
	return octet >= 'A' && octet <= 'Z' ? octet | 0x20 : octet;
}

static int compare_size(size_t a, size_t b)
{
	return (a > b) - (a < b);
}

int dm_bytes_compare(struct dm_bytes a, struct dm_bytes b)
{
	size_t shared = a.size < b.size ? a.size : b.size;
	int order = shared ? memcmp(a.at, b.at, shared) : 0;

	return order ? order : compare_size(a.size, b.size);
}

/* ---- eight octets at a time: keys are compared and hashed several times for each message ---- */

#define WORD        sizeof(uint64_t)
#define EACH(octet) ((octet)*UINT64_C(0x0101010101010101))

static uint64_t load(const uint8_t *at, size_t size)
{
	uint64_t word = 0;

	memcpy(&word, at, size);
	return word;
}

/* Each octet of the word folded: those that are ASCII, from 'A' on and not beyond 'Z'. */
static uint64_t fold_word(uint64_t word)
{
	uint64_t seven = word & EACH(0x7f);
	uint64_t from_a = seven + EACH(0x80 - 'A');
	uint64_t beyond_z = seven + EACH(0x7f - 'Z');
	uint64_t upper = (from_a ^ beyond_z) & ~word & EACH(0x80);

	return word | upper >> 2;
}

/* Of the first `size` octets how many are surely the same, folded: whole words of them. */
static size_t same_words(const uint8_t *a, const uint8_t *b, size_t size)
{
	size_t at = 0;

	while (size - at >= WORD && fold_word(load(a + at, WORD)) == fold_word(load(b + at, WORD)))
		at += WORD;
	return at;
}

int dm_bytes_compare_folded(struct dm_bytes a, struct dm_bytes b)
{
	size_t shared = a.size < b.size ? a.size : b.size;

	for (size_t i = same_words(a.at, b.at, shared); i < shared; i++) {
		int order = (int)fold(a.at[i]) - (int)fold(b.at[i]);

		if (order)
			return order;
	}
	return compare_size(a.size, b.size);
}

bool dm_bytes_equal_folded(struct dm_bytes a, struct dm_bytes b)
{
	size_t at;

	if (a.size != b.size)
		return false;
	at = same_words(a.at, b.at, a.size);
	if (a.size - at >= WORD)
		return false;
	return a.size == at ||
	       fold_word(load(a.at + at, a.size - at)) == fold_word(load(b.at + at, b.size - at));
}

bool dm_bytes_ends_with_folded(struct dm_bytes a, struct dm_bytes end)
{
	if (!end.size)
		return true;
	if (a.size < end.size)
		return false;
	return dm_bytes_equal_folded(dm_bytes_of(a.at + (a.size - end.size), end.size), end);
}

/* Each step can be undone (the factor is odd), so no two numbers meet. */
uint64_t dm_number_hash(uint64_t number, uint64_t seed)
{
	uint64_t hash = number ^ seed;

	hash ^= hash >> 33;
	hash *= 0xff51afd7ed558ccdULL;
	hash ^= hash >> 33;
	return hash;
}

/* Both halves of the product count, so each bit of the word reaches each bit of the hash. */
static uint64_t mix(uint64_t hash, uint64_t word)
{
	unsigned __int128 product = (unsigned __int128)(hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* The size goes in first: a tail is filled up with zeros. */
static uint64_t begin_hash(struct dm_bytes a, uint64_t seed)
{
	return mix(seed ^ UINT64_C(0xcbf29ce484222325), a.size);
}

uint64_t dm_bytes_hash(struct dm_bytes a, uint64_t seed)
{
	uint64_t hash = begin_hash(a, seed);

	for (; a.size >= WORD; a = dm_bytes_of(a.at + WORD, a.size - WORD))
		hash = mix(hash, load(a.at, WORD));
	if (a.size)
		hash = mix(hash, load(a.at, a.size));
	return dm_number_hash(hash, seed);
}

uint64_t dm_bytes_hash_folded(struct dm_bytes a, uint64_t seed)
{
	uint64_t hash = begin_hash(a, seed);

	for (; a.size >= WORD; a = dm_bytes_of(a.at + WORD, a.size - WORD))
		hash = mix(hash, fold_word(load(a.at, WORD)));
	if (a.size)
		hash = mix(hash, fold_word(load(a.at, a.size)));
	return dm_number_hash(hash, seed);
}

/* How many continuation octets follow `lead`, and the smallest code point that may need them. */
static int sequence(uint8_t lead, uint32_t *point, uint32_t *smallest)
{
	if (lead < 0x80) {
		*point = lead;
		*smallest = 0;
		return 0;
	}
	if ((lead & 0xe0) == 0xc0) {
		*point = lead & 0x1f;
		*smallest = 0x80;
		return 1;
	}
	if ((lead & 0xf0) == 0xe0) {
		*point = lead & 0x0f;
		*smallest = 0x800;
		return 2;
	}
	if ((lead & 0xf8) == 0xf0) {
		*point = lead & 0x07;
		*smallest = 0x10000;
		return 3;
	}
	return -1;
}

static bool is_scalar(uint32_t point, uint32_t smallest)
{
	return point >= smallest && point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
}

size_t dm_bytes_utf8_next(struct dm_bytes a, uint32_t *point)
{
	uint32_t smallest;
	int more = a.size ? sequence(a.at[0], point, &smallest) : -1;

	if (more < 0 || a.size - 1 < (size_t)more)
		return 0;
	for (int i = 1; i <= more; i++) {
		if ((a.at[i] & 0xc0) != 0x80)
			return 0;
		*point = *point << 6 | (a.at[i] & 0x3f);
	}
	return is_scalar(*point, smallest) ? (size_t)more + 1 : 0;
}

bool dm_bytes_is_utf8(struct dm_bytes a)
{
	while (a.size) {
		uint32_t point;
		size_t taken = dm_bytes_utf8_next(a, &point);

		if (!taken)
			return false;
		a = dm_bytes_of(a.at + taken, a.size - taken);
	}
	return true;
}
