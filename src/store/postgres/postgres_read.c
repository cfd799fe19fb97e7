/* SPDX-License-Identifier: Apache-2.0 */
/* postgres_read: cursors of the owner's thread. All that are open see the same moment. */
#include "postgres.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define BATCH "1000"

struct cursor {
	struct store *store;
	struct store_postgres *postgres;
	char sql[STORE_SQL_ROOM];
	char fetch[48]; /* the statement of the next batch; "": there is one result only */
	char close[32];
	PGresult *rows; /* owned */
	int at;
};

static int fail(struct cursor *cursor, int error)
{
	memcpy(cursor->store->trouble, cursor->postgres->reader.trouble,
	       sizeof(cursor->store->trouble));
	return error == -ENOTCONN ? -EAGAIN : error;
}

/* The words of SQLite's dialect that another engine has not. */
static bool adapt(char sql[STORE_SQL_ROOM])
{
	return store_replace_words(sql, STORE_SQL_ROOM, " NOT INDEXED", "") &&
	       store_replace_words(sql, STORE_SQL_ROOM, "group_concat(id,",
	                           "string_agg(CAST(id AS TEXT),") &&
	       store_replace_words(sql, STORE_SQL_ROOM, "unixepoch()",
	                           "CAST(extract(epoch FROM now()) AS BIGINT)");
}

static int begin(struct store_link *link)
{
	return store_link_script(link, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
}

/* That a connection is gone shows when it is used; what open cursors saw is gone with it. */
static int enter(struct store_postgres *postgres)
{
	int error = postgres->cursors ? 0 : begin(&postgres->reader);

	if (error == -ENOTCONN) {
		error = store_link_open(&postgres->reader);
		if (!error)
			error = begin(&postgres->reader);
	}
	if (!error)
		postgres->cursors++;
	return error;
}

static void leave(struct store_postgres *postgres)
{
	if (--postgres->cursors > 0)
		return;
	if (store_link_script(&postgres->reader, "ROLLBACK") == -ENOTCONN)
		store_link_close(&postgres->reader);
}

void *store_postgres_read(struct store *store, const char *sql)
{
	struct store_postgres *postgres = store->inside;
	struct cursor *cursor = calloc(1, sizeof(*cursor));
	int error;

	if (!cursor)
		return NULL;
	cursor->store = store;
	cursor->postgres = postgres;
	if ((size_t)snprintf(cursor->sql, sizeof(cursor->sql), "%s", sql) >= sizeof(cursor->sql) ||
	    !adapt(cursor->sql)) {
		free(cursor);
		return NULL;
	}
	error = enter(postgres);
	if (!error)
		return cursor;
	fail(cursor, error);
	free(cursor);
	return NULL;
}

static void forget(struct cursor *cursor)
{
	PQclear(cursor->rows);
	cursor->rows = NULL;
	cursor->at = 0;
}

static int batch(struct cursor *cursor)
{
	int error;

	forget(cursor);
	error = store_link_run(&cursor->postgres->reader, cursor->fetch, NULL, &cursor->rows);
	return error ? fail(cursor, error) : 0;
}

static int declare(struct cursor *cursor)
{
	char sql[STORE_SQL_ROOM + 64];
	unsigned number = cursor->postgres->next_cursor++;
	int error;

	snprintf(sql, sizeof(sql), "DECLARE walk_%u NO SCROLL CURSOR FOR %s", number, cursor->sql);
	snprintf(cursor->fetch, sizeof(cursor->fetch), "FETCH " BATCH " FROM walk_%u", number);
	snprintf(cursor->close, sizeof(cursor->close), "CLOSE walk_%u", number);
	error = store_link_script(&cursor->postgres->reader, sql);
	return error ? fail(cursor, error) : batch(cursor);
}

int store_postgres_begin(void *context, const struct store_row *keys)
{
	struct cursor *cursor = context;
	int error;

	if (!keys)
		return declare(cursor);
	forget(cursor);
	error = store_link_run(&cursor->postgres->reader, cursor->sql, keys, &cursor->rows);
	return error ? fail(cursor, error) : 0;
}

int store_postgres_next(void *context, struct store_row *row)
{
	struct cursor *cursor = context;
	int error = 0;

	if (cursor->fetch[0] && cursor->at && cursor->at == PQntuples(cursor->rows))
		error = batch(cursor);
	if (error)
		return error;
	if (cursor->at >= PQntuples(cursor->rows))
		return 0;
	store_result_row(cursor->rows, cursor->at++, row);
	return 1;
}

void store_postgres_end(void *context)
{
	struct cursor *cursor = context;

	forget(cursor);
	if (cursor->close[0] && cursor->postgres->cursors > 1)
		store_link_script(&cursor->postgres->reader, cursor->close);
	leave(cursor->postgres);
	free(cursor);
}
