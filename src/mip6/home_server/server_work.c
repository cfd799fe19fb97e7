/* SPDX-License-Identifier: Apache-2.0 */
#include "server_work.h"

#include <stdlib.h>

bool mip6_work_add(struct mip6_work **work, struct mip6_bootstrap *request)
{
	if (!*work)
		*work = calloc(1, sizeof(**work));
	if (!*work || (*work)->count >= MIP6_WAITING_LIMIT)
		return false;
	request->next = NULL;
	if ((*work)->last)
		(*work)->last->next = request;
	else
		(*work)->first = request;
	(*work)->last = request;
	(*work)->count++;
	return true;
}

bool mip6_work_has_rival(const struct mip6_work *work, const struct mip6_bootstrap *request)
{
	for (const struct mip6_bootstrap *other = work ? work->first : NULL; other;
	     other = other->next)
		if (dm_bytes_equal(other->session_id, request->session_id) &&
		    !dm_bytes_equal_folded(other->origin_host, request->origin_host))
			return true;
	return false;
}

struct mip6_bootstrap *mip6_work_take(struct mip6_work *work)
{
	struct mip6_bootstrap *request = work->first;

	if (!request)
		return NULL;
	work->first = request->next;
	if (!work->first)
		work->last = NULL;
	work->count--;
	return request;
}

void mip6_work_free(struct mip6_work *work)
{
	struct mip6_bootstrap *request;

	if (!work)
		return;
	while ((request = mip6_work_take(work)))
		mip6_bootstrap_free(request);
	free(work);
}
