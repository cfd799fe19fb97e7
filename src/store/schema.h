/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema: the tables, as a list of steps from an empty file to the version of today.
 *
 * A step that was released is never edited; a change is a new step at the end. All missing steps
 * run in one transaction, so a file has the old version or the new one. The version is SQLite's
 * user_version, and application_id says that the file is a store of Homeward.
 */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

#include "base/text.h"

#include <sqlite3.h>

#define STORE_APPLICATION_ID 0x484d5744 /* "HMWD" */

struct store_schema {
	const char *const *steps; /* steps[i] leads from version i to i + 1 */
	int version;              /* number of steps */
};

extern const struct store_schema store_schema_of_today;

/*
 * The version that the file has; 0: empty. -EINVAL with a sentence when it is not a store or newer
 * than `schema`; -EIO and others when it cannot be read.
 */
int store_schema_version(sqlite3 *handle, const struct store_schema *schema, struct dm_text *why);

/* Runs the steps that are missing; none when `from` is the version of `schema`. */
int store_schema_upgrade(sqlite3 *handle, const struct store_schema *schema, int from,
                         struct dm_text *why);

#endif
