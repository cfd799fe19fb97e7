/* SPDX-License-Identifier: Apache-2.0 */
/* check: what every cmocka test of the service includes, in the order that cmocka wants. */
#ifndef TESTS_UNIT_MIP6_CHECK_H
#define TESTS_UNIT_MIP6_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mip6/values.h"

#include <arpa/inet.h>

#define LITERAL DM_BYTES_LITERAL

static inline void assert_octets(struct dm_bytes found, struct dm_bytes expected)
{
	assert_int_equal(found.size, expected.size);
	if (expected.size)
		assert_memory_equal(found.at, expected.at, expected.size);
}

/* "2001:db8::5/64" or an address alone (/128). */
static inline struct store_prefix prefix_of(const char *text)
{
	struct store_prefix prefix = { .length = 128 };
	const char *slash = strchr(text, '/');
	char address[INET6_ADDRSTRLEN] = "";

	memcpy(address, text, slash ? (size_t)(slash - text) : strlen(text));
	if (slash) {
		prefix.length = 0;
		for (slash++; *slash; slash++)
			prefix.length = (uint8_t)(prefix.length * 10 + (*slash - '0'));
	}
	assert_int_equal(inet_pton(AF_INET6, address, prefix.address), 1);
	return prefix;
}

static inline void assert_prefix(struct store_prefix found, const char *expected)
{
	char printed[64];
	struct dm_text text;

	dm_text_init(&text, printed, sizeof(printed));
	mip6_prefix_text(&text, &found);
	assert_string_equal(printed, expected);
}

#endif
