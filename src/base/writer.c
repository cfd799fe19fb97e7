/* SPDX-License-Identifier: Apache-2.0 */
#include "base/writer.h"

#include "base/secret.h"

#include <stdlib.h>

void dm_writer_init_fixed(struct dm_writer *writer, void *buffer, size_t room)
{
	*writer = (struct dm_writer){ .at = buffer, .room = room, .limit = room };
}

void dm_writer_init(struct dm_writer *writer, size_t limit)
{
	*writer = (struct dm_writer){ .limit = limit, .grows = true };
}

void dm_writer_fini(struct dm_writer *writer)
{
	if (writer->grows) {
		dm_wipe(writer->at, writer->room);
		free(writer->at);
	}
	*writer = (struct dm_writer){ .failed = true };
}

void dm_writer_reset(struct dm_writer *writer)
{
	if (writer->grows)
		dm_wipe(writer->at, writer->size);
	writer->size = 0;
	writer->failed = false;
}

/* realloc would leave what was written where it was. */
static uint8_t *move(struct dm_writer *writer, size_t room)
{
	uint8_t *bigger = malloc(room);

	if (!bigger)
		return NULL;
	if (writer->size)
		memcpy(bigger, writer->at, writer->size);
	dm_wipe(writer->at, writer->room);
	free(writer->at);
	return bigger;
}

static bool grow(struct dm_writer *writer, size_t more)
{
	size_t room = writer->room ? writer->room : 256;
	uint8_t *bigger;

	if (!writer->grows || more > writer->limit - writer->size)
		return false;
	while (room < writer->size + more && room < writer->limit)
		room = room > writer->limit / 2 ? writer->limit : room * 2;
	if (room > writer->limit)
		room = writer->limit;
	bigger = move(writer, room);
	if (!bigger)
		return false;
	writer->at = bigger;
	writer->room = room;
	return true;
}

uint8_t *dm_writer_extend_slowly(struct dm_writer *writer, size_t size)
{
	uint8_t *at;

	if (writer->failed)
		return NULL;
	if (size > writer->room - writer->size && !grow(writer, size)) {
		writer->failed = true;
		return NULL;
	}
	if (!writer->at)
		return NULL;
	at = writer->at + writer->size;
	writer->size += size;
	return at;
}

static void put(uint8_t *at, uint64_t number, size_t octets)
{
	while (octets-- > 0) {
		at[octets] = (uint8_t)number;
		number >>= 8;
	}
}

void dm_writer_patch(struct dm_writer *writer, size_t offset, uint64_t number, size_t octets)
{
	if (writer->failed || offset > writer->size || octets > writer->size - offset) {
		writer->failed = true;
		return;
	}
	put(writer->at + offset, number, octets);
}
