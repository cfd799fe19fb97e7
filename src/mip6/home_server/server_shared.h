/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server_shared: several home servers on one store (profile 4, ARCHITECTURE.md).
 *
 * In shared mode the working set is a cache. Whatever happens to a session (a request, a timer, an
 * operator's word) is an inquiry first: its records are fetched, the cache is brought up to them,
 * and only then the one way through server_*.c begins, the same as without sharing. Each commit
 * compares the session's version; one that comes back with -ESTALE has changed nothing, and what it
 * was for is asked again, a bounded number of times.
 *
 * A session's timers are run by the server that wrote it last (session->mine). What is not here:
 * who is alive (the store's leases), and when to adopt (the daemon).
 */
#ifndef MIP6_SERVER_SHARED_H
#define MIP6_SERVER_SHARED_H

#include "base/map.h"
#include "base/timers.h"
#include "bootstrap.h"

struct mip6_home_server;
struct mip6_inquiry;
struct mip6_pending;
struct mip6_session;
struct mip6_access;
struct mip6_work;

struct mip6_shared {
	bool on;
	struct dm_bytes keeper;     /* arena of the role */
	struct dm_map clients;      /* server_take.c: Origin-State-Ids, owned */
	struct dm_timers waiting;   /* inquiries that ask again later: owned */
	struct mip6_session *found; /* by the fetch of a user, in this verb */
	uint64_t sweep;             /* number of the last one over the subscribers */
	uint64_t stale;             /* commits that another server's had overtaken */
};

void mip6_shared_init(struct mip6_shared *shared, struct dm_bytes keeper, uint64_t seed);
void mip6_shared_fini(struct mip6_shared *shared);

/* ---- what is to be done, once the records are here ---- */

void mip6_shared_request(struct mip6_home_server *server, uint64_t transaction,
                         const struct dm_message *message);
void mip6_shared_session_due(struct mip6_home_server *server, struct mip6_session *session);
/* `transaction` 0: it expired, or its client was lost. */
void mip6_shared_end_access(struct mip6_home_server *server, struct dm_bytes session_id,
                            uint64_t transaction, bool lost);
/* The same, when what its session is at has come to an end. */
void mip6_shared_end_access_later(struct mip6_home_server *server, struct mip6_access *access,
                                  uint64_t transaction);
/* An operator enables or disables a subscriber, or deletes one. */
enum mip6_shared_order { MIP6_SHARED_DISABLE, MIP6_SHARED_ENABLE, MIP6_SHARED_DELETE };
void mip6_shared_order(struct mip6_home_server *server, enum mip6_shared_order order,
                       struct dm_bytes user_name, uint64_t tag);

/* ---- what came back ---- */

void mip6_shared_fetched(struct mip6_home_server *server, struct mip6_pending *pending, int error,
                         const struct store_found *found);
/* True when the failed commit of a step has been dealt with here. */
bool mip6_shared_step_failed(struct mip6_home_server *server, struct mip6_session *session,
                             uint8_t step, int error);
/* The same for the end of an access session (NULL: it is not in memory any more). */
bool mip6_shared_close_failed(struct mip6_home_server *server, const struct mip6_pending *pending,
                              struct mip6_access *access, int error);
/* Its record may have been changed by a commit of unknown fate: it is looked at later. */
void mip6_shared_doubt(struct mip6_home_server *server, const struct mip6_session *session);
/* This server has written the session: it runs its timers now. */
void mip6_shared_keep(struct mip6_home_server *server, struct mip6_session *session);

void mip6_shared_due(struct mip6_home_server *server);
/* A fetch of it will not come back: the role ends. */
void mip6_shared_let_go(struct mip6_inquiry *inquiry);

#endif
