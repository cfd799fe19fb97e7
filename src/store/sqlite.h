/* SPDX-License-Identifier: Apache-2.0 */
/* sqlite: the inside of struct store, shared by sqlite.c, open.c, walk.c and check.c alone. */
#ifndef STORE_SQLITE_H
#define STORE_SQLITE_H

#include "store/commit.h"
#include "store/database.h"
#include "store/queue.h"

#include <pthread.h>

#define STORE_GROUP_LIMIT 4096
#define STORE_QUEUE_LIMIT 262144

struct store {
	bool read_only;               /* no lock, no writer, no queue, no thread */
	int lock_fd;                  /* owned; -1: none */
	size_t group_limit;           /* changes in one commit */
	struct store_database reader; /* of the owner's thread */
	struct store_database writer; /* of the commit thread */
	struct store_committer committer;
	struct store_queue queue;
	bool queue_ready;
	pthread_t thread;
	bool thread_runs;
	char trouble[STORE_TROUBLE_ROOM]; /* what store_error_text gave */
};

/* The parts of opening that touch files: directory, lock, key, database, schema (open.c). */
int store_open_files(struct store *store, const struct store_options *options, struct dm_text *why);
void store_close_files(struct store *store);

/* The body of the commit thread. */
void *store_commit_thread(void *store);

#endif
