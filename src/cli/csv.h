/* SPDX-License-Identifier: Apache-2.0 */
/*
 * csv: subscribers from a table of comma-separated values (RFC 4180).
 *
 * The first line names the columns, in any order, by the fields of subscriber_fields.h. Blank lines
 * and lines that begin with # are skipped. Either all lines are good or none is taken: the first
 * mistake ends the reading with "FILE:LINE: what; what is wanted".
 */
#ifndef HW_CLI_CSV_H
#define HW_CLI_CSV_H

#include "base/bytes.h"

#include <jansson.h>

#define HW_CSV_OCTETS ((size_t)256 * 1024 * 1024)

/* The records, or NULL with the sentence. `name` is the file's, for the sentence. */
json_t *hw_csv_read(const char *name, struct dm_bytes text, char *why, size_t why_room);

#endif
