/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dictionary: the grammars that one node speaks, with the numbers in force.
 *
 * Tables of dictc are constant; a dictionary indexes several of them and may override the numbers
 * that the draft left open (Application-Id, command codes, Vendor-Id: profile 1). Built once, then
 * read only, so threads may share it.
 */
#ifndef DM_CODEC_DICTIONARY_H
#define DM_CODEC_DICTIONARY_H

#include "descriptor.h"

struct dm_dictionary;

/* Numbers of a grammar that differ from its tables. A zero keeps the table's number. */
struct dm_numbers {
	uint32_t application_id;
	uint32_t vendor;
	struct {
		uint32_t printed; /* the code in the table */
		uint32_t code;    /* the code in force */
	} command_codes[4];
};

/* A command with its numbers in force. */
struct dm_command_entry {
	const struct dm_command *command;
	uint32_t code;
	uint32_t application_id;
};

struct dm_dictionary *dm_dictionary_new(void);
void dm_dictionary_free(struct dm_dictionary *dictionary);

/*
 * Adds a grammar and what it inherits. `numbers` may be NULL. 0, or -EEXIST when a command or AVP
 * of the same numbers but another definition is there already (`clash`, if not NULL, receives a
 * sentence), or -ENOMEM.
 */
int dm_dictionary_add(struct dm_dictionary *dictionary, const struct dm_grammar *grammar,
                      const struct dm_numbers *numbers, char *clash, size_t clash_room);

/* NULL when unknown. The base commands are found under any application that is known (profile 4).
 */
const struct dm_command_entry *dm_dictionary_command(const struct dm_dictionary *dictionary,
                                                     uint32_t application_id, uint32_t code,
                                                     bool request);

/* The entry of a generated command, for encoding. NULL when its grammar was not added. */
const struct dm_command_entry *dm_dictionary_entry(const struct dm_dictionary *dictionary,
                                                   const struct dm_command *command);

bool dm_dictionary_has_application(const struct dm_dictionary *dictionary, uint32_t application_id);

/* The AVP of these numbers in force; V bit with Vendor-Id 0 is vendor 0 (AV21). NULL when unknown.
 */
const struct dm_avp *dm_dictionary_avp(const struct dm_dictionary *dictionary, uint32_t code,
                                       uint32_t vendor);
const struct dm_avp *dm_dictionary_avp_named(const struct dm_dictionary *dictionary,
                                             struct dm_bytes name);

/* The Vendor-Id in force for an AVP of the tables. */
uint32_t dm_dictionary_vendor(const struct dm_dictionary *dictionary, const struct dm_avp *avp);

#endif
