/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_file: the key of the seals, 32 random octets in a file that only its owner can read.
 *
 * The file appears whole or not at all. One that others may read, or of another size, is refused.
 */
#ifndef STORE_KEY_FILE_H
#define STORE_KEY_FILE_H

#include "base/text.h"
#include "store/seal.h"

/* Makes the file, mode 0600, durable. -EEXIST when it is there. On error `why` holds a sentence. */
int store_key_file_make(const char *path, struct dm_text *why);

/* -ENOENT: no file (and no sentence: the caller knows what that means); else `why` says it. */
int store_key_file_read(const char *path, uint8_t key[STORE_KEY_SIZE], struct dm_text *why);

/* Reads it; `make`: where it is missing, it is made. A key may be made only for an empty store:
 * another has values under the key that is missing. */
int store_key_file_get(const char *path, bool make, uint8_t key[STORE_KEY_SIZE],
                       struct dm_text *why);

#endif
