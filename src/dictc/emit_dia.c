/* SPDX-License-Identifier: Apache-2.0 */
/* The grammar in its own language, in one spelling: what is parsed again is the same grammar. */
#include "emit.h"

static void emit_head(const struct dictc_grammar *grammar, struct dm_writer *out)
{
	const struct dictc_import *import;

	dictc_emit(out, "@id %u %s\n", grammar->application_id, grammar->application_name);
	dictc_emit(out, "@name %s\n@prefix %s\n", grammar->name.text, grammar->prefix.text);
	if (grammar->vendor_at.text)
		dictc_emit(out, "@vendor %u %s\n", grammar->vendor, grammar->vendor_name);
	for (import = grammar->imports; import; import = import->next)
		dictc_emit(out, "@inherits %s\n", import->name.text);
}

static const char *flag_words(uint8_t flags, char room[8])
{
	size_t size = 0;

	if (flags & DICTC_FLAG_V)
		room[size++] = 'V';
	if (flags & DICTC_FLAG_M)
		room[size++] = 'M';
	if (flags & DICTC_FLAG_P)
		room[size++] = 'P';
	if (size == 0)
		room[size++] = '-';
	room[size] = '\0';
	return room;
}

static void emit_avps(const struct dictc_grammar *grammar, struct dm_writer *out)
{
	char must[8];
	char must_not[8];

	if (grammar->avps)
		dictc_emit(out, "\n@avp_types\n\n");
	for (const struct dictc_avp *avp = grammar->avps; avp; avp = avp->next) {
		dictc_emit(out, "\t%-32s %10u %s", avp->name.text, avp->code,
		           dictc_type_names[avp->type]);
		if (avp->fixed_size > 0)
			dictc_emit(out, "(%u)", avp->fixed_size);
		dictc_emit(out, "%s %s %s %s\n", avp->secret ? " secret" : "",
		           flag_words(avp->must, must), flag_words(avp->must_not, must_not),
		           avp->reference);
	}
}

static void emit_commands(const struct dictc_grammar *grammar, struct dm_writer *out)
{
	if (grammar->commands)
		dictc_emit(out, "\n@commands\n\n");
	for (const struct dictc_command *c = grammar->commands; c; c = c->next) {
		dictc_emit(out, "\t%-32s %-16s ", c->name.text, c->abbreviation.text);
		if (c->any_code)
			dictc_emit(out, "code %s\n", c->reference);
		else
			dictc_emit(out, "%u %s\n", c->code, c->reference);
	}
}

static void emit_block(const char *word, const struct dictc_block *block, struct dm_writer *out)
{
	dictc_emit(out, "%s%s%s ::= < %s Header: %s", block->bracketed ? "<" : "",
	           block->printed.text, block->bracketed ? ">" : "", word, block->code.text);
	if (block->vendor.text)
		dictc_emit(out, " %s", block->vendor.text);
	dictc_emit_flags(out, block, " [, PXY]");
	for (const struct dictc_line *line = block->lines; line; line = line->next) {
		if (!line->added)
			dictc_emit_line(out, line->bracket, line->printed_occurrence,
			                line->printed.text);
	}
	dictc_emit(out, "\n");
}

static void emit_blocks(const struct dictc_grammar *grammar, struct dm_writer *out)
{
	const struct dictc_block *block;

	if (grammar->messages)
		dictc_emit(out, "\n@messages\n\n");
	for (block = grammar->messages; block; block = block->next)
		emit_block("Diameter", block, out);
	if (grammar->groups)
		dictc_emit(out, "\n@grouped\n\n");
	for (block = grammar->groups; block; block = block->next)
		emit_block("AVP", block, out);
}

static void emit_enums(const struct dictc_grammar *grammar, struct dm_writer *out)
{
	for (const struct dictc_avp *avp = grammar->avps; avp; avp = avp->next) {
		if (!avp->enumerators)
			continue;
		dictc_emit(out, "\n@enum %s\n\n", avp->name.text);
		for (const struct dictc_enumerator *e = avp->enumerators; e; e = e->next)
			dictc_emit(out, "\t%-32s %d\n", e->name.text, e->value);
	}
}

static void emit_cell(const struct dictc_cell *cell, struct dm_writer *out)
{
	struct dictc_occurrence occurrence = cell->occurrence;

	if (cell->silent)
		dictc_emit(out, " -");
	else if (occurrence.max == DICTC_UNBOUNDED)
		dictc_emit(out, " %u+", occurrence.min);
	else if (occurrence.min == occurrence.max)
		dictc_emit(out, " %u", occurrence.min);
	else
		dictc_emit(out, " %u-%u", occurrence.min, occurrence.max);
}

static void emit_tables(const struct dictc_grammar *grammar, struct dm_writer *out)
{
	for (const struct dictc_table *table = grammar->tables; table; table = table->next) {
		dictc_emit(out, "\n@occurrence %s\n\n\t%32s", table->reference, "");
		for (const struct dictc_column *c = table->columns; c; c = c->next)
			dictc_emit(out, " %s", c->command.text);
		dictc_emit(out, "\n");
		for (const struct dictc_row *row = table->rows; row; row = row->next) {
			dictc_emit(out, "\t%-32s", row->avp.text);
			for (size_t i = 0; i < row->cell_count; i++)
				emit_cell(&row->cells[i], out);
			dictc_emit(out, "\n");
		}
	}
}

static void emit_errata(const struct dictc_grammar *grammar, struct dm_writer *out)
{
	if (grammar->errata)
		dictc_emit(out, "\n@errata\n\n");
	for (const struct dictc_erratum *e = grammar->errata; e; e = e->next) {
		dictc_emit(out, "\t%s %s %s", e->where.text, dictc_erratum_words[e->kind],
		           e->old.text);
		if (e->now.text)
			dictc_emit(out, " = %s", e->now.text);
		dictc_emit(out, "\n");
	}
}

void dictc_emit_dia(const struct dictc_grammar *grammar, struct dm_writer *out)
{
	emit_head(grammar, out);
	emit_avps(grammar, out);
	emit_commands(grammar, out);
	emit_blocks(grammar, out);
	emit_enums(grammar, out);
	emit_tables(grammar, out);
	emit_errata(grammar, out);
}
