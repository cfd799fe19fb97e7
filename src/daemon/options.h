/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options: the command line of homewardd.
 */
#ifndef HW_OPTIONS_H
#define HW_OPTIONS_H

#include "base/bytes.h"

enum hw_action {
	HW_ACTION_RUN,
	HW_ACTION_CHECK,        /* --check: read the configuration, say what is wrong */
	HW_ACTION_LIST_OPTIONS, /* --options: the language of the configuration */
	HW_ACTION_HELP,
	HW_ACTION_VERSION,
	HW_ACTION_MISUSE, /* said on stderr already */
};

struct hw_options {
	enum hw_action action;
	const char *file; /* borrowed from argv, as all texts here */
	const char *data; /* NULL: not given */
};

struct hw_options hw_options_read(int argc, char **argv);
void hw_options_help(void);

#endif
