/* SPDX-License-Identifier: Apache-2.0 */
#include "walk.h"

#include "avp.h"
#include "plan.h"

/* Groups deeper than that are shown as octets. */
#define DEPTH_LIMIT 16

struct walk {
	const struct dm_dictionary *dictionary;
	const struct dm_walk_visitor *visitor;
	void *context;
};

const char *dm_avp_shape_text(int shape)
{
	switch (shape) {
	case DM_AVP_CUT:
		return "is cut off inside its header";
	case DM_AVP_SHORT:
		return "has a length below that of its header";
	case DM_AVP_LONG:
		return "has a length beyond the end of what holds it";
	default:
		return "lacks its padding";
	}
}

static void walk_level(const struct walk *walk, struct dm_cursor cursor, uint16_t depth)
{
	while (dm_cursor_left(&cursor)) {
		struct dm_cursor start = cursor;
		struct dm_walk_avp item = { .depth = depth };
		enum dm_avp_shape shape = dm_avp_read(&cursor, &item.raw);

		if (shape != DM_AVP_WHOLE) {
			if (walk->visitor->broken)
				walk->visitor->broken(dm_cursor_rest(&start),
				                      dm_avp_shape_text(shape), depth,
				                      walk->context);
			return;
		}
		item.avp = dm_dictionary_avp(walk->dictionary, item.raw.code, item.raw.vendor);
		item.members = item.avp && item.avp->group && depth + 1 < DEPTH_LIMIT;
		if (walk->visitor->avp)
			walk->visitor->avp(&item, walk->context);
		if (!item.members)
			continue;
		walk_level(walk, dm_cursor_of(item.raw.data), (uint16_t)(depth + 1));
		if (walk->visitor->leave)
			walk->visitor->leave(&item, walk->context);
	}
}

static const struct dm_command_entry *find_entry(const struct dm_dictionary *dictionary,
                                                 const struct dm_header *header)
{
	bool request = header->flags & DM_FLAG_R;
	const struct dm_command_entry *entry = dm_dictionary_command(
		dictionary, header->application_id, header->command_code, request);

	/* People want to see which command it is, even of an application that is not known. */
	if (!entry)
		entry = dm_dictionary_command(dictionary, 0, header->command_code, request);
	return entry;
}

void dm_walk(const struct dm_dictionary *dictionary, struct dm_bytes wire,
             const struct dm_walk_visitor *visitor, void *context)
{
	struct walk walk = { .dictionary = dictionary, .visitor = visitor, .context = context };
	struct dm_cursor cursor = dm_cursor_of(wire);
	struct dm_header header = dm_header_read(wire);

	dm_cursor_take(&cursor, DM_HEADER_SIZE);
	if (cursor.failed) {
		if (visitor->broken)
			visitor->broken(wire, "is shorter than a message header", 0, context);
		return;
	}
	if (visitor->header)
		visitor->header(&header, find_entry(dictionary, &header), wire, context);
	walk_level(&walk, cursor, 0);
}
