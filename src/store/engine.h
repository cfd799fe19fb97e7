/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine: what a database does for the store, and the inside of struct store.
 *
 * Above it everything is the same for each engine: the queue and its thread (store.c), reading
 * (walk.c), the audit (check.c), records as rows and the texts of statements (record.h). Below it
 * is one folder's worth of files per engine: sqlite_*.c, postgres_*.c.
 *
 * Threads: commit and tend run on the store's thread, all others on the owner's.
 */
#ifndef STORE_ENGINE_H
#define STORE_ENGINE_H

#include "store/queue.h"

#include <pthread.h>

struct store_engine {
	/* Sets inside, sealer and shared. On error `why` has a sentence; close follows. */
	int (*open)(struct store *store, const struct store_options *options, struct dm_text *why);
	void (*close)(struct store *store); /* also after an open that failed half-way */

	/* Sets the error of each transaction of the list: 0 means durable; and their results. What
	 * went wrong goes to `trouble`. */
	void (*commit)(struct store *store, struct store_transaction *first, char *trouble);
	/* After each group and when it asked for it: milliseconds until it wants to be called
	 * again; negative: when there is work. NULL: never. */
	int (*tend)(struct store *store, char *trouble);

	/*
	 * Reading: a cursor of a statement's text, NULL on error; from its beginning with the
	 * parameters of `keys` (NULL: none); the next row, borrowed until then: 1, 0 at the end,
	 * negative on error, when store->trouble has the words.
	 */
	void *(*read)(struct store *store, const char *sql);
	int (*begin)(void *cursor, const struct store_row *keys);
	int (*next)(void *cursor, struct store_row *row);
	void (*end)(void *cursor);

	/* What the engine itself knows of damage to its files, as a statement; NULL: nothing. */
	const char *damage;
};

extern const struct store_engine store_engine_sqlite;
extern const struct store_engine store_engine_postgres;

struct store {
	const struct store_engine *engine;
	void *inside;   /* the engine's */
	bool read_only; /* no queue, no thread */
	bool shared;
	struct store_sealer *sealer; /* for reading; the engine's */
	size_t group_limit;          /* changes in one commit */
	struct store_queue queue;
	bool queue_ready;
	pthread_t thread;
	bool thread_runs;
	char trouble[STORE_TROUBLE_ROOM]; /* of the owner's thread */
};

#endif
