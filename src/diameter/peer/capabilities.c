/* SPDX-License-Identifier: Apache-2.0 */
#include "diameter/peer/capabilities.h"

#include "diameter/codec/raw.h"
#include "diameter/node_private.h"
#include "dict/base.dia.h"

#include <errno.h>
#include <stdlib.h>

/* ---- reading ---- */

static void add(struct dm_capabilities *capabilities, uint32_t application_id)
{
	capabilities->applications[capabilities->application_count++] = application_id;
	capabilities->relay |= application_id == DM_RELAY_APPLICATION;
}

/* The lists that CER and CEA have in common. */
struct announced {
	struct dm_u32_list auth;
	struct dm_u32_list acct;
	struct dm_vendor_specific_application_id_list vendor_specific;
	struct dm_bytes origin_realm;
	uint32_t origin_state_id;
};

static int read_announced(struct dm_capabilities *capabilities, const struct announced *from)
{
	size_t most = from->auth.count + from->acct.count + 2 * from->vendor_specific.count;

	dm_capabilities_fini(capabilities);
	capabilities->applications = calloc(most ? most : 1, sizeof(uint32_t));
	if (!capabilities->applications)
		return -ENOMEM;
	for (size_t i = 0; i < from->auth.count; i++)
		add(capabilities, from->auth.at[i]);
	for (size_t i = 0; i < from->acct.count; i++)
		add(capabilities, from->acct.at[i]);
	for (size_t i = 0; i < from->vendor_specific.count; i++) {
		if (from->vendor_specific.at[i].has.auth_application_id)
			add(capabilities, from->vendor_specific.at[i].auth_application_id);
		if (from->vendor_specific.at[i].has.acct_application_id)
			add(capabilities, from->vendor_specific.at[i].acct_application_id);
	}
	capabilities->origin_state_id = from->origin_state_id;
	if (from->origin_realm.size <= DM_IDENTITY_ROOM) {
		memcpy(capabilities->origin_realm, from->origin_realm.at, from->origin_realm.size);
		capabilities->origin_realm_size = from->origin_realm.size;
	}
	return 0;
}

int dm_capabilities_of_cer(struct dm_capabilities *capabilities, const struct dm_cer *cer)
{
	struct announced announced = {
		.auth = cer->auth_application_id,
		.acct = cer->acct_application_id,
		.vendor_specific = cer->vendor_specific_application_id,
		.origin_realm = cer->origin_realm,
		.origin_state_id = cer->has.origin_state_id ? cer->origin_state_id : 0,
	};

	return read_announced(capabilities, &announced);
}

int dm_capabilities_of_cea(struct dm_capabilities *capabilities, const struct dm_cea *cea)
{
	struct announced announced = {
		.auth = cea->auth_application_id,
		.acct = cea->acct_application_id,
		.vendor_specific = cea->vendor_specific_application_id,
		.origin_realm = cea->origin_realm,
		.origin_state_id = cea->has.origin_state_id ? cea->origin_state_id : 0,
	};

	return read_announced(capabilities, &announced);
}

void dm_capabilities_fini(struct dm_capabilities *capabilities)
{
	free(capabilities->applications);
	*capabilities = (struct dm_capabilities){ 0 };
}

void dm_capabilities_move(struct dm_capabilities *to, struct dm_capabilities *from)
{
	free(to->applications);
	*to = *from;
	*from = (struct dm_capabilities){ 0 };
}

struct dm_bytes dm_capabilities_realm(const struct dm_capabilities *capabilities)
{
	return dm_bytes_of(capabilities->origin_realm, capabilities->origin_realm_size);
}

/* ---- judging ---- */

static bool contains(const uint32_t *list, size_t count, uint32_t application_id)
{
	for (size_t i = 0; i < count; i++)
		if (list[i] == application_id)
			return true;
	return false;
}

bool dm_capabilities_serve(const struct dm_capabilities *capabilities, uint32_t application_id)
{
	return application_id == 0 || capabilities->relay ||
	       contains(capabilities->applications, capabilities->application_count,
	                application_id);
}

bool dm_node_serves(const struct dm_node *node, uint32_t application_id)
{
	const struct dm_node_config *config = &node->config;

	return contains(config->auth_applications, config->auth_application_count,
	                application_id) ||
	       contains(config->acct_applications, config->acct_application_count, application_id);
}

bool dm_capabilities_common(const struct dm_node *node, const struct dm_capabilities *capabilities)
{
	if (capabilities->relay || node->config.relay)
		return true;
	for (size_t i = 0; i < capabilities->application_count; i++)
		if (dm_node_serves(node, capabilities->applications[i]))
			return true;
	return false;
}

/* RFC 6733 6.10. */
static const uint32_t inband_security[] = { 0 /* NO_INBAND_SECURITY */, 1 /* TLS */ };

bool dm_capabilities_offer_tls(const struct dm_u32_list *inband_security_id)
{
	return contains(inband_security_id->at, inband_security_id->count, inband_security[1]);
}

bool dm_capabilities_judge(const struct dm_node *node, const struct dm_cer *cer,
                           const struct dm_capabilities *capabilities, bool starts_tls,
                           struct dm_fault *fault)
{
	const struct dm_u32_list *security = &cer->inband_security_id;

	/* Absent means NO_INBAND_SECURITY (RFC 6733 6.10). */
	if (!starts_tls && security->count &&
	    !contains(security->at, security->count, inband_security[0])) {
		dm_fault_set(fault, DM_RESULT_DIAMETER_NO_COMMON_SECURITY,
		             "Security is negotiated before CER here, not by Inband-Security-Id");
		return false;
	}
	if (!dm_capabilities_common(node, capabilities)) {
		dm_fault_set(fault, DM_RESULT_DIAMETER_NO_COMMON_APPLICATION,
		             "None of the %zu announced applications is served here",
		             capabilities->application_count);
		return false;
	}
	return true;
}

/* ---- writing ---- */

static const uint32_t relay_application = DM_RELAY_APPLICATION;

/* A relay announces the relay application, and nothing beside it is needed (RFC 6733 2.4). */
static struct dm_u32_list auth_applications(const struct dm_node *node)
{
	if (node->config.relay)
		return (struct dm_u32_list){ .at = &relay_application, .count = 1 };
	return (struct dm_u32_list){ .at = node->config.auth_applications,
		                     .count = node->config.auth_application_count };
}

static struct dm_u32_list acct_applications(const struct dm_node *node)
{
	if (node->config.relay)
		return (struct dm_u32_list){ 0 };
	return (struct dm_u32_list){ .at = node->config.acct_applications,
		                     .count = node->config.acct_application_count };
}

static struct dm_address_list addresses(const struct dm_node *node)
{
	return (struct dm_address_list){ .at = node->config.host_ip_addresses,
		                         .count = node->config.host_ip_address_count };
}

/* What a CER says of it; nothing where there is nothing to say. */
static struct dm_u32_list inband_list(enum dm_inband inband)
{
	switch (inband) {
	case DM_INBAND_OFFERED:
		return (struct dm_u32_list){ .at = inband_security, .count = 2 };
	case DM_INBAND_REQUIRED:
		return (struct dm_u32_list){ .at = inband_security + 1, .count = 1 };
	default:
		return (struct dm_u32_list){ 0 };
	}
}

int dm_write_cer(const struct dm_node *node, uint32_t hop_by_hop_id, uint32_t end_to_end_id,
                 enum dm_inband inband, struct dm_writer *out)
{
	struct dm_header header = { .hop_by_hop_id = hop_by_hop_id,
		                    .end_to_end_id = end_to_end_id };
	struct dm_cer cer = {
		.has.origin_state_id = node->config.origin_state_id != 0,
		.has.firmware_revision = node->config.firmware_revision != 0,
		.origin_host = node->config.origin_host,
		.origin_realm = node->config.origin_realm,
		.host_ip_address = addresses(node),
		.vendor_id = node->config.vendor_id,
		.product_name = node->config.product_name,
		.origin_state_id = node->config.origin_state_id,
		.inband_security_id = inband_list(inband),
		.auth_application_id = auth_applications(node),
		.acct_application_id = acct_applications(node),
		.firmware_revision = node->config.firmware_revision,
	};

	return dm_encode(node->dictionary, &dm_command_cer, &header, &cer, out);
}

#define FAILED_AVPS 4

/* The AVPs that a fault holds as octets, as a list. */
static struct dm_raw_avp_list failed_avps(const struct dm_fault *fault,
                                          struct dm_raw_avp list[FAILED_AVPS])
{
	struct dm_raw_avp_list avps = { .at = list };
	struct dm_cursor cursor;

	if (!fault)
		return avps;
	cursor = dm_cursor_of(fault->failed_avp);
	while (avps.count < FAILED_AVPS && dm_raw_next(&cursor, &list[avps.count], NULL))
		avps.count++;
	return avps;
}

int dm_write_cea(const struct dm_node *node, const struct dm_header *cer,
                 const struct dm_fault *fault, bool starts_tls, struct dm_writer *out)
{
	struct dm_header header = { .hop_by_hop_id = cer->hop_by_hop_id,
		                    .end_to_end_id = cer->end_to_end_id };
	struct dm_raw_avp list[FAILED_AVPS];
	struct dm_failed_avp failed = { .other = failed_avps(fault, list) };
	uint32_t result_code = fault ? fault->result_code : DM_RESULT_DIAMETER_SUCCESS;
	struct dm_cea cea = {
		.has.origin_state_id = node->config.origin_state_id != 0,
		.has.firmware_revision = node->config.firmware_revision != 0,
		.has.error_message = fault && fault->sentence[0],
		.result_code = result_code,
		.origin_host = node->config.origin_host,
		.origin_realm = node->config.origin_realm,
		.host_ip_address = addresses(node),
		.vendor_id = node->config.vendor_id,
		.product_name = node->config.product_name,
		.origin_state_id = node->config.origin_state_id,
		.error_message = dm_bytes_text(fault ? fault->sentence : NULL),
		.failed_avp = failed.other.count ? &failed : NULL, /* 1* { AVP }: never empty */
		.inband_security_id = inband_list(starts_tls ? DM_INBAND_REQUIRED : DM_INBAND_NONE),
		.auth_application_id = auth_applications(node),
		.acct_application_id = acct_applications(node),
		.firmware_revision = node->config.firmware_revision,
	};

	if (result_code / 1000 == 3) /* RFC 6733 7.1.3 */
		header.flags |= DM_FLAG_E;
	return dm_encode(node->dictionary, &dm_command_cea, &header, &cea, out);
}
