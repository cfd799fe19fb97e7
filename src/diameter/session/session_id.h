/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session_id: Session-Ids that are never made twice (RFC 6733 8.8), and End-to-End Identifiers
 * (RFC 6733 3).
 *
 * "<DiameterIdentity>;<high 32 bits>;<low 32 bits>[;<optional>]": the high half begins with the
 * wall clock at start, the low half at 0, both count as one number. So a restart cannot meet the
 * ids of the run before it, as long as its clock is beyond that one's (its caller's duty: a restart
 * within a second gives the next one) and less than 2^32 sessions a second were made.
 */
#ifndef DM_SESSION_SESSION_ID_H
#define DM_SESSION_SESSION_ID_H

#include "base/text.h"

struct dm_session_ids {
	uint64_t next;
};

/* `wall_clock`: seconds since 1970, never the same twice. */
void dm_session_ids_init(struct dm_session_ids *ids, int64_t wall_clock);
void dm_session_ids_next(struct dm_session_ids *ids, struct dm_bytes origin_host,
                         struct dm_bytes optional, struct dm_text *out);

/* The first End-to-End Identifier: the low 12 bits of the time on top, 20 random bits below. */
uint32_t dm_end_to_end_first(int64_t wall_clock, uint64_t random);

#endif
