/* SPDX-License-Identifier: Apache-2.0 */
#include "scenario.h"

#include "diameter/codec/raw.h"

#include <stdlib.h>

static const char *item_name(const struct item *item)
{
	static const char *const names[] = { "a message",
		                             "the connection closed",
		                             "the connection reset",
		                             "a request",
		                             "an answer",
		                             "an event" };

	return item ? names[item->kind] : "nothing";
}

static bool is_queued(const struct scenario *s, const struct item *wanted)
{
	for (size_t i = 0; i < s->place_count; i++)
		for (const struct item *item = s->places[i].first; item; item = item->next)
			if (item == wanted)
				return true;
	return false;
}

/* Says what is there instead, messages in full. */
static void unexpected(struct scenario *s, const char *wanted, struct item *item)
	__attribute__((noreturn));

static void unexpected(struct scenario *s, const char *wanted, struct item *item)
{
	static char room[8192];
	struct dm_text text;

	if (item && !is_queued(s, item))
		s->left = item;
	dm_text_init(&text, room, sizeof(room));
	if (item && item->octets.size)
		dm_print(s->dictionary, item->octets, &text);
	else if (item && item->kind == ITEM_ANSWER)
		dm_text_add(&text, "Result-Code %u, tag %llu", item->result_code,
		            (unsigned long long)item->number);
	else if (item && item->kind == ITEM_EVENT)
		dm_text_add(&text, "event %d of %s", (int)item->event, item->text);
	scenario_fail(s, "expected %s, got %s\n%s", wanted, item_name(item), room);
}

static void matched(struct place *place, struct item *item)
{
	free((void *)place->matched.at);
	place->matched = item->octets;
	item->octets = (struct dm_bytes){ 0 };
	if (item->kind == ITEM_REQUEST)
		place->transaction = item->number;
	item_free(item);
}

/* ---- AVPs ---- */

static bool holds(const struct scenario *s, struct dm_cursor have, struct dm_bytes want);

static bool same_avp(const struct scenario *s, const struct dm_raw_avp *have,
                     const struct dm_raw_avp *want)
{
	const struct dm_avp *avp;

	if (have->code != want->code || have->vendor != want->vendor)
		return false;
	avp = dm_dictionary_avp(s->dictionary, want->code, want->vendor);
	if (avp && avp->type == DM_TYPE_GROUPED)
		return holds(s, dm_cursor_of(have->data), want->data);
	return dm_bytes_equal(have->data, want->data);
}

/* True when each AVP of `want` is among `have`, others between them. Those of one code come in the
 * order written, each once. */
static bool holds(const struct scenario *s, struct dm_cursor have, struct dm_bytes want)
{
	struct dm_cursor wanted = dm_cursor_of(want);
	struct dm_cursor from = have;
	struct dm_raw_avp need, got;
	uint32_t last = 0;

	while (dm_raw_next(&wanted, &need, NULL)) {
		bool found = false;

		if (need.code != last)
			from = have;
		last = need.code;
		while (!found && dm_raw_next(&from, &got, NULL))
			found = same_avp(s, &got, &need);
		if (!found)
			return false;
	}
	return true;
}

/* ---- messages on their way through a node ---- */

/* The AVPs of a message without its last one. */
static struct dm_bytes without_last(struct dm_bytes message, struct dm_raw_avp *last)
{
	struct dm_cursor cursor = dm_raw_avps(message);
	const uint8_t *begin = cursor.at;
	const uint8_t *end = begin;

	*last = (struct dm_raw_avp){ 0 };
	while (dm_cursor_left(&cursor) > 0) {
		end = cursor.at;
		if (!dm_raw_next(&cursor, last, NULL))
			break;
	}
	return dm_bytes_of(begin, (size_t)(end - begin));
}

static struct dm_bytes avps_of(struct dm_bytes message)
{
	struct dm_cursor cursor = dm_raw_avps(message);

	return dm_cursor_rest(&cursor);
}

/* What this wire sent last with this command code. */
static struct dm_bytes latest_of(struct scenario *s, const struct place *sender,
                                 const struct dm_header *like)
{
	for (size_t i = 0; i < LATEST && sender->latest[i].size; i++)
		if (dm_header_read(sender->latest[i]).command_code == like->command_code)
			return sender->latest[i];
	scenario_fail(s, "%s has sent no message of command %u", sender->name, like->command_code);
}

/* RFC 6733 6.1.9, 6.2.2: byte for byte what another wire sent, but for the Hop-by-Hop Identifier
 * and the T bit; of a request, but for the Route-Record behind the last AVP. */
static void check_as_sent(struct scenario *s, struct item *item, const struct place *sender)
{
	struct dm_header have = dm_header_read(item->octets);
	struct dm_bytes original = latest_of(s, sender, &have);
	struct dm_header sent = dm_header_read(original);
	struct dm_bytes avps = avps_of(item->octets);
	struct dm_raw_avp last;

	if (have.flags & DM_FLAG_R)
		avps = without_last(item->octets, &last);
	if ((have.flags & DM_FLAG_R) && last.code != 282)
		unexpected(s, "a Route-Record behind the last AVP", item);
	if (!dm_bytes_equal(avps, avps_of(original)))
		unexpected(s, "the AVPs as they were sent", item);
	if (have.end_to_end_id != sent.end_to_end_id || have.command_code != sent.command_code ||
	    have.application_id != sent.application_id ||
	    (have.flags & ~DM_FLAG_T) != (sent.flags & ~DM_FLAG_T))
		unexpected(s, "the header as it was sent", item);
	if ((have.flags & DM_FLAG_R) && have.hop_by_hop_id == sent.hop_by_hop_id)
		unexpected(s, "another Hop-by-Hop Identifier", item);
}

/* What the words of an `expect` say of a header; they go when the AVP lines are read. */
struct wanted {
	const struct dm_command_entry *entry;
	uint32_t code;
	bool has_flags;
	uint8_t flags;
	const struct place *as_sent_by;
};

static struct wanted wanted_words(struct scenario *s, const char *abbreviation)
{
	const struct dm_command_entry *entry = scenario_command(s, abbreviation);
	const char *code = scenario_option(s, "code");
	const char *flags = scenario_option(s, "flags");
	const char *sender = scenario_option(s, "as-sent-by");

	return (struct wanted){
		.entry = entry,
		.code = code ? (uint32_t)scenario_number(s, code) : entry->code,
		.has_flags = flags != NULL,
		.flags = flags ? scenario_flags(s, flags) : 0,
		.as_sent_by = sender ? world_place(s, sender) : NULL,
	};
}

static void check_message(struct scenario *s, struct item *item, const struct wanted *wanted)
{
	struct dm_header have = dm_header_read(item->octets);
	bool error = wanted->entry->command->error;
	uint8_t room[8192];
	struct dm_writer want;

	if (!error && have.command_code != wanted->code)
		unexpected(s, wanted->entry->command->name, item);
	if (!error && !(have.flags & DM_FLAG_R) == wanted->entry->command->request)
		unexpected(s, wanted->entry->command->name, item);
	if (error && !(have.flags & DM_FLAG_E))
		unexpected(s, "an answer with the E bit", item);
	if (wanted->has_flags && have.flags != wanted->flags)
		unexpected(s, "other header flags", item);
	if (wanted->as_sent_by)
		check_as_sent(s, item, wanted->as_sent_by);
	dm_writer_init_fixed(&want, room, sizeof(room));
	scenario_avps(s, &want);
	if (!holds(s, dm_raw_avps(item->octets), dm_writer_written(&want)))
		unexpected(s, "these AVPs", item);
}

static void expect_without(struct scenario *s, struct place *place)
{
	for (size_t i = 3; i < s->word_count; i++) {
		const struct dm_avp *avp =
			dm_dictionary_avp_named(s->dictionary, dm_bytes_text(s->words[i]));
		struct dm_raw_avp found;

		if (!avp)
			scenario_fail(s, "no AVP is called `%s`", s->words[i]);
		if (!place->matched.size)
			scenario_fail(s, "no message was matched before");
		if (dm_raw_find(place->matched, avp->code, dm_dictionary_vendor(s->dictionary, avp),
		                &found))
			scenario_fail(s, "the message has %s", s->words[i]);
	}
}

/* ---- states ---- */

struct looking {
	const char *identity;
	char state[32];
	char watchdog[32];
};

static void look(const struct dm_peer_status *status, void *context)
{
	struct looking *looking = context;
	struct dm_text text;

	if (!dm_bytes_equal_folded(status->origin_host, dm_bytes_text(looking->identity)))
		return;
	dm_text_init(&text, looking->state, sizeof(looking->state));
	dm_text_add(&text, "%s", status->state);
	dm_text_init(&text, looking->watchdog, sizeof(looking->watchdog));
	dm_text_add(&text, "%s", status->watchdog);
}

static void expect_state(struct scenario *s, struct place *place, bool watchdog)
{
	const char *wanted = scenario_word(s, 3, "a state");
	struct looking looking = { .identity = scenario_word(s, 4, "an identity") };
	const char *state = watchdog ? looking.watchdog : looking.state;

	dm_node_peers(place->node, look, &looking);
	if (strcmp(wanted, "none") == 0 && !looking.state[0])
		return;
	if (strcmp(wanted, state))
		scenario_fail(s, "expected state %s, it is %s", wanted, *state ? state : "no peer");
}

/* ---- queues ---- */

static void expect_event(struct scenario *s, struct place *place, bool there)
{
	static const char *const names[] = { "up",      "down",  "suspect", "restarted",
		                             "refused", "fault", "dropped" };
	const char *wanted = scenario_word(s, 3, "an event");
	const char *identity = s->word_count > 4 ? s->words[4] : NULL;
	struct item *item = place->first;

	/* Events are looked for, not queued for; each counts once. */
	for (; item; item = item->next)
		if (item->kind == ITEM_EVENT && !item->expected &&
		    strcmp(names[item->event], wanted) == 0 &&
		    (!identity || strcmp(identity, item->text) == 0))
			break;
	if (there != (item != NULL))
		unexpected(s, there ? wanted : "no such event", item ? item : place->first);
	if (item)
		item->expected = true;
}

/* The next request or answer of a node, or anything at a wire. */
static struct item *next_item(struct place *place)
{
	struct item *item;

	while (place->node && place->first && place->first->kind == ITEM_EVENT)
		item_free(world_take(place));
	item = world_take(place);
	return item;
}

static bool waits(const struct place *place)
{
	for (const struct item *item = place->first; item; item = item->next)
		if (!place->node || item->kind != ITEM_EVENT)
			return true;
	return false;
}

static void expect_answer(struct scenario *s, struct place *place)
{
	uint32_t code = (uint32_t)scenario_number(s, scenario_word(s, 3, "a Result-Code"));
	const char *tag = scenario_option(s, "tag");
	struct item *item = next_item(place);

	if (!item || item->kind != ITEM_ANSWER || item->result_code != code)
		unexpected(s, "another answer", item);
	if (tag && item->number != scenario_number(s, tag))
		unexpected(s, "another tag", item);
	matched(place, item);
}

static void expect_message(struct scenario *s, struct place *place, enum item_kind kind,
                           const char *abbreviation)
{
	struct item *item = next_item(place);
	struct wanted wanted = wanted_words(s, abbreviation);

	if (!item || item->kind != kind)
		unexpected(s, wanted.entry->command->name, item);
	check_message(s, item, &wanted);
	matched(place, item);
}

static void expect_end(struct scenario *s, struct place *place, enum item_kind kind)
{
	struct item *item = next_item(place);

	if (!item || item->kind != kind)
		unexpected(s, kind == ITEM_RESET ? "a reset" : "a close", item);
	item_free(item);
}

static void expect_node(struct scenario *s, struct place *place, const char *what)
{
	if (strcmp(what, "request") == 0)
		expect_message(s, place, ITEM_REQUEST, scenario_word(s, 3, "a command"));
	else if (strcmp(what, "answer") == 0)
		expect_answer(s, place);
	else if (strcmp(what, "event") == 0)
		expect_event(s, place, true);
	else if (strcmp(what, "no-event") == 0)
		expect_event(s, place, false);
	else if (strcmp(what, "state") == 0)
		expect_state(s, place, false);
	else if (strcmp(what, "watchdog") == 0)
		expect_state(s, place, true);
	else if (strcmp(what, "dialling") == 0 && !place->dialling)
		scenario_fail(s, "%s dials nobody", place->name);
	else if (strcmp(what, "not-dialling") == 0 && place->dialling)
		scenario_fail(s, "%s dials", place->name);
	else if (strcmp(what, "dialling") && strcmp(what, "not-dialling"))
		scenario_fail(s, "a node cannot be expected to `%s`", what);
}

void expect_run(struct scenario *s)
{
	struct place *place = world_place(s, scenario_word(s, 1, "a node or wire"));
	const char *what = scenario_word(s, 2, "what");

	if (strcmp(what, "nothing") == 0) {
		if (waits(place))
			unexpected(s, "nothing", next_item(place));
	} else if (strcmp(what, "without") == 0) {
		expect_without(s, place);
	} else if (place->node) {
		expect_node(s, place, what);
	} else if (strcmp(what, "closed") == 0) {
		expect_end(s, place, ITEM_CLOSED);
	} else if (strcmp(what, "reset") == 0) {
		expect_end(s, place, ITEM_RESET);
	} else {
		expect_message(s, place, ITEM_MESSAGE, what);
	}
}

/* An end of a connection needs no expecting: the file itself may have cut it. */
static bool is_unexpected(const struct place *place, const struct item *item)
{
	if (place->node && place->service)
		return false;
	return item->kind == ITEM_MESSAGE || item->kind == ITEM_REQUEST ||
	       item->kind == ITEM_ANSWER;
}

void expect_end_of_file(struct scenario *s)
{
	for (size_t i = 0; i < s->place_count; i++)
		for (struct item *item = s->places[i].first; item; item = item->next)
			if (is_unexpected(&s->places[i], item))
				unexpected(s, "nothing more at the end of the file", item);
}
