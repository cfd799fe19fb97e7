/* SPDX-License-Identifier: Apache-2.0 */
/* record_sql: the statements' texts, from the description of the tables. */
#include "store/record.h"

void store_sql_columns(const struct store_table *table, struct dm_text *out)
{
	const char *comma = "";

	for (size_t i = 0; i < table->count; i++) {
		const struct store_field *field = &table->fields[i];

		dm_text_add(out, "%s%s", comma, field->name);
		comma = ",";
		if (field->kind == STORE_FIELD_PREFIX)
			dm_text_add(out, ",%s_length", field->name);
	}
}

/* The same, each set to the value that could not be inserted. */
static void add_excluded(const struct store_table *table, struct dm_text *out)
{
	const char *comma = "";

	for (size_t i = table->keys; i < table->count; i++) {
		const struct store_field *field = &table->fields[i];
		const char *name = field->name;

		if (field->kind == STORE_FIELD_VERSION)
			dm_text_add(out, "%s%s=%s.%s+1", comma, name, table->name, name);
		else
			dm_text_add(out, "%s%s=excluded.%s", comma, name, name);
		if (field->kind == STORE_FIELD_PREFIX)
			dm_text_add(out, ",%s_length=excluded.%s_length", name, name);
		comma = ",";
	}
}

size_t store_table_columns(const struct store_table *table)
{
	size_t columns = table->count;

	for (size_t i = 0; i < table->count; i++)
		columns += table->fields[i].kind == STORE_FIELD_PREFIX;
	return columns;
}

static void add_keys(const struct store_table *table, struct dm_text *out)
{
	for (size_t i = 0; i < table->keys; i++)
		dm_text_add(out, "%s%s", i ? "," : "", table->fields[i].name);
}

void store_sql_make(const struct store_table *table, struct dm_text *out)
{
	dm_text_add(out, "INSERT INTO %s(", table->name);
	store_sql_columns(table, out);
	dm_text_add(out, ")VALUES($1");
	for (size_t i = 2; i <= store_table_columns(table); i++)
		dm_text_add(out, ",$%zu", i);
	if (table->once) {
		dm_text_add(out, ")ON CONFLICT DO NOTHING");
		return;
	}
	dm_text_add(out, ")ON CONFLICT(");
	add_keys(table, out);
	dm_text_add(out, ")DO NOTHING");
}

void store_sql_put(const struct store_table *table, struct dm_text *out)
{
	store_sql_make(table, out);
	if (table->once)
		return;
	out->size -= sizeof("NOTHING") - 1;
	dm_text_add(out, "UPDATE SET ");
	add_excluded(table, out);
}

/* What the unique indexes of sessions are made of: hardly ever another in the next version. */
static bool is_settled(const struct store_field *field)
{
	return strcmp(field->name, "user_name") == 0 ||
	       strcmp(field->name, "service_selection") == 0 ||
	       strcmp(field->name, "home_address") == 0;
}

/* Each column but the first, or but the settled ones too, set to its parameter. */
static void add_set(const struct store_table *table, bool settled_too, struct dm_text *out)
{
	const char *comma = "";
	size_t place = 1;

	for (size_t i = 1; i < table->count; i++) {
		const struct store_field *field = &table->fields[i];
		bool two = field->kind == STORE_FIELD_PREFIX;

		place += 1 + two;
		if (!settled_too && is_settled(field))
			continue;
		dm_text_add(out, "%s%s=$%zu", comma, field->name, place - two);
		if (two)
			dm_text_add(out, ",%s_length=$%zu", field->name, place);
		comma = ",";
	}
}

/* The row of that key and of the version before, and with the same settled columns. */
static void add_condition(const struct store_table *table, bool settled_too, struct dm_text *out)
{
	size_t place = 1;

	dm_text_add(out, " WHERE %s=$1", table->fields[0].name);
	for (size_t i = 1; i < table->count; i++) {
		const struct store_field *field = &table->fields[i];
		const char *name = field->name;
		bool two = field->kind == STORE_FIELD_PREFIX;

		place += 1 + two;
		if (field->kind == STORE_FIELD_VERSION)
			dm_text_add(out, " AND %s+1=$%zu", name, place);
		if (settled_too || !is_settled(field))
			continue;
		dm_text_add(out, " AND +%s IS $%zu", name, place - two);
		if (two)
			dm_text_add(out, " AND %s_length=$%zu", name, place);
	}
}

void store_sql_replace(const struct store_table *table, struct dm_text *out)
{
	dm_text_add(out, "UPDATE %s SET ", table->name);
	add_set(table, true, out);
	add_condition(table, true, out);
}

void store_sql_replace_rest(const struct store_table *table, struct dm_text *out)
{
	dm_text_add(out, "UPDATE %s SET ", table->name);
	add_set(table, false, out);
	add_condition(table, false, out);
}

void store_sql_delete(const struct store_table *table, struct dm_text *out)
{
	dm_text_add(out, "DELETE FROM %s WHERE %s%s$1", table->name, table->fields[0].name,
	            table->up_to ? "<=" : "=");
}

void store_sql_delete_version(const struct store_table *table, struct dm_text *out)
{
	store_sql_delete(table, out);
	for (size_t i = 0; i < table->count; i++) {
		if (table->fields[i].kind == STORE_FIELD_VERSION)
			dm_text_add(out, " AND %s=$2", table->fields[i].name);
	}
}

static void add_select(const struct store_table *table, struct dm_text *out)
{
	dm_text_add(out, "SELECT ");
	store_sql_columns(table, out);
	dm_text_add(out, " FROM %s", table->name);
}

void store_sql_select(const struct store_table *table, bool of_one, struct dm_text *out)
{
	add_select(table, out);
	if (of_one)
		dm_text_add(out, " WHERE %s=$1", table->fields[0].name);
	dm_text_add(out, " ORDER BY ");
	add_keys(table, out);
}

/* Which session a fetch is about: one id, or none. */
static const char *const session_of[STORE_FETCH_KINDS] = {
	[STORE_FETCH_USER] =
		"(SELECT id FROM session WHERE user_name=$1 AND service_selection=$2 AND state<3)",
	[STORE_FETCH_ACCESS] = "(SELECT session FROM access WHERE session_id=$1)",
	[STORE_FETCH_AGENT_SESSION] = "(SELECT max(id) FROM session WHERE home_agent_session=$1)",
	[STORE_FETCH_ADDRESS] = "(SELECT id FROM session WHERE home_address=$1)",
};

void store_sql_fetch(enum store_fetch_kind kind, enum store_table_name name, struct dm_text *out)
{
	const char *session = session_of[kind];

	add_select(&store_tables[name], out);
	if (name == STORE_SESSION)
		dm_text_add(out, " WHERE id=%s", session);
	else if (name == STORE_ACCESS)
		dm_text_add(out, " WHERE session=%s ORDER BY session_id", session);
	else if (kind == STORE_FETCH_USER)
		dm_text_add(out, " WHERE user_name=$1");
	else
		dm_text_add(out, " WHERE user_name=(SELECT user_name FROM session WHERE id=%s)",
		            session);
}
