/* SPDX-License-Identifier: Apache-2.0 */
#include "server_cache.h"

#include "server.h"

#include <errno.h>

#define SPREAD ((dm_time)10 * DM_SECOND) /* in which all sessions are read again */

static bool is_idle(const struct mip6_session *session)
{
	return session->step == MIP6_STEP_NONE && !session->work && !session->termination;
}

/* One that ends here is nobody's current session any more, and has its end before it: its agent is
 * told until it answers. The store's record of it is under its own id. */
static bool ends_here(const struct mip6_session *session)
{
	return session->mine && session->stored && session->state == MIP6_SESSION_ENDING;
}

static int make_way(struct mip6_home_server *server, struct mip6_session *session)
{
	if (!session || !ends_here(session))
		return mip6_cache_drop(server, session);
	mip6_session_retire(&server->sessions, session);
	return 0;
}

int mip6_cache_drop(struct mip6_home_server *server, struct mip6_session *session)
{
	if (!session)
		return 0;
	if (!is_idle(session))
		return -EBUSY;
	mip6_session_free(&server->sessions, session);
	return 0;
}

/* ---- subscribers: as many as memory may hold, those in work last ---- */

static void note_in_work(void *value, void *context)
{
	const struct mip6_session *session = value;
	struct mip6_home_server *server = context;
	struct mip6_subscriber *subscriber;

	if (is_idle(session))
		return;
	subscriber = mip6_subscribers_get(&server->subscribers, mip6_session_user(session));
	if (subscriber)
		subscriber->sweep = server->shared.sweep;
}

static void forget_unused(void *value, void *context)
{
	struct mip6_subscriber *subscriber = value;
	struct mip6_home_server *server = context;

	if (subscriber->sweep != server->shared.sweep)
		mip6_subscribers_remove(&server->subscribers, subscriber->record.user_name);
}

static void make_room(struct mip6_home_server *server)
{
	if (server->subscribers.by_name.count < server->subscribers.limit)
		return;
	server->shared.sweep++;
	dm_map_each(&server->sessions.by_id, note_in_work, server);
	dm_map_each(&server->subscribers.by_name, forget_unused, server);
}

static int take_subscriber(struct mip6_home_server *server, enum store_fetch_kind kind,
                           struct dm_bytes key, const struct store_found *found)
{
	const uint8_t *end = key.size ? memchr(key.at, '\0', key.size) : NULL;

	if (found->has_subscriber) {
		make_room(server);
		return mip6_home_server_restore_subscriber(&server->role, &found->subscriber);
	}
	if (kind == STORE_FETCH_USER && end)
		mip6_subscribers_remove(&server->subscribers,
		                        dm_bytes_of(key.at, (size_t)(end - key.at)));
	return 0;
}

/* ---- sessions ---- */

static struct mip6_session *of_access(const struct mip6_home_server *server,
                                      struct dm_bytes session_id)
{
	struct mip6_access *access = mip6_access_find(&server->sessions, session_id);

	return access ? access->session : NULL;
}

/* What memory has under the key. */
static struct mip6_session *known(const struct mip6_home_server *server, enum store_fetch_kind kind,
                                  struct dm_bytes key)
{
	if (kind == STORE_FETCH_USER)
		return dm_map_get(&server->sessions.by_user, key);
	if (kind == STORE_FETCH_ACCESS)
		return of_access(server, key);
	return dm_map_get(&server->sessions.by_agent_session, key);
}

/* Who stands where the record belongs, has been overtaken. */
static int clear_the_place(struct mip6_home_server *server, const struct store_session *record)
{
	struct mip6_sessions *sessions = &server->sessions;
	int error = 0;

	if (record->state != MIP6_SESSION_ENDING)
		error = make_way(server, mip6_session_of_user(sessions, record->user_name,
		                                              record->service_selection));
	if (!error && record->home_address.length)
		error = mip6_cache_drop(
			server, mip6_session_of_address(sessions, record->home_address.address));
	if (!error && record->home_prefix.length)
		error = mip6_cache_drop(server,
		                        mip6_session_of_prefix(sessions, &record->home_prefix));
	if (!error && record->home_agent_session.size)
		error = mip6_cache_drop(server, dm_map_get(&sessions->by_agent_session,
		                                           record->home_agent_session));
	return error;
}

static int take_access(struct mip6_home_server *server, const struct store_access *record)
{
	struct mip6_access *old = mip6_access_find(&server->sessions, record->session_id);

	if (old)
		mip6_access_remove(&server->sessions, old);
	return mip6_home_server_restore_access(&server->role, record);
}

static void arm(struct mip6_home_server *server, struct mip6_session *session)
{
	mip6_server_arm_session(server, session);
	for (struct mip6_access *access = session->first; access; access = access->next)
		mip6_server_arm_access(server, access);
}

static int replace(struct mip6_home_server *server, const struct store_found *found)
{
	struct mip6_session *session;
	int error = clear_the_place(server, &found->session);

	if (!error)
		error = mip6_home_server_restore_session(&server->role, &found->session);
	if (error)
		return error;
	session = dm_map_get_number(&server->sessions.by_id, found->session.id);
	for (size_t i = 0; !error && i < found->access_count; i++)
		error = take_access(server, &found->accesses[i]);
	if (error) {
		mip6_session_free(&server->sessions, session);
		return error;
	}
	session->mine = dm_bytes_equal(found->session.keeper, server->shared.keeper);
	if (session->mine)
		arm(server, session);
	return 0;
}

static int take_session(struct mip6_home_server *server, const struct store_found *found)
{
	struct mip6_session *old = dm_map_get_number(&server->sessions.by_id, found->session.id);

	if (old && (!is_idle(old) || old->version >= found->session.version))
		return 0;
	if (old)
		mip6_session_free(&server->sessions, old);
	return replace(server, found);
}

int mip6_cache_take(struct mip6_home_server *server, enum store_fetch_kind kind,
                    struct dm_bytes key, const struct store_found *found)
{
	struct mip6_session *here = known(server, kind, key);
	int error = take_subscriber(server, kind, key, found);

	if (error)
		return error;
	if (here && is_idle(here) && (!found->has_session || here->id != found->session.id))
		make_way(server, here);
	if (!found->has_session)
		return 0;
	error = take_session(server, found);
	if (!error && kind == STORE_FETCH_USER)
		server->shared.found =
			dm_map_get_number(&server->sessions.by_id, found->session.id);
	return error;
}

/* ---- keepers ---- */

void mip6_home_server_adopt(struct mip6_role *role, const struct store_found *found,
                            struct mip6_now now)
{
	struct mip6_home_server *server = (struct mip6_home_server *)role;

	server->now = now;
	if (!server->shared.on || !found->has_session)
		return;
	/* What is in work here has been overtaken: its commit will say so. */
	if (take_subscriber(server, STORE_FETCH_ACCESS, (struct dm_bytes){ 0 }, found) == 0)
		take_session(server, found);
}

static void look_again(void *value, void *context)
{
	struct mip6_home_server *server = context;
	struct mip6_session *session = value;
	dm_time wait = (dm_time)(mip6_random(&server->random) % (uint64_t)SPREAD);

	if (session->mine && is_idle(session))
		dm_timers_set(&server->sessions.session_timers, &session->timer,
		              server->now.monotonic + wait);
}

void mip6_home_server_lease_lost(struct mip6_role *role, struct mip6_now now)
{
	struct mip6_home_server *server = (struct mip6_home_server *)role;

	server->now = now;
	mip6_outbox_event(&server->outbox, MIP6_WARNING, "lease-lost", (struct mip6_about){ 0 },
	                  "other servers may have taken this one's sessions: they are read again");
	dm_map_each(&server->sessions.by_id, look_again, server);
	for (size_t i = 0; i < server->agents.count; i++) {
		mip6_pool_set_blocks(&server->agents.agents[i]->addresses, NULL, 0);
		mip6_pool_set_blocks(&server->agents.agents[i]->prefixes, NULL, 0);
	}
	mip6_server_lease_all(server);
}
