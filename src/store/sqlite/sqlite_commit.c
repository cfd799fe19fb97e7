/* SPDX-License-Identifier: Apache-2.0 */
#include "sqlite_commit.h"

#include <errno.h>
#include <stdio.h>

#define SQL_ROOM 2048

/* One of several changes failed by its own fault, and nothing says where it began. */
#define UNGUARDED (-ECANCELED)

static const char count_sql[] =
	"INSERT INTO counter(name,value)VALUES(?,?)ON CONFLICT(name)DO UPDATE SET "
	"value=value+excluded.value RETURNING value";

static bool prepare(struct store_database *database, const char *sql, sqlite3_stmt **out)
{
	*out = store_database_prepare(database, sql);
	return *out;
}

static bool prepare_table(struct store_committer *committer, enum store_table_name name)
{
	char sql[SQL_ROOM];
	struct dm_text text;

	dm_text_init(&text, sql, sizeof(sql));
	store_sql_put(&store_tables[name], &text);
	if (!prepare(committer->database, sql, &committer->put[name]))
		return false;
	dm_text_init(&text, sql, sizeof(sql));
	store_sql_delete(&store_tables[name], &text);
	return prepare(committer->database, sql, &committer->remove[name]);
}

/* "$2" is a name for SQLite, numbered by its first appearance; "?2" is the second parameter. */
static void number_parameters(char *sql)
{
	while ((sql = strchr(sql, '$')))
		*sql = '?';
}

static bool prepare_versions(struct store_committer *committer)
{
	const struct store_table *table = &store_tables[STORE_SESSION];
	char sql[SQL_ROOM];
	struct dm_text text;

	dm_text_init(&text, sql, sizeof(sql));
	store_sql_make(table, &text);
	if (!prepare(committer->database, sql, &committer->make_session))
		return false;
	dm_text_init(&text, sql, sizeof(sql));
	store_sql_replace(table, &text);
	number_parameters(sql);
	if (!prepare(committer->database, sql, &committer->replace_session))
		return false;
	dm_text_init(&text, sql, sizeof(sql));
	store_sql_replace_rest(table, &text);
	number_parameters(sql);
	if (!prepare(committer->database, sql, &committer->replace_rest))
		return false;
	dm_text_init(&text, sql, sizeof(sql));
	store_sql_delete_version(table, &text);
	return prepare(committer->database, sql, &committer->remove_session);
}

static bool prepare_all(struct store_committer *committer)
{
	struct store_database *database = committer->database;

	for (int name = 0; name < STORE_TABLES; name++) {
		if (!prepare_table(committer, (enum store_table_name)name))
			return false;
	}
	return prepare_versions(committer) &&
	       prepare(database, "BEGIN IMMEDIATE", &committer->begin) &&
	       prepare(database, "COMMIT", &committer->commit) &&
	       prepare(database, "ROLLBACK", &committer->rollback) &&
	       prepare(database, "SAVEPOINT one", &committer->savepoint) &&
	       prepare(database, "RELEASE one", &committer->release) &&
	       prepare(database, "ROLLBACK TO one", &committer->rollback_to) &&
	       prepare(database, count_sql, &committer->count);
}

int store_committer_init(struct store_committer *committer, struct store_database *database)
{
	int error;

	*committer = (struct store_committer){ .database = database };
	if (prepare_all(committer))
		return 0;
	error = store_database_error(database, "cannot prepare a statement");
	store_committer_fini(committer);
	return error;
}

void store_committer_fini(struct store_committer *committer)
{
	sqlite3_stmt *others[] = {
		committer->begin,          committer->commit,       committer->rollback,
		committer->savepoint,      committer->release,      committer->count,
		committer->rollback_to,    committer->make_session, committer->replace_session,
		committer->remove_session, committer->replace_rest,
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		sqlite3_finalize(others[i]);
	for (int name = 0; name < STORE_TABLES; name++) {
		sqlite3_finalize(committer->put[name]);
		sqlite3_finalize(committer->remove[name]);
	}
	store_committer_fetch_fini(committer);
	*committer = (struct store_committer){ .database = committer->database };
}

/* Connection and statements anew. While that fails, groups fail too. */
static int reopen(struct store_committer *committer)
{
	int error;

	store_committer_fini(committer);
	committer->doubtful = true;
	error = store_database_reopen(committer->database);
	if (!error)
		error = store_committer_init(committer, committer->database);
	committer->doubtful = error != 0;
	return error;
}

static int begin(struct store_committer *committer)
{
	int error = committer->doubtful ? reopen(committer) : 0;

	if (error)
		return error;
	return store_database_run(committer->database, committer->begin, "cannot begin a commit");
}

static int put_with(struct store_committer *committer, sqlite3_stmt *statement,
                    enum store_table_name name, const void *record)
{
	struct store_database *database = committer->database;
	const struct store_table *table = &store_tables[name];
	struct store_row row;

	if (store_row_of(table, record, &row, &database->sealer)) {
		snprintf(database->trouble, sizeof(database->trouble),
		         "cannot seal a secret of the table %s", table->name);
		return -EINVAL;
	}
	if (store_statement_bind(statement, &row) != SQLITE_OK)
		return store_database_error(database, "cannot write");
	return store_database_run(database, statement, "cannot write");
}

static int put(struct store_committer *committer, enum store_table_name name, const void *record)
{
	return put_with(committer, committer->put[name], name, record);
}

/* The last statement met the version that its writer knew, or nothing. */
static int check_version(struct store_committer *committer, const struct store_session *session)
{
	struct store_database *database = committer->database;

	if (sqlite3_changes(database->handle) == 1)
		return 0;
	snprintf(database->trouble, sizeof(database->trouble),
	         "the session %llu has another version than %llu", (unsigned long long)session->id,
	         (unsigned long long)session->version);
	return -ESTALE;
}

/* Most changes leave the columns of the unique indexes alone. */
static int replace_session(struct store_committer *committer, const struct store_session *row)
{
	int error = put_with(committer, committer->replace_rest, STORE_SESSION, row);

	if (error || sqlite3_changes(committer->database->handle) == 1)
		return error;
	return put_with(committer, committer->replace_session, STORE_SESSION, row);
}

static int put_session(struct store_committer *committer, const struct store_session *session)
{
	struct store_session row = *session;
	int error;

	row.version = store_next_version(session);
	if (session->version == STORE_ANY_VERSION)
		return put(committer, STORE_SESSION, &row);
	if (session->version)
		error = replace_session(committer, &row);
	else
		error = put_with(committer, committer->make_session, STORE_SESSION, &row);
	return error ? error : check_version(committer, session);
}

static int erase(struct store_committer *committer, enum store_table_name name, const void *record)
{
	struct store_database *database = committer->database;
	sqlite3_stmt *statement = committer->remove[name];
	struct store_row row;

	store_row_of_key(&store_tables[name], record, &row);
	if (store_statement_bind(statement, &row) != SQLITE_OK)
		return store_database_error(database, "cannot delete");
	return store_database_run(database, statement, "cannot delete");
}

static int erase_session(struct store_committer *committer, const struct store_session *session)
{
	struct store_database *database = committer->database;
	sqlite3_stmt *statement = committer->remove_session;
	int error;

	if (session->version == 0 || session->version == STORE_ANY_VERSION)
		return erase(committer, STORE_SESSION, session);
	if (sqlite3_bind_int64(statement, 1, (int64_t)session->id) != SQLITE_OK ||
	    sqlite3_bind_int64(statement, 2, (int64_t)session->version) != SQLITE_OK)
		return store_database_error(database, "cannot delete");
	error = store_database_run(database, statement, "cannot delete");
	return error ? error : check_version(committer, session);
}

static int put_binding(struct store_committer *committer, const struct store_binding *binding)
{
	struct store_part part = { .session_id = binding->session_id };
	int error = put(committer, STORE_BINDING, binding);

	if (!error)
		error = erase(committer, STORE_PART, &part);
	for (uint8_t i = 0; i < binding->association_count && !error; i++) {
		part.place = i;
		part.association = binding->associations[i];
		error = put(committer, STORE_PART, &part);
	}
	dm_wipe(&part, sizeof(part));
	return error;
}

static int apply(struct store_committer *committer, const struct store_entry *entry)
{
	enum store_table_name name = store_change_table(entry->kind);
	const void *record = entry->record;

	if (entry->kind == STORE_DELETE_SESSION)
		return erase_session(committer, record);
	if (store_change_deletes(entry->kind))
		return erase(committer, name, record);
	if (entry->kind == STORE_PUT_SESSION)
		return put_session(committer, record);
	if (entry->kind == STORE_PUT_BINDING)
		return put_binding(committer, record);
	return put(committer, name, record);
}

static int count(struct store_committer *committer, struct store_counter_step *step)
{
	struct store_database *database = committer->database;
	sqlite3_stmt *statement = committer->count;
	int error = 0;

	if (sqlite3_bind_text(statement, 1, step->name, -1, SQLITE_STATIC) != SQLITE_OK ||
	    sqlite3_bind_int64(statement, 2, (int64_t)step->step) != SQLITE_OK ||
	    sqlite3_step(statement) != SQLITE_ROW)
		error = store_database_error(database, "cannot count");
	else
		step->value = (uint64_t)sqlite3_column_int64(statement, 0) - step->step;
	sqlite3_reset(statement);
	return error;
}

static int apply_all(struct store_committer *committer, struct store_transaction *transaction)
{
	struct store_entry *entry = store_transaction_first(transaction);
	int error = 0;

	switch (transaction->request) {
	case STORE_REQUEST_COUNT:
		return count(committer, transaction->counter);
	case STORE_REQUEST_FETCH:
		return store_committer_fetch(committer, transaction);
	case STORE_REQUEST_ADOPT: /* who is alone has nobody to take over from */
		return 0;
	case STORE_REQUEST_LEASE:
		return -ENOTSUP;
	case STORE_REQUEST_CHANGES:
		break;
	}
	for (size_t i = 0; i < transaction->count && !error; i++) {
		error = apply(committer, entry);
		entry = store_entry_next(entry);
	}
	return error;
}

/* A statement alone is whole or not at all by itself. */
static bool needs_savepoint(struct store_transaction *transaction)
{
	if (transaction->count == 1)
		return store_transaction_first(transaction)->kind == STORE_PUT_BINDING;
	return transaction->count > 1;
}

/* The transaction's own fault: the file is sound, and so are the others. */
static bool is_own(int error)
{
	return error == -EEXIST || error == -ENOENT || error == -EINVAL || error == -ESTALE ||
	       error == -ENOTSUP || error == -EBADMSG;
}

/* Its own fault becomes the transaction's error; what is returned is the group's. */
static int run_one(struct store_committer *committer, struct store_transaction *transaction)
{
	struct store_database *database = committer->database;
	bool guarded = committer->guarded && needs_savepoint(transaction);
	int error = 0;

	if (guarded)
		error = store_database_run(database, committer->savepoint, "cannot begin");
	if (error)
		return error;
	transaction->error = apply_all(committer, transaction);
	if (transaction->error && !is_own(transaction->error))
		return transaction->error;
	if (transaction->error && !guarded && needs_savepoint(transaction))
		return UNGUARDED;
	if (guarded && transaction->error)
		error = store_database_run(database, committer->rollback_to, "cannot take back");
	if (guarded && !error)
		error = store_database_run(database, committer->release, "cannot end");
	return error;
}

/* The trouble of the file stays the one that is told, not that of taking back. */
static void take_back(struct store_committer *committer, int error)
{
	sqlite3 *handle = committer->database->handle;

	if (handle && !sqlite3_get_autocommit(handle)) {
		sqlite3_step(committer->rollback);
		sqlite3_reset(committer->rollback);
	}
	committer->doubtful =
		committer->doubtful || (error != -EBUSY && error != -ENOSPC && error != -ENOMEM);
}

static int run_group(struct store_committer *committer, struct store_transaction *first,
                     bool guarded)
{
	int error = begin(committer);

	committer->guarded = guarded;
	for (struct store_transaction *one = first; one && !error; one = one->next)
		error = run_one(committer, one);
	if (!error)
		error = store_database_run(committer->database, committer->commit, "cannot commit");
	return error;
}

/* As if nothing of the group had been done. */
static void begin_anew(struct store_committer *committer, struct store_transaction *first)
{
	sqlite3_step(committer->rollback);
	sqlite3_reset(committer->rollback);
	for (struct store_transaction *one = first; one; one = one->next) {
		one->error = 0;
		if (one->result)
			store_result_reset(one->result);
	}
}

void store_commit(struct store_committer *committer, struct store_transaction *first)
{
	int error = run_group(committer, first, false);

	if (error == UNGUARDED) {
		begin_anew(committer, first);
		error = run_group(committer, first, true);
	}
	if (!error)
		return;
	take_back(committer, error);
	for (struct store_transaction *one = first; one; one = one->next)
		one->error = error;
}
