/* SPDX-License-Identifier: Apache-2.0 */
/* The table behind a role: what store.h promises, in memory. */
#include "play.h"

/* ---- the store ---- */

struct dm_bytes play_kept(struct play *play, struct dm_bytes octets)
{
	return dm_arena_copy(&play->arena, octets);
}

static struct dm_bytes key_of(const struct store_change *change)
{
	switch (change->kind) {
	case STORE_PUT_SUBSCRIBER:
	case STORE_DELETE_SUBSCRIBER:
		return change->subscriber.user_name;
	case STORE_PUT_SESSION:
	case STORE_DELETE_SESSION:
		return dm_bytes_of(&change->session.id, sizeof(change->session.id));
	case STORE_PUT_ACCESS:
	case STORE_DELETE_ACCESS:
		return change->access.session_id;
	case STORE_PUT_BINDING:
	case STORE_DELETE_BINDING:
		return change->binding.session_id;
	case STORE_PUT_ACCOUNT:
	case STORE_DELETE_ACCOUNT:
		return change->account.session_id;
	case STORE_PUT_OWED:
	case STORE_DELETE_OWED:
		return dm_bytes_of(&change->owed.id, sizeof(change->owed.id));
	case STORE_PUT_NAME:
	case STORE_DELETE_NAME:
		return dm_bytes_of(&change->name.id, sizeof(change->name.id));
	case STORE_PUT_AGENT:
	case STORE_DELETE_AGENT:
		return change->agent.host;
	default:
		return change->attachment.session_id;
	}
}

static void keep_session(struct play *play, struct store_session *session)
{
	session->user_name = play_kept(play, session->user_name);
	session->service_selection = play_kept(play, session->service_selection);
	session->home_agent = play_kept(play, session->home_agent);
	session->home_agent_realm = play_kept(play, session->home_agent_realm);
	session->home_agent_fqdn = play_kept(play, session->home_agent_fqdn);
	session->home_agent_session = play_kept(play, session->home_agent_session);
	session->acct_multi_session_id = play_kept(play, session->acct_multi_session_id);
	session->fqdn = play_kept(play, session->fqdn);
}

static void keep_binding(struct play *play, struct store_binding *binding)
{
	binding->session_id = play_kept(play, binding->session_id);
	binding->user_name = play_kept(play, binding->user_name);
	binding->server_host = play_kept(play, binding->server_host);
	binding->server_realm = play_kept(play, binding->server_realm);
	binding->acct_multi_session_id = play_kept(play, binding->acct_multi_session_id);
	binding->service_selection = play_kept(play, binding->service_selection);
	for (size_t i = 0; i < binding->association_count; i++)
		binding->associations[i].key_name =
			play_kept(play, binding->associations[i].key_name);
}

static void keep_account(struct play *play, struct store_account *account)
{
	account->session_id = play_kept(play, account->session_id);
	account->user_name = play_kept(play, account->user_name);
	account->acct_multi_session_id = play_kept(play, account->acct_multi_session_id);
	account->server_host = play_kept(play, account->server_host);
	account->server_realm = play_kept(play, account->server_realm);
}

static void keep_accounting(struct play *play, struct store_accounting *record)
{
	record->session_id = play_kept(play, record->session_id);
	record->origin_host = play_kept(play, record->origin_host);
	record->origin_realm = play_kept(play, record->origin_realm);
	record->user_name = play_kept(play, record->user_name);
	record->acct_multi_session_id = play_kept(play, record->acct_multi_session_id);
}

static struct store_change deep_copy(struct play *play, const struct store_change *change)
{
	struct store_change copy = *change;

	if (change->kind == STORE_PUT_SUBSCRIBER) {
		copy.subscriber.user_name = play_kept(play, change->subscriber.user_name);
		copy.subscriber.home_agent = play_kept(play, change->subscriber.home_agent);
		copy.subscriber.fqdn = play_kept(play, change->subscriber.fqdn);
	} else if (change->kind == STORE_PUT_SESSION) {
		keep_session(play, &copy.session);
	} else if (change->kind == STORE_PUT_ACCESS) {
		copy.access.session_id = play_kept(play, change->access.session_id);
		copy.access.origin_host = play_kept(play, change->access.origin_host);
		copy.access.origin_realm = play_kept(play, change->access.origin_realm);
		copy.access.nas_identifier = play_kept(play, change->access.nas_identifier);
	} else if (change->kind == STORE_PUT_BINDING) {
		keep_binding(play, &copy.binding);
	} else if (change->kind == STORE_PUT_ATTACHMENT) {
		copy.attachment.session_id = play_kept(play, change->attachment.session_id);
		copy.attachment.user_name = play_kept(play, change->attachment.user_name);
		copy.attachment.interface = play_kept(play, change->attachment.interface);
		copy.attachment.server_host = play_kept(play, change->attachment.server_host);
		copy.attachment.server_realm = play_kept(play, change->attachment.server_realm);
		copy.attachment.answer = play_kept(play, change->attachment.answer);
		copy.attachment.request = play_kept(play, change->attachment.request);
	} else if (change->kind == STORE_PUT_ACCOUNTING) {
		keep_accounting(play, &copy.accounting);
	} else if (change->kind == STORE_PUT_ACCOUNT) {
		keep_account(play, &copy.account);
	} else if (change->kind == STORE_PUT_OWED) {
		keep_account(play, &copy.owed.account);
	} else if (change->kind == STORE_DELETE_ACCOUNT) {
		copy.account.session_id = play_kept(play, change->account.session_id);
	} else if (change->kind == STORE_PUT_NAME) {
		copy.name.user_name = play_kept(play, change->name.user_name);
		copy.name.fqdn = play_kept(play, change->name.fqdn);
	} else if (change->kind == STORE_PUT_AGENT || change->kind == STORE_DELETE_AGENT) {
		copy.agent.host = play_kept(play, change->agent.host);
	} else if (change->kind == STORE_DELETE_SUBSCRIBER) {
		copy.subscriber.user_name = play_kept(play, change->subscriber.user_name);
	} else if (change->kind == STORE_DELETE_ACCESS) {
		copy.access.session_id = play_kept(play, change->access.session_id);
	} else if (change->kind == STORE_DELETE_BINDING) {
		copy.binding.session_id = play_kept(play, change->binding.session_id);
	} else if (change->kind == STORE_DELETE_ATTACHMENT) {
		copy.attachment.session_id = play_kept(play, change->attachment.session_id);
	}
	return copy;
}

static void remove_records(struct play_store *store, enum store_change_kind kind,
                           struct dm_bytes key)
{
	for (size_t i = 0; i < store->count; i++) {
		struct play_record *record = &store->records[i];

		if (!record->gone && record->change.kind == kind &&
		    dm_bytes_equal(key_of(&record->change), key))
			record->gone = true;
	}
}

static void remove_accesses(struct play_store *store, uint64_t session)
{
	for (size_t i = 0; i < store->count; i++)
		if (store->records[i].change.kind == STORE_PUT_ACCESS &&
		    store->records[i].change.access.session == session)
			store->records[i].gone = true;
}

/* What store.h promises to refuse. */
static void assert_no_clash(const struct play_store *store, const struct store_session *new)
{
	for (size_t i = 0; i < store->count; i++) {
		const struct store_session *old = &store->records[i].change.session;

		if (store->records[i].gone || store->records[i].change.kind != STORE_PUT_SESSION ||
		    old->id == new->id)
			continue;
		assert_false(old->state < 3 && new->state < 3 &&
		             dm_bytes_equal(old->user_name, new->user_name) &&
		             dm_bytes_equal(old->service_selection, new->service_selection));
		assert_false(old->home_address.length &&
		             new->home_address.length &&memcmp(old->home_address.address,
		                                               new->home_address.address, 16) == 0);
	}
}

static void assert_has_session(const struct play_store *store, uint64_t id)
{
	for (size_t i = 0; i < store->count; i++)
		if (!store->records[i].gone && store->records[i].change.kind == STORE_PUT_SESSION &&
		    store->records[i].change.session.id == id)
			return;
	fail_msg("an access session without its mobility session");
}

/* A record is one by Session-Id and number, and is never changed; a deletion is by the hour. */
static void apply_accounting(struct play *play, struct play_store *store,
                             const struct store_change *change)
{
	const struct store_accounting *new = &change->accounting;

	for (size_t i = 0; i < store->count; i++) {
		struct play_record *record = &store->records[i];
		const struct store_accounting *old = &record->change.accounting;

		if (record->gone || record->change.kind != STORE_PUT_ACCOUNTING)
			continue;
		if (change->kind == STORE_DELETE_ACCOUNTING)
			record->gone = old->hour <= new->hour;
		else if (old->record_number == new->record_number &&
		         dm_bytes_equal(old->session_id, new->session_id))
			return;
	}
	assert_in_range(store->count, 0, 4095);
	if (change->kind == STORE_PUT_ACCOUNTING)
		store->records[store->count++] =
			(struct play_record){ deep_copy(play, change), false };
}

static void apply(struct play *play, struct play_store *store, const struct store_change *change)
{
	/* STORE_DELETE_* follows its STORE_PUT_*. */
	bool deletes = change->kind % 2 == 1;
	enum store_change_kind kind = deletes ? change->kind - 1 : change->kind;

	if (kind == STORE_PUT_ACCOUNTING) {
		apply_accounting(play, store, change);
		return;
	}
	remove_records(store, kind, key_of(change));
	if (change->kind == STORE_DELETE_SESSION)
		remove_accesses(store, change->session.id);
	if (deletes)
		return;
	if (change->kind == STORE_PUT_SESSION)
		assert_no_clash(store, &change->session);
	if (change->kind == STORE_PUT_ACCESS)
		assert_has_session(store, change->access.session);
	assert_in_range(store->count, 0, 4095);
	store->records[store->count++] = (struct play_record){ deep_copy(play, change), false };
}

void play_commit(struct play *play, const struct play_held *held, int error)
{
	struct play_role *role = held->role;

	for (size_t i = 0; !error && i < held->count; i++)
		apply(play, role->store, &held->changes[i]);
	role->store->commits++;
	if (role->role)
		role->role->class->committed(role->role, held->tag, error ? -error : 0, play->now);
}

void play_on_store(struct play_role *role, const struct mip6_effect *effect)
{
	struct play *play = role->play;
	struct store_change *copy =
		dm_arena_take(&play->arena, effect->store.count * sizeof(*copy));
	struct play_held held = { role, effect->tag, copy, effect->store.count };

	for (size_t i = 0; i < held.count; i++)
		copy[i] = deep_copy(play, &effect->store.changes[i]);
	assert_in_range(play->held_count, 0, 511);
	play->held[play->held_count++] = held;
}

size_t play_stored(const struct play_role *role, enum store_change_kind kind)
{
	size_t count = 0;

	for (size_t i = 0; i < role->store->count; i++)
		count += !role->store->records[i].gone &&
		         role->store->records[i].change.kind == kind;
	return count;
}

const struct store_change *play_record(const struct play_role *role, enum store_change_kind kind)
{
	for (size_t i = 0; i < role->store->count; i++)
		if (!role->store->records[i].gone && role->store->records[i].change.kind == kind)
			return &role->store->records[i].change;
	fail_msg("no such record");
	return NULL;
}

void play_crash(struct play_role *role)
{
	struct play *play = role->play;
	size_t left = 0;

	role->role->class->free(role->role);
	role->role = NULL;
	for (size_t i = 0; i < play->held_count; i++)
		if (play->held[i].role != role)
			play->held[left++] = play->held[i];
	play->held_count = left;
}

static struct mip6_accounting *accounting_of(struct mip6_role *role)
{
	return strcmp(role->class->name, "nas") == 0 ? mip6_nas_accounting(role)
	                                             : mip6_home_agent_accounting(role);
}

static int restore_one(struct mip6_role *role, const struct store_change *change)
{
	switch (change->kind) {
	case STORE_PUT_SUBSCRIBER:
		return mip6_home_server_restore_subscriber(role, &change->subscriber);
	case STORE_PUT_SESSION:
		return mip6_home_server_restore_session(role, &change->session);
	case STORE_PUT_ACCESS:
		return mip6_home_server_restore_access(role, &change->access);
	case STORE_PUT_NAME:
		return mip6_home_server_restore_name(role, &change->name);
	case STORE_PUT_BINDING:
		return mip6_home_agent_restore_binding(role, &change->binding);
	case STORE_PUT_AGENT:
		return mip6_home_server_restore_agent(role, &change->agent);
	case STORE_PUT_ACCOUNTING:
		return 0;
	case STORE_PUT_ACCOUNT:
		return mip6_accounting_restore_account(accounting_of(role), &change->account);
	case STORE_PUT_OWED:
		return mip6_accounting_restore_owed(accounting_of(role), &change->owed);
	default:
		return mip6_nas_restore_attachment(role, &change->attachment);
	}
}

void play_restore(struct play_role *role, struct mip6_role *fresh)
{
	struct play_store *store = role->store;

	role->role = fresh;
	for (enum store_change_kind kind = 0; kind < STORE_CHANGE_KINDS; kind++)
		for (size_t i = 0; i < store->count; i++)
			if (!store->records[i].gone && store->records[i].change.kind == kind)
				assert_int_equal(restore_one(fresh, &store->records[i].change), 0);
	if (strcmp(fresh->class->name, "home-server") == 0)
		mip6_home_server_start(fresh, role->play->now);
	else if (strcmp(fresh->class->name, "home-agent") == 0)
		mip6_home_agent_start(fresh, role->play->now);
	else if (strcmp(fresh->class->name, "nas") == 0)
		mip6_nas_start(fresh, role->play->now);
	play_pump(role->play);
}
