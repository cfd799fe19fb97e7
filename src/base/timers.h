/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timers: a queue of deadlines embedded in the objects that wait.
 *
 * A binary heap of pointers: set, move and cancel in O(log n), next in O(1). Time is a parameter.
 */
#ifndef DM_BASE_TIMERS_H
#define DM_BASE_TIMERS_H

#include "dm_time.h"

#include <stdbool.h>
#include <stddef.h>

/* Embedded in the waiting object; zero-initialised means not set. */
struct dm_timer {
	dm_time deadline;
	size_t place; /* 1-based place in the heap; 0: not set */
};

static inline bool dm_timer_is_set(const struct dm_timer *timer)
{
	return timer->place != 0;
}

struct dm_timers {
	struct dm_timer **heap; /* owned */
	size_t count;
	size_t room;
};

void dm_timers_init(struct dm_timers *timers);
void dm_timers_fini(struct dm_timers *timers);

/* Room for `count` timers at once: from then on so many can be set without memory for it. False
 * when memory is exhausted. */
bool dm_timers_reserve(struct dm_timers *timers, size_t count);

/* Sets or moves; DM_TIME_NEVER cancels. False when memory is exhausted. */
bool dm_timers_set(struct dm_timers *timers, struct dm_timer *timer, dm_time deadline);
void dm_timers_cancel(struct dm_timers *timers, struct dm_timer *timer);

/* DM_TIME_NEVER when none is set. */
dm_time dm_timers_next(const struct dm_timers *timers);

/* Takes out the earliest timer that is due at `now`; NULL when none is. Equal deadlines: any order.
 */
struct dm_timer *dm_timers_due(struct dm_timers *timers, dm_time now);

/* Takes out and gives to `due` what is due at `now`, `most` of them: the others wait for the next
 * call, so that a crowd does not hold up everything else. `due` may set and cancel any of them. */
void dm_timers_carry_out(struct dm_timers *timers, dm_time now, size_t most,
                         void (*due)(struct dm_timer *timer, void *context), void *context);

/* The object that embeds `timer` as `member`. */
#define DM_TIMER_OWNER(timer, type, member) \
	((type *)(void *)((char *)(timer)-offsetof(type, member)))

#endif
