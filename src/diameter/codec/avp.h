/* SPDX-License-Identifier: Apache-2.0 */
/*
 * avp: the header of one AVP, read and written (RFC 6733 4.1). Internal to the codec.
 *
 * Every walk over AVPs, strict or lenient, reads them here, so that all agree on what a broken one
 * is. Nothing is known of types or grammars.
 */
#ifndef DM_CODEC_AVP_H
#define DM_CODEC_AVP_H

#include "base/cursor.h"
#include "base/writer.h"
#include "types.h"

#define DM_AVP_LENGTH_LIMIT ((size_t)0xffffff)

enum dm_avp_shape {
	DM_AVP_WHOLE,
	DM_AVP_CUT,      /* the octets end inside the header */
	DM_AVP_SHORT,    /* AVP Length below the size of its own header */
	DM_AVP_LONG,     /* AVP Length beyond the end */
	DM_AVP_UNPADDED, /* the padding is beyond the end */
};

static inline size_t dm_avp_head_size(uint8_t flags)
{
	return flags & DM_AVP_FLAG_V ? 12 : 8;
}

static inline size_t dm_avp_padded(size_t size)
{
	return (size + 3) & ~(size_t)3;
}

/* dm_avp_read of an AVP that is not whole. */
enum dm_avp_shape dm_avp_read_broken(struct dm_cursor *cursor, struct dm_raw_avp *avp);

/*
 * Reads the AVP at a cursor that is not at its end. Of a broken one, `avp` receives the header as
 * far as it goes, zeros behind, and (unless only the padding lacks) no data; the cursor is failed.
 * `flags` keeps V as it came.
 */
static inline enum dm_avp_shape dm_avp_read(struct dm_cursor *cursor, struct dm_raw_avp *avp)
{
	struct dm_bytes octets = dm_cursor_peek(cursor, 8);
	size_t length, head;
	uint8_t flags;

	if (octets.size == 0)
		return dm_avp_read_broken(cursor, avp);
	flags = octets.at[4];
	length = dm_load_u32(octets.at + 4) & DM_AVP_LENGTH_LIMIT;
	head = dm_avp_head_size(flags);
	octets = dm_cursor_peek(cursor, dm_avp_padded(length));
	if (length < head || octets.size == 0)
		return dm_avp_read_broken(cursor, avp);
	dm_cursor_take(cursor, octets.size);
	avp->code = dm_load_u32(octets.at);
	avp->vendor = head > 8 ? dm_load_u32(octets.at + 8) : 0;
	avp->data = dm_bytes_of(octets.at + head, length - head);
	avp->flags = flags;
	return DM_AVP_WHOLE;
}

/* The header for `size` octets of data. V is written as `flags` says, with vendor 0 if need be. */
static inline void dm_avp_write_head(struct dm_writer *writer, const struct dm_raw_avp *avp,
                                     size_t size)
{
	size_t head = dm_avp_head_size(avp->flags);

	if (size > DM_AVP_LENGTH_LIMIT - head) {
		writer->failed = true;
		return;
	}
	dm_writer_u32(writer, avp->code);
	dm_writer_u8(writer, avp->flags);
	dm_writer_u24(writer, (uint32_t)(head + size));
	if (avp->flags & DM_AVP_FLAG_V)
		dm_writer_u32(writer, avp->vendor);
}

/* Header, data and padding. */
static inline void dm_avp_write(struct dm_writer *writer, const struct dm_raw_avp *avp)
{
	dm_avp_write_head(writer, avp, avp->data.size);
	dm_writer_bytes(writer, avp->data);
	dm_writer_zeros(writer, dm_avp_padded(avp->data.size) - avp->data.size);
}

#endif
