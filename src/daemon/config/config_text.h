/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_text: the text of a configuration made ready for libconfuse, which counts lines wrongly
 * where there are comments: they become blanks, line feeds stay.
 */
#ifndef HW_CONFIG_TEXT_H
#define HW_CONFIG_TEXT_H

#include "daemon/report.h"

/* False: a NUL octet or a comment without end, which is in the report then. */
bool hw_config_text_check(struct dm_bytes text, struct hw_report *report);

unsigned hw_config_text_lines(struct dm_bytes text);

/* Overwrites the comments of a text that is checked: from # or // to the end of the line, and those
 * of C; not in quotes. */
void hw_config_text_blank(char *text, size_t size);

#endif
