/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check_agents: a home server's store beside those of its home agents. What was promised to a node
 * is in both: its session at the server, its binding at an agent, under the same Session-Id with
 * the same address. All of them at rest: what is under way is in one of them only.
 */
#include "base/map.h"
#include "base/text.h"
#include "store/engine.h"

#include <errno.h>
#include <stdlib.h>

#define SENTENCE_ROOM 1024

/* By store_session.state. */
enum { ALLOCATED, ACTIVE, LINGERING, ENDING };

struct promise {
	struct dm_bytes session_id;
	uint64_t session;
	uint8_t state;
	bool is_kept; /* an agent has its binding */
	struct store_prefix address;
	uint8_t octets[];
};

struct comparison {
	struct dm_map promises; /* by the Session-Id of the home-agent session */
	void (*report)(const char *sentence, void *context);
	void *context;
	int findings;
};

static void find(struct comparison *comparison, struct dm_bytes session_id, const char *before,
                 const char *behind)
{
	char sentence[SENTENCE_ROOM];
	struct dm_text text;

	dm_text_init(&text, sentence, sizeof(sentence));
	dm_text_add(&text, "%s", before);
	dm_text_octets(&text, session_id);
	dm_text_add(&text, "%s", behind);
	comparison->report(sentence, comparison->context);
	comparison->findings++;
}

/* A session of the split scenario has no home-agent session: its agent asked for it. */
static int add_promise(const struct store_session *session, void *context)
{
	struct comparison *comparison = context;
	struct promise *promise;
	int error;

	if (!session->home_agent_session.size)
		return 0;
	promise = calloc(1, sizeof(*promise) + session->home_agent_session.size);
	if (!promise)
		return -ENOMEM;
	memcpy(promise->octets, session->home_agent_session.at, session->home_agent_session.size);
	promise->session_id = dm_bytes_of(promise->octets, session->home_agent_session.size);
	promise->session = session->id;
	promise->state = session->state;
	promise->address = session->home_address;
	error = dm_map_put(&comparison->promises, promise->session_id, promise);
	if (error)
		free(promise);
	return error == -EEXIST ? 0 : error;
}

static int compare_binding(const struct store_binding *binding, void *context)
{
	struct comparison *comparison = context;
	struct promise *promise = dm_map_get(&comparison->promises, binding->session_id);

	if (binding->asked)
		return 0;
	if (!promise) {
		find(comparison, binding->session_id, "a home agent has a binding of ",
		     ", which is no session of the home server");
		return 0;
	}
	if (promise->is_kept)
		find(comparison, binding->session_id, "", " is bound at several home agents");
	promise->is_kept = true;
	if (promise->state != ENDING && promise->state != ALLOCATED &&
	    memcmp(promise->address.address, binding->home_address.address, 16) != 0)
		find(comparison, binding->session_id, "",
		     " has another home address at its home agent");
	return 0;
}

static void look_for_broken(void *value, void *context)
{
	struct promise *promise = value;

	if ((promise->state == ACTIVE || promise->state == LINGERING) && !promise->is_kept)
		find(context, promise->session_id, "no home agent has a binding of ",
		     ", which the home server has promised");
}

static void free_promise(void *value, void *context)
{
	(void)context;
	free(value);
}

int store_check_agents(struct store *server, struct store *const *agents, size_t count,
                       void (*report)(const char *sentence, void *context), void *context)
{
	struct comparison comparison = { .report = report, .context = context };
	int error;

	dm_map_init(&comparison.promises, 0, false);
	error = store_each_session(server, add_promise, &comparison);
	for (size_t i = 0; i < count && !error; i++)
		error = store_each_binding(agents[i], compare_binding, &comparison);
	if (error)
		find(&comparison, (struct dm_bytes){ 0 },
		     "a store cannot be read: ", strerror(-error));
	else
		dm_map_each(&comparison.promises, look_for_broken, &comparison);
	dm_map_each(&comparison.promises, free_promise, NULL);
	dm_map_fini(&comparison.promises);
	return comparison.findings;
}
