/* SPDX-License-Identifier: Apache-2.0 */
/*
 * redirect: requests that another host, or another realm, is to have (RFC 6733 6.1.8, RFC 7075).
 *
 * The agent: a route of action REDIRECT answers 3006 with its Redirect-Hosts, one of action
 * REDIRECT_REALM answers 3011 with its Redirect-Realms; nothing is forwarded and nothing
 * remembered.
 */
#ifndef DM_ROUTE_REDIRECT_H
#define DM_ROUTE_REDIRECT_H

#include "diameter/route/arrival.h"

struct dm_route_config;

/* 0, or -EINVAL: a redirect route whose hosts are no DiameterURIs or whose realms are no names, too
 * many of them, or a usage that is none. */
int dm_redirect_judge(const struct dm_route_config *config);

/* The answer of a redirect agent. False: the route of this request is no redirect, or its
 * Destination-Host is a neighbour (RFC 6733 6.1.5 comes before 6.1.8). */
bool dm_redirect_answer(struct dm_node *node, const struct dm_arrived *arrived);

#endif
