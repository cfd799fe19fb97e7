/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The turn: all input of this round of the loop is in the node and the roles; now their effects are
 * carried to where they belong until none is left. The node gives its SENDs last, so all answers of
 * the turn leave a connection in one write.
 */
#include "daemon/commands.h"
#include "daemon/daemon.h"
#include "daemon/names.h"
#include "daemon/role.h"

#include <errno.h>
#include <time.h>

/* The tags of a role pass through node and store with the role's place in the low bits. */
#define ROLE_BITS 2
#define ROLE_MASK ((1u << ROLE_BITS) - 1)

_Static_assert(HW_ROLE_COUNT <= 1 << ROLE_BITS, "a role's place fits into the low bits of a tag");

struct mip6_now hw_now(void)
{
	return (struct mip6_now){ .monotonic = (dm_time)uv_hrtime(), .wall = time(NULL) };
}

void hw_wake(struct hw_daemon *daemon)
{
	daemon->dirty = true;
}

/* And what was asked of the store, above it. */
enum asked { ASKED_COMMIT, ASKED_FETCH, ASKED_ADOPT, ASKED_LEASE, ASKED_TAKE };

#define ASKED_BITS 3
#define ASKED_MASK ((1u << ASKED_BITS) - 1)

_Static_assert(MIP6_TAG_BITS + ROLE_BITS + ASKED_BITS <= 64, "nothing of a tag is lost");

static uint64_t tag_of(struct hw_daemon *daemon, const struct hw_role_slot *slot, uint64_t tag)
{
	return tag << ROLE_BITS | (uint64_t)(slot - daemon->roles);
}

static struct hw_role_slot *slot_of(struct hw_daemon *daemon, uint64_t tag)
{
	return &daemon->roles[tag & ROLE_MASK];
}

/* ---- from the roles ---- */

static void send_request(struct hw_daemon *daemon, struct hw_role_slot *slot,
                         const struct mip6_effect *effect, struct mip6_now now)
{
	uint64_t tag = effect->tag;
	struct dm_fault fault = { 0 };
	int (*request)(struct dm_node *, const struct dm_command *, uint32_t, const void *,
	               uint64_t, dm_time, dm_time) =
		effect->request.again ? dm_node_request_again : dm_node_request_as;
	int error = request(daemon->node, effect->request.command, effect->request.application_id,
	                    effect->request.body, tag_of(daemon, slot, tag),
	                    effect->request.timeout, now.monotonic);

	if (!error)
		return;
	dm_fault_set(&fault, DM_RESULT_DIAMETER_UNABLE_TO_COMPLY,
	             "the request could not be made: %s", strerror(-error));
	hw_log(daemon, DM_LOG_ERROR, "request-not-made", "%s", fault.sentence);
	slot->role->class->answer(slot->role, tag, NULL, &fault, now);
}

static uint64_t store_tag(struct hw_daemon *daemon, const struct hw_role_slot *slot,
                          enum asked asked, uint64_t tag)
{
	return tag_of(daemon, slot, tag << ASKED_BITS | asked);
}

static void commit(struct hw_daemon *daemon, struct hw_role_slot *slot,
                   const struct mip6_effect *effect, struct mip6_now now)
{
	uint64_t tag = effect->tag;
	int error = store_submit(daemon->store, effect->store.changes, effect->store.count,
	                         store_tag(daemon, slot, ASKED_COMMIT, tag));

	if (!error) {
		daemon->store_waiting++;
		return;
	}
	hw_log(daemon, DM_LOG_WARNING, "store-refused", "a change could not be handed over: %s",
	       strerror(-error));
	slot->role->class->committed(slot->role, tag, error, now);
}

static void look_up(struct hw_daemon *daemon, struct hw_role_slot *slot,
                    const struct mip6_effect *effect, struct mip6_now now)
{
	uint64_t tag = effect->tag;
	int error = store_fetch(daemon->store, effect->fetch.kind, effect->fetch.key,
	                        effect->fetch.key2, store_tag(daemon, slot, ASKED_FETCH, tag));

	if (!error)
		daemon->store_waiting++;
	else
		slot->role->class->fetched(slot->role, tag, error, NULL, now);
}

static void lease(struct hw_daemon *daemon, struct hw_role_slot *slot,
                  const struct mip6_effect *effect, struct mip6_now now)
{
	uint64_t tag = effect->tag;
	int error = store_lease_block(daemon->store, effect->lease.pool, effect->lease.total, 1,
	                              store_tag(daemon, slot, ASKED_LEASE, tag));

	if (!error)
		daemon->store_waiting++;
	else
		slot->role->class->leased(slot->role, tag, NULL, 0, now);
}

static void take(struct hw_daemon *daemon, struct hw_role_slot *slot,
                 const struct mip6_effect *effect, struct mip6_now now)
{
	uint64_t tag = effect->tag;
	int error = store_take(daemon->store, &effect->take, MIP6_TAKEN_AT_ONCE,
	                       store_tag(daemon, slot, ASKED_TAKE, tag));

	if (!error)
		daemon->store_waiting++;
	else
		slot->role->class->taken(slot->role, tag, error, NULL, 0, now);
}

static void change_name(struct hw_daemon *daemon, struct hw_role_slot *slot,
                        const struct mip6_effect *effect, struct mip6_now now)
{
	struct dns_report report = { DNS_REFUSED, DNS_REFUSED, "no name server is configured" };
	uint64_t tag = effect->tag;
	int error = -ENOENT;

	if (daemon->names)
		error = hw_dns_change(daemon->names->client, effect->dns,
		                      tag_of(daemon, slot, tag));
	if (!error)
		return;
	if (error != -ENOENT)
		report = (struct dns_report){ DNS_FAILED, DNS_FAILED, strerror(-error) };
	slot->role->class->dns_done(slot->role, tag, &report, now);
}

void hw_name_changed(struct hw_daemon *daemon, uint64_t tag, const struct dns_report *report)
{
	struct hw_role_slot *slot = slot_of(daemon, tag);

	slot->role->class->dns_done(slot->role, tag >> ROLE_BITS, report, hw_now());
	hw_wake(daemon);
}

static void log_role_event(struct hw_daemon *daemon, const struct hw_role_slot *slot,
                           const struct mip6_effect *effect)
{
	struct dm_log_field fields[4] = { { "role", dm_bytes_text(slot->role->class->name) } };
	size_t count = 1;

	if (effect->event.user_name.size)
		fields[count++] = (struct dm_log_field){ "user", effect->event.user_name };
	if (effect->event.session_id.size)
		fields[count++] = (struct dm_log_field){ "session", effect->event.session_id };
	dm_log_line(&daemon->log, effect->event.warning ? DM_LOG_WARNING : DM_LOG_INFO,
	            effect->event.name, fields, "%s", effect->event.text);
}

static void carry_role_effect(struct hw_daemon *daemon, struct hw_role_slot *slot,
                              const struct mip6_effect *effect, struct mip6_now now)
{
	int error = 0;

	switch (effect->kind) {
	case MIP6_EFFECT_REQUEST:
		send_request(daemon, slot, effect, now);
		break;
	case MIP6_EFFECT_ANSWER:
		error = dm_node_answer(daemon->node, effect->transaction, effect->answer.command,
		                       effect->answer.body, now.monotonic);
		break;
	case MIP6_EFFECT_ANSWER_FAULT:
		error = dm_node_answer_fault(daemon->node, effect->transaction, effect->fault,
		                             now.monotonic);
		break;
	case MIP6_EFFECT_FORWARD:
		error = dm_node_forward(daemon->node, effect->transaction, effect->message,
		                        now.monotonic);
		break;
	case MIP6_EFFECT_STORE:
		commit(daemon, slot, effect, now);
		break;
	case MIP6_EFFECT_LEASE:
		lease(daemon, slot, effect, now);
		break;
	case MIP6_EFFECT_FETCH:
		look_up(daemon, slot, effect, now);
		break;
	case MIP6_EFFECT_TAKE:
		take(daemon, slot, effect, now);
		break;
	case MIP6_EFFECT_DNS:
		change_name(daemon, slot, effect, now);
		break;
	case MIP6_EFFECT_EVENT:
		log_role_event(daemon, slot, effect);
		break;
	case MIP6_EFFECT_RESULT:
		hw_command_result(daemon, effect);
		break;
	}
	if (error)
		hw_log(daemon, DM_LOG_ERROR, "answer-not-made", "an answer could not be made: %s",
		       strerror(-error));
}

static void drain_role(struct hw_daemon *daemon, struct hw_role_slot *slot, struct mip6_now now)
{
	struct mip6_effect effect;

	while (slot->role->class->effect(slot->role, &effect))
		carry_role_effect(daemon, slot, &effect, now);
}

/* ---- from the node ---- */

/* The role with the best claim on a request; NULL: none has any. */
static struct hw_role_slot *best_role(struct hw_daemon *daemon, const struct dm_message *message)
{
	struct hw_role_slot *best = NULL;
	enum mip6_claim claim = MIP6_CLAIM_NO;

	for (size_t i = 0; i < daemon->role_count; i++) {
		struct hw_role_slot *slot = &daemon->roles[i];
		enum mip6_claim offered = MIP6_CLAIM_NO;

		if (slot->role->class->claim)
			offered = slot->role->class->claim(slot->role, message);
		if (offered > claim) {
			claim = offered;
			best = slot;
		}
	}
	return best;
}

static void give_request(struct hw_daemon *daemon, const struct dm_effect *effect,
                         struct mip6_now now)
{
	const struct dm_message *message = effect->request.message;
	struct hw_role_slot *slot = best_role(daemon, message);
	struct dm_fault fault = { 0 };

	if (slot) {
		slot->role->class->request(slot->role, effect->request.transaction, message, now);
		drain_role(daemon, slot, now);
		return;
	}
	dm_fault_set(&fault, DM_RESULT_DIAMETER_COMMAND_UNSUPPORTED,
	             "no role of this node serves command %u", message->header.command_code);
	dm_node_answer_fault(daemon->node, effect->request.transaction, &fault, now.monotonic);
}

static void give_answer(struct hw_daemon *daemon, const struct dm_effect *effect,
                        struct mip6_now now)
{
	struct hw_role_slot *slot = slot_of(daemon, effect->answer.tag);

	slot->role->class->answer(slot->role, effect->answer.tag >> ROLE_BITS,
	                          effect->answer.message, effect->answer.fault, now);
	drain_role(daemon, slot, now);
}

static void give_forward(struct hw_daemon *daemon, const struct dm_effect *effect,
                         struct mip6_now now)
{
	for (size_t i = 0; i < daemon->role_count; i++) {
		struct hw_role_slot *slot = &daemon->roles[i];

		if (!slot->role->class->forward)
			continue;
		slot->role->class->forward(slot->role, effect->forward.transaction,
		                           effect->forward.message, effect->forward.is_answer,
		                           effect->forward.request, now);
		drain_role(daemon, slot, now);
		return;
	}
	dm_node_forward(daemon->node, effect->forward.transaction, effect->forward.message,
	                now.monotonic);
}

static void tell_roles(struct hw_daemon *daemon, const struct dm_effect *effect,
                       struct mip6_now now)
{
	enum dm_event_kind kind = effect->event.kind;
	bool up = kind != DM_EVENT_PEER_DOWN;
	bool restarted = kind == DM_EVENT_PEER_RESTARTED;

	for (size_t i = 0; i < daemon->role_count; i++) {
		struct hw_role_slot *slot = &daemon->roles[i];

		if (!slot->role->class->peer_event)
			continue;
		slot->role->class->peer_event(slot->role, effect->peer, up, restarted,
		                              effect->event.origin_state_id, now);
		drain_role(daemon, slot, now);
	}
}

static const struct {
	const char *name;
	enum dm_log_level level;
	bool for_roles;
} events[] = {
	[DM_EVENT_PEER_UP] = { "peer-up", DM_LOG_NOTICE, true },
	[DM_EVENT_PEER_DOWN] = { "peer-down", DM_LOG_WARNING, true },
	[DM_EVENT_PEER_SUSPECT] = { "peer-suspect", DM_LOG_WARNING, false },
	[DM_EVENT_PEER_RESTARTED] = { "peer-restarted", DM_LOG_NOTICE, true },
	[DM_EVENT_REFUSED] = { "connection-refused", DM_LOG_NOTICE, false },
	[DM_EVENT_FAULT] = { "faulty-message", DM_LOG_NOTICE, false },
	[DM_EVENT_DROPPED] = { "dropped", DM_LOG_NOTICE, false },
};

static void note_event(struct hw_daemon *daemon, const struct dm_effect *effect,
                       struct mip6_now now)
{
	char code[16];
	struct dm_log_field fields[3] = { 0 };
	size_t count = 0;
	struct dm_text text;

	dm_text_init(&text, code, sizeof(code));
	dm_text_add(&text, "%u", effect->event.result_code);
	if (effect->peer.size)
		fields[count++] = (struct dm_log_field){ "peer", effect->peer };
	if (effect->event.result_code)
		fields[count++] =
			(struct dm_log_field){ "result-code", dm_bytes_of(code, text.size) };
	dm_log_line(&daemon->log, events[effect->event.kind].level, events[effect->event.kind].name,
	            fields, "%s", effect->event.text);
	if (events[effect->event.kind].for_roles)
		tell_roles(daemon, effect, now);
}

static void carry_node_effect(struct hw_daemon *daemon, const struct dm_effect *effect,
                              struct mip6_now now)
{
	switch (effect->kind) {
	case DM_EFFECT_SEND:
	case DM_EFFECT_CONNECT:
	case DM_EFFECT_CLOSE:
		hw_transport_effect(daemon->transport, effect);
		break;
	case DM_EFFECT_REQUEST:
		give_request(daemon, effect, now);
		break;
	case DM_EFFECT_ANSWER:
		give_answer(daemon, effect, now);
		break;
	case DM_EFFECT_FORWARD:
		give_forward(daemon, effect, now);
		break;
	case DM_EFFECT_EVENT:
		note_event(daemon, effect, now);
		break;
	}
}

/* ---- the turn ---- */

static void arm(struct hw_daemon *daemon, struct mip6_now now)
{
	dm_time next = dm_node_deadline(daemon->node);
	dm_time wait;

	for (size_t i = 0; i < daemon->role_count; i++) {
		struct mip6_role *role = daemon->roles[i].role;
		dm_time wanted =
			role->class->deadline ? role->class->deadline(role) : DM_TIME_NEVER;

		if (wanted < next)
			next = wanted;
	}
	if (next == daemon->armed)
		return;
	daemon->armed = next;
	if (next == DM_TIME_NEVER) {
		uv_timer_stop(&daemon->deadline);
		return;
	}
	/* Rounded up: a tick that comes too early would find nothing due. */
	wait = next > now.monotonic ? next - now.monotonic + DM_MILLISECOND - 1 : 0;
	uv_update_time(&daemon->loop);
	uv_timer_start(&daemon->deadline, daemon->deadline.timer_cb,
	               (uint64_t)(wait / DM_MILLISECOND), 0);
}

void hw_turn(struct hw_daemon *daemon)
{
	struct mip6_now now = hw_now();
	struct dm_effect effect;

	if (!daemon->dirty)
		return;
	daemon->dirty = false;
	store_hold(daemon->store);
	for (size_t i = 0; i < daemon->role_count; i++)
		drain_role(daemon, &daemon->roles[i], now);
	while (dm_node_effect(daemon->node, &effect))
		carry_node_effect(daemon, &effect, now);
	store_let_go(daemon->store);
	hw_transport_turn_over(daemon->transport);
	arm(daemon, now);
	if (daemon->phase == HW_PHASE_STOPPING)
		hw_daemon_stop_if_idle(daemon);
}

void hw_tick(struct hw_daemon *daemon)
{
	struct mip6_now now = hw_now();

	daemon->armed = DM_TIME_NEVER;
	dm_log_flush(&daemon->log);
	dm_node_tick(daemon->node, now.monotonic);
	for (size_t i = 0; i < daemon->role_count; i++) {
		struct mip6_role *role = daemon->roles[i].role;

		if (role->class->tick)
			role->class->tick(role, now);
	}
	hw_wake(daemon);
}

/* Of several servers one comes later: nothing is wrong. */
static bool is_overtaken(const struct hw_daemon *daemon, int error)
{
	return (error == -ESTALE || error == -EEXIST) && store_is_shared(daemon->store);
}

static void give_completion(struct hw_daemon *daemon, struct hw_role_slot *slot,
                            const struct store_completion *completion, struct mip6_now now)
{
	uint64_t tag = completion->tag >> ROLE_BITS;

	if ((tag & ASKED_MASK) == ASKED_ADOPT)
		hw_sharing_adopted(daemon, completion);
	else if ((tag & ASKED_MASK) == ASKED_TAKE)
		slot->role->class->taken(slot->role, tag >> ASKED_BITS, completion->error,
		                         completion->found, completion->found_count, now);
	else if ((tag & ASKED_MASK) == ASKED_LEASE)
		slot->role->class->leased(slot->role, tag >> ASKED_BITS, completion->blocks,
		                          completion->error ? 0 : completion->block_count, now);
	else if ((tag & ASKED_MASK) == ASKED_FETCH)
		slot->role->class->fetched(slot->role, tag >> ASKED_BITS, completion->error,
		                           completion->found, now);
	else
		slot->role->class->committed(slot->role, tag >> ASKED_BITS, completion->error, now);
}

int hw_store_adopt(struct hw_daemon *daemon, const struct mip6_role *role, size_t limit)
{
	for (size_t i = 0; i < daemon->role_count; i++) {
		struct hw_role_slot *slot = &daemon->roles[i];
		int error = 0;

		if (slot->role != role)
			continue;
		error = store_adopt(daemon->store, limit, store_tag(daemon, slot, ASKED_ADOPT, 0));
		daemon->store_waiting += error == 0;
		return error;
	}
	return -ENOENT;
}

void hw_store_completed(struct hw_daemon *daemon)
{
	struct store_completion completion;
	struct mip6_now now = hw_now();

	while (store_completed(daemon->store, &completion)) {
		struct hw_role_slot *slot = slot_of(daemon, completion.tag);

		daemon->store_waiting--;
		if (completion.error && !is_overtaken(daemon, completion.error))
			hw_log(daemon, DM_LOG_ERROR, "store", "%s",
			       store_error_text(daemon->store));
		give_completion(daemon, slot, &completion, now);
		hw_wake(daemon);
	}
}
