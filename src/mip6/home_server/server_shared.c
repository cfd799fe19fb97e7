/* SPDX-License-Identifier: Apache-2.0 */
/* Where inquiries come from, and what becomes of commits that others have overtaken. */
#include "server_inquiry.h"

#include <errno.h>

#define TRIES 8 /* of one request, when other servers are always faster */

void mip6_shared_request(struct mip6_home_server *server, uint64_t transaction,
                         const struct dm_message *message)
{
	struct mip6_inquiry *inquiry =
		mip6_inquiry_new(MIP6_INQUIRY_REQUEST, message->wire, transaction);

	if (!inquiry) {
		mip6_inquiry_out_of_memory(server, transaction);
		return;
	}
	inquiry->header = message->header;
	mip6_inquiry_ask(server, inquiry);
}

void mip6_shared_session_due(struct mip6_home_server *server, struct mip6_session *session)
{
	struct mip6_inquiry *inquiry = mip6_inquiry_about(server, session);

	if (inquiry)
		mip6_inquiry_ask(server, inquiry);
	else
		dm_timers_set(&server->sessions.session_timers, &session->timer,
		              server->now.monotonic + MIP6_AFTER_DOUBT);
}

void mip6_shared_doubt(struct mip6_home_server *server, const struct mip6_session *session)
{
	struct mip6_inquiry *inquiry = mip6_inquiry_about(server, session);

	if (inquiry)
		mip6_inquiry_ask_later(server, inquiry, MIP6_AFTER_DOUBT);
}

void mip6_shared_end_access(struct mip6_home_server *server, struct dm_bytes session_id,
                            uint64_t transaction, bool lost)
{
	struct mip6_inquiry *inquiry =
		mip6_inquiry_new(MIP6_INQUIRY_ACCESS_END, session_id, transaction);

	if (!inquiry) {
		mip6_inquiry_out_of_memory(server, transaction);
		return;
	}
	inquiry->lost = lost;
	mip6_inquiry_ask(server, inquiry);
}

void mip6_shared_end_access_later(struct mip6_home_server *server, struct mip6_access *access,
                                  uint64_t transaction)
{
	struct mip6_inquiry *inquiry = mip6_inquiry_new(
		MIP6_INQUIRY_ACCESS_END, mip6_access_session_id(access), transaction);

	if (!inquiry) {
		mip6_inquiry_out_of_memory(server, transaction);
		return;
	}
	inquiry->lost = access->client_lost;
	mip6_inquiry_ask_later(server, inquiry, MIP6_LOOK_AGAIN);
}

void mip6_shared_order(struct mip6_home_server *server, enum mip6_shared_order order,
                       struct dm_bytes user_name, uint64_t tag)
{
	struct mip6_inquiry *inquiry = mip6_inquiry_new(MIP6_INQUIRY_ORDER, user_name, 0);

	if (!inquiry) {
		mip6_outbox_result(&server->outbox, tag, -ENOMEM, "no memory to look it up", NULL);
		return;
	}
	inquiry->order = order;
	inquiry->number = tag;
	mip6_inquiry_ask(server, inquiry);
}

/* ---- commits that did not come through ---- */

static void begin_anew(struct mip6_home_server *server, struct mip6_bootstrap *request)
{
	struct mip6_inquiry *inquiry;

	if (++request->tries > TRIES) {
		mip6_server_refuse(server, request, DM_RESULT_DIAMETER_TOO_BUSY,
		                   "other servers change this user's records");
		return;
	}
	inquiry = mip6_inquiry_new(MIP6_INQUIRY_BOOTSTRAP, (struct dm_bytes){ 0 }, 0);
	if (!inquiry) {
		mip6_server_refuse(server, request, DM_RESULT_DIAMETER_UNABLE_TO_COMPLY,
		                   "the server is out of memory");
		return;
	}
	inquiry->request = request;
	mip6_inquiry_ask(server, inquiry);
}

static void begin_all_anew(struct mip6_home_server *server, struct mip6_work *work)
{
	struct mip6_bootstrap *request;

	while (work && (request = mip6_work_take(work)))
		begin_anew(server, request);
	mip6_work_free(work);
}

/* Forgets what memory says of it, and asks for everybody who waited. */
static void forget_and_ask(struct mip6_home_server *server, struct mip6_session *session)
{
	struct mip6_work *work = session->work;
	uint64_t termination = session->termination;
	struct mip6_inquiry *inquiry = NULL;

	session->work = NULL;
	if (termination)
		inquiry = mip6_inquiry_new(MIP6_INQUIRY_TERMINATION,
		                           mip6_session_agent_session(session), termination);
	else if (!work)
		inquiry = mip6_inquiry_about(server, session);
	mip6_session_free(&server->sessions, session);
	if (inquiry)
		mip6_inquiry_ask(server, inquiry);
	else
		mip6_inquiry_out_of_memory(server, termination);
	begin_all_anew(server, work);
}

/*
 * -EEXIST at the first commit of a session: its user has one by now, or its address has an owner.
 * A hint is not taken a second time: it may be what clashes.
 */
static void make_way(struct mip6_home_server *server, struct mip6_session *session)
{
	struct mip6_work *work = session->work;

	for (struct mip6_bootstrap *request = work ? work->first : NULL; request;
	     request = request->next)
		request->home_address.length = request->home_prefix.length = 0;
	if (!session->stored) {
		forget_and_ask(server, session);
		return;
	}
	if (++work->first->tries > TRIES) {
		mip6_server_note_failure(work, DM_RESULT_DIAMETER_TOO_BUSY,
		                         "the addresses found were taken by other servers");
		mip6_server_abandon(server, session);
		return;
	}
	work->attempts--;
	mip6_server_next_candidate(server, session, true);
}

bool mip6_shared_step_failed(struct mip6_home_server *server, struct mip6_session *session,
                             uint8_t step, int error)
{
	if (error == -ESTALE) {
		server->shared.stale++;
		forget_and_ask(server, session);
		return true;
	}
	if (error == -EEXIST && step == MIP6_STEP_RESERVING) {
		make_way(server, session);
		return true;
	}
	if (error != -EEXIST && error != -ENOMEM)
		mip6_shared_doubt(server, session);
	if (step != MIP6_STEP_ENDING)
		return false;
	/* Its agent is told when all servers can know that it ends. */
	mip6_server_retry_later(server, session);
	return true;
}

bool mip6_shared_close_failed(struct mip6_home_server *server, const struct mip6_pending *pending,
                              struct mip6_access *access, int error)
{
	struct mip6_session *session = dm_map_get_number(&server->sessions.by_id, pending->number);

	if (session && session->step == MIP6_STEP_CLOSING)
		session->step = MIP6_STEP_NONE;
	if (!error)
		return false;
	if (error == -ESTALE) {
		server->shared.stale++;
		mip6_shared_end_access(server, pending->name, pending->transaction,
		                       access && access->client_lost);
	} else if (session) {
		mip6_shared_doubt(server, session);
	}
	if (access)
		access->closing = false;
	if (session)
		mip6_server_proceed(server, session);
	return error == -ESTALE;
}

void mip6_shared_keep(struct mip6_home_server *server, struct mip6_session *session)
{
	if (session->mine)
		return;
	session->mine = true;
	for (struct mip6_access *access = session->first; access; access = access->next)
		mip6_server_arm_access(server, access);
}
