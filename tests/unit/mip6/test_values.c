/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

static uint32_t read_address(struct dm_bytes value, struct store_prefix *out)
{
	const char *why = NULL;
	uint32_t result = mip6_address_read(value, out, &why);

	assert_true((result == 0) == (why == NULL));
	return result;
}

static uint32_t read_prefix(struct dm_bytes value, struct store_prefix *out)
{
	const char *why = NULL;
	uint32_t result = mip6_prefix_read(value, out, &why);

	assert_true((result == 0) == (why == NULL));
	return result;
}

static void address_goes_there_and_back(void **state)
{
	struct store_prefix address = prefix_of("2001:db8:1:2::5/64"), back;
	uint8_t octets[MIP6_ADDRESS_SIZE];

	(void)state;
	mip6_address_write(&address, octets);
	assert_octets(dm_bytes_of(octets, sizeof(octets)),
	              LITERAL("\x00\x40\x20\x01\x0d\xb8\x00\x01\x00\x02\0\0\0\0\0\0\0\x05"));
	assert_int_equal(read_address(dm_bytes_of(octets, sizeof(octets)), &back), 0);
	assert_prefix(back, "2001:db8:1:2::5/64");
}

static void address_outside_the_format(void **state)
{
	uint8_t octets[MIP6_ADDRESS_SIZE + 1] = { 0, 128, 0x20 };
	struct store_prefix out;

	(void)state;
	assert_int_equal(read_address(dm_bytes_of(octets, 18), &out), 0);
	assert_int_equal(read_address(dm_bytes_of(octets, 17), &out), 5014);
	assert_int_equal(read_address(dm_bytes_of(octets, 19), &out), 5014);
	assert_int_equal(read_address(dm_bytes_of(octets, 0), &out), 5014);
	octets[1] = 129;
	assert_int_equal(read_address(dm_bytes_of(octets, 18), &out), 5004);
	octets[1] = 64;
	octets[0] = 1;
	assert_int_equal(read_address(dm_bytes_of(octets, 18), &out), 5004);
}

static void MB14_prefix_outside_the_format(void **state)
{
	struct store_prefix prefix = prefix_of("2001:db8:1:2::/64"), out;
	uint8_t octets[MIP6_PREFIX_SIZE + 1] = { 0 };

	(void)state;
	mip6_prefix_write(&prefix, octets);
	assert_int_equal(octets[0], 64);
	assert_int_equal(read_prefix(dm_bytes_of(octets, 17), &out), 0);
	assert_prefix(out, "2001:db8:1:2::/64");
	assert_int_equal(read_prefix(dm_bytes_of(octets, 16), &out), 5014);
	assert_int_equal(read_prefix(dm_bytes_of(octets, 18), &out), 5014);
	octets[0] = 0;
	assert_int_equal(read_prefix(dm_bytes_of(octets, 17), &out), 5004);
	octets[0] = 129;
	assert_int_equal(read_prefix(dm_bytes_of(octets, 17), &out), 5004);
	octets[0] = 62; /* 0x0002 has its last bit at 63 */
	assert_int_equal(read_prefix(dm_bytes_of(octets, 17), &out), 5004);
	octets[0] = 63;
	assert_int_equal(read_prefix(dm_bytes_of(octets, 17), &out), 0);
}

static void which_addresses_a_node_may_own(void **state)
{
	static const char *const good[] = { "2001:db8::1", "fd00::1", "64:ff9b::1" };
	static const char *const bad[] = { "::",      "::1",     "ff02::1",
		                           "fe80::1", "febf::1", "::ffff:192.0.2.1" };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(mip6_address_is_assignable(prefix_of(good[i]).address));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(mip6_address_is_assignable(prefix_of(bad[i]).address));
}

static void prefixes_hold_and_overlap(void **state)
{
	struct store_prefix odd = prefix_of("2001:db8:8000::/33"), all = { .length = 0 };
	struct store_prefix inner = prefix_of("2001:db8:8001::/48");
	struct store_prefix other = prefix_of("2001:db8:7fff::/48");

	(void)state;
	assert_true(mip6_prefix_holds(&odd, prefix_of("2001:db8:ffff::1").address));
	assert_false(mip6_prefix_holds(&odd, prefix_of("2001:db8:7fff::1").address));
	assert_true(mip6_prefix_holds(&all, prefix_of("::1").address));
	assert_true(mip6_prefix_overlaps(&odd, &inner));
	assert_true(mip6_prefix_overlaps(&inner, &odd));
	assert_false(mip6_prefix_overlaps(&odd, &other));
}

static void host_names(void **state)
{
	static const char *const good[] = { "ha1.home.example.net", "a", "3com.example", "a-b.c" };
	static const char *const bad[] = {
		"", ".", "a.", ".a", "a..b", "-a.b", "a-.b", "a_b", "a b"
	};
	char label[70];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(mip6_is_host_name(dm_bytes_text(good[i])));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(mip6_is_host_name(dm_bytes_text(bad[i])));
	memset(label, 'a', sizeof(label));
	assert_true(mip6_is_host_name(dm_bytes_of(label, 63)));
	assert_false(mip6_is_host_name(dm_bytes_of(label, 64)));
	assert_false(mip6_is_host_name(LITERAL("a\0b.example")));
}

static void globs(void **state)
{
	static const struct {
		const char *pattern, *name;
		bool matches;
	} cases[] = {
		{ "nas1.*", "nas1.visited.example.org", true },
		{ "*", "", true },
		{ "", "", true },
		{ "", "a", false },
		{ "*.Example.ORG", "nas.example.org", true },
		{ "nas?", "nas12", false },
		{ "nas??", "nas12", true },
		{ "*a*b*c", "xxaxxbxbxc", true },
		{ "*a*b*c", "xxaxxbxbx", false },
		{ "a*a", "a", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(
			mip6_glob(dm_bytes_text(cases[i].pattern), dm_bytes_text(cases[i].name)),
			cases[i].matches);
}

static uint32_t read_dns(struct dm_bytes value, struct mip6_dns_update *out)
{
	const char *why = NULL;

	return mip6_dns_update_read(value, out, &why);
}

static void MB31_dns_update_in_labels_and_in_plain_ascii(void **state)
{
	struct dm_bytes labels = LITERAL("\x00\x80\x05"
	                                 "alice\x04home\x07"
	                                 "example\x00");
	struct mip6_dns_update update;
	struct dm_writer out;
	uint8_t room[64];

	(void)state;
	assert_int_equal(read_dns(labels, &update), 0);
	assert_octets(dm_bytes_of(update.fqdn, update.fqdn_size), LITERAL("alice.home.example"));
	assert_true(update.remove);
	dm_writer_init_fixed(&out, room, sizeof(room));
	mip6_dns_update_write(&update, &out);
	assert_octets(dm_writer_written(&out), labels);
	assert_int_equal(read_dns(LITERAL("\x82\x7f"
	                                  "alice.home.example."),
	                          &update),
	                 0);
	assert_octets(dm_bytes_of(update.fqdn, update.fqdn_size), LITERAL("alice.home.example"));
	assert_int_equal(update.status, 130);
	assert_false(update.remove);
}

static void MB31_dns_update_that_names_no_host(void **state)
{
	static const struct dm_bytes bad[] = {
		{ (const uint8_t *)"", 0 },
		{ (const uint8_t *)"\0\0", 2 },
		{ (const uint8_t *)"\0\0\0", 3 },
		{ (const uint8_t *)"\0\0\x05"
		                   "alic",
		  7 },
		{ (const uint8_t *)"\0\0\x05"
		                   "alice\0x",
		  10 },
		{ (const uint8_t *)"\0\0\xc0\x0c", 4 },
		{ (const uint8_t *)"\0\0a b", 5 },
	};
	uint8_t long_name[300] = { 0 };
	struct mip6_dns_update update;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(read_dns(bad[i], &update), 5004);
	for (size_t i = 2; i < sizeof(long_name); i += 2) {
		long_name[i] = 1;
		long_name[i + 1 < sizeof(long_name) ? i + 1 : i] = 'a';
	}
	assert_int_equal(read_dns(dm_bytes_of(long_name, sizeof(long_name)), &update), 5004);
}

static void nai_parts(void **state)
{
	static const struct {
		const char *text, *username, *realm, *home;
	} good[] = {
		{ "alice@home.example.net", "alice", "home.example.net", "home.example.net" },
		{ "alice", "alice", "", "" },
		{ "@home.example.net", "", "home.example.net", "home.example.net" },
		{ "home.example.net!alice@visited.example.org", "home.example.net!alice",
		  "visited.example.org", "home.example.net" },
		{ "a!b@home.example.net", "a!b", "home.example.net", "home.example.net" },
		{ "a.b\\@c@home.example.net", "a.b\\@c", "home.example.net", "home.example.net" },
		{ "fred=?#$&*+-/^smith@x.example", "fred=?#$&*+-/^smith", "x.example",
		  "x.example" },
		{ "\xc3\xa9@x.example", "\xc3\xa9", "x.example", "x.example" },
	};
	static const char *const bad[] = {
		"",
		"alice@",
		"alice@home",
		"alice@home..net",
		"alice@-home.net",
		".alice@x.example",
		"al..ice@x.example",
		"alice.@x.example",
		"al ice@x.example",
		"a@b@x.example",
		"alice\\",
		"alice@x.example.",
		"\xff@x.example",
	};
	struct mip6_nai nai;
	char room[300];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(mip6_nai_parse(dm_bytes_text(good[i].text), &nai));
		assert_octets(nai.username, dm_bytes_text(good[i].username));
		assert_octets(nai.realm, dm_bytes_text(good[i].realm));
		assert_octets(nai.home_realm, dm_bytes_text(good[i].home));
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(mip6_nai_parse(dm_bytes_text(bad[i]), &nai));
	memset(room, 'a', sizeof(room));
	assert_true(mip6_nai_parse(dm_bytes_of(room, 253), &nai));
	assert_false(mip6_nai_parse(dm_bytes_of(room, 254), &nai));
}

static void nai_loses_its_decoration(void **state)
{
	static const char *const cases[][2] = {
		{ "home.example.net!alice@visited.example.org", "alice@home.example.net" },
		{ "alice@home.example.net", "alice@home.example.net" },
		{ "a.example!b.example!c@d.example", "b.example!c@a.example" },
		{ "alice", "alice" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct mip6_nai nai;
		struct dm_writer out;
		uint8_t room[64];

		assert_true(mip6_nai_parse(dm_bytes_text(cases[i][0]), &nai));
		dm_writer_init_fixed(&out, room, sizeof(room));
		mip6_nai_undecorate(&nai, &out);
		assert_octets(dm_writer_written(&out), dm_bytes_text(cases[i][1]));
	}
}

static void subscribers_are_filed_with_the_realm_in_lower_case(void **state)
{
	struct dm_writer out;
	uint8_t room[32];

	(void)state;
	dm_writer_init_fixed(&out, room, sizeof(room));
	assert_true(mip6_user_key(LITERAL("Alice@Home.Example.NET"), &out));
	assert_octets(dm_writer_written(&out), LITERAL("Alice@home.example.net"));
	dm_writer_init_fixed(&out, room, 4);
	assert_false(mip6_user_key(LITERAL("Alice@Home.Example.NET"), &out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(address_goes_there_and_back),
		cmocka_unit_test(address_outside_the_format),
		cmocka_unit_test(MB14_prefix_outside_the_format),
		cmocka_unit_test(which_addresses_a_node_may_own),
		cmocka_unit_test(prefixes_hold_and_overlap),
		cmocka_unit_test(host_names),
		cmocka_unit_test(globs),
		cmocka_unit_test(MB31_dns_update_in_labels_and_in_plain_ascii),
		cmocka_unit_test(MB31_dns_update_that_names_no_host),
		cmocka_unit_test(nai_parts),
		cmocka_unit_test(nai_loses_its_decoration),
		cmocka_unit_test(subscribers_are_filed_with_the_realm_in_lower_case),
	};

	return cmocka_run_group_tests_name("mip6-values", tests, NULL, NULL);
}
