/* SPDX-License-Identifier: Apache-2.0 */
#include "config_schema.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#define DIAMETER_PORT 3868
#define DNS_PORT      53

static const struct {
	const char *name;
	const char *example;
	size_t size;
} types[HW_TYPE_COUNT] = {
	[HW_TYPE_TEXT] = { "text", "\"text\"", sizeof(const char *) },
	[HW_TYPE_IDENTITY] = { "fully qualified domain name", "\"aaa.home.example.net\"",
	                       sizeof(struct dm_bytes) },
	[HW_TYPE_REALM] = { "domain name", "\"home.example.net\"", sizeof(struct dm_bytes) },
	[HW_TYPE_PATTERN] = { "pattern with *", "\"nas-*\"", sizeof(struct dm_bytes) },
	[HW_TYPE_WORD] = { "word", "paris", sizeof(struct dm_bytes) },
	[HW_TYPE_BOOLEAN] = { "true or false", "true", sizeof(bool) },
	[HW_TYPE_NUMBER] = { "number", "1", sizeof(uint64_t) },
	[HW_TYPE_OCTETS] = { "octets (k, M, G)", "64k", sizeof(uint64_t) },
	[HW_TYPE_DURATION] = { "time (ms, s, m, h, d)", "30s", sizeof(dm_time) },
	[HW_TYPE_CHOICE] = { "one of", NULL, sizeof(int) },
	[HW_TYPE_NETWORK] = { "IPv4 or IPv6 prefix", "\"2001:db8::/32\"",
	                      sizeof(struct hw_network) },
	[HW_TYPE_PREFIX] = { "IPv6 prefix", "\"2001:db8:1::/64\"", sizeof(struct store_prefix) },
	[HW_TYPE_ADDRESS] = { "IPv6 address/length", "\"2001:db8:1::1/64\"",
	                      sizeof(struct store_prefix) },
	[HW_TYPE_ADDRESS6] = { "IPv6 address", "\"2001:db8::1\"", 16 },
	[HW_TYPE_ADDRESS4] = { "IPv4 address", "\"192.0.2.1\"", 4 },
	[HW_TYPE_AVP] = { "AVP code, or code/vendor", "25", sizeof(struct hw_avp_code) },
	[HW_TYPE_LISTEN] = { "address:port", "\"[::]:3868\"", sizeof(struct hw_endpoint) },
	[HW_TYPE_DNS] = { "address:port of a name server", "\"[2001:db8::53]:53\"",
	                  sizeof(struct hw_endpoint) },
	[HW_TYPE_CONNECT] = { "address or name, with :port", "\"aaa.example.net:3868\"",
	                      sizeof(struct hw_endpoint) },
};

size_t hw_type_size(enum hw_type type)
{
	return types[type].size;
}

const char *hw_type_name(enum hw_type type)
{
	return types[type].name;
}

const char *hw_option_example(const struct hw_option *option)
{
	return option->choices ? option->choices[0] : types[option->type].example;
}

/* "name = "text" SENTENCE": every complaint about a value begins alike. */
static bool complain(struct dm_text *what, const struct hw_option *option, const char *text,
                     const char *sentence)
{
	dm_text_add(what, "%s = \"", option->name ? option->name : "title");
	dm_text_octets(what, dm_bytes_text(text));
	dm_text_add(what, "\" %s", sentence);
	return false;
}

static bool is_label(const char *at, size_t size)
{
	if (size == 0 || size > 63 || at[0] == '-' || at[size - 1] == '-')
		return false;
	for (size_t i = 0; i < size; i++) {
		if (!isalnum((unsigned char)at[i]) && at[i] != '-' && at[i] != '_')
			return false;
	}
	return true;
}

/* RFC 1035 2.3.1 as hosts are named today; counts the labels, 0 when it is no name. */
static size_t domain_labels(const char *text)
{
	size_t labels = 0;

	if (strlen(text) > 253)
		return 0;
	for (;;) {
		size_t size = strcspn(text, ".");

		if (!is_label(text, size))
			return 0;
		labels++;
		text += size;
		if (*text == '\0')
			return labels;
		text++;
	}
}

static bool read_bytes(const char *text, struct dm_arena *arena, void *out)
{
	struct dm_bytes kept = dm_arena_copy(arena, dm_bytes_of(text, strlen(text) + 1));

	*(struct dm_bytes *)out = dm_bytes_of(kept.at, kept.at ? kept.size - 1 : 0);
	return kept.at != NULL;
}

static bool read_text(const struct hw_option *option, const char *text, struct dm_arena *arena,
                      void *out, struct dm_text *what)
{
	if (*text == '\0')
		return complain(what, option, text, "is empty; give it a value");
	*(const char **)out =
		(const char *)dm_arena_copy(arena, dm_bytes_of(text, strlen(text) + 1)).at;
	return true;
}

static bool read_identity(const struct hw_option *option, const char *text, struct dm_arena *arena,
                          void *out, struct dm_text *what)
{
	if (domain_labels(text) < 2)
		return complain(what, option, text,
		                "is no fully qualified domain name; "
		                "write one such as \"aaa.home.example.net\"");
	return read_bytes(text, arena, out);
}

static bool read_realm(const struct hw_option *option, const char *text, struct dm_arena *arena,
                       void *out, struct dm_text *what)
{
	bool star = option->star && strcmp(text, "*") == 0;

	if (!star && domain_labels(text) == 0)
		return complain(what, option, text,
		                "is no domain name; write one such as \"home.example.net\"");
	return read_bytes(text, arena, out);
}

static bool read_pattern(const struct hw_option *option, const char *text, struct dm_arena *arena,
                         void *out, struct dm_text *what)
{
	if (*text == '\0' || strlen(text) > 253)
		return complain(what, option, text,
		                "is no pattern; write 1 to 253 characters, * for any, ? for one");
	return read_bytes(text, arena, out);
}

static bool read_word(const struct hw_option *option, const char *text, struct dm_arena *arena,
                      void *out, struct dm_text *what)
{
	size_t size = strlen(text);

	for (size_t i = 0; i < size; i++) {
		if (!isalnum((unsigned char)text[i]) && !strchr("-_.", text[i]))
			size = 0;
	}
	if (size == 0 || size > 253)
		return complain(what, option, text,
		                "is no word; use letters, digits and - _ . only");
	return read_bytes(text, arena, out);
}

static bool read_boolean(const struct hw_option *option, const char *text, struct dm_arena *arena,
                         void *out, struct dm_text *what)
{
	(void)arena;
	*(bool *)out = strcmp(text, "true") == 0;
	if (!*(bool *)out && strcmp(text, "false") != 0)
		return complain(what, option, text, "is neither; write true or false");
	return true;
}

/* Digits and one of the suffixes; *scaled is number times the suffix's factor. */
struct suffix {
	const char *name;
	uint64_t factor;
};

static bool read_scaled(const char *text, const struct suffix *suffixes, uint64_t *scaled)
{
	char *end;
	unsigned long long number;

	if (!isdigit((unsigned char)text[0]))
		return false;
	errno = 0;
	number = strtoull(text, &end, text[0] == '0' && text[1] == 'x' ? 16 : 10);
	if (errno)
		return false;
	for (; suffixes->name; suffixes++) {
		if (strcmp(suffixes->name, end) == 0)
			return !__builtin_mul_overflow(number, suffixes->factor, scaled);
	}
	return false;
}

static bool read_number(const struct hw_option *option, const char *text, struct dm_arena *arena,
                        void *out, struct dm_text *what)
{
	static const struct suffix plain[] = { { "", 1 }, { NULL, 0 } };
	uint64_t number;

	(void)arena;
	if (!read_scaled(text, plain, &number))
		return complain(what, option, text, "is no number; write digits");
	if (number < option->min || (option->max && number > option->max)) {
		complain(what, option, text, "is out of range; write ");
		dm_text_add(what, "%ju to %ju", (uintmax_t)option->min, (uintmax_t)option->max);
		return false;
	}
	*(uint64_t *)out = number;
	return true;
}

static void add_octets(struct dm_text *what, uint64_t octets)
{
	if (octets >= 1 << 20 && octets % (1 << 20) == 0)
		dm_text_add(what, "%juM", (uintmax_t)octets >> 20);
	else if (octets >= 1 << 10 && octets % (1 << 10) == 0)
		dm_text_add(what, "%juk", (uintmax_t)octets >> 10);
	else
		dm_text_add(what, "%ju", (uintmax_t)octets);
}

static bool read_octets(const struct hw_option *option, const char *text, struct dm_arena *arena,
                        void *out, struct dm_text *what)
{
	static const struct suffix binary[] = {
		{ "", 1 }, { "k", 1 << 10 }, { "M", 1 << 20 }, { "G", 1 << 30 }, { NULL, 0 }
	};
	uint64_t octets;

	(void)arena;
	if (!read_scaled(text, binary, &octets))
		return complain(what, option, text,
		                "is no number of octets; write one such as 4096, 64k or 4M");
	if (octets < option->min || (option->max && octets > option->max)) {
		complain(what, option, text, "is out of range; write ");
		add_octets(what, option->min);
		dm_text_add(what, " to ");
		add_octets(what, option->max);
		return false;
	}
	*(uint64_t *)out = octets;
	return true;
}

static void add_duration(struct dm_text *what, uint64_t milliseconds)
{
	if (milliseconds % 1000)
		dm_text_add(what, "%jums", (uintmax_t)milliseconds);
	else if (milliseconds && milliseconds % 86400000 == 0)
		dm_text_add(what, "%jud", (uintmax_t)milliseconds / 86400000);
	else
		dm_text_add(what, "%jus", (uintmax_t)milliseconds / 1000);
}

static bool read_duration(const struct hw_option *option, const char *text, struct dm_arena *arena,
                          void *out, struct dm_text *what)
{
	static const struct suffix units[] = { { "ms", 1 },    { "", 1000 },     { "s", 1000 },
		                               { "m", 60000 }, { "h", 3600000 }, { "d", 86400000 },
		                               { NULL, 0 } };
	uint64_t milliseconds;

	(void)arena;
	if (!read_scaled(text, units, &milliseconds))
		return complain(what, option, text,
		                "is no time; write one such as 500ms, 30s, 5m, 2h or 1d");
	if (milliseconds < option->min || milliseconds > option->max) {
		complain(what, option, text, "is out of range; write ");
		add_duration(what, option->min);
		dm_text_add(what, " to ");
		add_duration(what, option->max);
		return false;
	}
	*(dm_time *)out = (dm_time)milliseconds * DM_MILLISECOND;
	return true;
}

static bool read_choice(const struct hw_option *option, const char *text, struct dm_arena *arena,
                        void *out, struct dm_text *what)
{
	(void)arena;
	for (int i = 0; option->choices[i]; i++) {
		if (strcmp(option->choices[i], text) == 0) {
			*(int *)out = i;
			return true;
		}
	}
	complain(what, option, text, "is unknown; write ");
	for (int i = 0; option->choices[i]; i++)
		dm_text_add(what, "%s%s",
		            i == 0                   ? ""
		            : option->choices[i + 1] ? ", "
		                                     : " or ",
		            option->choices[i]);
	return false;
}

/* "ADDRESS/LENGTH" in two; false when there is no length or one over `most`. */
static bool split_length(const char *text, char *address, size_t room, unsigned most,
                         uint8_t *length)
{
	static const struct suffix plain[] = { { "", 1 }, { NULL, 0 } };
	const char *slash = strchr(text, '/');
	uint64_t number;

	if (!slash || (size_t)(slash - text) >= room)
		return false;
	if (!read_scaled(slash + 1, plain, &number) || number > most)
		return false;
	memcpy(address, text, (size_t)(slash - text));
	address[slash - text] = '\0';
	*length = (uint8_t)number;
	return true;
}

static bool has_host_bits(const uint8_t *address, size_t size, unsigned length)
{
	for (size_t bit = length; bit < size * 8; bit++) {
		if (address[bit / 8] & 0x80 >> bit % 8)
			return true;
	}
	return false;
}

static bool read_network(const struct hw_option *option, const char *text, struct dm_arena *arena,
                         void *out, struct dm_text *what)
{
	struct hw_network network = { .ipv6 = strchr(text, ':') != NULL };
	char address[INET6_ADDRSTRLEN];
	int family = network.ipv6 ? AF_INET6 : AF_INET;
	unsigned bits = network.ipv6 ? 128 : 32;

	(void)arena;
	if (!split_length(text, address, sizeof(address), bits, &network.length) ||
	    inet_pton(family, address, network.address) != 1)
		return complain(what, option, text,
		                "is no prefix; write one such as \"2001:db8::/32\" or "
		                "\"127.0.0.0/8\"");
	if (has_host_bits(network.address, bits / 8, network.length))
		return complain(what, option, text, "has bits behind the prefix; set them to zero");
	*(struct hw_network *)out = network;
	return true;
}

static bool read_prefix(const struct hw_option *option, const char *text, struct dm_arena *arena,
                        void *out, struct dm_text *what)
{
	struct store_prefix prefix;
	char address[INET6_ADDRSTRLEN];

	(void)arena;
	if (!split_length(text, address, sizeof(address), 128, &prefix.length) ||
	    inet_pton(AF_INET6, address, prefix.address) != 1)
		return complain(what, option, text,
		                "is no IPv6 prefix; write one such as \"2001:db8:1::/64\"");
	if (has_host_bits(prefix.address, 16, prefix.length))
		return complain(what, option, text, "has bits behind the prefix; set them to zero");
	*(struct store_prefix *)out = prefix;
	return true;
}

/* An address that a host can be given: not unspecified, loopback, multicast or link-local. */
static bool is_assignable(const uint8_t address[16])
{
	static const uint8_t none[15];

	if (memcmp(address, none, 15) == 0 && address[15] <= 1)
		return false;
	return address[0] != 0xff && !(address[0] == 0xfe && (address[1] & 0xc0) == 0x80);
}

static bool read_address(const struct hw_option *option, const char *text, struct dm_arena *arena,
                         void *out, struct dm_text *what)
{
	struct store_prefix prefix;
	char address[INET6_ADDRSTRLEN];

	(void)arena;
	if (!split_length(text, address, sizeof(address), 128, &prefix.length) ||
	    inet_pton(AF_INET6, address, prefix.address) != 1)
		return complain(what, option, text,
		                "is no IPv6 address with prefix length; write one such as "
		                "\"2001:db8:1::1/64\"");
	if (!is_assignable(prefix.address))
		return complain(what, option, text,
		                "cannot be a host's address; write a global unicast address");
	*(struct store_prefix *)out = prefix;
	return true;
}

static bool read_address6(const struct hw_option *option, const char *text, struct dm_arena *arena,
                          void *out, struct dm_text *what)
{
	(void)arena;
	if (inet_pton(AF_INET6, text, out) != 1)
		return complain(what, option, text,
		                "is no IPv6 address; write one such as \"2001:db8::1\"");
	return true;
}

static bool read_address4(const struct hw_option *option, const char *text, struct dm_arena *arena,
                          void *out, struct dm_text *what)
{
	(void)arena;
	if (inet_pton(AF_INET, text, out) != 1)
		return complain(what, option, text,
		                "is no IPv4 address; write one such as \"192.0.2.1\"");
	return true;
}

static bool read_avp(const struct hw_option *option, const char *text, struct dm_arena *arena,
                     void *out, struct dm_text *what)
{
	static const struct suffix plain[] = { { "", 1 }, { NULL, 0 } };
	const char *slash = strchr(text, '/');
	char code_text[16] = { 0 };
	uint64_t code;
	uint64_t vendor = 0;
	size_t size = slash ? (size_t)(slash - text) : strlen(text);
	bool good = size < sizeof(code_text);

	(void)arena;
	if (good)
		memcpy(code_text, text, size);
	if (!good || !read_scaled(code_text, plain, &code) || code > UINT32_MAX ||
	    (slash && !read_scaled(slash + 1, plain, &vendor)) || vendor > UINT32_MAX)
		return complain(what, option, text,
		                "is no AVP; write its code such as 25, or code/vendor such as "
		                "\"1/32473\"");
	*(struct hw_avp_code *)out =
		(struct hw_avp_code){ .code = (uint32_t)code, .vendor = (uint32_t)vendor };
	return true;
}

/* "[v6]:port", "v4:port", "name:port"; the port may be left out. */
static bool split_endpoint(const char *text, char *host, size_t room, struct hw_endpoint *endpoint)
{
	static const struct suffix plain[] = { { "", 1 }, { NULL, 0 } };
	const char *begin = text[0] == '[' ? text + 1 : text;
	const char *end = text[0] == '[' ? strchr(begin, ']') : begin + strcspn(begin, ":");
	const char *rest = end && *end == ']' ? end + 1 : end;
	uint64_t port = DIAMETER_PORT;

	if (!end || end == begin || (size_t)(end - begin) >= room)
		return false;
	memcpy(host, begin, (size_t)(end - begin));
	host[end - begin] = '\0';
	endpoint->has_port = *rest != '\0';
	if (endpoint->has_port &&
	    (*rest != ':' || !read_scaled(rest + 1, plain, &port) || port > UINT16_MAX))
		return false;
	endpoint->port = (uint16_t)port;
	return true;
}

static bool is_numeric(const char *text, const char *host)
{
	uint8_t address[16];

	return inet_pton(text[0] == '[' ? AF_INET6 : AF_INET, host, address) == 1;
}

static bool keep_host(const char *host, struct dm_arena *arena, struct hw_endpoint *endpoint)
{
	endpoint->host = (const char *)dm_arena_copy(arena, dm_bytes_of(host, strlen(host) + 1)).at;
	return endpoint->host != NULL;
}

static bool read_listen(const struct hw_option *option, const char *text, struct dm_arena *arena,
                        void *out, struct dm_text *what)
{
	char host[INET6_ADDRSTRLEN];

	if (!split_endpoint(text, host, sizeof(host), out) || !is_numeric(text, host))
		return complain(what, option, text,
		                "is no address to listen on; write one such as \"[::]:3868\" or "
		                "\"0.0.0.0:3868\"");
	return keep_host(host, arena, out);
}

static bool read_nameserver(const struct hw_option *option, const char *text,
                            struct dm_arena *arena, void *out, struct dm_text *what)
{
	struct hw_endpoint *endpoint = out;
	char host[INET6_ADDRSTRLEN];

	if (!split_endpoint(text, host, sizeof(host), endpoint) || !is_numeric(text, host) ||
	    endpoint->port == 0)
		return complain(what, option, text,
		                "is no address of a name server; write one such as "
		                "\"[2001:db8::53]:53\" or \"192.0.2.53\"");
	if (!endpoint->has_port)
		endpoint->port = DNS_PORT;
	return keep_host(host, arena, out);
}

static bool read_connect(const struct hw_option *option, const char *text, struct dm_arena *arena,
                         void *out, struct dm_text *what)
{
	char host[256];
	bool good = split_endpoint(text, host, sizeof(host), out) &&
	            ((struct hw_endpoint *)out)->port > 0;

	if (!good || (!is_numeric(text, host) && (text[0] == '[' || domain_labels(host) == 0)))
		return complain(what, option, text,
		                "is no address to connect to; write one such as "
		                "\"[2001:db8::1]:3868\" or \"aaa.example.net:3868\"");
	return keep_host(host, arena, out);
}

bool hw_value_read(const struct hw_option *option, const char *text, struct dm_arena *arena,
                   void *out, struct dm_text *what)
{
	static bool (*const read[HW_TYPE_COUNT])(const struct hw_option *, const char *,
	                                         struct dm_arena *, void *, struct dm_text *) = {
		[HW_TYPE_TEXT] = read_text,         [HW_TYPE_IDENTITY] = read_identity,
		[HW_TYPE_REALM] = read_realm,       [HW_TYPE_PATTERN] = read_pattern,
		[HW_TYPE_WORD] = read_word,         [HW_TYPE_BOOLEAN] = read_boolean,
		[HW_TYPE_NUMBER] = read_number,     [HW_TYPE_OCTETS] = read_octets,
		[HW_TYPE_DURATION] = read_duration, [HW_TYPE_CHOICE] = read_choice,
		[HW_TYPE_NETWORK] = read_network,   [HW_TYPE_PREFIX] = read_prefix,
		[HW_TYPE_ADDRESS] = read_address,   [HW_TYPE_AVP] = read_avp,
		[HW_TYPE_ADDRESS6] = read_address6, [HW_TYPE_LISTEN] = read_listen,
		[HW_TYPE_CONNECT] = read_connect,   [HW_TYPE_ADDRESS4] = read_address4,
		[HW_TYPE_DNS] = read_nameserver,
	};

	return read[option->type](option, text, arena, out, what);
}
