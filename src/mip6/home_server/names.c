/* SPDX-License-Identifier: Apache-2.0 */
#include "names.h"

#include "mip6/pack.h"
#include "sessions.h"

#include <stdlib.h>

const char *mip6_name_state_name(uint8_t state)
{
	static const char *const names[] = {
		[MIP6_NAME_WANTED] = "wanted",
		[MIP6_NAME_MADE] = "made",
		[MIP6_NAME_OWED] = "owed",
	};

	return state < sizeof(names) / sizeof(names[0]) ? names[state] : "unknown";
}

void mip6_names_init(struct mip6_names *names, size_t limit, uint64_t seed)
{
	*names = (struct mip6_names){ .limit = limit };
	dm_map_init(&names->by_user, seed, false);
	dm_timers_init(&names->timers);
}

static void free_requests(struct mip6_name *name)
{
	while (name->waiting) {
		struct mip6_bootstrap *request = name->waiting;

		name->waiting = request->next;
		mip6_bootstrap_free(request);
	}
}

static void free_chain(void *value, void *context)
{
	(void)context;
	for (struct mip6_name *name = value, *next; name; name = next) {
		next = name->user_next;
		free_requests(name);
		free(name);
	}
}

void mip6_names_fini(struct mip6_names *names)
{
	dm_timers_fini(&names->timers);
	dm_map_each(&names->by_user, free_chain, NULL);
	dm_map_fini(&names->by_user);
}

/* The map holds the first of a chain under its own octets: another first needs another key. */
static bool put_first(struct mip6_names *names, struct mip6_name *name)
{
	struct mip6_name *old = dm_map_remove(&names->by_user, mip6_name_user(name));

	name->user_next = old;
	if (dm_map_put(&names->by_user, mip6_name_user(name), name) == 0)
		return true;
	if (old)
		dm_map_put(&names->by_user, mip6_name_user(old), old);
	return false;
}

struct mip6_name *mip6_name_new(struct mip6_names *names, uint64_t id, struct dm_bytes user,
                                struct dm_bytes fqdn, struct dm_bytes service,
                                const struct store_prefix *address)
{
	struct mip6_name *name;
	uint8_t *room;

	if (names->count >= names->limit || user.size > UINT16_MAX || fqdn.size > UINT16_MAX ||
	    service.size > UINT16_MAX)
		return NULL;
	name = calloc(1, sizeof(*name) + user.size + fqdn.size + service.size);
	if (!name)
		return NULL;
	name->id = id;
	name->home_address = *address;
	name->user_size = (uint16_t)user.size;
	name->fqdn_size = (uint16_t)fqdn.size;
	name->service_size = (uint16_t)service.size;
	room = name->octets;
	mip6_pack(&room, user);
	mip6_pack(&room, fqdn);
	mip6_pack(&room, service);
	if (put_first(names, name)) {
		names->count++;
		return name;
	}
	free(name);
	return NULL;
}

static void leave_row(struct mip6_names *names, struct mip6_name *name)
{
	struct mip6_name **at = &names->ready_first, *last = NULL;

	if (!name->ready)
		return;
	while (*at != name) {
		last = *at;
		at = &last->ready_next;
	}
	*at = name->ready_next;
	if (names->ready_last == name)
		names->ready_last = last;
	name->ready = false;
}

static void leave_chain(struct mip6_names *names, struct mip6_name *name)
{
	struct mip6_name *first = dm_map_get(&names->by_user, mip6_name_user(name));

	if (first == name) {
		dm_map_remove(&names->by_user, mip6_name_user(name));
		/* Room was made just now: it cannot fail. */
		if (name->user_next)
			dm_map_put(&names->by_user, mip6_name_user(name->user_next),
			           name->user_next);
		return;
	}
	while (first->user_next != name)
		first = first->user_next;
	first->user_next = name->user_next;
}

void mip6_name_free(struct mip6_names *names, struct mip6_name *name)
{
	if (name->session && name->session->name == name)
		name->session->name = NULL;
	dm_timers_cancel(&names->timers, &name->timer);
	leave_row(names, name);
	leave_chain(names, name);
	names->count--;
	names->owed -= name->state == MIP6_NAME_OWED;
	free_requests(name);
	free(name);
}

struct mip6_name *mip6_name_find(const struct mip6_names *names, struct dm_bytes user,
                                 struct dm_bytes fqdn, const struct store_prefix *address)
{
	struct mip6_name *name = dm_map_get(&names->by_user, user);

	while (name && (!dm_bytes_equal_folded(mip6_name_fqdn(name), fqdn) ||
	                memcmp(name->home_address.address, address->address, 16) != 0))
		name = name->user_next;
	return name;
}

struct mip6_name *mip6_name_twin(const struct mip6_names *names, const struct mip6_name *name,
                                 const struct mip6_name *after)
{
	struct mip6_name *twin =
		after ? after->user_next : dm_map_get(&names->by_user, mip6_name_user(name));

	while (twin &&
	       (twin == name || !dm_bytes_equal_folded(mip6_name_fqdn(twin), mip6_name_fqdn(name))))
		twin = twin->user_next;
	return twin;
}

struct mip6_name *mip6_name_left_behind(const struct mip6_names *names, struct dm_bytes user,
                                        struct dm_bytes service)
{
	struct mip6_name *name = dm_map_get(&names->by_user, user);

	while (name && (!name->moved || !dm_bytes_equal(mip6_name_service(name), service)))
		name = name->user_next;
	return name;
}

void mip6_name_set_state(struct mip6_names *names, struct mip6_name *name,
                         enum mip6_name_state state, int64_t now)
{
	bool turns = (name->state == MIP6_NAME_OWED) != (state == MIP6_NAME_OWED);

	names->owed += (size_t)(state == MIP6_NAME_OWED) - (name->state == MIP6_NAME_OWED);
	name->state = (uint8_t)state;
	name->since = now;
	if (!turns)
		return;
	name->forward_done = name->reverse_done = false;
	name->failures = 0;
}

void mip6_name_line_up(struct mip6_names *names, struct mip6_name *name, bool first)
{
	if (name->ready)
		return;
	name->ready = true;
	name->ready_next = first ? names->ready_first : NULL;
	if (first)
		names->ready_first = name;
	else if (names->ready_last)
		names->ready_last->ready_next = name;
	else
		names->ready_first = name;
	if (!name->ready_next)
		names->ready_last = name;
}

struct mip6_name *mip6_name_call_up(struct mip6_names *names)
{
	struct mip6_name *name = names->ready_first;

	if (name)
		leave_row(names, name);
	return name;
}

void mip6_name_detach(struct mip6_session *session)
{
	if (session->name)
		session->name->session = NULL;
	session->name = NULL;
}
