/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain: the command explain-mbr of a home server (docs/control.md).
 */
#ifndef HW_EXPLAIN_H
#define HW_EXPLAIN_H

#include "daemon/commands.h"

void hw_explain_mbr(struct hw_call *call);

#endif
