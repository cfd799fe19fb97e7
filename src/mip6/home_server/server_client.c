/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the home server asks of its clients: to end an access session (ASR), to come with it again
 * (RAR). An order waits in the access session's timer, so that many of them leave in slices.
 */
#include "server.h"

#include "dict/base.dia.h"
#include "mip6/values.h"

#include <errno.h>

#define FIRST_WAIT ((dm_time)5 * DM_SECOND)
#define ATTEMPTS   6 /* 5, 10, 20 ... seconds between them */
/* RAA and ASA promise a MBR and a STR: so long they are waited for. */
#define FOLLOW_UP ((dm_time)30 * DM_SECOND)

static void set_timer(struct mip6_home_server *server, struct mip6_access *access, dm_time when)
{
	dm_time expiry = mip6_server_deadline_of(server, access->expires);

	dm_timers_set(&server->sessions.access_timers, &access->timer,
	              when < expiry ? when : expiry);
}

void mip6_server_order(struct mip6_home_server *server, struct mip6_access *access,
                       enum mip6_access_order order)
{
	if (access->closing || access->order >= order)
		return;
	access->order = (uint8_t)order;
	access->attempts = 0;
	access->sent = access->obeyed = false;
	set_timer(server, access, server->now.monotonic);
}

/* ---- the messages ---- */

static bool send(struct mip6_home_server *server, struct mip6_access *access)
{
	const struct mip6_addressee client = {
		.session_id = mip6_access_session_id(access),
		.host = access->client->host,
		.realm = access->client->realm,
		.user_name = mip6_session_user(access->session),
	};
	bool ends = access->order == MIP6_ORDER_ABORT;
	const void *body = ends ? (const void *)mip6_server_asr(server, &client)
	                        : mip6_server_rar(server, &client);
	struct mip6_pending *pending =
		mip6_pending_new(server, ends ? MIP6_PENDING_ABORT : MIP6_PENDING_REAUTHORIZE,
	                         mip6_access_session_id(access));

	if (body && pending &&
	    mip6_outbox_request(&server->outbox, pending->tag,
	                        ends ? &dm_command_asr : &dm_command_rar, body,
	                        access->application_id, server->policy.agent_timeout))
		return true;
	if (pending)
		mip6_pending_free(mip6_pending_take(server, pending->tag));
	return false;
}

/* ---- when it is not obeyed ---- */

/* As if it had been obeyed, and nothing were to follow. */
static void end_now(struct mip6_home_server *server, struct mip6_access *access)
{
	access->obeyed = true;
	mip6_server_end_access(server, access, 0);
}

static void give_up(struct mip6_home_server *server, struct mip6_access *access, const char *why)
{
	struct mip6_about about = mip6_server_about(access->session);

	about.session_id = mip6_access_session_id(access);
	mip6_outbox_event(&server->outbox, MIP6_WARNING, "client-silent", about, "%.*s %s",
	                  (int)access->client->host.size, (const char *)access->client->host.at,
	                  why);
	if (access->order == MIP6_ORDER_ABORT) {
		end_now(server, access);
		return;
	}
	access->order = MIP6_ORDER_NONE;
	set_timer(server, access, DM_TIME_NEVER);
}

static void repeat_later(struct mip6_home_server *server, struct mip6_access *access)
{
	if (++access->attempts >= ATTEMPTS)
		give_up(server, access, "did not answer, however often it was asked");
	else
		set_timer(server, access,
		          server->now.monotonic + (FIRST_WAIT << (access->attempts - 1)));
}

static void give_order(struct mip6_home_server *server, struct mip6_access *access)
{
	access->sent = send(server, access);
	if (access->sent)
		set_timer(server, access, DM_TIME_NEVER);
	else
		repeat_later(server, access);
}

bool mip6_server_ends_access(const struct mip6_home_server *server,
                             const struct mip6_access *access)
{
	bool over = access->expires && server->now.wall >= access->expires;

	return over || access->client_lost || access->order == MIP6_ORDER_NONE || access->obeyed;
}

void mip6_server_access_due(struct mip6_home_server *server, struct mip6_access *access)
{
	if (access->closing)
		return;
	if (mip6_server_ends_access(server, access))
		mip6_server_end_access(server, access, 0);
	else if (!access->sent)
		give_order(server, access);
}

const char *mip6_server_why_ended(const struct mip6_access *access)
{
	if (access->client_lost)
		return "its client restarted";
	if (access->order == MIP6_ORDER_ABORT)
		return "it was aborted";
	if (access->order == MIP6_ORDER_REAUTHORIZE && access->obeyed)
		return "its client refused a RAR, or did not come again after it";
	return "it expired or was refused";
}

/* ---- the answer ---- */

static void obeyed(struct mip6_home_server *server, struct mip6_access *access)
{
	access->obeyed = true;
	set_timer(server, access, server->now.monotonic + FOLLOW_UP);
}

/* A relay that forwards by application refuses 0, which the draft says (profile 4). */
static void ask_with_own_id(struct mip6_home_server *server, struct mip6_access *access)
{
	access->application_id = server->common.application_id;
	give_order(server, access);
}

/* RFC 6733 8.1: a RAA or ASA that says no ends the session here. Protocol errors are no answers of
 * the client; who does not know RAR at all keeps its session until it expires. */
static void refused(struct mip6_home_server *server, struct mip6_access *access,
                    uint32_t result_code)
{
	if (result_code == DM_RESULT_DIAMETER_APPLICATION_UNSUPPORTED &&
	    access->application_id != server->common.application_id)
		ask_with_own_id(server, access);
	else if (result_code == DM_RESULT_DIAMETER_COMMAND_UNSUPPORTED)
		give_up(server, access, "does not know this command");
	else if (result_code / 1000 == 5)
		end_now(server, access);
	else
		repeat_later(server, access);
}

void mip6_server_client_answered(struct mip6_home_server *server,
                                 const struct mip6_pending *pending,
                                 const struct dm_message *message)
{
	struct mip6_access *access = mip6_access_find(&server->sessions, pending->name);
	enum mip6_access_order order =
		pending->kind == MIP6_PENDING_ABORT ? MIP6_ORDER_ABORT : MIP6_ORDER_REAUTHORIZE;
	uint32_t result_code = mip6_server_result_of(message);

	bool expected =
		access && (access->sent || result_code == DM_RESULT_DIAMETER_UNKNOWN_SESSION_ID);

	if (!expected || access->closing || access->order != order)
		return; /* it has come again, or has ended, meanwhile */
	access->sent = false;
	if (result_code / 1000 == 2)
		obeyed(server, access);
	else
		refused(server, access, result_code);
}

/* ---- all access sessions of a mobility session ---- */

uint32_t mip6_server_order_all(struct mip6_home_server *server, struct mip6_session *session,
                               enum mip6_access_order order)
{
	uint32_t count = 0;

	for (struct mip6_access *access = session->first; access; access = access->next) {
		mip6_server_order(server, access, order);
		count++;
	}
	return count;
}

uint32_t mip6_server_abort(struct mip6_home_server *server, struct mip6_session *session)
{
	uint32_t count = mip6_server_order_all(server, session, MIP6_ORDER_ABORT);

	session->aborting = true;
	if (count == 0 && session->step == MIP6_STEP_NONE)
		dm_timers_set(&server->sessions.session_timers, &session->timer,
		              server->now.monotonic);
	return count;
}

/* ---- a subscriber that changes ---- */

bool mip6_server_is_entitled(const struct store_subscriber *subscriber)
{
	return subscriber && subscriber->enabled && subscriber->mobility;
}

static bool same_prefix(const struct store_prefix *a, const struct store_prefix *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static bool same_home(const struct store_subscriber *a, const struct store_subscriber *b)
{
	return a->has_home_address == b->has_home_address &&
	       (!a->has_home_address || same_prefix(&a->home_address, &b->home_address)) &&
	       a->has_home_prefix == b->has_home_prefix &&
	       (!a->has_home_prefix || same_prefix(&a->home_prefix, &b->home_prefix)) &&
	       dm_bytes_equal(a->home_agent, b->home_agent) && dm_bytes_equal(a->fqdn, b->fqdn);
}

static bool same_root_key(const struct store_subscriber *a, const struct store_subscriber *b)
{
	return dm_bytes_equal(dm_secret_bytes(&a->root_key), dm_secret_bytes(&b->root_key));
}

static bool same(const struct store_subscriber *a, const struct store_subscriber *b)
{
	return a->local_home_agent == b->local_home_agent && a->sa_protocols == b->sa_protocols &&
	       a->authorization_lifetime == b->authorization_lifetime &&
	       a->session_timeout == b->session_timeout && same_home(a, b) && same_root_key(a, b);
}

struct change {
	struct mip6_home_server *server;
	bool entitled;
	bool rekey; /* the root key is another one */
};

static void note_change(struct mip6_session *session, void *context)
{
	struct change *change = context;

	if (change->entitled && change->rekey)
		mip6_server_order_rollover(change->server, session);
	if (change->entitled)
		mip6_server_order_all(change->server, session, MIP6_ORDER_REAUTHORIZE);
	else
		mip6_server_abort(change->server, session);
}

void mip6_server_subscriber_changed(struct mip6_home_server *server,
                                    const struct store_subscriber *old,
                                    const struct store_subscriber *new)
{
	struct change change = { server, mip6_server_is_entitled(new) };

	if (!old)
		return;
	change.rekey = change.entitled && !same_root_key(old, new);
	if (!change.entitled || !same(old, new))
		mip6_sessions_of_user(&server->sessions, old->user_name, NULL, note_change,
		                      &change);
}

/* ---- the operator ---- */

struct walk {
	struct mip6_home_server *server;
	enum mip6_operator_order order;
	struct mip6_order_counts *counts;
};

static void order_session(struct mip6_session *session, void *context)
{
	struct walk *walk = context;

	if (walk->order == MIP6_OPERATOR_REKEY) {
		walk->counts->sessions += mip6_server_order_rollover(walk->server, session);
		return;
	}
	walk->counts->sessions++;
	if (walk->order == MIP6_OPERATOR_ABORT)
		walk->counts->accesses += mip6_server_abort(walk->server, session);
	else
		walk->counts->accesses +=
			mip6_server_order_all(walk->server, session, MIP6_ORDER_REAUTHORIZE);
}

static bool order_access(struct mip6_home_server *server, struct dm_bytes name,
                         enum mip6_operator_order order, struct mip6_order_counts *counts)
{
	struct mip6_access *access = mip6_access_find(&server->sessions, name);

	if (!access)
		return false;
	counts->accesses = 1;
	mip6_server_order(server, access,
	                  order == MIP6_OPERATOR_ABORT ? MIP6_ORDER_ABORT : MIP6_ORDER_REAUTHORIZE);
	return true;
}

static void order_user(struct walk *walk, struct dm_bytes name, const struct dm_bytes *service)
{
	uint8_t room[MIP6_NAI_LIMIT];
	struct dm_writer filed;

	dm_writer_init_fixed(&filed, room, sizeof(room));
	if (mip6_user_key(name, &filed))
		mip6_sessions_of_user(&walk->server->sessions, dm_writer_written(&filed), service,
		                      order_session, walk);
}

int mip6_server_order_named(struct mip6_home_server *server, enum mip6_operator_order order,
                            struct dm_bytes name, const struct dm_bytes *service,
                            struct mip6_order_counts *counts)
{
	struct walk walk = { server, order, counts };
	struct mip6_session *session;

	*counts = (struct mip6_order_counts){ 0 };
	if (order != MIP6_OPERATOR_REKEY && order_access(server, name, order, counts))
		return 0;
	session = dm_map_get(&server->sessions.by_agent_session, name);
	if (session)
		order_session(session, &walk);
	else
		order_user(&walk, name, service);
	return counts->sessions ? 0 : -ENOENT;
}

int mip6_home_server_order(struct mip6_role *role, enum mip6_operator_order order,
                           struct dm_bytes name, const struct dm_bytes *service,
                           struct mip6_order_counts *counts, struct mip6_now now)
{
	struct mip6_home_server *server = (struct mip6_home_server *)role;

	server->now = now;
	return mip6_server_order_named(server, order, name, service, counts);
}

void mip6_home_server_order_all(struct mip6_role *role, enum mip6_operator_order order,
                                struct dm_bytes name, const struct dm_bytes *service, uint64_t tag,
                                struct mip6_now now)
{
	struct mip6_home_server *server = (struct mip6_home_server *)role;
	struct mip6_order_counts counts;
	int error;

	server->now = now;
	if (server->shared.on && name.size) {
		mip6_take_for_order(server, order, name, service, tag);
		return;
	}
	error = mip6_server_order_named(server, order, name, service, &counts);
	mip6_outbox_counts(&server->outbox, tag, error, error ? MIP6_NO_SESSION : NULL, &counts);
}
