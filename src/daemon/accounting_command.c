/* SPDX-License-Identifier: Apache-2.0 */
/* accounting-report and usage: commands about accounting (docs/control.md). */
#include "daemon/accounting_command.h"

#include "daemon/daemon.h"
#include "io/accounting_json.h"
#include "io/members.h"
#include "mip6/nas/nas.h"

#include <errno.h>

/* The loop waits while records are read: so many take some tenths of a second. */
#define RECORD_LIMIT 100000
/* A client of the control socket takes no longer line than 16 MiB. */
#define REPLY_LIMIT ((size_t)15 << 20)

static void fail(struct hw_call *call, int error)
{
	if (error == -EFBIG)
		hw_call_fail(call, 1,
		             "there are more than %d records, or they are a reply of more than "
		             "%zu MiB; choose by user, agent or time, or read the store beside the "
		             "daemon: --data",
		             RECORD_LIMIT, REPLY_LIMIT >> 20);
	else
		hw_call_fail(call, 1, "the records cannot be read: %s",
		             error == -ENOMEM ? "no memory"
		                              : store_error_text(call->daemon->store));
}

void hw_accounting_report(struct hw_call *call)
{
	const struct hw_request *request = &call->request;
	const struct mip6_report_filter filter = { request->user_name, request->host,
		                                   (int64_t)request->since };
	struct mip6_report *report = mip6_report_new(RECORD_LIMIT);
	json_t *result = NULL;
	int error = report ? 0 : -ENOMEM;

	if (!error)
		error = store_each_accounting(call->daemon->store, mip6_report_add, report);
	if (!error)
		error = hw_accounting_report_json(report, &filter, hw_now().wall, &result);
	if (!error && json_dumpb(result, NULL, 0, JSON_COMPACT) > REPLY_LIMIT)
		error = -EFBIG;
	if (error)
		fail(call, error);
	else
		hw_call_done(call, json_incref(result));
	json_decref(result);
	mip6_report_free(report);
}

/* What the access gear counted; false: the call has failed. */
bool hw_usage_tell(struct hw_call *call)
{
	const struct hw_request *request = &call->request;
	struct mip6_accounting *accounting = mip6_nas_accounting(call->role);
	struct dm_bytes session_id;

	if (!mip6_nas_find(call->role, request->session_id, request->user_name, request->interface,
	                   &session_id)) {
		hw_call_fail(call, 1, "no such node is attached, or several; name the interface");
		return false;
	}
	if (!mip6_accounting_has(accounting, session_id)) {
		hw_call_fail(call, 1, "the node is not accounted for; see accounting.send");
		return false;
	}
	mip6_accounting_use(accounting, session_id, &request->usage, hw_now());
	hw_wake(call->daemon);
	return true;
}

void hw_usage(struct hw_call *call)
{
	json_t *result;

	if (!hw_usage_tell(call))
		return;
	result = json_object();
	hw_json_set_octets(result, "user_name", call->request.user_name);
	hw_json_set_octets(result, "session_id", call->request.session_id);
	hw_call_done(call, result);
}
