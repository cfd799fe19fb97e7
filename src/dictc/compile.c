/* SPDX-License-Identifier: Apache-2.0 */
/* The passes, in order, over one file and those that it inherits. */
#include "guess.h"
#include "parser.h"
#include "resolve.h"

static struct dictc_grammar *find_grammar(const struct dictc *dictc, const char *name)
{
	for (struct dictc_grammar *grammar = dictc->grammars; grammar; grammar = grammar->next) {
		if (grammar->name.text && !strcmp(grammar->name.text, name))
			return grammar;
	}
	return NULL;
}

static struct dictc_grammar *compile(struct dictc *dictc, const char *file, struct dm_bytes text);

static bool check_before(struct dictc *dictc, const struct dictc_grammar *grammar,
                         const struct dictc_import *import)
{
	const struct dictc_import *before;

	for (before = grammar->imports; before != import; before = before->next) {
		if (strcmp(before->name.text, import->name.text) != 0)
			continue;
		dictc_complain(dictc, import->name.at, "%s is inherited twice; first at %s:%u:%u",
		               import->name.text, before->name.at.file, before->name.at.line,
		               before->name.at.column);
		return false;
	}
	return true;
}

static bool read_import(struct dictc *dictc, struct dictc_import *import)
{
	const char *file;
	struct dm_bytes text;

	if (dictc->depth == DICTC_INHERIT_LIMIT) {
		dictc_complain(dictc, import->name.at, "more than %d grammars inherit one another",
		               DICTC_INHERIT_LIMIT);
		return false;
	}
	if (!dictc->load || !dictc->load(dictc->load_context, import->name.text, &file, &text)) {
		dictc_complain(dictc, import->name.at,
		               "no grammar '%s' is there to inherit; is there a file %s.dia, and "
		               "is its folder given with --include?",
		               import->name.text, import->name.text);
		return false;
	}
	dictc->depth++;
	import->grammar = compile(dictc, file, text);
	dictc->depth--;
	if (!import->grammar)
		return false;
	if (!strcmp(import->grammar->name.text, import->name.text))
		return true;
	dictc_complain(dictc, import->name.at, "%s calls itself '%s' at %s:%u:%u", file,
	               import->grammar->name.text, import->grammar->name.at.file,
	               import->grammar->name.at.line, import->grammar->name.at.column);
	return false;
}

static bool inherit(struct dictc *dictc, const struct dictc_grammar *grammar,
                    struct dictc_import *import)
{
	struct dictc_grammar *found = find_grammar(dictc, import->name.text);

	if (!check_before(dictc, grammar, import))
		return false;
	if (!found)
		return read_import(dictc, import);
	if (!found->complete) {
		dictc_complain(dictc, import->name.at, "%s inherits itself", import->name.text);
		return false;
	}
	import->grammar = found;
	return true;
}

static bool inherit_all(struct dictc *dictc, const struct dictc_grammar *grammar)
{
	bool good = true;

	for (struct dictc_import *import = grammar->imports; import; import = import->next)
		good = inherit(dictc, grammar, import) && good;
	return good;
}

static struct dictc_grammar *compile(struct dictc *dictc, const char *file, struct dm_bytes text)
{
	struct dictc_grammar *grammar = dictc_take(dictc, sizeof(*grammar));

	if (!grammar)
		return NULL;
	grammar->file = file;
	grammar->next = dictc->grammars;
	dictc->grammars = grammar;
	if (!dictc_parse(dictc, text, grammar) || !dictc_check_head(dictc, grammar) ||
	    !inherit_all(dictc, grammar) || !dictc_check_avps(dictc, grammar) ||
	    !dictc_check_clashes(dictc, grammar) || !dictc_check_commands(dictc, grammar) ||
	    !dictc_resolve_blocks(dictc, grammar) || !dictc_check_circles(dictc, grammar) ||
	    !dictc_check_pairs(dictc, grammar) || !dictc_apply_tables(dictc, grammar) ||
	    !dictc_check_errata(dictc, grammar))
		return NULL;
	grammar->complete = dictc->fault_count == 0;
	return grammar->complete ? grammar : NULL;
}

const struct dictc_grammar *dictc_compile(struct dictc *dictc, const char *file,
                                          struct dm_bytes text)
{
	return compile(dictc, file, text);
}

const char *dictc_grammar_name(const struct dictc_grammar *grammar)
{
	return grammar->name.text;
}
