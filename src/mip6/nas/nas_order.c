/* SPDX-License-Identifier: Apache-2.0 */
/* What a home server has a NAS do: RAR and ASR (RFC 6733 8.3, 8.5). */
#include "nas_attachment.h"

#include "mip6/order.h"

#include <errno.h>

/* The members that the two requests share. */
struct order {
	struct dm_bytes session_id;
	struct dm_bytes origin_realm;
};

static struct order order_of(const struct dm_message *message)
{
	const struct dm_asr *asr = message->body;
	const struct dm_rar *rar = message->body;

	if (message->entry->command == &dm_command_asr)
		return (struct order){ asr->session_id, asr->origin_realm };
	return (struct order){ rar->session_id, rar->origin_realm };
}

struct mip6_attachment *mip6_nas_ordered(const struct mip6_nas *nas,
                                         const struct dm_message *message)
{
	return dm_map_get(&nas->attachments, order_of(message).session_id);
}

/* Any server of the home realm may speak for the one that granted it: they share their sessions. */
static bool may_order(const struct mip6_attachment *attachment, const struct order *order)
{
	struct dm_bytes realm =
		attachment->grant ? attachment->grant->server_realm : attachment->realm;

	return dm_bytes_equal_folded(realm, order->origin_realm);
}

/* ---- RAR ---- */

/* "MUST initiate a re-auth" (8.3); where a MBR is under way already, another follows it. */
static void rar(struct mip6_nas *nas, struct mip6_attachment *attachment, uint64_t transaction,
                const struct dm_rar *rar)
{
	if (attachment->state >= MIP6_ATTACHMENT_LEAVING) {
		mip6_outbox_refuse(&nas->outbox, transaction, DM_RESULT_DIAMETER_UNKNOWN_SESSION_ID,
		                   "the session is ending");
		return;
	}
	attachment->authenticate =
		rar->re_auth_request_type == DM_RE_AUTH_REQUEST_TYPE_AUTHORIZE_AUTHENTICATE;
	mip6_answer_rar(&nas->outbox, &nas->common, transaction, attachment->session_id);
	if (attachment->state == MIP6_ATTACHMENT_ATTACHED)
		mip6_nas_renew(nas, attachment);
	else
		attachment->again = true;
}

/* ---- ASR ---- */

void mip6_nas_answer_abort(struct mip6_nas *nas, struct mip6_attachment *attachment, int error)
{
	if (!attachment->abort)
		return;
	if (error)
		mip6_outbox_refuse(&nas->outbox, attachment->abort, mip6_store_code(error),
		                   "the NAS cannot store the end of the session");
	else
		mip6_answer_asr(&nas->outbox, &nas->common, attachment->abort,
		                attachment->session_id);
	attachment->abort = 0;
}

/* The record goes before ASA says so: a restart must not bring the session back. */
void mip6_nas_abort(struct mip6_nas *nas, struct mip6_attachment *attachment)
{
	attachment->state = MIP6_ATTACHMENT_ABORTING;
	if (!mip6_nas_submit_deletion(nas, attachment))
		mip6_nas_aborted(nas, attachment, -ENOMEM);
}

/* Nobody waits for the STA: the session is over (8.1, Discon). */
void mip6_nas_aborted(struct mip6_nas *nas, struct mip6_attachment *attachment, int error)
{
	const struct mip6_about about = { attachment->user_name, attachment->session_id };

	mip6_nas_answer_abort(nas, attachment, error);
	if (error) {
		mip6_nas_settle(nas, attachment);
		return;
	}
	mip6_accounting_end(&nas->accounting, attachment->session_id, nas->now);
	if (!attachment->grant->terms.stateless)
		mip6_nas_send_str(nas, attachment, DM_TERMINATION_CAUSE_DIAMETER_ADMINISTRATIVE, 0);
	mip6_outbox_event(&nas->outbox, MIP6_NOTICE, "aborted", about,
	                  "the home server asked for it");
	mip6_attachment_free(nas, attachment);
}

/* Where something is under way the ASR waits for its end, which may be the session's own. */
static void asr(struct mip6_nas *nas, struct mip6_attachment *attachment, uint64_t transaction)
{
	if (attachment->abort) {
		mip6_outbox_refuse(&nas->outbox, transaction, DM_RESULT_DIAMETER_TOO_BUSY,
		                   "the session is being ended already");
		return;
	}
	attachment->abort = transaction;
	if (attachment->state == MIP6_ATTACHMENT_ATTACHED)
		mip6_nas_abort(nas, attachment);
}

void mip6_nas_order(struct mip6_nas *nas, uint64_t transaction, const struct dm_message *message)
{
	struct mip6_attachment *attachment = mip6_nas_ordered(nas, message);
	struct order order = order_of(message);

	if (!attachment || !may_order(attachment, &order)) {
		mip6_outbox_refuse(&nas->outbox, transaction, DM_RESULT_DIAMETER_UNKNOWN_SESSION_ID,
		                   "no attachment of yours has this Session-Id");
		return;
	}
	attachment->heard = true;
	attachment->heard_application = message->header.application_id;
	if (message->entry->command == &dm_command_asr)
		asr(nas, attachment, transaction);
	else
		rar(nas, attachment, transaction, message->body);
}
