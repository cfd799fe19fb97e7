/* SPDX-License-Identifier: Apache-2.0 */
/* sqlite: the inside of a store in a directory, shared by sqlite.c and sqlite_open.c alone. */
#ifndef STORE_SQLITE_H
#define STORE_SQLITE_H

#include "sqlite_commit.h"
#include "sqlite_database.h"
#include "store/engine.h"

struct store_sqlite {
	bool read_only;               /* no lock, no writer */
	int lock_fd;                  /* owned; -1: none */
	struct store_database reader; /* of the owner's thread */
	struct store_database writer; /* of the commit thread */
	struct store_committer committer;
};

/* The parts of opening that touch files: directory, lock, key, database, schema (sqlite_open.c). */
int store_sqlite_open_files(struct store_sqlite *store, const struct store_options *options,
                            struct dm_text *why);
void store_sqlite_close_files(struct store_sqlite *store);

#endif
