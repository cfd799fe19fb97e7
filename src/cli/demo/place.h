/* SPDX-License-Identifier: Apache-2.0 */
/*
 * place: where things are: the daemon and the examples that belong to this tool, and a directory to
 * work in.
 */
#ifndef HW_CLI_DEMO_PLACE_H
#define HW_CLI_DEMO_PLACE_H

#include "cli/command.h"

/* Path of homewardd: in $HOMEWARD_BIN, beside this program in the build tree, where it is installed
 * relative to this program, in PATH. The caller's; NULL: call->error. */
char *hw_place_daemon(struct hw_call *call);

/* Directory of the demo's configurations: $HOMEWARD_EXAMPLES/demo, in the build tree, where it is
 * installed. The caller's; NULL: call->error. */
char *hw_place_examples(struct hw_call *call);

/* How this program is called from here: "homeward" when PATH leads to it, else its path. The
 * caller's. */
char *hw_place_self(void);

/* Path of homeward-tshark beside this program, or "tshark". The caller's. */
char *hw_place_tshark(void);

/* The directory that --dir names (made when missing; refused when a demo was there), or a new one
 * under $TMPDIR. The caller's; NULL: call->error. */
char *hw_place_directory(struct hw_call *call);

/* Removes what the nodes left in such a directory, but not the capture. */
void hw_place_tidy(const char *directory);

#endif
