/* SPDX-License-Identifier: Apache-2.0 */
#include "diameter/peer/peer.h"

#include "diameter/node_private.h"

#include <errno.h>
#include <stdlib.h>

#define PEER_TIMERS 2 /* of the state and of the watchdog */

/* ---- the set of peers ---- */

void dm_peers_init(struct dm_node *node)
{
	dm_map_init(&node->peers.by_name, dm_node_random(node), true);
}

static void peer_free(struct dm_node *node, struct dm_peer *peer)
{
	dm_node_cancel_timer(node, &peer->timer);
	dm_node_cancel_timer(node, &peer->watchdog.timer);
	(void)dm_node_timers_reserve(node, -PEER_TIMERS);
	dm_hop_fini(&peer->pending);
	dm_capabilities_fini(&peer->capabilities);
	free(peer);
}

void dm_peers_sweep(struct dm_node *node)
{
	struct dm_peers *peers = &node->peers;

	while (peers->leaving) {
		struct dm_peer *peer = peers->leaving;

		peers->leaving = peer->next;
		peer_free(node, peer);
	}
}

void dm_peers_fini(struct dm_node *node)
{
	struct dm_peers *peers = &node->peers;

	dm_peers_sweep(node);
	while (peers->first) {
		struct dm_peer *peer = peers->first;

		peers->first = peer->next;
		peer_free(node, peer);
	}
	dm_map_fini(&peers->by_name);
}

struct dm_peer *dm_peer_find(const struct dm_node *node, struct dm_bytes origin_host)
{
	return dm_map_get(&node->peers.by_name, origin_host);
}

static struct dm_peer **place_of(struct dm_peers *peers, struct dm_bytes origin_host)
{
	struct dm_peer **link = &peers->first;

	while (*link && dm_bytes_compare_folded((*link)->origin_host, origin_host) < 0)
		link = &(*link)->next;
	return link;
}

static void on_timer(struct dm_node *node, struct dm_node_timer *timer)
{
	struct dm_peer *peer = DM_NODE_TIMER_OWNER(timer, struct dm_peer, timer);
	struct dm_occasion occasion = { .why = "no answer came in time" };

	if (dm_peer_state_is_open(peer->state)) {
		occasion.why = "stopped before all its requests were done";
		dm_peer_event(node, peer, DM_PEER_EVENT_STOP, &occasion);
		return;
	}
	if (peer->state == DM_PEER_WAIT_CONN_ACK || peer->state == DM_PEER_WAIT_CONN_ACK_ELECT)
		occasion.why = "the dial was not answered in time";
	dm_peer_event(node, peer, DM_PEER_EVENT_TIMEOUT, &occasion);
}

struct dm_peer *dm_peer_new(struct dm_node *node, struct dm_bytes origin_host)
{
	struct dm_peers *peers = &node->peers;
	struct dm_peer *peer = calloc(1, sizeof(*peer) + origin_host.size);
	struct dm_peer **link;

	if (!peer || !dm_node_timers_reserve(node, PEER_TIMERS)) {
		free(peer);
		return NULL;
	}
	memcpy(peer->octets, origin_host.at, origin_host.size);
	peer->origin_host = dm_bytes_of(peer->octets, origin_host.size);
	if (dm_map_put(&peers->by_name, peer->origin_host, peer) < 0) {
		(void)dm_node_timers_reserve(node, -PEER_TIMERS);
		free(peer);
		return NULL;
	}
	link = place_of(peers, origin_host);
	peer->next = *link;
	*link = peer;
	peer->serial = ++peers->serial;
	peer->since = node->now;
	peer->timer.due = on_timer;
	peer->reconnect_wait = DM_FIRST_RECONNECT_WAIT;
	dm_hop_init(&peer->pending, (uint32_t)dm_node_random(node), node->config.pending_limit);
	dm_watchdog_init(node, peer, node->config.watchdog);
	return peer;
}

/* Out of the table at once, freed when no effect speaks of it any more. */
static void peer_forget(struct dm_node *node, struct dm_peer *peer)
{
	struct dm_peers *peers = &node->peers;
	struct dm_peer **link = place_of(peers, peer->origin_host);

	dm_map_remove(&peers->by_name, peer->origin_host);
	*link = peer->next;
	dm_node_cancel_timer(node, &peer->timer);
	dm_node_cancel_timer(node, &peer->watchdog.timer);
	peer->dials = false;
	peer->next = peers->leaving;
	peers->leaving = peer;
}

/* ---- the machine ---- */

static dm_time timeout_of(const struct dm_node *node, enum dm_peer_state state)
{
	switch (state) {
	case DM_PEER_WAIT_CONN_ACK:
	case DM_PEER_WAIT_I_CEA:
	case DM_PEER_WAIT_CONN_ACK_ELECT:
	case DM_PEER_WAIT_RETURNS:
		return node->now + node->config.connect_timeout;
	case DM_PEER_CLOSING:
		return node->now + node->config.closing_timeout;
	default:
		return DM_TIME_NEVER;
	}
}

/* The one place that writes the state. */
static void enter(struct dm_node *node, struct dm_peer *peer, enum dm_peer_state state,
                  const struct dm_occasion *occasion)
{
	struct dm_text reason;

	if (peer->state == state)
		return;
	peer->state = state;
	peer->since = node->now;
	dm_text_init(&reason, peer->reason, sizeof(peer->reason));
	dm_text_octets(&reason, dm_bytes_text(occasion->why));
	dm_node_set_timer(node, &peer->timer, timeout_of(node, state));
}

/* Capabilities are exchanged. */
static void opened(struct dm_node *node, struct dm_peer *peer)
{
	peer->on_hold = false;
	peer->stop_wanted = false;
	dm_watchdog_event(node, peer, DM_WATCHDOG_EVENT_CONNECTION_UP);
	if (node->stopping)
		dm_peer_stop(node, peer, peer->disconnect_cause);
}

static void no_longer_open(struct dm_node *node, struct dm_peer *peer)
{
	peer->stop_wanted = false;
	if (peer->watchdog.state == DM_WATCHDOG_OKAY || peer->watchdog.state == DM_WATCHDOG_SUSPECT)
		dm_turn_event(node, DM_EVENT_PEER_DOWN, peer->origin_host, 0, "%s", peer->reason);
}

static void closed(struct dm_node *node, struct dm_peer *peer, bool was_up)
{
	if (was_up)
		dm_watchdog_event(node, peer, DM_WATCHDOG_EVENT_CONNECTION_DOWN);
	else
		dm_watchdog_set(node, peer);
	dm_redirect_peer_down(node, peer);
	dm_failover(node, peer);
	if (peer->candidate) {
		dm_incoming_promote(node, peer);
		return;
	}
	if (!peer->configured || peer->forgotten)
		peer_forget(node, peer);
}

/* What a change of the state brings with it, after the row's actions. */
static void settle(struct dm_node *node, struct dm_peer *peer, enum dm_peer_state was)
{
	bool was_open = dm_peer_state_is_open(was);

	if (dm_peer_state_is_open(peer->state)) {
		opened(node, peer);
		return;
	}
	if (was_open)
		no_longer_open(node, peer);
	if (peer->state == DM_PEER_CLOSED)
		closed(node, peer, was_open || was == DM_PEER_CLOSING);
}

void dm_peer_event(struct dm_node *node, struct dm_peer *peer, enum dm_peer_event event,
                   const struct dm_occasion *occasion)
{
	const struct dm_peer_row *row = dm_peer_row(peer->state, event);
	enum dm_peer_state was = peer->state;

	if (!row)
		return;
	enter(node, peer, row->next, occasion);
	for (size_t i = 0; i < DM_PEER_ROW_ACTIONS && row->actions[i]; i++)
		dm_peer_act(node, peer, row->actions[i], occasion);
	/* An action may have brought the next event with it (Elect): then that one has settled. */
	if (was != row->next && peer->state == row->next)
		settle(node, peer, was);
}

/* ---- questions ---- */

bool dm_peer_is_usable(const struct dm_peer *peer)
{
	return dm_peer_row(peer->state, DM_PEER_EVENT_SEND_MESSAGE) &&
	       peer->watchdog.state == DM_WATCHDOG_OKAY && !peer->stop_wanted;
}

struct dm_connection *dm_peer_connection(const struct dm_peer *peer)
{
	if (peer->state < DM_PEER_R_OPEN)
		return NULL;
	return peer->initiator ? peer->initiator : peer->responder;
}

/* ---- stopping ---- */

static bool is_drained(const struct dm_peer *peer)
{
	return peer->pending.count == 0 && dm_peer_connection(peer)->in_work == 0;
}

void dm_peer_stop(struct dm_node *node, struct dm_peer *peer, uint32_t cause)
{
	struct dm_occasion occasion = { .why = "stopped by this node" };

	peer->disconnect_cause = cause;
	if (!dm_peer_state_is_open(peer->state) || is_drained(peer)) {
		dm_peer_event(node, peer, DM_PEER_EVENT_STOP, &occasion);
		return;
	}
	peer->stop_wanted = true;
	dm_node_set_timer(node, &peer->timer, node->now + node->config.closing_timeout);
}

void dm_peer_work_ended(struct dm_node *node, struct dm_peer *peer)
{
	struct dm_occasion occasion = { .why = "stopped by this node" };

	if (peer->stop_wanted && is_drained(peer))
		dm_peer_event(node, peer, DM_PEER_EVENT_STOP, &occasion);
}

void dm_peer_wanted(struct dm_node *node, struct dm_peer *peer)
{
	if (!peer->on_hold || peer->state != DM_PEER_CLOSED)
		return;
	peer->on_hold = false;
	if (node->now - peer->since >= node->config.reconnect)
		dm_watchdog_attempt_after(node, peer, 0);
	else
		dm_watchdog_attempt_after(node, peer,
		                          peer->since + node->config.reconnect - node->now);
}

/* ---- node.h ---- */

static bool is_host_name(struct dm_bytes name)
{
	return name.size > 0 && name.size <= DM_IDENTITY_ROOM && memchr(name.at, '.', name.size);
}

int dm_node_peer_add(struct dm_node *node, const struct dm_peer_config *config, dm_time now)
{
	struct dm_peer *peer;

	node->now = now;
	if (!is_host_name(config->origin_host) ||
	    dm_bytes_equal_folded(config->origin_host, node->config.origin_host))
		return -EINVAL;
	peer = dm_peer_find(node, config->origin_host);
	if (peer && (peer->configured || peer->forgotten))
		return -EEXIST;
	if (!peer)
		peer = dm_peer_new(node, config->origin_host);
	if (!peer)
		return -ENOMEM;
	peer->configured = true;
	peer->dials = config->connect;
	peer->inband = config->inband;
	if (config->watchdog)
		dm_watchdog_init(node, peer, config->watchdog);
	if (peer->state == DM_PEER_CLOSED)
		dm_watchdog_attempt_after(node, peer, 0);
	return 0;
}

int dm_node_peer_remove(struct dm_node *node, struct dm_bytes origin_host, dm_time now)
{
	struct dm_peer *peer = dm_peer_find(node, origin_host);

	node->now = now;
	if (!peer || peer->forgotten)
		return -ENOENT;
	peer->forgotten = true;
	peer->dials = false;
	if (peer->state == DM_PEER_CLOSED)
		peer_forget(node, peer);
	else
		dm_peer_stop(node, peer, DM_DISCONNECT_CAUSE_DO_NOT_WANT_TO_TALK_TO_YOU);
	return 0;
}
