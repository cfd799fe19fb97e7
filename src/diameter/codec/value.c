/* SPDX-License-Identifier: Apache-2.0 */
#include "value.h"

#include "avp.h"
#include "fault.h"
#include "syntax.h"

#include <errno.h>

/* RFC 6733 4.3.1 Time: NTP seconds. Era 0 began in 1900, era 1 begins on 7 February 2036; the top
 * bit tells them apart (RFC 5905 7.3, RFC 2030 3). */
#define NTP_TO_1970 INT64_C(2208988800)
#define NTP_ERA     (INT64_C(1) << 32)
#define TIME_FIRST  (NTP_ERA / 2 - NTP_TO_1970)
#define TIME_LAST   (TIME_FIRST + NTP_ERA - 1)

/* The least octets of the types that are text: "a", "aaa://a", "deny in 0 from :: to ::". */
enum { LEAST_IDENTITY = 1, LEAST_URI = 7, LEAST_FILTER_RULE = 23, LEAST_ADDRESS = 6 };

static const struct dm_verdict good;

static struct dm_verdict wrong_value(const char *why)
{
	return (struct dm_verdict){ DM_RESULT_DIAMETER_INVALID_AVP_VALUE, why };
}

static struct dm_verdict wrong_length(const char *why)
{
	return (struct dm_verdict){ DM_RESULT_DIAMETER_INVALID_AVP_LENGTH, why };
}

size_t dm_value_room(enum dm_type type)
{
	static const uint8_t rooms[DM_TYPE_COUNT] = {
		[DM_TYPE_OCTET_STRING] = sizeof(struct dm_bytes),
		[DM_TYPE_INTEGER32] = sizeof(int32_t),
		[DM_TYPE_INTEGER64] = sizeof(int64_t),
		[DM_TYPE_UNSIGNED32] = sizeof(uint32_t),
		[DM_TYPE_UNSIGNED64] = sizeof(uint64_t),
		[DM_TYPE_FLOAT32] = sizeof(float),
		[DM_TYPE_FLOAT64] = sizeof(double),
		[DM_TYPE_ADDRESS] = sizeof(struct dm_address),
		[DM_TYPE_TIME] = sizeof(int64_t),
		[DM_TYPE_UTF8_STRING] = sizeof(struct dm_bytes),
		[DM_TYPE_DIAMETER_IDENTITY] = sizeof(struct dm_bytes),
		[DM_TYPE_DIAMETER_URI] = sizeof(struct dm_bytes),
		[DM_TYPE_ENUMERATED] = sizeof(int32_t),
		[DM_TYPE_IP_FILTER_RULE] = sizeof(struct dm_bytes),
	};

	return rooms[type];
}

size_t dm_value_minimum(const struct dm_avp *avp)
{
	switch (avp->type) {
	case DM_TYPE_INTEGER32:
	case DM_TYPE_UNSIGNED32:
	case DM_TYPE_FLOAT32:
	case DM_TYPE_TIME:
	case DM_TYPE_ENUMERATED:
		return 4;
	case DM_TYPE_INTEGER64:
	case DM_TYPE_UNSIGNED64:
	case DM_TYPE_FLOAT64:
		return 8;
	case DM_TYPE_ADDRESS:
		return LEAST_ADDRESS;
	case DM_TYPE_DIAMETER_IDENTITY:
		return LEAST_IDENTITY;
	case DM_TYPE_DIAMETER_URI:
		return LEAST_URI;
	case DM_TYPE_IP_FILTER_RULE:
		return LEAST_FILTER_RULE;
	default:
		return avp->fixed_size;
	}
}

/* ---- reading ---- */

static bool is_enumerated(const struct dm_avp *avp, int32_t number)
{
	const struct dm_enum_value *first = avp->values;
	size_t count = avp->value_count;

	/* Most lists have no gap. */
	if (count && number >= first->value && (size_t)(number - first->value) < count &&
	    first[number - first->value].value == number)
		return true;
	while (count) {
		const struct dm_enum_value *middle = &first[count / 2];

		if (middle->value == number)
			return true;
		if (middle->value < number) {
			first = middle + 1;
			count -= count / 2 + 1;
		} else {
			count /= 2;
		}
	}
	return false;
}

static struct dm_verdict read_number(const struct dm_avp *avp, struct dm_bytes data, void *member)
{
	uint32_t number;

	if (data.size != 4)
		return wrong_length("has a length other than 4 octets");
	number = dm_load_u32(data.at);
	memcpy(member, &number, sizeof(number));
	if (avp->type == DM_TYPE_ENUMERATED && !is_enumerated(avp, (int32_t)number))
		return wrong_value("has a value that its definition does not list");
	return good;
}

static struct dm_verdict read_long_number(struct dm_bytes data, void *member)
{
	uint64_t number;

	if (data.size != 8)
		return wrong_length("has a length other than 8 octets");
	number = (uint64_t)dm_load_u32(data.at) << 32 | dm_load_u32(data.at + 4);
	memcpy(member, &number, sizeof(number));
	return good;
}

static struct dm_verdict read_time(struct dm_bytes data, int64_t *member)
{
	int64_t seconds;

	if (data.size != 4)
		return wrong_length("has a length other than 4 octets");
	seconds = dm_load_u32(data.at);
	if (seconds < NTP_ERA / 2)
		seconds += NTP_ERA;
	*member = seconds - NTP_TO_1970;
	return good;
}

static struct dm_verdict read_address(struct dm_bytes data, struct dm_address *member)
{
	struct dm_cursor cursor = dm_cursor_of(data);

	member->family = dm_cursor_u16(&cursor);
	member->octets = dm_cursor_rest(&cursor);
	if (cursor.failed)
		return wrong_length("is too short for an address family");
	if (member->family != DM_ADDRESS_IPV4 && member->family != DM_ADDRESS_IPV6)
		return wrong_value("has an address family other than IPv4 and IPv6");
	if (member->octets.size != (member->family == DM_ADDRESS_IPV4 ? 4 : 16))
		return wrong_length("has a length that its address family does not have");
	return good;
}

/* Eight octets at a time: this is what nearly all text is. */
static bool is_plain_ascii(struct dm_bytes text)
{
	uint64_t any = 0, eight;
	uint8_t rest = 0;
	size_t i = 0;

	for (; i + sizeof(eight) <= text.size; i += sizeof(eight)) {
		memcpy(&eight, text.at + i, sizeof(eight));
		any |= eight;
	}
	for (; i < text.size; i++)
		rest |= text.at[i];
	return !(any & UINT64_C(0x8080808080808080)) && rest < 0x80;
}

static struct dm_verdict check_utf8(struct dm_bytes data, bool strict)
{
	if (!is_plain_ascii(data) && !dm_bytes_is_utf8(data))
		return wrong_value("is not UTF-8");
	if (strict && data.size && memchr(data.at, 0, data.size))
		return wrong_value("contains a NUL");
	return good;
}

static struct dm_verdict check_octets(const struct dm_avp *avp, struct dm_bytes data)
{
	if (!avp->fixed_size || data.size == avp->fixed_size)
		return good;
	return wrong_length("has a length other than the one of its format");
}

/* Kept out of the way of the other types, for its local is large. */
__attribute__((noinline)) static struct dm_verdict check_uri(struct dm_bytes data)
{
	struct dm_uri uri;

	if (dm_uri_parse(data, &uri))
		return good;
	return wrong_value("is no DiameterURI");
}

static struct dm_verdict check_text(const struct dm_avp *avp, struct dm_bytes data, bool strict)
{
	switch (avp->type) {
	case DM_TYPE_UTF8_STRING:
		return check_utf8(data, strict);
	case DM_TYPE_DIAMETER_IDENTITY:
		return dm_is_diameter_identity(data) ? good : wrong_value("is no DiameterIdentity");
	case DM_TYPE_DIAMETER_URI:
		return check_uri(data);
	case DM_TYPE_IP_FILTER_RULE:
		return dm_is_ip_filter_rule(data) ? good : wrong_value("is no IPFilterRule");
	default:
		return check_octets(avp, data);
	}
}

struct dm_verdict dm_value_read(const struct dm_avp *avp, struct dm_bytes data, bool strict,
                                void *member)
{
	switch (avp->type) {
	case DM_TYPE_INTEGER32:
	case DM_TYPE_UNSIGNED32:
	case DM_TYPE_FLOAT32:
	case DM_TYPE_ENUMERATED:
		return read_number(avp, data, member);
	case DM_TYPE_INTEGER64:
	case DM_TYPE_UNSIGNED64:
	case DM_TYPE_FLOAT64:
		return read_long_number(data, member);
	case DM_TYPE_TIME:
		return read_time(data, member);
	case DM_TYPE_ADDRESS:
		return read_address(data, member);
	default:
		*(struct dm_bytes *)member = data;
		return check_text(avp, data, strict);
	}
}

/* ---- writing ---- */

/* Header and padding for `size` octets of data, which the caller puts where the result points. */
static inline uint8_t *open_avp(const struct dm_known_avp *known, size_t size,
                                struct dm_writer *out)
{
	size_t length = known->head_size + size;
	size_t padded = dm_avp_padded(length);
	uint8_t *at;

	if (size > DM_AVP_LENGTH_LIMIT - known->head_size) {
		out->failed = true;
		return NULL;
	}
	at = dm_writer_extend(out, padded);
	if (!at)
		return NULL;
	dm_store_u32(at + padded - 4, 0);
	memcpy(at, known->head, 8);
	if (known->head_size > 8)
		memcpy(at + 8, known->head + 8, 4);
	dm_store_u32(at + 4, (uint32_t)known->flags << 24 | (uint32_t)length);
	return at + known->head_size;
}

static void write_u32(const struct dm_known_avp *known, uint32_t number, struct dm_writer *out)
{
	uint8_t *at = open_avp(known, 4, out);

	if (at)
		dm_store_u32(at, number);
}

static void write_u64(const struct dm_known_avp *known, uint64_t number, struct dm_writer *out)
{
	uint8_t *at = open_avp(known, 8, out);

	if (!at)
		return;
	dm_store_u32(at, (uint32_t)(number >> 32));
	dm_store_u32(at + 4, (uint32_t)number);
}

static int write_octets(const struct dm_known_avp *known, struct dm_bytes data,
                        struct dm_writer *out)
{
	uint8_t *at;

	if (known->avp->fixed_size && data.size != known->avp->fixed_size)
		return -EINVAL;
	at = open_avp(known, data.size, out);
	if (at && data.size)
		memcpy(at, data.at, data.size);
	return 0;
}

static int write_address(const struct dm_known_avp *known, const struct dm_address *address,
                         struct dm_writer *out)
{
	uint8_t *at = open_avp(known, 2 + address->octets.size, out);

	if (!at)
		return 0;
	at[0] = (uint8_t)(address->family >> 8);
	at[1] = (uint8_t)address->family;
	if (address->octets.size)
		memcpy(at + 2, address->octets.at, address->octets.size);
	return 0;
}

static int write_time(const struct dm_known_avp *known, int64_t seconds, struct dm_writer *out)
{
	if (seconds < TIME_FIRST || seconds > TIME_LAST)
		return -EINVAL;
	write_u32(known, (uint32_t)(seconds + NTP_TO_1970), out);
	return 0;
}

int dm_value_write(const struct dm_known_avp *known, const void *member, struct dm_writer *out)
{
	uint32_t number;
	uint64_t long_number;

	switch ((enum dm_type)known->type) {
	case DM_TYPE_INTEGER32:
	case DM_TYPE_UNSIGNED32:
	case DM_TYPE_FLOAT32:
	case DM_TYPE_ENUMERATED:
		memcpy(&number, member, sizeof(number));
		write_u32(known, number, out);
		return 0;
	case DM_TYPE_INTEGER64:
	case DM_TYPE_UNSIGNED64:
	case DM_TYPE_FLOAT64:
		memcpy(&long_number, member, sizeof(long_number));
		write_u64(known, long_number, out);
		return 0;
	case DM_TYPE_TIME:
		return write_time(known, *(const int64_t *)member, out);
	case DM_TYPE_ADDRESS:
		return write_address(known, member, out);
	default:
		return write_octets(known, *(const struct dm_bytes *)member, out);
	}
}
