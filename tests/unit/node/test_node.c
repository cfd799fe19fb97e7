/* SPDX-License-Identifier: Apache-2.0 */
/* Two nodes and the octets between them, carried by hand: the API of node.h as a host uses it. */
#include "diameter/node.h"
#include "dict/base.dia.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define ACCOUNTING 3

static const uint8_t loopback[] = { 127, 0, 0, 1 };
static const struct dm_address address = { DM_ADDRESS_IPV4, { loopback, sizeof(loopback) } };
static const uint32_t applications[] = { ACCOUNTING };

struct side {
	struct dm_node *node;
	struct side *other;
	dm_conn conn;    /* the connection with the other side */
	bool up;         /* an EVENT PEER_UP was seen */
	int answers;     /* ANSWER effects */
	uint32_t result; /* of the last one */
	uint64_t tag;
	int requests;
	uint8_t flags; /* of the last request */
	int sends;     /* SEND effects */
};

struct world {
	struct dm_dictionary *dictionary;
	struct side a, b;
	dm_time now;
};

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
		.origin_state_id = 1,
		.seed = 1,
		.wall_clock = 1700000000,
	};
	const char *why;
	struct dm_node *node = dm_node_new(&config, world->dictionary, world->now, &why);

	assert_non_null(node);
	return node;
}

static int setup(void **context)
{
	struct world *world = calloc(1, sizeof(*world));

	world->dictionary = dm_dictionary_new();
	world->now = DM_SECOND;
	assert_int_equal(dm_dictionary_add(world->dictionary, &dm_base_grammar, NULL, NULL, 0), 0);
	world->a.node = new_node(world, "a.example.net");
	world->b.node = new_node(world, "b.example.net");
	world->a.other = &world->b;
	world->b.other = &world->a;
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

/* Every ACR is accepted. */
static void serve(struct world *world, struct side *side, const struct dm_effect *effect)
{
	const struct dm_acr *acr = effect->request.message->body;
	struct dm_aca aca = {
		.session_id = acr->session_id,
		.result_code = DM_RESULT_DIAMETER_SUCCESS,
		.origin_host = DM_BYTES_LITERAL("b.example.net"),
		.origin_realm = DM_BYTES_LITERAL("example.net"),
		.accounting_record_type = acr->accounting_record_type,
		.accounting_record_number = acr->accounting_record_number,
	};

	side->requests++;
	side->flags = effect->request.message->header.flags;
	assert_int_equal(dm_node_answer(side->node, effect->request.transaction, &dm_command_aca,
	                                &aca, world->now),
	                 0);
}

static void carry_out(struct world *world, struct side *side, const struct dm_effect *effect)
{
	switch (effect->kind) {
	case DM_EFFECT_CONNECT:
		side->conn = effect->conn;
		side->other->conn = dm_node_accepted(side->other->node, world->now);
		dm_node_connected(side->node, side->conn, world->now);
		return;
	case DM_EFFECT_SEND: {
		/* A host that writes at once: the octets are copied, as a socket does. */
		static uint8_t copies[64][65536];
		static int next;
		uint8_t *copy = copies[next++ % 64];

		assert_true(effect->send.octets.size <= sizeof(copies[0]));
		memcpy(copy, effect->send.octets.at, effect->send.octets.size);
		side->sends++;
		dm_node_input(side->other->node, side->other->conn,
		              dm_bytes_of(copy, effect->send.octets.size), world->now);
		return;
	}
	case DM_EFFECT_CLOSE:
		dm_node_closed(side->other->node, side->other->conn, "closed", world->now);
		return;
	case DM_EFFECT_REQUEST:
		serve(world, side, effect);
		return;
	case DM_EFFECT_ANSWER:
		side->answers++;
		side->tag = effect->answer.tag;
		side->result = effect->answer.fault ? effect->answer.fault->result_code : 0;
		return;
	case DM_EFFECT_EVENT:
		if (effect->event.kind == DM_EVENT_PEER_UP)
			side->up = true;
		if (effect->event.kind == DM_EVENT_PEER_DOWN)
			side->up = false;
		return;
	default:
		return;
	}
}

static void run(struct world *world)
{
	struct dm_effect effect;
	bool busy = true;

	while (busy) {
		busy = false;
		while (dm_node_effect(world->a.node, &effect)) {
			carry_out(world, &world->a, &effect);
			busy = true;
		}
		while (dm_node_effect(world->b.node, &effect)) {
			carry_out(world, &world->b, &effect);
			busy = true;
		}
	}
}

static void connect_both(struct world *world)
{
	struct dm_peer_config peer = { .origin_host = DM_BYTES_LITERAL("b.example.net"),
		                       .connect = true };

	assert_int_equal(dm_node_peer_add(world->a.node, &peer, world->now), 0);
	dm_node_tick(world->a.node, world->now);
	run(world);
	assert_true(world->a.up && world->b.up);
}

static int request_once(struct world *world, uint64_t tag, bool again)
{
	struct dm_acr acr = {
		.session_id = DM_BYTES_LITERAL("a.example.net;1;1"),
		.origin_host = DM_BYTES_LITERAL("a.example.net"),
		.origin_realm = DM_BYTES_LITERAL("example.net"),
		.destination_realm = DM_BYTES_LITERAL("example.net"),
		.has.destination_host = true,
		.destination_host = DM_BYTES_LITERAL("b.example.net"),
		.accounting_record_type = DM_ACCOUNTING_RECORD_TYPE_START_RECORD,
	};

	return (again ? dm_node_request_again : dm_node_request_as)(
		world->a.node, &dm_command_acr, ACCOUNTING, &acr, tag, 0, world->now);
}

static int request(struct world *world, uint64_t tag)
{
	return request_once(world, tag, false);
}

static void a_request_is_answered_once(void **context)
{
	struct world *world = *context;

	connect_both(world);
	assert_int_equal(request(world, 7), 0);
	run(world);
	assert_int_equal(world->a.answers, 1);
	assert_int_equal(world->a.tag, 7);
	assert_int_equal(world->a.result, 0);
	assert_int_equal(world->b.requests, 1);
}

/* RFC 6733 5.5.4: what another life of this node may have sent has T from the first time on. */
static void AC10_a_request_of_another_life_has_t(void **context)
{
	struct world *world = *context;

	connect_both(world);
	assert_int_equal(request_once(world, 7, true), 0);
	run(world);
	assert_int_equal(world->b.flags, DM_FLAG_R | DM_FLAG_P | DM_FLAG_T);
	assert_int_equal(request(world, 8), 0);
	run(world);
	assert_int_equal(world->b.flags, DM_FLAG_R | DM_FLAG_P);
	assert_int_equal(world->a.answers, 2);
}

/* All that one turn has for a connection leaves in one SEND. */
static void HD06_a_turn_is_one_send(void **context)
{
	struct world *world = *context;

	connect_both(world);
	world->a.sends = world->b.sends = 0;
	for (uint64_t tag = 1; tag <= 100; tag++)
		assert_int_equal(request(world, tag), 0);
	run(world);
	assert_int_equal(world->a.answers, 100);
	assert_int_equal(world->a.sends, 1);
	assert_int_equal(world->b.sends, 1);
}

static void a_request_without_a_way_says_why(void **context)
{
	struct world *world = *context;

	assert_int_equal(request(world, 9), 0);
	run(world);
	assert_int_equal(world->a.answers, 1);
	assert_int_equal(world->a.tag, 9);
	assert_int_equal(world->a.result, DM_RESULT_DIAMETER_UNABLE_TO_DELIVER);
}

static void DP05_stop_ends_everything(void **context)
{
	struct world *world = *context;

	connect_both(world);
	dm_node_stop(world->a.node, world->now);
	run(world);
	assert_true(dm_node_idle(world->a.node));
	assert_false(world->b.up);
	assert_int_equal(request(world, 1), 0);
	run(world);
	assert_int_equal(world->a.result, DM_RESULT_DIAMETER_UNABLE_TO_DELIVER);
}

/* The connections that have not said who they are have a limit, and leave it when they end. */
static void CX18_unidentified_connections_are_bounded(void **context)
{
	struct world *world = *context;
	struct dm_effect effect;
	dm_conn conn = 0;

	for (int i = 0; i < 1024; i++) {
		conn = dm_node_accepted(world->a.node, world->now);
		assert_int_not_equal(conn, 0);
	}
	assert_int_equal(dm_node_accepted(world->a.node, world->now), 0);
	dm_node_closed(world->a.node, conn, "closed", world->now);
	while (dm_node_effect(world->a.node, &effect))
		continue;
	assert_int_not_equal(dm_node_accepted(world->a.node, world->now), 0);
	assert_int_equal(dm_node_accepted(world->a.node, world->now), 0);
	/* The CER timer ends them all. */
	dm_node_tick(world->a.node, world->now + 11 * DM_SECOND);
	while (dm_node_effect(world->a.node, &effect))
		continue;
	assert_int_not_equal(dm_node_accepted(world->a.node, world->now + 11 * DM_SECOND), 0);
}

static void reaching_follows_the_peers(void **context)
{
	struct world *world = *context;
	struct dm_bytes realm = DM_BYTES_LITERAL("example.net");
	struct dm_bytes host = DM_BYTES_LITERAL("b.example.net");
	struct dm_bytes none = { 0 };

	assert_false(dm_node_reaches(world->a.node, realm, host, ACCOUNTING));
	connect_both(world);
	assert_true(dm_node_reaches(world->a.node, realm, host, ACCOUNTING));
	assert_true(dm_node_reaches(world->a.node, realm, none, ACCOUNTING));
	assert_false(dm_node_reaches(world->a.node, realm, host, 4));
	assert_false(
		dm_node_reaches(world->a.node, DM_BYTES_LITERAL("example.org"), none, ACCOUNTING));
}

static void a_bad_configuration_is_refused(void **context)
{
	struct world *world = *context;
	struct dm_node_config config = { .origin_host = DM_BYTES_LITERAL("a.example.net"),
		                         .origin_realm = DM_BYTES_LITERAL("example.net"),
		                         .product_name = DM_BYTES_LITERAL("test") };
	struct dm_peer_config self = { .origin_host = DM_BYTES_LITERAL("A.example.net") };
	const char *why = NULL;

	assert_null(dm_node_new(&config, world->dictionary, 0, &why));
	assert_string_equal(why, "host_ip_addresses is empty: CER and CEA need one");
	assert_int_equal(dm_node_peer_add(world->a.node, &self, world->now), -EINVAL);
	self.origin_host = DM_BYTES_LITERAL("nodots");
	assert_int_equal(dm_node_peer_add(world->a.node, &self, world->now), -EINVAL);
	self.origin_host = DM_BYTES_LITERAL("c.example.net");
	assert_int_equal(dm_node_peer_add(world->a.node, &self, world->now), 0);
	assert_int_equal(dm_node_peer_add(world->a.node, &self, world->now), -EEXIST);
	assert_int_equal(dm_node_peer_remove(world->a.node, self.origin_host, world->now), 0);
	assert_int_equal(dm_node_peer_remove(world->a.node, self.origin_host, world->now), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_request_is_answered_once, setup, teardown),
		cmocka_unit_test_setup_teardown(AC10_a_request_of_another_life_has_t, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(HD06_a_turn_is_one_send, setup, teardown),
		cmocka_unit_test_setup_teardown(a_request_without_a_way_says_why, setup, teardown),
		cmocka_unit_test_setup_teardown(DP05_stop_ends_everything, setup, teardown),
		cmocka_unit_test_setup_teardown(CX18_unidentified_connections_are_bounded, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(reaching_follows_the_peers, setup, teardown),
		cmocka_unit_test_setup_teardown(a_bad_configuration_is_refused, setup, teardown),
	};

	return cmocka_run_group_tests_name("node", tests, NULL, NULL);
}
