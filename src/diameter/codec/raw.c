/* SPDX-License-Identifier: Apache-2.0 */
#include "raw.h"

#include "avp.h"

#include <errno.h>

bool dm_raw_next(struct dm_cursor *cursor, struct dm_raw_avp *avp, struct dm_bytes *whole)
{
	const uint8_t *start = cursor->at;

	if (cursor->failed || dm_cursor_left(cursor) == 0)
		return false;
	if (dm_avp_read(cursor, avp) != DM_AVP_WHOLE)
		return false;
	if (whole)
		*whole = dm_bytes_of(start, (size_t)(cursor->at - start));
	return true;
}

struct dm_cursor dm_raw_avps(struct dm_bytes message)
{
	struct dm_cursor cursor = dm_cursor_of(message);

	dm_cursor_take(&cursor, DM_HEADER_SIZE);
	return cursor;
}

bool dm_raw_find(struct dm_bytes message, uint32_t code, uint32_t vendor, struct dm_raw_avp *avp)
{
	struct dm_cursor cursor = dm_raw_avps(message);

	while (dm_raw_next(&cursor, avp, NULL)) {
		if (avp->code == code && avp->vendor == vendor)
			return true;
	}
	return false;
}

void dm_raw_write(struct dm_writer *out, const struct dm_raw_avp *avp)
{
	struct dm_raw_avp written = *avp;

	written.flags &= (uint8_t)~DM_AVP_FLAG_V;
	if (avp->vendor)
		written.flags |= DM_AVP_FLAG_V;
	dm_avp_write(out, &written);
}

/* The place of an AVP in a list of the edit, or `count`. */
static size_t place_in(const struct dm_raw_avp *list, size_t count, const struct dm_raw_avp *avp)
{
	size_t i = 0;

	while (i < count && (list[i].code != avp->code || list[i].vendor != avp->vendor))
		i++;
	return i;
}

/* `replaced` has a bit for each entry of edit->replace that has been used. */
static void rewrite_avp(const struct dm_raw_edit *edit, const struct dm_raw_avp *avp,
                        struct dm_bytes whole, uint64_t *replaced, struct dm_writer *out)
{
	size_t place;

	if (place_in(edit->remove, edit->remove_count, avp) < edit->remove_count)
		return;
	place = place_in(edit->replace, edit->replace_count, avp);
	if (place == edit->replace_count || (*replaced & UINT64_C(1) << place)) {
		dm_writer_bytes(out, whole);
		return;
	}
	*replaced |= UINT64_C(1) << place;
	dm_raw_write(out, &edit->replace[place]);
}

static void rewrite_header(struct dm_bytes message, const struct dm_raw_edit *edit,
                           struct dm_writer *out)
{
	struct dm_header header = dm_header_read(message);

	header.flags |= edit->set_flags;
	if (edit->hop_by_hop_id)
		header.hop_by_hop_id = *edit->hop_by_hop_id;
	dm_header_write(out, &header);
}

int dm_raw_rewrite(struct dm_bytes message, const struct dm_raw_edit *edit, struct dm_writer *out)
{
	struct dm_cursor cursor = dm_raw_avps(message);
	size_t start = out->size;
	uint64_t replaced = 0;
	struct dm_raw_avp avp;
	struct dm_bytes whole;

	if (cursor.failed || edit->replace_count > DM_RAW_REPLACE_LIMIT)
		return -EINVAL;
	rewrite_header(message, edit, out);
	while (dm_raw_next(&cursor, &avp, &whole))
		rewrite_avp(edit, &avp, whole, &replaced, out);
	for (size_t i = 0; i < edit->append_count; i++)
		dm_raw_write(out, &edit->append[i]);
	if (cursor.failed || out->failed || out->size - start > DM_AVP_LENGTH_LIMIT) {
		out->size = start;
		return cursor.failed ? -EINVAL : -EMSGSIZE;
	}
	dm_writer_patch(out, start + 1, out->size - start, 3);
	return 0;
}
