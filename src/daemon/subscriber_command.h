/* SPDX-License-Identifier: Apache-2.0 */
/*
 * subscriber_command: the commands of the control socket about subscribers (docs/control.md).
 *
 * A record that comes without root_key is for a subscriber who has one: it stays. What is not here:
 * what a record means (mip6/home_server/subscribers.h).
 */
#ifndef HW_SUBSCRIBER_COMMAND_H
#define HW_SUBSCRIBER_COMMAND_H

#include "daemon/role.h"

void hw_run_subscriber_list(struct hw_call *call);
void hw_run_put_subscribers(struct hw_call *call);
void hw_run_import(struct hw_call *call);
void hw_run_delete_subscriber(struct hw_call *call);
void hw_run_enable_subscriber(struct hw_call *call);

#endif
