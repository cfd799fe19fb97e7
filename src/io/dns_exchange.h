/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns_exchange: one signed message to one name server, and its response.
 *
 * UDP, sent twice; TCP where the message is too long for a datagram or the response says that it
 * was cut (RFC 2136 2.1, RFC 8945 5.3.1). The socket is connected and has a port of its own, so
 * that an unreachable server is known at once and a guess from aside hits nothing; only a signature
 * makes a response believed. It ends in one call of `done`, never from within the start.
 */
#ifndef HW_IO_DNS_EXCHANGE_H
#define HW_IO_DNS_EXCHANGE_H

#include "base/dm_time.h"
#include "dns/message.h"

#include <uv.h>

enum hw_dns_end {
	HW_DNS_RESPONSE,    /* signed by the server */
	HW_DNS_NO_RESPONSE, /* none in time that may be believed */
	HW_DNS_NO_ACCESS,   /* it does not take our key, or the clocks differ */
};

struct hw_dns_exchange;

/* `rcode` for RESPONSE; `why` for the others: what comes behind the server's name. The exchange is
 * gone after the call. */
typedef void (*hw_dns_done)(void *context, enum hw_dns_end end, unsigned rcode, const char *why);

struct hw_dns_query {
	uv_loop_t *loop;
	const struct sockaddr *server;
	const uint8_t *wire; /* copied */
	size_t size;
	uint16_t id;
	const struct dns_key *key; /* borrowed until the end */
	struct dns_mac mac;
	dm_time timeout; /* of one try */
	hw_dns_done done;
	void *context;
};

/* NULL: no memory. */
struct hw_dns_exchange *hw_dns_exchange_start(const struct hw_dns_query *query);
/* Gives up; `done` will not be called. */
void hw_dns_exchange_stop(struct hw_dns_exchange *exchange);

#endif
