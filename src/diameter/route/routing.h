/* SPDX-License-Identifier: Apache-2.0 */
/*
 * routing: what a node must know of a request to route it (RFC 6733 6.1), read in one pass over the
 * raw AVPs, whatever the command.
 */
#ifndef DM_ROUTE_ROUTING_H
#define DM_ROUTE_ROUTING_H

#include "diameter/codec/raw.h"

struct dm_routing {
	struct dm_bytes wire;
	struct dm_header header;
	struct dm_bytes session_id; /* all empty when absent */
	struct dm_bytes origin_host;
	struct dm_bytes destination_host;
	struct dm_bytes destination_realm;
	uint32_t origin_state_id;
	bool has_destination_host;
	bool has_destination_realm;
	bool has_route_record;
	bool has_proxy_info;
	bool looped; /* `own` is in a Route-Record */
	bool broken; /* an AVP's length is wrong */
};

void dm_routing_read(struct dm_routing *routing, struct dm_bytes wire, struct dm_bytes own);

/* True when `identity` is in a Route-Record (RFC 6733 6.1.7). */
bool dm_routing_passed(const struct dm_routing *routing, struct dm_bytes identity);

#endif
