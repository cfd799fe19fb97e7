/* SPDX-License-Identifier: Apache-2.0 */
#include "fault.h"

#include "avp.h"
#include "base/text.h"
#include "failed.h"
#include "message.h"
#include "raw.h"
#include "value.h"

#include <errno.h>
#include <stdarg.h>

#define EXAMPLE_ROOM  1024
#define EXAMPLE_DEPTH 8

const char *dm_result_code_name(uint32_t code)
{
	switch (code) {
#define DM_RESULT_CODE_NAME(number, name) \
	case number:                      \
		return #name;
		DM_RESULT_CODES(DM_RESULT_CODE_NAME)
#undef DM_RESULT_CODE_NAME
	default:
		return "unknown";
	}
}

/* A sentence that was cut may end inside a character: Error-Message has to be UTF-8. */
static void mend_tail(char *sentence)
{
	size_t size = strlen(sentence);
	size_t most = size < 4 ? 0 : size - 4;

	while (size > most && !dm_bytes_is_utf8(dm_bytes_of(sentence, size)))
		sentence[--size] = '\0';
}

static void set_list(struct dm_fault *fault, uint32_t result_code, const char *format, va_list list)
	__attribute__((format(printf, 3, 0)));

static void set_list(struct dm_fault *fault, uint32_t result_code, const char *format, va_list list)
{
	struct dm_text sentence;

	fault->result_code = result_code;
	fault->close = false;
	fault->path[0] = '\0';
	dm_text_init(&sentence, fault->sentence, sizeof(fault->sentence));
	dm_text_add_list(&sentence, format, list);
	if (sentence.cut)
		mend_tail(fault->sentence);
}

void dm_fault_set(struct dm_fault *fault, uint32_t result_code, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	set_list(fault, result_code, format, list);
	va_end(list);
}

/* ---- path ---- */

static void add_place(struct dm_text *path, const struct dm_place *place)
{
	if (place->outer) {
		add_place(path, place->outer);
		dm_text_add(path, "/");
	}
	dm_text_add(path, "%s", place->name);
}

void dm_fault_path(struct dm_fault *fault, const struct dm_place *place, const char *name)
{
	struct dm_text path;

	dm_text_init(&path, fault->path, sizeof(fault->path));
	add_place(&path, place);
	if (name)
		dm_text_add(&path, "/%s", name);
}

/* ---- Failed-AVP ---- */

static size_t hierarchy_size(const struct dm_place *place)
{
	size_t size = 0;

	for (; place->outer; place = place->outer)
		size += dm_avp_head_size(place->avp->flags);
	return size;
}

/* The headers of the groups around `size` octets, outermost first. */
static void write_hierarchy(struct dm_writer *out, const struct dm_place *place, size_t size)
{
	if (!place->outer)
		return;
	write_hierarchy(out, place->outer, size + dm_avp_head_size(place->avp->flags));
	dm_avp_write_head(out, place->avp, size);
}

int dm_fault_offender(struct dm_fault *fault, struct dm_arena *arena, const struct dm_place *place,
                      const struct dm_raw_avp *offender)
{
	size_t size = dm_avp_head_size(offender->flags) + dm_avp_padded(offender->data.size);
	size_t room = size + hierarchy_size(place);
	uint8_t *at = dm_arena_take(arena, room);
	struct dm_writer out;

	if (!at)
		return -ENOMEM;
	dm_writer_init_fixed(&out, at, room);
	write_hierarchy(&out, place, size);
	dm_avp_write(&out, offender);
	fault->failed_avp = out.failed ? (struct dm_bytes){ 0 } : dm_writer_written(&out);
	return 0;
}

/* ---- the zero-filled example ---- */

static void write_example(const struct dm_known_avp *known, int depth, struct dm_writer *out)
{
	size_t start = out->size;
	const struct dm_plan *plan = known->plan;
	size_t least = dm_value_minimum(known->avp);

	dm_writer_bytes(out, dm_bytes_of(known->head, known->head_size));
	dm_writer_zeros(out, dm_avp_padded(least));
	for (uint16_t i = 0; plan && depth < EXAMPLE_DEPTH && i < plan->required_count; i++) {
		const struct dm_plan_field *field = &plan->fields[plan->required[i]];

		for (uint16_t j = 0; j < field->min; j++)
			write_example(field->known, depth + 1, out);
	}
	dm_writer_patch(out, start + 5, plan ? out->size - start : known->head_size + least, 3);
}

void dm_write_zero_example(const struct dm_known_avp *known, struct dm_writer *out)
{
	write_example(known, 0, out);
}

int dm_zero_example(const struct dm_known_avp *known, struct dm_arena *arena,
                    struct dm_raw_avp *out)
{
	uint8_t *at = dm_arena_take(arena, EXAMPLE_ROOM);
	struct dm_cursor cursor;
	struct dm_writer example;

	if (!at)
		return -ENOMEM;
	dm_writer_init_fixed(&example, at, EXAMPLE_ROOM);
	dm_write_zero_example(known, &example);
	/* A grammar whose least group is larger than that gets the group's header alone. */
	if (example.failed) {
		dm_writer_reset(&example);
		dm_writer_bytes(&example, dm_bytes_of(known->head, known->head_size));
		dm_writer_patch(&example, 5, known->head_size, 3);
	}
	cursor = dm_cursor_of(dm_writer_written(&example));
	dm_avp_read(&cursor, out);
	return 0;
}

/* ---- faults that the service finds ---- */

static const char *message_name(const struct dm_dictionary *dictionary, struct dm_bytes wire)
{
	struct dm_header header = dm_header_read(wire);
	const struct dm_command_entry *entry = dm_dictionary_command(
		dictionary, header.application_id, header.command_code, header.flags & DM_FLAG_R);

	return entry ? entry->command->abbreviation : "message";
}

void dm_fault_about(const struct dm_dictionary *dictionary, struct dm_arena *arena,
                    struct dm_bytes wire, const struct dm_avp *avp, uint32_t result_code,
                    struct dm_fault *fault, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	set_list(fault, result_code, format, list);
	va_end(list);
	fault->failed_avp = (struct dm_bytes){ 0 };
	dm_fault_add(dictionary, arena, wire, &(struct dm_avp_path){ { avp } }, fault);
}

/* ---- Failed-AVP, one AVP after another ---- */

/* The AVP of this definition number `index` (from 0) among these. */
static bool find_nth(struct dm_cursor cursor, const struct dm_known_avp *known, size_t index,
                     struct dm_raw_avp *out)
{
	while (dm_raw_next(&cursor, out, NULL))
		if (out->code == known->code && out->vendor == known->vendor && index-- == 0)
			return true;
	return false;
}

static void append(struct dm_fault *fault, struct dm_arena *arena, struct dm_bytes before)
{
	struct dm_bytes now = fault->failed_avp;
	uint8_t *both = before.size ? dm_arena_take(arena, before.size + now.size) : NULL;

	if (!both)
		return;
	memcpy(both, before.at, before.size);
	memcpy(both + before.size, now.at, now.size);
	fault->failed_avp = dm_bytes_of(both, before.size + now.size);
}

/* Descends one definition after the other; what is not there is shown by its example, where it
 * ought to be. */
static void add_at(const struct dm_dictionary *dictionary, struct dm_arena *arena,
                   struct dm_cursor cursor, const struct dm_avp *const *next, size_t index,
                   const struct dm_place *outer, struct dm_fault *fault)
{
	const struct dm_known_avp *known = dm_dictionary_known_as(dictionary, *next);
	struct dm_raw_avp avp;
	const struct dm_place place = { .outer = outer, .name = (*next)->name, .avp = &avp };
	bool there;

	if (!known)
		return;
	there = !(fault->result_code == DM_RESULT_DIAMETER_MISSING_AVP && !next[1]) &&
	        find_nth(cursor, known, index, &avp);
	if (there && next[1]) {
		add_at(dictionary, arena, dm_cursor_of(avp.data), next + 1, 0, &place, fault);
		return;
	}
	dm_fault_path(fault, outer, (*next)->name);
	/* Without memory for it the answer goes out without Failed-AVP. */
	if (there || dm_zero_example(known, arena, &avp) == 0)
		(void)dm_fault_offender(fault, arena, outer, &avp);
}

void dm_fault_add(const struct dm_dictionary *dictionary, struct dm_arena *arena,
                  struct dm_bytes wire, const struct dm_avp_path *path, struct dm_fault *fault)
{
	const struct dm_place message = { .name = message_name(dictionary, wire) };
	const struct dm_bytes before = fault->failed_avp;

	add_at(dictionary, arena, dm_raw_avps(wire), path->avps, path->index, &message, fault);
	if (fault->failed_avp.at != before.at)
		append(fault, arena, before);
}
