/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scene: a home agent with two links, and a home server's messages to it.
 */
#ifndef TESTS_UNIT_MIP6_SCENE_H
#define TESTS_UNIT_MIP6_SCENE_H

#include "play.h"

#define SERVER "aaa.home.example.net"
#define HOME   "home.example.net"
#define HA     "ha1.home.example.net"

struct scene {
	struct play *play;
	struct play_role *agent;
	struct mip6_link_config links[2];
	struct mip6_home_agent_config config;
};

/* A good key and two good associations, to build on. */
extern const struct mip6_key scene_key;
extern const struct mip6_security_association scene_sa[2];

struct mip6_role *scene_agent(struct scene *scene);
int scene_open(void **state);
int scene_close(void **state);
/* The octets of an address AVP, of a prefix AVP. */
struct dm_bytes scene_address(const char *text);
struct dm_bytes scene_prefix(const char *text);
/* A good MHR with one association; `address` NULL: none. */
struct mip6_mhr scene_mhr(const char *session_id, const char *user_name, const char *address);
uint64_t scene_give(struct scene *scene, const struct mip6_mhr *mhr);
/* The MHA of success to a transaction. */
const struct mip6_mha *scene_mha(struct scene *scene, uint64_t transaction);
const struct mip6_mha *scene_install(struct scene *scene, const char *session_id,
                                     const char *user_name, const char *address);
struct store_prefix scene_address_in(const struct mip6_mha *answer);
/* Gives it, and wants this Result-Code with this AVP in Failed-AVP (0: none). */
void scene_refused(struct scene *scene, const struct mip6_mhr *mhr, uint32_t result_code,
                   uint32_t avp_code);
/* ASR of `server`. */
uint64_t scene_abort(struct scene *scene, const char *session_id, const char *server);
uint64_t scene_abort_from(struct scene *scene, const char *session_id, const char *server,
                          const char *realm);
bool scene_find(struct scene *scene, const char *address, struct store_binding *out);

#endif
