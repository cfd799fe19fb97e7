/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/subscriber_fields.h"

#include "base/text.h"
#include "mip6/values.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

/* Profile 6: a root key has at least 16 octets. */
#define ROOT_KEY_LEAST 16
#define TEXT_MOST      253

enum kind { NAI, TEXT, BOOLEAN, ADDRESS, PREFIX, PROTOCOLS, SECONDS, KEY };

struct hw_field {
	const char *name;
	enum kind kind;
	bool boolean; /* BOOLEAN: the default */
};

static const struct hw_field fields[] = {
	{ "user_name", NAI, false },
	{ "root_key", KEY, false },
	{ "enabled", BOOLEAN, true },
	{ "mobility", BOOLEAN, true },
	{ "local_home_agent", BOOLEAN, false },
	{ "home_address", ADDRESS, false },
	{ "home_prefix", PREFIX, false },
	{ "home_agent", TEXT, false },
	{ "fqdn", TEXT, false },
	{ "sa_protocols", PROTOCOLS, false },
	{ "authorization_lifetime", SECONDS, false },
	{ "session_timeout", SECONDS, false },
};

/* By MIP6-SA-Protocol, from 1. */
static const char *const protocols[] = { "IKEV2", "IKEV1", "MIPV6_AUTH" };

const struct hw_field *hw_field_at(size_t place)
{
	return place < sizeof(fields) / sizeof(fields[0]) ? &fields[place] : NULL;
}

const char *hw_field_name(const struct hw_field *field)
{
	return field->name;
}

const struct hw_field *hw_field_named(const char *name)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (strcmp(fields[i].name, name) == 0)
			return &fields[i];
	return NULL;
}

/* ---- text to JSON ---- */

static bool refuse(char *why, size_t room, const char *wanted)
{
	(void)snprintf(why, room, "%s", wanted);
	return false;
}

static bool set_text(json_t *record, const char *name, const char *text, char *why, size_t room)
{
	struct dm_bytes bytes = dm_bytes_text(text);

	if (bytes.size > TEXT_MOST || !dm_bytes_is_utf8(bytes))
		return refuse(why, room, "is no text in UTF-8; write at most 253 octets");
	return json_object_set_new(record, name, json_string(text)) == 0;
}

static bool set_nai(json_t *record, const char *name, const char *text, char *why, size_t room)
{
	struct mip6_nai nai;

	if (!strchr(text, '@') || !mip6_nai_parse(dm_bytes_text(text), &nai))
		return refuse(why, room, "is no network access identifier; write user@realm");
	return set_text(record, name, text, why, room);
}

static bool set_boolean(json_t *record, const char *name, const char *text, char *why, size_t room)
{
	static const char *const words[2][3] = { { "no", "false", "0" }, { "yes", "true", "1" } };

	for (int value = 0; value < 2; value++)
		for (size_t i = 0; i < 3; i++)
			if (strcasecmp(text, words[value][i]) == 0)
				return json_object_set_new(record, name, json_boolean(value)) == 0;
	return refuse(why, room, "is neither; write yes or no");
}

static bool read_number(const char *text, unsigned long most, unsigned long *number)
{
	char *end;

	errno = 0;
	*number = strtoul(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno && *number <= most;
}

static bool set_seconds(json_t *record, const char *name, const char *text, char *why, size_t room)
{
	unsigned long number;

	if (!read_number(text, UINT32_MAX, &number))
		return refuse(why, room, "is no number of seconds; write 0 to 4294967295");
	return json_object_set_new(record, name, json_integer((json_int_t)number)) == 0;
}

bool hw_prefix_read(const char *text, struct store_prefix *prefix)
{
	const char *slash = strchr(text, '/');
	char address[INET6_ADDRSTRLEN];
	unsigned long length;

	if (!slash || (size_t)(slash - text) >= sizeof(address) ||
	    !read_number(slash + 1, 128, &length))
		return false;
	memcpy(address, text, (size_t)(slash - text));
	address[slash - text] = '\0';
	prefix->length = (uint8_t)length;
	return inet_pton(AF_INET6, address, prefix->address) == 1;
}

static bool bits_behind(const struct store_prefix *prefix)
{
	for (unsigned bit = prefix->length; bit < 128; bit++)
		if (prefix->address[bit / 8] & 0x80 >> bit % 8)
			return true;
	return false;
}

static bool set_prefix(json_t *record, const struct hw_field *field, const char *text, char *why,
                       size_t room)
{
	struct store_prefix prefix;

	if (!hw_prefix_read(text, &prefix))
		return refuse(why, room,
		              "is no IPv6 address with prefix length; write one such as "
		              "2001:db8::1/64");
	if (!mip6_address_is_assignable(prefix.address))
		return refuse(why, room, "cannot be a mobile node's; write a global unicast one");
	if (field->kind == PREFIX && bits_behind(&prefix))
		return refuse(why, room, "has bits behind the prefix; set them to zero");
	return json_object_set_new(record, field->name, json_string(text)) == 0;
}

/* IKEV2, ikev2; MIPV6_AUTH, mipv6-auth. */
static bool same_protocol(const char *word, size_t size, const char *protocol)
{
	if (strlen(protocol) != size)
		return false;
	for (size_t i = 0; i < size; i++)
		if (strncasecmp(word + i, protocol + i, 1) != 0 &&
		    !(word[i] == '-' && protocol[i] == '_'))
			return false;
	return true;
}

static const char *protocol_named(const char *word, size_t size)
{
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
		if (same_protocol(word, size, protocols[i]))
			return protocols[i];
	return NULL;
}

static bool set_protocols(json_t *record, const char *name, const char *text, char *why,
                          size_t room)
{
	json_t *array = json_array();
	bool good = true;

	text += strspn(text, " ,");
	while (*text && good) {
		size_t size = strcspn(text, " ,");
		const char *protocol = protocol_named(text, size);

		good = protocol && json_array_append_new(array, json_string(protocol)) == 0;
		text += size;
		text += strspn(text, " ,");
	}
	if (!good) {
		json_decref(array);
		return refuse(why, room, "is no list of IKEV2, IKEV1, MIPV6_AUTH; write one");
	}
	return json_object_set_new(record, name, array) == 0;
}

static int hex_digit(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	digit |= 0x20;
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

static bool read_key(const char *text, struct dm_secret *key)
{
	size_t digits = strlen(text);

	*key = (struct dm_secret){ .size = (uint8_t)(digits / 2) };
	if (digits % 2 || digits < (size_t)2 * ROOT_KEY_LEAST ||
	    digits > (size_t)2 * DM_SECRET_ROOM)
		return false;
	for (size_t i = 0; i < digits; i++) {
		int digit = hex_digit(text[i]);

		if (digit < 0)
			return false;
		key->octets[i / 2] = (uint8_t)(key->octets[i / 2] << 4 | digit);
	}
	return true;
}

static bool set_key(json_t *record, const char *name, const char *text, char *why, size_t room)
{
	struct dm_secret key;
	bool good = read_key(text, &key);

	dm_secret_wipe(&key);
	if (!good)
		return refuse(why, room, "is no key; write 32 to 128 hexadecimal digits");
	return json_object_set_new(record, name, json_string(text)) == 0;
}

bool hw_field_set(json_t *record, const struct hw_field *field, const char *text, char *why,
                  size_t room)
{
	if (!*text)
		return true;
	switch (field->kind) {
	case NAI:
		return set_nai(record, field->name, text, why, room);
	case TEXT:
		return set_text(record, field->name, text, why, room);
	case BOOLEAN:
		return set_boolean(record, field->name, text, why, room);
	case ADDRESS:
	case PREFIX:
		return set_prefix(record, field, text, why, room);
	case PROTOCOLS:
		return set_protocols(record, field->name, text, why, room);
	case SECONDS:
		return set_seconds(record, field->name, text, why, room);
	case KEY:
		return set_key(record, field->name, text, why, room);
	}
	return false;
}

bool hw_subscriber_complete(const json_t *record, char *why, size_t room)
{
	if (!json_object_get(record, "user_name"))
		return refuse(why, room, "user_name is missing; add it");
	if (!json_object_get(record, "root_key"))
		return refuse(why, room, "root_key is missing; add it");
	return true;
}

void hw_subscriber_wipe(json_t *record)
{
	json_t *key = json_object_get(record, "root_key");

	if (key)
		dm_wipe((void *)(uintptr_t)json_string_value(key), json_string_length(key));
}

/* ---- JSON to the store's struct, and back ---- */

static struct dm_bytes text_of(const json_t *record, const char *name)
{
	return dm_bytes_text(json_string_value(json_object_get(record, name)));
}

static bool boolean_of(const json_t *record, const char *name)
{
	const json_t *value = json_object_get(record, name);

	return value ? json_is_true(value) : hw_field_named(name)->boolean;
}

static uint32_t seconds_of(const json_t *record, const char *name)
{
	return (uint32_t)json_integer_value(json_object_get(record, name));
}

static bool prefix_of(const json_t *record, const char *name, struct store_prefix *prefix)
{
	const char *text = json_string_value(json_object_get(record, name));

	return text && hw_prefix_read(text, prefix);
}

static uint8_t protocols_of(const json_t *record)
{
	const json_t *array = json_object_get(record, "sa_protocols");
	uint8_t bits = 0;
	size_t index;
	json_t *word;

	json_array_foreach((json_t *)array, index,
	                   word) for (unsigned i = 0; i < sizeof(protocols) / sizeof(protocols[0]);
	                              i++) if (strcmp(json_string_value(word), protocols[i]) == 0)
		bits |= (uint8_t)(1 << (i + 1));
	return bits;
}

void hw_subscriber_from_json(const json_t *record, struct store_subscriber *subscriber)
{
	const char *key = json_string_value(json_object_get(record, "root_key"));

	*subscriber = (struct store_subscriber){
		.user_name = text_of(record, "user_name"),
		.enabled = boolean_of(record, "enabled"),
		.mobility = boolean_of(record, "mobility"),
		.local_home_agent = boolean_of(record, "local_home_agent"),
		.home_agent = text_of(record, "home_agent"),
		.fqdn = text_of(record, "fqdn"),
		.sa_protocols = protocols_of(record),
		.authorization_lifetime = seconds_of(record, "authorization_lifetime"),
		.session_timeout = seconds_of(record, "session_timeout"),
	};
	subscriber->has_home_address = prefix_of(record, "home_address", &subscriber->home_address);
	subscriber->has_home_prefix = prefix_of(record, "home_prefix", &subscriber->home_prefix);
	if (key)
		(void)read_key(key, &subscriber->root_key);
}

/* NULL, so that the member is left out, when there is nothing to say. */
static json_t *text_json(struct dm_bytes bytes)
{
	return bytes.size ? json_stringn((const char *)bytes.at, bytes.size) : NULL;
}

static json_t *prefix_json(bool there, const struct store_prefix *prefix)
{
	char text[INET6_ADDRSTRLEN + 8];
	size_t size;

	if (!there || !inet_ntop(AF_INET6, prefix->address, text, INET6_ADDRSTRLEN))
		return NULL;
	size = strlen(text);
	(void)snprintf(text + size, sizeof(text) - size, "/%u", prefix->length);
	return json_string(text);
}

static json_t *protocols_json(uint8_t bits)
{
	json_t *array = bits ? json_array() : NULL;

	for (unsigned i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
		if (bits & 1 << (i + 1))
			(void)json_array_append_new(array, json_string(protocols[i]));
	return array;
}

static json_t *seconds_json(uint32_t seconds)
{
	return seconds ? json_integer(seconds) : NULL;
}

json_t *hw_subscriber_to_json(const struct store_subscriber *subscriber)
{
	return json_pack(
		"{s:o, s:b, s:b, s:b, s:o*, s:o*, s:o*, s:o*, s:o*, s:o*, s:o*, s:I}", "user_name",
		text_json(subscriber->user_name), "enabled", subscriber->enabled, "mobility",
		subscriber->mobility, "local_home_agent", subscriber->local_home_agent,
		"home_address",
		prefix_json(subscriber->has_home_address, &subscriber->home_address), "home_prefix",
		prefix_json(subscriber->has_home_prefix, &subscriber->home_prefix), "home_agent",
		text_json(subscriber->home_agent), "fqdn", text_json(subscriber->fqdn),
		"sa_protocols", protocols_json(subscriber->sa_protocols), "authorization_lifetime",
		seconds_json(subscriber->authorization_lifetime), "session_timeout",
		seconds_json(subscriber->session_timeout), "root_key_octets",
		(json_int_t)subscriber->root_key.size);
}
