/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fill_store: so many subscribers, and so many of them at home, into a store that no daemon has.
 *
 *	fill_store DIRECTORY SUBSCRIBERS SESSIONS
 *
 * Each mobility session is active, at the home agent ha1.home.example.net with the pool
 * 2001:db8:1:2::/64, and has one access session. `make bench` starts a server on it.
 */
#include "store/store.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define EACH_TIME 1000 /* changes of one transaction */
#define NAME_ROOM 64

struct names {
	struct dm_bytes user, agent_session, acct, access;
	char rooms[4][NAME_ROOM];
};

static struct dm_bytes write_name(char *room, const char *before, uint32_t number,
                                  const char *behind)
{
	struct dm_text text;

	dm_text_init(&text, room, NAME_ROOM);
	dm_text_add(&text, "%s%08u%s", before, number, behind);
	return dm_bytes_of(text.at, text.size);
}

static void give_names(struct names *names, uint32_t number)
{
	names->user = write_name(names->rooms[0], "u", number, "@home.example.net");
	names->agent_session = write_name(names->rooms[1], "aaa.home.example.net;1;", number, ";h");
	names->acct = write_name(names->rooms[2], "aaa.home.example.net;1;", number, ";a");
	names->access = write_name(names->rooms[3], "nas1.visited.example.org;1;", number, ";mip6");
}

static void make_subscriber(struct store_change *change, const struct names *names)
{
	*change = (struct store_change){ .kind = STORE_PUT_SUBSCRIBER };
	change->subscriber.user_name = names->user;
	change->subscriber.enabled = true;
	change->subscriber.mobility = true;
	change->subscriber.sa_protocols = 1 << 1;
	dm_secret_set(&change->subscriber.root_key, DM_BYTES_LITERAL("0123456789abcdef"));
}

static void make_session(struct store_change *change, const struct names *names, uint32_t number)
{
	static const uint8_t pool[16] = { 0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 2, 0x40 };
	struct store_session *session = &change->session;

	*change = (struct store_change){ .kind = STORE_PUT_SESSION };
	session->id = number + 1;
	session->user_name = names->user;
	session->home_agent = DM_BYTES_LITERAL("ha1.home.example.net");
	session->home_agent_realm = DM_BYTES_LITERAL("home.example.net");
	session->home_agent_fqdn = DM_BYTES_LITERAL("ha1.home.example.net");
	session->home_agent_session = names->agent_session;
	session->acct_multi_session_id = names->acct;
	memcpy(session->home_address.address, pool, sizeof(pool));
	for (int i = 0; i < 4; i++)
		session->home_address.address[12 + i] = (uint8_t)(number >> (24 - 8 * i));
	session->home_address.length = 64;
	session->feature_vector = 1;
	session->key_epoch = 1;
	session->sa_protocols = 1 << 1;
	session->state = 1;
	session->created = time(NULL);
	session->key_expires = time(NULL) + 86400;
}

static void make_access(struct store_change *change, const struct names *names, uint32_t number)
{
	struct store_access *access = &change->access;

	*change = (struct store_change){ .kind = STORE_PUT_ACCESS };
	access->session_id = names->access;
	access->session = number + 1;
	access->origin_host = DM_BYTES_LITERAL("nas1.visited.example.org");
	access->origin_realm = DM_BYTES_LITERAL("visited.example.org");
	access->nas_identifier = DM_BYTES_LITERAL("nas1");
	access->application_id = 33554438;
	access->opened = time(NULL);
	access->expires = time(NULL) + 86400;
}

static int submit(struct store *store, const struct store_change *changes, size_t count)
{
	struct store_completion completion;
	int error = store_submit(store, changes, count, 1);

	if (!error)
		error = store_flush(store);
	while (store_completed(store, &completion))
		;
	return error;
}

static int fill(struct store *store, uint32_t subscribers, uint32_t sessions)
{
	static struct store_change changes[EACH_TIME + 3];
	static struct names names[EACH_TIME];
	size_t count = 0, named = 0;
	int error = 0;

	for (uint32_t i = 0; i < subscribers && !error; i++) {
		give_names(&names[named], i);
		make_subscriber(&changes[count++], &names[named]);
		if (i < sessions) {
			make_session(&changes[count++], &names[named], i);
			make_access(&changes[count++], &names[named], i);
		}
		named++;
		if (count < EACH_TIME && i + 1 < subscribers)
			continue;
		error = submit(store, changes, count);
		count = named = 0;
	}
	return error;
}

int main(int count, char **arguments)
{
	struct store_options options = { .directory = count == 4 ? arguments[1] : NULL };
	struct store *store;
	char why[256];
	int error;

	if (count != 4) {
		fprintf(stderr, "usage: fill_store DIRECTORY SUBSCRIBERS SESSIONS\n");
		return 2;
	}
	if (store_open(&options, &store, why, sizeof(why))) {
		fprintf(stderr, "fill_store: %s\n", why);
		return 1;
	}
	error = fill(store, (uint32_t)strtoul(arguments[2], NULL, 10),
	             (uint32_t)strtoul(arguments[3], NULL, 10));
	store_close(store);
	if (error)
		fprintf(stderr, "fill_store: %s\n", strerror(-error));
	return error != 0;
}
