/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cursor.h"
#include "message.h"

struct dm_header dm_header_read(struct dm_bytes wire)
{
	struct dm_cursor cursor = dm_cursor_of(wire);
	uint32_t first = dm_cursor_u32(&cursor);
	uint32_t second = dm_cursor_u32(&cursor);
	struct dm_header header = {
		.version = (uint8_t)(first >> 24),
		.length = first & 0xffffff,
		.flags = (uint8_t)(second >> 24),
		.command_code = second & 0xffffff,
	};

	header.application_id = dm_cursor_u32(&cursor);
	header.hop_by_hop_id = dm_cursor_u32(&cursor);
	header.end_to_end_id = dm_cursor_u32(&cursor);
	return header;
}

void dm_header_write(struct dm_writer *writer, const struct dm_header *header)
{
	uint8_t *at = dm_writer_extend(writer, DM_HEADER_SIZE);

	if (!at)
		return;
	dm_store_u32(at, (uint32_t)header->version << 24 | (header->length & 0xffffff));
	dm_store_u32(at + 4, (uint32_t)header->flags << 24 | (header->command_code & 0xffffff));
	dm_store_u32(at + 8, header->application_id);
	dm_store_u32(at + 12, header->hop_by_hop_id);
	dm_store_u32(at + 16, header->end_to_end_id);
}
