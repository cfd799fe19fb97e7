/* SPDX-License-Identifier: Apache-2.0 */
#include "diameter/peer/connection.h"

#include "diameter/node_private.h"

#include <stdlib.h>

/* A number is serial << SLOT_BITS | slot. */
#define SLOT_BITS  20
#define SLOT_LIMIT (1u << SLOT_BITS)
#define FIRST_ROOM 16u

static uint32_t slot_of(dm_conn id)
{
	return (uint32_t)(id & (SLOT_LIMIT - 1));
}

/* A free slot, or SLOT_LIMIT. */
static uint32_t find_slot(struct dm_connections *connections)
{
	uint32_t room = connections->room ? connections->room * 2 : FIRST_ROOM;
	uint32_t at = connections->room;
	struct dm_connection **bigger;

	if (connections->count < connections->room) {
		at = 0;
		while (connections->slots[at])
			at++;
		return at;
	}
	if (room > SLOT_LIMIT)
		return SLOT_LIMIT;
	bigger = realloc(connections->slots, room * sizeof(struct dm_connection *));
	if (!bigger)
		return SLOT_LIMIT;
	memset(bigger + at, 0, (room - at) * sizeof(struct dm_connection *));
	connections->slots = bigger;
	connections->room = room;
	return at;
}

void dm_connection_output_init(const struct dm_node *node, struct dm_writer *output)
{
	/* One message more than the limit: what breaks the limit is noticed, not cut. */
	dm_writer_init(output, (size_t)node->config.output_limit + node->config.message_limit);
}

static struct dm_connection *connection_make(struct dm_node *node, enum dm_connection_state state)
{
	struct dm_connection *connection = calloc(1, sizeof(*connection));

	if (!connection || !dm_node_timers_reserve(node, 1)) {
		free(connection);
		return NULL;
	}
	connection->state = state;
	dm_framing_init(&connection->framing, node->config.message_limit);
	dm_connection_output_init(node, &connection->output);
	return connection;
}

struct dm_connection *dm_connection_new(struct dm_node *node, enum dm_connection_state state)
{
	struct dm_connections *connections = &node->connections;
	uint32_t slot = find_slot(connections);
	struct dm_connection *connection;

	if (slot == SLOT_LIMIT)
		return NULL;
	connection = connection_make(node, state);
	if (!connection)
		return NULL;
	connection->id = ++connections->serial << SLOT_BITS | slot;
	connections->slots[slot] = connection;
	connections->count++;
	if (state == DM_CONNECTION_UNIDENTIFIED)
		connections->unidentified++;
	return connection;
}

struct dm_connection *dm_connection_get(const struct dm_node *node, dm_conn id)
{
	const struct dm_connections *connections = &node->connections;
	struct dm_connection *connection;

	if (slot_of(id) >= connections->room)
		return NULL;
	connection = connections->slots[slot_of(id)];
	return connection && connection->id == id ? connection : NULL;
}

static bool is_counted(const struct dm_connection *connection)
{
	return connection->state == DM_CONNECTION_UNIDENTIFIED ||
	       connection->state == DM_CONNECTION_CANDIDATE;
}

/* From here on the number is unknown; the flush of the turn does the rest. */
static void leave(struct dm_node *node, struct dm_connection *connection,
                  enum dm_connection_state state)
{
	struct dm_connections *connections = &node->connections;

	if (connection->state >= DM_CONNECTION_CLOSING)
		return;
	if (is_counted(connection))
		connections->unidentified--;
	connections->slots[slot_of(connection->id)] = NULL;
	connections->count--;
	connection->state = state;
	connection->peer = NULL;
	dm_node_cancel_timer(node, &connection->timer);
	dm_turn_dirty(node, connection);
}

void dm_connection_close(struct dm_node *node, struct dm_connection *connection, bool reset,
                         const char *why)
{
	struct dm_text text;

	connection->reset = reset;
	dm_text_init(&text, connection->why, sizeof(connection->why));
	dm_text_add(&text, "%s", why);
	leave(node, connection, DM_CONNECTION_CLOSING);
}

void dm_connection_gone(struct dm_node *node, struct dm_connection *connection)
{
	leave(node, connection, DM_CONNECTION_GONE);
}

void dm_connection_free(struct dm_node *node, struct dm_connection *connection)
{
	dm_node_cancel_timer(node, &connection->timer);
	(void)dm_node_timers_reserve(node, -1);
	dm_framing_fini(&connection->framing);
	dm_writer_fini(&connection->output);
	dm_capabilities_fini(&connection->capabilities);
	free(connection);
}

void dm_connections_fini(struct dm_node *node)
{
	struct dm_connections *connections = &node->connections;

	for (uint32_t i = 0; i < connections->room; i++)
		if (connections->slots[i])
			dm_connection_free(node, connections->slots[i]);
	free(connections->slots);
}

void dm_connection_bind(struct dm_node *node, struct dm_connection *connection,
                        struct dm_peer *peer, enum dm_connection_state state)
{
	bool counted = is_counted(connection);

	connection->peer = peer;
	connection->state = state;
	if (counted && !is_counted(connection))
		node->connections.unidentified--;
	dm_node_cancel_timer(node, &connection->timer);
}

struct dm_writer *dm_connection_output(struct dm_node *node, struct dm_connection *connection)
{
	dm_turn_dirty(node, connection);
	return &connection->output;
}

void dm_connection_written(struct dm_node *node, struct dm_connection *connection)
{
	size_t waiting = connection->waiting + connection->output.size;

	if (connection->output.failed || waiting > node->config.output_limit)
		connection->overflown = true;
}

void dm_connection_start_tls(struct dm_node *node, struct dm_connection *connection,
                             enum dm_start_tls side)
{
	connection->start_tls = side;
	connection->plain = connection->output.size;
	dm_turn_dirty(node, connection);
}
