/* SPDX-License-Identifier: Apache-2.0 */
/*
 * demo: the parts of `homeward demo`.
 *
 * A home server, a visited proxy, two NASes and two home agents run as processes of their own on
 * loopback. Steps drive them through their control sockets; what the messages were comes from their
 * traces; what became of it from asking them. Every sentence that is shown with a tick was checked.
 * The demo's result is a JSON value; what is shown on the way is JSON too (hw_demo_progress prints
 * it).
 */
#ifndef HW_CLI_DEMO_DEMO_H
#define HW_CLI_DEMO_DEMO_H

#include "cli/command.h"
#include "cli/demo/processes.h"
#include "cli/demo/traces.h"
#include "diameter/codec/dictionary.h"

enum hw_demo_node {
	HW_DEMO_NAS1,
	HW_DEMO_NAS2,
	HW_DEMO_PROXY,
	HW_DEMO_HOME_SERVER,
	HW_DEMO_HA1,
	HW_DEMO_HA2,
	HW_DEMO_NODES,
};

/* By enum hw_demo_node, as the ladder has them from left to right. */
extern const char *const hw_demo_names[HW_DEMO_NODES];
extern const char *const hw_demo_identities[HW_DEMO_NODES];

struct hw_demo {
	struct hw_call *call;
	struct hw_processes processes;
	struct hw_process *nodes[HW_DEMO_NODES]; /* of processes; NULL: not started */
	struct hw_traces *traces;                /* owned */
	struct dm_dictionary *dictionary;        /* owned */
	char *directory;                         /* owned */
	char *examples;                          /* owned: where the configurations are */
	json_t *steps;                           /* owned: what was shown, for --json */
	json_t *step;                            /* borrowed: the last of them */
	json_t *facts;                           /* owned: what a later step wants to know */
};

/* ---- steps.c: each false when something does not hold; call->error says what ---- */

bool hw_demo_steps(struct hw_demo *demo);

/* ---- scene.c: what steps are made of ---- */

/* Begins a step: its letter and what is shown. */
void hw_demo_begin(struct hw_demo *demo, const char *letter, const char *title);

/* Shows the messages since the last call as a ladder; "MBR MBR MHR MHA MBA MBA" into `labels`. */
bool hw_demo_show(struct hw_demo *demo, char *labels, size_t room);

/* Shows something that happened at a node; `gone`: it is no more. */
void hw_demo_mark(struct hw_demo *demo, enum hw_demo_node node, const char *label, bool gone);

/* Shows a sentence that holds, or fails with it. */
bool hw_demo_check(struct hw_demo *demo, bool holds, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* call->error from the processes' sentence; false. */
bool hw_demo_failed(struct hw_demo *demo, const char *what);

/* Asks a node; its result, owned by the caller, also of a request that was refused. NULL: failed,
 * call->error is set. Takes `request`. */
json_t *hw_demo_ask(struct hw_demo *demo, enum hw_demo_node node, json_t *request);

/* The same for a question without parameters. */
json_t *hw_demo_look(struct hw_demo *demo, enum hw_demo_node node, const char *question);

#endif
