/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agents: the home agents that a home server assigns.
 */
#include "cli/client.h"
#include "cli/commands.h"

enum hw_exit hw_agents_set(struct hw_call *call)
{
	json_t *request =
		json_pack("{s:s, s:s}", "command", "agents-set", "host", call->arguments[0]);

	if (!request)
		return hw_fail(call, HW_BAD_INPUT, "HOST: text in UTF-8 is wanted");
	return hw_client_ask_options(call, request);
}

enum hw_exit hw_agents_move(struct hw_call *call)
{
	json_t *request =
		json_pack("{s:s, s:s}", "command", "agents-move", "host", call->arguments[0]);

	if (!request)
		return hw_fail(call, HW_BAD_INPUT, "HOST: text in UTF-8 is wanted");
	return hw_client_ask(call, request);
}

void hw_agents_text(const json_t *result, struct hw_output *out)
{
	static const struct hw_column columns[] = {
		{ "host", "home agent", HW_SHOW_PLAIN },
		{ "location", "location", HW_SHOW_PLAIN },
		{ "state", "state", HW_SHOW_PLAIN },
		{ "set", "set by hand", HW_SHOW_PLAIN },
		{ "reachable", "reachable", HW_SHOW_PLAIN },
		{ "sessions", "sessions", HW_SHOW_PLAIN },
		{ "capacity", "capacity", HW_SHOW_PLAIN },
		{ "weight", "weight", HW_SHOW_PLAIN },
		{ "pool_taken", "addresses", HW_SHOW_PLAIN },
		{ "prefix_taken", "prefixes", HW_SHOW_PLAIN },
		{ "assigned", "assigned", HW_SHOW_PLAIN },
		{ "failed", "failed", HW_SHOW_PLAIN },
		{ NULL, NULL, HW_SHOW_PLAIN },
	};

	hw_output_table(out, result, columns, "no home agent");
}
