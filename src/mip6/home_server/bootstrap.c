/* SPDX-License-Identifier: Apache-2.0 */
#include "bootstrap.h"

#include "dict/mip6.dia.h"
#include "mip6/pack.h"
#include "sessions.h"

#include <stdlib.h>

/* What the readers of one message share. */
struct reading {
	const struct dm_dictionary *dictionary;
	const struct dm_message *message;
	struct dm_arena *arena;
	struct dm_fault *fault;
};

/* The first fault stays. */
static bool refuse(struct reading *reading, const struct dm_avp *avp, uint32_t result_code,
                   const char *why)
{
	if (reading->fault->result_code == 0)
		dm_fault_about(reading->dictionary, reading->arena, reading->message->wire, avp,
		               result_code, reading->fault, "%s: %s", avp->name, why);
	return false;
}

static bool check_identity(struct reading *reading, const struct mip6_mbr *mbr,
                           uint32_t application_id)
{
	if (mbr->auth_application_id != application_id)
		return refuse(reading, &dm_avp_auth_application_id,
		              DM_RESULT_DIAMETER_INVALID_AVP_VALUE,
		              "another application than the command's");
	if (mbr->session_id.size == 0)
		return refuse(reading, &dm_avp_session_id, DM_RESULT_DIAMETER_INVALID_AVP_VALUE,
		              "it is empty");
	if (!mbr->has.user_name)
		return refuse(reading, &dm_avp_user_name, DM_RESULT_DIAMETER_MISSING_AVP,
		              "without it nobody can be served");
	return mbr->user_name.size > 0 ||
	       refuse(reading, &dm_avp_user_name, DM_RESULT_DIAMETER_INVALID_AVP_VALUE,
	              "it is empty");
}

static bool read_address(struct reading *reading, const struct dm_avp *avp, bool has,
                         struct dm_bytes value, struct store_prefix *out)
{
	const char *why;
	uint32_t result = has ? mip6_address_read(value, out, &why) : 0;

	return result == 0 || refuse(reading, avp, result, why);
}

/* Also a hint must be an address that a node can have (profile 2); `::` asks for one. */
static bool read_home_address(struct reading *reading, const struct mip6_mbr *mbr,
                              struct store_prefix *out)
{
	const struct dm_avp *avp = &mip6_avp_mip6_home_address;

	if (!read_address(reading, avp, mbr->has.mip6_home_address, mbr->mip6_home_address, out))
		return false;
	if (mip6_address_is_unspecified(out->address)) {
		*out = (struct store_prefix){ 0 };
		return true;
	}
	return mip6_address_is_assignable(out->address) ||
	       refuse(reading, avp, DM_RESULT_DIAMETER_INVALID_AVP_VALUE,
	              "not an address that a node may own");
}

static bool read_home_prefix(struct reading *reading, const struct mip6_mbr *mbr,
                             struct store_prefix *out)
{
	const char *why;
	uint32_t result = 0;

	if (mbr->has.mip6_home_link_prefix)
		result = mip6_prefix_read(mbr->mip6_home_link_prefix, out, &why);
	if (result)
		return refuse(reading, &mip6_avp_mip6_home_link_prefix, result, why);
	if (mip6_address_is_unspecified(out->address))
		*out = (struct store_prefix){ 0 };
	return out->length == 0 || mip6_address_is_assignable(out->address) ||
	       refuse(reading, &mip6_avp_mip6_home_link_prefix,
	              DM_RESULT_DIAMETER_INVALID_AVP_VALUE, "not a prefix that a node may own");
}

/* RFC 6733 7.1.5: both that contradict each other are shown. */
static bool check_hints(struct reading *reading, const struct store_prefix *address,
                        const struct store_prefix *prefix)
{
	if (mip6_address_is_unspecified(address->address) || prefix->length == 0 ||
	    mip6_prefix_holds(prefix, address->address))
		return true;
	refuse(reading, &mip6_avp_mip6_home_address, DM_RESULT_DIAMETER_CONTRADICTING_AVPS,
	       "not inside the home link prefix");
	dm_fault_add(reading->dictionary, reading->arena, reading->message->wire,
	             &(struct dm_avp_path){ { &mip6_avp_mip6_home_link_prefix } }, reading->fault);
	return false;
}

static bool check_home_agent(struct reading *reading, const struct mip6_mbr *mbr,
                             struct store_prefix *address)
{
	const struct dm_avp *avp = &mip6_avp_mip6_home_agent_address;

	if (!read_address(reading, avp, mbr->has.mip6_home_agent_address,
	                  mbr->mip6_home_agent_address, address))
		return false;
	if (mip6_address_is_unspecified(address->address))
		*address = (struct store_prefix){ 0 };
	else if (!mip6_address_is_assignable(address->address))
		return refuse(reading, avp, DM_RESULT_DIAMETER_INVALID_AVP_VALUE,
		              "not an address that a home agent may have");
	if (mbr->has.mip6_home_agent_fqdn && !mip6_is_host_name(mbr->mip6_home_agent_fqdn))
		return refuse(reading, &mip6_avp_mip6_home_agent_fqdn,
		              DM_RESULT_DIAMETER_INVALID_AVP_VALUE, "not a host name");
	return true;
}

static bool check_dns_update(struct reading *reading, const struct mip6_mbr *mbr)
{
	struct mip6_dns_update update;
	const char *why;
	uint32_t result = 0;

	if (mbr->has.mip6_dns_update)
		result = mip6_dns_update_read(mbr->mip6_dns_update, &update, &why);
	return result == 0 || refuse(reading, &mip6_avp_mip6_dns_update, result, why);
}

static struct dm_bytes present(bool has, struct dm_bytes octets)
{
	return has ? octets : (struct dm_bytes){ 0 };
}

static struct mip6_bootstrap *copy(const struct mip6_mbr *mbr)
{
	const struct dm_bytes dns = present(mbr->has.mip6_dns_update, mbr->mip6_dns_update);
	const struct dm_bytes nas = present(mbr->has.nas_identifier, mbr->nas_identifier);
	const struct dm_bytes ipv6 = present(mbr->has.nas_ipv6_address, mbr->nas_ipv6_address);
	const struct dm_bytes service = present(mbr->has.service_selection, mbr->service_selection);
	const struct dm_bytes fqdn =
		present(mbr->has.mip6_home_agent_fqdn, mbr->mip6_home_agent_fqdn);
	struct mip6_bootstrap *new =
		malloc(sizeof(*new) + mbr->session_id.size + mbr->user_name.size +
	               mbr->origin_host.size + mbr->origin_realm.size + dns.size + nas.size +
	               ipv6.size + service.size + fqdn.size);
	uint8_t *room;

	if (!new)
		return NULL;
	*new = (struct mip6_bootstrap){ 0 };
	room = new->octets;
	new->session_id = mip6_pack(&room, mbr->session_id);
	new->user_name = mip6_pack(&room, mbr->user_name);
	new->origin_host = mip6_pack(&room, mbr->origin_host);
	new->origin_realm = mip6_pack(&room, mbr->origin_realm);
	new->dns_update = mip6_pack(&room, dns);
	new->nas_identifier = mip6_pack(&room, nas);
	new->nas_ipv6_address = mip6_pack(&room, ipv6);
	new->service_selection = mip6_pack(&room, service);
	new->home_agent_fqdn = mip6_pack(&room, fqdn);
	return new;
}

static void take_numbers(struct mip6_bootstrap *out, const struct mip6_mbr *mbr)
{
	out->auth_request_type = mbr->auth_request_type;
	out->origin_state_id = mbr->has.origin_state_id ? mbr->origin_state_id : 0;
	out->local = mbr->has.mip6_feature_vector &&
	             (mbr->mip6_feature_vector & MIP6_FEATURE_LOCAL) != 0;
	out->has_nas_port_type = mbr->has.nas_port_type;
	out->authorization_lifetime =
		mbr->has.authorization_lifetime ? mbr->authorization_lifetime : UINT32_MAX;
	out->session_timeout = mbr->has.session_timeout && mbr->session_timeout
	                               ? mbr->session_timeout
	                               : UINT32_MAX;
}

struct mip6_bootstrap *mip6_bootstrap_read(const struct dm_dictionary *dictionary,
                                           uint32_t application_id,
                                           const struct dm_message *message, struct dm_arena *arena,
                                           struct dm_fault *fault)
{
	struct reading reading = { dictionary, message, arena, fault };
	const struct mip6_mbr *mbr = message->body;
	struct store_prefix home_agent = { 0 }, home_address = { 0 }, home_prefix = { 0 };
	struct mip6_bootstrap *new;

	*fault = (struct dm_fault){ 0 };
	if (!check_identity(&reading, mbr, application_id) || !check_dns_update(&reading, mbr) ||
	    !read_home_address(&reading, mbr, &home_address) ||
	    !read_home_prefix(&reading, mbr, &home_prefix) ||
	    !check_hints(&reading, &home_address, &home_prefix) ||
	    !check_home_agent(&reading, mbr, &home_agent))
		return NULL;
	new = copy(mbr);
	if (!new) {
		dm_fault_set(fault, DM_RESULT_DIAMETER_UNABLE_TO_COMPLY,
		             "the server is out of memory");
		return NULL;
	}
	take_numbers(new, mbr);
	new->home_address = home_address;
	new->home_prefix = home_prefix;
	new->home_agent_address = home_agent;
	return new;
}

void mip6_bootstrap_free(struct mip6_bootstrap *bootstrap)
{
	if (!bootstrap)
		return;
	mip6_access_free(bootstrap->access);
	free(bootstrap);
}
