/* SPDX-License-Identifier: Apache-2.0 */
/* What is owed: stored, sent, answered, sent again. */
#include "accounting_queue.h"

#include <stdlib.h>

#define WINDOW       256 /* records on their way at a time */
#define RETRY_DOUBLE 4   /* times that the wait doubles */

static struct mip6_about about(const struct mip6_account *account)
{
	return (struct mip6_about){ account->record.user_name, account->record.session_id };
}

/* ---- the list of an account ---- */

struct mip6_owed *mip6_owed_new(struct mip6_accounting *accounting, struct mip6_account *account)
{
	struct mip6_owed *owed = calloc(1, sizeof(*owed));

	if (!owed)
		return NULL;
	owed->account = account;
	owed->record.id = ++accounting->next_id;
	if (account->last)
		account->last->next = owed;
	else
		account->first = owed;
	account->last = owed;
	accounting->owed++;
	return owed;
}

void mip6_owed_free(struct mip6_accounting *accounting, struct mip6_owed *owed)
{
	struct mip6_account *account = owed->account;
	struct mip6_owed **link = &account->first;
	struct mip6_owed *before = NULL;

	for (; *link != owed; link = &(*link)->next)
		before = *link;
	*link = owed->next;
	if (account->last == owed)
		account->last = before;
	accounting->owed--;
	free(owed);
}

/* ---- commits ---- */

bool mip6_owed_store(struct mip6_accounting *accounting, struct mip6_owed *owed,
                     const struct store_change *changes, size_t count)
{
	uint64_t tag = ++accounting->next_tag;

	if (dm_map_put_number(&accounting->pending, tag, owed) != 0)
		return false;
	if (mip6_outbox_store(accounting->outbox, tag, changes, count)) {
		owed->commits++;
		return true;
	}
	dm_map_remove_number(&accounting->pending, tag);
	return false;
}

void mip6_owed_drop(struct mip6_accounting *accounting, struct mip6_owed *owed)
{
	struct mip6_account *account = owed->account;
	struct store_change *change = mip6_outbox_take(accounting->outbox, sizeof(*change));

	if (change) {
		change->kind = STORE_DELETE_OWED;
		change->owed.id = owed->record.id;
		mip6_outbox_store(accounting->outbox, ++accounting->next_tag, change, 1);
	}
	owed->done = true;
	if (owed->commits == 0)
		mip6_owed_free(accounting, owed);
	mip6_account_ready(accounting, account);
	mip6_account_settle(accounting, account);
}

/* A commit of a record that failed: it is sent all the same, from memory. */
void mip6_accounting_committed(struct mip6_accounting *accounting, uint64_t tag, int error,
                               struct mip6_now now)
{
	struct mip6_owed *owed = dm_map_remove_number(&accounting->pending, tag);
	struct mip6_account *account = owed ? owed->account : NULL;

	accounting->now = now;
	if (!owed)
		return;
	owed->commits--;
	owed->durable = error == 0;
	if (owed->done && owed->commits == 0)
		mip6_owed_free(accounting, owed);
	mip6_account_ready(accounting, account);
	mip6_account_settle(accounting, account);
	mip6_accounting_pump(accounting);
}

/* ---- who may send ---- */

static bool may_leave(const struct mip6_owed *owed)
{
	return owed && !owed->flying && !owed->done && owed->commits == 0;
}

void mip6_account_ready(struct mip6_accounting *accounting, struct mip6_account *account)
{
	if (account->ready || dm_timer_is_set(&account->retry) || !may_leave(account->first))
		return;
	account->ready = true;
	account->next_ready = NULL;
	if (accounting->last)
		accounting->last->next_ready = account;
	else
		accounting->first = account;
	accounting->last = account;
}

static struct mip6_account *take_ready(struct mip6_accounting *accounting)
{
	struct mip6_account *account = accounting->first;

	accounting->first = account->next_ready;
	if (!accounting->first)
		accounting->last = NULL;
	account->ready = false;
	return account;
}

/* ---- ACR ---- */

static void add_usage(const struct store_usage *usage, struct dm_acr *acr)
{
	acr->has.acct_session_time = usage->told & STORE_TOLD_SESSION_TIME;
	acr->acct_session_time = usage->session_time;
	acr->has.accounting_input_octets = usage->told & STORE_TOLD_INPUT_OCTETS;
	acr->accounting_input_octets = usage->input_octets;
	acr->has.accounting_output_octets = usage->told & STORE_TOLD_OUTPUT_OCTETS;
	acr->accounting_output_octets = usage->output_octets;
	acr->has.accounting_input_packets = usage->told & STORE_TOLD_INPUT_PACKETS;
	acr->accounting_input_packets = usage->input_packets;
	acr->has.accounting_output_packets = usage->told & STORE_TOLD_OUTPUT_PACKETS;
	acr->accounting_output_packets = usage->output_packets;
}

static void add_home_address(struct mip6_outbox *outbox, const struct store_prefix *address,
                             struct dm_acr *acr)
{
	struct dm_address *one = mip6_outbox_take(outbox, sizeof(*one));

	if (!one || address->length == 0)
		return;
	one->family = DM_ADDRESS_IPV6;
	one->octets =
		mip6_outbox_copy(outbox, dm_bytes_of(address->address, sizeof(address->address)));
	acr->has.mip_mobile_node_address = true;
	acr->mip_mobile_node_address = (struct dm_address_list){ one, 1 };
}

static void add_session(struct mip6_outbox *outbox, const struct store_account *account,
                        struct dm_acr *acr)
{
	acr->session_id = mip6_outbox_copy(outbox, account->session_id);
	acr->destination_realm = mip6_outbox_copy(outbox, account->server_realm);
	acr->has.user_name = account->user_name.size > 0;
	acr->user_name = mip6_outbox_copy(outbox, account->user_name);
	acr->has.acct_multi_session_id = account->acct_multi_session_id.size > 0;
	acr->acct_multi_session_id = mip6_outbox_copy(outbox, account->acct_multi_session_id);
}

static bool send(struct mip6_accounting *accounting, const struct mip6_owed *owed, uint64_t tag)
{
	struct mip6_outbox *outbox = accounting->outbox;
	const struct mip6_common *common = accounting->common;
	const struct store_account *account = &owed->record.account;
	struct dm_acr *acr = mip6_outbox_take(outbox, sizeof(*acr));

	if (!acr)
		return false;
	add_session(outbox, account, acr);
	acr->origin_host = common->origin_host;
	acr->origin_realm = common->origin_realm;
	acr->accounting_record_type = owed->record.record_type;
	acr->accounting_record_number = owed->record.record_number;
	/* One that did not get there may go to any server of the realm (RFC 6733 9.4). */
	acr->has.destination_host = !owed->sent && account->server_host.size > 0;
	acr->destination_host = mip6_outbox_copy(outbox, account->server_host);
	acr->has.acct_application_id = acr->has.event_timestamp = true;
	acr->acct_application_id = common->application_id; /* coupled, RFC 6733 9.3 */
	acr->event_timestamp = owed->record.event_time;
	acr->has.origin_state_id = common->origin_state_id != 0;
	acr->origin_state_id = common->origin_state_id;
	add_usage(&account->usage, acr);
	add_home_address(outbox, &account->home_address, acr);
	return mip6_outbox_add(outbox, &(struct mip6_effect){
					       .kind = MIP6_EFFECT_REQUEST,
					       .tag = tag,
					       .request.command = &dm_command_acr,
					       .request.body = acr,
					       .request.application_id = accounting->application,
					       .request.timeout = accounting->config.timeout,
					       .request.again = owed->sent,
				       });
}

static void back_off(struct mip6_accounting *accounting, struct mip6_account *account);

static void launch(struct mip6_accounting *accounting, struct mip6_owed *owed)
{
	uint64_t tag = ++accounting->next_tag;

	if (dm_map_put_number(&accounting->pending, tag, owed) == 0) {
		if (send(accounting, owed, tag)) {
			owed->flying = true;
			accounting->flying++;
			return;
		}
		dm_map_remove_number(&accounting->pending, tag);
	}
	back_off(accounting, owed->account);
}

void mip6_accounting_pump(struct mip6_accounting *accounting)
{
	while (accounting->first && accounting->flying < WINDOW) {
		struct mip6_account *account = take_ready(accounting);

		if (may_leave(account->first))
			launch(accounting, account->first);
		else
			mip6_account_settle(accounting, account);
	}
}

/* ---- answers ---- */

/* Later each time. */
static void back_off(struct mip6_accounting *accounting, struct mip6_account *account)
{
	dm_time wait = accounting->config.retry << account->failures;

	dm_timers_set(&accounting->retries, &account->retry, accounting->now.monotonic + wait);
	if (account->failures < RETRY_DOUBLE)
		account->failures++;
}

enum outcome { TAKEN, LATER, UNABLE, OTHER_APPLICATION, REFUSED };

static enum outcome outcome_of(const struct mip6_accounting *accounting, uint32_t code)
{
	switch (code) {
	case DM_RESULT_DIAMETER_UNABLE_TO_DELIVER:
	case DM_RESULT_DIAMETER_TOO_BUSY:
	case DM_RESULT_DIAMETER_LOOP_DETECTED:
	case DM_RESULT_DIAMETER_OUT_OF_SPACE:
		return LATER;
	case DM_RESULT_DIAMETER_APPLICATION_UNSUPPORTED:
		return accounting->application ? UNABLE : OTHER_APPLICATION;
	case DM_RESULT_DIAMETER_COMMAND_UNSUPPORTED:
		return UNABLE;
	default:
		return code / 1000 == 2 ? TAKEN : code / 1000 == 4 ? LATER : REFUSED;
	}
}

static enum outcome judge(const struct mip6_accounting *accounting,
                          const struct dm_message *message, const struct dm_fault *fault)
{
	if (!message)
		return LATER;
	if (fault && fault->result_code)
		return REFUSED;
	if (message->entry->command == &dm_command_aca)
		return outcome_of(accounting, ((const struct dm_aca *)message->body)->result_code);
	return outcome_of(accounting,
	                  ((const struct dm_answer_message *)message->body)->result_code);
}

/* The newest word of the server counts (RFC 6733 9.8.2, 9.8.7). */
static void obey(struct mip6_accounting *accounting, struct mip6_account *account,
                 const struct dm_aca *aca)
{
	if (aca->has.accounting_realtime_required)
		account->record.realtime = (uint8_t)aca->accounting_realtime_required;
	if (!aca->has.acct_interim_interval ||
	    aca->acct_interim_interval == account->record.interim_interval)
		return;
	account->record.interim_interval = aca->acct_interim_interval;
	mip6_account_arm(accounting, account);
}

static void taken(struct mip6_accounting *accounting, struct mip6_owed *owed,
                  const struct dm_message *message)
{
	struct mip6_account *account = owed->account;
	bool waited = account->waits;

	account->failures = 0;
	account->waits = false;
	if (message->entry->command == &dm_command_aca)
		obey(accounting, account, message->body);
	if (waited)
		accounting->events.granted(accounting->events.context, account->record.session_id);
	mip6_owed_drop(accounting, owed);
}

/* An INTERIM that a newer one has followed meanwhile is not sent again (RFC 6733 9.5). */
static bool is_outdated(const struct mip6_owed *owed)
{
	return owed->record.record_type == DM_ACCOUNTING_RECORD_TYPE_INTERIM_RECORD && owed->next &&
	       owed->next->record.record_type == owed->record.record_type;
}

static void postpone(struct mip6_accounting *accounting, struct mip6_owed *owed)
{
	struct mip6_account *account = owed->account;
	bool must = account->record.realtime == DM_ACCOUNTING_REALTIME_REQUIRED_DELIVER_AND_GRANT;
	bool kept = owed->durable;

	owed->sent = true;
	back_off(accounting, account);
	if (is_outdated(owed))
		mip6_owed_drop(accounting, owed);
	if (must)
		mip6_account_failed(accounting, account, "no accounting server can be reached");
	else if (!kept)
		mip6_account_failed(accounting, account,
		                    "a record can neither be delivered nor stored");
}

/* The server has no accounting and demanded none: the session goes on without. */
static void unable(struct mip6_accounting *accounting, struct mip6_owed *owed)
{
	struct mip6_account *account = owed->account;

	if (!accounting->unable_told)
		mip6_outbox_event(accounting->outbox, MIP6_WARNING, "no-accounting", about(account),
		                  "the server does not take accounting records; service goes on "
		                  "without them (said once)");
	accounting->unable_told = true;
	mip6_owed_drop(accounting, owed);
}

static void refused(struct mip6_accounting *accounting, struct mip6_owed *owed, uint32_t code)
{
	struct mip6_account *account = owed->account;
	bool ended = account->ended;

	mip6_outbox_event(accounting->outbox, MIP6_WARNING, "record-refused", about(account),
	                  "record %u: %u", owed->record.record_number, code);
	if (!ended)
		mip6_account_failed(accounting, account, "the server refused a record");
	mip6_owed_drop(accounting, owed);
}

static uint32_t code_of(const struct dm_message *message)
{
	if (message->entry->command == &dm_command_aca)
		return ((const struct dm_aca *)message->body)->result_code;
	return ((const struct dm_answer_message *)message->body)->result_code;
}

static void answered(struct mip6_accounting *accounting, struct mip6_owed *owed,
                     const struct dm_message *message, const struct dm_fault *fault)
{
	switch (judge(accounting, message, fault)) {
	case TAKEN:
		taken(accounting, owed, message);
		return;
	case LATER:
		postpone(accounting, owed);
		return;
	case OTHER_APPLICATION:
		accounting->application = accounting->common->application_id;
		mip6_account_ready(accounting, owed->account);
		return;
	case UNABLE:
		if (owed->account->record.realtime == 0) {
			unable(accounting, owed);
			return;
		}
		break;
	case REFUSED:
		break;
	}
	refused(accounting, owed, fault && fault->result_code ? 0 : code_of(message));
}

void mip6_accounting_answer(struct mip6_accounting *accounting, uint64_t tag,
                            const struct dm_message *message, const struct dm_fault *fault,
                            struct mip6_now now)
{
	struct mip6_owed *owed = dm_map_remove_number(&accounting->pending, tag);

	accounting->now = now;
	if (!owed)
		return;
	owed->flying = false;
	accounting->flying--;
	answered(accounting, owed, message, fault);
	mip6_accounting_pump(accounting);
}

static void try_now(void *value, void *context)
{
	struct mip6_accounting *accounting = context;
	struct mip6_account *account = value;

	if (!dm_timer_is_set(&account->retry))
		return;
	dm_timers_cancel(&accounting->retries, &account->retry);
	account->failures = 0;
	mip6_account_ready(accounting, account);
}

/* Who waited for a server tries at once: this may be the one, or the way to it. */
void mip6_accounting_peer_up(struct mip6_accounting *accounting, struct mip6_now now)
{
	accounting->now = now;
	dm_map_each(&accounting->accounts, try_now, accounting);
	mip6_accounting_pump(accounting);
}
