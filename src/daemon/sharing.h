/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sharing: this home server among others on one store.
 *
 * Every half lease it asks the store for sessions whose server has gone, a slice at a time. What is
 * not here: the leases (the store renews them on its own thread), the sessions (the role).
 */
#ifndef HW_SHARING_H
#define HW_SHARING_H

#include "store/store.h"

#include <uv.h>

struct hw_daemon;

struct hw_sharing {
	uv_timer_t timer;
	bool adopting; /* the store has been asked */
	uint64_t leases_lost;
	uint64_t adopted; /* sessions, since the start */
};

/* Nothing happens where the store is this server's alone. */
void hw_sharing_start(struct hw_daemon *daemon);
void hw_sharing_look(struct hw_daemon *daemon);
void hw_sharing_adopted(struct hw_daemon *daemon, const struct store_completion *completion);

#endif
