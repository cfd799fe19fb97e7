/* SPDX-License-Identifier: Apache-2.0 */
/* sqlite_ask: the answer to a fetch, read inside the commit that it is in. */
#include "sqlite_commit.h"

#include <errno.h>

#define SQL_ROOM 2048

static const enum store_table_name parts[] = { STORE_SUBSCRIBER, STORE_SESSION, STORE_ACCESS };

#define PARTS (sizeof(parts) / sizeof(*parts))

/* Prepared when it is asked for the first time: not every role asks. */
static sqlite3_stmt *statement_of(struct store_committer *committer, enum store_fetch_kind kind,
                                  enum store_table_name name)
{
	sqlite3_stmt **statement = &committer->fetch[kind][name];
	char sql[SQL_ROOM];
	struct dm_text text;

	if (*statement)
		return *statement;
	dm_text_init(&text, sql, sizeof(sql));
	store_sql_fetch(kind, name, &text);
	*statement = store_database_prepare(committer->database, sql);
	return *statement;
}

static int keep_row(struct store_committer *committer, enum store_table_name name,
                    sqlite3_stmt *statement, struct store_result *result, struct store_found *found)
{
	union store_record record;
	struct store_row row;
	int error;

	store_statement_row(statement, &row);
	error = store_row_read(&store_tables[name], &row, &record, &committer->database->sealer);
	if (!error)
		error = store_result_keep(result, found, name, &record);
	dm_wipe(&record, sizeof(record));
	return error;
}

static int ask_table(struct store_committer *committer, const struct store_transaction *asked,
                     enum store_table_name name, struct store_found *found)
{
	sqlite3_stmt *statement = statement_of(committer, asked->question.kind, name);
	struct store_row keys;
	int code, error = 0;

	store_row_of_question(&asked->question, &keys);
	if (!statement || store_statement_bind(statement, &keys) != SQLITE_OK)
		return store_database_error(committer->database, "cannot fetch");
	while ((code = sqlite3_step(statement)) == SQLITE_ROW && !error)
		error = keep_row(committer, name, statement, asked->result, found);
	if (!error && code != SQLITE_DONE)
		error = store_database_error(committer->database, "cannot fetch");
	sqlite3_reset(statement);
	return error;
}

int store_committer_fetch(struct store_committer *committer, struct store_transaction *asked)
{
	struct store_found *found;
	int error = 0;

	store_result_reset(asked->result);
	found = store_result_add(asked->result);
	if (!found)
		return -ENOMEM;
	for (size_t i = 0; i < PARTS && !error; i++)
		error = ask_table(committer, asked, parts[i], found);
	return error;
}

void store_committer_fetch_fini(struct store_committer *committer)
{
	for (size_t kind = 0; kind < STORE_FETCH_KINDS; kind++) {
		for (size_t i = 0; i < PARTS; i++)
			sqlite3_finalize(committer->fetch[kind][parts[i]]);
	}
}
