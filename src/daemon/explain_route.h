/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain_route: the command explain: where a request would go, and why not elsewhere
 * (docs/control.md). Any node answers it.
 */
#ifndef HW_EXPLAIN_ROUTE_H
#define HW_EXPLAIN_ROUTE_H

struct hw_call;

void hw_explain_route(struct hw_call *call);

#endif
