/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything that is said about a command is made from its row: usage, --help, and the lines of the
 * manual's synopsis.
 */
#include "cli/command.h"

#include <string.h>

enum { LINE_WIDTH = 79, INDENT = 8 };

/* One word of a synopsis; a new line when this one is full. */
static void print_word(FILE *out, size_t *column, const char *word)
{
	if (*column + 1 + strlen(word) > LINE_WIDTH) {
		(void)fprintf(out, "\n%*s", INDENT - 1, "");
		*column = INDENT - 1;
	}
	*column += 1 + strlen(word);
	(void)fprintf(out, " %s", word);
}

void hw_help_synopsis(const struct hw_command *command, FILE *out)
{
	const struct hw_option *lists[4];
	size_t count = hw_command_options(command, lists);
	size_t column = INDENT + (size_t)fprintf(out, "homeward %s", command->name);
	char word[80];

	for (size_t i = 0; i < count; i++) {
		if (lists[i] == hw_options_every)
			continue;
		for (const struct hw_option *option = lists[i]; option->name; option++) {
			(void)snprintf(word, sizeof(word), option->value ? "[--%s %s]" : "[--%s]",
			               option->name, option->value);
			print_word(out, &column, word);
		}
	}
	print_word(out, &column, "[--json]");
	if (command->arguments)
		print_word(out, &column, command->arguments);
	(void)fputc('\n', out);
}

/* "[FILE]" is mdoc's `.Op Ar FILE`; "[DIR ...]" is one argument too. */
static void argument_mdoc(const char *word, size_t size, FILE *out)
{
	if (word[0] == '[' && word[size - 1] == ']')
		(void)fprintf(out, ".Op Ar %.*s\n", (int)size - 2, word + 1);
	else
		(void)fprintf(out, ".Ar %.*s\n", (int)size, word);
}

void hw_help_synopsis_mdoc(const struct hw_command *command, FILE *out)
{
	const struct hw_option *lists[4];
	size_t count = hw_command_options(command, lists);
	const char *at = command->arguments;

	(void)fprintf(out, ".Nm homeward Cm %s\n", command->name);
	for (size_t i = 0; i < count; i++) {
		if (lists[i] == hw_options_every)
			continue;
		for (const struct hw_option *option = lists[i]; option->name; option++) {
			(void)fprintf(out, ".Op Fl -%s", option->name);
			(void)fprintf(out, option->value ? " Ar %s\n" : "\n", option->value);
		}
	}
	(void)fputs(".Op Fl -json\n", out);
	while (at && *at) {
		size_t size = *at == '[' ? strcspn(at, "]") + 1 : strcspn(at, " ");

		argument_mdoc(at, size, out);
		at += size;
		at += strspn(at, " ");
	}
}

static void help_options(const struct hw_option *list, FILE *out)
{
	for (; list->name; list++) {
		char head[64];

		(void)snprintf(head, sizeof(head), list->value ? "--%s %s" : "--%s", list->name,
		               list->value);
		(void)fprintf(out, "  %-36s %s\n", head, list->summary);
	}
}

void hw_help_command(const struct hw_command *command, FILE *out)
{
	const struct hw_option *lists[4];
	size_t count = hw_command_options(command, lists);

	(void)fputs("usage: ", out);
	hw_help_synopsis(command, out);
	(void)fprintf(out, "\n%s.\n\n", command->summary);
	for (size_t i = 0; i < count; i++)
		help_options(lists[i], out);
}

void hw_help_all(FILE *out)
{
	(void)fputs("usage: homeward COMMAND [OPTION ...] [ARGUMENT ...]\n\n", out);
	for (size_t i = 0; i < hw_command_count; i++)
		(void)fprintf(out, "  %-20s %s\n", hw_commands[i].name, hw_commands[i].summary);
	(void)fputs("\nhomeward COMMAND --help says how a command is used; so does homeward(1).\n"
	            "exit: 0 fine, 1 refused or failed, 2 usage or bad input, 3 no daemon\n",
	            out);
}
