/* SPDX-License-Identifier: Apache-2.0 */
#include "resolve.h"

#include "cname.h"
#include "guess.h"
#include "parser.h"

#define PLACE(name) (name).at.file, (name).at.line, (name).at.column

const struct dictc_avp *dictc_find_avp(const struct dictc_grammar *grammar, const char *name)
{
	const struct dictc_import *import;

	for (const struct dictc_avp *avp = grammar->avps; avp; avp = avp->next) {
		if (!strcmp(avp->name.text, name))
			return avp;
	}
	for (import = grammar->imports; import; import = import->next) {
		const struct dictc_avp *found = dictc_find_avp(import->grammar, name);

		if (found)
			return found;
	}
	return NULL;
}

static void offer_avps(struct dictc_guess *guess, const struct dictc_grammar *grammar)
{
	const struct dictc_import *import;

	for (const struct dictc_avp *avp = grammar->avps; avp; avp = avp->next)
		dictc_guess_offer(guess, avp->name.text);
	for (import = grammar->imports; import; import = import->next)
		offer_avps(guess, import->grammar);
}

/* A misprint of a misprint is nearer to what the document prints than to what is meant. */
static void offer_errata(struct dictc_guess *guess, const struct dictc_grammar *grammar)
{
	const struct dictc_erratum *erratum;

	for (erratum = grammar->errata; erratum; erratum = erratum->next) {
		if (erratum->kind == DICTC_ERRATUM_AVP)
			dictc_guess_offer(guess, erratum->old.text);
	}
}

const struct dictc_avp *dictc_need_avp(struct dictc *dictc, const struct dictc_grammar *grammar,
                                       struct dictc_name name)
{
	const struct dictc_avp *avp = dictc_find_avp(grammar, name.text);
	struct dictc_guess guess;

	if (avp)
		return avp;
	dictc_guess_init(&guess, name.text);
	if (dictc->diagnostic_count < DICTC_DIAGNOSTIC_LIMIT) {
		offer_avps(&guess, grammar);
		offer_errata(&guess, grammar);
	}
	dictc_complain(dictc, name.at, "no AVP is called '%s'%s", name.text,
	               dictc_guess_text(&guess));
	return NULL;
}

struct dictc_command *dictc_find_command(const struct dictc_grammar *grammar, const char *name)
{
	for (struct dictc_command *command = grammar->commands; command; command = command->next) {
		if (!strcmp(command->name.text, name) || !strcmp(command->abbreviation.text, name))
			return command;
	}
	return NULL;
}

/* `where` may be `*`, the block's printed or repaired name, or the command's other name. */
static bool speaks_of(const struct dictc_grammar *grammar, const struct dictc_erratum *erratum,
                      const struct dictc_block *block)
{
	const char *where = erratum->where.text;
	/* Not yet named: this erratum names it. */
	const char *name = block->name ? block->name : erratum->now.text;
	const struct dictc_command *command;

	if (!strcmp(where, "*") || !strcmp(where, block->printed.text))
		return true;
	if (!name || !strcmp(where, name))
		return name != NULL;
	command = dictc_find_command(grammar, name);
	return command && command == dictc_find_command(grammar, where);
}

const struct dictc_erratum *dictc_use_erratum(struct dictc_grammar *grammar,
                                              const struct dictc_block *block,
                                              enum dictc_erratum_kind kind, const char *printed)
{
	for (struct dictc_erratum *erratum = grammar->errata; erratum; erratum = erratum->next) {
		if (erratum->kind != kind || strcmp(erratum->old.text, printed) != 0 ||
		    !speaks_of(grammar, erratum, block))
			continue;
		erratum->used = true;
		return erratum;
	}
	return NULL;
}

static struct dictc_name repaired(struct dictc_grammar *grammar, const struct dictc_block *block,
                                  enum dictc_erratum_kind kind, struct dictc_name printed)
{
	const struct dictc_erratum *erratum = dictc_use_erratum(grammar, block, kind, printed.text);

	return erratum ? erratum->now : printed;
}

/* The first line of `head` before `line` that names the same. */
static const struct dictc_line *line_before(const struct dictc_line *head,
                                            const struct dictc_line *line)
{
	for (; head != line; head = head->next) {
		if (!head->omitted && head->any == line->any && head->avp == line->avp)
			return head;
	}
	return NULL;
}

static bool check_repeated(struct dictc *dictc, const struct dictc_block *block,
                           const struct dictc_line *line)
{
	const struct dictc_line *before = line_before(block->lines, line);

	if (!before)
		return true;
	dictc_complain(dictc, line->printed.at, "%s is named twice in %s; first at %s:%u:%u",
	               line->any ? "AVP" : line->avp->name.text, block->name,
	               PLACE(before->printed));
	return false;
}

static bool resolve_any(struct dictc *dictc, struct dictc_block *block, struct dictc_line *line)
{
	line->any = true;
	if (line->printed_occurrence.max != DICTC_UNBOUNDED || line->bracket == DICTC_FIXED) {
		dictc_complain(dictc, line->printed.at,
		               "'AVP' stands for any number of other AVPs; write * [ AVP ]");
		return false;
	}
	if (!check_repeated(dictc, block, line))
		return false;
	block->any = true;
	return true;
}

static bool resolve_line(struct dictc *dictc, struct dictc_grammar *grammar,
                         struct dictc_block *block, struct dictc_line *line)
{
	struct dictc_name name;

	line->occurrence = line->printed_occurrence;
	if (dictc_use_erratum(grammar, block, DICTC_ERRATUM_OMIT, line->printed.text)) {
		line->omitted = true;
		return true;
	}
	name = repaired(grammar, block, DICTC_ERRATUM_AVP, line->printed);
	if (!strcmp(name.text, "AVP"))
		return resolve_any(dictc, block, line);
	line->avp = dictc_need_avp(dictc, grammar, name);
	return line->avp && check_repeated(dictc, block, line);
}

static bool check_order(struct dictc *dictc, struct dictc_grammar *grammar,
                        const struct dictc_block *block)
{
	static const char *const words[] = { "fixed", "required", "optional" };
	const struct dictc_line *last = NULL;
	bool good = true;

	for (const struct dictc_line *line = block->lines; line; line = line->next) {
		if (line->omitted)
			continue;
		if (!last || line->bracket >= last->bracket) {
			last = line;
			continue;
		}
		if (dictc_use_erratum(grammar, block, DICTC_ERRATUM_ORDER, line->printed.text))
			continue;
		dictc_complain(dictc, line->printed.at,
		               "%s %s comes behind %s %s (%s:%u:%u); the order is fixed, "
		               "required, optional (RFC 6733 3.2)",
		               words[line->bracket], line->printed.text, words[last->bracket],
		               last->printed.text, PLACE(last->printed));
		good = false;
	}
	return good;
}

/* Two documents may spell two AVPs alike in C; in one struct they would meet. */
static bool check_members(struct dictc *dictc, const struct dictc_block *block)
{
	const struct dictc_line *line;
	const struct dictc_line *other;

	for (line = block->lines; line; line = line->next) {
		for (other = block->lines; other != line; other = other->next) {
			if (!line->avp || !other->avp || line->avp->grammar == other->avp->grammar)
				continue;
			if (strcmp(dictc_c_member(line->avp->name.text).text,
			           dictc_c_member(other->avp->name.text).text) != 0)
				continue;
			dictc_complain(
				dictc, line->printed.at, "%s has the same C name as %s at %s:%u:%u",
				line->printed.text, other->printed.text, PLACE(other->printed));
			return false;
		}
	}
	return true;
}

static bool resolve_lines(struct dictc *dictc, struct dictc_grammar *grammar,
                          struct dictc_block *block)
{
	bool good = true;

	for (struct dictc_line *line = block->lines; line; line = line->next)
		good = resolve_line(dictc, grammar, block, line) && good;
	return good && check_order(dictc, grammar, block) && check_members(dictc, block);
}

/* The number in the header, which must be the one of the table. */
static bool check_code(struct dictc *dictc, struct dictc_grammar *grammar,
                       const struct dictc_block *block, uint32_t code, struct dictc_name defined)
{
	struct dictc_name printed = repaired(grammar, block, DICTC_ERRATUM_CODE, block->code);
	uint32_t number;

	if (!dictc_read_number(dm_bytes_text(printed.text), UINT32_MAX, &number)) {
		dictc_complain(dictc, printed.at,
		               "'%s' is no number; where the document prints none, an erratum "
		               "must: '%s code %s = %u'",
		               printed.text, block->name, printed.text, code);
		return false;
	}
	if (number != code) {
		dictc_complain(dictc, printed.at, "code %u of %s is %u at %s:%u:%u", number,
		               block->name, code, PLACE(defined));
		return false;
	}
	return true;
}

static bool check_vendor(struct dictc *dictc, const struct dictc_block *block,
                         const struct dictc_avp *avp)
{
	uint32_t vendor;

	if (!block->vendor.text ||
	    (dictc_read_number(dm_bytes_text(block->vendor.text), UINT32_MAX, &vendor) &&
	     vendor == avp->vendor))
		return true;
	dictc_complain(dictc, block->vendor.at, "vendor %s of %s is %u at %s:%u:%u",
	               block->vendor.text, avp->name.text, avp->vendor, PLACE(avp->name));
	return false;
}

static bool check_answer_message(struct dictc *dictc, const struct dictc_command *command)
{
	const struct dictc_block *block = command->block;

	if (!strcmp(block->code.text, "code") && block->error)
		return true;
	dictc_complain(dictc, block->code.at,
	               "%s has any code (%s:%u:%u): its header says 'code, ERR'",
	               command->name.text, PLACE(command->name));
	return false;
}

static bool unknown_command(struct dictc *dictc, const struct dictc_grammar *grammar,
                            const struct dictc_block *block)
{
	struct dictc_guess guess;

	dictc_guess_init(&guess, block->name);
	for (struct dictc_command *c = grammar->commands; c; c = c->next) {
		dictc_guess_offer(&guess, c->name.text);
		dictc_guess_offer(&guess, c->abbreviation.text);
	}
	dictc_complain(dictc, block->printed.at, "@commands has no command '%s'%s", block->name,
	               dictc_guess_text(&guess));
	return false;
}

static bool resolve_message(struct dictc *dictc, struct dictc_grammar *grammar,
                            struct dictc_block *block)
{
	struct dictc_command *command;

	block->name = repaired(grammar, block, DICTC_ERRATUM_NAME, block->printed).text;
	command = dictc_find_command(grammar, block->name);
	if (!command)
		return unknown_command(dictc, grammar, block);
	if (command->block) {
		dictc_complain(dictc, block->printed.at,
		               "a second grammar of %s; first at %s:%u:%u", command->name.text,
		               PLACE(command->block->printed));
		return false;
	}
	command->block = block;
	if (command->any_code ? !check_answer_message(dictc, command)
	                      : !check_code(dictc, grammar, block, command->code, command->name))
		return false;
	if (block->proxiable_optional && !command->any_code) {
		dictc_complain(dictc, block->printed.at,
		               "only the answer-message has '[, PXY]' (RFC 6733 7.2)");
		return false;
	}
	return resolve_lines(dictc, grammar, block);
}

static bool resolve_group(struct dictc *dictc, struct dictc_grammar *grammar,
                          struct dictc_block *block)
{
	struct dictc_name name = repaired(grammar, block, DICTC_ERRATUM_NAME, block->printed);
	struct dictc_avp *avp;

	block->name = name.text;
	avp = (struct dictc_avp *)dictc_need_avp(dictc, grammar, name);
	if (!avp)
		return false;
	if (avp->grammar != grammar) {
		dictc_complain(dictc, name.at, "the grammar of %s belongs beside it, to %s:%u:%u",
		               avp->name.text, PLACE(avp->name));
		return false;
	}
	if (avp->type != DICTC_TYPE_GROUPED) {
		dictc_complain(dictc, name.at, "%s is %s at %s:%u:%u; only Grouped has a grammar",
		               avp->name.text, dictc_type_names[avp->type], PLACE(avp->name));
		return false;
	}
	if (avp->block) {
		dictc_complain(dictc, name.at, "a second grammar of %s; first at %s:%u:%u",
		               avp->name.text, PLACE(avp->block->printed));
		return false;
	}
	avp->block = block;
	return check_code(dictc, grammar, block, avp->code, avp->name) &&
	       check_vendor(dictc, block, avp) && resolve_lines(dictc, grammar, block);
}

static bool check_missing(struct dictc *dictc, const struct dictc_grammar *grammar)
{
	const struct dictc_command *command;
	const struct dictc_avp *avp;
	bool good = true;

	for (command = grammar->commands; command; command = command->next) {
		if (command->block)
			continue;
		dictc_complain(dictc, command->name.at, "%s has no grammar in @messages",
		               command->name.text);
		good = false;
	}
	for (avp = grammar->avps; avp; avp = avp->next) {
		if (avp->block || avp->type != DICTC_TYPE_GROUPED)
			continue;
		dictc_complain(dictc, avp->name.at, "%s is Grouped, but has no grammar in @grouped",
		               avp->name.text);
		good = false;
	}
	return good;
}

bool dictc_resolve_blocks(struct dictc *dictc, struct dictc_grammar *grammar)
{
	bool good = true;

	for (struct dictc_block *block = grammar->groups; block; block = block->next)
		good = resolve_group(dictc, grammar, block) && good;
	for (struct dictc_block *block = grammar->messages; block; block = block->next)
		good = resolve_message(dictc, grammar, block) && good;
	return good && check_missing(dictc, grammar);
}

/* Follows the lines that must be there: a circle of them has no smallest message. */
static bool walk_group(struct dictc *dictc, struct dictc_block *block)
{
	block->entered = true;
	for (const struct dictc_line *line = block->lines; line; line = line->next) {
		struct dictc_block *inner = line->avp ? line->avp->block : NULL;

		if (!inner || line->occurrence.min == 0 || inner->left)
			continue;
		if (inner->entered) {
			dictc_complain(dictc, line->printed.at,
			               "%s must hold %s, which must hold it in turn (%s:%u:%u)",
			               block->name, line->avp->name.text, PLACE(inner->printed));
			return false;
		}
		if (!walk_group(dictc, inner))
			return false;
	}
	block->left = true;
	return true;
}

bool dictc_check_circles(struct dictc *dictc, struct dictc_grammar *grammar)
{
	for (struct dictc_block *block = grammar->groups; block; block = block->next) {
		if (!block->left && !walk_group(dictc, block))
			return false;
	}
	return true;
}

bool dictc_check_errata(struct dictc *dictc, struct dictc_grammar *grammar)
{
	bool good = true;

	for (struct dictc_erratum *erratum = grammar->errata; erratum; erratum = erratum->next) {
		if (erratum->used)
			continue;
		dictc_complain(dictc, erratum->where.at,
		               "this erratum repairs nothing: %s prints no such '%s'",
		               erratum->where.text, erratum->old.text);
		good = false;
	}
	return good;
}
