/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/demo/pcap_writer.h"

#include "base/writer.h"

#include <errno.h>
#include <stdio.h>

enum {
	TCP_FIN = 0x01,
	TCP_SYN = 0x02,
	TCP_PSH = 0x08,
	TCP_ACK = 0x10,
	IP_HEADER = 40,
	TCP_HEADER = 20,
	PAYLOAD = 1440, /* what fits a packet of 1,500 octets */
	NEXT_HEADER_TCP = 6,
};

int hw_pcap_create(struct hw_pcap_writer *writer, const char *path, char *why, size_t why_room)
{
	writer->form =
		pcap_open_dead_with_tstamp_precision(DLT_RAW, 65535, PCAP_TSTAMP_PRECISION_NANO);
	if (!writer->form)
		return -ENOMEM;
	writer->file = pcap_dump_open(writer->form, path);
	if (writer->file)
		return 0;
	(void)snprintf(why, why_room, "%s", pcap_geterr(writer->form));
	pcap_close(writer->form);
	return -EIO;
}

int hw_pcap_close(struct hw_pcap_writer *writer)
{
	int failed = pcap_dump_flush(writer->file);

	pcap_dump_close(writer->file);
	pcap_close(writer->form);
	return failed ? -EIO : 0;
}

/* RFC 1071 over some octets, continued. */
static uint32_t sum_octets(uint32_t sum, struct dm_bytes bytes)
{
	for (size_t i = 0; i < bytes.size; i++)
		sum += i % 2 ? bytes.at[i] : (uint32_t)bytes.at[i] << 8;
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* RFC 8200 8.1: the pseudo-header, then header and data. */
static uint16_t tcp_checksum(const struct hw_pcap_end *from, const struct hw_pcap_end *to,
                             struct dm_bytes segment)
{
	uint32_t sum = (uint32_t)segment.size + NEXT_HEADER_TCP;

	sum = sum_octets(sum, dm_bytes_of(from->address, 16));
	sum = sum_octets(sum, dm_bytes_of(to->address, 16));
	return fold(sum_octets(sum, segment));
}

static void write_packet(struct dm_writer *out, const struct hw_pcap_end *from,
                         const struct hw_pcap_end *to, uint8_t flags, struct dm_bytes data)
{
	dm_writer_u32(out, 0x60000000);
	dm_writer_u16(out, (uint16_t)(TCP_HEADER + data.size));
	dm_writer_u8(out, NEXT_HEADER_TCP);
	dm_writer_u8(out, 64);
	dm_writer_bytes(out, dm_bytes_of(from->address, 16));
	dm_writer_bytes(out, dm_bytes_of(to->address, 16));
	dm_writer_u16(out, from->port);
	dm_writer_u16(out, to->port);
	dm_writer_u32(out, from->next);
	dm_writer_u32(out, flags & TCP_ACK ? to->next : 0);
	dm_writer_u8(out, TCP_HEADER / 4 << 4);
	dm_writer_u8(out, flags);
	dm_writer_u16(out, 65535);
	dm_writer_u32(out, 0); /* checksum, urgent pointer */
	dm_writer_bytes(out, data);
}

static void packet(struct hw_pcap_writer *writer, struct hw_pcap_end *from,
                   const struct hw_pcap_end *to, uint8_t flags, int64_t time, struct dm_bytes data)
{
	uint8_t room[IP_HEADER + TCP_HEADER + PAYLOAD];
	struct dm_writer out;
	struct pcap_pkthdr head;

	dm_writer_init_fixed(&out, room, sizeof(room));
	write_packet(&out, from, to, flags, data);
	dm_writer_patch(&out, IP_HEADER + 16,
	                tcp_checksum(from, to, dm_bytes_of(room + IP_HEADER, out.size - IP_HEADER)),
	                2);
	head.ts.tv_sec = time / 1000000000;
	head.ts.tv_usec = time % 1000000000; /* nanoseconds: the file's precision */
	head.caplen = head.len = (bpf_u_int32)out.size;
	pcap_dump((u_char *)writer->file, &head, room);
	from->next += (uint32_t)data.size + (flags & (TCP_SYN | TCP_FIN) ? 1 : 0);
}

static void handshake(struct hw_pcap_writer *writer, struct hw_pcap_connection *connection,
                      int64_t time)
{
	struct hw_pcap_end *opener = &connection->ends[0], *listener = &connection->ends[1];
	struct dm_bytes nothing = { 0 };

	packet(writer, opener, listener, TCP_SYN, time, nothing);
	packet(writer, listener, opener, TCP_SYN | TCP_ACK, time, nothing);
	packet(writer, opener, listener, TCP_ACK, time, nothing);
	connection->open = true;
}

void hw_pcap_message(struct hw_pcap_writer *writer, struct hw_pcap_connection *connection,
                     unsigned from, int64_t time, struct dm_bytes message)
{
	struct hw_pcap_end *sender = &connection->ends[from & 1];
	const struct hw_pcap_end *receiver = &connection->ends[!(from & 1)];

	if (!connection->open)
		handshake(writer, connection, time);
	while (message.size) {
		size_t size = message.size < PAYLOAD ? message.size : PAYLOAD;
		bool last = size == message.size;

		packet(writer, sender, receiver, TCP_ACK | (last ? TCP_PSH : 0), time,
		       dm_bytes_of(message.at, size));
		message = dm_bytes_of(message.at + size, message.size - size);
	}
}
