/* SPDX-License-Identifier: Apache-2.0 */
/*
 * raw: messages as relays and proxies see them: a header and a row of AVPs.
 *
 * Nothing is validated beyond lengths and nothing is reordered (RFC 6733 6.1.9); what is not
 * touched leaves byte for byte as it came.
 */
#ifndef DM_CODEC_RAW_H
#define DM_CODEC_RAW_H

#include "base/cursor.h"
#include "message.h"

/* Walks AVPs: false at the end or at a broken AVP (then cursor->failed). `whole`, if not NULL,
 * receives the AVP with header and padding. */
bool dm_raw_next(struct dm_cursor *cursor, struct dm_raw_avp *avp, struct dm_bytes *whole);

/* A cursor over the AVPs of a message. */
struct dm_cursor dm_raw_avps(struct dm_bytes message);

/* First AVP of this code and vendor at top level. */
bool dm_raw_find(struct dm_bytes message, uint32_t code, uint32_t vendor, struct dm_raw_avp *avp);

void dm_raw_write(struct dm_writer *out, const struct dm_raw_avp *avp);

#define DM_RAW_REPLACE_LIMIT 64

/* What a relay or proxy changes on the way. Lists may be empty; `replace` has at most
 * DM_RAW_REPLACE_LIMIT entries. */
struct dm_raw_edit {
	const struct dm_raw_avp *remove; /* by code and vendor: every occurrence */
	size_t remove_count;
	const struct dm_raw_avp *replace; /* by code and vendor: the first occurrence, in place */
	size_t replace_count;
	const struct dm_raw_avp *append; /* behind the last AVP */
	size_t append_count;
	const uint32_t *hop_by_hop_id; /* NULL: kept */
	uint8_t set_flags;             /* added to the header's (T) */
};

/* Appends the edited message; its length is patched. -EMSGSIZE, -EINVAL for broken AVPs. */
int dm_raw_rewrite(struct dm_bytes message, const struct dm_raw_edit *edit, struct dm_writer *out);

#endif
