/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan: a grammar made ready for speed, with the numbers in force. Internal to the codec.
 *
 * The dictionary makes one dm_known_avp per AVP and one dm_plan per command and Grouped AVP when a
 * grammar is added; afterwards they are constant. They say nothing that descriptor.h does not: they
 * only spare the interpreter every search.
 */
#ifndef DM_CODEC_PLAN_H
#define DM_CODEC_PLAN_H

#include "base/arena.h"
#include "base/map.h"
#include "dictionary.h"

struct dm_plan;

/* An AVP that the dictionary knows. */
struct dm_known_avp {
	const struct dm_avp *avp;
	uint32_t code;
	uint32_t vendor; /* in force */
	uint8_t type;    /* enum dm_type */
	uint8_t flags;   /* as sent, V with them */
	uint8_t head_size;
	uint8_t head[12];           /* as sent, AVP Length 0 */
	bool names_application;     /* Auth- or Acct-Application-Id: RFC 6733 3 */
	bool anything;              /* Failed-AVP: holds broken AVPs by design, RFC 6733 7.5 */
	const struct dm_plan *plan; /* Grouped only */
};

enum dm_plan_kind {
	DM_PLAN_FORBIDDEN, /* max 0 */
	DM_PLAN_VALUE,     /* max 1 */
	DM_PLAN_GROUP,     /* max 1, Grouped: a pointer */
	DM_PLAN_LIST,
};

struct dm_plan_field {
	uint32_t code;
	uint32_t vendor;
	const struct dm_known_avp *known;
	uint32_t offset;
	uint16_t has;
	uint16_t min;
	uint16_t max;
	uint8_t kind; /* enum dm_plan_kind */
};

struct dm_plan {
	const struct dm_group *group;
	const struct dm_plan_field *fields;
	uint16_t count;
	uint16_t fixed_count;     /* the first so many are written < > */
	uint16_t required_count;  /* fields whose min is above 0 */
	const uint16_t *required; /* their places, in grammar order */
	const uint16_t *slots;    /* hash of the code -> place + 1, linear probing */
	uint32_t slot_mask;
};

struct dm_planned_command {
	struct dm_command_entry entry; /* first: the public face */
	const struct dm_plan *plan;
};

#define DM_GRAMMAR_LIMIT 64

struct dm_dictionary {
	struct dm_arena arena;
	struct dm_map known;    /* by vendor and code: struct dm_known_avp */
	struct dm_map known_as; /* by address of the struct dm_avp: struct dm_known_avp */
	struct dm_map plans;    /* by address of the struct dm_group: struct dm_plan */
	struct dm_map commands; /* by application, code and R: struct dm_planned_command */
	struct dm_map entries;  /* by address of the struct dm_command: the same */
	const struct dm_planned_command *answer_message;
	const struct dm_grammar *grammars[DM_GRAMMAR_LIMIT];
	uint32_t applications[DM_GRAMMAR_LIMIT]; /* in force, of the grammar of that place */
	size_t grammar_count;
};

/* The keys of its maps. */
static inline uint64_t dm_address_key(const void *at)
{
	return (uint64_t)(uintptr_t)at;
}

static inline uint64_t dm_avp_key(uint32_t code, uint32_t vendor)
{
	return (uint64_t)vendor << 32 | code;
}

static inline uint64_t dm_command_key(uint32_t application_id, uint32_t code, bool request)
{
	return (uint64_t)application_id << 32 | (uint64_t)code << 1 | request;
}

#define DM_NO_FIELD UINT16_MAX

static inline uint32_t dm_plan_slot(const struct dm_plan *plan, uint32_t code)
{
	return (code * 0x9e3779b1U >> 16) & plan->slot_mask;
}

static inline bool dm_plan_is(const struct dm_plan_field *field, uint32_t code, uint32_t vendor)
{
	return field->code == code && field->vendor == vendor;
}

/*
 * The field of an AVP, or DM_NO_FIELD. `guess` is the one expected next: most senders keep to the
 * order of the grammar.
 */
static inline uint16_t dm_plan_find(const struct dm_plan *plan, uint32_t code, uint32_t vendor,
                                    uint16_t guess)
{
	uint32_t slot;

	if (guess < plan->count && dm_plan_is(&plan->fields[guess], code, vendor))
		return guess;
	slot = dm_plan_slot(plan, code);
	while (plan->slots[slot]) {
		uint16_t place = (uint16_t)(plan->slots[slot] - 1);

		if (dm_plan_is(&plan->fields[place], code, vendor))
			return place;
		slot = (slot + 1) & plan->slot_mask;
	}
	return DM_NO_FIELD;
}

static inline const struct dm_plan *dm_entry_plan(const struct dm_command_entry *entry)
{
	return ((const struct dm_planned_command *)entry)->plan;
}

/* NULL when unknown. */
const struct dm_known_avp *dm_dictionary_known(const struct dm_dictionary *dictionary,
                                               uint32_t code, uint32_t vendor);
const struct dm_known_avp *dm_dictionary_known_as(const struct dm_dictionary *dictionary,
                                                  const struct dm_avp *avp);

/* The answer-message of RFC 6733 7.2; NULL while the base grammar is not there. */
const struct dm_command_entry *dm_dictionary_answer_message(const struct dm_dictionary *dictionary);

/* "Diameter Mobile IPv6", or NULL. */
const char *dm_dictionary_application_name(const struct dm_dictionary *dictionary,
                                           uint32_t application_id);

/* The first AVPs that a grammar does not list, for examples of `* [ AVP ]`. */
size_t dm_dictionary_unlisted(const struct dm_dictionary *dictionary, const struct dm_plan *plan,
                              const struct dm_known_avp **out, size_t room);

#endif
