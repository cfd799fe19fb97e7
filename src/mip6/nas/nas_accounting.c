/* SPDX-License-Identifier: Apache-2.0 */
/* Accounting for attachments: what a session is, and what becomes of it where records fail. */
#include "nas_attachment.h"

#include <errno.h>

/* ---- what accounting tells ---- */

/* All that a grant brings is in force now. */
void mip6_nas_finish_grant(struct mip6_nas *nas, struct mip6_attachment *attachment, int error)
{
	struct mip6_result result = mip6_nas_describe(nas, attachment);

	mip6_nas_report(nas, attachment, &result, error,
	                error ? "the NAS cannot store the attachment" : NULL);
	mip6_nas_settle(nas, attachment);
}

static void granted(void *context, struct dm_bytes session_id)
{
	struct mip6_nas *nas = context;
	struct mip6_attachment *attachment = dm_map_get(&nas->attachments, session_id);

	if (attachment && attachment->state == MIP6_ATTACHMENT_ACCOUNTING)
		mip6_nas_finish_grant(nas, attachment, 0);
}

void mip6_nas_stop_unaccounted(struct mip6_nas *nas, struct mip6_attachment *attachment)
{
	struct mip6_result result = { .outcome = MIP6_FAILED, .dns_status = -1 };

	mip6_nas_report(nas, attachment, &result, -EREMOTEIO,
	                "the home server wants accounting, and it cannot be had");
	mip6_nas_leave(nas, attachment, DM_TERMINATION_CAUSE_DIAMETER_SERVICE_NOT_PROVIDED);
}

/* What is under way goes first: its end looks again. */
static void refused(void *context, struct dm_bytes session_id, const char *why)
{
	struct mip6_nas *nas = context;
	struct mip6_attachment *attachment = dm_map_get(&nas->attachments, session_id);

	(void)why; /* in an event already */
	if (!attachment)
		return;
	if (attachment->state == MIP6_ATTACHMENT_ACCOUNTING ||
	    attachment->state == MIP6_ATTACHMENT_ATTACHED)
		mip6_nas_stop_unaccounted(nas, attachment);
	else
		attachment->unaccounted = true;
}

static bool lives(void *context, struct dm_bytes session_id)
{
	const struct mip6_nas *nas = context;

	return dm_map_get(&nas->attachments, session_id) != NULL;
}

/* ---- what accounting is told ---- */

void mip6_nas_init_accounting(struct mip6_nas *nas, const struct mip6_accounting_config *config)
{
	const struct mip6_accounting_events events = { granted, refused, nas };

	mip6_accounting_init(&nas->accounting, STORE_ACCOUNTED_ACCESS, config, &nas->outbox,
	                     &nas->common, &events);
}

bool mip6_nas_account(struct mip6_nas *nas, struct mip6_attachment *attachment)
{
	const struct mip6_result result = mip6_nas_describe(nas, attachment);
	const struct mip6_grant *grant = attachment->grant;
	const struct mip6_accounted_session session = {
		.session_id = attachment->session_id,
		.user_name = attachment->user_name,
		.acct_multi_session_id = result.acct_multi_session_id,
		.server_host = grant->server_host,
		.server_realm = grant->server_realm,
		.started = grant->opened,
		.interim_interval = result.acct_interim_interval,
		.realtime = result.accounting_realtime,
	};

	attachment->state = MIP6_ATTACHMENT_ACCOUNTING;
	return mip6_accounting_begin(&nas->accounting, &session, nas->now);
}

/* One whose START was never made: its commit did not come, or accounting is new here. */
static void account_visited(void *value, void *context)
{
	struct mip6_attachment *attachment = value;
	struct mip6_nas *nas = context;

	if (!attachment->grant || mip6_accounting_has(&nas->accounting, attachment->session_id))
		return;
	mip6_nas_account(nas, attachment);
	if (attachment->state == MIP6_ATTACHMENT_ACCOUNTING)
		attachment->state = MIP6_ATTACHMENT_ATTACHED;
}

void mip6_nas_start_accounting(struct mip6_nas *nas)
{
	mip6_accounting_start(&nas->accounting, lives, nas->now);
	dm_map_each(&nas->attachments, account_visited, nas);
}

struct mip6_accounting *mip6_nas_accounting(struct mip6_role *role)
{
	return &((struct mip6_nas *)role)->accounting;
}
