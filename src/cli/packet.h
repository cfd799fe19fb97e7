/* SPDX-License-Identifier: Apache-2.0 */
/*
 * packet: the TCP segment inside a captured frame.
 *
 * Knows Ethernet (with VLAN tags), Linux cooked captures (1 and 2), BSD loopback and raw IP; IPv4
 * without fragments and IPv6 with its usual extension headers. What is anything else gives false.
 */
#ifndef HW_CLI_PACKET_H
#define HW_CLI_PACKET_H

#include "base/bytes.h"

struct hw_packet_end {
	uint8_t address[16];
	uint8_t address_size; /* 4 or 16 */
	uint16_t port;
};

struct hw_segment {
	struct hw_packet_end from, to;
	uint32_t sequence;
	bool syn, fin, reset;
	struct dm_bytes data; /* borrowed from the frame */
};

bool hw_packet_link_known(int link_type);
bool hw_packet_segment(int link_type, struct dm_bytes frame, struct hw_segment *segment);

#endif
