/* SPDX-License-Identifier: Apache-2.0 */
#include "store/schema.h"

#include <errno.h>

/*
 * Identities are BLOB: octets as they came, compared as octets. An address is NULL when there is
 * none, so that UNIQUE means one owner per address. Tables whose key is an identity have no rowid:
 * one tree instead of two for each.
 */
static const char version_1[] =
	"CREATE TABLE seal_check (id INTEGER PRIMARY KEY CHECK (id = 1), sealed BLOB NOT NULL)"
	" STRICT;"

	"CREATE TABLE counter (name TEXT NOT NULL PRIMARY KEY, value INTEGER NOT NULL)"
	" STRICT, WITHOUT ROWID;"

	"CREATE TABLE subscriber ("
	" user_name BLOB NOT NULL PRIMARY KEY,"
	" enabled INTEGER NOT NULL,"
	" mobility INTEGER NOT NULL,"
	" local_home_agent INTEGER NOT NULL,"
	" home_address BLOB UNIQUE CHECK (length(home_address) = 16),"
	" home_address_length INTEGER NOT NULL CHECK (home_address_length <= 128),"
	" home_prefix BLOB CHECK (length(home_prefix) = 16),"
	" home_prefix_length INTEGER NOT NULL CHECK (home_prefix_length <= 128),"
	" home_agent BLOB NOT NULL,"
	" fqdn BLOB NOT NULL,"
	" sa_protocols INTEGER NOT NULL,"
	" authorization_lifetime INTEGER NOT NULL,"
	" session_timeout INTEGER NOT NULL,"
	" root_key BLOB"
	") STRICT, WITHOUT ROWID;"

	"CREATE TABLE session ("
	" id INTEGER PRIMARY KEY,"
	" user_name BLOB NOT NULL,"
	" service_selection BLOB NOT NULL,"
	" home_agent BLOB NOT NULL,"
	" home_agent_realm BLOB NOT NULL,"
	" home_agent_fqdn BLOB NOT NULL,"
	" home_agent_address BLOB CHECK (length(home_agent_address) = 16),"
	" home_agent_address_length INTEGER NOT NULL CHECK (home_agent_address_length <= 128),"
	" home_agent_session BLOB NOT NULL,"
	" acct_multi_session_id BLOB NOT NULL,"
	" fqdn BLOB NOT NULL,"
	" home_address BLOB UNIQUE CHECK (length(home_address) = 16),"
	" home_address_length INTEGER NOT NULL CHECK (home_address_length <= 128),"
	" home_prefix BLOB CHECK (length(home_prefix) = 16),"
	" home_prefix_length INTEGER NOT NULL CHECK (home_prefix_length <= 128),"
	" feature_vector INTEGER NOT NULL,"
	" key_epoch INTEGER NOT NULL,"
	" sa_protocols INTEGER NOT NULL,"
	" state INTEGER NOT NULL,"
	" created INTEGER NOT NULL,"
	" linger_until INTEGER NOT NULL,"
	" key_expires INTEGER NOT NULL"
	") STRICT;"
	"CREATE UNIQUE INDEX session_live ON session (user_name, service_selection)"
	" WHERE state < 3;"

	"CREATE TABLE access ("
	" session_id BLOB NOT NULL PRIMARY KEY,"
	" session INTEGER NOT NULL REFERENCES session (id) ON DELETE CASCADE,"
	" origin_host BLOB NOT NULL,"
	" origin_realm BLOB NOT NULL,"
	" nas_identifier BLOB NOT NULL,"
	" origin_state_id INTEGER NOT NULL,"
	" application_id INTEGER NOT NULL,"
	" opened INTEGER NOT NULL,"
	" expires INTEGER NOT NULL"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX access_of_session ON access (session);"

	"CREATE TABLE binding ("
	" session_id BLOB NOT NULL PRIMARY KEY,"
	" user_name BLOB NOT NULL,"
	" server_host BLOB NOT NULL,"
	" server_realm BLOB NOT NULL,"
	" acct_multi_session_id BLOB NOT NULL,"
	" home_address BLOB UNIQUE CHECK (length(home_address) = 16),"
	" home_address_length INTEGER NOT NULL CHECK (home_address_length <= 128),"
	" home_prefix BLOB CHECK (length(home_prefix) = 16),"
	" home_prefix_length INTEGER NOT NULL CHECK (home_prefix_length <= 128)"
	") STRICT, WITHOUT ROWID;"

	"CREATE TABLE association ("
	" session_id BLOB NOT NULL REFERENCES binding (session_id) ON DELETE CASCADE,"
	" place INTEGER NOT NULL,"
	" sa_protocol INTEGER NOT NULL,"
	" key_epoch INTEGER NOT NULL,"
	" spi INTEGER NOT NULL,"
	" algorithm_type INTEGER NOT NULL,"
	" replay_mode INTEGER NOT NULL,"
	" key_name BLOB NOT NULL,"
	" key BLOB,"
	" key_expires INTEGER NOT NULL,"
	" PRIMARY KEY (session_id, place)"
	") STRICT, WITHOUT ROWID;"

	"CREATE TABLE attachment ("
	" session_id BLOB NOT NULL PRIMARY KEY,"
	" user_name BLOB NOT NULL,"
	" interface BLOB NOT NULL,"
	" server_host BLOB NOT NULL,"
	" server_realm BLOB NOT NULL,"
	" answer BLOB NOT NULL,"
	" opened INTEGER NOT NULL,"
	" expires INTEGER NOT NULL"
	") STRICT, WITHOUT ROWID;";

/* A NAS re-authorizes by itself: what it asked, and since when it has the answer. */
static const char version_2[] =
	"ALTER TABLE attachment ADD COLUMN request BLOB NOT NULL DEFAULT x'';"
	"ALTER TABLE attachment ADD COLUMN granted INTEGER NOT NULL DEFAULT 0;";

/*
 * Accounting: what a server received, what a client counts, what it owes. A record is one by
 * Session-Id and number (RFC 6733 9.4); hours are for reading in order and for keeping.
 */
static const char version_3[] =
	"CREATE TABLE accounting ("
	" hour INTEGER NOT NULL,"
	" session_id BLOB NOT NULL,"
	" record_number INTEGER NOT NULL,"
	" record_type INTEGER NOT NULL,"
	" accounted INTEGER NOT NULL,"
	" received INTEGER NOT NULL,"
	" event_time INTEGER NOT NULL,"
	" origin_host BLOB NOT NULL,"
	" origin_realm BLOB NOT NULL,"
	" user_name BLOB NOT NULL,"
	" acct_multi_session_id BLOB NOT NULL,"
	" has_sub_session INTEGER NOT NULL,"
	" sub_session INTEGER NOT NULL,"
	" interim_interval INTEGER NOT NULL,"
	" home_address BLOB CHECK (length(home_address) = 16),"
	" home_address_length INTEGER NOT NULL CHECK (home_address_length <= 128),"
	" told INTEGER NOT NULL,"
	" session_time INTEGER NOT NULL,"
	" input_octets INTEGER NOT NULL,"
	" output_octets INTEGER NOT NULL,"
	" input_packets INTEGER NOT NULL,"
	" output_packets INTEGER NOT NULL,"
	" PRIMARY KEY (session_id, record_number)"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX accounting_by_hour ON accounting (hour, session_id, record_number);"

	"CREATE TABLE account ("
	" session_id BLOB NOT NULL PRIMARY KEY,"
	" owner INTEGER NOT NULL,"
	" user_name BLOB NOT NULL,"
	" acct_multi_session_id BLOB NOT NULL,"
	" server_host BLOB NOT NULL,"
	" server_realm BLOB NOT NULL,"
	" home_address BLOB CHECK (length(home_address) = 16),"
	" home_address_length INTEGER NOT NULL CHECK (home_address_length <= 128),"
	" started INTEGER NOT NULL,"
	" next_number INTEGER NOT NULL,"
	" interim_interval INTEGER NOT NULL,"
	" realtime INTEGER NOT NULL,"
	" told INTEGER NOT NULL,"
	" session_time INTEGER NOT NULL,"
	" input_octets INTEGER NOT NULL,"
	" output_octets INTEGER NOT NULL,"
	" input_packets INTEGER NOT NULL,"
	" output_packets INTEGER NOT NULL"
	") STRICT, WITHOUT ROWID;"

	"CREATE TABLE owed ("
	" id INTEGER PRIMARY KEY,"
	" record_type INTEGER NOT NULL,"
	" record_number INTEGER NOT NULL,"
	" event_time INTEGER NOT NULL,"
	" session_id BLOB NOT NULL,"
	" owner INTEGER NOT NULL,"
	" user_name BLOB NOT NULL,"
	" acct_multi_session_id BLOB NOT NULL,"
	" server_host BLOB NOT NULL,"
	" server_realm BLOB NOT NULL,"
	" home_address BLOB CHECK (length(home_address) = 16),"
	" home_address_length INTEGER NOT NULL CHECK (home_address_length <= 128),"
	" started INTEGER NOT NULL,"
	" next_number INTEGER NOT NULL,"
	" interim_interval INTEGER NOT NULL,"
	" realtime INTEGER NOT NULL,"
	" told INTEGER NOT NULL,"
	" session_time INTEGER NOT NULL,"
	" input_octets INTEGER NOT NULL,"
	" output_octets INTEGER NOT NULL,"
	" input_packets INTEGER NOT NULL,"
	" output_packets INTEGER NOT NULL"
	") STRICT;";

/* What operators say of home agents; a key lifetime of the subscriber's own. */
static const char version_4[] =
	"CREATE TABLE agent ("
	" host BLOB NOT NULL PRIMARY KEY,"
	" has_state INTEGER NOT NULL,"
	" state INTEGER NOT NULL,"
	" has_weight INTEGER NOT NULL,"
	" weight INTEGER NOT NULL,"
	" has_capacity INTEGER NOT NULL,"
	" capacity INTEGER NOT NULL"
	") STRICT, WITHOUT ROWID;"
	"ALTER TABLE subscriber ADD COLUMN key_lifetime INTEGER NOT NULL DEFAULT 0;";

/*
 * Several servers on one store: who wrote a session last, and which of its states it was; who is
 * alive; which blocks of which pool are whose.
 */
static const char version_5[] = "ALTER TABLE session ADD COLUMN version INTEGER NOT NULL DEFAULT 1;"
				"ALTER TABLE session ADD COLUMN keeper BLOB NOT NULL DEFAULT x'';"
				"CREATE INDEX session_of_agent ON session (home_agent_session);"
				"CREATE INDEX session_of_keeper ON session (keeper);"

				"CREATE TABLE server ("
				" name BLOB NOT NULL PRIMARY KEY,"
				" incarnation INTEGER NOT NULL,"
				" last_group INTEGER NOT NULL,"
				" seen INTEGER NOT NULL,"
				" until INTEGER NOT NULL"
				") STRICT, WITHOUT ROWID;"

				"CREATE TABLE pool_block ("
				" pool BLOB NOT NULL,"
				" block INTEGER NOT NULL,"
				" keeper BLOB NOT NULL,"
				" PRIMARY KEY (pool, block)"
				") STRICT, WITHOUT ROWID;";

static const char version_6[] =
	"CREATE TABLE dns_name ("
	" id INTEGER PRIMARY KEY,"
	" user_name BLOB NOT NULL,"
	" fqdn BLOB NOT NULL,"
	" home_address BLOB CHECK (length(home_address) = 16),"
	" home_address_length INTEGER NOT NULL CHECK (home_address_length <= 128),"
	" session INTEGER NOT NULL,"
	" state INTEGER NOT NULL,"
	" since INTEGER NOT NULL"
	") STRICT;";

/* The split scenario: a home agent asked by itself, and asks again in time. */
static const char version_7[] =
	"ALTER TABLE binding ADD COLUMN asked INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE binding ADD COLUMN service_selection BLOB NOT NULL DEFAULT x'';"
	"ALTER TABLE binding ADD COLUMN renew INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE binding ADD COLUMN authorized INTEGER NOT NULL DEFAULT 0;";

static const char version_8[] =
	"ALTER TABLE session ADD COLUMN home_agent_state_id INTEGER NOT NULL DEFAULT 0;";

/* PostgreSQL stays as it is; what becomes of SQLite is said below. */
static const char version_9[] = "SELECT 1;";

/* Random keys instead of derived ones: who gets them, and the sealed secret of his session. */
static const char version_10[] =
	"ALTER TABLE subscriber ADD COLUMN random_keys INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE session ADD COLUMN random_key BLOB;";

/* The sessions of a NAS that has restarted, whoever keeps them. */
static const char version_11[] = "CREATE INDEX access_of_client ON access (origin_host);";

/*
 * These find the sessions of a home agent, of a server and of a NAS for those who share a store,
 * and a SQLite file is never shared: each would cost a page or two for every new session.
 */
static const char not_for_sqlite[] = "DROP INDEX IF EXISTS session_of_agent;"
				     "DROP INDEX IF EXISTS session_of_keeper;"
				     "DROP INDEX IF EXISTS access_of_client;";

static const char *const steps[] = { version_1, version_2,  version_3, version_4,
	                             version_5, version_6,  version_7, version_8,
	                             version_9, version_10, version_11 };

const struct store_schema store_schema_of_today = {
	.steps = steps,
	.version = sizeof(steps) / sizeof(*steps),
};

/* The one number that `sql` gives. */
static int number(sqlite3 *handle, const char *sql, int *out)
{
	sqlite3_stmt *statement;
	int code = sqlite3_prepare_v2(handle, sql, -1, &statement, NULL);

	if (code != SQLITE_OK)
		return code;
	if (sqlite3_step(statement) == SQLITE_ROW)
		*out = sqlite3_column_int(statement, 0);
	return sqlite3_finalize(statement);
}

static int refuse(sqlite3 *handle, const char *doing, struct dm_text *why)
{
	const char *path = sqlite3_db_filename(handle, "main");
	int code = sqlite3_errcode(handle) & 0xff;

	if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT) {
		dm_text_add(why, "%s is no sound database (%s); put a copy of it back", path,
		            sqlite3_errmsg(handle));
		return -EINVAL;
	}
	dm_text_add(why, "cannot %s %s: %s", doing, path, sqlite3_errmsg(handle));
	return code == SQLITE_FULL ? -ENOSPC : code == SQLITE_BUSY ? -EBUSY : -EIO;
}

int store_schema_version(sqlite3 *handle, const struct store_schema *schema, struct dm_text *why)
{
	int application = 0, version = 0, tables = 0;

	if (number(handle, "PRAGMA application_id", &application) ||
	    number(handle, "PRAGMA user_version", &version) ||
	    number(handle, "SELECT count(*) FROM sqlite_schema", &tables))
		return refuse(handle, "read", why);
	if (!application && !version && !tables)
		return 0;
	if (application != STORE_APPLICATION_ID || version < 1) {
		dm_text_add(why, "%s is a database of another program; give another directory",
		            sqlite3_db_filename(handle, "main"));
		return -EINVAL;
	}
	if (version > schema->version) {
		dm_text_add(why,
		            "%s has version %d, newer than this program's %d; use a newer program",
		            sqlite3_db_filename(handle, "main"), version, schema->version);
		return -EINVAL;
	}
	return version;
}

static int execute(sqlite3 *handle, const char *sql)
{
	return sqlite3_exec(handle, sql, NULL, NULL, NULL);
}

static int run_steps(sqlite3 *handle, const struct store_schema *schema, int from)
{
	char mark[96];
	int code = execute(handle, "BEGIN IMMEDIATE");

	sqlite3_snprintf(sizeof(mark), mark, "PRAGMA application_id = %d; PRAGMA user_version = %d",
	                 STORE_APPLICATION_ID, schema->version);
	for (int i = from; i < schema->version && code == SQLITE_OK; i++)
		code = execute(handle, schema->steps[i]);
	if (code == SQLITE_OK)
		code = execute(handle, not_for_sqlite);
	if (code == SQLITE_OK)
		code = execute(handle, mark);
	if (code == SQLITE_OK)
		code = execute(handle, "COMMIT");
	return code;
}

int store_schema_upgrade(sqlite3 *handle, const struct store_schema *schema, int from,
                         struct dm_text *why)
{
	int error;

	if (from == schema->version || run_steps(handle, schema, from) == SQLITE_OK)
		return 0;
	error = refuse(handle, "upgrade", why);
	execute(handle, "ROLLBACK");
	return error;
}
