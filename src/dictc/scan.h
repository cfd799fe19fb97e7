/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scan: a grammar file as tokens.
 *
 * Words are letters, digits and `-_./+&'`; everything else that the language knows is one sign.
 * `;` begins a comment that reaches to the end of the line. The line sections of the language need
 * to know where lines end: a token's place tells.
 */
#ifndef DICTC_SCAN_H
#define DICTC_SCAN_H

#include "context.h"

enum dictc_token_kind {
	DICTC_TOKEN_END,
	DICTC_TOKEN_WORD,
	DICTC_TOKEN_SECTION, /* `@word`; its octets are the word's */
	DICTC_TOKEN_DEFINES, /* `::=` */
	DICTC_TOKEN_SIGN,
};

struct dictc_token {
	enum dictc_token_kind kind;
	char sign;             /* one of <>{}[]()*,:=| for a sign */
	struct dm_bytes bytes; /* borrowed from the source */
	struct dictc_place at;
};

struct dictc_tokens {
	const struct dictc_token *at; /* the last one is DICTC_TOKEN_END */
	size_t count;
};

/* False after a diagnostic. */
bool dictc_scan(struct dictc *dictc, const char *file, struct dm_bytes text,
                struct dictc_tokens *tokens);

#endif
