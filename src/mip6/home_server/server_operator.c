/* SPDX-License-Identifier: Apache-2.0 */
/* What an operator asks of the home server, and what a store brings back at the start. */
#include "server.h"

#include <errno.h>
#include <stdlib.h>

static struct mip6_home_server *server_of(struct mip6_role *role)
{
	return (struct mip6_home_server *)role;
}

/* ---- start ---- */

int mip6_home_server_restore_subscriber(struct mip6_role *role,
                                        const struct store_subscriber *subscriber)
{
	struct mip6_subscriber *copy;
	const char *why;
	int error;

	copy = mip6_subscriber_new(subscriber, &error, &why);
	return copy ? mip6_subscribers_file(&server_of(role)->subscribers, copy) : error;
}

/* The agent of a stored session; one that is configured no more stays for its sessions. */
static struct mip6_agent *agent_of(struct mip6_home_server *server,
                                   const struct store_session *record)
{
	struct mip6_agent *agent = mip6_agents_find(&server->agents, record->home_agent);
	struct mip6_agent_config config = {
		.host = record->home_agent,
		.realm = record->home_agent_realm,
		.fqdn = record->home_agent_fqdn,
		.address = record->home_agent_address,
		.local = true,
	};
	const char *why;

	if (!agent && mip6_agents_add(&server->agents, &config, &agent, &why) == 0)
		mip6_agents_leave(&server->agents, agent);
	return agent;
}

/* True for a prefix that is one node's alone: of the agent's prefix pool, or the subscriber's own.
 * Any other is a link that the agent named in its MHA, and shared. */
static bool is_delegated(const struct mip6_home_server *server, const struct mip6_session *session,
                         const struct store_session *record)
{
	const struct store_prefix *prefix = &record->home_prefix;
	const struct store_prefix *shared = &session->agent->config.home_prefix;
	const struct mip6_pool *pool = &session->agent->prefixes;
	const struct store_subscriber *subscriber;

	if (prefix->length == 0 || memcmp(prefix, shared, sizeof(*prefix)) == 0)
		return false;
	if (prefix->length == pool->config.item_length && mip6_pool_holds(pool, prefix))
		return true;
	subscriber = mip6_subscribers_find(&server->subscribers, record->user_name);
	return subscriber && subscriber->has_home_prefix &&
	       memcmp(prefix, &subscriber->home_prefix, sizeof(*prefix)) == 0;
}

static int own(struct mip6_home_server *server, struct mip6_session *session,
               const struct store_session *record)
{
	bool delegated = is_delegated(server, session, record);
	int error = 0;

	if (record->home_prefix.length)
		error = mip6_session_own_prefix(&server->sessions, session, &record->home_prefix,
		                                delegated);
	if (!error && session->delegated)
		mip6_pool_note(&session->agent->prefixes, &record->home_prefix);
	if (error || !record->home_address.length)
		return error;
	error = mip6_session_own_address(&server->sessions, session, &record->home_address);
	session->pooled =
		!error && mip6_pool_holds(&session->agent->addresses, &record->home_address);
	if (session->pooled)
		mip6_pool_note(&session->agent->addresses, &record->home_address);
	return error;
}

static void take_numbers(struct mip6_session *session, const struct store_session *record)
{
	session->feature_vector = record->feature_vector;
	session->key_epoch = record->key_epoch;
	session->agent_state_id = record->home_agent_state_id;
	session->sa_protocols = record->sa_protocols;
	session->state = record->state;
	session->created = record->created;
	session->linger_until = record->linger_until;
	session->key_expires = record->key_expires;
	if (session->version != STORE_ANY_VERSION)
		session->version = record->version;
	session->split = record->home_agent_session.size == 0;
	session->ending_stored = record->state == MIP6_SESSION_ENDING;
	session->rekey = record->key_expires && record->key_expires <= record->created;
	session->stored = true;
}

int mip6_home_server_restore_session(struct mip6_role *role, const struct store_session *record)
{
	struct mip6_home_server *server = server_of(role);
	const struct mip6_session_names names = {
		.user_name = record->user_name,
		.service_selection = record->service_selection,
		.agent_session = record->home_agent_session,
		.acct_multi_session_id = record->acct_multi_session_id,
	};
	struct mip6_session *session;
	int error;

	if (dm_map_get_number(&server->sessions.by_id, record->id))
		return -EEXIST;
	session = mip6_session_new(&server->sessions, record->id, &names,
	                           record->state != MIP6_SESSION_ENDING);
	if (!session)
		return -EEXIST;
	take_numbers(session, record);
	if (mip6_session_set_random_key(session, &record->random_key)) {
		mip6_session_free(&server->sessions, session);
		return -ENOMEM;
	}
	mip6_session_set_agent(session, agent_of(server, record));
	if (session->agent && session->agent->origin_state_id < record->home_agent_state_id)
		session->agent->origin_state_id = record->home_agent_state_id;
	if (record->home_agent.size == 0 && record->state == MIP6_SESSION_ENDING)
		return 0; /* no agent took it; its NASes are to be told */
	error = session->agent ? own(server, session, record) : -ENOMEM;
	if (error)
		mip6_session_free(&server->sessions, session);
	else
		mip6_server_name_rejoins(server, session);
	return error;
}

int mip6_home_server_restore_access(struct mip6_role *role, const struct store_access *record)
{
	struct mip6_home_server *server = server_of(role);
	struct mip6_session *session = dm_map_get_number(&server->sessions.by_id, record->session);
	struct mip6_access *access;
	int error;

	if (!session)
		return -ENOENT;
	access = mip6_access_new(record->session_id, record->nas_identifier);
	if (!access)
		return -ENOMEM;
	access->opened = record->opened;
	access->expires = record->expires;
	access->origin_state_id = record->origin_state_id;
	access->application_id = record->application_id;
	error = mip6_access_link(&server->sessions, access, session, record->origin_host,
	                         record->origin_realm);
	if (error)
		mip6_access_free(access);
	return error;
}

/* Its agent has restarted while another server, which is gone, was to push it again. */
static bool was_lost_meanwhile(const struct mip6_session *session)
{
	bool held =
		session->state == MIP6_SESSION_ACTIVE || session->state == MIP6_SESSION_LINGERING;

	return held && !session->split && session->agent && session->agent_state_id &&
	       session->agent_state_id < session->agent->origin_state_id;
}

/* An active session that has access sessions waits for its key rollover; every other one is looked
 * at by its timer, a slice a tick. */
void mip6_server_arm_session(struct mip6_home_server *server, struct mip6_session *session)
{
	dm_time now = server->now.monotonic, when = now;
	bool rests = false;

	mip6_server_resume_move(server, session);
	if (server->shared.on && was_lost_meanwhile(session))
		session->push = true;
	/* The note of a rollover stands where the end of the keys did: at the latest then. */
	if (session->rekey)
		session->key_expires = server->now.wall +
		                       mip6_server_key_lifetime(
					       server, mip6_server_subscriber_of(server, session));
	if (session->state == MIP6_SESSION_LINGERING && !session->push)
		when = mip6_server_deadline_of(server, session->linger_until);
	else if (session->state == MIP6_SESSION_ACTIVE && session->access_count > 0)
		rests = !session->push;
	/* Disabled or deleted before the restart, and not all clients had been told. */
	if (!mip6_server_is_entitled(mip6_server_subscriber_of(server, session)) &&
	    session->state != MIP6_SESSION_ENDING) {
		session->aborting = true;
		rests = false;
		when = now;
		mip6_server_order_all(server, session, MIP6_ORDER_ABORT);
	}
	if (rests)
		mip6_server_rest(server, session);
	else
		dm_timers_set(&server->sessions.session_timers, &session->timer, when);
}

/* Its client has been seen with a greater Origin-State-Id, by this server or another. */
static bool is_lost(const struct mip6_home_server *server, const struct mip6_access *access)
{
	const struct mip6_client *client = access->client;
	uint32_t seen = mip6_take_state_of(server, client->host);

	if (!server->shared.on || access->origin_state_id == 0)
		return false;
	return access->origin_state_id < client->origin_state_id || access->origin_state_id < seen;
}

void mip6_server_arm_access(struct mip6_home_server *server, struct mip6_access *access)
{
	if (is_lost(server, access)) {
		access->client_lost = true;
		dm_timers_set(&server->sessions.access_timers, &access->timer,
		              server->now.monotonic);
		return;
	}
	if (access->order != MIP6_ORDER_NONE)
		return; /* its timer is for that */
	dm_timers_set(&server->sessions.access_timers, &access->timer,
	              mip6_server_deadline_of(server, access->expires));
}

static void arm_session(void *value, void *context)
{
	mip6_server_arm_session(context, value);
}

static void arm_access(void *value, void *context)
{
	mip6_server_arm_access(context, value);
}

void mip6_home_server_start(struct mip6_role *role, struct mip6_now now)
{
	struct mip6_home_server *server = server_of(role);

	server->now = now;
	mip6_server_lease_all(server);
	dm_map_each(&server->sessions.accesses, arm_access, server);
	dm_map_each(&server->sessions.by_id, arm_session, server);
	mip6_server_arm_names(server);
}

/* ---- subscribers ---- */

static void result(struct mip6_home_server *server, uint64_t tag, int error, const char *text)
{
	mip6_outbox_result(&server->outbox, tag, error, error ? text : NULL, NULL);
}

static struct mip6_pending *copy_subscribers(struct mip6_home_server *server,
                                             const struct store_subscriber *subscribers,
                                             size_t count, int *error, const char **why)
{
	struct mip6_pending *pending =
		mip6_pending_new(server, MIP6_PENDING_SUBSCRIBERS, (struct dm_bytes){ 0 });

	*error = -ENOMEM;
	*why = "no memory for the subscribers";
	if (!pending)
		return NULL;
	pending->subscribers = calloc(count, sizeof(struct mip6_subscriber *));
	for (size_t i = 0; pending->subscribers && i < count; i++) {
		pending->subscribers[i] = mip6_subscriber_new(&subscribers[i], error, why);
		if (!pending->subscribers[i])
			break;
		pending->count++;
	}
	if (pending->subscribers && pending->count == count)
		return pending;
	mip6_pending_free(mip6_pending_take(server, pending->tag));
	return NULL;
}

/* Of a shared store memory holds a part only. */
static bool has_room(const struct mip6_home_server *server, size_t count)
{
	return server->shared.on ||
	       count <= server->subscribers.limit - server->subscribers.by_name.count;
}

void mip6_home_server_put_subscribers(struct mip6_role *role,
                                      const struct store_subscriber *subscribers, size_t count,
                                      uint64_t tag, struct mip6_now now)
{
	struct mip6_home_server *server = server_of(role);
	struct mip6_pending *pending;
	const char *why;
	int error;

	server->now = now;
	if (!has_room(server, count)) {
		result(server, tag, -ENOSPC, "the server has as many subscribers as it may");
		return;
	}
	pending = copy_subscribers(server, subscribers, count, &error, &why);
	if (!pending) {
		result(server, tag, error, why);
		return;
	}
	pending->operator_tag = tag;
	/* What a session was made by is to be known before it is another. */
	if (server->shared.on && count > 0 && count <= MIP6_TAKE_SUBSCRIBERS)
		mip6_take_for_put(server, pending);
	else
		mip6_server_store_subscribers(server, pending);
}

void mip6_server_store_subscribers(struct mip6_home_server *server, struct mip6_pending *pending)
{
	size_t count = pending->count;
	struct store_change *changes = mip6_outbox_take(&server->outbox, count * sizeof(*changes));
	uint64_t tag = pending->operator_tag;
	bool ready = changes &&
	             mip6_outbox_mark_secret(&server->outbox, changes, count * sizeof(*changes));

	for (size_t i = 0; ready && i < count; i++) {
		changes[i].kind = STORE_PUT_SUBSCRIBER;
		changes[i].subscriber = pending->subscribers[i]->record;
	}
	if (ready && mip6_outbox_store(&server->outbox, pending->tag, changes, count))
		return;
	mip6_pending_free(mip6_pending_take(server, pending->tag));
	result(server, tag, -ENOMEM, "no memory for the subscribers");
}

void mip6_home_server_enable_subscriber(struct mip6_role *role, struct dm_bytes user_name,
                                        bool enabled, uint64_t tag, struct mip6_now now)
{
	struct mip6_home_server *server = server_of(role);

	server->now = now;
	if (server->shared.on)
		mip6_take_for_subscriber(server, enabled ? MIP6_SHARED_ENABLE : MIP6_SHARED_DISABLE,
		                         user_name, tag);
	else
		mip6_server_enable_subscriber(server, user_name, enabled, tag);
}

void mip6_server_enable_subscriber(struct mip6_home_server *server, struct dm_bytes user_name,
                                   bool enabled, uint64_t tag)
{
	const struct store_subscriber *known =
		mip6_subscribers_find(&server->subscribers, user_name);
	struct store_subscriber changed;

	if (!known) {
		result(server, tag, -ENOENT, "there is no subscriber of this name");
		return;
	}
	changed = *known;
	changed.enabled = enabled;
	mip6_home_server_put_subscribers(&server->role, &changed, 1, tag, server->now);
	dm_secret_wipe(&changed.root_key);
}

void mip6_home_server_delete_subscriber(struct mip6_role *role, struct dm_bytes user_name,
                                        uint64_t tag, struct mip6_now now)
{
	struct mip6_home_server *server = server_of(role);

	server->now = now;
	if (server->shared.on)
		mip6_take_for_subscriber(server, MIP6_SHARED_DELETE, user_name, tag);
	else
		mip6_server_delete_subscriber(server, user_name, tag);
}

void mip6_server_delete_subscriber(struct mip6_home_server *server, struct dm_bytes user_name,
                                   uint64_t tag)
{
	const struct store_subscriber *known =
		mip6_subscribers_find(&server->subscribers, user_name);
	struct store_change *change = mip6_outbox_take(&server->outbox, sizeof(*change));
	struct mip6_pending *pending;

	if (!known) {
		result(server, tag, -ENOENT, "there is no subscriber of this name");
		return;
	}
	pending = mip6_pending_new(server, MIP6_PENDING_REMOVAL, known->user_name);
	if (change && pending) {
		pending->operator_tag = tag;
		change->kind = STORE_DELETE_SUBSCRIBER;
		change->subscriber.user_name = pending->name;
		if (mip6_outbox_store(&server->outbox, pending->tag, change, 1))
			return;
	}
	if (pending)
		mip6_pending_free(mip6_pending_take(server, pending->tag));
	result(server, tag, -ENOMEM, "no memory to delete a subscriber");
}

void mip6_server_subscribers_committed(struct mip6_home_server *server,
                                       struct mip6_pending *pending, int error)
{
	if (error) {
		result(server, pending->operator_tag, error, "the store did not take it");
		return;
	}
	if (pending->kind == MIP6_PENDING_REMOVAL) {
		mip6_server_subscriber_changed(
			server, mip6_subscribers_find(&server->subscribers, pending->name), NULL);
		mip6_subscribers_remove(&server->subscribers, pending->name);
	}
	for (size_t i = 0; i < pending->count; i++) {
		const struct store_subscriber *new = &pending->subscribers[i]->record;
		int failed;

		mip6_server_subscriber_changed(
			server, mip6_subscribers_find(&server->subscribers, new->user_name), new);
		failed = mip6_subscribers_file(&server->subscribers, pending->subscribers[i]);
		pending->subscribers[i] = NULL;
		error = failed && !server->shared.on ? failed : error;
	}
	result(server, pending->operator_tag, error, "stored, but not all is in memory yet");
}

/* ---- looking ---- */

int mip6_home_server_each_agent(struct mip6_role *role,
                                int (*visit)(const struct mip6_agent_view *, void *), void *context)
{
	struct mip6_home_server *server = server_of(role);
	int stop = 0;

	for (size_t i = 0; !stop && i < server->agents.count; i++) {
		const struct mip6_agent *agent = server->agents.agents[i];
		const struct mip6_agent_view view = {
			.host = agent->config.host,
			.realm = agent->config.realm,
			.fqdn = agent->config.fqdn,
			.location = agent->config.location,
			.address = agent->config.address,
			.state = agent->state,
			.override = agent->override,
			.reachable = mip6_server_reaches(server, agent),
			.full = mip6_agent_is_full(agent),
			.hinted = agent->hinted,
			.left = agent->left,
			.weight = agent->weight,
			.capacity = agent->capacity,
			.sessions = agent->sessions,
			.pool_size = agent->addresses.size,
			.pool_taken = agent->addresses.taken,
			.prefix_size = agent->prefixes.size,
			.prefix_taken = agent->prefixes.taken,
			.assigned = agent->assigned,
			.failed = agent->failed,
		};

		stop = visit(&view, context);
	}
	return stop;
}

/* dm_map_each has no end of its own: behind a visit that stopped, nothing is visited any more. */
struct walk {
	int (*session)(const struct mip6_session_view *, void *);
	int (*subscriber)(const struct store_subscriber *, void *);
	void *context;
	int stop;
};

static void visit_session(void *value, void *context)
{
	const struct mip6_session *session = value;
	struct walk *walk = context;
	struct mip6_session_view view;

	if (walk->stop || !session->agent)
		return;
	view = (struct mip6_session_view){
		.session = mip6_server_record(session, session->state),
		.state = mip6_session_state_name(session->state),
		.access_count = session->access_count,
	};
	view.session.key_expires = session->key_expires;
	walk->stop = walk->session(&view, walk->context);
}

int mip6_home_server_each_session(struct mip6_role *role,
                                  int (*visit)(const struct mip6_session_view *, void *),
                                  void *context)
{
	struct walk walk = { .session = visit, .context = context };

	dm_map_each(&server_of(role)->sessions.by_id, visit_session, &walk);
	return walk.stop;
}

int mip6_home_server_each_access(struct mip6_role *role, uint64_t session,
                                 int (*visit)(const struct store_access *, void *), void *context)
{
	const struct mip6_session *found =
		dm_map_get_number(&server_of(role)->sessions.by_id, session);
	int stop = 0;

	for (const struct mip6_access *access = found ? found->first : NULL; access && !stop;
	     access = access->next) {
		struct store_access record = mip6_server_access_record(access);

		stop = visit(&record, context);
	}
	return stop;
}

static void visit_subscriber(void *value, void *context)
{
	const struct mip6_subscriber *subscriber = value;
	struct walk *walk = context;
	struct store_subscriber record = subscriber->record;

	dm_wipe(record.root_key.octets, sizeof(record.root_key.octets));
	if (!walk->stop)
		walk->stop = walk->subscriber(&record, walk->context);
}

const struct store_subscriber *mip6_home_server_subscriber(const struct mip6_role *role,
                                                           struct dm_bytes user_name)
{
	const struct mip6_home_server *server = (const struct mip6_home_server *)role;

	return mip6_subscribers_find(&server->subscribers, user_name);
}

int mip6_home_server_each_subscriber(struct mip6_role *role,
                                     int (*visit)(const struct store_subscriber *, void *),
                                     void *context)
{
	struct walk walk = { .subscriber = visit, .context = context };

	dm_map_each(&server_of(role)->subscribers.by_name, visit_subscriber, &walk);
	return walk.stop;
}

struct mip6_home_server_counts mip6_home_server_counts(const struct mip6_role *role)
{
	const struct mip6_home_server *server = (const struct mip6_home_server *)role;

	return (struct mip6_home_server_counts){
		.subscribers = server->subscribers.by_name.count,
		.sessions = server->sessions.by_id.count,
		.accesses = server->sessions.accesses.count,
		.clients = server->sessions.clients.count,
		.granted = server->granted,
		.reused = server->reused,
		.refused = server->refused,
		.failed = server->failed,
		.records = server->accounting.stored,
	};
}
