/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server_cache: bringing the working set up to what the store holds (shared mode).
 *
 * A session in work here is left alone: its commit compares versions and tells. Whatever idle one
 * contradicts a record that was read is older than it, and goes. What is not here: why something is
 * read, and what happens then (server_shared.c).
 */
#ifndef MIP6_SERVER_CACHE_H
#define MIP6_SERVER_CACHE_H

#include "base/bytes.h"
#include "store/store.h"

struct mip6_home_server;
struct mip6_session;

/*
 * `key` is what was looked for: a Session-Id, or of STORE_FETCH_USER the user name, NUL and the
 * Service-Selection. 0; -EBUSY: something in work here is in the way, and will be judged by its
 * commit; -ENOMEM and others: the record cannot be held.
 */
int mip6_cache_take(struct mip6_home_server *server, enum store_fetch_kind kind,
                    struct dm_bytes key, const struct store_found *found);

/* Forgets it, when it is idle: 0, else -EBUSY. NULL allowed. */
int mip6_cache_drop(struct mip6_home_server *server, struct mip6_session *session);

#endif
