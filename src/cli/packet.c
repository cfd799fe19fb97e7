/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/packet.h"

#include "base/cursor.h"

#include <pcap/dlt.h>

enum {
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_IPV6 = 0x86dd,
	ETHERTYPE_VLAN = 0x8100,
	ETHERTYPE_QINQ = 0x88a8,
	PROTOCOL_TCP = 6,
	HEADER_HOP_BY_HOP = 0,
	HEADER_ROUTING = 43,
	HEADER_DESTINATION = 60,
	HEADER_AUTHENTICATION = 51,
};

static uint16_t ethernet_type(struct dm_cursor *frame)
{
	uint16_t type;

	(void)dm_cursor_take(frame, 12);
	type = dm_cursor_u16(frame);
	while (!frame->failed && (type == ETHERTYPE_VLAN || type == ETHERTYPE_QINQ)) {
		(void)dm_cursor_u16(frame);
		type = dm_cursor_u16(frame);
	}
	return type;
}

/* Moves `frame` to the IP header. False when the link type is not known. */
static bool skip_link(int link_type, struct dm_cursor *frame, uint16_t *type)
{
	*type = 0;
	switch (link_type) {
	case DLT_EN10MB:
		*type = ethernet_type(frame);
		return true;
	case DLT_LINUX_SLL:
		(void)dm_cursor_take(frame, 14);
		*type = dm_cursor_u16(frame);
		return true;
	case DLT_LINUX_SLL2:
		*type = dm_cursor_u16(frame);
		(void)dm_cursor_take(frame, 18);
		return true;
	case DLT_NULL:
	case DLT_LOOP:
		(void)dm_cursor_u32(frame);
		return true;
	case DLT_RAW:
	case DLT_IPV4:
	case DLT_IPV6:
		return true;
	default:
		return false;
	}
}

bool hw_packet_link_known(int link_type)
{
	struct dm_cursor nothing = dm_cursor_of((struct dm_bytes){ 0 });
	uint16_t type;

	return skip_link(link_type, &nothing, &type);
}

static void take_address(struct dm_cursor *from, struct hw_packet_end *end, uint8_t size)
{
	struct dm_bytes octets = dm_cursor_take(from, size);

	*end = (struct hw_packet_end){ .address_size = size };
	if (octets.size)
		memcpy(end->address, octets.at, octets.size);
}

/* RFC 791; leaves `packet` as a cursor over the TCP segment. */
static bool skip_ipv4(struct dm_cursor *packet, struct hw_segment *segment)
{
	struct dm_cursor start = *packet;
	size_t header = (size_t)(dm_cursor_u8(packet) & 0x0f) * 4;
	uint16_t total, fragment;
	uint8_t protocol;

	(void)dm_cursor_u8(packet);
	total = dm_cursor_u16(packet);
	(void)dm_cursor_u16(packet);
	fragment = dm_cursor_u16(packet);
	(void)dm_cursor_u8(packet);
	protocol = dm_cursor_u8(packet);
	(void)dm_cursor_u16(packet);
	take_address(packet, &segment->from, 4);
	take_address(packet, &segment->to, 4);
	if (packet->failed || header < 20 || total < header || fragment & 0x3fff)
		return false;
	*packet = dm_cursor_sub(&start, total);
	(void)dm_cursor_take(packet, header);
	return !packet->failed && protocol == PROTOCOL_TCP;
}

static bool skip_extension(uint8_t *next, struct dm_cursor *packet)
{
	bool authentication = *next == HEADER_AUTHENTICATION;
	size_t length;

	if (*next != HEADER_HOP_BY_HOP && *next != HEADER_ROUTING && *next != HEADER_DESTINATION &&
	    !authentication)
		return false;
	*next = dm_cursor_u8(packet);
	length = dm_cursor_u8(packet);
	length = authentication ? (length + 2) * 4 : (length + 1) * 8;
	(void)dm_cursor_take(packet, length - 2);
	return !packet->failed;
}

/* RFC 8200 */
static bool skip_ipv6(struct dm_cursor *packet, struct hw_segment *segment)
{
	uint16_t payload;
	uint8_t next;

	(void)dm_cursor_u32(packet);
	payload = dm_cursor_u16(packet);
	next = dm_cursor_u8(packet);
	(void)dm_cursor_u8(packet);
	take_address(packet, &segment->from, 16);
	take_address(packet, &segment->to, 16);
	*packet = dm_cursor_sub(packet, payload);
	while (next != PROTOCOL_TCP)
		if (!skip_extension(&next, packet))
			return false;
	return !packet->failed;
}

/* RFC 9293 3.1 */
static bool read_tcp(struct dm_cursor *packet, struct hw_segment *segment)
{
	size_t header;
	uint8_t flags;

	segment->from.port = dm_cursor_u16(packet);
	segment->to.port = dm_cursor_u16(packet);
	segment->sequence = dm_cursor_u32(packet);
	(void)dm_cursor_u32(packet);
	header = (size_t)(dm_cursor_u8(packet) >> 4) * 4;
	flags = dm_cursor_u8(packet);
	(void)dm_cursor_take(packet, header < 20 ? SIZE_MAX : header - 14);
	segment->fin = flags & 0x01;
	segment->syn = flags & 0x02;
	segment->reset = flags & 0x04;
	segment->data = dm_cursor_rest(packet);
	return !packet->failed;
}

bool hw_packet_segment(int link_type, struct dm_bytes frame, struct hw_segment *segment)
{
	struct dm_cursor packet = dm_cursor_of(frame);
	uint16_t type;
	uint8_t version;

	if (!skip_link(link_type, &packet, &type) || packet.failed || !dm_cursor_left(&packet))
		return false;
	if (type && type != ETHERTYPE_IPV4 && type != ETHERTYPE_IPV6)
		return false;
	version = packet.at[0] >> 4;
	if (version == 4)
		return skip_ipv4(&packet, segment) && read_tcp(&packet, segment);
	if (version == 6)
		return skip_ipv6(&packet, segment) && read_tcp(&packet, segment);
	return false;
}
