/* SPDX-License-Identifier: Apache-2.0 */
/*
 * subscriber_fields: the members of a subscriber record (io/subscriber_json.h) as people write them
 * in options and in the cells of a table.
 *
 * A value that is not what its member wants is refused with a sentence that never repeats a key.
 */
#ifndef HW_CLI_SUBSCRIBER_FIELDS_H
#define HW_CLI_SUBSCRIBER_FIELDS_H

#include "io/subscriber_json.h"

/* The member of a CSV column or option; NULL when there is none. */
const struct hw_member *hw_field_named(const char *name);

/* Sets the member of `record` from text, checked. False: `why` says what is wrong and what is
 * wanted. An empty text takes the member out: its default holds. */
bool hw_field_set(json_t *record, const struct hw_member *field, const char *text, char *why,
                  size_t why_room);

/* Overwrites the key that a record holds, before it is released. */
void hw_subscriber_wipe(json_t *record);

#endif
