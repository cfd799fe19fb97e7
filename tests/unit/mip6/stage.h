/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stage: a home server with two home agents and some subscribers, and how to talk to it.
 *
 * ha1 is in Berlin, ha2 in Paris; the agents are names only, unless a test adds their roles. A test
 * changes `config` between stage_new and stage_open.
 */
#ifndef TESTS_UNIT_MIP6_STAGE_H
#define TESTS_UNIT_MIP6_STAGE_H

#include "play.h"

#define HOME    "home.example.net"
#define SERVER  "aaa.home.example.net"
#define HA1     "ha1.home.example.net"
#define HA2     "ha2.home.example.net"
#define VISITED "visited.example.org"
#define NAS1    "nas1.visited.example.org"
#define NAS2    "nas2.visited.example.org"
#define ALICE   "alice@home.example.net"
#define BOB     "bob@home.example.net"
#define CAROL   "carol@home.example.net" /* static home address in ha1's link */
#define DAVE    "dave@home.example.net"  /* disabled */
#define ERIN    "erin@home.example.net"  /* no mobility service */

struct stage {
	struct play *play;
	struct mip6_agent_config agents[4];
	struct mip6_location_config locations[2];
	struct mip6_home_server_config config;
	struct play_role *server;
	bool unprotected[4]; /* of agents, by place: what the host says of the path */
	bool unreachable[4];
};

struct stage *stage_new(void);
/* Makes the server and its subscribers. */
void stage_open(struct stage *stage);
void stage_close(struct stage *stage);
/* The server dies; another one takes its store. */
void stage_restart(struct stage *stage);
struct mip6_role *stage_server(struct stage *stage);

struct store_subscriber stage_subscriber(const char *user_name);
void stage_put(struct stage *stage, const struct store_subscriber *subscriber);

/* ---- NAS ---- */

struct mip6_mbr stage_mbr(const char *nas, const char *session_id, const char *user_name);
uint64_t stage_send(struct stage *stage, const struct mip6_mbr *mbr);
/* STR of a NAS; its transaction. */
uint64_t stage_str(struct stage *stage, const char *nas, const char *session_id);
/* The MBA of success to a transaction; fails the test when it is none. */
const struct mip6_mba *stage_mba(struct stage *stage, uint64_t transaction);
/* The failure's Result-Code. */
uint32_t stage_refusal(struct stage *stage, uint64_t transaction);
/* MBR, MHR, MHA, MBA: all of it. */
const struct mip6_mba *stage_bootstrap(struct stage *stage, const char *nas, const char *session_id,
                                       const char *user_name);

/* ---- home agents ---- */

/* The MHR that waits; its host is checked unless NULL. */
const struct mip6_mhr *stage_mhr(struct stage *stage, const char *host);
/* MHA 2001 with what the MHR said. */
void stage_accept(struct stage *stage);
/* MHA with this Result-Code. */
void stage_reject(struct stage *stage, uint32_t result_code);
/* ASA to the ASR that waits. */
void stage_abort(struct stage *stage, uint32_t result_code);
void stage_peer(struct stage *stage, const char *host, bool up, uint32_t origin_state_id);

/* What an operator says. */
void stage_set_state(struct stage *stage, const char *host, enum mip6_agent_state agent_state);
struct mip6_agent_view stage_agent(struct stage *stage, const char *host);
struct mip6_home_server_counts stage_counts(struct stage *stage);

struct store_prefix address_in(struct dm_bytes avp);

#endif
