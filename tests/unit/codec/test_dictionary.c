/* SPDX-License-Identifier: Apache-2.0 */
#include "codec_test.h"

#include "dict/mip6.dia.h"

#include <errno.h>

static void lookups(void **state)
{
	struct codec *codec = *state;
	struct dm_dictionary *dictionary = codec->dictionary;
	const struct dm_command_entry *entry;

	entry = dm_dictionary_command(dictionary, TEST_APPLICATION, TEST_COMMAND, true);
	assert_ptr_equal(entry->command, &test_command_tar);
	assert_ptr_equal(dm_dictionary_entry(dictionary, &test_command_tar), entry);
	entry = dm_dictionary_command(dictionary, TEST_APPLICATION, TEST_COMMAND, false);
	assert_ptr_equal(entry->command, &test_command_taa);
	assert_null(dm_dictionary_command(dictionary, 0, TEST_COMMAND, true));
	assert_null(dm_dictionary_entry(dictionary, &mip6_command_mbr));

	assert_ptr_equal(dm_dictionary_avp(dictionary, 264, 0), &dm_avp_origin_host);
	assert_ptr_equal(dm_dictionary_avp(dictionary, TEST_LEAF, TEST_VENDOR),
	                 &test_avp_test_leaf);
	assert_null(dm_dictionary_avp(dictionary, TEST_LEAF, 0));
	assert_null(dm_dictionary_avp(dictionary, 264, TEST_VENDOR));
	assert_ptr_equal(dm_dictionary_avp_named(dictionary, dm_bytes_text("origin-host")),
	                 &dm_avp_origin_host);
	assert_null(dm_dictionary_avp_named(dictionary, dm_bytes_text("Origin-Hos")));
}

/* Profile 4: the base commands are found under every application that is known. */
static void base_commands_under_any_application(void **state)
{
	struct codec *codec = *state;
	const struct dm_command_entry *entry =
		dm_dictionary_command(codec->dictionary, 0, DM_COMMAND_STR, true);

	assert_ptr_equal(entry->command, &dm_command_str);
	assert_ptr_equal(
		dm_dictionary_command(codec->dictionary, TEST_APPLICATION, DM_COMMAND_STR, true),
		entry);
	assert_ptr_equal(dm_dictionary_command(codec->dictionary, 3, DM_COMMAND_ACR, true)->command,
	                 &dm_command_acr);
	assert_null(dm_dictionary_command(codec->dictionary, 4711, DM_COMMAND_STR, true));
}

static void applications(void **state)
{
	struct codec *codec = *state;

	assert_true(dm_dictionary_has_application(codec->dictionary, 0));
	assert_true(dm_dictionary_has_application(codec->dictionary, TEST_APPLICATION));
	assert_true(dm_dictionary_has_application(codec->dictionary, 3));
	assert_false(dm_dictionary_has_application(codec->dictionary, 4));
	assert_false(dm_dictionary_has_application(codec->dictionary, 0xffffffff));
}

static void added_twice(void **state)
{
	struct codec *codec = *state;

	assert_int_equal(dm_dictionary_add(codec->dictionary, &test_grammar, NULL, NULL, 0), 0);
	assert_int_equal(dm_dictionary_add(codec->dictionary, &dm_base_grammar, NULL, NULL, 0), 0);
}

/* MB07: the numbers that the draft left open are options. */
static void MB07_numbers_in_force(void **state)
{
	struct codec *codec = *state;
	struct dm_dictionary *dictionary = codec->dictionary;
	const struct dm_numbers numbers = {
		.application_id = 16777217,
		.vendor = 4242,
		.command_codes = { { MIP6_COMMAND_MBR, 8388650 } },
	};
	const struct dm_command_entry *entry;
	struct dm_writer out;
	struct dm_header header;

	assert_int_equal(dm_dictionary_add(dictionary, &mip6_grammar, &numbers, NULL, 0), 0);
	entry = dm_dictionary_command(dictionary, 16777217, 8388650, true);
	assert_ptr_equal(entry->command, &mip6_command_mbr);
	assert_int_equal(entry->code, 8388650);
	assert_int_equal(entry->application_id, 16777217);
	assert_ptr_equal(
		dm_dictionary_command(dictionary, 16777217, MIP6_COMMAND_MHR, true)->command,
		&mip6_command_mhr);
	assert_null(dm_dictionary_command(dictionary, 16777217, MIP6_COMMAND_MBR, true));
	assert_false(dm_dictionary_has_application(dictionary, MIP6_APPLICATION_ID));

	assert_ptr_equal(dm_dictionary_avp(dictionary, MIP6_AVP_MIP6_HOME_ADDRESS, 4242),
	                 &mip6_avp_mip6_home_address);
	assert_null(dm_dictionary_avp(dictionary, MIP6_AVP_MIP6_HOME_ADDRESS, 32473));
	assert_int_equal(dm_dictionary_vendor(dictionary, &mip6_avp_mip6_home_address), 4242);
	assert_int_equal(dm_dictionary_vendor(dictionary, &mip6_avp_mip6_home_link_prefix), 0);
	assert_int_equal(dm_dictionary_vendor(dictionary, &dm_avp_origin_host), 0);
	/* Another vendor's AVPs keep theirs. */
	assert_int_equal(dm_dictionary_vendor(dictionary, &test_avp_test_leaf), TEST_VENDOR);

	/* What is sent has them too. */
	dm_writer_init(&out, 10000);
	assert_int_equal(dm_example(dictionary, &mip6_command_mbr, true, &out), 0);
	header = dm_header_read(dm_writer_written(&out));
	assert_int_equal(header.command_code, 8388650);
	assert_int_equal(header.application_id, 16777217);
	assert_true(dm_raw_find(dm_writer_written(&out), MIP6_AVP_MIP6_HOME_ADDRESS, 4242,
	                        &(struct dm_raw_avp){ 0 }));
	assert_false(dm_raw_find(dm_writer_written(&out), MIP6_AVP_MIP6_HOME_ADDRESS, 32473,
	                         &(struct dm_raw_avp){ 0 }));
	dm_writer_fini(&out);
}

/* ---- clashes ---- */

static const struct dm_avp other_origin_host = {
	.name = "Origin-Host",
	.code = 264,
	.type = DM_TYPE_OCTET_STRING,
	.flags = DM_AVP_FLAG_M,
};

static const struct dm_avp same_origin_host = {
	.name = "Origin-Host",
	.code = 264,
	.type = DM_TYPE_DIAMETER_IDENTITY,
	.flags = DM_AVP_FLAG_M,
};

static const struct dm_avp *one_avp[1];
static struct dm_grammar one_grammar;

/* Test-Leaf with this and that in it changed. */
static struct dm_field leaf_fields[2];
static struct dm_group leaf_group;
static struct dm_avp leaf;

static void like_test_leaf(void)
{
	leaf = test_avp_test_leaf;
	leaf_group = *leaf.group;
	memcpy(leaf_fields, leaf_group.fields, sizeof(leaf_fields));
	leaf_group.fields = leaf_fields;
	leaf.group = &leaf_group;
}

static int add_avp(struct codec *codec, const struct dm_avp *avp, char *clash, size_t room)
{
	one_avp[0] = avp;
	one_grammar = (struct dm_grammar){
		.name = "odd", .application_id = 9, .avps = one_avp, .avp_count = 1
	};
	return dm_dictionary_add(codec->dictionary, &one_grammar, NULL, clash, room);
}

static void an_AVP_defined_otherwise(void **state)
{
	struct codec *codec = *state;
	char clash[200];

	assert_int_equal(add_avp(codec, &other_origin_host, clash, sizeof(clash)), -EEXIST);
	assert_non_null(strstr(clash, "odd: AVP Origin-Host"));
	/* Nothing was added. */
	assert_false(dm_dictionary_has_application(codec->dictionary, 9));
	assert_int_equal(add_avp(codec, &other_origin_host, NULL, 0), -EEXIST);
}

static void a_group_defined_otherwise(void **state)
{
	struct codec *codec = *state;

	like_test_leaf();
	leaf.group = NULL;
	assert_int_equal(add_avp(codec, &leaf, NULL, 0), -EEXIST);
	like_test_leaf();
	leaf_group.field_count = 1;
	assert_int_equal(add_avp(codec, &leaf, NULL, 0), -EEXIST);
	like_test_leaf();
	leaf_group.other = true;
	assert_int_equal(add_avp(codec, &leaf, NULL, 0), -EEXIST);
	like_test_leaf();
	leaf_fields[1].min = 1;
	assert_int_equal(add_avp(codec, &leaf, NULL, 0), -EEXIST);
	like_test_leaf();
	leaf_fields[1].max = 2;
	assert_int_equal(add_avp(codec, &leaf, NULL, 0), -EEXIST);
	like_test_leaf();
	leaf_fields[0].fixed = true;
	assert_int_equal(add_avp(codec, &leaf, NULL, 0), -EEXIST);
	like_test_leaf();
	leaf_fields[0].avp = &dm_avp_user_name;
	assert_int_equal(add_avp(codec, &leaf, NULL, 0), -EEXIST);
	like_test_leaf();
	assert_int_equal(add_avp(codec, &leaf, NULL, 0), 0);
}

/* A grammar that names an AVP which no grammar defines cannot come from dictc. */
static void an_AVP_that_is_not_defined(void **state)
{
	struct codec *codec = *state;
	char clash[200];

	like_test_leaf();
	leaf.code++;
	leaf_fields[0].avp = &other_origin_host;
	assert_int_equal(add_avp(codec, &leaf, clash, sizeof(clash)), -EINVAL);
	assert_non_null(strstr(clash, "Origin-Host, which no grammar defines"));
}

static void an_AVP_defined_alike(void **state)
{
	struct codec *codec = *state;

	assert_int_equal(add_avp(codec, &same_origin_host, NULL, 0), 0);
	assert_ptr_equal(dm_dictionary_avp(codec->dictionary, 264, 0), &dm_avp_origin_host);
}

static void commands_with_one_code(void **state)
{
	struct codec *codec = *state;
	const struct dm_numbers numbers = { .application_id = TEST_APPLICATION,
		                            .command_codes = {
						    { MIP6_COMMAND_MHR, TEST_COMMAND } } };
	char clash[200];

	assert_int_equal(
		dm_dictionary_add(codec->dictionary, &mip6_grammar, &numbers, clash, sizeof(clash)),
		-EEXIST);
	assert_non_null(strstr(clash, "command MHR"));
	assert_non_null(strstr(clash, "TAR"));
	assert_null(dm_dictionary_avp(codec->dictionary, MIP6_AVP_MIP6_FEATURE_VECTOR, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CODEC_TEST(lookups),
		CODEC_TEST(base_commands_under_any_application),
		CODEC_TEST(applications),
		CODEC_TEST(added_twice),
		CODEC_TEST(MB07_numbers_in_force),
		CODEC_TEST(an_AVP_defined_otherwise),
		CODEC_TEST(a_group_defined_otherwise),
		CODEC_TEST(an_AVP_that_is_not_defined),
		CODEC_TEST(an_AVP_defined_alike),
		CODEC_TEST(commands_with_one_code),
	};

	return cmocka_run_group_tests_name("codec-dictionary", tests, NULL, NULL);
}
