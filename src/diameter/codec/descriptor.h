/* SPDX-License-Identifier: Apache-2.0 */
/*
 * descriptor: the constant tables that dictc makes of a grammar file, and their meaning.
 *
 * dictc writes, for dict/NAME.dia with `@prefix PREFIX`, the files NAME.dia.h and NAME.dia.c:
 *   - one struct per command (`struct PREFIX_cer`, by abbreviation) and per Grouped AVP
 *     (`struct PREFIX_proxy_info`), all names in lower case with `_` for `-` and blank, the prefix
 *     not doubled (MIP6-SA-Protocol of prefix mip6 is struct mip6_sa_protocol; behind another word
 *     the name is whole: mip6_avp_mip6_sa_protocol);
 *   - in each struct, first `struct { bool a, b, ...; } has;` in the order of the grammar's lines,
 *     then one member per line; a line that may occur more than once is a list and its `has` is
 *     `count > 0`; `* [ AVP ]` is the last member, `struct dm_raw_avp_list other`, without a `has`;
 *   - a line whose maximum is 0 ("must not appear") has neither member nor `has`;
 *   - enums `enum PREFIX_termination_cause { DM_TERMINATION_CAUSE_DIAMETER_LOGOUT = 1, ... }`
 *     (constants in upper case, prefix first), `enum { PREFIX_AVP_ORIGIN_HOST = 264, ... }` for the
 *     AVP codes, `PREFIX_COMMAND_CER = 257` for the command codes, `PREFIX_APPLICATION_ID`;
 *   - `extern const struct dm_command PREFIX_command_cer;` per command,
 *     `extern const struct dm_avp PREFIX_avp_origin_host;` per AVP,
 *     `extern const struct dm_grammar PREFIX_NAME_grammar;` for the whole file.
 * Generated code holds no logic; the interpreter (message.h) is written once, by hand.
 */
#ifndef DM_CODEC_DESCRIPTOR_H
#define DM_CODEC_DESCRIPTOR_H

#include "types.h"

struct dm_group;

struct dm_enum_value {
	int32_t value;
	const char *name; /* as the RFC spells it */
};

struct dm_avp {
	const char *name; /* "Origin-Host" */
	uint32_t code;
	uint32_t vendor; /* 0 for an IETF AVP */
	enum dm_type type;
	uint8_t flags;          /* to set when sending: M and V */
	uint8_t must_not_flags; /* wrong when they are set on receipt (strict mode): RFC 6733 4.5 */
	uint32_t fixed_size;    /* OctetString of one size only: its octets, else 0 */
	const struct dm_group *group;       /* Grouped only */
	const struct dm_enum_value *values; /* Enumerated only, ascending */
	uint16_t value_count;
	bool secret;           /* printed as "<secret, N octets>", RFC 6733 13.3 and profile 6 */
	const char *reference; /* "RFC 6733 6.3" */
};

#define DM_UNBOUNDED UINT16_MAX

/* One line of a command's or a group's grammar (RFC 6733 3.2). */
struct dm_field {
	const struct dm_avp *avp;
	uint16_t min;
	uint16_t max;    /* 0: must not appear (5008); 1: a plain member; more: a list */
	uint16_t has;    /* index into the struct's `has`; unused when max is 0 */
	uint32_t offset; /* of the member; unused when max is 0 */
	bool fixed;      /* written < >: at this place */
};

/* The grammar of one command or one Grouped AVP, and the struct that holds it. */
struct dm_group {
	const char *name; /* "CER", "Proxy-Info" */
	const struct dm_field *fields;
	uint16_t field_count;
	uint32_t size;         /* sizeof the struct */
	bool other;            /* has `* [ AVP ]`; without it an AVP not listed is 5008 */
	uint32_t other_offset; /* of the dm_raw_avp_list */
};

struct dm_command {
	const char *name;         /* "Capabilities-Exchange-Request" */
	const char *abbreviation; /* "CER" */
	uint32_t code;
	uint32_t application_id; /* the grammar file's @id */
	bool request;            /* REQ */
	bool proxiable;          /* PXY */
	bool error;              /* ERR: the answer-message */
	struct dm_group grammar;
	const char *reference;
};

/* One compiled file. */
struct dm_grammar {
	const char *name; /* "base", "mip6" */
	uint32_t application_id;
	const char *application_name;
	uint32_t vendor; /* of the file's own AVPs (@vendor), 0 when none */
	const struct dm_avp *const *avps;
	uint16_t avp_count;
	const struct dm_command *const *commands;
	uint16_t command_count;
	const struct dm_group *const *groups;
	uint16_t group_count;
	const struct dm_grammar *const *inherits;
	uint16_t inherit_count;
};

#endif
