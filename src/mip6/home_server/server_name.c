/* SPDX-License-Identifier: Apache-2.0 */
/* Whose names they are: wishes of a MBR, sessions that move and end, the start. */
#include "server.h"

#include <errno.h>

#define MOVE_PATIENCE (30 * DM_SECOND)

/* ---- wishes ---- */

/* Nobody's any more; its removal is owed. What has to be committed is the caller's. */
static void let_go(struct mip6_home_server *server, struct mip6_name *name)
{
	if (name->session)
		mip6_name_detach(name->session);
	if (name->state != MIP6_NAME_OWED)
		mip6_name_set_state(&server->names, name, MIP6_NAME_OWED, server->now.wall);
}

/* The session's name is this one from now on; the other one is returned, if it had one. */
static struct mip6_name *take_name(struct mip6_home_server *server, struct mip6_session *session,
                                   struct mip6_name *name)
{
	struct mip6_name *other = session->name != name ? session->name : NULL;

	if (other)
		let_go(server, other);
	if (name->session && name->session != session)
		mip6_name_detach(name->session);
	if (name->state != MIP6_NAME_MADE || name->session != session) {
		mip6_name_set_state(&server->names, name, MIP6_NAME_WANTED, server->now.wall);
		name->forward_done = name->reverse_done = false;
	}
	name->session = session;
	name->session_id = session->id;
	name->moved = false;
	session->name = name;
	return other;
}

static struct mip6_name *find_or_make(struct mip6_home_server *server,
                                      const struct mip6_session *session, struct dm_bytes fqdn)
{
	struct dm_bytes user = mip6_session_user(session);
	struct mip6_name *name = mip6_name_find(&server->names, user, fqdn, &session->home_address);

	if (name)
		return name;
	return mip6_name_new(&server->names, server->next_session++, user, fqdn,
	                     mip6_session_service(session), &session->home_address);
}

/* The other name's record goes with this one's; it is worked on as soon as that is committed. */
static void want(struct mip6_home_server *server, struct mip6_session *session,
                 struct mip6_name *name)
{
	struct mip6_name *other = take_name(server, session, name);

	mip6_server_name_commit(server, name, true, other);
	if (!other)
		return;
	other->kept = dm_bytes_equal_folded(mip6_name_fqdn(name), mip6_name_fqdn(other));
	if (!other->kept)
		dm_timers_set(&server->names.timers, &other->timer, server->now.monotonic);
}

static bool is_in_a_zone(const struct mip6_home_server *server, struct dm_bytes fqdn)
{
	const struct mip6_dns_policy *dns = &server->dns;

	for (size_t i = 0; i < dns->zone_count; i++) {
		struct dm_bytes zone = dns->zones[i];

		if (dm_bytes_ends_with_folded(fqdn, zone) && fqdn.size > zone.size &&
		    fqdn.at[fqdn.size - zone.size - 1] == '.')
			return true;
	}
	return false;
}

/* The status that needs no name server; MIP6_DNS_DONE: it has to be asked. */
static uint8_t judge(const struct mip6_home_server *server, const struct mip6_session *session,
                     struct dm_bytes fqdn)
{
	const struct store_subscriber *subscriber = mip6_server_subscriber_of(server, session);

	if (!mip6_subscriber_may_be_named(subscriber, fqdn))
		return MIP6_DNS_PROHIBITED;
	if (server->dns.zone_count == 0)
		return MIP6_DNS_UNSPECIFIED;
	if (!is_in_a_zone(server, fqdn))
		return MIP6_DNS_PROHIBITED;
	return session->home_address.length ? MIP6_DNS_DONE : MIP6_DNS_FAILED;
}

bool mip6_server_hold_for_name(struct mip6_home_server *server, struct mip6_session *session,
                               struct mip6_bootstrap *request)
{
	struct mip6_dns_update update;
	struct mip6_name *name;
	struct dm_bytes fqdn;
	const char *why;

	if (request->dns_update.size == 0 ||
	    mip6_dns_update_read(request->dns_update, &update, &why) != 0)
		return false;
	fqdn = dm_bytes_of(update.fqdn, update.fqdn_size);
	request->dns_status = judge(server, session, fqdn);
	if (request->dns_status != MIP6_DNS_DONE)
		return false;
	name = find_or_make(server, session, fqdn);
	if (!name)
		request->dns_status = MIP6_DNS_FAILED;
	if (!name || (!update.remove && name->state == MIP6_NAME_MADE && session->name == name))
		return false;
	mip6_server_name_hold(server, name, request);
	if (update.remove) {
		let_go(server, name);
		mip6_server_name_commit(server, name, true, NULL);
	} else {
		want(server, session, name);
	}
	return true;
}

/* ---- the session moves and ends ---- */

void mip6_server_name_follows(struct mip6_home_server *server, struct mip6_session *session)
{
	struct mip6_name *old = session->name, *name;

	if (!old)
		old = mip6_name_left_behind(&server->names, mip6_session_user(session),
		                            mip6_session_service(session));
	if (!old || session->state != MIP6_SESSION_ACTIVE || !session->home_address.length ||
	    (old->session == session &&
	     memcmp(old->home_address.address, session->home_address.address, 16) == 0))
		return;
	old->moved = false;
	name = NULL;
	if (judge(server, session, mip6_name_fqdn(old)) == MIP6_DNS_DONE)
		name = find_or_make(server, session, mip6_name_fqdn(old));
	if (name) {
		old->kept = old->state == MIP6_NAME_OWED;
		want(server, session, name);
	} else if (old->state == MIP6_NAME_OWED && old->timer.place) {
		dm_timers_set(&server->names.timers, &old->timer, server->now.monotonic);
	}
}

void mip6_server_name_moves(struct mip6_session *session)
{
	if (session->name)
		session->name->moved = true;
}

size_t mip6_server_name_ends(struct mip6_home_server *server, struct mip6_session *session,
                             struct store_change *change)
{
	struct mip6_name *name = session->name;

	if (!name)
		return 0;
	if (name->state != MIP6_NAME_OWED)
		mip6_name_set_state(&server->names, name, MIP6_NAME_OWED, server->now.wall);
	name->version++;
	name->committing = true;
	change->kind = STORE_PUT_NAME;
	change->name = mip6_server_name_record(name);
	return 1;
}

void mip6_server_name_ended(struct mip6_home_server *server, struct mip6_session *session)
{
	struct mip6_name *name = session->name;

	if (!name || name->state != MIP6_NAME_OWED)
		return;
	mip6_name_detach(session);
	name->committing = false;
	name->stored = true;
	if (name->moved) /* DNS keeps it until the next session has it, or until that takes too long
	                  */
		dm_timers_set(&server->names.timers, &name->timer,
		              server->now.monotonic + MOVE_PATIENCE);
	else
		mip6_server_name_proceed(server, name);
}

void mip6_server_name_rejoins(struct mip6_home_server *server, struct mip6_session *session)
{
	struct mip6_name *name = dm_map_get(&server->names.by_user, mip6_session_user(session));

	while (name &&
	       (name->session_id != session->id || name->session || name->state == MIP6_NAME_OWED))
		name = name->user_next;
	if (!name)
		return;
	name->session = session;
	session->name = name;
}

/* ---- the start ---- */

bool mip6_server_dns_init(struct mip6_home_server *server, const struct mip6_dns_policy *config)
{
	struct dm_bytes *zones =
		dm_arena_zero(&server->arena, (config->zone_count + 1) * sizeof(*zones));

	if (!zones)
		return false;
	for (size_t i = 0; i < config->zone_count; i++)
		zones[i] = dm_arena_copy(&server->arena, config->zones[i]);
	server->dns = *config;
	server->dns.zones = zones;
	server->dns.places = config->places ? config->places : 64;
	return true;
}

int mip6_home_server_restore_name(struct mip6_role *role, const struct store_name *record)
{
	struct mip6_home_server *server = (struct mip6_home_server *)role;
	struct mip6_session *session = dm_map_get_number(&server->sessions.by_id, record->session);
	struct mip6_name *name;

	if (mip6_name_find(&server->names, record->user_name, record->fqdn, &record->home_address))
		return -EEXIST;
	name = mip6_name_new(&server->names, record->id, record->user_name, record->fqdn,
	                     session ? mip6_session_service(session) : (struct dm_bytes){ 0 },
	                     &record->home_address);
	if (!name)
		return -ENOMEM;
	mip6_name_set_state(&server->names, name, (enum mip6_name_state)record->state,
	                    record->since);
	name->session_id = record->session;
	name->stored = name->in_doubt = true;
	name->forward_done = name->reverse_done = record->state == MIP6_NAME_MADE;
	if (record->state == MIP6_NAME_OWED)
		return 0;
	if (!session || session->state == MIP6_SESSION_ENDING || session->name) {
		mip6_name_set_state(&server->names, name, MIP6_NAME_OWED, record->since);
		return 0;
	}
	name->session = session;
	session->name = name;
	return 0;
}

static void arm_chain(void *value, void *context)
{
	struct mip6_home_server *server = context;

	for (struct mip6_name *name = value; name; name = name->user_next) {
		if (name->state != MIP6_NAME_MADE)
			dm_timers_set(&server->names.timers, &name->timer, server->now.monotonic);
	}
}

void mip6_server_arm_names(struct mip6_home_server *server)
{
	if (server->dns.zone_count > 0)
		dm_map_each(&server->names.by_user, arm_chain, server);
}

/* ---- looking ---- */

static const char *outcome_text(enum dns_outcome outcome)
{
	static const char *const texts[] = {
		[DNS_NOT_ASKED] = "not asked",     [DNS_DONE] = "done",
		[DNS_CONFLICT] = "name in use",    [DNS_REFUSED] = "refused",
		[DNS_FAILED] = "no good response",
	};

	return texts[outcome];
}

struct name_walk {
	int (*visit)(const struct mip6_name_view *, void *);
	void *context;
	int stop;
};

static void visit_chain(void *value, void *context)
{
	struct name_walk *walk = context;

	for (struct mip6_name *name = value; name && !walk->stop; name = name->user_next) {
		const struct mip6_name_view view = {
			.name = mip6_server_name_record(name),
			.state = mip6_name_state_name(name->state),
			.failures = name->failures,
			.under_way = name->under_way,
			.forward = outcome_text((enum dns_outcome)name->forward_outcome),
			.reverse = outcome_text((enum dns_outcome)name->reverse_outcome),
		};

		walk->stop = walk->visit(&view, walk->context);
	}
}

int mip6_home_server_each_name(struct mip6_role *role,
                               int (*visit)(const struct mip6_name_view *, void *), void *context)
{
	struct mip6_home_server *server = (struct mip6_home_server *)role;
	struct name_walk walk = { .visit = visit, .context = context };

	dm_map_each(&server->names.by_user, visit_chain, &walk);
	return walk.stop;
}

struct mip6_name_counts mip6_home_server_name_counts(const struct mip6_role *role)
{
	const struct mip6_home_server *server = (const struct mip6_home_server *)role;

	return (struct mip6_name_counts){
		.names = server->names.count,
		.owed = server->names.owed,
		.under_way = server->names.under_way,
		.asked = server->names_asked,
		.made = server->names_made,
		.removed = server->names_removed,
		.failed = server->names_failed,
	};
}
