/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log: one line per event, text or JSON, from the same call.
 *
 *     2026-03-01T12:00:00.123Z notice peer-open: the peer is open peer=ha1.example realm=example
 *     {"time":"2026-03-01T12:00:00.123Z","level":"notice","event":"peer-open","text":"...", ...}
 *
 * Everything is escaped (text.h): a peer steers neither a terminal nor a reader of lines. A line
 * has a greatest length; fields that do not fit are left out and the line says `cut`. Lines of one
 * event beyond `burst` in a second are dropped and counted in one line of the same event, written
 * when the second is over: by the next line of any event, dm_log_flush or dm_log_fini.
 *
 * What is not here: threads (one owner), rotation, syslog. A line that cannot be written is lost.
 */
#ifndef DM_BASE_LOG_H
#define DM_BASE_LOG_H

#include "bytes.h"

#define DM_LOG_LINE_ROOM  8192 /* octets of the longest line, with its line feed */
#define DM_LOG_VALUE_ROOM 1024 /* octets of a value that are shown */

enum dm_log_level { DM_LOG_ERROR, DM_LOG_WARNING, DM_LOG_NOTICE, DM_LOG_INFO, DM_LOG_DEBUG };

struct dm_log_field {
	const char *name; /* a word of letters, digits, '_' and '-' */
	struct dm_bytes value;
};

struct dm_log_limits;

struct dm_log {
	enum dm_log_level level; /* what is above it is dropped */
	bool json;
	int fd;         /* borrowed */
	uint32_t burst; /* lines of one event per second; 0: no limit */
	/* Nanoseconds since 1970; NULL: the system's clock. */
	int64_t (*clock)(void *context);
	void *clock_context;
	struct dm_log_limits *limits; /* owned: the counters behind `burst` */
};

/* `burst` and `clock` may be set after it. */
void dm_log_init(struct dm_log *log, int fd, enum dm_log_level level, bool json);
/* Writes what was counted. */
void dm_log_fini(struct dm_log *log);
/* Writes the counts of seconds that are over; for an owner that wants them in a quiet time too. */
void dm_log_flush(struct dm_log *log);

/* "error", "warning", "notice", "info", "debug"; false for any other name. */
bool dm_log_level_named(const char *name, enum dm_log_level *level);

/*
 * `event` is a literal of the program, a word as a field's name. `fields` end with one whose name
 * is NULL; `fields` may be NULL.
 */
void dm_log_line(struct dm_log *log, enum dm_log_level level, const char *event,
                 const struct dm_log_field *fields, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

#endif
