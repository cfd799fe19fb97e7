/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/subscriber_command.h"

#include "io/kept_keys.h"
#include "io/members.h"
#include "io/subscriber_json.h"
#include "mip6/home_server/home_server.h"
#include "mip6/values.h"

/* ---- looking ---- */

static int append_subscriber(const struct store_subscriber *subscriber, void *list)
{
	return json_array_append_new(list, hw_subscriber_json(subscriber));
}

struct wanted_one {
	struct dm_bytes user_name;
	json_t *list;
};

static int append_wanted(const struct store_subscriber *subscriber, void *context)
{
	const struct wanted_one *one = context;

	if (!dm_bytes_equal(subscriber->user_name, one->user_name))
		return 0;
	append_subscriber(subscriber, one->list);
	return 1;
}

/* None or one, in a list. */
static void list_one(struct hw_call *call)
{
	uint8_t room[MIP6_NAI_LIMIT];
	struct wanted_one one = { .list = json_array() };
	const struct store_subscriber *found;
	struct dm_writer name;

	dm_writer_init_fixed(&name, room, sizeof(room));
	if (mip6_user_key(call->request.user_name, &name))
		one.user_name = dm_writer_written(&name);

	if (store_is_shared(call->daemon->store)) {
		store_each_subscriber(call->daemon->store, append_wanted, &one);
	} else {
		found = mip6_home_server_subscriber(call->role, one.user_name);
		if (found)
			append_subscriber(found, one.list);
	}
	hw_call_done(call, one.list);
}

void hw_run_subscriber_list(struct hw_call *call)
{
	json_t *list;

	if (call->request.user_name.size) {
		list_one(call);
		return;
	}
	list = json_array();
	if (store_is_shared(call->daemon->store))
		store_each_subscriber(call->daemon->store, append_subscriber, list);
	else
		mip6_home_server_each_subscriber(call->role, append_subscriber, list);
	hw_call_done(call, list);
}

/* ---- changing ---- */

/* ---- changing ---- */

/* Of a shared store memory may hold an old key, or none. */
static int keep_shared_keys(struct hw_call *call, struct store_subscriber *subscribers,
                            size_t count)
{
	struct hw_kept_keys keys;
	int error = hw_kept_keys_init(&keys, subscribers, count, sizeof(*subscribers));

	if (!error && keys.wanted.count > 0)
		error = store_each_subscriber(call->daemon->store, hw_kept_keys_visit, &keys);
	hw_kept_keys_fini(&keys);
	return error < 0 ? error : 0;
}

static int keep_keys(struct hw_call *call, struct store_subscriber *subscribers, size_t count)
{
	if (store_is_shared(call->daemon->store))
		return keep_shared_keys(call, subscribers, count);
	for (size_t i = 0; i < count; i++) {
		const struct store_subscriber *known =
			subscribers[i].root_key.size
				? NULL
				: mip6_home_server_subscriber(call->role, subscribers[i].user_name);

		if (known)
			subscribers[i].root_key = known->root_key;
	}
	return 0;
}

static bool all_have_keys(struct hw_call *call, struct store_subscriber *subscribers, size_t count)
{
	int error = keep_keys(call, subscribers, count);
	size_t without = hw_first_without_key(subscribers, count, sizeof(*subscribers));

	if (error)
		hw_call_fail(call, 1, "the store cannot be read; try again later");
	else if (without < count && count > 1)
		hw_call_fail(call, 1, "record %zu: root_key is missing; add it", without + 1);
	else if (without < count)
		hw_call_fail(call, 1, "root_key is missing; add it");
	return !error && without == count;
}

static void put_subscribers(struct hw_call *call, struct store_subscriber *subscribers,
                            size_t count)
{
	json_t *result;
	uint64_t tag;

	if (!all_have_keys(call, subscribers, count))
		return;
	result = json_pack("{s:I}", "count", (json_int_t)count);
	tag = hw_call_later(call, result);
	if (tag)
		mip6_home_server_put_subscribers(call->role, subscribers, count, tag, hw_now());
}

void hw_run_put_subscribers(struct hw_call *call)
{
	put_subscribers(call, call->request.subscribers, call->request.subscriber_count);
}

void hw_run_import(struct hw_call *call)
{
	const struct hw_request *request = &call->request;
	struct hw_import *import = &call->daemon->import;
	char buffer[160];
	struct dm_text why;

	if (!request->from && !request->more) {
		hw_run_put_subscribers(call);
		return;
	}
	dm_text_init(&why, buffer, sizeof(buffer));
	if (!hw_import_add(import, call->client, request, &why)) {
		hw_call_fail(call, 1, "%s", buffer);
		return;
	}
	if (request->more) {
		hw_call_done(call, json_pack("{s:I}", "count", (json_int_t)import->count));
		return;
	}
	put_subscribers(call, import->subscribers, import->count);
	hw_import_fini(import);
}

static uint64_t later_with_name(struct hw_call *call)
{
	json_t *result = json_object();

	hw_json_set_octets(result, "user_name", call->request.user_name);
	return hw_call_later(call, result);
}

void hw_run_delete_subscriber(struct hw_call *call)
{
	uint64_t tag = later_with_name(call);

	if (tag)
		mip6_home_server_delete_subscriber(call->role, call->request.user_name, tag,
		                                   hw_now());
}

void hw_run_enable_subscriber(struct hw_call *call)
{
	uint64_t tag = later_with_name(call);
	bool enabled = call->request.command == HW_COMMAND_SUBSCRIBER_ENABLE;

	if (tag)
		mip6_home_server_enable_subscriber(call->role, call->request.user_name, enabled,
		                                   tag, hw_now());
}
