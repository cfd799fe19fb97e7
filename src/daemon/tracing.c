/* SPDX-License-Identifier: Apache-2.0 */
/* Who watches the messages: clients of the control socket, and the file of the option `trace`. */
#include "daemon/commands.h"
#include "io/members.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* Beyond this a slow client loses messages; the rest of its room is for replies. */
#define WAITING_LIMIT (HW_CONTROL_OUTPUT_LIMIT / 2)

struct hw_tracing {
	struct hw_tracing *next;
	struct hw_daemon *daemon;
	struct hw_trace_listener listener;
	uint64_t client;
	json_t *tag;     /* owned */
	uint64_t wanted; /* 0: without end */
	uint64_t shown, lost;
	uint64_t lost_told; /* of `lost`, said in a line */
};

struct hw_trace_file {
	struct hw_daemon *daemon;
	struct hw_trace_listener listener;
	int fd;
};

/* ---- clients ---- */

static void unlink_tracing(struct hw_tracing *tracing)
{
	struct hw_tracing **at = &tracing->daemon->tracings;

	while (*at != tracing)
		at = &(*at)->next;
	*at = tracing->next;
	hw_trace_unlisten(&tracing->daemon->trace, &tracing->listener);
	json_decref(tracing->tag);
	free(tracing);
}

static void finish(struct hw_tracing *tracing)
{
	struct hw_daemon *daemon = tracing->daemon;
	uint64_t client = tracing->client;
	json_t *reply = json_pack("{s:b, s:{s:I, s:I}, s:O*}", "ok", 1, "result", "messages",
	                          (json_int_t)tracing->shown, "lost", (json_int_t)tracing->lost,
	                          "tag", tracing->tag);

	unlink_tracing(tracing);
	hw_control_reply(daemon->control, client, reply, true);
}

static void show(void *context, const struct hw_trace_message *message)
{
	struct hw_tracing *tracing = context;
	struct hw_daemon *daemon = tracing->daemon;
	json_t *line;

	if (hw_control_waiting(daemon->control, tracing->client) > WAITING_LIMIT) {
		tracing->lost++;
		return;
	}
	line = hw_trace_json(message);
	if (line && tracing->lost > tracing->lost_told)
		hw_json_set_number(line, "lost", tracing->lost - tracing->lost_told);
	tracing->lost_told = tracing->lost;
	tracing->shown++;
	if (!hw_call_progress(daemon, tracing->client, tracing->tag, line))
		return; /* with the client went the tracing */
	if (tracing->shown == tracing->wanted)
		finish(tracing);
}

void hw_tracing_start(struct hw_call *call)
{
	struct hw_daemon *daemon = call->daemon;
	struct hw_tracing *tracing = calloc(1, sizeof(*tracing));

	if (!tracing) {
		hw_call_fail(call, 1, "no memory; try again later");
		return;
	}
	tracing->daemon = daemon;
	tracing->client = call->client;
	tracing->tag = json_incref(call->request.tag);
	tracing->wanted = call->request.count;
	tracing->listener = (struct hw_trace_listener){ .message = show, .context = tracing };
	tracing->next = daemon->tracings;
	daemon->tracings = tracing;
	hw_trace_listen(&daemon->trace, &tracing->listener);
}

void hw_tracing_client_gone(struct hw_daemon *daemon, uint64_t client)
{
	struct hw_tracing *tracing = daemon->tracings;

	while (tracing && tracing->client != client)
		tracing = tracing->next;
	if (tracing)
		unlink_tracing(tracing);
}

void hw_tracing_fini(struct hw_daemon *daemon)
{
	while (daemon->tracings)
		unlink_tracing(daemon->tracings);
}

/* ---- the file ---- */

static bool write_all(int fd, const char *text, size_t size)
{
	while (size > 0) {
		ssize_t written = write(fd, text, size);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return false;
		text += written;
		size -= (size_t)written;
	}
	return true;
}

static void append(void *context, const struct hw_trace_message *message)
{
	struct hw_trace_file *file = context;
	json_t *object = hw_trace_json(message);
	char *line = object ? json_dumps(object, JSON_COMPACT) : NULL;
	bool good = line && write_all(file->fd, line, strlen(line)) && write_all(file->fd, "\n", 1);

	if (!good)
		hw_log(file->daemon, DM_LOG_WARNING, "trace", "a message is missing in %s: %s",
		       file->daemon->config.trace, strerror(errno));
	free(line);
	json_decref(object);
}

int hw_trace_file_open(struct hw_daemon *daemon, const char *path)
{
	struct hw_trace_file *file = calloc(1, sizeof(*file));

	if (!file)
		return -ENOMEM;
	file->fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (file->fd < 0) {
		int error = -errno;

		hw_log(daemon, DM_LOG_ERROR, "trace", "%s cannot be written: %s", path,
		       strerror(-error));
		free(file);
		return error;
	}
	file->daemon = daemon;
	file->listener = (struct hw_trace_listener){ .message = append, .context = file };
	daemon->trace_file = file;
	hw_trace_listen(&daemon->trace, &file->listener);
	return 0;
}

void hw_trace_file_close(struct hw_daemon *daemon)
{
	struct hw_trace_file *file = daemon->trace_file;

	if (!file)
		return;
	hw_trace_unlisten(&daemon->trace, &file->listener);
	close(file->fd);
	free(file);
	daemon->trace_file = NULL;
}
