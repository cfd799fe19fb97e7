/* SPDX-License-Identifier: Apache-2.0 */
#include "io/no_core.h"

#include <sys/prctl.h>
#include <sys/resource.h>

void hw_no_core(void)
{
	static const struct rlimit none = { 0, 0 };

	/* Neither can fail: the limit only goes down. A handler that is a pipe ignores it, not the
	 * other. */
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}
