/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hex: octets written as hexadecimal digits by a person or a log.
 *
 * Digits in pairs; blanks, line ends, ':' and '-' between octets, "0x" before them and comments
 * from
 * '#' to the end of the line are skipped.
 */
#ifndef HW_CLI_HEX_H
#define HW_CLI_HEX_H

#include "base/writer.h"

/* False: `why` names line and column. */
bool hw_hex_read(struct dm_bytes text, struct dm_writer *out, char *why, size_t why_room);

#endif
