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

struct dm_choice {
	struct dm_peer *peer;
	const struct dm_route *route; /* NULL: none was needed */
	struct dm_peer *wanted;       /* passed over because it is on hold (dm_peer_wanted) */
};

/* `transaction` NULL: no peer was tried and none is the source. False: `fault` says why. */
bool dm_choose(const struct dm_node *node, const struct dm_routing *routing,
               const struct dm_transaction *transaction, struct dm_choice *choice,
               struct dm_fault *fault);

/* The same for one peer. */
bool dm_choose_fits(const struct dm_node *node, const struct dm_routing *routing,
                    const struct dm_transaction *transaction, struct dm_peer *peer,
                    struct dm_fault *fault);

bool dm_was_tried(const struct dm_transaction *transaction, const struct dm_peer *peer);

/* Whether the request is for this node itself (RFC 6733 6.1.4). */
bool dm_is_local(const struct dm_node *node, const struct dm_routing *routing);

#endif
