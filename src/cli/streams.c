/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/streams.h"

#include "base/map.h"
#include "base/writer.h"
#include "diameter/codec/message.h"

#include <errno.h>
#include <stdlib.h>

/* A message's length field has 24 bits; with a segment behind it. */
#define HELD_LIMIT ((size_t)(1 << 24) + 65536)

/* A segment ahead of its time. */
struct waiting {
	struct waiting *next; /* ascending */
	uint32_t sequence;
	int64_t time;
	size_t size;
	uint8_t octets[];
};

struct stream_key {
	struct hw_packet_end from, to;
};

struct stream {
	struct stream_key key;
	bool started;
	bool proven; /* its first octets were a Diameter header */
	bool foreign;
	bool lost; /* framing is gone: looking for a header at a segment's beginning */
	uint32_t expected;
	struct dm_writer held; /* octets of messages that are not complete */
	struct waiting *waiting;
	size_t waiting_octets;
};

struct hw_streams {
	struct dm_map map;
	size_t count;
	void (*message)(const struct hw_captured *, void *);
	void *context;
	struct hw_stream_counts counts;
};

struct hw_streams *hw_streams_new(void (*message)(const struct hw_captured *, void *),
                                  void *context)
{
	struct hw_streams *streams = calloc(1, sizeof(*streams));

	if (!streams)
		return NULL;
	dm_map_init(&streams->map, 0, false);
	streams->message = message;
	streams->context = context;
	return streams;
}

static void drop_waiting(struct stream *stream)
{
	while (stream->waiting) {
		struct waiting *first = stream->waiting;

		stream->waiting = first->next;
		free(first);
	}
	stream->waiting_octets = 0;
}

static void stream_free(void *value, void *context)
{
	struct stream *stream = value;

	(void)context;
	drop_waiting(stream);
	dm_writer_fini(&stream->held);
	free(stream);
}

void hw_streams_free(struct hw_streams *streams)
{
	if (!streams)
		return;
	dm_map_each(&streams->map, stream_free, NULL);
	dm_map_fini(&streams->map);
	free(streams);
}

struct hw_stream_counts hw_streams_counts(const struct hw_streams *streams)
{
	return streams->counts;
}

bool hw_looks_like_diameter(struct dm_bytes bytes)
{
	struct dm_header header = dm_header_read(bytes);

	return header.version == 1 && header.length >= DM_HEADER_SIZE && header.length % 4 == 0 &&
	       (header.flags & 0x0f) == 0;
}

static struct stream_key key_of(const struct hw_segment *segment)
{
	struct stream_key key;

	memset(&key, 0, sizeof(key)); /* padding too: the key is compared octet by octet */
	key.from = segment->from;
	key.to = segment->to;
	return key;
}

static struct stream *stream_of(struct hw_streams *streams, const struct hw_segment *segment,
                                int *error)
{
	struct stream_key key = key_of(segment);
	struct stream *stream = dm_map_get(&streams->map, dm_bytes_of(&key, sizeof(key)));

	if (stream)
		return stream;
	*error = streams->count == HW_STREAM_LIMIT ? -ENOSPC : -ENOMEM;
	stream = *error == -ENOSPC ? NULL : calloc(1, sizeof(*stream));
	if (!stream)
		return NULL;
	stream->key = key;
	dm_writer_init(&stream->held, HELD_LIMIT);
	*error = dm_map_put(&streams->map, dm_bytes_of(&stream->key, sizeof(key)), stream);
	if (*error) {
		stream_free(stream, NULL);
		return NULL;
	}
	streams->count++;
	return stream;
}

/* Forgets the first `size` octets that are held. */
static void drop_held(struct stream *stream, size_t size)
{
	memmove(stream->held.at, stream->held.at + size, stream->held.size - size);
	stream->held.size -= size;
}

/* No header where one must be: either the stream is not Diameter at all, or framing is lost. */
static void turn_away(struct hw_streams *streams, struct stream *stream)
{
	stream->foreign = !stream->proven;
	stream->lost = stream->proven;
	streams->counts.foreign += !stream->proven;
	streams->counts.gaps += stream->proven;
	dm_writer_reset(&stream->held);
}

/* The messages that are complete, out. */
static void take_messages(struct hw_streams *streams, struct stream *stream, int64_t time)
{
	size_t done = 0;

	while (stream->held.size - done >= DM_HEADER_SIZE) {
		struct dm_bytes left =
			dm_bytes_of(stream->held.at + done, stream->held.size - done);
		struct hw_captured captured = { time, &stream->key.from, &stream->key.to, left };

		if (!hw_looks_like_diameter(left)) {
			turn_away(streams, stream);
			return;
		}
		stream->proven = true;
		captured.message.size = dm_header_read(left).length;
		if (captured.message.size > left.size)
			break;
		streams->message(&captured, streams->context);
		done += captured.message.size;
	}
	drop_held(stream, done);
}

/* After a loss of framing: is this the place to go on? */
static bool may_go_on(struct stream *stream, struct dm_bytes data)
{
	if (!stream->lost)
		return true;
	stream->lost = data.size < DM_HEADER_SIZE || !hw_looks_like_diameter(data);
	return !stream->lost;
}

/* Octets in their order. */
static void append(struct hw_streams *streams, struct stream *stream, struct dm_bytes data,
                   int64_t time)
{
	stream->expected += (uint32_t)data.size;
	if (stream->foreign || !may_go_on(stream, data))
		return;
	dm_writer_bytes(&stream->held, data);
	if (stream->held.failed) {
		dm_writer_reset(&stream->held);
		stream->lost = true;
		streams->counts.gaps++;
		return;
	}
	take_messages(streams, stream, time);
}

/* What of `data` at `sequence` is new, given what came already. */
static struct dm_bytes trim(const struct stream *stream, uint32_t sequence, struct dm_bytes data)
{
	uint32_t known = stream->expected - sequence;

	if (known >= data.size)
		return (struct dm_bytes){ 0 };
	return dm_bytes_of(data.at + known, data.size - known);
}

static bool is_ahead(const struct stream *stream, uint32_t sequence)
{
	return (int32_t)(sequence - stream->expected) > 0;
}

static int keep_waiting(struct stream *stream, const struct hw_segment *segment, int64_t time)
{
	struct waiting **place = &stream->waiting;
	struct waiting *new = malloc(sizeof(*new) + segment->data.size);

	if (!new)
		return -ENOMEM;
	*new = (struct waiting){ .sequence = segment->sequence,
		                 .time = time,
		                 .size = segment->data.size };
	memcpy(new->octets, segment->data.at, segment->data.size);
	while (*place && (int32_t)((*place)->sequence - new->sequence) < 0)
		place = &(*place)->next;
	new->next = *place;
	*place = new;
	stream->waiting_octets += new->size;
	return 0;
}

static void take_first_waiting(struct hw_streams *streams, struct stream *stream)
{
	struct waiting *first = stream->waiting;
	struct dm_bytes data =
		trim(stream, first->sequence, dm_bytes_of(first->octets, first->size));

	stream->waiting = first->next;
	stream->waiting_octets -= first->size;
	if (data.size)
		append(streams, stream, data, first->time);
	free(first);
}

static void take_waiting(struct hw_streams *streams, struct stream *stream)
{
	while (stream->waiting && !is_ahead(stream, stream->waiting->sequence))
		take_first_waiting(streams, stream);
}

/* What is missing will not come any more. */
static void skip_gap(struct hw_streams *streams, struct stream *stream)
{
	streams->counts.gaps++;
	stream->expected = stream->waiting->sequence;
	stream->lost = true;
	dm_writer_reset(&stream->held);
	take_waiting(streams, stream);
}

static void start(struct stream *stream, const struct hw_segment *segment)
{
	drop_waiting(stream);
	stream->started = true;
	stream->proven = false;
	stream->foreign = false;
	stream->lost = false;
	stream->expected = segment->sequence + (segment->syn ? 1 : 0);
	dm_writer_reset(&stream->held);
}

int hw_streams_segment(struct hw_streams *streams, const struct hw_segment *segment, int64_t time)
{
	struct dm_bytes data = segment->data;
	struct stream *stream;
	int error = 0;

	if (!segment->syn && data.size == 0)
		return 0;
	stream = stream_of(streams, segment, &error);
	if (!stream)
		return error;
	if (segment->syn || !stream->started)
		start(stream, segment);
	if (data.size == 0)
		return 0;
	if (is_ahead(stream, segment->sequence)) {
		error = keep_waiting(stream, segment, time);
		if (!error && stream->waiting_octets > HW_STREAM_WAITING)
			skip_gap(streams, stream);
		return error;
	}
	data = trim(stream, segment->sequence, data);
	if (data.size)
		append(streams, stream, data, time);
	take_waiting(streams, stream);
	return 0;
}

static void stream_end(void *value, void *context)
{
	struct hw_streams *streams = context;
	struct stream *stream = value;

	while (stream->waiting)
		skip_gap(streams, stream);
	if (stream->held.size && !stream->foreign)
		streams->counts.unfinished++;
}

void hw_streams_end(struct hw_streams *streams)
{
	dm_map_each(&streams->map, stream_end, streams);
}
