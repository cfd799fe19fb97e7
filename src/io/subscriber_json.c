/* SPDX-License-Identifier: Apache-2.0 */
#include "io/subscriber_json.h"

#include "io/members.h"
#include "mip6/values.h"

#define AT(member)  .offset = offsetof(struct store_subscriber, member)
#define HAS(member) .has = true, .has_offset = offsetof(struct store_subscriber, member)

static const struct hw_member members[] = {
	{ "user_name", HW_MEMBER_TEXT, .required = true, AT(user_name) },
	{ "root_key", HW_MEMBER_KEY, .required = true, AT(root_key) },
	{ "enabled", HW_MEMBER_FLAG, AT(enabled) },
	{ "mobility", HW_MEMBER_FLAG, AT(mobility) },
	{ "local_home_agent", HW_MEMBER_FLAG, AT(local_home_agent) },
	{ "home_address", HW_MEMBER_OWNABLE, AT(home_address), HAS(has_home_address) },
	{ "home_prefix", HW_MEMBER_PREFIX, AT(home_prefix), HAS(has_home_prefix) },
	{ "home_agent", HW_MEMBER_TEXT, AT(home_agent) },
	{ "fqdn", HW_MEMBER_TEXT, AT(fqdn) },
	{ "sa_protocols", HW_MEMBER_PROTOCOLS, AT(sa_protocols) },
	{ "authorization_lifetime", HW_MEMBER_U32, AT(authorization_lifetime) },
	{ "session_timeout", HW_MEMBER_U32, AT(session_timeout) },
	{ NULL },
};

bool hw_subscriber_read(const json_t *record, struct store_subscriber *out, struct dm_text *why)
{
	struct mip6_nai nai;

	*out = (struct store_subscriber){ .enabled = true, .mobility = true };
	if (!json_is_object(record)) {
		dm_text_add(why, "a subscriber is no JSON object; write {\"user_name\": ...}");
		return false;
	}
	if (!hw_members_read(record, members, NULL, out, why))
		return false;
	if (mip6_nai_parse(out->user_name, &nai))
		return true;
	dm_text_add(why, "user_name is no NAI; write one such as \"alice@home.example.net\"");
	return false;
}

static json_t *protocols_json(uint8_t bits)
{
	json_t *array = json_array();

	for (unsigned protocol = 1; protocol < 8; protocol++) {
		if (bits & 1 << protocol)
			json_array_append_new(array, json_string(hw_sa_protocol_name(protocol)));
	}
	return array;
}

json_t *hw_subscriber_json(const struct store_subscriber *subscriber)
{
	json_t *record = json_object();

	hw_json_set_octets(record, "user_name", subscriber->user_name);
	hw_json_set_flag(record, "enabled", subscriber->enabled);
	hw_json_set_flag(record, "mobility", subscriber->mobility);
	hw_json_set_flag(record, "local_home_agent", subscriber->local_home_agent);
	if (subscriber->has_home_address)
		hw_json_set_prefix(record, "home_address", &subscriber->home_address);
	if (subscriber->has_home_prefix)
		hw_json_set_prefix(record, "home_prefix", &subscriber->home_prefix);
	hw_json_set_octets(record, "home_agent", subscriber->home_agent);
	hw_json_set_octets(record, "fqdn", subscriber->fqdn);
	if (subscriber->sa_protocols)
		json_object_set_new(record, "sa_protocols",
		                    protocols_json(subscriber->sa_protocols));
	hw_json_set_nonzero(record, "authorization_lifetime", subscriber->authorization_lifetime);
	hw_json_set_nonzero(record, "session_timeout", subscriber->session_timeout);
	hw_json_set_number(record, "root_key_octets", subscriber->root_key.size);
	return record;
}
