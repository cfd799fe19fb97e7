/* SPDX-License-Identifier: Apache-2.0 */
#include "diameter/node.h"

#include "diameter/node_private.h"

#include <errno.h>
#include <stdlib.h>

#define ARENA_LIMIT ((size_t)16 << 20)

/* ---- randomness and timers ---- */

/* splitmix64: good enough for jitter and first identifiers, which need not be secret. */
uint64_t dm_node_random(struct dm_node *node)
{
	uint64_t z = node->random += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

dm_time dm_node_jitter(struct dm_node *node, dm_time span)
{
	if (span <= 0)
		return 0;
	return (dm_time)(dm_node_random(node) % (2 * (uint64_t)span + 1)) - span;
}

bool dm_node_timers_reserve(struct dm_node *node, int more)
{
	if (more > 0 && !dm_timers_reserve(&node->timers, node->timer_count + (size_t)more))
		return false;
	node->timer_count += (size_t)more;
	return true;
}

void dm_node_set_timer(struct dm_node *node, struct dm_node_timer *timer, dm_time deadline)
{
	/* Room was reserved: this cannot fail. */
	(void)dm_timers_set(&node->timers, &timer->timer, deadline);
}

void dm_node_cancel_timer(struct dm_node *node, struct dm_node_timer *timer)
{
	dm_timers_cancel(&node->timers, &timer->timer);
}

/* ---- configuration ---- */

static void take_default(dm_time *value, dm_time standard)
{
	if (*value <= 0)
		*value = standard;
}

static void take_default_u32(uint32_t *value, uint32_t standard)
{
	if (*value == 0)
		*value = standard;
}

static void fill_defaults(struct dm_node_config *config)
{
	take_default(&config->watchdog, 30 * DM_SECOND);
	take_default(&config->reconnect, 30 * DM_SECOND);
	take_default(&config->connect_timeout, 10 * DM_SECOND);
	take_default(&config->cer_timeout, 10 * DM_SECOND);
	take_default(&config->closing_timeout, 5 * DM_SECOND);
	take_default(&config->request_timeout, 30 * DM_SECOND);
	take_default(&config->duplicate_window, 240 * DM_SECOND);
	take_default_u32(&config->message_limit, 65536);
	take_default_u32(&config->pending_limit, 65536);
	take_default_u32(&config->unidentified_limit, 1024);
	take_default_u32(&config->output_limit, 4u << 20);
	take_default_u32(&config->redirect_limit, 4096);
	if (config->duplicate_limit == 0)
		config->duplicate_limit = (size_t)64 << 20;
}

static bool copy_octets(struct dm_arena *arena, struct dm_bytes *bytes)
{
	*bytes = dm_arena_copy(arena, *bytes);
	return bytes->at;
}

static bool copy_numbers(struct dm_arena *arena, const uint32_t **list, size_t count)
{
	*list = (const void *)dm_arena_copy(arena, dm_bytes_of(*list, count * sizeof(**list))).at;
	return *list;
}

static bool copy_addresses(struct dm_arena *arena, struct dm_node_config *config)
{
	size_t count = config->host_ip_address_count;
	struct dm_address *copies = dm_arena_take(arena, count * sizeof(*copies));

	for (size_t i = 0; copies && i < count; i++) {
		copies[i] = config->host_ip_addresses[i];
		if (!copy_octets(arena, &copies[i].octets))
			return false;
	}
	config->host_ip_addresses = copies;
	return copies;
}

static bool copy_config(struct dm_node *node, const struct dm_node_config *from)
{
	struct dm_node_config *config = &node->config;
	struct dm_arena *names = &node->names;

	*config = *from;
	fill_defaults(config);
	return copy_octets(names, &config->origin_host) &&
	       copy_octets(names, &config->origin_realm) &&
	       copy_octets(names, &config->product_name) && copy_addresses(names, config) &&
	       copy_numbers(names, &config->auth_applications, config->auth_application_count) &&
	       copy_numbers(names, &config->acct_applications, config->acct_application_count);
}

/* NULL, or what is wrong. */
static const char *judge_config(const struct dm_node_config *config)
{
	if (config->origin_host.size == 0 || config->origin_host.size > DM_IDENTITY_ROOM)
		return "origin_host is missing or longer than 255 octets";
	if (config->origin_realm.size == 0 || config->origin_realm.size > DM_IDENTITY_ROOM)
		return "origin_realm is missing or longer than 255 octets";
	if (config->product_name.size == 0)
		return "product_name is missing";
	if (config->host_ip_address_count == 0)
		return "host_ip_addresses is empty: CER and CEA need one";
	if (config->watchdog && config->watchdog < DM_WATCHDOG_LEAST)
		return "watchdog is below 6 s (RFC 3539 3.4.1)";
	if (config->message_limit && config->message_limit < 4096)
		return "message_limit is below 4096 octets";
	return NULL;
}

/* ---- life ---- */

static void begin(struct dm_node *node, const struct dm_dictionary *dictionary, dm_time now)
{
	const struct dm_node_config *config = &node->config;

	node->dictionary = dictionary;
	node->identity = (struct dm_identity){ .origin_host = config->origin_host,
		                               .origin_realm = config->origin_realm,
		                               .origin_state_id = config->origin_state_id };
	node->decode_options.strict = config->strict;
	node->now = now;
	node->random = config->seed;
	node->forwards = config->relay;
	dm_timers_init(&node->timers);
	dm_peers_init(node);
	dm_realm_table_init(&node->realms, dm_node_random(node));
	dm_duplicates_init(&node->duplicates, dm_node_random(node), config->duplicate_window,
	                   config->duplicate_limit, config->message_limit);
	dm_redirects_init(node);
	dm_map_init(&node->origins, dm_node_random(node), true);
	dm_session_ids_init(&node->session_ids, config->wall_clock);
	node->end_to_end_id = dm_end_to_end_first(config->wall_clock, dm_node_random(node));
	dm_arena_init(&node->arena, ARENA_LIMIT);
	dm_writer_init(&node->scratch, config->message_limit);
	dm_writer_init(&node->answer, config->message_limit);
	dm_turn_init(node);
}

struct dm_node *dm_node_new(const struct dm_node_config *config,
                            const struct dm_dictionary *dictionary, dm_time now, const char **why)
{
	struct dm_node *node;

	*why = judge_config(config);
	if (*why)
		return NULL;
	node = calloc(1, sizeof(*node));
	*why = "no memory";
	if (!node)
		return NULL;
	dm_arena_init(&node->names, ARENA_LIMIT);
	if (!copy_config(node, config)) {
		dm_arena_fini(&node->names);
		free(node);
		return NULL;
	}
	begin(node, dictionary, now);
	*why = NULL;
	return node;
}

void dm_node_free(struct dm_node *node)
{
	if (!node)
		return;
	dm_timers_fini(&node->timers); /* unsets every timer: what holds one may go in any order */
	dm_redirects_fini(node);
	dm_transactions_fini(node);
	dm_turn_fini(node);
	dm_connections_fini(node);
	dm_peers_fini(node);
	dm_realm_table_fini(&node->realms);
	dm_duplicates_fini(&node->duplicates);
	dm_origins_fini(node);
	dm_writer_fini(&node->scratch);
	dm_writer_fini(&node->answer);
	dm_arena_fini(&node->arena);
	dm_arena_fini(&node->names);
	free(node);
}

int dm_node_route_add(struct dm_node *node, const struct dm_route_config *config)
{
	int error = dm_redirect_judge(config);

	if (!error)
		error = dm_realm_table_add(&node->realms, config);
	if (!error && config->action == DM_ROUTE_PROXY)
		node->forwards = node->proxies = true;
	if (!error && config->action >= DM_ROUTE_REDIRECT)
		node->forwards = node->diverts = true;
	return error;
}

/* ---- transport events ---- */

void dm_node_connected(struct dm_node *node, dm_conn conn, dm_time now)
{
	struct dm_connection *connection = dm_connection_get(node, conn);
	struct dm_occasion occasion = { .connection = connection, .why = "connected" };

	node->now = now;
	if (connection && connection->state == DM_CONNECTION_DIALLING)
		dm_peer_event(node, connection->peer, DM_PEER_EVENT_I_RCV_CONN_ACK, &occasion);
}

void dm_node_connect_failed(struct dm_node *node, dm_conn conn, const char *why, dm_time now)
{
	struct dm_connection *connection = dm_connection_get(node, conn);

	node->now = now;
	if (connection && connection->state == DM_CONNECTION_DIALLING)
		dm_receive_end(node, connection, why);
}

/* What arrives waits for its turn; without memory for that the stream has a gap: it ends. */
static void arrived(struct dm_node *node, enum dm_arrival_kind kind, dm_conn conn,
                    struct dm_bytes octets, const char *why)
{
	struct dm_connection *connection;

	if (dm_turn_arrived(&node->turn, kind, conn, octets, why))
		return;
	connection = dm_connection_get(node, conn);
	if (connection)
		connection->overflown = true;
	if (connection)
		dm_turn_dirty(node, connection);
}

void dm_node_input(struct dm_node *node, dm_conn conn, struct dm_bytes octets, dm_time now)
{
	node->now = now;
	arrived(node, DM_ARRIVAL_OCTETS, conn, octets, NULL);
}

void dm_node_closed(struct dm_node *node, dm_conn conn, const char *why, dm_time now)
{
	node->now = now;
	arrived(node, DM_ARRIVAL_CLOSED, conn, (struct dm_bytes){ 0 }, why);
}

void dm_node_output_waiting(struct dm_node *node, dm_conn conn, size_t octets)
{
	struct dm_connection *connection = dm_connection_get(node, conn);

	if (!connection)
		return;
	connection->waiting = octets;
	dm_connection_written(node, connection);
	if (connection->overflown)
		dm_turn_dirty(node, connection);
}

/* ---- time ---- */

void dm_node_tick(struct dm_node *node, dm_time now)
{
	struct dm_timer *timer;

	node->now = now;
	while ((timer = dm_timers_due(&node->timers, now))) {
		struct dm_node_timer *due = DM_TIMER_OWNER(timer, struct dm_node_timer, timer);

		due->due(node, due);
	}
}

dm_time dm_node_deadline(const struct dm_node *node)
{
	return dm_turn_is_empty(&node->turn) ? dm_timers_next(&node->timers) : node->now;
}

/* ---- the end ---- */

void dm_node_stop(struct dm_node *node, dm_time now)
{
	struct dm_peer *peer = node->peers.first;

	node->now = now;
	if (node->stopping)
		return;
	node->stopping = true;
	while (peer) {
		struct dm_peer *next = peer->next; /* stopping it may forget it */

		dm_node_cancel_timer(node, &peer->watchdog.timer);
		dm_peer_stop(node, peer, DM_DISCONNECT_CAUSE_REBOOTING);
		peer = next;
	}
}

bool dm_node_idle(const struct dm_node *node)
{
	return node->stopping && node->connections.count == 0 && dm_turn_is_empty(&node->turn);
}

/* ---- sessions ---- */

void dm_node_session_id(struct dm_node *node, struct dm_bytes optional, struct dm_text *out)
{
	dm_session_ids_next(&node->session_ids, node->config.origin_host, optional, out);
}

/* ---- looking ---- */

void dm_node_peers(const struct dm_node *node,
                   void (*visit)(const struct dm_peer_status *status, void *context), void *context)
{
	for (const struct dm_peer *peer = node->peers.first; peer; peer = peer->next) {
		struct dm_peer_status status = {
			.origin_host = peer->origin_host,
			.origin_realm = dm_capabilities_realm(&peer->capabilities),
			.state = dm_peer_state_name(peer->state),
			.watchdog = dm_watchdog_state_name(peer->watchdog.state),
			.reason = peer->reason,
			.open = dm_peer_is_usable(peer),
			.requests_in = peer->requests_in,
			.requests_out = peer->requests_out,
			.answers_in = peer->answers_in,
			.answers_out = peer->answers_out,
			.pending = peer->pending.count,
			.since = peer->since,
		};

		visit(&status, context);
	}
}
