/* SPDX-License-Identifier: Apache-2.0 */
#include "emit.h"

#include <stdarg.h>
#include <stdio.h>

#define PIECE_ROOM 1024

void dictc_emit(struct dm_writer *out, const char *format, ...)
{
	char piece[PIECE_ROOM];
	va_list list;
	int size;

	va_start(list, format);
	size = vsnprintf(piece, sizeof(piece), format, list);
	va_end(list);
	if (size < 0 || (size_t)size >= sizeof(piece)) {
		out->failed = true;
		return;
	}
	dm_writer_bytes(out, dm_bytes_of(piece, (size_t)size));
}

bool dictc_line_counts(const struct dictc_line *line)
{
	return !line->omitted && !line->any;
}

bool dictc_line_has_member(const struct dictc_line *line)
{
	return dictc_line_counts(line) && line->occurrence.max > 0;
}

void dictc_emit_line(struct dm_writer *out, enum dictc_bracket bracket,
                     struct dictc_occurrence occurrence, const char *name)
{
	static const char brackets[][2] = { { '<', '>' }, { '{', '}' }, { '[', ']' } };
	bool plain = occurrence.max == 1 && occurrence.min == (bracket != DICTC_OPTIONAL);

	dictc_emit(out, "\t");
	if (!plain) {
		if (occurrence.min > 0 || occurrence.max != DICTC_UNBOUNDED)
			dictc_emit(out, "%u", occurrence.min);
		dictc_emit(out, "*");
		if (occurrence.max != DICTC_UNBOUNDED)
			dictc_emit(out, "%u", occurrence.max);
		dictc_emit(out, " ");
	}
	dictc_emit(out, "%c %s %c\n", brackets[bracket][0], name, brackets[bracket][1]);
}

void dictc_emit_flags(struct dm_writer *out, const struct dictc_block *block, const char *optional)
{
	dictc_emit(out, "%s%s%s%s >\n", block->request ? ", REQ" : "",
	           block->proxiable ? ", PXY" : "", block->error ? ", ERR" : "",
	           block->proxiable_optional ? optional : "");
}

void dictc_print(const struct dictc_grammar *grammar, enum dictc_format format,
                 const char *include_folder, struct dm_writer *out)
{
	switch (format) {
	case DICTC_C_HEADER:
		dictc_emit_c_header(grammar, include_folder, out);
		break;
	case DICTC_C_TABLES:
		dictc_emit_c_tables(grammar, include_folder, out);
		break;
	case DICTC_OTP:
		dictc_emit_otp(grammar, out);
		break;
	case DICTC_WIRESHARK:
		dictc_emit_wireshark(grammar, out);
		break;
	case DICTC_DIA:
		dictc_emit_dia(grammar, out);
		break;
	}
}
