/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The redirect agent (RFC 6733 2.8.3, 6.1.8; RFC 7075 3.2.1).
 */
#include "diameter/codec/syntax.h"
#include "diameter/node_private.h"

#include <errno.h>

#define DIVERSION_AVPS (DM_REDIRECT_LIMIT + 2)

static bool is_good_target(const struct dm_route_config *config, struct dm_bytes target)
{
	struct dm_uri uri;

	if (config->action == DM_ROUTE_REDIRECT_REALM)
		return dm_is_diameter_identity(target);
	return dm_uri_parse(target, &uri) && uri.protocol == DM_AAA_DIAMETER;
}

int dm_redirect_judge(const struct dm_route_config *config)
{
	if (config->action < DM_ROUTE_REDIRECT)
		return 0;
	if (config->peer_count > DM_REDIRECT_LIMIT ||
	    config->redirect_usage > DM_REDIRECT_HOST_USAGE_ALL_USER)
		return -EINVAL;
	for (size_t i = 0; i < config->peer_count; i++)
		if (!is_good_target(config, config->peers[i]))
			return -EINVAL;
	return 0;
}

/* What the redirect adds to an answer-message. */
struct diversion {
	struct dm_raw_avp avps[DIVERSION_AVPS];
	size_t count;
	uint8_t usage[4], cache_time[4]; /* behind their AVPs */
};

static void add(struct diversion *diversion, uint32_t code, struct dm_bytes data)
{
	diversion->avps[diversion->count++] = (struct dm_raw_avp){
		.code = code,
		.flags = code == DM_AVP_REDIRECT_REALM ? 0 : DM_AVP_FLAG_M,
		.data = data,
	};
}

static void divert(struct diversion *diversion, const struct dm_route *route)
{
	uint32_t code =
		route->action == DM_ROUTE_REDIRECT ? DM_AVP_REDIRECT_HOST : DM_AVP_REDIRECT_REALM;

	for (size_t i = 0; i < route->peer_count; i++)
		add(diversion, code, route->peers[i]);
	if (route->redirect_usage == DM_REDIRECT_HOST_USAGE_DONT_CACHE)
		return;
	dm_store_u32(diversion->usage, route->redirect_usage);
	dm_store_u32(diversion->cache_time, route->redirect_cache_time);
	add(diversion, DM_AVP_REDIRECT_HOST_USAGE, dm_bytes_of(diversion->usage, 4));
	add(diversion, DM_AVP_REDIRECT_MAX_CACHE_TIME, dm_bytes_of(diversion->cache_time, 4));
}

static void set_fault(struct dm_fault *fault, const struct dm_route *route,
                      const struct dm_routing *routing)
{
	bool hosts = route->action == DM_ROUTE_REDIRECT;
	char realm[160];
	struct dm_text text;

	dm_text_init(&text, realm, sizeof(realm));
	dm_text_octets(&text, routing->destination_realm);
	dm_fault_set(fault,
	             hosts ? DM_RESULT_DIAMETER_REDIRECT_INDICATION
	                   : DM_RESULT_DIAMETER_REALM_REDIRECT_INDICATION,
	             "Realm %s is served by %s", realm,
	             hosts ? "the Redirect-Host" : "the Redirect-Realm");
	fault->failed_avp = (struct dm_bytes){ 0 };
}

static void answer(struct dm_node *node, const struct dm_arrived *arrived,
                   const struct dm_route *route)
{
	struct diversion diversion = { .count = 0 };
	struct dm_raw_edit edit = { .append = diversion.avps };
	struct dm_fault fault;

	divert(&diversion, route);
	edit.append_count = diversion.count;
	set_fault(&fault, route, &arrived->routing);
	dm_writer_reset(&node->scratch);
	if (dm_encode_fault(node->dictionary, &node->identity, arrived->routing.wire, &fault,
	                    node->config.origin_host, &node->scratch) < 0)
		return;
	(void)dm_raw_rewrite(dm_writer_written(&node->scratch), &edit,
	                     dm_connection_output(node, arrived->connection));
	dm_connection_written(node, arrived->connection);
	arrived->peer->answers_out++;
}

const struct dm_route *dm_redirect_route(const struct dm_node *node,
                                         const struct dm_routing *routing)
{
	const struct dm_route *route;
	bool known;

	if (routing->has_destination_host && dm_peer_find(node, routing->destination_host))
		return NULL;
	route = dm_realm_table_find(&node->realms, routing->destination_realm,
	                            routing->header.application_id, &known);
	return route && route->action >= DM_ROUTE_REDIRECT ? route : NULL;
}

bool dm_redirect_answer(struct dm_node *node, const struct dm_arrived *arrived)
{
	const struct dm_route *route = dm_redirect_route(node, &arrived->routing);

	if (route)
		answer(node, arrived, route);
	return route != NULL;
}
