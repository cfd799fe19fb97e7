/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/io/check.h"

#include "daemon/request.h"
#include "io/members.h"
#include "io/subscriber_json.h"

#include <stdio.h>
#include <stdlib.h>

#define KEY "000102030405060708090a0b0c0d0e0f"

static bool reads(const char *line, struct hw_request *request, char why[512])
{
	struct dm_text text;

	dm_text_init(&text, why, 512);
	return hw_request_read(dm_bytes_text(line), request, &text);
}

static void each_command_has_its_line(void **state)
{
	static const struct {
		const char *line;
		enum hw_command command;
	} rows[] = {
		{ "{\"command\":\"status\"}", HW_COMMAND_STATUS },
		{ "{\"command\":\"peers\",\"tag\":[1,{\"a\":null}]}", HW_COMMAND_PEERS },
		{ "{\"command\":\"log-level\"}", HW_COMMAND_LOG_LEVEL },
		{ "{\"command\":\"log-level\",\"level\":\"debug\"}", HW_COMMAND_LOG_LEVEL },
		{ "{\"command\":\"reload\"}", HW_COMMAND_RELOAD },
		{ "{\"command\":\"stop\"}", HW_COMMAND_STOP },
		{ "{\"command\":\"trace\",\"count\":3}", HW_COMMAND_TRACE },
		{ "{\"command\":\"sessions\"}", HW_COMMAND_SESSIONS },
		{ "{\"command\":\"agents\"}", HW_COMMAND_AGENTS },
		{ "{\"command\":\"agents-set\",\"host\":\"a.b\",\"state\":\"draining\"}",
		  HW_COMMAND_AGENTS_SET },
		{ "{\"command\":\"agents-set\",\"host\":\"a.b\",\"weight\":0}",
		  HW_COMMAND_AGENTS_SET },
		{ "{\"command\":\"agents-set\",\"host\":\"a.b\",\"reset\":true}",
		  HW_COMMAND_AGENTS_SET },
		{ "{\"command\":\"dns\"}", HW_COMMAND_DNS },
		{ "{\"command\":\"dns\",\"all\":true}", HW_COMMAND_DNS },
		{ "{\"command\":\"subscriber-list\"}", HW_COMMAND_SUBSCRIBER_LIST },
		{ "{\"command\":\"subscriber-enable\",\"user_name\":\"a@b.c\"}",
		  HW_COMMAND_SUBSCRIBER_ENABLE },
		{ "{\"command\":\"subscriber-disable\",\"user_name\":\"a@b.c\"}",
		  HW_COMMAND_SUBSCRIBER_DISABLE },
		{ "{\"command\":\"subscriber-delete\",\"user_name\":\"a@b.c\"}",
		  HW_COMMAND_SUBSCRIBER_DELETE },
		{ "{\"command\":\"bindings\"}", HW_COMMAND_BINDINGS },
		{ "{\"command\":\"attachments\"}", HW_COMMAND_ATTACHMENTS },
		{ "{\"command\":\"detach\",\"session_id\":\"x\"}", HW_COMMAND_DETACH },
	};
	struct hw_request request;
	char why[512];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_true(reads(rows[i].line, &request, why));
		assert_int_equal(request.command, rows[i].command);
		assert_non_null(strstr(rows[i].line, hw_command_name(request.command)));
		hw_request_fini(&request);
	}
}

static void what_is_wrong_is_said_with_what_to_do(void **state)
{
	static const struct {
		const char *line, *why;
	} rows[] = {
		{ "", "no JSON object" },
		{ "[]", "no JSON object" },
		{ "{\"command\":\"status\"", "no JSON object" },
		{ "{\"command\":\"status\"} x", "no JSON object" },
		{ "{\"command\":\"status\",\"command\":\"stop\"}", "no JSON object" },
		{ "{}", "command is missing" },
		{ "{\"command\":1}", "command is missing" },
		{ "{\"command\":\"statu\"}", "unknown" },
		{ "{\"command\":\"status\",\"x\\u001by\":1}", "x\\x1by is no member" },
		{ "{\"command\":\"log-level\",\"level\":\"loud\"}", "error, warning" },
		{ "{\"command\":\"log-level\",\"level\":\"\"}", "level is no text" },
		{ "{\"command\":\"trace\",\"count\":-1}", "count is no number" },
		{ "{\"command\":\"trace\",\"count\":1.5}", "count is no number" },
		{ "{\"command\":\"agents-set\",\"host\":\"a.b\"}", "nothing is said" },
		{ "{\"command\":\"agents-set\",\"host\":\"a.b\",\"weight\":65536}",
		  "weight is out of range" },
		{ "{\"command\":\"agents-set\",\"host\":\"a.b\",\"capacity\":16777217}",
		  "capacity is out of range" },
		{ "{\"command\":\"agents-set\",\"host\":\"a.b\",\"state\":\"off\"}",
		  "up, draining or down" },
		{ "{\"command\":\"detach\",\"interface\":\"x\"}", "neither" },
		{ "{\"command\":\"attach\"}", "user_name is missing" },
		{ "{\"command\":\"attach\",\"user_name\":\"a@b.c\",\"home_address\":\"::1\"}",
		  "home_address is no IPv6 address" },
		{ "{\"command\":\"attach\",\"user_name\":\"a@b.c\",\"home_address\":\"::1/129\"}",
		  "home_address is no IPv6 address" },
		{ "{\"command\":\"attach\",\"user_name\":\"a@b.c\",\"home_prefix\":\"2001::1/64\"}",
		  "bits behind" },
		{ "{\"command\":\"attach\",\"user_name\":\"a@b.c\",\"dns_remove\":1}",
		  "true or false" },
		{ "{\"command\":\"attach\",\"user_name\":\"a@b.c\",\"auth_request_type\":-2}",
		  "no number in range" },
		{ "{\"command\":\"subscriber-add\"}", "subscriber is missing" },
		{ "{\"command\":\"subscriber-add\",\"subscriber\":[]}", "no JSON object" },
		{ "{\"command\":\"subscriber-add\",\"subscriber\":{\"root_key\":\"" KEY "\"}}",
		  "user_name is missing" },
		{ "{\"command\":\"subscriber-import\",\"subscribers\":[]}", "at least one" },
		{ "{\"command\":\"subscriber-import\",\"subscribers\":{}}", "at least one" },
		{ "{\"command\":\"subscriber-import\",\"subscribers\":["
		  "{\"user_name\":\"a@b.c\",\"root_key\":\"" KEY "\"},{}]}",
		  "record 2: user_name is missing" },
	};
	struct hw_request request;
	char why[512];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (reads(rows[i].line, &request, why))
			fail_msg("was read: %s", rows[i].line);
		if (!strstr(why, rows[i].why))
			fail_msg("%s: %s", rows[i].line, why);
		assert_non_null(strstr(why, "; "));
		hw_request_fini(&request);
	}
}

static void octets_that_are_no_text_are_refused(void **state)
{
	struct hw_request request;
	char why[512];

	(void)state;
	assert_false(reads("{\"command\":\"\xff\"}", &request, why));
	hw_request_fini(&request);
	assert_false(reads("{\"command\":\"attach\",\"user_name\":\"a\\u0000@b\"}", &request, why));
	hw_request_fini(&request);
}

static void attach_fills_all_that_is_given(void **state)
{
	static const uint8_t address[16] = { 0x20, 1, 0xd, 0xb8, [15] = 7 };
	struct hw_request request;
	char why[512];

	(void)state;
	assert_true(reads("{\"command\":\"attach\",\"user_name\":\"alice@home.example.net\","
	                  "\"interface\":\"wlan0\",\"feature_vector\":3,\"auth_request_type\":1,"
	                  "\"destination_host\":\"aaa.example\",\"dns_name\":\"a.example\","
	                  "\"dns_remove\":true,\"home_address\":\"2001:db8::7/64\","
	                  "\"service_selection\":\"ims\"}",
	                  &request, why));
	assert_int_equal(request.attach.user_name.size, strlen("alice@home.example.net"));
	assert_memory_equal(request.attach.interface.at, "wlan0", 5);
	assert_true(request.attach.has_feature_vector);
	assert_int_equal(request.attach.feature_vector, 3);
	assert_int_equal(request.attach.auth_request_type, 1);
	assert_true(request.attach.dns_remove);
	assert_true(request.attach.has_home_address);
	assert_false(request.attach.has_home_prefix);
	assert_int_equal(request.attach.home_address.length, 64);
	assert_memory_equal(request.attach.home_address.address, address, 16);
	assert_memory_equal(request.attach.service_selection.at, "ims", 3);
	hw_request_fini(&request);
}

static void a_subscriber_comes_back_without_its_key(void **state)
{
	struct hw_request request;
	char why[512];
	json_t *record;
	char *text;

	(void)state;
	assert_true(reads("{\"command\":\"subscriber-add\",\"subscriber\":{"
	                  "\"user_name\":\"alice@home.example.net\",\"root_key\":\"" KEY "\","
	                  "\"mobility\":false,\"home_address\":\"2001:db8::7/64\","
	                  "\"home_agent\":\"ha1.example,ha2.example\","
	                  "\"sa_protocols\":[\"IKEV2\",\"MIPV6_AUTH\"],\"session_timeout\":60}}",
	                  &request, why));
	assert_int_equal(request.subscriber_count, 1);
	assert_int_equal(request.subscribers[0].root_key.size, 16);
	assert_int_equal(request.subscribers[0].root_key.octets[15], 15);
	assert_int_equal(request.subscribers[0].sa_protocols, 1 << 1 | 1 << 3);
	assert_true(request.subscribers[0].enabled);
	record = hw_subscriber_json(&request.subscribers[0]);
	text = json_dumps(record, JSON_COMPACT);
	assert_string_equal(text, "{\"user_name\":\"alice@home.example.net\","
	                          "\"root_key_octets\":16,\"enabled\":true,"
	                          "\"mobility\":false,\"local_home_agent\":false,"
	                          "\"random_keys\":false,"
	                          "\"home_address\":\"2001:db8::7/64\","
	                          "\"home_agent\":\"ha1.example,ha2.example\","
	                          "\"sa_protocols\":[\"IKEV2\",\"MIPV6_AUTH\"],"
	                          "\"session_timeout\":60}");
	free(text);
	json_decref(record);
	hw_request_fini(&request);
}

static void a_key_is_no_part_of_a_complaint(void **state)
{
	static const char *const keys[] = { "0001020304050607", "zz" KEY, KEY "0", "" };
	struct hw_request request;
	char line[512], why[512];

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		snprintf(line, sizeof(line),
		         "{\"command\":\"subscriber-add\",\"subscriber\":{"
		         "\"user_name\":\"a@b.c\",\"root_key\":\"%s\"}}",
		         keys[i]);
		assert_false(reads(line, &request, why));
		assert_non_null(strstr(why, "32 to 128 hexadecimal digits"));
		assert_null(strstr(why, "0102"));
		hw_request_fini(&request);
		/* Not even when the line is no JSON. */
		line[strlen(line) - 1] = '\0';
		assert_false(reads(line, &request, why));
		assert_null(strstr(why, "0102"));
		hw_request_fini(&request);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_command_has_its_line),
		cmocka_unit_test(what_is_wrong_is_said_with_what_to_do),
		cmocka_unit_test(octets_that_are_no_text_are_refused),
		cmocka_unit_test(attach_fills_all_that_is_given),
		cmocka_unit_test(a_subscriber_comes_back_without_its_key),
		cmocka_unit_test(a_key_is_no_part_of_a_complaint),
	};

	hw_request_setup();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
