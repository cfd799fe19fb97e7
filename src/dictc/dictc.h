/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dictc: the grammar compiler as a library.
 *
 * A published command grammar goes in (dict/README.md describes the language), a checked grammar
 * comes out, and back ends print it: C structs and tables, an Erlang/OTP dictionary, a Wireshark
 * dictionary, or the same grammar in its own language. Parsing takes any octets: whatever is wrong
 * with them becomes a diagnostic, never an exit. Nothing here opens a file: what `@inherits` names
 * comes from the caller's `load`.
 *
 * Invariants: a grammar that dictc_compile gives has no unresolved name and no unused erratum; all
 * of it lives until dictc_free. A fuzzer calls dictc_compile and dictc_print with octets of its
 * own and a `load` that is NULL.
 */
#ifndef DICTC_DICTC_H
#define DICTC_DICTC_H

#include "base/writer.h"

struct dictc;
struct dictc_grammar;

enum dictc_format {
	DICTC_C_HEADER,
	DICTC_C_TABLES,
	DICTC_OTP,
	DICTC_WIRESHARK,
	DICTC_DIA,
};

/* Octets of one grammar file, at most; more is a diagnostic. */
#define DICTC_SOURCE_LIMIT ((size_t)256 * 1024)

/*
 * Finds the file of `@inherits name`. On success `*file` is the name for diagnostics and `*text`
 * its octets, both borrowed until dictc_free. False when there is none.
 */
typedef bool dictc_load(void *context, const char *name, const char **file, struct dm_bytes *text);

/* NULL when the heap is empty. `load` may be NULL: then nothing can be inherited. */
struct dictc *dictc_new(dictc_load *load, void *context);
void dictc_free(struct dictc *dictc);

/*
 * Parses and checks one grammar, and those that it inherits. `file` and `text` are borrowed until
 * dictc_free. NULL when something is wrong: then there is at least one diagnostic.
 */
const struct dictc_grammar *dictc_compile(struct dictc *dictc, const char *file,
                                          struct dm_bytes text);

/* "file:line:column: what is wrong; a guess", in the order in which they were found. */
size_t dictc_diagnostic_count(const struct dictc *dictc);
const char *dictc_diagnostic(const struct dictc *dictc, size_t index);

/*
 * Appends the grammar as text. `include_folder` precedes the file names in #include lines of the C
 * back ends ("dict/"). A full writer shows in out->failed.
 */
void dictc_print(const struct dictc_grammar *grammar, enum dictc_format format,
                 const char *include_folder, struct dm_writer *out);

/* `@name` of the grammar. */
const char *dictc_grammar_name(const struct dictc_grammar *grammar);

#endif
