/* SPDX-License-Identifier: Apache-2.0 */
/*
 * subscriber_data: subscribers in a store directory that no daemon owns.
 *
 * The store's lock is the judge: a directory in use is refused with a sentence that says what to do
 * instead. What is done is durable when the function returns.
 */
#ifndef HW_CLI_SUBSCRIBER_DATA_H
#define HW_CLI_SUBSCRIBER_DATA_H

#include "cli/command.h"

/* Inserts or replaces checked records, all in one transaction. Who has a root key keeps it where
 * the record has none. */
enum hw_exit hw_data_put(struct hw_call *call, const char *directory, const json_t *records);

/* Leaves an array in call->result, of all or (not NULL) of this one. A daemon may own the
 * directory. */
enum hw_exit hw_data_list(struct hw_call *call, const char *directory, const char *user_name);

enum hw_data_change { HW_DATA_ENABLE, HW_DATA_DISABLE, HW_DATA_DELETE };

/* For the subscriber that call->arguments[0] names. */
enum hw_exit hw_data_change(struct hw_call *call, const char *directory, enum hw_data_change kind);

#endif
