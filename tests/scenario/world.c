/* SPDX-License-Identifier: Apache-2.0 */
#include "scenario.h"

#include "diameter/codec/raw.h"

#include <stdlib.h>

/* ---- places and what happened at them ---- */

struct place *world_place(struct scenario *s, const char *name)
{
	for (size_t i = 0; i < s->place_count; i++)
		if (strcmp(s->places[i].name, name) == 0)
			return &s->places[i];
	scenario_fail(s, "no node and no wire is called `%s`", name);
}

struct place *world_add(struct scenario *s, const char *name, const char *identity)
{
	struct place *place = &s->places[s->place_count];
	struct dm_text text;

	if (s->place_count == PLACES)
		scenario_fail(s, "more than %d nodes and wires", PLACES);
	s->place_count++;
	*place = (struct place){ .last = &place->first };
	dm_text_init(&text, place->name, sizeof(place->name));
	dm_text_add(&text, "%s", name);
	dm_text_init(&text, place->identity, sizeof(place->identity));
	dm_text_add(&text, "%s", identity);
	dm_writer_init(&place->partial, 1 << 24);
	return place;
}

static struct dm_bytes keep(struct dm_bytes octets)
{
	uint8_t *copy = malloc(octets.size ? octets.size : 1);

	if (!copy)
		abort();
	if (octets.size)
		memcpy(copy, octets.at, octets.size);
	return dm_bytes_of(copy, octets.size);
}

static struct item *happened(struct place *place, enum item_kind kind, struct dm_bytes octets)
{
	struct item *item = calloc(1, sizeof(*item));

	if (!item)
		abort();
	item->kind = kind;
	item->octets = keep(octets);
	*place->last = item;
	place->last = &item->next;
	return item;
}

struct item *world_take(struct place *place)
{
	struct item *item = place->first;

	if (!item)
		return NULL;
	place->first = item->next;
	if (!place->first)
		place->last = &place->first;
	return item;
}

void item_free(struct item *item)
{
	if (!item)
		return;
	free((void *)item->octets.at);
	free(item);
}

/* ---- links ---- */

struct link *world_link(struct scenario *s, struct place *a, dm_conn conn_a, struct place *b,
                        dm_conn conn_b)
{
	struct link *link = &s->links[s->link_count];

	if (s->link_count == LINKS)
		scenario_fail(s, "more than %d connections", LINKS);
	s->link_count++;
	link->open = true;
	link->ends[0] = (struct end){ .place = a, .conn = conn_a };
	link->ends[1] = (struct end){ .place = b, .conn = conn_b };
	for (size_t i = 0; i < 2; i++) {
		dm_writer_init(&link->ends[i].arrived, 1 << 24);
		if (!link->ends[i].place->node)
			link->ends[i].place->link = link;
	}
	return link;
}

static struct link *link_of(struct scenario *s, struct place *place, dm_conn conn, size_t *side)
{
	for (size_t i = 0; i < s->link_count; i++)
		for (size_t k = 0; k < 2; k++) {
			struct end *end = &s->links[i].ends[k];

			if (end->place == place && end->conn == conn && s->links[i].open) {
				*side = k;
				return &s->links[i];
			}
		}
	return NULL;
}

static void tell_closed(struct scenario *s, struct end *end, bool reset)
{
	if (end->place->node)
		dm_node_closed(end->place->node, end->conn,
		               reset ? "connection reset by peer" : "closed by peer", s->now);
	else
		happened(end->place, reset ? ITEM_RESET : ITEM_CLOSED, (struct dm_bytes){ 0 });
}

/* `by` NULL: the connection breaks for both. */
void world_break(struct scenario *s, struct link *link, struct place *by, bool reset)
{
	if (!link->open)
		return;
	link->open = false;
	for (size_t i = 0; i < 2; i++)
		if (link->ends[i].place != by)
			tell_closed(s, &link->ends[i], reset);
}

static void carry(struct link *link, size_t from, struct dm_bytes octets)
{
	if (!link->dropping)
		dm_writer_bytes(&link->ends[1 - from].arrived, octets);
}

void world_send(struct scenario *s, struct place *wire, struct dm_bytes octets)
{
	if (!wire->link || !wire->link->open)
		scenario_fail(s, "the wire %s is closed", wire->name);
	carry(wire->link, wire->link->ends[1].place == wire, octets);
}

void world_sent(struct scenario *s, struct place *wire, struct dm_bytes message)
{
	struct dm_header header = dm_header_read(message);

	(void)s;
	if (header.flags & DM_FLAG_R)
		wire->sent[wire->sent_count++ % SENT] = header;
	free((void *)wire->latest[LATEST - 1].at);
	memmove(wire->latest + 1, wire->latest, (LATEST - 1) * sizeof(wire->latest[0]));
	wire->latest[0] = keep(message);
}

/* ---- arrival ---- */

/* HD14, HD15, for every answer of every scenario: it repeats what names the request, and the P bit.
 */
static void check_answer(struct scenario *s, const struct place *wire, struct dm_bytes message)
{
	struct dm_header answer = dm_header_read(message);
	size_t first = wire->sent_count > SENT ? wire->sent_count - SENT : 0;

	if (wire->raw)
		return;
	for (size_t i = wire->sent_count; i > first; i--) {
		const struct dm_header *request = &wire->sent[(i - 1) % SENT];

		if (request->hop_by_hop_id != answer.hop_by_hop_id)
			continue;
		if (request->end_to_end_id != answer.end_to_end_id ||
		    request->command_code != answer.command_code ||
		    request->application_id != answer.application_id ||
		    (request->flags & DM_FLAG_P) != (answer.flags & DM_FLAG_P) ||
		    (answer.flags & DM_FLAG_T))
			scenario_fail(s,
			              "%s got an answer that does not repeat the header of its "
			              "request (6.2)",
			              wire->name);
		return;
	}
	scenario_fail(s, "%s got an answer of command %u to a request it did not send", wire->name,
	              answer.command_code);
}

/* Answers sent later take the identifiers of the newest request of their command. */
static void remember_request(struct place *wire, struct dm_header header)
{
	size_t room = sizeof(wire->seen) / sizeof(wire->seen[0]);

	memmove(wire->seen + 1, wire->seen, (room - 1) * sizeof(wire->seen[0]));
	wire->seen[0] = header;
}

static void arrive_at_wire(struct scenario *s, struct place *wire, struct dm_bytes octets)
{
	size_t start = 0;
	struct dm_bytes all;

	dm_writer_bytes(&wire->partial, octets);
	all = dm_writer_written(&wire->partial);
	while (all.size - start >= DM_HEADER_SIZE) {
		struct dm_bytes rest = dm_bytes_of(all.at + start, all.size - start);
		struct dm_header header = dm_header_read(rest);

		if (header.length < DM_HEADER_SIZE || header.length > rest.size)
			break;
		if (header.flags & DM_FLAG_R)
			remember_request(wire, header);
		else
			check_answer(s, wire, rest);
		happened(wire, ITEM_MESSAGE, dm_bytes_of(rest.at, header.length));
		start += header.length;
	}
	all = keep(dm_bytes_of(all.at + start, all.size - start));
	dm_writer_reset(&wire->partial);
	dm_writer_bytes(&wire->partial, all);
	free((void *)all.at);
}

static bool deliver(struct scenario *s, struct end *end)
{
	struct dm_bytes octets = keep(dm_writer_written(&end->arrived));

	dm_writer_reset(&end->arrived);
	if (octets.size && end->place->node)
		dm_node_input(end->place->node, end->conn, octets, s->now);
	else if (octets.size)
		arrive_at_wire(s, end->place, octets);
	/* The octets live until the node has no more effects. */
	if (octets.size && end->place->node)
		world_effects(s, end->place);
	free((void *)octets.at);
	return octets.size > 0;
}

/* ---- effects ---- */

static struct place *node_of_identity(struct scenario *s, struct dm_bytes identity)
{
	for (size_t i = 0; i < s->place_count; i++)
		if (s->places[i].node &&
		    dm_bytes_equal_folded(identity, dm_bytes_text(s->places[i].identity)))
			return &s->places[i];
	return NULL;
}

static void dial(struct scenario *s, struct place *place, dm_conn conn, struct dm_bytes identity)
{
	struct place *other = node_of_identity(s, identity);
	dm_conn accepted;

	if (!other) {
		place->dialling = conn;
		return;
	}
	accepted = dm_node_accepted(other->node, s->now);
	if (!accepted) {
		dm_node_connect_failed(place->node, conn, "connection refused", s->now);
		return;
	}
	world_link(s, place, conn, other, accepted);
	dm_node_connected(place->node, conn, s->now);
}

static void serve(struct scenario *s, struct place *place, const struct dm_effect *effect)
{
	struct dm_fault fault = { 0 };

	dm_fault_set(&fault, place->service, "the scenario's service says so");
	if (dm_node_answer_fault(place->node, effect->request.transaction, &fault, s->now))
		scenario_fail(s, "%s cannot answer", place->name);
}

static void forward(struct scenario *s, struct place *place, const struct dm_effect *effect)
{
	const struct dm_avp *avp =
		dm_dictionary_avp_named(s->dictionary, dm_bytes_text(place->drop_avp));
	struct dm_raw_avp *gone = dm_arena_zero(&s->arena, sizeof(*gone));
	struct dm_writer edited;
	struct dm_raw_edit edit = { .remove = gone, .remove_count = avp ? 1 : 0 };

	if (avp)
		*gone = (struct dm_raw_avp){ .code = avp->code, .vendor = avp->vendor };
	dm_writer_init(&edited, 1 << 20);
	if (dm_raw_rewrite(effect->forward.message, &edit, &edited) == 0)
		dm_node_forward(place->node, effect->forward.transaction,
		                dm_writer_written(&edited), s->now);
	dm_writer_fini(&edited);
}

static uint32_t answer_code(const struct dm_effect *effect)
{
	struct dm_raw_avp avp;
	struct dm_cursor cursor;

	if (effect->answer.fault && effect->answer.fault->result_code)
		return effect->answer.fault->result_code;
	if (!effect->answer.message || !dm_raw_find(effect->answer.message->wire, 268, 0, &avp))
		return 0;
	cursor = dm_cursor_of(avp.data);
	return dm_cursor_u32(&cursor);
}

static void note(struct scenario *s, struct place *place, const struct dm_effect *effect)
{
	struct item *item;
	struct dm_text text;

	switch (effect->kind) {
	case DM_EFFECT_REQUEST:
		place->transaction = effect->request.transaction;
		item = happened(place, ITEM_REQUEST, effect->request.message->wire);
		item->number = effect->request.transaction;
		if (place->service)
			serve(s, place, effect);
		return;
	case DM_EFFECT_ANSWER:
		item = happened(place, ITEM_ANSWER,
		                effect->answer.message ? effect->answer.message->wire
		                                       : (struct dm_bytes){ 0 });
		item->number = effect->answer.tag;
		item->result_code = answer_code(effect);
		return;
	default:
		item = happened(place, ITEM_EVENT, (struct dm_bytes){ 0 });
		item->event = effect->event.kind;
		dm_text_init(&text, item->text, sizeof(item->text));
		dm_text_octets(&text, effect->peer);
	}
}

static void carry_out(struct scenario *s, struct place *place, const struct dm_effect *effect)
{
	size_t side = 0;
	struct link *link = link_of(s, place, effect->conn, &side);

	switch (effect->kind) {
	case DM_EFFECT_SEND:
		if (link)
			carry(link, side, effect->send.octets);
		return;
	case DM_EFFECT_CONNECT:
		dial(s, place, effect->conn, effect->peer);
		return;
	case DM_EFFECT_CLOSE:
		if (place->dialling == effect->conn)
			place->dialling = 0;
		if (link) {
			bool reset = effect->close.reset;

			/* What was sent before arrives before the end is seen. */
			deliver(s, &link->ends[1 - side]);
			world_break(s, link, place, reset);
		}
		return;
	case DM_EFFECT_FORWARD:
		forward(s, place, effect);
		return;
	default:
		note(s, place, effect);
	}
}

bool world_effects(struct scenario *s, struct place *place)
{
	struct dm_effect effect;
	bool any = false;

	while (dm_node_effect(place->node, &effect)) {
		carry_out(s, place, &effect);
		any = true;
	}
	return any;
}

/* ---- time ---- */

void world_settle(struct scenario *s)
{
	bool moved = true;

	for (int turn = 0; moved; turn++) {
		moved = false;
		if (turn > 100000)
			scenario_fail(s, "the nodes never come to rest");
		for (size_t i = 0; i < s->place_count; i++)
			if (s->places[i].node)
				moved |= world_effects(s, &s->places[i]);
		for (size_t i = 0; i < s->link_count; i++)
			for (size_t k = 0; k < 2; k++)
				if (s->links[i].open)
					moved |= deliver(s, &s->links[i].ends[k]);
	}
}

static dm_time next_deadline(struct scenario *s)
{
	dm_time next = DM_TIME_NEVER;

	for (size_t i = 0; i < s->place_count; i++) {
		struct dm_node *node = s->places[i].node;
		dm_time deadline = node ? dm_node_deadline(node) : DM_TIME_NEVER;

		next = deadline < next ? deadline : next;
	}
	return next;
}

void world_advance(struct scenario *s, dm_time duration)
{
	dm_time until = s->now + duration;

	for (;;) {
		dm_time next = next_deadline(s);

		s->now = next < until ? (next > s->now ? next : s->now) : until;
		for (size_t i = 0; i < s->place_count; i++)
			if (s->places[i].node)
				dm_node_tick(s->places[i].node, s->now);
		world_settle(s);
		if (s->now == until && next_deadline(s) > until)
			return;
	}
}

void world_fini(struct scenario *s)
{
	for (size_t i = 0; i < s->place_count; i++) {
		struct place *place = &s->places[i];

		for (struct item *item = world_take(place); item; item = world_take(place))
			item_free(item);
		free((void *)place->matched.at);
		for (size_t k = 0; k < LATEST; k++)
			free((void *)place->latest[k].at);
		dm_writer_fini(&place->partial);
		if (place->node)
			dm_node_free(place->node);
	}
	for (size_t i = 0; i < s->link_count; i++)
		for (size_t k = 0; k < 2; k++)
			dm_writer_fini(&s->links[i].ends[k].arrived);
}
