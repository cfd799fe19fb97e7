/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Key rollover (profile 4 and 6): before the keys of a home agent end, or by an operator's order,
 * RAR to the home agent, RAA, a MHR of the same session with the next epoch, RAR to the NASes, so
 * that the mobile node learns the epoch.
 *
 * What is under way is noted in the store before the home agent hears of it: a restart begins it
 * again, with the same epoch, and both sides come to the same keys.
 */
#include "server.h"

#include "dict/base.dia.h"

/* In the last quarter of their life, and sessions of one second not in one second. */
static int64_t rollover_at(const struct mip6_home_server *server,
                           const struct mip6_session *session)
{
	uint32_t lifetime =
		mip6_server_key_lifetime(server, mip6_server_subscriber_of(server, session));
	uint32_t spread = lifetime / 8;

	if (session->split || session->key_expires == 0)
		return 0;
	return session->key_expires - lifetime / 4 - (spread ? (int64_t)(session->id % spread) : 0);
}

void mip6_server_rest(struct mip6_home_server *server, struct mip6_session *session)
{
	dm_time when = session->rekey
	                       ? server->now.monotonic
	                       : mip6_server_deadline_of(server, rollover_at(server, session));

	dm_timers_set(&server->sessions.session_timers, &session->timer, when);
}

bool mip6_server_rollover_due(const struct mip6_home_server *server,
                              const struct mip6_session *session)
{
	int64_t when = rollover_at(server, session);

	return session->state == MIP6_SESSION_ACTIVE && !session->split &&
	       (session->rekey || (when && server->now.wall >= when));
}

bool mip6_server_order_rollover(struct mip6_home_server *server, struct mip6_session *session)
{
	if (session->state != MIP6_SESSION_ACTIVE)
		return false;
	session->rekey = true;
	session->failures = 0;
	if (session->split) /* the home agent asks, and gets the next epoch */
		mip6_server_order_all(server, session, MIP6_ORDER_REAUTHORIZE);
	else if (session->step == MIP6_STEP_NONE)
		dm_timers_set(&server->sessions.session_timers, &session->timer,
		              server->now.monotonic);
	return true;
}

static bool send_rar(struct mip6_home_server *server, struct mip6_session *session)
{
	const struct mip6_addressee agent = mip6_server_agent_of(session);
	const struct dm_rar *rar = mip6_server_rar(server, &agent);

	return rar && mip6_server_ask(server, session, MIP6_STEP_ROLLING, &dm_command_rar, rar,
	                              session->agent->application_id);
}

/* Whoever waits for the session is served meanwhile. Where the keys are over, the agent has removed
 * the binding, and its STR was lost. */
static void later(struct mip6_home_server *server, struct mip6_session *session)
{
	if (server->now.wall >= session->key_expires)
		session->agent_gone = true;
	mip6_server_retry_later(server, session);
	if (session->work || session->agent_gone)
		mip6_server_proceed(server, session);
}

void mip6_server_roll_over(struct mip6_home_server *server, struct mip6_session *session)
{
	struct store_change *change = mip6_outbox_take(&server->outbox, sizeof(*change));

	if (!change) {
		later(server, session);
		return;
	}
	session->rekey = true;
	change->kind = STORE_PUT_SESSION;
	change->session = mip6_server_record(session, session->state);
	mip6_server_store(server, session, MIP6_STEP_NOTING, change, 1);
}

void mip6_server_rollover_noted(struct mip6_home_server *server, struct mip6_session *session,
                                int error)
{
	if (error || session->agent_gone || !send_rar(server, session))
		later(server, session);
}

/* An agent that does not know RAR, or has lost the session, gets the keys all the same. */
static bool may_go_on(uint32_t result_code)
{
	return result_code / 1000 == 2 || result_code == DM_RESULT_DIAMETER_UNKNOWN_SESSION_ID ||
	       result_code == DM_RESULT_DIAMETER_COMMAND_UNSUPPORTED;
}

void mip6_server_rollover_answered(struct mip6_home_server *server, struct mip6_session *session,
                                   const struct dm_message *message)
{
	uint32_t result_code = mip6_server_result_of(message);
	struct mip6_agent *agent = session->agent;

	if (result_code == DM_RESULT_DIAMETER_APPLICATION_UNSUPPORTED &&
	    agent->application_id != server->common.application_id) {
		agent->application_id = server->common.application_id;
		if (send_rar(server, session))
			return;
	}
	if (may_go_on(result_code) && !session->agent_gone)
		mip6_server_ask_agent(server, session, MIP6_STEP_PUSHING);
	else
		later(server, session);
}
