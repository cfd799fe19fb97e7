/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/csv_write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add_cell(FILE *out, const json_t *object, const struct hw_column *column)
{
	json_t *value = hw_json_at(object, column->key);
	char text[2048];

	hw_output_value(value, column->show, text, sizeof(text));
	json_decref(value);
	if (strcmp(text, "-") == 0)
		return;
	if (!strpbrk(text, ",\"")) {
		(void)fputs(text, out);
		return;
	}
	(void)fputc('"', out);
	for (const char *c = text; *c; c++) {
		if (*c == '"')
			(void)fputc('"', out);
		(void)fputc(*c, out);
	}
	(void)fputc('"', out);
}

char *hw_csv_of(const json_t *rows, const struct hw_column *columns)
{
	size_t size = 0, index;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);
	json_t *row;

	if (!out)
		return NULL;
	for (const struct hw_column *column = columns; column->heading; column++)
		(void)fprintf(out, "%s%s", column == columns ? "" : ",", column->key);
	(void)fputs("\r\n", out);
	json_array_foreach(rows, index, row)
	{
		for (const struct hw_column *column = columns; column->heading; column++) {
			if (column != columns)
				(void)fputc(',', out);
			add_cell(out, row, column);
		}
		(void)fputs("\r\n", out);
	}
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}
