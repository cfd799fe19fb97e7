/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands about mobility sessions: the list, and orders (docs/control.md). Of several servers
 * on one store each tells of all sessions: the list is what the store holds.
 */
#include "daemon/role.h"
#include "io/members.h"
#include "mip6/home_server/home_server.h"
#include "mip6/home_server/sessions.h"

#include <errno.h>

#define SESSION_LIMIT 100000 /* of the store: the loop waits while they are read */

static int append_access(const struct store_access *access, void *list)
{
	json_t *object = json_object();

	hw_json_set_octets(object, "session_id", access->session_id);
	hw_json_set_octets(object, "origin_host", access->origin_host);
	hw_json_set_octets(object, "origin_realm", access->origin_realm);
	hw_json_set_octets(object, "nas_identifier", access->nas_identifier);
	hw_json_set_number(object, "opened", (uint64_t)access->opened);
	hw_json_set_nonzero(object, "expires", (uint64_t)access->expires);
	return json_array_append_new(list, object);
}

static json_t *session_json(const struct store_session *session, const char *state)
{
	json_t *object = json_object();

	hw_json_set_number(object, "id", session->id);
	hw_json_set_octets(object, "user_name", session->user_name);
	hw_json_set_octets(object, "service_selection", session->service_selection);
	hw_json_set_octets(object, "state", dm_bytes_text(state));
	hw_json_set_octets(object, "home_agent", session->home_agent);
	hw_json_set_octets(object, "home_agent_realm", session->home_agent_realm);
	hw_json_set_octets(object, "home_agent_fqdn", session->home_agent_fqdn);
	hw_json_set_prefix(object, "home_agent_address", &session->home_agent_address);
	hw_json_set_octets(object, "home_agent_session", session->home_agent_session);
	hw_json_set_octets(object, "acct_multi_session_id", session->acct_multi_session_id);
	hw_json_set_octets(object, "fqdn", session->fqdn);
	hw_json_set_prefix(object, "home_address", &session->home_address);
	hw_json_set_prefix(object, "home_prefix", &session->home_prefix);
	hw_json_set_number(object, "feature_vector", session->feature_vector);
	hw_json_set_number(object, "key_epoch", session->key_epoch);
	if (session->random_key.size)
		hw_json_set_flag(object, "random_keys", true);
	hw_json_set_nonzero(object, "key_expires", (uint64_t)session->key_expires);
	hw_json_set_number(object, "created", (uint64_t)session->created);
	hw_json_set_nonzero(object, "linger_until", (uint64_t)session->linger_until);
	return object;
}

/* ---- of this server alone: what it has in memory ---- */

struct walk {
	struct mip6_role *role;
	json_t *list;
};

static int append_session(const struct mip6_session_view *view, void *context)
{
	struct walk *walk = context;
	json_t *object = session_json(&view->session, view->state);
	json_t *accesses = json_array();

	hw_json_set_number(object, "access_count", view->access_count);
	mip6_home_server_each_access(walk->role, view->session.id, append_access, accesses);
	json_object_set_new(object, "accesses", accesses);
	return json_array_append_new(walk->list, object);
}

/* ---- of all servers: what the store holds ---- */

struct stored {
	json_t *list;
	struct dm_map by_id; /* objects of the list, borrowed */
};

static int append_stored(const struct store_session *session, void *context)
{
	struct stored *stored = context;
	json_t *object;

	if (stored->by_id.count >= SESSION_LIMIT)
		return -EFBIG;
	object = session_json(session, mip6_session_state_name(session->state));
	hw_json_set_octets(object, "keeper", session->keeper);
	json_object_set_new(object, "accesses", json_array());
	if (json_array_append_new(stored->list, object))
		return -ENOMEM;
	return dm_map_put_number(&stored->by_id, session->id, object);
}

/* A session that ended between the two walks has left none behind. */
static int append_stored_access(const struct store_access *access, void *context)
{
	const struct stored *stored = context;
	json_t *object = dm_map_get_number(&stored->by_id, access->session);

	return object ? append_access(access, json_object_get(object, "accesses")) : 0;
}

static void count_accesses(void *value, void *context)
{
	(void)context;
	hw_json_set_number(value, "access_count",
	                   json_array_size(json_object_get(value, "accesses")));
}

static void tell_stored(struct hw_call *call)
{
	struct store *store = call->daemon->store;
	struct stored stored = { .list = json_array() };
	int error;

	dm_map_init(&stored.by_id, (uint64_t)call->daemon->started, false);
	error = store_each_session(store, append_stored, &stored);
	if (!error)
		error = store_each_access(store, append_stored_access, &stored);
	dm_map_each(&stored.by_id, count_accesses, NULL);
	dm_map_fini(&stored.by_id);
	if (!error) {
		hw_call_done(call, stored.list);
		return;
	}
	json_decref(stored.list);
	if (error == -EFBIG)
		hw_call_fail(call, 1, "there are more than %d sessions; ask the database",
		             SESSION_LIMIT);
	else
		hw_call_fail(call, 1, "the sessions cannot be read: %s",
		             error == -ENOMEM ? "no memory" : store_error_text(store));
}

void hw_sessions_command(struct hw_call *call)
{
	struct walk walk = { call->role, NULL };

	if (store_is_shared(call->daemon->store)) {
		tell_stored(call);
		return;
	}
	walk.list = json_array();
	mip6_home_server_each_session(call->role, append_session, &walk);
	hw_call_done(call, walk.list);
}

/* ---- orders ---- */

static enum mip6_operator_order order_of(enum hw_command command)
{
	if (command == HW_COMMAND_SESSIONS_ABORT)
		return MIP6_OPERATOR_ABORT;
	return command == HW_COMMAND_SESSIONS_REKEY ? MIP6_OPERATOR_REKEY
	                                            : MIP6_OPERATOR_REAUTHORIZE;
}

static uint64_t later_with(struct hw_call *call, const char *member, struct dm_bytes name)
{
	json_t *result = json_object();

	hw_json_set_octets(result, member, name);
	return hw_call_later(call, result);
}

void hw_sessions_order(struct hw_call *call)
{
	const struct hw_request *request = &call->request;
	uint64_t tag = later_with(call, "name", request->name);

	if (tag)
		mip6_home_server_order_all(
			call->role, order_of(request->command), request->name,
			request->has_service_selection ? &request->service_selection : NULL, tag,
			hw_now());
}

void hw_agents_move(struct hw_call *call)
{
	uint64_t tag = later_with(call, "host", call->request.host);

	if (tag)
		mip6_home_server_move_all(call->role, call->request.host, tag, hw_now());
}
