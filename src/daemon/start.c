/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/commands.h"
#include "daemon/daemon.h"
#include "daemon/names.h"
#include "daemon/role.h"
#include "daemon/security.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOG_BURST   100 /* log lines of one event in a second */
#define OTHER_FILES 64  /* store, control, loop */

static const struct hw_role_ops *const every_role[HW_ROLE_COUNT] = {
	[HW_ROLE_HOME_SERVER] = &hw_role_home_server,
	[HW_ROLE_PROXY] = &hw_role_proxy,
	[HW_ROLE_NAS] = &hw_role_nas,
	[HW_ROLE_HOME_AGENT] = &hw_role_home_agent,
};

void hw_log(struct hw_daemon *daemon, enum dm_log_level level, const char *event,
            const char *format, ...)
{
	char buffer[1024];
	struct dm_text text;
	va_list list;

	dm_text_init(&text, buffer, sizeof(buffer));
	va_start(list, format);
	dm_text_add_list(&text, format, list);
	va_end(list);
	dm_log_line(&daemon->log, level, event, NULL, "%s", buffer);
}

/* ---- the configuration ---- */

static void say(const char *text, void *context)
{
	(void)context;
	fprintf(stderr, "%s\n", text);
}

static int read_config(struct hw_daemon *daemon)
{
	struct hw_report report;
	int error;

	hw_report_init(&report);
	error = hw_config_load(&daemon->config, daemon->file, &daemon->override, &report);
	if (error && report.found == 0)
		hw_report_add(&report, 0, "cannot be held in memory; free some");
	hw_report_each(&report, daemon->file, say, NULL);
	hw_report_fini(&report);
	return error;
}

/* ---- the store ---- */

#define COUNTER_NAME 320

/* Of several servers on one store, each has its own. */
static void name_counter(const struct hw_daemon *daemon, const char *what, char name[COUNTER_NAME])
{
	struct dm_text text;

	dm_text_init(&text, name, COUNTER_NAME);
	dm_text_add(&text, "%s", what);
	if (store_is_shared(daemon->store))
		dm_text_add(&text, ";%.*s", (int)daemon->config.identity.size,
		            (const char *)daemon->config.identity.at);
}

/*
 * Origin-State-Id grows with each loss of state (RFC 6733 8.16), and all state is in the store: it
 * stays the same over a restart with the same store, else the home server would end the sessions
 * that a NAS still has. A new store begins at the clock, beyond what a lost one had.
 */
static int know_state(struct hw_daemon *daemon)
{
	char name[COUNTER_NAME];
	uint64_t began = (uint64_t)daemon->started;
	uint64_t value = 0;
	int error;

	name_counter(daemon, "origin-state-id", name);
	error = store_counter(daemon->store, name, 0, &value);
	if (!error && value == 0)
		error = store_counter(daemon->store, name, began, &value);
	daemon->origin_state_id = (uint32_t)(value ? value : began);
	return error;
}

/* Session-Ids of this run begin at the clock, and beyond those of the run before, which may have
 * ended in this second or, the clock set back, in a later one (RFC 6733 8.8). */
static int know_run(struct hw_daemon *daemon)
{
	char name[COUNTER_NAME];
	uint64_t clock = (uint64_t)daemon->started;
	uint64_t last = 0, run;
	int error;

	name_counter(daemon, "session-id-run", name);
	error = store_counter(daemon->store, name, 0, &last);
	run = clock > last ? clock : last + 1;
	daemon->run = (int64_t)run;
	return error ? error : store_counter(daemon->store, name, run - last, &last);
}

static int know_counters(struct hw_daemon *daemon)
{
	int error = know_state(daemon);

	if (!error)
		error = know_run(daemon);
	if (error)
		hw_log(daemon, DM_LOG_ERROR, "store",
		       "Origin-State-Id and Session-Ids cannot be kept: %s",
		       store_error_text(daemon->store));
	return error;
}

/* A run, not an identity: the sessions of the run before, if it ended without a word, are taken
 * over as those of any other server. */
static void name_keeper(struct hw_daemon *daemon)
{
	struct dm_text text;

	dm_text_init(&text, daemon->keeper, sizeof(daemon->keeper));
	dm_text_add(&text, "%.*s;%lld;%d", (int)daemon->config.identity.size,
	            (const char *)daemon->config.identity.at, (long long)daemon->started,
	            (int)getpid());
}

/* Without a store in it, the data directory still has the control socket. */
static int make_data(struct hw_daemon *daemon)
{
	const char *path = daemon->config.data;

	if (!daemon->config.store.url || mkdir(path, 0700) == 0 || errno == EEXIST)
		return 0;
	hw_log(daemon, DM_LOG_ERROR, "data", "%s: the data directory cannot be made: %s", path,
	       strerror(errno));
	return -errno;
}

static int open_store(struct hw_daemon *daemon)
{
	const struct hw_config_store *config = &daemon->config.store;
	struct store_options options = {
		.directory = daemon->config.data,
		.url = config->url,
		.server = daemon->keeper,
		.lease = (uint32_t)(config->lease / DM_SECOND),
		.hold = (uint32_t)(config->hold / DM_MILLISECOND),
		.key_file = config->key_file,
	};
	char why[512];
	int error;

	if (make_data(daemon))
		return -EIO;
	name_keeper(daemon);
	error = store_open(&options, &daemon->store, why, sizeof(why));
	if (error) {
		hw_log(daemon, DM_LOG_ERROR, "store", "%s", why);
		return error;
	}
	return know_counters(daemon);
}

/* ---- the roles ---- */

static void session_id(void *context, struct dm_text *out)
{
	struct hw_daemon *daemon = context;

	dm_node_session_id(daemon->node, (struct dm_bytes){ 0 }, out);
}

static int make_role(struct hw_daemon *daemon, const struct hw_role_ops *ops)
{
	struct mip6_common common = {
		.dictionary = daemon->dictionary,
		.origin_host = daemon->config.identity,
		.origin_realm = daemon->config.realm,
		.origin_state_id = daemon->origin_state_id,
		.application_id = (uint32_t)daemon->config.numbers.application_id,
		.session_id = session_id,
		.session_id_context = daemon,
	};
	const char *why = "no memory";
	struct mip6_role *role;

	if (hw_seed(&common.seed))
		return -EIO;
	role = ops->make(daemon, &common, &why);
	if (!role) {
		hw_log(daemon, DM_LOG_ERROR, "role", "the role %s cannot start: %s",
		       hw_role_names[ops->kind], why);
		return -EINVAL;
	}
	daemon->roles[daemon->role_count++] = (struct hw_role_slot){ ops, role };
	return 0;
}

static int make_roles(struct hw_daemon *daemon)
{
	int error = 0;

	for (int kind = 0; !error && kind < HW_ROLE_COUNT; kind++) {
		if (daemon->config.roles[kind])
			error = make_role(daemon, every_role[kind]);
	}
	return error;
}

static void start_roles(struct hw_daemon *daemon)
{
	struct mip6_now now = hw_now();

	for (size_t i = 0; i < daemon->role_count; i++) {
		struct hw_role_slot *slot = &daemon->roles[i];

		if (slot->ops->start)
			slot->ops->start(slot->role, now);
	}
}

/* ---- the transport ---- */

static bool admits(void *context, const struct sockaddr *from)
{
	const struct hw_daemon *daemon = context;
	const struct hw_list *list = &daemon->config.accept.from;
	const struct hw_network *networks = list->at;

	for (size_t i = 0; i < list->count; i++) {
		if (hw_address_within(from, networks[i].ipv6, networks[i].address,
		                      networks[i].length))
			return true;
	}
	return list->count == 0;
}

static bool endpoint(void *context, struct dm_bytes identity, struct hw_target *target)
{
	const struct hw_daemon *daemon = context;
	const struct hw_config_peer *peer = hw_security_peer(&daemon->config, identity);

	if (!peer || !peer->connects)
		return false;
	target->host = peer->connect.host;
	target->port = peer->connect.port;
	target->tls = peer->tls == HW_TLS_REQUIRED && !peer->inband_tls;
	return true;
}

static void on_wake(void *context)
{
	hw_wake(context);
}

static int listen_all(struct hw_daemon *daemon)
{
	const struct hw_config_listen *listens = daemon->config.listens.at;

	for (size_t i = 0; i < daemon->config.listens.count; i++) {
		const struct hw_endpoint *at = &listens[i].endpoint;
		int error =
			hw_transport_listen(daemon->transport, at->host, at->port, listens[i].tls);

		if (!error)
			continue;
		hw_log(daemon, DM_LOG_ERROR, "listen", "%s:%u: cannot listen on %s port %u: %s",
		       daemon->file, listens[i].head.line, at->host, at->port, strerror(-error));
		return error;
	}
	return 0;
}

/* Each connection is an open file; the shell's limit is often lower than the system's. */
static void allow_files(struct hw_daemon *daemon)
{
	const struct hw_config_limits *limits = &daemon->config.limits;
	rlim_t wanted = limits->connections + limits->control_clients + daemon->config.peers.count +
	                OTHER_FILES;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= wanted)
		return;
	limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
	if (setrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur < wanted)
		hw_log(daemon, DM_LOG_WARNING, "files",
		       "limits.connections needs %ju open files, the system allows %ju",
		       (uintmax_t)wanted, (uintmax_t)limit.rlim_cur);
}

static int make_transport(struct hw_daemon *daemon)
{
	struct hw_transport_config config = {
		.loop = &daemon->loop,
		.node = daemon->node,
		.log = &daemon->log,
		.trace = &daemon->trace,
		.connection_limit = daemon->config.limits.connections,
		.handshake_limit = daemon->config.limits.unidentified,
		.handshake_ms = (unsigned)(daemon->config.tls.handshake / DM_MILLISECOND),
		.output_limit = daemon->config.limits.output,
		.admits = admits,
		.endpoint = endpoint,
		.wake = on_wake,
		.context = daemon,
	};

	if (hw_seed(&config.seed))
		return -EIO;
	daemon->transport = hw_transport_new(&config);
	if (!daemon->transport)
		return -ENOMEM;
	hw_transport_set_tls(daemon->transport, daemon->tls);
	daemon->tls = NULL;
	allow_files(daemon);
	return listen_all(daemon);
}

/* ---- the control socket ---- */

static void on_line(void *context, uint64_t client, struct dm_bytes line)
{
	hw_command_line(context, client, line);
	hw_wake(context);
}

static void on_client_gone(void *context, uint64_t client)
{
	hw_command_client_gone(context, client);
}

static int make_control(struct hw_daemon *daemon)
{
	struct hw_control_config config = {
		.loop = &daemon->loop,
		.path = daemon->config.control,
		.client_limit = daemon->config.limits.control_clients,
		.line = on_line,
		.gone = on_client_gone,
		.context = daemon,
	};
	int error = hw_control_new(&config, &daemon->control);

	if (error)
		hw_log(daemon, DM_LOG_ERROR, "control", "%s: the control socket cannot be made: %s",
		       daemon->config.control, strerror(-error));
	return error;
}

/* ---- the loop's handles ---- */

static void on_before_poll(uv_prepare_t *handle)
{
	hw_turn(handle->data);
}

static void on_after_poll(uv_check_t *handle)
{
	hw_turn(handle->data);
}

static void on_deadline(uv_timer_t *handle)
{
	hw_tick(handle->data);
}

static void on_store(uv_poll_t *handle, int status, int events)
{
	(void)status;
	(void)events;
	hw_store_completed(handle->data);
}

static void on_hangup(struct hw_daemon *daemon)
{
	struct hw_report report;

	hw_report_init(&report);
	hw_reload(daemon, &report);
	hw_report_fini(&report);
}

static void on_signal(uv_signal_t *handle, int number)
{
	struct hw_daemon *daemon = handle->data;

	if (number == SIGHUP)
		on_hangup(daemon);
	else
		hw_daemon_stop(daemon);
	hw_wake(daemon);
}

static int start_signals(struct hw_daemon *daemon)
{
	static const int numbers[HW_SIGNALS] = { SIGTERM, SIGINT, SIGHUP };
	int error = 0;

	signal(SIGPIPE, SIG_IGN);
	for (int i = 0; !error && i < HW_SIGNALS; i++)
		error = uv_signal_start(&daemon->signals[i], on_signal, numbers[i]);
	return error;
}

/* Handles are made before anything that can fail, so that stop.c can close them all. */
static void make_handles(struct hw_daemon *daemon)
{
	uv_loop_init(&daemon->loop);
	uv_prepare_init(&daemon->loop, &daemon->before_poll);
	uv_check_init(&daemon->loop, &daemon->after_poll);
	uv_timer_init(&daemon->loop, &daemon->deadline);
	uv_timer_init(&daemon->loop, &daemon->patience);
	uv_timer_init(&daemon->loop, &daemon->sharing.timer);
	daemon->before_poll.data = daemon;
	daemon->after_poll.data = daemon;
	daemon->deadline.data = daemon;
	daemon->patience.data = daemon;
	daemon->sharing.timer.data = daemon;
	for (int i = 0; i < HW_SIGNALS; i++) {
		uv_signal_init(&daemon->loop, &daemon->signals[i]);
		daemon->signals[i].data = daemon;
	}
}

static int start_handles(struct hw_daemon *daemon)
{
	int error =
		uv_poll_init(&daemon->loop, &daemon->store_ready, store_notify_fd(daemon->store));

	if (error)
		return error;
	daemon->store_ready.data = daemon;
	daemon->armed = DM_TIME_NEVER;
	uv_timer_start(&daemon->deadline, on_deadline, 0, 0);
	uv_prepare_start(&daemon->before_poll, on_before_poll);
	uv_check_start(&daemon->after_poll, on_after_poll);
	error = uv_poll_start(&daemon->store_ready, UV_READABLE, on_store);
	return error ? error : start_signals(daemon);
}

/* ---- all of it ---- */

static void add_listener(const char *address, void *context)
{
	struct dm_text *text = context;

	dm_text_add(text, "%s%s", text->size ? " " : "", address);
}

static void say_ready(struct hw_daemon *daemon)
{
	char listening[1024];
	struct dm_text text;
	struct dm_log_field fields[] = { { "identity", daemon->config.identity },
		                         { "listen", { 0 } },
		                         { "control", dm_bytes_text(daemon->config.control) },
		                         { NULL } };

	dm_text_init(&text, listening, sizeof(listening));
	hw_transport_each_listener(daemon->transport, add_listener, &text);
	fields[1].value = dm_bytes_of(listening, text.size);
	dm_log_line(&daemon->log, DM_LOG_NOTICE, "ready", fields, "homewardd is ready");
	hw_notify("READY=1\nSTATUS=ready");
}

static int start(struct hw_daemon *daemon)
{
	int error = open_store(daemon);

	if (!error)
		error = hw_setup_dictionary(daemon);
	if (!error && daemon->config.trace)
		error = hw_trace_file_open(daemon, daemon->config.trace);
	if (!error)
		error = hw_setup_node(daemon);
	if (!error)
		error = make_transport(daemon);
	if (!error)
		error = hw_names_open(daemon);
	if (!error)
		error = make_roles(daemon);
	if (!error)
		error = make_control(daemon);
	if (!error)
		error = start_handles(daemon);
	if (error)
		return error;
	start_roles(daemon);
	daemon->phase = HW_PHASE_RUNNING;
	hw_sharing_start(daemon);
	say_ready(daemon);
	hw_wake(daemon);
	return 0;
}

/* The files of TLS belong to the configuration. */
static int read_certificates(struct hw_daemon *daemon)
{
	struct hw_report report;
	bool wrong;

	hw_report_init(&report);
	hw_security_load(daemon, &daemon->config, &report, &daemon->tls);
	wrong = report.found > 0;
	hw_report_each(&report, daemon->file, say, NULL);
	hw_report_fini(&report);
	return wrong ? -EINVAL : 0;
}

int hw_daemon_run(const char *file, const struct hw_config_override *override)
{
	struct hw_daemon daemon = { .file = file, .override = *override, .started = time(NULL) };
	int error;

	if (read_config(&daemon))
		return 2;
	dm_log_init(&daemon.log, STDERR_FILENO, (enum dm_log_level)daemon.config.log.level,
	            daemon.config.log.format == 1);
	daemon.log.burst = LOG_BURST;
	if (read_certificates(&daemon)) {
		dm_log_fini(&daemon.log);
		hw_config_fini(&daemon.config);
		return 2;
	}
	dm_map_init(&daemon.pending, 0, false);
	make_handles(&daemon);
	error = start(&daemon);
	if (error) {
		hw_log(&daemon, DM_LOG_ERROR, "not-started", "homewardd cannot start: %s",
		       strerror(-error));
		hw_daemon_stop(&daemon);
	}
	uv_run(&daemon.loop, UV_RUN_DEFAULT);
	hw_daemon_fini(&daemon);
	return error ? 1 : 0;
}
