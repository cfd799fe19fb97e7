/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sessions: orders about the sessions of a home server and of a home agent: what it asks of the
 * NASes, not what it waits for; `homeward sessions` shows how far they have come.
 */
#include "cli/client.h"
#include "cli/commands.h"

static enum hw_exit order(struct hw_call *call, const char *command)
{
	json_t *request =
		json_pack("{s:s, s:s, s:s*}", "command", command, "name", call->arguments[0],
	                  "service_selection", hw_option(call, "service"));

	if (!request)
		return hw_fail(call, HW_BAD_INPUT, "text in UTF-8 is wanted");
	return hw_client_ask(call, request);
}

enum hw_exit hw_sessions_abort(struct hw_call *call)
{
	return order(call, "sessions-abort");
}

enum hw_exit hw_sessions_reauthorize(struct hw_call *call)
{
	return order(call, "sessions-reauthorize");
}

enum hw_exit hw_sessions_rekey(struct hw_call *call)
{
	return order(call, "sessions-rekey");
}

enum hw_exit hw_bindings_end(struct hw_call *call)
{
	json_t *request = json_pack("{s:s, s:s, s:b}", "command", "bindings-end", "session_id",
	                            call->arguments[0], "left", hw_option(call, "left") != NULL);

	if (!request)
		return hw_fail(call, HW_BAD_INPUT, "text in UTF-8 is wanted");
	return hw_client_ask(call, request);
}

void hw_sessions_order_text(const json_t *result, struct hw_output *out)
{
	static const struct hw_column columns[] = {
		{ "sessions", "mobility sessions", HW_SHOW_PLAIN },
		{ "accesses", "access sessions", HW_SHOW_PLAIN },
		{ NULL, NULL, HW_SHOW_PLAIN },
	};

	hw_output_facts(out, result, columns);
}
