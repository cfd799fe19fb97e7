/* SPDX-License-Identifier: Apache-2.0 */
#include "diameter/route/choose.h"

#include "diameter/node_private.h"

/* One search: what is asked, and what was found so far. */
struct search {
	const struct dm_node *node;
	const struct dm_routing *routing;
	const struct dm_transaction *transaction;
	dm_conn source;
	struct dm_peer *wanted;
	enum dm_rule rule; /* that the peer found is there by */
	uint32_t usage;
	const struct dm_passed_over *passed_over; /* NULL: nobody asks */
	bool busy;     /* a peer was passed over only because it has too much to do */
	char why[192]; /* the first reason */
};

const char *dm_local_rule(const struct dm_node *node, const struct dm_routing *routing)
{
	const struct dm_route *route;
	bool known;

	if (routing->has_destination_host)
		return dm_bytes_equal_folded(routing->destination_host, node->config.origin_host)
		               ? "the Destination-Host is this node"
		               : NULL;
	if (!routing->has_destination_realm)
		return "there is neither Destination-Host nor Destination-Realm";
	if (dm_bytes_equal_folded(routing->destination_realm, node->config.origin_realm) &&
	    (dm_node_serves(node, routing->header.application_id) ||
	     routing->header.application_id == 0 || !node->forwards))
		return "the Destination-Realm is this node's";
	route = dm_realm_table_find(&node->realms, routing->destination_realm,
	                            routing->header.application_id, &known);
	return route && route->action == DM_ROUTE_LOCAL ? "the route to the realm is local" : NULL;
}

bool dm_was_tried(const struct dm_transaction *transaction, const struct dm_peer *peer)
{
	for (size_t i = 0; transaction && i < transaction->tried_count; i++)
		if (transaction->tried[i] == peer->serial)
			return true;
	return false;
}

static bool is_source(const struct search *search, const struct dm_peer *peer)
{
	const struct dm_connection *connection = dm_peer_connection(peer);

	return connection && connection->id == search->source;
}

static void reason(struct search *search, struct dm_bytes peer, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void reason(struct search *search, struct dm_bytes peer, const char *format, ...)
{
	char why[sizeof(search->why)];
	struct dm_text text;
	va_list list;

	if (search->why[0] && !search->passed_over)
		return;
	dm_text_init(&text, search->why[0] ? why : search->why, sizeof(why));
	va_start(list, format);
	dm_text_add_list(&text, format, list);
	va_end(list);
	if (search->passed_over)
		search->passed_over->tell(search->passed_over->context, peer, text.at);
}

static const char *state_text(const struct dm_peer *peer)
{
	return dm_peer_state_is_open(peer->state) ? dm_watchdog_state_name(peer->watchdog.state)
	                                          : dm_peer_state_name(peer->state);
}

/* Whether this peer can take it. */
static bool can_take(struct search *search, struct dm_peer *peer)
{
	const char *name = (const char *)peer->origin_host.at;
	int size = (int)peer->origin_host.size;
	uint32_t application_id = search->routing->header.application_id;

	if (dm_was_tried(search->transaction, peer))
		return false;
	if (is_source(search, peer)) {
		reason(search, peer->origin_host, "the request came from peer %.*s", size, name);
		return false;
	}
	if (!dm_peer_is_usable(peer)) {
		reason(search, peer->origin_host, "peer %.*s is not open (%s%s%s)", size, name,
		       state_text(peer), peer->reason[0] ? ": " : "", peer->reason);
		if (peer->on_hold && !search->wanted)
			search->wanted = peer;
		return false;
	}
	if (!dm_capabilities_serve(&peer->capabilities, application_id)) {
		reason(search, peer->origin_host, "peer %.*s does not announce application %u",
		       size, name, application_id);
		return false;
	}
	if (dm_routing_passed(search->routing, peer->origin_host)) {
		reason(search, peer->origin_host, "peer %.*s has seen the request already", size,
		       name);
		return false;
	}
	if (peer->pending.count < search->node->config.pending_limit)
		return true;
	search->busy = true;
	reason(search, peer->origin_host, "%u requests wait for peer %.*s already",
	       peer->pending.count, size, name);
	return false;
}

static struct dm_peer *first_of_route(struct search *search, const struct dm_route *route)
{
	if (route->action >= DM_ROUTE_REDIRECT) {
		reason(search, route->realm, "its route is a redirect, for requests of others");
		return NULL;
	}
	for (size_t i = 0; i < route->peer_count; i++) {
		struct dm_peer *peer = dm_peer_find(search->node, route->peers[i]);

		if (peer && can_take(search, peer))
			return peer;
		if (!peer)
			reason(search, route->peers[i], "no peer %.*s is connected",
			       (int)route->peers[i].size, (const char *)route->peers[i].at);
	}
	return NULL;
}

/* A peer in the realm itself; *known: there is one, whether or not it can take it. */
static struct dm_peer *neighbour(struct search *search, bool configured, bool *known)
{
	struct dm_bytes realm = search->routing->destination_realm;

	for (struct dm_peer *peer = search->node->peers.first; peer; peer = peer->next) {
		if (peer->configured != configured ||
		    !dm_bytes_equal_folded(dm_capabilities_realm(&peer->capabilities), realm))
			continue;
		*known = true;
		if (can_take(search, peer))
			return peer;
	}
	return NULL;
}

static struct dm_peer *by_realm(struct search *search, struct dm_choice *choice, bool *known)
{
	const struct dm_routing *routing = search->routing;
	struct dm_peer *peer;

	choice->route = dm_realm_table_find(&search->node->realms, routing->destination_realm,
	                                    routing->header.application_id, known);
	search->rule = choice->route ? DM_RULE_ROUTE : DM_RULE_NEIGHBOUR;
	if (choice->route) {
		*known = true;
		return first_of_route(search, choice->route);
	}
	*known |= dm_bytes_equal_folded(routing->destination_realm,
	                                search->node->config.origin_realm);
	peer = neighbour(search, true, known);
	return peer ? peer : neighbour(search, false, known);
}

/* Where a cached redirect leads (RFC 6733 6.13). */
static struct dm_peer *redirected(struct search *search, const struct dm_peer *chosen)
{
	const struct dm_node *node = search->node;

	for (const uint32_t *usage = dm_redirect_precedence; *usage; usage++) {
		bool is_last = *usage == DM_REDIRECT_HOST_USAGE_ALL_HOST;
		struct dm_bytes host = { 0 };
		struct dm_peer *peer;

		if (is_last == (chosen != NULL))
			host = dm_redirect_find(node, *usage, search->routing,
			                        chosen ? chosen->origin_host : host);
		peer = host.size ? dm_peer_find(node, host) : NULL;
		if (!peer || !can_take(search, peer))
			continue;
		search->rule = DM_RULE_REDIRECT;
		search->usage = *usage;
		return peer;
	}
	return NULL;
}

static void follow_host(struct search *search, struct dm_choice *choice)
{
	struct dm_peer *peer = redirected(search, choice->peer);

	if (peer)
		choice->peer = peer;
}

static bool undeliverable(const struct search *search, bool known, struct dm_fault *fault)
{
	const struct dm_routing *routing = search->routing;
	char room[160];
	struct dm_text realm;

	dm_text_init(&realm, room, sizeof(room));
	dm_text_octets(&realm, routing->destination_realm);
	if (!known)
		dm_fault_set(fault, DM_RESULT_DIAMETER_REALM_NOT_SERVED,
		             "No route to realm %s is known", room);
	else if (search->busy)
		dm_fault_set(fault, DM_RESULT_DIAMETER_TOO_BUSY, "Realm %s: %s", room, search->why);
	else
		dm_fault_set(fault, DM_RESULT_DIAMETER_UNABLE_TO_DELIVER,
		             "Realm %s, application %u: %s", room, routing->header.application_id,
		             search->why[0] ? search->why : "no peer is left to try");
	fault->failed_avp = (struct dm_bytes){ 0 };
	return false;
}

static bool no_realm(const struct dm_routing *routing, struct dm_fault *fault)
{
	(void)routing;
	dm_fault_set(fault, DM_RESULT_DIAMETER_UNABLE_TO_DELIVER,
	             "There is a Destination-Host but no Destination-Realm");
	fault->failed_avp = (struct dm_bytes){ 0 };
	return false;
}

/* The search is set up; its source is known. */
static bool choose(struct search *search, struct dm_choice *choice, struct dm_fault *fault)
{
	const struct dm_routing *routing = search->routing;
	const struct dm_node *node = search->node;
	struct dm_peer *peer = NULL;
	bool known = true;

	*choice = (struct dm_choice){ 0 };
	if (routing->has_destination_host && !routing->has_destination_realm)
		return no_realm(routing, fault);
	if (routing->has_destination_host)
		peer = dm_peer_find(node, routing->destination_host);
	if (peer)
		choice->peer = can_take(search, peer) ? peer : NULL;
	else if (node->redirects.count)
		choice->peer = redirected(search, NULL);
	if (!peer && !choice->peer)
		choice->peer = by_realm(search, choice, &known);
	if (node->redirects.count && choice->peer)
		follow_host(search, choice);
	choice->rule = search->rule;
	choice->usage = search->usage;
	choice->wanted = search->wanted;
	return choice->peer || undeliverable(search, known, fault);
}

bool dm_choose(const struct dm_node *node, const struct dm_routing *routing,
               const struct dm_transaction *transaction, struct dm_choice *choice,
               struct dm_fault *fault)
{
	struct search search = {
		.node = node,
		.routing = routing,
		.transaction = transaction,
		.source = transaction ? transaction->source.conn : 0,
	};

	return choose(&search, choice, fault);
}

bool dm_choose_aloud(const struct dm_node *node, const struct dm_routing *routing,
                     const struct dm_peer *source, const struct dm_passed_over *passed_over,
                     struct dm_choice *choice, struct dm_fault *fault)
{
	const struct dm_connection *connection = source ? dm_peer_connection(source) : NULL;
	struct search search = {
		.node = node,
		.routing = routing,
		.passed_over = passed_over,
		.source = connection ? connection->id : 0,
	};

	return choose(&search, choice, fault);
}

bool dm_choose_fits(const struct dm_node *node, const struct dm_routing *routing,
                    const struct dm_transaction *transaction, struct dm_peer *peer,
                    struct dm_fault *fault)
{
	struct search search = {
		.node = node,
		.routing = routing,
		.transaction = transaction,
		.source = transaction ? transaction->source.conn : 0,
	};

	return can_take(&search, peer) || undeliverable(&search, true, fault);
}

bool dm_node_reaches(const struct dm_node *node, struct dm_bytes realm, struct dm_bytes host,
                     uint32_t application_id)
{
	struct dm_routing routing = {
		.header.application_id = application_id,
		.destination_host = host,
		.destination_realm = realm,
		.has_destination_host = host.size > 0,
		.has_destination_realm = true,
	};
	struct dm_choice choice;
	struct dm_fault fault;

	return dm_choose(node, &routing, NULL, &choice, &fault);
}
