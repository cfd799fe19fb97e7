/* SPDX-License-Identifier: Apache-2.0 */
/* postgres_server: the row of this server; connecting, and connecting again. */
#include "postgres.h"

#include <errno.h>
#include <sys/random.h>

#define BACKOFF_FIRST 25 /* milliseconds */
#define BACKOFF_LIMIT 1000

static const char look_sql[] = "SELECT incarnation,last_group,CASE WHEN until<" STORE_SQL_NOW
			       " THEN 1 ELSE 0 END FROM server WHERE name=$1 FOR UPDATE";
static const char claim_sql[] =
	"INSERT INTO server(name,incarnation,last_group,seen,until)"
	"VALUES($1,$2,0," STORE_SQL_NOW "," STORE_SQL_NOW "+$3)ON CONFLICT(name)DO UPDATE SET "
	"incarnation=excluded.incarnation,seen=excluded.seen,until=excluded.until";
static const char renew_sql[] = "UPDATE server SET seen=" STORE_SQL_NOW ",until=" STORE_SQL_NOW
				"+$3 WHERE name=$1 AND incarnation=$2 AND until>=" STORE_SQL_NOW;
static const char leave_sql[] = "UPDATE server SET until=0 WHERE name=$1 AND incarnation=$2";
static const char forget_sql[] = "DELETE FROM server WHERE name=$1 AND incarnation=$2";

static void add_number(struct store_row *row, uint64_t number)
{
	row->values[row->count++] =
		(struct store_value){ .kind = STORE_NUMBER, .number = (int64_t)number };
}

static void name_alone(const struct store_postgres *postgres, struct store_row *row)
{
	row->count = 1;
	row->values[0] = (struct store_value){ .kind = STORE_OCTETS,
		                               .octets = dm_bytes_text(postgres->name) };
}

void store_postgres_keys(const struct store_postgres *postgres, struct store_row *row)
{
	name_alone(postgres, row);
	add_number(row, postgres->incarnation);
}

static void lose(struct store_postgres *postgres)
{
	store_link_close(&postgres->writer);
	postgres->claimed = false;
}

/* A number of its own for each try that may have come through unseen. */
static int choose_incarnation(struct store_postgres *postgres)
{
	uint64_t number;

	if (postgres->next_incarnation)
		return 0;
	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		return -EIO;
	postgres->next_incarnation = number >> 1 | 1;
	return 0;
}

static void lease_is_lost(struct store_postgres *postgres)
{
	struct store_queue *queue = &postgres->store->queue;

	pthread_mutex_lock(&queue->mutex);
	queue->leases_lost++;
	pthread_mutex_unlock(&queue->mutex);
}

/* What the row says, under its lock: what was committed, and whether it is still ours. */
static int look(struct store_postgres *postgres)
{
	struct store_row row;
	PGresult *result;
	uint64_t incarnation;
	int error;

	name_alone(postgres, &row);
	error = store_link_run(&postgres->writer, look_sql, &row, &result);
	if (error)
		return error;
	postgres->committed = 0;
	if (PQntuples(result)) {
		store_result_row(result, 0, &row);
		incarnation = (uint64_t)row.values[0].number;
		postgres->committed = (uint64_t)row.values[1].number;
		postgres->taken = postgres->known && incarnation != postgres->incarnation &&
		                  incarnation != postgres->next_incarnation;
		if (postgres->known && row.values[2].number)
			lease_is_lost(postgres);
	} else if (postgres->known) {
		lease_is_lost(postgres);
	}
	PQclear(result);
	return postgres->taken ? -EBUSY : 0;
}

static int write_row(struct store_postgres *postgres)
{
	struct store_row row;

	name_alone(postgres, &row);
	add_number(&row, postgres->next_incarnation);
	add_number(&row, (uint64_t)postgres->lease);
	return store_link_run(&postgres->writer, claim_sql, &row, NULL);
}

static int claim(struct store_postgres *postgres)
{
	int error = choose_incarnation(postgres);

	if (!error)
		error = store_link_script(&postgres->writer, "BEGIN");
	if (!error)
		error = look(postgres);
	if (!error)
		error = write_row(postgres);
	if (!error)
		error = store_link_script(&postgres->writer, "COMMIT");
	if (error)
		return error;
	postgres->incarnation = postgres->next_incarnation;
	postgres->next_incarnation = 0;
	postgres->claimed = true;
	postgres->known = true;
	if (postgres->group < postgres->committed)
		postgres->group = postgres->committed;
	postgres->renew_at = store_milliseconds() + postgres->lease / 3;
	return 0;
}

static int say_taken(struct store_postgres *postgres)
{
	struct dm_text text;

	dm_text_init(&text, postgres->writer.trouble, sizeof(postgres->writer.trouble));
	dm_text_add(&text,
	            "another process writes to the shared store as %s; each server needs "
	            "an identity of its own",
	            postgres->name);
	return -EBUSY;
}

static int connect_once(struct store_postgres *postgres)
{
	int error = store_link_open(&postgres->writer);

	if (!error)
		error = store_postgres_prepare(postgres);
	if (!error)
		error = claim(postgres);
	if (!error) {
		postgres->backoff = 0;
		return 0;
	}
	lose(postgres);
	if (postgres->taken)
		return say_taken(postgres);
	postgres->backoff = postgres->backoff ? 2 * postgres->backoff : BACKOFF_FIRST;
	if (postgres->backoff > BACKOFF_LIMIT)
		postgres->backoff = BACKOFF_LIMIT;
	postgres->retry_at = store_milliseconds() + postgres->backoff;
	return error;
}

int store_postgres_ready(struct store_postgres *postgres, int64_t until)
{
	bool stops = false;
	int64_t now;

	if (PQstatus(postgres->writer.handle) == CONNECTION_BAD)
		lose(postgres);
	while (!postgres->claimed) {
		if (postgres->taken)
			return say_taken(postgres);
		now = store_milliseconds();
		if (now >= postgres->retry_at && connect_once(postgres) == 0)
			return 0;
		now = store_milliseconds();
		if (now >= until || stops)
			return postgres->taken ? -EBUSY : -EAGAIN;
		if (postgres->retry_at > now)
			stops = store_queue_stops(
				&postgres->store->queue,
				(int)((postgres->retry_at < until ? postgres->retry_at : until) -
			              now));
	}
	return 0;
}

/* No row: the lease has run out, or another has the name; claiming tells which. */
static int renew(struct store_postgres *postgres)
{
	struct store_row row;
	PGresult *result;
	int error;

	store_postgres_keys(postgres, &row);
	add_number(&row, (uint64_t)postgres->lease);
	error = store_link_run(&postgres->writer, renew_sql, &row, &result);
	if (!error && strcmp(PQcmdTuples(result), "1") != 0) {
		PQclear(result);
		return -ENOTCONN;
	}
	PQclear(result);
	postgres->renew_at = store_milliseconds() + postgres->lease / 3;
	return error;
}

int store_postgres_tend(struct store *store, char *trouble)
{
	struct store_postgres *postgres = store->inside;
	int64_t now = store_milliseconds();
	int error = 0;

	if (postgres->claimed && now < postgres->renew_at)
		return (int)(postgres->renew_at - now);
	if (postgres->claimed && renew(postgres) == -ENOTCONN)
		lose(postgres);
	if (!postgres->claimed)
		error = store_postgres_ready(postgres, now);
	if (error)
		memcpy(trouble, postgres->writer.trouble, STORE_TROUBLE_ROOM);
	if (error)
		return postgres->taken ? -1 : BACKOFF_LIMIT / 4;
	now = store_milliseconds();
	return postgres->renew_at > now ? (int)(postgres->renew_at - now) : 1;
}

void store_postgres_leave(struct store_postgres *postgres)
{
	struct store_row row;

	if (!postgres->claimed)
		return;
	store_postgres_keys(postgres, &row);
	store_link_run(&postgres->writer, postgres->is_tool ? forget_sql : leave_sql, &row, NULL);
	lose(postgres);
}
