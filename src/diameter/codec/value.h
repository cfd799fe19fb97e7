/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value: the data of one AVP, by type, between wire and C member (types.h). Internal.
 *
 * Grouped is not handled here: its data are AVPs.
 */
#ifndef DM_CODEC_VALUE_H
#define DM_CODEC_VALUE_H

#include "base/writer.h"
#include "plan.h"

/* Any member that occurs once. */
union dm_value {
	struct dm_bytes octets;
	struct dm_address address;
	int32_t integer32;
	int64_t integer64;
	uint32_t unsigned32;
	uint64_t unsigned64;
	float float32;
	double float64;
};

/* All lists look like this (types.h); read and written by memcpy, for the types differ. */
struct dm_any_list {
	const void *at;
	size_t count;
};

/* Octets of the C member, 0 for Grouped. */
size_t dm_value_room(enum dm_type type);

/* The least octets of data: what a zero-filled example has (RFC 6733 7.1.5). */
size_t dm_value_minimum(const struct dm_avp *avp);

/* What is wrong with a value: 0 and NULL, or DIAMETER_INVALID_AVP_LENGTH or _VALUE and the end of a
 * sentence ("is no DiameterIdentity"). */
struct dm_verdict {
	uint32_t result_code;
	const char *why; /* static */
};

/*
 * Reads and checks the data of an AVP into its member. A UTF8String's member is set in every case.
 * `strict`: no NUL in a UTF8String.
 */
struct dm_verdict dm_value_read(const struct dm_avp *avp, struct dm_bytes data, bool strict,
                                void *member);

/* Writes an AVP: header, data, padding. -EINVAL when the member is outside its type. */
int dm_value_write(const struct dm_known_avp *known, const void *member, struct dm_writer *out);

#endif
