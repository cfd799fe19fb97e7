/* SPDX-License-Identifier: Apache-2.0 */
#include "store/queue.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/* Beside the number of changes: so much memory may wait. */
#define OCTETS_LIMIT ((size_t)512 << 20)

static void make_empty(struct store_list *list)
{
	list->first = NULL;
	list->end = &list->first;
}

static void append(struct store_list *list, struct store_transaction *transaction)
{
	transaction->next = NULL;
	*list->end = transaction;
	list->end = &transaction->next;
}

static void splice(struct store_list *to, struct store_list *from)
{
	if (!from->first)
		return;
	*to->end = from->first;
	to->end = from->end;
	make_empty(from);
}

static void wipe_and_free(struct store_transaction *transaction)
{
	store_result_free(transaction->result);
	dm_wipe(transaction, transaction->size);
	free(transaction);
}

static void free_all(struct store_list *list)
{
	while (list->first) {
		struct store_transaction *transaction = list->first;

		list->first = transaction->next;
		wipe_and_free(transaction);
	}
	make_empty(list);
}

int64_t store_milliseconds(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

int store_queue_init(struct store_queue *queue, size_t limit)
{
	pthread_condattr_t clock;

	*queue = (struct store_queue){ .limit = limit };
	make_empty(&queue->waiting);
	make_empty(&queue->done);
	make_empty(&queue->collected);
	queue->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (queue->event_fd < 0)
		return -errno;
	pthread_mutex_init(&queue->mutex, NULL);
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&queue->work, &clock);
	pthread_condattr_destroy(&clock);
	pthread_cond_init(&queue->idle, NULL);
	return 0;
}

void store_queue_fini(struct store_queue *queue)
{
	free_all(&queue->waiting);
	free_all(&queue->done);
	free_all(&queue->collected);
	if (queue->given)
		wipe_and_free(queue->given);
	pthread_cond_destroy(&queue->work);
	pthread_cond_destroy(&queue->idle);
	pthread_mutex_destroy(&queue->mutex);
	close(queue->event_fd);
}

static bool is_sound(const struct store_change *change)
{
	if ((unsigned)change->kind >= STORE_CHANGE_KINDS)
		return false;
	return change->kind != STORE_PUT_BINDING ||
	       change->binding.association_count <= STORE_ASSOCIATION_LIMIT;
}

/* Records are made of 8-octet words: entries stay aligned. */
static size_t record_size(enum store_change_kind kind)
{
	return (store_tables[store_change_table(kind)].size + 7) / 8 * 8;
}

static size_t size_of(const struct store_change *changes, size_t count)
{
	size_t size = sizeof(struct store_transaction);

	for (size_t i = 0; i < count; i++) {
		size += sizeof(struct store_entry) + record_size(changes[i].kind);
		size += store_change_octets(changes[i].kind, &changes[i].subscriber);
	}
	return size;
}

static void fill(struct store_transaction *transaction, const struct store_change *changes)
{
	struct store_entry *entry = store_transaction_first(transaction);
	uint8_t *octets;

	for (size_t i = 0; i < transaction->count; i++) {
		size_t size = store_tables[store_change_table(changes[i].kind)].size;

		entry->kind = changes[i].kind;
		entry->size = (uint32_t)record_size(entry->kind);
		memcpy(entry->record, &changes[i].subscriber, size);
		entry = store_entry_next(entry);
	}
	octets = (uint8_t *)entry;
	entry = store_transaction_first(transaction);
	for (size_t i = 0; i < transaction->count; i++) {
		octets = store_change_move(entry->kind, entry->record, octets);
		entry = store_entry_next(entry);
	}
}

/* One block with a copy of everything. */
static int copy(const struct store_change *changes, size_t count, struct store_transaction **out)
{
	struct store_transaction *transaction;
	size_t size;

	for (size_t i = 0; i < count; i++) {
		if (!is_sound(&changes[i]))
			return -EINVAL;
	}
	size = size_of(changes, count);
	transaction = malloc(size);
	if (!transaction)
		return -ENOMEM;
	*transaction = (struct store_transaction){ .size = size, .count = count };
	fill(transaction, changes);
	*out = transaction;
	return 0;
}

/* Against the limits a question counts as a change. */
static size_t weight_of(const struct store_transaction *transaction)
{
	return transaction->request == STORE_REQUEST_CHANGES ? transaction->count : 1;
}

static bool fits(size_t held, size_t more, size_t limit)
{
	return held <= limit && more <= limit - held;
}

/* One that is larger than the limits is taken when nothing else is held: an import must pass. */
static bool has_room(const struct store_queue *queue, const struct store_transaction *transaction)
{
	if (queue->held_octets == 0)
		return true;
	return fits(queue->held_changes, weight_of(transaction), queue->limit) &&
	       fits(queue->held_octets, transaction->size, OCTETS_LIMIT);
}

static int enqueue(struct store_queue *queue, struct store_transaction *transaction)
{
	int error = 0;

	transaction->since = store_milliseconds();
	pthread_mutex_lock(&queue->mutex);
	if (transaction->request == STORE_REQUEST_COUNT || has_room(queue, transaction)) {
		append(&queue->waiting, transaction);
		queue->held_changes += weight_of(transaction);
		queue->held_octets += transaction->size;
		queue->put++;
		queue->wakes = queue->holds;
		if (!queue->holds)
			pthread_cond_signal(&queue->work);
	} else {
		error = -EAGAIN;
	}
	pthread_mutex_unlock(&queue->mutex);
	return error;
}

void store_queue_hold(struct store_queue *queue)
{
	queue->holds = true;
}

void store_queue_go(struct store_queue *queue)
{
	if (queue->wakes)
		pthread_cond_signal(&queue->work);
	queue->holds = queue->wakes = false;
}

int store_queue_put(struct store_queue *queue, const struct store_change *changes, size_t count,
                    uint64_t tag)
{
	struct store_transaction *transaction;
	int error = copy(changes, count, &transaction);

	if (error)
		return error;
	transaction->tag = tag;
	error = enqueue(queue, transaction);
	if (error)
		wipe_and_free(transaction);
	return error;
}

/* One block, with copies of the keys behind it. */
static struct store_transaction *copy_question(enum store_request request,
                                               const struct store_question *question)
{
	size_t size = sizeof(struct store_transaction) + question->key.size + question->key2.size;
	struct store_transaction *transaction = malloc(size);
	uint8_t *octets;

	if (!transaction)
		return NULL;
	*transaction = (struct store_transaction){ .size = size,
		                                   .request = request,
		                                   .question = *question,
		                                   .result = store_result_new() };
	octets = (uint8_t *)transaction->entries;
	transaction->question.key.at = octets;
	transaction->question.key2.at = octets + question->key.size;
	if (question->key.size)
		memcpy(octets, question->key.at, question->key.size);
	if (question->key2.size)
		memcpy(octets + question->key.size, question->key2.at, question->key2.size);
	if (transaction->result)
		return transaction;
	wipe_and_free(transaction);
	return NULL;
}

int store_queue_ask(struct store_queue *queue, enum store_request request,
                    const struct store_question *question, uint64_t tag)
{
	struct store_transaction *transaction = copy_question(request, question);
	int error;

	if (!transaction)
		return -ENOMEM;
	transaction->tag = tag;
	error = enqueue(queue, transaction);
	if (error)
		wipe_and_free(transaction);
	return error;
}

int store_queue_count(struct store_queue *queue, struct store_counter_step *step)
{
	struct store_transaction *transaction;
	int error = copy(NULL, 0, &transaction);

	if (error)
		return error;
	step->done = false;
	transaction->request = STORE_REQUEST_COUNT;
	transaction->counter = step;
	error = enqueue(queue, transaction);
	store_queue_go(queue);
	pthread_mutex_lock(&queue->mutex);
	while (!step->done)
		pthread_cond_wait(&queue->idle, &queue->mutex);
	pthread_mutex_unlock(&queue->mutex);
	return step->error;
}

static void take_done(struct store_queue *queue)
{
	splice(&queue->collected, &queue->done);
	queue->held_changes -= queue->done_changes;
	queue->held_octets -= queue->done_octets;
	queue->done_changes = 0;
	queue->done_octets = 0;
}

/* The next collected one; when there is none, all that is done is taken over at once. */
static struct store_transaction *next_collected(struct store_queue *queue)
{
	struct store_transaction *transaction;
	uint64_t events;

	if (!queue->collected.first) {
		pthread_mutex_lock(&queue->mutex);
		take_done(queue);
		if (!queue->collected.first)
			(void)!read(queue->event_fd, &events, sizeof(events));
		pthread_mutex_unlock(&queue->mutex);
	}
	transaction = queue->collected.first;
	if (!transaction)
		return NULL;
	queue->collected.first = transaction->next;
	if (!queue->collected.first)
		make_empty(&queue->collected);
	return transaction;
}

static struct store_completion completion_of(const struct store_transaction *transaction)
{
	const struct store_result *result = transaction->result;
	struct store_completion completion = { .tag = transaction->tag,
		                               .error = transaction->error };

	if (!result || transaction->error)
		return completion;
	completion.found_count = result->found_count;
	completion.found = result->found;
	completion.block_count = result->block_count;
	completion.blocks = result->blocks;
	completion.agent_count = result->agent_count;
	completion.agents = result->agents;
	return completion;
}

bool store_queue_collect(struct store_queue *queue, struct store_completion *out)
{
	if (queue->given)
		wipe_and_free(queue->given);
	queue->given = next_collected(queue);
	if (queue->given)
		*out = completion_of(queue->given);
	return queue->given;
}

int store_queue_flush(struct store_queue *queue)
{
	int error;

	store_queue_go(queue);
	pthread_mutex_lock(&queue->mutex);
	while (queue->finished != queue->put)
		pthread_cond_wait(&queue->idle, &queue->mutex);
	error = queue->first_error;
	queue->first_error = 0;
	pthread_mutex_unlock(&queue->mutex);
	return error;
}

void store_queue_stop(struct store_queue *queue)
{
	pthread_mutex_lock(&queue->mutex);
	queue->stop = true;
	pthread_cond_signal(&queue->work);
	pthread_mutex_unlock(&queue->mutex);
}

/* Cuts a group off the waiting list. */
static struct store_transaction *cut(struct store_list *waiting, size_t limit)
{
	struct store_transaction *first = waiting->first;
	struct store_transaction *last = first;
	size_t changes = weight_of(first);

	while (last->next && fits(changes, weight_of(last->next), limit)) {
		last = last->next;
		changes += weight_of(last);
	}
	waiting->first = last->next;
	if (!last->next)
		make_empty(waiting);
	last->next = NULL;
	return first;
}

static bool is_idle(const struct store_queue *queue)
{
	return !queue->waiting.first && !queue->stop;
}

/* Under the mutex: until `more` is signalled or the time is up. False: it is up. */
static bool wait_until(struct store_queue *queue, int64_t until)
{
	struct timespec time = { .tv_sec = until / 1000, .tv_nsec = until % 1000 * 1000000 };

	return pthread_cond_timedwait(&queue->work, &queue->mutex, &time) == 0;
}

bool store_queue_take(struct store_queue *queue, size_t limit, int milliseconds,
                      struct store_transaction **first)
{
	int64_t until = store_milliseconds() + milliseconds;
	bool goes_on;

	*first = NULL;
	pthread_mutex_lock(&queue->mutex);
	while (is_idle(queue) && milliseconds < 0)
		pthread_cond_wait(&queue->work, &queue->mutex);
	while (is_idle(queue) && wait_until(queue, until))
		;
	if (queue->waiting.first)
		*first = cut(&queue->waiting, limit);
	goes_on = *first || !queue->stop;
	pthread_mutex_unlock(&queue->mutex);
	return goes_on;
}

bool store_queue_stops(struct store_queue *queue, int milliseconds)
{
	int64_t until = store_milliseconds() + milliseconds;
	bool stops;

	pthread_mutex_lock(&queue->mutex);
	while (!queue->stop && wait_until(queue, until))
		;
	stops = queue->stop;
	pthread_mutex_unlock(&queue->mutex);
	return stops;
}

static void finish_counter(struct store_queue *queue, struct store_transaction *transaction)
{
	transaction->counter->error = transaction->error;
	transaction->counter->done = true;
	queue->held_changes -= weight_of(transaction);
	queue->held_octets -= transaction->size;
	wipe_and_free(transaction);
}

static void finish_one(struct store_queue *queue, struct store_transaction *transaction)
{
	queue->finished++;
	if (transaction->request == STORE_REQUEST_COUNT) {
		finish_counter(queue, transaction);
		return;
	}
	if (!queue->first_error)
		queue->first_error = transaction->error;
	queue->done_changes += weight_of(transaction);
	queue->done_octets += transaction->size;
	append(&queue->done, transaction);
}

void store_queue_finish(struct store_queue *queue, struct store_transaction *first,
                        const char *trouble)
{
	uint64_t one = 1;

	pthread_mutex_lock(&queue->mutex);
	while (first) {
		struct store_transaction *next = first->next;

		finish_one(queue, first);
		first = next;
	}
	if (trouble && *trouble)
		snprintf(queue->trouble, sizeof(queue->trouble), "%s", trouble);
	if (queue->done.first)
		(void)!write(queue->event_fd, &one, sizeof(one));
	pthread_cond_broadcast(&queue->idle);
	pthread_mutex_unlock(&queue->mutex);
}
