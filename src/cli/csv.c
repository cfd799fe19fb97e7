/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/csv.h"

#include "base/arena.h"
#include "base/map.h"
#include "cli/subscriber_fields.h"
#include "io/subscriber_json.h"
#include "mip6/values.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { COLUMN_LIMIT = 32, CELL_ROOM = 1024 };

#define ARENA_LIMIT ((size_t)256 << 20)

/* Where a name or an address stood first. */
struct place {
	unsigned line;
	struct dm_bytes key; /* arena */
};

struct reader {
	const char *name;
	struct dm_bytes text;
	size_t at;
	unsigned line; /* of what is read now, from 1 */
	const struct hw_member *columns[COLUMN_LIMIT];
	size_t column_count;
	struct dm_map users;     /* user_name as it is filed, to its place */
	struct dm_map addresses; /* home_address without its length, to its place */
	struct dm_arena arena;
	json_t *records;
	struct dm_text *why;
	size_t mistakes;
};

static bool wrong(struct reader *reader, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* One more mistake; those beyond HW_CSV_MISTAKES are only counted. */
static bool wrong(struct reader *reader, const char *format, ...)
{
	va_list list;

	if (reader->mistakes++ >= HW_CSV_MISTAKES)
		return false;
	dm_text_add(reader->why, "%s%s:%u: ", reader->mistakes > 1 ? "\n" : "", reader->name,
	            reader->line);
	va_start(list, format);
	dm_text_add_list(reader->why, format, list);
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
		return wrong(reader, "a value is longer than %d octets; shorten it", CELL_ROOM - 1);
	if (octet == 0)
		return wrong(reader, "a NUL octet has no place in a table; remove it");
	cell[(*size)++] = (char)octet;
	return true;
}

/* RFC 4180 2.5-2.7: up to the closing quote, which doubled stands for itself. */
static bool read_quoted(struct reader *reader, char *cell, size_t *size)
{
	(void)next(reader);
	for (;;) {
		int octet = peek(reader);

		if (octet == EOF || octet == '\n')
			return wrong(reader, "a quote is not closed on this line; close it");
		(void)next(reader);
		if (octet == '"' && peek(reader) != '"')
			break;
		if (octet == '"')
			(void)next(reader);
		if (!add(reader, cell, size, octet))
			return false;
	}
	if (peek(reader) != ',' && !at_line_end(reader))
		return wrong(reader, "text follows a closing quote; write a comma");
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
	const struct hw_member *field = hw_field_named(name);
	char buffer[128];
	struct dm_text shown;

	dm_text_init(&shown, buffer, sizeof(buffer));
	dm_text_octets(&shown, dm_bytes_text(name));
	if (!field)
		return wrong(reader, "there is no column %s; homeward(1) lists them", buffer);
	for (size_t i = 0; i < reader->column_count; i++)
		if (reader->columns[i] == field)
			return wrong(reader, "the column %s is there twice; remove one", buffer);
	reader->columns[reader->column_count++] = field; /* fewer fields than COLUMN_LIMIT */
	return true;
}

static void want_column(struct reader *reader, const char *name)
{
	for (size_t i = 0; i < reader->column_count; i++)
		if (reader->columns[i] == hw_field_named(name))
			return;
	wrong(reader, "the column %s is missing; add it", name);
}

static bool read_head(struct reader *reader)
{
	char cell[CELL_ROOM];
	bool more = true;

	if (!to_next_line(reader))
		return wrong(reader, "the file is empty; its first line names the columns");
	while (more) {
		if (!read_cell(reader, cell, &more))
			return false;
		add_column(reader, cell);
	}
	if (!reader->mistakes)
		want_column(reader, "user_name");
	skip_line(reader);
	return !reader->mistakes;
}

/* ---- the records ---- */

/* False: the rest of the line says nothing. */
static bool set_cell(struct reader *reader, json_t *record, size_t column, const char *cell)
{
	const struct hw_member *field;
	char why[160];

	if (column >= reader->column_count)
		return wrong(reader, "more values than columns; the first line names %zu",
		             reader->column_count);
	field = reader->columns[column];
	if (!hw_field_set(record, field, cell, why, sizeof(why)))
		wrong(reader, "%s %s", field->name, why);
	return true;
}

/* Takes a line's name or address. False: `value` was there before, or memory is exhausted. */
static bool claim(struct reader *reader, struct dm_map *map, struct dm_bytes key,
                  const char *member, const char *value)
{
	const struct place *first = dm_map_get(map, key);
	struct place *place = first ? NULL : dm_arena_take(&reader->arena, sizeof(*place));
	char buffer[512];
	struct dm_text shown;

	if (place) {
		*place = (struct place){ reader->line, dm_arena_copy(&reader->arena, key) };
		if (place->key.at && dm_map_put(map, place->key, place) == 0)
			return true;
	}
	if (!first)
		return wrong(reader, "the file does not fit into memory; split it");
	dm_text_init(&shown, buffer, sizeof(buffer));
	dm_text_octets(&shown, dm_bytes_text(value));
	return wrong(reader, "%s %s is on line %u already; remove or change one of them", member,
	             buffer, first->line);
}

static void claim_name(struct reader *reader, const json_t *record)
{
	const char *name = json_string_value(json_object_get(record, "user_name"));
	uint8_t room[MIP6_NAI_LIMIT];
	struct dm_writer key;

	dm_writer_init_fixed(&key, room, sizeof(room));
	if (name && mip6_user_key(dm_bytes_text(name), &key))
		claim(reader, &reader->users, dm_writer_written(&key), "user_name", name);
}

static void claim_address(struct reader *reader, const json_t *record)
{
	const char *text = json_string_value(json_object_get(record, "home_address"));
	struct store_prefix address;

	if (text && hw_prefix_read(text, &address))
		claim(reader, &reader->addresses,
		      dm_bytes_of(address.address, sizeof(address.address)), "home_address", text);
}

static bool read_cells(struct reader *reader, json_t *record)
{
	char cell[CELL_ROOM];
	bool more = true;

	for (size_t column = 0; more; column++)
		if (!read_cell(reader, cell, &more) || !set_cell(reader, record, column, cell))
			return false;
	return true;
}

/* False: the reading ends here. */
static bool read_record(struct reader *reader)
{
	json_t *record = json_object();
	size_t before = reader->mistakes;

	if (json_array_size(reader->records) >= HW_IMPORT_LIMIT) {
		json_decref(record);
		return wrong(reader, "one import takes at most %d subscribers; split the file",
		             HW_IMPORT_LIMIT);
	}
	if (!record || json_array_append_new(reader->records, record) != 0)
		return wrong(reader, "the file does not fit into memory; split it");
	if (read_cells(reader, record) && reader->mistakes == before &&
	    !json_object_get(record, "user_name"))
		wrong(reader, "user_name is missing; add it");
	claim_name(reader, record);
	claim_address(reader, record);
	skip_line(reader);
	return true;
}

static void read_all(struct reader *reader)
{
	if (!read_head(reader))
		return;
	while (to_next_line(reader))
		if (!read_record(reader))
			return;
}

static void forget(json_t *records)
{
	size_t index;
	json_t *record;

	json_array_foreach(records, index, record) hw_subscriber_wipe(record);
	json_decref(records);
}

static json_t *records_of(struct reader *reader)
{
	if (reader->mistakes > HW_CSV_MISTAKES)
		dm_text_add(reader->why, "\nand %zu more", reader->mistakes - HW_CSV_MISTAKES);
	if (!reader->mistakes)
		return reader->records;
	forget(reader->records);
	return NULL;
}

unsigned hw_csv_line(struct dm_bytes text, size_t record)
{
	struct reader reader = { .text = text, .line = 1 };

	if (to_next_line(&reader))
		skip_line(&reader); /* the names of the columns */
	while (to_next_line(&reader) && record-- > 0)
		skip_line(&reader);
	return reader.line;
}

json_t *hw_csv_read(const char *name, struct dm_bytes text, struct dm_text *why, size_t *mistakes)
{
	struct reader reader = {
		.name = name, .text = text, .line = 1, .records = json_array(), .why = why
	};

	if (text.size >= 3 && memcmp(text.at, "\xef\xbb\xbf", 3) == 0)
		reader.at = 3; /* a byte order mark, as spreadsheets write it */
	dm_map_init(&reader.users, 0, false);
	dm_map_init(&reader.addresses, 0, false);
	dm_arena_init(&reader.arena, ARENA_LIMIT);
	read_all(&reader);
	dm_map_fini(&reader.users);
	dm_map_fini(&reader.addresses);
	dm_arena_fini(&reader.arena);
	*mistakes = reader.mistakes;
	return records_of(&reader);
}
