/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sqlite_database: one SQLite connection with what Homeward asks of it.
 *
 * WAL, synchronous=FULL (a commit is on the disk before it returns), foreign keys. An error of
 * SQLite becomes a negative errno here and nowhere else; its words go into `trouble`.
 *
 * What is not here: threads. A connection is used by one thread at a time.
 */
#ifndef STORE_SQLITE_DATABASE_H
#define STORE_SQLITE_DATABASE_H

#include "store/queue.h"

#include <sqlite3.h>

struct store_database {
	sqlite3 *handle; /* owned */
	char *path;      /* owned */
	bool read_only;
	struct store_sealer sealer;
	char trouble[STORE_TROUBLE_ROOM]; /* what went wrong last; "" at first */
};

/*
 * Opens the file at `path`, which must exist. On error nothing is left open and `trouble` says why.
 * store_database_close is allowed in any case.
 */
int store_database_open(struct store_database *database, const char *path, bool read_only);
void store_database_close(struct store_database *database);

/* Closes and opens again: after an IO error, whatever SQLite remembered may be wrong. */
int store_database_reopen(struct store_database *database);

/* The key of the seals; taken over. -ENOMEM. */
int store_database_key(struct store_database *database, const uint8_t key[STORE_KEY_SIZE]);

/* NULL, with `trouble`, when it cannot be prepared. */
sqlite3_stmt *store_database_prepare(struct store_database *database, const char *sql);

/* Writes `trouble` ("DOING: what SQLite says") and gives the errno of SQLite's last error. */
int store_database_error(struct store_database *database, const char *doing);

/* Steps a statement that gives no rows, and resets it. */
int store_database_run(struct store_database *database, sqlite3_stmt *statement, const char *doing);

/* As many values of the row as the statement has parameters; octets stay borrowed until it is reset
 * (sqlite_row.c). SQLITE_OK or not. */
int store_statement_bind(sqlite3_stmt *statement, const struct store_row *row);
/* The row under the statement; octets are borrowed from it. */
void store_statement_row(sqlite3_stmt *statement, struct store_row *row);

#endif
