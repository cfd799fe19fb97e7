/* SPDX-License-Identifier: Apache-2.0 */
#include "server_take.h"

#include "mip6/pack.h"
#include "mip6/values.h"
#include "server.h"

#include <errno.h>
#include <stdlib.h>

#define SEEN_LIMIT 65536 /* clients; at the limit all are forgotten, and asked for again */

/* The highest Origin-State-Id that a client was seen with. */
struct seen {
	uint32_t origin_state_id;
	size_t size;
	uint8_t host[];
};

static void fail(struct mip6_home_server *server, uint64_t tag, int error)
{
	if (tag)
		mip6_outbox_result(&server->outbox, tag, error,
		                   error == -ENOMEM ? "no memory to look it up"
		                                    : "the server cannot look up its records",
		                   NULL);
}

/* ---- asking ---- */

/* As it is filed; a name that is nobody's finds nothing. */
static struct dm_bytes filed(struct mip6_home_server *server, struct dm_bytes name)
{
	uint8_t *room = mip6_outbox_take(&server->outbox, name.size + 1);
	struct dm_writer writer;

	dm_writer_init_fixed(&writer, room, room ? name.size + 1 : 0);
	if (!room || !mip6_user_key(name, &writer))
		return name;
	return dm_writer_written(&writer);
}

static struct dm_bytes key_of(const struct mip6_pending *pending)
{
	if (pending->take.then == MIP6_TAKE_PUT)
		return pending->subscribers[pending->take.done]->record.user_name;
	return dm_bytes_of(pending->octets, pending->take.name_size);
}

static bool ask(struct mip6_home_server *server, const struct mip6_pending *pending)
{
	struct mip6_effect effect = { .kind = MIP6_EFFECT_TAKE, .tag = pending->tag };
	struct dm_bytes key = mip6_outbox_copy(&server->outbox, key_of(pending));

	if (!key.size)
		return false;
	effect.take.kind = pending->take.kind;
	effect.take.key = key;
	effect.take.number = pending->take.number;
	if (pending->take.kind == STORE_TAKE_NAMED)
		effect.take.key2 = filed(server, key);
	return mip6_outbox_add(&server->outbox, &effect);
}

static void begin(struct mip6_home_server *server, const struct mip6_taken *take,
                  struct dm_bytes name, struct dm_bytes service, uint64_t tag)
{
	uint8_t *room = mip6_outbox_take(&server->outbox, name.size + service.size + 1);
	uint8_t *end = room;
	struct mip6_pending *pending = NULL;

	if (room) {
		mip6_pack(&end, name);
		mip6_pack(&end, service);
		pending = mip6_pending_new(server, MIP6_PENDING_TAKE,
		                           dm_bytes_of(room, name.size + service.size));
	}
	if (pending) {
		pending->take = *take;
		pending->take.name_size = name.size;
		pending->operator_tag = tag;
		if (ask(server, pending))
			return;
		mip6_pending_free(mip6_pending_take(server, pending->tag));
	}
	fail(server, tag, -ENOMEM);
}

void mip6_take_for_order(struct mip6_home_server *server, enum mip6_operator_order order,
                         struct dm_bytes name, const struct dm_bytes *service, uint64_t tag)
{
	const struct mip6_taken take = { .then = MIP6_TAKE_ORDER,
		                         .kind = STORE_TAKE_NAMED,
		                         .order = (uint8_t)order,
		                         .has_service = service != NULL };

	begin(server, &take, name, service ? *service : (struct dm_bytes){ 0 }, tag);
}

void mip6_take_for_move(struct mip6_home_server *server, struct dm_bytes host, uint64_t tag)
{
	const struct mip6_taken take = { .then = MIP6_TAKE_MOVE, .kind = STORE_TAKE_AGENT };

	begin(server, &take, host, (struct dm_bytes){ 0 }, tag);
}

void mip6_take_for_subscriber(struct mip6_home_server *server, enum mip6_shared_order order,
                              struct dm_bytes user_name, uint64_t tag)
{
	const struct mip6_taken take = { .then = MIP6_TAKE_SUBSCRIBER,
		                         .kind = STORE_TAKE_NAMED,
		                         .order = (uint8_t)order };

	begin(server, &take, user_name, (struct dm_bytes){ 0 }, tag);
}

void mip6_take_for_put(struct mip6_home_server *server, struct mip6_pending *pending)
{
	pending->take = (struct mip6_taken){ .then = MIP6_TAKE_PUT, .kind = STORE_TAKE_NAMED };
	if (ask(server, pending))
		return;
	fail(server, pending->operator_tag, -ENOMEM);
	mip6_pending_free(mip6_pending_take(server, pending->tag));
}

/* ---- clients ---- */

static void free_seen(void *value, void *context)
{
	(void)context;
	free(value);
}

void mip6_take_fini(struct mip6_home_server *server)
{
	dm_map_each(&server->shared.clients, free_seen, NULL);
	dm_map_fini(&server->shared.clients);
}

static void forget_all(struct mip6_home_server *server)
{
	mip6_take_fini(server);
	dm_map_init(&server->shared.clients, server->common.seed, false);
}

static struct seen *seen_of(const struct mip6_home_server *server, struct dm_bytes origin_host)
{
	return dm_map_get(&server->shared.clients, origin_host);
}

static bool note_seen(struct mip6_home_server *server, struct dm_bytes origin_host,
                      uint32_t origin_state_id)
{
	struct seen *seen = malloc(sizeof(*seen) + origin_host.size);

	if (!seen)
		return false;
	if (server->shared.clients.count >= SEEN_LIMIT)
		forget_all(server);
	*seen = (struct seen){ origin_state_id, origin_host.size };
	memcpy(seen->host, origin_host.at, origin_host.size);
	if (dm_map_put(&server->shared.clients, dm_bytes_of(seen->host, seen->size), seen) == 0)
		return true;
	free(seen);
	return false;
}

uint32_t mip6_take_state_of(const struct mip6_home_server *server, struct dm_bytes origin_host)
{
	const struct seen *seen = server->shared.on ? seen_of(server, origin_host) : NULL;

	return seen ? seen->origin_state_id : 0;
}

void mip6_take_of_client(struct mip6_home_server *server, struct dm_bytes origin_host,
                         uint32_t origin_state_id)
{
	const struct mip6_taken take = { .then = MIP6_TAKE_NOTHING,
		                         .kind = STORE_TAKE_CLIENT,
		                         .number = origin_state_id };
	struct seen *seen = seen_of(server, origin_host);

	if (origin_state_id == 0 || (seen && seen->origin_state_id >= origin_state_id))
		return;
	if (seen)
		seen->origin_state_id = origin_state_id;
	else if (!note_seen(server, origin_host, origin_state_id))
		return;
	begin(server, &take, origin_host, (struct dm_bytes){ 0 }, 0);
}

/* ---- what came ---- */

static void tell_counts(struct mip6_home_server *server, uint64_t tag, int error,
                        const struct mip6_order_counts *counts, const char *why)
{
	mip6_outbox_counts(&server->outbox, tag, error, error ? why : NULL, counts);
}

static void give_order(struct mip6_home_server *server, const struct mip6_pending *pending)
{
	const struct mip6_taken *take = &pending->take;
	struct dm_bytes service = dm_bytes_of(pending->octets + take->name_size,
	                                      pending->name.size - take->name_size);
	struct mip6_order_counts counts;
	int error = mip6_server_order_named(server, (enum mip6_operator_order)take->order,
	                                    key_of(pending), take->has_service ? &service : NULL,
	                                    &counts);

	tell_counts(server, pending->operator_tag, error, &counts, MIP6_NO_SESSION);
}

static void move(struct mip6_home_server *server, const struct mip6_pending *pending)
{
	struct mip6_order_counts counts;
	int error = mip6_server_empty_agent(server, key_of(pending), &counts);

	tell_counts(server, pending->operator_tag, error, &counts, MIP6_NO_AGENT);
}

static void go_on(struct mip6_home_server *server, struct mip6_pending *pending)
{
	switch (pending->take.then) {
	case MIP6_TAKE_NOTHING:
		break;
	case MIP6_TAKE_ORDER:
		give_order(server, pending);
		break;
	case MIP6_TAKE_MOVE:
		move(server, pending);
		break;
	case MIP6_TAKE_SUBSCRIBER:
		mip6_shared_order(server, (enum mip6_shared_order)pending->take.order,
		                  key_of(pending), pending->operator_tag);
		break;
	case MIP6_TAKE_PUT:
		mip6_server_store_subscribers(server, pending);
		return; /* it waits for the commit */
	}
	mip6_pending_free(mip6_pending_take(server, pending->tag));
}

/* The client is asked for again when it comes again. */
static void give_up(struct mip6_home_server *server, struct mip6_pending *pending, int error)
{
	struct seen *seen =
		pending->take.kind == STORE_TAKE_CLIENT ? seen_of(server, key_of(pending)) : NULL;

	if (seen)
		seen->origin_state_id = 0;
	fail(server, pending->operator_tag, error);
	mip6_pending_free(mip6_pending_take(server, pending->tag));
}

/* True: there may be more. */
static bool has_more(struct mip6_pending *pending, size_t count)
{
	if (count >= MIP6_TAKEN_AT_ONCE)
		return true;
	return pending->take.then == MIP6_TAKE_PUT && ++pending->take.done < pending->count;
}

void mip6_take_came(struct mip6_home_server *server, uint64_t tag, int error,
                    const struct store_found *found, size_t count)
{
	struct mip6_pending *pending = dm_map_get_number(&server->pending, tag);

	for (size_t i = 0; !error && i < count; i++)
		mip6_home_server_adopt(&server->role, &found[i], server->now);
	if (!pending)
		return;
	if (error)
		give_up(server, pending, error);
	else if (!has_more(pending, count))
		go_on(server, pending);
	else if (!ask(server, pending))
		give_up(server, pending, -ENOMEM);
}
