/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file: a whole file, or standard input, in memory.
 */
#ifndef HW_CLI_FILE_H
#define HW_CLI_FILE_H

#include "base/bytes.h"

/* The octets of `path` ("-": standard input), at most `limit`; *out is owned by the caller (free
 * out->at). 0, or a negative errno with a sentence in `why`. */
int hw_file_read(const char *path, size_t limit, struct dm_bytes *out, char *why, size_t why_room);

#endif
