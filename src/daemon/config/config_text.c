/* SPDX-License-Identifier: Apache-2.0 */
#include "config_text.h"

static bool starts_with(struct dm_bytes text, size_t at, const char *mark)
{
	size_t size = strlen(mark);

	return text.size - at >= size && memcmp(text.at + at, mark, size) == 0;
}

/* Behind the closing quote; the end of the text when there is none. */
static size_t quoted_end(struct dm_bytes text, size_t at)
{
	uint8_t quote = text.at[at];

	for (size_t i = at + 1; i < text.size; i++) {
		if (text.at[i] == '\\')
			i++;
		else if (text.at[i] == quote)
			return i + 1;
	}
	return text.size;
}

static size_t line_end(struct dm_bytes text, size_t at)
{
	while (at < text.size && text.at[at] != '\n')
		at++;
	return at;
}

/* Behind the end mark; 0 when there is none. */
static size_t comment_end(struct dm_bytes text, size_t at)
{
	for (size_t i = at + 2; i < text.size; i++) {
		if (starts_with(text, i, "*/"))
			return i + 2;
	}
	return 0;
}

/* A path may hold slashes: these marks count only where a word could begin. */
static bool word_may_begin(struct dm_bytes text, size_t at)
{
	return at == 0 || memchr(" \t\r\n{}=,+()", text.at[at - 1], 12) != NULL;
}

struct part {
	size_t begin, end; /* end 0: open until the end of the text */
	bool comment;
};

/* The quoted text or comment that begins at or behind `from`, the end of another one or of nothing,
 * where a word may begin; false: there is none. */
static bool next_part(struct dm_bytes text, size_t from, struct part *part)
{
	for (size_t at = from; at < text.size; at++) {
		bool begins = at == from || word_may_begin(text, at);

		if (text.at[at] == '"' || text.at[at] == '\'')
			*part = (struct part){ at, quoted_end(text, at), false };
		else if (text.at[at] == '#' || (begins && starts_with(text, at, "//")))
			*part = (struct part){ at, line_end(text, at), true };
		else if (begins && starts_with(text, at, "/*"))
			*part = (struct part){ at, comment_end(text, at), true };
		else
			continue;
		return true;
	}
	return false;
}

static unsigned line_at(struct dm_bytes text, size_t at)
{
	unsigned line = 1;

	for (size_t i = 0; i < at; i++)
		line += text.at[i] == '\n';
	return line;
}

bool hw_config_text_check(struct dm_bytes text, struct hw_report *report)
{
	const uint8_t *nul = text.size ? memchr(text.at, '\0', text.size) : NULL;
	struct part part = { 0 };

	if (nul) {
		hw_report_add(report, line_at(text, (size_t)(nul - text.at)),
		              "a NUL octet; this must be a text file");
		return false;
	}
	while (next_part(text, part.end, &part)) {
		if (part.end == 0) {
			hw_report_add(report, line_at(text, part.begin),
			              "this comment has no end; close it with */");
			return false;
		}
	}
	return true;
}

unsigned hw_config_text_lines(struct dm_bytes text)
{
	bool whole = text.size == 0 || text.at[text.size - 1] == '\n';

	return line_at(text, text.size) - whole;
}

void hw_config_text_blank(char *text, size_t size)
{
	struct dm_bytes octets = dm_bytes_of(text, size);
	struct part part = { 0 };

	while (next_part(octets, part.end, &part)) {
		for (size_t i = part.begin; part.comment && i < part.end; i++) {
			if (text[i] != '\n')
				text[i] = ' ';
		}
	}
}
