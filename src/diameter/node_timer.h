/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node_timer: a timer of a node that knows what to do when it rings.
 */
#ifndef DM_NODE_TIMER_H
#define DM_NODE_TIMER_H

#include "base/timers.h"

struct dm_node;

struct dm_node_timer {
	struct dm_timer timer;
	void (*due)(struct dm_node *node, struct dm_node_timer *timer);
};

/* DM_TIME_NEVER cancels. Without memory for it the timer rings at once: earlier, never not. */
void dm_node_set_timer(struct dm_node *node, struct dm_node_timer *timer, dm_time deadline);
void dm_node_cancel_timer(struct dm_node *node, struct dm_node_timer *timer);

/* The object that embeds `timer` as `member`. */
#define DM_NODE_TIMER_OWNER(timer, type, member) \
	((type *)(void *)((char *)(timer)-offsetof(type, member)))

uint64_t dm_node_random(struct dm_node *node);
/* Uniform in [-span, +span]. */
dm_time dm_node_jitter(struct dm_node *node, dm_time span);

#endif
