/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sqlite_key: that a store in a directory has the right key, and how it gets another.
 *
 * A value sealed beside the others (seal_check) shows it. A change of the key puts the new file
 * under FILE.next, seals everything with it in one transaction, and renames it: whatever a crash
 * leaves, one of the two files opens the store, and opening it finishes what was begun.
 */
#ifndef STORE_SQLITE_KEY_H
#define STORE_SQLITE_KEY_H

#include "sqlite.h"

#include <limits.h>

/* Gives the connection its key, checked; *key becomes the one in force. */
int store_sqlite_use_key(struct store_sqlite *store, const char *path, uint8_t key[STORE_KEY_SIZE],
                         struct dm_text *why);

/* Writes the value that shows the key, sealed with `seal`. */
int store_sqlite_write_check(struct store_database *database, struct store_seal *seal);

/* FILE.next. -ENAMETOOLONG. */
int store_sqlite_next_key(char next[PATH_MAX], const char *path, struct dm_text *why);
/* It takes the place of FILE. */
int store_sqlite_take_key(const char *next, const char *path, struct dm_text *why);

#endif
