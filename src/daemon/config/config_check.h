/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_check: what one value alone cannot show: names that must exist, pools that must lie in
 * links, lifetimes that must fit each other, blocks that a role needs or that no role reads.
 */
#ifndef HW_CONFIG_CHECK_H
#define HW_CONFIG_CHECK_H

#include "config.h"

/* Also fills what follows from other values: roles, data, control, home agents' realm and FQDN. */
void hw_config_check(struct hw_config *config, const struct hw_config_override *override,
                     struct hw_report *report);

/* The two halves of it that belong to roles: config_check_server.c. */
void hw_config_check_server(struct hw_config *config, struct hw_report *report);
void hw_config_check_home_agent(const struct hw_config *config, struct hw_report *report);

/* config_check_tls.c. Sets the default port where TLS decides it. */
void hw_config_check_tls(struct hw_config *config, struct hw_report *report);

/* config_check_route.c */
void hw_config_check_routes(const struct hw_config *config, struct hw_report *report);

/* The peer block of this identity; NULL: there is none. */
const struct hw_config_peer *hw_config_peer_named(const struct hw_config *config,
                                                  struct dm_bytes identity);

/* config_check_dns.c */
void hw_config_check_dns(const struct hw_config *config, struct hw_report *report);

/* True when `inner` lies within `outer`. */
bool hw_prefix_within(const struct store_prefix *inner, const struct store_prefix *outer);

#endif
