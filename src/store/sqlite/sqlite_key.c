/* SPDX-License-Identifier: Apache-2.0 */
#include "sqlite_key.h"

#include "store/directory.h"
#include "store/key_file.h"

#include <errno.h>
#include <stdio.h>

static const struct dm_bytes check_place = DM_BYTES_LITERAL("seal_check");
static const struct dm_bytes check_value = DM_BYTES_LITERAL("Homeward");

int store_sqlite_write_check(struct store_database *database, struct store_seal *seal)
{
	uint8_t sealed[DM_SECRET_ROOM + STORE_SEAL_OVERHEAD];
	int size = (int)check_value.size + STORE_SEAL_OVERHEAD;
	sqlite3_stmt *statement = store_database_prepare(
		database, "INSERT OR REPLACE INTO seal_check(id,sealed)VALUES(1,?)");
	int error = statement ? 0 : -EIO;

	if (!error)
		error = store_seal_close(seal, check_place, check_value, sealed);
	if (!error && sqlite3_bind_blob(statement, 1, sealed, size, SQLITE_STATIC) != SQLITE_OK)
		error = -EIO;
	if (!error)
		error = store_database_run(database, statement,
		                           "cannot write the check of the key");
	sqlite3_finalize(statement);
	return error;
}

/* 0, -ENOENT: no check there yet, -EBADMSG: another key. */
static int read_check(struct store_database *database)
{
	sqlite3_stmt *statement =
		store_database_prepare(database, "SELECT sealed FROM seal_check WHERE id=1");
	struct dm_secret value;
	int error = -ENOENT;

	if (!statement)
		return -EIO;
	if (sqlite3_step(statement) == SQLITE_ROW) {
		const void *at = sqlite3_column_blob(statement, 0);
		size_t size = (size_t)sqlite3_column_bytes(statement, 0);

		error = store_seal_open(database->sealer.seal, check_place, dm_bytes_of(at, size),
		                        &value);
	}
	sqlite3_finalize(statement);
	return error;
}

/* Sets the key and looks whether it is the one. */
static int try_key(struct store_database *database, const uint8_t key[STORE_KEY_SIZE])
{
	int error = store_database_key(database, key);

	return error ? error : read_check(database);
}

/* ---- a change of the key that was not finished ---- */

int store_sqlite_next_key(char next[PATH_MAX], const char *path, struct dm_text *why)
{
	if ((size_t)snprintf(next, PATH_MAX, "%s.next", path) < PATH_MAX)
		return 0;
	dm_text_add(why, "the name of the key file is too long; give a shorter one");
	return -ENAMETOOLONG;
}

int store_sqlite_take_key(const char *next, const char *path, struct dm_text *why)
{
	int error = rename(next, path) ? -errno : store_directory_sync_of(path);

	if (error)
		dm_text_add(why, "cannot put the new key %s in the place of %s: %s", next, path,
		            strerror(-error));
	return error;
}

/* Everything is sealed with the new key already, and its file has not got its name. */
static int finish_change(const struct store_sqlite *store, struct store_database *database,
                         const char *path, uint8_t key[STORE_KEY_SIZE])
{
	char next[PATH_MAX], room[512];
	struct dm_text why;
	int error;

	dm_text_init(&why, room, sizeof(room));
	error = store_sqlite_next_key(next, path, &why);
	if (!error)
		error = store_key_file_read(next, key, &why);
	if (!error)
		error = try_key(database, key);
	if (!error && !store->read_only)
		error = store_sqlite_take_key(next, path, &why);
	return error;
}

int store_sqlite_use_key(struct store_sqlite *store, const char *path, uint8_t key[STORE_KEY_SIZE],
                         struct dm_text *why)
{
	struct store_database *database = store->read_only ? &store->reader : &store->writer;
	int error = try_key(database, key);

	if (error == -ENOENT && !database->read_only)
		error = store_sqlite_write_check(database, database->sealer.seal);
	if (error == -EBADMSG && !finish_change(store, database, path, key))
		return 0;
	if (error == -EBADMSG)
		dm_text_add(why,
		            "%s is not the key that the values in %s were sealed with; put the "
		            "right file back",
		            path, database->path);
	else if (error == -ENOMEM)
		dm_text_add(why, "libcrypto has no AES-256-GCM for the key %s", path);
	else if (error)
		dm_text_add(why, "%s", database->trouble);
	return error;
}
