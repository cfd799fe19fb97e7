/* SPDX-License-Identifier: Apache-2.0 */
#include "io/members.h"

#include "mip6/values.h"

#include <arpa/inet.h>
#include <stdlib.h>

#define TEXT_LIMIT     253
#define LIST_LIMIT     1000
#define ROOT_KEY_LEAST 16 /* profile 6 */

/* By MIP6-SA-Protocol, from 1 (profile 2). */
static const char *const sa_protocols[HW_SA_PROTOCOLS] = { "IKEV2", "IKEV1", "MIPV6_AUTH" };

const char *hw_sa_protocol_name(unsigned protocol)
{
	return protocol >= 1 && protocol <= HW_SA_PROTOCOLS ? sa_protocols[protocol - 1]
	                                                    : "unknown";
}

/* ---- one value ---- */

static bool refuse(const char *name, const char *sentence, struct dm_text *why)
{
	dm_text_add(why, "%s %s", name, sentence);
	return false;
}

static bool read_text(const char *name, const json_t *value, void *out, struct dm_text *why)
{
	size_t size = json_string_length(value);

	if (!json_is_string(value) || size == 0 || size > TEXT_LIMIT)
		return refuse(name, "is no text; write 1 to 253 octets in quotes", why);
	*(struct dm_bytes *)out = dm_bytes_of(json_string_value(value), size);
	return true;
}

static bool read_nai(const char *name, const json_t *value, struct dm_bytes *out,
                     struct dm_text *why)
{
	struct mip6_nai nai;

	if (!read_text(name, value, out, why))
		return false;
	if (memchr(out->at, '@', out->size) && mip6_nai_parse(*out, &nai))
		return true;
	return refuse(name, "is no network access identifier; write user@realm", why);
}

/* A host name, or below which suffix: ".example.net". */
static bool is_listable(struct dm_bytes item, enum hw_member_type type)
{
	if (type == HW_MEMBER_NAMES && item.size > 0 && item.at[0] == '.')
		item = dm_bytes_of(item.at + 1, item.size - 1);
	return mip6_is_host_name(item);
}

static bool read_list(const char *name, const json_t *value, enum hw_member_type type,
                      struct dm_bytes *out, struct dm_text *why)
{
	size_t size = json_string_length(value), start = 0;
	const char *text = json_string_value(value);
	bool good = text && size > 0 && size <= LIST_LIMIT;

	for (size_t i = 0; good && i <= size; i++) {
		if (i < size && text[i] != ',')
			continue;
		good = is_listable(dm_bytes_of(text + start, i - start), type);
		start = i + 1;
	}
	if (good) {
		*out = dm_bytes_of(text, size);
		return true;
	}
	if (type == HW_MEMBER_HOSTS)
		return refuse(name,
		              "is no list of host names; write such as "
		              "ha1.example.net,ha2.example.net",
		              why);
	return refuse(name,
	              "is no list of names; write such as alice.example.net,.alice.example.net",
	              why);
}

static bool read_flag(const char *name, const json_t *value, void *out, struct dm_text *why)
{
	if (!json_is_boolean(value))
		return refuse(name, "is neither; write true or false", why);
	*(bool *)out = json_is_true(value);
	return true;
}

static bool read_number(const char *name, const json_t *value, json_int_t most, struct dm_text *why)
{
	json_int_t number = json_integer_value(value);

	if (json_is_integer(value) && number >= 0 && number <= most)
		return true;
	refuse(name, "is no number in range; write 0 to ", why);
	dm_text_add(why, "%" JSON_INTEGER_FORMAT, most);
	return false;
}

bool hw_prefix_read(const char *text, struct store_prefix *out)
{
	const char *slash = strchr(text, '/');
	char address[INET6_ADDRSTRLEN];
	char *end;
	unsigned long length;

	if (!slash || (size_t)(slash - text) >= sizeof(address) || slash[1] < '0' || slash[1] > '9')
		return false;
	length = strtoul(slash + 1, &end, 10);
	memcpy(address, text, (size_t)(slash - text));
	address[slash - text] = '\0';
	out->length = (uint8_t)length;
	return *end == '\0' && length <= 128 && inet_pton(AF_INET6, address, out->address) == 1;
}

static bool read_address(const char *name, const json_t *value, enum hw_member_type type,
                         struct store_prefix *out, struct dm_text *why)
{
	struct store_prefix masked;

	if (!json_is_string(value) || !hw_prefix_read(json_string_value(value), out))
		return refuse(name,
		              "is no IPv6 address with prefix length; write one such as "
		              "2001:db8::1/64",
		              why);
	if (type != HW_MEMBER_ADDRESS && !mip6_address_is_assignable(out->address))
		return refuse(name, "cannot be a mobile node's; write a global unicast one", why);
	masked = *out;
	mip6_prefix_mask(&masked);
	if (type == HW_MEMBER_PREFIX && memcmp(masked.address, out->address, 16) != 0)
		return refuse(name, "has bits behind the prefix; set them to zero", why);
	return true;
}

static int digit_of(char letter)
{
	if (letter >= '0' && letter <= '9')
		return letter - '0';
	letter |= 0x20;
	return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

static bool read_key(const char *name, const json_t *value, struct dm_secret *out,
                     struct dm_text *why)
{
	const char *text = json_string_value(value);
	size_t digits = text ? json_string_length(value) : 0;
	bool good = digits % 2 == 0 && digits >= 2 * ROOT_KEY_LEAST && digits <= 2 * DM_SECRET_ROOM;

	*out = (struct dm_secret){ .size = good ? (uint8_t)(digits / 2) : 0 };
	for (size_t i = 0; good && i < digits; i++) {
		int digit = digit_of(text[i]);

		good = digit >= 0;
		if (good)
			out->octets[i / 2] = (uint8_t)(out->octets[i / 2] << 4 | digit);
	}
	if (good)
		return true;
	dm_secret_wipe(out);
	return refuse(name, "is no key; write 32 to 128 hexadecimal digits", why);
}

static bool read_protocols(const char *name, const json_t *value, uint8_t *out, struct dm_text *why)
{
	size_t count = json_array_size(value);
	size_t known = 0;

	*out = 0;
	for (size_t i = 0; i < count; i++) {
		const char *text = json_string_value(json_array_get(value, i));

		for (unsigned j = 0; text && j < HW_SA_PROTOCOLS; j++) {
			if (strcmp(text, sa_protocols[j]) == 0) {
				*out |= (uint8_t)(1 << (j + 1));
				known++;
			}
		}
	}
	if (json_is_array(value) && known == count)
		return true;
	return refuse(name, "is no list of IKEV2, IKEV1, MIPV6_AUTH; write one", why);
}

static bool read_json(const char *name, json_t *value, json_t **out, struct dm_text *why)
{
	if (!json_is_array(value) && !json_is_object(value))
		return refuse(name, "is neither object nor array; write one", why);
	*out = value;
	return true;
}

bool hw_member_read(const struct hw_member *member, json_t *value, void *at, struct dm_text *why)
{
	const char *name = member->name;

	switch (member->type) {
	case HW_MEMBER_TEXT:
		return read_text(name, value, at, why);
	case HW_MEMBER_NAI:
		return read_nai(name, value, at, why);
	case HW_MEMBER_HOSTS:
	case HW_MEMBER_NAMES:
		return read_list(name, value, member->type, at, why);
	case HW_MEMBER_FLAG:
		return read_flag(name, value, at, why);
	case HW_MEMBER_U32:
		*(uint32_t *)at = (uint32_t)json_integer_value(value);
		return read_number(name, value, UINT32_MAX, why);
	case HW_MEMBER_U64:
		*(uint64_t *)at = (uint64_t)json_integer_value(value);
		return read_number(name, value, INT64_MAX, why);
	case HW_MEMBER_I32:
		*(int32_t *)at = (int32_t)json_integer_value(value);
		return read_number(name, value, INT32_MAX, why);
	case HW_MEMBER_ADDRESS:
	case HW_MEMBER_OWNABLE:
	case HW_MEMBER_PREFIX:
		return read_address(name, value, member->type, at, why);
	case HW_MEMBER_KEY:
		return read_key(name, value, at, why);
	case HW_MEMBER_PROTOCOLS:
		return read_protocols(name, value, at, why);
	case HW_MEMBER_JSON:
		return read_json(name, value, at, why);
	}
	return false;
}

/* ---- the object ---- */

static bool is_known(const char *name, const struct hw_member *members, const char *const *allowed)
{
	for (; members->name; members++) {
		if (strcmp(members->name, name) == 0)
			return true;
	}
	for (; allowed && *allowed; allowed++) {
		if (strcmp(*allowed, name) == 0)
			return true;
	}
	return false;
}

static bool refuse_unknown(const json_t *object, const struct hw_member *members,
                           const char *const *allowed, struct dm_text *why)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)object, name, value)
	{
		struct dm_bytes shown = dm_bytes_text(name);

		if (is_known(name, members, allowed))
			continue;
		if (shown.size > 64)
			shown.size = 64;
		dm_text_octets(why, shown);
		return refuse("", "is no member here; remove it", why);
	}
	return true;
}

bool hw_members_read(const json_t *object, const struct hw_member *members,
                     const char *const *allowed, void *out, struct dm_text *why)
{
	if (!refuse_unknown(object, members, allowed, why))
		return false;
	for (const struct hw_member *member = members; member->name; member++) {
		json_t *value = json_object_get(object, member->name);

		if (!value && member->required)
			return refuse(member->name, "is missing; add it", why);
		if (!value)
			continue;
		if (!hw_member_read(member, value, (char *)out + member->offset, why))
			return false;
		if (member->has)
			*(bool *)((char *)out + member->has_offset) = true;
	}
	return true;
}

/* ---- and back ---- */

json_t *hw_json_octets(struct dm_bytes octets)
{
	size_t room = octets.size * 4 + 1;
	char *buffer = malloc(room);
	struct dm_text text;
	json_t *value;

	if (!buffer)
		return NULL;
	dm_text_init(&text, buffer, room);
	dm_text_octets(&text, octets);
	value = json_stringn(buffer, text.size);
	free(buffer);
	return value;
}

json_t *hw_json_prefix(const struct store_prefix *prefix)
{
	char buffer[INET6_ADDRSTRLEN + 8];
	struct dm_text text;

	dm_text_init(&text, buffer, sizeof(buffer));
	mip6_prefix_text(&text, prefix);
	return json_string(buffer);
}

json_t *hw_json_hex(struct dm_bytes octets)
{
	size_t room = octets.size * 2 + 1;
	char *buffer = malloc(room);
	struct dm_text text;
	json_t *value;

	if (!buffer)
		return NULL;
	dm_text_init(&text, buffer, room);
	dm_text_hex(&text, octets);
	value = json_stringn(buffer, text.size);
	free(buffer);
	return value;
}

void hw_json_set_octets(json_t *object, const char *name, struct dm_bytes octets)
{
	if (octets.size)
		json_object_set_new(object, name, hw_json_octets(octets));
}

void hw_json_set_prefix(json_t *object, const char *name, const struct store_prefix *prefix)
{
	if (prefix->length)
		json_object_set_new(object, name, hw_json_prefix(prefix));
}

void hw_json_set_number(json_t *object, const char *name, uint64_t number)
{
	json_object_set_new(object, name, json_integer((json_int_t)number));
}

void hw_json_set_nonzero(json_t *object, const char *name, uint64_t number)
{
	if (number)
		hw_json_set_number(object, name, number);
}

void hw_json_set_flag(json_t *object, const char *name, bool flag)
{
	json_object_set_new(object, name, json_boolean(flag));
}

static void set_key_size(json_t *object, const char *name, const struct dm_secret *key)
{
	char buffer[64];
	struct dm_text text;

	dm_text_init(&text, buffer, sizeof(buffer));
	dm_text_add(&text, "%s_octets", name);
	hw_json_set_number(object, buffer, key->size);
}

static void set_protocols(json_t *object, const char *name, uint8_t bits)
{
	json_t *array = bits ? json_array() : NULL;

	for (unsigned protocol = 1; array && protocol <= HW_SA_PROTOCOLS; protocol++)
		if (bits & 1 << protocol)
			json_array_append_new(array, json_string(hw_sa_protocol_name(protocol)));
	if (array)
		json_object_set_new(object, name, array);
}

static void set_member(json_t *object, const struct hw_member *member, const void *at)
{
	switch (member->type) {
	case HW_MEMBER_TEXT:
	case HW_MEMBER_NAI:
	case HW_MEMBER_HOSTS:
	case HW_MEMBER_NAMES:
		hw_json_set_octets(object, member->name, *(const struct dm_bytes *)at);
		break;
	case HW_MEMBER_FLAG:
		hw_json_set_flag(object, member->name, *(const bool *)at);
		break;
	case HW_MEMBER_U32:
		hw_json_set_nonzero(object, member->name, *(const uint32_t *)at);
		break;
	case HW_MEMBER_U64:
		hw_json_set_nonzero(object, member->name, *(const uint64_t *)at);
		break;
	case HW_MEMBER_I32:
		hw_json_set_nonzero(object, member->name, (uint64_t) * (const int32_t *)at);
		break;
	case HW_MEMBER_ADDRESS:
	case HW_MEMBER_OWNABLE:
	case HW_MEMBER_PREFIX:
		json_object_set_new(object, member->name, hw_json_prefix(at));
		break;
	case HW_MEMBER_KEY:
		set_key_size(object, member->name, at);
		break;
	case HW_MEMBER_PROTOCOLS:
		set_protocols(object, member->name, *(const uint8_t *)at);
		break;
	case HW_MEMBER_JSON:
		break;
	}
}

json_t *hw_members_json(const struct hw_member *members, const void *from)
{
	json_t *object = json_object();

	for (; members->name; members++)
		if (!members->has || *(const bool *)((const char *)from + members->has_offset))
			set_member(object, members, (const char *)from + members->offset);
	return object;
}
