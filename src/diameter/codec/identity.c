/* SPDX-License-Identifier: Apache-2.0 */
#include "syntax.h"

#define NAME_LIMIT  255 /* RFC 1035 2.3.4 */
#define LABEL_LIMIT 63

/* 0: not allowed, 1: part of a label, 2: the dot. */
static const uint8_t octet_kinds[256] = {
	['-'] = 1, ['_'] = 1, ['.'] = 2, ['0'] = 1, ['1'] = 1, ['2'] = 1, ['3'] = 1, ['4'] = 1,
	['5'] = 1, ['6'] = 1, ['7'] = 1, ['8'] = 1, ['9'] = 1, ['a'] = 1, ['b'] = 1, ['c'] = 1,
	['d'] = 1, ['e'] = 1, ['f'] = 1, ['g'] = 1, ['h'] = 1, ['i'] = 1, ['j'] = 1, ['k'] = 1,
	['l'] = 1, ['m'] = 1, ['n'] = 1, ['o'] = 1, ['p'] = 1, ['q'] = 1, ['r'] = 1, ['s'] = 1,
	['t'] = 1, ['u'] = 1, ['v'] = 1, ['w'] = 1, ['x'] = 1, ['y'] = 1, ['z'] = 1, ['A'] = 1,
	['B'] = 1, ['C'] = 1, ['D'] = 1, ['E'] = 1, ['F'] = 1, ['G'] = 1, ['H'] = 1, ['I'] = 1,
	['J'] = 1, ['K'] = 1, ['L'] = 1, ['M'] = 1, ['N'] = 1, ['O'] = 1, ['P'] = 1, ['Q'] = 1,
	['R'] = 1, ['S'] = 1, ['T'] = 1, ['U'] = 1, ['V'] = 1, ['W'] = 1, ['X'] = 1, ['Y'] = 1,
	['Z'] = 1,
};

static bool is_label_size(size_t size)
{
	return size >= 1 && size <= LABEL_LIMIT;
}

bool dm_is_diameter_identity(struct dm_bytes text)
{
	size_t label = 0; /* where it starts */

	if (text.size > NAME_LIMIT)
		return false;
	for (size_t i = 0; i < text.size; i++) {
		uint8_t kind = octet_kinds[text.at[i]];

		if (kind == 1)
			continue;
		if (kind == 0 || !is_label_size(i - label))
			return false;
		label = i + 1;
	}
	return is_label_size(text.size - label);
}
