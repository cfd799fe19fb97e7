/* SPDX-License-Identifier: Apache-2.0 */
/*
 * duplicates: the same request again is given the same answer (RFC 6733 3; FO08 to FO12).
 *
 * A request is known by its Origin-Host and End-to-End Identifier; we ask in addition that command,
 * application and Session-Id are the same, since a peer that starts counting anew must not be given
 * the answer of another session. From its arrival a request is in the table, first as one in work,
 * then with its answer for the window of time. Answers lie in blocks that are filled one after the
 * other; at the limit of octets the oldest block is emptied and used again, so keeping an answer
 * costs one copy and no allocation.
 */
#ifndef DM_ROUTE_DUPLICATES_H
#define DM_ROUTE_DUPLICATES_H

#include "base/dm_time.h"
#include "base/map.h"

struct dm_request_key {
	struct dm_bytes origin_host;
	struct dm_bytes session_id;
	uint32_t end_to_end_id;
	uint32_t command_code;
	uint32_t application_id;
	uint64_t hash; /* dm_duplicates_hash; 0: not computed yet */
};

/* The first request of its key: in work (then it is a member of whoever works on it), or answered.
 */
struct dm_first {
	struct dm_request_key key; /* borrowed from the same owner */
	uint64_t hash;
	bool known;             /* is in the table */
	bool answered;          /* `when` and `answer` are set */
	dm_time when;           /* of the answer */
	struct dm_bytes answer; /* without Proxy-Info */
};

struct dm_kept_block;

struct dm_duplicates {
	struct dm_map firsts;         /* hash of the key -> struct dm_first */
	struct dm_kept_block *oldest; /* owned list */
	struct dm_kept_block *newest;
	uint64_t seed;
	dm_time window;
	size_t block_room;
	size_t block_limit; /* how many blocks; 0: nothing is kept */
	size_t block_count;
};

/* `limit`: octets of all kept answers; `largest`: octets of one. */
void dm_duplicates_init(struct dm_duplicates *duplicates, uint64_t seed, dm_time window,
                        size_t limit, size_t largest);
void dm_duplicates_fini(struct dm_duplicates *duplicates);

/* For a key that is asked for and begun: it is computed once then. */
uint64_t dm_duplicates_hash(const struct dm_duplicates *duplicates,
                            const struct dm_request_key *key);

/* The first of this key, in work or answered within the window; NULL: it is a new one. */
const struct dm_first *dm_duplicates_find(const struct dm_duplicates *duplicates,
                                          const struct dm_request_key *key, dm_time now);

/* In work from now on; `first` stays where it is until it is answered or dropped. Without memory it
 * is not known, and a duplicate of it will be a new request. */
void dm_duplicates_begin(struct dm_duplicates *duplicates, struct dm_first *first,
                         const struct dm_request_key *key);
/* Answered: the answer is copied, `first` is free. */
void dm_duplicates_answer(struct dm_duplicates *duplicates, struct dm_first *first,
                          struct dm_bytes answer, dm_time now);
/* Ended without an answer. */
void dm_duplicates_drop(struct dm_duplicates *duplicates, struct dm_first *first);

#endif
