/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

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
	int wanted = vsnprintf(text->at + text->size, left, format, list);

	if (wanted < 0)
		return;
	if ((size_t)wanted >= left) {
		text->cut = true;
		text->size = text->room ? text->room - 1 : 0;
		return;
	}
	text->size += (size_t)wanted;
}

void dm_text_add(struct dm_text *text, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	dm_text_add_list(text, format, list);
	va_end(list);
}

void dm_text_octets(struct dm_text *text, struct dm_bytes bytes)
{
	bool utf8 = dm_bytes_is_utf8(bytes);

	for (size_t i = 0; i < bytes.size; i++) {
		uint8_t octet = bytes.at[i];
		bool plain = octet >= 0x20 && octet < 0x7f && octet != '\\';

		if (plain || (utf8 && octet >= 0x80))
			dm_text_add(text, "%c", octet);
		else
			dm_text_add(text, "\\x%02x", octet);
	}
}

void dm_text_hex(struct dm_text *text, struct dm_bytes bytes)
{
	for (size_t i = 0; i < bytes.size; i++)
		dm_text_add(text, "%02x", bytes.at[i]);
}
