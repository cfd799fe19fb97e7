/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log: one line per event, text or JSON, from the same call.
 *
 * A line is: level, event name, sentence, and key/value fields. Values are escaped. Repeated lines
 * of one event are limited (`burst` per second, then one line that counts the rest). The time is
 * given by a function, so that tests print fixed times.
 */
#ifndef DM_BASE_LOG_H
#define DM_BASE_LOG_H

#include "bytes.h"

enum dm_log_level { DM_LOG_ERROR, DM_LOG_WARNING, DM_LOG_NOTICE, DM_LOG_INFO, DM_LOG_DEBUG };

struct dm_log_field {
	const char *name;
	struct dm_bytes value;
};

struct dm_log {
	enum dm_log_level level; /* what is above it is dropped */
	bool json;
	int fd;         /* borrowed */
	uint32_t burst; /* lines of one event per second; 0: no limit */
	/* Nanoseconds since 1970; NULL: the system's clock. */
	int64_t (*clock)(void *context);
	void *clock_context;
	void *limits; /* owned: the counters behind `burst` */
};

void dm_log_init(struct dm_log *log, int fd, enum dm_log_level level, bool json);
void dm_log_fini(struct dm_log *log);
bool dm_log_level_named(const char *name, enum dm_log_level *level);

/* Fields end with one whose name is NULL; `fields` may be NULL. */
void dm_log_line(struct dm_log *log, enum dm_log_level level, const char *event,
                 const struct dm_log_field *fields, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

#endif
