/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end, in order: no new connections, DPR to all peers, what is in work is answered and stored;
 * then everything is closed, the loop runs out, and the store closes last.
 */
#include "daemon/commands.h"
#include "daemon/daemon.h"
#include "daemon/names.h"
#include "daemon/role.h"

#include <signal.h>

/* How long clients of the control socket may take to read their last lines. */
#define CONTROL_PATIENCE_MS 500

static void close_handle(uv_handle_t *handle)
{
	if (handle->type != UV_UNKNOWN_HANDLE && !uv_is_closing(handle))
		uv_close(handle, NULL);
}

static void on_control_patience(uv_timer_t *timer)
{
	struct hw_daemon *daemon = timer->data;

	if (daemon->control)
		hw_control_abort(daemon->control);
	close_handle((uv_handle_t *)timer);
}

/* Closing a signal's handle gives it its default action back: one that comes while the store closes
 * would kill the process. */
static void close_signals(struct hw_daemon *daemon)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, NULL);
	for (int i = 0; i < HW_SIGNALS; i++)
		close_handle((uv_handle_t *)&daemon->signals[i]);
}

/* Everything that the loop waits for goes; uv_run returns when it has. */
static void end(struct hw_daemon *daemon)
{
	if (daemon->phase == HW_PHASE_ENDING)
		return;
	daemon->phase = HW_PHASE_ENDING;
	close_handle((uv_handle_t *)&daemon->before_poll);
	close_handle((uv_handle_t *)&daemon->after_poll);
	close_handle((uv_handle_t *)&daemon->deadline);
	close_handle((uv_handle_t *)&daemon->store_ready);
	close_handle((uv_handle_t *)&daemon->sharing.timer);
	close_signals(daemon);
	if (daemon->transport)
		hw_transport_stop(daemon->transport);
	hw_names_stop(daemon);
	if (daemon->control)
		hw_control_stop(daemon->control);
	uv_timer_start(&daemon->patience, on_control_patience, CONTROL_PATIENCE_MS, 0);
	uv_unref((uv_handle_t *)&daemon->patience);
}

static void on_drained_too_long(uv_timer_t *timer)
{
	struct hw_daemon *daemon = timer->data;

	hw_log(daemon, DM_LOG_WARNING, "stop", "not all peers answered in time; ending now");
	end(daemon);
}

void hw_daemon_stop(struct hw_daemon *daemon)
{
	if (daemon->phase != HW_PHASE_RUNNING) {
		if (daemon->phase == HW_PHASE_STOPPING)
			hw_log(daemon, DM_LOG_NOTICE, "stop", "asked again; ending now");
		end(daemon);
		return;
	}
	daemon->phase = HW_PHASE_STOPPING;
	hw_log(daemon, DM_LOG_NOTICE, "stop", "homewardd is stopping");
	hw_notify("STOPPING=1");
	hw_transport_stop_listening(daemon->transport);
	dm_node_stop(daemon->node, hw_now().monotonic);
	uv_timer_start(&daemon->patience, on_drained_too_long,
	               (uint64_t)(daemon->config.timers.drain / DM_MILLISECOND), 0);
	hw_wake(daemon);
}

void hw_daemon_stop_if_idle(struct hw_daemon *daemon)
{
	if (dm_node_idle(daemon->node) && daemon->store_waiting == 0)
		end(daemon);
}

static void free_roles(struct hw_daemon *daemon)
{
	for (size_t i = 0; i < daemon->role_count; i++)
		daemon->roles[i].role->class->free(daemon->roles[i].role);
}

void hw_daemon_fini(struct hw_daemon *daemon)
{
	bool started = daemon->control != NULL;

	hw_commands_fini(daemon);
	hw_tracing_fini(daemon);
	free_roles(daemon);
	hw_control_free(daemon->control);
	hw_names_close(daemon);
	hw_transport_free(daemon->transport);
	hw_tls_context_free(daemon->tls);
	if (daemon->node)
		dm_node_free(daemon->node);
	hw_trace_file_close(daemon);
	if (daemon->dictionary)
		dm_dictionary_free(daemon->dictionary);
	if (daemon->store)
		store_close(daemon->store);
	close_handle((uv_handle_t *)&daemon->patience);
	uv_run(&daemon->loop, UV_RUN_DEFAULT);
	uv_loop_close(&daemon->loop);
	if (started)
		hw_log(daemon, DM_LOG_NOTICE, "stopped", "homewardd has stopped");
	dm_log_fini(&daemon->log);
	hw_config_fini(&daemon->config);
}
