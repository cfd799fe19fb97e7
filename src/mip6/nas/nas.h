/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nas: the AAA client (profile 5): attach -> MBR -> what the mobile node is told; detach -> STR.
 *
 * An attachment is one node on one interface. Its result is reported once, by MIP6_EFFECT_RESULT
 * with the tag of the command; a success is committed before. 3007 and 3001 mean that access goes
 * on without mobility service (profile 5).
 *
 * While it is attached the NAS re-authorizes in time, with the same Session-Id and what was asked
 * before; a lifetime that ends without an answer ends the attachment, and so does a refusal. RAR
 * brings the next MBR forward, ASR ends the attachment (RFC 6733 8.1, 8.3, 8.5). What is not here:
 * DHCPv6.
 *
 * Start: _new, every restore_attachment, _start. Events: attached, reauthorized, refused,
 * no-mobility-service, detached, expired, aborted, store-failed.
 */
#ifndef MIP6_NAS_H
#define MIP6_NAS_H

#include "mip6/accounting/accounting.h"
#include "mip6/result.h"

struct mip6_nas_config {
	struct dm_bytes nas_identifier;  /* empty: the Origin-Host */
	const uint8_t *nas_ip_address;   /* 4 octets or NULL */
	const uint8_t *nas_ipv6_address; /* 16 octets or NULL */
	bool has_nas_port_type;
	int32_t nas_port_type;
	struct dm_bytes called_station_id; /* where attach gives none; empty: none, as the next */
	struct dm_bytes service_selection;
	struct dm_bytes default_realm; /* for user names without one; empty: the Origin-Realm */
	struct dm_bytes local_home_agent_fqdn;        /* hint; empty: none */
	struct store_prefix local_home_agent_address; /* hint; length 0: none */
	size_t attachment_limit;                      /* 0: 65,536 */
	dm_time request_timeout;                      /* 0: the node's */
	struct mip6_accounting_config accounting;
};

struct mip6_role *mip6_nas_new(const struct mip6_nas_config *config,
                               const struct mip6_common *common, const char **why);

int mip6_nas_restore_attachment(struct mip6_role *role, const struct store_attachment *attachment);
void mip6_nas_start(struct mip6_role *role, struct mip6_now now);

struct mip6_nas_attach {
	struct dm_bytes user_name; /* NAI, RFC 4282, may be decorated */
	struct dm_bytes interface; /* empty: none */
	bool has_feature_vector;   /* without: 0x1, and 0x2 when there is a local home agent */
	uint64_t feature_vector;
	int32_t auth_request_type;         /* 0: AUTHORIZE_ONLY */
	struct dm_bytes destination_realm; /* empty: of the NAI */
	struct dm_bytes destination_host;  /* empty: any server */
	struct dm_bytes dns_name;          /* FQDN for MIP6-DNS-Update; empty: none */
	bool dns_remove;                   /* R bit */
	bool has_home_address;             /* hint */
	struct store_prefix home_address;
	bool has_home_prefix; /* hint */
	struct store_prefix home_prefix;
	struct dm_bytes home_agent_fqdn;        /* hint; empty: the configuration's */
	struct store_prefix home_agent_address; /* hint; length 0: the configuration's */
	struct dm_bytes service_selection;      /* empty: none, as the next two */
	struct dm_bytes calling_station_id;
	struct dm_bytes called_station_id;
};

/* Both end in one MIP6_EFFECT_RESULT with `tag`. The same user on the same interface again is a
 * re-authorization: MBR with the same Session-Id. */
void mip6_nas_attach(struct mip6_role *role, const struct mip6_nas_attach *attach, uint64_t tag,
                     struct mip6_now now);
/* By Session-Id, or by user name and interface (empty: the only one of the user). -ENOENT and
 * -EEXIST (several) come in the result. The attachment is gone whatever the server answers.
 * `termination_cause` as RFC 6733 8.15; 0: DIAMETER_LOGOUT. */
void mip6_nas_detach(struct mip6_role *role, struct dm_bytes session_id, struct dm_bytes user_name,
                     struct dm_bytes interface, int32_t termination_cause, uint64_t tag,
                     struct mip6_now now);

int mip6_nas_each_attachment(struct mip6_role *role,
                             int (*visit)(const struct mip6_result *, void *), void *context);
/* For restoring what it owes, and for mip6_accounting_use. */
struct mip6_accounting *mip6_nas_accounting(struct mip6_role *role);
/* The Session-Id that a detach with the same names would mean; false: none, or several. */
bool mip6_nas_find(struct mip6_role *role, struct dm_bytes session_id, struct dm_bytes user_name,
                   struct dm_bytes interface, struct dm_bytes *found);
size_t mip6_nas_count(const struct mip6_role *role);

#endif
