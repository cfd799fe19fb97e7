/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns: the names of mobile nodes that a home server changes in DNS.
 */
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/json_sort.h"

enum hw_exit hw_dns(struct hw_call *call)
{
	enum hw_exit code = hw_client_ask(call, json_pack("{s:s, s:b}", "command", "dns", "all",
	                                                  hw_option(call, "all") != NULL));
	json_t *names = json_object_get(call->result, "names");

	if (names)
		json_object_set_new(call->result, "names", hw_json_sorted(names, "fqdn"));
	return code;
}

void hw_dns_text(const json_t *result, struct hw_output *out)
{
	static const struct hw_column facts[] = {
		{ "held", "names", HW_SHOW_PLAIN },
		{ "owed", "removals owed", HW_SHOW_PLAIN },
		{ "under_way", "under way", HW_SHOW_PLAIN },
		{ "made", "made", HW_SHOW_PLAIN },
		{ "removed", "removed", HW_SHOW_PLAIN },
		{ "failed", "failed tries", HW_SHOW_PLAIN },
		{ "updates", "updates sent", HW_SHOW_PLAIN },
		{ "updates_done", "answered well", HW_SHOW_PLAIN },
		{ "updates_refused", "refused", HW_SHOW_PLAIN },
		{ "updates_silent", "without response", HW_SHOW_PLAIN },
		{ NULL, NULL, HW_SHOW_PLAIN },
	};
	static const struct hw_column columns[] = {
		{ "fqdn", "name", HW_SHOW_PLAIN },
		{ "user_name", "user", HW_SHOW_PLAIN },
		{ "home_address", "home address", HW_SHOW_PLAIN },
		{ "state", "state", HW_SHOW_PLAIN },
		{ "since", "since", HW_SHOW_TIME },
		{ "failures", "failed", HW_SHOW_PLAIN },
		{ "forward", "last AAAA", HW_SHOW_PLAIN },
		{ "reverse", "last PTR", HW_SHOW_PLAIN },
		{ NULL, NULL, HW_SHOW_PLAIN },
	};

	hw_output_facts(out, result, facts);
	hw_output_print(out, HW_PLAIN, "\n");
	hw_output_table(out, json_object_get(result, "names"), columns, "nothing is left to do");
}
