/* SPDX-License-Identifier: Apache-2.0 */
#include "message_dictionary.h"

#include "dict/base.dia.h"
#include "dict/mip6.dia.h"

#include <stdlib.h>

const struct dm_grammar *const message_grammars[] = { &dm_base_grammar, &mip6_grammar };
const size_t message_grammar_count = sizeof(message_grammars) / sizeof(message_grammars[0]);

const struct dm_dictionary *message_dictionary(void)
{
	static struct dm_dictionary *dictionary;

	if (dictionary)
		return dictionary;
	dictionary = dm_dictionary_new();
	if (!dictionary || dm_dictionary_add(dictionary, &mip6_grammar, NULL, NULL, 0))
		abort();
	return dictionary;
}
