/* SPDX-License-Identifier: Apache-2.0 */
/* How bindings are found, and when their next key ends. */
#include "home_agent_binding.h"

int mip6_home_agent_index(struct mip6_home_agent *agent, struct mip6_binding *binding)
{
	int error = dm_map_put(&agent->by_address, mip6_binding_address(binding), binding);

	if (error)
		return error;
	if (binding->delegated)
		error = dm_map_put(&agent->by_prefix, mip6_binding_prefix(binding), binding);
	if (error) {
		dm_map_remove(&agent->by_address, mip6_binding_address(binding));
		return error;
	}
	if (binding->link)
		mip6_pool_note(&binding->link->pool, &binding->record.home_address);
	return 0;
}

static void forget_address(struct mip6_home_agent *agent, struct mip6_binding *binding)
{
	if (dm_map_get(&agent->by_address, mip6_binding_address(binding)) != binding)
		return;
	dm_map_remove(&agent->by_address, mip6_binding_address(binding));
	if (binding->delegated)
		dm_map_remove(&agent->by_prefix, mip6_binding_prefix(binding));
	if (binding->link)
		mip6_pool_give_back(&binding->link->pool, &binding->record.home_address);
}

void mip6_home_agent_drop(struct mip6_home_agent *agent, struct mip6_binding *binding)
{
	dm_timers_cancel(&agent->timers, &binding->timer);
	forget_address(agent, binding);
	if (dm_map_get(&agent->by_session, binding->record.session_id) == binding)
		dm_map_remove(&agent->by_session, binding->record.session_id);
	mip6_binding_free(binding);
}

void mip6_home_agent_arm(struct mip6_home_agent *agent, struct mip6_binding *binding)
{
	int64_t first = INT64_MAX, left;

	for (size_t i = 0; i < binding->record.association_count; i++) {
		int64_t expires = binding->record.associations[i].key_expires;

		if (expires && expires < first)
			first = expires;
	}
	if (binding->record.renew && binding->record.renew < first)
		first = binding->record.renew;
	if (binding->record.authorized && binding->record.authorized < first)
		first = binding->record.authorized;
	if (first == INT64_MAX) {
		dm_timers_cancel(&agent->timers, &binding->timer);
		return;
	}
	left = first > agent->now.wall ? first - agent->now.wall : 0;
	dm_timers_set(&agent->timers, &binding->timer, agent->now.monotonic + left * DM_SECOND);
}
