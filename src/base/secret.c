/* SPDX-License-Identifier: Apache-2.0 */
#include "base/secret.h"

bool dm_secret_set(struct dm_secret *secret, struct dm_bytes bytes)
{
	dm_secret_wipe(secret);
	if (bytes.size > DM_SECRET_ROOM)
		return false;
	if (bytes.size)
		memcpy(secret->octets, bytes.at, bytes.size);
	secret->size = (uint8_t)bytes.size;
	return true;
}

struct dm_bytes dm_secret_bytes(const struct dm_secret *secret)
{
	return dm_bytes_of(secret->octets, secret->size);
}

void dm_secret_wipe(struct dm_secret *secret)
{
	dm_wipe(secret, sizeof(*secret));
}

void dm_wipe(void *at, size_t size)
{
	if (size) /* `at` may be NULL then */
		explicit_bzero(at, size);
}
