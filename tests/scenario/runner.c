/* SPDX-License-Identifier: Apache-2.0 */
/* Runs scenario files, each one test, and reports in TAP. usage: runner FILE ... */
#include "scenario.h"

#include "dict/base.dia.h"
#include "dict/mip6.dia.h"

#include <stdio.h>
#include <stdlib.h>

extern const struct dm_grammar *const scenario_grammars[];
const struct dm_grammar *const scenario_grammars[] = { &dm_base_grammar, &mip6_grammar, NULL };

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	char *text = calloc(1, 1 << 20);
	size_t size;

	if (!file || !text) {
		fprintf(stderr, "%s: cannot be read\n", path);
		exit(2);
	}
	size = fread(text, 1, (1 << 20) - 1, file);
	fclose(file);
	text[size] = '\0';
	return text;
}

static bool play(struct scenario *s)
{
	if (setjmp(s->failed))
		return false;
	while (scenario_next_line(s)) {
		command_run(s);
		world_settle(s);
	}
	return true;
}

static bool run_file(const char *path)
{
	char *text = read_file(path);
	struct scenario *s = calloc(1, sizeof(*s));
	char clash[200] = "";
	bool passed;

	if (!s)
		exit(2);
	s->file = path;
	s->text = text;
	s->now = 1000 * DM_SECOND;
	s->dictionary = dm_dictionary_new();
	dm_arena_init(&s->arena, 1 << 26);
	for (size_t i = 0; scenario_grammars[i]; i++)
		if (dm_dictionary_add(s->dictionary, scenario_grammars[i], NULL, clash,
		                      sizeof(clash))) {
			fprintf(stderr, "%s\n", clash);
			exit(2);
		}
	passed = play(s);
	world_fini(s);
	dm_arena_fini(&s->arena);
	dm_dictionary_free(s->dictionary);
	free(s);
	free(text);
	return passed;
}

int main(int argc, char **argv)
{
	int failed = 0;

	if (argc < 2) {
		fprintf(stderr, "usage: runner FILE ...\n");
		return 2;
	}
	printf("1..%d\n", argc - 1);
	for (int i = 1; i < argc; i++) {
		bool passed = run_file(argv[i]);
		const char *slash = strrchr(argv[i], '/');

		printf("%s %d - %s\n", passed ? "ok" : "not ok", i, slash ? slash + 1 : argv[i]);
		fflush(stdout);
		failed += !passed;
	}
	return failed ? 1 : 0;
}
