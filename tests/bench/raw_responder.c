/* SPDX-License-Identifier: Apache-2.0 */
/*
 * raw_responder: what sockets alone allow; the limit that `make bench` measures beside the servers.
 *
 * It finds the ends of messages by their length and copies the two identifiers into an answer that
 * was encoded once, at the start: nothing is decoded or checked, one epoll, one read and one write
 * a turn. CER, DWR and DPR are answered, so that a generator or a relay can use it as a peer.
 *
 *	raw_responder IDENTITY REALM
 *
 * It listens on a free port of 127.0.0.1, prints it as one line, and runs until SIGTERM.
 */
#include "base/cursor.h"
#include "base/writer.h"
#include "diameter/codec/message.h"
#include "dict/base.dia.h"
#include "dict/mip6.dia.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define ROOM       ((size_t)1 << 20) /* octets of input, and of output, of one connection */
#define LARGEST    ((size_t)1024)    /* octets of an answer */
#define EVENTS     64
#define RELAY      0xffffffffu
#define HOP_BY_HOP ((size_t)12) /* where the identifiers are: RFC 6733 3 */

struct connection {
	int socket;
	size_t filled; /* of `input` */
	size_t sent;   /* of `output` */
	struct dm_writer output;
	uint8_t input[ROOM];
	uint8_t room[ROOM];
};

struct answer {
	uint32_t command_code;
	uint8_t room[LARGEST];
	struct dm_bytes wire;
};

static struct answer answers[4]; /* the last one is that of every other command */

static void give_up(const char *what)
{
	fprintf(stderr, "raw_responder: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* ---- the answers, encoded once ---- */

static void prepare(struct answer *answer, const struct dm_dictionary *dictionary,
                    const struct dm_command *command, uint32_t code, const void *body)
{
	const struct dm_header header = { .flags = 0 };
	struct dm_writer out;

	dm_writer_init_fixed(&out, answer->room, sizeof(answer->room));
	if (dm_encode(dictionary, command, &header, body, &out))
		give_up(command->name);
	answer->command_code = code;
	answer->wire = dm_writer_written(&out);
}

static void prepare_answers(struct dm_bytes host, struct dm_bytes realm)
{
	static const uint32_t relay[] = { RELAY };
	static const struct dm_address address = { 1, DM_BYTES_LITERAL("\x7f\0\0\1") };
	struct dm_cea cea = {
		.result_code = 2001,
		.origin_host = host,
		.origin_realm = realm,
		.host_ip_address = { &address, 1 },
		.product_name = DM_BYTES_LITERAL("raw responder"),
		.auth_application_id = { relay, 1 },
	};
	struct dm_dwa dwa = { .result_code = 2001, .origin_host = host, .origin_realm = realm };
	struct dm_dpa dpa = { .result_code = 2001, .origin_host = host, .origin_realm = realm };
	struct mip6_mba mba = {
		.session_id = DM_BYTES_LITERAL("raw;1;1"),
		.auth_application_id = MIP6_APPLICATION_ID,
		.auth_request_type = DM_AUTH_REQUEST_TYPE_AUTHORIZE_ONLY,
		.result_code = 2001,
		.origin_host = host,
		.origin_realm = realm,
	};
	struct dm_dictionary *dictionary = dm_dictionary_new();

	if (!dictionary || dm_dictionary_add(dictionary, &mip6_grammar, NULL, NULL, 0))
		give_up("no dictionary");
	prepare(&answers[0], dictionary, &dm_command_cea, 257, &cea);
	prepare(&answers[1], dictionary, &dm_command_dwa, 280, &dwa);
	prepare(&answers[2], dictionary, &dm_command_dpa, 282, &dpa);
	prepare(&answers[3], dictionary, &mip6_command_mba, 0, &mba);
	dm_dictionary_free(dictionary);
}

static struct dm_bytes answer_of(uint32_t command_code)
{
	size_t i = 0;

	while (i < 3 && answers[i].command_code != command_code)
		i++;
	return answers[i].wire;
}

/* ---- one connection ---- */

static void respond(struct connection *connection, const uint8_t *request)
{
	struct dm_header header = dm_header_read(dm_bytes_of(request, DM_HEADER_SIZE));
	struct dm_bytes answer = answer_of(header.command_code);
	uint8_t *at = dm_writer_extend(&connection->output, answer.size);

	if (!at)
		return; /* of a turn's answers none is larger than its request's room */
	memcpy(at, answer.at, answer.size);
	memcpy(at + HOP_BY_HOP, request + HOP_BY_HOP, 8);
}

/* All whole messages of the input; false when there is no sense in it. */
static bool respond_all(struct connection *connection)
{
	size_t at = 0;

	while (connection->filled - at >= DM_HEADER_SIZE &&
	       connection->output.room - connection->output.size >= LARGEST) {
		size_t size = dm_load_u32(connection->input + at) & 0xffffff;

		if (size < DM_HEADER_SIZE || size > ROOM / 2)
			return false;
		if (connection->filled - at < size)
			break;
		if (connection->input[at + 4] & DM_FLAG_R)
			respond(connection, connection->input + at);
		at += size;
	}
	connection->filled -= at;
	memmove(connection->input, connection->input + at, connection->filled);
	return true;
}

static void watch(int poll, struct connection *connection, int how, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = connection };

	if (epoll_ctl(poll, how, connection->socket, &event))
		give_up("epoll_ctl");
}

/* True when nothing is left to write. */
static bool flush(int poll, struct connection *connection, bool waited)
{
	struct dm_bytes octets = dm_writer_written(&connection->output);
	ssize_t sent = write(connection->socket, octets.at + connection->sent,
	                     octets.size - connection->sent);

	connection->sent += sent > 0 ? (size_t)sent : 0;
	if (connection->sent < octets.size) {
		if (!waited)
			watch(poll, connection, EPOLL_CTL_MOD, EPOLLOUT);
		return false;
	}
	connection->sent = 0;
	dm_writer_reset(&connection->output);
	if (waited)
		watch(poll, connection, EPOLL_CTL_MOD, EPOLLIN);
	return true;
}

static void end(struct connection *connection)
{
	close(connection->socket);
	free(connection);
}

static void serve(int poll, struct connection *connection, uint32_t events)
{
	ssize_t got;

	if (events & EPOLLOUT && !flush(poll, connection, true) && !(events & EPOLLHUP))
		return;
	got = read(connection->socket, connection->input + connection->filled,
	           ROOM - connection->filled);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got > 0)
		connection->filled += (size_t)got;
	if (got <= 0 || !respond_all(connection)) {
		end(connection);
		return;
	}
	if (connection->output.size)
		flush(poll, connection, false);
}

/* ---- the listener ---- */

static int listen_on_loopback(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t size = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) ||
	    listen(listener, 128) || getsockname(listener, (struct sockaddr *)&address, &size))
		give_up("listen");
	printf("%u\n", ntohs(address.sin_port));
	fflush(stdout);
	return listener;
}

static void take_connection(int poll, int listener)
{
	struct connection *connection = calloc(1, sizeof(*connection));
	int yes = 1;

	if (!connection)
		give_up("memory");
	connection->socket = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
	if (connection->socket < 0)
		give_up("accept");
	setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	dm_writer_init_fixed(&connection->output, connection->room, ROOM);
	watch(poll, connection, EPOLL_CTL_ADD, EPOLLIN);
}

static void run(int poll, int listener)
{
	struct epoll_event events[EVENTS];
	int count = epoll_wait(poll, events, EVENTS, -1);

	if (count < 0 && errno != EINTR)
		give_up("epoll_wait");
	for (int i = 0; i < count; i++) {
		if (events[i].data.ptr)
			serve(poll, events[i].data.ptr, events[i].events);
		else
			take_connection(poll, listener);
	}
}

int main(int count, char **arguments)
{
	struct epoll_event event = { .events = EPOLLIN };
	int listener;
	int poll = epoll_create1(0);

	if (count != 3) {
		fprintf(stderr, "usage: raw_responder IDENTITY REALM\n");
		return 2;
	}
	prepare_answers(dm_bytes_text(arguments[1]), dm_bytes_text(arguments[2]));
	listener = listen_on_loopback();
	if (poll < 0 || epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event))
		give_up("epoll");
	while (true)
		run(poll, listener);
}
