/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capture: what is printed, as a string.
 */
#ifndef TEST_CLI_CAPTURE_H
#define TEST_CLI_CAPTURE_H

#include "cli/output.h"

#include <stdlib.h>

struct capture {
	struct hw_output out;
	char *text; /* owned; valid after capture_end */
	size_t size;
};

static inline void capture_begin(struct capture *capture)
{
	capture->text = NULL;
	capture->out = (struct hw_output){ .file = open_memstream(&capture->text, &capture->size) };
}

static inline const char *capture_end(struct capture *capture)
{
	(void)fclose(capture->out.file);
	return capture->text;
}

#endif
