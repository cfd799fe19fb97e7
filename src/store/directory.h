/* SPDX-License-Identifier: Apache-2.0 */
/*
 * directory: where a store lives, and that one process owns it.
 *
 * The owner holds a lock (flock) on store.lock, which also names its process. The kernel gives the
 * lock back when the process ends in any way.
 */
#ifndef STORE_DIRECTORY_H
#define STORE_DIRECTORY_H

#include "base/text.h"

/* Makes the directory (mode 0700) when it is missing; its parent must be there. */
int store_directory_make(const char *path, struct dm_text *why);

/* Takes the lock; *fd is owned by the caller and holds it. -EBUSY: another process is the owner. */
int store_directory_own(const char *path, int *fd, struct dm_text *why);

/* Makes an empty file, mode 0600, where none is: SQLite gives its other files the same mode. */
int store_directory_file(const char *path, struct dm_text *why);

/* Makes the entry of the file `path` in its directory durable. */
int store_directory_sync_of(const char *path);

#endif
