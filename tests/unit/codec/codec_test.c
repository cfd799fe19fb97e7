/* SPDX-License-Identifier: Apache-2.0 */
#include "codec_test.h"

#include "base/text.h"

#include <stdlib.h>

#define MESSAGE_LIMIT ((size_t)1 << 20)

int codec_setup(void **state)
{
	struct codec *codec = calloc(1, sizeof(*codec));
	char clash[200];

	assert_non_null(codec);
	codec->dictionary = dm_dictionary_new();
	assert_non_null(codec->dictionary);
	assert_int_equal(
		dm_dictionary_add(codec->dictionary, &test_grammar, NULL, clash, sizeof(clash)), 0);
	dm_arena_init(&codec->arena, MESSAGE_LIMIT);
	dm_writer_init(&codec->wire, MESSAGE_LIMIT);
	dm_writer_init(&codec->again, MESSAGE_LIMIT);
	*state = codec;
	return 0;
}

int codec_teardown(void **state)
{
	struct codec *codec = *state;

	dm_dictionary_free(codec->dictionary);
	dm_arena_fini(&codec->arena);
	dm_writer_fini(&codec->wire);
	dm_writer_fini(&codec->again);
	free(codec);
	return 0;
}

struct dm_bytes from_hex(const char *hex, uint8_t *room, size_t size)
{
	size_t count = 0;
	int high = -1;

	for (; *hex; hex++) {
		int digit;

		if (*hex == ' ')
			continue;
		digit = *hex <= '9' ? *hex - '0' : *hex - 'a' + 10;
		assert_in_range(digit, 0, 15);
		if (high < 0) {
			high = digit;
			continue;
		}
		assert_true(count < size);
		room[count++] = (uint8_t)(high << 4 | digit);
		high = -1;
	}
	assert_int_equal(high, -1);
	return dm_bytes_of(room, count);
}

void begin(struct codec *codec, uint32_t code, uint8_t flags, uint32_t application_id)
{
	dm_writer_reset(&codec->wire);
	dm_writer_u32(&codec->wire, 0x01000000);
	dm_writer_u8(&codec->wire, flags);
	dm_writer_u24(&codec->wire, code);
	dm_writer_u32(&codec->wire, application_id);
	dm_writer_u32(&codec->wire, 0x11223344);
	dm_writer_u32(&codec->wire, 0x55667788);
}

void put_head(struct codec *codec, uint32_t code, uint8_t flags, uint32_t length)
{
	dm_writer_u32(&codec->wire, code);
	dm_writer_u8(&codec->wire, flags);
	dm_writer_u24(&codec->wire, length);
}

void put(struct codec *codec, uint32_t code, uint8_t flags, struct dm_bytes data)
{
	put_head(codec, code, flags, (uint32_t)(8 + data.size));
	dm_writer_bytes(&codec->wire, data);
	dm_writer_zeros(&codec->wire, (4 - data.size % 4) % 4);
}

void put_vendor(struct codec *codec, uint32_t code, uint32_t vendor, uint8_t flags,
                struct dm_bytes data)
{
	put_head(codec, code, flags | DM_AVP_FLAG_V, (uint32_t)(12 + data.size));
	dm_writer_u32(&codec->wire, vendor);
	dm_writer_bytes(&codec->wire, data);
	dm_writer_zeros(&codec->wire, (4 - data.size % 4) % 4);
}

void put_text(struct codec *codec, uint32_t code, const char *text)
{
	put(codec, code, DM_AVP_FLAG_M, dm_bytes_text(text));
}

void put_u32(struct codec *codec, uint32_t code, uint32_t number)
{
	put_head(codec, code, DM_AVP_FLAG_M, 12);
	dm_writer_u32(&codec->wire, number);
}

void put_octets(struct codec *codec, const char *hex)
{
	uint8_t room[512];

	dm_writer_bytes(&codec->wire, from_hex(hex, room, sizeof(room)));
}

size_t open_group(struct codec *codec, uint32_t code, uint32_t vendor)
{
	size_t opened = codec->wire.size;

	put_head(codec, code, vendor ? DM_AVP_FLAG_V | DM_AVP_FLAG_M : DM_AVP_FLAG_M, 0);
	if (vendor)
		dm_writer_u32(&codec->wire, vendor);
	return opened;
}

void close_group(struct codec *codec, size_t opened)
{
	dm_writer_patch(&codec->wire, opened + 5, codec->wire.size - opened, 3);
}

struct dm_bytes finish(struct codec *codec)
{
	dm_writer_patch(&codec->wire, 1, codec->wire.size, 3);
	assert_false(codec->wire.failed);
	return dm_writer_written(&codec->wire);
}

void begin_tar(struct codec *codec)
{
	begin(codec, TEST_COMMAND, DM_FLAG_R | DM_FLAG_P, TEST_APPLICATION);
	put_text(codec, DM_AVP_SESSION_ID, "client.example.org;1;2");
	put_text(codec, DM_AVP_ORIGIN_HOST, "client.example.org");
	put_text(codec, DM_AVP_ORIGIN_REALM, "example.org");
	put_u32(codec, DM_AVP_AUTH_APPLICATION_ID, TEST_APPLICATION);
}

void begin_cer(struct codec *codec)
{
	begin(codec, DM_COMMAND_CER, DM_FLAG_R, 0);
	put_text(codec, DM_AVP_ORIGIN_HOST, "client.example.org");
	put_text(codec, DM_AVP_ORIGIN_REALM, "example.org");
	put_octets(codec, "00000101 4000000e 0001 c0000205 0000");
	put_u32(codec, DM_AVP_VENDOR_ID, 0);
	put(codec, DM_AVP_PRODUCT_NAME, 0, dm_bytes_text("test"));
}

void decode(struct codec *codec)
{
	dm_arena_reset(&codec->arena);
	assert_int_equal(dm_decode(codec->dictionary, &codec->options, finish(codec), &codec->arena,
	                           &codec->message, &codec->fault),
	                 0);
}

const void *decode_sound(struct codec *codec)
{
	decode(codec);
	if (codec->fault.result_code)
		fail_msg("%u %s", codec->fault.result_code, codec->fault.sentence);
	assert_non_null(codec->message.body);
	return codec->message.body;
}

void decode_faulty(struct codec *codec, uint32_t result_code)
{
	decode(codec);
	if (codec->fault.result_code != result_code)
		fail_msg("%u (%s) rather than %u", codec->fault.result_code, codec->fault.sentence,
		         result_code);
	assert_true(strlen(codec->fault.sentence) > 0);
	assert_true(strlen(codec->fault.path) > 0);
}

static struct dm_raw_avp only_one(struct dm_bytes octets)
{
	struct dm_cursor cursor = dm_cursor_of(octets);
	struct dm_raw_avp avp;

	assert_true(dm_raw_next(&cursor, &avp, NULL));
	assert_int_equal(dm_cursor_left(&cursor), 0);
	return avp;
}

struct dm_raw_avp failed(const struct codec *codec)
{
	return only_one(codec->fault.failed_avp);
}

struct dm_raw_avp only_member(struct dm_raw_avp group)
{
	return only_one(group.data);
}

void expect_failed(const struct codec *codec, uint32_t code, uint32_t vendor, const char *hex)
{
	struct dm_raw_avp avp = failed(codec);

	assert_int_equal(avp.code, code);
	assert_int_equal(avp.vendor, vendor);
	assert_octets(avp.data, hex);
}

void assert_octets(struct dm_bytes octets, const char *hex)
{
	uint8_t room[512];
	struct dm_bytes wanted = from_hex(hex, room, sizeof(room));
	char shown[1200];
	struct dm_text text;

	if (dm_bytes_equal(octets, wanted))
		return;
	dm_text_init(&text, shown, sizeof(shown));
	dm_text_hex(&text, octets);
	fail_msg("octets are %s, not %s", shown, hex);
}

void assert_text(struct dm_bytes octets, const char *text)
{
	char shown[600];
	struct dm_text out;

	if (dm_bytes_equal(octets, dm_bytes_text(text)))
		return;
	dm_text_init(&out, shown, sizeof(shown));
	dm_text_octets(&out, octets);
	fail_msg("text is '%s', not '%s'", shown, text);
}

void expect_same_again(struct codec *codec)
{
	struct dm_bytes wire = dm_writer_written(&codec->wire);

	dm_writer_reset(&codec->again);
	assert_int_equal(dm_encode(codec->dictionary, codec->message.entry->command,
	                           &codec->message.header, codec->message.body, &codec->again),
	                 0);
	assert_int_equal(codec->again.size, wire.size);
	assert_memory_equal(codec->again.at, wire.at, wire.size);
}
