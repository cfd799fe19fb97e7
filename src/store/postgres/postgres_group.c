/* SPDX-License-Identifier: Apache-2.0 */
/*
 * postgres_group: many transactions as one of the database, in one pipeline.
 *
 * When one of them is refused, the database takes back all, and has not looked at what was behind
 * it: then those before it go again as a group, it carries its error, and those behind it are the
 * next group. So each is carried out twice at most, whatever the others do.
 */
#include "postgres.h"

#include <errno.h>

#define TRIES      6
#define LOCK_TRIES 2 /* for what another server holds */

/* What came of a pipeline. */
struct outcome {
	int error;                        /* 0: committed */
	struct store_transaction *failed; /* whose own fault it is; NULL: nobody's */
};

int store_postgres_prepare(struct store_postgres *postgres)
{
	struct store_link *link = &postgres->writer;
	PGresult *result = NULL;
	size_t left = 0;
	int error;

	postgres->step_count = 0;
	if (!PQenterPipelineMode(link->handle))
		return -ENOTCONN;
	error = store_postgres_prepare_all(postgres, &left);
	if (!error && !PQpipelineSync(link->handle))
		error = -ENOTCONN;
	for (; left && !error; left--) {
		error = store_link_next(link, &result);
		if (!error)
			error = store_link_judge(link, result, "cannot prepare a statement");
		PQclear(result);
		if (!error)
			error = store_link_next(link, &result); /* the NULL between two */
	}
	if (!error)
		error = store_link_next(link, &result);
	PQclear(result);
	return !error && PQexitPipelineMode(link->handle) ? 0 : -ENOTCONN;
}

static int send_text(struct store_postgres *postgres, const char *sql)
{
	int error = store_link_send_text(&postgres->writer, sql);

	return error ? error : store_postgres_step(postgres, NULL, STORE_TABLES);
}

/* A fault that shows before anything was sent ends the pipeline without its COMMIT. */
static int send_all(struct store_postgres *postgres, struct store_transaction *first,
                    struct store_transaction *stop, bool only_fetches, struct outcome *outcome)
{
	int error = send_text(postgres, "BEGIN");

	if (!error)
		error = store_postgres_send_mark(postgres);
	for (struct store_transaction *one = first; one != stop && !error; one = one->next) {
		if (only_fetches && one->request != STORE_REQUEST_FETCH)
			continue;
		one->error = 0;
		error = store_postgres_send(postgres, one);
		if (error == -EINVAL || error == -ENOMEM)
			*outcome = (struct outcome){ error, one };
	}
	if (!error)
		error = send_text(postgres, "COMMIT");
	return outcome->failed ? 0 : error;
}

/* What is no fault of the one that met it first. */
static bool is_everyones(int error)
{
	return error == -ENOSPC || error == -ENOMEM || error == -ENOTCONN;
}

/* The answer to one step: the first that is trouble is what came of it all. */
static void take(struct store_postgres *postgres, const struct store_step *step,
                 const PGresult *result, struct outcome *outcome)
{
	int error;

	if (outcome->error || PQresultStatus(result) == PGRES_PIPELINE_ABORTED)
		return;
	error = store_link_judge(&postgres->writer, result, "cannot write");
	if (error)
		*outcome = (struct outcome){ error, is_everyones(error) ? NULL : step->of };
	else if (step->table != STORE_TABLES)
		step->of->error = store_postgres_keep(postgres, step, result);
}

static int receive_all(struct store_postgres *postgres, struct outcome *outcome)
{
	struct store_link *link = &postgres->writer;
	PGresult *result;
	int error = 0;

	for (size_t i = 0; i < postgres->step_count && !error; i++) {
		error = store_link_next(link, &result);
		while (!error && result) {
			take(postgres, &postgres->steps[i], result, outcome);
			PQclear(result);
			error = store_link_next(link, &result);
		}
	}
	if (error)
		return error;
	error = store_link_next(link, &result);
	if (!error && PQresultStatus(result) != PGRES_PIPELINE_SYNC)
		error = -ENOTCONN;
	PQclear(result);
	return error;
}

/* -ENOTCONN: it may have been committed or not. */
static struct outcome exchange(struct store_postgres *postgres, struct store_transaction *first,
                               struct store_transaction *stop, bool only_fetches)
{
	struct outcome outcome = { 0 };
	PGconn *handle = postgres->writer.handle;
	int error = 0;

	postgres->step_count = 0;
	postgres->group++;
	if (!PQenterPipelineMode(handle))
		error = -ENOTCONN;
	if (!error)
		error = send_all(postgres, first, stop, only_fetches, &outcome);
	if (!error && !PQpipelineSync(handle))
		error = -ENOTCONN;
	if (!error)
		error = receive_all(postgres, &outcome);
	if (!error && !PQexitPipelineMode(handle))
		error = -ENOTCONN;
	if (!error && outcome.error && outcome.error != -ENOTCONN)
		error = store_link_script(&postgres->writer, "ROLLBACK");
	if (error)
		outcome = (struct outcome){ -ENOTCONN, NULL };
	return outcome;
}

/* The connection is of no use any more; the next thing is to learn what has come through. */
static void drop(struct store_postgres *postgres)
{
	store_link_close(&postgres->writer);
	postgres->claimed = false;
}

/* What is asked anew after trouble that passes; each try is a little later. */
static void wait_a_little(struct store_postgres *postgres, int tries)
{
	store_queue_stops(&postgres->store->queue, 5 << tries);
}

static int64_t later(int64_t one, int64_t other)
{
	return one > other ? one : other;
}

static struct outcome attempt(struct store_postgres *postgres, struct store_transaction *first,
                              struct store_transaction *stop)
{
	int64_t until = first->since + postgres->hold;
	bool only_fetches = false, unknown = false;
	struct outcome outcome = { 0 };
	uint64_t group = 0;

	for (int tries = 0; tries < TRIES; tries++) {
		outcome.error = store_postgres_ready(postgres, until);
		if (outcome.error && unknown)
			outcome.error = -EINPROGRESS;
		if (outcome.error)
			return outcome;
		only_fetches = only_fetches || (unknown && postgres->committed == group);
		unknown = false;
		outcome = exchange(postgres, first, stop, only_fetches);
		group = postgres->group;
		if (outcome.error == -ENOTCONN) {
			unknown = !only_fetches;
			until = later(until, store_milliseconds() + postgres->hold);
		}
		if (outcome.error == -ENOTCONN || (outcome.error == -ESTALE && !outcome.failed))
			drop(postgres);
		else if (!store_is_passing(outcome.error) || tries >= LOCK_TRIES)
			return outcome;
		else
			wait_a_little(postgres, tries);
	}
	if (unknown)
		outcome.error = -EINPROGRESS;
	outcome.failed = NULL;
	return outcome;
}

static void fail_all(struct store_transaction *first, struct store_transaction *stop, int error)
{
	for (; first != stop; first = first->next)
		first->error = error;
}

void store_postgres_group(struct store_postgres *postgres, struct store_transaction *first,
                          struct store_transaction *stop)
{
	struct outcome outcome = { 0 };

	while (first != stop) {
		outcome = attempt(postgres, first, stop);
		if (!outcome.error)
			return;
		if (!outcome.failed) {
			fail_all(first, stop, outcome.error);
			return;
		}
		store_postgres_group(postgres, first, outcome.failed);
		outcome.failed->error = outcome.error;
		first = outcome.failed->next;
	}
}
