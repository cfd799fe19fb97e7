/* SPDX-License-Identifier: Apache-2.0 */
#include "io/transport.h"

#include "base/map.h"
#include "io/buffers.h"
#include "io/dial.h"
#include "io/link_tls.h"

#include <stdlib.h>

#define BACKLOG 512

struct listener {
	struct listener *next;
	struct hw_transport *transport;
	uv_tcp_t tcp;
	bool tls;
	char address[HW_ADDRESS_ROOM];
};

struct hw_transport {
	struct hw_transport_config config;
	struct hw_link_owner owner;
	struct hw_buffers buffers;
	struct listener *listeners; /* owned; oldest first */
	struct dm_map links;        /* conn -> struct hw_link */
	struct dm_map dials;        /* conn -> struct hw_dial */
	struct dm_map peers;        /* identity -> its first struct hw_link */
	struct dm_map shaking;      /* links whose TLS handshake is under way, by their place */
	struct hw_tls_context *tls; /* owned; NULL: none */
	size_t accepted_open;
	struct hw_transport_counts counts;
	bool stopped;
};

static dm_time now_of(void)
{
	return (dm_time)uv_hrtime();
}

static uint64_t place_of(const struct hw_link *link)
{
	return (uint64_t)(uintptr_t)link;
}

static void wake(struct hw_transport *transport)
{
	if (!transport->stopped)
		transport->config.wake(transport->config.context);
}

/* ---- what links tell ---- */

static void on_input(void *context, struct hw_link *link, struct dm_bytes octets)
{
	struct hw_transport *transport = context;

	dm_node_input(transport->config.node, link->conn, octets, now_of());
	wake(transport);
}

/* The map's key is in its first link: it is put anew when that one changes. */
static void set_first(struct hw_transport *transport, struct dm_bytes peer, struct hw_link *first)
{
	dm_map_remove(&transport->peers, peer);
	/* Without memory the peer's links are not found, and are taken for unprotected. */
	if (first)
		(void)dm_map_put(&transport->peers, dm_bytes_text(first->peer), first);
}

static void unname(struct hw_transport *transport, struct hw_link *link)
{
	struct dm_bytes peer = dm_bytes_text(link->peer);
	struct hw_link *at = dm_map_get(&transport->peers, peer);

	if (at == link)
		set_first(transport, peer, link->same_peer);
	while (at && at->same_peer != link)
		at = at->same_peer;
	if (at)
		at->same_peer = link->same_peer;
	link->same_peer = NULL;
}

static void name_peer(struct hw_transport *transport, struct hw_link *link, struct dm_bytes peer)
{
	size_t size = peer.size < sizeof(link->peer) ? peer.size : sizeof(link->peer) - 1;

	if (size == 0 || dm_bytes_equal(dm_bytes_text(link->peer), peer))
		return;
	unname(transport, link);
	memcpy(link->peer, peer.at, size);
	link->peer[size] = '\0';
	link->same_peer = dm_map_get(&transport->peers, dm_bytes_text(link->peer));
	set_first(transport, dm_bytes_text(link->peer), link);
}

static void forget(struct hw_transport *transport, struct hw_link *link)
{
	unname(transport, link);
	dm_map_remove_number(&transport->links, link->conn);
	dm_map_remove_number(&transport->shaking, place_of(link));
	link->conn = 0;
	if (link->accepted)
		transport->accepted_open--;
	link->accepted = false;
}

static void log_turned_away(struct hw_transport *transport, const char *remote, const char *why)
{
	struct dm_log_field fields[] = { { "remote", dm_bytes_text(remote) }, { NULL } };

	dm_log_line(transport->config.log, DM_LOG_NOTICE, "connection-refused", fields,
	            "a connection was closed at once: %s", why);
}

static void dial_failed(struct hw_transport *transport, dm_conn conn, const char *why)
{
	transport->counts.dial_failed++;
	dm_node_connect_failed(transport->config.node, conn, why, now_of());
	wake(transport);
}

/* Its TLS handshake failed: the node knows of it only when it asked for it. */
static void lost_shaking(struct hw_transport *transport, struct hw_link *link, const char *why)
{
	dm_conn conn = link->conn;

	log_turned_away(transport, link->remote, why);
	forget(transport, link);
	if (conn)
		dial_failed(transport, conn, why);
}

static void on_lost(void *context, struct hw_link *link, const char *why)
{
	struct hw_transport *transport = context;
	dm_conn conn = link->conn;

	if (dm_map_get_number(&transport->shaking, place_of(link)))
		transport->counts.tls_failed++;
	if (!link->told && !transport->stopped) {
		lost_shaking(transport, link, why);
		return;
	}
	forget(transport, link);
	if (!transport->stopped)
		dm_node_closed(transport->config.node, conn, why, now_of());
	wake(transport);
}

static void on_waiting(void *context, struct hw_link *link, size_t octets)
{
	struct hw_transport *transport = context;

	dm_node_output_waiting(transport->config.node, link->conn, octets);
	wake(transport);
}

static uint8_t *take_buffer(void *context)
{
	return hw_buffers_take(&((struct hw_transport *)context)->buffers);
}

static void untake_buffer(void *context)
{
	hw_buffers_untake(&((struct hw_transport *)context)->buffers);
}

static int adopt(struct hw_transport *transport, struct hw_link *link, dm_conn conn)
{
	int error = dm_map_put_number(&transport->links, conn, link);

	if (error)
		return error;
	link->conn = conn;
	hw_trace_stream_init(&link->received, transport->config.trace, false, link->peer,
	                     link->local, link->remote);
	hw_trace_stream_init(&link->sent, transport->config.trace, true, link->peer, link->local,
	                     link->remote);
	return 0;
}

static const char *welcome(struct hw_transport *transport, struct hw_link *link)
{
	dm_conn conn = dm_node_accepted(transport->config.node, now_of());

	if (!conn)
		return "the node takes no more unidentified connections";
	if (adopt(transport, link, conn)) {
		dm_node_closed(transport->config.node, conn, "no memory", now_of());
		return "no memory";
	}
	link->told = true;
	transport->counts.accepted++;
	wake(transport);
	return NULL;
}

/* The other side of one whose peer we know already must be that peer. */
static const char *greet(struct hw_transport *transport, struct hw_link *link)
{
	if (!hw_tls_names(link->tls, dm_bytes_text(link->peer)))
		return link->told ? "its certificate does not name its Origin-Host"
		                  : "its certificate does not name the peer that was dialled";
	if (!link->told)
		dm_node_connected(transport->config.node, link->conn, now_of());
	link->told = true;
	wake(transport);
	return NULL;
}

static const char *on_secured(void *context, struct hw_link *link)
{
	struct hw_transport *transport = context;
	const char *why = link->conn ? greet(transport, link) : welcome(transport, link);

	if (!why)
		dm_map_remove_number(&transport->shaking, place_of(link));
	return why;
}

/* NULL, or why not; then nothing of it is left. */
static const char *shake(struct hw_transport *transport, struct hw_link *link, bool server)
{
	if (!transport->tls)
		return "there is no certificate for TLS";
	if (transport->shaking.count >= transport->config.handshake_limit)
		return "there are as many TLS handshakes as limits.unidentified allows";
	if (dm_map_put_number(&transport->shaking, place_of(link), link))
		return "no memory";
	if (!hw_link_secure(link, transport->tls, server, transport->config.handshake_ms))
		return NULL;
	dm_map_remove_number(&transport->shaking, place_of(link));
	return "no memory";
}

struct hw_transport *hw_transport_new(const struct hw_transport_config *config)
{
	struct hw_transport *transport = calloc(1, sizeof(*transport));

	if (!transport)
		return NULL;
	transport->config = *config;
	transport->owner = (struct hw_link_owner){
		.input = on_input,
		.lost = on_lost,
		.secured = on_secured,
		.waiting = on_waiting,
		.take_buffer = take_buffer,
		.untake_buffer = untake_buffer,
		.context = transport,
		.output_limit = config->output_limit,
	};
	dm_map_init(&transport->links, 0, false);
	dm_map_init(&transport->dials, 0, false);
	dm_map_init(&transport->shaking, 0, false);
	dm_map_init(&transport->peers, config->seed, true);
	return transport;
}

/* ---- accepting ---- */

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
	return tls ? shake(transport, link, true) : welcome(transport, link);
}

static void on_connection(uv_stream_t *server, int status)
{
	struct listener *listener = server->data;
	struct hw_transport *transport = listener->transport;
	struct hw_link *link;
	const char *why;

	if (status) {
		log_turned_away(transport, listener->address, uv_strerror(status));
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
	log_turned_away(transport, link->remote, why);
	forget(transport, link);
	hw_link_end(link, true);
}

static void on_listener_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static int start_listener(struct listener *listener, const char *host, uint16_t port)
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
	struct listener **last = &transport->listeners;
	struct listener *listener = calloc(1, sizeof(*listener));
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
	for (const struct listener *at = transport->listeners; at; at = at->next)
		visit(at->address, context);
}

void hw_transport_stop_listening(struct hw_transport *transport)
{
	while (transport->listeners) {
		struct listener *listener = transport->listeners;

		transport->listeners = listener->next;
		uv_close((uv_handle_t *)&listener->tcp, on_listener_closed);
	}
}

/* ---- effects ---- */

static void shake_dialled(struct hw_transport *transport, struct hw_link *link,
                          struct dm_bytes peer)
{
	dm_conn conn = link->conn;
	const char *why;

	name_peer(transport, link, peer);
	why = shake(transport, link, false);
	if (!why)
		return;
	forget(transport, link);
	hw_link_end(link, true);
	dial_failed(transport, conn, why);
}

static void on_dialled(void *context, struct hw_dial *dial, struct hw_link *link, const char *why)
{
	struct hw_transport *transport = context;
	dm_conn conn = dial->conn;

	dm_map_remove_number(&transport->dials, conn);
	if (!link) {
		dial_failed(transport, conn, why);
		return;
	}
	if (adopt(transport, link, conn)) {
		hw_link_end(link, true);
		dial_failed(transport, conn, "no memory");
		return;
	}
	if (dial->tls) {
		shake_dialled(transport, link, dm_bytes_text(dial->peer));
		return;
	}
	link->told = true;
	dm_node_connected(transport->config.node, conn, now_of());
	wake(transport);
}

static void connect_to(struct hw_transport *transport, const struct dm_effect *effect)
{
	const struct hw_transport_config *config = &transport->config;
	struct hw_target target = { .tls = false };
	struct hw_dial *dial;

	if (!config->endpoint(config->context, effect->peer, &target)) {
		dial_failed(transport, effect->conn, "no address is known");
		return;
	}
	transport->counts.dialled++;
	dial = hw_dial_start(config->loop, &transport->owner, target.host, target.port,
	                     effect->conn, on_dialled, transport);
	if (!dial) {
		dial_failed(transport, effect->conn, "no memory");
		return;
	}
	dial->tls = target.tls;
	if (effect->peer.size < sizeof(dial->peer))
		memcpy(dial->peer, effect->peer.at, effect->peer.size);
	if (dm_map_put_number(&transport->dials, effect->conn, dial)) {
		hw_dial_stop(dial);
		dial_failed(transport, effect->conn, "no memory");
	}
}

/* RFC 3588 13.2: behind CER and CEA. */
static void start_tls(struct hw_transport *transport, struct hw_link *link, bool server)
{
	const char *why = shake(transport, link, server);

	if (why)
		hw_link_fail(link, why);
}

static void send_to(struct hw_transport *transport, const struct dm_effect *effect)
{
	struct hw_link *link = dm_map_get_number(&transport->links, effect->conn);

	if (!link)
		return;
	name_peer(transport, link, effect->peer);
	if (effect->send.octets.size)
		hw_link_send(link, effect->send.octets);
	if (effect->send.start_tls)
		start_tls(transport, link, effect->send.start_tls == DM_START_TLS_SERVER);
}

static void close_one(struct hw_transport *transport, const struct dm_effect *effect)
{
	struct hw_link *link = dm_map_get_number(&transport->links, effect->conn);
	struct hw_dial *dial = dm_map_remove_number(&transport->dials, effect->conn);

	if (dial)
		hw_dial_stop(dial);
	if (!link)
		return;
	forget(transport, link);
	hw_link_end(link, effect->close.reset);
}

void hw_transport_effect(struct hw_transport *transport, const struct dm_effect *effect)
{
	switch (effect->kind) {
	case DM_EFFECT_SEND:
		send_to(transport, effect);
		break;
	case DM_EFFECT_CONNECT:
		connect_to(transport, effect);
		break;
	case DM_EFFECT_CLOSE:
		close_one(transport, effect);
		break;
	default:
		break;
	}
}

void hw_transport_turn_over(struct hw_transport *transport)
{
	hw_buffers_reset(&transport->buffers);
}

/* ---- looking ---- */

struct hw_path hw_transport_path(const struct hw_transport *transport, struct dm_bytes peer)
{
	const struct hw_link *link = dm_map_get(&transport->peers, peer);
	struct hw_path path = {
		.loopback = link != NULL, .secured = link != NULL, .local = "", .remote = ""
	};

	for (; link; link = link->same_peer) {
		path.connections++;
		path.loopback = path.loopback && link->loopback;
		path.secured = path.secured && link->tls;
		path.tls = link->tls;
		path.local = link->local;
		path.remote = link->remote;
	}
	return path;
}

bool hw_transport_has_tls(const struct hw_transport *transport, dm_conn conn)
{
	const struct hw_link *link = dm_map_get_number(&transport->links, conn);

	return link && link->tls;
}

bool hw_transport_names(const struct hw_transport *transport, dm_conn conn, struct dm_bytes peer)
{
	const struct hw_link *link = dm_map_get_number(&transport->links, conn);

	return link && link->tls && hw_tls_names(link->tls, peer);
}

void hw_transport_set_tls(struct hw_transport *transport, struct hw_tls_context *context)
{
	hw_tls_context_free(transport->tls);
	transport->tls = context;
}

struct hw_transport_counts hw_transport_counts(const struct hw_transport *transport)
{
	struct hw_transport_counts counts = transport->counts;

	counts.connections = transport->links.count;
	return counts;
}

/* ---- the end ---- */

static void end_link(void *value, void *context)
{
	struct hw_link *link = value;

	forget(context, link);
	hw_link_end(link, false);
}

static void end_dial(void *value, void *context)
{
	struct hw_dial *dial = value;

	dm_map_remove_number(&((struct hw_transport *)context)->dials, dial->conn);
	hw_dial_stop(dial);
}

void hw_transport_stop(struct hw_transport *transport)
{
	transport->stopped = true;
	hw_transport_stop_listening(transport);
	dm_map_each(&transport->dials, end_dial, transport);
	dm_map_each(&transport->links, end_link, transport);
	dm_map_each(&transport->shaking, end_link, transport);
}

void hw_transport_free(struct hw_transport *transport)
{
	if (!transport)
		return;
	dm_map_fini(&transport->links);
	dm_map_fini(&transport->dials);
	dm_map_fini(&transport->peers);
	dm_map_fini(&transport->shaking);
	hw_tls_context_free(transport->tls);
	hw_buffers_fini(&transport->buffers);
	free(transport);
}
