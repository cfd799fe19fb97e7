/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/subscriber_data.h"

#include "base/arena.h"
#include "io/kept_keys.h"
#include "io/subscriber_json.h"
#include "mip6/values.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_LIMIT ((size_t)256 << 20)

static enum hw_exit open_store(struct hw_call *call, const char *directory, bool read_only,
                               struct store **store)
{
	struct store_options options = { .directory = directory, .read_only = read_only };
	int error = store_open(&options, store, call->error, sizeof(call->error));

	if (!error)
		return HW_FINE;
	if (error == -EBUSY)
		return hw_fail(call, HW_REFUSED,
		               "%s is in use; ask its daemon: leave out --data, or stop it first",
		               directory);
	return HW_REFUSED;
}

/* Submits and waits until it is durable. */
static enum hw_exit commit(struct hw_call *call, struct store *store,
                           const struct store_change *changes, size_t count)
{
	struct store_completion completion = { 0 };
	int error = store_submit(store, changes, count, 1);

	if (!error)
		error = store_flush(store);
	while (!error && store_completed(store, &completion))
		error = completion.error;
	if (!error)
		return HW_FINE;
	return hw_fail(call, HW_REFUSED, "nothing was stored: %s: %s", strerror(-error),
	               store_error_text(store));
}

/* The name as the daemon files it: the realm in lower case. */
static struct dm_bytes filed(struct dm_arena *arena, struct dm_bytes user_name)
{
	uint8_t *room = dm_arena_take(arena, user_name.size);
	struct dm_writer key;

	dm_writer_init_fixed(&key, room, room ? user_name.size : 0);
	return room && mip6_user_key(user_name, &key) ? dm_writer_written(&key) : user_name;
}

static enum hw_exit read_all(struct hw_call *call, const json_t *records, struct dm_arena *arena,
                             struct store_change *changes)
{
	char sentence[160];
	struct dm_text why;

	for (size_t i = 0; i < json_array_size(records); i++) {
		struct store_subscriber *subscriber = &changes[i].subscriber;

		dm_text_init(&why, sentence, sizeof(sentence));
		changes[i].kind = STORE_PUT_SUBSCRIBER;
		if (!hw_subscriber_read(json_array_get(records, i), subscriber, &why))
			return hw_fail(call, HW_BAD_INPUT, "%s", sentence);
		subscriber->user_name = filed(arena, subscriber->user_name);
	}
	return HW_FINE;
}

static enum hw_exit keep_keys(struct hw_call *call, struct store *store,
                              struct store_change *changes, size_t count)
{
	struct hw_kept_keys keys;
	size_t without;
	int error = hw_kept_keys_init(&keys, &changes[0].subscriber, count, sizeof(changes[0]));

	if (!error && keys.wanted.count > 0)
		error = store_each_subscriber(store, hw_kept_keys_visit, &keys);
	hw_kept_keys_fini(&keys);
	if (error < 0)
		return hw_fail(call, HW_REFUSED, "cannot read: %s", strerror(-error));
	without = hw_first_without_key(&changes[0].subscriber, count, sizeof(changes[0]));
	if (without == count)
		return HW_FINE;
	if (count == 1)
		return hw_fail(call, HW_REFUSED, "root_key is missing; add it");
	return hw_fail(call, HW_REFUSED, "record %zu: root_key is missing; add it", without + 1);
}

static enum hw_exit put_all(struct hw_call *call, struct store *store, const json_t *records)
{
	size_t count = json_array_size(records);
	struct store_change *changes = calloc(count ? count : 1, sizeof(*changes));
	struct dm_arena arena;
	enum hw_exit code;

	if (!changes)
		return hw_fail(call, HW_REFUSED, "out of memory");
	dm_arena_init(&arena, ARENA_LIMIT);
	code = read_all(call, records, &arena, changes);
	if (code == HW_FINE && count)
		code = keep_keys(call, store, changes, count);
	if (code == HW_FINE && count)
		code = commit(call, store, changes, count);
	for (size_t i = 0; i < count; i++)
		dm_secret_wipe(&changes[i].subscriber.root_key);
	free(changes);
	dm_arena_fini(&arena);
	return code;
}

enum hw_exit hw_data_put(struct hw_call *call, const char *directory, const json_t *records)
{
	struct store *store;
	enum hw_exit code = open_store(call, directory, false, &store);

	if (code != HW_FINE)
		return code;
	code = put_all(call, store, records);
	store_close(store);
	return code;
}

struct listing {
	struct dm_bytes user_name; /* as it is filed; none: all */
	json_t *list;
};

static int add_to_list(const struct store_subscriber *subscriber, void *context)
{
	const struct listing *listing = context;

	if (listing->user_name.size && !dm_bytes_equal(subscriber->user_name, listing->user_name))
		return 0;
	return json_array_append_new(listing->list, hw_subscriber_json(subscriber)) ? -ENOMEM : 0;
}

enum hw_exit hw_data_list(struct hw_call *call, const char *directory, const char *user_name)
{
	struct listing listing = { .list = json_array() };
	struct dm_arena arena;
	struct store *store;
	enum hw_exit code = open_store(call, directory, true, &store);
	int error;

	call->result = listing.list;
	if (code != HW_FINE)
		return code;
	dm_arena_init(&arena, 65536);
	if (user_name)
		listing.user_name = filed(&arena, dm_bytes_text(user_name));
	error = store_each_subscriber(store, add_to_list, &listing);
	dm_arena_fini(&arena);
	if (error)
		code = hw_fail(call, HW_REFUSED, "cannot read %s: %s", directory, strerror(-error));
	store_close(store);
	return code;
}

/* The subscriber that is looked for, with its own copy of what is borrowed during the visit. */
struct search {
	struct dm_bytes user_name; /* as it is filed */
	bool found;
	struct store_subscriber subscriber;
	struct dm_arena *arena;
};

static int compare(const struct store_subscriber *subscriber, void *context)
{
	struct search *search = context;

	if (!dm_bytes_equal(subscriber->user_name, search->user_name))
		return 0;
	search->found = true;
	search->subscriber = *subscriber;
	search->subscriber.user_name = search->user_name;
	search->subscriber.home_agent = dm_arena_copy(search->arena, subscriber->home_agent);
	search->subscriber.fqdn = dm_arena_copy(search->arena, subscriber->fqdn);
	return 1;
}

static enum hw_exit change_found(struct hw_call *call, struct store *store,
                                 const struct search *search, enum hw_data_change kind)
{
	struct store_change change = { .kind = STORE_PUT_SUBSCRIBER,
		                       .subscriber = search->subscriber };
	enum hw_exit code;

	if (kind == HW_DATA_DELETE)
		change.kind = STORE_DELETE_SUBSCRIBER;
	else
		change.subscriber.enabled = kind == HW_DATA_ENABLE;
	code = commit(call, store, &change, 1);
	dm_secret_wipe(&change.subscriber.root_key);
	return code;
}

static enum hw_exit find_and_change(struct hw_call *call, struct store *store,
                                    enum hw_data_change kind)
{
	struct dm_arena arena;
	struct search search = { .arena = &arena };
	enum hw_exit code;
	int error;

	dm_arena_init(&arena, 65536);
	search.user_name = filed(&arena, dm_bytes_text(call->arguments[0]));
	error = store_each_subscriber(store, compare, &search);
	if (error < 0)
		code = hw_fail(call, HW_REFUSED, "cannot read: %s", strerror(-error));
	else if (!search.found)
		code = hw_fail(call, HW_REFUSED, "there is no subscriber %s", call->arguments[0]);
	else
		code = change_found(call, store, &search, kind);
	dm_secret_wipe(&search.subscriber.root_key);
	dm_arena_fini(&arena);
	return code;
}

enum hw_exit hw_data_change(struct hw_call *call, const char *directory, enum hw_data_change kind)
{
	struct store *store;
	enum hw_exit code = open_store(call, directory, false, &store);

	if (code != HW_FINE)
		return code;
	code = find_and_change(call, store, kind);
	store_close(store);
	if (code == HW_FINE)
		call->result = json_pack("{s:s}", "user_name", call->arguments[0]);
	return code;
}
