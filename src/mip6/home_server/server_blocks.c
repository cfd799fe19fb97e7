/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blocks of pools, where several servers share a store. A pool is known by its prefix and the
 * length of its items, whatever home agent it is of.
 */
#include "server.h"

static void name_pool(const struct mip6_pool *pool, struct dm_text *text)
{
	mip6_prefix_text(text, &pool->config.prefix);
	dm_text_add(text, "+%u", pool->config.item_length);
}

void mip6_server_lease_more(struct mip6_home_server *server, struct mip6_agent *agent,
                            struct mip6_pool *pool)
{
	struct mip6_effect effect = { .kind = MIP6_EFFECT_LEASE };
	struct mip6_pending *pending;
	char name[80];
	struct dm_text text;

	if (!server->shared.on || !mip6_pool_exists(pool) || pool->asked ||
	    pool->block_count >= MIP6_POOL_BLOCKS)
		return;
	pending = mip6_pending_new(server, MIP6_PENDING_LEASE, agent->config.host);
	if (!pending)
		return;
	dm_text_init(&text, name, sizeof(name));
	name_pool(pool, &text);
	pending->deletes = pool == &agent->prefixes;
	effect.tag = pending->tag;
	effect.lease.pool = mip6_outbox_copy(&server->outbox, dm_bytes_of(name, text.size));
	effect.lease.total = mip6_pool_block_total(pool);
	pool->asked = mip6_outbox_add(&server->outbox, &effect);
	if (!pool->asked)
		mip6_pending_free(mip6_pending_take(server, pending->tag));
}

void mip6_server_lease_all(struct mip6_home_server *server)
{
	for (size_t i = 0; i < server->agents.count; i++) {
		struct mip6_agent *agent = server->agents.agents[i];

		mip6_server_lease_more(server, agent, &agent->addresses);
		mip6_server_lease_more(server, agent, &agent->prefixes);
	}
}

void mip6_server_leased(struct mip6_home_server *server, struct mip6_pending *pending,
                        const uint64_t *blocks, size_t count)
{
	struct mip6_agent *agent = mip6_agents_find(&server->agents, pending->name);
	struct mip6_pool *pool;

	if (!agent)
		return;
	pool = pending->deletes ? &agent->prefixes : &agent->addresses;
	/* No more than before: none is free, or the store is away. The next start asks again. */
	if (count > pool->block_count)
		mip6_pool_set_blocks(pool, blocks, count);
}
