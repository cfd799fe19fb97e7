/* SPDX-License-Identifier: Apache-2.0 */
/*
 * members: a JSON object into a C struct, by a table.
 *
 * One row per member says its name, type and place. What no row names, what is missing and what has
 * the wrong form is found here, with a sentence "what; what to do" that never repeats a key.
 */
#ifndef HW_IO_MEMBERS_H
#define HW_IO_MEMBERS_H

#include "base/text.h"
#include "store/store.h"

#include <jansson.h>

enum hw_member_type {
	HW_MEMBER_TEXT,      /* struct dm_bytes: at most 253 octets, a slice of the JSON */
	HW_MEMBER_NAI,       /* the same: user@realm (RFC 4282) */
	HW_MEMBER_HOSTS,     /* struct dm_bytes: host names with commas between */
	HW_MEMBER_NAMES,     /* the same, or ".suffix"es */
	HW_MEMBER_FLAG,      /* bool */
	HW_MEMBER_U32,       /* uint32_t */
	HW_MEMBER_U64,       /* uint64_t, below 2^63 */
	HW_MEMBER_I32,       /* int32_t, not negative */
	HW_MEMBER_ADDRESS,   /* struct store_prefix: any IPv6 address with a prefix length */
	HW_MEMBER_OWNABLE,   /* the same, and a mobile node may own it */
	HW_MEMBER_PREFIX,    /* struct store_prefix: the bits behind the length are zero */
	HW_MEMBER_KEY,       /* struct dm_secret: 32 to 128 hexadecimal digits */
	HW_MEMBER_PROTOCOLS, /* uint8_t: names of MIP6-SA-Protocol, bit 1 << value */
	HW_MEMBER_JSON,      /* json_t *, borrowed: an object or array, read elsewhere */
};

struct hw_member {
	const char *name; /* NULL: the end of the table */
	enum hw_member_type type;
	bool required;
	size_t offset;     /* in the struct */
	bool has;          /* there is a bool that says "given" */
	size_t has_offset; /* of that bool */
};

/* Members named in `allowed` (ends with NULL; may be NULL) are not the table's business. */
bool hw_members_read(const json_t *object, const struct hw_member *members,
                     const char *const *allowed, void *out, struct dm_text *why);

/* One value alone, into a place of its type. */
bool hw_member_read(const struct hw_member *member, json_t *value, void *at, struct dm_text *why);

/* ---- and back: what has no value is left out ---- */

/* Everything that the table names; of a key its size only, as NAME_octets. */
json_t *hw_members_json(const struct hw_member *members, const void *from);

/* Octets as a JSON text, escaped where they are no UTF-8. */
json_t *hw_json_octets(struct dm_bytes octets);
/* "2001:db8::1/64" */
json_t *hw_json_prefix(const struct store_prefix *prefix);
json_t *hw_json_hex(struct dm_bytes octets);

void hw_json_set_octets(json_t *object, const char *name, struct dm_bytes octets);
void hw_json_set_prefix(json_t *object, const char *name, const struct store_prefix *prefix);
void hw_json_set_number(json_t *object, const char *name, uint64_t number); /* also 0 */
void hw_json_set_nonzero(json_t *object, const char *name, uint64_t number);
void hw_json_set_flag(json_t *object, const char *name, bool flag);

/* "2001:db8::1/64"; false when it is no such thing. */
bool hw_prefix_read(const char *text, struct store_prefix *out);

/* "IKEV2", by value of MIP6-SA-Protocol; "unknown". */
const char *hw_sa_protocol_name(unsigned protocol);
#define HW_SA_PROTOCOLS 3

#endif
