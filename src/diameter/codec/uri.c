/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cursor.h"
#include "syntax.h"

/* Takes `word`, in any case of letters, off the front. */
static bool take_word(struct dm_cursor *cursor, const char *word)
{
	struct dm_cursor ahead = *cursor;
	struct dm_bytes wanted = dm_bytes_text(word);
	struct dm_bytes taken = dm_cursor_take(&ahead, wanted.size);

	if (ahead.failed || !dm_bytes_equal_folded(taken, wanted))
		return false;
	*cursor = ahead;
	return true;
}

/* What stands before the next `:` or `;`. */
static struct dm_bytes take_host(struct dm_cursor *cursor)
{
	size_t size = 0;

	while (size < dm_cursor_left(cursor) && cursor->at[size] != ':' && cursor->at[size] != ';')
		size++;
	return dm_cursor_take(cursor, size);
}

static bool take_port(struct dm_cursor *cursor, uint16_t *port)
{
	uint32_t number = 0;
	size_t digits = 0;

	while (dm_cursor_left(cursor) && *cursor->at >= '0' && *cursor->at <= '9') {
		number = number * 10 + (uint32_t)(dm_cursor_u8(cursor) - '0');
		if (number > UINT16_MAX)
			return false;
		digits++;
	}
	*port = (uint16_t)number;
	return digits > 0 && number > 0;
}

/* One of `words`; its place in the list into `choice`. */
static bool take_choice(struct dm_cursor *cursor, const char *const *words, int *choice)
{
	for (int i = 0; words[i]; i++) {
		if (take_word(cursor, words[i])) {
			*choice = i;
			return true;
		}
	}
	return false;
}

static bool take_parameters(struct dm_cursor *cursor, struct dm_uri *uri)
{
	static const char *const transports[] = { "tcp", "sctp", "udp", NULL };
	static const char *const protocols[] = { "diameter", "radius", "tacacs+", NULL };
	int transport = DM_TRANSPORT_TCP;
	int protocol = DM_AAA_DIAMETER;

	if (take_word(cursor, ";transport=") && !take_choice(cursor, transports, &transport))
		return false;
	if (take_word(cursor, ";protocol=") && !take_choice(cursor, protocols, &protocol))
		return false;
	uri->transport = (enum dm_transport)transport;
	uri->protocol = (enum dm_aaa_protocol)protocol;
	return true;
}

bool dm_uri_parse(struct dm_bytes text, struct dm_uri *uri)
{
	struct dm_cursor cursor = dm_cursor_of(text);

	*uri = (struct dm_uri){ 0 };
	if (take_word(&cursor, "aaas://"))
		uri->secure = true;
	else if (!take_word(&cursor, "aaa://"))
		return false;
	uri->fqdn = take_host(&cursor);
	if (!dm_is_diameter_identity(uri->fqdn))
		return false;
	if (take_word(&cursor, ":") && !take_port(&cursor, &uri->port))
		return false;
	if (!take_parameters(&cursor, uri) || dm_cursor_left(&cursor))
		return false;
	return uri->transport != DM_TRANSPORT_UDP || uri->protocol != DM_AAA_DIAMETER;
}
