/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cursor: reading wire octets, the only place that does arithmetic on them.
 *
 * The error is sticky: after a read past the end every further read gives zero and `failed` stays
 * set, so a parser reads ten fields and asks once. An inner structure is read from its own
 * sub-cursor and cannot leave it. Numbers are in network order.
 */
#ifndef DM_BASE_CURSOR_H
#define DM_BASE_CURSOR_H

#include "bytes.h"

struct dm_cursor {
	const uint8_t *at; /* borrowed: next octet */
	const uint8_t *end;
	bool failed;
};

static inline struct dm_cursor dm_cursor_of(struct dm_bytes bytes)
{
	/* No octets may be NULL; a cursor never is: C gives no meaning to NULL + 0. */
	const uint8_t *at = bytes.at ? bytes.at : (const uint8_t *)"";

	return (struct dm_cursor){ .at = at, .end = at + bytes.size };
}

static inline size_t dm_cursor_left(const struct dm_cursor *cursor)
{
	return (size_t)(cursor->end - cursor->at);
}

/* The next `size` octets, or no octets and a failed cursor. */
static inline struct dm_bytes dm_cursor_take(struct dm_cursor *cursor, size_t size)
{
	struct dm_bytes taken = { .at = cursor->at, .size = size };

	if (cursor->failed || size > dm_cursor_left(cursor)) {
		cursor->failed = true;
		return (struct dm_bytes){ 0 };
	}
	cursor->at += size;
	return taken;
}

/* The next `size` octets without taking them; no octets when they are not there. */
static inline struct dm_bytes dm_cursor_peek(const struct dm_cursor *cursor, size_t size)
{
	if (cursor->failed || size > dm_cursor_left(cursor))
		return (struct dm_bytes){ 0 };
	return (struct dm_bytes){ .at = cursor->at, .size = size };
}

static inline struct dm_bytes dm_cursor_rest(struct dm_cursor *cursor)
{
	return dm_cursor_take(cursor, cursor->failed ? 0 : dm_cursor_left(cursor));
}

/* A cursor over the next `size` octets; failed when they are not there. */
static inline struct dm_cursor dm_cursor_sub(struct dm_cursor *cursor, size_t size)
{
	struct dm_cursor sub = dm_cursor_of(dm_cursor_take(cursor, size));

	sub.failed = cursor->failed;
	return sub;
}

static inline uint64_t dm_cursor_number(struct dm_cursor *cursor, size_t octets)
{
	struct dm_bytes taken = dm_cursor_take(cursor, octets);
	uint64_t number = 0;

	for (size_t i = 0; i < taken.size; i++)
		number = number << 8 | taken.at[i];
	return number;
}

/* Written out, so that the compiler makes one load of it: these are most of what a decoder does. */
static inline uint32_t dm_load_u32(const uint8_t at[4])
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static inline uint8_t dm_cursor_u8(struct dm_cursor *cursor)
{
	struct dm_bytes taken = dm_cursor_take(cursor, 1);

	return taken.size ? taken.at[0] : 0;
}

static inline uint16_t dm_cursor_u16(struct dm_cursor *cursor)
{
	struct dm_bytes taken = dm_cursor_take(cursor, 2);

	return taken.size ? (uint16_t)(taken.at[0] << 8 | taken.at[1]) : 0;
}

static inline uint32_t dm_cursor_u24(struct dm_cursor *cursor)
{
	return (uint32_t)dm_cursor_number(cursor, 3);
}

static inline uint32_t dm_cursor_u32(struct dm_cursor *cursor)
{
	struct dm_bytes taken = dm_cursor_take(cursor, 4);

	return taken.size ? dm_load_u32(taken.at) : 0;
}

static inline uint64_t dm_cursor_u64(struct dm_cursor *cursor)
{
	struct dm_bytes taken = dm_cursor_take(cursor, 8);

	if (!taken.size)
		return 0;
	return (uint64_t)dm_load_u32(taken.at) << 32 | dm_load_u32(taken.at + 4);
}

#endif
