/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attach and detach: play the access link of a NAS.
 */
#include "cli/client.h"
#include "cli/commands.h"

#include <stdint.h>
#include <string.h>

static enum hw_exit ask(struct hw_call *call)
{
	json_t *request = json_pack("{s:s, s:s*}", "command", call->command->name, "user_name",
	                            call->argument_count ? call->arguments[0] : NULL);

	if (!request)
		return hw_fail(call, HW_BAD_INPUT, "%s: text in UTF-8 is wanted",
		               call->command->arguments);
	return hw_client_ask_options(call, request);
}

enum hw_exit hw_attach(struct hw_call *call)
{
	return ask(call);
}

enum hw_exit hw_detach(struct hw_call *call)
{
	if (!call->argument_count && !hw_option(call, "session-id"))
		return hw_fail(call, HW_BAD_INPUT, "NAI or --session-id is wanted");
	return ask(call);
}

/* The same names as for detach, another command. */
enum hw_exit hw_usage(struct hw_call *call)
{
	return hw_detach(call);
}

void hw_usage_text(const json_t *result, struct hw_output *out)
{
	(void)result;
	hw_output_print(out, HW_PLAIN, "told\n");
}

static const struct hw_column result_columns[] = {
	{ "user_name", "user", HW_SHOW_PLAIN },
	{ "interface", "interface", HW_SHOW_PLAIN },
	{ "outcome", "outcome", HW_SHOW_PLAIN },
	{ "result_code", "Result-Code", HW_SHOW_PLAIN },
	{ "result_name", "", HW_SHOW_PLAIN },
	{ "error_message", "Error-Message", HW_SHOW_PLAIN },
	{ "home_agent_fqdn", "home agent", HW_SHOW_PLAIN },
	{ "home_agent_address", "its address", HW_SHOW_PLAIN },
	{ "home_address", "home address", HW_SHOW_PLAIN },
	{ "home_prefix", "home link prefix", HW_SHOW_PLAIN },
	{ "authorization_lifetime", "authorized for", HW_SHOW_SECONDS },
	{ "session_timeout", "session ends in", HW_SHOW_SECONDS },
	{ "dns_status", "DNS status", HW_SHOW_PLAIN },
	{ "associations.protocol", "protected by", HW_SHOW_PLAIN },
	{ "associations.epoch", "key epoch", HW_SHOW_PLAIN },
	{ "server_host", "home server", HW_SHOW_PLAIN },
	{ "duration_ms", "milliseconds", HW_SHOW_PLAIN },
	{ "session_id", "Session-Id", HW_SHOW_PLAIN },
	{ NULL, NULL, HW_SHOW_PLAIN },
};

void hw_attach_text(const json_t *result, struct hw_output *out)
{
	hw_output_facts(out, result, result_columns);
}

void hw_detach_text(const json_t *result, struct hw_output *out)
{
	hw_output_facts(out, result, result_columns);
}
