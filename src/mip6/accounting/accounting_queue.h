/* SPDX-License-Identifier: Apache-2.0 */
/*
 * accounting_queue: the inside of the accounting client: accounts, the records they owe, and how
 * these leave.
 */
#ifndef MIP6_ACCOUNTING_QUEUE_H
#define MIP6_ACCOUNTING_QUEUE_H

#include "accounting.h"
#include "dict/base.dia.h"

struct mip6_owed {
	struct mip6_owed *next;
	struct mip6_account *account;
	struct store_owed record; /* its octets are the account's */
	unsigned int commits;     /* under way */
	bool flying;              /* sent, no answer yet */
	bool sent;                /* may have arrived: T from now on */
	bool durable;
	bool done; /* answered: it goes when its commits have come back */
};

struct mip6_account {
	struct dm_timer timer;           /* the next INTERIM */
	struct dm_timer retry;           /* its first record leaves again; not before */
	unsigned int failures;           /* in a row */
	struct mip6_account *next_ready; /* in the list of those that may send */
	bool ready;
	struct mip6_owed *first, *last; /* owned */
	struct store_account record;    /* octets behind it */
	bool ended;                     /* no more records are made */
	bool waits;                     /* for its START's answer, before it may be used */
	uint8_t octets[];
};

/* In the index; NULL: no memory, or there is one. */
struct mip6_account *mip6_account_new(struct mip6_accounting *accounting,
                                      const struct store_account *record);
/* Frees an ended account that owes nothing. */
void mip6_account_settle(struct mip6_accounting *accounting, struct mip6_account *account);

/* Behind the others of its account. NULL: no memory. */
struct mip6_owed *mip6_owed_new(struct mip6_accounting *accounting, struct mip6_account *account);
/* Out of its account, freed: commits must have come back. */
void mip6_owed_free(struct mip6_accounting *accounting, struct mip6_owed *owed);
/* Answered, or given up: out of the store and of the way. */
void mip6_owed_drop(struct mip6_accounting *accounting, struct mip6_owed *owed);
/* One commit of changes about a record. False: it could not be handed over. */
bool mip6_owed_store(struct mip6_accounting *accounting, struct mip6_owed *owed,
                     const struct store_change *changes, size_t count);

/* Files an account whose first record may leave now. */
void mip6_account_ready(struct mip6_accounting *accounting, struct mip6_account *account);
/* Sends what may leave. */
void mip6_accounting_pump(struct mip6_accounting *accounting);

/* No room for a record, or the server will not have it: what becomes of the session. */
void mip6_account_failed(struct mip6_accounting *accounting, struct mip6_account *account,
                         const char *why);
/* Arms the timer of the next INTERIM. */
void mip6_account_arm(struct mip6_accounting *accounting, struct mip6_account *account);

#endif
