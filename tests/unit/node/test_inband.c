/* SPDX-License-Identifier: Apache-2.0 */
/* TLS behind CER and CEA: which octets are plain, and that nobody gets any in between. */
#include "base/cursor.h"
#include "base/writer.h"
#include "diameter/codec/message.h"
#include "diameter/node.h"
#include "dict/base.dia.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define ACCOUNTING 3
#define SENDS      4

static const uint8_t loopback[] = { 127, 0, 0, 1 };
static const struct dm_address address = { DM_ADDRESS_IPV4, { loopback, sizeof(loopback) } };
static const uint32_t applications[] = { ACCOUNTING };

struct sent {
	uint8_t octets[1024];
	size_t size;
	enum dm_start_tls start_tls;
};

/* One node, and what it gave out. */
struct side {
	struct dm_node *node;
	dm_conn conn;
	bool up, closed, reset;
	bool asks_at_once; /* a request as soon as the peer is up */
	struct sent sends[SENDS];
	size_t count;
};

struct world {
	struct dm_dictionary *dictionary;
	struct side a, b; /* a dials */
	enum dm_security verdict;
	bool offered; /* what b was asked */
};

static enum dm_security judge(void *context, dm_conn conn, struct dm_bytes origin_host,
                              bool offers_tls, struct dm_fault *fault)
{
	struct world *world = context;

	(void)conn;
	(void)fault;
	assert_true(dm_bytes_equal(origin_host, DM_BYTES_LITERAL("a.example.net")));
	world->offered = offers_tls;
	return world->verdict;
}

static struct dm_node *new_node(struct world *world, const char *host)
{
	struct dm_node_config config = {
		.origin_host = dm_bytes_text(host),
		.origin_realm = DM_BYTES_LITERAL("example.net"),
		.product_name = DM_BYTES_LITERAL("test"),
		.host_ip_addresses = &address,
		.host_ip_address_count = 1,
		.acct_applications = applications,
		.acct_application_count = 1,
		.accept_unknown = true,
		.security = judge,
		.security_context = world,
		.seed = 1,
		.wall_clock = 1700000000,
	};
	const char *why;

	return dm_node_new(&config, world->dictionary, 0, &why);
}

static int setup(void **context)
{
	struct world *world = calloc(1, sizeof(*world));

	world->dictionary = dm_dictionary_new();
	world->verdict = DM_SECURITY_START;
	assert_int_equal(dm_dictionary_add(world->dictionary, &dm_base_grammar, NULL, NULL, 0), 0);
	world->a.node = new_node(world, "a.example.net");
	world->b.node = new_node(world, "b.example.net");
	*context = world;
	return 0;
}

static int teardown(void **context)
{
	struct world *world = *context;

	dm_node_free(world->a.node);
	dm_node_free(world->b.node);
	dm_dictionary_free(world->dictionary);
	free(world);
	return 0;
}

static void ask(struct side *side)
{
	struct dm_acr acr = {
		.session_id = DM_BYTES_LITERAL("b.example.net;1;1"),
		.origin_host = DM_BYTES_LITERAL("b.example.net"),
		.origin_realm = DM_BYTES_LITERAL("example.net"),
		.destination_realm = DM_BYTES_LITERAL("example.net"),
		.has.destination_host = true,
		.destination_host = DM_BYTES_LITERAL("a.example.net"),
		.accounting_record_type = DM_ACCOUNTING_RECORD_TYPE_START_RECORD,
	};

	assert_int_equal(dm_node_request(side->node, &dm_command_acr, &acr, 1, 0, 0), 0);
}

static void keep(struct side *side, const struct dm_effect *effect)
{
	struct sent *sent = &side->sends[side->count++];

	assert_true(side->count <= SENDS);
	assert_true(effect->send.octets.size <= sizeof(sent->octets));
	sent->size = effect->send.octets.size;
	sent->start_tls = effect->send.start_tls;
	if (sent->size)
		memcpy(sent->octets, effect->send.octets.at, sent->size);
}

static void drain(struct side *side)
{
	struct dm_effect effect;

	while (dm_node_effect(side->node, &effect)) {
		if (effect.kind == DM_EFFECT_CONNECT) {
			side->conn = effect.conn;
			dm_node_connected(side->node, effect.conn, 0);
		}
		if (effect.kind == DM_EFFECT_SEND)
			keep(side, &effect);
		if (effect.kind == DM_EFFECT_CLOSE) {
			side->closed = true;
			side->reset = effect.close.reset;
		}
		if (effect.kind == DM_EFFECT_EVENT && effect.event.kind == DM_EVENT_PEER_UP) {
			side->up = true;
			if (side->asks_at_once)
				ask(side);
		}
	}
}

/* a dials, and its CER is there to be given to b. */
static void dial(struct world *world, enum dm_inband inband)
{
	struct dm_peer_config peer = { .origin_host = DM_BYTES_LITERAL("b.example.net"),
		                       .connect = true,
		                       .inband = inband };

	assert_int_equal(dm_node_peer_add(world->a.node, &peer, 0), 0);
	dm_node_tick(world->a.node, 0);
	drain(&world->a);
	assert_int_equal(world->a.count, 1);
	assert_int_equal(world->a.sends[0].start_tls, DM_START_TLS_NOT);
	world->b.conn = dm_node_accepted(world->b.node, 0);
}

static void give(struct side *to, const struct sent *sent)
{
	dm_node_input(to->node, to->conn, dm_bytes_of(sent->octets, sent->size), 0);
	drain(to);
}

/* One message of this command, and nothing behind it. */
static void assert_alone(const struct sent *sent, uint32_t command)
{
	struct dm_header header = dm_header_read(dm_bytes_of(sent->octets, sent->size));

	assert_int_equal(header.command_code, command);
	assert_int_equal(header.length, sent->size);
}

static void behind_the_cea_everything_is_for_tls(void **context)
{
	struct world *world = *context;

	world->b.asks_at_once = true;
	dial(world, DM_INBAND_REQUIRED);
	give(&world->b, &world->a.sends[0]);
	assert_true(world->offered && world->b.up);
	assert_int_equal(world->b.count, 2);
	assert_alone(&world->b.sends[0], DM_COMMAND_CER);
	assert_int_equal(world->b.sends[0].start_tls, DM_START_TLS_SERVER);
	assert_alone(&world->b.sends[1], DM_COMMAND_ACR);
	assert_int_equal(world->b.sends[1].start_tls, DM_START_TLS_NOT);
	give(&world->a, &world->b.sends[0]);
	assert_true(world->a.up);
	assert_int_equal(world->a.count, 2);
	assert_int_equal(world->a.sends[1].size, 0);
	assert_int_equal(world->a.sends[1].start_tls, DM_START_TLS_CLIENT);
}

/* Somebody on the way puts a copy of the CER behind the CER. */
static void octets_behind_the_cer_end_it(void **context)
{
	struct world *world = *context;
	struct sent two;

	world->b.asks_at_once = true;
	dial(world, DM_INBAND_REQUIRED);
	two = world->a.sends[0];
	memcpy(two.octets + two.size, two.octets, two.size);
	two.size *= 2;
	give(&world->b, &two);
	assert_true(world->b.closed && world->b.reset);
	/* The CEA may go out; what was meant for TLS may not. */
	assert_int_equal(world->b.count, 1);
	assert_alone(&world->b.sends[0], DM_COMMAND_CER);
	assert_int_equal(world->b.sends[0].start_tls, DM_START_TLS_NOT);
}

static void octets_behind_the_cea_end_it(void **context)
{
	struct world *world = *context;
	struct sent two;

	dial(world, DM_INBAND_REQUIRED);
	give(&world->b, &world->a.sends[0]);
	two = world->b.sends[0];
	two.octets[two.size++] = 1;
	give(&world->a, &two);
	assert_true(world->a.closed && world->a.reset);
	for (size_t i = 0; i < world->a.count; i++)
		assert_int_equal(world->a.sends[i].start_tls, DM_START_TLS_NOT);
}

static void an_offer_that_is_not_taken_stays_plain(void **context)
{
	struct world *world = *context;

	world->verdict = DM_SECURITY_ENOUGH;
	dial(world, DM_INBAND_OFFERED);
	give(&world->b, &world->a.sends[0]);
	assert_true(world->offered);
	give(&world->a, &world->b.sends[0]);
	assert_true(world->a.up && world->b.up);
	assert_int_equal(world->b.sends[0].start_tls, DM_START_TLS_NOT);
	assert_int_equal(world->a.count, 1);
}

static void a_demand_that_is_not_met_is_no_connection(void **context)
{
	struct world *world = *context;

	world->verdict = DM_SECURITY_ENOUGH; /* and the CER has TLS alone: 5017 */
	dial(world, DM_INBAND_REQUIRED);
	give(&world->b, &world->a.sends[0]);
	assert_true(world->b.closed && !world->b.up);
	give(&world->a, &world->b.sends[0]);
	assert_true(world->a.closed && !world->a.up);
}

static void nobody_offers_unasked(void **context)
{
	struct world *world = *context;

	dial(world, DM_INBAND_NONE);
	world->verdict = DM_SECURITY_ENOUGH;
	give(&world->b, &world->a.sends[0]);
	assert_false(world->offered);
	assert_true(world->b.up);
}

#define UNIT_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(behind_the_cea_everything_is_for_tls),
		UNIT_TEST(octets_behind_the_cer_end_it),
		UNIT_TEST(octets_behind_the_cea_end_it),
		UNIT_TEST(an_offer_that_is_not_taken_stays_plain),
		UNIT_TEST(a_demand_that_is_not_met_is_no_connection),
		UNIT_TEST(nobody_offers_unasked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
