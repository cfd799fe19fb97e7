/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capabilities: what CER and CEA say (RFC 6733 5.3): read, judged, and written.
 *
 * All three kinds of Application-Id count alike, the Vendor-Id of a
 * Vendor-Specific-Application-Id never (CX04, CX05, CX06, CX07). The relay application is common
 * with everything.
 */
#ifndef DM_PEER_CAPABILITIES_H
#define DM_PEER_CAPABILITIES_H

#include "base/writer.h"
#include "diameter/codec/message.h"
#include "diameter/node.h"

struct dm_node;
struct dm_cer;
struct dm_cea;

#define DM_RELAY_APPLICATION UINT32_MAX /* RFC 6733 2.4 */
#define DM_IDENTITY_ROOM     255        /* octets of a DiameterIdentity that can be a name */

struct dm_capabilities {
	uint32_t *applications; /* owned */
	size_t application_count;
	bool relay;
	uint32_t origin_state_id;
	size_t origin_realm_size;
	uint8_t origin_realm[DM_IDENTITY_ROOM];
};

/* -ENOMEM. What was there before is given up. */
int dm_capabilities_of_cer(struct dm_capabilities *capabilities, const struct dm_cer *cer);
int dm_capabilities_of_cea(struct dm_capabilities *capabilities, const struct dm_cea *cea);
void dm_capabilities_fini(struct dm_capabilities *capabilities);
/* `to` gives up what it has and takes what `from` has. */
void dm_capabilities_move(struct dm_capabilities *to, struct dm_capabilities *from);

struct dm_bytes dm_capabilities_realm(const struct dm_capabilities *capabilities);

/* The other side may be sent requests of this application (RFC 6733 6.1.6). 0: of any session. */
bool dm_capabilities_serve(const struct dm_capabilities *capabilities, uint32_t application_id);
/* True when this node announces it. */
bool dm_node_serves(const struct dm_node *node, uint32_t application_id);
bool dm_capabilities_common(const struct dm_node *node, const struct dm_capabilities *capabilities);

/* Does an Inband-Security-Id of this message offer TLS? */
bool dm_capabilities_offer_tls(const struct dm_u32_list *inband_security_id);

/* Security and applications of a CER: true, or a fault of 5017 or 5010. `starts_tls`: the CEA will
 * agree to TLS. */
bool dm_capabilities_judge(const struct dm_node *node, const struct dm_cer *cer,
                           const struct dm_capabilities *capabilities, bool starts_tls,
                           struct dm_fault *fault);

int dm_write_cer(const struct dm_node *node, uint32_t hop_by_hop_id, uint32_t end_to_end_id,
                 enum dm_inband inband, struct dm_writer *out);
/* `fault` NULL: 2001. */
int dm_write_cea(const struct dm_node *node, const struct dm_header *cer,
                 const struct dm_fault *fault, bool starts_tls, struct dm_writer *out);

#endif
