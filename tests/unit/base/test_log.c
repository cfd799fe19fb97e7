/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/base/check.h"

#include "base/dm_time.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

/* 2026-03-01T12:00:00.123Z */
#define NOON ((int64_t)1772366400123 * DM_MILLISECOND)

static int file;
static int64_t now;
static struct dm_log the_log;

static int64_t fixed(void *context)
{
	return *(int64_t *)context;
}

static void open_log(enum dm_log_level level, bool json)
{
	file = memfd_create("log", MFD_CLOEXEC);
	assert_true(file >= 0);
	now = NOON;
	dm_log_init(&the_log, file, level, json);
	the_log.clock = fixed;
	the_log.clock_context = &now;
}

/* All that was written since open_log; the log is over. */
static const char *written(void)
{
	static char text[65536];
	ssize_t size;

	dm_log_fini(&the_log);
	size = pread(file, text, sizeof(text) - 1, 0);
	assert_true(size >= 0);
	text[size] = '\0';
	close(file);
	return text;
}

static void a_text_line_is_time_level_event_sentence_fields(void **state)
{
	struct dm_log_field fields[] = {
		{ "peer", DM_BYTES_LITERAL("ha1.example") },
		{ "why", DM_BYTES_LITERAL("no \"route\"") },
		{ "empty", DM_BYTES_LITERAL("") },
		{ "sum", DM_BYTES_LITERAL("a=b") },
		{ NULL },
	};

	(void)state;
	open_log(DM_LOG_INFO, false);
	dm_log_line(&the_log, DM_LOG_NOTICE, "peer-open", fields, "the peer is open, %d of %d", 1,
	            2);
	assert_string_equal(written(),
	                    "2026-03-01T12:00:00.123Z notice peer-open: the peer is open, 1 of 2 "
	                    "peer=ha1.example why=\"no \\x22route\\x22\" empty=\"\" sum=\"a=b\"\n");
}

static void a_json_line_is_one_object(void **state)
{
	struct dm_log_field fields[] = { { "peer", DM_BYTES_LITERAL("h\"\\\n") }, { NULL } };

	(void)state;
	open_log(DM_LOG_INFO, true);
	dm_log_line(&the_log, DM_LOG_ERROR, "stop", fields, "over");
	assert_string_equal(written(),
	                    "{\"time\":\"2026-03-01T12:00:00.123Z\",\"level\":\"error\",\"event\":"
	                    "\"stop\",\"text\":\"over\",\"peer\":\"h\\\"\\\\\\u000a\"}\n");
}

static void a_line_above_the_level_is_dropped(void **state)
{
	(void)state;
	open_log(DM_LOG_WARNING, false);
	dm_log_line(&the_log, DM_LOG_NOTICE, "quiet", NULL, "not seen");
	dm_log_line(&the_log, DM_LOG_WARNING, "loud", NULL, "seen");
	assert_string_equal(written(), "2026-03-01T12:00:00.123Z warning loud: seen\n");
}

static void levels_have_names(void **state)
{
	enum dm_log_level level = DM_LOG_ERROR;

	(void)state;
	assert_true(dm_log_level_named("debug", &level));
	assert_int_equal(level, DM_LOG_DEBUG);
	assert_true(dm_log_level_named("error", &level));
	assert_int_equal(level, DM_LOG_ERROR);
	assert_false(dm_log_level_named("Debug", &level));
	assert_false(dm_log_level_named("", &level));
}

/* A sentence made from what a peer said cannot break the line or steer a terminal. */
static void control_characters_never_reach_the_line(void **state)
{
	struct dm_log_field fields[] = {
		{ "value", DM_BYTES_LITERAL("\x1b[2J\xc2\x9b"
		                            "2J\x7f\xff") },
		{ NULL },
	};

	(void)state;
	open_log(DM_LOG_INFO, false);
	dm_log_line(&the_log, DM_LOG_INFO, "said", fields, "%s",
	            "a\nb\xc2\x85"
	            "c");
	assert_string_equal(written(), "2026-03-01T12:00:00.123Z info said: a\\x0ab\\xc2\\x85c "
	                               "value=\"\\x1b[2J\\xc2\\x9b2J\\x7f\\xff\"\n");
}

static size_t count(const char *text, const char *part)
{
	size_t found = 0;

	while ((text = strstr(text, part))) {
		found++;
		text++;
	}
	return found;
}

static void say(const char *event, int times)
{
	while (times-- > 0)
		dm_log_line(&the_log, DM_LOG_INFO, event, NULL, "once more");
}

static void beyond_the_burst_lines_are_counted(void **state)
{
	const char *text;

	(void)state;
	open_log(DM_LOG_INFO, false);
	the_log.burst = 3;
	say("flood", 100);
	say("calm", 3);
	now += DM_SECOND;
	say("flood", 2);
	text = written();
	assert_int_equal(count(text, "info flood: once more\n"), 5);
	assert_int_equal(count(text, "info calm: once more\n"), 3);
	assert_int_equal(count(text, "flood: 97 more of these within a second were not logged\n"
	                             "2026-03-01T12:00:01.123Z info flood: once more\n"),
	                 1);
	assert_int_equal(count(text, "more of these"), 1);
}

static void the_count_comes_with_any_line_a_flush_or_the_end(void **state)
{
	const char *text;

	(void)state;
	open_log(DM_LOG_INFO, false);
	the_log.burst = 1;
	say("a", 3);
	dm_log_flush(&the_log);
	now += DM_SECOND;
	say("other", 1);
	say("b", 4);
	now += DM_SECOND;
	dm_log_flush(&the_log);
	dm_log_flush(&the_log);
	say("c", 5);
	text = written();
	assert_int_equal(count(text, "more of these"), 3);
	assert_non_null(strstr(text, "01.123Z info a: 2 more of these"));
	assert_non_null(strstr(text, "02.123Z info b: 3 more of these"));
	assert_non_null(strstr(text, "02.123Z info c: 4 more of these"));
}

static void more_events_than_places_share_the_last_one(void **state)
{
	static char names[300][8];
	const char *text;

	(void)state;
	open_log(DM_LOG_INFO, false);
	the_log.burst = 2;
	for (int i = 0; i < 300; i++) {
		snprintf(names[i], sizeof(names[i]), "e%d", i);
		say(names[i], 1);
	}
	text = written();
	assert_int_equal(count(text, "once more"), 257);
	assert_int_equal(count(text, "43 more of these"), 1);
}

static void assert_json_cut(const char *text, size_t fields)
{
	json_error_t error;
	json_t *object = json_loads(text, 0, &error);

	assert_non_null(object);
	assert_true(json_is_true(json_object_get(object, "cut")));
	assert_int_equal(json_object_size(object), fields);
	json_decref(object);
}

static void a_long_line_is_cut_and_still_an_object(void **state)
{
	static uint8_t control[5000];
	struct dm_log_field fields[] = { { "small", DM_BYTES_LITERAL("x") },
		                         { "one", dm_bytes_of(control, sizeof(control)) },
		                         { "two", dm_bytes_of(control, 400) },
		                         { NULL } };

	(void)state;
	memset(control, 1, sizeof(control));
	open_log(DM_LOG_INFO, true);
	dm_log_line(&the_log, DM_LOG_INFO, "long", fields, "%05000d", 1);
	assert_json_cut(written(), 7);
	open_log(DM_LOG_INFO, false);
	dm_log_line(&the_log, DM_LOG_INFO, "long", fields, "x");
	assert_non_null(strstr(written(), " cut=true\n"));
}

static void a_log_that_cannot_be_written_is_no_trouble(void **state)
{
	(void)state;
	dm_log_init(&the_log, -1, DM_LOG_INFO, false);
	dm_log_line(&the_log, DM_LOG_INFO, "lost", NULL, "nobody reads this");
	dm_log_fini(&the_log);
}

static void without_a_clock_the_system_tells_the_time(void **state)
{
	(void)state;
	open_log(DM_LOG_INFO, false);
	the_log.clock = NULL;
	say("now", 1);
	assert_int_equal(strncmp(written(), "20", 2), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_line_is_time_level_event_sentence_fields),
		cmocka_unit_test(a_json_line_is_one_object),
		cmocka_unit_test(a_line_above_the_level_is_dropped),
		cmocka_unit_test(levels_have_names),
		cmocka_unit_test(control_characters_never_reach_the_line),
		cmocka_unit_test(beyond_the_burst_lines_are_counted),
		cmocka_unit_test(the_count_comes_with_any_line_a_flush_or_the_end),
		cmocka_unit_test(more_events_than_places_share_the_last_one),
		cmocka_unit_test(a_long_line_is_cut_and_still_an_object),
		cmocka_unit_test(a_log_that_cannot_be_written_is_no_trouble),
		cmocka_unit_test(without_a_clock_the_system_tells_the_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
