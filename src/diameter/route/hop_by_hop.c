/* SPDX-License-Identifier: Apache-2.0 */
#include "diameter/route/hop_by_hop.h"

#include <errno.h>
#include <stdlib.h>

#define FIRST_ROOM 16u

void dm_hop_init(struct dm_hop_table *table, uint32_t first, uint32_t limit)
{
	*table = (struct dm_hop_table){ .next = first, .limit = limit };
}

void dm_hop_fini(struct dm_hop_table *table)
{
	free(table->slots);
	*table = (struct dm_hop_table){ 0 };
}

static struct dm_hop_slot *slot_of(const struct dm_hop_table *table, uint32_t id)
{
	return &table->slots[id & (table->room - 1)];
}

uint32_t dm_hop_pass(struct dm_hop_table *table)
{
	while (table->room && slot_of(table, table->next)->request)
		table->next++;
	return table->next++;
}

/* Twice the room. Two identifiers that had different places have different ones again. */
static int grow(struct dm_hop_table *table)
{
	struct dm_hop_table bigger = *table;

	bigger.room = table->room ? table->room * 2 : FIRST_ROOM;
	bigger.slots = calloc(bigger.room, sizeof(*bigger.slots));
	if (!bigger.slots)
		return -ENOMEM;
	for (uint32_t i = 0; i < table->room; i++)
		if (table->slots[i].request)
			*slot_of(&bigger, table->slots[i].id) = table->slots[i];
	free(table->slots);
	*table = bigger;
	return 0;
}

int dm_hop_put(struct dm_hop_table *table, void *request, uint32_t *id)
{
	if (table->count >= table->limit)
		return -ENOBUFS;
	/* At most half full, so that a free place is never far. */
	if (table->count * 2 >= table->room && grow(table) < 0)
		return -ENOMEM;
	*id = dm_hop_pass(table);
	*slot_of(table, *id) = (struct dm_hop_slot){ .id = *id, .request = request };
	table->count++;
	return 0;
}

void *dm_hop_get(const struct dm_hop_table *table, uint32_t id)
{
	const struct dm_hop_slot *slot = table->room ? slot_of(table, id) : NULL;

	return slot && slot->request && slot->id == id ? slot->request : NULL;
}

void *dm_hop_take(struct dm_hop_table *table, uint32_t id)
{
	void *request = dm_hop_get(table, id);

	if (!request)
		return NULL;
	slot_of(table, id)->request = NULL;
	table->count--;
	return request;
}

void *dm_hop_walk(const struct dm_hop_table *table, uint32_t *position)
{
	while (*position < table->room) {
		struct dm_hop_slot *slot = slot_of(table, table->next + (*position)++);

		if (slot->request)
			return slot->request;
	}
	return NULL;
}
