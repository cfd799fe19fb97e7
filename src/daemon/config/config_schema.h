/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_schema: the language of homewardd.conf as tables.
 *
 * One row per option says its name, type, default, range, where its value goes and what it means.
 * From the rows come the libconfuse option tables, the reading and checking of values, the defaults
 * and `homewardd --options`. An option that is not in a row does not exist.
 */
#ifndef HW_CONFIG_SCHEMA_H
#define HW_CONFIG_SCHEMA_H

#include "config.h"

/* What a value is, and the C type of its member. */
enum hw_type {
	HW_TYPE_TEXT,     /* const char *: any text, not empty */
	HW_TYPE_IDENTITY, /* struct dm_bytes: a fully qualified domain name, RFC 6733 4.3.1 */
	HW_TYPE_REALM,    /* struct dm_bytes: a domain name, or "*" where the row allows */
	HW_TYPE_PATTERN,  /* struct dm_bytes: a text, `*` for any octets, `?` for one */
	HW_TYPE_WORD,     /* struct dm_bytes: letters, digits, - _ . */
	HW_TYPE_BOOLEAN,  /* bool: true or false */
	HW_TYPE_NUMBER,   /* uint64_t: decimal, or hexadecimal with 0x */
	HW_TYPE_OCTETS,   /* uint64_t: a number with k, M or G for powers of 1,024 */
	HW_TYPE_DURATION, /* dm_time: a number with ms, s, m, h or d; without one: seconds */
	HW_TYPE_CHOICE,   /* int: the place of the word in `choices` */
	HW_TYPE_NETWORK,  /* struct hw_network: IPv4 or IPv6 prefix */
	HW_TYPE_PREFIX,   /* struct store_prefix: IPv6 prefix, bits behind it zero */
	HW_TYPE_ADDRESS,  /* struct store_prefix: IPv6 unicast address with a prefix length */
	HW_TYPE_ADDRESS6, /* uint8_t[16]: an IPv6 address */
	HW_TYPE_ADDRESS4, /* uint8_t[4]: an IPv4 address */
	HW_TYPE_AVP,      /* struct hw_avp_code: CODE or CODE/VENDOR */
	HW_TYPE_LISTEN,   /* struct hw_endpoint: numeric address and port */
	HW_TYPE_CONNECT,  /* struct hw_endpoint: address or name, and port */
	HW_TYPE_DNS,      /* struct hw_endpoint: numeric address and port, 53 without */
	HW_TYPE_COUNT,
};

struct hw_option {
	const char *name;
	const char *default_text; /* read as though it stood in the file; NULL: none */
	const char *help;         /* one sentence */
	const char *const *choices;
	size_t offset;     /* of the member in the block's struct */
	size_t has_offset; /* of a bool that says "given"; 0: none */
	uint64_t min,
		max; /* NUMBER, OCTETS: inclusive; DURATION: in milliseconds; max 0: no limit */
	enum hw_type type;
	bool list;     /* the member is a struct hw_list of the type */
	bool required; /* an error when it is neither given nor has a default */
	bool star;     /* REALM: "*" is allowed */
};

struct hw_block {
	const char *name; /* NULL: the file itself */
	const char *help;
	struct hw_option title; /* name NULL: the block has no title */
	const struct hw_option *options;
	size_t option_count;
	size_t size;   /* of the block's struct, which begins with struct hw_block_head */
	size_t offset; /* in struct hw_config: of the struct, or of a struct hw_list of it */
	bool many;
};

extern const struct hw_block hw_config_root;
extern const struct hw_block hw_config_blocks[];
extern const size_t hw_config_block_count;

/* Octets of one value of this type, and its name for people. */
size_t hw_type_size(enum hw_type type);
const char *hw_type_name(enum hw_type type);

/* A value as it may stand in a file, with quotes where it needs them. */
const char *hw_option_example(const struct hw_option *option);

/* Text into a value, at `out`. False: `what` holds "what; what to do". Strings go to the arena. */
bool hw_value_read(const struct hw_option *option, const char *text, struct dm_arena *arena,
                   void *out, struct dm_text *what);

/* The name nearest to `word` among `count` names, or NULL when none is near. */
const char *hw_nearest(const char *word, const char *(*name)(const void *table, size_t index),
                       const void *table, size_t count);

#endif
