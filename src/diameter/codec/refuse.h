/* SPDX-License-Identifier: Apache-2.0 */
/*
 * refuse: what the decoder says when a message is faulty. Internal to the codec.
 *
 * One function per kind of fault: Result-Code, Failed-AVP, path and sentence together. All return
 * DM_REFUSED, or -ENOMEM when there is no room for the Failed-AVP. decode.c decides, this tells.
 */
#ifndef DM_CODEC_REFUSE_H
#define DM_CODEC_REFUSE_H

#include "avp.h"
#include "failed.h"
#include "message.h"
#include "value.h"

#define DM_REFUSED 1

/* What one dm_decode works on. */
struct dm_decoder {
	const struct dm_dictionary *dictionary;
	struct dm_arena *arena;
	struct dm_message *out;
	struct dm_fault *fault;
	uint32_t application_id; /* that the AVPs have to name; 0: any */
	uint32_t avps_left;
	uint16_t depth_limit;
	bool strict;
};

/* One more AVP is read: false when that is one too many. */
static inline bool dm_decoder_counts(struct dm_decoder *decoder)
{
	if (decoder->avps_left == 0)
		return false;
	decoder->avps_left--;
	return true;
}

/* The header in the order of RFC 6733's error definitions: version, length, bits, application,
 * command. 0 with out->entry set, or DM_REFUSED. */
int dm_check_header(struct dm_decoder *decoder);

/* 5014: the AVP has no sound header, `avp` is what could be read of it. */
int dm_refuse_shape(struct dm_decoder *decoder, const struct dm_place *place,
                    enum dm_avp_shape shape, const struct dm_raw_avp *avp);

/* A known AVP with something wrong: "Origin-Host in CER is no DiameterIdentity". */
int dm_refuse_value(struct dm_decoder *decoder, const struct dm_place *place,
                    const struct dm_known_avp *known, const struct dm_raw_avp *avp,
                    struct dm_verdict verdict);

/* 5001 */
int dm_refuse_unknown(struct dm_decoder *decoder, const struct dm_place *place,
                      const struct dm_raw_avp *avp);
/* 5005 */
int dm_refuse_missing(struct dm_decoder *decoder, const struct dm_place *place,
                      const struct dm_known_avp *known);
/* 5008; `known` may be NULL. */
int dm_refuse_unlisted(struct dm_decoder *decoder, const struct dm_place *place,
                       const struct dm_known_avp *known, const struct dm_raw_avp *avp);
/* 5009 */
int dm_refuse_surplus(struct dm_decoder *decoder, const struct dm_place *place,
                      const struct dm_plan_field *field, const struct dm_raw_avp *avp);

/* 5012: our own limits. */
int dm_refuse_depth(struct dm_decoder *decoder, const struct dm_place *place);
int dm_refuse_count(struct dm_decoder *decoder, const struct dm_place *place);

#endif
