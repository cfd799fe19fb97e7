/* SPDX-License-Identifier: Apache-2.0 */
/* The sections made of lines. One faulty line is reported and skipped. */
#include "guess.h"
#include "parser.h"

#define COLUMNS_LIMIT 64
#define LINES_LIMIT   8192 /* of all sections */

const char *const dictc_type_names[DICTC_TYPE_COUNT] = {
	[DICTC_TYPE_OCTET_STRING] = "OctetString",
	[DICTC_TYPE_INTEGER32] = "Integer32",
	[DICTC_TYPE_INTEGER64] = "Integer64",
	[DICTC_TYPE_UNSIGNED32] = "Unsigned32",
	[DICTC_TYPE_UNSIGNED64] = "Unsigned64",
	[DICTC_TYPE_FLOAT32] = "Float32",
	[DICTC_TYPE_FLOAT64] = "Float64",
	[DICTC_TYPE_GROUPED] = "Grouped",
	[DICTC_TYPE_ADDRESS] = "Address",
	[DICTC_TYPE_TIME] = "Time",
	[DICTC_TYPE_UTF8_STRING] = "UTF8String",
	[DICTC_TYPE_DIAMETER_IDENTITY] = "DiameterIdentity",
	[DICTC_TYPE_DIAMETER_URI] = "DiameterURI",
	[DICTC_TYPE_ENUMERATED] = "Enumerated",
	[DICTC_TYPE_IP_FILTER_RULE] = "IPFilterRule",
};

typedef bool parse_line(struct dictc_parser *parser, size_t end, void *context);

static bool parse_lines(struct dictc_parser *parser, parse_line *parse, void *context)
{
	bool good = true;

	while (!dictc_at_section(parser)) {
		size_t end = dictc_line_end(parser, parser->at);

		if (parser->line_count++ == LINES_LIMIT) {
			dictc_complain(parser->dictc, dictc_now(parser)->at,
			               "more than %d lines of AVPs, values and so on", LINES_LIMIT);
			return false;
		}
		if (!parse(parser, end, context))
			good = false;
		else if (parser->at < end) {
			dictc_complain(parser->dictc, dictc_now(parser)->at,
			               "'%.*s' is too much on this line",
			               (int)dictc_now(parser)->bytes.size,
			               (const char *)dictc_now(parser)->bytes.at);
			good = false;
		}
		parser->at = end;
	}
	return good;
}

static bool find_type(struct dictc_parser *parser, struct dictc_name word, enum dictc_type *type)
{
	struct dictc_guess guess;

	/* The RFC's own abbreviations of its tables (RFC 6733 4.5). */
	if (!strcmp(word.text, "DiamIdent"))
		word.text = "DiameterIdentity";
	if (!strcmp(word.text, "DiamURI"))
		word.text = "DiameterURI";
	dictc_guess_init(&guess, word.text);
	for (size_t i = 0; i < DICTC_TYPE_COUNT; i++) {
		if (!strcmp(word.text, dictc_type_names[i])) {
			*type = (enum dictc_type)i;
			return true;
		}
		dictc_guess_offer(&guess, dictc_type_names[i]);
	}
	dictc_complain(parser->dictc, word.at, "'%s' is no type of an AVP (RFC 6733 4.2, 4.3)%s",
	               word.text, dictc_guess_text(&guess));
	return false;
}

/* `(18)` behind OctetString. */
static bool parse_size(struct dictc_parser *parser, size_t end, struct dictc_avp *avp)
{
	if (parser->at >= end || !dictc_at_sign(parser, '('))
		return true;
	if (avp->type != DICTC_TYPE_OCTET_STRING) {
		dictc_complain(parser->dictc, dictc_now(parser)->at,
		               "only OctetString can have a size, %s has one already",
		               dictc_type_names[avp->type]);
		return false;
	}
	parser->at++;
	if (!dictc_take_number(parser, end, "a size in octets", 0xffffff - 12, &avp->fixed_size))
		return false;
	if (avp->fixed_size == 0) {
		dictc_complain(parser->dictc, parser->tokens[parser->at - 1].at,
		               "an OctetString of fixed size has at least one octet");
		return false;
	}
	return dictc_take_sign(parser, ')', "behind the size");
}

static bool parse_type(struct dictc_parser *parser, size_t end, struct dictc_avp *avp)
{
	struct dictc_name word;

	if (!dictc_take_name(parser, end, "the type of the AVP", &word))
		return false;
	if (!find_type(parser, word, &avp->type) || !parse_size(parser, end, avp))
		return false;
	if (parser->at < end && dictc_at_word(parser, "secret")) {
		avp->secret = true;
		if (avp->type != DICTC_TYPE_OCTET_STRING && avp->type != DICTC_TYPE_UTF8_STRING) {
			dictc_complain(parser->dictc, dictc_now(parser)->at,
			               "only OctetString and UTF8String can be secret");
			return false;
		}
		parser->at++;
	}
	return true;
}

static bool read_flags(struct dictc_parser *parser, struct dictc_name word, uint8_t *flags)
{
	for (const char *c = word.text; *c; c++) {
		uint8_t flag = *c == 'M'   ? DICTC_FLAG_M
		               : *c == 'V' ? DICTC_FLAG_V
		               : *c == 'P' ? DICTC_FLAG_P
		                           : 0;

		if (flag == 0 || *flags & flag) {
			dictc_complain(parser->dictc, word.at,
			               flag == 0 ? "'%s' are no AVP flags; the letters are M, V "
			                           "and P, or '-' for none"
			                         : "'%s' has a flag twice",
			               word.text);
			return false;
		}
		*flags |= flag;
	}
	return true;
}

/* A column of the RFC's flag table: `M`, `V,M`, `MV`, or `-` for none. */
static bool parse_flags(struct dictc_parser *parser, size_t end, const char *what, uint8_t *flags)
{
	struct dictc_name word;

	if (!dictc_take_name(parser, end, what, &word))
		return false;
	if (!strcmp(word.text, "-"))
		return true;
	if (!read_flags(parser, word, flags))
		return false;
	while (parser->at < end && dictc_at_sign(parser, ',')) {
		parser->at++;
		if (!dictc_take_name(parser, end, what, &word) || !read_flags(parser, word, flags))
			return false;
	}
	return true;
}

/* name code type [secret] MUST-flags MUST-NOT-flags reference */
static bool parse_avp(struct dictc_parser *parser, size_t end, void *context)
{
	struct dictc_avp *avp = dictc_take(parser->dictc, sizeof(*avp));

	(void)context;
	if (!avp || !dictc_take_name(parser, end, "the name of an AVP", &avp->name))
		return false;
	avp->grammar = parser->grammar;
	if (!dictc_take_number(parser, end, "an AVP code", UINT32_MAX, &avp->code) ||
	    !parse_type(parser, end, avp) ||
	    !parse_flags(parser, end, "the column of flags that must be set", &avp->must) ||
	    !parse_flags(parser, end, "the column of flags that must not be set", &avp->must_not))
		return false;
	avp->reference = dictc_take_reference(parser, end);
	*parser->avp_tail = avp;
	parser->avp_tail = &avp->next;
	return true;
}

bool dictc_parse_avp_types(struct dictc_parser *parser)
{
	return parse_lines(parser, parse_avp, NULL);
}

/* name abbreviation code reference: the columns of RFC 6733 3.1 */
static bool parse_command(struct dictc_parser *parser, size_t end, void *context)
{
	struct dictc_command *command = dictc_take(parser->dictc, sizeof(*command));

	(void)context;
	if (!command || !dictc_take_name(parser, end, "the name of a command", &command->name) ||
	    !dictc_take_name(parser, end, "the abbreviation", &command->abbreviation))
		return false;
	if (parser->at < end && dictc_at_word(parser, "code")) {
		command->any_code = true;
		parser->at++;
	} else if (!dictc_take_number(parser, end, "a command code", 0xffffff, &command->code)) {
		return false;
	}
	command->reference = dictc_take_reference(parser, end);
	*parser->command_tail = command;
	parser->command_tail = &command->next;
	return true;
}

bool dictc_parse_commands(struct dictc_parser *parser)
{
	return parse_lines(parser, parse_command, NULL);
}

struct enum_section {
	struct dictc_name avp;
	struct dictc_enumerator *first;
	struct dictc_enumerator **tail;
};

static bool read_value(struct dm_bytes text, int32_t *value)
{
	bool negative = text.size > 0 && text.at[0] == '-';
	uint32_t number;

	if (negative)
		text = dm_bytes_of(text.at + 1, text.size - 1);
	if (!dictc_read_number(text, negative ? (uint32_t)INT32_MAX + 1 : INT32_MAX, &number))
		return false;
	*value = (int32_t)(negative ? -(int64_t)number : (int64_t)number);
	return true;
}

/* NAME value; the name may have blanks */
static bool parse_enumerator(struct dictc_parser *parser, size_t end, void *context)
{
	struct enum_section *section = context;
	struct dictc_enumerator *enumerator = dictc_take(parser->dictc, sizeof(*enumerator));
	const struct dictc_token *last = &parser->tokens[end - 1];

	if (!enumerator)
		return false;
	if (end - parser->at < 2 || !read_value(last->bytes, &enumerator->value)) {
		dictc_complain(parser->dictc, last->at,
		               "the line must end with the value, a 32-bit number");
		return false;
	}
	enumerator->name = dictc_name_of(parser, parser->at, end - 1);
	parser->at = end;
	*section->tail = enumerator;
	section->tail = &enumerator->next;
	return enumerator->name.text != NULL;
}

static struct dictc_avp *own_avp(struct dictc_parser *parser, struct dictc_name name)
{
	struct dictc_guess guess;

	dictc_guess_init(&guess, name.text);
	for (struct dictc_avp *avp = parser->grammar->avps; avp; avp = avp->next) {
		if (!strcmp(avp->name.text, name.text))
			return avp;
		dictc_guess_offer(&guess, avp->name.text);
	}
	dictc_complain(parser->dictc, name.at, "@enum of '%s', which no @avp_types above defines%s",
	               name.text, dictc_guess_text(&guess));
	return NULL;
}

static bool attach_enum(struct dictc_parser *parser, const struct enum_section *section)
{
	struct dictc_avp *avp = own_avp(parser, section->avp);

	if (!avp)
		return false;
	if (avp->type != DICTC_TYPE_ENUMERATED) {
		dictc_complain(parser->dictc, section->avp.at,
		               "@enum of %s, which is %s at %s:%u:%u; only Enumerated has values",
		               avp->name.text, dictc_type_names[avp->type], avp->name.at.file,
		               avp->name.at.line, avp->name.at.column);
		return false;
	}
	if (avp->enumerated_at.text) {
		dictc_complain(parser->dictc, section->avp.at,
		               "a second @enum of %s; first at %s:%u:%u", avp->name.text,
		               avp->enumerated_at.at.file, avp->enumerated_at.at.line,
		               avp->enumerated_at.at.column);
		return false;
	}
	avp->enumerated_at = section->avp;
	avp->enumerators = section->first;
	return true;
}

bool dictc_parse_enum(struct dictc_parser *parser)
{
	struct enum_section section = { 0 };

	section.tail = &section.first;
	if (!dictc_take_name(parser, dictc_head_end(parser), "the name of an Enumerated AVP",
	                     &section.avp))
		return false;
	if (!parse_lines(parser, parse_enumerator, &section))
		return false;
	if (!section.first) {
		dictc_complain(parser->dictc, section.avp.at, "@enum of %s has no values",
		               section.avp.text);
		return false;
	}
	return attach_enum(parser, &section);
}

bool dictc_read_occurrence(const char *text, struct dictc_occurrence *occurrence)
{
	size_t digits = strspn(text, "0123456789");
	const char *rest = text + digits;
	uint32_t min;
	uint32_t max;

	if (!dictc_read_number(dm_bytes_of(text, digits), DICTC_UNBOUNDED - 1, &min))
		return false;
	max = min;
	if (!strcmp(rest, "+"))
		max = DICTC_UNBOUNDED;
	else if (*rest && (*rest != '-' ||
	                   !dictc_read_number(dm_bytes_text(rest + 1), DICTC_UNBOUNDED - 1, &max)))
		return false;
	*occurrence = (struct dictc_occurrence){ .min = (uint16_t)min, .max = (uint16_t)max };
	return min <= max;
}

static bool parse_columns(struct dictc_parser *parser, struct dictc_table *table)
{
	struct dictc_column **tail = &table->columns;
	size_t end = dictc_line_end(parser, parser->at);

	while (parser->at < end) {
		struct dictc_column *column = dictc_take(parser->dictc, sizeof(*column));

		if (!column || !dictc_take_name(parser, end, "a command", &column->command))
			return false;
		*tail = column;
		tail = &column->next;
		if (++table->column_count > COLUMNS_LIMIT) {
			dictc_complain(parser->dictc, column->command.at,
			               "a table of more than %d columns", COLUMNS_LIMIT);
			return false;
		}
	}
	return true;
}

static bool parse_cell(struct dictc_parser *parser, size_t end, struct dictc_cell *cell)
{
	struct dictc_name word;

	if (!dictc_take_name(parser, end, "a cell", &word))
		return false;
	cell->at = word.at;
	cell->silent = !strcmp(word.text, "-");
	if (cell->silent || dictc_read_occurrence(word.text, &cell->occurrence))
		return true;
	dictc_complain(parser->dictc, word.at,
	               "'%s' is no occurrence; write 0, 0+, 0-1, 1, 1+, or '-' for nothing said",
	               word.text);
	return false;
}

struct row_section {
	struct dictc_table *table;
	struct dictc_row **tail;
};

static bool parse_row(struct dictc_parser *parser, size_t end, void *context)
{
	struct row_section *section = context;
	struct dictc_row *row = dictc_take(parser->dictc, sizeof(*row));
	size_t columns = section->table->column_count;

	if (!row || !dictc_take_name(parser, end, "the name of an AVP", &row->avp))
		return false;
	row->cell_count = columns;
	row->cells = dictc_take(parser->dictc, columns * sizeof(*row->cells));
	if (!row->cells)
		return false;
	if (end - parser->at != columns) {
		dictc_complain(parser->dictc, row->avp.at,
		               "the row of %s has %zu cells, the table %zu columns", row->avp.text,
		               end - parser->at, columns);
		return false;
	}
	for (size_t i = 0; i < columns; i++) {
		if (!parse_cell(parser, end, &row->cells[i]))
			return false;
	}
	*section->tail = row;
	section->tail = &row->next;
	return true;
}

bool dictc_parse_table(struct dictc_parser *parser)
{
	struct dictc_table *table = dictc_take(parser->dictc, sizeof(*table));
	struct row_section section = { .table = table };

	if (!table)
		return false;
	section.tail = &table->rows;
	table->reference = dictc_take_reference(parser, dictc_head_end(parser));
	if (dictc_at_section(parser)) {
		dictc_complain(parser->dictc, dictc_now(parser)->at,
		               "the table above has no line of commands");
		return false;
	}
	*parser->table_tail = table;
	parser->table_tail = &table->next;
	return parse_columns(parser, table) && parse_lines(parser, parse_row, &section);
}

const char *const dictc_erratum_words[DICTC_ERRATUM_KINDS] = {
	[DICTC_ERRATUM_NAME] = "name", [DICTC_ERRATUM_CODE] = "code",
	[DICTC_ERRATUM_AVP] = "avp",   [DICTC_ERRATUM_ORDER] = "order",
	[DICTC_ERRATUM_OMIT] = "omit", [DICTC_ERRATUM_OCCURS] = "occurs",
};

static bool find_kind(struct dictc_parser *parser, struct dictc_name word,
                      enum dictc_erratum_kind *kind)
{
	struct dictc_guess guess;

	dictc_guess_init(&guess, word.text);
	for (size_t i = 0; i < DICTC_ERRATUM_KINDS; i++) {
		if (!strcmp(word.text, dictc_erratum_words[i])) {
			*kind = (enum dictc_erratum_kind)i;
			return true;
		}
		dictc_guess_offer(&guess, dictc_erratum_words[i]);
	}
	dictc_complain(parser->dictc, word.at,
	               "'%s' is no kind of erratum; name, code, avp, order, omit and occurs are%s",
	               word.text, dictc_guess_text(&guess));
	return false;
}

static size_t find_equals(const struct dictc_parser *parser, size_t at, size_t end)
{
	while (at < end &&
	       !(parser->tokens[at].kind == DICTC_TOKEN_SIGN && parser->tokens[at].sign == '='))
		at++;
	return at;
}

static bool parse_correction(struct dictc_parser *parser, size_t end, struct dictc_erratum *erratum)
{
	bool has_new = erratum->kind != DICTC_ERRATUM_ORDER && erratum->kind != DICTC_ERRATUM_OMIT;
	size_t equals = find_equals(parser, parser->at, end);

	if (equals == parser->at) {
		dictc_complain(parser->dictc, parser->tokens[equals].at,
		               "what the document prints is missing in this erratum");
		return false;
	}
	if (has_new ? equals + 1 >= end : equals < end) {
		dictc_complain(parser->dictc,
		               has_new ? dictc_behind(parser, end) : parser->tokens[equals].at,
		               has_new ? "an erratum of this kind ends with '= what is meant'"
		                       : "an erratum of this kind has no '='");
		return false;
	}
	erratum->old = dictc_name_of(parser, parser->at, equals);
	if (has_new)
		erratum->now = dictc_name_of(parser, equals + 1, end);
	parser->at = end;
	return erratum->old.text && (!has_new || erratum->now.text);
}

/* where kind printed [= meant] */
static bool parse_erratum(struct dictc_parser *parser, size_t end, void *context)
{
	struct dictc_erratum *erratum = dictc_take(parser->dictc, sizeof(*erratum));
	struct dictc_name kind;

	(void)context;
	if (!erratum)
		return false;
	if (dictc_at_sign(parser, '*')) {
		erratum->where = dictc_name_of(parser, parser->at, parser->at + 1);
		parser->at++;
	} else if (!dictc_take_name(parser, end, "the block's name, or '*'", &erratum->where)) {
		return false;
	}
	if (!erratum->where.text || !dictc_take_name(parser, end, "the kind of erratum", &kind) ||
	    !find_kind(parser, kind, &erratum->kind) || !parse_correction(parser, end, erratum))
		return false;
	*parser->erratum_tail = erratum;
	parser->erratum_tail = &erratum->next;
	return true;
}

bool dictc_parse_errata(struct dictc_parser *parser)
{
	return parse_lines(parser, parse_erratum, NULL);
}
