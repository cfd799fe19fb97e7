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

int dm_bytes_compare_folded(struct dm_bytes a, struct dm_bytes b)
{
	size_t shared = a.size < b.size ? a.size : b.size;

	for (size_t i = 0; i < shared; i++) {
		int order = (int)fold(a.at[i]) - (int)fold(b.at[i]);

		if (order)
			return order;
	}
	return compare_size(a.size, b.size);
}

bool dm_bytes_equal_folded(struct dm_bytes a, struct dm_bytes b)
{
	return a.size == b.size && dm_bytes_compare_folded(a, b) == 0;
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

/* A seeded FNV-1a with a final mix: cheap for the short keys that Diameter has. */
uint64_t dm_bytes_hash(struct dm_bytes a, uint64_t seed)
{
	uint64_t hash = 0xcbf29ce484222325ULL ^ seed;

	for (size_t i = 0; i < a.size; i++)
		hash = (hash ^ a.at[i]) * 0x100000001b3ULL;
	return dm_number_hash(hash, 0);
}

uint64_t dm_bytes_hash_folded(struct dm_bytes a, uint64_t seed)
{
	uint64_t hash = 0xcbf29ce484222325ULL ^ seed;

	for (size_t i = 0; i < a.size; i++)
		hash = (hash ^ fold(a.at[i])) * 0x100000001b3ULL;
	return dm_number_hash(hash, 0);
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
