/* SPDX-License-Identifier: Apache-2.0 */
#include "io/dial.h"
#include "io/link_tls.h"
#include "io/transport_private.h"

#include <stdlib.h>

/* Of a host that is known by its name alone (RFC 6733 4.3.1, 11.4). */
#define PLAIN_PORT  3868
#define SECURE_PORT 5868
#define NAME_ROOM   256

static dm_time now_of(void)
{
	return (dm_time)uv_hrtime();
}

static uint64_t place_of(const struct hw_link *link)
{
	return (uint64_t)(uintptr_t)link;
}

void hw_transport_wake(struct hw_transport *transport)
{
	if (!transport->stopped)
		transport->config.wake(transport->config.context);
}

/* ---- what links tell ---- */

static void on_input(void *context, struct hw_link *link, struct dm_bytes octets)
{
	struct hw_transport *transport = context;

	hw_buffers_read(&transport->buffers, octets.size);
	dm_node_input(transport->config.node, link->conn, octets, now_of());
	hw_transport_wake(transport);
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

void hw_transport_forget(struct hw_transport *transport, struct hw_link *link)
{
	unname(transport, link);
	dm_map_remove_number(&transport->links, link->conn);
	dm_map_remove_number(&transport->shaking, place_of(link));
	link->conn = 0;
	if (link->accepted)
		transport->accepted_open--;
	link->accepted = false;
}

void hw_transport_turned_away(struct hw_transport *transport, const struct hw_link *link,
                              const char *remote, const char *why)
{
	struct dm_log_field fields[] = { { "remote", dm_bytes_text(remote) },
		                         { "peer", dm_bytes_text(link ? link->peer : "") },
		                         { NULL } };

	if (!fields[1].value.size)
		fields[1].name = NULL;
	dm_log_line(transport->config.log, DM_LOG_NOTICE, "connection-refused", fields,
	            "a connection was closed at once: %s", why);
}

static void dial_failed(struct hw_transport *transport, dm_conn conn, const char *why)
{
	transport->counts.dial_failed++;
	dm_node_connect_failed(transport->config.node, conn, why, now_of());
	hw_transport_wake(transport);
}

/* Its TLS handshake failed: the node knows of it only when it asked for it. */
static void lost_shaking(struct hw_transport *transport, struct hw_link *link, const char *why)
{
	dm_conn conn = link->conn;

	hw_transport_turned_away(transport, link, link->remote, why);
	hw_transport_forget(transport, link);
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
	hw_transport_forget(transport, link);
	if (!transport->stopped)
		dm_node_closed(transport->config.node, conn, why, now_of());
	hw_transport_wake(transport);
}

static void on_waiting(void *context, struct hw_link *link, size_t octets)
{
	struct hw_transport *transport = context;

	dm_node_output_waiting(transport->config.node, link->conn, octets);
	hw_transport_wake(transport);
}

static uint8_t *take_buffer(void *context)
{
	return hw_buffers_take(&((struct hw_transport *)context)->buffers);
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

const char *hw_transport_welcome(struct hw_transport *transport, struct hw_link *link)
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
	hw_transport_wake(transport);
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
	hw_transport_wake(transport);
	return NULL;
}

static void log_tls(struct hw_transport *transport, const struct hw_link *link)
{
	struct hw_tls_facts facts;
	struct dm_log_field fields[] = { { "remote", dm_bytes_text(link->remote) },
		                         { "certificate", { 0 } },
		                         { NULL } };

	if (!hw_tls_facts(link->tls, &facts))
		return;
	fields[1].value = dm_bytes_text(facts.subject);
	dm_log_line(transport->config.log, DM_LOG_INFO, "tls", fields,
	            "a connection has TLS: %s, %s", facts.protocol, facts.cipher);
}

static const char *on_secured(void *context, struct hw_link *link)
{
	struct hw_transport *transport = context;
	const char *why;

	log_tls(transport, link);
	why = link->conn ? greet(transport, link) : hw_transport_welcome(transport, link);
	if (!why)
		dm_map_remove_number(&transport->shaking, place_of(link));
	return why;
}

const char *hw_transport_shake(struct hw_transport *transport, struct hw_link *link, bool server)
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
		.context = transport,
		.output_limit = config->output_limit,
	};
	dm_map_init(&transport->links, 0, false);
	dm_map_init(&transport->dials, 0, false);
	dm_map_init(&transport->shaking, 0, false);
	dm_map_init(&transport->peers, config->seed, true);
	return transport;
}

/* ---- effects ---- */

static void shake_dialled(struct hw_transport *transport, struct hw_link *link,
                          struct dm_bytes peer)
{
	dm_conn conn = link->conn;
	const char *why;

	name_peer(transport, link, peer);
	why = hw_transport_shake(transport, link, false);
	if (!why)
		return;
	hw_transport_forget(transport, link);
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
	hw_transport_wake(transport);
}

static bool find_target(const struct hw_transport_config *config, const struct dm_effect *effect,
                        char name[NAME_ROOM], struct hw_target *target)
{
	if (!effect->connect.by_name)
		return config->endpoint(config->context, effect->peer, target);
	if (effect->peer.size >= NAME_ROOM)
		return false;
	memcpy(name, effect->peer.at, effect->peer.size);
	name[effect->peer.size] = '\0';
	target->host = name;
	target->tls = effect->connect.tls;
	target->port = effect->connect.port;
	if (target->port == 0)
		target->port = target->tls ? SECURE_PORT : PLAIN_PORT;
	return true;
}

static void connect_to(struct hw_transport *transport, const struct dm_effect *effect)
{
	const struct hw_transport_config *config = &transport->config;
	struct hw_target target = { .tls = false };
	char name[NAME_ROOM];
	struct hw_dial *dial;

	if (!find_target(config, effect, name, &target)) {
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
	const char *why = hw_transport_shake(transport, link, server);

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
	hw_transport_forget(transport, link);
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

	hw_transport_forget(context, link);
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
