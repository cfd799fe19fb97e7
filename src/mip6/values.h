/* SPDX-License-Identifier: Apache-2.0 */
/*
 * values: the octets inside the AVPs of the service (profile 2), read and written.
 *
 * The codec has checked AVP lengths and types; what is left is what only the service knows: the
 * layout of the address AVPs, which addresses may be given to a node, host names, NAIs. A reader
 * returns 0 or the Result-Code that the value deserves (5004, 5014) and then sets *why to a
 * sentence; it decides nothing else. No policy, no allocation here.
 */
#ifndef MIP6_VALUES_H
#define MIP6_VALUES_H

#include "base/text.h"
#include "base/writer.h"
#include "store/store.h"

#define MIP6_ADDRESS_SIZE ((size_t)18) /* MIP6-Home-Address, MIP6-Home-Agent-Address */
#define MIP6_PREFIX_SIZE  ((size_t)17) /* MIP6-Home-Link-Prefix */
#define MIP6_NAI_LIMIT    ((size_t)253)
#define MIP6_FQDN_LIMIT   ((size_t)253)

/* Bits of MIP6-Feature-Vector (RFC 5447 4.2.5). */
#define MIP6_FEATURE_INTEGRATED 0x1ULL
#define MIP6_FEATURE_LOCAL      0x2ULL /* the draft's Local-Home-Agent-Assignment flag */

/* ---- addresses ---- */

/* Reserved 0 (1), prefix length 0..128 (1), address (16). `::` is read well: it asks for one. */
uint32_t mip6_address_read(struct dm_bytes value, struct store_prefix *out, const char **why);
void mip6_address_write(const struct store_prefix *address, uint8_t out[MIP6_ADDRESS_SIZE]);

/* Prefix length 1..128 (1), prefix (16), the bits behind it zero (RFC 5447 4.2.4). */
uint32_t mip6_prefix_read(struct dm_bytes value, struct store_prefix *out, const char **why);
void mip6_prefix_write(const struct store_prefix *prefix, uint8_t out[MIP6_PREFIX_SIZE]);

bool mip6_address_is_unspecified(const uint8_t address[16]);
/* True for what a node may own: neither unspecified, loopback, multicast, link-local nor
 * IPv4-mapped. */
bool mip6_address_is_assignable(const uint8_t address[16]);
/* True when the first prefix->length bits agree. */
bool mip6_prefix_holds(const struct store_prefix *prefix, const uint8_t address[16]);
/* True when one of the two lies inside the other. */
bool mip6_prefix_overlaps(const struct store_prefix *a, const struct store_prefix *b);
/* Clears the bits behind the prefix. */
void mip6_prefix_mask(struct store_prefix *prefix);

/* "2001:db8::5" and "2001:db8::/64", RFC 5952. */
void mip6_address_text(struct dm_text *text, const uint8_t address[16]);
void mip6_prefix_text(struct dm_text *text, const struct store_prefix *prefix);

/* ---- names ---- */

/* A host name: labels of letters, digits and inner hyphens, 253 octets at most (RFC 1123 2.1). A
 * final dot is not allowed. */
bool mip6_is_host_name(struct dm_bytes name);

/* `name` against a pattern where `*` stands for any octets and `?` for one; letters folded. */
bool mip6_glob(struct dm_bytes pattern, struct dm_bytes name);

/* ---- MIP6-DNS-Update: the body of RFC 5026 8.2 (Status, R bit, FQDN) ---- */

enum mip6_dns_status {
	MIP6_DNS_DONE = 0,
	MIP6_DNS_UNSPECIFIED = 128,
	MIP6_DNS_PROHIBITED = 129,
	MIP6_DNS_FAILED = 130,
};

struct mip6_dns_update {
	uint8_t status;
	bool remove;                /* the R bit */
	char fqdn[MIP6_FQDN_LIMIT]; /* dotted, no final dot */
	uint8_t fqdn_size;
};

/* Labels of RFC 1035, uncompressed; plain ASCII when they do not parse as labels (profile 2). */
uint32_t mip6_dns_update_read(struct dm_bytes value, struct mip6_dns_update *out, const char **why);
void mip6_dns_update_write(const struct mip6_dns_update *update, struct dm_writer *out);

/* ---- NAI, RFC 4282 ---- */

struct mip6_nai {
	struct dm_bytes username;   /* may be empty */
	struct dm_bytes realm;      /* behind '@': where a request goes now; empty: none */
	struct dm_bytes home_realm; /* decorated (2.7): the realm before '!'; else as realm */
};

/* All slices of `text`. False when it is no NAI (2.1). */
bool mip6_nai_parse(struct dm_bytes text, struct mip6_nai *out);

/* "home.example!user@visited.example" becomes "user@home.example" (2.7); a plain NAI stays. */
void mip6_nai_undecorate(const struct mip6_nai *nai, struct dm_writer *out);

/* The form under which a subscriber is filed: the realm in lower case (2.4), the rest as it is.
 * False when it does not fit. */
bool mip6_user_key(struct dm_bytes user_name, struct dm_writer *out);

#endif
