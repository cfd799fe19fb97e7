/* SPDX-License-Identifier: Apache-2.0 */
/* Key files, as tsig-keygen writes them and as they should not be. */
#include "tests/unit/base/check.h"

#include "dns/key.h"

#include <errno.h>

#define SECRET "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

static int read(const char *file, struct dns_key *key, char *room, size_t size)
{
	struct dm_text why;

	dm_text_init(&why, room, size);
	return dns_key_read(dm_bytes_text(file), key, &why);
}

static void good_files(void **state)
{
	static const char *const files[] = {
		"key \"ha.Example\" {\n\talgorithm hmac-sha256;\n\tsecret \"" SECRET "\";\n};\n",
		"# made by hand\nkey ha.example. { secret " SECRET "; // secret\n"
		"algorithm HMAC-SHA256.; /* x } */ };",
	};
	uint8_t octets[32];
	struct dns_key key;
	char why[128];

	(void)state;
	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = (uint8_t)i;
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		assert_int_equal(read(files[i], &key, why, sizeof(why)), 0);
		assert_memory_equal(key.name,
		                    "\x02ha\x07"
		                    "example",
		                    12);
		assert_bytes_equal(dm_secret_bytes(&key.secret), dm_bytes_of(octets, 32));
	}
}

static void secrets_of_every_padding(void **state)
{
	static const struct {
		const char *base64;
		uint8_t size;
	} rows[] = { { "AAECAwQFBgcICQoLDA0ODw==", 16 },
		     { "AAECAwQFBgcICQoLDA0ODxA=", 17 },
		     { "AAECAwQFBgcICQoLDA0ODxAR", 18 } };
	struct dns_key key;
	char file[128], why[128];
	struct dm_text text;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		dm_text_init(&text, file, sizeof(file));
		dm_text_add(&text, "key a { algorithm hmac-sha256; secret \"%s\"; };",
		            rows[i].base64);
		assert_int_equal(read(file, &key, why, sizeof(why)), 0);
		assert_int_equal(key.secret.size, rows[i].size);
		assert_int_equal(key.secret.octets[rows[i].size - 1], rows[i].size - 1);
	}
}

static void bad_files_are_named_without_their_octets(void **state)
{
	static const struct {
		const char *file, *why;
	} rows[] = {
		{ "", "no key file" },
		{ SECRET, "begin" },
		{ "key \"\" { algorithm hmac-sha256; secret \"" SECRET "\"; };", "begin" },
		{ "key \"a..b\" { algorithm hmac-sha256; secret \"" SECRET "\"; };", "begin" },
		{ "key a { algorithm hmac-md5; secret \"" SECRET "\"; };", "hmac-sha256" },
		{ "key a { algorithm hmac-sha256; };", "no secret" },
		{ "key a { algorithm hmac-sha256; secret \"AAECAwQFBgcICQoLDA0O\"; };",
		  "16 to 64" },
		{ "key a { algorithm hmac-sha256; secret \"%%%%\"; };", "16 to 64" },
		{ "key a { algorithm hmac-sha256; secret \"" SECRET SECRET SECRET "\"; };",
		  "16 to 64" },
		{ "key a { algorithm hmac-sha256; secret \"" SECRET "\"; ", "} is missing" },
		{ "key a { algorithm hmac-sha256 secret \"" SECRET "\"; };", "; is missing" },
		{ "key a { algorithm hmac-sha256; secret \"" SECRET "\"; port 53; };", "beside" },
		{ "key a { secret \"AAECAwQF", "16 to 64" },
	};
	static const struct dns_key wiped;
	struct dns_key key;
	char why[128];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(read(rows[i].file, &key, why, sizeof(why)), -EINVAL);
		assert_non_null(strstr(why, rows[i].why));
		assert_null(strstr(why, "AAEC"));
		if (i > 0)
			assert_memory_equal(&key.secret, &wiped.secret, sizeof(key.secret));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_files),
		cmocka_unit_test(secrets_of_every_padding),
		cmocka_unit_test(bad_files_are_named_without_their_octets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
