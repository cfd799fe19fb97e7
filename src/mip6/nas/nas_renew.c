/* SPDX-License-Identifier: Apache-2.0 */
/* Re-authorization by the NAS itself, and the ends of what was granted (RFC 6733 8.9 to 8.13). */
#include "nas_attachment.h"

/* Between attempts that nobody answered: doubled each time. */
#define FIRST_PAUSE 5
#define LONG_PAUSE  160

static int64_t sooner(int64_t a, int64_t b)
{
	if (!a || !b)
		return a ? a : b;
	return a < b ? a : b;
}

static void arm(struct mip6_nas *nas, struct mip6_attachment *attachment)
{
	int64_t next = sooner(mip6_grant_expires(attachment->grant), attachment->renew);
	int64_t left = next > nas->now.wall ? next - nas->now.wall : 0;

	dm_timers_set(&nas->timers, &attachment->timer,
	              next ? nas->now.monotonic + left * DM_SECOND : DM_TIME_NEVER);
}

void mip6_nas_settle(struct mip6_nas *nas, struct mip6_attachment *attachment)
{
	attachment->state = MIP6_ATTACHMENT_ATTACHED;
	if (attachment->unaccounted)
		mip6_nas_stop_unaccounted(nas, attachment);
	else if (attachment->abort)
		mip6_nas_abort(nas, attachment);
	else if (attachment->again)
		mip6_nas_renew(nas, attachment);
	else
		arm(nas, attachment);
}

/* Without memory it is as if nobody had answered. */
void mip6_nas_renew(struct mip6_nas *nas, struct mip6_attachment *attachment)
{
	attachment->again = false;
	attachment->host_given = false;
	attachment->started = nas->now.monotonic;
	if (!mip6_nas_send_again(nas, attachment))
		return;
	mip6_nas_renew_later(nas, attachment);
	arm(nas, attachment);
}

bool mip6_nas_renew_elsewhere(struct mip6_nas *nas, struct mip6_attachment *attachment)
{
	if (attachment->anywhere || attachment->host_given)
		return false;
	attachment->anywhere = true;
	return mip6_nas_send_again(nas, attachment) == NULL;
}

void mip6_nas_renew_later(struct mip6_nas *nas, struct mip6_attachment *attachment)
{
	int64_t pause = FIRST_PAUSE;

	for (unsigned int i = 0; i < attachment->attempts && pause < LONG_PAUSE; i++)
		pause *= 2;
	attachment->attempts++;
	attachment->anywhere = false;
	if (attachment->renew)
		attachment->renew = nas->now.wall + pause;
}

static void end(struct mip6_nas *nas, struct mip6_attachment *attachment, int32_t cause,
                const char *why)
{
	const struct mip6_about about = { attachment->user_name, attachment->session_id };

	mip6_outbox_event(&nas->outbox, MIP6_NOTICE, "expired", about, "%s", why);
	mip6_nas_leave(nas, attachment, cause);
}

static bool is_over(int64_t at, const struct mip6_nas *nas)
{
	return at && at <= nas->now.wall;
}

/* What is attached is looked at; what is under way looks by itself when it ends. */
static void look(struct mip6_nas *nas, struct mip6_attachment *attachment)
{
	const struct mip6_terms *terms = &attachment->grant->terms;

	if (is_over(terms->session, nas))
		end(nas, attachment, DM_TERMINATION_CAUSE_DIAMETER_SESSION_TIMEOUT,
		    "its Session-Timeout is over");
	else if (is_over(terms->authorized, nas) && attachment->attempts > 0)
		end(nas, attachment, DM_TERMINATION_CAUSE_DIAMETER_AUTH_EXPIRED,
		    "its Authorization-Lifetime is over and nobody renewed it");
	else if (is_over(attachment->renew, nas))
		mip6_nas_renew(nas, attachment);
	else
		arm(nas, attachment);
}

void mip6_nas_due(struct mip6_nas *nas, struct mip6_attachment *attachment)
{
	if (attachment->state == MIP6_ATTACHMENT_DELETING)
		mip6_nas_delete(nas, attachment);
	else if (attachment->state == MIP6_ATTACHMENT_ATTACHED)
		look(nas, attachment);
}
