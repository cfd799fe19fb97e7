/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What would be done with a request, and why: the functions that decide are asked in the order in
 * which a request that arrives passes them (request_in.c, local.c, forward.c).
 */
#include "diameter/node_private.h"

static void set_rule(struct dm_explanation *out, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void set_rule(struct dm_explanation *out, const char *format, ...)
{
	struct dm_text text;
	va_list list;

	dm_text_init(&text, out->rule, sizeof(out->rule));
	va_start(list, format);
	dm_text_add_list(&text, format, list);
	va_end(list);
}

static void refuse(struct dm_explanation *out, uint32_t result_code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void refuse(struct dm_explanation *out, uint32_t result_code, const char *format, ...)
{
	struct dm_text text;
	va_list list;

	out->verdict = DM_VERDICT_REFUSE;
	out->result_code = result_code;
	dm_text_init(&text, out->sentence, sizeof(out->sentence));
	va_start(list, format);
	dm_text_add_list(&text, format, list);
	va_end(list);
}

static void set_route_rule(struct dm_explanation *out, const struct dm_route *route)
{
	const char *const actions[] = {
		[DM_ROUTE_LOCAL] = "local",
		[DM_ROUTE_RELAY] = "relay",
		[DM_ROUTE_PROXY] = "proxy",
		[DM_ROUTE_REDIRECT] = "redirect",
		[DM_ROUTE_REDIRECT_REALM] = "redirect to another realm",
	};
	char application[32] = "every application";
	struct dm_text text;

	if (route->application_id != DM_ANY_APPLICATION) {
		dm_text_init(&text, application, sizeof(application));
		dm_text_add(&text, "application %u", route->application_id);
	}
	if (route->realm.size)
		set_rule(out, "the route to realm %.*s, %s: %s", (int)route->realm.size,
		         (const char *)route->realm.at, application, actions[route->action]);
	else
		set_rule(out, "the default route, %s: %s", application, actions[route->action]);
}

static void set_choice_rule(struct dm_explanation *out, const struct dm_choice *choice)
{
	static const char *const usages[DM_REDIRECT_USAGES] = {
		"DONT_CACHE",      "ALL_SESSION", "ALL_REALM", "REALM_AND_APPLICATION",
		"ALL_APPLICATION", "ALL_HOST",    "ALL_USER"
	};

	switch (choice->rule) {
	case DM_RULE_HOST:
		set_rule(out, "the Destination-Host is a peer");
		return;
	case DM_RULE_REDIRECT:
		set_rule(out, "a redirect that is kept: %s", usages[choice->usage]);
		return;
	case DM_RULE_ROUTE:
		set_route_rule(out, choice->route);
		return;
	case DM_RULE_NEIGHBOUR:
		set_rule(out, "no route: a peer of that realm");
		return;
	}
}

static void explain_forward(const struct dm_node *node, const struct dm_routing *routing,
                            const struct dm_peer *source, bool own,
                            const struct dm_passed_over *passed_over, struct dm_explanation *out)
{
	const struct dm_route *redirect =
		node->diverts && !own ? dm_redirect_route(node, routing) : NULL;
	struct dm_choice choice;
	struct dm_fault fault;

	if (redirect) {
		out->verdict = DM_VERDICT_REDIRECT;
		out->result_code = redirect->action == DM_ROUTE_REDIRECT
		                           ? DM_RESULT_DIAMETER_REDIRECT_INDICATION
		                           : DM_RESULT_DIAMETER_REALM_REDIRECT_INDICATION;
		set_route_rule(out, redirect);
		return;
	}
	if (!dm_choose_aloud(node, routing, source, passed_over, &choice, &fault)) {
		if (choice.rule == DM_RULE_ROUTE && choice.route)
			set_route_rule(out, choice.route);
		refuse(out, fault.result_code, "%s", fault.sentence);
		return;
	}
	out->verdict = !own && dm_is_shown(node, routing) ? DM_VERDICT_PROXY : DM_VERDICT_RELAY;
	out->peer = choice.peer->origin_host;
	set_choice_rule(out, &choice);
}

void dm_node_explain(const struct dm_node *node, struct dm_bytes request, struct dm_bytes source,
                     bool own, struct dm_explanation *out,
                     void (*tell)(void *context, struct dm_bytes peer, const char *why),
                     void *context)
{
	const struct dm_passed_over passed_over = { tell, context };
	struct dm_routing routing;
	const char *why = NULL;
	const char *local;
	uint32_t code;

	*out = (struct dm_explanation){ .verdict = DM_VERDICT_LOCAL };
	dm_routing_read(&routing, request, node->config.origin_host);
	local = own ? NULL : dm_local_rule(node, &routing);
	code = own ? 0 : dm_why_refuse(node, &routing, &why);
	if (!code && !local && !own)
		code = dm_why_not_forward(node, &routing, &why);
	if (code) {
		refuse(out, code, "%s", why);
		return;
	}
	if (!local) {
		explain_forward(node, &routing, source.size ? dm_peer_find(node, source) : NULL,
		                own, tell ? &passed_over : NULL, out);
		return;
	}
	set_rule(out, "%s", local);
	code = routing.header.application_id;
	if (code && !dm_node_serves(node, code))
		refuse(out, DM_RESULT_DIAMETER_APPLICATION_UNSUPPORTED, DM_NOT_SERVED, code);
}
