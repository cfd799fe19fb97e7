/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The routes that redirects have left behind (RFC 6733 6.12 to 6.14).
 */
#include "diameter/node_private.h"

#include <stdlib.h>

#define APPLICATION_DIGITS 8
#define KEY_ROOM           (APPLICATION_DIGITS + DM_IDENTITY_ROOM)
#define LONGEST_SECONDS    (30u * 24 * 3600)

struct dm_redirect {
	struct dm_redirect *older, *newer;
	struct dm_map *map;      /* that it is in */
	struct dm_bytes key, to; /* owned: behind the struct */
	bool realm;
	struct dm_node_timer timer;
	uint8_t octets[];
};

const uint32_t dm_redirect_precedence[DM_REDIRECT_USAGES] = {
	DM_REDIRECT_HOST_USAGE_ALL_SESSION,
	DM_REDIRECT_HOST_USAGE_ALL_USER,
	DM_REDIRECT_HOST_USAGE_REALM_AND_APPLICATION,
	DM_REDIRECT_HOST_USAGE_ALL_REALM,
	DM_REDIRECT_HOST_USAGE_ALL_APPLICATION,
	DM_REDIRECT_HOST_USAGE_ALL_HOST,
	DM_REDIRECT_HOST_USAGE_DONT_CACHE,
};

/* Session-Ids and users are compared octet by octet, names of hosts and realms are not. */
static bool is_folded(uint32_t usage)
{
	return usage != DM_REDIRECT_HOST_USAGE_ALL_SESSION &&
	       usage != DM_REDIRECT_HOST_USAGE_ALL_USER;
}

void dm_redirects_init(struct dm_node *node)
{
	struct dm_redirects *redirects = &node->redirects;

	for (uint32_t usage = 0; usage < DM_REDIRECT_USAGES; usage++)
		dm_map_init(&redirects->by_usage[usage], dm_node_random(node), is_folded(usage));
	dm_map_init(&redirects->realms, dm_node_random(node), true);
	redirects->waiting_end = &redirects->waiting;
}

static void drop(struct dm_node *node, struct dm_redirect *redirect)
{
	struct dm_redirects *redirects = &node->redirects;

	dm_map_remove(redirect->map, redirect->key);
	*(redirect->older ? &redirect->older->newer : &redirects->oldest) = redirect->newer;
	*(redirect->newer ? &redirect->newer->older : &redirects->newest) = redirect->older;
	redirects->count--;
	dm_node_cancel_timer(node, &redirect->timer);
	(void)dm_node_timers_reserve(node, -1);
	free(redirect);
}

void dm_redirects_fini(struct dm_node *node)
{
	struct dm_redirects *redirects = &node->redirects;

	while (redirects->oldest)
		drop(node, redirects->oldest);
	dm_redirect_waiting_fini(node);
	for (uint32_t usage = 0; usage < DM_REDIRECT_USAGES; usage++)
		dm_map_fini(&redirects->by_usage[usage]);
	dm_map_fini(&redirects->realms);
}

/* ---- keys ---- */

/* The Application-Id in hexadecimal digits, which have one case only, then the realm. */
static struct dm_bytes key_of_both(uint32_t application_id, struct dm_bytes realm,
                                   uint8_t room[KEY_ROOM])
{
	static const char digits[] = "0123456789abcdef";
	struct dm_writer key;

	dm_writer_init_fixed(&key, room, KEY_ROOM);
	for (int shift = 28; shift >= 0; shift -= 4)
		dm_writer_u8(&key, (uint8_t)digits[application_id >> shift & 15]);
	dm_writer_bytes(&key, realm);
	return key.failed ? (struct dm_bytes){ 0 } : dm_writer_written(&key);
}

static struct dm_bytes user_of(const struct dm_routing *routing)
{
	struct dm_raw_avp avp = { .code = 0 };

	if (routing->wire.size == 0 || !dm_raw_find(routing->wire, DM_AVP_USER_NAME, 0, &avp))
		return (struct dm_bytes){ 0 };
	return avp.data;
}

/* Empty: the request has nothing that this usage could go by. */
static struct dm_bytes key_of(uint32_t usage, const struct dm_routing *routing,
                              struct dm_bytes host, uint8_t room[KEY_ROOM])
{
	uint32_t application_id = routing->header.application_id;

	switch (usage) {
	case DM_REDIRECT_HOST_USAGE_ALL_SESSION:
		return routing->session_id;
	case DM_REDIRECT_HOST_USAGE_ALL_USER:
		return user_of(routing);
	case DM_REDIRECT_HOST_USAGE_REALM_AND_APPLICATION:
		return key_of_both(application_id, routing->destination_realm, room);
	case DM_REDIRECT_HOST_USAGE_ALL_REALM:
		return routing->destination_realm;
	case DM_REDIRECT_HOST_USAGE_ALL_APPLICATION:
		return key_of_both(application_id, (struct dm_bytes){ 0 }, room);
	case DM_REDIRECT_HOST_USAGE_ALL_HOST:
		return host;
	default:
		return (struct dm_bytes){ 0 };
	}
}

/* ---- in and out ---- */

static void on_expiry(struct dm_node *node, struct dm_node_timer *timer)
{
	drop(node, DM_NODE_TIMER_OWNER(timer, struct dm_redirect, timer));
}

static struct dm_redirect *entry_new(struct dm_node *node, struct dm_bytes key, struct dm_bytes to)
{
	struct dm_redirect *redirect = calloc(1, sizeof(*redirect) + key.size + to.size);

	if (!redirect || !dm_node_timers_reserve(node, 1)) {
		free(redirect);
		return NULL;
	}
	memcpy(redirect->octets, key.at, key.size);
	memcpy(redirect->octets + key.size, to.at, to.size);
	redirect->key = dm_bytes_of(redirect->octets, key.size);
	redirect->to = dm_bytes_of(redirect->octets + key.size, to.size);
	redirect->timer.due = on_expiry;
	return redirect;
}

static void link_newest(struct dm_redirects *redirects, struct dm_redirect *redirect)
{
	redirect->older = redirects->newest;
	*(redirects->newest ? &redirects->newest->newer : &redirects->oldest) = redirect;
	redirects->newest = redirect;
	redirects->count++;
}

static void put(struct dm_node *node, struct dm_map *map, struct dm_bytes key,
                const struct dm_indication *indication)
{
	struct dm_redirects *redirects = &node->redirects;
	struct dm_redirect *old = dm_map_get(map, key);
	struct dm_redirect *redirect;

	if (old)
		drop(node, old);
	if (redirects->count >= node->config.redirect_limit)
		drop(node, redirects->oldest);
	redirect = entry_new(node, key, indication->to);
	if (!redirect)
		return;
	if (dm_map_put(map, redirect->key, redirect) < 0) {
		(void)dm_node_timers_reserve(node, -1);
		free(redirect);
		return;
	}
	redirect->map = map;
	redirect->realm = indication->realm;
	link_newest(redirects, redirect);
	dm_node_set_timer(node, &redirect->timer,
	                  node->now + (dm_time)indication->seconds * DM_SECOND);
}

void dm_redirect_keep(struct dm_node *node, const struct dm_routing *routing,
                      const struct dm_indication *indication)
{
	struct dm_indication kept = *indication;
	struct dm_map *map;
	struct dm_bytes key;
	uint8_t room[KEY_ROOM];

	if (kept.usage >= DM_REDIRECT_USAGES || kept.seconds == 0)
		return;
	/* RFC 7075 3.2.1: a realm is kept for realm and application, or not at all. */
	if (kept.realm && kept.usage != DM_REDIRECT_HOST_USAGE_REALM_AND_APPLICATION)
		return;
	key = key_of(kept.usage, routing, kept.reporter, room);
	if (key.size == 0)
		return;
	if (kept.seconds > LONGEST_SECONDS)
		kept.seconds = LONGEST_SECONDS;
	map = kept.realm ? &node->redirects.realms : &node->redirects.by_usage[kept.usage];
	put(node, map, key, &kept);
}

struct dm_bytes dm_redirect_find(const struct dm_node *node, uint32_t usage,
                                 const struct dm_routing *routing, struct dm_bytes host)
{
	const struct dm_map *map = &node->redirects.by_usage[usage];
	const struct dm_redirect *redirect;
	uint8_t room[KEY_ROOM];

	if (map->count == 0)
		return (struct dm_bytes){ 0 };
	redirect = dm_map_get(map, key_of(usage, routing, host, room));
	return redirect ? redirect->to : (struct dm_bytes){ 0 };
}

struct dm_bytes dm_redirect_find_realm(const struct dm_node *node, const struct dm_routing *routing)
{
	const struct dm_redirect *redirect;
	uint8_t room[KEY_ROOM];

	redirect = dm_map_get(&node->redirects.realms,
	                      key_of(DM_REDIRECT_HOST_USAGE_REALM_AND_APPLICATION, routing,
	                             (struct dm_bytes){ 0 }, room));
	return redirect ? redirect->to : (struct dm_bytes){ 0 };
}

void dm_redirect_forget(struct dm_node *node, struct dm_bytes host)
{
	struct dm_redirect *redirect = node->redirects.oldest;

	while (redirect) {
		struct dm_redirect *newer = redirect->newer;

		if (!redirect->realm && dm_bytes_equal_folded(redirect->to, host))
			drop(node, redirect);
		redirect = newer;
	}
}

bool dm_redirect_leads_to(const struct dm_node *node, struct dm_bytes host)
{
	const struct dm_redirect *redirect = node->redirects.oldest;

	while (redirect && (redirect->realm || !dm_bytes_equal_folded(redirect->to, host)))
		redirect = redirect->newer;
	return redirect != NULL;
}
