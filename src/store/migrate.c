/* SPDX-License-Identifier: Apache-2.0 */
/*
 * migrate: every record and counter of one store into another, as an operator moves from SQLite to
 * a database.
 *
 * The other store is empty or holds the beginning of such a copy: two counters say how often one
 * was begun and how often one came to its end, so that one that broke off is simply done again. The
 * audit (check.c) finds a copy without an end.
 */
#include "store/walk.h"

#include <errno.h>
#include <stdio.h>

#define AT_ONCE 4096 /* records, then they are waited for */

/* Of several servers on one store each has its own (daemon/start.c). */
static const char *const of_one_server[] = { "origin-state-id", "session-id-run" };

struct migration {
	struct store *from, *to;
	const char *server;
	void (*progress)(uint64_t records, void *context);
	void *context;
	uint64_t records;
	uint64_t waiting; /* handed over and not yet collected */
	struct dm_text why;
};

static int say(struct migration *migration, int error, const char *what, const char *words)
{
	dm_text_add(&migration->why, "%s%s%s", what, words[0] ? ": " : "", words);
	return error;
}

/* ---- whether it may be ---- */

static int number_of(struct migration *migration, const char *name, uint64_t *value)
{
	int error = store_counter(migration->to, name, 0, value);

	return error ? say(migration, error, "cannot write to the new store",
	                   store_error_text(migration->to))
	             : 0;
}

static int has_records(struct migration *migration, enum store_table_name name)
{
	struct store_walk walk;
	bool found;
	int error;

	store_walk_begin(&walk, migration->to, name, false);
	found = store_walk_next(&walk);
	error = store_walk_end(&walk);
	if (error)
		return say(migration, error, "cannot read the new store",
		           store_error_text(migration->to));
	return found;
}

static int refuse_full(struct migration *migration)
{
	for (int name = 0; name < STORE_TABLES; name++) {
		int found = has_records(migration, (enum store_table_name)name);

		if (found < 0)
			return found;
		if (found) {
			dm_text_add(&migration->why,
			            "the new store has records already (table %s); name an empty "
			            "database",
			            store_tables[name].name);
			return -EEXIST;
		}
	}
	return 0;
}

static int begin(struct migration *migration)
{
	uint64_t begun = 0, ended = 0;
	int error = number_of(migration, STORE_MIGRATIONS_BEGUN, &begun);

	if (!error)
		error = number_of(migration, STORE_MIGRATIONS_ENDED, &ended);
	if (error || begun > ended)
		return error; /* what broke off is done again */
	error = refuse_full(migration);
	if (!error)
		error = store_counter(migration->to, STORE_MIGRATIONS_BEGUN, 1, &begun);
	return error;
}

/* ---- records ---- */

static int collect(struct migration *migration)
{
	struct store_completion completion;
	int error = store_flush(migration->to);

	while (store_completed(migration->to, &completion)) {
		migration->waiting--;
		if (!error)
			error = completion.error;
	}
	if (error)
		return say(migration, error, "the new store did not take a record",
		           store_error_text(migration->to));
	if (migration->progress)
		migration->progress(migration->records, migration->context);
	return 0;
}

static int hand_over(struct migration *migration, const struct store_change *change)
{
	int error = store_submit(migration->to, change, 1, 0);

	if (error)
		return say(migration, error, "the new store did not take a record",
		           store_error_text(migration->to));
	migration->records++;
	return ++migration->waiting < AT_ONCE ? 0 : collect(migration);
}

/* A binding comes with its associations. */
static int copy_binding(const struct store_binding *binding, void *context)
{
	const struct store_change change = { .kind = STORE_PUT_BINDING, .binding = *binding };

	return hand_over(context, &change);
}

static int copy_table(struct migration *migration, enum store_table_name name)
{
	/* The tables have the order of the kinds, of which every second one deletes. */
	struct store_change change = { .kind = (enum store_change_kind)(2 * (int)name) };
	struct store_walk walk;

	store_walk_begin(&walk, migration->from, name, false);
	while (store_walk_next(&walk)) {
		memcpy(&change.subscriber, &walk.record, store_tables[name].size);
		if (name == STORE_SESSION)
			change.session.version = STORE_ANY_VERSION;
		walk.error = hand_over(migration, &change);
	}
	dm_wipe(&change, sizeof(change));
	return store_walk_end(&walk);
}

static int copy_records(struct migration *migration)
{
	int error = 0;

	for (int name = 0; name < STORE_PART && !error; name++) {
		if (name == STORE_BINDING)
			error = store_each_binding(migration->from, copy_binding, migration);
		else
			error = copy_table(migration, (enum store_table_name)name);
	}
	if (error && migration->why.size == 0)
		say(migration, error, "cannot read the old store",
		    store_error_text(migration->from));
	return error ? error : collect(migration);
}

/* ---- counters ---- */

static void name_there(const struct migration *migration, struct dm_bytes name,
                       struct dm_text *there)
{
	dm_text_add(there, "%.*s", (int)name.size, (const char *)name.at);
	for (size_t i = 0; i < sizeof(of_one_server) / sizeof(*of_one_server); i++)
		if (store_is_shared(migration->to) &&
		    dm_bytes_equal(name, dm_bytes_text(of_one_server[i])))
			dm_text_add(there, ";%s", migration->server);
}

/* Counters never go back: one that is further already stays. */
static int copy_counter(struct migration *migration, const struct store_row *row)
{
	uint64_t value = (uint64_t)row->values[1].number, there = 0;
	char name[320];
	struct dm_text text;
	int error;

	dm_text_init(&text, name, sizeof(name));
	name_there(migration, row->values[0].octets, &text);
	error = number_of(migration, name, &there);
	if (error || there >= value)
		return error;
	error = store_counter(migration->to, name, value - there, &there);
	return error ? say(migration, error, "cannot write to the new store",
	                   store_error_text(migration->to))
	             : 0;
}

static int copy_counters(struct migration *migration)
{
	const struct store_engine *engine = migration->from->engine;
	void *cursor =
		engine->read(migration->from,
	                     "SELECT name, value FROM counter WHERE name NOT LIKE 'migrations-%'");
	int found = cursor ? engine->begin(cursor, NULL) : -EIO;
	struct store_row row;

	if (found == 0)
		found = engine->next(cursor, &row);
	while (found > 0) {
		found = copy_counter(migration, &row);
		if (found == 0)
			found = engine->next(cursor, &row);
	}
	if (cursor)
		engine->end(cursor);
	if (found && migration->why.size == 0)
		say(migration, found, "cannot read the old store", migration->from->trouble);
	return found;
}

int store_migrate(struct store *from, struct store *to, const struct store_migration *wanted,
                  uint64_t *records, char *why, size_t why_room)
{
	struct migration migration = {
		.from = from,
		.to = to,
		.server = wanted->server,
		.progress = wanted->progress,
		.context = wanted->context,
	};
	uint64_t ended;
	int error;

	dm_text_init(&migration.why, why, why_room);
	error = begin(&migration);
	if (!error)
		error = copy_records(&migration);
	if (!error)
		error = copy_counters(&migration);
	if (!error)
		error = store_counter(to, STORE_MIGRATIONS_ENDED, 1, &ended);
	*records = migration.records;
	return error;
}
