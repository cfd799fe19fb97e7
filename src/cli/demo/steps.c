/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps of the demo, (a) to (f): what is done, what is shown, what is checked.
 */
#include "cli/demo/demo.h"

#include <string.h>

enum { LABELS = 512, SECONDS = 15 };

#define ALICE "alice@home.example.net"
#define CAROL "carol@home.example.net"
#define DAVE  "dave@home.example.net"
#define NOONE "mallory@home.example.net"

/* As examples/demo has it. */
#define CAROLS_ADDRESS "2001:db8:1:b::ca01/64"

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "nothing";
}

static json_int_t number_of(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

static bool is(const json_t *object, const char *name, const char *wanted)
{
	return strcmp(text_of(object, name), wanted) == 0;
}

/* The element of an array whose member `name` is `wanted`; borrowed, NULL: none. */
static json_t *find(const json_t *array, const char *name, const char *wanted)
{
	size_t index;
	json_t *element;

	json_array_foreach((json_t *)array, index,
	                   element) if (is(element, name, wanted)) return element;
	return NULL;
}

/* One element of what a node answers to a question; the caller's, NULL: none (or no answer). */
static json_t *look_for(struct hw_demo *demo, enum hw_demo_node node, const char *question,
                        const char *name, const char *wanted)
{
	json_t *array = hw_demo_look(demo, node, question);
	json_t *found = json_incref(find(array, name, wanted));

	json_decref(array);
	return found;
}

static json_t *session_of(struct hw_demo *demo, const char *user)
{
	return look_for(demo, HW_DEMO_HOME_SERVER, "sessions", "user_name", user);
}

static json_t *agent_of(struct hw_demo *demo, enum hw_demo_node agent)
{
	return look_for(demo, HW_DEMO_HOME_SERVER, "agents", "host", hw_demo_identities[agent]);
}

/* Attaches, shows the ladder; the attachment, or NULL. */
static json_t *attach(struct hw_demo *demo, enum hw_demo_node nas, const char *user, char *labels)
{
	json_t *attachment = hw_demo_ask(
		demo, nas, json_pack("{s:s, s:s}", "command", "attach", "user_name", user));

	if (attachment && !hw_demo_show(demo, labels, LABELS)) {
		json_decref(attachment);
		return NULL;
	}
	return attachment;
}

/* Keeps what a later step compares with. */
static void remember(struct hw_demo *demo, const char *name, const json_t *attachment)
{
	(void)json_object_set(demo->facts, name, (json_t *)attachment);
}

/* ---- (a) ---- */

static bool check_binding(struct hw_demo *demo, enum hw_demo_node agent, const json_t *attachment)
{
	const char *user = text_of(attachment, "user_name");
	json_t *binding = look_for(demo, agent, "bindings", "user_name", user);
	bool same = binding && is(binding, "home_address", text_of(attachment, "home_address"));
	bool holds = hw_demo_check(demo, same, "%s has a binding of %s for %s",
	                           hw_demo_names[agent], text_of(binding, "home_address"), user);

	json_decref(binding);
	return holds;
}

static bool check_session(struct hw_demo *demo, const json_t *attachment, json_int_t accesses)
{
	const char *user = text_of(attachment, "user_name");
	json_t *session = session_of(demo, user);
	bool same = session && is(session, "state", "active") &&
	            is(session, "home_address", text_of(attachment, "home_address")) &&
	            number_of(session, "access_count") == accesses;
	bool holds = hw_demo_check(demo, same,
	                           "the home server has a mobility session of %s with %lld access "
	                           "session%s",
	                           user, (long long)accesses, accesses == 1 ? "" : "s");

	json_decref(session);
	return holds;
}

static bool check_bootstrapped(struct hw_demo *demo, const json_t *attachment,
                               enum hw_demo_node agent, const char *why)
{
	return hw_demo_check(
		demo,
		is(attachment, "outcome", "bootstrapped") &&
			number_of(attachment, "result_code") == 2001 &&
			is(attachment, "home_agent_fqdn", hw_demo_identities[agent]),
		"%s is given home agent %s%s and home address %s", text_of(attachment, "user_name"),
		text_of(attachment, "home_agent_fqdn"), why, text_of(attachment, "home_address"));
}

static bool step_a(struct hw_demo *demo)
{
	char labels[LABELS] = "";
	json_t *alice;
	bool good;

	hw_demo_begin(demo, "a", "a node bootstraps: alice attaches at nas1");
	alice = attach(demo, HW_DEMO_NAS1, ALICE, labels);
	good = alice && check_bootstrapped(demo, alice, HW_DEMO_HA1, ", nearest to nas1,") &&
	       hw_demo_check(demo, strcmp(labels, "MBR MBR MHR MHA MBA MBA") == 0,
	                     "the messages went as in the draft's figure 7: %s", labels) &&
	       check_session(demo, alice, 1) && check_binding(demo, HW_DEMO_HA1, alice);
	if (good)
		remember(demo, "alice", alice);
	json_decref(alice);
	return good;
}

/* ---- (b) ---- */

static bool step_b(struct hw_demo *demo)
{
	const json_t *before = json_object_get(demo->facts, "alice");
	char labels[LABELS] = "";
	json_t *alice, *agent = NULL;
	bool good;

	hw_demo_begin(demo, "b", "the same node at the other NAS keeps home agent and address");
	alice = attach(demo, HW_DEMO_NAS2, ALICE, labels);
	good = alice && check_bootstrapped(demo, alice, HW_DEMO_HA1, ", as before,") &&
	       hw_demo_check(demo,
	                     is(alice, "home_address", text_of(before, "home_address")) &&
	                             is(alice, "home_prefix", text_of(before, "home_prefix")),
	                     "address and prefix are those of (a), though ha2 is nearer to nas2") &&
	       check_session(demo, alice, 2);
	if (good)
		agent = agent_of(demo, HW_DEMO_HA1);
	good = good && agent &&
	       hw_demo_check(demo, number_of(agent, "pool_taken") == 1,
	                     "nothing was allocated twice: %lld address of ha1's pool is taken",
	                     (long long)number_of(agent, "pool_taken"));
	json_decref(agent);
	json_decref(alice);
	return good;
}

/* ---- (c) ---- */

static bool step_c(struct hw_demo *demo)
{
	char labels[LABELS] = "";
	json_t *carol;
	bool good;

	hw_demo_begin(demo, "c", "a node with a static home address: carol attaches at nas1");
	carol = attach(demo, HW_DEMO_NAS1, CAROL, labels);
	good = carol && check_bootstrapped(demo, carol, HW_DEMO_HA2, ", hers alone,") &&
	       hw_demo_check(demo, is(carol, "home_address", CAROLS_ADDRESS),
	                     "that is the address of her subscriber record") &&
	       check_session(demo, carol, 1) && check_binding(demo, HW_DEMO_HA2, carol);
	json_decref(carol);
	return good;
}

/* ---- (d) ---- */

static bool step_d(struct hw_demo *demo)
{
	char labels[LABELS] = "";
	json_t *noone, *session;
	bool good;

	hw_demo_begin(demo, "d", "an unknown user is refused: mallory attaches at nas1");
	noone = attach(demo, HW_DEMO_NAS1, NOONE, labels);
	if (!noone)
		return false;
	session = session_of(demo, NOONE);
	good = hw_demo_check(
		       demo,
		       is(noone, "outcome", "refused") && number_of(noone, "result_code") == 5003,
		       "the answer is %lld %s: %s", (long long)number_of(noone, "result_code"),
		       text_of(noone, "result_name"), text_of(noone, "error_message")) &&
	       hw_demo_check(demo, strcmp(labels, "MBR MBR MBA MBA") == 0 && !session,
	                     "no home agent was asked and no session was made");
	json_decref(session);
	json_decref(noone);
	return good;
}

/* ---- (e) ---- */

static bool ha1_is_missed(void *context)
{
	json_t *agent = agent_of(context, HW_DEMO_HA1);
	bool missed = agent && json_is_false(json_object_get(agent, "reachable"));

	json_decref(agent);
	return missed;
}

static bool step_e(struct hw_demo *demo)
{
	char labels[LABELS] = "";
	json_t *dave;
	bool good;

	hw_demo_begin(demo, "e", "home agent ha1 is killed; the next node is given the other one");
	hw_process_kill(demo->nodes[HW_DEMO_HA1]);
	hw_demo_mark(demo, HW_DEMO_HA1, "kill -9", true);
	if (!hw_processes_wait(&demo->processes, "the home server to miss ha1", SECONDS,
	                       ha1_is_missed, demo))
		return hw_demo_failed(demo, "(e)");
	dave = attach(demo, HW_DEMO_NAS1, DAVE, labels);
	good = dave && check_bootstrapped(demo, dave, HW_DEMO_HA2, ", for ha1 is gone,") &&
	       check_session(demo, dave, 1) && check_binding(demo, HW_DEMO_HA2, dave);
	json_decref(dave);
	return good;
}

/* ---- (f) ---- */

/* What is waited for, and what was seen meanwhile. */
struct ending {
	struct hw_demo *demo;
	char labels[LABELS];
};

/* The session is gone and the home agent has said its last word: RFC 6733 8.5 has it send STR when
 * it is done with what ASR asked. */
static bool dave_is_gone(void *context)
{
	struct ending *ending = context;
	size_t size = strlen(ending->labels);
	json_t *session;

	if (size && size + 1 < LABELS)
		ending->labels[size++] = ' ';
	(void)hw_demo_show(ending->demo, ending->labels + size, LABELS - size);
	if (size && !ending->labels[size])
		ending->labels[size - 1] = '\0';
	if (!strstr(ending->labels, "STA"))
		return false;
	session = session_of(ending->demo, DAVE);
	json_decref(session);
	return !session;
}

/* The addresses of ha2's pool that are taken, or -1. */
static json_int_t taken_at_ha2(struct hw_demo *demo)
{
	json_t *agent = agent_of(demo, HW_DEMO_HA2);
	json_int_t taken = agent ? number_of(agent, "pool_taken") : -1;

	json_decref(agent);
	return taken;
}

static bool detach_dave(struct hw_demo *demo)
{
	char labels[LABELS] = "";
	json_t *dave = hw_demo_ask(demo, HW_DEMO_NAS1,
	                           json_pack("{s:s, s:s}", "command", "detach", "user_name", DAVE));
	json_t *session = dave ? session_of(demo, DAVE) : NULL;
	bool good = dave && hw_demo_show(demo, labels, LABELS) &&
	            hw_demo_check(demo,
	                          is(dave, "outcome", "detached") &&
	                                  strcmp(labels, "STR STR STA STA") == 0,
	                          "dave's access session has ended") &&
	            hw_demo_check(demo, session && is(session, "state", "lingering"),
	                          "his mobility session lingers: he may turn up at another NAS");

	json_decref(session);
	json_decref(dave);
	return good;
}

static bool step_f(struct hw_demo *demo)
{
	struct ending ending = { .demo = demo };
	json_int_t before = taken_at_ha2(demo), after;
	json_t *binding;
	bool good;

	hw_demo_begin(demo, "f", "dave detaches, and does not come back within a second");
	if (before < 0 || !detach_dave(demo))
		return false;
	if (!hw_processes_wait(&demo->processes, "dave's session to end", SECONDS, dave_is_gone,
	                       &ending))
		return hw_demo_failed(demo, "(f)");
	binding = look_for(demo, HW_DEMO_HA2, "bindings", "user_name", DAVE);
	after = taken_at_ha2(demo);
	good = hw_demo_check(demo, strcmp(ending.labels, "ASR ASA STR STA") == 0 && !binding,
	                     "the home agent was told and has removed his binding") &&
	       hw_demo_check(demo, after == before - 1,
	                     "his address is back in ha2's pool: %lld of it taken, %lld before",
	                     (long long)after, (long long)before);
	json_decref(binding);
	return good;
}

bool hw_demo_steps(struct hw_demo *demo)
{
	return step_a(demo) && step_b(demo) && step_c(demo) && step_d(demo) && step_e(demo) &&
	       step_f(demo);
}
