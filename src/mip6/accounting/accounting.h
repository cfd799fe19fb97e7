/* SPDX-License-Identifier: Apache-2.0 */
/*
 * accounting: the accounting client inside of a role (RFC 6733 8.2, 9): START when a session
 * begins, INTERIM by the clock and at every re-authorization, STOP at its end.
 *
 * Every record is stored before it is sent and forgotten when its answer has come, so that a
 * record outlives an absent server and the death of this process; what a life before this one
 * owed goes with T. Records of one session leave one after the other; at most one INTERIM of a
 * session waits, the newest (RFC 6733 9.5). A server that cannot be reached is tried again later
 * each time, then without Destination-Host: any server of the realm may take the record.
 *
 * Where accounting fails, Accounting-Realtime-Required says what becomes of the session; 0, never
 * said, is GRANT_AND_STORE (RFC 6733 9.8.7), and a server that knows no accounting at all (3001,
 * 3007) and demanded none is left alone. The role is told through its callbacks, from inside of
 * the verbs below; there it may call mip6_accounting_end and nothing else of this module.
 *
 * What is counted: the session's time, by the wall clock. Octets and packets only as
 * mip6_accounting_use told them, for there is no data plane here.
 */
#ifndef MIP6_ACCOUNTING_H
#define MIP6_ACCOUNTING_H

#include "base/map.h"
#include "base/timers.h"
#include "mip6/outbox.h"

/* Tags of this module have this bit, those of the role do not. */
#define MIP6_ACCOUNTING_TAG ((uint64_t)1 << (MIP6_TAG_BITS - 1))

struct mip6_accounting_config {
	bool send;       /* false: no new records; what is owed is still delivered */
	size_t limit;    /* records owed; 0: 65,536 */
	dm_time retry;   /* the first wait after a failure, then twice as long up to 16; 0: 5 s */
	dm_time timeout; /* of one ACR; 0: the node's */
};

struct mip6_accounting_events {
	/* A session that waited for its START may begin (mip6_accounting_begin gave true). */
	void (*granted)(void *context, struct dm_bytes session_id);
	/* The session must end: accounting is demanded and cannot be had; `why` is a sentence. */
	void (*refused)(void *context, struct dm_bytes session_id, const char *why);
	void *context;
};

struct mip6_account;

struct mip6_accounting {
	struct mip6_outbox *outbox;       /* the role's */
	const struct mip6_common *common; /* the role's */
	enum store_accounted owner;
	struct mip6_accounting_config config;
	struct mip6_accounting_events events;
	struct dm_map accounts;  /* by Session-Id */
	struct dm_map pending;   /* by tag: struct mip6_owed */
	struct dm_timers timers; /* of interims */
	struct dm_timers retries;
	struct mip6_account *first, *last; /* those with a record that may leave */
	size_t owed;                       /* records */
	size_t flying;                     /* of them, sent and not answered */
	uint64_t next_tag;
	uint64_t next_id;
	uint64_t random;
	uint32_t application; /* of the header: 0 as the draft says, until 3007 */
	bool unable_told;
	struct mip6_now now;
};

void mip6_accounting_init(struct mip6_accounting *accounting, enum store_accounted owner,
                          const struct mip6_accounting_config *config, struct mip6_outbox *outbox,
                          const struct mip6_common *common,
                          const struct mip6_accounting_events *events);
/* Other settings from now on; sessions that are accounted for go on so to their end. */
void mip6_accounting_configure(struct mip6_accounting *accounting,
                               const struct mip6_accounting_config *config);
void mip6_accounting_fini(struct mip6_accounting *accounting);

/* ---- start: what the store holds; accounts first. 0, -EEXIST, -ENOMEM ---- */

int mip6_accounting_restore_account(struct mip6_accounting *accounting,
                                    const struct store_account *record);
int mip6_accounting_restore_owed(struct mip6_accounting *accounting,
                                 const struct store_owed *record);
/* `lives` says which sessions the role still has: the others get their STOP. Then all that is owed
 * leaves. */
void mip6_accounting_start(struct mip6_accounting *accounting,
                           bool (*lives)(void *context, struct dm_bytes session_id),
                           struct mip6_now now);

/* ---- sessions ---- */

struct mip6_accounted_session {
	struct dm_bytes session_id, user_name, acct_multi_session_id, server_host, server_realm;
	struct store_prefix home_address; /* length 0: none */
	int64_t started;
	uint32_t interim_interval; /* Acct-Interim-Interval; 0: none */
	int32_t realtime;          /* Accounting-Realtime-Required; 0: not said */
};

/* The session is there, or was authorized again (then an INTERIM is made). True: it is not to be
 * used before events.granted. */
bool mip6_accounting_begin(struct mip6_accounting *accounting,
                           const struct mip6_accounted_session *session, struct mip6_now now);
bool mip6_accounting_has(const struct mip6_accounting *accounting, struct dm_bytes session_id);
/* What the access gear counted so far. -ENOENT: no such session is accounted for. */
int mip6_accounting_use(struct mip6_accounting *accounting, struct dm_bytes session_id,
                        const struct store_usage *usage, struct mip6_now now);
/* The session is over; nothing happens where it was never accounted for, or ended before. */
void mip6_accounting_end(struct mip6_accounting *accounting, struct dm_bytes session_id,
                         struct mip6_now now);

/* ---- the role's verbs ---- */

static inline bool mip6_accounting_owns(uint64_t tag)
{
	return (tag & MIP6_ACCOUNTING_TAG) != 0;
}

void mip6_accounting_answer(struct mip6_accounting *accounting, uint64_t tag,
                            const struct dm_message *message, const struct dm_fault *fault,
                            struct mip6_now now);
void mip6_accounting_committed(struct mip6_accounting *accounting, uint64_t tag, int error,
                               struct mip6_now now);
void mip6_accounting_peer_up(struct mip6_accounting *accounting, struct mip6_now now);
void mip6_accounting_tick(struct mip6_accounting *accounting, struct mip6_now now);
dm_time mip6_accounting_deadline(const struct mip6_accounting *accounting);

#endif
