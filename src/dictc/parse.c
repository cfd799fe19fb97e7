/* SPDX-License-Identifier: Apache-2.0 */
#include "guess.h"
#include "parser.h"

const struct dictc_token *dictc_now(const struct dictc_parser *parser)
{
	return &parser->tokens[parser->at];
}

bool dictc_at_sign(const struct dictc_parser *parser, char sign)
{
	return dictc_now(parser)->kind == DICTC_TOKEN_SIGN && dictc_now(parser)->sign == sign;
}

bool dictc_at_word(const struct dictc_parser *parser, const char *word)
{
	return dictc_now(parser)->kind == DICTC_TOKEN_WORD &&
	       dm_bytes_equal(dictc_now(parser)->bytes, dm_bytes_text(word));
}

static bool ends_section(const struct dictc_token *token)
{
	return token->kind == DICTC_TOKEN_SECTION || token->kind == DICTC_TOKEN_END;
}

bool dictc_at_section(const struct dictc_parser *parser)
{
	return ends_section(dictc_now(parser));
}

size_t dictc_line_end(const struct dictc_parser *parser, size_t at)
{
	uint32_t line = parser->tokens[at].at.line;

	while (!ends_section(&parser->tokens[at]) && parser->tokens[at].at.line == line)
		at++;
	return at;
}

struct dictc_name dictc_name_of(struct dictc_parser *parser, size_t from, size_t to)
{
	struct dictc_name name = { .at = parser->tokens[from].at };
	struct dm_bytes last = parser->tokens[to - 1].bytes;
	struct dm_bytes first = parser->tokens[from].bytes;
	size_t room = (size_t)(last.at + last.size - first.at);
	size_t size = 0;
	char *copy;

	if (room > DICTC_WORDS_LIMIT) {
		dictc_complain(parser->dictc, name.at, "%zu octets of words; at most %d", room,
		               DICTC_WORDS_LIMIT);
		return name;
	}
	copy = dictc_take(parser->dictc, room + 1);
	if (!copy)
		return name;
	for (size_t i = from; i < to; i++) {
		struct dm_bytes word = parser->tokens[i].bytes;

		if (i > from &&
		    parser->tokens[i - 1].bytes.at + parser->tokens[i - 1].bytes.size != word.at)
			copy[size++] = ' ';
		memcpy(copy + size, word.at, word.size);
		size += word.size;
	}
	name.text = copy;
	return name;
}

struct dictc_place dictc_behind(const struct dictc_parser *parser, size_t end)
{
	const struct dictc_token *last = &parser->tokens[end - 1];
	struct dictc_place place = last->at;

	place.column += (uint32_t)last->bytes.size + (last->kind == DICTC_TOKEN_SECTION);
	return place;
}

bool dictc_take_name(struct dictc_parser *parser, size_t end, const char *what,
                     struct dictc_name *name)
{
	if (parser->at >= end) {
		dictc_complain(parser->dictc, dictc_behind(parser, parser->at),
		               "%s is missing here", what);
		return false;
	}
	if (dictc_now(parser)->kind != DICTC_TOKEN_WORD) {
		dictc_complain(parser->dictc, dictc_now(parser)->at, "%s is missing here", what);
		return false;
	}
	*name = dictc_name_of(parser, parser->at, parser->at + 1);
	parser->at++;
	return name->text != NULL;
}

static int digit_of(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

bool dictc_read_number(struct dm_bytes text, uint32_t max, uint32_t *number)
{
	int base = 10;
	uint64_t sum = 0;

	if (text.size > 2 && text.at[0] == '0' && text.at[1] == 'x') {
		base = 16;
		text = dm_bytes_of(text.at + 2, text.size - 2);
	}
	if (text.size == 0)
		return false;
	for (size_t i = 0; i < text.size; i++) {
		int digit = digit_of(text.at[i]);

		if (digit >= base)
			return false;
		sum = sum * (unsigned)base + (unsigned)digit;
		if (sum > max)
			return false;
	}
	*number = (uint32_t)sum;
	return true;
}

bool dictc_take_number(struct dictc_parser *parser, size_t end, const char *what, uint32_t max,
                       uint32_t *number)
{
	struct dictc_name name;

	if (!dictc_take_name(parser, end, what, &name))
		return false;
	if (!dictc_read_number(dm_bytes_text(name.text), max, number)) {
		dictc_complain(parser->dictc, name.at, "'%s' is not %s; a number up to %u is",
		               name.text, what, max);
		return false;
	}
	return true;
}

bool dictc_take_sign(struct dictc_parser *parser, char sign, const char *where)
{
	if (!dictc_at_sign(parser, sign)) {
		dictc_complain(parser->dictc, dictc_now(parser)->at, "'%c' is missing %s", sign,
		               where);
		return false;
	}
	parser->at++;
	return true;
}

const char *dictc_take_reference(struct dictc_parser *parser, size_t end)
{
	const char *document = parser->document ? parser->document : "";
	struct dictc_name rest;

	if (parser->at >= end)
		return document;
	rest = dictc_name_of(parser, parser->at, end);
	parser->at = end;
	if (!rest.text || !*document)
		return rest.text ? rest.text : "";
	if (strlen(document) + 1 + strlen(rest.text) > DICTC_WORDS_LIMIT) {
		dictc_complain(parser->dictc, rest.at,
		               "with '%s' before it the reference has more than %d octets",
		               document, DICTC_WORDS_LIMIT);
		return "";
	}
	rest.text = dictc_format_text(parser->dictc, "%s %s", document, rest.text);
	return rest.text ? rest.text : "";
}

/* The head of a section that has one line only: its words, or a diagnostic. */
static bool take_rest(struct dictc_parser *parser, size_t end, const char *what, const char **text)
{
	struct dictc_name name;

	if (parser->at >= end) {
		dictc_complain(parser->dictc, dictc_behind(parser, parser->at),
		               "%s is missing here", what);
		return false;
	}
	name = dictc_name_of(parser, parser->at, end);
	parser->at = end;
	*text = name.text;
	return name.text != NULL;
}

static bool only_once(struct dictc_parser *parser, const struct dictc_name *before,
                      const char *what)
{
	if (!before->text)
		return true;
	dictc_complain(parser->dictc, dictc_now(parser)->at, "%s is given twice; first at %s:%u:%u",
	               what, before->at.file, before->at.line, before->at.column);
	return false;
}

size_t dictc_head_end(const struct dictc_parser *parser)
{
	const struct dictc_token *head = &parser->tokens[parser->at - 1];

	if (dictc_now(parser)->at.line != head->at.line)
		return parser->at;
	return dictc_line_end(parser, parser->at);
}

static bool parse_id(struct dictc_parser *parser)
{
	struct dictc_grammar *grammar = parser->grammar;
	size_t end = dictc_head_end(parser);

	if (!only_once(parser, &grammar->id, "@id"))
		return false;
	if (!dictc_take_number(parser, end, "an Application-Id", UINT32_MAX,
	                       &grammar->application_id))
		return false;
	grammar->id = dictc_name_of(parser, parser->at - 1, parser->at);
	grammar->application_name = "";
	if (parser->at < end)
		return take_rest(parser, end, "the application's name", &grammar->application_name);
	return grammar->id.text != NULL;
}

static bool parse_name(struct dictc_parser *parser)
{
	if (!only_once(parser, &parser->grammar->name, "@name"))
		return false;
	return dictc_take_name(parser, dictc_head_end(parser), "the grammar's name",
	                       &parser->grammar->name);
}

static bool parse_prefix(struct dictc_parser *parser)
{
	if (!only_once(parser, &parser->grammar->prefix, "@prefix"))
		return false;
	return dictc_take_name(parser, dictc_head_end(parser), "the prefix of the C names",
	                       &parser->grammar->prefix);
}

static bool parse_vendor(struct dictc_parser *parser)
{
	struct dictc_grammar *grammar = parser->grammar;
	size_t end = dictc_head_end(parser);

	if (!only_once(parser, &grammar->vendor_at, "@vendor"))
		return false;
	if (!dictc_take_number(parser, end, "a Vendor-Id", UINT32_MAX, &grammar->vendor))
		return false;
	grammar->vendor_at = dictc_name_of(parser, parser->at - 1, parser->at);
	return take_rest(parser, end, "the vendor's name", &grammar->vendor_name);
}

static bool parse_inherits(struct dictc_parser *parser)
{
	struct dictc_import *import = dictc_take(parser->dictc, sizeof(*import));

	if (!import || !dictc_take_name(parser, dictc_head_end(parser), "the name of a grammar",
	                                &import->name))
		return false;
	*parser->import_tail = import;
	parser->import_tail = &import->next;
	return true;
}

static bool parse_document(struct dictc_parser *parser)
{
	return take_rest(parser, dictc_head_end(parser), "the document's name", &parser->document);
}

static bool parse_messages(struct dictc_parser *parser)
{
	return dictc_parse_blocks(parser, &parser->message_tail, DICTC_HEADER_COMMAND);
}

static bool parse_grouped(struct dictc_parser *parser)
{
	return dictc_parse_blocks(parser, &parser->group_tail, DICTC_HEADER_GROUP);
}

static const struct {
	const char *word;
	bool (*parse)(struct dictc_parser *parser);
} sections[] = {
	{ "id", parse_id },
	{ "name", parse_name },
	{ "prefix", parse_prefix },
	{ "vendor", parse_vendor },
	{ "inherits", parse_inherits },
	{ "document", parse_document },
	{ "avp_types", dictc_parse_avp_types },
	{ "commands", dictc_parse_commands },
	{ "messages", parse_messages },
	{ "grouped", parse_grouped },
	{ "enum", dictc_parse_enum },
	{ "occurrence", dictc_parse_table },
	{ "errata", dictc_parse_errata },
};

#define SECTION_COUNT (sizeof(sections) / sizeof(sections[0]))

static bool unknown_section(struct dictc_parser *parser, struct dictc_name word)
{
	struct dictc_guess guess;

	dictc_guess_init(&guess, word.text);
	for (size_t i = 0; i < SECTION_COUNT; i++)
		dictc_guess_offer(&guess, sections[i].word);
	dictc_complain(parser->dictc, word.at, "unknown section '@%s'%s", word.text,
	               dictc_guess_text(&guess));
	return false;
}

static void skip_section(struct dictc_parser *parser)
{
	while (!dictc_at_section(parser))
		parser->at++;
}

static bool parse_section(struct dictc_parser *parser)
{
	struct dictc_name word = dictc_name_of(parser, parser->at, parser->at + 1);

	parser->at++;
	if (!word.text)
		return false;
	for (size_t i = 0; i < SECTION_COUNT; i++) {
		if (!strcmp(word.text, sections[i].word))
			return sections[i].parse(parser);
	}
	return unknown_section(parser, word);
}

static bool parse_sections(struct dictc_parser *parser)
{
	bool good = true;

	while (dictc_now(parser)->kind != DICTC_TOKEN_END) {
		if (!dictc_at_section(parser)) {
			dictc_complain(parser->dictc, dictc_now(parser)->at,
			               "'%.*s' belongs to no section; sections begin with '@'",
			               (int)dictc_now(parser)->bytes.size,
			               (const char *)dictc_now(parser)->bytes.at);
			good = false;
			skip_section(parser);
			continue;
		}
		if (!parse_section(parser)) {
			good = false;
			skip_section(parser);
		}
	}
	return good;
}

bool dictc_parse(struct dictc *dictc, struct dm_bytes text, struct dictc_grammar *grammar)
{
	struct dictc_parser parser = {
		.dictc = dictc,
		.grammar = grammar,
		.avp_tail = &grammar->avps,
		.command_tail = &grammar->commands,
		.message_tail = &grammar->messages,
		.group_tail = &grammar->groups,
		.table_tail = &grammar->tables,
		.erratum_tail = &grammar->errata,
		.import_tail = &grammar->imports,
	};
	struct dictc_tokens tokens;

	if (!dictc_scan(dictc, grammar->file, text, &tokens))
		return false;
	parser.tokens = tokens.at;
	return parse_sections(&parser);
}
