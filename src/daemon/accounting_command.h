/* SPDX-License-Identifier: Apache-2.0 */
/*
 * accounting_command: the commands about accounting (docs/control.md).
 */
#ifndef HW_ACCOUNTING_COMMAND_H
#define HW_ACCOUNTING_COMMAND_H

#include "daemon/commands.h"

/* accounting-report, of a home server. */
void hw_accounting_report(struct hw_call *call);
/* usage, of a NAS. */
void hw_usage(struct hw_call *call);
/* The same before a detach. False: the call has failed. */
bool hw_usage_tell(struct hw_call *call);

#endif
