/* SPDX-License-Identifier: Apache-2.0 */
#include "avp.h"

/* The header's octets as far as they go, zeros behind (RFC 6733 7.1.5). */
static void read_cut(struct dm_bytes octets, struct dm_raw_avp *avp)
{
	uint8_t head[8] = { 0 };

	if (octets.size)
		memcpy(head, octets.at, octets.size);
	avp->code = dm_load_u32(head);
	avp->flags = head[4];
}

enum dm_avp_shape dm_avp_read_broken(struct dm_cursor *cursor, struct dm_raw_avp *avp)
{
	struct dm_bytes octets = dm_bytes_of(cursor->at, dm_cursor_left(cursor));
	uint32_t word;
	size_t length;

	*avp = (struct dm_raw_avp){ .code = dm_cursor_u32(cursor) };
	word = dm_cursor_u32(cursor);
	if (cursor->failed) {
		read_cut(octets, avp);
		return DM_AVP_CUT;
	}
	avp->flags = (uint8_t)(word >> 24);
	length = word & DM_AVP_LENGTH_LIMIT;
	if (length < dm_avp_head_size(avp->flags)) {
		cursor->failed = true;
		return DM_AVP_SHORT;
	}
	if (avp->flags & DM_AVP_FLAG_V)
		avp->vendor = dm_cursor_u32(cursor);
	avp->data = dm_cursor_take(cursor, length - dm_avp_head_size(avp->flags));
	if (cursor->failed)
		return DM_AVP_LONG;
	/* Only its padding lies beyond the end. */
	cursor->failed = true;
	return DM_AVP_UNPADDED;
}
