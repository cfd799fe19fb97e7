/* SPDX-License-Identifier: Apache-2.0 */
#include "mip6/keys.h"

#include "base/writer.h"
#include "mip6/values.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#define DIGEST_SIZE 32 /* SHA-256 */
/* NAI, FQDN, two separators, address, epoch */
#define DATA_LIMIT   (MIP6_NAI_LIMIT + MIP6_FQDN_LIMIT + 2 + 16 + 4)
#define LABEL_LIMIT  64
#define SPI_RESERVED 256 /* 0..255 are reserved: RFC 4285 5.1 */

static const struct {
	const char *name;
	const char *label;
	size_t size; /* octets of the key */
} protocols[] = {
	[MIP6_SA_PROTOCOL_IKEV2] = { "IKEV2", "homeward-psk@mip6", 32 },
	[MIP6_SA_PROTOCOL_IKEV1] = { "IKEV1", "homeward-psk@mip6", 32 },
	[MIP6_SA_PROTOCOL_MIPV6_AUTH] = { "MIPV6_AUTH", "homeward-mn-ha@mip6", 16 },
};

const char *mip6_protocol_name(uint8_t protocol)
{
	return protocol > 0 && protocol <= MIP6_SA_PROTOCOL_LAST ? protocols[protocol].name : NULL;
}

/* T1 = HMAC(K, S | 0x01), Tn = HMAC(K, Tn-1 | S | n): RFC 5295 3.1.2, RFC 4306 2.13. `block` has
 * room for the previous T in front of S and one octet behind it. */
static int expand(struct dm_bytes key, uint8_t *block, size_t s_size, uint8_t *out, size_t size)
{
	uint8_t *s = block + DIGEST_SIZE;

	for (uint8_t n = 1; size > 0; n++) {
		size_t previous = n == 1 ? 0 : DIGEST_SIZE;
		size_t part = size < DIGEST_SIZE ? size : DIGEST_SIZE;
		uint8_t digest[DIGEST_SIZE];

		s[s_size] = n;
		if (!HMAC(EVP_sha256(), key.at, (int)key.size, s - previous, previous + s_size + 1,
		          digest, NULL))
			return -EIO;
		memcpy(block, digest, sizeof(digest));
		memcpy(out, digest, part);
		dm_wipe(digest, sizeof(digest));
		out += part;
		size -= part;
	}
	return 0;
}

int mip6_kdf(struct dm_bytes key, struct dm_bytes label, struct dm_bytes data, uint8_t *out,
             size_t size)
{
	uint8_t block[DIGEST_SIZE + LABEL_LIMIT + 1 + DATA_LIMIT + 2 + 1];
	struct dm_writer s;
	int error;

	/* S = label | 0x00 | data | length (2) */
	dm_writer_init_fixed(&s, block + DIGEST_SIZE, sizeof(block) - DIGEST_SIZE - 1);
	dm_writer_bytes(&s, label);
	dm_writer_u8(&s, 0);
	dm_writer_bytes(&s, data);
	dm_writer_u16(&s, (uint16_t)size);
	if (s.failed || size == 0 || size > (size_t)255 * DIGEST_SIZE)
		return -EINVAL;
	error = expand(key, block, s.size, out, size);
	dm_wipe(block, sizeof(block));
	return error;
}

/* label | 0x00 | data, with data = NAI | 0x00 | FQDN in lower case | 0x00 | address | epoch. */
static bool write_context(const struct mip6_key_context *context, uint8_t protocol,
                          struct dm_writer *out, struct dm_bytes *data)
{
	struct dm_bytes fqdn = context->home_agent_fqdn;
	size_t start;

	if (!mip6_protocol_name(protocol))
		return false;
	dm_writer_bytes(out, dm_bytes_text(protocols[protocol].label));
	dm_writer_u8(out, 0);
	start = out->size;
	dm_writer_bytes(out, context->nai);
	dm_writer_u8(out, 0);
	for (size_t i = 0; i < fqdn.size; i++) {
		bool upper = fqdn.at[i] >= 'A' && fqdn.at[i] <= 'Z';

		dm_writer_u8(out, upper ? fqdn.at[i] | 0x20 : fqdn.at[i]);
	}
	dm_writer_u8(out, 0);
	dm_writer_bytes(out, dm_bytes_of(context->home_address, sizeof(context->home_address)));
	dm_writer_u32(out, context->epoch);
	*data = dm_bytes_of(out->at + start, out->size - start);
	return !out->failed;
}

static bool digest_of(struct dm_bytes octets, uint8_t digest[DIGEST_SIZE])
{
	return EVP_Digest(octets.at, octets.size, digest, NULL, EVP_sha256(), NULL) == 1;
}

/* 256 + (first 4 octets mod (2^32 - 256)): both ends know it. */
static uint32_t spi_of(const uint8_t digest[DIGEST_SIZE])
{
	uint32_t number = (uint32_t)digest[0] << 24 | (uint32_t)digest[1] << 16 |
	                  (uint32_t)digest[2] << 8 | digest[3];

	return SPI_RESERVED + number % (UINT32_MAX - (SPI_RESERVED - 1));
}

static void name_of(const uint8_t digest[DIGEST_SIZE], uint8_t name[MIP6_KEY_NAME_SIZE])
{
	for (size_t i = 0; i < MIP6_KEY_NAME_SIZE; i++) {
		uint8_t nibble = i % 2 ? digest[i / 2] & 0x0f : digest[i / 2] >> 4;

		name[i] = (uint8_t) "0123456789abcdef"[nibble];
	}
}

int mip6_key_derive(const struct dm_secret *root, uint8_t protocol,
                    const struct mip6_key_context *context, struct mip6_derived_key *out)
{
	uint8_t room[LABEL_LIMIT + 1 + DATA_LIMIT];
	uint8_t digest[DIGEST_SIZE];
	struct dm_writer named;
	struct dm_bytes data;
	int error;

	*out = (struct mip6_derived_key){ .protocol = protocol };
	dm_writer_init_fixed(&named, room, sizeof(room));
	if (root->size < MIP6_ROOT_KEY_MINIMUM || !write_context(context, protocol, &named, &data))
		return -EINVAL;
	if (!digest_of(dm_writer_written(&named), digest))
		return -EIO;
	out->secret.size = (uint8_t)protocols[protocol].size;
	error = mip6_kdf(dm_secret_bytes(root), dm_bytes_text(protocols[protocol].label), data,
	                 out->secret.octets, out->secret.size);
	if (error) {
		mip6_key_wipe(out);
		return error;
	}
	name_of(digest, out->name);
	out->spi = protocol == MIP6_SA_PROTOCOL_MIPV6_AUTH ? spi_of(digest) : 0;
	return 0;
}

uint32_t mip6_key_spi(uint8_t protocol, const struct mip6_key_context *context)
{
	uint8_t room[LABEL_LIMIT + 1 + DATA_LIMIT];
	uint8_t digest[DIGEST_SIZE];
	struct dm_writer named;
	struct dm_bytes data;

	dm_writer_init_fixed(&named, room, sizeof(room));
	if (protocol != MIP6_SA_PROTOCOL_MIPV6_AUTH ||
	    !write_context(context, protocol, &named, &data) ||
	    !digest_of(dm_writer_written(&named), digest))
		return 0;
	return spi_of(digest);
}

void mip6_key_wipe(struct mip6_derived_key *key)
{
	dm_wipe(key, sizeof(*key));
}
