/* SPDX-License-Identifier: Apache-2.0 */
#include "io/accounting_json.h"

#include "io/members.h"

#include <errno.h>

static const char *accounted_name(uint8_t accounted)
{
	static const char *const names[] = { "unknown", "access", "home-agent" };

	return names[accounted < 3 ? accounted : 0];
}

static const char *type_name(uint8_t record_type)
{
	static const char *const names[] = { "?", "EVENT", "START", "INTERIM", "STOP" };

	return names[record_type < 5 ? record_type : 0];
}

/* What was not told is not there. */
static void set_usage(json_t *object, const struct store_usage *usage)
{
	if (usage->told & STORE_TOLD_SESSION_TIME)
		hw_json_set_number(object, "session_time", usage->session_time);
	if (usage->told & STORE_TOLD_INPUT_OCTETS)
		hw_json_set_number(object, "input_octets", usage->input_octets);
	if (usage->told & STORE_TOLD_OUTPUT_OCTETS)
		hw_json_set_number(object, "output_octets", usage->output_octets);
	if (usage->told & STORE_TOLD_INPUT_PACKETS)
		hw_json_set_number(object, "input_packets", usage->input_packets);
	if (usage->told & STORE_TOLD_OUTPUT_PACKETS)
		hw_json_set_number(object, "output_packets", usage->output_packets);
}

json_t *hw_accounting_record_json(const struct store_accounting *record)
{
	json_t *object = json_object();

	hw_json_set_number(object, "received", (uint64_t)record->received);
	hw_json_set_nonzero(object, "event_time", (uint64_t)record->event_time);
	hw_json_set_octets(object, "type", dm_bytes_text(type_name(record->record_type)));
	hw_json_set_number(object, "number", record->record_number);
	hw_json_set_octets(object, "session_id", record->session_id);
	hw_json_set_octets(object, "acct_multi_session_id", record->acct_multi_session_id);
	if (record->has_sub_session)
		hw_json_set_number(object, "sub_session", record->sub_session);
	hw_json_set_octets(object, "user_name", record->user_name);
	hw_json_set_octets(object, "accounted", dm_bytes_text(accounted_name(record->accounted)));
	hw_json_set_octets(object, "origin_host", record->origin_host);
	hw_json_set_octets(object, "origin_realm", record->origin_realm);
	hw_json_set_prefix(object, "home_address", &record->home_address);
	hw_json_set_nonzero(object, "interim_interval", record->interim_interval);
	set_usage(object, &record->usage);
	return object;
}

/* ---- the report ---- */

static json_t *gaps_json(uint8_t gaps, uint64_t missing)
{
	json_t *list = json_array();

	if (gaps & MIP6_GAP_NO_START)
		json_array_append_new(list, json_string("no START"));
	if (gaps & MIP6_GAP_NO_STOP)
		json_array_append_new(list, json_string("no STOP"));
	if (gaps & MIP6_GAP_MISSING)
		json_array_append_new(list,
		                      json_sprintf("%llu missing", (unsigned long long)missing));
	if (gaps & MIP6_GAP_IDLE)
		json_array_append_new(list, json_string("idle"));
	return list;
}

static json_t *part_json(const struct mip6_report_part *part)
{
	json_t *object = json_object();

	hw_json_set_octets(object, "session_id", part->session_id);
	hw_json_set_octets(object, "accounted", dm_bytes_text(accounted_name(part->accounted)));
	hw_json_set_octets(object, "origin_host", part->origin_host);
	hw_json_set_octets(object, "origin_realm", part->origin_realm);
	hw_json_set_number(object, "begin", (uint64_t)part->begin);
	hw_json_set_nonzero(object, "end", (uint64_t)part->end);
	hw_json_set_number(object, "last", (uint64_t)part->last);
	hw_json_set_number(object, "records", part->records);
	hw_json_set_nonzero(object, "sub_sessions", part->sub_sessions);
	set_usage(object, &part->usage);
	json_object_set_new(object, "gaps", gaps_json(part->gaps, part->missing));
	return object;
}

static bool is_said(const json_t *list, const json_t *text)
{
	size_t index;
	json_t *one;

	json_array_foreach(list, index, one) if (json_equal(one, text)) return true;
	return false;
}

/* Each NAS once, in the order of the visits; who is unknown may be one. */
static json_t *nases_json(const struct mip6_report_line *line)
{
	json_t *list = json_array();

	for (size_t i = 0; i < line->part_count; i++) {
		json_t *host = hw_json_octets(line->parts[i].origin_host);

		if (line->parts[i].accounted == STORE_ACCOUNTED_HOME_AGENT || is_said(list, host))
			json_decref(host);
		else
			json_array_append_new(list, host);
	}
	return list;
}

static uint64_t missing_in(const struct mip6_report_line *line)
{
	uint64_t missing = 0;

	for (size_t i = 0; i < line->part_count; i++)
		missing += line->parts[i].missing;
	return missing;
}

static int append_line(const struct mip6_report_line *line, void *list)
{
	json_t *object = json_object();
	json_t *agent = json_object();
	json_t *sessions = json_array();

	hw_json_set_octets(object, "user_name", line->user_name);
	hw_json_set_octets(object, "acct_multi_session_id", line->acct_multi_session_id);
	hw_json_set_octets(object, "home_agent", line->home_agent);
	hw_json_set_prefix(object, "home_address", &line->home_address);
	json_object_set_new(object, "nas", nases_json(line));
	hw_json_set_number(object, "begin", (uint64_t)line->begin);
	hw_json_set_nonzero(object, "end", (uint64_t)line->end);
	hw_json_set_number(object, "duration",
	                   (uint64_t)((line->end ? line->end : line->last) - line->begin));
	hw_json_set_number(object, "records", line->records);
	set_usage(object, &line->access);
	json_object_del(object, "session_time"); /* of one session; the line has its duration */
	set_usage(agent, &line->home_agents);
	if (json_object_size(agent))
		json_object_set(object, "by_home_agent", agent);
	json_decref(agent);
	json_object_set_new(object, "gaps", gaps_json(line->gaps, missing_in(line)));
	for (size_t i = 0; i < line->part_count; i++)
		json_array_append_new(sessions, part_json(&line->parts[i]));
	json_object_set_new(object, "sessions", sessions);
	return json_array_append_new(list, object) ? -ENOMEM : 0;
}

int hw_accounting_report_json(struct mip6_report *report, const struct mip6_report_filter *filter,
                              int64_t now, json_t **out)
{
	int error;

	*out = json_array();
	error = mip6_report_each(report, filter, now, append_line, *out);
	if (!error)
		return 0;
	json_decref(*out);
	*out = NULL;
	return error;
}
