/* SPDX-License-Identifier: Apache-2.0 */
#include "mip6/order.h"

void mip6_answer_rar(struct mip6_outbox *outbox, const struct mip6_common *common,
                     uint64_t transaction, struct dm_bytes session_id)
{
	struct dm_raa *raa = mip6_outbox_take(outbox, sizeof(*raa));

	if (!raa)
		return;
	raa->session_id = mip6_outbox_copy(outbox, session_id);
	raa->result_code = DM_RESULT_DIAMETER_SUCCESS;
	raa->origin_host = common->origin_host;
	raa->origin_realm = common->origin_realm;
	raa->has.origin_state_id = common->origin_state_id != 0;
	raa->origin_state_id = common->origin_state_id;
	mip6_outbox_answer(outbox, transaction, &dm_command_raa, raa);
}

void mip6_answer_asr(struct mip6_outbox *outbox, const struct mip6_common *common,
                     uint64_t transaction, struct dm_bytes session_id)
{
	struct dm_asa *asa = mip6_outbox_take(outbox, sizeof(*asa));

	if (!asa)
		return;
	asa->session_id = mip6_outbox_copy(outbox, session_id);
	asa->result_code = DM_RESULT_DIAMETER_SUCCESS;
	asa->origin_host = common->origin_host;
	asa->origin_realm = common->origin_realm;
	asa->has.origin_state_id = common->origin_state_id != 0;
	asa->origin_state_id = common->origin_state_id;
	mip6_outbox_answer(outbox, transaction, &dm_command_asa, asa);
}
