/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/explain.h"

#include "io/members.h"
#include "mip6/home_server/explain.h"

/* ---- the question ---- */

/* The body of MIP6-DNS-Update for a name, in `writer`. */
static struct dm_bytes dns_update_of(struct dm_bytes name, struct dm_writer *writer)
{
	struct mip6_dns_update update = { .fqdn_size = (uint8_t)name.size };

	if (!name.size)
		return name;
	memcpy(update.fqdn, name.at, name.size);
	mip6_dns_update_write(&update, writer);
	return dm_writer_written(writer);
}

/* A NAS of our own realm, unless the question says where it comes from. */
static struct mip6_bootstrap question_of(const struct hw_call *call, struct dm_bytes dns_update)
{
	const struct hw_request *request = &call->request;
	struct dm_bytes realm = request->client.origin_realm;

	return (struct mip6_bootstrap){
		.user_name = request->attach.user_name,
		.origin_host = request->client.origin_host,
		.origin_realm = realm.size ? realm : call->daemon->config.realm,
		.nas_identifier = request->client.nas_identifier,
		.nas_ipv6_address = request->client.nas_address,
		.service_selection = request->attach.service_selection,
		.home_agent_fqdn = request->attach.home_agent_fqdn,
		.dns_update = dns_update,
		.home_agent_address = request->attach.home_agent_address,
		.home_address = request->attach.home_address,
		.home_prefix = request->attach.home_prefix,
		.local = request->client.local,
		.authorization_lifetime = UINT32_MAX,
		.session_timeout = UINT32_MAX,
	};
}

/* ---- the answer ---- */

static void set_text(json_t *object, const char *name, const char *text)
{
	if (text)
		hw_json_set_octets(object, name, dm_bytes_text(text));
}

static void append_agent(const struct mip6_explained_agent *agent, void *context)
{
	json_t *lists = context;
	json_t *object = json_object();

	hw_json_set_octets(object, "host", agent->host);
	hw_json_set_octets(object, "location", agent->location);
	hw_json_set_flag(object, "local", agent->local);
	hw_json_set_flag(object, "fits", agent->unfit == MIP6_FIT);
	set_text(object, "verdict", mip6_unfit_text(agent->unfit));
	hw_json_set_number(object, "distance", agent->distance);
	hw_json_set_flag(object, "last", agent->last);
	hw_json_set_number(object, "sessions", agent->sessions);
	hw_json_set_number(object, "weight", agent->weight);
	hw_json_set_number(object, "capacity", agent->capacity);
	json_array_append_new(json_object_get(lists, "home_agents"), object);
}

static void append_attempt(const struct mip6_explained_try *attempt, void *context)
{
	json_t *lists = context;
	json_t *object = json_object();

	hw_json_set_octets(object, "host", attempt->host);
	hw_json_set_nonzero(object, "result_code", attempt->result_code);
	set_text(object, "why", attempt->why);
	json_array_append_new(json_object_get(lists, "tries"), object);
}

static json_t *subscriber_json(const struct mip6_explanation *found)
{
	json_t *object = json_object();

	hw_json_set_flag(object, "known", found->known);
	hw_json_set_flag(object, "enabled", found->enabled);
	hw_json_set_flag(object, "mobility", found->mobility);
	hw_json_set_flag(object, "local_home_agent_asked", found->local_asked);
	hw_json_set_flag(object, "local_home_agent_allowed", found->local_allowed);
	return object;
}

static void set_protocols(json_t *object, uint8_t protocols)
{
	json_t *list = json_array();

	for (unsigned protocol = 1; protocol < 8; protocol++)
		if (protocols & 1 << protocol)
			json_array_append_new(list, json_string(hw_sa_protocol_name(protocol)));
	json_object_set_new(object, "sa_protocols", list);
}

static void set_lifetime(json_t *object, const char *name, uint32_t seconds)
{
	if (seconds != UINT32_MAX)
		hw_json_set_number(object, name, seconds);
}

/* What the MBA would say. */
static json_t *answer_json(const struct mip6_explanation *found, bool name_asked)
{
	json_t *object = json_object();

	hw_json_set_octets(object, "home_agent", found->home_agent);
	hw_json_set_octets(object, "home_agent_fqdn", found->home_agent_fqdn);
	hw_json_set_prefix(object, "home_agent_address", &found->home_agent_address);
	hw_json_set_prefix(object, "home_address", &found->home_address);
	set_text(object, "home_address_from", found->address_from);
	hw_json_set_prefix(object, "home_prefix", &found->home_prefix);
	set_text(object, "home_prefix_from", found->prefix_from);
	hw_json_set_number(object, "feature_vector", found->feature_vector);
	set_protocols(object, found->sa_protocols);
	set_lifetime(object, "authorization_lifetime", found->authorization_lifetime);
	set_lifetime(object, "session_timeout", found->session_timeout);
	hw_json_set_number(object, "key_lifetime", found->key_lifetime);
	if (name_asked)
		hw_json_set_flag(object, "dns_name_allowed", found->name_allowed);
	return object;
}

static const char *choice_name(const struct mip6_decision *decision)
{
	switch (decision->choice) {
	case MIP6_REUSE:
		return "reuse";
	case MIP6_ASSIGN:
		return decision->split ? "split" : decision->local ? "local" : "assign";
	case MIP6_ASSIGN_HINTED:
		return "hinted";
	default:
		return "refuse";
	}
}

/* Completes `result`, which holds the lists. */
static void set_explanation(json_t *result, const struct mip6_explanation *found, bool name_asked)
{
	json_object_set_new(result, "subscriber", subscriber_json(found));
	set_text(result, "session", found->session_state);
	hw_json_set_octets(result, "location", found->location);
	set_text(result, "location_by", found->rule);
	set_text(result, "choice", choice_name(&found->decision));
	if (found->decision.choice != MIP6_REFUSE)
		set_text(result, "reason", found->decision.reason);
	hw_json_set_number(result, "result_code", found->result_code);
	set_text(result, "result_name", dm_result_code_name(found->result_code));
	set_text(result, "error_message", found->text[0] ? found->text : NULL);
	if (found->result_code == DM_RESULT_DIAMETER_SUCCESS)
		json_object_set_new(result, "answer", answer_json(found, name_asked));
}

void hw_explain_mbr(struct hw_call *call)
{
	struct dm_bytes name = call->request.attach.dns_name;
	uint8_t room[MIP6_FQDN_LIMIT + 4];
	json_t *result = json_pack("{s:[], s:[]}", "home_agents", "tries");
	const struct mip6_explain_visitor visitor = { append_agent, append_attempt, result };
	struct mip6_explanation found;
	struct mip6_bootstrap question;
	struct dm_writer writer;

	dm_writer_init_fixed(&writer, room, sizeof(room));
	question = question_of(call, dns_update_of(name, &writer));
	hw_json_set_octets(result, "user_name", call->request.attach.user_name);
	mip6_home_server_explain(call->role, &question, &visitor, &found, hw_now());
	set_explanation(result, &found, name.size > 0);
	hw_call_done(call, result);
}
