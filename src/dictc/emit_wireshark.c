/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A dictionary for Wireshark's Diameter dissector: to be named as an entity in its dictionary.xml,
 * behind the vendors. All AVPs of the grammar are in it, standard ones too, since the stock
 * dictionary lacks some; of those that it has, the dissector keeps its own definition.
 */
#include "emit.h"

static void emit_escaped(struct dm_writer *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '<':
			dictc_emit(out, "&lt;");
			break;
		case '>':
			dictc_emit(out, "&gt;");
			break;
		case '&':
			dictc_emit(out, "&amp;");
			break;
		case '\'':
			dictc_emit(out, "&apos;");
			break;
		default:
			dictc_emit(out, "%c", *text);
		}
	}
}

/* An XML ID: the vendor's name with `_` for what an ID cannot have. */
static void emit_vendor_id(struct dm_writer *out, const char *name)
{
	for (; *name; name++) {
		bool fits = (*name >= '0' && *name <= '9') || (*name >= 'A' && *name <= 'Z') ||
		            (*name >= 'a' && *name <= 'z');

		dictc_emit(out, "%c", fits ? *name : '_');
	}
}

static void emit_vendor(const struct dictc_grammar *grammar, struct dm_writer *out)
{
	if (!grammar->vendor_at.text)
		return;
	dictc_emit(out, "<vendor vendor-id=\"");
	emit_vendor_id(out, grammar->vendor_name);
	dictc_emit(out, "\" code=\"%u\" name=\"", grammar->vendor);
	emit_escaped(out, grammar->vendor_name);
	dictc_emit(out, "\"/>\n");
}

/* Request and answer are one command there: its name without the ending. */
static void emit_commands(const struct dictc_grammar *grammar, struct dm_writer *out)
{
	static const char ending[] = "-Request";

	for (const struct dictc_command *c = grammar->commands; c; c = c->next) {
		size_t size = strlen(c->name.text);

		if (c->any_code || !c->block->request)
			continue;
		if (size > sizeof(ending) - 1 &&
		    !strcmp(c->name.text + size - (sizeof(ending) - 1), ending))
			size -= sizeof(ending) - 1;
		dictc_emit(out, "\t<command name=\"%.*s\" code=\"%u\" vendor-id=\"None\"/>\n",
		           (int)size, c->name.text, c->code);
	}
}

static const char *rule(const struct dictc_avp *avp, uint8_t flag)
{
	if (avp->must & flag)
		return "must";
	return avp->must_not & flag ? "mustnot" : "may";
}

static void emit_type(const struct dictc_avp *avp, struct dm_writer *out)
{
	const char *word = dictc_type_names[avp->type];

	if (avp->type == DICTC_TYPE_ADDRESS)
		word = "IPAddress";
	dictc_emit(out, "\t\t<type type-name=\"%s\"/>\n", word);
}

static void emit_grouped(const struct dictc_block *block, struct dm_writer *out)
{
	dictc_emit(out, "\t\t<grouped>\n");
	for (const struct dictc_line *line = block->lines; line; line = line->next) {
		if (dictc_line_has_member(line))
			dictc_emit(out, "\t\t\t<gavp name=\"%s\"/>\n", line->avp->name.text);
	}
	dictc_emit(out, "\t\t</grouped>\n");
}

static void emit_avp(const struct dictc_avp *avp, struct dm_writer *out)
{
	dictc_emit(out, "\t<avp name=\"%s\" code=\"%u\" mandatory=\"%s\" protected=\"%s\" ",
	           avp->name.text, avp->code, rule(avp, DICTC_FLAG_M), rule(avp, DICTC_FLAG_P));
	dictc_emit(out, "may-encrypt=\"no\" vendor-bit=\"%s\"", rule(avp, DICTC_FLAG_V));
	if (avp->vendor) {
		dictc_emit(out, " vendor-id=\"");
		emit_vendor_id(out, avp->grammar->vendor_name);
		dictc_emit(out, "\"");
	}
	dictc_emit(out, ">\n");
	if (avp->block)
		emit_grouped(avp->block, out);
	else
		emit_type(avp, out);
	for (const struct dictc_enumerator *e = avp->enumerators; e; e = e->next) {
		dictc_emit(out, "\t\t<enum name=\"");
		emit_escaped(out, e->name.text);
		dictc_emit(out, "\" code=\"%d\"/>\n", e->value);
	}
	dictc_emit(out, "\t</avp>\n");
}

void dictc_emit_wireshark(const struct dictc_grammar *grammar, struct dm_writer *out)
{
	dictc_emit(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	dictc_emit(out, "<!-- Made by dictc of %s.dia; do not edit. -->\n", grammar->name.text);
	emit_vendor(grammar, out);
	dictc_emit(out, "<application id=\"%u\" name=\"", grammar->application_id);
	emit_escaped(out, grammar->application_name);
	dictc_emit(out, "\">\n");
	emit_commands(grammar, out);
	for (const struct dictc_avp *avp = grammar->avps; avp; avp = avp->next)
		emit_avp(avp, out);
	dictc_emit(out, "</application>\n");
}
