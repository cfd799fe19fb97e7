/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fixture: a store of its own for each test, and records to put into it. With
 * HOMEWARD_ENGINE=postgres in the environment it is a schema of its own in a cluster of the
 * program's own; else SQLite.
 */
#ifndef TESTS_UNIT_STORE_FIXTURE_H
#define TESTS_UNIT_STORE_FIXTURE_H

#include "tests/unit/base/check.h"

#include "store/store.h"

#include "tests/unit/store/cluster.h"

#include <libpq-fe.h>
#include <sqlite3.h>

bool on_postgres(void);
/* The cluster that the tests of this program share; made when it is asked for first. */
struct cluster *shared_cluster(void);
/* Runs tests, of which the last `of_sqlite` are for SQLite alone; then the cluster goes. */
int run_for_engine(const struct CMUnitTest *tests, size_t count, size_t of_sqlite);
#define RUN_TESTS(tests, of_sqlite) \
	run_for_engine(tests, sizeof(tests) / sizeof(*(tests)), of_sqlite)

/* The connection string of a test's database; NULL: SQLite. In one of four static buffers. */
const char *url_of(const char *directory);

/* cmocka's setup and teardown: *state is the directory's name. */
int make_directory(void **state);
int remove_directory(void **state);

/* `directory`/`file` in one of sixteen static buffers. */
const char *file_in(const char *directory, const char *file);

struct store *open_store(const char *directory);
/* The same with options; the url is filled in. Fails when it cannot be opened. */
struct store *open_with(struct store_options options);
/* The error, and its sentence in `why` (valid until the next call). */
int open_error(const struct store_options *options, const char **why);

/* A stranger's connection to the database, which knows none of our rules. */
struct raw {
	sqlite3 *sqlite; /* or */
	PGconn *postgres;
};

struct raw open_raw(const char *directory);
void close_raw(struct raw raw);
void run_raw(struct raw raw, const char *sql);
int64_t number_raw(struct raw raw, const char *sql);
/* Until the end of its transaction nobody else writes. */
void lock_raw(struct raw raw);

/* Submits, waits, and gives the error of the completion. */
int commit(struct store *store, const struct store_change *changes, size_t count);
/* The next completion, waited for on the notification's file descriptor. */
struct store_completion wait_completion(struct store *store);

struct store_prefix address_of(uint64_t number);
struct store_change put_subscriber(const char *user_name);
struct store_change put_session(uint64_t id, const char *user_name, uint64_t address);
struct store_change put_access(const char *session_id, uint64_t session);
struct store_change put_binding(const char *session_id, uint64_t address);
struct store_change put_attachment(const char *session_id);
struct store_change put_name(uint64_t id, uint64_t session, uint8_t state);

size_t count_sessions(struct store *store);
size_t count_access(struct store *store);

/* The number of findings; the sentences, a line each, are in `out`. */
int audit(struct store *store, char *out, size_t room);
/* Fails with the sentences when there is a finding. */
void assert_sound(struct store *store);

#endif
