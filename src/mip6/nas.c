/* SPDX-License-Identifier: Apache-2.0 */
/* The NAS as a role: the life of an attachment. */
#include "mip6/nas.h"

#include "mip6/nas_attachment.h"
#include "mip6/values.h"

#include <errno.h>
#include <stdlib.h>

#define DUE_AT_ONCE 256
#define RETRY       ((dm_time)5 * DM_SECOND)

static struct mip6_nas *nas_of(struct mip6_role *role)
{
	return (struct mip6_nas *)role;
}

static struct mip6_about about(const struct mip6_attachment *attachment)
{
	return (struct mip6_about){ attachment->user_name, attachment->session_id };
}

const char *mip6_nas_outcome_name(enum mip6_nas_outcome outcome)
{
	static const char *const names[] = {
		[MIP6_NAS_BOOTSTRAPPED] = "bootstrapped",
		[MIP6_NAS_NO_MOBILITY] = "no-mobility-service",
		[MIP6_NAS_REFUSED] = "refused",
		[MIP6_NAS_FAILED] = "failed",
		[MIP6_NAS_DETACHED] = "detached",
	};

	return names[outcome];
}

/* ---- results ---- */

static struct dm_bytes keep(struct mip6_nas *nas, struct dm_bytes octets)
{
	return mip6_outbox_copy(&nas->outbox, octets);
}

/* The attachment may be gone before the effect is read: its octets are copied. */
static void report(struct mip6_nas *nas, struct mip6_attachment *attachment,
                   struct mip6_nas_result *result, int error, const char *text)
{
	struct mip6_nas_result *copy;

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

static void report_plainly(struct mip6_nas *nas, uint64_t tag, int error, const char *text)
{
	mip6_outbox_result(&nas->outbox, tag, error, text, NULL);
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

static void store_grant(struct mip6_nas *nas, struct mip6_attachment *attachment)
{
	struct store_change *change = mip6_outbox_take(&nas->outbox, sizeof(*change));
	const struct mip6_grant *next = attachment->next;

	attachment->state = MIP6_ATTACHMENT_STORING;
	if (change && next) {
		change->kind = STORE_PUT_ATTACHMENT;
		change->attachment = (struct store_attachment){
			.session_id = attachment->session_id,
			.user_name = attachment->user_name,
			.interface = attachment->interface,
			.server_host = next->server_host,
			.server_realm = next->server_realm,
			.answer = next->answer,
			.opened = next->opened,
			.expires = next->expires,
		};
	}
	if (!next || !submit(nas, attachment, change))
		stored(nas, attachment, -ENOMEM);
}

static void delete_record(struct mip6_nas *nas, struct mip6_attachment *attachment)
{
	struct store_change *change;

	attachment->state = MIP6_ATTACHMENT_DELETING;
	if (!attachment->grant) {
		deleted(nas, attachment, 0); /* was never stored */
		return;
	}
	change = mip6_outbox_take(&nas->outbox, sizeof(*change));
	if (change) {
		change->kind = STORE_DELETE_ATTACHMENT;
		change->attachment.session_id = keep(nas, attachment->session_id);
	}
	if (!submit(nas, attachment, change))
		deleted(nas, attachment, -ENOMEM);
}

static void stored(struct mip6_nas *nas, struct mip6_attachment *attachment, int error)
{
	struct mip6_nas_result result = { .outcome = MIP6_NAS_FAILED, .dns_status = -1 };

	if (error) {
		report(nas, attachment, &result, error, "the NAS cannot store the attachment");
		free(attachment->next);
		attachment->next = NULL;
		mip6_nas_send_str(nas, attachment,
		                  DM_TERMINATION_CAUSE_DIAMETER_SERVICE_NOT_PROVIDED, 0);
		delete_record(nas, attachment);
		return;
	}
	free(attachment->grant);
	attachment->grant = attachment->next;
	attachment->next = NULL;
	attachment->state = MIP6_ATTACHMENT_ATTACHED;
	mip6_attachment_arm(nas, attachment);
	result = mip6_nas_describe(nas, attachment);
	mip6_outbox_event(&nas->outbox, MIP6_NOTICE, "attached", about(attachment),
	                  "home agent %.*s", (int)result.home_agent_fqdn.size,
	                  (const char *)result.home_agent_fqdn.at);
	report(nas, attachment, &result, 0, NULL);
}

/* A deletion that failed is repeated; the operator is told that the node is detached: it is. */
static void deleted(struct mip6_nas *nas, struct mip6_attachment *attachment, int error)
{
	struct mip6_nas_result result = {
		.outcome = MIP6_NAS_DETACHED,
		.result_code = attachment->result_code,
		.dns_status = -1,
	};

	report(nas, attachment, &result, 0, NULL);
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
                    const struct mip6_nas_result *result, const struct dm_message *message)
{
	int64_t opened = attachment->grant ? attachment->grant->opened : nas->now.wall;

	attachment->next = mip6_grant_new(result, message->wire, opened);
	store_grant(nas, attachment);
}

/* A re-authorization that was refused ends the session, on both sides (RFC 6733 8.1). */
static void not_granted(struct mip6_nas *nas, struct mip6_attachment *attachment,
                        struct mip6_nas_result *result, enum mip6_nas_outcome outcome)
{
	char why[160];
	struct dm_text text;

	/* The server's words may be any octets. */
	dm_text_init(&text, why, sizeof(why));
	dm_text_octets(&text, result->error_message);
	result->outcome = outcome;
	mip6_outbox_event(&nas->outbox, MIP6_WARNING, "refused", about(attachment), "%u: %s",
	                  result->result_code, why);
	report(nas, attachment, result, 0, NULL);
	delete_record(nas, attachment);
}

static void no_mobility(struct mip6_nas *nas, struct mip6_attachment *attachment,
                        struct mip6_nas_result *result)
{
	result->outcome = MIP6_NAS_NO_MOBILITY;
	if (!nas->no_mobility_told)
		mip6_outbox_event(&nas->outbox, MIP6_WARNING, "no-mobility-service",
		                  about(attachment),
		                  "the server does not know the application; access goes on "
		                  "without it (said once)");
	nas->no_mobility_told = true;
	report(nas, attachment, result, 0, NULL);
	delete_record(nas, attachment);
}

/* Whether the server holds a session, nobody knows: it is told that we do not. What was granted
 * before stays until it expires. */
static void unanswered(struct mip6_nas *nas, struct mip6_attachment *attachment,
                       struct mip6_nas_result *result)
{
	result->outcome = MIP6_NAS_FAILED;
	if (attachment->grant) {
		report(nas, attachment, result, 0, NULL);
		attachment->state = MIP6_ATTACHMENT_ATTACHED;
		mip6_attachment_arm(nas, attachment);
		return;
	}
	mip6_nas_send_str(nas, attachment, DM_TERMINATION_CAUSE_DIAMETER_BAD_ANSWER, 0);
	not_granted(nas, attachment, result, MIP6_NAS_FAILED);
}

static void asked(struct mip6_nas *nas, struct mip6_attachment *attachment,
                  const struct dm_message *message, const struct dm_fault *fault)
{
	struct mip6_nas_result result;

	switch (mip6_nas_judge(nas, attachment, message, fault, &result)) {
	case MIP6_VERDICT_GRANTED:
		granted(nas, attachment, &result, message);
		break;
	case MIP6_VERDICT_NO_MOBILITY:
		no_mobility(nas, attachment, &result);
		break;
	case MIP6_VERDICT_REFUSED:
		not_granted(nas, attachment, &result, MIP6_NAS_REFUSED);
		break;
	default:
		unanswered(nas, attachment, &result);
		break;
	}
}

/* ---- the end ---- */

static void leave(struct mip6_nas *nas, struct mip6_attachment *attachment, int32_t cause)
{
	uint64_t tag = ++nas->next_tag;

	attachment->state = MIP6_ATTACHMENT_LEAVING;
	attachment->termination_cause = cause;
	attachment->result_code = 0;
	if (dm_map_put_number(&nas->pending, tag, attachment) == 0) {
		if (mip6_nas_send_str(nas, attachment, cause, tag))
			return;
		dm_map_remove_number(&nas->pending, tag);
	}
	delete_record(nas, attachment);
}

/* The draft sends STR with Application-Id 0, RFC 6733 8.4.1 with the application's own. A relay
 * that forwards by application (freeDiameter does) answers the former 3007: then the latter it is,
 * for all that follow. */
static void left(struct mip6_nas *nas, struct mip6_attachment *attachment,
                 const struct dm_message *message)
{
	const struct dm_command *command = message ? message->entry->command : NULL;

	if (command == &dm_command_sta)
		attachment->result_code = ((const struct dm_sta *)message->body)->result_code;
	else if (command == &dm_command_answer_message)
		attachment->result_code =
			((const struct dm_answer_message *)message->body)->result_code;
	if (attachment->result_code == DM_RESULT_DIAMETER_APPLICATION_UNSUPPORTED &&
	    !nas->base_application) {
		nas->base_application = nas->common.application_id;
		leave(nas, attachment, attachment->termination_cause);
		return;
	}
	delete_record(nas, attachment);
}

static void due(struct mip6_nas *nas, struct mip6_attachment *attachment)
{
	int64_t expires = attachment->grant ? attachment->grant->expires : 0;

	if (attachment->state == MIP6_ATTACHMENT_DELETING) {
		delete_record(nas, attachment);
		return;
	}
	if (attachment->state != MIP6_ATTACHMENT_ATTACHED)
		return; /* the end of what is under way looks again */
	if (expires > nas->now.wall) {
		mip6_attachment_arm(nas, attachment);
		return;
	}
	mip6_outbox_event(&nas->outbox, MIP6_NOTICE, "expired", about(attachment),
	                  "its lifetime is over");
	leave(nas, attachment, DM_TERMINATION_CAUSE_DIAMETER_SESSION_TIMEOUT);
}

/* ---- commands ---- */

/* Which attachment a command means. */
struct search {
	struct dm_bytes user_name, interface;
	struct mip6_attachment *found;
	size_t count;
};

static void look_at(void *value, void *context)
{
	struct mip6_attachment *attachment = value;
	struct search *search = context;

	if (!dm_bytes_equal(attachment->user_name, search->user_name) ||
	    (search->interface.size > 0 &&
	     !dm_bytes_equal(attachment->interface, search->interface)))
		return;
	search->found = attachment;
	search->count++;
}

static const char *what_is_wrong(const struct mip6_nas_attach *attach, struct mip6_nai *nai)
{
	if (!mip6_nai_parse(attach->user_name, nai))
		return "the user name is no NAI (RFC 4282)";
	if (attach->dns_name.size > 0 && !mip6_is_host_name(attach->dns_name))
		return "the DNS name is no host name";
	if (attach->home_agent_fqdn.size > 0 && !mip6_is_host_name(attach->home_agent_fqdn))
		return "the home agent is no host name";
	if (attach->auth_request_type < 0 || attach->auth_request_type > 3)
		return "Auth-Request-Type is 1, 2 or 3";
	return NULL;
}

static struct dm_bytes realm_of(const struct mip6_nas *nas, const struct mip6_nas_attach *attach,
                                const struct mip6_nai *nai)
{
	if (attach->destination_realm.size)
		return attach->destination_realm;
	return nai->realm.size ? nai->realm : nas->config.default_realm;
}

static struct mip6_attachment *open_attachment(struct mip6_nas *nas,
                                               const struct mip6_nas_attach *attach,
                                               struct dm_bytes realm)
{
	char session_id[300];
	struct dm_text text;

	dm_text_init(&text, session_id, sizeof(session_id));
	nas->common.session_id(nas->common.session_id_context, &text);
	return mip6_attachment_new(nas, dm_bytes_of(text.at, text.size), attach->user_name,
	                           attach->interface, realm);
}

static void ask(struct mip6_nas *nas, struct mip6_attachment *attachment,
                const struct mip6_nas_attach *attach, uint64_t tag)
{
	const char *why;

	attachment->started = nas->now.monotonic;
	why = mip6_nas_send_mbr(nas, attachment, attach);
	if (!why) {
		attachment->has_tag = true;
		attachment->tag = tag;
		return;
	}
	report_plainly(nas, tag, -ENOMEM, why);
	if (!attachment->grant)
		mip6_attachment_free(nas, attachment);
}

void mip6_nas_attach(struct mip6_role *role, const struct mip6_nas_attach *attach, uint64_t tag,
                     struct mip6_now now)
{
	struct mip6_nas *nas = nas_of(role);
	struct search search = { attach->user_name, attach->interface, NULL, 0 };
	struct mip6_attachment *attachment;
	struct mip6_nai nai;
	const char *why = what_is_wrong(attach, &nai);

	nas->now = now;
	if (why) {
		report_plainly(nas, tag, -EINVAL, why);
		return;
	}
	dm_map_each(&nas->attachments, look_at, &search);
	attachment = search.found;
	if (attachment && attachment->state != MIP6_ATTACHMENT_ATTACHED) {
		report_plainly(nas, tag, -EBUSY, "the last command for this node is in work");
		return;
	}
	if (!attachment && nas->attachments.count >= nas->limit) {
		report_plainly(nas, tag, -ENOSPC, "the NAS has as many nodes as it may");
		return;
	}
	if (!attachment)
		attachment = open_attachment(nas, attach, realm_of(nas, attach, &nai));
	if (attachment)
		ask(nas, attachment, attach, tag);
	else
		report_plainly(nas, tag, -ENOMEM, "the NAS is out of memory");
}

void mip6_nas_detach(struct mip6_role *role, struct dm_bytes session_id, struct dm_bytes user_name,
                     struct dm_bytes interface, uint64_t tag, struct mip6_now now)
{
	struct mip6_nas *nas = nas_of(role);
	struct search search = { user_name, interface, NULL, 0 };

	nas->now = now;
	if (session_id.size) {
		search.found = dm_map_get(&nas->attachments, session_id);
		search.count = search.found ? 1 : 0;
	} else {
		dm_map_each(&nas->attachments, look_at, &search);
	}
	if (search.count == 0) {
		report_plainly(nas, tag, -ENOENT, "no such node is attached");
	} else if (search.count > 1) {
		report_plainly(nas, tag, -EEXIST,
		               "the user is attached more than once; name the interface");
	} else if (search.found->state != MIP6_ATTACHMENT_ATTACHED) {
		report_plainly(nas, tag, -EBUSY, "the last command for this node is in work");
	} else {
		search.found->has_tag = true;
		search.found->tag = tag;
		search.found->started = now.monotonic;
		leave(nas, search.found, DM_TERMINATION_CAUSE_DIAMETER_LOGOUT);
	}
}

/* ---- the verbs ---- */

static enum mip6_claim claim(const struct mip6_role *role, const struct dm_message *message)
{
	const struct mip6_nas *nas = (const struct mip6_nas *)role;
	const struct dm_command *command = message->entry->command;
	struct dm_bytes session_id = { 0 };

	if (command == &dm_command_asr)
		session_id = ((const struct dm_asr *)message->body)->session_id;
	else if (command == &dm_command_rar)
		session_id = ((const struct dm_rar *)message->body)->session_id;
	else
		return MIP6_CLAIM_NO;
	return dm_map_get(&nas->attachments, session_id) ? MIP6_CLAIM_SESSION : MIP6_CLAIM_COMMAND;
}

static void request(struct mip6_role *role, uint64_t transaction, const struct dm_message *message,
                    struct mip6_now now)
{
	struct mip6_nas *nas = nas_of(role);

	nas->now = now;
	mip6_outbox_refuse(&nas->outbox, transaction, DM_RESULT_DIAMETER_COMMAND_UNSUPPORTED,
	                   "the NAS does not serve %s", message->entry->command->name);
}

static void answer(struct mip6_role *role, uint64_t tag, const struct dm_message *message,
                   const struct dm_fault *fault, struct mip6_now now)
{
	struct mip6_nas *nas = nas_of(role);
	struct mip6_attachment *attachment = dm_map_remove_number(&nas->pending, tag);

	nas->now = now;
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
	if (!attachment)
		return;
	if (error && !nas->store_failing)
		mip6_outbox_event(&nas->outbox, MIP6_WARNING, "store-failed", about(attachment),
		                  "a commit failed, error %d", -error);
	nas->store_failing = error != 0;
	if (attachment->state == MIP6_ATTACHMENT_STORING)
		stored(nas, attachment, error);
	else
		deleted(nas, attachment, error);
}

static void tick(struct mip6_role *role, struct mip6_now now)
{
	struct mip6_nas *nas = nas_of(role);

	nas->now = now;
	for (int i = 0; i < DUE_AT_ONCE; i++) {
		struct dm_timer *timer = dm_timers_due(&nas->timers, now.monotonic);

		if (!timer)
			return;
		due(nas, DM_TIMER_OWNER(timer, struct mip6_attachment, timer));
	}
}

static dm_time deadline(const struct mip6_role *role)
{
	return dm_timers_next(&((const struct mip6_nas *)role)->timers);
}

static bool effect(struct mip6_role *role, struct mip6_effect *out)
{
	return mip6_outbox_next(&nas_of(role)->outbox, out);
}

static void free_attachment(void *value, void *context)
{
	mip6_attachment_free(context, value);
}

static void free_role(struct mip6_role *role)
{
	struct mip6_nas *nas = nas_of(role);

	dm_map_each(&nas->attachments, free_attachment, nas);
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
	.tick = tick,
	.deadline = deadline,
	.effect = effect,
	.free = free_role,
};
