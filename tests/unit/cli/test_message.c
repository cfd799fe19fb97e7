/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/base/check.h"

#include "cli/message_json.h"
#include "dict/base.dia.h"
#include "dict/mip6.dia.h"
#include "tests/unit/cli/capture.h"

#include <string.h>

static struct dm_dictionary *dictionary;

static int setup(void **state)
{
	(void)state;
	dictionary = hw_dictionary_new();
	return dictionary ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	dm_dictionary_free(dictionary);
	return 0;
}

static json_t *example(const struct dm_command *command, bool maximal)
{
	struct dm_writer out;
	json_t *json;

	dm_writer_init(&out, 1 << 20);
	assert_int_equal(dm_example(dictionary, command, maximal, &out), 0);
	json = hw_message_json(dictionary, dm_writer_written(&out));
	dm_writer_fini(&out);
	assert_non_null(json);
	return json;
}

static void each_example(const struct dm_grammar *grammar)
{
	for (size_t i = 0; i < grammar->command_count; i++)
		for (int maximal = 0; maximal < 2; maximal++) {
			const struct dm_command *command = grammar->commands[i];
			struct capture capture;
			json_t *json;

			/* It is decoded as what it answers, and no request is known for it. */
			if (command->error)
				continue;
			json = example(command, maximal);
			assert_null(json_object_get(json, "fault"));
			assert_string_equal(json_string_value(json_object_get(json, "command")),
			                    command->abbreviation);
			assert_true(json_is_boolean(json_object_get(json, "request")));
			capture_begin(&capture);
			hw_message_print(&capture.out, json);
			assert_non_null(strstr(capture_end(&capture), command->name));
			free(capture.text);
			json_decref(json);
		}
}

static void every_message_has_a_json_value(void **state)
{
	(void)state;
	each_example(&dm_base_grammar);
	each_example(&mip6_grammar);
}

/* The AVP of this name, at any depth; borrowed. */
static const json_t *deep(const json_t *avps, const char *name)
{
	size_t index;
	json_t *avp;

	json_array_foreach((json_t *)avps, index, avp)
	{
		const json_t *found = json_object_get(avp, "avps");

		if (strcmp(json_string_value(json_object_get(avp, "name")), name) == 0)
			return avp;
		found = found ? deep(found, name) : NULL;
		if (found)
			return found;
	}
	return NULL;
}

static json_t *encoded(const struct dm_command *command, const void *body)
{
	struct dm_header header = { .hop_by_hop_id = 1, .end_to_end_id = 2 };
	struct dm_writer out;
	json_t *json;

	dm_writer_init(&out, 65536);
	assert_int_equal(dm_encode(dictionary, command, &header, body, &out), 0);
	json = hw_message_json(dictionary, dm_writer_written(&out));
	dm_writer_fini(&out);
	return json;
}

static const struct mip6_mbr mbr = {
	.has = { .user_name = true,
	         .mip6_feature_vector = true,
	         .mip6_home_address = true,
	         .mip6_dns_update = true },
	.session_id = { (const uint8_t *)"nas;1;2", 7 },
	.origin_host = { (const uint8_t *)"nas.example.org", 15 },
	.origin_realm = { (const uint8_t *)"example.org", 11 },
	.destination_realm = { (const uint8_t *)"example.net", 11 },
	.auth_application_id = 33554438,
	.auth_request_type = 2,
	.user_name = { (const uint8_t *)"alice@example.net", 17 },
	.mip6_feature_vector = 3,
	.mip6_home_address = { (const uint8_t *)"\0\x40\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\5", 18 },
	.mip6_dns_update = { (const uint8_t *)"\0\0\5alice\7example\3net\0", 21 },
};

static void assert_text(const json_t *json, const char *name, const char *wanted)
{
	char text[256];
	const json_t *avp = hw_message_avp(json, name);

	assert_non_null(avp);
	hw_avp_text(avp, text, sizeof(text));
	assert_string_equal(text, wanted);
}

static void the_profiles_formats_are_read(void **state)
{
	json_t *json = encoded(&mip6_command_mbr, &mbr);
	char label[32];

	(void)state;
	assert_null(json_object_get(json, "fault"));
	assert_text(json, "User-Name", "alice@example.net");
	assert_text(json, "MIP6-Feature-Vector", "0x3 MIP6_INTEGRATED LOCAL_HOME_AGENT_ASSIGNMENT");
	assert_text(json, "MIP6-Home-Address", "2001:db8::5/64");
	assert_text(json, "MIP6-DNS-Update", "add alice.example.net, status 0");
	assert_int_equal(json_integer_value(json_object_get(
				 hw_message_avp(json, "MIP6-Feature-Vector"), "value")),
	                 3);
	hw_message_label(json, label, sizeof(label));
	assert_string_equal(label, "MBR");
	json_decref(json);
}

static void MH07_no_key_is_shown(void **state)
{
	json_t *json = example(&mip6_command_mhr, true);
	const json_t *material = deep(json_object_get(json, "avps"), "Keying-Material");
	const char *text = json_string_value(json_object_get(material, "text"));

	(void)state;
	assert_non_null(material);
	assert_non_null(json_object_get(material, "octets"));
	assert_null(json_object_get(material, "value"));
	assert_non_null(strstr(text, "secret"));
	json_decref(json);
}

static void a_faulty_message_says_what_is_wrong(void **state)
{
	/* A DWR without Origin-Host. */
	static const uint8_t wire[] = { 1, 0, 0, 20, 0x80, 0, 1, 24, 0, 0,
		                        0, 0, 0, 0,  0,    1, 0, 0,  0, 1 };
	json_t *json = hw_message_json(dictionary, dm_bytes_of(wire, sizeof(wire)));
	const json_t *fault = json_object_get(json, "fault");

	(void)state;
	assert_int_equal(json_integer_value(json_object_get(fault, "result_code")), 5005);
	assert_string_equal(json_string_value(json_object_get(fault, "name")),
	                    "DIAMETER_MISSING_AVP");
	assert_non_null(
		strstr(json_string_value(json_object_get(fault, "sentence")), "Origin-Host"));
	json_decref(json);
}

static void any_octets_have_a_json_value(void **state)
{
	uint64_t random = 1;

	(void)state;
	for (int round = 0; round < 500; round++) {
		uint8_t wire[120];
		json_t *json;

		for (size_t i = 0; i < sizeof(wire); i++)
			wire[i] = (uint8_t)next_random(&random);
		memcpy(wire, "\1\0\0\x78\x80\0\1\1\0\0\0\0", 12);
		memset(wire + 24, 0, 3); /* lengths that can be */
		json = hw_message_json(dictionary, dm_bytes_of(wire, sizeof(wire)));
		assert_non_null(json);
		assert_non_null(json_object_get(json, "fault"));
		json_decref(json);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_message_has_a_json_value),
		cmocka_unit_test(the_profiles_formats_are_read),
		cmocka_unit_test(MH07_no_key_is_shown),
		cmocka_unit_test(a_faulty_message_says_what_is_wrong),
		cmocka_unit_test(any_octets_have_a_json_value),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
