/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record: the structs of store.h as rows, described once.
 *
 * A table here says which field of which struct stands in which column; binding, reading, copying
 * and the statements' texts all follow from it. The first `keys` fields are the key. Columns are
 * named as fields; a prefix takes a second column, NAME_length, and is NULL when it is none. A
 * secret is sealed on its way in and opened on its way out (seal.h). Between a record and an engine
 * stands a row of values, which knows neither.
 */
#ifndef STORE_RECORD_H
#define STORE_RECORD_H

#include "base/text.h"
#include "base/writer.h"
#include "store/seal.h"
#include "store/store.h"

enum store_table_name {
	STORE_SUBSCRIBER, /* in the order of enum store_change_kind */
	STORE_SESSION,
	STORE_ACCESS,
	STORE_BINDING,
	STORE_ATTACHMENT,
	STORE_ACCOUNTING,
	STORE_ACCOUNT,
	STORE_OWED,
	STORE_AGENT,
	STORE_NAME,
	STORE_PART, /* the table `association`, rows of a binding */
	STORE_TABLES,
};

enum store_field_kind {
	STORE_FIELD_OCTETS, /* struct dm_bytes */
	STORE_FIELD_FLAG,   /* bool */
	STORE_FIELD_U8,
	STORE_FIELD_U32,
	STORE_FIELD_U64,     /* and int64_t: the same bits */
	STORE_FIELD_VERSION, /* a U64 that grows by one when the row is replaced */
	STORE_FIELD_PREFIX,
	STORE_FIELD_SECRET,
};

struct store_field {
	const char *name;
	enum store_field_kind kind;
	uint16_t offset;
	uint16_t flag; /* PREFIX: offset of the bool that says whether it is there; 0: none */
};

struct store_table {
	const char *name;
	const struct store_field *fields;
	size_t size; /* of the struct */
	uint8_t count;
	uint8_t keys;
	bool once;  /* a row is never changed: a second one is passed over */
	bool up_to; /* a deletion takes all rows up to the first key */
};

/* A row of `association`: one association of a binding, with its key. */
struct store_part {
	struct dm_bytes session_id;
	uint8_t place;
	struct store_association association;
};

/* What is largest of all records, for reading any of them. */
union store_record {
	struct store_subscriber subscriber;
	struct store_session session;
	struct store_access access;
	struct store_binding binding;
	struct store_attachment attachment;
	struct store_accounting accounting;
	struct store_account account;
	struct store_owed owed;
	struct store_agent agent;
	struct store_name name;
	struct store_part part;
};

extern const struct store_table store_tables[STORE_TABLES];

/* What sealing needs; `place` is scratch. */
struct store_sealer {
	struct store_seal *seal; /* borrowed */
	struct dm_writer place;
};

/* The names of all columns, with ',' between. */
void store_sql_columns(const struct store_table *table, struct dm_text *out);

/* Columns of a row: a prefix has two. */
size_t store_table_columns(const struct store_table *table);

/*
 * Statements with the parameters $1, $2 ..., a column each, for any engine. INSERT or update;
 * INSERT where no row of that key is; UPDATE of the row whose version is one less; DELETE by the
 * first key field (`up_to`: all up to it); SELECT all in order, or those of one first key.
 */
void store_sql_put(const struct store_table *table, struct dm_text *out);
void store_sql_make(const struct store_table *table, struct dm_text *out);
void store_sql_replace(const struct store_table *table, struct dm_text *out);
/* The same for a row whose columns of unique indexes stay as they are (else nothing is changed), so
 * that SQLite leaves those indexes alone; in SQLite's dialect. */
void store_sql_replace_rest(const struct store_table *table, struct dm_text *out);
void store_sql_delete(const struct store_table *table, struct dm_text *out);
void store_sql_delete_version(const struct store_table *table, struct dm_text *out); /* $2 */
void store_sql_select(const struct store_table *table, bool of_one, struct dm_text *out);

/*
 * The statements of a fetch, one for the subscriber, the session and its access sessions, each with
 * at most two parameters: $1 the key, $2 the other key.
 */
void store_sql_fetch(enum store_fetch_kind kind, enum store_table_name name, struct dm_text *out);

#define STORE_COLUMNS 32 /* of the widest table */

/* A value of a column; octets are borrowed. */
struct store_value {
	enum { STORE_NULL, STORE_NUMBER, STORE_OCTETS } kind;
	int64_t number;
	struct dm_bytes octets;
};

/* No table has more than one secret. */
struct store_row {
	size_t count;
	struct store_value values[STORE_COLUMNS];
	uint8_t sealed[DM_SECRET_ROOM + STORE_SEAL_OVERHEAD];
};

/* All columns; octets are borrowed from the record. -EIO: a secret could not be sealed. */
int store_row_of(const struct store_table *table, const void *record, struct store_row *row,
                 struct store_sealer *sealer);
/* The first key alone. */
void store_row_of_key(const struct store_table *table, const void *record, struct store_row *row);

/* Octets are borrowed from the row's. -EBADMSG: a broken seal; the other fields are read all the
 * same. */
int store_row_read(const struct store_table *table, const struct store_row *row, void *record,
                   struct store_sealer *sealer);

/* The table that a change is about, and whether it deletes. */
enum store_table_name store_change_table(enum store_change_kind kind);
bool store_change_deletes(enum store_change_kind kind);

/* What a change makes of the version that its writer knows. */
uint64_t store_next_version(const struct store_session *session);

/* Octets outside of the struct that a change's record refers to. */
size_t store_change_octets(enum store_change_kind kind, const void *record);
/* Moves them to `at`, which has room for that many; returns what is behind them. */
uint8_t *store_change_move(enum store_change_kind kind, void *record, uint8_t *at);

#endif
