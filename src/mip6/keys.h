/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys: what a mobile node and its home agent share, derived from the subscriber's root key
 * (profile 6, RFC 5295 3.1.2).
 *
 * A pure function of its arguments: server and node come to the same key without telling it. A key
 * is a dm_secret; whoever holds a struct mip6_derived_key calls mip6_key_wipe. The only place where
 * the service calls libcrypto.
 */
#ifndef MIP6_KEYS_H
#define MIP6_KEYS_H

#include "base/secret.h"
#include "dict/mip6.dia.h"

#define MIP6_ROOT_KEY_MINIMUM 16
#define MIP6_KEY_NAME_SIZE    16 /* lower-case hex characters */

/* Sets of MIP6-SA-Protocol have bit 1 << protocol. */
#define MIP6_SA_PROTOCOL_LAST MIP6_SA_PROTOCOL_MIPV6_AUTH

/* "IKEV2" ...; NULL for a number that is none. */
const char *mip6_protocol_name(uint8_t protocol);

/* What a key is bound to. */
struct mip6_key_context {
	struct dm_bytes nai;
	struct dm_bytes home_agent_fqdn; /* any case */
	uint8_t home_address[16];
	uint32_t epoch;
};

struct mip6_derived_key {
	uint8_t protocol;
	struct dm_secret secret; /* 32 octets, MIPV6_AUTH: 16 */
	uint8_t name[MIP6_KEY_NAME_SIZE];
	uint32_t spi; /* MIPV6_AUTH; else 0 */
};

/* 0; -EINVAL: no such protocol, root key under 16 octets, context over its limit; -EIO: libcrypto
 * refused. `out` is wiped on error. */
int mip6_key_derive(const struct dm_secret *root, uint8_t protocol,
                    const struct mip6_key_context *context, struct mip6_derived_key *out);
/* The SPI alone, which is no secret; 0 when the protocol has none. */
uint32_t mip6_key_spi(uint8_t protocol, const struct mip6_key_context *context);
void mip6_key_wipe(struct mip6_derived_key *key);

/* prf+ of RFC 5295 3.1.2 with HMAC-SHA-256: `size` octets (at most 255 * 32). 0 or -EIO. */
int mip6_kdf(struct dm_bytes key, struct dm_bytes label, struct dm_bytes data, uint8_t *out,
             size_t size);

#endif
