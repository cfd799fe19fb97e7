/* SPDX-License-Identifier: Apache-2.0 */
/*
 * daemon: one homewardd process: a node, a store, the roles of the configuration, and the loop that
 * carries effects between them.
 *
 * Invariants: one thread (the store's is inside of it); an effect is carried out before the next is
 * asked for; what the role asked to commit is answered by `committed`, exactly once. Everything is
 * made in start.c in the order of the fields and unmade in stop.c in the reverse order.
 *
 *	start.c        from a configuration to a running node
 *	setup_node.c   the dictionary and the node as the configuration wants them
 *	turn.c         the turn of the loop: effects to where they belong
 *	role_*.c       one role each: its configuration, what it restores, its commands
 *	commands.c     the control socket: which command goes where, and what comes back
 *	security.c     who must have TLS, and where keys may go
 *	reload.c       SIGHUP
 *	stop.c         SIGTERM and the end
 */
#ifndef HW_DAEMON_H
#define HW_DAEMON_H

#include "base/map.h"
#include "daemon/config/config.h"
#include "daemon/import.h"
#include "daemon/sharing.h"
#include "diameter/node.h"
#include "io/control.h"
#include "io/transport.h"
#include "mip6/service.h"

#include <uv.h>

struct hw_role_ops;
struct hw_trace_file;
struct hw_names;
struct dns_report;

enum hw_phase {
	HW_PHASE_STARTING,
	HW_PHASE_RUNNING,
	HW_PHASE_STOPPING, /* DPR is sent, what is in work is finished */
	HW_PHASE_ENDING,   /* handles close, the loop runs out */
};

struct hw_role_slot {
	const struct hw_role_ops *ops;
	struct mip6_role *role;
};

#define HW_SIGNALS 3

struct hw_daemon {
	const char *file; /* of the configuration; borrowed, as `override` */
	struct hw_config_override override;
	struct hw_config config;
	struct dm_log log;
	char keeper[320]; /* this run's name in a shared store */
	int64_t started;  /* seconds since 1970 */
	int64_t run;      /* as `started`, and more than in the run before */
	uint32_t origin_state_id;

	uv_loop_t loop;
	struct store *store;
	struct dm_dictionary *dictionary;
	struct dm_node *node;
	struct hw_role_slot roles[HW_ROLE_COUNT];
	size_t role_count;
	struct hw_trace trace;
	struct hw_trace_file *trace_file; /* NULL: none */
	struct hw_tls_context *tls;       /* read, and not yet the transport's; NULL: none */
	struct hw_transport *transport;
	struct hw_control *control;
	struct hw_names *names; /* NULL: no zone of DNS is ours */

	uv_prepare_t before_poll;
	uv_check_t after_poll;
	uv_timer_t deadline;
	uv_timer_t patience; /* of the stop */
	uv_poll_t store_ready;
	uv_signal_t signals[HW_SIGNALS];

	enum hw_phase phase;
	bool dirty;             /* there may be effects */
	dm_time armed;          /* what `deadline` is set to */
	uint64_t store_waiting; /* transactions whose completion is to come */
	struct dm_map pending;  /* result tag -> struct hw_pending of commands.c */
	uint64_t last_pending;
	struct hw_sharing sharing;
	struct hw_import import;     /* subscribers whose last piece is to come */
	struct hw_tracing *tracings; /* trace.c: clients that watch */
};

/* ---- start.c, stop.c ---- */

/* Reads the configuration and runs until the end. The process's exit code: 0, 1 (could not start),
 * 2 (the configuration is wrong). */
int hw_daemon_run(const char *file, const struct hw_config_override *override);

/* The first call ends in order, the second at once. */
void hw_daemon_stop(struct hw_daemon *daemon);
/* Takes the next step of an orderly end when nothing is left to wait for. */
void hw_daemon_stop_if_idle(struct hw_daemon *daemon);
/* Frees what start.c made; the loop has run out. */
void hw_daemon_fini(struct hw_daemon *daemon);

/* ---- setup_node.c: 0, or a negative errno with the reason in the log ---- */

int hw_setup_dictionary(struct hw_daemon *daemon);
int hw_setup_node(struct hw_daemon *daemon);
int hw_setup_peer(struct hw_daemon *daemon, const struct hw_config_peer *peer);

/* ---- turn.c ---- */

struct mip6_now hw_now(void);
/* Asks for a turn before the loop sleeps again. */
void hw_wake(struct hw_daemon *daemon);
/* Drains all effects, if there may be any, and arms the timer. */
void hw_turn(struct hw_daemon *daemon);
/* A change of a name in DNS is over. */
void hw_name_changed(struct hw_daemon *daemon, uint64_t tag, const struct dns_report *report);
/* The commits that came back. */
void hw_store_completed(struct hw_daemon *daemon);
void hw_tick(struct hw_daemon *daemon);
/* Asks the store for sessions that `role` is to keep. 0 or a negative errno. */
int hw_store_adopt(struct hw_daemon *daemon, const struct mip6_role *role, size_t limit);

/* ---- reload.c ---- */

/* 0, or -EINVAL with `report` filled; then nothing has changed. */
int hw_reload(struct hw_daemon *daemon, struct hw_report *report);

/* ---- notify.c: systemd's protocol, when NOTIFY_SOCKET is set ---- */

void hw_notify(const char *state);

/* ---- small things that several files need ---- */

void hw_log(struct hw_daemon *daemon, enum dm_log_level level, const char *event,
            const char *format, ...) __attribute__((format(printf, 4, 5)));

/* 64 bits of the kernel's randomness. 0 or -EIO. */
int hw_seed(uint64_t *seed);

/* May keys go this way (profile 6)? security.c. */
bool hw_path_is_protected(struct hw_daemon *daemon, struct dm_bytes realm, struct dm_bytes host);
/* Is there a connection that leads this way? The node may not know yet that one has gone. */
bool hw_path_is_open(struct hw_daemon *daemon, struct dm_bytes realm, struct dm_bytes host);

#endif
