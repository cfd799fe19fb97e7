/* SPDX-License-Identifier: Apache-2.0 */
#include "guess.h"

#include <stdio.h>
#include <string.h>

#define LONGEST 64

static int fold(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A' + 'a';
	return c == ' ' || c == '_' ? '-' : c;
}

static size_t least(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* Levenshtein's distance, one row at a time; both at most LONGEST long. */
static size_t distance(const char *a, size_t a_size, const char *b, size_t b_size)
{
	size_t row[LONGEST + 1];

	for (size_t j = 0; j <= b_size; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_size; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b_size; j++) {
			size_t change = diagonal + (fold(a[i - 1]) != fold(b[j - 1]));

			diagonal = row[j];
			row[j] = least(change, row[j] + 1, row[j - 1] + 1);
		}
	}
	return row[b_size];
}

void dictc_guess_init(struct dictc_guess *guess, const char *wanted)
{
	size_t size = strlen(wanted);

	*guess = (struct dictc_guess){ .wanted = wanted, .distance = size / 3 + 1 };
}

void dictc_guess_offer(struct dictc_guess *guess, const char *candidate)
{
	size_t wanted_size = strlen(guess->wanted);
	size_t size = strlen(candidate);
	size_t found;

	if (size == 0 || size > LONGEST || wanted_size > LONGEST)
		return;
	found = distance(guess->wanted, wanted_size, candidate, size);
	if (found < guess->distance || (found == guess->distance && !guess->best)) {
		guess->distance = found;
		guess->best = candidate;
	}
}

const char *dictc_guess_text(struct dictc_guess *guess)
{
	if (!guess->best)
		return "";
	snprintf(guess->text, sizeof(guess->text), "; did you mean '%s'?", guess->best);
	return guess->text;
}
