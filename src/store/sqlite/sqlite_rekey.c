/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A new key for a store in a directory: every secret is opened with the old one and sealed with the
 * new one, in one transaction (sqlite_key.h says how a crash is survived).
 */
#include "sqlite_key.h"
#include "store/key_file.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#define PLACE_LIMIT (1 << 20)
#define SQL_ROOM    2048

struct change {
	struct store_database *database;
	struct store_sealer after;
	size_t sealed; /* secrets */
};

static int run(struct store_database *database, const char *sql)
{
	if (sqlite3_exec(database->handle, sql, NULL, NULL, NULL) == SQLITE_OK)
		return 0;
	return store_database_error(database, "cannot change the key");
}

/* ---- records ---- */

static bool holds_secret(const struct store_table *table, const union store_record *record)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct dm_secret *secret =
			(const void *)((const uint8_t *)record + table->fields[i].offset);

		if (table->fields[i].kind == STORE_FIELD_SECRET && secret->size > 0)
			return true;
	}
	return false;
}

static int seal_row(struct change *change, const struct store_table *table, sqlite3_stmt *from,
                    sqlite3_stmt *into)
{
	struct store_database *database = change->database;
	union store_record record;
	struct store_row row;
	int error;

	store_statement_row(from, &row);
	error = store_row_read(table, &row, &record, &database->sealer);
	if (error)
		snprintf(database->trouble, sizeof(database->trouble),
		         "a secret of the table %s does not open with the key in force",
		         table->name);
	if (!error && !holds_secret(table, &record))
		return 0;
	if (!error)
		error = store_row_of(table, &record, &row, &change->after);
	if (!error && store_statement_bind(into, &row) != SQLITE_OK)
		error = store_database_error(database, "cannot write a secret");
	if (!error)
		error = store_database_run(database, into, "cannot write a secret");
	change->sealed += !error;
	dm_wipe(&record, sizeof(record));
	return error;
}

static int seal_rows(struct change *change, const struct store_table *table, sqlite3_stmt *from,
                     sqlite3_stmt *into)
{
	int code = sqlite3_step(from);
	int error = 0;

	while (!error && code == SQLITE_ROW) {
		error = seal_row(change, table, from, into);
		code = error ? code : sqlite3_step(from);
	}
	if (!error && code != SQLITE_DONE)
		error = store_database_error(change->database, "cannot read a secret");
	return error;
}

static int seal_table(struct change *change, const struct store_table *table)
{
	char room[2][SQL_ROOM];
	struct dm_text select, put;
	sqlite3_stmt *from, *into;
	int error = -EIO;

	dm_text_init(&select, room[0], SQL_ROOM);
	dm_text_init(&put, room[1], SQL_ROOM);
	store_sql_select(table, false, &select);
	store_sql_put(table, &put);
	from = store_database_prepare(change->database, room[0]);
	into = store_database_prepare(change->database, room[1]);
	if (from && into)
		error = seal_rows(change, table, from, into);
	sqlite3_finalize(from);
	sqlite3_finalize(into);
	return error;
}

static bool has_secret(const struct store_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		if (table->fields[i].kind == STORE_FIELD_SECRET)
			return true;
	}
	return false;
}

static int seal_all(struct change *change)
{
	int error = run(change->database, "BEGIN IMMEDIATE");

	for (int name = 0; !error && name < STORE_TABLES; name++) {
		if (has_secret(&store_tables[name]))
			error = seal_table(change, &store_tables[name]);
	}
	if (!error)
		error = store_sqlite_write_check(change->database, change->after.seal);
	return error;
}

/* ---- files ---- */

static int change_key(struct change *change, const char *path, const char *next,
                      struct dm_text *why)
{
	struct store_database *database = change->database;
	int error = run(database, "PRAGMA secure_delete = ON");

	if (!error)
		error = seal_all(change);
	if (error) {
		dm_text_add(why, "%s", database->trouble);
		(void)run(database, "ROLLBACK");
		(void)unlink(next);
		return error;
	}
	/* From here on both files stay until it is known which of them counts. */
	error = run(database, "COMMIT");
	if (error) {
		dm_text_add(why, "%s", database->trouble);
		return error;
	}
	/* What the old key opens is not to lie about in the log of SQLite. */
	(void)run(database, "PRAGMA wal_checkpoint(TRUNCATE)");
	return store_sqlite_take_key(next, path, why);
}

static int make_key(struct change *change, const char *next, struct dm_text *why)
{
	uint8_t key[STORE_KEY_SIZE];
	int error = unlink(next) && errno != ENOENT ? -errno : 0;

	if (error)
		dm_text_add(why, "cannot remove %s: %s", next, strerror(-error));
	if (!error)
		error = store_key_file_make(next, why);
	if (!error)
		error = store_key_file_read(next, key, why);
	if (error)
		return error;
	change->after.seal = store_seal_new(key);
	dm_wipe(key, sizeof(key));
	if (!change->after.seal)
		dm_text_add(why, "libcrypto has no AES-256-GCM");
	return change->after.seal ? 0 : -EIO;
}

static int with_store(struct store_sqlite *store, const char *path, size_t *sealed,
                      struct dm_text *why)
{
	struct change change = { .database = &store->writer };
	char next[PATH_MAX];
	int error = store_sqlite_next_key(next, path, why);

	dm_writer_init(&change.after.place, PLACE_LIMIT);
	if (!error)
		error = make_key(&change, next, why);
	if (!error)
		error = change_key(&change, path, next, why);
	*sealed = change.sealed;
	store_seal_free(change.after.seal);
	dm_writer_fini(&change.after.place);
	return error;
}

int store_rekey(const char *directory, size_t *sealed, char *why_out, size_t room)
{
	struct store_options options = { .directory = directory };
	struct store_sqlite store = { .lock_fd = -1 };
	char path[PATH_MAX];
	struct dm_text why;
	int error;

	*sealed = 0;
	dm_text_init(&why, why_out, room);
	if ((size_t)snprintf(path, sizeof(path), "%s/store.db", directory) >= sizeof(path) ||
	    access(path, F_OK)) {
		dm_text_add(&why, "there is no store in %s; name the directory of one", directory);
		return -ENOENT;
	}
	(void)snprintf(path, sizeof(path), "%s/store.key", directory);
	error = store_sqlite_open_files(&store, &options, &why);
	if (!error)
		error = with_store(&store, path, sealed, &why);
	store_sqlite_close_files(&store);
	return error;
}
