/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pack: copies of several strings behind one struct, in one allocation.
 *
 *	struct thing *thing = malloc(sizeof(*thing) + name.size + realm.size);
 *	uint8_t *room = thing->octets;
 *
 *	thing->name = mip6_pack(&room, name);
 *	thing->realm = mip6_pack(&room, realm);
 */
#ifndef MIP6_PACK_H
#define MIP6_PACK_H

#include "base/bytes.h"

/* Copies to *room and moves it on; the caller has allocated enough. */
static inline struct dm_bytes mip6_pack(uint8_t **room, struct dm_bytes octets)
{
	struct dm_bytes copy = { .at = *room, .size = octets.size };

	if (octets.size)
		memcpy(*room, octets.at, octets.size);
	*room += octets.size;
	return copy;
}

#endif
