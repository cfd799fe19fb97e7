/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dictc, the program: one grammar file in, one result out. Exit code 0, or 2 after a message that
 * says what is wrong with the command line, a file or the grammar.
 */
#include "dictc.h"
#include "file.h"

#include "base/arena.h"
#include "base/text.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define EXIT_BAD      2
#define FOLDERS_LIMIT 16
#define OUTPUT_LIMIT  ((size_t)16 * 1024 * 1024)
#define MEMORY_LIMIT  ((size_t)16 * 1024 * 1024)
#define PATH_ROOM     4096

struct program {
	const char *format; /* a word of `formats` */
	const char *output; /* NULL: standard output */
	const char *include_folder;
	const char *folders[FOLDERS_LIMIT]; /* of --include */
	size_t folder_count;
	const char *input;
	struct dm_arena arena; /* files and their names */
};

static const struct {
	const char *word;
	enum dictc_format format;
	const char *suffix; /* of the output's name when a format has two results */
} formats[] = {
	{ "c", DICTC_C_HEADER, ".h" }, { "c", DICTC_C_TABLES, ".c" },
	{ "otp", DICTC_OTP, "" },      { "wireshark", DICTC_WIRESHARK, "" },
	{ "dia", DICTC_DIA, "" },
};

#define FORMAT_COUNT (sizeof(formats) / sizeof(formats[0]))

static const char help[] =
	"Usage: dictc [options] FILE.dia\n"
	"Compiles a Diameter command grammar.\n"
	"\n"
	"  -f, --format FORMAT    c: OUTPUT.h and OUTPUT.c, structs and constant tables (default)\n"
	"                         otp: a dictionary for Erlang/OTP's diameterc\n"
	"                         wireshark: a Diameter dictionary for Wireshark\n"
	"                         dia: the grammar itself, in one spelling\n"
	"  -o, --output FILE      where to write; without it, standard output\n"
	"  -I, --include FOLDER   where inherited grammars are, besides FILE's own folder\n"
	"      --folder NAME      precedes file names in #include lines (default dict/)\n"
	"  -h, --help             this text\n"
	"\n"
	"Exit code 2 means that the command line, a file or the grammar is wrong; each diagnostic\n"
	"is 'file:line:column: what; what was probably meant'.\n";

static int usage(const char *what, const char *word)
{
	fprintf(stderr, "dictc: %s%s%s; see dictc --help\n", what, word ? " " : "",
	        word ? word : "");
	return EXIT_BAD;
}

static bool format_known(const char *word)
{
	for (size_t i = 0; i < FORMAT_COUNT; i++) {
		if (!strcmp(word, formats[i].word))
			return true;
	}
	return false;
}

enum { OPTION_FOLDER = 256 };

static int take_option(struct program *program, int option)
{
	switch (option) {
	case 'f':
		program->format = optarg;
		return format_known(optarg) ? 0 : usage("no such format:", optarg);
	case 'o':
		program->output = optarg;
		return 0;
	case 'I':
		if (program->folder_count == FOLDERS_LIMIT)
			return usage("too many folders:", optarg);
		program->folders[program->folder_count++] = optarg;
		return 0;
	case OPTION_FOLDER:
		program->include_folder = optarg;
		return 0;
	case 'h':
		fputs(help, stdout);
		exit(fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_BAD);
	default:
		return usage("the command line is wrong", NULL);
	}
}

static int take_arguments(struct program *program, int count, char **arguments)
{
	static const struct option options[] = {
		{ "format", required_argument, NULL, 'f' },
		{ "output", required_argument, NULL, 'o' },
		{ "include", required_argument, NULL, 'I' },
		{ "folder", required_argument, NULL, OPTION_FOLDER },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int option;

	while ((option = getopt_long(count, arguments, "f:o:I:h", options, NULL)) != -1) {
		int error = take_option(program, option);

		if (error)
			return error;
	}
	if (optind + 1 != count)
		return usage(optind == count ? "no grammar file is given"
		                             : "more than one grammar file:",
		             optind == count ? NULL : arguments[optind + 1]);
	program->input = arguments[optind];
	if (!strcmp(program->format, "c") && !program->output)
		return usage("format c has two results and needs --output", NULL);
	return 0;
}

static bool try_folder(struct program *program, struct dm_bytes folder, const char *name,
                       const char **file, struct dm_bytes *text)
{
	char path[PATH_ROOM];
	struct dm_text words;
	struct dm_bytes copy;

	dm_text_init(&words, path, sizeof(path));
	dm_text_add(&words, "%.*s%s.dia", (int)folder.size, (const char *)folder.at, name);
	if (words.cut || access(path, F_OK) != 0)
		return false;
	copy = dm_arena_copy(&program->arena, dm_bytes_of(path, words.size + 1));
	*file = (const char *)copy.at;
	return copy.at && dictc_file_read(path, &program->arena, DICTC_SOURCE_LIMIT, text) == 0;
}

/* FILE's folder first, then those of --include. */
static bool load(void *context, const char *name, const char **file, struct dm_bytes *text)
{
	struct program *program = context;
	const char *slash = strrchr(program->input, '/');
	size_t own = slash ? (size_t)(slash - program->input) + 1 : 0;

	if (strchr(name, '/'))
		return false;
	if (try_folder(program, dm_bytes_of(program->input, own), name, file, text))
		return true;
	for (size_t i = 0; i < program->folder_count; i++) {
		char folder[PATH_ROOM];
		struct dm_text words;

		dm_text_init(&words, folder, sizeof(folder));
		dm_text_add(&words, "%s/", program->folders[i]);
		if (!words.cut &&
		    try_folder(program, dm_bytes_of(folder, words.size), name, file, text))
			return true;
	}
	return false;
}

static int write_result(const struct program *program, const char *suffix, struct dm_bytes text)
{
	char path[PATH_ROOM];
	struct dm_text words;
	int error;

	if (!program->output) {
		if (fwrite(text.at, 1, text.size, stdout) == text.size && fflush(stdout) == 0)
			return 0;
		fprintf(stderr, "dictc: standard output: %m\n");
		return EXIT_BAD;
	}
	dm_text_init(&words, path, sizeof(path));
	dm_text_add(&words, "%s%s", program->output, suffix);
	if (words.cut)
		return usage("too long a name:", program->output);
	error = dictc_file_write(path, text);
	if (error == 0)
		return 0;
	fprintf(stderr, "dictc: %s: %s\n", path, strerror(-error));
	return EXIT_BAD;
}

static int print_one(const struct program *program, const struct dictc_grammar *grammar, size_t i)
{
	struct dm_writer out;
	int error;

	dm_writer_init(&out, OUTPUT_LIMIT);
	dictc_print(grammar, formats[i].format, program->include_folder, &out);
	if (out.failed)
		error = usage("no memory for the result of", program->input);
	else
		error = write_result(program, formats[i].suffix, dm_writer_written(&out));
	dm_writer_fini(&out);
	return error;
}

static int print_all(const struct program *program, const struct dictc_grammar *grammar)
{
	for (size_t i = 0; i < FORMAT_COUNT; i++) {
		int error = 0;

		if (!strcmp(program->format, formats[i].word))
			error = print_one(program, grammar, i);
		if (error)
			return error;
	}
	return 0;
}

static int compile(struct program *program, struct dictc *dictc)
{
	const struct dictc_grammar *grammar;
	struct dm_bytes text;
	int error = dictc_file_read(program->input, &program->arena, DICTC_SOURCE_LIMIT, &text);

	if (error) {
		fprintf(stderr, "dictc: %s: %s\n", program->input, strerror(-error));
		return EXIT_BAD;
	}
	grammar = dictc_compile(dictc, program->input, text);
	if (grammar)
		return print_all(program, grammar);
	for (size_t i = 0; i < dictc_diagnostic_count(dictc); i++)
		fprintf(stderr, "%s\n", dictc_diagnostic(dictc, i));
	return EXIT_BAD;
}

int main(int count, char **arguments)
{
	struct program program = { .format = "c", .include_folder = "dict/" };
	struct dictc *dictc;
	int error = take_arguments(&program, count, arguments);

	if (error)
		return error;
	dm_arena_init(&program.arena, MEMORY_LIMIT);
	dictc = dictc_new(load, &program);
	error = dictc ? compile(&program, dictc) : usage("out of memory", NULL);
	dictc_free(dictc);
	dm_arena_fini(&program.arena);
	return error;
}
