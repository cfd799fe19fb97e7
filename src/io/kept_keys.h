/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kept_keys: records that come without a root key, for subscribers who have one already.
 *
 * A key never comes out, so a record that was listed, changed and sent back has none: then the one
 * that is there stays. Shown each subscriber that is there, this gives the records their keys.
 */
#ifndef HW_IO_KEPT_KEYS_H
#define HW_IO_KEPT_KEYS_H

#include "base/arena.h"
#include "base/map.h"
#include "base/text.h"
#include "store/store.h"

struct hw_kept_keys {
	struct dm_map wanted; /* by name as it is filed, to the record */
	struct dm_arena arena;
};

/* Of the `count` records at `first`, each `stride` octets behind the other. -ENOMEM. */
int hw_kept_keys_init(struct hw_kept_keys *keys, void *first, size_t count, size_t stride);
void hw_kept_keys_fini(struct hw_kept_keys *keys);

/* For store_each_subscriber and mip6_home_server_each_subscriber; ends the walk (1) when no record
 * wants a key any more. `keys` is a struct hw_kept_keys. */
int hw_kept_keys_visit(const struct store_subscriber *subscriber, void *keys);

/* The number from 0 of the first record that has no key; `count`: none. */
size_t hw_first_without_key(const void *first, size_t count, size_t stride);

#endif
