/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Occurrence tables (RFC 6733 10) are source code beside the blocks. A cell must say what the
 * block's line says; what the block leaves to `* [ AVP ]` the table decides: 0 forbids the AVP
 * (5008), anything else makes it a line of its own. Where table and block disagree the document is
 * wrong somewhere, and an erratum of kind `occurs` says which of the two is meant.
 */
#include "cname.h"
#include "parser.h"
#include "resolve.h"

#define PLACE(name) (name).at.file, (name).at.line, (name).at.column

static bool same(struct dictc_occurrence a, struct dictc_occurrence b)
{
	return a.min == b.min && a.max == b.max;
}

static const char *words(struct dictc *dictc, struct dictc_occurrence occurrence)
{
	const char *text;

	if (occurrence.max == DICTC_UNBOUNDED)
		text = dictc_format_text(dictc, "%u+", occurrence.min);
	else if (occurrence.min == occurrence.max)
		text = dictc_format_text(dictc, "%u", occurrence.min);
	else
		text = dictc_format_text(dictc, "%u-%u", occurrence.min, occurrence.max);
	return text ? text : "";
}

struct cell_context {
	struct dictc *dictc;
	struct dictc_grammar *grammar;
	struct dictc_command *command;
	const struct dictc_avp *avp;
	const struct dictc_cell *cell;
};

static struct dictc_line *line_of(struct dictc_block *block, const struct dictc_avp *avp)
{
	for (struct dictc_line *line = block->lines; line; line = line->next) {
		if (line->avp == avp && !line->omitted)
			return line;
	}
	return NULL;
}

static bool disagree(const struct cell_context *context, const struct dictc_line *line)
{
	struct dictc *dictc = context->dictc;
	const char *cell = words(dictc, context->cell->occurrence);

	dictc_complain(dictc, context->cell->at,
	               "%s in %s is %s here and %s at %s:%u:%u; an erratum must say which is "
	               "meant: '%s occurs %s = %s'",
	               context->avp->name.text, context->command->name.text, cell,
	               words(dictc, line->occurrence), PLACE(line->printed),
	               context->command->abbreviation.text, context->avp->name.text, cell);
	return false;
}

/* Table and block disagree: the erratum's word must be one of the two. */
static bool settle(const struct cell_context *context, struct dictc_line *line)
{
	const struct dictc_erratum *erratum =
		dictc_use_erratum(context->grammar, context->command->block, DICTC_ERRATUM_OCCURS,
	                          context->avp->name.text);
	struct dictc_occurrence meant;

	if (!erratum)
		return disagree(context, line);
	if (!dictc_read_occurrence(erratum->now.text, &meant) ||
	    (!same(meant, context->cell->occurrence) && !same(meant, line->occurrence))) {
		dictc_complain(context->dictc, erratum->now.at,
		               "'%s' is neither %s of the table (%s:%u:%u) nor %s of the grammar "
		               "(%s:%u:%u)",
		               erratum->now.text, words(context->dictc, context->cell->occurrence),
		               context->cell->at.file, context->cell->at.line,
		               context->cell->at.column, words(context->dictc, line->occurrence),
		               PLACE(line->printed));
		return false;
	}
	line->occurrence = meant;
	return true;
}

static bool add_line(const struct cell_context *context)
{
	struct dictc_block *block = context->command->block;
	struct dictc_line **tail = &block->lines;
	struct dictc_line *line = dictc_take(context->dictc, sizeof(*line));

	if (!line)
		return false;
	while (*tail)
		tail = &(*tail)->next;
	line->bracket = DICTC_OPTIONAL;
	line->printed =
		(struct dictc_name){ .text = context->avp->name.text, .at = context->cell->at };
	line->avp = context->avp;
	line->occurrence = context->cell->occurrence;
	line->printed_occurrence = line->occurrence;
	line->added = true;
	*tail = line;
	return true;
}

static bool apply_cell(const struct cell_context *context)
{
	struct dictc_block *block = context->command->block;
	struct dictc_line *line = line_of(block, context->avp);
	struct dictc_occurrence occurrence = context->cell->occurrence;

	if (line && line->added) {
		dictc_complain(context->dictc, context->cell->at,
		               "a second cell for %s in %s; first at %s:%u:%u",
		               context->avp->name.text, context->command->name.text,
		               PLACE(line->printed));
		return false;
	}
	if (line)
		return same(line->occurrence, occurrence) || settle(context, line);
	if (occurrence.min > 0 || (occurrence.max > 0 && !block->any)) {
		dictc_complain(context->dictc, context->cell->at,
		               "the table has %s of %s in %s, whose grammar at %s:%u:%u %s",
		               words(context->dictc, occurrence), context->avp->name.text,
		               context->command->name.text, PLACE(block->printed),
		               block->any ? "does not name it" : "has no * [ AVP ]");
		return false;
	}
	return add_line(context);
}

static bool apply_column(struct cell_context *context, const struct dictc_column *column,
                         const struct dictc_table *table, size_t index)
{
	bool good = true;

	context->command = dictc_find_command(context->grammar, column->command.text);
	if (!context->command) {
		dictc_complain(context->dictc, column->command.at, "@commands has no command '%s'",
		               column->command.text);
		return false;
	}
	for (const struct dictc_row *row = table->rows; row; row = row->next) {
		context->avp = dictc_find_avp(context->grammar, row->avp.text);
		context->cell = &row->cells[index];
		if (!context->cell->silent && context->avp)
			good = apply_cell(context) && good;
	}
	return good;
}

static bool apply_table(struct dictc *dictc, struct dictc_grammar *grammar,
                        const struct dictc_table *table)
{
	struct cell_context context = { .dictc = dictc, .grammar = grammar };
	const struct dictc_column *column;
	const struct dictc_row *row;
	size_t index = 0;
	bool good = true;

	for (row = table->rows; row; row = row->next)
		good = dictc_need_avp(dictc, grammar, row->avp) && good;
	for (column = table->columns; column; column = column->next)
		good = apply_column(&context, column, table, index++) && good;
	return good;
}

bool dictc_apply_tables(struct dictc *dictc, struct dictc_grammar *grammar)
{
	bool good = true;

	for (struct dictc_table *table = grammar->tables; table; table = table->next)
		good = apply_table(dictc, grammar, table) && good;
	return good;
}
