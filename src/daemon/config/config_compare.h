/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_compare: do two configurations say the same?
 */
#ifndef HW_CONFIG_COMPARE_H
#define HW_CONFIG_COMPARE_H

#include "config_schema.h"

/* Both point to structs of this block. */
bool hw_block_same(const struct hw_block *block, const void *a, const void *b);

/* All blocks of this kind in two configurations, in their order. */
bool hw_blocks_same(const struct hw_block *block, const struct hw_config *a,
                    const struct hw_config *b);

/* The line in `config` where the block of this kind begins; 0: it has none. */
unsigned hw_block_line(const struct hw_block *block, const struct hw_config *config);

#endif
