/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_bench: rows per second that become durable, for one size of transaction and group.
 *
 *     store_bench DIRECTORY [ROWS [CHANGES_PER_TRANSACTION [GROUP_LIMIT]]]
 *
 * Writes one JSON object. DIRECTORY is made; for a measure it must not exist before. It is left for
 * whoever wants to look.
 */
#include "store/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct load {
	struct store *store;
	uint64_t rows, per_transaction;
	uint64_t submitted, completed, failed;
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void fill_session(struct store_change *change, uint64_t id, char *user, size_t room)
{
	int size = snprintf(user, room, "user-%llu@home.example.net", (unsigned long long)id);

	*change = (struct store_change){ .kind = STORE_PUT_SESSION };
	change->session = (struct store_session){
		.id = id,
		.user_name = dm_bytes_of(user, (size_t)size),
		.home_agent = DM_BYTES_LITERAL("ha1.home.example.net"),
		.home_agent_realm = DM_BYTES_LITERAL("home.example.net"),
		.home_agent_session = DM_BYTES_LITERAL("aaa.home.example.net;1700000000;1"),
		.acct_multi_session_id = DM_BYTES_LITERAL("aaa.home.example.net;1700000000;1"),
		.home_address = { .address = { 0x20, 0x01, 0x0d, 0xb8 }, .length = 128 },
		.feature_vector = 1,
		.created = 1700000000,
		.version = STORE_ANY_VERSION,
	};
	memcpy(&change->session.home_address.address[8], &id, sizeof(id));
}

static void fill_access(struct store_change *change, uint64_t id, char *session, size_t room)
{
	int size = snprintf(session, room, "nas1.visited.example.org;1700000000;%llu",
	                    (unsigned long long)id);

	*change = (struct store_change){ .kind = STORE_PUT_ACCESS };
	change->access = (struct store_access){
		.session_id = dm_bytes_of(session, (size_t)size),
		.session = id,
		.origin_host = DM_BYTES_LITERAL("nas1.visited.example.org"),
		.origin_realm = DM_BYTES_LITERAL("visited.example.org"),
		.nas_identifier = DM_BYTES_LITERAL("nas1"),
		.opened = 1700000000,
	};
}

static void collect(struct load *load)
{
	struct store_completion completion;

	while (store_completed(load->store, &completion)) {
		load->completed++;
		load->failed += completion.error != 0;
	}
}

/* Rows in pairs, as a bootstrapping makes them: a session and its access session. */
static void submit(struct load *load, uint64_t first)
{
	static struct store_change changes[1024];
	static char names[1024][64];
	uint64_t count = load->per_transaction;

	for (uint64_t i = 0; i < count; i++) {
		uint64_t id = (first + i) / 2 + 1;

		if ((first + i) % 2)
			fill_access(&changes[i], id, names[i], sizeof(names[i]));
		else
			fill_session(&changes[i], id, names[i], sizeof(names[i]));
	}
	while (store_submit(load->store, changes, count, first) == -EAGAIN)
		collect(load);
	load->submitted++;
}

int main(int argc, char **argv)
{
	struct store_options options = { .directory = argc > 1 ? argv[1] : "" };
	struct load load = { .rows = argc > 2 ? strtoull(argv[2], NULL, 10) : 400000,
		             .per_transaction = argc > 3 ? strtoull(argv[3], NULL, 10) : 2 };
	char why[512];
	double begin;

	options.group_limit = argc > 4 ? (uint32_t)strtoul(argv[4], NULL, 10) : 0;
	if (load.per_transaction < 1 || load.per_transaction > 1024)
		return 2;
	if (store_open(&options, &load.store, why, sizeof(why))) {
		fprintf(stderr, "%s\n", why);
		return 1;
	}
	begin = now();
	for (uint64_t row = 0; row + load.per_transaction <= load.rows;
	     row += load.per_transaction) {
		submit(&load, row);
		collect(&load);
	}
	store_flush(load.store);
	collect(&load);
	printf("{\"rows\": %llu, \"changes_per_transaction\": %llu, \"group_limit\": %u, "
	       "\"failed\": %llu, \"rows_per_second\": %.0f}\n",
	       (unsigned long long)(load.completed * load.per_transaction),
	       (unsigned long long)load.per_transaction, options.group_limit,
	       (unsigned long long)load.failed,
	       (double)(load.completed * load.per_transaction) / (now() - begin));
	store_close(load.store);
	return load.failed != 0;
}
