/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hop_by_hop: which request an answer belongs to (RFC 6733 3, Hop-by-Hop Identifier).
 *
 * One table per peer. Identifiers count up from a random start, so the place of a request is its
 * identifier modulo the room: no hashing, no search. An identifier whose place is still taken by an
 * old request is skipped. Room doubles up to the limit; at the limit dm_hop_put says -ENOBUFS.
 */
#ifndef DM_ROUTE_HOP_BY_HOP_H
#define DM_ROUTE_HOP_BY_HOP_H

#include "base/bytes.h"

struct dm_hop_slot {
	uint32_t id;
	void *request; /* borrowed; NULL: free */
};

struct dm_hop_table {
	struct dm_hop_slot *slots; /* owned */
	uint32_t room;             /* a power of two, or 0 */
	uint32_t count;
	uint32_t limit;
	uint32_t next; /* the identifier to be tried next */
};

void dm_hop_init(struct dm_hop_table *table, uint32_t first, uint32_t limit);
void dm_hop_fini(struct dm_hop_table *table);

/* An identifier for a request that the table shall not hold (CER, DWR, DPR). */
uint32_t dm_hop_pass(struct dm_hop_table *table);

/* Holds `request` (not NULL) under a new identifier, *id. -ENOBUFS: limit; -ENOMEM. */
int dm_hop_put(struct dm_hop_table *table, void *request, uint32_t *id);
void *dm_hop_get(const struct dm_hop_table *table, uint32_t id);
void *dm_hop_take(struct dm_hop_table *table, uint32_t id);

/* The requests, oldest identifier first: *position starts at 0; NULL at the end. Taking out the
 * visited one is allowed meanwhile, putting is not. */
void *dm_hop_walk(const struct dm_hop_table *table, uint32_t *position);

#endif
