/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/accounting_command.h"
#include "daemon/role.h"
#include "io/members.h"
#include "mip6/nas/nas.h"

static int restore_attachment(const struct store_attachment *attachment, void *role)
{
	return mip6_nas_restore_attachment(role, attachment);
}

static struct mip6_role *make(struct hw_daemon *daemon, const struct mip6_common *common,
                              const char **why)
{
	const struct hw_config_nas *config = &daemon->config.nas;
	struct mip6_nas_config nas = {
		.nas_identifier = config->identifier,
		.nas_ip_address = config->has_ip_address ? config->ip_address : NULL,
		.nas_ipv6_address = config->has_ipv6_address ? config->ipv6_address : NULL,
		.has_nas_port_type = config->has_port_type,
		.nas_port_type = (int32_t)config->port_type,
		.called_station_id = config->called_station_id,
		.service_selection = config->service_selection,
		.default_realm = config->default_realm,
		.local_home_agent_fqdn = config->local_fqdn,
		.attachment_limit = daemon->config.limits.attachments,
		.request_timeout = config->request_timeout,
		.accounting = hw_accounting_config(&daemon->config),
	};
	struct mip6_role *role;

	if (config->has_local_address)
		nas.local_home_agent_address = config->local_address;
	role = mip6_nas_new(&nas, common, why);
	if (role && (store_each_attachment(daemon->store, restore_attachment, role) ||
	             hw_accounting_restore(daemon, mip6_nas_accounting(role)))) {
		*why = "the attachments that the store holds cannot be taken up";
		role->class->free(role);
		return NULL;
	}
	return role;
}

static json_t *status(struct mip6_role *role)
{
	json_t *object = json_pack("{s:I}", "attachments", (json_int_t)mip6_nas_count(role));

	hw_accounting_status(object, mip6_nas_accounting(role));
	return object;
}

/* ---- an attachment ---- */

static json_t *associations_json(const struct mip6_result *result)
{
	json_t *list = json_array();

	for (size_t i = 0; i < result->association_count; i++) {
		const struct mip6_association *association = &result->associations[i];
		json_t *object = json_object();

		hw_json_set_octets(object, "protocol",
		                   dm_bytes_text(hw_sa_protocol_name(association->protocol)));
		hw_json_set_nonzero(object, "epoch", association->epoch);
		hw_json_set_nonzero(object, "spi", association->spi);
		json_array_append_new(list, object);
	}
	return list;
}

static void add_answer(json_t *object, const struct mip6_result *result)
{
	hw_json_set_octets(object, "server_host", result->server_host);
	hw_json_set_octets(object, "server_realm", result->server_realm);
	hw_json_set_octets(object, "error_message", result->error_message);
	hw_json_set_octets(object, "error_reporting_host", result->error_reporting_host);
	if (result->result_code) {
		hw_json_set_number(object, "result_code", result->result_code);
		hw_json_set_octets(object, "result_name",
		                   dm_bytes_text(dm_result_code_name(result->result_code)));
	}
	if (result->failed_avp.size)
		json_object_set_new(object, "failed_avp", hw_json_hex(result->failed_avp));
}

static void add_service(json_t *object, const struct mip6_result *result)
{
	hw_json_set_octets(object, "home_agent_fqdn", result->home_agent_fqdn);
	hw_json_set_prefix(object, "home_agent_address", &result->home_agent_address);
	hw_json_set_prefix(object, "home_address", &result->home_address);
	hw_json_set_prefix(object, "home_prefix", &result->home_prefix);
	if (result->has_feature_vector)
		hw_json_set_number(object, "feature_vector", result->feature_vector);
	if (result->dns_status >= 0)
		hw_json_set_number(object, "dns_status", (uint64_t)result->dns_status);
	if (result->association_count)
		json_object_set_new(object, "associations", associations_json(result));
}

json_t *hw_nas_result_json(const struct mip6_result *result)
{
	json_t *object = json_object();

	hw_json_set_octets(object, "outcome", dm_bytes_text(mip6_outcome_name(result->outcome)));
	hw_json_set_octets(object, "session_id", result->session_id);
	hw_json_set_octets(object, "user_name", result->user_name);
	hw_json_set_octets(object, "interface", result->interface);
	add_answer(object, result);
	add_service(object, result);
	hw_json_set_nonzero(object, "authorization_lifetime", result->authorization_lifetime);
	hw_json_set_nonzero(object, "session_timeout", result->session_timeout);
	json_object_set_new(object, "duration_ms",
	                    json_real((double)result->duration / (double)DM_MILLISECOND));
	hw_json_set_nonzero(object, "opened", (uint64_t)result->opened);
	hw_json_set_nonzero(object, "expires", (uint64_t)result->expires);
	return object;
}

/* ---- commands ---- */

static void run_attach(struct hw_call *call)
{
	uint64_t tag;

	if (call->daemon->phase != HW_PHASE_RUNNING) {
		hw_call_fail(call, 1, "this NAS is stopping; attach elsewhere");
		return;
	}
	tag = hw_call_later(call, NULL);
	if (tag)
		mip6_nas_attach(call->role, &call->request.attach, tag, hw_now());
}

static void run_detach(struct hw_call *call)
{
	const struct hw_request *request = &call->request;
	uint64_t tag;

	if (request->usage.told && !hw_usage_tell(call))
		return;
	tag = hw_call_later(call, NULL);
	if (tag)
		mip6_nas_detach(call->role, request->session_id, request->user_name,
		                request->interface, request->termination_cause, tag, hw_now());
}

static int append_attachment(const struct mip6_result *result, void *list)
{
	return json_array_append_new(list, hw_nas_result_json(result));
}

static void run_attachments(struct hw_call *call)
{
	json_t *list = json_array();

	mip6_nas_each_attachment(call->role, append_attachment, list);
	hw_call_done(call, list);
}

static const struct hw_command_row commands[] = {
	{ HW_COMMAND_ATTACH, run_attach },
	{ HW_COMMAND_DETACH, run_detach },
	{ HW_COMMAND_ATTACHMENTS, run_attachments },
	{ HW_COMMAND_USAGE, hw_usage },
	{ 0, NULL },
};

static int reload(struct hw_daemon *daemon, struct mip6_role *role, const struct hw_config *after,
                  struct hw_report *report)
{
	(void)daemon;
	(void)report;
	hw_accounting_reload(mip6_nas_accounting(role), after);
	return 0;
}

const struct hw_role_ops hw_role_nas = {
	.kind = HW_ROLE_NAS,
	.make = make,
	.start = mip6_nas_start,
	.reload = reload,
	.blocks = hw_accounting_blocks,
	.status = status,
	.commands = commands,
};
