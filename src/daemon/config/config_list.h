/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_list: the language of the configuration on stdout, from the tables (`--options`).
 */
#ifndef HW_CONFIG_LIST_H
#define HW_CONFIG_LIST_H

void hw_config_list(void);

#endif
