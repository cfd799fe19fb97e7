/* SPDX-License-Identifier: Apache-2.0 */
/*
 * context: what the passes of the compiler share: memory and diagnostics.
 *
 * At most DICTC_DIAGNOSTIC_LIMIT diagnostics are kept, the rest are counted. When the memory limit
 * is reached the first failing dictc_take says so, once; callers leave early on NULL.
 */
#ifndef DICTC_CONTEXT_H
#define DICTC_CONTEXT_H

#include "base/arena.h"
#include "base/text.h"
#include "dictc.h"
#include "model.h"

#define DICTC_DIAGNOSTIC_LIMIT 50
#define DICTC_INHERIT_LIMIT    16

struct dictc {
	struct dm_arena arena;
	dictc_load *load;
	void *load_context;
	const char *diagnostics[DICTC_DIAGNOSTIC_LIMIT];
	size_t diagnostic_count; /* kept */
	size_t fault_count;      /* found */
	bool exhausted;
	unsigned depth; /* of @inherits */
	struct dictc_grammar *grammars;
};

/* Cleared memory, or NULL after a diagnostic. */
void *dictc_take(struct dictc *dictc, size_t size);
/* A copy with a NUL; NULL after a diagnostic. */
const char *dictc_copy(struct dictc *dictc, struct dm_bytes bytes);
const char *dictc_format_text(struct dictc *dictc, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Records "file:line:column: ...". */
void dictc_complain(struct dictc *dictc, struct dictc_place at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
