/* SPDX-License-Identifier: Apache-2.0 */
#include "cname.h"
#include "guess.h"
#include "resolve.h"

#define PLACE(name) (name).at.file, (name).at.line, (name).at.column

static bool check_word(struct dictc *dictc, struct dictc_name name, const char *what)
{
	size_t size = strlen(name.text);

	if (size > DICTC_NAME_LIMIT) {
		dictc_complain(dictc, name.at, "a name of %zu octets; at most %d", size,
		               DICTC_NAME_LIMIT);
		return false;
	}
	if (strspn(name.text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") !=
	    size) {
		dictc_complain(dictc, name.at,
		               "'%s' is no name of %s: letters, digits and '-' (RFC 6733 3.2)",
		               name.text, what);
		return false;
	}
	return true;
}

/* A name of RFC 6733 3.2: ALPHA *(ALPHA / DIGIT / "-"); a leading digit as in 3GPP's AVPs too. */
static bool check_name(struct dictc *dictc, struct dictc_name name, const char *what)
{
	if (!check_word(dictc, name, what))
		return false;
	if (*name.text == '-' || *name.text == '_') {
		dictc_complain(dictc, name.at, "'%s' is no name of %s: it begins with '%c'",
		               name.text, what, *name.text);
		return false;
	}
	return true;
}

static bool need_section(struct dictc *dictc, const struct dictc_grammar *grammar,
                         const struct dictc_name *name, const char *section)
{
	struct dictc_place start = { .file = grammar->file, .line = 1, .column = 1 };

	if (name->text)
		return true;
	dictc_complain(dictc, start, "the grammar has no @%s", section);
	return false;
}

static bool check_prefix(struct dictc *dictc, const struct dictc_grammar *grammar)
{
	const char *prefix = grammar->prefix.text;

	if (!check_name(dictc, grammar->prefix, "a C prefix"))
		return false;
	if (*prefix >= '0' && *prefix <= '9') {
		dictc_complain(dictc, grammar->prefix.at,
		               "'%s' is no name of a C prefix: it begins with a digit", prefix);
		return false;
	}
	return true;
}

static bool check_vendor(struct dictc *dictc, const struct dictc_grammar *grammar)
{
	if (!grammar->vendor_at.text || grammar->vendor != 0)
		return true;
	dictc_complain(dictc, grammar->vendor_at.at,
	               "Vendor-Id 0 is the IETF's and needs no @vendor (RFC 6733 4.1.1)");
	return false;
}

/* One prefix, one file: two grammars of one prefix would share their C names. */
static bool check_prefix_alone(struct dictc *dictc, const struct dictc_grammar *grammar)
{
	const struct dictc_grammar *other;

	for (other = dictc->grammars; other; other = other->next) {
		if (other == grammar || !other->complete ||
		    strcmp(other->prefix.text, grammar->prefix.text) != 0)
			continue;
		dictc_complain(dictc, grammar->prefix.at, "prefix '%s' is taken at %s:%u:%u",
		               grammar->prefix.text, PLACE(other->prefix));
		return false;
	}
	return true;
}

bool dictc_check_head(struct dictc *dictc, struct dictc_grammar *grammar)
{
	bool good = need_section(dictc, grammar, &grammar->id, "id");

	good = need_section(dictc, grammar, &grammar->name, "name") && good;
	good = need_section(dictc, grammar, &grammar->prefix, "prefix") && good;
	return good && check_name(dictc, grammar->name, "a grammar") &&
	       check_prefix(dictc, grammar) && check_vendor(dictc, grammar);
}

static bool check_flags(struct dictc *dictc, struct dictc_grammar *grammar, struct dictc_avp *avp)
{
	if (avp->must & avp->must_not) {
		dictc_complain(dictc, avp->name.at, "a flag of %s both must and must not be set",
		               avp->name.text);
		return false;
	}
	if (!(avp->must & DICTC_FLAG_V))
		return true;
	if (!grammar->vendor_at.text) {
		dictc_complain(dictc, avp->name.at,
		               "%s has the flag V, but the grammar has no @vendor", avp->name.text);
		return false;
	}
	avp->vendor = grammar->vendor;
	return true;
}

static bool same_avp(const struct dictc_avp *a, const struct dictc_avp *b)
{
	return a->code == b->code && a->vendor == b->vendor && a->type == b->type &&
	       a->fixed_size == b->fixed_size && a->must == b->must && a->must_not == b->must_not;
}

/* Two AVPs that cannot both be there. Alike ones of two inherited documents can. */
static bool check_two(struct dictc *dictc, struct dictc_place at, const struct dictc_avp *one,
                      const struct dictc_avp *two)
{
	const struct dictc_grammar *grammar = one->grammar;

	if (grammar != two->grammar && same_avp(one, two) &&
	    !strcmp(one->name.text, two->name.text))
		return true;
	if (!strcmp(one->name.text, two->name.text)) {
		dictc_complain(dictc, at, "AVP %s is defined twice; first at %s:%u:%u",
		               one->name.text, PLACE(two->name));
		return false;
	}
	if (one->code == two->code && one->vendor == two->vendor) {
		dictc_complain(dictc, at, "code %u of %s is taken by %s at %s:%u:%u", one->code,
		               one->name.text, two->name.text, PLACE(two->name));
		return false;
	}
	if (grammar == two->grammar && !strcmp(one->c_name, two->c_name)) {
		dictc_complain(dictc, at, "%s has the same C name as %s at %s:%u:%u",
		               one->name.text, two->name.text, PLACE(two->name));
		return false;
	}
	return true;
}

static bool check_inherited(struct dictc *dictc, const struct dictc_avp *avp,
                            const struct dictc_grammar *grammar)
{
	const struct dictc_import *import;
	const struct dictc_avp *other;

	for (import = grammar->imports; import; import = import->next) {
		for (other = import->grammar->avps; other; other = other->next) {
			if (!check_two(dictc, avp->name.at, avp, other))
				return false;
		}
		if (!check_inherited(dictc, avp, import->grammar))
			return false;
	}
	return true;
}

/* What two inherited grammars define alike is one AVP; what they define differently clashes. */
static bool check_import(struct dictc *dictc, const struct dictc_import *import,
                         const struct dictc_import *before)
{
	for (const struct dictc_avp *avp = import->grammar->avps; avp; avp = avp->next) {
		const struct dictc_avp *other;

		for (other = before->grammar->avps; other; other = other->next) {
			if (!check_two(dictc, import->name.at, avp, other))
				return false;
		}
	}
	return true;
}

static bool check_imports(struct dictc *dictc, const struct dictc_grammar *grammar)
{
	const struct dictc_import *import;
	const struct dictc_import *before;

	for (import = grammar->imports; import; import = import->next) {
		for (before = grammar->imports; before != import; before = before->next) {
			if (before->grammar != import->grammar &&
			    !check_import(dictc, import, before))
				return false;
		}
	}
	return true;
}

static bool check_enumerator(struct dictc *dictc, const struct dictc_avp *avp,
                             struct dictc_enumerator *enumerator)
{
	if (strlen(enumerator->name.text) > DICTC_NAME_LIMIT) {
		dictc_complain(dictc, enumerator->name.at, "a name of %zu octets; at most %d",
		               strlen(enumerator->name.text), DICTC_NAME_LIMIT);
		return false;
	}
	enumerator->constant = dictc_copy(
		dictc,
		dm_bytes_text(dictc_c_constant(avp->grammar, avp->name.text, enumerator->name.text)
	                              .text));
	if (!enumerator->constant)
		return false;
	for (const struct dictc_enumerator *e = avp->enumerators; e != enumerator; e = e->next) {
		if (e->value == enumerator->value) {
			dictc_complain(dictc, enumerator->name.at,
			               "value %d of %s is %s already, at %s:%u:%u", e->value,
			               avp->name.text, e->name.text, PLACE(e->name));
			return false;
		}
		if (!strcmp(e->constant, enumerator->constant)) {
			dictc_complain(dictc, enumerator->name.at,
			               "%s of %s has value %d already, at %s:%u:%u", e->name.text,
			               avp->name.text, e->value, PLACE(e->name));
			return false;
		}
	}
	return true;
}

static bool check_enum(struct dictc *dictc, const struct dictc_avp *avp)
{
	struct dictc_enumerator *enumerator;

	if (avp->type == DICTC_TYPE_ENUMERATED && !avp->enumerated_at.text) {
		dictc_complain(dictc, avp->name.at, "%s is Enumerated, but has no @enum",
		               avp->name.text);
		return false;
	}
	for (enumerator = avp->enumerators; enumerator; enumerator = enumerator->next) {
		if (!check_enumerator(dictc, avp, enumerator))
			return false;
	}
	return true;
}

static bool check_reference(struct dictc *dictc, struct dictc_name name, const char *reference)
{
	if (strstr(reference, "*/")) {
		dictc_complain(dictc, name.at, "'*/' in the reference of %s would end a comment",
		               name.text);
		return false;
	}
	if (*reference)
		return true;
	dictc_complain(dictc, name.at,
	               "%s has no reference; end the line with its section, after "
	               "'@document RFC ...'",
	               name.text);
	return false;
}

static const char *c_name_of(struct dictc *dictc, const struct dictc_grammar *grammar,
                             struct dictc_name name)
{
	return dictc_copy(dictc, dm_bytes_text(dictc_c_type(grammar, name.text).text));
}

static bool check_avp(struct dictc *dictc, struct dictc_grammar *grammar, struct dictc_avp *avp)
{
	if (!check_name(dictc, avp->name, "an AVP") ||
	    !check_reference(dictc, avp->name, avp->reference))
		return false;
	if (!strcmp(avp->name.text, "AVP")) {
		dictc_complain(dictc, avp->name.at,
		               "'AVP' stands for any AVP (RFC 6733 3.2); it cannot be defined");
		return false;
	}
	if (avp->code == 0) {
		dictc_complain(dictc, avp->name.at, "AVP code 0 is not used (RFC 6733 4.1)");
		return false;
	}
	avp->c_name = c_name_of(dictc, grammar, avp->name);
	return avp->c_name && check_flags(dictc, grammar, avp);
}

bool dictc_check_avps(struct dictc *dictc, struct dictc_grammar *grammar)
{
	bool good = check_prefix_alone(dictc, grammar);

	for (struct dictc_avp *avp = grammar->avps; avp; avp = avp->next)
		good = check_avp(dictc, grammar, avp) && good;
	return good && check_imports(dictc, grammar);
}

bool dictc_check_clashes(struct dictc *dictc, struct dictc_grammar *grammar)
{
	bool good = true;

	for (struct dictc_avp *avp = grammar->avps; avp; avp = avp->next) {
		if (!check_inherited(dictc, avp, grammar)) {
			good = false;
			continue;
		}
		for (struct dictc_avp *other = grammar->avps; other != avp; other = other->next) {
			if (!check_two(dictc, avp->name.at, avp, other)) {
				good = false;
				break;
			}
		}
		good = check_enum(dictc, avp) && good;
	}
	return good;
}

static bool check_command_pair(struct dictc *dictc, const struct dictc_command *command,
                               const struct dictc_command *other)
{
	if (!strcmp(command->name.text, other->name.text)) {
		dictc_complain(dictc, command->name.at,
		               "command %s is defined twice; first at %s:%u:%u", command->name.text,
		               PLACE(other->name));
		return false;
	}
	if (!strcmp(command->c_name, other->c_name)) {
		dictc_complain(dictc, command->abbreviation.at,
		               "abbreviation %s of %s is taken by %s at %s:%u:%u",
		               command->abbreviation.text, command->name.text, other->name.text,
		               PLACE(other->abbreviation));
		return false;
	}
	return true;
}

static bool check_command(struct dictc *dictc, const struct dictc_grammar *grammar,
                          struct dictc_command *command)
{
	if (!check_name(dictc, command->name, "a command") ||
	    !check_name(dictc, command->abbreviation, "a command") ||
	    !check_reference(dictc, command->name, command->reference))
		return false;
	if (command->code == 0 && !command->any_code) {
		dictc_complain(dictc, command->name.at, "command code 0 of %s is not used",
		               command->name.text);
		return false;
	}
	command->c_name = c_name_of(dictc, grammar, command->abbreviation);
	if (!command->c_name)
		return false;
	for (const struct dictc_avp *avp = grammar->avps; avp; avp = avp->next) {
		if (avp->type != DICTC_TYPE_GROUPED || strcmp(command->c_name, avp->c_name) != 0)
			continue;
		dictc_complain(dictc, command->abbreviation.at,
		               "abbreviation %s has the same C name as AVP %s at %s:%u:%u",
		               command->abbreviation.text, avp->name.text, PLACE(avp->name));
		return false;
	}
	return true;
}

bool dictc_check_commands(struct dictc *dictc, struct dictc_grammar *grammar)
{
	struct dictc_command *command;
	struct dictc_command *other;
	bool good = true;

	for (command = grammar->commands; command; command = command->next)
		good = check_command(dictc, grammar, command) && good;
	for (command = grammar->commands; good && command; command = command->next) {
		for (other = grammar->commands; other != command; other = other->next) {
			if (!check_command_pair(dictc, command, other))
				return false;
		}
	}
	return good;
}

/* The other half of the pair: same code, the other direction. */
static const struct dictc_command *find_partner(const struct dictc_grammar *grammar,
                                                const struct dictc_command *command)
{
	const struct dictc_command *other;

	for (other = grammar->commands; other; other = other->next) {
		if (!other->any_code && other->code == command->code &&
		    other->block->request != command->block->request)
			return other;
	}
	return NULL;
}

static const struct dictc_command *same_direction(const struct dictc_grammar *grammar,
                                                  const struct dictc_command *command)
{
	const struct dictc_command *other;

	for (other = grammar->commands; other != command; other = other->next) {
		if (!other->any_code && other->code == command->code &&
		    other->block->request == command->block->request)
			return other;
	}
	return NULL;
}

static bool ends_with(const char *text, const char *end)
{
	size_t size = strlen(text);
	size_t end_size = strlen(end);

	return size >= end_size && !strcmp(text + size - end_size, end);
}

/* RFC 6733 3.3: names end with -Request or -Answer, and the R bit goes with them. */
static bool check_direction(struct dictc *dictc, const struct dictc_command *command)
{
	const struct dictc_block *block = command->block;
	bool wrong = block->request ? ends_with(command->name.text, "-Answer")
	                            : ends_with(command->name.text, "-Request");

	if (wrong) {
		dictc_complain(dictc, block->printed.at, "%s %s REQ in its header (%s:%u:%u)",
		               command->name.text,
		               block->request ? "is an answer, but has" : "is a request, but lacks",
		               PLACE(command->name));
		return false;
	}
	if (block->error && block->request) {
		dictc_complain(dictc, block->printed.at,
		               "%s has both REQ and ERR; only answers carry the E bit (RFC 6733 "
		               "3)",
		               command->name.text);
		return false;
	}
	return true;
}

static bool check_pair(struct dictc *dictc, const struct dictc_grammar *grammar,
                       const struct dictc_command *command)
{
	const struct dictc_command *partner;
	const struct dictc_command *twin;

	if (command->any_code)
		return true;
	twin = same_direction(grammar, command);
	if (twin) {
		dictc_complain(dictc, command->name.at,
		               "%s and %s (%s:%u:%u) have one code, %u, and one direction",
		               command->name.text, twin->name.text, PLACE(twin->name),
		               command->code);
		return false;
	}
	partner = find_partner(grammar, command);
	if (!partner) {
		dictc_complain(dictc, command->name.at, "%s has no %s of code %u (RFC 6733 3.3)",
		               command->name.text, command->block->request ? "answer" : "request",
		               command->code);
		return false;
	}
	if (!command->block->request && command->block->proxiable != partner->block->proxiable) {
		dictc_complain(dictc, command->block->printed.at,
		               "%s %s PXY, unlike its request at %s:%u:%u (RFC 6733 6.2)",
		               command->name.text, command->block->proxiable ? "has" : "lacks",
		               PLACE(partner->block->printed));
		return false;
	}
	return true;
}

bool dictc_check_pairs(struct dictc *dictc, struct dictc_grammar *grammar)
{
	const struct dictc_command *command;
	bool good = true;

	for (command = grammar->commands; command; command = command->next)
		good = check_direction(dictc, command) && good;
	for (command = grammar->commands; good && command; command = command->next)
		good = check_pair(dictc, grammar, command);
	return good;
}
