/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/import.h"

#include "io/subscriber_json.h"

#include <inttypes.h>
#include <stdlib.h>

/* Copies the texts into one block, which user_name begins. */
static bool copy(const struct store_subscriber *from, struct store_subscriber *to)
{
	uint8_t *room = malloc(from->user_name.size + from->home_agent.size + from->fqdn.size);
	struct dm_writer out;

	if (!room)
		return false;
	dm_writer_init_fixed(&out, room,
	                     from->user_name.size + from->home_agent.size + from->fqdn.size);
	dm_writer_bytes(&out, from->user_name);
	dm_writer_bytes(&out, from->home_agent);
	dm_writer_bytes(&out, from->fqdn);
	*to = *from;
	to->user_name.at = room;
	to->home_agent.at = room + from->user_name.size;
	to->fqdn.at = to->home_agent.at + from->home_agent.size;
	return true;
}

static void cut(struct hw_import *import, size_t count)
{
	while (import->count > count) {
		struct store_subscriber *last = &import->subscribers[--import->count];

		free((void *)(uintptr_t)last->user_name.at);
		dm_secret_wipe(&last->root_key);
	}
}

static bool begin(struct hw_import *import, uint64_t client)
{
	hw_import_fini(import);
	/* Never moved, for the keys in it; what is not used costs no memory. */
	import->subscribers = calloc(HW_IMPORT_LIMIT, sizeof(*import->subscribers));
	import->client = client;
	return import->subscribers != NULL;
}

static bool is_next(const struct hw_import *import, uint64_t client, const struct hw_request *piece,
                    struct dm_text *why)
{
	bool own = import->subscribers && import->client == client;
	size_t held = own ? import->count : 0;

	if (piece->from != 0 && piece->from != held) {
		dm_text_add(why, "from is %" PRIu64 " and %zu records are here; go on with these",
		            piece->from, held);
		return false;
	}
	if (own || !import->subscribers)
		return true;
	dm_text_add(why, "another import is under way; try again when it is done");
	return false;
}

bool hw_import_add(struct hw_import *import, uint64_t client, const struct hw_request *piece,
                   struct dm_text *why)
{
	size_t before;
	bool good;

	if (!is_next(import, client, piece, why))
		return false;
	good = piece->from != 0 || begin(import, client);
	before = import->count;
	for (size_t i = 0; good && i < piece->subscriber_count; i++) {
		good = copy(&piece->subscribers[i], &import->subscribers[import->count]);
		import->count += good;
	}
	if (good)
		return true;
	cut(import, before);
	dm_text_add(why, "no memory for the records; try again later");
	return false;
}

void hw_import_client_gone(struct hw_import *import, uint64_t client)
{
	if (import->client == client)
		hw_import_fini(import);
}

void hw_import_fini(struct hw_import *import)
{
	cut(import, 0);
	free(import->subscribers);
	*import = (struct hw_import){ 0 };
}
