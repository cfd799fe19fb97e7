/* SPDX-License-Identifier: Apache-2.0 */
/*
 * home_agent: the agent's side of MHR, RAR and ASR (profile 5): checks what the server brings
 * against its own links, allocates what it does not bring, keeps the security associations.
 *
 * Invariants: an address has one owner; the answer leaves after the commit; a binding is never
 * without an association: they come and go together, associations first (RFC 5778 4.3.3). An SPI is
 * scoped by its home address. What is not here: Binding Updates; whoever serves them reads
 * associations through mip6_home_agent_find.
 *
 * Split scenario (profile 5): the agent asks for a node itself, by MBR, and installs what the MBA
 * brings, keys included; it asks again before the authorization ends and when RAR says so.
 *
 * Start: _new, every restore_binding, _start. Events: installed, updated, refused, removed,
 * key-expired, store-failed.
 */
#ifndef MIP6_HOME_AGENT_H
#define MIP6_HOME_AGENT_H

#include "mip6/accounting/accounting.h"
#include "mip6/pool.h"
#include "mip6/result.h"
#include "mip6/service.h"

/* A home link that this agent serves. */
struct mip6_link_config {
	struct store_prefix prefix;   /* addresses and prefixes of nodes lie inside */
	struct store_prefix address;  /* the agent's own on it, never given; length 0: none */
	struct mip6_pool_config pool; /* for a MHR that brings no address; may be without */
};

struct mip6_home_agent_config {
	const struct mip6_link_config *links;
	size_t link_count;
	uint32_t capacity;              /* bindings; 0: 1,048,576; beyond it 5006 */
	const struct dm_bytes *servers; /* Origin-Host patterns that may send MHR; none: any */
	size_t server_count;
	struct dm_bytes fqdn; /* hint of our own MBR; empty: the Origin-Host */
	struct mip6_accounting_config accounting;
};

struct mip6_role *mip6_home_agent_new(const struct mip6_home_agent_config *config,
                                      const struct mip6_common *common, const char **why);

int mip6_home_agent_restore_binding(struct mip6_role *role, const struct store_binding *binding);
void mip6_home_agent_start(struct mip6_role *role, struct mip6_now now);

/* The binding that owns the address, for the mobility stack; false when there is none. What it
 * points to, keys included, lives until the next call into the role. */
bool mip6_home_agent_find(struct mip6_role *role, const uint8_t home_address[16],
                          struct store_binding *out);

/* Ends a binding at once: its keys go now, the record with its commit, then STR with cause
 * DIAMETER_LOGOUT where the node has left, else DIAMETER_ADMINISTRATIVE. 0, -ENOENT, or -EBUSY: a
 * commit concerns it. */
int mip6_home_agent_end_binding(struct mip6_role *role, struct dm_bytes session_id, bool left,
                                struct mip6_now now);

/* Split: asks the home server for a node. Ends in one MIP6_EFFECT_RESULT with `tag` and an
 * attachment; the success is committed before. The same node again asks for new terms. */
void mip6_home_agent_bootstrap(struct mip6_role *role, struct dm_bytes user_name,
                               struct dm_bytes service_selection, uint64_t tag,
                               struct mip6_now now);

/* Bindings in no order; their keys are empty. */
int mip6_home_agent_each_binding(struct mip6_role *role,
                                 int (*visit)(const struct store_binding *, void *), void *context);
/* For restoring what it owes, and for mip6_accounting_use. */
struct mip6_accounting *mip6_home_agent_accounting(struct mip6_role *role);
size_t mip6_home_agent_count(const struct mip6_role *role);

#endif
