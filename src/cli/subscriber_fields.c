/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/subscriber_fields.h"

#include <errno.h>
#include <stdlib.h>
#include <strings.h>

const struct hw_member *hw_field_named(const char *name)
{
	for (const struct hw_member *field = hw_subscriber_members; field->name; field++)
		if (strcmp(field->name, name) == 0)
			return field;
	return NULL;
}

/* ---- text to JSON; NULL with a sentence ---- */

static json_t *refuse(struct dm_text *why, const char *sentence)
{
	dm_text_add(why, "%s", sentence);
	return NULL;
}

static json_t *text_json(const char *text, struct dm_text *why)
{
	json_t *value = json_string(text); /* none when it is no UTF-8 */

	return value ? value : refuse(why, "is no text in UTF-8; write at most 253 octets");
}

static json_t *flag_json(const char *text, struct dm_text *why)
{
	static const char *const words[2][3] = { { "no", "false", "0" }, { "yes", "true", "1" } };

	for (int value = 0; value < 2; value++)
		for (size_t i = 0; i < 3; i++)
			if (strcasecmp(text, words[value][i]) == 0)
				return json_boolean(value);
	return refuse(why, "is neither; write yes or no");
}

static json_t *seconds_json(const char *text, struct dm_text *why)
{
	unsigned long number;
	char *end;

	errno = 0;
	number = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || number > UINT32_MAX)
		return refuse(why, "is no number of seconds; write 0 to 4294967295");
	return json_integer((json_int_t)number);
}

/* IKEV2, ikev2; MIPV6_AUTH, mipv6-auth. */
static bool is_protocol(const char *word, size_t size, const char *protocol)
{
	if (strlen(protocol) != size)
		return false;
	for (size_t i = 0; i < size; i++)
		if (strncasecmp(word + i, protocol + i, 1) != 0 &&
		    !(word[i] == '-' && protocol[i] == '_'))
			return false;
	return true;
}

/* A word that is no protocol stays as it is, for the check that follows. */
static json_t *protocol_json(const char *word, size_t size)
{
	for (unsigned protocol = 1; protocol <= HW_SA_PROTOCOLS; protocol++)
		if (is_protocol(word, size, hw_sa_protocol_name(protocol)))
			return json_string(hw_sa_protocol_name(protocol));
	return json_stringn(word, size);
}

static json_t *protocols_json(const char *text)
{
	json_t *array = json_array();

	text += strspn(text, " ,");
	while (*text) {
		size_t size = strcspn(text, " ,");
		json_t *protocol = protocol_json(text, size);

		(void)json_array_append_new(array, protocol ? protocol : json_null());
		text += size;
		text += strspn(text, " ,");
	}
	return array;
}

static json_t *value_json(const struct hw_member *field, const char *text, struct dm_text *why)
{
	switch (field->type) {
	case HW_MEMBER_FLAG:
		return flag_json(text, why);
	case HW_MEMBER_U32:
		return seconds_json(text, why);
	case HW_MEMBER_PROTOCOLS:
		return protocols_json(text);
	default:
		return text_json(text, why);
	}
}

/* The judge is the one of the daemon; its sentence begins with the name, which is said already. */
static bool is_good(const struct hw_member *field, json_t *value, struct dm_text *why)
{
	union {
		struct dm_bytes text;
		struct store_prefix prefix;
		struct dm_secret key;
		uint64_t number;
		bool flag;
	} place;
	struct hw_member nameless = *field;
	char sentence[160];
	struct dm_text told;
	bool good;

	nameless.name = "";
	dm_text_init(&told, sentence, sizeof(sentence));
	good = hw_member_read(&nameless, value, &place, &told);
	dm_wipe(&place, sizeof(place));
	if (!good)
		dm_text_add(why, "%s", sentence + strspn(sentence, " "));
	return good;
}

bool hw_field_set(json_t *record, const struct hw_member *field, const char *text, char *why,
                  size_t room)
{
	struct dm_text sentence;
	json_t *value;

	if (!*text) {
		(void)json_object_del(record, field->name);
		return true;
	}
	dm_text_init(&sentence, why, room);
	value = value_json(field, text, &sentence);
	if (value && is_good(field, value, &sentence))
		return json_object_set_new(record, field->name, value) == 0;
	json_decref(value);
	return false;
}

void hw_subscriber_wipe(json_t *record)
{
	json_t *key = json_object_get(record, "root_key");

	if (key)
		dm_wipe((void *)(uintptr_t)json_string_value(key), json_string_length(key));
}
