/* SPDX-License-Identifier: Apache-2.0 */
/* What somebody did to the file behind the store's back is found, named, and survived. */
#include "tests/unit/store/fixture.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

static char sentences[4096];

static void assert_says(const char *part)
{
	if (!strstr(sentences, part))
		fail_msg("no '%s' in: %s", part, sentences);
}

static void fill(const char *directory)
{
	struct store_change changes[] = {
		put_subscriber("alice"),   put_subscriber("bob"),     put_session(1, "alice", 1),
		put_session(2, "bob", 2),  put_access("nas;1;1", 1),  put_access("nas;1;2", 2),
		put_binding("aaa;1;1", 1), put_binding("aaa;1;2", 2), put_attachment("nas;1;1"),
	};
	struct store *store = open_store(directory);

	changes[2].session.state = changes[3].session.state = 1;
	assert_int_equal(commit(store, changes, 9), 0);
	store_close(store);
}

/* Does it while no owner is there, and then audits. */
static int audit_after(const char *directory, const char *sql)
{
	struct raw raw = open_raw(directory);
	struct store *store;
	int findings;

	run_raw(raw, sql);
	close_raw(raw);
	store = open_store(directory);
	findings = audit(store, sentences, sizeof(sentences));
	store_close(store);
	return findings;
}

static void a_sound_store_has_no_finding(void **state)
{
	fill(*state);
	assert_int_equal(audit_after(*state, "SELECT 1"), 0);
	assert_string_equal(sentences, "");
}

static void a_session_without_subscriber_is_a_note(void **state)
{
	fill(*state);
	assert_int_equal(audit_after(*state, "DELETE FROM subscriber WHERE user_name=x'626f62'"),
	                 0);
	assert_string_equal(sentences,
	                    "note: bob is no subscriber any more and has the session 2\n");
}

/* A server that runs ends them: where it has forgotten one, its address leaks. */
static void what_should_have_ended_is_told(void **state)
{
	static const struct {
		uint8_t state;
		int64_t created, until; /* seconds from now */
		bool overdue;
	} rows[] = {
		{ 0, -1000, 0, true }, { 0, -10, 0, false },       { 1, -100000, 0, false },
		{ 2, -5, -100, true }, { 2, -5, 100, false },      { 3, -5, -100, true },
		{ 3, -5, 0, false },   { 3, -100000, 100, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct store_change changes[] = { put_subscriber("alice"),
			                          put_session(1, "alice", 1) };
		struct store *store = open_store(*state);
		int64_t now = time(NULL);

		changes[1].session.state = rows[i].state;
		changes[1].session.created = now + rows[i].created;
		changes[1].session.linger_until = rows[i].until ? now + rows[i].until : 0;
		assert_int_equal(commit(store, changes, 2), 0);
		assert_int_equal(audit(store, sentences, sizeof(sentences)), 0);
		store_close(store);
		assert_int_equal(strstr(sentences, "the end of the session of alice is overdue") !=
		                         NULL,
		                 rows[i].overdue);
	}
}

/* As if the constraints had not been. */
static const char loosen_sqlite[] = "CREATE TABLE loose AS SELECT * FROM session;"
				    "DROP TABLE session; ALTER TABLE loose RENAME TO session;"
				    "INSERT INTO session SELECT * FROM session WHERE id=1;"
				    "UPDATE session SET id=7 WHERE rowid=3;"
				    "CREATE UNIQUE INDEX again ON session(id)";
static const char loosen_postgres[] =
	"ALTER TABLE session DROP CONSTRAINT session_home_address_key; DROP INDEX session_live;"
	"CREATE TABLE loose AS SELECT * FROM session WHERE id=1; UPDATE loose SET id=7;"
	"INSERT INTO session SELECT * FROM loose; DROP TABLE loose";

static void addresses_and_users_that_are_there_twice_are_found(void **state)
{
	fill(*state);
	assert_true(audit_after(*state, on_postgres() ? loosen_postgres : loosen_sqlite) >= 2);
	assert_says("the home address 2001:db8::1 is in several sessions: 1 and 7");
	assert_says("alice has several live sessions of one service: 1 and 7");
}

static void a_binding_whose_address_is_there_twice_is_found(void **state)
{
	fill(*state);
	assert_true(audit_after(*state,
	                        on_postgres() ? "ALTER TABLE binding DROP CONSTRAINT "
	                                        "binding_home_address_key;"
	                                        "UPDATE binding SET home_address="
	                                        "x'20010db8000000000000000000000009'"
	                                      : "CREATE TABLE loose AS SELECT * FROM binding;"
	                                        "DROP TABLE binding;"
	                                        "ALTER TABLE loose RENAME TO binding;"
	                                        "CREATE UNIQUE INDEX again ON binding(session_id);"
	                                        "UPDATE binding SET home_address="
	                                        "x'20010db8000000000000000000000009'") >= 1);
	assert_says("the home address 2001:db8::9 is in several bindings: 2");
}

static void orphans_are_found(void **state)
{
	fill(*state);
	if (on_postgres())
		audit_after(*state,
		            "ALTER TABLE access DROP CONSTRAINT access_session_fkey;"
		            "ALTER TABLE association DROP CONSTRAINT association_session_id_fkey");
	assert_int_equal(audit_after(*state,
	                             "DELETE FROM session WHERE id=2;"
	                             "DELETE FROM binding WHERE session_id=x'6161613b313b32'"),
	                 3);
	assert_says("the access session nas;1;2 belongs to no session: 2");
	assert_says("an association of aaa;1;2 belongs to no binding: place 0");
	assert_says("an association of aaa;1;2 belongs to no binding: place 1");
}

static void a_static_address_in_anothers_session_is_found(void **state)
{
	struct store_change change = put_subscriber("alice");
	struct store *store;

	fill(*state);
	change.subscriber.has_home_address = true;
	change.subscriber.home_address = address_of(2);
	store = open_store(*state);
	assert_int_equal(commit(store, &change, 1), 0);
	assert_int_equal(audit(store, sentences, sizeof(sentences)), 1);
	assert_string_equal(sentences,
	                    "the static home address of alice is in another's session: 2\n");
	store_close(store);
}

static void MB33_a_name_that_nobody_would_remove_is_found(void **state)
{
	struct store_change changes[] = { put_name(1, 1, 0), put_name(2, 9, 2), put_name(3, 9, 1) };
	struct store *store;

	fill(*state);
	store = open_store(*state);
	assert_int_equal(commit(store, changes, 2), 0);
	assert_int_equal(audit(store, sentences, sizeof(sentences)), 0);
	assert_int_equal(commit(store, &changes[2], 1), 0);
	assert_int_equal(audit(store, sentences, sizeof(sentences)), 1);
	assert_string_equal(sentences,
	                    "the name alice.mobile.example in DNS belongs to no session, "
	                    "and its removal is not owed: 3\n");
	store_close(store);
}

static int count_subscriber(const struct store_subscriber *subscriber, void *context)
{
	(void)subscriber;
	++*(int *)context;
	return 0;
}

static int count_binding(const struct store_binding *binding, void *context)
{
	(void)binding;
	++*(int *)context;
	return 0;
}

/* Two subscribers whose keys were exchanged: each value is whole, and lies in the wrong place. */
static void keys_that_changed_places_do_not_open(void **state)
{
	struct store *store;
	int count = 0;

	fill(*state);
	assert_int_equal(
		audit_after(*state,
	                    "UPDATE subscriber SET root_key=(SELECT s.root_key FROM subscriber s"
	                    " WHERE s.user_name<>subscriber.user_name"
	                    " AND s.user_name=x'626f62') WHERE user_name=x'616c696365'"),
		1);
	assert_string_equal(sentences,
	                    "the seal of a secret in the table subscriber is broken, of alice\n");
	store = open_store(*state);
	assert_int_equal(store_each_subscriber(store, count_subscriber, &count), -EBADMSG);
	assert_int_equal(count, 0);
	assert_non_null(strstr(store_error_text(store), "of alice"));
	store_close(store);
}

static void associations_that_changed_places_do_not_open(void **state)
{
	struct store *store;
	int count = 0;

	fill(*state);
	assert_int_equal(audit_after(*state,
	                             "UPDATE association SET key=(SELECT a.key FROM association a"
	                             " WHERE a.session_id=association.session_id"
	                             " AND a.place=1-association.place) WHERE place=1"),
	                 2);
	assert_says("of aaa;1;1");
	assert_says("of aaa;1;2");
	store = open_store(*state);
	assert_int_equal(store_each_binding(store, count_binding, &count), -EBADMSG);
	assert_int_equal(count, 0);
	store_close(store);
}

static void every_broken_seal_is_named(void **state)
{
	fill(*state);
	assert_int_equal(audit_after(*state, "UPDATE subscriber SET root_key=x'00'"), 2);
	assert_says("of alice");
	assert_says("of bob");
}

/* An index that lost an entry: only integrity_check sees it. */
static void damage_of_the_file_is_found(void **state)
{
	fill(*state);
	assert_true(audit_after(*state,
	                        "PRAGMA writable_schema=ON;"
	                        "CREATE TABLE hollow(session INTEGER);"
	                        "CREATE INDEX hollow_index ON hollow(session);"
	                        "UPDATE sqlite_schema SET rootpage=(SELECT rootpage FROM"
	                        " sqlite_schema WHERE name='hollow_index')"
	                        " WHERE name='access_of_session';"
	                        "DELETE FROM sqlite_schema WHERE name LIKE 'hollow%'") >= 1);
	assert_says("the database is damaged: ");
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STORE_TEST(a_sound_store_has_no_finding),
		STORE_TEST(a_session_without_subscriber_is_a_note),
		STORE_TEST(what_should_have_ended_is_told),
		STORE_TEST(addresses_and_users_that_are_there_twice_are_found),
		STORE_TEST(a_binding_whose_address_is_there_twice_is_found),
		STORE_TEST(orphans_are_found),
		STORE_TEST(a_static_address_in_anothers_session_is_found),
		STORE_TEST(MB33_a_name_that_nobody_would_remove_is_found),
		STORE_TEST(keys_that_changed_places_do_not_open),
		STORE_TEST(associations_that_changed_places_do_not_open),
		STORE_TEST(every_broken_seal_is_named),
		STORE_TEST(damage_of_the_file_is_found),
	};

	return RUN_TESTS(tests, 1);
}
