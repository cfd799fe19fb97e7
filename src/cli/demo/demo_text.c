/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the demo shows, from its JSON values.
 */
#include "cli/commands.h"
#include "cli/demo/demo.h"
#include "cli/demo/ladder.h"

#include <string.h>

/* The picture on the terminal: which lifelines have ended. */
static struct hw_ladder ladder;

static void begin_step(const json_t *progress, struct hw_output *out)
{
	for (size_t i = 0; i < HW_DEMO_NODES; i++)
		ladder.names[i] = hw_demo_names[i];
	ladder.count = HW_DEMO_NODES;
	hw_output_print(out, HW_BOLD, "\n(%s) %s\n\n",
	                json_string_value(json_object_get(progress, "step")),
	                json_string_value(json_object_get(progress, "title")));
	hw_ladder_head(&ladder, out);
}

static void show_check(const json_t *progress, struct hw_output *out)
{
	bool holds = json_is_true(json_object_get(progress, "holds"));
	const char *good = out->unicode ? "✓" : "ok";
	const char *bad = out->unicode ? "✗" : "NOT SO:";

	hw_output_print(out, holds ? HW_GREEN : HW_RED, "    %s ", holds ? good : bad);
	hw_output_print(out, HW_PLAIN, "%s\n",
	                json_string_value(json_object_get(progress, "check")));
}

void hw_demo_progress(const json_t *progress, struct hw_output *out)
{
	if (json_object_get(progress, "step"))
		begin_step(progress, out);
	else if (json_object_get(progress, "event"))
		(void)hw_ladder_event(&ladder, json_object_get(progress, "event"), out);
	else if (json_object_get(progress, "check"))
		show_check(progress, out);
	else
		hw_output_print(out, HW_PLAIN, "%s\n",
		                json_string_value(json_object_get(progress, "say")));
}

void hw_demo_text(const json_t *result, struct hw_output *out)
{
	const char *capture = json_string_value(json_object_get(result, "capture"));
	const json_t *sessions = json_object_get(result, "sessions");

	if (sessions) {
		hw_output_print(out, HW_BOLD, "\nThe mobility sessions of the home server\n\n");
		hw_sessions_text(sessions, out);
	}
	if (!capture)
		return;
	hw_output_print(out, HW_PLAIN, "\nAll %lld messages, keys zeroed: %s\n",
	                (long long)json_integer_value(json_object_get(result, "captured")),
	                capture);
	hw_output_print(out, HW_PLAIN, "  %s\n  %s\n",
	                json_string_value(json_object_get(result, "decode")),
	                json_string_value(json_object_get(result, "tshark")));
}
