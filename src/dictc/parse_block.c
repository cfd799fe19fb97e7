/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command blocks, in the notation of RFC 6733 3.2 and 4.4, byte for byte as documents print
 * them. Beyond the RFC's own grammar we take what documents do: a name without < >, blanks and
 * parentheses inside a name, a word for the number in the header. What is not an AVP or a
 * number is repaired by an erratum (resolve.c) or refused there.
 */
#include "parser.h"

#define LINES_LIMIT 1024

static bool is_sign(const struct dictc_token *token, char sign)
{
	return token->kind == DICTC_TOKEN_SIGN && token->sign == sign;
}

/* Index of the next `sign` at or behind `at`, when only words and parentheses are before it. */
static size_t find_close(const struct dictc_parser *parser, size_t at, char sign)
{
	for (; !is_sign(&parser->tokens[at], sign); at++) {
		const struct dictc_token *token = &parser->tokens[at];

		if (token->kind != DICTC_TOKEN_WORD && !is_sign(token, '(') && !is_sign(token, ')'))
			return 0;
	}
	return at;
}

/* Index of the `::=` when a block begins at `at`: `<name> ::=` or `name ::=`; else 0. */
static size_t block_defines(const struct dictc_parser *parser, size_t at)
{
	if (is_sign(&parser->tokens[at], '<')) {
		at = find_close(parser, at + 1, '>');
		if (at == 0)
			return 0;
		at++;
	} else {
		while (parser->tokens[at].kind == DICTC_TOKEN_WORD)
			at++;
	}
	return parser->tokens[at].kind == DICTC_TOKEN_DEFINES ? at : 0;
}

static bool parse_head(struct dictc_parser *parser, struct dictc_block *block)
{
	size_t defines = block_defines(parser, parser->at);
	size_t from = parser->at;
	size_t to = defines;

	if (defines == 0) {
		dictc_complain(parser->dictc, dictc_now(parser)->at,
		               "'NAME ::=' is missing here: a block begins with it");
		return false;
	}
	if (dictc_at_sign(parser, '<')) {
		block->bracketed = true;
		from++;
		to--;
	}
	parser->at = defines + 1;
	if (from >= to) {
		dictc_complain(parser->dictc, parser->tokens[defines].at,
		               "a name is missing before '::='");
		return false;
	}
	block->printed = dictc_name_of(parser, from, to);
	return block->printed.text != NULL;
}

/* `Diameter Header:` or, as RFC 3588 and the ABNF have it, `Diameter-Header:`. */
static bool parse_header_word(struct dictc_parser *parser, const char *word)
{
	const char *dashed = dictc_format_text(parser->dictc, "%s-Header", word);

	if (!dashed)
		return false;
	if (dictc_at_word(parser, dashed)) {
		parser->at++;
		return dictc_take_sign(parser, ':', "behind the word Header");
	}
	if (!dictc_at_word(parser, word) ||
	    !dm_bytes_equal(dictc_now(parser)[1].bytes, DM_BYTES_LITERAL("Header"))) {
		dictc_complain(parser->dictc, dictc_now(parser)->at,
		               "'%s Header:' is missing here: the header of this section's blocks",
		               word);
		return false;
	}
	parser->at += 2;
	return dictc_take_sign(parser, ':', "behind the word Header");
}

static bool set_flag(struct dictc_parser *parser, struct dictc_block *block)
{
	bool *flag = NULL;

	if (dictc_at_word(parser, "REQ"))
		flag = &block->request;
	if (dictc_at_word(parser, "PXY"))
		flag = &block->proxiable;
	if (dictc_at_word(parser, "ERR"))
		flag = &block->error;
	if (!flag) {
		dictc_complain(parser->dictc, dictc_now(parser)->at,
		               "a header has the flags REQ, PXY and ERR, and no other");
		return false;
	}
	if (*flag) {
		dictc_complain(parser->dictc, dictc_now(parser)->at, "'%.*s' is given twice",
		               (int)dictc_now(parser)->bytes.size,
		               (const char *)dictc_now(parser)->bytes.at);
		return false;
	}
	*flag = true;
	parser->at++;
	return true;
}

/* `[, PXY]`, in RFC 3588 `[PXY]`: the answer-message's P bit is the request's (RFC 6733 7.2). */
static bool parse_optional_flag(struct dictc_parser *parser, struct dictc_block *block)
{
	parser->at++;
	if (dictc_at_sign(parser, ','))
		parser->at++;
	if (!dictc_at_word(parser, "PXY")) {
		dictc_complain(parser->dictc, dictc_now(parser)->at,
		               "only '[, PXY]' may be optional in a header");
		return false;
	}
	parser->at++;
	block->proxiable_optional = true;
	return dictc_take_sign(parser, ']', "behind '[, PXY'");
}

static bool parse_flags(struct dictc_parser *parser, struct dictc_block *block)
{
	while (dictc_at_sign(parser, ',')) {
		parser->at++;
		if (!set_flag(parser, block))
			return false;
	}
	if (dictc_at_sign(parser, '['))
		return parse_optional_flag(parser, block);
	return true;
}

/* RFC 6733 4.4: "<" "AVP-Header:" avpcode [vendor] ">" */
static bool parse_vendor(struct dictc_parser *parser, struct dictc_block *block)
{
	if (dictc_now(parser)->kind != DICTC_TOKEN_WORD)
		return true;
	return dictc_take_name(parser, parser->at + 1, "the vendor", &block->vendor);
}

static bool parse_header(struct dictc_parser *parser, struct dictc_block *block, const char *word)
{
	bool command = !strcmp(word, DICTC_HEADER_COMMAND);

	if (!dictc_take_sign(parser, '<', "before the header") || !parse_header_word(parser, word))
		return false;
	if (!dictc_take_name(parser, parser->at + 1, "the code", &block->code))
		return false;
	if (command && !parse_flags(parser, block))
		return false;
	if (!command && !parse_vendor(parser, block))
		return false;
	return dictc_take_sign(parser, '>', "at the end of the header");
}

static bool take_bound(struct dictc_parser *parser, bool *given, uint32_t *bound)
{
	*given = dictc_now(parser)->kind == DICTC_TOKEN_WORD;
	if (!*given)
		return true;
	return dictc_take_number(parser, parser->at + 1, "a count", DICTC_UNBOUNDED - 1, bound);
}

struct qualifier {
	bool given;
	bool has_min;
	bool has_max;
	uint32_t min;
	uint32_t max;
	struct dictc_place at;
};

/* qual = [min] "*" [max] */
static bool parse_qualifier(struct dictc_parser *parser, struct qualifier *qualifier)
{
	*qualifier = (struct qualifier){ .at = dictc_now(parser)->at };
	if (!take_bound(parser, &qualifier->has_min, &qualifier->min))
		return false;
	qualifier->given = dictc_at_sign(parser, '*');
	if (!qualifier->given) {
		if (qualifier->has_min)
			dictc_complain(parser->dictc, dictc_now(parser)->at,
			               "'*' is missing behind the count; a qualifier is "
			               "[min] * [max]");
		return !qualifier->has_min;
	}
	parser->at++;
	return take_bound(parser, &qualifier->has_max, &qualifier->max);
}

static bool take_bracket(struct dictc_parser *parser, enum dictc_bracket *bracket, char *close)
{
	static const struct {
		char open;
		char close;
		enum dictc_bracket bracket;
	} brackets[] = {
		{ '<', '>', DICTC_FIXED },
		{ '{', '}', DICTC_REQUIRED },
		{ '[', ']', DICTC_OPTIONAL },
	};

	for (size_t i = 0; i < 3; i++) {
		if (!dictc_at_sign(parser, brackets[i].open))
			continue;
		parser->at++;
		*bracket = brackets[i].bracket;
		*close = brackets[i].close;
		return true;
	}
	dictc_complain(parser->dictc, dictc_now(parser)->at,
	               "'<', '{' or '[' is missing here: a line names an AVP in one of them");
	return false;
}

/* The defaults of RFC 6733 3.2. */
static struct dictc_occurrence default_occurrence(enum dictc_bracket bracket,
                                                  const struct qualifier *qualifier)
{
	struct dictc_occurrence occurrence = { .min = bracket == DICTC_OPTIONAL ? 0 : 1, .max = 1 };

	if (!qualifier->given)
		return occurrence;
	occurrence.min = bracket == DICTC_REQUIRED ? 1 : 0;
	if (qualifier->has_min)
		occurrence.min = (uint16_t)qualifier->min;
	occurrence.max = qualifier->has_max ? (uint16_t)qualifier->max : DICTC_UNBOUNDED;
	return occurrence;
}

static bool check_qualifier(struct dictc_parser *parser, const struct dictc_line *line,
                            const struct qualifier *qualifier)
{
	struct dictc_occurrence occurrence = line->printed_occurrence;
	const char *fault = NULL;

	if (line->bracket == DICTC_OPTIONAL && occurrence.min > 0)
		fault = "an optional line cannot demand an AVP; write { } or 0 before '*'";
	else if (occurrence.min > occurrence.max &&
	         !(qualifier->has_max && qualifier->max == 0 && !qualifier->has_min))
		fault = "the least count is above the greatest";
	else if (line->bracket == DICTC_REQUIRED && occurrence.min == 0)
		fault = "a required line demands at least one; write [ ] instead";
	if (fault)
		dictc_complain(parser->dictc, qualifier->at, "%s", fault);
	return !fault;
}

static bool parse_spec(struct dictc_parser *parser, struct dictc_line *line)
{
	struct qualifier qualifier;
	size_t from;
	size_t to;
	char close;

	if (!parse_qualifier(parser, &qualifier) || !take_bracket(parser, &line->bracket, &close))
		return false;
	from = parser->at;
	to = find_close(parser, from, close);
	if (to == 0 || to == from) {
		dictc_complain(parser->dictc, parser->tokens[from].at,
		               to == 0 ? "no '%c' closes this name"
		                       : "the name of an AVP is missing before '%c'",
		               close);
		return false;
	}
	line->printed = dictc_name_of(parser, from, to);
	line->printed_occurrence = default_occurrence(line->bracket, &qualifier);
	if (line->printed_occurrence.max == 0)
		line->printed_occurrence.min = 0;
	parser->at = to + 1;
	return line->printed.text && check_qualifier(parser, line, &qualifier);
}

/* `...`, for "and so on" (RFC 5778 5.1.1): a name like another, which an erratum must omit. */
static bool parse_ellipsis(struct dictc_parser *parser, struct dictc_line *line)
{
	line->bracket = DICTC_OPTIONAL;
	line->printed = dictc_name_of(parser, parser->at, parser->at + 1);
	line->printed_occurrence.max = 1;
	parser->at++;
	return line->printed.text != NULL;
}

static bool parse_line(struct dictc_parser *parser, struct dictc_line *line)
{
	if (dictc_at_word(parser, "..."))
		return parse_ellipsis(parser, line);
	return parse_spec(parser, line);
}

static bool parse_lines(struct dictc_parser *parser, struct dictc_block *block)
{
	struct dictc_line **tail = &block->lines;

	for (size_t count = 0; !dictc_at_section(parser); count++) {
		struct dictc_line *line;

		if (block_defines(parser, parser->at) > 0)
			return true;
		if (count == LINES_LIMIT) {
			dictc_complain(parser->dictc, dictc_now(parser)->at,
			               "more than %d lines in one block", LINES_LIMIT);
			return false;
		}
		line = dictc_take(parser->dictc, sizeof(*line));
		if (!line || !parse_line(parser, line))
			return false;
		*tail = line;
		tail = &line->next;
	}
	return true;
}

static void skip_block(struct dictc_parser *parser)
{
	while (!dictc_at_section(parser)) {
		parser->at++;
		if (!dictc_at_section(parser) && block_defines(parser, parser->at) > 0)
			return;
	}
}

static bool parse_block(struct dictc_parser *parser, struct dictc_block *block, const char *word)
{
	return parse_head(parser, block) && parse_header(parser, block, word) &&
	       parse_lines(parser, block);
}

bool dictc_parse_blocks(struct dictc_parser *parser, struct dictc_block ***tail,
                        const char *header_word)
{
	bool good = true;

	while (!dictc_at_section(parser)) {
		struct dictc_block *block = dictc_take(parser->dictc, sizeof(*block));

		if (!block)
			return false;
		if (!parse_block(parser, block, header_word)) {
			good = false;
			skip_block(parser);
			continue;
		}
		**tail = block;
		*tail = &block->next;
	}
	return good;
}
