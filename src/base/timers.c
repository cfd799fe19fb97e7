/* SPDX-License-Identifier: Apache-2.0 */
#include "base/timers.h"

#include <stdint.h>
#include <stdlib.h>

/* Places are 1-based: the parent of `place` is place / 2, its children 2 * place and one more. */

void dm_timers_init(struct dm_timers *timers)
{
	*timers = (struct dm_timers){ 0 };
}

void dm_timers_fini(struct dm_timers *timers)
{
	for (size_t i = 0; i < timers->count; i++)
		timers->heap[i]->place = 0;
	free(timers->heap);
	*timers = (struct dm_timers){ 0 };
}

static struct dm_timer *at(const struct dm_timers *timers, size_t place)
{
	return timers->heap[place - 1];
}

static void put(struct dm_timers *timers, size_t place, struct dm_timer *timer)
{
	timers->heap[place - 1] = timer;
	timer->place = place;
}

static void rise(struct dm_timers *timers, struct dm_timer *timer)
{
	size_t place = timer->place;

	while (place > 1 && at(timers, place / 2)->deadline > timer->deadline) {
		put(timers, place, at(timers, place / 2));
		place /= 2;
	}
	put(timers, place, timer);
}

/* The earlier child of `place`, or 0 when it has none. */
static size_t earlier_child(const struct dm_timers *timers, size_t place)
{
	size_t child = place * 2;

	if (child > timers->count)
		return 0;
	if (child < timers->count && at(timers, child + 1)->deadline < at(timers, child)->deadline)
		child++;
	return child;
}

static void sink(struct dm_timers *timers, struct dm_timer *timer)
{
	size_t place = timer->place;
	size_t child = earlier_child(timers, place);

	while (child && at(timers, child)->deadline < timer->deadline) {
		put(timers, place, at(timers, child));
		place = child;
		child = earlier_child(timers, place);
	}
	put(timers, place, timer);
}

static void settle(struct dm_timers *timers, struct dm_timer *timer)
{
	rise(timers, timer);
	sink(timers, timer);
}

bool dm_timers_reserve(struct dm_timers *timers, size_t count)
{
	size_t room = timers->room ? timers->room : 16;
	struct dm_timer **bigger;

	if (count <= timers->room)
		return true;
	while (room < count && room <= SIZE_MAX / 2)
		room *= 2;
	if (room < count || room > SIZE_MAX / sizeof(*bigger))
		return false;
	bigger = realloc(timers->heap, room * sizeof(*bigger));
	if (!bigger)
		return false;
	timers->heap = bigger;
	timers->room = room;
	return true;
}

bool dm_timers_set(struct dm_timers *timers, struct dm_timer *timer, dm_time deadline)
{
	if (deadline == DM_TIME_NEVER) {
		dm_timers_cancel(timers, timer);
		return true;
	}
	if (!timer->place) {
		if (!dm_timers_reserve(timers, timers->count + 1))
			return false;
		put(timers, ++timers->count, timer);
	}
	timer->deadline = deadline;
	settle(timers, timer);
	return true;
}

void dm_timers_cancel(struct dm_timers *timers, struct dm_timer *timer)
{
	struct dm_timer *last;
	size_t place = timer->place;

	if (!place)
		return;
	last = at(timers, timers->count--);
	timer->place = 0;
	if (last == timer)
		return;
	put(timers, place, last);
	settle(timers, last);
}

dm_time dm_timers_next(const struct dm_timers *timers)
{
	return timers->count ? at(timers, 1)->deadline : DM_TIME_NEVER;
}

struct dm_timer *dm_timers_due(struct dm_timers *timers, dm_time now)
{
	struct dm_timer *first;

	if (!timers->count || at(timers, 1)->deadline > now)
		return NULL;
	first = at(timers, 1);
	dm_timers_cancel(timers, first);
	return first;
}

void dm_timers_carry_out(struct dm_timers *timers, dm_time now, size_t most,
                         void (*due)(struct dm_timer *timer, void *context), void *context)
{
	for (size_t i = 0; i < most; i++) {
		struct dm_timer *timer = dm_timers_due(timers, now);

		if (!timer)
			return;
		due(timer, context);
	}
}
