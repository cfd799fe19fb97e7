/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command: what `homeward` can do, declared once.
 *
 * One row per command says its name, arguments, options, one-line summary and function. The parser,
 * usage, --help and the manual's synopsis are all made from the row (a test compares the manual).
 *
 * A command's function does its work and leaves a JSON value in call->result; it prints nothing.
 * The frame prints that value, as JSON or through the row's text renderer, so the two outputs
 * cannot say different things. On failure it calls hw_fail with one sentence.
 */
#ifndef HW_CLI_COMMAND_H
#define HW_CLI_COMMAND_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* The exit codes, as the manual says them. */
enum hw_exit {
	HW_FINE = 0,
	HW_REFUSED = 1,   /* the daemon or a Diameter peer said no, or it failed on the way */
	HW_BAD_INPUT = 2, /* usage, or a file that is not what it should be */
	HW_NO_DAEMON = 3, /* nobody answers at the control socket */
};

struct hw_option {
	const char *name;    /* "user-name" */
	const char *value;   /* "NAI"; NULL: a switch */
	const char *summary; /* one line */
};

struct hw_call;
struct hw_output;

enum { HW_USES_SOCKET = 1, HW_USES_DATA = 2 };

struct hw_command {
	const char *name;                /* "subscriber add" */
	const char *arguments;           /* "NAI", "[FILE]", "FILE ..."; NULL: none */
	const char *summary;             /* one line, no full stop */
	const struct hw_option *options; /* its own; ends with a NULL name; may be NULL */
	unsigned uses;                   /* HW_USES_*: which shared options it takes */
	enum hw_exit (*run)(struct hw_call *call);
	/* Prints the result for people; NULL: nothing to say. */
	void (*text)(const json_t *result, struct hw_output *out);
	/* Prints one step on the way, as it happens; NULL: silent. Not called with --json. */
	void (*text_progress)(const json_t *progress, struct hw_output *out);
	/* A list: the member that it is sorted by (the daemon's order is that of its tables). */
	const char *order;
};

#define HW_GIVEN_LIMIT 32

struct hw_given {
	const struct hw_option *option;
	const char *value; /* NULL for a switch; borrowed from argv */
};

struct hw_call {
	const struct hw_command *command;
	struct hw_given given[HW_GIVEN_LIMIT];
	size_t given_count;
	const char *arguments[HW_GIVEN_LIMIT]; /* borrowed from argv */
	size_t argument_count;
	bool json;
	bool help;
	bool version;
	struct hw_output *output; /* for hw_progress */
	json_t *result;           /* owned; what the command found */
	char error[8192];         /* one sentence, without full stop; lines, for a file */
};

/* All commands, in the order of the manual. */
extern const struct hw_command hw_commands[];
extern const size_t hw_command_count;

/* Options that every command takes, and those behind HW_USES_*; each ends with a NULL name. */
extern const struct hw_option hw_options_every[];
extern const struct hw_option hw_options_socket[];
extern const struct hw_option hw_options_data[];

/* The option lists that a command takes, best first: its own, then the shared ones. Fills up to
 * four lists and returns their number. */
size_t hw_command_options(const struct hw_command *command, const struct hw_option *lists[4]);

/*
 * Understands a command line. HW_FINE: call->command is set, or NULL when only help or version was
 * asked for. HW_BAD_INPUT: call->error says what is wrong (call->command may be set).
 */
enum hw_exit hw_command_parse(int count, char **words, struct hw_call *call);

/* The value of an option, or NULL; a switch that was given has the value "". */
const char *hw_option(const struct hw_call *call, const char *name);

/* A number option within bounds. Leaves *number alone when it was not given. */
enum hw_exit hw_option_number(struct hw_call *call, const char *name, unsigned long low,
                              unsigned long high, unsigned long *number);

/* Sets the sentence and returns `code`: `return hw_fail(call, HW_BAD_INPUT, "...")`. */
enum hw_exit hw_fail(struct hw_call *call, enum hw_exit code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Shows a step on the way (text only). Borrows `progress`. */
void hw_progress(struct hw_call *call, const json_t *progress);

/* ---- help.c: everything that is derived from the rows ---- */

/* "homeward attach [--interface NAME] NAI", as usage says it. */
void hw_help_synopsis(const struct hw_command *command, FILE *out);
/* The same as mdoc lines, as the manual says it. */
void hw_help_synopsis_mdoc(const struct hw_command *command, FILE *out);
void hw_help_command(const struct hw_command *command, FILE *out);
void hw_help_all(FILE *out);

#endif
