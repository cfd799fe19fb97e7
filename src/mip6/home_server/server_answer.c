/* SPDX-License-Identifier: Apache-2.0 */
/* The MBA of a success: what the mobile node is told. */
#include "server.h"

#include "dict/mip6.dia.h"

/* The smaller of policy (0: none) and hint (UINT32_MAX: none); UINT32_MAX: none. RFC
 * 6733 8.9, 8.13: the client's hint may be shortened, never lengthened. */
static uint32_t shorter(uint32_t policy, uint32_t hint)
{
	if (policy == 0)
		return hint;
	return policy < hint ? policy : hint;
}

struct mip6_lifetimes mip6_server_lifetimes(const struct mip6_home_server *server,
                                            const struct mip6_bootstrap *request,
                                            const struct store_subscriber *subscriber)
{
	const struct mip6_policy *policy = &server->policy;
	uint32_t authorization = policy->authorization_lifetime;
	uint32_t session = policy->session_timeout;
	struct mip6_lifetimes lifetimes;

	if (subscriber && subscriber->authorization_lifetime)
		authorization = subscriber->authorization_lifetime;
	if (subscriber && subscriber->session_timeout)
		session = subscriber->session_timeout;
	lifetimes.authorization = shorter(authorization, request->authorization_lifetime);
	lifetimes.session = shorter(session, request->session_timeout);
	if (lifetimes.authorization > lifetimes.session)
		lifetimes.authorization = lifetimes.session;
	lifetimes.grace = policy->auth_grace_period;
	return lifetimes;
}

int64_t mip6_server_expiry(const struct mip6_home_server *server,
                           const struct mip6_bootstrap *request,
                           const struct store_subscriber *subscriber, int64_t opened)
{
	struct mip6_lifetimes lifetimes = mip6_server_lifetimes(server, request, subscriber);
	int64_t authorized = INT64_MAX, session = INT64_MAX, expiry;

	if (lifetimes.authorization != UINT32_MAX)
		authorized = server->now.wall + lifetimes.authorization + lifetimes.grace;
	if (lifetimes.session != UINT32_MAX)
		session = opened + lifetimes.session;
	expiry = authorized < session ? authorized : session;
	return expiry == INT64_MAX ? 0 : expiry;
}

static void add_lifetimes(const struct mip6_home_server *server,
                          const struct mip6_bootstrap *request, const struct mip6_access *access,
                          const struct store_subscriber *subscriber, struct mip6_mba *mba)
{
	struct mip6_lifetimes lifetimes = mip6_server_lifetimes(server, request, subscriber);
	int64_t left = access->opened + lifetimes.session - server->now.wall;

	mba->has.auth_session_state = true;
	mba->auth_session_state = DM_AUTH_SESSION_STATE_STATE_MAINTAINED;
	if (lifetimes.authorization != UINT32_MAX) {
		/* RFC 6733 8.12: with a lifetime comes what to do at its end. */
		mba->has.authorization_lifetime = mba->has.re_auth_request_type = true;
		mba->authorization_lifetime = lifetimes.authorization;
		mba->re_auth_request_type = DM_RE_AUTH_REQUEST_TYPE_AUTHORIZE_ONLY;
		mba->has.auth_grace_period = lifetimes.grace > 0;
		mba->auth_grace_period = lifetimes.grace;
	}
	if (lifetimes.session != UINT32_MAX) {
		/* RFC 6733 8.13: a re-authorization says what is left. */
		mba->has.session_timeout = true;
		mba->session_timeout = left > 0 ? (uint32_t)left : 1;
	}
}

static void add_accounting(const struct mip6_policy *policy, struct mip6_mba *mba)
{
	mba->has.acct_interim_interval = policy->acct_interim > 0;
	mba->acct_interim_interval = policy->acct_interim;
	mba->has.accounting_realtime_required = policy->acct_realtime > 0;
	mba->accounting_realtime_required = policy->acct_realtime;
}

static void add_home(struct mip6_home_server *server, const struct mip6_session *session,
                     struct mip6_mba *mba)
{
	uint8_t address[MIP6_ADDRESS_SIZE], prefix[MIP6_PREFIX_SIZE];
	struct mip6_outbox *outbox = &server->outbox;

	mip6_address_write(&session->home_address, address);
	mba->has.mip6_home_address = session->home_address.length > 0;
	mba->mip6_home_address = mip6_outbox_copy(outbox, dm_bytes_of(address, sizeof(address)));
	mip6_prefix_write(&session->home_prefix, prefix);
	mba->has.mip6_home_link_prefix = session->home_prefix.length > 0;
	mba->mip6_home_link_prefix = mip6_outbox_copy(outbox, dm_bytes_of(prefix, sizeof(prefix)));
	mip6_address_write(&session->agent->config.address, address);
	mba->has.mip6_home_agent_address = session->agent->config.address.length > 0;
	mba->mip6_home_agent_address =
		mip6_outbox_copy(outbox, dm_bytes_of(address, sizeof(address)));
	mba->has.mip6_home_agent_fqdn = true;
	mba->mip6_home_agent_fqdn = mip6_outbox_copy(outbox, session->agent->config.fqdn);
}

/* A MBR with a DNS update gets one back (draft 4.7.5). */
static void add_dns_update(struct mip6_home_server *server, const struct mip6_bootstrap *request,
                           struct mip6_mba *mba)
{
	uint8_t room[MIP6_FQDN_LIMIT + 4];
	struct mip6_dns_update update;
	struct dm_writer writer;
	const char *why;

	if (request->dns_update.size == 0 ||
	    mip6_dns_update_read(request->dns_update, &update, &why) != 0)
		return;
	update.status = request->dns_status;
	dm_writer_init_fixed(&writer, room, sizeof(room));
	mip6_dns_update_write(&update, &writer);
	mba->has.mip6_dns_update = true;
	mba->mip6_dns_update = mip6_outbox_copy(&server->outbox, dm_writer_written(&writer));
}

/* Keys go to the client that is the assigned home agent and to no other (profile 5, split). */
static void add_associations(struct mip6_home_server *server, const struct mip6_session *session,
                             const struct mip6_bootstrap *request,
                             const struct store_subscriber *subscriber, struct mip6_mba *mba)
{
	bool with_keys = session->split &&
	                 dm_bytes_equal_folded(request->origin_host, session->agent->config.host) &&
	                 mip6_server_protected(server, session->agent);

	mba->mip6_security_association = mip6_server_associations(server, session, subscriber,
	                                                          session->key_epoch, with_keys);
	mba->has.mip6_security_association = mba->mip6_security_association.count > 0;
}

void mip6_server_send_mba(struct mip6_home_server *server, const struct mip6_session *session,
                          const struct mip6_bootstrap *request, const struct mip6_access *access)
{
	const struct store_subscriber *subscriber = mip6_server_subscriber_of(server, session);
	struct mip6_mba *mba = mip6_outbox_take(&server->outbox, sizeof(*mba));

	if (!mba)
		return;
	mba->session_id = mip6_outbox_copy(&server->outbox, request->session_id);
	mba->auth_application_id = server->common.application_id;
	mba->auth_request_type = request->auth_request_type;
	mba->result_code = DM_RESULT_DIAMETER_SUCCESS;
	mba->origin_host = server->common.origin_host;
	mba->origin_realm = server->common.origin_realm;
	mba->has.user_name = mba->has.mip6_feature_vector = mba->has.acct_multi_session_id = true;
	mba->user_name = mip6_outbox_copy(&server->outbox, request->user_name);
	mba->mip6_feature_vector = MIP6_FEATURE_INTEGRATED;
	if (mip6_local_allowed(request, subscriber))
		mba->mip6_feature_vector |= MIP6_FEATURE_LOCAL;
	mba->acct_multi_session_id = mip6_outbox_copy(&server->outbox, mip6_session_acct(session));
	mba->has.origin_state_id = server->common.origin_state_id != 0;
	mba->origin_state_id = server->common.origin_state_id;
	add_home(server, session, mba);
	add_dns_update(server, request, mba);
	add_associations(server, session, request, subscriber, mba);
	add_lifetimes(server, request, access, subscriber, mba);
	add_accounting(&server->policy, mba);
	mip6_outbox_answer(&server->outbox, request->transaction, &mip6_command_mba, mba);
}
