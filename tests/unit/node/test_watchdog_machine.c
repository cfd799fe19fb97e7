/* SPDX-License-Identifier: Apache-2.0 */
/* The table of RFC 3539 appendix A against an own transcription of the RFC's text. */
#include "diameter/peer/watchdog_machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* State, event, guard, actions, next: RFC 3539 appendix A, "the state machine equivalent". */
static const char *const printed[][5] = {
	{ "OKAY", "Receive DWA", "", "Pending = FALSE,SetWatchdog()", "OKAY" },
	{ "OKAY", "Receive non-DWA", "", "SetWatchdog()", "OKAY" },
	{ "SUSPECT", "Receive DWA", "", "Pending = FALSE,Failback(),SetWatchdog()", "OKAY" },
	{ "SUSPECT", "Receive non-DWA", "", "Failback(),SetWatchdog()", "OKAY" },
	{ "REOPEN", "Receive DWA", "NumDWA == 2", "Pending = FALSE,NumDWA++,Failback()", "OKAY" },
	{ "REOPEN", "Receive DWA", "NumDWA < 2", "Pending = FALSE,NumDWA++", "REOPEN" },
	{ "REOPEN", "Receive non-DWA", "", "Throwaway()", "REOPEN" },
	{ "INITIAL", "Receive DWA", "", "Pending = FALSE,Throwaway()", "INITIAL" },
	{ "INITIAL", "Receive non-DWA", "", "Throwaway()", "INITIAL" },
	{ "DOWN", "Receive DWA", "", "Pending = FALSE,Throwaway()", "DOWN" },
	{ "DOWN", "Receive non-DWA", "", "Throwaway()", "DOWN" },
	{ "OKAY", "Timer expires", "!Pending", "SendWatchdog(),SetWatchdog(),Pending = TRUE",
	  "OKAY" },
	{ "OKAY", "Timer expires", "Pending", "Failover(),SetWatchdog()", "SUSPECT" },
	{ "SUSPECT", "Timer expires", "", "CloseConnection(),SetWatchdog()", "DOWN" },
	{ "INITIAL", "Timer expires", "", "AttemptOpen(),SetWatchdog()", "INITIAL" },
	{ "DOWN", "Timer expires", "", "AttemptOpen(),SetWatchdog()", "DOWN" },
	{ "REOPEN", "Timer expires", "!Pending", "SendWatchdog(),SetWatchdog(),Pending = TRUE",
	  "REOPEN" },
	{ "REOPEN", "Timer expires", "Pending & NumDWA < 0", "CloseConnection(),SetWatchdog()",
	  "DOWN" },
	{ "REOPEN", "Timer expires", "Pending & NumDWA >= 0", "NumDWA = -1,SetWatchdog()",
	  "REOPEN" },
	{ "INITIAL", "Connection up", "", "SetWatchdog()", "OKAY" },
	{ "DOWN", "Connection up", "", "NumDWA = 0,SendWatchdog(),SetWatchdog(),Pending = TRUE",
	  "REOPEN" },
	{ "OKAY", "Connection down", "", "CloseConnection(),Failover(),SetWatchdog()", "DOWN" },
	{ "SUSPECT", "Connection down", "", "CloseConnection(),SetWatchdog()", "DOWN" },
	{ "REOPEN", "Connection down", "", "CloseConnection(),SetWatchdog()", "DOWN" },
};

#define PRINTED_COUNT (sizeof(printed) / sizeof(printed[0]))

/* Every combination that a guard can tell apart. */
static const struct dm_watchdog_variables situations[] = {
	{ false, -1 }, { false, 0 }, { false, 1 }, { false, 2 },
	{ true, -1 },  { true, 0 },  { true, 1 },  { true, 2 },
};

static const char *const *find_printed(const struct dm_watchdog_row *row)
{
	for (size_t i = 0; i < PRINTED_COUNT; i++)
		if (strcmp(printed[i][0], dm_watchdog_state_name(row->state)) == 0 &&
		    strcmp(printed[i][1], dm_watchdog_event_name(row->event)) == 0 &&
		    strcmp(printed[i][2], dm_watchdog_guard_text(row->guard)) == 0)
			return printed[i];
	return NULL;
}

static void actions_text(const struct dm_watchdog_row *row, char *text, size_t room)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < DM_WATCHDOG_ROW_ACTIONS && row->actions[i]; i++)
		used += (size_t)snprintf(text + used, room - used, "%s%s", i ? "," : "",
		                         dm_watchdog_action_name(row->actions[i]));
}

/* The row that applies is the printed one of that guard, or says why it is not. */
static void check_row(const struct dm_watchdog_row *row)
{
	const char *const *rfc = find_printed(row);
	char actions[160];
	bool same;

	assert_int_equal(rfc != NULL, row->reference != NULL);
	if (!rfc) {
		assert_non_null(row->why);
		assert_int_equal(row->next, row->state);
		return;
	}
	actions_text(row, actions, sizeof(actions));
	same = strcmp(actions, rfc[3]) == 0 &&
	       strcmp(dm_watchdog_state_name(row->next), rfc[4]) == 0;
	if (same != (row->why == NULL))
		fail_msg("(%s, %s, %s): %s -> %s; the RFC says %s -> %s", rfc[0], rfc[1], rfc[2],
		         actions, dm_watchdog_state_name(row->next), rfc[3], rfc[4]);
}

/* What the guard of a printed row asks for, said once more and independently. */
static bool applies(const char *guard, const struct dm_watchdog_variables *now)
{
	if (strcmp(guard, "Pending") == 0)
		return now->pending;
	if (strcmp(guard, "!Pending") == 0)
		return !now->pending;
	if (strcmp(guard, "Pending & NumDWA < 0") == 0)
		return now->pending && now->num_dwa == -1;
	if (strcmp(guard, "Pending & NumDWA >= 0") == 0)
		return now->pending && now->num_dwa != -1;
	if (strcmp(guard, "NumDWA == 2") == 0)
		return now->num_dwa == 2;
	if (strcmp(guard, "NumDWA < 2") == 0)
		return now->num_dwa != 2;
	assert_string_equal(guard, "");
	return true;
}

static void WD_every_state_event_and_guard(void **context)
{
	bool seen[PRINTED_COUNT] = { false };

	(void)context;
	for (int state = 0; state < DM_WATCHDOG_STATE_COUNT; state++)
		for (int event = 0; event < DM_WATCHDOG_EVENT_COUNT; event++)
			for (size_t i = 0; i < sizeof(situations) / sizeof(situations[0]); i++) {
				const struct dm_watchdog_row *row =
					dm_watchdog_row(state, event, &situations[i]);
				const char *const *rfc = find_printed(row);

				assert_int_equal(row->state, state);
				assert_int_equal(row->event, event);
				check_row(row);
				if (!rfc)
					continue;
				assert_true(applies(rfc[2], &situations[i]));
				seen[(rfc - printed[0]) / 5] = true;
			}
	for (size_t i = 0; i < PRINTED_COUNT; i++)
		assert_true(seen[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(WD_every_state_event_and_guard),
	};

	return cmocka_run_group_tests_name("watchdog machine", tests, NULL, NULL);
}
