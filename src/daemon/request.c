/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/request.h"

#include "base/log.h"
#include "base/secret.h"
#include "dict/base.dia.h"
#include "io/members.h"
#include "io/subscriber_json.h"
#include "mip6/values.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdlib.h>

#define AT(member)         .offset = offsetof(struct hw_request, member)
#define HAS_ATTACH(member) .has = true, .has_offset = offsetof(struct hw_request, attach.member)

static const struct hw_member no_members[] = { { NULL } };

static const struct hw_member level_members[] = {
	{ "level", HW_MEMBER_TEXT, AT(level) },
	{ NULL },
};

static const struct hw_member route_members[] = {
	{ "destination_host", HW_MEMBER_TEXT, AT(route.host) },
	{ "destination_realm", HW_MEMBER_TEXT, AT(route.realm) },
	{ "application", HW_MEMBER_U32, AT(route.application_id) },
	{ "session_id", HW_MEMBER_TEXT, AT(session_id) },
	{ "user_name", HW_MEMBER_TEXT, AT(user_name) },
	{ "route_record", HW_MEMBER_HOSTS, AT(route.passed) },
	{ "source", HW_MEMBER_TEXT, AT(route.source) },
	{ "own", HW_MEMBER_FLAG, AT(route.own) },
	{ "not_proxiable", HW_MEMBER_FLAG, AT(route.not_proxiable) },
	{ NULL },
};

static const struct hw_member trace_members[] = {
	{ "count", HW_MEMBER_U64, AT(count) },
	{ NULL },
};

static const struct hw_member agent_members[] = {
	{ "host", HW_MEMBER_TEXT, .required = true, AT(host) },
	{ "state", HW_MEMBER_TEXT, AT(level) },
	{ "weight", HW_MEMBER_U32, AT(setting.override.weight), .has = true,
	  .has_offset = offsetof(struct hw_request, setting.override.has_weight) },
	{ "capacity", HW_MEMBER_U32, AT(setting.override.capacity), .has = true,
	  .has_offset = offsetof(struct hw_request, setting.override.has_capacity) },
	{ "reset", HW_MEMBER_FLAG, AT(setting.reset) },
	{ NULL },
};

static const struct hw_member move_members[] = {
	{ "host", HW_MEMBER_TEXT, .required = true, AT(host) },
	{ NULL },
};

static const struct hw_member order_members[] = {
	{ "name", HW_MEMBER_TEXT, .required = true, AT(name) },
	{ "service_selection", HW_MEMBER_TEXT, AT(service_selection), .has = true,
	  .has_offset = offsetof(struct hw_request, has_service_selection) },
	{ NULL },
};

static const struct hw_member user_members[] = {
	{ "user_name", HW_MEMBER_TEXT, .required = true, AT(user_name) },
	{ NULL },
};

/* Read by subscriber_json. */
struct records {
	json_t *json;
	uint64_t from;
	bool more;
};

static const struct hw_member list_members[] = {
	{ "user_name", HW_MEMBER_TEXT, AT(user_name) },
	{ NULL },
};
static const struct hw_member add_members[] = {
	{ "subscriber", HW_MEMBER_JSON, .required = true,
	  .offset = offsetof(struct records, json) },
	{ NULL },
};

static const struct hw_member import_members[] = {
	{ "subscribers", HW_MEMBER_JSON, .required = true,
	  .offset = offsetof(struct records, json) },
	{ "from", HW_MEMBER_U64, .offset = offsetof(struct records, from) },
	{ "more", HW_MEMBER_FLAG, .offset = offsetof(struct records, more) },
	{ NULL },
};

static const struct hw_member end_members[] = {
	{ "session_id", HW_MEMBER_TEXT, .required = true, AT(session_id) },
	{ "left", HW_MEMBER_FLAG, AT(left) },
	{ NULL },
};

#define USED(member)                                                                         \
	{                                                                                    \
#member, HW_MEMBER_U64, AT(usage.member),                                    \
			.has = true, .has_offset = offsetof(struct hw_request, has_##member) \
	}
#define ALL_USED USED(input_octets), USED(output_octets), USED(input_packets), USED(output_packets)

static const struct hw_member usage_members[] = {
	{ "session_id", HW_MEMBER_TEXT, AT(session_id) },
	{ "user_name", HW_MEMBER_TEXT, AT(user_name) },
	{ "interface", HW_MEMBER_TEXT, AT(interface) },
	ALL_USED,
	{ NULL },
};

static const struct hw_member report_members[] = {
	{ "user_name", HW_MEMBER_TEXT, AT(user_name) },
	{ "agent", HW_MEMBER_TEXT, AT(host) },
	{ "since", HW_MEMBER_U64, AT(since) },
	{ NULL },
};

static const struct hw_member bootstrap_members[] = {
	{ "user_name", HW_MEMBER_TEXT, .required = true, AT(user_name) },
	{ "service_selection", HW_MEMBER_TEXT, AT(attach.service_selection) },
	{ NULL },
};

static const struct hw_member detach_members[] = {
	{ "session_id", HW_MEMBER_TEXT, AT(session_id) },
	{ "user_name", HW_MEMBER_TEXT, AT(user_name) },
	{ "interface", HW_MEMBER_TEXT, AT(interface) },
	{ "cause", HW_MEMBER_TEXT, AT(level) },
	ALL_USED,
	{ NULL },
};

static const struct hw_member attach_members[] = {
	{ "user_name", HW_MEMBER_TEXT, .required = true, AT(attach.user_name) },
	{ "interface", HW_MEMBER_TEXT, AT(attach.interface) },
	{ "feature_vector", HW_MEMBER_U64, AT(attach.feature_vector),
	  HAS_ATTACH(has_feature_vector) },
	{ "auth_request_type", HW_MEMBER_I32, AT(attach.auth_request_type) },
	{ "destination_realm", HW_MEMBER_TEXT, AT(attach.destination_realm) },
	{ "destination_host", HW_MEMBER_TEXT, AT(attach.destination_host) },
	{ "dns_name", HW_MEMBER_TEXT, AT(attach.dns_name) },
	{ "dns_remove", HW_MEMBER_FLAG, AT(attach.dns_remove) },
	{ "home_address", HW_MEMBER_ADDRESS, AT(attach.home_address),
	  HAS_ATTACH(has_home_address) },
	{ "home_prefix", HW_MEMBER_PREFIX, AT(attach.home_prefix), HAS_ATTACH(has_home_prefix) },
	{ "home_agent_fqdn", HW_MEMBER_TEXT, AT(attach.home_agent_fqdn) },
	{ "home_agent_address", HW_MEMBER_ADDRESS, AT(attach.home_agent_address) },
	{ "service_selection", HW_MEMBER_TEXT, AT(attach.service_selection) },
	{ "calling_station_id", HW_MEMBER_TEXT, AT(attach.calling_station_id) },
	{ "called_station_id", HW_MEMBER_TEXT, AT(attach.called_station_id) },
	{ NULL },
};

static const struct hw_member dns_members[] = {
	{ "all", HW_MEMBER_FLAG, AT(all) },
	{ NULL },
};

static const struct hw_member explain_members[] = {
	{ "user_name", HW_MEMBER_TEXT, .required = true, AT(attach.user_name) },
	{ "nas_identifier", HW_MEMBER_TEXT, AT(client.nas_identifier) },
	{ "nas_address", HW_MEMBER_TEXT, AT(client.nas_address) },
	{ "origin_host", HW_MEMBER_TEXT, AT(client.origin_host) },
	{ "origin_realm", HW_MEMBER_TEXT, AT(client.origin_realm) },
	{ "local", HW_MEMBER_FLAG, AT(client.local) },
	{ "home_agent_fqdn", HW_MEMBER_TEXT, AT(attach.home_agent_fqdn) },
	{ "home_agent_address", HW_MEMBER_ADDRESS, AT(attach.home_agent_address) },
	{ "home_address", HW_MEMBER_ADDRESS, AT(attach.home_address) },
	{ "home_prefix", HW_MEMBER_PREFIX, AT(attach.home_prefix) },
	{ "service_selection", HW_MEMBER_TEXT, AT(attach.service_selection) },
	{ "dns_name", HW_MEMBER_TEXT, AT(attach.dns_name) },
	{ NULL },
};

static bool read_members(const struct hw_member *members, struct hw_request *out,
                         struct dm_text *why);
static bool read_level(const struct hw_member *members, struct hw_request *out,
                       struct dm_text *why);
static bool read_agent(const struct hw_member *members, struct hw_request *out,
                       struct dm_text *why);
static bool read_explain(const struct hw_member *members, struct hw_request *out,
                         struct dm_text *why);
static bool read_usage(const struct hw_member *members, struct hw_request *out,
                       struct dm_text *why);
static bool read_detach(const struct hw_member *members, struct hw_request *out,
                        struct dm_text *why);
static bool read_add(const struct hw_member *members, struct hw_request *out, struct dm_text *why);
static bool read_import(const struct hw_member *members, struct hw_request *out,
                        struct dm_text *why);

static const struct {
	const char *name;
	const struct hw_member *members;
	bool (*read)(const struct hw_member *, struct hw_request *, struct dm_text *);
} rows[HW_COMMAND_COUNT] = {
	[HW_COMMAND_STATUS] = { "status", no_members, read_members },
	[HW_COMMAND_PEERS] = { "peers", no_members, read_members },
	[HW_COMMAND_EXPLAIN] = { "explain", route_members, read_members },
	[HW_COMMAND_LOG_LEVEL] = { "log-level", level_members, read_level },
	[HW_COMMAND_RELOAD] = { "reload", no_members, read_members },
	[HW_COMMAND_STOP] = { "stop", no_members, read_members },
	[HW_COMMAND_TRACE] = { "trace", trace_members, read_members },
	[HW_COMMAND_SESSIONS] = { "sessions", no_members, read_members },
	[HW_COMMAND_SESSIONS_ABORT] = { "sessions-abort", order_members, read_members },
	[HW_COMMAND_SESSIONS_REAUTHORIZE] = { "sessions-reauthorize", order_members, read_members },
	[HW_COMMAND_SESSIONS_REKEY] = { "sessions-rekey", order_members, read_members },
	[HW_COMMAND_AGENTS] = { "agents", no_members, read_members },
	[HW_COMMAND_AGENTS_MOVE] = { "agents-move", move_members, read_members },
	[HW_COMMAND_AGENTS_SET] = { "agents-set", agent_members, read_agent },
	[HW_COMMAND_EXPLAIN_MBR] = { "explain-mbr", explain_members, read_explain },
	[HW_COMMAND_DNS] = { "dns", dns_members, read_members },
	[HW_COMMAND_SUBSCRIBER_ADD] = { "subscriber-add", add_members, read_add },
	[HW_COMMAND_SUBSCRIBER_IMPORT] = { "subscriber-import", import_members, read_import },
	[HW_COMMAND_SUBSCRIBER_LIST] = { "subscriber-list", list_members, read_members },
	[HW_COMMAND_SUBSCRIBER_ENABLE] = { "subscriber-enable", user_members, read_members },
	[HW_COMMAND_SUBSCRIBER_DISABLE] = { "subscriber-disable", user_members, read_members },
	[HW_COMMAND_SUBSCRIBER_DELETE] = { "subscriber-delete", user_members, read_members },
	[HW_COMMAND_BINDINGS] = { "bindings", no_members, read_members },
	[HW_COMMAND_BINDINGS_END] = { "bindings-end", end_members, read_members },
	[HW_COMMAND_BOOTSTRAP] = { "bootstrap", bootstrap_members, read_members },
	[HW_COMMAND_ATTACH] = { "attach", attach_members, read_members },
	[HW_COMMAND_DETACH] = { "detach", detach_members, read_detach },
	[HW_COMMAND_USAGE] = { "usage", usage_members, read_usage },
	[HW_COMMAND_ACCOUNTING_REPORT] = { "accounting-report", report_members, read_members },
	[HW_COMMAND_ATTACHMENTS] = { "attachments", no_members, read_members },
};

static const char *const every_request[] = { "command", "tag", NULL };

const char *hw_command_name(enum hw_command command)
{
	return rows[command].name;
}

static bool refuse(struct dm_text *why, const char *sentence)
{
	dm_text_add(why, "%s", sentence);
	return false;
}

/* ---- the readers of rows ---- */

static bool read_members(const struct hw_member *members, struct hw_request *out,
                         struct dm_text *why)
{
	return hw_members_read(out->object, members, every_request, out, why);
}

static bool read_level(const struct hw_member *members, struct hw_request *out, struct dm_text *why)
{
	enum dm_log_level level;

	if (!read_members(members, out, why))
		return false;
	if (out->level.size == 0 || dm_log_level_named((const char *)out->level.at, &level))
		return true;
	return refuse(why, "level is unknown; write error, warning, notice, info or debug");
}

static bool read_agent(const struct hw_member *members, struct hw_request *out, struct dm_text *why)
{
	struct mip6_agent_override *override = &out->setting.override;

	if (!read_members(members, out, why))
		return false;
	override->has_state = out->level.size > 0;
	if (override->has_state && !mip6_agent_state_named(out->level, &override->state))
		return refuse(why, "state is unknown; write up, draining or down");
	if (override->weight > MIP6_AGENT_WEIGHT_LIMIT)
		return refuse(why, "weight is out of range; write 0 to 65535");
	if (override->capacity > MIP6_AGENT_CAPACITY_LIMIT)
		return refuse(why, "capacity is out of range; write 0 to 16777216");
	if (override->has_state || override->has_weight || override->has_capacity ||
	    out->setting.reset)
		return true;
	return refuse(why, "nothing is said of the agent; add state, weight, capacity or reset");
}

/* Why a node leaves, as whoever watches the access link knows it (RFC 6733 8.15). */
static bool read_cause(struct dm_bytes name, int32_t *cause)
{
	static const struct {
		const char *name;
		int32_t cause;
	} causes[] = {
		{ "", 0 },
		{ "logout", DM_TERMINATION_CAUSE_DIAMETER_LOGOUT },
		{ "administrative", DM_TERMINATION_CAUSE_DIAMETER_ADMINISTRATIVE },
		{ "link-broken", DM_TERMINATION_CAUSE_DIAMETER_LINK_BROKEN },
		{ "user-moved", DM_TERMINATION_CAUSE_DIAMETER_USER_MOVED },
	};

	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
		*cause = causes[i].cause;
		if (dm_bytes_equal(name, dm_bytes_text(causes[i].name)))
			return true;
	}
	return false;
}

/* Text is borrowed from the JSON, so that it ends in a NUL. */
static bool read_explain(const struct hw_member *members, struct hw_request *out,
                         struct dm_text *why)
{
	struct dm_bytes *address = &out->client.nas_address;

	if (!read_members(members, out, why))
		return false;
	if (out->attach.home_agent_fqdn.size && !mip6_is_host_name(out->attach.home_agent_fqdn))
		return refuse(why, "home_agent_fqdn is no host name; write one");
	if (out->attach.dns_name.size && !mip6_is_host_name(out->attach.dns_name))
		return refuse(why, "dns_name is no host name; write one");
	if (!address->size)
		return true;
	if (inet_pton(AF_INET6, (const char *)address->at, out->client.nas_octets) != 1)
		return refuse(why, "nas_address is no IPv6 address; write one such as 2001:db8::1");
	*address = dm_bytes_of(out->client.nas_octets, sizeof(out->client.nas_octets));
	return true;
}

static void count_told(struct hw_request *out)
{
	if (out->has_input_octets)
		out->usage.told |= STORE_TOLD_INPUT_OCTETS;
	if (out->has_output_octets)
		out->usage.told |= STORE_TOLD_OUTPUT_OCTETS;
	if (out->has_input_packets)
		out->usage.told |= STORE_TOLD_INPUT_PACKETS;
	if (out->has_output_packets)
		out->usage.told |= STORE_TOLD_OUTPUT_PACKETS;
}

static bool read_usage(const struct hw_member *members, struct hw_request *out, struct dm_text *why)
{
	if (!read_members(members, out, why))
		return false;
	count_told(out);
	if (!out->session_id.size && !out->user_name.size)
		return refuse(why, "neither session_id nor user_name is given; add one");
	return out->usage.told || refuse(why, "no count is given; write input_octets, say");
}

static bool read_detach(const struct hw_member *members, struct hw_request *out,
                        struct dm_text *why)
{
	if (!read_members(members, out, why))
		return false;
	count_told(out);
	if (!read_cause(out->level, &out->termination_cause))
		return refuse(why, "cause is unknown; write logout, administrative, link-broken or "
		                   "user-moved");
	if (out->session_id.size || out->user_name.size)
		return true;
	return refuse(why, "neither session_id nor user_name is given; add one");
}

static bool read_records(const json_t *array, struct hw_request *out, struct dm_text *why)
{
	size_t count = json_array_size(array);

	if (!json_is_array(array) || count == 0)
		return refuse(why, "subscribers is no list of records; write at least one");
	if (out->from > HW_IMPORT_LIMIT || count > HW_IMPORT_LIMIT - out->from) {
		dm_text_add(why, "more than %d subscribers in one import; make several",
		            HW_IMPORT_LIMIT);
		return false;
	}
	out->subscribers = calloc(count, sizeof(*out->subscribers));
	if (!out->subscribers)
		return refuse(why, "the list does not fit into memory; send less at a time");
	for (; out->subscriber_count < count; out->subscriber_count++) {
		if (count > 1 || out->from)
			dm_text_add(why, "record %" PRIu64 ": ",
			            out->from + out->subscriber_count + 1);
		if (!hw_subscriber_read(json_array_get(array, out->subscriber_count),
		                        &out->subscribers[out->subscriber_count], why))
			return false;
		dm_text_init(why, why->at, why->room);
	}
	return true;
}

static bool read_add(const struct hw_member *members, struct hw_request *out, struct dm_text *why)
{
	struct records records = { 0 };
	json_t *array;
	bool good;

	if (!hw_members_read(out->object, members, every_request, &records, why))
		return false;
	array = json_pack("[O]", records.json);
	good = read_records(array, out, why);
	json_decref(array);
	return good;
}

static bool read_import(const struct hw_member *members, struct hw_request *out,
                        struct dm_text *why)
{
	struct records records = { 0 };

	if (!hw_members_read(out->object, members, every_request, &records, why))
		return false;
	out->from = records.from;
	out->more = records.more;
	return read_records(records.json, out, why);
}

/* ---- the line ---- */

/* jansson's own sentence may quote the line, which may hold a key: the place must do. */
static bool load(struct dm_bytes line, struct hw_request *out, struct dm_text *why)
{
	json_error_t error;

	out->object = json_loadb((const char *)line.at, line.size, JSON_REJECT_DUPLICATES, &error);
	if (json_is_object(out->object)) {
		out->tag = json_object_get(out->object, "tag");
		return true;
	}
	dm_text_add(why, "the line is no JSON object (column %d); write {\"command\": ...}",
	            out->object ? 1 : error.column);
	return false;
}

static bool find_command(struct hw_request *out, struct dm_text *why)
{
	const char *name = json_string_value(json_object_get(out->object, "command"));

	if (!name)
		return refuse(why, "command is missing; write {\"command\": \"status\"}");
	for (out->command = 0; out->command < HW_COMMAND_COUNT; out->command++) {
		if (strcmp(rows[out->command].name, name) == 0)
			return true;
	}
	return refuse(why, "the command is unknown; docs/control.md lists them");
}

bool hw_request_read(struct dm_bytes line, struct hw_request *out, struct dm_text *why)
{
	*out = (struct hw_request){ 0 };
	if (!load(line, out, why) || !find_command(out, why))
		return false;
	return rows[out->command].read(rows[out->command].members, out, why);
}

void hw_request_fini(struct hw_request *request)
{
	for (size_t i = 0; i < request->subscriber_count; i++)
		dm_secret_wipe(&request->subscribers[i].root_key);
	free(request->subscribers);
	json_decref(request->object);
	*request = (struct hw_request){ 0 };
}

static void free_wiped(void *at)
{
	if (at)
		dm_wipe(at, malloc_usable_size(at));
	free(at);
}

void hw_request_setup(void)
{
	json_set_alloc_funcs(malloc, free_wiped);
}
