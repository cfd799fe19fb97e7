/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/hex.h"

#include "base/text.h"

#include <ctype.h>
#include <stdio.h>

struct place {
	unsigned line, column;
};

static int digit_value(uint8_t octet)
{
	if (octet >= '0' && octet <= '9')
		return octet - '0';
	octet |= 0x20;
	return octet >= 'a' && octet <= 'f' ? octet - 'a' + 10 : -1;
}

static bool wrong(struct place place, const char *what, char *why, size_t why_room)
{
	(void)snprintf(why, why_room, "line %u, column %u: %s", place.line, place.column, what);
	return false;
}

static bool no_digit(struct place place, uint8_t octet, char *why, size_t why_room)
{
	char shown[8], what[48];
	struct dm_text text;

	dm_text_init(&text, shown, sizeof(shown));
	dm_text_octets(&text, dm_bytes_of(&octet, 1));
	(void)snprintf(what, sizeof(what), "'%s' is no hexadecimal digit", shown);
	return wrong(place, what, why, why_room);
}

/* How many octets at `at` say nothing: blanks, separators, "0x", a comment. */
static size_t silent(struct dm_bytes text, size_t at)
{
	uint8_t octet = text.at[at];
	size_t size = 0;

	if (isspace(octet) || octet == ':' || octet == '-' || octet == ',')
		return 1;
	if (octet == '0' && at + 1 < text.size && (text.at[at + 1] | 0x20) == 'x')
		return 2;
	while (octet == '#' && at + size < text.size && text.at[at + size] != '\n')
		size++;
	return size;
}

static void move(struct place *place, struct dm_bytes over)
{
	for (size_t i = 0; i < over.size; i++) {
		place->column = over.at[i] == '\n' ? 1 : place->column + 1;
		place->line += over.at[i] == '\n';
	}
}

bool hw_hex_read(struct dm_bytes text, struct dm_writer *out, char *why, size_t why_room)
{
	struct place place = { 1, 1 };
	size_t at = 0;

	while (at < text.size) {
		size_t size = silent(text, at);

		if (size == 0) {
			int high = digit_value(text.at[at]);
			int low = at + 1 < text.size ? digit_value(text.at[at + 1]) : -1;

			if (high < 0)
				return no_digit(place, text.at[at], why, why_room);
			if (low < 0)
				return wrong(place, "half an octet: digits come in pairs", why,
				             why_room);
			dm_writer_u8(out, (uint8_t)(high << 4 | low));
			size = 2;
		}
		move(&place, dm_bytes_of(text.at + at, size));
		at += size;
	}
	return out->failed ? wrong(place, "too many octets", why, why_room) : true;
}
