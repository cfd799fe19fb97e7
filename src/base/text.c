/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include "base/format.h"

#include <stdio.h>

void dm_text_init(struct dm_text *text, char *buffer, size_t room)
{
	*text = (struct dm_text){ .at = buffer, .room = room };
	if (room)
		buffer[0] = '\0';
}

void dm_text_add_list(struct dm_text *text, const char *format, va_list list)
{
	size_t left = text->room - text->size;
	int wanted;

	if (text->cut)
		return;
	wanted = left ? dm_format_plain(text->at + text->size, left, format, list) : -1;
	if (wanted >= 0) {
		text->size += (size_t)wanted;
		return;
	}
	wanted = left ? vsnprintf(text->at + text->size, left, format, list) : 0;
	if (wanted < 0)
		return;
	text->cut = (size_t)wanted >= left;
	text->size += text->cut && left ? left - 1 : (size_t)wanted;
}

void dm_text_add(struct dm_text *text, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	dm_text_add_list(text, format, list);
	va_end(list);
}

/* All of it or nothing: a character is never halved. */
static void append(struct dm_text *text, const void *octets, size_t size)
{
	if (text->cut)
		return;
	if (size >= text->room - text->size) {
		text->cut = true;
		return;
	}
	memcpy(text->at + text->size, octets, size);
	text->size += size;
	text->at[text->size] = '\0';
}

static bool turns_direction(uint32_t point)
{
	return point == 0x200e || point == 0x200f || (point >= 0x202a && point <= 0x202e) ||
	       (point >= 0x2066 && point <= 0x2069);
}

static bool is_plain(uint32_t point)
{
	if (point < 0x20 || (point >= 0x7f && point < 0xa0))
		return false;
	return point != 0x2028 && point != 0x2029 && point != 0xfeff && !turns_direction(point);
}

static void append_escaped(struct dm_text *text, const uint8_t *octets, size_t size,
                           const char *escape)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < size; i++) {
		append(text, escape, strlen(escape));
		append(text, &digits[octets[i] >> 4], 1);
		append(text, &digits[octets[i] & 15], 1);
	}
}

/* How many octets from the first on need no second look. */
static size_t plain_run(struct dm_bytes bytes)
{
	size_t i = 0;

	while (i < bytes.size && bytes.at[i] >= ' ' && bytes.at[i] < 0x7f && bytes.at[i] != '\\')
		i++;
	return i;
}

void dm_text_octets(struct dm_text *text, struct dm_bytes bytes)
{
	size_t run = plain_run(bytes);

	if (run && !text->cut && run < text->room - text->size) {
		append(text, bytes.at, run);
		bytes = dm_bytes_of(bytes.at + run, bytes.size - run);
	}
	while (bytes.size && !text->cut) {
		uint32_t point;
		size_t taken = dm_bytes_utf8_next(bytes, &point);
		bool plain = taken && is_plain(point) && point != '\\';

		if (!taken)
			taken = 1;
		if (plain)
			append(text, bytes.at, taken);
		else
			append_escaped(text, bytes.at, taken, "\\x");
		bytes = dm_bytes_of(bytes.at + taken, bytes.size - taken);
	}
}

void dm_text_json(struct dm_text *text, struct dm_bytes bytes)
{
	append(text, "\"", 1);
	while (bytes.size && !text->cut) {
		uint32_t point;
		size_t taken = dm_bytes_utf8_next(bytes, &point);

		if (!taken)
			append_escaped(text, bytes.at, 1, "\\\\x");
		else if (point == '"' || point == '\\')
			dm_text_add(text, "\\%c", (int)point);
		else if (is_plain(point))
			append(text, bytes.at, taken);
		else
			dm_text_add(text, "\\u%04x", (unsigned)point);
		taken += !taken;
		bytes = dm_bytes_of(bytes.at + taken, bytes.size - taken);
	}
	append(text, "\"", 1);
}

void dm_text_hex(struct dm_text *text, struct dm_bytes bytes)
{
	append_escaped(text, bytes.at, bytes.size, "");
}
