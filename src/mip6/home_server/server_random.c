/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random keys instead of derived ones (profile 6).
 *
 * Such a session has a secret of its own, from the randomness that the host gave at start and the
 * number of the session, which is never used again. It stands in the place of the root key, so that
 * the keys of each epoch come from it alone, and a MHR that is repeated, also after a restart, has
 * the same ones. It is stored, sealed, with the session, and dies with it.
 */
#include "server.h"

#include "mip6/keys.h"

#include <errno.h>
#include <stdlib.h>

#define SECRET_SIZE 32

void mip6_server_random_init(struct mip6_home_server *server, struct dm_bytes randomness)
{
	(void)dm_secret_set(&server->randomness, randomness);
}

static bool wants(const struct mip6_home_server *server, const struct store_subscriber *subscriber)
{
	return server->policy.random_keys || subscriber->random_keys;
}

static int make(const struct mip6_home_server *server, uint64_t id, struct dm_secret *out)
{
	uint8_t number[8];
	struct dm_writer writer;

	dm_writer_init_fixed(&writer, number, sizeof(number));
	dm_writer_u64(&writer, id);
	out->size = SECRET_SIZE;
	return mip6_kdf(dm_secret_bytes(&server->randomness), dm_bytes_text("homeward-random@mip6"),
	                dm_writer_written(&writer), out->octets, out->size);
}

int mip6_server_random_key(struct mip6_home_server *server, struct mip6_session *session,
                           const struct store_subscriber *subscriber)
{
	struct dm_secret secret = { 0 };
	int error;

	if (session->random_key || !wants(server, subscriber))
		return 0;
	if (server->randomness.size < SECRET_SIZE)
		return -EIO;
	error = make(server, session->id, &secret);
	if (!error)
		error = mip6_session_set_random_key(session, &secret);
	dm_secret_wipe(&secret);
	return error;
}

int mip6_session_set_random_key(struct mip6_session *session, const struct dm_secret *secret)
{
	if (secret->size == 0)
		return 0;
	session->random_key = malloc(sizeof(*session->random_key));
	if (!session->random_key)
		return -ENOMEM;
	*session->random_key = *secret;
	return 0;
}
