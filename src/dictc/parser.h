/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parser: from tokens to the model, and what the parts of the parser share.
 *
 * parse.c knows the sections, parse_line.c the sections made of lines (@avp_types, @commands,
 * @enum, @occurrence, @errata), parse_block.c the command blocks of the RFCs. After a fault in a
 * line the parser goes on with the next line, after one in a block with the next block, so that
 * one run reports several faults. Names are not looked up here: resolve.h does.
 */
#ifndef DICTC_PARSER_H
#define DICTC_PARSER_H

#include "scan.h"

/* Octets of anything that is quoted: a name as printed, a document, a reference. */
#define DICTC_WORDS_LIMIT 160

struct dictc_parser {
	struct dictc *dictc;
	struct dictc_grammar *grammar;
	const struct dictc_token *tokens;
	size_t at;            /* index of the next token */
	size_t line_count;    /* of all sections made of lines */
	const char *document; /* of @document; precedes every reference */
	struct dictc_avp **avp_tail;
	struct dictc_command **command_tail;
	struct dictc_block **message_tail;
	struct dictc_block **group_tail;
	struct dictc_table **table_tail;
	struct dictc_erratum **erratum_tail;
	struct dictc_import **import_tail;
};

/* Parses a whole file into `grammar`. False after a diagnostic. */
bool dictc_parse(struct dictc *dictc, struct dm_bytes text, struct dictc_grammar *grammar);

/* Where the parser stands. */
const struct dictc_token *dictc_now(const struct dictc_parser *parser);
bool dictc_at_sign(const struct dictc_parser *parser, char sign);
bool dictc_at_word(const struct dictc_parser *parser, const char *word);
/* At a section's head or at the end of the file. */
bool dictc_at_section(const struct dictc_parser *parser);
/* Index behind the last token of the line on which token `at` stands. */
size_t dictc_line_end(const struct dictc_parser *parser, size_t at);
/* The same for the line of the section's head, when the parser stands right behind its word. */
size_t dictc_head_end(const struct dictc_parser *parser);

/* Right behind token `end` - 1: where what is missing should have been. */
struct dictc_place dictc_behind(const struct dictc_parser *parser, size_t end);

/* Words [from, to) as one name, runs of blanks made one; text NULL after a diagnostic. */
struct dictc_name dictc_name_of(struct dictc_parser *parser, size_t from, size_t to);
/* One word before token `end`. False after a diagnostic that says that `what` is missing. */
bool dictc_take_name(struct dictc_parser *parser, size_t end, const char *what,
                     struct dictc_name *name);
/* One number up to `max`, decimal or 0x. */
bool dictc_take_number(struct dictc_parser *parser, size_t end, const char *what, uint32_t max,
                       uint32_t *number);
bool dictc_take_sign(struct dictc_parser *parser, char sign, const char *where);
/* The rest of the line as a reference: "6.3" of `@document RFC 6733` is "RFC 6733 6.3". */
const char *dictc_take_reference(struct dictc_parser *parser, size_t end);
/* 3, 3+, 0-1: an occurrence as the tables write it. */
bool dictc_read_occurrence(const char *text, struct dictc_occurrence *occurrence);
/* All digits (or 0x), at most `max`. */
bool dictc_read_number(struct dm_bytes text, uint32_t max, uint32_t *number);

bool dictc_parse_avp_types(struct dictc_parser *parser);
bool dictc_parse_commands(struct dictc_parser *parser);
bool dictc_parse_enum(struct dictc_parser *parser);
bool dictc_parse_table(struct dictc_parser *parser);
bool dictc_parse_errata(struct dictc_parser *parser);
bool dictc_parse_blocks(struct dictc_parser *parser, struct dictc_block ***tail,
                        const char *header_word);

/* "AVP Header", "Diameter Header": what the header of a block says first. */
#define DICTC_HEADER_COMMAND "Diameter"
#define DICTC_HEADER_GROUP   "AVP"

#endif
