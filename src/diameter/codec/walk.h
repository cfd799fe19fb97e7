/* SPDX-License-Identifier: Apache-2.0 */
/*
 * walk: every AVP of a message in wire order, for whoever shows messages to people or programs.
 *
 * Takes any octets and judges nothing: what is broken is reported and the walk ends at that level.
 * dm_print and every other view are visitors of this one walk.
 */
#ifndef DM_CODEC_WALK_H
#define DM_CODEC_WALK_H

#include "message.h"

struct dm_walk_avp {
	struct dm_raw_avp raw;
	const struct dm_avp *avp; /* NULL: unknown */
	uint16_t depth;           /* 0: top level of the message */
	bool members;             /* a known group: its members follow, then `leave` */
};

/* Functions may be NULL. */
struct dm_walk_visitor {
	/* Once, first. `entry` is NULL for an unknown command. */
	void (*header)(const struct dm_header *header, const struct dm_command_entry *entry,
	               struct dm_bytes wire, void *context);
	void (*avp)(const struct dm_walk_avp *avp, void *context);
	void (*leave)(const struct dm_walk_avp *avp, void *context);
	/* The octets at the end of a level that are no AVP; `why` is "is cut off inside its
	 * header". */
	void (*broken)(struct dm_bytes rest, const char *why, uint16_t depth, void *context);
};

void dm_walk(const struct dm_dictionary *dictionary, struct dm_bytes wire,
             const struct dm_walk_visitor *visitor, void *context);

/*
 * The value of an AVP for people: names of enumerated values, Result-Codes and applications,
 * addresses and prefixes, times in UTC. Octets of the peer are escaped, those of a secret AVP are
 * not shown (RFC 6733 13.3), nor those of a group, which may hold one. `avp` may be NULL.
 */
void dm_value_text(const struct dm_dictionary *dictionary, const struct dm_avp *avp,
                   struct dm_bytes data, struct dm_text *out);

/* "AVP 1234", "AVP 1234 of vendor 99", or the name. */
void dm_avp_name_text(const struct dm_avp *avp, const struct dm_raw_avp *raw, struct dm_text *out);

/* "is cut off inside its header", by enum dm_avp_shape. */
const char *dm_avp_shape_text(int shape);

#endif
