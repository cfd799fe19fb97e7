/* SPDX-License-Identifier: Apache-2.0 */
#include "io/buffers.h"

#include "base/secret.h"

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

void hw_buffers_read(struct hw_buffers *buffers, size_t size)
{
	if (buffers->used)
		buffers->sizes[buffers->used - 1] = size;
}

void hw_buffers_reset(struct hw_buffers *buffers)
{
	for (size_t i = 0; i < buffers->used; i++) {
		dm_wipe(buffers->at[i], buffers->sizes[i]);
		buffers->sizes[i] = 0;
	}
	buffers->used = 0;
}
