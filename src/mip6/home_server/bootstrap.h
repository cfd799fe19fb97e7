/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bootstrap: one MBR, read and kept while it is in work.
 *
 * The copy outlives the message: a request waits for commits and for the home agent. Values have
 * been checked (profile 2, 3) before one of these exists; nothing is decided here.
 */
#ifndef MIP6_BOOTSTRAP_H
#define MIP6_BOOTSTRAP_H

#include "mip6/service.h"
#include "mip6/values.h"

struct mip6_access;

struct mip6_bootstrap {
	struct mip6_bootstrap *next; /* in the row of those that wait */
	struct mip6_access *access;  /* owned until it is linked to the session */
	uint64_t transaction;
	dm_time arrived;
	struct dm_bytes session_id; /* octets owned, as all here */
	struct dm_bytes user_name;
	struct dm_bytes origin_host;
	struct dm_bytes origin_realm;
	struct dm_bytes nas_identifier;
	struct dm_bytes nas_ipv6_address; /* 16 octets or none */
	struct dm_bytes service_selection;
	struct dm_bytes home_agent_fqdn;        /* hint */
	struct dm_bytes dns_update;             /* the AVP's data, checked */
	struct store_prefix home_agent_address; /* hint; length 0: none */
	struct store_prefix home_address;       /* hint; length 0 or ::: none */
	struct store_prefix home_prefix;        /* hint; length 0 or ::: none */
	int32_t auth_request_type;
	uint32_t origin_state_id; /* 0: none */
	bool local;               /* LOCAL_HOME_AGENT_ASSIGNMENT */
	bool has_nas_port_type;
	bool reused;                     /* the server's: of a session that was there */
	uint8_t dns_status;              /* the server's: enum mip6_dns_status, for the MBA */
	uint8_t tries;                   /* begun anew: the records had changed (shared mode) */
	uint32_t authorization_lifetime; /* hint; UINT32_MAX: none */
	uint32_t session_timeout;        /* hint; UINT32_MAX: none */
	uint8_t octets[];
};

/* NULL: refused, *fault says how (its Failed-AVP in `arena`); or no memory, then it is 5012. */
struct mip6_bootstrap *mip6_bootstrap_read(const struct dm_dictionary *dictionary,
                                           uint32_t application_id,
                                           const struct dm_message *message, struct dm_arena *arena,
                                           struct dm_fault *fault);
void mip6_bootstrap_free(struct mip6_bootstrap *bootstrap);

#endif
