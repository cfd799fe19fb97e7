/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A mobility session that gets another home agent, and one that has none any more.
 *
 * Moving makes a new session for the user, which takes the access sessions and the MBR that wait;
 * the old one goes on ending aside (ASR until its agent has let go, MH05). The access sessions go
 * into the store together with the new allocation, and a restart goes on from there: MHR again. Who
 * crashes before that finds them with a session that ends, and aborts them.
 */
#include "server.h"

#include "dict/base.dia.h"

#include <errno.h>

/* ---- moving ---- */

static struct mip6_session *successor_of(struct mip6_home_server *server,
                                         const struct mip6_session *session)
{
	struct mip6_session_names names = {
		.user_name = mip6_session_user(session),
		.service_selection = mip6_session_service(session),
		.acct_multi_session_id = mip6_session_acct(session),
	};
	struct mip6_session *other;
	struct dm_text text;
	char name[300];

	dm_text_init(&text, name, sizeof(name));
	server->common.session_id(server->common.session_id_context, &text);
	names.agent_session = dm_bytes_of(text.at, text.size);
	other = mip6_session_new(&server->sessions, server->next_session++, &names, true);
	if (other)
		other->created = server->now.wall;
	return other;
}

void mip6_server_replace(struct mip6_home_server *server, struct mip6_session *session)
{
	struct mip6_work *work = session->work;
	struct mip6_agent *agent = session->agent;
	struct mip6_session *other;

	mip6_session_retire(&server->sessions, session);
	other = successor_of(server, session);
	if (!other) {
		mip6_server_refuse_waiting(server, session, DM_RESULT_DIAMETER_UNABLE_TO_COMPLY,
		                           "the server is out of memory");
		mip6_server_set_aside(server, session);
		return;
	}
	session->work = NULL;
	while (session->first)
		mip6_access_move(session->first, other);
	mip6_server_set_aside(server, session);
	other->work = work;
	mip6_server_shut_out(work, agent);
	mip6_server_next_candidate(server, other, false);
}

void mip6_server_note_away(const struct mip6_home_server *server, struct mip6_agent *agent,
                           bool away)
{
	if (!away)
		agent->away_since = 0;
	else if (agent->away_since == 0)
		agent->away_since = server->now.monotonic ? server->now.monotonic : 1;
}

/* A short absence moves nobody: another agent is another home address, and ends what the node has
 * under way. */
static bool is_away_for_long(const struct mip6_home_server *server, struct mip6_agent *agent,
                             bool away)
{
	mip6_server_note_away(server, agent, away);
	return away && server->now.monotonic - agent->away_since >= server->policy.move_after;
}

/* Why a session cannot stay where it is; NULL: it can. `must`: not even for want of another. */
static const char *why_to_move(struct mip6_home_server *server, const struct mip6_session *session,
                               bool *must)
{
	struct mip6_agent *agent = session->agent;
	bool reached = mip6_server_reaches(server, agent);
	bool silent = agent->silent_until > server->now.monotonic;

	*must = !reached || agent->state == MIP6_AGENT_DOWN;
	if (agent->state == MIP6_AGENT_DOWN)
		return "is set down";
	if (is_away_for_long(server, agent, !reached || silent))
		return reached ? "is silent" : "cannot be reached";
	return session->move ? "is being emptied" : NULL;
}

static bool is_another_there(struct mip6_home_server *server, const struct mip6_session *session)
{
	struct mip6_facts facts = mip6_server_facts(server, session->work->first);
	enum mip6_choice choice;

	facts.tried = &session->agent->number;
	facts.tried_count = 1;
	choice = mip6_decide(&facts).choice;
	return choice == MIP6_ASSIGN || choice == MIP6_ASSIGN_HINTED;
}

bool mip6_server_moved(struct mip6_home_server *server, struct mip6_session *session)
{
	struct dm_bytes host = session->agent->config.host;
	bool must;
	const char *why = session->split ? NULL : why_to_move(server, session, &must);

	if (!why)
		return false;
	if (is_another_there(server, session)) {
		mip6_outbox_event(&server->outbox, MIP6_WARNING, "moved",
		                  mip6_server_about(session), "home agent %.*s %s", (int)host.size,
		                  (const char *)host.at, why);
		mip6_server_replace(server, session);
		return true;
	}
	if (must)
		mip6_server_refuse_waiting(server, session,
		                           DM_RESULT_DIAMETER_ERROR_HA_NOT_AVAILABLE,
		                           "the home agent cannot be reached, and there is no "
		                           "other");
	return must;
}

size_t mip6_server_put_accesses(const struct mip6_session *session, struct store_change *changes)
{
	size_t count = 0;

	for (const struct mip6_access *access = session->first; access; access = access->next) {
		if (access->closing)
			continue; /* its deletion is on its way */
		changes[count].kind = STORE_PUT_ACCESS;
		changes[count++].access = mip6_server_access_record(access);
	}
	return count;
}

/* Taken up from the store as it was when its agent was asked: nobody waits, but NASes rely on it.
 */
void mip6_server_resume_move(struct mip6_home_server *server, struct mip6_session *session)
{
	if (session->state != MIP6_SESSION_ALLOCATED || session->access_count == 0)
		return;
	session->state = MIP6_SESSION_ACTIVE;
	session->push = true;
	mip6_server_order_all(server, session, MIP6_ORDER_REAUTHORIZE);
}

/* The nodes at the other NASes are to hear of their new home, too. */
void mip6_server_inform(struct mip6_home_server *server, struct mip6_session *session)
{
	for (struct mip6_access *access = session->first; access; access = access->next) {
		if (access->moved)
			mip6_server_order(server, access, MIP6_ORDER_REAUTHORIZE);
		access->moved = false;
	}
}

int mip6_server_empty_agent(struct mip6_home_server *server, struct dm_bytes host,
                            struct mip6_order_counts *counts)
{
	struct mip6_agent *agent = mip6_agents_find(&server->agents, host);

	*counts = (struct mip6_order_counts){ 0 };
	if (!agent)
		return -ENOENT;
	for (struct mip6_session *session = agent->first; session; session = session->agent_next) {
		if (session->split || session->state == MIP6_SESSION_ENDING)
			continue;
		session->move = true;
		counts->sessions++;
		counts->accesses += mip6_server_order_all(server, session, MIP6_ORDER_REAUTHORIZE);
	}
	return 0;
}

int mip6_home_server_move_agent(struct mip6_role *role, struct dm_bytes host,
                                struct mip6_order_counts *counts, struct mip6_now now)
{
	struct mip6_home_server *server = (struct mip6_home_server *)role;

	server->now = now;
	return mip6_server_empty_agent(server, host, counts);
}

void mip6_home_server_move_all(struct mip6_role *role, struct dm_bytes host, uint64_t tag,
                               struct mip6_now now)
{
	struct mip6_home_server *server = (struct mip6_home_server *)role;
	struct mip6_order_counts counts;
	int error;

	server->now = now;
	if (server->shared.on && mip6_agents_find(&server->agents, host)) {
		mip6_take_for_move(server, host, tag);
		return;
	}
	error = mip6_server_empty_agent(server, host, &counts);
	mip6_outbox_counts(&server->outbox, tag, error, error ? MIP6_NO_AGENT : NULL, &counts);
}

/* ---- dismissing ---- */

/* Its home agent has let it go, and some NAS does not know: it is nobody's current session any
 * more, its addresses are free, and it lasts until every NAS has been told by ASR. */
void mip6_server_dismiss(struct mip6_home_server *server, struct mip6_session *session)
{
	struct store_change *changes;
	size_t count = 0;

	if (session->dismissed)
		return;
	changes = mip6_outbox_take(&server->outbox, (1 + session->access_count) * sizeof(*changes));
	if (!changes) {
		mip6_server_removed(server, session, -ENOMEM);
		return;
	}
	session->dismissed = true;
	mip6_session_retire(&server->sessions, session);
	mip6_session_disown(&server->sessions, session);
	mip6_server_order_all(server, session, MIP6_ORDER_ABORT);
	mip6_outbox_event(&server->outbox, MIP6_WARNING, "dismissed", mip6_server_about(session),
	                  "its home agent has let it go: %u access sessions are aborted",
	                  session->access_count);
	changes[count].kind = STORE_PUT_SESSION;
	changes[count++].session = mip6_server_record(session, MIP6_SESSION_ENDING);
	if (!session->stored)
		count += mip6_server_put_accesses(session, &changes[count]);
	mip6_server_store(server, session, MIP6_STEP_DISMISSING, changes, count);
}

/* The record is deleted in the end; that this one could not be written matters to nobody but the
 * agent whose STR waits. */
void mip6_server_dismissed(struct mip6_home_server *server, struct mip6_session *session, int error)
{
	struct mip6_work *work = session->work;

	session->stored = session->stored || !error;
	session->work = NULL;
	mip6_server_answer_agent(server, session, error);
	mip6_server_proceed(server, session);
	mip6_server_reenter(server, work);
}
