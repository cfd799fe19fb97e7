/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The manual against the table of commands. The path of homeward.1 is the first argument.
 */
#include "tests/unit/base/check.h"

#include "cli/command.h"
#include "cli/file.h"
#include "cli/subscriber_fields.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *manual; /* ends in a NUL */

static void read_manual(const char *path)
{
	struct dm_bytes text;
	char why[256];

	if (hw_file_read(path, 1 << 20, &text, why, sizeof(why)) == 0)
		manual = strndup((const char *)text.at, text.size);
	free((void *)(uintptr_t)text.at);
}

/* Of the manual the part behind `head` up to the next chapter or section; the caller's. */
static char *section(const char *head)
{
	const char *from = strstr(manual, head);
	const char *chapter, *part;

	assert_non_null(from);
	from += strlen(head);
	chapter = strstr(from, "\n.Sh ");
	part = strstr(from, "\n.Ss ");
	if (!chapter || (part && part < chapter))
		chapter = part;
	assert_non_null(chapter);
	return strndup(from, (size_t)(chapter + 1 - from));
}

static void the_synopsis_is_that_of_the_table(void **state)
{
	char *synopsis = section(".Sh SYNOPSIS\n");
	char *wanted = NULL;
	size_t size;
	FILE *file = open_memstream(&wanted, &size);

	(void)state;
	for (size_t i = 0; i < hw_command_count; i++)
		hw_help_synopsis_mdoc(&hw_commands[i], file);
	(void)fclose(file);
	assert_string_equal(synopsis, wanted);
	free(wanted);
	free(synopsis);
}

static size_t count_of(const char *text, const char *what)
{
	size_t count = 0;

	for (; (text = strstr(text, what)); text += strlen(what))
		count++;
	return count;
}

static void assert_option(const char *text, const struct hw_option *option)
{
	char line[128];

	(void)snprintf(line, sizeof(line), option->value ? ".It Fl -%s Ar %s\n" : ".It Fl -%s\n",
	               option->name, option->value);
	if (!strstr(text, line))
		fail_msg("the manual has no line %s", line);
}

/* Its own options, all of them and no other; the shared ones are explained once. */
static void each_command_is_explained_with_its_options(void **state)
{
	(void)state;
	for (size_t i = 0; i < hw_command_count; i++) {
		const struct hw_option *option = hw_commands[i].options;
		char head[64], *text;
		size_t count = 0;

		(void)snprintf(head, sizeof(head), ".Ss %s\n", hw_commands[i].name);
		text = section(head);
		for (; option && option->name; option++, count++)
			assert_option(text, option);
		assert_int_equal(count_of(text, ".It Fl -"), count);
		free(text);
	}
	assert_int_equal(count_of(manual, "\n.Ss "), hw_command_count);
}

static void shared_options_are_explained(void **state)
{
	static const struct hw_option *const lists[] = { hw_options_every, hw_options_socket,
		                                         hw_options_data };
	char *text = section(".Sh DESCRIPTION\n");

	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		for (const struct hw_option *option = lists[i]; option->name; option++)
			assert_option(text, option);
	free(text);
}

/* The columns of a subscriber file are the fields of the table, all of them and no other. */
static void every_column_is_explained(void **state)
{
	char *text = section(".Sh SUBSCRIBER FILES\n");
	size_t fields = 0;

	(void)state;
	for (; hw_subscriber_members[fields].name; fields++) {
		char line[64];

		(void)snprintf(line, sizeof(line), ".It Li %s\n",
		               hw_subscriber_members[fields].name);
		if (!strstr(text, line))
			fail_msg("the manual has no line %s", line);
	}
	assert_int_equal(count_of(text, ".It Li "), fields);
	free(text);
}

int main(int count, char **words)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_synopsis_is_that_of_the_table),
		cmocka_unit_test(each_command_is_explained_with_its_options),
		cmocka_unit_test(shared_options_are_explained),
		cmocka_unit_test(every_column_is_explained),
	};
	int failed;

	read_manual(count > 1 ? words[1] : "");
	if (!manual)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	free(manual);
	return failed;
}
