/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check: the audit of a store, for an operator who wants to know whether it is sound.
 *
 * Each question is a row: a statement whose rows are findings, and the sentence for them. They read
 * the tables themselves (NOT INDEXED), because an index is what may be wrong.
 */
#include "store/walk.h"

#include <arpa/inet.h>
#include <errno.h>

#define NOTE_PREFIX   "note: "
#define SENTENCE_ROOM 1024

struct question {
	const char *before, *between; /* the sentence: before, first column, between, second */
	bool address;                 /* the first column is an IPv6 address */
	const char *sql;
};

static const struct question questions[] = {
	{ "the home address ", " is in several sessions: ", true,
	  "SELECT home_address, group_concat(id,' and ') FROM session NOT INDEXED"
	  " WHERE home_address IS NOT NULL GROUP BY home_address HAVING count(*)>1" },
	{ "the home address ", " is in several bindings: ", true,
	  "SELECT home_address, count(*) FROM binding NOT INDEXED"
	  " WHERE home_address IS NOT NULL GROUP BY home_address HAVING count(*)>1" },
	{ "", " has several live sessions of one service: ", false,
	  "SELECT user_name, group_concat(id,' and ') FROM session NOT INDEXED"
	  " WHERE state<3 GROUP BY user_name, service_selection HAVING count(*)>1" },
	{ "the static home address of ", " is in another's session: ", false,
	  "SELECT s.user_name, t.id FROM subscriber s NOT INDEXED JOIN session t NOT INDEXED"
	  " ON s.home_address=t.home_address WHERE s.user_name<>t.user_name" },
	{ "the access session ", " belongs to no session: ", false,
	  "SELECT session_id, session FROM access NOT INDEXED"
	  " WHERE session NOT IN (SELECT id FROM session)" },
	{ "an association of ", " belongs to no binding: place ", false,
	  "SELECT session_id, place FROM association NOT INDEXED"
	  " WHERE session_id NOT IN (SELECT session_id FROM binding)" },
	{ "the name ", " in DNS belongs to no session, and its removal is not owed: ", false,
	  "SELECT fqdn, id FROM dns_name NOT INDEXED"
	  " WHERE state<2 AND session NOT IN (SELECT id FROM session)" },
	{ "a copy into this store has not come to its end; repeat store migrate: begun ",
	  ", ended ", false,
	  "SELECT value, (SELECT coalesce(max(value),0) FROM counter WHERE "
	  "name='" STORE_MIGRATIONS_ENDED "') FROM counter b WHERE name='" STORE_MIGRATIONS_BEGUN
	  "' AND value>(SELECT coalesce(max(value),0) FROM counter WHERE "
	  "name='" STORE_MIGRATIONS_ENDED "')" },
	{ NOTE_PREFIX "the end of the session of ",
	  " is overdue; its server has it before it: ", false,
	  "SELECT user_name, id FROM session NOT INDEXED WHERE (state=2 AND "
	  "linger_until+60<unixepoch())"
	  " OR (state=3 AND linger_until>0 AND linger_until+60<unixepoch())"
	  " OR (state=0 AND created+600<unixepoch())" },
	{ NOTE_PREFIX, " is no subscriber any more and has the session ", false,
	  "SELECT user_name, id FROM session NOT INDEXED"
	  " WHERE user_name NOT IN (SELECT user_name FROM subscriber)" },
};

struct audit {
	struct store *store;
	void (*report)(const char *sentence, void *context);
	void *context;
	int findings;
};

static void find(struct audit *audit, const char *sentence)
{
	audit->report(sentence, audit->context);
	audit->findings += strncmp(sentence, NOTE_PREFIX, sizeof(NOTE_PREFIX) - 1) != 0;
}

static void add_value(const struct store_value *value, bool address, struct dm_text *text)
{
	struct dm_bytes octets = value->octets;
	char numbers[INET6_ADDRSTRLEN];

	if (value->kind == STORE_NUMBER)
		dm_text_add(text, "%lld", (long long)value->number);
	else if (value->kind == STORE_OCTETS && address && octets.size == 16 &&
	         inet_ntop(AF_INET6, octets.at, numbers, sizeof(numbers)))
		dm_text_add(text, "%s", numbers);
	else if (value->kind == STORE_OCTETS)
		dm_text_octets(text, octets);
}

static void find_row(struct audit *audit, const struct question *question,
                     const struct store_row *row)
{
	char sentence[SENTENCE_ROOM];
	struct dm_text text;

	dm_text_init(&text, sentence, sizeof(sentence));
	dm_text_add(&text, "%s", question->before);
	add_value(&row->values[0], question->address, &text);
	dm_text_add(&text, "%s", question->between);
	add_value(&row->values[1], false, &text);
	find(audit, sentence);
}

static void ask(struct audit *audit, const struct question *question)
{
	const struct store_engine *engine = audit->store->engine;
	void *cursor = engine->read(audit->store, question->sql);
	int found = cursor ? engine->begin(cursor, NULL) : -EIO;
	struct store_row row;

	if (found == 0)
		found = engine->next(cursor, &row);
	while (found > 0) {
		find_row(audit, question, &row);
		found = engine->next(cursor, &row);
	}
	if (found < 0)
		find(audit, audit->store->trouble);
	if (cursor)
		engine->end(cursor);
}

/* A broken seal ends neither the walk nor the audit. */
static void check_seals(struct audit *audit, enum store_table_name name)
{
	struct store_walk walk;
	bool more = true;

	store_walk_begin(&walk, audit->store, name, false);
	while (more) {
		more = store_walk_next(&walk);
		if (!walk.error)
			continue;
		find(audit, audit->store->trouble);
		more = walk.error == -EBADMSG;
		walk.error = 0;
	}
	store_walk_end(&walk);
}

int store_check(struct store *store, void (*report)(const char *sentence, void *context),
                void *context)
{
	struct audit audit = { .store = store, .report = report, .context = context };
	const struct question damage = { "the database is damaged: ", "", false,
		                         store->engine->damage };

	if (damage.sql)
		ask(&audit, &damage);
	for (size_t i = 0; i < sizeof(questions) / sizeof(*questions); i++)
		ask(&audit, &questions[i]);
	check_seals(&audit, STORE_SUBSCRIBER);
	check_seals(&audit, STORE_SESSION);
	check_seals(&audit, STORE_PART);
	return audit.findings;
}
