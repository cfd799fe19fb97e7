/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_sort: an array of objects in the order of one of their members.
 */
#ifndef HW_CLI_JSON_SORT_H
#define HW_CLI_JSON_SORT_H

#include <jansson.h>

/* A copy of the array, its elements shared, by the member `key`: numbers by value, texts by octets,
 * equals as they stood. What is no array is returned as it is. The caller's; NULL: no memory. */
json_t *hw_json_sorted(json_t *array, const char *key);

#endif
