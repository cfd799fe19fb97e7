/* SPDX-License-Identifier: Apache-2.0 */
/*
 * realm: the realm routing table (RFC 6733 2.7).
 *
 * The first key is the realm: the longest suffix, at label borders, ASCII letters folded (RT09,
 * RT10); the second is the Application-Id; the default route comes last. A realm that is known, but
 * not for this application, is told from one that is not known at all (3002, 3003).
 */
#ifndef DM_ROUTE_REALM_H
#define DM_ROUTE_REALM_H

#include "base/map.h"
#include "diameter/node.h"

struct dm_route {
	struct dm_route *next; /* the realm's other applications */
	struct dm_bytes realm; /* borrowed from the realm; empty: the default route */
	uint32_t application_id;
	enum dm_route_action action;
	uint32_t redirect_usage, redirect_cache_time; /* redirects: node.h */
	size_t peer_count;
	struct dm_bytes peers[]; /* owned: in the same block of memory */
};

struct dm_realm;

struct dm_realm_table {
	struct dm_map realms;           /* of struct dm_realm */
	struct dm_realm *default_route; /* owned */
};

#define DM_ANY_APPLICATION UINT32_MAX

void dm_realm_table_init(struct dm_realm_table *table, uint64_t seed);
void dm_realm_table_fini(struct dm_realm_table *table);

/* -EEXIST: the realm has a route for this application; -EINVAL: no peers, or one without a name;
 * -ENOMEM. */
int dm_realm_table_add(struct dm_realm_table *table, const struct dm_route_config *config);

/* The route, or NULL; *known: the realm or a suffix of it has a route, if only for another
 * application. */
const struct dm_route *dm_realm_table_find(const struct dm_realm_table *table,
                                           struct dm_bytes realm, uint32_t application_id,
                                           bool *known);

#endif
