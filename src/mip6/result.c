/* SPDX-License-Identifier: Apache-2.0 */
#include "result.h"

const char *mip6_outcome_name(enum mip6_outcome outcome)
{
	static const char *const names[] = {
		[MIP6_BOOTSTRAPPED] = "bootstrapped", [MIP6_NO_MOBILITY] = "no-mobility-service",
		[MIP6_REFUSED] = "refused",           [MIP6_FAILED] = "failed",
		[MIP6_DETACHED] = "detached",
	};

	return names[outcome];
}
