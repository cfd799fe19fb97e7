/* SPDX-License-Identifier: Apache-2.0 */
/*
 * postgres: the inside of a store in a PostgreSQL database that several servers share; of the files
 * postgres_*.c alone.
 *
 * Each server has a row in the table `server`. It says until when the server is alive; which
 * incarnation of it may write; and the number of the last group that it has committed, written in
 * the same transaction: after a broken connection that number tells whether the group came through.
 * A new connection takes a new incarnation, and so shuts out whatever is still under way on the old
 * one: nothing is committed twice.
 */
#ifndef STORE_POSTGRES_H
#define STORE_POSTGRES_H

#include "postgres_link.h"
#include "store/engine.h"

#define STORE_SQL_ROOM 4096
/* Milliseconds since 1970 on the database's clock: the only one that all servers share. */
#define STORE_SQL_NOW "CAST(extract(epoch FROM now())*1000 AS BIGINT)"

/* What a step of a pipeline was for. */
struct store_step {
	struct store_transaction *of; /* NULL: of the group */
	enum store_table_name table;  /* of a fetch */
};

struct store_postgres {
	struct store *store; /* borrowed */
	char *url;           /* owned */
	char *name;          /* owned: of this server */
	bool is_tool;        /* no server: its row goes when it ends */
	int lease;           /* milliseconds */
	int hold;            /* milliseconds */
	struct store_sealer writer_sealer, reader_sealer;

	/* Of the owner's thread. */
	struct store_link reader;
	unsigned cursors; /* open ones: they share a transaction */
	unsigned next_cursor;

	/* Of the store's thread. */
	struct store_link writer;
	bool claimed; /* this connection has the row of the server */
	bool known;   /* it had it once */
	bool taken;   /* another process has it: nothing is written any more */
	uint64_t incarnation, next_incarnation;
	uint64_t group;     /* number of the last group that was tried */
	uint64_t committed; /* number in the row when it was claimed */
	int64_t retry_at;   /* when a connection is tried again */
	int backoff;        /* milliseconds */
	int64_t renew_at;
	struct store_step *steps; /* owned; of the pipeline under way */
	size_t step_count, step_room;
};

/* ---- postgres_schema.c: tables, version, key ---- */

/* Makes or upgrades the tables; what only looks must find them of this version. */
int store_postgres_schema(struct store_postgres *postgres, bool read_only, struct dm_text *why);
/* Whether values are sealed there already. Negative: errno with a sentence. */
int store_postgres_is_sealed(struct store_postgres *postgres, struct dm_text *why);
int store_postgres_check_key(struct store_postgres *postgres, const char *key_path, bool read_only,
                             struct dm_text *why);

/* ---- postgres_server.c: the row of this server ---- */

/* Connected, with the row of this server; waits for the database until `until`. -EAGAIN: in vain;
 * -EBUSY: another process has the name. */
int store_postgres_ready(struct store_postgres *postgres, int64_t until);
/* Says that this server lives; milliseconds until the next time. */
int store_postgres_tend(struct store *store, char *trouble);
/* It lives no more: others may take its sessions at once. */
void store_postgres_leave(struct store_postgres *postgres);
/* The parameters of a statement about the row: name, incarnation. */
void store_postgres_keys(const struct store_postgres *postgres, struct store_row *row);

/* ---- postgres_same.c ---- */

/* Waits for a moment where a run of the same identity may live. -EBUSY with a sentence: it does. */
int store_postgres_alone_of_its_name(struct store_postgres *postgres, struct dm_text *why);

/* ---- postgres_group.c: many transactions in one ---- */

int store_postgres_prepare(struct store_postgres *postgres);
/* From `first` to before `stop`, none of which wants to be alone. */
void store_postgres_group(struct store_postgres *postgres, struct store_transaction *first,
                          struct store_transaction *stop);

/* ---- postgres_write.c: the steps of one transaction ---- */

/* Prepares the statements, inside of a pipeline; the number of answers to expect. */
int store_postgres_prepare_all(struct store_postgres *postgres, size_t *count);
/* -EINVAL: the transaction's own fault, nothing more is to be sent. */
int store_postgres_send(struct store_postgres *postgres, struct store_transaction *transaction);
int store_postgres_send_mark(struct store_postgres *postgres);
int store_postgres_step(struct store_postgres *postgres, struct store_transaction *of,
                        enum store_table_name table);
/* Copies the rows of a fetch's step. */
int store_postgres_keep(struct store_postgres *postgres, const struct store_step *step,
                        const PGresult *result);

/* ---- postgres_alone.c: what needs an answer before it is committed ---- */

bool store_postgres_is_alone(const struct store_transaction *transaction);
void store_postgres_alone(struct store_postgres *postgres, struct store_transaction *transaction);

/* ---- postgres_read.c: the owner's cursors ---- */

void *store_postgres_read(struct store *store, const char *sql);
int store_postgres_begin(void *cursor, const struct store_row *keys);
int store_postgres_next(void *cursor, struct store_row *row);
void store_postgres_end(void *cursor);

#endif
