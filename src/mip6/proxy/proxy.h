/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proxy: the AAAV (profile 5): edits what passes through, by roaming agreement.
 *
 * Towards a home realm: MBR and MBA get or lose the local home agent, every request loses what must
 * not leave. Towards our own realm: a MHR whose home realm may have no local home agent is refused
 * (5003), as is one with keys where the way to the home agent is not protected (5012, profile 6).
 * A request for our realm whose User-Name is decorated (RFC 4282 2.7) goes on to the realm that the
 * decoration names first, with what is left of it (RFC 5729 4.3).
 *
 * Works on raw AVPs: what no agreement names leaves byte for byte as it came, failures untouched
 * (RFC 6733 6.2.2). Keeps no session; every FORWARD that is given to it comes back as one, or as a
 * refusal. Events: hint-added, local-cleared (one each per first use of an agreement), refused.
 */
#ifndef MIP6_PROXY_H
#define MIP6_PROXY_H

#include "mip6/service.h"

/* Towards one home realm. */
struct mip6_agreement {
	struct dm_bytes realm; /* Destination-Realm, pattern with * and ? */
	bool allow_local;      /* false: the LOCAL bit and local hints are cleared */
	struct dm_bytes local_home_agent_fqdn; /* offered as hint with LOCAL set; empty: none */
	struct store_prefix local_home_agent_address; /* length 0: none */
	const struct dm_raw_avp *strip;               /* code and vendor: what must not leave */
	size_t strip_count;
};

struct mip6_proxy_config {
	const struct mip6_agreement *agreements; /* the first that matches; none: unedited */
	size_t agreement_count;
	/* May keys go there (profile 6)? NULL: anywhere. */
	bool (*protected_path)(void *context, struct dm_bytes realm, struct dm_bytes host);
	void *protected_context;
};

struct mip6_role *mip6_proxy_new(const struct mip6_proxy_config *config,
                                 const struct mip6_common *common, const char **why);

#endif
