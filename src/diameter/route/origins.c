/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Origin-State-Id (RFC 6733 8.16): a value larger than the last one of the same Origin-Host says
 * that this host has lost its sessions, whether it is a peer or far away behind relays (SE18).
 *
 * Limit: ORIGIN_LIMIT hosts; what comes after them is not watched.
 */
#include "diameter/node_private.h"

#include <stdlib.h>

#define ORIGIN_LIMIT 65536

struct dm_origin {
	struct dm_bytes host; /* owned: behind the struct */
	uint32_t state_id;
	uint8_t octets[];
};

static void origin_add(struct dm_node *node, struct dm_bytes host, uint32_t state_id)
{
	struct dm_origin *origin;

	if (node->origins.count >= ORIGIN_LIMIT)
		return;
	origin = malloc(sizeof(*origin) + host.size);
	if (!origin)
		return;
	memcpy(origin->octets, host.at, host.size);
	origin->host = dm_bytes_of(origin->octets, host.size);
	origin->state_id = state_id;
	if (dm_map_put(&node->origins, origin->host, origin) < 0)
		free(origin);
}

/* Most requests come from the host that the one before came from. */
static struct dm_origin *find(struct dm_node *node, struct dm_bytes host)
{
	struct dm_origin *last = node->last_origin;

	if (last && dm_bytes_equal(last->host, host))
		return last;
	node->last_origin = dm_map_get(&node->origins, host);
	return node->last_origin;
}

void dm_origin_seen(struct dm_node *node, struct dm_bytes host, uint32_t state_id)
{
	struct dm_origin *origin;

	if (state_id == 0 || host.size == 0)
		return; /* "do not infer" */
	origin = find(node, host);
	if (!origin) {
		origin_add(node, host, state_id);
		return;
	}
	if (state_id > origin->state_id)
		dm_turn_state_event(node, DM_EVENT_PEER_RESTARTED, host, state_id,
		                    "its Origin-State-Id grew from %u to %u: its sessions are lost",
		                    origin->state_id, state_id);
	else if (state_id < origin->state_id)
		dm_turn_event(node, DM_EVENT_FAULT, host, 0,
		              "its Origin-State-Id went back from %u to %u", origin->state_id,
		              state_id);
	origin->state_id = state_id;
}

static void origin_free(void *value, void *context)
{
	(void)context;
	free(value);
}

void dm_origins_fini(struct dm_node *node)
{
	dm_map_each(&node->origins, origin_free, NULL);
	dm_map_fini(&node->origins);
}
