/* SPDX-License-Identifier: Apache-2.0 */
#include "store/walk.h"

#include "base/arena.h"
#include "store/sqlite.h"

#include <errno.h>
#include <stdio.h>

#define SQL_ROOM       2048
#define KEY_NAMES_ROOM ((size_t)1 << 20) /* of one binding */

void store_walk_begin(struct store_walk *walk, struct store_database *database,
                      enum store_table_name name, bool of_one)
{
	char sql[SQL_ROOM];
	struct dm_text text;

	*walk = (struct store_walk){ .database = database, .table = &store_tables[name] };
	dm_text_init(&text, sql, sizeof(sql));
	store_sql_select(walk->table, of_one, &text);
	walk->statement = store_database_prepare(database, sql);
	if (!walk->statement)
		walk->error = store_database_error(database, "cannot read");
}

void store_walk_of(struct store_walk *walk, const void *record)
{
	if (walk->error)
		return;
	sqlite3_reset(walk->statement);
	if (store_record_bind_key(walk->table, record, walk->statement) != SQLITE_OK)
		walk->error = store_database_error(walk->database, "cannot read");
}

static int say_broken(struct store_walk *walk)
{
	struct store_database *database = walk->database;
	const void *at = sqlite3_column_blob(walk->statement, 0);
	size_t size = (size_t)sqlite3_column_bytes(walk->statement, 0);
	struct dm_text text;

	dm_text_init(&text, database->trouble, sizeof(database->trouble));
	dm_text_add(&text, "the seal of a secret in the table %s is broken, of ",
	            walk->table->name);
	dm_text_octets(&text, dm_bytes_of(at, size));
	return -EBADMSG;
}

bool store_walk_next(struct store_walk *walk)
{
	int code;

	if (walk->error)
		return false;
	code = sqlite3_step(walk->statement);
	if (code == SQLITE_DONE)
		return false;
	if (code != SQLITE_ROW)
		walk->error = store_database_error(walk->database, "cannot read");
	else if (store_record_read(walk->table, walk->statement, &walk->record,
	                           &walk->database->sealer))
		walk->error = say_broken(walk);
	return !walk->error;
}

int store_walk_end(struct store_walk *walk)
{
	sqlite3_finalize(walk->statement);
	walk->statement = NULL;
	dm_wipe(&walk->record, sizeof(walk->record));
	return walk->error;
}

/* The words of a failed walk become the store's; a visitor's error has none. */
static int end(struct store *store, struct store_walk *walk)
{
	if (walk->error && store->reader.trouble[0])
		memcpy(store->trouble, store->reader.trouble, sizeof(store->trouble));
	return store_walk_end(walk);
}

static void begin(struct store *store, struct store_walk *walk, enum store_table_name name)
{
	store->reader.trouble[0] = '\0';
	store_walk_begin(walk, &store->reader, name, false);
}

int store_each_subscriber(struct store *store,
                          int (*visit)(const struct store_subscriber *, void *), void *context)
{
	struct store_walk walk;

	begin(store, &walk, STORE_SUBSCRIBER);
	while (store_walk_next(&walk))
		walk.error = visit(&walk.record.subscriber, context);
	return end(store, &walk);
}

int store_each_session(struct store *store, int (*visit)(const struct store_session *, void *),
                       void *context)
{
	struct store_walk walk;

	begin(store, &walk, STORE_SESSION);
	while (store_walk_next(&walk))
		walk.error = visit(&walk.record.session, context);
	return end(store, &walk);
}

int store_each_access(struct store *store, int (*visit)(const struct store_access *, void *),
                      void *context)
{
	struct store_walk walk;

	begin(store, &walk, STORE_ACCESS);
	while (store_walk_next(&walk))
		walk.error = visit(&walk.record.access, context);
	return end(store, &walk);
}

int store_each_attachment(struct store *store,
                          int (*visit)(const struct store_attachment *, void *), void *context)
{
	struct store_walk walk;

	begin(store, &walk, STORE_ATTACHMENT);
	while (store_walk_next(&walk))
		walk.error = visit(&walk.record.attachment, context);
	return end(store, &walk);
}

int store_each_accounting(struct store *store,
                          int (*visit)(const struct store_accounting *, void *), void *context)
{
	struct store_walk walk;

	begin(store, &walk, STORE_ACCOUNTING);
	while (store_walk_next(&walk))
		walk.error = visit(&walk.record.accounting, context);
	return end(store, &walk);
}

int store_each_account(struct store *store, int (*visit)(const struct store_account *, void *),
                       void *context)
{
	struct store_walk walk;

	begin(store, &walk, STORE_ACCOUNT);
	while (store_walk_next(&walk))
		walk.error = visit(&walk.record.account, context);
	return end(store, &walk);
}

int store_each_name(struct store *store, int (*visit)(const struct store_name *, void *),
                    void *context)
{
	struct store_walk walk;

	begin(store, &walk, STORE_NAME);
	while (store_walk_next(&walk))
		walk.error = visit(&walk.record.name, context);
	return end(store, &walk);
}

int store_each_owed(struct store *store, int (*visit)(const struct store_owed *, void *),
                    void *context)
{
	struct store_walk walk;

	begin(store, &walk, STORE_OWED);
	while (store_walk_next(&walk))
		walk.error = visit(&walk.record.owed, context);
	return end(store, &walk);
}

int store_each_agent(struct store *store, int (*visit)(const struct store_agent *, void *),
                     void *context)
{
	struct store_walk walk;

	begin(store, &walk, STORE_AGENT);
	while (store_walk_next(&walk))
		walk.error = visit(&walk.record.agent, context);
	return end(store, &walk);
}

/* The binding's associations; the names of their keys live in `names`. */
static int read_parts(struct store_walk *parts, struct store_binding *binding,
                      struct dm_arena *names)
{
	binding->association_count = 0;
	dm_arena_reset(names);
	store_walk_of(parts, binding);
	while (binding->association_count < STORE_ASSOCIATION_LIMIT && store_walk_next(parts)) {
		struct store_association *to = &binding->associations[binding->association_count++];
		struct dm_bytes name = parts->record.part.association.key_name;

		*to = parts->record.part.association;
		to->key_name = dm_arena_copy(names, name);
		if (name.size && !to->key_name.at)
			parts->error = -ENOMEM;
	}
	return parts->error;
}

int store_each_binding(struct store *store, int (*visit)(const struct store_binding *, void *),
                       void *context)
{
	struct store_walk walk, parts;
	struct dm_arena names;

	begin(store, &walk, STORE_BINDING);
	store_walk_begin(&parts, &store->reader, STORE_PART, true);
	dm_arena_init(&names, KEY_NAMES_ROOM);
	while (store_walk_next(&walk)) {
		walk.error = read_parts(&parts, &walk.record.binding, &names);
		if (!walk.error)
			walk.error = visit(&walk.record.binding, context);
	}
	store_walk_end(&parts);
	dm_arena_fini(&names);
	return end(store, &walk);
}
