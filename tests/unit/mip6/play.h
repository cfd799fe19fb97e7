/* SPDX-License-Identifier: Apache-2.0 */
/*
 * play: what stands around the roles in a test: node, store and clock, all by hand.
 *
 * Every request, answer and fault is encoded and decoded on its way, so that a test sees what a
 * peer would see. Requests to a host that plays along are carried to it; all others wait in
 * `sent`, for the test to answer or to lose. Commits succeed at once unless the test holds or fails
 * them; a table keeps what is committed, watches the store's invariants (one live session a user,
 * one owner an address), and outlives its role, so that a restart can be played.
 */
#ifndef TESTS_UNIT_MIP6_PLAY_H
#define TESTS_UNIT_MIP6_PLAY_H

#include "check.h"

#include "dict/mip6.dia.h"
#include "mip6/home_agent/home_agent.h"
#include "mip6/home_server/home_server.h"
#include "mip6/nas/nas.h"
#include "mip6/proxy/proxy.h"

#define PLAY_WALL  1000000 /* seconds since 1970 at the start */
#define PLAY_ROLES 8

struct play_role;

/* A request that a role sent and nobody carried. */
struct play_request {
	struct play_role *from;
	uint64_t tag;
	const struct dm_command *command;
	struct dm_message message;
	bool again; /* T */
	bool done;
};

/* A change of a name in DNS that waits for the test to say what came of it. */
struct play_name {
	struct play_role *from;
	uint64_t tag;
	struct dns_change change; /* octets in the play's arena */
};

/* What a role answered. */
struct play_answer {
	uint64_t transaction;
	const struct dm_command *command; /* of the answer; dm_command_answer_message: E bit */
	struct dm_message message;
	uint32_t result_code;
	bool from_fault;
};

/* The durable table of one role. */
struct play_record {
	struct store_change change; /* of kind STORE_PUT_*; octets in the play's arena */
	bool gone;
};

struct play_store {
	struct play_record records[4096];
	size_t count;
	int fail;  /* errno for the next commits; 0: they succeed */
	bool hold; /* commits wait for play_release */
	size_t commits;
};

struct play_held {
	struct play_role *role;
	uint64_t tag;
	const struct store_change *changes;
	size_t count;
};

struct play_role {
	struct play *play;
	struct mip6_role *role; /* NULL: crashed */
	const char *host, *realm;
	struct play_store *store; /* owned */
	bool silent;              /* its requests and answers get lost */
};

struct play {
	struct dm_arena arena;
	struct dm_dictionary *dictionary;
	struct mip6_now now;
	struct play_role roles[PLAY_ROLES];
	size_t role_count;
	struct play_request sent[256];
	size_t sent_count;
	struct play_answer answers[256];
	size_t answer_count;
	struct play_held held[512];
	size_t held_count;
	struct play_name names[256];
	size_t name_count;
	struct { /* requests on their way between roles that play along */
		uint64_t transaction;
		struct play_request request;
		bool done;
	} carried[1024];
	size_t carried_count;
	char events[8192]; /* "name user\n" */
	size_t event_size;
	struct { /* the last RESULT */
		uint64_t tag;
		int error;
		char text[256];
		bool has_nas;
		struct mip6_result nas;
		size_t count;
	} result;
	struct dm_bytes forwarded; /* the last FORWARD */
	uint64_t next_transaction;
	uint64_t next_session_id;
	uint64_t next_identifier; /* end-to-end */
};

struct play *play_new(void);
void play_free(struct play *play);

/* ---- roles ---- */

/* Common settings of a role named `host` in `realm`. */
struct mip6_common play_common(struct play *play, const char *host, const char *realm);
/* Lets it play along; the play owns it. */
struct play_role *play_add(struct play *play, const char *host, const char *realm,
                           struct mip6_role *role);
/* The role dies without a word; its store stays. */
void play_crash(struct play_role *role);
/* What its store holds, given to a new role; then it is started. */
void play_restore(struct play_role *role, struct mip6_role *fresh);

/* ---- messages ---- */

/* Gives a role a request as if its node had; returns the transaction. */
uint64_t play_request(struct play_role *to, const struct dm_command *command, const void *body);
/* The same with the Application-Id of the header. */
uint64_t play_request_as(struct play_role *to, const struct dm_command *command,
                         uint32_t application_id, const void *body);
/* The codec's example of a request; its transaction. */
uint64_t play_example(struct play_role *to, const struct dm_command *command, bool maximal);
/* The answer to a transaction; fails the test when there is none. */
const struct play_answer *play_answer(struct play *play, uint64_t transaction);
/* NULL when there is none (yet). */
const struct play_answer *play_answered(struct play *play, uint64_t transaction);

/* The oldest request of this command that waits; fails the test when there is none. */
struct play_request *play_sent(struct play *play, const struct dm_command *command);
size_t play_sent_count(const struct play *play, const struct dm_command *command);
void play_reply(struct play_request *request, const struct dm_command *command, const void *body);
/* No answer came (3002). */
void play_lose(struct play_request *request);
/* An answer with the E bit. */
void play_reply_error(struct play *play, struct play_request *request, uint32_t result_code);

/* What came of the oldest change of a name; fails the test when none waits. What it was. */
struct dns_change play_name(struct play *play, enum dns_outcome forward, enum dns_outcome reverse);

/* ---- between play.c and play_store.c, bad.c ---- */

uint64_t play_give_request(struct play_role *to, const struct play_request *request);
void play_note_answer(struct play *play, uint64_t transaction, struct dm_message message,
                      bool from_fault);
/* `fault` may come with a message: as far as it could be read. */
void play_give_answer(struct play_request *request, const struct dm_message *message,
                      const struct dm_fault *fault);

struct dm_bytes play_kept(struct play *play, struct dm_bytes octets);
void play_commit(struct play *play, const struct play_held *held, int error);
void play_on_store(struct play_role *role, const struct mip6_effect *effect);

/* ---- time, commits, events ---- */

void play_advance(struct play *play, int64_t seconds);
/* Carries out all effects until there are none; the functions above do so by themselves. */
void play_pump(struct play *play);
/* Commits what was held, in order, with this error. */
void play_release(struct play *play, int error);
bool play_had_event(const struct play *play, const char *name);
void play_forget_events(struct play *play);
/* Records of a kind that are in the role's store now. */
size_t play_stored(const struct play_role *role, enum store_change_kind kind);
const struct store_change *play_record(const struct play_role *role, enum store_change_kind kind);

#endif
