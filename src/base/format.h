/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format: the plain part of printf, for sentences that are made for each message.
 *
 * It knows %s, %.*s, %c, %% and whole numbers (d, i, u with l, ll or z) without flags or width.
 * What it does not know, and what does not fit, it leaves to vsnprintf, which takes several times
 * as long.
 */
#ifndef DM_BASE_FORMAT_H
#define DM_BASE_FORMAT_H

#include <stdarg.h>
#include <stddef.h>

/* Writes at most `room` octets with the NUL; the octets before the NUL, or -1 when it is not for
 * this function: then what is in `at` has no meaning. `list` can be used afterwards. */
int dm_format_plain(char *at, size_t room, const char *format, va_list list)
	__attribute__((format(printf, 3, 0)));

#endif
