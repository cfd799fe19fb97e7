/* SPDX-License-Identifier: Apache-2.0 */
#include "cname.h"

#include "base/text.h"

static void add_word(struct dm_text *text, const char *word, bool upper)
{
	for (; *word; word++) {
		char c = *word;

		if (c >= 'A' && c <= 'Z' && !upper)
			c = (char)(c - 'A' + 'a');
		else if (c >= 'a' && c <= 'z' && upper)
			c = (char)(c - 'a' + 'A');
		else if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
		           (c >= 'a' && c <= 'z')))
			c = '_';
		dm_text_add(text, "%c", c);
	}
}

static const char *without_prefix(const char *prefix, const char *name)
{
	size_t size = strlen(prefix);
	struct dm_bytes head = dm_bytes_of(name, strnlen(name, size));

	if (dm_bytes_equal_folded(head, dm_bytes_text(prefix)) &&
	    (name[size] == '-' || name[size] == '_') && name[size + 1])
		return name + size + 1;
	return name;
}

static struct dictc_c_name compose(const struct dictc_grammar *grammar, const char *kind,
                                   const char *name, bool upper)
{
	const char *prefix = grammar->prefix.text;
	struct dictc_c_name c;
	struct dm_text text;

	dm_text_init(&text, c.text, sizeof(c.text));
	add_word(&text, prefix, upper);
	if (kind) {
		add_word(&text, "_", upper);
		add_word(&text, without_prefix(prefix, kind), upper);
	}
	add_word(&text, "_", upper);
	add_word(&text, kind ? name : without_prefix(prefix, name), upper);
	return c;
}

struct dictc_c_name dictc_c_type(const struct dictc_grammar *grammar, const char *name)
{
	return compose(grammar, NULL, name, false);
}

struct dictc_c_name dictc_c_object(const struct dictc_grammar *grammar, const char *kind,
                                   const char *name)
{
	return compose(grammar, kind, name, false);
}

struct dictc_c_name dictc_c_constant(const struct dictc_grammar *grammar, const char *kind,
                                     const char *name)
{
	return compose(grammar, kind, name, true);
}

static bool is_taken(const char *word)
{
	static const char *const taken[] = {
		"auto",     "bool",   "break",    "case",     "char",   "const",   "continue",
		"default",  "do",     "double",   "else",     "enum",   "extern",  "false",
		"float",    "for",    "goto",     "has",      "if",     "inline",  "int",
		"long",     "other",  "register", "restrict", "return", "short",   "signed",
		"sizeof",   "static", "struct",   "switch",   "true",   "typedef", "union",
		"unsigned", "void",   "volatile", "while",
	};

	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
		if (!strcmp(word, taken[i]))
			return true;
	}
	return false;
}

struct dictc_c_name dictc_c_member(const char *name)
{
	struct dictc_c_name c;
	struct dm_text text;

	dm_text_init(&text, c.text, sizeof(c.text));
	if (*name >= '0' && *name <= '9')
		add_word(&text, "avp_", false);
	add_word(&text, name, false);
	if (is_taken(c.text))
		add_word(&text, "_", false);
	return c;
}

struct dictc_c_name dictc_c_grammar(const struct dictc_grammar *grammar)
{
	struct dictc_c_name c;
	struct dm_text text;

	dm_text_init(&text, c.text, sizeof(c.text));
	add_word(&text, grammar->prefix.text, false);
	if (!dm_bytes_equal_folded(dm_bytes_text(grammar->prefix.text),
	                           dm_bytes_text(grammar->name.text))) {
		add_word(&text, "_", false);
		add_word(&text, without_prefix(grammar->prefix.text, grammar->name.text), false);
	}
	add_word(&text, "_grammar", false);
	return c;
}
