/* SPDX-License-Identifier: Apache-2.0 */
/* The home-agent session: MHR and its answer, restarts of agents. */
#include "server.h"

#include "dict/mip6.dia.h"

#include <errno.h>

#define SILENCE (30 * DM_SECOND) /* an agent that did not answer comes last for so long */
#define ROUNDS  3                /* MHR to one agent, when it puts another address in force */

bool mip6_server_reaches(void *context, const struct mip6_agent *agent)
{
	const struct mip6_home_server *server = context;

	if (!server->reaches)
		return !agent->peer_down;
	return server->reaches(server->context, agent->config.realm, agent->config.host);
}

bool mip6_server_protected(void *context, const struct mip6_agent *agent)
{
	const struct mip6_home_server *server = context;

	if (agent->config.link_protected)
		return true;
	return server->protected_path &&
	       server->protected_path(server->context, agent->config.realm, agent->config.host);
}

bool mip6_server_keys_are_old(const struct mip6_home_server *server,
                              const struct mip6_session *session)
{
	const struct store_subscriber *subscriber = mip6_server_subscriber_of(server, session);
	int64_t half = mip6_server_key_lifetime(server, subscriber) / 2;

	return !session->split && session->key_expires &&
	       session->key_expires - server->now.wall < half;
}

/* ---- MHR ---- */

static struct dm_bytes address_value(struct mip6_home_server *server,
                                     const struct store_prefix *address)
{
	uint8_t octets[MIP6_ADDRESS_SIZE];

	mip6_address_write(address, octets);
	return mip6_outbox_copy(&server->outbox, dm_bytes_of(octets, sizeof(octets)));
}

static struct dm_bytes prefix_value(struct mip6_home_server *server,
                                    const struct store_prefix *prefix)
{
	uint8_t octets[MIP6_PREFIX_SIZE];

	mip6_prefix_write(prefix, octets);
	return mip6_outbox_copy(&server->outbox, dm_bytes_of(octets, sizeof(octets)));
}

static void add_accounting(const struct mip6_policy *policy, struct mip6_mhr *mhr)
{
	mhr->has.acct_interim_interval = policy->acct_interim > 0;
	mhr->acct_interim_interval = policy->acct_interim;
	mhr->has.accounting_realtime_required = policy->acct_realtime > 0;
	mhr->accounting_realtime_required = policy->acct_realtime;
}

static struct mip6_mhr *build_mhr(struct mip6_home_server *server,
                                  const struct mip6_session *session, uint32_t epoch)
{
	const struct store_subscriber *subscriber = mip6_server_subscriber_of(server, session);
	struct mip6_mhr *mhr = mip6_outbox_take(&server->outbox, sizeof(*mhr));

	if (!mhr)
		return NULL;
	mhr->session_id = mip6_session_agent_session(session);
	mhr->auth_application_id = server->common.application_id;
	mhr->origin_host = server->common.origin_host;
	mhr->origin_realm = server->common.origin_realm;
	mhr->destination_realm = session->agent->config.realm;
	mhr->auth_request_type = DM_AUTH_REQUEST_TYPE_AUTHORIZE_ONLY;
	mhr->has.destination_host = mhr->has.user_name = mhr->has.acct_multi_session_id = true;
	mhr->destination_host = session->agent->config.host;
	mhr->user_name = mip6_session_user(session);
	mhr->acct_multi_session_id = mip6_session_acct(session);
	mhr->has.mip6_home_address = true; /* `::`: the agent allocates */
	mhr->mip6_home_address = address_value(server, &session->home_address);
	mhr->has.mip6_home_link_prefix = session->home_prefix.length > 0;
	mhr->mip6_home_link_prefix = prefix_value(server, &session->home_prefix);
	mhr->has.origin_state_id = server->common.origin_state_id != 0;
	mhr->origin_state_id = server->common.origin_state_id;
	add_accounting(&server->policy, mhr);
	mhr->mip6_security_association =
		mip6_server_associations(server, session, subscriber, epoch, true);
	mhr->has.mip6_security_association = mhr->mip6_security_association.count > 0;
	return mhr->has.mip6_security_association ? mhr : NULL;
}

static uint32_t epoch_to_ask(const struct mip6_session *session)
{
	bool refreshing = session->work && session->work->refreshing;

	return session->key_epoch + (refreshing || session->rekey);
}

static bool send_mhr(struct mip6_home_server *server, struct mip6_session *session,
                     enum mip6_session_step step)
{
	const struct mip6_mhr *mhr = build_mhr(server, session, epoch_to_ask(session));

	return mhr && mip6_server_ask(server, session, step, &mip6_command_mhr, mhr,
	                              server->common.application_id);
}

/* Whoever waits for the session is served meanwhile. */
static void push_later(struct mip6_home_server *server, struct mip6_session *session)
{
	mip6_server_retry_later(server, session);
	if (session->work || session->agent_gone)
		mip6_server_proceed(server, session);
}

/* What becomes of a step whose MHR could not be made: nobody has been told. */
static void not_asked(struct mip6_home_server *server, struct mip6_session *session,
                      enum mip6_session_step step, const char *why)
{
	if (step == MIP6_STEP_PUSHING) {
		push_later(server, session);
	} else if (session->work->refreshing) {
		mip6_server_grant(server, session);
	} else {
		mip6_server_note_failure(session->work, DM_RESULT_DIAMETER_UNABLE_TO_COMPLY, "%s",
		                         why);
		mip6_server_abandon(server, session);
	}
}

/* Its last connection went while the allocation was committed: the agent knows nothing yet. */
static void unreachable(struct mip6_home_server *server, struct mip6_session *session,
                        enum mip6_session_step step)
{
	struct dm_bytes host = session->agent->config.host;

	if (step == MIP6_STEP_PUSHING || session->work->refreshing) {
		not_asked(server, session, step, "the home agent cannot be reached");
		return;
	}
	mip6_server_note_failure(session->work, DM_RESULT_DIAMETER_ERROR_HA_NOT_AVAILABLE,
	                         "home agent %.*s cannot be reached any more", (int)host.size,
	                         (const char *)host.at);
	mip6_server_next_candidate(server, session, false);
}

void mip6_server_ask_agent(struct mip6_home_server *server, struct mip6_session *session,
                           enum mip6_session_step step)
{
	if (step == MIP6_STEP_ASKING && session->state != MIP6_SESSION_ALLOCATED)
		session->work->refreshing = true;
	/* Asked again here, at the only door through which keys leave (profile 6). A path that is
	 * gone is not an unprotected one. */
	if (!mip6_server_reaches(server, session->agent)) {
		unreachable(server, session, step);
		return;
	}
	if (!mip6_server_protected(server, session->agent)) {
		not_asked(server, session, step, "no protected path to the home agent");
		return;
	}
	if (!send_mhr(server, session, step))
		not_asked(server, session, step, "no keys can be made for this subscriber");
}

/* ---- the agent says no, or nothing ---- */

uint32_t mip6_server_result_of(const struct dm_message *message)
{
	const struct dm_command *command = message ? message->entry->command : NULL;

	if (command == &mip6_command_mha)
		return ((const struct mip6_mha *)message->body)->result_code;
	if (command == &dm_command_asa)
		return ((const struct dm_asa *)message->body)->result_code;
	if (command == &dm_command_raa)
		return ((const struct dm_raa *)message->body)->result_code;
	if (command == &dm_command_answer_message) {
		const struct dm_answer_message *answer = message->body;

		return answer->has.result_code ? answer->result_code : 0;
	}
	return 0;
}

/* The Result-Code of the MBA for what an agent answered (profile 5). */
static uint32_t code_of(uint32_t answered)
{
	switch (answered) {
	case DM_RESULT_DIAMETER_RESOURCES_EXCEEDED:
	case DM_RESULT_DIAMETER_TOO_BUSY:
	case DM_RESULT_DIAMETER_ERROR_HA_NOT_AVAILABLE:
		return answered;
	default:
		return DM_RESULT_DIAMETER_UNABLE_TO_COMPLY;
	}
}

static void agent_event(struct mip6_home_server *server, const struct mip6_session *session,
                        const char *name, const char *what)
{
	struct dm_bytes host = session->agent->config.host;

	mip6_outbox_event(&server->outbox, MIP6_WARNING, name, mip6_server_about(session),
	                  "home agent %.*s %s", (int)host.size, (const char *)host.at, what);
}

/* Somebody else has the address there: another address may do (profile 5, "try again"). */
static bool may_try_another_address(const struct mip6_home_server *server,
                                    const struct mip6_session *session, uint32_t answered)
{
	const struct store_subscriber *subscriber = mip6_server_subscriber_of(server, session);

	return answered == DM_RESULT_DIAMETER_INVALID_AVP_VALUE && session->pooled && subscriber &&
	       !subscriber->has_home_address;
}

static bool is_transient(uint32_t answered)
{
	return answered / 1000 == 4 || answered == DM_RESULT_DIAMETER_TOO_BUSY;
}

static void refused(struct mip6_home_server *server, struct mip6_session *session,
                    enum mip6_session_step step, uint32_t answered)
{
	struct dm_bytes host = session->agent->config.host;
	char what[64];
	struct dm_text text;

	dm_text_init(&text, what, sizeof(what));
	dm_text_add(&text, "answered %u %s", answered, dm_result_code_name(answered));
	session->agent->failed++;
	session->agent->silent_until = 0;
	agent_event(server, session, "agent-failed", what);
	if (step == MIP6_STEP_PUSHING && (session->rekey || is_transient(answered))) {
		push_later(server, session);
	} else if (step == MIP6_STEP_PUSHING) {
		session->agent_gone = true;
		mip6_server_proceed(server, session);
	} else if (session->work->refreshing) {
		mip6_server_grant(server, session);
	} else {
		mip6_server_note_failure(session->work, code_of(answered),
		                         "home agent %.*s answered %u", (int)host.size,
		                         (const char *)host.at, answered);
		mip6_server_next_candidate(server, session,
		                           may_try_another_address(server, session, answered));
	}
}

static void silent(struct mip6_home_server *server, struct mip6_session *session,
                   enum mip6_session_step step)
{
	struct dm_bytes host = session->agent->config.host;

	session->agent->failed++;
	session->agent->silent_until = server->now.monotonic + SILENCE;
	mip6_server_note_away(server, session->agent, true);
	agent_event(server, session, "agent-silent", "did not answer");
	if (step == MIP6_STEP_PUSHING) {
		push_later(server, session);
	} else if (session->work->refreshing) {
		mip6_server_grant(server, session);
	} else {
		mip6_server_note_failure(session->work, DM_RESULT_DIAMETER_ERROR_HA_NOT_AVAILABLE,
		                         "home agent %.*s did not answer", (int)host.size,
		                         (const char *)host.at);
		mip6_server_replace(server, session);
	}
}

/* It said 2001 to something that cannot be: nobody knows what it has installed. */
static void disbelieve(struct mip6_home_server *server, struct mip6_session *session,
                       enum mip6_session_step step, const char *what)
{
	struct dm_bytes host = session->agent->config.host;
	char answered[96];
	struct dm_text text;

	dm_text_init(&text, answered, sizeof(answered));
	dm_text_add(&text, "answered %s", what);
	agent_event(server, session, "agent-failed", answered);
	session->agent->failed++;
	if (step == MIP6_STEP_PUSHING) {
		mip6_server_end(server, session);
	} else if (session->work->refreshing) {
		mip6_server_grant(server, session);
	} else {
		mip6_server_note_failure(session->work, DM_RESULT_DIAMETER_UNABLE_TO_COMPLY,
		                         "home agent %.*s answered %s", (int)host.size,
		                         (const char *)host.at, what);
		mip6_server_replace(server, session);
	}
}

/* ---- the agent says yes ---- */

/* What the MHA puts in force; without the AVPs, what the MHR said. */
static bool read_grant(const struct mip6_session *session, const struct mip6_mha *mha,
                       struct store_prefix *address, struct store_prefix *prefix)
{
	const char *why;

	if (!dm_bytes_equal(mha->session_id, mip6_session_agent_session(session)))
		return false;
	*address = session->home_address;
	*prefix = session->home_prefix;
	if (mha->has.mip6_home_address &&
	    mip6_address_read(mha->mip6_home_address, address, &why) != 0)
		return false;
	if (mha->has.mip6_home_link_prefix &&
	    (mip6_prefix_read(mha->mip6_home_link_prefix, prefix, &why) != 0 ||
	     !mip6_address_is_assignable(prefix->address) ||
	     !mip6_prefix_holds(prefix, address->address)))
		return false;
	return mip6_address_is_assignable(address->address);
}

static bool same_address(const struct store_prefix *a, const struct store_prefix *b)
{
	return a->length > 0 && memcmp(a->address, b->address, sizeof(a->address)) == 0;
}

static void keys_are_in_force(struct mip6_home_server *server, struct mip6_session *session)
{
	session->key_epoch = epoch_to_ask(session);
	session->key_expires =
		server->now.wall +
		mip6_server_key_lifetime(server, mip6_server_subscriber_of(server, session));
	session->push = session->rekey = false;
	session->failures = 0;
	session->agent->silent_until = 0;
	session->agent->assigned++;
}

static void keep(struct mip6_home_server *server, struct mip6_session *session)
{
	struct store_change *change = mip6_outbox_take(&server->outbox, sizeof(*change));

	if (!change) {
		mip6_server_kept(server, session, -ENOMEM);
		return;
	}
	change->kind = STORE_PUT_SESSION;
	change->session = mip6_server_record(session, session->state);
	mip6_server_store(server, session, MIP6_STEP_KEEPING, change, 1);
}

/* The keys depend on the address: where the agent chose another one (MH06), it gets them anew. */
static void accepted(struct mip6_home_server *server, struct mip6_session *session,
                     enum mip6_session_step step, const struct mip6_mha *mha)
{
	struct store_prefix address, prefix;
	bool same;

	if (!read_grant(session, mha, &address, &prefix)) {
		disbelieve(server, session, step, "without a usable home address");
		return;
	}
	same = same_address(&session->home_address, &address);
	if ((!same || memcmp(&prefix, &session->home_prefix, sizeof(prefix)) != 0) &&
	    mip6_server_adopt(server, session, &address, &prefix) != 0) {
		disbelieve(server, session, step, "with a home address that is taken");
		return;
	}
	if (!same && (!session->work || ++session->work->rounds >= ROUNDS)) {
		disbelieve(server, session, step, "with ever another home address");
		return;
	}
	if (!same) {
		mip6_server_ask_agent(server, session, step);
		return;
	}
	if (session->rekey)
		mip6_server_order_all(server, session, MIP6_ORDER_REAUTHORIZE);
	keys_are_in_force(server, session);
	if (step == MIP6_STEP_PUSHING)
		keep(server, session);
	else
		mip6_server_grant(server, session);
}

/* Delivered or not, nobody knows (RFC 6733 5.5.4): the agent may have installed something. */
static bool leaves_doubt(uint32_t result_code)
{
	return result_code == DM_RESULT_DIAMETER_UNABLE_TO_DELIVER;
}

void mip6_server_agent_answered(struct mip6_home_server *server, struct mip6_session *session,
                                enum mip6_session_step step, const struct dm_message *message)
{
	uint32_t result_code = mip6_server_result_of(message);
	const struct mip6_mha *mha = NULL;

	if (message && message->entry->command == &mip6_command_mha)
		mha = message->body;
	if (mha && mha->has.origin_state_id && result_code / 1000 == 2)
		session->agent_state_id = mha->origin_state_id;
	if (mha && mha->has.origin_state_id)
		mip6_server_note_agent(server, session->agent, mha->origin_state_id);
	if (mha && result_code / 1000 == 2)
		accepted(server, session, step, mha);
	else if (result_code && !leaves_doubt(result_code))
		refused(server, session, step, result_code);
	else
		silent(server, session, step);
}

/* ---- restarts ---- */

/* An agent that took it before it lost its state. */
static bool has_lost(const struct mip6_session *session, uint32_t known, uint32_t origin_state_id)
{
	if (session->split ||
	    (session->state != MIP6_SESSION_ACTIVE && session->state != MIP6_SESSION_LINGERING))
		return false;
	return session->agent_state_id ? session->agent_state_id < origin_state_id : known != 0;
}

void mip6_server_note_agent(struct mip6_home_server *server, struct mip6_agent *agent,
                            uint32_t origin_state_id)
{
	uint32_t known = agent->origin_state_id, lost = 0;

	if (origin_state_id <= known)
		return;
	agent->origin_state_id = origin_state_id;
	for (struct mip6_session *session = agent->first; session; session = session->agent_next) {
		if (!has_lost(session, known, origin_state_id))
			continue;
		lost++;
		session->push = true;
		session->failures = 0;
		if (session->step == MIP6_STEP_NONE)
			dm_timers_set(&server->sessions.session_timers, &session->timer,
			              server->now.monotonic);
	}
	if (known || lost)
		mip6_outbox_event(
			&server->outbox, MIP6_WARNING, "agent-restarted", (struct mip6_about){ 0 },
			"home agent %.*s lost its state: %u sessions are pushed again",
			(int)agent->config.host.size, (const char *)agent->config.host.at, lost);
}
