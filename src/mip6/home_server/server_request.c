/* SPDX-License-Identifier: Apache-2.0 */
/* What the home server asks: ASR and RAR, of home agents and of clients; requests of a session's
 * step. */
#include "mip6/home_server/server.h"

#include "dict/base.dia.h"

/* The octets live as long as the effect; what they are of may end before. */
static struct dm_bytes keep(struct mip6_home_server *server, struct dm_bytes octets)
{
	return mip6_outbox_copy(&server->outbox, octets);
}

const struct dm_asr *mip6_server_asr(struct mip6_home_server *server,
                                     const struct mip6_addressee *to)
{
	struct dm_asr *asr = mip6_outbox_take(&server->outbox, sizeof(*asr));

	if (!asr)
		return NULL;
	asr->session_id = keep(server, to->session_id);
	asr->origin_host = server->common.origin_host;
	asr->origin_realm = server->common.origin_realm;
	asr->destination_realm = keep(server, to->realm);
	asr->destination_host = keep(server, to->host);
	asr->auth_application_id = server->common.application_id;
	asr->has.user_name = true;
	asr->user_name = keep(server, to->user_name);
	asr->has.origin_state_id = server->common.origin_state_id != 0;
	asr->origin_state_id = server->common.origin_state_id;
	return asr;
}

const struct dm_rar *mip6_server_rar(struct mip6_home_server *server,
                                     const struct mip6_addressee *to)
{
	struct dm_rar *rar = mip6_outbox_take(&server->outbox, sizeof(*rar));

	if (!rar)
		return NULL;
	rar->session_id = keep(server, to->session_id);
	rar->origin_host = server->common.origin_host;
	rar->origin_realm = server->common.origin_realm;
	rar->destination_realm = keep(server, to->realm);
	rar->destination_host = keep(server, to->host);
	rar->auth_application_id = server->common.application_id;
	rar->re_auth_request_type = DM_RE_AUTH_REQUEST_TYPE_AUTHORIZE_ONLY;
	rar->has.user_name = true;
	rar->user_name = keep(server, to->user_name);
	rar->has.origin_state_id = server->common.origin_state_id != 0;
	rar->origin_state_id = server->common.origin_state_id;
	return rar;
}

struct mip6_addressee mip6_server_agent_of(const struct mip6_session *session)
{
	return (struct mip6_addressee){
		.session_id = mip6_session_agent_session(session),
		.host = session->agent->config.host,
		.realm = session->agent->config.realm,
		.user_name = mip6_session_user(session),
	};
}

bool mip6_server_ask(struct mip6_home_server *server, struct mip6_session *session,
                     enum mip6_session_step step, const struct dm_command *command,
                     const void *body, uint32_t application_id)
{
	struct mip6_pending *pending =
		mip6_pending_new(server, MIP6_PENDING_SESSION, (struct dm_bytes){ 0 });

	if (!pending)
		return false;
	pending->session = session;
	if (mip6_outbox_request(&server->outbox, pending->tag, command, body, application_id,
	                        server->policy.agent_timeout)) {
		session->step = (uint8_t)step;
		return true;
	}
	mip6_pending_free(mip6_pending_take(server, pending->tag));
	return false;
}
