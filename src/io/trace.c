/* SPDX-License-Identifier: Apache-2.0 */
#include "io/trace.h"

#include "base/secret.h"
#include "diameter/codec/raw.h"
#include "io/members.h"

#include <stdlib.h>
#include <time.h>

#define MESSAGE_LIMIT ((size_t)0xffffff)
#define DEPTH_LIMIT   16

/* Secrets of other applications, which a relay sees pass (IANA AAA parameters). */
static const uint32_t secret_codes[] = {
	2,   /* User-Password, RFC 7155 */
	3,   /* CHAP-Password */
	69,  /* Tunnel-Password */
	343, /* MIP-Session-Key, RFC 4004 */
	404, /* CHAP-Response, RFC 7155 */
	464, /* EAP-Master-Session-Key, RFC 4072 */
	583, /* Keying-Material, RFC 6734 */
};

void hw_trace_listen(struct hw_trace *trace, struct hw_trace_listener *listener)
{
	listener->next = trace->listeners;
	trace->listeners = listener;
}

void hw_trace_unlisten(struct hw_trace *trace, struct hw_trace_listener *listener)
{
	struct hw_trace_listener **at = &trace->listeners;

	while (*at && *at != listener)
		at = &(*at)->next;
	if (*at)
		*at = listener->next;
}

void hw_trace_stream_init(struct hw_trace_stream *stream, struct hw_trace *trace, bool sent,
                          const char *peer, const char *local, const char *remote)
{
	*stream = (struct hw_trace_stream){
		.trace = trace, .sent = sent, .peer = peer, .local = local, .remote = remote
	};
	dm_writer_init(&stream->message, MESSAGE_LIMIT);
}

void hw_trace_stream_fini(struct hw_trace_stream *stream)
{
	dm_writer_fini(&stream->message);
}

/* ---- masking ---- */

static bool is_secret(const struct dm_avp *avp, const struct dm_raw_avp *raw)
{
	if (avp && avp->secret)
		return true;
	for (size_t i = 0; raw->vendor == 0 && i < sizeof(secret_codes) / sizeof(*secret_codes);
	     i++) {
		if (secret_codes[i] == raw->code)
			return true;
	}
	return false;
}

/* The octets that `part` shows, writable: `part` is a slice of the message. */
static uint8_t *writable(uint8_t *message, struct dm_bytes part)
{
	return message + (part.at - message);
}

static void mask_avp(const struct dm_dictionary *dictionary, uint8_t *message,
                     const struct dm_raw_avp *raw, unsigned depth, bool *found);

/* `sure`: these octets are AVPs. Else they may be: then what is behind a break is wiped only when
 * there was a secret before it. */
static bool mask_avps(const struct dm_dictionary *dictionary, uint8_t *message,
                      struct dm_bytes avps, unsigned depth, bool sure)
{
	struct dm_cursor cursor = dm_cursor_of(avps);
	struct dm_cursor before = cursor;
	struct dm_raw_avp raw;
	bool found = false;

	while (dm_raw_next(&cursor, &raw, NULL)) {
		mask_avp(dictionary, message, &raw, depth, &found);
		before = cursor;
	}
	if (cursor.failed && (sure || found))
		dm_wipe(message + (before.at - message), dm_cursor_left(&before));
	return found;
}

/* An AVP that no grammar knows may be a group with a key in it. */
static void mask_avp(const struct dm_dictionary *dictionary, uint8_t *message,
                     const struct dm_raw_avp *raw, unsigned depth, bool *found)
{
	const struct dm_avp *avp =
		dictionary ? dm_dictionary_avp(dictionary, raw->code, raw->vendor) : NULL;
	bool may_hold = !avp || avp->group;

	if (is_secret(avp, raw) || (may_hold && depth == DEPTH_LIMIT)) {
		dm_wipe(writable(message, raw->data), raw->data.size);
		*found = true;
	} else if (may_hold) {
		*found =
			mask_avps(dictionary, message, raw->data, depth + 1, avp != NULL) || *found;
	}
}

void hw_trace_mask(const struct dm_dictionary *dictionary, uint8_t *message, size_t size)
{
	if (size > DM_HEADER_SIZE)
		mask_avps(dictionary, message,
		          dm_bytes_of(message + DM_HEADER_SIZE, size - DM_HEADER_SIZE), 0, true);
}

/* ---- cutting into messages ---- */

static int64_t wall_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void show(struct hw_trace_stream *stream)
{
	struct hw_trace_listener *listener = stream->trace->listeners;
	struct hw_trace_message message = {
		.wall_ns = wall_clock(),
		.sent = stream->sent,
		.peer = stream->peer,
		.local = stream->local,
		.remote = stream->remote,
		.octets = dm_writer_written(&stream->message),
	};

	if (!stream->kept || stream->message.failed)
		return;
	hw_trace_mask(stream->trace->dictionary, stream->message.at, stream->message.size);
	while (listener) {
		struct hw_trace_listener *next = listener->next;

		listener->message(listener->context, &message);
		listener = next;
	}
}

static void end_message(struct hw_trace_stream *stream)
{
	show(stream);
	if (stream->kept)
		dm_wipe(stream->message.at, stream->message.size);
	dm_writer_reset(&stream->message);
	stream->kept = false;
	stream->head_size = 0;
}

/* The first four octets: version and length (RFC 6733 3). */
static void take_head(struct hw_trace_stream *stream, struct dm_cursor *octets)
{
	struct dm_cursor head = dm_cursor_of(dm_bytes_of(stream->head, sizeof(stream->head)));
	size_t length;

	while (stream->head_size < sizeof(stream->head) && dm_cursor_left(octets) > 0)
		stream->head[stream->head_size++] = dm_cursor_u8(octets);
	if (stream->head_size < sizeof(stream->head))
		return;
	stream->lost = dm_cursor_u8(&head) != 1;
	length = dm_cursor_u24(&head);
	stream->lost = stream->lost || length < DM_HEADER_SIZE;
	stream->left = length - sizeof(stream->head);
	stream->kept = stream->trace->listeners != NULL;
	if (stream->kept)
		dm_writer_bytes(&stream->message, dm_bytes_of(stream->head, sizeof(stream->head)));
}

void hw_trace_octets(struct hw_trace_stream *stream, struct dm_bytes octets)
{
	struct dm_cursor cursor = dm_cursor_of(octets);

	while (stream->trace && !stream->lost && dm_cursor_left(&cursor) > 0) {
		struct dm_bytes part;
		size_t size;

		if (stream->head_size < sizeof(stream->head)) {
			take_head(stream, &cursor);
			continue;
		}
		size = dm_cursor_left(&cursor);
		part = dm_cursor_take(&cursor, size < stream->left ? size : stream->left);
		if (stream->kept)
			dm_writer_bytes(&stream->message, part);
		stream->left -= part.size;
		if (stream->left == 0)
			end_message(stream);
	}
}

/* ---- as JSON ---- */

json_t *hw_trace_json(const struct hw_trace_message *message)
{
	size_t room = message->octets.size * 2 + 1;
	char *hex = malloc(room);
	struct dm_text text;
	json_t *object;

	if (!hex)
		return NULL;
	dm_text_init(&text, hex, room);
	dm_text_hex(&text, message->octets);
	object = json_pack("{s:I, s:b, s:s*, s:s, s:s, s:s}", "time_ns",
	                   (json_int_t)message->wall_ns, "sent", message->sent, "peer",
	                   *message->peer ? message->peer : NULL, "local", message->local, "remote",
	                   message->remote, "octets", hex);
	free(hex);
	return object;
}
