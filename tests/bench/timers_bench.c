/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timers_bench: what a timer costs when a million wait, beside two raw limits measured in the same
 * run: a walk that writes into each of the objects once in random order (what memory alone costs),
 * and the timers of libuv.
 *
 * Objects are as large as a session. Each is armed, moved (as a re-authorization does), half of
 *them cancelled, and the rest comes due in order. The result is one line per measure: `dm move
 *130.2` (who, what, nanoseconds a timer). The best of ROUNDS rounds counts.
 *
 *	timers_bench [COUNT]
 */
#include "base/timers.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uv.h>

#define ROUNDS 3
#define SPAN   ((uint64_t)86400 * 1000) /* milliseconds: deadlines within a day */

enum measure { WALK, SET, MOVE, CANCEL, DUE, MEASURES };
static const char *const names[] = { "walk", "set", "move", "cancel", "due" };

struct object {
	struct dm_timer timer;
	uv_timer_t libuv;
	uint64_t touched;
	uint8_t rest[200];
};

struct bench {
	struct object *objects;
	uint32_t *order; /* a random walk over them */
	size_t count;
	uint64_t random;
	double dm[MEASURES], uv[MEASURES]; /* nanoseconds a timer */
	size_t fired;
};

static uint64_t next(struct bench *bench)
{
	bench->random ^= bench->random << 13;
	bench->random ^= bench->random >> 7;
	bench->random ^= bench->random << 17;
	return bench->random;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void keep_best(double *best, double began, size_t count)
{
	double took = (now() - began) / (double)count;

	if (*best == 0 || took < *best)
		*best = took;
}

static void shuffle(struct bench *bench)
{
	for (size_t i = 0; i < bench->count; i++)
		bench->order[i] = (uint32_t)i;
	for (size_t i = bench->count - 1; i > 0; i--) {
		size_t other = (size_t)(next(bench) % (i + 1));
		uint32_t kept = bench->order[i];

		bench->order[i] = bench->order[other];
		bench->order[other] = kept;
	}
}

static struct object *at(struct bench *bench, size_t place)
{
	return &bench->objects[bench->order[place]];
}

static void walk(struct bench *bench)
{
	double began = now();

	for (size_t i = 0; i < bench->count; i++)
		at(bench, i)->touched++;
	keep_best(&bench->dm[WALK], began, bench->count);
}

static void set_all(struct bench *bench, struct dm_timers *timers, enum measure measure)
{
	double began = now();

	for (size_t i = 0; i < bench->count; i++)
		dm_timers_set(timers, &at(bench, i)->timer, (dm_time)(next(bench) % SPAN));
	keep_best(&bench->dm[measure], began, bench->count);
}

static void ours(struct bench *bench)
{
	struct dm_timers timers;
	size_t half = bench->count / 2;
	double began;

	dm_timers_init(&timers);
	set_all(bench, &timers, SET);
	set_all(bench, &timers, MOVE);
	began = now();
	for (size_t i = 0; i < half; i++)
		dm_timers_cancel(&timers, &at(bench, i)->timer);
	keep_best(&bench->dm[CANCEL], began, half);
	began = now();
	while (dm_timers_due(&timers, (dm_time)SPAN))
		bench->fired++;
	keep_best(&bench->dm[DUE], began, bench->count - half);
	dm_timers_fini(&timers);
}

static void on_timer(uv_timer_t *timer)
{
	(void)timer;
}

static void start_all(struct bench *bench, enum measure measure)
{
	double began = now();

	for (size_t i = 0; i < bench->count; i++)
		uv_timer_start(&at(bench, i)->libuv, on_timer, next(bench) % SPAN, 0);
	keep_best(&bench->uv[measure], began, bench->count);
}

/* Coming due is not compared: libuv's clock cannot be told. */
static void libuv(struct bench *bench)
{
	size_t half = bench->count / 2;
	uv_loop_t loop;
	double began;

	uv_loop_init(&loop);
	for (size_t i = 0; i < bench->count; i++)
		uv_timer_init(&loop, &bench->objects[i].libuv);
	start_all(bench, SET);
	start_all(bench, MOVE);
	began = now();
	for (size_t i = 0; i < half; i++)
		uv_timer_stop(&at(bench, i)->libuv);
	keep_best(&bench->uv[CANCEL], began, half);
	for (size_t i = 0; i < bench->count; i++)
		uv_close((uv_handle_t *)&bench->objects[i].libuv, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	uv_loop_close(&loop);
}

static void print(const char *who, const double *measures)
{
	for (enum measure i = 0; i < MEASURES; i++)
		if (measures[i] > 0)
			printf("%s %s %.1f\n", who, names[i], measures[i]);
}

int main(int count, char **words)
{
	struct bench bench = { .count = count > 1 ? strtoul(words[1], NULL, 10) : 1000000,
		               .random = 0x9e3779b97f4a7c15 };

	if (bench.count < 2)
		return 2;
	bench.objects = calloc(bench.count, sizeof(*bench.objects));
	bench.order = calloc(bench.count, sizeof(*bench.order));
	if (!bench.objects || !bench.order)
		return 1;
	shuffle(&bench);
	for (int round = 0; round < ROUNDS; round++) {
		walk(&bench);
		ours(&bench);
		libuv(&bench);
	}
	print("dm", bench.dm);
	print("libuv", bench.uv);
	free(bench.objects);
	free(bench.order);
	return bench.fired == ROUNDS * (bench.count - bench.count / 2) ? 0 : 1;
}
