/* SPDX-License-Identifier: Apache-2.0 */
#include "store/record.h"

#include <assert.h>
#include <errno.h>

#define FIELD(type, kind, name)                                           \
	{                                                                 \
#name, STORE_FIELD_##kind, offsetof(struct type, name), 0 \
	}
#define OPTIONAL(type, name)                                            \
	{                                                               \
#name, STORE_FIELD_PREFIX, offsetof(struct type, name), \
			offsetof(struct type, has_##name)               \
	}

static const struct store_field subscriber[] = {
	FIELD(store_subscriber, OCTETS, user_name),
	FIELD(store_subscriber, FLAG, enabled),
	FIELD(store_subscriber, FLAG, mobility),
	FIELD(store_subscriber, FLAG, local_home_agent),
	OPTIONAL(store_subscriber, home_address),
	OPTIONAL(store_subscriber, home_prefix),
	FIELD(store_subscriber, OCTETS, home_agent),
	FIELD(store_subscriber, OCTETS, fqdn),
	FIELD(store_subscriber, U8, sa_protocols),
	FIELD(store_subscriber, U32, authorization_lifetime),
	FIELD(store_subscriber, U32, session_timeout),
	FIELD(store_subscriber, U32, key_lifetime),
	FIELD(store_subscriber, SECRET, root_key),
};

static const struct store_field session[] = {
	FIELD(store_session, U64, id),
	FIELD(store_session, OCTETS, user_name),
	FIELD(store_session, OCTETS, service_selection),
	FIELD(store_session, OCTETS, home_agent),
	FIELD(store_session, OCTETS, home_agent_realm),
	FIELD(store_session, OCTETS, home_agent_fqdn),
	FIELD(store_session, PREFIX, home_agent_address),
	FIELD(store_session, OCTETS, home_agent_session),
	FIELD(store_session, OCTETS, acct_multi_session_id),
	FIELD(store_session, OCTETS, fqdn),
	FIELD(store_session, PREFIX, home_address),
	FIELD(store_session, PREFIX, home_prefix),
	FIELD(store_session, U64, feature_vector),
	FIELD(store_session, U32, key_epoch),
	FIELD(store_session, U8, sa_protocols),
	FIELD(store_session, U8, state),
	FIELD(store_session, U64, created),
	FIELD(store_session, U64, linger_until),
	FIELD(store_session, U64, key_expires),
	FIELD(store_session, VERSION, version),
	FIELD(store_session, OCTETS, keeper),
};

static const struct store_field access[] = {
	FIELD(store_access, OCTETS, session_id),     FIELD(store_access, U64, session),
	FIELD(store_access, OCTETS, origin_host),    FIELD(store_access, OCTETS, origin_realm),
	FIELD(store_access, OCTETS, nas_identifier), FIELD(store_access, U32, origin_state_id),
	FIELD(store_access, U32, application_id),    FIELD(store_access, U64, opened),
	FIELD(store_access, U64, expires),
};

static const struct store_field binding[] = {
	FIELD(store_binding, OCTETS, session_id),
	FIELD(store_binding, OCTETS, user_name),
	FIELD(store_binding, OCTETS, server_host),
	FIELD(store_binding, OCTETS, server_realm),
	FIELD(store_binding, OCTETS, acct_multi_session_id),
	FIELD(store_binding, PREFIX, home_address),
	FIELD(store_binding, PREFIX, home_prefix),
};

static const struct store_field attachment[] = {
	FIELD(store_attachment, OCTETS, session_id),   FIELD(store_attachment, OCTETS, user_name),
	FIELD(store_attachment, OCTETS, interface),    FIELD(store_attachment, OCTETS, server_host),
	FIELD(store_attachment, OCTETS, server_realm), FIELD(store_attachment, OCTETS, answer),
	FIELD(store_attachment, U64, opened),          FIELD(store_attachment, U64, expires),
	FIELD(store_attachment, OCTETS, request),      FIELD(store_attachment, U64, granted),
};

#define USAGE(type, prefix)                                                                        \
	{ "told", STORE_FIELD_U8, offsetof(struct type, prefix.told), 0 },                         \
		{ "session_time", STORE_FIELD_U32, offsetof(struct type, prefix.session_time),     \
		  0 },                                                                             \
		{ "input_octets", STORE_FIELD_U64, offsetof(struct type, prefix.input_octets),     \
		  0 },                                                                             \
		{ "output_octets", STORE_FIELD_U64, offsetof(struct type, prefix.output_octets),   \
		  0 },                                                                             \
		{ "input_packets", STORE_FIELD_U64, offsetof(struct type, prefix.input_packets),   \
		  0 },                                                                             \
	{                                                                                          \
		"output_packets", STORE_FIELD_U64, offsetof(struct type, prefix.output_packets), 0 \
	}

static const struct store_field accounting[] = {
	FIELD(store_accounting, U32, hour),
	FIELD(store_accounting, OCTETS, session_id),
	FIELD(store_accounting, U32, record_number),
	FIELD(store_accounting, U8, record_type),
	FIELD(store_accounting, U8, accounted),
	FIELD(store_accounting, U64, received),
	FIELD(store_accounting, U64, event_time),
	FIELD(store_accounting, OCTETS, origin_host),
	FIELD(store_accounting, OCTETS, origin_realm),
	FIELD(store_accounting, OCTETS, user_name),
	FIELD(store_accounting, OCTETS, acct_multi_session_id),
	FIELD(store_accounting, FLAG, has_sub_session),
	FIELD(store_accounting, U64, sub_session),
	FIELD(store_accounting, U32, interim_interval),
	FIELD(store_accounting, PREFIX, home_address),
	USAGE(store_accounting, usage),
};

#define ACCOUNT(type, prefix, kind, name)                                        \
	{                                                                        \
#name, STORE_FIELD_##kind, offsetof(struct type, prefix name), 0 \
	}
#define ACCOUNT_FIELDS(type, prefix)                                                               \
	ACCOUNT(type, prefix, OCTETS, session_id), ACCOUNT(type, prefix, U8, owner),               \
		ACCOUNT(type, prefix, OCTETS, user_name),                                          \
		ACCOUNT(type, prefix, OCTETS, acct_multi_session_id),                              \
		ACCOUNT(type, prefix, OCTETS, server_host),                                        \
		ACCOUNT(type, prefix, OCTETS, server_realm),                                       \
		ACCOUNT(type, prefix, PREFIX, home_address), ACCOUNT(type, prefix, U64, started),  \
		ACCOUNT(type, prefix, U32, next_number),                                           \
		ACCOUNT(type, prefix, U32, interim_interval), ACCOUNT(type, prefix, U8, realtime), \
		USAGE(type, prefix usage)

static const struct store_field account[] = { ACCOUNT_FIELDS(store_account, ) };

static const struct store_field owed[] = {
	FIELD(store_owed, U64, id),
	FIELD(store_owed, U8, record_type),
	FIELD(store_owed, U32, record_number),
	FIELD(store_owed, U64, event_time),
	ACCOUNT_FIELDS(store_owed, account.),
};

static const struct store_field agent[] = {
	FIELD(store_agent, OCTETS, host),  FIELD(store_agent, FLAG, has_state),
	FIELD(store_agent, U8, state),     FIELD(store_agent, FLAG, has_weight),
	FIELD(store_agent, U32, weight),   FIELD(store_agent, FLAG, has_capacity),
	FIELD(store_agent, U32, capacity),
};

static const struct store_field dns_name[] = {
	FIELD(store_name, U64, id),      FIELD(store_name, OCTETS, user_name),
	FIELD(store_name, OCTETS, fqdn), FIELD(store_name, PREFIX, home_address),
	FIELD(store_name, U64, session), FIELD(store_name, U8, state),
	FIELD(store_name, U64, since),
};

#define OF_ASSOCIATION(kind, name)                                                          \
	{                                                                                   \
#name, STORE_FIELD_##kind, offsetof(struct store_part, association.name), 0 \
	}

static const struct store_field part[] = {
	FIELD(store_part, OCTETS, session_id),
	FIELD(store_part, U8, place),
	OF_ASSOCIATION(U8, sa_protocol),
	OF_ASSOCIATION(U32, key_epoch),
	OF_ASSOCIATION(U32, spi),
	OF_ASSOCIATION(U32, algorithm_type),
	OF_ASSOCIATION(U32, replay_mode),
	OF_ASSOCIATION(OCTETS, key_name),
	OF_ASSOCIATION(SECRET, key),
	OF_ASSOCIATION(U64, key_expires),
};

#define TABLE(name, type, fields, keys)                                                      \
	{                                                                                    \
		name, fields, sizeof(struct type), sizeof(fields) / sizeof(*(fields)), keys, \
			false, false                                                         \
	}

const struct store_table store_tables[STORE_TABLES] = {
	[STORE_SUBSCRIBER] = TABLE("subscriber", store_subscriber, subscriber, 1),
	[STORE_SESSION] = TABLE("session", store_session, session, 1),
	[STORE_ACCESS] = TABLE("access", store_access, access, 1),
	[STORE_BINDING] = TABLE("binding", store_binding, binding, 1),
	[STORE_ATTACHMENT] = TABLE("attachment", store_attachment, attachment, 1),
	[STORE_ACCOUNTING] = { .name = "accounting",
	                       .fields = accounting,
	                       .size = sizeof(struct store_accounting),
	                       .count = sizeof(accounting) / sizeof(*accounting),
	                       .keys = 3,
	                       .once = true,
	                       .up_to = true },
	[STORE_ACCOUNT] = TABLE("account", store_account, account, 1),
	[STORE_OWED] = TABLE("owed", store_owed, owed, 1),
	[STORE_AGENT] = TABLE("agent", store_agent, agent, 1),
	[STORE_NAME] = TABLE("dns_name", store_name, dns_name, 1),
	[STORE_PART] = TABLE("association", store_part, part, 2),
};

static_assert(STORE_PUT_SESSION == 2 * STORE_SESSION &&
                      STORE_PUT_ATTACHMENT == 2 * STORE_ATTACHMENT &&
                      STORE_PUT_OWED == 2 * STORE_OWED && STORE_PUT_AGENT == 2 * STORE_AGENT &&
                      STORE_PUT_NAME == 2 * STORE_NAME,
              "changes and tables are in the same order");

enum store_table_name store_change_table(enum store_change_kind kind)
{
	return (enum store_table_name)(kind / 2);
}

bool store_change_deletes(enum store_change_kind kind)
{
	return kind % 2;
}

uint64_t store_next_version(const struct store_session *session)
{
	return session->version == STORE_ANY_VERSION ? 1 : session->version + 1;
}

static const void *at_of(const struct store_field *field, const void *record)
{
	return (const uint8_t *)record + field->offset;
}

/* The place of a secret: table, column and key, each ended so that no two places look alike. */
static struct dm_bytes place_of(const struct store_table *table, const struct store_field *field,
                                const void *record, struct dm_writer *place)
{
	dm_writer_reset(place);
	dm_writer_bytes(place, dm_bytes_of(table->name, strlen(table->name) + 1));
	dm_writer_bytes(place, dm_bytes_of(field->name, strlen(field->name) + 1));
	for (size_t i = table->keys; i-- > 0;) {
		const struct store_field *key = &table->fields[i];
		struct dm_bytes octets;

		if (key->kind == STORE_FIELD_U8) {
			dm_writer_bytes(place, dm_bytes_of(at_of(key, record), 1));
			continue;
		}
		assert(key->kind == STORE_FIELD_OCTETS);
		memcpy(&octets, at_of(key, record), sizeof(octets));
		dm_writer_bytes(place, octets);
	}
	return dm_writer_written(place);
}

static int bind_secret(const struct store_table *table, const struct store_field *field,
                       const void *record, sqlite3_stmt *statement, int column,
                       struct store_sealer *sealer)
{
	struct dm_bytes plain = dm_secret_bytes(at_of(field, record));
	uint8_t sealed[DM_SECRET_ROOM + STORE_SEAL_OVERHEAD];
	struct dm_bytes place;

	if (!plain.size)
		return sqlite3_bind_null(statement, column);
	place = place_of(table, field, record, &sealer->place);
	if (sealer->place.failed || store_seal_close(sealer->seal, place, plain, sealed))
		return SQLITE_IOERR_AUTH;
	return sqlite3_bind_blob(statement, column, sealed, (int)plain.size + STORE_SEAL_OVERHEAD,
	                         SQLITE_TRANSIENT);
}

/* NULL octets would become an SQL NULL. */
static int bind_octets(const struct dm_bytes *octets, sqlite3_stmt *statement, int column)
{
	return sqlite3_bind_blob64(statement, column, octets->size ? octets->at : (const void *)"",
	                           octets->size, SQLITE_STATIC);
}

static bool is_there(const struct store_field *field, const void *record)
{
	const struct store_prefix *prefix = at_of(field, record);
	bool flagged = !field->flag || *((const bool *)record + field->flag);

	return flagged && prefix->length;
}

static int bind_prefix(const struct store_field *field, const void *record, sqlite3_stmt *statement,
                       int column)
{
	const struct store_prefix *prefix = at_of(field, record);
	bool there = is_there(field, record);
	int code = there ? sqlite3_bind_blob(statement, column, prefix->address,
	                                     sizeof(prefix->address), SQLITE_STATIC)
	                 : sqlite3_bind_null(statement, column);

	if (code != SQLITE_OK)
		return code;
	return sqlite3_bind_int(statement, column + 1, there ? prefix->length : 0);
}

static int bind_number(const struct store_field *field, const void *record, sqlite3_stmt *statement,
                       int column)
{
	const void *at = at_of(field, record);

	switch (field->kind) {
	case STORE_FIELD_FLAG:
		return sqlite3_bind_int(statement, column, *(const bool *)at);
	case STORE_FIELD_U8:
		return sqlite3_bind_int(statement, column, *(const uint8_t *)at);
	case STORE_FIELD_U32:
		return sqlite3_bind_int64(statement, column, *(const uint32_t *)at);
	default:
		return sqlite3_bind_int64(statement, column, *(const int64_t *)at);
	}
}

int store_record_bind(const struct store_table *table, const void *record, sqlite3_stmt *statement,
                      struct store_sealer *sealer)
{
	int code = SQLITE_OK;
	int column = 1;

	for (size_t i = 0; i < table->count && code == SQLITE_OK; i++, column++) {
		const struct store_field *field = &table->fields[i];

		if (field->kind == STORE_FIELD_OCTETS)
			code = bind_octets(at_of(field, record), statement, column);
		else if (field->kind == STORE_FIELD_PREFIX)
			code = bind_prefix(field, record, statement, column++);
		else if (field->kind == STORE_FIELD_SECRET)
			code = bind_secret(table, field, record, statement, column, sealer);
		else
			code = bind_number(field, record, statement, column);
	}
	return code;
}

int store_record_bind_key(const struct store_table *table, const void *record,
                          sqlite3_stmt *statement)
{
	const struct store_field *key = &table->fields[0];

	if (key->kind == STORE_FIELD_OCTETS)
		return bind_octets(at_of(key, record), statement, 1);
	return bind_number(key, record, statement, 1);
}

static struct dm_bytes column_octets(sqlite3_stmt *statement, int column)
{
	const void *at = sqlite3_column_blob(statement, column);

	return dm_bytes_of(at, (size_t)sqlite3_column_bytes(statement, column));
}

static void read_prefix(const struct store_field *field, sqlite3_stmt *statement, int column,
                        void *record)
{
	struct store_prefix *prefix = (void *)((uint8_t *)record + field->offset);
	struct dm_bytes address = column_octets(statement, column);

	*prefix = (struct store_prefix){ 0 };
	if (address.size == sizeof(prefix->address)) {
		memcpy(prefix->address, address.at, address.size);
		prefix->length = (uint8_t)sqlite3_column_int(statement, column + 1);
	}
	if (field->flag)
		*((bool *)record + field->flag) = prefix->length > 0;
}

static void read_number(const struct store_field *field, sqlite3_stmt *statement, int column,
                        void *record)
{
	void *at = (uint8_t *)record + field->offset;
	int64_t number = sqlite3_column_int64(statement, column);

	switch (field->kind) {
	case STORE_FIELD_FLAG:
		*(bool *)at = number != 0;
		return;
	case STORE_FIELD_U8:
		*(uint8_t *)at = (uint8_t)number;
		return;
	case STORE_FIELD_U32:
		*(uint32_t *)at = (uint32_t)number;
		return;
	default:
		*(int64_t *)at = number;
	}
}

static int read_secret(const struct store_table *table, const struct store_field *field,
                       sqlite3_stmt *statement, int column, void *record,
                       struct store_sealer *sealer)
{
	struct dm_secret *secret = (void *)((uint8_t *)record + field->offset);
	struct dm_bytes place;

	dm_secret_wipe(secret);
	if (sqlite3_column_type(statement, column) == SQLITE_NULL)
		return 0;
	place = place_of(table, field, record, &sealer->place);
	if (sealer->place.failed)
		return -ENOMEM;
	return store_seal_open(sealer->seal, place, column_octets(statement, column), secret);
}

int store_record_read(const struct store_table *table, sqlite3_stmt *statement, void *record,
                      struct store_sealer *sealer)
{
	int error = 0;
	int column = 0;

	for (size_t i = 0; i < table->count; i++, column++) {
		const struct store_field *field = &table->fields[i];
		struct dm_bytes octets;

		if (field->kind == STORE_FIELD_OCTETS) {
			octets = column_octets(statement, column);
			memcpy((uint8_t *)record + field->offset, &octets, sizeof(octets));
		} else if (field->kind == STORE_FIELD_PREFIX) {
			read_prefix(field, statement, column++, record);
		} else if (field->kind == STORE_FIELD_SECRET) {
			error = read_secret(table, field, statement, column, record, sealer);
		} else {
			read_number(field, statement, column, record);
		}
	}
	return error;
}

/* Of a change that deletes only the key is looked at. */
static size_t fields_of(enum store_change_kind kind)
{
	const struct store_table *table = &store_tables[store_change_table(kind)];

	return store_change_deletes(kind) ? table->keys : table->count;
}

size_t store_change_octets(enum store_change_kind kind, const void *record)
{
	const struct store_table *table = &store_tables[store_change_table(kind)];
	const struct store_binding *with_parts = kind == STORE_PUT_BINDING ? record : NULL;
	size_t octets = 0;

	for (size_t i = 0; i < fields_of(kind); i++) {
		const struct dm_bytes *field = at_of(&table->fields[i], record);

		if (table->fields[i].kind == STORE_FIELD_OCTETS)
			octets += field->size;
	}
	for (size_t i = 0; with_parts && i < with_parts->association_count; i++)
		octets += with_parts->associations[i].key_name.size;
	return octets;
}

static uint8_t *move(struct dm_bytes *octets, uint8_t *at)
{
	if (octets->size)
		memcpy(at, octets->at, octets->size);
	octets->at = at;
	return at + octets->size;
}

uint8_t *store_change_move(enum store_change_kind kind, void *record, uint8_t *at)
{
	const struct store_table *table = &store_tables[store_change_table(kind)];
	struct store_binding *with_parts = kind == STORE_PUT_BINDING ? record : NULL;

	for (size_t i = 0; i < fields_of(kind); i++) {
		const struct store_field *field = &table->fields[i];

		if (field->kind == STORE_FIELD_OCTETS)
			at = move((void *)((uint8_t *)record + field->offset), at);
	}
	for (size_t i = 0; with_parts && i < with_parts->association_count; i++)
		at = move(&with_parts->associations[i].key_name, at);
	return at;
}
