/* SPDX-License-Identifier: Apache-2.0 */
/* The constant tables (diameter/codec/descriptor.h). */
#include "emit.h"

static const char *const type_constants[DICTC_TYPE_COUNT] = {
	[DICTC_TYPE_OCTET_STRING] = "DM_TYPE_OCTET_STRING",
	[DICTC_TYPE_INTEGER32] = "DM_TYPE_INTEGER32",
	[DICTC_TYPE_INTEGER64] = "DM_TYPE_INTEGER64",
	[DICTC_TYPE_UNSIGNED32] = "DM_TYPE_UNSIGNED32",
	[DICTC_TYPE_UNSIGNED64] = "DM_TYPE_UNSIGNED64",
	[DICTC_TYPE_FLOAT32] = "DM_TYPE_FLOAT32",
	[DICTC_TYPE_FLOAT64] = "DM_TYPE_FLOAT64",
	[DICTC_TYPE_GROUPED] = "DM_TYPE_GROUPED",
	[DICTC_TYPE_ADDRESS] = "DM_TYPE_ADDRESS",
	[DICTC_TYPE_TIME] = "DM_TYPE_TIME",
	[DICTC_TYPE_UTF8_STRING] = "DM_TYPE_UTF8_STRING",
	[DICTC_TYPE_DIAMETER_IDENTITY] = "DM_TYPE_DIAMETER_IDENTITY",
	[DICTC_TYPE_DIAMETER_URI] = "DM_TYPE_DIAMETER_URI",
	[DICTC_TYPE_ENUMERATED] = "DM_TYPE_ENUMERATED",
	[DICTC_TYPE_IP_FILTER_RULE] = "DM_TYPE_IP_FILTER_RULE",
};

/* A string literal. Names and references are printable ASCII (scan.c). */
static void emit_text(struct dm_writer *out, const char *text)
{
	dictc_emit(out, "\"%s\"", text);
}

static void emit_avp_name(struct dm_writer *out, const struct dictc_avp *avp)
{
	dictc_emit(out, "%s", dictc_c_object(avp->grammar, "avp", avp->name.text).text);
}

static void emit_flags(struct dm_writer *out, uint8_t flags)
{
	static const struct {
		uint8_t flag;
		const char *word;
	} words[] = {
		{ DICTC_FLAG_V, "DM_AVP_FLAG_V" },
		{ DICTC_FLAG_M, "DM_AVP_FLAG_M" },
		{ DICTC_FLAG_P, "DM_AVP_FLAG_P" },
	};
	const char *between = "";

	for (size_t i = 0; i < 3; i++) {
		if (!(flags & words[i].flag))
			continue;
		dictc_emit(out, "%s%s", between, words[i].word);
		between = " | ";
	}
	if (!*between)
		dictc_emit(out, "0");
}

static void emit_field(const char *c_name, const struct dictc_line *line, uint16_t *has,
                       struct dm_writer *out)
{
	dictc_emit(out, "\t{ .avp = &");
	emit_avp_name(out, line->avp);
	dictc_emit(out, ", .min = %u, .max = ", line->occurrence.min);
	if (line->occurrence.max == DICTC_UNBOUNDED)
		dictc_emit(out, "DM_UNBOUNDED");
	else
		dictc_emit(out, "%u", line->occurrence.max);
	if (dictc_line_has_member(line))
		dictc_emit(out, ", .has = %u, .offset = offsetof(struct %s, %s)", (*has)++, c_name,
		           dictc_c_member(line->avp->name.text).text);
	if (line->bracket == DICTC_FIXED)
		dictc_emit(out, ", .fixed = true");
	dictc_emit(out, " },\n");
}

static size_t count_fields(const struct dictc_block *block)
{
	size_t count = 0;

	for (const struct dictc_line *line = block->lines; line; line = line->next)
		count += dictc_line_counts(line);
	return count;
}

static void emit_fields(const char *c_name, const struct dictc_block *block, struct dm_writer *out)
{
	uint16_t has = 0;

	if (count_fields(block) == 0)
		return;
	dictc_emit(out, "static const struct dm_field %s_fields[] = {\n", c_name);
	for (const struct dictc_line *line = block->lines; line; line = line->next) {
		if (dictc_line_counts(line))
			emit_field(c_name, line, &has, out);
	}
	dictc_emit(out, "};\n\n");
}

/* The members of a struct dm_group, for an initializer. */
static void emit_group(const char *indent, const char *name, const char *c_name,
                       const struct dictc_block *block, struct dm_writer *out)
{
	size_t count = count_fields(block);

	dictc_emit(out, "%s.name = ", indent);
	emit_text(out, name);
	dictc_emit(out, ",\n");
	if (count > 0)
		dictc_emit(out, "%s.fields = %s_fields,\n%s.field_count = %zu,\n", indent, c_name,
		           indent, count);
	dictc_emit(out, "%s.size = sizeof(struct %s),\n", indent, c_name);
	if (block->any)
		dictc_emit(out, "%s.other = true,\n%s.other_offset = offsetof(struct %s, other),\n",
		           indent, indent, c_name);
}

static void emit_groups(const struct dictc_grammar *grammar, struct dm_writer *out)
{
	const struct dictc_avp *avp;

	for (avp = grammar->avps; avp; avp = avp->next) {
		if (!avp->block)
			continue;
		emit_fields(avp->c_name, avp->block, out);
		dictc_emit(out, "static const struct dm_group %s_group = {\n", avp->c_name);
		emit_group("\t", avp->name.text, avp->c_name, avp->block, out);
		dictc_emit(out, "};\n\n");
	}
}

/* The enumerator of the least value above `after`. */
static const struct dictc_enumerator *next_value(const struct dictc_avp *avp, int64_t after)
{
	const struct dictc_enumerator *best = NULL;

	for (const struct dictc_enumerator *e = avp->enumerators; e; e = e->next) {
		if (e->value > after && (!best || e->value < best->value))
			best = e;
	}
	return best;
}

static size_t emit_values(const struct dictc_avp *avp, struct dm_writer *out)
{
	const struct dictc_enumerator *enumerator = next_value(avp, INT64_MIN);
	size_t count = 0;

	if (!enumerator)
		return 0;
	dictc_emit(out, "static const struct dm_enum_value %s_values[] = {\n", avp->c_name);
	for (; enumerator; enumerator = next_value(avp, enumerator->value)) {
		dictc_emit(out, "\t{ %d, ", enumerator->value);
		emit_text(out, enumerator->name.text);
		dictc_emit(out, " },\n");
		count++;
	}
	dictc_emit(out, "};\n\n");
	return count;
}

static void emit_avp(const struct dictc_avp *avp, struct dm_writer *out)
{
	size_t values = emit_values(avp, out);

	dictc_emit(out, "const struct dm_avp ");
	emit_avp_name(out, avp);
	dictc_emit(out, " = {\n\t.name = ");
	emit_text(out, avp->name.text);
	dictc_emit(out,
	           ",\n\t.code = %uu,\n\t.vendor = %uu,\n\t.type = %s,\n\t.flags = ", avp->code,
	           avp->vendor, type_constants[avp->type]);
	emit_flags(out, avp->must);
	dictc_emit(out, ",\n\t.must_not_flags = ");
	emit_flags(out, avp->must_not);
	dictc_emit(out, ",\n");
	if (avp->fixed_size > 0)
		dictc_emit(out, "\t.fixed_size = %u,\n", avp->fixed_size);
	if (avp->block)
		dictc_emit(out, "\t.group = &%s_group,\n", avp->c_name);
	if (values > 0)
		dictc_emit(out, "\t.values = %s_values,\n\t.value_count = %zu,\n", avp->c_name,
		           values);
	if (avp->secret)
		dictc_emit(out, "\t.secret = true,\n");
	dictc_emit(out, "\t.reference = ");
	emit_text(out, avp->reference);
	dictc_emit(out, ",\n};\n\n");
}

static void emit_command(const struct dictc_grammar *grammar, const struct dictc_command *command,
                         struct dm_writer *out)
{
	const struct dictc_block *block = command->block;

	emit_fields(command->c_name, block, out);
	dictc_emit(out, "const struct dm_command %s = {\n",
	           dictc_c_object(grammar, "command", command->abbreviation.text).text);
	dictc_emit(out, "\t.name = \"%s\",\n\t.abbreviation = \"%s\",\n", command->name.text,
	           command->abbreviation.text);
	dictc_emit(out, "\t.code = %uu,\n\t.application_id = %uu,\n", command->code,
	           grammar->application_id);
	dictc_emit(out, "\t.request = %s,\n\t.proxiable = %s,\n\t.error = %s,\n",
	           block->request ? "true" : "false", block->proxiable ? "true" : "false",
	           block->error ? "true" : "false");
	dictc_emit(out, "\t.grammar = {\n");
	emit_group("\t\t", command->abbreviation.text, command->c_name, block, out);
	dictc_emit(out, "\t},\n\t.reference = ");
	emit_text(out, command->reference);
	dictc_emit(out, ",\n};\n\n");
}

static void emit_lists(const struct dictc_grammar *grammar, struct dm_writer *out)
{
	dictc_emit(out, "static const struct dm_avp *const avps[] = {\n");
	for (const struct dictc_avp *avp = grammar->avps; avp; avp = avp->next) {
		dictc_emit(out, "\t&");
		emit_avp_name(out, avp);
		dictc_emit(out, ",\n");
	}
	dictc_emit(out, "\tNULL,\n};\n\n");
	dictc_emit(out, "static const struct dm_command *const commands[] = {\n");
	for (const struct dictc_command *c = grammar->commands; c; c = c->next)
		dictc_emit(out, "\t&%s,\n",
		           dictc_c_object(grammar, "command", c->abbreviation.text).text);
	dictc_emit(out, "\tNULL,\n};\n\n");
	dictc_emit(out, "static const struct dm_group *const groups[] = {\n");
	for (const struct dictc_avp *avp = grammar->avps; avp; avp = avp->next) {
		if (avp->block)
			dictc_emit(out, "\t&%s_group,\n", avp->c_name);
	}
	dictc_emit(out, "\tNULL,\n};\n\n");
	dictc_emit(out, "static const struct dm_grammar *const inherits[] = {\n");
	for (const struct dictc_import *i = grammar->imports; i; i = i->next)
		dictc_emit(out, "\t&%s,\n", dictc_c_grammar(i->grammar).text);
	dictc_emit(out, "\tNULL,\n};\n\n");
}

static void emit_grammar(const struct dictc_grammar *grammar, struct dm_writer *out)
{
	dictc_emit(out, "const struct dm_grammar %s = {\n", dictc_c_grammar(grammar).text);
	dictc_emit(out, "\t.name = \"%s\",\n\t.application_id = %uu,\n", grammar->name.text,
	           grammar->application_id);
	dictc_emit(out, "\t.application_name = ");
	emit_text(out, grammar->application_name);
	dictc_emit(out, ",\n\t.vendor = %uu,\n", grammar->vendor);
	/* The NULL at the end of each list keeps an empty one valid C. */
	dictc_emit(out, "\t.avps = avps,\n\t.avp_count = sizeof(avps) / sizeof(avps[0]) - 1,\n");
	dictc_emit(out, "\t.commands = commands,\n"
	                "\t.command_count = sizeof(commands) / sizeof(commands[0]) - 1,\n");
	dictc_emit(out, "\t.groups = groups,\n"
	                "\t.group_count = sizeof(groups) / sizeof(groups[0]) - 1,\n");
	dictc_emit(out, "\t.inherits = inherits,\n"
	                "\t.inherit_count = sizeof(inherits) / sizeof(inherits[0]) - 1,\n};\n");
}

void dictc_emit_c_tables(const struct dictc_grammar *grammar, const char *folder,
                         struct dm_writer *out)
{
	dictc_emit(out, "/* SPDX-License-Identifier: Apache-2.0 */\n");
	dictc_emit(out, "/* Made by dictc of %s.dia; do not edit. */\n", grammar->name.text);
	dictc_emit(out, "#include \"%s%s.dia.h\"\n\n#include <stddef.h>\n\n", folder,
	           grammar->name.text);
	emit_groups(grammar, out);
	for (const struct dictc_avp *avp = grammar->avps; avp; avp = avp->next)
		emit_avp(avp, out);
	for (const struct dictc_command *c = grammar->commands; c; c = c->next)
		emit_command(grammar, c, out);
	emit_lists(grammar, out);
	emit_grammar(grammar, out);
}
