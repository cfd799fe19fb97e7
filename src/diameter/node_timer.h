/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node_timer: a timer of a node that knows what to do when it rings.
 */
#ifndef DM_NODE_TIMER_H
#define DM_NODE_TIMER_H

#include "base/timers.h"

#include <stdbool.h>

struct dm_node;

struct dm_node_timer {
	struct dm_timer timer;
	void (*due)(struct dm_node *node, struct dm_node_timer *timer);
};

/* Room for so many timers more (fewer, when negative). What holds a timer asks when it is made, and
 * is not made without; so setting one cannot fail. */
bool dm_node_timers_reserve(struct dm_node *node, int more);

/* DM_TIME_NEVER cancels. */
void dm_node_set_timer(struct dm_node *node, struct dm_node_timer *timer, dm_time deadline);
void dm_node_cancel_timer(struct dm_node *node, struct dm_node_timer *timer);

/* The object that embeds `timer` as `member`. */
#define DM_NODE_TIMER_OWNER(timer, type, member) \
	((type *)(void *)((char *)(timer)-offsetof(type, member)))

uint64_t dm_node_random(struct dm_node *node);
/* Uniform in [-span, +span]. */
dm_time dm_node_jitter(struct dm_node *node, dm_time span);

#endif
