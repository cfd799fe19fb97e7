/* SPDX-License-Identifier: Apache-2.0 */
/*
 * demo: brings the system up, runs the steps, leaves the capture, takes the system down.
 */
#include "cli/demo/demo.h"

#include "cli/client.h"
#include "cli/commands.h"
#include "cli/demo/place.h"
#include "cli/json_sort.h"
#include "cli/message_json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { START_SECONDS = 30 };

const char *const hw_demo_names[HW_DEMO_NODES] = {
	[HW_DEMO_NAS1] = "nas1",   [HW_DEMO_NAS2] = "nas2",
	[HW_DEMO_PROXY] = "proxy", [HW_DEMO_HOME_SERVER] = "home-server",
	[HW_DEMO_HA1] = "ha1",     [HW_DEMO_HA2] = "ha2",
};

const char *const hw_demo_identities[HW_DEMO_NODES] = {
	[HW_DEMO_NAS1] = "nas1.visited.example.org",
	[HW_DEMO_NAS2] = "nas2.visited.example.org",
	[HW_DEMO_PROXY] = "proxy.visited.example.org",
	[HW_DEMO_HOME_SERVER] = "aaa.home.example.net",
	[HW_DEMO_HA1] = "ha1.home.example.net",
	[HW_DEMO_HA2] = "ha2.home.example.net",
};

static void say(struct hw_demo *demo, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void say(struct hw_demo *demo, const char *format, ...)
{
	char sentence[512];
	json_t *progress;
	va_list list;

	va_start(list, format);
	(void)vsnprintf(sentence, sizeof(sentence), format, list);
	va_end(list);
	progress = json_pack("{s:s}", "say", sentence);
	hw_progress(demo->call, progress);
	json_decref(progress);
}

/* ---- the system ---- */

static char *path_of(const char *directory, const char *name, const char *ending)
{
	char *path = NULL;

	return asprintf(&path, "%s/%s%s", directory, name, ending) < 0 ? NULL : path;
}

struct waiting {
	struct hw_demo *demo;
	enum hw_demo_node node;
	size_t peers;
};

/* Asked while it may not be there yet: a failure is no error. */
static json_t *peek(struct waiting *waiting, const char *question)
{
	struct hw_demo *demo = waiting->demo;
	json_t *answer = hw_process_ask(&demo->processes, demo->nodes[waiting->node],
	                                json_pack("{s:s}", "command", question));
	json_t *result = json_incref(json_object_get(answer, "result"));

	json_decref(answer);
	return result;
}

static bool answers(void *context)
{
	json_t *status = peek(context, "status");
	bool there = json_is_object(status);

	json_decref(status);
	return there;
}

static bool has_peers(void *context)
{
	struct waiting *waiting = context;
	json_t *peers = peek(waiting, "peers");
	size_t open = 0, index;
	json_t *peer;

	json_array_foreach(peers, index, peer) open += json_is_true(json_object_get(peer, "open"));
	json_decref(peers);
	return open == waiting->peers;
}

static bool wait_for(struct hw_demo *demo, enum hw_demo_node node, size_t peers)
{
	struct waiting waiting = { demo, node, peers };

	if (hw_processes_wait(&demo->processes, hw_demo_names[node], START_SECONDS,
	                      peers ? has_peers : answers, &waiting))
		return true;
	return hw_demo_failed(demo, "the system does not come up");
}

static bool start(struct hw_demo *demo, enum hw_demo_node node)
{
	const char *name = hw_demo_names[node];
	char *configuration = path_of(demo->examples, name, ".conf");
	struct hw_process *process =
		configuration
			? hw_process_start(&demo->processes, name, demo->directory, configuration)
			: NULL;
	char *trace = process ? path_of(process->directory, "trace", "") : NULL;
	bool good =
		trace && hw_traces_add(demo->traces, name, hw_demo_identities[node], trace) == 0;

	demo->nodes[node] = process;
	free(configuration);
	free(trace);
	return good || hw_demo_failed(demo, "the system does not come up");
}

/* Where a node really listens goes into the environment, for the configurations of the others. */
static bool publish(struct hw_demo *demo, enum hw_demo_node node, const char *variable)
{
	json_t *status = hw_demo_look(demo, node, "status");
	const char *listens =
		json_string_value(json_array_get(json_object_get(status, "listen"), 0));
	bool good = listens && setenv(variable, listens, 1) == 0 &&
	            hw_traces_listens(demo->traces, hw_demo_names[node], listens) == 0;

	json_decref(status);
	if (!good && status)
		(void)hw_fail(demo->call, HW_REFUSED, "%s listens nowhere", hw_demo_names[node]);
	return good;
}

/* By the way that `homeward subscriber import` goes. */
static bool import(struct hw_demo *demo)
{
	char *path = path_of(demo->examples, "subscribers", ".csv");
	struct hw_call call = {
		.given = { { &hw_options_socket[0], demo->nodes[HW_DEMO_HOME_SERVER]->control } },
		.given_count = 1,
		.arguments = { path },
		.argument_count = 1,
	};
	enum hw_exit code = hw_subscriber_import(&call);
	json_int_t count = json_integer_value(json_object_get(call.result, "count"));

	if (code == HW_FINE)
		say(demo, "%lld subscribers imported from %s", (long long)count, path);
	else
		(void)hw_fail(demo->call, code, "%s", call.error);
	json_decref(call.result);
	free(path);
	return code == HW_FINE;
}

static bool bring_up(struct hw_demo *demo)
{
	static const enum hw_demo_node leaves[] = { HW_DEMO_HA1, HW_DEMO_HA2, HW_DEMO_NAS1,
		                                    HW_DEMO_NAS2 };
	size_t leaf = 0;

	(void)setenv("HOMEWARD_DEMO_DIR", demo->directory, 1);
	if (!start(demo, HW_DEMO_HOME_SERVER) || !wait_for(demo, HW_DEMO_HOME_SERVER, 0) ||
	    !publish(demo, HW_DEMO_HOME_SERVER, "HOMEWARD_DEMO_HOME_SERVER") || !import(demo))
		return false;
	if (!start(demo, HW_DEMO_PROXY) || !wait_for(demo, HW_DEMO_PROXY, 0) ||
	    !publish(demo, HW_DEMO_PROXY, "HOMEWARD_DEMO_PROXY"))
		return false;
	while (leaf < sizeof(leaves) / sizeof(leaves[0]))
		if (!start(demo, leaves[leaf]) || !wait_for(demo, leaves[leaf++], 0))
			return false;
	return wait_for(demo, HW_DEMO_HOME_SERVER, 3) && wait_for(demo, HW_DEMO_PROXY, 3);
}

static void say_who_runs(struct hw_demo *demo, json_t *result)
{
	json_t *processes = json_object();

	for (size_t i = 0; i < HW_DEMO_NODES; i++) {
		(void)json_object_set_new(processes, hw_demo_names[i],
		                          json_integer(demo->nodes[i]->pid));
		say(demo, "  %-12s %-26s process %d", hw_demo_names[i], hw_demo_identities[i],
		    (int)demo->nodes[i]->pid);
	}
	(void)json_object_set_new(result, "processes", processes);
}

/* ---- the end ---- */

static void tell_capture(json_t *result, const char *path, int count)
{
	char *tshark = hw_place_tshark();
	char *self = hw_place_self();

	(void)json_object_set_new(result, "capture", json_string(path));
	(void)json_object_set_new(result, "captured", json_integer(count));
	(void)json_object_set_new(
		result, "tshark",
		json_sprintf("%s -r %s -Y diameter", tshark ? tshark : "tshark", path));
	(void)json_object_set_new(result, "decode",
	                          json_sprintf("%s decode %s", self ? self : "homeward", path));
	free(self);
	free(tshark);
}

static bool capture(struct hw_demo *demo, json_t *result)
{
	char *path = path_of(demo->directory, "demo", ".pcap");
	json_t *rest = hw_traces_read(demo->traces);
	char why[256] = "out of memory";
	int count = path ? hw_traces_capture(demo->traces, path, why, sizeof(why)) : -ENOMEM;

	json_decref(rest);
	if (count < 0)
		(void)hw_fail(demo->call, HW_REFUSED, "%s", why);
	else
		tell_capture(result, path, count);
	free(path);
	return count >= 0;
}

static void keep_running(struct hw_demo *demo)
{
	char *self = hw_place_self();
	const char *tool = self ? self : "homeward";

	say(demo, "\nThe system keeps running until Ctrl-C. Talk to it, for example:");
	say(demo, "  %s attach --socket %s dave@home.example.net", tool,
	    demo->nodes[HW_DEMO_NAS2]->control);
	say(demo, "  %s sessions --socket %s", tool, demo->nodes[HW_DEMO_HOME_SERVER]->control);
	say(demo, "  %s peers --socket %s", tool, demo->nodes[HW_DEMO_PROXY]->control);
	free(self);
	say(demo, "logs and traces: %s/*/log and %s/*/trace", demo->directory, demo->directory);
	hw_processes_wait_for_signal(&demo->processes);
}

static bool run(struct hw_demo *demo, json_t *result)
{
	json_t *sessions;

	say(demo, "Bringing up six processes in %s", demo->directory);
	if (!bring_up(demo))
		return false;
	say_who_runs(demo, result);
	if (!hw_demo_steps(demo))
		return false;
	sessions = hw_demo_look(demo, HW_DEMO_HOME_SERVER, "sessions");
	if (!sessions)
		return false;
	(void)json_object_set_new(result, "sessions", hw_json_sorted(sessions, "user_name"));
	json_decref(sessions);
	return true;
}

/* What is printed at the end otherwise, now: a kept system has no end yet. */
static void show_result(struct hw_demo *demo, const json_t *result)
{
	if (demo->call->json) {
		(void)json_dumpf(result, demo->call->output->file, JSON_INDENT(2));
		(void)fputc('\n', demo->call->output->file);
	} else {
		hw_demo_text(result, demo->call->output);
	}
	hw_output_flush(demo->call->output);
}

static bool perform(struct hw_demo *demo, json_t *result)
{
	bool keep = hw_option(demo->call, "keep") != NULL;
	bool good = run(demo, result) && (!keep || capture(demo, result));

	if (good && keep) {
		show_result(demo, result);
		keep_running(demo);
		/* A child that ended meanwhile is not what was asked for. */
		if (!demo->processes.interrupted)
			good = hw_demo_failed(demo, "the system was kept");
	}
	if (!hw_processes_stop(&demo->processes) && good)
		good = hw_demo_failed(demo, "the end");
	return capture(demo, result) && good;
}

static bool set_up(struct hw_demo *demo, const char *program)
{
	demo->traces = hw_traces_new();
	demo->dictionary = hw_dictionary_new();
	demo->steps = json_array();
	demo->facts = json_object();
	if (demo->traces && demo->dictionary && hw_processes_init(&demo->processes, program))
		return true;
	(void)hw_fail(demo->call, HW_REFUSED, "%s",
	              demo->processes.why[0] ? demo->processes.why : "out of memory");
	return false;
}

static void tear_down(struct hw_demo *demo)
{
	dm_dictionary_free(demo->dictionary);
	hw_traces_free(demo->traces);
	json_decref(demo->facts);
	json_decref(demo->steps);
}

static bool demonstrate(struct hw_demo *demo, const char *program)
{
	json_t *result;
	bool good = set_up(demo, program);

	if (good) {
		result =
			json_pack("{s:s, s:O}", "directory", demo->directory, "steps", demo->steps);
		good = perform(demo, result);
		if (good && hw_option(demo->call, "keep"))
			json_decref(result); /* shown already */
		else
			demo->call->result = result;
	}
	tear_down(demo);
	return good;
}

enum hw_exit hw_demo(struct hw_call *call)
{
	char *program = hw_place_daemon(call);
	struct hw_demo demo = { .call = call,
		                .examples = program ? hw_place_examples(call) : NULL };
	enum hw_exit code = HW_REFUSED;
	bool good = false;

	if (demo.examples) {
		demo.directory = hw_place_directory(call);
		code = demo.directory ? HW_REFUSED : HW_BAD_INPUT;
	}
	if (demo.directory) {
		good = demonstrate(&demo, program);
		if (good && !hw_option(call, "dir"))
			hw_place_tidy(demo.directory);
		if (!good)
			say(&demo, "logs, traces and stores are left in %s", demo.directory);
	}
	free(demo.directory);
	free(demo.examples);
	free(program);
	return good ? HW_FINE : code;
}
