/* SPDX-License-Identifier: Apache-2.0 */
/*
 * subscriber: the records of a home server, over the control socket of its daemon or, with --data,
 * in its store directory while no daemon owns it.
 */
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/csv.h"
#include "cli/csv_write.h"
#include "cli/file.h"
#include "cli/subscriber_data.h"
#include "cli/subscriber_fields.h"

#include <stdlib.h>
#include <string.h>

/* So many records fit into one line of the control socket, however long and escaped. */
#define RECORDS_AT_ONCE 4096

/* ---- records from options and files ---- */

/* "--home-address" is the field home_address. */
static const struct hw_member *field_of(const struct hw_option *option)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "%s", option->name);
	for (char *c = name; *c; c++)
		*c = *c == '-' ? '_' : *c;
	return hw_field_named(name);
}

static bool read_key_line(char *line, int room)
{
	if (!fgets(line, room, stdin))
		return false;
	line[strcspn(line, "\r\n")] = '\0';
	return true;
}

static enum hw_exit set_option(struct hw_call *call, json_t *record, const struct hw_given *given)
{
	const struct hw_member *field = field_of(given->option);
	char line[2 * DM_SECRET_ROOM + 3], why[160];
	const char *value = given->value;
	bool good;

	if (!field)
		return HW_FINE; /* one of the shared options */
	if (strcmp(given->option->name, "root-key") == 0 && strcmp(value, "-") == 0) {
		if (!read_key_line(line, sizeof(line)))
			return hw_fail(call, HW_BAD_INPUT, "no root key on standard input");
		value = line;
	}
	good = hw_field_set(record, field, value, why, sizeof(why));
	dm_wipe(line, sizeof(line));
	return good ? HW_FINE : hw_fail(call, HW_BAD_INPUT, "--%s %s", given->option->name, why);
}

static enum hw_exit set_name(struct hw_call *call, json_t *record)
{
	char why[160];

	if (hw_field_set(record, hw_field_named("user_name"), call->arguments[0], why, sizeof(why)))
		return HW_FINE;
	return hw_fail(call, HW_BAD_INPUT, "%s: %s", call->arguments[0], why);
}

static enum hw_exit set_options(struct hw_call *call, json_t *record)
{
	enum hw_exit code = HW_FINE;

	for (size_t i = 0; i < call->given_count && code == HW_FINE; i++)
		code = set_option(call, record, &call->given[i]);
	return code;
}

static json_t *records_of_file(struct hw_call *call)
{
	const char *path = call->arguments[0];
	char lines[sizeof(call->error) - 128];
	struct dm_bytes text;
	struct dm_text why;
	json_t *records;
	size_t mistakes;

	if (hw_file_read(path, HW_CSV_OCTETS, &text, call->error, sizeof(call->error)))
		return NULL;
	dm_text_init(&why, lines, sizeof(lines));
	records = hw_csv_read(path, text, &why, &mistakes);
	if (!records)
		hw_fail(call, HW_BAD_INPUT, "nothing is stored; %zu mistake%s:\n%s", mistakes,
		        mistakes == 1 ? "" : "s", lines);
	if (text.size)
		dm_wipe((void *)(uintptr_t)text.at, text.size);
	free((void *)(uintptr_t)text.at);
	return records;
}

static void forget(json_t *records)
{
	size_t index;
	json_t *record;

	json_array_foreach(records, index, record) hw_subscriber_wipe(record);
	json_decref(records);
}

/* ---- to the daemon ---- */

/* The daemon keeps the pieces until the one without `more`, and then commits them all. */
static enum hw_exit import_piece(struct hw_call *call, struct hw_client *client,
                                 const json_t *records, size_t *done)
{
	json_t *piece = json_array();
	json_t *result = NULL;
	size_t from = *done;
	enum hw_exit code;

	for (; *done < json_array_size(records) && *done < from + RECORDS_AT_ONCE; ++*done)
		(void)json_array_append(piece, json_array_get(records, *done));
	code = hw_client_ask_on(call, client,
	                        json_pack("{s:s, s:o, s:I, s:b}", "command", "subscriber-import",
	                                  "subscribers", piece, "from", (json_int_t)from, "more",
	                                  *done < json_array_size(records)),
	                        &result);
	json_decref(result);
	return code;
}

static enum hw_exit import_to_daemon(struct hw_call *call, const json_t *records)
{
	struct hw_client client;
	enum hw_exit code = HW_FINE;
	size_t done = 0;

	if (hw_client_open(&client, hw_client_path(call), call->error, sizeof(call->error)))
		return HW_NO_DAEMON;
	while (done < json_array_size(records) && code == HW_FINE)
		code = import_piece(call, &client, records, &done);
	hw_client_close(&client);
	return code;
}

/* ---- the commands ---- */

static enum hw_exit put(struct hw_call *call, const json_t *records)
{
	const char *directory = hw_option(call, "data");
	enum hw_exit code =
		directory ? hw_data_put(call, directory, records) : import_to_daemon(call, records);

	if (code == HW_FINE)
		call->result = json_pack("{s:I}", "count", (json_int_t)json_array_size(records));
	return code;
}

enum hw_exit hw_subscriber_add(struct hw_call *call)
{
	json_t *record = json_object();
	json_t *records = json_pack("[o]", record);
	enum hw_exit code =
		records ? set_name(call, record) : hw_fail(call, HW_REFUSED, "out of memory");

	if (code == HW_FINE)
		code = set_options(call, record);
	if (code == HW_FINE && !json_object_get(record, "root_key"))
		code = hw_fail(call, HW_BAD_INPUT, "--root-key is missing");
	if (code == HW_FINE)
		code = put(call, records);
	forget(records);
	return code;
}

/* The record as it is, without its key; NULL: there is none, or nobody could be asked. */
static json_t *record_of(struct hw_call *call, enum hw_exit *code)
{
	const char *directory = hw_option(call, "data"), *name = call->arguments[0];
	json_t *record;

	*code = directory ? hw_data_list(call, directory, name)
	                  : hw_client_ask(call, json_pack("{s:s, s:s}", "command",
	                                                  "subscriber-list", "user_name", name));
	record = json_incref(json_array_get(call->result, 0));
	json_decref(call->result);
	call->result = NULL;
	if (*code == HW_FINE && !record)
		*code = hw_fail(call, HW_REFUSED, "there is no subscriber %s", name);
	(void)json_object_del(record, "root_key_octets");
	return record;
}

enum hw_exit hw_subscriber_edit(struct hw_call *call)
{
	enum hw_exit code;
	json_t *records;
	json_t *record = record_of(call, &code);

	if (code != HW_FINE)
		return code;
	records = json_pack("[o]", record);
	code = set_options(call, record);
	if (code == HW_FINE)
		code = put(call, records);
	forget(records);
	return code;
}

/* "record 5: what" of a file is on one of its lines. */
static enum hw_exit with_line(struct hw_call *call, enum hw_exit code)
{
	const char *path = call->arguments[0];
	char told[sizeof(call->error)], read_error[256];
	struct dm_bytes text;
	size_t record;
	int size = 0;

	if (sscanf(call->error, "record %zu: %n", &record, &size) != 1 || size == 0 ||
	    record == 0 || hw_file_read(path, HW_CSV_OCTETS, &text, read_error, sizeof(read_error)))
		return code;
	(void)snprintf(told, sizeof(told), "%s", call->error + size);
	hw_fail(call, code, "nothing is stored; 1 mistake:\n%s:%u: %.*s", path,
	        hw_csv_line(text, record - 1), 512, told);
	if (text.size)
		dm_wipe((void *)(uintptr_t)text.at, text.size);
	free((void *)(uintptr_t)text.at);
	return code;
}

enum hw_exit hw_subscriber_import(struct hw_call *call)
{
	json_t *records = records_of_file(call);
	enum hw_exit code;

	if (!records)
		return HW_BAD_INPUT;
	code = put(call, records);
	forget(records);
	return code == HW_FINE ? code : with_line(call, code);
}

enum hw_exit hw_subscriber_list(struct hw_call *call)
{
	const char *directory = hw_option(call, "data");

	if (directory)
		return hw_data_list(call, directory, NULL);
	return hw_client_ask(call, json_pack("{s:s}", "command", "subscriber-list"));
}

static enum hw_exit change(struct hw_call *call, const char *command, enum hw_data_change kind)
{
	const char *directory = hw_option(call, "data");
	json_t *request;

	if (directory)
		return hw_data_change(call, directory, kind);
	request = json_pack("{s:s, s:s}", "command", command, "user_name", call->arguments[0]);
	if (!request)
		return hw_fail(call, HW_BAD_INPUT, "NAI: text in UTF-8 is wanted");
	return hw_client_ask(call, request);
}

enum hw_exit hw_subscriber_enable(struct hw_call *call)
{
	return change(call, "subscriber-enable", HW_DATA_ENABLE);
}

enum hw_exit hw_subscriber_disable(struct hw_call *call)
{
	return change(call, "subscriber-disable", HW_DATA_DISABLE);
}

enum hw_exit hw_subscriber_delete(struct hw_call *call)
{
	return change(call, "subscriber-delete", HW_DATA_DELETE);
}

void hw_subscriber_list_text(const json_t *result, struct hw_output *out)
{
	static const struct hw_column columns[] = {
		{ "user_name", "user", HW_SHOW_PLAIN },
		{ "enabled", "enabled", HW_SHOW_PLAIN },
		{ "mobility", "mobility", HW_SHOW_PLAIN },
		{ "local_home_agent", "local", HW_SHOW_PLAIN },
		{ "home_address", "home address", HW_SHOW_PLAIN },
		{ "home_prefix", "prefix", HW_SHOW_PLAIN },
		{ "home_agent", "home agents", HW_SHOW_PLAIN },
		{ "fqdn", "name", HW_SHOW_PLAIN },
		{ "sa_protocols", "protected by", HW_SHOW_PLAIN },
		{ "root_key_octets", "key octets", HW_SHOW_PLAIN },
		{ NULL, NULL, HW_SHOW_PLAIN },
	};

	hw_output_table(out, result, columns, "no subscriber");
}

/* What a later import takes: all but the keys, which stay where they are. */
void hw_subscriber_export_text(const json_t *result, struct hw_output *out)
{
	struct hw_column columns[32];
	size_t count = 0;
	char *text;

	for (const struct hw_member *field = hw_subscriber_members; field->name; field++)
		if (field->type != HW_MEMBER_KEY)
			columns[count++] =
				(struct hw_column){ field->name, field->name, HW_SHOW_PLAIN };
	columns[count] = (struct hw_column){ NULL, NULL, HW_SHOW_PLAIN };
	text = hw_csv_of(result, columns);
	if (text)
		hw_output_print(out, HW_PLAIN, "%s", text);
	free(text);
}

void hw_subscriber_done_text(const json_t *result, struct hw_output *out)
{
	const json_t *count = json_object_get(result, "count");

	if (count)
		hw_output_print(out, HW_PLAIN, "%lld subscriber%s stored\n",
		                (long long)json_integer_value(count),
		                json_integer_value(count) == 1 ? "" : "s");
	else
		hw_output_print(out, HW_PLAIN, "done\n");
}
