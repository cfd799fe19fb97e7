/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/role.h"
#include "io/members.h"
#include "mip6/home_agent/home_agent.h"

#include <errno.h>
#include <stdlib.h>

static struct mip6_link_config link_of(const struct hw_config_link *config)
{
	struct mip6_link_config link = { .prefix = config->prefix };

	if (config->has_address)
		link.address = config->address;
	if (config->has_pool)
		link.pool = (struct mip6_pool_config){
			.prefix = config->pool,
			.item_length = 128,
			.order = (enum mip6_pool_order)config->addresses,
		};
	return link;
}

static struct mip6_role *make_from(const struct hw_config *config, const struct mip6_common *common,
                                   struct mip6_link_config *links, const char **why)
{
	const struct hw_config_link *link = config->links.at;
	struct mip6_home_agent_config agent = {
		.links = links,
		.link_count = config->links.count,
		.capacity = (uint32_t)config->home_agent_role.capacity,
		.servers = config->home_agent_role.servers.at,
		.server_count = config->home_agent_role.servers.count,
		.fqdn = config->home_agent_role.fqdn,
		.accounting = hw_accounting_config(config),
	};

	for (size_t i = 0; i < config->links.count; i++)
		links[i] = link_of(&link[i]);
	return mip6_home_agent_new(&agent, common, why);
}

static int restore_binding(const struct store_binding *binding, void *role)
{
	return mip6_home_agent_restore_binding(role, binding);
}

static struct mip6_role *make(struct hw_daemon *daemon, const struct mip6_common *common,
                              const char **why)
{
	struct mip6_link_config *links = calloc(daemon->config.links.count + 1, sizeof(*links));
	struct mip6_role *role = links ? make_from(&daemon->config, common, links, why) : NULL;

	free(links);
	if (role && (store_each_binding(daemon->store, restore_binding, role) ||
	             hw_accounting_restore(daemon, mip6_home_agent_accounting(role)))) {
		*why = "the bindings that the store holds cannot be taken up";
		role->class->free(role);
		return NULL;
	}
	return role;
}

static json_t *status(struct mip6_role *role)
{
	json_t *object = json_pack("{s:I}", "bindings", (json_int_t)mip6_home_agent_count(role));

	hw_accounting_status(object, mip6_home_agent_accounting(role));
	return object;
}

static json_t *association_json(const struct store_association *association)
{
	json_t *object = json_object();

	hw_json_set_octets(object, "protocol",
	                   dm_bytes_text(hw_sa_protocol_name(association->sa_protocol)));
	hw_json_set_number(object, "key_epoch", association->key_epoch);
	hw_json_set_octets(object, "key_name", association->key_name);
	hw_json_set_nonzero(object, "spi", association->spi);
	hw_json_set_nonzero(object, "key_expires", (uint64_t)association->key_expires);
	return object;
}

static int append_binding(const struct store_binding *binding, void *list)
{
	json_t *object = json_object();
	json_t *associations = json_array();

	hw_json_set_octets(object, "session_id", binding->session_id);
	hw_json_set_octets(object, "user_name", binding->user_name);
	hw_json_set_octets(object, "server_host", binding->server_host);
	hw_json_set_octets(object, "server_realm", binding->server_realm);
	hw_json_set_octets(object, "acct_multi_session_id", binding->acct_multi_session_id);
	hw_json_set_prefix(object, "home_address", &binding->home_address);
	hw_json_set_prefix(object, "home_prefix", &binding->home_prefix);
	for (size_t i = 0; i < binding->association_count; i++)
		json_array_append_new(associations, association_json(&binding->associations[i]));
	json_object_set_new(object, "associations", associations);
	return json_array_append_new(list, object);
}

static void run_bindings(struct hw_call *call)
{
	json_t *list = json_array();

	mip6_home_agent_each_binding(call->role, append_binding, list);
	hw_call_done(call, list);
}

static void run_bindings_end(struct hw_call *call)
{
	const struct hw_request *request = &call->request;
	int error = mip6_home_agent_end_binding(call->role, request->session_id, request->left,
	                                        hw_now());

	if (error == -ENOENT)
		hw_call_fail(call, 1, "no binding of session \"%.*s\"; bindings lists them",
		             (int)request->session_id.size, (const char *)request->session_id.at);
	else if (error)
		hw_call_fail(call, 1, "the binding is just being changed; try again");
	else
		hw_call_done(call, json_object());
}

static void run_bootstrap(struct hw_call *call)
{
	uint64_t tag;

	if (call->daemon->phase != HW_PHASE_RUNNING) {
		hw_call_fail(call, 1, "this home agent is stopping; ask another");
		return;
	}
	tag = hw_call_later(call, NULL);
	if (tag)
		mip6_home_agent_bootstrap(call->role, call->request.user_name,
		                          call->request.attach.service_selection, tag, hw_now());
}

static const struct hw_command_row commands[] = {
	{ HW_COMMAND_BINDINGS, run_bindings },
	{ HW_COMMAND_BINDINGS_END, run_bindings_end },
	{ HW_COMMAND_BOOTSTRAP, run_bootstrap },
	{ 0, NULL },
};

static int reload(struct hw_daemon *daemon, struct mip6_role *role, const struct hw_config *after,
                  struct hw_report *report)
{
	(void)daemon;
	(void)report;
	hw_accounting_reload(mip6_home_agent_accounting(role), after);
	return 0;
}

const struct hw_role_ops hw_role_home_agent = {
	.kind = HW_ROLE_HOME_AGENT,
	.make = make,
	.start = mip6_home_agent_start,
	.reload = reload,
	.blocks = hw_accounting_blocks,
	.status = status,
	.commands = commands,
};
