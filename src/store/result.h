/* SPDX-License-Identifier: Apache-2.0 */
/*
 * result: what a question has found, on its way from the store's thread to the owner's.
 *
 * One block of memory with a copy of everything; the keys of subscribers are wiped when it is
 * freed. Records are added in any order; the lists have their final place when it is sealed.
 */
#ifndef STORE_RESULT_H
#define STORE_RESULT_H

#include "base/arena.h"
#include "store/record.h"

struct store_result {
	struct dm_arena arena;
	size_t found_count, found_room;
	struct store_found *found; /* owned, as are its lists of accesses */
	size_t block_count, block_room;
	uint64_t *blocks; /* owned */
	size_t agent_count, agent_room;
	struct store_agent *agents; /* owned */
};

struct store_result *store_result_new(void);         /* NULL when memory is exhausted */
void store_result_free(struct store_result *result); /* wipes; NULL is allowed */

/* Forgets what was found: the question is asked again. */
void store_result_reset(struct store_result *result);

/* One more found session, empty; NULL when memory is exhausted. Lives until the next is added. */
struct store_found *store_result_add(struct store_result *result);

/* Copies a record of the tables subscriber, session or access into `found`. -ENOMEM. */
int store_result_keep(struct store_result *result, struct store_found *found,
                      enum store_table_name name, const void *record);

/* Copies it. -ENOMEM. */
int store_result_add_agent(struct store_result *result, const struct store_agent *agent);

int store_result_add_block(struct store_result *result, uint64_t block);

#endif
