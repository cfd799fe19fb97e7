/* SPDX-License-Identifier: Apache-2.0 */
/* homewardd.conf: any text gives a configuration or findings, never neither and never both. */
#include "daemon/config/config.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct hw_config_override override = { .data = "state" };
	struct hw_config config;
	struct hw_report report;
	int error;

	hw_report_init(&report);
	error = hw_config_read(&config, dm_bytes_of(data, size), &override, &report);
	if ((error == 0) != (report.found == 0))
		abort();
	if (error == 0)
		hw_config_fini(&config);
	hw_report_fini(&report);
	return 0;
}
