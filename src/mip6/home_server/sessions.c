/* SPDX-License-Identifier: Apache-2.0 */
#include "sessions.h"

#include "mip6/pack.h"
#include "names.h"
#include "server_work.h"

#include <errno.h>
#include <stdlib.h>

/* User name and Service-Selection, and a NUL between. */
#define USER_KEY_LIMIT ((size_t)1024)

const char *mip6_session_state_name(uint8_t state)
{
	static const char *const names[] = {
		[MIP6_SESSION_ALLOCATED] = "allocated",
		[MIP6_SESSION_ACTIVE] = "active",
		[MIP6_SESSION_LINGERING] = "lingering",
		[MIP6_SESSION_ENDING] = "ending",
	};

	return state < sizeof(names) / sizeof(names[0]) ? names[state] : "unknown";
}

void mip6_sessions_init(struct mip6_sessions *sessions, uint64_t seed)
{
	*sessions = (struct mip6_sessions){ 0 };
	dm_map_init(&sessions->by_id, seed, false);
	dm_map_init(&sessions->by_user, seed, false);
	dm_map_init(&sessions->by_agent_session, seed, false);
	dm_map_init(&sessions->by_address, seed, false);
	dm_map_init(&sessions->by_prefix, seed, false);
	dm_map_init(&sessions->accesses, seed, false);
	dm_map_init(&sessions->clients, seed, true);
	dm_timers_init(&sessions->session_timers);
	dm_timers_init(&sessions->access_timers);
}

static void free_visited(void *value, void *context)
{
	mip6_session_free(context, value);
}

void mip6_sessions_fini(struct mip6_sessions *sessions)
{
	dm_map_each(&sessions->by_id, free_visited, sessions);
	dm_map_fini(&sessions->by_id);
	dm_map_fini(&sessions->by_user);
	dm_map_fini(&sessions->by_agent_session);
	dm_map_fini(&sessions->by_address);
	dm_map_fini(&sessions->by_prefix);
	dm_map_fini(&sessions->accesses);
	dm_map_fini(&sessions->clients);
	dm_timers_fini(&sessions->session_timers);
	dm_timers_fini(&sessions->access_timers);
}

/* ---- mobility sessions ---- */

static struct dm_bytes user_key(const struct mip6_session *session)
{
	return dm_bytes_of(session->octets, (size_t)session->user_size + 1 + session->service_size);
}

static struct mip6_session *allocate(uint64_t id, const struct mip6_session_names *names)
{
	size_t size = names->user_name.size + 1 + names->service_selection.size +
	              names->agent_session.size + names->acct_multi_session_id.size;
	struct mip6_session *session;
	uint8_t *room;

	if (names->user_name.size + names->service_selection.size >= USER_KEY_LIMIT ||
	    names->agent_session.size > UINT16_MAX ||
	    names->acct_multi_session_id.size > UINT16_MAX)
		return NULL;
	session = malloc(sizeof(*session) + size);
	if (!session)
		return NULL;
	*session = (struct mip6_session){
		.id = id,
		.user_size = (uint16_t)names->user_name.size,
		.service_size = (uint16_t)names->service_selection.size,
		.agent_session_size = (uint16_t)names->agent_session.size,
		.acct_size = (uint16_t)names->acct_multi_session_id.size,
	};
	room = session->octets;
	mip6_pack(&room, names->user_name);
	*room++ = '\0';
	mip6_pack(&room, names->service_selection);
	mip6_pack(&room, names->agent_session);
	mip6_pack(&room, names->acct_multi_session_id);
	return session;
}

/* A split session that comes from the store has none. */
static int index_agent_session(struct mip6_sessions *sessions, struct mip6_session *session)
{
	struct dm_bytes name = mip6_session_agent_session(session);

	return name.size ? dm_map_put(&sessions->by_agent_session, name, session) : 0;
}

static void forget_agent_session(struct mip6_sessions *sessions, struct mip6_session *session)
{
	if (session->agent_session_size)
		dm_map_remove(&sessions->by_agent_session, mip6_session_agent_session(session));
}

struct mip6_session *mip6_session_new(struct mip6_sessions *sessions, uint64_t id,
                                      const struct mip6_session_names *names, bool current)
{
	struct mip6_session *session = allocate(id, names);

	if (!session)
		return NULL;
	session->version = sessions->versioned ? 0 : STORE_ANY_VERSION;
	if (dm_map_put_number(&sessions->by_id, id, session) != 0)
		goto no_number;
	if (index_agent_session(sessions, session) != 0)
		goto no_name;
	if (current && dm_map_put(&sessions->by_user, user_key(session), session) != 0)
		goto no_user;
	session->current = current;
	sessions->with_service += session->service_size > 0;
	return session;
no_user:
	forget_agent_session(sessions, session);
no_name:
	dm_map_remove_number(&sessions->by_id, id);
no_number:
	free(session);
	return NULL;
}

void mip6_session_free(struct mip6_sessions *sessions, struct mip6_session *session)
{
	while (session->first)
		mip6_access_remove(sessions, session->first);
	mip6_session_disown(sessions, session);
	mip6_session_set_agent(session, NULL);
	mip6_session_retire(sessions, session);
	dm_timers_cancel(&sessions->session_timers, &session->timer);
	forget_agent_session(sessions, session);
	sessions->with_service -= session->service_size > 0;
	dm_map_remove_number(&sessions->by_id, session->id);
	mip6_work_free(session->work);
	mip6_name_detach(session);
	if (session->random_key)
		dm_secret_wipe(session->random_key);
	free(session->random_key);
	free(session);
}

struct mip6_session *mip6_session_of_user(const struct mip6_sessions *sessions,
                                          struct dm_bytes user_name, struct dm_bytes service)
{
	uint8_t room[USER_KEY_LIMIT], *end = room;

	if (user_name.size + 1 + service.size > sizeof(room))
		return NULL;
	mip6_pack(&end, user_name);
	*end++ = '\0';
	mip6_pack(&end, service);
	return dm_map_get(&sessions->by_user, dm_bytes_of(room, (size_t)(end - room)));
}

struct user_walk {
	struct dm_bytes user_name;
	void (*visit)(struct mip6_session *, void *);
	void *context;
};

static void visit_if_of_user(void *value, void *context)
{
	struct mip6_session *session = value;
	struct user_walk *walk = context;

	if (session->current && session->service_size > 0 &&
	    dm_bytes_equal(mip6_session_user(session), walk->user_name))
		walk->visit(session, walk->context);
}

void mip6_sessions_of_user(struct mip6_sessions *sessions, struct dm_bytes user_name,
                           const struct dm_bytes *service,
                           void (*visit)(struct mip6_session *, void *), void *context)
{
	struct user_walk walk = { user_name, visit, context };
	struct mip6_session *session = mip6_session_of_user(
		sessions, user_name, service ? *service : (struct dm_bytes){ 0 });

	if (session)
		visit(session, context);
	if (!service && sessions->with_service)
		dm_map_each(&sessions->by_id, visit_if_of_user, &walk);
}

void mip6_session_retire(struct mip6_sessions *sessions, struct mip6_session *session)
{
	if (session->current)
		dm_map_remove(&sessions->by_user, user_key(session));
	session->current = false;
}

static void leave_agent(struct mip6_session *session)
{
	struct mip6_agent *agent = session->agent;

	if (session->agent_previous)
		session->agent_previous->agent_next = session->agent_next;
	else
		agent->first = session->agent_next;
	if (session->agent_next)
		session->agent_next->agent_previous = session->agent_previous;
	session->agent_next = session->agent_previous = NULL;
	agent->sessions--;
}

void mip6_session_set_agent(struct mip6_session *session, struct mip6_agent *agent)
{
	if (session->agent)
		leave_agent(session);
	session->agent = agent;
	if (!agent)
		return;
	session->agent_next = agent->first;
	if (agent->first)
		agent->first->agent_previous = session;
	agent->first = session;
	agent->sessions++;
}

static struct dm_bytes address_key(const uint8_t address[16])
{
	return dm_bytes_of(address, 16);
}

/* struct store_prefix has no padding: 16 octets and the length. */
static struct dm_bytes prefix_key(const struct store_prefix *prefix)
{
	_Static_assert(sizeof(struct store_prefix) == 17, "a prefix is its own key");
	return dm_bytes_of(prefix, sizeof(*prefix));
}

struct mip6_session *mip6_session_of_address(const struct mip6_sessions *sessions,
                                             const uint8_t address[16])
{
	return dm_map_get(&sessions->by_address, address_key(address));
}

struct mip6_session *mip6_session_of_prefix(const struct mip6_sessions *sessions,
                                            const struct store_prefix *prefix)
{
	return dm_map_get(&sessions->by_prefix, prefix_key(prefix));
}

int mip6_session_own_address(struct mip6_sessions *sessions, struct mip6_session *session,
                             const struct store_prefix *address)
{
	int error;

	if (mip6_session_of_address(sessions, address->address))
		return -EEXIST;
	session->home_address = *address;
	error = dm_map_put(&sessions->by_address, address_key(session->home_address.address),
	                   session);
	if (error)
		session->home_address = (struct store_prefix){ 0 };
	return error;
}

int mip6_session_own_prefix(struct mip6_sessions *sessions, struct mip6_session *session,
                            const struct store_prefix *prefix, bool delegated)
{
	int error = 0;

	if (delegated && mip6_session_of_prefix(sessions, prefix))
		return -EEXIST;
	session->home_prefix = *prefix;
	if (delegated)
		error = dm_map_put(&sessions->by_prefix, prefix_key(&session->home_prefix),
		                   session);
	if (error)
		session->home_prefix = (struct store_prefix){ 0 };
	session->delegated = delegated && !error;
	return error;
}

void mip6_session_disown(struct mip6_sessions *sessions, struct mip6_session *session)
{
	if (session->home_address.length)
		dm_map_remove(&sessions->by_address, address_key(session->home_address.address));
	if (session->delegated)
		dm_map_remove(&sessions->by_prefix, prefix_key(&session->home_prefix));
	if (session->agent && session->pooled)
		mip6_pool_give_back(&session->agent->addresses, &session->home_address);
	if (session->agent && session->delegated)
		mip6_pool_give_back(&session->agent->prefixes, &session->home_prefix);
	session->home_address = session->home_prefix = (struct store_prefix){ 0 };
	session->pooled = session->delegated = false;
}

/* ---- clients ---- */

struct mip6_client *mip6_client_find(const struct mip6_sessions *sessions, struct dm_bytes host)
{
	return dm_map_get(&sessions->clients, host);
}

static struct mip6_client *client_of(struct mip6_sessions *sessions, struct dm_bytes host,
                                     struct dm_bytes realm)
{
	struct mip6_client *client = mip6_client_find(sessions, host);
	uint8_t *room;

	if (client)
		return client;
	client = malloc(sizeof(*client) + host.size + realm.size);
	if (!client)
		return NULL;
	*client = (struct mip6_client){ 0 };
	room = client->octets;
	client->host = mip6_pack(&room, host);
	client->realm = mip6_pack(&room, realm);
	if (dm_map_put(&sessions->clients, client->host, client) == 0)
		return client;
	free(client);
	return NULL;
}

static void drop_client_if_unused(struct mip6_sessions *sessions, struct mip6_client *client)
{
	if (client->count > 0)
		return;
	dm_map_remove(&sessions->clients, client->host);
	free(client);
}

/* ---- access sessions ---- */

struct mip6_access *mip6_access_new(struct dm_bytes session_id, struct dm_bytes nas_identifier)
{
	struct mip6_access *access;
	uint8_t *room;

	if (session_id.size > UINT16_MAX || nas_identifier.size > UINT16_MAX)
		return NULL;
	access = malloc(sizeof(*access) + session_id.size + nas_identifier.size);
	if (!access)
		return NULL;
	*access = (struct mip6_access){
		.session_id_size = (uint16_t)session_id.size,
		.nas_identifier_size = (uint16_t)nas_identifier.size,
	};
	room = access->octets;
	mip6_pack(&room, session_id);
	mip6_pack(&room, nas_identifier);
	return access;
}

void mip6_access_free(struct mip6_access *access)
{
	free(access);
}

struct mip6_access *mip6_access_find(const struct mip6_sessions *sessions,
                                     struct dm_bytes session_id)
{
	return dm_map_get(&sessions->accesses, session_id);
}

static void join_session(struct mip6_access *access, struct mip6_session *session)
{
	access->session = session;
	access->next = session->first;
	if (session->first)
		session->first->previous = access;
	session->first = access;
	session->access_count++;
}

static void join_client(struct mip6_access *access, struct mip6_client *client)
{
	access->client = client;
	access->client_next = client->first;
	if (client->first)
		client->first->client_previous = access;
	client->first = access;
	client->count++;
	if (access->origin_state_id > client->origin_state_id)
		client->origin_state_id = access->origin_state_id;
}

int mip6_access_link(struct mip6_sessions *sessions, struct mip6_access *access,
                     struct mip6_session *session, struct dm_bytes origin_host,
                     struct dm_bytes origin_realm)
{
	struct mip6_client *client = client_of(sessions, origin_host, origin_realm);
	int error;

	if (!client)
		return -ENOMEM;
	error = dm_map_put(&sessions->accesses, mip6_access_session_id(access), access);
	if (error) {
		drop_client_if_unused(sessions, client);
		return error;
	}
	join_session(access, session);
	join_client(access, client);
	return 0;
}

static void leave_session(struct mip6_access *access)
{
	if (access->previous)
		access->previous->next = access->next;
	else
		access->session->first = access->next;
	if (access->next)
		access->next->previous = access->previous;
	access->session->access_count--;
}

static void leave_client(struct mip6_access *access)
{
	if (access->client_previous)
		access->client_previous->client_next = access->client_next;
	else
		access->client->first = access->client_next;
	if (access->client_next)
		access->client_next->client_previous = access->client_previous;
	access->client->count--;
}

void mip6_access_move(struct mip6_access *access, struct mip6_session *to)
{
	leave_session(access);
	access->next = access->previous = NULL;
	join_session(access, to);
	access->moved = true;
}

void mip6_access_remove(struct mip6_sessions *sessions, struct mip6_access *access)
{
	dm_timers_cancel(&sessions->access_timers, &access->timer);
	dm_map_remove(&sessions->accesses, mip6_access_session_id(access));
	leave_session(access);
	leave_client(access);
	drop_client_if_unused(sessions, access->client);
	mip6_access_free(access);
}
