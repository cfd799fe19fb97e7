/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seal: secrets at rest, encrypted and bound to the place where they lie.
 *
 * A sealed value is: format (1 octet, 1), nonce (24), ciphertext, tag (16). The cipher is
 * XAES-256-GCM (C2SP): AES-256-GCM under a key derived per value from the first half of a random
 * nonce, so that any number of values may be sealed under one key file without counting them. The
 * associated data is the place (table, column, key of the record): a sealed value moved elsewhere
 * does not open.
 *
 * What is not here: where the key comes from (key_file.h).
 */
#ifndef STORE_SEAL_H
#define STORE_SEAL_H

#include "base/bytes.h"
#include "base/secret.h"

#define STORE_KEY_SIZE      32
#define STORE_SEAL_OVERHEAD (1 + 24 + 16)

struct store_seal;

/* NULL when memory is exhausted or libcrypto has no AES. The key is copied. One thread at a time.
 */
struct store_seal *store_seal_new(const uint8_t key[STORE_KEY_SIZE]);
void store_seal_free(struct store_seal *seal); /* wipes; NULL is allowed */

/* Fills out[plain.size + STORE_SEAL_OVERHEAD]. -EIO when libcrypto refuses. */
int store_seal_close(struct store_seal *seal, struct dm_bytes place, struct dm_bytes plain,
                     uint8_t *out);

/* The same with a given nonce: for published test vectors only. */
int store_seal_close_with(struct store_seal *seal, const uint8_t nonce[24], struct dm_bytes place,
                          struct dm_bytes plain, uint8_t *out);

/*
 * -EBADMSG when the value was changed, moved or sealed with another key, or when it holds more than
 * a secret can; `out` is empty then.
 */
int store_seal_open(struct store_seal *seal, struct dm_bytes place, struct dm_bytes sealed,
                    struct dm_secret *out);

#endif
