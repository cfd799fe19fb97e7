/* SPDX-License-Identifier: Apache-2.0 */
/* check: what every cmocka test of the base library includes, in the order that cmocka wants. */
#ifndef TESTS_UNIT_BASE_CHECK_H
#define TESTS_UNIT_BASE_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bytes.h"

static inline void assert_bytes_equal(struct dm_bytes found, struct dm_bytes expected)
{
	assert_int_equal(found.size, expected.size);
	if (expected.size)
		assert_memory_equal(found.at, expected.at, expected.size);
}

/* A small generator with a fixed seed: tests repeat exactly. */
static inline uint64_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return *state >> 33;
}

#endif
