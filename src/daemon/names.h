/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names: the name servers of the configuration: keys from their files, the client of io/, and the
 * reports on their way to the role that asked.
 */
#ifndef HW_NAMES_H
#define HW_NAMES_H

#include "daemon/daemon.h"
#include "io/dns_client.h"

#define HW_NAME_PLACES 64 /* changes under way */

struct hw_names {
	struct hw_daemon *daemon;
	struct hw_dns *client;
	struct dns_key *keys; /* owned, by place of the zone */
	size_t count;
};

/* With no zone configured there is none: 0 and daemon->names NULL. Else 0, or a negative errno with
 * the reason in the log. */
int hw_names_open(struct hw_daemon *daemon);
/* The loop is to run out; then _close. */
void hw_names_stop(struct hw_daemon *daemon);
void hw_names_close(struct hw_daemon *daemon);

#endif
