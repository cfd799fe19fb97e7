/* SPDX-License-Identifier: Apache-2.0 */
/* What the answers to a MBR mean for the mobile node. */
#include "nas_attachment.h"

#include "diameter/codec/raw.h"
#include "mip6/pack.h"
#include "mip6/values.h"

#include <stdlib.h>

#define FAILED_AVP_LIMIT ((size_t)4096)

/* ---- the parts of a MBA ---- */

/* True when there is none, or one that a node or a home agent can have. */
static bool read_address(bool has, struct dm_bytes avp, struct store_prefix *out)
{
	const char *why;

	return !has ||
	       (mip6_address_read(avp, out, &why) == 0 && mip6_address_is_assignable(out->address));
}

static bool read_prefix(const struct mip6_mba *mba, struct mip6_result *result)
{
	struct store_prefix *prefix = &result->home_prefix;
	const char *why;

	if (!mba->has.mip6_home_link_prefix)
		return true;
	return mip6_prefix_read(mba->mip6_home_link_prefix, prefix, &why) == 0 &&
	       mip6_address_is_assignable(prefix->address) &&
	       (!mba->has.mip6_home_address ||
	        mip6_prefix_holds(prefix, result->home_address.address));
}

static bool read_addresses(const struct mip6_mba *mba, struct mip6_result *result)
{
	if (!read_address(mba->has.mip6_home_agent_address, mba->mip6_home_agent_address,
	                  &result->home_agent_address) ||
	    !read_address(mba->has.mip6_home_address, mba->mip6_home_address,
	                  &result->home_address) ||
	    !read_prefix(mba, result))
		return false;
	if (!mba->has.mip6_home_agent_fqdn)
		return true;
	result->home_agent_fqdn = mba->mip6_home_agent_fqdn;
	return mip6_is_host_name(mba->mip6_home_agent_fqdn);
}

static bool read_dns_status(const struct mip6_mba *mba, struct mip6_result *result)
{
	/* Status is the first octet; an answer may leave out the name. */
	result->dns_status = -1;
	if (!mba->has.mip6_dns_update)
		return true;
	if (mba->mip6_dns_update.size == 0)
		return false;
	result->dns_status = mba->mip6_dns_update.at[0];
	return true;
}

/* Keys are for the home agent alone (profile 2): a NAS keeps none. */
static bool read_associations(const struct mip6_mba *mba, struct mip6_result *result)
{
	const struct mip6_security_association_list *list = &mba->mip6_security_association;

	if (list->count > STORE_ASSOCIATION_LIMIT)
		return false;
	for (size_t i = 0; i < list->count; i++) {
		const struct mip6_security_association *from = &list->at[i];

		if (from->has.key)
			return false;
		result->associations[i] = (struct mip6_association){
			.protocol = (uint8_t)from->mip6_sa_protocol,
			.epoch = from->has.mip6_key_epoch ? from->mip6_key_epoch : 0,
			.spi = from->has.mip_mn_ha_spi ? from->mip_mn_ha_spi : 0,
		};
	}
	result->association_count = list->count;
	return true;
}

static void read_lifetimes(const struct mip6_mba *mba, struct mip6_result *result)
{
	/* RFC 6733 8.9: all ones is no limit. */
	if (mba->has.authorization_lifetime && mba->authorization_lifetime != UINT32_MAX)
		result->authorization_lifetime = mba->authorization_lifetime;
	if (mba->has.session_timeout)
		result->session_timeout = mba->session_timeout;
	if (mba->has.mip6_feature_vector) {
		result->has_feature_vector = true;
		result->feature_vector = mba->mip6_feature_vector;
	}
}

static void read_accounting(const struct mip6_mba *mba, struct mip6_result *result)
{
	if (mba->has.acct_multi_session_id)
		result->acct_multi_session_id = mba->acct_multi_session_id;
	if (mba->has.acct_interim_interval)
		result->acct_interim_interval = mba->acct_interim_interval;
	if (mba->has.accounting_realtime_required)
		result->accounting_realtime = mba->accounting_realtime_required;
}

static bool read_mba(const struct mip6_mba *mba, struct mip6_result *result)
{
	result->result_code = mba->result_code;
	result->server_host = mba->origin_host;
	result->server_realm = mba->origin_realm;
	read_lifetimes(mba, result);
	read_accounting(mba, result);
	return read_addresses(mba, result) && read_dns_status(mba, result) &&
	       read_associations(mba, result);
}

/* ---- failures ---- */

static struct dm_bytes failed_avps(struct mip6_nas *nas, const struct dm_failed_avp *failed)
{
	uint8_t *room = mip6_outbox_take(&nas->outbox, FAILED_AVP_LIMIT);
	struct dm_writer writer;

	if (!room || !failed)
		return (struct dm_bytes){ 0 };
	dm_writer_init_fixed(&writer, room, FAILED_AVP_LIMIT);
	for (size_t i = 0; i < failed->other.count; i++)
		dm_raw_write(&writer, &failed->other.at[i]);
	return writer.failed ? (struct dm_bytes){ 0 } : dm_writer_written(&writer);
}

static void read_refusal(struct mip6_nas *nas, const struct mip6_mba *mba,
                         struct mip6_result *result)
{
	*result = (struct mip6_result){
		.result_code = mba->result_code,
		.server_host = mba->origin_host,
		.server_realm = mba->origin_realm,
		.dns_status = -1,
	};
	if (mba->has.error_message)
		result->error_message = mba->error_message;
	if (mba->has.error_reporting_host)
		result->error_reporting_host = mba->error_reporting_host;
	if (mba->has.failed_avp)
		result->failed_avp = failed_avps(nas, mba->failed_avp);
}

static void read_answer_message(struct mip6_nas *nas, const struct dm_answer_message *answer,
                                struct mip6_result *result)
{
	*result = (struct mip6_result){
		.result_code = answer->has.result_code ? answer->result_code : 0,
		.server_host = answer->origin_host,
		.server_realm = answer->origin_realm,
		.dns_status = -1,
	};
	if (answer->has.error_message)
		result->error_message = answer->error_message;
	if (answer->has.error_reporting_host)
		result->error_reporting_host = answer->error_reporting_host;
	if (answer->has.failed_avp)
		result->failed_avp = failed_avps(nas, answer->failed_avp);
}

/* ---- judging ---- */

/* "Failure to send" (RFC 6733 8.1), or a transient failure; 4001 wants other credentials. */
static bool may_come_later(uint32_t result_code)
{
	return result_code == DM_RESULT_DIAMETER_UNABLE_TO_DELIVER ||
	       result_code == DM_RESULT_DIAMETER_TOO_BUSY ||
	       result_code == DM_RESULT_DIAMETER_LOOP_DETECTED ||
	       (result_code / 1000 == 4 &&
	        result_code != DM_RESULT_DIAMETER_AUTHENTICATION_REJECTED);
}

static enum mip6_verdict verdict_of(uint32_t result_code)
{
	if (result_code == DM_RESULT_DIAMETER_APPLICATION_UNSUPPORTED ||
	    result_code == DM_RESULT_DIAMETER_COMMAND_UNSUPPORTED)
		return MIP6_VERDICT_NO_MOBILITY;
	if (may_come_later(result_code))
		return MIP6_VERDICT_LATER;
	return result_code ? MIP6_VERDICT_REFUSED : MIP6_VERDICT_BROKEN;
}

static enum mip6_verdict judge_mba(struct mip6_nas *nas, const struct mip6_attachment *attachment,
                                   const struct mip6_mba *mba, struct mip6_result *result)
{
	if (mba->result_code / 1000 != 2) {
		read_refusal(nas, mba, result);
		return verdict_of(mba->result_code);
	}
	if (dm_bytes_equal(mba->session_id, attachment->session_id) && read_mba(mba, result))
		return MIP6_VERDICT_GRANTED;
	/* Nothing of it is told on. */
	*result = (struct mip6_result){ .dns_status = -1 };
	result->error_message = dm_bytes_text("the answer grants what cannot be");
	return MIP6_VERDICT_BROKEN;
}

enum mip6_verdict mip6_nas_judge(struct mip6_nas *nas, const struct mip6_attachment *attachment,
                                 const struct dm_message *message, const struct dm_fault *fault,
                                 struct mip6_result *result)
{
	*result = (struct mip6_result){ .dns_status = -1 };
	if (!message) {
		result->result_code = fault ? fault->result_code : 0;
		if (fault)
			result->error_message = dm_bytes_text(fault->sentence);
		return MIP6_VERDICT_NONE;
	}
	if (fault && fault->result_code) {
		result->error_message = dm_bytes_text(fault->sentence);
		return MIP6_VERDICT_BROKEN;
	}
	if (message->entry->command == &mip6_command_mba)
		return judge_mba(nas, attachment, message->body, result);
	read_answer_message(nas, message->body, result);
	return verdict_of(result->result_code);
}

/* ---- what is kept ---- */

/* The MBA in the scratch arena; NULL: it cannot be read any more. */
static const struct mip6_mba *stored_mba(struct mip6_nas *nas, struct dm_bytes answer)
{
	struct dm_message message;
	struct dm_fault fault = { 0 };

	dm_arena_reset(&nas->scratch);
	if (answer.size < DM_HEADER_SIZE ||
	    dm_decode(nas->common.dictionary, NULL, answer, &nas->scratch, &message, &fault) != 0 ||
	    fault.result_code != 0 || message.entry->command != &mip6_command_mba)
		return NULL;
	return message.body;
}

/* A tenth of the lifetime, 1 s to 60 s, before it ends; at the earliest 1 s from now, so that a
 * lifetime of 0 ("immediate re-auth is necessary") does not make a loop without rest. */
static int64_t renew_after(uint32_t lifetime)
{
	int64_t margin = lifetime / 10;

	if (margin > 60)
		margin = 60;
	if (margin < 1)
		margin = 1;
	return lifetime > 1 ? lifetime - margin : 1;
}

/* RFC 6733 8.9 to 8.13. All ones is no limit; a Session-Timeout of 0 is none. */
static struct mip6_terms read_terms(const struct mip6_mba *mba, int64_t granted)
{
	struct mip6_terms terms = { 0 };
	uint32_t lifetime = mba->authorization_lifetime;

	if (mba->has.authorization_lifetime && lifetime != UINT32_MAX) {
		terms.renew = granted + renew_after(lifetime);
		terms.authorized = granted + (lifetime ? lifetime : 1);
		if (mba->has.auth_grace_period)
			terms.authorized += mba->auth_grace_period;
	}
	if (mba->has.session_timeout && mba->session_timeout)
		terms.session = granted + mba->session_timeout;
	terms.authenticate =
		mba->has.re_auth_request_type &&
		mba->re_auth_request_type == DM_RE_AUTH_REQUEST_TYPE_AUTHORIZE_AUTHENTICATE;
	terms.stateless = mba->has.auth_session_state &&
	                  mba->auth_session_state == DM_AUTH_SESSION_STATE_NO_STATE_MAINTAINED;
	return terms;
}

struct mip6_grant *mip6_grant_new(struct mip6_nas *nas, const struct store_attachment *record)
{
	const struct mip6_mba *mba = stored_mba(nas, record->answer);
	struct mip6_grant *grant = malloc(sizeof(*grant) + record->server_host.size +
	                                  record->server_realm.size + record->answer.size);
	uint8_t *room;

	if (!grant)
		return NULL;
	room = grant->octets;
	grant->server_host = mip6_pack(&room, record->server_host);
	grant->server_realm = mip6_pack(&room, record->server_realm);
	grant->answer = mip6_pack(&room, record->answer);
	grant->opened = record->opened;
	grant->granted = record->granted ? record->granted : record->opened;
	grant->terms = mba ? read_terms(mba, grant->granted)
	                   : (struct mip6_terms){ .session = record->expires };
	return grant;
}

int64_t mip6_grant_expires(const struct mip6_grant *grant)
{
	const struct mip6_terms *terms = &grant->terms;

	if (terms->authorized && terms->session)
		return terms->authorized < terms->session ? terms->authorized : terms->session;
	return terms->authorized ? terms->authorized : terms->session;
}

struct mip6_result mip6_nas_describe(struct mip6_nas *nas, const struct mip6_attachment *attachment)
{
	const struct mip6_grant *grant = attachment->grant;
	const struct mip6_mba *mba = grant ? stored_mba(nas, grant->answer) : NULL;
	struct mip6_result result = { .dns_status = -1 };

	if (mba)
		read_mba(mba, &result);
	result.outcome = MIP6_BOOTSTRAPPED;
	result.session_id = attachment->session_id;
	result.user_name = attachment->user_name;
	result.interface = attachment->interface;
	if (grant) {
		result.opened = grant->opened;
		result.expires = mip6_grant_expires(grant);
	}
	return result;
}
