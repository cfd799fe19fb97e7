/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text: sentences for people, in a buffer of fixed size.
 *
 * Never overruns and always ends in a NUL; what does not fit is cut, and nothing follows a cut.
 * Octets that come from outside are escaped (dm_text_octets), so that a log line or a terminal
 * cannot be steered by a peer.
 */
#ifndef DM_BASE_TEXT_H
#define DM_BASE_TEXT_H

#include "bytes.h"

#include <stdarg.h>

struct dm_text {
	char *at;    /* borrowed */
	size_t room; /* with the NUL */
	size_t size; /* without the NUL */
	bool cut;    /* something did not fit */
};

void dm_text_init(struct dm_text *text, char *buffer, size_t room);
void dm_text_add(struct dm_text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void dm_text_add_list(struct dm_text *text, const char *format, va_list list)
	__attribute__((format(printf, 2, 0)));

/*
 * Printable characters of well-formed UTF-8 as they are; as \xHH every octet of what is malformed
 * and of what steers a terminal: control characters (C0, DEL, C1), line separators, and the signs
 * that turn the direction of writing. A backslash is \x5c.
 */
void dm_text_octets(struct dm_text *text, struct dm_bytes bytes);

/* A JSON string with its quotes. Malformed octets become the four characters \xHH. */
void dm_text_json(struct dm_text *text, struct dm_bytes bytes);

/* Lower-case hex digits. */
void dm_text_hex(struct dm_text *text, struct dm_bytes bytes);

#endif
