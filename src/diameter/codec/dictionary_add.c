/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dm_dictionary_add: numbers in force, clashes, and the plans made of a grammar's tables.
 */
#include "avp.h"
#include "base/text.h"
#include "dict/base.dia.h"
#include "plan.h"

#include <errno.h>

/* What one call of dm_dictionary_add works on. */
struct addition {
	struct dm_dictionary *dictionary;
	const struct dm_grammar *grammar;
	const struct dm_numbers *numbers; /* never NULL */
	struct dm_text clash;
};

/* ---- numbers in force ---- */

static uint32_t vendor_in_force(const struct addition *add, const struct dm_avp *avp)
{
	if (avp->vendor && avp->vendor == add->grammar->vendor && add->numbers->vendor)
		return add->numbers->vendor;
	return avp->vendor;
}

static uint32_t code_in_force(const struct addition *add, const struct dm_command *command)
{
	size_t count = sizeof(add->numbers->command_codes) / sizeof(add->numbers->command_codes[0]);

	for (size_t i = 0; i < count; i++) {
		if (add->numbers->command_codes[i].code &&
		    add->numbers->command_codes[i].printed == command->code)
			return add->numbers->command_codes[i].code;
	}
	return command->code;
}

static uint32_t application_in_force(const struct addition *add, uint32_t application_id)
{
	if (application_id == add->grammar->application_id && add->numbers->application_id)
		return add->numbers->application_id;
	return application_id;
}

/* ---- clashes: looked for before anything is changed ---- */

static bool same_group(const struct dm_group *a, const struct dm_group *b)
{
	if (!a || !b)
		return a == b;
	if (a->field_count != b->field_count || a->other != b->other)
		return false;
	for (uint16_t i = 0; i < a->field_count; i++) {
		const struct dm_field *x = &a->fields[i], *y = &b->fields[i];

		if (strcmp(x->avp->name, y->avp->name) != 0 || x->min != y->min ||
		    x->max != y->max || x->fixed != y->fixed)
			return false;
	}
	return true;
}

static bool same_definition(const struct dm_avp *a, const struct dm_avp *b)
{
	return strcmp(a->name, b->name) == 0 && a->type == b->type && a->flags == b->flags &&
	       a->fixed_size == b->fixed_size && same_group(a->group, b->group);
}

static int check_avps(struct addition *add)
{
	for (uint16_t i = 0; i < add->grammar->avp_count; i++) {
		const struct dm_avp *avp = add->grammar->avps[i];
		uint32_t vendor = vendor_in_force(add, avp);
		const struct dm_known_avp *there =
			dm_dictionary_known(add->dictionary, avp->code, vendor);

		if (!there || same_definition(there->avp, avp))
			continue;
		dm_text_add(&add->clash,
		            "%s: AVP %s has the code %u and the vendor %u of %s, which is "
		            "defined otherwise",
		            add->grammar->name, avp->name, avp->code, vendor, there->avp->name);
		return -EEXIST;
	}
	return 0;
}

static int check_commands(struct addition *add)
{
	for (uint16_t i = 0; i < add->grammar->command_count; i++) {
		const struct dm_command *command = add->grammar->commands[i];
		uint32_t application_id = application_in_force(add, command->application_id);
		uint32_t code = code_in_force(add, command);
		const struct dm_planned_command *there =
			dm_map_get_number(&add->dictionary->commands,
		                          dm_command_key(application_id, code, command->request));

		if (!there || command->error)
			continue;
		dm_text_add(&add->clash,
		            "%s: command %s has the code %u and the Application-Id %u of %s",
		            add->grammar->name, command->abbreviation, code, application_id,
		            there->entry.command->abbreviation);
		return -EEXIST;
	}
	return 0;
}

/* ---- building ---- */

static void fill_head(struct dm_known_avp *known)
{
	struct dm_raw_avp avp = {
		.code = known->code,
		.vendor = known->vendor,
		.flags = known->flags,
	};
	struct dm_writer head;

	dm_writer_init_fixed(&head, known->head, sizeof(known->head));
	dm_avp_write_head(&head, &avp, 0);
	known->head_size = (uint8_t)head.size;
	dm_writer_patch(&head, 5, 0, 3);
}

static int add_avp(struct addition *add, const struct dm_avp *avp)
{
	struct dm_dictionary *dictionary = add->dictionary;
	struct dm_known_avp *known = dm_arena_zero(&dictionary->arena, sizeof(*known));
	int error;

	if (!known)
		return -ENOMEM;
	known->avp = avp;
	known->code = avp->code;
	known->vendor = vendor_in_force(add, avp);
	known->type = (uint8_t)avp->type;
	known->flags =
		(uint8_t)((avp->flags & ~DM_AVP_FLAG_V) | (known->vendor ? DM_AVP_FLAG_V : 0));
	known->names_application =
		known->vendor == 0 && (known->code == DM_AVP_AUTH_APPLICATION_ID ||
	                               known->code == DM_AVP_ACCT_APPLICATION_ID);
	known->anything = known->vendor == 0 && known->code == DM_AVP_FAILED_AVP;
	fill_head(known);
	error = dm_map_put_number(&dictionary->known_as, dm_address_key(avp), known);
	if (error)
		return error;
	error = dm_map_put_number(&dictionary->known, dm_avp_key(known->code, known->vendor),
	                          known);
	return error == -EEXIST ? 0 : error;
}

static enum dm_plan_kind kind_of(const struct dm_field *field)
{
	if (field->max == 0)
		return DM_PLAN_FORBIDDEN;
	if (field->max > 1)
		return DM_PLAN_LIST;
	return field->avp->group ? DM_PLAN_GROUP : DM_PLAN_VALUE;
}

static int fill_fields(struct addition *add, const struct dm_group *group, struct dm_plan *plan)
{
	struct dm_arena *arena = &add->dictionary->arena;
	struct dm_plan_field *fields = dm_arena_zero(arena, group->field_count * sizeof(*fields));
	uint16_t *required = dm_arena_zero(arena, group->field_count * sizeof(*required));

	if (!fields || !required)
		return -ENOMEM;
	for (uint16_t i = 0; i < group->field_count; i++) {
		const struct dm_field *from = &group->fields[i];
		const struct dm_known_avp *known =
			dm_dictionary_known_as(add->dictionary, from->avp);

		if (!known) {
			dm_text_add(&add->clash, "%s: %s names %s, which no grammar defines",
			            add->grammar->name, group->name, from->avp->name);
			return -EINVAL;
		}
		fields[i] = (struct dm_plan_field){
			.code = known->code,
			.vendor = known->vendor,
			.known = known,
			.offset = from->offset,
			.has = from->has,
			.min = from->min,
			.max = from->max,
			.kind = (uint8_t)kind_of(from),
		};
		if (from->min)
			required[plan->required_count++] = i;
		if (from->fixed && plan->fixed_count == i)
			plan->fixed_count++;
	}
	plan->fields = fields;
	plan->required = required;
	plan->count = group->field_count;
	return 0;
}

static int fill_slots(struct addition *add, struct dm_plan *plan)
{
	uint32_t room = 2;
	uint16_t *slots;

	while (room < 2U * plan->count)
		room *= 2;
	slots = dm_arena_zero(&add->dictionary->arena, room * sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	plan->slots = slots;
	plan->slot_mask = room - 1;
	for (uint16_t i = 0; i < plan->count; i++) {
		uint32_t slot = dm_plan_slot(plan, plan->fields[i].code);

		while (slots[slot])
			slot = (slot + 1) & plan->slot_mask;
		slots[slot] = (uint16_t)(i + 1);
	}
	return 0;
}

static int plan_group(struct addition *add, const struct dm_group *group,
                      const struct dm_plan **out)
{
	struct dm_plan *plan = dm_map_get_number(&add->dictionary->plans, dm_address_key(group));
	int error;

	*out = plan;
	if (plan)
		return 0;
	plan = dm_arena_zero(&add->dictionary->arena, sizeof(*plan));
	if (!plan)
		return -ENOMEM;
	plan->group = group;
	error = fill_fields(add, group, plan);
	if (!error)
		error = fill_slots(add, plan);
	if (error)
		return error;
	*out = plan;
	return dm_map_put_number(&add->dictionary->plans, dm_address_key(group), plan);
}

static int add_avps(struct addition *add)
{
	int error = 0;

	for (uint16_t i = 0; i < add->grammar->avp_count && !error; i++)
		error = add_avp(add, add->grammar->avps[i]);
	for (uint16_t i = 0; i < add->grammar->avp_count && !error; i++) {
		const struct dm_avp *avp = add->grammar->avps[i];
		struct dm_known_avp *known =
			dm_map_get_number(&add->dictionary->known_as, dm_address_key(avp));

		if (avp->group)
			error = plan_group(add, avp->group, &known->plan);
	}
	return error;
}

static int add_command(struct addition *add, const struct dm_command *command)
{
	struct dm_dictionary *dictionary = add->dictionary;
	struct dm_planned_command *planned = dm_arena_zero(&dictionary->arena, sizeof(*planned));
	int error;

	if (!planned)
		return -ENOMEM;
	planned->entry = (struct dm_command_entry){
		.command = command,
		.code = code_in_force(add, command),
		.application_id = application_in_force(add, command->application_id),
	};
	error = plan_group(add, &command->grammar, &planned->plan);
	if (!error)
		error = dm_map_put_number(&dictionary->entries, dm_address_key(command), planned);
	if (error)
		return error;
	if (command->error) {
		dictionary->answer_message = planned;
		return 0;
	}
	return dm_map_put_number(&dictionary->commands,
	                         dm_command_key(planned->entry.application_id, planned->entry.code,
	                                        command->request),
	                         planned);
}

static bool is_added(const struct dm_dictionary *dictionary, const struct dm_grammar *grammar)
{
	for (size_t i = 0; i < dictionary->grammar_count; i++) {
		if (dictionary->grammars[i] == grammar)
			return true;
	}
	return false;
}

static int add_one(struct addition *add)
{
	struct dm_dictionary *dictionary = add->dictionary;
	int error = check_avps(add);

	if (!error)
		error = check_commands(add);
	if (error)
		return error;
	if (dictionary->grammar_count == DM_GRAMMAR_LIMIT)
		return -ENOMEM;
	dictionary->grammars[dictionary->grammar_count] = add->grammar;
	dictionary->applications[dictionary->grammar_count] =
		application_in_force(add, add->grammar->application_id);
	dictionary->grammar_count++;
	error = add_avps(add);
	for (uint16_t i = 0; i < add->grammar->command_count && !error; i++)
		error = add_command(add, add->grammar->commands[i]);
	return error;
}

int dm_dictionary_add(struct dm_dictionary *dictionary, const struct dm_grammar *grammar,
                      const struct dm_numbers *numbers, char *clash, size_t clash_room)
{
	static const struct dm_numbers printed;
	char unread[1];
	struct addition add = {
		.dictionary = dictionary,
		.grammar = grammar,
		.numbers = numbers ? numbers : &printed,
	};

	if (is_added(dictionary, grammar))
		return 0;
	for (uint16_t i = 0; i < grammar->inherit_count; i++) {
		int error = dm_dictionary_add(dictionary, grammar->inherits[i], NULL, clash,
		                              clash_room);

		if (error)
			return error;
	}
	dm_text_init(&add.clash, clash ? clash : unread, clash ? clash_room : sizeof(unread));
	return add_one(&add);
}
