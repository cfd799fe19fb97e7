/* SPDX-License-Identifier: Apache-2.0 */
#include "io/buffers.h"

#include "base/secret.h"

#include <stdlib.h>

#define ALIGNMENT ((size_t)8)

void hw_buffers_fini(struct hw_buffers *buffers)
{
	free(buffers->octets);
	*buffers = (struct hw_buffers){ 0 };
}

uint8_t *hw_buffers_take(struct hw_buffers *buffers)
{
	if (!buffers->octets)
		buffers->octets = malloc(HW_TURN_SIZE);
	if (!buffers->octets || HW_TURN_SIZE - buffers->used < HW_BUFFER_SIZE)
		return NULL;
	return buffers->octets + buffers->used;
}

void hw_buffers_read(struct hw_buffers *buffers, size_t size)
{
	buffers->used += (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

void hw_buffers_reset(struct hw_buffers *buffers)
{
	if (buffers->octets)
		dm_wipe(buffers->octets, buffers->used);
	buffers->used = 0;
}
