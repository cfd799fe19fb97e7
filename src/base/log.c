/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include "base/dm_time.h"
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define EVENTS_LIMIT 256 /* event names counted apart; those beyond share the last place */
#define TAIL_ROOM    32  /* kept free behind the last field: the sign of a cut, the end of line */

static const char *const level_names[] = {
	[DM_LOG_ERROR] = "error", [DM_LOG_WARNING] = "warning", [DM_LOG_NOTICE] = "notice",
	[DM_LOG_INFO] = "info",   [DM_LOG_DEBUG] = "debug",
};

struct limit {
	const char *event; /* borrowed: a literal */
	enum dm_log_level level;
	int64_t second;
	uint64_t lines; /* of that second, also those that were dropped */
};

struct dm_log_limits {
	struct limit of[EVENTS_LIMIT];
	size_t count;
	int64_t second; /* that the last flush saw */
};

void dm_log_init(struct dm_log *log, int fd, enum dm_log_level level, bool json)
{
	*log = (struct dm_log){ .fd = fd, .level = level, .json = json };
}

bool dm_log_level_named(const char *name, enum dm_log_level *level)
{
	for (size_t i = 0; i < sizeof(level_names) / sizeof(*level_names); i++) {
		if (strcmp(name, level_names[i]) == 0) {
			*level = (enum dm_log_level)i;
			return true;
		}
	}
	return false;
}

static int64_t now_of(const struct dm_log *log)
{
	struct timespec now;

	if (log->clock)
		return log->clock(log->clock_context);
	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * DM_SECOND + now.tv_nsec;
}

static void add_time(struct dm_text *line, int64_t now)
{
	time_t seconds = (time_t)(now / DM_SECOND);
	char date[32];
	struct tm parts;

	if (!gmtime_r(&seconds, &parts) || !strftime(date, sizeof(date), "%FT%T", &parts))
		date[0] = '\0';
	dm_text_add(line, "%s.%03dZ", date, (int)(now % DM_SECOND / DM_MILLISECOND));
}

static bool is_word(struct dm_bytes value)
{
	for (size_t i = 0; i < value.size; i++) {
		uint8_t octet = value.at[i];

		if (octet <= ' ' || octet >= 0x7f || memchr("\"=\\", octet, 3))
			return false;
	}
	return value.size > 0;
}

static void add_quoted(struct dm_text *line, struct dm_bytes value)
{
	dm_text_add(line, "\"");
	while (value.size) {
		const uint8_t *quote = memchr(value.at, '"', value.size);
		size_t before = quote ? (size_t)(quote - value.at) : value.size;
		size_t taken = before + (quote != NULL);

		dm_text_octets(line, dm_bytes_of(value.at, before));
		if (quote)
			dm_text_add(line, "\\x22");
		value = dm_bytes_of(value.at + taken, value.size - taken);
	}
	dm_text_add(line, "\"");
}

static void add_field(struct dm_text *line, bool json, const struct dm_log_field *field)
{
	struct dm_bytes value = field->value;

	if (value.size > DM_LOG_VALUE_ROOM)
		value.size = DM_LOG_VALUE_ROOM;
	dm_text_add(line, json ? ",\"%s\":" : " %s=", field->name);
	if (json)
		dm_text_json(line, value);
	else if (is_word(value))
		dm_text_octets(line, value);
	else
		add_quoted(line, value);
}

/* The fields that fit; false when one is missing or shortened. */
static bool add_fields(struct dm_text *line, bool json, const struct dm_log_field *fields)
{
	bool whole = true;

	for (; fields && fields->name; fields++) {
		size_t before = line->size;

		whole = whole && fields->value.size <= DM_LOG_VALUE_ROOM;
		add_field(line, json, fields);
		if (line->cut) {
			line->size = before;
			line->cut = false;
			return false;
		}
	}
	return whole;
}

static void add_head(struct dm_text *line, bool json, int64_t now, enum dm_log_level level,
                     const char *event)
{
	if (json)
		dm_text_add(line, "{\"time\":\"");
	add_time(line, now);
	dm_text_add(line, json ? "\",\"level\":\"%s\",\"event\":\"%s\",\"text\":" : " %s %s: ",
	            level_names[level], event);
}

/* What cannot be written is lost: a log never holds up the daemon. */
static void write_all(int fd, struct dm_bytes line)
{
	while (line.size) {
		ssize_t written = write(fd, line.at, line.size);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return;
		line = dm_bytes_of(line.at + written, line.size - (size_t)written);
	}
}

static void write_line(struct dm_log *log, int64_t now, enum dm_log_level level, const char *event,
                       const struct dm_log_field *fields, struct dm_bytes sentence)
{
	char buffer[DM_LOG_LINE_ROOM];
	struct dm_text line;
	bool whole;

	dm_text_init(&line, buffer, sizeof(buffer) - TAIL_ROOM);
	add_head(&line, log->json, now, level, event);
	if (log->json)
		dm_text_json(&line, sentence);
	else
		dm_text_octets(&line, sentence);
	whole = add_fields(&line, log->json, fields);
	line.room = sizeof(buffer);
	if (!whole)
		dm_text_add(&line, log->json ? ",\"cut\":true" : " cut=true");
	dm_text_add(&line, log->json ? "}\n" : "\n");
	write_all(log->fd, dm_bytes_of(line.at, line.size));
}

/* Says how many lines were dropped, and begins to count anew. */
static void close_second(struct dm_log *log, struct limit *limit, int64_t now)
{
	uint64_t dropped = limit->lines > log->burst ? limit->lines - log->burst : 0;
	char sentence[80];
	struct dm_text text;

	limit->lines = 0;
	if (!dropped)
		return;
	dm_text_init(&text, sentence, sizeof(sentence));
	dm_text_add(&text, "%llu more of these within a second were not logged",
	            (unsigned long long)dropped);
	write_line(log, now, limit->level, limit->event, NULL, dm_bytes_of(text.at, text.size));
}

static void close_seconds_before(struct dm_log *log, int64_t second, int64_t now)
{
	struct dm_log_limits *limits = log->limits;

	if (!limits || limits->second == second)
		return;
	limits->second = second;
	for (size_t i = 0; i < limits->count; i++) {
		if (limits->of[i].second != second)
			close_second(log, &limits->of[i], now);
	}
}

static struct limit *limit_of(struct dm_log_limits *limits, const char *event)
{
	struct limit *limit;

	for (size_t i = 0; i < limits->count; i++) {
		limit = &limits->of[i];
		if (limit->event == event || strcmp(limit->event, event) == 0)
			return limit;
	}
	if (limits->count == EVENTS_LIMIT)
		return &limits->of[EVENTS_LIMIT - 1];
	limit = &limits->of[limits->count++];
	*limit = (struct limit){ .event = event };
	return limit;
}

static bool within_burst(struct dm_log *log, enum dm_log_level level, const char *event,
                         int64_t second)
{
	struct limit *limit;

	if (!log->burst)
		return true;
	if (!log->limits)
		log->limits = calloc(1, sizeof(*log->limits));
	if (!log->limits)
		return true;
	limit = limit_of(log->limits, event);
	limit->second = second;
	limit->level = level;
	return ++limit->lines <= log->burst;
}

void dm_log_flush(struct dm_log *log)
{
	int64_t now = now_of(log);

	close_seconds_before(log, now / DM_SECOND, now);
}

void dm_log_fini(struct dm_log *log)
{
	int64_t now = now_of(log);

	for (size_t i = 0; log->limits && i < log->limits->count; i++)
		close_second(log, &log->limits->of[i], now);
	free(log->limits);
	log->limits = NULL;
}

void dm_log_line(struct dm_log *log, enum dm_log_level level, const char *event,
                 const struct dm_log_field *fields, const char *format, ...)
{
	char sentence[DM_LOG_VALUE_ROOM];
	struct dm_text text;
	int64_t now;
	va_list list;

	if (level > log->level)
		return;
	now = now_of(log);
	close_seconds_before(log, now / DM_SECOND, now);
	if (!within_burst(log, level, event, now / DM_SECOND))
		return;
	dm_text_init(&text, sentence, sizeof(sentence));
	va_start(list, format);
	dm_text_add_list(&text, format, list);
	va_end(list);
	write_line(log, now, level, event, fields, dm_bytes_of(text.at, text.size));
}
