/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server_work: the MBR that wait on one mobility session, and how far their bootstrapping has come.
 */
#ifndef MIP6_SERVER_WORK_H
#define MIP6_SERVER_WORK_H

#include "bootstrap.h"

#define MIP6_CANDIDATE_LIMIT 8
#define MIP6_WAITING_LIMIT   64

struct mip6_work {
	struct mip6_bootstrap *first, *last; /* owned */
	size_t count;
	size_t granting; /* of them, from the first on, in the commit that is under way */
	uint64_t tried[MIP6_CANDIDATE_LIMIT]; /* numbers of agents not to be asked again */
	uint8_t tried_count;
	uint8_t attempts;     /* home agents asked */
	uint8_t rounds;       /* MHR to the present one */
	bool refreshing;      /* MHR with new keys for a session that has some */
	uint32_t result_code; /* of the last failure; 0: none yet */
	char text[160];
};

/* Appends; makes *work when there is none. False: -ENOMEM, or the row is full. */
bool mip6_work_add(struct mip6_work **work, struct mip6_bootstrap *request);
/* True when one that waits has the same Session-Id from another client. `work` may be NULL. */
bool mip6_work_has_rival(const struct mip6_work *work, const struct mip6_bootstrap *request);
/* Takes out the first; NULL when none is left. */
struct mip6_bootstrap *mip6_work_take(struct mip6_work *work);
void mip6_work_free(struct mip6_work *work);

#endif
