/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain-mbr: the home server's decision, step by step.
 */
#include "cli/client.h"
#include "cli/commands.h"

#include <string.h>

enum hw_exit hw_explain_mbr(struct hw_call *call)
{
	json_t *request = json_pack("{s:s, s:s}", "command", call->command->name, "user_name",
	                            call->arguments[0]);

	if (!request)
		return hw_fail(call, HW_BAD_INPUT, "NAI: text in UTF-8 is wanted");
	return hw_client_ask_options(call, request);
}

static void head(struct hw_output *out, int number, const char *step)
{
	hw_output_print(out, HW_BOLD, "%d  %s\n", number, step);
}

static const char *text_at(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static void subscriber_text(const json_t *result, struct hw_output *out)
{
	static const struct hw_column columns[] = {
		{ "known", "known", HW_SHOW_PLAIN },
		{ "enabled", "enabled", HW_SHOW_PLAIN },
		{ "mobility", "mobility service", HW_SHOW_PLAIN },
		{ "local_home_agent_asked", "local home agent asked for", HW_SHOW_PLAIN },
		{ "local_home_agent_allowed", "and allowed", HW_SHOW_PLAIN },
		{ NULL, NULL, HW_SHOW_PLAIN },
	};

	head(out, 1, "The subscriber");
	hw_output_facts(out, json_object_get(result, "subscriber"), columns);
}

static void session_text(const json_t *result, struct hw_output *out)
{
	const char *session = text_at(result, "session");
	const char *choice = text_at(result, "choice");

	head(out, 2, "The mobility session");
	if (!session)
		hw_output_print(out, HW_PLAIN, "there is none\n");
	else if (choice && strcmp(choice, "reuse") == 0)
		hw_output_print(out, HW_PLAIN, "%s: the node keeps what it has\n", session);
	else
		hw_output_print(out, HW_PLAIN, "%s: it does not count any more\n", session);
}

static void location_text(const json_t *result, struct hw_output *out)
{
	const char *location = text_at(result, "location");

	head(out, 3, "The location of the NAS");
	if (location)
		hw_output_print(out, HW_PLAIN, "%s, by %s\n", location,
		                text_at(result, "location_by"));
	else
		hw_output_print(out, HW_PLAIN, "nowhere in particular: no rule fits\n");
}

static void agents_text(const json_t *result, struct hw_output *out)
{
	static const struct hw_column agents[] = {
		{ "host", "home agent", HW_SHOW_PLAIN },
		{ "location", "location", HW_SHOW_PLAIN },
		{ "distance", "distance", HW_SHOW_PLAIN },
		{ "sessions", "sessions", HW_SHOW_PLAIN },
		{ "capacity", "capacity", HW_SHOW_PLAIN },
		{ "weight", "weight", HW_SHOW_PLAIN },
		{ "last", "last choice", HW_SHOW_PLAIN },
		{ "verdict", "verdict", HW_SHOW_PLAIN },
		{ NULL, NULL, HW_SHOW_PLAIN },
	};
	static const struct hw_column tries[] = {
		{ "host", "tried", HW_SHOW_PLAIN },
		{ "result_code", "failed with", HW_SHOW_PLAIN },
		{ "why", "because", HW_SHOW_PLAIN },
		{ NULL, NULL, HW_SHOW_PLAIN },
	};

	head(out, 4, "The home agents");
	hw_output_table(out, json_object_get(result, "home_agents"), agents, "none is looked at");
	if (json_array_size(json_object_get(result, "tries")))
		hw_output_table(out, json_object_get(result, "tries"), tries, "");
}

static void decision_text(const json_t *result, struct hw_output *out)
{
	const char *reason = text_at(result, "reason");

	head(out, 5, "The decision");
	hw_output_print(out, HW_PLAIN, "%s%s%s\n", text_at(result, "choice"), reason ? ": " : "",
	                reason ? reason : "");
}

static void answer_text(const json_t *result, struct hw_output *out)
{
	static const struct hw_column columns[] = {
		{ "home_agent_fqdn", "home agent", HW_SHOW_PLAIN },
		{ "home_agent_address", "its address", HW_SHOW_PLAIN },
		{ "home_prefix", "home link prefix", HW_SHOW_PLAIN },
		{ "home_prefix_from", "from", HW_SHOW_PLAIN },
		{ "home_address", "home address", HW_SHOW_PLAIN },
		{ "home_address_from", "from", HW_SHOW_PLAIN },
		{ "feature_vector", "MIP6-Feature-Vector", HW_SHOW_PLAIN },
		{ "sa_protocols", "protected by", HW_SHOW_PLAIN },
		{ "authorization_lifetime", "authorized for", HW_SHOW_SECONDS },
		{ "session_timeout", "session ends in", HW_SHOW_SECONDS },
		{ "key_lifetime", "keys live", HW_SHOW_SECONDS },
		{ "dns_name_allowed", "name in DNS allowed", HW_SHOW_PLAIN },
		{ NULL, NULL, HW_SHOW_PLAIN },
	};
	const json_t *answer = json_object_get(result, "answer");
	const char *message = text_at(result, "error_message");

	head(out, 6, "The answer");
	hw_output_print(out, HW_PLAIN, "Result-Code %lld %s%s%s\n",
	                (long long)json_integer_value(json_object_get(result, "result_code")),
	                text_at(result, "result_name"), message ? ": " : "",
	                answer    ? ", if the home agent agrees"
	                : message ? message
	                          : "");
	if (answer)
		hw_output_facts(out, answer, columns);
}

void hw_explain_mbr_text(const json_t *result, struct hw_output *out)
{
	subscriber_text(result, out);
	session_text(result, out);
	location_text(result, out);
	agents_text(result, out);
	decision_text(result, out);
	answer_text(result, out);
}
