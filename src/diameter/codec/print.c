/* SPDX-License-Identifier: Apache-2.0 */
#include "walk.h"

struct printer {
	const struct dm_dictionary *dictionary;
	struct dm_text *out;
};

static void indent(struct dm_text *out, int depth)
{
	dm_text_add(out, "%*s", 2 * depth + 2, "");
}

static void print_header(const struct dm_header *header, const struct dm_command_entry *entry,
                         struct dm_bytes wire, void *context)
{
	static const char letters[] = "RPET";
	const struct printer *printer = context;
	struct dm_text *out = printer->out;

	if (entry)
		dm_text_add(out, "%s (%s)", entry->command->name, entry->command->abbreviation);
	else
		dm_text_add(out, "%s %u", header->flags & DM_FLAG_R ? "Request" : "Answer",
		            header->command_code);
	dm_text_add(out, ": application %u, flags ", header->application_id);
	for (int i = 0; i < 4; i++)
		dm_text_add(out, "%c", header->flags & DM_FLAG_R >> i ? letters[i] : '-');
	dm_text_add(out, ", hop-by-hop 0x%08x, end-to-end 0x%08x, %u octets", header->hop_by_hop_id,
	            header->end_to_end_id, header->length);
	if (header->version != 1)
		dm_text_add(out, ", version %u", header->version);
	if (header->length != wire.size)
		dm_text_add(out, " (%zu are there)", wire.size);
	dm_text_add(out, "\n");
}

/* The M bit, where it is not the one that the definition says. */
static void print_flags(const struct dm_walk_avp *item, struct dm_text *out)
{
	bool mandatory = item->raw.flags & DM_AVP_FLAG_M;

	if (!item->avp && mandatory)
		dm_text_add(out, " [M]");
	if (item->avp && mandatory != !!(item->avp->flags & DM_AVP_FLAG_M))
		dm_text_add(out, mandatory ? " [M set]" : " [M clear]");
}

static void print_avp(const struct dm_walk_avp *item, void *context)
{
	const struct printer *printer = context;
	struct dm_text *out = printer->out;

	indent(out, item->depth);
	dm_avp_name_text(item->avp, &item->raw, out);
	print_flags(item, out);
	dm_text_add(out, ":");
	if (!item->members) {
		dm_text_add(out, " ");
		dm_value_text(printer->dictionary, item->avp, item->raw.data, out);
	}
	dm_text_add(out, "\n");
}

/* No more than a header of it: there may be a secret behind. */
static void print_broken(struct dm_bytes rest, const char *why, uint16_t depth, void *context)
{
	const struct printer *printer = context;
	struct dm_text *out = printer->out;
	size_t size = rest.size < 8 ? rest.size : 8;

	indent(out, depth);
	dm_text_add(out, "broken: the AVP here %s: 0x", why);
	dm_text_hex(out, dm_bytes_of(rest.at, size));
	if (rest.size > size)
		dm_text_add(out, " and %zu octets", rest.size - size);
	dm_text_add(out, "\n");
}

void dm_print(const struct dm_dictionary *dictionary, struct dm_bytes wire, struct dm_text *out)
{
	static const struct dm_walk_visitor visitor = {
		.header = print_header,
		.avp = print_avp,
		.broken = print_broken,
	};
	struct printer printer = { .dictionary = dictionary, .out = out };

	dm_walk(dictionary, wire, &visitor, &printer);
}
