/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two nodes dial each other at the same time; every order in which dials, acknowledgements, octets
 * and ends of connections can arrive is tried (RFC 6733 5.6.4). However it goes, one connection
 * stays, and both see the same one. Time stands still: no timer helps out.
 */
#include "diameter/node.h"
#include "dict/base.dia.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define LINKS  4
#define PARCEL 64
#define DEPTH  64

static const uint8_t loopback[] = { 127, 0, 0, 1 };
static const struct dm_address address = { DM_ADDRESS_IPV4, { loopback, sizeof(loopback) } };
static const uint32_t applications[] = { 3 };
static const char *const names[2] = { "aaa.example.net", "bbb.example.net" };

/* Octets on their way, or the end of the connection behind them. */
struct parcel {
	bool end;
	size_t size;
	uint8_t octets[512];
};

struct pipe {
	struct parcel parcels[PARCEL];
	size_t first, count;
};

struct link {
	int dialler;
	dm_conn conns[2];     /* by node; 0: none */
	bool reached;         /* the other side has accepted */
	bool acknowledged;    /* the dialler knows */
	bool ended[2];        /* this node closed it or saw it closed */
	struct pipe pipes[2]; /* by receiving node */
};

struct world {
	struct dm_dictionary *dictionary;
	struct dm_node *nodes[2];
	struct link links[LINKS];
	size_t link_count;
};

/* ---- the way through the tree of choices ---- */

struct path {
	size_t choices[DEPTH], options[DEPTH];
	size_t length; /* decided so far */
	size_t at;
};

static size_t choose(struct path *path, size_t options)
{
	assert_true(path->at < DEPTH);
	if (path->at == path->length) {
		path->choices[path->length++] = 0;
		path->options[path->at] = options;
	}
	return path->choices[path->at++];
}

/* The next path in order; false after the last. */
static bool next_path(struct path *path)
{
	path->at = 0;
	while (path->length > 0) {
		size_t last = path->length - 1;

		if (++path->choices[last] < path->options[last])
			return true;
		path->length--;
	}
	return false;
}

/* ---- the world ---- */

static struct dm_node *node_new(struct world *world, int number)
{
	struct dm_node_config config = {
		.origin_host = dm_bytes_text(names[number]),
		.origin_realm = DM_BYTES_LITERAL("example.net"),
		.product_name = DM_BYTES_LITERAL("test"),
		.host_ip_addresses = &address,
		.host_ip_address_count = 1,
		.auth_applications = applications,
		.auth_application_count = 1,
		.duplicate_limit = 1,
		.wall_clock = 1700000000,
	};
	struct dm_peer_config peer = { .origin_host = dm_bytes_text(names[1 - number]),
		                       .connect = true };
	const char *why;
	struct dm_node *node = dm_node_new(&config, world->dictionary, 0, &why);

	assert_non_null(node);
	assert_int_equal(dm_node_peer_add(node, &peer, 0), 0);
	dm_node_tick(node, 0);
	return node;
}

static struct link *link_of(struct world *world, int number, dm_conn conn)
{
	for (size_t i = 0; i < world->link_count; i++)
		if (world->links[i].conns[number] == conn)
			return &world->links[i];
	return NULL;
}

static struct parcel *put(struct pipe *pipe)
{
	assert_true(pipe->count < PARCEL);
	return &pipe->parcels[(pipe->first + pipe->count++) % PARCEL];
}

static void carry_out(struct world *world, int number, const struct dm_effect *effect)
{
	struct link *link = link_of(world, number, effect->conn);
	struct parcel *parcel;

	if (effect->kind == DM_EFFECT_CONNECT) {
		assert_true(world->link_count < LINKS);
		link = &world->links[world->link_count++];
		*link = (struct link){ .dialler = number };
		link->conns[number] = effect->conn;
		return;
	}
	if (!link || (effect->kind != DM_EFFECT_SEND && effect->kind != DM_EFFECT_CLOSE))
		return;
	parcel = put(&link->pipes[1 - number]);
	*parcel = (struct parcel){ .end = effect->kind == DM_EFFECT_CLOSE };
	link->ended[number] |= parcel->end;
	if (parcel->end)
		return;
	assert_true(effect->send.octets.size <= sizeof(parcel->octets));
	parcel->size = effect->send.octets.size;
	memcpy(parcel->octets, effect->send.octets.at, parcel->size);
}

static void drain(struct world *world)
{
	struct dm_effect effect;

	for (int number = 0; number < 2; number++)
		while (dm_node_effect(world->nodes[number], &effect))
			carry_out(world, number, &effect);
}

/* ---- what may happen next ---- */

enum step_kind { REACH, ACKNOWLEDGE, ARRIVE };

struct step {
	enum step_kind kind;
	struct link *link;
	int receiver;
};

static size_t steps_of_link(struct link *link, struct step *out)
{
	size_t count = 0;

	if (!link->reached)
		out[count++] = (struct step){ .kind = REACH, .link = link };
	else if (!link->acknowledged)
		out[count++] = (struct step){ .kind = ACKNOWLEDGE, .link = link };
	for (int receiver = 0; receiver < 2; receiver++)
		if (link->reached && link->pipes[receiver].count)
			out[count++] = (struct step){ ARRIVE, link, receiver };
	return count;
}

static void arrive(struct world *world, struct link *link, int receiver)
{
	struct pipe *pipe = &link->pipes[receiver];
	struct parcel *parcel = &pipe->parcels[pipe->first];

	pipe->first = (pipe->first + 1) % PARCEL;
	pipe->count--;
	if (link->ended[receiver])
		return;
	link->ended[receiver] |= parcel->end;
	if (parcel->end)
		dm_node_closed(world->nodes[receiver], link->conns[receiver], "closed", 0);
	else
		dm_node_input(world->nodes[receiver], link->conns[receiver],
		              dm_bytes_of(parcel->octets, parcel->size), 0);
	drain(world);
}

static void take(struct world *world, const struct step *step)
{
	struct link *link = step->link;
	int other = 1 - link->dialler;

	switch (step->kind) {
	case REACH:
		link->reached = true;
		link->conns[other] = dm_node_accepted(world->nodes[other], 0);
		assert_int_not_equal(link->conns[other], 0);
		break;
	case ACKNOWLEDGE:
		link->acknowledged = true;
		dm_node_connected(world->nodes[link->dialler], link->conns[link->dialler], 0);
		break;
	case ARRIVE:
		arrive(world, link, step->receiver);
		break;
	}
	drain(world);
}

static bool step(struct world *world, struct path *path)
{
	struct step steps[3 * LINKS];
	size_t count = 0;

	for (size_t i = 0; i < world->link_count; i++)
		count += steps_of_link(&world->links[i], steps + count);
	if (count == 0)
		return false;
	take(world, &steps[choose(path, count)]);
	return true;
}

/* ---- the end ---- */

static void look(const struct dm_peer_status *status, void *context)
{
	*(const struct dm_peer_status **)context = NULL;
	*(const char **)context = status->open ? status->state : "not open";
}

static const char *state_of(struct world *world, int number)
{
	const char *state = "none";

	dm_node_peers(world->nodes[number], look, &state);
	return state;
}

/* One link stays; its dialler is in I-Open, the other in R-Open; the winner's own one is gone. */
static void check(struct world *world)
{
	struct link *left = NULL;

	for (size_t i = 0; i < world->link_count; i++) {
		struct link *link = &world->links[i];

		assert_int_equal(link->ended[0], link->ended[1]);
		if (!link->ended[0]) {
			assert_null(left);
			left = link;
		}
	}
	assert_non_null(left);
	assert_int_equal(left->dialler, 0); /* bbb succeeds aaa: it wins and keeps aaa's */
	assert_string_equal(state_of(world, 0), "I-Open");
	assert_string_equal(state_of(world, 1), "R-Open");
}

static void run(struct world *world, struct path *path)
{
	world->link_count = 0;
	for (int number = 0; number < 2; number++)
		world->nodes[number] = node_new(world, number);
	drain(world);
	while (step(world, path))
		continue;
	check(world);
	for (int number = 0; number < 2; number++)
		dm_node_free(world->nodes[number]);
}

static void PS02_PS03_every_interleaving(void **context)
{
	struct world *world = calloc(1, sizeof(*world));
	struct path path = { 0 };
	size_t paths = 0;

	(void)context;
	assert_non_null(world);
	world->dictionary = dm_dictionary_new();
	assert_int_equal(dm_dictionary_add(world->dictionary, &dm_base_grammar, NULL, NULL, 0), 0);
	do {
		run(world, &path);
		paths++;
	} while (next_path(&path));
	print_message("# %zu orders of events\n", paths);
	assert_true(paths > 100);
	dm_dictionary_free(world->dictionary);
	free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(PS02_PS03_every_interleaving),
	};

	return cmocka_run_group_tests_name("election", tests, NULL, NULL);
}
