/* SPDX-License-Identifier: Apache-2.0 */
/*
 * writer: building wire octets, the counterpart of cursor.h.
 *
 * A writer fills a buffer of the caller (fixed) or grows one of its own up to a limit given at
 * init. The error is sticky: what does not fit sets `failed` and is dropped; the caller asks once,
 * at the end. A length that is known only later is reserved and patched. A message may hold a key:
 * what a growing writer lets go of is wiped.
 */
#ifndef DM_BASE_WRITER_H
#define DM_BASE_WRITER_H

#include "bytes.h"

struct dm_writer {
	uint8_t *at;  /* owned when `grows`, borrowed otherwise */
	size_t size;  /* octets written */
	size_t room;  /* octets allocated */
	size_t limit; /* never more than this */
	bool grows;
	bool failed;
};

/* Over the caller's buffer; fails beyond `room`. */
void dm_writer_init_fixed(struct dm_writer *writer, void *buffer, size_t room);

/* Over a heap buffer that grows up to `limit` octets; release with dm_writer_fini. */
void dm_writer_init(struct dm_writer *writer, size_t limit);
void dm_writer_fini(struct dm_writer *writer);

/* Forget what was written (and the error), keep the buffer. */
void dm_writer_reset(struct dm_writer *writer);

/* dm_writer_extend where the buffer has no room left. */
uint8_t *dm_writer_extend_slowly(struct dm_writer *writer, size_t size);

/* `size` octets to be filled by the caller at once, or NULL and a failed writer. */
static inline uint8_t *dm_writer_extend(struct dm_writer *writer, size_t size)
{
	if (writer->failed || size == 0 || size > writer->room - writer->size)
		return dm_writer_extend_slowly(writer, size);
	writer->size += size;
	return writer->at + writer->size - size;
}

/* A number in network order into octets got from dm_writer_extend. */
static inline void dm_store_u32(uint8_t at[4], uint32_t number)
{
	at[0] = (uint8_t)(number >> 24);
	at[1] = (uint8_t)(number >> 16);
	at[2] = (uint8_t)(number >> 8);
	at[3] = (uint8_t)number;
}

/* Overwrite `octets` octets at `offset`, written before. */
void dm_writer_patch(struct dm_writer *writer, size_t offset, uint64_t number, size_t octets);

/* These are most of what an encoder does: written out, so that the compiler sees constant sizes. */
static inline void dm_writer_bytes(struct dm_writer *writer, struct dm_bytes bytes)
{
	uint8_t *at = dm_writer_extend(writer, bytes.size);

	if (at && bytes.size)
		memcpy(at, bytes.at, bytes.size);
}

static inline void dm_writer_zeros(struct dm_writer *writer, size_t count)
{
	uint8_t *at = count ? dm_writer_extend(writer, count) : NULL;

	if (at)
		memset(at, 0, count);
}

static inline void dm_writer_number(struct dm_writer *writer, uint64_t number, size_t octets)
{
	uint8_t *at = dm_writer_extend(writer, octets);

	if (!at)
		return;
	for (; octets > 0; number >>= 8)
		at[--octets] = (uint8_t)number;
}

static inline void dm_writer_u8(struct dm_writer *writer, uint8_t number)
{
	dm_writer_number(writer, number, 1);
}

static inline void dm_writer_u16(struct dm_writer *writer, uint16_t number)
{
	dm_writer_number(writer, number, 2);
}

static inline void dm_writer_u24(struct dm_writer *writer, uint32_t number)
{
	dm_writer_number(writer, number, 3);
}

static inline void dm_writer_u32(struct dm_writer *writer, uint32_t number)
{
	uint8_t *at = dm_writer_extend(writer, 4);

	if (at)
		dm_store_u32(at, number);
}

static inline void dm_writer_u64(struct dm_writer *writer, uint64_t number)
{
	uint8_t *at = dm_writer_extend(writer, 8);

	if (!at)
		return;
	dm_store_u32(at, (uint32_t)(number >> 32));
	dm_store_u32(at + 4, (uint32_t)number);
}

static inline struct dm_bytes dm_writer_written(const struct dm_writer *writer)
{
	return dm_bytes_of(writer->at, writer->size);
}

#endif
