/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text to struct hw_config. libconfuse splits the text by tables that are made from ours; every
 * value is kept as a word with its line and read afterwards by its row. So one wrong value does not
 * hide the next; only a fault of the syntax ends the reading.
 */
#include "config_check.h"
#include "config_schema.h"
#include "config_text.h"

#include <confuse.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define FILE_LIMIT  ((size_t)4 << 20)
#define ARENA_LIMIT ((size_t)256 << 20)

/* libconfuse takes the end of the file for the end of an open block. This option, put behind the
 * text, is known outside of blocks only. */
#define END_OPTION "-end-of-file-"
#define END_TEXT   "\n" END_OPTION " = 1\n"

/* Set in cfg_opt_t.flags when an option has had a value; libconfuse uses the low bits. */
#define FLAG_SEEN (1 << 30)

/* A value as it stands in the file. */
struct word {
	unsigned line;
	char text[];
};

/* Where a block began: libconfuse only tells where it ended. */
struct section_start {
	struct section_start *next;
	const cfg_t *section;
	unsigned line;
};

struct hw_config_place {
	struct hw_config_place *next;
	const void *member;
	unsigned line;
};

struct reader {
	struct hw_config *config;
	struct hw_report *report;
	cfg_t *root;
	struct section_start *starts; /* newest first */
	unsigned lines;               /* of the file */
	bool syntax_error;            /* the rest was not read: what is missing may stand there */
	bool no_memory;
};

/* libconfuse gives its callbacks no context. Set during cfg_parse_fp only. */
static _Thread_local struct reader *reading;

static void *take(struct reader *reader, size_t size)
{
	void *taken = dm_arena_zero(&reader->config->arena, size);

	if (!taken)
		reader->no_memory = true;
	return taken;
}

/* ---- what libconfuse calls ---- */

static void note_start(struct reader *reader, const cfg_t *section)
{
	struct section_start *start;

	if (reader->starts && reader->starts->section == section)
		return;
	start = take(reader, sizeof(*start));
	if (!start)
		return;
	*start = (struct section_start){ reader->starts, section, (unsigned)reader->root->line };
	reader->starts = start;
}

static int keep_word(cfg_t *section, cfg_opt_t *option, const char *text, void *result)
{
	struct reader *reader = reading;
	size_t size = strlen(text) + 1;
	struct word *word = take(reader, sizeof(*word) + size);

	if (!word)
		return -1;
	note_start(reader, section);
	word->line = (unsigned)section->line;
	memcpy(word->text, text, size);
	if (option->nvalues == 1 && option->flags & FLAG_SEEN)
		hw_report_add(reader->report, word->line,
		              "%s is given twice in one block; keep one of them", option->name);
	option->flags |= FLAG_SEEN;
	*(struct word **)result = word;
	return 0;
}

static const char *option_name(const void *table, size_t index)
{
	return ((const cfg_opt_t *)table)[index].name;
}

static void report_unknown(struct reader *reader, cfg_t *section, const char *name)
{
	size_t count = 0;
	const char *near;

	while (section->opts[count].name)
		count++;
	near = hw_nearest(name, option_name, section->opts, count);
	if (near)
		hw_report_add(reader->report, (unsigned)section->line,
		              "no option or block \"%.64s\" is known here; did you mean \"%s\"?",
		              name, near);
	else
		hw_report_add(reader->report, (unsigned)section->line,
		              "no option or block \"%.64s\" is known here; homewardd.conf(5) "
		              "lists them",
		              name);
}

/* The fault shows only behind the last line: something was left open. */
static void report_end(struct reader *reader, const cfg_t *section)
{
	if (section != reader->root)
		hw_report_add(reader->report, reader->lines,
		              "the file ends in an open block \"%s\"; close it with }",
		              section->name);
	else
		hw_report_add(reader->report, reader->lines,
		              "the file ends in an open value, list or text; close it with a "
		              "value, } or a quote");
}

static void report_syntax(cfg_t *section, const char *format, va_list list)
{
	static const struct {
		const char *format, *remedy;
	} remedies[] = {
		{ "premature end of file", "close the open block or list with }" },
		{ "unexpected closing brace", "it closes nothing: remove it" },
		{ "missing equal sign after option '%s'", "write name = value" },
		{ "missing opening brace for section '%s'", "write { behind the block's name" },
		{ "missing title for section '%s'", "write the name in quotes before the {" },
		{ "found duplicate title '%s'", "join the two blocks" },
		{ "attempt to append to non-list option '%s'", "write = instead of +=" },
		{ "unterminated string constant", "close the text with a quote" },
		{ "unexpected token '%s'", "write name = value, or name { ... }; texts with other "
		                           "than letters and digits in quotes" },
	};
	struct reader *reader = reading;
	const char *remedy = "correct the line";
	char what[256];

	reader->syntax_error = true;
	if ((unsigned)section->line > reader->lines) {
		report_end(reader, section);
		return;
	}
	if (strcmp(format, "no such option '%s'") == 0) {
		report_unknown(reader, section, va_arg(list, const char *));
		return;
	}
	for (size_t i = 0; i < sizeof(remedies) / sizeof(remedies[0]); i++) {
		if (strcmp(remedies[i].format, format) == 0)
			remedy = remedies[i].remedy;
	}
	vsnprintf(what, sizeof(what), format, list);
	hw_report_add(reader->report, (unsigned)section->line, "%s; %s", what, remedy);
}

/* ---- libconfuse's tables from ours ---- */

static void add_option(cfg_opt_t *out, const struct hw_option *option)
{
	*out = (cfg_opt_t)CFG_PTR_CB(option->name, NULL, CFGF_NODEFAULT, keep_word, NULL);
	if (option->list)
		out->flags |= CFGF_LIST;
}

static cfg_opt_t *block_table(struct reader *reader, const struct hw_block *block, size_t more)
{
	cfg_opt_t *table = take(reader, (block->option_count + more + 1) * sizeof(*table));

	if (!table)
		return NULL;
	for (size_t i = 0; i < block->option_count; i++)
		add_option(&table[i], &block->options[i]);
	return table;
}

static cfg_opt_t *root_table(struct reader *reader)
{
	static const struct hw_option end = { END_OPTION };
	cfg_opt_t *table = block_table(reader, &hw_config_root, hw_config_block_count + 1);

	if (table)
		add_option(&table[hw_config_root.option_count + hw_config_block_count], &end);
	for (size_t i = 0; table && i < hw_config_block_count; i++) {
		const struct hw_block *block = &hw_config_blocks[i];
		cfg_opt_t *inner = block_table(reader, block, 0);
		cfg_flag_t flags = CFGF_MULTI;

		if (!inner)
			return NULL;
		if (block->title.name)
			flags |= CFGF_TITLE | CFGF_NO_TITLE_DUPES;
		table[hw_config_root.option_count + i] =
			(cfg_opt_t)CFG_SEC(block->name, inner, flags);
	}
	return table;
}

/* ---- words to values ---- */

static void note_place(struct reader *reader, const void *member, unsigned line)
{
	struct hw_config_place *place = take(reader, sizeof(*place));

	if (!place)
		return;
	*place = (struct hw_config_place){ reader->config->places, member, line };
	reader->config->places = place;
}

static void read_value(struct reader *reader, const struct hw_option *option, const char *value,
                       unsigned line, void *out)
{
	char buffer[400];
	struct dm_text what;

	dm_text_init(&what, buffer, sizeof(buffer));
	note_place(reader, out, line);
	if (!hw_value_read(option, value, &reader->config->arena, out, &what))
		hw_report_add(reader->report, line, "%s", buffer);
}

static void read_list(struct reader *reader, const struct hw_option *option, cfg_opt_t *given,
                      struct hw_list *list)
{
	size_t size = hw_type_size(option->type);

	list->count = given->nvalues;
	list->at = take(reader, size * given->nvalues);
	for (size_t i = 0; list->at && i < list->count; i++) {
		const struct word *word = given->values[i]->ptr;

		if (i == 0)
			note_place(reader, list, word->line);
		read_value(reader, option, word->text, word->line, (char *)list->at + i * size);
	}
}

static void report_missing(struct reader *reader, const struct hw_option *option, const char *block,
                           unsigned line)
{
	hw_report_add(reader->report, line, "%s%s%s is missing; write one such as %s = %s%s%s",
	              block ? block : "", block ? ": " : "", option->name, option->name,
	              option->list ? "{ " : "", hw_option_example(option),
	              option->list ? " }" : "");
}

static void read_option(struct reader *reader, const struct hw_option *option, cfg_t *section,
                        const char *block, unsigned line, void *object)
{
	cfg_opt_t *given = section ? cfg_getopt(section, option->name) : NULL;
	void *out = (char *)object + option->offset;
	const struct word *word;

	if (!given || given->nvalues == 0) {
		if (option->default_text)
			read_value(reader, option, option->default_text, line, out);
		else if (option->required && !reader->syntax_error)
			report_missing(reader, option, block, line);
		return;
	}
	if (option->has_offset)
		*(bool *)((char *)object + option->has_offset) = true;
	if (option->list) {
		read_list(reader, option, given, out);
		return;
	}
	word = given->values[0]->ptr;
	read_value(reader, option, word->text, word->line, out);
}

/* `section` NULL: every option takes its default. */
static void read_block(struct reader *reader, const struct hw_block *block, cfg_t *section,
                       unsigned line, void *object)
{
	((struct hw_block_head *)object)->line = line;
	if (section && block->title.name)
		read_value(reader, &block->title, cfg_title(section), line,
		           (char *)object + block->title.offset);
	for (size_t i = 0; i < block->option_count; i++)
		read_option(reader, &block->options[i], section, block->name, line, object);
}

static unsigned start_of(const struct reader *reader, const cfg_t *section)
{
	for (const struct section_start *start = reader->starts; start; start = start->next) {
		if (start->section == section)
			return start->line;
	}
	return (unsigned)section->line;
}

static void read_blocks(struct reader *reader, const struct hw_block *block)
{
	cfg_opt_t *given = cfg_getopt(reader->root, block->name);
	void *at = (char *)reader->config + block->offset;
	struct hw_list *list = at;

	if (!block->many) {
		cfg_t *section = given->nvalues ? given->values[0]->section : NULL;

		read_block(reader, block, section, section ? start_of(reader, section) : 0, at);
		for (unsigned i = 1; i < given->nvalues; i++)
			hw_report_add(reader->report, start_of(reader, given->values[i]->section),
			              "a second block \"%s\"; join the two", block->name);
		return;
	}
	list->count = given->nvalues;
	list->at = take(reader, block->size * given->nvalues);
	for (size_t i = 0; list->at && i < list->count; i++) {
		cfg_t *section = given->values[i]->section;

		read_block(reader, block, section, start_of(reader, section),
		           (char *)list->at + i * block->size);
	}
}

static void read_all(struct reader *reader)
{
	read_block(reader, &hw_config_root, reader->root, 0, reader->config);
	for (size_t i = 0; i < hw_config_block_count; i++)
		read_blocks(reader, &hw_config_blocks[i]);
}

/* ---- the whole ---- */

static void parse(struct reader *reader, struct dm_bytes text)
{
	size_t size = text.size + strlen(END_TEXT);
	char *copy = take(reader, size);
	FILE *file = copy ? fmemopen(copy, size, "r") : NULL;

	if (!file) {
		reader->no_memory = true;
		return;
	}
	if (text.size)
		memcpy(copy, text.at, text.size);
	hw_config_text_blank(copy, text.size);
	memcpy(copy + text.size, END_TEXT, strlen(END_TEXT));
	reading = reader;
	cfg_set_error_function(reader->root, report_syntax);
	cfg_parse_fp(reader->root, file);
	reading = NULL;
	fclose(file);
}

static void read_text(struct reader *reader, struct dm_bytes text,
                      const struct hw_config_override *override)
{
	cfg_opt_t *table = root_table(reader);

	if (!table)
		return;
	reader->root = cfg_init(table, CFGF_NONE);
	if (!reader->root) {
		reader->no_memory = true;
		return;
	}
	parse(reader, text);
	if (!reader->no_memory)
		read_all(reader);
	if (!reader->syntax_error && !reader->no_memory)
		hw_config_check(reader->config, override, reader->report);
	cfg_free(reader->root);
}

int hw_config_read(struct hw_config *config, struct dm_bytes text,
                   const struct hw_config_override *override, struct hw_report *report)
{
	struct reader reader = { .config = config,
		                 .report = report,
		                 .lines = hw_config_text_lines(text) };

	*config = (struct hw_config){ 0 };
	if (!hw_config_text_check(text, report))
		return -EINVAL;
	dm_arena_init(&config->arena, ARENA_LIMIT);
	read_text(&reader, text, override);
	hw_report_sort(report);
	if (!reader.no_memory && report->found == 0)
		return 0;
	hw_config_fini(config);
	return reader.no_memory ? -ENOMEM : -EINVAL;
}

int hw_config_load(struct hw_config *config, const char *path,
                   const struct hw_config_override *override, struct hw_report *report)
{
	FILE *file = fopen(path, "re");
	char *text = file ? malloc(FILE_LIMIT + 1) : NULL;
	size_t size = text ? fread(text, 1, FILE_LIMIT + 1, file) : 0;
	int error = 0;

	if (!file || !text || ferror(file))
		hw_report_add(report, 0, "cannot be read (%s); check name and rights",
		              strerror(errno));
	else if (size > FILE_LIMIT)
		hw_report_add(report, 0, "is larger than 4 MiB; this is no configuration");
	else
		error = hw_config_read(config, dm_bytes_of(text, size), override, report);
	free(text);
	if (file)
		fclose(file);
	return error ? error : report->found ? -EINVAL : 0;
}

void hw_config_fini(struct hw_config *config)
{
	dm_arena_fini(&config->arena);
	*config = (struct hw_config){ 0 };
}

unsigned hw_config_line(const struct hw_config *config, const void *member, unsigned otherwise)
{
	for (const struct hw_config_place *place = config->places; place; place = place->next) {
		if (place->member == member)
			return place->line;
	}
	return otherwise;
}

/* ---- the nearest name ---- */

#define WORD_ROOM 40

/* Levenshtein's distance, at most WORD_ROOM. */
static size_t distance(const char *a, const char *b)
{
	size_t row[WORD_ROOM + 1];
	size_t b_size = strlen(b);

	if (strlen(a) > WORD_ROOM || b_size > WORD_ROOM)
		return WORD_ROOM;
	for (size_t j = 0; j <= b_size; j++)
		row[j] = j;
	for (size_t i = 0; a[i]; i++) {
		size_t corner = row[0]++;

		for (size_t j = 0; j < b_size; j++) {
			size_t cost = corner + (a[i] != b[j]);

			corner = row[j + 1];
			if (corner + 1 < cost)
				cost = corner + 1;
			if (row[j] + 1 < cost)
				cost = row[j] + 1;
			row[j + 1] = cost;
		}
	}
	return row[b_size];
}

const char *hw_nearest(const char *word, const char *(*name)(const void *table, size_t index),
                       const void *table, size_t count)
{
	size_t least = 3;
	const char *nearest = NULL;

	for (size_t i = 0; i < count; i++) {
		size_t far = distance(word, name(table, i));

		if (far < least && far < strlen(word)) {
			least = far;
			nearest = name(table, i);
		}
	}
	return nearest;
}
