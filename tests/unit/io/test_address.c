/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/io/check.h"

#include "io/address.h"

#include <arpa/inet.h>

static struct sockaddr_storage address_of(const char *host, uint16_t port)
{
	struct sockaddr_storage address;

	assert_true(hw_address_numeric(host, port, &address));
	return address;
}

static void addresses_are_shown_as_they_are_written(void **state)
{
	static const struct {
		const char *host, *shown;
	} rows[] = {
		{ "::1", "[::1]:3868" },
		{ "2001:db8:0:0::5", "[2001:db8::5]:3868" },
		{ "127.0.0.1", "127.0.0.1:3868" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sockaddr_storage address = address_of(rows[i].host, 3868);
		char shown[HW_ADDRESS_ROOM];

		hw_address_text((struct sockaddr *)&address, shown);
		assert_string_equal(shown, rows[i].shown);
		assert_int_equal(hw_address_port((struct sockaddr *)&address), 3868);
	}
}

static void names_are_no_addresses(void **state)
{
	struct sockaddr_storage address;

	(void)state;
	assert_false(hw_address_numeric("localhost", 1, &address));
	assert_false(hw_address_numeric("1.2.3", 1, &address));
	assert_false(hw_address_numeric("::1]", 1, &address));
	assert_false(hw_address_numeric("", 1, &address));
}

static void loopback_is_known_in_all_its_forms(void **state)
{
	static const struct {
		const char *host;
		bool loopback;
	} rows[] = {
		{ "::1", true },        { "127.0.0.1", true },        { "127.255.0.9", true },
		{ "::2", false },       { "::ffff:127.0.0.1", true }, { "128.0.0.1", false },
		{ "126.0.0.1", false }, { "::ffff:10.0.0.1", false }, { "::", false },
		{ "fe80::1", false },   { "2001:db8::1", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sockaddr_storage address = address_of(rows[i].host, 0);

		assert_int_equal(hw_address_is_loopback((struct sockaddr *)&address),
		                 rows[i].loopback);
	}
}

static bool within(const char *host, const char *prefix, unsigned length)
{
	struct sockaddr_storage address = address_of(host, 0);
	bool ipv6 = strchr(prefix, ':') != NULL;
	uint8_t octets[16];

	assert_int_equal(inet_pton(ipv6 ? AF_INET6 : AF_INET, prefix, octets), 1);
	return hw_address_within((struct sockaddr *)&address, ipv6, octets, length);
}

static void prefixes_are_compared_bit_by_bit(void **state)
{
	(void)state;
	assert_true(within("10.1.2.3", "10.0.0.0", 8));
	assert_false(within("11.1.2.3", "10.0.0.0", 8));
	assert_true(within("10.1.2.3", "0.0.0.0", 0));
	assert_true(within("10.1.2.3", "10.1.2.2", 31));
	assert_false(within("10.1.2.4", "10.1.2.2", 31));
	assert_true(within("10.1.2.3", "10.1.2.3", 32));
	assert_true(within("2001:db8::5", "2001:db8::", 125));
	assert_false(within("2001:db8::8", "2001:db8::", 125));
	assert_true(within("::ffff:10.1.2.3", "10.0.0.0", 8));
	assert_false(within("10.1.2.3", "::", 0));
	assert_false(within("2001:db8::5", "0.0.0.0", 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_shown_as_they_are_written),
		cmocka_unit_test(names_are_no_addresses),
		cmocka_unit_test(loopback_is_known_in_all_its_forms),
		cmocka_unit_test(prefixes_are_compared_bit_by_bit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
