/* SPDX-License-Identifier: Apache-2.0 */
/* store: the functions of store.h that hand over and collect; reading is in walk.c. */
#include "store/store.h"

#include "store/engine.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>

#define GROUP_LIMIT 4096
#define QUEUE_LIMIT 262144

static void *run(void *context)
{
	struct store *store = context;
	const struct store_engine *engine = store->engine;
	struct store_transaction *first;
	char trouble[STORE_TROUBLE_ROOM] = "";
	int wait = engine->tend ? 0 : -1;

	while (store_queue_take(&store->queue, store->group_limit, wait, &first)) {
		trouble[0] = '\0';
		if (first)
			engine->commit(store, first, trouble);
		store_queue_finish(&store->queue, first, trouble);
		trouble[0] = '\0';
		if (engine->tend)
			wait = engine->tend(store, trouble);
		store_queue_finish(&store->queue, NULL, trouble);
	}
	return NULL;
}

/* Signals are for the owner's thread. */
static int start_thread(struct store *store)
{
	sigset_t all, before;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&store->thread, NULL, run, store);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	store->thread_runs = error == 0;
	return -error;
}

static int start(struct store *store, const struct store_options *options, struct dm_text *why)
{
	int error;

	if (store->read_only)
		return 0;
	store->group_limit = options->group_limit ? options->group_limit : GROUP_LIMIT;
	error = store_queue_init(&store->queue,
	                         options->queue_limit ? options->queue_limit : QUEUE_LIMIT);
	store->queue_ready = !error;
	if (!error)
		error = start_thread(store);
	if (error)
		dm_text_add(why, "cannot start the store's thread: %s", strerror(-error));
	return error;
}

int store_open(const struct store_options *options, struct store **out, char *why, size_t why_room)
{
	struct store *store = calloc(1, sizeof(*store));
	struct dm_text text;
	int error;

	*out = NULL;
	dm_text_init(&text, why, why_room);
	if (!store) {
		dm_text_add(&text, "out of memory");
		return -ENOMEM;
	}
	store->engine = options->url ? &store_engine_postgres : &store_engine_sqlite;
	store->read_only = options->read_only;
	error = store->engine->open(store, options, &text);
	if (!error)
		error = start(store, options, &text);
	if (error) {
		store_close(store);
		return error;
	}
	*out = store;
	return 0;
}

void store_close(struct store *store)
{
	if (!store)
		return;
	if (store->thread_runs) {
		store_queue_stop(&store->queue);
		pthread_join(store->thread, NULL);
	}
	if (store->queue_ready)
		store_queue_fini(&store->queue);
	store->engine->close(store);
	free(store);
}

void store_hold(struct store *store)
{
	if (store->queue_ready)
		store_queue_hold(&store->queue);
}

void store_let_go(struct store *store)
{
	if (store->queue_ready)
		store_queue_go(&store->queue);
}

int store_submit(struct store *store, const struct store_change *changes, size_t count,
                 uint64_t tag)
{
	if (store->read_only)
		return -EROFS;
	return store_queue_put(&store->queue, changes, count, tag);
}

bool store_is_shared(const struct store *store)
{
	return store->shared;
}

uint64_t store_leases_lost(struct store *store)
{
	uint64_t lost = 0;

	if (!store->queue_ready)
		return 0;
	pthread_mutex_lock(&store->queue.mutex);
	lost = store->queue.leases_lost;
	pthread_mutex_unlock(&store->queue.mutex);
	return lost;
}

static int ask(struct store *store, enum store_request request,
               const struct store_question *question, uint64_t tag)
{
	if (store->read_only)
		return -EROFS;
	return store_queue_ask(&store->queue, request, question, tag);
}

int store_fetch(struct store *store, enum store_fetch_kind kind, struct dm_bytes key,
                struct dm_bytes key2, uint64_t tag)
{
	const struct store_question question = { .kind = kind, .key = key, .key2 = key2 };

	if ((unsigned)kind >= STORE_FETCH_KINDS)
		return -EINVAL;
	return ask(store, STORE_REQUEST_FETCH, &question, tag);
}

int store_adopt(struct store *store, size_t limit, uint64_t tag)
{
	const struct store_taking taking = { .kind = STORE_TAKE_SILENT };

	return store_take(store, &taking, limit, tag);
}

int store_take(struct store *store, const struct store_taking *taking, size_t limit, uint64_t tag)
{
	const struct store_question question = { .take = taking->kind,
		                                 .key = taking->key,
		                                 .key2 = taking->key2,
		                                 .total = taking->number,
		                                 .limit = limit };

	if ((unsigned)taking->kind >= STORE_TAKE_KINDS)
		return -EINVAL;
	return ask(store, STORE_REQUEST_ADOPT, &question, tag);
}

int store_lease_block(struct store *store, struct dm_bytes pool, uint64_t total, size_t count,
                      uint64_t tag)
{
	const struct store_question question = { .key = pool, .total = total, .limit = count };

	return ask(store, STORE_REQUEST_LEASE, &question, tag);
}

int store_notify_fd(const struct store *store)
{
	return store->queue_ready ? store->queue.event_fd : -1;
}

bool store_completed(struct store *store, struct store_completion *out)
{
	return store->queue_ready && store_queue_collect(&store->queue, out);
}

int store_flush(struct store *store)
{
	return store->queue_ready ? store_queue_flush(&store->queue) : 0;
}

int store_counter(struct store *store, const char *name, uint64_t step, uint64_t *value)
{
	struct store_counter_step request = { .name = name, .step = step };
	int error;

	if (store->read_only)
		return -EROFS;
	if (step > INT64_MAX)
		return -EINVAL;
	error = store_queue_count(&store->queue, &request);
	if (!error)
		*value = request.value;
	return error;
}

const char *store_error_text(struct store *store)
{
	if (store->queue_ready) {
		pthread_mutex_lock(&store->queue.mutex);
		if (store->queue.trouble[0])
			memcpy(store->trouble, store->queue.trouble, sizeof(store->trouble));
		store->queue.trouble[0] = '\0';
		pthread_mutex_unlock(&store->queue.mutex);
	}
	return store->trouble;
}
