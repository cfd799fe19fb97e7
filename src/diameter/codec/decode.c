/* SPDX-License-Identifier: Apache-2.0 */
#include "avp.h"
#include "failed.h"
#include "message.h"
#include "plan.h"
#include "raw.h"
#include "refuse.h"
#include "value.h"

#include <errno.h>

#define DEPTH_LIMIT 16
#define AVP_LIMIT   4096
#define LIST_ROOM   4 /* of a new list; doubled when it is full */

/* ---- lists in the arena ---- */

static void *list_slot(struct dm_arena *arena, void *list, size_t size)
{
	struct dm_any_list now;
	void *bigger;

	memcpy(&now, list, sizeof(now));
	/* Rooms are LIST_ROOM times a power of two: at each of these counts the list is full. */
	if (now.count && (now.count < LIST_ROOM || (now.count & (now.count - 1))))
		return (uint8_t *)(uintptr_t)now.at + now.count * size;
	bigger = dm_arena_take(arena, (now.count ? now.count * 2 : LIST_ROOM) * size);
	if (!bigger)
		return NULL;
	if (now.count)
		memcpy(bigger, now.at, now.count * size);
	now.at = bigger;
	memcpy(list, &now, sizeof(now));
	return (uint8_t *)bigger + now.count * size;
}

static size_t list_count(const void *list)
{
	struct dm_any_list now;

	memcpy(&now, list, sizeof(now));
	return now.count;
}

static void list_taken(void *list)
{
	struct dm_any_list now;

	memcpy(&now, list, sizeof(now));
	now.count++;
	memcpy(list, &now, sizeof(now));
}

/* ---- AVPs ---- */

/* One level of AVPs: the message, or a Grouped AVP. */
struct level {
	const struct dm_plan *plan;
	struct dm_place place;
	uint16_t depth;
	void *body;
};

static int decode_level(struct dm_decoder *decoder, struct dm_cursor cursor, struct level *level);

static struct dm_raw_avp_list *others(const struct level *level)
{
	uint8_t *body = level->body;

	return (struct dm_raw_avp_list *)(void *)(body + level->plan->group->other_offset);
}

static int keep_other(struct dm_decoder *decoder, const struct level *level,
                      const struct dm_raw_avp *avp)
{
	struct dm_raw_avp_list *list;
	struct dm_raw_avp *slot;

	if (!level->plan->group->other)
		return 0;
	list = others(level);
	slot = list_slot(decoder->arena, list, sizeof(*slot));
	if (!slot)
		return -ENOMEM;
	*slot = *avp;
	list->count++;
	return 0;
}

/* Failed-AVP: what can be read is kept, nothing is held against it (RFC 6733 7.5). */
static int decode_anything(struct dm_decoder *decoder, struct dm_cursor cursor,
                           const struct level *level)
{
	struct dm_raw_avp avp;
	int rc = 0;

	while (!rc && dm_raw_next(&cursor, &avp, NULL)) {
		if (!dm_decoder_counts(decoder))
			return dm_refuse_count(decoder, &level->place);
		rc = keep_other(decoder, level, &avp);
	}
	return rc;
}

static int decode_grouped(struct dm_decoder *decoder, const struct dm_known_avp *known,
                          const struct dm_raw_avp *avp, const struct level *outer, void *body)
{
	struct level level = {
		.plan = known->plan,
		.place = { .outer = &outer->place, .name = known->avp->name, .avp = avp },
		.depth = (uint16_t)(outer->depth + 1),
		.body = body,
	};

	if (level.depth > decoder->depth_limit)
		return dm_refuse_depth(decoder, &level.place);
	memset(body, 0, known->plan->group->size);
	if (known->anything)
		return decode_anything(decoder, dm_cursor_of(avp->data), &level);
	return decode_level(decoder, dm_cursor_of(avp->data), &level);
}

/* A Grouped AVP into a new struct; `body` receives its address. */
static int decode_new_group(struct dm_decoder *decoder, const struct dm_known_avp *known,
                            const struct dm_raw_avp *avp, const struct level *outer,
                            const void **body)
{
	void *group = dm_arena_take(decoder->arena, known->plan->group->size);

	if (!group)
		return -ENOMEM;
	*body = group;
	return decode_grouped(decoder, known, avp, outer, group);
}

static bool is_application_wrong(const struct dm_decoder *decoder, uint32_t application_id)
{
	return decoder->application_id && application_id != decoder->application_id;
}

/* RFC 6733 3: the header's Application-Id is the one of the AVPs. */
static int check_application(struct dm_decoder *decoder, const struct dm_known_avp *known,
                             const struct dm_raw_avp *avp, const struct level *level)
{
	uint32_t application_id = dm_load_u32(avp->data.at);

	if (!is_application_wrong(decoder, application_id))
		return 0;
	decoder->out->application_differs = true;
	if (!decoder->strict)
		return 0;
	return dm_refuse_value(decoder, &level->place, known, avp,
	                       (struct dm_verdict){ DM_RESULT_DIAMETER_INVALID_AVP_VALUE,
	                                            "differs from the header's Application-Id" });
}

/* True when a wrong value does no harm: RFC 6733 4.1, M clear is "informational only". */
static bool is_informational(const struct dm_decoder *decoder, const struct dm_known_avp *known,
                             const struct dm_raw_avp *avp)
{
	return !decoder->strict && !((avp->flags | known->flags) & DM_AVP_FLAG_M);
}

#define WRONG_BUT_HARMLESS 2

static int decode_value(struct dm_decoder *decoder, const struct dm_known_avp *known,
                        const struct dm_raw_avp *avp, const struct level *level, void *member)
{
	struct dm_verdict verdict = dm_value_read(known->avp, avp->data, decoder->strict, member);

	if (verdict.result_code == DM_RESULT_DIAMETER_INVALID_AVP_VALUE &&
	    is_informational(decoder, known, avp))
		return known->type == DM_TYPE_UTF8_STRING ? 0 : WRONG_BUT_HARMLESS;
	if (verdict.result_code)
		return dm_refuse_value(decoder, &level->place, known, avp, verdict);
	if (known->names_application)
		return check_application(decoder, known, avp, level);
	return 0;
}

/* RFC 6733 4.1, for strict decoding: the bits that the definition wants, and no reserved ones. */
static int check_flags(struct dm_decoder *decoder, const struct dm_known_avp *known,
                       const struct dm_raw_avp *avp, const struct level *level)
{
	uint8_t reserved = (uint8_t) ~(DM_AVP_FLAG_V | DM_AVP_FLAG_M | DM_AVP_FLAG_P);
	uint8_t wanted = known->avp->flags & DM_AVP_FLAG_M;
	uint8_t unwanted = known->avp->must_not_flags & DM_AVP_FLAG_M;

	if ((avp->flags & wanted) == wanted && !(avp->flags & (unwanted | reserved)))
		return 0;
	return dm_refuse_value(
		decoder, &level->place, known, avp,
		(struct dm_verdict){ DM_RESULT_DIAMETER_INVALID_AVP_BITS,
	                             "has flag bits that its definition does not allow" });
}

static int decode_single(struct dm_decoder *decoder, const struct dm_plan_field *field,
                         const struct dm_raw_avp *avp, const struct level *level)
{
	const struct dm_known_avp *known = field->known;
	bool *has = (bool *)level->body + field->has;
	void *member = (uint8_t *)level->body + field->offset;
	const void *group;
	int rc;

	if (*has)
		return dm_refuse_surplus(decoder, &level->place, field, avp);
	if (known->plan) {
		rc = decode_new_group(decoder, known, avp, level, &group);
		if (!rc)
			memcpy(member, &group, sizeof(group));
	} else {
		rc = decode_value(decoder, known, avp, level, member);
	}
	*has = rc == 0;
	return rc;
}

static int decode_element(struct dm_decoder *decoder, const struct dm_plan_field *field,
                          const struct dm_raw_avp *avp, const struct level *level)
{
	const struct dm_known_avp *known = field->known;
	void *list = (uint8_t *)level->body + field->offset;
	size_t size =
		known->plan ? known->plan->group->size : dm_value_room((enum dm_type)known->type);
	void *slot;
	int rc;

	if (field->max != DM_UNBOUNDED && list_count(list) >= field->max)
		return dm_refuse_surplus(decoder, &level->place, field, avp);
	slot = list_slot(decoder->arena, list, size);
	if (!slot)
		return -ENOMEM;
	if (known->plan)
		rc = decode_grouped(decoder, known, avp, level, slot);
	else
		rc = decode_value(decoder, known, avp, level, slot);
	if (rc)
		return rc;
	list_taken(list);
	((bool *)level->body)[field->has] = true;
	return 0;
}

/* An AVP that the dictionary knows and the grammar does not name: it has to be sound all the same.
 */
static int decode_known(struct dm_decoder *decoder, const struct dm_known_avp *known,
                        const struct dm_raw_avp *avp, const struct level *level)
{
	union dm_value unused;
	const void *unread;
	int rc = decoder->strict ? check_flags(decoder, known, avp, level) : 0;

	if (rc)
		return rc;
	if (!level->plan->group->other)
		return dm_refuse_unlisted(decoder, &level->place, known, avp);
	if (known->plan)
		rc = decode_new_group(decoder, known, avp, level, &unread);
	else
		rc = decode_value(decoder, known, avp, level, &unused);
	if (rc && rc != WRONG_BUT_HARMLESS)
		return rc;
	return keep_other(decoder, level, avp);
}

/*
 * RFC 6733 7.1.5: an AVP whose occurrence is 0. An answer is not refused for it unless we are
 * strict, since nobody can be told: freeDiameter, as a relay, adds Route-Record to answers (RFC
 * 6733 6.2 does not). It has to be sound, and is kept.
 */
static int decode_forbidden(struct dm_decoder *decoder, const struct dm_known_avp *known,
                            const struct dm_raw_avp *avp, const struct level *level)
{
	if (decoder->strict || (decoder->out->header.flags & DM_FLAG_R))
		return dm_refuse_unlisted(decoder, &level->place, known, avp);
	return decode_known(decoder, known, avp, level);
}

static int decode_field(struct dm_decoder *decoder, uint16_t place, const struct dm_raw_avp *avp,
                        const struct level *level)
{
	const struct dm_plan_field *field = &level->plan->fields[place];
	int rc = decoder->strict ? check_flags(decoder, field->known, avp, level) : 0;

	if (rc)
		return rc;
	if (field->kind == DM_PLAN_FORBIDDEN)
		return decode_forbidden(decoder, field->known, avp, level);
	if (field->kind == DM_PLAN_LIST)
		rc = decode_element(decoder, field, avp, level);
	else
		rc = decode_single(decoder, field, avp, level);
	if (rc != WRONG_BUT_HARMLESS)
		return rc;
	return keep_other(decoder, level, avp);
}

/* An AVP that the grammar does not name (RFC 6733 4.1). */
static int decode_other(struct dm_decoder *decoder, const struct dm_raw_avp *avp,
                        const struct level *level)
{
	const struct dm_known_avp *known =
		dm_dictionary_known(decoder->dictionary, avp->code, avp->vendor);

	if (known)
		return decode_known(decoder, known, avp, level);
	if (avp->flags & DM_AVP_FLAG_M)
		return dm_refuse_unknown(decoder, &level->place, avp);
	if (decoder->strict && !level->plan->group->other)
		return dm_refuse_unlisted(decoder, &level->place, NULL, avp);
	return keep_other(decoder, level, avp);
}

static int check_missing(struct dm_decoder *decoder, const struct level *level)
{
	const struct dm_plan *plan = level->plan;

	for (uint16_t i = 0; i < plan->required_count; i++) {
		const struct dm_plan_field *field = &plan->fields[plan->required[i]];
		const uint8_t *member = (const uint8_t *)level->body + field->offset;

		if (!((const bool *)level->body)[field->has])
			return dm_refuse_missing(decoder, &level->place, field->known);
		if (field->min > 1 && list_count(member) < field->min)
			return dm_refuse_missing(decoder, &level->place, field->known);
	}
	return 0;
}

/* Strict only: the AVPs written < > come first, in their order (RFC 6733 3.2). */
static int check_place(struct dm_decoder *decoder, const struct level *level, uint16_t found,
                       uint16_t number, const struct dm_raw_avp *avp)
{
	if (found == number || found >= level->plan->fixed_count)
		return 0;
	if (level->plan->fields[found].max > 1)
		return 0;
	return dm_refuse_value(decoder, &level->place, level->plan->fields[found].known, avp,
	                       (struct dm_verdict){ DM_RESULT_DIAMETER_AVP_NOT_ALLOWED,
	                                            "is not at the place that the grammar fixes" });
}

static int decode_level(struct dm_decoder *decoder, struct dm_cursor cursor, struct level *level)
{
	uint16_t guess = 0;
	struct dm_raw_avp avp;

	for (uint16_t number = 0; dm_cursor_left(&cursor); number++) {
		enum dm_avp_shape shape = dm_avp_read(&cursor, &avp);
		uint16_t found;
		int rc = 0;

		if (shape != DM_AVP_WHOLE)
			return dm_refuse_shape(decoder, &level->place, shape, &avp);
		if (!dm_decoder_counts(decoder))
			return dm_refuse_count(decoder, &level->place);
		found = dm_plan_find(level->plan, avp.code, avp.vendor, guess);
		if (found == DM_NO_FIELD) {
			rc = decode_other(decoder, &avp, level);
		} else {
			if (decoder->strict)
				rc = check_place(decoder, level, found, number, &avp);
			if (!rc)
				rc = decode_field(decoder, found, &avp, level);
			guess = (uint16_t)(found + (level->plan->fields[found].max == 1));
		}
		if (rc)
			return rc;
	}
	return check_missing(decoder, level);
}

/* ---- the message ---- */

/* The Application-Id that the AVPs have to repeat, 0 for any: CER, DWR and DPR speak of others'
 * applications, and base commands with 0 belong to the application of their session (profile 4). */
static uint32_t application_of(const struct dm_message *message)
{
	const struct dm_command *command = message->entry->command;

	if (command->application_id == 0 && !command->proxiable)
		return 0;
	return message->header.application_id;
}

static int decode_body(struct dm_decoder *decoder, struct dm_bytes wire)
{
	struct dm_message *out = decoder->out;
	struct dm_cursor cursor = dm_cursor_of(wire);
	struct level level = {
		.plan = dm_entry_plan(out->entry),
		.place = { .name = out->entry->command->abbreviation },
	};

	dm_cursor_take(&cursor, DM_HEADER_SIZE);
	level.body = dm_arena_zero(decoder->arena, level.plan->group->size);
	if (!level.body)
		return -ENOMEM;
	out->body = level.body;
	return decode_level(decoder, cursor, &level);
}

int dm_decode(const struct dm_dictionary *dictionary, const struct dm_decode_options *options,
              struct dm_bytes wire, struct dm_arena *arena, struct dm_message *out,
              struct dm_fault *fault)
{
	static const struct dm_decode_options defaults;
	struct dm_decoder decoder = {
		.dictionary = dictionary,
		.arena = arena,
		.out = out,
		.fault = fault,
	};
	int rc;

	if (!options)
		options = &defaults;
	decoder.strict = options->strict;
	decoder.depth_limit = options->depth_limit ? options->depth_limit : DEPTH_LIMIT;
	decoder.avps_left = options->avp_limit ? options->avp_limit : AVP_LIMIT;
	*out = (struct dm_message){ .header = dm_header_read(wire), .wire = wire };
	fault->result_code = 0;
	fault->failed_avp = (struct dm_bytes){ 0 };
	fault->close = false;
	fault->path[0] = '\0';
	fault->sentence[0] = '\0';
	rc = dm_check_header(&decoder);
	if (rc)
		return rc == DM_REFUSED ? 0 : rc;
	decoder.application_id = application_of(out);
	rc = decode_body(&decoder, wire);
	return rc == DM_REFUSED ? 0 : rc;
}
