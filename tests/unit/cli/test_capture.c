/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/base/check.h"

#include "cli/demo/pcap_writer.h"
#include "cli/packet.h"
#include "cli/streams.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What came out of a stream. */
struct seen {
	size_t count;
	uint8_t octets[8][4096];
	size_t sizes[8];
	int64_t times[8];
};

static void keep(const struct hw_captured *captured, void *context)
{
	struct seen *seen = context;

	assert_true(seen->count < 8 && captured->message.size <= 4096);
	memcpy(seen->octets[seen->count], captured->message.at, captured->message.size);
	seen->sizes[seen->count] = captured->message.size;
	seen->times[seen->count++] = captured->time;
}

/* A message of `size` octets whose last ones are `fill`. */
static struct dm_bytes message(uint8_t *room, size_t size, uint8_t fill)
{
	memset(room, fill, size);
	memcpy(room, "\x01\x00\x00\x00\x80\x00\x01\x01\x00\x00\x00\x00", 12);
	room[2] = (uint8_t)(size >> 8);
	room[3] = (uint8_t)size;
	return dm_bytes_of(room, size);
}

struct fixture {
	struct hw_streams *streams;
	struct seen seen;
	struct hw_segment segment;
	uint8_t a[64], b[64];
};

static int setup(void **state)
{
	static struct fixture fixture;

	memset(&fixture, 0, sizeof(fixture));
	fixture.streams = hw_streams_new(keep, &fixture.seen);
	fixture.segment = (struct hw_segment){ .from = { .address_size = 4, .port = 5 },
		                               .to = { .address_size = 4, .port = 3868 } };
	(void)message(fixture.a, 64, 0xaa);
	(void)message(fixture.b, 40, 0xbb);
	*state = &fixture;
	return 0;
}

static int teardown(void **state)
{
	hw_streams_free(((struct fixture *)*state)->streams);
	return 0;
}

static void feed(struct fixture *f, uint32_t sequence, const uint8_t *at, size_t size)
{
	f->segment.sequence = sequence;
	f->segment.data = dm_bytes_of(at, size);
	assert_int_equal(hw_streams_segment(f->streams, &f->segment, sequence), 0);
}

static void begin(struct fixture *f, uint32_t sequence)
{
	f->segment.syn = true;
	feed(f, sequence, NULL, 0);
	f->segment.syn = false;
}

static void segments_are_put_together(void **state)
{
	struct fixture *f = *state;

	begin(f, 99);
	feed(f, 100, f->a, 10);
	assert_int_equal(f->seen.count, 0);
	feed(f, 110, f->a + 10, 54);
	feed(f, 164, f->b, 40);
	assert_int_equal(f->seen.count, 2);
	assert_int_equal(f->seen.sizes[0], 64);
	assert_memory_equal(f->seen.octets[0], f->a, 64);
	assert_int_equal(f->seen.times[0], 110);
	assert_memory_equal(f->seen.octets[1], f->b, 40);
}

static void two_messages_in_one_segment(void **state)
{
	struct fixture *f = *state;
	uint8_t both[104];

	memcpy(both, f->a, 64);
	memcpy(both + 64, f->b, 40);
	feed(f, 7, both, 104);
	assert_int_equal(f->seen.count, 2);
}

static void disorder_and_repetition_do_no_harm(void **state)
{
	struct fixture *f = *state;

	/* Over the wrap of the sequence number. */
	begin(f, UINT32_MAX - 9);
	feed(f, 22, f->a + 31, 33);
	feed(f, UINT32_MAX - 8, f->a, 20);
	feed(f, UINT32_MAX - 8, f->a, 20);
	assert_int_equal(f->seen.count, 0);
	feed(f, 1, f->a + 10, 21);
	assert_int_equal(f->seen.count, 1);
	assert_memory_equal(f->seen.octets[0], f->a, 64);
	hw_streams_end(f->streams);
	assert_int_equal(hw_streams_counts(f->streams).gaps, 0);
}

static void a_gap_is_counted_and_reading_goes_on(void **state)
{
	struct fixture *f = *state;

	begin(f, 0);
	feed(f, 1, f->a, 64);
	feed(f, 65, f->a, 30);
	feed(f, 129, f->b, 40); /* 34 octets are missing before it */
	assert_int_equal(f->seen.count, 1);
	hw_streams_end(f->streams);
	assert_int_equal(f->seen.count, 2);
	assert_memory_equal(f->seen.octets[1], f->b, 40);
	assert_int_equal(hw_streams_counts(f->streams).gaps, 1);
}

static void a_stream_that_is_not_diameter_is_left_alone(void **state)
{
	struct fixture *f = *state;

	begin(f, 0);
	feed(f, 1, (const uint8_t *)"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27);
	feed(f, 28, f->a, 64);
	hw_streams_end(f->streams);
	assert_int_equal(f->seen.count, 0);
	assert_int_equal(hw_streams_counts(f->streams).foreign, 1);
	assert_int_equal(hw_streams_counts(f->streams).unfinished, 0);
}

static void what_is_cut_off_is_counted(void **state)
{
	struct fixture *f = *state;

	begin(f, 0);
	feed(f, 1, f->a, 63);
	hw_streams_end(f->streams);
	assert_int_equal(f->seen.count, 0);
	assert_int_equal(hw_streams_counts(f->streams).unfinished, 1);
}

static void directions_do_not_mix(void **state)
{
	struct fixture *f = *state;
	struct hw_packet_end from = f->segment.from;

	feed(f, 1, f->a, 32);
	f->segment.from = f->segment.to;
	f->segment.to = from;
	feed(f, 1, f->b, 40);
	assert_int_equal(f->seen.count, 1);
	assert_memory_equal(f->seen.octets[0], f->b, 40);
}

/* ---- frames ---- */

/* Ethernet with a VLAN tag, IPv4, TCP with options, padded by the link. */
static const uint8_t ethernet_frame[] = {
	2,    0,    0,    0,    0,    1,    2,    0,    0,    0,    0,    2,    0x81, 0x00,
	0x00, 0x05, 0x08, 0x00, 0x45, 0x00, 0x00, 0x2e, 0,    1,    0x40, 0x00, 64,   6,
	0,    0,    192,  0,    2,    1,    192,  0,    2,    2,    0x0f, 0x1c, 0x80, 0x01,
	0,    0,    0,    9,    0,    0,    0,    0,    0x60, 0x18, 1,    0,    0,    0,
	0,    0,    1,    1,    1,    0,    'h',  'i',  0xee, 0xee,
};

static void a_frame_of_ethernet_is_read(void **state)
{
	struct hw_segment segment;

	(void)state;
	assert_true(hw_packet_segment(
		DLT_EN10MB, dm_bytes_of(ethernet_frame, sizeof(ethernet_frame)), &segment));
	assert_int_equal(segment.from.port, 3868);
	assert_int_equal(segment.to.port, 32769);
	assert_int_equal(segment.from.address_size, 4);
	assert_memory_equal(segment.to.address, "\xc0\x00\x02\x02", 4);
	assert_int_equal(segment.sequence, 9);
	assert_int_equal(segment.data.size, 2);
	assert_memory_equal(segment.data.at, "hi", 2);
}

static void every_cut_of_a_frame_is_refused(void **state)
{
	(void)state;
	for (size_t size = 0; size < sizeof(ethernet_frame) - 2; size++) {
		uint8_t *copy = malloc(size + 1); /* the sanitizer watches its end */
		struct hw_segment segment;

		memcpy(copy, ethernet_frame, size);
		assert_false(hw_packet_segment(DLT_EN10MB, dm_bytes_of(copy, size), &segment));
		free(copy);
	}
}

static void an_unknown_link_is_refused(void **state)
{
	struct hw_segment segment;

	(void)state;
	assert_false(hw_packet_link_known(DLT_IEEE802_11));
	assert_true(hw_packet_link_known(DLT_RAW));
	assert_false(hw_packet_segment(
		DLT_IEEE802_11, dm_bytes_of(ethernet_frame, sizeof(ethernet_frame)), &segment));
}

/* ---- the capture that we write, read again ---- */

static void write_capture(const char *path, struct dm_bytes first, struct dm_bytes second)
{
	struct hw_pcap_connection connection = {
		.ends = { { .address = { 0x20, 1, [15] = 1 }, .port = 40000, .next = 1000 },
		          { .address = { 0x20, 1, [15] = 2 },
		            .port = HW_DIAMETER_PORT,
		            .next = 5 } },
	};
	struct hw_pcap_writer writer;
	char why[128];

	assert_int_equal(hw_pcap_create(&writer, path, why, sizeof(why)), 0);
	hw_pcap_message(&writer, &connection, 0, 1700000000123456789, first);
	hw_pcap_message(&writer, &connection, 1, 1700000000223456789, second);
	assert_int_equal(hw_pcap_close(&writer), 0);
}

static uint16_t ones_complement_sum(const uint8_t *at, size_t size, uint32_t sum)
{
	for (size_t i = 0; i < size; i++)
		sum += i % 2 ? at[i] : (uint32_t)at[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static void read_capture(const char *path, struct hw_streams *streams)
{
	char why[PCAP_ERRBUF_SIZE];
	pcap_t *capture =
		pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, why);
	struct pcap_pkthdr *head;
	const uint8_t *octets;

	assert_non_null(capture);
	assert_int_equal(pcap_datalink(capture), DLT_RAW);
	while (pcap_next_ex(capture, &head, &octets) == 1) {
		struct hw_segment segment;

		/* RFC 8200 8.1: over pseudo-header and segment the sum is all ones. */
		assert_int_equal(
			ones_complement_sum(octets + 8, head->caplen - 8, 6 + head->caplen - 40),
			0xffff);
		assert_true(
			hw_packet_segment(DLT_RAW, dm_bytes_of(octets, head->caplen), &segment));
		assert_int_equal(
			hw_streams_segment(streams, &segment,
		                           head->ts.tv_sec * 1000000000 + head->ts.tv_usec),
			0);
	}
	pcap_close(capture);
}

static void a_written_capture_gives_the_messages_back(void **state)
{
	struct fixture *f = *state;
	char path[] = "/tmp/homeward-test-XXXXXX";
	static uint8_t large[4000];
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	close(fd);
	write_capture(path, message(large, sizeof(large), 0x55), dm_bytes_of(f->b, 40));
	read_capture(path, f->streams);
	hw_streams_end(f->streams);
	unlink(path);
	assert_int_equal(f->seen.count, 2);
	assert_int_equal(f->seen.sizes[0], 4000);
	assert_memory_equal(f->seen.octets[0], large, 4000);
	assert_memory_equal(f->seen.octets[1], f->b, 40);
	assert_true(f->seen.times[0] == 1700000000123456789);
	assert_int_equal(hw_streams_counts(f->streams).gaps, 0);
}

static void a_capture_that_cannot_be_written_is_said(void **state)
{
	struct hw_pcap_writer writer;
	char why[256] = "";

	(void)state;
	assert_true(hw_pcap_create(&writer, "/nowhere/x.pcap", why, sizeof(why)) < 0);
	assert_non_null(strstr(why, "/nowhere/x.pcap"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(segments_are_put_together, setup, teardown),
		cmocka_unit_test_setup_teardown(two_messages_in_one_segment, setup, teardown),
		cmocka_unit_test_setup_teardown(disorder_and_repetition_do_no_harm, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(a_gap_is_counted_and_reading_goes_on, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(a_stream_that_is_not_diameter_is_left_alone, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(what_is_cut_off_is_counted, setup, teardown),
		cmocka_unit_test_setup_teardown(directions_do_not_mix, setup, teardown),
		cmocka_unit_test(a_frame_of_ethernet_is_read),
		cmocka_unit_test(every_cut_of_a_frame_is_refused),
		cmocka_unit_test(an_unknown_link_is_refused),
		cmocka_unit_test_setup_teardown(a_written_capture_gives_the_messages_back, setup,
		                                teardown),
		cmocka_unit_test(a_capture_that_cannot_be_written_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
