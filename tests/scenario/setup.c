/* SPDX-License-Identifier: Apache-2.0 */
/* The commands that make nodes, peers and routes. */
#include "scenario.h"

/* ---- setting up ---- */

dm_time command_duration(struct scenario *s, const char *key)
{
	const char *word = scenario_option(s, key);

	return word ? scenario_duration(s, word) : 0;
}

uint32_t command_number(struct scenario *s, const char *key)
{
	const char *word = scenario_option(s, key);

	return word ? (uint32_t)scenario_number(s, word) : 0;
}

/* Every `app N` of the line. */
static size_t applications(struct scenario *s, uint32_t *out, size_t room)
{
	size_t count = 0;

	for (size_t i = 4; i + 1 < s->word_count && count < room; i++)
		if (strcmp(s->words[i], "app") == 0)
			out[count++] = (uint32_t)scenario_number(s, s->words[i + 1]);
	return count;
}

void setup_node(struct scenario *s)
{
	static const uint8_t loopback[16] = { [15] = 1 };
	struct dm_address address = { DM_ADDRESS_IPV6, dm_bytes_of(loopback, 16) };
	uint32_t apps[8];
	const char *identity = scenario_word(s, 2, "an identity");
	struct place *place = world_add(s, scenario_word(s, 1, "a name"), identity);
	const char *why = "out of memory";
	struct dm_node_config config = {
		.origin_host = dm_bytes_text(identity),
		.origin_realm = dm_bytes_text(scenario_word(s, 3, "a realm")),
		.product_name = DM_BYTES_LITERAL("Homeward"),
		.origin_state_id =
			scenario_option(s, "state-id") ? command_number(s, "state-id") : 1,
		.host_ip_addresses = &address,
		.host_ip_address_count = 1,
		.auth_applications = apps,
		.auth_application_count = applications(s, apps, 8),
		.relay = scenario_flag(s, "relay"),
		.strict = scenario_flag(s, "strict"),
		.accept_unknown = scenario_flag(s, "accept-unknown"),
		.watchdog = command_duration(s, "watchdog"),
		.reconnect = command_duration(s, "reconnect"),
		.request_timeout = command_duration(s, "request-timeout"),
		.redirect = scenario_flag(s, "redirect-dial")   ? DM_REDIRECT_DIAL
		            : scenario_flag(s, "redirect-pass") ? DM_REDIRECT_PASS
		                                                : DM_REDIRECT_FOLLOW,
		.redirect_realms = scenario_flag(s, "redirect-realms"),
		.redirect_limit = command_number(s, "redirects"),
		.pending_limit = command_number(s, "pending"),
		.output_limit = command_number(s, "output"),
		.message_limit = command_number(s, "message"),
		.seed = 1 + s->place_count,
		.wall_clock = 1790000000,
	};

	place->node = dm_node_new(&config, s->dictionary, s->now, &why);
	if (!place->node)
		scenario_fail(s, "no node: %s", why);
}

struct place *command_node(struct scenario *s)
{
	struct place *place = world_place(s, scenario_word(s, 1, "a node"));

	if (!place->node)
		scenario_fail(s, "`%s` is a wire", place->name);
	return place;
}

void setup_peer(struct scenario *s)
{
	struct place *place = command_node(s);
	struct dm_peer_config config = {
		.origin_host = dm_bytes_text(scenario_word(s, 2, "an identity")),
		.connect = strcmp(scenario_word(s, 3, "`connect` or `wait`"), "connect") == 0,
	};
	int error = dm_node_peer_add(place->node, &config, s->now);

	if (error)
		scenario_fail(s, "the peer is refused: %s", strerror(-error));
	dm_node_tick(place->node, s->now);
}

void setup_unpeer(struct scenario *s)
{
	struct place *place = command_node(s);

	if (dm_node_peer_remove(place->node, dm_bytes_text(scenario_word(s, 2, "an identity")),
	                        s->now))
		scenario_fail(s, "no such peer");
}

static enum dm_route_action action_named(struct scenario *s, const char *word)
{
	if (strcmp(word, "local") == 0)
		return DM_ROUTE_LOCAL;
	if (strcmp(word, "relay") == 0)
		return DM_ROUTE_RELAY;
	if (strcmp(word, "proxy") == 0)
		return DM_ROUTE_PROXY;
	if (strcmp(word, "redirect") == 0)
		return DM_ROUTE_REDIRECT;
	if (strcmp(word, "redirect-realm") == 0)
		return DM_ROUTE_REDIRECT_REALM;
	scenario_fail(s, "`%s` is no action: local, relay, proxy, redirect, redirect-realm", word);
}

void setup_route(struct scenario *s)
{
	struct place *place = command_node(s);
	struct dm_bytes peers[8];
	const char *realm = scenario_word(s, 2, "a realm or *");
	const char *app = scenario_word(s, 3, "an Application-Id or *");
	struct dm_route_config config = {
		.realm = dm_bytes_text(strcmp(realm, "*") ? realm : ""),
		.application_id = strcmp(app, "*") ? (uint32_t)scenario_number(s, app) : 0xffffffff,
		.action = action_named(s, scenario_word(s, 4, "an action")),
		.peers = peers,
		.redirect_usage = command_number(s, "usage"),
		.redirect_cache_time = command_number(s, "cache"),
	};

	for (size_t i = 5; i < s->word_count && config.peer_count < 8; i++)
		if (strcmp(s->words[i], "usage") == 0 || strcmp(s->words[i], "cache") == 0)
			i++;
		else
			peers[config.peer_count++] = dm_bytes_text(s->words[i]);
	if (dm_node_route_add(place->node, &config))
		scenario_fail(s, "the route is refused");
}
