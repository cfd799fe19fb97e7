/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "mip6/keys.h"

#include <errno.h>
#include <stdio.h>

static void assert_hex(struct dm_bytes found, const char *expected)
{
	char printed[200];
	struct dm_text text;

	dm_text_init(&text, printed, sizeof(printed));
	dm_text_hex(&text, found);
	assert_string_equal(printed, expected);
}

static struct dm_secret counting_root(uint8_t size)
{
	struct dm_secret root = { .size = size };

	for (uint8_t i = 0; i < size; i++)
		root.octets[i] = i;
	return root;
}

struct vector {
	uint8_t protocol;
	uint32_t epoch;
	const char *key, *name;
	uint32_t spi;
};

static void assert_vector(const struct dm_secret *root, struct mip6_key_context context,
                          const struct vector *vector)
{
	struct mip6_derived_key key;

	context.epoch = vector->epoch;
	assert_int_equal(mip6_key_derive(root, vector->protocol, &context, &key), 0);
	assert_int_equal(key.protocol, vector->protocol);
	assert_hex(dm_secret_bytes(&key.secret), vector->key);
	assert_octets(dm_bytes_of(key.name, sizeof(key.name)), dm_bytes_text(vector->name));
	assert_int_equal(key.spi, vector->spi);
	assert_int_equal(mip6_key_spi(vector->protocol, &context), vector->spi);
	mip6_key_wipe(&key);
	assert_int_equal(key.secret.size, 0);
}

/* The table of profile 6. */
static void MH03_keys_of_the_profile(void **state)
{
	static const struct vector vectors[] = {
		{ MIP6_SA_PROTOCOL_IKEV2, 1,
		  "e9f1ca7ba26b9b01313d8caf99878d14f142da5b934ec1bb9481f2cd77eacc0c",
		  "d733d7bc744b9eb2", 0 },
		{ MIP6_SA_PROTOCOL_IKEV1, 1,
		  "e9f1ca7ba26b9b01313d8caf99878d14f142da5b934ec1bb9481f2cd77eacc0c",
		  "d733d7bc744b9eb2", 0 },
		{ MIP6_SA_PROTOCOL_MIPV6_AUTH, 1, "e46c63cc8f84ef6f2bf4fcbe28b75adb",
		  "50d1d6cceaceeb19", 1355929548 },
		{ MIP6_SA_PROTOCOL_MIPV6_AUTH, 2, "e30071029fe812df211157f4a5e6682c",
		  "a1f6e3609569b157", 2717312096 },
	};
	struct dm_secret root = counting_root(16);
	struct mip6_key_context context = {
		.nai = LITERAL("alice@home.example.net"),
		.home_agent_fqdn = LITERAL("HA1.Home.Example.net"),
	};

	(void)state;
	memcpy(context.home_address, prefix_of("2001:db8:1:2::5").address, 16);
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
		assert_vector(&root, context, &vectors[i]);
}

/* Computed with Python's hmac and hashlib. */
static void MH03_keys_that_another_program_computed(void **state)
{
	static const struct vector vectors[] = {
		{ MIP6_SA_PROTOCOL_IKEV2, 4294967295U,
		  "1679610047cef61ed93dd3fcb9b212578dd9b6f1085eddfa210bda8d21d48ea6",
		  "05d37b6107a4f03c", 0 },
		{ MIP6_SA_PROTOCOL_MIPV6_AUTH, 4294967295U, "5eb41e9cb4b336e8ccb9b267f09f1a21",
		  "98cd40dc08539825", 2563588572 },
	};
	struct dm_secret root = { .size = 32 };
	struct mip6_key_context context = {
		.nai = LITERAL("bob@home.example.net"),
		.home_agent_fqdn = LITERAL("ha2.visited.example.org"),
	};

	(void)state;
	memset(root.octets, 0xaa, root.size);
	memcpy(context.home_address, prefix_of("2001:db8:ffff::1234:5678").address, 16);
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
		assert_vector(&root, context, &vectors[i]);
}

/* More than two rounds of prf+, the last one cut. */
static void kdf_runs_over_several_blocks(void **state)
{
	struct dm_secret root = counting_root(64);
	uint8_t out[80];

	(void)state;
	assert_int_equal(mip6_kdf(dm_secret_bytes(&root), LITERAL("long"), LITERAL("data"), out,
	                          sizeof(out)),
	                 0);
	assert_hex(dm_bytes_of(out, sizeof(out)),
	           "6b84a8a8c57fb5d8fc1e7f873858198a13a91e8b005e131aba8a4883e797d9da"
	           "38944e7fe4907087a9404e406fbcf6265484ff1139344b5b9a9ac1d64398a771"
	           "59e3fccf26a1080e0dd49d416426a76b");
}

static void what_makes_no_key(void **state)
{
	struct mip6_key_context context = { .nai = LITERAL("alice@home.example.net"),
		                            .home_agent_fqdn = LITERAL("ha1.example") };
	struct dm_secret root = counting_root(16), weak = counting_root(15);
	static const uint8_t long_name[300];
	struct mip6_derived_key key;

	(void)state;
	assert_int_equal(mip6_key_derive(&weak, MIP6_SA_PROTOCOL_IKEV2, &context, &key), -EINVAL);
	assert_int_equal(mip6_key_derive(&root, 0, &context, &key), -EINVAL);
	assert_int_equal(mip6_key_derive(&root, 4, &context, &key), -EINVAL);
	context.nai = dm_bytes_of(long_name, sizeof(long_name));
	context.home_agent_fqdn = context.nai;
	assert_int_equal(mip6_key_derive(&root, MIP6_SA_PROTOCOL_IKEV2, &context, &key), -EINVAL);
	assert_int_equal(key.secret.size, 0);
}

static void every_part_of_the_context_counts(void **state)
{
	struct mip6_key_context base = { .nai = LITERAL("a@x.example"),
		                         .home_agent_fqdn = LITERAL("ha.example"),
		                         .epoch = 1 };
	struct mip6_key_context others[4] = { base, base, base, base };
	struct dm_secret root = counting_root(16);
	struct mip6_derived_key key, other;

	(void)state;
	others[0].nai = LITERAL("b@x.example");
	others[1].home_agent_fqdn = LITERAL("hb.example");
	others[2].home_address[15] = 1;
	others[3].epoch = 2;
	assert_int_equal(mip6_key_derive(&root, MIP6_SA_PROTOCOL_IKEV2, &base, &key), 0);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(mip6_key_derive(&root, MIP6_SA_PROTOCOL_IKEV2, &others[i], &other),
		                 0);
		assert_memory_not_equal(key.secret.octets, other.secret.octets, 32);
		assert_memory_not_equal(key.name, other.name, sizeof(key.name));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(MH03_keys_of_the_profile),
		cmocka_unit_test(MH03_keys_that_another_program_computed),
		cmocka_unit_test(kdf_runs_over_several_blocks),
		cmocka_unit_test(what_makes_no_key),
		cmocka_unit_test(every_part_of_the_context_counts),
	};

	return cmocka_run_group_tests_name("mip6-keys", tests, NULL, NULL);
}
