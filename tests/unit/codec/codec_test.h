/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec_test: messages built octet by octet, and what the codec says of them.
 *
 * The builder knows nothing of grammars and writes whatever it is told, right or wrong; the codec
 * under test has no part in it.
 */
#ifndef CODEC_TEST_H
#define CODEC_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/cursor.h"
#include "base/writer.h"
#include "diameter/codec/message.h"
#include "diameter/codec/raw.h"
#include "test_grammar.h"

struct codec {
	struct dm_dictionary *dictionary;
	struct dm_arena arena;
	struct dm_writer wire;  /* the message being built */
	struct dm_writer again; /* for a second one: what is decoded borrows from `wire` */
	struct dm_decode_options options;
	struct dm_message message;
	struct dm_fault fault;
};

/* Fixture: base and test grammar. */
int codec_setup(void **state);
int codec_teardown(void **state);

#define CODEC_TEST(function) cmocka_unit_test_setup_teardown(function, codec_setup, codec_teardown)

/* ---- building ---- */

void begin(struct codec *codec, uint32_t code, uint8_t flags, uint32_t application_id);
/* Any header, any octets; `length` is written as AVP Length, padding is not added. */
void put_head(struct codec *codec, uint32_t code, uint8_t flags, uint32_t length);
void put(struct codec *codec, uint32_t code, uint8_t flags, struct dm_bytes data);
void put_vendor(struct codec *codec, uint32_t code, uint32_t vendor, uint8_t flags,
                struct dm_bytes data);
void put_text(struct codec *codec, uint32_t code, const char *text); /* M */
void put_u32(struct codec *codec, uint32_t code, uint32_t number);   /* M */
void put_octets(struct codec *codec, const char *hex);               /* as they are */
size_t open_group(struct codec *codec, uint32_t code, uint32_t vendor);
void close_group(struct codec *codec, size_t opened);
/* Patches the length. */
struct dm_bytes finish(struct codec *codec);

/* The required AVPs of TAR, in order: a sound message when nothing follows. */
void begin_tar(struct codec *codec);
void begin_cer(struct codec *codec);

/* ---- judging ---- */

/* Finishes and decodes; what came is in `message` and `fault`. */
void decode(struct codec *codec);
const void *decode_sound(struct codec *codec);
void decode_faulty(struct codec *codec, uint32_t result_code);

/* What was decoded, encoded, is what came. */
void expect_same_again(struct codec *codec);

/* The one AVP in Failed-AVP. */
struct dm_raw_avp failed(const struct codec *codec);
/* The one AVP in a group. */
struct dm_raw_avp only_member(struct dm_raw_avp group);
/* Failed-AVP holds an AVP of these numbers and this data. */
void expect_failed(const struct codec *codec, uint32_t code, uint32_t vendor, const char *hex);

void assert_octets(struct dm_bytes octets, const char *hex);
void assert_text(struct dm_bytes octets, const char *text);

struct dm_bytes from_hex(const char *hex, uint8_t *room, size_t size);

#endif
