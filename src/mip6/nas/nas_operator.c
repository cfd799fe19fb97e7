/* SPDX-License-Identifier: Apache-2.0 */
/* Making a NAS, what a store brings back at the start, looking. */
#include "mip6/values.h"
#include "nas_attachment.h"

#include <errno.h>
#include <stdlib.h>

#define STRING_LIMIT ((size_t)1 << 20)

static struct mip6_nas *nas_of(struct mip6_role *role)
{
	return (struct mip6_nas *)role;
}

/* ---- making one ---- */

static struct dm_bytes copy(struct mip6_nas *nas, struct dm_bytes octets)
{
	return dm_arena_copy(&nas->arena, octets);
}

static bool copy_config(struct mip6_nas *nas, const struct mip6_nas_config *config,
                        const struct mip6_common *common, const char **why)
{
	nas->config = *config;
	nas->common.origin_host = copy(nas, common->origin_host);
	nas->common.origin_realm = copy(nas, common->origin_realm);
	nas->config.nas_identifier = config->nas_identifier.size ? copy(nas, config->nas_identifier)
	                                                         : nas->common.origin_host;
	nas->config.default_realm = config->default_realm.size ? copy(nas, config->default_realm)
	                                                       : nas->common.origin_realm;
	nas->config.local_home_agent_fqdn = copy(nas, config->local_home_agent_fqdn);
	nas->config.called_station_id = copy(nas, config->called_station_id);
	nas->config.service_selection = copy(nas, config->service_selection);
	if (config->nas_ip_address) {
		memcpy(nas->nas_ip_address, config->nas_ip_address, sizeof(nas->nas_ip_address));
		nas->config.nas_ip_address = nas->nas_ip_address;
	}
	if (config->nas_ipv6_address) {
		memcpy(nas->nas_ipv6_address, config->nas_ipv6_address,
		       sizeof(nas->nas_ipv6_address));
		nas->config.nas_ipv6_address = nas->nas_ipv6_address;
	}
	if (config->local_home_agent_fqdn.size > 0 &&
	    !mip6_is_host_name(config->local_home_agent_fqdn)) {
		*why = "the local home agent is no host name";
		return false;
	}
	return nas->config.service_selection.at != NULL;
}

struct mip6_role *mip6_nas_new(const struct mip6_nas_config *config,
                               const struct mip6_common *common, const char **why)
{
	struct mip6_nas *nas = calloc(1, sizeof(*nas));

	*why = "no memory for the NAS";
	if (!nas)
		return NULL;
	nas->role.class = &mip6_nas_class;
	nas->common = *common;
	nas->limit = config->attachment_limit ? config->attachment_limit : 65536;
	mip6_outbox_init(&nas->outbox);
	dm_arena_init(&nas->arena, STRING_LIMIT);
	dm_arena_init(&nas->scratch, STRING_LIMIT);
	dm_timers_init(&nas->timers);
	dm_map_init(&nas->attachments, common->seed, false);
	dm_map_init(&nas->pending, common->seed, false);
	dm_map_init(&nas->unable, common->seed, true);
	mip6_nas_init_accounting(nas, &config->accounting);
	if (copy_config(nas, config, common, why))
		return &nas->role;
	nas->role.class->free(&nas->role);
	return NULL;
}

/* ---- start ---- */

int mip6_nas_restore_attachment(struct mip6_role *role, const struct store_attachment *record)
{
	struct mip6_nas *nas = nas_of(role);
	struct mip6_attachment *attachment;

	if (dm_map_get(&nas->attachments, record->session_id))
		return -EEXIST;
	attachment = mip6_attachment_new(nas, record->session_id, record->user_name,
	                                 record->interface, record->server_realm);
	if (!attachment)
		return -ENOMEM;
	attachment->grant = mip6_grant_new(nas, record);
	if (!attachment->grant || !mip6_attachment_keep_request(attachment, record->request)) {
		mip6_attachment_free(nas, attachment);
		return -ENOMEM;
	}
	/* What ended while the NAS was away is not asked for again: it ends. */
	attachment->attempts = 1;
	attachment->renew = attachment->grant->terms.renew;
	attachment->authenticate = attachment->grant->terms.authenticate;
	return 0;
}

static void arm_visited(void *value, void *context)
{
	struct mip6_attachment *attachment = value;

	if (attachment->state == MIP6_ATTACHMENT_ATTACHED) /* else it is ending already */
		mip6_nas_settle(context, attachment);
}

void mip6_nas_start(struct mip6_role *role, struct mip6_now now)
{
	struct mip6_nas *nas = nas_of(role);

	nas->now = now;
	mip6_nas_start_accounting(nas);
	dm_map_each(&nas->attachments, arm_visited, nas);
}

/* ---- looking ---- */

struct walk {
	struct mip6_nas *nas;
	int (*visit)(const struct mip6_result *, void *);
	void *context;
	int stop;
};

static void visit_attachment(void *value, void *context)
{
	const struct mip6_attachment *attachment = value;
	struct walk *walk = context;
	struct mip6_result result;

	if (walk->stop || !attachment->grant)
		return;
	result = mip6_nas_describe(walk->nas, attachment);
	walk->stop = walk->visit(&result, walk->context);
}

int mip6_nas_each_attachment(struct mip6_role *role,
                             int (*visit)(const struct mip6_result *, void *), void *context)
{
	struct walk walk = { nas_of(role), visit, context, 0 };

	dm_map_each(&walk.nas->attachments, visit_attachment, &walk);
	return walk.stop;
}

size_t mip6_nas_count(const struct mip6_role *role)
{
	return ((const struct mip6_nas *)role)->attachments.count;
}
