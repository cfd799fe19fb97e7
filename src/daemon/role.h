/* SPDX-License-Identifier: Apache-2.0 */
/*
 * role: what the daemon knows of each role: how to make it from configuration and store, what it
 * shows, which commands are its own.
 */
#ifndef HW_ROLE_H
#define HW_ROLE_H

#include "daemon/commands.h"
#include "daemon/daemon.h"
#include "mip6/accounting/accounting.h"

struct hw_role_ops {
	enum hw_role kind;
	/* The role, with what the store holds. NULL with *why a sentence. */
	struct mip6_role *(*make)(struct hw_daemon *daemon, const struct mip6_common *common,
	                          const char **why);
	/* Arms the timers; everything else is there. May be NULL. */
	void (*start)(struct mip6_role *role, struct mip6_now now);
	/* Another configuration: what of it is the role's. 0; or a negative errno with findings in
	 * `report`, then nothing has changed. NULL: the blocks of the role need a restart. */
	int (*reload)(struct hw_daemon *daemon, struct mip6_role *role,
	              const struct hw_config *after, struct hw_report *report);
	/* The blocks that `reload` takes up; NULL ends the list. */
	const char *const *blocks;
	/* Its counts for `status`; NULL: it has none. The caller's. */
	json_t *(*status)(struct mip6_role *role);
	/* What it answers; a row with NULL ends the table. */
	const struct hw_command_row *commands;
};

extern const struct hw_role_ops hw_role_home_server;
extern const struct hw_role_ops hw_role_home_agent;
extern const struct hw_role_ops hw_role_nas;
extern const struct hw_role_ops hw_role_proxy;

/* restore_home_server.c: 0 or a negative errno, and the log says whose record it is. */
int hw_home_server_restore(struct hw_daemon *daemon, struct mip6_role *role);

/* sessions_command.c */
void hw_sessions_command(struct hw_call *call);
void hw_sessions_order(struct hw_call *call);
void hw_agents_move(struct hw_call *call);

/* dns_command.c */
void hw_dns_command(struct hw_call *call);

/* NULL when this node does not play it. */
struct mip6_role *hw_role_find(const struct hw_daemon *daemon, enum hw_role kind);

/* ---- role_accounting.c: accounting clients, of NAS and home agent ---- */

struct mip6_accounting_config hw_accounting_config(const struct hw_config *config);
/* What the store holds of it. 0 or a negative errno. */
int hw_accounting_restore(struct hw_daemon *daemon, struct mip6_accounting *accounting);
/* The block that a reload takes up: it cannot fail. */
extern const char *const hw_accounting_blocks[];
void hw_accounting_reload(struct mip6_accounting *accounting, const struct hw_config *after);
/* Its counts, for the role's `status`. */
void hw_accounting_status(json_t *status, const struct mip6_accounting *accounting);

/* Seconds of a configured duration, rounded up. */
uint32_t hw_seconds(dm_time duration);

/* An attachment as docs/control.md has it. */
json_t *hw_nas_result_json(const struct mip6_result *result);

#endif
