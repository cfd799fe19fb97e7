/* SPDX-License-Identifier: Apache-2.0 */
/*
 * members: the options of a command as members of its request.
 */
#include "cli/client.h"

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

/* By the name of its value: "--weight NUMBER" (help says the same). */
static bool is_number(const struct hw_option *option)
{
	static const char *const values[] = { "NUMBER", "BITS", "TYPE" };

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		if (strcmp(option->value, values[i]) == 0)
			return true;
	return false;
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
	else if (!is_number(given->option))
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

enum hw_exit hw_client_ask_options(struct hw_call *call, json_t *request)
{
	enum hw_exit code = HW_FINE;

	for (size_t i = 0; i < call->given_count && code == HW_FINE; i++)
		if (is_own(call, call->given[i].option))
			code = set_member(call, request, &call->given[i]);
	if (code == HW_FINE)
		return hw_client_ask(call, request);
	json_decref(request);
	return code;
}
