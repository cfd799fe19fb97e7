/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/message_json.h"

#include "base/cursor.h"
#include "diameter/codec/walk.h"
#include "dict/base.dia.h"
#include "dict/mip6.dia.h"
#include "mip6/values.h"

#include <stdlib.h>

#define LEVELS     32 /* deeper nesting than any codec accepts */
#define VALUE_ROOM 4096
/* Decoding a message of 16 MiB takes some memory; a message of 64 KiB takes little. */
#define ARENA_LIMIT ((size_t)256 * 1024 * 1024)

struct dm_dictionary *hw_dictionary_new(void)
{
	struct dm_dictionary *dictionary = dm_dictionary_new();

	if (!dictionary)
		return NULL;
	if (dm_dictionary_add(dictionary, &dm_base_grammar, NULL, NULL, 0) == 0 &&
	    dm_dictionary_add(dictionary, &mip6_grammar, NULL, NULL, 0) == 0)
		return dictionary;
	dm_dictionary_free(dictionary);
	return NULL;
}

static json_t *flags_json(uint8_t flags, const char *letters)
{
	json_t *array = json_array();

	for (size_t i = 0; letters[i]; i++)
		if (flags & 0x80 >> i)
			(void)json_array_append_new(array, json_stringn(letters + i, 1));
	return array;
}

/* ---- the AVPs ---- */

/* The walk, building: the array of each level that is open. */
struct building {
	const struct dm_dictionary *dictionary;
	json_t *levels[LEVELS]; /* borrowed, but for the first */
};

/* Profile 1: the bits of MIP6-Feature-Vector. */
static void feature_vector_text(uint64_t bits, struct dm_text *text)
{
	uint64_t rest = bits & ~(uint64_t)3;

	dm_text_add(text, "0x%llx", (unsigned long long)bits);
	dm_text_add(text, "%s", bits & 1 ? " MIP6_INTEGRATED" : "");
	dm_text_add(text, "%s", bits & 2 ? " LOCAL_HOME_AGENT_ASSIGNMENT" : "");
	if (rest)
		dm_text_add(text, " and 0x%llx", (unsigned long long)rest);
}

/* Profile 2: the body of RFC 5026's option. False when the octets are no such body. */
static bool dns_update_text(struct dm_bytes data, struct dm_text *text)
{
	struct mip6_dns_update update;
	const char *why;

	if (mip6_dns_update_read(data, &update, &why) != 0)
		return false;
	dm_text_add(text, "%s ", update.remove ? "remove" : "add");
	dm_text_octets(text, dm_bytes_of(update.fqdn, update.fqdn_size));
	dm_text_add(text, ", status %u", update.status);
	return true;
}

/* Numbers that JSON can hold are numbers. False: it is none. */
static bool number_of(const struct dm_avp *avp, struct dm_bytes data, int64_t *number)
{
	struct dm_cursor cursor = dm_cursor_of(data);
	bool wide = avp->type == DM_TYPE_INTEGER64 || avp->type == DM_TYPE_UNSIGNED64;
	bool narrow = avp->type == DM_TYPE_INTEGER32 || avp->type == DM_TYPE_UNSIGNED32 ||
	              avp->type == DM_TYPE_ENUMERATED;

	if (!(wide && data.size == 8) && !(narrow && data.size == 4))
		return false;
	*number = wide ? (int64_t)dm_cursor_u64(&cursor) : (int64_t)dm_cursor_u32(&cursor);
	if (narrow && avp->type != DM_TYPE_UNSIGNED32)
		*number = (int32_t)*number;
	return *number >= 0 || avp->type != DM_TYPE_UNSIGNED64;
}

static void value_text(const struct dm_dictionary *dictionary, const struct dm_avp *avp,
                       struct dm_bytes data, struct dm_text *text)
{
	struct dm_cursor cursor = dm_cursor_of(data);

	if (avp == &mip6_avp_mip6_feature_vector && data.size == 8)
		feature_vector_text(dm_cursor_u64(&cursor), text);
	else if (avp != &mip6_avp_mip6_dns_update || !dns_update_text(data, text))
		dm_value_text(dictionary, avp, data, text);
}

static void set_value(const struct dm_dictionary *dictionary, json_t *json,
                      const struct dm_avp *avp, struct dm_bytes data)
{
	char buffer[VALUE_ROOM];
	struct dm_text text;
	int64_t number;

	dm_text_init(&text, buffer, sizeof(buffer));
	value_text(dictionary, avp, data, &text);
	(void)json_object_set_new(json, "text", json_string(buffer));
	if (avp && avp->secret)
		(void)json_object_set_new(json, "octets", json_integer((json_int_t)data.size));
	else if (avp && number_of(avp, data, &number))
		(void)json_object_set_new(json, "value", json_integer(number));
}

static void add_avp(const struct dm_walk_avp *walked, void *context)
{
	struct building *building = context;
	const struct dm_raw_avp *raw = &walked->raw;
	char buffer[128];
	struct dm_text name;
	json_t *json;

	if (walked->depth + 1 >= LEVELS)
		return;
	dm_text_init(&name, buffer, sizeof(buffer));
	dm_avp_name_text(walked->avp, raw, &name);
	json = json_pack("{s:s, s:I, s:I, s:o}", "name", buffer, "code", (json_int_t)raw->code,
	                 "vendor", (json_int_t)raw->vendor, "flags", flags_json(raw->flags, "VMP"));
	if (walked->members) {
		building->levels[walked->depth + 1] = json_array();
		(void)json_object_set_new(json, "avps", building->levels[walked->depth + 1]);
	} else {
		set_value(building->dictionary, json, walked->avp, raw->data);
	}
	(void)json_array_append_new(building->levels[walked->depth], json);
}

static void add_broken(struct dm_bytes rest, const char *why, uint16_t depth, void *context)
{
	struct building *building = context;
	char buffer[VALUE_ROOM];
	struct dm_text text;

	dm_text_init(&text, buffer, sizeof(buffer));
	dm_text_add(&text, "%s: ", why);
	dm_text_hex(&text, rest);
	if (depth < LEVELS)
		(void)json_array_append_new(
			building->levels[depth],
			json_pack("{s:s, s:b, s:s}", "name", "AVP", "broken", 1, "text", buffer));
}

static json_t *avps_json(const struct dm_dictionary *dictionary, struct dm_bytes wire)
{
	static const struct dm_walk_visitor visitor = { .avp = add_avp, .broken = add_broken };
	struct building building = { .dictionary = dictionary, .levels = { json_array() } };

	dm_walk(dictionary, wire, &visitor, &building);
	return building.levels[0];
}

/* ---- the message ---- */

static json_t *fault_json(const struct dm_fault *fault)
{
	return json_pack("{s:I, s:s, s:s, s:s}", "result_code", (json_int_t)fault->result_code,
	                 "name", dm_result_code_name(fault->result_code), "path", fault->path,
	                 "sentence", fault->sentence);
}

/* Is the message what its grammar says? */
static json_t *judge(const struct dm_dictionary *dictionary, struct dm_bytes wire)
{
	struct dm_decode_options options = { .strict = true };
	struct dm_message message;
	struct dm_fault fault = { 0 };
	struct dm_arena arena;
	json_t *json = NULL;

	dm_arena_init(&arena, ARENA_LIMIT);
	if (dm_decode(dictionary, &options, wire, &arena, &message, &fault) == 0 &&
	    fault.result_code)
		json = fault_json(&fault);
	dm_arena_fini(&arena);
	return json;
}

static json_t *header_json(const struct dm_dictionary *dictionary, const struct dm_header *header)
{
	bool request = header->flags & DM_FLAG_R;
	const struct dm_command_entry *entry = dm_dictionary_command(
		dictionary, header->application_id, header->command_code, request);

	return json_pack("{s:s?, s:s?, s:I, s:b, s:o, s:I, s:I, s:I, s:I, s:I}", "command",
	                 entry ? entry->command->abbreviation : NULL, "name",
	                 entry ? entry->command->name : NULL, "code",
	                 (json_int_t)header->command_code, "request", request, "flags",
	                 flags_json(header->flags, "RPET"), "application_id",
	                 (json_int_t)header->application_id, "hop_by_hop_id",
	                 (json_int_t)header->hop_by_hop_id, "end_to_end_id",
	                 (json_int_t)header->end_to_end_id, "version", (json_int_t)header->version,
	                 "length", (json_int_t)header->length);
}

json_t *hw_message_json(const struct dm_dictionary *dictionary, struct dm_bytes wire)
{
	struct dm_header header = dm_header_read(wire);
	json_t *json = header_json(dictionary, &header);
	json_t *fault;

	if (!json)
		return NULL;
	(void)json_object_set_new(json, "avps", avps_json(dictionary, wire));
	fault = judge(dictionary, wire);
	if (fault)
		(void)json_object_set_new(json, "fault", fault);
	return json;
}

void hw_message_label(const json_t *message, char *text, size_t room)
{
	const char *command = json_string_value(json_object_get(message, "command"));
	json_int_t code = json_integer_value(json_object_get(message, "code"));
	bool request = json_is_true(json_object_get(message, "request"));

	if (command)
		(void)snprintf(text, room, "%s", command);
	else
		(void)snprintf(text, room, "%lld %s", (long long)code,
		               request ? "request" : "answer");
}

const json_t *hw_message_avp(const json_t *message, const char *name)
{
	size_t index;
	json_t *avp;

	json_array_foreach(json_object_get(message, "avps"), index,
	                   avp) if (strcmp(json_string_value(json_object_get(avp, "name")), name) ==
	                            0) return avp;
	return NULL;
}

static void avp_add(const json_t *avp, struct dm_text *text)
{
	const json_t *avps = json_object_get(avp, "avps");
	size_t index;
	json_t *inner;

	if (!avps) {
		dm_text_add(text, "%s", json_string_value(json_object_get(avp, "text")));
		return;
	}
	dm_text_add(text, "{");
	json_array_foreach((json_t *)avps, index, inner)
	{
		dm_text_add(text, "%s%s ", index ? ", " : " ",
		            json_string_value(json_object_get(inner, "name")));
		avp_add(inner, text);
	}
	dm_text_add(text, " }");
}

void hw_avp_text(const json_t *avp, char *buffer, size_t room)
{
	struct dm_text text;

	dm_text_init(&text, buffer, room);
	avp_add(avp, &text);
}

static void print_avps(struct hw_output *out, const json_t *avps, int depth)
{
	size_t index;
	json_t *avp;

	json_array_foreach((json_t *)avps, index, avp)
	{
		const json_t *inner = json_object_get(avp, "avps");
		const char *text = json_string_value(json_object_get(avp, "text"));

		hw_output_print(out, HW_PLAIN, "%*s", 4 + 2 * depth, "");
		hw_output_print(out, HW_CYAN, "%s",
		                json_string_value(json_object_get(avp, "name")));
		hw_output_print(out, HW_PLAIN, " %s\n", text ? text : "");
		if (inner)
			print_avps(out, inner, depth + 1);
	}
}

static void print_places(struct hw_output *out, const json_t *message)
{
	const char *time = json_string_value(json_object_get(message, "time"));
	const char *from = json_string_value(json_object_get(message, "from"));
	const char *to = json_string_value(json_object_get(message, "to"));

	if (time)
		hw_output_print(out, HW_DIM, "%s  ", time);
	if (from && to)
		hw_output_print(out, HW_DIM, "%s > %s  ", from, to);
}

static void print_head(struct hw_output *out, const json_t *message)
{
	const char *name = json_string_value(json_object_get(message, "name"));
	char label[64], flags[64];

	hw_message_label(message, label, sizeof(label));
	hw_output_value(json_object_get(message, "flags"), HW_SHOW_PLAIN, flags, sizeof(flags));
	print_places(out, message);
	hw_output_print(out, HW_BOLD, "%s", label);
	hw_output_print(
		out, HW_PLAIN,
		" %s%scode %lld, application %lld, flags %s, hop-by-hop 0x%08llx, end-to-end "
		"0x%08llx, %lld octets\n",
		name ? name : "", name ? ", " : "",
		(long long)json_integer_value(json_object_get(message, "code")),
		(long long)json_integer_value(json_object_get(message, "application_id")), flags,
		(long long)json_integer_value(json_object_get(message, "hop_by_hop_id")),
		(long long)json_integer_value(json_object_get(message, "end_to_end_id")),
		(long long)json_integer_value(json_object_get(message, "length")));
}

void hw_message_print(struct hw_output *out, const json_t *message)
{
	const json_t *fault = json_object_get(message, "fault");

	print_head(out, message);
	print_avps(out, json_object_get(message, "avps"), 0);
	if (fault)
		hw_output_print(
			out, HW_RED, "    faulty: %lld %s, %s: %s\n",
			(long long)json_integer_value(json_object_get(fault, "result_code")),
			json_string_value(json_object_get(fault, "name")),
			json_string_value(json_object_get(fault, "path")),
			json_string_value(json_object_get(fault, "sentence")));
}
