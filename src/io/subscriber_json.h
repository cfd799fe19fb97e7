/* SPDX-License-Identifier: Apache-2.0 */
/*
 * subscriber_json: what a subscriber record consists of, once.
 *
 * From one table come the members of the JSON record (docs/control.md), in and out, the columns of
 * the tool's files and its options. The root key goes in and never comes out: the record says its
 * size only.
 */
#ifndef HW_IO_SUBSCRIBER_JSON_H
#define HW_IO_SUBSCRIBER_JSON_H

#include "io/members.h"

/* Subscribers that one import takes: it is one transaction of the store. */
#define HW_IMPORT_LIMIT 200000

/* In the order of the manual, into struct store_subscriber; a NULL name ends it. */
extern const struct hw_member hw_subscriber_members[];

/* A record without root_key is for a subscriber who has one (kept_keys.h): its size is 0. Texts are
 * slices of the record; the caller wipes root_key. False: `why` says what is wrong. */
bool hw_subscriber_read(const json_t *record, struct store_subscriber *out, struct dm_text *why);

json_t *hw_subscriber_json(const struct store_subscriber *subscriber);

#endif
