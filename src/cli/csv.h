/* SPDX-License-Identifier: Apache-2.0 */
/*
 * csv: subscribers from a table of comma-separated values (RFC 4180).
 *
 * The first line names the columns, in any order, by the fields of subscriber_fields.h. Blank lines
 * and lines that begin with # are skipped. Either all lines are good or none is taken; every
 * mistake is told as "FILE:LINE: what; what to do", also a user name or a home address that two
 * lines have.
 */
#ifndef HW_CLI_CSV_H
#define HW_CLI_CSV_H

#include "base/text.h"

#include <jansson.h>

#define HW_CSV_OCTETS   ((size_t)256 * 1024 * 1024)
#define HW_CSV_MISTAKES 20 /* that are told; those beyond are counted */

/* The records (at most HW_IMPORT_LIMIT), or NULL with a line for each mistake and their number.
 * `name` is the file's, for the lines. */
json_t *hw_csv_read(const char *name, struct dm_bytes text, struct dm_text *why, size_t *mistakes);

/* On which line a record (from 0) of a good table stands. */
unsigned hw_csv_line(struct dm_bytes text, size_t record);

#endif
