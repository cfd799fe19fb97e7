/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/subscriber_data.h"

#include "base/arena.h"
#include "cli/subscriber_fields.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

static enum hw_exit put_all(struct hw_call *call, struct store *store, const json_t *records)
{
	size_t count = json_array_size(records);
	struct store_change *changes = calloc(count ? count : 1, sizeof(*changes));
	enum hw_exit code;

	if (!changes)
		return hw_fail(call, HW_REFUSED, "out of memory");
	for (size_t i = 0; i < count; i++) {
		changes[i].kind = STORE_PUT_SUBSCRIBER;
		hw_subscriber_from_json(json_array_get(records, i), &changes[i].subscriber);
	}
	code = count ? commit(call, store, changes, count) : HW_FINE;
	for (size_t i = 0; i < count; i++)
		dm_secret_wipe(&changes[i].subscriber.root_key);
	free(changes);
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

static int add_to_list(const struct store_subscriber *subscriber, void *context)
{
	return json_array_append_new(context, hw_subscriber_to_json(subscriber)) ? -ENOMEM : 0;
}

enum hw_exit hw_data_list(struct hw_call *call, const char *directory)
{
	struct store *store;
	enum hw_exit code = open_store(call, directory, true, &store);
	int error;

	if (code != HW_FINE)
		return code;
	call->result = json_array();
	error = store_each_subscriber(store, add_to_list, call->result);
	if (error)
		code = hw_fail(call, HW_REFUSED, "cannot read %s: %s", directory, strerror(-error));
	store_close(store);
	return code;
}

/* The subscriber that is looked for, with its own copy of what is borrowed during the visit. */
struct search {
	const char *user_name;
	bool found;
	struct store_subscriber subscriber;
	struct dm_arena *arena;
};

static int compare(const struct store_subscriber *subscriber, void *context)
{
	struct search *search = context;

	if (!dm_bytes_equal(subscriber->user_name, dm_bytes_text(search->user_name)))
		return 0;
	search->found = true;
	search->subscriber = *subscriber;
	search->subscriber.user_name = dm_bytes_text(search->user_name);
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
	struct search search = { .user_name = call->arguments[0], .arena = &arena };
	enum hw_exit code;
	int error;

	dm_arena_init(&arena, 65536);
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
