/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A node among strangers: the input is a script of transport events, octets and time. Whatever
 * comes, what the node sends are whole messages on connections that are there, and each request of
 * its own ends once.
 *
 * The script: one octet says what, its low bits the connection; see `steps`. CER of the fuzzer's
 * peers are made here, so that mutations need not invent them.
 */
#include "base/cursor.h"
#include "diameter/node.h"
#include "dict/base.dia.h"
#include "dict/mip6.dia.h"
#include "message_dictionary.h"

#include <stdio.h>
#include <stdlib.h>

#define CONNECTIONS   8
#define TRANSACTIONS  16
#define MESSAGE_LIMIT ((size_t)65536)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct world {
	struct dm_node *node;
	struct dm_cursor script;
	dm_time now;
	dm_conn conns[CONNECTIONS]; /* 0: free */
	uint64_t transactions[TRANSACTIONS];
	size_t transaction_count;
	uint64_t asked, answered; /* requests of the node's own */
	struct dm_writer octets;
};

static void expect(bool true_thing, const char *what)
{
	if (true_thing)
		return;
	fprintf(stderr, "not so: %s\n", what);
	abort();
}

/* ---- effects ---- */

static dm_conn *place_of(struct world *world, dm_conn conn)
{
	for (size_t i = 0; i < CONNECTIONS; i++)
		if (world->conns[i] == conn)
			return &world->conns[i];
	return NULL;
}

static void check_sent(struct dm_bytes octets)
{
	expect(octets.size > 0, "something is sent");
	while (octets.size) {
		struct dm_header header;

		expect(octets.size >= DM_HEADER_SIZE, "a whole header is sent");
		header = dm_header_read(octets);
		expect(header.version == 1 && header.length <= octets.size,
		       "a whole message is sent");
		octets = dm_bytes_of(octets.at + header.length, octets.size - header.length);
	}
}

static void connect(struct world *world, dm_conn conn)
{
	dm_conn *place = place_of(world, 0);

	if (place)
		*place = conn;
	else
		dm_node_connect_failed(world->node, conn, "no place", world->now);
}

/* Half of the requests are answered at once, the others when the script says so. */
static void take_request(struct world *world, uint64_t transaction)
{
	struct dm_fault fault;

	if (transaction % 2 == 0 && world->transaction_count < TRANSACTIONS) {
		world->transactions[world->transaction_count++] = transaction;
		return;
	}
	memset(&fault, 0, sizeof(fault));
	dm_fault_set(&fault, DM_RESULT_DIAMETER_UNABLE_TO_COMPLY, "refused by the fuzzer");
	dm_node_answer_fault(world->node, transaction, &fault, world->now);
}

static void carry_out(struct world *world, const struct dm_effect *effect)
{
	dm_conn *place = place_of(world, effect->conn);

	switch (effect->kind) {
	case DM_EFFECT_SEND:
		expect(effect->conn && place, "sent on a connection that is there");
		check_sent(effect->send.octets);
		break;
	case DM_EFFECT_CONNECT:
		connect(world, effect->conn);
		break;
	case DM_EFFECT_CLOSE:
		expect(effect->conn && place, "closed is a connection that is there");
		*place = 0;
		break;
	case DM_EFFECT_REQUEST:
		take_request(world, effect->request.transaction);
		break;
	case DM_EFFECT_ANSWER:
		world->answered++;
		break;
	case DM_EFFECT_FORWARD:
		dm_node_forward(world->node, effect->forward.transaction, effect->forward.message,
		                world->now);
		break;
	case DM_EFFECT_EVENT:
		expect(effect->event.text != NULL, "an event has a sentence");
		break;
	}
}

static void drain(struct world *world)
{
	struct dm_effect effect;

	while (dm_node_effect(world->node, &effect))
		carry_out(world, &effect);
}

/* ---- steps of the script ---- */

static void step_accept(struct world *world, dm_conn *place)
{
	if (!*place)
		*place = dm_node_accepted(world->node, world->now);
}

static void input(struct world *world, dm_conn conn, struct dm_bytes octets)
{
	uint8_t *copy; /* of its own, so that a read behind it is seen */

	if (!octets.size)
		return;
	copy = malloc(octets.size);
	expect(copy != NULL, "memory");
	memcpy(copy, octets.at, octets.size);
	dm_node_input(world->node, conn, dm_bytes_of(copy, octets.size), world->now);
	drain(world);
	free(copy);
}

static struct dm_bytes rest_up_to(struct world *world, size_t size)
{
	size_t left = dm_cursor_left(&world->script);

	return dm_cursor_take(&world->script, size < left ? size : left);
}

/* A CER of the peer that the connection's place names. */
static void step_cer(struct world *world, dm_conn *place)
{
	const struct dm_header header = { .hop_by_hop_id = 1, .end_to_end_id = 1 };
	const struct dm_address address = { DM_ADDRESS_IPV4, DM_BYTES_LITERAL("\x7f\0\0\1") };
	const uint32_t applications[] = { MIP6_APPLICATION_ID };
	char name[] = "p0.example.org";
	struct dm_cer cer = {
		.has.auth_application_id = true,
		.origin_realm = DM_BYTES_LITERAL("example.org"),
		.host_ip_address = { &address, 1 },
		.product_name = DM_BYTES_LITERAL("fuzzer"),
		.auth_application_id = { applications, 1 },
	};

	name[1] = (char)('0' + (place - world->conns) % 4);
	cer.origin_host = dm_bytes_text(name);
	dm_writer_reset(&world->octets);
	expect(dm_encode(message_dictionary(), &dm_command_cer, &header, &cer, &world->octets) == 0,
	       "a CER");
	input(world, *place, dm_writer_written(&world->octets));
}

/* Octets as they are. */
static void step_octets(struct world *world, dm_conn *place)
{
	input(world, *place, rest_up_to(world, dm_cursor_u8(&world->script)));
}

/* Octets as one message: version and length are made right. */
static void step_message(struct world *world, dm_conn *place)
{
	struct dm_bytes octets = rest_up_to(world, dm_cursor_u16(&world->script));

	if (octets.size < DM_HEADER_SIZE)
		return;
	octets.size &= ~(size_t)3;
	dm_writer_reset(&world->octets);
	dm_writer_bytes(&world->octets, octets);
	dm_writer_patch(&world->octets, 0, (uint64_t)1 << 24 | octets.size, 4);
	input(world, *place, dm_writer_written(&world->octets));
}

static void step_time(struct world *world, dm_conn *place)
{
	(void)place;
	world->now += dm_cursor_u16(&world->script) * DM_MILLISECOND;
	dm_node_tick(world->node, world->now);
}

static void step_end(struct world *world, dm_conn *place)
{
	dm_conn conn = *place;

	*place = 0;
	dm_node_closed(world->node, conn, "the fuzzer closed it", world->now);
}

static void step_up(struct world *world, dm_conn *place)
{
	dm_node_connected(world->node, *place, world->now);
}

/* A request of the node's own; or the answer to one that waits. */
static void step_ask(struct world *world, dm_conn *place)
{
	struct dm_fault fault;
	struct dm_str str = {
		.session_id = DM_BYTES_LITERAL("a;1;1"),
		.origin_host = DM_BYTES_LITERAL("node.example.net"),
		.origin_realm = DM_BYTES_LITERAL("example.net"),
		.destination_realm = DM_BYTES_LITERAL("example.org"),
		.auth_application_id = MIP6_APPLICATION_ID,
		.termination_cause = DM_TERMINATION_CAUSE_DIAMETER_LOGOUT,
	};

	(void)place;
	if (world->transaction_count) {
		memset(&fault, 0, sizeof(fault));
		dm_fault_set(&fault, DM_RESULT_DIAMETER_UNKNOWN_SESSION_ID, "by the fuzzer, late");
		dm_node_answer_fault(world->node, world->transactions[--world->transaction_count],
		                     &fault, world->now);
		return;
	}
	if (dm_node_request_as(world->node, &dm_command_str, MIP6_APPLICATION_ID, &str,
	                       world->asked, 0, world->now) == 0)
		world->asked++;
}

static void (*const steps[])(struct world *, dm_conn *) = {
	step_accept, step_cer, step_octets, step_message, step_time, step_end, step_up, step_ask,
};

/* ---- the node ---- */

static struct dm_node *new_node(void)
{
	static const struct dm_address address = { DM_ADDRESS_IPV4,
		                                   DM_BYTES_LITERAL("\x7f\0\0\1") };
	static const uint32_t applications[] = { MIP6_APPLICATION_ID };
	const struct dm_bytes peers[] = { DM_BYTES_LITERAL("p0.example.org"),
		                          DM_BYTES_LITERAL("p1.example.org") };
	const struct dm_peer_config peer = { .origin_host = peers[0], .connect = true };
	const struct dm_route_config routes[] = {
		{ .realm = DM_BYTES_LITERAL("example.org"),
		  .application_id = UINT32_MAX,
		  .action = DM_ROUTE_RELAY,
		  .peers = peers,
		  .peer_count = 2 },
		{ .realm = DM_BYTES_LITERAL("example.com"),
		  .application_id = UINT32_MAX,
		  .action = DM_ROUTE_PROXY,
		  .peers = peers,
		  .peer_count = 2 },
	};
	const struct dm_node_config config = {
		.origin_host = DM_BYTES_LITERAL("node.example.net"),
		.origin_realm = DM_BYTES_LITERAL("example.net"),
		.product_name = DM_BYTES_LITERAL("Homeward"),
		.origin_state_id = 1,
		.host_ip_addresses = &address,
		.host_ip_address_count = 1,
		.auth_applications = applications,
		.auth_application_count = 1,
		.relay = true,
		.accept_unknown = true,
		.seed = 1,
	};
	const char *why = "";
	struct dm_node *node = dm_node_new(&config, message_dictionary(), 0, &why);

	expect(node != NULL, why);
	expect(dm_node_peer_add(node, &peer, 0) == 0, "a peer");
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
		expect(dm_node_route_add(node, &routes[i]) == 0, "a route");
	return node;
}

/* All requests of the node's own have ended when it has stopped. */
static void stop(struct world *world)
{
	dm_node_stop(world->node, world->now);
	drain(world);
	for (int i = 0; i < 100 && !dm_node_idle(world->node); i++) {
		world->now += DM_SECOND;
		dm_node_tick(world->node, world->now);
		drain(world);
	}
	expect(dm_node_idle(world->node), "a stopped node is idle within 100 s");
	expect(world->answered == world->asked, "each request of ours ends once");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world world = { .script = dm_cursor_of(dm_bytes_of(data, size)) };

	world.node = new_node();
	dm_writer_init(&world.octets, MESSAGE_LIMIT);
	while (dm_cursor_left(&world.script) && !world.script.failed) {
		uint8_t step = dm_cursor_u8(&world.script);

		steps[step >> 3 & 7](&world, &world.conns[step & 7]);
		drain(&world);
		expect(world.answered <= world.asked, "an answer was asked for");
	}
	stop(&world);
	dm_writer_fini(&world.octets);
	dm_node_free(world.node);
	return 0;
}
