/* SPDX-License-Identifier: Apache-2.0 */
/* How access sessions and mobility sessions end. */
#include "server.h"

#include "dict/base.dia.h"

#include <errno.h>

#define FIRST_RETRY     ((dm_time)5 * DM_SECOND)
#define LONGEST_RETRY   ((dm_time)300 * DM_SECOND)
#define FORGOTTEN_AFTER 86400 /* seconds: where no key lifetime is known */

/* ---- STR ---- */

void mip6_server_answer_str(struct mip6_home_server *server, uint64_t transaction,
                            struct dm_bytes session_id)
{
	struct dm_sta *sta = mip6_outbox_take(&server->outbox, sizeof(*sta));

	if (!sta)
		return;
	sta->session_id = mip6_outbox_copy(&server->outbox, session_id);
	sta->result_code = DM_RESULT_DIAMETER_SUCCESS;
	sta->origin_host = server->common.origin_host;
	sta->origin_realm = server->common.origin_realm;
	sta->has.origin_state_id = server->common.origin_state_id != 0;
	sta->origin_state_id = server->common.origin_state_id;
	mip6_outbox_answer(&server->outbox, transaction, &dm_command_sta, sta);
}

void mip6_server_agent_terminates(struct mip6_home_server *server, struct mip6_session *session,
                                  uint64_t transaction)
{
	if (session->dismissed) {
		mip6_outbox_refuse(&server->outbox, transaction,
		                   DM_RESULT_DIAMETER_UNKNOWN_SESSION_ID,
		                   "the session has been ended");
		return;
	}
	if (session->termination) {
		mip6_outbox_refuse(&server->outbox, transaction, DM_RESULT_DIAMETER_TOO_BUSY,
		                   "the session is being ended already");
		return;
	}
	session->termination = transaction;
	session->agent_gone = true;
	mip6_server_proceed(server, session);
}

void mip6_server_str(struct mip6_home_server *server, uint64_t transaction,
                     const struct dm_message *message)
{
	const struct dm_str *str = message->body;
	struct mip6_access *access = mip6_access_find(&server->sessions, str->session_id);
	struct mip6_session *session =
		dm_map_get(&server->sessions.by_agent_session, str->session_id);

	if (access && dm_bytes_equal_folded(access->client->host, str->origin_host)) {
		/* Its id of the header is the one to talk to it with (profile 4). */
		access->application_id = message->header.application_id;
		mip6_server_end_access(server, access, transaction);
		return;
	}
	if (session && session->agent &&
	    dm_bytes_equal_folded(session->agent->config.host, str->origin_host)) {
		session->agent->application_id = message->header.application_id;
		mip6_server_agent_terminates(server, session, transaction);
		return;
	}
	mip6_outbox_refuse(&server->outbox, transaction, DM_RESULT_DIAMETER_UNKNOWN_SESSION_ID,
	                   "no session of yours has this Session-Id");
}

/* ---- the end of an access session ---- */

static void end_access(struct mip6_home_server *server, struct mip6_access *access,
                       uint64_t transaction)
{
	struct store_change *changes = mip6_outbox_take(&server->outbox, 2 * sizeof(*changes));
	struct mip6_pending *pending =
		mip6_pending_new(server, MIP6_PENDING_ACCESS_END, mip6_access_session_id(access));
	struct mip6_session *session = access->session;
	size_t count = 0;

	if (!changes || !pending) {
		if (transaction)
			mip6_outbox_refuse(&server->outbox, transaction,
			                   DM_RESULT_DIAMETER_UNABLE_TO_COMPLY,
			                   "the server is out of memory");
		if (pending)
			mip6_pending_free(mip6_pending_take(server, pending->tag));
		return;
	}
	access->closing = true;
	pending->transaction = transaction;
	if (server->shared.on) {
		/* The version of its session guards it. */
		changes[count].kind = STORE_PUT_SESSION;
		changes[count++].session = mip6_server_record(session, session->state);
		mip6_server_compare(session, pending);
		session->step = MIP6_STEP_CLOSING;
	}
	changes[count].kind = STORE_DELETE_ACCESS;
	changes[count++].access.session_id = pending->name;
	if (!mip6_outbox_store(&server->outbox, pending->tag, changes, count)) {
		mip6_pending_take(server, pending->tag);
		mip6_server_access_ended(server, pending, -ENOMEM);
		mip6_pending_free(pending);
	}
}

void mip6_server_end_access(struct mip6_home_server *server, struct mip6_access *access,
                            uint64_t transaction)
{
	/* Shared mode: its commit writes the session, so it waits for the step under way. */
	if (server->shared.on && access->session->step != MIP6_STEP_NONE)
		mip6_shared_end_access_later(server, access, transaction);
	else
		end_access(server, access, transaction);
}

static void access_not_ended(struct mip6_home_server *server, const struct mip6_pending *pending,
                             struct mip6_access *access, int error)
{
	if (pending->transaction)
		mip6_outbox_refuse(&server->outbox, pending->transaction, mip6_store_code(error),
		                   "the server cannot store the end of the session");
	if (!access)
		return;
	access->closing = false;
	if (!pending->transaction)
		dm_timers_set(&server->sessions.access_timers, &access->timer,
		              server->now.monotonic + FIRST_RETRY);
}

/* Looked up again by its Session-Id: a MBR may have renewed it while the commit was under way. */
void mip6_server_access_ended(struct mip6_home_server *server, struct mip6_pending *pending,
                              int error)
{
	struct mip6_access *access = mip6_access_find(&server->sessions, pending->name);
	struct mip6_session *session = access ? access->session : NULL;
	struct mip6_about about;

	if (server->shared.on && mip6_shared_close_failed(server, pending, access, error))
		return;
	if (error) {
		access_not_ended(server, pending, access, error);
		return;
	}
	if (pending->transaction)
		mip6_server_answer_str(server, pending->transaction, pending->name);
	if (!access)
		return;
	about = mip6_server_about(session);
	about.session_id = pending->name;
	mip6_outbox_event(&server->outbox, MIP6_NOTICE, "access-ended", about, "%s",
	                  pending->transaction ? "the client ended it"
	                                       : mip6_server_why_ended(access));
	mip6_access_remove(&server->sessions, access);
	mip6_server_proceed(server, session);
}

void mip6_server_note_client(struct mip6_home_server *server, struct dm_bytes origin_host,
                             uint32_t origin_state_id)
{
	struct mip6_client *client = mip6_client_find(&server->sessions, origin_host);
	uint32_t lost = 0;

	if (server->shared.on)
		mip6_take_of_client(server, origin_host, origin_state_id);
	if (!client || origin_state_id <= client->origin_state_id)
		return;
	client->origin_state_id = origin_state_id;
	for (struct mip6_access *access = client->first; access; access = access->client_next) {
		if (access->origin_state_id == 0 || access->origin_state_id >= origin_state_id)
			continue;
		access->client_lost = true;
		lost++;
		dm_timers_set(&server->sessions.access_timers, &access->timer,
		              server->now.monotonic);
	}
	if (lost)
		mip6_outbox_event(&server->outbox, MIP6_WARNING, "nas-restarted",
		                  (struct mip6_about){ 0 }, "%.*s lost its state: %u sessions end",
		                  (int)origin_host.size, (const char *)origin_host.at, lost);
}

/* ---- lingering ---- */

void mip6_server_linger(struct mip6_home_server *server, struct mip6_session *session)
{
	struct store_change *change;

	if (session->aborting) {
		mip6_server_end(server, session);
		return;
	}
	if (session->state == MIP6_SESSION_LINGERING) {
		dm_timers_set(&server->sessions.session_timers, &session->timer,
		              session->push && !session->failures
		                      ? server->now.monotonic
		                      : mip6_server_deadline_of(server, session->linger_until));
		return;
	}
	change = mip6_outbox_take(&server->outbox, sizeof(*change));
	if (server->policy.linger == 0 || !change) {
		mip6_server_end(server, session);
		return;
	}
	session->state = MIP6_SESSION_LINGERING;
	session->linger_until = server->now.wall + server->policy.linger;
	mip6_outbox_event(&server->outbox, MIP6_NOTICE, "lingering", mip6_server_about(session),
	                  "no access session is left; it ends in %u s", server->policy.linger);
	change->kind = STORE_PUT_SESSION;
	change->session = mip6_server_record(session, MIP6_SESSION_LINGERING);
	mip6_server_store(server, session, MIP6_STEP_KEEPING, change, 1);
}

/* Nobody waits for it, and a restart would come to the same state by itself. */
void mip6_server_kept(struct mip6_home_server *server, struct mip6_session *session, int error)
{
	if (!error)
		mip6_server_name_follows(server, session);
	mip6_server_proceed(server, session);
}

/* ---- the end of a mobility session ---- */

void mip6_server_end(struct mip6_home_server *server, struct mip6_session *session)
{
	struct store_change *change = mip6_outbox_take(&server->outbox, 2 * sizeof(*change));

	if (!session->stored || !session->agent || session->split) {
		mip6_server_remove(server, session);
		return;
	}
	if (session->state != MIP6_SESSION_ENDING)
		session->linger_until = session->key_expires > server->now.wall
		                                ? session->key_expires
		                                : server->now.wall + FORGOTTEN_AFTER;
	session->state = MIP6_SESSION_ENDING;
	if (session->ending_stored || !change) {
		mip6_server_end_stored(server, session, change ? 0 : -ENOMEM);
		return;
	}
	change->kind = STORE_PUT_SESSION;
	change->session = mip6_server_record(session, MIP6_SESSION_ENDING);
	mip6_server_store(server, session, MIP6_STEP_ENDING, change,
	                  1 + mip6_server_name_ends(server, session, change + 1));
}

static bool send_asr(struct mip6_home_server *server, struct mip6_session *session)
{
	const struct mip6_addressee agent = mip6_server_agent_of(session);
	const struct dm_asr *asr = mip6_server_asr(server, &agent);

	return asr && mip6_server_ask(server, session, MIP6_STEP_ABORTING, &dm_command_asr, asr,
	                              session->agent->application_id);
}

/* The agent is told also when the commit failed: a restart finds the session and ends it again. */
void mip6_server_end_stored(struct mip6_home_server *server, struct mip6_session *session,
                            int error)
{
	session->ending_stored = !error;
	mip6_server_name_ended(server, session);
	if (session->agent_gone) {
		mip6_server_proceed(server, session);
		return;
	}
	if (!send_asr(server, session))
		mip6_server_retry_later(server, session);
}

/* Not the agent's to keep any more: it said so, or it knows nothing of it. */
static bool is_let_go(uint32_t result_code)
{
	return result_code / 1000 == 2 || result_code == DM_RESULT_DIAMETER_UNKNOWN_SESSION_ID;
}

void mip6_server_abort_answered(struct mip6_home_server *server, struct mip6_session *session,
                                const struct dm_message *message)
{
	struct mip6_work *work = session->work;
	uint32_t result_code = mip6_server_result_of(message);

	if (is_let_go(result_code))
		session->agent_gone = true;
	if (session->agent_gone) {
		session->agent->silent_until = 0;
		mip6_server_remove(server, session);
		return;
	}
	/* A relay that forwards by application refuses 0, which the draft says (profile 4): the
	 * repetition goes with our own. */
	if (result_code == DM_RESULT_DIAMETER_APPLICATION_UNSUPPORTED)
		session->agent->application_id = server->common.application_id;
	mip6_server_retry_later(server, session);
	session->work = NULL;
	mip6_server_reenter(server, work);
}

void mip6_server_set_aside(struct mip6_home_server *server, struct mip6_session *session)
{
	const struct store_subscriber *subscriber = mip6_server_subscriber_of(server, session);

	mip6_server_name_moves(session);
	mip6_session_retire(&server->sessions, session);
	if (subscriber && (subscriber->has_home_address || subscriber->has_home_prefix))
		mip6_session_disown(&server->sessions, session);
	session->ending_stored = false;
	mip6_server_end(server, session);
}

void mip6_server_retry_later(struct mip6_home_server *server, struct mip6_session *session)
{
	dm_time wait = FIRST_RETRY << (session->failures < 6 ? session->failures : 6);

	if (session->failures < UINT8_MAX)
		session->failures++;
	dm_timers_set(&server->sessions.session_timers, &session->timer,
	              server->now.monotonic + (wait < LONGEST_RETRY ? wait : LONGEST_RETRY));
}

void mip6_server_session_due(struct mip6_home_server *server, struct mip6_session *session)
{
	if (session->step != MIP6_STEP_NONE)
		return; /* the end of the step looks again */
	if (session->agent_gone) {
		mip6_server_remove(server, session);
	} else if (session->state == MIP6_SESSION_ENDING) {
		if (server->now.wall >= session->linger_until)
			session->agent_gone = true; /* its keys are over, its binding too */
		if (session->agent_gone)
			mip6_server_remove(server, session);
		else
			mip6_server_end(server, session);
	} else if (session->state == MIP6_SESSION_LINGERING &&
	           server->now.wall >= session->linger_until) {
		mip6_server_end(server, session);
	} else if (session->push) {
		mip6_server_ask_agent(server, session, MIP6_STEP_PUSHING);
	} else if (mip6_server_rollover_due(server, session)) {
		mip6_server_roll_over(server, session);
	} else {
		mip6_server_proceed(server, session);
	}
}

void mip6_server_remove(struct mip6_home_server *server, struct mip6_session *session)
{
	struct store_change *change = mip6_outbox_take(&server->outbox, 2 * sizeof(*change));

	session->agent_gone = true;
	session->state = MIP6_SESSION_ENDING;
	if (session->access_count > 0) {
		mip6_server_dismiss(server, session);
		return;
	}
	if (!session->stored) {
		mip6_server_removed(server, session, 0);
		return;
	}
	if (!change) {
		mip6_server_removed(server, session, -ENOMEM);
		return;
	}
	change->kind = STORE_DELETE_SESSION;
	change->session.id = session->id;
	change->session.version = session->version;
	mip6_server_store(server, session, MIP6_STEP_REMOVING, change,
	                  1 + mip6_server_name_ends(server, session, change + 1));
}

void mip6_server_answer_agent(struct mip6_home_server *server, struct mip6_session *session,
                              int error)
{
	uint64_t transaction = session->termination;

	session->termination = 0;
	if (transaction && error)
		mip6_outbox_refuse(&server->outbox, transaction, mip6_store_code(error),
		                   "the server cannot store the end of the session");
	else if (transaction)
		mip6_server_answer_str(server, transaction, mip6_session_agent_session(session));
}

static void not_removed(struct mip6_home_server *server, struct mip6_session *session, int error)
{
	mip6_server_answer_agent(server, session, error);
	mip6_server_refuse_waiting(server, session, mip6_store_code(error),
	                           "the server cannot store the end of the last session");
	mip6_server_retry_later(server, session);
}

void mip6_server_removed(struct mip6_home_server *server, struct mip6_session *session, int error)
{
	struct mip6_work *work;

	if (error) {
		not_removed(server, session, error);
		return;
	}
	mip6_server_name_ended(server, session);
	mip6_server_answer_agent(server, session, 0);
	if (session->stored && session->agent)
		mip6_outbox_event(&server->outbox, MIP6_NOTICE, "session-ended",
		                  mip6_server_about(session), "its addresses are free again");
	work = session->work;
	session->work = NULL;
	mip6_session_free(&server->sessions, session);
	mip6_server_reenter(server, work);
}
