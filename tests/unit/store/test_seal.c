/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/base/check.h"

#include "store/seal.h"

#include <errno.h>

static const struct dm_bytes place = DM_BYTES_LITERAL("subscriber\0root_key\0alice");
static const struct dm_bytes plain = DM_BYTES_LITERAL("0123456789abcdef");

struct sealed {
	uint8_t octets[DM_SECRET_ROOM + STORE_SEAL_OVERHEAD];
	size_t size;
};

static struct store_seal *seal_of(uint8_t octet)
{
	uint8_t key[STORE_KEY_SIZE];
	struct store_seal *seal;

	memset(key, octet, sizeof(key));
	seal = store_seal_new(key);
	assert_non_null(seal);
	return seal;
}

static struct sealed close_plain(struct store_seal *seal, struct dm_bytes bytes)
{
	struct sealed sealed = { .size = bytes.size + STORE_SEAL_OVERHEAD };

	assert_int_equal(store_seal_close(seal, place, bytes, sealed.octets), 0);
	return sealed;
}

static int open_sealed(struct store_seal *seal, struct dm_bytes where, const struct sealed *sealed,
                       struct dm_secret *out)
{
	return store_seal_open(seal, where, dm_bytes_of(sealed->octets, sealed->size), out);
}

/* The test vectors of C2SP XAES-256-GCM, key and value from the specification. */
static void the_published_vectors_come_out(void **state)
{
	static const struct {
		uint8_t key;
		const char *place, *result;
	} vectors[] = {
		{ 1, "",
		  "\xce\x54\x6e\xf6\x3c\x9c\xc6\x07\x65\x92\x36\x09\xb3\x3a\x9a\x19\x74\xe9\x6e\x52"
		  "\xda\xf2\xfc\xf7\x07\x5e\x22\x71" },
		{ 3, "c2sp.org/XAES-256-GCM",
		  "\x98\x6e\xc1\x83\x25\x93\xdf\x54\x43\xa1\x79\x43\x7f\xd0\x83\xbf\x3f\xdb\x41\xab"
		  "\xd7\x40\xa2\x1f\x71\xeb\x76\x9d" },
	};
	struct dm_bytes text = DM_BYTES_LITERAL("XAES-256-GCM");

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct store_seal *seal = seal_of(vectors[i].key);
		uint8_t out[12 + STORE_SEAL_OVERHEAD];

		assert_int_equal(store_seal_close_with(seal,
		                                       (const uint8_t *)"ABCDEFGHIJKLMNOPQRSTUVWX",
		                                       dm_bytes_text(vectors[i].place), text, out),
		                 0);
		assert_int_equal(out[0], 1);
		assert_memory_equal(out + 1, "ABCDEFGHIJKLMNOPQRSTUVWX", 24);
		assert_memory_equal(out + 25, vectors[i].result, 28);
		store_seal_free(seal);
	}
}

static void every_size_comes_back(void **state)
{
	struct store_seal *seal = seal_of(7);
	uint8_t octets[DM_SECRET_ROOM + 1];
	uint8_t out[DM_SECRET_ROOM + 1 + STORE_SEAL_OVERHEAD];
	struct dm_secret secret;

	(void)state;
	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = (uint8_t)i;
	for (size_t size = 0; size <= DM_SECRET_ROOM; size++) {
		struct sealed sealed = close_plain(seal, dm_bytes_of(octets, size));

		assert_int_equal(open_sealed(seal, place, &sealed, &secret), 0);
		assert_bytes_equal(dm_secret_bytes(&secret), dm_bytes_of(octets, size));
	}
	assert_int_equal(store_seal_close(seal, place, dm_bytes_of(octets, sizeof(octets)), out),
	                 -EIO);
	store_seal_free(seal);
}

static void the_same_value_never_looks_the_same(void **state)
{
	struct store_seal *seal = seal_of(7);
	struct sealed first = close_plain(seal, plain), second = close_plain(seal, plain);

	(void)state;
	assert_memory_not_equal(first.octets + 1, second.octets + 1, 24);
	assert_memory_not_equal(first.octets + 25, second.octets + 25, plain.size);
	store_seal_free(seal);
}

static void any_changed_bit_breaks_the_seal(void **state)
{
	struct store_seal *seal = seal_of(7);
	struct sealed sealed = close_plain(seal, plain);
	struct dm_secret secret;

	(void)state;
	for (size_t bit = 0; bit < sealed.size * 8; bit++) {
		sealed.octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(open_sealed(seal, place, &sealed, &secret), -EBADMSG);
		assert_int_equal(secret.size, 0);
		sealed.octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_int_equal(open_sealed(seal, place, &sealed, &secret), 0);
	store_seal_free(seal);
}

static void a_shorter_or_longer_value_is_broken(void **state)
{
	struct store_seal *seal = seal_of(7);
	struct sealed sealed = close_plain(seal, plain);
	uint8_t longer[200] = { 1 };
	struct dm_secret secret;

	(void)state;
	for (size_t size = 0; size < sealed.size; size++)
		assert_int_equal(
			store_seal_open(seal, place, dm_bytes_of(sealed.octets, size), &secret),
			-EBADMSG);
	memcpy(longer, sealed.octets, sealed.size);
	for (size_t size = sealed.size + 1; size <= sizeof(longer); size++)
		assert_int_equal(store_seal_open(seal, place, dm_bytes_of(longer, size), &secret),
		                 -EBADMSG);
	store_seal_free(seal);
}

static void a_moved_value_does_not_open(void **state)
{
	struct store_seal *seal = seal_of(7);
	struct sealed sealed = close_plain(seal, plain);
	struct dm_secret secret;

	(void)state;
	assert_int_equal(
		open_sealed(seal, DM_BYTES_LITERAL("subscriber\0root_key\0bob"), &sealed, &secret),
		-EBADMSG);
	assert_int_equal(open_sealed(seal, (struct dm_bytes){ 0 }, &sealed, &secret), -EBADMSG);
	store_seal_free(seal);
}

static void another_key_does_not_open(void **state)
{
	struct store_seal *seal = seal_of(7), *other = seal_of(8);
	struct sealed sealed = close_plain(seal, plain);
	struct dm_secret secret;

	(void)state;
	assert_int_equal(open_sealed(other, place, &sealed, &secret), -EBADMSG);
	assert_int_equal(secret.size, 0);
	store_seal_free(seal);
	store_seal_free(other);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_published_vectors_come_out),
		cmocka_unit_test(every_size_comes_back),
		cmocka_unit_test(the_same_value_never_looks_the_same),
		cmocka_unit_test(any_changed_bit_breaks_the_seal),
		cmocka_unit_test(a_shorter_or_longer_value_is_broken),
		cmocka_unit_test(a_moved_value_does_not_open),
		cmocka_unit_test(another_key_does_not_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
