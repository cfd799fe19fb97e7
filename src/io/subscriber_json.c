/* SPDX-License-Identifier: Apache-2.0 */
#include "io/subscriber_json.h"

#define AT(member)  .offset = offsetof(struct store_subscriber, member)
#define HAS(member) .has = true, .has_offset = offsetof(struct store_subscriber, member)

const struct hw_member hw_subscriber_members[] = {
	{ "user_name", HW_MEMBER_NAI, .required = true, AT(user_name) },
	{ "root_key", HW_MEMBER_KEY, AT(root_key) },
	{ "enabled", HW_MEMBER_FLAG, AT(enabled) },
	{ "mobility", HW_MEMBER_FLAG, AT(mobility) },
	{ "local_home_agent", HW_MEMBER_FLAG, AT(local_home_agent) },
	{ "random_keys", HW_MEMBER_FLAG, AT(random_keys) },
	{ "home_address", HW_MEMBER_OWNABLE, AT(home_address), HAS(has_home_address) },
	{ "home_prefix", HW_MEMBER_PREFIX, AT(home_prefix), HAS(has_home_prefix) },
	{ "home_agent", HW_MEMBER_HOSTS, AT(home_agent) },
	{ "fqdn", HW_MEMBER_NAMES, AT(fqdn) },
	{ "sa_protocols", HW_MEMBER_PROTOCOLS, AT(sa_protocols) },
	{ "authorization_lifetime", HW_MEMBER_U32, AT(authorization_lifetime) },
	{ "session_timeout", HW_MEMBER_U32, AT(session_timeout) },
	{ "key_lifetime", HW_MEMBER_U32, AT(key_lifetime) },
	{ NULL },
};

bool hw_subscriber_read(const json_t *record, struct store_subscriber *out, struct dm_text *why)
{
	*out = (struct store_subscriber){ .enabled = true, .mobility = true };
	if (!json_is_object(record)) {
		dm_text_add(why, "a subscriber is no JSON object; write {\"user_name\": ...}");
		return false;
	}
	return hw_members_read(record, hw_subscriber_members, NULL, out, why);
}

json_t *hw_subscriber_json(const struct store_subscriber *subscriber)
{
	return hw_members_json(hw_subscriber_members, subscriber);
}
