/* SPDX-License-Identifier: Apache-2.0 */
/* The header: structs, enums and the names of the tables (diameter/codec/descriptor.h). */
#include "emit.h"

/* The C type of a member that occurs once, and that of a list; Grouped is made of names. */
static const struct {
	const char *one;
	const char *many;
} member_types[DICTC_TYPE_COUNT] = {
	[DICTC_TYPE_OCTET_STRING] = { "struct dm_bytes ", "struct dm_bytes_list " },
	[DICTC_TYPE_INTEGER32] = { "int32_t ", "struct dm_i32_list " },
	[DICTC_TYPE_INTEGER64] = { "int64_t ", "struct dm_i64_list " },
	[DICTC_TYPE_UNSIGNED32] = { "uint32_t ", "struct dm_u32_list " },
	[DICTC_TYPE_UNSIGNED64] = { "uint64_t ", "struct dm_u64_list " },
	[DICTC_TYPE_FLOAT32] = { "float ", "struct dm_f32_list " },
	[DICTC_TYPE_FLOAT64] = { "double ", "struct dm_f64_list " },
	[DICTC_TYPE_ADDRESS] = { "struct dm_address ", "struct dm_address_list " },
	[DICTC_TYPE_TIME] = { "int64_t ", "struct dm_i64_list " },
	[DICTC_TYPE_UTF8_STRING] = { "struct dm_bytes ", "struct dm_bytes_list " },
	[DICTC_TYPE_DIAMETER_IDENTITY] = { "struct dm_bytes ", "struct dm_bytes_list " },
	[DICTC_TYPE_DIAMETER_URI] = { "struct dm_bytes ", "struct dm_bytes_list " },
	[DICTC_TYPE_ENUMERATED] = { "int32_t ", "struct dm_i32_list " },
	[DICTC_TYPE_IP_FILTER_RULE] = { "struct dm_bytes ", "struct dm_bytes_list " },
};

static void emit_head(const struct dictc_grammar *grammar, const char *folder,
                      struct dm_writer *out)
{
	struct dictc_c_name guard = dictc_c_constant(grammar, grammar->name.text, "DIA_H");
	const struct dictc_import *import;

	dictc_emit(out, "/* SPDX-License-Identifier: Apache-2.0 */\n");
	dictc_emit(out, "/* Made by dictc of %s.dia; do not edit. */\n", grammar->name.text);
	dictc_emit(out, "#ifndef %s\n#define %s\n\n", guard.text, guard.text);
	dictc_emit(out, "#include \"diameter/codec/descriptor.h\"\n");
	for (import = grammar->imports; import; import = import->next)
		dictc_emit(out, "#include \"%s%s.dia.h\"\n", folder, import->name.text);
	dictc_emit(out, "\n");
}

static void emit_codes(const struct dictc_grammar *grammar, struct dm_writer *out)
{
	dictc_emit(out, "enum {\n\t%s = %uu,\n};\n\n",
	           dictc_c_constant(grammar, "APPLICATION", "ID").text, grammar->application_id);
	if (grammar->avps) {
		dictc_emit(out, "enum {\n");
		for (const struct dictc_avp *avp = grammar->avps; avp; avp = avp->next)
			dictc_emit(out, "\t%s = %uu,\n",
			           dictc_c_constant(grammar, "AVP", avp->name.text).text,
			           avp->code);
		dictc_emit(out, "};\n\n");
	}
	if (!grammar->commands)
		return;
	dictc_emit(out, "enum {\n");
	for (const struct dictc_command *c = grammar->commands; c; c = c->next) {
		if (!c->any_code)
			dictc_emit(out, "\t%s = %uu,\n",
			           dictc_c_constant(grammar, "COMMAND", c->abbreviation.text).text,
			           c->code);
	}
	dictc_emit(out, "};\n\n");
}

static void emit_enum(const struct dictc_avp *avp, struct dm_writer *out)
{
	const struct dictc_enumerator *enumerator;

	dictc_emit(out, "/* %s, %s */\nenum %s {\n", avp->name.text, avp->reference, avp->c_name);
	for (enumerator = avp->enumerators; enumerator; enumerator = enumerator->next)
		dictc_emit(out, "\t%s = %d,\n", enumerator->constant, enumerator->value);
	dictc_emit(out, "};\n\n");
}

static void emit_member(const struct dictc_line *line, struct dm_writer *out)
{
	const struct dictc_avp *avp = line->avp;
	bool many = line->occurrence.max > 1;
	struct dictc_c_name member = dictc_c_member(avp->name.text);

	if (avp->type != DICTC_TYPE_GROUPED)
		dictc_emit(out, "\t%s%s;\n",
		           many ? member_types[avp->type].many : member_types[avp->type].one,
		           member.text);
	else if (many)
		dictc_emit(out, "\tstruct %s_list %s;\n", avp->c_name, member.text);
	else
		dictc_emit(out, "\tconst struct %s *%s;\n", avp->c_name, member.text);
}

static void emit_has(const struct dictc_block *block, struct dm_writer *out)
{
	bool first = true;

	for (const struct dictc_line *line = block->lines; line; line = line->next) {
		if (!dictc_line_has_member(line))
			continue;
		if (first)
			dictc_emit(out, "\tstruct {\n");
		first = false;
		dictc_emit(out, "\t\tbool %s;\n", dictc_c_member(line->avp->name.text).text);
	}
	if (!first)
		dictc_emit(out, "\t} has;\n");
}

static void emit_struct(const char *c_name, const struct dictc_block *block, struct dm_writer *out)
{
	dictc_emit(out, "struct %s {\n", c_name);
	emit_has(block, out);
	for (const struct dictc_line *line = block->lines; line; line = line->next) {
		if (dictc_line_has_member(line))
			emit_member(line, out);
	}
	if (block->any)
		dictc_emit(out, "\tstruct dm_raw_avp_list other;\n");
	dictc_emit(out, "};\n\n");
}

static void emit_structs(const struct dictc_grammar *grammar, struct dm_writer *out)
{
	const struct dictc_avp *avp;

	for (avp = grammar->avps; avp; avp = avp->next) {
		if (avp->block)
			dictc_emit(out, "struct %s;\nDM_LIST(%s_list, struct %s);\n", avp->c_name,
			           avp->c_name, avp->c_name);
	}
	dictc_emit(out, "\n");
	for (avp = grammar->avps; avp; avp = avp->next) {
		if (!avp->block)
			continue;
		dictc_emit(out, "/* %s, %s */\n", avp->name.text, avp->reference);
		emit_struct(avp->c_name, avp->block, out);
	}
	for (const struct dictc_command *c = grammar->commands; c; c = c->next) {
		dictc_emit(out, "/* %s, %s */\n", c->name.text, c->reference);
		emit_struct(c->c_name, c->block, out);
	}
}

static void emit_tables(const struct dictc_grammar *grammar, struct dm_writer *out)
{
	for (const struct dictc_avp *avp = grammar->avps; avp; avp = avp->next)
		dictc_emit(out, "extern const struct dm_avp %s;\n",
		           dictc_c_object(grammar, "avp", avp->name.text).text);
	for (const struct dictc_command *c = grammar->commands; c; c = c->next)
		dictc_emit(out, "extern const struct dm_command %s;\n",
		           dictc_c_object(grammar, "command", c->abbreviation.text).text);
	dictc_emit(out, "extern const struct dm_grammar %s;\n\n", dictc_c_grammar(grammar).text);
}

void dictc_emit_c_header(const struct dictc_grammar *grammar, const char *folder,
                         struct dm_writer *out)
{
	emit_head(grammar, folder, out);
	emit_codes(grammar, out);
	for (const struct dictc_avp *avp = grammar->avps; avp; avp = avp->next) {
		if (avp->enumerators)
			emit_enum(avp, out);
	}
	emit_structs(grammar, out);
	emit_tables(grammar, out);
	dictc_emit(out, "#endif\n");
}
