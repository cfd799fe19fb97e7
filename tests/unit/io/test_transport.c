/* SPDX-License-Identifier: Apache-2.0 */
/* The transport over real loopback sockets, with a node that only writes down what it is told. */
#include "tests/unit/io/check.h"

#include "io/transport.h"

#include <stdio.h>
#include <stdlib.h>

#define OUTPUT_LIMIT ((size_t)16 << 20)
#define CONNS        16

struct heard {
	struct dm_writer octets;
	size_t inputs; /* calls */
	size_t waiting, most_waiting;
	bool accepted, connected, failed, closed;
	char why[160];
};

struct dm_node {
	struct heard conns[CONNS]; /* by number; accepted ones from 8 on */
	dm_conn last_accepted;
	bool refuse;
};

struct world {
	uv_loop_t loop;
	struct dm_log log;
	FILE *log_file;
	struct dm_node node;
	struct hw_transport *transport;
	const char *host;
	uint16_t port;
	bool turn_away;
	size_t wakes;
};

/* ---- the node ---- */

static struct heard *heard_of(struct dm_node *node, dm_conn conn)
{
	assert_true(conn > 0 && conn < CONNS);
	return &node->conns[conn];
}

void dm_node_connected(struct dm_node *node, dm_conn conn, dm_time now)
{
	(void)now;
	heard_of(node, conn)->connected = true;
}

void dm_node_connect_failed(struct dm_node *node, dm_conn conn, const char *why, dm_time now)
{
	(void)now;
	heard_of(node, conn)->failed = true;
	snprintf(heard_of(node, conn)->why, sizeof(heard_of(node, conn)->why), "%s", why);
}

dm_conn dm_node_accepted(struct dm_node *node, dm_time now)
{
	(void)now;
	if (node->refuse)
		return 0;
	node->last_accepted = node->last_accepted ? node->last_accepted + 1 : 8;
	heard_of(node, node->last_accepted)->accepted = true;
	return node->last_accepted;
}

void dm_node_input(struct dm_node *node, dm_conn conn, struct dm_bytes octets, dm_time now)
{
	(void)now;
	heard_of(node, conn)->inputs++;
	dm_writer_bytes(&heard_of(node, conn)->octets, octets);
}

void dm_node_closed(struct dm_node *node, dm_conn conn, const char *why, dm_time now)
{
	(void)now;
	assert_false(heard_of(node, conn)->closed);
	heard_of(node, conn)->closed = true;
	snprintf(heard_of(node, conn)->why, sizeof(heard_of(node, conn)->why), "%s", why);
}

void dm_node_output_waiting(struct dm_node *node, dm_conn conn, size_t octets)
{
	struct heard *heard = heard_of(node, conn);

	heard->waiting = octets;
	if (octets > heard->most_waiting)
		heard->most_waiting = octets;
}

/* ---- the world ---- */

static bool admits(void *context, const struct sockaddr *from)
{
	assert_true(hw_address_is_loopback(from));
	return !((struct world *)context)->turn_away;
}

static bool endpoint(void *context, struct dm_bytes peer, struct hw_target *target)
{
	struct world *world = context;

	target->host = world->host;
	target->port = world->port;
	return peer.size > 0;
}

/* As the daemon does it, but at once: there are no effects to drain here. */
static void on_wake(void *context)
{
	((struct world *)context)->wakes++;
}

static void keep_port(const char *address, void *context)
{
	((struct world *)context)->port = (uint16_t)strtoul(strrchr(address, ':') + 1, NULL, 10);
}

static int setup(void **state)
{
	struct world *world = calloc(1, sizeof(*world));
	struct hw_transport_config config = {
		.loop = &world->loop,
		.node = &world->node,
		.log = &world->log,
		.connection_limit = 2,
		.output_limit = OUTPUT_LIMIT,
		.admits = admits,
		.endpoint = endpoint,
		.wake = on_wake,
		.context = world,
	};

	for (size_t i = 0; i < CONNS; i++)
		dm_writer_init(&world->node.conns[i].octets, 2 * OUTPUT_LIMIT);
	world->log_file = tmpfile();
	dm_log_init(&world->log, fileno(world->log_file), DM_LOG_INFO, false);
	uv_loop_init(&world->loop);
	world->transport = hw_transport_new(&config);
	world->host = "::1";
	assert_int_equal(hw_transport_listen(world->transport, "::1", 0, false), 0);
	hw_transport_each_listener(world->transport, keep_port, world);
	*state = world;
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;

	hw_transport_stop(world->transport);
	uv_run(&world->loop, UV_RUN_DEFAULT);
	hw_transport_free(world->transport);
	assert_int_equal(uv_loop_close(&world->loop), 0);
	for (size_t i = 0; i < CONNS; i++)
		dm_writer_fini(&world->node.conns[i].octets);
	dm_log_fini(&world->log);
	fclose(world->log_file);
	free(world);
	return 0;
}

static void connect_as(struct world *world, dm_conn conn)
{
	struct dm_effect effect = { .kind = DM_EFFECT_CONNECT,
		                    .conn = conn,
		                    .peer = DM_BYTES_LITERAL("peer.example.net") };

	hw_transport_effect(world->transport, &effect);
}

static void send_on(struct world *world, dm_conn conn, struct dm_bytes octets)
{
	struct dm_effect effect = { .kind = DM_EFFECT_SEND,
		                    .conn = conn,
		                    .peer = DM_BYTES_LITERAL("Peer.example.net"),
		                    .send.octets = octets };

	hw_transport_effect(world->transport, &effect);
}

static void close_conn(struct world *world, dm_conn conn, bool reset)
{
	struct dm_effect effect = { .kind = DM_EFFECT_CLOSE, .conn = conn, .close.reset = reset };

	hw_transport_effect(world->transport, &effect);
}

static bool is_linked(void *context)
{
	struct world *world = context;

	return world->node.conns[1].connected && world->node.conns[8].accepted;
}

static bool first_failed(void *context)
{
	return ((struct world *)context)->node.conns[1].failed;
}

static bool accepted_closed(void *context)
{
	return ((struct world *)context)->node.conns[8].closed;
}

/* A connection that is reset at once may be lost before or after the dial is told. */
static bool dialled_closed(void *context)
{
	const struct heard *heard = &((struct world *)context)->node.conns[1];

	return heard->closed || heard->failed;
}

static size_t wanted_octets;

static bool has_octets(void *context)
{
	struct world *world = context;

	hw_transport_turn_over(world->transport);
	return world->node.conns[8].octets.size >= wanted_octets;
}

static void await_octets(struct world *world, size_t count)
{
	wanted_octets = count;
	check_until(&world->loop, has_octets, world);
	assert_int_equal(world->node.conns[8].octets.size, count);
}

static void link_up(struct world *world)
{
	connect_as(world, 1);
	check_until(&world->loop, is_linked, world);
}

/* ---- tests ---- */

static void octets_pass_and_both_ends_are_known(void **state)
{
	struct world *world = *state;
	struct hw_path path;

	link_up(world);
	send_on(world, 1, DM_BYTES_LITERAL("hello"));
	await_octets(world, 5);
	path = hw_transport_path(world->transport, DM_BYTES_LITERAL("peer.EXAMPLE.net"));
	assert_int_equal(path.connections, 1);
	assert_true(path.loopback);
	assert_non_null(strstr(path.remote, "[::1]:"));
	assert_int_equal(world->node.conns[8].inputs, 1);
	assert_true(world->wakes >= 3);
	assert_int_equal(hw_transport_path(world->transport, DM_BYTES_LITERAL("other")).connections,
	                 0);
}

static size_t paths_to(struct world *world, const char *peer)
{
	return hw_transport_path(world->transport, dm_bytes_text(peer)).connections;
}

/* An election has two connections with one peer for a while. */
static void several_connections_of_one_peer_are_known(void **state)
{
	struct world *world = *state;

	link_up(world);
	connect_as(world, 2);
	while (!world->node.conns[9].accepted || !world->node.conns[2].connected)
		uv_run(&world->loop, UV_RUN_ONCE);
	for (dm_conn conn = 1; conn <= 2; conn++)
		send_on(world, conn, DM_BYTES_LITERAL("x"));
	send_on(world, 8, DM_BYTES_LITERAL("x"));
	assert_int_equal(paths_to(world, "PEER.example.net"), 3);
	close_conn(world, 2, true);
	assert_int_equal(paths_to(world, "peer.example.net"), 2);
	close_conn(world, 8, false);
	close_conn(world, 1, false);
	assert_int_equal(paths_to(world, "peer.example.net"), 0);
	assert_false(
		hw_transport_path(world->transport, DM_BYTES_LITERAL("peer.example.net")).loopback);
}

static void ipv4_is_spoken_beside_ipv6_on_the_same_port(void **state)
{
	struct world *world = *state;

	assert_int_equal(hw_transport_listen(world->transport, "127.0.0.1", world->port, false), 0);
	world->host = "127.0.0.1";
	link_up(world);
	assert_true(hw_transport_counts(world->transport).connections == 2);
}

static void a_port_in_use_is_an_error(void **state)
{
	struct world *world = *state;

	assert_int_equal(hw_transport_listen(world->transport, "::1", world->port, false),
	                 UV_EADDRINUSE);
	assert_int_equal(hw_transport_listen(world->transport, "localhost", 0, false), UV_EINVAL);
}

static void much_output_waits_in_order_and_is_told(void **state)
{
	struct world *world = *state;
	size_t size = (size_t)1 << 20;
	uint8_t *octets = malloc(size);

	link_up(world);
	for (unsigned part = 0; part < 8; part++) {
		for (size_t i = 0; i < size; i++)
			octets[i] = (uint8_t)(part + i * 7);
		send_on(world, 1, dm_bytes_of(octets, size));
	}
	free(octets);
	assert_true(world->node.conns[1].waiting > 0);
	await_octets(world, 8 * size);
	for (size_t i = 0; i < 8 * size; i++) {
		uint8_t expected = (uint8_t)(i / size + (i % size) * 7);

		if (world->node.conns[8].octets.at[i] != expected)
			fail_msg("octet %zu is wrong", i);
	}
	assert_int_equal(world->node.conns[1].waiting, 0);
}

static void output_beyond_the_limit_loses_the_connection(void **state)
{
	struct world *world = *state;
	size_t size = (size_t)1 << 20;
	uint8_t *octets = calloc(1, size);

	link_up(world);
	for (int i = 0; i < 64 && !world->node.conns[1].closed; i++)
		send_on(world, 1, dm_bytes_of(octets, size));
	free(octets);
	assert_true(world->node.conns[1].closed);
	assert_non_null(strstr(world->node.conns[1].why, "limits.output"));
	assert_true(world->node.conns[1].most_waiting <= 2 * OUTPUT_LIMIT);
}

static void an_orderly_end_loses_nothing(void **state)
{
	struct world *world = *state;
	size_t size = (size_t)4 << 20;
	uint8_t *octets = calloc(1, size);

	link_up(world);
	/* What the accepted side sends is never read: a plain close would make a reset of it. */
	send_on(world, 8, DM_BYTES_LITERAL("not read"));
	send_on(world, 1, dm_bytes_of(octets, size));
	close_conn(world, 1, false);
	free(octets);
	await_octets(world, size);
	check_until(&world->loop, accepted_closed, world);
	assert_string_equal(world->node.conns[8].why, "the other side closed the connection");
	assert_false(world->node.conns[1].closed); /* the node itself ended it */
}

static void a_reset_is_a_reset(void **state)
{
	struct world *world = *state;

	link_up(world);
	close_conn(world, 1, true);
	check_until(&world->loop, accepted_closed, world);
	assert_string_equal(world->node.conns[8].why, "connection reset by peer");
}

static void what_comes_after_the_end_is_ignored(void **state)
{
	struct world *world = *state;

	link_up(world);
	close_conn(world, 8, false);
	send_on(world, 8, DM_BYTES_LITERAL("nobody"));
	close_conn(world, 8, false);
	check_until(&world->loop, dialled_closed, world);
	assert_int_equal(world->node.conns[1].inputs, 0);
}

static void a_dial_that_fails_says_where_and_why(void **state)
{
	struct world *world = *state;

	hw_transport_stop_listening(world->transport);
	connect_as(world, 1);
	check_until(&world->loop, first_failed, world);
	assert_non_null(strstr(world->node.conns[1].why, "[::1]:"));
	assert_non_null(strstr(world->node.conns[1].why, "connection refused"));
}

static void a_name_that_does_not_resolve_is_said(void **state)
{
	struct world *world = *state;

	world->host = "no..name";
	connect_as(world, 1);
	check_until(&world->loop, first_failed, world);
	assert_non_null(strstr(world->node.conns[1].why, "cannot be resolved"));
}

/* "localhost" is ::1 and 127.0.0.1, and only one of them listens. */
static void all_addresses_of_a_name_are_tried(void **state)
{
	struct world *world = *state;
	uint16_t port = world->port;

	hw_transport_stop_listening(world->transport);
	uv_run(&world->loop, UV_RUN_NOWAIT);
	assert_int_equal(hw_transport_listen(world->transport, "127.0.0.1", port, false), 0);
	world->host = "localhost";
	link_up(world);
}

static void a_dial_can_be_given_up(void **state)
{
	struct world *world = *state;

	connect_as(world, 1);
	close_conn(world, 1, false);
	connect_as(world, 2);
	while (!world->node.conns[2].connected)
		uv_run(&world->loop, UV_RUN_ONCE);
	assert_false(world->node.conns[1].connected);
	assert_false(world->node.conns[1].failed);
}

static bool was_turned_away(void *context)
{
	struct hw_transport_counts counts =
		hw_transport_counts(((struct world *)context)->transport);

	return counts.not_admitted + counts.over_limit > 0;
}

static void an_address_that_is_not_admitted_is_closed_at_once(void **state)
{
	struct world *world = *state;

	world->turn_away = true;
	connect_as(world, 1);
	check_until(&world->loop, was_turned_away, world);
	check_until(&world->loop, dialled_closed, world);
	assert_false(world->node.conns[8].accepted);
}

static bool is_settled(const struct heard *heard)
{
	return heard->connected || heard->failed;
}

static bool third_closed(void *context)
{
	const struct heard *heard = &((struct world *)context)->node.conns[3];

	return heard->closed || heard->failed;
}

static void connections_beyond_the_limit_are_closed(void **state)
{
	struct world *world = *state;

	for (dm_conn conn = 1; conn <= 3; conn++) {
		connect_as(world, conn);
		while (!is_settled(&world->node.conns[conn]))
			uv_run(&world->loop, UV_RUN_ONCE);
	}
	check_until(&world->loop, third_closed, world);
	assert_int_equal(hw_transport_counts(world->transport).over_limit, 1);
	assert_int_equal(hw_transport_counts(world->transport).accepted, 2);
	/* Room again: the next one is welcome. */
	close_conn(world, 1, false);
	check_until(&world->loop, accepted_closed, world);
	connect_as(world, 4);
	while (!world->node.conns[10].accepted)
		uv_run(&world->loop, UV_RUN_ONCE);
}

static void the_node_may_refuse(void **state)
{
	struct world *world = *state;

	world->node.refuse = true;
	connect_as(world, 1);
	check_until(&world->loop, dialled_closed, world);
}

/* A peer cannot make us hold more than the buffers of one turn, and the rest is not lost. */
static void reading_waits_for_the_end_of_the_turn(void **state)
{
	struct world *world = *state;
	size_t size = (size_t)12 << 20;
	uint8_t *octets = calloc(1, size);
	size_t before;

	link_up(world);
	send_on(world, 1, dm_bytes_of(octets, size));
	free(octets);
	for (int i = 0; i < 2000; i++)
		uv_run(&world->loop, UV_RUN_NOWAIT);
	before = world->node.conns[8].octets.size;
	assert_true(before <= (size_t)256 * 65536);
	await_octets(world, size);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(octets_pass_and_both_ends_are_known),
		TEST(several_connections_of_one_peer_are_known),
		TEST(ipv4_is_spoken_beside_ipv6_on_the_same_port),
		TEST(a_port_in_use_is_an_error),
		TEST(much_output_waits_in_order_and_is_told),
		TEST(output_beyond_the_limit_loses_the_connection),
		TEST(an_orderly_end_loses_nothing),
		TEST(a_reset_is_a_reset),
		TEST(what_comes_after_the_end_is_ignored),
		TEST(a_dial_that_fails_says_where_and_why),
		TEST(a_name_that_does_not_resolve_is_said),
		TEST(all_addresses_of_a_name_are_tried),
		TEST(a_dial_can_be_given_up),
		TEST(an_address_that_is_not_admitted_is_closed_at_once),
		TEST(connections_beyond_the_limit_are_closed),
		TEST(the_node_may_refuse),
		TEST(reading_waits_for_the_end_of_the_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
