/* SPDX-License-Identifier: Apache-2.0 */
#include "scenario.h"

#include "diameter/codec/raw.h"

#include <stdlib.h>

static struct place *wire_word(struct scenario *s)
{
	struct place *place = world_place(s, scenario_word(s, 1, "a wire"));

	if (place->node)
		scenario_fail(s, "`%s` is a node", place->name);
	return place;
}

/* ---- wires ---- */

/* The wire of this name, made when there is none; a new connection forgets the end of the old. */
static struct place *fresh_wire(struct scenario *s)
{
	const char *name = scenario_word(s, 1, "a name");
	struct place *wire = NULL;

	for (size_t i = 0; i < s->place_count; i++)
		if (strcmp(s->places[i].name, name) == 0)
			wire = &s->places[i];
	if (!wire)
		return world_add(s, name, "");
	while (wire->first && (wire->first->kind == ITEM_CLOSED || wire->first->kind == ITEM_RESET))
		item_free(world_take(wire));
	dm_writer_reset(&wire->partial);
	return wire;
}

static void run_wire(struct scenario *s)
{
	struct place *wire = fresh_wire(s);
	struct place *node = world_place(s, scenario_word(s, 2, "a node"));
	dm_conn conn;

	conn = dm_node_accepted(node->node, s->now);
	if (!conn)
		scenario_fail(s, "%s takes no more connections", node->name);
	world_link(s, wire, 0, node, conn);
}

static void run_accept(struct scenario *s)
{
	struct place *wire = fresh_wire(s);
	struct place *node = world_place(s, scenario_word(s, 2, "a node"));
	dm_conn conn = node->dialling;

	if (!conn)
		scenario_fail(s, "%s dials nobody", node->name);
	node->dialling = 0;
	world_link(s, node, conn, wire, 0);
	dm_node_connected(node->node, conn, s->now);
}

static void run_refuse(struct scenario *s)
{
	struct place *node = command_node(s);
	dm_conn conn = node->dialling;

	if (!conn)
		scenario_fail(s, "%s dials nobody", node->name);
	node->dialling = 0;
	dm_node_connect_failed(node->node, conn, "connection refused", s->now);
}

static void run_close(struct scenario *s)
{
	struct place *wire = wire_word(s);

	if (!wire->link || !wire->link->open)
		scenario_fail(s, "the wire is closed already");
	world_break(s, wire->link, wire, false);
}

/* ---- messages ---- */

struct dm_bytes command_compose(struct scenario *s, struct dm_header header)
{
	size_t room = 1 << 16;
	uint8_t *octets = dm_arena_take(&s->arena, room);
	struct dm_writer out;

	if (!octets)
		scenario_fail(s, "the runner's arena is full");
	dm_writer_init_fixed(&out, octets, room);
	dm_header_write(&out, &header);
	scenario_avps(s, &out);
	if (out.failed)
		scenario_fail(s, "the message is too long for the runner");
	dm_writer_patch(&out, 1, header.length ? header.length : out.size, 3);
	return dm_writer_written(&out);
}

static struct dm_header header_of(const struct dm_command_entry *entry)
{
	static uint32_t identifier = 1000;

	identifier++;
	return (struct dm_header){
		.version = 1,
		.flags = (uint8_t)((entry->command->request ? DM_FLAG_R : 0) |
		                   (entry->command->proxiable ? DM_FLAG_P : 0) |
		                   (entry->command->error ? DM_FLAG_E : 0)),
		.command_code = entry->code,
		.application_id = entry->application_id,
		.hop_by_hop_id = identifier,
		.end_to_end_id = identifier,
	};
}

/* An answer takes the identifiers of the newest request of this command. */
static void answer_identifiers(const struct place *wire, uint32_t command_code,
                               struct dm_header *header)
{
	for (size_t i = 0; i < sizeof(wire->seen) / sizeof(wire->seen[0]); i++)
		if (wire->seen[i].command_code == command_code) {
			header->hop_by_hop_id = wire->seen[i].hop_by_hop_id;
			header->end_to_end_id = wire->seen[i].end_to_end_id;
			header->application_id = wire->seen[i].application_id;
			return;
		}
}

static void override(struct scenario *s, const char *key, uint32_t *number)
{
	const char *word = scenario_option(s, key);

	if (word)
		*number = (uint32_t)scenario_number(s, word);
}

static struct dm_header header_words(struct scenario *s, const struct place *wire,
                                     const struct dm_command_entry *entry)
{
	struct dm_header header = header_of(entry);
	const char *other = scenario_option(s, "answering");
	uint32_t version = 1;

	override(s, "code", &header.command_code);
	if (!(header.flags & DM_FLAG_R))
		answer_identifiers(wire,
		                   other ? scenario_command(s, other)->code : header.command_code,
		                   &header);
	if (scenario_option(s, "flags"))
		header.flags = scenario_flags(s, scenario_option(s, "flags"));
	override(s, "app", &header.application_id);
	override(s, "hbh", &header.hop_by_hop_id);
	override(s, "e2e", &header.end_to_end_id);
	override(s, "length", &header.length);
	override(s, "version", &version);
	header.version = (uint8_t)version;
	return header;
}

static void run_send(struct scenario *s)
{
	struct place *wire = wire_word(s);
	const struct dm_command_entry *entry =
		scenario_command(s, scenario_word(s, 2, "a command"));
	bool bytewise = scenario_flag(s, "bytewise");
	struct dm_header header = header_words(s, wire, entry);
	struct dm_bytes message = command_compose(s, header);

	world_sent(s, wire, message);
	for (size_t i = 0; bytewise && i < message.size; i++) {
		world_send(s, wire, dm_bytes_of(message.at + i, 1));
		world_settle(s);
	}
	if (!bytewise)
		world_send(s, wire, message);
}

static void run_hex(struct scenario *s)
{
	struct place *wire = wire_word(s);

	wire->raw = true;
	for (size_t i = 2; i < s->word_count; i++)
		for (const char *at = s->words[i]; *at; at += 2) {
			char digits[3] = { at[0], at[1], '\0' };
			uint8_t octet = (uint8_t)strtoul(digits, NULL, 16);

			if (!at[1])
				scenario_fail(s, "an odd number of hex digits");
			world_send(s, wire, dm_bytes_of(&octet, 1));
		}
}

/* ---- the usual beginning of a connection ---- */

static void write_text_avp(struct scenario *s, const char *name, const char *value,
                           struct dm_writer *out)
{
	const struct dm_avp *avp = dm_dictionary_avp_named(s->dictionary, dm_bytes_text(name));
	struct dm_raw_avp raw = { .code = avp->code,
		                  .flags = avp->flags,
		                  .data = dm_bytes_text(value) };

	dm_raw_write(out, &raw);
}

static void write_number_avp(struct scenario *s, const char *name, uint32_t number,
                             struct dm_writer *out)
{
	const struct dm_avp *avp = dm_dictionary_avp_named(s->dictionary, dm_bytes_text(name));
	uint8_t octets[4] = { (uint8_t)(number >> 24), (uint8_t)(number >> 16),
		              (uint8_t)(number >> 8), (uint8_t)number };
	struct dm_raw_avp raw = { .code = avp->code,
		                  .flags = avp->flags,
		                  .data = dm_bytes_of(octets, 4) };

	dm_raw_write(out, &raw);
}

static void write_capabilities(struct scenario *s, bool answer, struct dm_writer *out)
{
	static const uint8_t loopback[18] = { 0, 2, [17] = 1 };
	const struct dm_avp *address =
		dm_dictionary_avp_named(s->dictionary, DM_BYTES_LITERAL("Host-IP-Address"));
	struct dm_raw_avp raw = { .code = address->code,
		                  .flags = address->flags,
		                  .data = dm_bytes_of(loopback, 18) };

	if (answer)
		write_number_avp(s, "Result-Code", 2001, out);
	write_text_avp(s, "Origin-Host", scenario_word(s, 2, "an identity"), out);
	write_text_avp(s, "Origin-Realm", scenario_word(s, 3, "a realm"), out);
	dm_raw_write(out, &raw);
	write_number_avp(s, "Vendor-Id", 0, out);
	write_text_avp(s, "Product-Name", "scenario", out);
	write_number_avp(s, "Origin-State-Id",
	                 scenario_option(s, "state-id") ? command_number(s, "state-id") : 1, out);
	write_number_avp(s, "Auth-Application-Id",
	                 scenario_option(s, "app") ? command_number(s, "app") : 33554438, out);
}

static void run_handshake(struct scenario *s)
{
	struct place *wire = wire_word(s);
	struct item *cer = world_take(wire);
	const struct dm_command_entry *entry = scenario_command(s, cer ? "CEA" : "CER");
	struct dm_header header = header_of(entry);
	uint8_t room[1024];
	struct dm_writer out;
	struct item *cea;

	if (cer)
		answer_identifiers(wire, header.command_code, &header);
	item_free(cer);
	dm_writer_init_fixed(&out, room, sizeof(room));
	dm_header_write(&out, &header);
	write_capabilities(s, cer != NULL, &out);
	dm_writer_patch(&out, 1, out.size, 3);
	world_sent(s, wire, dm_writer_written(&out));
	world_send(s, wire, dm_writer_written(&out));
	world_settle(s);
	if (cer)
		return;
	cea = world_take(wire);
	if (!cea || cea->kind != ITEM_MESSAGE || dm_header_read(cea->octets).command_code != 257)
		scenario_fail(s, "no CEA came back");
	item_free(cea);
}

/* The AVP lines as the typed body that the node's functions take. */
static const void *typed_body(struct scenario *s, const struct dm_command_entry *entry)
{
	struct dm_bytes wire = command_compose(s, header_of(entry));
	struct dm_decode_options options = { 0 };
	struct dm_message message;
	struct dm_fault fault = { 0 };

	if (dm_decode(s->dictionary, &options, wire, &s->arena, &message, &fault))
		scenario_fail(s, "the runner's arena is full");
	if (fault.result_code)
		scenario_fail(s, "the AVP lines make no valid %s: %u %s", entry->command->name,
		              fault.result_code, fault.sentence);
	return message.body;
}

static void run_request(struct scenario *s)
{
	struct place *place = command_node(s);
	const struct dm_command_entry *entry =
		scenario_command(s, scenario_word(s, 2, "a command"));
	uint64_t tag = command_number(s, "tag");
	dm_time timeout = command_duration(s, "timeout");
	int error = dm_node_request(place->node, entry->command, typed_body(s, entry), tag, timeout,
	                            s->now);

	if (error)
		scenario_fail(s, "the request is refused: %s", strerror(-error));
}

static void run_answer(struct scenario *s)
{
	struct place *place = command_node(s);
	const struct dm_command_entry *entry =
		scenario_command(s, scenario_word(s, 2, "a command"));
	int error = dm_node_answer(place->node, place->transaction, entry->command,
	                           typed_body(s, entry), s->now);

	if (error)
		scenario_fail(s, "the answer is refused: %s", strerror(-error));
}

static void run_fault(struct scenario *s)
{
	struct place *place = command_node(s);
	struct dm_fault fault = { 0 };

	dm_fault_set(&fault, (uint32_t)scenario_number(s, scenario_word(s, 2, "a Result-Code")),
	             "%s", scenario_word(s, 3, "a word for Error-Message"));
	if (dm_node_answer_fault(place->node, place->transaction, &fault, s->now))
		scenario_fail(s, "the fault is refused");
}

static void run_service(struct scenario *s)
{
	command_node(s)->service =
		(uint32_t)scenario_number(s, scenario_word(s, 2, "a Result-Code"));
}

static void tell_passed_over(void *context, struct dm_bytes peer, const char *why)
{
	dm_text_add(context, "; passed over %.*s: %s", (int)peer.size, (const char *)peer.at, why);
}

static void join_from(struct scenario *s, const char *key, struct dm_text *out)
{
	size_t i = 1;

	while (i < s->word_count && strcmp(s->words[i], key) != 0)
		i++;
	while (++i < s->word_count)
		dm_text_add(out, "%s%s", out->size ? " " : "", s->words[i]);
}

static void run_explain(struct scenario *s)
{
	static const char *const verdicts[] = { "local", "relay", "proxy", "redirect", "refuse" };
	struct place *place = command_node(s);
	const struct dm_command_entry *entry =
		scenario_command(s, scenario_word(s, 2, "a command"));
	const char *source = scenario_option(s, "source");
	struct dm_explanation found;
	bool own = scenario_flag(s, "own");
	char said[2048], wanted[512], passed[1536], name[NAME_ROOM];
	struct dm_text text, words, others, from;
	struct dm_header header = header_of(entry);

	dm_text_init(&text, said, sizeof(said));
	dm_text_init(&words, wanted, sizeof(wanted));
	dm_text_init(&others, passed, sizeof(passed));
	dm_text_init(&from, name, sizeof(name));
	join_from(s, "says", &words);
	dm_text_add(&from, "%s", source ? source : "");
	override(s, "app", &header.application_id);
	dm_node_explain(place->node, command_compose(s, header), dm_bytes_text(name), own, &found,
	                tell_passed_over, &others);
	dm_text_add(&text, "%s", verdicts[found.verdict]);
	if (found.result_code)
		dm_text_add(&text, " %u", found.result_code);
	if (found.peer.size)
		dm_text_add(&text, " %.*s", (int)found.peer.size, (const char *)found.peer.at);
	dm_text_add(&text, "; %s; %s%s", found.rule, found.sentence, passed);
	if (!words.size || !strstr(said, wanted))
		scenario_fail(s, "expected `%s` in\n%s", wanted, said);
}

static void run_pass(struct scenario *s)
{
	struct place *place = command_node(s);
	const char *name = scenario_option(s, "drop-avp");
	struct dm_text text;

	dm_text_init(&text, place->drop_avp, sizeof(place->drop_avp));
	dm_text_add(&text, "%s", name ? name : "");
}

/* AVP lines under a name, for `with NAME`. */
static void run_avps(struct scenario *s)
{
	struct block *block = &s->blocks[s->block_count];
	size_t room = 1 << 14;
	uint8_t *octets = dm_arena_take(&s->arena, room);
	struct dm_writer out;
	struct dm_text name;

	if (!octets || s->block_count == BLOCKS)
		scenario_fail(s, "more than %d blocks of AVPs", BLOCKS);
	dm_text_init(&name, block->name, sizeof(block->name));
	dm_text_add(&name, "%s", scenario_word(s, 1, "a name"));
	dm_writer_init_fixed(&out, octets, room);
	scenario_avps(s, &out);
	block->octets = dm_writer_written(&out);
	s->block_count++;
}

/* The last message of a wire once more, with another Hop-by-Hop Identifier. */
static void run_repeat(struct scenario *s)
{
	struct place *wire = wire_word(s);
	const char *flags = scenario_option(s, "flags");
	struct dm_bytes copy;
	struct dm_writer out;
	struct dm_header header;

	if (!wire->latest[0].size)
		scenario_fail(s, "%s has sent nothing", wire->name);
	copy = dm_arena_copy(&s->arena, wire->latest[0]);
	header = dm_header_read(copy);
	header.hop_by_hop_id += 100000;
	header.flags |= flags ? scenario_flags(s, flags) : 0;
	dm_writer_init_fixed(&out, (void *)copy.at, DM_HEADER_SIZE);
	dm_header_write(&out, &header);
	world_sent(s, wire, copy);
	world_send(s, wire, copy);
}

/* ---- time and trouble ---- */

static void run_advance(struct scenario *s)
{
	world_advance(s, scenario_duration(s, scenario_word(s, 1, "a duration")));
}

static void each_link(struct scenario *s, void (*act)(struct scenario *, struct link *))
{
	struct place *a = world_place(s, scenario_word(s, 1, "a place"));
	struct place *b = world_place(s, scenario_word(s, 2, "another place"));

	for (size_t i = 0; i < s->link_count; i++) {
		struct link *link = &s->links[i];
		struct place *x = link->ends[0].place, *y = link->ends[1].place;

		if (link->open && ((x == a && y == b) || (x == b && y == a)))
			act(s, link);
	}
}

static void start_dropping(struct scenario *s, struct link *link)
{
	(void)s;
	link->dropping = true;
}

static void stop_dropping(struct scenario *s, struct link *link)
{
	(void)s;
	link->dropping = false;
}

static void break_link(struct scenario *s, struct link *link)
{
	world_break(s, link, NULL, true);
}

static void run_drop(struct scenario *s)
{
	each_link(s, start_dropping);
}

static void run_restore(struct scenario *s)
{
	each_link(s, stop_dropping);
}

static void run_cut(struct scenario *s)
{
	each_link(s, break_link);
}

/* Octets that the host could not write yet, on every connection of the node. */
static void run_unread(struct scenario *s)
{
	struct place *place = command_node(s);
	size_t octets = scenario_number(s, scenario_word(s, 2, "a number of octets"));

	for (size_t i = 0; i < s->link_count; i++)
		for (size_t k = 0; k < 2; k++)
			if (s->links[i].open && s->links[i].ends[k].place == place)
				dm_node_output_waiting(place->node, s->links[i].ends[k].conn,
				                       octets);
}

static void run_stop(struct scenario *s)
{
	dm_node_stop(command_node(s)->node, s->now);
}

static void run_forget(struct scenario *s)
{
	struct place *place = world_place(s, scenario_word(s, 1, "a node or wire"));

	for (struct item *item = world_take(place); item; item = world_take(place))
		item_free(item);
}

void command_run(struct scenario *s)
{
	static const struct {
		const char *word;
		void (*run)(struct scenario *);
	} table[] = {
		{ "node", setup_node },     { "peer", setup_peer },
		{ "unpeer", setup_unpeer }, { "route", setup_route },
		{ "wire", run_wire },       { "accept", run_accept },
		{ "refuse", run_refuse },   { "close", run_close },
		{ "send", run_send },       { "handshake", run_handshake },
		{ "hex", run_hex },         { "request", run_request },
		{ "answer", run_answer },   { "fault", run_fault },
		{ "service", run_service }, { "pass", run_pass },
		{ "advance", run_advance }, { "drop", run_drop },
		{ "restore", run_restore }, { "cut", run_cut },
		{ "stop", run_stop },       { "forget", run_forget },
		{ "avps", run_avps },       { "repeat", run_repeat },
		{ "unread", run_unread },   { "expect", expect_run },
		{ "explain", run_explain },
	};

	if (s->indented)
		scenario_fail(s, "an AVP line belongs behind send, request, answer or expect");
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strcmp(table[i].word, s->words[0]) == 0) {
			table[i].run(s);
			return;
		}
	scenario_fail(s, "no command is called `%s`", s->words[0]);
}
