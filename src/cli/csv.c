/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/csv.h"

#include "base/map.h"
#include "cli/subscriber_fields.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { COLUMN_LIMIT = 32, CELL_ROOM = 1024 };

struct reader {
	const char *name;
	struct dm_bytes text;
	size_t at;
	unsigned line; /* of what is read now, from 1 */
	const struct hw_field *columns[COLUMN_LIMIT];
	size_t column_count;
	struct dm_map users; /* user_name to its record */
	json_t *records;
	char *why;
	size_t why_room;
};

static bool wrong(struct reader *reader, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static bool wrong(struct reader *reader, const char *format, ...)
{
	int used = snprintf(reader->why, reader->why_room, "%s:%u: ", reader->name, reader->line);
	va_list list;

	if (used < 0 || (size_t)used >= reader->why_room)
		return false;
	va_start(list, format);
	(void)vsnprintf(reader->why + used, reader->why_room - (size_t)used, format, list);
	va_end(list);
	return false;
}

static int peek(const struct reader *reader)
{
	return reader->at < reader->text.size ? reader->text.at[reader->at] : EOF;
}

static int next(struct reader *reader)
{
	int octet = peek(reader);

	if (octet != EOF)
		reader->at++;
	return octet;
}

static bool at_line_end(const struct reader *reader)
{
	int octet = peek(reader);

	return octet == EOF || octet == '\n' || octet == '\r';
}

static void skip_line(struct reader *reader)
{
	while (peek(reader) != EOF && peek(reader) != '\n')
		reader->at++;
	(void)next(reader);
	reader->line++;
}

/* Moves to a line that says something; false at the end. */
static bool to_next_line(struct reader *reader)
{
	while (peek(reader) == '#' || at_line_end(reader)) {
		if (peek(reader) == EOF)
			return false;
		skip_line(reader);
	}
	return true;
}

static bool add(struct reader *reader, char *cell, size_t *size, int octet)
{
	if (*size + 1 >= CELL_ROOM)
		return wrong(reader, "a value is longer than %d octets", CELL_ROOM - 1);
	if (octet == 0)
		return wrong(reader, "a NUL octet has no place in a table");
	cell[(*size)++] = (char)octet;
	return true;
}

/* RFC 4180 2.5-2.7: up to the closing quote, which doubled stands for itself. */
static bool read_quoted(struct reader *reader, char *cell, size_t *size)
{
	(void)next(reader);
	for (;;) {
		int octet = next(reader);

		if (octet == EOF || octet == '\n')
			return wrong(reader, "a quote is opened and not closed on this line");
		if (octet == '"' && peek(reader) != '"')
			break;
		if (octet == '"')
			(void)next(reader);
		if (!add(reader, cell, size, octet))
			return false;
	}
	if (peek(reader) != ',' && !at_line_end(reader))
		return wrong(reader, "a comma is wanted behind a closing quote");
	return true;
}

/* One value; *more says whether a comma follows it. */
static bool read_cell(struct reader *reader, char *cell, bool *more)
{
	size_t size = 0;

	while (peek(reader) == ' ')
		(void)next(reader);
	if (peek(reader) == '"' && !read_quoted(reader, cell, &size))
		return false;
	while (peek(reader) != ',' && !at_line_end(reader))
		if (!add(reader, cell, &size, next(reader)))
			return false;
	while (size && cell[size - 1] == ' ')
		size--;
	cell[size] = '\0';
	*more = peek(reader) == ',';
	if (*more)
		(void)next(reader);
	return true;
}

static bool add_column(struct reader *reader, const char *name)
{
	const struct hw_field *field = hw_field_named(name);

	if (!field)
		return wrong(reader, "there is no column %s; homeward(1) lists them", name);
	for (size_t i = 0; i < reader->column_count; i++)
		if (reader->columns[i] == field)
			return wrong(reader, "the column %s is there twice", name);
	reader->columns[reader->column_count++] = field; /* fewer fields than COLUMN_LIMIT */
	return true;
}

static bool read_head(struct reader *reader)
{
	char cell[CELL_ROOM];
	bool more = true;

	if (!to_next_line(reader))
		return wrong(reader, "the file is empty; its first line names the columns");
	while (more)
		if (!read_cell(reader, cell, &more) || !add_column(reader, cell))
			return false;
	skip_line(reader);
	return true;
}

static bool set_cell(struct reader *reader, json_t *record, size_t column, const char *cell)
{
	const struct hw_field *field;
	char why[160];

	if (column >= reader->column_count)
		return wrong(reader, "more values than the %zu columns of the first line",
		             reader->column_count);
	field = reader->columns[column];
	if (hw_field_set(record, field, cell, why, sizeof(why)))
		return true;
	return wrong(reader, "%s: %s", hw_field_name(field), why);
}

static bool keep(struct reader *reader, json_t *record)
{
	const json_t *name = json_object_get(record, "user_name");
	char why[160];

	if (!hw_subscriber_complete(record, why, sizeof(why)))
		return wrong(reader, "%s", why);
	if (dm_map_put(&reader->users, dm_bytes_text(json_string_value(name)), record) != 0)
		return wrong(reader, "user_name: %s is there already", json_string_value(name));
	return true;
}

static bool read_record(struct reader *reader)
{
	json_t *record = json_object();
	char cell[CELL_ROOM];
	bool more = true;

	if (!record || json_array_append_new(reader->records, record) != 0)
		return wrong(reader, "out of memory");
	for (size_t column = 0; more; column++)
		if (!read_cell(reader, cell, &more) || !set_cell(reader, record, column, cell))
			return false;
	if (!keep(reader, record))
		return false;
	skip_line(reader);
	return true;
}

static bool read_all(struct reader *reader)
{
	if (!read_head(reader))
		return false;
	while (to_next_line(reader))
		if (!read_record(reader))
			return false;
	return true;
}

json_t *hw_csv_read(const char *name, struct dm_bytes text, char *why, size_t why_room)
{
	struct reader reader = { .name = name,
		                 .text = text,
		                 .line = 1,
		                 .records = json_array(),
		                 .why = why,
		                 .why_room = why_room };
	bool good;

	if (text.size >= 3 && memcmp(text.at, "\xef\xbb\xbf", 3) == 0)
		reader.at = 3; /* a byte order mark, as spreadsheets write it */
	dm_map_init(&reader.users, 0, false);
	good = reader.records && read_all(&reader);
	dm_map_fini(&reader.users);
	if (good)
		return reader.records;
	json_decref(reader.records);
	return NULL;
}
