/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outbox: the effects that a role has for its host, in order, with the memory behind them.
 *
 * What an effect points to lives in the outbox's arena (or in an object that outlives the effect)
 * until all effects have been taken; then the arena is given back at once and the secrets in it are
 * wiped. When memory is exhausted an add gives NULL or false and counts `lost`: an answer that is
 * not sent is a timeout for the peer; a request or commit that is not sent is the caller's to
 * treat as failed.
 */
#ifndef MIP6_OUTBOX_H
#define MIP6_OUTBOX_H

#include "service.h"

struct mip6_queued;

struct mip6_outbox {
	struct dm_arena arena;
	struct mip6_queued *first, *last; /* arena */
	struct mip6_secret_mark *secrets; /* arena */
	uint64_t lost;
};

void mip6_outbox_init(struct mip6_outbox *outbox);
void mip6_outbox_fini(struct mip6_outbox *outbox);

/* The verb `effect` of every role. */
bool mip6_outbox_next(struct mip6_outbox *outbox, struct mip6_effect *out);

/* Memory and copies that live as long as the effects; NULL and {NULL, 0} when exhausted. */
void *mip6_outbox_take(struct mip6_outbox *outbox, size_t size); /* cleared */
struct dm_bytes mip6_outbox_copy(struct mip6_outbox *outbox, struct dm_bytes octets);
/* The same, wiped when the effects are gone. */
struct dm_bytes mip6_outbox_copy_secret(struct mip6_outbox *outbox, struct dm_bytes octets);

/* Wipes memory of the outbox when the effects are gone. False when exhausted: wipe it yourself. */
bool mip6_outbox_mark_secret(struct mip6_outbox *outbox, void *at, size_t size);

/* Appends `effect` as it is. False when exhausted. */
bool mip6_outbox_add(struct mip6_outbox *outbox, const struct mip6_effect *effect);

bool mip6_outbox_request(struct mip6_outbox *outbox, uint64_t tag, const struct dm_command *command,
                         const void *body, uint32_t application_id, dm_time timeout);
bool mip6_outbox_store(struct mip6_outbox *outbox, uint64_t tag, const struct store_change *changes,
                       size_t count);
/* Keys are borrowed until the effect is taken. */
bool mip6_outbox_fetch(struct mip6_outbox *outbox, uint64_t tag, enum store_fetch_kind kind,
                       struct dm_bytes key, struct dm_bytes key2);
void mip6_outbox_answer(struct mip6_outbox *outbox, uint64_t transaction,
                        const struct dm_command *command, const void *body);
/* The fault is copied; its failed_avp lives in the arena already. */
void mip6_outbox_fault(struct mip6_outbox *outbox, uint64_t transaction,
                       const struct dm_fault *fault);
void mip6_outbox_refuse(struct mip6_outbox *outbox, uint64_t transaction, uint32_t result_code,
                        const char *format, ...) __attribute__((format(printf, 4, 5)));
/* The Result-Code for a commit that failed: 3004 where the same request may do better (no place in
 * the queue, no database, or nobody knows), else 5012 (profile 5). */
uint32_t mip6_store_code(int error);
/* `text` is copied. */
void mip6_outbox_result(struct mip6_outbox *outbox, uint64_t tag, int error, const char *text,
                        const struct mip6_result *nas);

/* Of an order about sessions; copied too. */
void mip6_outbox_counts(struct mip6_outbox *outbox, uint64_t tag, int error, const char *text,
                        const struct mip6_order_counts *counts);

/* Whom an event is about; octets are copied. */
struct mip6_about {
	struct dm_bytes user_name;
	struct dm_bytes session_id;
};

enum mip6_gravity { MIP6_NOTICE, MIP6_WARNING };

void mip6_outbox_event(struct mip6_outbox *outbox, enum mip6_gravity gravity, const char *name,
                       struct mip6_about about, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

#endif
