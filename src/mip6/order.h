/* SPDX-License-Identifier: Apache-2.0 */
/*
 * order: what a home server orders of an access device, a NAS or a home agent: RAR and ASR (RFC
 * 6733 8.3, 8.5). Here are the answers that obey; when to obey is the role's to know.
 */
#ifndef MIP6_ORDER_H
#define MIP6_ORDER_H

#include "dict/base.dia.h"
#include "outbox.h"

/* RAA and ASA with DIAMETER_SUCCESS. The Session-Id is copied. */
void mip6_answer_rar(struct mip6_outbox *outbox, const struct mip6_common *common,
                     uint64_t transaction, struct dm_bytes session_id);
void mip6_answer_asr(struct mip6_outbox *outbox, const struct mip6_common *common,
                     uint64_t transaction, struct dm_bytes session_id);

#endif
