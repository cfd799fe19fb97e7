/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/base/check.h"

#include "cli/command.h"
#include "cli/output.h"

#include <stdlib.h>
#include <string.h>

/* A table of our own, in place of the tool's. */

static const struct hw_option wash_options[] = {
	{ "water", "LITRES", "how much" },
	{ "hot", NULL, "with hot water" },
	{ NULL, NULL, NULL },
};

const struct hw_command hw_commands[] = {
	{ .name = "wash",
	  .arguments = "CAR [CAR ...]",
	  .summary = "wash cars",
	  .options = wash_options,
	  .uses = HW_USES_SOCKET },
	{ .name = "garage open", .summary = "open the garage" },
	{ .name = "garage close", .arguments = "[DOOR]", .summary = "close the garage" },
};

const size_t hw_command_count = 3;

#define PARSE(...)                                                               \
	do {                                                                     \
		const char *words_[] = { "homeward", __VA_ARGS__ };              \
		memset(&call, 0, sizeof(call));                                  \
		code = hw_command_parse((int)(sizeof(words_) / sizeof(*words_)), \
		                        (char **)(uintptr_t)words_, &call);      \
	} while (0)

static struct hw_call call;
static enum hw_exit code;

static void a_command_takes_options_and_arguments(void **state)
{
	(void)state;
	PARSE("wash", "--water", "12", "beetle", "--hot", "--socket=/x", "--json", "2cv");
	assert_int_equal(code, HW_FINE);
	assert_ptr_equal(call.command, &hw_commands[0]);
	assert_string_equal(hw_option(&call, "water"), "12");
	assert_string_equal(hw_option(&call, "hot"), "");
	assert_string_equal(hw_option(&call, "socket"), "/x");
	assert_true(call.json);
	assert_int_equal(call.argument_count, 2);
	assert_string_equal(call.arguments[1], "2cv");
	assert_null(hw_option(&call, "data"));
}

static void shared_options_may_stand_before_the_command(void **state)
{
	(void)state;
	PARSE("--json", "--socket", "/x", "wash", "beetle");
	assert_int_equal(code, HW_FINE);
	assert_true(call.json);
	assert_string_equal(hw_option(&call, "socket"), "/x");
}

static void a_command_of_two_words_is_found(void **state)
{
	(void)state;
	PARSE("garage", "close", "left");
	assert_int_equal(code, HW_FINE);
	assert_ptr_equal(call.command, &hw_commands[2]);
	assert_string_equal(call.arguments[0], "left");
}

static void behind_two_dashes_everything_is_an_argument(void **state)
{
	(void)state;
	PARSE("wash", "--", "--hot");
	assert_int_equal(code, HW_FINE);
	assert_string_equal(call.arguments[0], "--hot");
	assert_null(hw_option(&call, "hot"));
}

#define WRONG(sentence)                                    \
	do {                                               \
		assert_int_equal(code, HW_BAD_INPUT);      \
		assert_string_equal(call.error, sentence); \
	} while (0)

static void mistakes_are_named(void **state)
{
	(void)state;
	PARSE("wahs");
	WRONG("there is no command wahs; is wash meant?");
	PARSE("xyzzy");
	WRONG("there is no command xyzzy; homeward --help lists them");
	PARSE("garage");
	WRONG("garage what? homeward --help lists the commands");
	PARSE("garage", "opne");
	WRONG("there is no command garage opne; is garage open meant?");
	PARSE("wash", "--watr", "1", "beetle");
	WRONG("there is no option --watr; is --water meant?");
	PARSE("wash", "--xyzzy", "beetle");
	WRONG("there is no option --xyzzy of homeward wash");
	PARSE("wash", "beetle", "--water");
	WRONG("--water wants a value: --water LITRES");
	PARSE("wash", "--hot=yes", "beetle");
	WRONG("--hot takes no value");
	PARSE("wash", "--hot", "--hot", "beetle");
	WRONG("--hot is given twice");
	PARSE("wash");
	WRONG("CAR [CAR ...] is missing");
	PARSE("garage", "open", "now");
	WRONG("now is one argument too many");
	PARSE("wash", "-x", "beetle");
	WRONG("options are words here: -x is none");
	PARSE("--json");
	WRONG("which command? homeward --help lists them");
	PARSE("garage", "open", "--data", "/x");
	WRONG("there is no option --data of homeward garage open");
}

static void help_needs_nothing_else(void **state)
{
	(void)state;
	PARSE("wash", "--help");
	assert_int_equal(code, HW_FINE);
	assert_true(call.help);
	assert_ptr_equal(call.command, &hw_commands[0]);
	PARSE("--help");
	assert_int_equal(code, HW_FINE);
	assert_null(call.command);
	PARSE("garage", "--help");
	assert_int_equal(code, HW_FINE);
	assert_true(call.help);
}

static void numbers_are_checked(void **state)
{
	unsigned long number = 7;

	(void)state;
	PARSE("wash", "beetle");
	assert_int_equal(hw_option_number(&call, "water", 1, 20, &number), HW_FINE);
	assert_int_equal(number, 7);
	PARSE("wash", "--water", "0x10", "beetle");
	assert_int_equal(hw_option_number(&call, "water", 1, 20, &number), HW_FINE);
	assert_int_equal(number, 16);
	PARSE("wash", "--water", "21", "beetle");
	assert_int_equal(hw_option_number(&call, "water", 1, 20, &number), HW_BAD_INPUT);
	assert_string_equal(call.error, "--water 21: a number from 1 to 20 is wanted");
	PARSE("wash", "--water", "3l", "beetle");
	assert_int_equal(hw_option_number(&call, "water", 1, 20, &number), HW_BAD_INPUT);
	PARSE("wash", "--water", "-3", "beetle");
	assert_int_equal(hw_option_number(&call, "water", 1, 20, &number), HW_BAD_INPUT);
	assert_int_equal(number, 16);
}

static char *printed(void (*print)(const struct hw_command *, FILE *),
                     const struct hw_command *command)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	print(command, file);
	(void)fclose(file);
	return text;
}

static void usage_is_made_from_the_row(void **state)
{
	char *text = printed(hw_help_synopsis, &hw_commands[0]);

	(void)state;
	assert_string_equal(text,
	                    "homeward wash [--water LITRES] [--hot] [--socket PATH] [--json]\n"
	                    "        CAR [CAR ...]\n");
	free(text);
}

static void the_manuals_synopsis_is_made_from_the_row(void **state)
{
	char *text = printed(hw_help_synopsis_mdoc, &hw_commands[2]);

	(void)state;
	assert_string_equal(text, ".Nm homeward Cm garage close\n.Op Fl -json\n.Op Ar DOOR\n");
	free(text);
}

static void help_lists_every_option(void **state)
{
	char *text = printed(hw_help_command, &hw_commands[0]);

	(void)state;
	assert_non_null(strstr(text, "\nwash cars.\n"));
	assert_non_null(strstr(text, "  --water LITRES                       how much\n"));
	assert_non_null(strstr(text, "  --hot                                with hot water\n"));
	assert_non_null(strstr(text, "--socket PATH"));
	assert_non_null(strstr(text, "--json"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_command_takes_options_and_arguments),
		cmocka_unit_test(shared_options_may_stand_before_the_command),
		cmocka_unit_test(a_command_of_two_words_is_found),
		cmocka_unit_test(behind_two_dashes_everything_is_an_argument),
		cmocka_unit_test(mistakes_are_named),
		cmocka_unit_test(help_needs_nothing_else),
		cmocka_unit_test(numbers_are_checked),
		cmocka_unit_test(usage_is_made_from_the_row),
		cmocka_unit_test(the_manuals_synopsis_is_made_from_the_row),
		cmocka_unit_test(help_lists_every_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
