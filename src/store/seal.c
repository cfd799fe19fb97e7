/* SPDX-License-Identifier: Apache-2.0 */
#include "store/seal.h"

#include "base/cursor.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdlib.h>

#define FORMAT      1
#define NONCE_SIZE  24
#define PREFIX_SIZE 12 /* of the nonce: derives the value's key; the rest is the GCM nonce */
#define TAG_SIZE    16
#define BLOCK_SIZE  16

struct store_seal {
	EVP_CIPHER_CTX *block; /* owned: AES-256-ECB under the key, derives the values' keys */
	EVP_CIPHER_CTX *gcm;   /* owned: keyed anew for each value */
	uint8_t subkey[BLOCK_SIZE];
};

static int encrypt_block(struct store_seal *seal, const uint8_t in[BLOCK_SIZE],
                         uint8_t out[BLOCK_SIZE])
{
	int size;

	return EVP_EncryptUpdate(seal->block, out, &size, in, BLOCK_SIZE) == 1 ? 0 : -EIO;
}

/* K1 of CMAC (NIST SP 800-38B 6.1): the encrypted zero block, doubled in GF(2^128). */
static int make_subkey(struct store_seal *seal)
{
	static const uint8_t zero[BLOCK_SIZE];
	uint8_t block[BLOCK_SIZE];
	int error = encrypt_block(seal, zero, block);

	for (size_t i = 0; i < BLOCK_SIZE; i++) {
		uint8_t carry = i + 1 < BLOCK_SIZE ? block[i + 1] >> 7 : 0;

		seal->subkey[i] = (uint8_t)(block[i] << 1 | carry);
	}
	if (block[0] & 0x80)
		seal->subkey[BLOCK_SIZE - 1] ^= 0x87;
	dm_wipe(block, sizeof(block));
	return error;
}

struct store_seal *store_seal_new(const uint8_t key[STORE_KEY_SIZE])
{
	struct store_seal *seal = calloc(1, sizeof(*seal));

	if (!seal)
		return NULL;
	seal->block = EVP_CIPHER_CTX_new();
	seal->gcm = EVP_CIPHER_CTX_new();
	if (!seal->block || !seal->gcm ||
	    EVP_EncryptInit_ex2(seal->block, EVP_aes_256_ecb(), key, NULL, NULL) != 1 ||
	    EVP_CIPHER_CTX_set_padding(seal->block, 0) != 1 ||
	    EVP_CipherInit_ex2(seal->gcm, EVP_aes_256_gcm(), NULL, NULL, 1, NULL) != 1 ||
	    make_subkey(seal)) {
		store_seal_free(seal);
		return NULL;
	}
	return seal;
}

void store_seal_free(struct store_seal *seal)
{
	if (!seal)
		return;
	EVP_CIPHER_CTX_free(seal->block);
	EVP_CIPHER_CTX_free(seal->gcm);
	dm_wipe(seal, sizeof(*seal));
	free(seal);
}

/* The value's key: AES(K, M1 xor K1) | AES(K, M2 xor K1), Mi = 0 | i | 'X' | 0 | nonce[:12]. */
static int derive(struct store_seal *seal, const uint8_t nonce[NONCE_SIZE],
                  uint8_t key[STORE_KEY_SIZE])
{
	uint8_t block[BLOCK_SIZE];
	int error = 0;

	for (uint8_t half = 0; half < 2 && !error; half++) {
		const uint8_t head[4] = { 0, (uint8_t)(half + 1), 'X', 0 };

		memcpy(block, head, sizeof(head));
		memcpy(block + sizeof(head), nonce, PREFIX_SIZE);
		for (size_t i = 0; i < BLOCK_SIZE; i++)
			block[i] ^= seal->subkey[i];
		error = encrypt_block(seal, block, key + half * BLOCK_SIZE);
	}
	return error;
}

/* Makes the GCM context ready for one value: its key, nonce and place. */
static int begin(struct store_seal *seal, const uint8_t nonce[NONCE_SIZE], struct dm_bytes place,
                 int encrypt)
{
	uint8_t key[STORE_KEY_SIZE];
	int size;
	int error = derive(seal, nonce, key);

	if (!error &&
	    EVP_CipherInit_ex2(seal->gcm, NULL, key, nonce + PREFIX_SIZE, encrypt, NULL) != 1)
		error = -EIO;
	dm_wipe(key, sizeof(key));
	if (error || place.size > INT32_MAX)
		return -EIO;
	if (place.size && EVP_CipherUpdate(seal->gcm, NULL, &size, place.at, (int)place.size) != 1)
		return -EIO;
	return 0;
}

int store_seal_close_with(struct store_seal *seal, const uint8_t nonce[24], struct dm_bytes place,
                          struct dm_bytes plain, uint8_t *out)
{
	uint8_t *text = out + 1 + NONCE_SIZE;
	int size = 0;

	if (plain.size > DM_SECRET_ROOM || begin(seal, nonce, place, 1))
		return -EIO;
	out[0] = FORMAT;
	memcpy(out + 1, nonce, NONCE_SIZE);
	if (plain.size && EVP_CipherUpdate(seal->gcm, text, &size, plain.at, (int)plain.size) != 1)
		return -EIO;
	if (EVP_CipherFinal_ex(seal->gcm, text + size, &size) != 1)
		return -EIO;
	if (EVP_CIPHER_CTX_ctrl(seal->gcm, EVP_CTRL_GCM_GET_TAG, TAG_SIZE, text + plain.size) != 1)
		return -EIO;
	return 0;
}

int store_seal_close(struct store_seal *seal, struct dm_bytes place, struct dm_bytes plain,
                     uint8_t *out)
{
	uint8_t nonce[NONCE_SIZE];

	if (RAND_bytes(nonce, sizeof(nonce)) != 1)
		return -EIO;
	return store_seal_close_with(seal, nonce, place, plain, out);
}

static int decrypt(struct store_seal *seal, struct dm_bytes text, struct dm_bytes tag,
                   uint8_t plain[DM_SECRET_ROOM])
{
	uint8_t expected[TAG_SIZE];
	int size = 0;

	memcpy(expected, tag.at, TAG_SIZE);
	if (text.size && EVP_CipherUpdate(seal->gcm, plain, &size, text.at, (int)text.size) != 1)
		return -EIO;
	if (EVP_CIPHER_CTX_ctrl(seal->gcm, EVP_CTRL_GCM_SET_TAG, TAG_SIZE, expected) != 1)
		return -EIO;
	return EVP_CipherFinal_ex(seal->gcm, plain + size, &size) == 1 ? 0 : -EBADMSG;
}

int store_seal_open(struct store_seal *seal, struct dm_bytes place, struct dm_bytes sealed,
                    struct dm_secret *out)
{
	struct dm_cursor cursor = dm_cursor_of(sealed);
	uint8_t format = dm_cursor_u8(&cursor);
	struct dm_bytes nonce = dm_cursor_take(&cursor, NONCE_SIZE);
	size_t left = dm_cursor_left(&cursor);
	struct dm_bytes text = dm_cursor_take(&cursor, left < TAG_SIZE ? 0 : left - TAG_SIZE);
	struct dm_bytes tag = dm_cursor_take(&cursor, TAG_SIZE);
	uint8_t plain[DM_SECRET_ROOM];
	int error;

	dm_secret_wipe(out);
	if (cursor.failed || format != FORMAT || text.size > DM_SECRET_ROOM)
		return -EBADMSG;
	error = begin(seal, nonce.at, place, 0);
	if (!error)
		error = decrypt(seal, text, tag, plain);
	if (!error)
		dm_secret_set(out, dm_bytes_of(plain, text.size));
	dm_wipe(plain, sizeof(plain));
	return error;
}
