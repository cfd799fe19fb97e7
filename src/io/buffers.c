/* SPDX-License-Identifier: Apache-2.0 */
#include "io/buffers.h"

#include <stdlib.h>

void hw_buffers_fini(struct hw_buffers *buffers)
{
	for (size_t i = 0; i < HW_BUFFER_COUNT; i++)
		free(buffers->at[i]);
	*buffers = (struct hw_buffers){ 0 };
}

uint8_t *hw_buffers_take(struct hw_buffers *buffers)
{
	uint8_t **slot;

	if (buffers->used == HW_BUFFER_COUNT)
		return NULL;
	slot = &buffers->at[buffers->used];
	if (!*slot)
		*slot = malloc(HW_BUFFER_SIZE);
	if (*slot)
		buffers->used++;
	return *slot;
}

void hw_buffers_untake(struct hw_buffers *buffers)
{
	if (buffers->used)
		buffers->used--;
}

void hw_buffers_reset(struct hw_buffers *buffers)
{
	buffers->used = 0;
}
