/* SPDX-License-Identifier: Apache-2.0 */
/*
 * postgres_alone: what gives an answer that must not be lost: counters, adoption, leases of blocks.
 * Each is a transaction of its own, committed only after its answer is here.
 */
#include "postgres.h"

#include <errno.h>
#include <stdlib.h>

#define TRIES 6

static const char mark_sql[] =
	"WITH done AS(UPDATE server SET last_group=$3 WHERE name=$1 AND incarnation=$2 "
	"RETURNING 1)SELECT 1/count(*) FROM done";
/* Names are text, values given as octets. */
static const char count_sql[] =
	"INSERT INTO counter(name,value)VALUES(convert_from($1,'UTF8'),$2)ON CONFLICT(name)"
	"DO UPDATE SET value=counter.value+excluded.value RETURNING value";

/* Whose lease has run out; $1 is this server. */
#define SQL_SILENT "SELECT name FROM server WHERE until<" STORE_SQL_NOW " AND name<>$1"

static const char take_over_sql[] =
	"WITH picked AS(SELECT block AS which FROM pool_block WHERE pool=$2 AND keeper "
	"IN(" SQL_SILENT ")ORDER BY block LIMIT $3 FOR UPDATE SKIP LOCKED)"
	"UPDATE pool_block SET keeper=$1 WHERE pool=$2 AND block IN(SELECT which FROM picked)";
static const char blocks_sql[] =
	"SELECT block,CASE WHEN keeper=$1 THEN 1 ELSE 0 END FROM pool_block WHERE pool=$2 "
	"ORDER BY block";
static const char lease_sql[] = "INSERT INTO pool_block(pool,block,keeper)VALUES($2,$3,$1)ON "
				"CONFLICT(pool,block)DO NOTHING";

bool store_postgres_is_alone(const struct store_transaction *transaction)
{
	return transaction->request != STORE_REQUEST_CHANGES &&
	       transaction->request != STORE_REQUEST_FETCH;
}

static void add_number(struct store_row *row, uint64_t number)
{
	row->values[row->count++] =
		(struct store_value){ .kind = STORE_NUMBER, .number = (int64_t)number };
}

static void add_octets(struct store_row *row, struct dm_bytes octets)
{
	row->values[row->count++] = (struct store_value){ .kind = STORE_OCTETS, .octets = octets };
}

static int count(struct store_postgres *postgres, struct store_counter_step *step)
{
	struct store_row row = { 0 };
	PGresult *result;
	int error;

	add_octets(&row, dm_bytes_text(step->name));
	add_number(&row, step->step);
	error = store_link_run(&postgres->writer, count_sql, &row, &result);
	if (error)
		return error;
	store_result_row(result, 0, &row);
	step->value = (uint64_t)row.values[0].number - step->step;
	PQclear(result);
	return 0;
}

/* ---- adoption ---- */

/* The rows of a table that belong to a session, into `found`. */
static int add_rows(struct store_postgres *postgres, struct store_result *to,
                    struct store_found *found, enum store_table_name name, const char *where,
                    const struct store_row *key)
{
	char sql[STORE_SQL_ROOM];
	union store_record record;
	struct store_row row;
	struct dm_text text;
	PGresult *result;
	int error;

	dm_text_init(&text, sql, sizeof(sql));
	dm_text_add(&text, "SELECT ");
	store_sql_columns(&store_tables[name], &text);
	dm_text_add(&text, " FROM %s WHERE %s", store_tables[name].name, where);
	error = store_link_run(&postgres->writer, sql, key, &result);
	for (int i = 0; !error && i < PQntuples(result); i++) {
		store_result_row(result, i, &row);
		error = store_row_read(&store_tables[name], &row, &record,
		                       &postgres->writer_sealer);
		if (!error)
			error = store_result_keep(to, found, name, &record);
	}
	PQclear(result);
	dm_wipe(&record, sizeof(record));
	return error;
}

static int add_found(struct store_postgres *postgres, struct store_result *to,
                     const struct store_row *row)
{
	struct store_found *found = store_result_add(to);
	union store_record record;
	struct store_row key = { 0 };
	int error;

	if (!found)
		return -ENOMEM;
	error = store_row_read(&store_tables[STORE_SESSION], row, &record,
	                       &postgres->writer_sealer);
	if (!error)
		error = store_result_keep(to, found, STORE_SESSION, &record);
	if (error)
		return error;
	add_number(&key, found->session.id);
	error = add_rows(postgres, to, found, STORE_ACCESS, "session=$1 ORDER BY session_id", &key);
	key.count = 0;
	add_octets(&key, found->session.user_name);
	if (!error)
		error = add_rows(postgres, to, found, STORE_SUBSCRIBER, "user_name=$1", &key);
	return error;
}

/* What operators say of home agents is of few, and looked at whole. */
static int add_agents(struct store_postgres *postgres, struct store_result *to)
{
	const struct store_table *table = &store_tables[STORE_AGENT];
	char sql[STORE_SQL_ROOM];
	union store_record record;
	struct store_row row;
	struct dm_text text;
	PGresult *result;
	int error;

	dm_text_init(&text, sql, sizeof(sql));
	dm_text_add(&text, "SELECT ");
	store_sql_columns(table, &text);
	dm_text_add(&text, " FROM %s", table->name);
	error = store_link_run(&postgres->writer, sql, NULL, &result);
	for (int i = 0; !error && i < PQntuples(result); i++) {
		store_result_row(result, i, &row);
		error = store_row_read(table, &row, &record, &postgres->writer_sealer);
		if (!error)
			error = store_result_add_agent(to, &record.agent);
	}
	PQclear(result);
	return error;
}

/* $1: this server, $2: the key, $3: how many, $4: the other key or the number. */
static const char *const wanted_sql[STORE_TAKE_KINDS] = {
	[STORE_TAKE_SILENT] = "keeper IN(" SQL_SILENT " UNION ALL SELECT $2)",
	[STORE_TAKE_NAMED] = "keeper<>$1 AND state<3 AND id IN("
			     "SELECT id FROM session WHERE home_agent_session=$2 "
			     "UNION SELECT session FROM access WHERE session_id=$2 "
			     "UNION SELECT id FROM session WHERE user_name=$4)",
	[STORE_TAKE_CLIENT] = "keeper<>$1 AND id IN(SELECT session FROM access WHERE "
			      "origin_host=$2 AND origin_state_id>0 AND origin_state_id<$4)",
	[STORE_TAKE_AGENT] = "keeper<>$1 AND state<3 AND home_agent=$2",
};

static void add_wanted(const struct store_postgres *postgres, const struct store_question *question,
                       struct store_row *row)
{
	add_octets(row, dm_bytes_text(postgres->name));
	add_octets(row, question->key);
	add_number(row, question->limit);
	if (question->take == STORE_TAKE_NAMED)
		add_octets(row, question->key2);
	else if (question->take == STORE_TAKE_CLIENT)
		add_number(row, question->total);
}

/* What servers that are gone leave behind: blocks, which are free again, and their rows, when no
 * session has them as its keeper; of who died, four leases later, when it asks for nothing any
 * more. */
static int clear_away(struct store_postgres *postgres)
{
	int error = store_link_script(
		&postgres->writer, "DELETE FROM pool_block WHERE NOT EXISTS(SELECT 1 FROM server "
				   "WHERE name=pool_block.keeper AND until>=" STORE_SQL_NOW ")");

	if (error)
		return error;
	return store_link_script(&postgres->writer,
	                         "DELETE FROM server WHERE until+4*(until-seen)<" STORE_SQL_NOW
	                         " AND until<" STORE_SQL_NOW
	                         " AND NOT EXISTS(SELECT 1 FROM session WHERE keeper=server.name)");
}

static int adopt(struct store_postgres *postgres, struct store_transaction *asked)
{
	char sql[STORE_SQL_ROOM];
	struct store_row row = { 0 };
	struct dm_text text;
	PGresult *result;
	int error;

	dm_text_init(&text, sql, sizeof(sql));
	dm_text_add(&text,
	            "WITH picked AS(SELECT id AS which FROM session WHERE %s ORDER BY id LIMIT $3 "
	            "FOR UPDATE%s)"
	            "UPDATE session SET keeper=$1,version=version+1 WHERE id IN("
	            "SELECT which FROM picked)RETURNING ",
	            wanted_sql[asked->question.take],
	            asked->question.take == STORE_TAKE_SILENT ? " SKIP LOCKED" : "");
	store_sql_columns(&store_tables[STORE_SESSION], &text);
	add_wanted(postgres, &asked->question, &row);
	store_result_reset(asked->result);
	error = store_link_run(&postgres->writer, sql, &row, &result);
	for (int i = 0; !error && i < PQntuples(result); i++) {
		store_result_row(result, i, &row);
		error = add_found(postgres, asked->result, &row);
	}
	PQclear(result);
	if (!error && asked->question.take == STORE_TAKE_SILENT)
		error = add_agents(postgres, asked->result);
	if (!error && asked->question.take == STORE_TAKE_SILENT)
		error = clear_away(postgres);
	return error;
}

/* ---- blocks ---- */

/* The parameters of each statement about blocks: this server, the pool, a number. */
static void keys_of(const struct store_postgres *postgres, const struct store_question *question,
                    uint64_t number, struct store_row *row)
{
	row->count = 0;
	add_octets(row, dm_bytes_text(postgres->name));
	add_octets(row, question->key);
	add_number(row, number);
}

/* Takes a free block when it is still free; *taken counts. */
static int take_block(struct store_postgres *postgres, struct store_transaction *asked,
                      uint64_t block, size_t *taken)
{
	struct store_row row;
	PGresult *result;
	int error;

	keys_of(postgres, &asked->question, block, &row);
	error = store_link_run(&postgres->writer, lease_sql, &row, &result);
	if (!error && strcmp(PQcmdTuples(result), "1") == 0) {
		++*taken;
		error = store_result_add_block(asked->result, block);
	}
	PQclear(result);
	return error;
}

/* Free blocks up to the next one that has a keeper. */
static int take_gap(struct store_postgres *postgres, struct store_transaction *asked, uint64_t from,
                    uint64_t to, size_t *taken)
{
	int error = 0;

	for (uint64_t block = from; block < to && *taken < asked->question.limit && !error; block++)
		error = take_block(postgres, asked, block, taken);
	return error;
}

/* The list that the database has is in order: what is missing in it is free. */
static int take_free(struct store_postgres *postgres, struct store_transaction *asked,
                     const PGresult *list, size_t taken)
{
	uint64_t next = 0;
	struct store_row row;
	int error = 0;

	for (int i = 0; i < PQntuples(list) && !error; i++) {
		uint64_t block;

		store_result_row(list, i, &row);
		block = (uint64_t)row.values[0].number;
		error = take_gap(postgres, asked, next,
		                 block < asked->question.total ? block : asked->question.total,
		                 &taken);
		if (!error && row.values[1].number)
			error = store_result_add_block(asked->result, block);
		next = block + 1;
	}
	return error ? error : take_gap(postgres, asked, next, asked->question.total, &taken);
}

static int lease(struct store_postgres *postgres, struct store_transaction *asked)
{
	struct store_row row;
	PGresult *result, *list;
	size_t taken = 0;
	int error;

	store_result_reset(asked->result);
	keys_of(postgres, &asked->question, asked->question.limit, &row);
	error = store_link_run(&postgres->writer, take_over_sql, &row, &result);
	if (error)
		return error;
	taken = (size_t)strtoull(PQcmdTuples(result), NULL, 10);
	PQclear(result);
	row.count = 2;
	error = store_link_run(&postgres->writer, blocks_sql, &row, &list);
	if (!error)
		error = take_free(postgres, asked, list, taken);
	PQclear(list);
	return error;
}

/* ---- one transaction ---- */

static int mark(struct store_postgres *postgres)
{
	struct store_row row;

	store_postgres_keys(postgres, &row);
	add_number(&row, postgres->group);
	return store_link_run(&postgres->writer, mark_sql, &row, NULL);
}

static int answer(struct store_postgres *postgres, struct store_transaction *asked)
{
	switch (asked->request) {
	case STORE_REQUEST_COUNT:
		return count(postgres, asked->counter);
	case STORE_REQUEST_ADOPT:
		return adopt(postgres, asked);
	case STORE_REQUEST_LEASE:
		return lease(postgres, asked);
	default:
		return -EINVAL;
	}
}

/* *sent: the commit is on its way, so that it may have come through. */
static int run(struct store_postgres *postgres, struct store_transaction *asked, bool *sent)
{
	struct store_link *link = &postgres->writer;
	int error;

	postgres->group++;
	*sent = false;
	error = store_link_script(link, "BEGIN");
	if (!error)
		error = mark(postgres);
	if (error == -ESTALE)
		return -ENOTCONN; /* shut out; claiming tells by whom */
	if (!error)
		error = answer(postgres, asked);
	if (error && error != -ENOTCONN && store_link_script(link, "ROLLBACK"))
		return -ENOTCONN;
	if (error)
		return error;
	*sent = true;
	return store_link_script(link, "COMMIT");
}

void store_postgres_alone(struct store_postgres *postgres, struct store_transaction *asked)
{
	int64_t until = asked->since + postgres->hold;
	bool sent = false;
	int error = -EAGAIN;

	for (int tries = 0; tries < TRIES; tries++) {
		error = store_postgres_ready(postgres, until);
		if (error || (sent && postgres->committed == postgres->group))
			break;
		error = run(postgres, asked, &sent);
		if (error == -ENOTCONN) {
			store_link_close(&postgres->writer);
			postgres->claimed = false;
			until = store_milliseconds() + postgres->hold;
		} else if (store_is_passing(error)) {
			store_queue_stops(&postgres->store->queue, 5 << tries);
		} else {
			break;
		}
	}
	asked->error = error && sent ? -EINPROGRESS : error == -ENOTCONN ? -EAGAIN : error;
}
