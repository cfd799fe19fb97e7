/* SPDX-License-Identifier: Apache-2.0 */
#include "home_agent_binding.h"

#include "dict/mip6.dia.h"
#include "mip6/keys.h"
#include "mip6/pack.h"
#include "mip6/values.h"

#include <stdlib.h>

/* What the steps of reading one MHR share. */
struct reading {
	struct mip6_home_agent *agent;
	const struct dm_message *message;
	const struct mip6_mhr *mhr;
	struct dm_fault *fault;
	struct store_binding record; /* octets of the message */
	struct mip6_binding *replaced;
	struct mip6_link *link;
	bool delegated;
};

static bool refuse(struct reading *reading, const struct dm_avp *avp, uint32_t result_code,
                   const char *why)
{
	dm_fault_about(reading->agent->common.dictionary, &reading->agent->outbox.arena,
	               reading->message->wire, avp, result_code, reading->fault, "%s: %s",
	               avp->name, why);
	return false;
}

/* The offender is inside of the security association number `index`; false. */
static bool refuse_inside(struct reading *reading, size_t index, const struct dm_avp *avp,
                          const struct dm_avp *member, uint32_t result_code, const char *why)
{
	const struct dm_avp_path path = {
		.avps = { &mip6_avp_mip6_security_association, avp, member },
		.index = index,
	};
	const char *name = member ? member->name : avp->name;

	if (reading->fault->result_code == 0)
		dm_fault_set(reading->fault, result_code, "%s: %s", name, why);
	dm_fault_add(reading->agent->common.dictionary, &reading->agent->outbox.arena,
	             reading->message->wire, &path, reading->fault);
	return false;
}

static bool refuse_plainly(struct reading *reading, uint32_t result_code, const char *why)
{
	dm_fault_set(reading->fault, result_code, "%s", why);
	return false;
}

/* ---- who asks ---- */

static bool check_server(struct reading *reading)
{
	const struct mip6_home_agent *agent = reading->agent;

	if (reading->mhr->auth_application_id != agent->common.application_id)
		return refuse(reading, &dm_avp_auth_application_id,
		              DM_RESULT_DIAMETER_INVALID_AVP_VALUE,
		              "another application than the command's");
	if (reading->mhr->session_id.size == 0)
		return refuse(reading, &dm_avp_session_id, DM_RESULT_DIAMETER_INVALID_AVP_VALUE,
		              "it is empty");
	for (size_t i = 0; i < agent->server_count; i++)
		if (mip6_glob(agent->servers[i], reading->mhr->origin_host))
			return true;
	return agent->server_count == 0 ||
	       refuse_plainly(reading, DM_RESULT_DIAMETER_AUTHORIZATION_REJECTED,
	                      "this home agent takes no orders from you");
}

static bool find_older(struct reading *reading)
{
	struct mip6_home_agent *agent = reading->agent;
	struct mip6_binding *older = dm_map_get(&agent->by_session, reading->mhr->session_id);

	reading->replaced = older;
	if (older && older->busy)
		return refuse_plainly(reading, DM_RESULT_DIAMETER_TOO_BUSY,
		                      "the last request of this session is still in work");
	if (older && !mip6_home_agent_obeys(agent, &older->record, reading->mhr->origin_host,
	                                    reading->mhr->origin_realm))
		return refuse(reading, &dm_avp_session_id, DM_RESULT_DIAMETER_INVALID_AVP_VALUE,
		              "another server's");
	if (!older && agent->by_session.count >= agent->capacity)
		return refuse_plainly(reading, DM_RESULT_DIAMETER_RESOURCES_EXCEEDED,
		                      "the home agent has as many bindings as it may");
	return true;
}

/* ---- security associations ---- */

/* Which association of this protocol is there already; its number is `index` when there is none. */
static size_t first_of(const struct mip6_security_association_list *list, size_t index)
{
	size_t first = 0;

	while (list->at[first].mip6_sa_protocol != list->at[index].mip6_sa_protocol)
		first++;
	return first;
}

static bool read_key(struct reading *reading, size_t index, const struct mip6_key *key,
                     struct store_association *out)
{
	if (key->key_type != MIP6_KEY_TYPE_IKEV2_SK)
		return refuse_inside(reading, index, &mip6_avp_key, &mip6_avp_key_type,
		                     DM_RESULT_DIAMETER_INVALID_AVP_VALUE,
		                     "3 is the one for Mobile IPv6");
	if (key->keying_material.size == 0 || !dm_secret_set(&out->key, key->keying_material))
		return refuse_inside(reading, index, &mip6_avp_key, &mip6_avp_keying_material,
		                     DM_RESULT_DIAMETER_INVALID_AVP_VALUE,
		                     "a key has between 1 and 64 octets");
	if (key->has.key_name)
		out->key_name = key->key_name;
	if (key->has.key_lifetime)
		out->key_expires = reading->agent->now.wall + key->key_lifetime;
	return true;
}

/* Key-SPI and MIP-MN-HA-SPI say the same, where both are there. */
static bool read_spi(struct reading *reading, size_t index,
                     const struct mip6_security_association *from, struct store_association *out)
{
	const struct mip6_key *key = from->key;

	if (from->has.mip_mn_ha_spi && key->has.key_spi && from->mip_mn_ha_spi != key->key_spi) {
		refuse_inside(reading, index, &mip6_avp_mip_mn_ha_spi, NULL,
		              DM_RESULT_DIAMETER_CONTRADICTING_AVPS, "Key-SPI says another");
		return refuse_inside(reading, index, &mip6_avp_key, &mip6_avp_key_spi, 0, "");
	}
	if (from->has.mip_mn_ha_spi)
		out->spi = from->mip_mn_ha_spi;
	else if (key->has.key_spi)
		out->spi = key->key_spi;
	return true;
}

/* There are no more protocols than a record has room for, and none comes twice. */
static bool read_association(struct reading *reading, size_t index)
{
	const struct mip6_security_association_list *list =
		&reading->mhr->mip6_security_association;
	const struct mip6_security_association *from = &list->at[index];
	struct store_association *out = &reading->record.associations[index];
	size_t first = first_of(list, index);

	if (first != index) {
		refuse_inside(reading, first, &mip6_avp_mip6_sa_protocol, NULL,
		              DM_RESULT_DIAMETER_CONTRADICTING_AVPS,
		              "two security associations of one protocol");
		return refuse_inside(reading, index, &mip6_avp_mip6_sa_protocol, NULL, 0, "");
	}
	if (!from->has.key)
		return refuse_inside(reading, index, &mip6_avp_key, NULL,
		                     DM_RESULT_DIAMETER_MISSING_AVP,
		                     "a security association comes with its key");
	*out = (struct store_association){ .sa_protocol = (uint8_t)from->mip6_sa_protocol };
	if (from->has.mip6_key_epoch)
		out->key_epoch = from->mip6_key_epoch;
	if (from->has.mip_algorithm_type)
		out->algorithm_type = (uint32_t)from->mip_algorithm_type;
	if (from->has.mip_replay_mode)
		out->replay_mode = (uint32_t)from->mip_replay_mode;
	reading->record.association_count++;
	return read_key(reading, index, from->key, out) && read_spi(reading, index, from, out);
}

static bool read_associations(struct reading *reading)
{
	const struct mip6_security_association_list *list =
		&reading->mhr->mip6_security_association;

	_Static_assert(STORE_ASSOCIATION_LIMIT >= MIP6_SA_PROTOCOL_LAST, "one for each protocol");
	if (list->count == 0)
		return refuse(reading, &mip6_avp_mip6_security_association,
		              DM_RESULT_DIAMETER_MISSING_AVP, "draft 4.5: MUST be there");
	for (size_t i = 0; i < list->count; i++)
		if (!read_association(reading, i))
			return false;
	return true;
}

/* ---- the prefix ---- */

struct mip6_link *mip6_home_agent_link(struct mip6_home_agent *agent, const uint8_t address[16])
{
	for (size_t i = 0; i < agent->link_count; i++)
		if (mip6_prefix_holds(&agent->links[i].prefix, address))
			return &agent->links[i];
	return NULL;
}

/* A prefix inside a link, longer than the link's own, is one node's alone. */
static bool read_prefix(struct reading *reading)
{
	const struct dm_avp *avp = &mip6_avp_mip6_home_link_prefix;
	struct store_prefix *prefix = &reading->record.home_prefix;
	const struct mip6_binding *other;
	const struct mip6_link *link;
	const char *why;
	uint32_t result;

	if (!reading->mhr->has.mip6_home_link_prefix)
		return true;
	result = mip6_prefix_read(reading->mhr->mip6_home_link_prefix, prefix, &why);
	if (result)
		return refuse(reading, avp, result, why);
	link = mip6_home_agent_link(reading->agent, prefix->address);
	if (!link || prefix->length < link->prefix.length)
		return refuse(reading, avp, DM_RESULT_DIAMETER_INVALID_AVP_VALUE,
		              "not on a link of this home agent");
	reading->delegated = prefix->length > link->prefix.length;
	other = dm_map_get(&reading->agent->by_prefix, dm_bytes_of(prefix, sizeof(*prefix)));
	if (reading->delegated && other && other != reading->replaced)
		return refuse(reading, avp, DM_RESULT_DIAMETER_INVALID_AVP_VALUE, "another node's");
	return true;
}

/* ---- the address ---- */

static bool is_own(const struct mip6_home_agent *agent, const uint8_t address[16])
{
	for (size_t i = 0; i < agent->link_count; i++)
		if (agent->links[i].address.length > 0 &&
		    memcmp(agent->links[i].address.address, address, 16) == 0)
			return true;
	return false;
}

static bool is_used(void *context, const struct store_prefix *item)
{
	const struct mip6_home_agent *agent = context;

	return is_own(agent, item->address) ||
	       dm_map_get(&agent->by_address, dm_bytes_of(item->address, 16)) != NULL;
}

static bool is_same_user(const struct reading *reading, const struct mip6_binding *other)
{
	return reading->record.user_name.size > 0 &&
	       dm_bytes_equal(other->record.user_name, reading->record.user_name);
}

/* The same node under another Session-Id: its server has lost the old one. */
static bool may_take_over(struct reading *reading, struct mip6_binding *other)
{
	if (reading->replaced || other->busy || !is_same_user(reading, other))
		return false;
	reading->replaced = other;
	return true;
}

/* RFC 6733 7.1.5: both that contradict each other are shown. */
static bool refuse_as_contradicting(struct reading *reading)
{
	const struct dm_avp_path prefix = { .avps = { &mip6_avp_mip6_home_link_prefix } };

	refuse(reading, &mip6_avp_mip6_home_address, DM_RESULT_DIAMETER_CONTRADICTING_AVPS,
	       "not inside the home link prefix");
	dm_fault_add(reading->agent->common.dictionary, &reading->agent->outbox.arena,
	             reading->message->wire, &prefix, reading->fault);
	return false;
}

static bool check_address(struct reading *reading)
{
	const struct dm_avp *avp = &mip6_avp_mip6_home_address;
	const uint8_t *address = reading->record.home_address.address;
	const struct store_prefix *prefix = &reading->record.home_prefix;
	struct mip6_binding *other;

	if (!mip6_address_is_assignable(address) || is_own(reading->agent, address))
		return refuse(reading, avp, DM_RESULT_DIAMETER_INVALID_AVP_VALUE,
		              "not an address that a node may own");
	reading->link = mip6_home_agent_link(reading->agent, address);
	if (!reading->link)
		return refuse(reading, avp, DM_RESULT_DIAMETER_INVALID_AVP_VALUE,
		              "not on a link of this home agent");
	if (prefix->length > 0 && !mip6_prefix_holds(prefix, address))
		return refuse_as_contradicting(reading);
	other = dm_map_get(&reading->agent->by_address, dm_bytes_of(address, 16));
	if (other && other != reading->replaced && !may_take_over(reading, other))
		return refuse(reading, avp, DM_RESULT_DIAMETER_INVALID_AVP_VALUE, "another node's");
	return true;
}

/* From a prefix of the node's own, or from the pool of the link that the prefix names, or of the
 * first link that has a free address. */
static bool allocate(struct reading *reading)
{
	struct mip6_home_agent *agent = reading->agent;
	const struct mip6_pool_config own = { .prefix = reading->record.home_prefix,
		                              .item_length = 128 };
	struct store_prefix *out = &reading->record.home_address;
	struct mip6_pool inside;
	const char *why;

	if (reading->delegated) {
		reading->link = mip6_home_agent_link(agent, own.prefix.address);
		return (mip6_pool_init(&inside, &own, &why) &&
		        mip6_pool_take(&inside, &agent->random, is_used, agent, out)) ||
		       refuse_plainly(reading, DM_RESULT_DIAMETER_RESOURCES_EXCEEDED,
		                      "no address is free inside the prefix");
	}
	for (size_t i = 0; i < agent->link_count; i++) {
		struct mip6_link *link = &agent->links[i];

		if (own.prefix.length > 0 && !mip6_prefix_holds(&link->prefix, own.prefix.address))
			continue;
		if (!mip6_pool_take(&link->pool, &agent->random, is_used, agent, out))
			continue;
		mip6_pool_give_back(&link->pool, out); /* counted when it is indexed */
		reading->link = link;
		return true;
	}
	return refuse_plainly(reading, DM_RESULT_DIAMETER_RESOURCES_EXCEEDED,
	                      "no home address is free");
}

/* None or `::`: keep what an update has, else allocate. */
static bool read_address(struct reading *reading)
{
	struct store_prefix *address = &reading->record.home_address;
	const struct mip6_mhr *mhr = reading->mhr;
	const char *why;
	uint32_t result = 0;

	if (mhr->has.mip6_home_address)
		result = mip6_address_read(mhr->mip6_home_address, address, &why);
	if (result)
		return refuse(reading, &mip6_avp_mip6_home_address, result, why);
	if (!mip6_address_is_unspecified(address->address))
		return check_address(reading);
	if (!reading->replaced)
		return allocate(reading);
	*address = reading->replaced->record.home_address;
	return check_address(reading);
}

/* What is in force goes into the MHA: the link's prefix, and its length with the address. */
static void complete(struct reading *reading)
{
	struct store_binding *record = &reading->record;

	if (record->home_prefix.length == 0)
		record->home_prefix = reading->link->prefix;
	record->home_address.length = record->home_prefix.length;
}

/* ---- the binding ---- */

static size_t octets_of(const struct store_binding *record)
{
	size_t size = record->session_id.size + record->user_name.size + record->server_host.size +
	              record->server_realm.size + record->acct_multi_session_id.size +
	              record->service_selection.size;

	for (size_t i = 0; i < record->association_count; i++)
		size += record->associations[i].key_name.size;
	return size;
}

struct mip6_binding *mip6_binding_copy(const struct store_binding *record)
{
	struct mip6_binding *binding = malloc(sizeof(*binding) + octets_of(record));
	struct store_binding *copy;
	uint8_t *room;

	if (!binding)
		return NULL;
	*binding = (struct mip6_binding){ .record = *record };
	copy = &binding->record;
	room = binding->octets;
	copy->session_id = mip6_pack(&room, record->session_id);
	copy->user_name = mip6_pack(&room, record->user_name);
	copy->server_host = mip6_pack(&room, record->server_host);
	copy->server_realm = mip6_pack(&room, record->server_realm);
	copy->acct_multi_session_id = mip6_pack(&room, record->acct_multi_session_id);
	copy->service_selection = mip6_pack(&room, record->service_selection);
	for (size_t i = 0; i < record->association_count; i++)
		copy->associations[i].key_name = mip6_pack(&room, record->associations[i].key_name);
	return binding;
}

void mip6_binding_free(struct mip6_binding *binding)
{
	if (!binding)
		return;
	dm_wipe(binding->record.associations, sizeof(binding->record.associations));
	free(binding);
}

static void read_names(struct reading *reading)
{
	const struct mip6_mhr *mhr = reading->mhr;
	struct store_binding *record = &reading->record;

	record->session_id = mhr->session_id;
	record->server_host = mhr->origin_host;
	record->server_realm = mhr->origin_realm;
	if (mhr->has.user_name)
		record->user_name = mhr->user_name;
	if (mhr->has.acct_multi_session_id)
		record->acct_multi_session_id = mhr->acct_multi_session_id;
}

struct mip6_binding *mip6_binding_read_asked(struct mip6_home_agent *agent,
                                             const struct dm_message *message,
                                             const struct store_binding *asked,
                                             struct dm_fault *fault)
{
	struct reading reading = {
		.agent = agent,
		.message = message,
		.mhr = message->body,
		.fault = fault,
	};
	struct mip6_binding *binding = NULL;

	*fault = (struct dm_fault){ 0 };
	if (asked) {
		reading.record.asked = true;
		reading.record.service_selection = asked->service_selection;
		reading.record.renew = asked->renew;
		reading.record.authorized = asked->authorized;
	}
	read_names(&reading);
	if (check_server(&reading) && find_older(&reading) && read_associations(&reading) &&
	    read_prefix(&reading) && read_address(&reading)) {
		complete(&reading);
		binding = mip6_binding_copy(&reading.record);
		if (!binding)
			refuse_plainly(&reading, DM_RESULT_DIAMETER_UNABLE_TO_COMPLY,
			               "the home agent is out of memory");
	}
	dm_wipe(reading.record.associations, sizeof(reading.record.associations));
	if (!binding)
		return NULL;
	if (reading.mhr->has.acct_interim_interval)
		binding->acct_interim = reading.mhr->acct_interim_interval;
	if (reading.mhr->has.accounting_realtime_required)
		binding->acct_realtime = reading.mhr->accounting_realtime_required;
	binding->link = reading.link;
	binding->delegated = reading.delegated;
	binding->replaced = reading.replaced;
	return binding;
}

struct mip6_binding *mip6_binding_read(struct mip6_home_agent *agent,
                                       const struct dm_message *message, struct dm_fault *fault)
{
	return mip6_binding_read_asked(agent, message, NULL, fault);
}
