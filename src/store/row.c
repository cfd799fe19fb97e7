/* SPDX-License-Identifier: Apache-2.0 */
/* row: records as values of columns, and back. */
#include "store/record.h"

#include <assert.h>
#include <errno.h>

static const void *at_of(const struct store_field *field, const void *record)
{
	return (const uint8_t *)record + field->offset;
}

static struct dm_bytes octets_of(const struct store_field *field, const void *record)
{
	struct dm_bytes octets;

	memcpy(&octets, at_of(field, record), sizeof(octets));
	return octets;
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

		if (key->kind == STORE_FIELD_U8)
			dm_writer_u8(place, *(const uint8_t *)at_of(key, record));
		else if (key->kind == STORE_FIELD_U64)
			dm_writer_u64(place, *(const uint64_t *)at_of(key, record));
		else
			dm_writer_bytes(place, octets_of(key, record));
	}
	return dm_writer_written(place);
}

static struct store_value *add(struct store_row *row)
{
	struct store_value *value = &row->values[row->count++];

	assert(row->count <= STORE_COLUMNS);
	*value = (struct store_value){ .kind = STORE_NULL };
	return value;
}

static void add_number(struct store_row *row, int64_t number)
{
	*add(row) = (struct store_value){ .kind = STORE_NUMBER, .number = number };
}

static void add_octets(struct store_row *row, struct dm_bytes octets)
{
	*add(row) = (struct store_value){ .kind = STORE_OCTETS, .octets = octets };
}

static int add_secret(const struct store_table *table, const struct store_field *field,
                      const void *record, struct store_row *row, struct store_sealer *sealer)
{
	struct dm_bytes plain = dm_secret_bytes(at_of(field, record));
	struct dm_bytes place;

	if (!plain.size) {
		add(row);
		return 0;
	}
	place = place_of(table, field, record, &sealer->place);
	if (sealer->place.failed || store_seal_close(sealer->seal, place, plain, row->sealed))
		return -EIO;
	add_octets(row, dm_bytes_of(row->sealed, plain.size + STORE_SEAL_OVERHEAD));
	return 0;
}

static bool is_there(const struct store_field *field, const void *record)
{
	const struct store_prefix *prefix = at_of(field, record);
	bool flagged = !field->flag || *((const bool *)record + field->flag);

	return flagged && prefix->length;
}

static void add_prefix(const struct store_field *field, const void *record, struct store_row *row)
{
	const struct store_prefix *prefix = at_of(field, record);

	if (is_there(field, record)) {
		add_octets(row, dm_bytes_of(prefix->address, sizeof(prefix->address)));
		add_number(row, prefix->length);
		return;
	}
	add(row);
	add_number(row, 0);
}

static int64_t number_of(const struct store_field *field, const void *record)
{
	const void *at = at_of(field, record);

	switch (field->kind) {
	case STORE_FIELD_FLAG:
		return *(const bool *)at;
	case STORE_FIELD_U8:
		return *(const uint8_t *)at;
	case STORE_FIELD_U32:
		return *(const uint32_t *)at;
	default:
		return *(const int64_t *)at;
	}
}

int store_row_of(const struct store_table *table, const void *record, struct store_row *row,
                 struct store_sealer *sealer)
{
	int error = 0;

	row->count = 0;
	for (size_t i = 0; i < table->count && !error; i++) {
		const struct store_field *field = &table->fields[i];

		if (field->kind == STORE_FIELD_OCTETS)
			add_octets(row, octets_of(field, record));
		else if (field->kind == STORE_FIELD_PREFIX)
			add_prefix(field, record, row);
		else if (field->kind == STORE_FIELD_SECRET)
			error = add_secret(table, field, record, row, sealer);
		else
			add_number(row, number_of(field, record));
	}
	return error;
}

void store_row_of_key(const struct store_table *table, const void *record, struct store_row *row)
{
	const struct store_field *key = &table->fields[0];

	row->count = 0;
	if (key->kind == STORE_FIELD_OCTETS)
		add_octets(row, octets_of(key, record));
	else
		add_number(row, number_of(key, record));
}

static void read_prefix(const struct store_field *field, const struct store_value *values,
                        void *record)
{
	struct store_prefix *prefix = (void *)((uint8_t *)record + field->offset);
	struct dm_bytes address = values[0].octets;

	*prefix = (struct store_prefix){ 0 };
	if (values[0].kind == STORE_OCTETS && address.size == sizeof(prefix->address)) {
		memcpy(prefix->address, address.at, address.size);
		prefix->length = (uint8_t)values[1].number;
	}
	if (field->flag)
		*((bool *)record + field->flag) = prefix->length > 0;
}

static void read_number(const struct store_field *field, int64_t number, void *record)
{
	void *at = (uint8_t *)record + field->offset;

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
                       const struct store_value *value, void *record, struct store_sealer *sealer)
{
	struct dm_secret *secret = (void *)((uint8_t *)record + field->offset);
	struct dm_bytes place;

	dm_secret_wipe(secret);
	if (value->kind == STORE_NULL)
		return 0;
	place = place_of(table, field, record, &sealer->place);
	if (sealer->place.failed)
		return -ENOMEM;
	return store_seal_open(sealer->seal, place, value->octets, secret);
}

int store_row_read(const struct store_table *table, const struct store_row *row, void *record,
                   struct store_sealer *sealer)
{
	const struct store_value *value = row->values;
	int error = 0;

	for (size_t i = 0; i < table->count; i++, value++) {
		const struct store_field *field = &table->fields[i];

		if (field->kind == STORE_FIELD_OCTETS)
			memcpy((uint8_t *)record + field->offset, &value->octets,
			       sizeof(value->octets));
		else if (field->kind == STORE_FIELD_PREFIX)
			read_prefix(field, value++, record);
		else if (field->kind == STORE_FIELD_SECRET)
			error = read_secret(table, field, value, record, sealer);
		else
			read_number(field, value->number, record);
	}
	return error;
}
