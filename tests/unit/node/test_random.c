/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A node under any sequence of calls: random transport events, whole, broken and mutated messages,
 * answers to requests that are gone, peers added and removed, time in small and large steps.
 * Whatever happens, no invariant breaks (the sanitizers watch), and each request of ours ends
 * exactly once. A seed that fails is named and can be run alone.
 */
#include "diameter/node.h"
#include "dict/base.dia.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define ACCOUNTING 3
#define SEEDS      300
#define CALLS      600
#define CONNS      24
#define WORK       64
#define NAMES      6

/* ---- memory: the linker sends the allocations of the whole program here (RB08) ---- */

static uint64_t allocations; /* since begin() */
static uint64_t fails_at;    /* the number of the one that fails; 0: none */

static bool fails(void)
{
	return ++allocations == fails_at;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *at, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *at, size_t size);

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *at, size_t size)
{
	return fails() ? NULL : __real_realloc(at, size);
}

static const uint8_t loopback[] = { 127, 0, 0, 1 };
static const struct dm_address address = { DM_ADDRESS_IPV4, { loopback, sizeof(loopback) } };
static const uint32_t applications[] = { ACCOUNTING };
static const char *const names[NAMES] = { "a.example.net", "b.example.net", "d.example.net",
	                                  "E.example.net", "f.example.org", "node.example.org" };

struct world {
	struct dm_dictionary *dictionary;
	struct dm_node *node;
	dm_time now;
	uint64_t random;
	dm_conn conns[CONNS];
	uint32_t last_hop[CONNS]; /* of the last request the node sent there */
	uint32_t last_end[CONNS];
	uint64_t requests[WORK], forwards[WORK];
	size_t request_count, forward_count;
	uint8_t ends[CALLS];
	uint64_t asked;
	uint8_t room[1 << 16]; /* of messages to the node */
};

static uint32_t dice(struct world *world, uint32_t sides)
{
	world->random = world->random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(world->random >> 33) % sides;
}

/* ---- effects ---- */

static size_t place_of(const struct world *world, dm_conn conn)
{
	size_t place = 0;

	while (place < CONNS && world->conns[place] != conn)
		place++;
	return place;
}

static void keep_conn(struct world *world, dm_conn conn)
{
	size_t place = place_of(world, 0);

	if (conn && place < CONNS)
		world->conns[place] = conn;
	else if (conn)
		dm_node_closed(world->node, conn, "no place", world->now);
}

static void read_sent(struct world *world, size_t place, struct dm_bytes octets)
{
	struct dm_header header;

	assert_true(octets.size >= DM_HEADER_SIZE && octets.size % 4 == 0);
	header = dm_header_read(octets);
	assert_int_equal(header.version, 1);
	assert_true(header.length <= octets.size);
	if (place < CONNS && (header.flags & DM_FLAG_R)) {
		world->last_hop[place] = header.hop_by_hop_id;
		world->last_end[place] = header.end_to_end_id;
	}
}

static void note(struct world *world, const struct dm_effect *effect)
{
	size_t place = place_of(world, effect->conn);

	switch (effect->kind) {
	case DM_EFFECT_CONNECT:
		keep_conn(world, effect->conn);
		return;
	case DM_EFFECT_SEND:
		read_sent(world, place, effect->send.octets);
		return;
	case DM_EFFECT_CLOSE:
		assert_non_null(effect->close.why);
		if (place < CONNS)
			world->conns[place] = 0;
		return;
	case DM_EFFECT_REQUEST:
		assert_non_null(effect->request.message->body);
		world->requests[world->request_count++ % WORK] = effect->request.transaction;
		return;
	case DM_EFFECT_FORWARD:
		world->forwards[world->forward_count++ % WORK] = effect->forward.transaction;
		if (dice(world, 2))
			dm_node_forward(world->node, effect->forward.transaction,
			                effect->forward.message, world->now);
		return;
	case DM_EFFECT_ANSWER:
		assert_true(effect->answer.message || effect->answer.fault->result_code);
		world->ends[effect->answer.tag]++;
		return;
	case DM_EFFECT_EVENT:
		assert_true(effect->event.text[0] != '\0');
		return;
	}
}

static void drain(struct world *world)
{
	struct dm_effect effect;

	while (dm_node_effect(world->node, &effect))
		note(world, &effect);
	assert_true(dm_node_deadline(world->node) >= 0);
}

/* ---- messages ---- */

static struct dm_bytes name_of(struct world *world)
{
	return dm_bytes_text(names[dice(world, NAMES)]);
}

static void write_cer(struct world *world, bool answer, struct dm_header header,
                      struct dm_writer *out)
{
	struct dm_cer cer = { .origin_host = name_of(world),
		              .origin_realm = DM_BYTES_LITERAL("example.net"),
		              .host_ip_address = { &address, 1 },
		              .product_name = DM_BYTES_LITERAL("peer"),
		              .has.origin_state_id = dice(world, 2),
		              .origin_state_id = dice(world, 5),
		              .acct_application_id = { applications, 1 } };
	struct dm_cea cea = { .result_code = dice(world, 4) ? 2001 : 5010,
		              .origin_host = cer.origin_host,
		              .origin_realm = cer.origin_realm,
		              .host_ip_address = cer.host_ip_address,
		              .product_name = cer.product_name,
		              .acct_application_id = cer.acct_application_id };

	if (answer)
		(void)dm_encode(world->dictionary, &dm_command_cea, &header, &cea, out);
	else
		(void)dm_encode(world->dictionary, &dm_command_cer, &header, &cer, out);
}

static void write_acr(struct world *world, struct dm_header header, struct dm_writer *out)
{
	struct dm_bytes visited = name_of(world);
	struct dm_acr acr = { .session_id = DM_BYTES_LITERAL("s"),
		              .origin_host = name_of(world),
		              .origin_realm = DM_BYTES_LITERAL("example.net"),
		              .destination_realm =
		                      dm_bytes_text(dice(world, 2) ? "example.org" : "example.net"),
		              .has.destination_host = dice(world, 3) == 0,
		              .destination_host = name_of(world),
		              .accounting_record_type = 1,
		              .has.route_record = dice(world, 4) == 0,
		              .route_record = { &visited, dice(world, 4) == 0 } };

	header.application_id = dice(world, 8) ? ACCOUNTING : 77;
	(void)dm_encode(world->dictionary, &dm_command_acr, &header, &acr, out);
}

/* Any message of the base protocol, with identifiers that may fit. */
static void write_any(struct world *world, size_t place, struct dm_writer *out)
{
	const struct dm_grammar *grammar = &dm_base_grammar;
	struct dm_header header = {
		.flags = dice(world, 3) ? DM_FLAG_P : 0,
		.hop_by_hop_id = dice(world, 3) ? world->last_hop[place] : dice(world, 100),
		.end_to_end_id = dice(world, 3) ? world->last_end[place] : dice(world, 100),
	};
	size_t start = out->size;
	struct dm_bytes example;
	struct dm_header seen;

	switch (dice(world, 4)) {
	case 0:
		write_cer(world, dice(world, 2), header, out);
		return;
	case 1:
		write_acr(world, header, out);
		return;
	default:
		if (dm_example(world->dictionary,
		               grammar->commands[dice(world, grammar->command_count)],
		               dice(world, 2), out))
			return;
		example = dm_bytes_of(out->at + start, out->size - start);
		seen = dm_header_read(example);
		if (!(seen.flags & DM_FLAG_R)) {
			dm_writer_patch(out, start + 12, header.hop_by_hop_id, 4);
			dm_writer_patch(out, start + 16, header.end_to_end_id, 4);
		}
	}
}

static void mutate(struct world *world, struct dm_writer *message)
{
	size_t count = 1 + dice(world, 4);

	for (size_t i = 0; message->size && i < count; i++)
		message->at[dice(world, (uint32_t)message->size)] = (uint8_t)dice(world, 256);
}

static void give_input(struct world *world, size_t place)
{
	struct dm_writer message;
	size_t size;

	dm_writer_init_fixed(&message, world->room, sizeof(world->room));
	for (uint32_t i = 0; i <= dice(world, 3); i++)
		write_any(world, place, &message);
	if (dice(world, 6) == 0)
		mutate(world, &message);
	size = dice(world, 8) ? message.size : dice(world, (uint32_t)message.size + 1);
	dm_node_input(world->node, world->conns[place], dm_bytes_of(message.at, size), world->now);
	drain(world); /* before the octets go */
}

/* ---- calls ---- */

static void ask(struct world *world)
{
	struct dm_acr acr = { .session_id = DM_BYTES_LITERAL("own"),
		              .origin_host = DM_BYTES_LITERAL("node.example.org"),
		              .origin_realm = DM_BYTES_LITERAL("example.org"),
		              .destination_realm = DM_BYTES_LITERAL("example.net"),
		              .has.destination_host = dice(world, 2),
		              .destination_host = name_of(world),
		              .accounting_record_type = 1 };

	if (dm_node_request_as(world->node, &dm_command_acr, ACCOUNTING, &acr, world->asked,
	                       dice(world, 2) ? DM_SECOND : 0, world->now) == 0)
		world->asked++;
	else
		assert_int_not_equal(fails_at, 0);
}

static void answer(struct world *world)
{
	uint64_t id = world->requests[dice(world, WORK)];
	struct dm_fault fault = { .result_code = 5012, .sentence = "no" };
	struct dm_aca aca = { .session_id = DM_BYTES_LITERAL("s"),
		              .result_code = 2001,
		              .origin_host = DM_BYTES_LITERAL("node.example.org"),
		              .origin_realm = DM_BYTES_LITERAL("example.org"),
		              .accounting_record_type = 1 };

	if (dice(world, 2))
		(void)dm_node_answer(world->node, id, &dm_command_aca, &aca, world->now);
	else
		(void)dm_node_answer_fault(world->node,
		                           dice(world, 2) ? id : world->forwards[dice(world, WORK)],
		                           &fault, world->now);
}

static void change_peers(struct world *world)
{
	struct dm_peer_config peer = { .origin_host = name_of(world), .connect = dice(world, 2) };

	if (dice(world, 3))
		(void)dm_node_peer_add(world->node, &peer, world->now);
	else
		(void)dm_node_peer_remove(world->node, peer.origin_host, world->now);
}

static void advance(struct world *world)
{
	static const dm_time steps[] = { 0, DM_MILLISECOND, DM_SECOND, 10 * DM_SECOND,
		                         40 * DM_SECOND };

	world->now += steps[dice(world, 5)];
	dm_node_tick(world->node, world->now);
}

static void call(struct world *world)
{
	size_t place = dice(world, CONNS);

	switch (dice(world, 16)) {
	case 0:
		keep_conn(world, dm_node_accepted(world->node, world->now));
		return;
	case 1:
	case 2:
		dm_node_connected(world->node, world->conns[place], world->now);
		return;
	case 3:
		dm_node_connect_failed(world->node, world->conns[place], "no", world->now);
		return;
	case 4:
		dm_node_closed(world->node, world->conns[place], "lost", world->now);
		world->conns[place] = 0;
		return;
	case 5:
		ask(world);
		return;
	case 6:
		answer(world);
		return;
	case 7:
		change_peers(world);
		return;
	case 8:
		advance(world);
		return;
	case 9:
		dm_node_output_waiting(world->node, world->conns[place],
		                       dice(world, 50) ? 0 : SIZE_MAX / 2);
		return;
	default:
		give_input(world, place);
	}
}

/* ---- one life ---- */

/* False: no memory, and it says so. */
static bool begin(struct world *world, uint64_t seed)
{
	struct dm_bytes peers[2] = { dm_bytes_text(names[0]), dm_bytes_text(names[1]) };
	struct dm_node_config config = {
		.origin_host = DM_BYTES_LITERAL("node.example.org"),
		.origin_realm = DM_BYTES_LITERAL("example.org"),
		.product_name = DM_BYTES_LITERAL("test"),
		.host_ip_addresses = &address,
		.host_ip_address_count = 1,
		.acct_applications = applications,
		.acct_application_count = 1,
		.relay = seed % 3 == 0,
		.accept_unknown = seed % 2 == 0,
		.strict = seed % 5 == 0,
		.pending_limit = seed % 7 ? 0 : 3,
		.output_limit = seed % 4 ? 0 : 2000,
		.duplicate_limit = seed % 6 ? 1 << 20 : 0,
		.unidentified_limit = 8,
		.seed = seed,
		.wall_clock = 1700000000,
	};
	struct dm_route_config route = { .realm = DM_BYTES_LITERAL("example.net"),
		                         .application_id = UINT32_MAX,
		                         .action = seed % 2 ? DM_ROUTE_RELAY : DM_ROUTE_PROXY,
		                         .peers = peers,
		                         .peer_count = 2 };
	const char *why;

	world->random = seed;
	allocations = 0;
	world->node = dm_node_new(&config, world->dictionary, 0, &why);
	if (!world->node) {
		assert_string_equal(why, "no memory");
		return false;
	}
	(void)dm_node_route_add(world->node, &route);
	return true;
}

static void end(struct world *world, uint64_t seed)
{
	dm_node_stop(world->node, world->now);
	drain(world);
	for (int i = 0; i < 10; i++) {
		world->now += 40 * DM_SECOND;
		dm_node_tick(world->node, world->now);
		drain(world);
	}
	for (uint64_t tag = 0; tag < world->asked; tag++)
		if (world->ends[tag] != 1)
			fail_msg("seed %u: request %u ended %u times", (unsigned int)seed,
			         (unsigned int)tag, world->ends[tag]);
	if (!dm_node_idle(world->node))
		fail_msg("seed %u: not idle after stop", (unsigned int)seed);
	dm_node_free(world->node);
}

/* False: the allocation that shall fail was never reached. */
static bool live(struct dm_dictionary *dictionary, uint64_t seed, int calls, uint64_t failing)
{
	struct world *world = calloc(1, sizeof(*world));
	bool reached;

	assert_non_null(world);
	world->dictionary = dictionary;
	fails_at = failing;
	if (begin(world, seed)) {
		for (int i = 0; i < calls; i++) {
			call(world);
			drain(world);
		}
		end(world, seed);
	}
	reached = allocations >= failing;
	fails_at = 0;
	free(world);
	return reached;
}

static struct dm_dictionary *dictionary_new(void)
{
	struct dm_dictionary *dictionary = dm_dictionary_new();

	assert_int_equal(dm_dictionary_add(dictionary, &dm_base_grammar, NULL, NULL, 0), 0);
	return dictionary;
}

static void RB01_any_sequence_of_calls(void **context)
{
	struct dm_dictionary *dictionary = dictionary_new();

	(void)context;
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		live(dictionary, seed, CALLS, 0);
	dm_dictionary_free(dictionary);
}

/* Each allocation of a life fails once: whatever it was for, the node goes on, and no request of
 * ours is forgotten. */
static void RB08_each_allocation_fails_once(void **context)
{
	struct dm_dictionary *dictionary = dictionary_new();
	uint64_t failures = 0;

	(void)context;
	for (uint64_t seed = 2; seed <= 6; seed++)
		for (uint64_t failing = 1; live(dictionary, seed, CALLS, failing); failing++)
			failures++;
	print_message("# %u failures\n", (unsigned int)failures);
	assert_true(failures > 500);
	dm_dictionary_free(dictionary);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(RB01_any_sequence_of_calls),
		cmocka_unit_test(RB08_each_allocation_fails_once),
	};

	return cmocka_run_group_tests_name("any sequence of calls", tests, NULL, NULL);
}
