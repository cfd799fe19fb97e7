/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/io/check.h"

#include "io/control.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

struct world {
	uv_loop_t loop;
	struct hw_control *control;
	char folder[32];
	char path[64];
	size_t lines;
	size_t gone;
	uint64_t client;
	char last[256];
	bool hold; /* replies come later */
	char read[4096];
	size_t read_size;
	int fd;
};

static void on_line(void *context, uint64_t client, struct dm_bytes line)
{
	struct world *world = context;
	size_t size = line.size < sizeof(world->last) ? line.size : sizeof(world->last) - 1;

	world->lines++;
	world->client = client;
	memcpy(world->last, line.at, size);
	world->last[size] = '\0';
	if (!world->hold)
		hw_control_reply(world->control, client,
		                 json_pack("{s:i}", "line", (int)world->lines), true);
}

static void on_gone(void *context, uint64_t client)
{
	struct world *world = context;

	(void)client;
	world->gone++;
}

static struct hw_control_config config_of(struct world *world)
{
	return (struct hw_control_config){ .loop = &world->loop,
		                           .path = world->path,
		                           .client_limit = 2,
		                           .line = on_line,
		                           .gone = on_gone,
		                           .context = world };
}

static int setup(void **state)
{
	struct world *world = calloc(1, sizeof(*world));
	struct hw_control_config config;

	world->fd = -1;
	snprintf(world->folder, sizeof(world->folder), "/tmp/hw-control-XXXXXX");
	assert_non_null(mkdtemp(world->folder));
	snprintf(world->path, sizeof(world->path), "%s/control", world->folder);
	uv_loop_init(&world->loop);
	config = config_of(world);
	assert_int_equal(hw_control_new(&config, &world->control), 0);
	*state = world;
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;

	if (world->fd >= 0)
		close(world->fd);
	hw_control_stop(world->control);
	hw_control_abort(world->control);
	uv_run(&world->loop, UV_RUN_DEFAULT);
	hw_control_free(world->control);
	assert_int_equal(uv_loop_close(&world->loop), 0);
	assert_int_equal(rmdir(world->folder), 0); /* the socket is gone */
	free(world);
	return 0;
}

static int dial(const struct world *world)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(address.sun_path, world->path, strlen(world->path) + 1);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void say(const struct world *world, const char *text)
{
	assert_int_equal(write(world->fd, text, strlen(text)), (ssize_t)strlen(text));
}

/* Reads what is there; true when it ends in `wanted` lines in all, or the other side closed. */
static size_t wanted_lines;

static bool has_lines(void *context)
{
	struct world *world = context;
	ssize_t size = recv(world->fd, world->read + world->read_size,
	                    sizeof(world->read) - 1 - world->read_size, MSG_DONTWAIT);
	size_t lines = 0;

	if (size == 0)
		return true;
	if (size > 0)
		world->read_size += (size_t)size;
	world->read[world->read_size] = '\0';
	for (size_t i = 0; i < world->read_size; i++)
		lines += world->read[i] == '\n';
	return lines >= wanted_lines;
}

static void await_lines(struct world *world, size_t lines)
{
	wanted_lines = lines;
	check_until(&world->loop, has_lines, world);
}

static bool got_line(void *context)
{
	return ((struct world *)context)->lines > 0;
}

static bool client_went(void *context)
{
	return ((struct world *)context)->gone > 0;
}

static void only_the_owner_may_open_it(void **state)
{
	struct world *world = *state;
	struct stat status;

	assert_int_equal(stat(world->path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
}

static void each_line_is_answered_in_its_order(void **state)
{
	struct world *world = *state;

	world->fd = dial(world);
	say(world, "one\ntwo\nthree\n");
	await_lines(world, 3);
	assert_string_equal(world->read, "{\"line\":1}\n{\"line\":2}\n{\"line\":3}\n");
	assert_string_equal(world->last, "three");
}

static void a_line_may_come_in_pieces(void **state)
{
	struct world *world = *state;

	world->fd = dial(world);
	say(world, "on");
	uv_run(&world->loop, UV_RUN_ONCE);
	uv_run(&world->loop, UV_RUN_NOWAIT);
	assert_int_equal(world->lines, 0);
	say(world, "e\n");
	await_lines(world, 1);
	assert_string_equal(world->last, "one");
}

static void the_next_line_waits_for_the_final_reply(void **state)
{
	struct world *world = *state;

	world->fd = dial(world);
	world->hold = true;
	say(world, "one\ntwo\n");
	check_until(&world->loop, got_line, world);
	hw_control_reply(world->control, world->client, json_pack("{s:i}", "progress", 1), false);
	await_lines(world, 1);
	assert_int_equal(world->lines, 1);
	hw_control_reply(world->control, world->client, json_pack("{s:i}", "end", 1), true);
	await_lines(world, 2);
	assert_int_equal(world->lines, 2);
	assert_string_equal(world->last, "two");
}

static void replies_to_a_client_that_went_are_dropped(void **state)
{
	struct world *world = *state;

	world->fd = dial(world);
	world->hold = true;
	say(world, "one\n");
	check_until(&world->loop, got_line, world);
	close(world->fd);
	world->fd = -1;
	/* While a request is in work nothing is read: the end shows when something is written. */
	while (hw_control_reply(world->control, world->client, json_object(), false))
		uv_run(&world->loop, UV_RUN_NOWAIT);
	check_until(&world->loop, client_went, world);
	assert_int_equal(world->gone, 1);
	assert_int_equal(hw_control_waiting(world->control, world->client), SIZE_MAX);
}

static void a_client_that_does_not_read_is_closed(void **state)
{
	struct world *world = *state;
	char *text = calloc(1, 1 << 20);
	bool alive = true;

	memset(text, 'x', (1 << 20) - 1);
	world->fd = dial(world);
	world->hold = true;
	say(world, "one\n");
	check_until(&world->loop, got_line, world);
	for (int i = 0; i < 32 && alive; i++)
		alive = hw_control_reply(world->control, world->client,
		                         json_pack("{s:s}", "text", text), false);
	assert_false(alive);
	free(text);
	check_until(&world->loop, client_went, world);
}

static void a_line_without_end_is_refused(void **state)
{
	struct world *world = *state;
	static char block[65536];
	size_t sent = 0;

	memset(block, 'x', sizeof(block));
	world->fd = dial(world);
	while (sent <= HW_CONTROL_LINE_LIMIT) {
		ssize_t size = send(world->fd, block, sizeof(block), MSG_DONTWAIT | MSG_NOSIGNAL);

		if (size > 0)
			sent += (size_t)size;
		uv_run(&world->loop, UV_RUN_NOWAIT);
	}
	await_lines(world, 1);
	assert_non_null(strstr(world->read, "16 MiB"));
	check_until(&world->loop, client_went, world);
	assert_int_equal(world->lines, 0);
}

static void who_only_stops_writing_still_gets_the_reply(void **state)
{
	struct world *world = *state;

	world->fd = dial(world);
	say(world, "one\n");
	assert_int_equal(shutdown(world->fd, SHUT_WR), 0);
	check_until(&world->loop, client_went, world);
	await_lines(world, 1);
	assert_string_equal(world->read, "{\"line\":1}\n");
}

static void the_client_beyond_the_limit_waits_until_one_goes(void **state)
{
	struct world *world = *state;
	int others[2];

	others[0] = dial(world);
	others[1] = dial(world);
	world->fd = dial(world);
	say(world, "one\n");
	for (int i = 0; i < 10; i++)
		uv_run(&world->loop, UV_RUN_NOWAIT);
	assert_int_equal(world->lines, 0);
	close(others[1]);
	await_lines(world, 1);
	assert_string_equal(world->last, "one");
	close(others[0]);
}

static void a_path_that_answers_is_not_taken(void **state)
{
	struct world *world = *state;
	struct hw_control_config config = config_of(world);
	struct hw_control *second;

	assert_int_equal(hw_control_new(&config, &second), -EADDRINUSE);
	assert_null(second);
}

static void a_path_left_over_is_taken(void **state)
{
	struct world *world = *state;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct hw_control_config config = config_of(world);
	struct hw_control *second;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/old", world->folder);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd); /* as a process that was killed leaves it */
	config.path = address.sun_path;
	assert_int_equal(hw_control_new(&config, &second), 0);
	hw_control_stop(second);
	uv_run(&world->loop, UV_RUN_NOWAIT);
	hw_control_free(second);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_the_owner_may_open_it),
		TEST(each_line_is_answered_in_its_order),
		TEST(a_line_may_come_in_pieces),
		TEST(the_next_line_waits_for_the_final_reply),
		TEST(replies_to_a_client_that_went_are_dropped),
		TEST(a_client_that_does_not_read_is_closed),
		TEST(a_line_without_end_is_refused),
		TEST(who_only_stops_writing_still_gets_the_reply),
		TEST(the_client_beyond_the_limit_waits_until_one_goes),
		TEST(a_path_that_answers_is_not_taken),
		TEST(a_path_left_over_is_taken),
	};

	signal(SIGPIPE, SIG_IGN); /* as the daemon does */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
