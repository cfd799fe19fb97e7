/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sqlite_commit: many transactions in one commit, each of them whole or not at all.
 *
 * One that breaks an invariant is taken back alone and carries its error; the others are committed.
 * That is seldom, and a SAVEPOINT copies each page that is touched behind it: a group runs without
 * them first, and once more with them when one of its transactions broke something. Trouble with
 * the file takes the whole group back: each carries the error, and the next group tries again, on a
 * fresh connection when the old one may be wrong about the file.
 */
#ifndef STORE_SQLITE_COMMIT_H
#define STORE_SQLITE_COMMIT_H

#include "sqlite_database.h"
#include "store/queue.h"

struct store_committer {
	struct store_database *database; /* borrowed */
	bool doubtful;                   /* reopen before the next group */
	bool guarded;                    /* this group runs with savepoints */
	sqlite3_stmt *begin, *commit, *rollback;
	sqlite3_stmt *savepoint, *release, *rollback_to;
	sqlite3_stmt *count;
	sqlite3_stmt *put[STORE_TABLES], *remove[STORE_TABLES];
	sqlite3_stmt *make_session, *replace_session, *replace_rest,
		*remove_session;                              /* of a known version */
	sqlite3_stmt *fetch[STORE_FETCH_KINDS][STORE_TABLES]; /* NULL: not asked yet */
};

/* Prepares the statements. The trouble of an error is the database's. */
int store_committer_init(struct store_committer *committer, struct store_database *database);
void store_committer_fini(struct store_committer *committer);

/* Sets the error of each transaction of the list: 0 means durable. */
void store_commit(struct store_committer *committer, struct store_transaction *first);

/* The parts of it that answer a fetch (sqlite_ask.c). */
int store_committer_fetch(struct store_committer *committer, struct store_transaction *asked);
void store_committer_fetch_fini(struct store_committer *committer);

#endif
