/* SPDX-License-Identifier: Apache-2.0 */
#include "emit.h"

void dictc_emit_otp(const struct dictc_grammar *grammar, struct dm_writer *out)
{
	dictc_emit(out, "%s\n", grammar->name.text);
}
