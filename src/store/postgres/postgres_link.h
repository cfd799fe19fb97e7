/* SPDX-License-Identifier: Apache-2.0 */
/*
 * postgres_link: one connection to a PostgreSQL database, or to what speaks as one.
 *
 * Waiting is bounded: an answer that does not come in time is a broken connection. An error of the
 * database becomes a negative errno here and nowhere else; its words go into `trouble`, never with
 * values of a record, nor with the connection string. -ENOTCONN: the connection is gone, and what
 * was under way may have come through or not.
 *
 * What is not here: threads. A connection is used by one thread at a time.
 */
#ifndef STORE_POSTGRES_LINK_H
#define STORE_POSTGRES_LINK_H

#include "store/queue.h"

#include <libpq-fe.h>

struct store_link {
	PGconn *handle;  /* owned; NULL: not connected */
	const char *url; /* borrowed; may hold a password */
	bool read_only;  /* a standby will do */
	int patience;    /* milliseconds for an answer */
	char trouble[STORE_TROUBLE_ROOM];
};

/* -ENOTCONN with `trouble`. All hosts of the connection string are tried. */
int store_link_open(struct store_link *link);
void store_link_close(struct store_link *link);

/* Runs one statement with its parameters (NULL: none). *out is owned by the caller; it may be NULL
 * where rows do not matter. */
int store_link_run(struct store_link *link, const char *sql, const struct store_row *row,
                   PGresult **out);
/* The same for several statements, which have no parameters and give no rows. */
int store_link_script(struct store_link *link, const char *sql);

/* ---- pipelines: what is sent waits in memory; answers come in the same order ---- */

/* A prepared statement; 0 or -ENOTCONN. */
int store_link_send(struct store_link *link, const char *name, const struct store_row *row);
int store_link_send_text(struct store_link *link, const char *sql);
/* The next answer of the connection: a result, owned by the caller, or NULL between two. */
int store_link_next(struct store_link *link, PGresult **out);

/* 0 for a result that is none of trouble; else the errno, with `trouble`: "DOING: words". */
int store_link_judge(struct store_link *link, const PGresult *result, const char *doing);

/* Whether it is no fault of what was asked, and the same may succeed a moment later. */
bool store_is_passing(int error);

/* A row of a result; octets are borrowed from it. */
void store_result_row(const PGresult *result, int at, struct store_row *row);

/* `to` where `from` stood, in all places; false when there is no room. */
bool store_replace_words(char *text, size_t room, const char *from, const char *to);

#endif
