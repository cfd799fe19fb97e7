/* SPDX-License-Identifier: Apache-2.0 */
/* sqlite_row: rows into statements, and rows out of them. */
#include "sqlite_database.h"

/* NULL octets would become an SQL NULL. */
static int bind(sqlite3_stmt *statement, int column, const struct store_value *value)
{
	const struct dm_bytes *octets = &value->octets;

	if (value->kind == STORE_NULL)
		return sqlite3_bind_null(statement, column);
	if (value->kind == STORE_NUMBER)
		return sqlite3_bind_int64(statement, column, value->number);
	return sqlite3_bind_blob64(statement, column, octets->size ? octets->at : (const void *)"",
	                           octets->size, SQLITE_STATIC);
}

int store_statement_bind(sqlite3_stmt *statement, const struct store_row *row)
{
	int parameters = sqlite3_bind_parameter_count(statement);
	int code = SQLITE_OK;

	for (int i = 0; i < parameters && i < (int)row->count && code == SQLITE_OK; i++)
		code = bind(statement, i + 1, &row->values[i]);
	return code;
}

static void read_value(sqlite3_stmt *statement, int column, struct store_value *value)
{
	int type = sqlite3_column_type(statement, column);
	const void *at;

	*value = (struct store_value){ .kind = STORE_NULL };
	if (type == SQLITE_NULL)
		return;
	if (type == SQLITE_INTEGER) {
		value->kind = STORE_NUMBER;
		value->number = sqlite3_column_int64(statement, column);
		return;
	}
	value->kind = STORE_OCTETS;
	at = sqlite3_column_blob(statement, column);
	value->octets = dm_bytes_of(at, (size_t)sqlite3_column_bytes(statement, column));
}

void store_statement_row(sqlite3_stmt *statement, struct store_row *row)
{
	int columns = sqlite3_column_count(statement);

	row->count = columns < STORE_COLUMNS ? (size_t)columns : STORE_COLUMNS;
	for (size_t i = 0; i < row->count; i++)
		read_value(statement, (int)i, &row->values[i]);
}
