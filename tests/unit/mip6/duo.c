/* SPDX-License-Identifier: Apache-2.0 */
#include "duo.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- the stage ---- */

static struct mip6_agent_config agent_config(const char *host, const char *link)
{
	return (struct mip6_agent_config){
		.host = dm_bytes_text(host),
		.realm = LITERAL("home.example.net"),
		.weight = 1,
		.home_prefix = prefix_of(link),
		.address_pool = { .prefix = prefix_of(link), .item_length = 128, .limit = 12 },
		.link_protected = true,
	};
}

struct duo *duo_new(uint64_t seed)
{
	struct duo *duo = calloc(1, sizeof(*duo));
	char clash[128];

	assert_non_null(duo);
	dm_arena_init(&duo->arena, (size_t)256 << 20);
	duo->dictionary = dm_dictionary_new();
	assert_int_equal(
		dm_dictionary_add(duo->dictionary, &mip6_grammar, NULL, clash, sizeof(clash)), 0);
	duo->now = (struct mip6_now){ .monotonic = DM_SECOND, .wall = PLAY_WALL };
	duo->agents[0] = agent_config("ha1.home.example.net", "2001:db8:1::/124");
	duo->agents[1] = agent_config("ha2.home.example.net", "2001:db8:2::/124");
	duo->config = (struct mip6_home_server_config){ .policy.linger = 60,
		                                        .policy.authorization_lifetime = 600,
		                                        .agents = duo->agents,
		                                        .agent_count = 2 };
	duo->random = seed;
	duo->servers[0].host = "aaa1.home.example.net";
	duo->servers[1].host = "aaa2.home.example.net";
	return duo;
}

void duo_free(struct duo *duo)
{
	for (size_t i = 0; i < DUO_SERVERS; i++)
		duo_kill(duo, i);
	dm_dictionary_free(duo->dictionary);
	dm_arena_fini(&duo->arena);
	free(duo);
}

static void make_session_id(void *context, struct dm_text *out)
{
	struct duo *duo = context;

	dm_text_add(out, "id;%llu", (unsigned long long)++duo->session_ids);
}

void duo_start(struct duo *duo, size_t place)
{
	struct duo_server *server = &duo->servers[place];
	const struct mip6_common common = {
		.dictionary = duo->dictionary,
		.origin_host = dm_bytes_text(server->host),
		.origin_realm = LITERAL("home.example.net"),
		.origin_state_id = 1,
		.application_id = MIP6_APPLICATION_ID,
		.seed = mip6_random(&duo->random),
		.session_id = make_session_id,
		.session_id_context = duo,
	};
	const char *why;

	snprintf(server->keeper, sizeof(server->keeper), "server%zu.%u", place,
	         ++server->incarnation);
	duo->config.session_block = ++duo->session_block;
	duo->config.keeper = dm_bytes_text(server->keeper);
	server->role = mip6_home_server_new(&duo->config, &common, &why);
	assert_non_null(server->role);
	mip6_home_server_start(server->role, duo->now);
}

void duo_kill(struct duo *duo, size_t place)
{
	struct duo_server *server = &duo->servers[place];

	(void)duo;
	if (server->role)
		server->role->class->free(server->role);
	server->role = NULL;
}

/* ---- the agents ---- */

const struct duo_session *duo_binding(const struct duo *duo, struct dm_bytes agent_session)
{
	for (size_t i = 0; i < DUO_SESSIONS; i++)
		if (duo->bindings[i].there &&
		    dm_bytes_equal(duo->bindings[i].record.home_agent_session, agent_session))
			return &duo->bindings[i];
	return NULL;
}

static bool is_taken(const struct duo *duo, const struct duo_job *job)
{
	for (size_t i = 0; i < DUO_SESSIONS; i++)
		if (duo->bindings[i].there &&
		    !dm_bytes_equal(duo->bindings[i].record.home_agent_session, job->session_id) &&
		    memcmp(duo->bindings[i].record.home_address.address, job->address.address,
		           16) == 0)
			return true;
	return false;
}

static uint32_t install(struct duo *duo, const struct duo_job *job)
{
	struct duo_session *binding =
		(struct duo_session *)(uintptr_t)duo_binding(duo, job->session_id);

	if (is_taken(duo, job))
		return DM_RESULT_DIAMETER_INVALID_AVP_VALUE;
	if (!binding)
		binding = duo_free_place(duo->bindings);
	binding->there = true;
	binding->record.home_agent_session =
		duo_text(binding->agent_session, sizeof(binding->agent_session), job->session_id);
	binding->record.home_agent = duo_text(binding->agent, sizeof(binding->agent), job->agent);
	binding->record.home_address = job->address;
	return DM_RESULT_DIAMETER_SUCCESS;
}

static uint32_t remove_binding(struct duo *duo, const struct duo_job *job)
{
	struct duo_session *binding =
		(struct duo_session *)(uintptr_t)duo_binding(duo, job->session_id);

	if (!binding)
		return DM_RESULT_DIAMETER_UNKNOWN_SESSION_ID;
	binding->there = false;
	return DM_RESULT_DIAMETER_SUCCESS;
}

/* ---- messages ---- */

static struct dm_message carried(struct duo *duo, const struct dm_command *command,
                                 const void *body)
{
	struct dm_header header = { .end_to_end_id = 1 };
	struct dm_fault fault = { 0 };
	struct dm_message message;
	struct dm_writer writer;

	dm_writer_init(&writer, 65536);
	assert_int_equal(dm_encode(duo->dictionary, command, &header, body, &writer), 0);
	assert_int_equal(dm_decode(duo->dictionary, NULL,
	                           dm_arena_copy(&duo->arena, dm_writer_written(&writer)),
	                           &duo->arena, &message, &fault),
	                 0);
	dm_writer_fini(&writer);
	return message;
}

static void reply(struct duo *duo, struct duo_server *server, const struct duo_job *job,
                  uint32_t result_code)
{
	const struct mip6_mha mha = { .session_id = job->session_id,
		                      .auth_application_id = MIP6_APPLICATION_ID,
		                      .origin_host = job->agent,
		                      .origin_realm = LITERAL("home.example.net"),
		                      .result_code = result_code };
	const struct dm_asa asa = { .session_id = job->session_id,
		                    .origin_host = job->agent,
		                    .origin_realm = LITERAL("home.example.net"),
		                    .result_code = result_code };
	bool aborts = job->command == &dm_command_asr;
	struct dm_message message = carried(duo, aborts ? &dm_command_asa : &mip6_command_mha,
	                                    aborts ? (const void *)&asa : (const void *)&mha);

	if (!server->role)
		return;
	server->role->class->answer(server->role, job->tag, &message, NULL, duo->now);
	duo_drain(duo, server);
}

static void hear_nothing(struct duo *duo, struct duo_server *server, const struct duo_job *job)
{
	if (!server->role)
		return;
	server->role->class->answer(server->role, job->tag, NULL, NULL, duo->now);
	duo_drain(duo, server);
}

static void ask_agent(struct duo *duo, struct duo_server *server, const struct duo_job *job)
{
	bool aborts = job->command == &dm_command_asr;

	if (aborts && duo->asr_lost && (mip6_random(&duo->random) >> 16) % 16 < duo->asr_lost)
		hear_nothing(duo, server, job);
	else
		reply(duo, server, job, aborts ? remove_binding(duo, job) : install(duo, job));
}

static uint64_t give(struct duo *duo, size_t place, const struct dm_command *command,
                     const void *body)
{
	struct duo_server *server = &duo->servers[place];
	struct dm_message message = carried(duo, command, body);

	duo->transactions++;
	assert_in_range(duo->transactions, 1, DUO_ANSWERS - 1);
	duo->answers[duo->transactions].server = place;
	server->role->class->request(server->role, duo->transactions, &message, duo->now);
	duo_drain(duo, server);
	return duo->transactions;
}

uint64_t duo_mbr(struct duo *duo, size_t server, const char *session_id, const char *user,
                 const char *hint)
{
	struct mip6_mbr mbr = {
		.session_id = dm_bytes_text(session_id),
		.auth_application_id = MIP6_APPLICATION_ID,
		.origin_host = LITERAL("nas1.visited.example.org"),
		.origin_realm = LITERAL("visited.example.org"),
		.destination_realm = LITERAL("home.example.net"),
		.auth_request_type = DM_AUTH_REQUEST_TYPE_AUTHORIZE_ONLY,
		.has.user_name = true,
		.user_name = dm_bytes_text(user),
	};
	uint8_t room[MIP6_ADDRESS_SIZE];
	struct store_prefix address;

	if (hint) {
		address = prefix_of(hint);
		mip6_address_write(&address, room);
		mbr.has.mip6_home_address = true;
		mbr.mip6_home_address = dm_bytes_of(room, sizeof(room));
	}
	return give(duo, server, &mip6_command_mbr, &mbr);
}

static uint64_t terminate(struct duo *duo, size_t server, struct dm_bytes session_id,
                          struct dm_bytes host)
{
	const struct dm_str str = {
		.session_id = session_id,
		.origin_host = host,
		.origin_realm = LITERAL("visited.example.org"),
		.destination_realm = LITERAL("home.example.net"),
		.auth_application_id = MIP6_APPLICATION_ID,
		.termination_cause = DM_TERMINATION_CAUSE_DIAMETER_LOGOUT,
	};

	return give(duo, server, &dm_command_str, &str);
}

uint64_t duo_str(struct duo *duo, size_t server, const char *session_id)
{
	return terminate(duo, server, dm_bytes_text(session_id),
	                 LITERAL("nas1.visited.example.org"));
}

uint64_t duo_agent_str(struct duo *duo, size_t server, const struct duo_session *binding)
{
	struct dm_bytes name = dm_arena_copy(&duo->arena, binding->record.home_agent_session);
	struct dm_bytes host = dm_arena_copy(&duo->arena, binding->record.home_agent);

	((struct duo_session *)(uintptr_t)binding)->there = false;
	return terminate(duo, server, name, host);
}

/* ---- effects ---- */

static struct store_change kept(struct duo *duo, const struct store_change *change)
{
	struct store_change copy = *change;
	struct store_session *session = &copy.session;

	if (change->kind == STORE_PUT_SESSION) {
		session->user_name = dm_arena_copy(&duo->arena, session->user_name);
		session->home_agent = dm_arena_copy(&duo->arena, session->home_agent);
		session->home_agent_session =
			dm_arena_copy(&duo->arena, session->home_agent_session);
		session->acct_multi_session_id =
			dm_arena_copy(&duo->arena, session->acct_multi_session_id);
	} else if (change->kind == STORE_PUT_ACCESS || change->kind == STORE_DELETE_ACCESS) {
		copy.access.session_id = dm_arena_copy(&duo->arena, change->access.session_id);
		copy.access.origin_host = dm_arena_copy(&duo->arena, change->access.origin_host);
	}
	return copy;
}

static void queue_work(struct duo *duo, struct duo_server *server, const struct mip6_effect *effect)
{
	struct duo_job job = { .kind = effect->kind, .tag = effect->tag };

	if (effect->kind == MIP6_EFFECT_FETCH) {
		job.fetch = effect->fetch.kind;
		job.key = dm_arena_copy(&duo->arena, effect->fetch.key);
		job.key2 = dm_arena_copy(&duo->arena, effect->fetch.key2);
	} else {
		job.count = effect->store.count;
		job.changes = dm_arena_take(&duo->arena, job.count * sizeof(*job.changes));
		for (size_t i = 0; i < job.count; i++)
			job.changes[i] = kept(duo, &effect->store.changes[i]);
	}
	assert_in_range(server->work_count, 0, DUO_JOBS - 1);
	server->work[server->work_count++] = job;
}

static void queue_request(struct duo *duo, struct duo_server *server,
                          const struct mip6_effect *effect)
{
	struct duo_job job = { .tag = effect->tag, .command = effect->request.command };
	const struct mip6_mhr *mhr = effect->request.body;
	const struct dm_asr *asr = effect->request.body;
	const char *why;

	if (job.command == &dm_command_asr) {
		job.session_id = dm_arena_copy(&duo->arena, asr->session_id);
		job.agent = dm_arena_copy(&duo->arena, asr->destination_host);
	} else {
		assert_ptr_equal(job.command, &mip6_command_mhr);
		job.session_id = dm_arena_copy(&duo->arena, mhr->session_id);
		job.agent = dm_arena_copy(&duo->arena, mhr->destination_host);
		mip6_address_read(mhr->mip6_home_address, &job.address, &why);
	}
	assert_in_range(server->asked_count, 0, DUO_JOBS - 1);
	server->asked[server->asked_count++] = job;
}

static void note_answer(struct duo *duo, const struct mip6_effect *effect)
{
	struct duo_answer *answer = &duo->answers[effect->transaction];
	const struct mip6_mba *mba = effect->answer.body;
	const char *why;

	assert_false(answer->there); /* exactly once */
	answer->there = true;
	if (effect->kind == MIP6_EFFECT_ANSWER_FAULT) {
		answer->result_code = effect->fault->result_code;
		return;
	}
	answer->result_code = DM_RESULT_DIAMETER_SUCCESS;
	if (effect->answer.command == &mip6_command_mba)
		mip6_address_read(mba->mip6_home_address, &answer->address, &why);
}

/* The first block of the pool that nobody has. */
static void lease(struct duo *duo, struct duo_server *server, const struct mip6_effect *effect)
{
	size_t agent = dm_bytes_equal(effect->lease.pool, LITERAL("2001:db8:1::/120+128")) ? 0 : 1;
	size_t place = (size_t)(server - duo->servers);
	uint64_t blocks[64], tag = effect->tag;
	size_t count = 0;
	bool more = duo->leases;

	for (uint64_t block = 0; block < effect->lease.total && count < 64; block++) {
		uint8_t *mine = &duo->leased[agent][place][block];

		if (more && !*mine && !duo->leased[agent][1 - place][block]) {
			*mine = true;
			more = false;
		}
		if (*mine)
			blocks[count++] = block;
	}
	server->role->class->leased(server->role, tag, blocks, count, duo->now);
}

void duo_drain(struct duo *duo, struct duo_server *server)
{
	struct mip6_effect effect;

	while (server->role->class->effect(server->role, &effect)) {
		if (effect.kind == MIP6_EFFECT_STORE || effect.kind == MIP6_EFFECT_FETCH)
			queue_work(duo, server, &effect);
		else if (effect.kind == MIP6_EFFECT_REQUEST)
			queue_request(duo, server, &effect);
		else if (effect.kind == MIP6_EFFECT_LEASE)
			lease(duo, server, &effect);
		else if (effect.kind == MIP6_EFFECT_TAKE)
			server->role->class->taken(server->role, effect.tag, 0, NULL, 0, duo->now);
		else if (effect.kind != MIP6_EFFECT_EVENT)
			note_answer(duo, &effect);
	}
}

/* ---- what happens next ---- */

static void do_work(struct duo *duo, struct duo_server *server)
{
	struct duo_job job = server->work[0];

	memmove(&server->work[0], &server->work[1], --server->work_count * sizeof(job));
	if (job.kind == MIP6_EFFECT_FETCH)
		duo_fetch(duo, server, &job);
	else
		duo_commit(duo, server, &job);
}

static void do_asked(struct duo *duo, struct duo_server *server)
{
	size_t place = mip6_random(&duo->random) % server->asked_count;
	struct duo_job job = server->asked[place];

	server->asked[place] = server->asked[--server->asked_count];
	ask_agent(duo, server, &job);
}

bool duo_step(struct duo *duo)
{
	size_t first = mip6_random(&duo->random) % (2 * DUO_SERVERS);

	for (size_t i = 0; i < 2 * DUO_SERVERS; i++) {
		size_t place = (first + i) % (2 * DUO_SERVERS);
		struct duo_server *server = &duo->servers[place / 2];

		if (place % 2 == 0 && server->work_count > 0)
			do_work(duo, server);
		else if (place % 2 == 1 && server->asked_count > 0)
			do_asked(duo, server);
		else
			continue;
		return true;
	}
	return false;
}

void duo_settle(struct duo *duo)
{
	for (int i = 0; duo_step(duo); i++)
		assert_in_range(i, 0, 100000);
}

static dm_time next_deadline(const struct duo *duo)
{
	dm_time next = DM_TIME_NEVER;

	for (size_t i = 0; i < DUO_SERVERS; i++) {
		struct mip6_role *role = duo->servers[i].role;
		dm_time deadline = role ? role->class->deadline(role) : DM_TIME_NEVER;

		next = deadline < next ? deadline : next;
	}
	return next;
}

static void tick(struct duo *duo, dm_time at)
{
	duo->now.monotonic = at > duo->now.monotonic ? at : duo->now.monotonic;
	duo->now.wall = PLAY_WALL + (duo->now.monotonic - DM_SECOND) / DM_SECOND;
	for (size_t i = 0; i < DUO_SERVERS; i++) {
		if (!duo->servers[i].role)
			continue;
		duo->servers[i].role->class->tick(duo->servers[i].role, duo->now);
		duo_drain(duo, &duo->servers[i]);
	}
	duo_settle(duo);
}

void duo_advance(struct duo *duo, int64_t seconds)
{
	dm_time end = duo->now.monotonic + seconds * DM_SECOND;

	duo_settle(duo);
	for (int turns = 0; next_deadline(duo) <= end; turns++) {
		tick(duo, next_deadline(duo));
		assert_in_range(turns, 0, 100000); /* a role that never sleeps */
	}
	tick(duo, end);
}
