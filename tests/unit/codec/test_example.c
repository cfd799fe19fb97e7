/* SPDX-License-Identifier: Apache-2.0 */
/* Every command of every grammar: its examples are sound, and come back octet for octet. */
#include "codec_test.h"

#include "dict/mip6.dia.h"

static void check_example(struct codec *codec, const struct dm_command *command, bool maximal)
{
	dm_writer_reset(&codec->wire);
	assert_int_equal(dm_example(codec->dictionary, command, maximal, &codec->wire), 0);
	decode(codec);
	if (codec->fault.result_code)
		fail_msg("%s: %u %s", command->abbreviation, codec->fault.result_code,
		         codec->fault.sentence);
	assert_ptr_equal(codec->message.entry->command, command);
	assert_false(codec->message.application_differs);
	expect_same_again(codec);
}

/* Strict: flags, fixed places and applications are right as well. */
static void examples_of(struct codec *codec, const struct dm_grammar *grammar)
{
	codec->options.strict = true;
	assert_true(grammar->command_count > 0);
	for (uint16_t i = 0; i < grammar->command_count; i++) {
		check_example(codec, grammar->commands[i], false);
		check_example(codec, grammar->commands[i], true);
	}
}

static void base_examples(void **state)
{
	examples_of(*state, &dm_base_grammar);
}

static void mip6_examples(void **state)
{
	struct codec *codec = *state;

	assert_int_equal(dm_dictionary_add(codec->dictionary, &mip6_grammar, NULL, NULL, 0), 0);
	examples_of(codec, &mip6_grammar);
}

static void test_examples(void **state)
{
	examples_of(*state, &test_grammar);
}

/* The maximal one has every line, lists and the others twice. */
static void maximal_has_everything(void **state)
{
	struct codec *codec = *state;
	const struct test_tar *tar;
	const bool *has;

	assert_int_equal(dm_example(codec->dictionary, &test_command_tar, true, &codec->wire), 0);
	tar = decode_sound(codec);
	has = (const bool *)&tar->has;
	for (size_t i = 0; i < sizeof(tar->has); i++)
		assert_true(has[i]);
	assert_int_equal(tar->test_kind.count, 2);
	assert_int_equal(tar->test_leaf.count, 2);
	assert_int_equal(tar->other.count, 2);
	assert_non_null(tar->test_nest->test_nest);
}

/* The minimal one has what is required: each AVP left out is missed. */
static void minimal_has_nothing_too_much(void **state)
{
	struct codec *codec = *state;
	struct dm_writer out;
	struct dm_cursor cursor;
	struct dm_raw_avp avp;
	size_t count = 0;

	dm_writer_init(&out, 4096);
	assert_int_equal(dm_example(codec->dictionary, &dm_command_cer, false, &out), 0);
	cursor = dm_raw_avps(dm_writer_written(&out));
	while (dm_raw_next(&cursor, &avp, NULL)) {
		struct dm_raw_edit edit = { .remove = &avp, .remove_count = 1 };

		dm_writer_reset(&codec->wire);
		assert_int_equal(dm_raw_rewrite(dm_writer_written(&out), &edit, &codec->wire), 0);
		decode_faulty(codec, 5005);
		assert_int_equal(failed(codec).code, avp.code);
		count++;
	}
	assert_int_equal(count, 5);
	dm_writer_fini(&out);
}

static void no_room_for_an_example(void **state)
{
	struct codec *codec = *state;
	uint8_t room[64];
	struct dm_writer out;

	dm_writer_init_fixed(&out, room, sizeof(room));
	assert_int_equal(dm_example(codec->dictionary, &dm_command_cer, true, &out), -90);
	assert_int_equal(out.size, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CODEC_TEST(base_examples),
		CODEC_TEST(mip6_examples),
		CODEC_TEST(test_examples),
		CODEC_TEST(maximal_has_everything),
		CODEC_TEST(minimal_has_nothing_too_much),
		CODEC_TEST(no_room_for_an_example),
	};

	return cmocka_run_group_tests_name("codec-example", tests, NULL, NULL);
}
