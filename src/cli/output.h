/* SPDX-License-Identifier: Apache-2.0 */
/*
 * output: JSON values as text for people: tables, lists of facts, plain sentences.
 *
 * Everything printed comes out of a JSON value, so text and --json agree. Strings from outside are
 * escaped: a peer cannot steer the terminal. Colours only on a terminal, and not with NO_COLOR.
 */
#ifndef HW_CLI_OUTPUT_H
#define HW_CLI_OUTPUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct hw_output {
	FILE *file; /* borrowed */
	bool colours;
	bool unicode; /* the terminal's character set is UTF-8 */
};

enum hw_colour { HW_PLAIN, HW_BOLD, HW_DIM, HW_RED, HW_GREEN, HW_YELLOW, HW_BLUE, HW_CYAN };

/* Looks at the file and the environment. */
void hw_output_init(struct hw_output *out, FILE *file);
void hw_output_flush(struct hw_output *out);
void hw_output_print(struct hw_output *out, enum hw_colour colour, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

enum hw_show {
	HW_SHOW_PLAIN,
	HW_SHOW_TIME,    /* seconds since 1970 as 2026-01-31 13:00:00Z; 0 as - */
	HW_SHOW_SECONDS, /* a duration: 90 s, 5 min, 2 h 10 min */
};

struct hw_column {
	const char *key;     /* of the JSON object; "a.b" looks into an inner object or array */
	const char *heading; /* NULL ends the list */
	enum hw_show show;
};

/* One value as text; `room` holds it, longer ones are cut. NULL, null and "" are "-". */
void hw_output_value(const json_t *value, enum hw_show show, char *text, size_t room);

/* Rows of objects as a table; `empty` is the sentence when there is none. */
void hw_output_table(struct hw_output *out, const json_t *rows, const struct hw_column *columns,
                     const char *empty);

/* One object as lines "heading  value". */
void hw_output_facts(struct hw_output *out, const json_t *object, const struct hw_column *columns);

/* The member at "a.b", or NULL; of an array: the members of its elements. Owned by the caller. */
json_t *hw_json_at(const json_t *object, const char *path);

/* Columns that a text takes on a terminal (UTF-8, every character one wide). */
size_t hw_text_width(const char *text);

#endif
