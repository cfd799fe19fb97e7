/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One message: any octets decode to a body or to a complete fault. A body encodes to a message that
 * decodes and encodes to the same octets again; a fault of a request makes a whole answer.
 * Printing takes anything.
 */
#include "diameter/codec/raw.h"
#include "dict/base.dia.h"
#include "message_dictionary.h"

#include <stdio.h>
#include <stdlib.h>

#define ARENA_LIMIT   ((size_t)4 << 20)
#define MESSAGE_LIMIT ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool true_thing, const char *what)
{
	if (true_thing)
		return;
	fprintf(stderr, "not so: %s\n", what);
	abort();
}

/* Framing is done by the caller of dm_decode: whole words, and the length in the header. */
static struct dm_bytes framed(const uint8_t *data, size_t size, uint8_t **copy)
{
	size &= ~(size_t)3;
	*copy = malloc(size);
	expect(*copy != NULL, "memory");
	memcpy(*copy, data, size);
	(*copy)[1] = (uint8_t)(size >> 16);
	(*copy)[2] = (uint8_t)(size >> 8);
	(*copy)[3] = (uint8_t)size;
	return dm_bytes_of(*copy, size);
}

/* Session-Id and Proxy-Info of a faulty request come back as they were, so the answer need not
 * decode; but its own AVPs are whole and say what happened. */
static void expect_answer(struct dm_bytes answer, uint32_t result_code)
{
	struct dm_cursor cursor = dm_raw_avps(answer);
	struct dm_raw_avp avp;

	expect(dm_header_read(answer).length == answer.size, "an answer's length");
	while (dm_raw_next(&cursor, &avp, NULL))
		;
	expect(!cursor.failed, "an answer of whole AVPs");
	expect(dm_raw_find(answer, DM_AVP_RESULT_CODE, 0, &avp), "a Result-Code");
	cursor = dm_cursor_of(avp.data);
	expect(dm_cursor_u32(&cursor) == result_code, "the Result-Code of the fault");
}

static void encode(const struct dm_message *message, struct dm_writer *out)
{
	dm_writer_init(out, MESSAGE_LIMIT);
	expect(dm_encode(message_dictionary(), message->entry->command, &message->header,
	                 message->body, out) == 0,
	       "what was decoded encodes");
}

/* encode(decode(x)) is x in our own spelling; a second round changes nothing. */
static void check_round(const struct dm_message *message)
{
	const struct dm_decode_options lenient = { 0 };
	struct dm_message again;
	struct dm_writer first, second;
	struct dm_arena arena;
	struct dm_fault fault;

	encode(message, &first);
	dm_arena_init(&arena, ARENA_LIMIT);
	expect(dm_decode(message_dictionary(), &lenient, dm_writer_written(&first), &arena, &again,
	                 &fault) == 0,
	       "what was encoded decodes");
	expect(fault.result_code == 0, fault.sentence);
	encode(&again, &second);
	expect(dm_bytes_equal(dm_writer_written(&first), dm_writer_written(&second)),
	       "a second round changes nothing");
	dm_writer_fini(&second);
	dm_arena_fini(&arena);
	dm_writer_fini(&first);
}

static void check_fault(struct dm_bytes wire, const struct dm_header *header,
                        const struct dm_fault *fault)
{
	const struct dm_identity identity = {
		.origin_host = DM_BYTES_LITERAL("aaa.example.net"),
		.origin_realm = DM_BYTES_LITERAL("example.net"),
	};
	struct dm_cursor failed = dm_cursor_of(fault->failed_avp);
	struct dm_raw_avp avp;
	struct dm_writer answer;

	expect(fault->sentence[0] != '\0', "a fault has a sentence");
	while (dm_raw_next(&failed, &avp, NULL))
		;
	if (!(header->flags & DM_FLAG_R))
		return;
	dm_writer_init(&answer, MESSAGE_LIMIT);
	expect(dm_encode_fault(message_dictionary(), &identity, wire, fault, (struct dm_bytes){ 0 },
	                       &answer) == 0,
	       "a fault makes an answer");
	expect_answer(dm_writer_written(&answer), fault->result_code);
	dm_writer_fini(&answer);
}

static void check(struct dm_bytes wire, bool strict)
{
	const struct dm_decode_options options = { .strict = strict };
	struct dm_arena arena;
	struct dm_message message;
	struct dm_fault fault;
	int error;

	dm_arena_init(&arena, ARENA_LIMIT);
	error = dm_decode(message_dictionary(), &options, wire, &arena, &message, &fault);
	expect(error == 0, "the arena suffices");
	if (fault.result_code)
		check_fault(wire, &message.header, &fault);
	else
		check_round(&message);
	dm_arena_fini(&arena);
}

static void check_print(struct dm_bytes wire)
{
	static char room[16384];
	struct dm_text text;

	dm_text_init(&text, room, sizeof(room));
	dm_print(message_dictionary(), wire, &text);
	expect(dm_bytes_is_utf8(dm_bytes_of(text.at, text.size)) || text.cut,
	       "printed text is UTF-8");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy;
	struct dm_bytes wire;

	check_print(dm_bytes_of(data, size));
	if (size < DM_HEADER_SIZE)
		return 0;
	wire = framed(data, size, &copy);
	check(wire, false);
	check(wire, true);
	free(copy);
	return 0;
}
