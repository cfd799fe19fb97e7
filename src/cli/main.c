/* SPDX-License-Identifier: Apache-2.0 */
/*
 * homeward: the tool. Understands the command line, runs the command, prints its result.
 */
#include "cli/command.h"
#include "cli/json_sort.h"
#include "cli/output.h"
#include "io/members.h"
#include "io/no_core.h"

#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static enum hw_exit help(const struct hw_call *call)
{
	if (call->version)
		(void)printf("homeward %s\n", HOMEWARD_VERSION);
	else if (call->command)
		hw_help_command(call->command, stdout);
	else
		hw_help_all(stdout);
	return fflush(stdout) ? HW_REFUSED : HW_FINE;
}

/* With --json a script finds the failure where it looks for the result. */
static void print_json_failure(const struct hw_call *call, enum hw_exit code)
{
	json_t *failure =
		json_pack("{s:o, s:i, s:O*}", "error", hw_json_octets(dm_bytes_text(call->error)),
	                  "exit", (int)code, "result", call->result);

	(void)json_dumpf(failure, stdout, JSON_INDENT(2));
	(void)putchar('\n');
	json_decref(failure);
}

static void print_failure(const struct hw_call *call, enum hw_exit code)
{
	(void)fprintf(stderr, "homeward %s: %s\n", call->command->name, call->error);
	if (call->json)
		print_json_failure(call, code);
}

/* The mistake may stand before --json, which counts all the same. */
static bool wants_json(int count, char **words)
{
	for (int i = 1; i < count && strcmp(words[i], "--") != 0; i++)
		if (strcmp(words[i], "--json") == 0)
			return true;
	return false;
}

static void say_usage(const struct hw_call *call, enum hw_exit code, bool json)
{
	(void)fprintf(stderr, "homeward: %s\n", call->error);
	if (call->command) {
		(void)fputs("usage: ", stderr);
		hw_help_synopsis(call->command, stderr);
	}
	if (json)
		print_json_failure(call, code);
}

static void print_result(struct hw_call *call)
{
	if (!call->result)
		return;
	if (!call->json) {
		if (call->command->text)
			call->command->text(call->result, call->output);
		return;
	}
	(void)json_dumpf(call->result, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY);
	(void)putchar('\n');
}

static void put_in_order(struct hw_call *call)
{
	json_t *sorted = hw_json_sorted(call->result, call->command->order);

	json_decref(call->result);
	call->result = sorted;
}

static enum hw_exit run(struct hw_call *call)
{
	enum hw_exit code = call->command->run(call);

	if (call->result && call->command->order)
		put_in_order(call);
	if (call->error[0] == '\0' || !call->json)
		print_result(call);
	(void)fflush(stdout);
	if (call->error[0])
		print_failure(call, code);
	if (fflush(stdout) || ferror(stdout)) {
		(void)fprintf(stderr, "homeward: standard output cannot be written\n");
		return HW_REFUSED;
	}
	return code;
}

/* Where nobody says anything about characters (a bare container), UTF-8 is the better guess. */
static void set_characters(void)
{
	bool said = getenv("LC_ALL") || getenv("LC_CTYPE") || getenv("LANG");

	(void)setlocale(LC_CTYPE, said ? "" : "C.UTF-8");
}

int main(int count, char **words)
{
	struct hw_call call = { 0 };
	struct hw_output output;
	enum hw_exit code;

	hw_no_core(); /* root keys pass through it */
	set_characters();
	(void)signal(SIGPIPE, SIG_IGN);
	hw_output_init(&output, stdout);
	call.output = &output;
	code = hw_command_parse(count, words, &call);
	if (code != HW_FINE) {
		say_usage(&call, code, wants_json(count, words));
		return code;
	}
	code = call.help || call.version ? help(&call) : run(&call);
	json_decref(call.result);
	return code;
}
