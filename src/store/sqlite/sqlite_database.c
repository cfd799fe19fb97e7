/* SPDX-License-Identifier: Apache-2.0 */
#include "sqlite_database.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* How long a commit waits for a stranger's lock (a backup, a shell) before it is refused. */
#define BUSY_MILLISECONDS 500
#define PLACE_LIMIT       (1 << 20)

static const char set_up[] = "PRAGMA journal_mode = WAL;"
			     "PRAGMA synchronous = FULL;"
			     "PRAGMA foreign_keys = ON;"
			     "PRAGMA trusted_schema = OFF;"
			     "PRAGMA temp_store = MEMORY;"
			     "PRAGMA cache_size = -65536;"
			     "PRAGMA wal_autocheckpoint = 4000;"
			     "PRAGMA journal_size_limit = 67108864;";

static int constraint_of(int extended)
{
	switch (extended) {
	case SQLITE_CONSTRAINT_UNIQUE:
	case SQLITE_CONSTRAINT_PRIMARYKEY:
	case SQLITE_CONSTRAINT_ROWID:
		return -EEXIST;
	case SQLITE_CONSTRAINT_FOREIGNKEY:
		return -ENOENT;
	default:
		return -EINVAL;
	}
}

/* A quota is a full disk too, and so is one found full while a file is made longer. */
static bool is_full(sqlite3 *handle)
{
	int system = sqlite3_system_errno(handle);

	return system == ENOSPC || system == EDQUOT;
}

static int errno_of(sqlite3 *handle)
{
	int extended = sqlite3_extended_errcode(handle);

	switch (extended & 0xff) {
	case SQLITE_OK:
		return 0;
	case SQLITE_CONSTRAINT:
		return constraint_of(extended);
	case SQLITE_TOOBIG:
	case SQLITE_MISMATCH:
	case SQLITE_RANGE:
		return -EINVAL;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_READONLY:
		return -EROFS;
	default:
		return is_full(handle) ? -ENOSPC : -EIO;
	}
}

int store_database_error(struct store_database *database, const char *doing)
{
	struct dm_text text;
	int error = database->handle ? errno_of(database->handle) : -ENOMEM;

	dm_text_init(&text, database->trouble, sizeof(database->trouble));
	dm_text_add(&text, "%s: %s (%s)", doing,
	            database->handle ? sqlite3_errmsg(database->handle) : "out of memory",
	            database->path);
	return error ? error : -EIO;
}

static int set_up_handle(struct store_database *database)
{
	sqlite3 *handle = database->handle;

	sqlite3_extended_result_codes(handle, 1);
	sqlite3_busy_timeout(handle, BUSY_MILLISECONDS);
	sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	if (database->read_only)
		return 0;
	if (sqlite3_exec(handle, set_up, NULL, NULL, NULL) != SQLITE_OK)
		return store_database_error(database, "cannot set up the database");
	return 0;
}

static int open_handle(struct store_database *database)
{
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
	            (database->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
	int error;

	if (sqlite3_open_v2(database->path, &database->handle, flags, NULL) != SQLITE_OK)
		error = store_database_error(database, "cannot open the database");
	else
		error = set_up_handle(database);
	if (error) {
		sqlite3_close(database->handle);
		database->handle = NULL;
	}
	return error;
}

int store_database_open(struct store_database *database, const char *path, bool read_only)
{
	/* Counting memory takes a lock of the whole process for each row; refused once SQLite runs.
	 */
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	*database = (struct store_database){ .read_only = read_only, .path = strdup(path) };
	dm_writer_init(&database->sealer.place, PLACE_LIMIT);
	return database->path ? open_handle(database) : -ENOMEM;
}

void store_database_close(struct store_database *database)
{
	sqlite3_close(database->handle);
	store_seal_free(database->sealer.seal);
	dm_writer_fini(&database->sealer.place);
	free(database->path);
	database->handle = NULL;
	database->path = NULL;
	database->sealer.seal = NULL;
}

int store_database_reopen(struct store_database *database)
{
	sqlite3_close(database->handle);
	database->handle = NULL;
	return open_handle(database);
}

int store_database_key(struct store_database *database, const uint8_t key[STORE_KEY_SIZE])
{
	store_seal_free(database->sealer.seal);
	database->sealer.seal = store_seal_new(key);
	return database->sealer.seal ? 0 : -ENOMEM;
}

sqlite3_stmt *store_database_prepare(struct store_database *database, const char *sql)
{
	sqlite3_stmt *statement;

	if (sqlite3_prepare_v3(database->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement,
	                       NULL) == SQLITE_OK)
		return statement;
	store_database_error(database, "cannot prepare a statement");
	return NULL;
}

int store_database_run(struct store_database *database, sqlite3_stmt *statement, const char *doing)
{
	int code = sqlite3_step(statement);
	int error = 0;

	if (code != SQLITE_DONE && code != SQLITE_ROW)
		error = store_database_error(database, doing);
	sqlite3_reset(statement);
	return error;
}
