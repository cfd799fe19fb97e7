/* SPDX-License-Identifier: Apache-2.0 */
/* homewardd: one Diameter node that plays the roles its configuration names. */
#include "daemon/config/config.h"
#include "daemon/config/config_list.h"
#include "daemon/daemon.h"
#include "daemon/options.h"
#include "daemon/request.h"
#include "io/no_core.h"

#include <stdio.h>

/* homewardd(8), EXIT STATUS */
enum { EXIT_GOOD = 0, EXIT_INPUT = 2 };

static void say(const char *text, void *context)
{
	(void)context;
	fprintf(stderr, "%s\n", text);
}

static int load(const struct hw_options *options, struct hw_config *config)
{
	struct hw_config_override override = { .data = options->data };
	struct hw_report report;
	int error;

	hw_report_init(&report);
	error = hw_config_load(config, options->file, &override, &report);
	if (error && report.found == 0)
		hw_report_add(&report, 0, "cannot be held in memory; free some");
	hw_report_each(&report, options->file, say, NULL);
	hw_report_fini(&report);
	return error;
}

static int check(const struct hw_options *options)
{
	struct hw_config config;

	if (load(options, &config))
		return EXIT_INPUT;
	hw_config_fini(&config);
	printf("%s: good\n", options->file);
	return EXIT_GOOD;
}

static int run(const struct hw_options *options)
{
	struct hw_config_override override = { .data = options->data };

	hw_no_core();
	hw_request_setup();
	return hw_daemon_run(options->file, &override);
}

int main(int argc, char **argv)
{
	struct hw_options options = hw_options_read(argc, argv);

	switch (options.action) {
	case HW_ACTION_HELP:
		hw_options_help();
		return EXIT_GOOD;
	case HW_ACTION_VERSION:
		printf("homewardd %s\n", HOMEWARD_VERSION);
		return EXIT_GOOD;
	case HW_ACTION_LIST_OPTIONS:
		hw_config_list();
		return EXIT_GOOD;
	case HW_ACTION_CHECK:
		return check(&options);
	case HW_ACTION_RUN:
		return run(&options);
	case HW_ACTION_MISUSE:
		break;
	}
	return EXIT_INPUT;
}
