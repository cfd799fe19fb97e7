/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emit: what the back ends share. A back end is a function from a complete grammar to text; it
 * decides nothing that the checks have not decided.
 */
#ifndef DICTC_EMIT_H
#define DICTC_EMIT_H

#include "base/writer.h"
#include "cname.h"
#include "dictc.h"

void dictc_emit(struct dm_writer *out, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Whether a line is part of the grammar: not struck by an erratum, and no `AVP`. */
bool dictc_line_counts(const struct dictc_line *line);
/* Whether it has a member in the struct: it counts and may appear. */
bool dictc_line_has_member(const struct dictc_line *line);

/* "\t1* { Host-IP-Address }\n" */
void dictc_emit_line(struct dm_writer *out, enum dictc_bracket bracket,
                     struct dictc_occurrence occurrence, const char *name);
/* ", REQ, PXY >\n"; `optional` is how the answer-message's optional P bit is spelled. */
void dictc_emit_flags(struct dm_writer *out, const struct dictc_block *block, const char *optional);

void dictc_emit_c_header(const struct dictc_grammar *grammar, const char *folder,
                         struct dm_writer *out);
void dictc_emit_c_tables(const struct dictc_grammar *grammar, const char *folder,
                         struct dm_writer *out);
void dictc_emit_otp(const struct dictc_grammar *grammar, struct dm_writer *out);
void dictc_emit_wireshark(const struct dictc_grammar *grammar, struct dm_writer *out);
void dictc_emit_dia(const struct dictc_grammar *grammar, struct dm_writer *out);

#endif
