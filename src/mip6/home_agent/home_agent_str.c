/* SPDX-License-Identifier: Apache-2.0 */
/*
 * STR of the home agent. It goes to the server that the binding is of; where that one cannot be
 * reached, once more to its realm: of several servers with one store, any of them takes it. Where
 * Application-Id 0, which the draft says, is refused on the way, it goes once more with our own.
 */
#include "home_agent_binding.h"

#include "dict/base.dia.h"
#include "mip6/pack.h"
#include "mip6/values.h"

#include <stdlib.h>

struct sent {
	uint64_t tag;
	int32_t cause;
	uint32_t application_id; /* of the header */
	bool anywhere;           /* to any server of the realm */
	struct dm_bytes session_id, user_name, realm, host;
	uint8_t octets[];
};

bool mip6_home_agent_obeys(const struct mip6_home_agent *agent, const struct store_binding *record,
                           struct dm_bytes host, struct dm_bytes realm)
{
	if (dm_bytes_equal_folded(record->server_host, host))
		return true;
	for (size_t i = 0; i < agent->server_count; i++)
		if (mip6_glob(agent->servers[i], host))
			return dm_bytes_equal_folded(record->server_realm, realm);
	return agent->server_count == 0 && dm_bytes_equal_folded(record->server_realm, realm);
}

/* Under a new tag, so that its answer is known; false: it could not be sent. */
static bool send_to(struct mip6_home_agent *agent, struct sent *sent)
{
	struct mip6_outbox *outbox = &agent->outbox;
	struct dm_str *str = mip6_outbox_take(outbox, sizeof(*str));

	sent->tag = ++agent->next_tag;
	if (!str || dm_map_put_number(&agent->strs, sent->tag, sent) != 0)
		return false;
	str->session_id = mip6_outbox_copy(outbox, sent->session_id);
	str->origin_host = agent->common.origin_host;
	str->origin_realm = agent->common.origin_realm;
	str->destination_realm = mip6_outbox_copy(outbox, sent->realm);
	str->has.destination_host = sent->host.size > 0 && !sent->anywhere;
	str->destination_host = mip6_outbox_copy(outbox, sent->host);
	str->auth_application_id = agent->common.application_id;
	str->termination_cause = sent->cause;
	str->has.user_name = sent->user_name.size > 0;
	str->user_name = mip6_outbox_copy(outbox, sent->user_name);
	str->has.origin_state_id = agent->common.origin_state_id != 0;
	str->origin_state_id = agent->common.origin_state_id;
	if (mip6_outbox_request(outbox, sent->tag, &dm_command_str, str, sent->application_id, 0))
		return true;
	dm_map_remove_number(&agent->strs, sent->tag);
	return false;
}

void mip6_home_agent_send_str(struct mip6_home_agent *agent, const struct mip6_binding *binding,
                              int32_t cause)
{
	const struct store_binding *record = &binding->record;
	struct sent *sent =
		malloc(sizeof(*sent) + record->session_id.size + record->user_name.size +
	               record->server_realm.size + record->server_host.size);
	uint8_t *room;

	if (!sent)
		return;
	*sent = (struct sent){ .cause = cause, .application_id = binding->abort_application };
	if (!sent->application_id)
		sent->application_id = agent->base_application;
	room = sent->octets;
	sent->session_id = mip6_pack(&room, record->session_id);
	sent->user_name = mip6_pack(&room, record->user_name);
	sent->realm = mip6_pack(&room, record->server_realm);
	sent->host = mip6_pack(&room, record->server_host);
	if (!send_to(agent, sent))
		free(sent);
}

/* Of a STA nothing counts: whatever it says, the binding is gone (RFC 6733 8.1, Discon). */
static uint32_t protocol_error(const struct dm_message *message, const struct dm_fault *fault)
{
	const struct dm_answer_message *answer = message ? message->body : NULL;

	if (!message)
		return fault ? fault->result_code : 0;
	if (message->entry->command != &dm_command_answer_message || !answer->has.result_code)
		return 0;
	return answer->result_code;
}

static bool is_worth_another(struct mip6_home_agent *agent, struct sent *sent, uint32_t code)
{
	uint32_t own = agent->common.application_id;

	if (code == DM_RESULT_DIAMETER_APPLICATION_UNSUPPORTED && sent->application_id != own) {
		sent->application_id = agent->base_application = own;
		return true;
	}
	if (code != DM_RESULT_DIAMETER_UNABLE_TO_DELIVER || sent->anywhere || !sent->host.size)
		return false;
	sent->anywhere = true;
	return true;
}

void mip6_home_agent_str_answered(struct mip6_home_agent *agent, uint64_t tag,
                                  const struct dm_message *message, const struct dm_fault *fault)
{
	struct sent *sent = dm_map_remove_number(&agent->strs, tag);

	if (!sent)
		return;
	if (!is_worth_another(agent, sent, protocol_error(message, fault)) || !send_to(agent, sent))
		free(sent);
}

static void free_sent(void *value, void *context)
{
	(void)context;
	free(value);
}

void mip6_home_agent_forget_strs(struct mip6_home_agent *agent)
{
	dm_map_each(&agent->strs, free_sent, NULL);
	dm_map_fini(&agent->strs);
}
