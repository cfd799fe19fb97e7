/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/output.h"

#include "base/text.h"

#include <langinfo.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define CELL_ROOM    512
#define COLUMN_LIMIT 24

static const char *const escapes[] = {
	[HW_PLAIN] = "",        [HW_BOLD] = "\033[1m",   [HW_DIM] = "\033[2m",
	[HW_RED] = "\033[31m",  [HW_GREEN] = "\033[32m", [HW_YELLOW] = "\033[33m",
	[HW_BLUE] = "\033[34m", [HW_CYAN] = "\033[36m",
};

void hw_output_init(struct hw_output *out, FILE *file)
{
	const char *no_color = getenv("NO_COLOR");

	out->file = file;
	out->colours = isatty(fileno(file)) && !(no_color && *no_color);
	out->unicode = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

void hw_output_flush(struct hw_output *out)
{
	(void)fflush(out->file);
}

void hw_output_print(struct hw_output *out, enum hw_colour colour, const char *format, ...)
{
	bool escape = out->colours && colour != HW_PLAIN;
	va_list list;

	if (escape)
		(void)fputs(escapes[colour], out->file);
	va_start(list, format);
	(void)vfprintf(out->file, format, list);
	va_end(list);
	if (escape)
		(void)fputs("\033[0m", out->file);
}

/* The members at `path` of each element. */
static json_t *members(const json_t *array, const char *path)
{
	json_t *found = json_array();
	size_t index;
	json_t *element;

	json_array_foreach((json_t *)array, index, element)
	{
		json_t *member = hw_json_at(element, path);

		if (member)
			(void)json_array_append_new(found, member);
	}
	return found;
}

json_t *hw_json_at(const json_t *object, const char *path)
{
	while (object) {
		size_t size = strcspn(path, ".");

		if (json_is_array(object))
			return members(object, path);
		object = json_object_getn(object, path, size);
		if (path[size] == '\0')
			return json_incref((json_t *)object);
		path += size + 1;
	}
	return NULL;
}

static void value_at(const json_t *object, const struct hw_column *column, char *text, size_t room)
{
	json_t *value = hw_json_at(object, column->key);

	hw_output_value(value, column->show, text, room);
	json_decref(value);
}

static void show_time(long long seconds, struct dm_text *text)
{
	time_t when = (time_t)seconds;
	struct tm utc;
	char shown[32];

	if (seconds == 0 || !gmtime_r(&when, &utc)) {
		dm_text_add(text, "-");
		return;
	}
	(void)strftime(shown, sizeof(shown), "%Y-%m-%d %H:%M:%SZ", &utc);
	dm_text_add(text, "%s", shown);
}

static void show_seconds(long long seconds, struct dm_text *text)
{
	if (seconds < 120)
		dm_text_add(text, "%lld s", seconds);
	else if (seconds < 7200)
		dm_text_add(text, "%lld min", seconds / 60);
	else
		dm_text_add(text, "%lld h %lld min", seconds / 3600, seconds / 60 % 60);
}

static void show_integer(long long number, enum hw_show show, struct dm_text *text)
{
	if (show == HW_SHOW_TIME)
		show_time(number, text);
	else if (show == HW_SHOW_SECONDS)
		show_seconds(number, text);
	else
		dm_text_add(text, "%lld", number);
}

static void show(const json_t *value, enum hw_show how, struct dm_text *text);

static void show_array(const json_t *array, enum hw_show how, struct dm_text *text)
{
	size_t i;
	json_t *element;

	json_array_foreach((json_t *)array, i, element)
	{
		dm_text_add(text, i ? ", " : "");
		show(element, how, text);
	}
}

static void show(const json_t *value, enum hw_show how, struct dm_text *text)
{
	switch (json_typeof(value)) {
	case JSON_STRING:
		dm_text_octets(text,
		               dm_bytes_of(json_string_value(value), json_string_length(value)));
		return;
	case JSON_INTEGER:
		show_integer(json_integer_value(value), how, text);
		return;
	case JSON_REAL:
		dm_text_add(text, "%.3f", json_real_value(value));
		return;
	case JSON_TRUE:
		dm_text_add(text, "yes");
		return;
	case JSON_FALSE:
		dm_text_add(text, "no");
		return;
	case JSON_ARRAY:
		show_array(value, how, text);
		return;
	case JSON_OBJECT:
	case JSON_NULL:
		return;
	}
}

void hw_output_value(const json_t *value, enum hw_show how, char *buffer, size_t room)
{
	struct dm_text text;

	dm_text_init(&text, buffer, room);
	if (value)
		show(value, how, &text);
	if (text.size == 0)
		dm_text_add(&text, "-");
}

size_t hw_text_width(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

static void print_padded(struct hw_output *out, enum hw_colour colour, const char *text,
                         size_t width, bool last)
{
	size_t shown = hw_text_width(text);

	hw_output_print(out, colour, "%s", text);
	if (!last)
		hw_output_print(out, HW_PLAIN, "%*s", (int)(width > shown ? width - shown : 0) + 2,
		                "");
}

static void measure(const json_t *rows, const struct hw_column *columns, size_t widths[])
{
	char cell[CELL_ROOM];
	size_t row;
	json_t *object;

	for (size_t i = 0; columns[i].heading; i++)
		widths[i] = hw_text_width(columns[i].heading);
	json_array_foreach((json_t *)rows, row, object) for (size_t i = 0; columns[i].heading; i++)
	{
		value_at(object, &columns[i], cell, sizeof(cell));
		if (hw_text_width(cell) > widths[i])
			widths[i] = hw_text_width(cell);
	}
}

void hw_output_table(struct hw_output *out, const json_t *rows, const struct hw_column *columns,
                     const char *empty)
{
	size_t widths[COLUMN_LIMIT];
	char cell[CELL_ROOM];
	size_t row;
	json_t *object;

	if (json_array_size(rows) == 0) {
		hw_output_print(out, HW_PLAIN, "%s\n", empty);
		return;
	}
	measure(rows, columns, widths);
	for (size_t i = 0; columns[i].heading; i++)
		print_padded(out, HW_BOLD, columns[i].heading, widths[i], !columns[i + 1].heading);
	hw_output_print(out, HW_PLAIN, "\n");
	json_array_foreach((json_t *)rows, row, object)
	{
		for (size_t i = 0; columns[i].heading; i++) {
			value_at(object, &columns[i], cell, sizeof(cell));
			print_padded(out, HW_PLAIN, cell, widths[i], !columns[i + 1].heading);
		}
		hw_output_print(out, HW_PLAIN, "\n");
	}
}

void hw_output_facts(struct hw_output *out, const json_t *object, const struct hw_column *columns)
{
	size_t width = 0;
	char cell[CELL_ROOM];

	for (size_t i = 0; columns[i].heading; i++)
		if (hw_text_width(columns[i].heading) > width)
			width = hw_text_width(columns[i].heading);
	for (size_t i = 0; columns[i].heading; i++) {
		value_at(object, &columns[i], cell, sizeof(cell));
		if (strcmp(cell, "-") == 0)
			continue;
		print_padded(out, HW_BOLD, columns[i].heading, width, false);
		hw_output_print(out, HW_PLAIN, "%s\n", cell);
	}
}
