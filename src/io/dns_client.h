/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns_client: changes of names carried out at the servers of our zones (RFC 2136 4, profile 7).
 *
 * A change is one or more signed updates (dns/plan.h), each to the first server of the zone that
 * can be talked to. At most `limit` are under way: one more is refused with -EBUSY, and who asks
 * waits with it. Nothing is kept over a restart here; who asks does that.
 */
#ifndef HW_IO_DNS_CLIENT_H
#define HW_IO_DNS_CLIENT_H

#include "base/dm_time.h"
#include "dns/dns.h"
#include "dns/key.h"

#include <uv.h>

#define HW_DNS_SERVERS 8

/* Keys are borrowed for the client's life. */
struct hw_dns_zone {
	struct dm_bytes name; /* dotted; below ip6.arpa: a reverse zone */
	struct sockaddr_storage servers[HW_DNS_SERVERS];
	size_t server_count;
	const struct dns_key *key;
	uint32_t ttl; /* seconds */
};

struct hw_dns_config {
	uv_loop_t *loop;
	const struct hw_dns_zone *zones; /* copied */
	size_t zone_count;
	dm_time timeout; /* of one try */
	size_t limit;
	uint64_t seed; /* identifiers of messages */
	void (*done)(void *context, uint64_t tag, const struct dns_report *report);
	void *context;
};

struct hw_dns_counts {
	uint64_t updates;   /* exchanges begun */
	uint64_t done;      /* NOERROR, or a prerequisite that tells the way on */
	uint64_t refused;   /* another RCODE, or our key or clock */
	uint64_t silent;    /* no response that may be believed */
	uint64_t under_way; /* changes, now */
};

struct hw_dns;

/* NULL: no memory. */
struct hw_dns *hw_dns_new(const struct hw_dns_config *config);
/* Drops what is under way without a report; handles close in the loop. NULL allowed. */
void hw_dns_stop(struct hw_dns *dns);
/* After the loop has run out. NULL allowed. */
void hw_dns_free(struct hw_dns *dns);

/* Octets are copied. `done` comes once, from the loop, or from within where there is nothing to
 * send or no memory. 0, -EBUSY, -ENOMEM: then it does not come. */
int hw_dns_change(struct hw_dns *dns, const struct dns_change *change, uint64_t tag);

struct hw_dns_counts hw_dns_counts(const struct hw_dns *dns);

#endif
