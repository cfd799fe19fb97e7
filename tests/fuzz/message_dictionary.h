/* SPDX-License-Identifier: Apache-2.0 */
/*
 * message_dictionary: the dictionary of base and mip6 that the fuzz targets of messages share.
 */
#ifndef FUZZ_MESSAGE_DICTIONARY_H
#define FUZZ_MESSAGE_DICTIONARY_H

#include "diameter/codec/message.h"

/* Made at the first call, kept until the process ends; ends the process when it cannot be made. */
const struct dm_dictionary *message_dictionary(void);

/* The grammars in it. */
extern const struct dm_grammar *const message_grammars[];
extern const size_t message_grammar_count;

#endif
