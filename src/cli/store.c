/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store: what is done to a store as a whole, while no daemon owns it.
 */
#include "store/store.h"

#include "cli/commands.h"

#include <errno.h>

enum hw_exit hw_store_rekey(struct hw_call *call)
{
	const char *directory = hw_option(call, "data");
	size_t sealed = 0;
	int error;

	if (!directory)
		return hw_fail(call, HW_BAD_INPUT,
		               "no store is named; write --data DIR, its directory");
	error = store_rekey(directory, &sealed, call->error, sizeof(call->error));
	if (error == -EBUSY)
		return hw_fail(call, HW_REFUSED, "%s is in use; stop its daemon first", directory);
	if (error)
		return HW_REFUSED;
	call->result = json_pack("{s:I}", "sealed", (json_int_t)sealed);
	return call->result ? HW_FINE : hw_fail(call, HW_REFUSED, "out of memory");
}

void hw_store_rekey_text(const json_t *result, struct hw_output *out)
{
	hw_output_print(out, HW_PLAIN, "a new key is in force; %lld secrets are sealed with it\n",
	                (long long)json_integer_value(json_object_get(result, "sealed")));
}
