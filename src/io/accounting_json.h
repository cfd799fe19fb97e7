/* SPDX-License-Identifier: Apache-2.0 */
/*
 * accounting_json: accounting as JSON, the same from the daemon and from a store that is read
 * beside it (docs/control.md, accounting-report).
 */
#ifndef HW_ACCOUNTING_JSON_H
#define HW_ACCOUNTING_JSON_H

#include "mip6/home_server/accounting_report.h"

#include <jansson.h>

/* One record, as it was received. */
json_t *hw_accounting_record_json(const struct store_accounting *record);

/* The lines of a report: 0 and *out, the caller's; or a negative errno. */
int hw_accounting_report_json(struct mip6_report *report, const struct mip6_report_filter *filter,
                              int64_t now, json_t **out);

#endif
