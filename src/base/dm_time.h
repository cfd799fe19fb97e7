/* SPDX-License-Identifier: Apache-2.0 */
/*
 * time: a parameter, never read here.
 *
 * dm_time counts nanoseconds of a monotonic clock whose origin is the caller's; the core only
 * compares and adds. Wall-clock values (Session-Id, Origin-State-Id, Event-Timestamp) are seconds
 * since 1970 and are given beside it where they are needed.
 */
#ifndef DM_BASE_TIME_H
#define DM_BASE_TIME_H

#include <stdint.h>

typedef int64_t dm_time;

#define DM_TIME_NEVER  INT64_MAX
#define DM_MICROSECOND ((dm_time)1000)
#define DM_MILLISECOND ((dm_time)1000000)
#define DM_SECOND      ((dm_time)1000000000)

static inline dm_time dm_time_sooner(dm_time a, dm_time b)
{
	return a < b ? a : b;
}

#endif
