/* SPDX-License-Identifier: Apache-2.0 */
/*
 * result: what became of a MBR or STR, for whoever asked the role for it. Of the NAS, and of a home
 * agent that bootstraps a node by itself (profile 5, split scenario).
 *
 * It comes in MIP6_EFFECT_RESULT; what it points to lives until all effects have been taken.
 */
#ifndef MIP6_RESULT_H
#define MIP6_RESULT_H

#include "service.h"

enum mip6_outcome {
	MIP6_BOOTSTRAPPED,
	MIP6_NO_MOBILITY, /* access goes on without: 3007, 3001 */
	MIP6_REFUSED,     /* result_code and error_message say why */
	MIP6_FAILED,      /* no answer, or ours to blame */
	MIP6_DETACHED,
};
const char *mip6_outcome_name(enum mip6_outcome outcome);

/* For the mobile node: it derives the key itself. */
struct mip6_association {
	uint8_t protocol;
	uint32_t epoch;
	uint32_t spi; /* 0: none */
};

struct mip6_result {
	enum mip6_outcome outcome;
	struct dm_bytes session_id;
	struct dm_bytes user_name;
	struct dm_bytes interface;
	struct dm_bytes server_host, server_realm; /* Origin-Host and -Realm of the answer */
	uint32_t result_code;                      /* of MBA or STA; 0: none came */
	struct dm_bytes error_message;
	struct dm_bytes error_reporting_host;
	struct dm_bytes failed_avp; /* whole AVPs, for printing */
	struct dm_bytes home_agent_fqdn;
	struct store_prefix home_agent_address; /* length 0: none, as the next two */
	struct store_prefix home_address;
	struct store_prefix home_prefix;
	bool has_feature_vector;
	uint64_t feature_vector;
	int dns_status; /* enum mip6_dns_status; -1: no MIP6-DNS-Update in the answer */
	size_t association_count;
	struct mip6_association associations[STORE_ASSOCIATION_LIMIT];
	uint32_t authorization_lifetime; /* 0: none */
	uint32_t session_timeout;        /* 0: none */
	struct dm_bytes acct_multi_session_id;
	uint32_t acct_interim_interval; /* 0: none */
	int32_t accounting_realtime;    /* Accounting-Realtime-Required; 0: not said */
	dm_time duration;               /* from the command to the result */
	int64_t opened, expires;        /* seconds since 1970; expires 0: never */
};

#endif
