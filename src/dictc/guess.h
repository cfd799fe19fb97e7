/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guess: the name that was probably meant.
 *
 * Offer every candidate; the nearest by edit distance (letters folded, blank = `-` = `_`) is kept
 * when it is near enough for its length. Used for diagnostics only.
 */
#ifndef DICTC_GUESS_H
#define DICTC_GUESS_H

#include <stddef.h>

struct dictc_guess {
	const char *wanted;
	const char *best; /* NULL: nothing is near */
	size_t distance;
	char text[128];
};

void dictc_guess_init(struct dictc_guess *guess, const char *wanted);
void dictc_guess_offer(struct dictc_guess *guess, const char *candidate);
/* "; did you mean 'X'?" or "". Borrowed from `guess`. */
const char *dictc_guess_text(struct dictc_guess *guess);

#endif
