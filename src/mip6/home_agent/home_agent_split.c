/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The home agent as the client of MBR (profile 5, split scenario). Its MBA is told as a MHR, so
 * that what it brings is checked and installed like one. The Session-Id is that of an access
 * session.
 */
#include "home_agent_binding.h"

#include "dict/mip6.dia.h"
#include "mip6/pack.h"
#include "mip6/values.h"

#include <errno.h>
#include <stdlib.h>

#define FIRST_PAUSE 5
#define LONG_PAUSE  160

/* A MBR under way. */
struct ask {
	uint64_t number;
	bool again;   /* of a session that there is, or was */
	bool has_tag; /* an operator waits */
	uint64_t tag;
	dm_time started;
	struct dm_bytes session_id, user_name, realm, host, service;
	uint8_t octets[];
};

static struct ask *ask_new(struct mip6_home_agent *agent, const struct ask *from)
{
	struct ask *ask = malloc(sizeof(*ask) + from->session_id.size + from->user_name.size +
	                         from->realm.size + from->host.size + from->service.size);
	uint8_t *room;

	if (!ask)
		return NULL;
	*ask = *from;
	room = ask->octets;
	ask->number = ++agent->next_tag;
	ask->started = agent->now.monotonic;
	ask->session_id = mip6_pack(&room, from->session_id);
	ask->user_name = mip6_pack(&room, from->user_name);
	ask->realm = mip6_pack(&room, from->realm);
	ask->host = mip6_pack(&room, from->host);
	ask->service = mip6_pack(&room, from->service);
	if (dm_map_put_number(&agent->asks, ask->number, ask) == 0)
		return ask;
	free(ask);
	return NULL;
}

static bool send_mbr(struct mip6_home_agent *agent, const struct ask *from)
{
	struct mip6_outbox *outbox = &agent->outbox;
	struct mip6_mbr *mbr = mip6_outbox_take(outbox, sizeof(*mbr));
	struct ask *ask = mbr ? ask_new(agent, from) : NULL;

	if (!ask)
		return false;
	mbr->session_id = mip6_outbox_copy(outbox, ask->session_id);
	mbr->auth_application_id = agent->common.application_id;
	mbr->origin_host = agent->common.origin_host;
	mbr->origin_realm = agent->common.origin_realm;
	mbr->destination_realm = mip6_outbox_copy(outbox, ask->realm);
	mbr->has.destination_host = ask->host.size > 0;
	mbr->destination_host = mip6_outbox_copy(outbox, ask->host);
	mbr->auth_request_type = DM_AUTH_REQUEST_TYPE_AUTHORIZE_ONLY;
	mbr->has.user_name = mbr->has.mip6_home_agent_fqdn = true;
	mbr->user_name = mip6_outbox_copy(outbox, ask->user_name);
	mbr->mip6_home_agent_fqdn = agent->fqdn;
	mbr->has.service_selection = ask->service.size > 0;
	mbr->service_selection = mip6_outbox_copy(outbox, ask->service);
	mbr->has.origin_state_id = agent->common.origin_state_id != 0;
	mbr->origin_state_id = agent->common.origin_state_id;
	if (mip6_outbox_request(outbox, ask->number, &mip6_command_mbr, mbr,
	                        agent->common.application_id, 0))
		return true;
	free(dm_map_remove_number(&agent->asks, ask->number));
	return false;
}

/* ---- results ---- */

static void report(struct mip6_home_agent *agent, uint64_t tag, const struct mip6_result *from)
{
	struct mip6_outbox *outbox = &agent->outbox;
	struct mip6_result *result = mip6_outbox_take(outbox, sizeof(*result));

	if (result) {
		*result = *from;
		result->session_id = mip6_outbox_copy(outbox, from->session_id);
		result->user_name = mip6_outbox_copy(outbox, from->user_name);
		result->server_host = mip6_outbox_copy(outbox, from->server_host);
		result->server_realm = mip6_outbox_copy(outbox, from->server_realm);
		result->error_message = mip6_outbox_copy(outbox, from->error_message);
	}
	mip6_outbox_result(outbox, tag, result ? 0 : -ENOMEM, NULL, result);
}

void mip6_home_agent_tell(struct mip6_home_agent *agent, struct mip6_binding *binding, int error)
{
	const struct store_binding *record = &binding->record;
	struct mip6_result result = {
		.outcome = error ? MIP6_FAILED : MIP6_BOOTSTRAPPED,
		.session_id = record->session_id,
		.user_name = record->user_name,
		.server_host = record->server_host,
		.server_realm = record->server_realm,
		.result_code = DM_RESULT_DIAMETER_SUCCESS,
		.home_agent_fqdn = agent->fqdn,
		.home_address = record->home_address,
		.home_prefix = record->home_prefix,
		.dns_status = -1,
		.duration = agent->now.monotonic - binding->started,
		.expires = record->authorized,
	};

	if (error && !binding->replaced) {
		result.error_message = dm_bytes_text("the home agent cannot store the binding");
		mip6_home_agent_send_str(agent, binding,
		                         DM_TERMINATION_CAUSE_DIAMETER_SERVICE_NOT_PROVIDED);
	}
	if (error && binding->replaced) /* what is in force goes on, and is asked for again */
		binding->replaced->record.renew = agent->now.wall + FIRST_PAUSE;
	for (size_t i = 0; i < record->association_count; i++)
		result.associations[result.association_count++] = (struct mip6_association){
			record->associations[i].sa_protocol,
			record->associations[i].key_epoch,
			record->associations[i].spi,
		};
	if (binding->has_tag)
		report(agent, binding->tag, &result);
	binding->has_tag = false;
}

/* ---- the answer ---- */

/* No binding will come of it: the server is told, which may hold a session. */
static void tell_server(struct mip6_home_agent *agent, const struct ask *ask,
                        const struct store_binding *server, int32_t cause)
{
	struct mip6_binding told = { .record = *server };

	told.record.session_id = ask->session_id;
	told.record.user_name = ask->user_name;
	if (!dm_map_get(&agent->by_session, ask->session_id))
		mip6_home_agent_send_str(agent, &told, cause);
}

/* Whether the MBR was delivered, nobody knows. */
static bool leaves_doubt(uint32_t result_code)
{
	return result_code == 0 || result_code == DM_RESULT_DIAMETER_UNABLE_TO_DELIVER;
}

/* Asked again later; the operator hears of it now. */
static void failed(struct mip6_home_agent *agent, const struct ask *ask, uint32_t result_code,
                   struct dm_bytes why, bool final)
{
	struct mip6_binding *binding = dm_map_get(&agent->by_session, ask->session_id);
	const struct mip6_result result = {
		.outcome = final && result_code ? MIP6_REFUSED : MIP6_FAILED,
		.session_id = ask->session_id,
		.user_name = ask->user_name,
		.result_code = result_code,
		.error_message = why,
		.dns_status = -1,
		.duration = agent->now.monotonic - ask->started,
	};
	int64_t pause = FIRST_PAUSE;

	if (ask->has_tag)
		report(agent, ask->tag, &result);
	if (!final && leaves_doubt(result_code))
		tell_server(agent, ask, &(struct store_binding){ .server_realm = ask->realm },
		            DM_TERMINATION_CAUSE_DIAMETER_BAD_ANSWER);
	if (!binding || binding->busy)
		return;
	if (final) {
		binding->aborted = true;
		mip6_home_agent_remove(agent, binding);
		return;
	}
	for (unsigned int i = 0; i < binding->attempts && pause < LONG_PAUSE; i++)
		pause *= 2;
	binding->attempts++;
	binding->record.renew = agent->now.wall + pause;
	mip6_home_agent_arm(agent, binding);
}

/* Says yes, but cannot be used: the server is told. */
static void useless(struct mip6_home_agent *agent, const struct ask *ask,
                    const struct mip6_mba *mba, const char *why)
{
	const struct store_binding server = { .server_host = mba->origin_host,
		                              .server_realm = mba->origin_realm };

	tell_server(agent, ask, &server, DM_TERMINATION_CAUSE_DIAMETER_SERVICE_NOT_PROVIDED);
	failed(agent, ask, 0, dm_bytes_text(why), true);
}

static void read_terms(const struct mip6_home_agent *agent, const struct mip6_mba *mba,
                       struct store_binding *terms)
{
	int64_t now = agent->now.wall, lifetime = mba->authorization_lifetime;
	int64_t margin = lifetime / 10 > 60 ? 60 : lifetime / 10;

	if (mba->has.authorization_lifetime && mba->authorization_lifetime != UINT32_MAX) {
		terms->renew = now + (lifetime > 1 ? lifetime - (margin ? margin : 1) : 1);
		terms->authorized = now + (lifetime ? lifetime : 1);
		if (mba->has.auth_grace_period)
			terms->authorized += mba->auth_grace_period;
	}
	if (mba->has.session_timeout && mba->session_timeout &&
	    (!terms->authorized || now + mba->session_timeout < terms->authorized))
		terms->authorized = now + mba->session_timeout;
}

static struct mip6_mhr told_as_mhr(const struct ask *ask, const struct mip6_mba *mba)
{
	return (struct mip6_mhr){
		.session_id = ask->session_id,
		.auth_application_id = mba->auth_application_id,
		.origin_host = mba->origin_host,
		.origin_realm = mba->origin_realm,
		.has.user_name = true,
		.user_name = ask->user_name,
		.has.acct_multi_session_id = mba->has.acct_multi_session_id,
		.acct_multi_session_id = mba->acct_multi_session_id,
		.has.mip6_home_address = mba->has.mip6_home_address,
		.mip6_home_address = mba->mip6_home_address,
		.has.mip6_home_link_prefix = mba->has.mip6_home_link_prefix,
		.mip6_home_link_prefix = mba->mip6_home_link_prefix,
		.mip6_security_association = mba->mip6_security_association,
	};
}

static void granted(struct mip6_home_agent *agent, const struct ask *ask,
                    const struct dm_message *message, const struct mip6_mba *mba)
{
	const struct mip6_mhr mhr = told_as_mhr(ask, mba);
	struct store_binding terms = { .service_selection = ask->service };
	struct dm_message told = *message;
	struct mip6_binding *binding;
	struct dm_fault fault;

	if (ask->again && !dm_map_get(&agent->by_session, ask->session_id)) {
		useless(agent, ask, mba, "the session was ended in the meantime");
		return;
	}
	if (!mba->has.mip6_home_agent_fqdn ||
	    !dm_bytes_equal_folded(mba->mip6_home_agent_fqdn, agent->fqdn)) {
		useless(agent, ask, mba, "the home server has assigned another home agent");
		return;
	}
	if (!mba->has.mip6_home_address) {
		useless(agent, ask, mba, "the home server gives no home address");
		return;
	}
	read_terms(agent, mba, &terms);
	told.body = &mhr;
	binding = mip6_binding_read_asked(agent, &told, &terms, &fault);
	if (!binding) {
		useless(agent, ask, mba, fault.sentence);
		return;
	}
	binding->has_tag = ask->has_tag;
	binding->tag = ask->tag;
	binding->started = ask->started;
	if (!mip6_home_agent_install(agent, binding))
		useless(agent, ask, mba, "the home agent is out of memory");
}

/* Not delivered, or not now (RFC 6733 8.1). */
static bool is_for_later(uint32_t code)
{
	return code == 0 || code == DM_RESULT_DIAMETER_UNABLE_TO_DELIVER ||
	       code == DM_RESULT_DIAMETER_TOO_BUSY || code == DM_RESULT_DIAMETER_LOOP_DETECTED ||
	       code / 1000 == 4;
}

static void judge(struct mip6_home_agent *agent, const struct ask *ask,
                  const struct dm_message *message, const struct dm_fault *fault)
{
	const struct mip6_mba *mba = message ? message->body : NULL;
	const struct dm_answer_message *error = message ? message->body : NULL;

	if (!message || (fault && fault->result_code)) {
		failed(agent, ask, 0, dm_bytes_text(fault ? fault->sentence : "no answer came"),
		       false);
	} else if (message->entry->command != &mip6_command_mba) {
		uint32_t code = error->has.result_code ? error->result_code : 0;

		failed(agent, ask, code,
		       error->has.error_message ? error->error_message : (struct dm_bytes){ 0 },
		       !is_for_later(code));
	} else if (mba->result_code / 1000 != 2) {
		failed(agent, ask, mba->result_code,
		       mba->has.error_message ? mba->error_message : (struct dm_bytes){ 0 },
		       !is_for_later(mba->result_code));
	} else {
		granted(agent, ask, message, mba);
	}
}

bool mip6_home_agent_asked(struct mip6_home_agent *agent, uint64_t tag,
                           const struct dm_message *message, const struct dm_fault *fault)
{
	struct ask *ask = dm_map_remove_number(&agent->asks, tag);
	struct mip6_binding *binding;

	if (!ask)
		return false;
	binding = dm_map_get(&agent->by_session, ask->session_id);
	if (binding)
		binding->asking = false;
	judge(agent, ask, message, fault);
	free(ask);
	return true;
}

static void free_ask(void *value, void *context)
{
	(void)context;
	free(value);
}

void mip6_home_agent_forget_asks(struct mip6_home_agent *agent)
{
	dm_map_each(&agent->asks, free_ask, NULL);
	dm_map_fini(&agent->asks);
}

/* ---- asking again ---- */

static bool ask_again(struct mip6_home_agent *agent, struct mip6_binding *binding, bool has_tag,
                      uint64_t tag)
{
	const struct store_binding *record = &binding->record;
	const struct ask ask = {
		.again = true,
		.has_tag = has_tag,
		.tag = tag,
		.session_id = record->session_id,
		.user_name = record->user_name,
		.realm = record->server_realm,
		/* Every second time any server may answer (RFC 6733 8.18, TRY_AGAIN). */
		.host = binding->attempts % 2 ? (struct dm_bytes){ 0 } : record->server_host,
		.service = record->service_selection,
	};

	binding->asking = send_mbr(agent, &ask);
	return binding->asking;
}

void mip6_home_agent_renew(struct mip6_home_agent *agent, struct mip6_binding *binding)
{
	if (binding->asking || binding->busy || ask_again(agent, binding, false, 0))
		return;
	binding->record.renew = agent->now.wall + FIRST_PAUSE;
	mip6_home_agent_arm(agent, binding);
}

bool mip6_home_agent_asked_is_due(struct mip6_home_agent *agent, struct mip6_binding *binding)
{
	struct store_binding *record = &binding->record;

	if (record->authorized && record->authorized <= agent->now.wall) {
		mip6_home_agent_remove(agent, binding);
		return true;
	}
	if (!record->renew || record->renew > agent->now.wall)
		return false;
	record->renew = 0; /* the answer says when next */
	mip6_home_agent_renew(agent, binding);
	mip6_home_agent_arm(agent, binding);
	return true;
}

/* ---- the operator ---- */

struct search {
	struct dm_bytes user_name, service;
	struct mip6_binding *found;
};

static void look_at(void *value, void *context)
{
	struct mip6_binding *binding = value;
	struct search *search = context;

	if (binding->record.asked && dm_bytes_equal(binding->record.user_name, search->user_name) &&
	    dm_bytes_equal(binding->record.service_selection, search->service))
		search->found = binding;
}

static bool open_session(struct mip6_home_agent *agent, const struct mip6_nai *nai,
                         const struct search *search, uint64_t tag)
{
	char session_id[300];
	struct dm_text text;

	dm_text_init(&text, session_id, sizeof(session_id));
	agent->common.session_id(agent->common.session_id_context, &text);
	return send_mbr(agent,
	                &(struct ask){
				.has_tag = true,
				.tag = tag,
				.session_id = dm_bytes_of(text.at, text.size),
				.user_name = search->user_name,
				.realm = nai->realm.size ? nai->realm : agent->common.origin_realm,
				.service = search->service,
			});
}

void mip6_home_agent_bootstrap(struct mip6_role *role, struct dm_bytes user_name,
                               struct dm_bytes service_selection, uint64_t tag, struct mip6_now now)
{
	struct mip6_home_agent *agent = (struct mip6_home_agent *)role;
	struct search search = { user_name, service_selection, NULL };
	struct mip6_nai nai;
	bool sent;

	agent->now = now;
	if (!mip6_nai_parse(user_name, &nai)) {
		mip6_outbox_result(&agent->outbox, tag, -EINVAL,
		                   "the user name is no NAI (RFC 4282)", NULL);
		return;
	}
	dm_map_each(&agent->by_session, look_at, &search);
	if (search.found && (search.found->busy || search.found->asking)) {
		mip6_outbox_result(&agent->outbox, tag, -EBUSY,
		                   "the last request for this node is in work", NULL);
		return;
	}
	if (agent->asks.count >= agent->capacity) {
		mip6_outbox_result(&agent->outbox, tag, -ENOSPC,
		                   "as many requests as may be are in work", NULL);
		return;
	}
	sent = search.found ? ask_again(agent, search.found, true, tag)
	                    : open_session(agent, &nai, &search, tag);
	if (!sent)
		mip6_outbox_result(&agent->outbox, tag, -ENOMEM, "the home agent is out of memory",
		                   NULL);
}
