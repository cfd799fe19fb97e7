/* SPDX-License-Identifier: Apache-2.0 */
#include "store/record.h"

#include <assert.h>

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
	FIELD(store_subscriber, FLAG, random_keys),
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
	FIELD(store_session, U32, home_agent_state_id),
	FIELD(store_session, SECRET, random_key),
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
	FIELD(store_binding, FLAG, asked),
	FIELD(store_binding, OCTETS, service_selection),
	FIELD(store_binding, U64, renew),
	FIELD(store_binding, U64, authorized),
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
