/* SPDX-License-Identifier: Apache-2.0 */
/* The file of a key: a few words of the language of named.conf. */
#include "dns/key.h"

#include <errno.h>
#include <libknot/dname.h>
#include <openssl/evp.h>

#define SECRET_LEAST 16
#define FILE_LIMIT   ((size_t)4096)

struct scan {
	const char *at, *end;
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool starts(const struct scan *scan, const char *mark)
{
	size_t size = strlen(mark);

	return (size_t)(scan->end - scan->at) >= size && memcmp(scan->at, mark, size) == 0;
}

static void skip_to(struct scan *scan, const char *mark)
{
	while (scan->at < scan->end && !starts(scan, mark))
		scan->at++;
	if (scan->at < scan->end)
		scan->at += strlen(mark);
}

static void skip_space(struct scan *scan)
{
	while (scan->at < scan->end) {
		if (is_space(*scan->at))
			scan->at++;
		else if (starts(scan, "//") || starts(scan, "#"))
			skip_to(scan, "\n");
		else if (starts(scan, "/*"))
			skip_to(scan, "*/");
		else
			return;
	}
}

/* A word, the inside of a quoted one, or one of { } ;. Empty at the end, or where a quote stays
 * open. */
static struct dm_bytes next(struct scan *scan)
{
	const char *from;

	skip_space(scan);
	if (scan->at == scan->end)
		return (struct dm_bytes){ 0 };
	from = scan->at;
	if (*from == '"') {
		skip_to(scan, "\"");
		from = scan->at;
		skip_to(scan, "\"");
		return dm_bytes_of(from, scan->at > from ? (size_t)(scan->at - from) - 1 : 0);
	}
	if (strchr("{};", *from)) {
		scan->at++;
		return dm_bytes_of(from, 1);
	}
	while (scan->at < scan->end && !is_space(*scan->at) && !strchr("{};\"", *scan->at))
		scan->at++;
	return dm_bytes_of(from, (size_t)(scan->at - from));
}

static bool expect(struct scan *scan, const char *word)
{
	return dm_bytes_equal_folded(next(scan), dm_bytes_text(word));
}

static bool read_name(struct dm_bytes name, struct dns_key *key)
{
	char text[256];

	if (name.size == 0 || name.size >= sizeof(text))
		return false;
	memcpy(text, name.at, name.size);
	text[name.size] = '\0';
	if (!knot_dname_from_str(key->name, text, sizeof(key->name)))
		return false;
	knot_dname_to_lower(key->name);
	return true;
}

static bool read_secret(struct dm_bytes base64, struct dm_secret *secret)
{
	uint8_t plain[DM_SECRET_ROOM + 3];
	size_t padding = 0;
	int size;
	bool good;

	while (padding < 2 && padding < base64.size && base64.at[base64.size - 1 - padding] == '=')
		padding++;
	if (base64.size == 0 || base64.size % 4 || base64.size / 4 * 3 > sizeof(plain))
		return false;
	size = EVP_DecodeBlock(plain, base64.at, (int)base64.size);
	good = size >= SECRET_LEAST + (int)padding &&
	       dm_secret_set(secret, dm_bytes_of(plain, (size_t)size - padding));
	dm_wipe(plain, sizeof(plain));
	return good;
}

static int refuse(struct dm_text *why, const char *sentence)
{
	dm_text_add(why, "%s", sentence);
	return -EINVAL;
}

/* The inside of the braces, in either order. */
static int read_statements(struct scan *scan, struct dns_key *key, struct dm_text *why)
{
	struct dm_bytes word;

	for (word = next(scan); word.size && *word.at != '}'; word = next(scan)) {
		struct dm_bytes value = next(scan);

		if (dm_bytes_equal_folded(word, DM_BYTES_LITERAL("algorithm"))) {
			if (!dm_bytes_equal_folded(value, DM_BYTES_LITERAL("hmac-sha256")) &&
			    !dm_bytes_equal_folded(value, DM_BYTES_LITERAL("hmac-sha256.")))
				return refuse(why, "the key's algorithm is not hmac-sha256");
		} else if (!dm_bytes_equal_folded(word, DM_BYTES_LITERAL("secret"))) {
			return refuse(why, "something stands beside algorithm and secret");
		} else if (!read_secret(value, &key->secret)) {
			return refuse(why, "the secret is not 16 to 64 octets in Base64");
		}
		if (!expect(scan, ";"))
			return refuse(why, "a ; is missing");
	}
	return word.size ? 0 : refuse(why, "the } is missing");
}

int dns_key_read(struct dm_bytes file, struct dns_key *key, struct dm_text *why)
{
	struct scan scan = { (const char *)file.at, (const char *)file.at + file.size };
	int error;

	*key = (struct dns_key){ 0 };
	if (file.size == 0 || file.size > FILE_LIMIT || memchr(file.at, '\0', file.size))
		return refuse(why, "that is no key file");
	if (!expect(&scan, "key") || !read_name(next(&scan), key) || !expect(&scan, "{"))
		return refuse(why, "it does not begin with key \"NAME\" {");
	error = read_statements(&scan, key, why);
	if (!error && key->secret.size == 0)
		error = refuse(why, "it holds no secret");
	if (error)
		dns_key_wipe(key);
	return error;
}

void dns_key_wipe(struct dns_key *key)
{
	dm_wipe(key, sizeof(*key));
}
