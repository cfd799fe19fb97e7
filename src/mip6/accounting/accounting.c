/* SPDX-License-Identifier: Apache-2.0 */
/* Accounts: which sessions are accounted for, and when they owe a record. */
#include "accounting_queue.h"

#include "mip6/pack.h"

#include <errno.h>
#include <stdlib.h>

#define OWNER_SHIFT 60 /* of the ids: two roles of one node share the table */

void mip6_accounting_configure(struct mip6_accounting *accounting,
                               const struct mip6_accounting_config *config)
{
	accounting->config = *config;
	if (!config->limit)
		accounting->config.limit = 65536;
	if (!config->retry)
		accounting->config.retry = 5 * DM_SECOND;
}

void mip6_accounting_init(struct mip6_accounting *accounting, enum store_accounted owner,
                          const struct mip6_accounting_config *config, struct mip6_outbox *outbox,
                          const struct mip6_common *common,
                          const struct mip6_accounting_events *events)
{
	*accounting = (struct mip6_accounting){
		.outbox = outbox,
		.common = common,
		.owner = owner,
		.events = *events,
		.next_tag = MIP6_ACCOUNTING_TAG,
		.next_id = (uint64_t)owner << OWNER_SHIFT,
		.random = common->seed | 1,
	};
	mip6_accounting_configure(accounting, config);
	dm_map_init(&accounting->accounts, common->seed, false);
	dm_map_init(&accounting->pending, common->seed, false);
	dm_timers_init(&accounting->timers);
	dm_timers_init(&accounting->retries);
}

static void free_account(void *value, void *context)
{
	struct mip6_account *account = value;

	(void)context;
	while (account->first) {
		struct mip6_owed *owed = account->first;

		account->first = owed->next;
		free(owed);
	}
	free(account);
}

void mip6_accounting_fini(struct mip6_accounting *accounting)
{
	dm_timers_fini(&accounting->timers);
	dm_timers_fini(&accounting->retries);
	dm_map_each(&accounting->accounts, free_account, NULL);
	dm_map_fini(&accounting->accounts);
	dm_map_fini(&accounting->pending);
}

static struct mip6_about about(const struct mip6_account *account)
{
	return (struct mip6_about){ account->record.user_name, account->record.session_id };
}

/* ---- accounts as objects ---- */

struct mip6_account *mip6_account_new(struct mip6_accounting *accounting,
                                      const struct store_account *record)
{
	struct mip6_account *account =
		malloc(sizeof(*account) + record->session_id.size + record->user_name.size +
	               record->acct_multi_session_id.size + record->server_host.size +
	               record->server_realm.size);
	struct store_account *copy;
	uint8_t *room;

	if (!account)
		return NULL;
	*account = (struct mip6_account){ .record = *record };
	copy = &account->record;
	room = account->octets;
	copy->session_id = mip6_pack(&room, record->session_id);
	copy->user_name = mip6_pack(&room, record->user_name);
	copy->acct_multi_session_id = mip6_pack(&room, record->acct_multi_session_id);
	copy->server_host = mip6_pack(&room, record->server_host);
	copy->server_realm = mip6_pack(&room, record->server_realm);
	copy->owner = (uint8_t)accounting->owner;
	if (dm_map_put(&accounting->accounts, copy->session_id, account) == 0)
		return account;
	free(account);
	return NULL;
}

void mip6_account_settle(struct mip6_accounting *accounting, struct mip6_account *account)
{
	if (!account->ended || account->first || account->ready)
		return;
	dm_timers_cancel(&accounting->timers, &account->timer);
	dm_timers_cancel(&accounting->retries, &account->retry);
	dm_map_remove(&accounting->accounts, account->record.session_id);
	free(account);
}

/* ---- time ---- */

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* RFC 6733 9.8.2: times of interims MUST be randomized: up to a tenth before the interval is over,
 * so that none comes late. */
void mip6_account_arm(struct mip6_accounting *accounting, struct mip6_account *account)
{
	dm_time interval = (dm_time)account->record.interim_interval * DM_SECOND;
	dm_time early = (dm_time)(next_random(&accounting->random) % (uint64_t)(interval / 10 + 1));

	dm_timers_set(&accounting->timers, &account->timer,
	              interval && !account->ended ? accounting->now.monotonic + interval - early
	                                          : DM_TIME_NEVER);
}

/* ---- making records ---- */

/* The newest record of a session, when it is an INTERIM that waits: a newer one takes its place
 * (RFC 6733 9.5), and its number too unless a server may have seen it. */
static struct mip6_owed *waiting_interim(const struct mip6_account *account)
{
	struct mip6_owed *last = account->last;

	if (!last || last->flying || last->done ||
	    last->record.record_type != DM_ACCOUNTING_RECORD_TYPE_INTERIM_RECORD)
		return NULL;
	return last;
}

static void fill(const struct mip6_accounting *accounting, struct mip6_owed *owed, int32_t type)
{
	struct mip6_account *account = owed->account;
	int64_t age = accounting->now.wall - account->record.started;

	account->record.usage.told |= STORE_TOLD_SESSION_TIME;
	account->record.usage.session_time = age > 0 ? (uint32_t)age : 0;
	owed->record.record_type = (uint8_t)type;
	owed->record.event_time = accounting->now.wall;
	owed->record.account = account->record;
}

/* With the account as it is now, in one commit. */
static bool store(struct mip6_accounting *accounting, struct mip6_owed *owed)
{
	struct store_change *changes = mip6_outbox_take(accounting->outbox, 2 * sizeof(*changes));

	if (!changes)
		return false;
	changes[0].kind = owed->account->ended ? STORE_DELETE_ACCOUNT : STORE_PUT_ACCOUNT;
	changes[0].account = owed->account->record;
	changes[1].kind = STORE_PUT_OWED;
	changes[1].owed = owed->record;
	return mip6_owed_store(accounting, owed, changes, 2);
}

/* Only the end of the account's record: its last one is lost. */
static void forget_account(struct mip6_accounting *accounting, struct mip6_account *account)
{
	struct store_change *change = mip6_outbox_take(accounting->outbox, sizeof(*change));

	if (!change)
		return;
	change->kind = STORE_DELETE_ACCOUNT;
	change->account.session_id =
		mip6_outbox_copy(accounting->outbox, account->record.session_id);
	mip6_outbox_store(accounting->outbox, ++accounting->next_tag, change, 1);
}

static void lose(struct mip6_accounting *accounting, struct mip6_account *account, const char *why)
{
	mip6_outbox_event(accounting->outbox, MIP6_WARNING, "record-lost", about(account), "%s",
	                  why);
	if (account->ended)
		forget_account(accounting, account);
	else
		mip6_account_failed(accounting, account, why);
}

static void owe(struct mip6_accounting *accounting, struct mip6_account *account, int32_t type)
{
	struct mip6_owed *owed = NULL;

	if (type == DM_ACCOUNTING_RECORD_TYPE_INTERIM_RECORD)
		owed = waiting_interim(account);
	if (!owed && accounting->owed >= accounting->config.limit) {
		lose(accounting, account, "as many records are owed as may be");
		return;
	}
	if (!owed || owed->sent) {
		uint32_t number = account->record.next_number++;

		owed = owed ? owed : mip6_owed_new(accounting, account);
		if (!owed) {
			lose(accounting, account, "no memory for a record");
			return;
		}
		owed->record.record_number = number;
		owed->sent = false;
	}
	fill(accounting, owed, type);
	if (!store(accounting, owed))
		mip6_account_ready(accounting, account);
}

/* ---- sessions ---- */

static struct store_account record_of(const struct mip6_accounted_session *session)
{
	return (struct store_account){
		.session_id = session->session_id,
		.user_name = session->user_name,
		.acct_multi_session_id = session->acct_multi_session_id,
		.server_host = session->server_host,
		.server_realm = session->server_realm,
		.home_address = session->home_address,
		.started = session->started,
	};
}

static void begin_again(struct mip6_accounting *accounting, struct mip6_account *account)
{
	int32_t type = account->ended ? DM_ACCOUNTING_RECORD_TYPE_START_RECORD
	                              : DM_ACCOUNTING_RECORD_TYPE_INTERIM_RECORD;

	account->ended = false; /* the same Session-Id once more: its numbers go on */
	owe(accounting, account, type);
}

bool mip6_accounting_begin(struct mip6_accounting *accounting,
                           const struct mip6_accounted_session *session, struct mip6_now now)
{
	struct mip6_account *account = dm_map_get(&accounting->accounts, session->session_id);
	const struct store_account record = record_of(session);
	bool is_new = !account;

	accounting->now = now;
	if (!accounting->config.send)
		return false;
	if (is_new)
		account = mip6_account_new(accounting, &record);
	if (!account)
		return false;
	account->record.interim_interval = session->interim_interval;
	account->record.realtime = (uint8_t)session->realtime;
	if (is_new)
		account->waits =
			session->realtime == DM_ACCOUNTING_REALTIME_REQUIRED_DELIVER_AND_GRANT;
	mip6_account_arm(accounting, account);
	if (is_new)
		owe(accounting, account, DM_ACCOUNTING_RECORD_TYPE_START_RECORD);
	else
		begin_again(accounting, account);
	return is_new && mip6_accounting_has(accounting, session->session_id) && account->waits;
}

bool mip6_accounting_has(const struct mip6_accounting *accounting, struct dm_bytes session_id)
{
	const struct mip6_account *account = dm_map_get(&accounting->accounts, session_id);

	return account && !account->ended;
}

int mip6_accounting_use(struct mip6_accounting *accounting, struct dm_bytes session_id,
                        const struct store_usage *usage, struct mip6_now now)
{
	struct mip6_account *account = dm_map_get(&accounting->accounts, session_id);
	struct store_change *change;

	accounting->now = now;
	if (!account || account->ended)
		return -ENOENT;
	account->record.usage = *usage;
	change = mip6_outbox_take(accounting->outbox, sizeof(*change));
	if (!change)
		return -ENOMEM;
	change->kind = STORE_PUT_ACCOUNT;
	change->account = account->record;
	mip6_outbox_store(accounting->outbox, ++accounting->next_tag, change, 1);
	return 0;
}

static void end(struct mip6_accounting *accounting, struct mip6_account *account)
{
	account->ended = true;
	account->waits = false;
	dm_timers_cancel(&accounting->timers, &account->timer);
	owe(accounting, account, DM_ACCOUNTING_RECORD_TYPE_STOP_RECORD);
	mip6_account_settle(accounting, account);
}

void mip6_accounting_end(struct mip6_accounting *accounting, struct dm_bytes session_id,
                         struct mip6_now now)
{
	struct mip6_account *account = dm_map_get(&accounting->accounts, session_id);

	accounting->now = now;
	if (account && !account->ended)
		end(accounting, account);
}

/* RFC 6733 8.2: without a record service goes on where losing is allowed, else it ends. */
void mip6_account_failed(struct mip6_accounting *accounting, struct mip6_account *account,
                         const char *why)
{
	if (account->ended ||
	    account->record.realtime == DM_ACCOUNTING_REALTIME_REQUIRED_GRANT_AND_LOSE)
		return;
	account->waits = false;
	mip6_outbox_event(accounting->outbox, MIP6_WARNING, "accounting-failed", about(account),
	                  "the session ends: %s", why);
	accounting->events.refused(accounting->events.context, account->record.session_id, why);
}

/* ---- start ---- */

int mip6_accounting_restore_account(struct mip6_accounting *accounting,
                                    const struct store_account *record)
{
	if (record->owner != accounting->owner)
		return 0;
	if (dm_map_get(&accounting->accounts, record->session_id))
		return -EEXIST;
	return mip6_account_new(accounting, record) ? 0 : -ENOMEM;
}

int mip6_accounting_restore_owed(struct mip6_accounting *accounting,
                                 const struct store_owed *record)
{
	struct mip6_account *account =
		dm_map_get(&accounting->accounts, record->account.session_id);
	struct mip6_owed *owed;

	if (record->account.owner != accounting->owner)
		return 0;
	if (!account) {
		account = mip6_account_new(accounting, &record->account);
		if (!account)
			return -ENOMEM;
		account->ended = true;
	}
	owed = mip6_owed_new(accounting, account);
	if (!owed)
		return -ENOMEM;
	owed->record = *record;
	owed->record.account.session_id = account->record.session_id;
	owed->record.account.user_name = account->record.user_name;
	owed->record.account.acct_multi_session_id = account->record.acct_multi_session_id;
	owed->record.account.server_host = account->record.server_host;
	owed->record.account.server_realm = account->record.server_realm;
	owed->sent = owed->durable = true; /* as far as anybody knows */
	if (record->id > accounting->next_id)
		accounting->next_id = record->id;
	return 0;
}

struct starting {
	struct mip6_accounting *accounting;
	bool (*lives)(void *context, struct dm_bytes session_id);
};

static void start_account(void *value, void *context)
{
	const struct starting *starting = context;
	struct mip6_accounting *accounting = starting->accounting;
	struct mip6_account *account = value;

	if (!account->ended && accounting->config.send &&
	    starting->lives(accounting->events.context, account->record.session_id))
		mip6_account_arm(accounting, account);
	else if (!account->ended)
		end(accounting, account);
	mip6_account_ready(accounting, account);
}

void mip6_accounting_start(struct mip6_accounting *accounting,
                           bool (*lives)(void *context, struct dm_bytes session_id),
                           struct mip6_now now)
{
	struct starting starting = { accounting, lives };

	accounting->now = now;
	dm_map_each(&accounting->accounts, start_account, &starting);
	mip6_accounting_pump(accounting);
}

/* ---- the clock ---- */

static void interim_due(struct dm_timer *timer, void *context)
{
	struct mip6_account *account = DM_TIMER_OWNER(timer, struct mip6_account, timer);
	struct mip6_accounting *accounting = context;

	mip6_account_arm(accounting, account);
	owe(accounting, account, DM_ACCOUNTING_RECORD_TYPE_INTERIM_RECORD);
}

static void retry_due(struct dm_timer *timer, void *accounting)
{
	mip6_account_ready(accounting, DM_TIMER_OWNER(timer, struct mip6_account, retry));
}

void mip6_accounting_tick(struct mip6_accounting *accounting, struct mip6_now now)
{
	accounting->now = now;
	dm_timers_carry_out(&accounting->timers, now.monotonic, MIP6_DUE_AT_ONCE, interim_due,
	                    accounting);
	dm_timers_carry_out(&accounting->retries, now.monotonic, MIP6_DUE_AT_ONCE, retry_due,
	                    accounting);
	mip6_accounting_pump(accounting);
}

dm_time mip6_accounting_deadline(const struct mip6_accounting *accounting)
{
	return dm_time_sooner(dm_timers_next(&accounting->timers),
	                      dm_timers_next(&accounting->retries));
}
