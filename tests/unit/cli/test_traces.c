/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/base/check.h"

#include "cli/demo/traces.h"
#include "cli/packet.h"
#include "cli/streams.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A request of 20 octets and its answer: headers alone. */
#define REQUEST "0100001480000118000000000000000100000002"
#define ANSWER  "0100001400000118000000000000000100000002"

struct fixture {
	char directory[64];
	char left[96], right[96], capture[96];
	struct hw_traces *traces;
};

static struct fixture f;

static int setup(void **state)
{
	(void)state;
	(void)snprintf(f.directory, sizeof(f.directory), "/tmp/homeward-test-XXXXXX");
	if (!mkdtemp(f.directory))
		return -1;
	(void)snprintf(f.left, sizeof(f.left), "%s/left", f.directory);
	(void)snprintf(f.right, sizeof(f.right), "%s/right", f.directory);
	(void)snprintf(f.capture, sizeof(f.capture), "%s/pcap", f.directory);
	f.traces = hw_traces_new();
	assert_int_equal(hw_traces_add(f.traces, "left", "left.example.org", f.left), 0);
	assert_int_equal(hw_traces_add(f.traces, "right", "right.example.org", f.right), 0);
	assert_int_equal(hw_traces_listens(f.traces, "right", "[::1]:4000"), 0);
	assert_true(hw_traces_listens(f.traces, "middle", "[::1]:1") < 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	hw_traces_free(f.traces);
	(void)unlink(f.left);
	(void)unlink(f.right);
	(void)unlink(f.capture);
	return rmdir(f.directory);
}

static void append(const char *path, const char *text)
{
	FILE *file = fopen(path, "a");

	assert_non_null(file);
	(void)fputs(text, file);
	(void)fclose(file);
}

static void line(const char *path, const char *time, bool sent, const char *peer, bool dials,
                 const char *octets)
{
	char text[512];

	(void)snprintf(text, sizeof(text),
	               "{\"time_ns\": %s, \"sent\": %s, %s\"local\": \"%s\", \"remote\": \"%s\", "
	               "\"octets\": \"%s\"}\n",
	               time, sent ? "true" : "false", peer, dials ? "[::1]:5000" : "[::1]:4000",
	               dials ? "[::1]:4000" : "[::1]:5000", octets);
	append(path, text);
}

static void assert_story(json_t *story, size_t at, const char *from, const char *to)
{
	const json_t *record = json_array_get(story, at);

	assert_string_equal(json_string_value(json_object_get(record, "from")), from);
	if (to)
		assert_string_equal(json_string_value(json_object_get(record, "to")), to);
	else
		assert_null(json_object_get(record, "to"));
}

/* A connection opened by `left`: request, answer; the peer is not known for the first one. */
static void write_both(void)
{
	line(f.right, "1700000000000000020", false, "", false, REQUEST);
	line(f.right, "1700000000000000030", true, "\"peer\": \"left.example.org\", ", false,
	     ANSWER);
	line(f.left, "1700000000000000010", true, "", true, REQUEST);
	line(f.left, "1700000000000000040", false, "\"peer\": \"right.example.org\", ", true,
	     ANSWER);
}

static void what_was_sent_is_told_in_the_order_of_time(void **state)
{
	json_t *story;

	(void)state;
	write_both();
	story = hw_traces_read(f.traces);
	assert_int_equal(json_array_size(story), 2);
	assert_story(story, 0, "left", "right");
	assert_story(story, 1, "right", "left");
	json_decref(story);
}

static void only_what_is_new_is_told(void **state)
{
	json_t *story;

	(void)state;
	write_both();
	json_decref(hw_traces_read(f.traces));
	append(f.left, "{\"time_ns\": 5, \"sent\": true, ");
	story = hw_traces_read(f.traces);
	assert_int_equal(json_array_size(story), 0); /* half a line is no line yet */
	json_decref(story);
	append(f.left, "\"peer\": \"stranger.example.com\"}\nno json\n");
	story = hw_traces_read(f.traces);
	assert_int_equal(json_array_size(story), 1);
	assert_story(story, 0, "left", NULL);
	json_decref(story);
}

static void nothing_is_told_where_nothing_is(void **state)
{
	json_t *story = hw_traces_read(f.traces);

	(void)state;
	assert_int_equal(json_array_size(story), 0);
	json_decref(story);
}

/* ---- the capture ---- */

struct seen {
	size_t count;
	uint16_t from[4], to[4];
	uint8_t flags[4];
};

static void keep(const struct hw_captured *captured, void *context)
{
	struct seen *seen = context;

	assert_true(seen->count < 4);
	seen->from[seen->count] = captured->from->port;
	seen->to[seen->count] = captured->to->port;
	seen->flags[seen->count++] = captured->message.at[4];
}

static void read_capture(struct seen *seen)
{
	struct hw_streams *streams = hw_streams_new(keep, seen);
	char why[PCAP_ERRBUF_SIZE];
	pcap_t *capture = pcap_open_offline(f.capture, why);
	struct pcap_pkthdr *head;
	const uint8_t *octets;
	struct hw_segment segment;

	assert_non_null(capture);
	while (pcap_next_ex(capture, &head, &octets) == 1) {
		assert_true(hw_packet_segment(pcap_datalink(capture),
		                              dm_bytes_of(octets, head->caplen), &segment));
		assert_int_equal(hw_streams_segment(streams, &segment, 0), 0);
	}
	pcap_close(capture);
	hw_streams_free(streams);
}

static void the_capture_has_a_connection_to_port_3868(void **state)
{
	struct seen seen = { 0 };
	char why[128];

	(void)state;
	write_both();
	json_decref(hw_traces_read(f.traces));
	assert_int_equal(hw_traces_capture(f.traces, f.capture, why, sizeof(why)), 2);
	read_capture(&seen);
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.flags[0], 0x80);
	assert_int_equal(seen.from[0], 5000);
	assert_int_equal(seen.to[0], 3868);
	assert_int_equal(seen.flags[1], 0);
	assert_int_equal(seen.from[1], 3868);
	assert_int_equal(seen.to[1], 5000);
}

static void a_capture_that_cannot_be_written_is_said(void **state)
{
	char why[256] = "";

	(void)state;
	assert_true(hw_traces_capture(f.traces, "/nowhere/pcap", why, sizeof(why)) < 0);
	assert_non_null(strstr(why, "/nowhere/pcap"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_sent_is_told_in_the_order_of_time),
		TEST(only_what_is_new_is_told),
		TEST(nothing_is_told_where_nothing_is),
		TEST(the_capture_has_a_connection_to_port_3868),
		TEST(a_capture_that_cannot_be_written_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
