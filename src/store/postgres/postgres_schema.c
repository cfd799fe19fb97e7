/* SPDX-License-Identifier: Apache-2.0 */
/*
 * postgres_schema: the tables of schema.c in PostgreSQL's words, and the check of the key.
 *
 * The steps are written once, in SQLite's dialect; a few words make them portable SQL. The version
 * is a row of the table `homeward`, whose lock makes servers that start together upgrade one after
 * the other.
 */
#include "postgres.h"
#include "store/schema.h"

#include <errno.h>
#include <stdlib.h>

#define TRIES     5
#define STEP_ROOM 16384

static const struct dm_bytes check_place = DM_BYTES_LITERAL("seal_check");
static const struct dm_bytes check_value = DM_BYTES_LITERAL("Homeward");

static const char *const words[][2] = {
	{ ") STRICT, WITHOUT ROWID", ")" }, { ") STRICT", ")" }, { " BLOB", " BYTEA" },
	{ " INTEGER", " BIGINT" },          { "x'", "'\\x" },
};

static int refuse(const struct store_postgres *postgres, int error, struct dm_text *why)
{
	dm_text_add(why, "%s", postgres->reader.trouble);
	return error == -ENOTCONN ? -EAGAIN : error;
}

static int run_step(struct store_link *link, const char *step)
{
	char *sql = calloc(1, STEP_ROOM);
	bool fits = sql && strlen(step) < STEP_ROOM;
	int error;

	if (fits)
		memcpy(sql, step, strlen(step));
	for (size_t i = 0; i < sizeof(words) / sizeof(*words) && fits; i++)
		fits = store_replace_words(sql, STEP_ROOM, words[i][0], words[i][1]);
	error = fits ? store_link_script(link, sql) : -ENOMEM;
	free(sql);
	return error;
}

/* The number of a statement's first column; -ENOENT: no row. */
static int number_of(struct store_link *link, const char *sql, int64_t *number)
{
	struct store_row row;
	PGresult *result;
	int error = store_link_run(link, sql, NULL, &result);

	if (error)
		return error;
	if (PQntuples(result) == 0) {
		error = -ENOENT;
	} else {
		store_result_row(result, 0, &row);
		*number = row.values[0].number;
	}
	PQclear(result);
	return error;
}

/* Under the lock of the version's row. */
static int run_steps(struct store_link *link)
{
	const struct store_schema *schema = &store_schema_of_today;
	struct store_row row = { .count = 1 };
	int64_t version = 0;
	int error = number_of(link, "SELECT version FROM homeward WHERE id=1 FOR UPDATE", &version);

	for (int64_t i = version; i < schema->version && !error; i++)
		error = run_step(link, schema->steps[i]);
	if (error || version >= schema->version)
		return error;
	row.values[0] = (struct store_value){ .kind = STORE_NUMBER, .number = schema->version };
	return store_link_run(link, "UPDATE homeward SET version=$1 WHERE id=1", &row, NULL);
}

static int upgrade(struct store_link *link)
{
	int error = store_link_script(link, "BEGIN");

	if (!error)
		error = store_link_script(link, "CREATE TABLE IF NOT EXISTS homeward"
		                                "(id BIGINT PRIMARY KEY,version BIGINT NOT NULL)");
	if (!error)
		error = store_link_script(link, "INSERT INTO homeward(id,version)VALUES(1,0)"
		                                "ON CONFLICT(id)DO NOTHING");
	if (!error)
		error = run_steps(link);
	if (!error)
		return store_link_script(link, "COMMIT");
	if (error != -ENOTCONN)
		PQclear(PQexec(link->handle, "ROLLBACK"));
	return error;
}

/* 0: nothing is there yet. */
static int version_of(struct store_link *link, int64_t *version)
{
	int64_t tables = 0;
	int error = number_of(link,
	                      "SELECT count(*) FROM information_schema.tables WHERE "
	                      "table_name='homeward' AND table_schema=current_schema()",
	                      &tables);

	*version = 0;
	if (error || !tables)
		return error;
	error = number_of(link, "SELECT version FROM homeward WHERE id=1", version);
	return error == -ENOENT ? 0 : error;
}

static int judge_version(int64_t version, bool read_only, struct dm_text *why)
{
	int today = store_schema_of_today.version;

	if (version > today)
		dm_text_add(why,
		            "the shared store has version %d, newer than this program's %d; use a "
		            "newer program",
		            (int)version, today);
	else if (version < today && read_only)
		dm_text_add(why,
		            "the shared store has version %d, older than this program's %d; start "
		            "homewardd once",
		            (int)version, today);
	else
		return 0;
	return -EINVAL;
}

int store_postgres_schema(struct store_postgres *postgres, bool read_only, struct dm_text *why)
{
	struct store_link *link = &postgres->reader;
	int64_t version = 0;
	int error = version_of(link, &version);

	if (error)
		return refuse(postgres, error, why);
	error = judge_version(version, read_only, why);
	if (error || version == store_schema_of_today.version)
		return error;
	/* Two that make the same table at once: one of them fails, and finds it made. */
	for (int tries = 0; tries < TRIES; tries++) {
		error = upgrade(link);
		if (error != -EEXIST && !store_is_passing(error))
			break;
	}
	return error ? refuse(postgres, error, why) : 0;
}

/* ---- the key ---- */

int store_postgres_is_sealed(struct store_postgres *postgres, struct dm_text *why)
{
	int64_t sealed = 0;
	int error = number_of(&postgres->reader, "SELECT count(*) FROM seal_check", &sealed);

	return error ? refuse(postgres, error, why) : sealed != 0;
}

static int write_check(struct store_postgres *postgres)
{
	uint8_t sealed[DM_SECRET_ROOM + STORE_SEAL_OVERHEAD];
	struct store_row row = { .count = 1 };

	if (store_seal_close(postgres->reader_sealer.seal, check_place, check_value, sealed))
		return -EIO;
	row.values[0] = (struct store_value){
		.kind = STORE_OCTETS,
		.octets = dm_bytes_of(sealed, check_value.size + STORE_SEAL_OVERHEAD),
	};
	return store_link_run(&postgres->reader,
	                      "INSERT INTO seal_check(id,sealed)VALUES(1,$1)"
	                      "ON CONFLICT(id)DO NOTHING",
	                      &row, NULL);
}

/* -ENOENT: none there yet; -EBADMSG: of another key. */
static int read_check(struct store_postgres *postgres)
{
	struct dm_secret value;
	struct store_row row;
	PGresult *result;
	int error = store_link_run(&postgres->reader, "SELECT sealed FROM seal_check WHERE id=1",
	                           NULL, &result);

	if (error)
		return error;
	if (PQntuples(result) == 0) {
		error = -ENOENT;
	} else {
		store_result_row(result, 0, &row);
		error = store_seal_open(postgres->reader_sealer.seal, check_place,
		                        row.values[0].octets, &value);
	}
	PQclear(result);
	return error;
}

int store_postgres_check_key(struct store_postgres *postgres, const char *key_path, bool read_only,
                             struct dm_text *why)
{
	int error = read_check(postgres);

	if (error == -ENOENT && !read_only)
		error = write_check(postgres);
	if (error == 0)
		error = read_check(postgres); /* another server may have been first */
	if (error == 0 || (error == -ENOENT && read_only))
		return 0;
	if (error != -EBADMSG)
		return refuse(postgres, error, why);
	dm_text_add(
		why,
		"%s is not the key that the values in the shared store were sealed with; all its "
		"servers need the same file: copy it from another",
		key_path);
	return error;
}
