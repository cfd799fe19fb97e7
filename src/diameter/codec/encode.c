/* SPDX-License-Identifier: Apache-2.0 */
#include "avp.h"
#include "message.h"
#include "plan.h"
#include "raw.h"
#include "value.h"

#include <errno.h>

static int encode_members(const struct dm_plan *plan, const void *body, struct dm_writer *out);

static int encode_grouped(const struct dm_known_avp *known, const void *group,
                          struct dm_writer *out)
{
	size_t start = out->size;
	int error;

	if (!group)
		return -EINVAL;
	dm_writer_bytes(out, dm_bytes_of(known->head, known->head_size));
	error = encode_members(known->plan, group, out);
	if (error || out->failed)
		return error;
	if (out->size - start > DM_AVP_LENGTH_LIMIT)
		return -EMSGSIZE;
	dm_writer_patch(out, start + 5, out->size - start, 3);
	return 0;
}

static int encode_value(const struct dm_plan_field *field, const void *body, struct dm_writer *out)
{
	if (!field->min && !((const bool *)body)[field->has])
		return 0;
	return dm_value_write(field->known, (const uint8_t *)body + field->offset, out);
}

static int encode_group(const struct dm_plan_field *field, const void *body, struct dm_writer *out)
{
	const void *group;

	memcpy(&group, (const uint8_t *)body + field->offset, sizeof(group));
	if (!field->min && !group)
		return 0;
	return encode_grouped(field->known, group, out);
}

static int encode_list(const struct dm_plan_field *field, const void *body, struct dm_writer *out)
{
	const struct dm_known_avp *known = field->known;
	size_t size =
		known->plan ? known->plan->group->size : dm_value_room((enum dm_type)known->type);
	struct dm_any_list list;
	int error = 0;

	memcpy(&list, (const uint8_t *)body + field->offset, sizeof(list));
	if (list.count < field->min || (field->max != DM_UNBOUNDED && list.count > field->max))
		return -EINVAL;
	if (!list.count)
		return 0;
	size = known->plan ? known->plan->group->size : dm_value_room((enum dm_type)known->type);
	for (size_t i = 0; i < list.count && !error; i++) {
		const uint8_t *element = (const uint8_t *)list.at + i * size;

		error = known->plan ? encode_grouped(known, element, out)
		                    : dm_value_write(known, element, out);
	}
	return error;
}

static void encode_others(const struct dm_plan *plan, const void *body, struct dm_writer *out)
{
	struct dm_raw_avp_list list;

	memcpy(&list, (const uint8_t *)body + plan->group->other_offset, sizeof(list));
	for (size_t i = 0; i < list.count; i++)
		dm_raw_write(out, &list.at[i]);
}

static int encode_members(const struct dm_plan *plan, const void *body, struct dm_writer *out)
{
	const struct dm_plan_field *end = plan->fields + plan->count;
	int error = 0;

	for (const struct dm_plan_field *field = plan->fields; field < end && !error; field++) {
		if (field->kind == DM_PLAN_VALUE)
			error = encode_value(field, body, out);
		else if (field->kind == DM_PLAN_LIST)
			error = encode_list(field, body, out);
		else if (field->kind == DM_PLAN_GROUP)
			error = encode_group(field, body, out);
	}
	if (!error && plan->group->other)
		encode_others(plan, body, out);
	return error;
}

/* The header of this command; what the command leaves open comes from `given`. */
static struct dm_header header_for(const struct dm_command_entry *entry,
                                   const struct dm_header *given)
{
	const struct dm_command *command = entry->command;
	struct dm_header header = *given;

	header.version = 1;
	header.length = 0;
	header.flags &= DM_FLAG_E | DM_FLAG_T;
	if (command->request)
		header.flags = (uint8_t)((header.flags & DM_FLAG_T) | DM_FLAG_R |
		                         (command->proxiable ? DM_FLAG_P : 0));
	else
		header.flags = (uint8_t)((header.flags & DM_FLAG_E) | (given->flags & DM_FLAG_P) |
		                         (command->error ? DM_FLAG_E : 0));
	if (!command->error)
		header.command_code = entry->code;
	if (entry->application_id)
		header.application_id = entry->application_id;
	return header;
}

int dm_encode(const struct dm_dictionary *dictionary, const struct dm_command *command,
              const struct dm_header *header, const void *body, struct dm_writer *out)
{
	const struct dm_command_entry *entry = dm_dictionary_entry(dictionary, command);
	size_t start = out->size;
	struct dm_header written;
	int error;

	if (!entry)
		return -ENOENT;
	written = header_for(entry, header);
	dm_header_write(out, &written);
	error = encode_members(dm_entry_plan(entry), body, out);
	if (!error && (out->failed || out->size - start > DM_AVP_LENGTH_LIMIT))
		error = -EMSGSIZE;
	if (error) {
		out->size = start;
		return error;
	}
	dm_writer_patch(out, start + 1, out->size - start, 3);
	return 0;
}

int dm_encode_group(const struct dm_dictionary *dictionary, const struct dm_avp *avp,
                    const void *group, struct dm_writer *out)
{
	const struct dm_known_avp *known = dm_dictionary_known_as(dictionary, avp);
	size_t start = out->size;
	int error;

	if (!known)
		return -ENOENT;
	if (!known->plan)
		return -EINVAL;
	error = encode_grouped(known, group, out);
	if (!error && out->failed)
		error = -EMSGSIZE;
	if (error)
		out->size = start;
	return error;
}
