/* SPDX-License-Identifier: Apache-2.0 */
/* sqlite_open: from a directory's name to sound connections with their key. */
#include "sqlite.h"
#include "sqlite_key.h"
#include "store/directory.h"
#include "store/key_file.h"
#include "store/schema.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

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

/*
 * That a directory has had a store says the file store.made. An empty database beside it is one
 * that was lost, and serving on with nothing would break every promise in silence.
 */
static int refuse_lost(const char *database, const char *made, struct dm_text *why)
{
	if (access(made, F_OK))
		return 0;
	dm_text_add(why,
	            "%s is empty, and once held a store; put a copy back, or remove %s to begin "
	            "with nothing",
	            database, made);
	return -EIO;
}

static int note_made(const char *made, struct dm_text *why)
{
	int error = access(made, F_OK) ? store_directory_file(made, why) : 0;

	if (!error)
		error = store_directory_sync_of(made);
	if (error && why->size == 0)
		dm_text_add(why, "cannot make %s durable: %s", made, strerror(-error));
	return error;
}

static int open_with_key(struct store_sqlite *store, const char *key_path, const char *made,
                         struct dm_text *why)
{
	sqlite3 *handle = store->read_only ? store->reader.handle : store->writer.handle;
	uint8_t key[STORE_KEY_SIZE];
	int version = store_schema_version(handle, &store_schema_of_today, why);
	int error = version < 0 ? version : 0;

	if (version == 0)
		error = refuse_lost(store->writer.path ? store->writer.path : store->reader.path,
		                    made, why);
	if (!error)
		error = store_key_file_get(key_path, version == 0 && !store->read_only, key, why);
	if (!error)
		error = bring_up(store, version, why);
	if (!error)
		error = store_sqlite_use_key(store, key_path, key, why);
	if (!error && !store->read_only)
		error = note_made(made, why);
	if (!error)
		error = open_reader(store, key, why);
	dm_wipe(key, sizeof(key));
	return error;
}

int store_sqlite_open_files(struct store_sqlite *store, const struct store_options *options,
                            struct dm_text *why)
{
	char path[PATH_MAX], key_path[PATH_MAX], made[PATH_MAX];
	int error = join(path, options->directory, "store.db", why);

	if (!error)
		error = join(key_path, options->directory, "store.key", why);
	if (!error)
		error = join(made, options->directory, "store.made", why);
	if (!error && !store->read_only)
		error = store_directory_make(options->directory, why);
	if (!error && !store->read_only)
		error = store_directory_own(options->directory, &store->lock_fd, why);
	if (!error)
		error = open_database(store, path, why);
	if (!error)
		error = open_with_key(store, options->key_file ? options->key_file : key_path, made,
		                      why);
	return error;
}

void store_sqlite_close_files(struct store_sqlite *store)
{
	store_database_close(&store->reader);
	store_database_close(&store->writer);
	if (store->lock_fd >= 0)
		close(store->lock_fd);
}
