/* SPDX-License-Identifier: Apache-2.0 */
/*
 * security: what must protect a connection, and whether a way is good enough for keys.
 *
 * The policy is the configuration's (tls of peer and accept, trusted-link), the facts are the
 * transport's. Where a peer's CER comes in both meet: TLS or not against the policy, and the
 * certificate's name against Origin-Host (RFC 6733 13.1).
 */
#ifndef HW_SECURITY_H
#define HW_SECURITY_H

#include "daemon/daemon.h"

/* For dm_node_config.security; the context is the daemon. */
enum dm_security hw_security_judge(void *context, dm_conn conn, struct dm_bytes origin_host,
                                   bool offers_tls, struct dm_fault *fault);

/* Inband-Security-Id of our CERs to this peer. */
enum dm_inband hw_security_inband(const struct hw_config_peer *peer);

/* Reads the files of the tls block, if there is one. What is wrong with them goes to `report` with
 * the lines of `config`; warnings are logged. *context may be NULL without a mistake. */
void hw_security_load(struct hw_daemon *daemon, const struct hw_config *config,
                      struct hw_report *report, struct hw_tls_context **context);

/* May requests go to this peer because a redirect names it? `context` is the daemon. */
bool hw_security_redirects_to(void *context, struct dm_bytes identity);

/* The peer block of this identity; NULL: there is none. */
const struct hw_config_peer *hw_security_peer(const struct hw_config *config,
                                              struct dm_bytes identity);

#endif
