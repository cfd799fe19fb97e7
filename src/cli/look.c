/* SPDX-License-Identifier: Apache-2.0 */
/*
 * look: questions to the daemon whose answer is shown as it comes.
 */
#include "cli/client.h"
#include "cli/commands.h"

enum hw_exit hw_look(struct hw_call *call)
{
	return hw_client_ask(call, json_pack("{s:s}", "command", call->command->name));
}

void hw_sessions_text(const json_t *result, struct hw_output *out)
{
	static const struct hw_column columns[] = {
		{ "user_name", "user", HW_SHOW_PLAIN },
		{ "state", "state", HW_SHOW_PLAIN },
		{ "home_agent", "home agent", HW_SHOW_PLAIN },
		{ "home_address", "home address", HW_SHOW_PLAIN },
		{ "access_count", "access", HW_SHOW_PLAIN },
		{ "created", "since", HW_SHOW_TIME },
		{ NULL, NULL, HW_SHOW_PLAIN },
	};

	hw_output_table(out, result, columns, "no mobility session");
}

/* The peers that have TLS, with what it is made of. */
static void show_tls(const json_t *peers, struct hw_output *out)
{
	static const struct hw_column columns[] = {
		{ "origin_host", "peer with TLS", HW_SHOW_PLAIN },
		{ "security.protocol", "protocol", HW_SHOW_PLAIN },
		{ "security.cipher", "cipher", HW_SHOW_PLAIN },
		{ "security.subject", "its certificate", HW_SHOW_PLAIN },
		{ "security.expires", "valid until", HW_SHOW_TIME },
		{ NULL, NULL, HW_SHOW_PLAIN },
	};
	json_t *secured = json_array();
	json_t *peer;
	size_t i;

	json_array_foreach(peers, i, peer)
	{
		if (json_object_get(json_object_get(peer, "security"), "protocol"))
			(void)json_array_append(secured, peer);
	}
	if (json_array_size(secured)) {
		hw_output_print(out, HW_PLAIN, "\n");
		hw_output_table(out, secured, columns, "");
	}
	json_decref(secured);
}

void hw_peers_text(const json_t *result, struct hw_output *out)
{
	static const struct hw_column columns[] = {
		{ "origin_host", "peer", HW_SHOW_PLAIN },
		{ "origin_realm", "realm", HW_SHOW_PLAIN },
		{ "state", "state", HW_SHOW_PLAIN },
		{ "watchdog", "watchdog", HW_SHOW_PLAIN },
		{ "security.transport", "over", HW_SHOW_PLAIN },
		{ "requests_in", "req in", HW_SHOW_PLAIN },
		{ "requests_out", "req out", HW_SHOW_PLAIN },
		{ "answers_in", "ans in", HW_SHOW_PLAIN },
		{ "answers_out", "ans out", HW_SHOW_PLAIN },
		{ "pending", "pending", HW_SHOW_PLAIN },
		{ "reason", "last change", HW_SHOW_PLAIN },
		{ NULL, NULL, HW_SHOW_PLAIN },
	};

	hw_output_table(out, result, columns, "no peer");
	show_tls(result, out);
}

void hw_bindings_text(const json_t *result, struct hw_output *out)
{
	static const struct hw_column columns[] = {
		{ "user_name", "user", HW_SHOW_PLAIN },
		{ "home_address", "home address", HW_SHOW_PLAIN },
		{ "home_prefix", "prefix", HW_SHOW_PLAIN },
		{ "server_host", "home server", HW_SHOW_PLAIN },
		{ "associations.protocol", "protected by", HW_SHOW_PLAIN },
		{ "associations.key_name", "key names", HW_SHOW_PLAIN },
		{ "session_id", "session", HW_SHOW_PLAIN },
		{ NULL, NULL, HW_SHOW_PLAIN },
	};

	hw_output_table(out, result, columns, "no binding");
}

void hw_attachments_text(const json_t *result, struct hw_output *out)
{
	static const struct hw_column columns[] = {
		{ "user_name", "user", HW_SHOW_PLAIN },
		{ "interface", "interface", HW_SHOW_PLAIN },
		{ "home_agent_fqdn", "home agent", HW_SHOW_PLAIN },
		{ "home_address", "home address", HW_SHOW_PLAIN },
		{ "expires", "expires", HW_SHOW_TIME },
		{ "session_id", "session", HW_SHOW_PLAIN },
		{ NULL, NULL, HW_SHOW_PLAIN },
	};

	hw_output_table(out, result, columns, "no attachment");
}

void hw_status_text(const json_t *result, struct hw_output *out)
{
	static const struct hw_column columns[] = {
		{ "identity", "identity", HW_SHOW_PLAIN },
		{ "realm", "realm", HW_SHOW_PLAIN },
		{ "roles", "roles", HW_SHOW_PLAIN },
		{ "version", "version", HW_SHOW_PLAIN },
		{ "listen", "listening at", HW_SHOW_PLAIN },
		{ "configuration", "configuration", HW_SHOW_PLAIN },
		{ "data", "data", HW_SHOW_PLAIN },
		{ "pid", "process", HW_SHOW_PLAIN },
		{ "started", "started", HW_SHOW_TIME },
		{ "origin_state_id", "Origin-State-Id", HW_SHOW_PLAIN },
		{ "connections", "connections", HW_SHOW_PLAIN },
		{ "home_server.subscribers", "subscribers", HW_SHOW_PLAIN },
		{ "home_server.sessions", "sessions", HW_SHOW_PLAIN },
		{ "home_server.accesses", "access sessions", HW_SHOW_PLAIN },
		{ "home_server.granted", "granted", HW_SHOW_PLAIN },
		{ "home_server.reused", "reused", HW_SHOW_PLAIN },
		{ "home_server.refused", "refused", HW_SHOW_PLAIN },
		{ "home_server.failed", "failed", HW_SHOW_PLAIN },
		{ "home_agent.bindings", "bindings", HW_SHOW_PLAIN },
		{ "nas.attachments", "attachments", HW_SHOW_PLAIN },
		{ "stopping", "stopping", HW_SHOW_PLAIN },
		{ NULL, NULL, HW_SHOW_PLAIN },
	};

	hw_output_facts(out, result, columns);
}

void hw_done_text(const json_t *result, struct hw_output *out)
{
	(void)result;
	hw_output_print(out, HW_PLAIN, "done\n");
}
