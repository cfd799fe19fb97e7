/* SPDX-License-Identifier: Apache-2.0 */
#include "server_inquiry.h"

#include "diameter/codec/raw.h"
#include "dict/mip6.dia.h"
#include "mip6/pack.h"
#include "server_cache.h"

#include <errno.h>
#include <stdlib.h>

#define PATIENCE 20 /* looks at a session that another server is just allocating */

void mip6_shared_init(struct mip6_shared *shared, struct dm_bytes keeper, uint64_t seed)
{
	*shared = (struct mip6_shared){ .on = keeper.size > 0, .keeper = keeper };
	dm_timers_init(&shared->waiting);
	dm_map_init(&shared->clients, seed, false);
}

static void free_inquiry(struct mip6_inquiry *inquiry)
{
	mip6_bootstrap_free(inquiry->request);
	free(inquiry);
}

void mip6_shared_let_go(struct mip6_inquiry *inquiry)
{
	if (--inquiry->waits == 0)
		free_inquiry(inquiry);
}

void mip6_shared_fini(struct mip6_shared *shared)
{
	struct dm_timer *timer;

	while ((timer = dm_timers_due(&shared->waiting, DM_TIME_NEVER)))
		free_inquiry(DM_TIMER_OWNER(timer, struct mip6_inquiry, timer));
	dm_timers_fini(&shared->waiting);
}

static struct dm_bytes octets_of(const struct mip6_inquiry *inquiry)
{
	return dm_bytes_of(inquiry->octets, inquiry->size);
}

struct mip6_inquiry *mip6_inquiry_new(enum mip6_inquiry_kind kind, struct dm_bytes octets,
                                      uint64_t transaction)
{
	struct mip6_inquiry *inquiry = malloc(sizeof(*inquiry) + octets.size);

	if (!inquiry)
		return NULL;
	*inquiry = (struct mip6_inquiry){ .kind = kind,
		                          .transaction = transaction,
		                          .size = octets.size };
	if (octets.size)
		memcpy(inquiry->octets, octets.at, octets.size);
	return inquiry;
}

/* ---- giving up ---- */

static void refuse(struct mip6_home_server *server, uint64_t transaction, uint32_t result_code,
                   const char *why)
{
	if (transaction)
		mip6_outbox_refuse(&server->outbox, transaction, result_code, "%s", why);
}

/* Frees it; who waits for an answer gets one. */
static void give_up(struct mip6_home_server *server, struct mip6_inquiry *inquiry,
                    uint32_t result_code, const char *why)
{
	if (inquiry->kind == MIP6_INQUIRY_BOOTSTRAP)
		mip6_server_refuse(server, inquiry->request, result_code, why);
	else if (inquiry->kind == MIP6_INQUIRY_ORDER)
		mip6_outbox_result(&server->outbox, inquiry->number, -EAGAIN, why, NULL);
	else
		refuse(server, inquiry->transaction, result_code, why);
	inquiry->request = NULL;
	free_inquiry(inquiry);
}

void mip6_inquiry_out_of_memory(struct mip6_home_server *server, uint64_t transaction)
{
	refuse(server, transaction, DM_RESULT_DIAMETER_UNABLE_TO_COMPLY,
	       "the server is out of memory");
}

void mip6_inquiry_ask_later(struct mip6_home_server *server, struct mip6_inquiry *inquiry,
                            dm_time wait)
{
	if (inquiry->looks < UINT8_MAX)
		inquiry->looks++;
	inquiry->error = 0;
	if (!dm_timers_set(&server->shared.waiting, &inquiry->timer, server->now.monotonic + wait))
		give_up(server, inquiry, DM_RESULT_DIAMETER_UNABLE_TO_COMPLY,
		        "the server is out of memory");
}

void mip6_shared_due(struct mip6_home_server *server)
{
	struct dm_timer *timer;

	while ((timer = dm_timers_due(&server->shared.waiting, server->now.monotonic)))
		mip6_inquiry_ask(server, DM_TIMER_OWNER(timer, struct mip6_inquiry, timer));
}

/* ---- asking ---- */

/* What the answer is filed under: the key; of a user and service, as the sessions have it. */
static struct dm_bytes name_of(struct mip6_home_server *server, enum store_fetch_kind kind,
                               struct dm_bytes key, struct dm_bytes key2)
{
	size_t size = key.size + 1 + key2.size;
	uint8_t *room, *end;

	if (kind != STORE_FETCH_USER)
		return key;
	room = end = mip6_outbox_take(&server->outbox, size);
	if (!room)
		return key;
	mip6_pack(&end, key);
	*end++ = '\0';
	mip6_pack(&end, key2);
	return dm_bytes_of(room, size);
}

static void fetch(struct mip6_home_server *server, struct mip6_inquiry *inquiry,
                  enum store_fetch_kind kind, struct dm_bytes key, struct dm_bytes key2)
{
	struct mip6_pending *pending =
		mip6_pending_new(server, MIP6_PENDING_FETCH, name_of(server, kind, key, key2));

	if (!pending) {
		inquiry->error = -ENOMEM;
		return;
	}
	pending->inquiry = inquiry;
	pending->fetch_kind = kind;
	inquiry->waits++;
	if (mip6_outbox_fetch(&server->outbox, pending->tag, kind, key, key2))
		return;
	inquiry->waits--;
	inquiry->error = -ENOMEM;
	pending->inquiry = NULL;
	mip6_pending_free(mip6_pending_take(server, pending->tag));
}

/* The Session-Id first: it may be another user's (then this is refused). */
static void fetch_user(struct mip6_home_server *server, struct mip6_inquiry *inquiry,
                       struct dm_bytes session_id, struct dm_bytes user_name,
                       struct dm_bytes service)
{
	uint8_t *room = mip6_outbox_take(&server->outbox, user_name.size + 1);
	struct dm_writer name;

	dm_writer_init_fixed(&name, room, room ? user_name.size + 1 : 0);
	if (!mip6_user_key(user_name, &name))
		return; /* nobody's name: it is refused without looking */
	if (session_id.size)
		fetch(server, inquiry, STORE_FETCH_ACCESS, session_id, (struct dm_bytes){ 0 });
	fetch(server, inquiry, STORE_FETCH_USER, dm_writer_written(&name), service);
}

static bool read_again(struct mip6_home_server *server, const struct mip6_inquiry *inquiry,
                       struct dm_message *message)
{
	struct dm_fault fault = { 0 };

	if (dm_decode(server->common.dictionary, NULL, octets_of(inquiry), &server->outbox.arena,
	              message, &fault) != 0)
		return false;
	message->header = inquiry->header;
	return message->body && !fault.result_code;
}

static struct dm_bytes session_id_of(const struct dm_message *message)
{
	struct dm_raw_avp avp;

	if (!dm_raw_find(message->wire, DM_AVP_SESSION_ID, 0, &avp))
		return (struct dm_bytes){ 0 };
	return avp.data;
}

/* MBR by its user; every other request of a session by its Session-Id, which is of either kind. */
static void fetch_for(struct mip6_home_server *server, struct mip6_inquiry *inquiry,
                      const struct dm_message *message)
{
	const struct mip6_mbr *mbr = message->body;
	struct dm_bytes none = { 0 }, service = none;
	struct dm_bytes session_id = session_id_of(message);

	if (message->entry->command == &mip6_command_mbr) {
		if (mbr->has.service_selection)
			service = mbr->service_selection;
		if (mbr->has.user_name)
			fetch_user(server, inquiry, session_id, mbr->user_name, service);
		return;
	}
	if (session_id.size == 0)
		return;
	fetch(server, inquiry, STORE_FETCH_ACCESS, session_id, none);
	fetch(server, inquiry, STORE_FETCH_AGENT_SESSION, session_id, none);
}

static void go_on(struct mip6_home_server *server, struct mip6_inquiry *inquiry);

void mip6_inquiry_ask(struct mip6_home_server *server, struct mip6_inquiry *inquiry)
{
	const struct mip6_bootstrap *request = inquiry->request;
	struct dm_bytes octets = octets_of(inquiry), none = { 0 };
	struct dm_message message;

	server->shared.found = NULL;
	switch (inquiry->kind) {
	case MIP6_INQUIRY_REQUEST:
		if (read_again(server, inquiry, &message))
			fetch_for(server, inquiry, &message);
		break;
	case MIP6_INQUIRY_BOOTSTRAP:
		fetch_user(server, inquiry, request->session_id, request->user_name,
		           request->service_selection);
		break;
	case MIP6_INQUIRY_SESSION_DUE:
		if (inquiry->user_size)
			fetch(server, inquiry, STORE_FETCH_USER,
			      dm_bytes_of(octets.at, inquiry->user_size),
			      dm_bytes_of(octets.at + inquiry->user_size,
			                  octets.size - inquiry->user_size));
		else
			fetch(server, inquiry, STORE_FETCH_AGENT_SESSION, octets, none);
		break;
	case MIP6_INQUIRY_ACCESS_END:
		fetch(server, inquiry, STORE_FETCH_ACCESS, octets, none);
		break;
	case MIP6_INQUIRY_TERMINATION:
		fetch(server, inquiry, STORE_FETCH_AGENT_SESSION, octets, none);
		break;
	case MIP6_INQUIRY_ORDER:
		fetch_user(server, inquiry, none, octets, none);
		break;
	}
	if (inquiry->waits == 0)
		go_on(server, inquiry);
}

/* The record of a split session has no Session-Id of its agent: it is found by its user. */
struct mip6_inquiry *mip6_inquiry_about(struct mip6_home_server *server,
                                        const struct mip6_session *session)
{
	struct dm_bytes user = mip6_session_user(session);
	struct dm_bytes service = mip6_session_service(session);
	struct dm_bytes octets = mip6_session_agent_session(session);
	struct mip6_inquiry *inquiry;
	uint8_t *room;

	if (session->split) {
		room = mip6_outbox_take(&server->outbox, user.size + service.size);
		octets = dm_bytes_of(room, room ? user.size + service.size : 0);
	}
	if (session->split && octets.size) {
		mip6_pack(&room, user);
		mip6_pack(&room, service);
	}
	inquiry = octets.size ? mip6_inquiry_new(MIP6_INQUIRY_SESSION_DUE, octets, 0) : NULL;
	if (!inquiry)
		return NULL;
	inquiry->number = session->id;
	inquiry->user_size = session->split ? user.size : 0;
	return inquiry;
}

/* ---- going on ---- */

/* Another server may be at work on what it has just allocated: it gets a moment. */
static bool is_being_allocated(const struct mip6_home_server *server,
                               const struct mip6_inquiry *inquiry)
{
	const struct mip6_session *session = NULL;

	if (inquiry->kind == MIP6_INQUIRY_BOOTSTRAP || inquiry->kind == MIP6_INQUIRY_REQUEST)
		session = server->shared.found;
	return session && !session->mine && session->current &&
	       session->state == MIP6_SESSION_ALLOCATED && session->step == MIP6_STEP_NONE &&
	       inquiry->looks < PATIENCE;
}

static void go_on_with_request(struct mip6_home_server *server, struct mip6_inquiry *inquiry)
{
	struct dm_message message;

	if (read_again(server, inquiry, &message))
		mip6_server_request(server, inquiry->transaction, &message);
	else
		mip6_inquiry_out_of_memory(server, inquiry->transaction);
}

static void go_on_with_bootstrap(struct mip6_home_server *server, struct mip6_inquiry *inquiry)
{
	struct mip6_bootstrap *request = inquiry->request;

	inquiry->request = NULL;
	mip6_server_enter(server, request);
}

static void go_on_with_session(struct mip6_home_server *server, const struct mip6_inquiry *inquiry)
{
	struct mip6_session *session = dm_map_get_number(&server->sessions.by_id, inquiry->number);

	if (session && session->mine)
		mip6_server_session_due(server, session);
}

/* What another server has renewed meanwhile is not over. */
static bool is_over(const struct mip6_home_server *server, const struct mip6_inquiry *inquiry,
                    const struct mip6_access *access)
{
	if (inquiry->transaction || inquiry->lost || access->client_lost || access->obeyed)
		return true;
	return access->session->mine && access->expires && access->expires <= server->now.wall;
}

static void go_on_with_access_end(struct mip6_home_server *server,
                                  const struct mip6_inquiry *inquiry)
{
	struct mip6_access *access = mip6_access_find(&server->sessions, octets_of(inquiry));

	if (access && is_over(server, inquiry, access))
		mip6_server_end_access(server, access, inquiry->transaction);
	else if (!access && inquiry->transaction)
		mip6_server_answer_str(server, inquiry->transaction, octets_of(inquiry));
}

static void go_on_with_termination(struct mip6_home_server *server,
                                   const struct mip6_inquiry *inquiry)
{
	struct mip6_session *session =
		dm_map_get(&server->sessions.by_agent_session, octets_of(inquiry));

	if (session)
		mip6_server_agent_terminates(server, session, inquiry->transaction);
	else
		mip6_server_answer_str(server, inquiry->transaction, octets_of(inquiry));
}

static void go_on_with_order(struct mip6_home_server *server, const struct mip6_inquiry *inquiry)
{
	struct dm_bytes name = octets_of(inquiry);

	if (inquiry->order == MIP6_SHARED_DELETE)
		mip6_server_delete_subscriber(server, name, inquiry->number);
	else
		mip6_server_enable_subscriber(server, name, inquiry->order == MIP6_SHARED_ENABLE,
		                              inquiry->number);
}

/* What was read only to be looked at, is another server's to keep. */
static void settle(struct mip6_home_server *server, const struct mip6_inquiry *inquiry)
{
	for (size_t i = 0; i < sizeof(inquiry->seen) / sizeof(*inquiry->seen); i++) {
		struct mip6_session *session =
			inquiry->seen[i]
				? dm_map_get_number(&server->sessions.by_id, inquiry->seen[i])
				: NULL;

		if (session && !session->mine)
			mip6_cache_drop(server, session);
	}
}

static void carry_on(struct mip6_home_server *server, struct mip6_inquiry *inquiry)
{
	switch (inquiry->kind) {
	case MIP6_INQUIRY_REQUEST:
		go_on_with_request(server, inquiry);
		break;
	case MIP6_INQUIRY_BOOTSTRAP:
		go_on_with_bootstrap(server, inquiry);
		break;
	case MIP6_INQUIRY_SESSION_DUE:
		go_on_with_session(server, inquiry);
		break;
	case MIP6_INQUIRY_ACCESS_END:
		go_on_with_access_end(server, inquiry);
		break;
	case MIP6_INQUIRY_TERMINATION:
		go_on_with_termination(server, inquiry);
		break;
	case MIP6_INQUIRY_ORDER:
		go_on_with_order(server, inquiry);
		break;
	}
	settle(server, inquiry);
	free_inquiry(inquiry);
}

/* Nobody waits for it: it is repeated until the store answers. */
static bool is_patient(const struct mip6_inquiry *inquiry)
{
	return inquiry->kind == MIP6_INQUIRY_SESSION_DUE ||
	       (inquiry->kind == MIP6_INQUIRY_ACCESS_END && !inquiry->transaction);
}

static void go_on(struct mip6_home_server *server, struct mip6_inquiry *inquiry)
{
	if (inquiry->error == -EBUSY && inquiry->looks < PATIENCE)
		mip6_inquiry_ask_later(server, inquiry, MIP6_LOOK_AGAIN);
	else if (inquiry->error && is_patient(inquiry))
		mip6_inquiry_ask_later(server, inquiry, MIP6_AFTER_DOUBT);
	else if (inquiry->error)
		give_up(server, inquiry, DM_RESULT_DIAMETER_TOO_BUSY,
		        "the server cannot look up its records");
	else if (is_being_allocated(server, inquiry))
		mip6_inquiry_ask_later(server, inquiry, MIP6_LOOK_AGAIN);
	else
		carry_on(server, inquiry);
}

void mip6_shared_fetched(struct mip6_home_server *server, struct mip6_pending *pending, int error,
                         const struct store_found *found)
{
	struct mip6_inquiry *inquiry = pending->inquiry;

	pending->inquiry = NULL;
	server->shared.found = NULL;
	if (!error)
		error = mip6_cache_take(server, pending->fetch_kind, pending->name, found);
	if (!error && found->has_session)
		inquiry->seen[inquiry->waits % 2] = found->session.id;
	if (error && !inquiry->error)
		inquiry->error = error;
	if (--inquiry->waits == 0)
		go_on(server, inquiry);
}
