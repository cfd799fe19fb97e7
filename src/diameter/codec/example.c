/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Examples of every message, made of the tables: one sound value per type.
 */
#include "avp.h"
#include "dict/base.dia.h"
#include "message.h"
#include "plan.h"
#include "value.h"

#include <errno.h>

#define GROUP_DEPTH 8 /* optional groups below it are left out */

struct example {
	const struct dm_dictionary *dictionary;
	uint32_t application_id; /* for Auth- and Acct-Application-Id */
	bool maximal;
	struct dm_writer *out;
};

static const uint8_t address6[16] = { 0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 5 };
static const uint8_t address4[4] = { 192, 0, 2, 5 };

static bool ends_with(const char *name, const char *end)
{
	return dm_bytes_ends_with_folded(dm_bytes_text(name), dm_bytes_text(end));
}

static struct dm_bytes example_text(const struct dm_known_avp *known, size_t nth)
{
	if (known->code == DM_AVP_SESSION_ID && !known->vendor)
		return dm_bytes_text("nas1.example.org;3349150000;1");
	return dm_bytes_text(nth ? "a second example" : "an example");
}

static struct dm_bytes example_identity(const struct dm_known_avp *known, size_t nth)
{
	if (ends_with(known->avp->name, "Realm"))
		return dm_bytes_text(nth ? "example.net" : "example.org");
	return dm_bytes_text(nth ? "server2.example.net" : "nas1.example.org");
}

static struct dm_bytes example_uri(size_t nth)
{
	return dm_bytes_text(
		nth ? "aaas://server2.example.net"
		    : "aaa://server1.example.net:3868;transport=tcp;protocol=diameter");
}

static struct dm_bytes example_rule(size_t nth)
{
	return dm_bytes_text(nth ? "deny out ip from any to assigned"
	                         : "permit in 6 from assigned to 2001:db8::/32 80,443 setup");
}

/* The octets of the sizes that addresses and prefixes have; anything else counts up. */
static struct dm_bytes example_octets(const struct dm_known_avp *known, uint8_t room[64])
{
	size_t size = known->avp->fixed_size ? known->avp->fixed_size : 8;

	if (size > 64)
		size = 64;
	for (size_t i = 0; i < size; i++)
		room[i] = (uint8_t)i;
	if (size >= 16 && size <= 18)
		memcpy(room + size - 16, address6, 16);
	if (size == 4)
		memcpy(room, address4, 4);
	if (size == 17) {
		room[0] = 64;
		memset(room + 9, 0, 8);
	}
	if (size == 18)
		room[1] = 64;
	return dm_bytes_of(room, size);
}

static int32_t example_enumerated(const struct dm_known_avp *known, size_t nth)
{
	const struct dm_avp *avp = known->avp;

	return avp->value_count ? avp->values[nth % avp->value_count].value : 0;
}

static struct dm_address example_address(size_t nth)
{
	if (nth)
		return (struct dm_address){ DM_ADDRESS_IPV4, dm_bytes_of(address4, 4) };
	return (struct dm_address){ DM_ADDRESS_IPV6, dm_bytes_of(address6, 16) };
}

static uint32_t example_number(const struct example *example, const struct dm_known_avp *known,
                               size_t nth)
{
	if (known->names_application)
		return example->application_id;
	if (known->code == DM_AVP_RESULT_CODE && !known->vendor)
		return DM_RESULT_DIAMETER_SUCCESS;
	return 300 + (uint32_t)nth;
}

static void write_value(const struct example *example, const struct dm_known_avp *known, size_t nth)
{
	union dm_value value = { 0 };
	uint8_t room[64];

	switch ((enum dm_type)known->type) {
	case DM_TYPE_OCTET_STRING:
		value.octets = example_octets(known, room);
		break;
	case DM_TYPE_UTF8_STRING:
		value.octets = example_text(known, nth);
		break;
	case DM_TYPE_DIAMETER_IDENTITY:
		value.octets = example_identity(known, nth);
		break;
	case DM_TYPE_DIAMETER_URI:
		value.octets = example_uri(nth);
		break;
	case DM_TYPE_IP_FILTER_RULE:
		value.octets = example_rule(nth);
		break;
	case DM_TYPE_ADDRESS:
		value.address = example_address(nth);
		break;
	case DM_TYPE_ENUMERATED:
		value.integer32 = example_enumerated(known, nth);
		break;
	case DM_TYPE_FLOAT32:
		value.float32 = 1.5F;
		break;
	case DM_TYPE_FLOAT64:
		value.float64 = -1.5;
		break;
	case DM_TYPE_TIME:
		value.integer64 = INT64_C(1140000000) + (int64_t)nth;
		break;
	case DM_TYPE_INTEGER32:
		value.integer32 = -1 - (int32_t)nth;
		break;
	case DM_TYPE_INTEGER64:
		value.integer64 = -1 - (int64_t)nth;
		break;
	case DM_TYPE_UNSIGNED64:
		value.unsigned64 = 1 + nth;
		break;
	default:
		value.unsigned32 = example_number(example, known, nth);
	}
	(void)dm_value_write(known, &value, example->out);
}

static void write_members(const struct example *example, const struct dm_plan *plan, int depth);

static void write_avp(const struct example *example, const struct dm_known_avp *known, size_t nth,
                      int depth)
{
	size_t start = example->out->size;

	if (!known->plan) {
		write_value(example, known, nth);
		return;
	}
	dm_writer_bytes(example->out, dm_bytes_of(known->head, known->head_size));
	write_members(example, known->plan, depth + 1);
	dm_writer_patch(example->out, start + 5, example->out->size - start, 3);
}

static size_t example_count(const struct example *example, const struct dm_plan_field *field,
                            int depth)
{
	size_t wanted = field->min;

	if (example->maximal && depth < GROUP_DEPTH && wanted < 2)
		wanted = 2;
	return wanted < field->max ? wanted : field->max;
}

/* A group of nothing but AVPs (Failed-AVP) has one in every example. */
static void write_others(const struct example *example, const struct dm_plan *plan)
{
	const struct dm_known_avp *known[2];
	size_t room = example->maximal ? 2 : plan->count == 0;
	size_t count = dm_dictionary_unlisted(example->dictionary, plan, known, room);

	for (size_t i = 0; i < count; i++)
		write_value(example, known[i], 0);
}

static void write_members(const struct example *example, const struct dm_plan *plan, int depth)
{
	for (uint16_t i = 0; i < plan->count; i++) {
		const struct dm_plan_field *field = &plan->fields[i];
		size_t count = example_count(example, field, depth);

		for (size_t nth = 0; nth < count; nth++)
			write_avp(example, field->known, nth, depth);
	}
	if (plan->group->other)
		write_others(example, plan);
}

static struct dm_header example_header(const struct dm_command_entry *entry)
{
	const struct dm_command *command = entry->command;
	struct dm_header header = {
		.version = 1,
		.command_code = entry->code,
		.application_id = entry->application_id,
		.hop_by_hop_id = 0x01020304,
		.end_to_end_id = 0x05060708,
	};

	header.flags =
		(uint8_t)((command->request ? DM_FLAG_R : 0) |
	                  (command->proxiable ? DM_FLAG_P : 0) | (command->error ? DM_FLAG_E : 0));
	/* The answer-message answers any command. */
	if (command->error)
		header.command_code = DM_COMMAND_DWR;
	return header;
}

int dm_example(const struct dm_dictionary *dictionary, const struct dm_command *command,
               bool maximal, struct dm_writer *out)
{
	const struct dm_command_entry *entry = dm_dictionary_entry(dictionary, command);
	struct example example = { .dictionary = dictionary, .maximal = maximal, .out = out };
	size_t start = out->size;
	struct dm_header header;

	if (!entry)
		return -ENOENT;
	header = example_header(entry);
	example.application_id = entry->application_id;
	dm_header_write(out, &header);
	write_members(&example, dm_entry_plan(entry), 0);
	if (out->failed || out->size - start > DM_AVP_LENGTH_LIMIT) {
		out->size = start;
		return -EMSGSIZE;
	}
	dm_writer_patch(out, start + 1, out->size - start, 3);
	return 0;
}
