/* SPDX-License-Identifier: Apache-2.0 */
/* MBR: from the door to the MBA. */
#include "server.h"

#include "diameter/codec/raw.h"
#include "dict/mip6.dia.h"

#include <errno.h>

/* ---- refusing ---- */

static struct mip6_about about_request(const struct mip6_bootstrap *request)
{
	return (struct mip6_about){ request->user_name, request->session_id };
}

/* Answers and frees. */
static void refuse_with(struct mip6_home_server *server, struct mip6_bootstrap *request,
                        const struct dm_fault *fault)
{
	bool ours = fault->result_code == DM_RESULT_DIAMETER_AUTHORIZATION_REJECTED;

	if (ours)
		server->refused++;
	else
		server->failed++;
	mip6_outbox_fault(&server->outbox, request->transaction, fault);
	mip6_outbox_event(&server->outbox, ours ? MIP6_NOTICE : MIP6_WARNING, "refused",
	                  about_request(request), "%u: %s", fault->result_code, fault->sentence);
	mip6_bootstrap_free(request);
}

void mip6_server_refuse(struct mip6_home_server *server, struct mip6_bootstrap *request,
                        uint32_t result_code, const char *why)
{
	struct dm_fault fault = { 0 };

	dm_fault_set(&fault, result_code, "%s", why);
	refuse_with(server, request, &fault);
}

void mip6_server_refuse_waiting(struct mip6_home_server *server, struct mip6_session *session,
                                uint32_t result_code, const char *why)
{
	struct mip6_bootstrap *request;

	while (session->work && (request = mip6_work_take(session->work)))
		mip6_server_refuse(server, request, result_code, why);
	mip6_work_free(session->work);
	session->work = NULL;
}

void mip6_server_note_failure(struct mip6_work *work, uint32_t result_code, const char *format, ...)
{
	struct dm_text text;
	va_list list;

	work->result_code = result_code;
	dm_text_init(&text, work->text, sizeof(work->text));
	va_start(list, format);
	dm_text_add_list(&text, format, list);
	va_end(list);
}

void mip6_server_abandon(struct mip6_home_server *server, struct mip6_session *session)
{
	char why[sizeof(session->work->text)];
	uint32_t result_code = session->work->result_code;

	memcpy(why, session->work->text, sizeof(why));
	mip6_server_refuse_waiting(server, session, result_code, why);
	session->agent_gone = true;
	mip6_server_remove(server, session);
}

/* ---- deciding ---- */

struct mip6_facts mip6_server_facts(struct mip6_home_server *server,
                                    const struct mip6_bootstrap *request)
{
	return (struct mip6_facts){
		.request = request,
		.subscriber = mip6_subscribers_find(&server->subscribers, request->user_name),
		.policy = &server->policy,
		.agents = &server->agents,
		.now = server->now.monotonic,
		.reaches = mip6_server_reaches,
		.protected_path = mip6_server_protected,
		.context = server,
	};
}

static uint32_t reserve(struct mip6_home_server *server, struct mip6_session *session,
                        struct mip6_decision *decision)
{
	struct store_change *changes =
		mip6_outbox_take(&server->outbox, (1 + session->access_count) * sizeof(*changes));
	const struct store_subscriber *subscriber = mip6_server_subscriber_of(server, session);
	struct mip6_work *work = session->work;
	const char *why;
	uint32_t result;

	if (!changes || !subscriber) {
		mip6_server_note_failure(work, DM_RESULT_DIAMETER_UNABLE_TO_COMPLY,
		                         "the server is out of memory");
		return work->result_code;
	}
	result = mip6_server_allocate(server, session, work->first, subscriber, decision, &why);
	if (result) {
		mip6_server_note_failure(work, result, "%s", why);
		return result;
	}
	work->attempts++;
	work->rounds = 0;
	changes->kind = STORE_PUT_SESSION;
	changes->session = mip6_server_record(session, MIP6_SESSION_ALLOCATED);
	mip6_server_store(server, session, MIP6_STEP_RESERVING, changes,
	                  1 + mip6_server_put_accesses(session, changes + 1));
	return 0;
}

void mip6_server_shut_out(struct mip6_work *work, const struct mip6_agent *agent)
{
	if (work->tried_count < MIP6_CANDIDATE_LIMIT)
		work->tried[work->tried_count++] = agent->number;
}

/* The hinted agent becomes an agent like others, if it can be reached and trusted with keys. */
static bool admit_hinted(struct mip6_home_server *server, struct mip6_work *work,
                         struct mip6_decision *decision)
{
	decision->agent = mip6_server_hinted_agent(server, work->first);
	if (!decision->agent)
		return false;
	if (mip6_server_reaches(server, decision->agent) &&
	    mip6_server_protected(server, decision->agent))
		return true;
	mip6_server_shut_out(work, decision->agent);
	return false;
}

/* Tries decisions until one can be carried out; each failed one shuts out its agent. */
static void choose(struct mip6_home_server *server, struct mip6_session *session)
{
	struct mip6_work *work = session->work;

	while (work->attempts < server->policy.candidates &&
	       work->tried_count < MIP6_CANDIDATE_LIMIT) {
		struct mip6_facts facts = mip6_server_facts(server, work->first);
		struct mip6_decision decision;

		facts.tried = work->tried;
		facts.tried_count = work->tried_count;
		decision = mip6_decide(&facts);
		if (decision.choice == MIP6_REFUSE) {
			if (!work->result_code)
				mip6_server_note_failure(work, decision.result_code, "%s",
				                         decision.reason);
			break;
		}
		if (decision.choice == MIP6_ASSIGN_HINTED && !admit_hinted(server, work, &decision))
			continue;
		if (reserve(server, session, &decision) == 0)
			return;
		mip6_server_shut_out(work, decision.agent);
	}
	mip6_server_abandon(server, session);
}

void mip6_server_next_candidate(struct mip6_home_server *server, struct mip6_session *session,
                                bool again)
{
	if (session->agent && !again)
		mip6_server_shut_out(session->work, session->agent);
	mip6_session_disown(&server->sessions, session);
	mip6_session_set_agent(session, NULL);
	choose(server, session);
}

/* ---- the door ---- */

static struct mip6_session *open_session(struct mip6_home_server *server,
                                         const struct mip6_bootstrap *request)
{
	const struct store_subscriber *subscriber =
		mip6_subscribers_find(&server->subscribers, request->user_name);
	struct mip6_session_names names = {
		.user_name = subscriber->user_name,
		.service_selection = request->service_selection,
	};
	struct mip6_session *session;
	char agent[300], acct[300];
	struct dm_text text;

	dm_text_init(&text, agent, sizeof(agent));
	server->common.session_id(server->common.session_id_context, &text);
	names.agent_session = dm_bytes_of(text.at, text.size);
	dm_text_init(&text, acct, sizeof(acct));
	server->common.session_id(server->common.session_id_context, &text);
	names.acct_multi_session_id = dm_bytes_of(text.at, text.size);
	session = mip6_session_new(&server->sessions, server->next_session++, &names, true);
	if (session)
		session->created = server->now.wall;
	return session;
}

/* 5004 with the Session-Id in Failed-AVP (RFC 6733 7.1.5); the message itself may be gone. */
static void refuse_session_id(struct mip6_home_server *server, struct mip6_bootstrap *request)
{
	const struct dm_raw_avp offender = { .code = DM_AVP_SESSION_ID,
		                             .flags = DM_AVP_FLAG_M,
		                             .data = request->session_id };
	size_t room = request->session_id.size + 16;
	uint8_t *octets = mip6_outbox_take(&server->outbox, room);
	struct dm_fault fault = { 0 };
	struct dm_writer writer;

	dm_fault_set(&fault, DM_RESULT_DIAMETER_INVALID_AVP_VALUE,
	             "this Session-Id is another client's or user's");
	dm_writer_init_fixed(&writer, octets, octets ? room : 0);
	dm_raw_write(&writer, &offender);
	if (!writer.failed)
		fault.failed_avp = dm_writer_written(&writer);
	refuse_with(server, request, &fault);
}

static void wait_on(struct mip6_home_server *server, struct mip6_session *session,
                    struct mip6_bootstrap *request)
{
	if (mip6_work_has_rival(session->work, request))
		refuse_session_id(server, request);
	else if (!mip6_work_add(&session->work, request))
		mip6_server_refuse(server, request, DM_RESULT_DIAMETER_TOO_BUSY,
		                   "too many requests wait for this user");
	mip6_server_proceed(server, session);
}

static void assign(struct mip6_home_server *server, struct mip6_bootstrap *request)
{
	struct mip6_session *session;

	if (server->sessions.by_id.count >= server->session_limit) {
		mip6_server_refuse(server, request, DM_RESULT_DIAMETER_TOO_BUSY,
		                   "the server holds as many sessions as it may");
		return;
	}
	session = open_session(server, request);
	if (!session) {
		mip6_server_refuse(server, request, DM_RESULT_DIAMETER_UNABLE_TO_COMPLY,
		                   "the server is out of memory");
		return;
	}
	wait_on(server, session, request);
}

bool mip6_server_is_leaving(const struct mip6_session *session)
{
	return session->state == MIP6_SESSION_ENDING && session->step == MIP6_STEP_NONE &&
	       !session->agent_gone;
}

/* An ending session whose agent stays silent does not keep its user waiting: it goes on ending
 * aside. A static address comes with the user. */
static struct mip6_session *current_session(struct mip6_home_server *server,
                                            const struct mip6_bootstrap *request,
                                            const struct store_subscriber *subscriber)
{
	struct mip6_session *session;

	if (!subscriber)
		return NULL;
	session = mip6_session_of_user(&server->sessions, subscriber->user_name,
	                               request->service_selection);
	if (!session || !mip6_server_is_leaving(session))
		return session;
	mip6_server_set_aside(server, session);
	return NULL;
}

/* The access session of a MBR that comes again (re-authorization, or its answer was lost). */
static bool belongs(const struct mip6_access *access, const struct mip6_bootstrap *request,
                    const struct store_subscriber *subscriber)
{
	return dm_bytes_equal_folded(access->client->host, request->origin_host) &&
	       (!subscriber ||
	        dm_bytes_equal(mip6_session_user(access->session), subscriber->user_name));
}

void mip6_server_enter(struct mip6_home_server *server, struct mip6_bootstrap *request)
{
	struct mip6_access *access = mip6_access_find(&server->sessions, request->session_id);
	struct mip6_facts facts = mip6_server_facts(server, request);
	struct mip6_decision decision;

	if (access && !belongs(access, request, facts.subscriber)) {
		refuse_session_id(server, request);
		return;
	}
	facts.session = current_session(server, request, facts.subscriber);
	decision = mip6_decide(&facts);
	if (decision.choice == MIP6_REFUSE) {
		/* RFC 6733 8.1: a re-authorization that fails ends the session. */
		if (access && !access->closing)
			mip6_server_end_access(server, access, 0);
		mip6_server_refuse(server, request, decision.result_code, decision.reason);
	} else if (decision.choice == MIP6_REUSE) {
		wait_on(server, facts.session, request);
	} else {
		assign(server, request);
	}
}

void mip6_server_mbr(struct mip6_home_server *server, uint64_t transaction,
                     const struct dm_message *message)
{
	struct mip6_bootstrap *request;
	struct dm_fault fault;

	request = mip6_bootstrap_read(server->common.dictionary, server->common.application_id,
	                              message, &server->outbox.arena, &fault);
	if (!request) {
		mip6_outbox_fault(&server->outbox, transaction, &fault);
		return;
	}
	request->transaction = transaction;
	request->arrived = server->now.monotonic;
	mip6_server_note_client(server, request->origin_host, request->origin_state_id);
	request->access = mip6_access_new(request->session_id, request->nas_identifier);
	if (!request->access) {
		mip6_server_refuse(server, request, DM_RESULT_DIAMETER_UNABLE_TO_COMPLY,
		                   "the server is out of memory");
		return;
	}
	mip6_server_enter(server, request);
}

void mip6_server_reenter(struct mip6_home_server *server, struct mip6_work *work)
{
	struct mip6_bootstrap *request;

	while (work && (request = mip6_work_take(work)))
		mip6_server_enter(server, request);
	mip6_work_free(work);
}

/* ---- the way on ---- */

/* Allocated by a server that did not come further: its agent is asked (again) for the same. */
static void resume(struct mip6_home_server *server, struct mip6_session *session)
{
	struct store_change *change = mip6_outbox_take(&server->outbox, sizeof(*change));

	if (!change) {
		mip6_server_reserved(server, session, -ENOMEM);
		return;
	}
	session->work->attempts++;
	change->kind = STORE_PUT_SESSION;
	change->session = mip6_server_record(session, MIP6_SESSION_ALLOCATED);
	mip6_server_store(server, session, MIP6_STEP_RESERVING, change, 1);
}

static void serve(struct mip6_home_server *server, struct mip6_session *session)
{
	if (session->split && session->rekey)
		session->key_epoch++;
	if (session->split)
		session->rekey = false;
	if (session->state == MIP6_SESSION_ALLOCATED && session->agent)
		resume(server, session);
	else if (session->state == MIP6_SESSION_ALLOCATED)
		choose(server, session);
	else if (mip6_server_moved(server, session))
		return;
	else if (mip6_server_keys_are_old(server, session) && !session->work->refreshing)
		mip6_server_ask_agent(server, session, MIP6_STEP_ASKING);
	else
		mip6_server_grant(server, session);
}

void mip6_server_proceed(struct mip6_home_server *server, struct mip6_session *session)
{
	if (session->step != MIP6_STEP_NONE)
		return;
	if (session->agent_gone) {
		mip6_server_remove(server, session);
		return;
	}
	if (session->state == MIP6_SESSION_ENDING)
		return; /* its timer goes on */
	if (session->work) {
		serve(server, session);
		return;
	}
	if (session->state == MIP6_SESSION_ALLOCATED)
		mip6_server_end(server, session);
	else if (session->access_count == 0)
		mip6_server_linger(server, session);
	else if (session->push && !session->failures)
		dm_timers_set(&server->sessions.session_timers, &session->timer,
		              server->now.monotonic);
	else if (!session->failures)
		mip6_server_rest(server, session);
}

void mip6_server_reserved(struct mip6_home_server *server, struct mip6_session *session, int error)
{
	if (error) {
		mip6_server_note_failure(session->work, mip6_store_code(error),
		                         "the server cannot store the allocation");
		mip6_server_abandon(server, session);
		return;
	}
	session->stored = true;
	if (session->split)
		mip6_server_grant(server, session);
	else
		mip6_server_ask_agent(server, session, MIP6_STEP_ASKING);
}

/* ---- granting ---- */

/* What the access session will be; it is linked when it is committed. */
static struct store_access grant_access(struct mip6_home_server *server,
                                        const struct mip6_session *session,
                                        const struct mip6_bootstrap *request)
{
	const struct mip6_access *old = mip6_access_find(&server->sessions, request->session_id);
	const struct store_subscriber *subscriber = mip6_server_subscriber_of(server, session);
	struct mip6_access *access = request->access;

	access->opened = old ? old->opened : server->now.wall;
	access->expires = mip6_server_expiry(server, request, subscriber, access->opened);
	access->origin_state_id = request->origin_state_id;
	return (struct store_access){
		.session_id = request->session_id,
		.session = session->id,
		.origin_host = request->origin_host,
		.origin_realm = request->origin_realm,
		.nas_identifier = request->nas_identifier,
		.origin_state_id = access->origin_state_id,
		.application_id = access->application_id,
		.opened = access->opened,
		.expires = access->expires,
	};
}

void mip6_server_grant(struct mip6_home_server *server, struct mip6_session *session)
{
	struct mip6_work *work = session->work;
	struct store_change *changes =
		mip6_outbox_take(&server->outbox, (work->count + 1) * sizeof(*changes));
	size_t count = 0;

	work->granting = work->count;
	if (!changes) {
		mip6_server_granted(server, session, -ENOMEM);
		return;
	}
	changes[count].kind = STORE_PUT_SESSION;
	changes[count++].session = mip6_server_record(session, MIP6_SESSION_ACTIVE);
	for (const struct mip6_bootstrap *request = work->first; request; request = request->next) {
		changes[count].kind = STORE_PUT_ACCESS;
		changes[count++].access = grant_access(server, session, request);
	}
	mip6_server_store(server, session, MIP6_STEP_GRANTING, changes, count);
}

/* The committed access session takes its place, that of its older self if there is one. */
static const struct mip6_access *link(struct mip6_home_server *server, struct mip6_session *session,
                                      struct mip6_bootstrap *request)
{
	struct mip6_access *old = mip6_access_find(&server->sessions, request->session_id);
	struct mip6_session *left = old && old->session != session ? old->session : NULL;
	bool aborted = old && old->order == MIP6_ORDER_ABORT;
	struct mip6_access *access = request->access;

	if (old && !dm_bytes_equal_folded(old->client->host, request->origin_host))
		return NULL; /* it came first, on its way through another session */
	if (old)
		mip6_access_remove(&server->sessions, old);
	if (left)
		mip6_server_proceed(server, left);
	if (mip6_access_link(&server->sessions, access, session, request->origin_host,
	                     request->origin_realm) != 0)
		return NULL;
	request->access = NULL;
	if (aborted) /* the MBR and the ASR have crossed */
		mip6_server_order(server, access, MIP6_ORDER_ABORT);
	else
		session->aborting = false; /* the user has come back */
	if (aborted || dm_timers_set(&server->sessions.access_timers, &access->timer,
	                             mip6_server_deadline_of(server, access->expires)))
		return access;
	mip6_access_remove(&server->sessions, access);
	return NULL;
}

void mip6_server_answer_granted(struct mip6_home_server *server, const struct mip6_session *session,
                                struct mip6_bootstrap *request, const struct mip6_access *access)
{
	dm_time took = server->now.monotonic - request->arrived;
	struct dm_bytes host = session->agent->config.host;
	const char *event = request->reused ? "reused" : "bootstrapped";

	if (request->reused)
		server->reused++;
	else
		server->granted++;
	mip6_server_send_mba(server, session, request, access);
	mip6_outbox_event(&server->outbox, MIP6_NOTICE, event, about_request(request),
	                  "home agent %.*s, in %lld us", (int)host.size, (const char *)host.at,
	                  (long long)(took / DM_MICROSECOND));
	mip6_bootstrap_free(request);
}

static void answer(struct mip6_home_server *server, struct mip6_session *session,
                   struct mip6_bootstrap *request, bool reused)
{
	const struct mip6_access *access = link(server, session, request);

	if (!access) {
		mip6_server_refuse(server, request, DM_RESULT_DIAMETER_UNABLE_TO_COMPLY,
		                   "the server is out of memory");
		return;
	}
	request->reused = reused;
	if (!mip6_server_hold_for_name(server, session, request))
		mip6_server_answer_granted(server, session, request, access);
}

static void refuse_granting(struct mip6_home_server *server, struct mip6_session *session,
                            uint32_t result_code)
{
	while (session->work->granting > 0) {
		session->work->granting--;
		mip6_server_refuse(server, mip6_work_take(session->work), result_code,
		                   "the server cannot store the session");
	}
}

static void drop_empty_work(struct mip6_session *session)
{
	if (!session->work->first) {
		mip6_work_free(session->work);
		session->work = NULL;
	}
}

void mip6_server_granted(struct mip6_home_server *server, struct mip6_session *session, int error)
{
	bool reused = session->state != MIP6_SESSION_ALLOCATED;

	if (error) {
		refuse_granting(server, session, mip6_store_code(error));
		if (!reused)
			mip6_server_refuse_waiting(server, session, mip6_store_code(error),
			                           "the server cannot store the session");
		else
			drop_empty_work(session);
		mip6_server_proceed(server, session);
		return;
	}
	session->state = MIP6_SESSION_ACTIVE;
	session->linger_until = 0;
	if (!session->failures) /* else it is for what is repeated */
		dm_timers_cancel(&server->sessions.session_timers, &session->timer);
	while (session->work->granting > 0) {
		session->work->granting--;
		answer(server, session, mip6_work_take(session->work), reused);
		reused = true;
	}
	drop_empty_work(session);
	mip6_server_inform(server, session);
	mip6_server_name_follows(server, session);
	/* It may have been disabled while the agent was asked. */
	if (!mip6_server_is_entitled(mip6_server_subscriber_of(server, session)))
		mip6_server_abort(server, session);
	mip6_server_proceed(server, session);
}
