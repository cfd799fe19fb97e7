/* SPDX-License-Identifier: Apache-2.0 */
#include "subscribers.h"

#include "mip6/keys.h"
#include "mip6/pack.h"
#include "mip6/values.h"

#include <errno.h>
#include <stdlib.h>

void mip6_subscribers_init(struct mip6_subscribers *subscribers, size_t limit, uint64_t seed)
{
	*subscribers = (struct mip6_subscribers){ .limit = limit };
	dm_map_init(&subscribers->by_name, seed, false);
}

static void free_visited(void *value, void *context)
{
	(void)context;
	mip6_subscriber_free(value);
}

void mip6_subscribers_fini(struct mip6_subscribers *subscribers)
{
	dm_map_each(&subscribers->by_name, free_visited, NULL);
	dm_map_fini(&subscribers->by_name);
}

static const char *what_is_wrong(const struct store_subscriber *record)
{
	struct mip6_nai nai;

	if (!mip6_nai_parse(record->user_name, &nai))
		return "the user name is no NAI (RFC 4282)";
	if (record->root_key.size < MIP6_ROOT_KEY_MINIMUM)
		return "the root key is shorter than 16 octets";
	if (record->has_home_address && !mip6_address_is_assignable(record->home_address.address))
		return "the home address is not one that a node may own";
	if (record->has_home_prefix && (record->home_prefix.length == 0 ||
	                                !mip6_address_is_assignable(record->home_prefix.address)))
		return "the home prefix is not one that a node may own";
	return NULL;
}

struct mip6_subscriber *mip6_subscriber_new(const struct store_subscriber *record, int *error,
                                            const char **why)
{
	size_t size = record->user_name.size + record->home_agent.size + record->fqdn.size;
	struct mip6_subscriber *subscriber;
	struct dm_writer name;
	uint8_t *room;

	*error = -EINVAL;
	*why = what_is_wrong(record);
	if (*why)
		return NULL;
	*error = -ENOMEM;
	*why = "no memory for another subscriber";
	subscriber = malloc(sizeof(*subscriber) + size);
	if (!subscriber)
		return NULL;
	subscriber->record = *record;
	subscriber->sweep = 0;
	dm_writer_init_fixed(&name, subscriber->octets, record->user_name.size);
	mip6_user_key(record->user_name, &name);
	subscriber->record.user_name = dm_writer_written(&name);
	room = subscriber->octets + name.size;
	subscriber->record.home_agent = mip6_pack(&room, record->home_agent);
	subscriber->record.fqdn = mip6_pack(&room, record->fqdn);
	*error = 0;
	*why = NULL;
	return subscriber;
}

void mip6_subscriber_free(struct mip6_subscriber *subscriber)
{
	if (!subscriber)
		return;
	dm_secret_wipe(&subscriber->record.root_key);
	free(subscriber);
}

int mip6_subscribers_file(struct mip6_subscribers *subscribers, struct mip6_subscriber *subscriber)
{
	struct dm_bytes name = subscriber->record.user_name;
	int error = -ENOSPC;

	mip6_subscriber_free(dm_map_remove(&subscribers->by_name, name));
	if (subscribers->by_name.count < subscribers->limit)
		error = dm_map_put(&subscribers->by_name, name, subscriber);
	if (error)
		mip6_subscriber_free(subscriber);
	return error;
}

/* The name as it is filed, in `room`; no octets when it cannot be a subscriber's. */
static struct dm_bytes filed(struct dm_bytes user_name, uint8_t room[MIP6_NAI_LIMIT])
{
	struct dm_writer name;

	dm_writer_init_fixed(&name, room, MIP6_NAI_LIMIT);
	if (!mip6_user_key(user_name, &name))
		return (struct dm_bytes){ 0 };
	return dm_writer_written(&name);
}

struct mip6_subscriber *mip6_subscribers_get(const struct mip6_subscribers *subscribers,
                                             struct dm_bytes user_name)
{
	uint8_t room[MIP6_NAI_LIMIT];

	return dm_map_get(&subscribers->by_name, filed(user_name, room));
}

const struct store_subscriber *mip6_subscribers_find(const struct mip6_subscribers *subscribers,
                                                     struct dm_bytes user_name)
{
	const struct mip6_subscriber *found = mip6_subscribers_get(subscribers, user_name);

	return found ? &found->record : NULL;
}

static bool names(struct dm_bytes allowed, struct dm_bytes fqdn)
{
	if (allowed.size == 0)
		return false;
	if (allowed.at[0] == '.')
		return fqdn.size > allowed.size && dm_bytes_ends_with_folded(fqdn, allowed);
	return dm_bytes_equal_folded(fqdn, allowed);
}

bool mip6_subscriber_may_be_named(const struct store_subscriber *subscriber, struct dm_bytes fqdn)
{
	size_t start = 0;

	for (size_t i = 0; subscriber && i <= subscriber->fqdn.size; i++) {
		if (i < subscriber->fqdn.size && subscriber->fqdn.at[i] != ',')
			continue;
		if (names(dm_bytes_of(subscriber->fqdn.at + start, i - start), fqdn))
			return true;
		start = i + 1;
	}
	return false;
}

bool mip6_subscribers_remove(struct mip6_subscribers *subscribers, struct dm_bytes user_name)
{
	uint8_t room[MIP6_NAI_LIMIT];
	struct mip6_subscriber *removed =
		dm_map_remove(&subscribers->by_name, filed(user_name, room));

	mip6_subscriber_free(removed);
	return removed != NULL;
}
