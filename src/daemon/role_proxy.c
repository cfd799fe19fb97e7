/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/role.h"
#include "mip6/proxy/proxy.h"

#include <stdlib.h>

static size_t count_strips(const struct hw_config *config)
{
	const struct hw_config_agreement *agreements = config->agreements.at;
	size_t count = 0;

	for (size_t i = 0; i < config->agreements.count; i++)
		count += agreements[i].strip.count;
	return count;
}

/* `strips` has room for those of all agreements; gives where the next begin. */
static struct dm_raw_avp *fill(struct mip6_agreement *out,
                               const struct hw_config_agreement *agreement,
                               struct dm_raw_avp *strips)
{
	const struct hw_avp_code *codes = agreement->strip.at;

	*out = (struct mip6_agreement){
		.realm = agreement->realm,
		.allow_local = agreement->allow_local,
		.local_home_agent_fqdn = agreement->local_fqdn,
		.strip = strips,
		.strip_count = agreement->strip.count,
	};
	if (agreement->has_local_address)
		out->local_home_agent_address = agreement->local_address;
	for (size_t i = 0; i < agreement->strip.count; i++)
		strips[i] = (struct dm_raw_avp){ .code = codes[i].code, .vendor = codes[i].vendor };
	return strips + agreement->strip.count;
}

/* Where nothing can be sent the node says so better. */
static bool protected_path(void *context, struct dm_bytes realm, struct dm_bytes host)
{
	struct hw_daemon *daemon = context;

	return !dm_node_reaches(daemon->node, realm, host,
	                        (uint32_t)daemon->config.numbers.application_id) ||
	       hw_path_is_protected(daemon, realm, host);
}

static struct mip6_role *make(struct hw_daemon *daemon, const struct mip6_common *common,
                              const char **why)
{
	const struct hw_config *config = &daemon->config;
	const struct hw_config_agreement *agreement = config->agreements.at;
	struct mip6_agreement *agreements =
		calloc(config->agreements.count + 1, sizeof(*agreements));
	struct dm_raw_avp *strips = calloc(count_strips(config) + 1, sizeof(*strips));
	struct mip6_proxy_config proxy = {
		.agreements = agreements,
		.agreement_count = config->agreements.count,
		.protected_path = protected_path,
		.protected_context = daemon,
	};
	struct dm_raw_avp *next = strips;
	struct mip6_role *role = NULL;

	if (agreements && strips) {
		for (size_t i = 0; i < config->agreements.count; i++)
			next = fill(&agreements[i], &agreement[i], next);
		role = mip6_proxy_new(&proxy, common, why);
	}
	free(agreements);
	free(strips);
	return role;
}

const struct hw_role_ops hw_role_proxy = {
	.kind = HW_ROLE_PROXY,
	.make = make,
};
