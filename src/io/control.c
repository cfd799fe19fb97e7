/* SPDX-License-Identifier: Apache-2.0 */
#include "io/control.h"

#include "base/map.h"
#include "base/secret.h"
#include "base/writer.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG   128
#define READ_SIZE 65536

struct hw_control {
	struct hw_control_config config;
	uv_pipe_t server;
	struct dm_map clients; /* number -> struct client */
	uint64_t last;         /* client number */
	bool stopped;
	bool crowded; /* somebody waits to be accepted until a client goes */
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
};

struct client {
	struct hw_control *control;
	uint64_t number;
	uv_pipe_t pipe;
	uv_shutdown_t shutdown;
	struct dm_writer read; /* octets of lines that are not in work yet */
	size_t searched;       /* octets of `read` that hold no line feed */
	bool busy;             /* a request waits for its final reply */
	bool working;          /* inside of work() */
	bool closing;
	bool ending; /* closes when all is written */
	uint8_t buffer[READ_SIZE];
};

struct reply {
	uv_write_t write;
	char *text; /* owned */
};

static void work(struct client *client);
static void accept_client(struct hw_control *control);

/* ---- the end of a client ---- */

static void on_client_closed(uv_handle_t *handle)
{
	struct client *client = handle->data;

	dm_wipe(client->read.at, client->read.size);
	dm_writer_fini(&client->read);
	dm_wipe(client->buffer, sizeof(client->buffer));
	free(client);
}

static void close_client(struct client *client)
{
	struct hw_control *control = client->control;

	if (client->closing)
		return;
	client->closing = true;
	dm_map_remove_number(&control->clients, client->number);
	if (!control->stopped)
		control->config.gone(control->config.context, client->number);
	uv_close((uv_handle_t *)&client->pipe, on_client_closed);
	if (control->crowded && !control->stopped)
		accept_client(control);
}

static void on_shutdown(uv_shutdown_t *shutdown, int status)
{
	(void)status;
	close_client(shutdown->data);
}

/* Writes what waits, then closes. */
static void end_client(struct client *client)
{
	if (client->closing || client->ending)
		return;
	client->ending = true;
	uv_read_stop((uv_stream_t *)&client->pipe);
	client->shutdown.data = client;
	if (uv_shutdown(&client->shutdown, (uv_stream_t *)&client->pipe, on_shutdown))
		close_client(client);
}

/* ---- writing ---- */

static void on_written(uv_write_t *write, int status)
{
	struct reply *reply = write->data;
	struct client *client = write->handle->data;

	free(reply->text);
	free(reply);
	if (status < 0)
		close_client(client);
}

static char *line_of(json_t *object)
{
	char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
	size_t size = text ? strlen(text) : 0;
	char *line = text ? realloc(text, size + 2) : NULL;

	json_decref(object);
	if (!line) {
		free(text);
		return NULL;
	}
	memcpy(line + size, "\n", 2);
	return line;
}

static int write_line(struct client *client, char *line)
{
	uv_buf_t buffer = uv_buf_init(line, (unsigned)strlen(line));
	struct reply *reply = malloc(sizeof(*reply));
	int error = UV_ENOMEM;

	if (reply) {
		reply->text = line;
		reply->write.data = reply;
		error = uv_write(&reply->write, (uv_stream_t *)&client->pipe, &buffer, 1,
		                 on_written);
	}
	if (error) {
		free(reply);
		free(line);
	}
	return error;
}

bool hw_control_reply(struct hw_control *control, uint64_t number, json_t *object, bool final)
{
	struct client *client = dm_map_get_number(&control->clients, number);
	char *line;

	if (!client) {
		json_decref(object);
		return false;
	}
	line = line_of(object);
	if (!line || write_line(client, line) ||
	    hw_control_waiting(control, number) > HW_CONTROL_OUTPUT_LIMIT) {
		close_client(client);
		return false;
	}
	if (final)
		client->busy = false;
	if (final && !client->working)
		work(client);
	return true;
}

size_t hw_control_waiting(const struct hw_control *control, uint64_t number)
{
	const struct client *client = dm_map_get_number(&control->clients, number);

	if (!client)
		return SIZE_MAX;
	return uv_stream_get_write_queue_size((const uv_stream_t *)&client->pipe);
}

/* ---- reading ---- */

static void drop(struct client *client, size_t size)
{
	struct dm_writer *read = &client->read;
	size_t rest = read->size - size;

	memmove(read->at, read->at + size, rest);
	dm_wipe(read->at + rest, size);
	read->size = rest;
}

static void refuse_line(struct client *client)
{
	json_t *reply = json_pack("{s:b, s:i, s:s}", "ok", 0, "code", 2, "error",
	                          "the line is longer than 16 MiB; send less at a time");

	hw_control_reply(client->control, client->number, reply, false);
	end_client(client);
}

static void on_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
	struct client *client = handle->data;

	(void)suggested;
	*out = uv_buf_init((char *)client->buffer, sizeof(client->buffer));
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer)
{
	struct client *client = stream->data;

	if (size < 0) {
		size == UV_EOF ? end_client(client) : close_client(client);
		return;
	}
	dm_writer_bytes(&client->read, dm_bytes_of(buffer->base, (size_t)size));
	dm_wipe(client->buffer, (size_t)size);
	work(client);
}

/* The size of the first line without its end; SIZE_MAX: it is not whole yet. */
static size_t first_line(struct client *client)
{
	const struct dm_writer *read = &client->read;
	const uint8_t *end = NULL;

	if (read->size > client->searched)
		end = memchr(read->at + client->searched, '\n', read->size - client->searched);
	client->searched = end ? 0 : read->size;
	return end ? (size_t)(end - read->at) : SIZE_MAX;
}

static void take_lines(struct client *client)
{
	struct hw_control *control = client->control;

	while (!client->busy && !client->closing && !client->ending) {
		size_t size = first_line(client);

		if (size == SIZE_MAX) {
			if (client->read.failed || client->read.size > HW_CONTROL_LINE_LIMIT)
				refuse_line(client);
			return;
		}
		client->busy = true;
		control->config.line(control->config.context, client->number,
		                     dm_bytes_of(client->read.at, size));
		drop(client, size + 1);
	}
}

/* Gives one line after the other for as long as each is answered at once. What comes while a
 * request is in work stays in the socket. */
static void work(struct client *client)
{
	client->working = true;
	take_lines(client);
	client->working = false;
	if (client->closing || client->ending)
		return;
	if (client->busy)
		uv_read_stop((uv_stream_t *)&client->pipe);
	else
		uv_read_start((uv_stream_t *)&client->pipe, on_buffer, on_read);
}

/* ---- accepting ---- */

static struct client *client_new(struct hw_control *control)
{
	struct client *client = calloc(1, sizeof(*client));

	if (!client)
		return NULL;
	client->control = control;
	client->number = ++control->last;
	dm_writer_init(&client->read, HW_CONTROL_LINE_LIMIT + READ_SIZE);
	uv_pipe_init(control->config.loop, &client->pipe, 0);
	client->pipe.data = client;
	return client;
}

/* Until uv_accept is called libuv does not look at the socket again. */
static void accept_client(struct hw_control *control)
{
	struct client *client = NULL;

	control->crowded = control->clients.count >= control->config.client_limit;
	if (!control->crowded)
		client = client_new(control);
	if (!client) {
		control->crowded = true;
		return;
	}
	if (uv_accept((uv_stream_t *)&control->server, (uv_stream_t *)&client->pipe) ||
	    dm_map_put_number(&control->clients, client->number, client)) {
		client->closing = true;
		uv_close((uv_handle_t *)&client->pipe, on_client_closed);
		return;
	}
	work(client);
}

static void on_connection(uv_stream_t *server, int status)
{
	if (status == 0)
		accept_client(server->data);
}

/* A socket file that nobody listens at is left over; one that answers is not ours to take. */
static int clear_path(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int error = 0;

	if (fd < 0)
		return -errno;
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 || errno == EAGAIN)
		error = -EADDRINUSE;
	else if (errno == ECONNREFUSED && unlink(path))
		error = -errno;
	close(fd);
	return error;
}

static int bind_path(struct hw_control *control)
{
	mode_t mask;
	int error = clear_path(control->path);

	if (error)
		return error;
	mask = umask(0177);
	error = uv_pipe_bind(&control->server, control->path);
	umask(mask);
	if (error)
		return error;
	return uv_listen((uv_stream_t *)&control->server, BACKLOG, on_connection);
}

static void on_server_closed(uv_handle_t *handle)
{
	free(handle->data);
}

int hw_control_new(const struct hw_control_config *config, struct hw_control **out)
{
	struct hw_control *control = calloc(1, sizeof(*control));
	size_t size = strlen(config->path) + 1;
	int error;

	*out = NULL;
	if (!control || size > sizeof(control->path)) {
		free(control);
		return control ? -ENAMETOOLONG : -ENOMEM;
	}
	control->config = *config;
	memcpy(control->path, config->path, size);
	control->config.path = control->path;
	dm_map_init(&control->clients, 0, false);
	uv_pipe_init(config->loop, &control->server, 0);
	control->server.data = control;
	error = bind_path(control);
	if (error) {
		uv_close((uv_handle_t *)&control->server, on_server_closed);
		return error;
	}
	*out = control;
	return 0;
}

static void end_each(void *value, void *context)
{
	(void)context;
	end_client(value);
}

static void on_stopped(uv_handle_t *handle)
{
	(void)handle;
}

void hw_control_stop(struct hw_control *control)
{
	control->stopped = true;
	unlink(control->path);
	uv_close((uv_handle_t *)&control->server, on_stopped);
	dm_map_each(&control->clients, end_each, NULL);
}

static void close_each(void *value, void *context)
{
	(void)context;
	close_client(value);
}

void hw_control_abort(struct hw_control *control)
{
	dm_map_each(&control->clients, close_each, NULL);
}

void hw_control_free(struct hw_control *control)
{
	if (!control)
		return;
	dm_map_fini(&control->clients);
	free(control);
}
