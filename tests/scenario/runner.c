/* SPDX-License-Identifier: Apache-2.0 */
/* Runs scenario files, each one test, and reports in TAP. usage: scenario [--bad] FILE|FOLDER ...;
 * with
 * --bad each file has to fail as it says. */
#include "scenario.h"

#include "dict/base.dia.h"
#include "dict/mip6.dia.h"

#include <dirent.h>
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
	expect_end_of_file(s);
	return true;
}

/* With `bad`, the file has to fail, and says in its `# fails:` line how. */
static bool judge(const struct scenario *s, const char *text, bool passed, bool bad)
{
	static const char mark[] = "# fails: ";
	const char *wanted = strstr(text, mark);
	size_t size;

	if (!bad) {
		if (!passed)
			fprintf(stderr, "# %s\n", s->failure);
		return passed;
	}
	if (passed || !wanted) {
		fprintf(stderr, "# %s: passed, or has no `%s` line\n", s->file, mark);
		return false;
	}
	wanted += sizeof(mark) - 1;
	size = strcspn(wanted, "\n");
	if (strncmp(s->failure + strlen(s->file), wanted, size) == 0)
		return true;
	fprintf(stderr, "# wanted %s%.*s\n# got %s\n", s->file, (int)size, wanted, s->failure);
	return false;
}

static bool run_file(const char *path, bool bad)
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
	passed = judge(s, text, play(s), bad);
	item_free(s->left);
	world_fini(s);
	dm_arena_fini(&s->arena);
	dm_dictionary_free(s->dictionary);
	free(s);
	free(text);
	return passed;
}

/* ---- which files ---- */

#define FILES 1024

struct files {
	char *paths[FILES]; /* owned */
	int count;
};

static void add_file(struct files *files, const char *folder, const char *name)
{
	size_t room = strlen(folder) + strlen(name) + 2;
	char *path = malloc(room);

	if (!path || files->count == FILES)
		exit(2);
	snprintf(path, room, "%s%s%s", folder, *folder ? "/" : "", name);
	files->paths[files->count++] = path;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A file, or all *.scn of a folder in the order of their names. */
static void add_argument(struct files *files, const char *argument)
{
	DIR *folder = opendir(argument);
	int first = files->count;
	struct dirent *entry;

	if (!folder) {
		add_file(files, "", argument);
		return;
	}
	while ((entry = readdir(folder))) {
		size_t size = strlen(entry->d_name);

		if (size > 4 && strcmp(entry->d_name + size - 4, ".scn") == 0)
			add_file(files, argument, entry->d_name);
	}
	closedir(folder);
	qsort(files->paths + first, (size_t)(files->count - first), sizeof(char *), by_name);
}

int main(int argc, char **argv)
{
	struct files files = { 0 };
	bool bad = argc > 1 && strcmp(argv[1], "--bad") == 0;
	int failed = 0;

	for (int i = 1 + bad; i < argc; i++)
		add_argument(&files, argv[i]);
	if (files.count == 0) {
		fprintf(stderr, "usage: scenario [--bad] FILE|FOLDER ...\n");
		return 2;
	}
	printf("1..%d\n", files.count);
	for (int i = 0; i < files.count; i++) {
		char *path = files.paths[i];
		bool passed = run_file(path, bad);
		const char *slash = strrchr(path, '/');

		printf("%s %d - %s\n", passed ? "ok" : "not ok", i + 1, slash ? slash + 1 : path);
		fflush(stdout);
		failed += !passed;
		free(path);
	}
	return failed ? 1 : 0;
}
