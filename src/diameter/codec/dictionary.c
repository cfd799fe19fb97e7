/* SPDX-License-Identifier: Apache-2.0 */
#include "dictionary.h"

#include "plan.h"

#include <stdlib.h>

#define TABLE_LIMIT ((size_t)64 << 20) /* octets of prepared tables */

/* The base protocol's own application, RFC 6733 2.4. */
enum { BASE_ACCOUNTING = 3 };

struct dm_dictionary *dm_dictionary_new(void)
{
	struct dm_dictionary *dictionary = calloc(1, sizeof(*dictionary));

	if (!dictionary)
		return NULL;
	dm_arena_init(&dictionary->arena, TABLE_LIMIT);
	dm_map_init(&dictionary->known, 0, false);
	dm_map_init(&dictionary->known_as, 0, false);
	dm_map_init(&dictionary->plans, 0, false);
	dm_map_init(&dictionary->commands, 0, false);
	dm_map_init(&dictionary->entries, 0, false);
	return dictionary;
}

void dm_dictionary_free(struct dm_dictionary *dictionary)
{
	if (!dictionary)
		return;
	dm_map_fini(&dictionary->known);
	dm_map_fini(&dictionary->known_as);
	dm_map_fini(&dictionary->plans);
	dm_map_fini(&dictionary->commands);
	dm_map_fini(&dictionary->entries);
	dm_arena_fini(&dictionary->arena);
	free(dictionary);
}

const struct dm_command_entry *dm_dictionary_command(const struct dm_dictionary *dictionary,
                                                     uint32_t application_id, uint32_t code,
                                                     bool request)
{
	const struct dm_planned_command *planned = dm_map_get_number(
		&dictionary->commands, dm_command_key(application_id, code, request));

	if (!planned && application_id && dm_dictionary_has_application(dictionary, application_id))
		planned =
			dm_map_get_number(&dictionary->commands, dm_command_key(0, code, request));
	return planned ? &planned->entry : NULL;
}

const struct dm_command_entry *dm_dictionary_entry(const struct dm_dictionary *dictionary,
                                                   const struct dm_command *command)
{
	const struct dm_planned_command *planned =
		dm_map_get_number(&dictionary->entries, dm_address_key(command));

	return planned ? &planned->entry : NULL;
}

const struct dm_command_entry *dm_dictionary_answer_message(const struct dm_dictionary *dictionary)
{
	return dictionary->answer_message ? &dictionary->answer_message->entry : NULL;
}

bool dm_dictionary_has_application(const struct dm_dictionary *dictionary, uint32_t application_id)
{
	bool base = false;

	for (size_t i = 0; i < dictionary->grammar_count; i++) {
		if (dictionary->applications[i] == application_id)
			return true;
		base = base || dictionary->applications[i] == 0;
	}
	return base && application_id == BASE_ACCOUNTING;
}

const char *dm_dictionary_application_name(const struct dm_dictionary *dictionary,
                                           uint32_t application_id)
{
	for (size_t i = 0; i < dictionary->grammar_count; i++) {
		if (dictionary->applications[i] == application_id)
			return dictionary->grammars[i]->application_name;
	}
	return NULL;
}

const struct dm_known_avp *dm_dictionary_known(const struct dm_dictionary *dictionary,
                                               uint32_t code, uint32_t vendor)
{
	return dm_map_get_number(&dictionary->known, dm_avp_key(code, vendor));
}

const struct dm_known_avp *dm_dictionary_known_as(const struct dm_dictionary *dictionary,
                                                  const struct dm_avp *avp)
{
	return dm_map_get_number(&dictionary->known_as, dm_address_key(avp));
}

const struct dm_avp *dm_dictionary_avp(const struct dm_dictionary *dictionary, uint32_t code,
                                       uint32_t vendor)
{
	const struct dm_known_avp *known = dm_dictionary_known(dictionary, code, vendor);

	return known ? known->avp : NULL;
}

const struct dm_avp *dm_dictionary_avp_named(const struct dm_dictionary *dictionary,
                                             struct dm_bytes name)
{
	for (size_t i = 0; i < dictionary->grammar_count; i++) {
		const struct dm_grammar *grammar = dictionary->grammars[i];

		for (uint16_t j = 0; j < grammar->avp_count; j++) {
			if (dm_bytes_equal_folded(dm_bytes_text(grammar->avps[j]->name), name))
				return grammar->avps[j];
		}
	}
	return NULL;
}

uint32_t dm_dictionary_vendor(const struct dm_dictionary *dictionary, const struct dm_avp *avp)
{
	const struct dm_known_avp *known = dm_dictionary_known_as(dictionary, avp);

	return known ? known->vendor : avp->vendor;
}

size_t dm_dictionary_unlisted(const struct dm_dictionary *dictionary, const struct dm_plan *plan,
                              const struct dm_known_avp **out, size_t room)
{
	const struct dm_grammar *grammar = dictionary->grammars[0];
	size_t count = 0;

	for (uint16_t i = 0; i < grammar->avp_count && count < room; i++) {
		const struct dm_known_avp *known =
			dm_dictionary_known_as(dictionary, grammar->avps[i]);

		if (known->plan || dm_plan_find(plan, known->code, known->vendor, 0) != DM_NO_FIELD)
			continue;
		out[count++] = known;
	}
	return count;
}
