/* SPDX-License-Identifier: Apache-2.0 */
/* The NAS as a role: the life of an attachment, from the MBA to the end. */
#include "nas.h"

#include "mip6/pack.h"
#include "mip6/values.h"
#include "nas_attachment.h"

#include <errno.h>
#include <stdlib.h>

#define RETRY ((dm_time)5 * DM_SECOND)
/* Servers that are remembered as being without the application; beyond it nothing is said. */
#define UNABLE_LIMIT 256

struct unable {
	struct dm_bytes host;
	uint8_t octets[];
};

static struct mip6_nas *nas_of(struct mip6_role *role)
{
	return (struct mip6_nas *)role;
}

static struct mip6_about about(const struct mip6_attachment *attachment)
{
	return (struct mip6_about){ attachment->user_name, attachment->session_id };
}

/* ---- results ---- */

static struct dm_bytes keep(struct mip6_nas *nas, struct dm_bytes octets)
{
	return mip6_outbox_copy(&nas->outbox, octets);
}

/* The attachment may be gone before the effect is read: its octets are copied. */
void mip6_nas_report(struct mip6_nas *nas, struct mip6_attachment *attachment,
                     struct mip6_result *result, int error, const char *text)
{
	struct mip6_result *copy;

	if (!attachment->has_tag)
		return;
	attachment->has_tag = false;
	result->session_id = keep(nas, attachment->session_id);
	result->user_name = keep(nas, attachment->user_name);
	result->interface = keep(nas, attachment->interface);
	result->server_host = keep(nas, result->server_host);
	result->server_realm = keep(nas, result->server_realm);
	result->error_message = keep(nas, result->error_message);
	result->error_reporting_host = keep(nas, result->error_reporting_host);
	result->home_agent_fqdn = keep(nas, result->home_agent_fqdn);
	result->duration = nas->now.monotonic - attachment->started;
	copy = mip6_outbox_take(&nas->outbox, sizeof(*copy));
	if (copy)
		*copy = *result;
	mip6_outbox_result(&nas->outbox, attachment->tag, error, text, copy);
}

/* ---- commits ---- */

static bool submit(struct mip6_nas *nas, struct mip6_attachment *attachment,
                   const struct store_change *change)
{
	uint64_t tag = ++nas->next_tag;

	if (!change || dm_map_put_number(&nas->pending, tag, attachment) != 0)
		return false;
	if (mip6_outbox_store(&nas->outbox, tag, change, 1))
		return true;
	dm_map_remove_number(&nas->pending, tag);
	return false;
}

static void stored(struct mip6_nas *nas, struct mip6_attachment *attachment, int error);
static void deleted(struct mip6_nas *nas, struct mip6_attachment *attachment, int error);

static struct store_attachment record_of(const struct mip6_attachment *attachment,
                                         const struct mip6_grant *grant)
{
	return (struct store_attachment){
		.session_id = attachment->session_id,
		.user_name = attachment->user_name,
		.interface = attachment->interface,
		.server_host = grant->server_host,
		.server_realm = grant->server_realm,
		.answer = grant->answer,
		.request = attachment->request,
		.opened = grant->opened,
		.granted = grant->granted,
		.expires = mip6_grant_expires(grant),
	};
}

static void store_grant(struct mip6_nas *nas, struct mip6_attachment *attachment)
{
	struct store_change *change = mip6_outbox_take(&nas->outbox, sizeof(*change));
	const struct mip6_grant *next = attachment->next;

	attachment->state = MIP6_ATTACHMENT_STORING;
	if (change && next) {
		change->kind = STORE_PUT_ATTACHMENT;
		change->attachment = record_of(attachment, next);
	}
	if (!next || !submit(nas, attachment, change))
		stored(nas, attachment, -ENOMEM);
}

bool mip6_nas_submit_deletion(struct mip6_nas *nas, struct mip6_attachment *attachment)
{
	struct store_change *change = mip6_outbox_take(&nas->outbox, sizeof(*change));

	if (change) {
		change->kind = STORE_DELETE_ATTACHMENT;
		change->attachment.session_id = keep(nas, attachment->session_id);
	}
	return submit(nas, attachment, change);
}

void mip6_nas_delete(struct mip6_nas *nas, struct mip6_attachment *attachment)
{
	mip6_accounting_end(&nas->accounting, attachment->session_id, nas->now);
	attachment->state = MIP6_ATTACHMENT_DELETING;
	if (!attachment->grant)
		deleted(nas, attachment, 0); /* was never stored */
	else if (!mip6_nas_submit_deletion(nas, attachment))
		deleted(nas, attachment, -ENOMEM);
}

/* Without the commit a new attachment is not there. */
static void not_stored(struct mip6_nas *nas, struct mip6_attachment *attachment, int error)
{
	struct mip6_result result = { .outcome = MIP6_FAILED, .dns_status = -1 };

	mip6_nas_report(nas, attachment, &result, error, "the NAS cannot store the attachment");
	mip6_nas_send_str(nas, attachment, DM_TERMINATION_CAUSE_DIAMETER_SERVICE_NOT_PROVIDED, 0);
	mip6_nas_delete(nas, attachment);
}

/* The answer to the MBR is in force. */
static void take_grant(struct mip6_attachment *attachment)
{
	free(attachment->grant);
	attachment->grant = attachment->next;
	attachment->next = NULL;
	attachment->renew = attachment->grant->terms.renew;
	attachment->authenticate = attachment->grant->terms.authenticate;
	attachment->attempts = 0;
	attachment->anywhere = false;
}

/* An old attachment goes on with what was granted now, also where the commit failed: what the store
 * still has only ends sooner. */
static void stored(struct mip6_nas *nas, struct mip6_attachment *attachment, int error)
{
	bool renewed = attachment->grant != NULL;
	struct mip6_result result;

	if (error && !renewed) {
		not_stored(nas, attachment, error);
		return;
	}
	if (attachment->next)
		take_grant(attachment);
	else
		mip6_nas_renew_later(nas, attachment);
	result = mip6_nas_describe(nas, attachment);
	mip6_outbox_event(&nas->outbox, MIP6_NOTICE, renewed ? "reauthorized" : "attached",
	                  about(attachment), "home agent %.*s", (int)result.home_agent_fqdn.size,
	                  (const char *)result.home_agent_fqdn.at);
	if (!mip6_nas_account(nas, attachment) && attachment->state == MIP6_ATTACHMENT_ACCOUNTING)
		mip6_nas_finish_grant(nas, attachment, error);
}

/* A deletion that failed is repeated; the operator is told that the node is detached: it is. */
static void deleted(struct mip6_nas *nas, struct mip6_attachment *attachment, int error)
{
	struct mip6_result result = {
		.outcome = MIP6_DETACHED,
		.result_code = attachment->result_code,
		.dns_status = -1,
	};

	mip6_nas_report(nas, attachment, &result, 0, NULL);
	mip6_nas_answer_abort(nas, attachment, error);
	if (error) {
		dm_timers_set(&nas->timers, &attachment->timer, nas->now.monotonic + RETRY);
		return;
	}
	mip6_outbox_event(&nas->outbox, MIP6_NOTICE, "detached", about(attachment), "%s",
	                  attachment->result_code == DM_RESULT_DIAMETER_SUCCESS
	                          ? "the server confirmed it"
	                          : "without the server's word");
	mip6_attachment_free(nas, attachment);
}

/* ---- the answer to a MBR ---- */

static void granted(struct mip6_nas *nas, struct mip6_attachment *attachment,
                    const struct mip6_result *result, const struct dm_message *message)
{
	const struct store_attachment record = {
		.server_host = result->server_host,
		.server_realm = result->server_realm,
		.answer = message->wire,
		.opened = attachment->grant ? attachment->grant->opened : nas->now.wall,
		.granted = nas->now.wall,
	};

	attachment->next = mip6_grant_new(nas, &record);
	store_grant(nas, attachment);
}

/* A re-authorization that was refused ends the session, on both sides (RFC 6733 8.1). */
static void not_granted(struct mip6_nas *nas, struct mip6_attachment *attachment,
                        struct mip6_result *result, enum mip6_outcome outcome)
{
	char why[160];
	struct dm_text text;

	/* The server's words may be any octets. */
	dm_text_init(&text, why, sizeof(why));
	dm_text_octets(&text, result->error_message);
	result->outcome = outcome;
	mip6_outbox_event(&nas->outbox, MIP6_WARNING, "refused", about(attachment), "%u: %s",
	                  result->result_code, why);
	mip6_nas_report(nas, attachment, result, 0, NULL);
	mip6_nas_delete(nas, attachment);
}

/* False: it has been said of this server, or cannot be noted. */
static bool note_unable(struct mip6_nas *nas, struct dm_bytes server)
{
	struct unable *unable;
	uint8_t *room;

	if (dm_map_get(&nas->unable, server) || nas->unable.count >= UNABLE_LIMIT)
		return false;
	unable = malloc(sizeof(*unable) + server.size);
	if (!unable)
		return false;
	room = unable->octets;
	unable->host = mip6_pack(&room, server);
	if (dm_map_put(&nas->unable, unable->host, unable) == 0)
		return true;
	free(unable);
	return false;
}

static void no_mobility(struct mip6_nas *nas, struct mip6_attachment *attachment,
                        struct mip6_result *result)
{
	char server[160];
	struct dm_text text;

	dm_text_init(&text, server, sizeof(server));
	dm_text_octets(&text, result->server_host);
	result->outcome = MIP6_NO_MOBILITY;
	if (note_unable(nas, result->server_host))
		mip6_outbox_event(&nas->outbox, MIP6_WARNING, "no-mobility-service",
		                  about(attachment),
		                  "%s does not know the application; access goes on without it "
		                  "(said once)",
		                  server);
	mip6_nas_report(nas, attachment, result, 0, NULL);
	mip6_nas_delete(nas, attachment);
}

/* Whether the server holds a session, nobody knows: it is told that we do not. */
static void not_heard(struct mip6_nas *nas, struct mip6_attachment *attachment,
                      struct mip6_result *result, enum mip6_outcome outcome)
{
	mip6_nas_send_str(nas, attachment, DM_TERMINATION_CAUSE_DIAMETER_BAD_ANSWER, 0);
	not_granted(nas, attachment, result, outcome);
}

/* What was granted before stays until it expires. */
static void unanswered(struct mip6_nas *nas, struct mip6_attachment *attachment,
                       struct mip6_result *result)
{
	result->outcome = MIP6_FAILED;
	if (!attachment->grant) {
		not_heard(nas, attachment, result, MIP6_FAILED);
		return;
	}
	if (mip6_nas_renew_elsewhere(nas, attachment))
		return;
	mip6_nas_report(nas, attachment, result, 0, NULL);
	mip6_nas_renew_later(nas, attachment);
	mip6_nas_settle(nas, attachment);
}

static void asked(struct mip6_nas *nas, struct mip6_attachment *attachment,
                  const struct dm_message *message, const struct dm_fault *fault)
{
	struct mip6_result result;

	switch (mip6_nas_judge(nas, attachment, message, fault, &result)) {
	case MIP6_VERDICT_GRANTED:
		granted(nas, attachment, &result, message);
		break;
	case MIP6_VERDICT_NO_MOBILITY:
		no_mobility(nas, attachment, &result);
		break;
	case MIP6_VERDICT_REFUSED:
		not_granted(nas, attachment, &result, MIP6_REFUSED);
		break;
	case MIP6_VERDICT_LATER:
		if (attachment->grant)
			unanswered(nas, attachment, &result);
		else if (result.result_code == DM_RESULT_DIAMETER_UNABLE_TO_DELIVER)
			not_heard(nas, attachment, &result, MIP6_REFUSED);
		else
			not_granted(nas, attachment, &result, MIP6_REFUSED);
		break;
	default:
		unanswered(nas, attachment, &result);
		break;
	}
}

/* ---- the end ---- */

void mip6_nas_leave(struct mip6_nas *nas, struct mip6_attachment *attachment,
                    int32_t termination_cause)
{
	uint64_t tag = ++nas->next_tag;

	mip6_accounting_end(&nas->accounting, attachment->session_id, nas->now);
	attachment->state = MIP6_ATTACHMENT_LEAVING;
	attachment->termination_cause = termination_cause;
	attachment->result_code = 0;
	if (!(attachment->grant && attachment->grant->terms.stateless) &&
	    dm_map_put_number(&nas->pending, tag, attachment) == 0) {
		if (mip6_nas_send_str(nas, attachment, termination_cause, tag))
			return;
		dm_map_remove_number(&nas->pending, tag);
	}
	mip6_nas_delete(nas, attachment);
}

static uint32_t result_of_sta(const struct dm_message *message)
{
	if (message && message->entry->command == &dm_command_sta)
		return ((const struct dm_sta *)message->body)->result_code;
	if (message && message->entry->command == &dm_command_answer_message)
		return ((const struct dm_answer_message *)message->body)->result_code;
	return 0;
}

/* The draft sends STR with Application-Id 0, RFC 6733 8.4.1 with the application's own. A relay
 * that forwards by application (freeDiameter does) answers the former 3007: then the latter it is,
 * for all that follow. A STR that reached nobody is sent once more to any server (8.18). */
static void left(struct mip6_nas *nas, struct mip6_attachment *attachment,
                 const struct dm_message *message)
{
	uint32_t code = result_of_sta(message);

	attachment->result_code = code;
	if (code == DM_RESULT_DIAMETER_APPLICATION_UNSUPPORTED && !nas->base_application) {
		nas->base_application = nas->common.application_id;
		attachment->heard = false;
		mip6_nas_leave(nas, attachment, attachment->termination_cause);
		return;
	}
	if ((code == 0 || code == DM_RESULT_DIAMETER_UNABLE_TO_DELIVER) && attachment->grant &&
	    !attachment->anywhere) {
		attachment->anywhere = true;
		mip6_nas_leave(nas, attachment, attachment->termination_cause);
		return;
	}
	mip6_nas_delete(nas, attachment);
}

/* ---- the verbs ---- */

static bool is_order(const struct dm_message *message)
{
	const struct dm_command *command = message->entry->command;

	return command == &dm_command_asr || command == &dm_command_rar;
}

static enum mip6_claim claim(const struct mip6_role *role, const struct dm_message *message)
{
	if (!is_order(message))
		return MIP6_CLAIM_NO;
	return mip6_nas_ordered((const struct mip6_nas *)role, message) ? MIP6_CLAIM_SESSION
	                                                                : MIP6_CLAIM_COMMAND;
}

static void request(struct mip6_role *role, uint64_t transaction, const struct dm_message *message,
                    struct mip6_now now)
{
	struct mip6_nas *nas = nas_of(role);

	nas->now = now;
	if (is_order(message))
		mip6_nas_order(nas, transaction, message);
	else
		mip6_outbox_refuse(&nas->outbox, transaction,
		                   DM_RESULT_DIAMETER_COMMAND_UNSUPPORTED,
		                   "the NAS does not serve %s", message->entry->command->name);
}

static void answer(struct mip6_role *role, uint64_t tag, const struct dm_message *message,
                   const struct dm_fault *fault, struct mip6_now now)
{
	struct mip6_nas *nas = nas_of(role);
	struct mip6_attachment *attachment = dm_map_remove_number(&nas->pending, tag);

	nas->now = now;
	if (mip6_accounting_owns(tag))
		mip6_accounting_answer(&nas->accounting, tag, message, fault, now);
	if (!attachment)
		return;
	if (attachment->state == MIP6_ATTACHMENT_ASKING)
		asked(nas, attachment, message, fault);
	else
		left(nas, attachment, fault && fault->result_code ? NULL : message);
}

static void committed(struct mip6_role *role, uint64_t tag, int error, struct mip6_now now)
{
	struct mip6_nas *nas = nas_of(role);
	struct mip6_attachment *attachment = dm_map_remove_number(&nas->pending, tag);

	nas->now = now;
	if (mip6_accounting_owns(tag))
		mip6_accounting_committed(&nas->accounting, tag, error, now);
	if (!attachment)
		return;
	if (error && !nas->store_failing)
		mip6_outbox_event(&nas->outbox, MIP6_WARNING, "store-failed", about(attachment),
		                  "a commit failed, error %d", -error);
	nas->store_failing = error != 0;
	if (attachment->state == MIP6_ATTACHMENT_STORING)
		stored(nas, attachment, error);
	else if (attachment->state == MIP6_ATTACHMENT_ABORTING)
		mip6_nas_aborted(nas, attachment, error);
	else
		deleted(nas, attachment, error);
}

static void peer_event(struct mip6_role *role, struct dm_bytes origin_host, bool up, bool restarted,
                       uint32_t origin_state_id, struct mip6_now now)
{
	(void)origin_host;
	(void)restarted;
	(void)origin_state_id;
	nas_of(role)->now = now;
	if (up)
		mip6_accounting_peer_up(&nas_of(role)->accounting, now);
}

static void due(struct dm_timer *timer, void *nas)
{
	mip6_nas_due(nas, DM_TIMER_OWNER(timer, struct mip6_attachment, timer));
}

static void tick(struct mip6_role *role, struct mip6_now now)
{
	struct mip6_nas *nas = nas_of(role);

	nas->now = now;
	mip6_accounting_tick(&nas->accounting, now);
	dm_timers_carry_out(&nas->timers, now.monotonic, MIP6_DUE_AT_ONCE, due, nas);
}

static dm_time deadline(const struct mip6_role *role)
{
	const struct mip6_nas *nas = (const struct mip6_nas *)role;

	return dm_time_sooner(dm_timers_next(&nas->timers),
	                      mip6_accounting_deadline(&nas->accounting));
}

static bool effect(struct mip6_role *role, struct mip6_effect *out)
{
	return mip6_outbox_next(&nas_of(role)->outbox, out);
}

static void free_attachment(void *value, void *context)
{
	mip6_attachment_free(context, value);
}

static void free_unable(void *value, void *context)
{
	(void)context;
	free(value);
}

static void free_role(struct mip6_role *role)
{
	struct mip6_nas *nas = nas_of(role);

	dm_map_each(&nas->attachments, free_attachment, nas);
	dm_map_each(&nas->unable, free_unable, NULL);
	mip6_accounting_fini(&nas->accounting);
	dm_map_fini(&nas->unable);
	dm_map_fini(&nas->attachments);
	dm_map_fini(&nas->pending);
	dm_timers_fini(&nas->timers);
	mip6_outbox_fini(&nas->outbox);
	dm_arena_fini(&nas->arena);
	dm_arena_fini(&nas->scratch);
	free(nas);
}

const struct mip6_role_class mip6_nas_class = {
	.name = "nas",
	.claim = claim,
	.request = request,
	.answer = answer,
	.committed = committed,
	.peer_event = peer_event,
	.tick = tick,
	.deadline = deadline,
	.effect = effect,
	.free = free_role,
};
