/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check: cmocka with the headers that it wants, and a loop that runs until something is so.
 */
#ifndef HW_TESTS_IO_CHECK_H
#define HW_TESTS_IO_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <uv.h>

#define PATIENCE_MS 20000

static inline void check_on_patience(uv_timer_t *timer)
{
	(void)timer;
	fail_msg("waited %d ms for an event that did not come", PATIENCE_MS);
}

/* Runs the loop until `so` holds; fails after a time that no machine needs. */
static inline void check_until(uv_loop_t *loop, bool (*so)(void *context), void *context)
{
	uv_timer_t patience;

	uv_timer_init(loop, &patience);
	uv_timer_start(&patience, check_on_patience, PATIENCE_MS, 0);
	while (!so(context))
		uv_run(loop, UV_RUN_ONCE);
	uv_close((uv_handle_t *)&patience, NULL);
	uv_run(loop, UV_RUN_NOWAIT);
}

#endif
