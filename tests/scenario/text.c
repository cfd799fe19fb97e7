/* SPDX-License-Identifier: Apache-2.0 */
#include "scenario.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void scenario_fail(struct scenario *s, const char *format, ...)
{
	struct dm_text text;
	va_list list;

	dm_text_init(&text, s->failure, sizeof(s->failure));
	dm_text_add(&text, "%s:%d: ", s->file, s->line);
	va_start(list, format);
	dm_text_add_list(&text, format, list);
	va_end(list);
	longjmp(s->failed, 1);
}

static void split(struct scenario *s)
{
	char *at = s->words_room;

	s->word_count = 0;
	for (;;) {
		at += strspn(at, " \t\r");
		if (*at == '\0' || *at == '#')
			return;
		if (s->word_count == sizeof(s->words) / sizeof(s->words[0]))
			scenario_fail(s, "more than %zu words", s->word_count);
		s->words[s->word_count++] = at;
		at += strcspn(at, " \t\r");
		if (*at)
			*at++ = '\0';
	}
}

bool scenario_next_line(struct scenario *s)
{
	while (*s->text) {
		size_t size = strcspn(s->text, "\n");

		s->line++;
		if (size >= sizeof(s->words_room))
			scenario_fail(s, "a line of more than %zu octets", sizeof(s->words_room));
		memcpy(s->words_room, s->text, size);
		s->words_room[size] = '\0';
		s->indented = s->text[0] == ' ' || s->text[0] == '\t';
		s->text += size + (s->text[size] == '\n');
		split(s);
		if (s->word_count)
			return true;
	}
	return false;
}

bool scenario_more_avps(const struct scenario *s)
{
	return *s->text == ' ' || *s->text == '\t';
}

const char *scenario_word(struct scenario *s, size_t place, const char *what)
{
	if (place >= s->word_count)
		scenario_fail(s, "`%s` wants %s", s->words[0], what);
	return s->words[place];
}

uint64_t scenario_number(struct scenario *s, const char *word)
{
	char *end;
	uint64_t number = strtoull(word, &end, 0);

	if (*word == '\0' || *end)
		scenario_fail(s, "`%s` is no number", word);
	return number;
}

dm_time scenario_duration(struct scenario *s, const char *word)
{
	char *end;
	double number = strtod(word, &end);

	if (strcmp(end, "s") == 0)
		return (dm_time)(number * (double)DM_SECOND);
	if (strcmp(end, "ms") == 0)
		return (dm_time)(number * (double)DM_MILLISECOND);
	scenario_fail(s, "`%s` is no duration: 30s, 250ms", word);
}

const char *scenario_option(const struct scenario *s, const char *key)
{
	for (size_t i = 1; i + 1 < s->word_count; i++)
		if (strcmp(s->words[i], key) == 0)
			return s->words[i + 1];
	return NULL;
}

bool scenario_flag(const struct scenario *s, const char *key)
{
	for (size_t i = 1; i < s->word_count; i++)
		if (strcmp(s->words[i], key) == 0)
			return true;
	return false;
}

const struct dm_command_entry *scenario_command(struct scenario *s, const char *abbreviation)
{
	extern const struct dm_grammar *const scenario_grammars[];

	for (size_t g = 0; scenario_grammars[g]; g++)
		for (size_t i = 0; i < scenario_grammars[g]->command_count; i++) {
			const struct dm_command *command = scenario_grammars[g]->commands[i];

			if (strcmp(command->abbreviation, abbreviation) == 0)
				return dm_dictionary_entry(s->dictionary, command);
		}
	scenario_fail(s, "no command has the abbreviation `%s`", abbreviation);
}

uint8_t scenario_flags(struct scenario *s, const char *letters)
{
	static const struct {
		char letter;
		uint8_t bit;
	} known[] = { { 'R', DM_FLAG_R }, { 'P', DM_FLAG_P }, { 'E', DM_FLAG_E },
		      { 'T', DM_FLAG_T }, { 'V', 0x80 },      { 'M', 0x40 },
		      { 'r', 0x01 },      { '-', 0 } };
	uint8_t flags = 0;

	for (; *letters; letters++) {
		size_t i = 0;

		while (i < sizeof(known) / sizeof(known[0]) && known[i].letter != *letters)
			i++;
		if (i == sizeof(known) / sizeof(known[0]))
			scenario_fail(s, "no flag is called `%c`", *letters);
		flags |= known[i].bit;
	}
	return flags;
}

/* ---- values ---- */

static void write_hex(struct scenario *s, const char *digits, struct dm_writer *out)
{
	for (; *digits; digits += 2) {
		unsigned int octet;

		if (sscanf(digits, "%2x", &octet) != 1 || !digits[1])
			scenario_fail(s, "`%s` is no row of hex octets", digits);
		dm_writer_u8(out, (uint8_t)octet);
	}
}

static void write_address(struct scenario *s, const char *word, struct dm_writer *out)
{
	uint8_t octets[16];

	if (inet_pton(AF_INET6, word, octets) == 1) {
		dm_writer_u16(out, DM_ADDRESS_IPV6);
		dm_writer_bytes(out, dm_bytes_of(octets, 16));
	} else if (inet_pton(AF_INET, word, octets) == 1) {
		dm_writer_u16(out, DM_ADDRESS_IPV4);
		dm_writer_bytes(out, dm_bytes_of(octets, 4));
	} else {
		scenario_fail(s, "`%s` is no address", word);
	}
}

/* A number, the name of a value, or for Result-Code and Application-Id `relay`. */
static uint64_t named_number(struct scenario *s, const struct dm_avp *avp, const char *word)
{
	for (size_t i = 0; i < avp->value_count; i++)
		if (strcmp(avp->values[i].name, word) == 0)
			return (uint64_t)(int64_t)avp->values[i].value;
	if (*word == '-')
		return (uint64_t)strtoll(word, NULL, 0);
	return scenario_number(s, word);
}

/* The words from `first` on, as they stood, joined by one blank. */
static const char *joined(struct scenario *s, size_t first, char *room, size_t size)
{
	struct dm_text text;

	dm_text_init(&text, room, size);
	for (size_t i = first; i < s->word_count; i++)
		dm_text_add(&text, "%s%s", i > first ? " " : "", s->words[i]);
	return room;
}

static void write_value(struct scenario *s, const struct dm_avp *avp, struct dm_writer *out)
{
	char room[1024];
	const char *word = joined(s, 2, room, sizeof(room));

	if (strncmp(word, "hex:", 4) == 0) {
		write_hex(s, word + 4, out);
		return;
	}
	switch (avp->type) {
	case DM_TYPE_INTEGER32:
	case DM_TYPE_UNSIGNED32:
	case DM_TYPE_ENUMERATED:
	case DM_TYPE_TIME:
		dm_writer_u32(out, (uint32_t)named_number(s, avp, word));
		return;
	case DM_TYPE_INTEGER64:
	case DM_TYPE_UNSIGNED64:
		dm_writer_u64(out, named_number(s, avp, word));
		return;
	case DM_TYPE_ADDRESS:
		write_address(s, word, out);
		return;
	case DM_TYPE_GROUPED:
		scenario_fail(s, "%s is Grouped: write `%s {`", avp->name, avp->name);
	default:
		dm_writer_bytes(out, dm_bytes_text(word));
	}
}

/* ---- AVP lines ---- */

static void read_avps(struct scenario *s, struct dm_writer *out, int depth);

/* Header with the length of what `data` holds (or the one that the line gives), data, padding. */
static void write_avp(struct scenario *s, uint32_t code, uint32_t vendor, uint8_t flags,
                      const struct dm_writer *data, struct dm_writer *out)
{
	const char *length = scenario_option(s, "length");
	size_t header = vendor ? 12 : 8;

	dm_writer_u32(out, code);
	dm_writer_u8(out, flags | (vendor ? DM_AVP_FLAG_V : 0));
	dm_writer_u24(out, length ? (uint32_t)scenario_number(s, length)
	                          : (uint32_t)(header + data->size));
	if (vendor)
		dm_writer_u32(out, vendor);
	dm_writer_bytes(out, dm_writer_written(data));
	dm_writer_zeros(out, (4 - data->size % 4) % 4);
}

/* `avp CODE [vendor N] [flags VM] [length N] = hex:...` */
static void read_any_avp(struct scenario *s, struct dm_writer *data, struct dm_writer *out)
{
	uint32_t code = (uint32_t)scenario_number(s, scenario_word(s, 1, "a code"));
	const char *vendor = scenario_option(s, "vendor");
	const char *flags = scenario_option(s, "flags");
	const char *value = scenario_option(s, "=");

	if (value && strncmp(value, "hex:", 4) == 0)
		write_hex(s, value + 4, data);
	else if (value)
		dm_writer_bytes(data, dm_bytes_text(value));
	write_avp(s, code, vendor ? (uint32_t)scenario_number(s, vendor) : 0,
	          flags ? scenario_flags(s, flags) : 0, data, out);
}

static void read_avp(struct scenario *s, struct dm_writer *data, struct dm_writer *out, int depth)
{
	const struct dm_avp *avp =
		dm_dictionary_avp_named(s->dictionary, dm_bytes_text(s->words[0]));

	if (!avp)
		scenario_fail(s, "no AVP is called `%s`", s->words[0]);
	if (s->word_count == 2 && strcmp(s->words[1], "{") == 0) {
		read_avps(s, data, depth + 1);
		s->word_count = 0;
	} else if (s->word_count >= 2 && strcmp(s->words[1], "=") == 0) {
		write_value(s, avp, data);
		s->word_count = 0;
	} else {
		scenario_fail(s, "an AVP line is `%s = VALUE` or `%s {`", avp->name, avp->name);
	}
	write_avp(s, avp->code, dm_dictionary_vendor(s->dictionary, avp), avp->flags, data, out);
}

static void read_avps(struct scenario *s, struct dm_writer *out, int depth)
{
	while (scenario_more_avps(s) && scenario_next_line(s)) {
		uint8_t room[2048];
		struct dm_writer data;

		if (depth && strcmp(s->words[0], "}") == 0)
			return;
		dm_writer_init_fixed(&data, room, sizeof(room));
		if (strcmp(s->words[0], "avp") == 0)
			read_any_avp(s, &data, out);
		else
			read_avp(s, &data, out, depth);
		if (data.failed || out->failed)
			scenario_fail(s, "the AVPs are too long for the runner");
	}
	if (depth)
		scenario_fail(s, "a group is not closed by `}`");
}

void scenario_avps(struct scenario *s, struct dm_writer *out)
{
	const char *name = scenario_option(s, "with");
	size_t i = 0;

	while (name && i < s->block_count && strcmp(s->blocks[i].name, name))
		i++;
	if (name && i == s->block_count)
		scenario_fail(s, "no AVPs are called `%s`", name);
	if (name)
		dm_writer_bytes(out, s->blocks[i].octets);
	read_avps(s, out, 0);
}
