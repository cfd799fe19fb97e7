/* SPDX-License-Identifier: Apache-2.0 */
/*
 * choose: where a request goes next (RFC 6733 6.1.4 to 6.1.7).
 *
 *	Destination-Host names a peer: that peer and no other
 *	a redirect says where requests like it go, in the order of RFC 6733 6.13
 *	a route of the realm table: the first of its peers that can take it
 *	no route: a peer whose own realm this is, configured ones first
 *	a redirect says where what goes to this peer is to go (ALL_HOST)
 *
 * Peers that are not open, do not announce the application, have seen the request (Route-Record) or
 * were tried are passed over; the fault names the reason of the first one.
 */
#ifndef DM_ROUTE_CHOOSE_H
#define DM_ROUTE_CHOOSE_H

#include "diameter/route/realm.h"
#include "diameter/route/routing.h"

struct dm_transaction;
struct dm_peer;

/* By which rule a peer was chosen, or would have been. */
enum dm_rule { DM_RULE_HOST, DM_RULE_REDIRECT, DM_RULE_ROUTE, DM_RULE_NEIGHBOUR };

struct dm_choice {
	struct dm_peer *peer;
	enum dm_rule rule;
	uint32_t usage;               /* REDIRECT: the Redirect-Host-Usage */
	const struct dm_route *route; /* NULL: none was needed */
	struct dm_peer *wanted;       /* passed over because it is on hold (dm_peer_wanted) */
};

/* Told of every peer that is passed over. */
struct dm_passed_over {
	void (*tell)(void *context, struct dm_bytes peer, const char *why);
	void *context;
};

/* `transaction` NULL: no peer was tried and none is the source. False: `fault` says why. */
bool dm_choose(const struct dm_node *node, const struct dm_routing *routing,
               const struct dm_transaction *transaction, struct dm_choice *choice,
               struct dm_fault *fault);

/* The same, for a request from the peer `source` (NULL: from nobody); nothing is changed. */
bool dm_choose_aloud(const struct dm_node *node, const struct dm_routing *routing,
                     const struct dm_peer *source, const struct dm_passed_over *passed_over,
                     struct dm_choice *choice, struct dm_fault *fault);

/* The same for one peer. */
bool dm_choose_fits(const struct dm_node *node, const struct dm_routing *routing,
                    const struct dm_transaction *transaction, struct dm_peer *peer,
                    struct dm_fault *fault);

bool dm_was_tried(const struct dm_transaction *transaction, const struct dm_peer *peer);

/* Why the request is for this node itself (RFC 6733 6.1.4), in words; NULL: it is not. */
const char *dm_local_rule(const struct dm_node *node, const struct dm_routing *routing);

#endif
