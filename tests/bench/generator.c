/* SPDX-License-Identifier: Apache-2.0 */
/*
 * generator: one Diameter connection that asks as fast as it is answered, or at a given rate.
 *
 * CER, then MBR; each has a Session-Id and an End-to-End Identifier of its own. Closed loop:
 * `window` requests are in flight. Open loop (-r): requests leave at their times whatever the
 * answers do, and latency is counted from the time at which a request was meant to leave. It ends
 * with DPR and prints one line of JSON. The first tenth of the time is not counted.
 *
 *	generator [-a ADDRESS] [-w WINDOW] [-s SECONDS] [-u USERS] [-f FIRST] [-r RATE] [-i
 *IDENTITY]
 *	          [-c CERTIFICATE -k KEY] PORT
 *
 * Without -u every request names a user who is not served (the server's answer is a refusal);
 * with it user FIRST + n modulo USERS: u00000000@home.example.net, and so on. With -c and -k: TLS.
 */
#include "base/cursor.h"
#include "diameter/codec/message.h"
#include "dict/base.dia.h"
#include "dict/mip6.dia.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ROOM       ((size_t)4 << 20)
#define IN_FLIGHT  ((uint32_t)1 << 17)
#define HALF_BITS  8 /* buckets between a power of two and the next: 256, or 0.4 % */
#define HALVES     ((size_t)1 << HALF_BITS)
#define BUCKETS    (64 * HALVES)
#define DIGITS     8
#define HOP_BY_HOP ((size_t)12)
#define PATIENCE   5 /* seconds for anything to come */

#define DISCONNECT_PEER 282u

static struct {
	const char *address;
	const char *identity;
	uint32_t window;
	double seconds;
	uint32_t users, first;
	double rate;
	const char *certificate, *key; /* NULL: no TLS */
	uint16_t port;
} options = { "127.0.0.1", "nas1.visited.example.org", 32, 2, 0, 0, 0, NULL, NULL, 0 };

static struct {
	int socket;
	SSL *ssl;
	uint8_t input[ROOM];
	size_t filled;
	uint8_t output[ROOM];
	size_t waiting;
} peer;

static struct {
	uint8_t octets[2048];
	size_t size;
	size_t session_at, user_at; /* of their digits; 0: none */
} template;

static struct {
	uint32_t sent, answered;
	uint64_t counted, good; /* answers in the time that counts */
	uint64_t timed;
	double begin, from, until; /* seconds of the clock: all, and what is counted */
	double due[IN_FLIGHT];     /* when each was meant to leave; 0: it is answered */
	uint64_t buckets[BUCKETS];
	double longest;
	bool over; /* DPA has come */
} run;

static void give_up(const char *what)
{
	fprintf(stderr, "generator: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* ---- the connection ---- */

/* What the server's certificate says is no matter here. */
static void begin_tls(void)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());

	if (!context ||
	    SSL_CTX_use_certificate_file(context, options.certificate, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_use_PrivateKey_file(context, options.key, SSL_FILETYPE_PEM) != 1)
		give_up("certificate");
	peer.ssl = SSL_new(context);
	if (!peer.ssl || !SSL_set_fd(peer.ssl, peer.socket) || SSL_connect(peer.ssl) != 1)
		give_up("TLS");
}

static void connect_to_server(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(options.port) };
	struct timeval patience = { .tv_sec = PATIENCE };
	int yes = 1;

	peer.socket = socket(AF_INET, SOCK_STREAM, 0);
	if (inet_pton(AF_INET, options.address, &address.sin_addr) != 1 || peer.socket < 0 ||
	    connect(peer.socket, (struct sockaddr *)&address, sizeof(address)))
		give_up("connect");
	setsockopt(peer.socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	setsockopt(peer.socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(peer.socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (options.certificate)
		begin_tls();
}

static void flush(void)
{
	size_t at = 0;

	while (at < peer.waiting) {
		ssize_t sent =
			peer.ssl ? SSL_write(peer.ssl, peer.output + at, (int)(peer.waiting - at))
				 : write(peer.socket, peer.output + at, peer.waiting - at);

		if (sent <= 0)
			give_up("write");
		at += (size_t)sent;
	}
	peer.waiting = 0;
}

static void read_more(void)
{
	size_t room = ROOM - peer.filled;
	ssize_t got = peer.ssl ? SSL_read(peer.ssl, peer.input + peer.filled, (int)room)
	                       : read(peer.socket, peer.input + peer.filled, room);

	if (got <= 0)
		give_up("the server closed the connection");
	peer.filled += (size_t)got;
}

static void put_message(const struct dm_dictionary *dictionary, const struct dm_command *command,
                        const void *body)
{
	const struct dm_header header = { .hop_by_hop_id = UINT32_MAX, .end_to_end_id = 1 };
	struct dm_writer out;

	dm_writer_init_fixed(&out, peer.output, ROOM);
	if (dm_encode(dictionary, command, &header, body, &out))
		give_up(command->name);
	peer.waiting = out.size;
	flush();
}

/* ---- messages ---- */

static size_t place_of(const char *mark)
{
	const uint8_t *found = memmem(template.octets, template.size, mark, strlen(mark));

	return found ? (size_t)(found - template.octets) : 0;
}

static void make_template(const struct dm_dictionary *dictionary)
{
	const struct dm_header header = { .flags = DM_FLAG_P };
	const struct mip6_mbr mbr = {
		.has = { .user_name = true,
		         .mip6_feature_vector = true,
		         .nas_identifier = true,
		         .nas_ipv6_address = true,
		         .nas_port_type = true,
		         .calling_station_id = true,
		         .origin_state_id = true },
		.session_id = DM_BYTES_LITERAL("nas1.visited.example.org;3349150000;SSSSSSSS;mip6"),
		.auth_application_id = MIP6_APPLICATION_ID,
		.origin_host = dm_bytes_text(options.identity),
		.origin_realm = DM_BYTES_LITERAL("visited.example.org"),
		.destination_realm = DM_BYTES_LITERAL("home.example.net"),
		.auth_request_type = DM_AUTH_REQUEST_TYPE_AUTHORIZE_ONLY,
		.user_name = dm_bytes_text(options.users ? "uUUUUUUUU@home.example.net"
		                                         : "nobody00@home.example.net"),
		.mip6_feature_vector = 1,
		.nas_identifier = DM_BYTES_LITERAL("nas1"),
		.nas_ipv6_address =
			DM_BYTES_LITERAL("\x20\x01\x0d\xb8\xff\0\0\0\0\0\0\0\0\0\0\x01"),
		.nas_port_type = 19,
		.calling_station_id = DM_BYTES_LITERAL("02-00-5E-10-00-01"),
		.origin_state_id = 1140000000,
	};
	struct dm_writer out;

	dm_writer_init_fixed(&out, template.octets, sizeof(template.octets));
	if (dm_encode(dictionary, &mip6_command_mbr, &header, &mbr, &out))
		give_up("MBR");
	template.size = out.size;
	template.session_at = place_of("SSSSSSSS");
	template.user_at = place_of("UUUUUUUU");
}

static void write_digits(uint8_t *at, uint32_t number)
{
	for (size_t i = DIGITS; i-- > 0; number /= 10)
		at[i] = (uint8_t)('0' + number % 10);
}

/* Session-Ids and End-to-End Identifiers differ from those of the runs before. */
static void put_request(double due)
{
	static uint32_t salt;
	uint8_t *at = peer.output + peer.waiting;
	uint32_t number = run.sent++;

	if (!salt)
		salt = (uint32_t)(now() * 1000) | 1;
	memcpy(at, template.octets, template.size);
	dm_store_u32(at + HOP_BY_HOP, number);
	dm_store_u32(at + HOP_BY_HOP + 4, number + (salt << 12));
	write_digits(at + template.session_at, number + salt * 10007u);
	if (template.user_at)
		write_digits(at + template.user_at, options.first + number % options.users);
	peer.waiting += template.size;
	run.due[number % IN_FLIGHT] = due;
}

/* ---- answers ---- */

static size_t bucket_of(double seconds)
{
	uint64_t ns = seconds > 0 ? (uint64_t)(seconds * 1e9) : 0;
	int power = 0;

	if (ns < HALVES)
		return (size_t)ns;
	power = 63 - __builtin_clzll(ns);
	return (size_t)(power - HALF_BITS + 1) * HALVES +
	       (size_t)(ns >> (power - HALF_BITS) & (HALVES - 1));
}

static double seconds_of(size_t bucket)
{
	if (bucket < HALVES)
		return (double)bucket / 1e9;
	return ((double)(HALVES + bucket % HALVES) + 0.5) *
	       (double)((uint64_t)1 << (bucket / HALVES - 1)) / 1e9;
}

static bool is_good(struct dm_bytes message)
{
	struct dm_cursor cursor = dm_cursor_of(message);

	dm_cursor_take(&cursor, DM_HEADER_SIZE);
	while (dm_cursor_left(&cursor) >= 12 && !cursor.failed) {
		uint32_t code = dm_cursor_u32(&cursor);
		uint32_t length = dm_cursor_u32(&cursor) & 0xffffff;
		struct dm_bytes data;

		if (length < 8)
			return false;
		data = dm_cursor_take(&cursor, (length - 8 + 3) & ~3u);
		if (code == DM_AVP_RESULT_CODE)
			return data.size == 4 && dm_load_u32(data.at) / 1000 == 2;
	}
	return false;
}

static void note_time(double took)
{
	run.buckets[bucket_of(took)]++;
	run.timed++;
	if (took > run.longest)
		run.longest = took;
}

/* An answer that nobody waits for, a second one say, is none. */
static void take_answer(struct dm_bytes message, const struct dm_header *header, double at)
{
	double *due = &run.due[header->hop_by_hop_id % IN_FLIGHT];
	double took = at - *due;

	if (*due == 0)
		return;
	*due = 0;
	run.answered++;
	if (at < run.from || at >= run.until)
		return;
	run.counted++;
	run.good += is_good(message);
	note_time(took);
}

/* An open loop that ended before its answers came has not been quick: what still waits has waited
 * at least until now. */
static void note_unanswered(double at)
{
	for (size_t i = 0; i < IN_FLIGHT; i++)
		if (run.due[i] >= run.from && run.due[i] > 0)
			note_time(at - run.due[i]);
}

/* All whole messages that have come; requests of the server are passed over. */
static void take_answers(double at)
{
	size_t done = 0;

	while (peer.filled - done >= DM_HEADER_SIZE) {
		struct dm_bytes rest = dm_bytes_of(peer.input + done, peer.filled - done);
		struct dm_header header = dm_header_read(rest);

		if (header.length < DM_HEADER_SIZE || header.length > ROOM / 2)
			give_up("no Diameter");
		if (rest.size < header.length)
			break;
		rest.size = header.length;
		run.over |= header.command_code == DISCONNECT_PEER;
		if (!(header.flags & DM_FLAG_R) && header.hop_by_hop_id != UINT32_MAX)
			take_answer(rest, &header, at);
		done += header.length;
	}
	peer.filled -= done;
	memmove(peer.input, peer.input + done, peer.filled);
}

static void read_and_take(void)
{
	read_more();
	take_answers(now());
}

/* ---- the two loops ---- */

static void closed_loop(void)
{
	double at = now();

	while (at < run.until) {
		while (run.sent - run.answered < options.window)
			put_request(at);
		flush();
		read_more();
		at = now();
		take_answers(at);
	}
}

static bool is_readable(double seconds)
{
	struct timespec patience = { .tv_sec = seconds > 0 ? (time_t)seconds : 0 };
	struct pollfd wait = { .fd = peer.socket, .events = POLLIN };

	if (seconds > 0)
		patience.tv_nsec = (long)((seconds - (double)patience.tv_sec) * 1e9);
	return ppoll(&wait, 1, &patience, NULL) > 0;
}

/* Plain TCP only: what TLS holds back cannot be polled for. */
static void open_loop(void)
{
	double at = now();
	double due = at;

	while (at < run.until) {
		for (; due <= at && run.sent - run.answered < IN_FLIGHT; due += 1 / options.rate)
			put_request(due);
		flush();
		if (is_readable(due - now()))
			read_more();
		at = now();
		take_answers(at);
	}
	for (; due < run.until && run.sent - run.answered < IN_FLIGHT; due += 1 / options.rate)
		run.due[run.sent++ % IN_FLIGHT] = due; /* never left, and waits all the same */
	note_unanswered(at);
}

/* ---- the result ---- */

static double percentile(double share)
{
	uint64_t wanted = (uint64_t)((double)run.timed * share), passed = 0;

	for (size_t i = 0; i < BUCKETS; i++) {
		passed += run.buckets[i];
		if (passed > wanted)
			return seconds_of(i) * 1e6;
	}
	return run.longest * 1e6;
}

static void print_result(double seconds)
{
	printf("{\"tps\": %.0f, \"counted\": %llu, \"good\": %llu, \"answered\": %u, "
	       "\"octets\": %zu, \"p50_us\": %.1f, \"p90_us\": %.1f, \"p99_us\": %.1f, "
	       "\"p999_us\": %.1f, \"max_us\": %.1f}\n",
	       (double)run.counted / seconds, (unsigned long long)run.counted,
	       (unsigned long long)run.good, run.answered, template.size, percentile(0.5),
	       percentile(0.9), percentile(0.99), percentile(0.999), run.longest * 1e6);
}

static bool read_options(int count, char **arguments)
{
	int letter;

	while ((letter = getopt(count, arguments, "a:w:s:u:f:r:i:c:k:")) != -1) {
		switch (letter) {
		case 'a':
			options.address = optarg;
			break;
		case 'w':
			options.window = (uint32_t)strtoul(optarg, NULL, 10);
			break;
		case 's':
			options.seconds = strtod(optarg, NULL);
			break;
		case 'u':
			options.users = (uint32_t)strtoul(optarg, NULL, 10);
			break;
		case 'f':
			options.first = (uint32_t)strtoul(optarg, NULL, 10);
			break;
		case 'r':
			options.rate = strtod(optarg, NULL);
			break;
		case 'i':
			options.identity = optarg;
			break;
		case 'c':
			options.certificate = optarg;
			break;
		case 'k':
			options.key = optarg;
			break;
		default:
			return false;
		}
	}
	if (!options.certificate != !options.key || optind != count - 1 || options.window == 0 ||
	    options.window > 4096)
		return false;
	options.port = (uint16_t)strtoul(arguments[optind], NULL, 10);
	return true;
}

static void exchange_capabilities(const struct dm_dictionary *dictionary)
{
	static const uint32_t applications[] = { MIP6_APPLICATION_ID };
	static const struct dm_address address = { 1, DM_BYTES_LITERAL("\x7f\0\0\1") };
	const struct dm_cer cer = {
		.origin_host = dm_bytes_text(options.identity),
		.origin_realm = DM_BYTES_LITERAL("visited.example.org"),
		.host_ip_address = { &address, 1 },
		.product_name = DM_BYTES_LITERAL("Homeward generator"),
		.auth_application_id = { applications, 1 },
	};

	put_message(dictionary, &dm_command_cer, &cer);
	read_more();
	if (!is_good(dm_bytes_of(peer.input, peer.filled)))
		give_up("the CEA refuses");
	take_answers(0);
}

int main(int count, char **arguments)
{
	struct dm_dictionary *dictionary = dm_dictionary_new();
	struct dm_dpr dpr = { .origin_realm = DM_BYTES_LITERAL("visited.example.org") };

	if (!read_options(count, arguments)) {
		fprintf(stderr,
		        "usage: generator [-a ADDRESS] [-w WINDOW] [-s SECONDS] [-u USERS] "
		        "[-f FIRST] [-r RATE] [-i IDENTITY] [-c CERTIFICATE -k KEY] PORT\n");
		return 2;
	}
	if (!dictionary || dm_dictionary_add(dictionary, &mip6_grammar, NULL, NULL, 0))
		give_up("no dictionary");
	make_template(dictionary);
	connect_to_server();
	exchange_capabilities(dictionary);
	run.begin = now();
	run.from = run.begin + options.seconds / 10;
	run.until = run.begin + options.seconds;
	options.rate > 0 ? open_loop() : closed_loop();
	dpr.origin_host = dm_bytes_text(options.identity);
	put_message(dictionary, &dm_command_dpr, &dpr);
	while (!run.over)
		read_and_take();
	print_result(run.until - run.from);
	return 0;
}
