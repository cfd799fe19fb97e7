/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SIGHUP: the configuration is read again, and the files of TLS. What can change while the node
 * runs is changed; when the file says anything else anew, or is faulty, nothing changes and the
 * findings say why. Connections stay: new certificates are for new ones.
 */
#include "daemon/config/config_compare.h"
#include "daemon/role.h"
#include "daemon/security.h"

#include <errno.h>

/* ---- what can change ---- */

static void remove_peers(struct hw_daemon *daemon, const struct hw_config *before,
                         const struct hw_config *after)
{
	const struct hw_config_peer *peers = before->peers.at;

	for (size_t i = 0; i < before->peers.count; i++) {
		if (!hw_security_peer(after, peers[i].identity))
			dm_node_peer_remove(daemon->node, peers[i].identity, hw_now().monotonic);
	}
}

static void add_peers(struct hw_daemon *daemon, const struct hw_config *before,
                      const struct hw_config *after)
{
	const struct hw_config_peer *peers = after->peers.at;

	for (size_t i = 0; i < after->peers.count; i++) {
		if (!hw_security_peer(before, peers[i].identity))
			hw_setup_peer(daemon, &peers[i]);
	}
}

static void apply(struct hw_daemon *daemon, struct hw_config *after, struct hw_tls_context *tls)
{
	struct hw_config before = daemon->config;

	daemon->config = *after;
	daemon->log.level = (enum dm_log_level)after->log.level;
	daemon->log.json = after->log.format == 1;
	hw_transport_set_tls(daemon->transport, tls);
	remove_peers(daemon, &before, after);
	add_peers(daemon, &before, after);
	hw_config_fini(&before);
	hw_wake(daemon);
}

/* ---- what cannot ---- */

static bool is_among(const char *const *names, const char *name)
{
	for (; names && *names; names++) {
		if (strcmp(*names, name) == 0)
			return true;
	}
	return false;
}

static bool can_change(const struct hw_daemon *daemon, const struct hw_block *block)
{
	static const char *const names[] = { "log", "accept", "peer", "tls", NULL };

	for (size_t i = 0; i < daemon->role_count; i++) {
		if (is_among(daemon->roles[i].ops->blocks, block->name))
			return true;
	}
	return is_among(names, block->name);
}

static void judge_peers(const struct hw_config *before, const struct hw_config *after,
                        struct hw_report *report)
{
	const struct hw_config_peer *peers = after->peers.at;

	for (size_t i = 0; i < after->peers.count; i++) {
		const struct hw_config_peer *old = hw_security_peer(before, peers[i].identity);

		if (old && hw_security_inband(old) != hw_security_inband(&peers[i]))
			hw_report_add(report, peers[i].head.line,
			              "how TLS begins with peer \"%.*s\" has changed; restart "
			              "homewardd",
			              (int)peers[i].identity.size,
			              (const char *)peers[i].identity.at);
		if (old &&
		    (old->connects != peers[i].connects || old->watchdog != peers[i].watchdog))
			hw_report_add(report, peers[i].head.line,
			              "who connects to peer \"%.*s\", or its watchdog, has "
			              "changed; restart homewardd",
			              (int)peers[i].identity.size,
			              (const char *)peers[i].identity.at);
	}
}

static void judge(const struct hw_daemon *daemon, const struct hw_config *after,
                  struct hw_report *report)
{
	const struct hw_config *before = &daemon->config;

	if (!hw_block_same(&hw_config_root, before, after))
		hw_report_add(report, 0,
		              "an option outside of the blocks has changed; restart homewardd");
	for (size_t i = 0; i < hw_config_block_count; i++) {
		const struct hw_block *block = &hw_config_blocks[i];

		if (!can_change(daemon, block) && !hw_blocks_same(block, before, after))
			hw_report_add(report, hw_block_line(block, after),
			              "what the %s blocks say has changed; restart homewardd",
			              block->name);
	}
	if (before->accept.unknown != after->accept.unknown)
		hw_report_add(report, after->accept.head.line,
		              "unknown has changed; restart homewardd");
	if (before->tls.handshake != after->tls.handshake)
		hw_report_add(report, after->tls.head.line,
		              "handshake has changed; restart homewardd");
	judge_peers(before, after, report);
}

/* ---- both ---- */

/* A role's change can fail for want of memory only after nothing else can: only the home
 * server, which is the first, can fail, so that nothing is to be taken back. What it emitted before
 * is carried out first, as its effects borrow from the configuration in force. */
static int change_roles(struct hw_daemon *daemon, const struct hw_config *after,
                        struct hw_report *report)
{
	int error = 0;

	hw_turn(daemon);
	for (size_t i = 0; !error && i < daemon->role_count; i++) {
		const struct hw_role_slot *slot = &daemon->roles[i];

		if (slot->ops->reload)
			error = slot->ops->reload(daemon, slot->role, after, report);
	}
	return error;
}

static void log_finding(const char *text, void *context)
{
	hw_log(context, DM_LOG_ERROR, "reload", "%s", text);
}

static int refuse(struct hw_daemon *daemon, struct hw_report *report)
{
	hw_report_sort(report);
	hw_report_each(report, daemon->file, log_finding, daemon);
	hw_log(daemon, DM_LOG_ERROR, "reload", "the configuration in force stays");
	return -EINVAL;
}

int hw_reload(struct hw_daemon *daemon, struct hw_report *report)
{
	struct hw_config after;
	struct hw_tls_context *tls;
	int error;

	if (daemon->phase != HW_PHASE_RUNNING) {
		hw_report_add(report, 0, "homewardd is stopping; start it again");
		return refuse(daemon, report);
	}
	error = hw_config_load(&after, daemon->file, &daemon->override, report);
	if (error) {
		if (report->found == 0)
			hw_report_add(report, 0, "cannot be held in memory; free some");
		return refuse(daemon, report);
	}
	judge(daemon, &after, report);
	hw_security_load(daemon, &after, report, &tls);
	if (report->found || change_roles(daemon, &after, report)) {
		hw_tls_context_free(tls);
		hw_config_fini(&after);
		return refuse(daemon, report);
	}
	apply(daemon, &after, tls);
	hw_log(daemon, DM_LOG_NOTICE, "reload", "the configuration has been read again");
	return 0;
}
