/* SPDX-License-Identifier: Apache-2.0 */
/* The requests of a NAS: MBR and STR. */
#include "mip6/values.h"
#include "nas_attachment.h"

#define REQUEST_LIMIT ((size_t)65536)

/* ---- MBR ---- */

static struct dm_bytes address_value(struct mip6_nas *nas, const struct store_prefix *address)
{
	uint8_t octets[MIP6_ADDRESS_SIZE];

	mip6_address_write(address, octets);
	return mip6_outbox_copy(&nas->outbox, dm_bytes_of(octets, sizeof(octets)));
}

static struct dm_bytes prefix_value(struct mip6_nas *nas, const struct store_prefix *prefix)
{
	uint8_t octets[MIP6_PREFIX_SIZE];

	mip6_prefix_write(prefix, octets);
	return mip6_outbox_copy(&nas->outbox, dm_bytes_of(octets, sizeof(octets)));
}

static void add_identity(struct mip6_nas *nas, const struct mip6_attachment *attachment,
                         const struct mip6_nas_attach *attach, struct mip6_mbr *mbr)
{
	mbr->session_id = mip6_outbox_copy(&nas->outbox, attachment->session_id);
	mbr->auth_application_id = nas->common.application_id;
	mbr->origin_host = nas->common.origin_host;
	mbr->origin_realm = nas->common.origin_realm;
	mbr->destination_realm = mip6_outbox_copy(&nas->outbox, attachment->realm);
	mbr->auth_request_type = attach->auth_request_type ? attach->auth_request_type
	                                                   : DM_AUTH_REQUEST_TYPE_AUTHORIZE_ONLY;
	mbr->has.destination_host = attach->destination_host.size > 0;
	mbr->destination_host = mip6_outbox_copy(&nas->outbox, attach->destination_host);
	mbr->has.user_name = true;
	mbr->user_name = mip6_outbox_copy(&nas->outbox, attachment->user_name);
	mbr->has.origin_state_id = nas->common.origin_state_id != 0;
	mbr->origin_state_id = nas->common.origin_state_id;
}

static struct dm_bytes given_or(struct dm_bytes given, struct dm_bytes configured)
{
	return given.size > 0 ? given : configured;
}

static void add_place(struct mip6_nas *nas, const struct mip6_nas_attach *attach,
                      struct mip6_mbr *mbr)
{
	struct dm_bytes called = given_or(attach->called_station_id, nas->config.called_station_id);
	struct dm_bytes service =
		given_or(attach->service_selection, nas->config.service_selection);

	mbr->has.nas_identifier = true;
	mbr->nas_identifier = nas->config.nas_identifier;
	mbr->has.nas_ip_address = nas->config.nas_ip_address != NULL;
	mbr->nas_ip_address = dm_bytes_of(nas->nas_ip_address, sizeof(nas->nas_ip_address));
	mbr->has.nas_ipv6_address = nas->config.nas_ipv6_address != NULL;
	mbr->nas_ipv6_address = dm_bytes_of(nas->nas_ipv6_address, sizeof(nas->nas_ipv6_address));
	mbr->has.nas_port_type = nas->config.has_nas_port_type;
	mbr->nas_port_type = nas->config.nas_port_type;
	mbr->has.calling_station_id = attach->calling_station_id.size > 0;
	mbr->calling_station_id = mip6_outbox_copy(&nas->outbox, attach->calling_station_id);
	mbr->has.called_station_id = called.size > 0;
	mbr->called_station_id = mip6_outbox_copy(&nas->outbox, called);
	mbr->has.service_selection = service.size > 0;
	mbr->service_selection = mip6_outbox_copy(&nas->outbox, service);
}

/* The LOCAL bit and the hint that goes with it (profile 5); what the operator gave by name goes
 * out as he gave it. */
static void add_features(struct mip6_nas *nas, const struct mip6_nas_attach *attach,
                         struct mip6_mbr *mbr)
{
	struct dm_bytes fqdn = attach->home_agent_fqdn;
	struct store_prefix address = attach->home_agent_address;
	bool named = fqdn.size > 0 || address.length > 0;
	uint64_t features = MIP6_FEATURE_INTEGRATED;

	if (!named) {
		fqdn = nas->config.local_home_agent_fqdn;
		address = nas->config.local_home_agent_address;
	}
	if (fqdn.size > 0 || address.length > 0)
		features |= MIP6_FEATURE_LOCAL;
	if (attach->has_feature_vector)
		features = attach->feature_vector;
	mbr->has.mip6_feature_vector = true;
	mbr->mip6_feature_vector = features;
	if (!named && !(features & MIP6_FEATURE_LOCAL))
		return;
	mbr->has.mip6_home_agent_fqdn = fqdn.size > 0;
	mbr->mip6_home_agent_fqdn = mip6_outbox_copy(&nas->outbox, fqdn);
	mbr->has.mip6_home_agent_address = address.length > 0;
	mbr->mip6_home_agent_address = address_value(nas, &address);
}

static void add_hints(struct mip6_nas *nas, const struct mip6_nas_attach *attach,
                      struct mip6_mbr *mbr)
{
	mbr->has.mip6_home_address = attach->has_home_address;
	mbr->mip6_home_address = address_value(nas, &attach->home_address);
	mbr->has.mip6_home_link_prefix = attach->has_home_prefix;
	mbr->mip6_home_link_prefix = prefix_value(nas, &attach->home_prefix);
}

static void add_dns_update(struct mip6_nas *nas, const struct mip6_nas_attach *attach,
                           struct mip6_mbr *mbr)
{
	struct mip6_dns_update update = { .remove = attach->dns_remove };
	uint8_t room[MIP6_FQDN_LIMIT + 4];
	struct dm_writer writer;

	if (attach->dns_name.size == 0)
		return;
	memcpy(update.fqdn, attach->dns_name.at, attach->dns_name.size);
	update.fqdn_size = (uint8_t)attach->dns_name.size;
	dm_writer_init_fixed(&writer, room, sizeof(room));
	mip6_dns_update_write(&update, &writer);
	mbr->has.mip6_dns_update = true;
	mbr->mip6_dns_update = mip6_outbox_copy(&nas->outbox, dm_writer_written(&writer));
}

/* A session stays with the server that granted it (RFC 6733 8.17), unless the operator names
 * another, or it cannot be reached. */
static void add_server(struct mip6_nas *nas, const struct mip6_attachment *attachment,
                       struct mip6_mbr *mbr)
{
	if (!attachment->grant || attachment->host_given)
		return;
	mbr->has.destination_host = !attachment->anywhere;
	mbr->destination_host = mip6_outbox_copy(&nas->outbox, attachment->grant->server_host);
}

static const char *send(struct mip6_nas *nas, struct mip6_attachment *attachment,
                        const struct mip6_mbr *mbr)
{
	uint64_t tag = ++nas->next_tag;

	if (dm_map_put_number(&nas->pending, tag, attachment) == 0) {
		if (mip6_outbox_request(&nas->outbox, tag, &mip6_command_mbr, mbr,
		                        nas->common.application_id, nas->config.request_timeout)) {
			attachment->state = MIP6_ATTACHMENT_ASKING;
			return NULL;
		}
		dm_map_remove_number(&nas->pending, tag);
	}
	return "the NAS is out of memory";
}

/* For mip6_nas_send_again. */
static const char *keep_request(struct mip6_nas *nas, struct mip6_attachment *attachment,
                                const struct mip6_mbr *mbr)
{
	const struct dm_header header = { 0 };
	struct dm_writer writer;
	const char *why = NULL;

	dm_writer_init(&writer, REQUEST_LIMIT);
	if (dm_encode(nas->common.dictionary, &mip6_command_mbr, &header, mbr, &writer) != 0)
		why = "what was asked for does not fit into a MBR";
	else if (!mip6_attachment_keep_request(attachment, dm_writer_written(&writer)))
		why = "the NAS is out of memory";
	dm_writer_fini(&writer);
	return why;
}

const char *mip6_nas_send_mbr(struct mip6_nas *nas, struct mip6_attachment *attachment,
                              const struct mip6_nas_attach *attach)
{
	struct mip6_mbr *mbr = mip6_outbox_take(&nas->outbox, sizeof(*mbr));
	const char *why;

	if (!mbr)
		return "the NAS is out of memory";
	add_identity(nas, attachment, attach, mbr);
	add_place(nas, attach, mbr);
	add_features(nas, attach, mbr);
	add_hints(nas, attach, mbr);
	add_dns_update(nas, attach, mbr);
	add_server(nas, attachment, mbr);
	why = keep_request(nas, attachment, mbr);
	return why ? why : send(nas, attachment, mbr);
}

const char *mip6_nas_send_again(struct mip6_nas *nas, struct mip6_attachment *attachment)
{
	struct mip6_mbr *mbr = mip6_outbox_take(&nas->outbox, sizeof(*mbr));
	struct dm_bytes wire = mip6_outbox_copy(&nas->outbox, attachment->request);
	struct dm_message message;
	struct dm_fault fault = { 0 };

	if (wire.size < DM_HEADER_SIZE)
		return mip6_nas_send_mbr(
			nas, attachment,
			&(struct mip6_nas_attach){ .user_name = attachment->user_name });
	if (!mbr || dm_decode(nas->common.dictionary, NULL, wire, &nas->outbox.arena, &message,
	                      &fault) != 0)
		return "the NAS is out of memory";
	if (fault.result_code)
		return "the MBR that was kept cannot be read";
	*mbr = *(const struct mip6_mbr *)message.body;
	mbr->origin_host = nas->common.origin_host;
	mbr->origin_realm = nas->common.origin_realm;
	mbr->has.origin_state_id = nas->common.origin_state_id != 0;
	mbr->origin_state_id = nas->common.origin_state_id;
	mbr->auth_request_type = attachment->authenticate
	                                 ? DM_AUTH_REQUEST_TYPE_AUTHORIZE_AUTHENTICATE
	                                 : DM_AUTH_REQUEST_TYPE_AUTHORIZE_ONLY;
	add_server(nas, attachment, mbr);
	return send(nas, attachment, mbr);
}

/* ---- STR ---- */

/* That of the server that granted it, before there is one that of the MBR. The name of a node that
 * is decorated is a way through mediating realms, and STR goes it too. */
static struct dm_bytes realm_of_str(const struct mip6_attachment *attachment)
{
	struct mip6_nai nai;

	if (mip6_nai_parse(attachment->user_name, &nai) &&
	    !dm_bytes_equal_folded(nai.realm, nai.home_realm))
		return nai.realm;
	return attachment->grant ? attachment->grant->server_realm : attachment->realm;
}

bool mip6_nas_send_str(struct mip6_nas *nas, const struct mip6_attachment *attachment,
                       int32_t termination_cause, uint64_t tag)
{
	struct dm_str *str = mip6_outbox_take(&nas->outbox, sizeof(*str));
	const struct mip6_grant *grant = attachment->grant;
	uint32_t application =
		attachment->heard ? attachment->heard_application : nas->base_application;

	if (!str)
		return false;
	str->session_id = mip6_outbox_copy(&nas->outbox, attachment->session_id);
	str->origin_host = nas->common.origin_host;
	str->origin_realm = nas->common.origin_realm;
	str->destination_realm = mip6_outbox_copy(&nas->outbox, realm_of_str(attachment));
	str->has.destination_host = grant && !attachment->anywhere;
	if (grant)
		str->destination_host = mip6_outbox_copy(&nas->outbox, grant->server_host);
	str->auth_application_id = nas->common.application_id;
	str->termination_cause = termination_cause;
	str->has.user_name = true;
	str->user_name = mip6_outbox_copy(&nas->outbox, attachment->user_name);
	str->has.origin_state_id = nas->common.origin_state_id != 0;
	str->origin_state_id = nas->common.origin_state_id;
	return mip6_outbox_request(&nas->outbox, tag ? tag : ++nas->next_tag, &dm_command_str, str,
	                           application, nas->config.request_timeout);
}
