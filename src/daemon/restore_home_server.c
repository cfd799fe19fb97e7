/* SPDX-License-Identifier: Apache-2.0 */
/* The home server's working set, from the store at start. */
#include "daemon/role.h"
#include "mip6/home_server/home_server.h"
#include "mip6/home_server/names.h"

struct restore {
	struct hw_daemon *daemon;
	struct mip6_role *role;
};

/* The store's own audit finds what contradicts itself: here it is only named. */
static int judge(struct restore *restore, const char *what, struct dm_bytes name, int error)
{
	struct dm_log_field fields[] = { { "record", name }, { NULL } };

	if (error)
		dm_log_line(&restore->daemon->log, DM_LOG_ERROR, "store", fields,
		            "a %s of the store cannot be taken up: %s", what, strerror(-error));
	return error;
}

static int restore_subscriber(const struct store_subscriber *subscriber, void *context)
{
	struct restore *restore = context;

	return judge(restore, "subscriber", subscriber->user_name,
	             mip6_home_server_restore_subscriber(restore->role, subscriber));
}

static int restore_session(const struct store_session *session, void *context)
{
	struct restore *restore = context;

	return judge(restore, "mobility session", session->user_name,
	             mip6_home_server_restore_session(restore->role, session));
}

static int restore_access(const struct store_access *access, void *context)
{
	struct restore *restore = context;

	return judge(restore, "access session", access->session_id,
	             mip6_home_server_restore_access(restore->role, access));
}

static int restore_name(const struct store_name *name, void *context)
{
	struct restore *restore = context;

	return judge(restore, "name in DNS", name->fqdn,
	             mip6_home_server_restore_name(restore->role, name));
}

/* A removal can be done by any server, and twice. */
static int restore_owed_name(const struct store_name *name, void *context)
{
	return name->state == MIP6_NAME_OWED ? restore_name(name, context) : 0;
}

static int restore_agent(const struct store_agent *agent, void *context)
{
	struct restore *restore = context;

	return judge(restore, "setting of a home agent", agent->host,
	             mip6_home_server_restore_agent(restore->role, agent));
}

int hw_home_server_restore(struct hw_daemon *daemon, struct mip6_role *role)
{
	struct restore context = { daemon, role };
	int error = 0;

	/* Of a shared store, records come as they are needed. */
	if (store_is_shared(daemon->store)) {
		error = store_each_agent(daemon->store, restore_agent, &context);
		return error ? error : store_each_name(daemon->store, restore_owed_name, &context);
	}
	error = store_each_subscriber(daemon->store, restore_subscriber, &context);
	if (!error)
		error = store_each_agent(daemon->store, restore_agent, &context);
	if (!error)
		error = store_each_session(daemon->store, restore_session, &context);
	if (!error)
		error = store_each_access(daemon->store, restore_access, &context);
	if (!error)
		error = store_each_name(daemon->store, restore_name, &context);
	return error;
}
