/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IPFilterRule, RFC 6733 4.3.1: `action dir proto from src to dst [options]`. Words are separated
 * by blanks. Where ports, flags or types are given, the protocol has to be one that has them.
 */
#include "base/cursor.h"
#include "syntax.h"

#include <arpa/inet.h>

enum { ANY_PROTOCOL = -1, ICMP = 1, TCP = 6, UDP = 17, ICMPV6 = 58, SCTP = 132 };

struct rule {
	struct dm_cursor cursor;
	int protocol;
	bool ports;
	bool frag;
	bool tcpflags;
};

static bool is_blank(uint8_t octet)
{
	return octet == ' ' || octet == '\t';
}

static bool is_digit(uint8_t octet)
{
	return octet >= '0' && octet <= '9';
}

static void skip_blanks(struct dm_cursor *cursor)
{
	while (dm_cursor_left(cursor) && is_blank(*cursor->at))
		dm_cursor_u8(cursor);
}

/* The next word, empty at the end. */
static struct dm_bytes take_word(struct dm_cursor *cursor)
{
	size_t size = 0;

	skip_blanks(cursor);
	while (size < dm_cursor_left(cursor) && !is_blank(cursor->at[size]))
		size++;
	return dm_cursor_take(cursor, size);
}

static bool is_word(struct dm_bytes word, const char *wanted)
{
	return dm_bytes_equal(word, dm_bytes_text(wanted));
}

static bool is_one_of(struct dm_bytes word, const char *const *words)
{
	for (; *words; words++) {
		if (is_word(word, *words))
			return true;
	}
	return false;
}

/* A decimal number up to `most` that is the whole of `text`. */
static bool read_number(struct dm_bytes text, uint32_t most, uint32_t *number)
{
	*number = 0;
	if (text.size == 0 || text.size > 5)
		return false;
	for (size_t i = 0; i < text.size; i++) {
		if (!is_digit(text.at[i]))
			return false;
		*number = *number * 10 + (uint32_t)(text.at[i] - '0');
	}
	return *number <= most;
}

/* Splits at the first `mark`: `head` before it, `tail` behind it. False when there is none. */
static bool split(struct dm_bytes text, uint8_t mark, struct dm_bytes *head, struct dm_bytes *tail)
{
	const uint8_t *at = text.size ? memchr(text.at, mark, text.size) : NULL;

	*head = text;
	*tail = (struct dm_bytes){ 0 };
	if (!at)
		return false;
	*head = dm_bytes_of(text.at, (size_t)(at - text.at));
	*tail = dm_bytes_of(at + 1, text.size - head->size - 1);
	return true;
}

/* Calls `accept` for each item between commas; an empty item is refused by it. */
static bool each_item(struct dm_bytes list, bool (*accept)(struct dm_bytes item))
{
	struct dm_bytes item, rest = list;
	bool more = true;

	while (more) {
		more = split(rest, ',', &item, &rest);
		if (!accept(item))
			return false;
	}
	return true;
}

/* ---- addresses and ports ---- */

/* No bit may be set behind the first `bits`. */
static bool is_masked(const uint8_t *address, size_t size, uint32_t bits)
{
	for (size_t i = bits; i < size * 8; i++) {
		if (address[i / 8] & 0x80 >> i % 8)
			return false;
	}
	return true;
}

static bool accept_address(struct dm_bytes word)
{
	struct dm_bytes number, mask;
	bool masked = split(word, '/', &number, &mask);
	char text[INET6_ADDRSTRLEN];
	uint8_t address[16];
	size_t size;
	uint32_t bits;

	if (number.size == 0 || number.size >= sizeof(text))
		return false;
	memcpy(text, number.at, number.size);
	text[number.size] = '\0';
	if (strlen(text) != number.size)
		return false;
	size = memchr(text, ':', number.size) ? 16 : 4;
	if (inet_pton(size == 16 ? AF_INET6 : AF_INET, text, address) != 1)
		return false;
	if (!masked)
		return true;
	return read_number(mask, (uint32_t)size * 8, &bits) && is_masked(address, size, bits);
}

static bool accept_ports(struct dm_bytes item)
{
	struct dm_bytes low, high;
	uint32_t first, last;

	if (!split(item, '-', &low, &high))
		return read_number(item, UINT16_MAX, &first);
	return read_number(low, UINT16_MAX, &first) && read_number(high, UINT16_MAX, &last) &&
	       first <= last;
}

/* The ports, when the next word begins with a digit. */
static bool take_ports(struct rule *rule)
{
	skip_blanks(&rule->cursor);
	if (!dm_cursor_left(&rule->cursor) || !is_digit(*rule->cursor.at))
		return true;
	rule->ports = true;
	if (rule->protocol != TCP && rule->protocol != UDP && rule->protocol != SCTP)
		return false;
	return each_item(take_word(&rule->cursor), accept_ports);
}

static bool take_end(struct rule *rule)
{
	struct dm_bytes word = take_word(&rule->cursor);

	if (is_word(word, "!"))
		word = take_word(&rule->cursor);
	else if (word.size && word.at[0] == '!')
		word = dm_bytes_of(word.at + 1, word.size - 1);
	if (!is_word(word, "any") && !is_word(word, "assigned") && !accept_address(word))
		return false;
	return take_ports(rule);
}

/* ---- options ---- */

static struct dm_bytes without_not(struct dm_bytes item)
{
	if (item.size && item.at[0] == '!')
		return dm_bytes_of(item.at + 1, item.size - 1);
	return item;
}

static bool accept_ip_option(struct dm_bytes item)
{
	static const char *const words[] = { "ssrr", "lsrr", "rr", "ts", NULL };

	return is_one_of(without_not(item), words);
}

static bool accept_tcp_option(struct dm_bytes item)
{
	static const char *const words[] = { "mss", "window", "sack", "ts", "cc", NULL };

	return is_one_of(without_not(item), words);
}

static bool accept_tcp_flag(struct dm_bytes item)
{
	static const char *const words[] = { "fin", "syn", "rst", "psh", "ack", "urg", NULL };

	return is_one_of(without_not(item), words);
}

/* The names have blanks in them, so they are looked for in the text rather than as words. */
static bool take_icmp_type(struct dm_cursor *cursor)
{
	static const char *const names[] = {
		"echo reply",          "destination unreachable",
		"source quench",       "redirect",
		"echo request",        "router advertisement",
		"router solicitation", "time-to-live exceeded",
		"IP header bad",       "timestamp request",
		"timestamp reply",     "information request",
		"information reply",   "address mask request",
		"address mask reply",  NULL,
	};
	uint32_t number;
	size_t digits = 0;

	for (size_t i = 0; names[i]; i++) {
		struct dm_cursor ahead = *cursor;

		if (is_word(dm_cursor_take(&ahead, strlen(names[i])), names[i])) {
			*cursor = ahead;
			return true;
		}
	}
	while (digits < dm_cursor_left(cursor) && is_digit(cursor->at[digits]))
		digits++;
	return read_number(dm_cursor_take(cursor, digits), UINT8_MAX, &number);
}

static bool take_mark(struct dm_cursor *cursor, uint8_t mark)
{
	if (!dm_cursor_left(cursor) || *cursor->at != mark)
		return false;
	dm_cursor_u8(cursor);
	return true;
}

static bool take_icmp_types(struct rule *rule)
{
	struct dm_cursor *cursor = &rule->cursor;

	if (rule->protocol != ICMP && rule->protocol != ICMPV6)
		return false;
	skip_blanks(cursor);
	do {
		if (!take_icmp_type(cursor))
			return false;
		if (take_mark(cursor, '-') && !take_icmp_type(cursor))
			return false;
	} while (take_mark(cursor, ','));
	return !dm_cursor_left(cursor) || is_blank(*cursor->at);
}

static bool take_tcp(struct rule *rule, bool (*accept)(struct dm_bytes item))
{
	return rule->protocol == TCP && each_item(take_word(&rule->cursor), accept);
}

static bool take_option(struct rule *rule, struct dm_bytes word)
{
	if (is_word(word, "frag")) {
		rule->frag = true;
		return true;
	}
	if (is_word(word, "ipoptions"))
		return each_item(take_word(&rule->cursor), accept_ip_option);
	if (is_word(word, "tcpoptions"))
		return take_tcp(rule, accept_tcp_option);
	if (is_word(word, "established") || is_word(word, "setup"))
		return rule->protocol == TCP;
	if (is_word(word, "tcpflags")) {
		rule->tcpflags = true;
		return take_tcp(rule, accept_tcp_flag);
	}
	return is_word(word, "icmptypes") && take_icmp_types(rule);
}

static bool take_options(struct rule *rule)
{
	struct dm_bytes word;

	while ((word = take_word(&rule->cursor)).size) {
		if (!take_option(rule, word))
			return false;
	}
	return !rule->frag || (!rule->tcpflags && !rule->ports);
}

/* ---- the rule ---- */

static bool take_protocol(struct rule *rule)
{
	struct dm_bytes word = take_word(&rule->cursor);
	uint32_t number;

	rule->protocol = ANY_PROTOCOL;
	if (is_word(word, "ip"))
		return true;
	if (!read_number(word, UINT8_MAX, &number))
		return false;
	rule->protocol = (int)number;
	return true;
}

bool dm_is_ip_filter_rule(struct dm_bytes text)
{
	static const char *const actions[] = { "permit", "deny", NULL };
	static const char *const directions[] = { "in", "out", NULL };
	struct rule rule = { .cursor = dm_cursor_of(text) };

	return is_one_of(take_word(&rule.cursor), actions) &&
	       is_one_of(take_word(&rule.cursor), directions) && take_protocol(&rule) &&
	       is_word(take_word(&rule.cursor), "from") && take_end(&rule) &&
	       is_word(take_word(&rule.cursor), "to") && take_end(&rule) && take_options(&rule);
}
