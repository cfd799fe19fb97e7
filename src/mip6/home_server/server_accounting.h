/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server_accounting: the home server as accounting server: ACR in, a record stored, ACA out.
 *
 * Invariants: ACA 2001 leaves after the commit; a record is one by Session-Id and number, and a
 * second one is answered as the first (RFC 6733 9.4). The server keeps no state for a session's
 * accounting (RFC 6733 8.2, stateless): what is missing or idle is found when a report is made
 * (accounting_report.h). Records of sessions that are not known are stored too: a STOP may come
 * after the end, or to another server of the realm.
 */
#ifndef MIP6_SERVER_ACCOUNTING_H
#define MIP6_SERVER_ACCOUNTING_H

#include "base/map.h"
#include "dict/base.dia.h"
#include "mip6/service.h"

#define MIP6_BASE_ACCOUNTING 3 /* Application-Id, RFC 6733 11.3 */

struct mip6_home_server;

struct mip6_server_accounting {
	struct dm_map records; /* by tag: those whose commit is under way */
	uint64_t stored;       /* ACR answered 2001 */
	uint32_t purged;       /* the hour up to which records are gone */
};

void mip6_server_accounting_init(struct mip6_server_accounting *accounting, uint64_t seed);
void mip6_server_accounting_fini(struct mip6_server_accounting *accounting);

void mip6_server_acr(struct mip6_home_server *server, uint64_t transaction,
                     const struct dm_message *message);
/* False: the commit was not one of these. */
bool mip6_server_accounted(struct mip6_home_server *server, uint64_t tag, int error);
/* Deletes what is older than the policy keeps, once an hour. */
void mip6_server_forget_records(struct mip6_home_server *server);
dm_time mip6_server_accounting_deadline(const struct mip6_home_server *server);

#endif
