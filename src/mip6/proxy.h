/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proxy: the AAAV (profile 5): edits MBR and MBA that pass through, by roaming agreement.
 *
 * Works on raw AVPs: what no agreement names leaves byte for byte as it came, failures untouched
 * (RFC 6733 6.2.2). Keeps no session and answers nothing itself; every FORWARD that is given to it
 * comes back as one. Events: hint-added, local-cleared (one each per first use of an agreement).
 */
#ifndef MIP6_PROXY_H
#define MIP6_PROXY_H

#include "service.h"

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
};

struct mip6_role *mip6_proxy_new(const struct mip6_proxy_config *config,
                                 const struct mip6_common *common, const char **why);

#endif
