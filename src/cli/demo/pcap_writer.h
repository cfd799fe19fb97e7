/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pcap_writer: Diameter messages as a capture file that any analyser reads.
 *
 * The packets are made here, not captured, so no right to capture is needed: per connection a TCP
 * handshake, then each message in segments of its own, over IPv6, with correct lengths, sequence
 * numbers and checksums. One end of each connection has port 3868, so that analysers take it for
 * Diameter. What is not here: IPv4, loss, keys (the caller has blanked them).
 */
#ifndef HW_CLI_PCAP_WRITER_H
#define HW_CLI_PCAP_WRITER_H

#include "base/bytes.h"

#include <pcap/pcap.h>

#define HW_DIAMETER_PORT 3868

struct hw_pcap_end {
	uint8_t address[16];
	uint16_t port;
	uint32_t next; /* sequence number of its next octet */
};

/* A connection: ends[0] opened it, ends[1] listened. */
struct hw_pcap_connection {
	struct hw_pcap_end ends[2];
	bool open;
};

struct hw_pcap_writer {
	pcap_t *form;
	pcap_dumper_t *file;
};

/* 0, or a negative errno with a sentence in `why`. */
int hw_pcap_create(struct hw_pcap_writer *writer, const char *path, char *why, size_t why_room);

/* One message from end `from` (0 or 1) at `time` (nanoseconds since 1970). The first message of a
 * connection brings the handshake before it. */
void hw_pcap_message(struct hw_pcap_writer *writer, struct hw_pcap_connection *connection,
                     unsigned from, int64_t time, struct dm_bytes message);

/* Writes out and closes. 0 or a negative errno. */
int hw_pcap_close(struct hw_pcap_writer *writer);

#endif
