/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arrival: a request that came in, on its way through this folder (RFC 6733 6.1.3 to 6.1.9).
 */
#ifndef DM_ROUTE_ARRIVAL_H
#define DM_ROUTE_ARRIVAL_H

#include "diameter/route/routing.h"

struct dm_node;
struct dm_peer;
struct dm_connection;

struct dm_arrived {
	struct dm_peer *peer;
	struct dm_connection *connection;
	struct dm_routing routing;
};

/* Requests and answers of applications; from the peer machine. */
void dm_message_arrived(struct dm_node *node, struct dm_peer *peer,
                        struct dm_connection *connection, struct dm_bytes wire);
void dm_answer_arrived(struct dm_node *node, struct dm_peer *peer, struct dm_bytes wire);

/* For us (local.c), or for another node (forward.c). */
void dm_deliver(struct dm_node *node, const struct dm_arrived *arrived);
void dm_forward(struct dm_node *node, const struct dm_arrived *arrived);

/* Why a request is not looked at, or, where it is not for this node, goes no further; 0: it is, it
 * does. */
uint32_t dm_why_refuse(const struct dm_node *node, const struct dm_routing *routing,
                       const char **why);
uint32_t dm_why_not_forward(const struct dm_node *node, const struct dm_routing *routing,
                            const char **why);
#define DM_NOT_SERVED "Application %u is not served here" /* 3007 */

/* Whether the service sees it on its way: by its route; what is for our own realm and has none is
 * shown where anything is, as the service may send it further (a decorated NAI, RFC 5729). */
bool dm_is_shown(const struct dm_node *node, const struct dm_routing *routing);

/* The answer of this node to a request that goes no further. */
void dm_refuse(struct dm_node *node, const struct dm_arrived *arrived,
               const struct dm_fault *fault);
void dm_refuse_with(struct dm_node *node, const struct dm_arrived *arrived, uint32_t result_code,
                    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Moves what waits for this peer to others (failover.c). */
void dm_failover(struct dm_node *node, struct dm_peer *peer);

/* An Origin-State-Id was seen, 0: none (origins.c). */
void dm_origin_seen(struct dm_node *node, struct dm_bytes host, uint32_t state_id);
void dm_origins_fini(struct dm_node *node);

#endif
