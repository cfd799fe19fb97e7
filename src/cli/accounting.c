/* SPDX-License-Identifier: Apache-2.0 */
/*
 * accounting: what NASes and home agents counted, by mobility session, or record by record.
 */
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/csv_write.h"
#include "io/accounting_json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- --since ---- */

/* "90m" ago, "2026-11-23", "2026-11-23T17:00", "2026-11-23T17:00:00Z", in UTC. */
static bool read_since(const char *text, int64_t now, int64_t *out)
{
	static const struct {
		char unit;
		int64_t seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	static const char *const formats[] = { "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M", "%Y-%m-%d" };
	char *end;
	long long number = strtoll(text, &end, 10);

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (end == text || number < 0 || number > 1000000000 || end[0] != units[i].unit ||
		    end[1])
			continue;
		*out = now - number * units[i].seconds;
		return true;
	}
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		struct tm moment = { 0 };
		const char *rest = strptime(text, formats[i], &moment);

		if (!rest || *rest)
			continue;
		*out = (int64_t)timegm(&moment);
		return true;
	}
	return false;
}

static enum hw_exit since_of(struct hw_call *call, int64_t now, int64_t *since)
{
	const char *text = hw_option(call, "since");

	*since = 0;
	if (!text || read_since(text, now, since))
		return HW_FINE;
	return hw_fail(call, HW_BAD_INPUT,
	               "--since %s: write 90m, 12h or 30d (ago), or 2026-11-23 or "
	               "2026-11-23T17:00 (UTC)",
	               text);
}

/* ---- CSV (RFC 4180) ---- */

/* --csv: the result becomes its own text, which the renderer prints as it is. */
static enum hw_exit as_csv(struct hw_call *call, const struct hw_column *columns)
{
	char *text;

	if (!hw_option(call, "csv"))
		return HW_FINE;
	text = hw_csv_of(call->result, columns);
	json_decref(call->result);
	call->result = text ? json_pack("{s:s}", "csv", text) : NULL;
	free(text);
	return call->result ? HW_FINE : hw_fail(call, HW_REFUSED, "out of memory");
}

static bool print_csv(const json_t *result, struct hw_output *out)
{
	const char *text = json_string_value(json_object_get(result, "csv"));

	if (text)
		hw_output_print(out, HW_PLAIN, "%s", text);
	return text != NULL;
}

/* ---- from a store ---- */

static enum hw_exit with_store(struct hw_call *call, int (*read)(struct store *, void *),
                               void *context)
{
	struct store *store;
	const char *where;
	enum hw_exit code = hw_store_open(call, true, &store, &where);
	int error;

	if (code != HW_FINE)
		return code;
	error = read(store, context);
	if (error)
		code = hw_fail(call, HW_REFUSED, "cannot read %s: %s", where, strerror(-error));
	store_close(store);
	return code;
}

/* ---- report ---- */

static const struct hw_column report_columns[] = {
	{ "user_name", "user", HW_SHOW_PLAIN },
	{ "home_agent", "home agent", HW_SHOW_PLAIN },
	{ "home_address", "home address", HW_SHOW_PLAIN },
	{ "nas", "visited", HW_SHOW_PLAIN },
	{ "begin", "begin", HW_SHOW_TIME },
	{ "end", "end", HW_SHOW_TIME },
	{ "duration", "seconds", HW_SHOW_PLAIN },
	{ "input_octets", "octets in", HW_SHOW_PLAIN },
	{ "output_octets", "octets out", HW_SHOW_PLAIN },
	{ "records", "records", HW_SHOW_PLAIN },
	{ "gaps", "gaps", HW_SHOW_PLAIN },
	{ NULL, NULL, HW_SHOW_PLAIN },
};

struct asked {
	struct hw_call *call;
	struct mip6_report_filter filter;
	int64_t now;
};

static int read_report(struct store *store, void *context)
{
	const struct asked *asked = context;
	struct mip6_report *report = mip6_report_new(0);
	int error = report ? store_each_accounting(store, mip6_report_add, report) : -ENOMEM;

	if (!error)
		error = hw_accounting_report_json(report, &asked->filter, asked->now,
		                                  &asked->call->result);
	mip6_report_free(report);
	return error;
}

static struct dm_bytes octets_of(struct hw_call *call, const char *option)
{
	const char *text = hw_option(call, option);

	return text ? dm_bytes_text(text) : (struct dm_bytes){ 0 };
}

static enum hw_exit ask_daemon(struct hw_call *call, int64_t since)
{
	json_t *request = json_pack("{s:s, s:s*, s:s*, s:I}", "command", "accounting-report",
	                            "user_name", hw_option(call, "user"), "agent",
	                            hw_option(call, "agent"), "since", (json_int_t)since);

	return request ? hw_client_ask(call, request)
	               : hw_fail(call, HW_BAD_INPUT, "--user, --agent: text in UTF-8 is wanted");
}

static enum hw_exit check(struct hw_call *call, int64_t now, int64_t *since)
{
	if (hw_option(call, "csv") && call->json)
		return hw_fail(call, HW_BAD_INPUT, "--csv or --json, not both");
	return since_of(call, now, since);
}

enum hw_exit hw_accounting_report(struct hw_call *call)
{
	struct asked asked = { .call = call, .now = time(NULL) };
	enum hw_exit code = check(call, asked.now, &asked.filter.since);

	asked.filter.user_name = octets_of(call, "user");
	asked.filter.agent = octets_of(call, "agent");
	if (code == HW_FINE)
		code = hw_option(call, "data") || hw_option(call, "url")
		               ? with_store(call, read_report, &asked)
		               : ask_daemon(call, asked.filter.since);
	return code == HW_FINE ? as_csv(call, report_columns) : code;
}

void hw_accounting_report_text(const json_t *result, struct hw_output *out)
{
	if (!print_csv(result, out))
		hw_output_table(out, result, report_columns, "no record");
}

/* ---- records ---- */

static const struct hw_column record_columns[] = {
	{ "received", "received", HW_SHOW_TIME },
	{ "type", "type", HW_SHOW_PLAIN },
	{ "number", "number", HW_SHOW_PLAIN },
	{ "user_name", "user", HW_SHOW_PLAIN },
	{ "origin_host", "told by", HW_SHOW_PLAIN },
	{ "home_address", "home address", HW_SHOW_PLAIN },
	{ "session_time", "seconds", HW_SHOW_PLAIN },
	{ "input_octets", "octets in", HW_SHOW_PLAIN },
	{ "output_octets", "octets out", HW_SHOW_PLAIN },
	{ "session_id", "session", HW_SHOW_PLAIN },
	{ NULL, NULL, HW_SHOW_PLAIN },
};

/* For programs: all that a record has. */
static const struct hw_column record_fields[] = {
	{ "received", "", HW_SHOW_PLAIN },
	{ "event_time", "", HW_SHOW_PLAIN },
	{ "type", "", HW_SHOW_PLAIN },
	{ "number", "", HW_SHOW_PLAIN },
	{ "session_id", "", HW_SHOW_PLAIN },
	{ "acct_multi_session_id", "", HW_SHOW_PLAIN },
	{ "sub_session", "", HW_SHOW_PLAIN },
	{ "user_name", "", HW_SHOW_PLAIN },
	{ "accounted", "", HW_SHOW_PLAIN },
	{ "origin_host", "", HW_SHOW_PLAIN },
	{ "origin_realm", "", HW_SHOW_PLAIN },
	{ "home_address", "", HW_SHOW_PLAIN },
	{ "interim_interval", "", HW_SHOW_PLAIN },
	{ "session_time", "", HW_SHOW_PLAIN },
	{ "input_octets", "", HW_SHOW_PLAIN },
	{ "output_octets", "", HW_SHOW_PLAIN },
	{ "input_packets", "", HW_SHOW_PLAIN },
	{ "output_packets", "", HW_SHOW_PLAIN },
	{ NULL, NULL, HW_SHOW_PLAIN },
};

static int append_record(const struct store_accounting *record, void *context)
{
	const struct asked *asked = context;

	if (record->received < asked->filter.since)
		return 0;
	return json_array_append_new(asked->call->result, hw_accounting_record_json(record))
	               ? -ENOMEM
	               : 0;
}

static int read_records(struct store *store, void *context)
{
	const struct asked *asked = context;

	asked->call->result = json_array();
	return store_each_accounting(store, append_record, context);
}

enum hw_exit hw_accounting_records(struct hw_call *call)
{
	struct asked asked = { .call = call, .now = time(NULL) };
	enum hw_exit code = check(call, asked.now, &asked.filter.since);

	if (code == HW_FINE)
		code = with_store(call, read_records, &asked);
	return code == HW_FINE ? as_csv(call, record_fields) : code;
}

void hw_accounting_records_text(const json_t *result, struct hw_output *out)
{
	if (!print_csv(result, out))
		hw_output_table(out, result, record_columns, "no record");
}
