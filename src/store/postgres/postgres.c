/* SPDX-License-Identifier: Apache-2.0 */
/* postgres: the engine of a store in a database that several servers share. */
#include "postgres.h"

#include "store/directory.h"
#include "store/key_file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#define PLACE_LIMIT     (1 << 20)
#define LEASE_SECONDS   15
#define HOLD            2000 /* milliseconds */
#define PATIENCE        3000 /* beside the hold: more than a lock is waited for */
#define READER_PATIENCE 60000

/* ---- opening ---- */

static char *tool_name(void)
{
	char name[32];
	uint64_t number;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		return NULL;
	snprintf(name, sizeof(name), "tool-%016llx", (unsigned long long)number);
	return strdup(name);
}

static int set_up(struct store_postgres *postgres, struct store *store,
                  const struct store_options *options)
{
	postgres->store = store;
	postgres->url = strdup(options->url);
	postgres->is_tool = !options->server;
	postgres->name = options->server ? strdup(options->server) : tool_name();
	postgres->lease = 1000 * (int)(options->lease ? options->lease : LEASE_SECONDS);
	postgres->hold = options->hold ? (int)options->hold : HOLD;
	postgres->reader = (struct store_link){ .url = postgres->url,
		                                .read_only = options->read_only,
		                                .patience = READER_PATIENCE };
	postgres->writer =
		(struct store_link){ .url = postgres->url, .patience = postgres->hold + PATIENCE };
	dm_writer_init(&postgres->reader_sealer.place, PLACE_LIMIT);
	dm_writer_init(&postgres->writer_sealer.place, PLACE_LIMIT);
	return postgres->url && postgres->name ? 0 : -ENOMEM;
}

static int key_path_of(const struct store_options *options, char path[PATH_MAX],
                       struct dm_text *why)
{
	if (options->key_file) {
		if ((size_t)snprintf(path, PATH_MAX, "%s", options->key_file) < PATH_MAX)
			return 0;
	} else if (!options->read_only) {
		int error = store_directory_make(options->directory, why);

		if (error)
			return error;
	}
	if (!options->key_file &&
	    (size_t)snprintf(path, PATH_MAX, "%s/store.key", options->directory) < PATH_MAX)
		return 0;
	dm_text_add(why, "the name of the key file is too long; give a shorter one");
	return -ENAMETOOLONG;
}

static int use_key(struct store_postgres *postgres, const struct store_options *options,
                   struct dm_text *why)
{
	uint8_t key[STORE_KEY_SIZE];
	char path[PATH_MAX];
	int error = key_path_of(options, path, why);
	int sealed = error ? error : store_postgres_is_sealed(postgres, why);

	if (sealed < 0)
		return sealed;
	error = store_key_file_get(path, !sealed && !options->read_only, key, why);
	if (error)
		return error;
	postgres->reader_sealer.seal = store_seal_new(key);
	postgres->writer_sealer.seal = store_seal_new(key);
	dm_wipe(key, sizeof(key));
	if (postgres->reader_sealer.seal && postgres->writer_sealer.seal)
		return store_postgres_check_key(postgres, path, options->read_only, why);
	dm_text_add(why, "libcrypto has no AES-256-GCM for the key %s", path);
	return -EIO;
}

static int open_inside(struct store_postgres *postgres, const struct store_options *options,
                       struct dm_text *why)
{
	int error = store_link_open(&postgres->reader);

	if (error) {
		dm_text_add(why, "%s", postgres->reader.trouble);
		return -EAGAIN;
	}
	error = store_postgres_schema(postgres, options->read_only, why);
	if (!error)
		error = use_key(postgres, options, why);
	if (error || options->read_only)
		return error;
	error = store_postgres_alone_of_its_name(postgres, why);
	if (error)
		return error;
	error = store_postgres_ready(postgres, 0);
	if (error)
		dm_text_add(why, "%s", postgres->writer.trouble);
	return error;
}

static int open_store(struct store *store, const struct store_options *options, struct dm_text *why)
{
	struct store_postgres *postgres = calloc(1, sizeof(*postgres));
	int error = -ENOMEM;

	store->inside = postgres;
	if (postgres)
		error = set_up(postgres, store, options);
	if (error) {
		dm_text_add(why, "out of memory");
		return error;
	}
	store->sealer = &postgres->reader_sealer;
	store->shared = true;
	return open_inside(postgres, options, why);
}

static void close_store(struct store *store)
{
	struct store_postgres *postgres = store->inside;

	if (!postgres)
		return;
	store_postgres_leave(postgres);
	store_link_close(&postgres->writer);
	store_link_close(&postgres->reader);
	store_seal_free(postgres->reader_sealer.seal);
	store_seal_free(postgres->writer_sealer.seal);
	dm_writer_fini(&postgres->reader_sealer.place);
	dm_writer_fini(&postgres->writer_sealer.place);
	if (postgres->url)
		dm_wipe(postgres->url, strlen(postgres->url));
	free(postgres->url);
	free(postgres->name);
	free(postgres->steps);
	free(postgres);
}

/* ---- writing ---- */

static struct store_transaction *end_of_group(struct store_transaction *first)
{
	while (first && !store_postgres_is_alone(first))
		first = first->next;
	return first;
}

static void commit(struct store *store, struct store_transaction *first, char *trouble)
{
	struct store_postgres *postgres = store->inside;

	postgres->writer.trouble[0] = '\0';
	while (first) {
		struct store_transaction *stop = end_of_group(first);

		if (stop == first) {
			store_postgres_alone(postgres, first);
			first = first->next;
			continue;
		}
		store_postgres_group(postgres, first, stop);
		first = stop;
	}
	memcpy(trouble, postgres->writer.trouble, STORE_TROUBLE_ROOM);
}

const struct store_engine store_engine_postgres = {
	.open = open_store,
	.close = close_store,
	.commit = commit,
	.tend = store_postgres_tend,
	.read = store_postgres_read,
	.begin = store_postgres_begin,
	.next = store_postgres_next,
	.end = store_postgres_end,
};
