/* SPDX-License-Identifier: Apache-2.0 */
/* What the answers to a MBR mean for the mobile node. */
#include "mip6/nas_attachment.h"

#include "diameter/codec/raw.h"
#include "mip6/pack.h"
#include "mip6/values.h"

#include <stdlib.h>

#define FAILED_AVP_LIMIT ((size_t)4096)

/* ---- the parts of a MBA ---- */

static bool read_addresses(const struct mip6_mba *mba, struct mip6_nas_result *result)
{
	const char *why;

	if (mba->has.mip6_home_agent_address &&
	    (mip6_address_read(mba->mip6_home_agent_address, &result->home_agent_address, &why) ||
	     !mip6_address_is_assignable(result->home_agent_address.address)))
		return false;
	if (mba->has.mip6_home_address &&
	    (mip6_address_read(mba->mip6_home_address, &result->home_address, &why) ||
	     !mip6_address_is_assignable(result->home_address.address)))
		return false;
	if (mba->has.mip6_home_link_prefix &&
	    mip6_prefix_read(mba->mip6_home_link_prefix, &result->home_prefix, &why))
		return false;
	if (mba->has.mip6_home_agent_fqdn)
		result->home_agent_fqdn = mba->mip6_home_agent_fqdn;
	return true;
}

static bool read_dns_status(const struct mip6_mba *mba, struct mip6_nas_result *result)
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

static bool read_associations(const struct mip6_mba *mba, struct mip6_nas_result *result)
{
	const struct mip6_security_association_list *list = &mba->mip6_security_association;

	if (list->count > STORE_ASSOCIATION_LIMIT)
		return false;
	for (size_t i = 0; i < list->count; i++) {
		const struct mip6_security_association *from = &list->at[i];

		result->associations[i] = (struct mip6_nas_association){
			.protocol = (uint8_t)from->mip6_sa_protocol,
			.epoch = from->has.mip6_key_epoch ? from->mip6_key_epoch : 0,
			.spi = from->has.mip_mn_ha_spi ? from->mip_mn_ha_spi : 0,
		};
	}
	result->association_count = list->count;
	return true;
}

static void read_lifetimes(const struct mip6_mba *mba, struct mip6_nas_result *result)
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

static bool read_mba(const struct mip6_mba *mba, struct mip6_nas_result *result)
{
	result->result_code = mba->result_code;
	result->server_host = mba->origin_host;
	result->server_realm = mba->origin_realm;
	read_lifetimes(mba, result);
	return read_addresses(mba, result) && read_dns_status(mba, result) &&
	       read_associations(mba, result);
}

/* When the server lets the session go: RFC 6733 8.9, 8.10, 8.13. */
static int64_t expiry(const struct mip6_mba *mba, const struct mip6_nas_result *result, int64_t now)
{
	int64_t grace = mba->has.auth_grace_period ? mba->auth_grace_period : 0;
	int64_t authorized = INT64_MAX, session = INT64_MAX, first;

	if (result->authorization_lifetime)
		authorized = now + result->authorization_lifetime + grace;
	if (result->session_timeout)
		session = now + result->session_timeout;
	first = authorized < session ? authorized : session;
	return first == INT64_MAX ? 0 : first;
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
                         struct mip6_nas_result *result)
{
	*result = (struct mip6_nas_result){
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
                                struct mip6_nas_result *result)
{
	*result = (struct mip6_nas_result){
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

static enum mip6_verdict verdict_of(uint32_t result_code)
{
	if (result_code == DM_RESULT_DIAMETER_APPLICATION_UNSUPPORTED ||
	    result_code == DM_RESULT_DIAMETER_COMMAND_UNSUPPORTED)
		return MIP6_VERDICT_NO_MOBILITY;
	return result_code ? MIP6_VERDICT_REFUSED : MIP6_VERDICT_BROKEN;
}

static enum mip6_verdict judge_mba(struct mip6_nas *nas, const struct mip6_attachment *attachment,
                                   const struct mip6_mba *mba, struct mip6_nas_result *result)
{
	if (mba->result_code / 1000 != 2) {
		read_refusal(nas, mba, result);
		return verdict_of(mba->result_code);
	}
	if (!dm_bytes_equal(mba->session_id, attachment->session_id) || !read_mba(mba, result))
		return MIP6_VERDICT_BROKEN;
	result->expires = expiry(mba, result, nas->now.wall);
	return MIP6_VERDICT_GRANTED;
}

enum mip6_verdict mip6_nas_judge(struct mip6_nas *nas, const struct mip6_attachment *attachment,
                                 const struct dm_message *message, const struct dm_fault *fault,
                                 struct mip6_nas_result *result)
{
	*result = (struct mip6_nas_result){ .dns_status = -1 };
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

struct mip6_grant *mip6_grant_new(const struct mip6_nas_result *result, struct dm_bytes answer,
                                  int64_t opened)
{
	struct mip6_grant *grant = malloc(sizeof(*grant) + result->server_host.size +
	                                  result->server_realm.size + answer.size);
	uint8_t *room;

	if (!grant)
		return NULL;
	room = grant->octets;
	grant->server_host = mip6_pack(&room, result->server_host);
	grant->server_realm = mip6_pack(&room, result->server_realm);
	grant->answer = mip6_pack(&room, answer);
	grant->opened = opened;
	grant->expires = result->expires;
	return grant;
}

struct mip6_nas_result mip6_nas_describe(struct mip6_nas *nas,
                                         const struct mip6_attachment *attachment)
{
	const struct mip6_grant *grant = attachment->grant;
	struct mip6_nas_result result = { .dns_status = -1 };
	struct dm_message message;
	struct dm_fault fault = { 0 };

	dm_arena_reset(&nas->scratch);
	if (grant && grant->answer.size >= DM_HEADER_SIZE &&
	    dm_decode(nas->common.dictionary, NULL, grant->answer, &nas->scratch, &message,
	              &fault) == 0 &&
	    fault.result_code == 0 && message.entry->command == &mip6_command_mba)
		read_mba(message.body, &result);
	result.outcome = MIP6_NAS_BOOTSTRAPPED;
	result.session_id = attachment->session_id;
	result.user_name = attachment->user_name;
	result.interface = attachment->interface;
	if (grant) {
		result.opened = grant->opened;
		result.expires = grant->expires;
	}
	return result;
}
