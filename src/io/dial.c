/* SPDX-License-Identifier: Apache-2.0 */
#include "io/dial.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#define HEAD_START_MS 250

static void try_next(struct hw_dial *dial);

/* ---- the end ---- */

/* The memory goes when nothing of libuv points into it any more. */
static void free_if_idle(struct hw_dial *dial)
{
	if (!dial->done && !dial->looking_up && dial->open == 0 && dial->timer_closed)
		free(dial);
}

static void on_timer_closed(uv_handle_t *timer)
{
	struct hw_dial *dial = timer->data;

	dial->timer_closed = true;
	free_if_idle(dial);
}

/* Nobody waits for an outcome any more. */
static void retire(struct hw_dial *dial)
{
	dial->done = NULL;
	if (dial->looking_up)
		uv_cancel((uv_req_t *)&dial->lookup);
	for (size_t i = 0; i < dial->tried; i++) {
		if (dial->attempts[i].link)
			hw_link_end(dial->attempts[i].link, false);
	}
	uv_close((uv_handle_t *)&dial->head_start, on_timer_closed);
}

void hw_dial_stop(struct hw_dial *dial)
{
	if (dial->done)
		retire(dial);
}

static void fail(struct hw_dial *dial, const char *why)
{
	hw_dial_done done = dial->done;

	dial->done = NULL;
	done(dial->context, dial, NULL, why);
	retire(dial);
}

static void fail_connect(struct hw_dial *dial)
{
	char why[HW_ADDRESS_ROOM + 80];

	snprintf(why, sizeof(why), "cannot connect to %s: %s", dial->last,
	         uv_strerror(dial->error));
	fail(dial, why);
}

/* ---- attempts ---- */

static void on_connect(uv_connect_t *connect, int status)
{
	struct hw_attempt *attempt = connect->data;
	struct hw_dial *dial = attempt->dial;
	struct hw_link *link = attempt->link;
	hw_dial_done done = dial->done;

	dial->open--;
	attempt->link = NULL;
	if (!status && done)
		status = hw_link_open(link);
	if (!status && done) {
		retire(dial);
		done(dial->context, dial, link, NULL);
		return; /* the timer's close frees the dial */
	}
	hw_link_end(link, false);
	if (!done) {
		free_if_idle(dial);
		return;
	}
	dial->error = status;
	hw_address_text((struct sockaddr *)&dial->addresses[attempt - dial->attempts], dial->last);
	try_next(dial);
}

static int start_attempt(struct hw_dial *dial, struct hw_attempt *attempt)
{
	const struct sockaddr *address = (struct sockaddr *)&dial->addresses[dial->tried];
	int error;

	*attempt = (struct hw_attempt){ .dial = dial };
	attempt->link = hw_link_new(dial->loop, dial->owner);
	if (!attempt->link)
		return UV_ENOMEM;
	attempt->connect.data = attempt;
	error = uv_tcp_connect(&attempt->connect, &attempt->link->tcp, address, on_connect);
	if (!error)
		return 0;
	hw_address_text(address, dial->last);
	hw_link_end(attempt->link, false);
	attempt->link = NULL;
	return error;
}

static void on_head_start(uv_timer_t *timer)
{
	struct hw_dial *dial = timer->data;

	if (dial->done)
		try_next(dial);
}

/* The next address, beside those under way; fails when there is none and nothing is under way. */
static void try_next(struct hw_dial *dial)
{
	while (dial->tried < dial->count) {
		int error = start_attempt(dial, &dial->attempts[dial->tried]);

		dial->tried++;
		if (!error) {
			dial->open++;
			if (dial->tried < dial->count)
				uv_timer_start(&dial->head_start, on_head_start, HEAD_START_MS, 0);
			return;
		}
		dial->error = error;
	}
	if (dial->open == 0)
		fail_connect(dial);
}

/* ---- names ---- */

static void set_port(struct sockaddr_storage *address, uint16_t port)
{
	if (address->ss_family == AF_INET6)
		((struct sockaddr_in6 *)address)->sin6_port = htons(port);
	else
		((struct sockaddr_in *)address)->sin_port = htons(port);
}

static void keep_addresses(struct hw_dial *dial, const struct addrinfo *found)
{
	for (; found && dial->count < HW_DIAL_ADDRESSES; found = found->ai_next) {
		if (found->ai_family != AF_INET && found->ai_family != AF_INET6)
			continue;
		memcpy(&dial->addresses[dial->count], found->ai_addr, found->ai_addrlen);
		set_port(&dial->addresses[dial->count++], dial->port);
	}
}

static void on_lookup(uv_getaddrinfo_t *lookup, int status, struct addrinfo *found)
{
	struct hw_dial *dial = lookup->data;
	char why[96];

	dial->looking_up = false;
	if (!dial->done) {
		uv_freeaddrinfo(found);
		free_if_idle(dial);
		return;
	}
	keep_addresses(dial, found);
	uv_freeaddrinfo(found);
	if (dial->count > 0) {
		try_next(dial);
		return;
	}
	snprintf(why, sizeof(why), "the name cannot be resolved: %s",
	         status ? uv_strerror(status) : "no address");
	fail(dial, why);
}

/* A numeric address is looked up too: the outcome then comes in every case from the loop. */
struct hw_dial *hw_dial_start(uv_loop_t *loop, const struct hw_link_owner *owner, const char *host,
                              uint16_t port, uint64_t conn, hw_dial_done done, void *context)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct hw_dial *dial = calloc(1, sizeof(*dial));

	if (!dial)
		return NULL;
	dial->conn = conn;
	dial->loop = loop;
	dial->owner = owner;
	dial->done = done;
	dial->context = context;
	dial->port = port;
	dial->lookup.data = dial;
	uv_timer_init(loop, &dial->head_start);
	dial->head_start.data = dial;
	dial->looking_up = uv_getaddrinfo(loop, &dial->lookup, on_lookup, host, NULL, &hints) == 0;
	if (dial->looking_up)
		return dial;
	retire(dial);
	return NULL;
}
