/* SPDX-License-Identifier: Apache-2.0 */
/*
 * postgres_same: one run of a server at a time. The name of a server is an identity, ';' and what
 * tells its runs apart; a run that died does not stand in the way of the next one for longer than
 * it would have taken to say that it lives.
 */
#include "postgres.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#define LOOK_AGAIN 50 /* milliseconds */

/* Runs of the identity that may live: the next sign of life, a third of a lease after the last one,
 * is not overdue by a second. */
static const char runs_sql[] =
	"SELECT max(seen),count(*)FROM server WHERE substr(name,1,CAST($3 AS INTEGER))=$2 AND "
	"name<>$1 AND until>=" STORE_SQL_NOW " AND seen+(until-seen)/3+1000>=" STORE_SQL_NOW;

static int look(struct store_postgres *postgres, struct dm_bytes identity, int64_t *seen)
{
	struct store_row row = { .count = 3 };
	PGresult *result;
	int error;

	row.values[0] = (struct store_value){ .kind = STORE_OCTETS,
		                              .octets = dm_bytes_text(postgres->name) };
	row.values[1] = (struct store_value){ .kind = STORE_OCTETS, .octets = identity };
	row.values[2] =
		(struct store_value){ .kind = STORE_NUMBER, .number = (int64_t)identity.size };
	*seen = 0;
	error = store_link_run(&postgres->reader, runs_sql, &row, &result);
	if (error)
		return error == -ENOTCONN ? -EAGAIN : error;
	store_result_row(result, 0, &row);
	if (row.values[1].number)
		*seen = row.values[0].number;
	PQclear(result);
	return 0;
}

static int refuse(struct dm_bytes identity, struct dm_text *why)
{
	dm_text_add(
		why,
		"another process serves the shared store as %.*s; each server needs an identity "
		"of its own",
		(int)identity.size - 1, (const char *)identity.at);
	return -EBUSY;
}

int store_postgres_alone_of_its_name(struct store_postgres *postgres, struct dm_text *why)
{
	const char *end = strchr(postgres->name, ';');
	struct dm_bytes identity = dm_bytes_text(postgres->name);
	int64_t first = 0, seen = 0;
	int error;

	if (!end)
		return 0;
	identity.size = (size_t)(end - postgres->name) + 1;
	error = look(postgres, identity, &first);
	seen = first;
	while (!error && seen && seen == first) {
		poll(NULL, 0, LOOK_AGAIN);
		error = look(postgres, identity, &seen);
	}
	if (error)
		dm_text_add(why, "%s", postgres->reader.trouble);
	else if (seen)
		error = refuse(identity, why);
	return error;
}
