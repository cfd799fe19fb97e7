/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store/fixture.h"

#include "base/text.h"
#include "store/postgres/postgres_link.h"

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

bool on_postgres(void)
{
	const char *engine = getenv("HOMEWARD_ENGINE");

	return engine && strcmp(engine, "postgres") == 0;
}

static struct cluster the_cluster;

struct cluster *shared_cluster(void)
{
	if (!the_cluster.directory[0]) {
		cluster_make(&the_cluster, NULL);
		cluster_start(&the_cluster);
	}
	return &the_cluster;
}

static int remove_cluster(void **state)
{
	(void)state;
	cluster_remove(&the_cluster);
	return 0;
}

int run_for_engine(const struct CMUnitTest *tests, size_t count, size_t of_sqlite)
{
	return _cmocka_run_group_tests("tests", tests, on_postgres() ? count - of_sqlite : count,
	                               NULL, remove_cluster);
}

/* A schema's name is the directory's, without what a name cannot have. */
static const char *schema_of(const char *directory)
{
	static char name[64];
	const char *last = strrchr(directory, '-');

	snprintf(name, sizeof(name), "test_%s", last ? last + 1 : "");
	for (char *at = name; *at; at++)
		*at = *at == '/' || *at == '.' ? '_' : *at;
	return name;
}

const char *url_of(const char *directory)
{
	static char urls[4][256];
	static unsigned next;
	char *url = urls[next++ % 4];

	if (!on_postgres())
		return NULL;
	snprintf(url, sizeof(urls[0]),
	         "host=%s user=homeward dbname=postgres options='-c search_path=\"%s\"'",
	         shared_cluster()->directory, schema_of(directory));
	return url;
}

static void make_schema(const char *directory)
{
	char sql[128];

	snprintf(sql, sizeof(sql), "CREATE SCHEMA \"%s\"", schema_of(directory));
	cluster_run(shared_cluster(), sql);
}

int make_directory(void **state)
{
	char name[] = "/tmp/homeward-store-XXXXXX";

	if (!mkdtemp(name))
		return -1;
	if (on_postgres())
		make_schema(name);
	*state = strdup(name);
	return *state ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
	(void)status;
	(void)type;
	(void)place;
	return remove(path);
}

int remove_directory(void **state)
{
	int error = nftw(*state, remove_one, 8, FTW_DEPTH | FTW_PHYS);

	free(*state);
	return error;
}

const char *file_in(const char *directory, const char *file)
{
	static char names[16][PATH_MAX];
	static unsigned next;
	char *name = names[next++ % 16];

	snprintf(name, PATH_MAX, "%s/%s", directory, file);
	return name;
}

struct store *open_with(struct store_options options)
{
	struct store *store;
	char why[512];

	options.url = url_of(options.directory);
	if (options.url && !options.server)
		options.server = "aaa.home.example";
	if (store_open(&options, &store, why, sizeof(why)))
		fail_msg("%s", why);
	assert_string_equal(why, "");
	return store;
}

struct store *open_store(const char *directory)
{
	return open_with((struct store_options){ .directory = directory });
}

int open_error(const struct store_options *options, const char **why)
{
	static char sentence[1024];
	struct store *store;
	int error = store_open(options, &store, sentence, sizeof(sentence));

	*why = sentence;
	if (!error)
		store_close(store);
	else
		assert_null(store);
	return error;
}

struct raw open_raw(const char *directory)
{
	struct raw raw = { 0 };

	if (on_postgres()) {
		raw.postgres = PQconnectdb(url_of(directory));
		assert_int_equal(PQstatus(raw.postgres), CONNECTION_OK);
	} else {
		assert_int_equal(sqlite3_open(file_in(directory, "store.db"), &raw.sqlite),
		                 SQLITE_OK);
	}
	return raw;
}

void close_raw(struct raw raw)
{
	sqlite3_close(raw.sqlite);
	PQfinish(raw.postgres);
}

/* Octets are written as SQLite has them. */
static PGresult *run_postgres(struct raw raw, const char *sql)
{
	char text[2048];
	PGresult *result;

	snprintf(text, sizeof(text), "%s", sql);
	assert_true(store_replace_words(text, sizeof(text), "=x'", "='\\x"));
	result = PQexec(raw.postgres, text);

	if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK)
		fail_msg("%s: %s", sql, PQerrorMessage(raw.postgres));
	return result;
}

void run_raw(struct raw raw, const char *sql)
{
	char *message = NULL;

	if (raw.postgres)
		PQclear(run_postgres(raw, sql));
	else if (sqlite3_exec(raw.sqlite, sql, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s: %s", sql, message);
}

void lock_raw(struct raw raw)
{
	run_raw(raw,
	        raw.postgres ? "BEGIN; LOCK TABLE server IN EXCLUSIVE MODE" : "BEGIN IMMEDIATE");
}

static int64_t number_postgres(struct raw raw, const char *sql)
{
	PGresult *result = run_postgres(raw, sql);
	int64_t number = strtoll(PQgetvalue(result, 0, 0), NULL, 10);

	PQclear(result);
	return number;
}

int64_t number_raw(struct raw raw, const char *sql)
{
	sqlite3_stmt *statement;
	int64_t number;

	if (raw.postgres)
		return number_postgres(raw, sql);
	assert_int_equal(sqlite3_prepare_v2(raw.sqlite, sql, -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	number = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return number;
}

struct store_completion wait_completion(struct store *store)
{
	struct pollfd wait = { .fd = store_notify_fd(store), .events = POLLIN };
	struct store_completion completion;

	while (!store_completed(store, &completion))
		assert_int_equal(poll(&wait, 1, 20000), 1);
	return completion;
}

int commit(struct store *store, const struct store_change *changes, size_t count)
{
	static uint64_t tag = 1000;
	struct store_completion completion;

	assert_int_equal(store_submit(store, changes, count, ++tag), 0);
	completion = wait_completion(store);
	assert_int_equal(completion.tag, tag);
	return completion.error;
}

struct store_prefix address_of(uint64_t number)
{
	struct store_prefix prefix = { .address = { 0x20, 0x01, 0x0d, 0xb8 }, .length = 128 };

	for (size_t i = 0; i < 8; i++)
		prefix.address[15 - i] = (uint8_t)(number >> 8 * i);
	return prefix;
}

struct store_change put_subscriber(const char *user_name)
{
	struct store_change change = { .kind = STORE_PUT_SUBSCRIBER };
	struct store_subscriber *subscriber = &change.subscriber;

	subscriber->user_name = dm_bytes_text(user_name);
	subscriber->enabled = true;
	subscriber->mobility = true;
	subscriber->home_agent = DM_BYTES_LITERAL("ha1.home.example,ha2.home.example");
	subscriber->sa_protocols = 1 << 1 | 1 << 3;
	dm_secret_set(&subscriber->root_key, DM_BYTES_LITERAL("0123456789abcdef"));
	return change;
}

struct store_change put_session(uint64_t id, const char *user_name, uint64_t address)
{
	struct store_change change = { .kind = STORE_PUT_SESSION };

	change.session = (struct store_session){
		.id = id,
		.user_name = dm_bytes_text(user_name),
		.home_agent = DM_BYTES_LITERAL("ha1.home.example"),
		.home_agent_realm = DM_BYTES_LITERAL("home.example"),
		.home_agent_session = DM_BYTES_LITERAL("aaa.home.example;1;2"),
		.acct_multi_session_id = DM_BYTES_LITERAL("multi"),
		.feature_vector = 1,
		.key_epoch = 1,
		.created = 1700000000,
		.version = STORE_ANY_VERSION,
	};
	if (address)
		change.session.home_address = address_of(address);
	return change;
}

struct store_change put_access(const char *session_id, uint64_t session)
{
	struct store_change change = { .kind = STORE_PUT_ACCESS };

	change.access = (struct store_access){
		.session_id = dm_bytes_text(session_id),
		.session = session,
		.origin_host = DM_BYTES_LITERAL("nas1.visited.example"),
		.origin_realm = DM_BYTES_LITERAL("visited.example"),
		.nas_identifier = DM_BYTES_LITERAL("nas1"),
		.origin_state_id = 7,
		.application_id = 33554438,
		.opened = 1700000000,
	};
	return change;
}

struct store_change put_binding(const char *session_id, uint64_t address)
{
	struct store_change change = { .kind = STORE_PUT_BINDING };
	struct store_binding *binding = &change.binding;

	binding->session_id = dm_bytes_text(session_id);
	binding->user_name = DM_BYTES_LITERAL("alice@home.example");
	binding->server_host = DM_BYTES_LITERAL("aaa.home.example");
	binding->server_realm = DM_BYTES_LITERAL("home.example");
	binding->acct_multi_session_id = DM_BYTES_LITERAL("multi");
	if (address)
		binding->home_address = address_of(address);
	binding->asked = true;
	binding->service_selection = DM_BYTES_LITERAL("ims");
	binding->renew = 1700000100;
	binding->authorized = 1700000200;
	binding->association_count = 2;
	for (uint8_t i = 0; i < 2; i++) {
		struct store_association *one = &binding->associations[i];

		one->sa_protocol = (uint8_t)(i + 1);
		one->key_epoch = 5;
		one->spi = 0xfffffff0u + i;
		one->algorithm_type = 2;
		one->replay_mode = 3;
		one->key_name = i ? DM_BYTES_LITERAL("d733d7bc744b9eb2") : (struct dm_bytes){ 0 };
		one->key_expires = 1800000000 + i;
		dm_secret_set(&one->key, i ? DM_BYTES_LITERAL("the second key")
		                           : DM_BYTES_LITERAL("the first key, which is longer"));
	}
	return change;
}

struct store_change put_name(uint64_t id, uint64_t session, uint8_t state)
{
	struct store_change change = { .kind = STORE_PUT_NAME };

	change.name = (struct store_name){
		.id = id,
		.user_name = DM_BYTES_LITERAL("alice"),
		.fqdn = DM_BYTES_LITERAL("alice.mobile.example"),
		.home_address = address_of(7),
		.session = session,
		.state = state,
		.since = 1700000000,
	};
	return change;
}

struct store_change put_attachment(const char *session_id)
{
	struct store_change change = { .kind = STORE_PUT_ATTACHMENT };

	change.attachment = (struct store_attachment){
		.session_id = dm_bytes_text(session_id),
		.user_name = DM_BYTES_LITERAL("alice@home.example"),
		.interface = DM_BYTES_LITERAL("eth0"),
		.server_host = DM_BYTES_LITERAL("aaa.home.example"),
		.server_realm = DM_BYTES_LITERAL("home.example"),
		.answer = dm_bytes_of("\x01\x00\x00\x14\x00", 5),
		.request = dm_bytes_of("\x01\x00\x00\x18\xc0", 5),
		.opened = 1700000000,
		.granted = 1700000060,
		.expires = 1700003600,
	};
	return change;
}

static int add_session(const struct store_session *session, void *context)
{
	(void)session;
	++*(size_t *)context;
	return 0;
}

size_t count_sessions(struct store *store)
{
	size_t count = 0;

	assert_int_equal(store_each_session(store, add_session, &count), 0);
	return count;
}

static int add_access(const struct store_access *access, void *context)
{
	(void)access;
	++*(size_t *)context;
	return 0;
}

size_t count_access(struct store *store)
{
	size_t count = 0;

	assert_int_equal(store_each_access(store, add_access, &count), 0);
	return count;
}

static void add_sentence(const char *sentence, void *context)
{
	dm_text_add(context, "%s\n", sentence);
}

int audit(struct store *store, char *out, size_t room)
{
	struct dm_text text;

	dm_text_init(&text, out, room);
	return store_check(store, add_sentence, &text);
}

void assert_sound(struct store *store)
{
	char sentences[2048];

	if (audit(store, sentences, sizeof(sentences)))
		fail_msg("%s", sentences);
}
