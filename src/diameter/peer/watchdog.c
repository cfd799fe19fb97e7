/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The watchdog of RFC 3539 at work: runs the rows of watchdog_machine.c for one peer.
 *
 * Every message moves Tw on. The timer in the heap is not moved with it: it rings at the old time,
 * sees that Tw is not over yet, and is set again; so a message costs no heap operation.
 */
#include "diameter/node_private.h"

#define JITTER (2 * DM_SECOND) /* RFC 3539 3.4.1 */

static void on_timer(struct dm_node *node, struct dm_node_timer *timer)
{
	struct dm_peer *peer = DM_NODE_TIMER_OWNER(timer, struct dm_peer, watchdog.timer);

	if (peer->state == DM_PEER_CLOSING)
		return; /* the closing timer governs what is left */
	if (peer->watchdog.state == DM_WATCHDOG_OKAY)
		peer->reconnect_wait = DM_FIRST_RECONNECT_WAIT; /* it lived for a while */
	if (peer->watchdog.deadline > node->now) {
		dm_node_set_timer(node, timer, peer->watchdog.deadline);
		return;
	}
	dm_watchdog_event(node, peer, DM_WATCHDOG_EVENT_TIMER);
}

void dm_watchdog_init(struct dm_node *node, struct dm_peer *peer, dm_time interval)
{
	(void)node;
	peer->watchdog.interval = interval < DM_WATCHDOG_LEAST ? DM_WATCHDOG_LEAST : interval;
	peer->watchdog.timer.due = on_timer;
}

static void set_deadline(struct dm_node *node, struct dm_peer *peer, dm_time deadline)
{
	struct dm_watchdog *watchdog = &peer->watchdog;

	watchdog->deadline = deadline;
	if (!watchdog->timer.timer.place || watchdog->timer.timer.deadline > deadline)
		dm_node_set_timer(node, &watchdog->timer, deadline);
}

void dm_watchdog_attempt_after(struct dm_node *node, struct dm_peer *peer, dm_time wait)
{
	if (!peer->dials || peer->on_hold || node->stopping) {
		dm_node_cancel_timer(node, &peer->watchdog.timer);
		return;
	}
	set_deadline(node, peer, node->now + wait);
}

/* RFC 6733 2.1: Tc; sooner at first, then doubling up to it, so that a short break is short. */
static void set_attempt(struct dm_node *node, struct dm_peer *peer)
{
	dm_time longest = node->config.reconnect;
	dm_time wait = peer->reconnect_wait;

	dm_watchdog_attempt_after(node, peer, wait + dm_node_jitter(node, wait / 10));
	if (peer->reconnect_wait < longest)
		peer->reconnect_wait = wait * 2 < longest ? wait * 2 : longest;
	else
		peer->reconnect_wait = longest; /* after BUSY, once more than Tc */
}

void dm_watchdog_set(struct dm_node *node, struct dm_peer *peer)
{
	enum dm_watchdog_state state = peer->watchdog.state;

	if (state == DM_WATCHDOG_INITIAL || state == DM_WATCHDOG_DOWN) {
		set_attempt(node, peer);
		return;
	}
	set_deadline(node, peer,
	             node->now + peer->watchdog.interval + dm_node_jitter(node, JITTER));
}

void dm_send_dwr(struct dm_node *node, struct dm_peer *peer)
{
	struct dm_connection *connection = dm_peer_connection(peer);
	struct dm_header header = { .hop_by_hop_id = dm_hop_pass(&peer->pending),
		                    .end_to_end_id = node->end_to_end_id++ };
	struct dm_dwr dwr = {
		.has.origin_state_id = node->config.origin_state_id != 0,
		.origin_host = node->config.origin_host,
		.origin_realm = node->config.origin_realm,
		.origin_state_id = node->config.origin_state_id,
	};

	connection->hop_by_hop_id = header.hop_by_hop_id;
	(void)dm_encode(node->dictionary, &dm_command_dwr, &header, &dwr,
	                dm_connection_output(node, connection));
	dm_connection_written(node, connection);
}

static void close_connection(struct dm_node *node, struct dm_peer *peer)
{
	struct dm_connection *connection = dm_peer_connection(peer);

	/* Abortively: what waits there to be acknowledged never will be. When the connection is
	 * gone, its loss is what led here. */
	if (connection)
		dm_end_connection(node, connection, true, "no watchdog answer (RFC 3539)");
}

static void attempt_open(struct dm_node *node, struct dm_peer *peer)
{
	struct dm_occasion occasion = { .why = "dialling" };

	dm_peer_event(node, peer, DM_PEER_EVENT_START, &occasion);
}

static void act(struct dm_node *node, struct dm_peer *peer, enum dm_watchdog_action action)
{
	struct dm_watchdog_variables *variables = &peer->watchdog.variables;

	switch (action) {
	case DM_WATCHDOG_ACTION_CLEAR_PENDING:
	case DM_WATCHDOG_ACTION_SET_PENDING:
		variables->pending = action == DM_WATCHDOG_ACTION_SET_PENDING;
		return;
	case DM_WATCHDOG_ACTION_SET_WATCHDOG:
		dm_watchdog_set(node, peer);
		return;
	case DM_WATCHDOG_ACTION_SEND_WATCHDOG:
		dm_send_dwr(node, peer);
		return;
	case DM_WATCHDOG_ACTION_FAILOVER:
		dm_failover(node, peer);
		return;
	case DM_WATCHDOG_ACTION_CLOSE_CONNECTION:
		close_connection(node, peer);
		return;
	case DM_WATCHDOG_ACTION_ATTEMPT_OPEN:
		attempt_open(node, peer);
		return;
	case DM_WATCHDOG_ACTION_COUNT_DWA:
		variables->num_dwa++;
		return;
	case DM_WATCHDOG_ACTION_NUM_DWA_ZERO:
	case DM_WATCHDOG_ACTION_NUM_DWA_MINUS_ONE:
		variables->num_dwa = action == DM_WATCHDOG_ACTION_NUM_DWA_ZERO ? 0 : -1;
		return;
	case DM_WATCHDOG_ACTION_FAILBACK:  /* routing asks dm_peer_is_usable each time */
	case DM_WATCHDOG_ACTION_THROWAWAY: /* receive.c sees it in the row */
	default:
		return;
	}
}

static void tell(struct dm_node *node, struct dm_peer *peer, enum dm_watchdog_state was)
{
	uint32_t state_id = peer->capabilities.origin_state_id;

	if (peer->watchdog.state == DM_WATCHDOG_SUSPECT)
		dm_turn_event(node, DM_EVENT_PEER_SUSPECT, peer->origin_host, 0,
		              "no watchdog answer: requests go elsewhere (RFC 3539)");
	if (peer->watchdog.state != DM_WATCHDOG_OKAY)
		return;
	dm_turn_state_event(node, DM_EVENT_PEER_UP, peer->origin_host, state_id, "%s",
	                    was == DM_WATCHDOG_SUSPECT  ? "answers again"
	                    : was == DM_WATCHDOG_REOPEN ? "open again, three watchdogs answered"
	                                                : "open");
	dm_redirect_peer_up(node, peer);
}

const struct dm_watchdog_row *dm_watchdog_event(struct dm_node *node, struct dm_peer *peer,
                                                enum dm_watchdog_event event)
{
	enum dm_watchdog_state was = peer->watchdog.state;
	const struct dm_watchdog_row *row = dm_watchdog_row(was, event, &peer->watchdog.variables);

	peer->watchdog.state = row->next;
	for (size_t i = 0; i < DM_WATCHDOG_ROW_ACTIONS && row->actions[i]; i++)
		act(node, peer, row->actions[i]);
	if (was != row->next)
		tell(node, peer, was);
	return row;
}
