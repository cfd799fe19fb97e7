/* SPDX-License-Identifier: Apache-2.0 */
/* The command `dns`: names that are owed or not yet made, and what was done. */
#include "daemon/names.h"
#include "daemon/role.h"
#include "io/members.h"
#include "mip6/home_server/home_server.h"

struct walk {
	json_t *list;
	bool all;
};

static int append_name(const struct mip6_name_view *view, void *context)
{
	const struct store_name *name = &view->name;
	struct walk *walk = context;
	json_t *object;

	if (!walk->all && strcmp(view->state, "made") == 0)
		return 0;
	object = json_object();
	hw_json_set_octets(object, "fqdn", name->fqdn);
	hw_json_set_octets(object, "user_name", name->user_name);
	hw_json_set_prefix(object, "home_address", &name->home_address);
	hw_json_set_octets(object, "state", dm_bytes_text(view->state));
	hw_json_set_number(object, "since", (uint64_t)name->since);
	hw_json_set_number(object, "failures", view->failures);
	hw_json_set_flag(object, "under_way", view->under_way);
	hw_json_set_octets(object, "forward", dm_bytes_text(view->forward));
	hw_json_set_octets(object, "reverse", dm_bytes_text(view->reverse));
	return json_array_append_new(walk->list, object);
}

static void add_client(json_t *object, const struct hw_daemon *daemon)
{
	struct hw_dns_counts counts = { 0 };

	if (daemon->names)
		counts = hw_dns_counts(daemon->names->client);
	hw_json_set_number(object, "updates", counts.updates);
	hw_json_set_number(object, "updates_done", counts.done);
	hw_json_set_number(object, "updates_refused", counts.refused);
	hw_json_set_number(object, "updates_silent", counts.silent);
}

void hw_dns_command(struct hw_call *call)
{
	struct mip6_name_counts counts = mip6_home_server_name_counts(call->role);
	struct walk walk = { json_array(), call->request.all };
	json_t *object = json_object();

	hw_json_set_number(object, "held", counts.names);
	hw_json_set_number(object, "owed", counts.owed);
	hw_json_set_number(object, "under_way", counts.under_way);
	hw_json_set_number(object, "asked", counts.asked);
	hw_json_set_number(object, "made", counts.made);
	hw_json_set_number(object, "removed", counts.removed);
	hw_json_set_number(object, "failed", counts.failed);
	add_client(object, call->daemon);
	mip6_home_server_each_name(call->role, append_name, &walk);
	json_object_set_new(object, "names", walk.list);
	hw_call_done(call, object);
}
