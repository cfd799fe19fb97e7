/* SPDX-License-Identifier: Apache-2.0 */
/* Routes: next hops that exist, redirects that lead somewhere. */
#include "config_check.h"
#include "diameter/codec/syntax.h"
#include "diameter/node.h"

#define SHOWN(bytes) (int)(bytes).size, (const char *)(bytes).at

static void check_next_hops(const struct hw_config *config, const struct hw_config_route *route,
                            struct hw_report *report)
{
	const struct dm_bytes *hop = route->peers.at;

	for (size_t i = 0; i < route->peers.count; i++) {
		unsigned line = hw_config_line(config, &hop[i], route->head.line);

		if (!hw_config_peer_named(config, hop[i]))
			hw_report_add(report, line,
			              "route \"%.*s\" leads to \"%.*s\", which no peer block "
			              "names; add one",
			              SHOWN(route->realm), SHOWN(hop[i]));
		for (size_t j = 0; j < i; j++) {
			if (dm_bytes_equal_folded(hop[i], hop[j]))
				hw_report_add(report, line,
				              "route \"%.*s\" names \"%.*s\" twice; name it "
				              "once",
				              SHOWN(route->realm), SHOWN(hop[i]));
		}
	}
}

static bool is_redirect(const struct hw_config_route *route)
{
	return route->action == HW_ROUTE_REDIRECT || route->action == HW_ROUTE_REDIRECT_REALM;
}

static void check_target(const struct hw_config *config, const struct hw_config_route *route,
                         const char *const *to, struct hw_report *report)
{
	unsigned line = hw_config_line(config, to, route->head.line);
	struct dm_uri uri;

	if (route->action == HW_ROUTE_REDIRECT_REALM) {
		if (!dm_is_diameter_identity(dm_bytes_text(*to)))
			hw_report_add(report, line,
			              "redirect-to \"%s\" is no realm; write one, as in "
			              "\"example.net\"",
			              *to);
		return;
	}
	if (!dm_uri_parse(dm_bytes_text(*to), &uri) || uri.protocol != DM_AAA_DIAMETER)
		hw_report_add(report, line,
		              "redirect-to \"%s\" is no DiameterURI; write one, as in "
		              "\"aaa://aaa.example.net:3868\"",
		              *to);
}

static void check_redirect(const struct hw_config *config, const struct hw_config_route *route,
                           struct hw_report *report)
{
	const char *const *to = route->to.at;

	if (route->peers.count)
		hw_report_add(report, hw_config_line(config, &route->peers, route->head.line),
		              "route \"%.*s\" is a redirect, which needs no peers; remove them",
		              SHOWN(route->realm));
	if (route->to.count == 0 || route->to.count > DM_REDIRECT_LIMIT)
		hw_report_add(report, hw_config_line(config, &route->to, route->head.line),
		              "route \"%.*s\" redirects to %zu places; name 1 to %d in redirect-to",
		              SHOWN(route->realm), route->to.count, DM_REDIRECT_LIMIT);
	for (size_t i = 0; i < route->to.count; i++)
		check_target(config, route, &to[i], report);
}

static void check_hops(const struct hw_config *config, const struct hw_config_route *route,
                       struct hw_report *report)
{
	if (route->peers.count == 0)
		hw_report_add(report, route->head.line,
		              "route \"%.*s\" has no peers; name the next hops",
		              SHOWN(route->realm));
	if (route->to.count)
		hw_report_add(
			report, hw_config_line(config, &route->to, route->head.line),
			"redirect-to has no effect in a route that is no redirect; remove it, "
			"or write action = redirect");
	check_next_hops(config, route, report);
}

void hw_config_check_routes(const struct hw_config *config, struct hw_report *report)
{
	const struct hw_config_route *routes = config->routes.at;

	for (size_t i = 0; i < config->routes.count; i++) {
		const struct hw_config_route *route = &routes[i];

		if (is_redirect(route))
			check_redirect(config, route, report);
		else
			check_hops(config, route, report);
		if (dm_bytes_equal_folded(route->realm, config->realm) &&
		    config->roles[HW_ROLE_HOME_SERVER])
			hw_report_add(report, route->head.line,
			              "route \"%.*s\" is our own realm, which the role "
			              "home-server serves; remove it",
			              SHOWN(route->realm));
		if (route->action != HW_ROUTE_RELAY && !config->roles[HW_ROLE_PROXY])
			hw_report_add(report,
			              hw_config_line(config, &route->action, route->head.line),
			              "action = %s needs the role proxy; add it to roles",
			              is_redirect(route) ? "redirect" : "proxy");
	}
}
