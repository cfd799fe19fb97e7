/* SPDX-License-Identifier: Apache-2.0 */
/* The home agent as a role: bindings come by MHR, go by ASR or when their keys are over. */
#include "home_agent.h"

#include "dict/mip6.dia.h"
#include "home_agent_binding.h"
#include "mip6/order.h"
#include "mip6/values.h"

#include <errno.h>
#include <stdlib.h>

#define RETRY ((dm_time)5 * DM_SECOND)

static struct mip6_home_agent *agent_of(struct mip6_role *role)
{
	return (struct mip6_home_agent *)role;
}

static struct mip6_about about(const struct mip6_binding *binding)
{
	return (struct mip6_about){ binding->record.user_name, binding->record.session_id };
}

/* ---- commits ---- */

/* Hands over one transaction about `binding`; false: it could not be. */
static bool submit(struct mip6_home_agent *agent, struct mip6_binding *binding,
                   const struct store_change *changes, size_t count)
{
	uint64_t tag = ++agent->next_tag;

	if (dm_map_put_number(&agent->pending, tag, binding) != 0)
		return false;
	if (mip6_outbox_store(&agent->outbox, tag, changes, count)) {
		binding->busy = true;
		return true;
	}
	dm_map_remove_number(&agent->pending, tag);
	return false;
}

static bool submit_deletion(struct mip6_home_agent *agent, struct mip6_binding *binding)
{
	struct store_change *change = mip6_outbox_take(&agent->outbox, sizeof(*change));

	if (!change)
		return false;
	change->kind = STORE_DELETE_BINDING;
	change->binding.session_id = mip6_outbox_copy(&agent->outbox, binding->record.session_id);
	return submit(agent, binding, change, 1);
}

/* The new binding, and the end of one that had another Session-Id. */
static bool submit_installation(struct mip6_home_agent *agent, struct mip6_binding *binding)
{
	struct store_change *changes = mip6_outbox_take(&agent->outbox, 2 * sizeof(*changes));
	const struct mip6_binding *old = binding->replaced;
	size_t count = 0;

	if (!changes || !mip6_outbox_mark_secret(&agent->outbox, changes, 2 * sizeof(*changes)))
		return false;
	if (old && !dm_bytes_equal(old->record.session_id, binding->record.session_id)) {
		changes[count].kind = STORE_DELETE_BINDING;
		changes[count++].binding.session_id = old->record.session_id;
	}
	changes[count].kind = STORE_PUT_BINDING;
	changes[count++].binding = binding->record;
	return submit(agent, binding, changes, count);
}

/* ---- MHR ---- */

static void refuse(struct mip6_home_agent *agent, uint64_t transaction,
                   const struct dm_message *message, const struct dm_fault *fault)
{
	const struct mip6_mhr *mhr = message->body;
	const struct mip6_about whom = { mhr->user_name, mhr->session_id };

	mip6_outbox_fault(&agent->outbox, transaction, fault);
	mip6_outbox_event(&agent->outbox, MIP6_WARNING, "refused", whom, "%u: %s",
	                  fault->result_code, fault->sentence);
}

/* Claims the address at once, so that no other MHR gets it while this one is being committed. */
static int claim_address(struct mip6_home_agent *agent, struct mip6_binding *binding)
{
	struct mip6_binding *old = binding->replaced;

	if (old && dm_bytes_equal(mip6_binding_address(old), mip6_binding_address(binding))) {
		binding->shares_address = true;
		return 0;
	}
	return mip6_home_agent_index(agent, binding);
}

static int claim_session(struct mip6_home_agent *agent, struct mip6_binding *binding)
{
	const struct mip6_binding *old = binding->replaced;

	if (old && dm_bytes_equal(old->record.session_id, binding->record.session_id))
		return 0;
	return dm_map_put(&agent->by_session, binding->record.session_id, binding);
}

bool mip6_home_agent_install(struct mip6_home_agent *agent, struct mip6_binding *binding)
{
	binding->installing = true;
	if (claim_session(agent, binding) != 0 || claim_address(agent, binding) != 0 ||
	    !submit_installation(agent, binding)) {
		mip6_home_agent_drop(agent, binding);
		return false;
	}
	if (binding->replaced)
		binding->replaced->busy = true;
	return true;
}

static void mhr(struct mip6_home_agent *agent, uint64_t transaction,
                const struct dm_message *message)
{
	struct dm_fault fault;
	struct mip6_binding *binding = mip6_binding_read(agent, message, &fault);

	if (!binding) {
		refuse(agent, transaction, message, &fault);
		return;
	}
	binding->transaction = transaction;
	if (mip6_home_agent_install(agent, binding))
		return;
	dm_fault_set(&fault, DM_RESULT_DIAMETER_UNABLE_TO_COMPLY,
	             "the home agent is out of memory");
	refuse(agent, transaction, message, &fault);
}

static void answer_mhr(struct mip6_home_agent *agent, const struct mip6_binding *binding)
{
	struct mip6_mha *mha = mip6_outbox_take(&agent->outbox, sizeof(*mha));
	const struct store_binding *record = &binding->record;
	struct mip6_outbox *outbox = &agent->outbox;
	uint8_t address[MIP6_ADDRESS_SIZE], prefix[MIP6_PREFIX_SIZE];

	if (!mha)
		return;
	mip6_address_write(&record->home_address, address);
	mip6_prefix_write(&record->home_prefix, prefix);
	mha->session_id = mip6_outbox_copy(outbox, record->session_id);
	mha->auth_application_id = agent->common.application_id;
	mha->origin_host = agent->common.origin_host;
	mha->origin_realm = agent->common.origin_realm;
	mha->result_code = DM_RESULT_DIAMETER_SUCCESS;
	mha->has.mip6_home_address = mha->has.mip6_home_link_prefix = true;
	mha->mip6_home_address = mip6_outbox_copy(outbox, dm_bytes_of(address, sizeof(address)));
	mha->mip6_home_link_prefix = mip6_outbox_copy(outbox, dm_bytes_of(prefix, sizeof(prefix)));
	mha->has.user_name = record->user_name.size > 0;
	mha->user_name = mip6_outbox_copy(outbox, record->user_name);
	mha->has.acct_multi_session_id = record->acct_multi_session_id.size > 0;
	mha->acct_multi_session_id = mip6_outbox_copy(outbox, record->acct_multi_session_id);
	mha->has.origin_state_id = agent->common.origin_state_id != 0;
	mha->origin_state_id = agent->common.origin_state_id;
	mip6_outbox_answer(outbox, binding->transaction, &mip6_command_mha, mha);
}

/* The committed binding takes the place of the one before it. The slots that its keys need have
 * just been left, so nothing is allocated. */
static void take_over(struct mip6_home_agent *agent, struct mip6_binding *binding)
{
	struct mip6_binding *old = binding->replaced;
	bool same_session;

	binding->replaced = NULL;
	if (!old)
		return;
	same_session = dm_bytes_equal(old->record.session_id, binding->record.session_id);
	binding->abort = old->abort;
	binding->abort_application = old->abort_application;
	binding->aborted = old->aborted;
	mip6_home_agent_drop(agent, old);
	if (binding->shares_address)
		mip6_home_agent_index(agent, binding);
	if (same_session)
		dm_map_put(&agent->by_session, binding->record.session_id, binding);
}

static void begin_abort(struct mip6_home_agent *agent, struct mip6_binding *binding);

/* An ASR that came while the commit was under way has its turn now. */
static void go_on(struct mip6_home_agent *agent, struct mip6_binding *binding)
{
	if (binding->abort)
		begin_abort(agent, binding);
	else
		mip6_home_agent_arm(agent, binding);
}

static void install_committed(struct mip6_home_agent *agent, struct mip6_binding *binding,
                              int error)
{
	struct mip6_binding *old = binding->replaced;

	binding->installing = false;
	if (!binding->transaction)
		mip6_home_agent_tell(agent, binding, error);
	if (error) {
		if (binding->transaction)
			mip6_outbox_refuse(&agent->outbox, binding->transaction,
			                   mip6_store_code(error),
			                   "the home agent cannot store the binding");
		if (old)
			old->busy = false;
		if (!old && binding->abort)
			mip6_outbox_refuse(&agent->outbox, binding->abort,
			                   DM_RESULT_DIAMETER_UNKNOWN_SESSION_ID,
			                   "there is no such binding");
		mip6_home_agent_drop(agent, binding);
		if (old)
			go_on(agent, old);
		return;
	}
	if (binding->transaction)
		answer_mhr(agent, binding);
	binding->transaction = 0;
	mip6_outbox_event(&agent->outbox, MIP6_NOTICE, old ? "updated" : "installed",
	                  about(binding), "%u security associations",
	                  binding->record.association_count);
	if (old && !dm_bytes_equal(old->record.session_id, binding->record.session_id))
		mip6_accounting_end(&agent->accounting, old->record.session_id, agent->now);
	take_over(agent, binding);
	go_on(agent, binding);
	if (!binding->busy)
		mip6_home_agent_account(agent, binding);
}

/* ---- ASR, STR ---- */

/* "MUST first terminate the security association, then the binding" (RFC 5778 4.3.3): the keys go
 * now, the record with its commit. */
static void forget_keys(struct mip6_binding *binding)
{
	dm_wipe(binding->record.associations, sizeof(binding->record.associations));
	binding->record.association_count = 0;
}

static void begin_abort(struct mip6_home_agent *agent, struct mip6_binding *binding)
{
	forget_keys(binding);
	if (submit_deletion(agent, binding))
		return;
	mip6_outbox_refuse(&agent->outbox, binding->abort, DM_RESULT_DIAMETER_UNABLE_TO_COMPLY,
	                   "the home agent is out of memory");
	binding->abort = 0;
}

static void asr(struct mip6_home_agent *agent, uint64_t transaction,
                const struct dm_message *message)
{
	const struct dm_asr *asr = message->body;
	struct mip6_binding *binding = dm_map_get(&agent->by_session, asr->session_id);

	if (!binding ||
	    !mip6_home_agent_obeys(agent, &binding->record, asr->origin_host, asr->origin_realm)) {
		mip6_outbox_refuse(&agent->outbox, transaction,
		                   DM_RESULT_DIAMETER_UNKNOWN_SESSION_ID,
		                   "no binding of yours has this Session-Id");
		return;
	}
	if (binding->abort) {
		mip6_outbox_refuse(&agent->outbox, transaction, DM_RESULT_DIAMETER_TOO_BUSY,
		                   "the binding is being removed already");
		return;
	}
	binding->abort = transaction;
	binding->aborted = true;
	binding->abort_application = message->header.application_id;
	if (!binding->busy)
		begin_abort(agent, binding);
}

/* ---- RAR ---- */

/* Yes: the MHR with the new keys may come, and is an update (profile 4). */
static void rar(struct mip6_home_agent *agent, uint64_t transaction,
                const struct dm_message *message)
{
	const struct dm_rar *rar = message->body;
	struct mip6_binding *binding = dm_map_get(&agent->by_session, rar->session_id);

	if (!binding || binding->abort ||
	    !mip6_home_agent_obeys(agent, &binding->record, rar->origin_host, rar->origin_realm)) {
		mip6_outbox_refuse(&agent->outbox, transaction,
		                   DM_RESULT_DIAMETER_UNKNOWN_SESSION_ID,
		                   "no binding of yours has this Session-Id");
		return;
	}
	mip6_answer_rar(&agent->outbox, &agent->common, transaction, rar->session_id);
	if (binding->record.asked)
		mip6_home_agent_renew(agent, binding);
}

/* ---- the end of a binding ---- */

static void removal_failed(struct mip6_home_agent *agent, struct mip6_binding *binding, int error)
{
	if (binding->abort)
		mip6_outbox_refuse(&agent->outbox, binding->abort, mip6_store_code(error),
		                   "the home agent cannot store the removal");
	binding->abort = 0;
	dm_timers_set(&agent->timers, &binding->timer, agent->now.monotonic + RETRY);
}

static int32_t cause_of(const struct mip6_binding *binding)
{
	if (binding->left)
		return DM_TERMINATION_CAUSE_DIAMETER_LOGOUT;
	if (binding->aborted || binding->unaccounted || binding->closed)
		return DM_TERMINATION_CAUSE_DIAMETER_ADMINISTRATIVE;
	return DM_TERMINATION_CAUSE_DIAMETER_AUTH_EXPIRED;
}

static void removal_committed(struct mip6_home_agent *agent, struct mip6_binding *binding,
                              int error)
{
	if (error) {
		removal_failed(agent, binding, error);
		return;
	}
	if (binding->abort)
		mip6_answer_asr(&agent->outbox, &agent->common, binding->abort,
		                binding->record.session_id);
	mip6_accounting_end(&agent->accounting, binding->record.session_id, agent->now);
	mip6_home_agent_send_str(agent, binding, cause_of(binding));
	mip6_outbox_event(&agent->outbox, MIP6_NOTICE, "removed", about(binding), "%s",
	                  binding->aborted       ? "the server asked for it"
	                  : binding->unaccounted ? "it cannot be accounted for"
	                  : binding->left        ? "its node has left"
	                  : binding->closed      ? "an operator has ended it"
	                                         : "its keys are over");
	mip6_home_agent_drop(agent, binding);
}

void mip6_home_agent_remove(struct mip6_home_agent *agent, struct mip6_binding *binding)
{
	forget_keys(binding);
	if (!submit_deletion(agent, binding))
		removal_failed(agent, binding, -ENOMEM);
}

/* ---- keys that end ---- */

static bool is_over(const struct store_association *association, int64_t wall)
{
	return association->key_expires && association->key_expires <= wall;
}

static void drop_expired(struct mip6_home_agent *agent, struct mip6_binding *binding)
{
	struct store_binding *record = &binding->record;
	uint8_t kept = 0;

	for (uint8_t i = 0; i < record->association_count; i++) {
		if (is_over(&record->associations[i], agent->now.wall))
			mip6_outbox_event(&agent->outbox, MIP6_NOTICE, "key-expired",
			                  about(binding), "protocol %u",
			                  record->associations[i].sa_protocol);
		else
			record->associations[kept++] = record->associations[i];
	}
	dm_wipe(&record->associations[kept],
	        (size_t)(record->association_count - kept) * sizeof(record->associations[0]));
	record->association_count = kept;
}

/* Also where a removal failed: it is tried again. What is left after a key's end needs no commit: a
 * restart comes to the same by the clock. */
static void due(struct dm_timer *timer, void *context)
{
	struct mip6_binding *binding = DM_TIMER_OWNER(timer, struct mip6_binding, timer);
	struct mip6_home_agent *agent = context;

	if (binding->busy)
		return;
	if (binding->record.asked && mip6_home_agent_asked_is_due(agent, binding))
		return;
	drop_expired(agent, binding);
	if (binding->record.association_count > 0)
		mip6_home_agent_arm(agent, binding);
	else if (!submit_deletion(agent, binding))
		removal_failed(agent, binding, -ENOMEM);
}

/* ---- the verbs ---- */

static enum mip6_claim claim(const struct mip6_role *role, const struct dm_message *message)
{
	const struct mip6_home_agent *agent = (const struct mip6_home_agent *)role;
	const struct dm_command *command = message->entry->command;
	struct dm_bytes session_id;

	if (command == &mip6_command_mhr)
		return MIP6_CLAIM_SESSION;
	if (command == &dm_command_asr)
		session_id = ((const struct dm_asr *)message->body)->session_id;
	else if (command == &dm_command_rar)
		session_id = ((const struct dm_rar *)message->body)->session_id;
	else
		return MIP6_CLAIM_NO;
	return dm_map_get(&agent->by_session, session_id) ? MIP6_CLAIM_SESSION : MIP6_CLAIM_COMMAND;
}

static void request(struct mip6_role *role, uint64_t transaction, const struct dm_message *message,
                    struct mip6_now now)
{
	struct mip6_home_agent *agent = agent_of(role);
	const struct dm_command *command = message->entry->command;

	agent->now = now;
	if (command == &mip6_command_mhr)
		mhr(agent, transaction, message);
	else if (command == &dm_command_asr)
		asr(agent, transaction, message);
	else if (command == &dm_command_rar)
		rar(agent, transaction, message);
	else
		mip6_outbox_refuse(&agent->outbox, transaction,
		                   DM_RESULT_DIAMETER_COMMAND_UNSUPPORTED,
		                   "the home agent does not serve %s", command->name);
}

static void answer(struct mip6_role *role, uint64_t tag, const struct dm_message *message,
                   const struct dm_fault *fault, struct mip6_now now)
{
	agent_of(role)->now = now;
	if (mip6_accounting_owns(tag))
		mip6_accounting_answer(&agent_of(role)->accounting, tag, message, fault, now);
	else if (!mip6_home_agent_asked(agent_of(role), tag, message, fault))
		mip6_home_agent_str_answered(agent_of(role), tag, message, fault);
}

static void note_store(struct mip6_home_agent *agent, int error)
{
	if (error && !agent->store_failing)
		mip6_outbox_event(&agent->outbox, MIP6_WARNING, "store-failed",
		                  (struct mip6_about){ 0 }, "a commit failed, error %d", -error);
	agent->store_failing = error != 0;
}

static void committed(struct mip6_role *role, uint64_t tag, int error, struct mip6_now now)
{
	struct mip6_home_agent *agent = agent_of(role);
	struct mip6_binding *binding = dm_map_remove_number(&agent->pending, tag);

	agent->now = now;
	if (mip6_accounting_owns(tag))
		mip6_accounting_committed(&agent->accounting, tag, error, now);
	if (!binding)
		return;
	note_store(agent, error);
	binding->busy = false;
	if (binding->installing)
		install_committed(agent, binding, error);
	else
		removal_committed(agent, binding, error);
}

static void peer_event(struct mip6_role *role, struct dm_bytes origin_host, bool up, bool restarted,
                       uint32_t origin_state_id, struct mip6_now now)
{
	(void)origin_host;
	(void)restarted;
	(void)origin_state_id;
	agent_of(role)->now = now;
	if (up)
		mip6_accounting_peer_up(&agent_of(role)->accounting, now);
}

static void tick(struct mip6_role *role, struct mip6_now now)
{
	struct mip6_home_agent *agent = agent_of(role);

	agent->now = now;
	mip6_accounting_tick(&agent->accounting, now);
	dm_timers_carry_out(&agent->timers, now.monotonic, MIP6_DUE_AT_ONCE, due, agent);
}

static dm_time deadline(const struct mip6_role *role)
{
	const struct mip6_home_agent *agent = (const struct mip6_home_agent *)role;

	return dm_time_sooner(dm_timers_next(&agent->timers),
	                      mip6_accounting_deadline(&agent->accounting));
}

static bool effect(struct mip6_role *role, struct mip6_effect *out)
{
	return mip6_outbox_next(&agent_of(role)->outbox, out);
}

/* Updates whose commit never came back are in no index. */
static void free_unfinished(void *value, void *context)
{
	struct mip6_home_agent *agent = context;
	struct mip6_binding *binding = value;

	if (dm_map_get(&agent->by_session, binding->record.session_id) != binding)
		mip6_binding_free(binding);
}

static void free_binding(void *value, void *context)
{
	(void)context;
	mip6_binding_free(value);
}

static void free_role(struct mip6_role *role)
{
	struct mip6_home_agent *agent = agent_of(role);

	dm_timers_fini(&agent->timers); /* first: the timers are inside of the bindings */
	mip6_accounting_fini(&agent->accounting);
	dm_map_each(&agent->pending, free_unfinished, agent);
	dm_map_each(&agent->by_session, free_binding, agent);
	mip6_home_agent_forget_strs(agent);
	mip6_home_agent_forget_asks(agent);
	dm_map_fini(&agent->pending);
	dm_map_fini(&agent->by_session);
	dm_map_fini(&agent->by_address);
	dm_map_fini(&agent->by_prefix);
	mip6_outbox_fini(&agent->outbox);
	dm_arena_fini(&agent->arena);
	free(agent);
}

const struct mip6_role_class mip6_home_agent_class = {
	.name = "home-agent",
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
