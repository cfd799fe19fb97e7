/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/io/check.h"

#include "base/secret.h"
#include "diameter/codec/message.h"
#include "dict/base.dia.h"
#include "dict/mip6.dia.h"
#include "io/trace.h"

#define KEY "0123456789abcdef"

struct shown {
	struct dm_writer octets;
	size_t count;
	bool sent;
	char peer[64];
};

static struct dm_dictionary *dictionary;

static int setup(void **state)
{
	(void)state;
	dictionary = dm_dictionary_new();
	assert_int_equal(dm_dictionary_add(dictionary, &dm_base_grammar, NULL, NULL, 0), 0);
	assert_int_equal(dm_dictionary_add(dictionary, &mip6_grammar, NULL, NULL, 0), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	dm_dictionary_free(dictionary);
	return 0;
}

static void keep(void *context, const struct hw_trace_message *message)
{
	struct shown *shown = context;

	dm_writer_bytes(&shown->octets, message->octets);
	shown->count++;
	shown->sent = message->sent;
	strncpy(shown->peer, message->peer, sizeof(shown->peer) - 1);
}

/* An MHR with two keys, and a DWR behind it. */
static void write_messages(struct dm_writer *out)
{
	const struct mip6_key key = { .key_type = 3, .keying_material = DM_BYTES_LITERAL(KEY) };
	const struct mip6_security_association associations[] = {
		{ .has.key = true, .mip6_sa_protocol = 1, .key = &key },
		{ .has.key = true, .mip6_sa_protocol = 3, .key = &key },
	};
	const struct mip6_mhr request = {
		.session_id = DM_BYTES_LITERAL("aaa.example.net;1;2"),
		.auth_application_id = 33554438,
		.origin_host = DM_BYTES_LITERAL("aaa.example.net"),
		.origin_realm = DM_BYTES_LITERAL("example.net"),
		.destination_realm = DM_BYTES_LITERAL("example.net"),
		.auth_request_type = 2,
		.mip6_security_association = { associations, 2 },
	};
	const struct dm_dwr watchdog = {
		.origin_host = DM_BYTES_LITERAL("aaa.example.net"),
		.origin_realm = DM_BYTES_LITERAL("example.net"),
	};
	const struct dm_header header = { .hop_by_hop_id = 1, .end_to_end_id = 2 };

	assert_int_equal(dm_encode(dictionary, &mip6_command_mhr, &header, &request, out), 0);
	assert_int_equal(dm_encode(dictionary, &dm_command_dwr, &header, &watchdog, out), 0);
}

static bool holds(struct dm_bytes octets, const char *text)
{
	return memmem(octets.at, octets.size, text, strlen(text)) != NULL;
}

static void MH07_no_key_is_shown_and_nothing_else_is_changed(void **state)
{
	struct dm_writer wire, masked;
	size_t changed = 0;

	(void)state;
	dm_writer_init(&wire, 65536);
	dm_writer_init(&masked, 65536);
	write_messages(&wire);
	dm_writer_bytes(&masked, dm_writer_written(&wire));
	assert_true(holds(dm_writer_written(&wire), KEY));
	hw_trace_mask(dictionary, masked.at, dm_header_read(dm_writer_written(&wire)).length);
	assert_false(holds(dm_writer_written(&masked), KEY));
	for (size_t i = 0; i < wire.size; i++)
		changed += wire.at[i] != masked.at[i];
	assert_int_equal(changed, 2 * strlen(KEY));
	dm_writer_fini(&wire);
	dm_writer_fini(&masked);
}

/* Somebody who hides a key behind a broken length gets all of the rest blanked. */
static void MH07_behind_a_broken_avp_all_is_blank(void **state)
{
	struct dm_writer wire;
	uint8_t *length;

	(void)state;
	dm_writer_init(&wire, 65536);
	write_messages(&wire);
	length = wire.at + DM_HEADER_SIZE + 5; /* of the first AVP */
	length[0] = 0xff;
	hw_trace_mask(dictionary, wire.at, dm_header_read(dm_writer_written(&wire)).length);
	assert_false(holds(dm_writer_written(&wire), KEY));
	dm_writer_fini(&wire);
}

static void MH07_the_table_masks_without_a_dictionary(void **state)
{
	static const uint8_t message[] = {
		1,    0, 0, 36, 0x80, 0,   0,   1,   0,   0, 0, 0,
		0,    0, 0, 0,  0,    0,   0,   0, /* header */
		0,    0, 2, 71,                    /* Keying-Material, 583 */
		0x40, 0, 0, 13, 'k',  'e', 'y', 's', '!', 0, 0, 0,
	};
	uint8_t masked[sizeof(message)];

	(void)state;
	memcpy(masked, message, sizeof(message));
	hw_trace_mask(NULL, masked, sizeof(masked));
	assert_memory_equal(masked, message, 28);
	for (size_t i = 28; i < 33; i++)
		assert_int_equal(masked[i], 0);
}

/* Another vendor's group, inside of another: a relay sees it pass and no grammar knows it. */
static void MH07_a_key_inside_of_unknown_groups_is_masked(void **state)
{
	static const uint8_t
		message[] = {
			1,    0,    0,    60,   0x80, 0,   0,   1,   0,    0, 0, 0,
			0,    0,    0,    0,    0,    0,   0,   0,                  /* header */
			0x0f, 0,    0,    1,                                        /* unknown */
			0x80, 0,    0,    40,   0,    0,   9,   9,   0x0f, 0, 0, 2, /* unknown */
			0,    0,    0,    28,   0,    0,   2,   71, /* Keying-Material, 583 */
			0,    0,    0,    13,   'k',  'e', 'y', 's', '!',  0, 0, 0,
			0xff, 0xff, 0xff, 0xff, /* and what is broken behind it */
		};
	const struct dm_dictionary *known[] = { NULL, dictionary };
	uint8_t masked[sizeof(message)];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		memcpy(masked, message, sizeof(message));
		hw_trace_mask(known[i], masked, sizeof(masked));
		assert_memory_equal(masked, message, 48);
		for (size_t at = 48; at < 53; at++)
			assert_int_equal(masked[at], 0);
		for (size_t at = 56; at < 60; at++)
			assert_int_equal(masked[at], 0);
	}
}

static void an_unknown_avp_that_is_no_group_stays(void **state)
{
	static const uint8_t message[] = {
		1,    0,   0,   40,  0x80, 0,   0,   1,   0,   0,
		0,    0,   0,   0,   0,    0,   0,   0,   0,   0, /* header */
		0x0f, 0,   0,   1,   0,    0,   0,   20,  'p', 'l',
		'a',  'i', 'n', ' ', 't',  'e', 'x', 't', '.', '.',
	};
	uint8_t masked[sizeof(message)];

	(void)state;
	memcpy(masked, message, sizeof(message));
	hw_trace_mask(dictionary, masked, sizeof(masked));
	assert_memory_equal(masked, message, sizeof(message));
}

static void a_stream_in_any_pieces_gives_each_message_once(void **state)
{
	struct dm_writer wire;

	(void)state;
	dm_writer_init(&wire, 65536);
	write_messages(&wire);
	for (size_t piece = 1; piece <= wire.size; piece += piece < 40 ? 1 : 37) {
		struct hw_trace trace = { .dictionary = dictionary };
		struct shown shown = { .count = 0 };
		struct hw_trace_listener listener = { .message = keep, .context = &shown };
		struct hw_trace_stream stream;

		dm_writer_init(&shown.octets, 65536);
		hw_trace_listen(&trace, &listener);
		hw_trace_stream_init(&stream, &trace, true, "peer.example", "a", "b");
		for (size_t at = 0; at < wire.size; at += piece)
			hw_trace_octets(&stream, dm_bytes_of(wire.at + at, wire.size - at < piece
			                                                           ? wire.size - at
			                                                           : piece));
		assert_int_equal(shown.count, 2);
		assert_int_equal(shown.octets.size, wire.size);
		assert_true(shown.sent);
		assert_string_equal(shown.peer, "peer.example");
		assert_false(holds(dm_writer_written(&shown.octets), KEY));
		hw_trace_stream_fini(&stream);
		dm_writer_fini(&shown.octets);
	}
	dm_writer_fini(&wire);
}

static void who_comes_in_the_middle_sees_the_next_whole_message(void **state)
{
	struct hw_trace trace = { .dictionary = dictionary };
	struct shown shown = { .count = 0 };
	struct hw_trace_listener listener = { .message = keep, .context = &shown };
	struct hw_trace_stream stream;
	struct dm_writer wire;
	size_t first;

	(void)state;
	dm_writer_init(&wire, 65536);
	dm_writer_init(&shown.octets, 65536);
	write_messages(&wire);
	first = dm_header_read(dm_writer_written(&wire)).length;
	hw_trace_stream_init(&stream, &trace, false, "", "a", "b");
	hw_trace_octets(&stream, dm_bytes_of(wire.at, 100));
	hw_trace_listen(&trace, &listener);
	hw_trace_octets(&stream, dm_bytes_of(wire.at + 100, wire.size - 100));
	assert_int_equal(shown.count, 1);
	assert_memory_equal(shown.octets.at, wire.at + first, wire.size - first);
	hw_trace_unlisten(&trace, &listener);
	hw_trace_octets(&stream, dm_writer_written(&wire));
	assert_int_equal(shown.count, 1);
	hw_trace_stream_fini(&stream);
	dm_writer_fini(&wire);
	dm_writer_fini(&shown.octets);
}

static void lost_framing_is_silence(void **state)
{
	static const uint8_t short_length[] = { 1, 0, 0, 19 };
	static const uint8_t version[] = { 2, 0, 0, 20 };
	const uint8_t *const heads[] = { short_length, version };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct hw_trace trace = { .dictionary = dictionary };
		struct shown shown = { .count = 0 };
		struct hw_trace_listener listener = { .message = keep, .context = &shown };
		struct hw_trace_stream stream;

		hw_trace_listen(&trace, &listener);
		hw_trace_stream_init(&stream, &trace, false, "", "a", "b");
		hw_trace_octets(&stream, dm_bytes_of(heads[i], 4));
		for (int j = 0; j < 100; j++)
			hw_trace_octets(&stream, DM_BYTES_LITERAL("\1\0\0\24 and so on for long"));
		assert_int_equal(shown.count, 0);
		hw_trace_stream_fini(&stream);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(MH07_no_key_is_shown_and_nothing_else_is_changed),
		cmocka_unit_test(MH07_behind_a_broken_avp_all_is_blank),
		cmocka_unit_test(MH07_the_table_masks_without_a_dictionary),
		cmocka_unit_test(MH07_a_key_inside_of_unknown_groups_is_masked),
		cmocka_unit_test(an_unknown_avp_that_is_no_group_stays),
		cmocka_unit_test(a_stream_in_any_pieces_gives_each_message_once),
		cmocka_unit_test(who_comes_in_the_middle_sees_the_next_whole_message),
		cmocka_unit_test(lost_framing_is_silence),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
