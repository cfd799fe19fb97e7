/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names in DNS (profile 7): when they are changed, what the MBA says of it, and their removal.
 *
 * A name takes this way, each arrow a commit or a change at the name server:
 *
 *	wish in a MBR -> PUT name (wanted) -> add -> MBA 0 -> PUT name (made)
 *	                                         `-> refused: MBA 130, DELETE name
 *	                                         `-> no response: MBA 130, again later
 *	session ends, or R = 1 -> PUT name (owed) -> remove, again until done -> DELETE name
 *
 * A MBA waits for the outcome, at most dns.mba_limit; the change then goes on in the background.
 * Nothing here fails a bootstrapping.
 */
#include "server.h"

#include <errno.h>

#define FIRST_RETRY   (5 * DM_SECOND)
#define LONGEST_RETRY (3600 * DM_SECOND)

/* ---- events ---- */

static void name_event(struct mip6_home_server *server, const struct mip6_name *name,
                       enum mip6_gravity gravity, const char *event, const char *what)
{
	const struct mip6_about about = { .user_name = mip6_name_user(name) };
	struct dm_bytes fqdn = mip6_name_fqdn(name);

	mip6_outbox_event(&server->outbox, gravity, event, about, "%.*s %s", (int)fqdn.size,
	                  (const char *)fqdn.at, what);
}

/* ---- those who wait ---- */

static void answer_one(struct mip6_home_server *server, struct mip6_bootstrap *request,
                       uint8_t status)
{
	struct mip6_access *access = mip6_access_find(&server->sessions, request->session_id);

	request->dns_status = status;
	if (access && access->session->agent &&
	    dm_bytes_equal_folded(access->client->host, request->origin_host))
		mip6_server_answer_granted(server, access->session, request, access);
	else
		mip6_server_refuse(server, request, DM_RESULT_DIAMETER_UNABLE_TO_COMPLY,
		                   "the session ended while its name was changed");
}

static void release(struct mip6_home_server *server, struct mip6_name *name, uint8_t status)
{
	struct mip6_bootstrap *request;

	if (!name->waiting)
		return;
	dm_timers_cancel(&server->names.timers, &name->timer);
	while ((request = name->waiting)) {
		name->waiting = request->next;
		request->next = NULL;
		answer_one(server, request, status);
	}
}

void mip6_server_name_hold(struct mip6_home_server *server, struct mip6_name *name,
                           struct mip6_bootstrap *request)
{
	if (!name->waiting) {
		name->held_until = server->now.monotonic + server->dns.mba_limit;
		dm_timers_set(&server->names.timers, &name->timer, name->held_until);
	}
	request->next = name->waiting;
	name->waiting = request;
}

/* ---- twins ---- */

/* Removal and addition of one name must not mix: between its two steps a removal leaves a marker
 * without an address. */
static bool has_busy_twin(const struct mip6_home_server *server, const struct mip6_name *name)
{
	const struct mip6_name *twin = NULL;

	while ((twin = mip6_name_twin(&server->names, name, twin))) {
		if (twin->under_way)
			return true;
	}
	return false;
}

/* Those that it kept; the first of them keeps the others. */
static void wake_twins(struct mip6_home_server *server, const struct mip6_name *name)
{
	struct mip6_name *twin = NULL;

	while ((twin = mip6_name_twin(&server->names, name, twin))) {
		if (twin->kept && twin->waiting)
			mip6_server_name_proceed(server, twin);
		else if (twin->kept)
			dm_timers_set(&server->names.timers, &twin->timer, server->now.monotonic);
	}
}

/* ---- the store ---- */

struct store_name mip6_server_name_record(const struct mip6_name *name)
{
	return (struct store_name){
		.id = name->id,
		.user_name = mip6_name_user(name),
		.fqdn = mip6_name_fqdn(name),
		.home_address = name->home_address,
		.session = name->session_id,
		.state = name->state,
		.since = name->since,
	};
}

void mip6_server_name_commit(struct mip6_home_server *server, struct mip6_name *name, bool put,
                             const struct mip6_name *other)
{
	struct store_change *changes = mip6_outbox_take(&server->outbox, 2 * sizeof(*changes));
	struct mip6_pending *pending =
		mip6_pending_new(server, MIP6_PENDING_NAME, (struct dm_bytes){ 0 });
	size_t count = 0;

	name->committing = true;
	name->version++;
	if (changes && pending) {
		pending->mip6_name = name;
		pending->version = name->version;
		pending->deletes = !put;
		changes[count].kind = put ? STORE_PUT_NAME : STORE_DELETE_NAME;
		changes[count++].name = mip6_server_name_record(name);
		if (other) {
			changes[count].kind = STORE_PUT_NAME;
			changes[count++].name = mip6_server_name_record(other);
		}
		if (mip6_outbox_store(&server->outbox, pending->tag, changes, count))
			return;
	}
	if (pending)
		mip6_pending_free(mip6_pending_take(server, pending->tag));
	mip6_server_name_committed(server, name, name->version, !put, -ENOMEM);
}

static void retry_later(struct mip6_home_server *server, struct mip6_name *name)
{
	dm_time wait = FIRST_RETRY << (name->failures < 10 ? name->failures : 10);

	if (name->failures < UINT8_MAX)
		name->failures++;
	if (wait > LONGEST_RETRY)
		wait = LONGEST_RETRY;
	dm_timers_set(&server->names.timers, &name->timer, server->now.monotonic + wait);
}

/* The addition was not stored: without the record nobody would remove it, so it is not made. */
static void not_wanted(struct mip6_home_server *server, struct mip6_name *name)
{
	release(server, name, MIP6_DNS_FAILED);
	wake_twins(server, name);
	if (name->session)
		mip6_name_detach(name->session);
	if (!name->stored) {
		mip6_name_free(&server->names, name);
		return;
	}
	mip6_name_set_state(&server->names, name, MIP6_NAME_OWED, server->now.wall);
	mip6_server_name_proceed(server, name);
}

void mip6_server_name_committed(struct mip6_home_server *server, struct mip6_name *name,
                                uint64_t version, bool deleted, int error)
{
	if (version != name->version)
		return; /* a later one is on its way */
	name->committing = false;
	if (deleted && !error) {
		mip6_name_free(&server->names, name);
	} else if (deleted) {
		retry_later(server, name);
	} else if (error && name->state == MIP6_NAME_WANTED && !name->forward_done) {
		not_wanted(server, name);
	} else {
		name->stored = name->stored || !error;
		if (name->waiting || name->timer.place == 0) /* else it has its time */
			mip6_server_name_proceed(server, name);
	}
}

/* ---- at the name server ---- */

static bool send_change(struct mip6_home_server *server, struct mip6_name *name)
{
	struct dns_change *change = mip6_outbox_take(&server->outbox, sizeof(*change));
	struct mip6_pending *pending =
		mip6_pending_new(server, MIP6_PENDING_CHANGE, (struct dm_bytes){ 0 });

	if (change && pending) {
		pending->mip6_name = name;
		pending->deletes = name->state == MIP6_NAME_OWED;
		*change = (struct dns_change){
			.remove = pending->deletes,
			.forward = !name->forward_done,
			.reverse = !name->reverse_done,
			.fqdn = mip6_outbox_copy(&server->outbox, mip6_name_fqdn(name)),
			.owner = mip6_outbox_copy(&server->outbox, mip6_name_user(name)),
		};
		memcpy(change->address, name->home_address.address, sizeof(change->address));
		if (change->fqdn.at && change->owner.at &&
		    mip6_outbox_add(&server->outbox, &(struct mip6_effect){ .kind = MIP6_EFFECT_DNS,
		                                                            .tag = pending->tag,
		                                                            .dns = change }))
			return true;
	}
	if (pending)
		mip6_pending_free(mip6_pending_take(server, pending->tag));
	return false;
}

/* Some places are for those that a MBA waits for. */
static bool has_place(const struct mip6_home_server *server, const struct mip6_name *name)
{
	size_t places = server->dns.places;

	return server->names.under_way < (name->waiting ? places : places - places / 4);
}

static void start(struct mip6_home_server *server, struct mip6_name *name)
{
	if (server->dns.zone_count == 0)
		return; /* a restart with other servers finds it */
	if (!has_place(server, name)) {
		mip6_name_line_up(&server->names, name, name->waiting != NULL);
		return;
	}
	if (!name->waiting)
		dm_timers_cancel(&server->names.timers, &name->timer);
	if (!send_change(server, name)) {
		release(server, name, MIP6_DNS_FAILED);
		retry_later(server, name);
		return;
	}
	name->under_way = true;
	server->names.under_way++;
	server->names_asked++;
}

/* Looks at a name and starts what is next. */
void mip6_server_name_proceed(struct mip6_home_server *server, struct mip6_name *name)
{
	bool done = name->forward_done && name->reverse_done;

	if (name->under_way || name->committing || name->ready)
		return;
	name->kept = !done && has_busy_twin(server, name);
	if (name->kept)
		return;
	if (!done)
		start(server, name);
	else if (name->state == MIP6_NAME_OWED)
		mip6_server_name_commit(server, name, false, NULL);
}

static void call_up(struct mip6_home_server *server)
{
	struct mip6_name *first = server->names.ready_first;

	if (first && has_place(server, first))
		mip6_server_name_proceed(server, mip6_name_call_up(&server->names));
}

/* ---- what came of it ---- */

static void made(struct mip6_home_server *server, struct mip6_name *name)
{
	release(server, name, MIP6_DNS_DONE);
	if (name->state == MIP6_NAME_MADE)
		return;
	mip6_name_set_state(&server->names, name, MIP6_NAME_MADE, server->now.wall);
	server->names_made++;
	name_event(server, name, MIP6_NOTICE, "name-made", "is in DNS");
	mip6_server_name_commit(server, name, true, NULL);
}

/* The server will not have it. Where an earlier try may have got through, it is removed. */
static void give_up(struct mip6_home_server *server, struct mip6_name *name)
{
	release(server, name, MIP6_DNS_FAILED);
	if (name->session)
		mip6_name_detach(name->session);
	mip6_name_set_state(&server->names, name, MIP6_NAME_OWED, server->now.wall);
	name->forward_done = name->reverse_done = !name->in_doubt;
	if (name->in_doubt)
		mip6_server_name_commit(server, name, true, NULL);
	else
		mip6_server_name_proceed(server, name);
}

static void added(struct mip6_home_server *server, struct mip6_name *name,
                  const struct dns_report *report)
{
	enum dns_outcome forward = name->forward_done ? DNS_DONE : report->forward;

	name->in_doubt = name->in_doubt || report->forward == DNS_FAILED;
	name->forward_done = forward == DNS_DONE;
	/* Without a reverse zone of ours, or against its server, there is no PTR. */
	name->reverse_done =
		name->reverse_done || (name->forward_done && report->reverse != DNS_FAILED);
	if (report->text[0] && (!name->forward_done || report->reverse > DNS_DONE))
		name_event(server, name, MIP6_WARNING,
		           name->forward_done ? "name-not-reversed" : "name-not-made",
		           report->text);
	if (forward == DNS_DONE) {
		name->failures = name->reverse_done ? 0 : name->failures;
		made(server, name);
		if (!name->reverse_done)
			retry_later(server, name);
	} else if (forward == DNS_FAILED) {
		release(server, name, MIP6_DNS_FAILED);
		retry_later(server, name);
	} else {
		give_up(server, name);
	}
}

static void removed(struct mip6_home_server *server, struct mip6_name *name,
                    const struct dns_report *report)
{
	bool done;

	name->forward_done = name->forward_done || report->forward == DNS_DONE;
	name->reverse_done = name->reverse_done || report->reverse <= DNS_DONE;
	done = name->forward_done && name->reverse_done;
	release(server, name, done ? MIP6_DNS_DONE : MIP6_DNS_FAILED);
	if (!done) {
		name_event(server, name, MIP6_WARNING, "name-not-removed", report->text);
		retry_later(server, name);
		return;
	}
	server->names_removed++;
	name_event(server, name, MIP6_NOTICE, "name-removed", "is out of DNS");
	mip6_server_name_proceed(server, name);
}

void mip6_server_name_changed(struct mip6_home_server *server, struct mip6_name *name, bool removes,
                              const struct dns_report *report)
{
	name->under_way = false;
	server->names.under_way--;
	wake_twins(server, name);
	name->forward_outcome = (uint8_t)report->forward;
	name->reverse_outcome = (uint8_t)report->reverse;
	if (report->forward > DNS_DONE || report->reverse > DNS_DONE)
		server->names_failed++;
	if (removes != (name->state == MIP6_NAME_OWED)) {
		name->in_doubt = true; /* it was wanted otherwise meanwhile */
		mip6_server_name_proceed(server, name);
	} else if (removes) {
		removed(server, name, report);
	} else {
		added(server, name, report);
	}
	call_up(server);
}

void mip6_server_name_due(struct mip6_home_server *server, struct mip6_name *name)
{
	if (name->waiting) {
		name_event(server, name, MIP6_WARNING, "name-late",
		           "is not settled yet; the MBA does not wait any longer");
		release(server, name, MIP6_DNS_FAILED);
	} else {
		mip6_server_name_proceed(server, name);
	}
}
