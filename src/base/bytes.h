/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bytes: a borrowed run of octets.
 *
 * Everything that comes from the network or from a file is length + octets, never a C string: a NUL
 * inside an identity is data. A slice owns nothing; whoever holds the buffer behind it says how
 * long it lives. What is not here: growing (writer.h), ownership (arena.h).
 */
#ifndef DM_BASE_BYTES_H
#define DM_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct dm_bytes {
	const uint8_t *at; /* borrowed; may be NULL when size is 0 */
	size_t size;       /* octets */
};

/* A string literal, or any array whose last octet is a NUL to leave out. */
#define DM_BYTES_LITERAL(text) \
	((struct dm_bytes){ .at = (const uint8_t *)(text), .size = sizeof(text) - 1 })

static inline struct dm_bytes dm_bytes_of(const void *at, size_t size)
{
	return (struct dm_bytes){ .at = at, .size = size };
}

/* The octets of a C string, without its NUL. `text` may be NULL: no octets. */
static inline struct dm_bytes dm_bytes_text(const char *text)
{
	return dm_bytes_of(text, text ? strlen(text) : 0);
}

static inline bool dm_bytes_equal(struct dm_bytes a, struct dm_bytes b)
{
	return a.size == b.size && (a.size == 0 || memcmp(a.at, b.at, a.size) == 0);
}

/* Octet order; a proper prefix sorts first. <0, 0, >0. */
int dm_bytes_compare(struct dm_bytes a, struct dm_bytes b);

/* ASCII letters folded: the comparison of DiameterIdentity (RFC 6733 4.3.1, 5.6.4). */
int dm_bytes_compare_folded(struct dm_bytes a, struct dm_bytes b);
bool dm_bytes_equal_folded(struct dm_bytes a, struct dm_bytes b);

/* True when `a` ends with `end`, ASCII letters folded. */
bool dm_bytes_ends_with_folded(struct dm_bytes a, struct dm_bytes end);

/* 64-bit hash for tables in memory; `seed` per table so that a peer cannot aim at one bucket. */
uint64_t dm_bytes_hash(struct dm_bytes a, uint64_t seed);
uint64_t dm_bytes_hash_folded(struct dm_bytes a, uint64_t seed);
/* The same for a number; one-to-one: different numbers have different hashes under one seed. */
uint64_t dm_number_hash(uint64_t number, uint64_t seed);

/* How many octets the first character takes when it is well-formed UTF-8, else 0; `point` is its
 * code point. */
size_t dm_bytes_utf8_next(struct dm_bytes a, uint32_t *point);

/* True when the octets are well-formed UTF-8 (RFC 3629): no overlong form, no surrogate. */
bool dm_bytes_is_utf8(struct dm_bytes a);

#endif
