/* SPDX-License-Identifier: Apache-2.0 */
#include "store/result.h"

#include <errno.h>
#include <stdlib.h>

#define OCTETS_LIMIT ((size_t)64 << 20) /* of one question */

struct store_result *store_result_new(void)
{
	struct store_result *result = calloc(1, sizeof(*result));

	if (result)
		dm_arena_init(&result->arena, OCTETS_LIMIT);
	return result;
}

void store_result_reset(struct store_result *result)
{
	for (size_t i = 0; i < result->found_count; i++) {
		dm_secret_wipe(&result->found[i].subscriber.root_key);
		dm_secret_wipe(&result->found[i].session.random_key);
		free((void *)(uintptr_t)result->found[i].accesses);
	}
	result->found_count = 0;
	result->block_count = 0;
	result->agent_count = 0;
	dm_arena_reset(&result->arena);
}

void store_result_free(struct store_result *result)
{
	if (!result)
		return;
	store_result_reset(result);
	dm_arena_fini(&result->arena);
	free(result->found);
	free(result->blocks);
	free(result->agents);
	free(result);
}

/* Room for one more; the old list, when it moves, is wiped. */
static int grow(struct store_result *result)
{
	size_t room = result->found_room ? 2 * result->found_room : 1;
	struct store_found *list = calloc(room, sizeof(*list));

	if (!list)
		return -ENOMEM;
	if (result->found_count)
		memcpy(list, result->found, result->found_count * sizeof(*list));
	dm_wipe(result->found, result->found_room * sizeof(*list));
	free(result->found);
	result->found = list;
	result->found_room = room;
	return 0;
}

struct store_found *store_result_add(struct store_result *result)
{
	struct store_found *found;

	if (result->found_count == result->found_room && grow(result))
		return NULL;
	found = &result->found[result->found_count++];
	*found = (struct store_found){ 0 };
	return found;
}

/* The octets of a record move into the arena. */
static int move(struct store_result *result, enum store_table_name name, void *record)
{
	enum store_change_kind kind = (enum store_change_kind)(2 * name);
	size_t octets = store_change_octets(kind, record);
	uint8_t *at = dm_arena_take(&result->arena, octets ? octets : 1);

	if (!at)
		return -ENOMEM;
	store_change_move(kind, record, at);
	return 0;
}

/* Grows where the count is a power of two. */
static int add_access(struct store_result *result, struct store_found *found,
                      const struct store_access *access)
{
	size_t count = found->access_count;
	struct store_access *list = (void *)(uintptr_t)found->accesses;

	if ((count & (count - 1)) == 0) {
		list = realloc(list, (count ? 2 * count : 1) * sizeof(*list));
		if (!list)
			return -ENOMEM;
		found->accesses = list;
	}
	list[count] = *access;
	if (move(result, STORE_ACCESS, &list[count]))
		return -ENOMEM;
	found->access_count++;
	return 0;
}

int store_result_keep(struct store_result *result, struct store_found *found,
                      enum store_table_name name, const void *record)
{
	if (name == STORE_ACCESS)
		return add_access(result, found, record);
	if (name == STORE_SUBSCRIBER) {
		found->has_subscriber = true;
		found->subscriber = *(const struct store_subscriber *)record;
		return move(result, name, &found->subscriber);
	}
	found->has_session = true;
	found->session = *(const struct store_session *)record;
	return move(result, name, &found->session);
}

int store_result_add_agent(struct store_result *result, const struct store_agent *agent)
{
	size_t room = result->agent_room ? 2 * result->agent_room : 8;
	struct store_agent *list;

	if (result->agent_count == result->agent_room) {
		list = realloc(result->agents, room * sizeof(*list));
		if (!list)
			return -ENOMEM;
		result->agents = list;
		result->agent_room = room;
	}
	list = &result->agents[result->agent_count];
	*list = *agent;
	if (move(result, STORE_AGENT, list))
		return -ENOMEM;
	result->agent_count++;
	return 0;
}

int store_result_add_block(struct store_result *result, uint64_t block)
{
	size_t room = result->block_room ? 2 * result->block_room : 8;
	uint64_t *list;

	if (result->block_count == result->block_room) {
		list = realloc(result->blocks, room * sizeof(*list));
		if (!list)
			return -ENOMEM;
		result->blocks = list;
		result->block_room = room;
	}
	result->blocks[result->block_count++] = block;
	return 0;
}
