/* SPDX-License-Identifier: Apache-2.0 */
/*
 * message_json: one Diameter message as a JSON value, and that value as readable lines.
 *
 * Every AVP has name, code, vendor, flags and either "text" (its value for people; for a number
 * also "value", for a secret "octets": its size alone) or "avps" (Grouped). Octets that are no AVP
 * are an element with "broken". Any octets will do.
 */
#ifndef HW_CLI_MESSAGE_JSON_H
#define HW_CLI_MESSAGE_JSON_H

#include "cli/output.h"
#include "diameter/codec/message.h"

/* The dictionary of all grammars, with the profile's numbers; NULL when memory is exhausted. The
 * caller frees it with dm_dictionary_free. */
struct dm_dictionary *hw_dictionary_new(void);

/* `wire` is at least a header long. NULL when memory is exhausted. A message that breaks its
 * grammar has "fault": {"result_code", "name", "path", "sentence"}. */
json_t *hw_message_json(const struct dm_dictionary *dictionary, struct dm_bytes wire);

/* "MBR", "MBA", or "272 request" when the command is unknown. */
void hw_message_label(const json_t *message, char *text, size_t room);

/* The first AVP of this name at top level, or NULL; borrowed. */
const json_t *hw_message_avp(const json_t *message, const char *name);

/* An AVP's value on one line; for Grouped: "{ Key-Type 3, ... }". */
void hw_avp_text(const json_t *avp, char *text, size_t room);

/* All of it, for people. */
void hw_message_print(struct hw_output *out, const json_t *message);

#endif
