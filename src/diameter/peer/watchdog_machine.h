/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watchdog_machine: the watchdog of RFC 3539 (3.4.1, appendix A) as a constant table.
 *
 * As peer_machine.h: the table says what follows, watchdog.c does it. A row has a guard, since the
 * RFC's rows ask for Pending and NumDWA; the guards of one (state, event) are exclusive and cover
 * every case. A row that is not the RFC's says why.
 */
#ifndef DM_PEER_WATCHDOG_MACHINE_H
#define DM_PEER_WATCHDOG_MACHINE_H

#include "base/bytes.h"

#define DM_WATCHDOG_STATES(X) \
	X(INITIAL)            \
	X(OKAY)               \
	X(SUSPECT)            \
	X(DOWN)               \
	X(REOPEN)

#define DM_WATCHDOG_EVENTS(X)               \
	X(RECEIVE_DWA, "Receive DWA")       \
	X(RECEIVE_OTHER, "Receive non-DWA") \
	X(TIMER, "Timer expires")           \
	X(CONNECTION_UP, "Connection up")   \
	X(CONNECTION_DOWN, "Connection down")

#define DM_WATCHDOG_GUARDS(X)                            \
	X(ALWAYS, "")                                    \
	X(PENDING, "Pending")                            \
	X(NOT_PENDING, "!Pending")                       \
	X(PENDING_AND_NEGATIVE, "Pending & NumDWA < 0")  \
	X(PENDING_AND_COUNTING, "Pending & NumDWA >= 0") \
	X(THIRD_DWA, "NumDWA == 2")                      \
	X(EARLIER_DWA, "NumDWA < 2")

#define DM_WATCHDOG_ACTIONS(X)                   \
	X(NONE, "")                              \
	X(CLEAR_PENDING, "Pending = FALSE")      \
	X(SET_PENDING, "Pending = TRUE")         \
	X(SET_WATCHDOG, "SetWatchdog()")         \
	X(SEND_WATCHDOG, "SendWatchdog()")       \
	X(FAILOVER, "Failover()")                \
	X(FAILBACK, "Failback()")                \
	X(CLOSE_CONNECTION, "CloseConnection()") \
	X(ATTEMPT_OPEN, "AttemptOpen()")         \
	X(COUNT_DWA, "NumDWA++")                 \
	X(NUM_DWA_ZERO, "NumDWA = 0")            \
	X(NUM_DWA_MINUS_ONE, "NumDWA = -1")      \
	X(THROWAWAY, "Throwaway()")

enum dm_watchdog_state {
#define DM_WATCHDOG_STATE(symbol) DM_WATCHDOG_##symbol,
	DM_WATCHDOG_STATES(DM_WATCHDOG_STATE)
#undef DM_WATCHDOG_STATE
		DM_WATCHDOG_STATE_COUNT,
};

enum dm_watchdog_event {
#define DM_WATCHDOG_EVENT(symbol, name) DM_WATCHDOG_EVENT_##symbol,
	DM_WATCHDOG_EVENTS(DM_WATCHDOG_EVENT)
#undef DM_WATCHDOG_EVENT
		DM_WATCHDOG_EVENT_COUNT,
};

enum dm_watchdog_guard {
#define DM_WATCHDOG_GUARD(symbol, name) DM_WATCHDOG_GUARD_##symbol,
	DM_WATCHDOG_GUARDS(DM_WATCHDOG_GUARD)
#undef DM_WATCHDOG_GUARD
		DM_WATCHDOG_GUARD_COUNT,
};

enum dm_watchdog_action {
#define DM_WATCHDOG_ACTION(symbol, name) DM_WATCHDOG_ACTION_##symbol,
	DM_WATCHDOG_ACTIONS(DM_WATCHDOG_ACTION)
#undef DM_WATCHDOG_ACTION
		DM_WATCHDOG_ACTION_COUNT,
};

#define DM_WATCHDOG_ROW_ACTIONS 5

struct dm_watchdog_row {
	enum dm_watchdog_state state;
	enum dm_watchdog_event event;
	enum dm_watchdog_guard guard;
	enum dm_watchdog_action actions[DM_WATCHDOG_ROW_ACTIONS]; /* in this order */
	enum dm_watchdog_state next;
	const char *reference; /* "RFC 3539 A"; NULL: the RFC has no such row */
	const char *why;       /* NULL: exactly the RFC's row */
};

/* The variables of RFC 3539 appendix A that guards ask for. */
struct dm_watchdog_variables {
	bool pending; /* a DWR is unanswered */
	int num_dwa;  /* DWAs received in REOPEN */
};

/* The row that applies; never NULL. */
const struct dm_watchdog_row *dm_watchdog_row(enum dm_watchdog_state state,
                                              enum dm_watchdog_event event,
                                              const struct dm_watchdog_variables *variables);

const char *dm_watchdog_state_name(enum dm_watchdog_state state);
const char *dm_watchdog_event_name(enum dm_watchdog_event event);
const char *dm_watchdog_guard_text(enum dm_watchdog_guard guard);
const char *dm_watchdog_action_name(enum dm_watchdog_action action);

#endif
