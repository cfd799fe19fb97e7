/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check: the audit of a store, for an operator who wants to know whether it is sound.
 *
 * Each question is a row: a statement whose rows are findings, and the sentence for them. They read
 * the tables themselves (NOT INDEXED), because an index is what may be wrong.
 */
#include "store/sqlite.h"
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
	{ "the database is damaged: ", "", false,
	  "SELECT integrity_check, '' FROM pragma_integrity_check WHERE integrity_check<>'ok'" },
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
	{ NOTE_PREFIX, " is no subscriber any more and has the session ", false,
	  "SELECT user_name, id FROM session NOT INDEXED"
	  " WHERE user_name NOT IN (SELECT user_name FROM subscriber)" },
};

struct audit {
	struct store_database *database;
	void (*report)(const char *sentence, void *context);
	void *context;
	int findings;
};

static void find(struct audit *audit, const char *sentence)
{
	audit->report(sentence, audit->context);
	audit->findings += strncmp(sentence, NOTE_PREFIX, sizeof(NOTE_PREFIX) - 1) != 0;
}

static void add_column(sqlite3_stmt *statement, int column, bool address, struct dm_text *text)
{
	const void *at = sqlite3_column_blob(statement, column);
	size_t size = (size_t)sqlite3_column_bytes(statement, column);
	char numbers[INET6_ADDRSTRLEN];

	if (address && size == 16 && inet_ntop(AF_INET6, at, numbers, sizeof(numbers)))
		dm_text_add(text, "%s", numbers);
	else
		dm_text_octets(text, dm_bytes_of(at, size));
}

static void find_row(struct audit *audit, const struct question *question, sqlite3_stmt *statement)
{
	char sentence[SENTENCE_ROOM];
	struct dm_text text;

	dm_text_init(&text, sentence, sizeof(sentence));
	dm_text_add(&text, "%s", question->before);
	add_column(statement, 0, question->address, &text);
	dm_text_add(&text, "%s", question->between);
	add_column(statement, 1, false, &text);
	find(audit, sentence);
}

static void ask(struct audit *audit, const struct question *question)
{
	sqlite3_stmt *statement = store_database_prepare(audit->database, question->sql);
	int code = statement ? sqlite3_step(statement) : SQLITE_ERROR;

	while (code == SQLITE_ROW) {
		find_row(audit, question, statement);
		code = sqlite3_step(statement);
	}
	if (code != SQLITE_DONE) {
		store_database_error(audit->database, "cannot check");
		find(audit, audit->database->trouble);
	}
	sqlite3_finalize(statement);
}

/* A broken seal ends neither the walk nor the audit. */
static void check_seals(struct audit *audit, enum store_table_name name)
{
	struct store_walk walk;
	bool more = true;

	store_walk_begin(&walk, audit->database, name, false);
	while (more) {
		more = store_walk_next(&walk);
		if (!walk.error)
			continue;
		find(audit, audit->database->trouble);
		more = walk.error == -EBADMSG;
		walk.error = 0;
	}
	store_walk_end(&walk);
}

int store_check(struct store *store, void (*report)(const char *sentence, void *context),
                void *context)
{
	struct audit audit = { .database = &store->reader, .report = report, .context = context };

	for (size_t i = 0; i < sizeof(questions) / sizeof(*questions); i++)
		ask(&audit, &questions[i]);
	check_seals(&audit, STORE_SUBSCRIBER);
	check_seals(&audit, STORE_PART);
	return audit.findings;
}
