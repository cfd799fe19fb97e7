/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file: grammar files in, results out; what the program needs and the library does not.
 *
 * A result is written beside its place and renamed, so that nobody sees half of one and a failure
 * leaves the old one.
 */
#ifndef DICTC_FILE_H
#define DICTC_FILE_H

#include "base/arena.h"

/* The octets of a file, at most `limit` + 1 of them, in the arena. 0 or a negative errno. */
int dictc_file_read(const char *path, struct dm_arena *arena, size_t limit, struct dm_bytes *text);

/* Replaces `path`. 0 or a negative errno. */
int dictc_file_write(const char *path, struct dm_bytes text);

#endif
