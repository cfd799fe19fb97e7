/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listeners, and who of those that connect is let in.
 */
#include "io/transport_private.h"

#include <stdlib.h>

#define BACKLOG 512

/* NULL, or why this connection is turned away. */
static const char *judge(struct hw_transport *transport, struct hw_link *link)
{
	struct sockaddr_storage from = { 0 };
	int size = sizeof(from);
	const struct hw_transport_config *config = &transport->config;

	if (uv_tcp_getpeername(&link->tcp, (struct sockaddr *)&from, &size))
		return "it was gone already";
	if (config->admits && !config->admits(config->context, (struct sockaddr *)&from)) {
		transport->counts.not_admitted++;
		return "its address is not admitted";
	}
	if (transport->accepted_open >= config->connection_limit) {
		transport->counts.over_limit++;
		return "there are as many connections as limits.connections allows";
	}
	return NULL;
}

static const char *admit(struct hw_transport *transport, struct hw_link *link, bool tls)
{
	link->accepted = true;
	transport->accepted_open++;
	return tls ? hw_transport_shake(transport, link, true)
	           : hw_transport_welcome(transport, link);
}

static void on_connection(uv_stream_t *server, int status)
{
	struct hw_listener *listener = server->data;
	struct hw_transport *transport = listener->transport;
	struct hw_link *link;
	const char *why;

	if (status) {
		hw_transport_turned_away(transport, NULL, listener->address, uv_strerror(status));
		return;
	}
	link = hw_link_new(transport->config.loop, &transport->owner);
	if (!link)
		return; /* stays in the backlog */
	status = uv_accept(server, (uv_stream_t *)&link->tcp);
	if (!status)
		status = hw_link_open(link);
	why = status ? uv_strerror(status) : judge(transport, link);
	if (!why)
		why = admit(transport, link, listener->tls);
	if (!why)
		return;
	hw_transport_turned_away(transport, link, link->remote, why);
	hw_transport_forget(transport, link);
	hw_link_end(link, true);
}

static void on_listener_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static int start_listener(struct hw_listener *listener, const char *host, uint16_t port)
{
	struct sockaddr_storage address;
	int size = sizeof(address);
	int error;

	if (!hw_address_numeric(host, port, &address))
		return UV_EINVAL;
	error = uv_tcp_bind(&listener->tcp, (struct sockaddr *)&address,
	                    address.ss_family == AF_INET6 ? UV_TCP_IPV6ONLY : 0);
	if (!error)
		error = uv_listen((uv_stream_t *)&listener->tcp, BACKLOG, on_connection);
	if (!error)
		error = uv_tcp_getsockname(&listener->tcp, (struct sockaddr *)&address, &size);
	hw_address_text((struct sockaddr *)&address, listener->address);
	return error;
}

int hw_transport_listen(struct hw_transport *transport, const char *host, uint16_t port, bool tls)
{
	struct hw_listener **last = &transport->listeners;
	struct hw_listener *listener = calloc(1, sizeof(*listener));
	int error;

	if (!listener)
		return UV_ENOMEM;
	listener->transport = transport;
	listener->tls = tls;
	uv_tcp_init(transport->config.loop, &listener->tcp);
	listener->tcp.data = listener;
	error = start_listener(listener, host, port);
	if (error) {
		uv_close((uv_handle_t *)&listener->tcp, on_listener_closed);
		return error;
	}
	while (*last)
		last = &(*last)->next;
	*last = listener;
	return 0;
}

void hw_transport_each_listener(const struct hw_transport *transport,
                                void (*visit)(const char *address, void *context), void *context)
{
	for (const struct hw_listener *at = transport->listeners; at; at = at->next)
		visit(at->address, context);
}

void hw_transport_stop_listening(struct hw_transport *transport)
{
	while (transport->listeners) {
		struct hw_listener *listener = transport->listeners;

		transport->listeners = listener->next;
		uv_close((uv_handle_t *)&listener->tcp, on_listener_closed);
	}
}
