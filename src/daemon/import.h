/* SPDX-License-Identifier: Apache-2.0 */
/*
 * import: the records of a subscriber-import that comes in pieces, until the last one is there.
 *
 * There is one at a time, of one client, with at most HW_IMPORT_LIMIT records: this bounds the
 * memory. A piece says how many records are before it, so that none is lost, doubled, or taken for
 * the beginning of another import; a piece that is refused changes nothing. Keys are wiped when it
 * is forgotten. What is not here: the records' meaning and the commit.
 */
#ifndef HW_IMPORT_H
#define HW_IMPORT_H

#include "daemon/request.h"

struct hw_import {
	uint64_t client; /* whose it is */
	struct store_subscriber
		*subscribers; /* owned, with their texts; NULL: there is no import */
	size_t count;
};

/* Copies the records of a piece; one from 0 begins anew. False with "what; what to do". */
bool hw_import_add(struct hw_import *import, uint64_t client, const struct hw_request *piece,
                   struct dm_text *why);

/* Forgets what `client` has sent. */
void hw_import_client_gone(struct hw_import *import, uint64_t client);
void hw_import_fini(struct hw_import *import);

#endif
