/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report: what is wrong with a configuration, all of it, in the order of its lines.
 *
 * A finding is a line and one sentence pair "what; what to do". The count is bounded; what is
 * beyond is counted and said in a last line. Nothing is printed here but by hw_report_text.
 */
#ifndef HW_REPORT_H
#define HW_REPORT_H

#include "base/arena.h"
#include "base/text.h"

#define HW_REPORT_LIMIT 200

struct hw_finding {
	unsigned line; /* 0: the file as a whole */
	const char *text;
};

struct hw_report {
	struct dm_arena arena;
	struct hw_finding findings[HW_REPORT_LIMIT];
	size_t count; /* kept */
	size_t found; /* kept and not kept */
};

void hw_report_init(struct hw_report *report);
void hw_report_fini(struct hw_report *report);

/* `format` makes "what; what to do", without a full stop. */
void hw_report_add(struct hw_report *report, unsigned line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* By line; findings of one line stay in the order of their discovery. */
void hw_report_sort(struct hw_report *report);

/* "file:line: what; what to do" for each finding, in the order that they have. */
void hw_report_each(const struct hw_report *report, const char *file,
                    void (*visit)(const char *text, void *context), void *context);

#endif
