/* SPDX-License-Identifier: Apache-2.0 */
#include "diameter/session/session_id.h"

#include <inttypes.h>

void dm_session_ids_init(struct dm_session_ids *ids, int64_t wall_clock)
{
	ids->next = (uint64_t)(uint32_t)wall_clock << 32;
}

void dm_session_ids_next(struct dm_session_ids *ids, struct dm_bytes origin_host,
                         struct dm_bytes optional, struct dm_text *out)
{
	uint64_t id = ids->next++;

	dm_text_octets(out, origin_host);
	dm_text_add(out, ";%" PRIu32 ";%" PRIu32, (uint32_t)(id >> 32), (uint32_t)id);
	if (optional.size == 0)
		return;
	dm_text_add(out, ";");
	dm_text_octets(out, optional);
}

uint32_t dm_end_to_end_first(int64_t wall_clock, uint64_t random)
{
	return (uint32_t)wall_clock << 20 | ((uint32_t)random & 0xfffff);
}
