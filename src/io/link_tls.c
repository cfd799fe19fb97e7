/* SPDX-License-Identifier: Apache-2.0 */
#include "io/link_tls.h"

#include "io/buffers.h"

#include <errno.h>

_Static_assert(HW_LINK_TLS_READ + 20480 == HW_BUFFER_SIZE, "a buffer takes a read and a record");

static void put_outgoing(struct hw_link *link)
{
	struct dm_bytes wire = hw_tls_outgoing(link->tls);

	if (wire.size)
		hw_link_put(link, wire);
	hw_tls_sent(link->tls);
}

static void on_too_slow(uv_timer_t *timer)
{
	hw_link_fail(timer->data, "the TLS handshake was not done in time");
}

int hw_link_secure(struct hw_link *link, const struct hw_tls_context *context, bool server,
                   unsigned limit_ms)
{
	link->tls = hw_tls_new(context, server);
	if (!link->tls)
		return -ENOMEM;
	uv_timer_start(&link->patience, on_too_slow, limit_ms, 0);
	hw_tls_shake(link->tls);
	put_outgoing(link);
	return 0;
}

/* ---- the handshake is done ---- */

/* What waited leaves. */
static void release(struct hw_link *link)
{
	struct dm_bytes held = dm_writer_written(&link->held);

	if (held.size)
		hw_tls_write(link->tls, held);
	dm_writer_fini(&link->held);
	put_outgoing(link);
}

static void secured(struct hw_link *link)
{
	const char *why;

	uv_timer_stop(&link->patience);
	why = link->owner->secured(link->owner->context, link);
	if (why)
		hw_link_fail(link, why);
	else
		release(link);
}

/* ---- octets ---- */

static void give(struct hw_link *link, uint8_t *buffer)
{
	size_t size = hw_tls_read(link->tls, buffer, HW_BUFFER_SIZE);
	struct dm_bytes plain = dm_bytes_of(buffer, size);

	if (size == 0)
		return;
	hw_trace_octets(&link->received, plain);
	link->owner->input(link->owner->context, link, plain);
}

static void end_if_over(struct hw_link *link)
{
	if (link->state != HW_LINK_OPEN)
		return;
	if (hw_tls_state(link->tls) == HW_TLS_FAILED)
		hw_link_fail(link, hw_tls_why(link->tls));
	else if (hw_tls_state(link->tls) == HW_TLS_CLOSED)
		hw_link_fail(link, "the other side closed the connection");
}

void hw_link_tls_input(struct hw_link *link, uint8_t *buffer, size_t size)
{
	bool shaking = hw_tls_state(link->tls) == HW_TLS_SHAKING;

	hw_tls_feed(link->tls, dm_bytes_of(buffer, size));
	if (shaking && hw_tls_shake(link->tls) == HW_TLS_OPEN)
		secured(link);
	if (link->state == HW_LINK_OPEN)
		give(link, buffer);
	put_outgoing(link);
	end_if_over(link);
}

void hw_link_tls_send(struct hw_link *link, struct dm_bytes octets)
{
	if (hw_tls_state(link->tls) == HW_TLS_SHAKING) {
		dm_writer_bytes(&link->held, octets);
		if (link->held.failed)
			hw_link_fail(link, "more octets wait for TLS than limits.output allows");
		return;
	}
	hw_tls_write(link->tls, octets);
	put_outgoing(link);
	end_if_over(link);
}

void hw_link_tls_close(struct hw_link *link)
{
	uv_timer_stop(&link->patience);
	hw_tls_close(link->tls);
	put_outgoing(link);
}
