/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wait: until a daemon answers and, if asked for, a peer of it is open. For scripts. The socket's
 * directory is watched until the socket is there; afterwards the daemon's trace says when it is
 * worth asking again.
 */
#include "cli/client.h"
#include "cli/commands.h"

#include <errno.h>
#include <libgen.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

enum { REFUSED_MS = 20 };

struct waiting {
	struct hw_call *call;
	const char *path;
	const char *peer; /* NULL: only the daemon */
	int64_t deadline; /* milliseconds, monotonic */
	int watch_fd;
};

static int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int left_ms(const struct waiting *waiting)
{
	int64_t left = waiting->deadline - now_ms();

	return left > 0 ? (int)left : 0;
}

/* Watches the nearest directory above the socket that exists. */
static bool watch(const struct waiting *waiting)
{
	char *path = strdup(waiting->path);
	char *directory = path;
	int watched = -1;

	while (directory && watched < 0) {
		directory = dirname(directory);
		watched = inotify_add_watch(waiting->watch_fd, directory,
		                            IN_CREATE | IN_MOVED_TO | IN_ATTRIB);
		if (strcmp(directory, "/") == 0 || strcmp(directory, ".") == 0)
			break;
	}
	free(path);
	return watched >= 0;
}

/*
 * False: the time is over. Between bind and listen a socket is there and refuses, and nobody tells
 * when that ends; so it is tried again soon.
 */
static bool worth_another_try(const struct waiting *waiting, bool refused)
{
	struct pollfd fd = { .fd = waiting->watch_fd, .events = POLLIN };
	int left = left_ms(waiting);
	char events[4096];

	if (left == 0)
		return false;
	if (refused && left > REFUSED_MS)
		left = REFUSED_MS;
	(void)poll(&fd, 1, left);
	while (read(waiting->watch_fd, events, sizeof(events)) > 0)
		;
	return true;
}

/* The watch is set before the attempt, so that what happens between them is seen. */
static enum hw_exit wait_for_daemon(struct waiting *waiting, struct hw_client *client)
{
	struct hw_call *call = waiting->call;

	for (;;) {
		bool watched = watch(waiting);
		int error = hw_client_open(client, waiting->path, call->error, sizeof(call->error));

		if (!error)
			return HW_FINE;
		if (!watched || !worth_another_try(waiting, error == -ECONNREFUSED))
			return HW_NO_DAEMON; /* with hw_client_open's sentence */
	}
}

static enum hw_exit peer_is_open(struct waiting *waiting, struct hw_client *client, bool *open)
{
	json_t *peers = NULL, *peer;
	size_t index;
	enum hw_exit code = hw_client_ask_on(waiting->call, client,
	                                     json_pack("{s:s}", "command", "peers"), &peers);

	*open = false;
	json_array_foreach(peers, index, peer)
	{
		const char *name = json_string_value(json_object_get(peer, "origin_host"));

		if (name && strcasecmp(name, waiting->peer) == 0)
			*open = json_is_true(json_object_get(peer, "open"));
	}
	json_decref(peers);
	return code;
}

/* Sleeps until the daemon has sent or received a message. */
static enum hw_exit wait_for_message(struct waiting *waiting, struct hw_client *trace)
{
	struct hw_call *call = waiting->call;
	json_t *message = NULL;
	int error = hw_client_receive(trace, left_ms(waiting), &message, call->error,
	                              sizeof(call->error));

	json_decref(message);
	if (error == -ETIMEDOUT)
		return hw_fail(call, HW_REFUSED, "%s is not open", waiting->peer);
	return error ? HW_NO_DAEMON : HW_FINE;
}

static enum hw_exit wait_on(struct waiting *waiting, struct hw_client *client,
                            struct hw_client *trace)
{
	struct hw_call *call = waiting->call;
	json_t *request = json_pack("{s:s, s:i}", "command", "trace", "count", 0);
	bool open = false;
	enum hw_exit code = hw_client_send(trace, request, call->error, sizeof(call->error))
	                            ? HW_NO_DAEMON
	                            : HW_FINE;

	json_decref(request);
	while (code == HW_FINE) {
		code = peer_is_open(waiting, client, &open);
		if (code != HW_FINE || open)
			return code;
		code = wait_for_message(waiting, trace);
	}
	return code;
}

static enum hw_exit wait_for_peer(struct waiting *waiting, struct hw_client *client)
{
	struct hw_call *call = waiting->call;
	struct hw_client trace;
	enum hw_exit code;

	if (hw_client_open(&trace, waiting->path, call->error, sizeof(call->error)))
		return HW_NO_DAEMON;
	code = wait_on(waiting, client, &trace);
	hw_client_close(&trace);
	return code;
}

static enum hw_exit wait_for_all(struct waiting *waiting)
{
	struct hw_client client;
	enum hw_exit code = wait_for_daemon(waiting, &client);

	if (code != HW_FINE)
		return code;
	waiting->call->error[0] = '\0';
	if (waiting->peer)
		code = wait_for_peer(waiting, &client);
	hw_client_close(&client);
	return code;
}

enum hw_exit hw_wait(struct hw_call *call)
{
	unsigned long seconds = 30;
	struct waiting waiting = { .call = call,
		                   .path = hw_client_path(call),
		                   .peer = hw_option(call, "peer") };
	enum hw_exit code = hw_option_number(call, "timeout", 0, 86400, &seconds);

	if (code != HW_FINE)
		return code;
	waiting.deadline = now_ms() + (int64_t)seconds * 1000;
	waiting.watch_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (waiting.watch_fd < 0)
		return hw_fail(call, HW_REFUSED, "cannot watch: %s", strerror(errno));
	code = wait_for_all(&waiting);
	close(waiting.watch_fd);
	if (code == HW_FINE)
		call->result =
			json_pack("{s:s, s:s*}", "socket", waiting.path, "peer", waiting.peer);
	return code;
}
