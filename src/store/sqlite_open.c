/* SPDX-License-Identifier: Apache-2.0 */
/* sqlite_open: from a directory's name to sound connections with their key. */
#include "store/directory.h"
#include "store/key_file.h"
#include "store/schema.h"
#include "store/sqlite.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

static const struct dm_bytes check_place = DM_BYTES_LITERAL("seal_check");
static const struct dm_bytes check_value = DM_BYTES_LITERAL("Homeward");

static int refuse(struct store_database *database, int error, struct dm_text *why)
{
	dm_text_add(why, "%s", database->trouble);
	return error;
}

static int join(char name[PATH_MAX], const char *directory, const char *file, struct dm_text *why)
{
	if ((size_t)snprintf(name, PATH_MAX, "%s/%s", directory, file) < PATH_MAX)
		return 0;
	dm_text_add(why, "the name of the directory is too long; give a shorter one");
	return -ENAMETOOLONG;
}

static int open_database(struct store_sqlite *store, const char *path, struct dm_text *why)
{
	struct store_database *database = store->read_only ? &store->reader : &store->writer;
	int error = store->read_only ? 0 : store_directory_file(path, why);

	if (error)
		return error;
	if (store->read_only && access(path, F_OK)) {
		dm_text_add(why, "there is no store at %s; start homewardd once", path);
		return -ENOENT;
	}
	error = store_database_open(database, path, store->read_only);
	return error ? refuse(database, error, why) : 0;
}

static int write_check(struct store_database *database)
{
	uint8_t sealed[DM_SECRET_ROOM + STORE_SEAL_OVERHEAD];
	int size = (int)check_value.size + STORE_SEAL_OVERHEAD;
	sqlite3_stmt *statement =
		store_database_prepare(database, "INSERT INTO seal_check(id,sealed)VALUES(1,?)");
	int error = statement ? 0 : -EIO;

	if (!error)
		error = store_seal_close(database->sealer.seal, check_place, check_value, sealed);
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

static int check_key(struct store_database *database, const char *key_path, struct dm_text *why)
{
	int error = read_check(database);

	if (error == -ENOENT && !database->read_only)
		error = write_check(database);
	if (error == -EBADMSG)
		dm_text_add(why,
		            "%s is not the key that the values in %s were sealed with; put the "
		            "right file back",
		            key_path, database->path);
	else if (error)
		dm_text_add(why, "%s", database->trouble);
	return error;
}

/* The other connection of an owner: it reads beside the commit thread. */
static int open_reader(struct store_sqlite *store, const uint8_t key[STORE_KEY_SIZE],
                       struct dm_text *why)
{
	int error;

	if (store->read_only)
		return 0;
	error = store_database_open(&store->reader, store->writer.path, true);
	if (!error)
		error = store_database_key(&store->reader, key);
	return error ? refuse(&store->reader, error, why) : 0;
}

static int use_key(struct store_sqlite *store, const char *key_path,
                   const uint8_t key[STORE_KEY_SIZE], struct dm_text *why)
{
	struct store_database *database = store->read_only ? &store->reader : &store->writer;

	if (store_database_key(database, key)) {
		dm_text_add(why, "libcrypto has no AES-256-GCM for the key %s", key_path);
		return -EIO;
	}
	return check_key(database, key_path, why);
}

/* Brings the schema to this program's version; what only looks must find it so. */
static int bring_up(struct store_sqlite *store, int version, struct dm_text *why)
{
	if (!store->read_only)
		return store_schema_upgrade(store->writer.handle, &store_schema_of_today, version,
		                            why);
	if (version == store_schema_of_today.version)
		return 0;
	dm_text_add(why, "%s has version %d, older than this program's %d; start homewardd once",
	            store->reader.path, version, store_schema_of_today.version);
	return -EINVAL;
}

static int open_with_key(struct store_sqlite *store, const char *key_path, struct dm_text *why)
{
	sqlite3 *handle = store->read_only ? store->reader.handle : store->writer.handle;
	uint8_t key[STORE_KEY_SIZE];
	int version = store_schema_version(handle, &store_schema_of_today, why);
	int error = version < 0 ? version : 0;

	if (!error)
		error = store_key_file_get(key_path, version == 0 && !store->read_only, key, why);
	if (!error)
		error = bring_up(store, version, why);
	if (!error)
		error = use_key(store, key_path, key, why);
	if (!error)
		error = open_reader(store, key, why);
	dm_wipe(key, sizeof(key));
	return error;
}

int store_sqlite_open_files(struct store_sqlite *store, const struct store_options *options,
                            struct dm_text *why)
{
	char path[PATH_MAX], key_path[PATH_MAX];
	int error = join(path, options->directory, "store.db", why);

	if (!error)
		error = join(key_path, options->directory, "store.key", why);
	if (!error && !store->read_only)
		error = store_directory_make(options->directory, why);
	if (!error && !store->read_only)
		error = store_directory_own(options->directory, &store->lock_fd, why);
	if (!error)
		error = open_database(store, path, why);
	if (!error)
		error = open_with_key(store, options->key_file ? options->key_file : key_path, why);
	return error;
}

void store_sqlite_close_files(struct store_sqlite *store)
{
	store_database_close(&store->reader);
	store_database_close(&store->writer);
	if (store->lock_fd >= 0)
		close(store->lock_fd);
}
