/* SPDX-License-Identifier: Apache-2.0 */
#include "diameter/peer/framing.h"

#include "diameter/codec/message.h"

/* A buffer that grew beyond this is given back when its message is done. */
#define KEPT_ROOM ((size_t)4096)

void dm_framing_init(struct dm_framing *framing, uint32_t message_limit)
{
	*framing = (struct dm_framing){ .message_limit = message_limit };
	dm_writer_init(&framing->partial, message_limit);
}

void dm_framing_fini(struct dm_framing *framing)
{
	dm_writer_fini(&framing->partial);
}

static enum dm_framing_result give_up(struct dm_framing *framing, uint32_t result_code,
                                      const char *why)
{
	framing->broken = true;
	framing->result_code = result_code;
	framing->why = why;
	return DM_FRAMING_BROKEN;
}

/* What the first octet says when it is no version of Diameter; NULL when it may be one. */
static const char *foreign(uint8_t first)
{
	if (first == 0x16 || first == 0x80)
		return "a TLS handshake on a port without TLS";
	if (first >= 'A' && first <= 'Z')
		return "text (HTTP?) instead of Diameter";
	if (first >= 0x10)
		return "no Diameter: the first octet is not a version";
	return NULL;
}

/* Judges the 20 octets; *length is the message's. */
static enum dm_framing_result judge(struct dm_framing *framing, struct dm_bytes header,
                                    size_t *length)
{
	struct dm_cursor cursor = dm_cursor_of(header);
	uint8_t version = dm_cursor_u8(&cursor);

	*length = dm_cursor_u24(&cursor);
	if (version != 1)
		return give_up(framing, DM_RESULT_DIAMETER_UNSUPPORTED_VERSION,
		               "the version of the message is not 1");
	if (*length < DM_HEADER_SIZE)
		return give_up(framing, DM_RESULT_DIAMETER_INVALID_MESSAGE_LENGTH,
		               "the message length is shorter than a header");
	if (*length % 4 != 0)
		return give_up(framing, DM_RESULT_DIAMETER_INVALID_MESSAGE_LENGTH,
		               "the message length is not a multiple of 4");
	if (*length > framing->message_limit)
		return give_up(framing, DM_RESULT_DIAMETER_INVALID_MESSAGE_LENGTH,
		               "the message length exceeds the limit");
	return DM_FRAMING_MESSAGE;
}

/* Moves octets into `partial` until it holds `wanted`. */
static enum dm_framing_result collect(struct dm_framing *framing, struct dm_cursor *input,
                                      size_t wanted)
{
	size_t missing = wanted - framing->partial.size;
	size_t left = dm_cursor_left(input);

	dm_writer_bytes(&framing->partial, dm_cursor_take(input, left < missing ? left : missing));
	if (framing->partial.failed)
		return DM_FRAMING_NO_MEMORY;
	return left < missing ? DM_FRAMING_MORE : DM_FRAMING_MESSAGE;
}

static enum dm_framing_result next_collected(struct dm_framing *framing, struct dm_cursor *input,
                                             struct dm_bytes *message)
{
	enum dm_framing_result result = DM_FRAMING_MESSAGE;
	size_t length;

	if (framing->partial.size < DM_HEADER_SIZE)
		result = collect(framing, input, DM_HEADER_SIZE);
	if (result != DM_FRAMING_MESSAGE)
		return result;
	*message = dm_bytes_of(framing->partial.at, DM_HEADER_SIZE);
	result = judge(framing, *message, &length);
	if (result != DM_FRAMING_MESSAGE)
		return result;
	result = collect(framing, input, length);
	if (result != DM_FRAMING_MESSAGE)
		return result;
	*message = dm_writer_written(&framing->partial);
	framing->delivered = true;
	return DM_FRAMING_MESSAGE;
}

static enum dm_framing_result next_in_place(struct dm_framing *framing, struct dm_cursor *input,
                                            struct dm_bytes *message)
{
	struct dm_cursor peek = *input;
	enum dm_framing_result result;
	size_t length;

	*message = dm_cursor_take(&peek, DM_HEADER_SIZE);
	if (peek.failed)
		return next_collected(framing, input, message);
	result = judge(framing, *message, &length);
	if (result != DM_FRAMING_MESSAGE)
		return result;
	if (dm_cursor_left(input) < length)
		return next_collected(framing, input, message);
	*message = dm_cursor_take(input, length);
	return DM_FRAMING_MESSAGE;
}

static void forget_delivered(struct dm_framing *framing)
{
	framing->delivered = false;
	if (framing->partial.room <= KEPT_ROOM) {
		dm_writer_reset(&framing->partial);
		return;
	}
	dm_writer_fini(&framing->partial);
	dm_writer_init(&framing->partial, framing->message_limit);
}

enum dm_framing_result dm_framing_next(struct dm_framing *framing, struct dm_cursor *input,
                                       struct dm_bytes *message)
{
	struct dm_cursor peek = *input;
	const char *why;

	*message = (struct dm_bytes){ 0 };
	if (framing->broken)
		return DM_FRAMING_BROKEN;
	if (framing->delivered)
		forget_delivered(framing);
	if (dm_cursor_left(input) == 0)
		return DM_FRAMING_MORE;
	if (framing->partial.size > 0)
		return next_collected(framing, input, message);
	why = foreign(dm_cursor_u8(&peek));
	if (why)
		return give_up(framing, DM_RESULT_DIAMETER_UNSUPPORTED_VERSION, why);
	return next_in_place(framing, input, message);
}
