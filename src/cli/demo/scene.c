/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/demo/demo.h"

#include "base/text.h"
#include "cli/message_json.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { OCTETS_ROOM = 65536, LABEL_ROOM = 64 };

/* Base messages that keep a connection alive are no part of the story: CER, DWR, DPR; nor are the
 * records of accounting (ACR), which leave when they can. */
static bool is_housekeeping(json_int_t code)
{
	return code == 257 || code == 271 || code == 280 || code == 282;
}

/* ---- what of a message is shown ---- */

/* What a reader of the draft wants to see of each command, with blanks between; other commands: of
 * none. Only what is there is shown. */
static const struct {
	const char *command, *avps;
} shown[] = {
	{ "MBR", "User-Name NAS-Identifier MIP6-Feature-Vector MIP6-Home-Agent-FQDN "
	         "MIP6-Home-Address MIP6-DNS-Update" },
	{ "MBA", "Error-Message MIP6-Feature-Vector MIP6-Home-Agent-FQDN MIP6-Home-Address "
	         "MIP6-Home-Link-Prefix MIP6-DNS-Update MIP6-Security-Association" },
	{ "MHR", "User-Name MIP6-Home-Address MIP6-Home-Link-Prefix MIP6-Security-Association" },
	{ "MHA", "Error-Message MIP6-Home-Address" },
	{ "STR", "User-Name Termination-Cause" },
	{ "ASR", "User-Name" },
};

static void note(json_t *notes, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void note(json_t *notes, const char *format, ...)
{
	char text[160];
	va_list list;

	va_start(list, format);
	(void)vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	(void)json_array_append_new(notes, json_string(text));
}

static const json_t *member(const json_t *avps, const char *name)
{
	size_t index;
	json_t *avp;

	json_array_foreach((json_t *)avps, index,
	                   avp) if (strcmp(json_string_value(json_object_get(avp, "name")), name) ==
	                            0) return avp;
	return NULL;
}

/* Protocol and key name; of the key its size only. */
static void note_association(json_t *notes, const json_t *association)
{
	const json_t *avps = json_object_get(association, "avps");
	const json_t *protocol = member(avps, "MIP6-SA-Protocol");
	const json_t *key = json_object_get(member(avps, "Key"), "avps");
	const json_t *material = member(key, "Keying-Material");
	char text[64] = "?";

	if (protocol)
		hw_avp_text(protocol, text, sizeof(text));
	if (material)
		note(notes, "MIP6-Security-Association %s <%lld secret octets>", text,
		     (long long)json_integer_value(json_object_get(material, "octets")));
	else
		note(notes, "MIP6-Security-Association %s", text);
}

/* Every AVP of this name at top level. */
static void note_avps(json_t *notes, const json_t *message, const char *name)
{
	size_t index;
	json_t *avp;

	json_array_foreach(json_object_get(message, "avps"), index, avp)
	{
		char text[128];

		if (strcmp(json_string_value(json_object_get(avp, "name")), name) != 0)
			continue;
		hw_avp_text(avp, text, sizeof(text));
		if (strcmp(name, "MIP6-Security-Association") == 0)
			note_association(notes, avp);
		else
			note(notes, "%s %s", name, text);
	}
}

/* Of some words with blanks between, each in its turn. */
static void note_words(json_t *notes, const json_t *message, const char *words)
{
	char name[64];

	for (; *words; words += strspn(words, " ")) {
		size_t size = strcspn(words, " ");

		(void)snprintf(name, sizeof(name), "%.*s", (int)size, words);
		note_avps(notes, message, name);
		words += size;
	}
}

static json_t *notes_of(const json_t *message)
{
	const char *command = json_string_value(json_object_get(message, "command"));
	json_t *notes = json_array();

	for (size_t i = 0; command && i < sizeof(shown) / sizeof(shown[0]); i++)
		if (strcmp(shown[i].command, command) == 0)
			note_words(notes, message, shown[i].avps);
	return notes;
}

static const char *identity_of(const char *name)
{
	for (size_t i = 0; i < HW_DEMO_NODES; i++)
		if (strcmp(hw_demo_names[i], name) == 0)
			return hw_demo_identities[i];
	return "";
}

/* A message on its second hop says what was added to it on the way. */
static json_t *notes_of_hop(const json_t *message, const char *from)
{
	const json_t *origin = json_object_get(hw_message_avp(message, "Origin-Host"), "text");
	const json_t *route = hw_message_avp(message, "Route-Record");
	json_t *notes;

	if (origin && strcmp(json_string_value(origin), identity_of(from)) == 0)
		return notes_of(message);
	notes = json_array();
	if (route)
		note(notes, "+ Route-Record %s", json_string_value(json_object_get(route, "text")));
	return notes;
}

/* "MBR", or "MBA 2001". */
static json_int_t label_of(const json_t *message, char *label, size_t room)
{
	const json_t *result = json_object_get(hw_message_avp(message, "Result-Code"), "value");
	size_t size;

	hw_message_label(message, label, room);
	size = strlen(label);
	if (result)
		(void)snprintf(label + size, room - size, " %lld",
		               (long long)json_integer_value(result));
	return json_integer_value(result);
}

/* ---- the ladder's events ---- */

static json_t *event_of(const struct hw_demo *demo, const json_t *record, const json_t *message)
{
	const char *from = json_string_value(json_object_get(record, "from"));
	json_int_t begin = json_integer_value(json_object_get(demo->step, "begin_ns"));
	json_int_t now = json_integer_value(json_object_get(record, "time_ns"));
	char label[LABEL_ROOM];
	json_int_t result = label_of(message, label, sizeof(label));

	return json_pack("{s:f, s:s, s:O, s:s, s:b, s:o}", "ms", (double)(now - begin) / 1e6,
	                 "from", from, "to", json_object_get(record, "to"), "label", label,
	                 "refused", result >= 3000, "notes", notes_of_hop(message, from));
}

static void show_event(struct hw_demo *demo, json_t *event)
{
	json_t *progress = json_pack("{s:o}", "event", event);

	(void)json_array_append(json_object_get(demo->step, "events"), event);
	hw_progress(demo->call, progress);
	json_decref(progress);
}

static void show_record(struct hw_demo *demo, const json_t *record, struct dm_text *labels)
{
	static uint8_t room[OCTETS_ROOM];
	size_t size = hw_traces_octets(json_string_value(json_object_get(record, "octets")), room,
	                               sizeof(room));
	json_t *message =
		size < 20 ? NULL : hw_message_json(demo->dictionary, dm_bytes_of(room, size));
	char label[LABEL_ROOM];

	if (!message || !json_object_get(record, "to") ||
	    is_housekeeping(json_integer_value(json_object_get(message, "code")))) {
		json_decref(message);
		return;
	}
	if (!json_object_get(demo->step, "begin_ns"))
		(void)json_object_set(demo->step, "begin_ns", json_object_get(record, "time_ns"));
	hw_message_label(message, label, sizeof(label));
	dm_text_add(labels, "%s%s", labels->size ? " " : "", label);
	show_event(demo, event_of(demo, record, message));
	json_decref(message);
}

bool hw_demo_show(struct hw_demo *demo, char *labels, size_t room)
{
	json_t *records = hw_traces_read(demo->traces);
	struct dm_text text;
	size_t index;
	json_t *record;

	dm_text_init(&text, labels, room);
	json_array_foreach(records, index, record) show_record(demo, record, &text);
	json_decref(records);
	return records != NULL;
}

void hw_demo_mark(struct hw_demo *demo, enum hw_demo_node node, const char *label, bool gone)
{
	show_event(demo, json_pack("{s:f, s:s, s:s, s:b}", "ms", 0.0, "at", hw_demo_names[node],
	                           "label", label, "gone", gone));
}

void hw_demo_begin(struct hw_demo *demo, const char *letter, const char *title)
{
	json_t *before = hw_traces_read(demo->traces); /* what is of no step */

	json_decref(before);
	demo->step = json_pack("{s:s, s:s, s:[], s:[]}", "step", letter, "title", title, "events",
	                       "checks");
	(void)json_array_append_new(demo->steps, demo->step);
	hw_progress(demo->call, demo->step);
}

bool hw_demo_check(struct hw_demo *demo, bool holds, const char *format, ...)
{
	char sentence[400];
	json_t *check;
	va_list list;

	va_start(list, format);
	(void)vsnprintf(sentence, sizeof(sentence), format, list);
	va_end(list);
	check = json_pack("{s:s, s:b}", "check", sentence, "holds", holds);
	(void)json_array_append(json_object_get(demo->step, "checks"), check);
	hw_progress(demo->call, check);
	json_decref(check);
	if (!holds)
		(void)hw_fail(demo->call, HW_REFUSED, "(%s) does not hold: %s",
		              json_string_value(json_object_get(demo->step, "step")), sentence);
	return holds;
}

/* ---- asking ---- */

bool hw_demo_failed(struct hw_demo *demo, const char *what)
{
	(void)hw_fail(demo->call, HW_REFUSED, "%s: %s", what, demo->processes.why);
	return false;
}

json_t *hw_demo_ask(struct hw_demo *demo, enum hw_demo_node node, json_t *request)
{
	char *question = request ? json_dumps(request, JSON_COMPACT) : NULL;
	json_t *answer = hw_process_ask(&demo->processes, demo->nodes[node], request);
	json_t *result = json_incref(json_object_get(answer, "result"));

	if (!answer)
		(void)hw_demo_failed(demo, hw_demo_names[node]);
	else if (!result)
		(void)hw_fail(demo->call, HW_REFUSED, "%s, asked %.200s: %s", hw_demo_names[node],
		              question, json_string_value(json_object_get(answer, "error")));
	json_decref(answer);
	free(question);
	return result;
}

json_t *hw_demo_look(struct hw_demo *demo, enum hw_demo_node node, const char *question)
{
	return hw_demo_ask(demo, node, json_pack("{s:s}", "command", question));
}
