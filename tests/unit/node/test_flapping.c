/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FO14: ten thousand requests under way, ours and a client's, through a node whose fifty peers come
 * and go for a minute. Each request ends exactly once, and nothing is left.
 */
#include "base/cursor.h"
#include "diameter/codec/raw.h"
#include "diameter/node.h"
#include "dict/base.dia.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define ACCOUNTING 3
#define PEERS      50
#define OWN        5000
#define CLIENT     5000
#define STEP       (100 * DM_MILLISECOND)

static const uint8_t loopback[] = { 127, 0, 0, 1 };
static const struct dm_address address = { DM_ADDRESS_IPV4, { loopback, sizeof(loopback) } };
static const uint32_t applications[] = { ACCOUNTING };

/* One server behind the node, or the client before it. */
struct remote {
	char name[32];
	dm_conn conn;         /* 0: not connected */
	bool open;            /* CER was answered */
	struct dm_writer out; /* to the node, at the next delivery */
};

struct world {
	struct dm_dictionary *dictionary;
	struct dm_node *node;
	dm_time now;
	uint64_t random;
	uint32_t hop;
	struct remote remotes[PEERS + 1]; /* the last one is the client */
	uint8_t own_ends[OWN];
	uint8_t client_ends[CLIENT];
	size_t retransmitted;
};

static uint64_t next_random(struct world *world)
{
	world->random = world->random * 6364136223846793005u + 1442695040888963407u;
	return world->random >> 33;
}

/* ---- the remotes ---- */

static void write_message(struct world *world, struct remote *remote,
                          const struct dm_command *command, struct dm_header header,
                          const void *body)
{
	assert_int_equal(dm_encode(world->dictionary, command, &header, body, &remote->out), 0);
}

static void write_cer(struct world *world, struct remote *remote)
{
	struct dm_cer cer = {
		.origin_host = dm_bytes_text(remote->name),
		.origin_realm = DM_BYTES_LITERAL("example.net"),
		.host_ip_address = { &address, 1 },
		.product_name = DM_BYTES_LITERAL("peer"),
		.acct_application_id = { applications, 1 },
	};

	write_message(world, remote, &dm_command_cer,
	              (struct dm_header){ .hop_by_hop_id = world->hop++ }, &cer);
}

static void write_dwa(struct world *world, struct remote *remote, struct dm_header header)
{
	struct dm_dwa dwa = { .result_code = DM_RESULT_DIAMETER_SUCCESS,
		              .origin_host = dm_bytes_text(remote->name),
		              .origin_realm = DM_BYTES_LITERAL("example.net") };

	header.flags = 0;
	write_message(world, remote, &dm_command_dwa, header, &dwa);
}

static void write_aca(struct world *world, struct remote *remote, struct dm_header header)
{
	struct dm_aca aca = {
		.session_id = DM_BYTES_LITERAL("s"),
		.result_code = DM_RESULT_DIAMETER_SUCCESS,
		.origin_host = dm_bytes_text(remote->name),
		.origin_realm = DM_BYTES_LITERAL("example.net"),
		.accounting_record_type = DM_ACCOUNTING_RECORD_TYPE_EVENT_RECORD,
	};

	header.flags &= DM_FLAG_P;
	write_message(world, remote, &dm_command_aca, header, &aca);
}

static void lose(struct world *world, struct remote *remote)
{
	if (!remote->conn)
		return;
	dm_writer_reset(&remote->out);
	remote->open = false;
	dm_node_closed(world->node, remote->conn, "lost", world->now);
	remote->conn = 0;
}

static void join(struct world *world, struct remote *remote)
{
	remote->conn = dm_node_accepted(world->node, world->now);
	assert_int_not_equal(remote->conn, 0);
	write_cer(world, remote);
}

/* Most requests are answered, some never, some end the connection. */
static void serve(struct world *world, struct remote *remote, struct dm_header header)
{
	uint64_t dice = next_random(world) % 1000;

	world->retransmitted += (header.flags & DM_FLAG_T) != 0;
	if (dice < 600)
		write_aca(world, remote, header);
	else if (dice < 601)
		lose(world, remote);
}

static void take_message(struct world *world, struct remote *remote, struct dm_bytes message)
{
	struct dm_header header = dm_header_read(message);

	if (header.command_code == DM_COMMAND_CER)
		remote->open = true;
	else if (header.command_code == DM_COMMAND_DWR && (header.flags & DM_FLAG_R))
		write_dwa(world, remote, header);
	else if (header.command_code == DM_COMMAND_ACR && (header.flags & DM_FLAG_R))
		serve(world, remote, header);
	else if (header.command_code == DM_COMMAND_ACA)
		world->client_ends[header.end_to_end_id]++;
}

static void take_octets(struct world *world, dm_conn conn, struct dm_bytes octets)
{
	struct dm_cursor cursor = dm_cursor_of(octets);
	struct remote *remote = world->remotes;

	while (remote <= &world->remotes[PEERS] && remote->conn != conn)
		remote++;
	while (remote <= &world->remotes[PEERS] && remote->conn == conn &&
	       dm_cursor_left(&cursor) > 0) {
		struct dm_cursor peek = cursor;
		uint32_t length = dm_header_read(dm_cursor_take(&peek, DM_HEADER_SIZE)).length;

		take_message(world, remote, dm_cursor_take(&cursor, length));
	}
}

/* ---- the node ---- */

static void closed_by_node(struct world *world, dm_conn conn)
{
	for (size_t i = 0; i <= PEERS; i++)
		if (world->remotes[i].conn == conn) {
			world->remotes[i].conn = 0;
			world->remotes[i].open = false;
			dm_writer_reset(&world->remotes[i].out);
		}
}

static void drain(struct world *world)
{
	struct dm_effect effect;

	while (dm_node_effect(world->node, &effect)) {
		if (effect.kind == DM_EFFECT_SEND)
			take_octets(world, effect.conn, effect.send.octets);
		if (effect.kind == DM_EFFECT_CLOSE)
			closed_by_node(world, effect.conn);
		if (effect.kind == DM_EFFECT_ANSWER)
			world->own_ends[effect.answer.tag]++;
	}
}

/* What the remotes have to say arrives; then the node's effects. */
static void deliver(struct world *world)
{
	for (size_t i = 0; i <= PEERS; i++) {
		struct remote *remote = &world->remotes[i];
		struct dm_writer said = remote->out;

		if (!remote->conn || said.size == 0)
			continue;
		dm_writer_init(&remote->out, 1 << 24);
		dm_node_input(world->node, remote->conn, dm_writer_written(&said), world->now);
		drain(world);
		dm_writer_fini(&said);
	}
	drain(world);
}

static void own_request(struct world *world, uint64_t tag)
{
	struct dm_acr acr = {
		.session_id = DM_BYTES_LITERAL("own"),
		.origin_host = DM_BYTES_LITERAL("node.example.org"),
		.origin_realm = DM_BYTES_LITERAL("example.org"),
		.destination_realm = DM_BYTES_LITERAL("example.net"),
		.accounting_record_type = DM_ACCOUNTING_RECORD_TYPE_EVENT_RECORD,
	};

	assert_int_equal(dm_node_request_as(world->node, &dm_command_acr, ACCOUNTING, &acr, tag, 0,
	                                    world->now),
	                 0);
}

static void client_request(struct world *world, uint32_t number)
{
	struct remote *client = &world->remotes[PEERS];
	struct dm_acr acr = {
		.session_id = DM_BYTES_LITERAL("client"),
		.origin_host = dm_bytes_text(client->name),
		.origin_realm = DM_BYTES_LITERAL("example.com"),
		.destination_realm = DM_BYTES_LITERAL("example.net"),
		.accounting_record_type = DM_ACCOUNTING_RECORD_TYPE_EVENT_RECORD,
	};
	struct dm_header header = { .application_id = ACCOUNTING,
		                    .hop_by_hop_id = world->hop++,
		                    .end_to_end_id = number };

	write_message(world, client, &dm_command_acr, header, &acr);
}

static void setup(struct world *world)
{
	static const struct dm_bytes realm = { (const uint8_t *)"example.net", 11 };
	struct dm_bytes names[PEERS];
	struct dm_node_config config = {
		.origin_host = DM_BYTES_LITERAL("node.example.org"),
		.origin_realm = DM_BYTES_LITERAL("example.org"),
		.product_name = DM_BYTES_LITERAL("test"),
		.host_ip_addresses = &address,
		.host_ip_address_count = 1,
		.relay = true,
		.accept_unknown = true,
		.wall_clock = 1700000000,
	};
	const char *why;

	world->dictionary = dm_dictionary_new();
	assert_int_equal(dm_dictionary_add(world->dictionary, &dm_base_grammar, NULL, NULL, 0), 0);
	world->node = dm_node_new(&config, world->dictionary, 0, &why);
	assert_non_null(world->node);
	for (size_t i = 0; i <= PEERS; i++) {
		struct remote *remote = &world->remotes[i];
		struct dm_peer_config peer = { .origin_host = { 0 } };

		snprintf(remote->name, sizeof(remote->name), "p%02zu.example.net", i);
		dm_writer_init(&remote->out, 1 << 24);
		join(world, remote);
		if (i == PEERS)
			break;
		names[i] = dm_bytes_text(remote->name);
		peer.origin_host = names[i];
		if (i % 2) /* half of them are known, and probed when they come back */
			assert_int_equal(dm_node_peer_add(world->node, &peer, 0), 0);
	}
	struct dm_route_config route = { .realm = realm,
		                         .application_id = UINT32_MAX,
		                         .action = DM_ROUTE_RELAY,
		                         .peers = names,
		                         .peer_count = PEERS };

	assert_int_equal(dm_node_route_add(world->node, &route), 0);
	deliver(world);
}

static void flap(struct world *world)
{
	for (size_t i = 0; i < PEERS; i++) {
		struct remote *remote = &world->remotes[i];

		if (!remote->conn && next_random(world) % 8 == 0)
			join(world, remote);
		else if (remote->conn && next_random(world) % 30 == 0)
			lose(world, remote);
	}
}

static void look(const struct dm_peer_status *status, void *context)
{
	*(uint32_t *)context += status->pending;
}

static void FO14_each_request_ends_once(void **context)
{
	struct world *world = calloc(1, sizeof(*world));
	uint32_t pending = 0;

	(void)context;
	assert_non_null(world);
	world->random = 42;
	setup(world);
	for (size_t i = 0; i < OWN; i++)
		own_request(world, i);
	for (uint32_t i = 0; i < CLIENT; i++)
		client_request(world, i);
	/* A minute of trouble, then the time of the last deadline. */
	for (int step = 0; step < 1000; step++) {
		if (step < 600)
			flap(world);
		deliver(world);
		world->now += STEP;
		dm_node_tick(world->node, world->now);
		drain(world);
	}
	for (size_t i = 0; i < OWN; i++)
		assert_int_equal(world->own_ends[i], 1);
	for (size_t i = 0; i < CLIENT; i++)
		assert_int_equal(world->client_ends[i], 1);
	assert_true(world->retransmitted > 1000);
	dm_node_peers(world->node, look, &pending);
	assert_int_equal(pending, 0);
	dm_node_free(world->node);
	dm_dictionary_free(world->dictionary);
	for (size_t i = 0; i <= PEERS; i++)
		dm_writer_fini(&world->remotes[i].out);
	free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(FO14_each_request_ends_once),
	};

	return cmocka_run_group_tests_name("flapping peers", tests, NULL, NULL);
}
