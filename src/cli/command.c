/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"

#include "cli/output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

const struct hw_option hw_options_every[] = {
	{ "json", NULL, "print JSON instead of text" },
	{ "help", NULL, "say how the command is used" },
	{ "version", NULL, "say which version this is" },
	{ NULL, NULL, NULL },
};

const struct hw_option hw_options_socket[] = {
	{ "socket", "PATH", "control socket of the daemon, default $HOMEWARD_CONTROL" },
	{ NULL, NULL, NULL },
};

const struct hw_option hw_options_data[] = {
	{ "data", "DIR", "work on this store directory, when no daemon owns it" },
	{ NULL, NULL, NULL },
};

enum hw_exit hw_fail(struct hw_call *call, enum hw_exit code, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	(void)vsnprintf(call->error, sizeof(call->error), format, list);
	va_end(list);
	return code;
}

void hw_progress(struct hw_call *call, const json_t *progress)
{
	if (call->json || !call->output || !call->command->text_progress)
		return;
	call->command->text_progress(progress, call->output);
	hw_output_flush(call->output);
}

size_t hw_command_options(const struct hw_command *command, const struct hw_option *lists[4])
{
	size_t count = 0;

	if (command->options)
		lists[count++] = command->options;
	if (command->uses & HW_USES_DATA)
		lists[count++] = hw_options_data;
	if (command->uses & HW_USES_SOCKET)
		lists[count++] = hw_options_socket;
	lists[count++] = hw_options_every;
	return count;
}

static const struct hw_option *find_in(const struct hw_option *list, const char *name, size_t size)
{
	for (; list->name; list++)
		if (strlen(list->name) == size && strncmp(list->name, name, size) == 0)
			return list;
	return NULL;
}

/* Before the command is known only the shared options can be meant. */
static const struct hw_option *find_option(const struct hw_command *command, const char *name,
                                           size_t size)
{
	static const struct hw_command any = { .uses = HW_USES_SOCKET | HW_USES_DATA };
	const struct hw_option *lists[4];
	size_t count = hw_command_options(command ? command : &any, lists);

	for (size_t i = 0; i < count; i++) {
		const struct hw_option *found = find_in(lists[i], name, size);

		if (found)
			return found;
	}
	return NULL;
}

static size_t smallest(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

/* Edit distance, for the guess in "no such ...". Words longer than the room are never close. */
static size_t distance(const char *a, const char *b)
{
	enum { ROOM = 40 };
	size_t rows[2][ROOM + 1];
	size_t size_a = strlen(a), size_b = strlen(b);

	if (size_a > ROOM || size_b > ROOM)
		return SIZE_MAX;
	for (size_t j = 0; j <= size_b; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= size_a; i++) {
		size_t *now = rows[i % 2], *before = rows[(i - 1) % 2];

		now[0] = i;
		for (size_t j = 1; j <= size_b; j++)
			now[j] = smallest(before[j] + 1, now[j - 1] + 1,
			                  before[j - 1] + (a[i - 1] != b[j - 1]));
	}
	return rows[size_a % 2][size_b];
}

static const char *closer(const char *word, const char *candidate, const char *best)
{
	size_t limit = strlen(word) / 3 + 1;
	size_t now = distance(word, candidate);

	if (now > limit || (best && distance(word, best) <= now))
		return best;
	return candidate;
}

static enum hw_exit unknown_option(struct hw_call *call, const char *name, size_t size)
{
	static const struct hw_command any = { .uses = HW_USES_SOCKET | HW_USES_DATA };
	const struct hw_command *command = call->command ? call->command : &any;
	const struct hw_option *lists[4];
	size_t count = hw_command_options(command, lists);
	const char *guess = NULL;
	char word[64];

	(void)snprintf(word, sizeof(word), "%.*s", (int)(size < 60 ? size : 60), name);
	for (size_t i = 0; i < count; i++)
		for (const struct hw_option *option = lists[i]; option->name; option++)
			guess = closer(word, option->name, guess);
	if (guess)
		return hw_fail(call, HW_BAD_INPUT, "there is no option --%s; is --%s meant?", word,
		               guess);
	return hw_fail(call, HW_BAD_INPUT, "there is no option --%s%s%s", word,
	               call->command ? " of homeward " : " before the command",
	               call->command ? call->command->name : "");
}

static enum hw_exit keep_option(struct hw_call *call, const struct hw_option *option,
                                const char *value)
{
	if (strcmp(option->name, "json") == 0)
		call->json = true;
	if (strcmp(option->name, "help") == 0)
		call->help = true;
	if (strcmp(option->name, "version") == 0)
		call->version = true;
	if (hw_option(call, option->name))
		return hw_fail(call, HW_BAD_INPUT, "--%s is given twice", option->name);
	if (call->given_count == HW_GIVEN_LIMIT)
		return hw_fail(call, HW_BAD_INPUT, "too many options");
	call->given[call->given_count++] = (struct hw_given){ option, value };
	return HW_FINE;
}

/* One word that begins with "--"; *at is moved over the value that it takes. */
static enum hw_exit parse_option(struct hw_call *call, int count, char **words, int *at)
{
	const char *name = words[*at] + 2;
	const char *equals = strchr(name, '=');
	size_t size = equals ? (size_t)(equals - name) : strlen(name);
	const struct hw_option *option = find_option(call->command, name, size);

	if (!option)
		return unknown_option(call, name, size);
	if (!option->value && equals)
		return hw_fail(call, HW_BAD_INPUT, "--%s takes no value", option->name);
	if (!option->value)
		return keep_option(call, option, "");
	if (equals)
		return keep_option(call, option, equals + 1);
	if (*at + 1 >= count)
		return hw_fail(call, HW_BAD_INPUT, "--%s wants a value: --%s %s", option->name,
		               option->name, option->value);
	*at += 1;
	return keep_option(call, option, words[*at]);
}

static const struct hw_command *command_named(const char *name)
{
	for (size_t i = 0; i < hw_command_count; i++)
		if (strcmp(hw_commands[i].name, name) == 0)
			return &hw_commands[i];
	return NULL;
}

/* Is `word` the first of several words of a command ("subscriber")? */
static bool is_family(const char *word)
{
	size_t size = strlen(word);

	for (size_t i = 0; i < hw_command_count; i++)
		if (strncmp(hw_commands[i].name, word, size) == 0 &&
		    hw_commands[i].name[size] == ' ')
			return true;
	return false;
}

static enum hw_exit unknown_command(struct hw_call *call, const char *name)
{
	const char *guess = NULL;

	for (size_t i = 0; i < hw_command_count; i++)
		guess = closer(name, hw_commands[i].name, guess);
	if (guess)
		return hw_fail(call, HW_BAD_INPUT, "there is no command %s; is %s meant?", name,
		               guess);
	return hw_fail(call, HW_BAD_INPUT, "there is no command %s; homeward --help lists them",
	               name);
}

/* The words that name the command; *at is moved over a second one. The first word of a family may
 * be a command by itself ("sessions"). */
static enum hw_exit parse_command(struct hw_call *call, int count, char **words, int *at)
{
	char name[128];

	if (!is_family(words[*at])) {
		call->command = command_named(words[*at]);
		return call->command ? HW_FINE : unknown_command(call, words[*at]);
	}
	if (*at + 1 >= count || words[*at + 1][0] == '-') {
		call->command = command_named(words[*at]);
		if (call->command)
			return HW_FINE;
		if (*at + 1 < count && strcmp(words[*at + 1], "--help") == 0)
			return HW_FINE;
		return hw_fail(call, HW_BAD_INPUT, "%s what? homeward --help lists the commands",
		               words[*at]);
	}
	(void)snprintf(name, sizeof(name), "%s %s", words[*at], words[*at + 1]);
	*at += 1;
	call->command = command_named(name);
	return call->command ? HW_FINE : unknown_command(call, name);
}

static enum hw_exit parse_word(struct hw_call *call, int count, char **words, int *at)
{
	const char *word = words[*at];

	if (strcmp(word, "-h") == 0) {
		call->help = true;
		return HW_FINE;
	}
	if (word[0] == '-' && word[1] == '-' && word[2] != '\0')
		return parse_option(call, count, words, at);
	if (word[0] == '-' && word[1] != '\0' && word[1] != '-')
		return hw_fail(call, HW_BAD_INPUT, "options are words here: %s is none", word);
	if (!call->command)
		return parse_command(call, count, words, at);
	if (call->argument_count == HW_GIVEN_LIMIT)
		return hw_fail(call, HW_BAD_INPUT, "too many arguments");
	call->arguments[call->argument_count++] = word;
	return HW_FINE;
}

/* "NAI [FILE ...]": how many arguments may there be? */
static void argument_bounds(const char *arguments, size_t *least, size_t *most)
{
	bool optional = false;

	*least = *most = 0;
	if (!arguments)
		return;
	for (const char *at = arguments; *at; at += strcspn(at, " "), at += strspn(at, " ")) {
		if (strncmp(at, "...", 3) == 0) {
			*most = HW_GIVEN_LIMIT;
			continue;
		}
		optional = optional || *at == '[';
		*least += optional ? 0 : 1;
		*most += 1;
	}
}

static enum hw_exit check_arguments(struct hw_call *call)
{
	size_t least, most;

	argument_bounds(call->command->arguments, &least, &most);
	if (call->argument_count < least)
		return hw_fail(call, HW_BAD_INPUT, "%s is missing", call->command->arguments);
	if (call->argument_count > most)
		return hw_fail(call, HW_BAD_INPUT, "%s is one argument too many",
		               call->arguments[most]);
	return HW_FINE;
}

enum hw_exit hw_command_parse(int count, char **words, struct hw_call *call)
{
	enum hw_exit code = HW_FINE;
	bool options_end = false;

	for (int at = 1; at < count && code == HW_FINE; at++) {
		if (call->command && !options_end && strcmp(words[at], "--") == 0)
			options_end = true;
		else if (options_end && call->argument_count < HW_GIVEN_LIMIT)
			call->arguments[call->argument_count++] = words[at];
		else
			code = parse_word(call, count, words, &at);
	}
	if (code != HW_FINE || call->help || call->version)
		return code;
	if (!call->command)
		return hw_fail(call, HW_BAD_INPUT, "which command? homeward --help lists them");
	return check_arguments(call);
}

const char *hw_option(const struct hw_call *call, const char *name)
{
	for (size_t i = 0; i < call->given_count; i++)
		if (strcmp(call->given[i].option->name, name) == 0)
			return call->given[i].value;
	return NULL;
}

enum hw_exit hw_option_number(struct hw_call *call, const char *name, unsigned long low,
                              unsigned long high, unsigned long *number)
{
	const char *text = hw_option(call, name);
	unsigned long value;
	char *end;

	if (!text)
		return HW_FINE;
	errno = 0;
	value = strtoul(text, &end, 0);
	if (*text < '0' || *text > '9' || *end || errno || value < low || value > high)
		return hw_fail(call, HW_BAD_INPUT, "--%s %s: a number from %lu to %lu is wanted",
		               name, text, low, high);
	*number = value;
	return HW_FINE;
}
