/* SPDX-License-Identifier: Apache-2.0 */
#include "diameter/peer/watchdog_machine.h"

#define VARIANTS 3

/* `variant` numbers the rows of one (state, event), from 0. */
#define ROW(from, on, variant, ask, to, ref, reason, ...)         \
	[DM_WATCHDOG_##from][DM_WATCHDOG_EVENT_##on][variant] = { \
		.state = DM_WATCHDOG_##from,                      \
		.event = DM_WATCHDOG_EVENT_##on,                  \
		.guard = DM_WATCHDOG_GUARD_##ask,                 \
		.actions = { __VA_ARGS__ },                       \
		.next = DM_WATCHDOG_##to,                         \
		.reference = (ref),                               \
		.why = (reason),                                  \
	}

/* A row of RFC 3539 appendix A as printed; one that we carry out otherwise; one it has not. */
#define RFC(from, on, variant, ask, to, ...) \
	ROW(from, on, variant, ask, to, "RFC 3539 A", NULL, __VA_ARGS__)
#define DIFFERS(from, on, variant, ask, to, reason, ...) \
	ROW(from, on, variant, ask, to, "RFC 3539 A", reason, __VA_ARGS__)
#define OURS(from, on, to, reason) ROW(from, on, 0, ALWAYS, to, NULL, reason, DO(NONE))

#define DO(action) DM_WATCHDOG_ACTION_##action

static const char ask_at_once[] =
	"the next DWR leaves with the DWA instead of a Tw later: three answers are still "
	"demanded, but a peer that came back serves after three round trips, not a minute";
static const char attempt_first[] =
	"SetWatchdog waits until the attempt has failed: the connect timer governs it";
static const char pending_is_reset[] =
	"Pending of an earlier connection must not count against this one";
static const char closed_by_us[] = "CloseConnection of this very table led here";
static const char never_open[] = "a connection that never was up cannot go down";
static const char up_already[] = "a peer has one open connection, so it cannot come up twice";

static const struct dm_watchdog_row
	rows[DM_WATCHDOG_STATE_COUNT][DM_WATCHDOG_EVENT_COUNT][VARIANTS] = {
		RFC(OKAY, RECEIVE_DWA, 0, ALWAYS, OKAY, DO(CLEAR_PENDING), DO(SET_WATCHDOG)),
		RFC(OKAY, RECEIVE_OTHER, 0, ALWAYS, OKAY, DO(SET_WATCHDOG)),
		RFC(SUSPECT, RECEIVE_DWA, 0, ALWAYS, OKAY, DO(CLEAR_PENDING), DO(FAILBACK),
	            DO(SET_WATCHDOG)),
		RFC(SUSPECT, RECEIVE_OTHER, 0, ALWAYS, OKAY, DO(FAILBACK), DO(SET_WATCHDOG)),
		RFC(REOPEN, RECEIVE_DWA, 0, THIRD_DWA, OKAY, DO(CLEAR_PENDING), DO(COUNT_DWA),
	            DO(FAILBACK)),
		DIFFERS(REOPEN, RECEIVE_DWA, 1, EARLIER_DWA, REOPEN, ask_at_once, DO(CLEAR_PENDING),
	                DO(COUNT_DWA), DO(SEND_WATCHDOG), DO(SET_WATCHDOG), DO(SET_PENDING)),
		RFC(REOPEN, RECEIVE_OTHER, 0, ALWAYS, REOPEN, DO(THROWAWAY)),
		RFC(INITIAL, RECEIVE_DWA, 0, ALWAYS, INITIAL, DO(CLEAR_PENDING), DO(THROWAWAY)),
		RFC(INITIAL, RECEIVE_OTHER, 0, ALWAYS, INITIAL, DO(THROWAWAY)),
		RFC(DOWN, RECEIVE_DWA, 0, ALWAYS, DOWN, DO(CLEAR_PENDING), DO(THROWAWAY)),
		RFC(DOWN, RECEIVE_OTHER, 0, ALWAYS, DOWN, DO(THROWAWAY)),
		RFC(OKAY, TIMER, 0, NOT_PENDING, OKAY, DO(SEND_WATCHDOG), DO(SET_WATCHDOG),
	            DO(SET_PENDING)),
		RFC(OKAY, TIMER, 1, PENDING, SUSPECT, DO(FAILOVER), DO(SET_WATCHDOG)),
		RFC(SUSPECT, TIMER, 0, ALWAYS, DOWN, DO(CLOSE_CONNECTION), DO(SET_WATCHDOG)),
		DIFFERS(INITIAL, TIMER, 0, ALWAYS, INITIAL, attempt_first, DO(ATTEMPT_OPEN)),
		DIFFERS(DOWN, TIMER, 0, ALWAYS, DOWN, attempt_first, DO(ATTEMPT_OPEN)),
		RFC(REOPEN, TIMER, 0, NOT_PENDING, REOPEN, DO(SEND_WATCHDOG), DO(SET_WATCHDOG),
	            DO(SET_PENDING)),
		RFC(REOPEN, TIMER, 1, PENDING_AND_NEGATIVE, DOWN, DO(CLOSE_CONNECTION),
	            DO(SET_WATCHDOG)),
		RFC(REOPEN, TIMER, 2, PENDING_AND_COUNTING, REOPEN, DO(NUM_DWA_MINUS_ONE),
	            DO(SET_WATCHDOG)),
		DIFFERS(INITIAL, CONNECTION_UP, 0, ALWAYS, OKAY, pending_is_reset,
	                DO(CLEAR_PENDING), DO(SET_WATCHDOG)),
		RFC(DOWN, CONNECTION_UP, 0, ALWAYS, REOPEN, DO(NUM_DWA_ZERO), DO(SEND_WATCHDOG),
	            DO(SET_WATCHDOG), DO(SET_PENDING)),
		RFC(OKAY, CONNECTION_DOWN, 0, ALWAYS, DOWN, DO(CLOSE_CONNECTION), DO(FAILOVER),
	            DO(SET_WATCHDOG)),
		RFC(SUSPECT, CONNECTION_DOWN, 0, ALWAYS, DOWN, DO(CLOSE_CONNECTION),
	            DO(SET_WATCHDOG)),
		RFC(REOPEN, CONNECTION_DOWN, 0, ALWAYS, DOWN, DO(CLOSE_CONNECTION),
	            DO(SET_WATCHDOG)),

		/* "Shouldn't be here!" in the RFC's pseudo-code. */
		OURS(DOWN, CONNECTION_DOWN, DOWN, closed_by_us),
		OURS(INITIAL, CONNECTION_DOWN, INITIAL, never_open),
		OURS(OKAY, CONNECTION_UP, OKAY, up_already),
		OURS(SUSPECT, CONNECTION_UP, SUSPECT, up_already),
		OURS(REOPEN, CONNECTION_UP, REOPEN, up_already),
	};

static bool guard_holds(enum dm_watchdog_guard guard, const struct dm_watchdog_variables *now)
{
	switch (guard) {
	case DM_WATCHDOG_GUARD_PENDING:
		return now->pending;
	case DM_WATCHDOG_GUARD_NOT_PENDING:
		return !now->pending;
	case DM_WATCHDOG_GUARD_PENDING_AND_NEGATIVE:
		return now->pending && now->num_dwa < 0;
	case DM_WATCHDOG_GUARD_PENDING_AND_COUNTING:
		return now->pending && now->num_dwa >= 0;
	case DM_WATCHDOG_GUARD_THIRD_DWA:
		return now->num_dwa >= 2;
	case DM_WATCHDOG_GUARD_EARLIER_DWA:
		return now->num_dwa < 2;
	default:
		return true;
	}
}

const struct dm_watchdog_row *dm_watchdog_row(enum dm_watchdog_state state,
                                              enum dm_watchdog_event event,
                                              const struct dm_watchdog_variables *variables)
{
	const struct dm_watchdog_row *row = rows[state][event];

	while (!guard_holds(row->guard, variables))
		row++;
	return row;
}

const char *dm_watchdog_state_name(enum dm_watchdog_state state)
{
#define DM_WATCHDOG_STATE(symbol) [DM_WATCHDOG_##symbol] = #symbol,
	static const char *const names[] = { DM_WATCHDOG_STATES(DM_WATCHDOG_STATE) };
#undef DM_WATCHDOG_STATE

	return names[state];
}

const char *dm_watchdog_event_name(enum dm_watchdog_event event)
{
#define DM_WATCHDOG_EVENT(symbol, name) [DM_WATCHDOG_EVENT_##symbol] = (name),
	static const char *const names[] = { DM_WATCHDOG_EVENTS(DM_WATCHDOG_EVENT) };
#undef DM_WATCHDOG_EVENT

	return names[event];
}

const char *dm_watchdog_guard_text(enum dm_watchdog_guard guard)
{
#define DM_WATCHDOG_GUARD(symbol, name) [DM_WATCHDOG_GUARD_##symbol] = (name),
	static const char *const names[] = { DM_WATCHDOG_GUARDS(DM_WATCHDOG_GUARD) };
#undef DM_WATCHDOG_GUARD

	return names[guard];
}

const char *dm_watchdog_action_name(enum dm_watchdog_action action)
{
#define DM_WATCHDOG_ACTION(symbol, name) [DM_WATCHDOG_ACTION_##symbol] = (name),
	static const char *const names[] = { DM_WATCHDOG_ACTIONS(DM_WATCHDOG_ACTION) };
#undef DM_WATCHDOG_ACTION

	return names[action];
}
