/* SPDX-License-Identifier: Apache-2.0 */
/*
 * failed: the Failed-AVP of a fault, made of the offender and of where it stood. Internal.
 *
 * RFC 6733 7.5: an offender inside groups is shown inside their hierarchy, alone. Lengths are
 * written anew, so that what we send is well formed whatever came.
 */
#ifndef DM_CODEC_FAILED_H
#define DM_CODEC_FAILED_H

#include "base/writer.h"
#include "fault.h"
#include "plan.h"

/* Where in a message an AVP stands: the groups around it, from the inside out. */
struct dm_place {
	const struct dm_place *outer; /* NULL: this is the message */
	const char *name;             /* "MBR", "Proxy-Info" */
	const struct dm_raw_avp *avp; /* the group's header; unused for the message */
};

/* Puts `offender` in its place into fault->failed_avp. -ENOMEM. */
int dm_fault_offender(struct dm_fault *fault, struct dm_arena *arena, const struct dm_place *place,
                      const struct dm_raw_avp *offender);

/* Sets fault->path. `name` may be NULL: the place itself. */
void dm_fault_path(struct dm_fault *fault, const struct dm_place *place, const char *name);

/* An AVP of this definition with a zero-filled value of the least length, a Grouped one with its
 * required members (RFC 6733 7.1.5, DIAMETER_MISSING_AVP). */
void dm_write_zero_example(const struct dm_known_avp *known, struct dm_writer *out);

/* The same as raw AVP, data in the arena. -ENOMEM. */
int dm_zero_example(const struct dm_known_avp *known, struct dm_arena *arena,
                    struct dm_raw_avp *out);

#endif
