/* SPDX-License-Identifier: Apache-2.0 */
#include "io/dns_exchange.h"

#include "base/cursor.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define TRIES     2
#define IN_ROOM   ((size_t)2 + DNS_MESSAGE_ROOM)
#define TEXT_ROOM 160

struct hw_dns_exchange {
	struct hw_dns_query query; /* done NULL: it is over */
	struct sockaddr_storage server;
	uv_timer_t timer;
	uv_udp_t udp;
	uv_tcp_t tcp;
	uv_connect_t connect;
	uv_write_t write;
	unsigned handles; /* that are not closed yet */
	bool stream;      /* TCP by now */
	uint8_t tries;
	size_t in_size;
	uint8_t out[2 + DNS_MESSAGE_ROOM]; /* behind the length that TCP wants */
	uint8_t in[IN_ROOM];
	char text[TEXT_ROOM]; /* of a response that was not believed */
};

/* ---- the end ---- */

static void on_closed(uv_handle_t *handle)
{
	struct hw_dns_exchange *exchange = handle->data;

	if (--exchange->handles == 0)
		free(exchange);
}

static void close_handle(uv_handle_t *handle)
{
	if (handle->type != UV_UNKNOWN_HANDLE && !uv_is_closing(handle))
		uv_close(handle, on_closed);
}

void hw_dns_exchange_stop(struct hw_dns_exchange *exchange)
{
	exchange->query.done = NULL;
	close_handle((uv_handle_t *)&exchange->udp);
	close_handle((uv_handle_t *)&exchange->tcp);
	close_handle((uv_handle_t *)&exchange->timer);
}

static void end(struct hw_dns_exchange *exchange, enum hw_dns_end how, unsigned rcode,
                const char *why)
{
	struct hw_dns_query query = exchange->query;

	hw_dns_exchange_stop(exchange);
	query.done(query.context, how, rcode, why);
}

/* Ends from the timer, where a start fails at once. */
static void fail_soon(struct hw_dns_exchange *exchange, int error)
{
	snprintf(exchange->text, sizeof(exchange->text), "cannot be reached: %s",
	         uv_strerror(error));
	exchange->tries = TRIES;
	uv_timer_start(&exchange->timer, exchange->timer.timer_cb, 0, 0);
}

static void fail(struct hw_dns_exchange *exchange, int error)
{
	char text[TEXT_ROOM];

	snprintf(text, sizeof(text), "cannot be reached: %s", uv_strerror(error));
	end(exchange, HW_DNS_NO_RESPONSE, 0, text);
}

/* ---- responses ---- */

static void start_stream(struct hw_dns_exchange *exchange);

/* Not signed although it should be: what it says may be known, but is not believed. */
static void disbelieve(struct hw_dns_exchange *exchange, const struct dns_response *response)
{
	const char *name = dns_rcode_name(response->rcode);
	const char *how = response->signature == DNS_SIGNATURE_MISSING ? "without a signature"
	                                                               : "with a wrong signature";

	snprintf(exchange->text, sizeof(exchange->text), "answered %s %s",
	         name ? name : "an unknown RCODE", how);
	if (exchange->stream)
		end(exchange, HW_DNS_NO_RESPONSE, 0, exchange->text);
}

static void refuse_clock(struct hw_dns_exchange *exchange, const struct dns_response *response)
{
	long long ahead = (long long)(response->tsig_time - (int64_t)time(NULL));
	char text[TEXT_ROOM];

	if (response->tsig_time)
		snprintf(text, sizeof(text), "says BADTIME: its clock is %lld s %s ours",
		         ahead < 0 ? -ahead : ahead, ahead < 0 ? "behind" : "ahead of");
	else
		snprintf(text, sizeof(text), "signs with a time that is not ours: set the clocks");
	end(exchange, HW_DNS_NO_ACCESS, 0, text);
}

/* BADKEY and BADSIG come unsigned (RFC 8945 5.3.2). Waiting on would only hide a wrong key; who
 * forges them gains a delay of the update. */
static void refuse_key(struct hw_dns_exchange *exchange, const struct dns_response *response)
{
	char text[TEXT_ROOM];

	snprintf(text, sizeof(text), "does not take our key: %s",
	         dns_tsig_error_name(response->tsig_error));
	end(exchange, HW_DNS_NO_ACCESS, 0, text);
}

static void take_response(struct hw_dns_exchange *exchange, struct dm_bytes octets)
{
	const struct hw_dns_query *query = &exchange->query;
	struct dns_response response;

	if (!dns_message_read(octets, query->id, query->key, time(NULL), &query->mac, &response)) {
		if (exchange->stream)
			end(exchange, HW_DNS_NO_RESPONSE, 0, "answered something else");
		return;
	}
	if (response.truncated && !exchange->stream)
		start_stream(exchange);
	else if (response.tsig_error == DNS_TSIG_BADTIME ||
	         response.signature == DNS_SIGNATURE_BAD_TIME)
		refuse_clock(exchange, &response);
	else if (response.tsig_error)
		refuse_key(exchange, &response);
	else if (response.signature != DNS_SIGNATURE_GOOD)
		disbelieve(exchange, &response);
	else
		end(exchange, HW_DNS_RESPONSE, response.rcode, "");
}

/* ---- datagrams ---- */

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
	struct hw_dns_exchange *exchange = handle->data;

	(void)suggested;
	*buffer = uv_buf_init((char *)exchange->in + exchange->in_size,
	                      (unsigned)(IN_ROOM - exchange->in_size));
}

static void on_datagram(uv_udp_t *udp, ssize_t size, const uv_buf_t *buffer,
                        const struct sockaddr *from, unsigned flags)
{
	struct hw_dns_exchange *exchange = udp->data;

	(void)buffer;
	(void)flags;
	if (!exchange->query.done || exchange->stream || (size == 0 && !from))
		return;
	if (size < 0)
		fail(exchange, (int)size);
	else
		take_response(exchange, dm_bytes_of(exchange->in, (size_t)size));
}

static int send_datagram(struct hw_dns_exchange *exchange)
{
	uv_buf_t buffer = uv_buf_init((char *)exchange->out + 2, (unsigned)exchange->query.size);
	int sent = uv_udp_try_send(&exchange->udp, &buffer, 1, NULL);

	/* One that found no room is one that got lost: it is sent again. */
	return sent < 0 && sent != UV_EAGAIN ? sent : 0;
}

static int start_datagrams(struct hw_dns_exchange *exchange)
{
	int error = uv_udp_init(exchange->query.loop, &exchange->udp);

	if (error)
		return error;
	exchange->udp.data = exchange;
	exchange->handles++;
	error = uv_udp_connect(&exchange->udp, (struct sockaddr *)&exchange->server);
	if (!error)
		error = uv_udp_recv_start(&exchange->udp, on_room, on_datagram);
	return error ? error : send_datagram(exchange);
}

/* ---- a stream ---- */

static void on_stream(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer)
{
	struct hw_dns_exchange *exchange = stream->data;
	struct dm_cursor cursor;
	size_t wanted;

	(void)buffer;
	if (!exchange->query.done || size == 0)
		return;
	if (size < 0) {
		fail(exchange, (int)size);
		return;
	}
	exchange->in_size += (size_t)size;
	cursor = dm_cursor_of(dm_bytes_of(exchange->in, exchange->in_size));
	wanted = dm_cursor_u16(&cursor);
	if (cursor.failed)
		return;
	if (wanted > DNS_MESSAGE_ROOM)
		end(exchange, HW_DNS_NO_RESPONSE, 0, "answered more than an UPDATE needs");
	else if (dm_cursor_left(&cursor) >= wanted)
		take_response(exchange, dm_cursor_take(&cursor, wanted));
}

static void on_written(uv_write_t *write, int status)
{
	struct hw_dns_exchange *exchange = write->data;

	if (status && exchange->query.done)
		fail(exchange, status);
}

static void on_connected(uv_connect_t *connect, int status)
{
	struct hw_dns_exchange *exchange = connect->data;
	uv_buf_t buffer = uv_buf_init((char *)exchange->out, (unsigned)exchange->query.size + 2);

	if (!exchange->query.done)
		return;
	exchange->write.data = exchange;
	if (!status)
		status = uv_read_start((uv_stream_t *)&exchange->tcp, on_room, on_stream);
	if (!status)
		status = uv_write(&exchange->write, (uv_stream_t *)&exchange->tcp, &buffer, 1,
		                  on_written);
	if (status)
		fail(exchange, status);
}

/* From here the rest of the patience is one try. */
static void start_stream(struct hw_dns_exchange *exchange)
{
	int error = uv_tcp_init(exchange->query.loop, &exchange->tcp);

	exchange->stream = true;
	exchange->tries = TRIES;
	exchange->in_size = 0;
	uv_timer_again(&exchange->timer);
	if (!error) {
		exchange->tcp.data = exchange;
		exchange->handles++;
		exchange->connect.data = exchange;
		error = uv_tcp_connect(&exchange->connect, &exchange->tcp,
		                       (struct sockaddr *)&exchange->server, on_connected);
	}
	if (error)
		fail_soon(exchange, error);
}

/* ---- the start ---- */

static void on_timer(uv_timer_t *timer)
{
	struct hw_dns_exchange *exchange = timer->data;
	int error;

	if (!exchange->query.done)
		return;
	if (exchange->tries >= TRIES) {
		end(exchange, HW_DNS_NO_RESPONSE, 0,
		    exchange->text[0] ? exchange->text : "does not answer");
		return;
	}
	exchange->tries++;
	error = send_datagram(exchange);
	if (error)
		fail(exchange, error);
}

static size_t size_of(const struct sockaddr *address)
{
	return address->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
	                                      : sizeof(struct sockaddr_in);
}

struct hw_dns_exchange *hw_dns_exchange_start(const struct hw_dns_query *query)
{
	struct hw_dns_exchange *exchange = calloc(1, sizeof(*exchange));
	uint64_t timeout = (uint64_t)(query->timeout / DM_MILLISECOND);
	int error;

	if (!exchange)
		return NULL;
	exchange->query = *query;
	exchange->tries = 1;
	memcpy(&exchange->server, query->server, size_of(query->server));
	exchange->out[0] = (uint8_t)(query->size >> 8);
	exchange->out[1] = (uint8_t)query->size;
	memcpy(exchange->out + 2, query->wire, query->size);
	uv_timer_init(query->loop, &exchange->timer);
	exchange->timer.data = exchange;
	exchange->handles++;
	uv_timer_start(&exchange->timer, on_timer, timeout, timeout);
	if (query->size > DNS_DATAGRAM_SIZE) {
		start_stream(exchange);
		return exchange;
	}
	error = start_datagrams(exchange);
	if (error)
		fail_soon(exchange, error);
	return exchange;
}
