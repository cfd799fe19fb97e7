/* SPDX-License-Identifier: Apache-2.0 */
/*
 * csv_write: rows of objects as comma-separated values (RFC 4180).
 */
#ifndef HW_CLI_CSV_WRITE_H
#define HW_CLI_CSV_WRITE_H

#include "cli/output.h"

/* The first line names the columns by their members; what is not there is an empty value. On the
 * heap; NULL: memory is exhausted. */
char *hw_csv_of(const json_t *rows, const struct hw_column *columns);

#endif
