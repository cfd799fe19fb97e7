/* SPDX-License-Identifier: Apache-2.0 */
#include "syntax.h"

#define NAME_LIMIT  255 /* RFC 1035 2.3.4 */
#define LABEL_LIMIT 63

/* What an octet may be; what is not listed is not allowed. */
enum { ALLOWED = 1, DOT = 2 };

static const uint8_t octet_kinds[256] = {
	['-'] = ALLOWED, ['_'] = ALLOWED, ['.'] = ALLOWED | DOT, ['0'] = ALLOWED, ['1'] = ALLOWED,
	['2'] = ALLOWED, ['3'] = ALLOWED, ['4'] = ALLOWED,       ['5'] = ALLOWED, ['6'] = ALLOWED,
	['7'] = ALLOWED, ['8'] = ALLOWED, ['9'] = ALLOWED,       ['a'] = ALLOWED, ['b'] = ALLOWED,
	['c'] = ALLOWED, ['d'] = ALLOWED, ['e'] = ALLOWED,       ['f'] = ALLOWED, ['g'] = ALLOWED,
	['h'] = ALLOWED, ['i'] = ALLOWED, ['j'] = ALLOWED,       ['k'] = ALLOWED, ['l'] = ALLOWED,
	['m'] = ALLOWED, ['n'] = ALLOWED, ['o'] = ALLOWED,       ['p'] = ALLOWED, ['q'] = ALLOWED,
	['r'] = ALLOWED, ['s'] = ALLOWED, ['t'] = ALLOWED,       ['u'] = ALLOWED, ['v'] = ALLOWED,
	['w'] = ALLOWED, ['x'] = ALLOWED, ['y'] = ALLOWED,       ['z'] = ALLOWED, ['A'] = ALLOWED,
	['B'] = ALLOWED, ['C'] = ALLOWED, ['D'] = ALLOWED,       ['E'] = ALLOWED, ['F'] = ALLOWED,
	['G'] = ALLOWED, ['H'] = ALLOWED, ['I'] = ALLOWED,       ['J'] = ALLOWED, ['K'] = ALLOWED,
	['L'] = ALLOWED, ['M'] = ALLOWED, ['N'] = ALLOWED,       ['O'] = ALLOWED, ['P'] = ALLOWED,
	['Q'] = ALLOWED, ['R'] = ALLOWED, ['S'] = ALLOWED,       ['T'] = ALLOWED, ['U'] = ALLOWED,
	['V'] = ALLOWED, ['W'] = ALLOWED, ['X'] = ALLOWED,       ['Y'] = ALLOWED, ['Z'] = ALLOWED,
};

static bool are_labels_short(struct dm_bytes text)
{
	size_t label = 0;

	for (size_t i = 0; i < text.size; i++) {
		label = text.at[i] == '.' ? 0 : label + 1;
		if (label > LABEL_LIMIT)
			return false;
	}
	return true;
}

/* Without a branch per octet: every message has several of them. */
bool dm_is_diameter_identity(struct dm_bytes text)
{
	uint8_t all = ALLOWED;
	uint8_t empty_label = 0;
	uint8_t before = DOT;

	for (size_t i = 0; i < text.size; i++) {
		uint8_t kind = octet_kinds[text.at[i]];

		all &= kind;
		empty_label |= before & kind;
		before = kind;
	}
	if (!(all & ALLOWED) || (empty_label & DOT) || (before & DOT))
		return false;
	return text.size <= LABEL_LIMIT || (text.size <= NAME_LIMIT && are_labels_short(text));
}
