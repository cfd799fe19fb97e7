/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/accounting_command.h"
#include "daemon/explain.h"
#include "daemon/names.h"
#include "daemon/role.h"
#include "daemon/subscriber_command.h"
#include "io/members.h"
#include "mip6/home_server/home_server.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

/* ---- from the configuration ---- */

static struct mip6_policy policy_of(const struct hw_config *whole)
{
	const struct hw_config_policy *config = &whole->policy;
	const int *protocol = config->sa_protocols.at;
	struct mip6_policy policy = {
		.linger = hw_seconds(config->linger),
		.authorization_lifetime = hw_seconds(config->authorization_lifetime),
		.auth_grace_period = hw_seconds(config->grace_period),
		.session_timeout = hw_seconds(config->session_timeout),
		.key_lifetime = hw_seconds(config->key_lifetime),
		.candidates = (uint8_t)config->candidates,
		.accept_hints = config->accept_hints,
		.random_keys = config->random_keys,
		.agent_timeout = config->home_agent_timeout,
		.move_after = config->move_after,
		.acct_interim = hw_seconds(whole->accounting.interim),
		.acct_realtime = whole->accounting.realtime,
		.acct_keep = hw_seconds(whole->accounting.keep),
	};

	for (size_t i = 0; i < config->sa_protocols.count; i++)
		policy.sa_protocols |= (uint8_t)(1 << (protocol[i] + 1));
	return policy;
}

static struct mip6_agent_config agent_of(const struct hw_config *config,
                                         const struct hw_config_agent *agent)
{
	enum mip6_pool_order order = (enum mip6_pool_order)config->policy.addresses;
	struct mip6_agent_config out = {
		.host = agent->identity,
		.realm = agent->realm,
		.fqdn = agent->fqdn,
		.address = agent->address,
		.location = agent->location,
		.weight = (uint32_t)agent->weight,
		.capacity = (uint32_t)agent->capacity,
		.local = agent->local,
		.link_protected = agent->trusted_path,
		.state = (enum mip6_agent_state)agent->state,
	};

	if (agent->has_prefix)
		out.home_prefix = agent->prefix;
	if (agent->has_pool)
		out.address_pool = (struct mip6_pool_config){ .prefix = agent->pool,
			                                      .item_length = 128,
			                                      .order = order };
	if (agent->has_prefix_pool)
		out.prefix_pool =
			(struct mip6_pool_config){ .prefix = agent->prefix_pool,
			                           .item_length = (uint8_t)agent->prefix_length,
			                           .order = order };
	return out;
}

static struct mip6_location_config location_of(const struct hw_config_location *location)
{
	return (struct mip6_location_config){
		.name = location->name,
		.nas_identifiers = location->nas_identifier.at,
		.nas_identifier_count = location->nas_identifier.count,
		.nas_prefixes = location->nas_prefix.at,
		.nas_prefix_count = location->nas_prefix.count,
		.origin_realms = location->realm.at,
		.origin_realm_count = location->realm.count,
		.near = location->near.at,
		.near_count = location->near.count,
	};
}

static bool reaches(void *context, struct dm_bytes realm, struct dm_bytes host)
{
	struct hw_daemon *daemon = context;

	return dm_node_reaches(daemon->node, realm, host,
	                       (uint32_t)daemon->config.numbers.application_id) &&
	       hw_path_is_open(daemon, realm, host);
}

static bool protected_path(void *context, struct dm_bytes realm, struct dm_bytes host)
{
	return hw_path_is_protected(context, realm, host);
}

/* The configuration as the role wants it; the tables are owned. */
struct wanted {
	struct mip6_home_server_config config;
	struct mip6_agent_config *agents;
	struct mip6_location_config *locations;
	struct dm_bytes *zones;
};

static void unwant(struct wanted *wanted)
{
	free(wanted->agents);
	free(wanted->locations);
	free(wanted->zones);
}

static size_t forward_zones(const struct hw_config *config, struct dm_bytes *out)
{
	const struct hw_config_zone *zones = config->zones.at;
	size_t count = 0;

	for (size_t i = 0; i < config->zones.count; i++) {
		if (!hw_zone_is_reverse(&zones[i]))
			out[count++] = zones[i].name;
	}
	return count;
}

/* False: no memory; to be released in both cases. */
static bool want(const struct hw_config *config, struct wanted *out)
{
	const struct hw_config_agent *agent = config->agents.at;
	const struct hw_config_location *location = config->locations.at;

	out->agents = calloc(config->agents.count + 1, sizeof(*out->agents));
	out->locations = calloc(config->locations.count + 1, sizeof(*out->locations));
	out->zones = calloc(config->zones.count + 1, sizeof(*out->zones));
	if (!out->agents || !out->locations || !out->zones)
		return false;
	for (size_t i = 0; i < config->agents.count; i++)
		out->agents[i] = agent_of(config, &agent[i]);
	for (size_t i = 0; i < config->locations.count; i++)
		out->locations[i] = location_of(&location[i]);
	out->config = (struct mip6_home_server_config){
		.policy = policy_of(config),
		.agents = out->agents,
		.agent_count = config->agents.count,
		.locations = out->locations,
		.location_count = config->locations.count,
		.session_limit = config->limits.sessions,
		.subscriber_limit = config->limits.subscribers,
		.dns = { .zones = out->zones,
		         .zone_count = forward_zones(config, out->zones),
		         .mba_limit = config->dns.mba_limit,
		         .places = HW_NAME_PLACES },
	};
	return true;
}

static struct mip6_role *make_from(struct hw_daemon *daemon, const struct mip6_common *common,
                                   const char **why)
{
	struct mip6_role *role = NULL;
	uint8_t randomness[32];
	struct wanted wanted;
	uint64_t block;

	if (!want(&daemon->config, &wanted)) {
		*why = "no memory";
	} else if (store_counter(daemon->store, "session-block", 1, &block)) {
		*why = store_error_text(daemon->store);
	} else if (getrandom(randomness, sizeof(randomness), 0) != sizeof(randomness)) {
		*why = "the kernel has no random octets";
	} else {
		wanted.config.session_block = block;
		wanted.config.randomness = dm_bytes_of(randomness, sizeof(randomness));
		if (store_is_shared(daemon->store))
			wanted.config.keeper = dm_bytes_text(daemon->keeper);
		wanted.config.reaches = reaches;
		wanted.config.protected_path = protected_path;
		wanted.config.context = daemon;
		role = mip6_home_server_new(&wanted.config, common, why);
	}
	unwant(&wanted);
	dm_wipe(randomness, sizeof(randomness));
	return role;
}

/* ---- another configuration ---- */

static const char *const blocks[] = { "policy", "accounting", "home-agent", "location", NULL };

/* A home agent's name is in the keys of its sessions (profile 6): nodes that were told the old one
 * would derive others. */
struct renaming {
	const struct hw_config *after;
	struct hw_report *report;
};

static int judge_name(const struct mip6_agent_view *agent, void *context)
{
	const struct renaming *renaming = context;
	const struct hw_config_agent *after = renaming->after->agents.at;

	for (size_t i = 0; agent->sessions && i < renaming->after->agents.count; i++) {
		if (!dm_bytes_equal_folded(after[i].identity, agent->host) ||
		    dm_bytes_equal_folded(after[i].fqdn, agent->fqdn))
			continue;
		hw_report_add(renaming->report,
		              hw_config_line(renaming->after, &after[i].fqdn, after[i].head.line),
		              "fqdn of home-agent \"%.*s\" has changed while %u sessions have keys "
		              "of the old one; set it draining and change it when they are gone",
		              (int)agent->host.size, (const char *)agent->host.at, agent->sessions);
	}
	return 0;
}

static int reload(struct hw_daemon *daemon, struct mip6_role *role, const struct hw_config *after,
                  struct hw_report *report)
{
	struct renaming renaming = { after, report };
	struct wanted wanted;
	const char *why = "no memory";
	int error = -ENOMEM;

	(void)daemon;
	mip6_home_server_each_agent(role, judge_name, &renaming);
	if (report->found)
		return -EINVAL;
	if (want(after, &wanted))
		error = mip6_home_server_reconfigure(role, &wanted.config, hw_now(), &why);
	unwant(&wanted);
	if (error)
		hw_report_add(report, 0, "%s", why);
	return error;
}

static struct mip6_role *make(struct hw_daemon *daemon, const struct mip6_common *common,
                              const char **why)
{
	struct mip6_role *role = make_from(daemon, common, why);

	if (role && hw_home_server_restore(daemon, role)) {
		*why = "what the store holds cannot be taken up";
		role->class->free(role);
		return NULL;
	}
	return role;
}

/* ---- looking ---- */

static json_t *status(struct mip6_role *role)
{
	struct mip6_home_server_counts counts = mip6_home_server_counts(role);
	json_t *object = json_object();

	hw_json_set_number(object, "subscribers", counts.subscribers);
	hw_json_set_number(object, "sessions", counts.sessions);
	hw_json_set_number(object, "accesses", counts.accesses);
	hw_json_set_number(object, "clients", counts.clients);
	hw_json_set_number(object, "granted", counts.granted);
	hw_json_set_number(object, "reused", counts.reused);
	hw_json_set_number(object, "refused", counts.refused);
	hw_json_set_number(object, "failed", counts.failed);
	hw_json_set_number(object, "records", counts.records);
	return object;
}

/* What of it is an operator's word and not the configuration's. */
static json_t *set_of(const struct mip6_agent_override *override)
{
	json_t *set = json_array();

	if (override->has_state)
		json_array_append_new(set, json_string("state"));
	if (override->has_weight)
		json_array_append_new(set, json_string("weight"));
	if (override->has_capacity)
		json_array_append_new(set, json_string("capacity"));
	return set;
}

static int append_agent(const struct mip6_agent_view *agent, void *list)
{
	json_t *object = json_object();

	hw_json_set_octets(object, "host", agent->host);
	hw_json_set_octets(object, "realm", agent->realm);
	hw_json_set_octets(object, "fqdn", agent->fqdn);
	hw_json_set_octets(object, "location", agent->location);
	hw_json_set_prefix(object, "address", &agent->address);
	hw_json_set_octets(object, "state", dm_bytes_text(mip6_agent_state_name(agent->state)));
	hw_json_set_flag(object, "reachable", agent->reachable);
	hw_json_set_flag(object, "full", agent->full);
	hw_json_set_flag(object, "hinted", agent->hinted);
	hw_json_set_flag(object, "left", agent->left);
	hw_json_set_number(object, "weight", agent->weight);
	hw_json_set_number(object, "capacity", agent->capacity);
	json_object_set_new(object, "set", set_of(&agent->override));
	hw_json_set_number(object, "sessions", agent->sessions);
	hw_json_set_number(object, "pool_size", agent->pool_size);
	hw_json_set_number(object, "pool_taken", agent->pool_taken);
	hw_json_set_number(object, "prefix_size", agent->prefix_size);
	hw_json_set_number(object, "prefix_taken", agent->prefix_taken);
	hw_json_set_number(object, "assigned", agent->assigned);
	hw_json_set_number(object, "failed", agent->failed);
	return json_array_append_new(list, object);
}

static void run_agents(struct hw_call *call)
{
	json_t *list = json_array();

	mip6_home_server_each_agent(call->role, append_agent, list);
	hw_call_done(call, list);
}

static void run_agents_set(struct hw_call *call)
{
	const struct hw_request *request = &call->request;
	json_t *result = json_object();
	uint64_t tag;

	hw_json_set_octets(result, "host", request->host);
	tag = hw_call_later(call, result);
	if (tag)
		mip6_home_server_set_agent(call->role, request->host, &request->setting, tag,
		                           hw_now());
}

static const struct hw_command_row commands[] = {
	{ HW_COMMAND_SESSIONS, hw_sessions_command },
	{ HW_COMMAND_SESSIONS_ABORT, hw_sessions_order },
	{ HW_COMMAND_SESSIONS_REAUTHORIZE, hw_sessions_order },
	{ HW_COMMAND_SESSIONS_REKEY, hw_sessions_order },
	{ HW_COMMAND_AGENTS, run_agents },
	{ HW_COMMAND_AGENTS_SET, run_agents_set },
	{ HW_COMMAND_AGENTS_MOVE, hw_agents_move },
	{ HW_COMMAND_EXPLAIN_MBR, hw_explain_mbr },
	{ HW_COMMAND_DNS, hw_dns_command },
	{ HW_COMMAND_ACCOUNTING_REPORT, hw_accounting_report },
	{ HW_COMMAND_SUBSCRIBER_ADD, hw_run_put_subscribers },
	{ HW_COMMAND_SUBSCRIBER_IMPORT, hw_run_import },
	{ HW_COMMAND_SUBSCRIBER_LIST, hw_run_subscriber_list },
	{ HW_COMMAND_SUBSCRIBER_ENABLE, hw_run_enable_subscriber },
	{ HW_COMMAND_SUBSCRIBER_DISABLE, hw_run_enable_subscriber },
	{ HW_COMMAND_SUBSCRIBER_DELETE, hw_run_delete_subscriber },
	{ 0, NULL },
};

const struct hw_role_ops hw_role_home_server = {
	.kind = HW_ROLE_HOME_SERVER,
	.make = make,
	.start = mip6_home_server_start,
	.reload = reload,
	.blocks = blocks,
	.status = status,
	.commands = commands,
};
