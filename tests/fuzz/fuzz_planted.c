/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The proof that the harness sees bugs: a parser of AVPs with the mistake that parsers of AVPs
 * have, a length believed without a look at what is left. It is in no other program. The test
 * passes when libFuzzer finds it, from seeds that do not trigger it.
 */
#include "base/bytes.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t sum_of(const uint8_t *octets, size_t size)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < size; i++)
		sum += octets[i];
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	volatile uint32_t sum = 0; /* so that the reading is not optimised away */
	size_t at = 0;

	while (size - at >= 8) {
		size_t length =
			(size_t)data[at + 5] << 16 | (size_t)data[at + 6] << 8 | data[at + 7];

		if (length < 8)
			return 0;
		sum += sum_of(data + at, length); /* planted: length may exceed size - at */
		if (length > size - at)
			return 0;
		at += length;
	}
	return 0;
}
