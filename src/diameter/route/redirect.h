/* SPDX-License-Identifier: Apache-2.0 */
/*
 * redirect: requests that another host, or another realm, is to have (RFC 6733 6.1.8, RFC 7075).
 *
 * The agent (redirect_answer.c): a route of action REDIRECT answers 3006 with its Redirect-Hosts,
 * one of action REDIRECT_REALM answers 3011 with its Redirect-Realms; nothing is forwarded and
 * nothing remembered.
 *
 * The client (redirect_follow.c): an answer 3006 sends the same request to one of its hosts, in
 * their order; where that is no peer it is dialled, and the request waits for it. An answer 3011
 * sends it to another realm. What can not be followed ends with 3002, what comes back to where it
 * was with 3005 (RT25).
 *
 * The cache (redirect_cache.c): what a Redirect-Host-Usage says of further requests, for
 * Redirect-Max-Cache-Time; it ends when the connection to its host does (RFC 6733 6.14).
 *
 * Limits: DM_REDIRECT_HOPS redirects of one request, entries of the cache (the oldest goes), hosts
 * dialled and requests waiting for them.
 */
#ifndef DM_ROUTE_REDIRECT_H
#define DM_ROUTE_REDIRECT_H

#include "base/map.h"
#include "diameter/node_timer.h"
#include "diameter/route/arrival.h"

#define DM_REDIRECT_HOPS    3
#define DM_REDIRECT_PEERS   64   /* hosts that are peers only because a redirect named them */
#define DM_REDIRECT_WAITING 1024 /* requests that wait for these to be open */
#define DM_REDIRECT_USAGES  7

struct dm_redirect;
struct dm_redirect_waiter;
struct dm_route_config;
struct dm_transaction;

struct dm_redirects {
	uint32_t count; /* entries of the cache; 0: routing need not look into it */
	struct dm_map by_usage[DM_REDIRECT_USAGES]; /* key -> struct dm_redirect */
	struct dm_map realms;                /* application and realm -> struct dm_redirect */
	struct dm_redirect *oldest, *newest; /* owned list */
	struct dm_redirect_waiter *waiting, **waiting_end; /* owned list */
	uint32_t waiting_count;
	uint32_t dialled;           /* peers that only redirects named */
	struct dm_node_timer timer; /* looks for those of them that nobody needs */
	bool timed;                 /* room for the timer is reserved */
};

void dm_redirects_init(struct dm_node *node);
void dm_redirects_fini(struct dm_node *node);

/* ---- the agent ---- */

/* 0, or -EINVAL: a redirect route whose hosts are no DiameterURIs or whose realms are no names, too
 * many of them, or a usage that is none. */
int dm_redirect_judge(const struct dm_route_config *config);

/* The answer of a redirect agent. False: the route of this request is no redirect, or its
 * Destination-Host is a neighbour (RFC 6733 6.1.5 comes before 6.1.8). */
bool dm_redirect_answer(struct dm_node *node, const struct dm_arrived *arrived);

/* The redirect route that such a request takes; NULL: it takes none. */
const struct dm_route *dm_redirect_route(const struct dm_node *node,
                                         const struct dm_routing *routing);

/* ---- the client ---- */

/* An error answer came. True: it was a redirect and is followed, or the request ended. */
bool dm_redirect_follow(struct dm_node *node, struct dm_transaction *transaction,
                        struct dm_bytes answer);

/* 3011. False: no realm of it can be had, or this node does not change realms. */
bool dm_redirect_follow_realm(struct dm_node *node, struct dm_transaction *transaction,
                              struct dm_bytes answer);

/* A request of which a cached 3011 says that another realm is to have it gets that realm. */
void dm_redirect_realm(struct dm_node *node, struct dm_transaction *transaction);

/* A peer can take requests, or its connection is gone. */
void dm_redirect_peer_up(struct dm_node *node, struct dm_peer *peer);
void dm_redirect_peer_down(struct dm_node *node, struct dm_peer *peer);
void dm_redirect_waiting_fini(struct dm_node *node);

/* The value of an Unsigned32 or Enumerated AVP of an answer; 0 without it. */
uint32_t dm_redirect_number(struct dm_bytes answer, uint32_t code);

/* ---- the cache ---- */

/* An indication as it is kept. */
struct dm_indication {
	uint32_t usage;           /* not DONT_CACHE */
	uint32_t seconds;         /* Redirect-Max-Cache-Time */
	struct dm_bytes reporter; /* ALL_HOST: who redirected */
	struct dm_bytes to;       /* the host, or the realm */
	bool realm;               /* 3011 */
};

/* Without memory it is not kept. */
void dm_redirect_keep(struct dm_node *node, const struct dm_routing *routing,
                      const struct dm_indication *indication);

/* The usages in the order of RFC 6733 6.13, ended by DONT_CACHE; ALL_HOST, the last of them, is
 * asked with the host that a request would be sent to. */
extern const uint32_t dm_redirect_precedence[DM_REDIRECT_USAGES];

/* Where requests like this one are to be sent; empty: nothing is cached. */
struct dm_bytes dm_redirect_find(const struct dm_node *node, uint32_t usage,
                                 const struct dm_routing *routing, struct dm_bytes host);
struct dm_bytes dm_redirect_find_realm(const struct dm_node *node,
                                       const struct dm_routing *routing);

/* Forgets what leads to this host. */
void dm_redirect_forget(struct dm_node *node, struct dm_bytes host);
/* True when something leads there. */
bool dm_redirect_leads_to(const struct dm_node *node, struct dm_bytes host);

#endif
