/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ladder: messages between nodes as a diagram in the terminal.
 *
 * One column per node; an event is a JSON object, the same that --json shows:
 *	{"ms": 0.31, "from": "nas1", "to": "proxy", "label": "MBR", "notes": ["User-Name ..."]}
 *	{"ms": 9.02, "at": "ha1", "label": "kill -9", "gone": true}
 * A node that is gone has no lifeline any more. Lines never exceed HW_LADDER_WIDTH columns.
 */
#ifndef HW_CLI_LADDER_H
#define HW_CLI_LADDER_H

#include "cli/output.h"

#define HW_LADDER_COLUMNS 8
#define HW_LADDER_WIDTH   ((size_t)110)

struct hw_ladder {
	const char *names[HW_LADDER_COLUMNS]; /* borrowed */
	size_t count;
	bool gone[HW_LADDER_COLUMNS];
};

/* The names of the nodes over their lifelines. */
void hw_ladder_head(const struct hw_ladder *ladder, struct hw_output *out);

/* One event; false when it names a node that is not in the ladder. */
bool hw_ladder_event(struct hw_ladder *ladder, const json_t *event, struct hw_output *out);

#endif
