/* SPDX-License-Identifier: Apache-2.0 */
/* The home server as a role: its verbs, its start, what is in flight. */
#include "home_server.h"

#include "dict/mip6.dia.h"
#include "server.h"

#include <errno.h>
#include <stdlib.h>

#define STRING_LIMIT ((size_t)1 << 20)

static struct mip6_home_server *server_of(struct mip6_role *role)
{
	return (struct mip6_home_server *)role;
}

/* ---- what is in flight ---- */

struct mip6_pending *mip6_pending_new(struct mip6_home_server *server, enum mip6_pending_kind kind,
                                      struct dm_bytes name)
{
	struct mip6_pending *pending = malloc(sizeof(*pending) + name.size);

	if (!pending)
		return NULL;
	*pending = (struct mip6_pending){ .kind = kind, .tag = ++server->next_tag };
	if (name.size)
		memcpy(pending->octets, name.at, name.size);
	pending->name = dm_bytes_of(pending->octets, name.size);
	if (dm_map_put_number(&server->pending, pending->tag, pending) == 0)
		return pending;
	free(pending);
	return NULL;
}

struct mip6_pending *mip6_pending_take(struct mip6_home_server *server, uint64_t tag)
{
	return dm_map_remove_number(&server->pending, tag);
}

void mip6_pending_free(struct mip6_pending *pending)
{
	if (!pending)
		return;
	for (size_t i = 0; i < pending->count; i++)
		mip6_subscriber_free(pending->subscribers[i]);
	free(pending->subscribers);
	if (pending->inquiry)
		mip6_shared_let_go(pending->inquiry);
	free(pending);
}

static void step_committed(struct mip6_home_server *server, struct mip6_session *session, int error)
{
	uint8_t step = session->step;

	session->step = MIP6_STEP_NONE;
	if (error && server->shared.on && mip6_shared_step_failed(server, session, step, error))
		return;
	switch (step) {
	case MIP6_STEP_RESERVING:
		mip6_server_reserved(server, session, error);
		break;
	case MIP6_STEP_GRANTING:
		mip6_server_granted(server, session, error);
		break;
	case MIP6_STEP_NOTING:
		mip6_server_rollover_noted(server, session, error);
		break;
	case MIP6_STEP_ENDING:
		mip6_server_end_stored(server, session, error);
		break;
	case MIP6_STEP_DISMISSING:
		mip6_server_dismissed(server, session, error);
		break;
	case MIP6_STEP_REMOVING:
		mip6_server_removed(server, session, error);
		break;
	default:
		mip6_server_kept(server, session, error);
		break;
	}
}

/* What the commit compares with, so that its success can be told. */
void mip6_server_compare(const struct mip6_session *session, struct mip6_pending *pending)
{
	pending->number = session->id;
	pending->version = session->version;
}

/* This server has written it last. */
static void note_written(struct mip6_home_server *server, const struct mip6_pending *pending)
{
	struct mip6_session *session = dm_map_get_number(&server->sessions.by_id, pending->number);

	if (!session)
		return;
	session->version = pending->version + 1;
	mip6_shared_keep(server, session);
}

void mip6_server_store(struct mip6_home_server *server, struct mip6_session *session,
                       enum mip6_session_step step, const struct store_change *changes,
                       size_t count)
{
	struct mip6_pending *pending =
		mip6_pending_new(server, MIP6_PENDING_SESSION, (struct dm_bytes){ 0 });

	session->step = (uint8_t)step;
	if (pending) {
		pending->session = session;
		mip6_server_compare(session, pending);
		if (mip6_outbox_store(&server->outbox, pending->tag, changes, count))
			return;
		mip6_pending_free(mip6_pending_take(server, pending->tag));
	}
	step_committed(server, session, -ENOMEM);
}

/* ---- records ---- */

struct store_session mip6_server_record(const struct mip6_session *session, uint8_t state)
{
	static const struct mip6_agent_config none;
	static const struct dm_secret none_random;
	const struct mip6_agent_config *agent = session->agent ? &session->agent->config : &none;
	struct dm_bytes agent_session = mip6_session_agent_session(session);
	int64_t key_expires = session->key_expires;

	if (session->split)
		agent_session.size = 0; /* so that a restart knows */
	if (session->rekey && session->created < key_expires)
		key_expires = session->created; /* and this: a rollover is under way */
	return (struct store_session){
		.id = session->id,
		.user_name = mip6_session_user(session),
		.service_selection = mip6_session_service(session),
		.home_agent = agent->host,
		.home_agent_realm = agent->realm,
		.home_agent_fqdn = agent->fqdn,
		.home_agent_address = agent->address,
		.home_agent_state_id = session->agent_state_id,
		.home_agent_session = agent_session,
		.acct_multi_session_id = mip6_session_acct(session),
		.fqdn = session->name ? mip6_name_fqdn(session->name) : (struct dm_bytes){ 0 },
		.home_address = session->home_address,
		.home_prefix = session->home_prefix,
		.feature_vector = session->feature_vector,
		.key_epoch = session->key_epoch,
		.sa_protocols = session->sa_protocols,
		.state = state,
		.created = session->created,
		.linger_until = state >= MIP6_SESSION_LINGERING ? session->linger_until : 0,
		.key_expires = key_expires,
		.version = session->version,
		.random_key = session->random_key ? *session->random_key : none_random,
	};
}

struct store_access mip6_server_access_record(const struct mip6_access *access)
{
	return (struct store_access){
		.session_id = mip6_access_session_id(access),
		.session = access->session->id,
		.origin_host = access->client->host,
		.origin_realm = access->client->realm,
		.nas_identifier = mip6_access_nas_identifier(access),
		.origin_state_id = access->origin_state_id,
		.application_id = access->application_id,
		.opened = access->opened,
		.expires = access->expires,
	};
}

struct mip6_about mip6_server_about(const struct mip6_session *session)
{
	return (struct mip6_about){ mip6_session_user(session),
		                    mip6_session_agent_session(session) };
}

dm_time mip6_server_deadline_of(const struct mip6_home_server *server, int64_t wall)
{
	if (wall == 0)
		return DM_TIME_NEVER;
	if (wall <= server->now.wall)
		return server->now.monotonic;
	return server->now.monotonic + (wall - server->now.wall) * DM_SECOND;
}

const struct store_subscriber *mip6_server_subscriber_of(const struct mip6_home_server *server,
                                                         const struct mip6_session *session)
{
	return mip6_subscribers_find(&server->subscribers, mip6_session_user(session));
}

/* ---- the verbs ---- */

static enum mip6_claim claim(const struct mip6_role *role, const struct dm_message *message)
{
	const struct mip6_home_server *server = (const struct mip6_home_server *)role;
	const struct dm_command *command = message->entry->command;
	const struct dm_str *str = message->body;

	if (command == &mip6_command_mbr)
		return MIP6_CLAIM_SESSION;
	if (command == &dm_command_acr)
		return MIP6_CLAIM_COMMAND; /* of sessions that others opened, too */
	if (command != &dm_command_str)
		return MIP6_CLAIM_NO;
	if (mip6_access_find(&server->sessions, str->session_id) ||
	    dm_map_get(&server->sessions.by_agent_session, str->session_id))
		return MIP6_CLAIM_SESSION;
	return MIP6_CLAIM_COMMAND;
}

static void request(struct mip6_role *role, uint64_t transaction, const struct dm_message *message,
                    struct mip6_now now)
{
	struct mip6_home_server *server = server_of(role);

	server->now = now;
	if (server->shared.on)
		mip6_shared_request(server, transaction, message);
	else
		mip6_server_request(server, transaction, message);
}

void mip6_server_request(struct mip6_home_server *server, uint64_t transaction,
                         const struct dm_message *message)
{
	const struct dm_command *command = message->entry->command;

	if (command == &mip6_command_mbr)
		mip6_server_mbr(server, transaction, message);
	else if (command == &dm_command_str)
		mip6_server_str(server, transaction, message);
	else if (command == &dm_command_acr)
		mip6_server_acr(server, transaction, message);
	else
		mip6_outbox_refuse(&server->outbox, transaction,
		                   DM_RESULT_DIAMETER_COMMAND_UNSUPPORTED,
		                   "the home server does not serve %s", command->name);
}

static void answer(struct mip6_role *role, uint64_t tag, const struct dm_message *message,
                   const struct dm_fault *fault, struct mip6_now now)
{
	struct mip6_home_server *server = server_of(role);
	struct mip6_pending *pending = mip6_pending_take(server, tag);
	struct mip6_session *session = pending ? pending->session : NULL;
	const struct dm_message *sound = fault && fault->result_code ? NULL : message;
	uint8_t step;

	server->now = now;
	if (pending && !session)
		mip6_server_client_answered(server, pending, sound);
	mip6_pending_free(pending);
	if (!session)
		return;
	step = session->step;
	session->step = MIP6_STEP_NONE;
	if (step == MIP6_STEP_ABORTING)
		mip6_server_abort_answered(server, session, sound);
	else if (step == MIP6_STEP_ROLLING)
		mip6_server_rollover_answered(server, session, sound);
	else
		mip6_server_agent_answered(server, session, (enum mip6_session_step)step, sound);
}

static void note_store(struct mip6_home_server *server, int error)
{
	if (error && !server->store_failing)
		mip6_outbox_event(&server->outbox, MIP6_WARNING, "store-failed",
		                  (struct mip6_about){ 0 }, "a commit failed, error %d", -error);
	else if (!error && server->store_failing)
		mip6_outbox_event(&server->outbox, MIP6_NOTICE, "store-recovered",
		                  (struct mip6_about){ 0 }, "commits succeed again");
	server->store_failing = error != 0;
}

static void committed(struct mip6_role *role, uint64_t tag, int error, struct mip6_now now)
{
	struct mip6_home_server *server = server_of(role);
	struct mip6_pending *pending = mip6_pending_take(server, tag);

	server->now = now;
	if (!pending && !mip6_server_accounted(server, tag, error))
		return;
	note_store(server, error);
	if (!pending)
		return;
	if (!error && server->shared.on && pending->number)
		note_written(server, pending);
	switch (pending->kind) {
	case MIP6_PENDING_SESSION:
		step_committed(server, pending->session, error);
		break;
	case MIP6_PENDING_ACCESS_END:
		mip6_server_access_ended(server, pending, error);
		break;
	case MIP6_PENDING_NAME:
		mip6_server_name_committed(server, pending->mip6_name, pending->version,
		                           pending->deletes, error);
		break;
	case MIP6_PENDING_AGENT:
		mip6_server_agent_committed(server, pending, error);
		break;
	default:
		mip6_server_subscribers_committed(server, pending, error);
		break;
	}
	mip6_pending_free(pending);
	mip6_agents_forget_left(&server->agents);
}

static void dns_done(struct mip6_role *role, uint64_t tag, const struct dns_report *report,
                     struct mip6_now now)
{
	struct mip6_home_server *server = server_of(role);
	struct mip6_pending *pending = mip6_pending_take(server, tag);

	server->now = now;
	if (pending)
		mip6_server_name_changed(server, pending->mip6_name, pending->deletes, report);
	mip6_pending_free(pending);
}

static void fetched(struct mip6_role *role, uint64_t tag, int error,
                    const struct store_found *found, struct mip6_now now)
{
	struct mip6_home_server *server = server_of(role);
	struct mip6_pending *pending = mip6_pending_take(server, tag);

	server->now = now;
	if (!pending)
		return;
	mip6_shared_fetched(server, pending, error, found);
	mip6_pending_free(pending);
	mip6_agents_forget_left(&server->agents);
}

static void leased(struct mip6_role *role, uint64_t tag, const uint64_t *blocks, size_t count,
                   struct mip6_now now)
{
	struct mip6_home_server *server = server_of(role);
	struct mip6_pending *pending = mip6_pending_take(server, tag);

	server->now = now;
	if (pending)
		mip6_server_leased(server, pending, blocks, count);
	mip6_pending_free(pending);
}

static void taken(struct mip6_role *role, uint64_t tag, int error, const struct store_found *found,
                  size_t count, struct mip6_now now)
{
	struct mip6_home_server *server = server_of(role);

	server->now = now;
	mip6_take_came(server, tag, error, found, count);
}

/* What an agent's return is waited for with: ASR and MHR that could not be delivered. */
static void wake_sessions(struct mip6_home_server *server, struct mip6_agent *agent)
{
	for (struct mip6_session *session = agent->first; session; session = session->agent_next) {
		bool waits = session->state == MIP6_SESSION_ENDING || session->push;

		if (!waits || session->step != MIP6_STEP_NONE)
			continue;
		session->failures = 0;
		dm_timers_set(&server->sessions.session_timers, &session->timer,
		              server->now.monotonic);
	}
}

static void agent_came_or_went(struct mip6_home_server *server, struct mip6_agent *agent, bool up,
                               uint32_t origin_state_id)
{
	bool news = agent->peer_down == up;

	agent->peer_down = !up;
	mip6_server_note_away(server, agent, !up);
	if (up) {
		agent->silent_until = 0;
		mip6_server_note_agent(server, agent, origin_state_id);
		wake_sessions(server, agent);
	}
	if (news)
		mip6_outbox_event(&server->outbox, up ? MIP6_NOTICE : MIP6_WARNING,
		                  up ? "agent-up" : "agent-down", (struct mip6_about){ 0 },
		                  "home agent %.*s is %s", (int)agent->config.host.size,
		                  (const char *)agent->config.host.at,
		                  up ? "connected again" : "not connected");
}

static void peer_event(struct mip6_role *role, struct dm_bytes origin_host, bool up, bool restarted,
                       uint32_t origin_state_id, struct mip6_now now)
{
	struct mip6_home_server *server = server_of(role);
	struct mip6_agent *agent = mip6_agents_find(&server->agents, origin_host);

	(void)restarted; /* the numbers say it, also for those who come through a relay */
	server->now = now;
	if (up)
		mip6_server_note_client(server, origin_host, origin_state_id);
	if (agent)
		agent_came_or_went(server, agent, up, origin_state_id);
}

/* In shared mode memory may be old: the records say whether something is due. */
static void access_due(struct dm_timer *timer, void *context)
{
	struct mip6_access *access = DM_TIMER_OWNER(timer, struct mip6_access, timer);
	struct mip6_home_server *server = context;

	if (!server->shared.on || !mip6_server_ends_access(server, access))
		mip6_server_access_due(server, access);
	else if (!access->closing)
		mip6_shared_end_access(server, mip6_access_session_id(access), 0,
		                       access->client_lost);
}

static void session_due(struct dm_timer *timer, void *context)
{
	struct mip6_session *session = DM_TIMER_OWNER(timer, struct mip6_session, timer);
	struct mip6_home_server *server = context;

	if (!server->shared.on)
		mip6_server_session_due(server, session);
	else if (session->step == MIP6_STEP_NONE)
		mip6_shared_session_due(server, session);
}

static void name_due(struct dm_timer *timer, void *server)
{
	mip6_server_name_due(server, DM_TIMER_OWNER(timer, struct mip6_name, timer));
}

static void tick(struct mip6_role *role, struct mip6_now now)
{
	struct mip6_home_server *server = server_of(role);

	server->now = now;
	mip6_server_forget_records(server);
	dm_timers_carry_out(&server->sessions.access_timers, now.monotonic, MIP6_DUE_AT_ONCE,
	                    access_due, server);
	dm_timers_carry_out(&server->sessions.session_timers, now.monotonic, MIP6_DUE_AT_ONCE,
	                    session_due, server);
	dm_timers_carry_out(&server->names.timers, now.monotonic, MIP6_DUE_AT_ONCE, name_due,
	                    server);
	mip6_shared_due(server);
}

static dm_time deadline(const struct mip6_role *role)
{
	const struct mip6_home_server *server = (const struct mip6_home_server *)role;
	dm_time first = mip6_server_accounting_deadline(server);

	first = dm_time_sooner(first, dm_timers_next(&server->sessions.access_timers));
	first = dm_time_sooner(first, dm_timers_next(&server->sessions.session_timers));
	first = dm_time_sooner(first, dm_timers_next(&server->names.timers));
	return dm_time_sooner(first, dm_timers_next(&server->shared.waiting));
}

static bool effect(struct mip6_role *role, struct mip6_effect *out)
{
	return mip6_outbox_next(&server_of(role)->outbox, out);
}

static void free_pending(void *value, void *context)
{
	(void)context;
	mip6_pending_free(value);
}

static void free_role(struct mip6_role *role)
{
	struct mip6_home_server *server = server_of(role);

	dm_map_each(&server->pending, free_pending, NULL);
	dm_map_fini(&server->pending);
	mip6_server_accounting_fini(&server->accounting);
	mip6_shared_fini(&server->shared);
	mip6_take_fini(server);
	mip6_sessions_fini(&server->sessions);
	mip6_names_fini(&server->names);
	mip6_agents_fini(&server->agents);
	mip6_subscribers_fini(&server->subscribers);
	mip6_outbox_fini(&server->outbox);
	dm_arena_fini(&server->arena);
	dm_secret_wipe(&server->randomness);
	free(server);
}

static const struct mip6_role_class home_server_class = {
	.name = "home-server",
	.claim = claim,
	.request = request,
	.answer = answer,
	.committed = committed,
	.dns_done = dns_done,
	.fetched = fetched,
	.leased = leased,
	.taken = taken,
	.peer_event = peer_event,
	.tick = tick,
	.deadline = deadline,
	.effect = effect,
	.free = free_role,
};

/* ---- making one ---- */

static uint32_t or_default(uint32_t value, uint32_t otherwise)
{
	return value ? value : otherwise;
}

static const char *what_is_wrong(const struct mip6_policy *policy)
{
	if (policy->session_timeout && policy->authorization_lifetime > policy->session_timeout)
		return "the authorization lifetime is longer than the session timeout";
	if (policy->candidates > MIP6_CANDIDATE_LIMIT)
		return "at most 8 home agents are tried for one request";
	if (policy->sa_protocols & ~0x0e)
		return "there are three protocols of security associations: 1, 2 and 3";
	return NULL;
}

struct mip6_policy mip6_policy_with_defaults(struct mip6_policy policy, const char **why)
{
	policy.key_lifetime = or_default(policy.key_lifetime, 86400);
	policy.sa_protocols =
		policy.sa_protocols ? policy.sa_protocols : 1 << MIP6_SA_PROTOCOL_IKEV2;
	policy.candidates = policy.candidates ? policy.candidates : 3;
	policy.agent_timeout = policy.agent_timeout ? policy.agent_timeout : 5 * DM_SECOND;
	*why = what_is_wrong(&policy);
	return policy;
}

static int add_agents(struct mip6_home_server *server, const struct mip6_home_server_config *config,
                      const char **why)
{
	int error = mip6_agents_init(&server->agents, config->locations, config->location_count,
	                             server->common.seed, why);

	for (size_t i = 0; !error && i < config->agent_count; i++)
		error = mip6_agents_add(&server->agents, &config->agents[i], NULL, why);
	return error;
}

struct mip6_role *mip6_home_server_new(const struct mip6_home_server_config *config,
                                       const struct mip6_common *common, const char **why)
{
	struct mip6_home_server *server = calloc(1, sizeof(*server));

	*why = "no memory for the home server";
	if (!server)
		return NULL;
	server->role.class = &home_server_class;
	server->session_limit = config->session_limit ? config->session_limit : (size_t)1 << 20;
	server->reaches = config->reaches;
	server->protected_path = config->protected_path;
	server->context = config->context;
	server->next_session = config->session_block << 32 | 1;
	server->random = common->seed;
	mip6_server_random_init(server, config->randomness);
	server->common = *common;
	mip6_outbox_init(&server->outbox);
	dm_map_init(&server->pending, common->seed, false);
	dm_arena_init(&server->arena, STRING_LIMIT);
	mip6_sessions_init(&server->sessions, common->seed);
	mip6_server_accounting_init(&server->accounting, common->seed);
	mip6_names_init(&server->names, 2 * server->session_limit, common->seed);
	server->sessions.versioned = config->keeper.size > 0;
	mip6_subscribers_init(&server->subscribers,
	                      config->subscriber_limit ? config->subscriber_limit : (size_t)1 << 22,
	                      common->seed);
	server->common.origin_host = dm_arena_copy(&server->arena, common->origin_host);
	server->common.origin_realm = dm_arena_copy(&server->arena, common->origin_realm);
	mip6_shared_init(&server->shared, dm_arena_copy(&server->arena, config->keeper),
	                 common->seed);
	if (server->common.origin_realm.at && mip6_server_dns_init(server, &config->dns) &&
	    add_agents(server, config, why) == 0) {
		server->policy = mip6_policy_with_defaults(config->policy, why);
		if (!*why)
			return &server->role;
	}
	free_role(&server->role);
	return NULL;
}
