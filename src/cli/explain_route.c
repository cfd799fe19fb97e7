/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain: where a node would send a request. A message in a file is read here; what routing looks
 * at goes to the daemon, options before it.
 */
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/file.h"
#include "cli/hex.h"
#include "cli/streams.h"
#include "diameter/codec/raw.h"
#include "dict/base.dia.h"

#include <stdlib.h>
#include <string.h>

#define FILE_LIMIT ((size_t)64 * 1024 * 1024)

/* ---- a message ---- */

static void set_text(json_t *request, const char *name, struct dm_bytes text)
{
	json_object_set_new(request, name, json_stringn((const char *)text.at, text.size));
}

/* Behind those that are there, with a comma. */
static void add_record(json_t *request, struct dm_bytes host)
{
	const char *before = json_string_value(json_object_get(request, "route_record"));
	char hosts[1024];

	(void)snprintf(hosts, sizeof(hosts), "%s%s%.*s", before ? before : "", before ? "," : "",
	               (int)host.size, (const char *)host.at);
	json_object_set_new(request, "route_record", json_string(hosts));
}

static void set_avp(json_t *request, const struct dm_raw_avp *avp)
{
	switch (avp->vendor ? 0 : avp->code) {
	case DM_AVP_SESSION_ID:
		set_text(request, "session_id", avp->data);
		return;
	case DM_AVP_USER_NAME:
		set_text(request, "user_name", avp->data);
		return;
	case DM_AVP_DESTINATION_HOST:
		set_text(request, "destination_host", avp->data);
		return;
	case DM_AVP_DESTINATION_REALM:
		set_text(request, "destination_realm", avp->data);
		return;
	case DM_AVP_ROUTE_RECORD:
		add_record(request, avp->data);
		return;
	default:
		return;
	}
}

static enum hw_exit set_message(struct hw_call *call, json_t *request, struct dm_bytes octets)
{
	struct dm_header header;
	struct dm_cursor cursor;
	struct dm_raw_avp avp;

	if (octets.size < DM_HEADER_SIZE || !hw_looks_like_diameter(octets))
		return hw_fail(call, HW_BAD_INPUT, "this is no Diameter message");
	header = dm_header_read(octets);
	if (!(header.flags & DM_FLAG_R))
		return hw_fail(call, HW_BAD_INPUT, "this is an answer; a request is wanted");
	if (header.length > octets.size)
		return hw_fail(call, HW_BAD_INPUT, "the message has %u octets, %zu are there",
		               header.length, octets.size);
	cursor = dm_raw_avps(dm_bytes_of(octets.at, header.length));
	json_object_set_new(request, "application", json_integer(header.application_id));
	if (!(header.flags & DM_FLAG_P))
		json_object_set_new(request, "not_proxiable", json_true());
	while (dm_raw_next(&cursor, &avp, NULL))
		set_avp(request, &avp);
	return HW_FINE;
}

static enum hw_exit set_hex(struct hw_call *call, json_t *request, struct dm_bytes text)
{
	struct dm_writer octets;
	char why[160];
	enum hw_exit code;

	dm_writer_init(&octets, FILE_LIMIT);
	if (hw_hex_read(text, &octets, why, sizeof(why)))
		code = set_message(call, request, dm_writer_written(&octets));
	else
		code = hw_fail(call, HW_BAD_INPUT, "%s", why);
	dm_writer_fini(&octets);
	return code;
}

static enum hw_exit set_file(struct hw_call *call, json_t *request)
{
	struct dm_bytes file;
	enum hw_exit code;

	if (hw_file_read(call->arguments[0], FILE_LIMIT, &file, call->error, sizeof(call->error)))
		return HW_BAD_INPUT;
	/* 0x01 is Diameter's version and no text. */
	code = file.size && file.at[0] == 1 ? set_message(call, request, file)
	                                    : set_hex(call, request, file);
	free((void *)(uintptr_t)file.at);
	return code;
}

enum hw_exit hw_explain(struct hw_call *call)
{
	json_t *request = json_pack("{s:s}", "command", call->command->name);
	enum hw_exit code = HW_FINE;

	if (call->argument_count)
		code = set_file(call, request);
	if (code == HW_FINE)
		return hw_client_ask_options(call, request);
	json_decref(request);
	return code;
}

/* ---- for people ---- */

static const char *text_at(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static void print_verdict(const json_t *result, struct hw_output *out)
{
	const char *verdict = text_at(result, "verdict");

	if (strcmp(verdict, "relay") == 0)
		hw_output_print(out, HW_BOLD, "sent to %s\n", text_at(result, "peer"));
	else if (strcmp(verdict, "proxy") == 0)
		hw_output_print(out, HW_BOLD, "shown to the service, then sent to %s\n",
		                text_at(result, "peer"));
	else if (strcmp(verdict, "local") == 0)
		hw_output_print(out, HW_BOLD, "for this node itself\n");
	else
		hw_output_print(
			out, HW_BOLD, "answered with %lld %s\n",
			(long long)json_integer_value(json_object_get(result, "result_code")),
			text_at(result, "result_name"));
}

void hw_explain_text(const json_t *result, struct hw_output *out)
{
	const json_t *passed;
	size_t index;

	print_verdict(result, out);
	if (*text_at(result, "rule"))
		hw_output_print(out, HW_PLAIN, "by: %s\n", text_at(result, "rule"));
	if (*text_at(result, "error_message"))
		hw_output_print(out, HW_PLAIN, "Error-Message: %s\n",
		                text_at(result, "error_message"));
	json_array_foreach(json_object_get(result, "passed_over"), index, passed) hw_output_print(
		out, HW_PLAIN, "not %s: %s\n", text_at(passed, "peer"), text_at(passed, "why"));
}
