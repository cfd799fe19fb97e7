/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/options.h"

#include <getopt.h>
#include <stdio.h>

static const struct {
	struct option option;
	const char *argument;
	const char *help;
} rows[] = {
	{ { "config", required_argument, NULL, 'c' }, "FILE", "run with this configuration" },
	{ { "check", required_argument, NULL, 'k' },
	  "FILE",
	  "check this configuration and say all that is wrong" },
	{ { "data", required_argument, NULL, 'd' },
	  "DIR",
	  "directory of the store, instead of the configuration's" },
	{ { "options", no_argument, NULL, 'o' }, "", "list what a configuration may say" },
	{ { "help", no_argument, NULL, 'h' }, "", "show this" },
	{ { "version", no_argument, NULL, 'V' }, "", "show the version" },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

void hw_options_help(void)
{
	printf("usage: homewardd [options] FILE\n"
	       "Bootstraps Mobile IPv6 over Diameter; FILE says as what: homewardd.conf(5).\n\n");
	for (size_t i = 0; i < ROWS; i++)
		printf("  --%s %-*s  %s\n", rows[i].option.name,
		       (int)(14 - strlen(rows[i].option.name)), rows[i].argument, rows[i].help);
	printf("\nSIGTERM and SIGINT end it in order, SIGHUP reads the configuration again.\n");
}

static struct hw_options misuse(const char *what)
{
	fprintf(stderr, "homewardd: %s; homewardd --help says how to use it\n", what);
	return (struct hw_options){ .action = HW_ACTION_MISUSE };
}

static struct hw_options with_file(struct hw_options options, int argc, char **argv)
{
	if (options.action != HW_ACTION_RUN && options.action != HW_ACTION_CHECK)
		return options;
	if (!options.file && optind < argc)
		options.file = argv[optind++];
	if (optind < argc)
		return misuse("more than one configuration is given");
	if (!options.file)
		return misuse("no configuration is given");
	return options;
}

struct hw_options hw_options_read(int argc, char **argv)
{
	struct hw_options options = { .action = HW_ACTION_RUN };
	struct option table[ROWS + 1] = { 0 };
	int letter;

	for (size_t i = 0; i < ROWS; i++)
		table[i] = rows[i].option;
	while ((letter = getopt_long(argc, argv, "c:d:hV", table, NULL)) != -1) {
		switch (letter) {
		case 'k':
			options.action = HW_ACTION_CHECK;
			options.file = optarg;
			break;
		case 'c':
			options.file = optarg;
			break;
		case 'd':
			options.data = optarg;
			break;
		case 'o':
			options.action = HW_ACTION_LIST_OPTIONS;
			break;
		case 'h':
			options.action = HW_ACTION_HELP;
			break;
		case 'V':
			options.action = HW_ACTION_VERSION;
			break;
		default:
			return misuse("the command line is wrong");
		}
	}
	return with_file(options, argc, argv);
}
