/* SPDX-License-Identifier: Apache-2.0 */
#include "accounting_report.h"

#include "base/arena.h"
#include "base/map.h"
#include "dict/base.dia.h"

#include <errno.h>
#include <stdlib.h>

#define ARENA_LIMIT ((size_t)4 << 30)

/* A session, or one of its sub-sessions. */
struct sub {
	struct sub *next;
	bool has_id;
	uint64_t id;
	bool started;
	uint32_t last_number;
	uint8_t last_type;
	int64_t ended;
	struct store_usage usage;
};

struct group;

struct part {
	struct part *next; /* of the group */
	struct group *group;
	struct sub *subs;
	struct dm_bytes session_id, origin_host, origin_realm;
	uint8_t accounted;
	int64_t begin, last, received;
	uint64_t records;
	uint32_t lowest, highest;
	uint32_t interval;
};

struct group {
	struct dm_bytes multi; /* empty: its one part has none */
	struct part *parts;
	size_t part_count;
	struct dm_bytes user_name, home_agent;
	int64_t home_agent_told;
	struct store_prefix home_address;
	int64_t begin;
};

struct mip6_report {
	struct dm_arena arena;
	struct dm_map parts;  /* by Session-Id */
	struct dm_map groups; /* by Acct-Multi-Session-Id */
	struct dm_map alone;  /* by Session-Id: groups of one part */
	uint64_t limit, records;
};

struct mip6_report *mip6_report_new(uint64_t limit)
{
	struct mip6_report *report = calloc(1, sizeof(*report));

	if (!report)
		return NULL;
	report->limit = limit;
	dm_arena_init(&report->arena, ARENA_LIMIT);
	dm_map_init(&report->parts, 0, false);
	dm_map_init(&report->groups, 0, false);
	dm_map_init(&report->alone, 0, false);
	return report;
}

void mip6_report_free(struct mip6_report *report)
{
	if (!report)
		return;
	dm_map_fini(&report->parts);
	dm_map_fini(&report->groups);
	dm_map_fini(&report->alone);
	dm_arena_fini(&report->arena);
	free(report);
}

/* ---- records in ---- */

static struct group *group_of(struct mip6_report *report, const struct store_accounting *record)
{
	struct dm_bytes multi = record->acct_multi_session_id;
	struct dm_map *map = multi.size ? &report->groups : &report->alone;
	struct dm_bytes key = multi.size ? multi : record->session_id;
	struct group *group = dm_map_get(map, key);

	if (group)
		return group;
	group = dm_arena_zero(&report->arena, sizeof(*group));
	key = dm_arena_copy(&report->arena, key);
	if (!group || !key.at || dm_map_put(map, key, group) != 0)
		return NULL;
	group->multi = multi.size ? key : (struct dm_bytes){ 0 };
	return group;
}

static struct part *part_new(struct mip6_report *report, const struct store_accounting *record)
{
	struct part *part = dm_arena_zero(&report->arena, sizeof(*part));
	struct group *group = group_of(report, record);

	if (!part || !group)
		return NULL;
	part->session_id = dm_arena_copy(&report->arena, record->session_id);
	part->origin_host = dm_arena_copy(&report->arena, record->origin_host);
	part->origin_realm = dm_arena_copy(&report->arena, record->origin_realm);
	if (!part->origin_realm.at || dm_map_put(&report->parts, part->session_id, part) != 0)
		return NULL;
	part->begin = INT64_MAX;
	part->lowest = UINT32_MAX;
	part->group = group;
	part->next = group->parts;
	group->parts = part;
	group->part_count++;
	return part;
}

static struct sub *sub_of(struct mip6_report *report, struct part *part,
                          const struct store_accounting *record)
{
	struct sub *sub = part->subs;

	while (sub && (sub->has_id != record->has_sub_session ||
	               (sub->has_id && sub->id != record->sub_session)))
		sub = sub->next;
	if (sub)
		return sub;
	sub = dm_arena_zero(&report->arena, sizeof(*sub));
	if (!sub)
		return NULL;
	sub->has_id = record->has_sub_session;
	sub->id = record->sub_session;
	sub->next = part->subs;
	part->subs = sub;
	return sub;
}

static int64_t time_of(const struct store_accounting *record)
{
	return record->event_time ? record->event_time : record->received;
}

static void largest(uint64_t *to, uint64_t from)
{
	*to = from > *to ? from : *to;
}

/* Counts grow within a session (RFC 7155 4.6): the largest is the last. */
static void take_usage(struct store_usage *to, const struct store_usage *from)
{
	to->told |= from->told;
	if (from->session_time > to->session_time)
		to->session_time = from->session_time;
	largest(&to->input_octets, from->input_octets);
	largest(&to->output_octets, from->output_octets);
	largest(&to->input_packets, from->input_packets);
	largest(&to->output_packets, from->output_packets);
}

static void take_into_sub(struct sub *sub, const struct store_accounting *record)
{
	take_usage(&sub->usage, &record->usage);
	sub->started = sub->started ||
	               record->record_type == DM_ACCOUNTING_RECORD_TYPE_START_RECORD ||
	               record->record_type == DM_ACCOUNTING_RECORD_TYPE_EVENT_RECORD;
	if (sub->last_type && record->record_number < sub->last_number)
		return;
	sub->last_number = record->record_number;
	sub->last_type = record->record_type;
	sub->ended = time_of(record);
}

static void take_into_part(struct part *part, const struct store_accounting *record)
{
	int64_t at = time_of(record);

	part->records++;
	part->accounted = record->accounted ? record->accounted : part->accounted;
	part->begin = at < part->begin ? at : part->begin;
	part->last = at > part->last ? at : part->last;
	if (record->record_number < part->lowest)
		part->lowest = record->record_number;
	if (record->record_number > part->highest)
		part->highest = record->record_number;
	if (record->received < part->received)
		return;
	part->received = record->received;
	part->interval = record->interim_interval;
}

static bool take_into_group(struct mip6_report *report, struct group *group,
                            const struct part *part, const struct store_accounting *record)
{
	if (record->user_name.size && !group->user_name.size) {
		group->user_name = dm_arena_copy(&report->arena, record->user_name);
		if (!group->user_name.at)
			return false;
	}
	if (record->home_address.length)
		group->home_address = record->home_address;
	if (record->accounted == STORE_ACCOUNTED_HOME_AGENT &&
	    time_of(record) >= group->home_agent_told) {
		group->home_agent = part->origin_host;
		group->home_agent_told = time_of(record);
	}
	return true;
}

int mip6_report_add(const struct store_accounting *record, void *context)
{
	struct mip6_report *report = context;
	struct part *part = dm_map_get(&report->parts, record->session_id);
	struct sub *sub;

	if (report->limit && report->records >= report->limit)
		return -EFBIG;
	report->records++;
	if (!part)
		part = part_new(report, record);
	sub = part ? sub_of(report, part, record) : NULL;
	if (!sub || !take_into_group(report, part->group, part, record))
		return -ENOMEM;
	take_into_part(part, record);
	take_into_sub(sub, record);
	return 0;
}

/* ---- what is to be said of a session ---- */

static bool is_stop(const struct sub *sub)
{
	return sub->last_type == DM_ACCOUNTING_RECORD_TYPE_STOP_RECORD ||
	       sub->last_type == DM_ACCOUNTING_RECORD_TYPE_EVENT_RECORD;
}

/* The STOP of the session itself ends all of its sub-sessions (RFC 6733 9.6). */
static const struct sub *whole_of(const struct part *part)
{
	for (const struct sub *sub = part->subs; sub; sub = sub->next)
		if (!sub->has_id)
			return sub;
	return NULL;
}

static bool is_closed(const struct part *part)
{
	const struct sub *whole = whole_of(part);

	for (const struct sub *sub = part->subs; sub; sub = sub->next) {
		bool by_whole = whole && is_stop(whole) && whole->last_number >= sub->last_number;

		if (!is_stop(sub) && !by_whole)
			return false;
	}
	return true;
}

static bool is_started(const struct part *part)
{
	size_t others = 0;

	for (const struct sub *sub = part->subs; sub; sub = sub->next) {
		others += sub->has_id;
		if (sub->has_id && !sub->started)
			return false;
	}
	return others > 0 || whole_of(part)->started;
}

/* Between the first and the last number that came; with a START or EVENT from its number on. */
static uint64_t missing_of(const struct part *part)
{
	return (uint64_t)part->highest - part->lowest + 1 - part->records;
}

static void add_usage(struct store_usage *to, const struct store_usage *from)
{
	to->told |= from->told;
	if (from->session_time > to->session_time)
		to->session_time = from->session_time;
	to->input_octets += from->input_octets;
	to->output_octets += from->output_octets;
	to->input_packets += from->input_packets;
	to->output_packets += from->output_packets;
}

static uint8_t gaps_of(const struct part *part, bool closed, int64_t now)
{
	uint8_t gaps = 0;

	if (!is_started(part))
		gaps |= MIP6_GAP_NO_START;
	if (!closed)
		gaps |= MIP6_GAP_NO_STOP;
	if (missing_of(part) > 0)
		gaps |= MIP6_GAP_MISSING;
	if (!closed && part->interval && now - part->received > 2 * (int64_t)part->interval)
		gaps |= MIP6_GAP_IDLE;
	return gaps;
}

static struct mip6_report_part told_of(const struct part *part, int64_t now)
{
	bool closed = is_closed(part);
	struct mip6_report_part told = {
		.session_id = part->session_id,
		.origin_host = part->origin_host,
		.origin_realm = part->origin_realm,
		.accounted = part->accounted,
		.begin = part->begin,
		.end = closed ? part->last : 0,
		.last = part->last,
		.records = part->records,
		.missing = missing_of(part),
		.gaps = gaps_of(part, closed, now),
	};

	for (const struct sub *sub = part->subs; sub; sub = sub->next) {
		add_usage(&told.usage, &sub->usage);
		told.sub_sessions += sub->has_id;
	}
	return told;
}

/* ---- lines out ---- */

static int by_begin(const void *a, const void *b)
{
	const struct mip6_report_part *one = a, *other = b;

	if (one->begin != other->begin)
		return one->begin < other->begin ? -1 : 1;
	return dm_bytes_compare(one->session_id, other->session_id);
}

static void sum_up(struct mip6_report_line *line, const struct mip6_report_part *part)
{
	bool first = line->begin == 0;

	if (first || part->begin < line->begin)
		line->begin = part->begin;
	if (part->last > line->last)
		line->last = part->last;
	if (first || (line->end && part->end > line->end))
		line->end = part->end;
	if (!part->end)
		line->end = 0;
	line->records += part->records;
	line->gaps |= part->gaps;
	add_usage(part->accounted == STORE_ACCOUNTED_HOME_AGENT ? &line->home_agents
	                                                        : &line->access,
	          &part->usage);
}

static struct mip6_report_line line_of(const struct group *group, struct mip6_report_part *room,
                                       int64_t now)
{
	struct mip6_report_line line = {
		.user_name = group->user_name,
		.acct_multi_session_id = group->multi,
		.home_agent = group->home_agent,
		.home_address = group->home_address,
		.parts = room,
	};

	for (const struct part *part = group->parts; part; part = part->next)
		room[line.part_count++] = told_of(part, now);
	qsort(room, line.part_count, sizeof(*room), by_begin);
	for (size_t i = 0; i < line.part_count; i++)
		sum_up(&line, &room[i]);
	return line;
}

static bool has_teller(const struct group *group, struct dm_bytes host)
{
	for (const struct part *part = group->parts; part; part = part->next)
		if (dm_bytes_equal_folded(part->origin_host, host))
			return true;
	return false;
}

static bool is_wanted(const struct group *group, const struct mip6_report_filter *filter)
{
	if (filter->user_name.size && !dm_bytes_equal(group->user_name, filter->user_name))
		return false;
	if (filter->agent.size && !has_teller(group, filter->agent))
		return false;
	for (const struct part *part = group->parts; part; part = part->next)
		if (part->last >= filter->since)
			return true;
	return false;
}

/* The groups that are wanted, in order. */
struct selection {
	const struct mip6_report_filter *filter;
	struct group **at; /* owned */
	size_t count, room, most_parts;
};

static void select_group(void *value, void *context)
{
	struct selection *selection = context;
	struct group *group = value;

	if (!is_wanted(group, selection->filter))
		return;
	group->begin = INT64_MAX;
	for (const struct part *part = group->parts; part; part = part->next)
		if (part->begin < group->begin)
			group->begin = part->begin;
	if (group->part_count > selection->most_parts)
		selection->most_parts = group->part_count;
	selection->at[selection->count++] = group;
}

static int by_group_begin(const void *a, const void *b)
{
	const struct group *one = *(struct group *const *)a, *other = *(struct group *const *)b;

	if (one->begin != other->begin)
		return one->begin < other->begin ? -1 : 1;
	return dm_bytes_compare(one->parts->session_id, other->parts->session_id);
}

static int visit_all(const struct selection *selection, struct mip6_report_part *room, int64_t now,
                     int (*visit)(const struct mip6_report_line *, void *), void *context)
{
	int stop = 0;

	for (size_t i = 0; i < selection->count && !stop; i++) {
		const struct mip6_report_line line = line_of(selection->at[i], room, now);

		stop = visit(&line, context);
	}
	return stop;
}

int mip6_report_each(struct mip6_report *report, const struct mip6_report_filter *filter,
                     int64_t now, int (*visit)(const struct mip6_report_line *, void *),
                     void *context)
{
	struct selection selection = { .filter = filter };
	struct mip6_report_part *room;
	int error = -ENOMEM;

	selection.at =
		calloc(report->groups.count + report->alone.count + 1, sizeof(struct group *));
	if (!selection.at)
		return -ENOMEM;
	dm_map_each(&report->groups, select_group, &selection);
	dm_map_each(&report->alone, select_group, &selection);
	qsort(selection.at, selection.count, sizeof(struct group *), by_group_begin);
	room = calloc(selection.most_parts + 1, sizeof(*room));
	if (room)
		error = visit_all(&selection, room, now, visit, context);
	free(room);
	free(selection.at);
	return error;
}
