/* SPDX-License-Identifier: Apache-2.0 */
#include "play.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- the stage ---- */

struct play *play_new(void)
{
	struct play *play = calloc(1, sizeof(*play));
	char clash[128];

	assert_non_null(play);
	dm_arena_init(&play->arena, (size_t)256 << 20);
	play->dictionary = dm_dictionary_new();
	assert_non_null(play->dictionary);
	assert_int_equal(
		dm_dictionary_add(play->dictionary, &mip6_grammar, NULL, clash, sizeof(clash)), 0);
	play->now = (struct mip6_now){ .monotonic = DM_SECOND, .wall = PLAY_WALL };
	return play;
}

void play_free(struct play *play)
{
	for (size_t i = 0; i < play->role_count; i++) {
		if (play->roles[i].role)
			play->roles[i].role->class->free(play->roles[i].role);
		free(play->roles[i].store);
	}
	dm_dictionary_free(play->dictionary);
	dm_arena_fini(&play->arena);
	free(play);
}

static void make_session_id(void *context, struct dm_text *out)
{
	struct play *play = context;

	dm_text_add(out, "session;%llu", (unsigned long long)++play->next_session_id);
}

struct mip6_common play_common(struct play *play, const char *host, const char *realm)
{
	return (struct mip6_common){
		.dictionary = play->dictionary,
		.origin_host = dm_bytes_text(host),
		.origin_realm = dm_bytes_text(realm),
		.origin_state_id = 1,
		.application_id = MIP6_APPLICATION_ID,
		.seed = 42,
		.session_id = make_session_id,
		.session_id_context = play,
	};
}

struct play_role *play_add(struct play *play, const char *host, const char *realm,
                           struct mip6_role *role)
{
	struct play_role *added = &play->roles[play->role_count++];

	assert_non_null(role);
	assert_in_range(play->role_count, 1, PLAY_ROLES);
	*added = (struct play_role){ play, role, host, realm, NULL, false };
	added->store = calloc(1, sizeof(*added->store));
	assert_non_null(added->store);
	return added;
}

/* ---- messages ---- */

static struct dm_message decoded(struct play *play, struct dm_bytes wire)
{
	struct dm_fault fault = { 0 };
	struct dm_message message;
	struct dm_bytes copy = play_kept(play, wire);

	assert_int_equal(dm_decode(play->dictionary, NULL, copy, &play->arena, &message, &fault),
	                 0);
	if (fault.result_code)
		fail_msg("%u %s: %s", fault.result_code, fault.path, fault.sentence);
	return message;
}

/* What a peer sees of `body`. */
static struct dm_message carried(struct play *play, const struct dm_command *command,
                                 uint32_t application_id, const void *body)
{
	struct dm_header header = { .end_to_end_id = (uint32_t)++play->next_identifier };
	struct dm_message message;
	struct dm_writer writer;

	dm_writer_init(&writer, 65536);
	assert_int_equal(dm_encode(play->dictionary, command, &header, body, &writer), 0);
	message = decoded(play, dm_writer_written(&writer));
	message.header.application_id = application_id;
	dm_writer_fini(&writer);
	return message;
}

static struct dm_bytes destination_host(const struct play_request *request)
{
	const void *body = request->message.body;

	if (request->command == &mip6_command_mbr)
		return ((const struct mip6_mbr *)body)->destination_host;
	if (request->command == &mip6_command_mhr)
		return ((const struct mip6_mhr *)body)->destination_host;
	if (request->command == &dm_command_asr)
		return ((const struct dm_asr *)body)->destination_host;
	if (request->command == &dm_command_rar)
		return ((const struct dm_rar *)body)->destination_host;
	if (request->command == &dm_command_acr)
		return ((const struct dm_acr *)body)->destination_host;
	if (request->command == &dm_command_str)
		return ((const struct dm_str *)body)->destination_host;
	return (struct dm_bytes){ 0 };
}

static struct dm_bytes destination_realm(const struct play_request *request)
{
	const void *body = request->message.body;

	if (request->command == &mip6_command_mbr)
		return ((const struct mip6_mbr *)body)->destination_realm;
	if (request->command == &dm_command_str)
		return ((const struct dm_str *)body)->destination_realm;
	return (struct dm_bytes){ 0 };
}

/* What a client sends goes by realm, unless it names a host. */
static bool is_for(const struct play_role *role, const struct play_request *request)
{
	struct dm_bytes host = destination_host(request);

	if (!role->role || role->silent)
		return false;
	if (host.size > 0)
		return dm_bytes_equal(host, dm_bytes_text(role->host));
	return dm_bytes_equal(destination_realm(request), dm_bytes_text(role->realm)) &&
	       strcmp(role->role->class->name, "home-server") == 0;
}

static bool carry(struct play *play, const struct play_request *request)
{
	for (size_t i = 0; i < play->role_count; i++) {
		struct play_role *role = &play->roles[i];
		uint64_t transaction = ++play->next_transaction;

		if (!is_for(role, request))
			continue;
		assert_in_range(play->carried_count, 0, 1023);
		play->carried[play->carried_count].transaction = transaction;
		play->carried[play->carried_count].done = false;
		play->carried[play->carried_count++].request = *request;
		assert_int_equal(role->role->class->claim(role->role, &request->message) !=
		                         MIP6_CLAIM_NO,
		                 true);
		role->role->class->request(role->role, transaction, &request->message, play->now);
		return true;
	}
	return false;
}

static void on_request(struct play_role *role, const struct mip6_effect *effect)
{
	struct play *play = role->play;
	struct play_request request = {
		.from = role,
		.tag = effect->tag,
		.command = effect->request.command,
		.again = effect->request.again,
		.message = carried(play, effect->request.command, effect->request.application_id,
		                   effect->request.body),
	};

	if (!role->silent && carry(play, &request))
		return;
	assert_in_range(play->sent_count, 0, 255);
	play->sent[play->sent_count++] = request;
}

static uint32_t result_of(const struct dm_message *message)
{
	const struct dm_command *command = message->entry->command;

	if (command == &mip6_command_mba)
		return ((const struct mip6_mba *)message->body)->result_code;
	if (command == &mip6_command_mha)
		return ((const struct mip6_mha *)message->body)->result_code;
	if (command == &dm_command_sta)
		return ((const struct dm_sta *)message->body)->result_code;
	if (command == &dm_command_aca)
		return ((const struct dm_aca *)message->body)->result_code;
	if (command == &dm_command_asa)
		return ((const struct dm_asa *)message->body)->result_code;
	if (command == &dm_command_raa)
		return ((const struct dm_raa *)message->body)->result_code;
	assert_ptr_equal(command, &dm_command_answer_message);
	return ((const struct dm_answer_message *)message->body)->result_code;
}

void play_note_answer(struct play *play, uint64_t transaction, struct dm_message message,
                      bool from_fault)
{
	struct play_answer *answer;

	assert_null(play_answered(play, transaction)); /* exactly once */
	answer = &play->answers[play->answer_count++ % 256];

	*answer = (struct play_answer){ transaction, message.entry->command, message,
		                        result_of(&message), from_fault };
	for (size_t i = 0; i < play->carried_count; i++) {
		struct play_request *request = &play->carried[i].request;

		if (play->carried[i].transaction != transaction || play->carried[i].done)
			continue;
		play->carried[i].done = true;
		if (request->from->role)
			request->from->role->class->answer(request->from->role, request->tag,
			                                   &answer->message, NULL, play->now);
	}
}

static void on_answer(struct play_role *role, const struct mip6_effect *effect)
{
	if (!role->silent)
		play_note_answer(role->play, effect->transaction,
		                 carried(role->play, effect->answer.command, MIP6_APPLICATION_ID,
		                         effect->answer.body),
		                 false);
}

/* A fault becomes an answer as the node makes it; the request it needs is any of the same kind. */
static struct dm_bytes request_wire(struct play *play, uint64_t transaction);

static void on_fault(struct play_role *role, const struct mip6_effect *effect)
{
	const struct dm_identity identity = { dm_bytes_text(role->host), dm_bytes_text(role->realm),
		                              1 };
	struct play *play = role->play;
	struct dm_writer writer;

	if (role->silent)
		return;
	dm_writer_init(&writer, 65536);
	assert_int_equal(dm_encode_fault(play->dictionary, &identity,
	                                 request_wire(play, effect->transaction), effect->fault,
	                                 (struct dm_bytes){ 0 }, &writer),
	                 0);
	play_note_answer(play, effect->transaction, decoded(play, dm_writer_written(&writer)),
	                 true);
	dm_writer_fini(&writer);
}

static struct dm_bytes request_wire(struct play *play, uint64_t transaction)
{
	for (size_t i = 0; i < play->carried_count; i++)
		if (play->carried[i].transaction == transaction)
			return play->carried[i].request.message.wire;
	fail_msg("a fault for a transaction that nobody began");
	return (struct dm_bytes){ 0 };
}

uint64_t play_give_request(struct play_role *to, const struct play_request *request)
{
	struct play *play = to->play;
	uint64_t transaction = ++play->next_transaction;

	assert_in_range(play->carried_count, 0, 1023);
	play->carried[play->carried_count].transaction = transaction;
	play->carried[play->carried_count].done = true; /* nobody's answer verb */
	play->carried[play->carried_count++].request = *request;
	to->role->class->request(to->role, transaction, &request->message, play->now);
	play_pump(play);
	return transaction;
}

uint64_t play_request_as(struct play_role *to, const struct dm_command *command,
                         uint32_t application_id, const void *body)
{
	const struct play_request request = {
		.command = command,
		.message = carried(to->play, command, application_id, body),
	};

	return play_give_request(to, &request);
}

uint64_t play_example(struct play_role *to, const struct dm_command *command, bool maximal)
{
	struct play_request request = { .command = command };
	struct dm_writer writer;

	dm_writer_init(&writer, 65536);
	assert_int_equal(dm_example(to->play->dictionary, command, maximal, &writer), 0);
	request.message = decoded(to->play, dm_writer_written(&writer));
	dm_writer_fini(&writer);
	return play_give_request(to, &request);
}

uint64_t play_request(struct play_role *to, const struct dm_command *command, const void *body)
{
	bool base = command->application_id == 0;

	return play_request_as(to, command, base ? 0 : MIP6_APPLICATION_ID, body);
}

const struct play_answer *play_answered(struct play *play, uint64_t transaction)
{
	size_t count = play->answer_count < 256 ? play->answer_count : 256;

	for (size_t i = 0; i < count; i++)
		if (play->answers[i].transaction == transaction)
			return &play->answers[i];
	return NULL;
}

const struct play_answer *play_answer(struct play *play, uint64_t transaction)
{
	const struct play_answer *answer = play_answered(play, transaction);

	assert_non_null(answer);
	return answer;
}

struct play_request *play_sent(struct play *play, const struct dm_command *command)
{
	for (size_t i = 0; i < play->sent_count; i++)
		if (!play->sent[i].done && play->sent[i].command == command)
			return &play->sent[i];
	fail_msg("no %s was sent", command->abbreviation);
	return NULL;
}

size_t play_sent_count(const struct play *play, const struct dm_command *command)
{
	size_t count = 0;

	for (size_t i = 0; i < play->sent_count; i++)
		count += !play->sent[i].done && play->sent[i].command == command;
	return count;
}

void play_give_answer(struct play_request *request, const struct dm_message *message,
                      const struct dm_fault *fault)
{
	struct play_role *from = request->from;

	request->done = true;
	from->role->class->answer(from->role, request->tag, message, fault, from->play->now);
	play_pump(from->play);
}

void play_reply(struct play_request *request, const struct dm_command *command, const void *body)
{
	struct dm_message message =
		carried(request->from->play, command, MIP6_APPLICATION_ID, body);

	play_give_answer(request, &message, NULL);
}

void play_lose(struct play_request *request)
{
	struct dm_fault fault = { 0 };

	dm_fault_set(&fault, DM_RESULT_DIAMETER_UNABLE_TO_DELIVER, "no answer came in time");
	play_give_answer(request, NULL, &fault);
}

void play_reply_error(struct play *play, struct play_request *request, uint32_t result_code)
{
	const struct dm_identity identity = { LITERAL("relay.example.org"), LITERAL("example.org"),
		                              0 };
	struct dm_fault fault = { 0 };
	struct dm_message message;
	struct dm_writer writer;

	dm_fault_set(&fault, result_code, "as the test wants it");
	dm_writer_init(&writer, 65536);
	assert_int_equal(dm_encode_fault(play->dictionary, &identity, request->message.wire, &fault,
	                                 (struct dm_bytes){ 0 }, &writer),
	                 0);
	message = decoded(play, dm_writer_written(&writer));
	dm_writer_fini(&writer);
	play_give_answer(request, &message, NULL);
}

/* ---- effects ---- */

static void on_event(struct play *play, const struct mip6_effect *effect)
{
	int size =
		snprintf(play->events + play->event_size, sizeof(play->events) - play->event_size,
	                 "%s: %s\n", effect->event.name, effect->event.text);

	if (size > 0 && play->event_size + (size_t)size < sizeof(play->events))
		play->event_size += (size_t)size;
}

static void on_result(struct play *play, const struct mip6_effect *effect)
{
	play->result.tag = effect->tag;
	play->result.error = effect->result.error;
	snprintf(play->result.text, sizeof(play->result.text), "%s",
	         effect->result.text ? effect->result.text : "");
	play->result.has_nas = effect->result.nas != NULL;
	play->result.count++;
	if (!effect->result.nas)
		return;
	play->result.nas = *effect->result.nas;
	play->result.nas.session_id = play_kept(play, play->result.nas.session_id);
	play->result.nas.user_name = play_kept(play, play->result.nas.user_name);
	play->result.nas.interface = play_kept(play, play->result.nas.interface);
	play->result.nas.error_message = play_kept(play, play->result.nas.error_message);
	play->result.nas.home_agent_fqdn = play_kept(play, play->result.nas.home_agent_fqdn);
	play->result.nas.failed_avp = play_kept(play, play->result.nas.failed_avp);
}

static void on_name(struct play_role *role, const struct mip6_effect *effect)
{
	struct play *play = role->play;
	struct play_name *name = &play->names[play->name_count++];

	assert_true(play->name_count <= sizeof(play->names) / sizeof(*play->names));
	*name = (struct play_name){ role, effect->tag, *effect->dns };
	name->change.fqdn = play_kept(play, name->change.fqdn);
	name->change.owner = play_kept(play, name->change.owner);
}

struct dns_change play_name(struct play *play, enum dns_outcome forward, enum dns_outcome reverse)
{
	const struct dns_report report = { forward, reverse, "as the test wants it" };
	struct play_name name = play->names[0];

	assert_true(play->name_count > 0);
	memmove(play->names, play->names + 1, --play->name_count * sizeof(*play->names));
	name.from->role->class->dns_done(name.from->role, name.tag, &report, play->now);
	play_pump(play);
	return name.change;
}

static void carry_out(struct play_role *role, const struct mip6_effect *effect)
{
	switch (effect->kind) {
	case MIP6_EFFECT_REQUEST:
		on_request(role, effect);
		break;
	case MIP6_EFFECT_ANSWER:
		on_answer(role, effect);
		break;
	case MIP6_EFFECT_ANSWER_FAULT:
		on_fault(role, effect);
		break;
	case MIP6_EFFECT_FORWARD:
		role->play->forwarded = play_kept(role->play, effect->message);
		break;
	case MIP6_EFFECT_STORE:
		play_on_store(role, effect);
		break;
	case MIP6_EFFECT_DNS:
		on_name(role, effect);
		break;
	case MIP6_EFFECT_EVENT:
		on_event(role->play, effect);
		break;
	case MIP6_EFFECT_RESULT:
		on_result(role->play, effect);
		break;
	case MIP6_EFFECT_LEASE:
	case MIP6_EFFECT_TAKE:
	case MIP6_EFFECT_FETCH:
		fail_msg("a role that has its store alone asks it nothing");
	}
}

static bool drain(struct play *play)
{
	struct mip6_effect effect;
	bool any = false;

	for (size_t i = 0; i < play->role_count; i++) {
		struct play_role *role = &play->roles[i];

		while (role->role && role->role->class->effect(role->role, &effect)) {
			carry_out(role, &effect);
			any = true;
		}
	}
	return any;
}

/* The oldest commit of a role that does not hold them. */
static bool commit_next(struct play *play)
{
	for (size_t i = 0; i < play->held_count; i++) {
		struct play_held held = play->held[i];

		if (held.role->store->hold)
			continue;
		memmove(&play->held[i], &play->held[i + 1],
		        (play->held_count - i - 1) * sizeof(play->held[0]));
		play->held_count--;
		play_commit(play, &held, held.role->store->fail);
		return true;
	}
	return false;
}

void play_pump(struct play *play)
{
	while (drain(play) || commit_next(play))
		;
}

void play_release(struct play *play, int error)
{
	size_t count = play->held_count;

	for (size_t i = 0; i < count; i++) {
		struct play_held held = play->held[0];

		memmove(&play->held[0], &play->held[1],
		        (play->held_count - 1) * sizeof(play->held[0]));
		play->held_count--;
		play_commit(play, &held, error);
	}
	play_pump(play);
}

/* ---- time, events ---- */

static dm_time next_deadline(const struct play *play)
{
	dm_time next = DM_TIME_NEVER;

	for (size_t i = 0; i < play->role_count; i++) {
		struct mip6_role *role = play->roles[i].role;
		dm_time deadline = role ? role->class->deadline(role) : DM_TIME_NEVER;

		next = deadline < next ? deadline : next;
	}
	return next;
}

static void tick(struct play *play)
{
	for (size_t i = 0; i < play->role_count; i++)
		if (play->roles[i].role)
			play->roles[i].role->class->tick(play->roles[i].role, play->now);
	play_pump(play);
}

void play_advance(struct play *play, int64_t seconds)
{
	dm_time end = play->now.monotonic + seconds * DM_SECOND;
	int turns = 0;

	while (next_deadline(play) <= end) {
		dm_time at = next_deadline(play);

		if (at > play->now.monotonic)
			play->now.monotonic = at;
		play->now.wall = PLAY_WALL + (play->now.monotonic - DM_SECOND) / DM_SECOND;
		tick(play);
		assert_in_range(++turns, 1, 10000); /* a role that never sleeps */
	}
	play->now.monotonic = end;
	play->now.wall = PLAY_WALL + (end - DM_SECOND) / DM_SECOND;
}

bool play_had_event(const struct play *play, const char *name)
{
	char line[64];

	snprintf(line, sizeof(line), "%s: ", name);
	return strncmp(play->events, line, strlen(line)) == 0 ||
	       (snprintf(line, sizeof(line), "\n%s: ", name) > 0 &&
	        strstr(play->events, line) != NULL);
}

void play_forget_events(struct play *play)
{
	play->event_size = 0;
	play->events[0] = '\0';
}
