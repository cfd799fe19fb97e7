/* SPDX-License-Identifier: Apache-2.0 */
/* The table behind both servers: what store.h promises of a shared store. */
#include "duo.h"

#include <errno.h>

/* ---- the store's table ---- */

struct dm_bytes duo_text(char *room, size_t size, struct dm_bytes octets)
{
	assert_in_range(octets.size, 0, size - 1);
	if (octets.size)
		memcpy(room, octets.at, octets.size);
	room[octets.size] = '\0';
	return dm_bytes_of(room, octets.size);
}

static struct duo_session *session_of_id(struct duo *duo, uint64_t id)
{
	for (size_t i = 0; i < DUO_SESSIONS; i++)
		if (duo->sessions[i].there && duo->sessions[i].record.id == id)
			return &duo->sessions[i];
	return NULL;
}

static struct duo_access *access_of_id(struct duo *duo, struct dm_bytes session_id)
{
	for (size_t i = 0; i < DUO_ACCESSES; i++)
		if (duo->accesses[i].there &&
		    dm_bytes_equal(duo->accesses[i].record.session_id, session_id))
			return &duo->accesses[i];
	return NULL;
}

static bool clashes(const struct duo *duo, const struct store_session *new)
{
	for (size_t i = 0; i < DUO_SESSIONS; i++) {
		const struct store_session *old = &duo->sessions[i].record;

		if (!duo->sessions[i].there || old->id == new->id)
			continue;
		if (old->state < 3 && new->state < 3 &&
		    dm_bytes_equal(old->user_name, new->user_name))
			return true;
		if (old->home_address.length && new->home_address.length &&
		    memcmp(old->home_address.address, new->home_address.address, 16) == 0)
			return true;
	}
	return false;
}

static int judge_put(struct duo *duo, const struct store_session *session)
{
	struct duo_session *old = session_of_id(duo, session->id);
	uint64_t version = old ? old->record.version : 0;

	assert_true(session->version != STORE_ANY_VERSION);
	if (session->version != version)
		return -ESTALE;
	return clashes(duo, session) ? -EEXIST : 0;
}

static int judge(struct duo *duo, const struct duo_job *job)
{
	uint64_t made = 0;
	int error = 0;

	for (size_t i = 0; i < job->count && !error; i++) {
		const struct store_change *change = &job->changes[i];
		const struct duo_session *old;

		if (change->kind == STORE_PUT_SESSION) {
			error = judge_put(duo, &change->session);
			made = change->session.id;
		} else if (change->kind == STORE_DELETE_SESSION) {
			old = session_of_id(duo, change->session.id);
			error = old && old->record.version == change->session.version ? 0 : -ESTALE;
		} else if (change->kind == STORE_PUT_ACCESS) {
			error = session_of_id(duo, change->access.session) ||
			                        change->access.session == made
			                ? 0
			                : -ENOENT;
		}
	}
	return error;
}

struct duo_session *duo_free_place(struct duo_session *table)
{
	for (size_t i = 0; i < DUO_SESSIONS; i++)
		if (!table[i].there)
			return &table[i];
	fail_msg("the table is full");
	return NULL;
}

static void put_session(struct duo *duo, const struct store_session *record, const char *keeper)
{
	struct duo_session *place = session_of_id(duo, record->id);

	if (!place)
		place = duo_free_place(duo->sessions);
	place->there = true;
	place->record = *record;
	place->record.version++;
	place->record.user_name = duo_text(place->user, sizeof(place->user), record->user_name);
	place->record.home_agent = duo_text(place->agent, sizeof(place->agent), record->home_agent);
	place->record.home_agent_realm = LITERAL("home.example.net");
	place->record.home_agent_fqdn = place->record.home_agent;
	place->record.home_agent_session = duo_text(
		place->agent_session, sizeof(place->agent_session), record->home_agent_session);
	place->record.acct_multi_session_id =
		duo_text(place->acct, sizeof(place->acct), record->acct_multi_session_id);
	place->record.keeper =
		duo_text(place->keeper, sizeof(place->keeper), dm_bytes_text(keeper));
}

static void put_access(struct duo *duo, const struct store_access *record)
{
	struct duo_access *place = access_of_id(duo, record->session_id);

	for (size_t i = 0; i < DUO_ACCESSES && !place; i++)
		if (!duo->accesses[i].there)
			place = &duo->accesses[i];
	assert_non_null(place);
	place->there = true;
	place->record = *record;
	place->record.session_id =
		duo_text(place->session_id, sizeof(place->session_id), record->session_id);
	place->record.origin_host = duo_text(place->host, sizeof(place->host), record->origin_host);
	place->record.origin_realm = LITERAL("visited.example.org");
	place->record.nas_identifier = (struct dm_bytes){ 0 };
}

static void delete_session(struct duo *duo, uint64_t id)
{
	session_of_id(duo, id)->there = false;
	for (size_t i = 0; i < DUO_ACCESSES; i++)
		if (duo->accesses[i].record.session == id)
			duo->accesses[i].there = false;
}

static void apply(struct duo *duo, const struct duo_job *job, const char *keeper)
{
	for (size_t i = 0; i < job->count; i++) {
		const struct store_change *change = &job->changes[i];
		struct duo_access *access;

		if (change->kind == STORE_PUT_SESSION)
			put_session(duo, &change->session, keeper);
		else if (change->kind == STORE_DELETE_SESSION)
			delete_session(duo, change->session.id);
		else if (change->kind == STORE_PUT_ACCESS)
			put_access(duo, &change->access);
		access = change->kind == STORE_DELETE_ACCESS
		                 ? access_of_id(duo, change->access.session_id)
		                 : NULL;
		if (access)
			access->there = false;
	}
}

void duo_commit(struct duo *duo, struct duo_server *server, const struct duo_job *job)
{
	int error = judge(duo, job);

	duo->stale += error == -ESTALE;
	duo->clashes += error == -EEXIST;
	if (!error && (!duo->trouble || duo->came_through))
		apply(duo, job, server->keeper);
	if (!server->role)
		return;
	server->role->class->committed(server->role, job->tag, duo->trouble ? duo->trouble : error,
	                               duo->now);
	duo_drain(duo, server);
}

/* ---- fetching ---- */

static struct duo_session *look(struct duo *duo, const struct duo_job *job)
{
	struct duo_access *access;

	if (job->fetch == STORE_FETCH_ACCESS) {
		access = access_of_id(duo, job->key);
		return access ? session_of_id(duo, access->record.session) : NULL;
	}
	for (size_t i = 0; i < DUO_SESSIONS; i++) {
		struct duo_session *session = &duo->sessions[i];

		if (session->there && job->fetch == STORE_FETCH_USER && session->record.state < 3 &&
		    dm_bytes_equal(session->record.user_name, job->key))
			return session;
		if (session->there && job->fetch == STORE_FETCH_AGENT_SESSION &&
		    dm_bytes_equal(session->record.home_agent_session, job->key))
			return session;
	}
	return NULL;
}

/* Every user is a subscriber. */
static struct store_found found_of(struct duo *duo, const struct duo_session *session,
                                   struct dm_bytes user, struct store_access *accesses)
{
	struct store_found found = { .has_session = session != NULL, .accesses = accesses };

	if (session) {
		found.session = session->record;
		user = session->record.user_name;
	}
	for (size_t i = 0; session && i < DUO_ACCESSES; i++)
		if (duo->accesses[i].there && duo->accesses[i].record.session == session->record.id)
			accesses[found.access_count++] = duo->accesses[i].record;
	if (user.size == 0)
		return found;
	found.has_subscriber = true;
	found.subscriber = (struct store_subscriber){
		.user_name = user, .enabled = true, .mobility = true, .root_key.size = 16
	};
	return found;
}

void duo_fetch(struct duo *duo, struct duo_server *server, const struct duo_job *job)
{
	struct store_access accesses[DUO_ACCESSES];
	struct dm_bytes user = { 0 };
	struct store_found found;

	if (!server->role)
		return;
	if (job->fetch == STORE_FETCH_USER)
		user = job->key;
	found = found_of(duo, look(duo, job), user, accesses);
	server->role->class->fetched(server->role, job->tag, duo->trouble,
	                             duo->trouble ? NULL : &found, duo->now);
	duo_drain(duo, server);
}

void duo_adopt(struct duo *duo, size_t place)
{
	struct duo_server *server = &duo->servers[place];
	struct store_access accesses[DUO_ACCESSES];

	for (size_t i = 0; i < DUO_SESSIONS; i++) {
		struct duo_session *session = &duo->sessions[i];
		struct store_found found;
		bool alive = false;

		for (size_t j = 0; j < DUO_SERVERS; j++)
			alive |= duo->servers[j].role &&
			         strcmp(duo->servers[j].keeper, session->keeper) == 0;
		if (!session->there || alive)
			continue;
		session->record.version++;
		session->record.keeper = duo_text(session->keeper, sizeof(session->keeper),
		                                  dm_bytes_text(server->keeper));
		found = found_of(duo, session, (struct dm_bytes){ 0 }, accesses);
		mip6_home_server_adopt(server->role, &found, duo->now);
		duo_drain(duo, server);
	}
}

/* ---- looking ---- */

const struct duo_access *duo_access(const struct duo *duo, const char *session_id)
{
	return access_of_id((struct duo *)(uintptr_t)duo, dm_bytes_text(session_id));
}

const struct duo_session *duo_session_of(const struct duo *duo, const char *user)
{
	for (size_t i = 0; i < DUO_SESSIONS; i++)
		if (duo->sessions[i].there && duo->sessions[i].record.state < 3 &&
		    strcmp(duo->sessions[i].user, user) == 0)
			return &duo->sessions[i];
	return NULL;
}

size_t duo_count(const struct duo_session *table)
{
	size_t count = 0;

	for (size_t i = 0; i < DUO_SESSIONS; i++)
		count += table[i].there;
	return count;
}
