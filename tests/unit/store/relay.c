/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store/relay.h"

#include "tests/unit/base/check.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PAIRS  8
#define OCTETS 65536

struct pair {
	int client, server; /* -1: none */
	bool quiet;         /* its answers are dropped, and it ends with the next one */
};

struct relay {
	struct sockaddr_un own, database;
	int listener, stop;
	struct pair pairs[PAIRS];
	pthread_mutex_t mutex;
	enum relay_cut cut;
	int cuts;
	pthread_t thread;
	char octets[OCTETS];
};

static void end_pair(struct pair *pair)
{
	close(pair->client);
	close(pair->server);
	*pair = (struct pair){ -1, -1, false };
}

static void take_in(struct relay *relay)
{
	int client = accept(relay->listener, NULL, NULL);
	int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	for (size_t i = 0; i < PAIRS; i++) {
		if (relay->pairs[i].client >= 0)
			continue;
		relay->pairs[i] = (struct pair){ client, server, false };
		if (connect(server, (void *)&relay->database, sizeof(relay->database)))
			end_pair(&relay->pairs[i]);
		return;
	}
	close(client);
	close(server);
}

/* The cut that is due for this request. */
static enum relay_cut due(struct relay *relay, ssize_t size)
{
	enum relay_cut cut = RELAY_PASS;

	pthread_mutex_lock(&relay->mutex);
	if (memmem(relay->octets, (size_t)size, "COMMIT", 6)) {
		cut = relay->cut;
		relay->cuts += cut != RELAY_PASS;
		relay->cut = RELAY_PASS;
	}
	pthread_mutex_unlock(&relay->mutex);
	return cut;
}

static void from_client(struct relay *relay, struct pair *pair)
{
	ssize_t size = read(pair->client, relay->octets, OCTETS);
	enum relay_cut cut = size > 0 ? due(relay, size) : RELAY_PASS;

	pair->quiet = pair->quiet || cut == RELAY_CUT_AFTER;
	if (size <= 0 || cut == RELAY_CUT_BEFORE ||
	    write(pair->server, relay->octets, (size_t)size) != size)
		end_pair(pair);
}

/* An answer ends with ReadyForQuery: Z, a length of 5, and the state that the session is in. */
static void from_server(struct relay *relay, struct pair *pair)
{
	ssize_t size = read(pair->server, relay->octets, OCTETS);
	bool whole = size >= 6 && memcmp(relay->octets + size - 6, "Z\0\0\0\5", 5) == 0;

	if (size <= 0 || (pair->quiet && whole))
		end_pair(pair);
	else if (!pair->quiet && write(pair->client, relay->octets, (size_t)size) != size)
		end_pair(pair);
}

static void *run(void *context)
{
	struct relay *relay = context;
	struct pollfd wait[2 + 2 * PAIRS];

	for (;;) {
		wait[0] = (struct pollfd){ .fd = relay->stop, .events = POLLIN };
		wait[1] = (struct pollfd){ .fd = relay->listener, .events = POLLIN };
		for (size_t i = 0; i < PAIRS; i++) {
			wait[2 + 2 * i] = (struct pollfd){ relay->pairs[i].client, POLLIN, 0 };
			wait[3 + 2 * i] = (struct pollfd){ relay->pairs[i].server, POLLIN, 0 };
		}
		poll(wait, 2 + 2 * PAIRS, -1);
		if (wait[0].revents)
			return NULL;
		if (wait[1].revents)
			take_in(relay);
		for (size_t i = 0; i < PAIRS; i++) {
			if (wait[2 + 2 * i].revents && relay->pairs[i].client >= 0)
				from_client(relay, &relay->pairs[i]);
			if (wait[3 + 2 * i].revents && relay->pairs[i].server >= 0)
				from_server(relay, &relay->pairs[i]);
		}
	}
}

static struct sockaddr_un address_at(const struct cluster *cluster, const char *port)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/.s.PGSQL.%s", cluster->directory,
	         port);
	return address;
}

struct relay *relay_start(const struct cluster *cluster)
{
	struct relay *relay = calloc(1, sizeof(*relay));

	assert_non_null(relay);
	for (size_t i = 0; i < PAIRS; i++)
		relay->pairs[i] = (struct pair){ -1, -1, false };
	relay->own = address_at(cluster, RELAY_PORT);
	relay->database = address_at(cluster, "5432");
	relay->stop = eventfd(0, EFD_CLOEXEC);
	relay->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(relay->listener, (void *)&relay->own, sizeof(relay->own)), 0);
	assert_int_equal(listen(relay->listener, 8), 0);
	pthread_mutex_init(&relay->mutex, NULL);
	assert_int_equal(pthread_create(&relay->thread, NULL, run, relay), 0);
	return relay;
}

void relay_cut(struct relay *relay, enum relay_cut cut)
{
	pthread_mutex_lock(&relay->mutex);
	relay->cut = cut;
	pthread_mutex_unlock(&relay->mutex);
}

int relay_cuts(struct relay *relay)
{
	int cuts;

	pthread_mutex_lock(&relay->mutex);
	cuts = relay->cuts;
	pthread_mutex_unlock(&relay->mutex);
	return cuts;
}

void relay_stop(struct relay *relay)
{
	const uint64_t one = 1;

	assert_int_equal(write(relay->stop, &one, sizeof(one)), sizeof(one));
	pthread_join(relay->thread, NULL);
	for (size_t i = 0; i < PAIRS; i++) {
		if (relay->pairs[i].client >= 0)
			end_pair(&relay->pairs[i]);
	}
	close(relay->listener);
	close(relay->stop);
	unlink(relay->own.sun_path);
	pthread_mutex_destroy(&relay->mutex);
	free(relay);
}
