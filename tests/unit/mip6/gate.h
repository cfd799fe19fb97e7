/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gate: a NAS, an operator's commands to it, and a home server's answers.
 */
#ifndef TESTS_UNIT_MIP6_GATE_H
#define TESTS_UNIT_MIP6_GATE_H

#include "play.h"

#define NAS     "nas1.visited.example.org"
#define VISITED "visited.example.org"
#define HOME    "home.example.net"
#define ALICE   "alice@home.example.net"
#define SERVER  "aaa.home.example.net"

struct gate {
	struct play *play;
	struct play_role *nas;
	struct mip6_nas_config config;
};

struct mip6_role *gate_nas(struct gate *gate);
/* Another configuration: another NAS. */
void gate_reopen(struct gate *gate);
int gate_open(void **state);
int gate_close(void **state);
/* The MBR that an attach sends (Alice, unless the command says another); NULL: none was sent. Its
 * result comes with tag 5, that of a detach with 6. */
const struct mip6_mbr *gate_attach(struct gate *gate, struct mip6_nas_attach command);
void gate_detach(struct gate *gate, const char *user, const char *interface);
/* A success that answers it. */
struct mip6_mba gate_mba(const struct mip6_mbr *mbr);
void gate_reply(struct gate *gate, const struct mip6_mba *mba);
/* The answer to the STR that waits. */
void gate_sta(struct gate *gate, uint32_t result_code);
/* The last result, which must be no error. */
const struct mip6_result *gate_result(struct gate *gate, uint64_t tag);
/* Attach and success at once. */
const struct mip6_result *gate_attached(struct gate *gate);

#endif
