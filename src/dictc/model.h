/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model: a grammar as the parser leaves it and as the checks complete it.
 *
 * Everything lives in the compiler's arena, strings end in a NUL. Lists are linked in the order of
 * the file. What a check fills in is marked `resolved`; after dictc_compile has succeeded it is
 * there.
 */
#ifndef DICTC_MODEL_H
#define DICTC_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* RFC 6733 4.2, 4.3; the words are dictc_type_names. */
enum dictc_type {
	DICTC_TYPE_OCTET_STRING,
	DICTC_TYPE_INTEGER32,
	DICTC_TYPE_INTEGER64,
	DICTC_TYPE_UNSIGNED32,
	DICTC_TYPE_UNSIGNED64,
	DICTC_TYPE_FLOAT32,
	DICTC_TYPE_FLOAT64,
	DICTC_TYPE_GROUPED,
	DICTC_TYPE_ADDRESS,
	DICTC_TYPE_TIME,
	DICTC_TYPE_UTF8_STRING,
	DICTC_TYPE_DIAMETER_IDENTITY,
	DICTC_TYPE_DIAMETER_URI,
	DICTC_TYPE_ENUMERATED,
	DICTC_TYPE_IP_FILTER_RULE,
	DICTC_TYPE_COUNT,
};

/* The flags of an AVP header (RFC 6733 4.1). */
enum {
	DICTC_FLAG_V = 0x80,
	DICTC_FLAG_M = 0x40,
	DICTC_FLAG_P = 0x20,
};

/* No maximum; the same number as the tables' DM_UNBOUNDED. */
#define DICTC_UNBOUNDED UINT16_MAX

struct dictc_place {
	const char *file;
	uint32_t line;   /* from 1 */
	uint32_t column; /* from 1, in octets */
};

struct dictc_name {
	const char *text; /* words joined by one blank */
	struct dictc_place at;
};

struct dictc_enumerator {
	struct dictc_enumerator *next;
	struct dictc_name name;
	const char *constant; /* resolved: its name in C */
	int32_t value;
};

struct dictc_avp {
	struct dictc_avp *next;
	const struct dictc_grammar *grammar; /* the file that defines it */
	struct dictc_name name;
	const char *c_name; /* resolved: of its struct or enum */
	uint32_t code;
	uint32_t vendor; /* 0 unless V must be set */
	enum dictc_type type;
	uint32_t fixed_size; /* OctetString(N), else 0 */
	bool secret;
	uint8_t must;     /* DICTC_FLAG_* */
	uint8_t must_not; /* DICTC_FLAG_* */
	const char *reference;
	struct dictc_enumerator *enumerators;
	struct dictc_name enumerated_at; /* its @enum; text NULL when it has none */
	struct dictc_block *block;       /* resolved; Grouped only */
};

enum dictc_bracket { DICTC_FIXED, DICTC_REQUIRED, DICTC_OPTIONAL };

struct dictc_occurrence {
	uint16_t min;
	uint16_t max; /* DICTC_UNBOUNDED */
};

/* One line of a block: `1* { Host-IP-Address }`. */
struct dictc_line {
	struct dictc_line *next;
	enum dictc_bracket bracket;
	struct dictc_name printed; /* as the document has it */
	struct dictc_occurrence printed_occurrence;
	bool any;                           /* `AVP` */
	const struct dictc_avp *avp;        /* resolved; NULL when `any` */
	struct dictc_occurrence occurrence; /* resolved: after table and errata */
	bool added;                         /* resolved: comes from an occurrence table */
	bool omitted;                       /* resolved: an erratum strikes it */
};

/* The grammar of a command or of a Grouped AVP, as printed. */
struct dictc_block {
	struct dictc_block *next;
	struct dictc_name printed;
	bool bracketed;           /* the name stood in < > */
	struct dictc_name code;   /* a number, or what stands for one */
	struct dictc_name vendor; /* of a group's header; text NULL when it has none */
	bool request;
	bool proxiable;
	bool error;
	bool proxiable_optional; /* `[, PXY]` of the answer-message */
	struct dictc_line *lines;
	const char *name; /* resolved: `printed` after errata; for errata and diagnostics */
	bool any;         /* resolved: has a line `AVP` */
	bool entered;     /* resolved: the walk for circles is inside */
	bool left;        /* resolved: and has seen that there is none */
};

struct dictc_command {
	struct dictc_command *next;
	struct dictc_name name;
	struct dictc_name abbreviation;
	const char *c_name; /* resolved: of its struct */
	uint32_t code;
	bool any_code; /* the answer-message: `code` */
	const char *reference;
	struct dictc_block *block; /* resolved */
};

struct dictc_cell {
	struct dictc_place at;
	bool silent; /* `-`: the table says nothing */
	struct dictc_occurrence occurrence;
};

struct dictc_row {
	struct dictc_row *next;
	struct dictc_name avp;
	struct dictc_cell *cells; /* one a column */
	size_t cell_count;
};

struct dictc_column {
	struct dictc_column *next;
	struct dictc_name command;
};

/* An occurrence table (RFC 6733 10). */
struct dictc_table {
	struct dictc_table *next;
	const char *reference;
	struct dictc_column *columns;
	size_t column_count;
	struct dictc_row *rows;
};

enum dictc_erratum_kind {
	DICTC_ERRATUM_NAME,   /* the block's own name */
	DICTC_ERRATUM_CODE,   /* the number in its header */
	DICTC_ERRATUM_AVP,    /* the name of an AVP */
	DICTC_ERRATUM_ORDER,  /* a line out of fixed, required, optional order stays where it is */
	DICTC_ERRATUM_OMIT,   /* a line that names what does not exist */
	DICTC_ERRATUM_OCCURS, /* grammar and occurrence table disagree: what is meant */
	DICTC_ERRATUM_KINDS,
};

struct dictc_erratum {
	struct dictc_erratum *next;
	struct dictc_name where; /* a block's name, or `*` */
	enum dictc_erratum_kind kind;
	struct dictc_name old;
	struct dictc_name now; /* text NULL for order and omit */
	bool used;             /* resolved */
};

struct dictc_import {
	struct dictc_import *next;
	struct dictc_name name;
	const struct dictc_grammar *grammar; /* resolved */
};

struct dictc_grammar {
	struct dictc_grammar *next; /* of all files that were read */
	const char *file;
	bool complete; /* read and checked; false while it is being read */
	struct dictc_name id;
	uint32_t application_id;
	const char *application_name;
	struct dictc_name name;
	struct dictc_name prefix;
	struct dictc_name vendor_at;
	uint32_t vendor;
	const char *vendor_name;
	struct dictc_import *imports;
	struct dictc_avp *avps;
	struct dictc_command *commands;
	struct dictc_block *messages;
	struct dictc_block *groups;
	struct dictc_table *tables;
	struct dictc_erratum *errata;
};

/* The words of the language for types. */
extern const char *const dictc_type_names[DICTC_TYPE_COUNT];
/* And for kinds of errata. */
extern const char *const dictc_erratum_words[DICTC_ERRATUM_KINDS];

#endif
