/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attach and detach: play the access link of a NAS.
 */
#include "cli/client.h"
#include "cli/commands.h"

#include <stdint.h>
#include <string.h>

/* "--dns-name" is the member "dns_name". */
static void member_name(const char *option, char *name, size_t room)
{
	(void)snprintf(name, room, "%s", option);
	for (; *name; name++)
		if (*name == '-')
			*name = '_';
}

static bool is_number(const char *option)
{
	return strcmp(option, "feature-vector") == 0 || strcmp(option, "auth-request-type") == 0;
}

/* Octet strings that are no UTF-8 cannot be JSON. */
static enum hw_exit set_member(struct hw_call *call, json_t *request, const struct hw_given *given)
{
	const char *option = given->option->name;
	unsigned long number = 0;
	json_t *value;
	char name[64];

	member_name(option, name, sizeof(name));
	if (!given->option->value)
		value = json_true();
	else if (!is_number(option))
		value = json_string(given->value);
	else if (hw_option_number(call, option, 0, INT64_MAX, &number) == HW_FINE)
		value = json_integer((json_int_t)number);
	else
		return HW_BAD_INPUT;
	if (json_object_set_new(request, name, value) == 0)
		return HW_FINE;
	return hw_fail(call, HW_BAD_INPUT, "--%s: text in UTF-8 is wanted", option);
}

/* Is it one of the command's own options, and so a member of the request? */
static bool is_own(const struct hw_call *call, const struct hw_option *option)
{
	for (const struct hw_option *own = call->command->options; own->name; own++)
		if (own == option)
			return true;
	return false;
}

static enum hw_exit ask(struct hw_call *call)
{
	json_t *request = json_pack("{s:s, s:s*}", "command", call->command->name, "user_name",
	                            call->argument_count ? call->arguments[0] : NULL);
	enum hw_exit code = HW_FINE;

	if (!request)
		return hw_fail(call, HW_BAD_INPUT, "%s: text in UTF-8 is wanted",
		               call->command->arguments);
	for (size_t i = 0; i < call->given_count && code == HW_FINE; i++)
		if (is_own(call, call->given[i].option))
			code = set_member(call, request, &call->given[i]);
	if (code == HW_FINE)
		return hw_client_ask(call, request);
	json_decref(request);
	return code;
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
