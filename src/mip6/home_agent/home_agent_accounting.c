/* SPDX-License-Identifier: Apache-2.0 */
/* Accounting for bindings (RFC 5778 6.21): a binding's session begins with its installation. */
#include "home_agent_binding.h"

/* A binding that must not be without accounting ends; what is under way goes first, and the next
 * record that fails ends it then. */
static void refused(void *context, struct dm_bytes session_id, const char *why)
{
	struct mip6_home_agent *agent = context;
	struct mip6_binding *binding = dm_map_get(&agent->by_session, session_id);

	(void)why; /* in an event already */
	if (!binding || binding->busy)
		return;
	binding->unaccounted = true;
	mip6_home_agent_remove(agent, binding);
}

/* A home agent has answered MHR when the record leaves: nothing waits for it. */
static void granted(void *context, struct dm_bytes session_id)
{
	(void)context;
	(void)session_id;
}

static bool lives(void *context, struct dm_bytes session_id)
{
	const struct mip6_home_agent *agent = context;

	return dm_map_get(&agent->by_session, session_id) != NULL;
}

void mip6_home_agent_init_accounting(struct mip6_home_agent *agent,
                                     const struct mip6_accounting_config *config)
{
	const struct mip6_accounting_events events = { granted, refused, agent };

	mip6_accounting_init(&agent->accounting, STORE_ACCOUNTED_HOME_AGENT, config, &agent->outbox,
	                     &agent->common, &events);
}

void mip6_home_agent_account(struct mip6_home_agent *agent, const struct mip6_binding *binding)
{
	const struct store_binding *record = &binding->record;
	const struct mip6_accounted_session session = {
		.session_id = record->session_id,
		.user_name = record->user_name,
		.acct_multi_session_id = record->acct_multi_session_id,
		.server_host = record->server_host,
		.server_realm = record->server_realm,
		.home_address = record->home_address,
		.started = agent->now.wall,
		.interim_interval = binding->acct_interim,
		.realtime = binding->acct_realtime,
	};

	mip6_accounting_begin(&agent->accounting, &session, agent->now);
}

static void account_visited(void *value, void *context)
{
	const struct mip6_binding *binding = value;
	struct mip6_home_agent *agent = context;

	if (!mip6_accounting_has(&agent->accounting, binding->record.session_id))
		mip6_home_agent_account(agent, binding);
}

void mip6_home_agent_start_accounting(struct mip6_home_agent *agent)
{
	mip6_accounting_start(&agent->accounting, lives, agent->now);
	dm_map_each(&agent->by_session, account_visited, agent);
}

struct mip6_accounting *mip6_home_agent_accounting(struct mip6_role *role)
{
	return &((struct mip6_home_agent *)role)->accounting;
}
