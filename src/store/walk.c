/* SPDX-License-Identifier: Apache-2.0 */
#include "store/walk.h"

#include "base/arena.h"

#include <errno.h>

#define SQL_ROOM       2048
#define KEY_NAMES_ROOM ((size_t)1 << 20) /* of one binding */

void store_walk_begin(struct store_walk *walk, struct store *store, enum store_table_name name,
                      bool of_one)
{
	char sql[SQL_ROOM];
	struct dm_text text;

	*walk = (struct store_walk){ .store = store, .table = &store_tables[name] };
	dm_text_init(&text, sql, sizeof(sql));
	store_sql_select(walk->table, of_one, &text);
	walk->cursor = store->engine->read(store, sql);
	if (!walk->cursor)
		walk->error = -EIO;
	else if (!of_one)
		walk->error = store->engine->begin(walk->cursor, NULL);
}

void store_walk_of(struct store_walk *walk, const void *record)
{
	if (walk->error)
		return;
	store_row_of_key(walk->table, record, &walk->row);
	walk->error = walk->store->engine->begin(walk->cursor, &walk->row);
}

static int say_broken(struct store_walk *walk)
{
	struct store *store = walk->store;
	struct dm_text text;

	dm_text_init(&text, store->trouble, sizeof(store->trouble));
	dm_text_add(&text, "the seal of a secret in the table %s is broken, of ",
	            walk->table->name);
	dm_text_octets(&text, walk->row.values[0].octets);
	return -EBADMSG;
}

bool store_walk_next(struct store_walk *walk)
{
	int found;

	if (walk->error)
		return false;
	found = walk->store->engine->next(walk->cursor, &walk->row);
	if (found < 0)
		walk->error = found;
	else if (found &&
	         store_row_read(walk->table, &walk->row, &walk->record, walk->store->sealer))
		walk->error = say_broken(walk);
	return found > 0 && !walk->error;
}

int store_walk_end(struct store_walk *walk)
{
	if (walk->cursor)
		walk->store->engine->end(walk->cursor);
	walk->cursor = NULL;
	dm_wipe(&walk->record, sizeof(walk->record));
	return walk->error;
}

int store_each_subscriber(struct store *store,
                          int (*visit)(const struct store_subscriber *, void *), void *context)
{
	struct store_walk walk;

	store_walk_begin(&walk, store, STORE_SUBSCRIBER, false);
	while (store_walk_next(&walk))
		walk.error = visit(&walk.record.subscriber, context);
	return store_walk_end(&walk);
}

int store_each_session(struct store *store, int (*visit)(const struct store_session *, void *),
                       void *context)
{
	struct store_walk walk;

	store_walk_begin(&walk, store, STORE_SESSION, false);
	while (store_walk_next(&walk))
		walk.error = visit(&walk.record.session, context);
	return store_walk_end(&walk);
}

int store_each_access(struct store *store, int (*visit)(const struct store_access *, void *),
                      void *context)
{
	struct store_walk walk;

	store_walk_begin(&walk, store, STORE_ACCESS, false);
	while (store_walk_next(&walk))
		walk.error = visit(&walk.record.access, context);
	return store_walk_end(&walk);
}

int store_each_attachment(struct store *store,
                          int (*visit)(const struct store_attachment *, void *), void *context)
{
	struct store_walk walk;

	store_walk_begin(&walk, store, STORE_ATTACHMENT, false);
	while (store_walk_next(&walk))
		walk.error = visit(&walk.record.attachment, context);
	return store_walk_end(&walk);
}

int store_each_accounting(struct store *store,
                          int (*visit)(const struct store_accounting *, void *), void *context)
{
	struct store_walk walk;

	store_walk_begin(&walk, store, STORE_ACCOUNTING, false);
	while (store_walk_next(&walk))
		walk.error = visit(&walk.record.accounting, context);
	return store_walk_end(&walk);
}

int store_each_account(struct store *store, int (*visit)(const struct store_account *, void *),
                       void *context)
{
	struct store_walk walk;

	store_walk_begin(&walk, store, STORE_ACCOUNT, false);
	while (store_walk_next(&walk))
		walk.error = visit(&walk.record.account, context);
	return store_walk_end(&walk);
}

int store_each_name(struct store *store, int (*visit)(const struct store_name *, void *),
                    void *context)
{
	struct store_walk walk;

	store_walk_begin(&walk, store, STORE_NAME, false);
	while (store_walk_next(&walk))
		walk.error = visit(&walk.record.name, context);
	return store_walk_end(&walk);
}

int store_each_owed(struct store *store, int (*visit)(const struct store_owed *, void *),
                    void *context)
{
	struct store_walk walk;

	store_walk_begin(&walk, store, STORE_OWED, false);
	while (store_walk_next(&walk))
		walk.error = visit(&walk.record.owed, context);
	return store_walk_end(&walk);
}

int store_each_agent(struct store *store, int (*visit)(const struct store_agent *, void *),
                     void *context)
{
	struct store_walk walk;

	store_walk_begin(&walk, store, STORE_AGENT, false);
	while (store_walk_next(&walk))
		walk.error = visit(&walk.record.agent, context);
	return store_walk_end(&walk);
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

	store_walk_begin(&walk, store, STORE_BINDING, false);
	store_walk_begin(&parts, store, STORE_PART, true);
	dm_arena_init(&names, KEY_NAMES_ROOM);
	while (store_walk_next(&walk)) {
		walk.error = read_parts(&parts, &walk.record.binding, &names);
		if (!walk.error)
			walk.error = visit(&walk.record.binding, context);
	}
	store_walk_end(&parts);
	dm_arena_fini(&names);
	return store_walk_end(&walk);
}
