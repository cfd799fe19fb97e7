/* SPDX-License-Identifier: Apache-2.0 */
/* Keys for the home agent, their names for the mobile node (profile 6). */
#include "server.h"

#include "dict/mip6.dia.h"
#include "mip6/keys.h"

uint32_t mip6_server_key_lifetime(const struct mip6_home_server *server,
                                  const struct store_subscriber *subscriber)
{
	uint32_t lifetime = subscriber && subscriber->key_lifetime ? subscriber->key_lifetime
	                                                           : server->policy.key_lifetime;
	uint32_t session = subscriber && subscriber->session_timeout
	                           ? subscriber->session_timeout
	                           : server->policy.session_timeout;

	return session && session < lifetime ? session : lifetime;
}

static struct mip6_key_context context_of(const struct mip6_session *session, uint32_t epoch)
{
	struct mip6_key_context context = {
		.nai = mip6_session_user(session),
		.home_agent_fqdn = session->agent->config.fqdn,
		.epoch = epoch,
	};

	memcpy(context.home_address, session->home_address.address, sizeof(context.home_address));
	return context;
}

/* The Key AVP (RFC 6734); NULL when it cannot be made. */
static const struct mip6_key *key_of(struct mip6_home_server *server,
                                     const struct store_subscriber *subscriber,
                                     const struct dm_secret *root, uint8_t protocol,
                                     const struct mip6_key_context *context)
{
	struct mip6_key *key = mip6_outbox_take(&server->outbox, sizeof(*key));
	struct mip6_derived_key derived;

	if (!key || mip6_key_derive(root, protocol, context, &derived) != 0)
		return NULL;
	key->key_type = MIP6_KEY_TYPE_IKEV2_SK; /* profile 2: for all three protocols */
	key->keying_material =
		mip6_outbox_copy_secret(&server->outbox, dm_secret_bytes(&derived.secret));
	key->has.key_lifetime = true;
	key->key_lifetime = mip6_server_key_lifetime(server, subscriber);
	key->has.key_name = true;
	key->key_name =
		mip6_outbox_copy(&server->outbox, dm_bytes_of(derived.name, sizeof(derived.name)));
	key->has.key_spi = derived.spi != 0;
	key->key_spi = derived.spi;
	mip6_key_wipe(&derived);
	return key->keying_material.at ? key : NULL;
}

/* What all associations of one message have in common. */
struct making {
	const struct mip6_session *session;
	const struct store_subscriber *subscriber;
	struct mip6_key_context context;
	bool with_keys;
};

/* The epoch says which generation of derived keys: a node that is to derive none is told none. */
static bool fill(struct mip6_home_server *server, const struct making *making, uint8_t protocol,
                 struct mip6_security_association *out)
{
	const struct mip6_key_context *context = &making->context;
	const struct dm_secret *random = making->session->random_key;

	out->mip6_sa_protocol = protocol;
	out->has.mip6_key_epoch = making->with_keys || !random;
	out->mip6_key_epoch = context->epoch;
	if (protocol == MIP6_SA_PROTOCOL_MIPV6_AUTH) {
		out->has.mip_mn_ha_spi = out->has.mip_algorithm_type = true;
		out->has.mip_replay_mode = true;
		out->mip_mn_ha_spi = mip6_key_spi(protocol, context);
		out->mip_algorithm_type = MIP6_MIP_ALGORITHM_TYPE_HMAC_SHA_1;
		out->mip_replay_mode = MIP6_MIP_REPLAY_MODE_TIMESTAMPS;
	}
	if (!making->with_keys)
		return true;
	out->key = key_of(server, making->subscriber,
	                  random ? random : &making->subscriber->root_key, protocol, context);
	out->has.key = out->key != NULL;
	return out->has.key;
}

struct mip6_security_association_list mip6_server_associations(
	struct mip6_home_server *server, const struct mip6_session *session,
	const struct store_subscriber *subscriber, uint32_t epoch, bool with_keys)
{
	struct mip6_security_association *list =
		mip6_outbox_take(&server->outbox, MIP6_SA_PROTOCOL_LAST * sizeof(*list));
	const struct making making = { session, subscriber, context_of(session, epoch), with_keys };
	size_t count = 0;

	if (!list || (with_keys && !subscriber))
		return (struct mip6_security_association_list){ 0 };
	for (uint8_t protocol = 1; protocol <= MIP6_SA_PROTOCOL_LAST; protocol++) {
		if (!(session->sa_protocols & 1 << protocol))
			continue;
		if (!fill(server, &making, protocol, &list[count]))
			return (struct mip6_security_association_list){ 0 };
		count++;
	}
	return (struct mip6_security_association_list){ .at = list, .count = count };
}
