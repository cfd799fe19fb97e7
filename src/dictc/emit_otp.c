/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A dictionary of Erlang/OTP's diameter (man diameter_dict), whose own compiler so checks ours.
 *
 * What OTP's language lacks is left out: document references, sizes, "secret", lines that must not
 * appear. Errata and tables are applied, and lines stand in the order that OTP demands: fixed,
 * required, optional. The module is homeward_NAME.
 */
#include "emit.h"

#define MODULE "homeward_"

/* OTP's words have letters, digits, `-` and `_`. */
static void emit_word(struct dm_writer *out, const char *word)
{
	for (; *word; word++) {
		bool fits = (*word >= '0' && *word <= '9') || (*word >= 'A' && *word <= 'Z') ||
		            (*word >= 'a' && *word <= 'z') || *word == '-' || *word == '_';

		dictc_emit(out, "%c", fits ? *word : '_');
	}
}

static void emit_head(const struct dictc_grammar *grammar, struct dm_writer *out)
{
	const struct dictc_import *import;

	dictc_emit(out, ";; Made by dictc of %s.dia; do not edit.\n\n", grammar->name.text);
	dictc_emit(out, "@id %u\n@name " MODULE "%s\n@prefix " MODULE "%s\n",
	           grammar->application_id, grammar->name.text, grammar->name.text);
	if (grammar->vendor_at.text) {
		dictc_emit(out, "@vendor %u ", grammar->vendor);
		emit_word(out, grammar->vendor_name);
		dictc_emit(out, "\n");
	}
	for (import = grammar->imports; import; import = import->next)
		dictc_emit(out, "@inherits " MODULE "%s\n", import->name.text);
}

static void emit_avps(const struct dictc_grammar *grammar, struct dm_writer *out)
{
	dictc_emit(out, "\n@avp_types\n\n");
	for (const struct dictc_avp *avp = grammar->avps; avp; avp = avp->next)
		dictc_emit(out, "\t%-32s %10u %-16s %s%s%s\n", avp->name.text, avp->code,
		           dictc_type_names[avp->type], avp->must & DICTC_FLAG_M ? "M" : "",
		           avp->must & DICTC_FLAG_V ? "V" : "",
		           avp->must & (DICTC_FLAG_M | DICTC_FLAG_V) ? "" : "-");
}

/* An optional line that an erratum or a table made mandatory is a required one. */
static enum dictc_bracket bracket_of(const struct dictc_line *line)
{
	if (line->bracket == DICTC_FIXED)
		return DICTC_FIXED;
	return line->occurrence.min > 0 ? DICTC_REQUIRED : DICTC_OPTIONAL;
}

static void emit_lines(const struct dictc_block *block, enum dictc_bracket bracket,
                       struct dm_writer *out)
{
	for (const struct dictc_line *line = block->lines; line; line = line->next) {
		if (dictc_line_has_member(line) && bracket_of(line) == bracket)
			dictc_emit_line(out, bracket, line->occurrence, line->avp->name.text);
	}
}

static void emit_any(const struct dictc_block *block, struct dm_writer *out)
{
	for (const struct dictc_line *line = block->lines; line; line = line->next) {
		if (line->any && !line->omitted)
			dictc_emit_line(out, line->bracket, line->occurrence, "AVP");
	}
}

static void emit_block(const struct dictc_block *block, struct dm_writer *out)
{
	emit_lines(block, DICTC_FIXED, out);
	emit_lines(block, DICTC_REQUIRED, out);
	emit_lines(block, DICTC_OPTIONAL, out);
	emit_any(block, out);
	dictc_emit(out, "\n");
}

static void emit_messages(const struct dictc_grammar *grammar, struct dm_writer *out)
{
	if (grammar->commands)
		dictc_emit(out, "\n@messages\n\n");
	for (const struct dictc_command *c = grammar->commands; c; c = c->next) {
		dictc_emit(out, "%s ::= < Diameter Header: ", c->abbreviation.text);
		if (c->any_code)
			dictc_emit(out, "code");
		else
			dictc_emit(out, "%u", c->code);
		dictc_emit_flags(out, c->block, " [PXY]");
		emit_block(c->block, out);
	}
}

static void emit_groups(const struct dictc_grammar *grammar, struct dm_writer *out)
{
	bool first = true;

	for (const struct dictc_avp *avp = grammar->avps; avp; avp = avp->next) {
		if (!avp->block)
			continue;
		if (first)
			dictc_emit(out, "\n@grouped\n\n");
		first = false;
		dictc_emit(out, "%s ::= < AVP Header: %u", avp->name.text, avp->code);
		if (avp->vendor)
			dictc_emit(out, " %u", avp->vendor);
		dictc_emit(out, " >\n");
		emit_block(avp->block, out);
	}
}

static void emit_enums(const struct dictc_grammar *grammar, struct dm_writer *out)
{
	for (const struct dictc_avp *avp = grammar->avps; avp; avp = avp->next) {
		if (!avp->enumerators)
			continue;
		dictc_emit(out, "\n@enum %s\n\n", avp->name.text);
		for (const struct dictc_enumerator *e = avp->enumerators; e; e = e->next) {
			dictc_emit(out, "\t");
			emit_word(out, e->name.text);
			dictc_emit(out, " %d\n", e->value);
		}
	}
}

void dictc_emit_otp(const struct dictc_grammar *grammar, struct dm_writer *out)
{
	emit_head(grammar, out);
	emit_avps(grammar, out);
	emit_messages(grammar, out);
	emit_groups(grammar, out);
	emit_enums(grammar, out);
	dictc_emit(out, "\n@end\n");
}
