/* SPDX-License-Identifier: Apache-2.0 */
#include "mip6/values.h"

/* The `c` of RFC 4282 2.1, without the escape: what stands in a username as it is. */
static bool is_plain(uint8_t octet)
{
	if (octet >= 0x80)
		return true;
	return octet > 0x20 && octet < 0x7f && !strchr("\"(),.:;<>@[\\]", octet);
}

/* dot-string: characters, plain or escaped by '\', in runs that single dots separate. */
static bool is_username(struct dm_bytes name)
{
	bool wants_character = true;

	if (name.size == 0)
		return true;
	for (size_t i = 0; i < name.size; i++) {
		if (name.at[i] == '.' && wants_character)
			return false;
		wants_character = name.at[i] == '.';
		if (name.at[i] == '\\' && ++i == name.size)
			return false;
		if (i > 0 && name.at[i - 1] == '\\')
			continue;
		if (name.at[i] != '.' && !is_plain(name.at[i]))
			return false;
	}
	return !wants_character && dm_bytes_is_utf8(name);
}

/* 1*( label "." ) label: a host name with at least one dot. */
static bool is_realm(struct dm_bytes realm)
{
	return realm.size > 0 && memchr(realm.at, '.', realm.size) && mip6_is_host_name(realm);
}

/* Where '@' stands; text.size when there is none. A realm holds no '@', so it is the last one,
 * unless that one is escaped and the name has no realm. */
static size_t at_sign(struct dm_bytes text)
{
	size_t found = text.size;
	bool escaped = false;
	const uint8_t *last;

	if (text.size == 0)
		return 0;
	if (!memchr(text.at, '\\', text.size)) {
		last = memrchr(text.at, '@', text.size);
		return last ? (size_t)(last - text.at) : text.size;
	}
	for (size_t i = 0; i < text.size; i++) {
		if (text.at[i] == '@' && !escaped)
			found = i;
		escaped = text.at[i] == '\\' && !escaped;
	}
	return found;
}

/* The realm before the first non-escaped '!' (2.7), or nothing. */
static struct dm_bytes decoration(struct dm_bytes username)
{
	bool escaped = false;

	for (size_t i = 0; i < username.size; i++) {
		struct dm_bytes before = dm_bytes_of(username.at, i);

		if (username.at[i] == '!' && !escaped)
			return is_realm(before) ? before : (struct dm_bytes){ 0 };
		escaped = username.at[i] == '\\' && !escaped;
	}
	return (struct dm_bytes){ 0 };
}

bool mip6_nai_parse(struct dm_bytes text, struct mip6_nai *out)
{
	size_t at = at_sign(text);
	struct dm_bytes home;

	*out = (struct mip6_nai){ .username = dm_bytes_of(text.at, at) };
	if (text.size == 0 || text.size > MIP6_NAI_LIMIT || !is_username(out->username))
		return false;
	if (at == text.size)
		return true;
	out->realm = dm_bytes_of(text.at + at + 1, text.size - at - 1);
	home = decoration(out->username);
	out->home_realm = home.size ? home : out->realm;
	return is_realm(out->realm);
}

void mip6_nai_undecorate(const struct mip6_nai *nai, struct dm_writer *out)
{
	struct dm_bytes name = nai->username;

	if (nai->home_realm.at != nai->realm.at) {
		name.at += nai->home_realm.size + 1;
		name.size -= nai->home_realm.size + 1;
	}
	dm_writer_bytes(out, name);
	if (nai->home_realm.size == 0)
		return;
	dm_writer_u8(out, '@');
	dm_writer_bytes(out, nai->home_realm);
}

bool mip6_user_key(struct dm_bytes user_name, struct dm_writer *out)
{
	uint8_t *key = dm_writer_extend(out, user_name.size);

	if (!key || user_name.size == 0)
		return !out->failed;
	memcpy(key, user_name.at, user_name.size);
	for (size_t i = at_sign(user_name); i < user_name.size; i++) {
		if (key[i] >= 'A' && key[i] <= 'Z')
			key[i] |= 0x20;
	}
	return true;
}
