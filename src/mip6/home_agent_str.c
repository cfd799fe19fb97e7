/* SPDX-License-Identifier: Apache-2.0 */
/*
 * STR of the home agent. It goes to the server that the binding is of; where that one cannot be
 * reached, once more to its realm: of several servers with one store, any of them takes it.
 */
#include "mip6/home_agent_binding.h"

#include "dict/base.dia.h"
#include "mip6/pack.h"
#include "mip6/values.h"

#include <stdlib.h>

struct sent {
	uint64_t tag;
	int32_t cause;
	uint32_t application_id; /* of the header */
	struct dm_bytes session_id, user_name, realm;
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

static bool send_to(struct mip6_home_agent *agent, const struct sent *sent, struct dm_bytes host)
{
	struct mip6_outbox *outbox = &agent->outbox;
	struct dm_str *str = mip6_outbox_take(outbox, sizeof(*str));

	if (!str)
		return false;
	str->session_id = mip6_outbox_copy(outbox, sent->session_id);
	str->origin_host = agent->common.origin_host;
	str->origin_realm = agent->common.origin_realm;
	str->destination_realm = mip6_outbox_copy(outbox, sent->realm);
	str->has.destination_host = host.size > 0;
	str->destination_host = mip6_outbox_copy(outbox, host);
	str->auth_application_id = agent->common.application_id;
	str->termination_cause = sent->cause;
	str->has.user_name = sent->user_name.size > 0;
	str->user_name = mip6_outbox_copy(outbox, sent->user_name);
	str->has.origin_state_id = agent->common.origin_state_id != 0;
	str->origin_state_id = agent->common.origin_state_id;
	return mip6_outbox_request(outbox, sent->tag, &dm_command_str, str, sent->application_id,
	                           0);
}

void mip6_home_agent_send_str(struct mip6_home_agent *agent, const struct mip6_binding *binding,
                              int32_t cause)
{
	const struct store_binding *record = &binding->record;
	struct sent *sent = malloc(sizeof(*sent) + record->session_id.size +
	                           record->user_name.size + record->server_realm.size);
	uint8_t *room;

	if (!sent)
		return;
	*sent = (struct sent){ .tag = ++agent->next_tag,
		               .cause = cause,
		               .application_id = binding->abort_application };
	room = sent->octets;
	sent->session_id = mip6_pack(&room, record->session_id);
	sent->user_name = mip6_pack(&room, record->user_name);
	sent->realm = mip6_pack(&room, record->server_realm);
	if (send_to(agent, sent, record->server_host) &&
	    dm_map_put_number(&agent->strs, sent->tag, sent) == 0)
		return;
	free(sent);
}

static bool is_unreachable(const struct dm_message *message, const struct dm_fault *fault)
{
	const struct dm_answer_message *answer = message ? message->body : NULL;

	if (!message)
		return fault && fault->result_code == DM_RESULT_DIAMETER_UNABLE_TO_DELIVER;
	return message->entry->command == &dm_command_answer_message && answer->has.result_code &&
	       answer->result_code == DM_RESULT_DIAMETER_UNABLE_TO_DELIVER;
}

/* Whatever the STA says, the binding is gone (RFC 6733 8.1, Discon). */
void mip6_home_agent_str_answered(struct mip6_home_agent *agent, uint64_t tag,
                                  const struct dm_message *message, const struct dm_fault *fault)
{
	struct sent *sent = dm_map_remove_number(&agent->strs, tag);

	if (!sent)
		return;
	if (is_unreachable(message, fault)) {
		sent->tag = ++agent->next_tag; /* nobody waits for this answer */
		send_to(agent, sent, (struct dm_bytes){ 0 });
	}
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
