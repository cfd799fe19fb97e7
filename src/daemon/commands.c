/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/commands.h"
#include "daemon/explain_route.h"

#include "daemon/role.h"
#include "io/members.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* A command that waits for its role. */
struct hw_pending {
	uint64_t number;
	uint64_t client;
	json_t *tag;    /* owned; NULL: none */
	json_t *result; /* owned; NULL: the role brings it */
};

/* ---- replies ---- */

static json_t *with_tag(json_t *reply, const json_t *tag)
{
	if (reply && tag)
		json_object_set(reply, "tag", (json_t *)tag);
	return reply;
}

static void reply_done(struct hw_daemon *daemon, uint64_t client, const json_t *tag, json_t *result)
{
	json_t *reply = json_pack("{s:b, s:o}", "ok", 1, "result", result);

	hw_control_reply(daemon->control, client, with_tag(reply, tag), true);
}

static void reply_fail(struct hw_daemon *daemon, uint64_t client, const json_t *tag, int code,
                       const char *error, json_t *result)
{
	json_t *reply = json_pack("{s:b, s:i, s:o, s:o*}", "ok", 0, "code", code, "error",
	                          hw_json_octets(dm_bytes_text(error)), "result", result);

	hw_control_reply(daemon->control, client, with_tag(reply, tag), true);
}

void hw_call_done(struct hw_call *call, json_t *result)
{
	reply_done(call->daemon, call->client, call->request.tag, result);
}

void hw_call_fail(struct hw_call *call, int code, const char *format, ...)
{
	char buffer[1024];
	struct dm_text text;
	va_list list;

	dm_text_init(&text, buffer, sizeof(buffer));
	va_start(list, format);
	dm_text_add_list(&text, format, list);
	va_end(list);
	reply_fail(call->daemon, call->client, call->request.tag, code, buffer, NULL);
}

bool hw_call_progress(struct hw_daemon *daemon, uint64_t client, const json_t *tag,
                      json_t *progress)
{
	json_t *reply = json_pack("{s:o}", "progress", progress);

	return hw_control_reply(daemon->control, client, with_tag(reply, tag), false);
}

/* ---- commands that wait ---- */

static void free_pending(struct hw_pending *pending)
{
	json_decref(pending->tag);
	json_decref(pending->result);
	free(pending);
}

uint64_t hw_call_later(struct hw_call *call, json_t *result)
{
	struct hw_daemon *daemon = call->daemon;
	struct hw_pending *pending = calloc(1, sizeof(*pending));

	if (!pending) {
		json_decref(result);
		hw_call_fail(call, 1, "no memory; try again later");
		return 0;
	}
	pending->number = ++daemon->last_pending;
	pending->client = call->client;
	pending->tag = json_incref(call->request.tag);
	pending->result = result;
	if (dm_map_put_number(&daemon->pending, pending->number, pending) == 0)
		return pending->number;
	free_pending(pending);
	hw_call_fail(call, 1, "no memory; try again later");
	return 0;
}

static bool is_failure(const struct mip6_result *nas)
{
	return nas && (nas->outcome == MIP6_REFUSED || nas->outcome == MIP6_FAILED);
}

static void refuse_attachment(struct hw_daemon *daemon, const struct hw_pending *pending,
                              const struct mip6_effect *effect)
{
	const struct mip6_result *nas = effect->result.nas;
	char buffer[512];
	struct dm_text text;

	dm_text_init(&text, buffer, sizeof(buffer));
	dm_text_add(&text, "%s", mip6_outcome_name(nas->outcome));
	if (nas->result_code)
		dm_text_add(&text, " with %u %s", nas->result_code,
		            dm_result_code_name(nas->result_code));
	if (nas->error_message.size) {
		dm_text_add(&text, ": ");
		dm_text_octets(&text, nas->error_message);
	} else if (effect->result.text) {
		dm_text_add(&text, ": %s", effect->result.text);
	}
	reply_fail(daemon, pending->client, pending->tag, 1, buffer, hw_nas_result_json(nas));
}

/* A change of one subscriber or home agent: the name goes before the reason. */
static void refuse_change(struct hw_daemon *daemon, const struct hw_pending *pending,
                          const struct mip6_effect *effect)
{
	const char *user = json_string_value(json_object_get(pending->result, "user_name"));
	const char *name_of = json_string_value(json_object_get(pending->result, "name"));
	const char *host = json_string_value(json_object_get(pending->result, "host"));
	const char *name = user ? user : host ? host : name_of;
	int error = effect->result.error;
	char buffer[512];
	struct dm_text text;

	dm_text_init(&text, buffer, sizeof(buffer));
	if (name)
		dm_text_add(&text, "%s: ", name);
	dm_text_add(&text, "%s", effect->result.text ? effect->result.text : strerror(-error));
	reply_fail(daemon, pending->client, pending->tag, error == -EINVAL ? 2 : 1, buffer, NULL);
}

static json_t *result_of(const struct hw_pending *pending, const struct mip6_effect *effect)
{
	const struct mip6_order_counts *counts = effect->result.counts;

	if (effect->result.nas)
		return hw_nas_result_json(effect->result.nas);
	if (!counts)
		return json_incref(pending->result);
	return json_pack("{s:I, s:I}", "sessions", (json_int_t)counts->sessions, "accesses",
	                 (json_int_t)counts->accesses);
}

void hw_command_result(struct hw_daemon *daemon, const struct mip6_effect *effect)
{
	struct hw_pending *pending = dm_map_remove_number(&daemon->pending, effect->tag);
	const struct mip6_result *nas = effect->result.nas;

	if (!pending)
		return;
	if (is_failure(nas)) {
		refuse_attachment(daemon, pending, effect);
	} else if (effect->result.error) {
		refuse_change(daemon, pending, effect);
	} else {
		reply_done(daemon, pending->client, pending->tag, result_of(pending, effect));
	}
	free_pending(pending);
}

static void drop_pending(void *value, void *context)
{
	(void)context;
	free_pending(value);
}

void hw_commands_fini(struct hw_daemon *daemon)
{
	dm_map_each(&daemon->pending, drop_pending, NULL);
	dm_map_fini(&daemon->pending);
	hw_import_fini(&daemon->import);
}

/* ---- commands of every node ---- */

static void append_address(const char *address, void *context)
{
	json_array_append_new(context, json_string(address));
}

static const char *const log_levels[] = { "error", "warning", "notice", "info", "debug" };

static json_t *role_list(const struct hw_daemon *daemon)
{
	json_t *list = json_array();

	for (size_t i = 0; i < daemon->role_count; i++)
		json_array_append_new(list, json_string(hw_role_names[daemon->roles[i].ops->kind]));
	return list;
}

/* "home-server" is the member "home_server". */
static void add_role_status(json_t *status, const struct hw_role_slot *slot)
{
	char name[32];
	struct dm_text text;

	if (!slot->ops->status)
		return;
	dm_text_init(&text, name, sizeof(name));
	dm_text_add(&text, "%s", hw_role_names[slot->ops->kind]);
	for (char *c = name; *c; c++)
		*c = *c == '-' ? '_' : *c;
	json_object_set_new(status, name, slot->ops->status(slot->role));
}

static json_t *transport_json(const struct hw_daemon *daemon)
{
	struct hw_transport_counts counts = hw_transport_counts(daemon->transport);
	json_t *object = json_object();

	hw_json_set_number(object, "accepted", counts.accepted);
	hw_json_set_number(object, "not_admitted", counts.not_admitted);
	hw_json_set_number(object, "over_limit", counts.over_limit);
	hw_json_set_number(object, "dialled", counts.dialled);
	hw_json_set_number(object, "dial_failed", counts.dial_failed);
	hw_json_set_number(object, "tls_failed", counts.tls_failed);
	return object;
}

static json_t *store_json(const struct hw_daemon *daemon)
{
	json_t *object = json_object();
	bool shared = store_is_shared(daemon->store);

	hw_json_set_flag(object, "shared", shared);
	if (!shared)
		return object;
	hw_json_set_octets(object, "keeper", dm_bytes_text(daemon->keeper));
	hw_json_set_number(object, "waiting", daemon->store_waiting);
	hw_json_set_number(object, "adopted", daemon->sharing.adopted);
	hw_json_set_number(object, "leases_lost", daemon->sharing.leases_lost);
	return object;
}

static void run_status(struct hw_call *call)
{
	struct hw_daemon *daemon = call->daemon;
	json_t *status = json_object();
	json_t *listen = json_array();

	hw_transport_each_listener(daemon->transport, append_address, listen);
	hw_json_set_octets(status, "identity", daemon->config.identity);
	hw_json_set_octets(status, "realm", daemon->config.realm);
	json_object_set_new(status, "roles", role_list(daemon));
	hw_json_set_octets(status, "version", dm_bytes_text(HOMEWARD_VERSION));
	hw_json_set_number(status, "pid", (uint64_t)getpid());
	hw_json_set_octets(status, "data", dm_bytes_text(daemon->config.data));
	hw_json_set_octets(status, "configuration", dm_bytes_text(daemon->file));
	hw_json_set_number(status, "origin_state_id", daemon->origin_state_id);
	hw_json_set_number(status, "started", (uint64_t)daemon->started);
	json_object_set_new(status, "listen", listen);
	json_object_set_new(status, "store", store_json(daemon));
	hw_json_set_octets(status, "log_level", dm_bytes_text(log_levels[daemon->log.level]));
	hw_json_set_flag(status, "stopping", daemon->phase != HW_PHASE_RUNNING);
	hw_json_set_number(status, "connections",
	                   hw_transport_counts(daemon->transport).connections);
	json_object_set_new(status, "transport", transport_json(daemon));
	for (size_t i = 0; i < daemon->role_count; i++)
		add_role_status(status, &daemon->roles[i]);
	hw_call_done(call, status);
}

struct peer_walk {
	struct hw_daemon *daemon;
	json_t *list;
	dm_time now;
};

static json_t *security_json(const struct hw_tls *tls)
{
	struct hw_tls_facts facts;

	if (!tls)
		return json_pack("{s:s}", "transport", "tcp");
	if (!hw_tls_facts(tls, &facts))
		return json_pack("{s:s}", "transport", "tls");
	return json_pack("{s:s, s:s, s:s, s:s*, s:I}", "transport", "tls", "protocol",
	                 facts.protocol, "cipher", facts.cipher, "subject", facts.subject,
	                 "expires", (json_int_t)facts.expires);
}

static void append_peer(const struct dm_peer_status *status, void *context)
{
	struct peer_walk *walk = context;
	struct hw_path path = hw_transport_path(walk->daemon->transport, status->origin_host);
	json_t *peer = json_object();

	hw_json_set_octets(peer, "origin_host", status->origin_host);
	hw_json_set_octets(peer, "origin_realm", status->origin_realm);
	hw_json_set_octets(peer, "state", dm_bytes_text(status->state));
	hw_json_set_octets(peer, "watchdog", dm_bytes_text(status->watchdog));
	hw_json_set_octets(peer, "reason", dm_bytes_text(status->reason));
	hw_json_set_flag(peer, "open", status->open);
	hw_json_set_number(peer, "requests_in", status->requests_in);
	hw_json_set_number(peer, "requests_out", status->requests_out);
	hw_json_set_number(peer, "answers_in", status->answers_in);
	hw_json_set_number(peer, "answers_out", status->answers_out);
	hw_json_set_number(peer, "pending", status->pending);
	hw_json_set_number(peer, "since_ms",
	                   (uint64_t)((walk->now - status->since) / DM_MILLISECOND));
	hw_json_set_octets(peer, "local", dm_bytes_text(path.local));
	hw_json_set_octets(peer, "remote", dm_bytes_text(path.remote));
	if (path.connections)
		json_object_set_new(peer, "security", security_json(path.tls));
	if (path.connections)
		hw_json_set_flag(peer, "protected",
		                 hw_path_is_protected(walk->daemon, status->origin_realm,
		                                      status->origin_host));
	json_array_append_new(walk->list, peer);
}

static void run_peers(struct hw_call *call)
{
	struct peer_walk walk = { call->daemon, json_array(), hw_now().monotonic };

	dm_node_peers(call->daemon->node, append_peer, &walk);
	hw_call_done(call, walk.list);
}

static void run_log_level(struct hw_call *call)
{
	struct dm_log *log = &call->daemon->log;

	if (call->request.level.size)
		dm_log_level_named((const char *)call->request.level.at, &log->level);
	hw_call_done(call, json_pack("{s:s}", "level", log_levels[log->level]));
}

struct first_finding {
	char text[512];
	bool set;
};

static void keep_first(const char *text, void *context)
{
	struct first_finding *first = context;
	struct dm_text out;

	if (first->set)
		return;
	first->set = true;
	dm_text_init(&out, first->text, sizeof(first->text));
	dm_text_add(&out, "%s", text);
}

static void run_reload(struct hw_call *call)
{
	struct first_finding first = { .set = false };
	struct hw_report report;

	hw_report_init(&report);
	if (hw_reload(call->daemon, &report) == 0) {
		hw_call_done(call, json_object());
	} else {
		hw_report_each(&report, call->daemon->file, keep_first, &first);
		hw_call_fail(call, 1, "%s%s", first.text,
		             report.found > 1 ? " (and more: see the log)" : "");
	}
	hw_report_fini(&report);
}

static void run_stop(struct hw_call *call)
{
	hw_call_done(call, json_object());
	hw_daemon_stop(call->daemon);
}

static const struct hw_command_row every_node[] = {
	{ HW_COMMAND_STATUS, run_status },        { HW_COMMAND_PEERS, run_peers },
	{ HW_COMMAND_EXPLAIN, hw_explain_route }, { HW_COMMAND_LOG_LEVEL, run_log_level },
	{ HW_COMMAND_RELOAD, run_reload },        { HW_COMMAND_STOP, run_stop },
	{ HW_COMMAND_TRACE, hw_tracing_start },   { 0, NULL },
};

/* ---- to the handler ---- */

static const struct hw_command_row *find_row(const struct hw_command_row *rows,
                                             enum hw_command command)
{
	for (; rows && rows->run; rows++) {
		if (rows->command == command)
			return rows;
	}
	return NULL;
}

static void run(struct hw_call *call)
{
	enum hw_command command = call->request.command;
	const struct hw_command_row *row = find_row(every_node, command);

	for (size_t i = 0; !row && i < call->daemon->role_count; i++) {
		row = find_row(call->daemon->roles[i].ops->commands, command);
		call->role = row ? call->daemon->roles[i].role : NULL;
	}
	if (row)
		row->run(call);
	else
		hw_call_fail(call, 2, "no role of this node has the command %s; ask another node",
		             hw_command_name(command));
}

void hw_command_line(struct hw_daemon *daemon, uint64_t client, struct dm_bytes line)
{
	struct hw_call call = { .daemon = daemon, .client = client };
	char buffer[512];
	struct dm_text why;

	dm_text_init(&why, buffer, sizeof(buffer));
	if (hw_request_read(line, &call.request, &why))
		run(&call);
	else
		hw_call_fail(&call, 2, "%s", buffer);
	hw_request_fini(&call.request);
}

void hw_command_client_gone(struct hw_daemon *daemon, uint64_t client)
{
	hw_tracing_client_gone(daemon, client);
	hw_import_client_gone(&daemon->import, client);
}

struct mip6_role *hw_role_find(const struct hw_daemon *daemon, enum hw_role kind)
{
	for (size_t i = 0; i < daemon->role_count; i++) {
		if (daemon->roles[i].ops->kind == kind)
			return daemon->roles[i].role;
	}
	return NULL;
}

uint32_t hw_seconds(dm_time duration)
{
	return (uint32_t)((duration + DM_SECOND - 1) / DM_SECOND);
}
