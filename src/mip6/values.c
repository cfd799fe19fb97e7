/* SPDX-License-Identifier: Apache-2.0 */
#include "mip6/values.h"

#include "base/cursor.h"
#include "diameter/codec/fault.h"

#include <arpa/inet.h>

/* ---- addresses ---- */

bool mip6_address_is_unspecified(const uint8_t address[16])
{
	static const uint8_t unspecified[16];

	return memcmp(address, unspecified, sizeof(unspecified)) == 0;
}

static bool is_loopback(const uint8_t address[16])
{
	static const uint8_t loopback[16] = { [15] = 1 };

	return memcmp(address, loopback, sizeof(loopback)) == 0;
}

static bool is_ipv4_mapped(const uint8_t address[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return memcmp(address, mapped, sizeof(mapped)) == 0;
}

bool mip6_address_is_assignable(const uint8_t address[16])
{
	bool multicast = address[0] == 0xff;
	bool link_local = address[0] == 0xfe && (address[1] & 0xc0) == 0x80;

	return !mip6_address_is_unspecified(address) && !is_loopback(address) && !multicast &&
	       !link_local && !is_ipv4_mapped(address);
}

void mip6_prefix_mask(struct store_prefix *prefix)
{
	for (unsigned bit = prefix->length; bit < 128; bit++)
		prefix->address[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
}

bool mip6_prefix_holds(const struct store_prefix *prefix, const uint8_t address[16])
{
	size_t whole = prefix->length / 8;
	unsigned rest = prefix->length % 8;

	if (memcmp(prefix->address, address, whole) != 0)
		return false;
	return rest == 0 || (prefix->address[whole] ^ address[whole]) >> (8 - rest) == 0;
}

bool mip6_prefix_overlaps(const struct store_prefix *a, const struct store_prefix *b)
{
	return a->length <= b->length ? mip6_prefix_holds(a, b->address)
	                              : mip6_prefix_holds(b, a->address);
}

void mip6_address_text(struct dm_text *text, const uint8_t address[16])
{
	char printed[INET6_ADDRSTRLEN];

	if (inet_ntop(AF_INET6, address, printed, sizeof(printed)))
		dm_text_add(text, "%s", printed);
}

void mip6_prefix_text(struct dm_text *text, const struct store_prefix *prefix)
{
	mip6_address_text(text, prefix->address);
	dm_text_add(text, "/%u", prefix->length);
}

static void take_address(struct dm_cursor *cursor, struct store_prefix *out)
{
	struct dm_bytes octets;

	out->length = dm_cursor_u8(cursor);
	octets = dm_cursor_take(cursor, sizeof(out->address));
	if (octets.size)
		memcpy(out->address, octets.at, octets.size);
}

uint32_t mip6_address_read(struct dm_bytes value, struct store_prefix *out, const char **why)
{
	struct dm_cursor cursor = dm_cursor_of(value);
	uint8_t reserved = dm_cursor_u8(&cursor);

	take_address(&cursor, out);
	if (cursor.failed || dm_cursor_left(&cursor) > 0) {
		*why = "an address AVP has 18 octets";
		return DM_RESULT_DIAMETER_INVALID_AVP_LENGTH;
	}
	if (reserved != 0) {
		*why = "the reserved octet is not zero";
		return DM_RESULT_DIAMETER_INVALID_AVP_VALUE;
	}
	if (out->length > 128) {
		*why = "the prefix length is over 128";
		return DM_RESULT_DIAMETER_INVALID_AVP_VALUE;
	}
	return 0;
}

static void write_address(struct dm_writer *writer, const struct store_prefix *address)
{
	dm_writer_u8(writer, address->length);
	dm_writer_bytes(writer, dm_bytes_of(address->address, sizeof(address->address)));
}

void mip6_address_write(const struct store_prefix *address, uint8_t out[MIP6_ADDRESS_SIZE])
{
	struct dm_writer writer;

	dm_writer_init_fixed(&writer, out, MIP6_ADDRESS_SIZE);
	dm_writer_u8(&writer, 0);
	write_address(&writer, address);
}

uint32_t mip6_prefix_read(struct dm_bytes value, struct store_prefix *out, const char **why)
{
	struct dm_cursor cursor = dm_cursor_of(value);
	struct store_prefix masked;

	take_address(&cursor, out);
	if (cursor.failed || dm_cursor_left(&cursor) > 0) {
		*why = "a home link prefix has 17 octets";
		return DM_RESULT_DIAMETER_INVALID_AVP_LENGTH;
	}
	if (out->length == 0 || out->length > 128) {
		*why = "the prefix length is not between 1 and 128";
		return DM_RESULT_DIAMETER_INVALID_AVP_VALUE;
	}
	masked = *out;
	mip6_prefix_mask(&masked);
	if (memcmp(&masked, out, sizeof(masked)) != 0) {
		*why = "bits behind the prefix are not zero";
		return DM_RESULT_DIAMETER_INVALID_AVP_VALUE;
	}
	return 0;
}

void mip6_prefix_write(const struct store_prefix *prefix, uint8_t out[MIP6_PREFIX_SIZE])
{
	struct dm_writer writer;

	dm_writer_init_fixed(&writer, out, MIP6_PREFIX_SIZE);
	write_address(&writer, prefix);
}

/* ---- names ---- */

static uint8_t fold(uint8_t octet)
{
	return octet >= 'A' && octet <= 'Z' ? octet | 0x20 : octet;
}

static bool is_let_dig(uint8_t octet)
{
	return (fold(octet) >= 'a' && fold(octet) <= 'z') || (octet >= '0' && octet <= '9');
}

/* One label: letters, digits, inner hyphens (RFC 1123 2.1). */
static bool is_label(struct dm_bytes label)
{
	if (label.size == 0 || label.size > 63)
		return false;
	for (size_t i = 0; i < label.size; i++) {
		bool inner = i > 0 && i + 1 < label.size;

		if (!is_let_dig(label.at[i]) && !(inner && label.at[i] == '-'))
			return false;
	}
	return true;
}

bool mip6_is_host_name(struct dm_bytes name)
{
	size_t start = 0;

	if (name.size == 0 || name.size > MIP6_FQDN_LIMIT)
		return false;
	for (size_t i = 0; i <= name.size; i++) {
		if (i < name.size && name.at[i] != '.')
			continue;
		if (!is_label(dm_bytes_of(name.at + start, i - start)))
			return false;
		start = i + 1;
	}
	return true;
}

/* Without recursion: on a mismatch the last star takes one octet more. */
bool mip6_glob(struct dm_bytes pattern, struct dm_bytes name)
{
	size_t p = 0, n = 0, after_star = SIZE_MAX, star_took = 0;

	while (n < name.size) {
		if (p < pattern.size && pattern.at[p] == '*') {
			after_star = ++p;
			star_took = n;
		} else if (p < pattern.size &&
		           (pattern.at[p] == '?' || fold(pattern.at[p]) == fold(name.at[n]))) {
			p++;
			n++;
		} else if (after_star != SIZE_MAX) {
			p = after_star;
			n = ++star_took;
		} else {
			return false;
		}
	}
	while (p < pattern.size && pattern.at[p] == '*')
		p++;
	return p == pattern.size;
}

/* ---- MIP6-DNS-Update ---- */

/* Labels of RFC 1035 3.1 into dotted form; the root label at the end may be missing. */
static bool read_labels(struct dm_bytes body, struct dm_writer *dotted)
{
	struct dm_cursor cursor = dm_cursor_of(body);

	while (dm_cursor_left(&cursor) > 0) {
		uint8_t size = dm_cursor_u8(&cursor);
		struct dm_bytes label = dm_cursor_take(&cursor, size);

		if (size == 0)
			break;
		if (cursor.failed || size > 63)
			return false;
		if (dotted->size > 0)
			dm_writer_u8(dotted, '.');
		dm_writer_bytes(dotted, label);
	}
	return dm_cursor_left(&cursor) == 0 && !dotted->failed &&
	       mip6_is_host_name(dm_writer_written(dotted));
}

static bool read_ascii(struct dm_bytes body, struct dm_writer *dotted)
{
	if (body.size > 1 && body.at[body.size - 1] == '.')
		body.size--;
	dm_writer_reset(dotted);
	dm_writer_bytes(dotted, body);
	return !dotted->failed && mip6_is_host_name(dm_writer_written(dotted));
}

uint32_t mip6_dns_update_read(struct dm_bytes value, struct mip6_dns_update *out, const char **why)
{
	struct dm_cursor cursor = dm_cursor_of(value);
	struct dm_writer dotted;
	struct dm_bytes body;

	*out = (struct mip6_dns_update){ .status = dm_cursor_u8(&cursor) };
	out->remove = (dm_cursor_u8(&cursor) & 0x80) != 0;
	body = dm_cursor_rest(&cursor);
	dm_writer_init_fixed(&dotted, out->fqdn, sizeof(out->fqdn));
	if (cursor.failed || (!read_labels(body, &dotted) && !read_ascii(body, &dotted))) {
		*why = "the DNS update names no host";
		return DM_RESULT_DIAMETER_INVALID_AVP_VALUE;
	}
	out->fqdn_size = (uint8_t)dotted.size;
	return 0;
}

void mip6_dns_update_write(const struct mip6_dns_update *update, struct dm_writer *out)
{
	size_t start = 0;

	dm_writer_u8(out, update->status);
	dm_writer_u8(out, update->remove ? 0x80 : 0);
	for (size_t i = 0; i <= update->fqdn_size; i++) {
		if (i < update->fqdn_size && update->fqdn[i] != '.')
			continue;
		if (i > start)
			dm_writer_u8(out, (uint8_t)(i - start));
		dm_writer_bytes(out, dm_bytes_of(update->fqdn + start, i - start));
		start = i + 1;
	}
	dm_writer_u8(out, 0);
}
