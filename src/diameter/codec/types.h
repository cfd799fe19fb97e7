/* SPDX-License-Identifier: Apache-2.0 */
/*
 * types: how the values of AVPs look in C (RFC 6733 4.2, 4.3).
 *
 * All octets are borrowed: from the receive buffer after decoding, from the caller before encoding.
 * A list has the layout {at, count} whatever its element, so that one interpreter fills them all.
 */
#ifndef DM_CODEC_TYPES_H
#define DM_CODEC_TYPES_H

#include "base/bytes.h"

/* The C member of a field that occurs once / many times:
 *   OctetString UTF8String DiameterIdentity DiameterURI IPFilterRule   struct dm_bytes
 * dm_bytes_list Integer32 Enumerated                                               int32_t
 * dm_i32_list Integer64                                                          int64_t
 * dm_i64_list Unsigned32                                                         uint32_t
 * dm_u32_list Unsigned64                                                         uint64_t
 * dm_u64_list Float32 / Float64                                                  float / double
 * dm_f32_list / dm_f64_list Address struct dm_address  dm_address_list Time (seconds since 1970,
 * RFC 6733 4.3.1 era rule applied)         int64_t            dm_i64_list Grouped const struct
 * PREFIX_group *   struct PREFIX_group_list
 */
enum dm_type {
	DM_TYPE_OCTET_STRING,
	DM_TYPE_INTEGER32,
	DM_TYPE_INTEGER64,
	DM_TYPE_UNSIGNED32,
	DM_TYPE_UNSIGNED64,
	DM_TYPE_FLOAT32,
	DM_TYPE_FLOAT64,
	DM_TYPE_GROUPED,
	DM_TYPE_ADDRESS,
	DM_TYPE_TIME,
	DM_TYPE_UTF8_STRING,
	DM_TYPE_DIAMETER_IDENTITY,
	DM_TYPE_DIAMETER_URI,
	DM_TYPE_ENUMERATED,
	DM_TYPE_IP_FILTER_RULE,
	DM_TYPE_COUNT,
};

/* RFC 6733 4.3.1 Address: IANA address family (1 IPv4 with 4 octets, 2 IPv6 with 16) and octets. */
struct dm_address {
	uint16_t family;
	struct dm_bytes octets;
};

enum { DM_ADDRESS_IPV4 = 1, DM_ADDRESS_IPV6 = 2 };

/* An AVP as it stood on the wire, or as it shall stand there. */
struct dm_raw_avp {
	uint32_t code;
	uint32_t vendor;      /* 0: the V bit is clear */
	uint8_t flags;        /* DM_AVP_FLAG_*; V follows from `vendor` */
	struct dm_bytes data; /* without header and padding */
};

enum {
	DM_AVP_FLAG_V = 0x80,
	DM_AVP_FLAG_M = 0x40,
	DM_AVP_FLAG_P = 0x20,
};

#define DM_LIST(name, type)     \
	struct name {           \
		const type *at; \
		size_t count;   \
	}

DM_LIST(dm_bytes_list, struct dm_bytes);
DM_LIST(dm_i32_list, int32_t);
DM_LIST(dm_i64_list, int64_t);
DM_LIST(dm_u32_list, uint32_t);
DM_LIST(dm_u64_list, uint64_t);
DM_LIST(dm_f32_list, float);
DM_LIST(dm_f64_list, double);
DM_LIST(dm_address_list, struct dm_address);
DM_LIST(dm_raw_avp_list, struct dm_raw_avp);

#endif
