/* SPDX-License-Identifier: Apache-2.0 */
/* An attachment as an object: made, found by its Session-Id, forgotten. */
#include "nas_attachment.h"

#include "mip6/pack.h"

#include <stdlib.h>

struct mip6_attachment *mip6_attachment_new(struct mip6_nas *nas, struct dm_bytes session_id,
                                            struct dm_bytes user_name, struct dm_bytes interface,
                                            struct dm_bytes realm)
{
	struct mip6_attachment *attachment = malloc(sizeof(*attachment) + session_id.size +
	                                            user_name.size + interface.size + realm.size);
	uint8_t *room;

	if (!attachment)
		return NULL;
	*attachment = (struct mip6_attachment){ .state = MIP6_ATTACHMENT_ATTACHED };
	room = attachment->octets;
	attachment->session_id = mip6_pack(&room, session_id);
	attachment->user_name = mip6_pack(&room, user_name);
	attachment->interface = mip6_pack(&room, interface);
	attachment->realm = mip6_pack(&room, realm);
	if (dm_map_put(&nas->attachments, attachment->session_id, attachment) == 0)
		return attachment;
	free(attachment);
	return NULL;
}

void mip6_attachment_free(struct mip6_nas *nas, struct mip6_attachment *attachment)
{
	dm_timers_cancel(&nas->timers, &attachment->timer);
	dm_map_remove(&nas->attachments, attachment->session_id);
	free((void *)(uintptr_t)attachment->request.at);
	free(attachment->grant);
	free(attachment->next);
	free(attachment);
}

bool mip6_attachment_keep_request(struct mip6_attachment *attachment, struct dm_bytes request)
{
	uint8_t *copy = malloc(request.size + 1);
	uint8_t *room = copy;

	if (!copy)
		return false;
	free((void *)(uintptr_t)attachment->request.at);
	attachment->request = mip6_pack(&room, request);
	return true;
}
