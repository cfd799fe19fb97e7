/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bad: MBR, MBA, MHR and MHA octet by octet, each with one thing wrong.
 *
 * The tables of AVPs here are typed from the profile (2 and 3) and from the RFCs, not from the
 * grammar files, and the octets are written here, so that an error of ours shows. AVPs are written
 *
 *	NAME[!FLAGS][~LENGTH][=HEX | 'TEXT' | {AVP AVP ...}]
 *
 * with NAME of the table, or CODE, or CODE/VENDOR; FLAGS in hex (else M, and V where there is a
 * vendor); LENGTH what AVP Length says when it lies; `_` anywhere in HEX.
 */
#ifndef TESTS_UNIT_MIP6_BAD_H
#define TESTS_UNIT_MIP6_BAD_H

#include "play.h"

enum bad_command { BAD_MBR, BAD_MBA, BAD_MHR, BAD_MHA };

enum bad_type { BAD_OCTETS, BAD_TEXT, BAD_IDENTITY, BAD_FIXED, BAD_ENUM, BAD_GROUP, BAD_URI };

struct bad_avp {
	const char *name;
	uint32_t code, vendor;
	enum bad_type type;
	unsigned size;      /* FIXED, ENUM: octets */
	const char *occurs; /* profile 3, four characters each: MBR MBA MHR MHA; NULL: in groups */
};

struct bad_value {
	const char *name;
	const char *good;
	const char *unlisted; /* ENUM: a value that is none */
};

/* All that profile 3 names; a NULL name ends each. */
extern const struct bad_avp bad_avps[];
extern const struct bad_value bad_values[];

/* What is wrong with one message. */
struct bad_row {
	const char *what;
	const char *lack;     /* AVPs of this name are left out */
	const char *instead;  /* stands where the good one of the same name stood */
	const char *also;     /* comes last */
	uint32_t result_code; /* 0: nothing is wrong */
	const char
		*failed; /* what Failed-AVP holds; NULL: `instead` or `also`; "": there is none */
};

/* A whole message with every AVP that it may have, once, and then what the row says. Its Session-Id
 * is `session_id`. */
struct dm_bytes bad_message(struct play *play, enum bad_command command, struct dm_bytes session_id,
                            const struct bad_row *row);
/* AVPs as above. */
struct dm_bytes bad_octets(struct play *play, const char *avps);

/*
 * What the grammar forbids: an AVP missing (5005), repeated (5009), not allowed here (5008), of
 * each wrong length, unlisted, no UTF-8 or no identity, and of a vendor that nobody knows (5001).
 * Calls `look` for each.
 */
void bad_each(enum bad_command command, void (*look)(void *context, const struct bad_row *row),
              void *context);

struct bad_given {
	uint64_t transaction;   /* 0: could not be decoded */
	struct dm_bytes answer; /* empty: not yet */
};
/* Gives a request as the node does: what cannot be decoded is answered without asking the role. */
struct bad_given bad_give(struct play_role *to, struct dm_bytes wire);
/* Answers a request; the fault in the answer. */
struct dm_fault bad_reply(struct play_request *request, struct dm_bytes wire);

/* The answer has this Result-Code and exactly the Failed-AVP of the row, and says so in words. */
void bad_refused(struct play *play, struct dm_bytes answer, const struct bad_row *row);

#endif
