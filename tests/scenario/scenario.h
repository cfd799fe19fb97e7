/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scenario: a world of nodes and wires in virtual time, driven by a text file (README.md).
 *
 * Not here: sockets and clocks. The only things that move are those that the file says.
 */
#ifndef SCENARIO_H
#define SCENARIO_H

#include "diameter/node.h"

#include <setjmp.h>

#define NAME_ROOM 128
#define PLACES    16 /* nodes and wires in one file */
#define LINKS     256
#define SENT      256 /* requests of a wire whose answers are checked */
#define LATEST    8
#define BLOCKS    16 /* of AVPs with a name */

/* What has happened at a place and was not expected yet. */
enum item_kind { ITEM_MESSAGE, ITEM_CLOSED, ITEM_RESET, ITEM_REQUEST, ITEM_ANSWER, ITEM_EVENT };

struct item {
	struct item *next;
	enum item_kind kind;
	uint64_t number;      /* REQUEST: transaction, ANSWER: tag */
	uint32_t result_code; /* ANSWER */
	enum dm_event_kind event;
	bool expected;          /* EVENT: an `expect` took it */
	char text[NAME_ROOM];   /* EVENT: identity */
	struct dm_bytes octets; /* owned */
};

struct end {
	struct place *place;
	dm_conn conn;             /* at a node */
	struct dm_writer arrived; /* not handed over yet */
};

struct link {
	bool open;
	bool dropping;
	struct end ends[2]; /* [0] dialled */
};

struct place {
	char name[32];
	char identity[NAME_ROOM];
	struct dm_node *node;     /* NULL: a wire */
	struct link *link;        /* of a wire */
	struct dm_writer partial; /* wire: octets before a whole message */
	struct item *first, **last;
	struct dm_bytes matched;  /* the message matched last, owned */
	struct dm_header seen[8]; /* wire: requests received, newest first, for send of answers */
	struct dm_header sent[SENT]; /* wire: requests sent; a ring */
	size_t sent_count;
	bool raw;                       /* wire: `hex` was used, answers cannot be checked */
	struct dm_bytes latest[LATEST]; /* wire: messages sent, newest first, owned */
	uint64_t transaction;           /* node: of the request matched or received last */
	dm_conn dialling;               /* node: waits for accept or refuse */
	uint32_t service;               /* node: answers everything with this Result-Code */
	char drop_avp[NAME_ROOM];       /* node: proxy leaves this AVP out */
};

/* `avps NAME`: AVP lines that several commands share. */
struct block {
	char name[32];
	struct dm_bytes octets; /* in the arena */
};

struct scenario {
	const char *file;
	const char *text; /* the rest of the file */
	int line;
	char words_room[1024];
	char *words[64];
	size_t word_count;
	bool indented;

	struct dm_dictionary *dictionary;
	struct dm_arena arena;
	struct place places[PLACES];
	size_t place_count;
	struct link links[LINKS];
	size_t link_count;
	struct block blocks[BLOCKS];
	size_t block_count;
	dm_time now;
	char failure[16384]; /* `file:line: what` of the scenario that failed */
	struct item *left;   /* owned: what an expectation had taken when it failed */
	jmp_buf failed;
};

/* Ends the scenario with `file:line: ...`. */
void scenario_fail(struct scenario *s, const char *format, ...)
	__attribute__((format(printf, 2, 3), noreturn));

/* text.c: lines, words and AVP lines */
bool scenario_next_line(struct scenario *s);
/* True when the next line is indented (belongs to this command); does not take it. */
bool scenario_more_avps(const struct scenario *s);
const char *scenario_word(struct scenario *s, size_t place, const char *what);
uint64_t scenario_number(struct scenario *s, const char *word);
dm_time scenario_duration(struct scenario *s, const char *word);
/* The value behind `key` among the words, or NULL. */
const char *scenario_option(const struct scenario *s, const char *key);
bool scenario_flag(const struct scenario *s, const char *key);
/* The block of `with NAME`, then all indented lines of the command, as AVPs. */
void scenario_avps(struct scenario *s, struct dm_writer *out);
const struct dm_command_entry *scenario_command(struct scenario *s, const char *abbreviation);
uint8_t scenario_flags(struct scenario *s, const char *letters);

/* world.c: what moves */
struct place *world_place(struct scenario *s, const char *name);
struct place *world_add(struct scenario *s, const char *name, const char *identity);
struct link *world_link(struct scenario *s, struct place *a, dm_conn conn_a, struct place *b,
                        dm_conn conn_b);
void world_send(struct scenario *s, struct place *wire, struct dm_bytes octets);
void world_break(struct scenario *s, struct link *link, struct place *by, bool reset);
/* Carries out the effects of a node; false when there were none. */
bool world_effects(struct scenario *s, struct place *place);
/* `wire` sends a whole message of its own: its answer is checked when it comes. */
void world_sent(struct scenario *s, struct place *wire, struct dm_bytes message);
void world_settle(struct scenario *s);
void world_advance(struct scenario *s, dm_time duration);
struct item *world_take(struct place *place);
void item_free(struct item *item);
void world_fini(struct scenario *s);

/* setup.c */
void setup_node(struct scenario *s);
void setup_peer(struct scenario *s);
void setup_unpeer(struct scenario *s);
void setup_route(struct scenario *s);
/* The node that the first word behind the command names. */
struct place *command_node(struct scenario *s);
/* The value of an option; 0 without it. */
dm_time command_duration(struct scenario *s, const char *key);
uint32_t command_number(struct scenario *s, const char *key);

/* commands.c, expect.c */
void command_run(struct scenario *s);
void expect_run(struct scenario *s);
/* At the end of the file nothing may wait unexpected. */
void expect_end_of_file(struct scenario *s);
/* A whole message of the words and AVP lines of the command. */
struct dm_bytes command_compose(struct scenario *s, struct dm_header header);

#endif
