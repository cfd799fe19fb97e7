/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secret: key octets, in a type that cannot be printed by accident.
 *
 * Held by value; whoever lets one go calls dm_secret_wipe. dm_text has no function for it, so a key
 * reaches neither log nor trace (MH07).
 */
#ifndef DM_BASE_SECRET_H
#define DM_BASE_SECRET_H

#include "bytes.h"

#define DM_SECRET_ROOM 64

struct dm_secret {
	uint8_t octets[DM_SECRET_ROOM];
	uint8_t size;
};

/* False when `bytes` is longer than DM_SECRET_ROOM. */
bool dm_secret_set(struct dm_secret *secret, struct dm_bytes bytes);
struct dm_bytes dm_secret_bytes(const struct dm_secret *secret); /* borrowed */
void dm_secret_wipe(struct dm_secret *secret);
/* Wipes any memory, not optimised away. */
void dm_wipe(void *at, size_t size);

#endif
