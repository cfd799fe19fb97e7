/* SPDX-License-Identifier: Apache-2.0 */
#include "scan.h"

struct scanner {
	struct dictc *dictc;
	const uint8_t *at;
	const uint8_t *end;
	struct dictc_place place;
	bool faulty;
};

static bool is_word(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c != '\0' && strchr("-_./+&'", c));
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f';
}

static void advance(struct scanner *scanner)
{
	scanner->place.column++;
	if (*scanner->at++ == '\n') {
		scanner->place.line++;
		scanner->place.column = 1;
	}
}

static void skip_blanks(struct scanner *scanner)
{
	bool comment = false;

	for (; scanner->at < scanner->end; advance(scanner)) {
		uint8_t c = *scanner->at;

		if (c == ';')
			comment = true;
		if (c == '\n')
			comment = false;
		if (!comment && !is_blank(c))
			return;
	}
}

static void take_word(struct scanner *scanner, struct dictc_token *token)
{
	token->bytes.at = scanner->at;
	while (scanner->at < scanner->end && is_word(*scanner->at))
		advance(scanner);
	token->bytes.size = (size_t)(scanner->at - token->bytes.at);
}

static void take_section(struct scanner *scanner, struct dictc_token *token)
{
	advance(scanner);
	token->kind = DICTC_TOKEN_SECTION;
	take_word(scanner, token);
	if (token->bytes.size == 0) {
		scanner->faulty = true;
		dictc_complain(scanner->dictc, token->at,
		               "'@' without a section's name behind it; sections are @id, @name, "
		               "@avp_types and so on");
	}
}

static bool starts_with(const struct scanner *scanner, const char *text)
{
	size_t size = strlen(text);

	return (size_t)(scanner->end - scanner->at) >= size && !memcmp(scanner->at, text, size);
}

static void take_defines(struct scanner *scanner, struct dictc_token *token)
{
	token->kind = DICTC_TOKEN_DEFINES;
	token->bytes = dm_bytes_of(scanner->at, 3);
	for (int i = 0; i < 3; i++)
		advance(scanner);
}

static void take_sign(struct scanner *scanner, struct dictc_token *token)
{
	uint8_t c = *scanner->at;

	token->kind = DICTC_TOKEN_SIGN;
	token->sign = (char)c;
	token->bytes = dm_bytes_of(scanner->at, 1);
	if (c == '\0' || !strchr("<>{}[]()*,:=|", c)) {
		scanner->faulty = true;
		if (c > ' ' && c < 0x7f)
			dictc_complain(scanner->dictc, token->at, "'%c' has no meaning here", c);
		else
			dictc_complain(scanner->dictc, token->at,
			               "octet 0x%02x has no meaning here; grammars are ASCII", c);
	}
	advance(scanner);
}

static void take_token(struct scanner *scanner, struct dictc_token *token)
{
	*token = (struct dictc_token){ .at = scanner->place };
	if (scanner->at == scanner->end)
		return;
	if (is_word(*scanner->at)) {
		token->kind = DICTC_TOKEN_WORD;
		take_word(scanner, token);
		return;
	}
	if (*scanner->at == '@') {
		take_section(scanner, token);
		return;
	}
	if (starts_with(scanner, "::=")) {
		take_defines(scanner, token);
		return;
	}
	take_sign(scanner, token);
}

static size_t count_tokens(struct scanner scanner)
{
	struct dictc silent = { .diagnostic_count = DICTC_DIAGNOSTIC_LIMIT };
	struct dictc_token token;
	size_t count = 0;

	scanner.dictc = &silent;
	do {
		skip_blanks(&scanner);
		take_token(&scanner, &token);
		count++;
	} while (token.kind != DICTC_TOKEN_END);
	return count;
}

bool dictc_scan(struct dictc *dictc, const char *file, struct dm_bytes text,
                struct dictc_tokens *tokens)
{
	struct scanner scanner = {
		.dictc = dictc,
		.at = text.at ? text.at : (const uint8_t *)"",
		.place = { .file = file, .line = 1, .column = 1 },
	};
	struct dictc_token *taken;

	scanner.end = scanner.at + text.size;
	if (text.size > DICTC_SOURCE_LIMIT) {
		dictc_complain(dictc, scanner.place, "a grammar of %zu octets; at most %zu",
		               text.size, DICTC_SOURCE_LIMIT);
		return false;
	}
	tokens->count = count_tokens(scanner);
	taken = dictc_take(dictc, tokens->count * sizeof(*taken));
	if (!taken)
		return false;
	for (size_t i = 0; i < tokens->count; i++) {
		skip_blanks(&scanner);
		take_token(&scanner, &taken[i]);
	}
	tokens->at = taken;
	return !scanner.faulty;
}
