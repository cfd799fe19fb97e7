/* SPDX-License-Identifier: Apache-2.0 */
/*
 * subscriber_fields: what a subscriber record consists of, once.
 *
 * From one table come the columns of the CSV, the options of `subscriber add`, the members of the
 * JSON record and the members of struct store_subscriber. A value that is not what its field wants
 * is refused with a sentence; a root key never becomes JSON again.
 */
#ifndef HW_CLI_SUBSCRIBER_FIELDS_H
#define HW_CLI_SUBSCRIBER_FIELDS_H

#include "store/store.h"

#include <jansson.h>

struct hw_field;

/* In the order of the manual; NULL behind the last. */
const struct hw_field *hw_field_at(size_t place);

const char *hw_field_name(const struct hw_field *field);

/* The field of a CSV column or JSON member; NULL when there is none. */
const struct hw_field *hw_field_named(const char *name);

/* Sets the member of `record` from text, checked. False: `why` says what is wrong and what is
 * wanted, without repeating a key. An empty text leaves the member out. */
bool hw_field_set(json_t *record, const struct hw_field *field, const char *text, char *why,
                  size_t why_room);

/* "2001:db8::1/64"; false when it is no such thing. */
bool hw_prefix_read(const char *text, struct store_prefix *prefix);

/* Is the record whole? (user_name, root_key of a new one.) */
bool hw_subscriber_complete(const json_t *record, char *why, size_t why_room);

/* Overwrites the key that a record holds, before it is released. */
void hw_subscriber_wipe(json_t *record);

/* A checked record as the store wants it: what is not there gets its default. Texts are borrowed
 * from the record. The caller wipes root_key. */
void hw_subscriber_from_json(const json_t *record, struct store_subscriber *subscriber);

/* Everything but the key: "root_key_octets" says its size. */
json_t *hw_subscriber_to_json(const struct store_subscriber *subscriber);

#endif
