/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode: messages in hex, as octets or in a capture file, as readable AVPs.
 */
#include "cli/commands.h"
#include "cli/file.h"
#include "cli/hex.h"
#include "cli/message_json.h"
#include "cli/streams.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FILE_LIMIT ((size_t)256 * 1024 * 1024)

struct decoding {
	const struct dm_dictionary *dictionary;
	json_t *messages;
	json_t *notes;
	size_t faulty;
	bool out_of_memory;
};

static void note(struct decoding *decoding, const char *what, size_t count)
{
	char text[160];

	if (count == 0)
		return;
	(void)snprintf(text, sizeof(text), "%s: %zu", what, count);
	(void)json_array_append_new(decoding->notes, json_string(text));
}

static json_t *keep_message(struct decoding *decoding, struct dm_bytes wire)
{
	json_t *message = hw_message_json(decoding->dictionary, wire);

	if (!message || json_array_append_new(decoding->messages, message) != 0) {
		decoding->out_of_memory = true;
		return NULL;
	}
	decoding->faulty += json_object_get(message, "fault") != NULL;
	return message;
}

/* ---- a row of messages ---- */

static enum hw_exit decode_row(struct hw_call *call, struct decoding *decoding,
                               struct dm_bytes octets)
{
	size_t at = 0;

	while (at < octets.size) {
		struct dm_bytes left = dm_bytes_of(octets.at + at, octets.size - at);
		size_t length;

		if (left.size < DM_HEADER_SIZE)
			return hw_fail(call, HW_BAD_INPUT,
			               "octet %zu: a Diameter header has 20 octets, %zu are left",
			               at, left.size);
		length = dm_header_read(left).length;
		if (!hw_looks_like_diameter(left))
			return hw_fail(call, HW_BAD_INPUT,
			               "octet %zu: this is no Diameter header (version 1, a length "
			               "that is a multiple of 4, at least 20)",
			               at);
		if (length > left.size)
			return hw_fail(call, HW_BAD_INPUT,
			               "octet %zu: the message has %zu octets, %zu are there", at,
			               length, left.size);
		left.size = length;
		if (!keep_message(decoding, left))
			return hw_fail(call, HW_REFUSED, "out of memory");
		at += length;
	}
	return HW_FINE;
}

static enum hw_exit decode_hex(struct hw_call *call, struct decoding *decoding,
                               struct dm_bytes text)
{
	struct dm_writer octets;
	char why[160];
	enum hw_exit code;

	dm_writer_init(&octets, FILE_LIMIT);
	if (hw_hex_read(text, &octets, why, sizeof(why)))
		code = decode_row(call, decoding, dm_writer_written(&octets));
	else
		code = hw_fail(call, HW_BAD_INPUT, "%s", why);
	dm_writer_fini(&octets);
	return code;
}

/* ---- a capture ---- */

static void end_text(const struct hw_packet_end *end, char *text, size_t room)
{
	char address[INET6_ADDRSTRLEN];

	(void)inet_ntop(end->address_size == 4 ? AF_INET : AF_INET6, end->address, address,
	                sizeof(address));
	(void)snprintf(text, room, end->address_size == 4 ? "%s:%u" : "[%s]:%u", address,
	               end->port);
}

static void time_text(int64_t nanoseconds, char *text, size_t room)
{
	time_t seconds = (time_t)(nanoseconds / 1000000000);
	struct tm utc;
	char whole[32] = "";

	if (gmtime_r(&seconds, &utc))
		(void)strftime(whole, sizeof(whole), "%Y-%m-%dT%H:%M:%S", &utc);
	(void)snprintf(text, room, "%s.%06lldZ", whole,
	               (long long)(nanoseconds % 1000000000 / 1000));
}

static void captured(const struct hw_captured *found, void *context)
{
	json_t *message = keep_message(context, found->message);
	char from[80], to[80], when[64];

	if (!message)
		return;
	end_text(found->from, from, sizeof(from));
	end_text(found->to, to, sizeof(to));
	time_text(found->time, when, sizeof(when));
	(void)json_object_set_new(message, "time", json_string(when));
	(void)json_object_set_new(message, "from", json_string(from));
	(void)json_object_set_new(message, "to", json_string(to));
}

static int feed(struct hw_streams *streams, pcap_t *capture, unsigned long port,
                const struct pcap_pkthdr *head, const uint8_t *octets)
{
	struct hw_segment segment;
	int64_t time = (int64_t)head->ts.tv_sec * 1000000000 + head->ts.tv_usec;

	if (!hw_packet_segment(pcap_datalink(capture), dm_bytes_of(octets, head->caplen), &segment))
		return 0;
	if (port && segment.from.port != port && segment.to.port != port)
		return 0;
	return hw_streams_segment(streams, &segment, time);
}

static enum hw_exit read_packets(struct hw_call *call, pcap_t *capture, unsigned long port,
                                 struct hw_streams *streams)
{
	struct pcap_pkthdr *head;
	const uint8_t *octets;
	int more;

	while ((more = pcap_next_ex(capture, &head, &octets)) == 1) {
		int error = feed(streams, capture, port, head, octets);

		if (error)
			return hw_fail(call, HW_REFUSED,
			               error == -ENOSPC ? "more connections than can be followed"
			                                : "out of memory");
	}
	if (more == PCAP_ERROR)
		return hw_fail(call, HW_BAD_INPUT, "the capture is damaged: %s",
		               pcap_geterr(capture));
	return HW_FINE;
}

static enum hw_exit decode_streams(struct hw_call *call, struct decoding *decoding, pcap_t *capture,
                                   unsigned long port)
{
	struct hw_streams *streams = hw_streams_new(captured, decoding);
	struct hw_stream_counts counts;
	enum hw_exit code;

	if (!streams)
		return hw_fail(call, HW_REFUSED, "out of memory");
	code = read_packets(call, capture, port, streams);
	hw_streams_end(streams);
	counts = hw_streams_counts(streams);
	hw_streams_free(streams);
	note(decoding, "places where octets are missing", counts.gaps);
	note(decoding, "messages that are cut off", counts.unfinished);
	note(decoding, "directions of a connection that are not Diameter", counts.foreign);
	if (code == HW_FINE && decoding->out_of_memory)
		return hw_fail(call, HW_REFUSED, "out of memory");
	return code;
}

static enum hw_exit decode_capture(struct hw_call *call, struct decoding *decoding,
                                   struct dm_bytes file)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	unsigned long port = 0;
	enum hw_exit code = hw_option_number(call, "port", 1, 65535, &port);
	FILE *stream =
		code == HW_FINE ? fmemopen((void *)(uintptr_t)file.at, file.size, "r") : NULL;
	pcap_t *capture;

	if (!stream)
		return code != HW_FINE ? code : hw_fail(call, HW_REFUSED, "out of memory");
	capture = pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO, why);
	if (!capture) {
		(void)fclose(stream);
		return hw_fail(call, HW_BAD_INPUT, "the capture cannot be read: %s", why);
	}
	if (hw_packet_link_known(pcap_datalink(capture)))
		code = decode_streams(call, decoding, capture, port);
	else
		code = hw_fail(call, HW_BAD_INPUT, "captures of link type %d are not understood",
		               pcap_datalink(capture));
	pcap_close(capture); /* with the stream */
	return code;
}

/* ---- which of them? ---- */

static bool is_capture(struct dm_bytes file)
{
	static const uint8_t magics[][4] = {
		{ 0xa1, 0xb2, 0xc3, 0xd4 }, { 0xd4, 0xc3, 0xb2, 0xa1 }, { 0xa1, 0xb2, 0x3c, 0x4d },
		{ 0x4d, 0x3c, 0xb2, 0xa1 }, { 0x0a, 0x0d, 0x0d, 0x0a },
	};

	for (size_t i = 0; file.size >= 4 && i < sizeof(magics) / sizeof(magics[0]); i++)
		if (memcmp(file.at, magics[i], 4) == 0)
			return true;
	return false;
}

static enum hw_exit decode_file(struct hw_call *call, struct decoding *decoding,
                                struct dm_bytes file)
{
	if (file.size == 0)
		return hw_fail(call, HW_BAD_INPUT, "there is nothing to decode");
	if (is_capture(file))
		return decode_capture(call, decoding, file);
	/* 0x01 is Diameter's version and no text. */
	if (file.at[0] == 1)
		return decode_row(call, decoding, file);
	return decode_hex(call, decoding, file);
}

static enum hw_exit decode_with(struct hw_call *call, struct decoding *decoding)
{
	const char *path = call->argument_count ? call->arguments[0] : "-";
	struct dm_bytes file;
	enum hw_exit code;

	if (hw_file_read(path, FILE_LIMIT, &file, call->error, sizeof(call->error)))
		return HW_BAD_INPUT;
	code = decode_file(call, decoding, file);
	free((void *)(uintptr_t)file.at);
	return code;
}

enum hw_exit hw_decode(struct hw_call *call)
{
	struct dm_dictionary *dictionary = hw_dictionary_new();
	struct decoding decoding = { .dictionary = dictionary,
		                     .messages = json_array(),
		                     .notes = json_array() };
	enum hw_exit code = dictionary ? decode_with(call, &decoding)
	                               : hw_fail(call, HW_REFUSED, "out of memory");

	dm_dictionary_free(dictionary);
	call->result = json_pack("{s:o, s:o, s:I}", "messages", decoding.messages, "notes",
	                         decoding.notes, "faulty", (json_int_t)decoding.faulty);
	if (code == HW_FINE && decoding.faulty)
		return hw_fail(call, HW_REFUSED, "%zu of %zu messages are faulty", decoding.faulty,
		               json_array_size(decoding.messages));
	return code;
}

void hw_decode_text(const json_t *result, struct hw_output *out)
{
	size_t index;
	json_t *value;

	json_array_foreach(json_object_get(result, "messages"), index, value)
		hw_message_print(out, value);
	json_array_foreach(json_object_get(result, "notes"), index, value)
		hw_output_print(out, HW_YELLOW, "note: %s\n", json_string_value(value));
}
