/* SPDX-License-Identifier: Apache-2.0 */
#include "context.h"

#include <stdio.h>
#include <stdlib.h>

#define MEMORY_LIMIT ((size_t)64 * 1024 * 1024)
#define TEXT_ROOM    1024

struct dictc *dictc_new(dictc_load *load, void *context)
{
	struct dictc *dictc = calloc(1, sizeof(*dictc));

	if (!dictc)
		return NULL;
	dm_arena_init(&dictc->arena, MEMORY_LIMIT);
	dictc->load = load;
	dictc->load_context = context;
	return dictc;
}

void dictc_free(struct dictc *dictc)
{
	if (!dictc)
		return;
	dm_arena_fini(&dictc->arena);
	free(dictc);
}

size_t dictc_diagnostic_count(const struct dictc *dictc)
{
	return dictc->diagnostic_count;
}

const char *dictc_diagnostic(const struct dictc *dictc, size_t index)
{
	return dictc->diagnostics[index];
}

static void keep(struct dictc *dictc, const char *diagnostic)
{
	dictc->fault_count++;
	if (dictc->diagnostic_count < DICTC_DIAGNOSTIC_LIMIT)
		dictc->diagnostics[dictc->diagnostic_count++] = diagnostic;
}

void *dictc_take(struct dictc *dictc, size_t size)
{
	void *taken = dm_arena_zero(&dictc->arena, size);

	if (!taken && !dictc->exhausted) {
		dictc->exhausted = true;
		keep(dictc, "dictc: out of memory; the grammar is too large");
	}
	return taken;
}

const char *dictc_copy(struct dictc *dictc, struct dm_bytes bytes)
{
	char *copy = dictc_take(dictc, bytes.size + 1);

	if (copy && bytes.size > 0)
		memcpy(copy, bytes.at, bytes.size);
	return copy;
}

__attribute__((format(printf, 2, 0))) static const char *format_list(struct dictc *dictc,
                                                                     const char *format,
                                                                     va_list list)
{
	char buffer[TEXT_ROOM];
	struct dm_text text;

	dm_text_init(&text, buffer, sizeof(buffer));
	dm_text_add_list(&text, format, list);
	return dictc_copy(dictc, dm_bytes_of(buffer, text.size));
}

const char *dictc_format_text(struct dictc *dictc, const char *format, ...)
{
	const char *text;
	va_list list;

	va_start(list, format);
	text = format_list(dictc, format, list);
	va_end(list);
	return text;
}

void dictc_complain(struct dictc *dictc, struct dictc_place at, const char *format, ...)
{
	const char *sentence;
	const char *diagnostic = NULL;
	va_list list;

	if (dictc->diagnostic_count == DICTC_DIAGNOSTIC_LIMIT) {
		dictc->fault_count++;
		return;
	}
	va_start(list, format);
	sentence = format_list(dictc, format, list);
	va_end(list);
	if (sentence)
		diagnostic = dictc_format_text(dictc, "%s:%u:%u: %s", at.file, at.line, at.column,
		                               sentence);
	if (diagnostic)
		keep(dictc, diagnostic);
}
