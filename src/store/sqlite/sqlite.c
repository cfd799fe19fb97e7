/* SPDX-License-Identifier: Apache-2.0 */
/* sqlite: the engine of a store in a directory. */
#include "sqlite.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static int open_store(struct store *store, const struct store_options *options, struct dm_text *why)
{
	struct store_sqlite *inside = calloc(1, sizeof(*inside));
	int error;

	if (!inside) {
		dm_text_add(why, "out of memory");
		return -ENOMEM;
	}
	store->inside = inside;
	store->sealer = &inside->reader.sealer;
	inside->read_only = options->read_only;
	inside->lock_fd = -1;
	error = store_sqlite_open_files(inside, options, why);
	if (error || options->read_only)
		return error;
	error = store_committer_init(&inside->committer, &inside->writer);
	if (error)
		dm_text_add(why, "%s", inside->writer.trouble);
	return error;
}

static void close_store(struct store *store)
{
	struct store_sqlite *inside = store->inside;

	if (!inside)
		return;
	store_committer_fini(&inside->committer);
	store_sqlite_close_files(inside);
	free(inside);
}

static void commit(struct store *store, struct store_transaction *first, char *trouble)
{
	struct store_sqlite *inside = store->inside;

	inside->writer.trouble[0] = '\0';
	store_commit(&inside->committer, first);
	memcpy(trouble, inside->writer.trouble, STORE_TROUBLE_ROOM);
}

/* ---- reading ---- */

struct cursor {
	struct store *store;
	struct store_database *database;
	sqlite3_stmt *statement;
};

static int fail(struct cursor *cursor)
{
	int error = store_database_error(cursor->database, "cannot read");

	memcpy(cursor->store->trouble, cursor->database->trouble, sizeof(cursor->store->trouble));
	return error;
}

static void end(void *context)
{
	struct cursor *cursor = context;

	sqlite3_finalize(cursor->statement);
	free(cursor);
}

static void *read_with(struct store *store, const char *sql)
{
	struct store_sqlite *inside = store->inside;
	struct cursor *cursor = calloc(1, sizeof(*cursor));

	if (!cursor)
		return NULL;
	*cursor = (struct cursor){ .store = store, .database = &inside->reader };
	cursor->statement = store_database_prepare(cursor->database, sql);
	if (cursor->statement)
		return cursor;
	fail(cursor);
	end(cursor);
	return NULL;
}

static int begin(void *context, const struct store_row *keys)
{
	struct cursor *cursor = context;

	sqlite3_reset(cursor->statement);
	if (keys && store_statement_bind(cursor->statement, keys) != SQLITE_OK)
		return fail(cursor);
	return 0;
}

static int next(void *context, struct store_row *row)
{
	struct cursor *cursor = context;
	int code = sqlite3_step(cursor->statement);

	if (code == SQLITE_DONE)
		return 0;
	if (code != SQLITE_ROW)
		return fail(cursor);
	store_statement_row(cursor->statement, row);
	return 1;
}

const struct store_engine store_engine_sqlite = {
	.open = open_store,
	.close = close_store,
	.commit = commit,
	.read = read_with,
	.begin = begin,
	.next = next,
	.end = end,
	.damage = "SELECT integrity_check, '' FROM pragma_integrity_check WHERE "
		  "integrity_check<>'ok'",
};
