/* SPDX-License-Identifier: Apache-2.0 */
/*
 * postgres_write: the steps of one transaction in a pipeline.
 *
 * A step that finds another version than the writer knew fails as an error of the database (a
 * division by the number of rows), so that the COMMIT behind it in the pipeline does nothing.
 */
#include "postgres.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define NAME_ROOM 24

#define EXACTLY_ONE_BEGIN "WITH done AS("
#define EXACTLY_ONE_END   " RETURNING 1)SELECT 1/count(*) FROM done"

static const char mark_sql[] = EXACTLY_ONE_BEGIN
	"UPDATE server SET last_group=$3 WHERE name=$1 AND incarnation=$2" EXACTLY_ONE_END;

static const enum store_table_name parts[] = { STORE_SUBSCRIBER, STORE_SESSION, STORE_ACCESS };

#define PARTS (sizeof(parts) / sizeof(*parts))

struct name {
	char text[NAME_ROOM];
};

static struct name name_of(const char *what, int one, int other)
{
	struct name name;

	snprintf(name.text, sizeof(name.text), "%s_%d_%d", what, one, other);
	return name;
}

/* ---- preparing ---- */

static Oid type_of(const struct store_field *field)
{
	switch (field->kind) {
	case STORE_FIELD_OCTETS:
	case STORE_FIELD_PREFIX:
	case STORE_FIELD_SECRET:
		return 17; /* BYTEA */
	default:
		return 20; /* BIGINT */
	}
}

static int types_of(const struct store_table *table, Oid types[STORE_COLUMNS])
{
	int count = 0;

	for (size_t i = 0; i < table->count; i++) {
		types[count++] = type_of(&table->fields[i]);
		if (table->fields[i].kind == STORE_FIELD_PREFIX)
			types[count++] = 20;
	}
	return count;
}

static int prepare(struct store_postgres *postgres, struct name name, const char *sql, int count,
                   const Oid *types)
{
	if (PQsendPrepare(postgres->writer.handle, name.text, sql, count, types))
		return store_postgres_step(postgres, NULL, STORE_TABLES);
	return -ENOTCONN;
}

static int prepare_table(struct store_postgres *postgres, enum store_table_name name)
{
	const struct store_table *table = &store_tables[name];
	Oid types[STORE_COLUMNS];
	int count = types_of(table, types);
	char sql[STORE_SQL_ROOM];
	struct dm_text text;
	int error;

	dm_text_init(&text, sql, sizeof(sql));
	store_sql_put(table, &text);
	error = prepare(postgres, name_of("put", name, 0), sql, count, types);
	if (error)
		return error;
	dm_text_init(&text, sql, sizeof(sql));
	store_sql_delete(table, &text);
	return prepare(postgres, name_of("delete", name, 0), sql, 1, types);
}

/* A statement that must meet one row. */
static int prepare_one(struct store_postgres *postgres, const char *name, int count,
                       const Oid *types, void (*add)(const struct store_table *, struct dm_text *))
{
	char sql[STORE_SQL_ROOM];
	struct dm_text text;

	dm_text_init(&text, sql, sizeof(sql));
	dm_text_add(&text, EXACTLY_ONE_BEGIN);
	add(&store_tables[STORE_SESSION], &text);
	dm_text_add(&text, EXACTLY_ONE_END);
	return prepare(postgres, name_of(name, 0, 0), sql, count, types);
}

static int prepare_versions(struct store_postgres *postgres)
{
	Oid types[STORE_COLUMNS], numbers[] = { 20, 20 };
	int count = types_of(&store_tables[STORE_SESSION], types);
	int error = prepare_one(postgres, "make", count, types, store_sql_make);

	if (!error)
		error = prepare_one(postgres, "replace", count, types, store_sql_replace);
	if (!error)
		error = prepare_one(postgres, "remove", 2, numbers, store_sql_delete_version);
	return error;
}

static int prepare_fetch(struct store_postgres *postgres, enum store_fetch_kind kind,
                         enum store_table_name name)
{
	static const Oid octets[] = { 17, 17 };
	char sql[STORE_SQL_ROOM];
	struct dm_text text;

	dm_text_init(&text, sql, sizeof(sql));
	store_sql_fetch(kind, name, &text);
	return prepare(postgres, name_of("fetch", kind, name), sql, 2, octets);
}

int store_postgres_prepare_all(struct store_postgres *postgres, size_t *count)
{
	static const Oid mark[] = { 17, 20, 20 };
	int error = prepare(postgres, name_of("mark", 0, 0), mark_sql, 3, mark);

	if (!error)
		error = prepare_versions(postgres);
	for (int name = 0; name < STORE_TABLES && !error; name++)
		error = prepare_table(postgres, (enum store_table_name)name);
	for (int kind = 0; kind < STORE_FETCH_KINDS; kind++) {
		for (size_t i = 0; i < PARTS && !error; i++)
			error = prepare_fetch(postgres, (enum store_fetch_kind)kind, parts[i]);
	}
	*count = postgres->step_count;
	return error;
}

/* ---- sending ---- */

int store_postgres_step(struct store_postgres *postgres, struct store_transaction *of,
                        enum store_table_name table)
{
	size_t room = postgres->step_room ? 2 * postgres->step_room : 256;
	struct store_step *steps;

	if (postgres->step_count == postgres->step_room) {
		steps = realloc(postgres->steps, room * sizeof(*steps));
		if (!steps)
			return -ENOMEM;
		postgres->steps = steps;
		postgres->step_room = room;
	}
	postgres->steps[postgres->step_count++] = (struct store_step){ of, table };
	return 0;
}

static int send(struct store_postgres *postgres, struct store_transaction *of, struct name name,
                const struct store_row *row)
{
	int error = store_link_send(&postgres->writer, name.text, row);

	return error ? error : store_postgres_step(postgres, of, STORE_TABLES);
}

int store_postgres_send_mark(struct store_postgres *postgres)
{
	struct store_row row;

	store_postgres_keys(postgres, &row);
	row.values[row.count++] =
		(struct store_value){ .kind = STORE_NUMBER, .number = (int64_t)postgres->group };
	return send(postgres, NULL, name_of("mark", 0, 0), &row);
}

static int send_record(struct store_postgres *postgres, struct store_transaction *of,
                       struct name name, enum store_table_name table, const void *record)
{
	struct store_row row;
	struct dm_text text;

	if (!store_row_of(&store_tables[table], record, &row, &postgres->writer_sealer))
		return send(postgres, of, name, &row);
	dm_text_init(&text, postgres->writer.trouble, sizeof(postgres->writer.trouble));
	dm_text_add(&text, "cannot seal a secret of the table %s", store_tables[table].name);
	return -EINVAL;
}

static int send_delete(struct store_postgres *postgres, struct store_transaction *of,
                       enum store_table_name table, const void *record)
{
	struct store_row row;

	store_row_of_key(&store_tables[table], record, &row);
	return send(postgres, of, name_of("delete", table, 0), &row);
}

/* Who writes a session is its keeper; but a tool is none. */
static int send_session(struct store_postgres *postgres, struct store_transaction *of,
                        const struct store_session *session)
{
	struct store_session record = *session;
	struct name name = name_of(session->version ? "replace" : "make", 0, 0);

	if (session->version == STORE_ANY_VERSION)
		name = name_of("put", STORE_SESSION, 0);
	record.version = store_next_version(session);
	if (!postgres->is_tool)
		record.keeper = dm_bytes_text(postgres->name);
	return send_record(postgres, of, name, STORE_SESSION, &record);
}

static int send_delete_session(struct store_postgres *postgres, struct store_transaction *of,
                               const struct store_session *session)
{
	struct store_row row;

	if (session->version == 0 || session->version == STORE_ANY_VERSION)
		return send_delete(postgres, of, STORE_SESSION, session);
	store_row_of_key(&store_tables[STORE_SESSION], session, &row);
	row.values[row.count++] =
		(struct store_value){ .kind = STORE_NUMBER, .number = (int64_t)session->version };
	return send(postgres, of, name_of("remove", 0, 0), &row);
}

static int send_binding(struct store_postgres *postgres, struct store_transaction *of,
                        const struct store_binding *binding)
{
	struct store_part part = { .session_id = binding->session_id };
	int error =
		send_record(postgres, of, name_of("put", STORE_BINDING, 0), STORE_BINDING, binding);

	if (!error)
		error = send_delete(postgres, of, STORE_PART, &part);
	for (uint8_t i = 0; i < binding->association_count && !error; i++) {
		part.place = i;
		part.association = binding->associations[i];
		error = send_record(postgres, of, name_of("put", STORE_PART, 0), STORE_PART, &part);
	}
	dm_wipe(&part, sizeof(part));
	return error;
}

static int send_change(struct store_postgres *postgres, struct store_transaction *of,
                       const struct store_entry *entry)
{
	enum store_table_name table = store_change_table(entry->kind);

	switch (entry->kind) {
	case STORE_PUT_SESSION:
		return send_session(postgres, of, (const void *)entry->record);
	case STORE_DELETE_SESSION:
		return send_delete_session(postgres, of, (const void *)entry->record);
	case STORE_PUT_BINDING:
		return send_binding(postgres, of, (const void *)entry->record);
	default:
		break;
	}
	if (store_change_deletes(entry->kind))
		return send_delete(postgres, of, table, entry->record);
	return send_record(postgres, of, name_of("put", table, 0), table, entry->record);
}

static int send_fetch(struct store_postgres *postgres, struct store_transaction *asked)
{
	struct store_row row;
	int error = 0;

	store_result_reset(asked->result);
	if (!store_result_add(asked->result))
		return -ENOMEM;
	store_row_of_question(&asked->question, &row);
	for (size_t i = 0; i < PARTS && !error; i++) {
		error = store_link_send(&postgres->writer,
		                        name_of("fetch", asked->question.kind, parts[i]).text,
		                        &row);
		if (!error)
			error = store_postgres_step(postgres, asked, parts[i]);
	}
	return error;
}

int store_postgres_send(struct store_postgres *postgres, struct store_transaction *transaction)
{
	struct store_entry *entry = store_transaction_first(transaction);
	int error = 0;

	if (transaction->request == STORE_REQUEST_FETCH)
		return send_fetch(postgres, transaction);
	for (size_t i = 0; i < transaction->count && !error; i++) {
		error = send_change(postgres, transaction, entry);
		entry = store_entry_next(entry);
	}
	return error;
}

int store_postgres_keep(struct store_postgres *postgres, const struct store_step *step,
                        const PGresult *result)
{
	struct store_result *to = step->of->result;
	const struct store_table *table = &store_tables[step->table];
	union store_record record;
	struct store_row row;
	int error = 0;

	for (int i = 0; i < PQntuples(result) && !error; i++) {
		store_result_row(result, i, &row);
		error = store_row_read(table, &row, &record, &postgres->writer_sealer);
		if (!error)
			error = store_result_keep(to, &to->found[to->found_count - 1], step->table,
			                          &record);
	}
	dm_wipe(&record, sizeof(record));
	return error;
}
