/* SPDX-License-Identifier: Apache-2.0 */
/*
 * subscribers: who may have mobility service, by user name (the realm in any case).
 *
 * Records are owned here, root keys wiped when a record goes. What is not here: what a record means
 * for a request (decide.h).
 */
#ifndef MIP6_SUBSCRIBERS_H
#define MIP6_SUBSCRIBERS_H

#include "base/map.h"
#include "store/store.h"

struct mip6_subscriber {
	struct store_subscriber record; /* octets owned; user_name as filed */
	uint64_t sweep;                 /* that found it in use (shared mode) */
	uint8_t octets[];
};

struct mip6_subscribers {
	struct dm_map by_name;
	size_t limit;
};

void mip6_subscribers_init(struct mip6_subscribers *subscribers, size_t limit, uint64_t seed);
void mip6_subscribers_fini(struct mip6_subscribers *subscribers);

/* A copy, not filed yet; NULL with *why a sentence when the record cannot be one (-EINVAL), or
 * memory is exhausted (-ENOMEM). */
struct mip6_subscriber *mip6_subscriber_new(const struct store_subscriber *record, int *error,
                                            const char **why);
void mip6_subscriber_free(struct mip6_subscriber *subscriber);

/* Files it in place of an older one and takes ownership, also on error: -ENOMEM, -ENOSPC. */
int mip6_subscribers_file(struct mip6_subscribers *subscribers, struct mip6_subscriber *subscriber);
/* NULL when unknown. */
struct mip6_subscriber *mip6_subscribers_get(const struct mip6_subscribers *subscribers,
                                             struct dm_bytes user_name);
const struct store_subscriber *mip6_subscribers_find(const struct mip6_subscribers *subscribers,
                                                     struct dm_bytes user_name);
/* True when the subscriber (NULL: nobody) may have this name in DNS: one of his own, or one below a
 * suffix of his (profile 7). */
bool mip6_subscriber_may_be_named(const struct store_subscriber *subscriber, struct dm_bytes fqdn);
bool mip6_subscribers_remove(struct mip6_subscribers *subscribers, struct dm_bytes user_name);

#endif
