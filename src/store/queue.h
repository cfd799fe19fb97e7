/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue: transactions on their way to the commit thread and back, in order.
 *
 * The owner's thread puts and collects, the commit thread takes and finishes; one mutex between
 * them, held for a few pointers. A transaction is one block of memory: its entries, each as large
 * as the record of its kind, and behind them copies of all octets, so that handing it over copies
 * nothing; it is wiped when it is freed. What counts against the limit is everything that was put
 * and not yet collected.
 */
#ifndef STORE_QUEUE_H
#define STORE_QUEUE_H

#include "store/result.h"
#include "store/store.h"

#include <pthread.h>

#define STORE_TROUBLE_ROOM 512

/* store_counter waits for this, on the caller's stack. */
struct store_counter_step {
	const char *name;
	uint64_t step;
	uint64_t value; /* before the step */
	int error;
	bool done;
};

struct store_entry {
	enum store_change_kind kind;
	uint32_t size; /* of the record */
	uint64_t record[];
};

enum store_request {
	STORE_REQUEST_CHANGES,
	STORE_REQUEST_COUNT,
	STORE_REQUEST_FETCH,
	STORE_REQUEST_ADOPT,
	STORE_REQUEST_LEASE,
};

/* The octets of the keys are copied when it is put. */
struct store_question {
	enum store_fetch_kind kind;
	enum store_take_kind take; /* ADOPT */
	struct dm_bytes key, key2; /* LEASE: key is the pool */
	uint64_t total;            /* ADOPT: the number */
	size_t limit;              /* sessions or blocks */
};

/* The keys of a fetch as the parameters of its statements. */
static inline void store_row_of_question(const struct store_question *question,
                                         struct store_row *row)
{
	row->count = 2;
	row->values[0] = (struct store_value){ .kind = STORE_OCTETS, .octets = question->key };
	row->values[1] = (struct store_value){ .kind = STORE_OCTETS, .octets = question->key2 };
}

struct store_transaction {
	struct store_transaction *next;
	enum store_request request;
	struct store_counter_step *counter; /* COUNT: borrowed */
	struct store_question question;     /* FETCH, ADOPT, LEASE */
	struct store_result *result;        /* of these: owned */
	uint64_t tag;
	int64_t since; /* when it was put: milliseconds of the monotonic clock */
	int error;
	size_t size;  /* octets of this block */
	size_t count; /* of entries */
	uint64_t entries[];
};

static inline struct store_entry *store_transaction_first(struct store_transaction *transaction)
{
	return (struct store_entry *)(void *)transaction->entries;
}

/* What is behind an entry: the next one, or the octets. */
static inline struct store_entry *store_entry_next(struct store_entry *entry)
{
	return (struct store_entry *)(void *)((uint8_t *)entry->record + entry->size);
}

struct store_list {
	struct store_transaction *first;
	struct store_transaction **end;
};

struct store_queue {
	pthread_mutex_t mutex;
	pthread_cond_t work; /* something waits, or stop */
	pthread_cond_t idle; /* something was finished */
	int event_fd;        /* owned: readable while completions wait */
	size_t limit;        /* changes */
	/* Under the mutex. */
	struct store_list waiting;
	struct store_list done;
	size_t held_changes, held_octets; /* put and not yet collected */
	size_t done_changes, done_octets; /* of these, in `done` */
	uint64_t put, finished;
	uint64_t leases_lost; /* store_leases_lost */
	int first_error;      /* since the last flush */
	bool stop;
	char trouble[STORE_TROUBLE_ROOM];
	/* Of the owner's thread alone. */
	struct store_list collected;
	struct store_transaction *given; /* the last, whose result is borrowed */
	bool holds;                      /* what is put does not wake the store's thread */
	bool wakes;                      /* at the end of that */
};

int64_t store_milliseconds(void); /* of the monotonic clock */

int store_queue_init(struct store_queue *queue, size_t limit);
void store_queue_fini(struct store_queue *queue); /* frees what was not collected */

/* The owner's side. -EAGAIN, -ENOMEM, -EINVAL. */
int store_queue_put(struct store_queue *queue, const struct store_change *changes, size_t count,
                    uint64_t tag);
int store_queue_ask(struct store_queue *queue, enum store_request request,
                    const struct store_question *question, uint64_t tag);
int store_queue_count(struct store_queue *queue, struct store_counter_step *step);
void store_queue_hold(struct store_queue *queue);
void store_queue_go(struct store_queue *queue);
bool store_queue_collect(struct store_queue *queue, struct store_completion *out);
int store_queue_flush(struct store_queue *queue);
/* What waits is still taken; then store_queue_take gives NULL. */
void store_queue_stop(struct store_queue *queue);

/*
 * The store's thread: waits for work, at most so many milliseconds (negative: for ever), and takes
 * at least one transaction and at most `limit` changes; *first is NULL when the time is up. False:
 * stop.
 */
bool store_queue_take(struct store_queue *queue, size_t limit, int milliseconds,
                      struct store_transaction **first);
/* Of an engine that waits for its database: true when the owner wants to stop. */
bool store_queue_stops(struct store_queue *queue, int milliseconds);
/* `trouble` NULL or "": nothing new to say. */
void store_queue_finish(struct store_queue *queue, struct store_transaction *first,
                        const char *trouble);

#endif
