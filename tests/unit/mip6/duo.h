/* SPDX-License-Identifier: Apache-2.0 */
/*
 * duo: two home servers on one store, and home agents behind both, in any order of events.
 *
 * Commits and fetches of one server are carried out in their order, those of different servers in
 * any; so are the agents' answers. The store is a table that keeps what store.h promises (versions,
 * one live session a user, one owner an address); the agents remember their bindings. A test draws
 * what happens next from a generator, so that each seed is one interleaving, always the same.
 */
#ifndef TESTS_UNIT_MIP6_DUO_H
#define TESTS_UNIT_MIP6_DUO_H

#include "play.h"

#define DUO_SERVERS  2
#define DUO_SESSIONS 256
#define DUO_ACCESSES 512
#define DUO_JOBS     1024
#define DUO_ANSWERS  8192

struct duo_session {
	bool there;
	struct store_session record;
	char user[64], agent[64], agent_session[64], acct[64], keeper[32];
};

struct duo_access {
	bool there;
	struct store_access record;
	char session_id[64], host[64];
};

/* A commit or a fetch of one server, or a request to an agent. */
struct duo_job {
	enum mip6_effect_kind kind;
	uint64_t tag;
	struct store_change *changes; /* deep copies: owned by the duo's arena */
	size_t count;
	enum store_fetch_kind fetch;
	struct dm_bytes key, key2;
	const struct dm_command *command;
	struct dm_bytes session_id, agent;
	struct store_prefix address;
};

struct duo_server {
	struct mip6_role *role; /* NULL: killed */
	const char *host;
	char keeper[32];
	struct duo_job work[DUO_JOBS]; /* commits and fetches, in their order */
	size_t work_count;
	struct duo_job asked[DUO_JOBS]; /* MHR and ASR, answered in any order */
	size_t asked_count;
	unsigned incarnation;
};

struct duo_answer {
	uint32_t result_code;
	bool there;
	size_t server; /* that was asked */
	struct store_prefix address;
};

struct duo {
	struct dm_arena arena;
	struct dm_dictionary *dictionary;
	struct mip6_now now;
	struct mip6_agent_config agents[2];
	struct mip6_home_server_config config;
	struct duo_server servers[DUO_SERVERS];
	struct duo_session sessions[DUO_SESSIONS];
	struct duo_access accesses[DUO_ACCESSES];
	struct duo_session bindings[DUO_SESSIONS]; /* of the agents: Session-Id, agent, address */
	struct duo_answer answers[DUO_ANSWERS];    /* by transaction */
	uint64_t transactions;
	uint64_t session_ids;
	uint64_t session_block;
	uint64_t random;
	uint64_t stale, clashes;     /* commits that the store refused so */
	uint8_t leased[2][2][65536]; /* by agent and server: blocks */
	bool leases;                 /* blocks are leased; else there are none */
	int trouble;                 /* errno of all commits and fetches; 0: the store is well */
	unsigned asr_lost;           /* sixteenths of all ASR: no agent hears of them */
	bool came_through;           /* with `trouble`: commits are made, and nobody learns of it */
};

struct duo *duo_new(uint64_t seed);
void duo_free(struct duo *duo);

void duo_start(struct duo *duo, size_t server);
/* What it had asked the store and the agents may still be carried out; nobody hears of it. */
void duo_kill(struct duo *duo, size_t server);
/* The sessions of all killed servers go to this one. */
void duo_adopt(struct duo *duo, size_t server);

/* The transaction. */
uint64_t duo_mbr(struct duo *duo, size_t server, const char *session_id, const char *user,
                 const char *hint);
uint64_t duo_str(struct duo *duo, size_t server, const char *session_id);
uint64_t duo_agent_str(struct duo *duo, size_t server, const struct duo_session *binding);

/* One thing that is under way, drawn; false when nothing is. */
bool duo_step(struct duo *duo);
void duo_settle(struct duo *duo);
void duo_advance(struct duo *duo, int64_t seconds);

const struct duo_access *duo_access(const struct duo *duo, const char *session_id);
const struct duo_session *duo_session_of(const struct duo *duo, const char *user);
const struct duo_session *duo_binding(const struct duo *duo, struct dm_bytes agent_session);
size_t duo_count(const struct duo_session *table);

/* ---- between duo.c and duo_store.c ---- */

/* Carries a server's effects to where they belong. */
void duo_drain(struct duo *duo, struct duo_server *server);
void duo_commit(struct duo *duo, struct duo_server *server, const struct duo_job *job);
void duo_fetch(struct duo *duo, struct duo_server *server, const struct duo_job *job);
struct dm_bytes duo_text(char *room, size_t size, struct dm_bytes octets);
struct duo_session *duo_free_place(struct duo_session *table);

#endif
