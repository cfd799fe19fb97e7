/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/client.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* Longer than any request deadline of the daemon. */
#define ANSWER_TIMEOUT_MS (120 * 1000)

const char *hw_client_path(const struct hw_call *call)
{
	const char *given = hw_option(call, "socket");
	const char *environment = getenv("HOMEWARD_CONTROL");

	if (given)
		return given;
	return environment && *environment ? environment : HW_CLIENT_SOCKET;
}

static int set_path(struct sockaddr_un *address, const char *path)
{
	size_t size = strlen(path);

	if (size >= sizeof(address->sun_path))
		return -ENAMETOOLONG;
	address->sun_family = AF_UNIX;
	memcpy(address->sun_path, path, size + 1);
	return 0;
}

static int connect_to(const char *path)
{
	struct sockaddr_un address = { 0 };
	int error = set_path(&address, path);
	int fd = error ? -1 : socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (error)
		return error;
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	error = -errno;
	close(fd);
	return error;
}

int hw_client_open(struct hw_client *client, const char *path, char *why, size_t why_room)
{
	int fd = connect_to(path);

	*client = (struct hw_client){ .fd = fd < 0 ? -1 : fd, .interrupt_fd = -1 };
	if (fd < 0) {
		(void)snprintf(why, why_room, "no daemon answers at %s: %s", path, strerror(-fd));
		return fd;
	}
	client->path = strdup(path);
	if (client->path)
		return 0;
	close(fd);
	client->fd = -1;
	(void)snprintf(why, why_room, "out of memory");
	return -ENOMEM;
}

void hw_client_close(struct hw_client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	free(client->path);
	free(client->held);
	*client = (struct hw_client){ .fd = -1 };
}

static int send_all(int fd, const char *octets, size_t size)
{
	while (size) {
		ssize_t sent = send(fd, octets, size, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return -errno;
		octets += sent;
		size -= (size_t)sent;
	}
	return 0;
}

int hw_client_send(struct hw_client *client, const json_t *request, char *why, size_t why_room)
{
	char *line = json_dumps(request, JSON_COMPACT);
	int error;

	if (!line)
		return -ENOMEM;
	error = send_all(client->fd, line, strlen(line));
	error = error ? error : send_all(client->fd, "\n", 1);
	if (error)
		(void)snprintf(why, why_room, "cannot ask the daemon at %s: %s", client->path,
		               strerror(-error));
	/* It may hold a subscriber's root key. */
	explicit_bzero(line, strlen(line));
	free(line);
	return error;
}

static int make_room(struct hw_client *client)
{
	size_t room = client->room ? client->room * 2 : 65536;
	char *held;

	if (client->size < client->room)
		return 0;
	if (room > HW_CLIENT_LINE)
		return -EMSGSIZE;
	held = realloc(client->held, room);
	if (!held)
		return -ENOMEM;
	client->held = held;
	client->room = room;
	return 0;
}

static int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits for octets until the deadline (-1: for ever) and reads them. */
static int read_more(struct hw_client *client, int64_t deadline)
{
	struct pollfd fds[2] = { { .fd = client->fd, .events = POLLIN },
		                 { .fd = client->interrupt_fd, .events = POLLIN } };
	int64_t left = deadline < 0 ? -1 : deadline - now_ms();
	int ready = poll(fds, 2, left < -1 ? 0 : (int)left);
	int error = make_room(client);
	ssize_t got;

	if (ready < 0)
		return errno == EINTR ? 0 : -errno;
	if (ready == 0)
		return -ETIMEDOUT;
	if (fds[1].revents)
		return -ECANCELED;
	if (error)
		return error;
	got = read(client->fd, client->held + client->size, client->room - client->size);
	if (got < 0)
		return errno == EINTR ? 0 : -errno;
	client->size += (size_t)got;
	return got ? 0 : -EPIPE;
}

/* Moves what is behind the last line to the front. */
static void drop_taken(struct hw_client *client)
{
	if (client->taken)
		memmove(client->held, client->held + client->taken, client->size - client->taken);
	client->size -= client->taken;
	client->taken = 0;
}

static int receive_line(struct hw_client *client, int milliseconds, const char **line, size_t *size)
{
	int64_t deadline = milliseconds < 0 ? -1 : now_ms() + milliseconds;

	drop_taken(client);
	for (;;) {
		const char *end = client->size ? memchr(client->held, '\n', client->size) : NULL;
		int error;

		if (end) {
			*line = client->held;
			*size = (size_t)(end - client->held);
			client->taken = *size + 1;
			return 0;
		}
		error = read_more(client, deadline);
		if (error)
			return error;
	}
}

static void say_why(const struct hw_client *client, int error, char *why, size_t why_room)
{
	if (error == -EPIPE)
		(void)snprintf(why, why_room, "the daemon at %s closed the connection",
		               client->path);
	else if (error == -ECANCELED)
		(void)snprintf(why, why_room, "interrupted");
	else if (error == -ETIMEDOUT)
		(void)snprintf(why, why_room, "the daemon at %s did not answer in time",
		               client->path);
	else
		(void)snprintf(why, why_room, "cannot read from the daemon at %s: %s", client->path,
		               strerror(-error));
}

int hw_client_receive(struct hw_client *client, int milliseconds, json_t **out, char *why,
                      size_t why_room)
{
	const char *line;
	size_t size;
	json_error_t where;
	int error = receive_line(client, milliseconds, &line, &size);

	if (error) {
		say_why(client, error, why, why_room);
		return error;
	}
	*out = json_loadb(line, size, 0, &where);
	if (json_is_object(*out))
		return 0;
	json_decref(*out);
	(void)snprintf(why, why_room, "the daemon at %s sent a line that is no JSON object",
	               client->path);
	return -EPROTO;
}

/* {"ok": false, ...}: the daemon's own sentence and kind of failure. */
static enum hw_exit refused(struct hw_call *call, const json_t *answer, json_t **result)
{
	const char *error = json_string_value(json_object_get(answer, "error"));
	json_int_t code = json_integer_value(json_object_get(answer, "code"));

	*result = json_incref(json_object_get(answer, "result"));
	return hw_fail(call, code == HW_BAD_INPUT ? HW_BAD_INPUT : HW_REFUSED, "%s",
	               error ? error : "the daemon refused without a reason");
}

static enum hw_exit wait_for_answer(struct hw_call *call, struct hw_client *client, json_t **result)
{
	for (;;) {
		json_t *answer = NULL;
		const json_t *progress;
		enum hw_exit code = HW_FINE;

		if (hw_client_receive(client, ANSWER_TIMEOUT_MS, &answer, call->error,
		                      sizeof(call->error)))
			return HW_NO_DAEMON;
		progress = json_object_get(answer, "progress");
		if (progress)
			hw_progress(call, progress);
		else if (json_is_true(json_object_get(answer, "ok")))
			*result = json_incref(json_object_get(answer, "result"));
		else
			code = refused(call, answer, result);
		json_decref(answer);
		if (!progress)
			return code;
	}
}

enum hw_exit hw_client_ask_on(struct hw_call *call, struct hw_client *client, json_t *request,
                              json_t **result)
{
	int error = request ? hw_client_send(client, request, call->error, sizeof(call->error))
	                    : -ENOMEM;

	*result = NULL;
	json_decref(request);
	return error ? HW_NO_DAEMON : wait_for_answer(call, client, result);
}

enum hw_exit hw_client_ask(struct hw_call *call, json_t *request)
{
	struct hw_client client;
	enum hw_exit code;

	if (hw_client_open(&client, hw_client_path(call), call->error, sizeof(call->error))) {
		json_decref(request);
		return HW_NO_DAEMON;
	}
	code = hw_client_ask_on(call, &client, request, &call->result);
	hw_client_close(&client);
	return code;
}
