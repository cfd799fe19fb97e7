/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several home servers on one store: the sessions of a server that is gone are taken over, this one
 * learns when others may have taken its own, and what operators say of home agents at others. The
 * leases themselves are the store's.
 */
#include "daemon/sharing.h"

#include "daemon/role.h"
#include "mip6/home_server/home_server.h"

#include <string.h>

#define ADOPTED_AT_ONCE 256

void hw_sharing_look(struct hw_daemon *daemon)
{
	struct hw_sharing *sharing = &daemon->sharing;
	struct mip6_role *role = hw_role_find(daemon, HW_ROLE_HOME_SERVER);
	uint64_t lost;

	if (!role || daemon->phase != HW_PHASE_RUNNING || !store_is_shared(daemon->store))
		return;
	lost = store_leases_lost(daemon->store);
	if (lost != sharing->leases_lost)
		mip6_home_server_lease_lost(role, hw_now());
	sharing->leases_lost = lost;
	if (!sharing->adopting)
		sharing->adopting = hw_store_adopt(daemon, role, ADOPTED_AT_ONCE) == 0;
	hw_wake(daemon);
}

void hw_sharing_adopted(struct hw_daemon *daemon, const struct store_completion *completion)
{
	struct hw_sharing *sharing = &daemon->sharing;
	struct mip6_role *role = hw_role_find(daemon, HW_ROLE_HOME_SERVER);

	sharing->adopting = false;
	for (size_t i = 0; i < completion->found_count; i++)
		mip6_home_server_adopt(role, &completion->found[i], hw_now());
	if (!completion->error)
		mip6_home_server_agents_said(role, completion->agents, completion->agent_count,
		                             hw_now());
	sharing->adopted += completion->found_count;
	if (completion->found_count > 0)
		hw_log(daemon, DM_LOG_NOTICE, "adopted",
		       "%zu sessions of a home server that is gone are kept here now",
		       completion->found_count);
	if (completion->found_count == ADOPTED_AT_ONCE)
		hw_sharing_look(daemon); /* there may be more */
}

static void on_time(uv_timer_t *timer)
{
	hw_sharing_look(timer->data);
}

void hw_sharing_start(struct hw_daemon *daemon)
{
	uint64_t half = (uint64_t)(daemon->config.store.lease / DM_MILLISECOND / 2);

	if (store_is_shared(daemon->store))
		uv_timer_start(&daemon->sharing.timer, on_time, 0, half);
}
